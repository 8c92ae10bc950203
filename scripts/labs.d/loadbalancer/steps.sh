# SPDX-License-Identifier: GPL-2.0
# Load balancer outbound: 1,024 ports for each node, and one node needs more
# shellcheck shell=bash disable=SC2034
# do_STEP acts, check_STEP claims; --break STEP leaves do_STEP out, so each do_
# must be needed by some claim.

STEPS=(cluster egress ingress near starve more-ips ports-per-host timeout own-ips own-prefix
	nat-gateway same-load)

declare -A TITLE=(
	[cluster]="A cluster with outbound type loadBalancer"
	[egress]="Which address do the pods leave by?"
	[ingress]="A service of type LoadBalancer: the ingress IP is another one"
	[near]="node1 opens 850 connections to the API: what is coming can be seen"
	[starve]="node1 opens 1,024 of them, and that is the end"
	[more-ips]="First try: three public IPs instead of one"
	[ports-per-host]="Second try: more ports for each node"
	[timeout]="How long an idle connection keeps its port"
	[own-ips]="Public IPs of one's own in place of the cloud's"
	[own-prefix]="Or a public IP prefix"
	[nat-gateway]="The cure: a NAT gateway in place of the load balancer"
	[same-load]="The same load under the NAT gateway"
)

do_cluster()
{
	note "The cloud has a stock of public IPs to take from:"
	router natgwctl managed-pool add 203.0.113.0/26
	cloud az aks create --name aks --outbound-type loadBalancer --node-count 3
	router natgwctl cluster add aks prefix 10.224.0.0/16 outbound-type loadBalancer node-count 3
	router natgwctl cluster show aks
}

# gateway NAME KEY
gateway()
{
	json ".[0].\"$2\"" gateway show "$1"
}

# The addresses that the cluster leaves by
addresses()
{
	json '.[0].address | join(" ")' cluster show aks
}

check_cluster()
{
	claim "it has a gateway, made by itself" is "$(gateway aks-lb operational)" yes
	claim "with one public IP, the default" is "$(addresses | wc -w)" 1
	claim "each host has a block of 1,024 ports, the table's for up to 50 hosts" \
		is "$(gateway aks-lb block)" 1024
	EGRESS=$(addresses)
}

# The pods' packets have the nodes' address when they come to the router, and the
# load balancer's when they leave it.
do_egress()
{
	note "kubectl exec nginx -it -- curl http://ifconfig.me"
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
	note "kubectl expose deployment nginx --port=80 --type LoadBalancer"
	rules router <<-EOT
	table ip loadbalancer {
		chain pre {
			type nat hook prerouting priority dstnat
			ip daddr $INGRESS tcp dport 80 dnat to 10.224.0.5:31371
		}
	}
	EOT
	rules node2 <<-EOT
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
	claim "the internet reaches nginx in pod2 at the ingress IP" \
		wait_for 5 sources_are nginx "1 192.0.2.80"
	claim "it is not the egress IP, and pod2 still leaves by that one" \
		wait_for 5 sources_are whoami "4 $EGRESS"
	claim "natgw has a light record of the flow that came in, and translates none of it" \
		is "$(json '[.[].kind] | unique | join(" ")' session show src 10.224.0.5)" \
		"direct nat"
}

# What the commands answered that were shown with tee
answers()
{
	grep -x '[0-9.]*' "$SCRATCH/by"
}

# host NODE-ADDRESS KEY: limit, used or free
host()
{
	json ".[] | select(.src == \"$1\") | .$2" ports show by host
}

# may MACHINE ADDR [URL]: one more connection works, and leaves by that address
may()
{
	is "$(my_ip "$1" "${3-$API}" 5)" "$2"
}

# What curl says of a connection that comes to nothing
may_not()
{
	at "$1" curl -s -m 3 "$API"
	is $? 28
}

# pod1a keeps all of them open. All of this is read without a look at any session.
do_near()
{
	note "The flow log and the metrics run, as their services would:"
	echo_command router "natgwctl flowlog file flow.log &"
	start router natgwctl flowlog file "$SCRATCH/flow.log"
	echo_command router "natgwctl metrics --listen 9650 &"
	start router natgwctl metrics --listen 9650
	wait_for 10 test -e "$SCRATCH/flow.log" || fail "no flow log"
	up router tcp 9650
	hold load pod1a "$API" 850 60
	wait_for 10 logged near-exhaustion
	router natgwctl
	router natgwctl top -b -n 1
	note "Prometheus alerts if there is such a series (NatgwNearExhaustion):"
	echo_command router "curl -s http://127.0.0.1:9650/metrics | grep '^natgw_destination_'"
	curl -s http://127.0.0.1:9650/metrics | grep '^natgw_destination_'
	note "The page at http://127.0.0.1:9650/ shows it:"
	echo_command router "curl -s http://127.0.0.1:9650/status.json | jq -c '.destinations[]'"
	curl -s http://127.0.0.1:9650/status.json | jq -c '.destinations[]'
	note "So does the flow log:"
	router grep near-exhaustion "$SCRATCH/flow.log"
	note "And doctor names the cure:"
	echo_command router "natgwctl -j doctor | jq '.[] | select(.id == \"headroom\")'"
	natgwctl -j doctor | jq '.[] | select(.id == "headroom")'
}

