#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Malformed requests of a second client, byte by byte: each refused with a
# sentence, nothing changed, the kernel log silent; and the same request gets
# the same answer whoever sends it.
#
#   gw alone; nl_client (libnl-3) beside natgwctl (libmnl)

. "$(dirname "$0")/lib.sh"
. "$HERE/lib_refusals.sh"

raw()
{
	in_ns "$gw" "$HERE/nl_client" "$@"
}

# bad REGEX REQUEST: over one socket with the others of its test, see bad_end
bad()
{
	printf '%s\n' "$2" >> "$TMP/requests"
	printf '%s\n' "$1" >> "$TMP/wanted"
}

bad_end()
{
	local request answer wanted

	in_ns "$gw" "$HERE/nl_client" < "$TMP/requests" > "$TMP/answers"
	same "answers" "$(wc -l < "$TMP/requests")" "$(wc -l < "$TMP/answers")"
	while IFS= read -r request <&3 && IFS= read -r answer <&4 && IFS= read -r wanted <&5; do
		match "$request" "^error ($wanted)[^:]*: .+" "$answer"
	done 3< "$TMP/requests" 4< "$TMP/answers" 5< "$TMP/wanted"
	rm "$TMP/requests" "$TMP/answers" "$TMP/wanted"
	unchanged
}

unknown_attributes()
{
	bad 'EINVAL' 'gateway-new name=x #99=01000000'
	bad 'EINVAL' 'address-new family=2 address=203.0.113.9 #99='
	bad 'EINVAL' 'subnet-set name=web #1000=00'
	bad 'EINVAL' 'cluster-del name=c outbound-type=1'
	bad 'EINVAL' 'session-count #30=00000000'
	bad 'EINVAL' 'session-get dump #30=00000000'
	bad 'EINVAL' 'transaction-begin #3=00000000'
	bad 'EINVAL|EOPNOTSUPP' 'reset #1=00'
	bad_end
}

wrong_lengths()
{
	bad 'EINVAL|ERANGE' 'gateway-set name=gw1 idle-timeout:hex='
	bad 'EINVAL|ERANGE' 'gateway-set name=gw1 idle-timeout:hex=f0'
	bad 'EINVAL|ERANGE' 'gateway-set name=gw1 idle-timeout:hex=f000'
	bad 'EINVAL|ERANGE' 'gateway-set name=gw1 idle-timeout:hex=f0000000ff'
	bad 'EINVAL|ERANGE' 'gateway-set name=gw1 idle-timeout:hex=f000000000000000'
	bad 'EINVAL|ERANGE' 'address-new family=2 address:hex=cb0071'
	bad 'EINVAL|ERANGE' 'address-new family=2 address:hex=cb00710900'
	bad 'EINVAL|ERANGE' 'address-new family=2 address:hex='
	bad 'EINVAL|ERANGE' 'address-new family:hex=02 address=203.0.113.9'
	bad 'EINVAL|ERANGE' 'subnet-new name=x family=2 prefix:hex=0a0009 prefix-length=24'
	bad 'EINVAL|ERANGE' 'subnet-new name=x family=2 prefix=10.0.9.0 prefix-length:hex=18'
	bad 'EINVAL|ERANGE' 'session-count family=2 src:hex=0a000102030405'
	bad 'EINVAL|ERANGE' 'transaction-begin generation:hex=01'
	bad_end
}

# 16 bytes are an IPv6 address, known to the family and not to this version
wrong_families()
{
	local six=20010db8000000000000000000000001

	bad 'E[A-Z]+' "address-new family=10 address:hex=$six"
	bad 'E[A-Z]+' "address-new family=2 address:hex=$six"
	bad 'E[A-Z]+' 'address-new family=10 address=203.0.113.9'
	bad 'E[A-Z]+' 'address-new family=0 address=203.0.113.9'
	bad 'E[A-Z]+' "subnet-new name=x family=10 prefix:hex=$six prefix-length=64"
	bad 'E[A-Z]+' 'subnet-new name=x family=99 prefix=10.0.9.0 prefix-length=24'
	bad_end
}

