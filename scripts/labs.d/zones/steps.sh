# SPDX-License-Identifier: GPL-2.0
# One gateway per zone: a zone that loses its uplink takes no other with it
# shellcheck shell=bash disable=SC2034
# do_STEP acts, check_STEP claims; --break STEP leaves do_STEP out, so each do_
# must be needed by some claim.

STEPS=(gateways mismatch addresses subnets clusters egress traffic uplink-down zone2 uplink-up)

declare -A TITLE=(
	[gateways]="A gateway for each zone"
	[mismatch]="An address belongs to a zone; that of another is refused"
	[addresses]="A public IP per zone, tied to the uplink of that zone"
	[subnets]="Subnets are regional; the pattern is one per zone, bound to the zone's gateway"
	[clusters]="A cluster in each zone, which has the gateway of its zone"
	[egress]="Each zone leaves by its own address and uplink"
	[traffic]="Both zones get busy: pings every 100 ms, and a download in zone 2"
	[uplink-down]="The uplink of zone 1 goes down"
	[zone2]="Zone 2 has not noticed"
	[uplink-up]="The uplink comes back"
)

# A NAT gateway is a zonal resource: it lives in one zone, or in none.
do_gateways()
{
	cloud az network nat gateway create --name nat-zone1 --zone 1
	router natgwctl gateway add nat-zone1 zone 1
	cloud az network nat gateway create --name nat-zone2 --zone 2
	router natgwctl gateway add nat-zone2 zone 2
}

# zones OBJECT: name or prefix and zone of each
zones()
{
	json '[.[] | "\(.name // .address) \(.zone)"] | join(", ")' "$1" show
}

check_gateways()
{
	claim "gateway show knows the zones" is "$(zones gateway)" "nat-zone1 1, nat-zone2 2"
}

do_mismatch()
{
	echo_command router natgwctl address add 203.0.113.10 zone 2 gateway nat-zone1
	natgwctl address add 203.0.113.10 zone 2 gateway nat-zone1 2>&1 | tee "$SCRATCH/mismatch"
}

check_mismatch()
{
	claim "zone 2 does not match zone 1, natgw says" \
		grep -q 'zone 2 .* does not match zone 1 of gateway nat-zone1' "$SCRATCH/mismatch"
	claim "and nothing has been added" is "$(json length address show)" 0
}

# "uplink" is what makes zone 1 fail closed later: its address serves flows that
# leave by wan1 and no others.
do_addresses()
{
	cloud az network public-ip create --zone 1
	router natgwctl address add 203.0.113.10 zone 1 gateway nat-zone1 uplink wan1
	router natgwctl address add 203.0.113.20 zone 2 gateway nat-zone2 uplink wan2
	router natgwctl address show
}

check_addresses()
{
	claim "each gateway has an address of its zone" \
		is "$(zones address)" "203.0.113.10 1, 203.0.113.20 2"
}

do_subnets()
{
	cloud az network vnet subnet create --nat-gateway nat-zone1
	router natgwctl subnet add nodes-zone1 prefix 10.1.0.0/24 gateway nat-zone1
	router natgwctl subnet add nodes-zone2 prefix 10.2.0.0/24 gateway nat-zone2
	router natgwctl
}

check_subnets()
{
	claim "both gateways are operational" \
		is "$(json '[.[].operational] | join(" ")' gateway show)" "yes yes"
}

do_clusters()
{
	cloud az aks create --name aks-zone1 --zones 1 --vnet-subnet-id nodes-zone1 \
		--outbound-type userAssignedNATGateway
	router natgwctl cluster add aks-zone1 subnet nodes-zone1 \
		outbound-type userAssignedNATGateway
	cloud az aks create --name aks-zone2 --zones 2 --vnet-subnet-id nodes-zone2 \
		--outbound-type userAssignedNATGateway
	router natgwctl cluster add aks-zone2 subnet nodes-zone2 \
		outbound-type userAssignedNATGateway
	router natgwctl cluster show
}

check_clusters()
{
	claim "each cluster has the gateway of its zone" \
		is "$(json '[.[] | "\(.name) \(.gateway)"] | join(", ")' cluster show)" \
		"aks-zone1 nat-zone1, aks-zone2 nat-zone2"
	claim "and would leave by an address of its zone" \
		is "$(json '[.[].address[]] | join(" ")' cluster show)" "203.0.113.10 203.0.113.20"
}

do_egress()
{
	on node1 curl -s -m 5 "$WHOAMI"
	on node2 curl -s -m 5 "$WHOAMI"
}

check_egress()
{
	claim "the web server saw one request of each gateway" \
		wait_for 5 seen /whoami "1 203.0.113.10 1 203.0.113.20"
}

# seen URI COUNT-AND-ADDRESS...: the server's log has these requests and no others
seen()
{
	is "$(sources server "$1" | paste -sd ' ')" "$2"
}

