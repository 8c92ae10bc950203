/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What to do about each drop reason, one row each, by its name in NATGW_DROP_REASONS of
 * linux/natgw.h, which has its word and what happened. reason.c includes this list once for
 * each table that it makes of it.
 */
SUGGEST(NO_GATEWAY,
	"bind it: natgwctl subnet set SUBNET gateway GATEWAY"
)
SUGGEST(NO_SUBNET,
	"make its subnet: natgwctl subnet add SUBNET prefix CIDR gateway GATEWAY"
)
SUGGEST(UNSOLICITED,
	"nothing, scans look like this; if a server behind the gateway should be reached, it needs DNAT or a load balancer"
)
SUGGEST(HAIRPIN,
	"use the private address of the server; a session can only be reached from its destination"
)
SUGGEST(SPOOFED_SOURCE,
	"compare ip route get SOURCE from PEER iif UPLINK with the interface; look for a missing route, a forged source, or a host that has a public address of a gateway; if answers take another way: natgwctl subnet set SUBNET source-check loose"
)
SUGGEST(FOREIGN_NAT,
	"exempt the subnet from masquerade and SNAT rules: nft list ruleset"
)
SUGGEST(PROTOCOL,
	"route it around the gateway, or tunnel it over UDP"
)
SUGGEST(FRAGMENT,
	"look for lost fragments: nstat -az 'IpReasm*'; lower the sender's MTU"
)
SUGGEST(MALFORMED,
	"capture the sender's packets: tcpdump -v src SOURCE"
)
SUGGEST(CHECKSUM,
	"look for a broken device on the path to its sender"
)
SUGGEST(NO_SESSION,
	"let applications send keep-alives, or raise idle-timeout; after binding a subnet its old connections end like this"
)
SUGGEST(LATE_SENDER,
	"let applications send keep-alives, or raise idle-timeout"
)
SUGGEST(COOLING,
	"nothing, late packets look like this; very many: applications close too early"
)
SUGGEST(ICMP_NO_SESSION,
	"nothing, late answers look like this; very many: somebody scans with a forged source"
)
SUGGEST(POOL_EMPTY,
	"attach one: natgwctl gateway set GATEWAY address IP"
)
SUGGEST(DESTINATION_FULL,
	"find it and who uses it: natgwctl ports show by destination; attach more addresses, or let clients keep and share connections to it"
)
SUGGEST(ALL_COOLING,
	"find it: natgwctl ports show by destination; attach more addresses, reuse connections, or shorten the cool-downs (profile custom)"
)
SUGGEST(MEMORY,
	"compare sessions with sessions-max, and memory with memory-max: natgwctl -jp; shorten timeouts, or raise the module's sessions_max or memory_max"
)
SUGGEST(REWRITE,
	"look at the router's memory: free -m"
)
SUGGEST(REROUTE,
	"add a route to the hosts of the subnet: ip route add SUBNET via ROUTER; natgwctl doctor names subnets without one"
)
SUGGEST(IPV6,
	"allow it: natgwctl subnet set SUBNET ipv6 keep"
)
SUGGEST(DRAINING,
	"nothing if that is meant; else end the drain: natgwctl gateway, address or subnet set NAME drain off"
)
SUGGEST(QUOTA,
	"find the host: natgwctl ports show by host; let it reuse connections, or give each host more, by the key of its gateway's allocation: natgwctl gateway set GATEWAY ports-per-host N (preallocated, floor), host-limit N (dynamic), or natgwctl cluster set CLUSTER ports-per-host N (its load balancer)"
)
SUGGEST(DESTINATION_CAP,
	"find it: natgwctl ports show by destination; attach more addresses, or raise the limit: natgwctl gateway set GATEWAY destination-limit N"
)
SUGGEST(ROUTE_NONE,
	"nothing if that is meant; else find the route: natgwctl route show effective subnet SUBNET"
)
SUGGEST(PRIVATE_SPACE,
	"add the space to the vnet, a route to it, or: natgwctl vnet set VNET private-space pass"
)
SUGGEST(NEXT_HOP,
	"look at the route and at ip route get NEXT-HOP; the VPN next hop: natgwctl vnet set VNET vpn-next-hop IP"
)
SUGGEST(NEXT_HOP_DOWN,
	"look at the appliance: ip neigh show NEXT-HOP"
)
SUGGEST(VNET_DOWN,
	"put it back: ip link set DEV master VRF"
)
SUGGEST(ASYMMETRIC,
	"bring the connection in by the appliance (DNAT there), or give its client or load balancer a route of its own"
)
SUGGEST(TOO_BIG,
	"nothing, path MTU discovery looks like this; very many: something on the way eats ICMP"
)
SUGGEST(OUTBOUND_BLOCK,
	"nothing, that is what it asks for; else: natgwctl cluster set NAME outbound-type TYPE"
)
SUGGEST(UNTRANSLATED,
	"find what sends it: nft list ruleset; take the flows of the subnet out of it"
)
SUGGEST(VNET_DEVICE,
	"compare ip route get SOURCE with the vnet's devices (natgwctl vnet show); name the right one: natgwctl vnet set VNET dev DEV"
)
SUGGEST(REDIRECT,
	"nothing; to save the work: sysctl net.ipv4.conf.all.send_redirects=0 and the same for the device"
)
SUGGEST(UPLINK,
	"compare ip route get DESTINATION with natgwctl address show; attach an address for that uplink, or take the restriction away: natgwctl address set IP uplink none"
)
SUGGEST(IPSEC,
	"look at the policies and states for the public address: ip xfrm policy; ip xfrm state"
)
SUGGEST(HOLD,
	"configure it: natgwctl apply -f /etc/natgw/natgw.conf; the first change that succeeds ends the hold"
)
