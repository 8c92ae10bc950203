#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The tracepoints natgw_refused and natgw_drop report each refused flow and each drop.
#
#   cl 10.0.1.2 ---- in0 gw up0 ---- net 198.51.100.99 (silent)

. "$(dirname "$0")/lib.sh"

TRACEFS=/sys/kernel/tracing
EVENTS=$TRACEFS/events/natgw

refused_flow()
{
	send "$cl" 10.0.1.99 198.51.100.99 udp 4000 9000
	soon grep -q 'natgw_refused: gateway=gw1 reason=pool-empty .*src=10.0.1.99:4000 dst=198.51.100.99:9000' \
		"$TRACEFS/trace"
	soon grep -q 'natgw_drop: reason=pool-empty saddr=10.0.1.99 daddr=198.51.100.99' "$TRACEFS/trace"
	same "refused" 1 "$(grep -c natgw_refused "$TRACEFS/trace")"
}

dropped_packet()
{
	send "$cl" 10.0.1.99 198.51.100.99 tcp 4000 80 A
	soon grep -q 'natgw_drop: reason=\(no-session\|late-sender\) ' "$TRACEFS/trace"
	same "refused" 1 "$(grep -c natgw_refused "$TRACEFS/trace")"
}

off_again()
{
	echo 0 > "$EVENTS/enable"
	: > "$TRACEFS/trace"
	dropped "$cl" pool-empty 10.0.1.99 198.51.100.99 udp 4001 9000
	same "lines" 0 "$(grep -c natgw_ "$TRACEFS/trace")"
}

tests=(refused_flow dropped_packet off_again)

[[ -e $TRACEFS/trace ]] || mount -t tracefs tracefs "$TRACEFS" 2> /dev/null
[[ -e $EVENTS/enable ]] || skip_all "this kernel has no tracepoints"
standard_topology
silent_hosts
ok ctl gateway add gw1
ok ctl subnet add web prefix 10.0.1.0/24 gateway gw1
: > "$TRACEFS/trace"
echo 1 > "$EVENTS/enable"
run "$@"
