#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# An operator's program holds packets by NFQUEUE before and behind natgw's hooks. They go on
# in the context of that program, and all results are those without NFQUEUE.
#
#   cl 10.0.1.2 ---- in0 gw up0 ---- net 198.51.100.7
#                    nft queue 1 and the program "queue" in gw

. "$(dirname "$0")/lib.sh"

TRACEFS=/sys/kernel/tracing
EVENTS=$TRACEFS/events/natgw

held()
{
	[[ $(in_ns "$gw" nft -j list counter ip queued "$1") =~ \"packets\":\ ([0-9]+) ]] &&
		echo "${BASH_REMATCH[1]}"
}

translated()
{
	ok ctl subnet set web gateway gw1
	flow tcp 10.0.1.2 198.51.100.7 9000 count 3 rounds 2 >/dev/null || fail "TCP"
	flow udp 10.0.1.2 198.51.100.7 9000 count 3 rounds 2 >/dev/null || fail "UDP"
	ok in_ns "$cl" ping -q -c 1 -W 5 198.51.100.7
	same "held before" "yes" "$( (($(held before) > 20)) && echo yes)"
	same "held behind" "yes" "$( (($(held behind) > 20)) && echo yes)"
	seen wire 'src host 203.0.113.1' || fail "nothing by the gateway"
	never wire net 10.0.0.0/8
	stats_agree
}

# told REASON: the drop as the trace has it
told()
{
	grep "natgw_drop: reason=$1 " "$TRACEFS/trace"
}

context()
{
	[[ -e $EVENTS/enable ]] || { skip "this kernel has no tracepoints"; return; }
	: > "$TRACEFS/trace"
	echo 1 > "$EVENTS/enable"
	"$@"
	echo 0 > "$EVENTS/enable"
}

# in_its_context REASON: with BH off, for what is per CPU has one user at a time. The
# trace's flags begin with b then; the third is s in a softirq.
in_its_context()
{
	match "$1" ' queue-[0-9]+ +\[[0-9]+\] ([bD]....|..[sh]..) ' "$(told "$1")"
}

dropped_behind()
{
	ok ctl subnet set web gateway gw2
	context dropped "$cl" pool-empty 10.0.1.2 198.51.100.7 udp 4000 9000
	in_its_context pool-empty
}

dropped_before()
{
	ok ctl route-table add rt1
	ok ctl route add 198.51.100.0/24 route-table rt1 next-hop-type None
	ok ctl subnet set web route-table rt1
	context dropped "$cl" route-none 10.0.1.2 198.51.100.7 udp 4001 9000
	in_its_context route-none
	ok ctl subnet set web route-table none
}

tests=(translated dropped_behind dropped_before)

standard_topology
in_ns "$gw" nft -f - 2>/dev/null <<-'EOT' || skip_all "this kernel has no NFQUEUE"
	table ip queued {
		counter before { }
		counter behind { }
		chain before {
			type filter hook prerouting priority raw;
			iifname in0 counter name before queue num 1
			iifname up0 counter name before queue num 1
		}
		chain behind {
			type filter hook postrouting priority 290;
			counter name behind queue num 1
		}
	}
EOT
start_to "$TMP/queue.log" "$gw" "$HERE/queue" 1
soon grep -q ready "$TMP/queue.log"
standard_gateway
ok ctl gateway add gw2
echo_server "$net" 198.51.100.7 9000
capture wire "$net" n0 ip
run "$@"
