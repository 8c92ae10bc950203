#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The end of a cluster: "cluster del" is refused while sessions are open, unless a drain says
# what becomes of them. Draining sessions go on by their gateway, which takes no new flow;
# gateway and addresses go with the last session or at the deadline. Topology: lib_cluster.sh.

. "$(dirname "$0")/lib.sh"
# shellcheck source=selftests/lib_cluster.sh
. "$HERE/lib_cluster.sh"

# fresh KEY VALUE...: a cluster c of SRC, and one of the operator's gateways
fresh()
{
	ok ctl reset
	ok batch <<-EOT
		managed-pool add 203.0.113.32/28
		gateway add gw1
		address add 203.0.113.1 gateway gw1
		subnet add web prefix 10.0.1.0/24
		cluster add c $*
	EOT
}

# In a network of the cluster's own
managed()
{
	SRC=10.0.2.2
	fresh prefix 10.0.2.0/24 "$@"
}

# In a subnet of the operator's
byo()
{
	SRC=10.0.1.2
	fresh subnet web "$@"
}

everything()
{
	shown gateway address vnet subnet managed-pool cluster |
		sed -E 's/"(sessions|oldest|drain|drain-oldest|expires|untranslated|last-age|known-hosts)":[^,}]*//g'
}

pool_is()
{
	[[ $(value "$(ctl -j managed-pool show)" free) == "$1" ]]
}

# nothing_left GATEWAY: neither it nor a network of the cluster
nothing_left()
{
	gone gateway show "$1" && gone vnet show c && gone subnet show c && pool_is 16
}

one_line()
{
	tr -s ' \n' ' '
}

# ended PID...: the downloads, and what they leave has gone through the router
ended()
{
	stop "$@"
	soon session_count_is 0 state established
}

# drains GATEWAY: what it says of one session
drains()
{
	local told="draining: 1 session, oldest [0-9]+[ms][^,]*, ends in ([0-9]m|10m)"

	match "gateway" "left of its deleted cluster: gone with its last session IPv6 of [^)]*\) $told" \
		"$(ctl gateway show "$1" | one_line)"
	match "status" "gateway $1 is retired, [^;]*; $told" "$(ctl)"
	at_least "drain" 500 "$(value "$(ctl -j gateway show "$1")" drain)"
	same "clusters" '[]' "$(ctl -j cluster show)"
	says "cluster c was deleted, what it left drains, see: natgwctl gateway show $1" \
		cluster show c
}

# takes_nothing: a new flow of SRC is refused, and the reason named
takes_nothing()
{
	local before

	before=$(drops draining)
	gets_nothing "$SRC"
	at_least "draining" $((before + 1)) "$(drops draining)"
	match "explain" '"method":"drop","reason":"draining"' \
		"$(ctl -j explain src "$SRC" dst 198.51.100.7:80 proto tcp vnet "$1")"
}

not_without_a_word()
{
	local before first

	managed
	before=$(everything)
	download_begin 1000
	first=$DOWNLOAD
	says "cluster c has 1 open session: drain TIME lets it go on until then, drain 0s ends it at once" \
		cluster del c
	download_begin 1000
	says "cluster c has 2 open sessions: drain TIME lets them go on until then, drain 0s ends them at once" \
		cluster del c
	says "drain 10d is outside|drain .* is outside" cluster del c drain 1000h
	refused ctl cluster del c drain 10
	refused ctl cluster del c drain off
	refused ctl cluster del c idle-timeout 10m
	same "after the refusals" "$before" "$(everything)"
	# sessions that cool do not hold it
	ended "$first" "$DOWNLOAD"
	at_least "cooling" 1 "$(sessions)"
	ok ctl cluster del c
	ok nothing_left c-lb
	says "cluster c does not exist" cluster del c drain 10m
}

