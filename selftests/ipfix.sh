#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# natgwctl flowlog ipfix: sessions, refused flows and blocks of ports in the records of RFC 8158, by
# UDP and by TCP, read by a collector that knows nothing but RFC 7011; LONG=1: by nfcapd and
# nfacctd as well. A collector that comes late, or goes, keeps nobody from logging.
#
#   10.0.1.2, .3, .99 (silent) - cl ---- in0 gw up0 ---- net - 198.51.100.99 (silent)
#                              collector, 127.0.0.1:4739
#                              up1 192.0.3.1 - n1 192.0.3.2, where a collector is as well

. "$(dirname "$0")/lib.sh"

PEER=198.51.100.99

# collect NAME udp|tcp: its records in $TMP/NAME, its pid in $collector
collect()
{
	start_to "$TMP/$1" "$gw" python3 "$HERE/ipfix.py" "$2" 127.0.0.1 4739
	collector=$!
	wait_for 30 has "$TMP/$1" ready || fail "the collector does not start"
}

# export_to [WORD]...: natgwctl flowlog ipfix; its pid in $exporter
export_to()
{
	start_to "$TMP/exporter.err" "$gw" natgwctl flowlog ipfix 127.0.0.1:4739 "$@"
	exporter=$!
}

# records NAME FILTER: values that jq finds in its records
records()
{
	jq -Rr "fromjson? | objects | $2" "$TMP/$1"
}

# has_record NAME CONDITION
has_record()
{
	[[ $(records "$1" "select($2) | 1") ]]
}

# The log listens: it tells of a probe
PROBES=0
probed()
{
	PROBES=$((PROBES + 1))
	send "$cl" 10.0.1.99 $PEER udp 7 7777
	ctl session flush dst $PEER:7777 >"$TMP/flushed"
	has_record "$1" '.destinationTransportPort == 7777'
}

# all_probed NAME: nothing more is on its way, each probe has ended there
all_probed()
{
	(($(records "$1" 'select(.destinationTransportPort == 7777 and .natEvent == 5) | 1' | wc -l) ==
		PROBES))
}

ended()
{
	stop "$exporter" "$collector"
	same "stderr" "${1-}" "$(< "$TMP/exporter.err")"
	same "nothing was missed" "" "$(grep -v '"template"\|^ready$' "$TMP/${2-udp}")"
}

sessions_by_udp()
{
	local port since

	send "$cl" 10.0.1.99 $PEER udp 4000 9
	since=$(date +%s%3N)
	collect udp udp
	export_to
	soon probed udp
	soon has_record udp '.sourceTransportPort == 4000 and .natEvent == 4'
	send "$cl" 10.0.1.99 $PEER udp 4001 9 size 10
	port=$(public_port udp 10.0.1.99 4001)
	ok ctl session flush src 10.0.1.99:4001
	soon has_record udp '.sourceTransportPort == 4001 and .natEvent == 5'
	same "opened" "4 10.0.1.99 203.0.113.1 $port $PEER 9 17 gw1 default" \
		"$(records udp 'select(.sourceTransportPort == 4001 and .natEvent == 4) |
			[.natEvent, .sourceIPv4Address, .postNATSourceIPv4Address,
			 .postNAPTSourceTransportPort, .destinationIPv4Address,
			 .destinationTransportPort, .protocolIdentifier, .natPoolName,
			 .internalAddressRealm] | join(" ")')"
	same "closed" "$port 4 1 38 0 0" \
		"$(records udp 'select(.sourceTransportPort == 4001 and .natEvent == 5) |
			[.postNAPTSourceTransportPort, .flowEndReason, .initiatorPackets,
			 .initiatorOctets, .responderPackets, .responderOctets] | join(" ")')"
	at_least "its time" "$since" "$(records udp 'select(.sourceTransportPort == 4001 and
		.natEvent == 5).observationTimeMilliseconds')"
	ended
}

