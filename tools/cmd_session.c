// SPDX-License-Identifier: GPL-2.0
#include "object.h"
#include "state.h"

static const char *const state_words[] = {
	[NATGW_STATE_HALF_OPEN] = "half-open",
	[NATGW_STATE_ESTABLISHED] = "established",
	[NATGW_STATE_CLOSING] = "closing",
	[NATGW_STATE_COOLING] = "cooling",
	NULL
};

static const char *const kind_words[] = {
	[NATGW_KIND_NAT] = "nat",
	[NATGW_KIND_DIRECT] = "direct",
	NULL
};

static const struct field fields[] = {
	{
		.word = "proto",
		.type = FIELD_PROTO,
		.flags = FIELD_SHOW | FIELD_FILTER,
		.attr = NATGW_A_SESSION_PROTO,
		.about = "IP protocol",
	}, {
		.word = "src",
		.type = FIELD_ENDPOINT,
		.flags = FIELD_SHOW | FIELD_FILTER,
		.attr = NATGW_A_SESSION_SRC,
		.attr2 = NATGW_A_SESSION_SRC_PORT,
		.word2 = "src-port",
		.about = "private source",
	}, {
		.word = "address",
		.type = FIELD_ENDPOINT,
		.flags = FIELD_SHOW | FIELD_FILTER,
		.attr = NATGW_A_SESSION_ADDRESS,
		.attr2 = NATGW_A_SESSION_PORT,
		.word2 = "port",
		.about = "public address",
	}, {
		.word = "dst",
		.type = FIELD_ENDPOINT,
		.flags = FIELD_SHOW | FIELD_FILTER,
		.attr = NATGW_A_SESSION_DST,
		.attr2 = NATGW_A_SESSION_DST_PORT,
		.word2 = "dst-port",
		.about = "destination",
	}, {
		.word = "state",
		.type = FIELD_WORD,
		.flags = FIELD_SHOW | FIELD_FILTER,
		.attr = NATGW_A_SESSION_STATE,
		.words = state_words,
		.about = "how far it is; cooling: ended, its port rests",
	}, {
		.word = "kind",
		.type = FIELD_WORD,
		.flags = FIELD_SHOW | FIELD_FILTER,
		.attr = NATGW_A_SESSION_KIND,
		.words = kind_words,
		.about = "direct: came in by another way, left alone",
	}, {
		.word = "gateway",
		.type = FIELD_NAME,
		.flags = FIELD_SHOW | FIELD_FILTER,
		.attr = NATGW_A_SESSION_GATEWAY,
		.about = "of this gateway",
	}, {
		.word = "subnet",
		.type = FIELD_NAME,
		.flags = FIELD_SHOW | FIELD_FILTER,
		.attr = NATGW_A_SESSION_SUBNET,
		.about = "of this subnet",
	}, {
		.word = "vnet",
		.type = FIELD_NAME,
		.flags = FIELD_WIDE | FIELD_FILTER,
		.attr = NATGW_A_SESSION_VNET,
		.about = "of this virtual network",
	}, {
		.word = "age",
		.type = FIELD_TIME,
		.flags = FIELD_WIDE,
		.attr = NATGW_A_SESSION_AGE,
	}, {
		.word = "idle",
		.type = FIELD_TIME,
		.flags = FIELD_SHOW,
		.attr = NATGW_A_SESSION_IDLE,
	}, {
		.word = "expires",
		.type = FIELD_TIME,
		.flags = FIELD_SHOW,
		.attr = NATGW_A_SESSION_EXPIRES,
	}, {
		.word = "offloaded",
		.type = FIELD_WORD,
		.flags = FIELD_SHOW | FIELD_RARE,
		.attr = NATGW_A_SESSION_OFFLOADED,
		.words = switch_words,
		.about = "sent on from the ingress hook",
	}, {
		.word = "packets-out",
		.type = FIELD_COUNTER,
		.flags = FIELD_WIDE,
		.attr = NATGW_A_SESSION_PACKETS_OUT,
		.about = "from inside, if it opened while somebody watched",
	}, {
		.word = "bytes-out",
		.type = FIELD_COUNTER,
		.flags = FIELD_WIDE,
		.attr = NATGW_A_SESSION_BYTES_OUT,
	}, {
		.word = "packets-in",
		.type = FIELD_COUNTER,
		.flags = FIELD_WIDE,
		.attr = NATGW_A_SESSION_PACKETS_IN,
	}, {
		.word = "bytes-in",
		.type = FIELD_COUNTER,
		.flags = FIELD_WIDE,
		.attr = NATGW_A_SESSION_BYTES_IN,
	}, {
		.word = "count",
		.type = FIELD_NUMBER,
		.attr = NATGW_A_SESSION_COUNT,
	},
};

static const struct schema schema = {
	.noun = "session",
	.fields = fields,
	.n_fields = ARRAY_SIZE(fields),
	.family = NATGW_A_SESSION_FAMILY,
	.max = NATGW_A_SESSION_MAX,
};

static_assert(NATGW_A_SESSION_MAX < FIELDS_ATTRS, "an attribute does not fit");

static bool count_answer(const struct nlmsghdr *nlh, void *data)
{
	const struct nlattr *tb[FIELDS_ATTRS];
	uint32_t *count = data;

	if (!fields_parse(&schema, nlh, tb) || !tb[NATGW_A_SESSION_COUNT])
		return false;
	*count = field_u32(tb[NATGW_A_SESSION_COUNT]);
	return true;
}

/* count and flush: a filter there, a number back */
static int session_count(struct ctl *ctl, const struct object *obj, const struct verb *verb,
			 int argc, char **argv)
{
	struct request req;
	uint32_t count = 0;
	struct nl_error e;
	struct out out;
	int ret;

	ret = object_request(ctl, obj, verb, &req, argc, argv);
	if (ret)
		return ret;
	if (nl_request(&ctl->nl, &req, count_answer, &count, &e))
		return kernel_error(ctl, obj, &req, &e);
	warn_kernel(ctl, &e);
	if (!ctl->json) {
		printf(verb->cmd == NATGW_CMD_SESSION_FLUSH ? "flushed %u\n" : "%u\n", count);
		return 0;
	}
	out_begin(&out, true, ctl->pretty, OUT_TABLE);
	out_row(&out);
	out_number(&out, "count", count);
	out_row_end(&out);
	out_end(&out);
	return 0;
}

static const struct verb verbs[] = {
	{
		.word = "show",
		.flags = VERB_FILTER,
		.cmd = NATGW_CMD_SESSION_GET,
		.run = object_show,
		.about = "list those that match",
	}, {
		.word = "count",
		.flags = VERB_FILTER,
		.cmd = NATGW_CMD_SESSION_COUNT,
		.run = session_count,
		.about = "count them",
	}, {
		.word = "flush",
		.flags = VERB_FILTER,
		.cmd = NATGW_CMD_SESSION_FLUSH,
		.run = session_count,
		.about = "end them",
	}, {
		.word = "save",
		.flags = VERB_FILE,
		.cmd = NATGW_CMD_SESSION_SAVE,
		.run = state_save,
		.about = "write all into a file, to be restored",
	}, {
		.word = "restore",
		.flags = VERB_FILE | VERB_AGE,
		.cmd = NATGW_CMD_SESSION_RESTORE,
		.run = state_restore,
		.about = "make those of a file again, with their ports",
	},
};

const struct object session_object = {
	.word = "session",
	.about = "translated flows, and flows that came in by another way",
	.schema = &schema,
	.verbs = verbs,
	.n_verbs = ARRAY_SIZE(verbs),
	.layout = OUT_TABLE,
};
