# SPDX-License-Identifier: GPL-2.0
# User-defined routes to a firewall that allows by name; ingress beside it
# shellcheck shell=bash disable=SC2034,SC2154 # STEPS and SCRATCH are tour.d/run's

STEPS=(network cluster gateway routes move deny tunnel-udp tunnel-tcp time aks-names api-server
	docker-hub services priorities ifconfig dnat appgw)

declare -A TITLE=(
	[network]="A vnet with three subnets"
	[cluster]="A cluster that gets out by a load balancer, and in by another of its addresses"
	[gateway]="A NAT gateway instead: egress has another address, ingress keeps its own"
	[routes]="A route table: all to the firewall, the firewall's own address to the Internet"
	[move]="The cluster moves to user-defined routing: the same ingress breaks"
	[deny]="The firewall denies what no rule allows"
	[tunnel-udp]="UDP 1194 to the service tag AzureCloud.westeurope"
	[tunnel-tcp]="TCP 9000 to the same"
	[time]="UDP 123 to ntp.ubuntu.com, a name"
	[aks-names]="A named set of names: AzureKubernetesService, on 80 and 443"
	[api-server]="The API server admits the firewall's public IP"
	[docker-hub]="An image pull fails, and then six names later runs"
	[services]="Four services of the cloud: registry, key vault, storage, database"
	[priorities]="Two collections disagree: the lower priority number decides"
	[ifconfig]="What is my IP?"
	[dnat]="First cure of the ingress: in by the firewall's public IP"
	[appgw]="Second cure: an application gateway inside the vnet"
)

FW_PUBLIC=203.0.113.200
REGION=AzureCloud.westeurope
AKS_NAMES=(aks1.hcp.westeurope.azmk8s.io mcr.microsoft.com westeurope.data.mcr.microsoft.com
	packages.microsoft.com azure.archive.ubuntu.com)
HUB_NAMES=(hub.docker.com registry-1.docker.io production.cloudflare.docker.com
	auth.docker.io cdn.auth0.com login.docker.com)
SERVICE_NAMES=(shop.azurecr.io shop.vault.azure.net shop.blob.core.windows.net
	shop.documents.azure.com)

# --- what the claims are made of ---------------------------------------------

# visit ADDRESS: a client on the internet at some public IP of the cluster
visit()
{
	at internet curl -s -m "${2-10}" --interface $CLIENT "http://$1/"
}

# Packets that a counter of the firewall has
fw_counter()
{
	at fw nft list counter ip fw "$1" | sed -n 's/.*packets \([0-9]*\).*/\1/p'
}

more_than()
{
	(($("${@:2}") > $1))
}

# is_denied PROTO PORT [ADDRESS]: the firewall remembers to have dropped it
is_denied()
{
	grep -qE "10\.42\.1\.[0-9]+ \. ${3-[0-9.]+} \. $1 \. $2( |,|$)" \
		<(at fw nft list set ip fw denied)
}

# try HOST PROTO PORT COMMAND: shown, must come to nothing because of the firewall
try()
{
	local host=$1 proto=$2 port=$3 pid

	at fw nft flush set ip fw denied
	echo_command "$host" "$4"
	setsid nsenter --net="/run/netns/$host" -- sh -c "$4" > "$SCRATCH/try" 2>&1 < /dev/null &
	pid=$!
	claim "the firewall denies it: no rule matched $proto $port" \
		wait_for 30 is_denied "$proto" "$port"
	kill -- "-$pid"
	wait "$pid" 2>/dev/null
	claim "and no answer came" test ! -s "$SCRATCH/try"
}

# answers WANTED HOST COMMAND: within three tries (a datagram may be lost)
answers()
{
	local i out

	for i in 1 2 3; do
		out=$(at "$2" sh -c "$3" 2>/dev/null < /dev/null)
		# shellcheck disable=SC2053 # a pattern
		[[ $out == $1 ]] && return
	done
	return 1
}

# try_http HOST URL: shown; the firewall says itself that it denies it
try_http()
{
	on "$1" curl -s -m 10 "$2" | tee "$SCRATCH/try"
	claim "the firewall denies it, in its own words" \
		grep -qx 'Action: Deny. Reason: No rule matched. Proceeding with default action.' \
		"$SCRATCH/try"
}

