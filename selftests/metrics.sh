#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# natgwctl metrics: two formats that Prometheus' own parsers take, values that are those of
# natgwctl -j, series whose number no traffic raises, and a server that answers what it should.
# LONG=1: scraped and asked by Debian's Prometheus, and the time of a scrape.
#
#   cl 10.0.1.2, 10.64.0.0/16 ---- in0 gw up0 ---- net 198.51.100.7, .99 (silent)
#                              pool 203.0.113.1

. "$(dirname "$0")/lib.sh"

HTTP=127.0.0.1:9650

# reading: both formats, and their samples one a line in $TMP/samples
reading()
{
	ctl metrics > "$TMP/open" || fail "exit status $?"
	ctl metrics text > "$TMP/text" || fail "exit status $?"
	python3 "$HERE/metrics.py" "$TMP/open" "$TMP/text" > "$TMP/samples" 2> "$TMP/errors" ||
		fail "metrics.py: $(cat "$TMP/errors")"
}

# metric SERIES: its value
metric()
{
	local line

	while IFS= read -r line; do
		[[ ${line% *} != "$1" ]] || { echo "${line##* }"; return; }
	done < "$TMP/samples"
	echo "no $1"
}

# gateway NAME [LABELS]: of gw1
gateway()
{
	metric "natgw_gateway_$1{gateway=\"gw1\"${2:+,$2}}"
}

# Without the one that is there only while ports grow
series()
{
	grep -vc '^natgw_gateway_headroom_seconds' "$TMP/samples"
}

# get PATH [OPTION...]: with its status on the last line
get()
{
	in_ns "$gw" curl -sS -m 5 -w '\n%{http_code}' "${@:2}" "http://$HTTP$1"
}

values()
{
	local json

	match "TCP and UDP" 'answered 5 ' "$(flow tcp 10.0.1.2 198.51.100.7 9000 count 5)"
	match "TCP and UDP" 'answered 7 ' "$(flow udp 10.0.1.2 198.51.100.7 9000 count 7 from 3000)"
	dropped "$cl" no-session 10.0.1.99 198.51.100.99 tcp 4000 80 SA
	# one is refused: nobody has an address for it
	ok ctl gateway set gw1 drain 1h
	dropped "$cl" draining 10.0.1.2 198.51.100.99 udp 4000 80
	ok ctl gateway set gw1 drain off
	soon session_count_is 12
	reading
	json=$(ctl -j -s gateway show gw1)
	same "sessions" 12 "$(gateway sessions)"
	same "counters" "$(jq -r '.[0].counters | "\(."packets-out") \(."bytes-in") \(.attempted) \(.failed) \(.established) \(.closed) \(.dropped)"' <<< "$json")" \
		"$(metric 'natgw_gateway_packets_total{direction="out",gateway="gw1"}') $(
			metric 'natgw_gateway_bytes_total{direction="in",gateway="gw1"}') $(
			gateway connections_total 'state="attempted"') $(
			gateway connections_total 'state="failed"') $(
			gateway connections_total 'state="established"') $(
			gateway connections_total 'state="closed"') $(
			gateway dropped_packets_total)"
	same "dropped" "1 1" "$(metric 'natgw_dropped_packets_total{reason="no-session"}') $(
		metric 'natgw_dropped_packets_total{reason="draining"}')"
	same "let through" 0 "$(metric 'natgw_passed_packets_total{reason="no-gateway"}')"
	same "of the address" 12 "$(metric 'natgw_address_sessions{address="203.0.113.1",gateway="gw1"}')"
	same "of the subnet" 12 "$(metric 'natgw_subnet_sessions{gateway="gw1",subnet="web"}')"
	same "table" "12 $(value "$(ctl -j)" sessions-max)" \
		"$(metric natgw_sessions) $(metric natgw_sessions_limit)"
	same "up, operational, hidden" "1 1 0" \
		"$(metric natgw_up) $(gateway operational) $(metric natgw_objects_hidden)"
	stats_agree
}

not_operational()
{
	sysctl_in "$gw" net.ipv4.ip_forward=0
	reading
	sysctl_in "$gw" net.ipv4.ip_forward=1
	same "operational" 0 "$(gateway operational)"
	same "reason" 1 "$(gateway down 'reason="forwarding off"')"
}

# What the kernel takes as a name of a device and Prometheus does not take as it is
hostile_names()
{
	local dev='q"\n\é'

	ip -n "$gw" link add "$dev" type dummy
	ip -n "$gw" addr add 203.0.113.1/32 dev "$dev"
	reading
	same "conflict" 1 \
		"$(metric 'natgw_address_conflict{address="203.0.113.1",device="q"\n\??",gateway="gw1"}')"
	ip -n "$gw" link del "$dev"
	reading
	same "no conflict" "no" "$(metric natgw_address_conflict | cut -c 1-2)"
}

# Neither hosts nor destinations make a series; the configuration does
bounded()
{
	local before

	reading
	before=$(series)
	opened 400 "$cl" repeat 400 ports 20 10.64.0.1 198.51.100.99 udp 10000 9000
	opened 20 "$cl" repeat 20 ports 20 10.64.1.1 198.51.100.98 tcp 10000 443 S
	reading
	same "series" "$before" "$(series)"
	at_least "sessions" 420 "$(gateway sessions)"
	ok ctl session flush
	soon session_count_is 0
	ok ctl gateway add gw2
	ok ctl address add 203.0.113.3
	ok ctl subnet add more prefix 10.65.0.0/24
	reading
	# natgw_gateway_down and natgw_address_conflict are there only where it is so
	same "one of each more" "$((before + 18 + 7 + 2))" "$(series)"
	((before <= 60 + 19 + 8 + 2 * 2)) || fail "$before series are more than the manual says"
	ok ctl subnet del more
	ok ctl address del 203.0.113.3
	ok ctl gateway del gw2
}

