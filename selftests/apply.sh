#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# apply, check and diff: a file says what is there. What does not change keeps its sessions and
# sends no notification; what cannot be is refused with file, line and word, and nothing changes.
#
#   cl 10.0.1.2, .99 (silent) ---- gw ---- net 198.51.100.7, .99 (silent)
#                    pool 203.0.113.1, .2

. "$(dirname "$0")/lib.sh"

# file NAME: standard input, as $TMP/NAME
file()
{
	cat > "$TMP/$1"
}

apply()
{
	ctl apply -f "$TMP/$1"
}

# differs NAME COMMANDS: what diff prints, and its exit status
differs()
{
	local out rc

	out=$(ctl diff -f "$TMP/$1" 2>&1)
	rc=$?
	same "diff $1" "$2" "$out"
	same "exit status of diff $1" "$([[ $2 ]] && echo 4 || echo 0)" "$rc"
}

# becomes NAME: applied, it is what runs, and applying it again changes nothing
becomes()
{
	local before

	ok apply "$1"
	before=$(generation)
	differs "$1" ""
	ok apply "$1"
	same "generation after $1 was applied twice" "$before" "$(generation)"
}

# says NAME SENTENCE: apply refuses the file with it, and nothing changes
says()
{
	local before after

	before=$(ctl export; generation)
	same "$1" "natgwctl: $2" "$(ctl apply -f "$TMP/$1" 2>&1)"
	after=$(ctl export; generation)
	same "state after $1" "$before" "$after"
}

# line TEXT SENTENCE: the same of a file with this line behind two good ones
line()
{
	printf 'gateway add gw1\n# comment\n%b\n' "$1" > "$TMP/line"
	says line "$TMP/line:3: $2"
}

config()
{
	file config <<-'EOT'
		gateway add gw1 idle-timeout 10m address 203.0.113.1
		subnet add web prefix 10.0.1.0/24 gateway gw1
	EOT
}

nothing_else_changes()
{
	config
	becomes config
	send "$cl" 10.0.1.99 198.51.100.99 udp 5000 9000
	soon session_count_is 1
	"$HERE/netns_exec" "/run/netns/$gw" natgwctl monitor config >"$TMP/events" </dev/null &
	jobs_started+=($!)
	for _ in {1..100}; do
		ok ctl vnet set default private-space drop
		ok ctl vnet set default private-space pass
		[[ ! -s $TMP/events ]] || break
		sleep 0.1
	done
	ok ctl gateway set gw1 udp-timeout 4m
	file more <<-'EOT'
		include config
		tag add t prefix 100.64.0.0/16   # a comment
	EOT
	differs more "tag add t prefix 100.64.0.0/16"
	becomes more
	soon grep -q 'tag' "$TMP/events"
	stop $!
	same "events of others" 1 "$(sed '1,/gateway/d' "$TMP/events" | wc -l)"
	# a key that is not given has its default
	file less <<-'EOT'
		gateway add gw1
		address add 203.0.113.1 gateway gw1
		subnet add web prefix 10.0.1.0/24 gateway gw1
	EOT
	differs less $'gateway set gw1 idle-timeout 4m\ntag del t'
	becomes less
	same "sessions" 1 "$(sessions)"
	# and what it would cost
	file unbound <<-'EOT'
		subnet add web prefix 10.0.1.0/24
	EOT
	exits 4 ctl check -f "$TMP/unbound"
	same "check" "apply would send 3 commands and end 1 session" "$(< "$TMP/said")"
	exits 4 ctl -j check -f "$TMP/unbound"
	same "check -j" '[{"commands":3,"sessions":1}]' "$(< "$TMP/said")"
	exits 0 ctl check -f "$TMP/less"
	same "check, no change" "nothing would change" "$(< "$TMP/said")"
	file wrong <<< 'gateway add gw1 idle-timeout 3m'
	exits 2 ctl check -f "$TMP/wrong"
	file wrong <<< 'gateway add gw1 idle-timeout 4'
	exits 1 ctl check -f "$TMP/wrong"
	same "sessions" 1 "$(sessions)"
	differs less ""
	becomes unbound
	same "sessions" 0 "$(sessions)"
}

