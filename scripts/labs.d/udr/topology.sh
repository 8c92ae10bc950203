# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2034,SC2154 # TOPOLOGY and SCRATCH are tour.d/run's
. "$(dirname "$(realpath "${BASH_SOURCE[0]}")")/../lib.sh"

TOPOLOGY='
   vnet 10.42.0.0/16              router
    aks 10.42.1.0/24  aks0 .1.1 ─┐ natgw
      node1 .1.4: nginx     .1.20├─ wan ─ 192.0.2.2 lb 203.0.113.80 ───────────┐
      node2 .1.5: aspnetapp .1.40│                                             │
    AzureFirewallSubnet          │                                             ├ internet
      10.42.2.0/24    fw0 .2.1 ──┤                                             │
      fw .2.4, a firewall and DNS proxy, public IP 203.0.113.200 ──────────────┤
    appgw 10.42.3.0/24           │                                             │
                      gw0 .3.1 ──┘                                             │
      appgw .3.4, a reverse proxy, public IP 203.0.113.90 ─────────────────────┘

   lb balances what comes in for the aks nodes and keeps the clients'"'"' addresses. The
   internet has no way back to 10.0.0.0/8. It is the Docker Hub, the registry of
   Microsoft, a time server and so on: stand-ins of each.
'

UDR=$LABS/udr
CLIENT=198.51.100.200		# somebody on the internet
API=198.51.100.20		# the cluster's API server, an address of AzureCloud.westeurope

# The nodes' end of a tunnel, and of a time service
TUNNEL_UDP="echo hello | socat -t 10 - UDP:$API:1194"
TUNNEL_TCP="socat -u TCP:$API:9000,connect-timeout=10 STDOUT"
TIME="echo time | socat -t 10 - UDP:ntp.ubuntu.com:123"

# Names on the internet
declare -A NAME=(
	[aks1.hcp.westeurope.azmk8s.io]=$API
	[ntp.ubuntu.com]=198.51.100.123
	[mcr.microsoft.com]=198.51.100.131
	[westeurope.data.mcr.microsoft.com]=198.51.100.132
	[packages.microsoft.com]=198.51.100.133
	[azure.archive.ubuntu.com]=198.51.100.134
	[hub.docker.com]=198.51.100.141
	[registry-1.docker.io]=198.51.100.142
	[production.cloudflare.docker.com]=198.51.100.143
	[auth.docker.io]=198.51.100.144
	[cdn.auth0.com]=198.51.100.145
	[login.docker.com]=198.51.100.146
	[ifconfig.me]=198.51.100.150
	[shop.azurecr.io]=198.51.100.161
	[shop.vault.azure.net]=198.51.100.162
	[shop.blob.core.windows.net]=198.51.100.163
	[shop.documents.azure.com]=198.51.100.164
)

links_up()
{
	lan aks0 10.42.1.1/24
	node node1 aks0 10.42.1.4/24 10.42.1.1
	node node2 aks0 10.42.1.5/24 10.42.1.1
	pod nginx node1 10.42.1.20/24
	pod aspnetapp node2 10.42.1.40/24

	machine lb fw appgw internet
	cable router fw0 10.42.2.1/24 fw eth0 10.42.2.4/24
	cable router gw0 10.42.3.1/24 appgw eth0 10.42.3.4/24
	cable router wan 192.0.2.1/26 lb eth0 192.0.2.2/26
	cable lb eth1 192.0.2.65/26 internet lb 192.0.2.66/26
	cable fw eth1 192.0.2.129/26 internet fw 192.0.2.130/26
	cable appgw eth1 192.0.2.193/26 internet appgw 192.0.2.194/26
	forwards router lb fw

	ip route add default via 192.0.2.2
	ip -n lb -batch - <<-EOT
		addr add 203.0.113.80/32 dev lo
		route add default via 192.0.2.66
		route add 10.42.0.0/16 via 192.0.2.1
		route add 203.0.113.0/26 via 192.0.2.1
	EOT
	ip -n fw -batch - <<-EOT
		addr add 203.0.113.200/32 dev lo
		route add 10.42.0.0/16 via 10.42.2.1
		route add default via 192.0.2.130
	EOT
	ip -n appgw -batch - <<-EOT
		addr add 203.0.113.90/32 dev lo
		route add 10.42.0.0/16 via 10.42.3.1
		route add default via 192.0.2.194
	EOT
	ip -n internet -batch - <<-EOT
		addr add $CLIENT/32 dev lo
		route add 203.0.113.0/24 via 192.0.2.65
		route add 203.0.113.200/32 via 192.0.2.129
		route add 203.0.113.90/32 via 192.0.2.193
	EOT
	printf 'addr add %s/32 dev lo\n' "${NAME[@]}" | ip -n internet -batch -
}

