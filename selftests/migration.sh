#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Moves between outbound types: every ordered pair in both vnet modes and by both
# matrices is allowed or refused as the matrix says; under an allowed one a running
# download goes on by its address and new connections leave by the new one; a move
# that is refused at any step has changed nothing. Topology: lib_cluster.sh.

. "$(dirname "$0")/lib.sh"
# shellcheck source=selftests/lib_cluster.sh
. "$HERE/lib_cluster.sh"

# Written down once more, from the documents: FROM TO, where a move is allowed
declare -A MATRIX=(
	[2024 managed]="loadBalancer:managedNATGateway,none,block
		managedNATGateway:loadBalancer,none,block
		none:loadBalancer,managedNATGateway,block
		block:loadBalancer,managedNATGateway,none"
	[2024 byo]="loadBalancer:userAssignedNATGateway,userDefinedRouting,none
		userAssignedNATGateway:loadBalancer,userDefinedRouting,none
		userDefinedRouting:loadBalancer,userAssignedNATGateway,none
		none:loadBalancer,userAssignedNATGateway,userDefinedRouting"
	[2026-08 managed]="loadBalancer:managedNATGateway,none,block
		managedNATGateway:none,block
		none:loadBalancer,managedNATGateway,block
		block:loadBalancer,managedNATGateway,none"
	[2026-08 byo]="loadBalancer:userAssignedNATGateway,userDefinedRouting,none
		userAssignedNATGateway:loadBalancer,userDefinedRouting,none
		userDefinedRouting:loadBalancer,userAssignedNATGateway,none
		none:loadBalancer,userAssignedNATGateway,userDefinedRouting"
)

TYPES="loadBalancer managedNATGateway userAssignedNATGateway userDefinedRouting none block"

