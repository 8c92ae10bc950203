# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2154 # SCRATCH is tour.d/run's
# What the labs' machines are made of; sourced by their topology.sh. "router" is
# this shell's own namespace, every other machine one of its name.

LABS=$(dirname "$(realpath "${BASH_SOURCE[0]}")")

# at MACHINE COMMAND...: shown with the claim that it tells something; on shows at once
at()
{
	local host=$1

	shift
	behind "$host" "$@"
	if [[ $host == router ]]; then
		"$@"
	else
		nsenter --net="/run/netns/$host" -- "$@"
	fi
}

# Nothing that a step does happens off screen
in_a_step()
{
	[[ ${TOUR_STARTED-} ]]
}

# rules MACHINE: nft reads them from standard input; shown
rules()
{
	local text

	text=$(cat)
	if in_a_step; then
		echo_command "$1" "nft -f -"
		sed 's/^/   /' <<< "$text"
	fi
	at "$1" nft -f - <<< "$text"
}

# machine NAME...
machine()
{
	local name

	for name in "$@"; do
		in_a_step && echo_command cloud "a machine $name is made"
		ip netns add "$name" && ip -n "$name" link set lo up || fail "no machine $name"
	done
}

# forwards MACHINE...: routers and nodes. Those made with devices yet to come send no
# redirects: pods leave by their node although the router is on the same segment.
forwards()
{
	local host

	for host in "$@"; do
		at "$host" sysctl -qw net.ipv4.ip_forward=1 \
			net.ipv4.conf.{all,default}.send_redirects=0
	done
}

# cable MACHINE DEV ADDR/LEN MACHINE DEV ADDR/LEN: a veth pair; - for no address. What
# the internet receives is watched for private sources.
cable()
{
	local a=() b=() side

	[[ $1 == router ]] || a=(netns "$1")
	[[ $4 == router ]] || b=(netns "$4")
	ip link add "$2" "${a[@]}" type veth peer name "$5" "${b[@]}" || fail "no cable $1 $4"
	for side in "$1 $2 $3" "$4 $5 $6"; do
		# shellcheck disable=SC2086 # three words
		set -- $side
		[[ $3 == - ]] || at "$1" ip addr add "$3" dev "$2"
		at "$1" ip link set "$2" up
		[[ $1 != internet ]] || internet "$1" "$2" || fail "$1 cannot watch $2"
	done
}

# lan DEV ADDR/LEN: a segment that the router is on, with that address. A bridge would
# change its MAC with its ports, and machines that stay would lose the router.
lan()
{
	ip link add "$1" address "02:00:00:00:00:$(printf '%02x' $((RANDOM % 256)))" \
		type bridge forward_delay 0
	ip addr add "$2" dev "$1"
	ip link set "$1" up
}

# host NAME LAN ADDR/LEN GATEWAY: a machine on it
host()
{
	machine "$1"
	cable "$1" eth0 "$3" router "$1" -
	ip link set "$1" master "$2"
	ip -n "$1" route add default via "$4"
}

# node NAME LAN ADDR/LEN GATEWAY: a machine on it for pods, which are switched to the
# segment with addresses of the subnet, as Azure CNI does it
node()
{
	machine "$1"
	forwards "$1"
	cable "$1" eth0 - router "$1" -
	ip link set "$1" master "$2"
	ip -n "$1" -batch - <<-EOT
		link add cni0 type bridge forward_delay 0
		link set eth0 master cni0
		addr add $3 dev cni0
		link set cni0 up
		route add default via $4
	EOT
}

# pod NAME NODE ADDR/LEN: leaves by its node, which may change its address; is reached
# on the segment
pod()
{
	machine "$1"
	cable "$1" eth0 "$3" "$2" "$1" -
	ip -n "$2" link set "$1" master cni0
	ip -n "$1" route add default via "$(node_address "$2")"
}

# kubenet_node NAME LAN ADDR/LEN GATEWAY POD-GATEWAY/LEN: a machine that routes a network of
# pods of its own, as kubenet does it. The router has a route to that by the node.
kubenet_node()
{
	host "$1" "$2" "$3" "$4"
	forwards "$1"
	ip -n "$1" -batch - <<-EOT
		link add cni0 type bridge forward_delay 0
		addr add $5 dev cni0
		link set cni0 up
	EOT
	ip route add "${5%.*}.0/24" via "${3%/*}"
}

node_address()
{
	ip -n "$1" -4 -o addr show dev cni0 | awk '{ sub("/.*", "", $4); print $4; exit }'
}

# node_is_gone NODE POD...: the machine and what ran on it
node_is_gone()
{
	local name

	for name in "$@"; do
		echo_command cloud "the machine $name is taken away"
		ip netns del "$name"
	done
}

# start MACHINE COMMAND...: in the background, $! is its process; dies with the tour
start()
{
	local inside=()

	[[ $1 == router ]] || inside=(nsenter --net="/run/netns/$1" --)
	"${inside[@]}" "${@:2}" >>"$SCRATCH/services.log" 2>&1 </dev/null &
}

