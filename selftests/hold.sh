#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The module's parameter hold: from load to the first configuration no private source gets to
# the Internet through the initial namespace. Others are not held, nor is what goes elsewhere.
#
#   cl 10.0.1.2, 10.0.3.2 ---- gw (initial namespace) ---- net 198.51.100.7, 10.8.0.0/16
#                              gw2 10.0.2.1 (another) ----

. "$(dirname "$0")/lib.sh"

# loaded [PARAMETER]...: anew
loaded()
{
	modprobe -r natgw 2>/dev/null || rmmod natgw
	modprobe natgw "$@" 2>/dev/null || insmod "$HERE/../kmod/natgw.ko" "$@"
}

port=9000

# passes NS SRC DST [SEEN]: on the wire, with this source
passes()
{
	port=$((port + 1))
	send "$1" "$2" "$3" udp 4000 "$port"
	soon seen wire "udp dst port $port and src host ${4-$2}"
}

# held SRC
held()
{
	port=$((port + 1))
	dropped "$cl" hold "$1" 198.51.100.7 udp 4000 "$port"
	never wire udp dst port "$port"
}

private_sources_are_held()
{
	ok loaded hold=1
	held 10.0.1.2
	held 100.64.0.9
	same "last source" 100.64.0.9 "$(last_source hold)"
	excuse 10.0.1.2		# to private space
	passes "$cl" 10.0.1.2 10.8.0.1
	passes "$cl" 198.18.0.1 198.51.100.7
	excuse 10.0.1.1		# the router's own
	passes "$gw" 10.0.1.1 198.51.100.7
	match "bare call" 'held back before the first configuration .2 packets dropped, last from 100' "$(ctl)"
}

other_namespaces_are_not()
{
	ns gw2
	link "$gw2" up0 192.0.2.9/29 "$net" n1 192.0.2.10/29
	ip -n "$gw2" -batch - <<-EOT
		link add in0 type veth peer name c1 netns $cl
		addr add 10.0.2.1/24 dev in0
		link set in0 up
		route add 198.51.100.0/24 via 192.0.2.10
	EOT
	ip -n "$cl" -batch - <<-EOT
		addr add 10.0.2.2/24 dev c1
		link set c1 up
		route add 198.51.100.8 via 10.0.2.1
	EOT
	forwarding "$gw2"
	excuse 10.0.2.2		# nobody translates it, and nobody holds it
	passes "$cl" 10.0.2.2 198.51.100.8
}

# What does not take effect, or elsewhere, ends nothing
until_a_change_succeeds()
{
	echo 'gateway add gw1' > "$TMP/config"
	exits 4 ctl check -f "$TMP/config"
	refused ctl subnet add web prefix 10.0.1.0/24 gateway none-such
	refused batch <<-EOT
		gateway add gw1
		subnet add web prefix 10.0.1.0/24 gateway none-such
	EOT
	ok natgwctl -n "$cl" gateway add gw1
	held 10.0.1.2
	# with nothing configured there is no hook that could stand behind it
	ok ctl reset
	held 10.0.1.2
}

first_change_ends_it()
{
	local before

	before=$(drops hold)
	standard_gateway
	passes "$cl" 10.0.1.2 198.51.100.7 203.0.113.1
	excuse 10.0.3.2		# in no subnet
	passes "$cl" 10.0.3.2 198.51.100.7
	# once only
	ok ctl reset
	excuse 10.0.1.2
	passes "$cl" 10.0.1.2 198.51.100.7
	same "held" 0 "$(drops hold)"
}

# The hook goes with the module, and is not there unless asked for
module_goes_while_it_holds()
{
	ok loaded hold=1
	held 10.0.1.2
	ok loaded
	excuse 10.0.1.2
	passes "$cl" 10.0.1.2 198.51.100.7
	same "held" 0 "$(drops hold)"
}

tests=(private_sources_are_held other_namespaces_are_not until_a_change_succeeds
	first_change_ends_it module_goes_while_it_holds)

[[ $(cat /sys/module/natgw/refcnt) == 0 ]] || skip_all "natgw is in use"

ns cl net
gw=gw-$$
ip netns attach "$gw" $$ || skip_all "the initial namespace has no name"
namespaces+=("$gw")
forwarded=$(< /proc/sys/net/ipv4/ip_forward)
trap 'echo "$forwarded" > /proc/sys/net/ipv4/ip_forward; clean_up' EXIT
link "$cl" c0 10.0.1.2/24 "$gw" in0 10.0.1.1/24
link "$gw" up0 192.0.2.1/29 "$net" n0 192.0.2.2/29
ip -n "$cl" -batch - <<-EOT
	addr add 10.0.3.2/24 dev c0
	route add default via 10.0.1.1
EOT
# by the device alone: the machine's own routes stay as they are
ip -n "$gw" -batch - <<-EOT
	route add 10.0.3.0/24 dev in0
	route add 198.51.100.0/24 via 192.0.2.2
	route add 10.8.0.0/16 via 192.0.2.2
EOT
ip -n "$net" -batch - <<-EOT
	addr add 198.51.100.7/32 dev lo
	addr add 198.51.100.8/32 dev lo
	route add 203.0.113.0/24 via 192.0.2.1
EOT
forwarding "$gw"
capture wire "$net" any udp
run "$@"
