#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# guard: what comes from a subnet of the file does not leave while no gateway translates it, the
# management network stays reachable, a file of no use holds more and not less, and the first
# apply that succeeds takes the guard down.
#
#   cl 10.0.1.2, .3 ---- gw ---- net 198.51.100.7, .8 (management)

. "$(dirname "$0")/lib.sh"

# file NAME: standard input, as $TMP/NAME
file()
{
	cat > "$TMP/$1"
}

# guard_is KEY VALUE
guard_is()
{
	same "guard: $1" "$2" "$(value "$(ctl -j guard status)" "$1")"
}

# port of the next packet, so that each is told from the others
port=9000

# held NS SRC DST: counted by the guard, and not on the wire
held()
{
	local packets

	port=$((port + 1))
	packets=$(value "$(ctl -j guard)" packets)
	# who sends on the router itself is told
	"$HERE/pkt" netns "$1" "$2" "$3" udp 4000 "$port" 2>>"$TMP/job.log"
	soon count_is $((packets + 1))
	never wire udp dst port "$port"
}

count_is()
{
	[[ $(value "$(ctl -j guard)" packets) == "$1" ]]
}

# passes NS SRC DST [SEEN]: on the wire, with this source
passes()
{
	port=$((port + 1))
	send "$1" "$2" "$3" udp 4000 "$port"
	soon seen wire "udp dst port $port and src host ${4-$2}"
}

# says STATUS SENTENCE... -- COMMAND...: exit status, and lines of stderr
says()
{
	local status=$1 lines=()

	shift
	while [[ $1 != -- ]]; do
		lines+=("natgwctl: $1")
		shift
	done
	shift
	ctl "$@" > "$TMP/out" 2>"$TMP/err"
	same "status of $*" "$status" $?
	same "$*" "$(printf '%s\n' "${lines[@]}")" "$(sed -E 's/[0-9-]{10}T[0-9:]{8}Z/SINCE/' "$TMP/err")"
}

config()
{
	file config <<-'EOT'
		gateway add gw1 address 203.0.113.1
		subnet add web prefix 10.0.1.0/24 gateway gw1
		vnet add hub prefix 10.7.0.0/16,10.8.0.0/16 dev eth9
		subnet add hub1 vnet hub prefix 10.7.1.0/24
		guard allow 198.51.100.8
	EOT
}

# The private sources of a file that was of no use
of_no_use='from the Internet each private source (10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16, 100.64.0.0/10), and the subnets that could be read'

subnets_are_held()
{
	config
	guard_is guard off
	ok ctl guard on -f "$TMP/config"
	guard_is guard on
	guard_is holds subnets
	guard_is file "$TMP/config"
	held "$cl" 10.0.1.2 198.51.100.7
	# as a proxy or IPVS sends it on, with the client's address
	held "$gw" 10.0.1.3 198.51.100.7
	guard_is packets 2
	match "bare call" "the guard of $TMP/config stands since .* keeps its subnets from the Internet .2 packets" "$(ctl 2>&1)"
	# what is no business of the guard
	excuse 10.0.3.2		# in no subnet of the file
	passes "$cl" 10.0.3.2 198.51.100.7
	excuse 10.0.1.2		# inside of the file's networks, and to the management network
	ip -n "$gw" route add 10.8.0.0/16 via 192.0.2.2
	passes "$cl" 10.0.1.2 10.8.0.1
	passes "$cl" 10.0.1.2 198.51.100.8
	excuse 10.0.1.1		# the router's own
	passes "$gw" 10.0.1.1 198.51.100.7
	guard_is packets 2
}

off_is_off()
{
	match "off" "^the guard that stood since .* is off, it has held [0-9]+ packets?$" \
		"$(ctl guard off 2>&1)"
	same "off once more" "" "$(ctl guard off 2>&1)"
	same "status" "guard off" "$(ctl guard)"
	same "status -j" '[{"guard":"off"}]' "$(ctl -j guard status)"
	excuse 10.0.1.2		# nothing translates and nothing holds
	passes "$cl" 10.0.1.2 198.51.100.7
	refused grep -q guard <<< "$(ctl 2>&1)"
}

