# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Watches the Internet's side of a topology: a packet that comes in there with a private
# source address has left its subnet untranslated. Sourced by lib.sh of the tests and of the
# tours; the function that makes links calls "internet" for each device of the Internet, so
# no test can forget to watch.
#
# The watch is a counter at the ingress hook of the receiving device and not a capture: a
# counter is exact, costs one program for each device and one for each check, and loses no
# packet. The script that sources this file defines internet_in NAMESPACE COMMAND..., which
# runs nft there.

WATCHED=()
EXCUSED=()

# internet NAMESPACE DEV: a device by which the Internet receives
internet()
{
	[[ " ${WATCHED[*]} " == *" $1 "* ]] || WATCHED+=("$1")
	internet_in "$1" nft -f - <<-EOT
	table netdev internet {
		set private {
			type ipv4_addr; flags interval
			elements = { 10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16 }
		}
		set excused {
			type ipv4_addr; flags interval; auto-merge
			${EXCUSED[*]:+elements = { $(with_commas "${EXCUSED[@]}") \}}
		}
		set leaked {
			typeof iifname . ip saddr . ip daddr . ip protocol
			flags dynamic; size 256; counter
		}
		chain $2 {
			type filter hook ingress device $2 priority -500
			ip daddr 224.0.0.0/4 return comment "a segment's own, like IGMP"
			ip saddr @private ip saddr != @excused update @leaked \\
				{ iifname . ip saddr . ip daddr . ip protocol }
		}
	}
	EOT
}

with_commas()
{
	local IFS=,

	echo "$*"
}

# excuse ADDR[/LEN]...: these sources are meant to be seen there; say why beside it
excuse()
{
	EXCUSED+=("$@")
	excuse_in_all add "$@"
}

# excused_again ADDR[/LEN]...: these and no others
excused_again()
{
	[[ "$*" != "${EXCUSED[*]}" ]] || return 0
	EXCUSED=("$@")
	excuse_in_all flush
	((!$#)) || excuse_in_all add "$@"
}

excuse_in_all()
{
	local name

	for name in "${WATCHED[@]}"; do
		[[ -e /run/netns/$name ]] || continue
		case $1 in
		add)	internet_in "$name" nft add element netdev internet excused "{ $(with_commas "${@:2}") }" ;;
		flush)	internet_in "$name" nft flush set netdev internet excused ;;
		esac
	done
}

# leaked [NAMESPACE]...: a line for each source that came untranslated since the last
# call, with device, destination, protocol and number of packets
leaked()
{
	local name found

	(($#)) || set -- "${WATCHED[@]}"
	for name in "$@"; do
		[[ -e /run/netns/$name ]] || continue
		found=$(internet_in "$name" nft list set netdev internet leaked) ||
			echo "$name cannot be watched"
		[[ $found == *elements* ]] || continue
		found=${found//$'\n'/}
		found=${found#*elements = \{}
		found=${found%%\}*}
		tr ',' '\n' <<< "$found" | sed -E "s/^[[:space:]]*/$name /; s/ bytes [0-9]+//; s/[[:space:]]+$//"
		internet_in "$name" nft flush set netdev internet leaked
	done
}
