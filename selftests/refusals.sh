#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Every refusal of gateways, addresses and subnets: exit status 2, one sentence
# that names the value at fault, nothing changed, the kernel log silent.
#
#   gw alone: gw1 with 16 addresses, 203.0.113.1, .16/29, .24/30, .28/31 and .30,
#   web 10.0.1.0/24 bound to it; gw2 custom; gw9 with .202 in zone 1; unattached .200, .201

. "$(dirname "$0")/lib.sh"
. "$HERE/lib_refusals.sh"

gateways()
{
	no 'gw1' gateway add gw1
	no 'nosuch' gateway set nosuch idle-timeout 5m
	no 'nosuch' gateway del nosuch
	no 'InUseNatGatewayCannotBeDeleted' gateway del gw1
	unchanged
}

timers()
{
	no '4.*120' gateway set gw1 idle-timeout 3m
	no '4.*120' gateway set gw1 idle-timeout 121m
	no 'minute' gateway set gw1 idle-timeout 250s
	no 'udp' gateway set gw1 udp-timeout 5m
	no '24 ?h|86400' gateway set gw2 idle-timeout 25h
	no '1 ?s' gateway set gw2 udp-timeout 0s
	no '24 ?h|86400' gateway add gw3 profile custom cooldown-udp 90000s
	no '4.*120' gateway add gw3 idle-timeout 1s
	no '' gateway set gw2 idle-timeout 10s profile azure
	unchanged
}

addresses()
{
	local a

	for a in 224.0.0.1 239.255.255.255 127.0.0.1 0.0.0.0 0.1.2.3 255.255.255.255; do
		no "${a//./\\.}" address add "$a"
	done
	no '203\.0\.113\.1' address add 203.0.113.1
	no '203\.0\.113\.17' address add 203.0.113.17
	no '203\.0\.113\.16/30|203\.0\.113\.16' address add 203.0.113.16/30
	no '203\.0\.113\.200' address add 203.0.113.200/29
	no '203\.0\.113\.65' address add 203.0.113.65/28
	no '27' address add 203.0.113.64/27
	no '24' address add 203.0.113.0/24
	no '198\.51\.100\.9' address del 198.51.100.9
	no '198\.51\.100\.9' address set 198.51.100.9 gateway gw1
	no '203\.0\.113\.17' address del 203.0.113.17
	no 'nosuch' address add 198.51.100.9 gateway nosuch
	no 'nodev0' address add 198.51.100.9 dev nodev0
	no '192\.0\.2\.255' address add 192.0.2.255
	unchanged
}

sixteen_addresses()
{
	no '16' address add 203.0.113.100 gateway gw1
	no '16' address add 203.0.113.102/31 gateway gw1
	no '16' address set 203.0.113.200 gateway gw1
	unchanged
}

zones()
{
	no 'zone' address add 203.0.113.100 zone 2 gateway gw9
	no 'zone' address set 203.0.113.201 gateway gw9
	no 'zone' gateway set gw9 zone 2
	unchanged
}

subnets()
{
	no 'web' subnet add web prefix 10.0.9.0/24
	no '10\.0\.1\.128/25|web' subnet add x prefix 10.0.1.128/25
	no '10\.0\.0\.0/16|web' subnet add x prefix 10.0.0.0/16
	no '10\.0\.1\.0/24|web' subnet add x prefix 10.0.1.0/24
	no '10\.0\.9\.1' subnet add x prefix 10.0.9.1/24
	no '224\.0\.0\.0' subnet add x prefix 224.0.0.0/24
	no '127\.0\.0\.0' subnet add x prefix 127.0.0.0/8
	no '0\.0\.0\.0' subnet add x prefix 0.0.0.0/8
	no 'nosuch' subnet add x prefix 10.0.9.0/24 gateway nosuch
	no 'nosuch' subnet add x prefix 10.0.9.0/24 vnet nosuch
	no 'nosuch' subnet set web gateway nosuch
	no 'nosuch' subnet set nosuch gateway gw1
	no 'nosuch' subnet del nosuch
	no '10\.0\.2\.0|lab' subnet set web prefix 10.0.2.0/24
	no 'prefix' subnet add x
	unchanged
}