wrong_file()
{
	file wrong <<-'EOT'
		gateway add gw1
		subnet add lab prefix 198.18.0.0/24 gateway gw1
		subnet add web prefix 10.0.1.0/240 gateway gw1
		guard allow no-prefix
		include management
		include wrong
		guard allow 198.51.100.99
	EOT
	echo 'guard allow 198.51.100.8/32' | file management
	says 1 "$TMP/wrong:3: subnet add web: prefix 10.0.1.0/240: the prefix length is not a number from 0 to 32" \
		"guard on: warning: $TMP/wrong is of no use: the guard keeps $of_no_use" \
		-- guard on -f "$TMP/wrong"
	guard_is holds private
	held "$cl" 10.0.1.2 198.51.100.7
	held "$cl" 10.0.3.2 198.51.100.7
	held "$cl" 198.18.0.2 198.51.100.7
	match "bare call" "the guard of $TMP/wrong stands since .* keeps each private source" "$(ctl 2>&1)"
	excuse 10.0.3.2		# to private space and to the management network
	passes "$cl" 10.0.3.2 10.8.0.1
	passes "$cl" 10.0.3.2 198.51.100.8
	passes "$cl" 10.0.3.2 198.51.100.99
	# what the kernel would refuse if the guard asked it
	printf '%s\n' 'gateway add gw1' 'subnet add web gateway gw1' | file bare
	says 1 "$TMP/bare:2: subnet add web: prefix is missing" \
		"guard on: warning: $TMP/bare is of no use: the guard keeps $of_no_use" \
		-- guard on -f "$TMP/bare"
	held "$cl" 10.0.1.2 198.51.100.7
	# standard input is read once
	same "stdin" "natgwctl: stdin:1: guard allow 0.0.0.0/0: a guard that allows everything is none" \
		"$(echo 'guard allow 0.0.0.0/0' | ctl guard on -f - 2>&1 >/dev/null | sed -n 1p)"
	guard_is holds private
	guard_is file stdin
	held "$cl" 10.0.3.2 198.51.100.8
}

missing_file()
{
	ok ctl guard off
	says 1 "guard on: $TMP/none: No such file or directory" \
		"guard on: warning: $TMP/none is of no use: the guard keeps $of_no_use" \
		-- guard on -f "$TMP/none"
	guard_is file "$TMP/none"
	held "$cl" 10.0.1.2 198.51.100.7
}

# As the shell leaves it when "natgwctl export > FILE" fails, or the disk when power is lost
empty_file()
{
	local text

	for text in '' $'# nothing\ngateway add gw1\nguard allow 198.51.100.8\n'; do
		printf '%s' "$text" | file empty
		says 0 "guard on: warning: $TMP/empty names no subnet and no cluster: the guard keeps from the Internet each private source (10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16, 100.64.0.0/10)" \
			-- guard on -f "$TMP/empty"
		guard_is holds private
		held "$cl" 10.0.3.2 198.51.100.7
	done
	excuse 10.0.3.2		# what the file allows
	passes "$cl" 10.0.3.2 198.51.100.8
	# it is no configuration, and the guard stays
	for text in '' $'# nothing\nguard allow 198.51.100.8\n'; do
		printf '%s' "$text" | file empty
		refused ctl apply -f "$TMP/empty" keep-guard
		refused ctl apply -f "$TMP/empty"
		match "apply" "it names no object: nothing has changed; .*natgwctl: apply: warning: the guard of .* stands" \
			"$(xargs < "$TMP/said")"
		guard_is guard on
	done
	# said in so many words
	for text in reset '[]'; do
		ok ctl guard on -f "$TMP/empty"
		echo "$text" | file empty
		ok ctl apply -f "$TMP/empty"
		guard_is guard off
	done
}

