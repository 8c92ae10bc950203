#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Each line of segments.txt is a connection: its segments, made by hand, and the state of the
# session after each. All connections take a step at a time together.
#
#   10.0.1.99 (silent) - cl ---- in0 gw up0 ---- net - 198.51.100.99 (silent)

. "$(dirname "$0")/lib.sh"

# No function of this test starts a program for each connection: there are many.

# step N: cuts that of each connection into from[], how[], state[] and lost[]
step()
{
	local name part

	from=() how=() state=() lost=()
	for name in "${names[@]}"; do
		part=${steps[$name,$1]-}
		[[ $part ]] || continue
		state[$name]=${part##*=}
		part=${part%=*}
		[[ $part == !* ]] && lost[$name]=1 && part=${part#!}
		from[$name]=${part:0:1}
		how[$name]=${part:1}
	done
}

# sent DIRECTION NUMBER NS: the segments of this step from there; an IP id tells each
sent()
{
	local name flags seq ack size packets=()

	for name in "${names[@]}"; do
		[[ ${from[$name]-} == "$1" ]] || continue
		((${#packets[@]} == 0)) || packets+=(and)
		packets+=(id $((${line[$name]} * 16 + $2)))
		if [[ $1 == '>' ]]; then
			packets+=(10.0.1.99 198.51.100.99 tcp $((4000 + ${line[$name]})) 80)
		else
			packets+=(198.51.100.99 203.0.113.1 tcp 80 "${public[$name]}")
		fi
		IFS=: read -r flags seq ack size <<< "${how[$name]}"
		packets+=("$flags" seq "$seq" ${ack:+ack "$ack"} ${size:+size "$size"})
		[[ ${lost[$name]-} ]] || last[$1]=$((${line[$name]} * 16 + $2))
	done
	((${#packets[@]} == 0)) || send "$3" "${packets[@]}"
}

# Reads the states of all sessions into found[], their public ports into public[]
look()
{
	local row port name

	found=()
	while read -r row; do
		[[ $row =~ \"src-port\":([0-9]+) ]] || continue
		port=${BASH_REMATCH[1]}
		name=${names[port - 4000]}
		[[ $row =~ \"state\":\"([a-z-]+)\" ]] && found[$name]=${BASH_REMATCH[1]}
		[[ $row =~ \"port\":([0-9]+) ]] && public[$name]=${BASH_REMATCH[1]}
	done < <(ctl -j session show src 10.0.1.99 | sed 's/},{/}\n{/g')
}

all_as_wanted()
{
	local name

	look
	for name in "${!state[@]}"; do
		[[ ${found[$name]-none} == "${state[$name]}" ]] || return 1
	done
}

each_line()
{
	local name n=0 i most=0 arrived
	local -a names words
	local -A steps=() line=() from how state lost last found public=()

	while read -ra words; do
		name=${words[0]-#}
		[[ $name != "#"* ]] || continue
		names[n]=$name
		line[$name]=$n
		for ((i = 1; i < ${#words[@]}; i++)); do
			steps[$name,$i]=${words[i]}
		done
		((most = i - 1 > most ? i - 1 : most, ++n))
	done < "$HERE/segments.txt"
	at_least "connections" 30 "$n"
	for ((i = 1; i <= most; i++)); do
		step "$i"
		last=()
		sent '>' "$i" "$cl"
		sent '<' "$i" "$net"
		[[ ! ${last['>']-} ]] || soon seen wire "ip[4:2] = ${last['>']}"
		[[ ! ${last['<']-} ]] || soon seen inside "ip[4:2] = ${last['<']}"
		wait_for 5 all_as_wanted || for name in "${!state[@]}"; do
			same "$name, step $i (${from[$name]}${how[$name]})" "${state[$name]}" \
				"${found[$name]-none}"
		done
	done
	capture_end wire
	capture_end inside
	# and each has arrived, or has not
	arrived=" $({ captured wire; captured inside; } | grep -o 'id [0-9]*,' |
		tr -dc '0-9\n' | sort -n | uniq | xargs) "
	for ((i = 1; i <= most; i++)); do
		step "$i"
		for name in "${!state[@]}"; do
			n=$((${line[$name]} * 16 + i))
			[[ ${lost[$name]-} ]] || [[ $arrived == *" $n "* ]] ||
				fail "$name, step $i (${from[$name]}${how[$name]}): has not arrived"
			[[ ! ${lost[$name]-} ]] || [[ $arrived != *" $n "* ]] ||
				fail "$name, step $i (${from[$name]}${how[$name]}): has arrived"
		done
	done
}

tests=(each_line stats_agree)

standard_topology
silent_hosts
standard_gateway profile custom idle-timeout 1h closing-timeout 1h half-open-timeout 1h \
	cooldown-fin 1h cooldown-rst 1h cooldown-half-open 1h
capture wire "$net" n0 src host 203.0.113.1
capture inside "$cl" c0 dst host 10.0.1.99
run "$@"
