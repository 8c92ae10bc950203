#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# session save and session restore: the module goes and comes back, and connections go on with
# the address and port that they had. A record that no longer fits is counted by reason, and a
# file that is none is refused. RECORDS says how many sessions "many" has (20,000).
#
#   cl 10.0.1.2, .99 (silent) ---- gw ---- net 198.51.100.7 web server, UDP and ICMP echo
#                    pool 203.0.113.1, .2                .99 (silent)

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib_connections.sh"

STATE=$TMP/state

# The router lets nothing through while it has no gateway: what natgwctl upgrade does, too
shut()
{
	in_ns "$gw" nft -f - <<-EOT || fail "nft"
		table ip shut {
			chain everything {
				type filter hook prerouting priority raw; policy drop;
			}
		}
	EOT
}

open()
{
	in_ns "$gw" nft delete table ip shut || fail "nft"
}

# away CONFIGURATION: the module goes, comes back, and has this
away()
{
	ok rmmod natgw
	load_module || fail "the module does not come back"
	ok ctl apply -f "$1"
}

# restored TEXT: so says session restore
restored()
{
	same "session restore" "$1" "$(ctl session restore "$STATE" 2>&1 | sed 's/^ *//')"
}

connections_go_on()
{
	local before after

	flows_begin
	shut
	ctl export > "$TMP/conf"
	before=$(table_now)
	match "save" '^saved [0-9]+ sessions and 0 direct records$' "$(ctl session save "$STATE")"
	same "its rights" 600 "$(stat -c %a "$STATE")"
	away "$TMP/conf"
	same "sessions" 0 "$(ctl session count)"
	restored "$(wc -l <<< "$before") restored"
	after=$(table_now)
	same "sessions" "$before" "$after"
	open

	flows_go_on
	stats_agree
}

# States, ends and cool-downs come back as they were
states()
{
	ok ctl session flush
	opened 1 "$cl" 10.0.1.99 198.51.100.99 tcp 4001 80 S
	opened 1 "$cl" 10.0.1.99 198.51.100.99 udp 4002 53
	send "$cl" 10.0.1.99 198.51.100.99 tcp 4001 80 R
	soon state_is tcp 10.0.1.99 4001 cooling
	ctl export > "$TMP/conf"
	before=$(table_now)
	ok ctl session save "$STATE"
	away "$TMP/conf"
	restored "2 restored"
	same "sessions" "$before" "$(table_now)"
	# they are there: nothing is taken twice
	restored "0 restored
2 there already"
	stats_agree
}

# by_client PORT FLAGS [PACKET]..., by_server ...: segments of a connection made by hand
by_client()
{
	send "$cl" 10.0.1.99 198.51.100.99 tcp "$1" 80 "${@:2}"
}

by_server()
{
	send "$net" 198.51.100.99 203.0.113.1 tcp 80 "${public[$1]}" "${@:2}"
}

# half PORT: the host's SYN; whole PORT: established, the server's next number is 5001, the
# client's 1001, and the client has a window of 8192
half()
{
	by_client "$1" S seq 1000
	public[$1]=$(public_port tcp 10.0.1.99 "$1")
}

whole()
{
	half "$1"
	by_server "$1" SA seq 5000 ack 1001
	soon state_is tcp 10.0.1.99 "$1" established
	by_client "$1" A seq 1001 ack 5001
	soon seen outside "src port ${public[$1]} and tcp[13] = 16"
}

# passed PORT: all from outside before this old segment has been seen by the gateway
passed()
{
	by_server "$1" A seq 5001 ack 1001 size $((++marks))
	soon seen inside "dst port $1 and ip[2:2] = $((marks + 40))"
}

is_quiet()
{
	(($(session tcp 10.0.1.99 "$1" idle) >= 1))
}

# doubts PORT NUMBER: a RST of this number leaves a doubt, that the client removes
doubts()
{
	soon is_quiet "$1"
	by_server "$1" R seq "$2"
	soon state_is tcp 10.0.1.99 "$1" closing
	by_client "$1" A seq 1001 ack 5001
	soon state_is tcp 10.0.1.99 "$1" established
}