eight_hundred_subnets()
{
	local i

	for ((i = 0; i < 800; i++)); do
		echo "subnet add s$i prefix 10.$((100 + i / 256)).$((i % 256)).0/24 gateway gw2"
	done > "$TMP/batch"
	ok ctl -b "$TMP/batch"
	no '800' subnet add one-more prefix 10.99.0.0/24 gateway gw2
	no '800' subnet set lab gateway gw2
	sed -E 's/add (s[0-9]+) .*/del \1/' "$TMP/batch" > "$TMP/undo"
	ok ctl -b "$TMP/undo"
	remember
}

# What natgwctl itself does not understand: exit status 1 and a hint
usage()
{
	exits 1 '240s|4m|unit' gateway set gw1 idle-timeout 240
	exits 1 'gateway' gatway show
	exits 1 'show' gateway shwo
	exits 1 'idle-timeout' gateway set gw1 idle-timout 4m
	exits 1 '10\.0\.1\.300' address add 10.0.1.300
	exits 1 'azure' gateway add gw3 profile asure
	exits 1 'value' gateway set gw1 idle-timeout
	exits 1 'prefix' subnet add x prefix 10.0.9.0
	exits 1 '33' subnet add x prefix 10.0.9.0/33
	exits 1 'twice' gateway set gw1 idle-timeout 4m idle-timeout 5m
	unchanged
}

# exactly STATUS SENTENCE ARGUMENT...: what standard error has, word for word
exactly()
{
	local rc

	ctl "${@:3}" >"$TMP/out" 2>"$TMP/err"
	rc=$?
	same "exit of ${*:3}" "$1" "$rc"
	same "refusal of ${*:3}" "natgwctl: $2" "$(cat "$TMP/err")"
}

# Sentences that sent people the wrong way
words()
{
	exactly 2 "gateway set gw1: idle-timeout 3m is outside 4m..120m of profile azure" \
		gateway set gw1 idle-timeout 3m
	exactly 2 "gateway set gw1: idle-timeout 250s is not whole minutes, 4m..120m, as profile azure wants" \
		gateway set gw1 idle-timeout 250s
	exactly 2 "gateway set gw1: udp-timeout 5m: profile azure fixes it at 4m" \
		gateway set gw1 udp-timeout 5m
	exactly 2 "gateway set gw2: idle-timeout 25h is outside 1s..24h of profile custom" \
		gateway set gw2 idle-timeout 25h
	exactly 2 "gateway set gw2: idle-timeout 90000s is outside 1s..86400s of profile custom" \
		gateway set gw2 idle-timeout 90000s
	exactly 1 "gateway set gw1: idle-timeout 600: time needs a unit, try 600s" \
		gateway set gw1 idle-timeout 600
	exactly 1 "gateway set gw1: idle-timeout 10: time needs a unit, try 10m" \
		gateway set gw1 idle-timeout 10
	exactly 1 "gateway set gw1: idle-timeout -4m: a time cannot be negative" \
		gateway set gw1 idle-timeout -4m
	exactly 2 "gateway set gw2: allocation floor: ports-per-host 1001 is not a multiple of 8" \
		gateway set gw2 allocation floor ports-per-host 1001
	exactly 2 "gateway set gw2: InvalidLoadBalancerProfileAllocatedOutboundPorts: ports-per-host 1001 is not a multiple of 8" \
		gateway set gw2 allocation preallocated ports-per-host 1001
	unchanged
}

# none is none, never 0
no_zone()
{
	exactly 2 "address set 203.0.113.200: zone none of address 203.0.113.200 does not match zone 1 of gateway gw9" \
		address set 203.0.113.200 gateway gw9
	exactly 2 "gateway set gw9: zone none does not match zone 1 of address 203.0.113.202, attached to gateway gw9" \
		gateway set gw9 zone none
	match "gateway" '  zone none$' "$(ctl gateway show gw1 | grep ' zone ')"
	same "gateway -j" null "$(ctl -j gateway show gw1 | jq -c '.[0].zone')"
	same "address" - "$(ctl address show 203.0.113.200 | awk 'NR == 2 { print $6 }')"
	same "address -j" null "$(ctl -j address show 203.0.113.200 | jq -c '.[0].zone')"
	unchanged
}

