// SPDX-License-Identifier: GPL-2.0
/* Other users of a packet's path: IPsec, IPVS and flow tables; checks of cmd_doctor.c. */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter/nf_conntrack_common.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <linux/xfrm.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>

#include "doctor.h"
#include "rtnl.h"

static bool is_limited(const struct nlmsghdr *nlh)
{
	const struct nlattr *attr;

	/* of an interface or for a mark: not for each packet */
	mnl_attr_for_each(attr, nlh, sizeof(struct xfrm_userpolicy_info))
		if (mnl_attr_get_type(attr) == XFRMA_IF_ID || mnl_attr_get_type(attr) == XFRMA_MARK)
			return true;
	return false;
}

/* Without a template nothing is encrypted: a bypass */
static bool lets_pass(const struct nlmsghdr *nlh)
{
	const struct xfrm_userpolicy_info *p = mnl_nlmsg_get_payload(nlh);
	const struct nlattr *attr;

	mnl_attr_for_each(attr, nlh, sizeof(*p))
		if (mnl_attr_get_type(attr) == XFRMA_TMPL)
			return false;
	return p->action == XFRM_POLICY_ALLOW;
}

static int policy_answer(const struct nlmsghdr *nlh, void *data)
{
	const struct xfrm_userpolicy_info *p = mnl_nlmsg_get_payload(nlh);
	const struct xfrm_selector *sel = &p->sel;
	const struct doctor_subnet *s;
	struct doctor *d = data;
	char src[ADDR_TEXT];
	uint32_t mask;
	size_t i;

	if (p->dir != XFRM_POLICY_OUT || sel->family != AF_INET || sel->prefixlen_d ||
	    sel->prefixlen_s > 32 || sel->proto || is_limited(nlh) || lets_pass(nlh))
		return MNL_CB_OK;
	mask = sel->prefixlen_s ? UINT32_MAX << (32 - sel->prefixlen_s) : 0;
	for (i = 0; i < d->n_subnets; i++) {
		s = &d->subnets[i];
		if (!*s->gateway || (s->addr ^ ntohl(sel->saddr.a4)) & s->mask & mask)
			continue;
		doctor_ip(src, ntohl(sel->saddr.a4));
		doctor_found(d, DOCTOR_WARNING,
			     "IPsec takes all that subnet %s sends to the Internet, before gateway %s: %s",
			     s->name, s->gateway,
			     p->action == XFRM_POLICY_BLOCK ? "it is dropped" :
			     "it leaves by the tunnel with its private source");
		doctor_evidence(d, "ip xfrm policy: dir out src %s/%u dst 0.0.0.0/0", src,
				sel->prefixlen_s);
		doctor_cure(d, "ip xfrm policy delete dir out src %s/%u dst 0.0.0.0/0", src,
			    sel->prefixlen_s);
		break;
	}
	return MNL_CB_OK;
}

/**
 * check_ipsec - do IPsec policies take what a gateway should translate?
 * @d:		run
 */
void check_ipsec(struct doctor *d)
{
	struct rtnl r;

	rtnl_begin(&r, XFRM_MSG_GETPOLICY, NLM_F_DUMP, 0);
	rtnl_ask(&r, NETLINK_XFRM, policy_answer, d);
}

/**
 * check_ipvs - do services of IPVS have addresses that natgw leaves to the router?
 * @d:		run
 */
void check_ipvs(struct doctor *d)
{
	const struct doctor_address *a;
	unsigned int ip, port;
	char line[256], proto[8], text[ADDR_TEXT];
	FILE *from = fopen("/proc/net/ip_vs", "re");
	size_t i;

	while (from && fgets(line, sizeof(line), from)) {
		if (sscanf(line, "%7s %8x:%4x ", proto, &ip, &port) != 3 ||
		    (strcmp(proto, "TCP") && strcmp(proto, "UDP")))
			continue;
		for (i = 0; i < d->n_addresses; i++) {
			a = &d->addresses[i];
			if (a->shared || (ip ^ a->ip) & a->mask)
				continue;
			doctor_found(d, DOCTOR_ERROR,
				     "nobody reaches the IPVS service %s:%u %s: natgw has its address for itself",
				     doctor_ip(text, ip), port, proto);
			doctor_evidence(d,
					"ipvsadm -Ln: %s %s:%u, natgwctl address show %s: shared off",
					proto, text, port, a->text);
			doctor_cure(d,
				    "natgwctl address set %s shared on reserve %u",
				    a->text, port);
		}
	}
	if (from)
		fclose(from);
}

