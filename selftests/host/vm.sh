#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# scripts/vm, from outside: exit status, what is shared, no process outlives it,
# and a complaint of the guest's kernel fails the run.
#
#	host                     guest
#	vm.sh --- scripts/vm --- command
#
# Arguments pick some of the tests.

# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/../lib_host.sh"

# vm EXPECTED-STATUS OPTION... -- COMMAND...: its output is in out and err
vm()
{
	local wanted=$1 status

	shift
	"$TOP/scripts/vm" "$@" > out 2> err </dev/null
	status=$?
	((status == wanted)) || fail "scripts/vm $*: wanted exit status $wanted, got $status: $(tail -n 3 err)"
}

# wait_for CONDITION...: at most a minute
wait_for()
{
	local i

	for ((i = 0; i < 600; i++)); do
		"$@" && return
		sleep 0.1
	done
	fail "in vain: $*"
}

# The processes of scripts/vm's process $1: of its guest, and helpers
left_by()
{
	local pid

	{
		grep -ls "natgw-vm\.$1\." /proc/[0-9]*/cmdline
		[[ ! $guest_ns ]] || find /proc/[0-9]*/ns/pid -maxdepth 0 -printf '%p %l\n' |
			grep -F "$guest_ns"
	} 2>/dev/null | cut -d / -f 3 | sort -u | while read -r pid; do
		echo "$pid $(tr '\0' ' ' < "/proc/$pid/cmdline" | cut -c 1-60)"
	done 2>/dev/null
}

none_left_by()
{
	[[ -z $(left_by "$1") ]]
}

is_up()
{
	compgen -G "/tmp/natgw-vm.$1.*/up" > /dev/null
}

# Starts a guest that does not end, ends scripts/vm by a signal
ended_by()
{
	local signal=$1 kernel=$2 pid child guest_ns=

	# A background process would ignore SIGINT
	env --default-signal=INT "$TOP/scripts/vm" --kernel "$kernel" --no-module --no-leaks \
		-- sleep 600 > out 2> err </dev/null &
	pid=$!
	wait_for is_up "$pid"
	for child in $(left_by "$pid" | cut -d ' ' -f 1); do
		guest_ns=$(readlink "/proc/$child/ns/pid")
		[[ $guest_ns == "$(readlink /proc/self/ns/pid)" ]] || break
		guest_ns=
	done
	[[ $guest_ns ]] || fail "no process of the guest found"
	kill -"$signal" "$pid"
	wait "$pid" 2>/dev/null
	wait_for none_left_by "$pid"
	[[ $signal == KILL ]] || ! compgen -G "/tmp/natgw-vm.$pid.*" > /dev/null ||
		fail "directory left behind"
}

# Builds provoke.ko for a kernel
provoke()
{
	local kernel=$1 dir=$WORK/provoke-$1 kdir args=()

	[[ ! -e $dir/provoke.ko ]] || return
	kdir=$("$TOP/scripts/kernel" get "$kernel")/kdir
	[[ $kernel != um ]] || args=(ARCH=um)
	cp -r "$TOP/selftests/host/provoke" "$dir"
	make -s -C "$kdir" M="$dir" CONFIG_DEBUG_INFO_BTF_MODULES= "${args[@]}" modules > make.log 2>&1 ||
		fail "$(tail -n 5 make.log)"
}

complains()
{
	local kernel=$1 what=$2 message=$3

	provoke "$kernel"
	vm 121 --kernel "$kernel" --no-module -- insmod "provoke-$kernel/provoke.ko" "what=$what"
	grep -q "$message" err || fail "does not show '$message': $(head -n 5 err)"
}

# --- tests -----------------------------------------------------------------

