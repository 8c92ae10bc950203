#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Service tags as destinations of routes. Five routes to one prefix lead to five different
# places, so that the test sees which route applies. The topology is lib_appliance.sh's, with
# a VPN gateway:
#
#   cl 10.0.1.2 --- in0 gw up0 ------------- n0 net 198.51.100.7, .8
#        subnet web     dmz0 --- f0 10.0.2.4 fw
#         -> gw1        vpn0 --- v0 10.0.3.4 vpn

. "$(dirname "$0")/lib.sh"
. "$HERE/lib_appliance.sh"

vpn_topology()
{
	appliance_topology
	ns vpn
	link "$gw" vpn0 10.0.3.1/24 "$vpn" v0 10.0.3.4/24
}

# by_tag TAG TYPE [KEY VALUE]...
by_tag()
{
	ok ctl route add "$1" route-table rt1 next-hop-type "${@:2}"
}

arrived()
{
	seen "$1" "udp dst port $2 and src host $3"
}

port=5000

# goes WHERE ADDR: a packet of cl: fw, vpn, gateway, none, or refused (by ICMP)
goes()
{
	local before

	port=$((port + 1))
	before=$(drops route-none)
	send "$cl" 10.0.1.2 "$2" udp 4000 $port
	case $1 in
	fw)	soon arrived fw $port 10.0.1.2 ;;
	vpn)	soon arrived vpn $port 10.0.1.2 ;;
	gateway) soon arrived wire $port 203.0.113.1 ;;
	none)	soon counted route-none $((before + 1)) ;;
	refused) soon counted route-none $((before + 1))
		soon seen inside "icmp[0] == 3 and icmp[1] == 13 and icmp[8+20+2:2] == $port" ;;
	esac || fail "$2 does not go to $1"
	[[ $1 == refused ]] || never inside "icmp[0] == 3 and icmp[8+20+2:2] == $port"
	[[ $1 == fw ]] || never fw udp dst port $port
	[[ $1 == vpn ]] || never vpn udp dst port $port
	[[ $1 == gateway ]] || never wire udp dst port $port
}

# rt1 has no routes, and there are no tags
empty_table()
{
	ok ctl subnet set web route-table none
	ctl route-table show rt1 >/dev/null 2>&1 && ok ctl route-table del rt1
	{
		ctl -j tag show | grep -o '"name":"[^"]*"' | sed 's/.*:"\(.*\)"/tag del \1/'
		echo route-table add rt1
		echo subnet set web route-table rt1
	} > "$TMP/empty"
	ok ctl -b "$TMP/empty"
}

a_tag_is_a_destination()
{
	empty_table
	ok ctl tag add Storage prefix 198.51.100.8/32 prefix 198.51.100.16/28
	by_tag Storage VirtualAppliance next-hop-ip 10.0.2.4
	goes gateway 198.51.100.7
	goes fw 198.51.100.8
	goes gateway 198.51.100.9
	goes gateway 198.51.100.15
	goes fw 198.51.100.16
	goes fw 198.51.100.31
	goes gateway 198.51.100.32
	# longer prefixes go first, whatever they come from
	ok ctl route add 198.51.100.16/30 route-table rt1 next-hop-type Internet
	goes gateway 198.51.100.19
	goes fw 198.51.100.20
	ok ctl tag add Sql prefix 198.51.100.18/32
	by_tag Sql None
	goes none 198.51.100.18
	goes gateway 198.51.100.19
	ok ctl route add 0.0.0.0/0 route-table rt1 next-hop-type None unreachable on
	goes refused 198.51.100.7
	goes fw 198.51.100.8
}

# All of them hold 198.51.100.8/29, and each has a prefix of its own
five_equal_prefixes()
{
	empty_table
	ok ctl vnet set default vpn-next-hop 10.0.3.4
	ok ctl tag add AzureCloud prefix 198.51.100.8/29 prefix 198.51.100.41/32
	ok ctl tag add AzureCloud.westeurope prefix 198.51.100.8/29 prefix 198.51.100.42/32
	ok ctl tag add Storage prefix 198.51.100.8/29 prefix 198.51.100.43/32
	ok ctl tag add Storage.westeurope prefix 198.51.100.8/29 prefix 198.51.100.44/32
}

five_routes=(
	'AzureCloud None unreachable on'
	'AzureCloud.westeurope Internet'
	'Storage VirtualNetworkGateway'
	'Storage.westeurope VirtualAppliance next-hop-ip 10.0.2.4'
	'198.51.100.8/29 None'
)

# why the routes to 198.51.100.8/29 that do not hold do not
losers()
{
	ctl -j route show effective subnet web |
		jq -r '[.[] | select(.prefix == "198.51.100.8/29" and .state == "Invalid")] |
			map(.problem) | join(" ")'
}

azures_order()
{
	local route

	five_equal_prefixes
	for route in "${five_routes[@]}"; do
		# shellcheck disable=SC2086 # words
		by_tag $route
	done
	goes none 198.51.100.9
	goes fw 198.51.100.44
	same "losers" "explicit-prefix explicit-prefix explicit-prefix explicit-prefix" "$(losers)"
	ok ctl route del 198.51.100.8/29 route-table rt1
	goes fw 198.51.100.9
	same "losers" "other-tag other-tag other-tag" "$(losers)"
	ok ctl route del Storage.westeurope route-table rt1
	goes vpn 198.51.100.9
	ok ctl route del Storage route-table rt1
	goes gateway 198.51.100.9
	ok ctl route del AzureCloud.westeurope route-table rt1
	goes refused 198.51.100.9
	goes refused 198.51.100.41
	goes gateway 198.51.100.42
	ok ctl route del AzureCloud route-table rt1
	goes gateway 198.51.100.9
}

