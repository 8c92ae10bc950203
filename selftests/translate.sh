#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# TCP, UDP and ICMP echo of real programs leave from the pool and their answers
# come back unharmed, whatever the devices offload.
#
#   cl 10.0.1.2 ---- in0 gw up0 ---- net 198.51.100.7
#                    pool 203.0.113.1, later 203.0.113.10/31

. "$(dirname "$0")/lib.sh"

serve_web()
{
	mkdir "$TMP/www"
	head -c "${SIZE:-2000000}" /dev/urandom > "$TMP/www/file"
	chmod -R a+rX "$TMP"
	web_server_start "$net" <<< "listen 198.51.100.7:80; root $TMP/www;"
	start "$net" dnsmasq -k -C /dev/null -u root -x "$TMP/dns.pid" -h -R -q -8 "$TMP/dns.log" \
		-a 198.51.100.7 -z -A /www.example.com/198.51.100.7
	start "$net" iperf3 -s
	wait_for 30 listening "$net" udp 53 || fail "no DNS server"
	wait_for 30 listening "$net" tcp 5201 || fail "no iperf3 server"
}

digest()
{
	sha256sum "$@" | cut -d' ' -f1
}

download()
{
	same "download ($1)" "$(digest "$TMP/www/file")" \
		"$(in_ns "$cl" curl -sS -m 60 http://198.51.100.7/file | digest)"
}

# upload WHAT: TCP towards the server, checked there
upload()
{
	start "$net" socat -u TCP-LISTEN:9001,reuseaddr "CREATE:$TMP/uploaded"
	local server=$!

	wait_for 20 listening "$net" tcp 9001 || fail "no server to upload to"
	ok in_ns "$cl" timeout 60 socat -u "OPEN:$TMP/www/file" TCP:198.51.100.7:9001
	wait_for 20 test ! -d "/proc/$server"
	same "upload ($1)" "$(digest "$TMP/www/file")" "$(digest "$TMP/uploaded")"
}

# datagrams WHAT: one sendmsg() of eight datagrams (UDP_SEGMENT = 103)
datagrams()
{
	head -c 8000 "$TMP/www/file" > "$TMP/datagrams"
	rm -f "$TMP/received"
	start "$net" socat -u UDP-RECV:9002 "CREATE:$TMP/received"
	local server=$!

	wait_for 20 listening "$net" udp 9002 || fail "no server for datagrams"
	ok in_ns "$cl" socat -u -b 8000 "OPEN:$TMP/datagrams" \
		UDP:198.51.100.7:9002,setsockopt-int=17:103:1000
	wait_for 10 cmp -s "$TMP/datagrams" "$TMP/received" || fail "datagrams ($1) differ"
	stop "$server"
}

web_sees_the_pool_address()
{
	download plain
	upload plain
	same "client addresses in the web server's log" 203.0.113.1 \
		"$(cut -d' ' -f1 "$TMP/$net.nginx/access.log" | sort -u)"
}

dns_sees_the_pool_address()
{
	same "answer" 198.51.100.7 \
		"$(in_ns "$cl" dig +short +time=5 @198.51.100.7 www.example.com)"
	soon grep -q 'query.* from 203.0.113.1' "$TMP/dns.log"
	refused grep -q 'from 10\.' "$TMP/dns.log"
}

ping_both_sizes()
{
	ok in_ns "$cl" ping -q -c 2 -i 0.2 -W 5 198.51.100.7
	ok in_ns "$cl" ping -q -c 2 -i 0.2 -W 5 -s 1400 198.51.100.7
	soon seen wire 'icmp[0] == 8 and src host 203.0.113.1'
}

