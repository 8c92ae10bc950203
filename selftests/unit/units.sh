#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# make install puts the units of systemd where systemd and natgwctl are, systemd reads them
# without a complaint and thinks them well shut in; the flow log is rotated, and make uninstall
# leaves nothing.

. "$(dirname "$(realpath "$0")")/lib.sh"

top=$(dirname "$(realpath "$0")")/../..
root=$tmp/root

installed()
{
	make -s -C "$top" "$1" DESTDIR="$root" PREFIX="$2" > "$tmp/out" 2>&1
}

# Each command of a unit is a program that was installed, also where the shell starts it
commands()
{
	local unit command found=0

	for unit in "$root$1"/lib/systemd/system/natgw*.service; do
		while read -r command; do
			[[ $command == "$1"/sbin/* && -x $root$command ]] ||
				{ echo "${unit##*/}: $command" > "$tmp/out"; return 1; }
			found=$((found + 1))
		done < <(sed -nE -e '/^Exec[A-Za-z]*=-?\/bin\/sh /d' -e 's/^Exec[A-Za-z]*=-?([^ ]*).*/\1/p' "$unit"
			grep -E '^Exec[A-Za-z]*=-?/bin/sh ' "$unit" | grep -oE '/[^ ]*/natgwctl')
	done
	echo "$found commands" > "$tmp/out"
	((found == 10))
}

# What the units that read the configuration may do is enough for a file that root's shell can read:
# in a home, and of somebody else who alone may read it
reads()
{
	local unit caps

	install -m 600 -o nobody /dev/null "$tmp/conf"
	for unit in natgw natgw-guard; do
		grep '^ProtectHome=' "$top/contrib/systemd/$unit.service" > "$tmp/out"
		[[ $(< "$tmp/out") == ProtectHome=read-only ]] || return 1
		caps=$(sed -n 's/^CapabilityBoundingSet=//p' "$top/contrib/systemd/$unit.service" |
			tr 'A-Z ' 'a-z,' | sed 's/cap_/+/g')
		setpriv --bounding-set="-all,$caps" cat "$tmp/conf" > "$tmp/out" 2>&1 || return 1
	done
}

# No warning, and exposed at most as much as "OK" is
verified()
{
	local unit

	cp -rn /usr/lib/systemd/system/. "$root/usr/lib/systemd/system/"
	install -D -m 755 /bin/sh "$root/bin/sh"
	for unit in natgw-guard natgw-state natgw natgw-flush natgw-metrics natgw-flowlog; do
		systemd-analyze verify --man=no --root="$root" "/usr/lib/systemd/system/$unit.service" \
			> "$tmp/out" 2>&1 && [[ ! -s $tmp/out ]] || return 1
		systemd-analyze security --offline=true --threshold=20 --root="$root" "$unit.service" \
			> "$tmp/out" 2>&1 || return 1
	done
}

echo "KTAP version 1"
installed install /usr/local
result "make install"
commands /usr/local
result "commands of the units"
echo "# mine" >> "$root/etc/logrotate.d/natgw"
installed install /usr/local && grep -qx "# mine" "$root/etc/logrotate.d/natgw"
result "the flow log is rotated, as the operator has changed it"
installed uninstall /usr/local
result "make uninstall"
[[ ! $(find "$root" -type f | tee "$tmp/out") ]]
result "nothing left"
installed install /usr
result "make install PREFIX=/usr"
if ((EUID)); then
	echo "# not root"
else
	reads
	result "what they can read"
fi
if command -v systemd-analyze > /dev/null; then
	verified
	result "systemd-analyze"
else
	echo "# no systemd-analyze here"
fi
echo "1..$n"
exit $((failures != 0))
