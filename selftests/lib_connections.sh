# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Connections that are to go on while the module goes and comes: sourced after lib.sh.

# source port of the idle connection, another one each time; what has been said on it
port=4100
said=0

# servers: what the connections are to; in the topology of standard_topology. The web server has
# patience with a client that reads slowly: it may not get rid of anything for a minute.
servers()
{
	web_server_start "$net" <<-EOT
		listen 198.51.100.7:80;
		root $TMP/www;
		send_timeout 600s;
	EOT
	echo_server "$net" 198.51.100.7 9000
	start "$net" socat TCP-LISTEN:7,fork,reuseaddr EXEC:cat
}

# table_now [KEY]...: the sessions there are with what they are called outside, but for what the
# clock changes, and these keys
table_now()
{
	local keys

	# with OFFLOAD=1 a flow is offloaded by its next packet
	keys=$(IFS='|'; echo "age|idle|expires${OFFLOAD:+|offloaded}${*:+|$*}")
	ctl -j session show | grep -oE '\{[^{}]*\}' |
		sed -E "s/\"($keys)\":[^,}]*,?//g" | LC_ALL=C sort
}

# seen_outside: connections and UDP flow, with the addresses and ports that the Internet sees
seen_outside()
{
	in_ns "$net" ss -Htn state established | awk '{ print $(NF - 1), $NF }' | sort
	echo "$udp_seen"
}

# read_slowly: standard input, 100 kB a second at most until $TMP/go is there, then all that is left.
# The shell itself reads, which loses zeroes: the file has none.
read_slowly()
{
	local part

	until [[ -e $TMP/go ]]; do
		IFS= read -rN 5000 part
		printf '%s' "$part"
		read -rt 0.05 -u "$NOTHING"
	done
	cat
}

# A slow download, an idle TCP connection, a ping and a UDP flow
flows_begin()
{
	head -c 6000000 /dev/urandom | base64 -w 0 > "$TMP/www/file"
	# the logs of connections before: what they said is no sign of the new ones
	rm -f "$TMP/down" "$TMP/go" "$TMP/idle" "$TMP/got" "$TMP/idle.log" "$TMP/ping.log"
	mkfifo "$TMP/down" "$TMP/idle"
	start_to "$TMP/down" "$cl" curl -sS -m 300 --stderr "$TMP/down.err" http://198.51.100.7/file
	download=$!
	read_slowly < "$TMP/down" > "$TMP/got" &
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
	local out

	out=$(flow udp 10.0.1.2 198.51.100.7 9000 count 1 from 5000)
	match "the UDP flow" 'answered 1 ' "$out"
	udp_seen=${out##* last }
}

pings_more()
{
	(($(grep -c icmp_seq "$TMP/ping.log") > $1))
}

larger_than()
{
	(($(stat -c %s "$TMP/got") > $1))
}

# flows_still_go: each of them has moved on, and the UDP flow is seen from where it was
flows_still_go()
{
	local seen=$udp_seen pings got

	pings=$(grep -c icmp_seq "$TMP/ping.log")
	got=$(stat -c %s "$TMP/got")
	soon pings_more "$pings"
	soon larger_than "$((got + 5000))"
	echo "after $((++said))" >&"$idle"
	soon has "$TMP/idle.log" "after $said"
	udp_flow
	same "where the UDP flow comes from" "$seen" "$udp_seen"
	same "its session" 1 "$(ctl session count proto udp)"
}

# flows_go_on: the same, and to their end
flows_go_on()
{
	flows_still_go
	: > "$TMP/go"
	wait "$download" || fail "the download: $(< "$TMP/down.err")"
	wait "$reader"
	ok cmp "$TMP/www/file" "$TMP/got"
	exec {idle}>&-
	stop "$ping" "$tcp_idle"
}
