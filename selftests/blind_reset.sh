#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# An attacker outside knows the addresses and ports of a connection but sees none of its
# packets (RFC 5961). With a RST or FIN outside the window he does nothing; what one inside
# the window does, the inside host undoes. And a new connection from the same port gets new
# windows.
#
#   cl 10.0.1.2, .99 (silent) ---- in0 gw up0 ---- net 198.51.100.7, .99 (silent)
#                                pool 203.0.113.1      sends as the server

. "$(dirname "$0")/lib.sh"

OUT="10.0.1.99 198.51.100.99 tcp"	# PORT 80 FLAGS...
IN="198.51.100.99 203.0.113.1 tcp 80"	# PORT FLAGS...

# --- a connection by hand ----------------------------------------------------

# out PORT FLAGS [PACKET]...: from the client, seen by the server
out()
{
	# shellcheck disable=SC2086
	send "$cl" $OUT "$1" 80 "${@:2}"
}

# in_ PORT FLAGS [PACKET]...: from the server, or in its name
in_()
{
	# shellcheck disable=SC2086
	send "$net" $IN "${public[$1]}" "${@:2}"
}

state_soon()
{
	soon state_is tcp 10.0.1.99 "$1" "$2" ||
		note "$1 is $(session tcp 10.0.1.99 "$1" state)"
}

# Packets of one direction keep their order: when this one has come out on the
# other side, all before it have been seen by the gateway
seen_from_outside()
{
	send "$net" 198.51.100.99 203.0.113.1 udp 9000 "$marker_port" size $((++marks))
	soon seen inside "udp src port 9000 and udp[4:2] = $((marks + 8))"
}

seen_from_inside()
{
	send "$cl" 10.0.1.99 198.51.100.99 udp 4999 9000 size $((++marks))
	soon seen outside "udp dst port 9000 and udp[4:2] = $((marks + 8))"
}

# still PORT STATE WHAT: after all packets from outside have been seen
still()
{
	seen_from_outside
	same "$3" "$2" "$(session tcp 10.0.1.99 "$1" state)"
}

quiet_is()
{
	(($(session tcp "$1" "$2" idle) >= 1))
}

# quiet PORT [ADDR]: no segment came for a second. Then a RST beside the next number counts,
# and an ACK that was delayed is in the capture.
quiet()
{
	wait_for 10 quiet_is "${2-10.0.1.99}" "$1" || fail "$1 is not idle"
}

# half_open PORT [OPTION]...: the client's numbers begin at 1000
half_open()
{
	out "$1" S seq 1000 "${@:2}"
	public[$1]=$(public_port tcp 10.0.1.99 "$1")
}

# connection PORT: established; the server's next number is 5001, the client's 1001
connection()
{
	half_open "$1"
	in_ "$1" SA seq 5000 ack 1001
	state_soon "$1" established
	out "$1" A seq 1001 ack 5001
	seen_from_inside
}

# --- with hosts that answer --------------------------------------------------

# A server that sends back each line, and a client that asks when told
real_connection()
{
	start "$net" python3 -uc '
import socketserver
class Back(socketserver.StreamRequestHandler):
    def handle(self):
        for line in self.rfile:
            self.wfile.write(line)
socketserver.TCPServer.allow_reuse_address = True
socketserver.TCPServer(("198.51.100.7", 7), Back).serve_forever()'
	soon listening "$net" tcp 7
	mkfifo "$TMP/ask"
	start_to "$TMP/answers" "$cl" python3 -uc '
import socket, sys
s = socket.create_connection(("198.51.100.7", 7), 30, ("10.0.1.2", 4100))
s.settimeout(30)
f = s.makefile("rw")
for line in open(sys.argv[1]):
    f.write(line)
    f.flush()
    print(f.readline().strip() or "end")
s.close()' "$TMP/ask"
	exec {ask}>"$TMP/ask"
}

asks()
{
	echo "$1" >&"$ask"
	wait_for 40 grep -qx "$1" "$TMP/answers" || fail "no answer: $(cat "$TMP/answers")"
}

# number_next: what the client expects of the server, from the client's last ACK
number_next()
{
	tcpdump -Svnnr "$TMP/outside.pcap" 'src host 203.0.113.1 and dst port 7' 2>/dev/null |
		sed -n 's/.* ack \([0-9]*\),.*/\1/p' | tail -n 1
}

# forged OFFSET...: RSTs in the server's name, so far from the number that is next
forged()
{
	local next offset

	next=$(number_next)
	for offset; do
		send "$net" 198.51.100.7 203.0.113.1 tcp 7 "$real_public" R \
			seq $((next + offset & 0xffffffff))
	done
}

