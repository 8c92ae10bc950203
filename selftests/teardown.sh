#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Objects, the namespace and the module go while traffic runs; nothing leaks.
# ROUNDS says how often (5); slab counts before and after are equal.
#
#   cl 10.0.1.2 ---- in0 gw up0 ---- net 198.51.100.7

. "$(dirname "$0")/lib.sh"

ROUNDS=${ROUNDS:-5}

# begin [OPTION]...: a router with traffic of all kinds running through it
begin()
{
	namespaces=()
	standard_topology
	standard_gateway "$@"
	echo_server "$net" 198.51.100.7 9000
	start "$cl" "$HERE/flows" client udp 10.0.1.2 198.51.100.7 9000 count 200 window 50 rounds 0
	start "$cl" "$HERE/flows" client tcp 10.0.1.3 198.51.100.7 9000 count 50 window 50 rounds 0
	start "$cl" ping -q -i 0.01 198.51.100.7
	soon running
}

running()
{
	(($(sessions proto udp) > 100 && $(sessions proto tcp) > 25 && $(sessions proto icmp) > 0))
}

end()
{
	local name

	stop "${jobs_started[@]}"
	jobs_started=()
	for name in "${namespaces[@]}"; do
		[[ -e /run/netns/$name ]] && ip netns del "$name"
	done
	namespaces=()
}


# Once nobody holds it; sockets may take a moment to go
unload()
{
	local i

	for ((i = 0; i < 50; i++)); do
		rmmod natgw 2>/dev/null && return 0
		sleep 0.1
	done
	rmmod natgw
}

objects_go()
{
	local i

	begin
	for ((i = 0; i < ROUNDS; i++)); do
		ok ctl address del 203.0.113.1
		soon session_count_is 0
		ok ctl address add 203.0.113.1 gateway gw1
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
		ok ctl reset
		standard_gateway
		[[ ! $failed ]] || break
	done
	end
}

namespace_goes()
{
	local i

	for ((i = 0; i < ROUNDS; i++)); do
		begin
		ns_del "$gw"
		end
		[[ ! $failed ]] || break
	done
}

module_goes()
{
	local i

	for ((i = 0; i < ROUNDS; i++)); do
		begin track "$( ((i % 2)) && echo on || echo off)"
		ok unload
		ok load_module
		refused ctl gateway show gw1
		end
		[[ ! $failed ]] || break
	done
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

tests=(objects_go namespace_goes module_goes no_object_is_left no_memory_is_lost)

run "$@"
