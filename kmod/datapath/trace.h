/* SPDX-License-Identifier: GPL-2.0 */
/* Tracepoints: natgw:natgw_refused, natgw:natgw_direct_refused, natgw:natgw_drop. */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM natgw

#if !defined(_NATGW_DATAPATH_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define _NATGW_DATAPATH_TRACE_H

#include <linux/ip.h>
#include <linux/skbuff.h>
#include <linux/string.h>
#include <linux/tracepoint.h>
#include <linux/natgw.h>
#include "session/session.h"
#include "snapshot/config.h"

/* values, for those who read the format of the events from outside */
TRACE_DEFINE_ENUM(NATGW_DROP_NO_GATEWAY);
TRACE_DEFINE_ENUM(NATGW_DROP_NO_SUBNET);
TRACE_DEFINE_ENUM(NATGW_DROP_UNSOLICITED);
TRACE_DEFINE_ENUM(NATGW_DROP_HAIRPIN);
TRACE_DEFINE_ENUM(NATGW_DROP_SPOOFED_SOURCE);
TRACE_DEFINE_ENUM(NATGW_DROP_FOREIGN_NAT);
TRACE_DEFINE_ENUM(NATGW_DROP_PROTOCOL);
TRACE_DEFINE_ENUM(NATGW_DROP_FRAGMENT);
TRACE_DEFINE_ENUM(NATGW_DROP_MALFORMED);
TRACE_DEFINE_ENUM(NATGW_DROP_CHECKSUM);
TRACE_DEFINE_ENUM(NATGW_DROP_NO_SESSION);
TRACE_DEFINE_ENUM(NATGW_DROP_LATE_SENDER);
TRACE_DEFINE_ENUM(NATGW_DROP_COOLING);
TRACE_DEFINE_ENUM(NATGW_DROP_ICMP_NO_SESSION);
TRACE_DEFINE_ENUM(NATGW_DROP_POOL_EMPTY);
TRACE_DEFINE_ENUM(NATGW_DROP_DESTINATION_FULL);
TRACE_DEFINE_ENUM(NATGW_DROP_ALL_COOLING);
TRACE_DEFINE_ENUM(NATGW_DROP_MEMORY);
TRACE_DEFINE_ENUM(NATGW_DROP_REWRITE);
TRACE_DEFINE_ENUM(NATGW_DROP_REROUTE);
TRACE_DEFINE_ENUM(NATGW_DROP_IPV6);
TRACE_DEFINE_ENUM(NATGW_DROP_DRAINING);
TRACE_DEFINE_ENUM(NATGW_DROP_QUOTA);
TRACE_DEFINE_ENUM(NATGW_DROP_DESTINATION_CAP);
TRACE_DEFINE_ENUM(NATGW_DROP_ROUTE_NONE);
TRACE_DEFINE_ENUM(NATGW_DROP_PRIVATE_SPACE);
TRACE_DEFINE_ENUM(NATGW_DROP_NEXT_HOP);
TRACE_DEFINE_ENUM(NATGW_DROP_NEXT_HOP_DOWN);
TRACE_DEFINE_ENUM(NATGW_DROP_VNET_DOWN);
TRACE_DEFINE_ENUM(NATGW_DROP_ASYMMETRIC);
TRACE_DEFINE_ENUM(NATGW_DROP_TOO_BIG);
TRACE_DEFINE_ENUM(NATGW_DROP_OUTBOUND_BLOCK);
TRACE_DEFINE_ENUM(NATGW_DROP_UNTRANSLATED);
TRACE_DEFINE_ENUM(NATGW_DROP_VNET_DEVICE);
TRACE_DEFINE_ENUM(NATGW_DROP_REDIRECT);
TRACE_DEFINE_ENUM(NATGW_DROP_UPLINK);
TRACE_DEFINE_ENUM(NATGW_DROP_IPSEC);

/* words of enum natgw_drop_reason, as natgwctl prints them */
#define natgw_show_reason(_reason)					\
	__print_symbolic(_reason,					\
		{ NATGW_DROP_NO_GATEWAY, "no-gateway" },		\
		{ NATGW_DROP_NO_SUBNET, "no-subnet" },			\
		{ NATGW_DROP_UNSOLICITED, "unsolicited" },		\
		{ NATGW_DROP_HAIRPIN, "hairpin" },			\
		{ NATGW_DROP_SPOOFED_SOURCE, "spoofed-source" },	\
		{ NATGW_DROP_FOREIGN_NAT, "foreign-nat" },		\
		{ NATGW_DROP_PROTOCOL, "protocol" },			\
		{ NATGW_DROP_FRAGMENT, "fragment" },			\
		{ NATGW_DROP_MALFORMED, "malformed" },			\
		{ NATGW_DROP_CHECKSUM, "checksum" },			\
		{ NATGW_DROP_NO_SESSION, "no-session" },		\
		{ NATGW_DROP_LATE_SENDER, "late-sender" },		\
		{ NATGW_DROP_COOLING, "cooling" },			\
		{ NATGW_DROP_ICMP_NO_SESSION, "icmp-no-session" },	\
		{ NATGW_DROP_POOL_EMPTY, "pool-empty" },		\
		{ NATGW_DROP_DESTINATION_FULL, "destination-full" },	\
		{ NATGW_DROP_ALL_COOLING, "all-cooling" },		\
		{ NATGW_DROP_MEMORY, "memory" },			\
		{ NATGW_DROP_REWRITE, "rewrite" },			\
		{ NATGW_DROP_REROUTE, "reroute" },			\
		{ NATGW_DROP_IPV6, "ipv6" },				\
		{ NATGW_DROP_DRAINING, "draining" },			\
		{ NATGW_DROP_QUOTA, "quota" },				\
		{ NATGW_DROP_DESTINATION_CAP, "destination-cap" },	\
		{ NATGW_DROP_ROUTE_NONE, "route-none" },		\
		{ NATGW_DROP_PRIVATE_SPACE, "private-space" },		\
		{ NATGW_DROP_NEXT_HOP, "next-hop" },			\
		{ NATGW_DROP_NEXT_HOP_DOWN, "next-hop-down" },		\
		{ NATGW_DROP_VNET_DOWN, "vnet-down" },			\
		{ NATGW_DROP_ASYMMETRIC, "asymmetric" },		\
		{ NATGW_DROP_TOO_BIG, "too-big" },			\
		{ NATGW_DROP_OUTBOUND_BLOCK, "outbound-block" },	\
		{ NATGW_DROP_UNTRANSLATED, "untranslated" },		\
		{ NATGW_DROP_VNET_DEVICE, "vnet-device" },		\
		{ NATGW_DROP_REDIRECT, "redirect" },			\
		{ NATGW_DROP_UPLINK, "uplink" },			\
		{ NATGW_DROP_IPSEC, "ipsec" })

