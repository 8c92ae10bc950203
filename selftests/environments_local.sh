#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Routers on which programs and rules send packets in a client's name: transparent
# proxies, IPVS, netfilter's REJECT, programs behind NFQUEUE.
#
#   See lib_environments.sh.

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib_environments.sh"

# proxy [CONNECT-OPTION]...: takes over the clients' connections to port 9000
proxy()
{
	local options

	options=$(printf ',%s' "$@")
	rules <<-EOT
		table ip proxy {
			chain intercept {
				type filter hook prerouting priority mangle;
				meta l4proto tcp socket transparent 1 meta mark set 1 accept
				iifname in0 tcp dport 9000 tproxy to :3129 meta mark set 1 accept
			}
		}
	EOT
	ip -n "$gw" -batch - <<-EOT
		rule add fwmark 1 lookup 100
		route add local 0.0.0.0/0 dev lo table 100
	EOT
	start "$gw" socat TCP4-LISTEN:3129,transparent,fork,reuseaddr \
		"TCP4:198.51.100.7:9000${options%,}"
	wait_for 20 listening "$gw" tcp 3129 || fail "no proxy"
}

# The proxy is a program of the router and has the router's address
tproxy_own_address()
{
	local out

	world
	proxy
	out=$(flow tcp 10.0.1.2 198.51.100.7 9000 count 2 rounds 3) || fail "proxy: $out"
	match "seen as" 'last 192.0.2.1 ' "$out"
	public_exchange udp
	pings
	nothing_private
}

tproxy_client_address()
{
	world
	proxy transparent bind=10.0.1.2
	public_exchange tcp
	public_exchange udp
	nothing_private
	at_least "sessions of the proxy" 1 "$(sessions proto tcp src 10.0.1.2)"
}

# by_service: clients use an address of the router, whose endpoint is outside
by_service()
{
	local proto out

	for proto in tcp udp; do
		out=$(flow "$proto" 10.0.1.2 10.0.1.1 80 count 2 rounds 3 2>&1) ||
			{ fail "$proto: $out"; note "$(ctl stats show | grep -v ' 0 ')"; }
		match "$proto seen as" 'last 203.0.113.1 ' "$out"
	done
}

ipvs_endpoint_outside()
{
	local conntrack

	modprobe -q ip_vs || { skip "this kernel has no IPVS"; return; }
	world
	on_gateway ipvsadm --restore <<-EOT || fail "ipvsadm"
		-A -t 10.0.1.1:80 -s rr
		-a -t 10.0.1.1:80 -r 198.51.100.7:9000 -m
		-A -u 10.0.1.1:80 -s rr
		-a -u 10.0.1.1:80 -r 198.51.100.7:9000 -m
	EOT
	for conntrack in 0 1; do
		ok sysctl_in "$gw" net.ipv4.vs.conntrack=$conntrack
		by_service
		all_by_gateway
		[[ ! $failed ]] || { note "net.ipv4.vs.conntrack=$conntrack"; break; }
	done
	nothing_private
}

# steered_elsewhere: a user route for all that the clients send
steered_elsewhere()
{
	ok batch <<-EOT
		route-table add rt1
		route add 0.0.0.0/0 route-table rt1 next-hop-type VirtualAppliance next-hop-ip 192.0.2.2
		subnet set web route-table rt1
	EOT
}

# What the proxy takes does not go where the routes lead
tproxy_and_user_route()
{
	local out

	excuse 10.0.1.2		# what it does not take is steered
	world
	proxy
	steered_elsewhere
	out=$(flow tcp 10.0.1.2 198.51.100.7 9000 count 2 rounds 3) || fail "proxy: $out"
	match "seen as" 'last 192.0.2.1 ' "$out"
	never wire tcp port 9000
	out=$(flow udp 10.0.1.2 198.51.100.7 9000) || fail "udp: $out"
	match "steered" 'last 10.0.1.2 ' "$out"
}

# tunnel_to ENDPOINT [OPTION]...: of a service of the router, on a port that was not used yet
tunnel_to()
{
	on_gateway ipvsadm -C
	((++port))
	on_gateway ipvsadm -A -t "192.0.2.1:$port" -s rr &&
		on_gateway ipvsadm -a -t "192.0.2.1:$port" -r "$1" -i "${@:2}" || fail "ipvsadm"
}

