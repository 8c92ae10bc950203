/* SPDX-License-Identifier: GPL-2.0 */
/* Exhaustion: telling listeners of new flows that were refused. */
#ifndef _NATGW_EXHAUSTION_H
#define _NATGW_EXHAUSTION_H

#include <linux/spinlock.h>
#include <linux/types.h>
#include <linux/workqueue.h>
#include <linux/natgw.h>

struct natgw_gateway;
struct natgw_net;
struct natgw_tuple;

/** enum natgw_exhausted - index of the reasons a new flow is refused for, in their order */
enum natgw_exhausted {
	NATGW_EXHAUSTED_POOL_EMPTY,
	NATGW_EXHAUSTED_UPLINK,
	NATGW_EXHAUSTED_DRAINING,
	NATGW_EXHAUSTED_QUOTA,
	NATGW_EXHAUSTED_DESTINATION_CAP,
	NATGW_EXHAUSTED_DESTINATION_FULL,
	NATGW_EXHAUSTED_ALL_COOLING,
	NATGW_EXHAUSTED_MEMORY,
	NATGW_EXHAUSTED_REASONS
};

/**
 * struct natgw_refusals - flows of one gateway refused for one reason
 * @lock: the flow; packets only try to take it
 * @src: inside source of the last flow, or of one at the same time; so are the others
 * @dst: its destination
 * @src_port: its port or ICMP id
 * @dst_port: its port, 0 for ICMP
 * @proto: IPPROTO_*
 * @told: how many have been told, of struct natgw_gateway_counters @refused; worker only
 */
struct natgw_refusals {
	spinlock_t lock;	/* see above */
	__be32 src;
	__be32 dst;
	__be16 src_port;
	__be16 dst_port;
	u8 proto;
	u64 told;
};

/**
 * struct natgw_exhaustion - of one gateway
 * @refusals: by enum natgw_exhausted
 */
struct natgw_exhaustion {
	struct natgw_refusals refusals[NATGW_EXHAUSTED_REASONS];
};

void natgw_exhaustion_init(struct natgw_exhaustion *exhaustion);
void natgw_exhaustion_net_init(struct natgw_net *nn);
/* no packet is in the hooks any more */
void natgw_exhaustion_net_exit(struct natgw_net *nn);

/**
 * natgw_exhaustion_note - a new flow was refused
 * @inside: its inside tuple
 *
 * Processors that refuse flows of one gateway at once do not wait for each other:
 * a full gateway is where packets come in numbers.
 *
 * Context: softirq, RCU. The message goes out from a worker.
 */
void natgw_exhaustion_note(struct natgw_net *nn, struct natgw_gateway *gw,
			   enum natgw_drop_reason reason, const struct natgw_tuple *inside);

#endif
