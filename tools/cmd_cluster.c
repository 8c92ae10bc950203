// SPDX-License-Identifier: GPL-2.0
/* Clusters: outbound types, and what a move to another one would do. */
#include <stdarg.h>
#include <string.h>

#include "batch.h"
#include "cluster.h"
#include "item.h"
#include "object.h"

/** PLAN_TEXT - longest line of a plan */
#define PLAN_TEXT	1024

/* Keys of the answer of a plan, in JSON */
#define OF_PLAN		FIELD_OWN

/* Keywords of del */
#define OF_DEL		(FIELD_OWN << 1)

static const char *const outbound_words[] = {
	[NATGW_OUTBOUND_TYPE_LOAD_BALANCER] = "loadBalancer",
	[NATGW_OUTBOUND_TYPE_MANAGED_NAT_GATEWAY] = "managedNATGateway",
	[NATGW_OUTBOUND_TYPE_USER_ASSIGNED_NAT_GATEWAY] = "userAssignedNATGateway",
	[NATGW_OUTBOUND_TYPE_USER_DEFINED_ROUTING] = "userDefinedRouting",
	[NATGW_OUTBOUND_TYPE_NONE] = "none",
	[NATGW_OUTBOUND_TYPE_BLOCK] = "block",
	NULL
};

static const char *const vnet_mode_words[] = {
	[NATGW_VNET_MODE_MANAGED] = "managed",
	[NATGW_VNET_MODE_BYO] = "byo",
	NULL
};

static const char *const matrix_words[] = {
	[NATGW_MATRIX_2024] = "2024",
	[NATGW_MATRIX_2026_08] = "2026-08",
	NULL
};

static const char *const allowed_words[] = {
	[NATGW_SWITCH_OFF] = "refused",
	[NATGW_SWITCH_ON] = "allowed",
	NULL
};

static const struct field plan_fields[] = {
	{
		.word = "outbound-type",
		.type = FIELD_WORD,
		.flags = FIELD_SHOW,
		.attr = NATGW_A_PLAN_OUTBOUND_TYPE,
		.words = outbound_words,
	}, {
		.word = "allowed",
		.type = FIELD_WORD,
		.flags = FIELD_SHOW,
		.attr = NATGW_A_PLAN_ALLOWED,
		.words = switch_words,
	}, {
		.word = "reason",
		.type = FIELD_REF,
		.flags = FIELD_SHOW,
		.attr = NATGW_A_PLAN_REASON,
	},
};

static const struct schema plan_schema = {
	.noun = "plan",
	.fields = plan_fields,
	.n_fields = ARRAY_SIZE(plan_fields),
	.max = NATGW_A_PLAN_MAX,
};

static_assert(NATGW_A_PLAN_MAX < FIELDS_ATTRS, "an attribute does not fit");

