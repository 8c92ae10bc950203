#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Draining addresses, prefixes, subnets and gateways: a draining object gets no new flows,
# running flows go on until the deadline, and "drain off" ends the drain. What has drained costs
# nothing more.
#
#   cl 10.0.1.99 (web), 10.0.2.99 (db), silent ---- gw ---- net 198.51.100.99
#         gw1: 203.0.113.1, 203.0.113.16/31                   (silent)

. "$(dirname "$0")/lib.sh"

DST=198.51.100.99
TRACEFS=/sys/kernel/tracing
TRACE=$TRACEFS/instances/natgw

# some N SRC PORT: UDP flows
some()
{
	send "$cl" repeat "$1" ports 1000 "$2" "$DST" udp "$3" 9000
}

# pass WHAT SRC PORT: a packet of this running flow goes out, an answer comes in
pass()
{
	local public address size=$((RANDOM % 900 + 100))

	public=$(session udp "$2" "$3" port)
	address=$(session udp "$2" "$3" address)
	send "$cl" "$2" "$DST" udp "$3" 9000 size "$size"
	soon seen wire "src host $address and udp src port $public and udp[4:2] = $((size + 8))"
	send "$net" "$DST" "$address" udp 9000 "$public" size "$size"
	soon seen inside "dst host $2 and udp dst port $3 and udp[4:2] = $((size + 8))"
}

# left OBJECT...: the drain of a show -j
left()
{
	value "$(ctl -j "${@:1:1}" show "${@:2}")" drain
}

# ends_in SECONDS FROM TO OBJECT NAME [FILTER]...: told to drain that long, which is
# another deadline if it drains already, the sessions of the filter are FROM until
# then and TO after it, within a second. Only a look that was over too early, or
# begun too late, tells: looking takes time.
ends_in()
{
	local seconds=$1 from=$2 to=$3 early late begun n

	shift 3
	early=$(($(now) + seconds * 10 - 10))
	ok ctl "$1" set "$2" drain "${seconds}s"
	late=$(($(now) + seconds * 10 + 10))
	while begun=$(now) && n=$(sessions "${@:3}") && ((n != to)); do
		((begun <= late)) || break
		((n == from || $(now) >= early)) || break
		sleep 0.1
	done
	((n == to)) || fail "$n sessions $((begun - late + 10))/10 s after the deadline, not $to"
	(($(now) >= early)) || fail "$n sessions more than a second before the deadline"
}

an_address()
{
	local old

	some 30 10.0.1.99 4000
	soon session_count_is 30
	old=$(sessions address 203.0.113.1)
	at_least "sessions of the address" 1 "$old"
	ok ctl address set 203.0.113.1 drain 1h
	at_least "left" 3590 "$(left address 203.0.113.1)"
	some 60 10.0.1.99 5000
	soon session_count_is 90
	same "of the draining address" "$old" "$(sessions address 203.0.113.1)"
	match "progress" "draining: $old sessions?, oldest [0-9]+[ms][^,]*, ends in (1h|5[0-9]m)" \
		"$(ctl address show 203.0.113.1 | tr -s ' \n' ' ')"
	pass running 10.0.1.99 "$(value "$(ctl -j session show address 203.0.113.1)" src-port)"

	ends_in 3 "$old" 0 address 203.0.113.1 address 203.0.113.1
	same "others" $((90 - old)) "$(sessions)"
	# it stays out of use until told otherwise
	some 30 10.0.1.99 6000
	soon session_count_is $((120 - old))
	same "after the deadline" 0 "$(sessions address 203.0.113.1)"
	ok ctl address set 203.0.113.1 drain off
	same "drain" null "$(left address 203.0.113.1)"
	some 60 10.0.1.99 7000
	soon session_count_is $((180 - old))
	at_least "after drain off" 1 "$(sessions address 203.0.113.1)"
	ok ctl session flush
}

off_in_time_saves_all()
{
	local end

	some 30 10.0.1.99 4000
	soon session_count_is 30
	ok ctl address set 203.0.113.1 drain 5s
	end=$(($(now) + 65))
	ok ctl address set 203.0.113.1 drain off
	while (($(now) < end)); do
		same "sessions" 30 "$(sessions)" || break
		sleep 0.2
	done
	ok ctl session flush
}

