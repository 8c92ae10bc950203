/* SPDX-License-Identifier: GPL-2.0 */
/* Who uses the ports: sessions added up by public IP, destination or inside host. */
#ifndef _NATGW_NETLINK_PORTS_H
#define _NATGW_NETLINK_PORTS_H

#include <linux/types.h>
#include <linux/natgw.h>
#include "snapshot/l4.h"

struct natgw_config;
struct natgw_destination;
struct natgw_gateway;
struct natgw_net;
struct natgw_subnet;
struct netlink_ext_ack;

/**
 * struct natgw_ports_query - what to add up
 * @given: bit for each NATGW_A_PORTS_* that the request filters by
 * @by: enum natgw_ports_by
 * @top: at most so many rows; 0: all
 * @watched: only of destinations that are watched, without a walk over the sessions
 * @gw: with NATGW_A_PORTS_GATEWAY
 * @dst: with NATGW_A_PORTS_DST
 * @dst_port: with NATGW_A_PORTS_DST_PORT
 * @proto: with NATGW_A_PORTS_PROTO
 */
struct natgw_ports_query {
	u32 given;
	u32 by;
	u32 top;
	u32 watched;
	const struct natgw_gateway *gw;
	__be32 dst;
	u32 dst_port;
	u32 proto;
};

/**
 * struct natgw_ports_row - one public IP, destination or host
 * @gw: its gateway
 * @subnet: of a host
 * @destination: of a destination, while rows are made; never dereferenced
 * @addr: public IP, or address of the destination or host
 * @port: of a destination
 * @proto: of a destination
 * @used: sessions
 * @cooling: how many of them cool only
 * @has_block: host with ports of its own
 * @free: ports; of a host with @has_block: of those, for the destination that has most
 * @high: most sessions there ever were; by public IP: most towards one destination
 * @by_proto: parts of @used, by enum natgw_l4_row
 * @others: by destination: its hosts; else destinations
 * @filled: not of a host: per cent of the ports that count, see struct natgw_fill
 * @seconds: not of a host: natgw_headroom_seconds(), by public IP the least
 * @near: not of a host: near exhaustion
 * @host: by destination, @near: inside host that had most of its ports then, or 0
 * @host_used: ports that it had
 * @limit: of a host, or 0: its block, and host-limit where that is less
 * @seat: of a host with @has_block
 */
struct natgw_ports_row {
	struct natgw_gateway *gw;
	union {
		struct natgw_subnet *subnet;
		const struct natgw_destination *destination;
	};
	__be32 addr;
	__be16 port;
	u8 proto;
	bool has_block;
	bool near;
	u32 filled;
	u32 seconds;
	u32 used;
	u32 cooling;
	u32 free;
	u32 high;
	u32 by_proto[NATGW_L4_ROWS + 1];
	u32 others;
	u32 limit;
	__be32 host;
	u32 host_used;
	u32 seat;
};

/**
 * struct natgw_ports - the rows, the fullest first
 * @rows: @n of them
 * @n: number
 * @by: enum natgw_ports_by
 * @watched: as in the query
 */
struct natgw_ports {
	struct natgw_ports_row *rows;
	u32 n;
	u32 by;
	bool watched;
};

/**
 * natgw_ports_gather - add up
 * @nn: namespace
 * @config: snapshot of natgw_config_hold(); sessions of what is not in it are passed by
 * @query: what
 * @ports: set to the rows, which hold references
 * @extack: says why not
 *
 * Context: process. Return: 0 or a negative errno, @ports is empty then.
 */
int natgw_ports_gather(struct natgw_net *nn, const struct natgw_config *config,
		       const struct natgw_ports_query *query, struct natgw_ports *ports,
		       struct netlink_ext_ack *extack);

/** natgw_ports_free - drop rows; an empty set is fine */
void natgw_ports_free(struct natgw_ports *ports);

#endif
