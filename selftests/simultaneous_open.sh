#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# TCP simultaneous open (RFC 9293 section 3.5, RFC 5382 REQ-2): the SYN of both
# sides cross, and the connection comes about. The pool has a single port, all others are
# reserved, so the far end knows where to connect to.
#
#   cl 10.0.1.2, .99 (silent) ---- in0 gw up0 ---- net 198.51.100.7, .99 (silent)
#                  pool 203.0.113.1 port 1024

. "$(dirname "$0")/lib.sh"

segments_cross()
{
	send "$cl" 10.0.1.99 198.51.100.99 tcp 4000 80 S seq 1000
	soon state_is tcp 10.0.1.99 4000 half-open
	send "$net" 198.51.100.99 203.0.113.1 tcp 80 1024 S seq 5000
	soon seen inside 'tcp dst port 4000 and tcp[13] = 2'
	same "after both SYN" half-open "$(session tcp 10.0.1.99 4000 state)"
	send "$cl" 10.0.1.99 198.51.100.99 tcp 4000 80 SA seq 1000 ack 5001
	soon seen outside 'tcp dst port 80 and src port 1024 and tcp[13] = 18'
	send "$net" 198.51.100.99 203.0.113.1 tcp 80 1024 SA seq 5000 ack 1001
	soon seen inside 'tcp dst port 4000 and tcp[13] = 18'
	soon state_is tcp 10.0.1.99 4000 established
	send "$cl" 10.0.1.99 198.51.100.99 tcp 4000 80 PA seq 1001 ack 5001 size 11
	send "$net" 198.51.100.99 203.0.113.1 tcp 80 1024 PA seq 5001 ack 1001 size 12
	soon seen outside 'tcp dst port 80 and src port 1024 and len = 65'
	soon seen inside 'tcp dst port 4000 and len = 66'
	same "sessions" 1 "$(sessions)"
	ok ctl session flush
}

# Both ends Linux. The far one connects first: its SYN finds no session and is
# dropped, without an answer that would end the attempt; it is in SYN-SENT when
# the near one's comes.
real_sockets()
{
	local peer='
import socket, sys
mine, port, theirs, to, say = sys.argv[1:6]
s = socket.socket()
s.bind((mine, int(port)))
s.settimeout(30)
s.connect((theirs, int(to)))
s.sendall(say.encode())
heard = b""
while len(heard) < 5:
    more = s.recv(5)
    if not more:
        break
    heard += more
print(heard.decode(), flush=True)
s.close()'

	start_to "$TMP/far" "$net" python3 -c "$peer" 198.51.100.7 9100 203.0.113.1 1024 right
	soon seen outside 'src port 9100 and tcp[13] & 2 != 0'
	start_to "$TMP/near" "$cl" python3 -c "$peer" 10.0.1.2 40000 198.51.100.7 9100 wrong
	wait_for 20 grep -q . "$TMP/near" || fail "near end: $(cat "$TMP/near")"
	wait_for 20 grep -q . "$TMP/far" || fail "far end: $(cat "$TMP/far")"
	same "heard inside" right "$(cat "$TMP/near")"
	same "heard outside" wrong "$(cat "$TMP/far")"
	never outside 'port 9100 and tcp[tcpflags] & tcp-rst != 0'
}

tests=(segments_cross real_sockets stats_agree)

standard_topology
silent_hosts
standard_gateway
ok ctl address set 203.0.113.1 reserve 1025-65535
capture inside "$cl" c0 tcp
capture outside "$net" n0 tcp
run "$@"
