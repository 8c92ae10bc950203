#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Answers to flows that come to a bound subnet past the gateway leave untranslated; flows
# that the subnet starts itself are translated; flows that run when the subnet is bound go
# on if conntrack knows them. Topology: lib_direct.sh.

. "$(dirname "$0")/lib.sh"
# shellcheck source=selftests/lib_direct.sh
. "$HERE/lib_direct.sh"

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
	# to somebody who has not sent what it quotes
	dropped "$cl" icmp-no-session 10.0.1.99 198.51.100.7 icmp 3 1 \
		198.51.100.199 10.0.1.99 udp 4001 53
}

errors_about_direct_flows_track_off()
{
	ok ctl gateway set gw1 track off
	errors_about_direct_flows
	ok ctl gateway set gw1 track on
}

# The router's own RST for the host, which has not got the SYN
rejected()
{
	fresh
	rules "chain forward {
			type filter hook forward priority 0;
			iifname up0 tcp dport 81 reject with tcp reset
		}"
	match "refused" 'Connection refused' "$(in_ns "$far" "$HERE/fetch" -m 5 http://10.0.1.2:81/ 2>&1)"
	in_ns "$gw" nft flush ruleset
}

rejected_track_off()
{
	ok ctl gateway set gw1 track off
	rejected
	ok ctl gateway set gw1 track on
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

	rules "$established_rules"
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
	rules "$established_rules
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
	rules "$established_rules
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
	ok ctl gateway set gw1 track on
	rules "$established_rules"
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

dnat()
{
	rules "$established_rules
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

tests=(
	by_another_router by_another_router_track_off errors_about_direct_flows
	errors_about_direct_flows_track_off rejected
	rejected_track_off no_answers
	session_first own_public_addresses running_without_conntrack
	by_dnat by_dnat_track_off dnat_for_long running_with_conntrack running_masqueraded
	own_flows_are_not_adopted stats_agree
)

topology
servers
standard_gateway on-idle silent
ok ctl subnet add db prefix 10.0.2.0/24 gateway gw1
run "$@"
