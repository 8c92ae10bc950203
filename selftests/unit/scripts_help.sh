#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Each script that a person may call says how when it is asked for help, and does nothing else.

scripts=$(realpath "$(dirname "$0")/../../scripts")
n=0
failures=0

result()
{
	n=$((n + 1))
	[[ ! $1 ]] || failures=$((failures + 1))
	echo "${1:+not }ok $n $2"
	[[ ! $1 ]] || echo "#   $1"
}

echo "KTAP version 1"
for script in "$scripts"/*; do
	name=${script##*/}
	[[ -f $script && -x $script ]] || continue
	# the first programs of a guest
	[[ $name != vm-* ]] || continue
	[[ $name != mutants ]] || /usr/bin/python3 -c 'import clang.cindex' 2>/dev/null || continue
	for option in -h --help; do
		said=$(timeout 60 "$script" $option 2>&1 </dev/null)
		status=$?
		wrong=
		((status == 0)) || wrong="exit status $status: ${said:0:200}"
		# what it is for, in a line at least that is no command's output
		[[ $wrong || ${#said} -ge 60 ]] || wrong="it says no more than: $said"
		result "$wrong" "scripts/$name $option"
	done
done
for target in $(sed -n 's/^\([a-z][a-z-]*\):.*## .*/\1/p' "$scripts/../Makefile"); do
	wrong=$(make -s -C "$scripts/.." help | grep -q "^  $target  *[^ ]" || echo "make help lacks it")
	result "$wrong" "make help: $target"
done
# Those that others call by name
for target in load unload install deb demo labs bench check check-quick check-full soak lint help; do
	wrong=$(make -s -C "$scripts/.." help | grep -q "^  $target " || echo "make help lacks it")
	result "$wrong" "make $target"
done
echo "1..$n"
exit $((failures > 0))