# What was known of a connection is known again: numbers, windows, who has closed
connections_are_tracked()
{
	local port

	ok ctl session flush
	ok ctl gateway set gw1 profile custom idle-timeout 1h closing-timeout 10m \
		half-open-timeout 10m
	capture inside "$cl" c0 tcp
	capture outside "$net" n0 tcp
	for port in {4200..4206}; do
		whole "$port"
	done
	half 4207
	# data under way
	by_server 4200 A seq 5001 ack 1001 size 1000
	by_server 4201 A seq 5001 ack 1001 size 1000
	# one side has closed
	by_client 4203 FA seq 1001 ack 5001
	by_server 4204 FA seq 5001 ack 1001
	# both have, with a timestamp
	by_client 4205 FA seq 1001 ack 5001 stamp 1000
	by_server 4205 FA seq 5001 ack 1002
	soon state_is tcp 10.0.1.99 4203 closing
	soon state_is tcp 10.0.1.99 4204 closing
	soon state_is tcp 10.0.1.99 4205 cooling
	# a RST that may have been forged
	passed 4206
	soon is_quiet 4206
	by_server 4206 R seq 6001
	soon state_is tcp 10.0.1.99 4206 closing
	passed 4201
	ctl export > "$TMP/conf"
	ok ctl session save "$STATE"
	away "$TMP/conf"
	restored "8 restored"

	# beside the window it is nobody's
	soon is_quiet 4200
	by_server 4200 R seq 14300
	passed 4200
	same "after a RST beside the window" established "$(session tcp 10.0.1.99 4200 state)"
	# in it, and the client goes on; the window is as wide as it was
	doubts 4200 14000
	by_server 4200 R seq 6001
	soon state_is tcp 10.0.1.99 4200 cooling
	# what the client has acknowledged
	by_server 4201 R seq 5001
	soon state_is tcp 10.0.1.99 4201 cooling
	# both sides close
	by_server 4202 FA seq 5001 ack 90000000
	by_client 4202 FA seq 90000000 ack 5001
	passed 4202
	same "after FINs beside the window" established "$(session tcp 10.0.1.99 4202 state)"
	by_client 4202 FA seq 1001 ack 5001
	soon state_is tcp 10.0.1.99 4202 closing
	by_server 4202 FA seq 5001 ack 1002
	soon state_is tcp 10.0.1.99 4202 cooling
	# the other side closes
	by_server 4203 FA seq 5001 ack 1002
	soon state_is tcp 10.0.1.99 4203 cooling
	by_client 4204 FA seq 1001 ack 5002
	soon state_is tcp 10.0.1.99 4204 cooling
	# the next connection, whose number is lower, and the timestamp is later
	by_client 4205 S seq 500 stamp 1001
	soon state_is tcp 10.0.1.99 4205 half-open
	same "its port" "${public[4205]}" "$(session tcp 10.0.1.99 4205 port)"
	# it was not deceived
	by_client 4206 A seq 1001 ack 5001
	soon state_is tcp 10.0.1.99 4206 established
	# only what acknowledges the SYN answers it
	by_server 4207 SA seq 5000 ack 5001
	by_server 4207 SA seq 5000 ack 1001
	soon state_is tcp 10.0.1.99 4207 established
	capture_end inside
	capture_end outside
	ok ctl gateway set gw1 profile azure
	ok ctl session flush
	stats_agree
}

