#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# A shared address is the router's own too: the ports that the router's sockets
# may get, and those reserved, stay out of the pool and go to the stack.
#
#   cl 10.0.1.2, .3 ---- in0 gw up0 192.0.2.1/24 ---- n0 net 198.51.100.7, .8
#                            lo 203.0.113.1, shared

. "$(dirname "$0")/lib.sh"

# one way to ask a server for what it sees: ask NS PROTO SRC DST PORT
ask()
{
	in_ns "$1" "$HERE/flows" client "$2" "$3" "$4" "$5" 2>&1
}

ports()
{
	value "$(ctl -j address show 203.0.113.1)" ports
}

ports_are()
{
	[[ $(ports) == "$1" ]]
}

# 1024-65535 without 32768-60999, 5000-5009, 8080 and 8443
ports_are_counted()
{
	same "ports" $((64512 - 28232 - 10 - 2)) "$(ports)"
	ok ctl address set 203.0.113.1 reserve none
	same "nothing reserved" $((64512 - 28232 - 10)) "$(ports)"
	# below the pool, or out of it anyhow
	ok ctl address set 203.0.113.1 reserve 80,443,5001,40000-40010
	same "reserved twice" $((64512 - 28232 - 10)) "$(ports)"
	ok ctl address set 203.0.113.2 reserve 80,443,5001,40000-40010
	same "not shared" $((64512 - 1 - 11)) "$(value "$(ctl -j address show 203.0.113.2)" ports)"
	ok ctl address set 203.0.113.2 reserve none
	ok ctl address set 203.0.113.1 shared on reserve 8080,8443,9000
	same "reserve" "8080,8443,9000" "$(ctl -j address show 203.0.113.1 | jq -r '.[0].reserve')"
	same "of another" 64512 "$(value "$(ctl -j address show 203.0.113.2)" ports)"
}

# The router's settings are followed
sysctls_are_followed()
{
	sysctl_in "$gw" net.ipv4.ip_local_port_range="40000 49999" \
		net.ipv4.ip_local_reserved_ports=5000-5004,6000
	soon ports_are $((64512 - 10000 - 6 - 3))
	sysctl_in "$gw" net.ipv4.ip_local_port_range="32768 60999" \
		net.ipv4.ip_local_reserved_ports=5000-5009
	soon ports_are $((64512 - 28232 - 10 - 3))
}

# From outside to the router's own servers
listeners_answer()
{
	match "udp" 'answered 1 .* last 198.51.100.7 ' \
		"$(ask "$net" udp 198.51.100.7 203.0.113.1 8080)"
	match "tcp" 'answered 1 .* last 198.51.100.7 ' \
		"$(ask "$net" tcp 198.51.100.7 203.0.113.1 8080)"
	# no listener: the stack says so
	match "tcp, no listener" refused "$(ask "$net" tcp 198.51.100.7 203.0.113.1 8443)"
	ok in_ns "$net" ping -qc 1 -W 5 -I 198.51.100.7 203.0.113.1
	same "sessions" 0 "$(sessions)"
}

# From the router, with the shared address
router_connects_out()
{
	match "udp" 'answered 1 .* last 203.0.113.1 ' \
		"$(ask "$gw" udp 203.0.113.1 198.51.100.7 9000)"
	match "tcp" 'answered 1 .* last 203.0.113.1 ' \
		"$(ask "$gw" tcp 203.0.113.1 198.51.100.7 9000)"
	same "sessions" 0 "$(sessions)"
}

# Sessions of the address have ports of the pool, to the last one
pool_keeps_out_of_them()
{
	local given

	# leaves 61000-61099
	ok ctl address set 203.0.113.1 reserve 1024-32767,61100-65535
	same "ports" 100 "$(ports)"
	send "$cl" repeat 100 ports 100 10.0.1.99 198.51.100.99 udp 4000 9000
	soon session_count_is 100
	dropped "$cl" destination-full 10.0.1.99 198.51.100.99 udp 3999 9000
	given=$(ctl -j session show | grep -o '"port":[0-9]*' | cut -d : -f 2 | sort -n)
	same "ports given" "$(seq 61000 61099)" "$given"
	same "free" 0 "$(ports_row free by destination)"
	# more of them: in use at once
	ok ctl address set 203.0.113.1 reserve 1024-32767,61101-65535
	send "$cl" 10.0.1.99 198.51.100.99 udp 3999 9000
	soon session udp 10.0.1.99 3999 port
	same "the new port" 61100 "$(session udp 10.0.1.99 3999 port)"
	# less: who has one keeps it, and nobody gets it after him
	ok ctl address set 203.0.113.1 reserve 1024-32767,61001-65535
	same "sessions" 101 "$(sessions)"
	ok ctl session flush
	send "$cl" repeat 5 ports 5 10.0.1.99 198.51.100.99 udp 4000 9000
	soon counted destination-full 5
	same "ports given" 61000 "$(value "$(ctl -j session show)" port)"
	same "sessions" 1 "$(sessions)"
	ok ctl session flush
	ok ctl address set 203.0.113.1 reserve 8080,8443,9000
}

