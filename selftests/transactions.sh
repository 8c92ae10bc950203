#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Changes between BEGIN and COMMIT take effect together or not at all.
#
#   gw alone; two clients A and B, each a socket of its own (nl_client)

. "$(dirname "$0")/lib.sh"

declare -A to=() from=()

# socket NAME [NS]: a client that stays connected
socket()
{
	local fd

	mkfifo "$TMP/$1.to" "$TMP/$1.from"
	"$HERE/netns_exec" "/run/netns/${2:-$gw}" "$HERE/nl_client" \
		< "$TMP/$1.to" > "$TMP/$1.from" 2>&1 &
	jobs_started+=($!)
	exec {fd}> "$TMP/$1.to"
	to[$1]=$fd
	exec {fd}< "$TMP/$1.from"
	from[$1]=$fd
}

# say NAME REQUEST: prints the answer
say()
{
	local line=

	echo "$2" >&"${to[$1]}"
	IFS= read -r -t 60 line <&"${from[$1]}"
	echo "$line"
}

close()
{
	local in=${to[$1]} out=${from[$1]}

	exec {in}>&- {out}<&-
}

gateways()
{
	ctl -j gateway show | grep -o '"name":"[^"]*"' | cut -d '"' -f 4 | sort | xargs
}

commit_is_atomic()
{
	local before

	before=$(generation)
	match "begin" "^ok generation=$before\$" "$(say A transaction-begin)"
	same "add" ok "$(say A 'gateway-new name=gw1')"
	same "add" ok "$(say A 'address-new family=2 address=203.0.113.1 gateway=gw1')"
	same "add" ok "$(say A 'subnet-new name=web family=2 prefix=10.0.1.0 prefix-length=24 gateway=gw1')"
	same "nothing yet" "" "$(gateways)"
	same "generation" "$before" "$(generation)"
	match "commit" "^ok generation=$((before + 1))\$" "$(say A transaction-commit)"
	same "gateways" gw1 "$(gateways)"
	same "subnet" gw1 "$(value "$(ctl -j subnet show web)" gateway)"
	same "generation" $((before + 1)) "$(generation)"
}

abort_leaves_nothing()
{
	local before

	before=$(generation)
	say A transaction-begin > /dev/null
	same "add" ok "$(say A 'gateway-new name=gw2')"
	same "del" ok "$(say A 'subnet-del name=web')"
	same "abort" ok "$(say A transaction-abort)"
	same "gateways" gw1 "$(gateways)"
	same "subnets" 1 "$(ctl -j subnet show | rows name)"
	same "generation" "$before" "$(generation)"
	match "without one" '^error' "$(say A transaction-abort)"
	match "without one" '^error' "$(say A transaction-commit)"
}

refused_step_leaves_the_rest()
{
	say A transaction-begin > /dev/null
	same "add" ok "$(say A 'gateway-new name=gw2')"
	match "again" '^error EEXIST' "$(say A 'gateway-new name=gw2')"
	same "add" ok "$(say A 'gateway-new name=gw3')"
	match "commit" '^ok' "$(say A transaction-commit)"
	same "gateways" "gw1 gw2 gw3" "$(gateways)"
	ok ctl gateway del gw2
	ok ctl gateway del gw3
}

second_begin_is_busy()
{
	match "first" '^ok' "$(say A transaction-begin)"
	match "second" '^error EBUSY' "$(say B transaction-begin)"
	match "same socket" '^error' "$(say A transaction-begin)"
	same "shown" on "$(value "$(ctl -j)" transaction)"
	same "abort" ok "$(say A transaction-abort)"
	match "afterwards" '^ok' "$(say B transaction-begin)"
	same "abort" ok "$(say B transaction-abort)"
}

wrong_generation_is_refused()
{
	local before

	before=$(generation)
	match "too old" '^error E[A-Z]+ generation: ' \
		"$(say A "transaction-begin generation=$((before - 1))")"
	match "right" '^ok' "$(say A "transaction-begin generation=$before")"
	same "abort" ok "$(say A transaction-abort)"
}

