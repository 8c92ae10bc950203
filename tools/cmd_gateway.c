// SPDX-License-Identifier: GPL-2.0
#include <stdlib.h>
#include <string.h>

#include "attach.h"
#include "counters.h"
#include "item.h"
#include "key.h"
#include "object.h"

static const char *const profile_words[] = {
	[NATGW_PROFILE_AZURE] = "azure",
	[NATGW_PROFILE_RFC6888] = "rfc6888",
	[NATGW_PROFILE_CUSTOM] = "custom",
	NULL
};

static const char *const pooling_words[] = {
	[NATGW_POOLING_RANDOM] = "random",
	[NATGW_POOLING_PAIRED] = "paired",
	[NATGW_POOLING_PAIRED_SOFT] = "paired-soft",
	NULL
};

static const char *const allocation_words[] = {
	[NATGW_ALLOCATION_DYNAMIC] = "dynamic",
	[NATGW_ALLOCATION_PREALLOCATED] = "preallocated",
	[NATGW_ALLOCATION_FLOOR] = "floor",
	NULL
};

static const char *const tier_words[] = {
	[NATGW_TIER_STRICT] = "strict",
	[NATGW_TIER_KEEP] = "keep",
	NULL
};

static const char *const on_idle_words[] = {
	[NATGW_ON_IDLE_RESET_LATE] = "reset-late",
	[NATGW_ON_IDLE_SILENT] = "silent",
	[NATGW_ON_IDLE_RESET_BOTH] = "reset-both",
	NULL
};

static const char *const on_exhaust_words[] = {
	[NATGW_ON_EXHAUST_DROP] = "drop",
	[NATGW_ON_EXHAUST_UNREACHABLE] = "unreachable",
	[NATGW_ON_EXHAUST_RESET] = "reset",
	NULL
};

/** gateway_operational - words of enum natgw_operational */
const char *const gateway_operational[] = {
	[NATGW_OPERATIONAL_YES] = "yes",
	[NATGW_OPERATIONAL_NO_ADDRESS] = "no address",
	[NATGW_OPERATIONAL_NO_SUBNET] = "no subnet",
	[NATGW_OPERATIONAL_FORWARDING_OFF] = "forwarding off",
	[NATGW_OPERATIONAL_NO_ROUTE] = "no route to the Internet",
	NULL
};

#define TIMER(_word, _attr, _flags, _about) {			\
	.word = _word,						\
	.type = FIELD_TIME,					\
	.flags = FIELD_SET | FIELD_SHOW | FIELD_LED | (_flags),	\
	.attr = _attr,						\
	.about = _about,					\
}

