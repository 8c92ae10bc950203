# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2034,SC2154
# The machines of lab loadbalancer: a cluster of three nodes whose pods leave with
# the address of their node, and an internet with a "what is my IP" service.

. "$TOUR/../lib.sh"

TOPOLOGY='
   pod1a .11, pod1b .12 ─ node1 .4 ─┐
               pod2 .21 ─ node2 .5 ─┤ 10.224.0.0/16   wan
               pod3 .31 ─ node3 .6 ─┴ router: natgw ── 192.0.2.1 ── 192.0.2.80, .81  internet
   The nodes masquerade their pods, as the nodes of AKS do by default: for the router, and
   for the ports it gives out, node1 is one host however many pods it has.
   nginx on the internet is the API of a partner (.80) and a "what is my IP" service (.81), both
   tell which address they see. hold opens many connections at once and keeps them.

'

API=http://192.0.2.80/whoami
WHOAMI=http://192.0.2.81/whoami
INGRESS=203.0.113.200

topology_up()
{
	ip link set lo up
	lan nodes 10.224.0.1/16
	node node1 nodes 10.224.0.4/16 10.224.0.1
	node node2 nodes 10.224.0.5/16 10.224.0.1
	node node3 nodes 10.224.0.6/16 10.224.0.1
	pod pod1a node1 10.224.0.11/16
	pod pod1b node1 10.224.0.12/16
	pod pod2 node2 10.224.0.21/16
	pod pod3 node3 10.224.0.31/16
	masquerades node1 10.224.0.4 && masquerades node2 10.224.0.5 &&
		masquerades node3 10.224.0.6 || fail "the nodes do not masquerade"

	machine internet
	cable router wan 192.0.2.1/24 internet eth0 192.0.2.80/24
	ip -n internet addr add 192.0.2.81/24 dev eth0
	ip -n internet route add 203.0.113.0/24 via 192.0.2.1
	ip route add default via 192.0.2.80
	forwards router

	web internet api 192.0.2.80:80
	web internet whoami 192.0.2.81:80
	web pod2 nginx 10.224.0.21:80
}
