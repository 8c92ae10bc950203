#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The route of running flows moves to another uplink that their public address does not
# serve. UDP and ICMP go on at once from an address of the new uplink, a TCP connection is
# reset. No packet leaves by an uplink that its public address does not serve.
#
#   cl 10.0.1.2 ---- in0 gw up0 192.0.2.1 ---- n0 net .7   203.0.113.1 by up0
#      10.0.1.99            up1 192.0.3.1 ---- n1     .8   203.0.113.2 by up1
#   cl2 10.0.2.2 --- in1

. "$(dirname "$0")/lib.sh"

to_first()
{
	ip -n "$gw" route replace default via 192.0.2.2
}

to_second()
{
	ip -n "$gw" route replace default via 192.0.3.2
}

# addresses_of PROTO SRC_PORT: of this flow's sessions, with their states
addresses_of()
{
	local row found=()

	while read -r row; do
		[[ $row != *"\"src-port\":$2,"* ]] || found+=("$(value "$row" address) $(value "$row" state)")
	done < <(ctl -j session show proto "$1" src 10.0.1.2 | tr '}' '\n')
	((${#found[@]} == 0)) || row=$(printf '%s\n' "${found[@]}" | sort)
	echo "${row//$'\n'/, }"
}

addresses_are()
{
	[[ $(addresses_of "$1" "$2") == "$3" ]]
}

udp_goes_on_at_once()
{
	local attempted

	send "$cl" 10.0.1.2 198.51.100.7 udp 4000 9000
	soon seen first 'src host 203.0.113.1 and udp dst port 9000'
	attempted=$(counter attempted)
	to_second
	send "$cl" 10.0.1.2 198.51.100.7 udp 4000 9000
	soon seen second 'src host 203.0.113.2 and udp dst port 9000'
	soon addresses_are udp 4000 "203.0.113.1 cooling, 203.0.113.2 established"
	same "drops" 0 "$(drops uplink)"
	same "flows tried" $((attempted + 1)) "$(counter attempted)"
}

# What still comes to the address that was left is not let in
answers_come_to_the_new_address()
{
	local old new

	old=$(value "$(ctl -j session show state cooling proto udp)" port)
	new=$(value "$(ctl -j session show state established proto udp)" port)
	capture inside "$cl" c0 udp
	send "$net" 198.51.100.7 203.0.113.2 udp 9000 "$new"
	soon seen inside 'src host 198.51.100.7 and udp dst port 4000'
	dropped "$net" cooling 198.51.100.7 203.0.113.1 udp 9000 "$old"
	capture_end inside
}

and_comes_back()
{
	local old new

	old=$(value "$(ctl -j session show state cooling proto udp)" port)
	to_first
	send "$cl" 10.0.1.2 198.51.100.7 udp 4000 9000
	soon addresses_are udp 4000 \
		"203.0.113.1 cooling, 203.0.113.1 established, 203.0.113.2 cooling"
	new=$(value "$(ctl -j session show state established proto udp)" port)
	refused test "$old" == "$new"
}

ping_goes_on_at_once()
{
	send "$cl" 10.0.1.2 198.51.100.7 echo 4 1
	soon seen first 'src host 203.0.113.1 and icmp[icmptype] == icmp-echo'
	to_second
	send "$cl" 10.0.1.2 198.51.100.7 echo 4 2
	soon seen second 'src host 203.0.113.2 and icmp[icmptype] == icmp-echo'
	to_first
}

# established SRC_PORT: a connection of a host that answers nothing itself
established()
{
	local public

	send "$cl" 10.0.1.99 198.51.100.99 tcp "$1" 80 S seq 1000
	public=$(public_port tcp 10.0.1.99 "$1")
	send "$net" 198.51.100.99 203.0.113.1 tcp 80 "$public" SA seq 5000 ack 1001
	send "$cl" 10.0.1.99 198.51.100.99 tcp "$1" 80 A seq 1001 ack 5001
	soon state_is tcp 10.0.1.99 "$1" established
}

connection_is_reset()
{
	established 4001
	capture told "$cl" c0 'tcp[tcpflags] & tcp-rst != 0'
	to_second
	match "explain" uplink \
		"$(ctl -j explain src 10.0.1.99:4001 dst 198.51.100.99:80 proto tcp)"
	dropped "$cl" uplink 10.0.1.99 198.51.100.99 tcp 4001 80 A seq 1001 ack 5001
	soon seen told 'src host 198.51.100.99 and src port 80 and dst port 4001 and tcp[4:4] == 5001'
	soon state_is tcp 10.0.1.99 4001 cooling
	# the first may have been lost
	dropped "$cl" uplink 10.0.1.99 198.51.100.99 tcp 4001 80 A seq 1001 ack 5002
	soon seen told 'dst port 4001 and tcp[4:4] == 5002'
	send "$cl" 10.0.1.99 198.51.100.99 tcp 4001 80 S seq 9000
	soon seen second 'src host 203.0.113.2 and tcp[tcpflags] == tcp-syn'
	capture_end told
	to_first
}

# Nor does a segment that another host forges move or end it
forged_segment_resets_nothing()
{
	established 4008
	to_second
	dropped "$cl2" spoofed-source 10.0.1.99 198.51.100.99 tcp 4008 80 A seq 1001 ack 5001
	to_first
	send "$cl" 10.0.1.99 198.51.100.99 tcp 4008 80 PA seq 1001 ack 5001 size 10
	soon seen first 'src host 203.0.113.1 and tcp dst port 80 and tcp[tcpflags] & tcp-push != 0'
	same "state" established "$(session tcp 10.0.1.99 4008 state)"
}

# Nobody has answered: the next SYN is as good as the first
unanswered_connection_goes_on()
{
	send "$cl" 10.0.1.99 198.51.100.99 tcp 4002 80 S seq 1000
	soon state_is tcp 10.0.1.99 4002 half-open
	to_second
	send "$cl" 10.0.1.99 198.51.100.99 tcp 4002 81 S seq 1000
	send "$cl" 10.0.1.99 198.51.100.99 tcp 4002 80 S seq 1000
	soon seen second 'src host 203.0.113.2 and tcp dst port 80 and tcp[4:4] == 1000'
	to_first
}

# What the host has to say about an answer that nobody waits for any more
error_stays()
{
	local public

	send "$cl" 10.0.1.2 198.51.100.7 udp 4003 9003
	public=$(public_port udp 10.0.1.2 4003)
	to_second
	dropped "$net" uplink 198.51.100.7 203.0.113.1 udp 9003 "$public"
	same "last source" 10.0.1.2 "$(last_source uplink)"
	to_first
}

# Without an address for the new way the session waits, and a new flow is refused
no_address_for_it()
{
	local public

	ok ctl address set 203.0.113.2 uplink in0
	send "$cl" 10.0.1.2 198.51.100.7 udp 4004 9004
	public=$(public_port udp 10.0.1.2 4004)
	to_second
	dropped "$cl" uplink 10.0.1.2 198.51.100.7 udp 4004 9004
	dropped "$cl" uplink 10.0.1.2 198.51.100.7 udp 4005 9004
	match "bare call" 'gateway gw1 refused flows: uplink \([0-9]+ packets, last from 10\.0\.1\.2 .* ago\): natgwctl address show' \
		"$(ctl)"
	match "stats explain" 'the gateway has addresses, but none that may leave by the device of the route' \
		"$(ctl stats explain uplink)"
	to_first
	send "$cl" 10.0.1.2 198.51.100.7 udp 4004 9005
	soon seen first 'udp dst port 9005'
	send "$cl" 10.0.1.2 198.51.100.7 udp 4004 9004
	soon seen first "src host 203.0.113.1 and src port $public and udp dst port 9004"
	ok ctl address set 203.0.113.2 uplink up1
}

# Nor does it move to an address that is being drained
address_for_it_drains()
{
	ok ctl address set 203.0.113.2 drain 1h
	send "$cl" 10.0.1.2 198.51.100.7 udp 4006 9006
	soon session udp 10.0.1.2 4006 port
	to_second
	dropped "$cl" draining 10.0.1.2 198.51.100.7 udp 4006 9006
	ok ctl address set 203.0.113.2 drain off
	send "$cl" 10.0.1.2 198.51.100.7 udp 4006 9006
	soon seen second 'src host 203.0.113.2 and udp dst port 9006'
	to_first
}

# A change of the key is like one of the route
address_gets_another_uplink()
{
	send "$cl" 10.0.1.2 198.51.100.7 udp 4007 9007
	soon addresses_are udp 4007 "203.0.113.1 established"
	ok ctl address set 203.0.113.1 uplink up1
	ok ctl address set 203.0.113.2 uplink up0
	send "$cl" 10.0.1.2 198.51.100.7 udp 4007 9007
	soon addresses_are udp 4007 "203.0.113.1 cooling, 203.0.113.2 established"
	soon seen first 'src host 203.0.113.2 and udp dst port 9007'
}

nothing_by_the_wrong_uplink()
{
	capture_end first
	capture_end second
	never first 'src host 203.0.113.2 and not udp dst port 9007'
	never second src host 203.0.113.1
	never first src net 10.0.0.0/8
	never second src net 10.0.0.0/8
}

tests=(
	udp_goes_on_at_once answers_come_to_the_new_address and_comes_back
	ping_goes_on_at_once connection_is_reset forged_segment_resets_nothing
	unanswered_connection_goes_on error_stays no_address_for_it address_for_it_drains
	address_gets_another_uplink nothing_by_the_wrong_uplink stats_agree
)

standard_topology
silent_hosts
ns cl2
link "$cl2" d0 10.0.2.2/24 "$gw" in1 10.0.2.1/24
ip -n "$cl2" route add default via 10.0.2.1
link "$gw" up1 192.0.3.1/24 "$net" n1 192.0.3.2/24
ok ctl gateway add gw1
ok ctl address add 203.0.113.1 gateway gw1 uplink up0
ok ctl address add 203.0.113.2 gateway gw1 uplink up1
ok ctl subnet add web prefix 10.0.1.0/24 gateway gw1
capture first "$net" n0 ip
capture second "$net" n1 ip
run "$@"
