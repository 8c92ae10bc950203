#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Timers are right within a second however many sessions there are. One gateway
# has SESSIONS of them (20,000), and another one a single port, for which hosts
# contend.
#
#   10.64.0.1..., 10.0.1.98, .99 (silent) - cl ---- in0 gw up0 ---- net - 198.51.100.99
#                    pools 203.0.113.16/28, 203.0.113.1 port 1024          (silent)

. "$(dirname "$0")/lib.sh"

SESSIONS=${SESSIONS:-20000}
DST=198.51.100.99
PER=50000		# to one destination port

fill()
{
	local have=0 n port=9000

	while ((have < SESSIONS)); do
		n=$((SESSIONS - have < PER ? SESSIONS - have : PER))
		opened "$n" "$cl" repeat "$n" ports 1000 10.64.0.1 "$DST" udp 10000 "$port" || break
		have=$((have + n))
		port=$((port + 1))
	done
	same "sessions" "$SESSIONS" "$(value "$(ctl -j)" sessions)"
}

# idle WHAT SECONDS MARK PACKET...: 10.0.1.99 is silent from now on, 10.0.1.98 waits
idle()
{
	local since seen contender

	send "$cl" 10.0.1.99 "$DST" "${@:4}"
	since=$(now)
	send_on "$cl" repeat 1000 every 100 10.0.1.98 "$DST" "${@:4}" size 333
	contender=$!
	wait_for 30 seen wire "$3" || fail "$1: never free"
	stop "$contender"
	seen=$(first_seen wire "$3")
	note "$1: $2 s set, $((${seen:-0} - since)) tenths measured"
	within_a_second "$1" "$2" $((${seen:-0} - since))
}

ends_in_time()
{
	idle udp $((4 + 3)) 'udp[4:2] = 341' udp 4000 7000
	idle icmp $((3 + 3)) 'icmp and len > 300' echo 4001 1
	same "the others" "$SESSIONS" "$(sessions gateway many)"
}

# A timer changed under them all holds at once
changed_timer_holds()
{
	ok ctl gateway set many udp-timeout 2s cooldown-udp 2s
	soon session_count_is 0 gateway many state established
	wait_for 120 session_count_is 0 gateway many || fail "left: $(sessions gateway many)"
}

tests=(fill ends_in_time stats_agree changed_timer_holds stats_agree)

watch_for_stalls
standard_topology
silent_hosts
ip -n "$gw" neigh replace 10.0.1.98 lladdr "$(ip -n "$cl" -br link show c0 | awk '{ print $3 }')" dev in0
ip -n "$gw" route add 10.64.0.0/12 via 10.0.1.99
standard_gateway profile custom udp-timeout 4s icmp-timeout 3s cooldown-udp 3s
ok ctl address set 203.0.113.1 reserve 1025-65535
ok ctl gateway add many profile custom udp-timeout 2h
ok ctl address add 203.0.113.16/28 gateway many
ok ctl subnet add many prefix 10.64.0.0/12 gateway many
capture wire "$net" n0 'udp[4:2] = 341 or (icmp and len > 300)'
run "$@"
