# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2034,SC2154
# The machines of lab zones: two zones, each with an uplink of its own.

. "$TOUR/../lib.sh"

TOPOLOGY='
   zone 1  node1 10.1.0.4 ─ zone1 ┐              ┌ wan1 192.0.2.1 ────── 192.0.2.2 ┐
                                  ├ router, natgw ┤                                 ├ internet
   zone 2  node2 10.2.0.4 ─ zone2 ┘              └ wan2 192.0.2.129 ── 192.0.2.130 ┘ 198.51.100.80
   The router sends zone 1 by wan1 and zone 2 by wan2 (ip rule). Its main table, for what
   finds no route of its zone, has wan2. nginx on the internet says which address it sees,
   and has a file of 2 MiB that it sends at 250 kB a second.

'

SERVER=198.51.100.80
WHOAMI=http://$SERVER/whoami

# zone N: a node behind device zoneN, an uplink wanN, a routing table of its own
zone()
{
	local n=$1 wan isp

	wan=192.0.2.$((128 * (n - 1) + 1))
	isp=192.0.2.$((128 * (n - 1) + 2))
	lan "zone$n" "10.$n.0.1/24"
	host "node$n" "zone$n" "10.$n.0.4/24" "10.$n.0.1"
	cable router "wan$n" "$wan/25" internet "isp$n" "$isp/25"
	ip -n internet route add "203.0.113.${n}0" via "$wan"
	ip rule add iif "zone$n" lookup "10$n"
	ip route add default via "$isp" dev "wan$n" table "10$n"
}

topology_up()
{
	machine internet
	ip -n internet addr add "$SERVER/32" dev lo
	zone 1
	zone 2
	ip route add default via 192.0.2.130 dev wan2
	forwards router
	# Where it is strict it would see to zone 1 itself
	sysctl -qw net.ipv4.conf.all.rp_filter=0
	head -c 2M /dev/urandom > "$SCRATCH/file"
	web internet server "$SERVER:80" -- "location = /file { root $SCRATCH; limit_rate 250k; }" \
		"location /new { return 204; }"
	# What the provider of zone 2 would drop as spoofed
	at internet nft -f - <<-EOT || fail "the provider of zone 2 does not count"
	table ip provider2 {
		chain foreign {
			type filter hook prerouting priority raw
			iifname isp2 ip saddr { 10.0.0.0/8, 203.0.113.10 } counter
		}
	}
	EOT
}
