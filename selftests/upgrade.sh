#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# natgwctl upgrade: the module goes, another build of it comes, and connections go on with the
# address and port that they had. Where the new build does not take over, the former one is
# back, or the guard stays up; nothing leaves untranslated in any case.
#
#   cl 10.0.1.2 ---- gw ---- net 198.51.100.7 web server, UDP and ICMP echo
#       pool 203.0.113.1, an address of gw itself, whose kernel would answer with RST

. "$(dirname "$0")/lib.sh"

KO=$(modinfo -n natgw 2>/dev/null) || KO=$HERE/../kmod/natgw.ko

port=4100

table_now()
{
	ctl -j session show | grep -oE '\{[^{}]*\}' |
		sed -E 's/"(age|idle|expires|state)":[^,}]*,?//g' | LC_ALL=C sort
}

flows_begin()
{
	head -c 8000000 /dev/urandom > "$TMP/www/file"
	rm -f "$TMP/down" "$TMP/go" "$TMP/idle" "$TMP/got"
	mkfifo "$TMP/down" "$TMP/go" "$TMP/idle"
	start_to "$TMP/down" "$cl" curl -sS -m 300 http://198.51.100.7/file
	download=$!
	# reads the start, and the rest when it is told: until then the connection waits
	{
		dd bs=1000 count=1 iflag=fullblock status=none
		read -r _ < "$TMP/go"
		cat
	} < "$TMP/down" > "$TMP/got" &
	reader=$!
	soon test -s "$TMP/got"
	exec {idle}<> "$TMP/idle"
	start_to "$TMP/idle.log" "$cl" socat "OPEN:$TMP/idle,rdonly!!STDOUT" \
		TCP:198.51.100.7:7,sourceport=$((++port))
	tcp_idle=$!
	echo before >&"$idle"
	soon has "$TMP/idle.log" before
	start_to "$TMP/ping.log" "$cl" ping -i 0.2 198.51.100.7
	ping=$!
	soon has "$TMP/ping.log" icmp_seq=2
	udp_flow
}

udp_flow()
{
	same "the UDP flow" "1" "$(flow udp 10.0.1.2 198.51.100.7 9000 count 1 from 5000 |
		grep -c 'answered 1 ')"
}

pings_more()
{
	(($(grep -c icmp_seq "$TMP/ping.log") > $1))
}

flows_go_on()
{
	local before

	before=$(grep -c icmp_seq "$TMP/ping.log")
	soon pings_more "$before"
	stop "$ping"
	echo go > "$TMP/go"
	wait "$download" "$reader" || fail "the download has failed"
	ok cmp "$TMP/www/file" "$TMP/got"
	echo after >&"$idle"
	soon has "$TMP/idle.log" after
	exec {idle}>&-
	stop "$tcp_idle"
	udp_flow
	same "its session" 1 "$(ctl session count proto udp)"
}

guard_stands()
{
	match "guard" "$1" "$(ctl guard status 2>&1)"
}

connections_go_on()
{
	local before out

	flows_begin
	before=$(table_now)
	out=$(ctl upgrade 2>&1) || fail "upgrade: exit status $?"
	note "$out"
	match "what it says" "the guard held what hosts sent to the Internet for [0-9.]+ s" "$out"
	same "sessions" "$before" "$(table_now)"
	flows_go_on
	same "guard" "" "$(in_ns "$gw" nft list tables | grep guard)"
	stats_agree
}

# says SENTENCE WORD...: upgrade is refused, and everything is as it was
says()
{
	local before out

	before=$(table_now; ctl export)
	out=$(ctl upgrade "${@:2}" 2>&1)
	same "exit status" 2 $?
	match "what it says" "$1: nothing has changed" "$out"
	same "what is there" "$before" "$(table_now; ctl export)"
}

refusals()
{
	opened 1 "$cl" 10.0.1.2 198.51.100.7 udp 5001 9
	says "No such file or directory.*there is no module to load" module "$TMP/nowhere.ko"
	says "there is no module to load" former "$TMP/nowhere.ko"
	ok natgwctl -n "$cl" gateway add other
	says "network namespace $cl has a configuration, which would be lost"
	ok natgwctl -n "$cl" reset
	ok natgwctl gateway add other
	says "the initial network namespace has a configuration, which would be lost"
	ok natgwctl reset
	printf 'subnet add web prefix 10.0.1.0/24\n' > "$TMP/conf"
	ok ctl guard on -f "$TMP/conf"
	says "a guard stands, apply a configuration first"
	guard_stands "^guard on "
	ok ctl guard off
	ok ctl session flush
}

# A build that cannot be loaded
former()
{
	local before out

	head -c 1000 /dev/urandom > "$TMP/broken.ko"
	flows_begin
	before=$(table_now)
	out=$(ctl upgrade module "$TMP/broken.ko" former "$KO" 2>&1)
	same "exit status" 2 $?
	match "what it says" "the new build does not take over, the former one is back" "$out"
	same "sessions" "$before" "$(table_now)"
	flows_go_on
}

guard_stays()
{
	local out

	out=$(ctl upgrade module "$TMP/broken.ko" 2>&1)
	same "exit status" 2 $?
	match "what it says" "the guard stays up, the configuration is in /run/natgw/upgrade.conf" \
		"$out"
	guard_stands "^guard on "
	in_ns "$cl" ping -c 3 -W 1 -i 0.2 198.51.100.7 > "$TMP/lost" 2>&1
	match "a ping" "3 packets transmitted, 0 received" "$(< "$TMP/lost")"
	# what an operator would do
	load_module || fail "the module does not come back"
	ok ctl apply -f /run/natgw/upgrade.conf
	same "guard" "" "$(in_ns "$gw" nft list tables | grep guard)"
	ok ip netns exec "$cl" ping -c 1 -W 5 198.51.100.7
}

words()
{
	same "no value" "natgwctl: upgrade: module: its value is missing" \
		"$(ctl upgrade module 2>&1)"
	match "another word" "^natgwctl: upgrade: modul: unknown word" \
		"$(ctl upgrade modul x 2>&1)"
	match "in a batch" "cannot stand in a batch" "$(ctl -b - <<< upgrade 2>&1)"
}

tests=(words refusals connections_go_on former guard_stays)

standard_topology
ip -n "$gw" addr add 203.0.113.1/32 dev lo
web_server_start "$net" <<-EOT
	listen 198.51.100.7:80;
	root $TMP/www;
EOT
echo_server "$net" 198.51.100.7 9000
start "$net" socat TCP-LISTEN:7,fork,reuseaddr EXEC:cat
ok batch <<-EOT
	gateway add gw1
	address add 203.0.113.1 gateway gw1 shared on
	subnet add web prefix 10.0.1.0/24 gateway gw1
EOT
run "$@"
