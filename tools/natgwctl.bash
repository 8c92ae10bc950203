# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# bash completion of natgwctl; the tool itself knows the words.

# Not compgen -W: that runs what stands in the words, and a device may be called $(reboot).
_natgwctl()
{
	local cur=${COMP_WORDS[COMP_CWORD]} word file

	COMPREPLY=()
	while IFS= read -r word; do
		if [[ $word == / ]]; then
			while IFS= read -r file; do
				COMPREPLY+=("$file")
			done < <(compgen -f -- "$cur")
			compopt -o filenames 2>/dev/null
			continue
		fi
		# what it means stands behind a tab
		word=${word%%$'\t'*}
		[[ $word == "$cur"* ]] || continue
		printf -v word %q "$word"
		COMPREPLY+=("$word")
	done < <("${COMP_WORDS[0]}" __complete "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}

complete -F _natgwctl natgwctl
