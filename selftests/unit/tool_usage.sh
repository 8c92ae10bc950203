#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# What natgwctl says to commands that it does not understand. None of them gets
# as far as the kernel: exit status 1, one line on stderr, nothing on stdout. What it says of
# itself is compared with selftests/golden/help.txt, which GOLDEN=1 writes anew.
#
#	tool_usage.sh [NATGWCTL]

ctl=${1:-$(dirname "$(realpath "$0")")/../../tools/natgwctl}
tools=$(dirname "$(realpath "$ctl")")
n=0
failures=0
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

# says SENTENCE COMMAND...: as usage error
says()
{
	local want=$1 got status

	shift
	got=$("$ctl" "$@" 2>&1 > "$tmp/out")
	status=$?
	result "$status: $got" "1: natgwctl: $want" "$*"
}

# shows STATUS REGEXP COMMAND...: on stdout, and nothing on stderr
shows()
{
	local status=$1 want=$2 got

	shift 2
	got=$("$ctl" "$@" 2> "$tmp/out")
	result "$? $([[ $got =~ $want ]] && echo matches)" "$status matches" "$*"
}

# result GOT WANT NAME
result()
{
	local no=

	if [[ $1 != "$2" || -s $tmp/out ]]; then
		no="not "
		failures=$((failures + 1))
		printf '#   got  %s\n#   want %s\n' "$1" "$2"
		sed 's/^/#   and  /' "$tmp/out"
	fi
	n=$((n + 1))
	echo "${no}ok $n natgwctl ${3//#/}"
}

echo "KTAP version 1"
says "gatway: unknown object, did you mean gateway?" \
	gatway
says "gateway: ad: unknown verb, did you mean add?" \
	gateway ad
says "gateway add: name is missing, see natgwctl help gateway" \
	gateway add
says "cluster add: name is missing, see natgwctl help cluster" \
	cluster add
says "cluster set aks1: idle-timeout 30: time needs a unit, try 30m" \
	cluster set aks1 idle-timeout 30
says "cluster set aks1: drain 10: time needs a unit, try 10m" \
	cluster set aks1 drain 10
says "cluster del aks1: drain 10: time needs a unit, try 10m" \
	cluster del aks1 drain 10
says "cluster plan: name is missing, see natgwctl help cluster" \
	cluster plan
says "cluster add aks1: prefix 10.224.0.0: prefix length is missing, write it like 10.0.1.0/24" \
	cluster add aks1 prefix 10.224.0.0
says "cluster add aks1: outbound-ips 203.0.113.1,: one of the values is empty" \
	cluster add aks1 outbound-ips 203.0.113.1,
says "managed-pool: set: unknown verb, use add, del, show" \
	managed-pool set 203.0.113.0/24
says "address add length: length: value is missing" \
	address add length
says "address add length: length /28: not a number" \
	address add length /28
shows 0 'managed-outbound-ip-count +N ' help cluster
shows 0 'plan +which moves are allowed' help cluster
shows 0 'cluster del NAME \[drain TIME\]' help cluster
shows 0 'route del PREFIX\|TAG route-table NAME' help route
shows 0 'length 28: a free one of the managed pool' help address
says "gateway add gw1: idle-timeout: value is missing" \
	gateway add gw1 idle-timeout
says "gateway add gw1: idle-timeout 4: time needs a unit, try 4m" \
	gateway add gw1 idle-timeout 4
says "gateway add gw1: idle-timeout 4: time needs a unit, try 4m" \
	Gateway ADD gw1 Idle-Timeout 4
says "gateway set gw1: icmp-timeout 30: time needs a unit, try 30s" \
	gateway set gw1 icmp-timeout 30
says "gateway add gw1: idle: unknown key, did you mean idle-timeout?" \
	gateway add gw1 idle 4m
says "gateway add gw1: zone: given twice" \
	gateway add gw1 zone 1 ZONE 2
says "gateway add none: the word none cannot be a name" \
	gateway add none
says "gateway add gw1: address 1.2.3: not an IPv4 address" \
	gateway add gw1 address 1.2.3
says "gateway show a: b: one word too many, see natgwctl help gateway" \
	gateway show a b
says "subnet add web: prefix 10.0.1.0: prefix length is missing, write it like 10.0.1.0/24" \
	subnet add web prefix 10.0.1.0
says "subnet set web: ipv6 maybe: unknown word, use keep, drop" \
	subnet set web ipv6 maybe
says "session show: proto tpc: unknown protocol, did you mean tcp?" \
	session show proto tpc
