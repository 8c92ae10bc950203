/* SPDX-License-Identifier: ((GPL-2.0 WITH Linux-syscall-note) OR BSD-3-Clause) */
/*
 * natgw: generic netlink interface of the cloud NAT gateway.
 *
 * The contract is Documentation/netlink/specs/natgw.yaml; this header is the
 * only one that the kernel module and its users share. Values are never
 * renumbered, new ones are appended.
 *
 * All numbers are in host byte order unless said otherwise; addresses are
 * binary in network byte order, 4 bytes where the family is AF_INET. Times
 * are whole seconds. Every object that carries an address carries its family.
 */
#ifndef _UAPI_LINUX_NATGW_H
#define _UAPI_LINUX_NATGW_H

#include <linux/types.h>

#define NATGW_GENL_NAME		"natgw"
#define NATGW_GENL_VERSION	1

/** NATGW_NAME_MAX - longest object name, without the terminating NUL */
#define NATGW_NAME_MAX		31
/** NATGW_PORT_MIN - first port of a pool (Azure NAT gateway: 1024..65535) */
#define NATGW_PORT_MIN		1024
/** NATGW_PORTS - ports of one address and protocol: 64,512 */
#define NATGW_PORTS		64512
/** NATGW_PORTS_WATCHED - from so many ports of one address on a destination is watched */
#define NATGW_PORTS_WATCHED	256
/** NATGW_WARN_LESS - per cent of ports below warn-used at which a destination is well again */
#define NATGW_WARN_LESS		10
/** NATGW_GATEWAYS - most gateways of one network namespace, those of clusters included */
#define NATGW_GATEWAYS		1024
/** NATGW_ADDRESSES - most public IPs of one network namespace, prefixes counted in full */
#define NATGW_ADDRESSES		4096
/** NATGW_SUBNETS - most subnets of one network namespace */
#define NATGW_SUBNETS		8192
/** NATGW_TAGS - most service tags of one network namespace */
#define NATGW_TAGS		4096
/**
 * NATGW_NEXT_HOPS - most next hops of the route tables in use: the different ones of a
 * table and the VPN's, counted again for each vnet that uses it
 */
#define NATGW_NEXT_HOPS		65536
/** NATGW_GATEWAY_ADDRESSES - most addresses of one gateway, prefixes counted in full */
#define NATGW_GATEWAY_ADDRESSES	16
/** NATGW_GATEWAY_SUBNETS - most subnets of one gateway */
#define NATGW_GATEWAY_SUBNETS	800
/** NATGW_VNET_DEFAULT - the vnet that exists from the start */
#define NATGW_VNET_DEFAULT	"default"
/** NATGW_VNETS - most vnets of one network namespace, "default" included */
#define NATGW_VNETS		256
/** NATGW_VNET_PREFIXES - most prefixes of one vnet's address space */
#define NATGW_VNET_PREFIXES	64
/** NATGW_VNET_DEVS - most ingress devices of one vnet */
#define NATGW_VNET_DEVS		64
/** NATGW_ROUTE_TABLES - most route tables (Azure subscription limit: 200) */
#define NATGW_ROUTE_TABLES	200
/** NATGW_TABLE_ROUTES - most routes of one table (Azure limit: 400) */
#define NATGW_TABLE_ROUTES	400
/** NATGW_TABLE_TAGS - most routes of one table whose destination is a tag (Azure: 25) */
#define NATGW_TABLE_TAGS	25
/** NATGW_TAG_PREFIXES - most prefixes of one tag; one message holds them all */
#define NATGW_TAG_PREFIXES	1024
/** NATGW_CLUSTER_NAME_MAX - longest name of a cluster: its gateways add "-nat" to it */
#define NATGW_CLUSTER_NAME_MAX	27
/** NATGW_CLUSTER_SUBNETS - most subnets of one cluster */
#define NATGW_CLUSTER_SUBNETS	64
/** NATGW_CLUSTER_RANGES - most authorized IP ranges of one cluster (AKS limit: 200) */
#define NATGW_CLUSTER_RANGES	200
/** NATGW_CLUSTERS - most clusters of one network namespace */
#define NATGW_CLUSTERS		256
/** NATGW_MANAGED_POOLS - most prefixes of the managed pool */
#define NATGW_MANAGED_POOLS	64

/** NATGW_MCGRP_CONFIG - multicast group of the *_NTF of objects */
#define NATGW_MCGRP_CONFIG	"config"
/** NATGW_MCGRP_EXHAUSTION - multicast group of NATGW_CMD_EXHAUSTION_NTF */
#define NATGW_MCGRP_EXHAUSTION	"exhaustion"

/**
 * enum natgw_cmd - commands
 *
 * GET of an object answers one object, with NLM_F_DUMP all of them. NEW, SET,
 * DEL, RESET and the transaction commands need CAP_NET_ADMIN in the network
 * namespace; so do GET of objects, sessions and ports, PLAN and STATS_CHECK.
 * STATUS_GET and STATS_GET do not. The *_NTF commands of objects are multicast
 * to the group "config" and carry what GET carries; DEL_NTF carries the key
 * alone. EXHAUSTION_NTF and HEADROOM_NTF are multicast to the group "exhaustion".
 * SESSION_EVENT_NTF comes to each socket that has asked by SESSION_WATCH, of the sessions that
 * it asked for.
 */
enum natgw_cmd {
	NATGW_CMD_UNSPEC,
	NATGW_CMD_STATUS_GET,
	NATGW_CMD_GATEWAY_NEW,
	NATGW_CMD_GATEWAY_SET,
	NATGW_CMD_GATEWAY_DEL,
	NATGW_CMD_GATEWAY_GET,
	NATGW_CMD_ADDRESS_NEW,
	NATGW_CMD_ADDRESS_SET,
	NATGW_CMD_ADDRESS_DEL,
	NATGW_CMD_ADDRESS_GET,
	NATGW_CMD_SUBNET_NEW,
	NATGW_CMD_SUBNET_SET,
	NATGW_CMD_SUBNET_DEL,
	NATGW_CMD_SUBNET_GET,
	NATGW_CMD_SESSION_GET,
	NATGW_CMD_SESSION_COUNT,
	NATGW_CMD_SESSION_FLUSH,
	NATGW_CMD_STATS_GET,
	NATGW_CMD_TRANSACTION_BEGIN,
	NATGW_CMD_TRANSACTION_COMMIT,
	NATGW_CMD_TRANSACTION_ABORT,
	NATGW_CMD_RESET,
	NATGW_CMD_GATEWAY_NTF,
	NATGW_CMD_GATEWAY_DEL_NTF,
	NATGW_CMD_ADDRESS_NTF,
	NATGW_CMD_ADDRESS_DEL_NTF,
	NATGW_CMD_SUBNET_NTF,
	NATGW_CMD_SUBNET_DEL_NTF,
	NATGW_CMD_PORTS_GET,		/* dump only, see enum natgw_ports_by */
	NATGW_CMD_STATS_CHECK,		/* dump only: walks the table, compares the gauges */
	NATGW_CMD_EXHAUSTION_NTF,
	NATGW_CMD_VNET_NEW,
	NATGW_CMD_VNET_SET,
	NATGW_CMD_VNET_DEL,
	NATGW_CMD_VNET_GET,
	NATGW_CMD_VNET_NTF,
	NATGW_CMD_VNET_DEL_NTF,
	NATGW_CMD_ROUTE_TABLE_NEW,
	NATGW_CMD_ROUTE_TABLE_DEL,
	NATGW_CMD_ROUTE_TABLE_GET,
	NATGW_CMD_ROUTE_TABLE_NTF,
	NATGW_CMD_ROUTE_TABLE_DEL_NTF,
	NATGW_CMD_ROUTE_NEW,
	NATGW_CMD_ROUTE_DEL,
	NATGW_CMD_ROUTE_GET,		/* dump only; a ROUTE_TABLE asks for that one's routes */
	NATGW_CMD_ROUTE_NTF,
	NATGW_CMD_ROUTE_DEL_NTF,
	NATGW_CMD_ROUTE_EFFECTIVE_GET,	/* dump only: user and system routes of a SUBNET */
	NATGW_CMD_TAG_NEW,
	NATGW_CMD_TAG_SET,
	NATGW_CMD_TAG_DEL,
	NATGW_CMD_TAG_GET,
	NATGW_CMD_TAG_NTF,
	NATGW_CMD_TAG_DEL_NTF,
	NATGW_CMD_EXPLAIN,		/* what would become of a packet */
	NATGW_CMD_MANAGED_POOL_NEW,
	NATGW_CMD_MANAGED_POOL_DEL,
	NATGW_CMD_MANAGED_POOL_GET,
	NATGW_CMD_MANAGED_POOL_NTF,
	NATGW_CMD_MANAGED_POOL_DEL_NTF,
	NATGW_CMD_CLUSTER_NEW,
	NATGW_CMD_CLUSTER_SET,		/* a move to another outbound type is one change */
	NATGW_CMD_CLUSTER_DEL,
	NATGW_CMD_CLUSTER_GET,
	NATGW_CMD_CLUSTER_NTF,
	NATGW_CMD_CLUSTER_DEL_NTF,
	NATGW_CMD_CLUSTER_PLAN,		/* what CLUSTER_SET would do, or why it is refused */
	NATGW_CMD_SESSION_SAVE,		/* dump only: records that SESSION_RESTORE takes */
	NATGW_CMD_SESSION_RESTORE,
	NATGW_CMD_HEADROOM_NTF,		/* a destination is nearly out of ports, or no longer */
	NATGW_CMD_SESSION_WATCH,	/* tell this socket of sessions that open and end */
	NATGW_CMD_SESSION_EVENT_NTF,	/* to sockets that watch, no group */

