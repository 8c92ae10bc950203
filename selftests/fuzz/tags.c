// SPDX-License-Identifier: GPL-2.0
/* Files of prefixes: lines, or the cloud's download of its service tags. */
#include <string.h>

#include <linux/genetlink.h>

#include "fuzz.h"
#include "tag_file.h"

int fuzz_one(const uint8_t *data, size_t len)
{
	static struct request req;
	struct ctl ctl = {};
	struct tag_file in = { .ctl = &ctl, .req = &req, .file = FUZZ_FILE };
	struct nl_error e;

	fuzz_files(data, len);
	request_init(&req, NATGW_CMD_TAG_NEW);
	if (!tag_file_read(&in, "Storage")) {
		fuzz_expect(in.n, "a file that is taken has a prefix", NULL);
		nl_request(NULL, &req, NULL, NULL, &e);
	}
	tag_file_free(&in);
	return 0;
}
