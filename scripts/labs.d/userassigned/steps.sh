# SPDX-License-Identifier: GPL-2.0
# A NAT gateway of one's own for a cluster; what node masquerade breaks
# shellcheck shell=bash disable=SC2034,SC2154 # STEPS and SCRATCH are tour.d/run's

STEPS=(gateway)

declare -A TITLE=(
	[gateway]="A gateway with a public IP"
)

IP_SERVICE=http://192.0.2.80/whoami

do_gateway()
{
	on a1 curl -s $IP_SERVICE
	router natgwctl gateway add myNatGateway
	router natgwctl address add 203.0.113.10 gateway myNatGateway
	router natgwctl vnet add myVnet prefix 172.16.0.0/20 dev aks0 dev infra0
	router natgwctl subnet add aks vnet myVnet prefix 172.16.0.0/22 gateway myNatGateway
	hold load a1 $IP_SERVICE 300
}

check_gateway()
{
	claim "a1 leaves by it" is "$(my_ip a1 $IP_SERVICE)" 203.0.113.10
	claim "300 held" is "$(held load)" 300
	release load
}