says "stats explain no-sub: unknown reason, did you mean no-subnet?" \
	stats explain no-sub
says "gateway set gw1: host-limit none: not a number" \
	gateway set gw1 host-limit none
says "address set 203.0.113.1: drain 5: time needs a unit, try 5m" \
	address set 203.0.113.1 drain 5
says "address set 203.0.113.1: reserve: value is missing" \
	address set 203.0.113.1 reserve
says "ports show: by: value is missing" \
	ports show by
says "ports show: by destinations: unknown word, did you mean destination?" \
	ports show by destinations
says "ports show: dst 192.0.2.0/24: one address is wanted, not a prefix" \
	ports show dst 192.0.2.0/24
says "vnet set hub: prefix 10.0.0.0/8,10.1.0.0: 10.1.0.0: prefix length is missing, write it like 10.0.1.0/24" \
	vnet set hub prefix 10.0.0.0/8,10.1.0.0
says "vnet set hub: private-space lan: unknown word, use drop, pass, internet" \
	vnet set hub private-space lan
says "vnet set hub: vpn-next-hop: given twice" \
	vnet set hub vpn-next-hop none vpn-next-hop 10.0.9.1
says "gateway set gw1: address 1.2.3: not an IPv4 address" \
	gateway set gw1 address 203.0.113.1,1.2.3
says "gateway set gw1: allocation static: unknown word, use dynamic, preallocated, floor" \
	gateway set gw1 allocation static
says "route-table: set: unknown verb, use add, del, show" \
	route-table set
says "route add 10.0.0.0/33: the prefix length is not a number from 0 to 32" \
	route add 10.0.0.0/33 route-table rt1
says "route add 0.0.0.0/0: next-hop-type appliance: unknown word, use VirtualAppliance, VirtualNetworkGateway, VnetLocal, Internet, None" \
	route add 0.0.0.0/0 route-table rt1 next-hop-type appliance
says "route del 0.0.0.0/0: next-hop-type: unknown key, use route-table" \
	route del 0.0.0.0/0 next-hop-type None
says "route show: route-tabel: unknown key, did you mean route-table?" \
	route show route-tabel rt1
says "route show 10.0.0.0/33: the prefix length is not a number from 0 to 32" \
	route show 10.0.0.0/33
says "route show 10.0.0.0/8: subnet: unknown key, use route-table" \
	route show 10.0.0.0/8 subnet web
shows 0 'route \[show\] \[PREFIX\|TAG\] \[FILTER VALUE\]' help route
says "subnet add web: 10.0.1.0/24: unknown key, did you mean prefix 10.0.1.0/24?" \
	subnet add web 10.0.1.0/24 gateway gw1
says "explain: 10.0.1.2: unknown key, did you mean src 10.0.1.2?" \
	explain 10.0.1.2 198.51.100.7
says "flowlog: at 2026-11-30T12:00:01+25:00: not a time like 12:00:01, 2026-11-29T12:00:01Z or 2026-11-29T13:00:01+01:00" \
	flowlog find 203.0.113.1:5000 at 2026-11-30T12:00:01+25:00 file /dev/null
says "flowlog: at 2026-11-30T12:00:01-15:00: not a time like 12:00:01, 2026-11-29T12:00:01Z or 2026-11-29T13:00:01+01:00" \
	flowlog find 203.0.113.1:5000 at 2026-11-30T12:00:01-15:00 file /dev/null
says "flowlog: proto 47: no session has it, there are tcp, udp and icmp" \
	flowlog find 203.0.113.1:5000 at 2026-11-30T12:00:01Z proto 47 file /dev/null
says "route show effective: say of which one: subnet NAME" \
	route show effective
says "route show effective: route-table: unknown key, use subnet" \
	route show effective route-table rt1
says "tag add Storage: file /nonexistent: No such file or directory" \
	tag add Storage file /nonexistent
says "explain: say from where to where: explain src IP dst IP:PORT" \
	explain src 10.0.1.4
says "explain: dst 192.0.2.1:http: the port is not a number from 0 to 65535" \
	explain src 10.0.1.4 dst 192.0.2.1:http
says "session count: kind nats: unknown word, did you mean nat?" \
	session count kind nats
says "stats check: now: one word too many, see natgwctl help stats" \
	stats check now
says "monitor: exhaust: unknown kind of event, did you mean exhaustion?" \
	monitor exhaust
says "monitor: -j: options stand before the object, see natgwctl help" \
	monitor -j
says "guard: up: unknown verb, use on, off, status, allow" \
	guard up
says "guard off: now: one word too many, see natgwctl help guard" \
	guard off now