static const struct field fields[] = {
	{
		.word = "name",
		.type = FIELD_NAME,
		.flags = FIELD_KEY,
		.attr = NATGW_A_CLUSTER_NAME,
	}, {
		.word = "outbound-type",
		.type = FIELD_WORD,
		.flags = FIELD_SET | FIELD_SHOW | FIELD_LEAD,
		.attr = NATGW_A_CLUSTER_OUTBOUND_TYPE,
		.words = outbound_words,
		.value = "TYPE",
		.about = "where it gets out, the first unless said otherwise:",
	}, {
		.word = "vnet-mode",
		.type = FIELD_WORD,
		.flags = FIELD_SET | FIELD_SHOW | FIELD_FIXED,
		.attr = NATGW_A_CLUSTER_VNET_MODE,
		.words = vnet_mode_words,
		.about = "byo: subnets that are there (default with subnet)",
	}, {
		.word = "matrix",
		.type = FIELD_WORD,
		.flags = FIELD_SET | FIELD_SHOW,
		.attr = NATGW_A_CLUSTER_MATRIX,
		.words = matrix_words,
		.about = "which moves between types are allowed, by date",
	}, {
		.word = "sessions",
		.type = FIELD_NUMBER,
		.flags = FIELD_SHOW | OF_PLAN,
		.attr = NATGW_A_CLUSTER_SESSIONS,
	}, {
		.word = "prefix",
		.type = FIELD_CIDR,
		.flags = FIELD_SET | FIELD_SHOW | FIELD_LINE | FIELD_RARE | FIELD_FIXED,
		.attr = NATGW_A_CLUSTER_PREFIX,
		.value = "IP/LENGTH",
		.about = "addresses of a managed network, 10.224.0.0/16",
	}, {
		.word = "dev",
		.type = FIELD_REF,
		.flags = FIELD_SET | FIELD_SHOW | FIELD_REPEAT | FIELD_RARE | FIELD_FIXED,
		.attr = NATGW_A_CLUSTER_DEV,
		.value = "DEV,...",
		.about = "its interfaces (default: those with an address in prefix)",
	}, {
		.word = "subnet",
		.type = FIELD_NAME,
		.flags = FIELD_SET | FIELD_SHOW | FIELD_REPEAT | FIELD_LINE,
		.attr = NATGW_A_CLUSTER_SUBNET,
		.value = "NAME,...",
		.about = "subnets that it uses",
	}, {
		.word = "gateway",
		.type = FIELD_NAME,
		.flags = FIELD_SET | FIELD_SHOW | FIELD_RARE | FIELD_LED,
		.attr = NATGW_A_CLUSTER_GATEWAY,
		.about = "with userAssignedNATGateway: yours",
	}, {
		.word = "node-count",
		.type = FIELD_NUMBER,
		.flags = FIELD_SET | FIELD_SHOW | FIELD_LINE,
		.attr = NATGW_A_CLUSTER_NODE_COUNT,
		.off = "auto",
		.about = "hosts to reserve ports for; auto: as they come",
	}, {
		.word = "node-nat",
		.type = FIELD_WORD,
		.flags = FIELD_SET | FIELD_SHOW,
		.attr = NATGW_A_CLUSTER_NODE_NAT,
		.words = switch_words,
		.initial = "on",
		.about = "nodes translate their pods (OutboundNAT); a record",
	}, {
		.word = "idle-timeout",
		.type = FIELD_TIME,
		.flags = FIELD_SET | FIELD_SHOW | FIELD_RARE | FIELD_MINUTES | FIELD_LED,
		.attr = NATGW_A_CLUSTER_IDLE_TIMEOUT,
		.about = "established TCP (30m, managedNATGateway 4m)",
	}, {
		.word = "managed-outbound-ip-count",
		.type = FIELD_NUMBER,
		.flags = FIELD_SET | FIELD_SHOW | FIELD_RARE | FIELD_LED,
		.attr = NATGW_A_CLUSTER_MANAGED_OUTBOUND_IP_COUNT,
		.about = "addresses from the managed pool (1)",
	}, {
		.word = "ports-per-host",
		.type = FIELD_NUMBER,
		.flags = FIELD_SET | FIELD_SHOW | FIELD_RARE | FIELD_LED,
		.attr = NATGW_A_CLUSTER_PORTS_PER_HOST,
		.off = "auto",
		.about = "with loadBalancer: block of a host; auto: by the number of hosts",
	}, {
		.word = "outbound-ips",
		.type = FIELD_CIDR_HOST,
		.flags = FIELD_SET | FIELD_SHOW | FIELD_REPEAT | FIELD_LINE | FIELD_RARE |
			 FIELD_LED,
		.attr = NATGW_A_CLUSTER_OUTBOUND_IPS,
		.value = "IP,...",
		.about = "your addresses, instead of managed ones",
	}, {
		.word = "outbound-ip-prefixes",
		.type = FIELD_CIDR,
		.flags = FIELD_SET | FIELD_SHOW | FIELD_REPEAT | FIELD_LINE | FIELD_RARE |
			 FIELD_LED,
		.attr = NATGW_A_CLUSTER_OUTBOUND_IP_PREFIXES,
		.about = "your public IP prefixes, instead of managed addresses",
	}, {
		.word = "authorized-ip-ranges",
		.type = FIELD_CIDR_HOST,
		.flags = FIELD_SET | FIELD_SHOW | FIELD_REPEAT | FIELD_LINE | FIELD_RARE,
		.attr = NATGW_A_CLUSTER_AUTHORIZED_IP_RANGES,
		.off = "none",
		.about = "what its API server admits; a move warns of addresses outside",
	}, {
		.word = "drain",
		.type = FIELD_TIME,
		.flags = FIELD_SET | FIELD_MINUTES | FIELD_ACT | OF_DEL,
		.attr = NATGW_A_CLUSTER_DRAIN,
		.about = "sessions of what set or del leaves end after TIME",
	}, {
		.word = "plan",
		.type = FIELD_NEST,
		.flags = OF_PLAN | FIELD_REPEAT,
		.attr = NATGW_A_CLUSTER_PLAN,
		.nest = &plan_schema,
	}, {
		.word = "address",
		.type = FIELD_CIDR_HOST,
		.flags = FIELD_SHOW | OF_PLAN | FIELD_REPEAT | FIELD_LINE,
		.attr = NATGW_A_CLUSTER_ADDRESS,
	}, {
		.word = "address-after",
		.type = FIELD_CIDR_HOST,
		.flags = OF_PLAN | FIELD_REPEAT,
		.attr = NATGW_A_CLUSTER_ADDRESS_AFTER,
	}, {
		.word = "retired-address",
		.type = FIELD_CIDR_HOST,
		.flags = FIELD_SHOW | FIELD_REPEAT | FIELD_LINE | FIELD_RARE,
		.attr = NATGW_A_CLUSTER_RETIRED_ADDRESS,
	}, {
		.word = "unauthorized",
		.type = FIELD_CIDR_HOST,
		.flags = FIELD_SHOW | OF_PLAN | FIELD_REPEAT | FIELD_LINE | FIELD_RARE,
		.attr = NATGW_A_CLUSTER_UNAUTHORIZED,
	}, {
		.word = "differs",
		.type = FIELD_REF,
		.flags = FIELD_SHOW | FIELD_REPEAT | FIELD_LINE | FIELD_RARE,
		.attr = NATGW_A_CLUSTER_DIFFERS,
	},
};

