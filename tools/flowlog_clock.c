// SPDX-License-Identifier: GPL-2.0
/* Owns the look at whether the clock was set, and by how much. Called by flowlog_run.c. */
#include <errno.h>
#include <stdlib.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "flowlog.h"
#include "flowlog_clock.h"

/** STEP - ns: a clock that was set by less shows the same, as far as lines of the log have it */
#define STEP		(FLOWLOG_SECOND / 1000)

static int64_t ahead(uint64_t now)
{
	struct timespec ts;

	/* goes on while the machine sleeps, and is not set */
	clock_gettime(CLOCK_BOOTTIME, &ts);
	return now - (ts.tv_sec * FLOWLOG_SECOND + ts.tv_nsec);
}

/**
 * set_clock_open - begin to look
 * @clock:	result
 *
 * Return: a descriptor that is readable when the clock was set; or -1, with errno.
 */
int set_clock_open(struct set_clock *clock)
{
	/* it never expires */
	const struct itimerspec never = { .it_value.tv_sec = INT64_MAX };

	clock->ahead = ahead(watch_now());
	clock->fd = timerfd_create(CLOCK_REALTIME, TFD_CLOEXEC | TFD_NONBLOCK);
	if (clock->fd >= 0 &&
	    timerfd_settime(clock->fd, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &never, NULL)) {
		close(clock->fd);
		clock->fd = -1;
	}
	return clock->fd;
}

/**
 * set_clock_ready - was the clock set since this was asked last?
 * @clock:	its descriptor is readable
 * @now:	what the clock shows, ns since 1970
 * @before:	what it would show if nobody had set it
 *
 * A machine that has slept has not set it. Return: it was.
 */
bool set_clock_ready(struct set_clock *clock, uint64_t *now, uint64_t *before)
{
	uint64_t times;
	int64_t step;

	if (read(clock->fd, &times, sizeof(times)) < 0 && errno == EAGAIN)
		return false;
	*now = watch_now();
	step = ahead(*now) - clock->ahead;
	clock->ahead += step;
	*before = *now - step;
	return llabs(step) >= (long long)STEP;
}
