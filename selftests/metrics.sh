#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# natgwctl metrics: two formats that Prometheus' own parsers take, values that are those of
# natgwctl -j, series whose number traffic hardly raises, and a server that answers what it should.
# LONG=1: Debian's Prometheus scrapes, and its alert comes before the first flow is refused; each
# query of the dashboard has an answer; and the time of a scrape beside RECORDS sessions.
#
#   cl 10.0.1.2, 10.64.0.0/15 ---- in0 gw up0 ---- net 198.51.100.7, .99 (silent)
#                              pool 203.0.113.1
#
# DASHBOARD=FILE keeps what the dashboard's queries were answered, DASHBOARD_SECONDS of traffic long.

. "$(dirname "$0")/lib.sh"

HTTP=127.0.0.1:9650

# reading: both formats, and their samples one a line in $TMP/samples. A session that ends between
# the two makes a difference, but not each time.
reading()
{
	local tries

	for tries in 1 2 3; do
		ctl metrics > "$TMP/open" || fail "exit status $?"
		ctl metrics text > "$TMP/text" || fail "exit status $?"
		python3 "$HERE/metrics.py" "$TMP/open" "$TMP/text" > "$TMP/samples" 2> "$TMP/errors" &&
			return
		note "reading $tries: $(< "$TMP/errors")"
	done
	fail "the two formats differ"
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

# Without those that are there only while ports grow
series()
{
	grep -Evc '^natgw_(gateway|destination)_headroom_seconds' "$TMP/samples"
}

# destination NAME PORT [LABELS]: of 198.51.100.99
destination()
{
	metric "natgw_destination_$1{destination=\"198.51.100.99:$2\",gateway=\"gw1\"${3:+,$3},protocol=\"udp\"}"
}

# by_protocol: sessions of gw1
by_protocol()
{
	local protocol

	for protocol in tcp udp icmp; do
		printf '%s ' "$(gateway sessions "protocol=\"$protocol\"")"
	done
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
	same "sessions: TCP, UDP, ICMP" "5 7 0 " "$(by_protocol)"
	# on a slow machine some have ended since
	same "by -j, their sum" true "$(jq '.[0] | .sessions == (."by-proto" | add)' <<< "$json")"
	same "refused" "1 0 1 0" "$(gateway refused_flows_total 'reason="draining"') $(
		gateway refused_flows_total 'reason="quota"') $(
		jq -r '.[0].refused | "\(.draining) \(.quota)"' <<< "$json")"
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

# A gateway that a cluster has left behind, and one that nobody uses, are no faults
left_behind()
{
	ok ctl session flush
	soon session_count_is 0
	ok ctl gateway add gw2
	ok ctl managed-pool add 203.0.113.32/28
	ok ctl cluster add c prefix 10.65.1.0/24 dev in0 outbound-type loadBalancer
	send "$cl" 10.65.1.1 198.51.100.99 udp 4000 80
	soon session_count_is 1
	ok ctl cluster set c outbound-type managedNATGateway
	reading
	same "the former way out is there" 0 \
		"$(metric 'natgw_gateway_operational{gateway="c-lb"}')"
	same "and is not down" "" "$(grep '^natgw_gateway_down.*c-lb' "$TMP/samples")"
	same "nobody uses it" "1 0" "$(
		metric 'natgw_gateway_down{gateway="gw2",reason="no address"}') $(
		metric 'natgw_gateway_subnets{gateway="gw2"}')"
	match "top" $'\nc-lb +retired ' "$(COLUMNS=200 ctl top -b -n 1)"
	ok ctl cluster del c drain 0s
	ok ctl managed-pool del 203.0.113.32/28
	ok ctl gateway del gw2
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

