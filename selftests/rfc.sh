#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# What the documents on NAT ask for, and what natgw does otherwise, where no other test shows
# it. Documentation/rfc-compliance.rst names the test of each requirement.
#
#   cl 10.0.1.2, .99 (silent) ---- in0 gw up0 ---- net 198.51.100.7, .8, .99 (silent)
#                             pool 203.0.113.4/30

. "$(dirname "$0")/lib.sh"

OUT="10.0.1.99 198.51.100.99"

# has_times PROFILE KEY:SECONDS...: of a gateway of this profile that says nothing more
has_times()
{
	local profile=$1 pair json got="" wanted=""

	shift
	json=$(ctl -j gateway show "$profile")
	for pair; do
		wanted+="$pair "
		got+="${pair%:*}:$(value "$json" "${pair%:*}") "
	done
	same "profile $profile" "$wanted" "$got"
}

# no_less PROFILE KEY TIME: is refused
no_less()
{
	local out

	out=$(ctl gateway set "$1" "$2" "$3" 2>&1) && fail "$1: $2 $3 is accepted"
	match "$1: $2 $3" "$2 .*outside" "$out"
}

# RFC 4787 REQ-5, RFC 5382 REQ-5, RFC 5508 REQ-2, RFC 6888 REQ-8: two hours and four minutes,
# four minutes, five and two minutes, one minute, 120 seconds
times_of_rfc6888()
{
	local key

	has_times rfc6888 idle-timeout:7440 half-open-timeout:240 closing-timeout:240 \
		udp-timeout:300 icmp-timeout:60 cooldown-fin:120 cooldown-rst:120 \
		cooldown-half-open:120 cooldown-udp:120
	no_less rfc6888 idle-timeout 7439s
	no_less rfc6888 half-open-timeout 239s
	no_less rfc6888 closing-timeout 239s
	no_less rfc6888 udp-timeout 119s
	no_less rfc6888 icmp-timeout 59s
	for key in fin rst half-open udp; do
		no_less rfc6888 "cooldown-$key" 119s
	done
}

# Those of the cloud, which are shorter
times_of_azure()
{
	has_times azure idle-timeout:240 half-open-timeout:30 closing-timeout:240 udp-timeout:240 \
		icmp-timeout:60 cooldown-fin:65 cooldown-rst:16 cooldown-half-open:30 cooldown-udp:65
}

