# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# The host's side of a tour: a list of steps that is shown in a guest and checks
# what it says. The demo is one, each lab another. The guest's side is tour.d/.
#
# The directory of a tour has
#	steps.sh	STEPS, TITLE and for each step do_STEP, which acts, and
#			check_STEP, which claims (STEP with _ for -)
#	topology.sh	TOPOLOGY, a drawing, and topology_up, which makes it

tour_options()
{
	cat <<-'EOT'
	  --kernel K      6.12 (default), 6.1: Debian's kernels, in QEMU
	                  um: User Mode Linux of the newest, with the debug checkers
	                  host: the running kernel, where it can load modules
	  --break STEP    leave what STEP does out; it must then fail
	  --break list    print the steps

	Exit status: 0 if all claims hold, 1 if one does not, 125 if it could not be
	run; with a guest also 121, 122 and 124 of scripts/vm.
	EOT
}

list_steps()
{
	local step

	for step in "${STEPS[@]}"; do
		printf '%-18s %s\n' "$step" "${TITLE[$step]}"
	done
}

# Loads natgw.ko into the running kernel for the time of the tour.
on_host()
{
	local ko loaded="" status

	[[ -e /proc/modules && -e /lib/modules/$(uname -r)/build ]] ||
		die "kernel $(uname -r) cannot load modules or its headers are missing; try --kernel 6.12"
	if [[ ! -d /sys/module/natgw ]]; then
		ko=$("$TOP/scripts/build-kmod" "/lib/modules/$(uname -r)/build" -s) ||
			die "natgw.ko does not build for $(uname -r)"
		modprobe nf_defrag_ipv4 && insmod "$ko" || die "cannot load $ko"
		loaded=1
	fi
	PATH=$TOP/tools:$PATH "$@"
	status=$?
	[[ -z $loaded ]] || rmmod natgw || die "cannot unload natgw"
	return "$status"
}

# tour PURPOSE DIRECTORY OPTION...: PURPOSE as in packages.list
tour()
{
	local purpose=$1 dir=$2 kernel=6.12 break="" inside

	shift 2
	. "$dir/steps.sh"
	while (($#)); do
		case $1 in
		--kernel|--break)
			(($# > 1)) || die "$1 needs a value" ;;&
		--kernel)	kernel=$2; shift 2 ;;
		--break)	break=$2; shift 2 ;;
		-h|--help)	usage; exit 0 ;;
		*)		die "unknown argument $1; see scripts/$SELF --help" ;;
		esac
	done

	if [[ $break == list ]]; then
		list_steps
		exit 0
	fi
	[[ -z $break || ${TITLE[$break]-} ]] ||
		die "no step '$break': one of ${STEPS[*]}"
	((EUID == 0)) || die "must be run as root (it boots a guest that shares this machine's files)"

	"$TOP/scripts/deps" "$purpose" "$kernel" >&2 || die "cannot install the packages it needs"
	make -s -C "$TOP/tools" >&2 || die "natgwctl does not build"

	[[ ! -t 1 ]] || export NATGW_TOUR_COLOR=1
	inside=(env NATGW_TOUR_BREAK="$break" "$TOP/scripts/tour.d/run" "$dir")
	if [[ $kernel == host ]]; then
		NATGW_TOUR_WHERE="this machine's own kernel" on_host "${inside[@]}"
	else
		say "booting a router VM (kernel $kernel)"
		cd "$TOP" || exit 125
		NATGW_TOUR_WHERE="a guest started by scripts/vm --kernel $kernel" \
			"$TOP/scripts/vm" --kernel "$kernel" --no-leaks --timeout "${LIMIT:-300}" \
			-- "${inside[@]}"
	fi
}