# The configuration makes series; of destinations only the fullest do, and hosts do not
bounded()
{
	local before port

	ok ctl session flush
	soon session_count_is 0
	reading
	before=$(series)
	opened 200 "$cl" repeat 200 ports 20 10.64.0.1 198.51.100.99 udp 10000 9000
	opened 20 "$cl" repeat 20 ports 20 10.64.1.1 198.51.100.98 tcp 10000 443 S
	reading
	same "series" "$before" "$(series)"
	same "sessions" "20 200 0 " "$(by_protocol)"
	ok ctl session flush
	soon session_count_is 0
	# where few ports are left in the pool a destination is watched from its first on
	ok ctl address set 203.0.113.1 reserve 1024-65515
	for port in {7001..7014}; do
		send "$cl" 10.64.0.1 198.51.100.99 udp 4000 "$port"
	done
	send "$cl" repeat 3 ports 3 10.64.0.2 198.51.100.99 udp 4000 7013
	soon session_count_is 17
	reading
	same "series of 14 destinations" 20 $(($(series) - before))
	# by chance, one in 200, a first flow finds a free port without a map
	at_least "watched" 11 "$(metric natgw_destinations_watched)"
	same "the fullest: ports, per cent" "4 20" "$(destination ports 7013) $(
		destination filled_percent 7013)"
	stats_agree
	ok ctl session flush
	soon session_count_is 0
	soon no_destination
	same "series" "$before" "$(series)"
	ok ctl address set 203.0.113.1 reserve none
	ok ctl gateway add gw2
	ok ctl address add 203.0.113.3
	ok ctl subnet add more prefix 10.65.0.0/24
	reading
	# natgw_gateway_down and natgw_address_conflict are there only where it is so
	same "one of each more" "$((before + 28 + 7 + 2))" "$(series)"
	((before <= 61 + 29 + 8 + 2 * 2)) || fail "$before series are more than the manual says"
	ok ctl subnet del more
	ok ctl address del 203.0.113.3
	ok ctl gateway del gw2
}

no_destination()
{
	reading
	! grep -q '^natgw_destination_' "$TMP/samples"
}

# refuses: a flow more than there are ports is refused
refuses()
{
	send "$cl" 10.64.0.3 198.51.100.99 udp 4999 7000
	reading
	[[ $(gateway refused_flows_total 'reason="destination-full"') =~ ^[1-9] ]]
}

# Before the first flow is refused it is known which destination runs out of ports, and who has
# most of them: in the metrics, on the page, in top, in the status, by doctor, in the flow log
seen_coming()
{
	local server log before

	ok ctl address set 203.0.113.1 reserve 1024-65515
	reading
	before=$(gateway connections_total 'state="failed"')
	# the log begins with the sessions that run
	send "$cl" 10.64.0.1 198.51.100.98 udp 4000 53
	soon session_count_is 1
	start_to "$TMP/flows" "$gw" natgwctl flowlog
	log=$!
	soon grep -q running "$TMP/flows"
	start "$gw" natgwctl metrics --listen 9650
	server=$!
	soon listening "$gw" tcp 9650
	send "$cl" repeat 12 ports 12 10.64.0.1 198.51.100.99 udp 4000 7000
	send "$cl" repeat 4 ports 4 10.64.0.2 198.51.100.99 udp 4000 7000
	soon named
	same "refused by then" "$before" "$(gateway connections_total 'state="failed"')"
	same "ports" "16 80" "$(destination ports 7000) $(destination filled_percent 7000)"
	soon on_the_page
	same "on the page" '["198.51.100.99:7000","udp","gw1",16,80,true,"10.64.0.1",12]' \
		"$(jq -c '.destinations[0] | [.destination, .proto, .gateway, .used, .filled, .near, .host, ."host-used"]' "$TMP/json")"
	match "top" '198\.51\.100\.99:7000 +udp.* 80%\].*10\.64\.0\.1 ' "$(ctl top -b -n 1 | tr '\n' ' ')"
	match "status" 'gw1 is near exhaustion towards udp 198\.51\.100\.99:7000.*host 10\.64\.0\.1 had 12' "$(ctl)"
	match "doctor" 'headroom.*198\.51\.100\.99:7000.*10\.64\.0\.1' "$(ctl -j doctor | jq -c .)"
	soon grep -q near-exhaustion "$TMP/flows"
	same "flow log" '["gw1","198.51.100.99",7000,16,20,"10.64.0.1",12]' \
		"$(grep near-exhaustion "$TMP/flows" | jq -c '[.NatGateway, .DestinationIp, .DestinationPort, .PortsUsed, .Ports, .SourceIp, .SourcePortsUsed]')"
	same "refused so far" "$before" "$(ctl -j -s gateway show gw1 | jq '.[0].counters.failed')"
	send "$cl" repeat 4 ports 4 10.64.0.3 198.51.100.99 udp 4000 7000
	soon refuses
	ok ctl session flush
	soon no_destination
	soon grep -q no-longer-near "$TMP/flows"
	ok ctl address set 203.0.113.1 reserve none
	stop "$server" "$log"
}

named()
{
	reading
	[[ $(destination near_exhaustion 7000 'host="10.64.0.1"') == 1 ]]
}

