// SPDX-License-Identifier: GPL-2.0
/* Owns the way of a direct record out of the kernel and back. Called by netlink/save_nl.c. */
#include <linux/jiffies.h>
#include <linux/natgw.h>
#include "datapath/direct.h"
#include "datapath/direct_record.h"
#include "lib/clock.h"
#include "session/record.h"
#include "session/table.h"
#include "snapshot/l4.h"
#include "snapshot/lookup.h"
#include "snapshot/net.h"
#include "snapshot/tuple.h"
#include "snapshot/view.h"

void natgw_direct_write(const struct natgw_direct *direct, struct natgw_direct_record *record)
{
	u32 left;

	/* one that ended since it was found, or says nothing yet, has nothing left */
	if (natgw_direct_state(direct, &left) < 0 || !READ_ONCE(direct->arrived))
		left = 0;
	*record = (struct natgw_direct_record) {
		.host = direct->tuple.host,
		.peer = direct->tuple.peer,
		.host_port = direct->tuple.host_port,
		.peer_port = direct->tuple.peer_port,
		.proto = direct->tuple.proto,
		.stage = READ_ONCE(direct->stage),
		.flags = (READ_ONCE(direct->answered) ? NATGW_RECORD_FLAG_ANSWERED : 0) |
			 (READ_ONCE(direct->acks) ? NATGW_RECORD_FLAG_ACKED : 0) |
			 (direct->imported ? NATGW_RECORD_FLAG_IMPORTED : 0) |
			 (direct->outbound ? NATGW_RECORD_FLAG_OUTBOUND : 0) |
			 (READ_ONCE(direct->changed) ? NATGW_RECORD_FLAG_CHANGED : 0),
		.age = natgw_clock_seconds(direct->created, natgw_clock()),
		.left = jiffies_to_msecs(left),
		.number = READ_ONCE(direct->acked),
	};
}

int natgw_direct_restore(struct natgw_net *nn, const struct natgw_vnet_view *vnet,
			 const struct natgw_direct_record *record, u32 pause)
{
	const struct natgw_l4 *l4 = natgw_l4(record->proto);
	const struct natgw_subnet_range *range;
	struct natgw_direct proto = {
		.tuple = {
			.host = record->host,
			.peer = record->peer,
			.host_port = record->host_port,
			.peer_port = record->peer_port,
			.proto = record->proto,
		},
		.stage = record->stage,
		.acked = record->number,
		.acks = record->flags & NATGW_RECORD_FLAG_ACKED,
		.imported = record->flags & NATGW_RECORD_FLAG_IMPORTED,
		.outbound = record->flags & NATGW_RECORD_FLAG_OUTBOUND,
		.changed = record->flags & NATGW_RECORD_FLAG_CHANGED,
		.arrived = true,
		.created = natgw_record_created(record->age),
	};

	lockdep_assert_held(&nn->lock);
	if (!l4->header || record->flags & ~NATGW_RECORD_FLAGS || record->reserved ||
	    record->stage > NATGW_DIRECT_RESET || (l4->id && record->peer_port))
		return NATGW_A_SAVE_INVALID;
	range = vnet ? natgw_lookup_subnet(vnet, record->host) : NULL;
	if (!range)
		return NATGW_A_SAVE_NO_SUBNET;
	if (record->left <= pause)
		return NATGW_A_SAVE_EXPIRED;
	proto.tuple.vnet = range->vnet->id;
	if (natgw_direct_known(&nn->directs, &proto.tuple) ||
	    natgw_session_find_inner(&nn->table, &proto.tuple, natgw_session_hash(&proto.tuple)))
		return NATGW_A_SAVE_EXISTS;
	return natgw_direct_add(nn, range, &proto, msecs_to_jiffies(record->left - pause)) ?
	       NATGW_A_SAVE_RESTORED : NATGW_A_SAVE_NO_ROOM;
}
