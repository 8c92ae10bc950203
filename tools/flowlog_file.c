// SPDX-License-Identifier: GPL-2.0
/*
 * Owns the file of the flow log. It may have no room for a while, because a disk is full or the new
 * file cannot be made when the log is rotated: lines are then counted and not written, and the file
 * ends with a whole line. Who writes asks from time to time whether there is room again.
 *
 * Knows nothing of the kernel: also tested by selftests/unit.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "ctl.h"
#include "flowlog.h"
#include "flowlog_file.h"
#include "table.h"

/** BUFFER - of the file; a line is out at the latest when nothing else waits */
#define BUFFER		262144
/** ROOM_PART - on a file system that was full, this part of it has to be free, or BUFFER bytes */
#define ROOM_PART	16
/** SAY_EVERY - ns from one warning that lines are left out to the next */
#define SAY_EVERY	(60 * FLOWLOG_SECOND)

static uint64_t lines_in(const char *text, size_t size)
{
	const char *end = text + size;
	uint64_t n = 0;

	while (text < end && (text = memchr(text, '\n', end - text))) {
		text++;
		n++;
	}
	return n;
}

/* So many bytes of @text are in the file now */
static void written(struct flowlog_file *file, const char *text, size_t size)
{
	const char *last = memrchr(text, '\n', size);

	file->part = last ? (size_t)(text + size - last - 1) : file->part + size;
}

/* Nothing can be written any more: what there is of a line goes, it would never have an end */
static void stop_writing(struct flowlog_file *file, int err)
{
	struct stat st;

	file->err = err;
	if (!file->part)
		return;
	file->torn = fstat(file->fd, &st) || !S_ISREG(st.st_mode) ||
		     ftruncate(file->fd, st.st_size - file->part);
	file->part = 0;
}

/* Called by @file->f. Return: @size, as errors are no business of its callers */
static ssize_t put(void *cookie, const char *text, size_t size)
{
	struct flowlog_file *file = cookie;
	size_t done = 0;
	ssize_t n;

	while (!file->err && done < size) {
		n = write(file->fd, text + done, size - done);
		if (n > 0) {
			written(file, text + done, n);
			done += n;
		} else if (!n || errno != EINTR) {
			stop_writing(file, n ? errno : ENOSPC);
		}
	}
	file->lost += lines_in(text + done, size - done);
	return size;
}

/* Return: 0, or errno */
static int open_path(struct flowlog_file *file)
{
	struct stat st;
	char last;

	/* who talks to whom is not for everybody */
	file->fd = open(file->path, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC, 0640);
	if (file->fd < 0)
		return errno;
	file->part = 0;
	/* a loss of power has left half a line */
	file->torn = !fstat(file->fd, &st) && S_ISREG(st.st_mode) && st.st_size &&
		     (pread(file->fd, &last, 1, st.st_size - 1) != 1 || last != '\n');
	return 0;
}

/* What follows begins a line. Return: 0, or errno */
static int end_line(struct flowlog_file *file)
{
	ssize_t n;

	if (!file->torn)
		return 0;
	n = write(file->fd, "\n", 1);
	if (n != 1)
		return n ? errno : ENOSPC;
	file->torn = false;
	return 0;
}

/**
 * flowlog_file_open - open a file, or make it
 * @file:	file
 * @path:	where it is; stays there as long as the file is open
 * @filter:	what the log is limited to; likewise
 *
 * Return: 0, or errno.
 */
int flowlog_file_open(struct flowlog_file *file, const char *path, const char *filter)
{
	const cookie_io_functions_t calls = { .write = put };
	int err;

	*file = (struct flowlog_file){ .path = path, .filter = filter };
	err = open_path(file);
	if (!err)
		err = end_line(file);
	if (err) {
		if (file->fd >= 0)
			close(file->fd);
		return err;
	}
	file->f = out_checked(fopencookie(file, "w", calls));
	/* without a buffer of ours setvbuf() would leave its size as it is */
	file->buffer = out_checked(malloc(BUFFER));
	setvbuf(file->f, file->buffer, _IOFBF, BUFFER);
	return 0;
}

static void say_goes_on(struct flowlog_file *file)
{
	if (file->goes_on)
		flowlog_continued(file->f, watch_now(), file->filter);
}

