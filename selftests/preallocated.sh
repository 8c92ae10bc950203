#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Ports by host: blocks by the default table and by ports-per-host, and what a host whose
# block is used up gets. Topology: lib_preallocated.sh.

. "$(dirname "$0")/lib.sh"
# shellcheck source=selftests/lib_preallocated.sh
. "$HERE/lib_preallocated.sh"

# A host starves at its block while the others sit idle, and sees it
block_is_all()
{
	local before

	fresh allocation preallocated
	same "block of nobody" "1024 0" "$(gateway block) $(gateway known-hosts)"
	hosts 1 2
	before=$(drops quota)
	fill 10.64.0.1 1024 "$DST" udp 10000 9000
	same "refused so far" "$before" "$(drops quota)"
	dropped "$cl" quota 10.64.0.1 "$DST" udp 9999 9000
	host_is 10.64.0.1 "1024 1025 0"
	host_is 10.64.0.2 "1024 1 1023"
	between "first host" 1024 2047 10.64.0.1
	between "second host" 2048 3071 10.64.0.2
	same "ports" 1024 "$(ports_of 10.64.0.1 dst "$DST" | uniq | wc -l)"
	match "gateway show" 'a host has 1024 ports, 2 hosts hold them' "$(ctl gateway show gw1)"
	# by the key of the block, not by a limit that is not set
	match "why" 'quota: a new flow of a host that has used up its block of 1024 ports to this destination' \
		"$(ctl explain src 10.64.0.1 dst "$DST:9000" proto udp)"
	match "cure" 'natgwctl gateway set gw1 ports-per-host N; for more hosts attach addresses' \
		"$(ctl explain src 10.64.0.1 dst "$DST:9000" proto udp)"
	match "status" 'natgwctl ports show by host, natgwctl gateway set gw1 ports-per-host N$' "$(ctl)"
	# other hosts, other protocols and other destinations have the same ports
	fill 10.64.0.2 1 "$DST" udp 10000 9000
	fill 10.64.0.1 1 198.51.100.98 udp 10000 9000
	fill 10.64.0.1 1 "$DST" tcp 10000 80 S
	fill 10.64.0.1 1 "$DST" echo 10000 1
	same "free at the address" $((64000 - 1025)) "$(ports_row free by address)"
	same "refused" $((before + 1)) "$(drops quota)"
	ok ctl session flush src 10.64.0.1 dst "$DST" proto udp
	fill 10.64.0.1 1 "$DST" udp 9999 9000
	stats_agree
}

# TCP: a port for each destination. UDP: for each address, whatever its port
sharing()
{
	local before

	fresh allocation preallocated ports-per-host 8
	fill 10.64.0.1 8 "$DST" tcp 10000 80 S
	fill 10.64.0.1 8 "$DST" tcp 10000 81 S
	dropped "$cl" quota 10.64.0.1 "$DST" tcp 9999 80 S
	same "TCP ports" "$(seq 1024 1031 | xargs) $(seq 1024 1031 | xargs)" \
		"$(ports_of 10.64.0.1 proto tcp dst "$DST:80" | xargs) $(
			ports_of 10.64.0.1 proto tcp dst "$DST:81" | xargs)"
	fill 10.64.0.1 5 "$DST" udp 10000 9000
	fill 10.64.0.1 3 "$DST" udp 10000 9001
	same "UDP ports" "$(seq 1024 1031 | xargs)" "$(ports_of 10.64.0.1 proto udp | xargs)"
	dropped "$cl" quota 10.64.0.1 "$DST" udp 9999 9002
	dropped "$cl" quota 10.64.0.1 "$DST" udp 9999 9000
	fill 10.64.0.1 8 198.51.100.98 udp 10000 9000
	fill 10.64.0.1 8 "$DST" echo 10000 1
	dropped "$cl" quota 10.64.0.1 "$DST" echo 9999 1
	before=$(ctl -j ports show by destination proto udp dst "$DST")
	same "one destination" "1 0 8" "$(rows used <<< "$before") $(
		value "$before" dst-port) $(value "$before" used)"
	# another host is not concerned
	fill 10.64.0.2 8 "$DST" udp 10000 9000
	between "second host" 1032 1039 10.64.0.2
	ok ctl session flush src 10.64.0.1 dst "$DST:9001"
	fill 10.64.0.1 3 "$DST" udp 20000 9002
	same "UDP ports" "$(seq 1024 1031 | xargs)" \
		"$(ports_of 10.64.0.1 proto udp dst "$DST" | xargs)"
	stats_agree
}