static const struct nlattr *nested(const struct nlattr *nest, uint16_t type)
{
	const struct nlattr *attr;

	if (nest)
		mnl_attr_for_each_nested(attr, nest)
			if (mnl_attr_get_type(attr) == type)
				return attr;
	return NULL;
}

static const struct nlattr *attr_of(const struct nlmsghdr *nlh, uint16_t type)
{
	const struct nlattr *attr;

	mnl_attr_for_each(attr, nlh, sizeof(struct nfgenmsg))
		if (mnl_attr_get_type(attr) == type)
			return attr;
	return NULL;
}

/**
 * struct taken - flows of bound subnets in flow tables
 * @d:		run
 * @link:	an uplink that is a tunnel
 * @subnet:	of one of them, or NULL
 * @src:	its source
 */
struct taken {
	const struct doctor *d;
	const struct doctor_link *link;
	const struct doctor_subnet *subnet;
	uint32_t src;
};

static int taken_answer(const struct nlmsghdr *nlh, void *data)
{
	const struct nlattr *status = attr_of(nlh, CTA_STATUS), *ip;
	const struct doctor_subnet *s;
	struct taken *taken = data;
	uint32_t src;
	size_t i;

	ip = nested(attr_of(nlh, CTA_TUPLE_ORIG), CTA_TUPLE_IP);
	ip = nested(ip, CTA_IP_V4_SRC);
	if (!ip || mnl_attr_get_payload_len(ip) != sizeof(src) || !status ||
	    mnl_attr_get_payload_len(status) != sizeof(uint32_t) ||
	    !(ntohl(mnl_attr_get_u32(status)) & IPS_OFFLOAD))
		return MNL_CB_OK;
	src = ntohl(mnl_attr_get_u32(ip));
	for (i = 0; i < taken->d->n_subnets; i++) {
		s = &taken->d->subnets[i];
		if (*s->gateway && !((s->addr ^ src) & s->mask)) {
			taken->subnet = s;
			taken->src = src;
		}
	}
	return MNL_CB_OK;
}

/**
 * find_taken_flows - does a flow table send flows of a bound subnet into a tunnel?
 * @d:		run
 *
 * It had them before the subnet was bound; the module does not see what is in a tunnel.
 */
void find_taken_flows(struct doctor *d)
{
	struct taken taken = { .d = d };
	struct nfgenmsg *head;
	char text[ADDR_TEXT];
	struct rtnl r;
	size_t i;

	for (i = 0; i < d->n_links; i++)
		if (d->links[i].roles & ROLE_UPLINK && d->links[i].flags & IFF_POINTOPOINT)
			taken.link = &d->links[i];
	if (!taken.link)
		return;
	head = rtnl_begin(&r, NFNL_SUBSYS_CTNETLINK << 8 | IPCTNL_MSG_CT_GET, NLM_F_DUMP,
			  sizeof(*head));
	head->nfgen_family = AF_INET;
	/* kernels that know this filter answer with a few of all */
	mnl_attr_put_u32(r.nlh, CTA_STATUS, htonl(IPS_OFFLOAD));
	mnl_attr_put_u32(r.nlh, CTA_STATUS_MASK, htonl(IPS_OFFLOAD));
	rtnl_ask(&r, NETLINK_NETFILTER, taken_answer, &taken);
	if (!taken.subnet)
		return;
	doctor_found(d, DOCTOR_WARNING,
		     "a flow table has flows of subnet %s from before it was bound: what it sends by the tunnel %s may leave untranslated",
		     taken.subnet->name, taken.link->name);
	doctor_evidence(d, "conntrack -L -s %s: [OFFLOAD]", doctor_ip(text, taken.src));
	doctor_cure(d, "conntrack -D -s %s", taken.subnet->prefix);
}
