# SPDX-License-Identifier: GPL-2.0
# Managed NAT gateway: a payment API's allow-list, and addresses that stay
# shellcheck shell=bash disable=SC2034
# do_STEP acts, check_STEP claims; --break STEP leaves do_STEP out, so each do_
# must be needed by some claim.

STEPS=(monday tuesday cluster allow-list new-node more-ips fewer-ips timeout
	service corp corp-timeout
	kubenet kubenet-named kubenet-prefix)

declare -A TITLE=(
	[monday]="Nodes with public IPs of their own, which the payment API allows"
	[tuesday]="The nodes come back from an upgrade with other public IPs"
	[cluster]="A managed NAT gateway with two public IPs"
	[allow-list]="The payment API allows these two, once"
	[new-node]="A node is replaced"
	[more-ips]="Five public IPs, while connections are open"
	[fewer-ips]="Two again: what is open stays open"
	[timeout]="The idle timeout, on the fly"
	[service]="A service of type LoadBalancer beside the NAT gateway"
	[corp]="A cluster without outbound type on a subnet that has a gateway"
	[corp-timeout]="600 without a unit, and a timeout for all subnets of a gateway"
	[kubenet]="Kubenet: pods with a network of their own, behind their node's address"
	[kubenet-named]="Node translation off: what comes from outside of the prefix is named"
	[kubenet-prefix]="A prefix that holds the nodes and the pods"
)

# nodes_have ADDR-1 ADDR-2 ADDR-3: what a cloud does for machines with a public IP
nodes_have()
{
	rules router <<-EOT
	table ip node_ips
	delete table ip node_ips
	table ip node_ips {
		chain post {
			type nat hook postrouting priority srcnat
			ip saddr 10.224.0.4 oifname wan snat to $1
			ip saddr 10.224.0.5 oifname wan snat to $2
			ip saddr 10.224.0.6 oifname wan snat to $3
		}
	}
	EOT
}

# allows ADDR...: what the payment company adds to its list by hand
allows()
{
	local addr

	for addr in "$@"; do
		echo "allow $addr;" >> "$ALLOW_LIST"
	done
	on internet cat "$ALLOW_LIST"
	web_reload api
}

# try POD...: shows what the payment API says
try()
{
	local pod

	for pod in "$@"; do
		on "$pod" curl -s -m 5 -o /dev/null -w '%{http_code}\n' "$PAY"
	done
}

# says STATUS TIMES POD...: the payment API does, each time
says()
{
	local status=$1 times=$2 pod

	shift 2
	for pod in "$@"; do
		is "$(at "$pod" curl -s -m 5 --http1.0 -o /dev/null -w '%{http_code} ' \
			"$PAY?[1-$times]")" "$(printf "$status %.0s" $(seq "$times"))" || return
	done
}

do_monday()
{
	nodes_have 198.51.100.11 198.51.100.12 198.51.100.13
	allows 198.51.100.11 198.51.100.12 198.51.100.13
	try pay1 pay2 pay3
}

check_monday()
{
	claim "three pods pay: 200" wait_for 10 says 200 1 pay1 pay2 pay3
}

do_tuesday()
{
	nodes_have 198.51.100.27 198.51.100.94 198.51.100.41
	try pay1 pay2 pay3
}

check_tuesday()
{
	claim "the API refuses all three pods: 403" says 403 1 pay1 pay2 pay3
	claim "it saw each node's address of today" \
		wait_for 5 refused_by_the_api 198.51.100.27 198.51.100.41 198.51.100.94
}

# refused_by_the_api ADDR...: in order
refused_by_the_api()
{
	is "$(sources api /pay 403 | awk '{ print $2 }' | paste -sd ' ')" "$*"
}

gateway()
{
	json ".[0].\"$2\"" gateway show "$1"
}

# list KEY [CLUSTER]: of addresses
list()
{
	json ".[0].\"$1\" // [] | join(\" \")" cluster show "${2-payments}"
}