# One record a reason; with who was refused, where that means something
refused_flows()
{
	local port

	collect refused udp
	export_to
	soon probed refused
	ok ctl gateway set gw1 host-limit 1
	send "$cl" 10.0.1.99 $PEER udp 4002 9
	soon has_record refused '.natEvent == 13'
	ok ctl gateway set gw1 host-limit off destination-limit 2
	same "quota of a host" "3 1 10.0.1.99 1 gw1" \
		"$(records refused 'select(.natEvent == 13) | [.natQuotaExceededEvent,
			.maxEntriesPerUser, .sourceIPv4Address, .droppedPacketDeltaCount,
			.natPoolName] | join(" ")')"
	for port in 4002 4003 4004; do
		send "$cl" 10.0.1.99 $PEER udp $port 53
	done
	soon has_record refused '.natQuotaExceededEvent == 1'
	same "quota of a destination" "0 gw1" "$(records refused 'select(.natQuotaExceededEvent == 1) |
		[.maxSessionEntries, .natPoolName] | join(" ")' | head -n 1)"
	ok ctl gateway set gw1 destination-limit off
	ok ctl session flush
	ok ctl address set 203.0.113.1 reserve 1025-65535
	send "$cl" 10.0.1.99 $PEER udp 4003 9
	send "$cl" 10.0.1.99 $PEER udp 4004 9
	soon has_record refused '.natEvent == 12'
	same "no port is left" "10.0.1.99 $PEER 9 17 gw1" \
		"$(records refused 'select(.natEvent == 12) | [.sourceIPv4Address,
			.destinationIPv4Address, .destinationTransportPort, .protocolIdentifier,
			.natPoolName] | join(" ")')"
	ok ctl address set 203.0.113.1 reserve none gateway none
	send "$cl" 10.0.1.99 $PEER udp 4005 9
	soon has_record refused '.natEvent == 3'
	same "no address is left" "gw1 $(printf gw1 | gzip | tail -c 8 | od -An -t u4 | awk '{ print $1 }')" \
		"$(records refused 'select(.natEvent == 3) | "\(.natPoolName) \(.natPoolId)"')"
	ok ctl address set 203.0.113.1 gateway gw1
	ended "" refused
}

# block_of ADDR: its ports, as the gateway says
block_of()
{
	ctl -j ports show by host |
		jq -r ".[] | select(.src == \"$1\").block[] | \"\(.address) \(.first) \(.last)\""
}

