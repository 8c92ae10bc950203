/* SPDX-License-Identifier: GPL-2.0 */
/* One comparison of gauges with the table. Private to check.c and check_map.c. */
#ifndef _NATGW_NETLINK_CHECK_PASS_H
#define _NATGW_NETLINK_CHECK_PASS_H

#include <linux/types.h>
#include <linux/xarray.h>

struct natgw_check;
struct natgw_config;
struct natgw_destination_key;
struct natgw_net;
struct netlink_ext_ack;

/** struct natgw_seen - of a session, for after the RCU read side; never dereferenced */
struct natgw_seen {
	const void *gw;
	const void *address;
	const void *subnet;
	const void *destination;
	bool ready;
	bool cooling;
};

/**
 * struct natgw_pass - one comparison
 * @nn: namespace
 * @config: snapshot that ran when the pass began, held
 * @check: where rows go
 * @extack: says why not
 * @known: gateways, addresses and subnets of @config by object_index(); what
 *	refers to others is not followed
 * @found: sessions by object_index()
 * @seen: sessions that are not in @found yet
 * @keys: destinations that have not been looked at
 * @n_seen: number of @seen
 * @n_keys: number of @keys
 * @sessions: found
 * @directs: direct records found
 * @orphans: sessions and destinations that refer to what is not in @known
 * @used: sum over the destinations
 */
struct natgw_pass {
	struct natgw_net *nn;
	const struct natgw_config *config;
	struct natgw_check *check;
	struct netlink_ext_ack *extack;
	struct xarray known;
	struct xarray found;
	struct natgw_seen *seen;
	struct natgw_destination_key *keys;
	u32 n_seen;
	u32 n_keys;
	u64 sessions;
	u64 directs;
	u64 orphans;
	u64 used;
};

/** natgw_check_add_row - one row of the answer; @object: format of its name */
__printf(5, 6)
int natgw_check_add_row(struct natgw_pass *pass, const char *gauge, u64 counted, u64 found,
			const char *object, ...);

#define compare(_pass, _gauge, _counted, _found, ...) ({				\
	u64 __counted = (_counted), __found = (_found);					\
											\
	__counted == __found ? 0 :							\
	natgw_check_add_row(_pass, _gauge, __counted, __found, __VA_ARGS__);		\
})

/** natgw_found - sessions found of an object; @second: the second number of it */
u64 natgw_found(struct natgw_pass *pass, const void *object, bool second);

/** natgw_check_destination - compare what one destination counts; 0 or a negative errno */
int natgw_check_destination(struct natgw_pass *pass, const struct natgw_destination_key *key);

#endif
