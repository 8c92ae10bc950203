#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Objects, the namespace and the module go while traffic runs; nothing leaks.
# ROUNDS says how often (5).
#
#   cl 10.0.1.2, .3 ---- in0 gw up0 ---- net 198.51.100.7 by natgw,
#                                            198.51.100.200 by a user route

. "$(dirname "$0")/lib.sh"

ROUNDS=${ROUNDS:-5}

# router [OPTION]...: gw anew between cl and net, options for its gateway
router()
{
	ns gw
	link "$cl" c0 10.0.1.2/24 "$gw" in0 10.0.1.1/24
	link "$gw" up0 192.0.2.1/24 "$net" n0 192.0.2.2/24
	ip -n "$cl" addr add 10.0.1.3/24 dev c0
	ip -n "$cl" route add default via 10.0.1.1
	ip -n "$gw" route add default via 192.0.2.2
	ip -n "$net" route add 203.0.113.0/24 via 192.0.2.1
	ip -n "$net" route add 10.0.1.0/24 via 192.0.2.1
	forwarding "$gw"
	standard_gateway "$@"
	steering
}

# Half of the net is behind a next hop: what it holds goes, too
steering()
{
	ok ctl route-table add rt1
	ok ctl route add 198.51.100.128/25 route-table rt1 next-hop-type VirtualAppliance \
		next-hop-ip 192.0.2.2
	ok ctl subnet set web route-table rt1
}

traffic_begins()
{
	start_to "$TMP/udp.log" "$cl" "$HERE/flows" client udp 10.0.1.2 198.51.100.7 9000 \
		count 200 window 50 rounds 0 every 10
	traffic=("$!")
	start_to "$TMP/tcp.log" "$cl" "$HERE/flows" client tcp 10.0.1.3 198.51.100.7 9000 \
		count 50 window 50 rounds 0 every 10
	traffic+=("$!")
	start "$cl" ping -q -i 0.01 198.51.100.7
	traffic+=("$!")
	# steered, not translated
	ok ip netns exec "$cl" ping -q -c 1 -W 5 198.51.100.200
	start "$cl" ping -q -i 0.01 198.51.100.200
	traffic+=("$!")
	wait_for 40 session_count_is 251 && return
	fail "$(sessions) sessions, not 251"
	note "$(ctl stats show; cat "$TMP/udp.log" "$TMP/tcp.log")"
}

# Once nobody holds it; sockets may take a moment to go
unload()
{
	wait_for 5 rmmod natgw || rmmod natgw
}

objects_go()
{
	local i

	excuse 10.0.1.2 10.0.1.3	# while web has no gateway, and steered there
	router
	traffic_begins
	for ((i = 0; i < ROUNDS && i < 10; i++)); do
		ok ctl address del 203.0.113.1
		# flows that ran untranslated while none was bound go on as records
		soon session_count_is 0 kind nat || note "$(ctl session show)"
		ok ctl address add 203.0.113.1 gateway gw1
		ok ctl subnet set web route-table none
		ok ctl subnet set web route-table rt1
		ok ctl route del 198.51.100.128/25 route-table rt1
		ok ctl subnet del web
		ok ctl gateway set gw1 idle-timeout 5m
		ok ctl subnet add web prefix 10.0.1.0/24 gateway gw1
		ok ctl session flush
		ok ctl subnet set web gateway none
		ok ctl address set 203.0.113.1 gateway none
		ok ctl gateway del gw1
		ok ctl gateway add gw1
		ok ctl address set 203.0.113.1 gateway gw1
		ok ctl subnet set web gateway gw1
		ok ctl route-table del rt1
		ok ctl reset
		standard_gateway
		steering
		[[ ! $failed ]] || break
	done
	stop "${traffic[@]}"
	ns_del "$gw"
}