# RFC 4787 REQ-2, RFC 6888 REQ-2: all flows of a host from one address, whatever their protocol
paired_by_profile()
{
	local json host wanted

	ok ctl subnet set web gateway rfc6888
	for host in 10.0.1.2 10.0.1.3; do
		flow udp "$host" 198.51.100.7 9000 count 10 > /dev/null || fail "no answer"
		flow tcp "$host" 198.51.100.8 9000 count 5 > /dev/null || fail "no answer"
		ok in_ns "$cl" ping -q -c 1 -W 5 -I "$host" 198.51.100.7
		json=$(ctl -j session show src "$host")
		wanted=$(value "$json" address)
		same "addresses of $host" "$wanted" \
			"$(grep -o '"address":"[^"]*"' <<< "$json" | sort -u | cut -d '"' -f 4)"
		at_least "sessions of $host" 16 "$(rows src <<< "$json")"
	done
	ok ctl session flush
	ok ctl subnet set web gateway gw1
}

# The deviation from RFC 4787 REQ-1, REQ-3 and REQ-4: ports are chosen for each destination, as
# chance wants it, and serve several of them
mapping_of_each_destination()
{
	local json proto public

	send "$cl" $OUT udp 4000 9000 and repeat 40 ports 40 $OUT udp 4000 9001
	send "$cl" 10.0.1.99 198.51.100.8 udp 4000 9000
	send "$cl" $OUT tcp 4000 80 S and $OUT tcp 4000 81 S and $OUT tcp 4000 82 S
	soon session_count_is 42 src 10.0.1.99 proto udp
	soon session_count_is 3 src 10.0.1.99 proto tcp
	for proto in udp tcp; do
		json=$(ctl -j session show src 10.0.1.99:4000 proto $proto)
		same "mappings of port 4000, $proto" 3 "$(rows src <<< "$json")"
		at_least "public endpoints of port 4000, $proto" 2 \
			"$(grep -o '"address":"[^"]*","port":[0-9]*' <<< "$json" | sort -u | wc -l)"
	done
	json=$(ctl -j session show src 10.0.1.99 proto udp)
	mapfile -t public < <(grep -o '"port":[0-9]*' <<< "$json" | cut -d : -f 2)
	at_least "odd ones of 42 ports" 5 "$(printf '%s\n' "${public[@]}" | grep -c '[13579]$')"
	at_least "even ones" 5 "$(printf '%s\n' "${public[@]}" | grep -c '[02468]$')"
	ok ctl session flush
}

# RFC 4787 REQ-3b; the deviation from REQ-3a: a port below 1024 gets one above
ports_below_1024()
{
	local port

	send "$cl" repeat 30 ports 30 10.0.1.99 198.51.100.99 udp 500 9000
	soon session_count_is 30 src 10.0.1.99
	for port in $(ctl -j session show src 10.0.1.99 | grep -o '"port":[0-9]*' | cut -d : -f 2); do
		((port >= 1024)) || fail "public port $port"
	done
	ok ctl session flush
}

# connection PORT: its public address and port in $address and $port
connection()
{
	send "$cl" $OUT tcp "$1" 80 S seq 1000
	port=$(public_port tcp 10.0.1.99 "$1")
	address=$(session tcp 10.0.1.99 "$1" address)
	send "$net" 198.51.100.99 "$address" tcp 80 "$port" SA seq 5000 ack 1001
	send "$cl" $OUT tcp "$1" 80 A seq 1001 ack 5001
	soon state_is tcp 10.0.1.99 "$1" established
}

# RFC 4787 REQ-12, RFC 5382 REQ-10, RFC 5508 REQ-6: from both sides, of each kind
errors_end_nothing()
{
	local port address kind is
	local kinds=("3 0" "3 1" "3 2" "3 3" "3 9" "3 10" "3 13" "11 0" "11 1" "12 0")

	connection 4001
	for kind in "${kinds[@]}"; do
		# shellcheck disable=SC2086
		send "$net" 198.51.100.99 "$address" icmp $kind \
			"$address" 198.51.100.99 tcp "$port" 80 A seq 1001 ack 5001
		# shellcheck disable=SC2086
		send "$cl" $OUT icmp $kind 198.51.100.99 10.0.1.99 tcp 80 4001 A seq 5001 ack 1001
	done
	# translated: the captures have what was sent, too
	for kind in "${kinds[@]}"; do
		is="icmp[0] == ${kind% *} and icmp[1] == ${kind#* }"
		soon seen inside "$is and dst host 10.0.1.99"
		soon seen wire "$is and src net 203.0.113.0/24"
	done
	same "state" established "$(session tcp 10.0.1.99 4001 state)"
	# and it is of use still
	send "$net" 198.51.100.99 "$address" tcp 80 "$port" PA seq 5001 ack 1001 size 61
	soon seen inside 'tcp dst port 4001 and len = 115'
	same "port" "$port" "$(session tcp 10.0.1.99 4001 port)"
}

# RFC 7857, TCP RST: a reset is translated, and so is what comes after it, for a while
reset_is_translated()
{
	local port address

	connection 4002
	send "$net" 198.51.100.99 "$address" tcp 80 "$port" R seq 5001
	soon seen inside 'tcp dst port 4002 and tcp[13] & 4 != 0'
	soon state_is tcp 10.0.1.99 4002 cooling
	send "$net" 198.51.100.99 "$address" tcp 80 "$port" PA seq 5001 ack 1001 size 63
	soon seen inside 'tcp dst port 4002 and len = 117'
}

# RFC 5508 REQ-3: sums of what is quoted are not judged. The deviation: nor is that of the quoted
# IP header, which routers on the way may have changed
quoted_sums_are_not_judged()
{
	local port address

	send "$cl" $OUT udp 4003 9000
	port=$(public_port udp 10.0.1.99 4003)
	address=$(session udp 10.0.1.99 4003 address)
	send "$net" 198.51.100.99 "$address" icmp 3 3 quote 28 \
		"$address" 198.51.100.99 udp "$port" 9000 size 20 badsum
	soon seen inside 'icmp[0] == 3 and icmp[1] == 3 and icmp[28:2] == 4003'
	send "$net" 198.51.100.99 "$address" icmp 3 12 quote 28 \
		badheader "$address" 198.51.100.99 udp "$port" 9000 size 20
	soon seen inside 'icmp[0] == 3 and icmp[1] == 12 and icmp[28:2] == 4003'
}

tests=(
	times_of_rfc6888 times_of_azure paired_by_profile mapping_of_each_destination
	ports_below_1024 errors_end_nothing reset_is_translated quoted_sums_are_not_judged
)

standard_topology
silent_hosts
ok ctl gateway add azure
ok ctl gateway add rfc6888 profile rfc6888
ok ctl address add 203.0.113.8/30 gateway rfc6888
ok ctl gateway add gw1
ok ctl address add 203.0.113.4/30 gateway gw1
ok ctl subnet add web prefix 10.0.1.0/24 gateway gw1
echo_server "$net" 198.51.100.7 9000
echo_server "$net" 198.51.100.8 9000
capture inside "$cl" c0 'icmp or tcp'
capture wire "$net" n0 'icmp or tcp'
run "$@"