static const struct field fields[] = {
	{
		.word = "name",
		.type = FIELD_NAME,
		.flags = FIELD_KEY,
		.attr = NATGW_A_GATEWAY_NAME,
	}, {
		.word = "operational",
		.word2 = "operational-reason",
		.type = FIELD_VERDICT,
		.flags = FIELD_SHOW,
		.attr = NATGW_A_GATEWAY_OPERATIONAL,
		.retired = NATGW_A_GATEWAY_RETIRED,
		.words = gateway_operational,
	}, {
		.word = "address",
		.type = FIELD_EXTRA,
		.flags = FIELD_SET | FIELD_REPEAT,
		.value = "IP[/LENGTH],...",
		.about = "attach these addresses, made if need be",
	}, {
		.word = "profile",
		.type = FIELD_WORD,
		.flags = FIELD_SET | FIELD_SHOW | FIELD_LINE | FIELD_LEAD,
		.attr = NATGW_A_GATEWAY_PROFILE,
		.words = profile_words,
		.about = "defaults and ranges of the times",
	}, {
		.word = "pooling",
		.type = FIELD_WORD,
		.flags = FIELD_SET | FIELD_SHOW | FIELD_LED,
		.attr = NATGW_A_GATEWAY_POOLING,
		.words = pooling_words,
		.about = "address of a new flow; paired: one per host",
	}, {
		.word = "on-idle",
		.type = FIELD_WORD,
		.flags = FIELD_SET | FIELD_SHOW,
		.attr = NATGW_A_GATEWAY_ON_IDLE,
		.words = on_idle_words,
		.about = "what an idle timeout does",
	}, {
		.word = "on-exhaust",
		.type = FIELD_WORD,
		.flags = FIELD_SET | FIELD_SHOW,
		.attr = NATGW_A_GATEWAY_ON_EXHAUST,
		.words = on_exhaust_words,
		.about = "what the sender of a refused flow gets",
	}, {
		.word = "destination-limit",
		.type = FIELD_NUMBER,
		.flags = FIELD_SET | FIELD_SHOW,
		.attr = NATGW_A_GATEWAY_DESTINATION_LIMIT,
		.off = "off",
		.about = "most ports of an address to one destination",
	}, {
		.word = "host-limit",
		.type = FIELD_NUMBER,
		.flags = FIELD_SET | FIELD_SHOW,
		.attr = NATGW_A_GATEWAY_HOST_LIMIT,
		.off = "off",
		.about = "most sessions of one host",
	}, {
		.word = "warn-used",
		.type = FIELD_PERCENT,
		.flags = FIELD_SET | FIELD_SHOW,
		.attr = NATGW_A_GATEWAY_WARN_USED,
		.off = "off",
		.initial = "80%",
		.about = "ports of a destination in use at which to warn of exhaustion",
	}, {
		.word = "track",
		.type = FIELD_WORD,
		.flags = FIELD_SET | FIELD_SHOW,
		.attr = NATGW_A_GATEWAY_TRACK,
		.words = switch_words,
		.initial = "on",
		.about = "conntrack sees the flows; off: faster",
	}, {
		.word = "offload",
		.type = FIELD_WORD,
		.flags = FIELD_SET | FIELD_SHOW,
		.attr = NATGW_A_GATEWAY_OFFLOAD,
		.words = switch_words,
		.about = "established flows pass netfilter's rules by; needs track off",
	}, {
		.word = "zone",
		.type = FIELD_NUMBER,
		.flags = FIELD_SET | FIELD_SHOW,
		.attr = NATGW_A_GATEWAY_ZONE,
		.off = "none",
		.about = "availability zone, that of its addresses",
	}, {
		.word = "allocation",
		.type = FIELD_WORD,
		.flags = FIELD_SET | FIELD_SHOW | FIELD_LINE,
		.attr = NATGW_A_GATEWAY_ALLOCATION,
		.words = allocation_words,
		.about = "how ports are given out; preallocated: a block per host",
	}, {
		.word = "ports-per-host",
		.type = FIELD_NUMBER,
		.flags = FIELD_SET | FIELD_SHOW,
		.attr = NATGW_A_GATEWAY_PORTS_PER_HOST,
		.off = "auto",
		.about = "block of a host; auto: by the number of hosts",
	}, {
		.word = "hosts",
		.type = FIELD_NUMBER,
		.flags = FIELD_SET | FIELD_SHOW,
		.attr = NATGW_A_GATEWAY_HOSTS,
		.off = "auto",
		.about = "hosts to reserve blocks for; auto: as they come",
	}, {
		.word = "tier",
		.type = FIELD_WORD,
		.flags = FIELD_SET | FIELD_SHOW,
		.attr = NATGW_A_GATEWAY_TIER,
		.words = tier_words,
		.about = "more hosts, smaller blocks: cut flows, or keep them",
	}, {
		.word = "block",
		.type = FIELD_NUMBER,
		.flags = FIELD_JSON,
		.attr = NATGW_A_GATEWAY_BLOCK,
	}, {
		.word = "known-hosts",
		.type = FIELD_NUMBER,
		.flags = FIELD_JSON,
		.attr = NATGW_A_GATEWAY_KNOWN_HOSTS,
	},
	TIMER("idle-timeout", NATGW_A_GATEWAY_IDLE_TIMEOUT, FIELD_LINE | FIELD_MINUTES,
	      "established TCP"),
	TIMER("udp-timeout", NATGW_A_GATEWAY_UDP_TIMEOUT, FIELD_MINUTES, "UDP"),
	TIMER("icmp-timeout", NATGW_A_GATEWAY_ICMP_TIMEOUT, 0, "ICMP echo"),
	TIMER("half-open-timeout", NATGW_A_GATEWAY_HALF_OPEN_TIMEOUT, 0,
	      "TCP until it is answered"),
	TIMER("closing-timeout", NATGW_A_GATEWAY_CLOSING_TIMEOUT, 0,
	      "TCP after the first FIN"),
	TIMER("cooldown-fin", NATGW_A_GATEWAY_COOLDOWN_FIN, FIELD_LINE,
	      "port rests for this destination after FIN"),
	TIMER("cooldown-rst", NATGW_A_GATEWAY_COOLDOWN_RST, 0, "the same after RST"),
	TIMER("cooldown-half-open", NATGW_A_GATEWAY_COOLDOWN_HALF_OPEN, 0,
	      "the same after an unanswered SYN"),
	TIMER("cooldown-udp", NATGW_A_GATEWAY_COOLDOWN_UDP, 0,
	      "the same after UDP and ICMP"),
	{
		.word = "addresses",
		.type = FIELD_NUMBER,
		.flags = FIELD_SHOW | FIELD_LINE,
		.attr = NATGW_A_GATEWAY_ADDRESSES,
	}, {
		.word = "subnets",
		.type = FIELD_NUMBER,
		.flags = FIELD_SHOW,
		.attr = NATGW_A_GATEWAY_SUBNETS,
	}, {
		.word = "sessions",
		.type = FIELD_NUMBER,
		.flags = FIELD_SHOW,
		.attr = NATGW_A_GATEWAY_SESSIONS,
	}, {
		.word = "drain",
		.type = FIELD_TIME,
		.flags = FIELD_SET | FIELD_JSON | FIELD_MINUTES | FIELD_ACT,
		.attr = NATGW_A_GATEWAY_DRAIN,
		.off = "off",
		.about = "no new flows; its sessions end after TIME",
	}, {
		.word = "drain-oldest",
		.type = FIELD_TIME,
		.flags = FIELD_JSON,
		.attr = NATGW_A_GATEWAY_DRAIN_OLDEST,
	}, {
		.word = "owner",
		.type = FIELD_NAME,
		.flags = FIELD_SHOW | FIELD_RARE,
		.attr = NATGW_A_GATEWAY_OWNER,
	}, {
		.word = "retired",
		.type = FIELD_WORD,
		.flags = FIELD_JSON,
		.attr = NATGW_A_GATEWAY_RETIRED,
		.words = switch_words,
	}, {
		.word = "counters",
		.type = FIELD_NEST,
		.flags = FIELD_COUNT,
		.attr = NATGW_A_GATEWAY_COUNTERS,
		.nest = &counters_schema,
	}, {
		.word = "by-proto",
		.type = FIELD_NEST,
		.flags = FIELD_COUNT,
		.attr = NATGW_A_GATEWAY_BY_PROTO,
		.nest = &by_proto_schema,
	}, {
		.word = "refused",
		.type = FIELD_NEST,
		.flags = FIELD_COUNT,
		.attr = NATGW_A_GATEWAY_REFUSED,
		.nest = &refused_schema,
	},
};

