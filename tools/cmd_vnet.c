// SPDX-License-Identifier: GPL-2.0
#include "item.h"
#include "object.h"

static const char *const private_space_words[] = {
	[NATGW_PRIVATE_SPACE_DROP] = "drop",
	[NATGW_PRIVATE_SPACE_PASS] = "pass",
	[NATGW_PRIVATE_SPACE_INTERNET] = "internet",
	NULL
};

static const struct field fields[] = {
	{
		.word = "name",
		.type = FIELD_NAME,
		.flags = FIELD_KEY,
		.attr = NATGW_A_VNET_NAME,
	}, {
		.word = "private-space",
		.type = FIELD_WORD,
		.flags = FIELD_SET | FIELD_SHOW,
		.attr = NATGW_A_VNET_PRIVATE_SPACE,
		.words = private_space_words,
		.about = "private addresses outside of it: drop, leave alone, translate",
	}, {
		.word = "vpn-next-hop",
		.type = FIELD_ADDRESS,
		.flags = FIELD_SET | FIELD_SHOW,
		.attr = NATGW_A_VNET_VPN_NEXT_HOP,
		.off = "none",
		.about = "where VirtualNetworkGateway is",
	}, {
		.word = "vrf",
		.type = FIELD_REF,
		.flags = FIELD_SHOW,
		.attr = NATGW_A_VNET_VRF,
	}, {
		.word = "subnets",
		.type = FIELD_NUMBER,
		.flags = FIELD_SHOW,
		.attr = NATGW_A_VNET_SUBNETS,
	}, {
		.word = "down",
		.type = FIELD_WORD,
		.flags = FIELD_JSON,
		.attr = NATGW_A_VNET_DOWN,
		.words = switch_words,
	}, {
		.word = "prefix",
		.type = FIELD_CIDR,
		.flags = FIELD_SET | FIELD_SHOW | FIELD_REPEAT | FIELD_LINE,
		.attr = NATGW_A_VNET_PREFIX,
		.about = "its address space; set replaces all of it",
	}, {
		.word = "dev",
		.type = FIELD_REF,
		.flags = FIELD_SET | FIELD_SHOW | FIELD_REPEAT | FIELD_LINE,
		.attr = NATGW_A_VNET_DEV,
		.value = "DEV,...|none",
		.about = "interfaces where its hosts are; set replaces all",
	}, {
		.word = "owner",
		.type = FIELD_NAME,
		.flags = FIELD_SHOW | FIELD_LINE | FIELD_RARE,
		.attr = NATGW_A_VNET_OWNER,
	},
};

static const struct schema schema = {
	.noun = "vnet",
	.fields = fields,
	.n_fields = ARRAY_SIZE(fields),
	.family = NATGW_A_VNET_FAMILY,
	.max = NATGW_A_VNET_MAX,
};

static_assert(NATGW_A_VNET_MAX < FIELDS_ATTRS, "an attribute does not fit");

/* "default" lets private addresses pass, as a router without vnets does */
static bool vnet_initial(const struct item *it, const struct field *f, const char **value)
{
	if (!it->exists || f->attr != NATGW_A_VNET_PRIVATE_SPACE)
		return false;
	*value = private_space_words[NATGW_PRIVATE_SPACE_PASS];
	return true;
}

static void vnet_more(struct out *o, const struct nlattr *const *tb)
{
	if (field_u32(tb[NATGW_A_VNET_DOWN]))
		out_note(o, "DOWN: a device is not in its VRF, all of its packets are dropped");
}

static const struct verb verbs[] = {
	{
		.word = "add",
		.flags = VERB_NAME | VERB_KEYS | VERB_BATCH,
		.cmd = NATGW_CMD_VNET_NEW,
		.run = object_change,
		.about = "make one; the key prefix is needed",
	}, {
		.word = "set",
		.flags = VERB_NAME | VERB_KEYS | VERB_BATCH,
		.cmd = NATGW_CMD_VNET_SET,
		.run = object_change,
		.about = "change it",
	}, {
		.word = "del",
		.flags = VERB_NAME | VERB_BATCH,
		.cmd = NATGW_CMD_VNET_DEL,
		.run = object_change,
		.about = "forget it; refused while it has subnets",
	}, {
		.word = "show",
		.flags = VERB_NAME_OPT,
		.cmd = NATGW_CMD_VNET_GET,
		.run = object_show,
		.about = "describe one or all",
	},
};

const struct object vnet_object = {
	.word = "vnet",
	.about = "virtual networks: address space and ingress interfaces",
	.schema = &schema,
	.verbs = verbs,
	.n_verbs = ARRAY_SIZE(verbs),
	.layout = OUT_BLOCK,
	.rank = 1,
	.initial = vnet_initial,
	.show_more = vnet_more,
};
