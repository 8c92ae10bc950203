#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Answers to flows that come to a bound subnet past the gateway leave untranslated; flows
# that the subnet starts itself are translated; flows that run when the subnet is bound go
# on if conntrack knows them. Direct records have a cap, timers and filters of their own.
#
#   cl  10.0.1.2 (web) ------ in0  gw  up0 192.0.2.1 --+-- net 192.0.2.2, 198.51.100.7
#   cl2 10.0.2.2 (db) ------- in1                      |
#   pub 203.0.113.130 (dmz) - in2                      +-- edge 192.0.2.3 -- far 198.51.100.130
#
#   pool 203.0.113.1 of gw1. edge is another router of the uplink network: it
#   forwards far's packets to inside addresses, and gw reaches far by it.

. "$(dirname "$0")/lib.sh"

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
	same "web from $2" hello "$(in_ns "$1" curl -sS -m 20 "http://$3:$4/hello")"
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

# direct PROTO DST_PORT KEY: of the record to this port of outside
direct()
{
	local json

	json=$(ctl -j session show kind direct proto "$1")
	[[ $json == *"\"dst-port\":$2,"* ]] || return 1
	# the keys of a record stand around its dst-port
	value "$(grep -o "{[^}]*\"dst-port\":$2,[^}]*}" <<< "$json" | head -n 1)" "$3"
}

direct_is()
{
	[[ $(direct "$1" "$2" state) == "$3" ]]
}

fresh()
{
	ok ctl session flush
	in_ns "$gw" conntrack -F 2>/dev/null
	same "records left" 0 "$(directs)"
}

# --- by another router -------------------------------------------------------

by_another_router()
{
	fresh
	capture wire "$edge" e0 net 198.51.100.128/25
	reached "$far" 198.51.100.130 10.0.1.2 80
	same "records" 12 "$(directs subnet web)"
	same "sessions" 0 "$(sessions kind nat)"
	never wire src host 203.0.113.1
	at_least "answers" 10 "$(captured wire src host 10.0.1.2 | grep -c 10.0.1.2)"
	capture_end wire
	started_inside "$cl" 10.0.1.2
}

# The same, each way: a gateway that keeps its sessions out of conntrack
by_another_router_track_off()
{
	ok ctl gateway set gw1 track off
	by_another_router
	ok ctl gateway set gw1 track on
}

errors_about_direct_flows()
{
	fresh
	capture outside "$far" f0 icmp
	send "$far" 198.51.100.199 10.0.1.2 udp 4000 9
	soon seen outside 'icmp[0] == 3 and icmp[1] == 3 and src host 10.0.1.2'
	capture_end outside
	# and towards the inside: what the answer met on its way
	send "$far" 198.51.100.199 10.0.1.99 udp 4001 53
	soon directs_are 1 dst 198.51.100.199:4001
	capture inside "$cl" c0 icmp
	send "$far" 198.51.100.199 10.0.1.99 icmp 3 1 10.0.1.99 198.51.100.199 udp 53 4001
	soon seen inside 'icmp[0] == 3 and dst host 10.0.1.99'
	capture_end inside
}

# What only looks like an answer: a SYN, an echo request, another port
no_answers()
{
	fresh
	capture wire "$gw" up0 src host 203.0.113.1 or src net 10.0.1.0/24
	send "$far" 198.51.100.199 10.0.1.99 tcp 5000 80 S
	soon directs_are 1 dst 198.51.100.199:5000
	send "$cl" 10.0.1.99 198.51.100.199 tcp 80 5000 S
	soon seen wire 'src host 203.0.113.1 and tcp dst port 5000'
	send "$far" 198.51.100.199 10.0.1.99 echo 77 1
	soon directs_are 1 proto icmp
	send "$cl" 10.0.1.99 198.51.100.199 echo 77 1
	soon seen wire 'src host 203.0.113.1 and icmp[0] == 8'
	send "$cl" 10.0.1.99 198.51.100.199 udp 80 5000
	soon seen wire 'src host 203.0.113.1 and udp dst port 5000'
	never wire src net 10.0.1.0/24
	# a segment in mid-stream and a reply that nobody asked for make no flow
	dropped "$cl" no-session 10.0.1.99 198.51.100.199 tcp 81 5000 SA
	dropped "$cl" icmp-no-session 10.0.1.99 198.51.100.199 reply 78 1
	capture_end wire
}

