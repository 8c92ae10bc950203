#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Tests the watch that makes every other test fail when a private source shows on the
# Internet's side: it sees such a packet, names it, and lets pass what a test excuses, until
# the end of that test.
#
#   cl 10.0.1.2 ---- in0 gw up0 ---- n0 net, watched      Untranslated packets are
#                                            made by hand in gw, with a source of no subnet.

. "$(dirname "$0")/lib.sh"

# bites COMMAND: how a test ends that does this; prints what it says
bites()
{
	(failed=; "$@"; nothing_leaked; echo "failed=$failed")
}

leak()
{
	send "$gw" "$1" 198.51.100.7 udp 4000 "${2-9000}"
}

quiet_when_all_is_translated()
{
	match "answers" 'answered 3 .* last 203.0.113.1 ' \
		"$(flow udp 10.0.1.2 198.51.100.7 9000 count 3)"
	match "watch" '^failed=$' "$(bites :)"
}

leak_fails_the_test()
{
	local said

	said=$(bites leak 10.0.7.2)
	match "watch" 'untranslated in the Internet:.*failed=1$' "$said"
	match "what" "$net \"n0\" \. 10\.0\.7\.2 \. 198\.51\.100\.7 \. udp counter packets 1" \
		"$said"
}

each_private_space_is_watched()
{
	local source

	for source in 10.255.0.1 172.16.0.1 172.31.255.254 192.168.9.9; do
		match "$source" "\. $source \. .*failed=1$" "$(bites leak "$source")"
	done
	match "public source" '^failed=$' "$(bites leak 203.0.113.1)"
}

one_leak_fails_one_test()
{
	match "first" 'failed=1$' "$(bites leak 10.0.7.2)"
	match "second" '^failed=$' "$(bites :)"
}

excused_leak()
{
	excuse 10.0.9.0/24	# planted
	leak 10.0.9.7
	match "another" '\. 10\.0\.7\.2 \. .*failed=1$' "$(bites leak 10.0.7.2)"
}

excused_only_for_one_test()
{
	match "no longer excused" '\. 10\.0\.9\.7 \. .*failed=1$' "$(bites leak 10.0.9.7)"
}

internet_that_goes_is_asked_first()
{
	ns net9
	link "$net9" n9 192.0.9.2/24 "$gw" up9 192.0.9.1/24
	ip -n "$gw" route add 198.51.100.9 via 192.0.9.2
	match "watch" '"n9" \. 10\.0\.7\.2 \. .*failed=1$' \
		"$(bites eval 'send "$gw" 10.0.7.2 198.51.100.9 udp 1 1; ns_del "$net9"')"
}

tests=(
	quiet_when_all_is_translated leak_fails_the_test each_private_space_is_watched
	one_leak_fails_one_test excused_leak excused_only_for_one_test
	internet_that_goes_is_asked_first
)

standard_topology
standard_gateway
echo_server "$net" 198.51.100.7 9000
run "$@"
