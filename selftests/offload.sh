#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Packets of established flows are sent on from the ingress hook, translated as on the slow
# path; whatever is unusual about a packet, and whatever has changed, takes the slow path.
#
#   cl 10.0.1.2 ---- in0 gw up0 ---- net 198.51.100.7
#      10.0.1.99 (silent)                198.51.100.99 (silent)
#                    pool 203.0.113.1, counters in FORWARD see what is not offloaded

. "$(dirname "$0")/lib.sh"

PEER=198.51.100.99

# The slow path's packets so far: slow out|in
slow()
{
	local out

	out=$(in_ns "$gw" nft list counter ip watch "$1")
	[[ $out =~ packets\ ([0-9]+) ]] && echo "${BASH_REMATCH[1]}"
}

# of the gateway: packets-out, packets-in
gateway_packets()
{
	value "$(ctl -j -s gateway show gw1)" "$1"
}

gateway_packets_are()
{
	[[ $(gateway_packets "$1") == "$2" ]]
}

out()
{
	send "$cl" "$@"
}

# A flow udp 10.0.1.99:$1 -> PEER:9 that is offloaded in both directions; its port in $port
flow_up()
{
	send "$cl" 10.0.1.99 $PEER udp "$1" 9
	port=$(public_port udp 10.0.1.99 "$1")
	send "$net" $PEER 203.0.113.1 udp 9 "$port"
	# a flow that is older than an eighth of a second
	wait_for 5 out_is_fast "$1" || fail "not offloaded on its way out"
	wait_for 5 in_is_fast "$port" || fail "not offloaded on its way in"
}

# is_fast out|in NS PACKET...: one such packet more, and FORWARD does not see it
is_fast()
{
	local key=packets-$1 before packets

	before=$(slow "$1")
	packets=$(gateway_packets "$key")
	send "${@:2}"
	wait_for 5 gateway_packets_are "$key" $((packets + 1)) || return
	[[ $(slow "$1") == "$before" ]]
}

out_is_fast()
{
	is_fast out "$cl" 10.0.1.99 $PEER udp "$1" 9
}

in_is_fast()
{
	is_fast in "$net" $PEER 203.0.113.1 udp 9 "$1"
}

out_is_slow()
{
	! is_fast out "$cl" "$@" || fail "not by the slow path: $*"
}

needs_track_off()
{
	match "on alone" 'offload on needs track off' "$(ctl gateway set gw1 track on 2>&1)"
	match "new" 'offload on needs track off' "$(ctl gateway add gw2 offload on 2>&1)"
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

tests=(needs_track_off udp tcp)

standard_topology
silent_hosts
mac=$(ip -n "$net" -br link show n0 | awk '{ print $3 }')
ip -n "$gw" neigh replace 192.0.2.2 lladdr "$mac" dev up0
in_ns "$gw" nft -f - <<-EOT
	table ip watch {
		counter out { }
		counter in { }
		chain forward {
			type filter hook forward priority 0;
			iifname in0 counter name out
			oifname in0 counter name in
		}
	}
EOT
standard_gateway track off offload on
run "$@"
