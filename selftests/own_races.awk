# SPDX-License-Identifier: GPL-2.0
# A kernel's log without the data races that are not natgw's.
#
# The kernel itself has races that its authors know and bear. A report of KCSAN stays if a
# function of natgw is in one of its stacks, whoever made the access: the memory may be natgw's,
# and a lock that is missing, too. All other lines stay, those that another processor put into
# a report as well.
#
# KCSAN itself warns where a delayed access comes to light in an interrupt that came between a call
# and the first instructions of what was called: the stack then lacks a frame. The report follows.

{
	text = $0
	sub(/^\[ *[0-9.]+\] ?/, "", text)
}
text ~ /^==========+$/ {
	if (inside) {
		end($0 "\n")
	} else {
		if (rule)
			print rule
		rule = $0
	}
	next
}
rule {
	if (text ~ /^BUG: KCSAN:/) {
		inside = 1
		report = rule "\n"
	} else {
		print rule
	}
	rule = ""
}
inside && text ~ /^(BUG: KCSAN:|$| |(write|read|read-write|assert|race) |value changed|Reported by|CPU:|Tainted:|Hardware name)/ {
	report = report $0 "\n"
	if (text ~ / \[natgw(_planted)?\]/)
		ours = 1
	next
}
text ~ /^WARNING: kernel\/kcsan\/report\.c:[0-9]+ at replace_stack_entry/ {
	lost_frame = 1
	next
}
lost_frame && text ~ /^Call Trace:$/ {
	lost_frame = 0
	next
}
{ print }
END {
	if (rule)
		print rule
	end("")
}

function end(last)
{
	if (inside && ours)
		printf "%s%s", report, last
	inside = ours = 0
}