says "guard on: -x: say which file: -f FILE, or -f - for standard input" \
	guard on -x
says "apply: say which file: -f FILE, or -f - for standard input" \
	apply
says "apply: natgw.conf: say which file: -f FILE, or -f - for standard input" \
	apply natgw.conf
says "check: -f: given twice; one file may have others in it: include FILE" \
	check -f a -f b
says "diff: now: one word too many" \
	diff -f a now
says "session save: -: name a file, sessions are not written to the output" \
	session save -
says "session save: /: Is a directory" \
	session save /
says "session save: /dev/null: not a regular file, which alone can be replaced" \
	session save /dev/null
says "guard on: -f: value is missing" \
	guard on -f
says "guard on: -f: value is missing" \
	guard on -f x -f
says "guard on: it takes at most 8 files" \
	guard on -f 1 -f 2 -f 3 -f 4 -f 5 -f 6 -f 7 -f 8 -f 9
says "guard allow: prefix is missing, see natgwctl help guard" \
	guard allow
says "address add: address is missing, see natgwctl help address" \
	address add
says "guard allow 10.9.0.0/24: is a line of a configuration file and no command" \
	guard allow 10.9.0.0/24
says "doctor: now: unknown word, it takes --bundle FILE" \
	doctor now
says "doctor: --bundle: value is missing" \
	doctor --bundle
says "doctor: --bundel: unknown word, it takes --bundle FILE" \
	doctor --bundel x
shows 0 "usage: natgwctl \\[OPTIONS\\] doctor \\[--bundle FILE\\]" help doctor
says "reset: now: unknown key, use drain" \
	reset now
says "reset: drain: value is missing" \
	reset drain
says "reset: drain 5: time needs a unit, try 5m" \
	reset drain 5
says "reset: drain: given twice" \
	reset drain 5m drain 5m
shows 0 'reset \[drain TIME\|off\]' help reset
says "gateway: -j: options stand before the object, see natgwctl help" \
	gateway -j show
says "network namespace no-such: No such file or directory" \
	-n no-such gateway
says "/nonexistent: No such file or directory" \
	-b /nonexistent
says "gateway: -b takes all commands from its file" \
	-b /dev/null gateway
says "gateway: -jp: options stand before the object, see natgwctl help" \
	gateway add gw1 -jp
says "gateway: --netns=blue: options stand before the object, see natgwctl help" \
	gateway --netns=blue show

# Options themselves, with -j as an object
says "-x: unknown option, see natgwctl help" -x
says "--verbose: unknown option, see natgwctl help" --verbose
says "-n: value is missing" -n
says "--netns: value is missing" --netns
says "--json=2: takes no value" --json=2
got=$("$ctl" -jx 2>&1 > "$tmp/out" | jq -c '.error | [.errno, .message]')
result "$got" '[22,"-x: unknown option, see natgwctl help"]' "-j, unknown option"

# Keys with dashes, and what begins like an option and is none
says "cluster add aks1: --outbound-type: unknown option, did you mean the key outbound-type?" \
	cluster add aks1 --outbound-type managedNATGateway
says "cluster add aks1: --outbound-type=none: unknown option, did you mean the key outbound-type?" \
	cluster add aks1 --outbound-type=none
says "subnet set web: --nat-gateway: unknown option, did you mean the key gateway?" \
	subnet set web --nat-gateway gw1
says "gateway add gw1: --idle-timout: unknown option, did you mean the key idle-timeout?" \
	gateway add gw1 --idle-timout 4
says "gateway add: --name: unknown option, the name stands behind the verb" \
	gateway add --name gw1
says "gateway add gw1: -g: unknown option, natgw has nothing like it, leave it out" \
	gateway add gw1 -g rg1
says "gateway add gw1: --resource-group: unknown option, natgw has nothing like it, leave it out" \
	gateway add gw1 --resource-group rg1
says "gateway add gw1: --subnet: unknown option, did you mean subnet set NAME gateway NAME?" \
	gateway add gw1 --subnet web
says "gateway show: --zone: unknown option, see natgwctl help gateway" \
	gateway show --zone 1
says "gateway: --verbose: unknown option, see natgwctl help gateway" \
	gateway --verbose
says "explain: --src: unknown option, did you mean the key src?" \
	explain --src 10.0.1.4
says "monitor: -x: unknown option, see natgwctl help monitor" \
	monitor -x
says "gateway set gw1: idle-timeout -4m: a time cannot be negative" \
	gateway set gw1 idle-timeout -4m
says "gateway set gw1: drain -10: a time cannot be negative" \
	gateway set gw1 drain -10