on_the_page()
{
	get /status.json | sed '$d' > "$TMP/json"
	[[ $(jq -r '.destinations[0].host' "$TMP/json") == 10.64.0.1 ]]
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
	at_least "names" 15 "$(wc -l < "$TMP/wanted")"
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

# Debian's Prometheus, which is installed for this alone, scrapes each second; pids in $server and
# $prometheus
prometheus_begins()
{
	type prometheus >/dev/null 2>&1 || { fail "no prometheus: scripts/deps full"; return 1; }
	start "$gw" natgwctl metrics --listen 9650
	server=$!
	rm -rf "$TMP/prom"
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
}

scraped()
{
	local server prometheus before

	prometheus_begins || return
	match "traffic" 'answered 9 ' "$(flow udp 10.0.1.2 198.51.100.7 9000 count 9 from 5000)"
	before=$(sessions)
	wait_for 120 asked 'sum(natgw_gateway_sessions)' "$before" ||
		fail "$(in_ns "$gw" curl -sS 'http://127.0.0.1:9090/api/v1/targets' | jq -c .data.activeTargets)"
	ok asked 'natgw_up' 1
	same "targets" '["up",""]' "$(in_ns "$gw" curl -sS 'http://127.0.0.1:9090/api/v1/targets' |
		jq -c '.data.activeTargets[0] | [.health, .lastError]')"
	same "rules" '[]' "$(in_ns "$gw" curl -sS 'http://127.0.0.1:9090/api/v1/rules' |
		jq -c '[.data.groups[].rules[] | select(.health == "err")]')"
	alerted_in_time
	stop "$prometheus"
	stop "$server"
}

# alerts NAME LABELS: it fires
alerts()
{
	asked "count(ALERTS{alertname=\"$1\",alertstate=\"firing\",$2})" 1
}

# The alert of what is coming fires before a flow is refused, and that of refused flows then
alerted_in_time()
{
	local full='sum(natgw_gateway_refused_flows_total{reason="destination-full"})' before

	ok ctl session flush
	ok ctl address set 203.0.113.1 reserve 1024-65515
	reading
	before=$(gateway refused_flows_total 'reason="destination-full"')
	ok eval '! alerts NatgwNearExhaustion gateway=\"gw1\"'
	send "$cl" repeat 12 ports 12 10.64.0.1 198.51.100.99 udp 4000 7000
	send "$cl" repeat 4 ports 4 10.64.0.2 198.51.100.99 udp 4000 7000
	wait_for 60 alerts NatgwNearExhaustion \
		'gateway="gw1",destination="198.51.100.99:7000",host="10.64.0.1"' ||
		fail "no alert: $(in_ns "$gw" curl -sS http://127.0.0.1:9090/api/v1/alerts)"
	ok asked "$full" "$before"
	send "$cl" repeat 5 ports 5 10.64.0.3 198.51.100.99 udp 4000 7000
	wait_for 180 alerts NatgwFlowsRefused 'gateway="gw1",reason="destination-full"' ||
		fail "no alert: $(in_ns "$gw" curl -sS http://127.0.0.1:9090/api/v1/alerts)"
	ok ctl session flush
	ok ctl address set 203.0.113.1 reserve none
}

# A network that is bound to no gateway, a second gateway with a network behind it, and 2,000 ports
# of the first one
dashboard_topology()
{
	ok batch <<-EOT
		address set 203.0.113.1 reserve 1024-63535
		gateway add gw2
		address add 203.0.113.2 gateway gw2
		subnet add db prefix 10.65.1.0/24 gateway gw2
		subnet add guests prefix 10.65.2.0/24
	EOT
}

# One second of what the dashboard is about; $1: how far it has come, of 1,000. More and more flows,
# bytes in waves, and in the last third a destination that runs out of ports and refuses: in a slow
# guest, where seconds are left out, as many as in a fast one.
dashboard_second()
{
	local percent=$(($1 / 10)) wave n

	wave=$((20 + (percent % 50 < 25 ? percent % 25 : 25 - percent % 25) * 4))
	send "$cl" repeat $((wave * 2)) ports 50 10.0.1.2 198.51.100.99 udp 10000 53 size $((wave * 8))
	send "$cl" repeat $((10 + percent / 4)) ports 50 10.65.1.2 198.51.100.98 udp \
		$((20000 + 30 * percent)) 443 size 400
	flow tcp 10.0.1.2 198.51.100.7 9000 count $((5 + percent / 10)) > "$TMP/said" 2>&1
	# what nobody has asked for, and what is not bound
	send "$net" repeat $((1 + percent % 7)) 198.51.100.7 203.0.113.1 tcp 443 9 S
	send "$cl" repeat $((2 + percent % 5)) 10.65.2.9 198.51.100.98 udp 4000 53
	n=$((($1 - 600) * 8 - filled))
	((n > 0)) || return
	send "$cl" repeat $n ports $n "10.64.$((filled / 100 % 4)).1" 198.51.100.99 udp \
		$((10000 + filled)) 7000
	filled=$((filled + n))
}

