# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Sourced by lib.sh: natgwctl, and what it says of sessions, ports, drops and gauges.

# OFFLOAD=1 runs any test with flows that are offloaded: gateways that say nothing of track
ctl()
{
	if [[ ${OFFLOAD-} ]]; then
		case " $* " in
		" gateway set "*" offload "* | " gateway add "*" track "*) ;;
		" gateway set "*" track on "*) set -- "$@" offload off ;;
		" gateway add "*) set -- "$@" track off offload on ;;
		esac
	fi
	natgwctl -n "$gw" "$@"
}
[[ ${OFFLOAD-} ]] || alias ctl='natgwctl -n "$gw"'

# exits STATUS CMD...: must end with this status; its output goes where that of ok goes
exits()
{
	local rc=0

	"${@:2}" > "$TMP/said" 2>&1 || rc=$?
	((rc == $1)) && return 0
	fail "exit $rc, not $1: ${*:2}"
	note "$(< "$TMP/said")"
	return 1
}

# batch: commands from standard input, in one start
batch()
{
	if [[ ${OFFLOAD-} ]]; then
		sed '/^gateway add/{ / track /!s/$/ track off offload on/; }' | natgwctl -n "$gw" -b -
	else
		natgwctl -n "$gw" -b -
	fi
}

# shown OBJECT...: what natgwctl -j OBJECT show says of each, a line each, in one start where the
# tool's sources are at hand
shown()
{
	local object

	if [[ -x $HERE/show_many ]]; then
		in_ns "$gw" "$HERE/show_many" "$@"
		return
	fi
	for object in "$@"; do
		if [[ $object == status ]]; then
			ctl -j
		else
			ctl -j "$object" show
		fi
	done
}

