#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Processors hardly wait for each other: packets of established flows take no lock of natgw, and of
# the times that a new flow takes one, fewer than one in a thousand find it taken; where all flows
# go to one destination, fewer than one in 200. Counted by the kernel (CONFIG_LOCK_STAT), which only
# the kernel of the lane kasan does.
#
#   10.64.0.0/11 - cl ---- in0 gw up0 ---- net 198.51.100.99, .10, .11 (silent)
#    a sender on each processor
#
# PACKETS of each sender (10000).

. "$(dirname "$0")/lib.sh"

PACKETS=${PACKETS:-10000}
CPUS=$(nproc)
# by what the kernel names them after: the argument of spin_lock_init()
LOCKS='&destination->lock &buckets->lock[i].lock &table->shard[i].lock &host->lock &seats->lock
	&directs->lock &rings->ring[cpu]->lock &exhaustion->refusals[i].lock'

# counted COMMAND...: what it takes of our locks: acquisitions and those that had to wait, of all
# together and by lock; those of the timer wheel, which turns by itself four times a second
counted()
{
	echo 0 > /proc/lock_stat
	echo 1 > /proc/sys/kernel/lock_stat
	"$@"
	echo 0 > /proc/sys/kernel/lock_stat
	awk -v locks="$LOCKS" '
		BEGIN {
			n = split(locks, names)
			for (i = 1; i <= n; i++)
				ours[names[i]]
		}
		{
			name = $1
			sub(/:$/, "", name)
			sub(/\/[0-9]$/, "", name)
		}
		# not the lines that follow, with the places in the code
		/: / && name in ours && NF == 13 {
			waited[name] += $3
			taken[name] += $9
		}
		END {
			for (name in taken) {
				printf "# %s: taken %d times, %d waited\n", name, taken[name], waited[name]
				all += taken[name]
				all_waited += waited[name]
			}
			print all + 0, all_waited + 0, taken["&table->shard[i].lock"] + 0
		}' /proc/lock_stat > "$TMP/locks"
	grep '^#' "$TMP/locks"
	read -r taken waited wheel < <(tail -n 1 "$TMP/locks")
}

# on_all_processors PACKET...: each sender from a host of its own, 10.64.1.1 and on
on_all_processors()
{
	local cpu senders=()

	for ((cpu = 0; cpu < CPUS; cpu++)); do
		start_to "$TMP/sent.$cpu" "$cl" taskset -c "$cpu" "$HERE/pkt" "${@//CPU/$cpu}"
		senders+=($!)
	done
	wait "${senders[@]}" || fail "not sent: $(cat "$TMP"/sent.*)"
}

# few_wait PART: one in PART of all acquisitions had to wait at most
few_wait()
{
	note "taken $taken times, $waited waited"
	((waited * $1 <= taken)) || fail "$waited of $taken had to wait"
}

# An established packet takes no lock
established()
{
	on_all_processors 10.64.CPU.1 198.51.100.99 udp 10000 9000
	soon in_table "$CPUS"
	counted on_all_processors repeat "$PACKETS" 10.64.CPU.1 198.51.100.99 udp 10000 9000
	same "taken and waited for" "0 0" "$((taken - wheel)) $waited"
	# its own work is less, however slow the guest is
	((wheel * 2 <= CPUS * PACKETS)) || fail "$wheel times the wheel's for $((CPUS * PACKETS)) packets"
}

# new_flows DESTINATION: PACKETS of each sender
new_flows()
{
	ok ctl session flush
	soon in_table 0
	counted on_all_processors repeat "$PACKETS" ports "$PACKETS" 10.64.CPU.1 "$1" udp 10000 9000
	# three for each: of the destination, of a bucket, of the wheel
	at_least "locks taken" $((3 * CPUS * PACKETS)) "$taken"
}

own_destinations()
{
	new_flows 198.51.100.1CPU
	few_wait 1000
}

# The worst case: the ports of all are guarded by one lock
one_destination()
{
	new_flows 198.51.100.99
	few_wait 200
}

[[ -e /proc/lock_stat ]] || skip_all "no CONFIG_LOCK_STAT"
((CPUS > 1)) || skip_all "one processor"

tests=(established own_destinations one_destination stats_agree)

standard_topology
silent_hosts
ip -n "$gw" route add 10.64.0.0/11 via 10.0.1.99
standard_gateway profile custom udp-timeout 1h
ok ctl subnet add many prefix 10.64.0.0/11 gateway gw1
run "$@"
