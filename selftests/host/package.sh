#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Source tarball and Debian packages: what is in them, that the tool builds without git, that
# natgwctl goes as it came, and that DKMS builds the module. The machine stays as it is: the
# packages are unpacked and installed below build/.
#
# The tarball only, but all with PACKAGES=all (make check-full). Arguments pick some of the
# tests.

# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/../lib_host.sh"
# shellcheck source=../lib_package.sh
. "$TOP/selftests/lib_package.sh"

# files DIRECTORY: those below it, links too
files()
{
	(cd "$1" && find . ! -type d | sort | sed 's/^\.//')
}

# What make install and the package natgwctl have in common
tool_files='
/etc/logrotate.d/natgw
/PREFIX/sbin/natgwctl
/PREFIX/share/bash-completion/completions/natgwctl
/PREFIX/share/fish/vendor_completions.d/natgwctl.fish
/PREFIX/share/man/man5/natgw.conf.5
/PREFIX/share/man/man7/natgw.7
/PREFIX/share/man/man8/natgwctl.8'

# have LIST DIRECTORY: each file of the list, where .gz may be added
have()
{
	local file

	for file in $1; do
		compgen -G "$2$file*" > /dev/null || fail "no $file in ${2#"$WORK/"}"
	done
}

# --- tests -----------------------------------------------------------------

tarball()
{
	local dir=natgw-$version sum

	quiet 300 "$TOP/scripts/dist"
	sum=$(sha256sum < "$TOP/build/$dir.tar.gz")
	quiet 300 "$TOP/scripts/dist"
	same "the same commit once more" "$sum" "$(sha256sum < "$TOP/build/$dir.tar.gz")"
	tar -xzf "$TOP/build/$dir.tar.gz"
	rm "$TOP/build/$dir.tar.gz"
	same "its version" "$version" "$("$dir/scripts/version")"
	quiet 600 make -C "$dir/tools"
	same "version of the tool" "natgwctl $version" \
		"$("$dir/tools/natgwctl" --version | sed 's/ *module.*//')"

	quiet 300 make -C "$dir" install DESTDIR="$WORK/root" PREFIX=/opt/natgw
	have "${tool_files//PREFIX/opt\/natgw} /opt/natgw/share/zsh/site-functions/_natgwctl" "$WORK/root"
	quiet 300 make -C "$dir" uninstall DESTDIR="$WORK/root" PREFIX=/opt/natgw
	same "what uninstall leaves" "" "$(files root)"
}

# Also a module that somebody has compressed, but not what a package has taken over since
uninstall()
{
	local ko=taken/lib/modules/6.1/updates/natgw.ko.xz file=/etc/logrotate.d/natgw

	mkdir -p "${ko%/*}" "taken${file%/*}" taken/var/lib/dpkg/{info,updates}
	: > "$ko"
	: > "taken$file"
	printf '%s\n' "Package: natgwctl" "Status: install ok installed" "Maintainer: test" \
		"Architecture: all" "Version: 1" "Description: test" > taken/var/lib/dpkg/status
	echo "$file" > taken/var/lib/dpkg/info/natgwctl.list
	quiet 60 make -C "$TOP" uninstall DESTDIR="$WORK/taken" PREFIX=/opt/natgw
	same "the package's" "$file" "$(files taken | grep -v '^/var/')"
	: > taken/var/lib/dpkg/info/natgwctl.list
	quiet 60 make -C "$TOP" uninstall DESTDIR="$WORK/taken" PREFIX=/opt/natgw
	same "what is left" "" "$(files taken | grep -v '^/var/')"
}