# With what rights: numbers are for all, objects are not
rights()
{
	local out

	out=$(in_ns "$gw" setpriv --reuid 65534 --regid 65534 --clear-groups --bounding-set=-all \
		--inh-caps=-all natgwctl metrics 2>"$TMP/errors")
	match "hidden" $'\nnatgw_objects_hidden 1\n' "$out"
	match "numbers" 'natgw_objects.kind="gateway". 1' "$out"
	[[ $out != *gw1* && $out != *203.0.113* ]] || fail "an object is named"
	match "warning" 'shown to root only' "$(cat "$TMP/errors")"
	out=$(in_ns "$gw" setpriv --reuid 65534 --regid 65534 --clear-groups \
		--inh-caps=+net_admin --ambient-caps=+net_admin --bounding-set=-all,+net_admin \
		natgwctl metrics)
	match "with CAP_NET_ADMIN alone" 'natgw_gateway_operational.gateway="gw1". 1' "$out"
}

# The names that alerts and the dashboard ask for are there
names()
{
	local name where="$HERE/../contrib"

	reading
	sed -nE 's/^# TYPE ([^ ]*) counter$/\1_total/p; s/^# TYPE ([^ ]*) gauge$/\1/p; s/^# TYPE ([^ ]*) info$/\1_info/p' \
		"$TMP/open" > "$TMP/names"
	grep -ohE 'natgw_[a-z_]+' "$where/prometheus/natgw.rules.yml" "$where/grafana/natgw.json" |
		sort -u > "$TMP/wanted"
	at_least "names" 12 "$(wc -l < "$TMP/wanted")"
	while read -r name; do
		grep -qxF "$name" "$TMP/names" || fail "there is no metric $name"
	done < "$TMP/wanted"
}

server()
{
	local server

	start "$gw" natgwctl metrics --listen 9650
	server=$!
	soon listening "$gw" tcp 9650
	match "metrics" $'\nnatgw_up 1\n.*\n200$' "$(get /metrics)"
	match "as OpenMetrics" $'\n# EOF\n\n200$' \
		"$(get /metrics -H 'Accept: application/openmetrics-text;version=1.0.0,text/plain;q=0.5')"
	get /status.json | sed '$d' > "$TMP/json"
	same "status" '[true,"gw1",true,"203.0.113.1"]' "$(jq -c \
		'[.up, .gateways[0].name, .gateways[0].operational, .addresses[0].address]' "$TMP/json")"
	match "page" '<html lang="en">.*200$' "$(get /)"
	# what a reading costs does not depend on who asks how often: it is the same one
	same "not from outside" "" "$(in_ns "$cl" curl -sS -m 1 http://10.0.1.1:9650/ 2>/dev/null)"
	stop "$server"
}

# Debian's Prometheus, which is installed for this alone
scraped()
{
	local server prometheus before

	[[ ${LONG-} ]] || return 0
	type prometheus >/dev/null 2>&1 || { fail "no prometheus: scripts/deps full"; return; }
	start "$gw" natgwctl metrics --listen 9650
	server=$!
	mkdir -p "$TMP/prom"
	cat > "$TMP/prom.yml" <<-EOT
		global: {scrape_interval: 1s, evaluation_interval: 1s}
		rule_files: ["$(realpath "$HERE/../contrib/prometheus/natgw.rules.yml")"]
		scrape_configs:
		- job_name: natgw
		  static_configs: [{targets: ["$HTTP"]}]
	EOT
	start "$gw" prometheus --config.file="$TMP/prom.yml" \
		--storage.tsdb.path="$TMP/prom" --web.listen-address=127.0.0.1:9090
	prometheus=$!
	match "traffic" 'answered 9 ' "$(flow udp 10.0.1.2 198.51.100.7 9000 count 9 from 5000)"
	before=$(sessions)
	wait_for 120 asked 'sum(natgw_gateway_sessions)' "$before" ||
		fail "$(in_ns "$gw" curl -sS 'http://127.0.0.1:9090/api/v1/targets' | jq -c .data.activeTargets)"
	ok asked 'natgw_up' 1
	same "targets" '["up",""]' "$(in_ns "$gw" curl -sS 'http://127.0.0.1:9090/api/v1/targets' |
		jq -c '.data.activeTargets[0] | [.health, .lastError]')"
	same "rules" '[]' "$(in_ns "$gw" curl -sS 'http://127.0.0.1:9090/api/v1/rules' |
		jq -c '[.data.groups[].rules[] | select(.health == "err")]')"
	stop "$prometheus"
	stop "$server"
}

# asked QUERY VALUE
asked()
{
	[[ $(in_ns "$gw" curl -sS -G 'http://127.0.0.1:9090/api/v1/query' --data-urlencode "query=$1" |
		jq -r '.data.result[0].value[1]') == "$2" ]]
}

tests=(values not_operational hostile_names bounded rights names server scraped)

standard_topology
silent_hosts
ip -n "$gw" route add 10.64.0.0/16 via 10.0.1.2
standard_gateway
ok ctl subnet add far prefix 10.64.0.0/16 gateway gw1
echo_server "$net" 198.51.100.7 9000
run "$@"