says "gateway set gw1: host-limit -1: a number cannot be negative" \
	gateway set gw1 host-limit -1
says "gateway add: -4m: a name does not begin with a dash" \
	gateway add -4m
shows 0 "usage: natgwctl .*gateway add NAME" gateway add gw1 --help

# Spellings of the cloud's own tool
says "gateway: create: unknown verb, did you mean add?" \
	gateway create gw1
says "subnet: update: unknown verb, did you mean set?" \
	subnet update web
says "cluster: list: unknown verb, did you mean show?" \
	cluster list
says "address: delete: unknown verb, did you mean del?" \
	address delete 203.0.113.1
says "vnet: remove: unknown verb, did you mean del?" \
	vnet remove hub
says "session: delete: unknown verb, did you mean flush?" \
	session delete
says "managed-pool: update: unknown verb, use add, del, show" \
	managed-pool update 203.0.113.0/24
says "network nat gateway create: unknown object, did you mean gateway add?" \
	network nat gateway create --name gw1
says "az network nat gateway create: unknown object, did you mean gateway add?" \
	az network nat gateway create --name gw1
says "network nat gateway: unknown object, did you mean gateway?" \
	network nat gateway
says "network public-ip prefix create: unknown object, did you mean address add?" \
	network public-ip prefix create --length 28
says "network public-ip delete: unknown object, did you mean address del?" \
	network public-ip delete --name ip1
says "network vnet subnet update: unknown object, did you mean subnet set?" \
	network vnet subnet update --name web
says "network vnet list: unknown object, did you mean vnet show?" \
	network vnet list
says "network route-table route create: unknown object, did you mean route add?" \
	network route-table route create
says "network route-table show: unknown object, did you mean route-table show?" \
	network route-table show
says "network nic show-effective-route-table: unknown object, did you mean route show effective?" \
	network nic show-effective-route-table --name nic1
says "aks create: unknown object, did you mean cluster add?" \
	aks create --name aks1
says "aks update: unknown object, did you mean cluster set?" \
	aks update --name aks1
says "nat-gateway: unknown object, did you mean gateway?" \
	help nat-gateway
# The verb first
says "create gateway: unknown object, did you mean gateway add?" \
	create gateway gw1
says "show subnet: unknown object, did you mean subnet show?" \
	show subnet
says "delete nat gateway: unknown object, did you mean gateway del?" \
	delete nat gateway gw1
# meant LIST OBJECT ADD NAME [KEY VALUE]: each THEIRS:OURS of the list is suggested
meant()
{
	local pair

	for pair in $1; do
		says "${*:2:3}: ${pair%:*}: unknown key, did you mean ${pair#*:}?" \
			"${@:2}" "${pair%:*}" 1
		says "${*:2:3}: --${pair%:*}: unknown option, did you mean the key ${pair#*:}?" \
			"${@:2}" "--${pair%:*}" 1
	done
}
meant "nat-gateway-managed-outbound-ip-count:managed-outbound-ip-count
	load-balancer-managed-outbound-ip-count:managed-outbound-ip-count
	nat-gateway-idle-timeout:idle-timeout load-balancer-idle-timeout:idle-timeout
	load-balancer-outbound-ports:ports-per-host load-balancer-outbound-ips:outbound-ips
	load-balancer-outbound-ip-prefixes:outbound-ip-prefixes vnet-subnet-id:subnet
	api-server-authorized-ip-ranges:authorized-ip-ranges" cluster set aks1
meant "public-ip-addresses:address public-ip-prefixes:address pip-addresses:address zones:zone" \
	gateway add gw1
meant "nat-gateway:gateway" address add 203.0.113.1
meant "address-prefixes:prefix" vnet add hub
meant "address-prefixes:prefix nat-gateway:gateway vnet-name:vnet" subnet add web
meant "route-table-name:route-table next-hop-ip-address:next-hop-ip" route add 0.0.0.0/0
says "address add 203.0.113.1: idle-timeout: unknown key, did you mean gateway set NAME idle-timeout TIME?" \
	address add 203.0.113.1 idle-timeout 4
meant "nat-gateway-idle-timeout:idle-timeout" gateway add gw1
says "gateway show: -o: unknown option, did you mean natgwctl -j OBJECT show?" gateway show -o json
says "gateway show: --output: unknown option, did you mean natgwctl -j OBJECT show?" \
	gateway show --output json
says "gateway add gw1: sku: unknown key, natgw has nothing like it, leave it out" \
	gateway add gw1 sku Standard

