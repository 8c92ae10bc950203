// SPDX-License-Identifier: GPL-2.0
/* The flow log as find reads it, compressed or not; and moments as people type them. */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "flowlog.h"
#include "fuzz.h"

static int file_of(const uint8_t *data, size_t len)
{
	int fd = memfd_create("log", MFD_CLOEXEC);

	if (fd < 0 || write(fd, data, len) != (ssize_t)len)
		abort();
	return fd;
}

/* Each that is found had the port at the time */
static void look(const char *path, const struct flow_query *q)
{
	struct flows found = {};
	size_t i;

	flows_file(&found, q, path);
	flows_settle(&found, q);
	for (i = 0; i < found.n; i++) {
		const struct flow *flow = &found.list[i];

		fuzz_expect(flow->opened <= q->to && (!flow->closed || flow->closed >= q->from),
			    "who is found had the port then", flow->src);
		fuzz_expect(!i || flow[-1].opened <= flow->opened, "the oldest comes first",
			    flow->src);
	}
	flows_free(&found);
}

static void moment(const uint8_t *data, size_t len)
{
	const uint64_t now = 1795953600ULL * FLOWLOG_SECOND;
	size_t end = len > 40 ? 40 : len;
	struct parse_error err;
	uint64_t from, to;
	char text[41];

	memcpy(text, data, end);
	text[end] = 0;
	text[strcspn(text, "\n")] = 0;
	if (flow_time_parse(text, now, &from, &to, &err))
		fuzz_expect(from <= to, "a moment ends after its start", text);
}

int fuzz_one(const uint8_t *data, size_t len)
{
	struct flow_query q = {
		.address = "203.0.113.10",
		.port = 23817,
		.proto = len & 1 ? "tcp" : NULL,
		.from = 1795953600ULL * FLOWLOG_SECOND,
		.to = 1795953601ULL * FLOWLOG_SECOND - 1,
	};
	char path[64];
	int fd = file_of(data, len);

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	look(path, &q);
	close(fd);
	moment(data, len);
	return 0;
}
