// SPDX-License-Identifier: GPL-2.0
/* What devices do with packets before, or past, the hooks of natgw; checks of cmd_doctor.c. */
#include <linux/ethtool.h>
#include <linux/if_link.h>
#include <linux/lwtunnel.h>
#include <linux/pkt_cls.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <linux/sockios.h>
#include <linux/tc_act/tc_mirred.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "doctor.h"
#include "rtnl.h"
#include "ruleset.h"

/**
 * struct filters - filters at the ingress of a device on their way to the findings
 * @d:		run
 * @link:	device
 */
struct filters {
	struct doctor *d;
	const struct doctor_link *link;
};

/**
 * struct filter - what is looked at of one
 * @pref:	names it
 * @mirred:	what an action of it does, or NULL
 * @bpf:	it is a program that may act by itself
 */
struct filter {
	unsigned int pref;
	const struct tc_mirred *mirred;
	bool bpf;
};

/* The attribute of its options that has the actions of a kind of filter */
static uint16_t actions_attr(const char *kind)
{
	static const struct {
		const char *kind;
		uint16_t attr;
	} kinds[] = {
		{ "matchall", TCA_MATCHALL_ACT },
		{ "flower", TCA_FLOWER_ACT },
		{ "u32", TCA_U32_ACT },
		{ "basic", TCA_BASIC_ACT },
		{ "fw", TCA_FW_ACT },
		{ "bpf", TCA_BPF_ACT },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(kinds); i++)
		if (!strcmp(kinds[i].kind, kind))
			return kinds[i].attr;
	return 0;
}

static void action_read(struct filter *f, const struct nlattr *action)
{
	const struct nlattr *attr, *inner, *options = NULL;
	const char *kind = "";

	mnl_attr_for_each_nested(attr, action) {
		if (mnl_attr_get_type(attr) == TCA_ACT_KIND)
			kind = mnl_attr_get_str(attr);
		if (mnl_attr_get_type(attr) == TCA_ACT_OPTIONS)
			options = attr;
	}
	if (!options || strcmp(kind, "mirred"))
		return;
	mnl_attr_for_each_nested(inner, options)
		if (mnl_attr_get_type(inner) == TCA_MIRRED_PARMS &&
		    mnl_attr_get_payload_len(inner) >= sizeof(*f->mirred))
			f->mirred = mnl_attr_get_payload(inner);
}

static void options_read(struct filter *f, const char *kind, const struct nlattr *options)
{
	const struct nlattr *attr, *action;

	mnl_attr_for_each_nested(attr, options) {
		if (mnl_attr_get_type(attr) != actions_attr(kind))
			continue;
		mnl_attr_for_each_nested(action, attr)
			action_read(f, action);
	}
}

static void filter_judge(struct filters *fs, const struct filter *f)
{
	const struct doctor_link *to = f->mirred ? doctor_link(fs->d, f->mirred->ifindex) : NULL;
	const char *name = to ? to->name : "another device";
	bool moved = f->mirred && (f->mirred->eaction == TCA_EGRESS_REDIR ||
				   f->mirred->eaction == TCA_INGRESS_REDIR);
	char typed[DOCTOR_QUOTED];

	/* what an ifb shapes comes back */
	if (to && !strcmp(to->kind, "ifb"))
		return;
	if (moved)
		doctor_found(fs->d, DOCTOR_ERROR,
			     "tc sends packets that come in by %s on to %s, before any hook of natgw sees them",
			     fs->link->name, name);
	else if (f->mirred && to && to->roles & ROLE_UPLINK)
		doctor_found(fs->d, DOCTOR_ERROR,
			     "tc sends copies of packets that come in by %s out of %s, with private sources",
			     fs->link->name, name);
	else if (f->bpf)
		doctor_found(fs->d, DOCTOR_WARNING,
			     "a BPF program at the ingress of %s may send packets on before any hook of natgw sees them",
			     fs->link->name);
	else
		return;
	doctor_evidence(fs->d,
			"tc filter show dev %s ingress: pref %u, %s",
			fs->link->name, f->pref,
			f->mirred ? "mirred" : "bpf");
	doctor_cure(fs->d, "tc filter del dev %s ingress pref %u",
		    text_quoted(typed, sizeof(typed), fs->link->name), f->pref);
}

