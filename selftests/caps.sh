#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# As much as a namespace may have: what there is at most is shown without a long wait.
#
#   gw alone

. "$(dirname "$0")/lib.sh"

# requests: of standard input, in one transaction; prints what COMMIT says
requests()
{
	{
		echo transaction-begin
		cat
		echo transaction-commit
	} | in_ns "$gw" "$HERE/nl_client" > "$TMP/answers"
	grep -m 1 '^error' "$TMP/answers" || tail -n 1 "$TMP/answers"
}

# made WHAT: the requests of standard input succeed; says how long COMMIT took
made()
{
	local out

	out=$({
		echo transaction-begin
		cat
		echo "timed transaction-commit"
	} | in_ns "$gw" "$HERE/nl_client" | grep -E '^(error|ms)|generation=' | tail -n 2 | xargs)
	match "$1" '^ok generation=[0-9]+ ms [0-9]+$' "$out"
	note "$1: COMMIT took ${out##* } ms"
}

# Sixteen at each of 64 gateways, one for each subnet of a cluster; none authorized
cluster_of_many_ways()
{
	awk 'BEGIN {
		for (i = 0; i < 64; i++) {
			printf "gateway-new name=g%d\n", i
			for (k = 0; k < 16; k++)
				printf "address-new family=2 address=198.18.%d.%d gateway=g%d\n", i, k, i
			printf "subnet-new name=s%d family=2 prefix=10.1.%d.0 prefix-length=24\n", i, i
		}
		printf "cluster-new name=c outbound-type=2 gateway=g0 authorized-ip-ranges=203.0.113.0/24"
		for (i = 0; i < 64; i++)
			printf " subnet=s%d", i
		print ""
		for (i = 0; i < 64; i++)
			printf "subnet-set name=s%d gateway=g%d\n", i, i
	}'
}

# One object that no buffer of 32 KiB holds: it is shown and told of whole
large_object()
{
	ok ctl reset
	"$HERE/netns_exec" "/run/netns/$gw" natgwctl -j monitor config \
		>"$TMP/events" 2>"$TMP/events.err" </dev/null &
	jobs_started+=($!)
	# there is no telling when it listens but by an event
	for _ in {1..100}; do
		ok ctl vnet set default private-space pass
		[[ ! -s $TMP/events ]] || break
		sleep 0.1
	done
	cluster_of_many_ways | made "a cluster with 64 ways out"
	ctl -j cluster show > "$TMP/all" || fail "cluster show"
	ctl -j cluster show c > "$TMP/one" || fail "cluster show c"
	same "addresses" "1024 1024" \
		"$(jq -r '.[0] | "\(.address | length) \(.unauthorized | length)"' "$TMP/all")"
	same "one and all" "$(jq -cS '.[0]' "$TMP/one")" "$(jq -cS '.[0]' "$TMP/all")"
	ok ctl
	soon grep -q '"event":"cluster-add","name":"c"' "$TMP/events"
	same "event" 1024 "$(jq -r 'select(.event == "cluster-add") | .address | length' "$TMP/events")"
	same "complaints" "" "$(cat "$TMP/events.err")"
	stop $!
}

# 128 clusters with 32 subnets each, 2,048 attached addresses: to look at all subnets for
# each subnet, address and cluster would take hours
many_clusters()
{
	local start

	ok ctl reset
	awk 'BEGIN {
		for (i = 0; i < 128; i++) {
			printf "gateway-new name=g%d\n", i
			for (k = 0; k < 16; k++)
				printf "address-new family=2 address=198.%d.%d.%d gateway=g%d\n",
					18 + int(i / 128), i % 128 * 2, k, i
			for (k = 0; k < 32; k++)
				printf "subnet-new name=s%d-%d family=2 prefix=10.%d.%d.%d prefix-length=29\n",
					i, k, int(i / 16), i % 16, k * 8
			printf "cluster-new name=c%d outbound-type=2 gateway=g%d", i, i
			for (k = 0; k < 32; k++)
				printf " subnet=s%d-%d", i, k
			print ""
		}
	}' > "$TMP/many"
	same "made" "" "$(requests < "$TMP/many" | grep error)"
	start=$(now)
	same "addresses" "128 2048" "$(timeout 60 natgwctl -n "$gw" -j cluster show |
		jq -r '"\(length) \([.[].address | length] | add)"')"
	note "cluster show: $(($(now) - start))/10 s"
	start=$(now)
	ok timeout 60 natgwctl -n "$gw"
	note "natgwctl: $(($(now) - start))/10 s"
	start=$(now)
	ok ctl gateway set g7 host-limit 100
	note "one change: $(($(now) - start))/10 s"
}

tests=(large_object many_clusters)

ns gw
ip -n "$gw" link set lo up
run "$@"
