#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# natgwctl -j against golden files, and each key against the YAML spec.
# GOLDEN=1 writes the golden files anew.
#
#   cl 10.0.1.2 ---- in0 gw up0 ---- net

. "$(dirname "$0")/lib.sh"

SPEC=$HERE/../Documentation/netlink/specs/natgw.yaml

# What changes from run to run
normal()
{
	sed -E 's/"(age|idle|expires|port|last-age|drain|drain-oldest|session-bytes|sessions-max|memory|memory-max|version)": [^n][^,]*/"\1": "*"/'
}

# golden NAME ARGUMENT...: as -p prints it; the order of keys is part of it
golden()
{
	local name=$1

	shift
	ctl -p "$@" > "$TMP/$name.raw" || fail "natgwctl -p $*"
	normal < "$TMP/$name.raw" > "$TMP/$name.json"
	[[ ${GOLDEN-} ]] && cp "$TMP/$name.json" "$HERE/golden/"
	cmp -s "$HERE/golden/$name.json" "$TMP/$name.json" || {
		fail "differs: $name"
		note "$(diff "$HERE/golden/$name.json" "$TMP/$name.json")"
	}
}

status()
{
	golden status
}

gateways()
{
	golden gateway-list gateway show
	golden gateway gateway show gw1
	golden gateway-statistics -s gateway show gw1
}

addresses()
{
	golden address-list address show
	golden address-prefix address show 203.0.113.16/28
}

subnets()
{
	golden subnet-list subnet show
	golden subnet subnet show web
}

vnets()
{
	golden vnet-list vnet show
	golden vnet vnet show hub
}

tags()
{
	golden tag-list tag show
	printf '# two\n198.51.100.0/25\n\n192.0.2.128/25 # the second\n' > "$TMP/prefixes"
	ok ctl tag set Lab file "$TMP/prefixes"
	golden tag tag show Lab
}

routes()
{
	golden route-table-list route-table show
	golden route-table route-table show rt1
	golden route-list route show
	golden route-none route show route-table rt2
	same "destinations" '10.0.0.0/8 198.51.100.7/32 Storage' \
		"$(ctl -j route show route-table rt1 | jq -r '[.[] | .prefix // .tag] | sort | join(" ")')"
	same "to a prefix" 'rt1 Internet' "$(ctl -j route show 198.51.100.7/32 |
		jq -r '.[] | [.["route-table"], .["next-hop-type"]] | join(" ")')"
	same "to a tag" 'Storage' "$(ctl -j route show Storage route-table rt1 | jq -r '.[].tag')"
	match "text" '10\.0\.0\.0/8 .*VirtualAppliance +10\.64\.2\.4' "$(ctl route show 10.0.0.0/8)"
	exits 2 ctl route show 10.0.0.0/9
	same "none" "natgwctl: route show 10.0.0.0/9: no route table has a route to 10.0.0.0/9" \
		"$(< "$TMP/said")"
	exits 2 ctl route show Storage route-table rt2
	same "none there" "natgwctl: route show Storage: route table rt2 has no route to Storage" \
		"$(< "$TMP/said")"
	exits 2 ctl route show Storage route-table nosuch
}

effective_routes()
{
	golden route-effective route show effective subnet far
	ctl -j route show effective subnet nosuch > "$TMP/out" 2> "$TMP/err"
	same "exit status" 2 $?
	same "output" "" "$(cat "$TMP/out")"
}

explained()
{
	golden explain-nat explain src 10.0.1.2 dst 198.51.100.99:80
	golden explain-losers explain src 10.64.1.2 dst 10.9.9.9 proto udp
	golden explain-drop explain src 10.64.1.2 dst 192.0.2.200 proto icmp
	ctl explain src 10.0.1.2 dst 198.51.100.99:80 > "$TMP/text" || fail "exit status $?"
	match "text" 'method nat: translated by gateway gw1' "$(cat "$TMP/text")"
}

# The command line's words of one list: commas, blanks, the key again
lists()
{
	ok ctl vnet set hub prefix 10.64.0.0/16,10.65.0.0/16 10.66.0.0/16 prefix 10.67.0.0/16
	same "prefixes" '10.64.0.0/16 10.65.0.0/16 10.66.0.0/16 10.67.0.0/16' \
		"$(ctl -j vnet show hub | jq -r '.[0].prefix | join(" ")')"
	ok ctl vnet set hub dev none
	same "devices" 0 "$(ctl -j vnet show hub | jq -r '.[0].dev | length')"
	ok ctl vnet set hub prefix 10.64.0.0/16 dev hub0
}