# Intermediate states would be refused one by one
order()
{
	ok ctl reset
	file before <<-'EOT'
		vnet add v1 prefix 10.1.0.0/16 dev in0
		vnet add v2 prefix 10.2.0.0/16 dev c1
		route-table add rt1
		route-table add rt2
		tag add t prefix 100.64.0.0/16
		route add t route-table rt1 next-hop-type Internet
		route add 192.0.2.0/24 route-table rt2 next-hop-type None
		gateway add a zone 1
		gateway add b zone 2
		gateway add old
		address add 203.0.113.0/28 zone 1 gateway a
		address add 203.0.113.16/28 zone 2 gateway b
		address add 203.0.113.64 gateway old
		subnet add s1 prefix 10.1.1.0/24 vnet v1 gateway a route-table rt1
		subnet add s2 prefix 10.2.1.0/24 vnet v2 gateway b
		subnet add s3 prefix 10.0.3.0/24 gateway old
		subnet add moves prefix 10.1.2.0/24 vnet v1
	EOT
	becomes before
	file after <<-'EOT'
		vnet add v1 prefix 10.1.0.0/16 dev c1
		vnet add v2 prefix 10.2.0.0/16 dev in0
		route-table add rt2
		route add 192.0.2.0/24 route-table rt2 next-hop-type Internet
		gateway add a zone 2
		gateway add b zone 1
		gateway add new
		address add 203.0.113.0/28 zone 1 gateway b
		address add 203.0.113.16/28 zone 2 gateway a
		address add 203.0.113.64/31 gateway new
		subnet add s1 prefix 10.1.1.0/24 vnet v1 gateway b route-table rt2
		subnet add s2 prefix 10.2.1.0/24 vnet v2 gateway a
		subnet add s3 prefix 10.0.3.0/24 gateway new
		subnet add moves prefix 10.2.2.0/24 vnet v2
	EOT
	becomes after
	becomes before
	file nothing <<< reset
	becomes nothing
	same "objects" "" "$(ctl export)"
}

# swap NAME A B: the file NAME again with each A for B and the other way round, as NAME-swapped
swap()
{
	sed "s,$2,@,g; s,$3,$2,g; s,@,$3,g" "$TMP/$1" | file "$1-swapped"
}

# Addresses that others of the file are to get
exchange()
{
	ok ctl reset
	file subnets <<-'EOT'
		gateway add gw1 address 203.0.113.1
		route-table add rt1
		route add 192.0.2.0/24 route-table rt1 next-hop-type VirtualAppliance next-hop-ip 10.0.2.4
		subnet add web prefix 10.0.1.0/24 gateway gw1 route-table rt1
		subnet add db prefix 10.0.2.0/24 gateway gw1
		subnet add lab prefix 10.0.3.0/24
	EOT
	becomes subnets
	send "$cl" 10.0.1.99 198.51.100.99 udp 5000 9000
	soon session_count_is 1
	# one gives the other half of its addresses, and keeps its sessions
	sed -e '/web/s,10.0.1.0/24,10.0.1.0/25,' -e '/lab/s,10.0.3.0/24,10.0.1.128/25,' \
		"$TMP/subnets" | file given
	differs given "subnet del web
subnet add web prefix 10.0.1.0/25 gateway gw1 route-table rt1
subnet set lab prefix 10.0.1.128/25"
	becomes given
	same "sessions" 1 "$(sessions)"
	becomes subnets
	same "sessions" 1 "$(sessions)"
	swap subnets 10.0.1 10.0.2
	becomes subnets-swapped
	becomes subnets
	# in a ring, and with others that get their addresses
	sed -e 's,10.0.1.0,10.0.8.0,; s,10.0.2.0,10.0.1.0,; s,10.0.3.0,10.0.2.0,' \
		-e 's,10.0.2.4,10.0.1.4,' "$TMP/subnets" | file ring
	sed -i '$a address add 10.0.3.0/28\nvnet add hub prefix 10.0.3.128/25 dev c1' "$TMP/ring"
	becomes ring
	becomes subnets
	file vnets <<-'EOT'
		vnet add v1 prefix 10.1.0.0/16,10.3.0.0/16 dev in0
		vnet add v2 prefix 10.2.0.0/16,10.4.0.0/16 dev c1
		vnet add v3 prefix 10.5.0.0/16
		gateway add gw1
		gateway add gw2
		subnet add s1 prefix 10.1.1.0/24 vnet v1 gateway gw1
		subnet add s2 prefix 10.2.1.0/24 vnet v2 gateway gw2
		subnet add s3 prefix 10.5.1.0/24 vnet v3
	EOT
	becomes vnets
	swap vnets 10.3 10.4
	differs vnets-swapped "vnet set v1 prefix 10.1.0.0/16
vnet set v2 prefix 10.2.0.0/16
vnet set v1 prefix 10.1.0.0/16,10.4.0.0/16
vnet set v2 prefix 10.2.0.0/16,10.3.0.0/16"
	becomes vnets-swapped
	swap vnets 10.1 10.2
	becomes vnets-swapped
	becomes vnets
	sed 's,10.5,10.6,' "$TMP/vnets" | file renumbered
	becomes renumbered
	becomes vnets
	sed '/10.1/s,10.1,10.9,; /10.5/s,10.5,10.1,; s,10.9,10.5,' "$TMP/vnets" | file whole
	becomes whole
	# subnets that clusters use cannot be deleted, not even for a moment
	ok ctl reset
	file used <<-'EOT'
		subnet add s1 prefix 10.1.1.0/24
		subnet add s2 prefix 10.1.2.0/24
		cluster add c subnet s1,s2 outbound-type none
	EOT
	becomes used
	swap used 10.1.1 10.1.2
	says used-swapped "$TMP/used-swapped:1: subnet set s1: NetcfgSubnetRangesOverlap: 10.1.2.0/24 overlaps 10.1.2.0/24 of subnet s2 (prefix 10.1.2.0/24)"
}

