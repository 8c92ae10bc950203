#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# natgwctl with a module that is older: what the module does not know is refused with a sentence
# that names both versions, and nothing has changed; all else works. Run by scripts/against, in the
# tree of the older module.
#
#   cl 10.0.1.2, .99 (silent) ---- gw ---- net 198.51.100.7
#                    pool 203.0.113.1

. "$(dirname "$0")/../lib.sh"

# The older tree's
UAPI=$HERE/../uapi/linux/natgw.h

# lacks NAME: the module that runs does not know it
lacks()
{
	! grep -qw "$1" "$UAPI"
}

# unknown WHAT COMMAND...: refused in words, and everything is as it was
unknown()
{
	local before out

	before=$(ctl export)
	out=$(ctl "${@:2}" 2>&1)
	same "exit status of ${*:2}" 2 $?
	match "${*:2}" "the module that runs does not know this $1: it is natgw [^ ]+, natgwctl is [^ ]+( \\(.*\\))?$" \
		"$out"
	same "the configuration" "$before" "$(ctl export)"
}

versions()
{
	local have

	have=$(< /sys/module/natgw/version)
	match "version" "$have" "$(ctl version)"
	refused test "$have" = "$(value "$(ctl -j version)" version)"
}

doctor_names_both()
{
	match "doctor" "the module that runs, [^ ]+, is older than natgwctl, [^ ]+" \
		"$(ctl doctor 2>&1)"
}

keys()
{
	lacks NATGW_A_GATEWAY_WARN_USED || { skip "the older module has all keys that are tried"; return; }
	unknown key gateway set gw1 warn-used 90
	unknown key gateway add gw2 warn-used 90
	unknown key ports show watched on
}

# A file that has such a key is refused with its line, and what the tool itself writes is not
files()
{
	local before

	lacks NATGW_A_GATEWAY_WARN_USED || { skip "the older module has all keys that are tried"; return; }
	ctl export > "$TMP/conf"
	ok ctl check -f "$TMP/conf"
	ok ctl apply -f "$TMP/conf"
	same "the file" "$(< "$TMP/conf")" "$(ctl export)"
	sed 's/^gateway add gw1.*/& warn-used 90/' "$TMP/conf" > "$TMP/new"
	before=$(ctl export)
	refused ctl apply -f "$TMP/new"
	match "apply" "does not know this key: it is natgw" "$(< "$TMP/said")"
	same "the configuration" "$before" "$(ctl export)"
}

commands()
{
	lacks NATGW_CMD_SESSION_WATCH || { skip "the older module has all commands that are tried"; return; }
	unknown command monitor session
	unknown command flowlog file "$TMP/flow.log"
}

# What only reads shows what there is
reads()
{
	send "$cl" repeat 300 ports 300 10.0.1.99 198.51.100.99 udp 4000 53
	soon session_count_is 300
	match "status" "gw1" "$(ctl 2>&1)"
	ok ctl gateway show
	ok ctl -s gateway show gw1
	ok ctl ports show
	ok ctl ports show by destination
	ok ctl ports show by host
	ok ctl stats show
	ok ctl stats check
	ok ctl metrics
	match "metrics" $'\nnatgw_sessions[{ ]' "$(< "$TMP/said")"
	ok ctl top -b -n 1
	match "top" "gw1" "$(< "$TMP/said")"
	ok ctl -j top -n 1
	stats_agree
}

tests=(versions doctor_names_both keys files commands reads)

standard_topology
silent_hosts
standard_gateway
run "$@"
