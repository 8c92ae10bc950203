#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Exhaustion is seen coming: who fills a destination is told before the first flow is refused,
# and once it is well again; how full it is and for how long it lasts; what the status advises.
#
#   cl 10.0.1.98, .99 (silent) ---- gw ---- net 198.51.100.98, .99 (silent)
#              pool 203.0.113.1, 400 ports of it not reserved

. "$(dirname "$0")/lib.sh"

DST=198.51.100.99

# flows N SRC FIRST: so many from ports FIRST on
flows()
{
	send "$cl" repeat "$1" ports 1000 "$2" "$DST" udp "$3" 9000
}

listen()
{
	start_to "$TMP/events" "$gw" natgwctl -j monitor exhaustion
	soon listening_to_events
}

# In /proc/net/netlink generic netlink is family 16
listening_to_events()
{
	in_ns "$gw" awk '$2 == 16 && $4 != "00000000" { n++ } END { exit !n }' /proc/net/netlink
}

# events_are EVENT...: all of them, "near", "well" or "refused"
events_are()
{
	[[ $(events) == "$*" ]]
}

events()
{
	jq -r 'if .event == "exhaustion" then "refused" elif .near == "on" then "near" else "well" end' \
		"$TMP/events" | xargs
}

# event KEYS: of the last event, as jq reads them
event()
{
	tail -n 1 "$TMP/events" | jq -c "$1"
}

# row KEYS: of the destination
row()
{
	ctl -j ports show by destination watched on dst "$DST" | jq -c ".[0] | $1"
}

# looked_at N: the watch has seen so many ports and a few more, since it saw them grow. Leaves
# their number in $used
looked_at()
{
	used=$1
	flows "$1" 10.0.1.99 5000
	soon session_count_is "$1"
	soon seen_growing
}

seen_growing()
{
	flows 1 10.0.1.99 $((5000 + used++))
	[[ $(row .headroom) != null ]]
}

told_before_it_is_full()
{
	listen
	looked_at 300
	flows $((319 - used)) 10.0.1.99 5500
	soon session_count_is 319
	same "at 79 %" "79 off 319" "$(row '"\(.filled) \(.near) \(.used)"' | tr -d '"')"
	same "events" "" "$(events)"
	flows 1 10.0.1.98 4000
	soon events_are near
	same "event" '["gw1","udp","198.51.100.99",9000,320,400,"10.0.1.99",319]' \
		"$(event '[.gateway, .proto, .dst, ."dst-port", .used, .ports, .src, ."src-used"]')"
	same "at 80 %" "80 on" "$(row '"\(.filled) \(.near)"' | tr -d '"')"
	# the rest, and one too many
	flows 80 10.0.1.98 4100
	soon session_count_is 400
	flows 1 10.0.1.98 4999
	soon events_are near refused
	match "status" "warning: gateway gw1 is near exhaustion towards udp $DST:9000: 100% of the ports for it are in use \(400 in all, 400 at most, host 10.0.1.99 had 319\).*; add 1 address" \
		"$(ctl)"
	# less, but not by so much that it is well again
	ok ctl session flush src 10.0.1.98
	soon session_count_is 319
	same "at 79 % again" "79 on" "$(row '"\(.filled) \(.near)"' | tr -d '"')"
	# all of them at once: the destination itself goes
	ok ctl session flush
	soon events_are near refused well
	same "well with" 0 "$(event .used)"
	same "watched" "[]" "$(ctl -j ports show by destination watched on | jq -c .)"
	[[ $(ctl) != *"near exhaustion"* ]] || fail "the status warns of what is over"
	stop "${jobs_started[-1]}"
}

threshold()
{
	listen
	ok ctl gateway set gw1 warn-used off
	looked_at 370
	same "off: events" "" "$(events)"
	same "off" off "$(row .near | tr -d '"')"
	flows $((396 - used)) 10.0.1.98 5000
	soon session_count_is 396
	ok ctl gateway set gw1 warn-used 95%
	soon events_are near
	ok ctl gateway set gw1 warn-used off
	soon events_are near well
	refused ctl gateway set gw1 warn-used 101%
	match "101%" "warn-used 101%: not a percentage, write it like 80%" "$(< "$TMP/said")"
	refused ctl gateway set gw1 warn-used 5s
	same "in force" null "$(ctl -j gateway show gw1 | jq -c '.[0]."warn-used"')"
	ok ctl gateway set gw1 warn-used 80%
	same "in force" 80 "$(ctl -j gateway show gw1 | jq -c '.[0]."warn-used"')"
	soon events_are near well near
	ok ctl session flush
	soon events_are near well near well
	stop "${jobs_started[-1]}"
}

# headroom_is FROM TO: seconds
headroom_is()
{
	local left

	left=$(row .headroom)
	[[ $left != null ]] && (($1 <= left && left <= $2))
}

