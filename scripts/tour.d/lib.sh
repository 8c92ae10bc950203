# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2154 # SCRATCH is run's
# How a tour speaks, how it checks what it says, and what its machines are made of.

CLAIMS=0

. "$(dirname "$(realpath "${BASH_SOURCE[0]}")")/../../selftests/lib_internet.sh"

if [[ ${NATGW_TOUR_COLOR-} ]]; then
	BOLD=$'\e[1m' GREEN=$'\e[32m' RED=$'\e[31m' CYAN=$'\e[36m' PLAIN=$'\e[0m'
else
	BOLD="" GREEN="" RED="" CYAN="" PLAIN=""
fi

heading()
{
	printf '\n%s[%s] %s%s\n' "$BOLD" "$1" "$2" "$PLAIN"
}

note()
{
	printf '%s\n' "$*"
}

# Runs NATGW_TOUR_DEBUG, a command for who looks for the reason
fail()
{
	printf '%sFAIL%s  %s\n' "$RED" "$PLAIN" "$*"
	eval "${NATGW_TOUR_DEBUG-}"
	exit 1
}

# Shows a command with the machine it is typed on.
echo_command()
{
	local prompt=$1

	shift
	printf '%s%s$%s %s\n' "$CYAN" "$prompt" "$PLAIN" "$*"
}

# cloud COMMAND: the cloud's own, for which the next one stands
cloud()
{
	local text=$*

	printf '%scloud$%s %s\n' "$CYAN" "$PLAIN" "$text"
}

# behind MACHINE COMMAND...: runs there and tells something to the next claim
behind()
{
	[[ ! -d $SCRATCH ]] || printf '%s$ %s\n' "$1" "${*:2}" >> "$SCRATCH/behind"
}

# The next claim rests on what comes from now on
behind_nothing()
{
	: > "$SCRATCH/behind"
}

# What the last claim rests on, each command once
show_behind()
{
	awk '!seen[$0]++ {
		if (++n <= 3)
			print "        " substr($0, 1, 140)
	}
	END {
		if (n > 3)
			print "        and " n - 3 " more like these"
	}' "$SCRATCH/behind"
	behind_nothing
}

natgwctl()
{
	behind router natgwctl "$@"
	command natgwctl "$@"
}

# router COMMAND...: shown and run on the router; must succeed
router()
{
	echo_command router "$*"
	"$@" || fail "'$*' ended with $?"
	behind_nothing
}

# on HOST COMMAND...: shown and run on another machine; may fail, claims tell
on()
{
	local host=$1

	shift
	echo_command "$host" "$*"
	behind_nothing
	ip netns exec "$host" "$@"
}

# claim TEXT COMMAND...: the text is true if the command succeeds. Shown with the
# programs whose answers it rests on.
claim()
{
	local text=$1

	shift
	"$@" >/dev/null 2>&1 || fail "$text"
	CLAIMS=$((CLAIMS + 1))
	printf '%s  ok%s  %s\n' "$GREEN" "$PLAIN" "$text"
	show_behind
}

# wait_for SECONDS COMMAND...
wait_for()
{
	local end=$((SECONDS + $1))

	shift
	until "$@" >/dev/null 2>&1; do
		((SECONDS < end)) || return 1
		sleep 0.2
	done
}

# json FILTER NATGWCTL-ARGUMENT...: what jq makes of an answer
json()
{
	local filter=$1

	shift
	behind router "natgwctl -j $* | jq '$filter'"
	command natgwctl -j "$@" | jq -r "$filter"
}

internet_in()
{
	ip netns exec "$@"
}

# Ends the tour if the Internet saw a private source that the step did not excuse
nothing_leaked()
{
	local got

	got=$(leaked)
	[[ ! $got ]] || fail "untranslated in the Internet: $got"
	((!${#EXCUSED[@]})) ||
		note "   (meant to come untranslated in this step: ${EXCUSED[*]}; any other would end it)"
	excused_again
}
