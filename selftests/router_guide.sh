#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Documentation/router.rst is true: its files and commands, taken from there, make a router, and
# what it claims is what programs see. Each block of it is run, or listed below with the reason.
#
#   web  10.0.1.20 ---- eth1                 eth0 192.0.2.10  ---- n0 192.0.2.1   net, both
#   db   10.0.2.20 ---- eth2        gw       eth3 192.0.2.138 ---- n3 192.0.2.129 providers and
#   mgmt 10.0.9.20 ---- eth4                                       lo 198.51.100.7, .53, .130
#   box 172.17.0.2 ---- docker0                                    nb ---- branch 198.51.100.30
#                                                                          10.20.0.5
#
# systemctl is a program of this test: it runs the commands of the units of contrib/systemd, of
# nftables.service and of those that the guide writes, as no systemd runs here. Docker's bridge and
# rules are made by hand, from rulesets/docker.rules. With LONG=1: IPsec, Docker, reboot, upgrade.

# /etc and /var/lib of its own, as the guide writes there
((EUID)) || [[ ${OWN_MOUNTS-} ]] || OWN_MOUNTS=1 exec unshare -m -- "$0" "$@"

. "$(dirname "$0")/lib.sh"

GUIDE=$HERE/../Documentation/router.rst
UNITS=$HERE/../contrib/systemd

# What cannot be run in a network namespace, and why
declare -A not_run=(
	[block: install-packages]="packages are built, installed and purged by host/packages.sh"
	[block: install-sources]="the module and the tool under test are built and installed already"
	[block: probe-timer]="no systemd runs: the service that the timer starts is run"
)

# the blocks that were run, and files that were written
declare -A done_with=()

# text_of MARK: the literal block behind the comment
text_of()
{
	awk -v mark=".. $1" '
		$0 == mark { found = 1; next }
		found == 1 && $0 == "::" { found = 2; next }
		found == 2 && /^[^ ]/ { exit }
		found == 2 { sub(/^   /, ""); print }
	' "$GUIDE"
}

# write PATH...: files of the guide
write()
{
	local path

	for path; do
		mkdir -p "${path%/*}"
		text_of "file: $path" > "$path"
		[[ -s $path ]] || fail "the guide has no file $path"
		done_with[file: $path]=1
	done
}

# block NAME [NS]: runs it, on the router unless said otherwise; its output is in $TMP/out
block()
{
	done_with[block: $1]=1
	text_of "block: $1" > "$TMP/block"
	[[ -s $TMP/block ]] || fail "the guide has no block $1"
	in_ns "${2-$gw}" bash -euo pipefail "$TMP/block" > "$TMP/out" 2>&1 ||
		{ fail "block $1: exit status $?"; note "$(< "$TMP/out")"; }
}

out_has()
{
	match "$1" "$2" "$(< "$TMP/out")"
}

