#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Routers that carry the rules of Docker or firewalld, as these programs make them.
#
#   cl ---- in0 gw up0 ---- net
#                  docker0 172.17.0.1/16 ---- box 172.17.0.2
#   See lib_environments.sh, and rulesets/ for where the rules come from.

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib_environments.sh"

docker()
{
	world
	ns box
	ip -n "$gw" -batch - <<-EOT
		link add docker0 type bridge forward_delay 0
		addr add 172.17.0.1/16 dev docker0
		link set docker0 up
		link add veth1 type veth peer name eth0 netns $box
		link set veth1 master docker0 up
	EOT
	ip -n "$box" -batch - <<-EOT
		addr add 172.17.0.2/16 dev eth0
		link set eth0 up
		route add default via 172.17.0.1
	EOT
	# Docker turns these on for its own bridge
	on_gateway sysctl -qew net.bridge.bridge-nf-call-iptables=1 \
		net.bridge.bridge-nf-call-ip6tables=1
	on_gateway iptables-restore "$HERE/rulesets/docker.rules" || fail "docker's rules"
	capture containers "$net" n0 'ip and src net 172.16.0.0/12'
}

box_as()
{
	local out

	out=$(in_ns "$box" "$HERE/flows" client "$1" 172.17.0.2 198.51.100.7 9000 count 2 rounds 3)
	match "the container's $1 seen as" "last $2 " "$out"
}

# Docker refuses forwarding to all but its own; its chain for users lets ours pass
docker_beside()
{
	docker
	on_gateway iptables -I DOCKER-USER -i up0 -o in0 -m conntrack \
		--ctstate "RELATED,ESTABLISHED${OFFLOAD:+,UNTRACKED}" -j ACCEPT
	on_gateway iptables -I DOCKER-USER -i in0 -o up0 -j ACCEPT
	all_by_gateway
	box_as tcp 192.0.2.1
	box_as udp 192.0.2.1
	nothing_private
	never containers src net 172.16.0.0/12
}

# The containers' network is bound: Docker's masquerade rule gets in the way, and is
# named; without it (--ip-masq=false) they leave by the gateway
docker_bound()
{
	local before

	docker
	# a rule of NAT is conntrack's
	ok ctl gateway set gw1 track on
	ok ctl subnet add containers prefix 172.17.0.0/16 gateway gw1
	before=$(drops foreign-nat)
	send "$box" 172.17.0.2 198.51.100.7 udp 4000 9000
	soon counted foreign-nat $((before + 1))
	on_gateway iptables -t nat -D POSTROUTING -s 172.17.0.0/16 ! -o docker0 -j MASQUERADE
	on_gateway conntrack -F 2>/dev/null
	box_as tcp 203.0.113.1
	box_as udp 203.0.113.1
	nothing_private
	never containers src net 172.16.0.0/12
}

firewalld()
{
	# its rules let in what conntrack knows, and nothing else
	world track on
	on_gateway nft -f "$HERE/rulesets/firewalld.nft" || fail "firewalld's rules"
	all_by_gateway
	nothing_private
}

# What the Internet sends by itself firewalld refuses with an error, and the gateway
# drops before
firewalld_unsolicited()
{
	world
	on_gateway nft -f "$HERE/rulesets/firewalld.nft" || fail "firewalld's rules"
	dropped "$net" unsolicited 198.51.100.7 203.0.113.1 udp 9 9
	dropped "$net" unsolicited 198.51.100.7 203.0.113.1 tcp 9 9 S
	nothing_private
}

tests=(docker_beside docker_bound firewalld firewalld_unsolicited)

modprobe -q br_netfilter
run "$@"