static int filter_answer(const struct nlmsghdr *nlh, void *data)
{
	const struct tcmsg *head = mnl_nlmsg_get_payload(nlh);
	const struct nlattr *attr, *options = NULL;
	struct filter f = { .pref = head->tcm_info >> 16 };
	const char *kind = "";

	mnl_attr_for_each(attr, nlh, sizeof(*head)) {
		if (mnl_attr_get_type(attr) == TCA_KIND)
			kind = mnl_attr_get_str(attr);
		if (mnl_attr_get_type(attr) == TCA_OPTIONS)
			options = attr;
	}
	/* the first message of a kind has no options */
	if (!options)
		return MNL_CB_OK;
	f.bpf = !strcmp(kind, "bpf");
	options_read(&f, kind, options);
	filter_judge(data, &f);
	return MNL_CB_OK;
}

/**
 * check_tc - does tc send packets on before natgw sees them?
 * @d:		run
 */
void check_tc(struct doctor *d)
{
	struct filters fs = { .d = d };
	struct tcmsg *head;
	struct rtnl r;
	size_t i;

	for (i = 0; i < d->n_links; i++) {
		fs.link = &d->links[i];
		if (!(fs.link->roles & ROLE_ANY))
			continue;
		head = rtnl_begin(&r, RTM_GETTFILTER, NLM_F_DUMP, sizeof(*head));
		head->tcm_ifindex = fs.link->index;
		head->tcm_parent = TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_INGRESS);
		rtnl_ask(&r, NETLINK_ROUTE, filter_answer, &fs);
	}
}

/**
 * check_xdp - does a program see packets before natgw does?
 * @d:		run
 */
void check_xdp(struct doctor *d)
{
	static const char *const modes[] = {
		[XDP_ATTACHED_DRV] = "xdpdrv",
		[XDP_ATTACHED_SKB] = "xdpgeneric",
		[XDP_ATTACHED_HW] = "xdpoffload",
		[XDP_ATTACHED_MULTI] = "xdp",
	};
	const struct doctor_link *link;
	char typed[DOCTOR_QUOTED];
	const char *mode;
	size_t i;

	for (i = 0; i < d->n_links; i++) {
		link = &d->links[i];
		if (!(link->roles & ROLE_ANY) || !link->xdp || link->xdp >= ARRAY_SIZE(modes))
			continue;
		mode = modes[link->xdp];
		doctor_found(d, DOCTOR_WARNING,
			     "an XDP program on %s may send packets on before any hook of natgw sees them",
			     link->name);
		doctor_evidence(d, "ip link show dev %s: %s", link->name, mode);
		doctor_cure(d, "ip link set dev %s %s off",
			    text_quoted(typed, sizeof(typed), link->name), mode);
	}
}

/**
 * doctor_lro - does a device merge segments in a way that cannot be undone?
 * @name:	device
 *
 * Linux does not forward such packets.
 */
bool doctor_lro(const char *name)
{
	struct ethtool_value value = { .cmd = ETHTOOL_GFLAGS };
	int sock = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), ret;
	struct ifreq req = { .ifr_data = (char *)&value };

	if (sock < 0)
		return false;
	snprintf(req.ifr_name, sizeof(req.ifr_name), "%s", name);
	ret = ioctl(sock, SIOCETHTOOL, &req);
	close(sock);
	return !ret && value.data & ETH_FLAG_LRO;
}

/**
 * check_lro - can what devices merge be forwarded?
 * @d:		run
 */
void check_lro(struct doctor *d)
{
	const struct doctor_link *link;
	char typed[DOCTOR_QUOTED];
	size_t i;

	for (i = 0; i < d->n_links; i++) {
		link = &d->links[i];
		if (!(link->roles & ROLE_ANY) || !link->lro)
			continue;
		doctor_found(d, DOCTOR_ERROR,
			     "%s merges segments by LRO, and Linux does not forward what it makes of them",
			     link->name);
		doctor_evidence(d, "ethtool -k %s: large-receive-offload: on", link->name);
		doctor_cure(d, "ethtool -K %s lro off",
			    text_quoted(typed, sizeof(typed), link->name));
	}
}

/**
 * check_encap - do routes take packets past the hooks?
 * @d:		run
 */
