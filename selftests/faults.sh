#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Memory is short at any moment: while packets open flows, while lists are dumped and sessions
# saved, restored and watched, while the module is loaded and removed, while namespaces come. What
# cannot be done is refused or dropped and counted; nothing is lost, and all works again after it.
# ROUNDS says how often (4).
#
#   cl 10.0.1.2, .99 (silent) ---- in0 gw up0 ---- net 198.51.100.7, .99 (silent)

. "$(dirname "$0")/lib.sh"

ROUNDS=${ROUNDS:-4}
FAILSLAB=/sys/kernel/debug/failslab

# atomic_faults PERCENT: of the allocations that fail, of packets. By chance, not each so many: the
# allocations of one packet might be as many, and always the same one would fail.
atomic_faults()
{
	echo Y > $FAILSLAB/ignore-gfp-wait
	echo N > $FAILSLAB/task-filter
	echo 1 > $FAILSLAB/interval
	begin_faults "$1"
}

# marked_faults PERMILLE [FIRST BEHIND [SPARED BEHIND]]: of the allocations that fail, of processes
# that say so (short); only of those that the code from address FIRST to BEHIND asks for, itself or by
# what it calls, and of none that the code from SPARED on asks for
marked_faults()
{
	echo N > $FAILSLAB/ignore-gfp-wait
	echo Y > $FAILSLAB/task-filter
	# percent of each tenth one
	echo 10 > $FAILSLAB/interval
	if (($# > 1)); then
		echo "$2" > $FAILSLAB/require-start
		echo "$3" > $FAILSLAB/require-end
	fi
	if (($# > 3)); then
		echo "$4" > $FAILSLAB/reject-start
		echo "$5" > $FAILSLAB/reject-end
	fi
	begin_faults "$1"
}

begin_faults()
{
	echo 0 > $FAILSLAB/verbose
	echo -1 > $FAILSLAB/times
	echo "$1" > $FAILSLAB/probability
}

no_faults()
{
	echo 0 > $FAILSLAB/probability
	echo 1 > $FAILSLAB/interval
	echo N > $FAILSLAB/task-filter
	echo Y > $FAILSLAB/ignore-gfp-wait
	echo 0 > $FAILSLAB/require-start
	echo 0xffffffffffffffff > $FAILSLAB/require-end
	echo 0 > $FAILSLAB/reject-start
	echo 0 > $FAILSLAB/reject-end
}

can_fail()
{
	[[ -e $FAILSLAB/probability ]] || { skip "no fault injection"; return 1; }
}

# short COMMAND...: its allocations fail now and then
short()
{
	(
		echo 1 > /proc/self/make-it-fail
		"$@"
	)
}

asks()
{
	flow udp 10.0.1.2 198.51.100.7 9000 count 1
}

works_again()
{
	no_faults
	match "a new flow" 'answered 1 ' "$(asks)"
	stats_agree
}

# New flows, answers, errors and direct records, with somebody who watches sessions
packets()
{
	local i watching

	can_fail || return
	start "$gw" natgwctl monitor session
	watching=$!
	start "$cl" "$HERE/flows" client udp 10.0.1.2 198.51.100.7 9000 count 20 window 20 rounds 0 every 20
	flows=$!
	# neighbours know each other: a request of ARP that is lost would be repeated after a second,
	# when all rounds are done
	soon asks
	atomic_faults 10
	# pkt ends where it has no memory itself: until a flow was refused, too, but 50 rounds at the most
	for ((i = 0; i < ROUNDS || (i < 50 && $(drops memory) == 0); i++)); do
		quietly "$HERE/pkt" netns "$cl" repeat 200 ports 200 10.0.1.99 198.51.100.99 \
			udp $((5000 + i * 200)) 9
		quietly "$HERE/pkt" netns "$cl" repeat 50 ports 50 10.0.1.99 198.51.100.99 \
			tcp $((5000 + i * 50)) 80 S
		quietly "$HERE/pkt" netns "$net" repeat 50 ports 50 198.51.100.99 10.0.1.99 \
			udp $((5000 + i * 50)) 9
		quietly "$HERE/pkt" netns "$cl" fragment 64 10.0.1.99 198.51.100.99 udp 9 9 size 200
		quietly "$HERE/pkt" netns "$cl" repeat 20 ttl 1 10.0.1.99 198.51.100.99 udp 9 9
	done
	no_faults
	at_least "flows refused for memory" 1 "$(drops memory)"
	note "$(sessions) sessions, $(drops memory) refused for memory"
	stop "$flows" "$watching"
	works_again
	ok ctl session flush
	soon session_count_is 0
	stats_agree
}

# each_command: those that make long answers, or many objects
each_command()
{
	local i failures=0 successes=0 command

	can_fail || return
	ok ctl session flush
	send "$cl" repeat 300 ports 300 10.0.1.99 198.51.100.99 udp 5000 9
	soon session_count_is 300
	ok ctl session save "$TMP/state"
	ctl export > "$TMP/conf"
	marked_faults 3
	for ((i = 0; i < ROUNDS; i++)); do
		for command in "session show" "-j session show" "ports show by host" "export" \
			"session save $TMP/state2" "session restore $TMP/state" "stats show" \
			"apply -f $TMP/conf" "explain src 10.0.1.2 dst 198.51.100.7:9000" \
			"gateway set gw1 idle-timeout $((4 + i))m" "gateway set gw1 idle-timeout 4m" \
			"session flush dst 198.51.100.7"; do
			# shellcheck disable=SC2086	# words
			if quietly short natgwctl -n "$gw" $command; then
				((++successes))
			else
				((++failures))
			fi
		done
	done
	no_faults
	note "$successes commands done, $failures not"
	at_least "commands that failed" 1 "$failures"
	at_least "commands that were done" 1 "$successes"
	ok ctl gateway set gw1 idle-timeout 4m
	same "sessions" 300 "$(sessions dst 198.51.100.99)"
	same "configuration" "$(< "$TMP/conf")" "$(ctl export)"
	works_again
}

# code_of FUNCTION: FIRST and BEHIND of marked_faults
code_of()
{
	# sorted by address
	awk -v name="$1" '
		first && $1 != first { print "0x" first, "0x" $1; exit }
		$3 == name { first = $1 }' /proc/kallsyms
}

# The module and its part of each namespace; half of the loads have to be through. What the kernel
# itself does to read a module into memory, and to make a cache of objects, succeeds: it complains
# where it does not.
module_comes_and_goes()
{
	local i refused=0 loaded=0 away=0 init caches

	can_fail || return
	modprobe -q nf_defrag_ipv4
	module=$(modprobe --show-depends natgw 2> /dev/null | sed -n 's/^insmod \(.*natgw.ko\).*/\1/p')
	[[ $module ]] || module=$HERE/../kmod/natgw.ko
	ns_del "$gw"
	ok rmmod natgw
	init=$(code_of do_one_initcall)
	match "code" '^0x[0-9a-f]+ 0x[0-9a-f]+$' "$init"
	caches=$(code_of __kmem_cache_create_args)
	match "code" '^0x[0-9a-f]+ 0x[0-9a-f]+$' "$caches"
	# often enough for both
	for ((i = 0; i < ROUNDS * 3 || (i < 100 && (refused == 0 || loaded == 0)); i++)); do
		# shellcheck disable=SC2086	# two words each
		marked_faults 8 $init $caches
		quietly short insmod "$module"
		no_faults
		[[ -d /sys/module/natgw ]] || { ((++refused)); continue; }
		((++loaded))
		marked_faults 5
		quietly short unshare -n true
		quietly short natgwctl gateway add gw1
		quietly short rmmod natgw
		no_faults
		[[ -d /sys/module/natgw ]] || { ((++away)); continue; }
		ok rmmod natgw
	done
	note "loaded $loaded times, refused $refused times, removed at once $away times"
	at_least "refused" 1 "$refused"
	at_least "loaded" 1 "$loaded"
	ok load_module
}

tests=(packets each_command module_comes_and_goes)

standard_topology
silent_hosts
ip -n "$net" route add 10.0.1.0/24 via 192.0.2.1
standard_gateway
echo_server "$net" 198.51.100.7 9000
excuse 10.0.1.99	# it answers what came in past the gateway
run "$@"
