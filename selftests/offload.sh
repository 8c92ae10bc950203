#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Packets of established flows are sent on from the ingress hook, translated as on the slow
# path; whatever is unusual about a packet, and whatever has changed, takes the slow path.
#
#   cl 10.0.1.2 ---- in0 gw up0 ---- net 198.51.100.7
#      10.0.1.99 (silent)                198.51.100.99 (silent)
#                    pool 203.0.113.1, counters in FORWARD see what is not offloaded

. "$(dirname "$0")/lib.sh"
. "$HERE/lib_offload.sh"

needs_track_off()
{
	match "on alone" 'offload on needs track off' "$(OFFLOAD="" ctl gateway set gw1 track on 2>&1)"
	match "new" 'offload on needs track off' "$(OFFLOAD="" ctl gateway add gw2 offload on 2>&1)"
	match "shown" 'offload on' "$(ctl gateway show gw1)"
}

udp()
{
	local before

	flow_up 4000
	before=$(gateway_packets packets-out)
	capture outside "$net" n0 udp
	capture inside "$cl" c0 udp
	send "$cl" ttl 64 repeat 20 10.0.1.99 $PEER udp 4000 9 size 100
	send "$cl" repeat 5 10.0.1.99 $PEER udp 4000 9 nosum
	send "$net" ttl 64 repeat 20 $PEER 203.0.113.1 udp 9 "$port" size 100
	soon gateway_packets_are packets-out $((before + 25))
	capture_end outside
	capture_end inside
	same "out" 20 "$(captured outside "src 203.0.113.1 and src port $port and dst $PEER and ip[8] == 63" |
		grep -c 'udp sum ok')"
	same "without a checksum" 5 "$(captured outside "src 203.0.113.1" | grep -c 'no cksum')"
	same "in" 20 "$(captured inside "src $PEER and dst 10.0.1.99 and dst port 4000 and ip[8] == 63" |
		grep -c 'udp sum ok')"
	same "bad checksums" 0 "$(cat <(captured outside) <(captured inside) | grep -c 'bad')"
	same "marked" on "$(session udp 10.0.1.99 4000 offloaded)"
}

tcp()
{
	local before

	web_server_start "$net" <<< "listen 198.51.100.7:80; root $TMP/www;"
	head -c 3000000 /dev/urandom > "$TMP/www/file"
	before=$(slow in)
	ok in_ns "$cl" curl -sS -m 20 -o "$TMP/got" --limit-rate 2M http://198.51.100.7/file
	ok cmp "$TMP/got" "$TMP/www/file"
	at_least "fast segments" 1 $((12 - ($(slow in) - before))) ||
		note "$(($(slow in) - before))"
	soon session_count_is 1 proto tcp state cooling
}

icmp()
{
	local id

	send "$cl" 10.0.1.99 $PEER echo 77 1
	id=$(public_port icmp 10.0.1.99 77)
	wait_for 5 is_fast out "$cl" 10.0.1.99 $PEER echo 77 2 || fail "not offloaded on its way out"
	wait_for 5 is_fast in "$net" $PEER 203.0.113.1 reply "$id" 2 || fail "nor on its way in"
	# the same bytes, but no query and no answer
	dropped "$cl" icmp-no-session 10.0.1.99 $PEER reply 77 3
	dropped "$net" unsolicited $PEER 203.0.113.1 echo "$id" 3
}

