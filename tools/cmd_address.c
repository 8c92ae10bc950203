// SPDX-License-Identifier: GPL-2.0
#include "batch.h"
#include "counters.h"
#include "object.h"

static const char *const switch_words[] = {
	[NATGW_SWITCH_OFF] = "off",
	[NATGW_SWITCH_ON] = "on",
	NULL
};

static const struct field fields[] = {
	{
		.word = "address",
		.type = FIELD_HOST,
		.flags = FIELD_KEY | FIELD_SHOW,
		.attr = NATGW_A_ADDRESS_ADDRESS,
		.attr2 = NATGW_A_ADDRESS_PREFIX_LENGTH,
	}, {
		.word = "gateway",
		.type = FIELD_REF,
		.flags = FIELD_SET | FIELD_SHOW,
		.attr = NATGW_A_ADDRESS_GATEWAY,
		.about = "translates its sessions",
	}, {
		.word = "dev",
		.type = FIELD_REF,
		.flags = FIELD_SET | FIELD_SHOW,
		.attr = NATGW_A_ADDRESS_DEV,
		.value = "DEV|none",
		.about = "interface where ARP is answered for it",
	}, {
		.word = "announce",
		.type = FIELD_WORD,
		.flags = FIELD_SET | FIELD_SHOW,
		.attr = NATGW_A_ADDRESS_ANNOUNCE,
		.words = switch_words,
		.about = "off: neither answer nor announce (standby of a pair)",
	}, {
		.word = "uplink",
		.type = FIELD_REF,
		.flags = FIELD_SET | FIELD_SHOW,
		.attr = NATGW_A_ADDRESS_UPLINK,
		.value = "DEV|none",
		.about = "only for flows that leave by this interface",
	}, {
		.word = "zone",
		.type = FIELD_NUMBER,
		.flags = FIELD_SET | FIELD_SHOW,
		.attr = NATGW_A_ADDRESS_ZONE,
		.off = "none",
		.about = "availability zone, that of its gateway",
	}, {
		.word = "shared",
		.type = FIELD_WORD,
		.flags = FIELD_SET | FIELD_SHOW,
		.attr = NATGW_A_ADDRESS_SHARED,
		.words = switch_words,
		.about = "also the router's own; its ports stay with it",
	}, {
		.word = "reserve",
		.type = FIELD_REF,
		.flags = FIELD_SET | FIELD_SHOW,
		.attr = NATGW_A_ADDRESS_RESERVE,
		.value = "PORTS|none",
		.about = "ports kept out of the pool: 80,443,8000-8099",
	}, {
		.word = "ports",
		.type = FIELD_NUMBER,
		.flags = FIELD_SHOW,
		.attr = NATGW_A_ADDRESS_PORTS,
	}, {
		.word = "sessions",
		.type = FIELD_NUMBER,
		.flags = FIELD_SHOW,
		.attr = NATGW_A_ADDRESS_SESSIONS,
	}, {
		.word = "drain",
		.type = FIELD_TIME,
		.flags = FIELD_SET | FIELD_JSON | FIELD_MINUTES,
		.attr = NATGW_A_ADDRESS_DRAIN,
		.off = "off",
		.about = "no new flows; its sessions end after TIME",
	}, {
		.word = "drain-oldest",
		.type = FIELD_TIME,
		.flags = FIELD_JSON,
		.attr = NATGW_A_ADDRESS_DRAIN_OLDEST,
	}, {
		.word = "counters",
		.type = FIELD_NEST,
		.flags = FIELD_COUNT,
		.attr = NATGW_A_ADDRESS_COUNTERS,
		.nest = &flow_counters_schema,
	},
};

static const struct schema schema = {
	.noun = "address",
	.fields = fields,
	.n_fields = ARRAY_SIZE(fields),
	.family = NATGW_A_ADDRESS_FAMILY,
	.max = NATGW_A_ADDRESS_MAX,
};

static_assert(NATGW_A_ADDRESS_MAX < FIELDS_ATTRS, "an attribute does not fit");

/* A batch remembers which addresses it made, for "gateway add ... address" */
static int address_change(struct ctl *ctl, const struct object *obj, const struct verb *verb,
			  int argc, char **argv)
{
	int ret = object_change(ctl, obj, verb, argc, argv);

	if (!ret && ctl->batch)
		batch_note(ctl->batch, argv[0], verb->cmd != NATGW_CMD_ADDRESS_DEL);
	return ret;
}

static int address_show(struct ctl *ctl, const struct object *obj, const struct verb *verb,
			int argc, char **argv)
{
	int ret;

	ret = ctl_open(ctl);
	if (!ret)
		ret = azure_load(ctl);
	if (!ret)
		ret = object_show(ctl, obj, verb, argc, argv);
	azure_free();
	return ret;
}

static const struct verb verbs[] = {
	{
		.word = "add",
		.flags = VERB_NAME | VERB_KEYS | VERB_BATCH,
		.cmd = NATGW_CMD_ADDRESS_NEW,
		.run = address_change,
		.about = "take a public address, or a prefix whole",
	}, {
		.word = "set",
		.flags = VERB_NAME | VERB_KEYS | VERB_BATCH,
		.cmd = NATGW_CMD_ADDRESS_SET,
		.run = address_change,
		.about = "change it",
	}, {
		.word = "del",
		.flags = VERB_NAME | VERB_BATCH,
		.cmd = NATGW_CMD_ADDRESS_DEL,
		.run = address_change,
		.about = "give it up and end its sessions",
	}, {
		.word = "show",
		.flags = VERB_NAME_OPT,
		.cmd = NATGW_CMD_ADDRESS_GET,
		.run = address_show,
		.about = "list one or all",
	},
};

const struct object address_object = {
	.word = "address",
	.about = "public IP addresses, and public IP prefixes",
	.schema = &schema,
	.verbs = verbs,
	.n_verbs = ARRAY_SIZE(verbs),
	.layout = OUT_TABLE,
	.drain = {
		.sessions = NATGW_A_ADDRESS_SESSIONS,
		.left = NATGW_A_ADDRESS_DRAIN,
		.oldest = NATGW_A_ADDRESS_DRAIN_OLDEST,
	},
	.show_more = azure_address,
};
