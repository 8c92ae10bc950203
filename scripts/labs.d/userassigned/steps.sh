# SPDX-License-Identifier: GPL-2.0
# A NAT gateway of one's own for a cluster; what node masquerade breaks
# shellcheck shell=bash disable=SC2034,SC2154 # STEPS and SCRATCH are tour.d/run's

STEPS=(vnet gateway wrong-subnet right-subnet cluster ip-count timeout node-nat ports unhealthy
	local-policy node-nat-off)

declare -A TITLE=(
	[vnet]="A vnet of one's own, with two subnets"
	[gateway]="A NAT gateway of one's own, with a public IP"
	[wrong-subnet]="The wrong subnet gets it; natgwctl tells"
	[right-subnet]="The right one"
	[cluster]="The cluster, with the gateway that its subnet has"
	[ip-count]="More public IPs, one less: what runs goes on"
	[timeout]="Another idle timeout holds at once"
	[node-nat]="Nodes that masquerade: the gateway sees nodes, not pods"
	[ports]="The pods of one node share its ports, and these run out"
	[unhealthy]="A reverse proxy in a peered vnet calls a pod unhealthy"
	[local-policy]="A service with externalTrafficPolicy Local does not answer"
	[node-nat-off]="node-nat off cures all three"
)

IP_SERVICE=http://192.0.2.80/whoami

# --- what the claims are made of ---------------------------------------------

leaves_by()
{
	is_one_of "$(my_ip "$1" $IP_SERVICE 5)" "${@:2}"
}

no_answer()
{
	[[ -z $(my_ip "$1" $IP_SERVICE 3) ]]
}

method()
{
	json '.[].method' explain src "$1" dst 192.0.2.80:80 proto tcp
}

# http_status HOST URL [CURL-ARGUMENT]...
http_status()
{
	at "$1" curl -s -o /dev/null -m 15 -w '%{http_code}' "${@:3}" "$2"
}

# service VIP: which address the pod sees of a client on the internet
service()
{
	at internet curl -s -m "${2-15}" --interface $CLIENT "http://$1/whoami"
}

# Hosts that have ports of the gateway towards the service
hosts()
{
	json '[.[] | select(.used > 0) | .src] | sort | join(" ")' \
		ports show gateway myNatGateway by host
}

gateway_says()
{
	json ".[0].\"$1\"" gateway show myNatGateway
}

# --- steps -------------------------------------------------------------------

do_vnet()
{
	cloud az network vnet create --name myVnet --address-prefixes 172.16.0.0/20
	router natgwctl vnet add myVnet prefix $VNET dev aks0 dev jump0 private-space pass
	router natgwctl vnet add peered prefix 10.50.0.0/16 dev peer0
	cloud az network vnet subnet create --vnet-name myVnet --name myNatCluster \
		--address-prefixes 172.16.0.0/22
	router natgwctl subnet add myNatCluster vnet myVnet prefix 172.16.0.0/22
	router natgwctl subnet add jump vnet myVnet prefix 172.16.4.0/24
}

check_vnet()
{
	claim "two subnets" is "$(json length subnet show)" 2
	claim "the vnets reach each other" is "$(http_status appgw http://172.16.1.4/whoami)" 200
}

do_gateway()
{
	cloud az network public-ip create --name myNatGatewayPip --sku standard
	cloud az network nat gateway create --name myNatGateway \
		--public-ip-addresses myNatGatewayPip --idle-timeout 4
	router natgwctl gateway add myNatGateway idle-timeout 4m
	router natgwctl address add 203.0.113.10 gateway myNatGateway
}

check_gateway()
{
	claim "it lacks a subnet" is "$(gateway_says operational-reason)" "no subnet"
}

do_wrong_subnet()
{
	excuse 172.16.1.4		# of the subnet that no gateway is bound to
	router natgwctl subnet set jump gateway myNatGateway
	note "A pod asks a \"what is my IP\" service and gets no answer:"
	on a1 curl -s -m 3 $IP_SERVICE
	note "Nor does a cluster come about that is to use the gateway of its subnet:"
	refused "subnet myNatCluster is bound to no gateway" cluster add myNatCluster \
		subnet myNatCluster outbound-type userAssignedNATGateway
	note "The gateway is well:"
	router natgwctl gateway show myNatGateway
	note "but this is what natgw has to say:"
	router natgwctl
	router natgwctl explain src 172.16.1.4 dst 192.0.2.80:80 proto tcp
	router natgwctl subnet show
}

