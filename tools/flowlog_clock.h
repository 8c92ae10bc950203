/* SPDX-License-Identifier: GPL-2.0 */
/* The clock of the machine, which somebody may set. */
#ifndef NATGWCTL_FLOWLOG_CLOCK_H
#define NATGWCTL_FLOWLOG_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

/**
 * struct set_clock - a clock that may be set
 * @fd:		to wait for that
 * @ahead:	ns by which it is ahead of the time since the machine booted
 */
struct set_clock {
	int fd;
	int64_t ahead;
};

int set_clock_open(struct set_clock *clock);
bool set_clock_ready(struct set_clock *clock, uint64_t *now, uint64_t *before);

#endif /* NATGWCTL_FLOWLOG_CLOCK_H */