# An address of a prefix is no object of its own: show shows the prefix, the rest names it
address_of_a_prefix()
{
	local verb

	ctl address show 203.0.113.17 > "$TMP/out" 2> "$TMP/err" || fail "refused"
	same "object" 203.0.113.16/29 "$(awk 'NR == 2 { print $1 }' "$TMP/out")"
	same "note" "    203.0.113.17 is one of its addresses" "$(sed -n 3p "$TMP/out")"
	same "lines" 3 "$(wc -l < "$TMP/out")"
	same "warnings" "" "$(cat "$TMP/err")"
	same "-j" '["203.0.113.16/29"]' "$(ctl -j address show 203.0.113.17 | jq -c 'map(.address)')"
	same "the first one" '["203.0.113.16/29"]' \
		"$(ctl -j address show 203.0.113.16 | jq -c 'map(.address)')"
	for verb in "set 203.0.113.17 zone 1" "del 203.0.113.17"; do
		# shellcheck disable=SC2086 # words of a command
		exactly 2 "address ${verb% zone 1}: address 203.0.113.17 is part of the prefix 203.0.113.16/29, name that" \
			address $verb
	done
	exactly 2 "address show 203.0.113.16/30: address 203.0.113.16/30 is part of the prefix 203.0.113.16/29, name that" \
		address show 203.0.113.16/30
	exactly 2 "address show 198.51.100.9: address 198.51.100.9 does not exist" \
		address show 198.51.100.9
	unchanged
}

# Each list by its own name
lists_of_addresses()
{
	ok ctl cluster add aks1 subnet lab outbound-ips 203.0.113.200
	remember
	exactly 2 "cluster set aks1: outbound-ips 203.0.113.16/29 is a public IP prefix, use outbound-ip-prefixes" \
		cluster set aks1 outbound-ips 203.0.113.16/29
	exactly 2 "cluster set aks1: InvalidResourceReference: address 203.0.113.77 does not exist (outbound-ips 203.0.113.77)" \
		cluster set aks1 outbound-ips 203.0.113.200,203.0.113.77
	exactly 2 "cluster set aks1: address 203.0.113.16/29 is attached to gateway gw1 (outbound-ip-prefixes 203.0.113.16/29)" \
		cluster set aks1 outbound-ips 203.0.113.200 outbound-ip-prefixes 203.0.113.16/29
	exactly 2 "cluster set aks1: prefix-length 27 is outside 28..32 (outbound-ip-prefixes 203.0.113.64/27)" \
		cluster set aks1 outbound-ip-prefixes 203.0.113.64/27
	exactly 2 "gateway set gw2: address 203.0.113.17 overlaps address 203.0.113.16/29" \
		gateway set gw2 address 203.0.113.55,203.0.113.17
	unchanged
	ok ctl cluster del aks1
	remember
}

# What a cluster has is not deleted by the command that the kernel names for changes
owned_by_a_cluster()
{
	ok ctl cluster add aks1 prefix 10.9.0.0/24 dev up0 outbound-type none
	ok ctl cluster add aks2 subnet lab outbound-ips 203.0.113.200
	remember
	exactly 2 "subnet del aks1: subnet aks1 belongs to cluster aks1, use: natgwctl cluster set aks1; to delete it: natgwctl cluster del aks1" \
		subnet del aks1
	exactly 2 "subnet set aks1: subnet aks1 belongs to cluster aks1, use: natgwctl cluster set aks1" \
		subnet set aks1 ipv6 drop
	exactly 2 "address del 203.0.113.200: address 203.0.113.200 is used by cluster aks2, use: natgwctl cluster set aks2; to free it: natgwctl cluster set aks2 outbound-ips OTHER-IP" \
		address del 203.0.113.200
	ctl -j gateway del aks2-lb 2> "$TMP/err"
	same "hint" "to delete it: natgwctl cluster del aks2" "$(jq -r .error.hint "$TMP/err")"
	unchanged
	ok ctl cluster del aks1
	ok ctl cluster del aks2
	remember
}

