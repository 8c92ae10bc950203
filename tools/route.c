// SPDX-License-Identifier: GPL-2.0
/* Effective routes: user and system routes as one subnet has them. */
#include "route.h"

static const char *const next_hop_words[] = {
	[NATGW_NEXT_HOP_VIRTUAL_APPLIANCE] = "VirtualAppliance",
	[NATGW_NEXT_HOP_VIRTUAL_NETWORK_GATEWAY] = "VirtualNetworkGateway",
	[NATGW_NEXT_HOP_VNET_LOCAL] = "VnetLocal",
	[NATGW_NEXT_HOP_INTERNET] = "Internet",
	[NATGW_NEXT_HOP_NONE] = "None",
	[NATGW_NEXT_HOP_PASS] = "Pass",
	NULL
};

static const char *const source_words[] = {
	[NATGW_ROUTE_SOURCE_USER] = "User",
	[NATGW_ROUTE_SOURCE_SYSTEM] = "System",
	NULL
};

static const char *const state_words[] = {
	[NATGW_ROUTE_STATE_ACTIVE] = "Active",
	[NATGW_ROUTE_STATE_INVALID] = "Invalid",
	NULL
};

static const char *const problem_words[] = {
	[NATGW_ROUTE_PROBLEM_NONE] = "none",
	[NATGW_ROUTE_PROBLEM_USER_ROUTE] = "user-route",
	[NATGW_ROUTE_PROBLEM_EXPLICIT_PREFIX] = "explicit-prefix",
	[NATGW_ROUTE_PROBLEM_OTHER_TAG] = "other-tag",
	[NATGW_ROUTE_PROBLEM_NO_VPN_NEXT_HOP] = "no-vpn-next-hop",
	[NATGW_ROUTE_PROBLEM_NEXT_HOP] = "next-hop",
	[NATGW_ROUTE_PROBLEM_NEXT_HOP_DOWN] = "next-hop-down",
	[NATGW_ROUTE_PROBLEM_LONGER_PREFIX] = "longer-prefix",
	NULL
};

static const char *const problem_texts[] = {
	[NATGW_ROUTE_PROBLEM_USER_ROUTE] = "a user route has the same prefix",
	[NATGW_ROUTE_PROBLEM_EXPLICIT_PREFIX] = "a route without a tag has the same prefix",
	[NATGW_ROUTE_PROBLEM_OTHER_TAG] = "a more regional tag has the same prefix",
	[NATGW_ROUTE_PROBLEM_NO_VPN_NEXT_HOP] = "drops: the vnet has no vpn-next-hop",
	[NATGW_ROUTE_PROBLEM_NEXT_HOP] = "drops: the next hop is not directly connected",
	[NATGW_ROUTE_PROBLEM_NEXT_HOP_DOWN] = "drops: the next hop does not answer ARP",
	[NATGW_ROUTE_PROBLEM_LONGER_PREFIX] = "the prefix of another one is longer",
};

static const struct field effective_fields[] = {
	{
		.word = "source",
		.type = FIELD_WORD,
		.flags = FIELD_SHOW,
		.attr = NATGW_A_ROUTE_SOURCE,
		.words = source_words,
	}, {
		.word = "state",
		.type = FIELD_WORD,
		.flags = FIELD_SHOW,
		.attr = NATGW_A_ROUTE_STATE,
		.words = state_words,
	}, {
		.word = "prefix",
		.type = FIELD_PREFIX,
		.flags = FIELD_SHOW,
		.attr = NATGW_A_ROUTE_PREFIX,
		.attr2 = NATGW_A_ROUTE_PREFIX_LENGTH,
	}, {
		.word = "tag",
		.type = FIELD_REF,
		.flags = FIELD_SHOW,
		.attr = NATGW_A_ROUTE_TAG,
	}, {
		.word = "next-hop-type",
		.type = FIELD_WORD,
		.flags = FIELD_SHOW,
		.attr = NATGW_A_ROUTE_NEXT_HOP_TYPE,
		.words = next_hop_words,
	}, {
		.word = "next-hop-ip",
		.type = FIELD_ADDRESS,
		.flags = FIELD_SHOW,
		.attr = NATGW_A_ROUTE_NEXT_HOP_IP,
		.off = "none",
	}, {
		.word = "unreachable",
		.type = FIELD_WORD,
		.flags = FIELD_JSON,
		.attr = NATGW_A_ROUTE_UNREACHABLE,
		.words = switch_words,
	}, {
		.word = "route-table",
		.type = FIELD_REF,
		.flags = FIELD_SHOW,
		.attr = NATGW_A_ROUTE_ROUTE_TABLE,
	}, {
		.word = "problem",
		.type = FIELD_WORD,
		.flags = FIELD_JSON,
		.attr = NATGW_A_ROUTE_PROBLEM,
		.words = problem_words,
	},
};