# Devices come, get other names, move to another namespace, go: also those that
# packets leave by, and while the first object of that namespace is made
devices_come_and_go()
{
	local i

	excuse 10.0.1.2	# steered there
	router
	ns other
	traffic_begins
	for ((i = 0; i < ROUNDS; i++)); do
		ip -n "$gw" -batch - <<-EOT || fail "ip"
			link add d0 type dummy
			link add d1 type veth peer name d2
			link add link up0 name d3 type vlan id 7
			link add br7 type bridge
			link set d0 up
			link set d1 up
			link set d2 up
			link set d3 up
			link set d2 master br7
			link set d0 down
			link set d0 name d9
			link set d9 netns $other
			link set d1 netns $other
			link del d3
		EOT
		natgwctl -n "$other" gateway add gw1 &
		ip -n "$other" link add d5 type dummy
		wait $! || fail "no gateway in the other namespace"
		ip -n "$other" link set d9 netns "$gw"
		ip -n "$gw" link del d9
		ip -n "$other" link del d1
		ip -n "$gw" link del br7
		# what packets leave by
		ip -n "$gw" link del up0
		link "$gw" up0 192.0.2.1/24 "$net" n0 192.0.2.2/24
		ip -n "$gw" route add default via 192.0.2.2
		ip -n "$net" route add 203.0.113.0/24 via 192.0.2.1
		soon reaches
		ns_del "$other"
		ns other
		[[ ! $failed ]] || break
	done
	note "devices came and went $i times"
	stop "${traffic[@]}"
	ns_del "$other"
	ns_del "$gw"
}

reaches()
{
	ip netns exec "$cl" ping -q -c 1 -W 1 198.51.100.7
}

# The namespace first, then the module, and the other way round
namespace_and_module_go()
{
	local i

	excuse 10.0.1.2 10.0.1.3	# after the module, and steered there
	for ((i = 0; i < ROUNDS; i++)); do
		if ((i % 2)); then
			router track off
			traffic_begins
			ns_del "$gw"
			ok unload
		else
			router
			traffic_begins
			ok unload
			ns_del "$gw"
		fi
		stop "${traffic[@]}"
		jobs_started=("$server")
		ok load_module
		[[ ! $failed ]] || { fail "in round $i"; break; }
	done
	note "the module went $i times under traffic"
}

# Objects in use, of a cache that /proc/slabinfo shows on its own
session_objects()
{
	awk '$1 == "natgw_session" { print $2 }' /proc/slabinfo
}

no_session_objects()
{
	[[ $(session_objects) == 0 ]]
}

# A cache is destroyed with the module, and complained about if it is not empty
no_object_is_left()
{
	if [[ ! $(session_objects) ]]; then
		skip "SLUB has merged the cache, boot with slab_nomerge"
		return
	fi
	# frees wait for a grace period
	wait_for 20 shrunk || fail "$(session_objects) sessions left in the slab"
	ok unload
	same "cache" "" "$(session_objects)"
	same "in /proc/modules" 0 "$(grep -cw ^natgw /proc/modules)"
	ok load_module
}

shrunk()
{
	echo 1 > /sys/kernel/slab/natgw_session/shrink
	no_session_objects
}

no_memory_is_lost()
{
	local leaks=/sys/kernel/debug/kmemleak

	# reported are objects older than five seconds that two scans do not find
	ok unload
	if ! echo scan 2>/dev/null > "$leaks"; then
		note "kmemleak is not there or off"
		ok load_module
		return
	fi
	sleep 5.5
	echo scan > "$leaks"
	# not what the kernel itself lost while it booted
	same "leaks" "" "$(grep -A 1 '^unreferenced' "$leaks" | grep comm |
		grep -vE 'comm "swapper/0", pid [01],')"
	ok load_module
}

tests=(objects_go devices_come_and_go namespace_and_module_go no_object_is_left no_memory_is_lost)

ns cl net
ip -n "$net" addr add 198.51.100.7/32 dev lo
ip -n "$net" addr add 198.51.100.200/32 dev lo
echo_server "$net" 198.51.100.7 9000
server=$!
run "$@"
