#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# scripts/check-doors, in trees that are made for it and in a copy of this one: it is
# silent where calls go down, and names what was planted where they do not.
#
#	doors.sh [CC]

shopt -s extglob
cc=${1:-cc}
top=$(realpath "$(dirname "$(realpath "$0")")/../..")
n=0
failures=0
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

# result GOT WANT NAME
result()
{
	local no=

	# shellcheck disable=SC2053 # WANT is a pattern
	if [[ $1 != $2 ]]; then
		no="not "
		((failures++))
		sed 's/^/# /' <<< "wanted: $2"$'\n'"got: $1"
	fi
	printf '%sok %d - %s\n' "$no" "$((++n))" "$3"
}

# tree: a module of two rooms, "high" above "low", that breaks no rule
tree()
{
	rm -rf "$tmp/tree"
	mkdir -p "$tmp/tree/kmod/high" "$tmp/tree/kmod/low" "$tmp/tree/Documentation"
	cat > "$tmp/tree/Documentation/architecture.rst" <<-'EOT'
		Rooms
		=====

		==========  =================  ==========
		``high/``   what is above      low
		``low/``    what is below      none
		==========  =================  ==========

		Files
		=====
	EOT
	echo 'natgw-y := high/user.o low/used.o' > "$tmp/tree/kmod/Kbuild"
	echo 'May call low/.' > "$tmp/tree/kmod/high/README"
	echo 'May call none.' > "$tmp/tree/kmod/low/README"
	echo 'void used(void);' > "$tmp/tree/kmod/low/used.h"
	echo 'void user(void);' > "$tmp/tree/kmod/high/user.h"
	file high/user '#include "low/used.h"' 'void user(void);' 'void user(void) { used(); }'
	file low/used '#include "low/used.h"' 'void used(void) { }'
}

# file NAME LINE...: a source that says what it owns and who calls it
file()
{
	local name=$1

	shift
	{
		echo '// SPDX-License-Identifier: GPL-2.0'
		echo '/* Owns nothing. Called by nobody. */'
		printf '%s\n' "$@"
	} > "$tmp/tree/kmod/$name.c"
}

# check: exit status and output, on the tree as it is, compiled
check()
{
	local source out

	(cd "$tmp/tree/kmod" &&
	 for source in */*.c; do
		"$cc" -I. -c -o "${source%.c}.o" "$source" || exit 1
	 done) || { echo "does not compile"; return; }
	out=$("$top/scripts/check-doors" --top "$tmp/tree" --objects "$tmp/tree/kmod" 2>&1)
	echo "$?: $out"
}

# circle N: N files of the room "low" that call each other
circle()
{
	local i

	echo "natgw-y := high/user.o low/used.o" > "$tmp/tree/kmod/Kbuild"
	for ((i = 0; i < $1; i++)); do
		file "low/c$i" "void c$i(void); void c$(((i + 1) % $1))(void);" \
			"void c$i(void) { c$(((i + 1) % $1))(); }"
		echo "natgw-y += low/c$i.o" >> "$tmp/tree/kmod/Kbuild"
	done
}

printf 'TAP version 13\n1..16\n'

tree
result "$(check)" "0: " "calls and includes that go down"

tree
file low/used '#include "low/used.h"' '#include "high/user.h"' 'void used(void) { }'
result "$(check)" "1: kmod/low/used.c:4: includes high/user.h, which low may not call" \
	"an include that goes up"

tree
file low/used '#include "low/used.h"' 'void user(void);' 'void used(void) { user(); }'
result "$(check)" "1: kmod/low/used.c: calls user of high/user.c, which low may not" \
	"a call that goes up, without an include"

tree
echo 'extern int word;' >> "$tmp/tree/kmod/high/user.h"
file high/user 'void used(void);' 'int word;' 'void user(void);' 'void user(void) { used(); }'
file low/used 'extern int word;' 'void used(void);' 'void used(void) { word++; }'
result "$(check)" "1: kmod/low/used.c: calls word of high/user.c, which low may not" \
	"a use of data that goes up"

tree
file high/user '#include "used.h"' 'void user(void);' 'void user(void) { used(); }'
cp "$tmp/tree/kmod/low/used.h" "$tmp/tree/kmod"
result "$(check)" "1: kmod/high/user.c:3: \"used.h\" names no room*" "an include without a room"

tree
echo 'void lost(void) { }' > "$tmp/tree/kmod/low/lost.c"
result "$(check)" "1: kmod/low/lost.c: does not open with what it owns*" \
	"a file that does not say what it owns"

tree
mkdir "$tmp/tree/kmod/attic"
echo '/* nothing */' > "$tmp/tree/kmod/attic/new.h"
result "$(check)" "1: kmod/attic/new.h: attic is not in the table of rooms" \
	"a folder that the table does not have"

tree
sed -i 's/^``low\/.*/``low\/``    what is below      high/' \
	"$tmp/tree/Documentation/architecture.rst"
result "$(check)" "1: the table lets high reach itself*the table lets low reach itself*" \
	"a table by which calls go both ways"

tree
echo 'Called by nobody. May call low/ and high/.' > "$tmp/tree/kmod/high/README"
result "$(check)" '1: kmod/high/README: "May call low/ and high/" is not what the table says: low' \
	"a README that says something else than the table"

tree
circle 8
result "$(check)" "0: " "a circle of 8 files"

tree
circle 9
result "$(check)" "1: 9 files call each other in a circle, more than 8: low/c0 *low/c8" \
	"a circle of 9 files"

tree
file low/used '#include <netinet/in.h>' '#include "low/used.h"' 'void used(void) { }' \
	'int proto = IPPROTO_UDPLITE;'
result "$(check)" \
	"1: kmod/low/used.c:6: names IPPROTO_UDPLITE: ask the row of snapshot/l4.h" \
	"a file that names a protocol"

tree
file low/used '#include "low/used.h"' '/*' ' * IPPROTO_TCP' ' */' 'void used(void) { }'
result "$(check)" "0: " "a comment that names a protocol"

tree
mkdir "$tmp/tree/kmod/session"
file session/reset 'void reset(void);'
result "$(check)" "*kmod/session/reset.c: names no protocol, and is in the list of those that may*" \
	"a file that may name a protocol and does not"

# The real one: a room at the bottom includes one at the top
rm -rf "$tmp/tree"
mkdir -p "$tmp/tree/Documentation"
cp -r "$top/kmod" "$tmp/tree/kmod"
cp "$top/Documentation/architecture.rst" "$tmp/tree/Documentation"
sed -i '0,/^#include "/s//#include "netlink\/netlink.h"\n&/' "$tmp/tree/kmod/lib/lpm.c"
result "$("$top/scripts/check-doors" --top "$tmp/tree" --sources 2>&1)" \
	"kmod/lib/lpm.c:+([0-9]): includes netlink/netlink.h, which lib may not call" \
	"an include that goes up in a copy of the module"

cp "$top/kmod/lib/lpm.c" "$tmp/tree/kmod/lib/lpm.c"
sed -i 's/natgw_l4(packet->tuple.proto)->connects/packet->tuple.proto == IPPROTO_TCP/' \
	"$tmp/tree/kmod/datapath/flow.h"
result "$("$top/scripts/check-doors" --top "$tmp/tree" --sources 2>&1)" \
	"kmod/datapath/flow.h:+([0-9]): names IPPROTO_TCP: ask the row of snapshot/l4.h" \
	"a protocol named in a copy of the module"

exit $((failures > 0))