# listening MACHINE tcp|udp PORT [ADDR]
listening()
{
	[[ $(at "$1" ss "-Hln${2:0:1}" sport = ":$3" ${4:+src = "$4"}) ]]
}

# up MACHINE tcp|udp PORT [ADDR]: waits for a service
up()
{
	wait_for 30 listening "$@" ||
		fail "nothing listens at $1 $2 $3: $(tail -n 3 "$SCRATCH/services.log")"
}

# web MACHINE NAME ADDR:PORT... [-- LOCATION-OR-OTHER-LINES]: a web server. /whoami
# tells each client by which address it sees it; $SCRATCH/NAME.log has a line per
# request: client, its port, URI, status, name it asked for.
web()
{
	local host=$1 name=$2 listen="" extra="" dir=$SCRATCH/$2

	shift 2
	in_a_step && echo_command "$host" "nginx, configured: listen $*"
	while (($#)) && [[ $1 != -- ]]; do
		listen+="listen $1 backlog=8192; "
		shift
	done
	(($#)) && shift && extra=$(printf '%s\n' "$@")
	mkdir -p "$dir"
	cat > "$dir/conf" <<-EOT
	daemon off;
	pid $dir/pid;
	error_log $dir/err;
	worker_processes 1;
	worker_rlimit_nofile 20000;
	events { worker_connections 16384; }
	http {
		log_format seen '\$remote_addr \$remote_port \$uri \$status \$host';
		access_log $SCRATCH/$name.log seen;
		client_body_temp_path $dir/body;
		proxy_temp_path $dir/proxy;
		fastcgi_temp_path $dir/fastcgi;
		uwsgi_temp_path $dir/uwsgi;
		scgi_temp_path $dir/scgi;
		keepalive_timeout 3600s;
		keepalive_requests 100000;
		server {
			$listen
			location = /whoami { return 200 "\$remote_addr\n"; }
			$extra
		}
	}
	EOT
	start "$host" nginx -e "$dir/err" -c "$dir/conf"
	wait_for 30 test -s "$dir/pid" || fail "$name: $(cat "$dir/err" "$SCRATCH/services.log")"
}

# web_reload NAME: after a change of a file that its lines include
web_reload()
{
	in_a_step && echo_command internet "kill -HUP \"\$(< nginx-$1.pid)\""
	kill -HUP "$(< "$SCRATCH/$1/pid")"
}

# masquerades NODE ADDR: what leaves the cluster does so with the node's address
masquerades()
{
	rules "$1" <<-EOT
	table ip node {
		chain post {
			type nat hook postrouting priority srcnat
			ip saddr 10.224.0.0/16 ip daddr != 10.0.0.0/8 snat to $2
		}
	}
	EOT
}

# sources NAME [URI [STATUS]]: clients in its log, with their count
sources()
{
	behind internet "tail $1.log    # of nginx: who asked for what"
	awk -v uri="${2-}" -v status="${3-}" '
		(uri == "" || $3 == uri) && (status == "" || $4 == status) { n[$1]++ }
		END { for (a in n) print n[a], a }' "$SCRATCH/$1.log" | sort -k 2
}

# my_ip MACHINE URL: what a "what is my IP" service says; not shown
my_ip()
{
	at "$1" curl -s -m "${3-10}" "$2"
}

# hold NAME MACHINE URL COUNT [SECONDS]: opens so many connections at once, asks each
# "what is my IP" and keeps them; $SCRATCH/NAME.held tells how many were answered, by
# which address, after SECONDS (default 10). release NAME ends them.
hold()
{
	local name=$1 host=$2

	shift 2
	rm -f "$SCRATCH/$name.held"
	echo_command "$host" "hold $*"
	start "$host" "$LABS/hold" "$SCRATCH/$name.held" "$@"
	echo $! > "$SCRATCH/$name.pid"
	wait_for 120 test -s "$SCRATCH/$name.held" ||
		fail "hold: no end: $(tail -n 3 "$SCRATCH/services.log")"
	sed 's/^/   /' "$SCRATCH/$name.held"
}

# held NAME: how many of them were answered
held()
{
	behind "holder $1" "cat $1.held"
	awk '$1 == "answered" { print $2 }' "$SCRATCH/$1.held"
}

release()
{
	kill "$(< "$SCRATCH/$1.pid")" && wait "$(< "$SCRATCH/$1.pid")" 2>/dev/null
	return 0
}

# drops REASON: packets that natgw dropped for it
drops()
{
	json "[.[] | select(.reason == \"$1\") | .packets] | add // 0" stats show
}

# refused REGEX NATGWCTL-ARGUMENT...: shown; the kernel must refuse it with this sentence
refused()
{
	local out rc

	echo_command router "natgwctl ${*:2}"
	out=$(natgwctl "${@:2}" 2>&1)
	rc=$?
	note "$out"
	behind_nothing
	[[ $rc == 2 && $out =~ $1 ]] || fail "not refused with '$1' (exit $rc)"
	claim "the kernel refuses it" true
}

is()
{
	[[ $1 == "$2" ]]
}

# is_one_of VALUE WANTED...
is_one_of()
{
	[[ $1 && " ${*:2} " == *" $1 "* ]]
}
