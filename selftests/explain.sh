#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# What explain and route show effective say, verdict by verdict. That packets do
# as explain says is explain_random.sh's.
#
#   cl 10.0.1.2 ---- in0 gw up0 ---- net 198.51.100.7
#      subnet web        dmz0 10.0.2.1/24
#                          |
#                     fw f0 10.0.2.4        .66 does not answer

. "$(dirname "$0")/lib.sh"

NET=198.51.100.7

# says SUBJECT [KEY=VALUE]...: explain SUBJECT in JSON; "-" for null
says()
{
	local json pair wanted got

	# shellcheck disable=SC2086 # words of a command
	json=$(ctl -j explain $1) || { fail "explain $1"; return; }
	# its routes have keys of the same names
	json=$(sed -E 's/"(route|loser)":(\{[^}]*\}|\[[^]]*\])/"\1":0/g' <<< "$json")
	for pair in "${@:2}"; do
		wanted=${pair#*=}
		[[ $json == *"\"${pair%%=*}\":$wanted,"* ]] && continue
		got=$(value "$json" "${pair%%=*}")
		[[ $wanted == - ]] && wanted=null
		[[ $got == "$wanted" ]] && continue
		fail "explain $1: ${pair%%=*}: wanted $wanted, got $got"
		note "$json"
	done
}

# tells SUBJECT REGEX...: explain SUBJECT as text has a line that matches each
tells()
{
	local text regex

	# shellcheck disable=SC2086
	text=$(ctl explain $1) || fail "explain $1"
	for regex in "${@:2}"; do
		grep -qE -- "$regex" <<< "$text" && continue
		fail "explain $1: nothing like: $regex"
		note "$text"
	done
}

# table [PREFIX|TAG TYPE [IP]]...: rt1 of these, a comma after each, for web
table()
{
	local route

	ctl subnet set web route-table none >/dev/null 2>&1
	ctl route-table del rt1 >/dev/null 2>&1
	ok ctl route-table add rt1
	for route in "$@"; do
		# shellcheck disable=SC2086
		set -- $route
		ok ctl route add "$1" route-table rt1 next-hop-type "$2" ${3:+next-hop-ip $3}
	done
	ok ctl subnet set web route-table rt1
}

no_table()
{
	ok ctl subnet set web route-table none
}

nat()
{
	local port

	says "src 10.0.1.2 dst $NET:443" vnet=default subnet=web method=nat reason=- gateway=gw1 \
		address='["203.0.113.1"]' free=64512 session=off port=- dev=up0 obstacle=none
	tells "src 10.0.1.2 dst $NET:443" "^tcp 10.0.1.2 -> $NET:443" \
		'route 0.0.0.0/0 Internet \(system\)' \
		'method nat: translated by gateway gw1 by up0' \
		'address 203.0.113.1: 64512 ports free for this destination now'

	send "$cl" 10.0.1.2 $NET tcp 4000 443 S
	port=$(public_port tcp 10.0.1.2 4000)
	says "src 10.0.1.2 dst $NET:443" free=64511 session=off
	says "src 10.0.1.2 dst $NET:80" free=64512
	says "src 10.0.1.2:4000 dst $NET:443" method=nat session=on port="$port" free=-
	says "src 10.0.1.2:4001 dst $NET:443" method=nat session=off
	tells "src 10.0.1.2:4000 dst $NET:443" "a session carries it, by gateway gw1" \
		"address 203.0.113.1 port $port"
	# and back
	says "src $NET:443 dst 203.0.113.1:$port" method=nat session=on gateway=gw1
	# later ones count sessions
	ctl session flush >/dev/null
}

own_and_broadcast()
{
	says "src 10.0.1.2 dst 10.0.1.1:22" method=local reason=- dev=-
	says "src 10.0.1.2 dst 192.0.2.1 proto icmp" method=local
	says "src 10.0.1.2 dst 10.0.1.255:9 proto udp" method=local
	says "src 10.0.1.2 dst 255.255.255.255:67 proto udp" method=local
	says "src 10.0.1.2 dst 224.0.0.1 proto icmp" method=local
	tells "src 10.0.1.2 dst 10.0.1.1:22" 'method local'
}

left_alone()
{
	says "src 10.0.1.2 dst 10.0.9.9:80" method=pass reason=- dev=up0 gateway=- free=-
	says "src 10.0.1.2 dst 10.0.2.4:80" method=pass reason=- dev=dmz0
	says "src 10.0.2.4 dst $NET:80" method=pass reason=no-subnet subnet=- dev=up0
	ok ctl subnet add dmz prefix 10.0.2.0/24
	says "src 10.0.2.4 dst $NET:80" method=pass reason=no-gateway subnet=dmz gateway=-
	tells "src 10.0.2.4 dst $NET:80" 'counted as no-gateway'
	ok ctl subnet del dmz
	# the router's own
	says "src 192.0.2.1 dst $NET:80" method=pass reason=- dev=up0 obstacle=none
}

by_routes()
{
	table "0.0.0.0/0 VirtualAppliance 10.0.2.4" "$NET/32 Internet" "198.51.100.8/32 None" \
		"198.51.100.16/32 VirtualAppliance 10.0.2.66" \
		"198.51.100.17/32 VirtualAppliance 10.77.7.7" \
		"198.51.100.18/32 VirtualNetworkGateway" "198.51.100.19/32 VnetLocal"
	says "src 10.0.1.2 dst 192.88.99.1:80" method=appliance next-hop-ip=10.0.2.4 dev=dmz0 \
		reason=- gateway=-
	tells "src 10.0.1.2 dst 192.88.99.1:80" \
		'route 0.0.0.0/0 VirtualAppliance 10.0.2.4 \(user, rt1\)' \
		'  not 0.0.0.0/0 Internet \(system\): a user route has the same prefix' \
		'method appliance: steered to 10.0.2.4 by dmz0'
	says "src 10.0.1.2 dst $NET:80" method=nat
	tells "src 10.0.1.2 dst $NET:80" "route $NET/32 Internet \(user, rt1\)" \
		'  not 0.0.0.0/0 VirtualAppliance 10.0.2.4 .*: the prefix of another one is longer'
	says "src 10.0.1.2 dst 198.51.100.8:80" method=drop reason=route-none dev=-
	tells "src 10.0.1.2 dst 198.51.100.8:80" 'method drop' 'dropped as route-none'
	says "src 10.0.1.2 dst 198.51.100.16:80" method=drop reason=next-hop-down
	says "src 10.0.1.2 dst 198.51.100.17:80" method=drop reason=next-hop
	says "src 10.0.1.2 dst 198.51.100.18:80" method=drop reason=next-hop
	tells "src 10.0.1.2 dst 198.51.100.18:80" 'drops: the vnet has no vpn-next-hop'
	says "src 10.0.1.2 dst 198.51.100.19:80" method=pass reason=- dev=up0
	ok ctl vnet set default vpn-next-hop 10.0.2.4
	says "src 10.0.1.2 dst 198.51.100.18:80" method=vpn next-hop-ip=10.0.2.4 dev=dmz0
	tells "src 10.0.1.2 dst 198.51.100.18:80" 'method vpn: steered to 10.0.2.4 by dmz0'
	ok ctl vnet set default vpn-next-hop none
	# the router's own are never steered
	says "src 10.0.1.2 dst 192.0.2.1:80" method=local
	no_table
}

direct_flow()
{
	excuse 10.0.1.2	# its answers leave as the flow came
	says "src 10.0.1.2:80 dst $NET:4100" method=nat
	send "$net" $NET 10.0.1.2 tcp 4100 80 S
	soon record
	says "src 10.0.1.2:80 dst $NET:4100" method=direct session=on reason=- port=- dev=up0
	tells "src 10.0.1.2:80 dst $NET:4100" 'method direct: answer of a flow that came in'
	# without a port it is a new flow
	says "src 10.0.1.2 dst $NET:4100" method=nat session=off
	table "0.0.0.0/0 VirtualAppliance 10.0.2.4"
	says "src 10.0.1.2:80 dst $NET:4100" method=appliance reason=asymmetric
	no_table
	ctl session flush kind direct >/dev/null
}

record()
{
	[[ $(ctl session count kind direct) == 1 ]]
}

refused_flows()
{
	says "src 10.0.1.2 dst $NET proto 132" method=drop reason=protocol gateway=gw1
	says "src 10.0.1.2 dst 203.0.113.1:80" method=drop reason=hairpin gateway=gw1
	says "src $NET dst 203.0.113.1:80" method=drop reason=unsolicited gateway=gw1
	says "src $NET dst 203.0.113.1 proto icmp" method=drop reason=unsolicited
	ok ctl subnet add far prefix 10.0.77.0/24 vnet default gateway gw1
	ip -n "$gw" route add unreachable 10.0.77.0/24
	says "src 10.0.77.2 dst $NET:80" method=drop reason=spoofed-source subnet=far
	ip -n "$gw" route del unreachable 10.0.77.0/24
	ok ctl subnet del far

	# comes by a device where hosts are, and not by the one that leads to the Internet
	ok ctl vnet add other prefix 10.5.0.0/16 dev dmz0
	says "src $NET:80 dst 10.0.1.2:4100 vnet other" method=drop reason=spoofed-source gateway=gw1
	ok ctl vnet del other

	ok ctl gateway set gw1 drain 1h
	says "src 10.0.1.2 dst $NET:80" method=drop reason=draining
	ok ctl gateway set gw1 drain off
	ok ctl address set 203.0.113.1 uplink dmz0
	says "src 10.0.1.2 dst $NET:80" method=drop reason=uplink
	ok ctl address set 203.0.113.1 uplink none
	ok ctl gateway add gw2
	ok ctl subnet set web gateway gw2
	says "src 10.0.1.2 dst $NET:80" method=drop reason=pool-empty gateway=gw2
	ok ctl subnet set web gateway gw1
	ok ctl gateway del gw2
}

no_port_left()
{
	ok ctl address set 203.0.113.1 reserve 1024-65534
	says "src 10.0.1.2 dst $NET:9100" method=nat free=1
	opened 1 "$cl" 10.0.1.2 $NET udp 5000 9100
	says "src 10.0.1.2 dst $NET:9100 proto udp" method=drop reason=destination-full free=0 \
		address='["203.0.113.1"]'
	says "src 10.0.1.2 dst $NET:9101 proto udp" method=nat free=1
	opened 1 "$cl" 10.0.1.2 $NET tcp 5000 9100 S seq 1000
	send "$cl" 10.0.1.2 $NET tcp 5000 9100 R seq 1001
	soon state_is tcp 10.0.1.2 5000 cooling
	says "src 10.0.1.2 dst $NET:9100" method=drop reason=all-cooling free=0
	ok ctl address set 203.0.113.1 reserve none
	says "src 10.0.1.2 dst $NET:9100 proto udp" method=nat free=64511

	ok ctl gateway set gw1 destination-limit 1
	says "src 10.0.1.2 dst $NET:9100 proto udp" method=drop reason=destination-cap
	ok ctl address add 203.0.113.2 gateway gw1
	says "src 10.0.1.2 dst $NET:9100 proto udp" method=nat free=1
	ok ctl address del 203.0.113.2
	ok ctl gateway set gw1 destination-limit 0 host-limit 1
	soon explains "src 10.0.1.2 dst $NET:9100" quota
	match "why" 'dropped as quota: a new flow of a host that has as many sessions as host-limit allows \(1\)' \
		"$(ctl explain src 10.0.1.2 dst "$NET:9100")"
	match "cure" 'give each host more: natgwctl gateway set gw1 host-limit N$' \
		"$(ctl explain src 10.0.1.2 dst "$NET:9100")"
	ok ctl gateway set gw1 host-limit 0
	ctl session flush >/dev/null
}

# A change of reserved ports leaves a session on a port that is none of the pool's
ports_reserved_since()
{
	opened 1 "$cl" 10.0.1.2 $NET udp 5200 9200
	ok ctl address set 203.0.113.1 reserve 1024-65533
	says "src 10.0.1.2 dst $NET:9200 proto udp" method=nat free=2
	ok ctl address set 203.0.113.1 reserve none
	ctl session flush >/dev/null
}

# One address at its limit, another one free: not refused
one_at_its_limit()
{
	ok ctl gateway set gw1 destination-limit 1
	ok ctl address add 203.0.113.2 gateway gw1
	opened 1 "$cl" 10.0.1.2 $NET udp 5300 9300
	says "src 10.0.1.2 dst $NET:9300 proto udp" method=nat free=1
	opened 1 "$cl" 10.0.1.2 $NET udp 5301 9300
	says "src 10.0.1.2 dst $NET:9300 proto udp" method=drop reason=destination-cap free=0
	ok ctl address del 203.0.113.2
	ok ctl gateway set gw1 destination-limit 0
	ctl session flush >/dev/null
}

# One limit for what a host has for itself at an address and what all share there
one_limit_for_both()
{
	ok ctl gateway set gw1 allocation floor ports-per-host 8 destination-limit 2
	says "src 10.0.1.2 dst $NET:9400 proto udp" method=nat free=2
	opened 1 "$cl" 10.0.1.2 $NET udp 5400 9400
	says "src 10.0.1.2 dst $NET:9400 proto udp" method=nat free=1
	opened 1 "$cl" 10.0.1.2 $NET udp 5401 9400
	says "src 10.0.1.2 dst $NET:9400 proto udp" method=drop reason=destination-cap free=0
	ok ctl gateway set gw1 allocation dynamic ports-per-host 0 destination-limit 0
	ctl session flush >/dev/null
}

# A host that has completed no handshake keeps its seat when "hosts" ends, and its block is
# then among the ports of all: each free port counts once
block_not_firm()
{
	ok ctl reset
	ok ctl gateway add gw1 allocation floor ports-per-host 8 hosts 1
	ok ctl address add 203.0.113.1 gateway gw1
	ok ctl subnet add web prefix 10.0.1.0/24 gateway gw1
	says "src 10.0.1.2 dst $NET:9000 proto udp" method=nat free=64512
	send "$cl" 10.0.1.2 "$NET" udp 4000 9000
	soon session_count_is 1
	match "a port of its block" '"port":10(2[4-9]|3[01]),' "$(ctl -j session show)"
	says "src 10.0.1.2 dst $NET:9000 proto udp" free=64511
	ok ctl gateway set gw1 hosts auto
	says "src 10.0.1.2 dst $NET:9000 proto udp" free=64511
	ok ctl reset
}

addresses_in_use()
{
	ok ctl address add 203.0.113.2 gateway gw1
	says "src 10.0.1.2 dst $NET:80" free=129024
	ok ctl address set 203.0.113.2 drain 1h
	says "src 10.0.1.2 dst $NET:80" address='["203.0.113.1"]' free=64512
	ok ctl address set 203.0.113.2 drain off uplink dmz0
	says "src 10.0.1.2 dst $NET:80" address='["203.0.113.1"]' free=64512
	ok ctl address set 203.0.113.2 uplink none
	ok ctl gateway set gw1 pooling paired
	says "src 10.0.1.2 dst $NET:80" free=64512
	ok ctl gateway set gw1 pooling random
	ok ctl address del 203.0.113.2
}

obstacles()
{
	ip -n "$gw" route add unreachable 198.18.0.0/15
	says "src 10.0.1.2 dst 198.18.0.1:80" method=nat obstacle=no-route dev=-
	tells "src 10.0.1.2 dst 198.18.0.1:80" 'Linux would stop it: it has no route'
	sysctl_in "$gw" net.ipv4.conf.in0.forwarding=0
	says "src 10.0.1.2 dst $NET:80" method=nat obstacle=forwarding-off dev=up0
	tells "src 10.0.1.2 dst $NET:80" 'Linux would stop it: it does not forward'
	says "src 10.0.1.2 dst 10.0.1.1:80" method=local obstacle=none
	table "0.0.0.0/0 VirtualAppliance 10.0.2.4"
	says "src 10.0.1.2 dst $NET:80" method=drop reason=next-hop obstacle=forwarding-off
	no_table
	sysctl_in "$gw" net.ipv4.conf.in0.forwarding=1
	says "src 10.0.1.2 dst $NET:80" obstacle=none
}

# hub's hosts have the same addresses, behind in9 in a VRF
two_vnets()
{
	ip -n "$gw" -batch - <<-EOT
		link add vrf1 type vrf table 100
		link set vrf1 up
		link add in9 type dummy
		link set in9 master vrf1
		link set in9 up
		addr add 10.0.1.129/24 dev in9
		addr add 10.0.3.1/24 dev in9
		route add default via 192.0.2.2 dev up0 table 100
	EOT
	ok ctl vnet add hub prefix 10.0.1.0/24 prefix 10.0.3.0/24 dev in9
	ok ctl subnet add hub-web prefix 10.0.1.0/25 vnet hub
	match "two vnets" 'src 10.0.1.2 is in subnets of 2 vnets.*: default, hub' \
		"$(ctl explain src 10.0.1.2 dst $NET:80 2>&1)"
	says "src 10.0.1.2 dst $NET:80 vnet default" vnet=default subnet=web method=nat
	says "src 10.0.1.2 dst $NET:80 vnet hub" vnet=hub subnet=hub-web method=pass \
		reason=no-gateway dev=up0
	says "src 10.0.1.2 dst 10.0.9.9:80 vnet hub" method=drop reason=private-space
	says "src 10.0.1.2 dst 10.0.1.129:80 vnet hub" method=local
	says "src 10.0.1.2 dst 10.0.1.129:80 vnet default" method=pass dev=in0
	says "src 10.0.1.200 dst $NET:80" vnet=default subnet=web
	# in no subnet, but in one vnet's space
	says "src 10.0.3.9 dst $NET:80" vnet=hub subnet=- method=pass reason=no-subnet
	match "unknown vnet" 'vnet spoke does not exist' \
		"$(ctl explain src 10.0.1.2 dst $NET:80 vnet spoke 2>&1)"
	# a device that leaves the VRF
	ip -n "$gw" link set in9 nomaster
	soon explains "src 10.0.1.2 dst $NET:80 vnet hub" vnet-down
	ip -n "$gw" link del in9
	ip -n "$gw" link del vrf1
	ok ctl subnet del hub-web
	ok ctl vnet del hub
}

# explains SUBJECT REASON
explains()
{
	# shellcheck disable=SC2086
	[[ $(ctl -j explain $1) == *"\"reason\":\"$2\""* ]]
}

nothing_is_left_behind()
{
	local before after

	before=$(ctl -j stats show; ctl -s gateway show gw1)
	says "src 10.0.1.2:4444 dst $NET:443" method=nat
	says "src 10.0.1.2 dst 203.0.113.1:80" method=drop
	after=$(ctl -j stats show; ctl -s gateway show gw1)
	same "counters" "$(sed -E 's/"last-age":[0-9]+//g' <<< "$before")" \
		"$(sed -E 's/"last-age":[0-9]+//g' <<< "$after")"
	same "session" "" "$(session tcp 10.0.1.2 4444 port)"
	stats_agree
}

incomplete()
{
	refused ctl explain src 10.0.1.2
	refused ctl explain dst 10.0.1.2
	match "no subnet" 'subnet nosuch does not exist' \
		"$(ctl route show effective subnet nosuch 2>&1)"
	refused ctl route show effective
}

# effective [WANTED]...: the routes of web as "STATE PREFIX TYPE PROBLEM", in this order
effective()
{
	local got

	got=$(ctl -j route show effective subnet web |
		jq -r '.[] | "\(.state) \(.tag // .prefix) \(.["next-hop-type"]) \(.problem)"')
	same "effective routes" "$(printf '%s\n' "$@")" "$got"
}

system_routes()
{
	effective "Active 0.0.0.0/0 Internet none" "Active 10.0.0.0/8 Pass none" \
		"Active 10.0.1.0/24 VnetLocal none" "Active 100.64.0.0/10 Pass none" \
		"Active 172.16.0.0/12 Pass none" "Active 192.168.0.0/16 Pass none"
	ok ctl vnet set default private-space drop
	ok ctl subnet add all prefix 192.168.0.0/16
	effective "Active 0.0.0.0/0 Internet none" "Active 10.0.0.0/8 None none" \
		"Active 10.0.1.0/24 VnetLocal none" "Active 100.64.0.0/10 None none" \
		"Active 172.16.0.0/12 None none" "Active 192.168.0.0/16 VnetLocal none"
	ok ctl subnet del all
	ok ctl vnet set default private-space internet
	match "private space" '10.0.0.0/8 +- +Internet' \
		"$(ctl route show effective subnet web)"
	ok ctl vnet set default private-space pass
}

invalid_routes()
{
	ok ctl tag add Storage prefix 198.51.100.0/24 prefix 192.88.99.0/24
	ok ctl tag add Storage.West prefix 198.51.100.0/24
	table "0.0.0.0/0 VirtualAppliance 10.0.2.4" "Storage Internet" "Storage.West None" \
		"192.88.99.0/24 VirtualNetworkGateway" "10.0.0.0/8 VirtualAppliance 10.77.7.7" \
		"100.64.0.0/10 VirtualAppliance 10.0.2.66"
	effective "Active 0.0.0.0/0 VirtualAppliance none" "Invalid 0.0.0.0/0 Internet user-route" \
		"Active 10.0.0.0/8 VirtualAppliance next-hop" "Invalid 10.0.0.0/8 Pass user-route" \
		"Active 10.0.1.0/24 VnetLocal none" \
		"Active 100.64.0.0/10 VirtualAppliance next-hop-down" \
		"Invalid 100.64.0.0/10 Pass user-route" "Active 172.16.0.0/12 Pass none" \
		"Active 192.88.99.0/24 VirtualNetworkGateway no-vpn-next-hop" \
		"Invalid Storage Internet explicit-prefix" "Active 192.168.0.0/16 Pass none" \
		"Active Storage.West None none" "Invalid Storage Internet other-tag"
	tells "src 10.0.1.2 dst $NET:80" 'route 198.51.100.0/24 \(tag Storage.West\) None' \
		'not 198.51.100.0/24 \(tag Storage\) .*: a more regional tag has the same prefix' \
		'not 0.0.0.0/0 VirtualAppliance .*: the prefix of another one is longer'
	match "text" 'a route without a tag has the same prefix' \
		"$(ctl route show effective subnet web)"
	no_table
	ok ctl route-table del rt1
	ok ctl tag del Storage
	ok ctl tag del Storage.West
}

# as_said REASON DST: explain says it of a packet from the strange host, and so it is counted
as_said()
{
	says "src 10.1.1.2 dst $2:9000 proto udp" vnet=hub subnet=strange method=drop reason="$1"
	dropped "$cl" "$1" 10.1.1.2 "$2" udp 4000 9000
}

# A bound subnet whose hosts are behind a device that is none of its vnet's
device_of_another_vnet()
{
	ip -n "$gw" route add 10.1.1.0/24 dev in0
	ip -n "$cl" addr add 10.1.1.2/32 dev lo
	ok ctl gateway add gw2
	ok ctl address add 203.0.113.2 gateway gw2
	ok ctl vnet add hub prefix 10.1.0.0/16 dev dmz0
	ok ctl subnet add strange prefix 10.1.1.0/24 vnet hub gateway gw2
	ok ctl route-table add rt2
	ok ctl route add 198.51.100.8/32 route-table rt2 next-hop-type None
	ok ctl route add 198.51.100.9/32 route-table rt2 next-hop-type VirtualAppliance \
		next-hop-ip 10.0.2.4
	ok ctl subnet set strange route-table rt2

	as_said vnet-device $NET
	says "src 10.1.1.2 dst $NET:80" gateway=gw2 free=- address='[]'
	tells "src 10.1.1.2 dst $NET:80" \
		"dropped as vnet-device: a source in a bound subnet of a vnet, by a device that is not one of that vnet's" \
		"name the right one: natgwctl vnet set VNET dev DEV"
	# neither steered by its routes, nor dropped by them
	as_said vnet-device 198.51.100.8
	as_said vnet-device 198.51.100.9
	# held back where it leaves; and in another vnet a pool address is no hairpin
	as_said untranslated 192.168.7.7
	as_said unsolicited 203.0.113.2

	# its answers are said to take another way: it may come by the vnet's device
	ok ctl subnet set strange source-check off
	says "src 10.1.1.2 dst $NET:80" method=nat reason=- gateway=gw2 free=64512
	ok ctl subnet set strange source-check strict
	ok ctl vnet set hub dev in0
	says "src 10.1.1.2 dst $NET:80" method=nat reason=- gateway=gw2 free=64512
	says "src 10.1.1.2 dst 198.51.100.8:80" method=drop reason=route-none
	ip -n "$gw" link add gone0 type dummy
	ok ctl vnet set hub dev gone0
	ip -n "$gw" link del gone0
	as_said vnet-device $NET

	ok ctl subnet del strange
	ok ctl route-table del rt2
	ok ctl vnet del hub
	ok ctl address del 203.0.113.2
	ok ctl gateway del gw2
	ip -n "$cl" addr del 10.1.1.2/32 dev lo
	ip -n "$gw" route del 10.1.1.0/24
}

# More than one message holds
many_routes()
{
	local i k

	ok ctl route-table add rt1
	for k in 1 2 3; do
		for ((i = 0; i < 1000; i++)); do
			echo "203.$k.$((i / 250)).$((i % 250))/32"
		done > "$TMP/prefixes"
		ok ctl tag add many$k file "$TMP/prefixes"
		ok ctl route add many$k route-table rt1 next-hop-type Internet
	done
	ok ctl subnet set web route-table rt1
	same "rows" 3006 "$(ctl -j route show effective subnet web | rows state)"
	same "different" 3006 \
		"$(ctl -j route show effective subnet web | jq -r '.[].prefix' | sort -u | wc -l)"
	no_table
	ok ctl route-table del rt1
	for k in 1 2 3; do
		ok ctl tag del many$k
	done
}

before_the_first_object()
{
	local gw=$fw

	says "src 10.0.1.2 dst 10.0.2.1:80" vnet=default subnet=- method=pass reason=-
	says "src 10.0.1.2 dst 10.0.2.4:80" method=local
}

tests=(
	nat own_and_broadcast left_alone by_routes direct_flow refused_flows no_port_left
	ports_reserved_since one_at_its_limit one_limit_for_both addresses_in_use obstacles
	two_vnets device_of_another_vnet nothing_is_left_behind incomplete system_routes invalid_routes many_routes
	block_not_firm before_the_first_object
)

standard_topology
ns fw
link "$fw" f0 10.0.2.4/24 "$gw" dmz0 10.0.2.1/24
ip -n "$fw" route add default via 10.0.2.1
ip -n "$net" route add 10.0.1.0/24 via 192.0.2.1
sysctl_in "$gw" net.ipv4.neigh.dmz0.mcast_solicit=0
ip -n "$gw" neigh replace 10.0.2.4 dev dmz0 nud permanent \
	lladdr "$(ip -n "$fw" -br link show f0 | awk '{ print $3 }')"
ip -n "$gw" neigh replace 10.0.2.66 dev dmz0 nud failed
standard_gateway
run "$@"
