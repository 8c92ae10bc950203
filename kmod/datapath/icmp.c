// SPDX-License-Identifier: GPL-2.0
/*
 * Owns ICMP errors, three ways. Called by hook.c, inbound.c, outbound.c and its
 * neighbours, and egress.c.
 *
 * An error quotes the head of the packet it is about, as it looked where the
 * error arose. Of a packet that was translated on the way, quote and outer
 * header have to be translated back (RFC 5508 REQ-4, REQ-5). Only the first 8
 * bytes of the quoted transport header are sure to be there.
 */
#include <linux/icmp.h>
#include <linux/ip.h>
#include <linux/natgw.h>
#include <linux/netfilter_ipv4.h>
#include <net/checksum.h>
#include <net/ip.h>
#include "datapath/decide.h"
#include "datapath/direct.h"
#include "datapath/icmp.h"
#include "packet/nat.h"
#include "packet/packet.h"
#include "packet/route_input.h"
#include "packet/source.h"
#include "packet/xfrm.h"
#include "session/session.h"
#include "session/state.h"
#include "session/table.h"
#include "snapshot/config.h"
#include "snapshot/l4.h"
#include "snapshot/lookup.h"
#include "snapshot/net.h"
#include "snapshot/tuple.h"
#include "snapshot/view.h"

#define QUOTED_L4	8

/**
 * struct quote - the packet an ICMP error quotes
 * @ip: offset of its IP header in the error's data
 * @l4: offset of its transport header
 * @saddr: its source
 * @daddr: its destination
 * @source: its source port, or ICMP id
 * @dest: its destination port, or ICMP id
 * @proto: IPPROTO_*
 */
struct quote {
	unsigned int ip;
	unsigned int l4;
	__be32 saddr;
	__be32 daddr;
	__be16 source;
	__be16 dest;
	u8 proto;
};

/* the id of a query, for both ports. Return: false: another message, or cut short */
static bool read_quoted_id(const struct sk_buff *skb, struct quote *quote)
{
	const struct icmphdr *ih;
	struct icmphdr buf;

	ih = skb_header_pointer(skb, quote->l4, sizeof(buf), &buf);
	if (!ih || (ih->type != ICMP_ECHO && ih->type != ICMP_ECHOREPLY))
		return false;
	quote->source = ih->un.echo.id;
	quote->dest = ih->un.echo.id;
	return true;
}

static bool read_quoted_ports(const struct sk_buff *skb, struct quote *quote)
{
	const struct natgw_l4_ports *ports;
	struct natgw_l4_ports buf;

	ports = skb_header_pointer(skb, quote->l4, sizeof(buf), &buf);
	if (!ports)
		return false;
	quote->source = ports->source;
	quote->dest = ports->dest;
	return true;
}

static bool read_quote(const struct sk_buff *skb, struct quote *quote)
{
	const struct natgw_l4 *l4;
	const struct iphdr *iph;
	struct iphdr buf;

	quote->ip = skb_network_offset(skb) + ip_hdrlen(skb) + sizeof(struct icmphdr);
	iph = skb_header_pointer(skb, quote->ip, sizeof(buf), &buf);
	if (!iph || iph->version != 4 || iph->ihl < 5 || iph->frag_off & htons(IP_OFFSET))
		return false;
	quote->saddr = iph->saddr;
	quote->daddr = iph->daddr;
	quote->proto = iph->protocol;
	quote->l4 = quote->ip + iph->ihl * 4;
	if (skb->len < quote->l4 + QUOTED_L4)
		return false;
	l4 = natgw_l4(quote->proto);
	if (l4->id)
		return read_quoted_id(skb, quote);
	return l4->header && read_quoted_ports(skb, quote);
}

/*
 * An error goes to who has sent what it quotes. Else somebody could quote any flow that he knows
 * to reach a third one: as the flow's public address, or untranslated if the flow is direct.
 */
static bool read_quote_of_receiver(const struct sk_buff *skb, struct quote *quote)
{
	return read_quote(skb, quote) && quote->saddr == ip_hdr(skb)->daddr;
}