# Answers find the way back, of UDP by address too
real_flows()
{
	fresh allocation preallocated ports-per-host 64
	match "udp" 'flows 64 answered 64 distinct 64 addresses 1 mixed 0' \
		"$(flow udp 10.0.1.2 198.51.100.7 9000 count 64 rounds 3)"
	refused flow udp 10.0.1.2 198.51.100.7 9000 count 1 from 9999
	match "tcp" 'flows 64 answered 64 distinct 64 addresses 1 mixed 0' \
		"$(flow tcp 10.0.1.2 198.51.100.7 9000 count 64 rounds 3)"
	ok in_ns "$cl" ping -q -c 1 -W 5 198.51.100.7
	host_is 10.0.1.2 "64 129 0"
}

# a connection from the host's port $1; its public port in $public
connect()
{
	send "$cl" 10.64.0.1 "$DST" tcp "$1" 80 S seq 1000
	soon state_is tcp 10.64.0.1 "$1" established
	send "$cl" 10.64.0.1 "$DST" tcp "$1" 80 A seq 1001 ack 5001
	public=$(session tcp 10.64.0.1 "$1" port)
}

# Connections until one is in each half of the block; $low and $high are the
# hosts' ports, $low_public and $high_public those outside
connect_both_halves()
{
	local port public

	low=
	high=
	for ((port = 6000; port < 6100; port++)); do
		[[ $low && $high ]] && return
		connect "$port"
		if ((public < 1024 + 512)); then
			low=$port low_public=$public
		else
			high=$port high_public=$public
		fi
	done
	fail "no port in each half of the block"
}

strict_halves()
{
	local low high low_public high_public

	fresh allocation preallocated on-idle reset-both
	connect_both_halves
	fill 10.64.0.1 600 "$DST" udp 10000 9000
	hosts 2 50
	same "block" 1024 "$(gateway block)"
	same "sessions" 600 "$(sessions src 10.64.0.1 proto udp)"
	capture inside "$cl" c0 tcp
	capture wire "$net" n0 tcp
	hosts 51 51
	same "block" 512 "$(gateway block)"
	soon ended tcp 10.64.0.1 "$high"
	same "the other half" established "$(session tcp 10.64.0.1 "$low" state)"
	between "what is left" 1024 1535 10.64.0.1
	# its first flow made nobody's block smaller; the next ones are in its own
	between "first flow of a new host" $((1024 + 51200)) 65023 "$(host 51)"
	fill "$(host 51)" 1 "$DST" udp 10000 9000
	between "new host" 1536 2047 "$(host 51)" dst "$DST"
	fill "$(host 50)" 20 "$DST" udp 10000 9000
	between "host 50" $((1024 + 49 * 1024)) $((1024 + 49 * 1024 + 511)) "$(host 50)"
	soon seen inside "dst host 10.64.0.1 and tcp dst port $high and tcp[tcpflags] & tcp-rst != 0"
	soon seen wire "src port $high_public and tcp[tcpflags] & tcp-rst != 0"
	match "RST in" 'seq 5001' "$(captured inside "tcp dst port $high and
		tcp[tcpflags] & tcp-rst != 0")"
	match "RST out" 'seq 1001' "$(captured wire "tcp src port $high_public and
		tcp[tcpflags] & tcp-rst != 0")"
	never inside "tcp dst port $low and tcp[tcpflags] & tcp-rst != 0"
	never wire "tcp src port $low_public and tcp[tcpflags] & tcp-rst != 0"
	capture_end inside
	capture_end wire
	# what it lost it can not have again
	send "$cl" repeat 600 ports 60000 10.64.0.1 "$DST" udp 20000 9000
	soon session_count_is 512 src 10.64.0.1 proto udp
	dropped "$cl" quota 10.64.0.1 "$DST" udp 9999 9000
	host_is 10.64.0.1 "512 $(sessions src 10.64.0.1) 0"
	hosts 52 100
	same "block" 512 "$(gateway block)"
	hosts 101 101
	same "block" 256 "$(gateway block)"
	soon session_count_is 256 src 10.64.0.1 proto udp
	between "after the second time" 1024 1279 10.64.0.1
	stats_agree
}