static const struct schema schema = {
	.noun = "cluster",
	.fields = fields,
	.n_fields = ARRAY_SIZE(fields),
	.max = NATGW_A_CLUSTER_MAX,
};

static_assert(NATGW_A_CLUSTER_MAX < FIELDS_ATTRS, "an attribute does not fit");

static bool is_type(const struct item *it, uint32_t type)
{
	const char *word = item_word(it, "outbound-type");

	return !strcmp(word ? word : outbound_words[0], outbound_words[type]);
}

/* Defaults that depend on the outbound type; the interfaces are found when it is made */
static bool cluster_initial(const struct item *it, const struct field *f, const char **value)
{
	bool lb = is_type(it, NATGW_OUTBOUND_TYPE_LOAD_BALANCER);
	bool managed = is_type(it, NATGW_OUTBOUND_TYPE_MANAGED_NAT_GATEWAY);

	*value = NULL;
	switch (f->attr) {
	case NATGW_A_CLUSTER_VNET_MODE:
		*value = vnet_mode_words[item_word(it, "subnet") ? NATGW_VNET_MODE_BYO :
								   NATGW_VNET_MODE_MANAGED];
		return true;
	case NATGW_A_CLUSTER_IDLE_TIMEOUT:
		*value = lb ? "30m" : managed ? "4m" : NULL;
		return true;
	case NATGW_A_CLUSTER_MANAGED_OUTBOUND_IP_COUNT:
		if ((lb || managed) && !item_word(it, "outbound-ips") &&
		    !item_word(it, "outbound-ip-prefixes"))
			*value = "1";
		return true;
	case NATGW_A_CLUSTER_PORTS_PER_HOST:
		*value = lb ? f->off : NULL;
		return true;
	case NATGW_A_CLUSTER_DEV:
		return true;
	default:
		return false;
	}
}

/* Subnet and gateway that the cluster made follow from its outbound type */
static void cluster_tidy(struct item *it)
{
	const char *mode = item_word(it, "vnet-mode");

	if (mode && !strcmp(mode, vnet_mode_words[NATGW_VNET_MODE_MANAGED]))
		item_drop(it, "subnet");
	if (!is_type(it, NATGW_OUTBOUND_TYPE_USER_ASSIGNED_NAT_GATEWAY))
		item_drop(it, "gateway");
}

/* All values of a list; what does not fit is counted */
static const char *list_text(char buf[PLAN_TEXT], uint16_t attr, const char *between, bool host,
			     const struct nlattr *const *tb)
{
	const struct nlattr *a;
	unsigned int more = 0;
	char one[ADDR_TEXT];
	size_t n = 0;

	buf[0] = 0;
	for (a = tb[attr]; a; a = field_next(a, tb)) {
		if (n > PLAN_TEXT / 2)
			more++;
		else
			n += snprintf(buf + n, PLAN_TEXT - n, "%s%s", n ? between : "",
				      field_cidr(one, a, host));
	}
	if (more)
		snprintf(buf + n, PLAN_TEXT - n, " and %u more", more);
	return n ? buf : "no address of its own";
}

/* Egress addresses that the API server does not admit, each with what to append */
static void unauthorized_warn(const struct ctl *ctl, const char *tense,
			      const struct nlattr *const *tb)
{
	const char *name = field_string(tb[NATGW_A_CLUSTER_NAME]);
	char host[ADDR_TEXT], full[ADDR_TEXT];
	const struct nlattr *a;

	for (a = tb[NATGW_A_CLUSTER_UNAUTHORIZED]; a; a = field_next(a, tb)) {
		field_cidr(host, a, true);
		field_cidr(full, a, false);
		warn(ctl, "authorized-ip-ranges", full,
		     "cluster %s %s %s, which authorized-ip-ranges does not admit; append %s",
		     name ? name : "", tense, host, full);
	}
}