lintian_is_silent()
{
	packages || return
	quiet 300 lintian --fail-on error,warning --allow-root packages/*.changes
	same "errors and warnings" "" "$(grep '^[EW]:' quiet.log)"
}

contents()
{
	local src=/usr/src/natgw-$version package depends

	packages || return
	for package in natgw-dkms natgwctl; do
		same "version of $package" "$version" "$(dpkg-deb -f packages/${package}_*.deb Version)"
	done
	same "version of the source package" "$version" \
		"$(sed -n 's/^Version: //p' packages/natgw_*.dsc)"
	have "${tool_files//PREFIX/usr} /usr/share/zsh/vendor-completions/_natgwctl" x-natgwctl
	have "$src/dkms.conf $src/Kbuild $src/VERSION $src/kmod/main.c $src/uapi/linux/natgw.h" \
		x-natgw-dkms
	same "sources of the module" "$(cd "$TOP" && git ls-files 'kmod/*.[ch]' | wc -l)" \
		"$(find "x-natgw-dkms$src/kmod" -name '*.[ch]' | wc -l)"
	grep -q "^PACKAGE_VERSION=\"$version\"" "x-natgw-dkms$src/dkms.conf" ||
		fail "$(grep VERSION= "x-natgw-dkms$src/dkms.conf")"
	# Debian 12 has DKMS 3.0.10, and dh_dkms asks for what dkms.conf uses
	depends=$(dpkg-deb -f packages/natgw-dkms_*.deb Depends)
	same "packages of natgw-dkms" "dkms (>= 2.1.0.0)" "$depends"
}

# In a root of its own, whose package state knows no other package
comes_and_goes()
{
	local root=$WORK/dpkg dpkg

	packages || return
	mkdir -p "$root"/var/lib/dpkg/{info,updates} "$root/var/log"
	touch "$root"/var/lib/dpkg/{status,available}
	dpkg=(dpkg --root="$root" --force-script-chrootless --force-depends --log=/dev/null)
	quiet 300 "${dpkg[@]}" -i packages/natgwctl_*.deb
	same "version of the tool" "natgwctl $version" \
		"$("$root/usr/sbin/natgwctl" --version | sed 's/ *module.*//')"
	mkdir -p "$root/etc/natgw" "$root/var/lib/natgw"
	touch "$root/etc/natgw/natgw.conf" "$root/var/lib/natgw/sessions"
	quiet 300 "${dpkg[@]}" --remove natgwctl
	have "/etc/natgw/natgw.conf /var/lib/natgw/sessions" "$root"
	quiet 300 "${dpkg[@]}" --purge natgwctl
	same "what purge leaves" "" "$(files "$root" | grep -v '^/var/lib/dpkg/')"
}

# An older version, an upgrade, and purge, with all maintainer scripts
upgrade()
{
	packages || return
	packages_of "$older" older
	cat > steps <<-'EOT'
		is()
		{
			[ "$2" = "$3" ] || { echo "$1: wanted $2, got $3"; exit 1; }
		}
		both()
		{
			natgwctl --version | sed 's/ *module.*//'
			dkms status natgw | cut -d : -f 1
		}
		dpkg -i $1
		is "older version" "natgwctl 0.8.9 natgw/0.8.9" "$(both | xargs)"
		dpkg -i $2
		is "upgrade" "natgwctl $3 natgw/$3" "$(both | xargs)"
		mkdir -p /etc/natgw
		touch /etc/natgw/natgw.conf
		dpkg --purge natgw-dkms natgwctl
		is "left" "" "$(find /boot /etc /lib /opt /srv /usr /var -xdev -name '*natgw*' | grep -vxF -f /mnt/before)"
		is "links of units" "" "$(find /etc/systemd -name '*natgw*')"
	EOT
	# not in what others write to meanwhile: caches, checkouts, /tmp
	find /boot /etc /lib /opt /srv /usr /var -xdev -name '*natgw*' > before
	# without headers DKMS has nothing to build
	overlay / "$WORK/overlay" without-kernels chroot "$WORK/overlay/root" sh -e /mnt/steps \
		"$(printf '/mnt/%s ' older/natgw-dkms_*.deb older/natgwctl_*.deb)" \
		"$(printf '/mnt/%s ' packages/natgw-dkms_*.deb packages/natgwctl_*.deb)" "$version"
}

