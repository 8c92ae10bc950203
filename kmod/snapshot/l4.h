/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The transport protocols that are translated: one row each. A file that treats one
 * protocol otherwise than another asks the row, and names none.
 *
 * The rows are data, and they are here and not behind a call: the compiler sees through
 * natgw_l4(), so that a packet costs a comparison with the number of its protocol, and
 * no indirect call.
 *
 * Pure logic, also compiled in userspace by selftests/unit.
 */
#ifndef _NATGW_SNAPSHOT_L4_H
#define _NATGW_SNAPSHOT_L4_H

#include <linux/icmp.h>
#include <linux/in.h>
#include <linux/natgw.h>
#include <linux/tcp.h>
#include <linux/types.h>
#include <linux/udp.h>
#include "snapshot/timer.h"
#ifndef __KERNEL__
#include "l4_user.h"
#endif

#define NATGW_TCP_FIN	0x01
#define NATGW_TCP_SYN	0x02
#define NATGW_TCP_RST	0x04
#define NATGW_TCP_ACK	0x10

/** NATGW_L4_HEADER_MOST - bytes of the longest @header */
#define NATGW_L4_HEADER_MOST	sizeof(struct tcphdr)

/** NATGW_L4_HEADER_LEAST - bytes of the shortest @header of a protocol with ports */
#define NATGW_L4_HEADER_LEAST	sizeof(struct udphdr)

/** NATGW_L4_DEFAULT - protocol of a question that names none */
#define NATGW_L4_DEFAULT	IPPROTO_TCP

/** struct natgw_l4_ports - head of each header of a protocol that has ports */
struct natgw_l4_ports {
	__be16 source;
	__be16 dest;
};

/** enum natgw_l4_row - index of the rows */
enum natgw_l4_row {
	NATGW_L4_TCP,
	NATGW_L4_UDP,
	NATGW_L4_ICMP,
	NATGW_L4_ROWS
};

/**
 * struct natgw_l4 - what the gateway has to know of a transport protocol
 * @name: in messages
 * @header: bytes of its header that are read and rewritten; 0: not translated
 * @check: offset of its checksum
 * @check_optional: a checksum of zero says that there is none
 * @id: it is ICMP, whose queries have an id in place of ports: that is @host_port of
 *	struct natgw_tuple, and @peer_port is 0. Its checksum leaves out the addresses
 * @connects: it has connections, whose states session/tcp.c follows; they end in order
 *	while their port cools
 * @resets: a reset ends what one end has, and session/reset.c can send one
 * @by_address: preallocated ports serve one flow to an address, whatever the port there
 * @opens: flags that a packet has which may begin a flow, ...
 * @opens_of: ... out of these; 0: each packet may
 * @timer: enum natgw_timer of a flow that is no connection, or is established
 * @unsolicited: enum natgw_drop_reason of a packet from outside without session
 * @ports_attr: attribute of PORTS_GET that counts its ports
 * @direct: s that a direct record may be idle
 * @azure: s that a session may be idle on Azure: a gateway's shorter timer holds for
 *	direct records too
 */
struct natgw_l4 {
	const char *name;
	u8 header;
	u8 check;
	bool check_optional;
	bool id;
	bool connects;
	bool resets;
	bool by_address;
	u8 opens;
	u8 opens_of;
	u8 timer;
	u8 unsolicited;
	u8 ports_attr;
	u16 direct;
	u16 azure;
};

/* The last row is that of protocols which are not translated */
static const struct natgw_l4 natgw_l4_rows[NATGW_L4_ROWS + 1] = {
	[NATGW_L4_TCP] = {
		.name		= "tcp",
		.header		= sizeof(struct tcphdr),
		.check		= offsetof(struct tcphdr, check),
		.connects	= true,
		.resets		= true,
		.opens		= NATGW_TCP_SYN,
		.opens_of	= NATGW_TCP_SYN | NATGW_TCP_ACK | NATGW_TCP_RST | NATGW_TCP_FIN,
		.timer		= NATGW_TIMER_ESTABLISHED,
		.unsolicited	= NATGW_DROP_UNSOLICITED,
		.ports_attr	= NATGW_A_PORTS_TCP,
		.direct		= 7440,		/* RFC 5382 REQ-5 */
		.azure		= 240,
	},
	[NATGW_L4_UDP] = {
		.name		= "udp",
		.header		= sizeof(struct udphdr),
		.check		= offsetof(struct udphdr, check),
		.check_optional	= true,
		.by_address	= true,		/* Azure Load Balancer: port restricted cone */
		.timer		= NATGW_TIMER_UDP,
		.unsolicited	= NATGW_DROP_UNSOLICITED,
		.ports_attr	= NATGW_A_PORTS_UDP,
		.direct		= 300,		/* RFC 4787 REQ-5 */
		.azure		= 240,
	},
	[NATGW_L4_ICMP] = {
		.name		= "icmp",
		.header		= sizeof(struct icmphdr),
		.check		= offsetof(struct icmphdr, checksum),
		.id		= true,
		.timer		= NATGW_TIMER_ICMP,
		.unsolicited	= NATGW_DROP_ICMP_NO_SESSION,
		.ports_attr	= NATGW_A_PORTS_ICMP,
		.direct		= 60,		/* RFC 5508 REQ-2 */
		.azure		= 60,
	},
	[NATGW_L4_ROWS] = {
		.name		= "?",
		.unsolicited	= NATGW_DROP_PROTOCOL,
	},
};

/** natgw_l4 - row of a protocol number; never NULL: see @header */
static __always_inline const struct natgw_l4 *natgw_l4(u16 proto)
{
	/* no switch: the compiler would look the row's address up in a table of them */
	if (proto == IPPROTO_TCP)
		return &natgw_l4_rows[NATGW_L4_TCP];
	if (proto == IPPROTO_UDP)
		return &natgw_l4_rows[NATGW_L4_UDP];
	if (proto == IPPROTO_ICMP)
		return &natgw_l4_rows[NATGW_L4_ICMP];
	return &natgw_l4_rows[NATGW_L4_ROWS];
}

/** NATGW_L4_PLAINEST - row of a protocol with ports and without connections: there is one */
#define NATGW_L4_PLAINEST	(&natgw_l4_rows[NATGW_L4_UDP])

/** natgw_l4_is_plainest - is this the number of that protocol? */
static __always_inline bool natgw_l4_is_plainest(u16 proto)
{
	return proto == IPPROTO_UDP;
}

/** natgw_l4_row - its index, enum natgw_l4_row; NATGW_L4_ROWS if it is not translated */
static inline unsigned int natgw_l4_row(u16 proto)
{
	return natgw_l4(proto) - natgw_l4_rows;
}

/** natgw_l4_known - is a protocol translated? */
static inline bool natgw_l4_known(u16 proto)
{
	return natgw_l4(proto)->header;
}

#endif