# Of several values the one at fault, under its keyword
error_names_the_value()
{
	ctl -j vnet set hub prefix 10.64.0.0/16,10.65.0.1/16,10.66.0.0/16 2> "$TMP/err" && fail "taken"
	same "prefix" 'prefix 10.65.0.1/16' "$(jq -r '.error | "\(.attribute) \(.value)"' "$TMP/err")"
	ctl -j vnet set hub dev hub0,nodev0 2> "$TMP/err" && fail "taken"
	same "device" 'dev nodev0' "$(jq -r '.error | "\(.attribute) \(.value)"' "$TMP/err")"
	printf '10.9.0.0/16\n10.8.0.1/16\n' > "$TMP/prefixes"
	ctl tag set Lab file "$TMP/prefixes" 2> "$TMP/err" && fail "taken"
	match "line of the file" "10\.8\.0\.1/16.*$TMP/prefixes:2" "$(cat "$TMP/err")"
	ctl -j subnet set web route-table nosuch 2> "$TMP/err" && fail "taken"
	same "table" 'route-table nosuch' "$(jq -r '.error | "\(.attribute) \(.value)"' "$TMP/err")"
}

# What goes into a tag comes out of it, at the longest too
longest_tag()
{
	local i

	for ((i = 0; i < 1024; i++)); do
		echo "10.$((i / 256)).$((i % 256)).0/24"
	done > "$TMP/prefixes"
	ok ctl tag add Long file "$TMP/prefixes"
	ctl -j tag show Long | jq -r '.[0].prefix[]' | sort > "$TMP/shown"
	sort "$TMP/prefixes" | cmp - "$TMP/shown" || fail "other prefixes come out"
	echo 10.9.9.0/24 >> "$TMP/prefixes"
	ctl tag set Long file "$TMP/prefixes" 2> "$TMP/err"
	same "exit status" 1 $?
	match "message" 1024 "$(cat "$TMP/err")"
	ok ctl tag del Long
}

sessions_of_each_protocol()
{
	# They must be there to the end, on a slow machine too
	ok ctl gateway set gw1 profile custom icmp-timeout 1h half-open-timeout 1h
	send "$cl" 10.0.1.2 198.51.100.99 tcp 4000 80 S
	send "$cl" 10.0.1.2 198.51.100.99 udp 4001 53
	send "$cl" 10.0.1.2 198.51.100.99 echo 4002 1
	soon session_count_is 3
	golden session-tcp session show proto tcp
	golden session-udp session show proto udp
	golden session-icmp session show proto icmp
	golden session-none session show proto udp dst 192.0.2.99
	golden session-count session count
}

# Of the same sessions: they are there already
saved()
{
	golden session-save session save "$TMP/state"
	golden session-restore session restore "$TMP/state"
}

# Of the same sessions
ports()
{
	golden ports-address ports show
	golden ports-destination ports show by destination proto udp
	golden ports-host ports show by host gateway gw1
	golden ports-none ports show by host gateway custom
	golden address-statistics -s address show 203.0.113.1
}

check()
{
	golden stats-check stats check
	ctl stats check > "$TMP/text" || fail "exit status $?"
	same "text" "3 sessions: all gauges agree" "$(cat "$TMP/text")"
}

clusters()
{
	golden cluster-list cluster show
	golden cluster-managed cluster show aks1
	golden cluster-byo cluster show aks2
	golden cluster-plan cluster plan aks1
	golden cluster-plan-move cluster plan aks1 outbound-type managedNATGateway managed-outbound-ip-count 2
	golden managed-pool-list managed-pool show
	golden managed-pool managed-pool show 192.0.2.64/26
}

