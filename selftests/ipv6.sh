#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# IPv6 of a bound subnet's hosts is left alone, or with ipv6 drop dropped; that of
# other devices never.
#
#   cl 2001:db8:1::2 ---- in0 gw up0 ---- net 2001:db8:ff::2
#   cl2 2001:db8:2::2 --- in1 /

. "$(dirname "$0")/lib.sh"

# six NS DEV ADDR [GATEWAY]
six()
{
	sysctl_in "$1" "net.ipv6.conf.all.disable_ipv6=0" "net.ipv6.conf.$2.disable_ipv6=0" \
		"net.ipv6.conf.$2.accept_dad=0"
	ip -n "$1" addr add "$3/64" dev "$2" nodad
	[[ ! ${4-} ]] || ip -n "$1" -6 route add default via "$4"
}

reaches()
{
	in_ns "$1" ping -q -c 1 -W "${2:-5}" 2001:db8:ff::2
}

kept_by_default()
{
	soon reaches "$cl"
	soon reaches "$cl2"
	same "counter" 0 "$(drops ipv6)"
	match "shown" 'IPv6 of its subnets is not touched' "$(ctl gateway show gw1)"
}

drop_drops()
{
	ok ctl subnet set web ipv6 drop
	refused reaches "$cl" 1
	match "shown" 'IPv6 of subnet web is dropped, that of its others not touched' \
		"$(ctl gateway show gw1)"
	ok ctl subnet set db ipv6 drop
	match "all" 'IPv6 of its subnets is dropped \(subnet set NAME ipv6 keep lets it pass\)' \
		"$(ctl gateway show gw1)"
	ok ctl subnet set db ipv6 keep
	at_least "counter" 1 "$(drops ipv6)"
	ok reaches "$cl2"
	ok in_ns "$cl" ping -q -c 1 -W 5 198.51.100.7
	ok in_ns "$cl" ping -q -c 1 -W 5 2001:db8:1::1
}

and_keeps_again()
{
	ok ctl subnet set web ipv6 keep
	ok reaches "$cl"
}

tests=(kept_by_default drop_drops and_keeps_again)

[[ -d /proc/sys/net/ipv6 ]] || skip_all "no IPv6 in this kernel"
standard_topology
ns cl2
link "$cl2" d0 10.0.2.2/24 "$gw" in1 10.0.2.1/24
six "$gw" in0 2001:db8:1::1
six "$gw" in1 2001:db8:2::1
six "$gw" up0 2001:db8:ff::1
six "$cl" c0 2001:db8:1::2 2001:db8:1::1
six "$cl2" d0 2001:db8:2::2 2001:db8:2::1
six "$net" n0 2001:db8:ff::2 2001:db8:ff::1
sysctl_in "$gw" net.ipv6.conf.all.forwarding=1
standard_gateway
ok ctl subnet add db prefix 10.0.2.0/24 gateway gw1
run "$@"