# Flows that came in past the gateway go on untranslated, and with what was known of them
direct()
{
	local before

	ok ctl session flush
	excuse 10.0.1.99
	capture wire "$gw" up0 tcp
	send "$net" 198.51.100.99 10.0.1.99 tcp 4100 80 S seq 5000
	soon records_are 1 dst 198.51.100.99:4100
	send "$net" 198.51.100.99 10.0.1.99 tcp 4101 80 S seq 5000
	send "$cl" 10.0.1.99 198.51.100.99 tcp 80 4101 SA seq 1000 ack 5001
	send "$net" 198.51.100.99 10.0.1.99 tcp 4101 80 A seq 5001 ack 1001
	send "$cl" 10.0.1.99 198.51.100.99 tcp 80 4101 A seq 1001 ack 5001
	soon records_are 1 dst 198.51.100.99:4101 state established
	# one whose destination is changed by another NAT, which then is no more
	in_ns "$gw" nft -f - <<-EOT || fail "nft"
		table ip forwarded {
			chain pre {
				type nat hook prerouting priority -100;
				ip daddr 192.0.2.1 tcp dport 9000 dnat to 10.0.1.99
			}
		}
	EOT
	send "$net" 198.51.100.99 192.0.2.1 tcp 4102 9000 S seq 5000
	soon records_are 1 dst 198.51.100.99:4102
	in_ns "$gw" nft delete table ip forwarded
	in_ns "$gw" conntrack -F 2> /dev/null
	ctl export > "$TMP/conf"
	same "save" "saved 0 sessions and 3 direct records" "$(ctl session save "$STATE")"
	away "$TMP/conf"
	restored "3 restored"
	same "direct records" 3 "$(ctl session count kind direct)"
	restored "0 restored
3 there already"

	before=$(drops no-session)
	send "$cl" 10.0.1.99 198.51.100.99 tcp 80 4100 SA seq 1000 ack 5001
	soon seen wire 'src host 10.0.1.99 and src port 80 and dst port 4100 and tcp[13] = 18'
	same "dropped" "$before" "$(drops no-session)"
	# who does not know the numbers ends nothing
	send "$net" 198.51.100.99 10.0.1.99 tcp 4101 80 R seq 5002
	send "$net" 198.51.100.99 10.0.1.99 tcp 4101 80 R seq 0
	send "$net" 198.51.100.99 10.0.1.99 tcp 4104 80 S
	soon records_are 1 dst 198.51.100.99:4104
	ok records_are 1 dst 198.51.100.99:4101 state established
	send "$net" 198.51.100.99 10.0.1.99 tcp 4101 80 R seq 5001
	soon records_are 1 dst 198.51.100.99:4101 state closing
	# what would leave with its private address does not
	dropped "$cl" no-session 10.0.1.99 198.51.100.99 tcp 9000 4102 SA seq 1000 ack 5001
	never wire 'src port 9000'
	capture_end wire
	ok ctl session flush
}

# records_are NUMBER [FILTER]...
records_are()
{
	[[ $(ctl session count kind direct "${@:2}") == "$1" ]]
}

# older_than SECONDS FILE
older_than()
{
	(($(date +%s) - $(stat -c %Y "$2") > $1))
}

# What no longer fits
reasons()
{
	local a b

	ok ctl session flush
	ok ctl address add 203.0.113.2 gateway gw1
	opened 30 "$cl" repeat 30 ports 30 10.0.1.99 198.51.100.99 udp 4000 53
	a=$(ctl session count address 203.0.113.1)
	b=$(ctl session count address 203.0.113.2)
	ok ctl session save "$STATE"

	ok ctl address set 203.0.113.2 gateway none
	ok ctl session flush
	restored "$a restored
$b of an address that no gateway has"

	ok ctl session flush
	ok ctl address set 203.0.113.1 reserve 1024-65535
	ok ctl address set 203.0.113.2 gateway gw1
	restored "$b restored
$a of a port that serves another flow or is reserved"
	ok ctl address set 203.0.113.1 reserve none

	ok ctl subnet set web gateway none
	restored "0 restored
30 of a host that no subnet of that gateway has"
	ok ctl subnet set web gateway gw1

	ok ctl gateway set gw1 profile custom udp-timeout 1s cooldown-udp 1s
	soon session_count_is 0
	# both timers run out for the file, too
	soon older_than 2 "$STATE"
	restored "0 restored
30 idle for too long"
	ok ctl gateway set gw1 profile azure
	match "max-age" "saved [0-9]+ seconds ago, max-age allows 1: nothing was restored" \
		"$(ctl session restore "$STATE" --max-age 1s 2>&1)"
	ok ctl session restore "$STATE" max-age 1h
	same "sessions" 30 "$(ctl session count)"
	# a clock without a battery is behind after a boot: it may be by what is allowed
	ok ctl session flush
	saved_ahead 600
	match "clock behind" "the clock is [0-9]+ seconds behind the file.*: nothing was restored" \
		"$(ctl session restore "$TMP/ahead" max-age 1m 2>&1)"
	ok ctl session restore "$TMP/ahead" max-age 1h
	same "sessions" 30 "$(ctl session count)"
	ok ctl address del 203.0.113.2
	stats_agree
}

