# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Which tests of a long program run today. For lib.sh and lib_host.sh.

# Of by_turns, the tests that a long program runs by turns, each third one is run today, from the
# first (BY_TURNS=0), second or third on. They must not depend on each other. Without BY_TURNS all
# are run.
leave_out_by_turns()
{
	local i name kept=()

	[[ ${BY_TURNS-} ]] || return 0
	for name in "${tests[@]}"; do
		for i in "${!by_turns[@]}"; do
			[[ ${by_turns[i]} != "$name" ]] || ((i % 3 == BY_TURNS)) || continue 2
		done
		kept+=("$name")
	done
	tests=("${kept[@]}")
}