	__NATGW_CMD_MAX,
	NATGW_CMD_MAX = __NATGW_CMD_MAX - 1
};

/** enum natgw_switch - on or off */
enum natgw_switch {
	NATGW_SWITCH_OFF,
	NATGW_SWITCH_ON,
};

/** enum natgw_profile - set of timer defaults and ranges */
enum natgw_profile {
	NATGW_PROFILE_AZURE,
	NATGW_PROFILE_RFC6888,
	NATGW_PROFILE_CUSTOM,
};

/** enum natgw_pooling - how a new flow gets its address (RFC 4787 REQ-2) */
enum natgw_pooling {
	NATGW_POOLING_RANDOM,
	NATGW_POOLING_PAIRED,
	NATGW_POOLING_PAIRED_SOFT,
};

/** enum natgw_allocation - how the ports of a gateway are given out */
enum natgw_allocation {
	NATGW_ALLOCATION_DYNAMIC,	/* on demand, from one pool */
	NATGW_ALLOCATION_PREALLOCATED,	/* a block for each host (load balancer outbound) */
	NATGW_ALLOCATION_FLOOR,		/* some guaranteed to each host, the rest on demand */
};

/** enum natgw_tier - what happens to blocks when the number of hosts crosses a tier */
enum natgw_tier {
	NATGW_TIER_STRICT,		/* halved; flows on lost ports end, as in the cloud */
	NATGW_TIER_KEEP,		/* live flows are never cut */
};

/** enum natgw_on_idle - what an idle timeout does */
enum natgw_on_idle {
	NATGW_ON_IDLE_RESET_LATE,	/* silent end, RST to a late sender */
	NATGW_ON_IDLE_SILENT,
	NATGW_ON_IDLE_RESET_BOTH,
};

/** enum natgw_on_exhaust - what the sender of a refused new flow gets */
enum natgw_on_exhaust {
	NATGW_ON_EXHAUST_DROP,
	NATGW_ON_EXHAUST_UNREACHABLE,	/* ICMP 3/13, RFC 5508 REQ-8 */
	NATGW_ON_EXHAUST_RESET,		/* TCP RST; other protocols as UNREACHABLE */
};

/** enum natgw_operational - why a gateway does not work, the first reason found */
enum natgw_operational {
	NATGW_OPERATIONAL_YES,
	NATGW_OPERATIONAL_NO_ADDRESS,
	NATGW_OPERATIONAL_NO_SUBNET,
	NATGW_OPERATIONAL_FORWARDING_OFF,
	NATGW_OPERATIONAL_NO_ROUTE,
};

/** enum natgw_state - state of a session */
enum natgw_state {
	NATGW_STATE_HALF_OPEN,		/* TCP, no SYN/ACK from outside yet */
	NATGW_STATE_ESTABLISHED,	/* TCP; UDP and ICMP from their first packet */
	NATGW_STATE_CLOSING,		/* TCP, one FIN seen */
	NATGW_STATE_COOLING,		/* ended; its port does not yet serve this destination */
};

/** enum natgw_ports_by - what PORTS_GET adds up ports by */
enum natgw_ports_by {
	NATGW_PORTS_BY_ADDRESS,		/* one row for each public IP of a gateway */
	NATGW_PORTS_BY_DESTINATION,	/* one row for each destination of a gateway */
	NATGW_PORTS_BY_HOST,		/* one row for each inside host */
};

/** enum natgw_kind - kind of a session record */
enum natgw_kind {
	NATGW_KIND_NAT,
	NATGW_KIND_DIRECT,
};

/** enum natgw_ipv6 - what happens to IPv6 of a subnet */
enum natgw_ipv6 {
	NATGW_IPV6_KEEP,
	NATGW_IPV6_DROP,
};

/** enum natgw_source_check - what a new flow's source must stand up to */
enum natgw_source_check {
	NATGW_SOURCE_CHECK_STRICT,	/* answers are routed by the device that it came by */
	NATGW_SOURCE_CHECK_LOOSE,	/* there is a route for answers */
	NATGW_SOURCE_CHECK_OFF,
};

/** enum natgw_private_space - private and shared space outside the vnet (RFC 1918, RFC 6598) */
enum natgw_private_space {
	NATGW_PRIVATE_SPACE_DROP,	/* added vnets; Azure's system routes to None */
	NATGW_PRIVATE_SPACE_PASS,	/* vnet "default": left to Linux, untranslated */
	NATGW_PRIVATE_SPACE_INTERNET,	/* translated like any other destination */
};

/** enum natgw_next_hop_type - of a route, in Azure's words */
enum natgw_next_hop_type {
	NATGW_NEXT_HOP_VIRTUAL_APPLIANCE,	/* steered to NEXT_HOP_IP */
	NATGW_NEXT_HOP_VIRTUAL_NETWORK_GATEWAY,	/* steered to the vnet's VPN_NEXT_HOP */
	NATGW_NEXT_HOP_VNET_LOCAL,		/* left to Linux, untranslated */
	NATGW_NEXT_HOP_INTERNET,		/* translated where a gateway is bound */
	NATGW_NEXT_HOP_NONE,			/* dropped */
	/* answers only: private space left to Linux, untranslated (private-space pass) */
	NATGW_NEXT_HOP_PASS,
};

/** enum natgw_route_source - who made an effective route */
enum natgw_route_source {
	NATGW_ROUTE_SOURCE_USER,
	NATGW_ROUTE_SOURCE_SYSTEM,
};

/** enum natgw_route_state - of an effective route */
enum natgw_route_state {
	NATGW_ROUTE_STATE_ACTIVE,
	NATGW_ROUTE_STATE_INVALID,	/* never chosen: another one has the same prefix */
};

/** enum natgw_route_problem - what is wrong with an effective route */
enum natgw_route_problem {
	NATGW_ROUTE_PROBLEM_NONE,
	NATGW_ROUTE_PROBLEM_USER_ROUTE,		/* invalid: a user route beats a system route */
	NATGW_ROUTE_PROBLEM_EXPLICIT_PREFIX,	/* invalid: an explicit prefix beats a tag */
	NATGW_ROUTE_PROBLEM_OTHER_TAG,		/* invalid: a more regional tag has it too */
	NATGW_ROUTE_PROBLEM_NO_VPN_NEXT_HOP,	/* active, drops: the vnet has no VPN next hop */
	NATGW_ROUTE_PROBLEM_NEXT_HOP,		/* active, drops: not directly connected */
	NATGW_ROUTE_PROBLEM_NEXT_HOP_DOWN,	/* active, drops: does not answer ARP */
	NATGW_ROUTE_PROBLEM_LONGER_PREFIX,	/* EXPLAIN: loses, the winner's prefix is longer */
};

/** enum natgw_method - what becomes of a packet */
enum natgw_method {
	NATGW_METHOD_LOCAL,	/* for the router itself, or broadcast or multicast */
	NATGW_METHOD_PASS,	/* left to Linux, untranslated */
	NATGW_METHOD_DIRECT,	/* answer of a flow that came in by another way: left alone */
	NATGW_METHOD_NAT,	/* translated by a gateway */
	NATGW_METHOD_APPLIANCE,	/* steered to a virtual appliance */
	NATGW_METHOD_VPN,	/* steered to the VPN next hop */
	NATGW_METHOD_DROP,	/* dropped under a reason */
};

/** enum natgw_obstacle - why Linux would not forward it, though natgw lets it through */
enum natgw_obstacle {
	NATGW_OBSTACLE_NONE,
	NATGW_OBSTACLE_FORWARDING_OFF,
	NATGW_OBSTACLE_NO_ROUTE,
};

/** enum natgw_outbound_type - where a cluster's traffic to the Internet leaves, in Azure's words */
enum natgw_outbound_type {
	NATGW_OUTBOUND_TYPE_LOAD_BALANCER,	/* preallocated ports, below any gateway */
	NATGW_OUTBOUND_TYPE_MANAGED_NAT_GATEWAY,
	NATGW_OUTBOUND_TYPE_USER_ASSIGNED_NAT_GATEWAY,
	NATGW_OUTBOUND_TYPE_USER_DEFINED_ROUTING,
	NATGW_OUTBOUND_TYPE_NONE,		/* nothing is made, nothing is dropped */
	NATGW_OUTBOUND_TYPE_BLOCK,		/* what leads to the Internet is dropped */
};

/** enum natgw_vnet_mode - who made the network of a cluster */
enum natgw_vnet_mode {
	NATGW_VNET_MODE_MANAGED,	/* the cluster */
	NATGW_VNET_MODE_BYO,		/* the operator */
};

/** enum natgw_matrix - which moves between outbound types are allowed, by date */
enum natgw_matrix {
	NATGW_MATRIX_2024,
	NATGW_MATRIX_2026_08,
};

/**
 * NATGW_DROP_REASONS - the table of enum natgw_drop_reason
 * @FN: macro to apply to each reason: FN(NAME, "word", "what happened"). NAME with
 *	NATGW_DROP_ before it is the value, "word" its name in programs and traces
 * @FN_LAST: the same for the last reason, for lists that end without a comma
 *
 * Enum, words and sentences are made from these rows. The order is ABI: a new
 * reason comes last.
 */