shows 0 "usage: natgwctl .*subnet" help
shows 0 "usage: natgwctl .*gateway add NAME.*idle-timeout +TIME" help gateway
shows 0 "usage: natgwctl .*half-open\|established" session --help
shows 0 "drain +TIME\|off" help subnet
shows 0 "by +address\|destination\|host" help ports
shows 0 "usage: natgwctl \[OPTIONS\] monitor \[config\] \[exhaustion\]" help monitor
shows 0 "route show effective \[FILTER VALUE\].*subnet +NAME" help route
shows 0 "route add PREFIX\|TAG" help route
shows 0 "prefix +IP/LENGTH,\.\.\.  .*dev +DEV,\.\.\.\|none" help vnet
shows 0 "usage: natgwctl \[OPTIONS\] explain KEY VALUE.*src-port +N" help explain
version=$(sed 's/[.+]/\\&/g' "$tools/../VERSION")
shows 0 "^natgwctl $version\$|^natgwctl $version " version
shows 0 "^natgwctl $version\$|^natgwctl $version " --version
shows 0 "guard on \[-f FILE\|-\].*guard \[status\].*guard allow IP/LENGTH" help guard
shows 0 "no gateway is bound" stats explain
shows 0 '^\[\{"reason":"hairpin","meaning":"[^"]+","action":"[^"]+"\}\]$' -j stats explain HAIRPIN

# The help of each object: each keyword has the name of its value
golden=$(dirname "$(realpath "$0")")/../golden/help.txt
for object in $("$ctl" __complete help "" | cut -f 1); do
	echo "# natgwctl help $object"
	"$ctl" help "$object" 2>> "$tmp/out"
	echo
done > "$tmp/help"
[[ ! ${GOLDEN-} ]] || cp "$tmp/help" "$golden"
result "$(diff "$golden" "$tmp/help")" "" "help of all objects"

# Completion
tab=$'\t'
same()
{
	result "$("$ctl" __complete "${@:2}" 2> "$tmp/out" | cut -f 1 | tr '\n' ' ')" "$1 " "complete ${*:2}"
}
same "address destination host" ports show by ""
same "gateway by proto dst top watched" ports show ""
same "effective route-table" route show ""
same "subnet" route show effective ""
same "route-table" route del 10.0.0.0/8 ""
same "drain" cluster del aks1 ""
same "VirtualAppliance VirtualNetworkGateway VnetLocal Internet None" route add 0.0.0.0/0 next-hop-type ""
same "src src-port dst proto vnet" explain ""
same "tcp udp icmp" explain proto ""
same "nat direct" session show kind ""
same "none" vnet set hub vpn-next-hop ""
same "config exhaustion session proto src address dst gateway subnet vnet" monitor ""
same "show explain check" stats ""
same "off" gateway set gw1 drain ""
same "on off status allow" guard ""
same "-f" guard on ""
same "/" guard on -f ""
same "-f" guard on -f x ""
same "/" guard on -f x -f ""
same "keep-guard" apply -f x ""
same "none" address set 203.0.113.1 reserve ""
same "-f" apply ""
same "/" apply -f ""
same "azure" import ""
same "/" import azure ""
same "module former" upgrade ""
same "find file ipfix transport by proto src address dst gateway subnet vnet" flowlog ""
same "--bundle" doctor ""
same "/" doctor --bundle ""
same "/" tag add Storage file ""
same "/" -j -b ""
same "--json --pretty --statistics --netns --batch --help --version" -j --
same "config exhaustion session proto src address dst gateway subnet vnet" -jp monitor ""
shows 0 "^show${tab}[^$tab]+" __complete stats ""

# The names of devices may be whatever the shell acts on: they are completed, not run
words()
{
	printf '%s\n' eth0 'e$(touch x)' 'e;b' wan0
}

completed()
{
	(
		cd "$tmp" || exit
		. "$tools/natgwctl.bash"
		COMP_WORDS=(words vnet set hub dev e)
		COMP_CWORD=5
		_natgwctl
		printf '%s\n' "${COMPREPLY[@]}"
		ls x 2>/dev/null
	)
}
: > "$tmp/out"
result "$(completed | tr '\n' '|')" 'eth0|e\$\(touch\ x\)|e\;b|' "bash completion"

# With -j the error is an object
got=$("$ctl" -j subnet add web prefix 10.0.1.0/33 2>&1 > "$tmp/out" |
	jq -c '.error | [.errno, .attribute, .command]')
result "$got" '[22,"prefix","subnet add web"]' "-j, error"

echo "1..$n"
exit $((failures != 0))
