// SPDX-License-Identifier: GPL-2.0
#include "object.h"
#include "ports_block.h"

/* Columns of the rows of one enum natgw_ports_by */
#define BY_ADDRESS	(FIELD_OWN << NATGW_PORTS_BY_ADDRESS)
#define BY_DESTINATION	(FIELD_OWN << NATGW_PORTS_BY_DESTINATION)
#define BY_HOST		(FIELD_OWN << NATGW_PORTS_BY_HOST)
/* Of rows by address and destination, in JSON alone: text has it in FILLED */
#define BY_NEAR		(FIELD_OWN << (NATGW_PORTS_BY_HOST + 1))
/* Of rows by destination, in JSON alone */
#define BY_MOST		(FIELD_OWN << (NATGW_PORTS_BY_HOST + 2))
/* Likewise of rows by host */
#define BY_VNET		(FIELD_OWN << (NATGW_PORTS_BY_HOST + 3))
#define BY_ANY		(BY_ADDRESS | BY_DESTINATION | BY_HOST)

static const char *const by_words[] = {
	[NATGW_PORTS_BY_ADDRESS] = "address",
	[NATGW_PORTS_BY_DESTINATION] = "destination",
	[NATGW_PORTS_BY_HOST] = "host",
	NULL
};

#define COUNT(_word, _attr, _flags) {				\
	.word = _word,						\
	.type = FIELD_NUMBER,					\
	.flags = (_flags),					\
	.attr = _attr,						\
}

static const struct field fields[] = {
	{
		.word = "gateway",
		.type = FIELD_NAME,
		.flags = FIELD_FILTER | BY_ANY,
		.attr = NATGW_A_PORTS_GATEWAY,
		.about = "of this gateway",
	}, {
		.word = "by",
		.type = FIELD_WORD,
		.flags = FIELD_FILTER,
		.attr = NATGW_A_PORTS_BY,
		.words = by_words,
		.about = "what a row stands for (default: address)",
	}, {
		.word = "address",
		.type = FIELD_ADDRESS,
		.flags = BY_ADDRESS,
		.attr = NATGW_A_PORTS_ADDRESS,
	}, {
		.word = "proto",
		.type = FIELD_PROTO,
		.flags = FIELD_FILTER | BY_DESTINATION,
		.attr = NATGW_A_PORTS_PROTO,
		.about = "only these sessions",
	}, {
		.word = "dst",
		.type = FIELD_ENDPOINT,
		.flags = FIELD_FILTER | BY_DESTINATION,
		.attr = NATGW_A_PORTS_DST,
		.attr2 = NATGW_A_PORTS_DST_PORT,
		.word2 = "dst-port",
		.about = "only this destination; by host: who uses it",
	}, {
		.word = "src",
		.type = FIELD_ADDRESS,
		.flags = BY_HOST | BY_MOST,
		.attr = NATGW_A_PORTS_SRC,
	}, {
		.word = "subnet",
		.type = FIELD_NAME,
		.flags = BY_HOST,
		.attr = NATGW_A_PORTS_SUBNET,
	}, {
		.word = "vnet",
		.type = FIELD_NAME,
		.flags = BY_VNET,
		.attr = NATGW_A_PORTS_VNET,
	}, {
		.word = "top",
		.type = FIELD_NUMBER,
		.flags = FIELD_FILTER,
		.attr = NATGW_A_PORTS_TOP,
		.off = "all",
		.about = "at most so many rows, the fullest",
	},
	{
		.word = "watched",
		.type = FIELD_WORD,
		.flags = FIELD_FILTER,
		.attr = NATGW_A_PORTS_WATCHED,
		.words = switch_words,
		.about = "only destinations with 256 ports or more, at once",
	},
	COUNT("used", NATGW_A_PORTS_USED, BY_ANY),
	COUNT("cooling", NATGW_A_PORTS_COOLING, BY_ANY),
	COUNT("free", NATGW_A_PORTS_FREE, BY_ANY),
	COUNT("high-water", NATGW_A_PORTS_HIGH_WATER, BY_DESTINATION),
	{
		.word = "filled",
		.type = FIELD_PERCENT,
		.flags = BY_ADDRESS | BY_DESTINATION,
		.attr = NATGW_A_PORTS_FILLED,
	}, {
		.word = "headroom",
		.type = FIELD_TIME,
		.flags = BY_ADDRESS | BY_DESTINATION,
		.attr = NATGW_A_PORTS_HEADROOM,
	}, {
		.word = "near",
		.type = FIELD_WORD,
		.flags = BY_NEAR,
		.attr = NATGW_A_PORTS_NEAR,
		.words = switch_words,
	},
	COUNT("src-used", NATGW_A_PORTS_SRC_USED, BY_MOST),
	{
		.word = "limit",
		.type = FIELD_NUMBER,
		.flags = BY_HOST,
		.attr = NATGW_A_PORTS_LIMIT,
		.off = "off",
	},
	COUNT("tcp", NATGW_A_PORTS_TCP, BY_ADDRESS | BY_HOST),
	COUNT("udp", NATGW_A_PORTS_UDP, BY_ADDRESS | BY_HOST),
	COUNT("icmp", NATGW_A_PORTS_ICMP, BY_ADDRESS | BY_HOST),
	COUNT("destinations", NATGW_A_PORTS_DESTINATIONS, BY_ADDRESS | BY_HOST),
	COUNT("hosts", NATGW_A_PORTS_HOSTS, BY_DESTINATION),
};

