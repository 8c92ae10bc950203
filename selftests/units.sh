#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# What the units of systemd do over a reboot, by their own commands in the order of a shutdown and
# of a boot; the module goes and comes back in place of the machine. Connections go on, and the
# guard stands until they can. selftests/host/boot.sh has systemd and the machine, too.
#
#   cl 10.0.1.2 ---- gw ---- net 198.51.100.7 web server, UDP and ICMP echo
#                    pool 203.0.113.1

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib_connections.sh"

UNITS=$HERE/../contrib/systemd
CONF=$TMP/etc/natgw.conf
SAVED=$TMP/var/sessions

# commands UNIT KEY: a line each, with directories of this test
commands()
{
	sed -n "s/^$2=//p" "$UNITS/$1.service" |
		sed "s|/usr/sbin/natgwctl|natgwctl|g; s|/etc/natgw|${CONF%/*}|g; s|/var/lib/natgw|${SAVED%/*}|g"
}

# unit NAME KEY: runs them as systemd would: the first that fails is the last one, unless it begins
# with "-". What they print is in $TMP/journal.
unit()
{
	local command any=

	while read -r command; do
		any=1
		in_ns "$gw" sh -c "${command#-}" >> "$TMP/journal" 2>&1 </dev/null ||
			[[ $command == -* ]] || return 1
	done < <(commands "$1" "$2")
	[[ $any ]] || fail "unit $1 has no $2"
}

# down: the machine, from its last unit on; one that is off forwards nothing
down()
{
	: > "$TMP/journal"
	unit natgw-state ExecStop || fail "natgw-state: $(< "$TMP/journal")"
	ok in_ns "$gw" sysctl -qw net.ipv4.ip_forward=0
	ok rmmod natgw
	# nothing to save, and nothing to load the module for
	ok unit natgw-state ExecStop
	ok test ! -e /sys/module/natgw
}

# boot [refused]: up to the network; the guard's unit succeeds, or says that the file is refused
boot()
{
	"${1-ok}" unit natgw-guard ExecStart
	ok in_ns "$gw" sysctl -qw net.ipv4.ip_forward=1
	ok load_module
}

journal()
{
	match "journal" "$1" "$(< "$TMP/journal")"
}

connections_go_on()
{
	local before

	# an operator stops the unit and starts it: what it saved then is not the last word
	ok unit natgw-state ExecStop
	ok test -s "$SAVED"
	flows_begin
	before=$(table_now)
	down
	boot
	# until the gateway is there, and its sessions, nothing opens a new one
	in_ns "$cl" ping -c 1 -W 1 198.51.100.7 > "$TMP/lost" 2>&1
	match "a ping" " 0 received" "$(< "$TMP/lost")"
	ok unit natgw ExecStart
	same "sessions" "$before" "$(table_now | grep -Fx "$before")"
	journal "[1-9][0-9]* restored"
	journal "the guard that stood since .* is off, it has held [1-9][0-9]* packet"
	same "guard" "guard off" "$(ctl guard)"
	flows_go_on
	same "the file, once restored" "" "$(ls "${SAVED%/*}")"
	stats_agree
}

# A file that is refused, twice: what was saved before waits for the one that is good
refused_file()
{
	local seen

	udp_flow
	seen=$udp_seen
	down
	echo 'subnet add x prefix 10.9.0.0/24 gatway gw1' >> "$CONF"
	boot refused
	refused unit natgw ExecStart
	journal "natgw.conf:4: .*gatway"
	match "guard" "^guard on .*holds +private" "$(ctl guard | tr '\n' ' ')"
	down
	boot refused
	sed -i /gatway/d "$CONF"
	ok unit natgw ExecStart
	journal "[1-9][0-9]* restored"
	udp_flow
	same "where the UDP flow comes from" "$seen" "$udp_seen"
}

# "natgwctl export > natgw.conf" without the module: the shell has emptied the file before export
# fails, and "guard allow" is added all the same. The gate stays shut, and a reload changes nothing.
emptied_file()
{
	local good runs

	good=$(< "$CONF")
	runs=$(ctl export)
	: > "$CONF"
	refused unit natgw ExecReload
	same "after a reload" "$runs" "$(ctl export)"
	down
	echo 'guard allow 10.0.9.0/24' >> "$CONF"
	boot
	journal "natgw.conf names no subnet and no cluster"
	refused unit natgw ExecStart
	journal "natgw.conf: it names no object"
	match "guard" "^guard on .*holds +private" "$(ctl guard | tr '\n' ' ')"
	in_ns "$cl" ping -c 1 -W 1 198.51.100.7 > "$TMP/lost" 2>&1
	match "a ping" " 0 received" "$(< "$TMP/lost")"
	echo "$good" > "$CONF"
	ok unit natgw ExecStart
	same "guard" "guard off" "$(ctl guard)"
	ok ip netns exec "$cl" ping -c 1 -W 5 198.51.100.7
}

# Nothing was saved, or too long ago: the gateway works all the same
nothing_to_restore()
{
	: > "$TMP/journal"
	boot
	ok unit natgw ExecStart
	refused grep -q restore "$TMP/journal"
	ok unit natgw-state ExecStop
	# the time stands in the file's header
	cp "$SAVED" "$TMP/kept"
	head -c 100 "$TMP/kept" > "$SAVED"
	: > "$TMP/journal"
	boot
	ok unit natgw ExecStart
	journal "$SAVED: "
	same "the file" "" "$(ls "${SAVED%/*}")"
	# the battery of the clock is empty: nobody knows how old the file is
	head -c 8 /dev/zero | tr '\0' '\177' | cat <(head -c 16 "$TMP/kept") - <(tail -c +25 "$TMP/kept") > "$SAVED"
	: > "$TMP/journal"
	boot
	ok unit natgw ExecStart
	journal "$SAVED: the clock is [0-9]+ seconds behind the file.*: nothing was restored"
	same "the file" "" "$(ls "${SAVED%/*}")"
	same "guard" "guard off" "$(ctl guard)"
	ok ip netns exec "$cl" ping -c 1 -W 5 198.51.100.7
}

tests=(connections_go_on refused_file emptied_file nothing_to_restore)

[[ -d $UNITS ]] || skip_all "not beside the sources"
standard_topology
servers
mkdir "${CONF%/*}" "${SAVED%/*}"
cat > "$CONF" <<-EOT
	gateway add gw1
	address add 203.0.113.1 gateway gw1
	subnet add web prefix 10.0.1.0/24 gateway gw1
EOT
ok ctl apply -f "$CONF"
run "$@"