a_prefix()
{
	local n

	some 60 10.0.1.99 4000
	soon session_count_is 60
	n=$(($(sessions address 203.0.113.16) + $(sessions address 203.0.113.17)))
	at_least "sessions of the prefix" 1 "$n"
	ok ctl address set 203.0.113.16/31 drain 1h
	some 30 10.0.1.99 5000
	soon session_count_is 90
	same "of the prefix" "$n" \
		"$(($(sessions address 203.0.113.16) + $(sessions address 203.0.113.17)))"
	ends_in 3 90 $((90 - n)) address 203.0.113.16/31
	same "of the prefix" "0 0" \
		"$(sessions address 203.0.113.16) $(sessions address 203.0.113.17)"
	ok ctl address set 203.0.113.16/31 drain off
	ok ctl session flush
}

a_subnet()
{
	some 10 10.0.1.99 4000
	some 10 10.0.2.99 4000
	soon session_count_is 20
	ok ctl subnet set web drain 1h
	dropped "$cl" draining 10.0.1.99 "$DST" udp 5000 9000
	some 5 10.0.2.99 5000
	soon session_count_is 25
	pass running 10.0.1.99 4000
	match "progress" "draining: 10 sessions, oldest [0-9]+[ms][^,]*, ends in (1h|5[0-9]m)" \
		"$(ctl subnet show web | tr -s ' \n' ' ')"
	ends_in 3 10 0 subnet web subnet web
	same "of the other" 15 "$(sessions subnet db)"
	dropped "$cl" draining 10.0.1.99 "$DST" udp 5001 9000
	same "binding" gw1 "$(value "$(ctl -j subnet show web)" gateway)"
	ok ctl subnet set web drain off
	some 1 10.0.1.99 5002
	soon session_count_is 1 subnet web
	ok ctl session flush
}

a_gateway()
{
	some 10 10.0.1.99 4000
	some 10 10.0.2.99 4000
	soon session_count_is 20
	ok ctl gateway set gw1 drain 1h
	dropped "$cl" draining 10.0.1.99 "$DST" udp 5000 9000
	dropped "$cl" draining 10.0.2.99 "$DST" tcp 5000 80 S
	pass running 10.0.1.99 4000
	match "progress" "draining: 20 sessions, oldest [0-9]+[ms][^,]*, ends in (1h|5[0-9]m)" \
		"$(ctl gateway show gw1 | tr -s ' \n' ' ')"
	ends_in 3 20 0 gateway gw1
	dropped "$cl" draining 10.0.1.99 "$DST" udp 5001 9000
	same "addresses, subnets" "3 2" "$(value "$(ctl -j gateway show gw1)" addresses) $(
		value "$(ctl -j gateway show gw1)" subnets)"
	ok ctl gateway set gw1 drain off
	some 1 10.0.1.99 5002
	soon session_count_is 1
	ok ctl session flush
}

# All addresses: no other serves
all_addresses()
{
	ok ctl address set 203.0.113.1 drain 1h
	some 1 10.0.1.99 4000
	soon session_count_is 1
	ok ctl address set 203.0.113.16/31 drain 1h
	dropped "$cl" draining 10.0.1.99 "$DST" udp 5000 9000
	ok ctl address set 203.0.113.1 drain off
	some 5 10.0.1.99 5001
	soon session_count_is 5 address 203.0.113.1
	ok ctl address set 203.0.113.16/31 drain off
	ok ctl session flush
}

# established PORT: a TCP connection by hand
established()
{
	local public address

	send "$cl" 10.0.1.99 "$DST" tcp "$1" 80 S seq 1000
	public=$(public_port tcp 10.0.1.99 "$1")
	address=$(session tcp 10.0.1.99 "$1" address)
	send "$net" "$DST" "$address" tcp 80 "$public" SA seq 5000 ack 1001
	send "$cl" 10.0.1.99 "$DST" tcp "$1" 80 A seq 1001 ack 5001
	soon state_is tcp 10.0.1.99 "$1" established
	outer="src host $address and tcp src port $public"
}

