#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Processors that open flows to one destination at once, at 99 % of its ports:
# no (address, port) serves two flows, and no port is lost.
#
#   10.64.0.0/11 - cl ---- in0 gw up0 ---- net 198.51.100.99 (silent)
#    a thread on each           pool 203.0.113.1, PORTS of it
#    processor                  not reserved
#
# DURATION seconds at least (12), PORTS (4096). A flow holds its port for 4 s and cools
# for 1 s, so PORTS / 5 new flows a second fill it.

. "$(dirname "$0")/lib.sh"

DURATION=${DURATION:-12}
PORTS=${PORTS:-4096}
DST=198.51.100.99
HOLD=5			# seconds a flow has its port
LATE=5			# tenths that it may have it longer: two ticks of the wheel
RATE=$((PORTS * 99 / 100 * 10 / (HOLD * 10 + LATE / 2)))
CPUS=$(nproc)

# the two numbers behind a word of a line
word()
{
	[[ " $2 " =~ \ $1\ (-?[0-9]+)\  ]] && echo "${BASH_REMATCH[1]}"
}

# time_is TENTHS: or later
time_is()
{
	(($(now) >= $1))
}

given_once()
{
	local sent seen watcher sender start wanted

	# A second less: a packet may wait on its way to the capture, and timers are
	# right within a second. Two processors with one port would be no second apart.
	start_to "$TMP/watch.log" "$net" "$HERE/storm" watch n0 9000 within \
		$((HOLD * 1000 - 1000)) enough $((PORTS * 2))
	watcher=$!
	soon grep -q ready "$TMP/watch.log"
	start_to "$TMP/sent.log" "$cl" "$HERE/storm" send 10.64.0.0 "$DST" 9000 \
		threads "$CPUS" rate "$RATE" seconds $((DURATION + 600))
	sender=$!
	start=$(now)
	# each port twice: where timers or senders are slow that takes longer
	wait_for $((DURATION + 300)) grep -q enough "$TMP/watch.log"
	wait_for "$DURATION" time_is $((start + DURATION * 10))
	stop "$sender"
	sent=$(tail -n 1 "$TMP/sent.log")
	high=$(ports_row high-water by destination)
	stop "$watcher"
	seen=$(tail -n 1 "$TMP/watch.log")
	note "$CPUS processors, $RATE flows a second of $PORTS ports for $((($(now) - start) / 10)) s: $sent"
	note "$seen; at most $high ports at once; refused" \
		"$(drops destination-full) full, $(drops all-cooling) cooling, $(drops memory) memory"
	same "given twice" 0 "$(word twice "$seen")"
	same "lost by the capture" 0 "$(word lost "$seen")"
	# nearly all; or, where the senders were too slow for that, most of what they could fill
	wanted=$(($(word sent "$sent") * HOLD * 10 / ($(now) - start) * 80 / 100))
	((wanted < PORTS * 90 / 100)) || wanted=$((PORTS * 90 / 100))
	at_least "ports in use at once" "$wanted" "$high"
	at_least "flows seen" $((PORTS * 2)) "$(word flows "$seen")"
	same "memory" 0 "$(drops memory)"
	same "each flow was let out or refused" "$(word sent "$sent")" $((
		$(word flows "$seen") + $(drops destination-full) + $(drops all-cooling)))
}

# Each port that there was is there still
none_lost()
{
	local tries

	wait_for 20 in_table 0 || fail "sessions left: $(ctl -j)"
	ok ctl gateway set gw1 udp-timeout 1h
	for tries in 1 2 3; do
		send "$cl" repeat "$PORTS" ports 1000 10.64.0.1 "$DST" udp 10000 9001
		send "$cl" repeat "$PORTS" ports 1000 10.64.0.1 "$DST" udp 10000 9000
		wait_for 5 in_table $((2 * PORTS)) && break
		note "sent once more ($tries)"
	done
	same "sessions" "$PORTS" "$(sessions dst "$DST:9000")"
	dropped "$cl" destination-full 10.64.255.1 "$DST" udp 4000 9000
}

# Processors that get the first packet of the same flow at once: it is one flow, counted once
opened_by_all()
{
	local round cpu before senders

	ok ctl gateway set gw1 udp-timeout 1h
	for round in 1 2 3 4 5; do
		ok ctl session flush
		soon in_table 0
		before=$(counter attempted)
		senders=()
		for ((cpu = 0; cpu < CPUS; cpu++)); do
			start_to "$TMP/sent.$cpu" "$cl" taskset -c "$cpu" "$HERE/pkt" \
				repeat 1000 ports 1000 10.64.0.1 "$DST" udp 10000 9001
			senders+=($!)
		done
		wait "${senders[@]}"
		soon in_table 1000
		same "attempted in round $round" 1000 $(($(counter attempted) - before))
	done
}

tests=(given_once stats_agree none_lost stats_agree opened_by_all stats_agree)

standard_topology
silent_hosts
ip -n "$gw" route add 10.64.0.0/11 via 10.0.1.99
standard_gateway profile custom udp-timeout $((HOLD - 1))s cooldown-udp 1s
ok ctl address set 203.0.113.1 reserve "$((1024 + PORTS))-65535"
ok ctl subnet add many prefix 10.64.0.0/11 gateway gw1
run "$@"
