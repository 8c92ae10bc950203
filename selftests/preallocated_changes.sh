#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Ports by host when addresses come and go, hosts become more or fewer, blocks are given
# back, floors are set, and the allocation is switched. Topology: lib_preallocated.sh.

. "$(dirname "$0")/lib.sh"
# shellcheck source=selftests/lib_preallocated.sh
. "$HERE/lib_preallocated.sh"

# One address after the other, and a new one moves nothing
more_addresses()
{
	local before

	fresh allocation preallocated
	hosts 1 1
	fill 10.64.0.1 1024 "$DST" udp 10000 9000
	before=$(ctl -j session show | grep -o '"address":"[^"]*","port":[0-9]*' | sort)
	ok ctl address add 203.0.113.2 gateway gw1
	ok ctl address add 203.0.113.3 gateway gw1
	same "block of three addresses" 1024 "$(gateway block)"
	dropped "$cl" quota 10.64.0.1 "$DST" udp 9999 9000
	same "ports" "$before" \
		"$(ctl -j session show | grep -o '"address":"[^"]*","port":[0-9]*' | sort)"
	# ... where 51 hosts have more by it: 512 at two addresses
	hosts 2 51
	same "block" 1024 "$(gateway block)"
	soon session_count_is 512 src 10.64.0.1 proto udp
	fill 10.64.0.1 512 "$DST" udp 20000 9000
	dropped "$cl" quota 10.64.0.1 "$DST" udp 9999 9000
	same "addresses" "203.0.113.1 203.0.113.2" "$(addresses_of 10.64.0.1)"
	hosts 52 101
	same "block" 768 "$(gateway block)"
	stats_agree

	# ports-per-host: seats go on where the first address ends
	fresh allocation preallocated ports-per-host 992
	hosts 1 64
	dropped "$cl" quota "$(host 65)" 198.51.100.98 udp 5000 53
	ok ctl address add 203.0.113.2 gateway gw1
	hosts 65 129
	same "addresses" "203.0.113.1 203.0.113.1 203.0.113.2 203.0.113.2" "$(addresses_of "$(host 1)"
		) $(addresses_of "$(host 64)") $(addresses_of "$(host 66)") $(addresses_of "$(host 129)")"
	between "host 1" 1024 2015 "$(host 1)"
	between "host 2" 2016 3007 "$(host 2)"
	between "host 129" $((1024 + 62976)) $((1024 + 63967)) "$(host 129)"
	dropped "$cl" quota "$(host 130)" 198.51.100.98 udp 5000 53
	# host 65 has the end of the first and the begin of the second
	fill "$(host 65)" 512 "$DST" udp 10000 9000
	same "first address" 203.0.113.1 "$(ctl -j session show src "$(host 65)" dst "$DST" |
		grep -o '"address":"[^"]*' | cut -d '"' -f 4 | sort -u)"
	fill "$(host 65)" 480 "$DST" udp 30000 9000
	dropped "$cl" quota "$(host 65)" "$DST" udp 9999 9000
	same "at the second address" 480 "$(sessions src "$(host 65)" dst "$DST" address 203.0.113.2)"
	stats_agree
}

# An address that goes takes its blocks along; the host gets others
fewer_addresses()
{
	fresh allocation preallocated ports-per-host 32000
	ok ctl address add 203.0.113.2 gateway gw1
	hosts 1 4
	ok ctl address del 203.0.113.1
	soon session_count_is 0 address 203.0.113.1
	same "sessions" 2 "$(sessions)"
	# it is in the place of the first now: hosts 1 and 2 have its ports
	fill "$(host 1)" 1 "$DST" udp 10000 9000
	fill "$(host 2)" 1 "$DST" udp 10000 9000
	dropped "$cl" quota "$(host 3)" "$DST" udp 10000 9000
	between "host 2" 33024 65023 "$(host 2)"
	ok ctl address add 203.0.113.1 gateway gw1
	fill "$(host 3)" 1 "$DST" udp 10000 9000
	stats_agree
}

