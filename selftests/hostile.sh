#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Hostile packets from both sides (hostile.c), beside flows of real programs: no connection ends,
# new ones are served, memory stays below its cap, nothing private leaves, no address of the pool
# is forged, and the books balance. HOSTILE says how many packets (20,000), SEED which.
#
#   cl 10.0.1.2 ------- in0 gw up0 ---- net 198.51.100.7 and the programs' servers
#      10.0.1.99 (bait)     gw1 203.0.113.1          198.51.100.99 answers for the bait
#      hostile              gw2 203.0.113.9          hostile
#                           in1 (nobody)
#   gw1: 10.0.1.0/24, 10.64.0.0/11 by cl; gw2: 10.0.2.0/24 behind in1, 172.16.0.0/12 and
#   192.168.0.0/16 behind nothing. Nobody sends for gw2.

. "$(dirname "$0")/lib.sh"

HOSTILE=${HOSTILE:-20000}
SEED=${SEED:-$SRANDOM}
MAX=${MAX:-16384}	# KiB of memory for sessions; what a faster machine sends may need more
PATIENCE=$((120 + HOSTILE / 50))	# seconds

# word NAME FILE: the number behind it, in the last line
word()
{
	local line

	line=" $(tail -n 1 "$2") "
	[[ $line =~ \ $1\ ([0-9]+)\  ]] && echo "${BASH_REMATCH[1]}"
}

mac()
{
	local mac

	read -r _ _ mac _ < <(ip -n "$1" -br link show "$2")
	echo "$mac"
}

attacks=0

programs_begin()
{
	local from=$((5000 + attacks++ * 10))

	# The established ones: 5 TCP connections and 5 UDP flows, a question each 200 ms. A port of
	# the attack before may not be free yet: TIME_WAIT.
	start_to "$TMP/tcp.log" "$cl" "$HERE/flows" client tcp 10.0.1.2 198.51.100.7 9000 \
		count 5 from $from window 5 rounds 0 every 200
	programs=($!)
	start_to "$TMP/udp.log" "$cl" "$HERE/flows" client udp 10.0.1.2 198.51.100.7 9000 \
		count 5 from $((from + 1000)) window 5 rounds 0 every 200
	programs+=($!)
	start_to "$TMP/new.log" "$cl" "$HERE/newcomers" 10.0.1.2 198.51.100.7 9001 50
	programs+=($!)
	start_to "$TMP/ping.log" "$cl" ping -i 0.5 -I 10.0.1.2 198.51.100.7
	pinging=$!
	rm -f "$TMP/got"
	start_to "$TMP/curl.log" "$cl" curl -sS -m 3000 --limit-rate 100k --interface 10.0.1.2 \
		-o "$TMP/got" http://198.51.100.7/file
	download=$!
	wait_for 60 session_count_is 10 src 10.0.1.2 dst 198.51.100.7:9000 state established ||
		fail "no flows: $(ctl session show src 10.0.1.2)"
	wait_for 60 test -s "$TMP/got" || fail "no download"
}

# attack PACKETS: by both sides at once
attack()
{
	local outside

	start_to "$TMP/outside.log" "$net" "$HERE/hostile" outside n0 "$(mac "$gw" up0)" "$SEED" 0
	outside=$!
	start_to "$TMP/inside.log" "$cl" timeout "$PATIENCE" \
		"$HERE/hostile" inside c0 "$(mac "$gw" in0)" "$SEED" "$1"
	wait_for 60 direct_records || fail "no direct record was made"
	wait $! || fail "hostile: exit $?"
	stop "$outside"
	note "$(< "$TMP/inside.log")"
	note "$(< "$TMP/outside.log")"
}

direct_records()
{
	(($(sessions kind direct) > 0))
}

programs_end()
{
	kill -INT "$pinging"
	wait "$pinging"
	stop "${programs[@]}"
	note "tcp: $(tail -n 1 "$TMP/tcp.log")"
	note "udp: $(tail -n 1 "$TMP/udp.log")"
	note "new: $(tail -n 1 "$TMP/new.log") microseconds"
	note "$(grep transmitted "$TMP/ping.log")"
}

# answered FILE: each flow was, on its own port all the time
answered()
{
	match "$1" 'flows 5 answered 5 distinct 5 addresses 1 mixed 0 changed 0' \
		"$(tail -n 1 "$TMP/$1.log")"
}

