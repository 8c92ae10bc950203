/* SPDX-License-Identifier: GPL-2.0 */
/* Self-check: what the gauges say against what is in the tables. */
#ifndef _NATGW_NETLINK_CHECK_H
#define _NATGW_NETLINK_CHECK_H

#include <linux/types.h>

struct natgw_net;
struct netlink_ext_ack;

#define NATGW_CHECK_OBJECT	104

/** struct natgw_check_row - one gauge */
struct natgw_check_row {
	char object[NATGW_CHECK_OBJECT];
	const char *gauge;
	u64 counted;
	u64 found;
};

/** struct natgw_check - the table's sessions, then each gauge that differs */
struct natgw_check {
	struct natgw_check_row *rows;
	u32 n;
	u32 max;
};

/**
 * natgw_check_run - walk the tables and compare
 * @nn: namespace
 * @check: empty; set to the rows
 * @extack: says why not
 *
 * Context: process. Return: 0 or a negative errno, to be freed in both cases.
 */
int natgw_check_run(struct natgw_net *nn, struct natgw_check *check,
		    struct netlink_ext_ack *extack);

/** natgw_check_free - drop the rows */
void natgw_check_free(struct natgw_check *check);

#endif
