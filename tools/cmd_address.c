// SPDX-License-Identifier: GPL-2.0
#include <arpa/inet.h>
#include <string.h>
#include <strings.h>

#include <linux/genetlink.h>

#include "batch.h"
#include "counters.h"
#include "key.h"
#include "object.h"
#include "onlink.h"

static const struct field fields[] = {
	{
		.word = "address",
		.type = FIELD_HOST,
		.flags = FIELD_KEY | FIELD_SHOW,
		.attr = NATGW_A_ADDRESS_ADDRESS,
		.attr2 = NATGW_A_ADDRESS_PREFIX_LENGTH,
	}, {
		/* Stands where the address does otherwise */
		.word = "length",
		.type = FIELD_NUMBER,
		.attr = NATGW_A_ADDRESS_LENGTH,
	}, {
		/* "gateway add" alone gives it */
		.word = "move",
		.type = FIELD_WORD,
		.attr = NATGW_A_ADDRESS_MOVE,
		.words = switch_words,
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
		.initial = "on",
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
		.flags = FIELD_SET | FIELD_JSON | FIELD_MINUTES | FIELD_ACT,
		.attr = NATGW_A_ADDRESS_DRAIN,
		.off = "off",
		.about = "no new flows; its sessions end after TIME",
	}, {
		.word = "drain-oldest",
		.type = FIELD_TIME,
		.flags = FIELD_JSON,
		.attr = NATGW_A_ADDRESS_DRAIN_OLDEST,
	}, {
		.word = "owner",
		.type = FIELD_NAME,
		.flags = FIELD_SHOW | FIELD_RARE,
		.attr = NATGW_A_ADDRESS_OWNER,
	}, {
		.word = "retired",
		.type = FIELD_WORD,
		.flags = FIELD_JSON,
		.attr = NATGW_A_ADDRESS_RETIRED,
		.words = switch_words,
	}, {
		.word = "own-dev",
		.type = FIELD_REF,
		.flags = FIELD_JSON,
		.attr = NATGW_A_ADDRESS_OWN_DEV,
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

static int address_change(struct ctl *ctl, const struct object *obj, const struct verb *verb,
			  int argc, char **argv)
{
	int ret = object_change(ctl, obj, verb, argc, argv);

	/* What a batch staged does not show before it is committed */
	if (!ret && ctl->batch)
		ctl->batch->addresses = true;
	else if (!ret)
		onlink_warn(ctl, argv[0]);
	return ret;
}

/**
 * struct taken - a prefix of the managed pool on its way to the output
 * @ctl:	run
 * @text:	it
 */
struct taken {
	struct ctl *ctl;
	char text[ADDR_TEXT];
};

static bool taken_answer(const struct nlmsghdr *nlh, void *data)
{
	const struct nlattr *tb[FIELDS_ATTRS];
	struct taken *taken = data;

	return fields_parse(&schema, nlh, tb) &&
		field_addr(taken->text, tb[NATGW_A_ADDRESS_ADDRESS],
			   tb[NATGW_A_ADDRESS_PREFIX_LENGTH], true);
}

/* "length 28": whichever is free, and say which it is */
static int address_take(struct ctl *ctl, const struct object *obj, const struct verb *verb,
			int argc, char **argv)
{
	struct taken taken = { .ctl = ctl };
	struct parse_error why;
	struct request req;
	struct nl_error e;
	uint32_t length;
	struct out out;
	int ret;

	if (ctl->items)
		return usage_error(ctl, "length",
				   "length: takes whichever address is free, a file says which one");
	if (!argc)
		return usage_error(ctl, "length", "length: value is missing");
	if (!parse_number(argv[0], &length, &why))
		return usage_error(ctl, "length", "length %s: %s", argv[0], why.text);
	request_init(&req, verb->cmd);
	request_u32(&req, NATGW_A_ADDRESS_LENGTH, length);
	request_arg(&req, NLMSG_HDRLEN + GENL_HDRLEN, "length", argv[0], strlen(argv[0]));
	ret = object_keys(ctl, obj, &req, FIELD_SET, NULL, argc - 1, argv + 1);
	if (!ret)
		ret = ctl_open(ctl);
	if (ret)
		return ret;
	if (nl_request(&ctl->nl, &req, taken_answer, &taken, &e))
		return kernel_error(ctl, obj, &req, &e);
	warn_kernel(ctl, &e);
	if (!taken.text[0])
		return 0;
	if (ctl->batch)
		ctl->batch->addresses = true;
	else
		onlink_warn(ctl, taken.text);
	out_begin(&out, ctl->json, ctl->pretty, OUT_BLOCK);
	out_row(&out);
	out_title(&out, NULL, "address", taken.text);
	out_row_end(&out);
	out_end(&out);
	return 0;
}

static int address_add(struct ctl *ctl, const struct object *obj, const struct verb *verb,
		       int argc, char **argv)
{
	if (!strcasecmp(argv[0], "length"))
		return address_take(ctl, obj, verb, argc - 1, argv + 1);
	return address_change(ctl, obj, verb, argc, argv);
}

/**
 * struct holder - the object that an address is looked for in
 * @addr:	address, host byte order
 * @text:	prefix that holds it, empty: none
 */
struct holder {
	uint32_t addr;
	char text[ADDR_TEXT];
};

/* The address that was asked for, where its prefix is shown instead; or NULL */
static const char *held;

/* What is shown of an address beside its fields, the metrics among it */
static void address_more(struct out *o, const struct nlattr *const *tb)
{
	char text[ADDR_TEXT + 32];

	if (held) {
		snprintf(text, sizeof(text), "%s is one of its addresses", held);
		out_note(o, text);
	}
	if (field_u32(tb[NATGW_A_ADDRESS_RETIRED]))
		out_note(o, "of a former way out of its cluster: free with its last session");
	if (tb[NATGW_A_ADDRESS_OWN_DEV])
		out_note(o, "the router has it too and is not reached at it: give shared on");
	azure_address(o, tb);
}

static bool holder_answer(const struct nlmsghdr *nlh, void *data)
{
	const struct nlattr *tb[FIELDS_ATTRS], *addr;
	struct holder *holder = data;
	uint32_t first, plen;

	if (!fields_parse(&schema, nlh, tb))
		return false;
	addr = tb[NATGW_A_ADDRESS_ADDRESS];
	plen = field_u32(tb[NATGW_A_ADDRESS_PREFIX_LENGTH]);
	if (!addr || mnl_attr_get_payload_len(addr) != sizeof(first) || !plen || plen >= 32)
		return true;
	memcpy(&first, mnl_attr_get_payload(addr), sizeof(first));
	if (!((ntohl(first) ^ holder->addr) & (UINT32_MAX << (32 - plen))))
		field_addr(holder->text, addr, tb[NATGW_A_ADDRESS_PREFIX_LENGTH], true);
	return true;
}

/* The public IP prefix that a single address is one of, if there is one */
static void holder_find(struct ctl *ctl, const char *name, struct holder *holder)
{
	struct parse_error why;
	struct request req;
	struct nl_error e;
	struct inet in;

	holder->text[0] = 0;
	if (!parse_prefix(name, &in, &why) || in.len != sizeof(holder->addr) || in.plen != 32)
		return;
	memcpy(&holder->addr, in.addr, sizeof(holder->addr));
	holder->addr = ntohl(holder->addr);
	request_init(&req, NATGW_CMD_ADDRESS_GET);
	/* if this dump fails, the request itself will be refused with a better sentence */
	nl_dump(&ctl->nl, &req, NL_DUMP_WHOLE, holder_answer, holder, &e);
}

/* For an address inside of a prefix its prefix is shown: the address is no object itself */
static int address_show(struct ctl *ctl, const struct object *obj, const struct verb *verb,
			int argc, char **argv)
{
	struct holder holder = {};
	char *name = holder.text;
	int ret;

	ret = ctl_open(ctl);
	if (!ret)
		ret = azure_load(ctl);
	if (!ret && argc)
		holder_find(ctl, argv[0], &holder);
	if (holder.text[0]) {
		held = argv[0];
		argv = &name;
	}
	if (!ret)
		ret = object_show(ctl, obj, verb, argc, argv);
	held = NULL;
	azure_free();
	return ret;
}

static const struct verb verbs[] = {
	{
		.word = "add",
		.flags = VERB_NAME | VERB_KEYS | VERB_BATCH,
		.cmd = NATGW_CMD_ADDRESS_NEW,
		.run = address_add,
		.about = "take an address or a prefix; length 28: a free one of the managed pool",
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
		.run = object_change,
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
	.rank = 7,
	.drain = {
		.sessions = NATGW_A_ADDRESS_SESSIONS,
		.left = NATGW_A_ADDRESS_DRAIN,
		.oldest = NATGW_A_ADDRESS_DRAIN_OLDEST,
	},
	.show_more = address_more,
};
