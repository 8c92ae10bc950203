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
#undef FN
#define FN(_name, ...)	TRACE_DEFINE_ENUM(NATGW_DROP_##_name);
NATGW_DROP_REASONS(FN, FN)

/* words of enum natgw_drop_reason, as natgwctl prints them */
#undef FN
#undef FN_LAST
#define FN(_name, _word, ...)		{ NATGW_DROP_##_name, _word },
#define FN_LAST(_name, _word, ...)	{ NATGW_DROP_##_name, _word }
#define natgw_show_reason(_reason)	\
	__print_symbolic(_reason, NATGW_DROP_REASONS(FN, FN_LAST))

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