static bool warn_answer(const struct nlmsghdr *nlh, void *data)
{
	const struct nlattr *tb[FIELDS_ATTRS];

	if (!fields_parse(&schema, nlh, tb))
		return false;
	unauthorized_warn(data, "leaves by", tb);
	return true;
}

/**
 * cluster_warn - after a change, warn of egress addresses that are not admitted
 * @ctl:	run
 * @name:	cluster, or NULL for all
 *
 * Nothing is said if the kernel does not tell: the change itself was done.
 */
void cluster_warn(struct ctl *ctl, const char *name)
{
	struct request req;
	struct nl_error e;

	request_init(&req, NATGW_CMD_CLUSTER_GET);
	if (!name) {
		nl_dump(&ctl->nl, &req, NL_DUMP_WHOLE, warn_answer, ctl, &e);
		return;
	}
	request_string(&req, NATGW_A_CLUSTER_NAME, name);
	nl_request(&ctl->nl, &req, warn_answer, ctl, &e);
}

static int cluster_change(struct ctl *ctl, const struct object *obj, const struct verb *verb,
			  int argc, char **argv)
{
	int ret = object_change(ctl, obj, verb, argc, argv);

	/* What a batch staged does not show before it is committed */
	if (!ret && ctl->batch)
		ctl->batch->clusters = true;
	else if (!ret)
		cluster_warn(ctl, argv[0]);
	return ret;
}

/**
 * struct plan - an answer on its way to the output
 * @ctl:	run
 * @typed:	an outbound type was asked for
 * @now:	its outbound type, or NULL
 * @drains:	the request has a drain
 * @drain:	that one, seconds
 */
struct plan {
	struct ctl *ctl;
	bool typed;
	const char *now;
	bool drains;
	uint32_t drain;
};

__printf(2, 3)
static void say(struct out *o, const char *fmt, ...)
{
	char text[2 * PLAN_TEXT];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	out_note(o, text);
}

static const char *type_text(const struct nlattr *type)
{
	uint32_t n = field_u32(type);

	return type && n <= NATGW_OUTBOUND_TYPE_BLOCK ? outbound_words[n] : NULL;
}

/* All types, each allowed, or refused and why */
static void plan_types(struct out *o, const struct plan *plan, const struct nlattr *const *tb)
{
	const struct nlattr *attr, *p[FIELDS_ATTRS];
	uint32_t allowed;
	const char *type;

	out_array(o, "plan");
	for (attr = tb[NATGW_A_CLUSTER_PLAN]; attr; attr = field_next(attr, tb)) {
		nest_parse(&plan_schema, attr, p);
		type = type_text(p[NATGW_A_PLAN_OUTBOUND_TYPE]);
		allowed = field_u32(p[NATGW_A_PLAN_ALLOWED]);
		out_item(o);
		out_word(o, "outbound-type", type);
		if (type && plan->now && !strcmp(type, plan->now))
			out_word(o, "plan", "now");
		else
			out_word(o, "plan", allowed_words[!!allowed]);
		out_word(o, "reason", field_string(p[NATGW_A_PLAN_REASON]));
		out_item_end(o);
	}
	out_array_end(o);
}

/* One type: what would become of addresses and sessions */
static void plan_move(struct out *o, const struct plan *plan, const struct nlattr *const *tb)
{
	uint32_t sessions = field_u32(tb[NATGW_A_CLUSTER_SESSIONS]);
	char text[PLAN_TEXT], time[TIME_TEXT];
	const struct nlattr *p[FIELDS_ATTRS];
	const char *type;

	nest_parse(&plan_schema, tb[NATGW_A_CLUSTER_PLAN], p);
	type = type_text(p[NATGW_A_PLAN_OUTBOUND_TYPE]);
	say(o, "%s%sto %s: allowed", plan->now ? plan->now : "", plan->now ? " " : "",
	    type ? type : "a type that this natgwctl does not know");
	say(o, "leaves by %s", list_text(text, NATGW_A_CLUSTER_ADDRESS, " ", true, tb));
	say(o, "would leave by %s", list_text(text, NATGW_A_CLUSTER_ADDRESS_AFTER, " ", true, tb));
	if (!sessions)
		say(o, "no session is affected");
	else if (plan->drains && !plan->drain)
		say(o, "%u session%s would be ended at once", sessions, sessions == 1 ? "" : "s");
	else if (plan->drains)
		say(o, "%u session%s would go on as before for %s at most", sessions,
		    sessions == 1 ? "" : "s", time_text(time, plan->drain));
	else
		say(o, "%u session%s would go on as before until the end", sessions,
		    sessions == 1 ? "" : "s");
	if (tb[NATGW_A_CLUSTER_UNAUTHORIZED])
		say(o, "append to authorized-ip-ranges: %s",
		    list_text(text, NATGW_A_CLUSTER_UNAUTHORIZED, ",", false, tb));
}

