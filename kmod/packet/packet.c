// SPDX-License-Identifier: GPL-2.0
/*
 * Owns the reading of a packet's headers. Nothing here writes to the packet. Called by
 * datapath/.
 */
#include <linux/icmp.h>
#include <linux/ip.h>
#include <linux/natgw.h>
#include <linux/tcp.h>
#include <linux/udp.h>
#include <net/ip.h>
#include <net/tcp.h>
#include "packet/packet.h"
#include "snapshot/tuple.h"

static int refuse(enum natgw_drop_reason reason)
{
	return -(int)reason - 1;
}

static void set_ports(struct natgw_packet *packet, __be16 source, __be16 dest)
{
	bool out = packet->direction == NATGW_OUT;

	packet->tuple.host_port = out ? source : dest;
	packet->tuple.peer_port = out ? dest : source;
}

static int parse_tcp(struct sk_buff *skb, unsigned int offset, struct natgw_packet *packet)
{
	const struct tcphdr *th;
	struct tcphdr buf;

	th = skb_header_pointer(skb, offset, sizeof(buf), &buf);
	if (!th || th->doff < sizeof(buf) / 4 || skb->len < offset + th->doff * 4)
		return refuse(NATGW_DROP_MALFORMED);
	set_ports(packet, th->source, th->dest);
	packet->tcp_flags = tcp_flag_byte(th);
	packet->seq = ntohl(th->seq);
	packet->ack = ntohl(th->ack_seq);
	packet->window = ntohs(th->window);
	packet->payload = skb->len - offset - th->doff * 4;
	return 0;
}

static int parse_udp(struct sk_buff *skb, unsigned int offset, struct natgw_packet *packet)
{
	const struct udphdr *uh;
	struct udphdr buf;

	uh = skb_header_pointer(skb, offset, sizeof(buf), &buf);
	if (!uh)
		return refuse(NATGW_DROP_MALFORMED);
	set_ports(packet, uh->source, uh->dest);
	return 0;
}

static int parse_icmp(struct sk_buff *skb, unsigned int offset, struct natgw_packet *packet)
{
	u8 query = packet->direction == NATGW_OUT ? ICMP_ECHO : ICMP_ECHOREPLY;
	const struct icmphdr *ih;
	struct icmphdr buf;

	ih = skb_header_pointer(skb, offset, sizeof(buf), &buf);
	if (!ih)
		return refuse(NATGW_DROP_MALFORMED);
	if (natgw_icmp_is_error(ih->type)) {
		packet->kind = NATGW_PACKET_ICMP_ERROR;
		return 0;
	}
	if (ih->type != query) {
		/* known messages, but nobody asked for them */
		if (packet->direction == NATGW_IN && ih->type == ICMP_ECHO)
			return refuse(NATGW_DROP_UNSOLICITED);
		if (packet->direction == NATGW_OUT && ih->type == ICMP_ECHOREPLY)
			return refuse(NATGW_DROP_ICMP_NO_SESSION);
		return refuse(NATGW_DROP_PROTOCOL);
	}
	packet->tuple.host_port = ih->un.echo.id;
	return 0;
}

int natgw_packet_parse(struct sk_buff *skb, enum natgw_direction direction,
		       struct natgw_packet *packet)
{
	const struct iphdr *iph = ip_hdr(skb);
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
		return refuse(NATGW_DROP_FRAGMENT);
	switch (iph->protocol) {
	case IPPROTO_TCP:
		return parse_tcp(skb, offset, packet);
	case IPPROTO_UDP:
		return parse_udp(skb, offset, packet);
	case IPPROTO_ICMP:
		return parse_icmp(skb, offset, packet);
	default:
		return refuse(NATGW_DROP_PROTOCOL);
	}
}
