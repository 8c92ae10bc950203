# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# shellcheck disable=SC2154 # namespaces are set by ns
# Sourced after lib.sh by the tests of doctor: a fault is named, its cure is typed as it is
# printed, and the fault is gone.

# examined: what doctor says now, in $TMP/doctor
examined()
{
	ctl doctor > "$TMP/doctor" 2>&1
	DOCTOR=$?
}

# read_finding ID: of the first finding of this check, in FINDING, EVIDENCE and CURE
read_finding()
{
	local line at=

	FINDING=
	EVIDENCE=
	CURE=
	while IFS= read -r line; do
		case $line in
		"error $1"|"warning $1")	[[ ! $FINDING ]] && at=1 || return 0 ;;
		"    evidence: "*)	[[ ! $at ]] || EVIDENCE=${line#    evidence: } ;;
		"    cure: "*)		[[ ! $at ]] || CURE=${line#    cure: } at= ;;
		"    "*)		[[ ! $at ]] || FINDING=${line#    } ;;
		esac
	done < "$TMP/doctor"
	[[ $FINDING ]]
}

# ill ID FINDING EVIDENCE: regular expressions of what doctor says
ill()
{
	examined
	read_finding "$1" || { fail "$1 was not found"; note "$(< "$TMP/doctor")"; return 1; }
	same "exit status" 4 "$DOCTOR"
	match "$1: finding" "$2" "$FINDING"
	match "$1: evidence" "$3" "$EVIDENCE"
	[[ $CURE ]] || fail "$1: no cure"
}

# well ID: nothing of that check
well()
{
	examined
	! read_finding "$1" || { fail "$1 is found: $FINDING"; note "$EVIDENCE"; }
}

# cured ID CURE [NAME=VALUE]...: the cure is this; typed in the router, with the operator's
# values for the words in capitals, it mends the fault
cured()
{
	local cure=$CURE pair

	match "$1: cure" "$2" "$CURE"
	for pair in "${@:3}"; do
		cure=${cure//${pair%%=*}/${pair#*=}}
	done
	ok in_ns "$gw" bash -c "$cure"
	well "$1"
}

# A bridge that hosts of a bound subnet are behind, and its end
bridge_of_hosts()
{
	ip -n "$gw" -batch - <<-EOT
		link add br0 type bridge
		addr add 10.0.5.1/24 dev br0
		link set br0 up
	EOT
	ok ctl subnet add bridged prefix 10.0.5.0/24 gateway gw1
}

no_bridge_of_hosts()
{
	ok ctl subnet del bridged
	ip -n "$gw" link del br0
}

# clock_is ok|unsynchronised: the guest's
clock_is()
{
	python3 - "$1" <<-'EOT'
		import ctypes, sys
		# struct timex: modes, offset, freq, maxerror, esterror, status, ...
		class Timex(ctypes.Structure):
		    _fields_ = [('modes', ctypes.c_uint), ('offset', ctypes.c_long),
		                ('freq', ctypes.c_long), ('maxerror', ctypes.c_long),
		                ('esterror', ctypes.c_long), ('status', ctypes.c_int),
		                ('rest', ctypes.c_long * 64)]
		ADJ_MAXERROR, ADJ_ESTERROR, ADJ_STATUS, STA_UNSYNC = 4, 8, 16, 64
		t = Timex(modes=ADJ_MAXERROR | ADJ_ESTERROR | ADJ_STATUS, maxerror=1000, esterror=1000,
		          status=0 if sys.argv[1] == 'ok' else STA_UNSYNC)
		sys.exit(ctypes.CDLL(None).adjtimex(ctypes.byref(t)) < 0)
	EOT
}