# A guest costs twelve seconds of a processor: what a command in one can show is looked at
# in one guest, whose output and time the tests below have. It leaves a process behind.
#	guest_of KERNEL
guest_of()
{
	local script='
		echo "out <$1>"
		echo err >&2
		echo seen > from-guest
		touch /etc/natgw-test 2>/dev/null && echo "/ is writable"
		touch /run/x /tmp/natgw-test-guest || echo "/run or /tmp is not writable"
		[ "$(id -u) $(pwd)" = "0 $2" ] || echo "in $(pwd)"
		command -v natgwctl >/dev/null || echo "no natgwctl"
		modprobe natgw && [ -d /sys/module/natgw ] || echo "no natgw"
		rmmod natgw
		sleep 600 &
		echo numbers
		seq "$3"
		exit 7'
	local start=$SECONDS many=1000 TIMEFORMAT='%0U %0S'

	[[ ! -e $1.time ]] || return 0
	[[ $1 != 6.1 ]] || many=1000000
	"$TOP/scripts/build-kmod" "$1" -s > /dev/null 2>&1
	start=$SECONDS
	echo old > from-host
	{ time vm 7 --kernel "$1" --no-leaks -- sh -c "$script" sh "a  'b'" "$WORK" $many; } 2> took
	echo "$(tail -n 1 took) $((SECONDS - start))" > "$1.time"
	sed '$d' took >&2
	mv out "$1.out"
	mv err "$1.err"
	mv from-guest "$1.from-guest"
}

basics()
{
	guest_of "$1"
	same "standard output" "out <a  'b'>" "$(sed '/^numbers$/,$d' "$1.out")"
	same "standard error" err "$(< "$1.err")"
	same "written in the guest" seen "$(< "$1.from-guest")"
	[[ ! -e /tmp/natgw-test-guest ]] || fail "/tmp of the host was written to"
}

basics_6_1()	{ basics 6.1; }
basics_6_12()	{ basics 6.12; }
basics_um()	{ basics um; }

# No byte lost or out of place on the way
much_output()
{
	guest_of 6.1
	same "checksum" "$(seq 1000000 | sha256sum)" "$(sed '1,/^numbers$/d' 6.1.out | sha256sum)"
}

# In processor time: how long it takes depends on what else the machine does
boots_in_time()
{
	local user system elapsed

	guest_of 6.1
	read -r user system elapsed < 6.1.time
	# processor time: 20 s alone, up to 30 where guests beside it take turns at the caches
	((user + system < 60)) || fail "boot, command and power off took $((user + system)) s"
}

# The guest does not wait for the process that its command left behind
background_ends()
{
	local user system elapsed

	guest_of 6.1
	read -r user system elapsed < 6.1.time
	((elapsed < 500)) || fail "ended after $elapsed s"
}

time_out()
{
	vm 124 --no-module --timeout 5 -- sleep 600
	[[ ! $(pgrep -f "natgw-vm\..*sleep 600") ]] || fail "left behind"
	grep -q 'no end after 5 seconds' err || fail "$(< err)"
}

# um's kernel is stopped as if it had lost its timer; one that waits runs each few seconds
stands_still()
{
	local pid

	"$TOP/scripts/vm" --kernel um --no-module --no-leaks --still 8 -- sleep 600 \
		> out 2> err </dev/null &
	pid=$!
	wait_for is_up "$pid"
	pkill -STOP -f "^[^ ]*/linux .*natgw-vm\.$pid\." || fail "no kernel found"
	wait "$pid"
	same "exit status" 123 "$?"
	wait_for none_left_by "$pid"
	grep -q 'the guest stood still' err || fail "$(< err)"
}

usage_error()
{
	vm 125 --kernel 5.10 -- true
	vm 125
}

interrupt()	{ ended_by INT um; }
terminate()	{ ended_by TERM 6.1; }
kill_outright()	{ ended_by KILL 6.1; }
kill_um()	{ ended_by KILL um; }
terminate_um()	{ ended_by TERM um; }

warning()	{ complains 6.1 warn 'WARNING: .*provoke_init'; }
panic()		{ complains 6.12 panic 'Kernel panic - not syncing: provoked'; }
um_overrun()	{ complains um overrun 'KASAN: .*out-of-bounds'; }
um_leak()	{ complains um leak 'unreferenced object'; }
um_locks()	{ complains um locks 'possible circular locking'; }

tests=(basics_6_1 basics_6_12 basics_um much_output boots_in_time background_ends
	time_out stands_still usage_error interrupt terminate kill_outright terminate_um kill_um
	warning panic um_overrun um_leak um_locks)

# each boots a guest or two
by_turns=("${tests[@]}")
run "$@"
