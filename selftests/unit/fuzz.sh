#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The fuzzers of selftests/fuzz read their seeds, and each input that once was at fault. With
# LONG=1 libFuzzer goes on from there, FUZZ_SECONDS (5) with each.

cd "$(dirname "$0")/../fuzz" || exit 1
read -ra fuzzers < <(sed -n 's/^FUZZERS := //p' Makefile)
n=0
failed=

# result NAME COMMAND...
result()
{
	local name=$1 out

	shift
	((++n))
	if out=$("$@" 2>&1); then
		echo "ok $n $name"
		return
	fi
	failed=1
	printf '%s\n' "$out" | tail -n 60 | sed 's/^/# /'
	echo "not ok $n $name"
}

echo "KTAP version 1"
echo "1..$((1 + (${LONG:+1} + 0) * ${#fuzzers[@]}))"
result seeds make -s -j"$(nproc)" replay
if [[ ${LONG-} ]]; then
	for name in "${fuzzers[@]}"; do
		result "$name" make -s run FUZZERS="$name" FUZZ_SECONDS="${FUZZ_SECONDS:-5}"
	done
fi
exit $((${failed:-0}))