# allow_names SET COLLECTION PROTO PORTS NAME...: the DNS proxy puts the addresses that
# it tells for the names into the set, and the rule looks there
allow_names()
{
	local set=$1 collection=$2 proto=$3 ports=$4 names

	shift 4
	names=$(printf '/%s' "$@")
	on fw nft add set ip fw "$set" '{ type ipv4_addr; }' || fail "no set"
	on fw nft add rule ip fw "$collection" ip daddr "@$set" "$proto" dport "$ports" accept ||
		fail "no rule"
	if [[ $proto == tcp && $ports == *80* ]]; then
		on fw nft add rule ip fw "$collection-http" ip daddr "@$set" accept || fail "no rule"
	fi
	echo "nftset=$names/4#ip#fw#$set" > "$SCRATCH/fw.d/$set.conf"
	on fw cat "$SCRATCH/fw.d/$set.conf"
	dns_proxy
}

# --- steps -------------------------------------------------------------------

do_network()
{
	cloud az network vnet create --name vnet1 --address-prefixes 10.42.0.0/16
	router natgwctl vnet add vnet1 prefix 10.42.0.0/16 dev aks0 dev fw0 dev gw0
	router natgwctl subnet add aks vnet vnet1 prefix 10.42.1.0/24
	router natgwctl subnet add AzureFirewallSubnet vnet vnet1 prefix 10.42.2.0/24
	router natgwctl subnet add appgw vnet vnet1 prefix 10.42.3.0/24
}

check_network()
{
	claim "three subnets, none with a gateway or a route table" is "$(json \
		'[.[] | select(.gateway == null and ."route-table" == null)] | length' subnet show)" 3
}

# Type, gateway and so on of the cluster
cluster()
{
	json ".[0].\"$1\"" cluster show aks1
}

# leaves_by ADDRESS: an unfiltered pod
leaves_by()
{
	answers "$1" nginx "curl -s -m 10 http://${NAME[ifconfig.me]}/"
}

do_cluster()
{
	note "Public IPs for what is made by itself, and a cluster with the default type:"
	router natgwctl managed-pool add 203.0.113.32/28
	router natgwctl cluster add aks1 subnet aks node-count 2
	router natgwctl cluster show aks1
	note "Egress: the nodes may pull, the pods may call, anything. Nobody filters."
	on nginx curl -s -m 10 http://${NAME[ifconfig.me]}/
	note "Ingress: the load balancer hands 203.0.113.80:80 to the pod aspnetapp."
	on internet curl -s -m 10 --interface $CLIENT http://203.0.113.80/
}

check_cluster()
{
	claim "egress has a public IP of the pool" leaves_by 203.0.113.32
	claim "ingress has another one, and the pod sees its client's address" \
		is "$(visit 203.0.113.80)" $CLIENT
}

do_gateway()
{
	router natgwctl gateway add gw1
	router natgwctl address add 203.0.113.10 gateway gw1
	router natgwctl cluster plan aks1
	router natgwctl cluster set aks1 outbound-type userAssignedNATGateway gateway gw1
}

check_gateway()
{
	claim "egress has the public IP of the gateway" leaves_by 203.0.113.10
	claim "ingress keeps its address" is "$(visit 203.0.113.80)" $CLIENT
	claim "a light record remembers that this flow came by another way" \
		more_than 0 natgwctl session count kind direct
}

do_routes()
{
	note "To user-defined routing? Not without a route:"
	refused "ExistingRouteTableNotAssociatedWithSubnet" \
		cluster set aks1 outbound-type userDefinedRouting
	cloud az network route-table create --name fwrt
	router natgwctl route-table add fwrt
	cloud az network route-table route create --route-table-name fwrt \
		--address-prefix 0.0.0.0/0 --next-hop-type VirtualAppliance \
		--next-hop-ip-address 10.42.2.4
	router natgwctl route add 0.0.0.0/0 route-table fwrt \
		next-hop-type VirtualAppliance next-hop-ip 10.42.2.4
	cloud az network route-table route create --route-table-name fwrt \
		--address-prefix $FW_PUBLIC/32 --next-hop-type Internet
	router natgwctl route add $FW_PUBLIC/32 route-table fwrt next-hop-type Internet
}