# allowed MATRIX MODE FROM TO
allowed()
{
	local row

	for row in ${MATRIX[$1 $2]}; do
		[[ ${row%%:*} == "$3" && ,${row#*:}, == *,$4,* ]] && return 0
	done
	return 1
}

# Objects of the operator, for a cluster c of either mode
fresh()
{
	ok ctl reset
	ok batch <<-EOT
		managed-pool add 203.0.113.32/28
		gateway add gw1
		address add 203.0.113.1 gateway gw1
		$(user_route_lines)
		subnet add web prefix 10.0.1.0/24
	EOT
}

# network MODE: the keys of a cluster of that mode; and SRC, its host
network()
{
	if [[ $1 == managed ]]; then
		SRC=10.0.2.2
		NETWORK="prefix 10.0.2.0/24"
	else
		SRC=10.0.1.2
		NETWORK="subnet web"
	fi
}

# keys TYPE: what a type needs beside its name
keys()
{
	[[ $1 != userAssignedNATGateway ]] || echo gateway gw1
}

# begin MODE TYPE [KEY VALUE]...: a cluster c of that type
begin()
{
	network "$1"
	# shellcheck disable=SC2046,SC2086
	ok ctl cluster add c $NETWORK outbound-type "$2" $(keys "$2") "${@:3}"
}

# route TYPE: the operator's part of a move, the route table is on its subnet or not
route()
{
	[[ $SRC == 10.0.1.2 ]] || return 0
	if [[ $1 == userDefinedRouting ]]; then
		ok ctl subnet set web route-table rt1
	else
		ok ctl subnet set web route-table none
	fi
}

# everything: what all objects are, but for what counts and what passes
everything()
{
	shown gateway address vnet subnet route-table route tag managed-pool cluster |
		sed -E 's/"(sessions|oldest|drain-oldest|expires|untranslated|last-age|known-hosts)":[^,}]*//g'
}

# start_of MATRIX MODE FROM: a cluster that could move
start_of()
{
	fresh
	network "$2"
	route "$3"
	begin "$2" "$3" matrix "$1"
}

# moves MATRIX MODE: each pair; plan says the same as set
moves()
{
	local from to before wanted

	for from in $TYPES; do
		allowed "$1" "$2" "$from" none || [[ $from == none ]] || continue
		start_of "$1" "$2" "$from"
		before=$(everything)
		for to in $TYPES; do
			[[ $from != "$to" ]] && ! allowed "$1" "$2" "$from" "$to" || continue
			wanted="cannot change from $from to $to by matrix $1, vnet-mode $2"
			says "$wanted" cluster set c outbound-type "$to"
			says "$wanted" cluster plan c outbound-type "$to"
		done
		same "after the refusals of $from" "$before" "$(everything)"
		for to in $TYPES; do
			allowed "$1" "$2" "$from" "$to" || continue
			[[ $(of c outbound-type) == "$from" ]] || start_of "$1" "$2" "$from"
			route "$to"
			before=$(ctl -j cluster show)
			# shellcheck disable=SC2046
			ok ctl cluster plan c outbound-type "$to" $(keys "$to")
			same "after the plan of $from to $to" "$before" "$(ctl -j cluster show)"
			# shellcheck disable=SC2046
			ok ctl cluster set c outbound-type "$to" $(keys "$to")
			same "type" "$to" "$(of c outbound-type)"
		done
	done
}

matrix_2024_managed()
{
	moves 2024 managed
}

matrix_2024_byo()
{
	moves 2024 byo
}

matrix_2026_managed()
{
	moves 2026-08 managed
}

matrix_2026_byo()
{
	moves 2026-08 byo
}

# Without a type the plan lists all of them
plan_of_all()
{
	local json

	fresh
	begin managed managedNATGateway matrix 2026-08
	json=$(ctl -j cluster plan c)
	same "types" 6 "$(rows outbound-type <<< "$json")"
	match "refused" 'loadBalancer[^}]*"allowed":"?(off|refused|false)' "$json"
	match "reason" 'cannot change from managedNATGateway to loadBalancer' "$json"
}

# The address of the way a type gives: where new connections leave
way()
{
	case $1 in
	loadBalancer|managedNATGateway)
		list c address ;;
	userAssignedNATGateway)
		echo 203.0.113.1 ;;
	userDefinedRouting)
		echo 203.0.113.200 ;;
	none)
		echo "$SRC" ;;
	block)
		echo "" ;;
	esac
}

# The router's conntrack knows what is forwarded, as on any router with a firewall:
# flows that run untranslated go on when their subnet gets a gateway
conntrack_knows()
{
	in_ns "$gw" nft -f - <<-EOT || fail "nft"
		table ip stateful
		flush table ip stateful
		table ip stateful {
			chain forward {
				type filter hook forward priority 0;
				ct state established,related accept
			}
		}
	EOT
}

conntrack_forgets()
{
	in_ns "$gw" nft delete table ip stateful
	# what it knew would be taken for running by the moves that follow
	ok in_ns "$gw" conntrack -F
}

# new_way FROM TO: where new connections leave now
new_way()
{
	if [[ $2 == block ]]; then
		gets_nothing "$SRC"
	else
		leaves_by "$SRC" "$(way "$2")"
	fi
}

# live MODE FROM TO: a download goes on under the move, what is new takes the new way
live()
{
	local before

	fresh
	network "$1"
	[[ $2 != none && $3 != none ]] || excuse "$SRC"	# leaves untranslated there
	route "$2"
	begin "$1" "$2"
	before=$(way "$2")
	if [[ $2 == block ]]; then
		gets_nothing "$SRC"
	else
		leaves_by "$SRC" "$before"
		download_begin 100000
	fi
	# away from the operator's routes: they stay in force until the operator takes them
	[[ $2 == userDefinedRouting ]] || route "$3"
	# shellcheck disable=SC2046
	ok ctl cluster set c outbound-type "$3" $(keys "$3")
	if [[ $2 == userDefinedRouting ]]; then
		leaves_by "$SRC" "$before"
		download_end "$2 to $3"
		route "$3"
		new_way "$2" "$3"
	else
		new_way "$2" "$3"
		[[ $2 == block ]] || download_end "$2 to $3"
	fi
	[[ $(way "$3") != "$before" ]] || fail "$2 to $3: the same address"
}