static struct natgw_tuple quote_tuple(const struct quote *quote, enum natgw_endpoint host)
{
	bool source = host == NATGW_SOURCE, id = natgw_l4(quote->proto)->id;

	return (struct natgw_tuple) {
		.host = source ? quote->saddr : quote->daddr,
		.peer = source ? quote->daddr : quote->saddr,
		.host_port = source ? quote->source : quote->dest,
		.peer_port = id ? 0 : source ? quote->dest : quote->source,
		.proto = quote->proto,
	};
}

/*
 * Quoted checksums are kept right as far as they are quoted; a receiver does
 * not check them, captures and tests do.
 */
static void rewrite_quote_l4(struct sk_buff *skb, const struct quote *quote,
			     enum natgw_endpoint which, __be32 old, __be32 addr, __be16 port)
{
	const struct natgw_l4 *l4 = natgw_l4(quote->proto);
	void *header = skb->data + quote->l4;
	__sum16 *check = header + l4->check;
	struct natgw_l4_ports *ports = header;
	struct icmphdr *ih = header;
	__be16 *field;

	if (l4->id) {
		csum_replace2(&ih->checksum, ih->un.echo.id, port);
		ih->un.echo.id = port;
		return;
	}
	field = which == NATGW_SOURCE ? &ports->source : &ports->dest;
	if (skb_headlen(skb) >= quote->l4 + l4->check + sizeof(*check) &&
	    (!l4->check_optional || *check)) {
		csum_replace4(check, old, addr);
		csum_replace2(check, *field, port);
		if (l4->check_optional && !*check)
			*check = CSUM_MANGLED_0;
	}
	*field = port;
}

static bool rewrite_quote(struct sk_buff *skb, const struct quote *quote,
			  enum natgw_endpoint which, __be32 addr, __be16 port)
{
	unsigned int icmp = quote->ip - sizeof(struct icmphdr);
	unsigned int end = quote->l4 + natgw_l4(quote->proto)->header;
	struct icmphdr *ih;
	struct iphdr *iph;
	__be32 *field;
	__be32 old;

	/* QUOTED_L4 bytes are there, more may be */
	if (skb_ensure_writable(skb, min(skb->len, end)))
		return false;
	iph = (struct iphdr *)(skb->data + quote->ip);
	field = which == NATGW_SOURCE ? &iph->saddr : &iph->daddr;
	old = *field;
	rewrite_quote_l4(skb, quote, which, old, addr, port);
	csum_replace4(&iph->check, old, addr);
	*field = addr;
	ih = (struct icmphdr *)(skb->data + icmp);
	ih->checksum = 0;
	ih->checksum = csum_fold(skb_checksum(skb, icmp, skb->len - icmp, 0));
	if (skb->ip_summed != CHECKSUM_NONE)
		skb->ip_summed = CHECKSUM_NONE;
	return true;
}

static void rewrite_outer(struct sk_buff *skb, enum natgw_endpoint which, __be32 addr)
{
	/* writable: rewrite_quote() has seen to it */
	struct iphdr *iph = ip_hdr(skb);
	__be32 *field = which == NATGW_SOURCE ? &iph->saddr : &iph->daddr;

	csum_replace4(&iph->check, *field, addr);
	*field = addr;
}

/* RFC 5508 REQ-3: an error with a bad checksum is dropped, not repaired */
static bool checksum_ok(struct sk_buff *skb)
{
	return !nf_ip_checksum(skb, NF_INET_PRE_ROUTING, ip_hdrlen(skb), IPPROTO_ICMP);
}

/* a session that only cools lets nothing in, but to a connection that ends in order */
static bool lets_errors_through(const struct natgw_session *session)
{
	int state = natgw_session_state(session, NULL);

	if (test_bit(NATGW_SESSION_DETACHED, &session->flags))
		return false;
	if (state == NATGW_STATE_COOLING)
		return natgw_l4(session->inside.proto)->connects;
	return state >= 0;
}

struct natgw_session *natgw_icmp_error_session(struct natgw_net *nn, struct sk_buff *skb)
{
	struct natgw_tuple tuple;
	struct quote quote;

