#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# One address, one destination: each of the 64,512 ports gets a flow, one more
# is refused, and the next succeeds as soon as one has ended and cooled.
# EXACT_PORTS=1000 does it with fewer, the others reserved.
#
#   10.64.0.1... (silent) - cl ---- in0 gw up0 ---- net - 198.51.100.99 (answered
#                           pool 203.0.113.1               by hand for TCP)

. "$(dirname "$0")/lib.sh"

PORTS=${EXACT_PORTS:-64512}
DST=198.51.100.99
ONE=10.64.250.1		# has the flow that ends

# fill N PACKET...: a flow from each of N ports
fill()
{
	opened "$1" "$cl" repeat "$1" ports 1000 10.64.0.1 "$DST" "${@:2}"
}

# gauges PROTO USED COOLING FREE
gauges()
{
	local row

	row=$(ctl -j ports show by destination proto "$1" dst "$DST" top 1)
	same "$1: used, cooling, free, high-water" "$2 $3 $4 $PORTS" \
		"$(value "$row" used) $(value "$row" cooling) $(value "$row" free) $(
			value "$row" high-water)"
}

# contend PACKET...: asks for a port ten times a second
contend()
{
	send_on "$cl" repeat 10000 every 100 10.64.255.1 "$DST" "$@"
	contender=$!
}

# more_than NUMBER REASON
more_than()
{
	(($(drops "$2") > $1))
}

idle_for()
{
	(($(session udp "$ONE" 5000 idle) >= $1))
}

# got_a_port WHAT SINCE SECONDS FILTER: the contender did, that long after
got_a_port()
{
	local seen

	wait_for $(($3 + 10)) seen wire "$4" || fail "$1: no port became free"
	stop "$contender"
	seen=$(first_seen wire "$4")
	within_a_second "$1" "$3" $((${seen:-0} - $2))
}

udp()
{
	local since full timeout

	note "$PORTS of 64,512 ports"
	send "$cl" "$ONE" "$DST" udp 5000 9000
	since=$(now)
	# the others shall be that much younger
	wait_for 20 idle_for 10
	fill $((PORTS - 1)) udp 10000 9000
	same "refused so far" "0 0 0" \
		"$(drops destination-full) $(drops all-cooling) $(drops memory)"
	gauges udp "$PORTS" 0 0
	same "free at the address" 0 "$(ports_row free by address)"
	dropped "$cl" destination-full 10.64.255.1 "$DST" udp 4999 9000
	gauges udp "$PORTS" 0 0

	# others have ports of their own
	send "$cl" 10.64.255.1 "$DST" udp 4000 9001
	send "$cl" 10.64.255.1 198.51.100.98 udp 4000 9000
	send "$cl" 10.64.255.1 "$DST" tcp 4000 9000 S
	send "$cl" 10.64.255.1 "$DST" echo 4000 1
	soon in_table $((PORTS + 4))

	# Full, then one cools, then it is free
	full=$(drops destination-full)
	timeout=$(($(session udp "$ONE" 5000 idle) + 5))
	contend udp 4000 9000 size 333
	soon more_than "$full" destination-full
	same "all-cooling, so far" 0 "$(drops all-cooling)"
	ok ctl gateway set gw1 udp-timeout "${timeout}s" cooldown-udp 4s
	wait_for 10 more_than 0 all-cooling || fail "never all-cooling"
	full=$(drops destination-full)
	gauges udp "$PORTS" 1 0
	got_a_port "idle and cool-down" "$since" $((timeout + 4)) 'udp[4:2] = 341'
	ok ctl gateway set gw1 udp-timeout 1h
	same "destination-full, while one was cooling" "$full" "$(drops destination-full)"
	gauges udp "$PORTS" 0 0
	ok ctl session flush
	soon in_table 0
	same "destinations" "[]" "$(ctl -j ports show by destination)"
}

tcp()
{
	local full cooling since

	full=$(drops destination-full)
	cooling=$(drops all-cooling)
	fill "$PORTS" tcp 10000 80 S seq 1000
	soon session_count_is "$PORTS" proto tcp state established
	same "refused so far" "$full" "$(drops destination-full)"
	gauges tcp "$PORTS" 0 0
	dropped "$cl" destination-full 10.64.255.1 "$DST" tcp 4999 80 S seq 1000
	contend tcp 4000 80 S seq 7777
	soon more_than $((full + 2)) destination-full
	same "all-cooling, so far" "$cooling" "$(drops all-cooling)"

	send "$cl" 10.64.0.1 "$DST" tcp 10000 80 FA seq 1001 ack 5001
	since=$(now)
	wait_for 10 more_than "$cooling" all-cooling || fail "never all-cooling"
	full=$(drops destination-full)
	gauges tcp "$PORTS" 1 0
	same "state" cooling "$(session tcp 10.64.0.1 10000 state)"
	got_a_port "cool-down" "$since" 8 'tcp dst port 80 and tcp[4:4] = 7777'
	same "destination-full, while one was cooling" "$full" "$(drops destination-full)"
	gauges tcp "$PORTS" 0 0
	same "established" "$PORTS" "$(sessions proto tcp state established)"
}

tests=(udp tcp stats_agree)

watch_for_stalls
standard_topology
silent_hosts
ip -n "$gw" route add 10.64.0.0/16 via 10.0.1.99
standard_gateway profile custom udp-timeout 1h idle-timeout 1h half-open-timeout 1h \
	icmp-timeout 1h cooldown-fin 8s
ok ctl subnet add many prefix 10.64.0.0/16 gateway gw1
((PORTS < 64512)) && ok ctl address set 203.0.113.1 reserve "$((1024 + PORTS))-65535"
capture wire "$net" n0 'udp[4:2] = 341 or (tcp and tcp[4:4] = 7777)'
answering "$net" n0 "$DST"
run "$@"