wrong_nests()
{
	bad 'EINVAL' 'gateway-set name=gw1 idle-timeout:nest=f0000000'
	bad 'EINVAL' 'gateway-new name:nest=780000'
	bad 'EINVAL' 'gateway-new name=x counters:hex=00'
	bad 'EINVAL' 'gateway-new name=x counters:nest=0500ffff'
	bad 'EINVAL' 'address-new family=2 address:nest=cb007109'
	# a prefix list: not a nest, without a length, without a prefix, another attribute
	bad 'EINVAL' 'vnet-new name=x prefix:hex=080002000a0900000800030010000000'
	bad 'EINVAL prefix' 'vnet-new name=x prefix:nest=080002000a090000'
	bad 'EINVAL prefix' 'tag-new name=x prefix:nest=0800030010000000'
	bad 'EINVAL' 'tag-new name=x prefix:nest=0800090010000000'
	bad 'EINVAL|ERANGE' 'tag-new name=x prefix:nest=0800'
	bad 'EINVAL prefix' 'tag-new name=x prefix:nest='
	bad_end
}

wrong_values()
{
	bad 'EINVAL|ERANGE' 'gateway-new name=x profile=3'
	bad 'EINVAL|ERANGE' 'gateway-new name=x profile=4294967295'
	bad 'EINVAL|ERANGE' 'gateway-new name=x pooling=9'
	bad 'EINVAL|ERANGE' 'gateway-set name=gw1 on-idle=3'
	bad 'EINVAL|ERANGE' 'gateway-set name=gw1 on-exhaust=3'
	bad 'EINVAL|ERANGE' 'gateway-set name=gw1 track=2'
	bad 'EINVAL|ERANGE' 'gateway-set name=gw1 idle-timeout=0'
	bad 'EINVAL|ERANGE' 'gateway-set name=gw1 idle-timeout=4294967295'
	bad 'EINVAL|ERANGE' 'address-new family=2 address=203.0.113.9 prefix-length=0'
	bad 'EINVAL|ERANGE' 'address-new family=2 address=203.0.113.9 prefix-length=33'
	bad 'EINVAL|ERANGE' 'address-new family=2 address=203.0.113.9 announce=7'
	bad 'EINVAL|ERANGE' 'subnet-new name=x family=2 prefix=10.0.9.0 prefix-length=0'
	bad 'EINVAL|ERANGE' 'subnet-new name=x family=2 prefix=10.0.9.0 prefix-length=33'
	bad 'EINVAL|ERANGE' 'subnet-set name=web ipv6=2'
	bad 'EINVAL|ERANGE' 'vnet-set name=default private-space=3'
	bad 'EINVAL|ERANGE' 'vnet-new name=x prefix=10.9.0.0/0'
	bad 'EINVAL|ERANGE' 'vnet-new name=x prefix=10.9.0.0/33'
	bad 'EINVAL|ERANGE' 'tag-new name=x prefix=10.9.0.0/33'
	bad 'EINVAL|ERANGE' 'route-new route-table=rt1 family=2 prefix=10.9.0.0 prefix-length=33 next-hop-type=4'
	bad 'EINVAL|ERANGE' 'route-new route-table=rt1 family=2 prefix=10.9.0.0 prefix-length=16 next-hop-type=5'
	bad 'EINVAL|ERANGE' 'route-new route-table=rt1 family=2 prefix=10.9.0.0 prefix-length=16 next-hop-type=4 unreachable=2'
	bad 'EINVAL tag' 'route-new route-table=rt1 tag=T family=2 prefix=10.9.0.0 next-hop-type=4'
	bad 'EINVAL|ERANGE' 'session-count state=4'
	bad 'EINVAL|ERANGE' 'session-count kind=2'
	bad 'EINVAL' 'session-watch state=1'
	bad 'EINVAL' 'session-watch kind=0'
	bad 'ENOENT' 'session-watch gateway=nowhere'
	bad_end
}

# Attributes that are the kernel's to say
answers_in_requests()
{
	bad 'EINVAL' 'gateway-set name=gw1 operational=0'
	bad 'EINVAL' 'gateway-set name=gw1 sessions=0'
	bad 'EINVAL' 'gateway-set name=gw1 addresses=1'
	bad 'EINVAL' 'address-new family=2 address=203.0.113.9 sessions=0'
	bad 'EINVAL' 'vnet-set name=default subnets=1'
	bad 'EINVAL' 'vnet-set name=default vrf=lo'
	bad 'EINVAL' 'vnet-set name=default down=0'
	bad 'EINVAL' 'tag-set name=T routes=0'
	bad 'EINVAL' 'route-table-new name=x routes=0'
	bad 'EINVAL' 'route-new route-table=rt1 family=2 prefix=10.9.0.0 prefix-length=16 next-hop-type=4 source=0'
	bad 'EINVAL' 'subnet-set name=web sessions=1'
	bad 'EINVAL' 'subnet-set name=web last-source=10.0.1.1'
	bad_end
}

