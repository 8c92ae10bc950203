# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Sourced by the tests of ports by host: what a block is, and hosts that fill theirs.
#
#   10.64.0.1... (silent) \
#              10.0.1.2  - cl ---- in0 gw up0 ---- net - 198.51.100.98, .99 (answered by hand)
#                         pool 203.0.113.1, .2, .3         .7 (echo server)

DST=198.51.100.99
HOLD=/sys/module/natgw/parameters/host_hold

gateway()
{
	value "$(ctl -j gateway show gw1)" "$1"
}

# host_row ADDR KEY: of ports show by host
host_row()
{
	value "$(ctl -j ports show by host | object_with "\"src\":\"$1\"")" "$2"
}

host_is()
{
	local row

	row=$(ctl -j ports show by host | object_with "\"src\":\"$1\"")
	same "$1: limit, used, free" "$2" "$(value "$row" limit) $(value "$row" used) $(value "$row" free)"
}

# ports_of ADDR [FILTER]...: public ports of its sessions, by number
ports_of()
{
	ctl -j session show src "$@" | grep -o '"port":[0-9]*' | cut -d : -f 2 | sort -n
}

# addresses_of ADDR: public addresses of its sessions
addresses_of()
{
	ctl -j session show src "$1" | grep -o '"address":"[0-9.]*' | cut -d '"' -f 4 |
		sort -u | xargs
}

# between WHAT FIRST LAST ADDR [FILTER]...: all its ports are
between()
{
	local what=$1 first=$2 last=$3 out

	shift 3
	out=$(ports_of "$@")
	[[ $out ]] || fail "$what: no session"
	same "$what: ports outside $first..$last" "" \
		"$(awk -v a="$first" -v b="$last" '$1 < a || $1 > b' <<< "$out" | head -n 3)"
}

# refused_with TEXT CMD...
refused_with()
{
	local out

	out=$("${@:2}" 2>&1) && fail "succeeded, should not: ${*:2}"
	match "${*:2}" "$1" "$out"
}

# fresh [KEY VALUE]...: no session, no host, one address
fresh()
{
	local timers="idle-timeout 1h udp-timeout 1h icmp-timeout 1h half-open-timeout 1h"

	timers+=" closing-timeout 1h cooldown-fin 1h cooldown-rst 1h"
	ok ctl reset
	ok batch <<-EOT
		gateway add gw1 profile custom $timers $*
		address add 203.0.113.1 gateway gw1
		subnet add many prefix 10.64.0.0/16 gateway gw1
		subnet add web prefix 10.0.1.0/24 gateway gw1
	EOT
}

# host N: its address
host()
{
	echo "10.64.$((($1 - 1) / 250)).$((($1 - 1) % 250 + 1))"
}

# from_hosts FIRST LAST PACKET...: of each to the host that answers them all
from_hosts()
{
	local n

	for ((n = $1; n <= $2; n += 250)); do
		send "$cl" repeat $(($2 - n < 249 ? $2 - n + 1 : 250)) ports 1 "$(host "$n")" \
			198.51.100.98 "${@:3}"
	done
}

# hosts FIRST LAST: one TCP connection of each, whose handshake makes it count
hosts()
{
	local have try

	have=$(sessions dst 198.51.100.98)
	for try in 1 2 3; do
		from_hosts "$1" "$2" tcp 5000 53 S seq 1000
		wait_for 5 session_count_is $((have + $2 - $1 + 1)) dst 198.51.100.98 &&
			wait_for 5 session_count_is 0 dst 198.51.100.98 state half-open && break
		note "sent once more ($try)"
	done
	from_hosts "$1" "$2" tcp 5000 53 A seq 1001 ack 5001
	# behind them all
	dropped "$cl" no-session "$(host "$1")" 198.51.100.98 tcp 4999 54 -
	soon known_is "$2"
}

known_is()
{
	[[ $(ctl -j gateway show gw1) =~ \"known-hosts\":"$1"[,}] ]]
}

block_is()
{
	[[ $(gateway block) == "$1" ]]
}

# fill ADDR N DST PACKET...: flows from N ports of one host; what was lost is sent again
fill()
{
	local addr=$1 n=$2 have try

	have=$(sessions src "$addr")
	for try in 1 2 3; do
		send "$cl" repeat "$n" ports 60000 "$addr" "${@:3}"
		wait_for 5 session_count_is $((have + n)) src "$addr" && return
	done
	same "sessions of $addr (try $try)" $((have + n)) "$(sessions src "$addr")"
}

# ended PROTO SRC SRC_PORT
ended()
{
	! session "$1" "$2" "$3" state
}

# ports_topology: as drawn above
ports_topology()
{
	standard_topology
	silent_hosts
	ip -n "$gw" route add 10.64.0.0/16 via 10.0.1.99
	echo_server "$net" 198.51.100.7 9000
	answering "$net" n0 198.51.100.98
	answering "$net" n0 "$DST"
}
