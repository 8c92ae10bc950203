// SPDX-License-Identifier: GPL-2.0
/* Settings of the kernel that a NAT gateway stands or falls with; checks of cmd_doctor.c. */
#include <arpa/inet.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/timex.h>
#include <unistd.h>

#include "doctor.h"
#include "rtnl.h"

/** FRAGMENTS_MIN - bytes of memory for fragments, room for a few datagrams of full size */
#define FRAGMENTS_MIN	(256 * 1024)
/** FRAGMENTS_DEFAULT - what the kernel has by itself */
#define FRAGMENTS_DEFAULT	(4 * 1024 * 1024)
/** PORTS_ALL - ports of an address that nobody else uses */
#define PORTS_ALL	64512

static const uint32_t internet[] = DOCTOR_INTERNET;

static const char *role_text(const struct doctor_link *link)
{
	if (link->roles & ROLE_INSIDE)
		return "hosts of a subnet";
	return link->roles & ROLE_UPLINK ? "the Internet" : "a next hop of user routes";
}

/**
 * check_forwarding - does Linux forward, and from each device of the gateways?
 * @d:		run
 */
void check_forwarding(struct doctor *d)
{
	const struct doctor_link *link;
	char key[DOCTOR_KEY], typed[DOCTOR_QUOTED];
	long value;
	size_t i;

	if (doctor_sysctl("net/ipv4/ip_forward", &value) && !value) {
		doctor_found(d, DOCTOR_ERROR,
			     "Linux forwards no packets: net.ipv4.ip_forward is 0");
		doctor_evidence(d, "/proc/sys/net/ipv4/ip_forward: 0");
		doctor_cure(d, "sysctl -w net.ipv4.ip_forward=1");
		return;
	}
	for (i = 0; i < d->n_links; i++) {
		link = &d->links[i];
		if (!(link->roles & (ROLE_INSIDE | ROLE_UPLINK | ROLE_HOP)))
			continue;
		doctor_key(key, "ipv4", link, "forwarding");
		if (!doctor_sysctl(key, &value) || value)
			continue;
		doctor_found(d, DOCTOR_ERROR,
			     "what comes in by %s, where %s is, is not forwarded: its forwarding is 0",
			     link->name, role_text(link));
		doctor_evidence(d, "/proc/sys/%s: 0", key);
		doctor_cure(d, "sysctl -w %s=1", text_quoted(typed, sizeof(typed), key));
	}
}

/* Do packets to the Internet leave by this device, so that answers may come by it? */
static bool is_main_uplink(const struct doctor_link *link)
{
	struct doctor_hop hop;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(internet); i++) {
		hop = doctor_route_to(internet[i], 0);
		if (!hop.err && hop.oif == link->index)
			return true;
	}
	return false;
}

static bool is_in_vrf(const struct doctor *d, const struct doctor_link *link)
{
	const struct doctor_link *master = doctor_link(d, link->master);

	return master && !strcmp(master->kind, "vrf");
}

/**
 * check_reverse_path - does the kernel drop answers that come by another device than their way?
 * @d:		run
 */
void check_reverse_path(struct doctor *d)
{
	const struct doctor_link *link;
	long all = 0, own = 0;
	char key[DOCTOR_KEY], typed[DOCTOR_QUOTED];
	size_t i;

	doctor_sysctl("net/ipv4/conf/all/rp_filter", &all);
	for (i = 0; i < d->n_links; i++) {
		link = &d->links[i];
		if (!(link->roles & (ROLE_UPLINK | ROLE_HOP)) || is_in_vrf(d, link))
			continue;
		doctor_key(key, "ipv4", link, "rp_filter");
		if (!doctor_sysctl(key, &own) || (all > own ? all : own) != 1 ||
		    is_main_uplink(link))
			continue;
		doctor_found(d, DOCTOR_ERROR,
			     "answers from the Internet that come in by %s are dropped: its rp_filter is strict (1), and the route to the Internet leaves by another device",
			     link->name);
		doctor_evidence(d, "/proc/sys/net/ipv4/conf/all/rp_filter: %ld, /proc/sys/%s: %ld",
				all, key, own);
		doctor_cure(d, "sysctl -w %s=2", text_quoted(typed, sizeof(typed), key));
	}
}

/**
 * check_redirects - does the router tell hosts a way past itself?
 * @d:		run
 *
 * natgw drops these redirects; making them is work for nothing.
 */
