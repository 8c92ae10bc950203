#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The server of natgwctl metrics --listen, without the module: what it answers, what it refuses,
# and that nobody can keep it busy. In a network namespace of its own.
# LONG=1: the alert rules, with Prometheus' promtool.

[[ ${INSIDE-} ]] || INSIDE=1 exec unshare -rnm "$0" "$@"

. "$(dirname "$(realpath "$0")")/lib.sh"

top=$(dirname "$(realpath "$0")")/../..
tool=$top/tools/natgwctl
trap 'kill "$server" 2>/dev/null; rm -rf "$tmp"' EXIT
at=http://127.0.0.1:9650
server=

# same WHAT WANTED GOT
same()
{
	echo "$1: wanted '$2', got '$3'" > "$tmp/out"
	[[ $2 == "$3" ]]
	result "$1"
}

get()
{
	curl -sS -m 20 "$@" 2>&1
}

code()
{
	get -o /dev/null -w '%{http_code}' "$@"
}

answers()
{
	local _

	for _ in {1..100}; do
		[[ $(code "$at/metrics") != 200 ]] || return 0
		sleep 0.1
	done
	return 1
}

# held FILE: a connection that sends a byte each half second; for how many seconds it lasts
held()
{
	local began=$SECONDS

	exec {slow}<>/dev/tcp/127.0.0.1/9650
	for _ in {1..60}; do
		printf G >&"$slow" || break
		read -r -t 0.5 -u "$slow"
		(($? > 128)) || break
	done
	exec {slow}>&-
	echo $((SECONDS - began)) > "$1"
} 2>/dev/null

echo "KTAP version 1"
ip link set lo up
printf '%s\n' "127.0.0.1 localhost" "127.0.1.1 gw1.example.net $(uname -n)	gw1-alias # gw1-no" \
	"192.0.2.7 other.example.net" > "$tmp/hosts"
mount --bind "$tmp/hosts" /etc/hosts
"$tool" metrics --listen 9650 > "$tmp/server" 2>&1 &
server=$!
answers
result "it serves"

# this one takes ten seconds
held "$tmp/held" &
holder=$!

same "the module is not there" "natgw_up 0" "$(get $at/metrics | grep '^natgw_up')"
same "text" "text/plain; version=0.0.4; charset=utf-8" \
	"$(get -o /dev/null -w '%{content_type}' $at/metrics)"
same "OpenMetrics" "application/openmetrics-text; version=1.0.0; charset=utf-8" \
	"$(get -o /dev/null -w '%{content_type}' -H 'Accept: application/openmetrics-text' $at/metrics)"
same "its last line" "# EOF" "$(get -H 'Accept: application/openmetrics-text' $at/metrics | tail -n 1)"
same "status" '[false,[]]' "$(get $at/status.json | jq -c '[.up, .gateways]')"
for file in index.html:/ page.css:/page.css page.js:/page.js icon.svg:/icon.svg; do
	get "$at${file#*:}" | cmp - "$top/tools/page/${file%%:*}" > "$tmp/out" 2>&1
	result "page: ${file%%:*}"
done
get -I $at/ | tr -d '\r' > "$tmp/head"
same "HEAD" "HTTP/1.1 200 OK" "$(head -n 1 "$tmp/head")"
same "no script but its own" "default-src 'none'" \
	"$(sed -n 's/^Content-Security-Policy: \([^;]*\);.*/\1/p' "$tmp/head")"
same "one request a connection" "Connection: close" "$(grep -i '^connection' "$tmp/head")"
# for the textfile collector, whose file would stay as it is
for form in "" text; do
	# shellcheck disable=SC2086 # a word or none
	"$tool" metrics $form > "$tmp/printed" 2> "$tmp/err"
	same "${form:-OpenMetrics} without the module: exit status" 3 $?
	same "${form:-OpenMetrics} without the module" "natgw_up 0" "$(grep '^natgw_up' "$tmp/printed")"
