#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# A router that boots: Debian 12 on a disk, with systemd, its stock kernel and our packages, which
# are installed, upgraded and purged in it, and rebooted. Over each whole boot, while a client
# sends, the Internet sees no private source, and a TCP connection, a ping and a UDP flow keep
# the address and port that they have outside.
#
#   client 10.0.1.2 ---- eth0 +----------------+ eth1 203.0.113.2 ---- .1 inet 198.51.100.7
#                             | router, a QEMU |      pool 203.0.113.10
#   mgmt 192.0.2.9  ---- eth2 +----------------+
#
# Each test goes on where the one before it stopped; with arguments only those run, after the
# first two, which bring the router up. Part of make check-full only, see scripts/check.

# shellcheck source-path=SCRIPTDIR
arguments=("$@")
. "$(dirname "$0")/../lib_host.sh"
# shellcheck source=../lib_package.sh
. "$TOP/selftests/lib_package.sh"
# shellcheck source=../lib_machine.sh
. "$TOP/selftests/lib_machine.sh"

# What only the Internet has
fetch()
{
	"$TOP/scripts/deps" deb package qemu test && IMAGE=$("$TOP/scripts/image" get) && export IMAGE
}
alone fetch

# private CAPTURE: packets that left untranslated
private()
{
	captured "$1" "$PRIVATE"
}

# sender: a client that always sends, known flows and new ones, and does not care for errors
sender()
{
	on client ping -i 0.1 198.51.100.7 > ping.log 2>&1 &
	# shellcheck disable=SC2016	# for the inner shell
	on client bash -c '
		exec {never}<> <(:)
		while :; do
			printf x > /dev/udp/198.51.100.7/9
			read -rt 0.2 -u $never
		done' > /dev/null 2>&1 &
}

servers()
{
	mkdir -p www large
	echo hello > www/file
	# an hour at 20 kB/s
	head -c 72000000 /dev/urandom > large/file
	on inet python3 -u -m http.server -b 198.51.100.7 -d www 80 > web.log 2>&1 &
	on inet python3 -u -m http.server -b 198.51.100.7 -d large 81 > large.log 2>&1 &
	on inet socat TCP-LISTEN:7,fork,reuseaddr EXEC:cat &
	on inet socat UDP-RECVFROM:9000,bind=198.51.100.7,fork EXEC:cat 2>/dev/null &
	# what has arrived at the client has come through the router a moment ago
	on client sysctl -qw net.ipv4.tcp_rmem='4096 16384 32768'
	on inet sysctl -qw net.ipv4.tcp_wmem='4096 16384 32768'
}

# Until the end of this test: a slow download, a TCP connection that is idle unless "ask" says
# something, and numbers that go out and come back over UDP. "sender" has the ping.
flows_begin()
{
	on client curl -sS --limit-rate 20k -o download --stderr download.err \
		http://198.51.100.7:81/file &
	touch idle.log udp.log
	mkfifo asked
	exec {asked}<> asked
	on client socat OPEN:asked,rdonly!!STDOUT TCP:198.51.100.7:7,sourceport=4101 \
		> idle.log 2>idle.err &
	# shellcheck disable=SC2016	# for the inner shell
	on client bash -c '
		exec {never}<> <(:)
		for ((i = 0; ; i++)); do
			echo $i
			read -rt 0.5 -u $never
		done | socat - UDP:198.51.100.7:9000,sourceport=4102 > udp.log 2>udp.err' &
	wait_until "$PATIENCE" flows_are_there
	outside=$(outside_now)
	note "$outside"
	same "flows outside" 4 "$(wc -l <<< "$outside")"
}

# flows_are_there: each has had an answer
flows_are_there()
{
	local now

	ask
	read -ra now < <(answers)
	((now[0] && now[1] && now[2] && now[3]))
}

# ask: something, on the idle connection
ask()
{
	echo question >&"$asked"
}