# saved_ahead SECONDS: $TMP/ahead is $STATE, written by a clock that is so far ahead of this one
saved_ahead()
{
	# the time, in ms, stands behind 16 bytes
	python3 - "$1" "$STATE" "$TMP/ahead" <<-'EOT'
		import struct, sys, time
		state = bytearray(open(sys.argv[2], "rb").read())
		struct.pack_into("=Q", state, 16, int((time.time() + int(sys.argv[1])) * 1000))
		open(sys.argv[3], "wb").write(state)
	EOT
}

# bad WHAT SENTENCE: $TMP/bad is refused so, and nothing changes
bad()
{
	local before

	before=$(ctl session count)
	same "$1" "natgwctl: session restore: $TMP/bad: $2" \
		"$(ctl session restore "$TMP/bad" 2>&1)"
	same "sessions after $1" "$before" "$(ctl session count)"
}

files()
{
	local size i

	ok ctl session flush
	opened 5 "$cl" repeat 5 ports 5 10.0.1.99 198.51.100.99 udp 4000 53
	ok ctl session save "$STATE"
	size=$(stat -c %s "$STATE")
	for i in 0 7 20 24 60 $((size - 1)); do
		head -c "$i" "$STATE" > "$TMP/bad"
		if ((i < 24)); then
			bad "the first $i bytes" "no file of session save"
		else
			bad "the first $i bytes" "cut off: its end is missing"
		fi
	done
	cp "$STATE" "$TMP/bad"
	echo >> "$TMP/bad"
	bad "one byte more" "damaged: its end does not fit the rest"
	cp "$STATE" "$TMP/bad"
	printf '\xff' | dd of="$TMP/bad" bs=1 seek=$((size - 100)) conv=notrunc status=none
	bad "another byte" "damaged: a checksum does not fit"
	cp "$STATE" "$TMP/bad"
	printf '\x63' | dd of="$TMP/bad" bs=1 seek=8 conv=notrunc status=none
	bad "a newer file" "a file of version 99, this natgwctl reads version 1"
	head -c 5000 /dev/urandom > "$TMP/bad"
	bad "noise" "no file of session save"
	rm "$TMP/bad"
	bad "no file" "No such file or directory"

	# the file that is there stays where there is no place for another one
	match "save" "Is a directory" "$(ctl session save "$TMP/www" 2>&1)"
	match "save" "No such file or directory" "$(ctl session save "$TMP/no/state" 2>&1)"
	# nor does the file take the place of a pipe or a device
	mkfifo "$TMP/pipe"
	match "save" "pipe: not a regular file" "$(ctl session save "$TMP/pipe" 2>&1)"
	ok test -p "$TMP/pipe"
	same "left over" "" "$(compgen -G "$TMP/state.*"; compgen -G "$TMP/www.*")"

	# records of a layout that the module does not know
	cp "$STATE" "$TMP/bad"
	printf '\x07' | dd of="$TMP/bad" bs=1 seek=28 conv=notrunc status=none
	same "records of version 7" \
		"natgwctl: session restore: records are of version 7, this module takes version 1" \
		"$(ctl session restore "$TMP/bad" 2>&1)"
	ok ctl reset
	same "no configuration" \
		"natgwctl: session restore: there is no configuration that sessions could be of: apply it first" \
		"$(in_ns "$cl" natgwctl session restore "$STATE" 2>&1)"
}

