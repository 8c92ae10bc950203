# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# shellcheck disable=SC2154 # namespaces are set by ns
# Sourced after lib.sh by the tests of user routes.
#
#   cl, clients           gw                          net, the internet
#   c0 10.0.1.2/24 ---- in0 10.0.1.1/24
#      10.0.1.3           up0 192.0.2.1/25 -------- n0 192.0.2.2/25
#                         dmz0 10.0.2.1/24          lo 198.51.100.7, .8
#                           |
#                         f0 10.0.2.4/24
#      fw, a firewall     f1 192.0.2.129/25 ------- n1 192.0.2.130/25
#                         lo 203.0.113.200
#
# The internet routes 203.0.113.200 to the firewall, the other addresses of
# 203.0.113.0/24 to the router, and 10.0.0.0/16, too, so that a packet that
# leaves untranslated is answered and seen.
appliance_topology()
{
	ns cl gw net fw
	link "$cl" c0 10.0.1.2/24 "$gw" in0 10.0.1.1/24
	link "$gw" up0 192.0.2.1/25 "$net" n0 192.0.2.2/25
	link "$gw" dmz0 10.0.2.1/24 "$fw" f0 10.0.2.4/24
	link "$fw" f1 192.0.2.129/25 "$net" n1 192.0.2.130/25
	ip -n "$cl" -batch - <<-EOT
		addr add 10.0.1.3/24 dev c0
		route add default via 10.0.1.1
	EOT
	ip -n "$gw" route add default via 192.0.2.2
	ip -n "$fw" -batch - <<-EOT
		addr add 203.0.113.200/32 dev lo
		route add 10.0.0.0/16 via 10.0.2.1
		route add default via 192.0.2.130
	EOT
	ip -n "$net" -batch - <<-EOT
		addr add 198.51.100.7/32 dev lo
		addr add 198.51.100.8/32 dev lo
		route add 203.0.113.0/24 via 192.0.2.1
		route add 203.0.113.200/32 via 192.0.2.129
		route add 10.0.0.0/16 via 192.0.2.1
	EOT
	forwarding "$gw" "$fw"
}

# firewall_rules [RULE]...: a stateful firewall that denies what no RULE allows
firewall_rules()
{
	local rules

	printf -v rules '%s\n' "${@:-}"
	in_ns "$fw" nft -f - <<-EOT || fail "nft"
		flush ruleset
		table ip fw {
			counter answers { }
			counter denied { }
			counter out_of_state { }
			chain forward {
				type filter hook forward priority 0; policy drop;
				ct state established,related counter name answers accept
				ct state invalid counter name out_of_state drop
				$rules
				counter name denied
			}
			chain prerouting {
				type nat hook prerouting priority -100;
			}
			chain postrouting {
				type nat hook postrouting priority 100;
				oifname f1 snat to 203.0.113.200
			}
		}
	EOT
}

# at_firewall COUNTER: packets
at_firewall()
{
	local out

	out=$(in_ns "$fw" nft list counter ip fw "$1")
	[[ $out =~ packets\ ([0-9]+) ]] && echo "${BASH_REMATCH[1]}"
}

# firewall_counts COUNTER MORE_THAN
firewall_counts()
{
	(($(at_firewall "$1") > $2))
}

# A table rt1 that sends everything to the firewall
appliance_route()
{
	ok ctl route-table add rt1
	ok ctl route add 0.0.0.0/0 route-table rt1 next-hop-type VirtualAppliance \
		next-hop-ip 10.0.2.4
}

# web_server NS ADDR...: tells each client by which address it sees it, and logs that;
# has a file
web_server()
{
	local listen

	served_by=$1
	shift
	mkdir -p "$TMP/www"
	head -c 300000 /dev/urandom > "$TMP/www/file"
	chmod -R a+rX "$TMP"
	listen=$(printf 'listen %s:80; ' "$@")
	web_server_start "$served_by" <<-EOT
		$listen
		root $TMP/www;
		location = /whoami { return 200 "\$remote_addr\\n"; }
	EOT
}

# get NS URL: as a client there
get()
{
	in_ns "$1" "$HERE/fetch" -m 15 "$2"
}

# seen_as WANTED ADDR: by which address a web server sees cl
seen_as()
{
	same "$2 sees" "$1" "$(get "$cl" "http://$2/whoami" 2>&1)"
}

# logged_as WANTED: the last client in the web server's log
logged_as()
{
	same "log of the web server" "$1" "$(tail -n 1 "$TMP/$served_by.nginx/access.log" | cut -d' ' -f1)"
}

digest()
{
	sha256sum "$@" | cut -d' ' -f1
}

# talkers NS ADDR PORT: servers that answer each line with the address it came from
talkers()
{
	# shellcheck disable=SC2016 # for the servers' shell
	local answer='while read l; do echo $SOCAT_PEERADDR $l; done'

	start "$1" socat "TCP-LISTEN:$3,bind=$2,fork,reuseaddr" "SYSTEM:$answer"
	start "$1" socat "UDP-LISTEN:$3,bind=$2,fork,reuseaddr" "SYSTEM:$answer"
	wait_for 20 listening "$1" tcp "$3" || fail "no TCP server"
	wait_for 20 listening "$1" udp "$3" || fail "no UDP server"
}

# talk NAME PROTO ADDR PORT: cl opens a conversation
talk()
{
	mkfifo "$TMP/$1.say"
	: > "$TMP/$1.heard"
	start "$cl" socat "OPEN:$TMP/$1.say,rdwr!!OPEN:$TMP/$1.heard,append" "$2:$3:$4"
}

heard()
{
	grep -qx "$2" "$TMP/$1.heard"
}

# say NAME WORD SOURCE: says it; the answer tells that it came from SOURCE. Again,
# for a datagram may be lost.
say()
{
	local try

	for try in 1 2 3; do
		echo "$2" > "$TMP/$1.say"
		wait_for 4 heard "$1" "$3 $2" && return
	done
	fail "$1: said '$2' $try times, heard $(tail -n 2 "$TMP/$1.heard" | tr '\n' ' ')"
	note "$(ctl stats show)"
	return 1
}

# mtu NS DEV NS DEV MTU: of a pair
mtu()
{
	ip -n "$1" link set "$2" mtu "$5" && ip -n "$3" link set "$4" mtu "$5"
}
