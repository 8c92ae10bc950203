#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Two network namespaces with the same names, addresses and subnets know nothing
# of each other.
#
#   cl 10.0.1.2 ---- gw  ---- net    each: pool 203.0.113.1, gateway gw1,
#   cl2 10.0.1.2 --- gw2 ---- net2         subnet web

. "$(dirname "$0")/lib.sh"

ctl2()
{
	natgwctl -n "$gw2" "$@"
}

flow2()
{
	in_ns "$cl2" "$HERE/flows" client udp 10.0.1.2 198.51.100.7 9000 "$@"
}

second_is_empty()
{
	local first

	first=$(generation)
	at_least "generation of the first" 1 "$first"
	same "gateways" 0 "$(ctl2 -j gateway show | rows name)"
	refused ctl2 gateway show gw1
	same "sessions" "0 []" "$(ctl2 session count) $(ctl2 -j session show)"
	ok ctl2 session flush
	ok ctl2 stats check
	ok ctl2 ports show by destination
	same "generation of the first" "$first" "$(generation)"
}

same_configuration_twice()
{
	ok ctl2 gateway add gw1
	ok ctl2 address add 203.0.113.1 gateway gw1
	ok ctl2 subnet add web prefix 10.0.1.0/24 gateway gw1
	match "first" 'answered 5 .* last 203.0.113.1 ' \
		"$(flow udp 10.0.1.2 198.51.100.7 9000 count 5)"
	same "sessions" "5 0" "$(sessions) $(ctl2 session count)"
	match "second" 'answered 3 .* last 203.0.113.1 ' "$(flow2 count 3)"
	same "sessions" "5 3" "$(sessions) $(ctl2 session count)"
}

counters_are_apart()
{
	send "$net" 198.51.100.7 203.0.113.1 udp 1 2
	soon counted unsolicited 1
	refused grep -q unsolicited <<< "$(ctl2 -j stats show)"
}

flush_and_reset_are_apart()
{
	ok ctl session flush
	same "sessions" "0 3" "$(sessions) $(ctl2 session count)"
	ok ctl reset
	same "gateways" "0 1" "$(ctl -j gateway show | rows name) $(ctl2 -j gateway show | rows name)"
	match "second" 'answered 3 ' "$(flow2 count 3)"
}

deleting_one_leaves_the_other()
{
	ns_del "$gw"
	match "second" 'answered 3 ' "$(flow2 count 3)"
}

# The owner of a user namespace administers what lies in it, and only that
user_namespace()
{
	ok unshare -Urn sh -c 'natgwctl gateway add gw1 && natgwctl gateway show gw1'
	refused setpriv --reuid 65534 --clear-groups --bounding-set=-all --inh-caps=-all \
		"$HERE/netns_exec" "/run/netns/$gw2" natgwctl gateway show
}

# Who is refused at the same time elsewhere neither reads the sentence of another nor puts his own
# there. It waits until what the change had begun is taken apart: many objects take long.
sentences_are_apart()
{
	local i theirs refused

	for ((i = 0; i < 600; i++)); do
		echo "subnet add many$i prefix 10.128.$((i / 64)).$((i % 64 * 4))/30"
	done > "$TMP/many"
	ok ctl2 -b - < "$TMP/many"
	for ((i = 0; i < 400; i++)); do
		echo "gateway-del name=ours0000"
	done > "$TMP/ours"
	refused=$(printf 'gateway-del name=theirs00\n%.0s' {1..50})
	# they go on while the file is there: a signal would end the first process of each only
	: > "$TMP/on"
	for ((i = 0; i < 4; i++)); do
		start_to "$TMP/theirs" "$gw2" unshare -Urn sh -c \
			"while [ -e '$TMP/on' ]; do echo '$refused'; done | '$HERE/nl_client' | grep -c ours0000"
		theirs+=" $!"
	done
	in_ns "$gw2" "$HERE/nl_client" < "$TMP/ours" | sort | uniq -c > "$TMP/sentences"
	rm "$TMP/on"
	# shellcheck disable=SC2086
	wait $theirs
	same "left behind" "" "$(pgrep -x nl_client)"
	same "sentences" "400 error ENOENT name: gateway ours0000 does not exist" \
		"$(sed 's/^ *//' "$TMP/sentences")"
	ok ctl2 reset
}

tests=(
	second_is_empty same_configuration_twice counters_are_apart
	flush_and_reset_are_apart deleting_one_leaves_the_other user_namespace
	sentences_are_apart
)

standard_topology
standard_gateway
echo_server "$net" 198.51.100.7 9000
ns gw2 cl2 net2
link "$cl2" c0 10.0.1.2/24 "$gw2" in0 10.0.1.1/24
link "$gw2" up0 192.0.2.1/24 "$net2" n0 192.0.2.2/24
ip -n "$cl2" route add default via 10.0.1.1
ip -n "$gw2" route add default via 192.0.2.2
ip -n "$net2" addr add 198.51.100.7/32 dev lo
ip -n "$net2" route add 203.0.113.0/24 via 192.0.2.1
forwarding "$gw2"
echo_server "$net2" 198.51.100.7 9000
run "$@"