named()
{
	grep -q "172\.16\.0\.0/22 .*no gateway is bound to it" <(natgwctl)
}

check_wrong_subnet()
{
	claim "the jump box leaves by the gateway" leaves_by jumpbox 203.0.113.10
	claim "the pod has no answer" no_answer a1
	claim "bare natgwctl names the subnet that sends past the gateway" named
	claim "explain: the pod's packets are not translated" is "$(method 172.16.1.4)" pass
}

do_right_subnet()
{
	excuse 172.16.4.4		# of the subnet that is bound no longer
	router natgwctl subnet set jump gateway none
	cloud az network vnet subnet update --vnet-name myVnet --name myNatCluster \
		--nat-gateway myNatGateway
	router natgwctl subnet set myNatCluster gateway myNatGateway
	on a1 curl -s -m 10 $IP_SERVICE
}

check_right_subnet()
{
	local pod

	for pod in a1 a2 a3 b1; do
		claim "$pod leaves by the gateway" leaves_by $pod 203.0.113.10
	done
	claim "the jump box does not any more" no_answer jumpbox
}

do_cluster()
{
	cloud az aks create --name myNatCluster --vnet-subnet-id ID-OF-SUBNET \
		--outbound-type userAssignedNATGateway
	router natgwctl cluster add myNatCluster subnet myNatCluster \
		outbound-type userAssignedNATGateway
	router natgwctl cluster show myNatCluster
}

check_cluster()
{
	claim "it has the gateway, with its address" is \
		"$(json '.[0] | ."outbound-type", .gateway' cluster show | xargs)" \
		"userAssignedNATGateway myNatGateway"
}

GW="203.0.113.10 203.0.113.11 203.0.113.16 203.0.113.17 203.0.113.18 203.0.113.19"

do_ip_count()
{
	note "A connection that runs:"
	hold long b1 $IP_SERVICE 1
	cloud az network nat gateway update --name myNatGateway \
		--public-ip-addresses myNatGatewayPip myOtherPip --public-ip-prefixes myPrefix
	router natgwctl address add 203.0.113.11 gateway myNatGateway
	router natgwctl address add 203.0.113.16/30 gateway myNatGateway
	hold many a2 $IP_SERVICE 120 60
	note "And one address less, when its sessions have ended:"
	router natgwctl address set 203.0.113.11 drain 1h
	router natgwctl address show
}

still_runs()
{
	[[ $(json '[.[] | select(.state == "established")] | length' session show src 172.16.1.14) == 1 ]]
}

check_ip_count()
{
	local i seen=""

	claim "all 120 were answered" is "$(held many)" 120
	claim "by all six addresses" is \
		"$(awk '$2 == "as" { print $3 }' "$SCRATCH/many.held" | sort | xargs)" "$GW"
	release many
	for i in {1..20}; do
		seen+=" $(my_ip a1 $IP_SERVICE)"
	done
	claim "new connections do not get 203.0.113.11" eval "[[ '$seen' != *203.0.113.11* ]]"
	claim "the connection that ran still does" still_runs
}

# How long the running connection may be silent
expires()
{
	json '[.[] | select(.state == "established") | .expires] | max // 0' \
		session show src 172.16.1.14
}

do_timeout()
{
	router natgwctl session show src 172.16.1.14
	cloud az network nat gateway update --name myNatGateway --idle-timeout 30
	router natgwctl gateway set myNatGateway idle-timeout 30m
	router natgwctl session show src 172.16.1.14
}

lives_on()
{
	(($(expires) > 20 * 60))
}

check_timeout()
{
	claim "the running connection may now be silent for more than 20 minutes" lives_on
	claim "the gateway says 30 minutes" is "$(gateway_says idle-timeout)" 1800
	release long
}

# What the agent of each node does when it hears of the cluster
node_script()
{
	local nat

	nat=$(json '.[0]."node-nat"' cluster show myNatCluster)
	note "node1, node2: cluster myNatCluster has node-nat $nat"
	node_nat "$nat" node1 node2
}