# The first one says what is held, the lines "guard allow" of all of them hold
several_files()
{
	printf '%s\n' 'gateway add gw1' 'subnet add web prefix 10.0.1.0/24 gateway gw1' | file runs
	printf '%s\n' 'subnet add lab prefix 10.0.3.0/24' 'no command' 'include mgmt' | file boot
	echo 'guard allow 198.51.100.8' | file mgmt
	says 0 -- guard on -f "$TMP/runs" -f "$TMP/boot"
	guard_is holds subnets
	guard_is file "$TMP/runs"
	held "$cl" 10.0.1.2 198.51.100.7
	excuse 10.0.1.2 10.0.3.2	# to the management network, and of no subnet of the first file
	passes "$cl" 10.0.1.2 198.51.100.8
	passes "$cl" 10.0.3.2 198.51.100.7
	says 0 "guard on: warning: $TMP/none: No such file or directory, what it allows is held" \
		-- guard on -f "$TMP/runs" -f "$TMP/none"
	guard_is holds subnets
	held "$cl" 10.0.1.2 198.51.100.8
}

# As JSON; in a file that is wrong elsewhere, and in a further one, the networks are found, too
json_file()
{
	local good='{"object":"gateway","name":"gw1"},
		{"object":"subnet","name":"web","prefix":"10.0.1.0/24","gateway":"gw1"}'
	local allow='{"object":"guard","allow":["198.51.100.99","198.51.100.8/32"]}'
	local text

	echo "[$good,$allow]" | file config.json
	says 0 -- guard on -f "$TMP/config.json"
	guard_is holds subnets
	held "$cl" 10.0.1.2 198.51.100.7
	excuse 10.0.1.2 10.0.3.2	# to the management network
	passes "$cl" 10.0.1.2 198.51.100.8
	passes "$cl" 10.0.1.2 198.51.100.99
	exits 4 ctl check -f "$TMP/config.json"
	# as text it names no object either
	echo "[$allow]" | file allow.json
	exits 1 ctl check -f "$TMP/allow.json"
	match "guards alone" "it names no object" "$(< "$TMP/said")"
	echo "[{\"object\":\"gatway\"},$good,$allow]" | file wrong.json
	says 1 "$TMP/wrong.json: entry 0: object gatway is no kind of object of a file" \
		"guard on: warning: $TMP/wrong.json is of no use: the guard keeps $of_no_use" \
		-- guard on -f "$TMP/wrong.json"
	held "$cl" 10.0.3.2 198.51.100.7
	passes "$cl" 10.0.3.2 198.51.100.8
	echo 'subnet add web prefix 10.0.1.0/24' | file runs
	ok ctl guard on -f "$TMP/runs" -f "$TMP/wrong.json"
	held "$cl" 10.0.1.2 198.51.100.7
	passes "$cl" 10.0.1.2 198.51.100.8
	for text in '"allow":"10.0.0.1"' '"allow":[1]' '"allow":[],"x":1' '"x":[]' \
		'"allow":["0.0.0.0/0"]'; do
		echo "[{\"object\":\"guard\",$text}]" | file wrong.json
		exits 1 ctl check -f "$TMP/wrong.json"
		match "$text" "$TMP/wrong.json: guard" "$(< "$TMP/said")"
	done
	ok ctl guard off
}

# A guard that stands is replaced in one transaction, its counter begins anew
again()
{
	ok ctl guard on -f "$TMP/config"
	held "$cl" 10.0.1.2 198.51.100.7
	ok ctl guard on -f "$TMP/config"
	guard_is packets 0
	held "$cl" 10.0.1.2 198.51.100.7
}

