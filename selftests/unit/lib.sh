# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Results of scripts beside it: a directory in $tmp, numbers in n and failures.

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
n=0
failures=0

# result NAME: of the last command; what there is to say of it, if it failed, is in $tmp/out
result()
{
	local status=$? no=

	if ((status)); then
		no="not "
		failures=$((failures + 1))
		sed 's/^/#   /' "$tmp/out"
	fi
	n=$((n + 1))
	echo "${no}ok $n $1"
}