lives_on()
{
	managed outbound-type managedNATGateway managed-outbound-ip-count 2
	download_begin 100000
	ok ctl cluster del c drain 10m
	drains c-nat
	takes_nothing c
	# one address had the download, the other one nothing
	ok pool_is 15
	match "subnet" "left of the deleted cluster c: gone with its last session draining: 1 session" \
		"$(ctl subnet show c | one_line)"
	says "gateway c-nat is left of the deleted cluster c until its last session has ended, to end it use: natgwctl cluster del c drain 0s" \
		gateway set c-nat drain off
	says "address .* is left of the deleted cluster c until" \
		address del "$(value "$(ctl -j session show)" address)"
	says "subnet c is left of the deleted cluster c until" subnet set c gateway gw1
	says "vnet c is left of the deleted cluster c until" vnet del c
	says "cluster c was deleted, what it left drains" cluster set c drain 1m
	says "cluster c was deleted, what it left drains" cluster del c
	download_end "deleted"
	drains c-nat
	stats_agree
	# the last session has ended
	ok ctl session flush
	soon nothing_left c-nat
	soon gone gateway show c-nat
}

deadline()
{
	excuse 10.0.2.2	# of no subnet in the end
	managed
	download_begin 1000
	ok ctl cluster del c drain 1h
	at_least "an hour" 3500 "$(value "$(ctl -j gateway show c-lb)" drain)"
	# it was too long
	ok ctl cluster del c drain 1s
	soon nothing_left c-lb
	# as a load balancer does, it told both ends
	wait "$DOWNLOAD" && fail "the download has outlived the drain"
	same "sessions" 0 "$(sessions)"
	# and the host is one of no subnet
	leaves_by "$SRC" "$SRC"
	match "status" "10\.0\.2\.2 sends to the Internet from no subnet" "$(ctl)"
}

at_once()
{
	excuse 10.0.2.2	# of no subnet in the end
	managed outbound-type managedNATGateway
	download_begin 1000
	ok ctl cluster del c drain 0s
	ok nothing_left c-nat
	same "sessions" 0 "$(sessions)"
	stop "$DOWNLOAD"
	# what drains already, too
	managed outbound-type managedNATGateway
	download_begin 1000
	ok ctl cluster del c drain 1h
	ok ctl cluster del c drain 0s
	ok nothing_left c-nat
	same "sessions" 0 "$(sessions)"
	stop "$DOWNLOAD"
}

# What an earlier move left has the deadline as well
former_way()
{
	managed
	download_begin 1000
	ok ctl cluster set c outbound-type managedNATGateway
	says "cluster c has 1 open session" cluster del c
	ok ctl cluster del c drain 10m
	drains c-lb
	# of its network nothing gets out another way meanwhile
	gets_nothing "$SRC"
	match "explain" '"method":"drop","reason":"pool-empty"' \
		"$(ctl -j explain src "$SRC" dst 198.51.100.7:80 proto tcp vnet c)"
	ended "$DOWNLOAD"
	ok ctl session flush
	soon nothing_left c-lb
	ok gone gateway show c-nat
}

# The same cluster again: its addresses, and the sessions on them
taken_back()
{
	local before

	managed outbound-type managedNATGateway
	before=$(everything)
	download_begin 50000
	ok ctl cluster del c drain 10m
	says "vnet c of the deleted cluster still drains and has another prefix or device, to end it use: natgwctl cluster del c drain 0s" \
		cluster add c prefix 10.0.3.0/24
	says "vnet c of the deleted cluster still drains and has another prefix or device" \
		cluster add c prefix 10.0.2.0/24 dev in0
	ok ctl cluster add c prefix 10.0.2.0/24 outbound-type managedNATGateway
	same "no deadline" null "$(value "$(ctl -j gateway show c-nat)" drain)"
	same "all of it" "$before" "$(everything)"
	# closing, if the client's memory holds all that it has not read yet
	at_least "sessions" 1 "$(sessions dst 198.51.100.7)"
	download_end "taken back"
	leaves_by "$SRC" 203.0.113.32
	stats_agree
}