programs_went_on()
{
	local new refused

	answered tcp
	answered udp
	new=$(word connections "$TMP/new.log")
	refused=$(word failed "$TMP/new.log")
	at_least "new connections" 5 "$new"
	at_least "of $new new connections failed $refused: at most 1 %" 0 $((new - refused * 100))
	match "ping" ', 0% packet loss' "$(grep transmitted "$TMP/ping.log")"
	if running "$download"; then
		at_least "bytes of the download" 1 "$(stat -c %s "$TMP/got")"
		same "what came" "" "$(cmp -n "$(stat -c %s "$TMP/got")" "$TMP/got" "$TMP/www/file" 2>&1)"
		stop "$download"
	else
		ok wait "$download"
		ok cmp "$TMP/got" "$TMP/www/file"
	fi
}

memory_is_capped()
{
	local used

	used=$(value "$(natgwctl -j)" memory)
	note "$(sessions) sessions, $(sessions kind direct) direct records, $((used / 1024)) KiB"
	at_least "memory below its cap, used $used" "$used" $((MAX * 1024))
}

# Each kind of refusal was met
were_refused()
{
	local reason

	for reason in unsolicited spoofed-source protocol malformed icmp-no-session hairpin no-session; do
		at_least "dropped, $reason" 1 "$(drops $reason)"
	done
}

# What nobody could have sent but who forges it
nothing_was_forged()
{
	match "from an address of the pool that serves nobody" 'packets 0 ' \
		"$(in_ns "$net" nft list counter netdev forged pool)"
	same "sessions of gw2" 0 "$(sessions gateway gw2)"
}

under_attack()
{
	programs_begin
	attack "$HOSTILE"
	programs_end
	memory_is_capped
	programs_went_on
	were_refused
	nothing_was_forged
}

slow_path()
{
	under_attack
}

offloaded()
{
	ok ctl gateway set gw1 track off offload on
	under_attack
}

# All of it goes when its time is over: no session is kept by what was sent
nothing_is_left()
{
	ok ctl gateway set gw1 idle-timeout 1s
	wait_for 60 in_table 0 || fail "sessions left: $(ctl -j)"
	stats_agree
	ok ctl gateway set gw1 idle-timeout 4m
	match "a new flow" 'answered 1 ' "$(flow udp 10.0.1.2 198.51.100.7 9000 count 1)"
}

tests=(slow_path stats_agree offloaded stats_agree nothing_is_left)

rmmod natgw
modprobe -q natgw memory_max=$MAX 2> /dev/null || insmod "$HERE/../kmod/natgw.ko" memory_max=$MAX
# the router itself answers who sends it something with a source of the Internet
excuse 10.0.1.1
standard_topology
ip -n "$net" addr del 198.51.100.8/32 dev lo
ip -n "$gw" -batch - <<-EOT
	link add in1 type dummy
	addr add 10.0.2.1/24 dev in1
	link set in1 up
	route add unreachable 172.16.0.0/12
	route add unreachable 192.168.0.0/16
EOT
silent_hosts
ip -n "$gw" route add 10.64.0.0/11 via 10.0.1.99
sysctl_in "$gw" net.ipv4.conf.all.accept_source_route=1
ok batch <<-EOT
	gateway add gw1 profile custom udp-timeout 3s icmp-timeout 3s half-open-timeout 3s closing-timeout 3s cooldown-fin 1s cooldown-rst 1s cooldown-half-open 1s cooldown-udp 1s
	gateway add gw2 on-idle silent
	address add 203.0.113.1 gateway gw1 dev up0
	address add 203.0.113.9 gateway gw2 dev up0
	vnet set default private-space drop
	subnet add web prefix 10.0.1.0/24 gateway gw1
	subnet add many prefix 10.64.0.0/11 gateway gw1
	subnet add db prefix 10.0.2.0/24 gateway gw2
	subnet add far prefix 172.16.0.0/12 gateway gw2
	subnet add off prefix 192.168.0.0/16 gateway gw2
EOT
# what came in past the gateway is answered past it: so would be errors of cl itself, about options
ok in_ns "$cl" nft -f - <<-EOT
	table ip errors {
		chain output {
			type filter hook output priority 0;
			ip daddr 45.0.0.0/8 drop
		}
	}
EOT
echo_server "$net" 198.51.100.7 9000
echo_server "$net" 198.51.100.7 9001
answering "$net" n0 198.51.100.99
head -c 1000000 /dev/urandom > "$TMP/file"
web_server_start "$net" <<< "listen 198.51.100.7:80; root $TMP/www; send_timeout 600s;"
# more than what fits into the buffers of the sockets
for i in {1..16}; do
	cat "$TMP/file"
done > "$TMP/www/file"
ok in_ns "$net" nft -f - <<-EOT
	table netdev forged {
		counter pool { }
		chain n0 {
			type filter hook ingress device n0 priority -600;
			ip saddr 203.0.113.9 counter name pool
		}
	}
EOT
run "$@"