static const struct schema schema = {
	.noun = "ports",
	.fields = fields,
	.n_fields = ARRAY_SIZE(fields),
	.family = NATGW_A_PORTS_FAMILY,
	.max = NATGW_A_PORTS_MAX,
};

static_assert(NATGW_A_PORTS_MAX < FIELDS_ATTRS, "an attribute does not fit");

/**
 * struct ports - rows on their way to the output
 * @out:	output
 * @columns:	BY_ADDRESS, BY_DESTINATION or BY_HOST; BY_NEAR, BY_MOST
 */
struct ports {
	struct out out;
	unsigned int columns;
};

/**
 * struct blocks - the blocks of a row on their way to the output
 * @out:	output
 * @any:	one has been written
 */
struct blocks {
	struct out *out;
	bool any;
};

static void block_show(const struct ports_block *b, void *data)
{
	struct blocks *blocks = data;
	struct out *o = blocks->out;
	char buf[ADDR_TEXT];

	if (!blocks->any)
		out_array(o, "block");
	blocks->any = true;
	out_item(o);
	out_word(o, "address", addr_text(buf, &b->address, sizeof(b->address)));
	out_number(o, "first", b->first);
	out_number(o, "last", b->last);
	out_item_end(o);
}

/* JSON alone has where the ports of a host are: a table has no room for it */
static bool blocks_show(struct out *o, const struct nlmsghdr *nlh)
{
	struct blocks blocks = { .out = o };
	bool sane = ports_blocks(nlh, block_show, &blocks);

	if (blocks.any)
		out_array_end(o);
	else
		out_missing(o, "block");
	return sane;
}

static bool ports_answer(const struct nlmsghdr *nlh, void *data)
{
	const struct nlattr *tb[FIELDS_ATTRS];
	struct ports *ports = data;
	bool sane;

	if (!fields_parse(&schema, nlh, tb))
		return false;
	out_row(&ports->out);
	fields_show(&ports->out, &schema, ports->columns, tb);
	sane = !(ports->columns & BY_VNET) || blocks_show(&ports->out, nlh);
	out_row_end(&ports->out);
	return sane;
}

static int ports_show(struct ctl *ctl, const struct object *obj, const struct verb *verb, int argc,
		      char **argv)
{
	const struct nlattr *tb[FIELDS_ATTRS];
	struct ports ports = {};
	struct request req;
	struct nl_error e;
	int ret;

	ret = object_request(ctl, obj, verb, &req, argc, argv);
	if (ret)
		return ret;

	fields_parse(&schema, req.nlh, tb);
	ports.columns = FIELD_OWN << field_u32(tb[NATGW_A_PORTS_BY]);
	if (ctl->json && ports.columns == BY_HOST)
		ports.columns |= BY_VNET;
	else if (ctl->json)
		ports.columns |= ports.columns == BY_DESTINATION ? BY_NEAR | BY_MOST : BY_NEAR;
	out_begin(&ports.out, ctl->json, ctl->pretty, obj->layout);
	ret = nl_dump(&ctl->nl, &req, NL_DUMP_STREAM, ports_answer, &ports, &e);
	out_end(&ports.out);
	if (ret >= 0 && !ports.out.rows && !ctl->json)
		puts("no port is in use");
	return list_end(ctl, obj, &req, ret, &e);
}

static const struct verb verbs[] = {
	{
		.word = "show",
		.flags = VERB_FILTER,
		.cmd = NATGW_CMD_PORTS_GET,
		.run = ports_show,
		.about = "list them, the fullest first",
	},
};

const struct object ports_object = {
	.word = "ports",
	.about = "ports in use, by public address, destination or host",
	.schema = &schema,
	.verbs = verbs,
	.n_verbs = ARRAY_SIZE(verbs),
	.layout = OUT_TABLE,
};
