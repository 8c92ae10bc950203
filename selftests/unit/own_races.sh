#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# selftests/own_races.awk, by logs that are made here: which reports of KCSAN stay, and that
# nothing else goes.

here=$(dirname "$(realpath "$0")")
n=0
failures=0
RULE="[   12.345678] =================================================================="

# keeps LINES WANTED NAME: of a log of LINES remains WANTED
keeps()
{
	local got no=

	got=$(printf '%s\n' "$1" | awk -f "$here/../own_races.awk")
	if [[ $got != "$2" ]]; then
		no="not "
		((failures++))
		diff <(echo "$2") <(echo "$got") | sed 's/^/# /'
	fi
	printf '%sok %d - %s\n' "$no" "$((++n))" "$3"
}

# race ONE OTHER: a report of two accesses, each in a stack with that function
race()
{
	printf '%s\n' "$RULE"
	sed 's/^/[   12.345679] /' <<-EOT
		BUG: KCSAN: data-race in ${1%+*} / ${2%+*}

		write to 0xffff888003e11240 of 4 bytes by task 61 on cpu 1:
		 $1
		 nf_hook_slow+0x48/0x120
		  |
		  +-> reordered to: ip_output+0x12/0x40

		read to 0xffff888003e11240 of 4 bytes by interrupt on cpu 0:
		 $2
		 ip_rcv+0x5c/0xd0

		value changed: 0x00000000 -> 0x00000001

		Reported by Kernel Concurrency Sanitizer on:
		CPU: 0 UID: 0 PID: 60 Comm: nft Tainted: G           O        7.2.13 #1 PREEMPT
		Tainted: [O]=OOT_MODULE
		Hardware name: QEMU Standard PC (i440FX + PIIX, 1996)
	EOT
	printf '%s\n' "$RULE"
}

# unknown FUNCTION: a report of one access, whose value somebody changed who was not caught
unknown()
{
	race none "$1" | sed '/ write to/,/reordered to/d; s/read to/race at unknown origin, with &/'
}

kernel=$(race tick_do_update_jiffies64+0x1/0x2 ktime_get+0x3/0x4)
writes=$(race "natgw_session_touch+0x8/0x30 [natgw]" ip_output+0x3/0x4)
reads=$(race ip_output+0x3/0x4 "natgw_inbound+0x8/0x30 [natgw]")
planted=$(race "racer+0x8/0x30 [natgw_planted]" "racer+0x8/0x30 [natgw_planted]")
warning="[   13.000000] WARNING: net/core/dev.c:1 at dev_open+0x1/0x2, CPU#1: ip/61
[   13.000001] Call Trace:
[   13.000002]  dev_open+0x1/0x2"

keeps "$kernel" "" "a race of the kernel with itself goes"
keeps "$writes" "$writes" "natgw writes"
keeps "$reads" "$reads" "natgw reads"
keeps "$planted" "$planted" "natgw_planted writes"
only=$(unknown "natgw_inbound+0x8/0x30 [natgw]")
keeps "$only" "$only" "natgw reads what somebody changes"
keeps "$(unknown ip_output+0x3/0x4)" "" "the kernel reads what somebody changes"
keeps "$kernel"$'\n'"$writes"$'\n'"$kernel" "$writes" "one of natgw between two of the kernel"
keeps "$writes"$'\n'"$kernel"$'\n'"$reads" "$writes"$'\n'"$reads" "one of the kernel between two"
keeps "$warning" "$warning" "a warning stays"
keeps "$kernel"$'\n'"$warning" "$warning" "a warning behind a race stays"
keeps "$(sed '6r /dev/stdin' <(echo "$kernel") <<< "${warning%%$'\n'*}")" "${warning%%$'\n'*}" \
	"a warning of another processor in the middle of a race stays"
keeps "$(sed '$d' <<< "$writes")" "$(sed '$d' <<< "$writes")" "a log that ends in a race of natgw"
# its first line is taken for the end
keeps "$(sed '$d' <<< "$kernel")"$'\n'"$writes" "$(sed 1d <<< "$writes")" \
	"a race of natgw behind one whose end is lost"
keeps "$RULE
[   12.5] BUG: KASAN: slab-use-after-free in plant_use_after_free+0x1/0x2 [natgw_planted]
$RULE" "$RULE
[   12.5] BUG: KASAN: slab-use-after-free in plant_use_after_free+0x1/0x2 [natgw_planted]
$RULE" "a report of KASAN stays"
frame="[   14.000000] ------------[ cut here ]------------
[   14.000001] Cannot find frame for racer+0x37/0x60 [natgw_planted] in stack trace
[   14.000002] WARNING: kernel/kcsan/report.c:344 at replace_stack_entry.constprop.0+0x9e/0xf0, CPU#0: a/121
[   14.000003] Call Trace:
[   14.000004]  <TASK>"
keeps "$frame"$'\n'"$warning" "$(sed '/WARNING\|Call Trace/d' <<< "$frame")"$'\n'"$warning" \
	"KCSAN's warning of a frame that it does not find goes, the next warning stays"
# shellcheck disable=SC2001	# the beginning of each line
keeps "$(sed 's/^\[[^]]*\] //' <<< "$kernel"$'\n'"$writes")" "$(sed 's/^\[[^]]*\] //' <<< "$writes")" \
	"a log without times"

echo "1..$n"
exit $((failures > 0))
