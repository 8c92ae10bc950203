#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# One budget of memory serves all network namespaces: many namespaces together take no
# more than one may; those that user namespaces own get a small part; a namespace that
# goes gives its part back.
#
#   c1 10.0.1.99 ---- r1 ---- up0, a dummy device
#   ...
#   c9 10.0.1.99 ---- r9 ---- up0

. "$(dirname "$0")/lib.sh"

ROUTERS=9
MAX=2048		# KiB

unload()
{
	modprobe -r natgw 2>/dev/null || rmmod natgw
}

# memory: bytes taken, by all
memory()
{
	value "$(natgwctl -j)" memory
}

memory_is()
{
	[[ $(memory) == "$1" ]]
}

# router N: with a gateway, and a client that sends from any address
router()
{
	local r=r$1 c=c$1

	ns "$r" "$c"
	r=${!r}
	c=${!c}
	link "$c" c0 10.0.1.2/24 "$r" in0 10.0.1.1/24
	ip -n "$c" route add default via 10.0.1.1
	ip -n "$r" -batch - <<-EOT
		link add up0 type dummy
		addr add 192.0.2.1/24 dev up0
		link set up0 up
		route add default via 192.0.2.2
		neigh add 192.0.2.2 lladdr 02:00:00:00:00:02 dev up0
	EOT
	forwarding "$r"
	configure "$r"
}

configure()
{
	ok natgwctl -n "$1" gateway add gw1 profile custom udp-timeout 1h
	ok natgwctl -n "$1" address add 203.0.113.1 gateway gw1
	ok natgwctl -n "$1" subnet add web prefix 10.0.1.0/24 gateway gw1
}

# in_all N: sessions of N, and drops for want of memory
in_all()
{
	local r=r$1

	gw=${!r}
	echo $(($(sessions) + $(drops memory)))
}

took_all()
{
	(($(in_all "$1") == $2))
}

# attack N FLOWS: so many from its client, each from a port of its own
attack()
{
	local c=c$1

	send "${!c}" repeat "$2" ports 1000 10.0.1.2 198.51.100.99 udp 5000 9000
	wait_for 30 took_all "$1" "$2" || fail "router $1: $(in_all "$1") of $2 flows"
}

nine_namespaces()
{
	local i n total=0 dropped=0 gw

	ok unload
	ok load_module memory_max=$MAX
	same "memory-max" $((MAX * 1024)) "$(value "$(natgwctl -j)" memory-max)"
	same "memory at first" 0 "$(memory)"
	for ((i = 1; i <= ROUTERS; i++)); do
		router $i
	done
	for ((i = 1; i <= ROUTERS; i++)); do
		attack $i 600
	done
	for ((i = 1; i <= ROUTERS; i++)); do
		n=r$i
		gw=${!n}
		total=$((total + $(sessions)))
		dropped=$((dropped + $(drops memory)))
		ok ctl stats check
	done
	note "$total sessions, $dropped refused, $(memory) bytes"
	(($(memory) <= MAX * 1024)) || fail "$(memory) bytes are taken, $((MAX * 1024)) allowed"
	at_least "sessions" 600 "$total"
	at_least "refused" 600 "$dropped"
	gw=$r9
	match "explained" 'memory' "$(ctl explain src 10.0.1.2 dst 198.51.100.99:7000 proto udp)"
}

# A namespace that goes gives its part back to the others
namespaces_go()
{
	local i n gw=$r9 before

	before=$(sessions)
	ns_del "$r1"
	wait_for 30 has_room || fail "nothing was given back"
	send "$c9" 10.0.1.2 198.51.100.99 udp 5000 8000
	soon session_count_is $((before + 1))
	ok ctl session flush
	for ((i = 2; i <= ROUTERS; i++)); do
		n=r$i
		ns_del "${!n}"
	done
	wait_for 30 memory_is 0 || fail "books: $(memory) bytes left"
}

has_room()
{
	(($(memory) < MAX * 1024 - 100000))
}

# Root of a user namespace may be anybody
user_namespace()
{
	local i

	unshare -Urn true 2>/dev/null || { skip "no user namespaces"; return; }
	ok unload
	ok load_module user_memory_max=400
	unshare -Urn natgwctl -j gateway add gw1 || fail "no gateway"
	same "cap" 4096 "$(unshare -Urn sh -c 'natgwctl gateway add gw1; natgwctl -j' |
		grep -o '"sessions-max":[0-9]*' | cut -d : -f 2)"
	wait_for 30 memory_is 0 || fail "books: $(memory) bytes left"
	# as many as there is room for, all alive at once
	for i in 1 2 3 4; do
		unshare -Urn sh -c "natgwctl gateway add gw1 > '$TMP/user$i' 2>&1
			echo rc \$? >> '$TMP/user$i'; exec sleep 600" &
		jobs_started+=($!)
		wait_for 20 grep -q rc "$TMP/user$i"
	done
	same "two fit" 'rc 0 rc 0' "$(cat "$TMP/user1" "$TMP/user2" | xargs)"
	match "the next one" 'no room for the tables of one more network namespace, see the module.s memory_max and user_memory_max.*rc 2' \
		"$(cat "$TMP/user3" "$TMP/user4")"
	# those of the machine's own root are not concerned
	router 10
	stop "${jobs_started[@]}"
	jobs_started=()
	ns_del "$r10"
	wait_for 30 memory_is 0 || fail "books: $(memory) bytes left"
}

# Buckets that are there from the start are paid for, too
room_from_the_start()
{
	ok unload
	ok load_module sessions_hint=65535
	router 11
	at_least "bytes" $((2 * 65536 * 8)) "$(memory)"
	ns_del "$r11"
	wait_for 30 memory_is 0 || fail "books: $(memory) bytes left"
}

# With everything given back the module says nothing when it goes
reload()
{
	ok unload
	ok load_module
	same "memory" 0 "$(memory)"
}

[[ $(cat /sys/module/natgw/refcnt 2>/dev/null) ]] || skip_all "the module is built in"
tests=(nine_namespaces namespaces_go user_namespace room_from_the_start reload)
run "$@"
