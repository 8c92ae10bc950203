# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2034,SC2154 # TOPOLOGY and SCRATCH are tour.d/run's
# The machines of the demo: a network namespace each, joined by veth pairs.
# Also what they serve, and what their logs say.

TOPOLOGY='
   web        10.0.1.4, .5 ─┐
   batch      10.0.2.4     ─┤  router   wan          internet
   forgotten  10.0.3.4     ─┼─ natgw ── 192.0.2.1 ── 192.0.2.80  nginx, dnsmasq, iperf3
   stray      10.0.9.4     ─┘
   Towards the clients, internet has routes to 203.0.113.0/24 (on link, so somebody must
   answer ARP there), 198.51.100.16/30 (by way of 192.0.2.1) and, unlike the real one, 10.0.0.0/8.

'

SERVER=192.0.2.80
ACCESS_LOG=$SCRATCH/access.log
DNS_LOG=$SCRATCH/dns.log
IPERF_LOG=$SCRATCH/iperf.json
ALLOW_LIST=$SCRATCH/allow-list

# client NAME NETWORK HOST...: a subnet NETWORK.0/24 behind router's device NAME
client()
{
	local name=$1 net=$2 host

	shift 2
	ip netns add "$name"
	ip link add "$name" type veth peer name eth0 netns "$name"
	ip addr add "$net.1/24" dev "$name"
	ip link set "$name" up
	for host in "$@"; do
		ip -n "$name" addr add "$net.$host/24" dev eth0
	done
	ip -n "$name" link set lo up
	ip -n "$name" link set eth0 up
	ip -n "$name" route add default via "$net.1"
}

links_up()
{
	ip link set lo up
	client web 10.0.1 4 5
	client batch 10.0.2 4
	client forgotten 10.0.3 4
	client stray 10.0.9 4

	ip netns add internet
	ip link add wan type veth peer name eth0 netns internet
	ip addr add 192.0.2.1/24 dev wan
	ip link set wan up
	ip -n internet addr add "$SERVER/24" dev eth0
	ip -n internet link set lo up
	ip -n internet link set eth0 up
	internet internet eth0 || return
	ip -n internet route add 203.0.113.0/24 dev eth0
	ip -n internet route add 198.51.100.16/30 via 192.0.2.1
	ip -n internet route add 10.0.0.0/8 via 192.0.2.1
	ip route add default via "$SERVER"
	sysctl -qw net.ipv4.ip_forward=1
}

write_nginx_conf()
{
	cat > "$SCRATCH/nginx.conf" <<-EOT
	pid $SCRATCH/nginx.pid;
	error_log /dev/null;
	worker_processes 1;
	events { worker_connections 256; }
	http {
		log_format seen '\$remote_addr \$remote_port \$uri \$status';
		access_log $ACCESS_LOG seen;
		client_body_temp_path $SCRATCH/body;
		proxy_temp_path $SCRATCH/proxy;
		fastcgi_temp_path $SCRATCH/fastcgi;
		uwsgi_temp_path $SCRATCH/uwsgi;
		scgi_temp_path $SCRATCH/scgi;
		server {
			listen $SERVER:80;
			location / { return 204; }
			# "return" would answer before the access check
			location /pay { include $ALLOW_LIST; deny all; empty_gif; }
		}
	}
	EOT
	: > "$ALLOW_LIST"
}

start_servers()
{
	write_nginx_conf
	ip netns exec internet nginx -e stderr -c "$SCRATCH/nginx.conf" -g 'daemon off;' &
	ip netns exec internet dnsmasq -k --conf-file=/dev/null --user=root --no-resolv \
		--no-hosts --listen-address="$SERVER" --bind-interfaces --pid-file= \
		--address=/shop.example/"$SERVER" --log-queries=extra --log-facility="$DNS_LOG" &
	ip netns exec internet iperf3 -s -J -B "$SERVER" > "$IPERF_LOG" 2>&1 &
}

listening()
{
	local socks

	socks=$(ip netns exec internet ss -Hlnt)
	[[ $socks == *$SERVER:80\ * && $socks == *$SERVER:53\ * && $socks == *$SERVER:5201\ * ]]
}

topology_up()
{
	links_up || fail "cannot make the links"
	start_servers
	wait_for 30 listening || fail "the servers did not come up"
}

# seen URI [STATUS]: source addresses in the web server's log, with their count
seen()
{
	behind internet "tail access.log    # of nginx: who asked for $1"
	awk -v uri="$1" -v status="${2-}" \
		'$3 == uri && (status == "" || $4 == status) { n[$1]++ }
		 END { for (a in n) print n[a], a }' "$ACCESS_LOG" | sort -k 2
}

# seen_only URI COUNT ADDRESS...: the log has COUNT requests, all from these and each used
seen_only()
{
	local uri=$1 count=$2 want

	shift 2
	want=$(printf '%s\n' "$@" | sort)
	[[ $(seen "$uri" | cut -d ' ' -f 2) == "$want" ]] &&
		(($(seen "$uri" | awk '{ n += $1 } END { print n + 0 }') == count))
}

# asked NAME: sources of the DNS server's queries for it
asked()
{
	behind internet "tail dns.log    # of dnsmasq: who asked for $1"
	sed -n "s|.* \([0-9.]*\)/[0-9]* query\[A\] $1 from.*|\1|p" "$DNS_LOG" | sort -u
}
