# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# How a tour speaks, how it checks what it says, and what its machines are made of.

CLAIMS=0

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

# router COMMAND...: shown and run on the router; must succeed
router()
{
	echo_command router "$*"
	"$@" || fail "'$*' ended with $?"
}

# on HOST COMMAND...: shown and run on another machine; may fail, claims tell
on()
{
	local host=$1

	shift
	echo_command "$host" "$*"
	ip netns exec "$host" "$@"
}

# claim TEXT COMMAND...: the text is true if the command succeeds
claim()
{
	local text=$1

	shift
	"$@" >/dev/null 2>&1 || fail "$text"
	CLAIMS=$((CLAIMS + 1))
	printf '%s  ok%s  %s\n' "$GREEN" "$PLAIN" "$text"
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
	natgwctl -j "$@" | jq -r "$filter"
}
