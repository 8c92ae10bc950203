// SPDX-License-Identifier: GPL-2.0
/*
 * Files of session save. Checksums are made right first, as nothing would be read beyond the
 * first wrong one; of each third input they are left alone.
 */
#include <stdlib.h>
#include <string.h>

#include <zlib.h>

#include "fuzz.h"
#include "state.h"
#include "state_file.h"

/* as state_file.c has it: magic, version, order, time */
#define HEADER	24

static void mend(uint8_t *data, size_t len)
{
	static const uint8_t header[HEADER] = {
		'n', 'a', 't', 'g', 'w', 'S', 'E', 'S', 1, 0, 0, 0, 4, 3, 2, 1,
	};
	struct state_chunk chunk;
	size_t at = HEADER, n = 0;

	if (len < HEADER)
		return;
	memcpy(data, header, 16);
	for (; len - at >= sizeof(chunk); at += sizeof(chunk) + chunk.bytes, n++) {
		memcpy(&chunk, data + at, sizeof(chunk));
		chunk.kind %= STATE_KINDS;
		chunk.vnet[NATGW_NAME_MAX] = 0;
		if (len - at < 2 * sizeof(chunk))
			chunk.kind = STATE_END;
		if (chunk.kind == STATE_END) {
			chunk.version = n;
			memcpy(data + at, &chunk, sizeof(chunk));
			return;
		}
		if (chunk.bytes > len - at - sizeof(chunk))
			chunk.bytes = (len - at - sizeof(chunk)) / state_record[chunk.kind] *
				      state_record[chunk.kind];
		chunk.crc = crc32(crc32(0, NULL, 0), data + at + sizeof(chunk), chunk.bytes);
		memcpy(data + at, &chunk, sizeof(chunk));
	}
}

struct restore {
	struct ctl ctl;
	int argc;
};

static void restore(void *data)
{
	char file[] = FUZZ_FILE, word[] = "max-age", age[] = "1h", *argv[] = { file, word, age };
	static const struct verb verb = { .word = "restore", .cmd = NATGW_CMD_SESSION_RESTORE };
	struct restore *r = data;

	state_restore(&r->ctl, &session_object, &verb, r->argc, argv);
}

int fuzz_one(const uint8_t *data, size_t len)
{
	struct restore r = { .argc = len & 1 ? 1 : 3 };
	uint8_t *copy = malloc(len + 1);

	if (!copy)
		abort();
	memcpy(copy, data, len);
	if (len % 3)
		mend(copy, len);
	fuzz_files(copy, len);
	fuzz_refuses = len & 2;
	free(fuzz_said(restore, &r));
	fuzz_refuses = false;
	free(copy);
	return 0;
}