# A session of the same inside tuple goes on, whatever comes from outside
session_first()
{
	fresh
	send "$cl" 10.0.1.99 198.51.100.199 udp 6000 7000
	soon session_count_is 1 kind nat src 10.0.1.99
	send "$far" 198.51.100.199 10.0.1.99 udp 7000 6000
	send "$far" 198.51.100.199 10.0.1.99 udp 7001 6000
	soon directs_are 1 dst 198.51.100.199:7001
	same "record of the session's tuple" 0 "$(directs dst 198.51.100.199:7000)"
}

own_public_addresses()
{
	fresh
	ok ctl subnet add dmz prefix 203.0.113.128/28 gateway gw1
	capture wire "$net" n0 host 203.0.113.1
	reached "$net" 192.0.2.2 203.0.113.130 80
	never wire ip
	capture_end wire
	started_inside "$pub" 203.0.113.130
	ok ctl subnet del dmz
	same "records of a subnet that went" 0 "$(directs)"
}

# --- running when bound ------------------------------------------------------

mid_stream()
{
	echo $(($(drops no-session) + $(drops late-sender)))
}

dropped_since()
{
	(($(mid_stream) > $1))
}

# slow NS FILE ADDR: downloads for seconds, in the background; the pid in $!
slow()
{
	in_ns "$1" curl -sS -m 60 -o "$TMP/$2" "http://$3/slow/file" \
		2> "$TMP/$2.err" &
	jobs_started+=($!)
}

arriving()
{
	[[ -s $TMP/$1 ]]
}

running_without_conntrack()
{
	local before job

	fresh
	before=$(mid_stream)
	slow "$pub" down 198.51.100.7
	job=$!
	soon arriving down
	ok ctl subnet add dmz prefix 203.0.113.128/28 gateway gw1
	soon dropped_since "$before"
	same "records" 0 "$(directs subnet dmz)"
	kill "$job"
	wait "$job" 2>/dev/null
	match "new flow" 'answered 1 .* last 203.0.113.1 ' \
		"$(from "$pub" tcp 203.0.113.130 198.51.100.7 9000)"
	ok ctl subnet del dmz
}

running_with_conntrack()
{
	local down up ping

	rules "$forwarding_rules"
	fresh
	slow "$pub" down 198.51.100.7
	down=$!
	slow "$net" up 203.0.113.130
	up=$!
	in_ns "$pub" ping -i 0.2 -c 25 -W 5 198.51.100.7 > "$TMP/ping" &
	ping=$!
	jobs_started+=("$ping")
	soon arriving down
	soon arriving up
	soon grep -q icmp_seq=2 "$TMP/ping"
	ok ctl subnet add dmz prefix 203.0.113.128/28 gateway gw1
	same "records" 3 "$(directs subnet dmz)"
	same "established" 2 "$(directs subnet dmz proto tcp state established)"
	match "new flow" 'answered 1 .* last 203.0.113.1 ' \
		"$(from "$pub" tcp 203.0.113.130 198.51.100.7 9000)"
	wait "$down" || fail "download: $(cat "$TMP/down.err")"
	wait "$up" || fail "from outside: $(cat "$TMP/up.err")"
	wait "$ping"
	match "ping" ' 0% packet loss' "$(cat "$TMP/ping")"
	ok cmp "$TMP/www/file" "$TMP/down"
	ok cmp "$TMP/www/file" "$TMP/up"
	soon directs_are 2 subnet dmz proto tcp state closing
	ok ctl subnet del dmz
}

# one round more of what runs in $cl, whose input is descriptor 9
one_more()
{
	local have

	have=$(wc -l < "$TMP/hold.log")
	echo >&9
	soon eval "[[ \$(wc -l < '$TMP/hold.log') -gt $have ]]"
	match "round" 'answered 4 .* changed 0 .* last 192.0.2.1 ' "$(tail -n 1 "$TMP/hold.log")"
}