#define NATGW_DROP_REASONS(FN, FN_LAST)							\
	FN(NO_GATEWAY, "no-gateway",							\
	   "not dropped: a subnet that no gateway is bound to sends to the "		\
	   "Internet; left to Linux, untranslated")					\
	FN(NO_SUBNET, "no-subnet",							\
	   "not dropped: a source that is in no subnet sends to the Internet; "		\
	   "left to Linux, untranslated")						\
	FN(UNSOLICITED, "unsolicited",							\
	   "a packet from outside to a public address, of no session")			\
	FN(HAIRPIN, "hairpin",								\
	   "a host of a bound subnet sent to a public address of a pool")		\
	FN(SPOOFED_SOURCE, "spoofed-source",						\
	   "the source is a public address of a gateway, or the route to it does "	\
	   "not leave by the interface the packet came in by")				\
	FN(FOREIGN_NAT, "foreign-nat",							\
	   "another NAT rule changed the source before the gateway could")		\
	FN(PROTOCOL, "protocol",							\
	   "a protocol other than TCP, UDP and ICMP echo from a bound subnet")		\
	FN(FRAGMENT, "fragment",							\
	   "a fragment that was not reassembled")					\
	FN(MALFORMED, "malformed",							\
	   "headers that are cut short or contradict each other")			\
	FN(CHECKSUM, "checksum",							\
	   "an ICMP error with a wrong checksum")					\
	FN(NO_SESSION, "no-session",							\
	   "a TCP segment without SYN from a bound subnet, of no session")		\
	FN(LATE_SENDER, "late-sender",							\
	   "a TCP segment after the idle timeout, answered with RST")			\
	FN(COOLING, "cooling",								\
	   "a packet of a session that has ended and whose port cools down")		\
	FN(ICMP_NO_SESSION, "icmp-no-session",						\
	   "an ICMP error or echo reply that belongs to no session")			\
	FN(POOL_EMPTY, "pool-empty",							\
	   "the gateway of the subnet has no address")					\
	FN(DESTINATION_FULL, "destination-full",					\
	   "every port of every address is in use to this destination")			\
	FN(ALL_COOLING, "all-cooling",							\
	   "no port is free to this destination, but some only cool down")		\
	FN(MEMORY, "memory",								\
	   "the cap of sessions or the memory for all network namespaces is used "	\
	   "up, or the router has none")						\
	FN(REWRITE, "rewrite",								\
	   "no memory to make the packet writable")					\
	FN(REROUTE, "reroute",								\
	   "no route for an ICMP error after its translation, or none to a host "	\
	   "but that of the Internet")							\
	FN(IPV6, "ipv6",								\
	   "IPv6 of a subnet with ipv6 drop")						\
	FN(DRAINING, "draining",							\
	   "a new flow, and the gateway, the binding of the subnet or each "		\
	   "address it may use is being drained")					\
	FN(QUOTA, "quota",								\
	   "a new flow of a host that has all that its gateway lets one host "		\
	   "have: its block of ports (allocation preallocated or floor), or as "	\
	   "many sessions as host-limit allows")					\
	FN(DESTINATION_CAP, "destination-cap",						\
	   "a new flow to a destination that has as many ports of each address "	\
	   "as destination-limit allows")						\
	FN(ROUTE_NONE, "route-none",							\
	   "a user route of the subnet's table says None")				\
	FN(PRIVATE_SPACE, "private-space",						\
	   "from a subnet to private or shared space outside its vnet "			\
	   "(private-space drop)")							\
	FN(NEXT_HOP, "next-hop",							\
	   "steered to a next hop that is not set or not directly connected")		\
	FN(NEXT_HOP_DOWN, "next-hop-down",						\
	   "steered to a next hop that does not answer ARP")				\
	FN(VNET_DOWN, "vnet-down",							\
	   "a device of a vnet that overlaps another one is not in its VRF")		\
	FN(ASYMMETRIC, "asymmetric",							\
	   "not dropped: a SYN/ACK from inside is steered to a next hop that has "	\
	   "not seen the SYN, and drops it if it is stateful")				\
	FN(TOO_BIG, "too-big",								\
	   "an answer longer than the MTU towards its host, which is in a VRF; "	\
	   "its sender was told (ICMP 3/4)")						\
	FN(OUTBOUND_BLOCK, "outbound-block",						\
	   "to the Internet from a cluster of outbound type block")			\
	FN(UNTRANSLATED, "untranslated",						\
	   "a packet with a private source of a bound subnet was about to leave "	\
	   "by a way past the translation (flowtable, nft fwd or dup, REJECT on "	\
	   "a bridge)")									\
	FN(VNET_DEVICE, "vnet-device",							\
	   "a source in a bound subnet of a vnet, by a device that is not one of "	\
	   "that vnet's")								\
	FN(REDIRECT, "redirect",							\
	   "the router's own ICMP redirect that would have sent a host of a "		\
	   "bound subnet past the gateway")						\
	FN(UPLINK, "uplink",								\
	   "the gateway has addresses, but none that may leave by the device of "	\
	   "the route")									\
	FN(IPSEC, "ipsec",								\
	   "an IPsec policy for the translated flow refuses it, or has no "		\
	   "state to send it by")							\
	FN_LAST(HOLD, "hold",								\
		"the module was loaded with hold=1 and has no configuration yet")

#define NATGW_DROP_VALUE(_name, ...)	NATGW_DROP_##_name,

/**
 * enum natgw_drop_reason - why a packet was dropped, or counted
 *
 * Each dropped packet counts under exactly one reason. NO_GATEWAY, NO_SUBNET
 * and ASYMMETRIC do not drop: they count packets let through. The values are
 * those of NATGW_DROP_REASONS, with the prefix NATGW_DROP_, from 0 on.
 */
enum natgw_drop_reason {
	NATGW_DROP_REASONS(NATGW_DROP_VALUE, NATGW_DROP_VALUE)

	__NATGW_DROP_MAX,
	NATGW_DROP_MAX = __NATGW_DROP_MAX - 1
};

#undef NATGW_DROP_VALUE

/** NATGW_DRAIN_NOW - in a drain attribute of requests: the sessions end at once */
#define NATGW_DRAIN_NOW		0xffffffff

/** enum natgw_a_status - attributes of STATUS_GET */
enum {
	NATGW_A_STATUS_UNSPEC,
	NATGW_A_STATUS_PAD,
	NATGW_A_STATUS_VERSION,		/* string, module version */
	NATGW_A_STATUS_GENERATION,	/* u32, of the configuration */
	NATGW_A_STATUS_GATEWAYS,	/* u32 */
	NATGW_A_STATUS_ADDRESSES,	/* u32, objects */
	NATGW_A_STATUS_SUBNETS,		/* u32 */
	NATGW_A_STATUS_SESSIONS,	/* u32, in the table, cooling ones included */
	NATGW_A_STATUS_SESSIONS_MAX,	/* u32, cap of this network namespace */
	NATGW_A_STATUS_SESSION_BYTES,	/* u64, memory of sessions and table */
	NATGW_A_STATUS_TRANSACTION,	/* u32 switch: one is open */
	NATGW_A_STATUS_VNETS,		/* u32, "default" included */
	NATGW_A_STATUS_ROUTE_TABLES,	/* u32 */
	NATGW_A_STATUS_TAGS,		/* u32 */
	NATGW_A_STATUS_DIRECT,		/* u32, direct records in the table */
	NATGW_A_STATUS_DIRECT_MAX,	/* u32, cap of them */
	NATGW_A_STATUS_CLUSTERS,	/* u32 */
	NATGW_A_STATUS_MANAGED_POOLS,	/* u32, prefixes of the managed pool */
	/* for CAP_NET_ADMIN in the initial user namespace alone */
	NATGW_A_STATUS_MEMORY,		/* u64, bytes taken of the budget of all namespaces */
	NATGW_A_STATUS_MEMORY_MAX,	/* u64, bytes of that budget */
	/* u32 s, only after a RESET with a drain: when all objects go at the latest */
	NATGW_A_STATUS_DRAIN,

	__NATGW_A_STATUS_MAX,
	NATGW_A_STATUS_MAX = __NATGW_A_STATUS_MAX - 1
};

