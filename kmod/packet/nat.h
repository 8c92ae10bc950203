/* SPDX-License-Identifier: GPL-2.0 */
/* Rewriting one endpoint of a packet. */
#ifndef _NATGW_PACKET_NAT_H
#define _NATGW_PACKET_NAT_H

#include <linux/icmp.h>
#include <linux/ip.h>
#include <linux/skbuff.h>
#include <linux/types.h>
#include <net/checksum.h>
#include "snapshot/l4.h"

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

/**
 * natgw_nat_writable - may the first @need bytes of a packet be written to? Copies what is shared
 *
 * Context: softirq. Return: false: no memory, or the packet is shorter. Pointers into @skb are
 * stale after it.
 */
static inline bool natgw_nat_writable(struct sk_buff *skb, unsigned int need)
{
	return (skb_headlen(skb) >= need && !skb_cloned(skb)) || !skb_ensure_writable(skb, need);
}

/*
 * Is this header's checksum yet to be computed, and its field the sum of the pseudo header? A
 * device is told of one header, in a tunnel of that which is inside. But where the packet is yet
 * to be cut into several, the header in front of the tunnel gets its checksum only then, too.
 */
static inline bool natgw_nat_is_partial(const struct sk_buff *skb, const void *header)
{
	return skb->ip_summed == CHECKSUM_PARTIAL &&
	       (skb->head + skb->csum_start == header ||
		(skb_is_gso(skb) && skb_shinfo(skb)->gso_type & SKB_GSO_UDP_TUNNEL_CSUM));
}

/* The checksum behind a change of the addresses by @ip, and of all that it covers by @l4_diff */
static __always_inline void natgw_nat_fix(const struct sk_buff *skb, const struct natgw_l4 *l4,
					  struct natgw_l4_ports *ports, __wsum ip, __wsum l4_diff)
{
	__sum16 *check = (__sum16 *)((u8 *)ports + l4->check);

	if (natgw_nat_is_partial(skb, ports)) {
		/* the field holds the pseudo header's sum, a device adds the rest */
		*check = ~csum_fold(csum_add(csum_unfold(*check), ip));
	} else if (!l4->check_optional || *check) {
		csum_replace_by_diff(check, l4_diff);
		if (l4->check_optional && !*check)
			*check = CSUM_MANGLED_0;
	}
}

/**
 * struct natgw_nat_change - what is rewritten in each packet of one direction of a flow
 * @addr: new address
 * @port: new port or ICMP id
 * @ip: what that adds to the sum of the IP header, and to that of a pseudo header
 * @l4: what it adds to the sum of the transport protocol; a device that computes the sum
 *	itself has @ip added to what it begins with
 */
struct natgw_nat_change {
	__be32 addr;
	__be16 port;
	__wsum ip;
	__wsum l4;
};

/** natgw_nat_change_init - @change for a flow that had @old_addr and @old_port */
static inline void natgw_nat_change_init(struct natgw_nat_change *change,
					 const struct natgw_l4 *l4, __be32 old_addr,
					 __be16 old_port, __be32 addr, __be16 port)
{
	__wsum diff = csum_sub((__force __wsum)(u32)(__force u16)port,
			       (__force __wsum)(u32)(__force u16)old_port);

	change->addr = addr;
	change->port = port;
	change->ip = csum_sub((__force __wsum)addr, (__force __wsum)old_addr);
	/* ICMP has no pseudo header */
	change->l4 = l4->id ? diff : csum_add(diff, change->ip);
}

/**
 * natgw_nat_apply - natgw_nat_rewrite() for a packet of a flow whose change is known
 * @skb: IPv4 packet without options, its IP header at skb->data, all that is rewritten in
 *	its writable head, and no sum of the whole packet with it (CHECKSUM_COMPLETE)
 * @l4: its protocol
 * @source: the source is rewritten, not the destination
 * @change: of its flow
 */
static __always_inline void natgw_nat_apply(struct sk_buff *skb, const struct natgw_l4 *l4,
					    bool source, const struct natgw_nat_change *change)
{
	struct iphdr *iph = (struct iphdr *)skb->data;
	struct natgw_l4_ports *ports = (struct natgw_l4_ports *)(iph + 1);

	if (source)
		iph->saddr = change->addr;
	else
		iph->daddr = change->addr;
	csum_replace_by_diff(&iph->check, change->ip);
	if (l4->id)
		((struct icmphdr *)ports)->un.echo.id = change->port;
	else if (source)
		ports->source = change->port;
	else
		ports->dest = change->port;
	/* ICMP has no pseudo header */
	natgw_nat_fix(skb, l4, ports, l4->id ? 0 : change->ip, change->l4);
}

/* the checksum in natgw_nat_ports(), of a packet that a device has summed up */
void natgw_nat_summed(struct sk_buff *skb, const struct natgw_l4 *l4,
		      struct natgw_l4_ports *ports, __be32 old_addr, __be32 addr,
		      __be16 old_port, __be16 port);

/** natgw_nat_is_summed - has a device summed the packet up? */
static inline bool natgw_nat_is_summed(const struct sk_buff *skb)
{
	return skb->ip_summed == CHECKSUM_COMPLETE;
}

/**
 * natgw_nat_ports - natgw_nat_rewrite() of a packet whose headers are writable
 * @skb: packet
 * @iph: its IP header
 * @l4: row of its protocol, which has ports
 * @ports: where they are
 * @source: its source, else its destination is changed
 * @addr: new address
 * @port: new port
 * @summed: natgw_nat_is_summed()
 */
static __always_inline void natgw_nat_ports(struct sk_buff *skb, struct iphdr *iph,
					    const struct natgw_l4 *l4,
					    struct natgw_l4_ports *ports, bool source,
					    __be32 addr, __be16 port, bool summed)
{
	__be32 *field = source ? &iph->saddr : &iph->daddr;
	__be16 *end = source ? &ports->source : &ports->dest;
	/* the address is in the pseudo header, the port is not */
	__wsum diff = csum_sub((__force __wsum)addr, (__force __wsum)*field);

	if (unlikely(summed))
		natgw_nat_summed(skb, l4, ports, *field, addr, *end, port);
	else
		natgw_nat_fix(skb, l4, ports, diff, csum_add(diff, csum_sub((__force __wsum)port,
									    (__force __wsum)*end)));
	*end = port;
	csum_replace_by_diff(&iph->check, diff);
	*field = addr;
}

#endif