check_routes()
{
	claim "the table has both routes" is "$(json '[.[].prefix] | sort | join(" ")' route show)" \
		"0.0.0.0/0 $FW_PUBLIC/32"
	claim "nobody uses it yet: ingress works" is "$(visit 203.0.113.80)" $CLIENT
}

# What natgw would do with a packet of a pod to ADDRESS
next_hop_of()
{
	json '.[].route | ."next-hop-ip" // ."next-hop-type"' \
		explain src 10.42.1.20 dst "$1:80" proto tcp
}

do_move()
{
	cloud az network vnet subnet update --name aks --route-table fwrt
	router natgwctl subnet set aks route-table fwrt
	router natgwctl cluster plan aks1 outbound-type userDefinedRouting
	cloud az aks update --name aks1 --outbound-type userDefinedRouting
	router natgwctl cluster set aks1 outbound-type userDefinedRouting
	router natgwctl route show effective subnet aks
	note "A client of the internet, by the load balancer, as before:"
	OUT_OF_STATE=$(fw_counter out_of_state)
	on internet curl -s -m 4 --interface $CLIENT http://203.0.113.80/
	note "The answer goes to the firewall, which has not seen the question:"
	on fw nft list counter ip fw out_of_state
	router natgwctl stats show
}

check_move()
{
	claim "the cluster has the new type" is "$(cluster outbound-type)" userDefinedRouting
	claim "to the internet: by the firewall" is "$(next_hop_of 198.51.100.150)" 10.42.2.4
	claim "to the firewall's public IP: not by the firewall" is "$(next_hop_of $FW_PUBLIC)" Internet
	claim "ingress is broken" is "$(visit 203.0.113.80 4)" ""
	claim "the firewall counts packets out of state" \
		more_than "${OUT_OF_STATE-0}" fw_counter out_of_state
	claim "natgw counts them as asymmetric" more_than 0 drops asymmetric
}

do_deny()
{
	note "kubectl exec nginx -it -- curl http://ifconfig.me"
	try_http nginx "http://${NAME[ifconfig.me]}/"
	note "What is no HTTP it drops without a word:"
	try nginx tcp 443 "curl -s -m 30 https://${NAME[ifconfig.me]}/"
	on fw nft list set ip fw denied
	DENIED=1
}

check_deny()
{
	claim "it remembers who asked for what" is_denied tcp 443 "${NAME[ifconfig.me]}"
	claim "and has told why" test "${DENIED-}"
}

do_tunnel_udp()
{
	note "The nodes' tunnel to their API server, one of many addresses of the region:"
	try node1 udp 1194 "$TUNNEL_UDP"
	note "A service tag is a list of prefixes. natgw keeps it, the firewall reads it there."
	cloud az network firewall network-rule create --collection-name aksfwnr -n apiudp \
		--protocols UDP --destination-addresses "$REGION" --destination-ports 1194 \
		--action allow --priority 100
	collection aksfwnr 100
	router natgwctl tag add $REGION prefix 198.51.100.0/26
	on fw nft add set ip fw $REGION "{ type ipv4_addr; flags interval; elements = { $(json \
		".[] | select(.name == \"$REGION\") | .prefix | join(\", \")" tag show) }; }" ||
		fail "no set"
	on fw nft add rule ip fw aksfwnr ip daddr @$REGION udp dport 1194 accept || fail "no rule"
}

check_tunnel_udp()
{
	claim "UDP 1194 works; the API server sees the firewall's public IP" \
		answers $FW_PUBLIC node1 "$TUNNEL_UDP"
}

do_tunnel_tcp()
{
	try node1 tcp 9000 "$TUNNEL_TCP"
	cloud az network firewall network-rule create --collection-name aksfwnr -n apitcp \
		--protocols TCP --destination-addresses "$REGION" --destination-ports 9000
	on fw nft add rule ip fw aksfwnr ip daddr @$REGION tcp dport 9000 accept || fail "no rule"
}

check_tunnel_tcp()
{
	claim "TCP 9000 works" answers $FW_PUBLIC node1 "$TUNNEL_TCP"
}

