#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# natgwctl upgrade: the module goes, another version of it comes, and connections go on with the
# address and port that they had. Where the new build does not take over, the former one is
# back, or the guard stays up; nothing leaves untranslated in any case.
#
# OTHER is the file of a build of another version; without it the test takes a copy of the module
# that it was given and writes another version into it. GAP_MS says how long packets may stay away
# beside 10,000 sessions (10,000 ms, for a machine that is busy).
#
#   cl 10.0.1.2 ---- gw ---- net 198.51.100.7 web server, UDP and ICMP echo
#       pool 203.0.113.1, an address of gw itself, whose kernel would answer with RST

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib_connections.sh"

KO=$(modinfo -n natgw 2>/dev/null) || KO=$HERE/../kmod/natgw.ko

# The version that the module was built from, and another one of the same length
version()
{
	modinfo -F version "$1"
}

other_build()
{
	local have want

	[[ ${OTHER-} ]] && return
	have=$(version "$KO")
	want=${have%?}$(((${have: -1} + 1) % 10))
	OTHER=$TMP/other.ko
	LC_ALL=C sed "s/${have//./\\.}/$want/g" "$KO" > "$OTHER"
}

# runs VERSION: the module and what the tool says of it
runs()
{
	same "the module's version" "$1" "$(< /sys/module/natgw/version)"
	same "what the tool says" "$1" "$(value "$(ctl -j version)" module)"
}

guard_stands()
{
	match "guard" "$1" "$(ctl guard status 2>&1)"
}

# takes_over FROM TO [WORD]...: upgrade, while connections go on
takes_over()
{
	local before seen out

	seen=$(seen_outside)
	before=$(table_now state)
	runs "$1"
	out=$(ctl upgrade "${@:3}" 2>&1) || fail "upgrade: exit status $?"
	note "$out"
	runs "$2"
	match "what it says" "^before: natgw $1.*after: natgw $2.*the guard held what hosts sent" \
		"$out"
	same "sessions" "$before" "$(table_now state)"
	same "what the Internet sees" "$seen" "$(seen_outside)"
	same "guard" "" "$(in_ns "$gw" nft list tables | grep guard)"
}

# There and back again: what is older takes over from what is newer, too
connections_go_on()
{
	local old new

	other_build
	old=$(version "$KO")
	new=$(version "$OTHER")
	[[ $old != "$new" ]] || fail "both builds are of version $old"
	flows_begin
	takes_over "$old" "$new" module "$OTHER" former "$KO"
	flows_still_go
	takes_over "$new" "$old"
	flows_go_on
	stats_agree
}

# longest_gap FILE: of ping -D, in milliseconds between two answers
longest_gap()
{
	awk -F '[][]' '/icmp_seq/ {
		if (last && $2 - last > longest)
			longest = $2 - last
		last = $2
	}
	END { printf "%d\n", longest * 1000 }' "$1"
}

# No packet passes for long, as a host sees it, also where there is much to save and restore
gap()
{
	local n=10000 out pinger pings gap

	ok ctl session flush > /dev/null
	"$HERE/records" "$n" distinct > "$TMP/state" || fail "records"
	match "restore" "^ *$n restored" "$(ctl session restore "$TMP/state" 2>&1)"
	start_to "$TMP/ping.log" "$cl" ping -D -i 0.05 198.51.100.7
	pinger=$!
	soon has "$TMP/ping.log" icmp_seq=5
	out=$(ctl upgrade module "$KO" 2>&1) || fail "upgrade: exit status $?"
	pings=$(grep -c icmp_seq "$TMP/ping.log")
	soon pings_more $((pings + 5))
	stop "$pinger"
	gap=$(longest_gap "$TMP/ping.log")
	note "$n sessions: no answer for $gap ms; ${out##*$'\n'}"
	same "sessions" $((n + 1)) "$(ctl session count)"
	((gap > 0 && gap <= ${GAP_MS:-10000})) || fail "no packet passed for $gap ms"
	ok ctl session flush > /dev/null
}

# change_on TAG: until told that it is enough
change_on()
{
	while [[ ! -e $TMP/enough ]]; do
		ctl tag add "$1" prefix 192.0.2.1/32
		ctl tag del "$1"
	done > /dev/null 2>&1
}