/** enum natgw_a_gateway - attributes of a gateway; name is the key */
enum {
	NATGW_A_GATEWAY_UNSPEC,
	NATGW_A_GATEWAY_PAD,
	NATGW_A_GATEWAY_NAME,			/* string */
	NATGW_A_GATEWAY_PROFILE,		/* u32 enum natgw_profile */
	NATGW_A_GATEWAY_IDLE_TIMEOUT,		/* u32 s, TCP established */
	NATGW_A_GATEWAY_UDP_TIMEOUT,		/* u32 s */
	NATGW_A_GATEWAY_ICMP_TIMEOUT,		/* u32 s */
	NATGW_A_GATEWAY_HALF_OPEN_TIMEOUT,	/* u32 s */
	NATGW_A_GATEWAY_CLOSING_TIMEOUT,	/* u32 s, after the first FIN */
	NATGW_A_GATEWAY_COOLDOWN_FIN,		/* u32 s */
	NATGW_A_GATEWAY_COOLDOWN_RST,		/* u32 s */
	NATGW_A_GATEWAY_COOLDOWN_HALF_OPEN,	/* u32 s */
	NATGW_A_GATEWAY_COOLDOWN_UDP,		/* u32 s, ICMP too */
	NATGW_A_GATEWAY_POOLING,		/* u32 enum natgw_pooling */
	NATGW_A_GATEWAY_ON_IDLE,		/* u32 enum natgw_on_idle */
	NATGW_A_GATEWAY_ON_EXHAUST,		/* u32 enum natgw_on_exhaust */
	NATGW_A_GATEWAY_TRACK,			/* u32 enum natgw_switch */
	NATGW_A_GATEWAY_ZONE,			/* u32, 0 = no zone */
	NATGW_A_GATEWAY_OPERATIONAL,		/* u32 enum natgw_operational, answer only */
	NATGW_A_GATEWAY_ADDRESSES,		/* u32 count of addresses, answer only */
	NATGW_A_GATEWAY_SUBNETS,		/* u32 count, answer only */
	NATGW_A_GATEWAY_SESSIONS,		/* u32, cooling ones included, answer only */
	NATGW_A_GATEWAY_COUNTERS,		/* nest natgw_a_counters, answer only */
	/* u32, most ports of one address to one destination; 0: no limit */
	NATGW_A_GATEWAY_DESTINATION_LIMIT,
	NATGW_A_GATEWAY_HOST_LIMIT,		/* u32, most sessions of one host; 0: no limit */
	/*
	 * u32 s. In requests: no new flows from now on, the sessions end after
	 * that time, a week at most; 0: off; NATGW_DRAIN_NOW: they end at once. In
	 * answers, only while draining: time left.
	 */
	NATGW_A_GATEWAY_DRAIN,
	NATGW_A_GATEWAY_DRAIN_OLDEST,		/* u32 s, age of its oldest session, answer only */
	NATGW_A_GATEWAY_ALLOCATION,		/* u32 enum natgw_allocation */
	/*
	 * u32. PREALLOCATED: ports of one host in total, a multiple of 8; 0: the
	 * default table by number of hosts. FLOOR: ports guaranteed to each host.
	 */
	NATGW_A_GATEWAY_PORTS_PER_HOST,
	NATGW_A_GATEWAY_HOSTS,			/* u32, reserves their tier; 0: as they come */
	NATGW_A_GATEWAY_TIER,			/* u32 enum natgw_tier */
	NATGW_A_GATEWAY_BLOCK,			/* u32, ports of one host now, answer only */
	NATGW_A_GATEWAY_KNOWN_HOSTS,		/* u32, hosts that hold a block, answer only */
	NATGW_A_GATEWAY_OWNER,			/* string, cluster that made it, answer only */
	/* u32 switch: of a former configuration of its cluster, goes with its last session */
	NATGW_A_GATEWAY_RETIRED,
	NATGW_A_GATEWAY_OFFLOAD,		/* u32 enum natgw_switch, on needs track off */
	/*
	 * u32 per cent, default 80: of the ports that flows to one destination can have; from so
	 * many in use on it is near exhaustion, see HEADROOM_NTF. 0: never
	 */
	NATGW_A_GATEWAY_WARN_USED,
	NATGW_A_GATEWAY_BY_PROTO,		/* nest natgw_a_by_proto, SESSIONS, answer only */
	NATGW_A_GATEWAY_REFUSED,		/* nest natgw_a_refused, answer only */

	__NATGW_A_GATEWAY_MAX,
	NATGW_A_GATEWAY_MAX = __NATGW_A_GATEWAY_MAX - 1
};

/** enum natgw_a_by_proto - sessions of a gateway by protocol, all u32 */
enum {
	NATGW_A_BY_PROTO_UNSPEC,
	NATGW_A_BY_PROTO_PAD,
	NATGW_A_BY_PROTO_TCP,
	NATGW_A_BY_PROTO_UDP,
	NATGW_A_BY_PROTO_ICMP,

	__NATGW_A_BY_PROTO_MAX,
	NATGW_A_BY_PROTO_MAX = __NATGW_A_BY_PROTO_MAX - 1
};

/**
 * enum natgw_a_refused - new flows that a gateway refused, by drop reason, all u64
 *
 * Their sum is FAILED of its counters.
 */
enum {
	NATGW_A_REFUSED_UNSPEC,
	NATGW_A_REFUSED_PAD,
	NATGW_A_REFUSED_POOL_EMPTY,
	NATGW_A_REFUSED_UPLINK,
	NATGW_A_REFUSED_DRAINING,
	NATGW_A_REFUSED_QUOTA,
	NATGW_A_REFUSED_DESTINATION_CAP,
	NATGW_A_REFUSED_DESTINATION_FULL,
	NATGW_A_REFUSED_ALL_COOLING,
	NATGW_A_REFUSED_MEMORY,

	__NATGW_A_REFUSED_MAX,
	NATGW_A_REFUSED_MAX = __NATGW_A_REFUSED_MAX - 1
};

/** enum natgw_a_counters - traffic and flow counters, all u64 */
enum {
	NATGW_A_COUNTERS_UNSPEC,
	NATGW_A_COUNTERS_PAD,
	NATGW_A_COUNTERS_PACKETS_OUT,	/* translated, on the wire (GSO counted in segments) */
	NATGW_A_COUNTERS_BYTES_OUT,	/* IP bytes */
	NATGW_A_COUNTERS_PACKETS_IN,
	NATGW_A_COUNTERS_BYTES_IN,
	NATGW_A_COUNTERS_DROPPED,	/* packets of this gateway's subnets or addresses */
	NATGW_A_COUNTERS_ATTEMPTED,	/* new flows asked for */
	NATGW_A_COUNTERS_ESTABLISHED,	/* TCP flows that saw their SYN/ACK; others when answered */
	NATGW_A_COUNTERS_FAILED,	/* new flows refused */
	NATGW_A_COUNTERS_TIMED_OUT,	/* ended by an idle or half-open timer */
	NATGW_A_COUNTERS_CLOSED,	/* ended by FIN, RST, flush or configuration */

	__NATGW_A_COUNTERS_MAX,
	NATGW_A_COUNTERS_MAX = __NATGW_A_COUNTERS_MAX - 1
};

/** enum natgw_a_address - an address or public IP prefix; address + prefix-length are the key */
enum {
	NATGW_A_ADDRESS_UNSPEC,
	NATGW_A_ADDRESS_PAD,
	NATGW_A_ADDRESS_FAMILY,		/* u32, AF_INET */
	NATGW_A_ADDRESS_ADDRESS,	/* binary, network byte order */
	NATGW_A_ADDRESS_PREFIX_LENGTH,	/* u32: 32 (default), or 28..31 */
	NATGW_A_ADDRESS_GATEWAY,	/* string; empty: none */
	NATGW_A_ADDRESS_DEV,		/* string, answer ARP there; empty: none */
	NATGW_A_ADDRESS_ANNOUNCE,	/* u32 enum natgw_switch, default on */
	NATGW_A_ADDRESS_ZONE,		/* u32, 0 = no zone */
	NATGW_A_ADDRESS_UPLINK,		/* string, only flows leaving there; empty: any */
	NATGW_A_ADDRESS_SESSIONS,	/* u32, answer only */
	NATGW_A_ADDRESS_DRAIN,		/* u32 s, as of gateways */
	NATGW_A_ADDRESS_DRAIN_OLDEST,	/* u32 s, answer only */
	NATGW_A_ADDRESS_SHARED,		/* u32 enum natgw_switch, default off: the router's too */
	/* string, ports that stay out of the pool: "80,443,8000-8099" */
	NATGW_A_ADDRESS_RESERVE,
	NATGW_A_ADDRESS_PORTS,		/* u32, pool of each of its IPs, answer only */
	NATGW_A_ADDRESS_COUNTERS,	/* nest natgw_a_counters, flows only, answer only */
	/*
	 * u32, 28..32, in requests of NEW instead of ADDRESS: takes a free prefix
	 * of that length from the managed pool; the answer bears its key
	 */
	NATGW_A_ADDRESS_LENGTH,
	NATGW_A_ADDRESS_OWNER,		/* string, cluster that made it, answer only */
	/* u32 switch: of a former configuration of a cluster, free with its last session */
	NATGW_A_ADDRESS_RETIRED,
	/* u32 switch, default on, in SET: off refuses to take it from another gateway */
	NATGW_A_ADDRESS_MOVE,
	/* string, device where the router has it too, though it is not SHARED, answer only */
	NATGW_A_ADDRESS_OWN_DEV,

	__NATGW_A_ADDRESS_MAX,
	NATGW_A_ADDRESS_MAX = __NATGW_A_ADDRESS_MAX - 1
};

/** enum natgw_a_subnet - attributes of a subnet; name is the key */
enum {
	NATGW_A_SUBNET_UNSPEC,
	NATGW_A_SUBNET_PAD,
	NATGW_A_SUBNET_NAME,		/* string */
	NATGW_A_SUBNET_FAMILY,		/* u32, AF_INET */
	NATGW_A_SUBNET_PREFIX,		/* binary, network byte order */
	NATGW_A_SUBNET_PREFIX_LENGTH,	/* u32, 1..32 */
	NATGW_A_SUBNET_VNET,		/* string, default "default" */
	NATGW_A_SUBNET_GATEWAY,		/* string; empty: none */
	NATGW_A_SUBNET_IPV6,		/* u32 enum natgw_ipv6 */
	NATGW_A_SUBNET_SESSIONS,	/* u32, answer only */
	NATGW_A_SUBNET_UNTRANSLATED,	/* u64, packets left alone (no-gateway), answer only */
	NATGW_A_SUBNET_LAST_SOURCE,	/* binary, of the last such packet, answer only */
	NATGW_A_SUBNET_DRAIN,		/* u32 s, of its binding, as of gateways */
	NATGW_A_SUBNET_DRAIN_OLDEST,	/* u32 s, answer only */
	NATGW_A_SUBNET_ROUTE_TABLE,	/* string; empty: none */
	NATGW_A_SUBNET_OWNER,		/* string, cluster that made it, answer only */
	NATGW_A_SUBNET_CLUSTER,		/* string, cluster it is of, answer only */
	/* string, its cluster's load balancer, below the gateway, answer only */
	NATGW_A_SUBNET_LOAD_BALANCER,
	NATGW_A_SUBNET_BLOCK,		/* u32 switch: its cluster blocks outbound, answer only */
	NATGW_A_SUBNET_SOURCE_CHECK,	/* u32 enum natgw_source_check */
	NATGW_A_SUBNET_LAST_AGE,	/* u32 s since the packet of last-source, answer only */