names()
{
	# 32 letters; no NUL at the end; a NUL within; control characters; none
	bad 'EINVAL|ERANGE|ENAMETOOLONG' 'gateway-new name=abcdefghijklmnopqrstuvwxyzabcdef'
	bad 'EINVAL|ERANGE' 'gateway-new name:hex=6162632f00'
	bad 'EINVAL|ERANGE' 'gateway-new name:hex=0a00'
	bad 'EINVAL|ERANGE' 'gateway-new name:hex=c3a400'
	bad 'EINVAL|ERANGE' 'gateway-new name:hex=00'
	bad 'EINVAL|ERANGE' 'vnet-new name=none prefix=10.9.0.0/16'
	bad 'EINVAL|ERANGE' 'route-table-new name=none'
	bad 'EINVAL|ERANGE' 'tag-new name:hex=c3a400 prefix=10.9.0.0/16'
	bad 'EINVAL|ERANGE' 'gateway-new name:hex='
	bad 'EINVAL|ERANGE' "gateway-new name:hex=$(printf '61%.0s' {1..300})00"
	bad 'EINVAL|ERANGE' 'subnet-new name:hex=2000 family=2 prefix=10.0.9.0 prefix-length=24'
	bad 'EINVAL|ERANGE|ENAMETOOLONG' 'address-new family=2 address=203.0.113.9 dev=abcdefghijklmnopq'
	bad_end
}

missing_keys()
{
	bad 'EINVAL missing name' 'gateway-new'
	bad 'EINVAL missing name' 'gateway-set idle-timeout=300'
	bad 'EINVAL missing name' 'gateway-del'
	bad 'EINVAL missing name' 'gateway-get'
	bad 'EINVAL missing name' 'subnet-new family=2 prefix=10.0.9.0 prefix-length=24'
	bad 'EINVAL missing prefix' 'subnet-new name=x'
	bad 'EINVAL missing prefix-length' 'subnet-new name=x family=2 prefix=10.0.9.0'
	bad 'EINVAL missing address' 'address-new'
	bad 'EINVAL missing name' 'vnet-new prefix=10.9.0.0/16'
	bad 'EINVAL missing prefix' 'vnet-new name=x'
	bad 'EINVAL missing name' 'vnet-del'
	bad 'EINVAL missing name' 'tag-new prefix=10.9.0.0/16'
	bad 'EINVAL missing prefix' 'tag-new name=x'
	bad 'EINVAL missing name' 'route-table-new'
	bad 'EINVAL missing route-table' 'route-new family=2 prefix=10.9.0.0 prefix-length=16 next-hop-type=4'
	bad 'EINVAL missing prefix' 'route-new route-table=rt1 next-hop-type=4'
	bad 'EINVAL missing prefix-length' 'route-new route-table=rt1 family=2 prefix=10.9.0.0 next-hop-type=4'
	bad 'EINVAL missing next-hop-type' 'route-new route-table=rt1 family=2 prefix=10.9.0.0 prefix-length=16'
	bad 'EINVAL missing next-hop-ip' 'route-new route-table=rt1 family=2 prefix=10.9.0.0 prefix-length=16 next-hop-type=0'
	bad 'EINVAL missing address' 'address-del family=2'
	bad_end
}

trailing_and_torn_bytes()
{
	# a header that promises more than there is; a header of length 0; leftovers
	bad 'EINVAL' 'gateway-set name=gw1 raw=2000080001000000'
	bad 'EINVAL' 'gateway-set name=gw1 raw=0000080001000000'
	bad 'EINVAL' 'gateway-set name=gw1 raw=0300080001000000'
	bad 'EINVAL' 'gateway-set name=gw1 raw=ffff'
	bad_end
}