# Of a cluster the file has the record alone
clusters()
{
	ok ctl reset
	file cluster <<-'EOT'
		managed-pool add 203.0.113.128/28
		address add 203.0.113.1
		gateway add gw1
		subnet add s1 prefix 10.1.1.0/24
		subnet add s2 prefix 10.1.2.0/24
		cluster add own prefix 10.3.0.0/16 dev lo outbound-type managedNATGateway
		cluster add lb subnet s1 outbound-ips 203.0.113.1
		cluster add user subnet s2 outbound-type userAssignedNATGateway gateway gw1
	EOT
	becomes cluster
	sed -e 's/managedNATGateway/managedNATGateway managed-outbound-ip-count 2/' \
		-e 's/ outbound-ips 203.0.113.1/ idle-timeout 10m/' "$TMP/cluster" | file moved
	differs moved "cluster set own managed-outbound-ip-count 2
cluster set lb idle-timeout 10m managed-outbound-ip-count 1"
	becomes moved
	echo "gateway add own-nat" | cat "$TMP/moved" - | file owned
	says owned "$TMP/owned:9: gateway add own-nat: a cluster made it, leave it out: the cluster's line makes it"
	sed -i '/cluster/d' "$TMP/cluster"
	becomes cluster
}

errors()
{
	ok ctl reset
	line 'gateway add gw2 idel-timeout 4m' \
		"gateway add gw2: idel-timeout: unknown key, did you mean idle-timeout?"
	line 'gateway add gw2 idle-timeout 4' \
		"gateway add gw2: idle-timeout 4: time needs a unit, try 4m"
	line 'gateway add gw2 idle-timeout 3m' \
		"gateway add gw2: idle-timeout 3m is outside 4m..120m of profile azure"
	line 'gateway add gw1 zone 1' "gateway add gw1: given twice, at $TMP/line:1"
	line 'gateway set gw2 zone 1' "gateway set gw2: no line before this one makes it"
	line 'gateway set gw1 drain 4m' \
		"gateway set gw1: drain: is an act and no configuration, give it by hand: natgwctl gateway set"
	line 'address add length 28' \
		"address add length: length: takes whichever address is free, a file says which one"
	line 'gateway show' "gateway show: cannot stand in a batch"
	line 'apply -f x' "apply: cannot stand in a batch"
	line 'include /nowhere' "include /nowhere: /nowhere: No such file or directory"
	echo "include loop" | file loop
	says loop "$TMP/loop:1: include loop: files include each other more than 16 deep"
	line 'route add 10.0.0.0/8 next-hop-type None' \
		"route add 10.0.0.0/8: route-table is missing"
	line 'route add 10.0.0.0/8 route-table rt1' \
		"route add 10.0.0.0/8: next-hop-type is missing"
	line 'route add 10.0.0.0/8 route-table rt1 next-hop-type VirtualAppliance' \
		"route add 10.0.0.0/8: next-hop-ip is missing"
	line 'vnet add hub' "vnet add hub: prefix is missing"
	line 'tag add t' "tag add t: prefix is missing"
	line 'cluster add c' "cluster add c: prefix is missing"
	# a file that lost a value is not the same as what runs
	ok ctl subnet add s prefix 10.0.1.0/24
	line 'subnet add s' "subnet add s: prefix is missing"
	ok ctl subnet del s
	line 'subnet add s prefix 10.0.0.0/24 gateway nobody' \
		"subnet add s: InvalidResourceReference: gateway nobody does not exist"
	match "no file" 'apply: say which file' "$(ctl apply 2>&1)"
	same "a directory" "natgwctl: apply: $TMP: Is a directory" "$(ctl apply -f "$TMP" 2>&1)"
	match "no file" '/nowhere: No such file' "$(ctl check -f /nowhere 2>&1)"
	printf '\xef\xbb\xbf\tgateway  add gw1\r\n\r\n gateway set gw1 zone 1\r\n' | file dos
	becomes dos
	same "dos" "gateway add gw1 zone 1" "$(ctl export)"
	same "stdin" "" "$(ctl diff -f - < "$TMP/dos")"
	printf 'vnet add hub prefix 10.7.0.0/16\naddress add 203.0.113.1 gateway gw1\n' | file lacks
	says lacks "$TMP/lacks:2: address add 203.0.113.1: gateway gw1 is not in the file: it would be deleted, add the line that makes it"
	ok ctl vnet add hub prefix 10.7.0.0/16
	printf 'gateway add gw1 zone 1\nsubnet add s prefix 10.7.1.0/24 vnet hub\n' | file lacks
	says lacks "$TMP/lacks:2: subnet add s: vnet hub is not in the file: it would be deleted, add the line that makes it"
	ok ctl vnet del hub
	printf 'gateway add gw1\n\0' | file binary
	says binary "$TMP/binary:2: not a text file"
	head -c 1000000 /dev/zero | tr '\0' x | file long
	ok test -n "$(ctl apply -f "$TMP/long" 2>&1)"
	same "still" "gateway add gw1 zone 1" "$(ctl export)"
}