# An address that the next router asks for by ARP needs the key dev; done it is nevertheless
nobody_answers_arp()
{
	local told="address 192.0.2.9 is in the network of eth9, where nobody answers ARP for it: natgwctl address set 192.0.2.9 dev eth9"

	ip -n "$gw" link add eth9 type veth peer name eth8
	ip -n "$gw" addr add 192.0.2.8/28 dev eth9
	exactly 0 "gateway set gw2: warning: $told" gateway set gw2 address 192.0.2.9
	exactly 0 "address set 192.0.2.9: warning: $told" address set 192.0.2.9 announce on
	match "bare call" "warning: $told" "$(ctl)"
	ctl address set 192.0.2.9 dev eth9 2> "$TMP/err" || fail "refused"
	same "answered" "" "$(cat "$TMP/err")"
	refused grep -q "nobody answers" <<< "$(ctl)"
	printf 'address set 192.0.2.9 dev none\n' > "$TMP/batch"
	exactly 0 "$TMP/batch: warning: $told" -b "$TMP/batch"
	ok ctl address set 192.0.2.9 announce off
	refused grep -q "nobody answers" <<< "$(ctl)"
	ok ctl address del 192.0.2.9
	ip -n "$gw" link del eth9
	remember
}

# Names: at most 31 of A-Z a-z 0-9 . _ -
names()
{
	local long=abcdefghijklmnopqrstuvwxyzabcde name

	ok ctl gateway add "$long"
	ok ctl gateway del "$long"
	remember
	for name in "${long}f" 'a b' 'a/b' 'ä' 'a:b' ''; do
		ctl gateway add "$name" >"$TMP/out" 2>"$TMP/err" && fail "name '$name' taken"
		[[ -s $TMP/err ]] || fail "name '$name': no message"
		ctl subnet add "$name" prefix 10.0.9.0/24 >/dev/null 2>&1 &&
			fail "subnet name '$name' taken"
	done
	unchanged
}

not_root()
{
	setpriv --reuid 65534 --regid 65534 --clear-groups --inh-caps=-all --bounding-set=-all \
		"$(command -v natgwctl)" gateway show >/dev/null 2>"$TMP/err"
	same "exit status" 3 $?
	match "message" 'root|sudo' "$(cat "$TMP/err")"
}

json_errors()
{
	ctl -j gateway add gw1 >"$TMP/out" 2>"$TMP/err"
	same "exit status" 2 $?
	ok jq -e . "$TMP/err"
	match "sentence" gw1 "$(cat "$TMP/err")"
}

tests=(
	gateways timers addresses sixteen_addresses zones subnets eight_hundred_subnets
	usage words no_zone address_of_a_prefix lists_of_addresses owned_by_a_cluster
	nobody_answers_arp names not_root json_errors
)

ns gw
ip -n "$gw" link add up0 type dummy
ip -n "$gw" addr add 192.0.2.1/24 broadcast 192.0.2.255 dev up0
ip -n "$gw" link set up0 up
ok ctl gateway add gw1
ok ctl gateway add gw2 profile custom
ok ctl gateway add gw9 zone 1
for i in 203.0.113.16/29 203.0.113.24/30 203.0.113.28/31 203.0.113.1 203.0.113.30; do
	ok ctl address add "$i" gateway gw1
done
ok ctl address add 203.0.113.200
ok ctl address add 203.0.113.201 zone 2
ok ctl address add 203.0.113.202 zone 1 gateway gw9
ok ctl subnet add web prefix 10.0.1.0/24 gateway gw1
ok ctl subnet add lab prefix 10.0.2.0/24
remember
run "$@"