static bool plan_answer(const struct nlmsghdr *nlh, void *data)
{
	const struct nlattr *tb[FIELDS_ATTRS];
	struct plan *plan = data;
	const char *name;
	struct out out;

	if (!fields_parse(&schema, nlh, tb) || !tb[NATGW_A_CLUSTER_PLAN])
		return false;
	name = field_string(tb[NATGW_A_CLUSTER_NAME]);
	out_begin(&out, plan->ctl->json, plan->ctl->pretty, OUT_BLOCK);
	out_row(&out);
	out_title(&out, cluster_object.word, "name", name ? name : "");
	if (out.json)
		fields_show(&out, &schema, OF_PLAN, tb);
	else if (plan->typed)
		plan_move(&out, plan, tb);
	else
		plan_types(&out, plan, tb);
	out_row_end(&out);
	out_end(&out);
	fflush(stdout);
	unauthorized_warn(plan->ctl, "would leave by", tb);
	return true;
}

static bool now_answer(const struct nlmsghdr *nlh, void *data)
{
	const struct nlattr *tb[FIELDS_ATTRS];
	struct plan *plan = data;

	if (!fields_parse(&schema, nlh, tb))
		return false;
	plan->now = type_text(tb[NATGW_A_CLUSTER_OUTBOUND_TYPE]);
	return true;
}

static int cluster_plan(struct ctl *ctl, const struct object *obj, const struct verb *verb,
			int argc, char **argv)
{
	const struct nlattr *tb[FIELDS_ATTRS];
	struct plan plan = { .ctl = ctl };
	struct request req, get;
	struct nl_error e;
	int ret;

	ret = object_request(ctl, obj, verb, &req, argc, argv);
	if (ret)
		return ret;
	fields_parse(&schema, req.nlh, tb);
	plan.typed = tb[NATGW_A_CLUSTER_OUTBOUND_TYPE];
	plan.drains = tb[NATGW_A_CLUSTER_DRAIN];
	plan.drain = field_u32(tb[NATGW_A_CLUSTER_DRAIN]);
	request_init(&get, NATGW_CMD_CLUSTER_GET);
	request_string(&get, NATGW_A_CLUSTER_NAME, argv[0]);
	nl_request(&ctl->nl, &get, now_answer, &plan, &e);
	if (nl_request(&ctl->nl, &req, plan_answer, &plan, &e))
		return kernel_error(ctl, obj, &req, &e);
	warn_kernel(ctl, &e);
	return 0;
}

static const struct verb verbs[] = {
	{
		.word = "add",
		.flags = VERB_NAME | VERB_KEYS | VERB_BATCH,
		.cmd = NATGW_CMD_CLUSTER_NEW,
		.run = cluster_change,
		.about = "make one, with what its outbound type takes; prefix or subnet is needed",
	}, {
		.word = "set",
		.flags = VERB_NAME | VERB_KEYS | VERB_BATCH,
		.cmd = NATGW_CMD_CLUSTER_SET,
		.run = cluster_change,
		.about = "change it; another outbound-type is a move, running sessions stay",
	}, {
		.word = "plan",
		.flags = VERB_NAME | VERB_KEYS,
		.cmd = NATGW_CMD_CLUSTER_PLAN,
		.run = cluster_plan,
		.about = "which moves are allowed; with outbound-type: what set would do",
	}, {
		.word = "del",
		.flags = VERB_NAME | VERB_KEYS | VERB_BATCH,
		.cmd = NATGW_CMD_CLUSTER_DEL,
		.keys = OF_DEL,
		.run = object_change,
		.about = "forget it, and what it made with the last session there",
	}, {
		.word = "show",
		.flags = VERB_NAME_OPT,
		.cmd = NATGW_CMD_CLUSTER_GET,
		.run = object_show,
		.about = "describe one or all",
	},
};

const struct object cluster_object = {
	.word = "cluster",
	.about = "outbound types: how groups of hosts get out",
	.schema = &schema,
	.verbs = verbs,
	.n_verbs = ARRAY_SIZE(verbs),
	.layout = OUT_BLOCK,
	.rank = 9,
	.initial = cluster_initial,
	.tidy = cluster_tidy,
};