# What changes the configuration between its export and the end of the module would be lost
changed_meanwhile()
{
	local changers=() out tag before

	before=$(generation)
	for tag in a b c; do
		change_on "$tag" &
		changers+=($!)
	done
	soon generation_above $((before + 5))
	out=$(ctl upgrade module "$KO" 2>&1)
	same "exit status" 2 $?
	: > "$TMP/enough"
	wait "${changers[@]}"
	match "what it says" "the configuration is being changed all the time: nothing has changed" \
		"$out"
	guard_stands "^guard off"
}

generation_above()
{
	(($(generation) > $1))
}

# says SENTENCE WORD...: upgrade is refused, and everything is as it was
says()
{
	local before out

	before=$(table_now state; ctl export)
	out=$(ctl upgrade "${@:2}" 2>&1)
	same "exit status" 2 $?
	match "what it says" "$1: nothing has changed" "$out"
	same "what is there" "$before" "$(table_now state; ctl export)"
}

# altered NAME SED: a copy of the module
altered()
{
	LC_ALL=C sed "$2" "$KO" > "$TMP/$1.ko"
	! cmp -s "$KO" "$TMP/$1.ko" || fail "$1.ko is the module itself"
}

refusals()
{
	opened 1 "$cl" 10.0.1.2 198.51.100.7 udp 5001 9
	# files that the kernel would not take, or that are another module
	head -c 1000 /dev/urandom > "$TMP/noise.ko"
	says "noise.*there is no module to load" module "$TMP/noise.ko"
	says "there is no module to load" former "$TMP/noise.ko"
	says "there is no module to load" module "$TMP"
	altered name 's/\x00name=natgw\x00/\x00name=other\x00/'
	says "name.ko: not the module natgw.*there is no module to load" module "$TMP/name.ko"
	altered kernel 's/vermagic=[0-9]/vermagic=0/'
	says "kernel.ko: built for Linux 0.*, and $(uname -r | tr + .) runs.*there is no module to load" \
		module "$TMP/kernel.ko"
	says "No such file or directory.*there is no module to load" module "$TMP/nowhere.ko"
	says "there is no module to load" former "$TMP/nowhere.ko"
	ok natgwctl -n "$cl" gateway add other
	says "network namespace $cl has a configuration, which would be lost"
	ok natgwctl -n "$cl" reset
	ok natgwctl gateway add other
	says "the initial network namespace has a configuration, which would be lost"
	ok natgwctl reset
	# one that has no name, but a process
	unshare -n sleep 1000 &
	jobs_started+=($!)
	soon other_netns $!
	ok nsenter -t $! -n natgwctl gateway add other
	says "the network namespace of process $! has a configuration, which would be lost"
	ok nsenter -t $! -n natgwctl reset
	# what ip netns leaves of one whose mount has gone
	: > /run/netns/stale
	says "there is no module to load" module "$TMP/nowhere.ko"
	rm /run/netns/stale
	stop $!
	printf 'subnet add web prefix 10.0.1.0/24\n' > "$TMP/conf"
	ok ctl guard on -f "$TMP/conf"
	says "a guard stands, apply a configuration first"
	guard_stands "^guard on "
	ok ctl guard off
	ok ctl session flush
}

other_netns()
{
	[[ $(readlink "/proc/$1/ns/net") != "$(readlink /proc/self/ns/net)" ]]
}

# Signals of a terminal that is closed, and a reader of the output that has gone
signals()
{
	local before pid signal n=0

	ok ctl session flush > /dev/null
	"$HERE/records" 3000 distinct > "$TMP/state" || fail "records"
	ok ctl session restore "$TMP/state"
	before=$(ctl session count)
	start_to "$TMP/upgrade.log" "$gw" natgwctl upgrade module "$KO"
	pid=$!
	until in_ns "$gw" nft list table ip natgw_guard > /dev/null 2>&1; do
		kill -0 "$pid" || break
	done
	for signal in HUP INT TERM PIPE QUIT; do
		kill -s "$signal" "$pid" 2>/dev/null && n=$((n + 1))
	done
	wait "$pid"
	same "exit status" 0 $?
	same "signals sent in time" 5 "$n"
	match "what it says" "the guard held what hosts sent" "$(< "$TMP/upgrade.log")"
	same "sessions" "$before" "$(ctl session count)"
	guard_stands "^guard off"
	ctl upgrade module "$KO" 2>/dev/null | true
	soon guard_is_off
	same "sessions" "$before" "$(ctl session count)"
	ok ctl session flush > /dev/null
}

guard_is_off()
{
	[[ $(ctl guard status) == "guard off" && $(ctl session count) != 0 ]]
}