/**
 * natgw_refused - a new flow got no port
 * @gw: its gateway
 * @reason: enum natgw_drop_reason
 * @inside: its inside tuple
 */
TRACE_EVENT(natgw_refused,
	    TP_PROTO(const struct natgw_gateway *gw, u32 reason, const struct natgw_tuple *inside),

	    TP_ARGS(gw, reason, inside),

	    TP_STRUCT__entry(__array(char, gateway, NATGW_NAME_MAX + 1)
			     __field(u32, reason)
			     __field(u8, proto)
			     __array(u8, src, 4)
			     __field(u16, sport)
			     __array(u8, dst, 4)
			     __field(u16, dport)
	    ),

	    TP_fast_assign(memcpy(__entry->gateway, gw->name, sizeof(gw->name));
			   __entry->reason = reason;
			   __entry->proto = inside->proto;
			   memcpy(__entry->src, &inside->host, sizeof(inside->host));
			   __entry->sport = ntohs(inside->host_port);
			   memcpy(__entry->dst, &inside->peer, sizeof(inside->peer));
			   __entry->dport = ntohs(inside->peer_port);
	    ),

	    TP_printk("gateway=%s reason=%s proto=%u src=%pI4:%u dst=%pI4:%u",
		      __entry->gateway, natgw_show_reason(__entry->reason),
		      __entry->proto, __entry->src, __entry->sport, __entry->dst, __entry->dport)
);

/**
 * natgw_direct_refused - a flow from outside got no direct record: no room, or no memory
 * @subnet: of its inside host
 * @inside: its tuple, seen from inside
 */
TRACE_EVENT(natgw_direct_refused,
	    TP_PROTO(const struct natgw_subnet *subnet, const struct natgw_tuple *inside),

	    TP_ARGS(subnet, inside),

	    TP_STRUCT__entry(__array(char, subnet, NATGW_NAME_MAX + 1)
			     __field(u8, proto)
			     __array(u8, src, 4)
			     __field(u16, sport)
			     __array(u8, dst, 4)
			     __field(u16, dport)
	    ),

	    TP_fast_assign(memcpy(__entry->subnet, subnet->name, sizeof(subnet->name));
			   __entry->proto = inside->proto;
			   memcpy(__entry->src, &inside->host, sizeof(inside->host));
			   __entry->sport = ntohs(inside->host_port);
			   memcpy(__entry->dst, &inside->peer, sizeof(inside->peer));
			   __entry->dport = ntohs(inside->peer_port);
	    ),

	    TP_printk("subnet=%s proto=%u src=%pI4:%u dst=%pI4:%u", __entry->subnet,
		      __entry->proto, __entry->src, __entry->sport, __entry->dst, __entry->dport)
);

/**
 * natgw_drop - a packet was dropped
 * @reason: enum natgw_drop_reason
 * @skb: packet, its network header is set
 */
TRACE_EVENT(natgw_drop,
	    TP_PROTO(u32 reason, const struct sk_buff *skb),

	    TP_ARGS(reason, skb),

	    TP_STRUCT__entry(__field(u32, reason)
			     __array(u8, saddr, 4)
			     __array(u8, daddr, 4)
			     __field(u8, protocol)
	    ),

	    TP_fast_assign(__entry->reason = reason;
			   memcpy(__entry->saddr, &ip_hdr(skb)->saddr, sizeof(__be32));
			   memcpy(__entry->daddr, &ip_hdr(skb)->daddr, sizeof(__be32));
			   __entry->protocol = ip_hdr(skb)->protocol;
	    ),

	    TP_printk("reason=%s saddr=%pI4 daddr=%pI4 protocol=%u",
		      natgw_show_reason(__entry->reason),
		      __entry->saddr, __entry->daddr, __entry->protocol)
);

#endif

/* Not in include/trace: Kbuild makes the directory above this one searched */
#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH datapath
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>