do_cluster()
{
	note "The nodes give their own public IPs back:"
	router nft delete table ip node_ips
	router natgwctl managed-pool add 203.0.113.0/26
	cloud az aks create --name payments --outbound-type managedNATGateway \
		--nat-gateway-managed-outbound-ip-count 2 --nat-gateway-idle-timeout 4 --node-count 3
	router natgwctl cluster add payments prefix 10.224.0.0/16 outbound-type managedNATGateway \
		managed-outbound-ip-count 2 idle-timeout 4m node-count 3
	router natgwctl cluster show payments
	try pay1 pay2 pay3
}

check_cluster()
{
	read -ra STATIC <<< "$(list address)"
	claim "the cluster has made its gateway, which is operational" is "$(gateway payments-nat operational)" yes
	claim "it has two addresses" is "${#STATIC[@]}" 2
	claim "the pods leave by them, whatever their node" leave_by_these pay1 pay2 pay3
	claim "which the payment API does not know yet: 403" says 403 1 pay1 pay2 pay3
}

leave_by_these()
{
	local pod try

	for pod in "$@"; do
		for try in 1 2 3 4; do
			is_one_of "$(my_ip "$pod" "$WHOAMI")" "${STATIC[@]}" || return
		done
	done
}

# natgw can keep the list, too: it will tell what is missing on it.
do_allow_list()
{
	allows "${STATIC[@]}"
	cloud az aks update --name payments --api-server-authorized-ip-ranges "${STATIC[*]}"
	router natgwctl cluster set payments \
		authorized-ip-ranges "$(IFS=,; echo "${STATIC[*]}")"
	try pay1 pay2 pay3
}

check_allow_list()
{
	claim "pod 1 pays" wait_for 10 says 200 1 pay1
	claim "natgw knows no address that is not allowed" is "$(list unauthorized)" ""
	claim "all pods do, ten times each" says 200 10 pay1 pay2 pay3
}

# Another machine with another private address, as after a scale-in and -out
do_new_node()
{
	note "node2 and pay2 are gone; node4 and pay4 come"
	node_is_gone pay2 node2
	payment_node node4 10.224.0.7 pay4 10.224.0.41
	try pay4
}

check_new_node()
{
	claim "pay4 on the new node pays at once, ten times" says 200 10 pay4
}

do_more_ips()
{
	cloud az aks update --name payments --nat-gateway-managed-outbound-ip-count 5
	router natgwctl cluster set payments managed-outbound-ip-count 5
	MISSING=$(list unauthorized)
	# shellcheck disable=SC2086 # words
	allows $MISSING
	hold open pay1 "$WHOAMI" 100 60
	router natgwctl ports show
}

check_more_ips()
{
	claim "there are five, the two among them" is "$(list address)" "${STATIC[*]} ${MISSING-}"
	claim "new connections use all of them" is "$(grep -c ' as ' "$SCRATCH/open.held")" 5
	claim "told of them, the API lets everybody pay" wait_for 10 says 200 10 pay1 pay3 pay4
}

# open_at ADDR...: connections of pay1 that live there
open_at()
{
	local addr n=0

	for addr in "$@"; do
		n=$((n + $(natgwctl session count address "$addr" state established)))
	done
	echo "$n"
}

do_fewer_ips()
{
	# shellcheck disable=SC2086 # words
	AT_THE_REST=$(open_at $MISSING)
	cloud az aks update --name payments --nat-gateway-managed-outbound-ip-count 2
	router natgwctl cluster set payments managed-outbound-ip-count 2
	router natgwctl cluster show payments
}

check_fewer_ips()
{
	claim "it leaves by two, those of the beginning" is "$(list address)" "${STATIC[*]}"
	claim "connections are open at the three that go" test "${AT_THE_REST:-0}" -gt 0
	# shellcheck disable=SC2086 # words
	claim "none of them was cut" is "$(open_at $MISSING)" "$AT_THE_REST"
	claim "the three are kept until these end" is "$(list retired-address)" "$MISSING"
	claim "new ones leave by the two that stay" leave_by_these pay1 pay3 pay4
}

