#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# A namespace with as many objects as it may have: one object more is refused with its
# sentence and changes nothing; natgwctl shows and sets the largest configuration without
# a long wait.
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

# made WHAT: the requests of standard input succeed; says how long the last COMMIT took. In
# transactions of 1,024, because a transaction may take 30 seconds, and the request for a subnet
# looks at all subnets that are there: on a slow and busy machine 8,192 subnets took longer.
made()
{
	local out

	out=$({
		echo transaction-begin
		awk 'NR > 1 && NR % 1024 == 1 { print "transaction-commit\ntransaction-begin" } { print }'
		echo "timed transaction-commit"
	} | in_ns "$gw" "$HERE/nl_client" | grep -E '^(error|ms)|generation=' | tail -n 2 | xargs)
	match "$1" '^ok generation=[0-9]+ ms [0-9]+$' "$out"
	note "$1: COMMIT took ${out##* } ms"
}

# clocked EVERY: standard input, and after so many lines each a look at the clock
clocked()
{
	awk -v n="$1" 'BEGIN { print "clock" } { print } NR % n == 0 { print "clock" }'
}

# steady WHAT: the answers show that as many requests took about as long when there was nothing
# as when there were thousands of objects. The fastest stretch of the first quarter and of the
# last one are compared: another program may have had the processor for a while. If each
# request looked at all objects, the last stretch would take more than ten times as long.
steady()
{
	awk -v what="$1" '
		$1 == "clock" { if (n++) took[n - 1] = $2 - last; last = $2 }
		function least(from, to,  i, min) {
			min = took[from]
			for (i = from; i <= to; i++)
				if (took[i] < min)
					min = took[i]
			return min
		}
		END {
			n--
			early = least(1, n / 4)
			late = least(n - n / 4 + 1, n)
			printf "%s: %d us for as many requests at first, %d us at last\n",
				what, early, late
			exit !(n >= 8 && late < 4 * early)
		}' "$TMP/answers" > "$TMP/steady" || fail "$(cat "$TMP/steady")"
	note "$(cat "$TMP/steady")"
}

counts()
{
	ctl -j | grep -oE '"(gateways|addresses|subnets|tags|vnets|clusters|route-tables)":[0-9]+'
}

# one_too_many SENTENCE REQUEST: alone, and in a transaction
one_too_many()
{
	local before

	before=$(counts; generation)
	same "$2" "$1" "$(in_ns "$gw" "$HERE/nl_client" <<< "$2")"
	same "state" "$before" "$(counts; generation)"
	before=$(counts)
	same "$2, in a transaction" "$1" "$(requests <<< "$2")"
	# what was committed has nothing in it
	same "state" "$before" "$(counts)"
}

# 16 of them in each of N prefixes, from 198.18.0.0 on
prefixes()
{
	awk -v n="$1" 'BEGIN { for (i = 0; i < n; i++)
		printf "address-new family=2 address=198.%d.%d.%d prefix-length=28\n",
			18 + int(i / 4096), int(i / 16) % 256, i % 16 * 16 }'
}

gateways()
{
	ok ctl reset
	made gateways < <(awk 'BEGIN { for (i = 0; i < 1024; i++) print "gateway-new name=g" i }')
	one_too_many "error ENOSPC name: gateway g1024 is one too many, there are 1024 already" \
		"gateway-new name=g1024"
	# a cluster makes one
	ok ctl managed-pool add 203.0.113.0/28
	one_too_many "error ENOSPC outbound-type: gateway c-nat is one too many, there are 1024 already" \
		"cluster-new name=c outbound-type=1 prefix=10.0.0.0/24 dev=lo"
	ok ctl gateway del g7
	ok ctl gateway add g1024
}

addresses()
{
	ok ctl reset
	prefixes 256 | made "addresses, by prefixes"
	one_too_many "error ENOSPC address: there are 4096 public IPs, 1 more would be too many, at most 4096" \
		"address-new family=2 address=203.0.113.1"
	one_too_many "error ENOSPC address: there are 4096 public IPs, 16 more would be too many, at most 4096" \
		"address-new family=2 address=203.0.113.16 prefix-length=28"
	ok ctl address del 198.18.0.0/28
	ok ctl managed-pool add 203.0.113.0/24
	ok ctl address add 198.18.0.0
	one_too_many "error ENOSPC managed-outbound-ip-count: there are 4081 public IPs, 16 more would be too many, at most 4096" \
		"cluster-new name=c prefix=10.0.0.0/24 dev=lo managed-outbound-ip-count=16"
	ok ctl address del 198.18.0.0
	ok ctl address add length 28
	refused ctl address add length 32
	same "addresses" 256 "$(value "$(ctl -j)" addresses)"
}

