#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The status page as Debian's Chromium shows it: a guest with traffic answers, and what it has
# answered is given to the browser here, headers included. The pictures stay in build/page/.
#
# All but two with LONG=1 alone (make check-full), as they take a browser.

# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/../lib_host.sh"

PICTURES=$TOP/build/page

# browse OPTION...: its output is in the file "out", its complaints in "log"
browse()
{
	timeout -k 5 120 chromium-headless-shell --no-sandbox --disable-gpu --hide-scrollbars \
		--user-data-dir="$WORK/profile" --enable-logging=stderr --virtual-time-budget=6000 \
		"$@" "http://127.0.0.1:$port/" > out 2> log || fail "chromium: $(tail -n 3 log)"
}

picture()
{
	browse --screenshot="$PICTURES/$1.png" --window-size="$2" "${@:3}"
	[[ -s $PICTURES/$1.png ]] || fail "no picture $1"
}

recorded()
{
	mkdir answers
	timeout -k 5 400 "$TOP/scripts/vm" --kernel um -- \
		"$TOP/selftests/host/page_record" "$WORK/answers" > guest.log 2>&1 ||
		fail "$(tail -n 8 guest.log)"
	same "files" 5 "$(grep -l '^HTTP/1.1 200 OK' answers/* | wc -l)"
}

# What the script puts into the page is there, and nothing was refused or thrown
shown()
{
	local want

	browse --dump-dom
	for want in '<p id="state" role="status" data-state="warn">near exhaustion towards 198.51.100.99:443</p>' \
		'<th scope="row">gw1</th><td class="good">yes</td>' \
		'<th scope="row">gw2</th><td class="faint">no: no address</td>' '<th scope="row">203.0.113.1</th>' \
		'<th scope="row">no-session</th>' \
		'<td class="n">510<span class="sub">tcp 30, udp 480</span></td>' \
		'<td class="n bad">1<span class="sub">quota 1</span></td>' \
		'<th scope="row">198.51.100.99:443</th><td>udp</td><td class="low">gw1</td><td class="n">480</td><td class="n bad">93%<meter aria-hidden="true"' \
		'<td>10.64.0.1<span class="sub">had 4' \
		'aria-label="Sessions, last minute, at most 510"'; do
		grep -qF -- "$want" out || fail "not in the page: $want"
	done
	! grep -E 'CONSOLE.*(Refused|Error|violat)' log > complaints || fail "$(cat complaints)"
	# whether it wants the icon is the browser's affair
	same "asked for" "/ /page.css /page.js /status.json" \
		"$(sed 1d asked | grep -vx /icon.svg | sort -u | tr '\n' ' ' | sed 's/ $//')"
}

drawn()
{
	mkdir -p "$PICTURES"
	picture light 1280,900
	picture dark 1280,900 --blink-settings=preferredColorScheme=0
	picture narrow 360,1600
	! cmp -s "$PICTURES/light.png" "$PICTURES/dark.png" || fail "dark looks like light"
}

# What the script looks for is in the page
ids()
{
	local id

	grep -oE 'get\("[a-z-]+"\)' "$TOP/tools/page/page.js" | sed 's/get("\(.*\)")/\1/' | sort -u > ids
	(($(wc -l < ids) > 10)) || fail "only these are looked for: $(cat ids)"
	while read -r id; do
		grep -q "id=\"$id\"" "$TOP/tools/page/index.html" || fail "no id $id"
	done < ids
}

# For who uses no mouse, or does not see well
access()
{
	python3 "$TOP/selftests/host/page_access.py" "$TOP/tools/page" > problems ||
		fail "$(cat problems)"
}

tests=(ids access)
if [[ ${LONG-} ]]; then
	type chromium-headless-shell > /dev/null 2>&1 ||
		{ echo "Bail out! scripts/deps full"; exit 1; }
	python3 "$TOP/selftests/host/replay.py" "$WORK/answers" > asked &
	replay=$!
	trap 'kill "$replay"; rm -rf "$WORK"' EXIT
	until [[ -s asked ]]; do sleep 0.1; done
	port=$(head -n 1 asked)
	tests+=(recorded shown drawn)
fi
run "$@"
