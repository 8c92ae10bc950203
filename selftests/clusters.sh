#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Clusters: the six outbound types, what they make, where traffic leaves, what is
# refused; the managed pool. Topology: lib_cluster.sh.

. "$(dirname "$0")/lib.sh"
# shellcheck source=selftests/lib_cluster.sh
. "$HERE/lib_cluster.sh"

# fresh [KEY VALUE]...: nothing is configured but the pool, subnet web, and an address
fresh()
{
	ok ctl reset
	ok ctl managed-pool add 203.0.113.32/28
	ok ctl subnet add web prefix 10.0.1.0/24
	ok ctl address add 203.0.113.1
	ok ctl address add 203.0.113.2
}

pool_free()
{
	value "$(ctl -j managed-pool show)" free
}

pool()
{
	local out

	fresh
	same "free" 16 "$(pool_free)"
	out=$(ctl -j address add length 30)
	match "taken" 203.0.113.32 "$out"
	ok ctl address add length 32
	match "next" 203.0.113.36 "$(ctl -j address show 203.0.113.36)"
	same "free" 11 "$(pool_free)"
	says "no free prefix of length 28.*11" address add length 28
	says "in use by address 203\.0\.113\.32/30 \(5 in all\)" managed-pool del 203.0.113.32/28
	says "overlaps managed pool 203.0.113.32/28" managed-pool add 203.0.113.0/24
	says "overlaps address 203.0.113.1" managed-pool add 203.0.113.0/28
	says "overlaps managed pool" vnet add v1 prefix 203.0.113.0/26
	says "overlaps managed pool" subnet add s1 prefix 203.0.113.40/29
	says "overlaps subnet web" managed-pool add 10.0.1.0/28
	ok ctl address del 203.0.113.32/30
	ok ctl address del 203.0.113.36
	ok ctl managed-pool del 203.0.113.32/28
	says "there is no managed pool" address add length 32
}

managed_lb()
{
	fresh
	ok ctl cluster add aks1 prefix 10.0.2.0/24 node-count 3
	same "type" loadBalancer "$(of aks1 outbound-type)"
	same "gateway" aks1-lb "$(of aks1 gateway)"
	same "idle timeout" 1800 "$(of aks1 idle-timeout)"
	same "free" 15 "$(pool_free)"
	match "gateway" '"allocation":"preallocated".*"owner":"aks1"' \
		"$(ctl -j gateway show aks1-lb)"
	match "on idle" '"on-idle":"reset-both"' "$(ctl -j gateway show aks1-lb)"
	match "subnet" '"owner":"aks1".*"load-balancer":"aks1-lb"' "$(ctl -j subnet show aks1)"
	leaves_by 10.0.2.2 203.0.113.32
	same "address" 203.0.113.32 "$(value "$(ctl -j session show)" address)"

	ok ctl cluster set aks1 managed-outbound-ip-count 3 idle-timeout 10m ports-per-host 2000
	same "free" 13 "$(pool_free)"
	match "gateway" '"ports-per-host":2000.*"idle-timeout":600' "$(ctl -j gateway show aks1-lb)"
	says "InvalidLoadBalancerProfileAllocatedOutboundPorts.*x 100 nodes" \
		cluster set aks1 node-count 100
	says "not a multiple of 8" cluster set aks1 ports-per-host 1001
	ok ctl address add length 31
	says "needs 13 addresses.*11 are free" cluster set aks1 managed-outbound-ip-count 16 \
		matrix 2026-08
	says "outside 1..16 .the cloud's load balancer has up to 100" \
		cluster set aks1 managed-outbound-ip-count 17
	says "InvalidLoadBalancerProfileIdleTimeoutInMinutes" cluster set aks1 idle-timeout 121m

	# what it made it alone changes
	says "gateway aks1-lb belongs to cluster aks1" gateway set aks1-lb idle-timeout 5m
	says "gateway aks1-lb belongs to cluster aks1" gateway del aks1-lb
	says "address 203.0.113.32 belongs to cluster aks1" address del 203.0.113.32
	says "address 203.0.113.32 belongs to cluster aks1" address set 203.0.113.32 gateway none
	says "subnet aks1 belongs to cluster aks1" subnet del aks1
	says "vnet aks1 belongs to cluster aks1" vnet del aks1
	says "vnet aks1 belongs to cluster aks1" vnet set aks1 private-space pass
	says "gateway aks1-lb belongs" address set 203.0.113.1 gateway aks1-lb
	says "gateway aks1-lb belongs" subnet set web gateway aks1-lb

	# its own addresses instead
	ok ctl cluster set aks1 outbound-ips 203.0.113.1,203.0.113.2 drain 0s
	soon retired_is aks1 ''
	same "free" 14 "$(pool_free)"
	match "address" '203.0.113.[12]$' "$(seen_as 10.0.2.2)"
	says "address 203.0.113.1 is used by cluster aks1" address del 203.0.113.1
	ok ctl cluster del aks1
	refused ctl gateway show aks1-lb
	refused ctl vnet show aks1
	refused ctl subnet show aks1
	match "back to the operator" 203.0.113.1 "$(ctl -j address show 203.0.113.1)"
	same "sessions" 0 "$(sessions)"
}

