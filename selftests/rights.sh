#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Commands that show hosts, flows or configuration are for the administrator of the network
# namespace: root of the user namespace that owns it. Other users see numbers alone.
#
#   cl 10.0.1.2, .99 (silent) ---- gw ---- net 198.51.100.99 (silent)

. "$(dirname "$0")/lib.sh"

# nobody CMD...: in gw's network namespace, without any right
nobody()
{
	in_ns "$gw" setpriv --reuid 65534 --regid 65534 --clear-groups --bounding-set=-all \
		--inh-caps=-all "$@"
}

# not_for_nobody WORD...: exit status 3, with this sentence and no other output
not_for_nobody()
{
	local out rc

	out=$(nobody timeout 20 natgwctl "$@" 2>&1)
	rc=$?
	same "$*: exit status" 3 "$rc"
	match "$*" "^natgwctl: $1[^:]*: not permitted, run it as root: sudo natgwctl $*\$" "$out"
}

# Events tell of objects and of inside hosts
groups()
{
	not_for_nobody monitor exhaustion
	not_for_nobody monitor config
	not_for_nobody monitor
}

# Each command but two
requests()
{
	local object

	for object in gateway address vnet subnet route-table route tag managed-pool cluster session; do
		not_for_nobody "$object" show
	done
	not_for_nobody session count
	not_for_nobody session flush
	not_for_nobody ports show
	not_for_nobody ports show by host
	not_for_nobody route show effective subnet web
	not_for_nobody explain src 10.0.1.2 dst 198.51.100.99
	not_for_nobody stats check
	not_for_nobody gateway add gw2
	not_for_nobody reset
	not_for_nobody subnet del web
	not_for_nobody export
	not_for_nobody doctor
	not_for_nobody top -b -n 1
	not_for_nobody session save /tmp/natgw-rights
	not_for_nobody upgrade
}

# Numbers are for all, so that monitoring needs no rights
numbers()
{
	local json

	dropped "$cl" no-session 10.0.1.99 198.51.100.99 tcp 4000 80 SA
	match "root" '"reason":"no-session","packets":1,"last-source":"10\.0\.1\.99"' "$(ctl -j stats show)"
	json=$(nobody natgwctl -j stats show) || fail "stats show: exit status $?"
	match "nobody" '"reason":"no-session","packets":1' "$json"
	[[ $json != *10.0.1.99* ]] || fail "stats show names a host: $json"
	json=$(nobody natgwctl -j) || fail "status: exit status $?"
	match "status" '"gateways":1' "$json"
	[[ $json != *gw1* && $json != *10.0.1.* ]] || fail "the status names an object: $json"
	match "memory, root" '"memory":[0-9]+,"memory-max":[0-9]+' "$(ctl -j)"
	[[ ! $json =~ \"memory\":[0-9] ]] || fail "the status tells of other namespaces: $json"
}

# Root of a user namespace administers what belongs to it, events included
own_namespace()
{
	unshare -Urn true 2>/dev/null || { skip "no user namespaces"; return; }
	unshare -Urn bash -s "$TMP" >"$TMP/own.log" 2>&1 <<-'EOT' || fail "$(cat "$TMP/own.log")"
		natgwctl -j monitor >$1/own 2>$1/own.err &
		for i in {1..200}; do
			natgwctl gateway add gw$i || exit
			grep -q '"event":"gateway-add","name":"gw' $1/own && break
			sleep 0.05
		done
		kill $!
		wait $!
		grep '"event":"gateway-add"' $1/own && natgwctl stats show && natgwctl
	EOT
	same "complaints" "" "$(cat "$TMP/own.err")"
	# and nothing else
	refused unshare -Ur --net="/run/netns/$gw" true
	refused in_ns "$gw" unshare -Ur natgwctl gateway show
	refused in_ns "$gw" unshare -Ur timeout 20 natgwctl monitor
}

tests=(groups requests numbers own_namespace)

standard_topology
silent_hosts
standard_gateway
run "$@"