keep_cuts_nothing()
{
	local low high low_public high_public n

	fresh allocation preallocated on-idle reset-both tier keep
	connect_both_halves
	fill 10.64.0.1 600 "$DST" udp 10000 9000
	n=$(sessions)
	capture inside "$cl" c0 tcp
	hosts 2 51
	same "block" 512 "$(gateway block)"
	same "sessions" $((n + 50)) "$(sessions)"
	# the upkeep has had its look, too
	ok ctl gateway set gw1 hosts 0
	same "established" "established established" \
		"$(session tcp 10.64.0.1 "$low" state) $(session tcp 10.64.0.1 "$high" state)"
	never inside 'tcp[tcpflags] & tcp-rst != 0'
	capture_end inside
	fill 10.64.0.1 200 198.51.100.98 udp 10000 9000
	between "new flows" 1024 1535 10.64.0.1 dst 198.51.100.98
	stats_agree
}

# 1,000 hosts by the table, and no more
table_ends()
{
	fresh allocation preallocated tier keep
	hosts 1 800
	same "block" 64 "$(gateway block)"
	hosts 801 1000
	same "block" 32 "$(gateway block)"
	dropped "$cl" quota "$(host 1001)" 198.51.100.98 udp 5000 53
	same "hosts" 1000 "$(gateway known-hosts)"
	same "sessions" 1000 "$(sessions)"
	# its first flow is beside its block
	host_is "$(host 1000)" "32 1 32"
	stats_agree
}

# With hosts the tier is there before they are
reserved_tier()
{
	local n

	fresh allocation preallocated hosts 51
	same "block" 512 "$(gateway block)"
	hosts 1 1
	fill 10.64.0.1 512 "$DST" udp 10000 9000
	dropped "$cl" quota 10.64.0.1 "$DST" udp 9999 9000
	n=$(sessions)
	hosts 2 51
	same "sessions" $((n + 50)) "$(sessions)"
	same "block" 512 "$(gateway block)"
	refused_with 'default table ends at 1000' ctl gateway set gw1 hosts 1001
	ok ctl gateway set gw1 hosts 101
	same "block" 256 "$(gateway block)"
	soon session_count_is 256 src 10.64.0.1 proto udp
	ok ctl gateway set gw1 hosts 0
	same "block" 512 "$(gateway block)"
	same "sessions" 256 "$(sessions src 10.64.0.1 proto udp)"
}

ports_per_host_checks()
{
	local name=InvalidLoadBalancerProfileAllocatedOutboundPorts

	fresh
	refused_with 'ports-per-host needs allocation' ctl gateway set gw1 ports-per-host 8
	refused_with 'hosts needs allocation' ctl gateway set gw1 hosts 2
	refused_with 'tier needs allocation' ctl gateway set gw1 tier keep
	refused_with "$name: ports-per-host 1001 is not a multiple of 8" \
		ctl gateway set gw1 allocation preallocated ports-per-host 1001
	refused_with 'allocation floor needs ports-per-host' ctl gateway set gw1 allocation floor
	# seven hosts with 10,000 each, one address
	refused_with "$name: ports-per-host 10000 x 7 hosts = 70000, gateway gw1 has 64000 x 1 address = 64000" \
		ctl gateway set gw1 allocation preallocated ports-per-host 10000 hosts 7
	same "allocation" dynamic "$(gateway allocation)"
	ok ctl gateway set gw1 allocation preallocated ports-per-host 10000 hosts 6
	refused_with "$name" ctl gateway set gw1 hosts 7
	ok ctl address add 203.0.113.2 gateway gw1
	ok ctl gateway set gw1 hosts 12
	refused_with "$name" ctl address del 203.0.113.2
	refused_with "$name" ctl gateway set gw1 ports-per-host 128008 hosts 0
	# one host may hold all
	ok ctl gateway set gw1 ports-per-host 64000 hosts 2
	hosts 1 2
	refused_with "$name: ports-per-host 64008 x 2 hosts" \
		ctl gateway set gw1 ports-per-host 64008 hosts 0
	ok ctl gateway set gw1 allocation dynamic
	same "after it" "dynamic null null null" "$(gateway allocation) $(gateway ports-per-host) $(
		gateway hosts) $(gateway known-hosts)"
}