	__NATGW_A_SUBNET_MAX,
	NATGW_A_SUBNET_MAX = __NATGW_A_SUBNET_MAX - 1
};

/** enum natgw_a_prefix - a prefix in a list */
enum {
	NATGW_A_PREFIX_UNSPEC,
	NATGW_A_PREFIX_PAD,
	NATGW_A_PREFIX_FAMILY,		/* u32, AF_INET */
	NATGW_A_PREFIX_PREFIX,		/* binary, network byte order, no host bits */
	NATGW_A_PREFIX_PREFIX_LENGTH,	/* u32 */

	__NATGW_A_PREFIX_MAX,
	NATGW_A_PREFIX_MAX = __NATGW_A_PREFIX_MAX - 1
};

/** enum natgw_a_vnet - a virtual network; name is the key */
enum {
	NATGW_A_VNET_UNSPEC,
	NATGW_A_VNET_PAD,
	NATGW_A_VNET_NAME,		/* string */
	NATGW_A_VNET_PREFIX,		/* nest natgw_a_prefix, once for each; SET replaces all */
	/* string, once for each ingress device; SET replaces all, one empty string: none */
	NATGW_A_VNET_DEV,
	NATGW_A_VNET_FAMILY,		/* u32, AF_INET, of the next attribute */
	NATGW_A_VNET_VPN_NEXT_HOP,	/* binary; 0.0.0.0: none */
	NATGW_A_VNET_PRIVATE_SPACE,	/* u32 enum natgw_private_space */
	NATGW_A_VNET_SUBNETS,		/* u32 count, answer only */
	NATGW_A_VNET_VRF,		/* string, VRF of its devices, answer only */
	NATGW_A_VNET_DOWN,		/* u32 switch: fails closed, a device is not in its VRF */
	NATGW_A_VNET_OWNER,		/* string, cluster that made it, answer only */

	__NATGW_A_VNET_MAX,
	NATGW_A_VNET_MAX = __NATGW_A_VNET_MAX - 1
};

/** enum natgw_a_route_table - a route table; name is the key */
enum {
	NATGW_A_ROUTE_TABLE_UNSPEC,
	NATGW_A_ROUTE_TABLE_PAD,
	NATGW_A_ROUTE_TABLE_NAME,	/* string */
	NATGW_A_ROUTE_TABLE_ROUTES,	/* u32 count, answer only */
	NATGW_A_ROUTE_TABLE_SUBNETS,	/* u32 count of those that use it, answer only */

	__NATGW_A_ROUTE_TABLE_MAX,
	NATGW_A_ROUTE_TABLE_MAX = __NATGW_A_ROUTE_TABLE_MAX - 1
};

/**
 * enum natgw_a_route - a route
 *
 * Key: ROUTE_TABLE and either PREFIX with PREFIX_LENGTH or TAG. In answers of
 * ROUTE_EFFECTIVE_GET a route by tag comes once for each of the tag's prefixes.
 */
enum {
	NATGW_A_ROUTE_UNSPEC,
	NATGW_A_ROUTE_PAD,
	NATGW_A_ROUTE_ROUTE_TABLE,	/* string */
	NATGW_A_ROUTE_FAMILY,		/* u32, AF_INET */
	NATGW_A_ROUTE_PREFIX,		/* binary, network byte order */
	NATGW_A_ROUTE_PREFIX_LENGTH,	/* u32, 0..32 */
	NATGW_A_ROUTE_TAG,		/* string, instead of a prefix */
	NATGW_A_ROUTE_NEXT_HOP_TYPE,	/* u32 enum natgw_next_hop_type */
	NATGW_A_ROUTE_NEXT_HOP_IP,	/* binary, of VIRTUAL_APPLIANCE alone */
	NATGW_A_ROUTE_UNREACHABLE,	/* u32 switch: NONE answers ICMP 3/13, default off */
	NATGW_A_ROUTE_SUBNET,		/* string, request of ROUTE_EFFECTIVE_GET */
	NATGW_A_ROUTE_SOURCE,		/* u32 enum natgw_route_source, effective routes only */
	NATGW_A_ROUTE_STATE,		/* u32 enum natgw_route_state, effective routes only */
	NATGW_A_ROUTE_PROBLEM,		/* u32 enum natgw_route_problem, effective routes only */

	__NATGW_A_ROUTE_MAX,
	NATGW_A_ROUTE_MAX = __NATGW_A_ROUTE_MAX - 1
};

/** enum natgw_a_tag - a service tag, a named list of prefixes; name is the key */
enum {
	NATGW_A_TAG_UNSPEC,
	NATGW_A_TAG_PAD,
	NATGW_A_TAG_NAME,		/* string */
	NATGW_A_TAG_PREFIX,		/* nest natgw_a_prefix, once for each; SET replaces all */
	NATGW_A_TAG_ROUTES,		/* u32, routes that use it, answer only */

	__NATGW_A_TAG_MAX,
	NATGW_A_TAG_MAX = __NATGW_A_TAG_MAX - 1
};

/**
 * enum natgw_a_explain - EXPLAIN
 *
 * Nothing is sent, counted or reserved. Without SRC_PORT, a new flow.
 */
enum {
	NATGW_A_EXPLAIN_UNSPEC,
	NATGW_A_EXPLAIN_PAD,
	NATGW_A_EXPLAIN_FAMILY,		/* u32, AF_INET */
	NATGW_A_EXPLAIN_SRC,		/* binary */
	NATGW_A_EXPLAIN_SRC_PORT,	/* u32, or ICMP id; optional: of a flow that may run */
	NATGW_A_EXPLAIN_DST,		/* binary */
	NATGW_A_EXPLAIN_DST_PORT,	/* u32, default 0 */
	NATGW_A_EXPLAIN_PROTO,		/* u32, default TCP */
	/* string; in requests optional unless subnets of two vnets hold SRC */
	NATGW_A_EXPLAIN_VNET,
	NATGW_A_EXPLAIN_SUBNET,		/* string, answer only, as all that follow; absent: none */
	NATGW_A_EXPLAIN_ROUTE,		/* nest natgw_a_route: the effective route */
	NATGW_A_EXPLAIN_LOSER,		/* nest natgw_a_route, once for each that matches too */
	NATGW_A_EXPLAIN_METHOD,		/* u32 enum natgw_method */
	NATGW_A_EXPLAIN_REASON,		/* u32 enum natgw_drop_reason, if dropped or counted */
	NATGW_A_EXPLAIN_GATEWAY,	/* string */
	NATGW_A_EXPLAIN_ADDRESS,	/* binary, public IPs it may leave by, once for each */
	NATGW_A_EXPLAIN_FREE,		/* u32, ports free for this destination at those now */
	NATGW_A_EXPLAIN_SESSION,	/* u32 switch: a session or direct record carries it */
	NATGW_A_EXPLAIN_PORT,		/* u32, public port of that session */
	NATGW_A_EXPLAIN_NEXT_HOP_IP,	/* binary, where it is steered to */
	NATGW_A_EXPLAIN_DEV,		/* string, device it leaves by */
	NATGW_A_EXPLAIN_OBSTACLE,	/* u32 enum natgw_obstacle */

	__NATGW_A_EXPLAIN_MAX,
	NATGW_A_EXPLAIN_MAX = __NATGW_A_EXPLAIN_MAX - 1
};

/** enum natgw_a_session - a session; in requests of GET, COUNT, FLUSH and WATCH the filter */
enum {
	NATGW_A_SESSION_UNSPEC,
	NATGW_A_SESSION_PAD,
	NATGW_A_SESSION_FAMILY,		/* u32, AF_INET */
	NATGW_A_SESSION_PROTO,		/* u32, IP protocol number */
	NATGW_A_SESSION_SRC,		/* binary, inside source */
	NATGW_A_SESSION_SRC_PORT,	/* u32, or ICMP id */
	NATGW_A_SESSION_DST,		/* binary, outside destination */
	NATGW_A_SESSION_DST_PORT,	/* u32; 0 for ICMP */
	NATGW_A_SESSION_ADDRESS,	/* binary, public address */
	NATGW_A_SESSION_PORT,		/* u32, public port or ICMP id */
	NATGW_A_SESSION_GATEWAY,	/* string */
	NATGW_A_SESSION_SUBNET,		/* string */
	NATGW_A_SESSION_VNET,		/* string */
	NATGW_A_SESSION_STATE,		/* u32 enum natgw_state */
	NATGW_A_SESSION_KIND,		/* u32 enum natgw_kind */
	NATGW_A_SESSION_AGE,		/* u32 s since its first packet, answer only */
	NATGW_A_SESSION_IDLE,		/* u32 s since it was renewed, answer only */
	NATGW_A_SESSION_EXPIRES,	/* u32 s until it, or its cool-down, ends, answer only */
	NATGW_A_SESSION_COUNT,		/* u32, answer of COUNT and FLUSH */
	/* u32 switch, answer only: its packets may be sent on from the ingress hook */
	NATGW_A_SESSION_OFFLOADED,
	/* u64, answer only, of a session that opened while watched; so are the next three */
	NATGW_A_SESSION_PACKETS_OUT,
	NATGW_A_SESSION_BYTES_OUT,	/* from the IP header on */
	NATGW_A_SESSION_PACKETS_IN,
	NATGW_A_SESSION_BYTES_IN,