	if (!read_quote_of_receiver(skb, &quote))
		return NULL;
	tuple = quote_tuple(&quote, NATGW_SOURCE);
	return natgw_session_find_outer(&nn->table, &tuple);
}

static bool is_error(const struct sk_buff *skb)
{
	const struct icmphdr *ih;
	struct icmphdr buf;

	ih = skb_header_pointer(skb, skb_network_offset(skb) + ip_hdrlen(skb), sizeof(buf), &buf);
	return ih && natgw_icmp_is_error(ih->type);
}

bool natgw_icmp_error_tuple(const struct sk_buff *skb, u16 vnet, struct natgw_tuple *tuple)
{
	struct quote quote;

	if (!is_error(skb) || !read_quote_of_receiver(skb, &quote))
		return false;
	*tuple = quote_tuple(&quote, NATGW_DESTINATION);
	tuple->vnet = vnet;
	return true;
}

int natgw_icmp_error_in(struct natgw_net *nn, struct sk_buff *skb, struct natgw_session **found)
{
	struct natgw_session *session;
	struct natgw_tuple tuple;
	struct quote quote;

	if (!read_quote_of_receiver(skb, &quote))
		return natgw_packet_refuse(NATGW_DROP_ICMP_NO_SESSION);
	if (!checksum_ok(skb))
		return natgw_packet_refuse(NATGW_DROP_CHECKSUM);
	tuple = quote_tuple(&quote, NATGW_SOURCE);
	session = natgw_session_find_outer(&nn->table, &tuple);
	if (!session || !lets_errors_through(session))
		return natgw_packet_refuse(NATGW_DROP_ICMP_NO_SESSION);
	if (!natgw_xfrm_input(nn->net, skb))
		return natgw_packet_refuse(NATGW_DROP_IPSEC);
	if (!rewrite_quote(skb, &quote, NATGW_SOURCE, session->inside.host,
			   session->inside.host_port))
		return natgw_packet_refuse(NATGW_DROP_REWRITE);
	rewrite_outer(skb, NATGW_DESTINATION, session->inside.host);
	*found = session;
	return 0;
}

/*
 * Is an error not from where the host is that it speaks for? A router between the host and here
 * may have sent it, with a source of its own. This router itself made one that came by no device.
 */
static bool is_forged(struct natgw_net *nn, const struct natgw_subnet_range *range, __be32 host,
		      const struct sk_buff *skb, const struct net_device *out)
{
	return skb->skb_iif && range &&
	       !natgw_source_sends(nn, range, host, skb, skb->skb_iif, out);
}

int natgw_icmp_error_out(struct natgw_net *nn, const struct natgw_vnet_view *vnet,
			 struct sk_buff *skb, const struct net_device *out,
			 struct natgw_session **found)
{
	const struct natgw_subnet_range *range;
	struct natgw_session *session;
	struct natgw_tuple tuple;
	struct quote quote;

	if (!read_quote_of_receiver(skb, &quote))
		return 1;
	tuple = quote_tuple(&quote, NATGW_DESTINATION);
	range = natgw_lookup_source(vnet, tuple.host);
	tuple.vnet = range ? range->vnet->id : vnet->id;
	session = natgw_session_find_inner(&nn->table, &tuple,
					   natgw_session_hash(&tuple));
	if (!session || !lets_errors_through(session))
		return 1;
	if (is_forged(nn, range, tuple.host, skb, out))
		return natgw_packet_refuse(NATGW_DROP_SPOOFED_SOURCE);
	if (!checksum_ok(skb))
		return natgw_packet_refuse(NATGW_DROP_CHECKSUM);
	if (!rewrite_quote(skb, &quote, NATGW_DESTINATION, session->public, session->port))
		return natgw_packet_refuse(NATGW_DROP_REWRITE);
	rewrite_outer(skb, NATGW_SOURCE, session->public);
	*found = session;
	return 0;
}

/*
 * Finds the session of a packet from outside that was already translated back, by the inside
 * host that the packet was for. Which vnet the host is in is not known. For a packet into a VRF
 * only one error arises behind its translation, that of a neighbour that does not answer. If
 * two vnets have a session that fits, none is returned.
 */
