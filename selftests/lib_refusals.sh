# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Sourced by tests of refusals, behind lib.sh: the exit status, the sentence, and that nothing
# has changed. bash itself compares: a program's start takes longer than all else here.

# exits STATUS REGEX ARGUMENT...: natgwctl ends with it and one sentence that matches, upper
# or lower case, and has no other output
exits()
{
	local want=$1 regex=$2 rc lines matched=

	shift 2
	ctl "$@" >"$TMP/out" 2>"$TMP/err"
	rc=$?
	[[ $rc == "$want" ]] || fail "exit $rc, not $want: natgwctl $*"
	[[ ! -s $TMP/out ]] || fail "output of natgwctl $*: $(< "$TMP/out")"
	mapfile -t lines < "$TMP/err"
	((${#lines[@]} == 1)) || fail "not one sentence: ${lines[*]}"
	shopt -s nocasematch
	[[ ! ${lines[*]} =~ $regex ]] || matched=1
	shopt -u nocasematch
	[[ $matched ]] || fail "natgwctl $*: wanted '$regex', got '${lines[*]}'"
}

# no REGEX ARGUMENT...: the kernel refuses that
no()
{
	exits 2 "$@"
}

# state: all that is configured
state()
{
	ctl -j export && generation
}

# remember: what unchanged compares with
remember()
{
	state > "$TMP/before"
	[[ -s $TMP/before ]] || fail "natgwctl export says nothing"
}

unchanged()
{
	state > "$TMP/after"
	[[ $(< "$TMP/before") != "$(< "$TMP/after")" ]] || return 0
	fail "something has changed"
	note "$(diff "$TMP/before" "$TMP/after")"
	cp "$TMP/after" "$TMP/before"
}
