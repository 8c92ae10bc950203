#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Devices, VRFs, routes, neighbours, addresses, namespaces, configuration and listeners change in
# seeded random order under traffic in both directions, and a processor goes and comes back. After
# each round all is put back: then the books balance, and a new connection passes from a public IP.
# At no time a private source leaves.
# ROUNDS says how many rounds (5) of STEPS changes (6), SEED which ones.
#
#   cl 10.0.1.2, .99 ---- in0 gw up0 ---- net 198.51.100.7, 198.51.100.99 (silent)
#                             up1 ---- n1   192.0.3.0/24
#                         203.0.113.1, .2

. "$(dirname "$0")/lib.sh"

ROUNDS=${ROUNDS:-5}
STEPS=${STEPS:-6}
SEED=${SEED:-$SRANDOM}
SECOND=/sys/devices/system/cpu/cpu1/online	# a machine of one processor has none
RANDOM=$SEED		# from here on bash's numbers are those of the seed

# the last ones are in PROGRESS, for a failure to tell
step()
{
	PROGRESS+="${*} "
	"$@"
}

# gw_ip COMMAND...: ip(8) there; may fail, as what it changes may not be there just now
gw_ip()
{
	quietly ip -n "$gw" "$@"
}

inside_down_up()	{ gw_ip link set in0 down; gw_ip link set in0 up; }
uplink_down_up()	{ gw_ip link set up0 down; gw_ip link set up0 up; }
uplink_renamed()	{ gw_ip link set up0 down; gw_ip link set up0 name up9; gw_ip link set up9 up; }
uplink_named_back()	{ gw_ip link set up9 down; gw_ip link set up9 name up0; gw_ip link set up0 up; }
uplink_away()		{ gw_ip link set up0 netns "$other"; }
uplink_deleted()	{ gw_ip link del up0; }
inside_deleted()	{ gw_ip link del in0; }
inside_mtu()		{ gw_ip link set in0 mtu $((576 + RANDOM % 900)); }
uplink_mtu()		{ gw_ip link set up0 mtu $((576 + RANDOM % 900)); }
uplink_mac()		{ gw_ip link set up0 address 02:00:00:00:00:$((10 + RANDOM % 80)); }
vrf_made()		{ gw_ip link add vrf7 type vrf table 7; gw_ip link set vrf7 up; }
inside_in_vrf()		{ gw_ip link set in0 master vrf7; }
uplink_in_vrf()		{ gw_ip link set up0 master vrf7; }
out_of_vrf()		{ gw_ip link set in0 nomaster; gw_ip link set up0 nomaster; }
vrf_deleted()		{ gw_ip link del vrf7; }
default_gone()		{ gw_ip route del default; }
default_by_up1()	{ gw_ip route replace default via 192.0.3.2; }
default_back()		{ gw_ip route replace default via 192.0.2.2; }
blackhole()		{ gw_ip route replace blackhole 198.51.100.0/24; }
blackhole_gone()	{ gw_ip route del blackhole 198.51.100.0/24; }
rule_added()		{ gw_ip rule add from 10.0.1.0/24 lookup 7; }
rule_gone()		{ gw_ip rule del from 10.0.1.0/24 lookup 7; }
neighbours_flushed()	{ gw_ip neigh flush all; }
neighbour_wrong()	{ gw_ip neigh replace 192.0.2.2 lladdr 02:00:00:00:99:99 dev up0; }
addresses_flushed()	{ gw_ip addr flush dev up0; }
no_forwarding()		{ sysctl_in "$gw" net.ipv4.ip_forward=0; sysctl_in "$gw" net.ipv4.ip_forward=1; }

# What waits there goes on by another processor
processor_off_on()
{
	ok eval "echo 0 > $SECOND"
	ok eval "echo 1 > $SECOND"
}

namespace_deleted()
{
	quietly natgwctl -n "$other" gateway add gw1
	ns_del "$other"
	ns other
}

offload_on()		{ quietly ctl gateway set gw1 track off offload on; }
offload_off()		{ quietly ctl gateway set gw1 offload off; }
track_on()		{ quietly ctl gateway set gw1 offload off track on; }
address_added()		{ quietly ctl address add 203.0.113.2 gateway gw1; }
address_gone()		{ quietly ctl address del 203.0.113.2; }
address_drained()	{ quietly ctl address set 203.0.113.1 drain 1s; }
address_undrained()	{ quietly ctl address set 203.0.113.1 drain off; }
address_uplink()	{ quietly ctl address set 203.0.113.1 uplink "up$((RANDOM % 2))"; }
address_anywhere()	{ quietly ctl address set 203.0.113.1 uplink none; }
gateway_drained()	{ quietly ctl gateway set gw1 drain 1s; }
timers()		{ quietly ctl gateway set gw1 idle-timeout $((4 + RANDOM % 5))m; }
host_limit()		{ quietly ctl gateway set gw1 host-limit $((1 + RANDOM % 50)); }

hub_with_device()
{
	quietly ctl vnet add hub prefix 10.0.0.0/16 dev in0
	quietly ctl subnet set web vnet hub
}

# routed ROUTE...: web gets a route of its own
routed()
{
	quietly ctl route-table add rt1
	quietly ctl route add "$1" route-table rt1 next-hop-type "${@:2}"
	quietly ctl subnet set web route-table rt1
}

routed_none()		{ routed 198.51.100.0/25 None; }
routed_appliance()	{ routed 198.51.100.0/24 VirtualAppliance next-hop-ip 10.0.1.3; }
routes_gone()		{ quietly ctl subnet set web route-table none; quietly ctl route-table del rt1; }
subnet_anew()
{
	quietly in_ns "$gw" "$HERE/nl_client" <<-EOT
		transaction-begin
		subnet-del name=web
		subnet-new name=web family=2 prefix=10.0.1.0 prefix-length=24 gateway=gw1
		transaction-commit
	EOT
}