# A drained address has no blocks, its flows live on
drained_address()
{
	fresh allocation preallocated
	fill 10.64.0.1 1024 "$DST" udp 10000 9000
	ok ctl address add 203.0.113.2 gateway gw1
	ok ctl address set 203.0.113.1 drain 1h
	fill 10.64.0.1 1024 "$DST" udp 20000 9000
	dropped "$cl" quota 10.64.0.1 "$DST" udp 9999 9000
	same "sessions" "1024 1024" "$(sessions address 203.0.113.1) $(sessions address 203.0.113.2)"
	ok ctl address set 203.0.113.2 drain 1h
	dropped "$cl" draining 10.64.0.1 "$DST" udp 9999 9000
	stats_agree
}

# After host_hold without a session
block_given_back()
{
	local port block

	fresh allocation preallocated tier keep
	hosts 1 51
	same "block" 512 "$(gateway block)"
	port=$(ports_of "$(host 51)")
	fill "$(host 7)" 1 "$DST" udp 10000 9000
	block=$(ports_of "$(host 7)" dst "$DST")
	block=$((block - block % 1024))
	ok ctl session flush src "$(host 7)"
	host_is "$(host 7)" "512 0 512"
	echo 2 > "$HOLD"
	ok ctl gateway set gw1 hosts 0
	soon known_is 50
	same "its row" "" "$(host_row "$(host 7)" limit)"
	# the last one has taken the place, so that all have more; nothing was cut
	soon block_is 1024
	same "sessions" 50 "$(sessions)"
	same "port of the last" "$port" "$(ports_of "$(host 51)")"
	fill "$(host 51)" 1 "$DST" udp 10000 9000
	between "new flow of the last" $block $((block + 1023)) "$(host 51)" dst "$DST"
	# who has a session is not forgotten
	ok ctl session flush src "$(host 51)" dst 198.51.100.98
	sleep 4
	same "hosts" 50 "$(gateway known-hosts)"
	ok ctl session flush
	soon known_is 0
	same "rows" "[]" "$(ctl -j ports show by host)"
	echo 600 > "$HOLD"
	stats_agree
}

# FLOOR_PORTS=1024 does it with fewer, the others reserved
floor()
{
	local before ports=${FLOOR_PORTS:-64512} own

	own=$((ports / 32 * 8))
	fresh allocation floor ports-per-host $own hosts 2
	((ports == 64512)) || ok ctl address set 203.0.113.1 reserve "$((1024 + ports))-65535"
	hosts 1 1
	before=$(drops quota)
	# its own, and what is shared
	fill "$(host 1)" $((ports - own)) "$DST" udp 5000 9000
	dropped "$cl" quota "$(host 1)" "$DST" udp 4999 9000
	between "ports of the first" 1024 $((1023 + ports)) "$(host 1)"
	# the second's floor was kept free for it
	hosts 2 2
	fill "$(host 2)" $own "$DST" udp 10000 9000
	between "ports of the second" $((1024 + own)) $((1023 + 2 * own)) "$(host 2)" dst "$DST"
	dropped "$cl" quota "$(host 2)" "$DST" udp 9999 9000
	same "refused" $((before + 2)) "$(drops quota)"
	host_is "$(host 2)" "$own $((own + 1)) 0"
	# not so that of a third, but no flow ends for it, and what ends is its
	hosts 3 3
	same "sessions of the first" $((ports - own + 1)) "$(sessions src "$(host 1)")"
	dropped "$cl" quota "$(host 3)" "$DST" udp 10000 9000
	ok ctl session flush src "$(host 1)" dst "$DST"
	fill "$(host 3)" $own "$DST" udp 10000 9000
	fill "$(host 1)" $((ports - 2 * own)) "$DST" udp 5000 9000
	dropped "$cl" quota "$(host 1)" "$DST" udp 4999 9000
	# not by address: the port of the peer makes two
	fill "$(host 3)" 1 "$DST" udp 10000 9001
	stats_agree
}

