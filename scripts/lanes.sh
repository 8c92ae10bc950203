# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2034	# scripts/check reads these lists
# Which selftests a lane runs, where scripts/check is not told, and of which size. scripts/lint looks
# at each name of an array that ends in _tests.

# What races between processors only: these run with two. All others run with one, for in a
# guest without KVM a second one costs as much as it gives.
smp_tests=(growth.sh teardown.sh storm.sh module.sh churn.sh)
# Some steps of these may race: they run with two with --full
smp_full_tests=(translate.sh namespaces.sh many_flows.sh preallocated.sh preallocated_changes.sh)

# What makes, ends and moves sessions while others look at them, with two processors, under KCSAN
# and under KASAN
race_tests=(
	translate.sh			# both directions
	growth.sh			# tables that grow and shrink
	storm.sh			# the last ports of a destination
	locks.sh			# who waits for whom; only kasan counts it
	teardown.sh			# the end of namespaces and of the module
	module.sh			# the end of the module beside netlink
	namespaces.sh			# more than one
	timers.sh			# the timer wheel
	exact_ports.sh			# maps of ports
	transactions.sh			# snapshots
	preallocated_changes.sh		# blocks of ports
	offload.sh			# offloaded flows
	restore.sh			# sessions from a file
	session_events.sh		# rings of events
	walks.sh			# answers beside traffic
	budget.sh			# memory that all share
	churn.sh			# all of that changes, a processor goes
)

# On 6.1 runs one test for each part of the kernel that natgw depends on and that differs
# between versions, a third of them each day; --full runs all selftests.
old_tests=(
	translate.sh			# hooks, sockets, segmentation (compat/gso.h)
	icmp_errors.sh			# ICMP and path MTU
	fragments.sh			# reassembly
	netlink_raw.sh			# netlink attributes and policies
	rights.sh			# rights of netlink groups (compat/genetlink.h)
	spoofed.sh			# routes of answers (compat/route.h)
	next_hop_vrf.sh			# VRFs, routes to next hops
	address_conflicts.sh		# addresses and neighbours of the router
	vnet_missing_device.sh		# notifications of devices
	conntrack.sh			# connection tracking
	offload.sh			# hooks at ingress, neighbours
	queued.sh			# NFQUEUE
	last_exit.sh			# output of the router's own programs
	ipsec.sh			# policies and states (compat/xfrm.h)
	environments_bridge.sh		# bridges and br_netfilter
	environments_offload.sh		# flow tables, tc
	redirects.sh			# ICMP redirects
	arp.sh				# ARP
	shared.sh			# ports of sockets
	ipv6.sh				# IPv6
	teardown.sh			# the end of namespaces and of the module
)

# These run on both um and 6.12 each time: the path of a packet in both directions, with what the
# kernels do differently (hooks, segments, reassembly), and the end of the module
both_tests=(translate.sh icmp_errors.sh fragments.sh unsolicited.sh fail_closed.sh module.sh)

# These test the tool, the configuration and what they answer. Packets pass in some of them, but no
# result depends on the path that the kernel takes with a packet. They start many programs, which
# costs two to seven times as much in a guest of QEMU: they run on um alone, a third of them each day.
tool_tests=(apply.sh caps.sh clusters.sh doctor.sh explain.sh export.sh flowlog.sh
	guard.sh json.sh managed_pool.sh metrics.sh mistakes.sh monitor.sh mutated.sh
	ports_show.sh refusals.sh reset.sh router_guide.sh session_filters.sh tags.sh top.sh units.sh
	vnets.sh vnets_refusals.sh)
# All others run on one of um and 6.12, by turns. All this is so where both lanes are run and no
# tests are named; --full runs all on both.

# These take the longest and start first, so that at the end no guest runs alone
long_tests=(migration.sh refused_commit.sh tenants.sh preallocated.sh many_flows.sh bridges.sh
	direct_records.sh exact_ports.sh cluster_del.sh gro_list.sh direct.sh
	preallocated_changes.sh next_hop.sh growth.sh explain_random.sh tenants_uplink.sh
	uplink_failover.sh teardown.sh)