void check_redirects(struct doctor *d)
{
	const struct doctor_drop *drop = &d->drops[NATGW_DROP_REDIRECT];
	const struct doctor_link *link;
	long all = 0, own = 0;
	char key[DOCTOR_KEY], typed[DOCTOR_QUOTED];
	size_t i;

	if (!drop->packets)
		return;
	doctor_sysctl("net/ipv4/conf/all/send_redirects", &all);
	for (i = 0; i < d->n_links; i++) {
		link = &d->links[i];
		doctor_key(key, "ipv4", link, "send_redirects");
		if (!(link->roles & ROLE_INSIDE) || !doctor_sysctl(key, &own) || !(all || own))
			continue;
		doctor_found(d, DOCTOR_WARNING,
			     "the router makes ICMP redirects for hosts behind %s, and natgw drops them (%llu so far)",
			     link->name, (unsigned long long)drop->packets);
		doctor_evidence(d,
				"/proc/sys/net/ipv4/conf/all/send_redirects: %ld, /proc/sys/%s: %ld, natgwctl stats show: redirect %llu",
				all, key, own, (unsigned long long)drop->packets);
		doctor_cure(d, "sysctl -w net.ipv4.conf.all.send_redirects=0 %s=0",
			    text_quoted(typed, sizeof(typed), key));
	}
}

/**
 * check_fragments - can fragments be put together, as they must be before they are translated?
 * @d:		run
 */
void check_fragments(struct doctor *d)
{
	long value;

	if (!doctor_sysctl("net/ipv4/ipfrag_high_thresh", &value) || value >= FRAGMENTS_MIN)
		return;
	doctor_found(d, value ? DOCTOR_WARNING : DOCTOR_ERROR,
		     "fragments are lost: the kernel may keep %ld bytes of them to put datagrams together",
		     value);
	doctor_evidence(d, "/proc/sys/net/ipv4/ipfrag_high_thresh: %ld", value);
	doctor_cure(d, "sysctl -w net.ipv4.ipfrag_high_thresh=%u", FRAGMENTS_DEFAULT);
}

/**
 * check_conntrack - has conntrack room for flows that it tracks beside natgw?
 * @d:		run
 */
void check_conntrack(struct doctor *d)
{
	static const char max_key[] = "net/netfilter/nf_conntrack_max";
	long count, max;
	bool track = false;
	size_t i;

	for (i = 0; i < d->n_gateways; i++)
		track |= d->gateways[i].track;
	if (!track || !doctor_sysctl("net/netfilter/nf_conntrack_count", &count) ||
	    !doctor_sysctl(max_key, &max) || max <= 0 || count < max / 100.0 * DOCTOR_FULL)
		return;
	doctor_found(d, count >= max ? DOCTOR_ERROR : DOCTOR_WARNING,
		     "conntrack is nearly full, with %ld of %ld entries: it drops packets of new flows, also of gateways with track on",
		     count, max);
	doctor_evidence(d, "/proc/sys/net/netfilter/nf_conntrack_count: %ld, nf_conntrack_max: %ld",
			count, max);
	/* the largest number is the machine's, and only its initial namespace may change it */
	doctor_cure(d, "%ssysctl -w net.netfilter.nf_conntrack_max=%ld",
		    access("/proc/sys/net/netfilter/nf_conntrack_max", W_OK) ?
		    "nsenter --net=/proc/1/ns/net " : "", max < 131072 ? 262144 : 2 * max);
}

/**
 * check_bridge_filter - do IP rules see frames that bridges of the gateways only switch?
 * @d:		run
 */
void check_bridge_filter(struct doctor *d)
{
	const struct doctor_link *link;
	long value;
	size_t i;

	if (!doctor_sysctl("net/bridge/bridge-nf-call-iptables", &value) || !value)
		return;
	for (i = 0; i < d->n_links; i++) {
		link = &d->links[i];
		if (strcmp(link->kind, "bridge") || !(link->roles & (ROLE_INSIDE | ROLE_UPLINK)))
			continue;
		doctor_found(d, DOCTOR_WARNING,
			     "br_netfilter shows each frame of bridge %s to the IP rules: frames that it only switches are filtered and tracked too, and no flow is offloaded; off, unless Docker or Kubernetes here needs it",
			     link->name);
		doctor_evidence(d,
				"/proc/sys/net/bridge/bridge-nf-call-iptables: %ld, %s is a bridge",
				value, link->name);
		doctor_cure(d, "sysctl -w net.bridge.bridge-nf-call-iptables=0");
		return;
	}
}