subnets()
{
	ok ctl reset
	made subnets < <(awk 'BEGIN { for (i = 0; i < 8192; i++)
		printf "subnet-new name=s%d family=2 prefix=10.%d.%d.%d prefix-length=28\n", i,
			int(i / 4096), int(i / 16) % 256, i % 16 * 16 }')
	one_too_many "error ENOSPC name: subnet more is one too many, there are 8192 already" \
		"subnet-new name=more family=2 prefix=172.16.0.0 prefix-length=24"
	one_too_many "error ENOSPC prefix: subnet c is one too many, there are 8192 already" \
		"cluster-new name=c prefix=172.16.0.0/24 dev=lo outbound-type=4"
	ok ctl subnet del s7
	ok ctl subnet add more prefix 172.16.0.0/24
}

tags()
{
	ok ctl reset
	match "tags" '^ok generation=' "$(awk 'BEGIN { for (i = 0; i < 4096; i++)
		printf "tag-new name=t%d prefix=100.%d.%d.0/24\n", i, int(i / 256), i % 256 }' |
		clocked 256 | requests)"
	steady tags
	one_too_many "error ENOSPC name: tag more is one too many, there are 4096 already" \
		"tag-new name=more prefix=192.0.2.0/24"
	ok ctl tag del t7
	ok ctl tag add more prefix 192.0.2.0/24
}

# users N: so many vnets whose subnets use all of five tables of 400 next hops each
users()
{
	awk -v n="$1" 'BEGIN {
		for (t = 0; t < 5; t++) {
			printf "route-table-new name=rt%d\n", t
			for (i = 0; i < 400; i++)
				printf "route-new route-table=rt%d family=2 prefix=100.%d.%d.%d prefix-length=30 next-hop-type=0 next-hop-ip=172.%d.%d.%d\n",
					t, 64 + t, int(i / 50), i % 50 * 4, 16 + t, int(i / 200), 1 + i % 200
		}
		for (v = 0; v < n; v++) {
			printf "vnet-new name=v%d prefix=10.%d.0.0/16\n", v, v
			for (t = 0; t < 5; t++)
				printf "subnet-new name=s%d-%d family=2 prefix=10.%d.%d.0 prefix-length=24 vnet=v%d route-table=rt%d\n",
					v, t, v, t, v, t
		}
	}'
}

next_hops()
{
	ok ctl reset
	match "too many" '^error E2BIG.*: the route tables in use have 66165 next hops, counted again for each vnet that uses one, at most 65536$' \
		"$(users 33 | requests)"
	same "subnets" 0 "$(value "$(ctl -j)" subnets)"
	users 32 | made "next hops, 64160 of them"
	same "subnets" 160 "$(value "$(ctl -j)" subnets)"
	ok ctl reset
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

# Addresses from the managed pool, of which all but a few are taken
long_pool()
{
	local i

	ok ctl reset
	ok ctl managed-pool add 198.18.0.0/22
	ok ctl managed-pool add 198.18.4.0/24
	made "from the managed pool" < <(for ((i = 0; i < 1000; i++)); do
		echo "address-new length=32"
	done)
	same "free" $((1024 - 1000)) "$(value "$(ctl -j managed-pool show)" free)"
	same "the next" 198.18.3.232 "$(value "$(ctl -j address add length 32)" address)"
	same "the next prefix" 198.18.3.240/28 "$(value "$(ctl -j address add length 28)" address)"
	same "in the other pool" 198.18.4.0/28 "$(value "$(ctl -j address add length 28)" address)"
	ok ctl address del 198.18.1.7
	same "a gap" 198.18.1.7 "$(value "$(ctl -j address add length 32)" address)"
}

# What a transaction has changed so far takes memory: one tag is given 400 prefixes, 3,200 bytes,
# again and again until that is too much. Then the transaction takes nothing more, and can be
# aborted. With more prefixes it would take longer: each is compared with those before it.
staged_memory()
{
	local out before start

	ok ctl reset
	ok ctl tag add t prefix 192.0.2.0/24
	before=$(generation; ctl export)
	start=$(now)
	out=$({
		echo transaction-begin
		awk 'BEGIN {
			printf "again 20000 tag-set name=t"
			for (i = 0; i < 400; i++)
				printf " prefix=9.%d.%d.0/24", i / 256, i % 256
			print ""
		}'
		echo "gateway-new name=g"
		echo transaction-abort
	} | in_ns "$gw" "$HERE/nl_client" | tail -n +2 | xargs)
	note "$(($(now) - start))/10 s"
	match "answers" '^error E2BIG: the transaction holds [0-9]+ bytes of changes, at most 33554432 times [0-9]+ error E2BIG: the transaction holds [0-9]+ bytes of changes, at most 33554432 ok$' \
		"$out"
	[[ $out =~ times\ ([0-9]+) ]]
	at_least "changes that it takes" 9000 "${BASH_REMATCH[1]-0}"
	at_least "changes that 32 MiB can be" "${BASH_REMATCH[1]-20000}" $(((32 << 20) / 3200 + 1))
	same "state" "$before" "$(generation; ctl export)"
	ok ctl gateway add g
}

tests=(
	gateways addresses subnets tags next_hops large_object many_clusters long_pool
	staged_memory
)

ns gw
ip -n "$gw" link set lo up
run "$@"