/**
 * flowlog_file_reopen - open it anew, as it was moved away
 * @file:	file; what was written goes to where it was moved
 *
 * If that fails, or lines are still to be told of that were not written, nothing is written until
 * flowlog_file_retry().
 */
void flowlog_file_reopen(struct flowlog_file *file)
{
	uint64_t lost;
	int err;

	fflush(file->f);
	if (file->fd >= 0)
		close(file->fd);
	err = open_path(file);
	if (!err && !file->err)
		err = end_line(file);
	if (err)
		file->err = err;
	file->goes_on = true;
	if (file->err)
		return;
	lost = file->lost;
	say_goes_on(file);
	fflush(file->f);
	/* there is no room: it is said when there is, and is no line that was lost */
	file->goes_on = file->err;
	file->lost = lost;
}

/* Where a file system was full, the last bytes of a block are no room: full again at once */
static bool has_room(const struct flowlog_file *file)
{
	uint64_t wanted, blocks;
	struct statvfs fs;

	if (file->err != ENOSPC || fstatvfs(file->fd, &fs))
		return true;
	wanted = (uint64_t)fs.f_blocks * fs.f_frsize / ROOM_PART;
	/* what a file system reserves for root does not keep root from writing */
	blocks = geteuid() ? fs.f_bavail : fs.f_bfree;
	return blocks * fs.f_frsize >= (wanted < BUFFER ? wanted : BUFFER);
}

/* Lines are left out: when that begins, and each minute as long as it lasts */
static void say_lost(struct flowlog_file *file, const struct ctl *ctl, uint64_t now)
{
	if (file->said && now >= file->said && now - file->said < SAY_EVERY)
		return;
	if (file->said)
		warn(ctl, NULL, NULL, "%s: %s: %llu lines were left out so far", file->path,
		     strerror(file->err), (unsigned long long)file->lost);
	else
		warn(ctl, NULL, NULL, "%s: %s: lines are left out until it can be written",
		     file->path, strerror(file->err));
	file->said = now;
}

/* May lines be written again? Its last one is complete. Return: they are, from now on */
static bool resume(struct flowlog_file *file)
{
	int err = 0;

	fflush(file->f);
	if (file->fd < 0)
		err = open_path(file);
	if (!err && !has_room(file))
		return false;
	if (!err)
		err = end_line(file);
	file->err = err;
	return !err;
}

/**
 * flowlog_file_mend - if there is room again, tell of the lines that were not written
 * @file:	file
 * @ctl:	run
 *
 * Return: there was none, and is now.
 */
bool flowlog_file_mend(struct flowlog_file *file, const struct ctl *ctl)
{
	const char *why = strerror(file->err);
	uint64_t lost;

	if (!file->err || !resume(file))
		return false;
	lost = file->lost;
	file->lost = 0;
	say_goes_on(file);
	if (lost)
		flowlog_lost(file->f, watch_now(), file->until, lost, why);
	fflush(file->f);
	if (file->err) {
		/* these lines themselves are none that were lost */
		file->lost = lost;
		return false;
	}
	file->goes_on = false;
	warn(ctl, NULL, NULL, "%s: can be written again, %llu lines were left out", file->path,
	     (unsigned long long)lost);
	return true;
}

/**
 * flowlog_file_retry - say that there is no room, and look from time to time whether there is
 * @file:	file
 * @ctl:	run
 *
 * Return: there was none, and is now: all that runs is to be told.
 */
bool flowlog_file_retry(struct flowlog_file *file, const struct ctl *ctl)
{
	const uint64_t now = watch_now(), tried = file->tried;

	if (!file->err)
		return false;
	say_lost(file, ctl, now);
	if (tried && now >= tried && now - tried < FLOWLOG_RETRY_MS * 1000000ULL)
		return false;
	file->tried = now;
	/* what runs may be as long as the table: not for each block that becomes free */
	if (!flowlog_tells_again(now, file->back) || !flowlog_file_mend(file, ctl))
		return false;
	file->tried = 0;
	file->said = 0;
	file->back = now;
	return true;
}

/**
 * flowlog_file_close - write what is left
 * @file:	file, or one that was never opened
 *
 * Return: 0, or errno.
 */
int flowlog_file_close(struct flowlog_file *file)
{
	int err;

	if (!file->f)
		return 0;
	fclose(file->f);
	free(file->buffer);
	err = file->err;
	if (file->fd >= 0 && close(file->fd) && !err)
		err = errno;
	file->f = NULL;
	return err;
}