managed_nat()
{
	excuse 10.0.1.2	# web has no gateway
	fresh
	ok ctl cluster add aks1 prefix 10.0.2.0/24 outbound-type managedNATGateway \
		managed-outbound-ip-count 2 node-nat off
	same "gateway" aks1-nat "$(of aks1 gateway)"
	same "idle timeout" 240 "$(of aks1 idle-timeout)"
	match "subnet" '"gateway":"aks1-nat"' "$(ctl -j subnet show aks1)"
	match "gateway" '"operational":"yes"' "$(ctl -j gateway show aks1-nat)"
	match "address" '203.0.113.3[23]$' "$(seen_as 10.0.2.2)"
	# the other device is not of its vnet
	leaves_by 10.0.1.2 10.0.1.2
	says "ports-per-host has no meaning" cluster set aks1 ports-per-host 1024
	says "excludes outbound-ips" cluster set aks1 managed-outbound-ip-count 2 \
		outbound-ips 203.0.113.1
	says "node-nat off needs" cluster set aks1 outbound-type loadBalancer
	ok ctl cluster set aks1 node-nat on idle-timeout 5m
	match "timer" '"idle-timeout":300' "$(ctl -j gateway show aks1-nat)"
	ok ctl cluster del aks1
	same "free" 16 "$(pool_free)"
}

# A gateway of the subnet comes before its cluster's load balancer
byo_lb()
{
	fresh
	ok ctl cluster add aks2 subnet web
	same "mode" byo "$(of aks2 vnet-mode)"
	leaves_by 10.0.1.2 203.0.113.32
	says "InUseSubnetCannotBeDeleted: subnet web is used by cluster aks2" subnet del web
	says "subnet web is of cluster aks2" cluster add aks3 subnet web
	ok ctl gateway add gw1
	ok ctl address set 203.0.113.1 gateway gw1
	ok ctl subnet set web gateway gw1
	leaves_by 10.0.1.2 203.0.113.1
	same "address" 203.0.113.1 "$(list aks2 address)"
	ok ctl subnet set web gateway none
	leaves_by 10.0.1.2 203.0.113.32
	says "address 203.0.113.1 is attached to gateway gw1" cluster set aks2 \
		outbound-ips 203.0.113.1
	says "address 203.0.113.9 does not exist" cluster set aks2 outbound-ips 203.0.113.9
	ok ctl address add 203.0.113.16/31 zone 2
	says "zone 2 of address 203.0.113.16/31 does not match" cluster set aks2 \
		outbound-ip-prefixes 203.0.113.16/31
	ok ctl address set 203.0.113.16/31 zone 0
	ok ctl cluster set aks2 outbound-ip-prefixes 203.0.113.16/31
	match "address" '203.0.113.1[67]$' "$(seen_as 10.0.1.2)"
	ok ctl cluster del aks2
	match "subnet" web "$(ctl -j subnet show web)"
	refused ctl gateway show aks2-lb
}