# An idle connection ends with a RST to both, in all modes
idle_resets_both()
{
	local public

	fresh allocation preallocated on-idle reset-both
	capture inside "$cl" c0 tcp
	capture wire "$net" n0 tcp
	connect 6000
	send "$cl" 10.64.0.1 198.51.100.97 tcp 6001 80 S seq 1000
	ok ctl gateway set gw1 idle-timeout 2s half-open-timeout 2s
	soon session_count_is 0 proto tcp state established
	soon seen inside 'dst host 10.64.0.1 and tcp dst port 6000 and tcp[tcpflags] & tcp-rst != 0'
	soon seen wire "src port $public and tcp[tcpflags] & tcp-rst != 0"
	match "RST in" 'seq 5001' "$(captured inside 'tcp dst port 6000 and
		tcp[tcpflags] & tcp-rst != 0')"
	match "RST out" 'seq 1001' "$(captured wire "tcp src port $public and
		tcp[tcpflags] & tcp-rst != 0")"
	soon session_count_is 0 state half-open
	never inside 'tcp dst port 6001 and tcp[tcpflags] & tcp-rst != 0'
	capture_end inside
	capture_end wire
}

# at_once PACKET... -- PACKET...: from two senders
at_once()
{
	local packet=() first

	while [[ $1 != -- ]]; do
		packet+=("$1")
		shift
	done
	send_on "$cl" "${packet[@]}"
	first=$!
	send_on "$cl" "${@:2}"
	wait "$first" $! || fail "not sent"
}

# Two senders want the same block, and hosts come from both sides while it is
# halved: no port twice, none outside the block of its host
two_at_once()
{
	local try

	fresh allocation preallocated
	hosts 1 1
	for try in 1 2 3; do
		at_once repeat 2000 ports 60000 10.64.0.1 "$DST" udp 10000 9000 -- \
			repeat 2000 ports 60000 10.64.0.1 "$DST" udp 30000 9001
		wait_for 5 session_count_is 1024 src 10.64.0.1 proto udp && break
		note "sent once more ($try)"
	done
	same "sessions" 1024 "$(sessions src 10.64.0.1 proto udp)"
	same "different ports" 1024 "$(ports_of 10.64.0.1 proto udp | uniq | wc -l)"
	for try in 1 2 3; do
		at_once repeat 200 ports 1 10.64.0.2 "$DST" tcp 10000 80 S seq 1000 -- \
			repeat 200 ports 1 10.64.1.2 "$DST" tcp 10000 80 S seq 1000
		soon session_count_is 0 proto tcp state half-open
		at_once repeat 200 ports 1 10.64.0.2 "$DST" tcp 10000 80 A seq 1001 ack 5001 and \
			repeat 4000 ports 20 10.64.0.2 "$DST" udp 10000 9000 -- \
			repeat 200 ports 1 10.64.1.2 "$DST" tcp 10000 80 A seq 1001 ack 5001 and \
			repeat 4000 ports 20 10.64.1.2 "$DST" udp 10000 9001
		wait_for 5 known_is 401 && break
		note "sent once more ($try)"
	done
	soon block_is 64
	same "hosts, block" "401 64" "$(gateway known-hosts) $(gateway block)"
	soon session_count_is 64 src 10.64.0.1 proto udp
	same "hosts with ports further apart than a block" "" "$(ctl -j session show |
		sed 's/},/}\n/g' | grep '"proto":"udp"' |
		sed -n 's/.*"src":"\([^"]*\)".*"port":\([0-9]*\).*/\1 \2/p' |
		awk '!($1 in low) || $2 < low[$1] { low[$1] = $2 }
			$2 > high[$1] { high[$1] = $2 }
			END { for (h in low) if (high[h] - low[h] > 63) print h }' | head -n 3)"
	stats_agree
	ok ctl session flush
	soon in_table 0
	stats_agree
}

# explain knows the host's block, and whether one more flow would go
explained()
{
	fresh allocation preallocated ports-per-host 64000
	match "unknown host" '"free":64000,' "$(ctl -j explain src 10.64.0.1 dst "$DST:80")"
	hosts 1 1
	match "second host" '"reason":"quota"' "$(ctl -j explain src 10.64.0.2 dst "$DST:80")"
	ok ctl gateway set gw1 ports-per-host 16
	fill 10.64.0.1 10 "$DST" udp 10000 9000
	match "some left" '"free":6,' "$(ctl -j explain src 10.64.0.1 dst "$DST:9001" proto udp)"
	fill 10.64.0.1 6 "$DST" udp 20000 9000
	match "none left" '"reason":"quota"' \
		"$(ctl -j explain src 10.64.0.1 dst "$DST:9001" proto udp)"
	match "tcp" '"free":16,' "$(ctl -j explain src 10.64.0.1 dst "$DST:9001")"
}

tests=(
	block_is_all sharing real_flows strict_halves keep_cuts_nothing table_ends reserved_tier
	ports_per_host_checks idle_resets_both two_at_once explained
)

ports_topology
run "$@"