# What a cluster made says so, everywhere
cluster_owners()
{
	local object

	for object in "vnet aks1" "subnet aks1" "gateway aks1-lb" "address 192.0.2.64"; do
		# shellcheck disable=SC2086 # two words
		same "owner of $object" aks1 "$(ctl -j ${object/ / show } | jq -r '.[0].owner')"
	done
	same "load balancer" "aks1 aks1-lb null" \
		"$(ctl -j subnet show aks1 | jq -r '.[0] | "\(.cluster) \(.["load-balancer"]) \(.block)"')"
	match "text" 'load-balancer' "$(ctl subnet show aks1)"
	match "gateway" 'subnet aks1' "$(ctl gateway show aks1-lb)"
	match "status" 'aks1  *loadBalancer  *managed  *aks1-lb' "$(ctl)"
	match "explained" 'translated by load balancer aks1-lb' "$(ctl explain src 10.224.0.5 dst 198.51.100.9:80)"
	ctl gateway set aks1-lb idle-timeout 5m 2> "$TMP/err" && fail "taken"
	match "refusal" 'natgwctl cluster set aks1' "$(cat "$TMP/err")"
}

# On stderr, with what to append, and done nonetheless
cluster_warnings()
{
	ok ctl cluster set aks1 authorized-ip-ranges 198.51.100.0/24
	ctl cluster set aks1 node-count 3 2> "$TMP/err" || fail "exit status $?"
	match "text" 'warning: .*192\.0\.2\.64.*append 192\.0\.2\.64/32' "$(cat "$TMP/err")"
	ctl -j cluster plan aks1 outbound-type managedNATGateway 2> "$TMP/err" > "$TMP/out" || fail "exit status $?"
	same "warning" "authorized-ip-ranges 192.0.2.65/32" \
		"$(jq -r '.warning | "\(.attribute) \(.value)"' "$TMP/err")"
	same "unauthorized" 192.0.2.65 "$(jq -r '.[0].unauthorized[]' "$TMP/out")"
	printf 'cluster set aks1 node-count auto\n' > "$TMP/batch"
	ctl -b "$TMP/batch" 2> "$TMP/err" || fail "exit status $?"
	match "batch" 'append 192\.0\.2\.64/32' "$(cat "$TMP/err")"
	match "status" 'warning: cluster aks1 .*append 192\.0\.2\.64/32' "$(ctl)"
	ok ctl cluster set aks1 authorized-ip-ranges 198.51.100.0/24,192.0.2.64/26
	ctl cluster set aks1 node-count auto 2> "$TMP/err" || fail "exit status $?"
	same "nothing" "" "$(cat "$TMP/err")"
	ok ctl cluster set aks1 authorized-ip-ranges none
	same "none" 0 "$(ctl -j cluster show aks1 | jq '.[0]["authorized-ip-ranges"] | length')"
}

cluster_refusals()
{
	ctl -j cluster set aks1 outbound-type userDefinedRouting 2> "$TMP/err"
	same "exit status" 2 $?
	same "at fault" 'outbound-type userDefinedRouting' \
		"$(jq -r '.error | "\(.attribute) \(.value)"' "$TMP/err")"
	match "sentence" 'from loadBalancer to userDefinedRouting by matrix 2024' "$(cat "$TMP/err")"
	same "plan says the same" "$(jq -r .error.message "$TMP/err")" \
		"$(ctl -j cluster plan aks1 |
			jq -r '.[0].plan[] | select(.["outbound-type"] == "userDefinedRouting").reason')"
	ctl cluster add 0123456789012345678901234567 prefix 10.225.0.0/16 2> "$TMP/err" && fail "taken"
	match "name" '27' "$(cat "$TMP/err")"
}

# "length" takes what is free and says what it took
pool_prefix()
{
	same "taken" 192.0.2.80/28 "$(ctl address add length 28)"
	same "json" 192.0.2.72/29 "$(ctl -j address add LENGTH 29 announce off | jq -r '.[0].address')"
	same "free" $((64 - 1 - 16 - 8)) "$(ctl -j managed-pool show 192.0.2.64/26 | jq '.[0].free')"
	ctl -j address add length 33 2> "$TMP/err" && fail "taken"
	same "at fault" 'length 33' "$(jq -r '.error | "\(.attribute) \(.value)"' "$TMP/err")"
	printf 'address add length 31\n' > "$TMP/batch"
	same "batch" 192.0.2.66/31 "$(ctl -b "$TMP/batch")"
	ok ctl address del 192.0.2.80/28
	ok ctl address del 192.0.2.72/29
	ok ctl address del 192.0.2.66/31
}

