// SPDX-License-Identifier: GPL-2.0
/* Other users of a packet's path: IPsec and IPVS; checks of cmd_doctor.c. */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/xfrm.h>
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