json()
{
	local text object

	for text in '[' '{}' '[1]' '[{"object":"session"}]' '[{"object":"gateway"}]' \
		'[{"object":"gateway","name":"g","zone":1.5}]' \
		'[{"object":"gateway","name":"g","zoen":1}]' \
		'[{"object":"gateway","name":"g"},{"object":"gateway","name":"g"}]'; do
		printf '%s' "$text" | file json
		same "exit status of $text" 1 "$(ctl -j apply -f "$TMP/json" >/dev/null 2>"$TMP/err"; echo $?)"
		match "error of $text" '^."error":."errno":22,"message":".*"file":"' "$(cat "$TMP/err")"
	done
	# would be other keys, or a comment, where a line is made of it
	for text in '"name":"g idle-timeout 5m"' '"name":"#g"' '"name":""' '"name":"g\nh"' \
		'"name":"g","route-table":"r\u0007"'; do
		object=gateway
		[[ $text != *route-table* ]] || object=subnet
		printf '[{"object":"%s",%s}]' "$object" "$text" | file json
		match "error of $text" "is not one word, without blanks" "$(apply json 2>&1)"
	done
	printf '[{"object":"address","address":"203.0.113.1","dev":"in0 reserve 80"}]' | file json
	says json "$TMP/json: address add 203.0.113.1: dev: is not one word, without blanks and no # in front"
	file json <<-'EOT'
		[{"object":"vnet","name":"default","private-space":"drop"},
		 {"object":"gateway","name":"gw1","idle-timeout":600,"zone":1},
		 {"object":"tag","name":"t","prefix":["100.64.0.0/16","100.65.0.0/16"]},
		 {"object":"address","address":"203.0.113.1","gateway":"gw1","zone":1,"dev":null}]
	EOT
	ok ctl -j apply -f "$TMP/json"
	same "applied" "vnet set default private-space drop
tag add t prefix 100.64.0.0/16,100.65.0.0/16
gateway add gw1 zone 1 idle-timeout 10m
address add 203.0.113.1 gateway gw1 zone 1" "$(ctl export)"
}

