# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2034
# What the measurements in a guest share: topology, generator, sink, results.
#
#	client 10.0.0.2 c0 -- r0 10.0.0.1 router 198.51.100.1 r1 -- s0 198.51.100.2 server
#
# The router is the guest's first namespace, client and server have their own.
# pktgen sends from c0, or answers from s0. The router's neighbour entry for the server,
# and for the host whose flows are answered, has a foreign MAC: both ends drop all they
# get at once, no hook of ours in the way. Counted is what the router's far device sent.

MAC_ROUTER=02:00:00:00:00:01	# of r0 and r1
MAC_NOBODY=02:00:00:00:00:99
SERVER=198.51.100.2
ANSWERED=10.1.0.2
RELEASE=$(uname -r)

progress()
{
	echo "bench: $*" >&2
}

# emit KEY=VALUE...: a result, one JSON object a line; words are simple ones
emit()
{
	local pair value line="{\"kernel\":\"$RELEASE\",\"boot\":$BOOT,\"system\":\"$SYSTEM\""

	line+=",\"measure\":\"$MEASURE\""
	for pair in "$@"; do
		value=${pair#*=}
		[[ $value =~ ^-?[0-9]+(\.[0-9]+)?$ ]] || value="\"$value\""
		line+=",\"${pair%%=*}\":$value"
	done
	echo "$line}"
}

topology()
{
	local dev

	modprobe veth
	modprobe pktgen
	ip netns add client
	ip netns add server
	ip link add r0 address $MAC_ROUTER type veth peer name c0 netns client
	ip link add r1 address $MAC_ROUTER type veth peer name s0 netns server
	for dev in all default r0 r1; do
		echo 0 > /proc/sys/net/ipv4/conf/$dev/rp_filter
		echo 1 > /proc/sys/net/ipv6/conf/$dev/disable_ipv6
	done
	ip addr add 10.0.0.1/8 dev r0
	ip addr add 198.51.100.1/24 dev r1
	ip -n client addr add 10.0.0.2/8 dev c0
	ip -n server addr add $SERVER/24 dev s0
	ip link set r0 up
	ip link set r1 up
	ip -n client link set c0 up
	ip -n server link set s0 up
	ip neigh replace $SERVER lladdr $MAC_NOBODY nud permanent dev r1
	ip neigh replace $ANSWERED lladdr $MAC_NOBODY nud permanent dev r0
	ip route add default via $SERVER
	echo 1 > /proc/sys/net/ipv4/ip_forward
	echo 20000 > /proc/sys/net/core/netdev_max_backlog
	until [[ $(< /sys/class/net/r1/operstate) == up && $(< /sys/class/net/r0/operstate) == up ]]; do
		sleep 0.1
	done
}

# The process in a namespace that drives pktgen at device $1: a line of commands
# for the device in, separated by ";", a line "MICROSECONDS PACKETS" out
generator()
{
	local dev=/proc/net/pktgen/$1 commands line
	local -a list

	echo rem_device_all > /proc/net/pktgen/kpktgend_0
	echo "add_device $1" > /proc/net/pktgen/kpktgend_0
	for line in "clone_skb 0" "pkt_size 60" "delay 0" "flag UDPCSUM"; do
		echo "$line" > $dev
	done
	while read -r commands; do
		IFS=';' read -ra list <<< "$commands"
		for line in "${list[@]}"; do
			echo "$line" > $dev
		done
		echo start > /proc/net/pktgen/pgctrl
		while read -r line; do
			[[ $line =~ ^Result:\ OK:\ ([0-9]+)\(.*usec,\ ([0-9]+)\  ]] && break
		done < $dev
		echo "${BASH_REMATCH[1]:-0} ${BASH_REMATCH[2]:-0}"
	done
}

# generate_at client|server: before the first send
generate_at()
{
	local dev=c0

	FAR=r1
	[[ $1 == client ]] || { dev=s0; FAR=r0; }
	[[ ! ${GENERATOR_PID-} ]] || { kill "$GENERATOR_PID"; wait "$GENERATOR_PID" || :; } 2>/dev/null
	coproc GENERATOR {
		export -f generator
		exec ip netns exec "$1" bash -c "generator $dev"
	}
}

# What the next packets look like; send COUNT takes it from here.
#	from FIRST LAST		source addresses, one after the other
#	ports MIN END [random]	source ports, END not included
#	to FIRST [LAST] [PORT]	destination
#	answers MIN END		destination ports, END not included, from port 9
#	size BYTES		of the frames
FROM=''
PORTS=''
TO=''
SIZE='pkt_size 60'

from()
{
	FROM="src_min $1;src_max $2"
}

ports()
{
	local flag=!UDPSRC_RND

	[[ ${3-} != random ]] || flag=UDPSRC_RND
	PORTS="flag $flag;udp_src_min $1;udp_src_max $2"
}

to()
{
	TO="dst_min $1;dst_max ${2:-$1};udp_dst_min ${3:-9};udp_dst_max ${3:-9}"
}

answers()
{
	PORTS="flag !UDPSRC_RND;udp_src_min 9;udp_src_max 9"
	TO+=";udp_dst_min $1;udp_dst_max $2"
}

size()
{
	SIZE="pkt_size $1"
}

# address BASE OFFSET: dotted
address()
{
	local n=$(($1 + $2))

	echo "$((n >> 24 & 255)).$((n >> 16 & 255)).$((n >> 8 & 255)).$((n & 255))"
}

# packets that the processor's queue had no room for, before any router's code
read_overrun()
{
	read -r _ OVERRUN _ < /proc/net/softnet_stat
	OVERRUN=$((16#$OVERRUN))
}

read_sent()
{
	read -r FORWARDED < "/sys/class/net/$FAR/statistics/tx_packets"
}

# send COUNT [MAC]: sets USEC, SENT, OK, how many of them the router forwarded, and
# OVERRUN, how many never came to it
send()
{
	local before overrun

	read_overrun
	overrun=$OVERRUN
	read_sent
	before=$FORWARDED
	echo "$SIZE;$FROM;$PORTS;$TO;dst_mac ${2:-$MAC_ROUTER};count $1" >&"${GENERATOR[1]}"
	read -r USEC SENT <&"${GENERATOR[0]}"
	((SENT == $1)) || { progress "pktgen sent $SENT packets, not $1"; exit 1; }
	read_sent
	OK=$((FORWARDED - before))
	read_overrun
	OVERRUN=$((OVERRUN - overrun))
	((OVERRUN == 0)) || progress "$SYSTEM: the queue was full for $OVERRUN of $SENT packets"
}

# base COUNT LABEL: the same packets, dropped by the router's first look at them
base()
{
	send "$1" $MAC_NOBODY
	emit part=base label="$2" sent="$SENT" usec="$USEC"
}