# logged TYPE: the flow log has such an event
logged()
{
	grep -q "\"EventType\":\"$1\"" "$SCRATCH/flow.log"
}

# new flows that a gateway refused
refusals()
{
	json '.[0].counters.failed' -s gateway show "$1"
}

check_near()
{
	claim "the API answers on 850 connections of node1" is "$(held load)" 850
	claim "not one has been refused" is "$(refusals aks-lb)" 0
	claim "the status says which destination it is, and which host has most of its ports" \
		grep -q "near exhaustion towards tcp 192.0.2.80:80: 83% .*host 10.224.0.4 had 8[0-9][0-9]" \
		<(natgwctl)
	claim "top has the destination on its first screen, 83 per cent full, and the host" \
		grep -Pzq '(?s)192\.0\.2\.80:80 +tcp [^\n]* 83%\].*10\.224\.0\.4 ' <(natgwctl top -b -n 1)
	claim "there is a series that alerts, with both names" \
		grep -q '^natgw_destination_near_exhaustion{.*destination="192.0.2.80:80",host="10.224.0.4"} 1$' \
		<(at router curl -s http://127.0.0.1:9650/metrics)
	claim "the page has both" is "$(at router curl -s http://127.0.0.1:9650/status.json |
		jq -r '.destinations[0] | "\(.destination) \(.host) \(.near)"')" \
		"192.0.2.80:80 10.224.0.4 true"
	claim "the flow log has both" is \
		"$(jq -r 'select(.EventType == "near-exhaustion") | "\(.DestinationIp) \(.SourceIp)"' \
			"$SCRATCH/flow.log" | head -n 1)" "192.0.2.80 10.224.0.4"
	claim "doctor names both and the command that helps" is \
		"$(json '.[] | select(.id == "headroom") | "\(.finding | test("192.0.2.80:80.*10.224.0.4")) \(.cure)"' \
			doctor)" "true natgwctl cluster set aks ports-per-host 2048"
}

# pod1b has opened nothing at all.
do_starve()
{
	hold rest pod1a "$API" 174 60
	on pod1b curl -sS -m 3 "$API"
	REFUSED=$?
	on pod2 curl -sS -m 5 "$API" | tee "$SCRATCH/by"
	router natgwctl ports show by host
	router natgwctl stats show
}

check_starve()
{
	claim "node1 has 1,024 connections to the API" is $(($(held load) + $(held rest))) 1024
	claim "and not one of its ports is left" is "$(host 10.224.0.4 free)" 0
	claim "pod1b, on the same node, gets no connection" is "${REFUSED-}" 28
	claim "the reason is quota: a block is used up, not the address" \
		is "$(json '[.[] | select(.reason == "quota") | ."last-source"] | join(" ")' \
			stats show)" 10.224.0.4
	claim "the flow log told what was coming before it told of the first refusal" \
		wait_for 5 told_in_time
	claim "nodes 2 and 3 sit on a thousand free ports each" idle_ones
	claim "pod2 on node2 gets one at once" is "$(answers)" "$EGRESS"
	claim "a port serves other destinations too: pod1b reaches 192.0.2.81" \
		may pod1b "$EGRESS" "$WHOAMI"
}

told_in_time()
{
	is "$(jq -r 'select(.EventType == "near-exhaustion" or .EventType == "refused") | .EventType' \
		"$SCRATCH/flow.log" | uniq | head -n 2 | xargs)" "near-exhaustion refused"
}

idle_ones()
{
	(($(host 10.224.0.5 free) > 1000 && $(host 10.224.0.6 free) > 1000))
}

do_more_ips()
{
	cloud az aks update --name aks --load-balancer-managed-outbound-ip-count 3
	router natgwctl cluster set aks managed-outbound-ip-count 3
	router natgwctl cluster show aks
}

check_more_ips()
{
	claim "there are three egress IPs" is "$(addresses | wc -w)" 3
	claim "the default table still gives 1,024 ports to a host" is "$(gateway aks-lb block)" 1024
	claim "so pod1b gets no connection as before" may_not pod1b
}

# 64,000 ports an address, three addresses, three nodes: each node can have a whole
# address. A fourth node could not.
do_ports_per_host()
{
	cloud az aks update --name aks --load-balancer-outbound-ports 64000
	echo_command router natgwctl cluster set aks ports-per-host 64000 node-count 4
	natgwctl cluster set aks ports-per-host 64000 node-count 4 2>&1 | tee "$SCRATCH/refused"
	router natgwctl cluster set aks ports-per-host 64000
	on pod1b curl -sS -m 5 "$API" | tee "$SCRATCH/by"
	on pod2 curl -sS -m 5 "$API" | tee -a "$SCRATCH/by"
	on pod3 curl -sS -m 5 "$API" | tee -a "$SCRATCH/by"
	router natgwctl ports show by host
}

