// SPDX-License-Identifier: GPL-2.0
/*
 * A plugin of QEMU's emulator that counts guest instructions by address.
 *
 *	-plugin profile.so,out=PREFIX
 *
 * Counting starts at the guest's "mark start" and ends at its "mark stop"
 * (mark.c). Each pair writes PREFIX.N, N from 0: a line of address, length and
 * executions for each run of instructions without a jump. scripts/bench.d/report
 * adds them up by function.
 *
 * Debian ships no header for plugins; what is used of version 1 of the interface
 * is declared here.
 */
#include <inttypes.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mark.h"

struct qemu_plugin_tb;
struct qemu_plugin_insn;
struct qemu_info;

enum { INLINE_ADD_U64 };
enum { CB_NO_REGS };

void qemu_plugin_register_vcpu_tb_trans_cb(uint64_t id,
					   void (*cb)(uint64_t id, struct qemu_plugin_tb *tb));
void qemu_plugin_register_vcpu_insn_exec_inline(struct qemu_plugin_insn *insn, int op,
						void *ptr, uint64_t imm);
void qemu_plugin_register_vcpu_insn_exec_cb(struct qemu_plugin_insn *insn,
					    void (*cb)(unsigned int cpu, void *data),
					    int flags, void *data);
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *tb);
struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *tb, size_t i);
uint64_t qemu_plugin_insn_vaddr(const struct qemu_plugin_insn *insn);
const void *qemu_plugin_insn_data(const struct qemu_plugin_insn *insn);
size_t qemu_plugin_insn_size(const struct qemu_plugin_insn *insn);

/* looked up by QEMU */
int qemu_plugin_version = 1;
int qemu_plugin_install(uint64_t id, const struct qemu_info *info, int argc, char **argv);

#define BUCKETS		(1U << 20)

/* one instruction of the guest; never freed, for translated code points to it */
struct place {
	struct place *next;
	uint64_t addr;
	uint64_t count;
};

static struct place *table[BUCKETS];
static const char *prefix = "profile";
static unsigned int n_profiles;

static struct place *find_place(uint64_t addr)
{
	struct place **head = &table[(addr * UINT64_C(0x9e3779b97f4a7c15)) >> 44];
	struct place *place;

	for (place = *head; place; place = place->next)
		if (place->addr == addr)
			return place;
	place = calloc(1, sizeof(*place));
	if (!place)
		abort();
	place->addr = addr;
	place->next = *head;
	*head = place;
	return place;
}

static void start(unsigned int cpu, void *data)
{
	struct place *place;
	unsigned int i;

	for (i = 0; i < BUCKETS; i++)
		for (place = table[i]; place; place = place->next)
			place->count = 0;
}

static void stop(unsigned int cpu, void *data)
{
	struct place *place;
	char name[4096];
	unsigned int i;
	FILE *out;

	snprintf(name, sizeof(name), "%s.%u", prefix, n_profiles++);
	out = fopen(name, "w");
	if (!out) {
		perror(name);
		return;
	}
	for (i = 0; i < BUCKETS; i++)
		for (place = table[i]; place; place = place->next)
			if (place->count)
				fprintf(out, "%" PRIx64 " %" PRIu64 "\n", place->addr,
					place->count);
	if (fclose(out))
		perror(name);
}

static bool is_mark(const struct qemu_plugin_insn *insn, uint32_t which)
{
	static const unsigned char nop[] = MARK_OPCODE;
	const unsigned char *data = qemu_plugin_insn_data(insn);

	return qemu_plugin_insn_size(insn) == sizeof(nop) + sizeof(which) &&
	       !memcmp(data, nop, sizeof(nop)) &&
	       !memcmp(data + sizeof(nop), &which, sizeof(which));
}

static void translated(uint64_t id, struct qemu_plugin_tb *tb)
{
	size_t i, n = qemu_plugin_tb_n_insns(tb);

	for (i = 0; i < n; i++) {
		struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(tb, i);
		struct place *place = find_place(qemu_plugin_insn_vaddr(insn));

		qemu_plugin_register_vcpu_insn_exec_inline(insn, INLINE_ADD_U64, &place->count, 1);
		if (is_mark(insn, MARK_START))
			qemu_plugin_register_vcpu_insn_exec_cb(insn, start, CB_NO_REGS, NULL);
		else if (is_mark(insn, MARK_STOP))
			qemu_plugin_register_vcpu_insn_exec_cb(insn, stop, CB_NO_REGS, NULL);
	}
}

int qemu_plugin_install(uint64_t id, const struct qemu_info *info, int argc, char **argv)
{
	int i;

	for (i = 0; i < argc; i++)
		if (!strncmp(argv[i], "out=", 4))
			prefix = argv[i] + 4;
	qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
	return 0;
}