	__NATGW_A_SESSION_MAX,
	NATGW_A_SESSION_MAX = __NATGW_A_SESSION_MAX - 1
};

/** enum natgw_a_stats - one drop reason of STATS_GET (dump) */
enum {
	NATGW_A_STATS_UNSPEC,
	NATGW_A_STATS_PAD,
	NATGW_A_STATS_REASON,		/* u32 enum natgw_drop_reason */
	NATGW_A_STATS_PACKETS,		/* u64 */
	NATGW_A_STATS_FAMILY,		/* u32, AF_INET */
	NATGW_A_STATS_LAST_SOURCE,	/* binary, of the last packet counted */
	NATGW_A_STATS_LAST_AGE,		/* u32 s since then */

	__NATGW_A_STATS_MAX,
	NATGW_A_STATS_MAX = __NATGW_A_STATS_MAX - 1
};

/**
 * enum natgw_a_ports - PORTS_GET
 *
 * Rows come fullest first. Ports are counted as sessions that hold one, live
 * or cooling; towards one destination a port has one session.
 */
enum {
	NATGW_A_PORTS_UNSPEC,
	NATGW_A_PORTS_PAD,
	NATGW_A_PORTS_BY,		/* u32 enum natgw_ports_by, request, default address */
	NATGW_A_PORTS_TOP,		/* u32, request: at most so many rows; 0: all */
	NATGW_A_PORTS_GATEWAY,		/* string; in requests: only this one */
	NATGW_A_PORTS_FAMILY,		/* u32, AF_INET */
	NATGW_A_PORTS_PROTO,		/* u32; of a destination; in requests: only this one */
	NATGW_A_PORTS_DST,		/* binary; in requests: only this destination */
	NATGW_A_PORTS_DST_PORT,		/* u32; 0 for ICMP, and preallocated UDP; in requests too */
	NATGW_A_PORTS_ADDRESS,		/* binary, public IP: of rows by address */
	/*
	 * binary, inside host: of rows by host. By destination, while that is near exhaustion: the
	 * host that had most of its ports when it came near
	 */
	NATGW_A_PORTS_SRC,
	NATGW_A_PORTS_SUBNET,		/* string, of rows by host */
	NATGW_A_PORTS_USED,		/* u32, cooling ones included */
	NATGW_A_PORTS_COOLING,		/* u32 */
	/*
	 * u32. By destination: ports free for it at all addresses. By address:
	 * free for the destination that uses most of its ports; so by host,
	 * of its block.
	 */
	NATGW_A_PORTS_FREE,
	NATGW_A_PORTS_HIGH_WATER,	/* u32, most ever used: of rows by destination */
	NATGW_A_PORTS_TCP,		/* u32, part of USED: of rows by address and host */
	NATGW_A_PORTS_UDP,		/* u32 */
	NATGW_A_PORTS_ICMP,		/* u32 */
	NATGW_A_PORTS_DESTINATIONS,	/* u32, of rows by address and host */
	NATGW_A_PORTS_HOSTS,		/* u32, of rows by destination */
	/* u32, of rows by host: its block, host-limit where that is in force and less; 0: none */
	NATGW_A_PORTS_LIMIT,
	/*
	 * u32 enum natgw_switch, request, by address and destination, default off. On: only of
	 * destinations with NATGW_PORTS_WATCHED ports or more of one address, without a walk over
	 * the sessions: such rows lack HOSTS, or COOLING, TCP, UDP and ICMP. Rows by address
	 * then count the ports of those destinations alone.
	 */
	NATGW_A_PORTS_WATCHED,
	/*
	 * u32 per cent, of rows by destination and address: ports in use of those that count, see
	 * enum natgw_a_headroom; by address of the destination that has most of them
	 */
	NATGW_A_PORTS_FILLED,
	/* u32 s until they are all in use if they grow as they do; absent: they do not grow */
	NATGW_A_PORTS_HEADROOM,
	NATGW_A_PORTS_NEAR,		/* u32 enum natgw_switch: nearly full, see HEADROOM_NTF */
	NATGW_A_PORTS_SRC_USED,		/* u32, by destination: ports that SRC had then */
	NATGW_A_PORTS_BLOCK,		/* nest, one or more: enum natgw_a_block; of rows by host */
	NATGW_A_PORTS_VNET,		/* string, of rows by host */

	__NATGW_A_PORTS_MAX,
	NATGW_A_PORTS_MAX = __NATGW_A_PORTS_MAX - 1
};

/** enum natgw_a_block - a host's ports at one public IP, where they are allocated by host */
enum {
	NATGW_A_BLOCK_UNSPEC,
	NATGW_A_BLOCK_PAD,
	NATGW_A_BLOCK_ADDRESS,		/* binary */
	NATGW_A_BLOCK_FIRST,		/* u32, first port */
	NATGW_A_BLOCK_LAST,		/* u32, last port */

	__NATGW_A_BLOCK_MAX,
	NATGW_A_BLOCK_MAX = __NATGW_A_BLOCK_MAX - 1
};

/**
 * enum natgw_a_check - STATS_CHECK
 *
 * The first message is the gauge "sessions" of the object "table"; after it
 * comes one for each gauge that differs from what the walk found. While
 * packets flow a gauge may differ for a moment.
 */
enum {
	NATGW_A_CHECK_UNSPEC,
	NATGW_A_CHECK_PAD,
	NATGW_A_CHECK_OBJECT,		/* string: "table", "gateway gw1", "destination ..." */
	NATGW_A_CHECK_GAUGE,		/* string: "sessions", "used", "ports" */
	NATGW_A_CHECK_COUNTED,		/* u64, by the gauge */
	NATGW_A_CHECK_FOUND,		/* u64, by the walk */

	__NATGW_A_CHECK_MAX,
	NATGW_A_CHECK_MAX = __NATGW_A_CHECK_MAX - 1
};

/**
 * enum natgw_a_exhaustion - EXHAUSTION_NTF
 *
 * At most one message a second for each gateway and reason: the first at once,
 * those that follow within a second added up in the next.
 */
enum {
	NATGW_A_EXHAUSTION_UNSPEC,
	NATGW_A_EXHAUSTION_PAD,
	NATGW_A_EXHAUSTION_GATEWAY,	/* string */
	NATGW_A_EXHAUSTION_REASON,	/* u32 enum natgw_drop_reason */
	NATGW_A_EXHAUSTION_COUNT,	/* u32, flows refused since the last message */
	NATGW_A_EXHAUSTION_FAMILY,	/* u32, AF_INET */
	NATGW_A_EXHAUSTION_PROTO,	/* u32, of the last flow refused; so are the next four */
	NATGW_A_EXHAUSTION_SRC,		/* binary, inside source */
	NATGW_A_EXHAUSTION_SRC_PORT,	/* u32 */
	NATGW_A_EXHAUSTION_DST,		/* binary */
	NATGW_A_EXHAUSTION_DST_PORT,	/* u32 */

	__NATGW_A_EXHAUSTION_MAX,
	NATGW_A_EXHAUSTION_MAX = __NATGW_A_EXHAUSTION_MAX - 1
};

/**
 * enum natgw_a_headroom - HEADROOM_NTF
 *
 * A destination with NATGW_PORTS_WATCHED ports or more of one address in use is looked at four
 * times a second. The ports that count are all that new flows to it can have; with pooling paired
 * those of one address, as a host has no other; with allocation preallocated the block of one
 * host, with floor the ports that hosts share. A message comes when WARN_USED per cent of them are
 * in use, or of those of one more host or address, and one when NATGW_WARN_LESS per cent fewer
 * than that are, everywhere.
 */
enum {
	NATGW_A_HEADROOM_UNSPEC,
	NATGW_A_HEADROOM_PAD,
	NATGW_A_HEADROOM_GATEWAY,	/* string */
	NATGW_A_HEADROOM_NEAR,		/* u32 enum natgw_switch, off: no longer near exhaustion */
	NATGW_A_HEADROOM_FAMILY,	/* u32, AF_INET */
	NATGW_A_HEADROOM_PROTO,		/* u32, of the destination; so are the next two */
	NATGW_A_HEADROOM_DST,		/* binary */
	NATGW_A_HEADROOM_DST_PORT,	/* u32; 0 for ICMP, and preallocated UDP */
	NATGW_A_HEADROOM_USED,		/* u32, ports in use of those that count, where most are */
	NATGW_A_HEADROOM_PORTS,		/* u32, ports that count there */
	/* u32 s until they are all in use if they grow as they do; absent: they do not grow */
	NATGW_A_HEADROOM_SECONDS,
	NATGW_A_HEADROOM_PLACES,	/* u32, hosts or addresses that are near exhaustion */
	NATGW_A_HEADROOM_ADDRESS,	/* binary, public IP, with pooling paired: the fullest */
	/* binary, inside host that has most ports towards it; absent: not known, as the next */
	NATGW_A_HEADROOM_SRC,
	NATGW_A_HEADROOM_SRC_USED,	/* u32, ports that it has */

