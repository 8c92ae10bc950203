# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# A router that boots from a disk, and three networks around it, for selftests/host. Sourced after
# lib_package.sh. The script calls "alone" first: then it has a network of its own, in which
# nothing but these are.
#
#   client 10.0.1.2 ---- eth0 +----------------+ eth1 203.0.113.2 ---- .1 inet 198.51.100.7
#                             | router, a QEMU |      pool 203.0.113.10
#   mgmt 192.0.2.9  ---- eth2 +----------------+
#
# "guest COMMAND" runs COMMAND in the router, through its second serial port: it needs no network
# and goes on while systemd starts and stops. A reboot resets the guest within QEMU, so what the
# devices are plugged into stays up, as with a switch.

# The guest's devices; by the locally administered bit nobody else's
macs=(52:54:00:00:01:01 52:54:00:00:02:01 52:54:00:00:03:01)
networks=(client inet mgmt)

# Seconds for what a guest does that is emulated, on a machine that is busy
PATIENCE=${PATIENCE:-900}

# alone COMMAND...: first COMMAND, which may need the Internet, then this script once more where
# there is none; all it starts ends with it
alone()
{
	[[ ! ${NATGW_ALONE-} ]] || return 0
	"$@" || exit 125
	cd "$TOP" && rmdir "$WORK"
	NATGW_ALONE=1 exec setpriv --pdeathsig KILL unshare --net --mount --pid --fork \
		--kill-child=KILL --mount-proc "selftests/host/${0##*/}" "${arguments[@]}"
}

# wait_until SECONDS CONDITION...
wait_until()
{
	local end=$((SECONDS + $1))

	shift
	until "$@"; do
		((SECONDS < end)) || { fail "in vain: $*"; return 1; }
		sleep 0.2
	done
}

networks_up()
{
	local i net

	mount -t tmpfs tmpfs /run/netns 2>/dev/null ||
		{ mkdir -p /run/netns && mount -t tmpfs tmpfs /run/netns; }
	sysctl -q net.ipv6.conf.default.disable_ipv6=1 net.ipv6.conf.all.disable_ipv6=1
	ip link set lo up
	for i in 0 1 2; do
		net=${networks[i]}
		ip netns add "$net"
		ip -n "$net" link set lo up
		ip link add "br$i" type bridge
		ip tuntap add "tap$i" mode tap
		ip link add "v$i" type veth peer name wire netns "$net"
		ip link set "tap$i" master "br$i"
		ip link set "v$i" master "br$i"
		ip link set "tap$i" up
		ip link set "v$i" up
		ip link set "br$i" up
	done
	ip -n client addr add 10.0.1.2/24 dev wire
	ip -n inet addr add 203.0.113.1/24 dev wire
	ip -n inet addr add 198.51.100.7/32 dev lo
	ip -n mgmt addr add 192.0.2.9/24 dev wire
	for net in "${networks[@]}"; do
		ip -n "$net" link set wire up
	done
	ip -n client route add default via 10.0.1.1
	ip -n mgmt route add 10.0.1.0/24 via 192.0.2.1
	# a client that sends while nobody answers its ARP requests, from the first moment on
	ip -n client neigh replace 10.0.1.1 lladdr "${macs[0]}" dev wire nud permanent
}

