# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# bash completion of natgwctl; the tool itself knows the words.

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
		mapfile -t COMPREPLY < <(compgen -W "$(ls /run/netns 2>/dev/null)" -- "$cur")
		return ;;
	-b|--batch)
		mapfile -t COMPREPLY < <(compgen -f -- "$cur")
		return ;;
	esac
	if ((i == COMP_CWORD)) && [[ $cur == -* ]]; then
		mapfile -t COMPREPLY < <(compgen -W "--json --pretty --statistics --netns --batch --help" \
			-- "$cur")
		return
	fi
	mapfile -t COMPREPLY < <(compgen -W "$("${COMP_WORDS[0]}" "${netns[@]}" __complete \
		"${COMP_WORDS[@]:i:COMP_CWORD - i + 1}" 2>/dev/null)" -- "$cur")
}

complete -F _natgwctl natgwctl
