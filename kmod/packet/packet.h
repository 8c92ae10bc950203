/* SPDX-License-Identifier: GPL-2.0 */
/* What the hooks read from a packet's headers. */
#ifndef _NATGW_PACKET_PACKET_H
#define _NATGW_PACKET_PACKET_H

#include <linux/natgw.h>
#include <linux/skbuff.h>
#include <linux/types.h>
#include <net/ip.h>
#include <net/netfilter/nf_conntrack.h>
#include "snapshot/l4.h"
#include "snapshot/tuple.h"

/** enum natgw_packet_kind - what a packet is to the gateway */
enum natgw_packet_kind {
	NATGW_PACKET_FLOW,	/* TCP, UDP, ICMP echo */
	NATGW_PACKET_ICMP_ERROR,
};

/**
 * struct natgw_packet - parsed headers
 * @tuple: of NATGW_PACKET_FLOW; @host is the inside host, or the public address
 *	for packets from outside
 * @kind: enum natgw_packet_kind
 * @direction: enum natgw_direction
 * @offset: of the header behind the IP header, from skb->data
 * @tcp_flags: of a TCP segment: byte 13 of its header
 * @icmp_type: of an ICMP message
 * @seq, @ack, @window, @payload: of a TCP segment, host byte order; @payload
 *	counts its data bytes, SYN and FIN not included
 */
struct natgw_packet {
	struct natgw_tuple tuple;
	u8 kind;
	u8 direction;
	u8 tcp_flags;
	u8 icmp_type;
	u16 offset;
	u16 window;
	u32 seq;
	u32 ack;
	u32 payload;
};

/**
 * natgw_packet_parse - read the headers of a packet
 * @skb: IPv4 packet, network header set
 * @direction: where it comes from
 * @packet: result
 *
 * Return: 0, or the enum natgw_drop_reason that forbids the packet, negated
 * (minus 1, since the first reason is 0): see natgw_packet_reason().
 */
int natgw_packet_parse(const struct sk_buff *skb, enum natgw_direction direction,
		       struct natgw_packet *packet);

/**
 * natgw_packet_read - read the headers of a packet, whatever they say
 * @skb: IPv4 packet, network header set
 * @direction: where it comes from
 * @packet: result; NATGW_PACKET_FLOW for both kinds of ICMP echo
 *
 * A TCP header may contradict the length of its packet: then @payload means nothing.
 *
 * Return: as natgw_packet_parse(), for a packet of which there is nothing to read.
 */
int natgw_packet_read(const struct sk_buff *skb, enum natgw_direction direction,
		      struct natgw_packet *packet);

/**
 * natgw_packet_plain - has a packet no IP options, is it no fragment, and its ports are linear?
 * @skb: IPv4 packet
 * @iph: its IP header
 * @header: bytes behind the IP header that have to be in the linear part
 */
static __always_inline bool natgw_packet_plain(const struct sk_buff *skb,
					       const struct iphdr *iph, unsigned int header)
{
	return likely(iph->ihl == sizeof(*iph) / 4 && !ip_is_fragment(iph) &&
		      (u8 *)(iph + 1) + header <= skb_tail_pointer(skb));
}

/** natgw_packet_plain_ports - natgw_packet_plain(), and of a protocol that has ports */
static __always_inline bool natgw_packet_plain_ports(const struct sk_buff *skb,
						     const struct iphdr *iph)
{
	return natgw_packet_plain(skb, iph, NATGW_L4_HEADER_LEAST) &&
	       (natgw_l4_is_plainest(iph->protocol) || natgw_l4(iph->protocol)->connects);
}

/**
 * natgw_packet_segment - read what natgw_tcp_update() asks of a segment
 * @skb: packet for which natgw_packet_plain() holds
 * @direction: where it comes from
 * @packet: result, but for the addresses
 *
 * Return: false: malformed.
 */
bool natgw_packet_segment(const struct sk_buff *skb, enum natgw_direction direction,
			  struct natgw_packet *packet);

/* natgw_packet_segments(), where only the packet's length says it */
u16 natgw_packet_count_segments(const struct sk_buff *skb);

/**
 * natgw_packet_segments - how many packets this one is on the wire
 *
 * A virtual machine's device (virtio, tap) hands packets over with the size of their segments and
 * not with the number; the kernel fills it in where it sends them.
 */
static inline u16 natgw_packet_segments(const struct sk_buff *skb)
{
	if (likely(!skb_shinfo(skb)->gso_size))
		return 1;
	return skb_shinfo(skb)->gso_segs ?: natgw_packet_count_segments(skb);
}

/** natgw_packet_opens - may this packet of no session begin a flow? */
static inline bool natgw_packet_opens(const struct natgw_packet *packet)
{
	const struct natgw_l4 *l4 = natgw_l4(packet->tuple.proto);

	return !l4->opens_of || (packet->tcp_flags & l4->opens_of) == l4->opens;
}

/** natgw_packet_turns - is it a segment that begins or ends something, and not one of data? */
static inline bool natgw_packet_turns(const struct natgw_packet *packet)
{
	return packet->tcp_flags & (NATGW_TCP_SYN | NATGW_TCP_FIN | NATGW_TCP_RST);
}

static inline enum natgw_drop_reason natgw_packet_reason(int err)
{
	return -err - 1;
}

/** natgw_packet_refuse - a reason as a negative number, beside which 0 is success */
static inline int natgw_packet_refuse(enum natgw_drop_reason reason)
{
	return -(int)reason - 1;
}

/** natgw_untrack - conntrack will pass a packet by; a template of rule "-j CT" goes */
static inline void natgw_untrack(struct sk_buff *skb)
{
	nf_reset_ct(skb);
	nf_ct_set(skb, NULL, IP_CT_UNTRACKED);
}

/** natgw_icmp_is_error - ICMP messages that quote a packet and are translated */
static inline bool natgw_icmp_is_error(u8 type)
{
	/* RFC 5508 REQ-10; source quench is obsolete (RFC 6633) */
	return type == 3 || type == 11 || type == 12;
}

#endif