running_masqueraded()
{
	local before

	fresh
	ok ctl subnet set web gateway none
	rules "chain post {
			type nat hook postrouting priority 100;
			oifname up0 masquerade
		}"
	mkfifo "$TMP/hold"
	start_hold
	exec 9> "$TMP/hold"
	soon grep -q answered "$TMP/hold.log"
	ok ctl subnet set web gateway gw1
	same "records" 4 "$(directs subnet web state established)"
	one_more
	# its rule goes, nat goes on with what it has
	rules "$forwarding_rules
		chain post {
			type nat hook postrouting priority 100;
		}"
	one_more
	match "new flow" 'answered 1 .* last 203.0.113.1 ' "$(flow tcp 10.0.1.2 198.51.100.7 9000)"
	# without nat they do not leave with their private address
	capture wire "$gw" up0 net 10.0.0.0/8
	before=$(mid_stream)
	in_ns "$gw" nft flush ruleset
	echo >&9
	soon dropped_since "$before"
	never wire ip
	capture_end wire
	# with it they end, and do not come back in the next tests
	before=$(wc -l < "$TMP/hold.log")
	rules "$forwarding_rules
		chain post {
			type nat hook postrouting priority 100;
		}"
	soon eval "[[ \$(wc -l < '$TMP/hold.log') -gt $before ]]"
	exec 9>&-
	wait "$hold" || fail "$(cat "$TMP/hold.log")"
	soon eval "[[ ! \$(in_ns '$cl' ss -Htn exclude time-wait dst 198.51.100.7) ]]"
	rm "$TMP/hold"
}

start_hold()
{
	"$HERE/netns_exec" "/run/netns/$cl" "$HERE/flows" client tcp 10.0.1.2 198.51.100.7 9000 \
		count 4 hold < "$TMP/hold" > "$TMP/hold.log" 2>&1 &
	hold=$!
	jobs_started+=("$hold")
}

# Conntrack sees our own flows with the same tuples ("track on"): no records of
# them, neither while a session has them nor when their subnet is bound again
own_flows_are_not_adopted()
{
	fresh
	rules "$forwarding_rules"
	# What has ended is to be known to the end, on a slow machine too
	sysctl_in "$gw" net.netfilter.nf_conntrack_udp_timeout=600 \
		net.netfilter.nf_conntrack_tcp_timeout_close=600
	from "$cl" tcp 10.0.1.2 198.51.100.7 9000 count 3 > /dev/null
	from "$cl" udp 10.0.1.2 198.51.100.7 9000 count 3 > /dev/null
	ok ctl subnet add dmz prefix 203.0.113.128/28 gateway gw1
	same "records" 0 "$(directs)"
	ok ctl subnet del dmz
	ok ctl subnet set web gateway none
	ok ctl subnet set web gateway gw1
	same "records of detached flows" 0 "$(directs)"
	ok ctl subnet del web
	same "sessions" 0 "$(sessions)"
	at_least "conntrack's entries" 6 \
		"$(in_ns "$gw" conntrack -L 2>/dev/null | grep -c 'src=10.0.1.2 dst=198.51.100.7 ')"
	ok ctl subnet add web prefix 10.0.1.0/24 gateway gw1
	same "records of ended flows" 0 "$(directs)"
}

# --- DNAT on the same router -------------------------------------------------

forwarding_rules='
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

dnat()
{
	rules "$forwarding_rules
		chain pre {
			type nat hook prerouting priority -100;
			iifname up0 ip daddr 192.0.2.1 tcp dport 8080 dnat to 10.0.1.2:80
			iifname up0 ip daddr 192.0.2.1 meta l4proto { tcp, udp } th dport 9000 dnat to 10.0.1.2
			iifname up0 ip daddr 192.0.2.1 icmp type echo-request dnat to 10.0.1.2
		}"
}

by_dnat()
{
	fresh
	dnat
	capture wire "$net" n0 host 203.0.113.1
	reached "$net" 192.0.2.2 192.0.2.1 8080
	never wire ip
	capture_end wire
	started_inside "$cl" 10.0.1.2
}

by_dnat_track_off()
{
	ok ctl gateway set gw1 track off
	by_dnat
	ok ctl gateway set gw1 track on
}

# Answers keep the record; conntrack calls only the first packet of a flow new
dnat_for_long()
{
	fresh
	dnat
	short_timers
	ok ctl gateway set gw1 track off
	ok from "$net" udp 192.0.2.2 192.0.2.1 9000 rounds 9 every 1000
	ok ctl gateway set gw1 track on
	long_timers
}

