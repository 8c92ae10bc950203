#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Random netlink requests made from the specification, see fuzz_netlink.c, while packets flow:
# of the administrator, of somebody without rights, and of the root of a user namespace. REQUESTS
# says how many of each, SEED which ones.
#
#   cl 10.0.1.2 ---- in0 gw up0 ---- net 198.51.100.7

. "$(dirname "$0")/lib.sh"

REQUESTS=${REQUESTS:-2000}
SEED=${SEED:-$SRANDOM}

# fuzz WHO COMMAND...: runs it; its summary in $TMP/WHO
fuzz()
{
	local who=$1

	shift
	"$@" > "$TMP/$who" 2>&1 || fail "$who: exit $?"
	note "SEED=$SEED $who: $(< "$TMP/$who")"
	match "$who" "requests $REQUESTS " "$(< "$TMP/$who")"
}

# number WORD FILE
number()
{
	local words

	read -ra words < "$2"
	printf '%s\n' "${words[@]}" | grep -A 1 -x -- "$1" | tail -n 1
}

# Flows of the client, whatever becomes of the gateway meanwhile
traffic()
{
	start "$cl" "$HERE/flows" client udp 10.0.1.2 198.51.100.7 9000 count 20 window 20 \
		rounds 0 every 5
}

root()
{
	local client round events=0

	excuse 10.0.1.2		# while no subnet is bound
	traffic
	client=$!
	# how many requests change something, and are told of, depends on the seed
	for ((round = 0; round < 5 && events < 10; round++, SEED++)); do
		fuzz root in_ns "$gw" timeout 550 "$HERE/fuzz_netlink" admin "$REQUESTS" "$SEED"
		at_least "requests that were done" $((REQUESTS / 50)) \
			"$(number "done" "$TMP/root")"
		at_least "refused" $((REQUESTS / 20)) "$(number EINVAL "$TMP/root")"
		events=$((events + $(number events "$TMP/root")))
	done
	at_least "events" 10 "$events"
	running "$client" && stop "$client"
	# a transaction that was left open ends with its socket
	ok ctl reset
	standard_gateway
	match "translated again" 'answered 1 ' "$(flow udp 10.0.1.2 198.51.100.7 9000 count 1)"
	stats_agree
}

# Whatever the attributes: the two commands with numbers are all that is done
nobody()
{
	local before

	before=$(ctl export)
	fuzz nobody in_ns "$gw" setpriv --reuid 65534 --regid 65534 --clear-groups \
		--bounding-set=-all --inh-caps=-all \
		timeout 550 "$HERE/fuzz_netlink" nobody "$REQUESTS" "$SEED"
	at_least "not permitted" $((REQUESTS / 4)) "$(number EPERM "$TMP/nobody")"
	same "configuration" "$before" "$(ctl export)"
}

own_namespace()
{
	setpriv --reuid 65534 --regid 65534 --clear-groups unshare -Urn true 2> /dev/null ||
		{ skip "no user namespaces"; return; }
	fuzz own setpriv --reuid 65534 --regid 65534 --clear-groups unshare -Urn \
		timeout 550 "$HERE/fuzz_netlink" admin "$REQUESTS" "$SEED"
	at_least "requests that were done" $((REQUESTS / 50)) "$(number "done" "$TMP/own")"
}

tests=(root nobody own_namespace)

standard_topology
standard_gateway
echo_server "$net" 198.51.100.7 9000
run "$@"
