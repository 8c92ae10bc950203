/* SPDX-License-Identifier: GPL-2.0 */
/* The file of session save and restore. */
#ifndef NATGWCTL_STATE_FILE_H
#define NATGWCTL_STATE_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <linux/natgw.h>

/**
 * struct state_chunk - records of one kind and one vnet; in the file before them
 * @kind:	STATE_SESSIONS, STATE_DIRECTS or STATE_END
 * @version:	NATGW_RECORD_VERSION of who wrote them; of STATE_END: number of chunks
 * @bytes:	bytes of records that follow
 * @crc:	CRC-32 of them
 * @vnet:	name, filled up with zeros
 */
struct state_chunk {
	uint32_t kind;
	uint32_t version;
	uint32_t bytes;
	uint32_t crc;
	char vnet[NATGW_NAME_MAX + 1];
};

enum {
	STATE_END,
	STATE_SESSIONS,
	STATE_DIRECTS,
	STATE_KINDS
};

/** STATE_ERROR - longest reason why a file cannot be used */
#define STATE_ERROR	256

/**
 * struct state_writer - a file that is being written
 * @file:	where it will be
 * @temporary:	where it is until it is complete
 * @out:	stream
 * @chunks:	written so far
 */
struct state_writer {
	const char *file;
	char *temporary;
	FILE *out;
	uint32_t chunks;
};

/**
 * struct state_reader - a file that was read
 * @data:	all of it
 * @len:	bytes of it
 * @next:	offset of the next chunk
 * @saved:	when it was written, ms since 1970
 */
struct state_reader {
	char *data;
	size_t len;
	size_t next;
	uint64_t saved;
};

extern const size_t state_record[STATE_KINDS];

uint64_t state_now(void);

bool state_create(struct state_writer *w, const char *file);
void state_put(struct state_writer *w, uint32_t kind, uint32_t version, const char *vnet,
	       const void *records, size_t len);
bool state_close(struct state_writer *w);
void state_drop(struct state_writer *w);

bool state_open(struct state_reader *r, const char *file, char error[STATE_ERROR]);
const void *state_next(struct state_reader *r, struct state_chunk *chunk);
void state_free(struct state_reader *r);

#endif /* NATGWCTL_STATE_FILE_H */