translated()
{
	local json out

	json=$(ctl -j -s gateway show gw1)
	[[ $json =~ \"packets-out\":([0-9]+) ]] && out=${BASH_REMATCH[1]} &&
		[[ $json =~ \"packets-in\":([0-9]+) ]] && echo $((out + BASH_REMATCH[1]))
}

translated_is()
{
	[[ $(translated) == "$1" ]]
}

# dies NS PACKET...: it is not translated, but one of another flow that is sent behind it is
dies()
{
	local before

	before=$(translated)
	send "$@"
	send "$cl" 10.0.1.2 $PEER udp 9 9
	soon translated_is $((before + 1)) || note "after ${*:2}"
}

unusual_packets()
{
	local flow=(10.0.1.99 "$PEER" udp 4001 9)

	flow_up 4001
	capture inside "$cl" c0 icmp
	capture outside "$net" n0 udp or 'ip[6:2] & 0x3fff != 0'
	out_is_slow options 94040000 "${flow[@]}"
	send "$cl" ttl 1 "${flow[@]}"
	soon seen inside 'icmp[0] == 11 and src 10.0.1.1'
	send "$cl" ttl 2 "${flow[@]}" size 33
	soon seen outside 'ip[8] == 1 and src 203.0.113.1'
	send "$cl" fragment 64 "${flow[@]}" size 200
	soon seen outside 'udp[4:2] == 208 and src 203.0.113.1'
	wait_for 5 out_is_fast 4001 || fail "not offloaded any more"
	capture_end inside
	capture_end outside
}

too_big()
{
	flow_up 4002
	capture inside "$cl" c0 icmp
	capture outside "$net" n0 'ip[6:2] & 0x3fff != 0'
	ip -n "$gw" link set up0 mtu 1000
	wait_for 5 out_is_fast 4002 || fail "not offloaded with the new MTU"
	send "$cl" df 10.0.1.99 $PEER udp 4002 9 size 1200
	soon seen inside 'icmp[0] == 3 and icmp[1] == 4 and icmp[6:2] == 1000'
	send "$cl" 10.0.1.99 $PEER udp 4002 9 size 1200
	soon seen outside 'src 203.0.113.1 and ip[6:2] & 0x1fff != 0'
	ip -n "$gw" link set up0 mtu 1500
	capture_end inside
	capture_end outside
}

# The flow from port 4003 was offloaded until something changed
out_dies()
{
	dies "$cl" 10.0.1.99 $PEER udp 4003 9
}

# translated it is, in PRE_ROUTING, but it does not come to its host
in_dies()
{
	capture inside "$cl" c0 udp
	send "$net" $PEER 203.0.113.1 udp 9 "$port"
	send "$cl" 10.0.1.2 $PEER udp 9 9
	soon seen inside "dst $PEER and src 10.0.1.2"
	never inside "dst 10.0.1.99"
	capture_end inside
}

both_are_fast_again()
{
	wait_for 30 out_is_fast 4003 || fail "after $1: not offloaded again on its way out"
	wait_for 30 in_is_fast "$port" || fail "after $1: not offloaded again on its way in"
}

routes_hold_at_once()
{
	flow_up 4003
	ip -n "$gw" route add blackhole default table 100
	ip -n "$gw" rule add from 10.0.1.99 table 100
	out_dies
	ip -n "$gw" rule del from 10.0.1.99 table 100
	ip -n "$gw" route add blackhole 10.0.1.99
	in_dies
	ip -n "$gw" route del blackhole 10.0.1.99
	both_are_fast_again "a blackhole"
	in_ns "$gw" sysctl -qw net.ipv4.ip_forward=0
	send "$cl" 10.0.1.99 $PEER udp 4003 9
	send "$net" $PEER 203.0.113.1 udp 9 "$port"
	in_ns "$gw" sysctl -qw net.ipv4.ip_forward=1
	both_are_fast_again "ip_forward"
}

neighbours_hold_at_once()
{
	local before mac

	flow_up 4004
	mac=$(ip -n "$gw" neigh show 192.0.2.2 dev up0 | grep -o '..:..:..:..:..:..')
	capture outside "$net" n0 udp
	ip -n "$gw" neigh replace 192.0.2.2 lladdr 02:00:00:00:00:42 dev up0
	before=$(slow out)
	send "$cl" 10.0.1.99 $PEER udp 4004 9
	soon seen outside 'ether dst 02:00:00:00:00:42'
	same "packets on the slow path" 0 $(($(slow out) - before))
	ip -n "$gw" neigh replace 192.0.2.2 lladdr "$mac" dev up0
	capture_end outside
}

configuration_holds_at_once()
{
	local before

	flow_up 4003
	ok ctl subnet del web
	dropped "$net" unsolicited $PEER 203.0.113.1 udp 9 "$port"
	ok ctl subnet add web prefix 10.0.1.0/24 gateway gw1
	flow_up 4003
	ok ctl gateway set gw1 offload off
	before=$(slow out)
	send "$cl" repeat 3 10.0.1.99 $PEER udp 4003 9
	soon slow_is out $((before + 3))
	ok ctl gateway set gw1 offload on
	both_are_fast_again "offload off"
	ok ctl session flush src 10.0.1.99
	dropped "$net" unsolicited $PEER 203.0.113.1 udp 9 "$port"
	flow_up 4003
	ok ctl gateway set gw1 drain 0s
	dropped "$cl" draining 10.0.1.99 $PEER udp 4003 9
	ok ctl gateway set gw1 drain off
}

slow_is()
{
	read_slow "$1" && [[ $SLOW == "$2" ]]
}

policies_hold_at_once()
{
	in_ns "$gw" ip xfrm policy >/dev/null 2>&1 || { skip "no IPsec in this kernel"; return; }
	flow_up 4003
	in_ns "$gw" ip xfrm policy add src 203.0.113.1 dst $PEER dir out action block
	dropped "$cl" ipsec 10.0.1.99 $PEER udp 4003 9
	in_ns "$gw" ip xfrm policy flush
	both_are_fast_again "a policy"
}

# What a rule for routing asks for in a packet holds for it, whatever its flow did before
type_of_service()
{
	local made

	flow_up 4200
	# "ip rule add dscp 40 blackhole", for which Debian 12 has no word. A kernel that does not
	# know the attribute makes a rule for all packets: so it is asked what it has made.
	made=$(in_ns "$gw" python3 - <<-'EOT'
		import socket, struct
		def attribute(kind, data):
		    return struct.pack("HH", 4 + len(data), kind) + data.ljust(4, b"\0")
		rule = struct.pack("BBBBBBBBI", socket.AF_INET, 0, 0, 0, 0, 0, 0, 6, 0)
		rule += attribute(6, struct.pack("I", 100)) + attribute(25, b"\x28")
		s = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0)
		s.send(struct.pack("IHHII", 16 + len(rule), 32, 0x605, 1, 0) + rule)
		if not struct.unpack("i", s.recv(4096)[16:20])[0]:
		    family = struct.pack("BBBBBBBBI", socket.AF_INET, 0, 0, 0, 0, 0, 0, 0, 0)
		    s.send(struct.pack("IHHII", 16 + len(family), 34, 0x301, 2, 0) + family)
		    known = attribute(25, b"\x28") in s.recv(65536)
		    print("by DSCP" if known else "for all")
	EOT
	)
	[[ $made != "for all" ]] || in_ns "$gw" ip rule del pref 100
	[[ $made == "by DSCP" ]] || { skip "no rules by DSCP"; return; }
	wait_for 5 out_is_fast 4200 || fail "not offloaded any more"
	dies "$cl" tos 160 10.0.1.99 $PEER udp 4200 9
	ok out_is_fast 4200
	in_ns "$gw" ip rule del pref 100
}

# A mark from in front of the hook chooses the route, too
marks()
{
	ip -n "$gw" rule add pref 100 fwmark 7 blackhole
	in_ns "$gw" nft -f - <<-EOT
		table netdev marks {
			chain in0 {
				type filter hook ingress device in0 priority 0;
				meta length > 500 meta mark set 7
			}
		}
	EOT
	flow_up 4201
	dies "$cl" 10.0.1.99 $PEER udp 4201 9 size 600
	ok out_is_fast 4201
	in_ns "$gw" nft delete table netdev marks
	ip -n "$gw" rule del pref 100
}

# Nothing is left to say so of a session once its entries have gone
mark_goes_with_entries()
{
	flow_up 4202
	same "marked" on "$(session udp 10.0.1.99 4202 offloaded)"
	ok ctl gateway set gw1 offload off
	ok ctl gateway set gw1 offload on
	same "marked" null "$(session udp 10.0.1.99 4202 offloaded)"
	wait_for 30 out_is_fast 4202 || fail "not offloaded again"
	same "marked again" on "$(session udp 10.0.1.99 4202 offloaded)"
}

# What it sends keeps the session, and when it sends no more the session ends by itself
idle_timers()
{
	local end

	ok ctl gateway set gw1 profile custom udp-timeout 4s cooldown-udp 1s
	flow_up 4005
	end=$((SECONDS + 9))
	while ((SECONDS < end)); do
		send "$cl" 10.0.1.99 $PEER udp 4005 9
		read -rt 0.5 -u "$NOTHING"
	done
	same "public port" "$port" "$(session udp 10.0.1.99 4005 port)"
	wait_for 20 session_count_is 0 src 10.0.1.99:4005 || fail "it does not end"
	dropped "$net" unsolicited $PEER 203.0.113.1 udp 9 "$port"
	ok ctl gateway set gw1 profile azure
}

tests=(
	needs_track_off udp tcp icmp unusual_packets too_big routes_hold_at_once
	neighbours_hold_at_once configuration_holds_at_once policies_hold_at_once type_of_service
	marks mark_goes_with_entries idle_timers
)

standard_topology
offload_topology
run "$@"
