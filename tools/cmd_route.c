// SPDX-License-Identifier: GPL-2.0
#include "route.h"

/* Keywords of one verb alone */
#define OF_DEL		FIELD_OWN
#define OF_EFFECTIVE	(FIELD_OWN << 1)

/* As the cloud spells them */
static const char *const next_hop_words[] = {
	[NATGW_NEXT_HOP_VIRTUAL_APPLIANCE] = "VirtualAppliance",
	[NATGW_NEXT_HOP_VIRTUAL_NETWORK_GATEWAY] = "VirtualNetworkGateway",
	[NATGW_NEXT_HOP_VNET_LOCAL] = "VnetLocal",
	[NATGW_NEXT_HOP_INTERNET] = "Internet",
	[NATGW_NEXT_HOP_NONE] = "None",
	NULL
};

static const char *const any_next_hop_words[] = {
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

static const char *const switch_words[] = {
	[NATGW_SWITCH_OFF] = "off",
	[NATGW_SWITCH_ON] = "on",
	NULL
};

static const struct field fields[] = {
	{
		.word = "prefix",
		.type = FIELD_PREFIX,
		.flags = FIELD_KEY | FIELD_SHOW,
		.attr = NATGW_A_ROUTE_PREFIX,
		.attr2 = NATGW_A_ROUTE_PREFIX_LENGTH,
		.alt = NATGW_A_ROUTE_TAG,
		.value = "PREFIX|TAG",
	}, {
		.word = "tag",
		.type = FIELD_REF,
		.flags = FIELD_KEY | FIELD_SHOW,
		.attr = NATGW_A_ROUTE_TAG,
	}, {
		.word = "route-table",
		.type = FIELD_NAME,
		.flags = FIELD_KEY | FIELD_SET | FIELD_FILTER | FIELD_SHOW | OF_DEL,
		.attr = NATGW_A_ROUTE_ROUTE_TABLE,
		.about = "table that it is in",
	}, {
		.word = "next-hop-type",
		.type = FIELD_WORD,
		.flags = FIELD_SET | FIELD_SHOW,
		.attr = NATGW_A_ROUTE_NEXT_HOP_TYPE,
		.words = next_hop_words,
		.about = "where to",
	}, {
		.word = "next-hop-ip",
		.type = FIELD_ADDRESS,
		.flags = FIELD_SET | FIELD_SHOW,
		.attr = NATGW_A_ROUTE_NEXT_HOP_IP,
		.about = "the appliance, of VirtualAppliance",
	}, {
		.word = "unreachable",
		.type = FIELD_WORD,
		.flags = FIELD_SET | FIELD_SHOW,
		.attr = NATGW_A_ROUTE_UNREACHABLE,
		.words = switch_words,
		.about = "None tells the sender, by ICMP 3/13",
	}, {
		.word = "subnet",
		.type = FIELD_NAME,
		.flags = OF_EFFECTIVE,
		.attr = NATGW_A_ROUTE_SUBNET,
		.about = "subnet whose routes are wanted",
	},
};

static const struct schema schema = {
	.noun = "route",
	.fields = fields,
	.n_fields = ARRAY_SIZE(fields),
	.family = NATGW_A_ROUTE_FAMILY,
	.max = NATGW_A_ROUTE_MAX,
};

static_assert(NATGW_A_ROUTE_MAX < FIELDS_ATTRS, "an attribute does not fit");

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
		.words = any_next_hop_words,
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
		 type <= NATGW_NEXT_HOP_PASS ? any_next_hop_words[type] : "unknown",
		 hop ? " " : "", hop ? field_addr(ip, hop, NULL, true) : "",
		 user ? "user" : "system", table ? ", " : "", table ? table : "");
	return buf;
}

static bool effective_answer(const struct nlmsghdr *nlh, void *data)
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

static int route_effective(struct ctl *ctl, const struct object *obj, const struct verb *verb,
			   int argc, char **argv)
{
	struct request req;
	struct nl_error e;
	struct out out;
	int ret;

	ctl_command(ctl, obj->word, "show effective", NULL);
	request_init(&req, verb->cmd);
	ret = object_keys(ctl, obj, &req, verb->keys, NULL, argc, argv);
	if (!ret && !argc)
		ret = usage_error(ctl, "subnet", "say of which one: subnet NAME");
	if (!ret)
		ret = ctl_open(ctl);
	if (ret)
		return ret;
	out_begin(&out, ctl->json, ctl->pretty, obj->layout);
	ret = nl_dump(&ctl->nl, &req, NL_DUMP_WHOLE, effective_answer, &out, &e);
	out_end(&out);
	if (ret < 0)
		return kernel_error(ctl, obj, &req, &e);
	if (ret)
		warn_changed(ctl);
	warn_kernel(ctl, &e);
	return 0;
}

static const struct verb effective = {
	.word = "effective",
	.flags = VERB_FILTER,
	.cmd = NATGW_CMD_ROUTE_EFFECTIVE_GET,
	.keys = OF_EFFECTIVE,
	.run = route_effective,
	.about = "user and system routes of a subnet, and which of them hold",
};

static const struct verb verbs[] = {
	{
		.word = "add",
		.flags = VERB_NAME | VERB_KEYS | VERB_BATCH,
		.cmd = NATGW_CMD_ROUTE_NEW,
		.run = object_change,
		.about = "put a route into a table",
	}, {
		.word = "del",
		.flags = VERB_NAME | VERB_KEYS | VERB_BATCH,
		.cmd = NATGW_CMD_ROUTE_DEL,
		.keys = OF_DEL,
		.run = object_change,
		.about = "take it out again; the key route-table is needed",
	}, {
		.word = "show",
		.flags = VERB_FILTER,
		.cmd = NATGW_CMD_ROUTE_GET,
		.sub = &effective,
		.run = object_show,
		.about = "list all routes, or those of a table",
	},
};

const struct object route_object = {
	.word = "route",
	.about = "user routes, and the effective routes of subnets",
	.schema = &schema,
	.verbs = verbs,
	.n_verbs = ARRAY_SIZE(verbs),
	.layout = OUT_TABLE,
};
