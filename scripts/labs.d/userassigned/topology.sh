# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2034,SC2154 # TOPOLOGY and SCRATCH are tour.d/run's
. "$(dirname "$(realpath "${BASH_SOURCE[0]}")")/../lib.sh"

TOPOLOGY='
   vnet 172.16.0.0/20                  router            internet
     aks    172.16.0.0/22  .0.1 aks0 ─┐ natgw
       node1 .0.4: pods a1 .1.4, a2 .1.5, a3 .1.6
       node2 .0.5: pod  b1 .1.14      ├── 192.0.2.1 ──── 192.0.2.80  nginx
     infra  172.16.4.0/24  .4.1 infra0┘
       jumpbox .4.4
'

topology_up()
{
	lan aks0 172.16.0.1/22
	lan infra0 172.16.4.1/24
	node node1 aks0 172.16.0.4/22 172.16.0.1
	node node2 aks0 172.16.0.5/22 172.16.0.1
	pod a1 node1 172.16.1.4/22
	pod a2 node1 172.16.1.5/22
	pod a3 node1 172.16.1.6/22
	pod b1 node2 172.16.1.14/22
	host jumpbox infra0 172.16.4.4/24 172.16.4.1
	machine internet
	cable router wan 192.0.2.1/24 internet eth0 192.0.2.80/24
	ip route add default via 192.0.2.80
	ip -n internet -batch - <<-EOT
		route add 203.0.113.0/24 via 192.0.2.1
		route add 172.16.0.0/12 via 192.0.2.1
	EOT
	forwards router
	web internet whatismyip 192.0.2.80:80
}