# longest time until a connection of pay1, or of ADDR, ends if it stays idle
expires()
{
	json '[.[] | select(.state == "established") | .expires] | max // 0' \
		session show src "${1-10.224.0.4}"
}

do_timeout()
{
	cloud az aks update --name payments --nat-gateway-idle-timeout 10
	note "   an open connection ends after $(expires) s more without a packet"
	echo_command router natgwctl gateway set payments-nat idle-timeout 10m
	natgwctl gateway set payments-nat idle-timeout 10m 2>&1 | tee "$SCRATCH/refused"
	router natgwctl cluster set payments idle-timeout 10m
	note "   now after $(expires) s more"
}

check_timeout()
{
	claim "its gateway is the cluster's: natgw says which command to use instead" \
		grep -q 'cluster set payments' "$SCRATCH/refused"
	claim "the idle timeout is 10 min" is "$(gateway payments-nat idle-timeout)" 600
	claim "for the open connections too" test "$(expires)" -gt 240
}

# There is no load balancer in this cluster; the cloud makes one for the service.
do_service()
{
	note "kubectl expose deployment nginx --port=80 --type LoadBalancer"
	web pay1 shop 10.224.0.11:80
	rules router <<-EOT
	table ip loadbalancer {
		chain pre {
			type nat hook prerouting priority dstnat
			ip daddr $INGRESS tcp dport 80 dnat to 10.224.0.4:31702
		}
	}
	EOT
	rules node1 <<-EOT
	table ip service {
		chain pre {
			type nat hook prerouting priority dstnat
			tcp dport 31702 dnat to 10.224.0.11:80
		}
	}
	EOT
	on internet curl -s -m 5 "http://$INGRESS/whoami"
}

check_service()
{
	claim "a client of the internet gets in, and the pod sees its address" \
		is "$(my_ip internet "http://$INGRESS/whoami")" 192.0.2.80
	claim "the cluster has no load balancer for egress, only the NAT gateway" \
		is "$(json '[.[].name] | join(" ")' gateway show)" payments-nat
	claim "the same pod leaves by the addresses of the NAT gateway, not by that of the service" \
		leave_by_these pay1
}

# A subnet with a gateway, whose public IP prefix comes from the pool, was there before
# the cluster, of which nobody said an outbound type.
do_corp()
{
	cloud az network nat gateway create --name corp-nat
	router natgwctl gateway add corp-nat
	cloud az network public-ip prefix create --length 28
	router natgwctl address add length 28 gateway corp-nat
	cloud az network vnet subnet update --name corp --nat-gateway corp-nat
	router natgwctl subnet add corp prefix 10.1.0.0/24 gateway corp-nat
	cloud az aks create --name corp --vnet-subnet-id ID-OF-CORP
	router natgwctl cluster add corp subnet corp
	router natgwctl subnet show corp
	on corp1 curl -s -m 5 "$WHOAMI" | tee "$SCRATCH/by"
}

