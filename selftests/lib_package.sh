# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# The Debian packages, for the tests of selftests/host that install them. Sourced after
# lib_host.sh.

version=$("$TOP/scripts/version")
# of the packages that an upgrade replaces, and of those that replace these: versions that are the
# same each time, so that ccache knows the paths in which DKMS compiles
older=0.8.9
newer=0.8.10

# quiet SECONDS COMMAND...: succeeds in this time, else its last lines are shown
quiet()
{
	timeout -k 5 "$1" "${@:2}" > quiet.log 2>&1 </dev/null && return
	fail "${*:2:3} ... ended with $?: $(tail -n 8 quiet.log)"
	return 1
}

# What debhelper and DKMS say of the packages is read more than once. Fails if there are none.
packages()
{
	[[ ! -e packages ]] || return 0
	quiet 1200 "$TOP/scripts/deb" || return
	mkdir packages
	mv "$TOP"/build/deb/* packages/
	for package in natgw-dkms natgwctl; do
		dpkg-deb -x packages/${package}_*.deb "x-$package"
	done
}

# packages_of VERSION DIRECTORY: of the same sources, as if they were of this version. Fails if there
# are none.
packages_of()
{
	local tree=natgw-$version

	[[ ! -e $2 ]] || return 0
	quiet 300 "$TOP/scripts/dist" && tar -xzf "$TOP/build/natgw-$version.tar.gz" || return
	echo "$1" > "$tree/VERSION"
	quiet 1200 "$tree/scripts/deb" || return
	mkdir "$2"
	mv "$tree"/build/deb/*.deb "$2/"
	rm -r "$tree"
}

# overlay TREE DIRECTORY KERNELS COMMAND...: with a copy of TREE as DIRECTORY/root, whose changes
# are in DIRECTORY/new and go when COMMAND ends; $WORK is its /mnt. KERNELS is "with-kernels", or
# "without-kernels": then /lib/modules is empty.
overlay()
{
	local dir=$2

	mkdir -p "$dir"
	# shellcheck disable=SC2016	# for the inner shell
	quiet 1800 unshare -m sh -ec '
		mount -t tmpfs tmpfs "$2"
		mkdir "$2/new" "$2/work" "$2/root"
		mount -t overlay -o "lowerdir=$1,upperdir=$2/new,workdir=$2/work" overlay "$2/root"
		mount -t proc proc "$2/root/proc"
		mount --rbind /dev "$2/root/dev"
		if [ "$3" = without-kernels ]; then
			mkdir -p "$2/root/lib/modules"
			mount -t tmpfs tmpfs "$2/root/lib/modules"
		fi
		mount --rbind "$4" "$2/root/mnt"
		shift 4
		DEBIAN_FRONTEND=noninteractive exec "$@"' \
		sh "$1" "$dir" "$3" "$WORK" "${@:4}"
}
