#compdef natgwctl
# SPDX-License-Identifier: GPL-2.0
# zsh completion of natgwctl; the tool itself knows the words.

_natgwctl()
{
	local line word
	local -a described

	# Words as they were typed, without the quotes around them
	for line in ${(f)"$(_call_program words ${(q)words[1]} __complete \
			"${(@qq)${(@Q)words[2,CURRENT]}}" 2>/dev/null)"}; do
		if [[ $line == / ]]; then
			_files
			continue
		fi
		word=${line%%$'\t'*}
		# A colon would end the word
		described+=("${word//:/\\:}${${line#$word}/$'\t'/:}")
	done
	(( $#described == 0 )) || _describe -V word described
}

_natgwctl "$@"
