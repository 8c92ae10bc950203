# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Connections that are to go on while the module goes and comes: sourced after lib.sh.

# source port of the idle connection, another one each time
port=4100

# servers: what the connections are to; in the topology of standard_topology
servers()
{
	web_server_start "$net" <<-EOT
		listen 198.51.100.7:80;
		root $TMP/www;
	EOT
	echo_server "$net" 198.51.100.7 9000
	start "$net" socat TCP-LISTEN:7,fork,reuseaddr EXEC:cat
}

# table_now [KEY]...: the sessions there are with what they are called outside, but for what the
# clock changes, and these keys
table_now()
{
	local keys

	keys=$(IFS='|'; echo "age|idle|expires${*:+|$*}")
	ctl -j session show | grep -oE '\{[^{}]*\}' |
		sed -E "s/\"($keys)\":[^,}]*,?//g" | LC_ALL=C sort
}

# A download that waits, an idle TCP connection, a ping and a UDP flow
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

# flows_go_on: all of them, and the UDP flow has the session that it had
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