	__NATGW_A_HEADROOM_MAX,
	NATGW_A_HEADROOM_MAX = __NATGW_A_HEADROOM_MAX - 1
};

/** enum natgw_a_reset - attributes of RESET */
enum {
	NATGW_A_RESET_UNSPEC,
	NATGW_A_RESET_PAD,
	/*
	 * u32 s, of requests: no new flows from now on; all objects go when the last session has
	 * ended, or after that time, a week at most. Until then other changes are refused.
	 * 0: off, all objects stay; NATGW_DRAIN_NOW, or absent: they go at once
	 */
	NATGW_A_RESET_DRAIN,

	__NATGW_A_RESET_MAX,
	NATGW_A_RESET_MAX = __NATGW_A_RESET_MAX - 1
};

/** enum natgw_a_transaction - BEGIN, COMMIT, ABORT */
enum {
	NATGW_A_TRANSACTION_UNSPEC,
	NATGW_A_TRANSACTION_PAD,
	/*
	 * u32. In BEGIN: refuse unless the configuration is at this
	 * generation. In answers: the generation the transaction started from
	 * (BEGIN) or made (COMMIT).
	 */
	NATGW_A_TRANSACTION_GENERATION,
	/* u32 switch, in COMMIT: say whether it could be applied, and drop the transaction */
	NATGW_A_TRANSACTION_DRY_RUN,
	NATGW_A_TRANSACTION_SESSIONS,	/* u32, would end; answer of a dry run only */

	__NATGW_A_TRANSACTION_MAX,
	NATGW_A_TRANSACTION_MAX = __NATGW_A_TRANSACTION_MAX - 1
};

/** NATGW_RECORD_VERSION - layout of the records below */
#define NATGW_RECORD_VERSION	1

/** enum natgw_record_flag - what has been seen of a saved session or direct record */
enum natgw_record_flag {
	NATGW_RECORD_FLAG_ANSWERED	= 1 << 0,	/* from the other side */
	NATGW_RECORD_FLAG_FIN_OUT	= 1 << 1,	/* FIN from inside */
	NATGW_RECORD_FLAG_FIN_IN	= 1 << 2,	/* FIN from outside */
	NATGW_RECORD_FLAG_DETACHED	= 1 << 3,	/* a newer session has its flow */
	NATGW_RECORD_FLAG_STAMPED	= 1 << 4,	/* number: timestamp of that FIN */
	NATGW_RECORD_FLAG_SYN	= 1 << 5,	/* number: of the last SYN from inside */
	NATGW_RECORD_FLAG_RESET	= 1 << 6,	/* RST from outside was last */
	NATGW_RECORD_FLAG_ACKED	= 1 << 7,	/* direct; number: host's ACK */
	NATGW_RECORD_FLAG_IMPORTED	= 1 << 8,	/* direct; ran before it was bound */
	NATGW_RECORD_FLAG_OUTBOUND	= 1 << 9,	/* direct; and began inside */
	NATGW_RECORD_FLAG_CHANGED	= 1 << 10	/* direct; conntrack changes its source */
};

/**
 * struct natgw_session_record - a session, as SESSION_SAVE tells it and SESSION_RESTORE takes it
 * @host: inside source
 * @peer: destination
 * @address: public IP
 * @host_port: or ICMP id
 * @peer_port: 0 for ICMP
 * @port: public port or ICMP id
 * @proto: IPPROTO_*
 * @timer: its idle timer: enum natgw_timer of the module; of TCP it is the state too
 * @end: why its port cools: 0: it lives or idled, 1: FIN, 2: RST, 4: another uplink
 * @syn_scale: window scale that the last SYN offered, 255: none
 * @scale: window scales in force, from inside and from outside
 * @flags: enum natgw_record_flag
 * @window: last window advertised, unscaled, from inside and from outside
 * @idle: ms since its last packet or its end
 * @age: s since its first packet
 * @number: see the flags; else what the host acknowledged last
 * @next: sequence numbers that come next, from inside and from outside
 *
 * Numbers without an order of bytes of their own are in the host's.
 */
struct natgw_session_record {
	__be32 host;
	__be32 peer;
	__be32 address;
	__be16 host_port;
	__be16 peer_port;
	__be16 port;
	__u8 proto;
	__u8 timer;
	__u8 end;
	__u8 syn_scale;
	__u8 scale[2];
	__u32 flags;
	__u32 idle;
	__u32 age;
	__u32 number;
	__u16 window[2];
	__u32 next[2];
};

/**
 * struct natgw_direct_record - a direct record, likewise
 * @host: inside host
 * @peer: the other end
 * @host_port: or ICMP id
 * @peer_port: 0 for ICMP
 * @proto: IPPROTO_*
 * @stage: 0: not answered, 1: established, 2: FIN seen, 3: RST seen
 * @reserved: 0
 * @flags: enum natgw_record_flag
 * @age: s since its first packet
 * @left: ms until it ends unless a packet comes
 * @number: what the host acknowledged last, with NATGW_RECORD_FLAG_ACKED
 */
struct natgw_direct_record {
	__be32 host;
	__be32 peer;
	__be16 host_port;
	__be16 peer_port;
	__u8 proto;
	__u8 stage;
	__u16 reserved;
	__u32 flags;
	__u32 age;
	__u32 left;
	__u32 number;
};

/**
 * enum natgw_a_save - SESSION_SAVE and SESSION_RESTORE
 *
 * A message of SAVE has VERSION, VNET and one of SESSIONS and DIRECTS, and RESTORE takes it
 * with PAUSE beside them. RESTORE answers how many records are sessions again, and by
 * reason how many are not: nothing is refused because a record no longer fits.
 */
enum {
	NATGW_A_SAVE_UNSPEC,
	NATGW_A_SAVE_PAD,
	NATGW_A_SAVE_VERSION,		/* u32, NATGW_RECORD_VERSION */
	NATGW_A_SAVE_VNET,		/* string, of all records of the message */
	NATGW_A_SAVE_SESSIONS,		/* binary, struct natgw_session_record, one or more */
	NATGW_A_SAVE_DIRECTS,		/* binary, struct natgw_direct_record, one or more */
	NATGW_A_SAVE_PAUSE,		/* u32 ms since they were saved, of RESTORE; default 0 */
	NATGW_A_SAVE_RESTORED,		/* u32, answer only, as all that follow */
	NATGW_A_SAVE_EXPIRED,		/* u32, their time is over */
	NATGW_A_SAVE_NO_ADDRESS,	/* u32, no gateway has their public IP */
	NATGW_A_SAVE_NO_SUBNET,		/* u32, no subnet of that gateway has their host */
	NATGW_A_SAVE_EXISTS,		/* u32, their flow is there already */
	NATGW_A_SAVE_PORT_TAKEN,	/* u32, their port serves another flow, or is reserved */
	NATGW_A_SAVE_NO_ROOM,		/* u32, the table is at its cap, or memory is short */
	NATGW_A_SAVE_INVALID,		/* u32, their values make no sense */

	__NATGW_A_SAVE_MAX,
	NATGW_A_SAVE_MAX = __NATGW_A_SAVE_MAX - 1
};

/** NATGW_WATCHES - most sockets of one network namespace that watch sessions */
#define NATGW_WATCHES		16

/** NATGW_EVENT_VERSION - layout of the events below */
#define NATGW_EVENT_VERSION	1

/** enum natgw_event - what an event tells */
enum natgw_event {
	NATGW_EVENT_OPENED,	/* or one that had ended lives again */
	NATGW_EVENT_CLOSED,	/* its port may cool for longer */
};

/** enum natgw_event_flag - what is known of the session */
enum natgw_event_flag {
	NATGW_EVENT_FLAG_COUNTED	= 1 << 0,	/* packets and bytes */
};

/** enum natgw_close - why a session has ended */
enum natgw_close {
	NATGW_CLOSE_IDLE,	/* no packet for as long as the idle timer says */
	NATGW_CLOSE_HALF_OPEN,	/* the handshake was not completed in time */
	NATGW_CLOSE_CLOSING,	/* one side had closed or reset it, and silence followed */
	NATGW_CLOSE_FIN,	/* both sides have closed it */
	NATGW_CLOSE_RST,	/* one side has reset it */
	NATGW_CLOSE_UPLINK,	/* its flow takes an uplink that its address does not serve */
	NATGW_CLOSE_FLUSH,	/* by the operator */
	NATGW_CLOSE_DRAIN,	/* a drain ended with it */
	NATGW_CLOSE_ADDRESS,	/* its address was removed, or is of another gateway */
	NATGW_CLOSE_SUBNET,	/* its subnet was removed, or has other addresses */
	NATGW_CLOSE_TIER,	/* its port left the block of its host */
};

/**
 * struct natgw_session_event - a session that has opened or ended, to sockets that watch
 * @time: when, ns since 1970; the clock has a grain of some ms
 * @opened: when it opened, likewise
 * @packets_out: from inside, with NATGW_EVENT_FLAG_COUNTED; so are the next three
 * @bytes_out: from the IP header on
 * @packets_in: from outside
 * @bytes_in: likewise
 * @src: inside source
 * @dst: destination
 * @address: public IP
 * @idle: ms without a packet by then; closed only
 * @src_port: or ICMP id
 * @dst_port: 0 for ICMP
 * @port: public port or ICMP id
 * @proto: IPPROTO_*
 * @type: enum natgw_event
 * @reason: enum natgw_close; closed only
 * @flags: enum natgw_event_flag
 * @reserved: 0
 *
 * Numbers without an order of bytes of their own are in the host's. Events of one session that
 * different processors saw may come in another order than they happened in; @time tells.
 */