static const struct schema schema = {
	.noun = "gateway",
	.fields = fields,
	.n_fields = ARRAY_SIZE(fields),
	.max = NATGW_A_GATEWAY_MAX,
};

static_assert(NATGW_A_GATEWAY_MAX < FIELDS_ATTRS, "an attribute does not fit");

/*
 * What a profile sets: the module's natgw_profiles[]. A value that is another one there would
 * be exported, and set by each apply; export.sh shows that none is.
 */
static const struct {
	uint16_t attr;
	const char *value[ARRAY_SIZE(profile_words) - 1];
} led[] = {
	{ NATGW_A_GATEWAY_POOLING, { "random", "paired", "random" } },
	{ NATGW_A_GATEWAY_IDLE_TIMEOUT, { "4m", "2h4m", "4m" } },
	{ NATGW_A_GATEWAY_UDP_TIMEOUT, { "4m", "5m", "4m" } },
	{ NATGW_A_GATEWAY_ICMP_TIMEOUT, { "1m", "1m", "1m" } },
	{ NATGW_A_GATEWAY_HALF_OPEN_TIMEOUT, { "30s", "4m", "30s" } },
	{ NATGW_A_GATEWAY_CLOSING_TIMEOUT, { "4m", "4m", "4m" } },
	{ NATGW_A_GATEWAY_COOLDOWN_FIN, { "1m5s", "2m", "1m5s" } },
	{ NATGW_A_GATEWAY_COOLDOWN_RST, { "16s", "2m", "16s" } },
	{ NATGW_A_GATEWAY_COOLDOWN_HALF_OPEN, { "30s", "2m", "30s" } },
	{ NATGW_A_GATEWAY_COOLDOWN_UDP, { "1m5s", "2m", "1m5s" } },
};

static bool gateway_initial(const struct item *it, const struct field *f, const char **value)
{
	struct words profiles = word_array(profile_words);
	const char *profile;
	unsigned int i;

	if (!(f->flags & FIELD_LED))
		return false;
	profile = item_word(it, "profile");
	for (i = 0; i < ARRAY_SIZE(led); i++)
		if (led[i].attr == f->attr) {
			*value = led[i].value[profile ? word_find(&profiles, profile) : 0];
			return true;
		}
	return false;
}

