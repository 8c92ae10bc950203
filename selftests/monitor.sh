#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# natgwctl monitor: what changes and what is refused, one line each, at once;
# how it ends; what it says when it was too slow.
#
#   cl 10.0.1.99 ---- gw ---- net 198.51.100.99 (both silent)

. "$(dirname "$0")/lib.sh"

DST=198.51.100.99

# watch NAME [OPTION]... monitor [WORD]...: in the background, its pid in $watcher
watch()
{
	rm -f "$TMP/$1" "$TMP/$1.err"
	# the background jobs of a script ignore SIGINT, and so would this one
	"$HERE/netns_exec" "/run/netns/$gw" env --default-signal=INT natgwctl "${@:2}" >"$TMP/$1" 2>"$TMP/$1.err" </dev/null &
	watcher=$!
	jobs_started+=("$watcher")
	soon listening_to_events "$watcher"
}

# Has joined its groups. In /proc/net/netlink generic netlink is family 16
listening_to_events()
{
	in_ns "$gw" awk -v want="$1" '$2 == 16 && $4 != "00000000" { n++ } END { exit !n }' /proc/net/netlink
}

# ended WHAT STATUS: the watcher has
ended()
{
	local rc

	wait_for 10 gone "$watcher" || { fail "$1: still there"; stop "$watcher"; return; }
	wait "$watcher"
	rc=$?
	same "$1: exit status" "$2" "$rc"
}

gone()
{
	! running "$1"
}

# said NAME REGEX: a line matches
said()
{
	grep -qE "$2" "$TMP/$1"
}

config()
{
	watch text monitor config
	ok ctl gateway add gw9
	soon said text '^[0-9]{2}:[0-9]{2}:[0-9]{2} gateway add gw9  operational: no \(no address\)  profile azure'
	ok ctl gateway set gw9 host-limit 100
	soon said text ' gateway set gw9 .* host-limit 100 '
	ok ctl address add 203.0.113.9 gateway gw9
	soon said text ' address add 203\.0\.113\.9  gateway gw9  dev none'
	ok ctl subnet add lab prefix 10.0.9.0/24 gateway gw9
	soon said text ' subnet add lab  prefix 10\.0\.9\.0/24 '
	ok ctl subnet del lab
	soon said text ' subnet del lab$'
	ok ctl address del 203.0.113.9
	soon said text ' address del 203\.0\.113\.9$'
	# one that was there before is not new
	ok ctl gateway set gw1 idle-timeout 5m
	soon said text ' gateway set gw1 '
	ok ctl gateway del gw9
	soon said text ' gateway del gw9$'
	same "other lines" 0 "$(grep -cvE ' (gateway|address|subnet) (add|set|del) ' "$TMP/text")"
	kill "$watcher"
	ended SIGTERM 0
	same "stderr" "" "$(cat "$TMP/text.err")"
}

