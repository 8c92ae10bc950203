// SPDX-License-Identifier: GPL-2.0
/*
 * Owns what doctor knows of Linux's own network: devices and what they are to the gateways,
 * routes to the Internet, settings. Read once by cmd_doctor.c, used by all checks.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_link.h>
#include <linux/lwtunnel.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>

#include "doctor.h"
#include "rtnl.h"
#include "table.h"

/** TRIES - of a list that changes while it is read */
#define TRIES	5

static const uint32_t internet[] = DOCTOR_INTERNET;

static void name_copy(char *to, size_t size, const struct nlattr *attr)
{
	snprintf(to, size, "%.*s", (int)mnl_attr_get_payload_len(attr),
		 (const char *)mnl_attr_get_payload(attr));
}

static uint32_t u32_of(const struct nlattr *attr)
{
	return mnl_attr_get_payload_len(attr) == sizeof(uint32_t) ? mnl_attr_get_u32(attr) : 0;
}

static uint32_t ip_of(const struct nlattr *attr)
{
	return ntohl(u32_of(attr));
}

static int link_answer(const struct nlmsghdr *nlh, void *data)
{
	const struct ifinfomsg *head = mnl_nlmsg_get_payload(nlh);
	const struct nlattr *attr, *inner;
	struct doctor *d = data;
	struct doctor_link *link;

	d->links = doctor_add(d->links, &d->n_links, sizeof(*d->links));
	link = &d->links[d->n_links - 1];
	link->index = head->ifi_index;
	link->flags = head->ifi_flags;
	mnl_attr_for_each(attr, nlh, sizeof(*head)) {
		switch (mnl_attr_get_type(attr)) {
		case IFLA_IFNAME:
			name_copy(link->name, sizeof(link->name), attr);
			break;
		case IFLA_ADDRESS:
			if (mnl_attr_get_payload_len(attr) == sizeof(link->mac))
				memcpy(link->mac, mnl_attr_get_payload(attr), sizeof(link->mac));
			break;
		case IFLA_MTU:
			link->mtu = u32_of(attr);
			break;
		case IFLA_MASTER:
			link->master = u32_of(attr);
			break;
		case IFLA_LINK:
			link->below = u32_of(attr);
			break;
		case IFLA_LINK_NETNSID:
			/* what it stands on has a number of another namespace */
			link->below = 0;
			break;
		case IFLA_LINKINFO:
			mnl_attr_for_each_nested(inner, attr)
				if (mnl_attr_get_type(inner) == IFLA_INFO_KIND)
					name_copy(link->kind, sizeof(link->kind), inner);
			break;
		case IFLA_XDP:
			mnl_attr_for_each_nested(inner, attr)
				if (mnl_attr_get_type(inner) == IFLA_XDP_ATTACHED)
					link->xdp = mnl_attr_get_u8(inner);
			break;
		}
	}
	/* a veth has its other end there, which may be in this namespace too */
	if (!strcmp(link->kind, "veth"))
		link->below = 0;
	return MNL_CB_OK;
}

static void route_metrics(struct doctor_route *r, const struct nlattr *metrics)
{
	const struct nlattr *attr;

	mnl_attr_for_each_nested(attr, metrics)
		if (mnl_attr_get_type(attr) == RTAX_MTU)
			r->mtu = u32_of(attr);
}

/* Of a route with several next hops each one is kept, as a route of its own */
static void route_keep(struct doctor *d, const struct doctor_route *r)
{
	if (r->plen && !r->encap)
		return;
	d->routes = doctor_add(d->routes, &d->n_routes, sizeof(*d->routes));
	d->routes[d->n_routes - 1] = *r;
}

static void hops_keep(struct doctor *d, const struct doctor_route *route, const struct nlattr *hops)
{
	int len = mnl_attr_get_payload_len(hops);
	const struct rtnexthop *hop = mnl_attr_get_payload(hops);
	const struct rtattr *attr;
	struct doctor_route r;
	int left;

	for (; RTNH_OK(hop, len); len -= RTNH_ALIGN(hop->rtnh_len), hop = RTNH_NEXT(hop)) {
		r = *route;
		r.oif = hop->rtnh_ifindex;
		attr = RTNH_DATA(hop);
		left = hop->rtnh_len - sizeof(*hop);
		for (; RTA_OK(attr, left); attr = RTA_NEXT(attr, left)) {
			if (attr->rta_type == RTA_GATEWAY && RTA_PAYLOAD(attr) == sizeof(r.gateway))
				r.gateway = ntohl(*(const uint32_t *)RTA_DATA(attr));
			if (attr->rta_type == RTA_ENCAP_TYPE)
				r.encap = *(const uint16_t *)RTA_DATA(attr);
		}
		route_keep(d, &r);
	}
}

