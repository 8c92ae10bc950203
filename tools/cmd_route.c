// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <string.h>

#include "key.h"
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

/**
 * struct routes - effective routes on their way to the output
 * @ctl:	run
 * @obj:	route_object
 * @out:	output
 * @begun:	@out is: nothing is printed where the kernel refuses
 */
struct routes {
	struct ctl *ctl;
	const struct object *obj;
	struct out out;
	bool begun;
};

static void routes_begin(struct routes *routes)
{
	if (!routes->begun)
		out_begin(&routes->out, routes->ctl->json, routes->ctl->pretty,
			  routes->obj->layout);
	routes->begun = true;
}

static bool effective_answer(const struct nlmsghdr *nlh, void *data)
{
	struct routes *routes = data;

	routes_begin(routes);
	return route_answer(nlh, &routes->out);
}

/**
 * struct wanted - the routes to one destination on their way to the output
 * @routes:	output
 * @tb:		the destination as it was typed, as attributes
 */
struct wanted {
	struct routes routes;
	const struct nlattr *tb[FIELDS_ATTRS];
};

static bool is_same(const struct nlattr *a, const struct nlattr *b)
{
	size_t n = a ? mnl_attr_get_payload_len(a) : 0;

	return !a == !b && (!a || (mnl_attr_get_payload_len(b) == n &&
				   !memcmp(mnl_attr_get_payload(a), mnl_attr_get_payload(b), n)));
}

static bool wanted_answer(const struct nlmsghdr *nlh, void *data)
{
	struct wanted *wanted = data;
	struct routes *routes = &wanted->routes;
	const struct nlattr *tb[FIELDS_ATTRS];

	if (!fields_parse(&schema, nlh, tb))
		return false;
	if (!is_same(tb[NATGW_A_ROUTE_TAG], wanted->tb[NATGW_A_ROUTE_TAG]) ||
	    !is_same(tb[NATGW_A_ROUTE_PREFIX], wanted->tb[NATGW_A_ROUTE_PREFIX]) ||
	    !is_same(tb[NATGW_A_ROUTE_PREFIX_LENGTH], wanted->tb[NATGW_A_ROUTE_PREFIX_LENGTH]))
		return true;
	routes_begin(routes);
	out_row(&routes->out);
	object_print(routes->ctl, &routes->out, routes->obj, tb);
	out_row_end(&routes->out);
	return true;
}

/* No answer has the destination: as the kernel says it of what does not exist */
static int route_missing(struct ctl *ctl, const struct object *obj, struct request *req,
			 const char *name)
{
	struct nl_error e = { .err = ENOENT, .attr = NATGW_A_ROUTE_PREFIX };
	const struct nlattr *tb[FIELDS_ATTRS];
	const char *table;

	fields_parse(&schema, req->nlh, tb);
	table = field_string(tb[NATGW_A_ROUTE_ROUTE_TABLE]);
	if (table)
		snprintf(e.text, sizeof(e.text), "route table %s has no route to %s", table, name);
	else
		snprintf(e.text, sizeof(e.text), "no route table has a route to %s", name);
	return kernel_error(ctl, obj, req, &e);
}

/* "show DESTINATION" is of one route in each table, or with a table of one route */
static int route_show(struct ctl *ctl, const struct object *obj, const struct verb *verb, int argc,
		      char **argv)
{
	struct wanted wanted = { .routes = { .ctl = ctl, .obj = obj } };
	struct request req, destination;
	struct nl_error e;
	int ret;

	if (!verb_one(verb, argc))
		return object_show(ctl, obj, verb, argc, argv);
	request_init(&destination, verb->cmd);
	ret = object_name(ctl, obj, &destination, argv[0]);
	if (!ret)
		ret = object_request(ctl, obj, verb, &req, argc - 1, argv + 1);
	if (ret)
		return ret;
	fields_parse(&schema, destination.nlh, wanted.tb);
	ret = nl_dump(&ctl->nl, &req, NL_DUMP_WHOLE, wanted_answer, &wanted, &e);
	if (ret >= 0 && !wanted.routes.begun)
		return route_missing(ctl, obj, &req, argv[0]);
	if (wanted.routes.begun)
		out_end(&wanted.routes.out);
	return list_end(ctl, obj, &req, ret, &e);
}

static int route_effective(struct ctl *ctl, const struct object *obj, const struct verb *verb,
			   int argc, char **argv)
{
	struct routes routes = { .ctl = ctl, .obj = obj };
	struct request req;
	struct nl_error e;
	int ret;

	ctl_command(ctl, obj->word, "show effective", NULL);
	if (!argc)
		return usage_error(ctl, "subnet", "say of which one: subnet NAME");
	ret = object_request(ctl, obj, verb, &req, argc, argv);
	if (ret)
		return ret;
	ret = nl_dump(&ctl->nl, &req, NL_DUMP_WHOLE, effective_answer, &routes, &e);
	if (ret >= 0)
		routes_begin(&routes);
	if (routes.begun)
		out_end(&routes.out);
	return list_end(ctl, obj, &req, ret, &e);
}

/* A route says where to: none is the default */
static bool route_initial(const struct item *it, const struct field *f, const char **value)
{
	(void)it;
	*value = NULL;
	return f->attr == NATGW_A_ROUTE_NEXT_HOP_TYPE;
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
		.flags = VERB_FILTER | VERB_ONE,
		.cmd = NATGW_CMD_ROUTE_GET,
		.sub = &effective,
		.run = route_show,
		.about = "list all routes, or those of a table, or to a destination",
	},
};

const struct object route_object = {
	.word = "route",
	.about = "user routes, and the effective routes of subnets",
	.schema = &schema,
	.verbs = verbs,
	.n_verbs = ARRAY_SIZE(verbs),
	.layout = OUT_TABLE,
	.rank = 4,
	.initial = route_initial,
};