# Each panel of the dashboard shows something
dashboard()
{
	local server prometheus begin at filled=0 DASHBOARD_SECONDS=${DASHBOARD_SECONDS:-30}

	excuse 10.65.2.9
	prometheus_begins || return
	dashboard_topology
	wait_for 120 asked 'count(natgw_gateway_operational)' 2 || fail "nothing is scraped"
	begin=$EPOCHSECONDS
	while at=$((EPOCHSECONDS - begin)) && ((at < DASHBOARD_SECONDS)); do
		dashboard_second $((1000 * at / DASHBOARD_SECONDS))
		soon eval "((EPOCHSECONDS > begin + at))"
	done
	dashboard_second 1000
	wait_for 20 asked 'sum(rate(natgw_gateway_refused_flows_total[1m])) > bool 0' 1 ||
		fail "nothing was refused"
	in_ns "$gw" "$HERE/dashboard.py" "$HERE/../contrib/grafana/natgw.json" \
		http://127.0.0.1:9090 $((EPOCHSECONDS - begin)) 1 > "$TMP/answers" 2> "$TMP/asked" ||
		fail "a panel shows nothing"
	note "$(< "$TMP/asked")"
	same "queries" "$(jq '[.panels[].targets[]] | length' "$HERE/../contrib/grafana/natgw.json")" \
		"$(grep -c ' series, ' "$TMP/asked")"
	[[ ! ${DASHBOARD-} ]] || cp "$TMP/answers" "$DASHBOARD"
	stop "$prometheus"
	stop "$server"
	ok ctl session flush
	ok batch <<-EOT
		subnet del guests
		subnet del db
		address del 203.0.113.2
		gateway del gw2
		address set 203.0.113.1 reserve none
	EOT
}

# fastest: microseconds of the fastest of twenty readings, as the machine does other things, too
fastest()
{
	local us least=

	for _ in {1..20}; do
		us=$(ctl metrics text | awk '$1 == "natgw_scrape_seconds" { print int($2 * 1000000) }')
		[[ $least ]] && ((us >= least)) || least=$us
	done
	echo "$least"
}

# What a reading costs does not depend on the number of sessions
cost()
{
	local n=${RECORDS:-20000} none many

	ok ctl session flush
	soon session_count_is 0
	none=$(fastest)
	# none ends meanwhile
	ok ctl gateway set gw1 idle-timeout 120m
	"$HERE/records" "$n" distinct > "$TMP/state" || fail "records"
	match "restored" "$n restored" "$(ctl session restore "$TMP/state" 2>&1)"
	wait_for 60 quiet
	many=$(fastest)
	reading
	same "sessions" "0 $n 0 " "$(gateway sessions 'protocol="icmp"') $(gateway sessions 'protocol="tcp"') $(gateway sessions 'protocol="udp"') "
	note "a reading takes $none us with no session, $many us with $n, $(
		metric natgw_destinations_watched) destinations watched"
	((many <= 3 * none + 3000)) || fail "a reading takes $many us with $n sessions, $none us with none"
	ok ctl session flush
}

# Each destination near exhaustion has its host: nobody walks the table any more
quiet()
{
	reading
	! grep -q '^natgw_destination_near_exhaustion.*host=""' "$TMP/samples"
}

# asked QUERY VALUE
asked()
{
	[[ $(in_ns "$gw" curl -sS -G 'http://127.0.0.1:9090/api/v1/query' --data-urlencode "query=$1" |
		jq -r '.data.result[0].value[1]') == "$2" ]]
}

tests=(values not_operational left_behind hostile_names bounded seen_coming rights names server)
[[ ! ${LONG-} ]] || tests+=(scraped dashboard cost)

standard_topology
silent_hosts
ip -n "$gw" route add 10.64.0.0/15 via 10.0.1.2
standard_gateway
ok ctl subnet add far prefix 10.64.0.0/16 gateway gw1
echo_server "$net" 198.51.100.7 9000
run "$@"
