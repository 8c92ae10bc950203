#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# A COMMIT that is refused late, after the new configuration was compiled, leaves
# everything as it was: what is shown, where flows leave, what workers do. Each
# step that can fail is made to, while a flow runs and the worker of shared
# addresses has work. The same holds for each other request that changes something
# and answers.
#
#   cl 10.0.1.2 ---- in0 gw up0 ---- net 198.51.100.7
#                    203.0.113.1 shared, gateway gw1, subnet web

. "$(dirname "$0")/lib.sh"

# All that is shown, and the sessions, without what time, packets and the worker change
everything()
{
	local lines

	mapfile -t lines < <(shown gateway address vnet subnet route-table route tag managed-pool cluster \
		session status)
	printf '%s\n' "${lines[@]:0:9}" |
		sed -E 's/"(sessions|ports|expires|untranslated|last-age)":[^,}]*//g'
	grep -o '"src":[^}]*"dst-port":[0-9]*' <<< "${lines[9]}"
	value "${lines[10]}" generation
	value "${lines[10]}" sessions-max
}

before_changes()
{
	ok ctl reset
	ok batch <<-EOT
		gateway add gw1
		address add 203.0.113.1 gateway gw1 shared on
		subnet add web prefix 10.0.1.0/24 gateway gw1
		vnet add hub prefix 10.8.0.0/16
		route-table add rt1
		route add 10.9.0.0/16 route-table rt1 next-hop-type None
		subnet add spare prefix 10.0.7.0/24 route-table rt1
	EOT
}

# Requests of a transaction after which gw1, rt1 and spare have other places, and
# the hook in FORWARD is needed
changes()
{
	local i

	echo "transaction-begin"
	echo "address-set family=2 address=203.0.113.1 gateway="
	echo "subnet-set name=web gateway="
	echo "gateway-del name=gw1"
	echo "subnet-del name=spare"
	echo "route-table-del name=rt1"
	for i in {1..20}; do
		echo "gateway-new name=g$i"
	done
	for i in 2 1; do
		echo "route-table-new name=rt$i"
		echo "route-new route-table=rt$i family=2 prefix=10.9.0.0 prefix-length=16 next-hop-type=4"
	done
	echo "gateway-new name=gw1"
	echo "address-set family=2 address=203.0.113.1 gateway=gw1"
	echo "subnet-set name=web gateway=gw1"
	echo "subnet-new name=other family=2 prefix=10.0.8.0 prefix-length=24 route-table=rt2"
	echo "subnet-new name=spare family=2 prefix=10.0.7.0 prefix-length=24 route-table=rt1"
}