# Clients of a bound subnet go through the shared address too
clients_are_translated()
{
	match "udp" 'answered 20 distinct 20 addresses 1 .* last 203.0.113.1 ' \
		"$(flow udp 10.0.1.2 198.51.100.7 9000 count 20)"
	match "tcp" 'answered 20 distinct 20 addresses 1 .* last 203.0.113.1 ' \
		"$(flow tcp 10.0.1.2 198.51.100.7 9000 count 20)"
	ok ctl session flush
}

# A bound subnet's client reaches the router's own server by the shared address
hairpin_to_a_listener()
{
	local before

	before=$(drops hairpin)
	match "udp" 'answered 3 distinct 3 ' "$(flow udp 10.0.1.2 203.0.113.1 8080 count 3 2>&1)"
	match "tcp" 'answered 3 distinct 3 ' "$(flow tcp 10.0.1.2 203.0.113.1 8080 count 3 2>&1)"
	same "dropped" "$before" "$(drops hairpin)"
	ok ctl session flush
	# not shared: dropped as ever
	dropped "$cl" hairpin 10.0.1.2 203.0.113.2 udp 4000 8080
	dropped "$cl" hairpin 10.0.1.2 203.0.113.2 tcp 4000 8080 S
}

# forwards ADDR: nftables forwards port 8443 to this one's 9000
forwards()
{
	ok in_ns "$gw" nft -f - <<-EOT
		table ip forwarded {
			chain pre {
				type nat hook prerouting priority -100
				ip daddr 203.0.113.1 udp dport 8443 dnat to $1:9000
				ip daddr 203.0.113.1 tcp dport 8443 dnat to $1:9000
			}
		}
	EOT
}

# ... or what stands behind a DNAT rule on it
hairpin_to_a_forwarded_port()
{
	forwards 198.51.100.8
	match "udp" 'answered 1 .* last 203.0.113.1 ' "$(ask "$cl" udp 10.0.1.2 203.0.113.1 8443)"
	match "tcp" 'answered 1 .* last 203.0.113.1 ' "$(ask "$cl" tcp 10.0.1.2 203.0.113.1 8443)"
	ok in_ns "$gw" nft delete table ip forwarded
	ok ctl session flush
}

# Another host of the subnet stands there: it must see the public source, or its answer would not
# come back by the router
hairpin_to_an_inside_host()
{
	local proto

	forwards 10.0.1.3
	for proto in udp tcp; do
		match "$proto" 'answered 1 .* last 203.0.113.1 ' \
			"$(ask "$cl" $proto 10.0.1.2 203.0.113.1 8443)"
		same "sessions by $proto" 1 "$(sessions proto $proto src 10.0.1.2 dst 10.0.1.3:9000)"
	done
	ok in_ns "$gw" nft delete table ip forwarded
	ok ctl session flush
}

# Where conntrack does not see what is plainly translated, it does see what it redirects
hairpin_with_track_off()
{
	ok ctl gateway set gw1 track off
	hairpin_to_a_forwarded_port
	hairpin_to_an_inside_host
	ok ctl gateway set gw1 track on
}

refusals()
{
	refused ctl address set 203.0.113.1 reserve 80-
	refused ctl address set 203.0.113.1 reserve 65536
	refused ctl address set 203.0.113.1 reserve http
	refused ctl address set 203.0.113.1 shared perhaps
	same "reserve" "8080,8443,9000" "$(ctl -j address show 203.0.113.1 | jq -r '.[0].reserve')"
}

tests=(
	ports_are_counted sysctls_are_followed listeners_answer router_connects_out
	pool_keeps_out_of_them clients_are_translated hairpin_to_a_listener
	hairpin_to_a_forwarded_port hairpin_to_an_inside_host hairpin_with_track_off
	refusals stats_agree
)

standard_topology
silent_hosts
ip -n "$gw" addr add 203.0.113.1/32 dev lo
sysctl_in "$gw" net.ipv4.ip_local_port_range="32768 60999" \
	net.ipv4.ip_local_reserved_ports=5000-5009
ok ctl gateway add gw1
ok ctl address add 203.0.113.1 gateway gw1 shared on reserve 8080,8443
ok ctl subnet add web prefix 10.0.1.0/24 gateway gw1
# another, that is not: of a gateway of its own
ok ctl address add 203.0.113.2
echo_server "$net" 198.51.100.7 9000
echo_server "$net" 198.51.100.8 9000
echo_server "$cl" 10.0.1.3 9000
echo_server "$gw" 203.0.113.1 8080
run "$@"