byo_user_assigned()
{
	fresh
	says "subnet web is bound to no gateway" cluster add aks2 subnet web \
		outbound-type userAssignedNATGateway
	says "gateway gw1 does not exist" cluster add aks2 subnet web \
		outbound-type userAssignedNATGateway gateway gw1
	says "managedNATGateway is incompatible with a custom virtual network, use userAssignedNATGateway" \
		cluster add aks2 subnet web outbound-type managedNATGateway
	says "needs a custom virtual network" cluster add aks2 prefix 10.0.2.0/24 \
		outbound-type userAssignedNATGateway
	ok ctl gateway add gw1
	ok ctl address set 203.0.113.1 gateway gw1
	ok ctl cluster add aks2 subnet web outbound-type userAssignedNATGateway gateway gw1
	leaves_by 10.0.1.2 203.0.113.1
	same "gateway" gw1 "$(of aks2 gateway)"
	says "gateway gw1 is used by cluster aks2" gateway del gw1
	ok ctl cluster del aks2
	# bound already
	ok ctl cluster add aks2 subnet web outbound-type userAssignedNATGateway
	leaves_by 10.0.1.2 203.0.113.1
	ok ctl cluster del aks2
	leaves_by 10.0.1.2 203.0.113.1
}

byo_routing()
{
	fresh
	says "ExistingRouteTableNotAssociatedWithSubnet: subnet web has no route table" \
		cluster add aks2 subnet web outbound-type userDefinedRouting
	ok ctl route-table add rt1
	ok ctl subnet set web route-table rt1
	says "route table rt1 of subnet web has no route 0.0.0.0/0" \
		cluster add aks2 subnet web outbound-type userDefinedRouting
	ok ctl route add 0.0.0.0/0 route-table rt1 next-hop-type VirtualAppliance \
		next-hop-ip 10.0.9.4
	ok ctl cluster add aks2 subnet web outbound-type userDefinedRouting
	leaves_by 10.0.1.2 203.0.113.200
	same "addresses" "" "$(list aks2 address)"
}

none_and_block()
{
	local before

	excuse 10.0.2.2	# leaves untranslated under none
	fresh
	ok ctl cluster add aks1 prefix 10.0.2.0/24 outbound-type none
	leaves_by 10.0.2.2 10.0.2.2
	ok ctl cluster set aks1 outbound-type block
	before=$(drops outbound-block)
	gets_nothing 10.0.2.2
	at_least "drops" $((before + 1)) "$(drops outbound-block)"
	match "explain" outbound-block \
		"$(ctl explain src 10.0.2.2 dst 198.51.100.7:80 vnet aks1 proto tcp)"
	# what came in is answered
	same "from outside" hello "$(from_outside)"
	# nor does another NAT let it out
	in_ns "$gw" nft add table ip n
	in_ns "$gw" nft add chain ip n post '{ type nat hook postrouting priority 100; }'
	in_ns "$gw" nft add rule ip n post oifname up0 masquerade
	gets_nothing 10.0.2.2
	in_ns "$gw" nft delete table ip n
	ok ctl cluster set aks1 outbound-type none
	leaves_by 10.0.2.2 10.0.2.2
}

# What a node says to the outside
from_outside()
{
	start "$cl" socat TCP-LISTEN:8080,bind=10.0.2.2,reuseaddr,fork EXEC:"echo hello"
	wait_for 20 listening "$cl" tcp 8080
	in_ns "$net" timeout 10 socat -u TCP:10.0.2.2:8080 -
}

ranges()
{
	fresh
	ok ctl cluster add aks1 prefix 10.0.2.0/24 authorized-ip-ranges 203.0.113.0/27
	same "outside" 203.0.113.32 "$(list aks1 unauthorized)"
	ok ctl cluster set aks1 authorized-ip-ranges 203.0.113.0/27,203.0.113.32/28
	same "outside" "" "$(list aks1 unauthorized)"
}

