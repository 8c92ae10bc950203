/* SPDX-License-Identifier: GPL-2.0 */
/* What becomes of a packet on its way out that no session carries. */
#ifndef _NATGW_DATAPATH_CLASSIFY_H
#define _NATGW_DATAPATH_CLASSIFY_H

#include <linux/ip.h>
#include <linux/types.h>
#include <net/netfilter/nf_conntrack.h>

struct natgw_bound_range;
struct natgw_decision;
struct natgw_leaving;
struct natgw_subnet_range;

/* Is the source of an answer what the flow was sent to? Its rules of NAT may be gone since */
static inline bool natgw_has_known_source(const struct sk_buff *skb, const struct nf_conn *ct)
{
	return ip_hdr(skb)->saddr == ct->tuplehash[IP_CT_DIR_ORIGINAL].tuple.dst.u3.ip;
}

/*
 * An answer to a flow that conntrack saw coming in by another way (DNAT, a
 * routed public subnet): it leaves as it came. An ICMP error about such a flow is none: conntrack
 * asks neither who sends it, nor whether the flow came to a bound subnet at all.
 */
static inline bool natgw_is_direct_answer(const struct sk_buff *skb)
{
	enum ip_conntrack_info ctinfo;
	const struct nf_conn *ct = nf_ct_get(skb, &ctinfo);

	return ct && ctinfo == IP_CT_ESTABLISHED_REPLY &&
	       (!(READ_ONCE(ct->status) & IPS_DST_NAT) || natgw_has_known_source(skb, ct));
}

/* An error about such a flow, which has got from conntrack the source that the sender knows */
static inline bool natgw_is_direct_error(const struct sk_buff *skb)
{
	enum ip_conntrack_info ctinfo;
	const struct nf_conn *ct = nf_ct_get(skb, &ctinfo);

	return ct && ctinfo == IP_CT_RELATED_REPLY && READ_ONCE(ct->status) & IPS_DST_NAT &&
	       natgw_has_known_source(skb, ct);
}

/**
 * natgw_redirected - entry of a packet that conntrack's DNAT has given its destination, or NULL
 * @ctinfo: result, where there is an entry
 *
 * Not of answers, whose source it was.
 */
static inline const struct nf_conn *natgw_redirected(const struct sk_buff *skb,
						     enum ip_conntrack_info *ctinfo)
{
	const struct nf_conn *ct = nf_ct_get(skb, ctinfo);

	return ct && CTINFO2DIR(*ctinfo) == IP_CT_DIR_ORIGINAL &&
	       READ_ONCE(ct->status) & IPS_DST_NAT ? ct : NULL;
}

/** natgw_no_uplink - reason why no new flow could leave by this device, or -1 */
int natgw_no_uplink(const struct natgw_leaving *o);

/** natgw_source_was_changed - has another NAT? @original: the source as conntrack first saw it */
bool natgw_source_was_changed(const struct sk_buff *skb, __be32 *original);

/** natgw_changed_by_nat - the bound subnet whose packet another NAT has changed, or NULL */
const struct natgw_subnet_range *natgw_changed_by_nat(const struct natgw_leaving *o);

/**
 * natgw_is_foreign_nat - has another NAT changed a bound subnet's packet? Not if the flow ran
 * before its subnet was bound
 */
bool natgw_is_foreign_nat(const struct natgw_leaving *o);

/**
 * natgw_is_strange - is the device none of the vnet of whose bound subnets the source is?
 * @bound: those subnets
 *
 * Return: yes, and its subnet would not let it out as it is.
 */
bool natgw_is_strange(const struct natgw_leaving *o, const struct natgw_bound_range *bound);

/** natgw_is_of_no_subnet - does a packet leave untranslated as nobody has told of its subnet? */
bool natgw_is_of_no_subnet(const struct natgw_leaving *o, __be32 source);

/**
 * natgw_classify - what becomes of a packet that no session carries
 * @err: of parsing it
 * @decision: result; NAT is a new flow, which may still be refused
 */
void natgw_classify(const struct natgw_leaving *o, int err, struct natgw_decision *decision);

#endif