static struct natgw_session *find_inside(struct natgw_net *nn, const struct natgw_config *config,
					 struct natgw_tuple *tuple)
{
	struct natgw_session *found = NULL;
	u32 i;

	for (i = 0; i < config->n_vnets; i++) {
		struct natgw_session *session;

		if (!natgw_lookup_subnet(&config->views[i], tuple->host))
			continue;
		tuple->vnet = config->views[i].id;
		session = natgw_session_find_inner(&nn->table, tuple, natgw_session_hash(tuple));
		if (session && found)
			return NULL;
		if (session)
			found = session;
	}
	tuple->vnet = 0;
	return found;
}

bool natgw_icmp_redirected(const struct sk_buff *skb, __be32 *source, __be32 *peer)
{
	unsigned int offset = skb_network_offset(skb) + ip_hdrlen(skb);
	const struct icmphdr *ih;
	const struct iphdr *iph;
	struct icmphdr icmp_buf;
	struct iphdr ip_buf;

	ih = skb_header_pointer(skb, offset, sizeof(icmp_buf), &icmp_buf);
	if (!ih || ih->type != ICMP_REDIRECT)
		return false;
	iph = skb_header_pointer(skb, offset + sizeof(*ih), sizeof(ip_buf), &ip_buf);
	if (!iph)
		return false;
	*source = iph->saddr;
	*peer = iph->daddr;
	return true;
}

/*
 * Does the error quote a packet from outside that a session, ended since, had translated back?
 * The quote has the inside address then, which the sender must not see. Packets that came in
 * past the gateway have a direct record, and their senders know the inside address.
 */
static bool was_translated(struct natgw_net *nn, const struct natgw_config *config,
			   struct natgw_tuple *tuple)
{
	const struct natgw_subnet_range *range;
	struct natgw_decision decision;
	bool was = false;
	u32 i;

	for (i = 0; i < config->n_vnets; i++) {
		range = natgw_lookup_subnet(&config->views[i], tuple->host);
		if (!range || !range->pool)
			continue;
		tuple->vnet = config->views[i].id;
		if (natgw_direct_known(&nn->directs, tuple))
			return false;
		natgw_decide(range, tuple->peer, &decision);
		was |= decision.method == NATGW_METHOD_NAT;
	}
	return was;
}

/* the inside host of a session in a VRF, which Linux's own route would miss */
static int reroute(struct natgw_net *nn, struct sk_buff *skb, const struct natgw_session *session)
{
	int vrf = READ_ONCE(session->subnet->vnet->vrf);
	struct rtable *rt;

	if (!vrf)
		return 1;
	rt = natgw_route_output(nn, session->inside.host, vrf);
	if (!rt)
		return natgw_packet_refuse(NATGW_DROP_REROUTE);
	skb_dst_drop(skb);
	skb_dst_set(skb, &rt->dst);
	return 0;
}

int natgw_icmp_error_local(struct natgw_net *nn, const struct natgw_config *config,
			   struct sk_buff *skb)
{
	struct natgw_session *session;
	struct natgw_tuple tuple;
	struct quote quote;

	if (!read_quote(skb, &quote))
		return 0;
	tuple = quote_tuple(&quote, NATGW_DESTINATION);
	session = find_inside(nn, config, &tuple);
	if (session)
		return rewrite_quote(skb, &quote, NATGW_DESTINATION, session->public,
				     session->port) ? 0 : natgw_packet_refuse(NATGW_DROP_REWRITE);
	if (was_translated(nn, config, &tuple))
		return natgw_packet_refuse(NATGW_DROP_ICMP_NO_SESSION);
	tuple = quote_tuple(&quote, NATGW_SOURCE);
	session = natgw_session_find_outer(&nn->table, &tuple);
	if (!session)
		return 0;
	if (!rewrite_quote(skb, &quote, NATGW_SOURCE, session->inside.host,
			   session->inside.host_port))
		return natgw_packet_refuse(NATGW_DROP_REWRITE);
	rewrite_outer(skb, NATGW_DESTINATION, session->inside.host);
	return reroute(nn, skb, session);
}