static int route_entry(const struct nlmsghdr *nlh, void *data)
{
	const struct rtmsg *head = mnl_nlmsg_get_payload(nlh);
	const struct nlattr *attr, *hops = NULL;
	struct doctor_route r = { .plen = head->rtm_dst_len, .table = head->rtm_table };

	if (head->rtm_type != RTN_UNICAST || head->rtm_flags & RTM_F_CLONED)
		return MNL_CB_OK;
	mnl_attr_for_each(attr, nlh, sizeof(*head)) {
		switch (mnl_attr_get_type(attr)) {
		case RTA_DST:
			r.dst = ip_of(attr);
			break;
		case RTA_TABLE:
			r.table = u32_of(attr);
			break;
		case RTA_OIF:
			r.oif = u32_of(attr);
			break;
		case RTA_GATEWAY:
			r.gateway = ip_of(attr);
			break;
		case RTA_ENCAP_TYPE:
			r.encap = mnl_attr_get_u16(attr);
			break;
		case RTA_METRICS:
			route_metrics(&r, attr);
			break;
		case RTA_MULTIPATH:
			hops = attr;
			break;
		}
	}
	if (hops)
		hops_keep(data, &r, hops);
	else
		route_keep(data, &r);
	return MNL_CB_OK;
}

static int hop_answer(const struct nlmsghdr *nlh, void *data)
{
	const struct rtmsg *head = mnl_nlmsg_get_payload(nlh);
	struct doctor_hop *hop = data;
	const struct nlattr *attr;

	hop->type = head->rtm_type;
	mnl_attr_for_each(attr, nlh, sizeof(*head)) {
		if (mnl_attr_get_type(attr) == RTA_OIF)
			hop->oif = u32_of(attr);
		if (mnl_attr_get_type(attr) == RTA_GATEWAY)
			hop->gateway = ip_of(attr);
		if (mnl_attr_get_type(attr) == RTA_PREFSRC)
			hop->source = ip_of(attr);
	}
	return MNL_CB_OK;
}

/**
 * doctor_route_to - ask Linux where it sends packets to an address
 * @ip:		address, host byte order
 * @oif:	by this device, or in its VRF; 0: anywhere
 */
struct doctor_hop doctor_route_to(uint32_t ip, uint32_t oif)
{
	struct doctor_hop hop = {};
	struct rtmsg *head;
	struct rtnl r;

	head = rtnl_begin(&r, RTM_GETROUTE, 0, sizeof(*head));
	head->rtm_family = AF_INET;
	head->rtm_dst_len = 32;
	mnl_attr_put_u32(r.nlh, RTA_DST, htonl(ip));
	if (oif)
		mnl_attr_put_u32(r.nlh, RTA_OIF, oif);
	hop.err = rtnl_ask(&r, NETLINK_ROUTE, hop_answer, &hop);
	if (!hop.err && hop.type != RTN_UNICAST)
		hop.err = EHOSTUNREACH;
	return hop;
}

/**
 * doctor_link - a device by its number
 * @d:		run
 * @index:	number
 *
 * Return: NULL: there is none.
 */
struct doctor_link *doctor_link(const struct doctor *d, uint32_t index)
{
	size_t i;

	for (i = 0; index && i < d->n_links; i++)
		if (d->links[i].index == index)
			return &d->links[i];
	return NULL;
}

/**
 * doctor_link_named - a device by its name
 * @d:		run
 * @name:	name
 *
 * Return: NULL: there is none.
 */
struct doctor_link *doctor_link_named(const struct doctor *d, const char *name)
{
	size_t i;

	for (i = 0; *name && i < d->n_links; i++)
		if (!strcmp(d->links[i].name, name))
			return &d->links[i];
	return NULL;
}

static void role(struct doctor_link *link, enum doctor_role what)
{
	if (link && !(link->flags & IFF_LOOPBACK))
		link->roles |= what;
}

/* The ports of a bridge or a bond, and what a VLAN stands on, see the same packets */
static void parts_mark(struct doctor *d)
{
	struct doctor_link *link, *other;
	bool again = true;
	size_t i;

	while (again) {
		again = false;
		for (i = 0; i < d->n_links; i++) {
			link = &d->links[i];
			other = doctor_link(d, link->master);
			/* those in a VRF have nothing to do with each other */
			if (other && other->roles && !link->roles && strcmp(other->kind, "vrf")) {
				link->roles = ROLE_PART;
				again = true;
			}
			other = link->roles ? doctor_link(d, link->below) : NULL;
			if (other && !other->roles) {
				other->roles = ROLE_PART;
				again = true;
			}
		}
	}
}

