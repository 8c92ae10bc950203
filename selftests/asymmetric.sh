#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Connections that come in by a load balancer and whose answers a user route sends
# to a stateful firewall, which drops them: first how it breaks and is named, then
# each of the cures. The topology is lib_appliance.sh's, but the router's way out
# is the load balancer; beside it an application gateway inside the vnet.
#
#   cl 10.0.1.2:80 - in0 gw up0 192.0.2.1 - l0 192.0.2.2 lb l1 - n0 net 198.51.100.7, .8
#       subnet web      dmz0                203.0.113.80
#                        |
#                       f0 10.0.2.4 fw f1 ------------------- n1
#                           203.0.113.200
#                       apps0 -- a0 10.0.4.4 ag a1 ---------- n2
#                           203.0.113.90, subnet apps

. "$(dirname "$0")/lib.sh"
. "$HERE/lib_appliance.sh"
. "$HERE/lib_doctor.sh"

topology()
{
	ns cl gw lb net fw ag
	link "$cl" c0 10.0.1.2/24 "$gw" in0 10.0.1.1/24
	link "$gw" up0 192.0.2.1/26 "$lb" l0 192.0.2.2/26
	link "$lb" l1 192.0.2.65/26 "$net" n0 192.0.2.66/26
	link "$gw" dmz0 10.0.2.1/24 "$fw" f0 10.0.2.4/24
	link "$fw" f1 192.0.2.129/26 "$net" n1 192.0.2.130/26
	link "$gw" apps0 10.0.4.1/24 "$ag" a0 10.0.4.4/24
	link "$ag" a1 192.0.2.193/26 "$net" n2 192.0.2.194/26
	ip -n "$cl" route add default via 10.0.1.1
	ip -n "$gw" route add default via 192.0.2.2
	ip -n "$lb" -batch - <<-EOT
		addr add 203.0.113.80/32 dev lo
		route add default via 192.0.2.66
		route add 10.0.0.0/16 via 192.0.2.1
		route add 203.0.113.1/32 via 192.0.2.1
	EOT
	ip -n "$fw" -batch - <<-EOT
		addr add 203.0.113.200/32 dev lo
		route add 10.0.0.0/16 via 10.0.2.1
		route add default via 192.0.2.130
	EOT
	ip -n "$ag" -batch - <<-EOT
		addr add 203.0.113.90/32 dev lo
		route add 10.0.0.0/16 via 10.0.4.1
		route add default via 192.0.2.194
	EOT
	ip -n "$net" -batch - <<-EOT
		addr add 198.51.100.7/32 dev lo
		addr add 198.51.100.8/32 dev lo
		route add 203.0.113.0/24 via 192.0.2.65
		route add 203.0.113.200/32 via 192.0.2.129
		route add 203.0.113.90/32 via 192.0.2.193
	EOT
	forwarding "$gw" "$lb" "$fw"
}

# load_balancer [SNAT RULE]: keeps the clients' addresses unless told
load_balancer()
{
	in_ns "$lb" nft -f - <<-EOT || fail "nft"
		flush ruleset
		table ip lb {
			chain prerouting {
				type nat hook prerouting priority -100;
				ip daddr 203.0.113.80 tcp dport 80 dnat to 10.0.1.2
			}
			chain postrouting {
				type nat hook postrouting priority 100;
				${1-}
			}
		}
	EOT
}

# visit ADDR FROM: a client on the internet
visit()
{
	in_ns "$net" "$HERE/fetch" -m 15 -s "$2" "http://$1/whoami" 2>&1
}

# works ADDR FROM WANTED: the server answers, which has seen WANTED
works()
{
	local before

	before=$(drops asymmetric)
	same "$2 at $1" "$3" "$(visit "$1" "$2")"
	logged_as "$3"
	same "counted as asymmetric" "$before" "$(drops asymmetric)"
}

# breaks ADDR FROM: the firewall drops the answer, the counter names why
breaks()
{
	local before at_fw fetch

	before=$(drops asymmetric)
	at_fw=$(at_firewall out_of_state)
	start_to "$TMP/fetch.log" "$net" "$HERE/fetch" -m 60 -s "$2" "http://$1/whoami"
	fetch=$!
	soon firewall_counts out_of_state "$at_fw"
	stop "$fetch"
	same "answer" "" "$(< "$TMP/fetch.log")"
	at_least "counted as asymmetric" $((before + 1)) "$(drops asymmetric)"
	same "last source" 10.0.1.2 "$(last_source asymmetric)"
	match "explained" 'asymmetric.*next hop that has not seen the SYN' \
		"$(ctl stats explain | tr '\n' ' ')"
}

without_routes_it_works()
{
	load_balancer
	works 203.0.113.80 198.51.100.7 198.51.100.7
}

it_breaks()
{
	load_balancer
	firewall_rules 'iifname f0 oifname f1 accept'
	ok ctl subnet set web route-table rt1
	breaks 203.0.113.80 198.51.100.7
	breaks 203.0.113.80 198.51.100.8
	at_least "records" 2 "$(sessions kind direct)"
	# a gateway changes nothing: the user route goes before it
	ok ctl subnet set web gateway gw1
	breaks 203.0.113.80 198.51.100.7
	ok ctl subnet set web gateway none
}

doctor_names_it()
{
	breaks 203.0.113.80 198.51.100.7
	ill drops '^packets are counted as asymmetric, not dropped: .* has not seen the SYN' \
		'stats show: asymmetric [1-9][0-9]*, last from 10.0.1.2 '
	same "cure" "natgwctl stats explain asymmetric" "$CURE"
}

