#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Each checker of the running kernel finds a fault of its kind that another module makes on
# purpose (natgw_planted.c): what it would say of natgw, it can say. No packets, no namespaces.
#
#	scripts/vm --kernel um --planted -- selftests/planted/planted.sh
#
# A test whose checker this kernel has not got is skipped; selftests/skips.txt says which may be.

. "$(dirname "$0")/../lib.sh"

PLANT=/sys/module/natgw_planted/parameters/plant
DEBUG=/sys/kernel/debug

# symbol NAME: the kernel has this function
symbol()
{
	grep -q " $1\$" /proc/kallsyms
}

# has_checker NAME: it is on in this kernel
has_checker()
{
	case $1 in
	KCSAN)		[[ -e $DEBUG/kcsan ]] ;;
	KASAN)		symbol kasan_report ;;
	UBSAN)		symbol __ubsan_handle_shift_out_of_bounds ;;
	lockdep)		[[ -e /proc/lockdep ]] ;;
	PROVE_RCU)		symbol lockdep_rcu_suspicious ;;
	DEBUG_ATOMIC_SLEEP)	symbol __might_resched ;;
	"debug objects")	[[ -e $DEBUG/debug_objects/stats ]] ;;
	DEBUG_LIST)		symbol __list_del_entry_valid_or_report ;;
	kmemleak)		[[ -e $DEBUG/kmemleak ]] ;;
	"fault injection")	[[ -e /proc/thread-self/fail-nth ]] ;;
	esac
}

said()
{
	kernel_log | grep -Eq "$1"
}

# plant FAULT CHECKER REPORT: the kernel's log gets a line that fits REPORT, and did not have one
plant()
{
	has_checker "$2" || { skip "this kernel has no $2"; return; }
	refused said "$3"
	ok eval "echo $1 > $PLANT"
	soon said "$3" || note "$(kernel_log | tail -n 20)"
}

# Two threads on two processors count in one variable
race()
{
	plant race KCSAN 'KCSAN: data-race in racer'
}

# One thread writes, and says without a barrier that it has: the memory model lets the other see
# that before the write
barrier()
{
	plant barrier KCSAN 'KCSAN: data-race in (poster|reader)'
}

# A pointer read outside of a reader's section
rcu()
{
	plant rcu PROVE_RCU 'natgw_planted\.c:[0-9]+ suspicious rcu_dereference_check'
}

# An allocation that may wait, under a spinlock
atomic_sleep()
{
	plant atomic_sleep DEBUG_ATOMIC_SLEEP 'BUG: sleeping function called from invalid context'
}

# Two mutexes taken in both orders. lockdep says its first report and is off from then on, as
# after a report of KASAN: so it is behind those of RCU and in front of the rest.
lock_order()
{
	plant lock_order lockdep 'possible (circular|recursive) locking dependency'
}

leaked_object()
{
	echo scan > $DEBUG/kmemleak
	grep -q plant_leak $DEBUG/kmemleak
}

# kmemleak reports what is older than five seconds
leak()
{
	has_checker kmemleak || { skip "this kernel has no kmemleak"; return; }
	refused leaked_object
	ok eval "echo leak > $PLANT"
	wait_for 60 leaked_object || fail "the leak was not reported"
}

# An object freed while its timer runs
timer()
{
	plant timer "debug objects" 'ODEBUG: free active .*timer_list.*no_timeout'
}

shift_too_far()
{
	plant shift UBSAN 'UBSAN: shift-out-of-bounds in .*natgw_planted\.c'
}

# An entry taken out of a list that does not know it
list()
{
	plant list DEBUG_LIST 'list_del corruption'
}

use_after_free()
{
	plant use_after_free KASAN 'KASAN: slab-use-after-free in plant_use_after_free'
}

out_of_bounds()
{
	plant out_of_bounds KASAN 'KASAN: slab-out-of-bounds in plant_out_of_bounds'
}

# In place of that of lib.sh: what was reported is not natgw's
kernel_log_is_clean()
{
	local log

	# not what merely lay on the stack
	log=$(kernel_log | grep -Ev '  \? ' | grep -E '\[natgw\]|natgw: ') || return
	fail "natgw is in a report:"
	note "$log"
}

for checker in KCSAN KASAN UBSAN lockdep PROVE_RCU DEBUG_ATOMIC_SLEEP "debug objects" DEBUG_LIST \
	kmemleak "fault injection"; do
	has_checker "$checker" && echo "# $checker: on" || echo "# $checker: off"
done
modprobe -q natgw_planted || skip_all "no natgw_planted module: scripts/vm --planted"

tests=(race barrier rcu atomic_sleep lock_order leak timer shift_too_far list use_after_free
	out_of_bounds)
run "$@"