flushed()		{ quietly ctl session flush; }

# who reads goes before the answer is through
dumped_half()
{
	ctl session show 2> /dev/null | head -n 1 > /dev/null
	ctl -j ports show 2> /dev/null | head -c 10 > /dev/null
}

monitor_abandoned()
{
	start "$gw" natgwctl monitor session config exhaustion
	monitors+=($!)
	((${#monitors[@]} < 3)) && return
	kill -9 "${monitors[0]}"
	wait "${monitors[0]}" 2> /dev/null
	monitors=("${monitors[@]:1}")
}

transaction_abandoned()
{
	quietly in_ns "$gw" "$HERE/nl_client" <<< $'transaction-begin\ngateway-set name=gw1 host-limit=3'
}

explained()		{ quietly ctl explain src 10.0.1.2 dst 198.51.100.7:9000; }

steps=(
	inside_down_up uplink_down_up uplink_renamed uplink_named_back uplink_away uplink_deleted
	inside_deleted inside_mtu uplink_mtu uplink_mac vrf_made inside_in_vrf uplink_in_vrf
	out_of_vrf vrf_deleted default_gone default_by_up1 default_back blackhole blackhole_gone
	rule_added rule_gone neighbours_flushed neighbour_wrong addresses_flushed no_forwarding
	namespace_deleted offload_on offload_off track_on address_added address_gone
	address_drained address_undrained address_uplink address_anywhere gateway_drained timers
	host_limit hub_with_device routed_none routed_appliance routes_gone subnet_anew flushed
	dumped_half monitor_abandoned transaction_abandoned explained
)

# What packets go by: made where it is missing
put_back()
{
	gw_ip link set up9 down
	gw_ip link set up9 name up0
	gw_ip rule del from 10.0.1.0/24 lookup 7
	gw_ip link del vrf7
	# a device in another namespace keeps its peer's name taken
	[[ ! -e /run/netns/$other ]] || quietly ip -n "$other" link del up0
	ip -n "$gw" link show up0 > /dev/null 2>&1 && gw_ip link del up0
	ip -n "$gw" link show in0 > /dev/null 2>&1 && gw_ip link del in0
	link "$cl" c0 10.0.1.2/24 "$gw" in0 10.0.1.1/24
	link "$gw" up0 192.0.2.1/24 "$net" n0 192.0.2.2/24
	quietly ip -n "$cl" route replace default via 10.0.1.1
	quietly ip -n "$net" route replace 203.0.113.0/24 via 192.0.2.1
	gw_ip route del blackhole 198.51.100.0/24
	ok ip -n "$gw" route replace default via 192.0.2.2
	silent_hosts
	# a drain is an act and not configuration, so apply does not end it
	ok ctl gateway set gw1 drain off
	ok ctl address set 203.0.113.1 drain off
	# one transaction: at no time the subnet is without its gateway
	ok natgwctl -n "$gw" apply -f - <<-EOT
		gateway add gw1
		address add 203.0.113.1 gateway gw1
		subnet add web prefix 10.0.1.0/24 gateway gw1
	EOT
}

traffic_begins()
{
	start_to "$TMP/udp.log" "$cl" "$HERE/flows" client udp 10.0.1.2 198.51.100.7 9000 \
		count 10 window 10 rounds 0 every 50
	traffic=($!)
	# new flows all the time, and packets from outside to the whole range of ports
	send_on "$cl" repeat 100000000 ports 500 every 5 10.0.1.99 198.51.100.99 udp 5000 9
	traffic+=($!)
	send_on "$cl" repeat 100000000 ports 500 every 20 10.0.1.99 198.51.100.7 tcp 6000 9000 S
	traffic+=($!)
	send_on "$net" repeat 100000000 ports 500 every 10 198.51.100.99 203.0.113.1 udp 9 20000
	traffic+=($!)
}

# A hand-made sender ends when its device goes
traffic_goes_on()
{
	local pid

	for pid in "${traffic[@]}"; do
		running "$pid" || { stop "${traffic[@]}"; traffic_begins; return; }
	done
}

passes()
{
	[[ $(in_ns "$cl" timeout 5 "$HERE/flows" client tcp 10.0.1.2 198.51.100.7 9000 count 1 2> /dev/null) \
		== *" answered 1 "*" last 203.0.113.1 "* ]]
}

rounds()
{
	local round i

	traffic_begins
	for ((round = 1; round <= ROUNDS; round++)); do
		PROGRESS=
		for ((i = 0; i < STEPS; i++)); do
			step "${steps[RANDOM % ${#steps[@]}]}"
		done
		[[ ! -e $SECOND ]] || step processor_off_on
		put_back
		wait_for 60 passes || {
			fail "round $round: no connection after: $PROGRESS"
			note "$(ctl export; ctl stats show; ip -n "$gw" -br addr; ip -n "$gw" route)"
		}
		wait_for 20 ctl stats check || fail "round $round: $(ctl stats check 2>&1) after: $PROGRESS"
		nothing_leaked
		[[ ! $failed ]] || { note "SEED=$SEED round $round: $PROGRESS"; break; }
		traffic_goes_on
	done
	note "SEED=$SEED: $((round - 1)) rounds of $STEPS changes"
	stop "${traffic[@]}"
}

monitors=()
tests=(rounds stats_agree)

standard_topology
ns other
link "$gw" up1 192.0.3.1/24 "$net" n1 192.0.3.2/24
standard_gateway
silent_hosts
echo_server "$net" 198.51.100.7 9000
run "$@"