# The heart, for --quick: both directions, refusals, transactions, what nobody asked for
quick_tests=(translate.sh refusals.sh transactions.sh unsolicited.sh)

# sizes LANE: full ones with --full, all ports of an address on 6.12 and 6.1 always. The same code
# runs with some of the flows: a flow costs ten times as much under um's checkers. See
# Documentation/testing.rst.
sizes()
{
	case $1${full:+ full} in
	um)
		export UDP_FLOWS=${UDP_FLOWS:-5000} TCP_FLOWS=${TCP_FLOWS:-2000}
		export EXACT_PORTS=${EXACT_PORTS:-4096} GROWTH_FLOWS=${GROWTH_FLOWS:-5000}
		export FLOOR_PORTS=${FLOOR_PORTS:-4096}
		export TENANT_FLOWS=${TENANT_FLOWS:-500} EXPLAIN_PAIRS=${EXPLAIN_PAIRS:-1000}
		export HOSTILE=${HOSTILE:-4000}
		export FAULT_STEP=${FAULT_STEP:-10} FAULT_FIRST=${FAULT_FIRST:-$((turn / 2 % 10 + 1))}
		# so many that a table that is still small meets what one bucket may hold
		export FILES=${FILES:-300} RECORDS=${RECORDS:-200000}
		;;
	"um full")
		export UDP_FLOWS=${UDP_FLOWS:-10000} TCP_FLOWS=${TCP_FLOWS:-5000}
		export EXACT_PORTS=${EXACT_PORTS:-8192} GROWTH_FLOWS=${GROWTH_FLOWS:-5000}
		export FLOOR_PORTS=${FLOOR_PORTS:-64512}
		export TENANT_FLOWS=${TENANT_FLOWS:-1000}
		export REQUESTS=${REQUESTS:-100000} HOSTILE=${HOSTILE:-500000}
		export RECORDS=${RECORDS:-200000}
		;;
	"6.12 full")
		export RECORDS=${RECORDS:-1000000} FILES=${FILES:-2000} MUTATED=${MUTATED:-$RANDOM}
		export REQUESTS=${REQUESTS:-20000} HOSTILE=${HOSTILE:-100000} OBJECTS=${OBJECTS:-10000}
		;;
	"6.1 full"|"7.x full"|"smp full")
		export UDP_FLOWS=${UDP_FLOWS:-30000} TCP_FLOWS=${TCP_FLOWS:-15000}
		export GROWTH_FLOWS=${GROWTH_FLOWS:-10000} TENANT_FLOWS=${TENANT_FLOWS:-3000}
		;;
	kcsan*|kasan*)
		export UDP_FLOWS=${UDP_FLOWS:-1000} TCP_FLOWS=${TCP_FLOWS:-500}
		export EXACT_PORTS=${EXACT_PORTS:-1024} GROWTH_FLOWS=${GROWTH_FLOWS:-1000}
		export TENANT_FLOWS=${TENANT_FLOWS:-200} FLOOR_PORTS=${FLOOR_PORTS:-1024}
		export FAULT_STEP=${FAULT_STEP:-20} REQUESTS=${REQUESTS:-1000}
		;;
	6.12|6.1|7.x|smp)
		export UDP_FLOWS=${UDP_FLOWS:-5000} TCP_FLOWS=${TCP_FLOWS:-2000}
		export GROWTH_FLOWS=${GROWTH_FLOWS:-5000} TENANT_FLOWS=${TENANT_FLOWS:-500}
		export HOSTILE=${HOSTILE:-2000}
		if [[ $1 == 6.12 ]]; then
			export FLOOR_PORTS=${FLOOR_PORTS:-16384}
		else
			export FLOOR_PORTS=${FLOOR_PORTS:-4096}
		fi
		;;
	esac
	# but this one is quickest under um, where nothing is emulated
	[[ $1 == um ]] || export EXPLAIN_PAIRS=${EXPLAIN_PAIRS:-500}
}
