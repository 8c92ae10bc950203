// SPDX-License-Identifier: GPL-2.0
/*
 * Owns the note of a new flow that was refused. Called by datapath/outbound.c;
 * netlink/exhaustion_ntf.c tells of it.
 */
#include <linux/lockdep.h>
#include <linux/natgw.h>
#include <linux/rcupdate.h>
#include <net/genetlink.h>
#include "session/exhaustion.h"
#include "snapshot/counters.h"
#include "snapshot/net.h"
#include "snapshot/object.h"
#include "snapshot/tuple.h"

const u8 natgw_exhausted_reason[NATGW_EXHAUSTED_REASONS] = {
	[NATGW_EXHAUSTED_POOL_EMPTY] = NATGW_DROP_POOL_EMPTY,
	[NATGW_EXHAUSTED_UPLINK] = NATGW_DROP_UPLINK,
	[NATGW_EXHAUSTED_DRAINING] = NATGW_DROP_DRAINING,
	[NATGW_EXHAUSTED_QUOTA] = NATGW_DROP_QUOTA,
	[NATGW_EXHAUSTED_DESTINATION_CAP] = NATGW_DROP_DESTINATION_CAP,
	[NATGW_EXHAUSTED_DESTINATION_FULL] = NATGW_DROP_DESTINATION_FULL,
	[NATGW_EXHAUSTED_ALL_COOLING] = NATGW_DROP_ALL_COOLING,
	[NATGW_EXHAUSTED_MEMORY] = NATGW_DROP_MEMORY,
};

/* the way back, for reasons that are in the table above */
static const u8 exhausted_row[NATGW_DROP_MAX + 1] = {
	[NATGW_DROP_POOL_EMPTY] = NATGW_EXHAUSTED_POOL_EMPTY,
	[NATGW_DROP_UPLINK] = NATGW_EXHAUSTED_UPLINK,
	[NATGW_DROP_DRAINING] = NATGW_EXHAUSTED_DRAINING,
	[NATGW_DROP_QUOTA] = NATGW_EXHAUSTED_QUOTA,
	[NATGW_DROP_DESTINATION_CAP] = NATGW_EXHAUSTED_DESTINATION_CAP,
	[NATGW_DROP_DESTINATION_FULL] = NATGW_EXHAUSTED_DESTINATION_FULL,
	[NATGW_DROP_ALL_COOLING] = NATGW_EXHAUSTED_ALL_COOLING,
	[NATGW_DROP_MEMORY] = NATGW_EXHAUSTED_MEMORY,
};

void natgw_exhaustion_note(struct natgw_net *nn, struct natgw_gateway *gw,
			   enum natgw_drop_reason reason, const struct natgw_tuple *inside)
{
	const unsigned int row = exhausted_row[reason];
	struct natgw_refusals *refusals = &gw->exhaustion.refusals[row];

	lockdep_assert_in_softirq();
	/* the first row is also that of reasons which are in neither table */
	if (WARN_ON_ONCE(natgw_exhausted_reason[row] != reason))
		return;
	/* the flow is noted before it is counted, so that a message always has a flow to name */
	if (spin_trylock(&refusals->lock)) {
		refusals->src = inside->host;
		refusals->src_port = inside->host_port;
		refusals->dst = inside->peer;
		refusals->dst_port = inside->peer_port;
		refusals->proto = inside->proto;
		spin_unlock(&refusals->lock);
	}
	this_cpu_inc(gw->counters->refused[row]);
	/*
	 * While the worker waits it will see the count. Looked at first: queueing
	 * writes to what all processors share. Pairs with the barrier by which a
	 * worker that begins is no longer pending.
	 */
	smp_mb();
	if (!delayed_work_pending(&nn->exhaustion))
		queue_delayed_work(system_power_efficient_wq, &nn->exhaustion, 0);
}

void natgw_exhaustion_init(struct natgw_exhaustion *exhaustion)
{
	unsigned int i;

	for (i = 0; i < NATGW_EXHAUSTED_REASONS; i++)
		spin_lock_init(&exhaustion->refusals[i].lock);
}
