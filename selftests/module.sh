#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The module comes and goes, alone and with what it needs, and leaves nothing.
#
#   no namespaces but for a configured one per round; natgw.ko by modprobe, or
#   by insmod from beside the selftests

. "$(dirname "$0")/lib.sh"

ROUNDS=${ROUNDS:-20}

unload()
{
	modprobe -r natgw 2>/dev/null || rmmod natgw
}

traces()
{
	grep -h '^natgw' /proc/slabinfo 2>/dev/null
	grep -w natgw /proc/modules
	# a link: SLUB has merged the cache with others, and never removes the name
	find /sys/kernel/slab -maxdepth 1 -name '*natgw*' -not -type l
	find /proc/net /proc/sys/net /sys/module -maxdepth 1 -name '*natgw*'
	genl_families
}

genl_families()
{
	genl ctrl list 2>/dev/null | grep -w natgw
}

nothing_left()
{
	local got

	got=$(traces)
	[[ ! $got ]] || fail "left behind: $got"
}

unloads_and_loads()
{
	ok unload
	nothing_left
	ok load_module
	traces | grep -q natgw || fail "no trace of a loaded module"
	same "gateways" 0 "$(natgwctl -j gateway show | rows name)"
}

# Its dependencies do not drag conntrack in
needs_no_conntrack()
{
	local depends

	depends=$(modinfo -F depends natgw 2>/dev/null ||
		  modinfo -F depends "$HERE/../kmod/natgw.ko") || fail "no modinfo"
	refused grep -q conntrack <<< "$depends"
	[[ ! -e /sys/module/nf_conntrack/holders/natgw ]] || fail "holds nf_conntrack"
}

# The family reports the version of the module, which is that of the tree where there is one
version()
{
	local version

	version=$(< /sys/module/natgw/version)
	[[ ! -e $HERE/../VERSION ]] || same "of the tree" "$(< "$HERE/../VERSION")" "$version"
	match "reported" "\"module\":\"$version\"" "$(natgwctl -j version)"
}

# A missing module has its own exit status and names the command to type
tool_says_what_to_do()
{
	ok unload
	# Of a namespace other than the first the kernel loads no family on demand
	# either, but for root of the first it does: keep it from doing so.
	mkdir -p /run/modprobe.d
	echo 'install natgw /bin/false' > /run/modprobe.d/natgw-test.conf
	natgwctl gateway show >/dev/null 2>"$TMP/err"
	same "exit status" 3 $?
	match "message" 'modprobe natgw' "$(cat "$TMP/err")"
	rm /run/modprobe.d/natgw-test.conf
	ok load_module
}

# With a configuration, and namespaces that come and go
rounds()
{
	local i

	for ((i = 0; i < ROUNDS; i++)); do
		ok unload
		ok load_module
		ip netns add "round-$$"
		natgwctl -n "round-$$" gateway add gw1 || fail "round $i"
		natgwctl -n "round-$$" address add 203.0.113.16/28 gateway gw1 || fail "round $i"
		natgwctl -n "round-$$" subnet add web prefix 10.0.1.0/24 gateway gw1 || fail "round $i"
		((i % 2)) && ip netns del "round-$$"
		ok unload
		((i % 2)) || ip netns del "round-$$"
		nothing_left
		ok load_module
		[[ ! $failed ]] || break
	done
}

tests=(unloads_and_loads needs_no_conntrack version tool_says_what_to_do rounds)

[[ $(cat /sys/module/natgw/refcnt) == 0 ]] || skip_all "natgw is in use"
run "$@"
