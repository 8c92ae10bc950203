# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# shellcheck disable=SC2154 # namespaces are set by ns
# Sourced after lib.sh by the tests of clusters.
#
#   cl, nodes             gw                           net, the internet
#   c0 10.0.1.2/24 ---- in0 10.0.1.1/24  (web, byo)
#   c1 10.0.2.2/24 ---- in1 10.0.2.1/24  (managed)     lo 198.51.100.7, .8
#                         up0 192.0.2.1/24 ---------- n0 192.0.2.2/24
#                         dmz0 10.0.9.1/24             |
#                           |                         n1 192.0.3.2/24
#                         f0 10.0.9.4/24               |
#      fw, a firewall     f1 192.0.3.1/24 ------------+
#                         sends all with 203.0.113.200
#
# 203.0.113.0/24 is the router's, its managed pool 203.0.113.32/28.
cluster_topology()
{
	ns cl gw net fw
	link "$cl" c0 10.0.1.2/24 "$gw" in0 10.0.1.1/24
	link "$cl" c1 10.0.2.2/24 "$gw" in1 10.0.2.1/24
	link "$gw" up0 192.0.2.1/24 "$net" n0 192.0.2.2/24
	link "$gw" dmz0 10.0.9.1/24 "$fw" f0 10.0.9.4/24
	link "$fw" f1 192.0.3.1/24 "$net" n1 192.0.3.2/24
	ip -n "$cl" -batch - <<-EOT
		route add default via 10.0.1.1
		route add default via 10.0.2.1 table 2
		rule add from 10.0.2.0/24 table 2
	EOT
	ip -n "$gw" route add default via 192.0.2.2
	ip -n "$fw" -batch - <<-EOT
		addr add 203.0.113.200/32 dev lo
		route add 10.0.0.0/16 via 10.0.9.1
		route add default via 192.0.3.2
	EOT
	ip -n "$net" -batch - <<-EOT
		addr add 198.51.100.7/32 dev lo
		addr add 198.51.100.8/32 dev lo
		route add 203.0.113.0/24 via 192.0.2.1
		route add 203.0.113.200/32 via 192.0.3.1
		route add 10.0.0.0/16 via 192.0.2.1
	EOT
	# A download that runs is not one that waits in a buffer already
	sysctl_in "$cl" net.ipv4.tcp_rmem="4096 8192 16384"
	sysctl_in "$net" net.ipv4.tcp_wmem="4096 8192 16384"
	forwarding "$gw" "$fw"
	in_ns "$fw" nft -f - <<-EOT || fail "nft"
		table ip fw {
			chain postrouting {
				type nat hook postrouting priority 100;
				oifname f1 snat to 203.0.113.200
			}
		}
	EOT
}

# web_server NS ADDR: says by which address it sees its client; has a file
web_server()
{
	mkdir -p "$TMP/www"
	head -c 400000 /dev/urandom > "$TMP/www/file"
	chmod -R a+rX "$TMP"
	web_server_start "$1" <<-EOT
		listen $2:80;
		root $TMP/www;
		location = /ip { return 200 \$remote_addr; }
	EOT
}

# seen_as SRC: the address the server sees, or nothing
seen_as()
{
	in_ns "$cl" "$HERE/fetch" -m 5 -s "$1" http://198.51.100.7/ip 2>/dev/null
}

# leaves_by SRC ADDRESS
leaves_by()
{
	same "address of $1" "$2" "$(seen_as "$1")"
}

# download_begin [BYTES_PER_SECOND]: from $SRC, of some seconds or that slow; its pid in DOWNLOAD
download_begin()
{
	rm -f "$TMP/got"
	start "$cl" "$HERE/fetch" -m 600 -s "$SRC" -r "${1-50000}" -o "$TMP/got" \
		http://198.51.100.7/file
	DOWNLOAD=$!
	soon test -s "$TMP/got"
}

# download_end WHAT
download_end()
{
	wait "$DOWNLOAD" || fail "$1: the download has failed"
	cmp -s "$TMP/www/file" "$TMP/got" || fail "$1: not what the server has"
}

# gets_nothing SRC
gets_nothing()
{
	same "address of $1" "" "$(in_ns "$cl" "$HERE/fetch" -m 2 -s "$1" \
		http://198.51.100.7/ip 2>/dev/null)"
}

# says REGEX CMD...: is refused by the kernel with this sentence
says()
{
	local wanted=$1 out rc

	shift
	out=$(ctl "$@" 2>&1)
	rc=$?
	same "exit of $*" 2 "$rc"
	match "refusal of $*" "$wanted" "$out"
}

# of CLUSTER KEY: from cluster show -j
of()
{
	value "$(ctl -j cluster show "$1")" "$2"
}

# list CLUSTER KEY: a list of it, with commas
list()
{
	local json

	json=$(ctl -j cluster show "$1")
	[[ $json =~ \"$2\":\[([^]]*)\] ]] && echo "${BASH_REMATCH[1]//\"/}"
}

retired_is()
{
	[[ $(list "$1" retired-address) == "$2" ]]
}

# user_route: a table rt1 that leads everything to the firewall; or the lines of a batch for it
user_route_lines()
{
	echo route-table add rt1
	echo route add 0.0.0.0/0 route-table rt1 next-hop-type VirtualAppliance next-hop-ip 10.0.9.4
}

user_route()
{
	ok batch <<< "$(user_route_lines)"
}

gone()
{
	! ctl "$@"
}

# with_faults LEAST WHAT [ARGUMENT]...: each allocation of what "faulty N ARGUMENT..." does
# fails in its turn, after "begin_again ARGUMENT...". It is refused and nothing has changed;
# or it is done, whole, if the memory was for something that can do without (a
# notification, the answer). At least so many must be refused. FAULT_STEP and FAULT_FIRST
# of lib.sh leave some out.
with_faults()
{
	local least=$1 what=$2 before after now out n refused=0

	shift 2
	begin_again "$@"
	before=$(everything)
	same "without a fault" $'ok\nnone' "$(faulty 100000 "$@")"
	after=$(everything)
	[[ $before != "$after" ]] || fail "$what has changed nothing"
	begin_again "$@"
	for ((n = FAULT_FIRST; n < 1000; n += FAULT_STEP)); do
		out=$(faulty "$n" "$@")
		now=$(everything)
		if [[ ${out##*$'\n'} == none ]]; then
			same "without a fault, $n" "$after" "$now"
			break
		fi
		if [[ $out == "error ENOMEM"* ]]; then
			((++refused))
			same "after fault $n" "$before" "$now"
		elif [[ $now != "$before" ]]; then
			match "fault $n" '^(ok|no answer)' "$out"
			same "after fault $n, $what done" "$after" "$now"
			begin_again "$@"
		fi
	done
	faults_refused "$least" "$refused" "$n" "$what: "
}
