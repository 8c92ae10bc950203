#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# natgwctl top: what the screen shows, in a terminal of 80 x 24 and in others; its keys; that
# the terminal is as it was afterwards; frames as text and JSON.
#
#   cl 10.0.1.98, .99 (silent) ---- gw ---- net 198.51.100.99 (silent)
#              pool 203.0.113.1, 400 ports of it not reserved

. "$(dirname "$0")/lib.sh"

DST=198.51.100.99
TERMINALS=0
SOCKET=$TMP/tmux

in_tmux()
{
	tmux -S "$SOCKET" -f /dev/null "$@"
}

# The next one has a server of its own: it would not find the last one's, which may be about to end
terminal_ends()
{
	in_tmux kill-server 2>/dev/null
	SOCKET=$TMP/tmux.$((++TERMINALS))
}

# terminal WIDTH HEIGHT TERM: with a shell in it, whose prompt is "$ "
terminal()
{
	terminal_ends
	in_tmux new-session -d -x "$1" -y "$2" \
		"cd /; exec env TERM=$3 PS1='\$ ' LC_ALL=C HISTFILE= bash --noprofile --norc"
	jobs_started+=("$(in_tmux display-message -p '#{pid}')")
	soon shows '^\$ *$'
}

screen()
{
	in_tmux capture-pane -p
}

# shows REGEX: a line of the screen does
shows()
{
	screen | grep -qE "$1"
}

# shown REGEX...: each soon
shown()
{
	local regex

	for regex; do
		soon shows "$regex" || note "$(screen)"
	done
}

# keys KEY...: as tmux names them
keys()
{
	in_tmux send-keys "$@"
}

top_begins()
{
	in_tmux send-keys "clear; natgwctl -n $gw top $*; echo status \$?" Enter
	shown '^natgw top  [0-9:]{8}  '
}

# top_ended STATUS: the shell has its terminal back as it was
top_ended()
{
	shown "^status $1\$"
	keys "clear; stty -a" Enter
	shown '^isig icanon iexten echo '
}

# flows N SRC FIRST: so many from ports FIRST on
flows()
{
	send "$cl" repeat "$1" ports 1000 "$2" "$DST" udp "$3" 9000
}

screen_80x24()
{
	terminal 80 24 xterm-256color
	top_begins -d 1s
	flows 300 10.0.1.99 5000
	shown '^gw1 .* 300 ' '^203\.0\.113\.1 .*\[\|+ +75%\]' \
		'^198\.51\.100\.99:9000 +udp .* 300 .*\[\|+ +75%\]' '^10\.0\.1\.99 +web .* 300 ' \
		' Enter look into  Esc back  Tab next table  s sort  / filter  \? help  q quit'
	flows 30 10.0.1.98 5000
	shown '^EVENTS' '^[0-9:]{8} gw1 near exhaustion: udp 198\.51\.100\.99:9000 uses 3[0-9]+ of 400'
	flows 80 10.0.1.98 6000
	shown '^destination-full +10 ' '^[0-9:]{8} gw1 destination-full: [0-9]+ flows? refused'
	same "lines" 24 "$(screen | wc -l)"
	[[ ! ${CAPTURE-} ]] || screen > "$CAPTURE"
	# look into: gateway, address, destination, session; and back
	keys Enter
	shown '^gateway gw1 > Addresses'
	keys Enter
	shown '^gateway gw1 > 203\.0\.113\.1 > Destinations'
	keys Enter
	shown '^gateway gw1 > 203\.0\.113\.1 > udp 198\.51\.100\.99:9000 > Sessions' \
		'^udp +10\.0\.1\.9[89]:[0-9]+ +203\.0\.113\.1:[0-9]+ +198\.51\.100\.99:9000 '
	keys Escape
	shown '> Destinations'
	keys Escape
	shown '^gateway gw1 > Addresses'
	keys Escape
	shown '^EVENTS'
	# only hosts with this text; sorted the other way round
	keys / 10.0.1.98 Enter
	shown 'filter: 10\.0\.1\.98' '^10\.0\.1\.98 '
	! shows '^10\.0\.1\.99 ' || fail "the filter leaves 10.0.1.99"
	keys Escape
	shown '^10\.0\.1\.99 '
	keys '?'
	shown 'q  quit'
	keys x
	shown '^EVENTS'
	keys p
	shown 'paused'
	keys p q
	top_ended 0
	ok ctl session flush
}

# The window gets another size, and is as full as it was
resized()
{
	terminal 80 24 screen
	top_begins -d 1s
	in_tmux resize-window -x 120 -y 40
	soon screen_has 40
	shown 'BIT/S OUT'
	in_tmux resize-window -x 60 -y 12
	soon screen_has 12
	shown '^natgw top' '^ Enter look into'
	keys q
	top_ended 0
}