# told_blocks EVENT ADDR
told_blocks()
{
	records blocks "select(.natEvent == $1 and .sourceIPv4Address == \"$2\") |
		[.postNATSourceIPv4Address, .portRangeStart, .portRangeEnd] | join(\" \")"
}

has_block()
{
	local block

	block=$(block_of "$1")
	[[ $block && $(told_blocks 16 "$1" | tail -n 1) == "$block" ]]
}

# Of hosts with ports of their own the blocks are told, and not each session
blocks()
{
	local first former

	ok ctl gateway set gw1 allocation preallocated ports-per-host 64
	send "$cl" 10.0.1.3 $PEER udp 4010 9
	collect blocks udp
	export_to by block
	soon has_block 10.0.1.3
	send "$cl" 10.0.1.99 $PEER udp 4011 9
	soon has_block 10.0.1.99
	first=$(block_of 10.0.1.99)
	same "ports" 64 "$((${first##* } - $(cut -d ' ' -f 2 <<<"$first") + 1))"
	same "no session" "" "$(records blocks 'select(.natEvent == 4 or .natEvent == 5)')"
	# ports divided anew: who sits on the first ones has more of them, the other's were cut
	former=$(block_of 10.0.1.3)
	ok ctl gateway set gw1 ports-per-host 128
	soon freed 10.0.1.3 1
	soon freed 10.0.1.99 1
	same "freed" "$former $first" "$(told_blocks 17 10.0.1.3) $(told_blocks 17 10.0.1.99)"
	soon has_block 10.0.1.3
	# no session, and so no block
	ok ctl session flush
	soon freed 10.0.1.3 2
	same "all that were allocated" "$(told_blocks 16 10.0.1.3)" "$(told_blocks 17 10.0.1.3)"
	ok ctl gateway set gw1 allocation dynamic
	ended "" blocks
}

# freed ADDR NUMBER
freed()
{
	[[ $(told_blocks 17 "$1" | wc -l) == "$2" ]]
}

# said: what the exporter said of its collector, without how many records that were
said()
{
	sed -E 's/.*ipfix 127.0.0.1:4739: //; s/, [0-9]+ records? (was|were) not sent$//' "$TMP/exporter.err"
}

# knocked: a flow opens and closes, and the exporter has met that nobody listens
knocked()
{
	send "$cl" 10.0.1.99 $PEER udp 7 7777
	ctl session flush dst $PEER:7777 >"$TMP/flushed"
	has "$TMP/exporter.err" refused
}

# By UDP a collector that is away is said, and what it has not had, as far as that is known
away_by_udp()
{
	export_to
	wait_for 20 knocked || fail "nothing is said"
	! has "$TMP/exporter.err" ' 0 records' || fail "$(< "$TMP/exporter.err")"
	same "said" "Connection refused" "$(said)"
	stop "$exporter"
}

# By UDP a firewall of the gateway takes some records: that is said, and the others go on their way
# without all that runs once more
taken_by_firewall()
{
	collect limited udp
	send "$cl" 10.0.1.99 $PEER udp 4070 9
	export_to
	soon probed limited
	in_ns "$gw" nft -f - <<-'EOT' || fail "nft"
		table ip taken {
			chain out {
				type filter hook output priority 0;
				udp dport 4739 drop
			}
		}
	EOT
	send "$cl" 10.0.1.99 $PEER udp 7 7777
	wait_for 30 said_so 'Operation not permitted' || fail "$(< "$TMP/exporter.err")"
	in_ns "$gw" nft delete table ip taken
	# the time in which a socket would be opened anew
	sleep 7
	send "$cl" 10.0.1.99 $PEER udp 4071 9
	soon has_record limited '.sourceTransportPort == 4071 and .natEvent == 4'
	same "told of what runs" 1 \
		"$(records limited 'select(.sourceTransportPort == 4070 and .natEvent == 4) | 1' | wc -l)"
	refused has "$TMP/exporter.err" 'records are sent from now on'
	stop "$exporter" "$collector"
	ok ctl session flush
}

# said_so TEXT
said_so()
{
	has "$TMP/exporter.err" "$1"
}

# By UDP the address that records come from is replaced: they come from the other one, and the
# collector hears again of what runs
source_replaced()
{
	start_to "$TMP/moved" "$net" python3 "$HERE/ipfix.py" udp 192.0.3.2 4739
	collector=$!
	wait_for 30 has "$TMP/moved" ready || fail "the collector does not start"
	start_to "$TMP/exporter.err" "$gw" natgwctl flowlog ipfix 192.0.3.2:4739
	exporter=$!
	soon probed moved
	# else the second address of a prefix goes with the first one
	sysctl_in "$gw" net.ipv4.conf.up1.promote_secondaries=1
	ok ip -n "$gw" addr replace 192.0.3.3/24 dev up1
	ok ip -n "$gw" addr del 192.0.3.1/24 dev up1
	send "$cl" 10.0.1.99 $PEER udp 4060 9
	wait_for 20 has_record moved '.sourceTransportPort == 4060 and .natEvent == 4' ||
		fail "hears nothing any more: $(< "$TMP/exporter.err")"
	has "$TMP/exporter.err" 'records are sent from now on' || fail "$(< "$TMP/exporter.err")"
	stop "$exporter" "$collector"
}

# attempts NUMBER: to connect, at least
attempts()
{
	(($(in_ns "$gw" nft -j list counter ip attempts syn | jq '.nftables[1].counter.packets') >= $1))
}

# By TCP it is said once, however often a connection is tried
stays_away()
{
	in_ns "$gw" nft -f - <<-'EOT' || fail "nft"
		table ip attempts {
			counter syn { }
			chain out {
				type filter hook output priority 0;
				tcp dport 4739 tcp flags == syn counter name syn
			}
		}
	EOT
	export_to transport tcp
	wait_for 60 attempts 4 || fail "is not tried again"
	same "said" "Connection refused" "$(said)"
	stop "$exporter"
	in_ns "$gw" nft delete table ip attempts
}

# A collector that comes late hears what runs, and so does one that comes again
by_tcp()
{
	export_to transport tcp
	soon has "$TMP/exporter.err" refused
	send "$cl" 10.0.1.99 $PEER udp 4020 9
	collect tcp tcp
	wait_for 15 has_record tcp '.sourceTransportPort == 4020 and .natEvent == 4' ||
		fail "does not connect"
	PROBES=0
	soon probed tcp
	soon all_probed tcp
	stop "$collector"
	collect again tcp
	wait_for 15 has_record again '.sourceTransportPort == 4020 and .natEvent == 4' ||
		fail "does not connect again"
	stop "$exporter"
	stop "$collector"
	! has "$TMP/exporter.err" ' 0 records' || fail "$(said)"
	# the one or other attempt may meet nobody
	same "said" "Connection refused
records are sent from now on
Connection reset by peer
records are sent from now on" "$(said | awk '!/refused/ || NR == 1')"
}

# It hears of blocks that were there before it; the file, which knows them, does not once more
blocks_by_tcp()
{
	ok ctl gateway set gw1 allocation preallocated ports-per-host 64
	send "$cl" 10.0.1.99 $PEER udp 4040 9
	export_to transport tcp by block file "$TMP/late.log"
	soon has "$TMP/exporter.err" refused
	collect blocks tcp
	wait_for 15 has_block 10.0.1.99 || fail "does not hear of a block"
	same "no session" "" "$(records blocks 'select(.natEvent == 4 and .sourceTransportPort == 4040)')"
	stop "$exporter" "$collector"
	same "in the file" "1 1" "$(grep -c '"block-allocated".*"10.0.1.99"' "$TMP/late.log") $(
		grep -c '"running".*"SourcePort":4040' "$TMP/late.log")"
	ok ctl gateway set gw1 allocation dynamic
}

