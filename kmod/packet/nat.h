/* SPDX-License-Identifier: GPL-2.0 */
/* Rewriting one endpoint of a packet. */
#ifndef _NATGW_PACKET_NAT_H
#define _NATGW_PACKET_NAT_H

#include <linux/skbuff.h>
#include <linux/types.h>

struct natgw_packet;

/** enum natgw_endpoint - which endpoint of a packet is rewritten */
enum natgw_endpoint {
	NATGW_SOURCE,
	NATGW_DESTINATION,
};

/**
 * natgw_nat_rewrite - change the inside end of a TCP, UDP or ICMP echo packet
 * @skb: packet
 * @packet: its headers: the source of one from inside, the destination of one from
 *	outside is changed
 * @addr: new address
 * @port: new port, or ICMP id whatever the endpoint
 *
 * Header-only, so right for GSO packets; pointers into @skb are stale after it.
 * Return: false when the packet could not be made writable; it is unchanged.
 */
bool natgw_nat_rewrite(struct sk_buff *skb, const struct natgw_packet *packet, __be32 addr,
		       __be16 port);

#endif