# Nobody behind the router sees what is in the tunnel. The endpoints do not answer.
ipvs_tunnel()
{
	local kind port=80 mac

	modprobe -q ip_vs || { skip "this kernel has no IPVS"; return; }
	world
	read -r _ _ mac _ < <(ip -n "$cl" -br link show c0)
	ip -n "$gw" neigh replace 10.0.1.9 lladdr "$mac" dev in0
	capture tunnel "$net" n0 'ip proto 4 or ip proto 47 or udp port 6080'
	for kind in ipip gre "gue --tun-port 6080"; do
		# shellcheck disable=SC2086 # words
		tunnel_to 198.51.100.99 --tun-type $kind
		dropped "$cl" untranslated 10.0.1.2 192.0.2.1 tcp 4000 $port S
	done
	same "last source" 10.0.1.2 "$(last_source untranslated)"
	all_by_gateway
	capture_end tunnel
	never tunnel ip
	# an endpoint inside has it, and so does one outside for a client outside
	tunnel_to 10.0.1.9
	capture inside "$cl" c0 ip proto 4
	send "$cl" 10.0.1.2 192.0.2.1 tcp 4001 $port S
	soon seen inside dst host 10.0.1.9
	capture_end inside
	tunnel_to 198.51.100.99
	capture outside "$net" n0 ip proto 4
	send "$net" 192.0.2.2 192.0.2.1 tcp 4002 $port S
	soon seen outside src host 192.0.2.1
	capture_end outside
	on_gateway ipvsadm -C
	nothing_private
}

# rejecting RULE...: in FORWARD, before all else
rejecting()
{
	rules <<-EOT
		table inet reject_some {
			chain forward {
				type filter hook forward priority 0;
				$(printf '%s\n' "$@")
			}
		}
	EOT
}

# What the router says in the client's name must come from the pool address: only so
# the server knows which connection has ended
reset_of_answers()
{
	world
	capture resets "$net" n0 'tcp[13] & 4 != 0'
	rejecting "iifname up0 tcp sport 9000 ct state established${OFFLOAD:+,untracked} reject with tcp reset"
	start "$cl" "$HERE/flows" client tcp 10.0.1.2 198.51.100.7 9000 count 1
	soon seen resets src host 203.0.113.1 and dst host 198.51.100.7
	stop "$!"
	never resets src host 10.0.1.2
	public_exchange udp
	nothing_private
}

reset_of_clients()
{
	world
	rejecting 'iifname in0 tcp dport 9001 reject with tcp reset'
	match "refused" 'refused' \
		"$(in_ns "$cl" timeout 10 socat -u TCP:198.51.100.7:9001 - 2>&1)"
	all_by_gateway
	nothing_private
}

# The error quotes the answer: there the pool address must stand, too
error_of_answers()
{
	world
	capture errors "$net" n0 icmp
	rejecting 'iifname up0 udp sport 9000 reject with icmpx admin-prohibited'
	send "$cl" 10.0.1.2 198.51.100.7 udp 4000 9000 size 16
	soon seen errors 'icmp[0] == 3 and icmp[24:4] == 0xcb007101'
	never errors 'icmp[0] == 3 and icmp[24] == 10'
	public_exchange tcp
	nothing_private
}

error_of_clients()
{
	world
	capture inside "$cl" c0 icmp
	rejecting 'iifname in0 udp dport 9001 reject with icmpx admin-prohibited'
	send "$cl" 10.0.1.2 198.51.100.7 udp 4000 9001
	soon seen inside 'icmp[0] == 3 and icmp[1] == 13'
	all_by_gateway
	nothing_private
}

held_by_program()
{
	world
	rules 2>/dev/null <<-EOT
		table inet held {
			chain forward {
				type filter hook forward priority 0;
				queue num 1
			}
			chain postrouting {
				type filter hook postrouting priority 400;
				queue num 1
			}
		}
	EOT
	[[ ! $failed ]] || { failed=; skip "this kernel has no NFQUEUE"; return; }
	start_to "$TMP/queue.log" "$gw" "$HERE/queue" 1
	soon grep -q ready "$TMP/queue.log"
	all_by_gateway
	nothing_private
}

tests=(
	tproxy_own_address tproxy_client_address tproxy_and_user_route ipvs_endpoint_outside
	ipvs_tunnel reset_of_answers reset_of_clients error_of_answers error_of_clients held_by_program
)

run "$@"