# mistaken SENTENCE WORD...: natgwctl flowlog refuses them, and that is why
mistaken()
{
	refused ctl flowlog "${@:2}"
	has "$TMP/said" "$1" || fail "flowlog ${*:2}: wanted '$1', got '$(< "$TMP/said")'"
}

mistakes()
{
	mistaken "ipfix: value is missing" ipfix
	mistaken "the port is not a number from 1 to 65535" ipfix 127.0.0.1:
	mistaken "the port is not a number from 1 to 65535" ipfix 127.0.0.1:65536
	mistaken "transport sctp: unknown word, there are udp and tcp" ipfix 127.0.0.1 transport sctp
	mistaken "by host: unknown word, there are session and block" ipfix 127.0.0.1 by host
	mistaken "ipfix: the collector is missing" by block
	mistaken "by block: takes no filters" ipfix 127.0.0.1 by block src 10.0.1.99
}

has_file()
{
	nfdump -q -o raw -R "$TMP/nf" 2>/dev/null | grep -E "$1" > /dev/null
}

# collected PROBED COMMAND...: a collector of Debian's runs and has written a probe
collected()
{
	start_to "$TMP/$2.log" "$gw" "${@:2}"
	collector=$!
	soon listening "$gw" udp 4739
	export_to
	wait_for 60 "$1" || fail "$2 has nothing: $(tail -n 5 "$TMP/$2.log")"
}

# nfdump's collector reads what the exporter sends
nfdump_reads()
{
	mkdir -p "$TMP/nf"
	collected nf_probed nfcapd -l "$TMP/nf" -b 127.0.0.1 -p 4739 -t 2
	send "$cl" 10.0.1.99 $PEER udp 4030 9
	port=$(public_port udp 10.0.1.99 4030)
	wait_for 60 has_file "src xlt port = +$port\$" || fail "not in nfdump's file"
	stop "$exporter" "$collector"
}

nf_probed()
{
	send "$cl" 10.0.1.99 $PEER udp 7 7777
	has_file 7777
}

# pmacct's collector does, too: what it says of NAT is the session and the event
pmacct_reads()
{
	local port

	cat > "$TMP/nfacctd.conf" <<-EOT
		daemonize: false
		nfacctd_ip: 127.0.0.1
		nfacctd_port: 4739
		nfacctd_time_new: true
		plugins: print[nat]
		aggregate[nat]: src_host, dst_host, src_port, dst_port, proto, post_nat_src_host, post_nat_src_port, nat_event
		print_output[nat]: json
		print_output_file[nat]: $TMP/pmacct
		print_output_file_append[nat]: true
		print_refresh_time[nat]: 2
	EOT
	collected pmacct_probed nfacctd -f "$TMP/nfacctd.conf"
	send "$cl" 10.0.1.99 $PEER udp 4031 9
	port=$(public_port udp 10.0.1.99 4031)
	ok ctl session flush src 10.0.1.99:4031
	wait_for 60 has_events 4031 "4 5" || fail "not in what nfacctd writes"
	same "by nfacctd" "10.0.1.99 $PEER 9 udp 203.0.113.1 $port" \
		"$(jq -r 'select(.port_src == 4031) | [.ip_src, .ip_dst, .port_dst, .ip_proto,
			.post_nat_ip_src, .post_nat_port_src] | join(" ")' "$TMP/pmacct" | sort -u)"
	# its plugin is a process of its own, which ends when this one is gone; SIGTERM waits for it
	kill -KILL "$collector"
	stop "$exporter"
}

# has_events SPORT EVENTS: nfacctd has written them
has_events()
{
	[[ $(jq "select(.port_src == $1).nat_event" "$TMP/pmacct" 2>/dev/null | sort -u | xargs) == "$2" ]]
}

# The log listens, and nfacctd has written a probe
pmacct_probed()
{
	send "$cl" 10.0.1.99 $PEER udp 7 7777
	ctl session flush dst $PEER:7777 >"$TMP/flushed"
	has_events 7 "4 5"
}

tests=(sessions_by_udp refused_flows blocks away_by_udp taken_by_firewall source_replaced by_tcp blocks_by_tcp mistakes)
[[ ! ${LONG-} ]] || tests+=(stays_away nfdump_reads pmacct_reads)

standard_topology
silent_hosts
ip -n "$gw" link set lo up
link "$gw" up1 192.0.3.1/24 "$net" n1 192.0.3.2/24
standard_gateway cooldown-udp 1s profile custom
run "$@"