check_ports_per_host()
{
	claim "64,000 for four is refused, with the cloud's name for it" \
		grep -q InvalidLoadBalancerProfileAllocatedOutboundPorts "$SCRATCH/refused"
	claim "three answers, pod1b's among them, and each node has an address for itself" \
		is "$(answers | sort | paste -sd ' ')" "$(addresses)"
	claim "but node1 can not have what nodes 2 and 3 leave unused" \
		is "$(host 10.224.0.4 limit)" 64000
}

# longest time until a connection of node1 ends if it stays idle
expires()
{
	json '[.[] | select(.state == "established") | .expires] | max' \
		session show src 10.224.0.4 dst 192.0.2.80
}

do_timeout()
{
	note "   a held connection ends after $(expires) s more without a packet"
	cloud az aks update --name aks --load-balancer-idle-timeout 4
	router natgwctl cluster set aks idle-timeout 4m
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

# connections of node1 that are open to the API
open_ones()
{
	natgwctl session count src 10.224.0.4 dst 192.0.2.80 state established
}

# from_each: pods on all nodes ask for their address
from_each()
{
	on pod1b curl -sS -m 5 "$API" | tee "$SCRATCH/by"
	on pod2 curl -sS -m 5 "$API" | tee -a "$SCRATCH/by"
	on pod3 curl -sS -m 5 "$API" | tee -a "$SCRATCH/by"
}

do_own_ips()
{
	OPEN=$(open_ones)
	router natgwctl address add 203.0.113.100
	router natgwctl address add 203.0.113.101
	router natgwctl address add 203.0.113.102
	note "Managed ones and one's own at once? One of the three keys, not two:"
	refused "managed-outbound-ip-count excludes outbound-ips" cluster set aks \
		managed-outbound-ip-count 3 outbound-ips 203.0.113.100
	cloud az aks update --name aks --load-balancer-outbound-ips ID-OF-100,ID-OF-101,ID-OF-102
	router natgwctl cluster set aks outbound-ips 203.0.113.100,203.0.113.101,203.0.113.102
	router natgwctl cluster show aks
	from_each
}

check_own_ips()
{
	claim "the cluster leaves by the three" is "$(addresses)" \
		"203.0.113.100 203.0.113.101 203.0.113.102"
	claim "each node has one of them for itself" \
		is "$(answers | sort | paste -sd ' ')" "$(addresses)"
	claim "none of the ${OPEN:-0} open connections was cut" is "$(open_ones)" "${OPEN:-none}"
}

do_own_prefix()
{
	router natgwctl address add 203.0.113.112/30
	cloud az aks update --name aks --load-balancer-outbound-ip-prefixes ID-OF-112
	router natgwctl cluster set aks outbound-ip-prefixes 203.0.113.112/30
	router natgwctl cluster show aks
	from_each
}

check_own_prefix()
{
	claim "the cluster leaves by the prefix" is "$(addresses)" 203.0.113.112/30
	claim "all three nodes got an answer by an address of it" \
		is "$(answers | grep -c '^203\.0\.113\.11[2-5]$')" 3
	claim "none of the ${OPEN:-0} open connections was cut" is "$(open_ones)" "${OPEN:-none}"
}

do_nat_gateway()
{
	OPEN=$(open_ones)
	cloud az aks update --name aks --outbound-type managedNATGateway \
		--nat-gateway-managed-outbound-ip-count 1
	router natgwctl cluster plan aks outbound-type managedNATGateway managed-outbound-ip-count 1
	router natgwctl cluster set aks outbound-type managedNATGateway managed-outbound-ip-count 1
	on pod1b curl -sS -m 5 "$API" | tee "$SCRATCH/by"
	router natgwctl cluster show aks
}

check_nat_gateway()
{
	claim "the cluster leaves by one address, a new one" new_address
	claim "which pod1b got its answer by" is "$(answers)" "$(addresses)"
	claim "ports are no longer dealt out beforehand" \
		is "$(gateway aks-nat allocation)" dynamic
	claim "none of the ${OPEN:-0} open connections was cut" is "$(open_ones)" "${OPEN:-none}"
}

new_address()
{
	[[ $(addresses) =~ ^[0-9.]+$ && $(addresses) != "$EGRESS" ]]
}

# More than 1,024 by one public IP, from one node
do_same_load()
{
	release load
	release rest
	hold again pod1a "$API" 1100 60
	router natgwctl ports show gateway aks-nat
}

check_same_load()
{
	claim "all 1,100 connections of one node work" is "$(held again)" 1100
	claim "and pod1b has room, too" may pod1b "$(addresses)"
}
