// SPDX-License-Identifier: GPL-2.0
/* Objects that cannot do what they are there for; checks of cmd_doctor.c. */
#include <string.h>

#include "doctor.h"

/** ANSWERS_MIN - so many flows without an answer are no chance */
#define ANSWERS_MIN	5

static const uint32_t internet[] = DOCTOR_INTERNET;

/* The only gateway, or a word that stands for one */
static const char *gateway_name(const struct doctor *d)
{
	return d->n_gateways == 1 ? d->gateways[0].name : "GATEWAY";
}

static const struct doctor_address *address_free(const struct doctor *d)
{
	size_t i;

	for (i = 0; i < d->n_addresses; i++)
		if (!*d->addresses[i].gateway && !d->addresses[i].owned)
			return &d->addresses[i];
	return NULL;
}

static void no_address(struct doctor *d, const struct doctor_gateway *g)
{
	const struct doctor_address *a = address_free(d);

	doctor_found(d, g->subnets ? DOCTOR_ERROR : DOCTOR_WARNING,
		     "gateway %s has no address%s", g->name,
		     g->subnets ? ", and what its subnets send is dropped" : "");
	doctor_evidence(d, "natgwctl gateway show %s: operational no (no-address)", g->name);
	doctor_cure(d, "natgwctl gateway set %s address %s", g->name, a ? a->text : "IP");
}

static void no_subnet(struct doctor *d, const struct doctor_gateway *g)
{
	const char *name = NULL;
	size_t i;

	for (i = 0; i < d->n_subnets && !name; i++)
		if (!*d->subnets[i].gateway)
			name = d->subnets[i].name;
	doctor_found(d, DOCTOR_WARNING, "no subnet is bound to gateway %s: it translates nothing",
		     g->name);
	doctor_evidence(d, "natgwctl gateway show %s: operational no (no-subnet)", g->name);
	if (name)
		doctor_cure(d, "natgwctl subnet set %s gateway %s", name, g->name);
	else
		doctor_cure(d, "natgwctl subnet add SUBNET prefix CIDR gateway %s", g->name);
}

/**
 * check_gateways - does each gateway work?
 * @d:		run
 *
 * What Linux does not forward is said by check_forwarding().
 */
void check_gateways(struct doctor *d)
{
	const struct doctor_gateway *g;
	char ip[ADDR_TEXT];
	size_t i;

	for (i = 0; i < d->n_gateways; i++) {
		g = &d->gateways[i];
		if (g->retired)
			continue;
		if (g->operational == NATGW_OPERATIONAL_NO_ADDRESS)
			no_address(d, g);
		else if (g->operational == NATGW_OPERATIONAL_NO_SUBNET)
			no_subnet(d, g);
		if (g->operational != NATGW_OPERATIONAL_NO_ROUTE)
			continue;
		doctor_found(d, DOCTOR_ERROR,
			     "Linux has no route to the Internet for gateway %s", g->name);
		doctor_evidence(d,
				"natgwctl gateway show %s: operational no (no-route), ip route get %s: %s",
				g->name, doctor_ip(ip, internet[0]),
				strerror(doctor_route_to(internet[0], 0).err));
		doctor_cure(d, "ip route add default via NEXT-HOP");
	}
}

static void device_check(struct doctor *d, const struct doctor_address *a, const char *key,
			 const char *dev)
{
	const struct doctor_link *link = doctor_link_named(d, dev);
	char typed[DOCTOR_QUOTED];

	if (!*dev || (link && link->flags & IFF_UP))
		return;
	doctor_found(d, DOCTOR_ERROR, "device %s, the %s of address %s, %s", dev, key, a->text,
		     link ? "is down" : "does not exist");
	doctor_evidence(d,
			"natgwctl address show %s: %s %s, ip link show %s: %s",
			a->text, key, dev,
			dev, link ? "down" : "nothing");
	if (link)
		doctor_cure(d, "ip link set %s up", text_quoted(typed, sizeof(typed), dev));
	else
		doctor_cure(d, "natgwctl address set %s %s none", a->text, key);
}

/**
 * check_addresses - are public addresses attached, answered for, and nobody else's?
 * @d:		run
 */
void check_addresses(struct doctor *d)
{
	const struct doctor_address *a;
	char typed[DOCTOR_QUOTED];
	size_t i;

	for (i = 0; i < d->n_addresses; i++) {
		a = &d->addresses[i];
		if (a->retired)
			continue;
		device_check(d, a, "dev", a->dev);
		device_check(d, a, "uplink", a->uplink);
		if (*a->own_dev) {
			doctor_found(d, DOCTOR_ERROR,
				     "the router is not reached at its own address of %s on %s",
				     a->text, a->own_dev);
			doctor_evidence(d,
					"ip addr show dev %s, natgwctl address show %s: shared off",
					a->own_dev, a->text);
			doctor_cure(d, "natgwctl address set %s shared on", a->text);
		} else if (*a->silent_dev) {
			doctor_found(d, DOCTOR_ERROR,
				     "address %s is in the network of %s, where nobody answers ARP for it",
				     a->text, a->silent_dev);
			doctor_evidence(d,
					"ip addr show dev %s, natgwctl address show %s: dev none",
					a->silent_dev, a->text);
			doctor_cure(d, "natgwctl address set %s dev %s", a->text,
				    text_quoted(typed, sizeof(typed), a->silent_dev));
		}
		if (*a->gateway || a->owned)
			continue;
		doctor_found(d, DOCTOR_WARNING,
			     "address %s is attached to no gateway: it translates nothing",
			     a->text);
		doctor_evidence(d, "natgwctl address show %s: gateway none", a->text);
		doctor_cure(d, "natgwctl address set %s gateway %s", a->text, gateway_name(d));
	}
}