# Of a few columns and lines only the terminal's owner knows what for, but it gets back to others
tiny()
{
	local size

	terminal 80 24 screen
	top_begins -d 1s
	for size in 20x5 1x1 20x5 7x3 80x1 1x24 2x2 20x5; do
		in_tmux resize-window -x "${size%x*}" -y "${size#*x}"
		soon keys_are_last "${size%x*}" "${size#*x}"
		# keys that draw something else, and back
		keys '?' x z Tab Enter / 1 Escape Escape z
		soon keys_are_last "${size%x*}" "${size#*x}"
	done
	shown '^natgw top  [0-9:]{8}'
	keys Escape Escape
	in_tmux resize-window -x 80 -y 24
	soon screen_has 24
	shown '^natgw top  [0-9:]{8}  .* sessions  every 1s' '^GATEWAY +SESSIONS' '^gw1 '
	keys q
	top_ended 0
	# it begins there, without a shell in front of it
	for size in 20x5 1x1; do
		terminal_ends
		in_tmux new-session -d -x "${size%x*}" -y "${size#*x}" \
			"env TERM=screen natgwctl -n $gw top -d 1s 2> $TMP/top.err; echo \$? > $TMP/top.status"
		jobs_started+=("$(in_tmux display-message -p '#{pid}')")
		soon keys_are_last "${size%x*}" "${size#*x}"
		in_tmux resize-window -x 80 -y 24
		soon screen_has 24
		shown '^gw1 '
		rm -f "$TMP/top.status"
		keys q
		soon grep -q . "$TMP/top.status"
		same "begun in $size: status" 0 "$(cat "$TMP/top.status" "$TMP/top.err")"
	done
}

# keys_are_last WIDTH HEIGHT: the screen is of that size, and its last line begins as always
keys_are_last()
{
	local text=" Enter look into  Esc back  Tab next table  s sort  / filter  ? help  q quit" last

	text=${text:0:$1}
	(($(screen | wc -l) == $2)) || return
	last=$(screen | tail -n 1)
	# trailing blanks are not captured
	[[ ${last%"${last##*[! ]}"} == "${text%"${text##*[! ]}"}" ]]
}

screen_has()
{
	(($(screen | wc -l) == $1)) && screen | tail -n 1 | grep -q 'Enter look into'
}

# However it ends, and on terminals that can do little
ends()
{
	local pid

	for term in vt100 linux; do
		terminal 80 24 "$term"
		top_begins
		shown '^GATEWAY ' '^gw1 '
		pid=$(pgrep -nx natgwctl)
		kill -TERM "$pid"
		top_ended 0
	done
	top_begins
	keys C-c
	top_ended 0
	keys "TERM=nonsense natgwctl -n $gw top; echo status \$?" Enter
	shown 'terminal nonsense is not known here: set TERM' '^status 1$'
	match "no terminal" "are no terminal; natgwctl top -b needs none" \
		"$(ctl top 2>&1 </dev/null)"
}

# The library may be missing: the tool starts, and says what to install
without_ncurses()
{
	local lib

	lib=$(ldconfig -p | awk '/libncursesw.so.6 / { print $NF; exit }')
	[[ $lib ]] || lib=$(echo /lib/*/libncursesw.so.6)
	terminal 80 24 screen
	keys "unshare -m sh -c 'mount --bind /dev/null $lib && natgwctl -n $gw top'; echo status \$?" Enter
	shown 'apt-get install libncursesw6' '^status 1$'
}

batch_frames()
{
	local frame

	flows 330 10.0.1.99 5000
	soon session_count_is 330
	frame=$(ctl top -b -n 1)
	match "frame" "^natgw top" "$frame"
	match "gateway" "gw1 +330 " "$frame"
	match "destination" "198\.51\.100\.99:9000 +udp .*330 .* 82%\]" "$frame"
	[[ $frame != *$'\e'* ]] || fail "a frame has escapes"
	ctl -j top -n 2 -d 1s > "$TMP/json"
	same "frames" 2 "$(wc -l < "$TMP/json")"
	same "JSON" '[330,"all","gw1",330,82,"on","198.51.100.99:9000",330,"10.0.1.99"]' \
		"$(jq -c 'select(.destination[0].near == "on") | [.sessions, .counted, .gateway[0].name, .gateway[0].sessions, .gateway[0].filled, .gateway[0].near, .destination[0].dst, .destination[0].used, .host[0].src]' "$TMP/json" | tail -n 1)"
	refused ctl top -n 0
	refused ctl top -d 0s
	refused ctl top -x
	ok ctl session flush
}

# The module goes: an error, and the terminal as it was
unloaded()
{
	[[ $(cat /sys/module/natgw/refcnt 2>/dev/null) ]] || { skip "the module is built in"; return; }
	terminal 80 24 screen
	top_begins
	ok modprobe -r natgw
	shown 'the natgw module was unloaded'
	top_ended 3
	load_module || fail "cannot load the module again"
}

command -v tmux >/dev/null || skip_all "tmux is not installed"
standard_topology
silent_hosts
ip -n "$gw" neigh replace 10.0.1.98 \
	lladdr "$(ip -n "$cl" -br link show c0 | awk '{ print $3 }')" dev in0
standard_gateway profile custom udp-timeout 1h cooldown-udp 1s
ok ctl address set 203.0.113.1 reserve 1024-65135

tests=(screen_80x24 batch_frames)
[[ ! ${LONG-} ]] || tests+=(resized tiny ends without_ncurses)
tests+=(unloaded)
run "$@"