/** effective_schema - a route as one subnet has it */
const struct schema effective_schema = {
	.noun = "route",
	.fields = effective_fields,
	.n_fields = ARRAY_SIZE(effective_fields),
	.family = NATGW_A_ROUTE_FAMILY,
	.max = NATGW_A_ROUTE_MAX,
};

/**
 * route_problem - what is wrong with an effective route
 * @tb:		its attributes
 *
 * Return: NULL for nothing.
 */
const char *route_problem(const struct nlattr *const *tb)
{
	uint32_t problem = field_u32(tb[NATGW_A_ROUTE_PROBLEM]);

	if (problem >= ARRAY_SIZE(problem_texts))
		return "for a reason that this natgwctl does not know";
	return problem_texts[problem];
}

/**
 * route_text - an effective route in short
 * @buf:	result
 * @tb:		its attributes
 */
const char *route_text(char buf[ROUTE_TEXT], const struct nlattr *const *tb)
{
	uint32_t type = field_u32(tb[NATGW_A_ROUTE_NEXT_HOP_TYPE]);
	const char *tag = field_string(tb[NATGW_A_ROUTE_TAG]);
	const char *table = field_string(tb[NATGW_A_ROUTE_ROUTE_TABLE]);
	const struct nlattr *hop = tb[NATGW_A_ROUTE_NEXT_HOP_IP];
	char prefix[ADDR_TEXT], ip[ADDR_TEXT];
	bool user;

	user = tb[NATGW_A_ROUTE_SOURCE] &&
		field_u32(tb[NATGW_A_ROUTE_SOURCE]) == NATGW_ROUTE_SOURCE_USER;
	if (!field_addr(prefix, tb[NATGW_A_ROUTE_PREFIX], tb[NATGW_A_ROUTE_PREFIX_LENGTH], false))
		snprintf(prefix, sizeof(prefix), "unknown");
	snprintf(buf, ROUTE_TEXT, "%s%s%s%s %s%s%s (%s%s%s)", prefix, tag ? " (tag " : "",
		 tag ? tag : "", tag ? ")" : "",
		 type <= NATGW_NEXT_HOP_PASS ? next_hop_words[type] : "unknown",
		 hop ? " " : "", hop ? field_addr(ip, hop, NULL, true) : "",
		 user ? "user" : "system", table ? ", " : "", table ? table : "");
	return buf;
}

/**
 * route_answer - print an effective route
 * @nlh:	answer of ROUTE_EFFECTIVE_GET
 * @data:	struct out
 *
 * Return: false if it is malformed.
 */
bool route_answer(const struct nlmsghdr *nlh, void *data)
{
	const struct nlattr *tb[FIELDS_ATTRS];
	struct out *o = data;

	if (!fields_parse(&effective_schema, nlh, tb))
		return false;
	out_row(o);
	fields_show(o, &effective_schema, FIELD_SHOW | (o->json ? FIELD_JSON : 0), tb);
	if (route_problem(tb))
		out_note(o, route_problem(tb));
	out_row_end(o);
	return true;
}
