#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Configuration files that somebody has spoiled: each is refused, with its line and a reason and
# nothing changed, or accepted whole, and then what runs is what the file says. FILES says how
# many (1,000) one process applies, MUTATED which ones: unless told otherwise always the same.
#
#   gw alone

. "$(dirname "$0")/lib.sh"

FILES=${FILES:-1000}
# a start of the tool for each
SINGLE=60
SEED=${MUTATED-1}

good()
{
	cat <<-EOT
		# what runs
		vnet set default private-space drop
		vnet add hub prefix 10.7.0.0/16
		tag add partners prefix 192.0.2.0/25,198.18.0.0/15
		gateway add gw0 profile custom udp-timeout 30s
		gateway add gw1 pooling paired host-limit 500
		address add 203.0.113.0/30 gateway gw0
		address add 203.0.113.9 gateway gw1 reserve 2000-2999
		route-table add rt1
		route add 198.51.100.0/24 route-table rt1 next-hop-type None
		route add partners route-table rt1 next-hop-type Internet
		subnet add web prefix 10.0.1.0/24 gateway gw0 route-table rt1
		subnet add db prefix 10.0.2.0/24 vnet default gateway gw1
		subnet add jump prefix 10.7.1.0/24 vnet hub
	EOT
}

# one SEED: what became of it in $kind
one()
{
	local before after out rc

	"$HERE/mutate" "$1" < "$TMP/good" > "$TMP/file"
	before=$(ctl export)
	out=$(ctl apply -f "$TMP/file" 2>&1)
	rc=$?
	after=$(ctl export)
	if ((rc)); then
		kind=refused
		[[ $after == "$before" ]] || fail "seed $1: refused, and something changed"
		# one that was cut off in its first line has none at fault
		[[ $out =~ ^"natgwctl: $TMP/file:"([0-9]+": ".+|" it names no object: ") ]] ||
			fail "seed $1: exit $rc without line and reason: $out"
		return
	fi
	kind=accepted
	out=$(ctl diff -f "$TMP/file" 2>&1) ||
		fail "seed $1: what runs differs from the file that was applied: $out"
	# nothing is not applied unless the file says so
	printf '%s\n' "${after:-reset}" > "$TMP/exported"
	ctl apply -f "$TMP/good" > /dev/null || fail "seed $1: good again: exit $?"
	ctl apply -f "$TMP/exported" > /dev/null || fail "seed $1: exported: exit $?"
	[[ $(ctl export) == "$after" ]] || fail "seed $1: the exported file makes something else"
	ctl apply -f "$TMP/good" > /dev/null || fail "seed $1: good again: exit $?"
}

mutations()
{
	local i kind refused=0 accepted=0

	note "SEED=$SEED"
	good > "$TMP/good"
	ok ctl apply -f "$TMP/good"
	for ((i = 0; i < SINGLE; i++)); do
		one $((SEED + i))
		((++$kind))
	done
	note "$refused refused, $accepted accepted"
	at_least "refused" $((SINGLE / 4)) "$refused"
	# about one in eleven
	at_least "accepted" $((SINGLE / 60)) "$accepted"
}

# Many more, by a program that is the tool without its main()
many()
{
	local out start=$SECONDS

	[[ -x $HERE/apply_many ]] || { skip "the tool's sources are not here"; return; }
	note "SEED=$SEED FILES=$FILES"
	good > "$TMP/good"
	mkdir -p "$TMP/files"
	"$HERE/mutate" "$SEED" "$FILES" "$TMP/files" < "$TMP/good" || fail "mutate: exit $?"
	in_ns "$gw" "$HERE/apply_many" "$TMP/good" "$TMP/files" "$SEED" "$FILES" \
		> "$TMP/many" 2> "$TMP/faults" || fail "faults: $(head -c 4000 "$TMP/faults")"
	note "$(< "$TMP/many") in $((SECONDS - start)) s"
	[[ $(< "$TMP/many") =~ ^refused\ ([0-9]+)\ accepted\ ([0-9]+)\ faults\ 0$ ]] ||
		{ fail "no end"; return; }
	same "files" "$FILES" $((BASH_REMATCH[1] + BASH_REMATCH[2]))
	at_least "refused" $((FILES / 4)) "${BASH_REMATCH[1]}"
	at_least "accepted" $((FILES / 60)) "${BASH_REMATCH[2]}"
	rm -r "$TMP/files"
}

# What editors and other systems make of a good file
forms()
{
	local wanted

	good > "$TMP/good"
	ok ctl apply -f "$TMP/good"
	wanted=$(ctl export)
	{
		printf '\xef\xbb\xbf'
		good
	} > "$TMP/file"
	form "with a byte order mark"
	good | sed 's/$/\r/' > "$TMP/file"
	form "with CRLF"
	good | sed 's/ /\t/g' > "$TMP/file"
	form "with tabs"
	good | sed 's/$/   /; s/^/  /' > "$TMP/file"
	form "with blanks"
	good | head -c -1 > "$TMP/file"
	form "without a last line end"
	{
		good
		printf '#%01000000d\n' 0
	} > "$TMP/file"
	form "with a comment of 1 MB"
	{
		good
		printf 'gateway add %01000000d\n' 0
	} > "$TMP/file"
	refused_whole "a line of 1 MB"
	{
		good
		echo "include $TMP/nowhere"
	} > "$TMP/file"
	refused_whole "a missing include"
	head -c 100000 /dev/urandom > "$TMP/file"
	refused_whole "noise"
	# nobody may have meant it
	: > "$TMP/file"
	same "an empty file" 'natgwctl: '"$TMP/file"': it names no object: nothing has changed; if nothing is to be there, write the line "reset" into it' \
		"$(ctl apply -f "$TMP/file" 2>&1)"
	same "an empty file" "$wanted" "$(ctl export)"
	echo reset > "$TMP/file"
	ctl apply -f "$TMP/file" > "$TMP/out" 2>&1 || fail "reset: $(< "$TMP/out")"
	same "a file that says so" "" "$(ctl export)"
}

# form WHAT: $TMP/file is the good one, or it is refused whole with a line
form()
{
	local out rc

	out=$(ctl apply -f "$TMP/file" 2>&1)
	rc=$?
	same "$1" "$wanted" "$(ctl export)"
	((!rc)) || match "$1" "^natgwctl: $TMP/file:[0-9]+: " "$out"
	note "$1: $([[ $rc == 0 ]] && echo accepted || echo "refused: ${out##*file:}")"
}

refused_whole()
{
	local out

	out=$(ctl apply -f "$TMP/file" 2>&1) && fail "$1 is accepted"
	match "$1" "^natgwctl: $TMP/file:[0-9]+: " "${out:0:500}"
	same "$1" "$wanted" "$(ctl export)"
	((${#out} < 1000)) || fail "$1: a sentence of ${#out} bytes"
}

tests=(mutations many forms)

ns gw
run "$@"
