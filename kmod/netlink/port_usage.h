/* SPDX-License-Identifier: GPL-2.0 */
/* Rows of port use in the making; for ports.c and ports_host.c alone. */
#ifndef _NATGW_NETLINK_PORT_USAGE_H
#define _NATGW_NETLINK_PORT_USAGE_H

#include <linux/types.h>
#include <linux/xarray.h>
#include "netlink/ports.h"

struct natgw_config;
struct natgw_net;
struct natgw_session;

/**
 * struct natgw_usage_array - of what a walk finds
 * @at: @n elements, room for @max
 * @n: used
 * @max: a power of two
 * @size: of one
 */
struct natgw_usage_array {
	void *at;
	u32 n;
	u32 max;
	u32 size;
};

/**
 * struct natgw_usage - rows in the making
 * @nn: namespace
 * @config: snapshot that is held: what is not in it is not followed
 * @query: what is asked for
 * @extack: says why not
 * @rows: struct natgw_ports_row
 * @uses: what there is to add up: struct host_use or struct destination_use
 * @by_destination: numbers of rows
 */
struct natgw_usage {
	struct natgw_net *nn;
	const struct natgw_config *config;
	const struct natgw_ports_query *query;
	struct netlink_ext_ack *extack;
	struct natgw_usage_array rows;
	struct natgw_usage_array uses;
	struct xarray by_destination;
};

/** natgw_usage_push - the next element, for which there is room */
static inline void *natgw_usage_push(struct natgw_usage_array *array)
{
	return array->at + (size_t)array->n++ * array->size;
}

/** natgw_usage_row - one of the rows there are */
static inline struct natgw_ports_row *natgw_usage_row(const struct natgw_usage *g, u32 i)
{
	return (struct natgw_ports_row *)g->rows.at + i;
}

/**
 * natgw_usage_rows_room - make room for a batch of rows
 *
 * The rows so far must be complete: those below the top can go.
 * Context: process. Return: 0, or a negative errno and @g->extack says why.
 */
int natgw_usage_rows_room(struct natgw_usage *g);

/** natgw_usage_wants - is a session one that is asked for? RCU */
bool natgw_usage_wants(const struct natgw_usage *g, const struct natgw_session *session);

/** natgw_usage_cools - does a session only hold its port? RCU */
bool natgw_usage_cools(const struct natgw_session *session);

/** natgw_usage_count - add a session of that protocol to a row */
void natgw_usage_count(struct natgw_ports_row *row, u8 proto, bool cools);

/** natgw_usage_uses_pause - its pause(): makes room for a batch */
int natgw_usage_uses_pause(void *data);

/**
 * natgw_usage_hosts - rows by inside host
 *
 * Context: process. Return: 0 or a negative errno.
 */
int natgw_usage_hosts(struct natgw_usage *g);

#endif
