# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2034
# Shared by the scripts beside it: where things are, and how they complain.

TOP=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
CACHE=${NATGW_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/natgw}
SELF=${0##*/}

say()
{
	echo "$SELF: $*" >&2
}

die()
{
	say "$*"
	exit 125
}

# help_by_comment ARGUMENT...: if the first one asks for help, the script prints the comment at
# its top, which says how it is called, and does nothing
help_by_comment()
{
	case ${1-} in
	-h|--help)
		awk 'NR > 2 && !/^#/ { exit } NR > 2 { sub(/^# ?/, ""); print }' "$0"
		exit 0 ;;
	esac
}

# Names every missing program at once, with the command that brings them.
need()
{
	local prog missing=()

	for prog in "$@"; do
		command -v "$prog" >/dev/null || missing+=("$prog")
	done
	((${#missing[@]} == 0)) || die "not found: ${missing[*]}; run scripts/deps as root"
}

# initrd DIRECTORY-OF-A-KERNEL: its first root, by what it is made from: the checkouts that
# share the cache may differ
initrd()
{
	local key

	key=$(cat "$TOP"/scripts/{vm-initramfs,kernel} | sha256sum)
	echo "$1/initrd-${key:0:12}"
}

# ccache, if it is there, keeps what it compiles in our cache
with_ccache()
{
	export CCACHE_DIR=$CACHE/ccache CCACHE_MAXSIZE=3G
	command -v ccache >/dev/null
}

# not_taken .CONFIG: those lines of a configuration, from standard input, that a kernel's has not
not_taken()
{
	local line name

	while read -r line; do
		case $line in
		CONFIG_*)
			grep -qxF "$line" "$1" || echo "$line" ;;
		"# CONFIG_"*" is not set")
			name=${line#\# }
			! grep -q "^${name%% *}=" "$1" || echo "$line" ;;
		esac
	done
}