# A vnet goes down, and comes up, by what happens to its devices: no request does that
vnet_down()
{
	local dev

	for dev in red blue; do
		ok ip -n "$gw" link add vrf-$dev type vrf table $((${#dev} + 100))
		ok ip -n "$gw" link set vrf-$dev up
		ok ip -n "$gw" link add $dev type dummy
		ok ip -n "$gw" link set $dev master vrf-$dev up
		ok ctl vnet add $dev prefix 10.50.0.0/16 dev $dev
	done
	watch text monitor config
	ok ip -n "$gw" link set blue nomaster
	soon said text ' vnet set blue .*vrf none'
	ok ip -n "$gw" link set blue master vrf-blue
	soon said text ' vnet set blue .*vrf vrf-blue'
	kill "$watcher"
	ended "text" 0
	watch lines -j monitor config
	ok ip -n "$gw" link set blue nomaster
	soon said lines '"event":"vnet-set","name":"blue".*"down":"on"'
	ok ip -n "$gw" link set blue master vrf-blue
	soon said lines '"event":"vnet-set","name":"blue".*"vrf":"vrf-blue".*"down":"off"'
	ok ip -n "$gw" link set red nomaster
	soon said lines '"event":"vnet-set","name":"red".*"down":"on"'
	# devices that change nothing of a vnet
	ok ip -n "$gw" link del red
	ok ip -n "$gw" link add other type dummy
	ok ip -n "$gw" link del other
	ok ctl gateway add gw9
	soon said lines '"event":"gateway-add"'
	same "events" "blue blue red" \
		"$(jq -r 'select(.event == "vnet-set") | .name' "$TMP/lines" | xargs)"
	kill "$watcher"
	ended "JSON" 0
	ok ctl gateway del gw9
	ok ctl vnet del red
	ok ctl vnet del blue
	ip -n "$gw" link del blue
	ip -n "$gw" link del vrf-red
	ip -n "$gw" link del vrf-blue
}

json_lines()
{
	watch lines -j monitor config
	ok ctl gateway add gw9
	ok ctl subnet add lab prefix 10.0.9.0/24
	ok ctl subnet del lab
	ok ctl gateway del gw9
	soon said lines '"event":"gateway-del"'
	same "events" "gateway-add gw9 subnet-add lab subnet-del lab gateway-del gw9" \
		"$(jq -r '.event + " " + .name' "$TMP/lines" | xargs)"
	same "keys of set and del" "event name time" \
		"$(jq -r 'select(.event == "subnet-del") | keys[]' "$TMP/lines" | xargs)"
	at_least "time" $(($(date +%s) - 60)) "$(jq -rn 'input | .time | fromdate' "$TMP/lines")"
	# the same keys as show
	ok ctl gateway add gw9
	same "gateway" "$(ctl -j gateway show gw9 | jq -c '.[0] | del(.address, .subnet) | keys')" \
		"$(jq -c 'select(.event == "gateway-add") | del(.time, .event) | keys' "$TMP/lines" | head -n 1)"
	ok ctl gateway del gw9
	kill -INT "$watcher"
	ended SIGINT 0
}

exhaustion()
{
	local line

	watch text monitor exhaustion
	ok ctl gateway set gw1 host-limit 2
	send "$cl" 10.0.1.99 "$DST" udp 4001 9000
	send "$cl" 10.0.1.99 "$DST" udp 4002 9000
	soon session_count_is 2
	send "$cl" 10.0.1.99 "$DST" udp 4003 9000
	soon said text '^[0-9:]{8} gw1 quota: 1 flow refused, last udp 10\.0\.1\.99:4003 -> 198\.51\.100\.99:9000 \(host-limit 2\)$'
	kill "$watcher"
	ended "text" 0

	watch lines -j monitor
	sleep 1	# at most one event a second
	send "$cl" repeat 7 ports 1000 10.0.1.99 "$DST" tcp 5000 80 S
	soon said lines '"src-port":5006'
	same "flows refused" 7 "$(jq -s 'map(select(.event == "exhaustion") | .count) | add' "$TMP/lines")"
	line=$(jq -c 'select(.event == "exhaustion") | del(.time, .count)' "$TMP/lines" | tail -n 1)
	same "the last" '{"event":"exhaustion","gateway":"gw1","reason":"quota","proto":"tcp","src":"10.0.1.99","src-port":5006,"dst":"198.51.100.99","dst-port":80}' "$line"
	kill "$watcher"
	ended "JSON" 0
	match "status" 'gateway gw1 refused flows: quota \(8 flows, last from 10\.0\.1\.99 [0-9]+s ago\): natgwctl ports show by host, natgwctl gateway set gw1 host-limit N' \
		"$(ctl)"
	ok ctl gateway set gw1 host-limit off
	ok ctl session flush
}

# Who reads goes away: at once, without an event
closed_pipe()
{
	mkfifo "$TMP/pipe"
	"$HERE/netns_exec" "/run/netns/$gw" natgwctl monitor >"$TMP/pipe" 2>"$TMP/pipe.err" &
	watcher=$!
	jobs_started+=("$watcher")
	exec {fd}<"$TMP/pipe"
	soon listening_to_events "$watcher"
	exec {fd}<&-
	ended "pipe" 0
	same "stderr" "" "$(cat "$TMP/pipe.err")"
}

# Where a large buffer is not permitted, a thousand events are too many for one
# who sleeps
lost_events()
{
	local i max

	unshare -Ur true 2>/dev/null || { skip "no user namespaces"; return; }
	for ((i = 0; i < 1500; i++)); do
		echo "subnet add s$i prefix 10.$((i / 256 + 100)).$((i % 256)).0/24"
	done > "$TMP/batch"
	max=$(sysctl -n net.core.rmem_max)
	sysctl -qw net.core.rmem_max=212992
	unshare -Urn bash -s "$TMP" >"$TMP/lost.log" 2>&1 <<-'EOT' || fail "$(cat "$TMP/lost.log")"
		until_said() { for i in {1..400}; do grep -q "$1" "$2" && return; sleep 0.05; done; echo "never: $1"; exit 1; }
		natgwctl -j monitor config >$1/lost 2>$1/lost.err &
		for i in {1..200}; do natgwctl gateway add gw$i; grep -q gateway-add $1/lost && break; done
		kill -STOP $!
		natgwctl -b $1/batch || exit
		kill -CONT $!
		until_said "events were lost" $1/lost.err
		until_said '"event":"lost"' $1/lost
		natgwctl subnet del s0 || exit
		until_said '"event":"subnet-del","name":"s0"' $1/lost
		kill $!
		wait $!
	EOT
	sysctl -qw net.core.rmem_max="$max"
}

# The module goes: no events will come
unloaded()
{
	[[ $(cat /sys/module/natgw/refcnt 2>/dev/null) ]] || { skip "the module is built in"; return; }
	watch text monitor
	ok modprobe -r natgw
	ended "unloaded" 3
	match "stderr" "the natgw module was unloaded" "$(cat "$TMP/text.err")"
	load_module || fail "cannot load the module again"
}

tests=(config vnet_down json_lines exhaustion closed_pipe lost_events unloaded)

standard_topology
silent_hosts
standard_gateway
run "$@"