operators_subnet()
{
	byo
	ok ctl address add 203.0.113.2
	ok ctl cluster set c outbound-ips 203.0.113.2
	download_begin 100000
	ok ctl cluster del c drain 10m
	drains c-lb
	takes_nothing default
	match "subnet" '"cluster":null,"load-balancer":"c-lb"' "$(ctl -j subnet show web)"
	# it is the operator's to bind, or to give to another cluster
	ok ctl subnet set web gateway gw1
	leaves_by "$SRC" 203.0.113.1
	ok ctl subnet set web gateway none
	ok ctl cluster add d subnet web
	leaves_by "$SRC" 203.0.113.32
	download_end "deleted"
	ok ctl session flush
	soon gone gateway show c-lb
	match "back to the operator" '"gateway":null' "$(ctl -j address show 203.0.113.2)"
	ok ctl cluster del d
}

# Without another way the subnet has none in the end
operators_subnet_unbound()
{
	byo
	download_begin 100000
	ok ctl cluster del c drain 10m
	download_end "deleted"
	takes_nothing default
	ok ctl session flush
	soon gone gateway show c-lb
	match "subnet" '"load-balancer":null' "$(ctl -j subnet show web)"
	match "way" '"reason":"no-gateway"' \
		"$(ctl -j explain src "$SRC" dst 198.51.100.7:80 proto tcp)"
}

# Of a gateway of the operator's a cluster takes nothing away
operators_gateway()
{
	byo outbound-type userAssignedNATGateway gateway gw1
	download_begin 100000
	ok ctl cluster del c
	leaves_by "$SRC" 203.0.113.1
	download_end "deleted"
}

in_a_transaction()
{
	local before

	managed
	download_begin 1000
	before=$(everything)
	refused ctl -b - <<-EOT
		cluster del c drain 10m
		gateway add gw1
	EOT
	same "after a refusal" "$before" "$(everything)"
	ok ctl -b - <<-EOT
		cluster del c drain 10m
		cluster add d subnet web
	EOT
	drains_beside_d
	ended "$DOWNLOAD"
	# nobody could know at that time that it has no session
	managed
	ok ctl session flush
	ok ctl -b - <<-EOT
		cluster del c drain 10m
	EOT
	soon nothing_left c-lb
	# the same as the operator's next cluster
	managed
	ok ctl -b - <<-EOT
		cluster del c drain 10m
		cluster add c prefix 10.0.2.0/24 outbound-type none
	EOT
	same "type" none "$(of c outbound-type)"
	soon gone gateway show c-lb
}

# The next cluster of the name takes back what the deleted one has left, but not for others
name_used_again()
{
	local web

	managed outbound-type none
	match "its network" 'subnet c is the network that cluster c has made' "$(ctl -b - 2>&1 <<-EOT
		cluster del c drain 1h
		cluster add c subnet c outbound-type none
	EOT
	)"
	byo
	ok batch <<-EOT
		vnet add v2 prefix 10.8.0.0/16
		subnet add other prefix 10.0.5.0/24
		subnet add far vnet v2 prefix 10.8.1.0/24
	EOT
	download_begin 1000
	ok ctl cluster del c drain 1h
	web='subnet web still leads to gateway c-lb of the deleted cluster c'
	says "$web" cluster add c subnet other outbound-type none
	says "$web" cluster add c subnet far
	says "$web" cluster add c prefix 10.0.2.0/24
	excuse 10.0.1.2		# web has no gateway in the end
	ok ctl cluster del c drain 0s
	soon nothing_left c-lb
	ok ctl cluster add c subnet far
	ended "$DOWNLOAD"
}

drains_beside_d()
{
	match "gateway" "draining: 1 session" "$(ctl gateway show c-lb)"
	same "the next one" d "$(value "$(ctl -j cluster show)" name)"
	leaves_by 10.0.1.2 "$(list d address)"
}

# faulty N: the end of c while allocation N of it fails
faulty()
{
	in_ns "$gw" "$HERE/nl_client" fail "$1" cluster-del name=c drain=600
}

begin_again()
{
	byo
	send "$cl" "$SRC" 198.51.100.7 udp 4000 9000
	soon session_count_is 1
}

each_allocation()
{
	fault_injection N || return
	with_faults 10 "the end"
	fault_injection Y
}

cluster_topology
web_server "$net" 198.51.100.7
tests=(not_without_a_word lives_on deadline at_once former_way taken_back operators_subnet
       operators_subnet_unbound operators_gateway in_a_transaction name_used_again
       each_allocation)
run "$@"
