# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2034,SC2154 # STEPS, NEXT and SCRATCH are tour.d/run's
# The steps. do_STEP acts, check_STEP claims; --break STEP leaves do_STEP out,
# so each do_ must be needed by some claim.

STEPS=(before gateway address subnet bind allow-list web batch forgotten idle fail-closed fix)

declare -A TITLE=(
	[before]="Without natgw the web server sees private addresses"
	[gateway]="Two NAT gateways"
	[address]="Public IPs: two for gw1, a prefix for gw2"
	[subnet]="Three subnets; nothing is bound yet"
	[bind]="The binding lives on the subnet: web to gw1, batch to gw2"
	[allow-list]="The payment page admits the public IPs of gw1 and nobody else"
	[web]="web: curl, 24 connections from two hosts"
	[batch]="batch: dig, curl and iperf3 through the prefix"
	[forgotten]="The classic mistake: a subnet bound to no gateway"
	[idle]="An idle flow gives its port back"
	[fail-closed]="A gateway without addresses drops; it does not leak"
	[fix]="Binding the forgotten subnet"
)

NEXT="
Next: the labs, tutorials of the outbound types of clusters: make lab-loadbalancer,
lab-managed, lab-userassigned, lab-udr, lab-zones; make labs runs them all."

GW1="203.0.113.10 203.0.113.11"
GW2="198.51.100.16 198.51.100.17 198.51.100.18 198.51.100.19"

# fetch HOST URI [CURL-ARGUMENT]...: one connection a request
fetch()
{
	local host=$1 uri=$2

	shift 2
	on "$host" curl -s --http1.0 "$@" "http://$SERVER$uri"
}

# status_of HOST URI: what HTTP says
status_of()
{
	behind "$1" "curl http://$SERVER$2"
	ip netns exec "$1" curl -s -o /dev/null -m 5 -w '%{http_code}' "http://$SERVER$2"
}

is()
{
	[[ $1 == "$2" ]]
}

# only_of URI COUNT ADDRESS...: COUNT requests, each from one of these
only_of()
{
	local uri=$1 count=$2 n addr total=0

	shift 2
	while read -r n addr; do
		[[ " $* " == *" $addr "* ]] || return 1
		total=$((total + n))
	done < <(seen "$uri")
	((total == count))
}

was_seen()
{
	[[ -n $(seen "$1") ]]
}

show_seen()
{
	wait_for 5 was_seen "$1"
	note "access log of $SERVER (requests, source):"
	seen "$1" | sed 's/^/   /'
}

do_before()
{
	excuse 10.0.1.4			# not bound yet
	fetch web /before
	show_seen /before
}

check_before()
{
	claim "it saw 10.0.1.4, to which the real Internet has no way back" \
		seen_only /before 1 10.0.1.4
}

do_gateway()
{
	router natgwctl gateway add gw1 idle-timeout 4m
	router natgwctl gateway add gw2 profile custom
}

# Of gw1 and gw2: yes, or why not
operational()
{
	json '[.[] | ."operational-reason" // .operational] | join(", ")' gateway show
}

check_gateway()
{
	claim "gw1 and gw2 exist; without an address they are not operational" \
		is "$(operational)" "no address, no address"
}

do_address()
{
	router natgwctl address add 203.0.113.10 gateway gw1 dev wan
	router natgwctl address add 203.0.113.11 gateway gw1 dev wan
	router natgwctl address add 198.51.100.16/30 gateway gw2
	router natgwctl address show
}

check_address()
{
	claim "no interface of the router carries any of them" \
		is "$(ip -o addr show | grep -cE '203\.0\.113\.|198\.51\.100\.')" 0
	claim "natgw has all three" is "$(json length address show)" 3
}

do_subnet()
{
	router natgwctl subnet add web prefix 10.0.1.0/24
	router natgwctl subnet add batch prefix 10.0.2.0/24
	router natgwctl subnet add forgotten prefix 10.0.3.0/24
}

check_subnet()
{
	claim "natgw has three subnets" is "$(json length subnet show)" 3
	claim "and the gateways say what they lack" \
		is "$(operational)" "no subnet, no subnet"
}

do_bind()
{
	router natgwctl subnet set web gateway gw1
	router natgwctl subnet set batch gateway gw2
	router natgwctl subnet show
	router natgwctl gateway show gw1
}

check_bind()
{
	claim "both gateways are operational" \
		is "$(operational)" "yes, yes"
}