/**
 * check_local_ports - do addresses that the router shares have ports left?
 * @d:		run
 */
void check_local_ports(struct doctor *d)
{
	const struct doctor_address *a;
	long first = 0, last = 0;
	size_t i;
	FILE *f;

	f = fopen("/proc/sys/net/ipv4/ip_local_port_range", "re");
	if (!f)
		return;
	if (fscanf(f, "%ld %ld", &first, &last) != 2)
		last = first;
	fclose(f);
	for (i = 0; i < d->n_addresses; i++) {
		a = &d->addresses[i];
		if (!a->shared || !*a->gateway || a->ports >= PORTS_ALL / 2)
			continue;
		doctor_found(d, a->ports ? DOCTOR_WARNING : DOCTOR_ERROR,
			     "shared address %s has only %u of %u ports for flows: the router's own sockets may use %ld to %ld",
			     a->text, a->ports, PORTS_ALL, first, last);
		doctor_evidence(d,
				"natgwctl address show %s: ports %u, /proc/sys/net/ipv4/ip_local_port_range: %ld %ld",
				a->text, a->ports, first, last);
		if (last - first < PORTS_ALL / 8)
			doctor_cure(d, "natgwctl address set %s reserve none", a->text);
		else
			doctor_cure(d, "sysctl -w net.ipv4.ip_local_port_range=\"60000 60999\"");
	}
}

static int any_answer(const struct nlmsghdr *nlh, void *data)
{
	const struct rtmsg *head = mnl_nlmsg_get_payload(nlh);

	*(bool *)data = head->rtm_type == RTN_UNICAST;
	return MNL_CB_OK;
}

static bool ipv6_internet(void)
{
	struct in6_addr dst;
	struct rtmsg *head;
	bool any = false;
	struct rtnl r;

	inet_pton(AF_INET6, "2600::1", &dst);
	head = rtnl_begin(&r, RTM_GETROUTE, 0, sizeof(*head));
	head->rtm_family = AF_INET6;
	head->rtm_dst_len = 128;
	mnl_attr_put(r.nlh, RTA_DST, sizeof(dst), &dst);
	return !rtnl_ask(&r, NETLINK_ROUTE, any_answer, &any) && any;
}

/**
 * check_ipv6 - do hosts of bound subnets leave by IPv6, past the gateway?
 * @d:		run
 */
void check_ipv6(struct doctor *d)
{
	const struct doctor_subnet *s;
	const struct doctor_link *link;
	long forwarding, off;
	char key[DOCTOR_KEY];
	size_t i;

	if (!ipv6_internet())
		return;
	for (i = 0; i < d->n_subnets; i++) {
		s = &d->subnets[i];
		link = s->in_vrf || s->hop.err ? NULL : doctor_link(d, s->hop.oif);
		if (!*s->gateway || s->ipv6_drop || !link)
			continue;
		if (doctor_sysctl(doctor_key(key, "ipv6", link, "disable_ipv6"), &off) && off)
			continue;
		if (!doctor_sysctl(doctor_key(key, "ipv6", link, "forwarding"), &forwarding) ||
		    !forwarding)
			continue;
		doctor_found(d, DOCTOR_WARNING,
			     "IPv6 of subnet %s goes past gateway %s: Linux forwards IPv6 from %s and has an IPv6 route to the Internet",
			     s->name, s->gateway, link->name);
		doctor_evidence(d,
				"natgwctl subnet show %s: ipv6 keep, /proc/sys/%s: %ld, ip -6 route get 2600::1: a route",
				s->name, key, forwarding);
		doctor_cure(d, "natgwctl subnet set %s ipv6 drop", s->name);
	}
}

/**
 * check_clock - can the times of a flow log be believed?
 * @d:		run
 */
void check_clock(struct doctor *d)
{
	struct timex t = {};
	int state = adjtimex(&t);

	if (state != TIME_ERROR)
		return;
	doctor_found(d, DOCTOR_WARNING,
		     "the clock is not synchronised: times of sessions in a flow log are wrong, and abuse reports cannot be answered");
	doctor_evidence(d, "adjtimex(2): state %d, status 0x%x, maximum error %ld us", state,
			t.status, t.maxerror);
	doctor_cure(d, "timedatectl set-ntp true");
}
