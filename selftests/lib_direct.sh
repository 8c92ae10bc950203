# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Sourced by the tests of direct records: their topology, servers and timers.
#
#   cl  10.0.1.2 (web) ------ in0  gw  up0 192.0.2.1 --+-- net 192.0.2.2, 198.51.100.7
#   cl2 10.0.2.2 (db) ------- in1                      |
#   pub 203.0.113.130 (dmz) - in2                      +-- edge 192.0.2.3 -- far 198.51.100.130
#
#   pool 203.0.113.1 of gw1. edge is another router of the uplink network: it
#   forwards far's packets to inside addresses, and gw reaches far by it.

port_of_lan()
{
	ip -batch - <<-EOT || exit 1
		link add $2 netns $1 type veth peer name $4 netns $lan
	EOT
	ip -n "$1" -batch - <<-EOT || exit 1
		addr add $3/24 dev $2
		link set $2 up
	EOT
	ip -n "$lan" link set "$4" master br0 up
}

topology()
{
	ns cl cl2 pub gw net edge far lan
	ip -n "$lan" link add br0 type bridge
	ip -n "$lan" link set br0 up
	port_of_lan "$gw" up0 192.0.2.1 p0
	port_of_lan "$net" n0 192.0.2.2 p1
	port_of_lan "$edge" e0 192.0.2.3 p2
	internet "$net" n0	# and not edge: what leaves there as it came is the topic
	link "$cl" c0 10.0.1.2/24 "$gw" in0 10.0.1.1/24
	link "$cl2" c0 10.0.2.2/24 "$gw" in1 10.0.2.1/24
	link "$pub" c0 203.0.113.130/28 "$gw" in2 203.0.113.129/28
	link "$edge" f0 198.51.100.129/25 "$far" f0 198.51.100.130/25
	ip -n "$cl" route add default via 10.0.1.1
	ip -n "$cl2" route add default via 10.0.2.1
	ip -n "$pub" route add default via 203.0.113.129
	ip -n "$far" route add default via 198.51.100.129
	ip -n "$gw" -batch - <<-EOT
		route add default via 192.0.2.2
		route add 198.51.100.128/25 via 192.0.2.3
	EOT
	ip -n "$net" -batch - <<-EOT
		addr add 198.51.100.7/32 dev lo
		route add 203.0.113.0/24 via 192.0.2.1
	EOT
	ip -n "$edge" -batch - <<-EOT
		route add 10.0.0.0/16 via 192.0.2.1
		route add 203.0.113.0/24 via 192.0.2.1
	EOT
	forwarding "$gw" "$edge"
	silent
}

# mac NS DEV
mac()
{
	ip -n "$1" -br link show "$2" | awk '{ print $3 }'
}

# Hosts that answer nothing: packets made by hand meet no socket's RST
silent()
{
	ip -n "$gw" neigh replace 10.0.1.99 lladdr "$(mac "$cl" c0)" dev in0
	ip -n "$gw" neigh replace 10.0.2.99 lladdr "$(mac "$cl2" c0)" dev in1
	ip -n "$edge" neigh replace 198.51.100.199 lladdr "$(mac "$far" f0)" dev f0
}

# web NS ADDR: a web server with the file that all have
web()
{
	web_server_start "$1" <<-EOT
		listen $2:80;
		location / { root $TMP/www; }
		location /slow/ { alias $TMP/www/; limit_rate 300k; }
	EOT
}

servers()
{
	mkdir "$TMP/www"
	head -c 2000000 /dev/urandom > "$TMP/www/file"
	echo hello > "$TMP/www/hello"
	chmod -R a+rX "$TMP"
	web "$cl" 10.0.1.2
	web "$pub" 203.0.113.130
	web "$net" 198.51.100.7
	echo_server "$cl" 10.0.1.2 9000
	echo_server "$cl2" 10.0.2.2 9000
	echo_server "$pub" 203.0.113.130 9000
	echo_server "$net" 198.51.100.7 9000
	echo_server "$far" 198.51.100.130 9000
}

# from NS PROTO SRC DST PORT [OPTION]...: as flow, from any namespace
from()
{
	in_ns "$1" "$HERE/flows" client "${@:2}"
}

# reached NS SRC ADDR WEB_PORT: web, TCP, UDP and ping from there are answered from ADDR
reached()
{
	same "web from $2" hello "$(in_ns "$1" "$HERE/fetch" -m 20 "http://$3:$4/hello")"
	match "TCP from $2" "answered 5 .* last $2 " "$(from "$1" tcp "$2" "$3" 9000 count 5)"
	match "UDP from $2" "answered 5 .* last $2 " "$(from "$1" udp "$2" "$3" 9000 count 5)"
	match "ping from $2" '3 received' "$(in_ns "$1" ping -i 0.2 -c 3 -W 5 -I "$2" "$3")"
}

# started_inside NS SRC: its own flows are translated
started_inside()
{
	match "$2 to net" 'answered 3 .* last 203.0.113.1 ' \
		"$(from "$1" tcp "$2" 198.51.100.7 9000 count 3)"
	match "$2 to far" 'answered 3 .* last 203.0.113.1 ' \
		"$(from "$1" udp "$2" 198.51.100.130 9000 count 3)"
	# one of them: while a flood runs, the queue of a slow guest may have no room for another
	ok in_ns "$1" ping -q -i 0.2 -c 5 -W 5 198.51.100.7
}

directs()
{
	ctl session count kind direct "$@"
}

directs_are()
{
	[[ $(directs "${@:2}") == "$1" ]]
}

# read_direct PROTO DST_PORT KEY: of the record to this port of the silent host outside, in FOUND.
# The kernel picks it out: there may be thousands.
read_direct()
{
	local dst=198.51.100.199

	[[ $1 == icmp ]] || dst+=:$2
	[[ $(ctl -j session show kind direct proto "$1" dst "$dst") =~ \"$3\":\"?([^\",}]*) ]] &&
		FOUND=${BASH_REMATCH[1]}
}

direct_is()
{
	read_direct "$1" "$2" state && [[ $FOUND == "$3" ]]
}

fresh()
{
	ok ctl session flush
	in_ns "$gw" conntrack -F 2>/dev/null
	same "records left" 0 "$(directs)"
}

# slow NS FILE ADDR: downloads for seconds, in the background; the pid in $!
slow()
{
	in_ns "$1" curl -sS -m 60 -o "$TMP/$2" "http://$3/slow/file" \
		2> "$TMP/$2.err" &
	jobs_started+=($!)
}

short_timers()
{
	ok ctl gateway set gw1 profile custom half-open-timeout 5s idle-timeout 9s udp-timeout 7s \
		icmp-timeout 6s closing-timeout 8s cooldown-rst 4s
}

long_timers()
{
	ok ctl gateway set gw1 profile azure half-open-timeout 30s idle-timeout 4m udp-timeout 4m \
		icmp-timeout 60s closing-timeout 4m cooldown-rst 16s
}

# shellcheck disable=SC2034	# of the tests
established_rules='
	chain forward {
		type filter hook forward priority 0;
		ct state established,related accept
	}'

# rules CHAIN...: of one table
rules()
{
	in_ns "$gw" nft -f - <<-EOT || fail "nft"
		flush ruleset
		table ip nat {
			$1
		}
	EOT
}