do_node_nat()
{
	note "Windows nodes do so by default (OutboundNAT), and so do these now:"
	node_script
	on node1 nft list table ip node_nat
	router natgwctl session flush
	hold p1 a1 $IP_SERVICE 5
	hold p2 a2 $IP_SERVICE 5
	router natgwctl ports show by host
}

check_node_nat()
{
	claim "pods still leave by the gateway" leaves_by a1 $GW
	claim "but to the gateway they are one host, their node" is "$(hosts)" 172.16.0.4
	release p1; release p2
}

do_ports()
{
	note "node1 has $NODE_PORTS ports for its pods (few, for this lab); each pod wants 150:"
	hold p1 a1 $IP_SERVICE 150
	hold p2 a2 $IP_SERVICE 150
	hold p3 a3 $IP_SERVICE 150
	note "The gateway has ports in plenty:"
	router natgwctl ports show by address
	router natgwctl stats show
}

all_held()
{
	echo $(($(held p1) + $(held p2) + $(held p3)))
}

at_most()
{
	(($2 <= $1))
}

# Of all addresses that are not being taken away
free_ports()
{
	json '[.[].free] | add' ports show gateway myNatGateway by address
}

check_ports()
{
	# the node's own NAT gives up on one now and then, long before the last port
	claim "the first pod got nearly all of the 150 it asked for" at_most "$(held p1)" 140
	claim "of 450 connections no more than the node has ports ($NODE_PORTS) were answered" \
		at_most $NODE_PORTS "$(all_held)"
	claim "the gateway has more than 320,000 free" at_most "$(free_ports)" 320000
	claim "and it refused nothing" is "$(drops quota)$(drops pool-empty)$(drops destination-full)" 000
	release p1; release p2; release p3
}

do_unhealthy()
{
	note "The proxy's question goes to the pod; the answer by the node, which knows of no"
	note "question, for 10.50.0.0/16 is not of its vnet:"
	web appgw appgw 10.50.0.4:80 -- "location / { proxy_pass http://172.16.1.4;
		proxy_connect_timeout 3s; }"
	on appgw curl -s -o /dev/null -w '%{http_code}\n' http://10.50.0.4/health
}

check_unhealthy()
{
	claim "504: the pod is unhealthy, it says" is "$(http_status appgw http://10.50.0.4/health)" 504
}

do_local_policy()
{
	note "Policy Cluster, 203.0.113.80: by way of a node, which puts in its own address:"
	on lb nft add rule ip lb prerouting ip daddr 203.0.113.80 tcp dport 80 dnat to 172.16.0.4:30080 ||
		fail "no rule"
	on internet curl -s -m 15 --interface $CLIENT http://203.0.113.80/whoami
	note "Policy Local, 203.0.113.81: as the client sent it, to a pod:"
	on lb nft add rule ip lb prerouting ip daddr 203.0.113.81 tcp dport 80 dnat to 172.16.1.4 ||
		fail "no rule"
	on internet curl -s -m 4 --interface $CLIENT http://203.0.113.81/whoami
}

check_local_policy()
{
	claim "policy Cluster works, the pod sees the node" is "$(service 203.0.113.80)" 172.16.0.4
	claim "policy Local does not answer" is "$(service 203.0.113.81 4)" ""
}

do_node_nat_off()
{
	cloud az aks nodepool add --os-type Windows --disable-windows-outbound-nat
	router natgwctl cluster set myNatCluster node-nat off
	node_script
	router natgwctl session flush
	hold p1 a1 $IP_SERVICE 150 60
	hold p2 a2 $IP_SERVICE 150 60
	hold p3 a3 $IP_SERVICE 150 60
	router natgwctl ports show by host
}

check_node_nat_off()
{
	claim "all 450 connections were answered" is "$(all_held)" 450
	claim "ports show by host counts pods" is "$(hosts)" "172.16.1.4 172.16.1.5 172.16.1.6"
	claim "the proxy in the peered vnet calls the pod healthy" \
		is "$(http_status appgw http://10.50.0.4/health)" 200
	claim "policy Local answers, and the pod sees the client" \
		is "$(service 203.0.113.81)" $CLIENT
	claim "policy Cluster works as before" is "$(service 203.0.113.80)" 172.16.0.4
}