# --- timers ------------------------------------------------------------------

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

# expiring PROTO PORT SECONDS: what it has left, a second's grain
expiring()
{
	local left

	left=$(direct "$1" "$2" expires)
	((left > $3 - 5 && left <= $3)) || fail "$1 $2: $left s left, not $3"
}

handshake()
{
	send "$far" 198.51.100.199 10.0.1.99 tcp "$1" 80 S seq 1000
	soon direct_is tcp "$1" half-open
	send "$cl" 10.0.1.99 198.51.100.199 tcp 80 "$1" SA seq 5000 ack 1001
	send "$far" 198.51.100.199 10.0.1.99 tcp "$1" 80 A seq 1001 ack 5001
	direct_is tcp "$1" half-open || fail "established before the inside host has data"
	send "$cl" 10.0.1.99 198.51.100.199 tcp 80 "$1" A seq 5001 ack 1001
	soon direct_is tcp "$1" established
}

# The defaults, with gateways that do not shorten them
default_timers()
{
	fresh
	handshake 4000
	expiring tcp 4000 7440
	send "$far" 198.51.100.199 10.0.1.99 tcp 4001 80 S
	soon direct_is tcp 4001 half-open
	expiring tcp 4001 30
	send "$cl" 10.0.1.99 198.51.100.199 tcp 80 4001 RA
	soon direct_is tcp 4001 closing
	expiring tcp 4001 16
	# the same ports again
	send "$far" 198.51.100.199 10.0.1.99 tcp 4001 80 S
	soon direct_is tcp 4001 half-open
	send "$cl" 10.0.1.99 198.51.100.199 tcp 80 4000 FA seq 5001 ack 1001
	soon direct_is tcp 4000 closing
	expiring tcp 4000 240
	# who does not know the numbers does not take an established one back
	handshake 4002
	send "$far" 198.51.100.199 10.0.1.99 tcp 4002 80 S
	send "$far" 198.51.100.199 10.0.1.99 tcp 4002 80 R
	send "$far" 198.51.100.199 10.0.1.99 tcp 4002 80 R seq 1002
	send "$far" 198.51.100.199 10.0.1.99 tcp 4002 80 RA seq 1000 ack 5001
	send "$far" 198.51.100.199 10.0.1.99 tcp 4002 80 FA seq 90000000 ack 5001
	send "$far" 198.51.100.199 10.0.1.99 udp 4005 53
	soon direct_is udp 4005 half-open
	direct_is tcp 4002 established || fail "a forged RST or FIN ended it"
	expiring tcp 4002 7440
	# who does takes it back for as long as its host is silent
	send "$far" 198.51.100.199 10.0.1.99 tcp 4002 80 R seq 1001
	soon direct_is tcp 4002 closing
	expiring tcp 4002 16
	send "$cl" 10.0.1.99 198.51.100.199 tcp 80 4002 A seq 5001 ack 1001
	soon direct_is tcp 4002 established
	send "$far" 198.51.100.199 10.0.1.99 udp 4003 53
	soon direct_is udp 4003 half-open
	expiring udp 4003 30
	send "$cl" 10.0.1.99 198.51.100.199 udp 53 4003
	soon direct_is udp 4003 established
	expiring udp 4003 300
	send "$far" 198.51.100.199 10.0.1.99 echo 5 1
	soon directs_are 1 proto icmp state half-open
	send "$cl" 10.0.1.99 198.51.100.199 reply 5 1
	soon directs_are 1 proto icmp state established
	expiring icmp 0 60
}

# One look at all records: when each was last seen, first missed
look()
{
	local begun json port

	begun=$(now)
	json=$(ctl -j session show kind direct)
	for port in "${!since[@]}"; do
		if [[ $json == *"\"dst-port\":$port,"* ]]; then
			there[$port]=$begun
		elif [[ ! ${gone[$port]-} ]]; then
			gone[$port]=$(now)
		fi
	done
}

# told PORT NS PACKET...: the last packet of this flow
told()
{
	since[$1]=$(now)
	send "${@:2}"
	sent[$1]=$(now)
}