# lives MODE FROM: each move from there that the matrix allows
lives()
{
	local to n=0

	for to in $TYPES; do
		[[ $2 != "$to" ]] && allowed 2024 "$1" "$2" "$to" || continue
		live "$1" "$2" "$to"
		((++n))
	done
	same "moves" 3 "$n"
}

live_managed()
{
	lives managed loadBalancer
	lives managed managedNATGateway
	lives managed block
}

live_byo()
{
	lives byo loadBalancer
	lives byo userAssignedNATGateway
	lives byo userDefinedRouting
}

live_none()
{
	conntrack_knows
	lives managed none
	lives byo none
	conntrack_forgets
}

# nothing_left: the former gateway has gone, its addresses are free
free_is()
{
	[[ $(value "$(ctl -j managed-pool show)" free) == "$1" ]]
}

# What is left behind goes with its last session, or at the deadline
retirement()
{
	fresh
	begin managed loadBalancer managed-outbound-ip-count 2
	download_begin 1000
	ok ctl cluster set c outbound-type managedNATGateway
	match "retired" '"retired":"?(on|true)' "$(ctl -j gateway show c-lb)"
	match "status" 'c-lb +retired ' "$(ctl)"
	match "note" 'note: gateway c-lb is retired, of a former way out of cluster c, gone with its last session' \
		"$(ctl)"
	match "show" '^gateway c-lb  operational: retired' "$(ctl gateway show c-lb)"
	says "prior outbound configuration of cluster c" \
		address del "$(list c retired-address)"
	# one address had the download, the other one nothing
	soon free_is 14
	running "$DOWNLOAD" || fail "the download has ended"
	# not after a move back: that would take the address back, with all that runs there
	ok ctl cluster set c drain 1s
	soon free_is 15
	# as a load balancer does, it told both ends
	wait "$DOWNLOAD" && fail "the download has outlived the drain"
	soon gone gateway show c-lb
	leaves_by "$SRC" "$(way managedNATGateway)"
	ok ctl cluster set c outbound-type loadBalancer managed-outbound-ip-count 1
	leaves_by "$SRC" "$(way loadBalancer)"
	stats_agree
}

# deleted PID...: the cluster; its downloads go on by what it leaves until they are stopped
deleted()
{
	local before

	before=$(sessions state established)
	at_least "downloads" 1 "$before"
	ok ctl cluster del c drain 1h
	same "after the end of the cluster" "$before" "$(sessions state established)"
	stop "$@"
	soon session_count_is 0 state established
}

# used: how many addresses running downloads use
used()
{
	ctl -j session show state established | grep -o '"address":"[^"]*"' | sort -u | wc -l
}

# Undoing a change leaves by the same addresses, those still in use among them
undo()
{
	local i before running=()

	fresh
	begin managed managedNATGateway managed-outbound-ip-count 4
	before=$(list c address)
	for ((i = 0; i < 40 && $(used) < 4; i++)); do
		download_begin 1000
		running+=("$DOWNLOAD")
	done
	same "in use" 4 "$(used)"
	# the pool is not what they come back from
	ok ctl cluster set c managed-outbound-ip-count 1
	ok ctl address add length 32
	ok ctl cluster set c managed-outbound-ip-count 4
	same "addresses" "$before" "$(list c address)"
	same "retired" "" "$(list c retired-address)"
	same "in use" 4 "$(used)"
	# through another type, with a deadline that no longer holds
	ok ctl cluster set c outbound-type loadBalancer drain 1h
	ok ctl cluster set c outbound-type managedNATGateway managed-outbound-ip-count 4
	same "addresses" "$before" "$(list c address)"
	match "no deadline" '"drain":null' "$(ctl -j address show "${before%%,*}")"
	stats_agree
	deleted "${running[@]}"
}