# value JSON KEY: of the first such key; natgwctl -j writes no blanks. Here and
# below instead of jq, whose start alone takes half a second in a slow guest.
value()
{
	[[ $1 =~ \"$2\":\"?([^\",}]*) ]] && echo "${BASH_REMATCH[1]}"
}

# counter KEY: of gateway gw1
counter()
{
	value "$(ctl -j -s gateway show gw1)" "$1"
}

# rows KEY: how many objects of standard input have it
rows()
{
	awk -F "\"$1\":" '{ n += NF - 1 } END { print n + 0 }'
}

# read_drops REASON: its counter, in DROPS
read_drops()
{
	local json

	json=$(ctl -j stats show)
	[[ $json =~ \"reason\":\"$1\",\"packets\":([0-9]+) ]] && DROPS=${BASH_REMATCH[1]} || DROPS=0
}

# drops REASON: its counter
drops()
{
	read_drops "$1"
	echo "$DROPS"
}

# last_source REASON
last_source()
{
	local json

	json=$(ctl -j stats show)
	value "${json#*\"reason\":\""$1"\"}" last-source
}

counted()
{
	read_drops "$1"
	[[ $DROPS == "$2" ]]
}

# dropped NS REASON PACKET...: sent there, counted once under this reason
dropped()
{
	local reason=$2 before after

	read_drops "$reason"
	before=$DROPS
	send "$1" "${@:3}"
	wait_for 10 counted "$reason" $((before + 1)) && return
	after=$(drops "$reason")
	fail "$reason: $before, $after after: ${*:3}"
	note "$(ctl stats show)"
}

# hold_transaction: another socket has one open, until release_transaction
hold_transaction()
{
	mkfifo "$TMP/hold"
	start_to "$TMP/hold.log" "$gw" bash -c "'$HERE/nl_client' < '$TMP/hold'"
	exec 8> "$TMP/hold"
	echo transaction-begin >&8
	soon grep -q ok "$TMP/hold.log"
}

release_transaction()
{
	exec 8>&-
	rm "$TMP/hold"
}

# sessions [FILTER]...: how many
sessions()
{
	ctl session count "$@"
}

session_count_is()
{
	[[ $(ctl session count "${@:2}") == "$1" ]]
}

# Where each allocation is to fail in its turn: every FAULT_STEP-th from FAULT_FIRST on
FAULT_STEP=${FAULT_STEP:-1}
FAULT_FIRST=${FAULT_FIRST:-1}

# faults_refused LEAST REFUSED N [WHAT]: at least LEAST allocations refuse the change when they fail,
# REFUSED of those up to the N-th did. Where every tenth fails it may be none, by which ones they
# are; but not of many.
FAULTS_TRIED=0
FAULTS_REFUSED=0
faults_refused()
{
	local tried=$((($3 - FAULT_FIRST) / FAULT_STEP))

	note "${4-}$2 of $tried faults refused it"
	FAULTS_REFUSED=$((FAULTS_REFUSED + $2))
	FAULTS_TRIED=$((FAULTS_TRIED + tried))
	if ((FAULT_STEP == 1)); then
		at_least "refused" "$1" "$2"
	elif ((FAULTS_TRIED >= 30)); then
		at_least "refused by $FAULTS_TRIED faults" 1 "$FAULTS_REFUSED"
	fi
}

# fault_injection N|Y: allocations that may wait fail too, or not; skips where there is none
fault_injection()
{
	local debug=/sys/kernel/debug/failslab

	[[ -e /proc/thread-self/fail-nth ]] || { skip "no fault injection"; return 1; }
	echo "$1" > $debug/ignore-gfp-wait
	echo 0 > $debug/verbose
}

# object_with TEXT: of a JSON array of flat objects on standard input, the first that holds TEXT.
# bash itself, asked for *TEXT*, takes minutes over the 200 kB that 1,000 sessions are.
object_with()
{
	local found

	found=$(LC_ALL=C grep -oE "[^{}]*$1[^{}]*") && echo "${found%%$'\n'*}"
}

# read_session PROTO SRC SRC_PORT KEY: of this flow's session, in FOUND. The kernel picks it out by
# its port; by the id of an echo it does not.
read_session()
{
	local json

	if [[ $1 == icmp ]]; then
		json=$(ctl -j session show proto "$1" src "$2" |
			LC_ALL=C grep -oE "[^{}]*\"src-port\":$3,[^{}]*")
	else
		json=$(ctl -j session show proto "$1" src "$2:$3")
		[[ $json == *"\"src-port\":$3,"* ]] || return 1
	fi
	[[ ${json%%$'\n'*} =~ \"$4\":\"?([^\",}]*) ]] && FOUND=${BASH_REMATCH[1]}
}

# session PROTO SRC SRC_PORT KEY: of this flow's session
session()
{
	read_session "$@" && echo "$FOUND"
}

# public_port PROTO SRC SRC_PORT: waits for it
public_port()
{
	wait_for 10 read_session "$1" "$2" "$3" port && echo "$FOUND" || echo "no-session"
}

state_is()
{
	read_session "$1" "$2" "$3" state && [[ $FOUND == "$4" ]]
}

generation()
{
	value "$(ctl -j)" generation
}

# read_status KEY: of what natgwctl says, in FOUND
read_status()
{
	[[ $(ctl -j) =~ \"$1\":\"?([^\",}]*) ]] && FOUND=${BASH_REMATCH[1]}
}

# in_table NUMBER: so many sessions, cooling ones included
in_table()
{
	read_status sessions && [[ $FOUND == "$1" ]]
}

# opened NUMBER NS PACKET...: these packets open so many sessions. What was lost on
# the way is sent again: a queue of a slow guest may be full.
opened()
{
	local have tries wanted

	read_status sessions
	have=$FOUND
	wanted=$((have + $1))
	for tries in 1 2 3; do
		send "${@:2}"
		wait_for 5 in_table "$wanted" && return
		note "sent once more ($tries)"
	done
	same "sessions" "$wanted" "$(value "$(ctl -j)" sessions)"
}

# ports_row KEY [FILTER]...: of the fullest row of ports show
ports_row()
{
	value "$(ctl -j ports show "${@:2}" top 1)" "$1"
}

# entry_is_lost PEER: a flow of 10.0.1.2, whose entry conntrack loses; its answer comes and makes no
# other one. Then its session goes.
entry_is_lost()
{
	local port

	send "$cl" 10.0.1.2 "$1" udp 4100 9100
	soon session_count_is 1 src 10.0.1.2 dst "$1":9100
	port=$(session udp 10.0.1.2 4100 port)
	in_ns "$gw" conntrack -F 2>/dev/null
	capture inside "$cl" c0 udp
	send "$net" "$1" 203.0.113.1 udp 9100 "$port"
	soon seen inside 'udp src port 9100'
	capture_end inside
	same "entries" 0 "$(in_ns "$gw" conntrack -L -p udp 2>/dev/null | grep -c 9100)"
	ok ctl session flush
}

# At rest all gauges agree with the table: the last test of what moves many
stats_agree()
{
	soon ctl stats check || note "$(ctl stats check 2>&1)"
}