/**
 * check_answers - does the Internet find the way to each address?
 * @d:		run
 */
void check_answers(struct doctor *d)
{
	const struct doctor_hop hop = doctor_route_to(internet[0], 0);
	char next[ADDR_TEXT], here[ADDR_TEXT];
	const struct doctor_address *a;
	size_t i;

	for (i = 0; i < d->n_addresses && !hop.err; i++) {
		a = &d->addresses[i];
		if (a->opened < ANSWERS_MIN || a->answered || !a->sessions || *a->silent_dev)
			continue;
		doctor_ip(next, hop.gateway);
		doctor_ip(here, hop.source);
		doctor_found(d, DOCTOR_ERROR,
			     "no answer has come back to address %s: does %s route it to this router? Type the cure there, in its own words",
			     a->text, hop.gateway ? next : "the next router");
		doctor_evidence(d, "natgwctl -s address show %s: attempted %llu, established 0",
				a->text, (unsigned long long)a->opened);
		doctor_cure(d, "ip route add %s via %s", a->text, here);
	}
}

/**
 * check_vnets - are the devices of each vnet there?
 * @d:		run
 */
void check_vnets(struct doctor *d)
{
	const struct doctor_vnet *v;
	size_t i, j;

	for (i = 0; i < d->n_vnets; i++) {
		v = &d->vnets[i];
		if (v->down) {
			doctor_found(d, DOCTOR_ERROR,
				     "vnet %s is down and its packets are dropped: a device has left its VRF",
				     v->name);
			doctor_evidence(d, "natgwctl vnet show %s: down", v->name);
			doctor_cure(d, "ip link set DEV master VRF");
		}
		for (j = 0; j < v->n_dev; j++) {
			if (doctor_link_named(d, v->dev[j]))
				continue;
			doctor_found(d, DOCTOR_ERROR,
				     "device %s of vnet %s does not exist, and what its hosts send is dropped: name the one that it comes by",
				     v->dev[j], v->name);
			doctor_evidence(d,
					"natgwctl vnet show %s: dev %s, ip link show %s: nothing",
					v->name, v->dev[j], v->dev[j]);
			doctor_cure(d, "natgwctl vnet set %s dev DEV", v->name);
		}
	}
}

/**
 * check_subnets - does Linux find the way back to the hosts of each bound subnet?
 * @d:		run
 */
void check_subnets(struct doctor *d)
{
	const struct doctor_hop out = doctor_route_to(internet[0], 0);
	const struct doctor_subnet *s;
	const struct doctor_link *link;
	size_t i;

	for (i = 0; i < d->n_subnets; i++) {
		s = &d->subnets[i];
		if (!*s->gateway || s->in_vrf)
			continue;
		link = doctor_link(d, s->hop.oif);
		if (s->hop.err)
			doctor_found(d, DOCTOR_ERROR,
				     "Linux has no route to subnet %s, %s: its answers cannot be delivered",
				     s->name, s->prefix);
		else if (!out.err && link && s->hop.oif == out.oif && s->hop.gateway &&
			 s->hop.gateway == out.gateway)
			doctor_found(d, DOCTOR_ERROR,
				     "Linux sends answers for subnet %s, %s, back to the Internet by %s: it has no route to it but the default one",
				     s->name, s->prefix, link->name);
		else
			continue;
		doctor_evidence(d, "ip route get to a host of %s: %s", s->prefix,
				s->hop.err ? strerror(s->hop.err) : link->name);
		doctor_cure(d, "ip route add %s via NEXT-HOP", s->prefix);
	}
}

static bool is_known(const struct doctor *d, const char *source)
{
	struct parse_error e;
	struct inet in;
	uint32_t ip;
	size_t i;

	if (!parse_addr(source, &in, &e) || in.len != sizeof(ip))
		return true;
	ip = (uint32_t)in.addr[0] << 24 | in.addr[1] << 16 | in.addr[2] << 8 | in.addr[3];
	for (i = 0; i < d->n_subnets; i++)
		if (!((ip ^ d->subnets[i].addr) & d->subnets[i].mask))
			return true;
	return false;
}

/**
 * check_unbound - who sends to the Internet past all gateways?
 * @d:		run
 */
void check_unbound(struct doctor *d)
{
	const struct doctor_drop *stray = &d->drops[NATGW_DROP_NO_SUBNET];
	const struct doctor_subnet *s;
	char age[TIME_TEXT];
	size_t i;

	for (i = 0; i < d->n_subnets; i++) {
		s = &d->subnets[i];
		if (!s->untranslated || *s->gateway || s->age > REPORT_STRAY_AGE)
			continue;
		doctor_found(d, DOCTOR_WARNING,
			     "subnet %s, %s, sends to the Internet untranslated: no gateway is bound to it",
			     s->name, s->prefix);
		doctor_evidence(d,
				"natgwctl subnet show %s: untranslated %llu, last source %s, %s ago",
				s->name, (unsigned long long)s->untranslated,
				*s->last ? s->last : "unknown", time_text(age, s->age));
		doctor_cure(d, "natgwctl subnet set %s gateway %s", s->name, gateway_name(d));
	}
	if (!stray->packets || !*stray->last || stray->age > REPORT_STRAY_AGE ||
	    is_known(d, stray->last))
		return;
	doctor_found(d, DOCTOR_WARNING, "%s sends to the Internet untranslated: it is in no subnet",
		     stray->last);
	doctor_evidence(d, "natgwctl stats show: no-subnet %llu, last source %s, %s ago",
			(unsigned long long)stray->packets, stray->last,
			time_text(age, stray->age));
	doctor_cure(d, "natgwctl subnet add SUBNET prefix %s/32 gateway %s", stray->last,
		    gateway_name(d));
}