/**
 * struct member - an address or subnet with the gateway that it names
 * @gateway:	name
 * @ipv6:	of a subnet, enum natgw_ipv6
 * @text:	address, or name
 */
struct member {
	char gateway[NATGW_NAME_MAX + 1];
	uint32_t ipv6;
	char text[ADDR_TEXT];
};

/**
 * struct members - all of one kind
 * @schema:	attribute set of the kind
 * @list:	members
 * @n:		their number
 */
struct members {
	const struct schema *schema;
	struct member *list;
	size_t n;
};

static struct members addresses, subnets;

static const struct field *schema_field(const struct schema *s, const char *word)
{
	const struct field *f;

	for (f = s->fields; strcmp(f->word, word); f++)
		;
	return f;
}

static void member_add(struct members *all, const char *gateway, const struct nlattr *const *tb)
{
	const struct field *f = &all->schema->fields[0];
	struct member *m;

	if (!gateway || !tb[f->attr])
		return;
	m = realloc(all->list, (all->n + 1) * sizeof(*m));
	if (!m)
		abort();
	all->list = m;
	m += all->n++;
	snprintf(m->gateway, sizeof(m->gateway), "%s", gateway);
	m->ipv6 = all->schema == subnet_object.schema ? field_u32(tb[NATGW_A_SUBNET_IPV6]) : 0;
	if (f->type == FIELD_HOST)
		field_addr(m->text, tb[f->attr], tb[f->attr2], true);
	else
		snprintf(m->text, sizeof(m->text), "%s", mnl_attr_get_str(tb[f->attr]));
}

static bool member_answer(const struct nlmsghdr *nlh, void *data)
{
	const struct nlattr *tb[FIELDS_ATTRS];
	struct members *all = data;
	const struct schema *s = all->schema;

	if (!fields_parse(s, nlh, tb))
		return false;
	member_add(all, field_string(tb[schema_field(s, "gateway")->attr]), tb);
	/* Below its gateway a subnet may have the load balancer of its cluster */
	if (s == subnet_object.schema)
		member_add(all, field_string(tb[NATGW_A_SUBNET_LOAD_BALANCER]), tb);
	return true;
}

static int members_get(struct ctl *ctl, const struct object *obj, uint8_t cmd,
		       struct members *all)
{
	struct request req;
	struct nl_error e;

	all->schema = obj->schema;
	request_init(&req, cmd);
	if (nl_dump(&ctl->nl, &req, NL_DUMP_WHOLE, member_answer, all, &e) < 0)
		return kernel_error(ctl, obj, &req, &e);
	return 0;
}

static void members_show(struct out *o, const char *key, const char *name,
			 const struct members *all)
{
	char **list = calloc(all->n + 1, sizeof(*list));
	size_t i, n = 0;

	if (!list)
		abort();
	for (i = 0; i < all->n; i++)
		if (!strcmp(all->list[i].gateway, name))
			list[n++] = all->list[i].text;
	out_line(o);
	out_words(o, key, list, n);
	free(list);
}

/* Where each host has a block */
static void blocks_note(struct out *o, const struct nlattr *const *tb)
{
	uint32_t hosts = field_u32(tb[NATGW_A_GATEWAY_KNOWN_HOSTS]);
	char text[96];

	if (o->json || !field_u32(tb[NATGW_A_GATEWAY_ALLOCATION]) ||
	    !field_u32(tb[NATGW_A_GATEWAY_BLOCK]))
		return;
	snprintf(text, sizeof(text), "a host has %u ports, %u host%s hold%s them",
		 field_u32(tb[NATGW_A_GATEWAY_BLOCK]), hosts, hosts == 1 ? "" : "s",
		 hosts == 1 ? "s" : "");
	out_note(o, text);
}

/* What becomes of IPv6 of the gateway's subnets: each has a key of its own */
static void ipv6_note(struct out *o, const char *name)
{
	const struct member *m, *first = NULL;
	size_t kept = 0, dropped = 0;
	char text[192], more[32] = "";

	for (m = subnets.list; m < subnets.list + subnets.n; m++) {
		if (strcmp(m->gateway, name))
			continue;
		if (m->ipv6 != NATGW_IPV6_DROP)
			kept++;
		else if (!dropped++)
			first = m;
	}
	if (!first) {
		snprintf(text, sizeof(text),
			 "IPv6 of its subnets is not touched (subnet set NAME ipv6 drop refuses it)");
	} else if (!kept) {
		snprintf(text, sizeof(text),
			 "IPv6 of its subnets is dropped (subnet set NAME ipv6 keep lets it pass)");
	} else {
		if (dropped > 1)
			snprintf(more, sizeof(more), " and %zu more", dropped - 1);
		snprintf(text, sizeof(text),
			 "IPv6 of subnet %s%s is dropped, that of its others not touched",
			 first->text, more);
	}
	out_note(o, text);
}