# What is not restored, though its time is not over, is told of and kept
not_restored()
{
	local state=/run/natgw/upgrade.state out before

	ok ctl session flush > /dev/null
	opened 1 "$cl" 10.0.1.2 198.51.100.7 udp 5001 9
	before=$(table_now state)
	# holds for new flows alone
	ok ctl address set 203.0.113.1 reserve 1024-65535
	out=$(ctl upgrade module "$KO" 2>&1)
	same "exit status" 2 $?
	match "what it says" "1 of a port that serves another flow or is reserved" "$out"
	match "what it says" "the gateway works, not all of its sessions were restored, they are in $state" "$out"
	guard_stands "^guard off"
	same "sessions" 0 "$(ctl session count)"
	exits 2 ctl session restore "$state"
	ok ctl address set 203.0.113.1 reserve none
	ok ctl session restore "$state"
	same "sessions" "$before" "$(table_now state)"
	ok ctl session restore "$state"
	ok ctl upgrade module "$KO"
	same "sessions" "$before" "$(table_now state)"
	ok test ! -e "$state"
}

# broken_build: one that cannot be loaded: it is of another machine, by its ELF header, at which
# modinfo does not look
broken_build()
{
	cp "$KO" "$TMP/broken.ko"
	printf '\x28' | dd of="$TMP/broken.ko" bs=1 seek=18 conv=notrunc status=none
}

# A build that does not take over
former()
{
	local before out

	broken_build
	flows_begin
	before=$(table_now state)
	out=$(ctl upgrade module "$TMP/broken.ko" former "$KO" 2>&1)
	same "exit status" 2 $?
	match "what it says" "the new build does not take over, the former one is back" "$out"
	same "sessions" "$before" "$(table_now state)"
	flows_go_on
}

# upgrade_with_conf WORD...: with an /etc/natgw/natgw.conf that includes another file
upgrade_with_conf()
{
	mkdir -p "$TMP/etc/natgw"
	echo 'include management' > "$TMP/etc/natgw/natgw.conf"
	echo 'guard allow 198.51.100.8' > "$TMP/etc/natgw/management"
	unshare -m sh -c 'mount --bind "$1" /etc && shift && exec "$@"' - "$TMP/etc" \
		"$HERE/netns_exec" "/run/netns/$gw" natgwctl upgrade "$@"
}

