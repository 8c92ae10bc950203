/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The drop reasons in words, one row each: its name in enum natgw_drop_reason, its word on
 * the command line, what happened, what to do about it. reason.c includes this list once for
 * each table that it makes of it.
 */
EXPLAIN(NO_GATEWAY, "no-gateway",
	"not dropped: a subnet that no gateway is bound to sends to the Internet; left to Linux, untranslated",
	"bind it: natgwctl subnet set SUBNET gateway GATEWAY"
)
EXPLAIN(NO_SUBNET, "no-subnet",
	"not dropped: a source that is in no subnet sends to the Internet; left to Linux, untranslated",
	"make its subnet: natgwctl subnet add SUBNET prefix CIDR gateway GATEWAY"
)
EXPLAIN(UNSOLICITED, "unsolicited",
	"a packet from outside to a public address, of no session",
	"nothing, scans look like this; if a server behind the gateway should be reached, it needs DNAT or a load balancer"
)
EXPLAIN(HAIRPIN, "hairpin",
	"a host of a bound subnet sent to a public address of a pool",
	"use the private address of the server; a session can only be reached from its destination"
)
EXPLAIN(SPOOFED_SOURCE, "spoofed-source",
	"the route to the source does not leave by the interface the packet came in by",
	"compare ip route get SOURCE from PEER iif UPLINK with the interface; look for a missing route or a forged source; if answers take another way: natgwctl subnet set SUBNET source-check loose"
)
EXPLAIN(FOREIGN_NAT, "foreign-nat",
	"another NAT rule changed the source before the gateway could",
	"exempt the subnet from masquerade and SNAT rules: nft list ruleset"
)
EXPLAIN(PROTOCOL, "protocol",
	"a protocol other than TCP, UDP and ICMP echo from a bound subnet",
	"route it around the gateway, or tunnel it over UDP"
)
EXPLAIN(FRAGMENT, "fragment",
	"a fragment that was not reassembled",
	"look for lost fragments: nstat -az 'IpReasm*'; lower the sender's MTU"
)
EXPLAIN(MALFORMED, "malformed",
	"headers that are cut short or contradict each other",
	"capture the sender's packets: tcpdump -v src SOURCE"
)
EXPLAIN(CHECKSUM, "checksum",
	"an ICMP error with a wrong checksum",
	"look for a broken device on the path to its sender"
)
EXPLAIN(NO_SESSION, "no-session",
	"a TCP segment without SYN from a bound subnet, of no session",
	"let applications send keep-alives, or raise idle-timeout; after binding a subnet its old connections end like this"
)
EXPLAIN(LATE_SENDER, "late-sender",
	"a TCP segment after the idle timeout, answered with RST",
	"let applications send keep-alives, or raise idle-timeout"
)
EXPLAIN(COOLING, "cooling",
	"a packet of a session that has ended and whose port cools down",
	"nothing, late packets look like this; very many: applications close too early"
)
EXPLAIN(ICMP_NO_SESSION, "icmp-no-session",
	"an ICMP error or echo reply that belongs to no session",
	"nothing, late answers look like this; very many: somebody scans with a forged source"
)
EXPLAIN(POOL_EMPTY, "pool-empty",
	"the gateway of the subnet has no address",
	"attach one: natgwctl gateway set GATEWAY address IP"
)
EXPLAIN(DESTINATION_FULL, "destination-full",
	"every port of every address is in use to this destination",
	"find it and who uses it: natgwctl ports show by destination; attach more addresses, or let clients keep and share connections to it"
)
EXPLAIN(ALL_COOLING, "all-cooling",
	"no port is free to this destination, but some only cool down",
	"find it: natgwctl ports show by destination; attach more addresses, reuse connections, or shorten the cool-downs (profile custom)"
)
EXPLAIN(MEMORY, "memory",
	"the cap of sessions or the memory for all network namespaces is used up, or the router has none",
	"compare sessions with sessions-max, and memory with memory-max: natgwctl -jp; shorten timeouts, or raise the module's sessions_max or memory_max"
)
EXPLAIN(REWRITE, "rewrite",
	"no memory to make the packet writable",
	"look at the router's memory: free -m"
)
EXPLAIN(REROUTE, "reroute",
	"no route for an ICMP error after its translation",
	"add a route to the private source"
)
EXPLAIN(IPV6, "ipv6",
	"IPv6 of a subnet with ipv6 drop",
	"allow it: natgwctl subnet set SUBNET ipv6 keep"
)
EXPLAIN(DRAINING, "draining",
	"a new flow, and the gateway, the binding of the subnet or each address it may use is being drained",
	"nothing if that is meant; else end the drain: natgwctl gateway, address or subnet set NAME drain off"
)
EXPLAIN(QUOTA, "quota",
	"a new flow of a host that has all that its gateway lets one host have: its block of ports (allocation preallocated or floor), or as many sessions as host-limit allows",
	"find the host: natgwctl ports show by host; let it reuse connections, or give each host more, by the key of its gateway's allocation: natgwctl gateway set GATEWAY ports-per-host N (preallocated, floor), host-limit N (dynamic), or natgwctl cluster set CLUSTER ports-per-host N (its load balancer)"
)
EXPLAIN(DESTINATION_CAP, "destination-cap",
	"a new flow to a destination that has as many ports of each address as destination-limit allows",
	"find it: natgwctl ports show by destination; attach more addresses, or raise the limit: natgwctl gateway set GATEWAY destination-limit N"
)
EXPLAIN(ROUTE_NONE, "route-none",
	"a user route of the subnet's table says None",
	"nothing if that is meant; else find the route: natgwctl route show effective subnet SUBNET"
)
EXPLAIN(PRIVATE_SPACE, "private-space",
	"from a subnet to private or shared space outside its vnet (private-space drop)",
	"add the space to the vnet, a route to it, or: natgwctl vnet set VNET private-space pass"
)
EXPLAIN(NEXT_HOP, "next-hop",
	"steered to a next hop that is not set or not directly connected",
	"look at the route and at ip route get NEXT-HOP; the VPN next hop: natgwctl vnet set VNET vpn-next-hop IP"
)
EXPLAIN(NEXT_HOP_DOWN, "next-hop-down",
	"steered to a next hop that does not answer ARP",
	"look at the appliance: ip neigh show NEXT-HOP"
)
EXPLAIN(VNET_DOWN, "vnet-down",
	"a device of a vnet that overlaps another one is not in its VRF",
	"put it back: ip link set DEV master VRF"
)
EXPLAIN(ASYMMETRIC, "asymmetric",
	"not dropped: a SYN/ACK from inside is steered to a next hop that has not seen the SYN, and drops it if it is stateful",
	"bring the connection in by the appliance (DNAT there), or give its client or load balancer a route of its own"
)
EXPLAIN(TOO_BIG, "too-big",
	"an answer longer than the MTU towards its host, which is in a VRF; its sender was told (ICMP 3/4)",
	"nothing, path MTU discovery looks like this; very many: something on the way eats ICMP"
)
EXPLAIN(OUTBOUND_BLOCK, "outbound-block",
	"to the Internet from a cluster of outbound type block",
	"nothing, that is what it asks for; else: natgwctl cluster set NAME outbound-type TYPE"
)
EXPLAIN(UNTRANSLATED, "untranslated",
	"a packet with a private source of a bound subnet was about to leave by a way past the translation (flowtable, nft fwd or dup, REJECT on a bridge)",
	"find what sends it: nft list ruleset; take the flows of the subnet out of it"
)
EXPLAIN(VNET_DEVICE, "vnet-device",
	"a source in a bound subnet of a vnet, by a device that is not one of that vnet's",
	"compare ip route get SOURCE with the vnet's devices (natgwctl vnet show); name the right one: natgwctl vnet set VNET dev DEV"
)
EXPLAIN(REDIRECT, "redirect",
	"the router's own ICMP redirect that would have sent a host of a bound subnet past the gateway",
	"nothing; to save the work: sysctl net.ipv4.conf.all.send_redirects=0 and the same for the device"
)
EXPLAIN(UPLINK, "uplink",
	"the gateway has addresses, but none that may leave by the device of the route",
	"compare ip route get DESTINATION with natgwctl address show; attach an address for that uplink, or take the restriction away: natgwctl address set IP uplink none"
)
EXPLAIN(IPSEC, "ipsec",
	"an IPsec policy for the translated flow refuses it, or has no state to send it by",
	"look at the policies and states for the public address: ip xfrm policy; ip xfrm state"
)
