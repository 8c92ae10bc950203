/* SPDX-License-Identifier: GPL-2.0 */
/* Which sessions and direct records a request asks for. */
#ifndef _NATGW_NETLINK_SESSION_FILTER_H
#define _NATGW_NETLINK_SESSION_FILTER_H

#include <linux/bits.h>
#include <linux/types.h>
#include <linux/natgw.h>

struct natgw_gateway;
struct natgw_net;
struct natgw_session;
struct natgw_session_event;
struct natgw_subnet;
struct natgw_vnet;
struct netlink_ext_ack;
struct nlattr;

/* What a request asks for */
struct natgw_session_filter {
	u32 given;			/* bit for each NATGW_A_SESSION_* that counts */
	u32 proto;
	u32 state;
	u32 kind;
	u32 src_port;
	u32 dst_port;
	u32 port;
	__be32 src;
	__be32 dst;
	__be32 address;
	struct natgw_gateway *gw;	/* one reference, or NULL */
	struct natgw_subnet *subnet;	/* one reference, or NULL */
	struct natgw_vnet *vnet;	/* one reference, or NULL */
};

/* What no direct record has */
#define NATGW_SESSION_NAT_ONLY	(BIT(NATGW_A_SESSION_ADDRESS) | BIT(NATGW_A_SESSION_PORT) | \
				 BIT(NATGW_A_SESSION_GATEWAY))

/** natgw_session_filter_put - drop the references of a filter */
void natgw_session_filter_put(struct natgw_session_filter *filter);

/**
 * natgw_session_filter_parse - a filter from the attributes of a request
 * @filter: result; to be dropped by natgw_session_filter_put()
 * @attrs: of the request, or NULL: asks for all
 *
 * Return: 0, or a negative errno with the reason.
 */
int natgw_session_filter_parse(struct natgw_session_filter *filter, struct natgw_net *nn,
			       struct nlattr **attrs, struct netlink_ext_ack *extack);

/** natgw_session_match - is a session asked for? Its state and what is left of it */
bool natgw_session_match(const struct natgw_session_filter *filter, const void *entry,
			 int *state, u32 *left);

/**
 * natgw_session_match_event - is a session that opens or ends asked for?
 * @filter: asks for neither a state nor a kind
 * @gw: of the session
 * @subnet: of the session
 * @event: what is told of it
 *
 * Context: any.
 */
bool natgw_session_match_event(const struct natgw_session_filter *filter,
			       const struct natgw_gateway *gw, const struct natgw_subnet *subnet,
			       const struct natgw_session_event *event);

/** natgw_session_match_direct - the same of a direct record */
bool natgw_session_match_direct(const struct natgw_session_filter *filter, const void *entry,
				int *state, u32 *left);

#endif