/* Whose rules do not see what this gateway sends on at ingress */
static void offload_note(struct out *o, const struct nlattr *const *tb)
{
	if (field_u32(tb[NATGW_A_GATEWAY_OFFLOAD]))
		out_note(o, "firewall rules from PREROUTING on do not see its established flows");
}

static void gateway_more(struct out *o, const struct nlattr *const *tb)
{
	const char *name = field_string(tb[NATGW_A_GATEWAY_NAME]);

	members_show(o, "address", name ? name : "", &addresses);
	members_show(o, "subnet", name ? name : "", &subnets);
	blocks_note(o, tb);
	offload_note(o, tb);
	/* what a cluster made drains as a whole when the cluster was deleted */
	if (field_u32(tb[NATGW_A_GATEWAY_RETIRED]))
		out_note(o, tb[NATGW_A_GATEWAY_DRAIN] ?
			 "left of its deleted cluster: gone with its last session" :
			 "of a former way out of its cluster: gone with its last session");
	azure_gateway(o, tb);
	ipv6_note(o, name ? name : "");
}

static int gateway_show(struct ctl *ctl, const struct object *obj, const struct verb *verb,
			int argc, char **argv)
{
	int ret;

	ret = ctl_open(ctl);
	if (!ret)
		ret = members_get(ctl, &address_object, NATGW_CMD_ADDRESS_GET, &addresses);
	if (!ret)
		ret = members_get(ctl, &subnet_object, NATGW_CMD_SUBNET_GET, &subnets);
	if (!ret)
		ret = azure_load(ctl);
	if (!ret)
		ret = object_show(ctl, obj, verb, argc, argv);
	azure_free();
	free(addresses.list);
	free(subnets.list);
	return ret;
}

/* add and set, with as many addresses as wanted */
static int gateway_change(struct ctl *ctl, const struct object *obj, const struct verb *verb,
			  int argc, char **argv)
{
	struct extra extra = {};
	struct request req;
	int ret;

	request_init(&req, verb->cmd);
	ret = object_name(ctl, obj, &req, argv[0]);
	if (!ret)
		ret = object_keys(ctl, obj, &req, FIELD_SET, &extra, argc - 1, argv + 1);
	if (!ret && extra.n)
		ret = attach_run(ctl, &req, argv[0], &extra);
	else if (!ret)
		ret = object_send(ctl, obj, &req);
	extra_free(&extra);
	return ret;
}

static const struct verb verbs[] = {
	{
		.word = "add",
		.flags = VERB_NAME | VERB_KEYS | VERB_BATCH,
		.cmd = NATGW_CMD_GATEWAY_NEW,
		.run = gateway_change,
		.about = "make one",
	}, {
		.word = "set",
		.flags = VERB_NAME | VERB_KEYS | VERB_BATCH,
		.cmd = NATGW_CMD_GATEWAY_SET,
		.run = gateway_change,
		.about = "change it; holds at once, for running sessions too",
	}, {
		.word = "del",
		.flags = VERB_NAME | VERB_BATCH,
		.cmd = NATGW_CMD_GATEWAY_DEL,
		.run = object_change,
		.about = "forget it; refused while a subnet is bound to it",
	}, {
		.word = "show",
		.flags = VERB_NAME_OPT,
		.cmd = NATGW_CMD_GATEWAY_GET,
		.run = gateway_show,
		.about = "describe one or all",
	},
};

const struct object gateway_object = {
	.word = "gateway",
	.about = "NAT gateways",
	.schema = &schema,
	.verbs = verbs,
	.n_verbs = ARRAY_SIZE(verbs),
	.layout = OUT_BLOCK,
	.rank = 5,
	.initial = gateway_initial,
	.drain = {
		.sessions = NATGW_A_GATEWAY_SESSIONS,
		.left = NATGW_A_GATEWAY_DRAIN,
		.oldest = NATGW_A_GATEWAY_DRAIN_OLDEST,
	},
	.show_more = gateway_more,
};