# answers: how many came back, of ping, idle connection and UDP, and blocks of 32 KiB of the
# download
answers()
{
	local n=()

	n+=("$(grep -c 'bytes from' ping.log)" "$(wc -l < idle.log)" "$(wc -l < udp.log)")
	n+=($(($(stat -c %s download 2>/dev/null || echo 0) / 32768)))
	echo "${n[*]}"
}

# moved N PING IDLE UDP DOWNLOAD: each has had N answers more than these
moved()
{
	local now i

	read -ra now < <(answers)
	for i in 0 1 2 3; do
		((now[i] >= ${*:i + 2:1} + $1)) || return 1
	done
}

# How the flows look outside, as the capture has them: protocol, address, port or id
outside_of()
{
	captured "$1" 'dst host 198.51.100.7 and tcp and (dst port 7 or dst port 81)' |
		awk '{ print "tcp", $3, "to", $5 }' | sort -u
	captured "$1" 'dst host 198.51.100.7 and udp dst port 9000' |
		awk '{ print "udp", $3 }' | sort -u
	captured "$1" 'dst host 198.51.100.7 and icmp[0] == 8' |
		sed -n 's/.* IP \([0-9.]*\) >.* id \([0-9]*\),.*/icmp \1 \2/p' | sort -u
}

outside_now()
{
	capture_begin now
	ask
	wait_until "$PATIENCE" eval '(($(outside_of now | wc -l) >= 4))'
	capture_end
	outside_of now
}

# flows_go_on CAPTURE: all of them, under the name that they had from the beginning
flows_go_on()
{
	local before i

	read -ra before < <(answers)
	for i in 1 2 3; do
		ask
	done
	wait_until "$PATIENCE" moved 3 "${before[@]}" ||
		note "answers: before ${before[*]}, now $(answers); $(cat idle.err udp.err download.err)"
	same "flows outside" "$outside" "$(outside_of "$1")"
	cmp -n "$(stat -c %s download)" download large/file || fail "the download is damaged"
}

# works: a client reaches a server, which sees the public address
works()
{
	local seen

	seen=$(wc -l < web.log)
	on client curl -sS -m 60 --retry 5 --retry-connrefused http://198.51.100.7/file > got 2>&1
	same "the file" hello "$(< got)"
	same "the client, as the server sees it" 203.0.113.10 \
		"$(tail -n "+$((seen + 1))" web.log | grep -o '^[0-9.]*' | head -n 1)"
	same "guard" "guard off" "$(guest 'natgwctl guard')"
}

# held: the guard has held packets at this boot, so the boot was one that could leak
held()
{
	local said

	said=$(guest 'journalctl -b -o cat -u natgw' | tr -d '\0')
	grep -qE 'has held [1-9][0-9]* packets?$' <<< "$said" || fail "natgw.service: $said"
}

# --- tests -----------------------------------------------------------------

# The tool here, in the running router; the module was built for its kernel when the disk was made
installs()
{
	up
	same "a good boot" running "$(guest 'systemctl is-system-running')"
	same "DKMS" "natgw/$older, $(< release), x86_64: installed" "$(guest 'dkms status natgw')"
	guest 'dpkg -i /root/debs/older/natgwctl_*.deb' > out || fail "natgwctl: $(< out)"
	same "units" "enabled enabled" \
		"$(guest 'systemctl is-enabled natgw natgw-guard' | xargs)"
	guest 'set -e
		cp /usr/share/doc/natgwctl/examples/60-natgw.conf.example /etc/sysctl.d/60-natgw.conf
		mkdir -p /etc/natgw
		cat > /etc/natgw/natgw.conf <<-EOT
			gateway add gw1 profile custom idle-timeout 30m udp-timeout 30m icmp-timeout 30m
			address add 203.0.113.10 gateway gw1 dev eth1
			subnet add web prefix 10.0.1.0/24 gateway gw1
			guard allow 192.0.2.0/24
		EOT
		natgwctl check -f /etc/natgw/natgw.conf || [ $? = 4 ]
		sync' > out || fail "configuration: $(< out)"
	same "check" "apply would send 3 commands and end 0 sessions" "$(< out)"
	same "module" "$older" "$(guest 'cat /sys/module/natgw/version')"
	power_off
}

