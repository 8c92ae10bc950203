# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# bash completion of natgwctl; the tool itself knows the words.

# _natgwctl_words START: of the lines of standard input those that begin like that, quoted.
# Not compgen -W: that runs what stands in them, and a device may be called $(reboot).
_natgwctl_words()
{
	local word

	while IFS= read -r word; do
		[[ $word == "$1"* ]] || continue
		printf -v word %q "$word"
		COMPREPLY+=("$word")
	done
}

_natgwctl()
{
	local cur=${COMP_WORDS[COMP_CWORD]} i=1 netns=()

	COMPREPLY=()
	while ((i < COMP_CWORD)); do
		case ${COMP_WORDS[i]} in
		-n|--netns)	netns=(-n "${COMP_WORDS[i + 1]}"); ((i += 2)) ;;
		-b|--batch)	((i += 2)) ;;
		-*)		((i += 1)) ;;
		*)		break ;;
		esac
	done
	case ${COMP_WORDS[COMP_CWORD - 1]} in
	-n|--netns)
		_natgwctl_words "$cur" < <(ls /run/netns 2>/dev/null)
		return ;;
	-b|--batch)
		mapfile -t COMPREPLY < <(compgen -f -- "$cur")
		return ;;
	esac
	if ((i == COMP_CWORD)) && [[ $cur == -* ]]; then
		_natgwctl_words "$cur" < <(printf -- '--%s\n' json pretty statistics netns batch help)
		return
	fi
	_natgwctl_words "$cur" < <("${COMP_WORDS[0]}" "${netns[@]}" __complete \
		"${COMP_WORDS[@]:i:COMP_CWORD - i + 1}" 2>/dev/null)
}

complete -F _natgwctl natgwctl
