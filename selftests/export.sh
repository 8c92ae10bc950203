#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The configuration as a file: export prints what apply reads, for each kind of object and each
# of its keys, as commands and as JSON; and import writes one of what the cloud's tool prints.
#
#   gw alone

. "$(dirname "$0")/lib.sh"

# Each kind and each key, with a value that is not the default. "length", "file" and "drain" ask
# for something to be done, and are no configuration.
everything()
{
	cat <<-'EOT'
		vnet set default private-space drop vpn-next-hop 10.9.0.1
		vnet add hub private-space internet vpn-next-hop 10.0.0.9 prefix 10.0.0.0/16,172.16.0.0/16 dev in0,in1
		tag add Storage prefix 100.64.0.0/16,100.65.0.0/16
		route-table add rt1
		route add 0.0.0.0/0 route-table rt1 next-hop-type VirtualAppliance next-hop-ip 10.0.2.4
		route add 192.0.2.0/24 route-table rt1 next-hop-type None unreachable on
		route add Storage route-table rt1 next-hop-type Internet
		gateway add fixed
		gateway add rfc profile rfc6888
		gateway add gw1 profile custom pooling paired on-idle silent on-exhaust reset destination-limit 100 host-limit 200 warn-used 66% track off offload on zone 2 allocation preallocated ports-per-host 64 hosts 4 tier keep idle-timeout 1h udp-timeout 1m1s icmp-timeout 30s half-open-timeout 20s closing-timeout 2m cooldown-fin 1m cooldown-rst 3s cooldown-half-open 4s cooldown-udp 5s
		managed-pool add 192.0.2.128/28 dev up0
		address add 203.0.113.1 gateway gw1 dev up0 announce off uplink up0 zone 2 reserve 80,443,8000-8099
		address add 203.0.113.16/28
		address add 192.0.2.1 shared on
		address add 198.51.100.7
		subnet add web prefix 10.0.1.0/24 vnet hub gateway gw1 route-table rt1 ipv6 drop source-check loose
		subnet add aks1 prefix 10.0.3.0/24 vnet hub
		subnet add aks2 prefix 10.0.4.0/24 vnet hub
		cluster add lb matrix 2026-08 subnet aks1,aks2 node-count 3 idle-timeout 10m ports-per-host 128 outbound-ips 198.51.100.7 authorized-ip-ranges 198.51.100.0/24
		cluster add own outbound-type managedNATGateway prefix 10.224.0.0/16 dev lo node-nat off managed-outbound-ip-count 2
	EOT
}

# The rest of the keys of clusters, which exclude each other
more_clusters()
{
	cat <<-'EOT'
		gateway add gw2
		address add 203.0.113.64/31
		address add 203.0.113.66 gateway gw2
		subnet add a prefix 10.1.0.0/24
		subnet add b prefix 10.1.1.0/24 gateway gw2
		cluster add pre subnet a outbound-ip-prefixes 203.0.113.64/31
		cluster add user outbound-type userAssignedNATGateway subnet b gateway gw2
	EOT
}

# made: standard input, as a batch in an empty namespace
made()
{
	ok ctl reset
	cat > "$TMP/made"
	ok ctl -b "$TMP/made"
}

# Words that may follow, without what they mean
completions()
{
	natgwctl __complete "$@" '' | cut -f 1
}

# The keys of kinds of objects, by the tool itself: KIND KEY
keys()
{
	local kind

	for kind in $(completions); do
		completions "$kind" | grep -qx add || continue
		echo "$kind name"
		completions "$kind" add x | sed "s/^/$kind /"
	done | grep -vE ' (drain|file)$|^gateway address$'
}

each_key()
{
	everything | made
	ctl export > "$TMP/export" || fail "export"
	same "export" "$(everything)" "$(cat "$TMP/export")"
	more_clusters | made
	ctl export >> "$TMP/export" || fail "export"
	keys > "$TMP/keys"
	at_least "keys" 60 "$(wc -l < "$TMP/keys")"
	# vnet-mode follows from subnet
	same "keys that export lacks" "cluster vnet-mode" "$(awk '
		NR == FNR {
			has[$1 " name"]
			for (i = 4; i <= NF; i += 2)
				has[$1 " " $i]
			next
		}
		!($0 in has)' "$TMP/export" "$TMP/keys")"
}

# exported [-j]: what runs, applied to an empty namespace, is what ran
round_trip()
{
	ctl "$@" export > "$TMP/first" || fail "export $*"
	ok ctl reset
	ok ctl "$@" apply -f "$TMP/first"
	same "round trip $*" "$(cat "$TMP/first")" "$(ctl "$@" export)"
	same "diff $*" "" "$(ctl diff -f <(ctl export))"
}

round_trips()
{
	everything | made
	round_trip
	round_trip -j
	more_clusters | made
	round_trip
	round_trip -j
	ok jq -e 'map(select(.object == "cluster")) | length == 2' "$TMP/first"
	ok ctl reset
	same "nothing" "" "$(ctl export)"
	same "nothing" "[]" "$(ctl -j export)"
}

# imported NAME FILE...: what becomes of the cloud's files, what is left out, and that the kernel
# takes it
imported()
{
	local name=$1 dir=$HERE/azure

	(cd "$dir" && natgwctl import azure "${@:2}") > "$TMP/azure" 2> "$TMP/left-out" ||
		fail "import: $(cat "$TMP/left-out")"
	same "$name imported" "$(cat "$dir/$name.conf")" "$(cat "$TMP/azure")"
	same "$name left out" "$(cat "$dir/$name.left-out")" "$(cat "$TMP/left-out")"
	cat >> "$TMP/azure" <<-'EOT'
		tag add Storage prefix 100.64.0.0/16
		managed-pool add 192.0.2.128/28
	EOT
	# one device for each, in a VRF of its own
	awk '/^cluster add .* prefix / { $0 = $0 " dev pool" n++ } { print }' "$TMP/azure" \
		> "$TMP/placed"
	mv "$TMP/placed" "$TMP/azure"
	ok ctl reset
	ok ctl apply -f "$TMP/azure"
	same "diff" "" "$(ctl diff -f "$TMP/azure")"
}

# What az prints, in its forms, and the newer properties of the cloud's REST interface
imports()
{
	imported az nat-gateway.json public-ip.json public-ip-prefix.json vnet.json vnets.json \
		route-table.json aks.json
	imported rest rest.json
	imported made made.json
	imported odd odd.json
	ok ctl reset
	refused natgwctl import azure "$HERE/azure/az.conf"
	refused natgwctl import azure /nowhere
	refused natgwctl import gcp "$HERE/azure/aks.json"
}

tests=(each_key round_trips imports)

ns gw
for dev in in0 in1 up0; do
	ip -n "$gw" link add "$dev" type dummy
	ip -n "$gw" link set "$dev" up
done
ip -n "$gw" addr add 192.0.2.1/24 dev up0
for n in 0 1; do
	ip -n "$gw" link add "vrf$n" type vrf table "10$n"
	ip -n "$gw" link add "pool$n" type dummy
	ip -n "$gw" link set "pool$n" master "vrf$n"
done
run "$@"
