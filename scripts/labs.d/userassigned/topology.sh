# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2034,SC2154 # TOPOLOGY and SCRATCH are tour.d/run's
. "$(dirname "$(realpath "${BASH_SOURCE[0]}")")/../lib.sh"

TOPOLOGY='
   myVnet 172.16.0.0/20                 router
     myNatCluster 172.16.0.0/22  aks0 ─┐ natgw             lb 203.0.113.80, .81
       node1 .0.4: a1 .1.4, a2 .1.5, a3 .1.6               │
       node2 .0.5: b1 .1.14            ├ wan 192.0.2.1 ────┴──── internet
     jump 172.16.4.0/24         jump0 ─┤                         192.0.2.80 nginx
       jumpbox .4.4                    │
   peered 10.50.0.0/16                 │
     10.50.0.0/24               peer0 ─┘
       appgw .0.4, a reverse proxy that asks the pods for their health

   lb hands 203.0.113.80 to node1, which hands it to a pod; 203.0.113.81 to the pod
   itself. The internet has no way back to 172.16.0.0/12 and 10.0.0.0/8.
'

CLIENT=198.51.100.200		# somebody on the internet
VNET=172.16.0.0/20

# Ports that a node has for its pods. A real one has more, and more pods.
NODE_PORTS=256

links_up()
{
	lan aks0 172.16.0.1/22
	node node1 aks0 172.16.0.4/22 172.16.0.1
	node node2 aks0 172.16.0.5/22 172.16.0.1
	pod a1 node1 172.16.1.4/22
	pod a2 node1 172.16.1.5/22
	pod a3 node1 172.16.1.6/22
	pod b1 node2 172.16.1.14/22
	lan jump0 172.16.4.1/24
	host jumpbox jump0 172.16.4.4/24 172.16.4.1
	lan peer0 10.50.0.1/24
	host appgw peer0 10.50.0.4/24 10.50.0.1

	machine lb internet
	cable router wan 192.0.2.1/28 lb eth0 192.0.2.2/28
	cable lb eth1 192.0.2.65/26 internet eth0 192.0.2.80/26
	forwards router lb
	ip route add default via 192.0.2.2
	ip -n lb -batch - <<-EOT
		addr add 203.0.113.80/32 dev lo
		addr add 203.0.113.81/32 dev lo
		route add default via 192.0.2.80
		route add 172.16.0.0/20 via 192.0.2.1
		route add 203.0.113.0/26 via 192.0.2.1
	EOT
	ip -n internet -batch - <<-EOT
		addr add $CLIENT/32 dev lo
		route add 203.0.113.0/24 via 192.0.2.65
	EOT
}

# As a cloud's load balancer brings connections to a cluster: its rules are yet to come
load_balancer()
{
	at lb nft -f - <<-EOT
	table ip lb {
		chain prerouting {
			type nat hook prerouting priority dstnat;
		}
	}
	EOT
}

# The service proxy's part on node1: a port of the node for the pod a1
service_proxy()
{
	at node1 nft -f - <<-EOT
	table ip services {
		chain prerouting {
			type nat hook prerouting priority dstnat;
			tcp dport 30080 dnat to 172.16.1.4:80
		}
		chain postrouting {
			type nat hook postrouting priority srcnat - 1;
			ct status dnat masquerade
		}
	}
	EOT
}

# node_nat on|off NODE...: what the agent of a node makes of it
node_nat()
{
	local node

	for node in "${@:2}"; do
		rules "$node" <<-EOT || fail "no rules on $node"
		table ip node_nat
		delete table ip node_nat
		EOT
		[[ $1 == on ]] || continue
		rules "$node" <<-EOT || fail "no rules on $node"
		table ip node_nat {
			chain forward {
				type filter hook forward priority filter;
				ct state invalid drop
			}
			chain postrouting {
				type nat hook postrouting priority srcnat;
				ip daddr != $VNET meta l4proto { tcp, udp } \
					masquerade to :20000-$((20000 + NODE_PORTS - 1))
			}
		}
		EOT
	done
}

topology_up()
{
	links_up
	load_balancer || fail "lb has no rules"
	service_proxy || fail "node1 has no rules"
	chmod a+rx "$SCRATCH"
	web internet whatismyip 192.0.2.80:80
	web a1 shop 172.16.1.4:80 -- "location = /health { return 200 healthy; }"
}
