# SPDX-License-Identifier: GPL-2.0
# fish completion of natgwctl; the tool itself knows the words, and prints what they mean
# behind a tab, as fish reads it.

function __natgwctl_words
    set -l words (commandline -opc)
    $words[1] __complete $words[2..-1] (commandline -ct) 2>/dev/null
end

# The line / stands for files
complete -c natgwctl -f
complete -c natgwctl -n 'not contains -- / (__natgwctl_words)' -a '(__natgwctl_words)'
complete -c natgwctl -n 'contains -- / (__natgwctl_words)' -F