# The order in which they were made does not matter
order_of_making()
{
	local i

	five_equal_prefixes
	for ((i = 4; i >= 0; i--)); do
		# shellcheck disable=SC2086 # words
		by_tag ${five_routes[i]}
	done
	goes none 198.51.100.9
	goes refused 198.51.100.41
	goes gateway 198.51.100.42
	goes vpn 198.51.100.43
	goes fw 198.51.100.44
	ok ctl route del 198.51.100.8/29 route-table rt1
	goes fw 198.51.100.9
	# two of the same rank: the one that was made first
	ok ctl tag add Sql.westeurope prefix 198.51.100.8/29
	by_tag Sql.westeurope None
	goes fw 198.51.100.9
}

a_change_acts_at_once()
{
	empty_table
	ok ctl tag add Storage prefix 198.51.100.8/32
	by_tag Storage VirtualAppliance next-hop-ip 10.0.2.4
	goes fw 198.51.100.8
	ok ctl tag set Storage prefix 198.51.100.9/32
	goes gateway 198.51.100.8
	goes fw 198.51.100.9
	ok ctl tag set Storage prefix 198.51.100.0/24 prefix 192.0.2.200/32
	goes fw 198.51.100.8
	match "refused" 'Storage.*rt1' "$(ctl tag del Storage 2>&1)"
	refused ctl tag set Storage prefix 198.51.100.1/24
	refused ctl tag set Storage prefix 198.51.100.8/32 prefix 198.51.100.8/32
	goes fw 198.51.100.8
	ok ctl route del Storage route-table rt1
	goes gateway 198.51.100.8
	ok ctl tag del Storage
	match "gone" 'tag Storage does not exist' \
		"$(ctl route add Storage route-table rt1 next-hop-type None 2>&1)"
}

prefixes()
{
	local json

	json=$(ctl -j tag show "$1")
	[[ $json =~ \"prefix\":\[([^]]*)\] ]] || return
	json=${BASH_REMATCH[1]//\"/}
	echo "${json//,/ }"
}

from_files()
{
	local out

	empty_table
	cat > "$TMP/lines" <<-EOT
		# what the cloud publishes

		198.51.100.8/32	# one
		  198.51.100.16/28
	EOT
	cat > "$TMP/tags.json" <<-EOT
		{ "changeNumber": 7, "cloud": "Public", "values": [
		  { "name": "Storage", "properties": { "addressPrefixes": [
		    "198.51.100.32/28", "2001:db8::/32", "192.0.2.200/32" ] } },
		  { "name": "Storage.WestEurope", "properties": { "addressPrefixes": [
		    "198.51.100.64/26" ] } } ] }
	EOT
	ok ctl tag add Storage file "$TMP/lines"
	same "prefixes" "198.51.100.8/32 198.51.100.16/28" "$(prefixes Storage)"
	by_tag Storage VirtualAppliance next-hop-ip 10.0.2.4
	goes fw 198.51.100.17
	out=$(ctl tag set Storage file "$TMP/tags.json" 2>&1) || fail "$out"
	match "told" '1 IPv6 prefix left out' "$out"
	same "prefixes" "198.51.100.32/28 192.0.2.200/32" "$(prefixes Storage)"
	goes gateway 198.51.100.17
	goes fw 198.51.100.33
	ok ctl tag add Storage.WestEurope file "$TMP/tags.json"
	by_tag Storage.WestEurope None
	goes none 198.51.100.65

	# a mistake changes nothing
	echo 198.51.100.300/32 >> "$TMP/lines"
	out=$(ctl tag set Storage file "$TMP/lines" 2>&1) && fail "taken: $out"
	match "which line" 'lines:5: 198\.51\.100\.300/32' "$out"
	out=$(ctl tag set Storage.WestEurope file "$TMP/nowhere" 2>&1) && fail "taken: $out"
	ok ctl tag add Sql prefix 192.0.2.201/32
	out=$(ctl tag set Sql file "$TMP/tags.json" 2>&1) && fail "taken: $out"
	match "no such tag" 'no tag Sql' "$out"
	goes fw 198.51.100.33
}

at_most_25()
{
	local i out

	empty_table
	for ((i = 1; i <= 26; i++)); do
		echo "tag add T$i prefix 198.51.100.$i/32"
		((i > 25)) || echo "route add T$i route-table rt1 next-hop-type None"
	done > "$TMP/batch"
	ok ctl -b "$TMP/batch"
	out=$(ctl route add T26 route-table rt1 next-hop-type None 2>&1) && fail "taken: $out"
	match "refused" 'T26 is one too many, route table rt1 has 25 by tag' "$out"
	# prefixes do not count, and one that goes makes room
	ok ctl route add 198.51.100.26/32 route-table rt1 next-hop-type None
	goes none 198.51.100.25
	ok ctl route del T25 route-table rt1
	goes gateway 198.51.100.25
	ok ctl route add T26 route-table rt1 next-hop-type Internet
	goes none 198.51.100.26
	ok ctl route del 198.51.100.26/32 route-table rt1
	goes gateway 198.51.100.26
}

tests=(
	a_tag_is_a_destination azures_order order_of_making a_change_acts_at_once
	from_files at_most_25 stats_agree
)
by_turns=(azures_order order_of_making)

vpn_topology
firewall_rules		# what comes there goes no further
standard_gateway
capture fw "$fw" f0 src host 10.0.1.2
capture vpn "$vpn" v0 src host 10.0.1.2
capture wire "$net" n0 udp
capture inside "$cl" c0 icmp and src host 10.0.1.1
run "$@"