# Ports come back from the kernel as ranges
reserved_ports()
{
	ok ctl reset
	file ports <<-'EOT'
		address add 203.0.113.1 reserve 81,80,8000-8010,8005-8099
	EOT
	becomes ports
	match "reserve" "reserve 80-81,8000-8099$" "$(ctl export)"
	sed 's/81,80/81/' "$TMP/ports" | file fewer
	differs fewer "address set 203.0.113.1 reserve 81,8000-8010,8005-8099"
	becomes fewer
	file ports <<< 'address add 203.0.113.1'
	differs ports "address set 203.0.113.1 reserve none"
	becomes ports
}

# Two at a time: one of them begins anew, and what runs is what one of them says
two()
{
	local i job

	ok ctl reset
	for i in 0 1; do
		for job in {1..50}; do
			echo "tag add t$job prefix 100.$((64 + i)).$job.0/24"
		done | file "two$i"
	done
	for _ in 1 2 3; do
		start_to "$TMP/other" "$gw" natgwctl apply -f "$TMP/two1"
		job=$!
		ok apply two0
		wait "$job" || fail "the other: $(cat "$TMP/other")"
		ctl export > "$TMP/both"
		cmp -s "$TMP/both" "$TMP/two0" || ok cmp "$TMP/both" "$TMP/two1"
	done
	ok ctl reset
}

# More commands than are sent at once, and one among them that the kernel refuses
many()
{
	local i

	ok ctl reset
	for ((i = 0; i < 2000; i++)); do
		echo "tag add t$i prefix 100.64.$((i / 250)).$((i % 250))/32"
	done | file many
	ok apply many
	differs many ""
	sed '1500s,prefix.*,prefix 100.64.0.1/24,' "$TMP/many" | file bad
	same "one refused" \
		"natgwctl: $TMP/bad:1500: tag set t1499: InvalidCIDRNotation: 100.64.0.1/24 has host bits set, the prefix is 100.64.0.0/24" \
		"$(ctl apply -f "$TMP/bad" 2>&1)"
	differs many ""
	ok ctl reset
	match "one refused" "^natgwctl: $TMP/bad:1500: tag add t1499: " \
		"$(ctl apply -f "$TMP/bad" 2>&1)"
	same "nothing" "" "$(ctl export)"
}

ms()
{
	echo $((${EPOCHREALTIME/./} / 1000))
}

# A site as large as OBJECTS says, of all kinds but clusters: two hundredths gateways and their
# addresses, a tenth tags, a tenth routes, and subnets
large_file()
{
	awk -v n="$1" 'BEGIN {
		gateways = int(n / 100); tables = int(n / 100)
		for (i = 0; i < gateways; i++)
			print "gateway add gw" i " idle-timeout 10m"
		for (i = 0; i < gateways; i++)
			printf "address add 203.%d.%d.1 gateway gw%d\n", i / 250, i % 250, i
		for (i = 0; i < n / 10; i++)
			printf "tag add t%d prefix 198.%d.%d.0/24\n", i, 20 + i / 250, i % 250
		for (i = 0; i < tables; i++)
			print "route-table add rt" i
		for (i = 0; i < n / 10; i++)
			printf "route add 192.0.2.%d/32 route-table rt%d next-hop-type None\n",
				i / tables, i % tables
		rest = n - 2 * gateways - tables - 2 * (n / 10)
		for (i = 0; i < rest; i++)
			printf "subnet add s%d prefix 10.%d.%d.0/24 gateway gw%d route-table rt%d\n",
				i, i / 250, i % 250, i % gateways, i % tables
	}'
}

# OBJECTS of them (1,000): as new, unchanged, one of them changed, and none any more
large()
{
	local n=${OBJECTS:-1000} began new same

	ok ctl reset
	large_file "$n" > "$TMP/large"
	same "objects" "$n" "$(wc -l < "$TMP/large")"
	began=$(ms)
	ok apply large
	new=$(($(ms) - began))
	began=$(ms)
	ok apply large
	same=$(($(ms) - began))
	note "$n objects: applied in $new ms, once more in $same ms"
	differs large ""
	ok eval '((same < new))'
	sed '/^subnet add s7 /s/ route-table rt[0-9]*//' "$TMP/large" > "$TMP/one"
	differs one "subnet set s7 route-table none"
	ok apply one
	differs one ""
	ok ctl reset
	same "nothing" "" "$(ctl export)"
}

tests=(nothing_else_changes order exchange clusters errors json reserved_ports two many large)

standard_topology
silent_hosts
ip -n "$gw" link add c1 type dummy
ip -n "$gw" link set c1 up
run "$@"
