# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Sourced by every test: KTAP, conditions to wait for, namespaces, captures.
#
# A test script defines functions, lists them in tests=(...) and ends with
# run "$@"; arguments pick some of them. One more result, kernel_log, is added.

set -u

HERE=$(cd "${BASH_SOURCE[0]%/*}" && pwd -P)
. "$HERE/lib_internet.sh"
PATH=$PATH:/usr/sbin:/sbin:$HERE/../tools
TMP=$(mktemp -d "${TMPDIR:-/tmp}/natgw-test.XXXXXX")
SELF=${0##*/}
SELF=${SELF%.sh}
MARK="natgw selftest $SELF $$"

tests=()
namespaces=()
jobs_started=()
failed=
skipped=

KSFT_SKIP=4

# --- results ---------------------------------------------------------------

note()
{
	local line

	while IFS= read -r line; do
		echo "#   $line"
	done <<< "$*"
}

fail()
{
	local i=0

	failed=1
	while [[ ${BASH_SOURCE[i + 1]-} == */lib?(_captures).sh ]]; do
		i=$((i + 1))
	done
	note "line ${BASH_LINENO[i]}: $*"
}

skip()
{
	skipped=$*
}

skip_all()
{
	echo "KTAP version 1"
	echo "1..0 # SKIP $*"
	exit $KSFT_SKIP
}

# ok CMD...: must succeed. refused CMD...: must fail. Their output goes to a file and not
# through $(...), which would take another process.
ok()
{
	local rc

	"$@" > "$TMP/said" 2>&1 && return 0
	rc=$?
	fail "exit $rc: $*"
	note "$(< "$TMP/said")"
	return 1
}

refused()
{
	"$@" > "$TMP/said" 2>&1 || return 0
	fail "succeeded, should not: $*"
	note "$(< "$TMP/said")"
	return 1
}

# same WHAT WANTED GOT, match WHAT REGEX GOT, at_least WHAT MINIMUM GOT
same()
{
	[[ $2 == "$3" ]] && return 0
	fail "$1: wanted '$2', got '$3'"
	return 1
}

match()
{
	[[ $3 =~ $2 ]] && return 0
	fail "$1: wanted a match of '$2', got '$3'"
	return 1
}

at_least()
{
	(($3 >= $2)) 2>/dev/null && return 0
	fail "$1: wanted at least $2, got '$3'"
	return 1
}

# A pipe that nobody writes to: a read of it that ends after a time is a sleep without a
# process
exec {NOTHING}<> <(:)

# wait_for SECONDS CMD...: until CMD succeeds. What comes soon is seen soon; of what takes
# long CMD, which mostly starts programs, does not ask too often.
wait_for()
{
	local end=$((SECONDS + $1 + 1)) pauses=(0.02 0.03 0.05 0.1 0.2 0.3) i=0

	shift
	until "$@" >/dev/null 2>&1; do
		((SECONDS < end)) || return 1
		read -rt "${pauses[i]}" -u "$NOTHING"
		((i == ${#pauses[@]} - 1)) || ((++i))
	done
}

# quietly COMMAND...: without its output
quietly()
{
	"$@" > /dev/null 2>&1
}

# running PID: the process has not ended. kill -0 also finds one that has, until the shell waits for
# it, and a busy shell may do so late.
running()
{
	local stat

	{ stat=$(< "/proc/$1/stat"); } 2>/dev/null && [[ ${stat##*) } != [ZX]* ]]
}

# soon CMD...: must come true within ten seconds
soon()
{
	wait_for 10 "$@" && return 0
	fail "did not come true: $*"
	[[ ! ${gw-} ]] || note "$(ctl stats show 2>&1)"
	return 1
}

# --- time ------------------------------------------------------------------

# Tenths of a second
now()
{
	local t=$EPOCHREALTIME

	echo $((${t%.*} * 10 + 10#${t#*.} / 100000))
}

# Notes from now on when this machine stood still: a guest without KVM may for seconds, and
# what is measured then took longer by as much.
watch_for_stalls()
{
	local before after

	: > "$TMP/stalls"
	(
		before=$(now)
		while [[ -e $TMP/stalls ]]; do
			read -rt 0.2 -u "$NOTHING"
			after=$(now)
			((after - before < 5)) || echo "$after $((after - before - 2))" >> "$TMP/stalls"
			before=$after
		done
	) 2>/dev/null &
	jobs_started+=($!)
}

# stalled TENTHS: how long this machine stood still in the last TENTHS and ten seconds
stalled()
{
	local at tenths sum=0 first=$(($(now) - $1 - 100))

	while read -r at tenths; do
		((at < first)) || ((sum += tenths))
	done < "$TMP/stalls"
	echo "$sum"
}

# within_a_second WHAT SECONDS TENTHS: SECONDS is the setting, TENTHS were measured.
# watch_for_stalls must run.
within_a_second()
{
	local stalled

	stalled=$(stalled "$3")
	(($3 >= $2 * 10 - 10 && $3 <= $2 * 10 + 10 + stalled)) && return 0
	fail "$1: set to $2 s, took $3/10 s; the machine stood still for $stalled/10 s"
	return 1
}

# --- kernel ----------------------------------------------------------------

ALARMS='WARNING: |BUG: |Oops|Call Trace:|KASAN|UBSAN|ODEBUG|general protection'
ALARMS+='|possible (recursive|circular|irq)|suspicious RCU|INFO: (task|rcu|trying)'
ALARMS+='|refcount_t|list_(add|del) corruption|scheduling while atomic'
ALARMS+='|unregister_netdevice: waiting|Objects remaining|natgw: '

# What the kernel said since this script began
kernel_log()
{
	dmesg | sed "1,/$MARK/d"
}

kernel_log_is_clean()
{
	local log

	dmesg > "$TMP/dmesg"
	grep -qF "$MARK" "$TMP/dmesg" || { fail "the kernel log has lost its start"; return; }
	log=$(sed "1,/$MARK/d" "$TMP/dmesg" | awk -f "$HERE/own_races.awk" | grep -E "$ALARMS") ||
		return
	fail "the kernel complained:"
	note "$log"
}

# load_module [PARAMETER=VALUE]...
# shellcheck disable=SC2120 # most tests have none
load_module()
{
	[[ -d /sys/module/natgw ]] && return 0
	modprobe -q natgw "$@" && return 0
	[[ -e $HERE/../kmod/natgw.ko ]] || return 1
	modprobe -qa nf_defrag_ipv4 nf_reject_ipv4
	insmod "$HERE/../kmod/natgw.ko" "$@"
}

# --- namespaces ------------------------------------------------------------

# ns NAME...: makes namespaces; each one's full name is in the variable NAME
ns()
{
	local name

	for name in "$@"; do
		printf -v "$name" '%s' "$name-$$"
		[[ " ${namespaces[*]} " == *" $name-$$ "* ]] || namespaces+=("$name-$$")
	done
	"$HERE/netns" add "${@/%/-$$}" || exit 1
}

ns_del()
{
	is_internet "$1" && nothing_leaked "$1"
	"$HERE/netns" del "$1"
}

in_ns()
{
	"$HERE/netns_exec" "$@"
}

# As an alias it takes no process but the program's in $(in_ns ...), where a function takes
# one more. The function is for "ok in_ns ..." and the like, and so is that of ctl.
shopt -s expand_aliases
alias in_ns='"$HERE/netns_exec"'

# sysctl_in NS KEY=VALUE...
sysctl_in()
{
	"$HERE/netns" set "/run/netns/$1" "${@:2}"
}

# is_internet NS: by its name, whatever the topology
is_internet()
{
	[[ $1 =~ ^(net[0-9]*|isp|rout)-[0-9]+$ ]]
}

internet_in()
{
	in_ns "$@"
}

# link NS DEV ADDR/LEN NS DEV ADDR/LEN: a veth pair. An end in the Internet is watched.
link()
{
	ip -n "$1" -batch - <<-EOT || exit 1
		link add $2 type veth peer name $5 netns $4
		addr add $3 dev $2
		link set $2 up
	EOT
	ip -n "$4" -batch - <<-EOT || exit 1
		addr add $6 dev $5
		link set $5 up
	EOT
	! is_internet "$1" || internet "$1" "$2"
	! is_internet "$4" || internet "$4" "$5"
}

forwarding()
{
	local name

	for name in "$@"; do
		sysctl_in "$name" net.ipv4.ip_forward=1
	done
}

# What most tests use:
#
#   cl                      gw                          net, the internet
#   c0 10.0.1.2/24 ---- in0 10.0.1.1/24
#      10.0.1.3                up0 192.0.2.1/24 ---- n0 192.0.2.2/24
#                                                    lo 198.51.100.7, .8
#                              203.0.113.0/24 <----- route
standard_topology()
{
	ns cl gw net
	link "$cl" c0 10.0.1.2/24 "$gw" in0 10.0.1.1/24
	link "$gw" up0 192.0.2.1/24 "$net" n0 192.0.2.2/24
	ip -n "$cl" -batch - <<-EOT
		addr add 10.0.1.3/24 dev c0
		route add default via 10.0.1.1
	EOT
	ip -n "$gw" route add default via 192.0.2.2
	ip -n "$net" -batch - <<-EOT
		addr add 198.51.100.7/32 dev lo
		addr add 198.51.100.8/32 dev lo
		route add 203.0.113.0/24 via 192.0.2.1
	EOT
	forwarding "$gw"
}

# Hosts that answer nothing: 10.0.1.99 behind cl, 198.51.100.99 behind net.
# Packets made by hand with their addresses meet no socket's RST.
silent_hosts()
{
	local mac

	read -r _ _ mac _ < <(ip -n "$cl" -br link show c0)
	ip -n "$gw" neigh replace 10.0.1.99 lladdr "$mac" dev in0
}

# A gateway gw1 with 203.0.113.1 for subnet web; arguments go to gateway add.
standard_gateway()
{
	ok batch <<-EOT
		gateway add gw1 $*
		address add 203.0.113.1 gateway gw1
		subnet add web prefix 10.0.1.0/24 gateway gw1
	EOT
}

# start_to FILE NS CMD...: in the background, ended with the script; $! is CMD
start_to()
{
	"$HERE/netns_exec" "/run/netns/$2" "${@:3}" >"$1" 2>&1 </dev/null &
	jobs_started+=($!)
}

start()
{
	start_to "$TMP/job.log" "$@"
}

# stop PID...: and waits; one that is empty was not started yet. A signal that comes to a child of
# bash before it has become its program can be lost: it is sent again.
stop()
{
	local pid tries

	kill "$@" 2>/dev/null
	for pid; do
		[[ $pid ]] || continue
		for tries in {1..15}; do
			wait_for 1 eval "! running $pid" && continue 2
			kill "$pid" 2>/dev/null
		done
		kill -KILL "$pid" 2>/dev/null
	done
	wait "$@" 2>/dev/null
}

# listening NS tcp|udp PORT
listening()
{
	[[ $(in_ns "$1" ss "-Hln${2:0:1}" sport = ":$3") ]]
}

# echo_server NS ADDR PORT: answers each of our flows with what it saw
echo_server()
{
	start "$1" "$HERE/flows" server "$2" "$3"
	wait_for 20 listening "$1" udp "$3" || { echo "Bail out! no server"; exit 1; }
}

# web_server_start NS: the lines of its server block on standard input. What it
# serves is in $TMP/www, its log in $TMP/NS.nginx/access.log
web_server_start()
{
	local dir=$TMP/$1.nginx

	mkdir -p "$dir" "$TMP/www"
	chmod a+x "$TMP"
	{
		cat <<-EOT
			daemon off;
			master_process off;
			pid $dir/pid;
			error_log $dir/err;
			events { }
			http {
				access_log $dir/access.log;
				client_body_temp_path $dir/body;
				proxy_temp_path $dir/proxy;
				fastcgi_temp_path $dir/fastcgi;
				uwsgi_temp_path $dir/uwsgi;
				scgi_temp_path $dir/scgi;
				server {
		EOT
		cat
		echo "} }"
	} > "$dir/conf"
	start "$1" nginx -e "$dir/err" -c "$dir/conf"
	wait_for 30 listening "$1" tcp 80 || fail "no web server: $(cat "$dir/err")"
}

# flow PROTO SRC DST PORT [OPTION]...: one exchange; prints what the server saw
flow()
{
	local proto=$1 src=$2 dst=$3 port=$4

	shift 4
	in_ns "$cl" "$HERE/flows" client "$proto" "$src" "$dst" "$port" "$@"
}

# send_on NS PACKET...: in the background, the pid in $!
send_on()
{
	"$HERE/pkt" netns "$1" "${@:2}" 2>>"$TMP/job.log" &
	jobs_started+=($!)
}

# answering NS DEV ADDR: something answers there that is no socket, see answer.c
answering()
{
	start_to "$TMP/answer.log" "$1" "$HERE/answer" "$2" "$3"
	soon has "$TMP/answer.log" ready
}

send()
{
	"$HERE/pkt" netns "$1" "${@:2}" || fail "not sent: ${*:2}"
}

# --- captures --------------------------------------------------------------

# has FILE TEXT
has()
{
	[[ $(< "$1") == *"$2"* ]]
}

. "$HERE/lib_captures.sh"

# nothing_leaked [NS]: no private source was seen in the Internet, see lib_internet.sh
nothing_leaked()
{
	local got name watched=()

	(($#)) || set -- "${WATCHED[@]}"
	for name; do
		[[ ! -e /run/netns/$name ]] || watched+=("/run/netns/$name")
	done
	((${#watched[@]})) || return 0
	! "$HERE/netns" quiet "${watched[@]}" || return 0
	got=$(leaked "$@")
	[[ $got ]] || return 0
	fail "untranslated in the Internet:"
	note "$got"
}

# --- natgw -----------------------------------------------------------------

# Behind the aliases, which its functions use
. "$HERE/lib_natgw.sh"
# shellcheck source=lib_turns.sh
. "$HERE/lib_turns.sh"

# --- running ---------------------------------------------------------------

# For this shell only: a subshell that a signal ends before it has forgotten its parent's traps
# would run it, too.
clean_up()
{
	local name left=()

	[[ $BASHPID == "$$" ]] || return 0
	((${#jobs_started[@]})) && stop "${jobs_started[@]}"
	[[ $SIFT_OWNER != "$BASHPID" ]] || stop "$SIFT_PID"
	for name in "${namespaces[@]}"; do
		[[ ! -e /run/netns/$name ]] || left+=("$name")
	done
	((${#left[@]} == 0)) || "$HERE/netns" del "${left[@]}"
	rm -rf "$TMP"
	return 0
}

# run [NAME]...: the tests named, all without a name. Each fails if a source leaked
# meanwhile; what it excused is excused until its end.
run()
{
	local name bad=0 number=0 excused=("${EXCUSED[@]}")

	if (($#)); then
		tests=("$@")
	else
		leave_out_by_turns
	fi
	echo "KTAP version 1"
	echo "1..$((${#tests[@]} + 1))"
	for name in "${tests[@]}" kernel_log; do
		failed=
		skipped=
		number=$((number + 1))
		case $name in
		kernel_log)	kernel_log_is_clean ;;
		*)		"$name"; nothing_leaked; excused_again "${excused[@]}" ;;
		esac
		if [[ $failed ]]; then
			echo "not ok $number $name"
			bad=1
		elif [[ $skipped ]]; then
			echo "ok $number $name # SKIP $skipped"
		else
			echo "ok $number $name"
		fi
	done
	exit $bad
}

trap clean_up EXIT
trap 'exit 130' INT TERM

((EUID == 0)) || skip_all "must be root"
if [[ ! ${NATGW_TEST_PLAIN-} ]]; then
	load_module || skip_all "no natgw module"
	command -v natgwctl >/dev/null || skip_all "no natgwctl"
fi
echo "$MARK" > /dev/kmsg
