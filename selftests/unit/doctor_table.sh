#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Documentation/doctor.rst goes through all environments: each selftest and each check of doctor is on
# that page, and each test that it names is there.

top=$(realpath "$(dirname "$0")/../..")
page=$top/Documentation/doctor.rst
n=0
failures=0

result()
{
	n=$((n + 1))
	[[ ! $2 ]] || failures=$((failures + 1))
	echo "${2:+not }ok $n $1"
	[[ ! $2 ]] || echo "#   $2"
}

# cells NUMBER: of each row, a line each
cells()
{
	awk -v wanted="$1" '/^   \* - / { cell = 1 } /^     - / { cell++ }
		/^[^ ]/ { cell = 0 }
		cell != wanted { next }
		/^   \* - |^     - / { printf "\n%s", substr($0, 8); next }
		/^       / { printf " %s", substr($0, 8) }
		END { print "" }' "$page"
}

# listed: the selftests of all rows, and those of the lists
listed()
{
	{
		cells 1
		sed -n '/^No environment/,/^What doctor/p' "$page" | tr '\n' ' ' | sed 's/ - /\n/g'
	} | sed -n 's/^.*: //p' | grep -oE '[a-z0-9_]+'
}

# no_tests: what the last column names and no file has. "name" alone is of doctor.sh.
no_tests()
{
	local part parts names name file

	while IFS= read -r names; do
		[[ $names && $names != "Shown by" && $names != "the selftest" ]] || continue
		IFS=';' read -ra parts <<< "$names"
		for part in "${parts[@]}"; do
			file=doctor
			[[ $part != *": "* ]] || { file=${part%%: *}; part=${part#*: }; }
			for name in ${part//,/ }; do
				has "${file# }" "$name" || echo "$file: $name"
			done
		done
	done < <(cells 3)
}

# has FILE TEST
has()
{
	if [[ $1 == unit/* ]]; then
		grep -q "KTAP_TEST($2)" "$top/selftests/$1.c"
	else
		sed -n '/^tests=(/,/)/p; /tests+=(/p' "$top/selftests/$1.sh" | grep -qw "$2"
	fi
}

echo "KTAP version 1"
result "each selftest" "$(make -s --no-print-directory -C "$top/selftests" list | tr " " "\n" |
	sed "s|\.sh\$||" | grep -vxFf <(listed) | tr '\n' ' ')"
result "each check" "$(sed -nE 's/^\t\{ "([a-z0-9-]+)", .*, check_.*/\1/p' "$top/tools/cmd_doctor.c" |
	grep -vxFf <(cells 2 | grep -oE '\*\*[a-z0-9-]+\*\*' | tr -d '*') | tr '\n' ' ')"
result "each test" "$(no_tests | tr '\n' ' ')"
echo "1..$n"
exit $((failures > 0))