# All run until after the failure.
do_traffic()
{
	echo_command node2 "curl -o file http://$SERVER/file &"
	ip netns exec node2 curl -s -m 60 -o "$SCRATCH/got" "http://$SERVER/file" &
	CURL=$!
	echo_command node2 "ping -i 0.1 $SERVER &"
	ip netns exec node2 ping -i 0.1 "$SERVER" > "$SCRATCH/ping" &
	PING=$!
	echo_command node1 "ping -i 0.1 $SERVER &"
	ip netns exec node1 ping -i 0.1 "$SERVER" > "$SCRATCH/ping1" &
	wait_for 10 test -s "$SCRATCH/got"
	wait_for 10 grep -q 'icmp_seq=3 ' "$SCRATCH/ping"
	wait_for 10 grep -q 'icmp_seq=3 ' "$SCRATCH/ping1"
	router natgwctl session show
}

# Sessions that carry something
running()
{
	[[ $(natgwctl session count gateway nat-zone2 state established) -ge 1 &&
	   $(natgwctl session count gateway nat-zone2 proto icmp) == 1 &&
	   $(natgwctl session count gateway nat-zone1 proto icmp) == 1 ]]
}

check_traffic()
{
	claim "each has a session of its gateway" wait_for 5 running
}

# The routes of a device go with it: what comes from zone 1 now finds the main
# table's default route, by wan2. A router with plain masquerading would send it
# there, with an address of zone 2 or, worse, with one that nobody can answer.
do_uplink_down()
{
	router ip link set wan1 down
	router ip route get 198.51.100.80 from 10.1.0.4 iif zone1
	on node1 curl -sS -m 2 "$WHOAMI"
	router natgwctl stats show
	router natgwctl
}

# dropped SOURCE: reasons counted whose last source it is
dropped()
{
	json "[.[] | select(.packets > 0 and .\"last-source\" == \"$1\") | .reason] | join(\" \")" \
		stats show
}

check_uplink_down()
{
	claim "Linux would send zone 1 by wan2 now" \
		is "$(ip -j route get "$SERVER" from 10.1.0.4 iif zone1 | jq -r '.[0].dev')" wan2
	claim "the cluster of zone 1 keeps its address, that of zone 2 is no substitute" \
		is "$(json '.[0].address | join(" ")' cluster show aks-zone1)" 203.0.113.10
	claim "the packets of node1 were dropped and counted: no usable address" \
		is "$(dropped 10.1.0.4)" uplink
	claim "the ping that was running before is dropped, too" wait_for 10 ping_is_dropped
	claim "nothing of zone 1 left by the uplink of zone 2" none_of_zone1
	claim "the web server saw nothing of zone 1, not by the other uplink either" \
		seen /whoami "1 203.0.113.10 1 203.0.113.20"
}

# The new connection alone was two packets
ping_is_dropped()
{
	(($(drops uplink) >= 20))
}

none_of_zone1()
{
	at internet nft -j list chain ip provider2 foreign |
		jq -e '[.. | .counter? | objects | .packets] == [0]' > "$SCRATCH/foreign"
}

do_zone2()
{
	on node2 curl -s -m 5 "http://$SERVER/new?[1-20]" -o /dev/null --http1.0
	wait "$CURL"
	kill -INT "$PING"
	wait "$PING"
	tail -n 2 "$SCRATCH/ping"
}

# Answered as often as asked; one may have been under way when ping was ended
ping_lost_nothing()
{
	local sent received

	read -r sent received < <(sed -n \
		's/^\([0-9]*\) packets transmitted, \([0-9]*\) received.*/\1 \2/p' "$SCRATCH/ping")
	((sent >= 20 && received >= sent - 1)) && ! gaps
}

# Sequence numbers left out
gaps()
{
	sed -n 's/.*icmp_seq=\([0-9]*\) .*/\1/p' "$SCRATCH/ping" |
		awk '$1 != NR { gap = 1 } END { exit !gap }'
}

check_zone2()
{
	claim "20 new connections, all from nat-zone2" \
		wait_for 5 seen /new "20 203.0.113.20"
	claim "the download arrived unharmed" cmp "$SCRATCH/file" "$SCRATCH/got"
	claim "no ping was lost" ping_lost_nothing
	claim "nothing of zone 2 was dropped" is "$(dropped 10.2.0.4)" ""
}

do_uplink_up()
{
	ANSWERS=$(wc -l < "$SCRATCH/ping1")
	router ip link set wan1 up
	router ip route add default via 192.0.2.2 dev wan1 table 101
	on node1 curl -s -m 10 "$WHOAMI"
}

check_uplink_up()
{
	claim "zone 1 is back, with the address it had" \
		wait_for 5 seen /whoami "2 203.0.113.10 1 203.0.113.20"
	claim "and its ping goes on, in the session it had" wait_for 10 ping_goes_on
}

ping_goes_on()
{
	(($(wc -l < "$SCRATCH/ping1") > ANSWERS + 5 &&
	  $(natgwctl session count gateway nat-zone1 proto icmp) == 1))
}
