# SPDX-License-Identifier: GPL-2.0
# Load balancer outbound: 1,024 ports for each node, and one node needs more
# shellcheck shell=bash disable=SC2034
# do_STEP acts, check_STEP claims; --break STEP leaves do_STEP out, so each do_
# must be needed by some claim.

STEPS=(cluster egress ingress starve more-ips ports-per-host timeout nat-gateway same-load)

declare -A TITLE=(
	[cluster]="A cluster with outbound type loadBalancer"
	[egress]="Which address do the pods leave by?"
	[ingress]="A service of type LoadBalancer: the ingress IP is another one"
	[starve]="node1 opens 1,024 connections to the API, and that is the end"
	[more-ips]="First try: three public IPs instead of one"
	[ports-per-host]="Second try: more ports for each node"
	[timeout]="How long an idle connection keeps its port"
	[nat-gateway]="The cure: a NAT gateway in place of the load balancer"
	[same-load]="The same load under the NAT gateway"
)

do_cluster()
{
	router natgwctl gateway add aks-lb allocation preallocated hosts 3 on-idle reset-both idle-timeout 30m address 203.0.113.1
	router natgwctl subnet add aks prefix 10.224.0.0/16 gateway aks-lb
	router natgwctl gateway show aks-lb
}

# gateway NAME KEY
gateway()
{
	json ".[0].\"$2\"" gateway show "$1"
}

addresses_of()
{
	json "[.[] | select(.gateway == \"$1\") | .address] | join(\" \")" address show
}

check_cluster()
{
	claim "its gateway is operational" is "$(gateway aks-lb operational)" yes
	claim "each host has a block of 1,024 ports, the table's for up to 50 hosts" \
		is "$(gateway aks-lb block)" 1024
	EGRESS=$(addresses_of aks-lb)
}

# The pods' packets have the nodes' address when they come to the router, and the
# load balancer's when they leave it.
do_egress()
{
	on pod1a curl -s -m 5 "$WHOAMI"
	on pod2 curl -s -m 5 "$WHOAMI"
	on pod3 curl -s -m 5 "$WHOAMI"
}

check_egress()
{
	claim "three pods on three nodes, one public IP" \
		wait_for 5 sources_are whoami "3 $EGRESS"
}

sources_are()
{
	is "$(sources "$1")" "$2"
}

# What "kubectl expose deployment nginx --type LoadBalancer" makes happen: a public
# IP for the service, a port of the nodes behind it, the pod behind that.
do_ingress()
{
	echo_command router "nft: $INGRESS port 80 to node2 port 31371"
	nft -f - <<-EOT
	table ip loadbalancer {
		chain pre {
			type nat hook prerouting priority dstnat
			ip daddr $INGRESS tcp dport 80 dnat to 10.224.0.5:31371
		}
	}
	EOT
	echo_command node2 "nft: port 31371 to pod2 port 80"
	at node2 nft -f - <<-EOT
	table ip service {
		chain pre {
			type nat hook prerouting priority dstnat
			tcp dport 31371 dnat to 10.224.0.21:80
		}
	}
	EOT
	on internet curl -s -m 5 "http://$INGRESS/whoami"
	on pod2 curl -s -m 5 "$WHOAMI"
}

check_ingress()
{
	claim "the internet reaches nginx in pod2 at the ingress IP" sources_are nginx "1 192.0.2.80"
	claim "it is not the egress IP, and pod2 still leaves by that one" \
		sources_are whoami "4 $EGRESS"
	claim "natgw has a light record of the flow that came in, and translates none of it" \
		is "$(json '[.[].kind] | unique | join(" ")' session show src 10.224.0.5)" \
		"direct nat"
}

# host NODE-ADDRESS KEY: limit, used or free
host()
{
	json ".[] | select(.src == \"$1\") | .$2" ports show by host
}

# may MACHINE [URL]: whether one more connection works
may()
{
	is_one_of "$(at "$1" curl -s -m 3 "${2-$API}")" "${EGRESS_NOW[@]}"
}

may_not()
{
	! may "$@"
}

# pod1a keeps all of them open. pod1b has opened nothing at all.
do_starve()
{
	hold load pod1a "$API" 1024 60
	on pod1b curl -sS -m 3 "$API"
	on pod2 curl -sS -m 3 "$API"
	router natgwctl ports show by host
	router natgwctl stats show
}

