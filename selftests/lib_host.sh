# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# For the tests of selftests/host: a directory of their own to work in, and their results. A
# script sources it, defines its tests and the array "tests", and ends with: run "$@"

set -u

TOP=$(cd "$(dirname "$0")/../.." && pwd)
mkdir -p "$TOP/build"
# Not below /tmp, which a guest does not share
WORK=$(mktemp -d "$TOP/build/host-test.XXXXXX")
cd "$WORK" || exit 1
trap '[[ $BASHPID != "$$" ]] || rm -rf "$WORK"' EXIT

failed=

# shellcheck source-path=SCRIPTDIR
. "$TOP/selftests/lib_turns.sh"

note()
{
	sed 's/^/#   /' <<< "$*"
}

fail()
{
	failed=1
	note "line ${BASH_LINENO[0]}: $*"
}

same()
{
	[[ $2 == "$3" ]] || fail "$1: wanted '$2', got '$3'"
}

# run [TEST]...: those, or all; ends the script
run()
{
	local name number=0 any=0 began

	if (($#)); then
		tests=("$@")
	else
		leave_out_by_turns
	fi
	echo "KTAP version 1"
	echo "1..${#tests[@]}"
	for name in "${tests[@]}"; do
		failed=
		began=$SECONDS
		"$name"
		((++number))
		note "$name: $((SECONDS - began)) s"
		if [[ $failed ]]; then
			any=1
			echo "not ok $number $name"
		else
			echo "ok $number $name"
		fi
	done
	exit $any
}
