/* SPDX-License-Identifier: GPL-2.0 */
/* Packets dropped by reason, as the flow log tells of them. */
#ifndef NATGWCTL_FLOWLOG_DROPS_H
#define NATGWCTL_FLOWLOG_DROPS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include <linux/natgw.h>

struct ctl;

/**
 * struct drop_counts - packets dropped
 * @packets:	by reason, as they were counted last
 * @counted:	they were
 */
struct drop_counts {
	uint64_t packets[NATGW_DROP_MAX + 1];
	bool counted;
};

int drops_count(struct ctl *ctl, struct drop_counts *drops, FILE *f, bool *wrote);

#endif /* NATGWCTL_FLOWLOG_DROPS_H */