# At the deadline a TCP connection ends for both sides, if asked
resets()
{
	local outer silent

	established 4000
	silent=$outer
	ok ctl gateway set gw1 drain 1s
	wait_for 5 session_count_is 0 || fail "not ended"
	ok ctl gateway set gw1 drain off on-idle reset-both
	established 4001
	ok ctl gateway set gw1 drain 1s
	wait_for 5 session_count_is 0 || fail "not ended"
	soon seen inside "src host $DST and tcp dst port 4001 and tcp[tcpflags] & tcp-rst != 0"
	soon seen wire "$outer and tcp[tcpflags] & tcp-rst != 0"
	match "RST in" 'seq 5001' \
		"$(captured inside 'tcp dst port 4001 and tcp[tcpflags] & tcp-rst != 0')"
	match "RST out" 'seq 1001' "$(captured wire "$outer and tcp[tcpflags] & tcp-rst != 0")"
	never inside 'tcp dst port 4000 and tcp[tcpflags] & tcp-rst != 0'
	never wire "$silent and tcp[tcpflags] & tcp-rst != 0"
	ok ctl gateway set gw1 drain off on-idle reset-late
}

refusals()
{
	refused ctl address set 203.0.113.1 drain 60
	refused ctl address set 203.0.113.1 drain 8d
	exits 2 ctl address set 203.0.113.1 drain 200h
	match "a week" ': drain 200h is outside 0s\.\.168h$' "$(< "$TMP/said")"
	refused ctl gateway set gw1 drain soon
	same "drain" "null null" "$(left address 203.0.113.1) $(left gateway gw1)"
}

# No time at all is at once, of whatever drains
at_once()
{
	local what

	for what in "gateway gw1" "address 203.0.113.1" "subnet web"; do
		ok ctl session flush
		soon session_count_is 0
		some 20 10.0.1.99 7000
		soon session_count_is 20
		# shellcheck disable=SC2086
		ok ctl ${what/ / set } drain 0s
		soon session_count_is 0 $what
		# shellcheck disable=SC2086
		same "left of $what" 0 "$(left $what)"
		# shellcheck disable=SC2086
		ok ctl ${what/ / set } drain off
	done
}

# looks: how often the module's maintenance has run so far
looks()
{
	grep -c 'function maintenance_work' "$TRACE/trace"
}

rests()
{
	local before

	before=$(looks)
	sleep 2.5	# it looked each second
	[[ $(looks) == "$before" ]]
}

# What has drained is not looked at for ever; but sessions that are restored do not stay
an_ended_drain_rests()
{
	local old

	[[ -e $TRACEFS/instances ]] || mount -t tracefs tracefs "$TRACEFS" 2> /dev/null
	mkdir "$TRACE" 2> /dev/null || { skip "this kernel has no tracepoints"; return; }
	some 30 10.0.1.99 4000
	soon session_count_is 30
	old=$(sessions address 203.0.113.1)
	at_least "sessions of the address" 1 "$old"
	ok ctl session save "$TMP/saved"
	ok eval 'echo 1 > "$TRACE/events/workqueue/workqueue_execute_start/enable"'
	ok ctl address set 203.0.113.1 drain 1s
	wait_for 10 session_count_is 0 address 203.0.113.1 || fail "not ended"
	at_least "looks" 1 "$(looks)"
	wait_for 20 rests || fail "it looks on: $(looks) times"
	ok ctl session restore "$TMP/saved"
	wait_for 10 session_count_is 0 address 203.0.113.1 || fail "restored sessions stay"
	same "others" $((30 - old)) "$(sessions)"
	rmdir "$TRACE"
	ok ctl address set 203.0.113.1 drain off
	ok ctl session flush
}

tests=(
	at_once an_ended_drain_rests an_address off_in_time_saves_all a_prefix a_subnet a_gateway
	all_addresses resets refusals stats_agree
)

standard_topology
silent_hosts
ip -n "$gw" addr add 10.0.2.1/24 dev in0
ip -n "$gw" neigh replace 10.0.2.99 dev in0 lladdr \
	"$(ip -n "$cl" -br link show c0 | awk '{ print $3 }')"
standard_gateway
ok ctl address add 203.0.113.16/31 gateway gw1
ok ctl subnet add db prefix 10.0.2.0/24 gateway gw1
capture wire "$net" n0 ip
capture inside "$cl" c0 ip
run "$@"
