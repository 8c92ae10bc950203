#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# import azure: the files of selftests/azure become the configurations beside them, with what is
# left out, by name. What is no list of resources, or cannot be taken whole, makes no file at all.
# selftests/export.sh gives the configurations to the kernel.
#
#	tool_import.sh [NATGWCTL]

. "$(dirname "$(realpath "$0")")/lib.sh"

ctl=$(realpath "${1:-$(dirname "$(realpath "$0")")/../../tools/natgwctl}")
cd "$(dirname "$(realpath "$0")")/../azure" || exit 1

# becomes NAME FILE...
becomes()
{
	"$ctl" import azure "${@:2}" > "$tmp/conf" 2> "$tmp/left-out"
	echo "exit status $?" >> "$tmp/conf"
	{ cat "$1.conf"; echo "exit status 0"; } | diff - "$tmp/conf" > "$tmp/out" &&
		diff "$1.left-out" "$tmp/left-out" > "$tmp/out"
	result "${*:2}"
}

# makes_none STATUS SENTENCE NAME: of what stands at standard input; the last line says why
makes_none()
{
	"$ctl" import azure - > "$tmp/conf" 2> "$tmp/said"
	{ echo "exit status $?"; tail -n 1 "$tmp/said"; cat "$tmp/conf"; } > "$tmp/got"
	printf '%s\n' "exit status $1" "natgwctl: $2" | diff - "$tmp/got" > "$tmp/out"
	result "$3"
}

nothing="import: the files have no resource that natgw knows, see import azure in natgwctl(8)"
gateway='"name": "nat", "type": "Microsoft.Network/natGateways"'

echo "KTAP version 1"
becomes az nat-gateway.json public-ip.json public-ip-prefix.json vnet.json vnets.json \
	route-table.json aks.json
becomes rest rest.json
becomes made made.json
becomes odd odd.json
jq '{ value: . }' made.json > "$tmp/page.json"
becomes made "$tmp/page.json"
makes_none 1 "$nothing" "an empty list" <<< '[]'
makes_none 1 "$nothing" "an empty page" <<< '{ "value": [] }'
makes_none 1 "$nothing" "an error" <<< '{ "error": { "code": "NotFound" } }'
makes_none 1 "import azure: no file is printed, as natgw cannot take all of it" \
	"two subscriptions with one name" \
	<<< "[ { \"id\": \"/subscriptions/1/nat\", $gateway }, { \"id\": \"/subscriptions/2/nat\", $gateway } ]"
"$ctl" import azure - 2>&1 > "$tmp/conf" \
	<<< "{ \"value\": [ { \"id\": \"/nat\", $gateway } ], \"nextLink\": \"https://x\" }" |
	grep -q 'one page of several' && [[ $(< "$tmp/conf") == "gateway add nat" ]]
result "one page of several"
for last in null '""'; do
	"$ctl" import azure - > "$tmp/conf" 2> "$tmp/out" \
		<<< "{ \"value\": [ { \"id\": \"/nat\", $gateway } ], \"nextLink\": $last }" &&
		[[ ! -s $tmp/out && $(< "$tmp/conf") == "gateway add nat" ]]
	result "the last page, nextLink $last"
done
echo "1..$n"
exit $((failures != 0))
