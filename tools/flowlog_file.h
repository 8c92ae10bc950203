/* SPDX-License-Identifier: GPL-2.0 */
/* The file of the flow log, which may have no room for a while. */
#ifndef NATGWCTL_FLOWLOG_FILE_H
#define NATGWCTL_FLOWLOG_FILE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct ctl;

/** FLOWLOG_RETRY_MS - from one look whether the file has room again to the next */
#define FLOWLOG_RETRY_MS	1000

/**
 * struct flowlog_file - a file that lines are written to
 * @path:	where it is
 * @filter:	of the log, which each file repeats that goes on with another one
 * @f:		takes lines, and never fails: what cannot be written is counted
 * @fd:		file, or -1
 * @buffer:	of @f
 * @part:	bytes of a line in the file whose end has not been written yet
 * @goes_on:	it goes on with another one, and has no line yet that says so
 * @torn:	the file ends with half a line, to which nothing may be added
 * @lost:	lines that were not written
 * @err:	errno that lines are not written for; 0: they are
 * @until:	what has happened by then is in the file, ns since 1970; set by who writes
 * @tried:	when there was no room last; or 0
 * @said:	when a warning said last that there is none; or 0
 * @back:	when there was room again last; or 0
 */
struct flowlog_file {
	const char *path;
	const char *filter;
	FILE *f;
	int fd;
	char *buffer;
	size_t part;
	bool goes_on;
	bool torn;
	uint64_t lost;
	int err;
	uint64_t until;
	uint64_t tried;
	uint64_t said;
	uint64_t back;
};

int flowlog_file_open(struct flowlog_file *file, const char *path, const char *filter);
void flowlog_file_reopen(struct flowlog_file *file);
bool flowlog_file_mend(struct flowlog_file *file, const struct ctl *ctl);
bool flowlog_file_retry(struct flowlog_file *file, const struct ctl *ctl);
int flowlog_file_close(struct flowlog_file *file);

#endif /* NATGWCTL_FLOWLOG_FILE_H */