# cool_down_passes: a connection that ended now has gone
cool_down_passes()
{
	connection 4900
	in_ 4900 R seq 5001
	wait_for 30 session_count_is 0 src 10.0.1.99 proto tcp || fail "not gone: $(ctl session show)"
}

# Data is idle while the RST comes; the client answers with a challenge ACK
forged_reset_costs_nothing()
{
	real_connection
	asks one
	real_public=$(public_port tcp 10.0.1.2 4100)
	quiet 4100 10.0.1.2
	forged 5000 20000 -1000 10000
	soon seen inside 'tcp src port 7 and tcp[13] = 4'
	seen_from_outside
	soon state_is tcp 10.0.1.2 4100 established
	cool_down_passes
	asks two
	same "port" "$real_public" "$(session tcp 10.0.1.2 4100 port)"
}

# Where the client believes it, too
exact_reset_ends()
{
	quiet 4100 10.0.1.2
	forged 0
	soon state_is tcp 10.0.1.2 4100 cooling
	cool_down_passes
	soon session_count_is 0 src 10.0.1.2
	exec {ask}>&-
}

# --- by hand -----------------------------------------------------------------

silence_means_it_was_believed()
{
	connection 4000
	quiet 4000
	in_ 4000 R seq 6001
	state_soon 4000 closing
	# not before its time, and then as after any close
	state_soon 4000 cooling
	soon session_count_is 0 src 10.0.1.99 proto tcp
}

host_that_goes_on_undoes_it()
{
	connection 4001
	quiet 4001
	in_ 4001 R seq 6001
	state_soon 4001 closing
	out 4001 A seq 1001 ack 5001
	state_soon 4001 established
	# beside the window it is nobody's
	quiet 4001
	in_ 4001 R seq 6002
	state_soon 4001 closing
	out 4001 A seq 90000000 ack 5001
	seen_from_inside
	same "after a stray segment" closing "$(session tcp 10.0.1.99 4001 state)"
	out 4001 PA seq 1001 ack 5001 size 10
	state_soon 4001 established
}

# A host that has just sent a challenge ACK sends no other for 500 ms: an attacker sends two
silence_means_nothing_soon_after()
{
	connection 4014
	quiet 4014
	in_ 4014 R seq 6001
	state_soon 4014 closing
	out 4014 A seq 1001 ack 5001
	in_ 4014 R seq 6002
	still 4014 established "a RST behind the challenge ACK"
}

# What answers a segment bears the number that was acknowledged, whatever is under way
acknowledged_number_ends()
{
	connection 4002
	in_ 4002 A seq 5001 ack 1001 size 1000
	in_ 4002 A seq 6001 ack 1001 size 1000
	still 4002 established "with data under way"
	in_ 4002 R seq 5001
	state_soon 4002 cooling
}

beside_the_window_nothing_happens()
{
	connection 4003
	in_ 4003 R seq 100000
	in_ 4003 RA seq 4294900000 ack 1001
	in_ 4003 FA seq 100000 ack 1001
	in_ 4003 FA seq 4294900000 ack 1001
	# in it, but of somebody who does not know what the client has sent
	in_ 4003 FA seq 5001 ack 90000000
	in_ 4003 F seq 5001
	still 4003 established "after RST and FIN beside the window"
	in_ 4003 FA seq 5001 ack 1001
	state_soon 4003 closing
}

inside_host_may_reset()
{
	connection 4004
	out 4004 R seq 90000000
	seen_from_inside
	same "after a stray RST" established "$(session tcp 10.0.1.99 4004 state)"
	out 4004 R seq 1101
	state_soon 4004 cooling
}

# The window of a SYN is not scaled, nor any where but one has offered it
scale_counts_if_both_offer_it()
{
	half_open 4005 window 64000 scale 7
	in_ 4005 SA seq 5000 ack 1001
	state_soon 4005 established
	out 4005 A seq 1001 ack 5001 window 8192
	seen_from_inside
	in_ 4005 R seq 105001
	still 4005 established "RST 100,000 off, window 8,192"
	quiet 4005
	in_ 4005 R seq 12001
	state_soon 4005 closing

	half_open 4006 window 64000 scale 7
	in_ 4006 SA seq 5000 ack 1001 window 64000 scale 7
	state_soon 4006 established
	in_ 4006 R seq 1005001
	still 4006 established "RST 1,000,000 off, window of the SYN 64,000"
	out 4006 A seq 1001 ack 5001 window 8192
	seen_from_inside
	in_ 4006 R seq 2005001
	still 4006 established "RST 2,000,000 off, window 8,192 << 7"
	quiet 4006
	in_ 4006 R seq 1005001
	state_soon 4006 closing
}

