/* SPDX-License-Identifier: GPL-2.0 */
/* What the bare call says: lists, and sentences about what is probably wrong. */
#ifndef NATGWCTL_REPORT_H
#define NATGWCTL_REPORT_H

#include "object.h"
#include "quota.h"

/** REPORT_SUBNETS - most subnets with a warning of their own */
#define REPORT_SUBNETS	8
/** REPORT_VNETS - most vnets that are down, and devices that are missing, with a line each */
#define REPORT_VNETS	8
/** REPORT_ADDRESSES - most addresses that are the router's too with a line of their own */
#define REPORT_ADDRESSES	8
/** REPORT_GATEWAYS - most gateways without address with a line of their own */
#define REPORT_GATEWAYS	8
/** REPORT_AGE - seconds after the last packet that a drop reason is warned of */
#define REPORT_AGE	600
/** REPORT_STRAY_AGE - likewise, of who sends to the Internet past all gateways */
#define REPORT_STRAY_AGE	(24 * 3600)
/** REPORT_DRAINS - most draining objects with a line of their own */
#define REPORT_DRAINS	8

/** REPORT_NEAR - most destinations near exhaustion with a line of their own */
#define REPORT_NEAR	4
/** HEADROOM_ADVICE - room for any advice about a gateway */
#define HEADROOM_ADVICE	256

/**
 * struct range - the addresses of a subnet
 * @addr:	first one, host byte order
 * @mask:	bits that its addresses share
 * @gateway:	that it is bound to, empty for none
 * @name:	its name
 */
struct range {
	uint32_t addr;
	uint32_t mask;
	char gateway[NATGW_NAME_MAX + 1];
	char name[NATGW_NAME_MAX + 1];
};

/**
 * struct refuser - a gateway that refused flows
 * @name:	its name
 * @failed:	flows refused
 * @said:	a warning names it
 * @quota:	what it lets one host have
 */
struct refuser {
	char name[NATGW_NAME_MAX + 1];
	uint64_t failed;
	bool said;
	struct quota quota;
};

/**
 * struct pool - what the ports of a gateway depend on
 * @name:	its name
 * @owner:	cluster that made it, or empty
 * @addresses:	attached
 * @allocation:	enum natgw_allocation
 * @pooling:	enum natgw_pooling
 * @warn:	warn-used, per cent
 * @limit:	destination-limit, 0: none
 * @block:	ports of one host, with blocks
 * @hosts:	that there are blocks for
 */
struct pool {
	char name[NATGW_NAME_MAX + 1];
	char owner[NATGW_NAME_MAX + 1];
	uint32_t addresses;
	uint32_t allocation;
	uint32_t pooling;
	uint32_t warn;
	uint32_t limit;
	uint32_t block;
	uint32_t hosts;
};

/**
 * struct headroom_own - addresses of a cluster's gateway that the cluster did not make
 * @ips:	"203.0.113.1,203.0.113.2", or empty
 * @prefixes:	likewise
 */
struct headroom_own {
	char ips[NATGW_GATEWAY_ADDRESSES * 20];
	char prefixes[NATGW_GATEWAY_ADDRESSES * 20];
};

/**
 * struct steered - packets dropped as their next hop does not answer
 * @packets:	their number
 * @last:	source of the last one, host byte order
 * @age:	seconds since it
 * @hops:	next hops of its routes that do not answer, with blanks between
 */
struct steered {
	uint64_t packets;
	uint32_t last;
	uint32_t age;
	char hops[256];
};

/**
 * struct sentences - what is said below the lists
 * @list:	sentences, each allocated
 * @n:		their number
 */
struct sentences {
	char **list;
	size_t n;
};

/**
 * struct report - the status on its way to the output
 * @out:	output
 * @warnings:	what should be looked at
 * @notes:	what looks like a defect in the lists and is none
 * @n_unbound:	subnets among them
 * @n_drains:	draining objects
 * @n_retired:	retired objects
 * @n_own:	addresses that are the router's too
 * @n_idle:	gateways without address
 * @forwarding:	that Linux does not forward was said
 * @route:	that Linux has no route to the Internet was said
 * @n_silent:	addresses that nobody answers ARP for, with a line each
 * @n_down:	vnets that are down
 * @n_missing:	devices of vnets that are not there
 * @steered:	packets that a next hop did not take, see hops_warn()
 * @subnets:	all subnets
 * @n_subnets:	their number
 * @refusers:	gateways that refused flows
 * @n_refusers:	their number
 * @pools:	all gateways
 * @n_pools:	their number
 * @n_near:	destinations near exhaustion
 */
struct report {
	struct out out;
	struct sentences warnings;
	struct sentences notes;
	unsigned int n_unbound;
	unsigned int n_drains;
	unsigned int n_retired;
	unsigned int n_own;
	unsigned int n_silent;
	unsigned int n_idle;
	bool forwarding;
	bool route;
	unsigned int n_down;
	unsigned int n_missing;
	struct steered steered;
	struct range *subnets;
	size_t n_subnets;
	struct refuser *refusers;
	size_t n_refusers;
	struct pool *pools;
	size_t n_pools;
	unsigned int n_near;
};

/* report.c */
__printf(2, 3)
void report_warning(struct report *report, const char *fmt, ...);
__printf(2, 3)
void report_note(struct report *report, const char *fmt, ...);
void report_more(struct report *report);
void report_show(struct out *o, const struct report *report);
void report_free(struct report *report);
const char *report_plural(uint64_t n);
uint32_t report_ip(const struct nlattr *addr);

/* report_object.c */
bool report_gateway(const struct nlmsghdr *nlh, void *data);
bool report_cluster(const struct nlmsghdr *nlh, void *data);
bool report_address(const struct nlmsghdr *nlh, void *data);
bool report_vnet(const struct nlmsghdr *nlh, void *data);
bool report_subnet(const struct nlmsghdr *nlh, void *data);

/* report_headroom.c */
void headroom_pool(struct pool *pool, const struct nlattr *const *tb);
char *headroom_cure(const struct pool *pool, const struct headroom_own *own, uint32_t ports,
		    uint32_t peak);
void report_pool_keep(struct report *report, const struct nlattr *const *tb);
uint32_t headroom_addresses(uint32_t addresses, uint32_t ports, uint32_t peak, uint32_t warn);
bool report_headroom(const struct nlmsghdr *nlh, void *data);

/* report_drop.c */
bool report_drops(const struct nlmsghdr *nlh, void *data);
void report_refusers(struct report *report);
void report_hops(struct ctl *ctl, struct report *report);

#endif /* NATGWCTL_REPORT_H */
