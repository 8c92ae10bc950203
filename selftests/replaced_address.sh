#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# An address that takes the place of another has all ports of its own for a
# destination that both served.
#
#   10.64.0.1... (silent) - cl ---- in0 gw up0 ---- net - 198.51.100.99 (silent)
#                 pool 203.0.113.1, .2 (then .3 and .4), few ports not reserved

. "$(dirname "$0")/lib.sh"

DST=198.51.100.99

flows()
{
	send "$cl" repeat "$1" ports 1000 "$2" "$DST" udp 10000 9000
}

reserved_ports_do_not_stay()
{
	ok ctl address add 203.0.113.2 gateway gw1 reserve 2024-65535
	flows 1500 10.64.0.1
	soon session_count_is 1500
	ok ctl address del 203.0.113.2
	ok ctl stats check
	ok ctl address add 203.0.113.3 gateway gw1 reserve 1024-64535
	flows 2000 10.64.64.1
	soon session_count_is 2000
	same "at the new address" 1000 "$(sessions address 203.0.113.3)"
	dropped "$cl" destination-full 10.64.255.1 "$DST" udp 4000 9000
	ok ctl stats check
}

replaced_in_one_transaction()
{
	ok ctl -b - <<-EOT
		address del 203.0.113.3
		address add 203.0.113.4 gateway gw1 reserve 2024-65535
	EOT
	same "sessions" 1000 "$(sessions)"
	flows 2000 10.64.128.1
	soon session_count_is 2000
	same "at the new address" 1000 "$(sessions address 203.0.113.4)"
	ok ctl stats check
}

# Ports that are reserved while they are in use go back to the stack when their
# sessions end, and ports given back serve again
reserve_changes_under_sessions()
{
	local n

	ok ctl address set 203.0.113.4 reserve 1524-65535
	same "sessions" 2000 "$(sessions)"
	ok ctl stats check
	n=$(ctl session flush address 203.0.113.4)
	flows 1000 10.64.192.1
	soon session_count_is 500 address 203.0.113.4
	dropped "$cl" destination-full 10.64.255.1 "$DST" udp 4000 9000
	ok ctl address set 203.0.113.4 reserve 2024-65535
	flows 500 10.64.224.1
	soon session_count_is 1000 address 203.0.113.4
	dropped "$cl" destination-full 10.64.255.1 "$DST" udp 4000 9000
	ok ctl stats check
}

tests=(
	reserved_ports_do_not_stay replaced_in_one_transaction
	reserve_changes_under_sessions stats_agree
)

standard_topology
silent_hosts
ip -n "$gw" route add 10.64.0.0/16 via 10.0.1.99
standard_gateway profile custom udp-timeout 1h
ok ctl address set 203.0.113.1 reserve 2024-65535
ok ctl subnet add many prefix 10.64.0.0/16 gateway gw1
run "$@"
