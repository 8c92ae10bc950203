// SPDX-License-Identifier: GPL-2.0
/*
 * Owns the file of session save and restore: a header, chunks of records as the kernel gave
 * them, and a chunk that says the file is complete. Called by cmd_state.c.
 *
 * A file is checked to its end before anything of it is used. It is written beside its place
 * and renamed, so that there is the old one or the new one, never half of one. Numbers are in
 * the machine's own order of bytes: a file does not move to another kind of machine.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <zlib.h>

#include "file.h"
#include "state_file.h"

#define STATE_MAGIC	"natgwSES"
#define STATE_VERSION	1
#define STATE_ORDER	0x01020304

/* At the start of the file */
struct state_header {
	char magic[8];
	uint32_t version;
	uint32_t order;
	uint64_t saved;
};

/** state_record - bytes of a record, by kind */
const size_t state_record[STATE_KINDS] = {
	[STATE_SESSIONS] = sizeof(struct natgw_session_record),
	[STATE_DIRECTS] = sizeof(struct natgw_direct_record),
};

/**
 * state_now - the wall clock, which goes on while the machine is off
 *
 * Return: ms since 1970.
 */
uint64_t state_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (uint64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static uint32_t crc(const void *data, size_t len)
{
	return crc32(crc32(0, NULL, 0), data, len);
}

/**
 * state_create - begin a file; only its owner may read it, as it names hosts
 * @w:		writer
 * @file:	where it will be
 *
 * Return: false: errno.
 */
bool state_create(struct state_writer *w, const char *file)
{
	struct state_header header = {
		.magic = STATE_MAGIC,
		.version = STATE_VERSION,
		.order = STATE_ORDER,
		.saved = state_now(),
	};
	int fd, err;

	*w = (struct state_writer) { .file = file };
	if (asprintf(&w->temporary, "%s.XXXXXX", file) < 0)
		abort();
	fd = mkostemp(w->temporary, O_CLOEXEC);
	if (fd >= 0)
		w->out = fdopen(fd, "w");
	if (w->out) {
		fwrite(&header, sizeof(header), 1, w->out);
		return true;
	}
	err = errno;
	if (fd >= 0) {
		close(fd);
		unlink(w->temporary);
	}
	free(w->temporary);
	errno = err;
	return false;
}

/**
 * state_put - add a chunk; what cannot be written is told by state_close()
 * @w:		writer
 * @kind:	STATE_SESSIONS or STATE_DIRECTS
 * @version:	of the records
 * @vnet:	of all of them
 * @records:	as the kernel gave them
 * @len:	bytes of them
 */
void state_put(struct state_writer *w, uint32_t kind, uint32_t version, const char *vnet,
	       const void *records, size_t len)
{
	struct state_chunk chunk = {
		.kind = kind,
		.version = version,
		.bytes = len,
		.crc = crc(records, len),
	};

	strncpy(chunk.vnet, vnet, sizeof(chunk.vnet) - 1);
	fwrite(&chunk, sizeof(chunk), 1, w->out);
	fwrite(records, 1, len, w->out);
	w->chunks++;
}

/**
 * state_drop - give up: the file that was there before stays
 * @w:		writer
 */
void state_drop(struct state_writer *w)
{
	int err = errno;

	if (w->out)
		fclose(w->out);
	unlink(w->temporary);
	free(w->temporary);
	errno = err;
}

/**
 * state_close - complete a file and put it in its place
 * @w:		writer
 *
 * Return: false: errno, and the file that was there before stays.
 */
bool state_close(struct state_writer *w)
{
	struct state_chunk end = { .kind = STATE_END, .version = w->chunks };
	bool good;

	good = fwrite(&end, sizeof(end), 1, w->out) == 1 && !fflush(w->out) && !ferror(w->out) &&
	       !fsync(fileno(w->out));
	good &= !fclose(w->out);
	w->out = NULL;
	if (!good || rename(w->temporary, w->file)) {
		state_drop(w);
		return false;
	}
	free(w->temporary);
	return true;
}

static bool refuse(char error[STATE_ERROR], const char *text)
{
	snprintf(error, STATE_ERROR, "%s", text);
	return false;
}

static bool check_header(struct state_reader *r, char error[STATE_ERROR])
{
	struct state_header header;

	if (r->len < sizeof(header) || memcmp(r->data, STATE_MAGIC, sizeof(header.magic)))
		return refuse(error, "no file of session save");
	memcpy(&header, r->data, sizeof(header));
	if (header.order != STATE_ORDER)
		return refuse(error, "written by a machine with another order of bytes");
	if (header.version != STATE_VERSION) {
		snprintf(error, STATE_ERROR,
			 "a file of version %u, this natgwctl reads version %u", header.version,
			 STATE_VERSION);
		return false;
	}
	r->saved = header.saved;
	r->next = sizeof(header);
	return true;
}

/* Up to the end of the file, with nothing behind it */
static bool check_chunks(const struct state_reader *r, char error[STATE_ERROR])
{
	size_t at = r->next, size;
	struct state_chunk chunk;
	uint32_t n;

	for (n = 0; r->len - at >= sizeof(chunk); n++) {
		memcpy(&chunk, r->data + at, sizeof(chunk));
		at += sizeof(chunk);
		if (chunk.kind == STATE_END)
			return chunk.version == n && at == r->len ? true :
			       refuse(error, "damaged: its end does not fit the rest");
		size = chunk.kind < STATE_KINDS ? state_record[chunk.kind] : 0;
		if (!size || chunk.vnet[NATGW_NAME_MAX])
			return refuse(error, "damaged: a part of it is of no known kind");
		if (chunk.bytes > r->len - at)
			break;
		if (!chunk.bytes || chunk.bytes % size ||
		    chunk.crc != crc(r->data + at, chunk.bytes))
			return refuse(error, "damaged: a checksum does not fit");
		at += chunk.bytes;
	}
	return refuse(error, "cut off: its end is missing");
}

/**
 * state_open - read a file and check all of it
 * @r:		reader
 * @file:	file, or - for standard input
 * @error:	why it cannot be used
 *
 * Return: false: @error.
 */
bool state_open(struct state_reader *r, const char *file, char error[STATE_ERROR])
{
	*r = (struct state_reader) {};
	r->data = file_read(file, &r->len);
	if (!r->data)
		return refuse(error, strerror(errno));
	if (check_header(r, error) && check_chunks(r, error))
		return true;
	state_free(r);
	return false;
}

/**
 * state_next - the next chunk of a file that state_open() has checked
 * @r:		reader
 * @chunk:	result
 *
 * Return: its records, or NULL behind the last one.
 */
const void *state_next(struct state_reader *r, struct state_chunk *chunk)
{
	const char *records = r->data + r->next + sizeof(*chunk);

	memcpy(chunk, r->data + r->next, sizeof(*chunk));
	if (chunk->kind == STATE_END)
		return NULL;
	r->next += sizeof(*chunk) + chunk->bytes;
	return records;
}

/**
 * state_free - forget a file
 * @r:		reader
 */
void state_free(struct state_reader *r)
{
	free(r->data);
	r->data = NULL;
}
