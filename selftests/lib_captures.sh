# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Captures of packets by tcpdump, and looking through them. Sourced by lib.sh.

# capture NAME NS DEV [FILTER]...: starts one
capture()
{
	local name=$1 netns=$2 dev=$3

	shift 3
	[[ $SIFT_OWNER ]] || sift_begin
	rm -f "$TMP/$name.pcap" "$TMP/$name.err"
	"$HERE/netns_exec" "/run/netns/$netns" tcpdump -Z root -B 8192 -U --immediate-mode -nni "$dev" \
		-w "$TMP/$name.pcap" "$@" 2>"$TMP/$name.err" >/dev/null </dev/null &
	jobs_started+=($!)
	printf -v "capture_$name" '%s' $!
	wait_for 20 has "$TMP/$name.err" 'listening on' ||
		fail "no capture on $dev: $(cat "$TMP/$name.err")"
}

# captured NAME [FILTER]...: the packets so far, checksums judged
captured()
{
	tcpdump -vvnnr "$TMP/$1.pcap" "${@:2}" 2>/dev/null
}

# The program that looks through captures, started once. Its answers are for the shell that started
# it: a subshell's question could come between question and answer of another one.
SIFT_OWNER=

sift_begin()
{
	exec {SIFT_IN}<> <(:) {SIFT_OUT}<> <(:)
	"$HERE/sift" <&"$SIFT_IN" >&"$SIFT_OUT" &
	# not one of jobs_started: a test may stop all of these and go on
	SIFT_PID=$!
	SIFT_OWNER=$BASHPID
}

# seen NAME FILTER...: a packet like this was captured
seen()
{
	local answer

	if [[ $SIFT_OWNER != "$BASHPID" ]]; then
		[[ $(tcpdump -c 1 -nnr "$TMP/$1.pcap" "${@:2}" 2>/dev/null) ]]
		return
	fi
	printf '%s\t%s\n' "$TMP/$1.pcap" "${*:2}" >&"$SIFT_IN"
	read -r -t 60 -u "$SIFT_OUT" answer
	[[ $answer == [01] ]] || fail "${*:2}: ${answer:-no answer}"
	[[ $answer == 1 ]]
}

# first_seen NAME FILTER...: when the first such packet was captured, tenths of a second
first_seen()
{
	tcpdump -c 1 -ttnnr "$TMP/$1.pcap" "${@:2}" 2>/dev/null | awk '{ printf "%.0f\n", int($1 * 10) }'
}

# waits_for_more PID: a capture that has written all that came, or has ended by itself
waits_for_more()
{
	[[ ! -e /proc/$1 || $(< "/proc/$1/stat") == *") "[SZ]* ]]
}

# capture_end NAME: what it has not read when it is stopped would be lost
capture_end()
{
	local pid=capture_$1

	wait_for 10 waits_for_more "${!pid}"
	stop "${!pid}"
}

# never NAME FILTER...: no packet like this was captured
never()
{
	local got

	seen "$@" || return 0
	got=$(tcpdump -c 2 -vvnnr "$TMP/$1.pcap" "${@:2}" 2>/dev/null)
	fail "packets seen that must not be: ${*:2}"
	note "$got"
}