# writable DIR: what is there, in a directory of ours, by symbolic links
writable()
{
	mkdir -p "$OLD$1" "$TMP/new$1"
	mount --bind "$1" "$OLD$1" && mount -o remount,bind,ro "$OLD$1" || exit 1
	ln -s "$OLD$1"/* "$TMP/new$1"
	mount --bind "$TMP/new$1" "$1" || exit 1
}

# The commands of units as systemd runs them, drop-ins included. $TMP/active has the units that
# are active: of these, start does nothing.
systemctl_program()
{
	mkdir "$TMP/bin" "$TMP/active"
	cat > "$TMP/bin/systemctl" <<-EOT
	#!/bin/bash
	# systemctl VERB [--now] [UNIT]...
	verb=\$1 now=
	shift
	[[ \${1-} != --now ]] || { now=1; shift; }
	# commands_of UNIT KEY: those of ExecStart and the like, an empty one takes away those before
	commands_of()
	{
		for dir in "$UNITS" /etc/systemd/system /lib/systemd/system; do
			[[ ! -e \$dir/\$1.service ]] || break
		done
		cat "\$dir/\$1.service" /etc/systemd/system/\$1.service.d/*.conf 2>/dev/null |
			awk -F = -v key="\$2" '\$1 ~ "^" key "\$" { sub("^[^=]*=", ""); if (\$0 == "") n = 0
				else line[n++] = \$0 } END { while (i < n) print line[i++] }'
	}
	run()
	{
		local command ignore

		commands_of "\$1" StateDirectory | sed 's,^,/var/lib/,' | xargs -r mkdir -p
		while read -r command; do
			ignore=
			[[ \$command != -* ]] || { ignore=1; command=\${command#-}; }
			sh -c "\${command//\/usr\/sbin\//}" || [[ \$ignore ]] || return 1
		done < <(commands_of "\$1" "\$2")
	}
	start()
	{
		local other

		[[ ! -e $TMP/active/\$1 ]] || return 0
		for other in \$(commands_of "\$1" Conflicts); do
			rm -f "$TMP/active/\${other%.service}"
		done
		run "\$1" ExecStart || return 1
		[[ \$(commands_of "\$1" RemainAfterExit) != yes ]] || : > "$TMP/active/\$1"
	}
	stop()
	{
		rm -f "$TMP/active/\$1"
		run "\$1" ExecStop
	}
	for unit; do
		unit=\${unit%.service}
		[[ \$(commands_of "\$unit" "Exec(Start|Stop)") ]] || { echo "no unit \$unit" >&2; exit 5; }
		case \$verb\$now in
		start|enable1)	start "\$unit" ;;
		reload)		run "\$unit" ExecReload ;;
		stop)		stop "\$unit" ;;
		restart)	stop "\$unit" && start "\$unit" ;;
		enable)		;;
		*)		echo "systemctl \$verb?" >&2; exit 1 ;;
		esac || exit 1
	done
	EOT
	chmod +x "$TMP/bin/systemctl"
	PATH=$TMP/bin:$PATH
}

# whoami NS [SERVER]: by which address the web server sees it
whoami()
{
	in_ns "$1" "$HERE/fetch" -m 10 "http://${2-198.51.100.7}/whoami" 2>&1
}

# leaves_by A|B NS: from an address of this provider's prefix
leaves_by()
{
	local from

	from=$(whoami "$2")
	case $1 in
	A)	match "${2%-*}" '^203\.0\.113\.(1[6-9]|2[0-3])$' "$from" ;;
	B)	match "${2%-*}" '^203\.0\.113\.(3[2-9])$' "$from" ;;
	esac
}

# cut_off NS: it does not get out
cut_off()
{
	refused in_ns "$1" "$HERE/fetch" -m 2 http://198.51.100.7/whoami
}

# --- the guide, in its order -----------------------------------------------

every_block_has_a_name()
{
	same "blocks without a name" "" "$(awk '
		/^\.\. (block|file): / { named = NR }
		$0 == "::" && named != NR - 2 { print "line " NR }' "$GUIDE")"
}

interfaces()
{
	write /etc/network/interfaces /etc/sysctl.d/60-natgw.conf
	# as in a machine that starts: devices are there and have no addresses
	block sysctl
	block interfaces
	out_has "rule" '1012:.from 10\.0\.2\.0/24 lookup 112'
	same "addresses" "10.0.1.1/24 10.0.2.1/24 10.0.9.1/24 192.0.2.10/25 192.0.2.138/25" \
		"$(ip -n "$gw" -4 -br addr show | awk '/^eth/ { print $3 }' | sort | xargs)"
}

the_gateway()
{
	write /etc/natgw/natgw.conf
	block gateway
	out_has "check" "apply would send"
	refused grep -i "warning\|operational: no" "$TMP/out"
	block from-web "$web"
	out_has "from web" '^203\.0\.113\.(1[6-9]|2[0-3])[[:space:]]+198\.51\.100\.7$'
	ok in_ns "$web" ping -q -c 1 -W 5 198.51.100.7
	match "iperf3" '"bits_per_second"' \
		"$(in_ns "$web" iperf3 -J -n 200K -c 198.51.100.7 2>&1)"
	block edit
	same "after an edit" "" "$(ctl diff -f /etc/natgw/natgw.conf)"
}

from_boot_on()
{
	ok in_ns "$gw" systemctl stop natgw
	leaves_by A "$web"
	ok in_ns "$gw" systemctl start natgw-flush
	same "flushed" "" "$(ctl export)"
	# as after any boot: the unit of the guard is active, and the guard is not there
	ok in_ns "$gw" systemctl start natgw-guard
	ok ctl guard off
	block guard
	out_has "guard" "guard on"
	cut_off "$web"
	ok in_ns "$mgmt" ping -q -c 1 -W 5 10.0.1.20
	ok in_ns "$web" ping -q -c 1 -W 5 10.0.2.20
	block guard-off
	out_has "guard" "guard off"
	leaves_by A "$web"
}

two_uplinks()
{
	leaves_by A "$web"
	block from-db "$db"
	out_has "from db" '^203\.0\.113\.(3[2-9])$'
	# the rule of db does not take what stays inside
	capture inside "$web" eth0 'icmp[0] == 8 and src host 10.0.2.20'
	ok in_ns "$db" ping -q -c 1 -W 5 10.0.1.20
	soon seen inside icmp
	capture_end inside
	ok in_ns "$gw" ping -q -c 1 -W 5 -I 192.0.2.138 198.51.100.7
}

no_connection()
{
	[[ ! $(in_ns "$web" ss -Htn dst 198.51.100.7:7) ]]
}

carrier_is_lost()
{
	mkfifo "$TMP/typed"
	exec {typed}<> "$TMP/typed"
	start_to "$TMP/echo" "$web" socat "OPEN:$TMP/typed,rdonly!!STDOUT" TCP:198.51.100.7:7
	echo before >&"$typed"
	soon has "$TMP/echo" before
	refused no_connection
	ip -n "$net" link set n0 down
	leaves_by B "$web"
	echo after >&"$typed"
	soon no_connection
	exec {typed}>&-
	provider_a_up
	leaves_by A "$web"
}

# The cable is in, and nothing comes back by it
provider_is_lost()
{
	write /etc/network/uplinks /etc/systemd/system/uplinks.service \
		/etc/systemd/system/uplinks.timer
	block probe
	out_has "both" 'metric 100.*metric 200'
	in_ns "$net" nft -f - <<-'EOT'
	table netdev lost {
		chain a { type filter hook ingress device n0 priority -400; policy drop; }
	}
	EOT
	cut_off "$web"
	block probe
	out_has "B alone" '^default via 192\.0\.2\.129 dev eth3 metric 200'
	leaves_by B "$web"
	in_ns "$net" nft delete table netdev lost
	block probe
	leaves_by A "$web"
}

firewall()
{
	write /etc/nftables.conf
	block firewall
	leaves_by A "$web"
	leaves_by B "$db"
	ok in_ns "$web" ping -q -c 1 -W 5 10.0.2.20
	match "mail" "Failed to connect" "$(in_ns "$web" curl -sS -m 5 telnet://198.51.100.7:25 2>&1)"
	match "its counter" "packets [1-9]" \
		"$(in_ns "$gw" nft list chain inet router forward | grep 'dport 25')"
	dropped "$net" unsolicited 198.51.100.7 203.0.113.17 tcp 4000 80 S
	# a host of the Internet knows a way in, and the rules do not let it
	ip -n "$net" route add 10.0.1.0/24 via 192.0.2.10
	refused in_ns "$net" ping -q -c 1 -W 1 10.0.1.20
	ip -n "$net" route del 10.0.1.0/24
	refused in_ns "$net" "$HERE/fetch" -m 1 http://192.0.2.10:22/
	ok in_ns "$mgmt" ping -q -c 1 -W 5 10.0.1.20
}

watching()
{
	block watching
	out_has "the cloud's metrics" "SNATConnectionCount"
	out_has "gauges" "all gauges agree"
}

# --- the long half ---------------------------------------------------------

key=0x0102030405060708090a0b0c0d0e0f10aabbccdd

# What a key exchange brings, on both machines
security_associations()
{
	local machine

	for machine in "$gw" "$branch"; do
		ip -n "$machine" xfrm state add src 192.0.2.10 dst 198.51.100.30 proto esp spi 0x100 \
			reqid 1 mode tunnel aead 'rfc4106(gcm(aes))' $key 128
		ip -n "$machine" xfrm state add src 198.51.100.30 dst 192.0.2.10 proto esp spi 0x101 \
			reqid 1 mode tunnel aead 'rfc4106(gcm(aes))' $key 128
	done
	ip -n "$branch" xfrm policy add dir out src 10.20.0.0/16 dst 10.0.0.0/16 \
		tmpl src 198.51.100.30 dst 192.0.2.10 proto esp reqid 1 mode tunnel
	ip -n "$branch" xfrm policy add dir in src 10.0.0.0/16 dst 10.20.0.0/16 \
		tmpl src 192.0.2.10 dst 198.51.100.30 proto esp reqid 1 mode tunnel
}

ipsec()
{
	ip -n "$gw" xfrm policy >/dev/null 2>&1 || { skip "no IPsec in this kernel"; return; }
	block ipsec-policies
	capture clear "$net" n0 'host 10.20.0.5'
	# no key yet: nothing in clear
	refused in_ns "$web" ping -q -c 1 -W 1 10.20.0.5
	security_associations
	capture esp "$net" n0 esp
	same "seen by the branch" 10.0.1.20 "$(whoami "$web" 10.20.0.5)"
	soon seen esp 'src host 192.0.2.10'
	capture_end esp
	leaves_by A "$web"
	refused in_ns "$branch" ping -q -c 1 -W 1 -I 10.20.0.5 10.0.1.20
	block ipsec-firewall
	ok in_ns "$branch" ping -q -c 1 -W 5 -I 10.20.0.5 10.0.1.20
	capture_end clear
	never clear ip
	# a policy for everything there takes hosts' packets, too, unless they are exempt
	block ipsec-exempt
	match "exempt" '^203\.0\.113\.' "$(whoami "$web" 198.51.100.130)"
	in_ns "$gw" ip xfrm policy delete dir out src 203.0.113.0/24 dst 198.51.100.128/25
	in_ns "$gw" ip xfrm policy delete dir out src 10.0.0.0/16 dst 198.51.100.128/25
	refused in_ns "$web" "$HERE/fetch" -m 1 http://198.51.100.130/whoami
	in_ns "$gw" ip xfrm policy flush
	in_ns "$gw" ip xfrm state flush
}

docker()
{
	modprobe -q br_netfilter
	ns box
	ip -n "$gw" -batch - <<-EOT
		link add docker0 type bridge forward_delay 0
		addr add 172.17.0.1/16 dev docker0
		link set docker0 up
		link add veth1 type veth peer name eth0 netns $box
		link set veth1 master docker0 up
	EOT
	ip -n "$box" -batch - <<-EOT
		addr add 172.17.0.2/16 dev eth0
		link set eth0 up
		route add default via 172.17.0.1
	EOT
	in_ns "$gw" sysctl -qew net.bridge.bridge-nf-call-iptables=1
	in_ns "$gw" iptables-restore "$HERE/rulesets/docker.rules" || fail "docker's rules"
	cut_off "$web"
	block docker-user
	leaves_by A "$web"
	leaves_by B "$db"
	same "a container" 192.0.2.10 "$(whoami "$box")"
	# bound, and Docker masquerades still
	block docker-bound
	read_drops foreign-nat
	cut_off "$box"
	at_least "foreign-nat" $((DROPS + 1)) "$(drops foreign-nat)"
	# "ip-masq": false
	in_ns "$gw" iptables -t nat -D POSTROUTING -s 172.17.0.0/16 ! -o docker0 -j MASQUERADE
	in_ns "$gw" conntrack -F 2>/dev/null
	leaves_by A "$box"
}

# download_begin: a slow one, which is running when this returns
download_begin()
{
	rm -f "$TMP/got"
	start_to "$TMP/download" "$web" curl -sS -m 60 -o "$TMP/got" http://198.51.100.7/slow
	download=$!
	soon test -s "$TMP/got"
}

download_goes_on()
{
	wait "$download" || fail "the download: $(< "$TMP/download")"
	ok cmp "$TMP/www/slow" "$TMP/got"
}

# All that a reboot takes away, in the order in which units stop and start
reboot()
{
	download_begin
	ok in_ns "$gw" systemctl stop natgw natgw-state
	ok test -s /var/lib/natgw/sessions
	# nothing leaves while the machine is off, and no unit is active when it comes back
	ok ctl guard on
	ok rmmod natgw
	rm -f "$TMP"/active/*
	ok in_ns "$gw" systemctl start nftables natgw-guard natgw-state
	ok load_module
	ok in_ns "$gw" systemctl start natgw
	out=$(ctl guard)
	same "guard" "guard off" "$out"
	download_goes_on
}

upgrade()
{
	download_begin
	block upgrade
	out_has "upgrade" "the guard held what hosts sent to the Internet for"
	download_goes_on
	same "guard" "guard off" "$(ctl guard)"
}

units()
{
	write /etc/systemd/system/uplinks.service /etc/systemd/system/uplinks.timer
	ok systemd-analyze verify --man=no /etc/systemd/system/uplinks.timer
}

every_block_was_run()
{
	local mark

	while read -r mark; do
		[[ ${done_with[$mark]-} || ${not_run[$mark]-} ]] || fail "not run: $mark"
	done < <(sed -nE 's/^\.\. ((block|file): .*)/\1/p' "$GUIDE")
	for mark in "${!not_run[@]}"; do
		grep -qxF ".. $mark" "$GUIDE" || fail "the guide has no $mark"
	done
}

tests=(every_block_has_a_name interfaces the_gateway from_boot_on two_uplinks carrier_is_lost
	provider_is_lost firewall watching)
[[ ! ${LONG-} ]] || tests+=(ipsec docker reboot upgrade units every_block_was_run)

[[ -e $GUIDE && -d $UNITS ]] || skip_all "not beside the sources"
command -v ifup >/dev/null || skip_all "no ifup"

OLD=/run/router_guide.$$
writable /etc
writable /var/lib
for name in /etc/network /etc/sysctl.d /etc/natgw /etc/nftables.conf /etc/systemd /var/lib/natgw; do
	rm -f "$name"
done
mkdir -p /etc/network/if-{pre-up,up,down,post-down}.d
rm -rf /run/network
systemctl_program

# The kernel forgets the routes of a device that goes down
provider_a_up()
{
	ip -n "$net" link set n0 up
	ip -n "$net" route add 203.0.113.16/29 via 192.0.2.10
	soon in_ns "$gw" ping -q -c 1 -W 1 -I 192.0.2.10 198.51.100.7
}

# machine NAME ADDR ROUTER ROUTER-DEV: behind the router
machine()
{
	ip link add eth0 netns "$1" type veth peer name "$4" netns "$gw" || exit 1
	ip -n "$1" -batch - <<-EOT
		addr add $2/24 dev eth0
		link set eth0 up
		route add default via $3
	EOT
}

ns web db mgmt gw net branch
machine "$web" 10.0.1.20 10.0.1.1 eth1
machine "$db" 10.0.2.20 10.0.2.1 eth2
machine "$mgmt" 10.0.9.20 10.0.9.1 eth4
ip -batch - <<-EOT
	link add eth0 netns $gw type veth peer name n0 netns $net
	link add eth3 netns $gw type veth peer name n3 netns $net
EOT
link "$net" nb 198.51.100.29/30 "$branch" eth0 198.51.100.30/30
ip -n "$net" -batch - <<-EOT
	addr add 192.0.2.1/25 dev n0
	addr add 192.0.2.129/25 dev n3
	link set n3 up
	addr add 198.51.100.7/32 dev lo
	addr add 198.51.100.53/32 dev lo
	addr add 198.51.100.130/32 dev lo
	route add 203.0.113.32/29 via 192.0.2.138
EOT
ip -n "$net" link set n0 up
ip -n "$net" route add 203.0.113.16/29 via 192.0.2.10
internet "$net" n0
internet "$net" n3
ip -n "$branch" -batch - <<-EOT
	addr add 10.20.0.5/32 dev lo
	route add default via 198.51.100.29
EOT
forwarding "$net"
mkdir -p "$TMP/www"
head -c 600000 /dev/urandom > "$TMP/www/slow"
web_server_start "$net" <<-EOT
	listen 198.51.100.7:80;
	listen 198.51.100.130:80;
	root $TMP/www;
	location /whoami { default_type text/plain; return 200 "\$remote_addr\n"; }
	location /slow { limit_rate 100k; }
EOT
[[ ! ${LONG-} ]] || web_server_start "$branch" <<-EOT
	listen 10.20.0.5:80;
	location /whoami { default_type text/plain; return 200 "\$remote_addr\n"; }
EOT
start "$net" dnsmasq -k --no-resolv --no-hosts --bind-interfaces --user=root --pid-file="$TMP/dns" \
	--listen-address=198.51.100.53 --address=/www.example.com/198.51.100.7
start "$net" iperf3 -s -B 198.51.100.7
start "$net" socat TCP-LISTEN:7,fork,reuseaddr EXEC:cat
wait_for 20 listening "$net" udp 53 || fail "no name server"
wait_for 20 listening "$net" tcp 5201 || fail "no iperf3"
run "$@"
