#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# address add ... dev IF: the router answers ARP for a public address that no
# device has, probes included, and announces it.
#
#   cl 10.0.1.2 ---- in0 gw up0 192.0.2.1/24 ---- 192.0.2.2/24 n0 net
#                    pool 192.0.2.10, .16/31, out of the uplink's own subnet

. "$(dirname "$0")/lib.sh"

mac_of()
{
	ip -n "$1" -br link show "$2" | awk '{ print $3 }'
}

# asked ADDR: who has it, says ARP
asked()
{
	in_ns "$net" arping -c 1 -w 3 -I n0 "$1" 2>&1 | tr '[:lower:]' '[:upper:]'
}

answers_for_its_address()
{
	local mac

	mac=$(mac_of "$gw" up0)
	match "single" "${mac^^}" "$(asked 192.0.2.10)"
	match "first of the prefix" "${mac^^}" "$(asked 192.0.2.16)"
	match "last of the prefix" "${mac^^}" "$(asked 192.0.2.17)"
	match "another's" 'RECEIVED 0 RESPONSE' "$(asked 192.0.2.18)"
	match "another's" 'RECEIVED 0 RESPONSE' "$(asked 192.0.2.11)"
}

# Duplicate address detection: sender 0.0.0.0; exit 1 says the address is taken
answers_probes()
{
	refused in_ns "$net" arping -D -q -c 1 -w 3 -I n0 192.0.2.10
	ok in_ns "$net" arping -D -q -c 1 -w 2 -I n0 192.0.2.12
}

not_on_another_device()
{
	match "inside" 'Received 0 response' \
		"$(in_ns "$cl" arping -c 1 -w 2 -I c0 192.0.2.10 2>&1)"
}

traffic_flows()
{
	match "UDP" 'answered 40 .* addresses 3 ' \
		"$(flow udp 10.0.1.2 192.0.2.2 9000 count 40 from 2000)"
	ok in_ns "$cl" ping -q -c 1 -W 5 192.0.2.2
}

add_announces()
{
	capture arp "$net" n0 arp
	ok ctl address add 192.0.2.40 gateway gw1 dev up0
	soon seen arp 'arp[14:4] == 0xc0000228 and arp[24:4] == 0xc0000228'
	match "sender" "$(mac_of "$gw" up0)" "$(tcpdump -ennr "$TMP/arp.pcap" 2>/dev/null)"
}

announce_off_stops_both()
{
	ok ctl address set 192.0.2.40 announce off
	match "off" 'RECEIVED 0 RESPONSE' "$(asked 192.0.2.40)"
	capture arp2 "$net" n0 'arp and arp[14:4] == 0xc0000228'
	ok ctl address add 192.0.2.41 gateway gw1 dev up0 announce off
	match "off from the start" 'RECEIVED 0 RESPONSE' "$(asked 192.0.2.41)"
	ok ctl address set 192.0.2.40 announce on
	soon seen arp2
	match "on again" 'RECEIVED 1 RESPONSE' "$(asked 192.0.2.40)"
	never arp 'arp[14:4] == 0xc0000229'
}

unattached_is_answered_for()
{
	ok ctl address add 192.0.2.50 dev up0
	match "unattached" 'RECEIVED 1 RESPONSE' "$(asked 192.0.2.50)"
}

deleted_is_not()
{
	ok ctl address del 192.0.2.10
	match "deleted" 'RECEIVED 0 RESPONSE' "$(asked 192.0.2.10)"
}

tests=(
	answers_for_its_address answers_probes not_on_another_device traffic_flows
	add_announces announce_off_stops_both unattached_is_answered_for
	deleted_is_not
)

standard_topology
ok ctl gateway add gw1
ok ctl address add 192.0.2.10 gateway gw1 dev up0
ok ctl address add 192.0.2.16/31 gateway gw1 dev up0
ok ctl subnet add web prefix 10.0.1.0/24 gateway gw1
echo_server "$net" 192.0.2.2 9000
run "$@"