# Sessions keep their ports until they end, new flows go by the new way
switched()
{
	fresh
	fill 10.64.0.1 2000 "$DST" udp 10000 9000
	ok ctl gateway set gw1 allocation preallocated ports-per-host 64
	same "sessions" 2000 "$(sessions)"
	same "hosts" 0 "$(gateway known-hosts)"
	fill 10.64.0.2 1 "$DST" udp 10000 9000
	fill 10.64.0.1 40 "$DST" udp 20000 9001
	same "hosts" 2 "$(gateway known-hosts)"
	between "new flows" $((1024 + 64)) $((1024 + 127)) 10.64.0.1 dst "$DST:9001"
	same "twice" "" "$(ctl -j session show dst "$DST" | grep -o '"dst-port":[0-9]*,"address":"[^"]*","port":[0-9]*' |
		sort | uniq -d | head -n 3)"
	stats_agree
	ok ctl gateway set gw1 allocation floor ports-per-host 8
	same "sessions" 2041 "$(sessions)"
	ok ctl gateway set gw1 allocation preallocated ports-per-host 0
	same "block" 1024 "$(gateway block)"
	ok ctl gateway set gw1 allocation dynamic
	same "sessions" 2041 "$(sessions)"
	same "block" null "$(gateway block)"
	fill 10.64.0.1 2000 "$DST" udp 30000 9001
	stats_agree
	ok ctl session flush
	soon in_table 0
	same "destinations" "[]" "$(ctl -j ports show by destination)"
}

# Gateways with hosts go, and come again under the same name
deleted()
{
	fresh allocation preallocated
	hosts 1 10
	ok ctl reset
	fresh allocation preallocated
	same "hosts" 0 "$(gateway known-hosts)"
	hosts 1 3
	between "third" 3072 4095 "$(host 3)"
	ok ctl subnet set many gateway none
	ok ctl subnet set web gateway none
	ok ctl gateway del gw1
	same "rows" "[]" "$(ctl -j ports show by host)"
}

# listen: to blocks of ports, until told WANTED
listen()
{
	[[ -p $TMP/go ]] || mkfifo "$TMP/go"
	rm -f "$TMP/told"
	"$HERE/netns_exec" "/run/netns/$gw" "$HERE/watcher" 1000000 <"$TMP/go" >"$TMP/told" 2>&1 &
	jobs_started+=($!)
	exec 7>"$TMP/go"
	soon has "$TMP/told" ready
}

told()
{
	exec 7>&-
	wait_for 20 has "$TMP/told" lost || fail "the listener says nothing"
	same "events of blocks, line ${BASH_LINENO[0]}," "blocks: $1" "$(grep blocks "$TMP/told")"
}

# Listeners hear that ports were divided anew when a block is another one, and only then
told_of_changes()
{
	fresh allocation preallocated ports-per-host 64
	fill 10.64.0.1 1 "$DST" udp 10000 9000
	listen
	ok ctl gateway set gw1 idle-timeout 2h
	ok ctl gateway add gw2
	ok ctl address add 203.0.113.2
	ok ctl subnet set many ipv6 drop
	ok ctl gateway set gw1 hosts 5
	told "allocated 0 freed 0 changed 0"
	listen
	ok ctl gateway set gw1 ports-per-host 128
	told "allocated 0 freed 0 changed 1"
	# more seats, and each host has what it had
	listen
	ok ctl address set 203.0.113.2 gateway gw1
	told "allocated 0 freed 0 changed 0"
	# by the default table each of 100 hosts has 512 ports at each address
	ok ctl address set 203.0.113.2 gateway none
	ok ctl gateway set gw1 ports-per-host auto hosts 100
	listen
	ok ctl address set 203.0.113.2 gateway gw1
	told "allocated 0 freed 0 changed 1"
	# no host has a block any more
	listen
	ok ctl gateway set gw1 allocation dynamic
	told "allocated 0 freed 1 changed 0"
}

# Where the names of its host have gone with it, a block that is lost is told of as a change
told_of_removal()
{
	fresh
	ok batch <<-EOT
		subnet set many gateway none
		subnet set web gateway none
		subnet del web
		vnet add brief prefix 10.0.1.0/24 dev in0
		gateway add gone allocation preallocated ports-per-host 64
		address add 203.0.113.5 gateway gone
		subnet add brief prefix 10.0.1.0/24 vnet brief gateway gone
	EOT
	send "$cl" 10.0.1.2 "$DST" udp 10000 9000
	soon in_table 1
	listen
	ok batch <<-EOT
		subnet del brief
		address del 203.0.113.5
		gateway del gone
		vnet del brief
	EOT
	told "allocated 0 freed 0 changed 1"
}

tests=(
	told_of_changes told_of_removal
	more_addresses fewer_addresses drained_address block_given_back floor switched deleted
)

ports_topology
run "$@"