done
same "as OpenMetrics" "# EOF" "$("$tool" metrics 2> "$tmp/err" | tail -n 1)"
said="the natgw module is not loaded"
same "says so" "$said" "$(grep -o "$said" "$tmp/err")"
# what it is made of asks nobody else, and brings no code in attributes
grep -nE '(src|href|url\()="?(https?:)?//|style=|[ "]on[a-z]+=|innerHTML|eval\(' \
	"$top"/tools/page/* > "$tmp/out"
(($? == 1))
result "the page asks nobody else"

for method in POST PUT DELETE OPTIONS TRACE PATCH; do
	same "$method" 405 "$(code -X $method -d x $at/)"
done
for path in /nosuch //metrics /metrics/ /../../etc/passwd /%2e%2e/etc/passwd /page/page.js; do
	same "GET $path" 404 "$(code --path-as-is $at$path)"
done
same "a name of somebody" 403 "$(code -H 'Host: rebound.example:9650' $at/status.json)"
same "a number that is none" 403 "$(code -H 'Host: 127.0.0.1.rebound.example' $at/status.json)"
same "localhost" 200 "$(code -H 'Host: localhost:9650' $at/status.json)"
same "this machine" 200 "$(code -H "Host: $(uname -n)" $at/status.json)"
same "its name in /etc/hosts" 200 "$(code -H 'Host: GW1.example.net:9650' $at/status.json)"
same "an alias there" 200 "$(code -H 'Host: gw1-alias' $at/status.json)"
for name in gw1-no other.example.net "$(uname -n).rebound.example"; do
	same "$name" 403 "$(code -H "Host: $name" $at/status.json)"
done
same "IPv6" 200 "$(code -H 'Host: [::1]:9650' $at/status.json)"
same "a page of another origin" 403 "$(code -H 'Origin: http://rebound.example' $at/status.json)"
same "a script of another site" 403 \
	"$(code -H 'Sec-Fetch-Site: cross-site' -H 'Sec-Fetch-Mode: no-cors' $at/status.json)"
same "a link of another site" 200 \
	"$(code -H 'Sec-Fetch-Site: cross-site' -H 'Sec-Fetch-Mode: navigate' $at/)"
same "its own page" 200 "$(code -H 'Origin: http://127.0.0.1:9650' $at/status.json)"
long=$(printf 'x%.0s' {1..20000})
same "a long header" 431 "$(code -H "X: $long" $at/)"

# more connections than one client may have wait, and one who comes then is served in time
idle=()
for _ in {1..40}; do
	exec {fd}<>/dev/tcp/127.0.0.1/9650
	idle+=("$fd")
done
began=$SECONDS
answers
result "40 idle connections do not keep it from answering"
((SECONDS - began <= 15))
result "nor for long"
for fd in "${idle[@]}"; do
	exec {fd}>&-
done

wait "$holder"
seconds=$(cat "$tmp/held")
echo "$seconds s" > "$tmp/out"
((seconds >= 8 && seconds <= 14))
result "a slow connection is cut after 10 s"
kill -TERM "$server"
wait "$server"
same "SIGTERM ends it" 0 $?

cat > "$tmp/activate.py" <<-'EOT'
	import os, socket, sys
	for at in sys.argv[2:]:
	    s = socket.socket()
	    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
	    s.bind((at, 9650))
	    s.listen()
	    # from 3 on, as systemd does
	    os.set_inheritable(s.detach(), True)
	os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS=str(len(sys.argv) - 2))
	os.execv(sys.argv[1], [sys.argv[1], "metrics", "--listen", "systemd", "--host", "gw.example"])
EOT
python3 "$tmp/activate.py" "$tool" 127.0.0.1 127.0.0.2 > "$tmp/server" 2>&1 < /dev/null &
server=$!
answers
result "socket of systemd"
same "a second one" 200 "$(code http://127.0.0.2:9650/metrics)"
idle=()
for _ in {1..20}; do
	exec {fd}<>/dev/tcp/127.0.0.2/9650
	idle+=("$fd")
done
began=$SECONDS
same "idle connections to one" 200 "$(code "$at/metrics")"
echo "$((SECONDS - began)) s" > "$tmp/out"
((SECONDS - began <= 8))
result "do not keep who comes by the other"
for fd in "${idle[@]}"; do
	exec {fd}>&-
done
same "a name that was given" 200 "$(code -H 'Host: gw.example' $at/)"
kill "$server"
wait "$server"

refused()
{
	"$tool" metrics "${@:2}" > "$tmp/out" 2>&1
	same "$1" 1 $?
}
refused "no socket of systemd" --listen systemd
refused "no address" --listen nosuch:1
refused "no port" --listen 127.0.0.1:99999
refused "no value" --listen
refused "nothing to listen at" --host a
refused "unknown option" --port 1

if [[ ${LONG-} ]]; then
	(cd "$top/selftests" && promtool check rules ../contrib/prometheus/natgw.rules.yml &&
		promtool test rules natgw.rules.test.yml) > "$tmp/out" 2>&1
	result "alert rules"
	get $at/metrics > /dev/null
fi
echo "1..$n"
exit $((failures != 0))