# After an upgrade what runs is the new program, as far as it is no part of the gateway
restarts()
{
	mkdir bin
	printf '#!/bin/sh\necho "$*" >> "%s/said"\n' "$WORK" > bin/systemctl
	# that of Debian 12 wants a command and a unit
	sed '1a [ $# -ge 2 ] || exit 1' bin/systemctl > bin/deb-systemd-invoke
	chmod +x bin/*
	: > said
	configure
	same "first installation" "" "$(< said)"
	configure 0.8.9
	same "upgrade" "--system daemon-reload
try-restart natgw-metrics.service natgw-flowlog.service" "$(< said)"
}

# configure [FORMER]: as dpkg does where systemd runs
configure()
{
	# shellcheck disable=SC2016	# for the inner shell
	quiet 60 unshare -m sh -ec '
		mount -t tmpfs tmpfs /run
		mkdir -p /run/systemd/system
		PATH=$1:$PATH exec sh "$2" configure "$3"' sh "$WORK/bin" \
		"$TOP/debian/natgwctl.postinst" "${1-}"
}

# dkms_builds KERNEL: as DKMS would when its headers are installed, with trees of its own
dkms_builds()
{
	local cache release tree=$WORK/dkms-$1 ko

	packages || return
	cache=$("$TOP/scripts/kernel" get "$1") || { fail "no kernel $1"; return; }
	release=$(< "$cache/release")
	mkdir -p "$tree" "$WORK/modules-$1"
	# DKMS makes a key to sign with in /var/lib/dkms, and this machine keeps its own
	# shellcheck disable=SC2016	# for the inner shell
	quiet 900 unshare -m sh -c 'mount -t tmpfs tmpfs /var/lib/dkms && exec "$@"' sh \
		dkms build -m natgw -v "$version" -k "$release" -a x86_64 \
		--sourcetree "$WORK/x-natgw-dkms/usr/src" --dkmstree "$tree" \
		--installtree "$WORK/modules-$1" --kernelsourcedir "$(realpath "$cache/kdir")"
	ko=$(find "$tree/natgw/$version/$release" -name 'natgw.ko*' | head -n 1)
	[[ $ko ]] || { fail "no natgw.ko: $(tail -n 3 "$tree"/natgw/*/build/make.log)"; return; }
	same "version of the module" "$version" "$(modinfo -F version "$ko")"
	same "its kernel" "$release" "$(modinfo -F vermagic "$ko" | cut -d ' ' -f 1)"
	# it looks for the compiler in the headers' vmlinux, and 6.12's has nothing but BTF
	same "complaints of DKMS" "" \
		"$(grep -iE 'warning|deprecated|error|bad exit' quiet.log | grep -v '^readelf: ')"
}

# fish and zsh ask the tool for words as bash does (selftests/unit/tool_usage.sh)
fish_completes()
{
	local asked

	packages || return
	asked=$(cd / && PATH=$WORK/x-natgwctl/usr/sbin:$PATH HOME=$WORK fish --no-config -c '
		source $argv[1]
		complete -C "natgwctl gatew"
		complete -C "natgwctl -j monitor " | head -n 2
		complete -C "natgwctl apply -f /etc/hostna"' \
		"$WORK/x-natgwctl/usr/share/fish/vendor_completions.d/natgwctl.fish" 2>&1)
	same "fish" "gateway address config /etc/hostname" "$(cut -f 1 <<< "$asked" | xargs)"
}

# What _natgwctl gives to the functions of zsh's completion
zsh_completes()
{
	local asked

	packages || return
	# shellcheck disable=SC2016	# for zsh
	asked=$(PATH=$WORK/x-natgwctl/usr/sbin:$PATH zsh -f -c '
		_call_program() { shift; eval "$*" }
		_files() { echo files }
		_describe() { print -l -- "${(@P)3}" }
		completion=$1
		asks() { words=("$@") CURRENT=$#; . $completion | head -n 2 }
		asks natgwctl gatew
		asks natgwctl -j monitor ""
		asks natgwctl apply -f ""' zsh \
		"$WORK/x-natgwctl/usr/share/zsh/vendor-completions/_natgwctl" 2>&1)
	same "zsh" "gateway address config exhaustion files" "$(cut -d : -f 1 <<< "$asked" | xargs)"
}

dkms_builds_6_1()	{ dkms_builds 6.1; }
dkms_builds_6_12()	{ dkms_builds 6.12; }

tests=(tarball uninstall restarts)
[[ ${PACKAGES-} != all ]] ||
	tests+=(lintian_is_silent contents comes_and_goes upgrade fish_completes zsh_completes
		dkms_builds_6_1 dkms_builds_6_12)

run "$@"