# Records that nobody saved: each is counted, nothing else happens, and all books agree
hostile()
{
	local seed total

	ok ctl reset
	standard_gateway
	ok ctl address add 203.0.113.2 gateway gw1
	for _ in {1..8}; do
		seed=$RANDOM
		"$HERE/records" 5000 "$seed" > "$STATE" || fail "records"
		total=$(ctl session restore "$STATE" | awk '{ n += $1 } END { print n }')
		same "records of seed $seed" 5000 "$total"
		ok ctl session show > "$TMP/shown"
	done
	at_least "sessions" 100 "$(ctl session count kind nat)"
	at_least "direct records" 10 "$(ctl session count kind direct)"
	ok ctl gateway set gw1 host-limit 100
	ok ctl gateway set gw1 allocation preallocated
	for _ in {1..4}; do
		"$HERE/records" 5000 "$RANDOM" > "$STATE" || fail "records"
		exits 2 ctl session restore "$STATE"
	done
	# hardly one of them ends while they are counted: on a slow machine a count is never done else
	ok ctl gateway set gw1 profile custom idle-timeout 2h udp-timeout 1h icmp-timeout 1h \
		half-open-timeout 1h closing-timeout 1h cooldown-fin 1h cooldown-rst 1h \
		cooldown-half-open 1h cooldown-udp 1h
	stats_agree
	# those of all ages
	ok ctl session flush > /dev/null
	soon session_count_is 0
	same "a new flow" "1" "$(flow udp 10.0.1.2 198.51.100.7 9000 count 1 |
		grep -c 'answered 1 ')"
	stats_agree
}

# scales_are WORDS: in the record of the one session that is saved, from inside and from outside
scales_are()
{
	ok ctl session save "$STATE" > /dev/null
	# behind the headers of the file and of its first records
	[[ $(od -An -tu1 -j $((24 + 48 + 22)) -N 2 "$STATE" | xargs) == "$1" ]]
}

# No window is scaled by more than a connection may offer, whatever a record says
scales()
{
	ok ctl reset
	standard_gateway
	"$HERE/records" 1 scales > "$STATE" || fail "records"
	restored "1 restored"
	soon scales_are "14 14"
	send "$net" 198.51.100.99 203.0.113.1 tcp 80 5001 SA seq 5000 ack 1001 window 64000 scale 7
	soon state_is tcp 10.0.1.99 4001 established
	soon scales_are "14 7"
}

ms()
{
	echo $((${EPOCHREALTIME/./} / 1000))
}

# As many sessions as RECORDS says: all come back, and again
many()
{
	local n=${RECORDS:-20000} began

	ok ctl reset
	standard_gateway
	"$HERE/records" "$n" distinct > "$STATE" || fail "records"
	began=$(ms)
	restored "$n restored"
	note "restored $n in $(($(ms) - began)) ms"
	same "sessions" "$n" "$(ctl session count)"
	began=$(ms)
	same "save" "saved $n sessions and 0 direct records" "$(ctl session save "$STATE")"
	note "saved $n in $(($(ms) - began)) ms"
	ok ctl session flush > /dev/null
	restored "$n restored"
	stats_agree
	ok ctl session flush > /dev/null
}

# A table that is too small for all of them takes as many as it has room for
no_room()
{
	ok ctl reset
	"$HERE/records" 30 distinct > "$STATE" || fail "records"
	ok rmmod natgw
	ok load_module sessions_max=10
	standard_gateway
	restored "10 restored
20 without room for them"
	same "sessions" 10 "$(ctl session count)"
	stats_agree
	ok rmmod natgw
	ok load_module
}

tests=(
	connections_go_on states connections_are_tracked direct reasons files hostile scales many
	no_room
)

declare -A public=()
marks=0

standard_topology
silent_hosts
ip -n "$net" route add 10.0.1.0/24 via 192.0.2.1
servers
standard_gateway
run "$@"