/* Where Linux sends what goes back to a subnet */
static void way_back(const struct doctor *d, struct doctor_subnet *s)
{
	const struct doctor_vnet *vnet = doctor_vnet(d, s->vnet);

	s->in_vrf = vnet && vnet->vrf;
	if (s->in_vrf)
		return;
	s->hop = doctor_route_to(s->addr + (~s->mask ? 1 : 0), 0);
	/* the router's own address there: ask for the next host */
	if (s->hop.err && s->hop.type == RTN_LOCAL && ~s->mask > 2)
		s->hop = doctor_route_to(s->addr + 2, 0);
	if (!s->hop.err)
		role(doctor_link(d, s->hop.oif), ROLE_INSIDE);
}

static void roles_find(struct doctor *d)
{
	struct doctor_hop hop;
	size_t i, j;

	for (i = 0; i < d->n_routes; i++)
		if (!d->routes[i].plen)
			role(doctor_link(d, d->routes[i].oif), ROLE_UPLINK);
	for (i = 0; i < ARRAY_SIZE(internet); i++) {
		hop = doctor_route_to(internet[i], 0);
		if (!hop.err)
			role(doctor_link(d, hop.oif), ROLE_UPLINK);
	}
	for (i = 0; i < d->n_addresses; i++)
		role(doctor_link_named(d, d->addresses[i].uplink), ROLE_UPLINK);
	for (i = 0; i < d->n_vnets; i++)
		for (j = 0; j < d->vnets[i].n_dev; j++)
			role(doctor_link_named(d, d->vnets[i].dev[j]), ROLE_INSIDE);
	for (i = 0; i < d->n_subnets; i++)
		way_back(d, &d->subnets[i]);
	for (i = 0; i < d->n_hops; i++) {
		hop = doctor_route_to(d->hops[i], 0);
		if (!hop.err)
			role(doctor_link(d, hop.oif), ROLE_HOP);
	}
	parts_mark(d);
	for (i = 0; i < d->n_links; i++)
		d->links[i].lro = d->links[i].roles && doctor_lro(d->links[i].name);
}

/**
 * doctor_read_net - read devices and routes
 * @d:		run, with its objects
 */
void doctor_read_net(struct doctor *d)
{
	unsigned int tries;
	struct rtmsg *head;
	struct rtnl r;

	/* What cannot be read is empty: rtnetlink answers everybody. A list that changed while it
	 * was read is half of one, and read again.
	 */
	for (tries = 0; tries < TRIES; tries++) {
		d->n_links = 0;
		rtnl_begin(&r, RTM_GETLINK, NLM_F_DUMP, sizeof(struct ifinfomsg));
		if (rtnl_ask(&r, NETLINK_ROUTE, link_answer, d) != EINTR)
			break;
	}
	for (tries = 0; tries < TRIES; tries++) {
		d->n_routes = 0;
		head = rtnl_begin(&r, RTM_GETROUTE, NLM_F_DUMP, sizeof(*head));
		head->rtm_family = AF_INET;
		if (rtnl_ask(&r, NETLINK_ROUTE, route_entry, d) != EINTR)
			break;
	}
	roles_find(d);
}

/**
 * doctor_sysctl - read a setting of the kernel
 * @key:	as sysctl takes it with slashes, "net/ipv4/ip_forward"
 * @value:	result, the first number
 *
 * Return: false: there is none.
 */
bool doctor_sysctl(const char *key, long *value)
{
	char path[192];
	bool good;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/sys/%s", key);
	file = fopen(path, "re");
	if (!file)
		return false;
	good = fscanf(file, "%ld", value) == 1;
	fclose(file);
	return good;
}

/**
 * doctor_key - name of a setting of a device
 * @buf:	result
 * @family:	"ipv4"
 * @link:	device, or NULL: all
 * @what:	"forwarding"
 *
 * With slashes, as the name of a device may have dots; sysctl takes both.
 */
const char *doctor_key(char buf[DOCTOR_KEY], const char *family, const struct doctor_link *link,
		       const char *what)
{
	snprintf(buf, DOCTOR_KEY, "net/%s/conf/%s/%s", family, link ? link->name : "all", what);
	return buf;
}