do_allow_list()
{
	local addr

	for addr in $GW1; do
		echo "allow $addr;"
	done > "$ALLOW_LIST"
	on internet cat "$ALLOW_LIST"
	kill -HUP "$(< "$SCRATCH/nginx.pid")"
}

check_allow_list()
{
	claim "a client of web gets the page (200)" wait_for 10 pays web
	claim "a client of batch does not (403)" is "$(status_of batch /pay)" 403
}

pays()
{
	is "$(status_of "$1" /pay)" 200
}

do_web()
{
	fetch web '/web?[1-12]' --interface 10.0.1.4
	fetch web '/web?[1-12]' --interface 10.0.1.5
	show_seen /web
	router natgwctl session count gateway gw1
}

check_web()
{
	claim "all 24 came from gw1's two public IPs, and both were used" \
		wait_for 5 seen_only /web 24 $GW1
}

do_batch()
{
	on batch dig +short +tries=1 shop.example "@$SERVER"
	fetch batch '/batch?[1-8]'
	show_seen /batch
	# A small window, so that little is on its way when the test ends
	on batch iperf3 -c "$SERVER" -n 2M -w 64K | sed -n '1p; /receiver$/p'
	router natgwctl session show gateway gw2
}

asked_by_gw2()
{
	local addr

	addr=$(asked shop.example)
	[[ $addr && " $GW2 " == *" $addr "* ]]
}

iperf_from_gw2()
{
	local addr

	addr=$(jq -r '.start.accepted_connection.host' "$IPERF_LOG")
	[[ " $GW2 " == *" $addr "* ]] &&
		(($(jq '.end.sum_received.bytes' "$IPERF_LOG") >= 1 << 20))
}

check_batch()
{
	claim "the web server saw the prefix's addresses and no other" \
		wait_for 5 only_of /batch 8 $GW2
	claim "the DNS server too" wait_for 5 asked_by_gw2
	claim "the iperf3 server too, and more than 1 MiB arrived" wait_for 5 iperf_from_gw2
}

do_forgotten()
{
	excuse 10.0.3.4 10.0.9.4	# in no bound subnet
	fetch forgotten /forgotten
	show_seen /forgotten
	fetch stray /stray
	router natgwctl
}

# left_alone REASON: last source counted under it
left_alone()
{
	json ".[] | select(.reason == \"$1\" and .packets > 0) | .\"last-source\"" stats show
}

named()
{
	grep -q "10\.0\.3\.0/24 .*no gateway is bound to it" <<< "$(natgwctl)"
}

check_forgotten()
{
	claim "the web server saw 10.0.3.4: not translated" seen_only /forgotten 1 10.0.3.4
	claim "the payment page refuses it (403)" is "$(status_of forgotten /pay)" 403
	claim "no-gateway counts it, with its source" is "$(left_alone no-gateway)" 10.0.3.4
	claim "bare natgwctl names the subnet" named
	claim "no-subnet counts 10.0.9.4, which is in no subnet at all" \
		is "$(left_alone no-subnet)" 10.0.9.4
}

udp_sessions()
{
	json '.[] | select(.state != "cooling") | .port' session show gateway gw2 proto udp
}

no_session()
{
	[[ -z $(json '.[] | .port' session show gateway gw2 proto udp) ]]
}

do_idle()
{
	on batch dig +short +tries=1 -b 10.0.2.4#5353 shop.example "@$SERVER"
	router natgwctl session show gateway gw2 proto udp
	note "Times of a custom gateway hold at once, for running flows too:"
	router natgwctl gateway set gw2 udp-timeout 2s cooldown-udp 2s
}

check_idle()
{
	local start=$SECONDS

	claim "2 s idle and 2 s of cool-down later the flow is gone and its port free" \
		wait_for 15 no_session
	note "   (waited $((SECONDS - start)) s)"
	claim "gw2 counts it as timed out" is "$(json \
		'.[] | select(.name == "gw2") | .counters."timed-out" > 0' -s gateway show)" true
}

do_fail_closed()
{
	router natgwctl address set 198.51.100.16/30 gateway none
	fetch batch /closed -m 2
}

check_fail_closed()
{
	claim "batch gets no answer (the drops are counted as pool-empty)" \
		is "$(left_alone pool-empty)" 10.0.2.4
	claim "and the web server saw nothing of it" is "$(seen /closed)" ""
}

do_fix()
{
	router natgwctl subnet set forgotten gateway gw1
	fetch forgotten /fixed
	show_seen /fixed
	router natgwctl
}

check_fix()
{
	claim "now the web server sees gw1" wait_for 5 only_of /fixed 1 $GW1
	claim "and the payment page opens (200)" pays forgotten
}