# The same of addresses of the operator's
undo_listed()
{
	fresh
	ok ctl address add 203.0.113.2
	ok ctl address add 203.0.113.3
	begin managed loadBalancer outbound-ips 203.0.113.2
	download_begin 1000
	ok ctl cluster set c outbound-ips 203.0.113.3
	same "retired" 203.0.113.2 "$(list c retired-address)"
	ok ctl cluster set c outbound-ips 203.0.113.2
	same "address" 203.0.113.2 "$(list c address)"
	same "retired" "" "$(list c retired-address)"
	running "$DOWNLOAD" || fail "the download has ended"
	stats_agree
	deleted "$DOWNLOAD"
}

# A gateway of 15 addresses, and one that waits for nothing but to be given back, gets no two more
undo_listed_too_many()
{
	local i singles="203.0.113.72"

	fresh
	ok ctl address add 203.0.113.64/29
	for i in {72..80}; do
		ok ctl address add "203.0.113.$i"
		((i < 73 || i > 78)) || singles+=",203.0.113.$i"
	done
	begin managed loadBalancer outbound-ips 203.0.113.80
	download_begin 1000
	ok ctl cluster set c outbound-ip-prefixes 203.0.113.64/29 outbound-ips "$singles"
	same "retired" 203.0.113.80 "$(list c retired-address)"
	# nothing is given back while a transaction is open
	hold_transaction
	ok ctl session flush
	says "gateway c-lb would have 17 addresses, at most 16" cluster set c \
		outbound-ip-prefixes 203.0.113.64/29 outbound-ips "$singles,203.0.113.79,203.0.113.80" drain 1s
	release_transaction
	ok ctl cluster set c outbound-ip-prefixes 203.0.113.64/29 outbound-ips "$singles,203.0.113.80"
	stop "$DOWNLOAD"
}

# A plan says what set would do: to open sessions, on addresses that are left
plan_counts()
{
	fresh
	begin managed loadBalancer
	same "cooling" "$(way loadBalancer)" "$(seen_as "$SRC")"
	match "none open" "no session is affected" \
		"$(ctl cluster plan c outbound-type managedNATGateway)"
	download_begin 1000
	match "no drain" "1 session would go on as before until the end" \
		"$(ctl cluster plan c outbound-type managedNATGateway)"
	match "a time" "1 session would go on as before for 10m at most" \
		"$(ctl cluster plan c outbound-type managedNATGateway drain 10m)"
	match "at once" "1 session would be ended at once" \
		"$(ctl cluster plan c outbound-type managedNATGateway drain 0s)"
	match "the same addresses" "no session is affected" \
		"$(ctl cluster plan c outbound-type loadBalancer drain 0s)"
	ok ctl cluster set c outbound-type managedNATGateway
	match "on one that is retired" "no session is affected" \
		"$(ctl cluster plan c outbound-type none drain 0s)"
	deleted "$DOWNLOAD"
}

# An address of the operator's cannot be in the next configuration too
reuse()
{
	fresh
	ok ctl address add 203.0.113.2
	begin managed loadBalancer outbound-ips 203.0.113.2
	download_begin 1000
	says "address 203.0.113.2 is of the prior outbound configuration" \
		cluster set c outbound-type managedNATGateway outbound-ips 203.0.113.2
	ok ctl cluster set c outbound-type managedNATGateway
	says "address 203.0.113.2 is of the prior outbound configuration" \
		cluster set c outbound-ips 203.0.113.2
	says "prior outbound configuration of cluster c" address set 203.0.113.2 gateway gw1
	ok ctl cluster set c drain 0s
	soon retired_is c ''
	ok ctl cluster set c outbound-ips 203.0.113.2
	leaves_by "$SRC" 203.0.113.2
	wait "$DOWNLOAD"
}