from_power_on()
{
	capture_begin cold
	power_on
	up
	works
	held
	wait_until "$PATIENCE" test -s ping.log
	capture_end
	same "what leaked" "" "$(private cold | head -n 3)"
	[[ $(captured cold 'src host 203.0.113.10') ]] || fail "nothing was translated"
	# what has to be up before the network
	guest 'for unit in natgw-guard systemd-networkd; do
			systemctl show -P ExecMainStartTimestampMonotonic $unit
		done
		systemctl show -P ExecMainExitTimestampMonotonic natgw-guard' > out
	{ read -r _; read -r network; read -r guard; } < out
	((guard < network)) || fail "the guard is up at $guard, the network begins at $network"
	flows_begin
}

over_a_reboot()
{
	local said

	capture_begin warm
	reboot
	works
	held
	said=$(guest 'journalctl -b -o cat -u natgw')
	grep -qE '^ *[1-9][0-9]* restored$' <<< "$said" || fail "natgw.service: $said"
	flows_go_on warm
	capture_end
	same "what leaked" "" "$(private warm | head -n 3)"
	same "the file, once restored" "" "$(guest 'ls /var/lib/natgw')"
}

# A line that is wrong: nothing is applied, the guard holds more, and everybody is told
wrong_file()
{
	local said

	capture_begin wrong
	guest 'echo "subnet add lab prefix 10.0.2.0/24 gatway gw1" >> /etc/natgw/natgw.conf'
	reboot
	same "units" "failed failed" "$(guest 'systemctl is-failed natgw natgw-guard' | xargs)"
	same "guard" "guard on holds private" \
		"$(guest 'natgwctl guard' | grep -oE '^guard on|holds +private' | tr -s ' \n' ' ' | sed 's/ $//')"
	said=$(guest 'journalctl -b -o cat -u natgw -u natgw-guard')
	grep -q 'natgw.conf:5: .*gatway' <<< "$said" || fail "journal: $said"
	grep -q 'apply: warning: the guard of .* stands since' <<< "$said" || fail "journal: $said"
	said=$(guest natgwctl)
	grep -q 'the guard of /etc/natgw/natgw.conf stands since' <<< "$said" || fail "natgwctl: $said"
	on mgmt ping -c 3 -w 60 -q 192.0.2.1 > out || fail "management of the router: $(< out)"
	on mgmt ping -c 3 -w 60 -q 10.0.1.2 > out || fail "management of a client: $(< out)"
	on client ping -c 3 -W 1 -i 0.2 -q 198.51.100.7 > out
	grep -q ' 0 received' out || fail "the guard is open: $(< out)"

	guest 'sed -i /gatway/d /etc/natgw/natgw.conf && systemctl start natgw' > out ||
		fail "mended: $(< out)"
	works
	# what was saved before the boot that went wrong
	flows_go_on wrong
	capture_end
	same "what leaked" "" "$(private wrong | head -n 3)"
}

# Debian's own way to configure the network
ifupdown()
{
	guest 'set -e
		systemctl disable systemd-networkd.service systemd-networkd.socket
		cat > /etc/network/interfaces <<-EOT
			auto lo eth0 eth1
			iface lo inet loopback
			iface eth0 inet static
				address 10.0.1.1/24
			iface eth1 inet static
				address 203.0.113.2/24
				gateway 203.0.113.1
			allow-hotplug eth2
			iface eth2 inet static
				address 192.0.2.1/24
		EOT
		systemctl enable networking' > out || fail "ifupdown: $(< out)"
	capture_begin ifupdown
	reboot
	same "who configures" "active inactive" \
		"$(guest 'systemctl is-active networking systemd-networkd' | xargs)"
	works
	held
	flows_go_on ifupdown
	capture_end
	same "what leaked" "" "$(private ifupdown | head -n 3)"
}