other_writer_makes_commit_fail()
{
	local answer

	say A transaction-begin > /dev/null
	same "add" ok "$(say A 'gateway-new name=gw2')"
	answer=$(say B 'gateway-new name=gw9')
	if [[ $answer == ok ]]; then
		match "commit" '^error' "$(say A transaction-commit)"
		same "gateways" "gw1 gw9" "$(gateways)"
		ok ctl gateway del gw9
	else
		fail "another socket cannot write: $answer"
		say A transaction-abort > /dev/null
	fi
	match "over" '^error' "$(say A transaction-commit)"
	same "gateways" gw1 "$(gateways)"
}

closed_socket_aborts()
{
	socket C
	say C transaction-begin > /dev/null
	same "add" ok "$(say C 'gateway-new name=gw4')"
	match "busy" '^error EBUSY' "$(say B transaction-begin)"
	close C
	soon begins_and_aborts
	same "gateways" gw1 "$(gateways)"
}

begins_and_aborts()
{
	[[ $(say B transaction-begin) == ok* ]] && say B transaction-abort
}

batch_is_all_or_nothing()
{
	local before

	before=$(generation)
	cat > "$TMP/batch" <<-EOT
		# a comment, and a blank line

		gateway add b1
		address add 203.0.113.21 gateway b1
		subnet add b prefix 10.9.1.0/24 gateway b1
	EOT
	ok ctl -b "$TMP/batch"
	same "gateways" "b1 gw1" "$(gateways)"
	same "one step" $((before + 1)) "$(generation)"

	cat > "$TMP/batch" <<-EOT
		gateway add b2
		address add 203.0.113.22 gateway b2
		gateway add b1
		gateway add b3
	EOT
	ctl -b "$TMP/batch" 2> "$TMP/err"
	same "exit status" 2 $?
	match "line named" '3' "$(cat "$TMP/err")"
	same "gateways" "b1 gw1" "$(gateways)"
	refused grep -q 203.0.113.22 <<< "$(ctl -j address show)"
	same "generation" $((before + 1)) "$(generation)"
}

# Sessions outlive a commit that leaves their address and subnet
sessions_survive_a_commit()
{
	ip -n "$gw" link add in0 type dummy
	ip -n "$gw" addr add 10.0.1.1/24 dev in0
	match "begin" '^ok' "$(say A transaction-begin)"
	same "set" ok "$(say A 'gateway-set name=gw1 on-idle=1')"
	match "commit" '^ok' "$(say A transaction-commit)"
	same "on-idle" silent "$(value "$(ctl -j gateway show gw1)" on-idle)"
}

# Begun by the first test, so that its 30 s pass while the others run
expires_after_30_seconds()
{
	local end=$((SECONDS + 40))

	until [[ $(value "$(natgwctl -n "$other" -j)" transaction) == off ]]; do
		((SECONDS < end)) || { fail "still open"; break; }
		sleep 0.5
	done
	at_least "age" 28 $((SECONDS - begun))
	match "late change" '^error' "$(say D 'gateway-new name=late')"
	same "gateways" 0 "$(natgwctl -n "$other" -j gateway show | rows name)"
}

begin_one_to_expire()
{
	socket D "$other"
	begun=$SECONDS
	match "begin" '^ok' "$(say D transaction-begin)"
	same "add" ok "$(say D 'gateway-new name=staged')"
}

tests=(
	begin_one_to_expire commit_is_atomic abort_leaves_nothing
	refused_step_leaves_the_rest second_begin_is_busy wrong_generation_is_refused
	other_writer_makes_commit_fail closed_socket_aborts batch_is_all_or_nothing
	sessions_survive_a_commit expires_after_30_seconds
)

ns gw other
socket A
socket B
run "$@"
