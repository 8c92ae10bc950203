// SPDX-License-Identifier: GPL-2.0
/*
 * Stands instead of files and of the kernel, by the linker's --wrap: no fuzzer reads or writes
 * anything of this machine. The kernel checks that each request is well-formed, and answers
 * nothing.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <linux/genetlink.h>

#include "fuzz.h"
#include "plan.h"
#include "state_file.h"

/* A line that divides the input: what follows is any other file that is asked for */
#define OTHER	"\n%%\n"
/* attributes in attributes */
#define DEPTH	4

/* Without those that run without end, or act on this machine */
const struct object *const objects[] = {
	&gateway_object, &address_object, &vnet_object, &subnet_object, &route_table_object,
	&route_object, &tag_object, &cluster_object, &managed_pool_object, &explain_object,
	&session_object, &ports_object, &stats_object, &export_object, &apply_object,
	&check_object, &diff_object, &import_object, &guard_object, &reset_object,
	&version_object, &help_object, NULL
};

bool fuzz_refuses;

static struct {
	const char *data;
	size_t len;
} files[2];

/**
 * fuzz_files - what the tool finds when it reads files
 * @data:	input: FUZZ_FILE, and behind a line %% any other file
 * @len:	bytes of it
 */
void fuzz_files(const uint8_t *data, size_t len)
{
	const char *text = (const char *)data;
	const char *other = len ? memmem(text, len, OTHER, strlen(OTHER)) : NULL;

	files[0].data = text;
	files[0].len = other ? (size_t)(other - text) : len;
	files[1].data = other ? other + strlen(OTHER) : NULL;
	files[1].len = other ? text + len - files[1].data : 0;
}

/* Standard error as it is at the start: libFuzzer makes the tool's lead nowhere */
static int complaints;

static void __attribute__((constructor)) complaints_open(void)
{
	complaints = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
}

/**
 * fuzz_expect - end the program unless something holds
 * @good:	it does
 * @what:	what should hold
 * @text:	what is at fault, or NULL
 */
void fuzz_expect(bool good, const char *what, const char *text)
{
	if (good)
		return;
	dprintf(complaints, "fuzz: not so: %s\n%s\n", what, text ? text : "");
	abort();
}

/**
 * fuzz_said - what a call prints
 * @say:	call
 * @data:	its argument
 *
 * Return: allocated.
 */
char *fuzz_said(void (*say)(void *data), void *data)
{
	FILE *before = stdout;
	char *text = NULL;
	size_t len;

	stdout = open_memstream(&text, &len);
	if (!stdout)
		abort();
	say(data);
	fclose(stdout);
	stdout = before;
	return text;
}

static void print_items(void *data)
{
	static const struct ctl ctl;

	items_print(&ctl, data);
}

/**
 * fuzz_config - a configuration as export prints it
 * @items:	configuration
 *
 * Return: allocated.
 */
char *fuzz_config(const struct items *items)
{
	return fuzz_said(print_items, (void *)items);
}

char *__wrap_file_read(const char *file, size_t *len)
{
	const char *from = files[strcmp(file, FUZZ_FILE) != 0].data;
	char *text;

	if (!from) {
		errno = ENOENT;
		return NULL;
	}
	*len = files[strcmp(file, FUZZ_FILE) != 0].len;
	/* as the real one: room for one byte more, and no byte too much */
	text = malloc(*len + 1);
	if (!text)
		abort();
	memcpy(text, from, *len);
	return text;
}

int __wrap_nl_open(struct nl *nl, struct nl_error *e)
{
	static char sock;

	(void)e;
	nl->sock = (void *)&sock;
	return 0;
}

/* Attributes up to the end, none longer than what is left */
static bool are_attrs(const void *at, size_t len, unsigned int depth)
{
	const struct nlattr *attr = at;
	size_t step;

	while (len) {
		if (len < sizeof(*attr) || attr->nla_len < sizeof(*attr) || attr->nla_len > len)
			return false;
		if (attr->nla_type & NLA_F_NESTED &&
		    (!depth || !are_attrs(attr + 1, attr->nla_len - sizeof(*attr), depth - 1)))
			return false;
		step = MNL_ALIGN(attr->nla_len);
		if (step > len)
			return false;
		len -= step;
		attr = (const void *)((const char *)attr + step);
	}
	return true;
}

static int answer(const struct request *req, struct nl_error *e)
{
	const struct nlmsghdr *nlh = req->nlh;
	const size_t head = NLMSG_HDRLEN + GENL_HDRLEN;

	memset(e, 0, sizeof(*e));
	if (req->full) {
		e->err = EMSGSIZE;
		return -1;
	}
	fuzz_expect((const void *)nlh == req->buf && nlh->nlmsg_len >= head &&
		    nlh->nlmsg_len <= sizeof(req->buf) &&
		    are_attrs((const char *)nlh + head, nlh->nlmsg_len - head, DEPTH),
		    "a request is well-formed", NULL);
	if (!fuzz_refuses)
		return 0;
	e->err = EINVAL;
	e->offset = req->n_args ? req->args[0].start : 0;
	snprintf(e->text, sizeof(e->text), "out of range");
	return -1;
}

int __wrap_nl_request(struct nl *nl, struct request *req, nl_answer take, void *data,
		      struct nl_error *e)
{
	(void)nl;
	(void)take;
	(void)data;
	return answer(req, e);
}

int __wrap_nl_dump(struct nl *nl, struct request *req, enum nl_dump_mode mode, nl_answer take,
		   void *data, struct nl_error *e)
{
	(void)nl;
	(void)mode;
	(void)take;
	(void)data;
	return answer(req, e);
}

/* session save writes nothing */
bool __wrap_state_create(struct state_writer *w, const char *file)
{
	(void)w;
	(void)file;
	errno = EROFS;
	return false;
}

/* and no rules change */
int __wrap_guard_put_up(const struct ctl *ctl, struct guard *guard)
{
	(void)ctl;
	(void)guard;
	return 0;
}

int __wrap_guard_take_down(const struct ctl *ctl)
{
	(void)ctl;
	return 0;
}

bool __wrap_guard_stands(void *state, struct nl_error *e)
{
	(void)state;
	memset(e, 0, sizeof(*e));
	return false;
}