# lasted PORT SECONDS
lasted()
{
	if [[ ! ${there[$1]-} || ! ${gone[$1]-} ]]; then
		fail "port $1: never there, or never gone"
		return
	fi
	((gone[$1] >= since[$1] + $2 * 10 - 2)) ||
		fail "port $1 ended $((gone[$1] - since[$1]))/10 s after its last packet, not $2 s"
	((there[$1] <= sent[$1] + $2 * 10 + 10)) ||
		fail "port $1 was there $((there[$1] - sent[$1]))/10 s after its last packet, not $2 s"
}

each_timer()
{
	local end=$((SECONDS + 60))
	declare -A since=() sent=() there=() gone=()

	fresh
	short_timers
	handshake 4000
	handshake 4004
	send "$far" 198.51.100.199 10.0.1.99 udp 4002 53
	soon direct_is udp 4002 half-open
	told 4000 "$cl" 10.0.1.99 198.51.100.199 tcp 80 4000 A seq 5001 ack 1001
	told 4001 "$far" 198.51.100.199 10.0.1.99 tcp 4001 80 S
	told 4002 "$cl" 10.0.1.99 198.51.100.199 udp 53 4002
	told 4003 "$far" 198.51.100.199 10.0.1.99 udp 4003 53
	told 4004 "$cl" 10.0.1.99 198.51.100.199 tcp 80 4004 FA seq 5001 ack 1001
	look
	while ((${#gone[@]} < 5 && SECONDS < end)); do
		sleep 0.2
		look
	done
	lasted 4000 9
	lasted 4001 5
	lasted 4002 7
	lasted 4003 5
	lasted 4004 8
	# what is over is none any more: its answer is nobody's
	dropped "$cl" no-session 10.0.1.99 198.51.100.199 tcp 80 4000 A
	# and soon it takes no memory
	soon memory_free
	long_timers
}

memory_free()
{
	[[ $(value "$(ctl -j)" direct) == 0 ]]
}

# A packet of either side keeps an answered flow
renewed()
{
	local i

	fresh
	short_timers
	send "$far" 198.51.100.199 10.0.1.99 udp 4000 53
	soon direct_is udp 4000 half-open
	send "$cl" 10.0.1.99 198.51.100.199 udp 53 4000
	soon direct_is udp 4000 established
	for i in 1 2 3 4; do
		soon idle_past 4000 2
		if ((i % 2)); then
			send "$cl" 10.0.1.99 198.51.100.199 udp 53 4000
		else
			send "$far" 198.51.100.199 10.0.1.99 udp 4000 53
		fi
		soon idle_below 4000 2
	done
	at_least "age" 10 "$(direct udp 4000 age)"
	long_timers
}

idle_past()
{
	local s

	s=$(direct udp "$1" idle)
	[[ $s ]] && ((s > $2))
}

idle_below()
{
	local s

	s=$(direct udp "$1" idle)
	[[ $s ]] && ((s < $2))
}

# --- filters -----------------------------------------------------------------

# both NUMBER FILTER...: count and show agree
both()
{
	same "count ${*:2}" "$1" "$(sessions "${@:2}")"
	same "show ${*:2}" "$1" "$(ctl -j session show "${@:2}" | rows kind)"
}

filters()
{
	local json

	fresh
	send "$cl" 10.0.1.99 198.51.100.199 udp 6000 7000
	send "$cl" 10.0.1.99 198.51.100.199 udp 6001 7000
	send "$far" repeat 3 ports 3 198.51.100.199 10.0.1.99 udp 4000 53
	send "$far" 198.51.100.199 10.0.2.99 tcp 4000 80 S
	send "$far" 198.51.100.199 10.0.1.99 echo 5 1
	soon session_count_is 7
	both 7
	both 2 kind nat
	both 5 kind direct
	both 4 kind direct subnet web
	both 1 kind direct subnet db
	both 5 kind direct vnet default
	both 1 kind direct dst 198.51.100.199:4001
	both 4 kind direct src 10.0.1.99
	both 3 kind direct proto udp
	both 1 kind direct proto icmp
	both 5 kind direct state half-open
	both 0 kind direct state cooling
	both 0 kind direct gateway gw1
	both 0 kind direct address 203.0.113.1
	both 2 gateway gw1
	both 6 src 10.0.1.99
	same "status" 5 "$(value "$(ctl -j)" direct)"
	json=$(ctl -j session show kind direct subnet db)
	same "record" "tcp 10.0.2.99 80 198.51.100.199 4000 half-open direct db default" \
		"$(for key in proto src src-port dst dst-port state kind subnet vnet; do
			value "$json" "$key"; done | xargs)"
	same "its gateway" "" "$(value "$json" gateway | sed s/null//)"
	same "flushed" 1 "$(value "$(ctl -j session flush kind direct subnet db)" count)"
	both 4 kind direct
	both 2 kind nat
	same "flushed" 2 "$(value "$(ctl -j session flush kind nat)" count)"
	both 4
	same "flushed" 4 "$(value "$(ctl -j session flush)" count)"
	both 0
}

# --- flood -------------------------------------------------------------------

SHARE=16384	# a quarter of the cap

flood()
{
	local kept

	fresh
	# flows of the other subnet that stay, from outside and translated ones
	exec 9> >(in_ns "$far" "$HERE/flows" client tcp 198.51.100.130 10.0.2.2 9000 count 3 hold \
		> "$TMP/kept.log" 2>&1)
	exec 8> >(in_ns "$cl2" "$HERE/flows" client tcp 10.0.2.2 198.51.100.7 9000 count 3 hold \
		> "$TMP/kept_nat.log" 2>&1)
	soon grep -q 'answered 3' "$TMP/kept.log"
	soon grep -q 'answered 3' "$TMP/kept_nat.log"
	kept=$(directs subnet db)
	send_on "$far" repeat 100000 ports 50000 198.18.0.1 10.0.1.99 tcp 1024 80 S
	send_on "$far" repeat 100000 ports 50000 198.18.1.1 10.0.1.99 udp 1024 53
	soon eval '(($(directs subnet web) > 1000))'
	reached_db
	started_inside "$cl2" 10.0.2.2
	wait "${jobs_started[@]: -2}" || fail "the flood ended early: $(cat "$TMP/job.log")"
	same "records of the flooded subnet" "$SHARE" "$(value "$(ctl -j)" direct | awk \
		-v other="$(directs subnet db)" '{ print $1 - other }')"
	reached_db
	echo >&9
	echo >&8
	soon eval "[[ \$(wc -l < '$TMP/kept.log') == 2 && \$(wc -l < '$TMP/kept_nat.log') == 2 ]]"
	match "from outside before" 'answered 3 .* changed 0 ' "$(tail -n 1 "$TMP/kept.log")"
	match "translated before" 'answered 3 .* changed 0 .* last 203.0.113.1 ' \
		"$(tail -n 1 "$TMP/kept_nat.log")"
	exec 9>&- 8>&-
	at_least "records of the other subnet" "$kept" "$(directs subnet db state established)"
	# and the flooded subnet is still reached
	match "flooded" 'answered 5 ' "$(from "$far" udp 198.51.100.130 10.0.1.2 9000 count 5)"
	ok ctl stats check
}

reached_db()
{
	match "TCP" "answered 5 " "$(from "$far" tcp 198.51.100.130 10.0.2.2 9000 count 5)"
	match "UDP" "answered 5 " "$(from "$far" udp 198.51.100.130 10.0.2.2 9000 count 5)"
}

# The oldest unanswered one goes first, an answered one never
oldest_goes_first()
{
	fresh
	send "$far" 198.51.100.199 10.0.1.99 udp 4000 53
	soon direct_is udp 4000 half-open
	send "$cl" 10.0.1.99 198.51.100.199 udp 53 4000
	soon direct_is udp 4000 established
	send "$far" 198.51.100.199 10.0.1.99 udp 4001 53
	soon direct_is udp 4001 half-open
	send "$far" repeat "$SHARE" ports 50000 198.18.0.1 10.0.1.99 udp 10000 53
	soon eval '! direct_is udp 4001 half-open'
	direct_is udp 4000 established || fail "an answered record made room"
	fresh
	stats_agree
}

tests=(
	by_another_router by_another_router_track_off errors_about_direct_flows no_answers
	session_first own_public_addresses running_without_conntrack
	default_timers each_timer renewed filters flood oldest_goes_first
	by_dnat by_dnat_track_off dnat_for_long running_with_conntrack running_masqueraded
	own_flows_are_not_adopted stats_agree
)

topology
servers
standard_gateway on-idle silent
ok ctl subnet add db prefix 10.0.2.0/24 gateway gw1
run "$@"
