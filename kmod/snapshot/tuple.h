/* SPDX-License-Identifier: GPL-2.0 */
/* Keys of flows, and directions. */
#ifndef _NATGW_SNAPSHOT_TUPLE_H
#define _NATGW_SNAPSHOT_TUPLE_H

#include <linux/build_bug.h>
#include <linux/kconfig.h>
#include <linux/types.h>
#include "compat/unaligned.h"

/**
 * struct natgw_tuple - hash key, network byte order, no holes; compared as two words
 * @host: inside source, or public address
 * @peer: outside destination
 * @host_port: inside or public port, or ICMP id
 * @peer_port: 0 for ICMP
 * @proto: IPPROTO_*
 * @vnet: inside: keeps overlapping tenants apart; 0 outside, where addresses are unique
 */
struct natgw_tuple {
	__be32 host;
	__be32 peer;
	__be16 host_port;
	__be16 peer_port;
	u16 proto;
	u16 vnet;
} __aligned(8);

/** natgw_tuple_equal - every packet asks; a call of memcmp() costs 40 instructions more */
static inline bool natgw_tuple_equal(const struct natgw_tuple *a, const struct natgw_tuple *b)
{
	const u64 *x = (const u64 *)a, *y = (const u64 *)b;

	BUILD_BUG_ON(sizeof(*a) != 2 * sizeof(*x));
	return !((x[0] ^ y[0]) | (x[1] ^ y[1]));
}

/** natgw_tuple_first - first word of a tuple; @addrs: the host's and the peer's, side by side */
static inline u64 natgw_tuple_first(const __be32 *addrs)
{
	return get_unaligned((const u64 *)addrs);
}

/** natgw_tuple_second - second word of a tuple; @ports: the host's and the peer's, side by side */
static inline u64 natgw_tuple_second(u32 ports, u16 proto, u16 vnet)
{
	if (IS_ENABLED(CONFIG_CPU_BIG_ENDIAN))
		return (u64)ports << 32 | (u32)proto << 16 | vnet;
	return (u64)vnet << 48 | (u64)proto << 32 | ports;
}

/** enum natgw_direction - of a packet of a session */
enum natgw_direction {
	NATGW_OUT,	/* from the inside host */
	NATGW_IN,
	NATGW_DIRECTIONS
};

#endif