# in_prefix ADDR: of the prefix /28 of corp-nat
in_prefix()
{
	local prefix

	prefix=$(json '.[] | select(.gateway == "corp-nat") | .address' address show)
	[[ $prefix == */28 && $1 == "${prefix%.*}".* ]] &&
		((${1##*.} >> 4 == $(cut -d . -f 4 <<< "${prefix%/*}") >> 4))
}

check_corp()
{
	claim "its outbound type is loadBalancer, the default" \
		is "$(json '.[0]."outbound-type"' cluster show corp)" loadBalancer
	claim "but it leaves by the gateway of its subnet" in_prefix "$(tail -n 1 "$SCRATCH/by")"
}

# An article says 600 and means seconds. The cloud's unit is the minute, and it refuses
# 600 of them; natgw asks what is meant.
do_corp_timeout()
{
	router natgwctl subnet add office prefix 10.1.1.0/24 gateway corp-nat
	hold c1 corp1 "$WHOAMI" 1
	hold c2 office1 "$WHOAMI" 1
	cloud az network nat gateway update --name corp-nat --idle-timeout 600
	echo_command router natgwctl gateway set corp-nat idle-timeout 600
	natgwctl gateway set corp-nat idle-timeout 600 2>&1 | tee "$SCRATCH/unit"
	refused "121|120m|2h|120" gateway set corp-nat idle-timeout 600m
	note "   silent for $(expires 10.1.0.4) s and $(expires 10.1.1.4) s at most"
	router natgwctl gateway set corp-nat idle-timeout 10m
	note "   now for $(expires 10.1.0.4) s and $(expires 10.1.1.4) s"
}

between()
{
	(($1 <= $2 && $2 <= $3))
}

check_corp_timeout()
{
	claim "600 of what? natgw wants a unit" grep -q 'time needs a unit' "$SCRATCH/unit"
	claim "10 minutes hold for the connection that is open in subnet corp" \
		between 241 "$(expires 10.1.0.4)" 600
	claim "and for that in subnet office: the timeout is the gateway's, for all its subnets" \
		between 241 "$(expires 10.1.1.4)" 600
	claim "the gateway says 600 seconds" is "$(gateway corp-nat idle-timeout)" 600
}

do_kubenet()
{
	rules knode <<-EOT
	table ip node {
		chain post {
			type nat hook postrouting priority srcnat
			ip saddr 10.244.0.0/16 ip daddr != 10.0.0.0/8 snat to 10.240.0.4
		}
	}
	EOT
	cloud az aks create --name kube --network-plugin kubenet --pod-cidr 10.244.0.0/16 \
		--outbound-type managedNATGateway
	router natgwctl cluster add kube prefix 10.240.0.0/16 outbound-type managedNATGateway
	on kpod curl -s -m 5 "$WHOAMI" | tee "$SCRATCH/by"
}

check_kubenet()
{
	claim "the pod leaves by the gateway of its cluster" \
		is "$(tail -n 1 "$SCRATCH/by")" "$(list address kube)"
	claim "to which it is its node: the prefix of the pods is not needed" \
		test "$(natgwctl session count src 10.240.0.4)" -gt 0
}

do_kubenet_named()
{
	excuse 10.244.0.11	# in no subnet
	cloud az aks nodepool add --os-type Windows --disable-windows-outbound-nat
	router natgwctl cluster set kube node-nat off
	on knode nft delete table ip node
	on kpod curl -s -m 3 "$WHOAMI"
	router natgwctl
	router natgwctl explain src 10.244.0.11 dst 192.0.2.80:80 proto tcp vnet kube
}

check_kubenet_named()
{
	claim "no answer: nothing translates a source that is in no subnet" \
		is "$(my_ip kpod "$WHOAMI" 2)" ""
	claim "bare natgwctl names the pod" \
		grep -q '10\.244\.0\.11 sends to the Internet from no subnet' <(natgwctl)
}

# The prefix of a cluster never changes: it is made anew, with one for both.
do_kubenet_prefix()
{
	excuse 10.244.0.11	# until the cluster is there again
	refused "prefix of cluster kube never changes" cluster set kube prefix 10.240.0.0/13
	router natgwctl cluster del kube drain 0s
	router natgwctl cluster add kube prefix 10.240.0.0/13 dev kube node-nat off \
		outbound-type managedNATGateway
	on kpod curl -s -m 5 "$WHOAMI" | tee "$SCRATCH/by"
}

check_kubenet_prefix()
{
	claim "the pod leaves by the gateway" is "$(tail -n 1 "$SCRATCH/by")" "$(list address kube)"
	claim "which sees pods now, not nodes" \
		test "$(natgwctl session count src 10.244.0.11)" -gt 0
}