offload()
{
	local dev

	for dev in "$cl c0" "$gw in0" "$gw up0" "$net n0"; do
		# shellcheck disable=SC2086
		in_ns ${dev% *} ethtool -K ${dev#* } "$@" >/dev/null 2>&1 ||
			fail "ethtool -K ${dev#* } $*"
	done
}

iperf()
{
	local out

	out=$(in_ns "$cl" timeout 60 iperf3 -J -c 198.51.100.7 -n 4M "$@") ||
		fail "iperf3 $*: $(jq -r .error <<< "$out")"
}

without_offloads()
{
	offload tx off rx off gso off gro off
	capture off "$net" n0
	download "without offloads"
	upload "without offloads"
	soon seen off 'tcp port 9001'
	capture_end off
	same "wrong checksums on the wire" 0 \
		"$(captured off | grep -cE 'bad cksum|incorrect|wrong icmp')"
}

with_all_offloads()
{
	offload tx on rx on gso on tso on gro on rx-udp-gro-forwarding on
	download "with offloads"
	upload "with offloads"
	datagrams "with offloads"
	iperf
	iperf -R
}

segmented_after_the_router()
{
	offload tx on rx on gso on tso on gro on
	ok in_ns "$gw" ethtool -K up0 tx off tso off gso off
	download "in0 on, up0 off"
	datagrams "in0 on, up0 off"
	ok in_ns "$gw" ethtool -K up0 tx on tso on gso on
	ok in_ns "$gw" ethtool -K in0 tx off tso off gso off gro off
	upload "in0 off, up0 on"
}

udp_checksum_stays_zero()
{
	local public

	send "$cl" 10.0.1.2 198.51.100.7 udp 4001 9003 size 40 nosum
	soon seen wire 'udp dst port 9003 and udp[6:2] == 0 and src host 203.0.113.1'
	public=$(public_port udp 10.0.1.2 4001)
	capture inside "$cl" c0 udp
	send "$net" 198.51.100.7 203.0.113.1 udp 9003 "$public" size 40 nosum
	soon seen inside 'udp dst port 4001 and udp[6:2] == 0'
	send "$net" 198.51.100.7 203.0.113.1 udp 9003 "$public" size 41
	soon seen inside 'udp dst port 4001 and udp[4:2] == 49 and udp[6:2] != 0'
	capture_end inside
	match "checksum" 'udp sum ok' "$(captured inside 'udp[4:2] == 49')"
}

wrong_checksum_stays_wrong()
{
	send "$cl" 10.0.1.2 198.51.100.7 udp 4002 9004 size 40 badsum
	send "$cl" 10.0.1.2 198.51.100.7 udp 4002 9004 size 41
	soon seen wire 'udp dst port 9004 and udp[4:2] == 49'
	match "bad one" 'bad udp cksum' "$(captured wire 'udp dst port 9004 and udp[4:2] == 48')"
	match "good one" 'udp sum ok' "$(captured wire 'udp dst port 9004 and udp[4:2] == 49')"
}

ip_options_are_kept()
{
	# no operation three times; record route with room for one address
	send "$cl" options 01010100 10.0.1.2 198.51.100.7 udp 4003 9005 size 20
	send "$cl" options 0707040000000000 10.0.1.2 198.51.100.7 udp 4003 9006 size 20
	soon seen wire 'ip[0] == 0x46 and src host 203.0.113.1'
	soon seen wire 'ip[0] == 0x47 and src host 203.0.113.1'
	refused grep -qE 'bad cksum' <<< "$(captured wire 'ip[0] > 0x45')"
	match "ports" '\.9006: \[udp sum ok\]' "$(captured wire 'ip[0] == 0x47')"
}

ports_are_from_the_whole_range()
{
	local out low

	echo_server "$net" 198.51.100.8 9000
	out=$(in_ns "$cl" "$HERE/flows" client udp 10.0.1.2 198.51.100.8 9000 count 300 \
	      ports 150 from 2000) || fail "$out"
	match "flows" 'answered 300 distinct 300 addresses 1 mixed 0' "$out"
	ctl -j session show dst 198.51.100.8:9000 |
		jq -r '.[] | "\(.port) \(."src-port")"' > "$TMP/ports"
	same "sessions" 300 "$(wc -l < "$TMP/ports")"
	same "ports outside of 1024..65535" 0 "$(awk '$1 < 1024 || $1 > 65535' "$TMP/ports" | wc -l)"
	low=$(awk '$1 < 33280' "$TMP/ports" | wc -l)
	at_least "ports in the lower half" 90 "$low"
	at_least "ports in the upper half" 90 $((300 - low))
	at_least "ports other than the client's" 290 "$(awk '$1 != $2' "$TMP/ports" | wc -l)"
	at_least "ports that do not follow the one before" 290 \
		"$(awk 'NR == 1 || $1 != last + 1 { n++ } { last = $1 } END { print n }' "$TMP/ports")"
}

prefix_uses_all_its_addresses()
{
	ok ctl address del 203.0.113.1
	ok ctl address add 203.0.113.10/31 gateway gw1
	match "UDP" 'answered 60 distinct 60 addresses 2' \
		"$(flow udp 10.0.1.2 198.51.100.8 9000 count 60 from 3000)"
	match "TCP" 'answered 60 distinct 60 addresses 2' \
		"$(flow tcp 10.0.1.2 198.51.100.8 9000 count 60 from 3000)"
}

no_private_address_outside()
{
	capture_end wire
	seen wire 'src net 203.0.113.0/24' || fail "nothing captured"
	never wire net 10.0.0.0/8
}

# vxlan NAME ID NET PORT CHECKSUM: a tunnel from the client, NET.1, to NET.2, where nobody is
vxlan()
{
	ip -n "$cl" link add "$1" type vxlan id "$2" local 10.0.1.2 remote 198.51.100.7 \
		dstport "$4" "$5" || { skip "no VXLAN"; return 1; }
	ip -n "$cl" -batch - <<-EOT
		addr add $3.1/24 dev $1
		link set $1 up
		neigh replace $3.2 lladdr 02:00:00:00:00:02 dev $1
	EOT
}

# A tunnel from a host: its outer header has no checksum, that of the packet in it is
# left to a device
tunnel_without_checksum()
{
	vxlan vx0 5 172.31.0 4789 noudpcsum || return
	capture tunnel "$net" n0 udp dst port 4789
	in_ns "$cl" bash -c 'echo hello > /dev/udp/172.31.0.2/9'
	soon seen tunnel 'src host 203.0.113.1 and udp[6:2] = 0'
	capture_end tunnel
	never tunnel 'udp[6:2] != 0'
	ip -n "$cl" link del vx0
}

# The same with a checksum in the outer header, and packets that the router itself cuts into several
tunnel_cut_by_the_router()
{
	vxlan vx1 6 172.31.1 4790 udpcsum || return
	offload tx on rx on gso on tso on gro on
	ok in_ns "$gw" ethtool -K up0 tx off tso off gso off
	capture tunnel "$net" n0 udp dst port 4790
	# ten datagrams in one packet: UDP_SEGMENT
	in_ns "$cl" python3 -c '
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.setsockopt(socket.SOL_UDP, 103, 1000)
s.sendto(bytes(10000), ("172.31.1.2", 9))'
	soon eval '(($(captured tunnel | grep -c "203.0.113.1.*VXLAN") >= 10))'
	capture_end tunnel
	same "of ten packets in the tunnel, with a good checksum outside" 10 \
		"$(captured tunnel | grep 203.0.113.1 | grep -c 'udp sum ok.*VXLAN')"
	same "with a bad one" 0 "$(captured tunnel | grep -c 'bad udp cksum')"
	offload tx on rx on gso on tso on gro on
	ip -n "$cl" link del vx1
}

# A virtual machine's device says how long the segments of a packet are and not how many there are:
# ten are counted as ten
counted_by_segments()
{
	local before

	ok ctl subnet add vms prefix 10.0.5.0/24 gateway gw1
	# without udev nothing else makes /dev/net/tun
	modprobe -q tun
	ip -n "$gw" tuntap add dev tap0 mode tap vnet_hdr || { skip "no tap devices"; return; }
	ip -n "$gw" addr add 10.0.5.1/24 dev tap0
	ip -n "$gw" link set tap0 address 02:00:00:00:05:01 up
	before=$(counter packets-out)
	in_ns "$gw" python3 - <<-'EOT' || fail "no packets by a tap device"
		import fcntl, os, socket, struct, time

		def total(data):
		    s = sum(struct.unpack(f"!{len(data) // 2}H", data))
		    while s >> 16:
		        s = (s & 0xffff) + (s >> 16)
		    return s

		def segment(flags, seq, payload):
		    addresses = socket.inet_aton("10.0.5.2") + socket.inet_aton("198.51.100.7")
		    size = 20 + len(payload)
		    ip = struct.pack("!BBHHHBBH", 0x45, 0, 20 + size, 1, 0, 64, 6, 0) + addresses
		    ip = ip[:10] + struct.pack("!H", ~total(ip) & 0xffff) + ip[12:]
		    pseudo = total(addresses + struct.pack("!HH", 6, size))
		    tcp = struct.pack("!HHIIBBHHH", 7000, 9, seq, 0, 5 << 4, flags, 8192, pseudo, 0)
		    # checksum and, for many bytes, segments are left to others
		    vnet = struct.pack("<BBHHHH", 1, 1 if payload else 0, 54, 1000 if payload else 0, 34, 16)
		    mac = bytes.fromhex("0200000005010200000005020800")
		    return vnet + mac + ip + tcp + payload

		fd = os.open("/dev/net/tun", os.O_RDWR)
		fcntl.ioctl(fd, 0x400454ca, struct.pack("16sH22x", b"tap0", 0x0002 | 0x1000 | 0x4000))
		os.write(fd, segment(2, 1, b""))
		os.write(fd, segment(16, 2, bytes(10000)))
	EOT
	soon eval '(($(counter packets-out) >= before + 11))'
	same "packets: the first segment, and ten" $((before + 11)) \
		"$(counter packets-out)"
	ip -n "$gw" link del tap0
	ok ctl subnet del vms
}

tests=(
	web_sees_the_pool_address dns_sees_the_pool_address ping_both_sizes
	udp_checksum_stays_zero tunnel_without_checksum tunnel_cut_by_the_router
	counted_by_segments wrong_checksum_stays_wrong ip_options_are_kept
	without_offloads with_all_offloads segmented_after_the_router
	ports_are_from_the_whole_range prefix_uses_all_its_addresses
	no_private_address_outside
)

standard_topology
standard_gateway
capture wire "$net" n0 ip and not tcp portrange 80-9001
serve_web
run "$@"