do_time()
{
	try node1 udp 123 "$TIME"
	note "A name may change its addresses. All machines of the vnet ask the firewall for"
	note "names; its DNS proxy, dnsmasq, fills a set of nftables with what it answers."
	cloud az network firewall network-rule create --collection-name aksfwnr -n time \
		--protocols UDP --destination-fqdns ntp.ubuntu.com --destination-ports 123
	allow_names ntp aksfwnr udp 123 ntp.ubuntu.com
}

check_time()
{
	claim "UDP 123 works (the stand-in tells the time in words)" \
		answers '*:*:*' node1 "$TIME"
	claim "the set has what the proxy answered" grep -q "${NAME[ntp.ubuntu.com]}" \
		<(at fw nft list set ip fw ntp)
	claim "another server is not allowed by it" eval \
		"! at node1 curl -sf -m 2 http://${NAME[ifconfig.me]}/"
}

do_aks_names()
{
	try node1 tcp 443 "curl -s -m 30 https://mcr.microsoft.com/"
	note "Registries, the update server, the API server: under one name of ours."
	cloud az network firewall application-rule create --collection-name aksfwar -n fqdn \
		--protocols http=80 https=443 --fqdn-tags AzureKubernetesService \
		--action allow --priority 101
	collection aksfwar 101
	allow_names AzureKubernetesService aksfwar tcp '{ 80, 443 }' "${AKS_NAMES[@]}"
}

check_aks_names()
{
	local name

	for name in "${AKS_NAMES[@]:1}"; do
		claim "https://$name works" answers $FW_PUBLIC node1 "curl -s -m 10 https://$name/"
	done
	claim "http://azure.archive.ubuntu.com, too" answers $FW_PUBLIC \
		node1 "curl -s -m 10 http://azure.archive.ubuntu.com/"
}

# api_status HOST [CURL-ARGUMENT]...
api_status()
{
	at "$1" curl -s -o /dev/null -m 10 -w '%{http_code}' "${@:2}" \
		"https://${AKS_NAMES[0]}/version"
}

api_admits()
{
	is "$(api_status "${@:2}")" "$1"
}

do_api_server()
{
	note "It admits nobody yet: authorized ranges, as az aks create"
	note "--api-server-authorized-ip-ranges has them."
	on node1 curl -s -o /dev/null -w '%{http_code}\n' "https://${AKS_NAMES[0]}/version"
	claim "403 for the firewall's public IP" api_admits 403 node1
	note "The cluster's record says whom to admit, and its API server reads it:"
	cloud az aks update --name aks1 --api-server-authorized-ip-ranges $FW_PUBLIC
	router natgwctl cluster set aks1 authorized-ip-ranges $FW_PUBLIC
	json '.[0]."authorized-ip-ranges"[] | "allow \(.);"' cluster show aks1 > "$SCRATCH/authorized"
	on internet cat "$SCRATCH/authorized"
	web_reload api
}

check_api_server()
{
	claim "200 for the nodes, whom it sees as the firewall" wait_for 10 api_admits 200 node1
	claim "403 for anybody else" api_admits 403 internet \
		--interface $CLIENT --resolve "${AKS_NAMES[0]}:443:$API"
}

# pull: shown and run
pull()
{
	echo_command node1 "pull nginx"
	at node1 "$UDR/pull" nginx "$SCRATCH/image"
}

do_docker_hub()
{
	note "kubectl run nginx --image=nginx"
	at fw nft flush set ip fw denied
	NATGW_PULL_TIMEOUT=4 pull && fail "the pull succeeded"
	claim "the firewall denied auth.docker.io" is_denied tcp 443 "${NAME[auth.docker.io]}"
	cloud az network firewall application-rule create --collection-name dockerhub-registry \
		-n dockerhub-registry --action allow --priority 200 --protocols https=443 \
		--target-fqdns "${HUB_NAMES[*]}"
	collection dockerhub-registry 200
	allow_names dockerhub dockerhub-registry tcp 443 "${HUB_NAMES[@]}"
	pull
	web nginx nginx 10.42.1.20:80 -- "root $SCRATCH/image/srv;"
}

check_docker_hub()
{
	local name

	claim "the image is there, and its digest was right" test -e "$SCRATCH/image/srv/index.html"
	claim "the pod runs" answers "Welcome to nginx!" aspnetapp "curl -s -m 10 http://10.42.1.20/"
	for name in "${HUB_NAMES[@]}"; do
		claim "https://$name works" answers $FW_PUBLIC node1 "curl -s -m 10 https://$name/"
	done
}