# By the maintainer scripts, with DKMS in the router: another version takes over
upgrade()
{
	capture_begin upgrade
	guest 'systemctl enable --now natgw-flowlog' > out || fail "flow log: $(< out)"
	guest -s $((2 * PATIENCE)) 'PATH=/usr/local/lib/ccache:$PATH; cd /root/debs/newer
		dpkg -i natgw-dkms_*.deb natgwctl_*.deb' > out || fail "upgrade: $(tail -n 15 out)"
	note "$(grep -E '^(before|after): |the guard held|restored' out)"
	same "module" "$newer" "$(guest 'cat /sys/module/natgw/version')"
	same "tool" "natgwctl $newer" "$(guest 'natgwctl --version' | sed 's/ *module.*//')"
	same "DKMS" "natgw/$newer, $(< release), x86_64: installed" "$(guest 'dkms status natgw')"
	same "what an upgrade leaves" "" "$(guest 'ls /run/natgw')"
	works
	wait_until "$PATIENCE" guest 'systemctl is-active --quiet natgw-flowlog'
	flows_go_on upgrade
	capture_end
	same "what leaked" "" "$(private upgrade | head -n 3)"
}

# The other tests could fail: without the guard, the same capture sees what leaks. A slow start
# of the gateway makes that certain.
without_guard()
{
	guest 'set -e
		systemctl mask natgw-guard
		mkdir -p /etc/systemd/system/natgw.service.d
		printf "[Service]\nExecStartPre=/bin/sleep 3\n" > /etc/systemd/system/natgw.service.d/slow.conf' \
		> out || fail "mask: $(< out)"
	capture_begin open
	reboot
	works
	capture_end
	[[ $(private open) ]] || fail "nothing leaked without the guard"
	guest 'systemctl unmask natgw-guard; rm -r /etc/systemd/system/natgw.service.d' > out
}

# Also of what runs. The gateway goes on, as the module is loaded, until the next boot.
purge()
{
	guest 'systemctl start natgw-metrics.socket natgw-flowlog &&
		systemctl is-active natgw natgw-state natgw-metrics.socket natgw-flowlog' > out ||
		fail "units: $(< out)"
	# what the operator has copied there
	guest 'rm /etc/sysctl.d/60-natgw.conf'
	guest 'dpkg --purge natgw-dkms natgwctl' > out || fail "purge: $(< out)"
	same "what is left" "" "$(guest 'find / -xdev \( -path /root -o -path /proc -o \
		-path /var/cache/ccache \) -prune -o -name "*natgw*" -print
		find /run -maxdepth 1 -name "*natgw*"')"
	same "units" "" "$(guest 'systemctl list-units --plain --no-legend "natgw*"')"
	same "programs" "" "$(guest 'pgrep -a natgwctl')"
	same "DKMS" "" "$(guest 'dkms status natgw')"
	guest 'modprobe -n natgw' > out && fail "modprobe: $(< out)"
	reboot
	same "a good boot" running "$(guest 'systemctl is-system-running')"
	same "module" "" "$(guest 'lsmod | grep natgw')"
	power_off
}

tests=(installs from_power_on over_a_reboot wrong_file ifupdown upgrade without_guard purge)
if ((${#arguments[@]})); then
	mapfile -t arguments < <(printf '%s\n' installs from_power_on "${arguments[@]}" |
		awk '!seen[$0]++')
fi

packages_of "$older" older || exit 1
packages_of "$newer" newer || exit 1
disk_make "$IMAGE"
if [[ ! -s disk ]]; then
	note "no disk: $(tail -n 5 quiet.log)"
	exit 1
fi
note "the disk: $SECONDS s"
networks_up
servers
sender
power_on
run "${arguments[@]}"