# In by 203.0.113.80 to aspnetapp, with the client's address
load_balancer()
{
	at lb nft -f - <<-EOT
	table ip lb {
		chain prerouting {
			type nat hook prerouting priority dstnat;
			ip daddr 203.0.113.80 tcp dport 80 dnat to 10.42.1.40
		}
	}
	EOT
}

# What a firewall appliance is when it comes: stateful, and denies all. Its chain
# "allowed" is empty; "denied" remembers what no rule matched. What it denies of HTTP it
# answers itself, with the reason: a web server at port 8080 does.
firewall()
{
	at fw nft -f - <<-EOT
	table ip fw {
		counter appgw { }
		counter out_of_state { }
		set denied {
			type ipv4_addr . ipv4_addr . inet_proto . inet_service
			flags dynamic
			size 256
		}
		chain watch {
			type filter hook prerouting priority raw;
			ip saddr { 10.42.3.4, 203.0.113.90 } counter name appgw
			ip daddr { 10.42.3.4, 203.0.113.90 } counter name appgw
		}
		chain http {
			tcp dport 80 redirect to :8080
		}
		chain inbound {
			type nat hook prerouting priority dstnat;
			iifname eth0 tcp dport 80 ip daddr != 10.0.0.0/8 jump http
		}
		chain allowed { }
		chain forward {
			type filter hook forward priority filter; policy drop;
			ct state established,related accept
			ct state invalid counter name out_of_state drop
			jump allowed
			update @denied { ip saddr . ip daddr . meta l4proto . th dport }
		}
		chain outbound {
			type nat hook postrouting priority srcnat;
			oifname eth1 snat to 203.0.113.200
		}
	}
	EOT
}

# The firewall's DNS proxy. It reads the files of fw.d when it starts.
dns_proxy()
{
	local pid=$SCRATCH/dns-proxy.pid

	if [[ -e $pid ]]; then
		kill "$(< "$pid")" && wait "$(< "$pid")" 2>/dev/null
	fi
	start fw dnsmasq -k --conf-file=/dev/null --conf-dir="$SCRATCH/fw.d" --user=root --no-resolv \
		--no-hosts --listen-address=10.42.2.4 --bind-interfaces --pid-file= \
		--server=192.0.2.130 --log-queries --log-facility="$SCRATCH/dns-proxy.log"
	echo $! > "$pid"
	up fw udp 53
}

# The rules of collections, lowest priority first: what matches first, decides
declare -A PRIORITY=()

# collection NAME PRIORITY: made, or moved to another place among the others. Rules are
# added to the chain of its name; HTTP that it allows, to NAME-http.
collection()
{
	local name

	PRIORITY[$1]=$2
	{
		echo "add chain ip fw $1"
		echo "add chain ip fw $1-http"
		echo "flush chain ip fw allowed"
		echo "flush chain ip fw http"
		for name in $(by_priority); do
			echo "add rule ip fw allowed jump $name"
			echo "add rule ip fw http jump $name-http"
		done
		echo "add rule ip fw http tcp dport 80 redirect to :8080"
	} | rules fw || fail "no collection $1"
}

by_priority()
{
	local name

	for name in "${!PRIORITY[@]}"; do
		echo "${PRIORITY[$name]} $name"
	done | sort -n | cut -d ' ' -f 2
}