outbound_is_not_counted()
{
	local before

	before=$(drops asymmetric)
	start "$net" socat TCP-LISTEN:9001,reuseaddr,fork SYSTEM:date
	wait_for 20 listening "$net" tcp 9001 || fail "no server"
	ok in_ns "$cl" timeout 15 socat -u TCP:198.51.100.7:9001 STDOUT
	same "counted as asymmetric" "$before" "$(drops asymmetric)"
}

# The router's own DNAT, which nothing brings past the firewall's route either
by_the_router_itself()
{
	in_ns "$gw" nft -f - <<-EOT || fail "nft"
		table ip lb {
			chain prerouting {
				type nat hook prerouting priority -100;
				ip daddr 203.0.113.81 tcp dport 80 dnat to 10.0.1.2
			}
		}
	EOT
	ip -n "$gw" addr add 203.0.113.81/32 dev lo
	ip -n "$lb" route add 203.0.113.81/32 via 192.0.2.1
	breaks 203.0.113.81 198.51.100.7
	ok ctl route add 198.51.100.7/32 route-table rt1 next-hop-type Internet
	works 203.0.113.81 198.51.100.7 198.51.100.7
	ok ctl route del 198.51.100.7/32 route-table rt1
	in_ns "$gw" nft delete table ip lb
	ip -n "$gw" addr del 203.0.113.81/32 dev lo
}

# First cure: in by the firewall's public IP
cured_by_dnat_at_the_firewall()
{
	firewall_rules 'iifname f0 oifname f1 accept' \
		'iifname f1 ip daddr 10.0.1.2 tcp dport 80 accept'
	in_ns "$fw" nft add rule ip fw prerouting \
		ip daddr 203.0.113.200 tcp dport 80 dnat to 10.0.1.2 || fail "nft"
	ok ctl session flush
	works 203.0.113.200 198.51.100.7 198.51.100.7
	works 203.0.113.200 198.51.100.8 198.51.100.8
	same "file" "$(digest "$TMP/www/file")" "$(get "$net" http://203.0.113.200/file | digest)"
	# the firewall knows them: not a way past it
	same "records" 0 "$(sessions kind direct)"
	# the load balancer is as broken as before
	breaks 203.0.113.80 198.51.100.7
	firewall_rules 'iifname f0 oifname f1 accept'
}

# Second cure: a host route for what the load balancer sends from
cured_by_a_host_route()
{
	# it keeps the client's address: a route for that client
	ok ctl route add 198.51.100.7/32 route-table rt1 next-hop-type Internet
	works 203.0.113.80 198.51.100.7 198.51.100.7
	breaks 203.0.113.80 198.51.100.8
	ok ctl route del 198.51.100.7/32 route-table rt1
	breaks 203.0.113.80 198.51.100.7

	# it has an address of its own towards the servers: one route for all clients
	load_balancer 'ct status dnat snat to 203.0.113.80'
	breaks 203.0.113.80 198.51.100.7
	ok ctl route add 203.0.113.80/32 route-table rt1 next-hop-type Internet
	works 203.0.113.80 198.51.100.7 203.0.113.80
	works 203.0.113.80 198.51.100.8 203.0.113.80
	# with a gateway: the connection came by another way and leaves as it came
	ok ctl subnet set web gateway gw1
	works 203.0.113.80 198.51.100.8 203.0.113.80
	same "sessions" 0 "$(sessions dst 203.0.113.80 kind nat)"
	ok ctl subnet set web gateway none
	ok ctl route del 203.0.113.80/32 route-table rt1
	load_balancer
}

# Third: an application gateway inside the vnet, a reverse proxy
cured_by_an_application_gateway()
{
	web_server_start "$ag" <<-EOT
		listen 203.0.113.90:80;
		location / { proxy_pass http://10.0.1.2; }
	EOT
	# its subnet is part of the vnet: VnetLocal is longer than 0/0
	ok ctl subnet add apps prefix 10.0.4.0/24
	works 203.0.113.90 198.51.100.7 10.0.4.4
	works 203.0.113.90 198.51.100.8 10.0.4.4
	same "file" "$(digest "$TMP/www/file")" "$(get "$net" http://203.0.113.90/file | digest)"
	same "records" 0 "$(sessions kind direct dst 10.0.4.4)"
	breaks 203.0.113.80 198.51.100.7
	# so it goes before a route for all private space; outside the vnet it would not
	ok ctl route add 10.0.0.0/8 route-table rt1 next-hop-type VirtualAppliance \
		next-hop-ip 10.0.2.4
	works 203.0.113.90 198.51.100.7 10.0.4.4
	ok ctl subnet del apps
	breaks 203.0.113.90 198.51.100.7
	ok ctl route del 10.0.0.0/8 route-table rt1
}

tests=(
	without_routes_it_works it_breaks doctor_names_it outbound_is_not_counted by_the_router_itself
	cured_by_dnat_at_the_firewall cured_by_a_host_route cured_by_an_application_gateway
	stats_agree
)

topology
# one SYN/ACK for a SYN, so that the counter stands still between the tests
sysctl_in "$cl" net.ipv4.tcp_synack_retries=0
web_server "$cl" 10.0.1.2
appliance_route
ok ctl gateway add gw1
ok ctl address add 203.0.113.1 gateway gw1
ok ctl subnet add web prefix 10.0.1.0/24
run "$@"
