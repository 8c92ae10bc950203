// SPDX-License-Identifier: GPL-2.0
/*
 * Owns the reading of a packet's headers. Nothing here writes to the packet. Called by
 * datapath/.
 */
#include <linux/icmp.h>
#include <linux/ip.h>
#include <linux/natgw.h>
#include <linux/tcp.h>
#include <net/ip.h>
#include <net/tcp.h>
#include "packet/packet.h"
#include "snapshot/l4.h"
#include "snapshot/tuple.h"

static void set_ports(struct natgw_packet *packet, __be16 source, __be16 dest)
{
	bool out = packet->direction == NATGW_OUT;

	packet->tuple.host_port = out ? source : dest;
	packet->tuple.peer_port = out ? dest : source;
}

/* @strict: refuse what no session can have, as natgw_packet_parse() does */
static __always_inline int parse_tcp(const struct sk_buff *skb, unsigned int offset, bool strict,
				     struct natgw_packet *packet)
{
	const struct tcphdr *th;
	struct tcphdr buf;

	th = skb_header_pointer(skb, offset, sizeof(buf), &buf);
	if (!th)
		return natgw_packet_refuse(NATGW_DROP_MALFORMED);
	if (strict && (th->doff < sizeof(buf) / 4 || skb->len < offset + th->doff * 4))
		return natgw_packet_refuse(NATGW_DROP_MALFORMED);
	set_ports(packet, th->source, th->dest);
	packet->tcp_flags = tcp_flag_byte(th);
	packet->seq = ntohl(th->seq);
	packet->ack = ntohl(th->ack_seq);
	packet->window = ntohs(th->window);
	packet->payload = skb->len - offset - th->doff * 4;
	return 0;
}

static __always_inline int parse_ports(const struct sk_buff *skb, unsigned int offset,
				       const struct natgw_l4 *l4, struct natgw_packet *packet)
{
	u8 buf[NATGW_L4_HEADER_MOST] __aligned(sizeof(__be32));
	const struct natgw_l4_ports *ports;

	ports = skb_header_pointer(skb, offset, l4->header, buf);
	if (!ports)
		return natgw_packet_refuse(NATGW_DROP_MALFORMED);
	set_ports(packet, ports->source, ports->dest);
	return 0;
}

/* an echo message that is not the query of its direction: known, but nobody asked for it */
static int strange_echo(const struct natgw_packet *packet)
{
	return natgw_packet_refuse(packet->direction == NATGW_IN ? NATGW_DROP_UNSOLICITED :
								   NATGW_DROP_ICMP_NO_SESSION);
}

static __always_inline int parse_icmp(const struct sk_buff *skb, unsigned int offset, bool strict,
				      struct natgw_packet *packet)
{
	u8 query = packet->direction == NATGW_OUT ? ICMP_ECHO : ICMP_ECHOREPLY;
	const struct icmphdr *ih;
	struct icmphdr buf;

	ih = skb_header_pointer(skb, offset, sizeof(buf), &buf);
	if (!ih)
		return natgw_packet_refuse(NATGW_DROP_MALFORMED);
	packet->icmp_type = ih->type;
	if (natgw_icmp_is_error(ih->type)) {
		packet->kind = NATGW_PACKET_ICMP_ERROR;
		return 0;
	}
	if (ih->type != ICMP_ECHO && ih->type != ICMP_ECHOREPLY)
		return natgw_packet_refuse(NATGW_DROP_PROTOCOL);
	if (strict && ih->type != query)
		return strange_echo(packet);
	packet->tuple.host_port = ih->un.echo.id;
	return 0;
}

static __always_inline int parse(const struct sk_buff *skb, enum natgw_direction direction,
				 bool strict, struct natgw_packet *packet)
{
	const struct iphdr *iph = ip_hdr(skb);
	const struct natgw_l4 *l4 = natgw_l4(iph->protocol);
	unsigned int offset = skb_network_offset(skb) + iph->ihl * 4;
	bool out = direction == NATGW_OUT;

	packet->kind = NATGW_PACKET_FLOW;
	packet->direction = direction;
	packet->offset = offset;
	packet->tuple = (struct natgw_tuple) {
		.host = out ? iph->saddr : iph->daddr,
		.peer = out ? iph->daddr : iph->saddr,
		.proto = iph->protocol,
	};
	/* defragmentation runs before us; it leaves alone what is marked untracked */
	if (ip_is_fragment(iph))
		return natgw_packet_refuse(NATGW_DROP_FRAGMENT);
	if (l4->connects)
		return parse_tcp(skb, offset, strict, packet);
	if (l4->id)
		return parse_icmp(skb, offset, strict, packet);
	if (l4->header)
		return parse_ports(skb, offset, l4, packet);
	return natgw_packet_refuse(NATGW_DROP_PROTOCOL);
}

int natgw_packet_read(const struct sk_buff *skb, enum natgw_direction direction,
		      struct natgw_packet *packet)
{
	return parse(skb, direction, false, packet);
}

int natgw_packet_parse(const struct sk_buff *skb, enum natgw_direction direction,
		       struct natgw_packet *packet)
{
	return parse(skb, direction, true, packet);
}

bool natgw_packet_segment(const struct sk_buff *skb, enum natgw_direction direction,
			  struct natgw_packet *packet)
{
	packet->direction = direction;
	return !parse_tcp(skb, skb_network_offset(skb) + sizeof(struct iphdr), true, packet);
}

u16 natgw_packet_count_segments(const struct sk_buff *skb)
{
	const struct iphdr *iph = ip_hdr(skb);
	const struct natgw_l4 *l4 = natgw_l4(iph->protocol);
	unsigned int headers = skb_network_offset(skb) + iph->ihl * 4;
	const struct tcphdr *th;
	struct tcphdr buf;

	if (l4->connects) {
		th = skb_header_pointer(skb, headers, sizeof(buf), &buf);
		headers += th ? th->doff * 4 : sizeof(buf);
	} else {
		headers += l4->header;
	}
	if (skb->len <= headers)
		return 1;
	return DIV_ROUND_UP(skb->len - headers, skb_shinfo(skb)->gso_size);
}