check_starve()
{
	EGRESS_NOW=("$EGRESS")
	claim "node1 has 1,024 connections to the API" is "$(held load)" 1024
	claim "and not one of its ports is left" is "$(host 10.224.0.4 free)" 0
	claim "pod1b, on the same node, gets no connection" may_not pod1b
	claim "the reason is quota: a block is used up, not the address" \
		is "$(json '[.[] | select(.reason == "quota") | ."last-source"] | join(" ")' \
			stats show)" 10.224.0.4
	claim "nodes 2 and 3 sit on a thousand free ports each" idle_ones
	claim "pods on them get one at once" may pod3
	claim "a port serves other destinations too: pod1b reaches 192.0.2.81" \
		may pod1b "$WHOAMI"
}

idle_ones()
{
	(($(host 10.224.0.5 free) > 1000 && $(host 10.224.0.6 free) > 1000))
}

# az aks update --load-balancer-managed-outbound-ip-count 3
do_more_ips()
{
	router natgwctl address add 203.0.113.2 gateway aks-lb
	router natgwctl address add 203.0.113.3 gateway aks-lb
	on pod1b curl -sS -m 3 "$API"
	router natgwctl gateway show aks-lb
}

check_more_ips()
{
	claim "there are three egress IPs" is "$(wc -w <<< "$(addresses_of aks-lb)")" 3
	claim "the default table still gives 1,024 ports to a host" is "$(gateway aks-lb block)" 1024
	claim "so pod1b gets no connection as before" may_not pod1b
}

# 64,000 ports an address, three addresses, three nodes: each node can have a whole
# address. More than there are is refused.
do_ports_per_host()
{
	echo_command router natgwctl gateway set aks-lb ports-per-host 64008
	natgwctl gateway set aks-lb ports-per-host 64008 2>&1 | tee "$SCRATCH/refused"
	router natgwctl gateway set aks-lb ports-per-host 64000
	on pod1b curl -sS -m 3 "$API"
	on pod2 curl -sS -m 3 "$API"
	on pod3 curl -sS -m 3 "$API"
	router natgwctl ports show by host
}

check_ports_per_host()
{
	read -ra EGRESS_NOW <<< "$(addresses_of aks-lb)"
	claim "64,008 each is refused, with the cloud's name for it" \
		grep -q InvalidLoadBalancerProfileAllocatedOutboundPorts "$SCRATCH/refused"
	claim "pod1b gets its connection" may pod1b
	claim "now the nodes leave by three addresses" leave_by_three
	claim "but node1 can not have what nodes 2 and 3 leave unused" \
		is "$(host 10.224.0.4 limit)" 64000
}

# The last requests of three pods
leave_by_three()
{
	is "$(for pod in pod1b pod2 pod3; do my_ip $pod "$API"; done | sort -u | wc -l)" 3
}

# longest time until a connection of node1 ends if it stays idle
expires()
{
	json '[.[] | select(.state == "established") | .expires] | max' \
		session show src 10.224.0.4 dst 192.0.2.80
}

# az aks update --load-balancer-idle-timeout 4
do_timeout()
{
	note "   a held connection ends after $(expires) s more without a packet"
	router natgwctl gateway set aks-lb idle-timeout 4m
	note "   now after $(expires) s more"
}

check_timeout()
{
	claim "the idle timeout is 4 min" is "$(gateway aks-lb idle-timeout)" 240
	claim "and that holds for the connections that were there before" short_lived
}

short_lived()
{
	(($(expires) <= 240))
}

do_nat_gateway()
{
	release load
	router natgwctl gateway add aks-nat address 203.0.113.4
	router natgwctl subnet set aks gateway aks-nat
}

check_nat_gateway()
{
	read -ra EGRESS_NOW <<< "$(addresses_of aks-nat)"
	claim "the pods leave by the NAT gateway's address" may pod1b
	claim "ports are no longer dealt out beforehand" \
		is "$(gateway aks-nat allocation)" dynamic
}

# One public IP, half as many connections again, from one node
do_same_load()
{
	hold again pod1a "$API" 1536 90
	on pod1b curl -sS -m 3 "$API"
	router natgwctl ports show gateway aks-nat
}

check_same_load()
{
	claim "all 1,536 connections of one node work, by one public IP" \
		is "$(held again)" 1536
	claim "and pod1b has room, too" may pod1b
}