unknown_commands()
{
	match "beyond the last" '^error EOPNOTSUPP' "$(raw unknown)"
	match "unspec" '^error EOPNOTSUPP' "$(raw unspec)"
	match "a notification" '^error EOPNOTSUPP' "$(raw gateway-ntf name=gw1)"
	match "a route by its key" '^error EOPNOTSUPP' "$(raw route-get route-table=rt1)"
	match "dump of a new" '^error EOPNOTSUPP' "$(raw gateway-new dump name=x)"
	unchanged
}

# natgwctl and libnl: same sentence
both_say()
{
	local request=$1 answer sentence

	shift
	# shellcheck disable=SC2086
	answer=$(raw $request)
	match "$request" '^error' "$answer"
	sentence=${answer#*: }
	ctl "$@" 2> "$TMP/err" && fail "natgwctl $* succeeded"
	grep -qF "$sentence" "$TMP/err" ||
		fail "natgwctl $* says '$(cat "$TMP/err")', nl_client '$sentence'"
	at_least "length of the sentence" 8 ${#sentence}
}

same_answers()
{
	both_say 'gateway-new name=gw1' gateway add gw1
	both_say 'gateway-del name=nosuch' gateway del nosuch
	both_say 'gateway-del name=gw1' gateway del gw1
	both_say 'gateway-set name=gw1 idle-timeout=60' gateway set gw1 idle-timeout 60s
	both_say 'gateway-set name=gw1 idle-timeout=7260' gateway set gw1 idle-timeout 7260s
	both_say 'address-new family=2 address=224.0.0.1' address add 224.0.0.1
	both_say 'address-new family=2 address=127.0.0.1' address add 127.0.0.1
	both_say 'address-new family=2 address=0.0.0.0' address add 0.0.0.0
	both_say 'address-new family=2 address=255.255.255.255' address add 255.255.255.255
	both_say 'address-new family=2 address=203.0.113.1' address add 203.0.113.1
	both_say 'address-new family=2 address=203.0.113.65 prefix-length=28' address add 203.0.113.65/28
	both_say 'address-new family=2 address=203.0.113.64 prefix-length=27' address add 203.0.113.64/27
	both_say 'address-new family=2 address=203.0.113.9 gateway=nosuch' address add 203.0.113.9 gateway nosuch
	both_say 'subnet-new name=web family=2 prefix=10.0.9.0 prefix-length=24' subnet add web prefix 10.0.9.0/24
	both_say 'subnet-new name=x family=2 prefix=10.0.1.128 prefix-length=25' subnet add x prefix 10.0.1.128/25
	both_say 'subnet-new name=x family=2 prefix=10.0.9.1 prefix-length=24' subnet add x prefix 10.0.9.1/24
	both_say 'subnet-new name=x family=2 prefix=224.0.0.0 prefix-length=8' subnet add x prefix 224.0.0.0/8
	both_say 'subnet-set name=web gateway=nosuch' subnet set web gateway nosuch
	unchanged
}

same_answers_when_asked()
{
	match "status" "^ok .*generation=$(generation) " "$(raw status-get)"
	match "gateway" '^ok name=gw1 .*idle-timeout=240 ' "$(raw gateway-get name=gw1)"
	match "dump" '^ok .*name=web .*prefix=10.0.1.0 prefix-length=24' "$(raw subnet-get dump)"
	match "count" '^ok .*count=0$' "$(raw session-count)"
}

fuzz()
{
	ip netns add "fuzz-$$"
	namespaces+=("fuzz-$$")
	in_ns "fuzz-$$" "$HERE/nl_client" fuzz "${FUZZ:-20000}" "${SEED:-$RANDOM}" > "$TMP/fuzz" ||
		fail "$(cat "$TMP/fuzz")"
	note "$(cat "$TMP/fuzz")"
	ok natgwctl -n "fuzz-$$" reset
	same "gateways" 0 "$(natgwctl -n "fuzz-$$" -j gateway show | rows name)"
	unchanged
}

tests=(
	unknown_attributes wrong_lengths wrong_families wrong_nests wrong_values
	answers_in_requests names missing_keys trailing_and_torn_bytes unknown_commands
	same_answers same_answers_when_asked fuzz
)

ns gw
ok ctl gateway add gw1
ok ctl address add 203.0.113.1 gateway gw1
ok ctl subnet add web prefix 10.0.1.0/24 gateway gw1
ok ctl route-table add rt1
ok ctl tag add T prefix 9.0.0.0/8
remember
run "$@"