guard_stays()
{
	local out before line lines

	broken_build
	ok ctl session flush > /dev/null
	opened 1 "$cl" 10.0.1.2 198.51.100.7 udp 5001 9
	before=$(table_now state)
	out=$(upgrade_with_conf module "$TMP/broken.ko" 2>&1)
	same "exit status" 2 $?
	match "what it allows" "elements = . 198.51.100.8 ." \
		"$(in_ns "$gw" nft list set ip natgw_guard allowed)"
	match "what it says" "the guard stays up, the configuration is in /run/natgw/upgrade.conf" \
		"$out"
	guard_stands "^guard on "
	in_ns "$cl" ping -c 3 -W 1 -i 0.2 198.51.100.7 > "$TMP/lost" 2>&1
	match "a ping" "3 packets transmitted, 0 received" "$(< "$TMP/lost")"
	# another run saves over nothing, and tells the same again
	line=$(sha256sum < /run/natgw/upgrade.state)
	lines=$(natgwctl -n "$gw" upgrade 2>&1)
	same "exit status" 2 $?
	match "what it says" "an upgrade did not come to its end: .*: nothing has changed" "$lines"
	match "for whom" "natgwctl -n $gw session restore /run/natgw/upgrade.state" "$lines"
	same "state" "$line" "$(sha256sum < /run/natgw/upgrade.state)"
	# what it tells the operator to do
	load_module || fail "the module does not come back"
	match "doctor" "apply -f .*/upgrade.conf keep-guard && . natgwctl session restore" \
		"$(ctl doctor 2>&1)"
	mapfile -t lines < <(sed -n $'s/^\tnatgwctl //p' <<< "$out")
	same "commands to paste" 3 ${#lines[@]}
	for line in "${lines[@]}"; do
		guard_stands "^guard on "
		# shellcheck disable=SC2086	# its words
		ok ctl $line > /dev/null
	done
	same "sessions" "$before" "$(table_now state)"
	same "guard" "" "$(in_ns "$gw" nft list tables | grep guard)"
	ok ip netns exec "$cl" ping -c 1 -W 5 198.51.100.7
}

# stub NAME: a program of standard input, in front of the others
stub()
{
	mkdir -p "$TMP/stubs"
	{ echo '#!/bin/sh'; cat; } > "$TMP/stubs/$1"
	chmod +x "$TMP/stubs/$1"
}

# What the package does with the build that it kept, once upgrade has ended
package()
{
	local postinst=$HERE/../debian/natgw-dkms.postinst former=/run/natgw/former.ko
	local release

	[[ -e $postinst ]] || { skip "not beside the sources"; return; }
	# Debian's have a +
	release=$(uname -r | tr + .)
	mkdir -p /run/systemd/system /run/natgw
	: > "$former"
	stub modinfo <<< 'echo 999'
	stub natgwctl <<< '[ "$1" = help ] || { rmmod natgw; exit 2; }'
	ok env PATH="$TMP/stubs:$PATH" sh "$postinst" configure 0
	# it may be the only one that can be loaded
	ok test -e "$former"
	ok load_module
	stub natgwctl <<< 'exit 0'
	ok env PATH="$TMP/stubs:$PATH" sh "$postinst" configure 0
	ok test ! -e "$former"
	# DKMS had nothing to build with, or the build failed: the next boot has no module
	: > "$former"
	stub modinfo <<< 'exit 1'
	sed "s/^#DEBHELPER#$/\${DKMS-true}/; s,/usr/local,$TMP/local,; s,/lib/modules,$TMP/modules," \
		"$postinst" > "$TMP/postinst"
	ok env PATH="$TMP/stubs:$PATH" sh "$TMP/postinst" configure 0
	match "no headers" "no module natgw is installed for kernel $release: .*apt-get install linux-headers-$release && dkms autoinstall.*the former build is kept until the next boot: $former$" \
		"$(< "$TMP/said")"
	refused env PATH="$TMP/stubs:$PATH" DKMS=false sh "$TMP/postinst" configure 0
	match "no build" "no module natgw is installed" "$(< "$TMP/said")"
	rm "$former"
	# make install came first, and nobody typed make uninstall
	stub modinfo <<< "cat /sys/module/natgw/version"
	ok env PATH="$TMP/stubs:$PATH" sh "$TMP/postinst" configure 0
	same "nothing to say" "" "$(< "$TMP/said")"
	mkdir -p "$TMP/local/sbin" "$TMP/modules/6.1/updates"
	: > "$TMP/local/sbin/natgwctl"
	: > "$TMP/modules/6.1/updates/natgw.ko"
	ok env PATH="$TMP/stubs:$PATH" sh "$TMP/postinst" configure 0
	same "make install" "$TMP/local/sbin/natgwctl $TMP/modules/6.1/updates/natgw.ko" \
		"$(sed -n 's/^natgw-dkms: \([^ ]*\) is of make install.*make uninstall.*/\1/p' "$TMP/said" | xargs)"
	rmdir /run/systemd/system
}

# table_seen: one more table has come, and is told of
table_seen()
{
	local seen

	seen=$(grep -c seen "$TMP/tables")
	in_ns "$gw" nft 'add table ip seen; delete table ip seen'
	sleep 0.1
	(($(grep -c seen "$TMP/tables") > seen))
}

# Where nothing runs there is nothing to carry over, and that is no fault
nothing_runs()
{
	local conf monitor

	conf=$(ctl export)
	ok ctl reset
	start_to "$TMP/tables" "$gw" stdbuf -oL nft monitor new tables
	monitor=$!
	soon table_seen
	ok ctl upgrade module "$KO"
	same "configuration" "" "$(ctl export)"
	# who else translates may go on: the guard was never there
	soon table_seen
	same "tables that came" "" "$(grep -v 'add table ip seen$' "$TMP/tables")"
	stop "$monitor"
	same "guard" "" "$(in_ns "$gw" nft list tables | grep guard)"
	echo "$conf" > "$TMP/conf"
	ok ctl apply -f "$TMP/conf"
}

words()
{
	same "no value" "natgwctl: upgrade: module: its value is missing" \
		"$(ctl upgrade module 2>&1)"
	match "another word" "^natgwctl: upgrade: modul: unknown word" \
		"$(ctl upgrade modul x 2>&1)"
	match "in a batch" "cannot stand in a batch" "$(ctl -b - <<< upgrade 2>&1)"
}

tests=(words nothing_runs refusals changed_meanwhile connections_go_on gap former signals not_restored guard_stays package)

standard_topology
ip -n "$gw" addr add 203.0.113.1/32 dev lo
servers
ok batch <<-EOT
	gateway add gw1
	address add 203.0.113.1 gateway gw1 shared on
	subnet add web prefix 10.0.1.0/24 gateway gw1
EOT
run "$@"
