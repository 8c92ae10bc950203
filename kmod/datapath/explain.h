/* SPDX-License-Identifier: GPL-2.0 */
/* What would become of a packet, found out by the functions that packets go through. */
#ifndef _NATGW_DATAPATH_EXPLAIN_H
#define _NATGW_DATAPATH_EXPLAIN_H

#include <linux/if.h>
#include <linux/natgw.h>
#include <linux/types.h>

struct natgw_config;
struct natgw_gateway;
struct natgw_net;
struct natgw_subnet_range;
struct natgw_vnet_view;

/**
 * struct natgw_question - a packet that begins a flow
 * @src: source
 * @dst: destination
 * @src_port: or ICMP id
 * @dst_port: 0 for ICMP
 * @proto: IPPROTO_*
 * @flow: @src_port is given, so the flow may exist
 * @vnet: of the source
 * @range: subnet of the source, or NULL
 */
struct natgw_question {
	__be32 src;
	__be32 dst;
	u16 src_port;
	u16 dst_port;
	u8 proto;
	bool flow;
	const struct natgw_vnet_view *vnet;
	const struct natgw_subnet_range *range;
};

/**
 * struct natgw_verdict - the answer
 * @method: enum natgw_method
 * @reason: enum natgw_drop_reason that it is dropped or counted under, or -1
 * @gw: gateway that translates, drops or counts it, or NULL
 * @n: used part of @address
 * @address: public IPs it may leave by
 * @left: ports free for its destination at those; only if there is an @address and no @session
 * @session: a session or a direct record carries it
 * @port: public port of a session, or 0
 * @hop: where it is steered to, or 0
 * @dev: device it leaves by, or empty
 * @obstacle: enum natgw_obstacle
 */
struct natgw_verdict {
	u32 method;
	int reason;
	const struct natgw_gateway *gw;
	u32 n;
	__be32 address[NATGW_GATEWAY_ADDRESSES];
	u32 left;
	bool session;
	u16 port;
	__be32 hop;
	char dev[IFNAMSIZ];
	u32 obstacle;
};

/**
 * natgw_explain - what would become of a packet
 * @nn: namespace, @nn->lock held
 * @question: the packet
 * @verdict: result
 *
 * Nothing is sent, counted or reserved. Context: process. Return: 0 or -ENOMEM.
 */
int natgw_explain(struct natgw_net *nn, const struct natgw_question *question,
		  struct natgw_verdict *verdict);

/**
 * natgw_explain_ingress - vnet of what has a source that is in no subnet
 *
 * Context: nn->lock held.
 */
const struct natgw_vnet_view *natgw_explain_ingress(struct natgw_net *nn,
						    const struct natgw_config *config,
						    __be32 src);

#endif
