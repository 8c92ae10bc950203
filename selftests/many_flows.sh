#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# 100,000 concurrent UDP and 50,000 TCP flows to one destination through one
# gateway of two addresses: each answered on its own flow, none mixed up, the
# count exact. UDP_FLOWS and TCP_FLOWS say how many.
#
#   cl 10.64.0.0/16 ---- in0 gw up0 ---- net 198.51.100.7:9000
#                        pool 203.0.113.10/31: 129,024 ports

. "$(dirname "$0")/lib.sh"

# concurrent PROTO NUMBER: held open while they are counted, then asked again
concurrent()
{
	local proto=$1 n=$2 line to from wanted

	wanted="^flows $n answered $n distinct $n addresses 2 mixed 0 changed 0 "
	coproc CLIENT {
		exec "$HERE/netns_exec" "/run/netns/$cl" "$HERE/flows" client "$proto" 10.64.0.1 \
			198.51.100.7 9000 count "$n" ports 1000 from 10000 window 256 hold \
			2> "$TMP/errors"
	}
	local pid=$CLIENT_PID

	to=${CLIENT[1]} from=${CLIENT[0]}
	exec {client_to}>&"$to" {client_from}<&"$from"
	IFS= read -r -t 500 line <&"$client_from"
	match "$proto" "$wanted" "$line"
	note "$line"
	same "sessions" "$n" "$(sessions)"
	same "$proto sessions" "$n" "$(sessions proto "$proto" state established)"
	same "of the addresses" "$n" "$(($(sessions address 203.0.113.10) + $(sessions address 203.0.113.11)))"
	same "of the gateway" "$n" "$(value "$(ctl -j gateway show gw1)" sessions)"
	same "refused" "0 0" "$(drops destination-full) $(drops memory)"
	echo again >&"$client_to"
	IFS= read -r -t 500 line <&"$client_from"
	match "$proto, once more" "$wanted" "$line"
	same "sessions" "$n" "$(sessions)"
	eval "exec {client_to}>&- {client_from}<&- $to>&- $from<&-"
	wait "$pid" || fail "exit $?: $(cat "$TMP/errors")"
}

udp()
{
	concurrent udp "${UDP_FLOWS:-100000}"
	same "flushed" "${UDP_FLOWS:-100000}" "$(value "$(ctl -j session flush)" count)"
	soon session_count_is 0
}

tcp()
{
	concurrent tcp "${TCP_FLOWS:-50000}"
}

tests=(udp tcp)

standard_topology
ip -n "$cl" route add local 10.64.0.0/16 dev lo
ip -n "$gw" route add 10.64.0.0/16 via 10.0.1.2
ok ctl gateway add gw1
ok ctl address add 203.0.113.10/31 gateway gw1
ok ctl subnet add many prefix 10.64.0.0/16 gateway gw1
# each socket that has received keeps a page
sysctl -qw fs.file-max=1000000 net.ipv4.udp_mem="1000000 1000000 1000000" \
	net.ipv4.tcp_mem="1000000 1000000 1000000"
sysctl_in "$net" net.core.somaxconn=4096 net.ipv4.tcp_max_syn_backlog=4096
echo_server "$net" 198.51.100.7 9000
run "$@"