limits_and_drain()
{
	ok ctl gateway set custom host-limit 1000 destination-limit 50000 drain 24h
	golden gateway-drain gateway show custom
	ok ctl address set 203.0.113.16/28 shared on reserve 1024,8000-8099
	golden address-reserve address show 203.0.113.16/28
	ok ctl address set 203.0.113.16/28 shared off reserve none
	ok ctl gateway set custom host-limit off destination-limit off drain off
	ctl -p gateway show custom > "$TMP/off"
	same "off" "null null null" \
		"$(jq -r '.[0] | "\(.["host-limit"]) \(.["destination-limit"]) \(.drain)"' "$TMP/off")"
}

stats()
{
	golden stats stats show
}

all_are_arrays_of_objects()
{
	same "outputs" "$(find "$HERE/golden" -name '*.json' | wc -l) true" \
		"$(jq -s '[.[] | type == "array" and all(.[]; type == "object")] | "\(length) \(all)"' -r "$TMP"/*.raw)"
}

compact_says_the_same()
{
	ctl -j subnet show > "$TMP/compact"
	ctl -p subnet show > "$TMP/pretty"
	same "lines" 1 "$(wc -l < "$TMP/compact")"
	same "equal" true "$(jq -n --slurpfile a "$TMP/compact" --slurpfile b "$TMP/pretty" '$a == $b')"
}

# Attributes all, but for what natgwctl itself finds out
keys_are_of_the_spec()
{
	local own=" operational-reason notes warnings " key

	own+="azure-metrics ByteCount PacketCount PacketDropCount SNATConnectionCount "
	own+="Attempted Failed TotalConnectionCount "

	[[ -e $SPEC ]] || { skip "no spec here"; return; }
	jq -r '.. | objects | keys[]' "$HERE"/golden/*.json | sort -u > "$TMP/keys"
	at_least "keys" 30 "$(wc -l < "$TMP/keys")"
	while read -r key; do
		[[ $own == *" $key "* ]] || grep -qE "^ *(- )?name: $key\$" "$SPEC" || fail "not in the spec: $key"
	done < "$TMP/keys"
}

tests=(
	status gateways addresses subnets vnets routes effective_routes explained tags lists
	error_names_the_value longest_tag
	sessions_of_each_protocol saved ports check stats
	limits_and_drain
	clusters cluster_owners cluster_warnings cluster_refusals pool_prefix
	all_are_arrays_of_objects compact_says_the_same keys_are_of_the_spec
)

standard_topology
# as the golden files have it
ok ctl gateway add gw1 track on
ok ctl gateway add custom profile custom idle-timeout 90s udp-timeout 30s pooling paired \
	on-idle silent on-exhaust unreachable track off zone 2
ok ctl address add 203.0.113.1 gateway gw1 dev up0
ok ctl address add 203.0.113.16/28 announce off uplink up0 zone 2
ok ctl subnet add web prefix 10.0.1.0/24 gateway gw1
ok ctl subnet add lab prefix 10.0.3.0/24 ipv6 drop
ip -n "$gw" link add hub0 type dummy
ip -n "$gw" link add aks0 type dummy
ip -n "$gw" address add 10.224.0.1/16 dev aks0
ip -n "$gw" link set aks0 up
ok ctl vnet add hub prefix 10.64.0.0/16 dev hub0 vpn-next-hop 10.64.9.1
ok ctl tag add Storage prefix 192.0.2.0/25,192.0.2.128/25
ok ctl tag add Lab prefix 198.51.100.0/25
ok ctl route-table add rt1
ok ctl route-table add rt2
ok ctl route add 10.0.0.0/8 route-table rt1 next-hop-type virtualappliance next-hop-ip 10.64.2.4
ok ctl route add 198.51.100.7/32 route-table rt1 next-hop-type internet
ok ctl route add Storage route-table rt1 next-hop-type none unreachable on
ok ctl subnet add far prefix 10.64.1.0/24 vnet hub route-table rt1
ok ctl managed-pool add 192.0.2.64/26
ok ctl cluster add aks1 prefix 10.224.0.0/16
ok ctl cluster add aks2 subnet lab outbound-type NONE node-count 3 \
	authorized-ip-ranges 198.51.100.7,198.51.100.128/25
run "$@"
