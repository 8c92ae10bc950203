// SPDX-License-Identifier: GPL-2.0
/*
 * Writes a file as session save does, of records that nobody saved: some of them plausible,
 * some nearly so, some noise. The file itself is well made, so that its records reach the
 * kernel.
 *
 *	records COUNT SEED > FILE
 *	records COUNT distinct > FILE	sessions of as many flows, all as they should be
 *	records COUNT scales > FILE	connections whose SYN waits and has a window scale of 200
 */
#include <arpa/inet.h>
#include <err.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <linux/natgw.h>
#include <zlib.h>

#define CHUNK 500

/* as in tools/state_file.c */
struct header {
	char magic[8];
	uint32_t version;
	uint32_t order;
	uint64_t saved;
};

struct chunk {
	uint32_t kind;
	uint32_t version;
	uint32_t bytes;
	uint32_t crc;
	char vnet[NATGW_NAME_MAX + 1];
};

static const uint32_t odd[] = { 0, 1, 2, 999, 60000, 240000, 0x7fffffff, 0x80000000, ~0u };

static bool rarely(void)
{
	return !(rand() % 8);
}

static uint32_t any(uint32_t usually)
{
	return rarely() ? odd[rand() % (sizeof(odd) / sizeof(odd[0]))] : usually;
}

static uint8_t proto(void)
{
	static const uint8_t protos[] = { IPPROTO_TCP, IPPROTO_TCP, IPPROTO_UDP, IPPROTO_ICMP };

	return rarely() ? rand() : protos[rand() % sizeof(protos)];
}

static void noise(void *record, size_t size)
{
	unsigned char *byte = record;

	while (size--)
		*byte++ = rand();
}

static void session(struct natgw_session_record *r)
{
	bool icmp;

	if (!(rand() % 16)) {
		noise(r, sizeof(*r));
		return;
	}
	*r = (struct natgw_session_record) {
		.host = htonl(0x0a000100 | (uint32_t)(rarely() ? rand() : rand() % 64)),
		.peer = htonl(any(0xc6336463)),
		.address = htonl(0xcb007101 + (uint32_t)rand() % 3),
		.host_port = htons(any(1 + rand() % 500)),
		.port = htons(any(1020 + rand() % 2000)),
		.proto = proto(),
		.end = any(rand() % 6 ? 0 : rand() % 5),
		.syn_scale = rand(),
		.scale = { rand() % 20, rand() % 20 },
		.flags = any(rand() % 128),
		.idle = any(rand() % 100000),
		.age = any(rand() % 1000),
		.number = rand(),
		.window = { rand(), rand() },
		.next = { rand(), rand() },
	};
	icmp = r->proto == IPPROTO_ICMP;
	r->peer_port = icmp && !rarely() ? 0 : htons(any(80));
	r->timer = any(icmp ? 2 : r->proto == IPPROTO_UDP ? 1 : rand() % 5);
}

/* 64,000 ports of one public IP to each of the destinations */
static void distinct(struct natgw_session_record *r, unsigned long n)
{
	*r = (struct natgw_session_record) {
		.host = htonl(0x0a000102 + n % 200),
		.peer = htonl(0xc6336400 + n / 64000),
		.address = htonl(0xcb007101),
		.host_port = htons(1024 + n / 200 % 60000),
		.peer_port = htons(443),
		.port = htons(1024 + n % 64000),
		.proto = IPPROTO_TCP,
		.flags = NATGW_RECORD_FLAG_ANSWERED,
		.idle = n % 1000,
		.age = 60,
	};
}

/* of 10.0.1.99, whose SYN has the number 1000, from port 4001 and public port 5001 on */
static void scales(struct natgw_session_record *r, unsigned long n)
{
	*r = (struct natgw_session_record) {
		.host = htonl(0x0a000163),
		.peer = htonl(0xc6336463),
		.address = htonl(0xcb007101),
		.host_port = htons(4001 + n),
		.peer_port = htons(80),
		.port = htons(5001 + n),
		.proto = IPPROTO_TCP,
		.timer = 3,	/* half-open */
		.syn_scale = 200,
		.scale = { 200, 200 },
		.flags = NATGW_RECORD_FLAG_SYN,
		.number = 1000,
		.next = { 1001, 0 },
	};
}

static void direct(struct natgw_direct_record *r)
{
	if (!(rand() % 16)) {
		noise(r, sizeof(*r));
		return;
	}
	*r = (struct natgw_direct_record) {
		.host = htonl(0x0a000100 | (uint32_t)(rand() % 256)),
		.peer = htonl(any(0xc6336463)),
		.host_port = htons(any(rand() % 500)),
		.peer_port = htons(any(4000)),
		.proto = proto(),
		.stage = any(rand() % 4),
		.reserved = rarely(),
		.flags = any(rand() & (2 * NATGW_RECORD_FLAG_CHANGED - 1)),
		.age = any(10),
		.left = any(200000),
		.number = rand(),
	};
}

static const char *vnet(void)
{
	return rarely() ? "nowhere" : "default";
}

static void put(uint32_t kind, const char *name, const void *records, size_t bytes)
{
	struct chunk chunk = {
		.kind = kind,
		.version = NATGW_RECORD_VERSION,
		.bytes = bytes,
		.crc = crc32(crc32(0, NULL, 0), records, bytes),
	};

	memcpy(chunk.vnet, name, strlen(name));
	fwrite(&chunk, sizeof(chunk), 1, stdout);
	fwrite(records, 1, bytes, stdout);
}

int main(int argc, char **argv)
{
	static struct natgw_session_record sessions[CHUNK];
	static struct natgw_direct_record directs[CHUNK];
	struct header header = { .magic = "natgwSES", .version = 1, .order = 0x01020304 };
	unsigned long left, n, i, chunks = 0, done = 0;
	struct chunk end = {};
	void (*good)(struct natgw_session_record *r, unsigned long n) = NULL;

	if (argc != 3)
		errx(2, "usage: records COUNT SEED|distinct|scales");
	left = strtoul(argv[1], NULL, 0);
	if (!strcmp(argv[2], "distinct"))
		good = distinct;
	else if (!strcmp(argv[2], "scales"))
		good = scales;
	srand(strtoul(argv[2], NULL, 0));
	header.saved = (uint64_t)time(NULL) * 1000;
	fwrite(&header, sizeof(header), 1, stdout);
	for (; left; left -= n, chunks++) {
		n = left < CHUNK ? left : CHUNK;
		if (good) {
			for (i = 0; i < n; i++)
				good(&sessions[i], done++);
			put(1, "default", sessions, n * sizeof(sessions[0]));
		} else if (chunks % 4 == 3) {
			for (i = 0; i < n; i++)
				direct(&directs[i]);
			put(2, vnet(), directs, n * sizeof(directs[0]));
		} else {
			for (i = 0; i < n; i++)
				session(&sessions[i]);
			put(1, vnet(), sessions, n * sizeof(sessions[0]));
		}
	}
	end.version = chunks;
	fwrite(&end, sizeof(end), 1, stdout);
	if (fflush(stdout) || ferror(stdout))
		err(1, "not written");
	return 0;
}