# A user's gateway that is left: its sessions with this cluster end, others' do not
drain_of_a_users_gateway()
{
	local other

	fresh
	begin byo userAssignedNATGateway
	ok ctl subnet add db prefix 10.0.2.0/24 gateway gw1
	SRC=10.0.2.2
	download_begin 1000
	other=$DOWNLOAD
	SRC=10.0.1.2
	download_begin 1000
	same "running" 2 "$(sessions state established)"
	ok ctl cluster set c outbound-type loadBalancer drain 1s
	soon session_count_is 0 kind nat src 10.0.1.2
	same "another subnet's" 1 "$(sessions src 10.0.2.2 state established)"
	stop "$other" "$DOWNLOAD"
}

# fails SENTENCE ARG...: the move to managedNATGateway or what is given is refused
fails()
{
	local before

	before=$(everything)
	says "$@"
	same "after the refusal" "$before" "$(everything)"
}

# Each step of a move refused in its turn, with a flow running
each_step()
{
	fresh
	begin byo loadBalancer authorized-ip-ranges 203.0.113.0/24
	download_begin
	fails "InvalidResourceReference: gateway gw9" cluster set c \
		outbound-type userAssignedNATGateway gateway gw9
	fails "subnet web is bound to no gateway" cluster set c outbound-type userAssignedNATGateway
	fails "ExistingRouteTableNotAssociatedWithSubnet" cluster set c \
		outbound-type userDefinedRouting
	fails "subnet nowhere does not exist" cluster set c outbound-type none subnet nowhere
	fails "authorized range .* is given twice" cluster set c outbound-type none \
		authorized-ip-ranges 10.0.0.0/8,10.0.0.0/8
	fails "drain" cluster set c outbound-type none drain 10000h
	fails "node-nat off needs" cluster set c outbound-type none node-nat off
	# a gateway of another vnet's subnet
	ok ctl vnet add v9 prefix 10.9.0.0/16 dev dmz0
	ok ctl subnet add s9 prefix 10.9.1.0/24 vnet v9 gateway gw1
	fails "NatGatewayCannotBeUsedBySubnetsBelongingToDifferentVirtualNetworks" cluster set c \
		outbound-type userAssignedNATGateway gateway gw1
	download_end "refusals"
	ok ctl cluster del c

	begin managed loadBalancer managed-outbound-ip-count 8
	fails "needs 9 addresses.*8 are free" cluster set c outbound-type managedNATGateway \
		managed-outbound-ip-count 9
	ok ctl gateway add c-nat
	fails "gateway c-nat exists" cluster set c outbound-type managedNATGateway
	ok ctl gateway del c-nat
	fails "address 203.0.113.1 is attached to gateway gw1" cluster set c \
		outbound-type managedNATGateway outbound-ips 203.0.113.1
}

# faulty N FROM TO [ATTRIBUTE]...: the move while allocation N of it fails; numbers of types
faulty()
{
	in_ns "$gw" "$HERE/nl_client" fail "$1" cluster-set name=c outbound-type="$3" "${@:4}"
}

# begin_again FROM
begin_again()
{
	fresh
	if [[ $1 == managed ]]; then
		begin managed loadBalancer managed-outbound-ip-count 2
	else
		begin byo loadBalancer
	fi
}

each_allocation()
{
	fault_injection N || return
	with_faults 20 "the move to 1" managed 1
	with_faults 20 "the move to 4" managed 4
	with_faults 20 "the move to 2" byo 2 gateway=gw1
	fault_injection Y
}

cluster_topology
web_server "$net" 198.51.100.7
tests=(matrix_2024_managed matrix_2024_byo matrix_2026_managed matrix_2026_byo plan_of_all
       live_managed live_byo live_none retirement undo undo_listed undo_listed_too_many plan_counts reuse drain_of_a_users_gateway each_step each_allocation)
by_turns=(matrix_2024_managed matrix_2024_byo matrix_2026_byo matrix_2026_managed live_byo live_managed
	  undo live_none)
run "$@"
