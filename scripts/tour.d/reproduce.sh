# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2154 # SCRATCH is run's
# The end of a tour: what was configured comes back from a file. Sourced by run.
#
# A network namespace with devices and addresses like the router's, and no configuration, takes
# what export prints. What export prints there has to be the same.

# router_copy: commands for ip -batch. VRFs are VRFs, all other devices dummies.
router_copy()
{
	ip -j -d link show | jq -r '.[] | select(.ifname != "lo") |
		if .linkinfo.info_kind == "vrf"
		then "link add \(.ifname) type vrf table \(.linkinfo.info_data.table)"
		else "link add \(.ifname) type dummy" end'
	ip -j -d link show | jq -r '.[] | select(.linkinfo.info_slave_kind == "vrf") |
		"link set \(.ifname) master \(.master)"'
	ip -j link show | jq -r '.[] | "link set \(.ifname) up"'
	ip -j -4 addr show | jq -r '.[] | .ifname as $dev | .addr_info[] |
		select(.local != "127.0.0.1") |
		"addr add \(.local)/\(.prefixlen) dev \($dev)"'
}

# comes_back NAMESPACE [-j]: prints what differs
comes_back()
{
	local copy=$1

	shift
	router_copy > "$SCRATCH/copy" && ip netns add "$copy" &&
		ip -n "$copy" -batch "$SCRATCH/copy" &&
		command natgwctl "$@" export > "$SCRATCH/exported" &&
		command natgwctl -n "$copy" apply -f "$SCRATCH/exported" > /dev/null &&
		command natgwctl -n "$copy" "$@" export | diff "$SCRATCH/exported" - &&
		[[ -s $SCRATCH/exported ]]
}

# reproduce: claims it, of text and of JSON
reproduce()
{
	local copy=copy json

	for json in "" -j; do
		echo_command router "natgwctl${json:+ -j} export > natgw.conf"
		echo_command "$copy" "natgwctl apply -f natgw.conf"
		# shellcheck disable=SC2086 # a word or none
		comes_back "$copy" $json > "$SCRATCH/differs" 2>&1 ||
			fail "the file does not bring it back: $(< "$SCRATCH/differs")"
		claim "the file${json:+, as JSON,} brings the configuration back where there was none" \
			test ! -s "$SCRATCH/differs"
		copy="copy-json"
	done
}