# The time that is left, while ports grow by 40 a second, and once they do not
time_left()
{
	local full

	ok ctl address set 203.0.113.1 reserve none
	flows 300 10.0.1.98 5000
	soon session_count_is 300
	send_on "$cl" repeat 1000 every 25 ports 1000 10.0.1.99 "$DST" udp 5000 9000
	# 64,212 ports are left: 27 minutes, if the sender is on time
	wait_for 20 headroom_is 600 3600 || fail "headroom: $(row .)"
	full=$(row .filled)
	stop $!
	same "per cent" 0 "$full"
	wait_for 60 headroom_grows || fail "headroom when nothing grows: $(row .)"
	ok ctl session flush
	ok ctl address set 203.0.113.1 reserve 1024-65135
}

headroom_grows()
{
	local left

	left=$(row .headroom)
	[[ $left == null ]] || ((left > 3600))
}

# A host has one address: what the other has left is no use to it
paired()
{
	ok batch <<-EOT
		address add 203.0.113.2 gateway gw1 reserve 1024-65135
		gateway set gw1 pooling paired
	EOT
	listen
	flows 330 10.0.1.99 5000
	soon events_are near
	at_least "ports in use" 320 "$(event .used)"
	same "event" '[400,1]' "$(event '[.ports, .places]')"
	same "address" "$(ctl -j session show src 10.0.1.99 | jq -c '.[0].address')" \
		"$(event .address)"
	match "status" "of the ports of an address are in use.*pooling paired-soft" "$(ctl)"
	ok ctl session flush
	soon events_are near well
	stop "${jobs_started[-1]}"
	ok batch <<-EOT
		gateway set gw1 pooling random
		address del 203.0.113.2
	EOT
}

cure()
{
	ctl -j doctor | jq -r '.[] | select(.id == "headroom").cure'
}

# pasted OLD=NEW...: doctor's cure is typed, with words of it replaced
pasted()
{
	local typed word

	typed=$(cure)
	for word; do
		typed=${typed//${word%=*}/${word#*=}}
	done
	note "$typed"
	ok in_ns "$gw" sh -c "$typed"
}

# What doctor says is typed makes room, and takes no address away
cures()
{
	ok ctl reset
	ok batch <<-EOT
		gateway add gw1 pooling paired
		address add 203.0.113.1 gateway gw1 reserve 1024-65135
		address add 203.0.113.2 gateway gw1 reserve 1024-65135
		subnet add web prefix 10.0.1.0/24 gateway gw1
	EOT
	flows 330 10.0.1.99 5000
	soon cured_by "natgwctl gateway set gw1 pooling paired-soft"
	pasted
	same "pooling" paired-soft "$(ctl -j gateway show gw1 | jq -r '.[0].pooling')"
	ok ctl reset
	ok batch <<-EOT
		managed-pool add 203.0.113.32/28
		address add 203.0.113.1 reserve 1024-65135
		cluster add c prefix 10.0.1.0/24 dev in0 outbound-type managedNATGateway outbound-ips 203.0.113.1
	EOT
	flows 330 10.0.1.99 5000
	soon cured_by "natgwctl address add IP && natgwctl cluster set c outbound-ips 203.0.113.1,IP"
	pasted IP=203.0.113.2
	same "attached" "203.0.113.1 203.0.113.2" \
		"$(ctl -j address show | jq -r '.[] | select(.gateway == "c-nat").address' | xargs)"
	same "retired" "" "$(ctl -j address show | jq -r '.[] | select(.retired == "on").address')"
}

cured_by()
{
	[[ $(cure) == "$1" ]]
}

# What is full is the block of one host, long before the address is
blocks()
{
	local timers="udp-timeout 1h half-open-timeout 1h"

	ok ctl reset
	ok batch <<-EOT
		gateway add gw1 profile custom $timers allocation preallocated ports-per-host 512
		address add 203.0.113.1 gateway gw1
		subnet add web prefix 10.0.1.0/24 gateway gw1
	EOT
	listen
	looked_at 380
	flows $((409 - used)) 10.0.1.99 5500
	soon session_count_is 409
	same "at 79 %: events" "" "$(events)"
	flows 11 10.0.1.99 6000
	soon events_are near
	at_least "ports in use" 410 "$(event .used)"
	same "event" '["198.51.100.99",512,1,"10.0.1.99"]' \
		"$(event '[.dst, .ports, .places, .src]')"
	match "status" "82% of the ports of a host are in use.*natgwctl gateway set gw1 ports-per-host 1024" \
		"$(ctl)"
	# so is a second one's
	flows 430 10.0.1.98 5000
	soon events_are near near
	same "event" '[512,2]' "$(event '[.ports, .places]')"
	# the ports of both lie in the first host's block then, which is large enough
	ok ctl gateway set gw1 ports-per-host 4096
	soon events_are near near well
	ok ctl session flush
	stop "${jobs_started[-1]}"
}

standard_topology
silent_hosts
ip -n "$gw" neigh replace 10.0.1.98 \
	lladdr "$(ip -n "$cl" -br link show c0 | awk '{ print $3 }')" dev in0
standard_gateway profile custom udp-timeout 1h cooldown-udp 1s
ok ctl address set 203.0.113.1 reserve 1024-65135

tests=(told_before_it_is_full threshold paired)
[[ ! ${LONG-} ]] || tests+=(time_left)
tests+=(blocks cures)
run "$@"