struct natgw_session_event {
	__u64 time;
	__u64 opened;
	__u64 packets_out;
	__u64 bytes_out;
	__u64 packets_in;
	__u64 bytes_in;
	__be32 src;
	__be32 dst;
	__be32 address;
	__u32 idle;
	__be16 src_port;
	__be16 dst_port;
	__be16 port;
	__u8 proto;
	__u8 type;
	__u8 reason;
	__u8 flags;
	__u8 reserved[6];
};

/** enum natgw_block_event - a block of ports, where the gateway allocates them by host */
enum natgw_block_event {
	NATGW_BLOCK_EVENT_ALLOCATED,	/* a host has got it; an event for each public IP */
	NATGW_BLOCK_EVENT_FREED,	/* a host has none any more; without address and ports */
	NATGW_BLOCK_EVENT_CHANGED,	/* ports were divided anew: see BLOCK of PORTS_GET */
};

/** enum natgw_a_event - SESSION_EVENT_NTF; without GROUP and BLOCK it only says what was lost */
enum {
	NATGW_A_EVENT_UNSPEC,
	NATGW_A_EVENT_PAD,
	NATGW_A_EVENT_VERSION,		/* u32, NATGW_EVENT_VERSION */
	NATGW_A_EVENT_LOST,		/* u64, events that this socket was never told of */
	NATGW_A_EVENT_GROUP,		/* nest, one or more: enum natgw_a_event_group */
	NATGW_A_EVENT_BLOCK,		/* nest, one or more: enum natgw_a_event_block */

	__NATGW_A_EVENT_MAX,
	NATGW_A_EVENT_MAX = __NATGW_A_EVENT_MAX - 1
};

/** enum natgw_a_event_group - events of sessions with the same names */
enum {
	NATGW_A_EVENT_GROUP_UNSPEC,
	NATGW_A_EVENT_GROUP_PAD,
	NATGW_A_EVENT_GROUP_GATEWAY,	/* string */
	NATGW_A_EVENT_GROUP_SUBNET,	/* string */
	NATGW_A_EVENT_GROUP_VNET,	/* string */
	NATGW_A_EVENT_GROUP_EVENTS,	/* binary, struct natgw_session_event, one or more */

	__NATGW_A_EVENT_GROUP_MAX,
	NATGW_A_EVENT_GROUP_MAX = __NATGW_A_EVENT_GROUP_MAX - 1
};

/**
 * enum natgw_a_event_block - a block of ports that a host has got or lost
 *
 * To sockets whose filter names none of proto, src-port, dst, dst-port, address, port and subnet.
 */
enum {
	NATGW_A_EVENT_BLOCK_UNSPEC,
	NATGW_A_EVENT_BLOCK_PAD,
	NATGW_A_EVENT_BLOCK_TYPE,	/* u32, enum natgw_block_event */
	NATGW_A_EVENT_BLOCK_TIME,	/* u64, ns since 1970; the clock has a grain of some ms */
	NATGW_A_EVENT_BLOCK_GATEWAY,	/* string */
	NATGW_A_EVENT_BLOCK_VNET,	/* string; not with CHANGED */
	NATGW_A_EVENT_BLOCK_SRC,	/* binary, the host; likewise */
	NATGW_A_EVENT_BLOCK_ADDRESS,	/* binary, public IP; with ALLOCATED only */
	NATGW_A_EVENT_BLOCK_FIRST,	/* u32, first port */
	NATGW_A_EVENT_BLOCK_LAST,	/* u32, last port */

	__NATGW_A_EVENT_BLOCK_MAX,
	NATGW_A_EVENT_BLOCK_MAX = __NATGW_A_EVENT_BLOCK_MAX - 1
};

/** enum natgw_a_pool - a prefix of the managed pool, which clusters take addresses from */
enum {
	NATGW_A_POOL_UNSPEC,
	NATGW_A_POOL_PAD,
	NATGW_A_POOL_FAMILY,		/* u32, AF_INET */
	NATGW_A_POOL_PREFIX,		/* binary, network byte order; with the length the key */
	NATGW_A_POOL_PREFIX_LENGTH,	/* u32, 8..32 */
	NATGW_A_POOL_DEV,		/* string, of the addresses that clusters take; optional */
	NATGW_A_POOL_SIZE,		/* u32, addresses, answer only */
	NATGW_A_POOL_FREE,		/* u32, addresses, answer only */

	__NATGW_A_POOL_MAX,
	NATGW_A_POOL_MAX = __NATGW_A_POOL_MAX - 1
};

/** enum natgw_a_plan - one outbound type in an answer of CLUSTER_PLAN */
enum {
	NATGW_A_PLAN_UNSPEC,
	NATGW_A_PLAN_PAD,
	NATGW_A_PLAN_OUTBOUND_TYPE,	/* u32 enum natgw_outbound_type */
	NATGW_A_PLAN_ALLOWED,		/* u32 switch */
	NATGW_A_PLAN_REASON,		/* string, the sentence of the refusal, if refused */

	__NATGW_A_PLAN_MAX,
	NATGW_A_PLAN_MAX = __NATGW_A_PLAN_MAX - 1
};

/**
 * enum natgw_a_cluster - a cluster's way out; name is the key
 *
 * SET changes what is given. Lists are replaced as a whole.
 *
 * PLAN takes what SET takes. Without OUTBOUND_TYPE it answers with one PLAN for
 * each type. With it, it is refused as SET would be, or answers with one PLAN,
 * ADDRESS now, ADDRESS_AFTER, SESSIONS, and UNAUTHORIZED of those after.
 */
enum {
	NATGW_A_CLUSTER_UNSPEC,
	NATGW_A_CLUSTER_PAD,
	NATGW_A_CLUSTER_NAME,		/* string, 1..NATGW_CLUSTER_NAME_MAX */
	/* u32 enum natgw_vnet_mode; default managed, with SUBNET byo; never changes */
	NATGW_A_CLUSTER_VNET_MODE,
	NATGW_A_CLUSTER_MATRIX,		/* u32 enum natgw_matrix, default 2024 */
	NATGW_A_CLUSTER_PREFIX,		/* nest natgw_a_prefix, of a managed vnet; never changes */
	/*
	 * string, ingress device of a managed vnet, once for each. Default in NEW:
	 * the devices that have an address in PREFIX
	 */
	NATGW_A_CLUSTER_DEV,
	NATGW_A_CLUSTER_SUBNET,		/* string, once for each of its subnets */
	NATGW_A_CLUSTER_OUTBOUND_TYPE,	/* u32 enum natgw_outbound_type, default loadBalancer */
	/* string; in requests of userAssignedNATGateway; in answers also one it made itself */
	NATGW_A_CLUSTER_GATEWAY,
	NATGW_A_CLUSTER_NODE_COUNT,	/* u32, loadBalancer: ports for so many; 0: as they come */
	NATGW_A_CLUSTER_NODE_NAT,	/* u32 enum natgw_switch, default on: a record */
	NATGW_A_CLUSTER_IDLE_TIMEOUT,	/* u32 s, default 30 min, managedNATGateway 4 min */
	/* u32, default 1; excludes the next two; 0 in no answer, absent: none */
	NATGW_A_CLUSTER_MANAGED_OUTBOUND_IP_COUNT,
	NATGW_A_CLUSTER_OUTBOUND_IPS,	/* nest natgw_a_prefix, once for each */
	NATGW_A_CLUSTER_OUTBOUND_IP_PREFIXES,	/* nest natgw_a_prefix, once for each */
	NATGW_A_CLUSTER_PORTS_PER_HOST,	/* u32, loadBalancer; 0: the default table */
	NATGW_A_CLUSTER_AUTHORIZED_IP_RANGES,	/* nest natgw_a_prefix, once for each */
	/*
	 * u32 s, of requests: what the configuration that is left still carries
	 * ends after that time, 0 or NATGW_DRAIN_NOW: at once. Absent: when it ends by itself
	 */
	NATGW_A_CLUSTER_DRAIN,
	NATGW_A_CLUSTER_ADDRESS,	/* nest natgw_a_prefix, each it leaves by, answer only */
	/* nest natgw_a_prefix, once for each of former configurations, answer only */
	NATGW_A_CLUSTER_RETIRED_ADDRESS,
	/* nest natgw_a_prefix, once for each ADDRESS outside AUTHORIZED_IP_RANGES, answer */
	NATGW_A_CLUSTER_UNAUTHORIZED,
	/*
	 * u32, answer only. Of its subnets, cooling ones included; of PLAN: those that
	 * are open and would be left on an address that the cluster no longer leaves by
	 */
	NATGW_A_CLUSTER_SESSIONS,
	NATGW_A_CLUSTER_PLAN,		/* nest natgw_a_plan, answer of PLAN */
	NATGW_A_CLUSTER_ADDRESS_AFTER,	/* nest natgw_a_prefix, once for each, answer of PLAN */
	/*
	 * string, a sentence for each subnet that the operator has bound or routed in
	 * another way than the record of the cluster says, answer only
	 */
	NATGW_A_CLUSTER_DIFFERS,

	__NATGW_A_CLUSTER_MAX,
	NATGW_A_CLUSTER_MAX = __NATGW_A_CLUSTER_MAX - 1
};

#endif /* _UAPI_LINUX_NATGW_H */