void check_encap(struct doctor *d)
{
	static const char *const kinds[] = {
		[LWTUNNEL_ENCAP_SEG6] = "seg6",
		[LWTUNNEL_ENCAP_BPF] = "bpf",
		[LWTUNNEL_ENCAP_SEG6_LOCAL] = "seg6local",
	};
	const struct doctor_route *r;
	char dst[ADDR_TEXT];
	const char *kind;
	size_t i;

	for (i = 0; i < d->n_routes; i++) {
		r = &d->routes[i];
		kind = r->encap < ARRAY_SIZE(kinds) ? kinds[r->encap] : NULL;
		if (!kind)
			continue;
		doctor_ip(dst, r->dst);
		doctor_found(d, DOCTOR_ERROR,
			     "the route to %s/%u with encap %s takes packets before natgw translates them",
			     dst, r->plen, kind);
		doctor_evidence(d, "ip route show table %u: %s/%u encap %s", r->table, dst, r->plen,
				kind);
		doctor_cure(d, "ip route del %s/%u table %u", dst, r->plen, r->table);
	}
}

static bool clamps(void *data, const json_t *rule, const char *action, const json_t *args,
		   enum chance chance)
{
	const json_t *option = json_object_get(json_object_get(args, "key"), "tcp option");
	bool *clamped = data;

	(void)rule;
	(void)chance;
	*clamped |= !strcmp(action, "tcpmss") ||
		(!strcmp(action, "mangle") && !strcmp(ruleset_word(option, "name"), "maxseg"));
	return !*clamped;
}

static bool is_clamped(const struct doctor *d, const struct doctor_link *in,
		       const struct doctor_link *out)
{
	static const char *const hooks[] = { "forward", "postrouting" };
	const struct rule_flow flow = {
		.dst = { .internet = true },
		.iif = in->name,
		.oif = out->name,
		.state = "new",
	};
	const json_t *chain;
	bool clamped = false;
	size_t at, i;

	for (i = 0; i < ARRAY_SIZE(hooks); i++) {
		at = 0;
		while (!clamped && (chain = ruleset_chain(d->rules, &at, hooks[i])))
			ruleset_walk(d->rules, chain, &flow, clamps, &clamped);
	}
	return clamped;
}

/* The largest packet for the Internet that a device takes */
static uint32_t mtu_out(const struct doctor *d, const struct doctor_link *link)
{
	uint32_t mtu = link->mtu;
	size_t i;

	for (i = 0; i < d->n_routes; i++)
		if (!d->routes[i].plen && d->routes[i].oif == link->index && d->routes[i].mtu &&
		    d->routes[i].mtu < mtu)
			mtu = d->routes[i].mtu;
	return mtu;
}

/**
 * check_mtu - do hosts send packets that the uplink does not take?
 * @d:		run
 *
 * Path MTU discovery works through natgw, but servers whose firewall eats ICMP do without it.
 */
void check_mtu(struct doctor *d)
{
	char name[DOCTOR_QUOTED], typed[DOCTOR_QUOTED];
	const struct doctor_link *in, *out;
	size_t i, j;

	for (i = 0; i < d->n_links; i++) {
		out = &d->links[i];
		if (!(out->roles & ROLE_UPLINK))
			continue;
		for (j = 0; j < d->n_links; j++) {
			in = &d->links[j];
			if (in == out || !(in->roles & ROLE_INSIDE) || in->roles & ROLE_UPLINK ||
			    in->mtu <= mtu_out(d, out) || is_clamped(d, in, out))
				continue;
			doctor_found(d, DOCTOR_WARNING,
				     "hosts behind %s send packets of %u bytes, %s takes %u: where ICMP is filtered, connections hang after their first bytes",
				     in->name, in->mtu, out->name, mtu_out(d, out));
			doctor_evidence(d,
					"ip link show: %s mtu %u, %s mtu %u; no rule sets maxseg",
					in->name, in->mtu, out->name, out->mtu);
			/* what the shell or nft would act on is left to the device's number */
			snprintf(typed, sizeof(typed), "oifname \"%s\"", out->name);
			if (strcmp(text_quoted(name, sizeof(name), out->name), out->name))
				snprintf(typed, sizeof(typed), "oif %u", out->index);
			doctor_cure(d,
				    "nft 'add table ip natgw_mss; add chain ip natgw_mss forward { type filter hook forward priority -150; }; add rule ip natgw_mss forward %s tcp flags & (syn|rst) == syn tcp option maxseg size set rt mtu'",
				    typed);
			break;
		}
	}
}