# both_close PORT CLIENT SERVER: from these numbers on
both_close()
{
	out "$1" FA seq "$2" ack "$3"
	state_soon "$1" closing
	in_ "$1" FA seq "$3" ack $(($2 + 1))
	state_soon "$1" cooling
}

# RFC 5961 section 4: the far end knows an older connection still
challenge_ack_is_no_answer()
{
	half_open 4007
	in_ 4007 A seq 90000000 ack 80000000
	in_ 4007 SA seq 90000000 ack 80000000
	in_ 4007 RA seq 90000000 ack 80000000
	still 4007 half-open "after a challenge ACK"
	out 4007 R seq 80000000
	out 4007 S seq 1000
	seen_from_inside
	in_ 4007 SA seq 5000 ack 1001
	state_soon 4007 established
	out 4007 A seq 1001 ack 5001
	both_close 4007 1001 5001
}

# The client has forgotten its connection and begins another from the same port
new_connection_has_new_windows()
{
	connection 4008
	out 4008 S seq 700000000 window 64000 scale 7
	seen_from_inside
	# the answer to the old one, and what the client says to that
	in_ 4008 A seq 5001 ack 1001
	out 4008 R seq 1001
	seen_from_inside
	still 4008 established "between the two"
	out 4008 S seq 700000000 window 64000 scale 7
	seen_from_inside
	in_ 4008 SA seq 300000000 ack 700000001
	seen_from_outside
	out 4008 A seq 700000001 ack 300000001
	both_close 4008 700000001 300000001
	same "sessions of it" 1 "$(ctl -j session show src 10.0.1.99 proto tcp |
		grep -o '"src-port":4008,' | wc -l)"
}

# A SYN that is late changes nothing
duplicate_syn_changes_nothing()
{
	connection 4009
	out 4009 PA seq 1001 ack 5001 size 1000
	out 4009 S seq 1000
	out 4009 PA seq 2001 ack 5001 size 1000
	seen_from_inside
	same "after it" established "$(session tcp 10.0.1.99 4009 state)"
	quiet 4009
	in_ 4009 R seq 6001
	state_soon 4009 closing
	out 4009 A seq 3001 ack 5001
	state_soon 4009 established
	both_close 4009 3001 5001
}

# A client that gave up begins again while its first try cools
second_try_has_its_own_number()
{
	ok ctl gateway set gw1 half-open-timeout 1s
	half_open 4010
	state_soon 4010 cooling
	ok ctl gateway set gw1 half-open-timeout 30s
	out 4010 S seq 600000000
	state_soon 4010 half-open
	in_ 4010 SA seq 5000 ack 600000001
	state_soon 4010 established
	out 4010 A seq 600000001 ack 5001
	both_close 4010 600000001 5001
}

# The SYN may carry data that the answer acknowledges, or does not (RFC 7413)
data_in_the_syn()
{
	half_open 4011 size 100
	in_ 4011 SA seq 5000 ack 1101
	state_soon 4011 established
	half_open 4012 size 100
	in_ 4012 SA seq 5000 ack 1001
	state_soon 4012 established
	half_open 4013 size 100
	in_ 4013 RA seq 0 ack 1001
	state_soon 4013 cooling
}


by_hand=(
	silence_means_it_was_believed host_that_goes_on_undoes_it
	silence_means_nothing_soon_after acknowledged_number_ends
	beside_the_window_nothing_happens inside_host_may_reset scale_counts_if_both_offer_it
	challenge_ack_is_no_answer new_connection_has_new_windows duplicate_syn_changes_nothing
	second_try_has_its_own_number data_in_the_syn
)
tests=(forged_reset_costs_nothing exact_reset_ends "${by_hand[@]}" stats_agree)

declare -A public=()
marks=0
standard_topology
silent_hosts
standard_gateway profile custom idle-timeout 1h udp-timeout 1h closing-timeout 6s \
	cooldown-rst 2s cooldown-fin 2s cooldown-half-open 20s
capture inside "$cl" c0 tcp or udp
capture outside "$net" n0 tcp or udp
send "$cl" 10.0.1.99 198.51.100.99 udp 4999 9000
marker_port=$(public_port udp 10.0.1.99 4999)
run "$@"