# The ports of the shared address follow the router's settings, as before
worker_works()
{
	local range

	for range in 20000:29999 32768:60999; do
		sysctl_in "$gw" net.ipv4.ip_local_port_range="${range/:/ }"
		soon ports_are $((64512 - (${range#*:} - ${range%:*} + 1)))
	done
}

ports_are()
{
	[[ $(value "$(ctl -j address show 203.0.113.1)" ports) == "$1" ]]
}

# A flow that runs all the time, and its place
flow_begins()
{
	start "$cl" ping -q -i 0.05 -I 10.0.1.2 198.51.100.7
	pinging=$!
	match "flow" 'answered 1 .* last 203\.0\.113\.1 ' \
		"$(flow udp 10.0.1.2 198.51.100.7 9000 count 1)"
}

flow_goes_on()
{
	running "$pinging" || fail "ping has ended"
	match "new flow" 'answered 1 .* last 203\.0\.113\.1 ' \
		"$(flow udp 10.0.1.2 198.51.100.7 9000 count 1)"
	ok ctl session flush src 10.0.1.2 dst 198.51.100.7:9000
}

# The last check of a commit refuses it
seat_check()
{
	local before out i

	before_changes
	flow_begins
	ok ctl session flush proto udp
	before=$(everything)
	for i in 1 2 3; do
		out=$({
			changes
			echo "gateway-new name=gp allocation=1 ports-per-host=64000 hosts=100"
			echo "address-new family=2 address=203.0.113.20 gateway=gp"
			echo "transaction-commit"
		} | in_ns "$gw" "$HERE/nl_client" | tail -n 1)
		match "commit" '^error ERANGE.*64000 x 100 hosts = 6400000, gateway gp has 64000 x 1 address = 64000$' "$out"
		same "after the refusal" "$before" "$(everything)"
	done
	worker_works
	flow_goes_on
	stop "$pinging"
}

# A plan compiles what it shows, and throws it away
cluster_plan()
{
	before_changes
	ok ctl managed-pool add 203.0.113.64/28
	ok ctl subnet add aks prefix 10.0.6.0/24
	ok ctl cluster add c subnet aks
	flow_begins
	ok ctl cluster plan c
	ok ctl cluster plan c outbound-type none
	worker_works
	flow_goes_on
	stop "$pinging"
}

# faulty N: the transaction, whose commit has its allocation N fail
faulty()
{
	{
		changes
		echo "fail $1 transaction-commit"
	} | in_ns "$gw" "$HERE/nl_client" | tail -n 2
}

# Sets net.ipv4.ip_local_port_range anew, so that the worker has something to do
disturb()
{
	sysctl_in "$gw" net.ipv4.ip_local_port_range="$((20000 + $1 % 100)) 29999"
}

# commits_with_faults: each allocation of COMMIT fails in its turn. It is refused and
# nothing has changed; or it is made, whole, if the memory was for something that can
# do without (a notification, the answer).
commits_with_faults()
{
	local before after now out n refused=0

	before=$(everything)
	for ((n = FAULT_FIRST; n < 1000; n += FAULT_STEP)); do
		disturb "$n"
		out=$(faulty "$n")
		now=$(everything)
		if [[ ${out##*$'\n'} == none ]]; then
			match "without a fault" '^ok' "$out"
			break
		fi
		if [[ $out == "error "* ]]; then
			((++refused))
			same "after fault $n" "$before" "$now"
		elif [[ $now == "$before" ]]; then
			fail "fault $n: '$out', and nothing has changed"
		else
			again
			before=$(everything)
		fi
	done
	faults_refused "$1" "$refused" "$n"
}

each_allocation()
{
	fault_injection N || return
	again()
	{
		stop "$pinging"
		before_changes
		disturb "$n"
		flow_begins
		ok ctl session flush proto udp
	}
	pinging=
	n=0
	again
	commits_with_faults 15
	fault_injection Y
	# what was committed last
	worker_works
	flow_goes_on
	stop "$pinging"
	stats_agree
}

# The first commit of a namespace puts hooks and tables in place, or nothing
first_commit()
{
	local out n refused=0 gw

	fault_injection N || return
	ns fresh
	gw=$fresh
	for ((n = FAULT_FIRST; n < 1000; n += FAULT_STEP)); do
		out=$(printf '%s\n' transaction-begin "gateway-new name=gw1" \
			"route-table-new name=rt1" \
			"route-new route-table=rt1 family=2 prefix=10.9.0.0 prefix-length=16 next-hop-type=4" \
			"subnet-new name=spare family=2 prefix=10.0.7.0 prefix-length=24 route-table=rt1" \
			"fail $n transaction-commit" | in_ns "$gw" "$HERE/nl_client" | tail -n 2)
		if [[ $out == "error "* ]]; then
			((++refused))
			same "after fault $n" '0 0 0 []' \
				"$(shown status gateway | sed -E 'N
					s/.*"generation":([0-9]*).*"sessions-max":([0-9]*).*"session-bytes":([0-9]*).*\n/\1 \2 \3 /')"
			continue
		fi
		[[ ${out##*$'\n'} != none ]] || break
		ns_del "$fresh"
		ns fresh
	done
	faults_refused 20 "$refused" "$n"
	same "committed" gw1 "$(value "$(ctl -j gateway show)" name)"
	fault_injection Y
}

# A transaction that BEGIN says there is not is not there
begin()
{
	local out n refused=0

	fault_injection N || return
	for ((n = 1; n < 1000; n++)); do
		out=$(printf '%s\n' "fail $n transaction-begin" "transaction-abort" |
			in_ns "$gw" "$HERE/nl_client")
		[[ $out == *none* ]] && break
		[[ $out == "error "* ]] || continue
		((++refused))
		match "abort, after fault $n of begin" 'error ENOENT: this socket has no transaction open' \
			"${out##*$'\n'}"
	done
	at_least "begins refused" 3 "$refused"
	note "$refused of $((n - 1)) faults refused it"
	fault_injection Y
}

# Sessions that a flush did not tell of are there
flush()
{
	local out n refused=0

	fault_injection N || return
	before_changes
	for ((n = 1; n < 1000; n++)); do
		ok ctl session flush
		opened 5 "$cl" repeat 5 ports 5000 10.0.1.2 198.51.100.7 udp 5000 9000
		out=$(in_ns "$gw" "$HERE/nl_client" <<< "fail $n session-flush proto=17")
		[[ ${out##*$'\n'} != none ]] || break
		[[ $out == "error "* ]] || continue
		((++refused))
		same "sessions after fault $n of flush" 5 "$(sessions)"
	done
	match "without a fault" '^ok count=5' "$out"
	at_least "flushes refused" 3 "$refused"
	note "$refused of $((n - 1)) faults refused it"
	fault_injection Y
}

tests=(seat_check cluster_plan each_allocation first_commit begin flush)

standard_topology
echo_server "$net" 198.51.100.7 9000
run "$@"