# disk_make IMAGE: disk, of this tree, with natgw-dkms of the older version, which DKMS builds for
# the image's kernel, and all packages in /root/debs
disk_make()
{
	local image=$1 compiled=${1%/*}/ccache

	mkdir -p debs/older debs/newer "$compiled"
	cp older/natgw-dkms_*.deb older/natgwctl_*.deb debs/older
	cp newer/natgw-dkms_*.deb newer/natgwctl_*.deb debs/newer
	cp "$TOP/selftests/machine_agent" agent
	cat > install <<-'EOT'
		release=$(ls /lib/modules)
		cp -r /mnt/debs /root/debs
		install -m 755 /mnt/agent /usr/local/sbin/agent
		cat > /etc/systemd/system/agent.service <<-'END'
			[Unit]
			Description=Commands of the test, by the second serial port
			DefaultDependencies=no
			After=systemd-remount-fs.service
			[Service]
			ExecStart=/usr/local/sbin/agent
			Restart=always
			# as in a shell
			IgnoreSIGPIPE=no
			[Install]
			WantedBy=sysinit.target
		END
		i=0
		for address in 10.0.1.1 203.0.113.2 192.0.2.1; do
			printf '[Match]\nName=eth%s\n[Network]\nAddress=%s/24\nLinkLocalAddressing=no\n' \
				$i $address > /etc/systemd/network/eth$i.network
			i=$((i + 1))
		done
		echo Gateway=203.0.113.1 >> /etc/systemd/network/eth1.network
		# on a machine that is busy a unit may take longer than the 90 s that it has
		mkdir -p /etc/systemd/system.conf.d /etc/systemd/system/service.d
		printf '[Manager]\nDefaultTimeoutStartSec=15min\nDefaultTimeoutStopSec=15min\n' \
			> /etc/systemd/system.conf.d/busy.conf
		printf '[Service]\nWatchdogSec=0\n' > /etc/systemd/system/service.d/busy.conf
		systemctl enable agent systemd-networkd
		systemctl disable systemd-networkd-wait-online networking
		# what the compiler makes of the newer version is kept: in the guest it is not called
		cat > /etc/ccache.conf <<-'END'
			cache_dir = /var/cache/ccache
			max_size = 200M
			sloppiness = file_stat_matches,file_stat_matches_ctime,include_file_mtime,include_file_ctime,time_macros,locale
		END
		# one compilation serves both versions: what differs is the directory, which ccache hashes
		mkdir /usr/local/lib/ccache
		cat > /usr/local/lib/ccache/compiler <<-'END'
			#!/bin/bash
			same=/var/cache/ccache/build
			if [[ $* =~ /var/lib/dkms/natgw/[0-9.]+/build ]]; then
				dir=${BASH_REMATCH[0]}
				[[ $(readlink $same) == "$dir" ]] || ln -sfn "$dir" $same
				set -- "${@//$dir/$same}"
			fi
			exec ccache "/usr/bin/${0##*/}" "$@"
		END
		chmod 755 /usr/local/lib/ccache/compiler
		for compiler in /usr/lib/ccache/gcc-*; do
			ln -s compiler "/usr/local/lib/ccache/${compiler##*/}"
		done
		PATH=/usr/local/lib/ccache:$PATH
		mkdir /tmp/x
		dpkg-deb -x /root/debs/newer/natgw-dkms_*.deb /tmp/x
		cp -r /tmp/x/usr/src/natgw-$1 /usr/src
		dkms build natgw/$1 -k $release
		dkms remove natgw/$1 --all
		rm -r /usr/src/natgw-$1 /tmp/x
		dpkg -i /root/debs/older/natgw-dkms_*.deb
		dkms status natgw
		echo $release > /mnt/release
		cp /boot/vmlinuz-$release /mnt/vmlinuz
		cp /boot/initrd.img-$release /mnt/initrd
		find / -xdev -path /root -prune -o -path /proc -prune -o -path /var/cache/ccache -prune \
			-o -name '*natgw*' -print > /mnt/in-image
	EOT
	# shellcheck disable=SC2016	# for the inner shell
	overlay "$image/root" "$WORK/overlay" with-kernels sh -ec '
		mkdir "$1/var/cache/ccache"
		mount --bind "$4" "$1/var/cache/ccache"
		chroot "$1" sh -e /mnt/install "$2"
		umount -R "$1/proc" "$1/dev" "$1/mnt" "$1/var/cache/ccache"
		cp -r "$4/." "$1/var/cache/ccache"
		mke2fs -q -t ext4 -E lazy_itable_init=1 -d "$1" "$3" 4G' \
		sh "$WORK/overlay/root" "$newer" "$WORK/disk" "$compiled"
}