apply_takes_it_down()
{
	ok ctl guard on -f "$TMP/config"
	{ cat "$TMP/config"; echo 'subnet add x vnet none-such prefix 10.0.1.0/24'; } | file refused
	refused ctl apply -f "$TMP/refused"
	match "failed apply" "apply: warning: the guard of $TMP/config stands since " "$(< "$TMP/said")"
	held "$cl" 10.0.1.2 198.51.100.7
	exits 4 ctl check -f "$TMP/config"
	guard_is guard on
	match "apply" "the guard that stood since .* is off, it has held 1 packet$" \
		"$(ctl apply -f "$TMP/config" 2>&1)"
	guard_is guard off
	passes "$cl" 10.0.1.2 198.51.100.7 203.0.113.1
	same "another apply" "" "$(ctl apply -f "$TMP/config" 2>&1)"
	ok ctl reset
}

# The example of a configuration file
example()
{
	local conf=$HERE/../contrib/natgw.conf.example

	[[ -e $conf ]] || { skip "not beside the sources"; return; }
	ok ctl reset
	exits 4 ctl check -f "$conf"
	ok ctl guard on -f "$conf"
	guard_is holds subnets
	ok ctl apply -f "$conf"
	guard_is guard off
	# the lines to be uncommented are those without a blank behind the #
	sed 's/^#\([a-z]\)/\1/' "$conf" | file all
	at_least "more lines" 5 "$(($(grep -c '^[a-z]' "$TMP/all") - $(grep -c '^[a-z]' "$conf")))"
	exits 4 ctl check -f "$TMP/all"
	ok ctl reset
}

# script NAME ARGUMENT: of the package, in the router; what it would stop and remove stays
script()
{
	local name

	mkdir -p "$TMP/stubs"
	for name in rm deb-systemd-invoke; do
		printf '#!/bin/sh\n' > "$TMP/stubs/$name"
		chmod +x "$TMP/stubs/$name"
	done
	ok in_ns "$gw" env PATH="$TMP/stubs:$PATH" sh "$HERE/../debian/natgwctl.$1" "$2"
}

# Who removes the package is told of a guard that stands, and who purges it is rid of it
package_goes()
{
	[[ -e $HERE/../debian/natgwctl.prerm ]] || { skip "not beside the sources"; return; }
	mkdir -p /run/systemd/system
	ok ctl guard off
	script prerm remove
	same "remove without a guard" "" "$(< "$TMP/said")"
	config
	ok ctl guard on -f "$TMP/config"
	script prerm remove
	match "remove" 'the guard stays up, .*: nft delete table ip natgw_guard$' "$(< "$TMP/said")"
	script postrm remove
	guard_is guard on
	script postrm purge
	guard_is guard off
	match "purge" 'the guard that stood is off$' "$(< "$TMP/said")"
	script postrm purge
	same "purge without a guard" "" "$(< "$TMP/said")"
	rmdir /run/systemd/system
}

no_module_is_needed()
{
	ok rmmod natgw
	mkdir -p /run/modprobe.d
	echo 'install natgw /bin/false' > /run/modprobe.d/natgw-test.conf
	ok ctl guard on -f "$TMP/config"
	held "$cl" 10.0.1.2 198.51.100.7
	match "bare call" 'modprobe natgw.*the guard of' "$(ctl 2>&1)"
	ok ctl guard off
	rm /run/modprobe.d/natgw-test.conf
	ok load_module
}

tests=(subnets_are_held off_is_off wrong_file missing_file empty_file several_files json_file again
	apply_takes_it_down example package_goes no_module_is_needed)

standard_topology
ip -n "$gw" addr add 10.0.3.1/24 dev in0
ip -n "$cl" addr add 10.0.3.2/24 dev c0
ip -n "$gw" addr add 198.18.0.1/24 dev in0
ip -n "$cl" addr add 198.18.0.2/24 dev c0
ip -n "$gw" link add eth9 type dummy
ip -n "$gw" route add 198.51.100.99 via 192.0.2.2
capture wire "$net" n0 udp
run "$@"