do_services()
{
	note "Azure Container Registry, Key Vault, Storage, Cosmos DB: what applications use."
	try nginx tcp 443 "curl -s -m 30 https://${SERVICE_NAMES[1]}/"
	cloud az network firewall application-rule create --collection-name services \
		-n services --action allow --priority 220 --protocols https=443 \
		--target-fqdns "${SERVICE_NAMES[*]}"
	collection services 220
	allow_names services services tcp 443 "${SERVICE_NAMES[@]}"
}

check_services()
{
	local name

	for name in "${SERVICE_NAMES[@]}"; do
		claim "https://$name works, and sees the firewall's public IP" \
			answers $FW_PUBLIC nginx "curl -s -m 10 https://$name/"
	done
}

# Does the pod reach the storage account?
storage()
{
	answers $FW_PUBLIC nginx "curl -s -m 4 https://shop.blob.core.windows.net/"
}

do_priorities()
{
	note "Someone denies one of them, with a higher number: the rule that allows is first."
	cloud az network firewall application-rule create --collection-name lockdown \
		-n storage --action deny --priority 300 --protocols https=443 \
		--target-fqdns shop.blob.core.windows.net
	collection lockdown 300
	on fw nft add rule ip fw lockdown ip daddr ${NAME[shop.blob.core.windows.net]} drop ||
		fail "no rule"
	storage && LATER=works
	note "With a lower one it comes first. Nothing else of the rules changes."
	cloud az network firewall application-rule collection update --name lockdown --priority 150
	collection lockdown 150
}

check_priorities()
{
	claim "denied at 300 and allowed at 220: it worked" is "${LATER-}" works
	claim "denied at 150 and allowed at 220: it does not" eval \
		"! at nginx curl -s -m 3 https://shop.blob.core.windows.net/"
	claim "the others do" answers $FW_PUBLIC nginx "curl -s -m 10 https://shop.vault.azure.net/"
}

do_ifconfig()
{
	try_http nginx http://ifconfig.me/
	cloud az network firewall application-rule create --collection-name ifconfig \
		-n ifconfig --action allow --priority 300 --protocols http=80 \
		--target-fqdns ifconfig.me
	collection ifconfig 300
	allow_names ifconfig ifconfig tcp 80 ifconfig.me
	on nginx curl -s -m 10 http://ifconfig.me/
}

check_ifconfig()
{
	claim "the pod leaves by the firewall's public IP" \
		answers $FW_PUBLIC nginx "curl -s -m 10 http://ifconfig.me/"
	claim "port 443 of it is not allowed" eval "! at nginx curl -s -m 2 https://ifconfig.me/"
}

do_dnat()
{
	note "The load balancer's address is as broken as before; the firewall's own is not:"
	on fw nft add rule ip fw inbound ip daddr $FW_PUBLIC tcp dport 80 dnat to 10.42.1.40 &&
		on fw nft insert rule ip fw aksfwnr iifname eth1 ip daddr 10.42.1.40 tcp dport 80 accept ||
		fail "no rule"
	on internet curl -s -m 10 --interface $CLIENT http://$FW_PUBLIC/
}

check_dnat()
{
	claim "in by the firewall works: it has seen the question" is "$(visit $FW_PUBLIC)" $CLIENT
	claim "in by the load balancer does not" is "$(visit 203.0.113.80 3)" ""
}

do_appgw()
{
	note "A reverse proxy with a public IP of its own. Towards the pods it is a machine of"
	note "the vnet, and the vnet's own space is a longer prefix than 0.0.0.0/0:"
	router natgwctl explain src 10.42.1.40 dst 10.42.3.4 proto tcp
	web appgw appgw 203.0.113.90:80 -- "location / { proxy_pass http://10.42.1.40; }"
	on internet curl -s -m 10 --interface $CLIENT http://203.0.113.90/
}

check_appgw()
{
	claim "in by the application gateway works; the pod sees the proxy" \
		is "$(visit 203.0.113.90)" 10.42.3.4
	claim "the firewall sees no packet of it" is "$(fw_counter appgw)" 0
	claim "the load balancer is still broken" is "$(visit 203.0.113.80 3)" ""
}