# running PID: as in lib.sh
running()
{
	local stat

	{ stat=$(< "/proc/$1/stat"); } 2>/dev/null && [[ ${stat##*) } != [ZX]* ]]
}

# power_on: the console is in console.log
power_on()
{
	local args="root=/dev/vda rw console=ttyS0 net.ifnames=0 panic=-1 mitigations=off audit=0 quiet"
	local i devices=()

	# as scripts/vm has it, and why
	args+=" random.trust_cpu=on tsc=reliable norandmaps lsm=capability no_timer_check"
	for i in 0 1 2; do
		devices+=(-netdev "tap,id=net$i,ifname=tap$i,script=no,downscript=no"
			-device "virtio-net-pci,netdev=net$i,mac=${macs[i]}")
	done
	rm -f agent.sock
	# No AVX: with "max" systemd's and libmount's reading of /proc/self/mountinfo does not find
	# the mount that systemd has just made, until it gives up: "Failed to set up mount namespacing"
	setpriv --pdeathsig KILL qemu-system-x86_64 -nodefaults -no-user-config -display none \
		-machine pc -accel tcg,thread=single -cpu Westmere,+rdrand,-cx16 -smp 1 -m 1024 \
		-kernel vmlinuz -initrd initrd -append "$args" \
		-drive file=disk,format=raw,if=virtio,cache=unsafe \
		-chardev file,id=console,path=console.log,append=on -serial chardev:console \
		-chardev socket,id=agent,path=agent.sock,server=on,wait=off -serial chardev:agent \
		-device virtio-rng-pci "${devices[@]}" < /dev/null >> qemu.log 2>&1 &
	machine=$!
	wait_until 30 test -S agent.sock || return
	coproc LINK { exec socat - UNIX-CONNECT:agent.sock; } 2>/dev/null
	# its own descriptors are closed in $( )
	exec {link_in}<&"${LINK[0]}" {link_out}>&"${LINK[1]}"
}

# power_off: as an operator does, and in the end by the plug
power_off()
{
	local end=$((SECONDS + PATIENCE))

	guest -s 60 "systemctl poweroff --no-block" > /dev/null
	while running "$machine" && ((SECONDS < end)); do
		sleep 0.2
	done
	! running "$machine" || { fail "the router does not go down"; kill "$machine"; }
	wait "$machine" 2>/dev/null
	exec {link_in}<&- {link_out}>&-
	# shellcheck disable=SC2153	# of the coprocess
	[[ ! ${LINK_PID-} ]] || wait "$LINK_PID"
}

# guest [-s SECONDS] COMMAND: its output; its exit status, or 124. The agent works off what it
# gets: a command that was given up keeps the next one waiting.
guest()
{
	local limit=$PATIENCE id=$SRANDOM end got status text

	[[ $1 != -s ]] || { limit=$2; shift 2; }
	end=$((SECONDS + limit))
	printf '\n%s %s\n' "$id" "$(base64 -w 0 <<< "$1")" >&"$link_out" || return 125
	while ((SECONDS < end)); do
		read -r -t "$((end - SECONDS))" got status text <&"$link_in" || continue
		# its own question comes back from a terminal that nobody has opened yet
		[[ $got == "$id" && $status =~ ^[0-9]+$ ]] || continue
		base64 -d <<< "$text"
		return "$status"
	done
	return 124
}

boot_id()
{
	guest -s 10 'cat /proc/sys/kernel/random/boot_id' | tr -d '\0'
}

# is_up FORMER: another boot than this one is over
is_up()
{
	local id

	id=$(boot_id) && [[ $id && $id != "$1" ]] &&
		guest -s 300 'for i in $(seq 40); do
			systemctl is-system-running | grep -E "^(running|degraded)$" && break
			sleep 1
		done' | grep -q .
}

# up [FORMER]
up()
{
	wait_until "$PATIENCE" is_up "${1-none}" ||
		note "the end of its console: $(tail -n 15 console.log | tr -d '\r')"
}

reboot()
{
	local former

	wait_until "$PATIENCE" eval 'former=$(boot_id) && [[ $former ]]' || return
	guest -s 60 'systemctl reboot --no-block' > /dev/null
	up "$former"
}

# on NETWORK COMMAND...: there
on()
{
	ip netns exec "$@"
}

# capture_begin NAME: what arrives in the Internet
capture_begin()
{
	ip netns exec inet tcpdump -U -nn -i wire -w "$1.pcap" > "$1.log" 2>&1 &
	capture=$!
	wait_until 30 grep -q 'listening on' "$1.log"
}

# capture_end: the filters are asked with "captured"
capture_end()
{
	kill -INT "$capture"
	wait "$capture"
}

# captured NAME FILTER: packets of it, a line each
captured()
{
	tcpdump -nn -tt -r "$1.pcap" "$2" 2>/dev/null
}

PRIVATE='ip and (src net 10.0.0.0/8 or src net 172.16.0.0/12 or src net 192.168.0.0/16 or src net 100.64.0.0/10)'
