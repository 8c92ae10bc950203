# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2034,SC2154
# The machines of lab managed: a cluster whose pods call a payment API that admits
# only addresses it knows.

. "$TOUR/../lib.sh"

TOPOLOGY='
   pay1 .11 ─ node1 .4 ─┐
   pay2 .21 ─ node2 .5 ─┤ 10.224.0.0/16   wan
   pay3 .31 ─ node3 .6 ─┼ router: natgw ── 192.0.2.1 ── 192.0.2.80  internet: the payment API
               corp1 .4 ─┤ 10.1.0.0/24
             office1 .4 ─┤ 10.1.1.0/24
  kpod .11 ─ knode .4   ─┘ 10.240.0.0/16, pods of knode 10.244.0.0/24
   The payment API is nginx with a list of addresses it allows, and says which address it
   sees. Nodes masquerade their pods. Public IPs are 198.51.100.0/24 and 203.0.113.0/24.

'

WHOAMI=http://192.0.2.80/whoami
PAY=http://192.0.2.80/pay
INGRESS=203.0.113.200
ALLOW_LIST=$SCRATCH/allow-list

# payment_node NAME ADDR POD POD-ADDR
payment_node()
{
	node "$1" nodes "$2/16" 10.224.0.1
	pod "$3" "$1" "$4/16"
	masquerades "$1" "$2" || fail "$1 does not masquerade"
}

topology_up()
{
	lan nodes 10.224.0.1/16
	payment_node node1 10.224.0.4 pay1 10.224.0.11
	payment_node node2 10.224.0.5 pay2 10.224.0.21
	payment_node node3 10.224.0.6 pay3 10.224.0.31
	lan corp 10.1.0.1/24
	host corp1 corp 10.1.0.4/24 10.1.0.1
	lan office 10.1.1.1/24
	host office1 office 10.1.1.4/24 10.1.1.1
	lan kube 10.240.0.1/16
	kubenet_node knode kube 10.240.0.4/16 10.240.0.1 10.244.0.1/24
	pod kpod knode 10.244.0.11/24

	machine internet
	cable router wan 192.0.2.1/24 internet eth0 192.0.2.80/24
	ip -n internet route add 198.51.100.0/24 via 192.0.2.1
	ip -n internet route add 203.0.113.0/24 via 192.0.2.1
	ip route add default via 192.0.2.80
	forwards router

	: > "$ALLOW_LIST"
	# "return" would answer before the access check
	web internet api 192.0.2.80:80 -- \
		"location = /pay { include $ALLOW_LIST; deny all; empty_gif; }"
}
