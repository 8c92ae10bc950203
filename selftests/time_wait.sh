#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# A client connects again from the same port while its old connection cools. It gets its old
# public port if the far end, in TIME_WAIT, will accept the new SYN; else it does not. The
# pool has a single port, all others are reserved.
#
#   cl 10.0.1.2, 10.0.1.99 (silent) ---- gw ---- net 198.51.100.7:80 (a server
#                      pool 203.0.113.1 port 1024   that closes first), .99 (silent)

. "$(dirname "$0")/lib.sh"

# The server ends each connection, so it is the one to wait
server()
{
	start "$net" python3 -c '
import socket
s = socket.socket()
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
s.bind(("198.51.100.7", 80))
s.listen()
while True:
    c, peer = s.accept()
    c.sendall(b"%s %d" % (peer[0].encode(), peer[1]))
    c.close()'
}

# connect N: one after the other from port 40000; what the server saw of each
connect()
{
	in_ns "$cl" timeout 60 python3 -c '
import errno, socket, sys, time
def connected():
    # the last ACK of the connection before may still be on its way
    for tries in range(100):
        s = socket.socket()
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        s.settimeout(20)
        s.bind(("10.0.1.2", 40000))
        try:
            s.connect(("198.51.100.7", 80))
            return s
        except OSError as e:
            if e.errno != errno.EADDRNOTAVAIL:
                raise
        s.close()
        time.sleep(0.01)
for n in range(int(sys.argv[1])):
    s = connected()
    answer = b""
    while True:
        more = s.recv(100)
        if not more:
            break
        answer += more
    s.close()
    print(answer.decode())' "$1" 2>&1
}

time_wait()
{
	[[ $(in_ns "$net" ss -Htan state time-wait src 198.51.100.7:80 dst 203.0.113.1:1024) ]]
}

reconnects()
{
	local connections=$1 attempted established

	attempted=$(counter attempted)
	established=$(counter established)
	same "first connection" "203.0.113.1 1024" "$(connect 1)"
	soon time_wait
	soon state_is tcp 10.0.1.2 40000 cooling
	same "connections" "$(yes "203.0.113.1 1024" | head -n "$connections")" \
		"$(connect "$connections")"
	soon time_wait
	soon state_is tcp 10.0.1.2 40000 cooling
	never wire 'tcp port 80 and tcp[tcpflags] & tcp-rst != 0'
	# nothing of them was sent twice
	same "SYN" $((connections + 1)) \
		"$(captured wire "tcp dst port 80 and tcp[tcpflags] & (tcp-syn|tcp-ack) == tcp-syn" |
			grep -c 'Flags \[S')"
	same "established since" $((connections + 1)) $(($(counter established) - established))
	same "attempted since" $((connections + 1)) $(($(counter attempted) - attempted))
	ok ctl session flush
	capture_end wire
}

with_timestamps()
{
	capture wire "$net" n0 tcp
	reconnects 10
}

without_timestamps()
{
	sysctl_in "$net" net.ipv4.tcp_timestamps=0
	capture wire "$net" n0 tcp
	reconnects 3
}

# ended DST_PORT [stamp N]: a connection of 4000, closed by both; outside saw
# sequence number 1002 next, and inside 5002
ended()
{
	local port=$1

	shift
	send "$cl" 10.0.1.99 198.51.100.99 tcp 4000 "$port" S seq 1000 "$@"
	soon state_is tcp 10.0.1.99 4000 half-open
	send "$net" 198.51.100.99 203.0.113.1 tcp "$port" 1024 SA seq 5000 ack 1001 "$@"
	send "$cl" 10.0.1.99 198.51.100.99 tcp 4000 "$port" FA seq 1001 ack 5001 "$@"
	send "$net" 198.51.100.99 203.0.113.1 tcp "$port" 1024 FA seq 5001 ack 1002 "$@"
	send "$cl" 10.0.1.99 198.51.100.99 tcp 4000 "$port" A seq 1002 ack 5002 "$@"
	soon state_is tcp 10.0.1.99 4000 cooling
}

# again DST_PORT SYN...: this SYN of the same flow takes the old port
again()
{
	local port=$1

	shift
	send "$cl" 10.0.1.99 198.51.100.99 tcp 4000 "$port" S "$@"
	soon state_is tcp 10.0.1.99 4000 half-open
	same "port" 1024 "$(session tcp 10.0.1.99 4000 port)"
	ok ctl session flush
}

# not_again DST_PORT SYN...: this SYN does not open the port again, and no other port is free
not_again()
{
	local port=$1

	shift
	dropped "$cl" all-cooling 10.0.1.99 198.51.100.99 tcp 4000 "$port" S "$@"
	same "cooling" 1 "$(sessions state cooling)"
	ok ctl session flush
}

sequence_numbers()
{
	ended 81
	not_again 81 seq 1001
	ended 81
	not_again 81 seq 0x80000500
	ended 81
	not_again 81 seq 900
	ended 81
	again 81 seq 1003
	ended 81
	again 81 seq 0x70000000
}

stamps()
{
	ended 82 stamp 5000
	not_again 82 seq 100000 stamp 4999
	ended 82 stamp 5000
	not_again 82 seq 100000 stamp 0x80001400
	ended 82 stamp 5000
	again 82 seq 900 stamp 5001
	ended 82 stamp 0xffffffff
	again 82 seq 900 stamp 1
	# of the same tick, or without a stamp: the number decides
	ended 82 stamp 5000
	again 82 seq 1003 stamp 5000
	ended 82 stamp 5000
	not_again 82 seq 900 stamp 5000
	ended 82 stamp 5000
	again 82 seq 1003
	ended 82 stamp 5000
	not_again 82 seq 900
}

# A SYN that comes too early costs the next one nothing
a_refused_try_spoils_nothing()
{
	ended 82 stamp 5000
	dropped "$cl" all-cooling 10.0.1.99 198.51.100.99 tcp 4000 82 S seq 900 stamp 5000
	again 82 seq 901 stamp 5001
}

# Only what both sides have closed: elsewhere the far end may be anywhere
after_rst_and_idle_not()
{
	send "$cl" 10.0.1.99 198.51.100.99 tcp 4000 83 S seq 1000
	soon state_is tcp 10.0.1.99 4000 half-open
	send "$net" 198.51.100.99 203.0.113.1 tcp 83 1024 SA seq 5000 ack 1001
	send "$cl" 10.0.1.99 198.51.100.99 tcp 4000 83 A seq 1001 ack 5001
	soon state_is tcp 10.0.1.99 4000 established
	send "$cl" 10.0.1.99 198.51.100.99 tcp 4000 83 R seq 1001
	soon state_is tcp 10.0.1.99 4000 cooling
	not_again 83 seq 100000
}

# The port of another host's connection is nobody else's
of_another_host_not()
{
	ended 84
	dropped "$cl" all-cooling 10.0.1.2 198.51.100.99 tcp 4000 84 S seq 100000
	ok ctl session flush
}

tests=(
	with_timestamps without_timestamps sequence_numbers stamps
	a_refused_try_spoils_nothing after_rst_and_idle_not of_another_host_not stats_agree
)

standard_topology
silent_hosts
standard_gateway
ok ctl address set 203.0.113.1 reserve 1025-65535
server
soon listening "$net" tcp 80
run "$@"