# A certificate for every name, so that https is https
certificate()
{
	local names

	names=$(printf ',DNS:%s' "${!NAME[@]}")
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 \
		-subj '/CN=the internet of a lab' -addext "subjectAltName=${names#,}" \
		-keyout "$SCRATCH/key.pem" -out "$SCRATCH/cert.pem" 2>>"$SCRATCH/services.log" ||
		fail "no certificate"
	export CURL_CA_BUNDLE=$SCRATCH/cert.pem
}

# An image of one layer, a web page; the registry asks for a token, and the layers are
# at another name
registry()
{
	local dir=$SCRATCH/registry digest

	mkdir -p "$dir/image/srv" "$dir/layers"
	echo "Welcome to nginx!" > "$dir/image/srv/index.html"
	tar -C "$dir/image" -czf "$dir/layer" srv
	digest=$(sha256sum < "$dir/layer" | cut -d ' ' -f 1)
	mv "$dir/layer" "$dir/layers/$digest"
	chmod -R a+rX "$SCRATCH"
	REGISTRY='
	location = /token { return 200 "{ \"token\": \"letmein\" }"; }
	location = /v2/library/nginx/manifests/latest {
		if ($http_authorization != "Bearer letmein") { return 401; }
		return 200 "{ \"layers\": [ { \"digest\": \"sha256:'$digest'\" } ] }";
	}
	location ~ ^/v2/library/nginx/blobs/sha256:(.*)$ {
		if ($http_authorization != "Bearer letmein") { return 401; }
		return 307 https://production.cloudflare.docker.com/layers/$1;
	}
	location /layers/ { root '$dir'; }'
}

internet_up()
{
	local host addr listen=()

	certificate
	registry
	for host in "${!NAME[@]}"; do
		addr=${NAME[$host]}
		[[ $addr == "$API" ]] || listen+=("$addr:80" "$addr:443 ssl")
		printf 'address=/%s/%s\nlocal=/%s/\n' "$host" "$addr" "$host"
	done > "$SCRATCH/names"
	# Everything on the web: "/" says by which address it sees its client
	web internet web "${listen[@]}" -- \
		"ssl_certificate $SCRATCH/cert.pem; ssl_certificate_key $SCRATCH/key.pem;" \
		"location / { return 200 \"\$remote_addr\\n\"; }" "$REGISTRY"
	# The API server: https for those it admits, and the tunnel of the nodes
	: > "$SCRATCH/authorized"
	# ("return" would answer before the access check)
	web internet api "$API:443 ssl" -- \
		"ssl_certificate $SCRATCH/cert.pem; ssl_certificate_key $SCRATCH/key.pem;" \
		"location /version { include $SCRATCH/authorized; deny all; empty_gif; }"
	# shellcheck disable=SC2016 # for the servers' shell
	start internet socat "UDP-LISTEN:1194,bind=$API,fork,reuseaddr" 'SYSTEM:echo $SOCAT_PEERADDR'
	# shellcheck disable=SC2016
	start internet socat "TCP-LISTEN:9000,bind=$API,fork,reuseaddr" 'SYSTEM:echo $SOCAT_PEERADDR'
	start internet socat "UDP-LISTEN:123,bind=${NAME[ntp.ubuntu.com]},fork,reuseaddr" SYSTEM:date
	start internet dnsmasq -k --conf-file="$SCRATCH/names" --user=root --no-resolv --no-hosts \
		--listen-address=192.0.2.130 --bind-interfaces --pid-file=
	up internet udp 1194
	up internet tcp 9000
	up internet udp 123
	up internet udp 53
}

topology_up()
{
	links_up
	load_balancer || fail "lb has no rules"
	firewall || fail "fw has no rules"
	web fw deny 0.0.0.0:8080 -- "location / { default_type text/plain; return 470
		\"Action: Deny. Reason: No rule matched. Proceeding with default action.\\n\"; }"
	mkdir -p "$SCRATCH/fw.d"
	internet_up
	dns_proxy
	# All machines of the vnet ask the firewall for names
	echo "nameserver 10.42.2.4" > "$SCRATCH/resolv.conf"
	mount --bind "$SCRATCH/resolv.conf" /etc/resolv.conf || fail "no resolv.conf"
	web aspnetapp aspnetapp 10.42.1.40:80 -- 'location / { return 200 "$remote_addr\n"; }'
}