# What the operator's own commands took from under a cluster
differs()
{
	fresh
	ok ctl gateway add gw1
	ok ctl gateway add gw2
	ok ctl cluster add aks2 subnet web outbound-type userAssignedNATGateway gateway gw1
	same "as the record says" "" "$(list aks2 differs)"
	ok ctl subnet set web gateway gw2
	same "another gateway" "subnet web is bound to gateway gw2, not to gw1" "$(list aks2 differs)"
	match "status" "cluster aks2: subnet web is bound to gateway gw2, not to gw1" "$(ctl)"
	ok ctl subnet set web gateway none
	same "no gateway" "subnet web is bound to no gateway, not to gw1" "$(list aks2 differs)"
	# the way back, and the one that keeps it
	ok ctl cluster set aks2 gateway gw1
	same "bound again" "" "$(list aks2 differs)"
	ok ctl cluster set aks2 gateway gw2
	match "bound anew" '"gateway":"gw2"' "$(ctl -j subnet show web)"
	ok ctl cluster del aks2
	ok ctl subnet set web gateway none

	user_route
	ok ctl subnet set web route-table rt1
	ok ctl cluster add aks2 subnet web outbound-type userDefinedRouting
	same "routed" "" "$(list aks2 differs)"
	ok ctl route del 0.0.0.0/0 route-table rt1
	same "no route" \
		"subnet web has no route 0.0.0.0/0 to VirtualAppliance or VirtualNetworkGateway" \
		"$(list aks2 differs)"
	ok ctl cluster del aks2

	ok ctl cluster add aks2 subnet web
	ok ctl subnet set web gateway gw1
	same "a gateway before it" "subnet web is bound to gateway gw1, which goes before aks2-lb" \
		"$(list aks2 differs)"
	# by order of precedence, and no defect
	match "note" "note: cluster aks2: subnet web is bound to gateway gw1, which goes before aks2-lb" \
		"$(ctl)"
	same "warnings" 0 \
		"$(ctl -j | jq '[.[0].warnings[] | select(startswith("cluster"))] | length')"
}

names()
{
	fresh
	says "of a cluster not 1..27" cluster add a234567890123456789012345678 prefix 10.0.2.0/24
	ok ctl cluster add a23456789012345678901234567 prefix 10.0.2.0/24
	match "gateway" a23456789012345678901234567-lb "$(ctl -j gateway show)"
	says "exists" cluster add a23456789012345678901234567 prefix 10.0.3.0/24
	ok ctl cluster del a23456789012345678901234567
	says "no device here has an address in 10.9.0.0/16" cluster add aks1 prefix 10.9.0.0/16
	ok ctl vnet add aks1 prefix 10.7.0.0/16
	says "vnet aks1 exists" cluster add aks1 prefix 10.0.2.0/24
	ok ctl vnet del aks1
	ok ctl gateway add aks1-lb
	says "gateway aks1-lb exists, cluster aks1 makes one of that name" \
		cluster add aks1 prefix 10.0.2.0/24
}

in_a_transaction()
{
	local before

	fresh
	before=$(generation)
	ok ctl -b - <<-EOT
		managed-pool add 203.0.113.48/28
		gateway add gw1
		cluster add aks1 prefix 10.0.2.0/24 managed-outbound-ip-count 2
		cluster set aks1 outbound-type managedNATGateway
	EOT
	at_least "generation" $((before + 1)) "$(generation)"
	same "type" managedNATGateway "$(of aks1 outbound-type)"
	before=$(ctl -j cluster show)
	refused ctl -b - <<-EOT
		cluster set aks1 outbound-type loadBalancer
		cluster set aks1 managed-outbound-ip-count 99
	EOT
	same "after a refusal" "$before" "$(ctl -j cluster show)"
	ok ctl reset
	same "clusters" '[]' "$(ctl -j cluster show)"
	same "pools" '[]' "$(ctl -j managed-pool show)"
}

# With flows running: no object, no session is left behind
ends_with_its_namespace()
{
	fresh
	ok ctl cluster add aks1 prefix 10.0.2.0/24
	leaves_by 10.0.2.2 203.0.113.32
	ok ctl cluster set aks1 outbound-type managedNATGateway
	stats_agree
	ip netns del "$gw"
}

cluster_topology
web_server "$net" 198.51.100.7
tests=(pool managed_lb managed_nat byo_lb byo_user_assigned byo_routing none_and_block ranges
       differs names in_a_transaction ends_with_its_namespace)
run "$@"
