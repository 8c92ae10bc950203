// SPDX-License-Identifier: GPL-2.0
/* What would become of a packet, told by the code that handles packets. */
#include <errno.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <linux/genetlink.h>

#include "key.h"
#include "quota.h"
#include "reason.h"
#include "route.h"

static const char *const method_words[] = {
	[NATGW_METHOD_LOCAL] = "local",
	[NATGW_METHOD_PASS] = "pass",
	[NATGW_METHOD_DIRECT] = "direct",
	[NATGW_METHOD_NAT] = "nat",
	[NATGW_METHOD_APPLIANCE] = "appliance",
	[NATGW_METHOD_VPN] = "vpn",
	[NATGW_METHOD_DROP] = "drop",
	NULL
};

static const char *const obstacle_words[] = {
	[NATGW_OBSTACLE_NONE] = "none",
	[NATGW_OBSTACLE_FORWARDING_OFF] = "forwarding-off",
	[NATGW_OBSTACLE_NO_ROUTE] = "no-route",
	NULL
};

static const struct field fields[] = {
	{
		.word = "src",
		.type = FIELD_ENDPOINT,
		.flags = FIELD_FILTER | FIELD_SHOW,
		.attr = NATGW_A_EXPLAIN_SRC,
		.attr2 = NATGW_A_EXPLAIN_SRC_PORT,
		.word2 = "src-port",
		.about = "private source",
	}, {
		.word = "src-port",
		.type = FIELD_NUMBER,
		.flags = FIELD_FILTER,
		.attr = NATGW_A_EXPLAIN_SRC_PORT,
		.about = "its port, or ICMP id: that flow; without it, a new one",
	}, {
		.word = "dst",
		.type = FIELD_ENDPOINT,
		.flags = FIELD_FILTER | FIELD_SHOW,
		.attr = NATGW_A_EXPLAIN_DST,
		.attr2 = NATGW_A_EXPLAIN_DST_PORT,
		.word2 = "dst-port",
		.about = "destination",
	}, {
		.word = "proto",
		.type = FIELD_PROTO,
		.flags = FIELD_FILTER | FIELD_SHOW,
		.attr = NATGW_A_EXPLAIN_PROTO,
		.about = "IP protocol (default: tcp)",
	}, {
		.word = "vnet",
		.type = FIELD_NAME,
		.flags = FIELD_FILTER | FIELD_SHOW,
		.attr = NATGW_A_EXPLAIN_VNET,
		.about = "of the source, where two have its address",
	}, {
		.word = "subnet",
		.type = FIELD_NAME,
		.flags = FIELD_SHOW,
		.attr = NATGW_A_EXPLAIN_SUBNET,
	}, {
		.word = "route",
		.type = FIELD_NEST,
		.flags = FIELD_SHOW,
		.attr = NATGW_A_EXPLAIN_ROUTE,
		.nest = &effective_schema,
	}, {
		.word = "loser",
		.type = FIELD_NEST,
		.flags = FIELD_SHOW | FIELD_REPEAT,
		.attr = NATGW_A_EXPLAIN_LOSER,
		.nest = &effective_schema,
	}, {
		.word = "method",
		.type = FIELD_WORD,
		.flags = FIELD_SHOW,
		.attr = NATGW_A_EXPLAIN_METHOD,
		.words = method_words,
	}, {
		.word = "reason",
		.type = FIELD_WORD,
		.flags = FIELD_SHOW,
		.attr = NATGW_A_EXPLAIN_REASON,
		.words = reason_words,
	}, {
		.word = "gateway",
		.type = FIELD_NAME,
		.flags = FIELD_SHOW,
		.attr = NATGW_A_EXPLAIN_GATEWAY,
	}, {
		.word = "address",
		.type = FIELD_ADDRESS,
		.flags = FIELD_SHOW | FIELD_REPEAT,
		.attr = NATGW_A_EXPLAIN_ADDRESS,
	}, {
		.word = "free",
		.type = FIELD_NUMBER,
		.flags = FIELD_SHOW,
		.attr = NATGW_A_EXPLAIN_FREE,
	}, {
		.word = "session",
		.type = FIELD_WORD,
		.flags = FIELD_SHOW,
		.attr = NATGW_A_EXPLAIN_SESSION,
		.words = switch_words,
	}, {
		.word = "port",
		.type = FIELD_NUMBER,
		.flags = FIELD_SHOW,
		.attr = NATGW_A_EXPLAIN_PORT,
	}, {
		.word = "next-hop-ip",
		.type = FIELD_ADDRESS,
		.flags = FIELD_SHOW,
		.attr = NATGW_A_EXPLAIN_NEXT_HOP_IP,
	}, {
		.word = "dev",
		.type = FIELD_REF,
		.flags = FIELD_SHOW,
		.attr = NATGW_A_EXPLAIN_DEV,
	}, {
		.word = "obstacle",
		.type = FIELD_WORD,
		.flags = FIELD_SHOW,
		.attr = NATGW_A_EXPLAIN_OBSTACLE,
		.words = obstacle_words,
	},
};

static const struct schema schema = {
	.noun = "explain",
	.fields = fields,
	.n_fields = ARRAY_SIZE(fields),
	.family = NATGW_A_EXPLAIN_FAMILY,
	.max = NATGW_A_EXPLAIN_MAX,
};

static_assert(NATGW_A_EXPLAIN_MAX < FIELDS_ATTRS, "an attribute does not fit");

/** SAY_TEXT - longest line */
#define SAY_TEXT	512

/* A line below the title */
__printf(2, 3)
static void say(struct out *o, const char *fmt, ...)
{
	char text[SAY_TEXT];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	out_note(o, text);
}

/**
 * struct explain - an answer on its way to the output
 * @ctl:	run
 * @out:	output
 * @asked:	attributes of the request: what the answer need not repeat
 * @answer:	the message, a copy
 * @cluster:	cluster of the subnet, or empty
 * @balancer:	its load balancer, or empty
 * @block:	it blocks
 * @quota:	of the gateway that refuses the packet as quota
 */
struct explain {
	struct ctl *ctl;
	struct out out;
	const struct nlattr *asked[FIELDS_ATTRS];
	struct nlmsghdr *answer;
	char cluster[NATGW_NAME_MAX + 1];
	char balancer[NATGW_NAME_MAX + 1];
	bool block;
	struct quota quota;
};

static void say_title(struct out *o, const struct nlattr *const *tb)
{
	const struct nlattr *sport = tb[NATGW_A_EXPLAIN_SRC_PORT];
	uint32_t proto = field_u32(tb[NATGW_A_EXPLAIN_PROTO]);
	uint32_t dport = field_u32(tb[NATGW_A_EXPLAIN_DST_PORT]);
	char src[ADDR_TEXT], dst[ADDR_TEXT], text[256], number[32];
	const char *word = proto_text(proto);
	int n;

	if (!word) {
		snprintf(number, sizeof(number), "protocol %u", proto);
		word = number;
	}
	n = snprintf(text, sizeof(text), "%s %s", word,
		     field_addr(src, tb[NATGW_A_EXPLAIN_SRC], NULL, true));
	if (sport)
		n += snprintf(text + n, sizeof(text) - n, ":%u", field_u32(sport));
	n += snprintf(text + n, sizeof(text) - n, " -> %s",
		      field_addr(dst, tb[NATGW_A_EXPLAIN_DST], NULL, true));
	if (dport)
		snprintf(text + n, sizeof(text) - n, ":%u", dport);
	out_title(o, NULL, NULL, text);
}

static void say_routes(struct out *o, const struct nlattr *const *tb)
{
	const struct nlattr *route[FIELDS_ATTRS], *loser;
	char text[ROUTE_TEXT];
	const char *why;

	if (tb[NATGW_A_EXPLAIN_ROUTE]) {
		nest_parse(&effective_schema, tb[NATGW_A_EXPLAIN_ROUTE], route);
		why = route_problem(route);
		say(o, "route %s%s%s", route_text(text, route), why ? ": " : "", why ? why : "");
	}
	for (loser = tb[NATGW_A_EXPLAIN_LOSER]; loser; loser = field_next(loser, tb)) {
		nest_parse(&effective_schema, loser, route);
		why = route_problem(route);
		say(o, "  not %s%s%s", route_text(text, route), why ? ": " : "", why ? why : "");
	}
}

static bool is_balancer(const struct explain *explain, const char *gateway)
{
	return gateway && !strcmp(explain->balancer, gateway);
}

static void say_cluster(const struct explain *explain, struct out *o, const char *gateway)
{
	if (explain->block)
		say(o, "cluster %s: blocks what leads to the Internet", explain->cluster);
	else if (is_balancer(explain, gateway))
		say(o, "cluster %s: its load balancer, as no gateway is bound", explain->cluster);
	else if (explain->balancer[0] && gateway)
		say(o, "cluster %s: a gateway goes before its load balancer %s",
		    explain->cluster, explain->balancer);
	else if (explain->cluster[0])
		say(o, "cluster %s", explain->cluster);
}

/* " by eth0", or nothing */
static const char *by_dev(char buf[64], const struct nlattr *const *tb)
{
	const char *dev = field_string(tb[NATGW_A_EXPLAIN_DEV]);

	snprintf(buf, 64, "%s%.40s", dev ? " by " : "", dev ? dev : "");
	return buf;
}

static void say_nat(const struct explain *explain, struct out *o, const struct nlattr *const *tb)
{
	const char *gateway = field_string(tb[NATGW_A_EXPLAIN_GATEWAY]);
	bool session = field_u32(tb[NATGW_A_EXPLAIN_SESSION]);
	char dev[64];

	say(o, "method nat: %s %s %s%s",
	    session ? "a session carries it, by" : "translated by",
	    is_balancer(explain, gateway) ? "load balancer" : "gateway",
	    gateway ? gateway : "unknown", by_dev(dev, tb));
}

/* Public addresses, and the ports that are left at them */
static void say_addresses(struct out *o, const struct nlattr *const *tb)
{
	const struct nlattr *addr = tb[NATGW_A_EXPLAIN_ADDRESS];
	bool session = field_u32(tb[NATGW_A_EXPLAIN_SESSION]);
	char list[SAY_TEXT - 64], buf[ADDR_TEXT];
	int n = 0;

	if (!addr)
		return;
	list[0] = 0;
	for (; addr && n < (int)sizeof(list); addr = field_next(addr, tb))
		n += snprintf(list + n, sizeof(list) - n, " %s",
			      field_addr(buf, addr, NULL, true));
	if (session && tb[NATGW_A_EXPLAIN_PORT])
		say(o, "address%s port %u", list, field_u32(tb[NATGW_A_EXPLAIN_PORT]));
	else if (tb[NATGW_A_EXPLAIN_FREE])
		say(o, "address%s: %u ports free for this destination now", list,
		    field_u32(tb[NATGW_A_EXPLAIN_FREE]));
	else
		say(o, "address%s", list);
}

static void say_method(const struct explain *explain, struct out *o, const struct nlattr *const *tb)
{
	uint32_t method = field_u32(tb[NATGW_A_EXPLAIN_METHOD]);
	char hop[ADDR_TEXT] = "", dev[64];

	field_addr(hop, tb[NATGW_A_EXPLAIN_NEXT_HOP_IP], NULL, true);
	switch (method) {
	case NATGW_METHOD_LOCAL:
		say(o, "method local: for the router itself, or broadcast or multicast");
		break;
	case NATGW_METHOD_PASS:
		say(o, "method pass: left to Linux, untranslated%s", by_dev(dev, tb));
		break;
	case NATGW_METHOD_DIRECT:
		say(o, "method direct: answer of a flow that came in by another way, left alone%s",
		    by_dev(dev, tb));
		break;
	case NATGW_METHOD_NAT:
		say_nat(explain, o, tb);
		break;
	case NATGW_METHOD_APPLIANCE:
		say(o, "method appliance: steered to %s%s", hop, by_dev(dev, tb));
		break;
	case NATGW_METHOD_VPN:
		say(o, "method vpn: steered to %s%s", hop, by_dev(dev, tb));
		break;
	case NATGW_METHOD_DROP:
		say(o, "method drop");
		break;
	default:
		say(o, "method %u, which this natgwctl does not know", method);
	}
}

static void say_reason(const struct explain *explain, struct out *o, uint32_t method,
		       uint32_t reason)
{
	bool quota = reason == NATGW_DROP_QUOTA;
	char buf[QUOTA_TEXT];

	say(o, "%s %s: %s", method == NATGW_METHOD_DROP ? "dropped as" : "counted as",
	    reason_words[reason],
	    quota ? quota_meaning(buf, &explain->quota) : reasons[reason].meaning);
	say(o, "  %s", quota ? quota_action(buf, &explain->quota) : reasons[reason].action);
}

static void say_obstacles(const struct explain *explain, struct out *o,
			  const struct nlattr *const *tb)
{
	uint32_t reason = field_u32(tb[NATGW_A_EXPLAIN_REASON]);
	uint32_t obstacle = field_u32(tb[NATGW_A_EXPLAIN_OBSTACLE]);
	uint32_t method = field_u32(tb[NATGW_A_EXPLAIN_METHOD]);

	if (tb[NATGW_A_EXPLAIN_REASON] && reason <= NATGW_DROP_MAX)
		say_reason(explain, o, method, reason);
	else if (tb[NATGW_A_EXPLAIN_REASON])
		say(o, "reason %u, which this natgwctl does not know", reason);
	if (obstacle == NATGW_OBSTACLE_FORWARDING_OFF)
		say(o, "Linux would stop it: it does not forward (sysctl net.ipv4.ip_forward=1)");
	else if (obstacle == NATGW_OBSTACLE_NO_ROUTE)
		say(o, "Linux would stop it: it has no route to there (ip route get)");
	else if (obstacle)
		say(o, "Linux would stop it, for a reason that this natgwctl does not know");
}

static void explain_text(const struct explain *explain, struct out *o,
			 const struct nlattr *const *tb)
{
	const char *vnet = field_string(tb[NATGW_A_EXPLAIN_VNET]);
	const char *subnet = field_string(tb[NATGW_A_EXPLAIN_SUBNET]);
	const char *gateway = field_string(tb[NATGW_A_EXPLAIN_GATEWAY]);

	say_title(o, tb);
	say(o, "%s%s%s%s%s%s%s", vnet ? "vnet " : "", vnet ? vnet : "", vnet ? "  " : "",
	    subnet ? "subnet " : "", subnet ? subnet : "in no subnet",
	    !gateway ? "" : is_balancer(explain, gateway) ? "  load balancer " : "  gateway ",
	    gateway ? gateway : "");
	say_cluster(explain, o, gateway);
	say_routes(o, tb);
	say_method(explain, o, tb);
	say_addresses(o, tb);
	say_obstacles(explain, o, tb);
}

static void explain_print(struct explain *explain)
{
	static const uint16_t repeated[] = {
		NATGW_A_EXPLAIN_SRC, NATGW_A_EXPLAIN_SRC_PORT, NATGW_A_EXPLAIN_DST,
		NATGW_A_EXPLAIN_DST_PORT, NATGW_A_EXPLAIN_PROTO,
	};
	const struct nlattr *tb[FIELDS_ATTRS];
	struct out *o = &explain->out;
	unsigned int i;

	fields_parse(&schema, explain->answer, tb);
	for (i = 0; i < ARRAY_SIZE(repeated); i++)
		if (!tb[repeated[i]])
			tb[repeated[i]] = explain->asked[repeated[i]];
	out_begin(o, explain->ctl->json, explain->ctl->pretty, OUT_BLOCK);
	out_row(o);
	if (o->json)
		fields_show(o, &schema, FIELD_SHOW, tb);
	else
		explain_text(explain, o, tb);
	out_row_end(o);
	out_end(o);
}

static bool explain_answer(const struct nlmsghdr *nlh, void *data)
{
	const struct nlattr *tb[FIELDS_ATTRS];
	struct explain *explain = data;

	if (!fields_parse(&schema, nlh, tb) || !tb[NATGW_A_EXPLAIN_METHOD] || explain->answer)
		return false;
	explain->answer = malloc(nlh->nlmsg_len);
	if (!explain->answer)
		abort();
	memcpy(explain->answer, nlh, nlh->nlmsg_len);
	return true;
}

static bool subnet_answer(const struct nlmsghdr *nlh, void *data)
{
	const struct nlattr *tb[FIELDS_ATTRS];
	struct explain *explain = data;
	const char *text;

	if (!fields_parse(subnet_object.schema, nlh, tb))
		return false;
	text = field_string(tb[NATGW_A_SUBNET_CLUSTER]);
	snprintf(explain->cluster, sizeof(explain->cluster), "%s", text ? text : "");
	text = field_string(tb[NATGW_A_SUBNET_LOAD_BALANCER]);
	snprintf(explain->balancer, sizeof(explain->balancer), "%s", text ? text : "");
	explain->block = field_u32(tb[NATGW_A_SUBNET_BLOCK]);
	return true;
}

/* The text names the cluster of the subnet, too, unless the subnet has been deleted meanwhile */
static void cluster_load(struct explain *explain)
{
	const struct nlattr *tb[FIELDS_ATTRS];
	struct request req;
	struct nl_error e;

	fields_parse(&schema, explain->answer, tb);
	if (explain->ctl->json || !field_string(tb[NATGW_A_EXPLAIN_SUBNET]))
		return;
	request_init(&req, NATGW_CMD_SUBNET_GET);
	request_string(&req, NATGW_A_SUBNET_NAME, field_string(tb[NATGW_A_EXPLAIN_SUBNET]));
	nl_request(&explain->ctl->nl, &req, subnet_answer, explain, &e);
}

/* Reads the gateway's limits if the flow is refused because of them */
static void gateway_load(struct explain *explain)
{
	const struct nlattr *tb[FIELDS_ATTRS];

	fields_parse(&schema, explain->answer, tb);
	if (!explain->ctl->json && tb[NATGW_A_EXPLAIN_REASON] &&
	    field_u32(tb[NATGW_A_EXPLAIN_REASON]) == NATGW_DROP_QUOTA)
		quota_load(explain->ctl, field_string(tb[NATGW_A_EXPLAIN_GATEWAY]),
			   &explain->quota);
}

/* Puts the kernel's defaults into the request, so that the answer shows them */
static int explain_defaults(struct ctl *ctl, struct request *req)
{
	const struct nlattr *tb[FIELDS_ATTRS], *attr;
	unsigned int ports = 0;

	fields_parse(&schema, req->nlh, tb);
	if (!tb[NATGW_A_EXPLAIN_SRC] || !tb[NATGW_A_EXPLAIN_DST])
		return usage_error(ctl, tb[NATGW_A_EXPLAIN_SRC] ? "dst" : "src",
				   "say from where to where: explain src IP dst IP:PORT");
	mnl_attr_for_each(attr, req->nlh, GENL_HDRLEN)
		ports += mnl_attr_get_type(attr) == NATGW_A_EXPLAIN_SRC_PORT;
	if (ports > 1)
		return usage_error(ctl, "src-port", "src-port: given twice");
	if (!tb[NATGW_A_EXPLAIN_PROTO])
		request_u32(req, NATGW_A_EXPLAIN_PROTO, IPPROTO_TCP);
	return 0;
}

static int explain_run(struct ctl *ctl, const struct object *obj, int argc, char **argv)
{
	struct explain explain = { .ctl = ctl };
	struct request req;
	struct nl_error e;
	int ret;

	if (ctl->batch)
		return usage_error(ctl, NULL, "cannot stand in a batch");
	request_init(&req, NATGW_CMD_EXPLAIN);
	ret = object_keys(ctl, obj, &req, FIELD_FILTER, NULL, argc, argv);
	if (!ret)
		ret = explain_defaults(ctl, &req);
	if (!ret)
		ret = ctl_open(ctl);
	if (ret)
		return ret;
	fields_parse(&schema, req.nlh, explain.asked);
	if (nl_request(&ctl->nl, &req, explain_answer, &explain, &e)) {
		ret = kernel_error(ctl, obj, &req, &e);
	} else if (!explain.answer) {
		e = (struct nl_error){ .err = EBADMSG, .malformed = true };
		ret = kernel_error(ctl, obj, &req, &e);
	} else {
		cluster_load(&explain);
		gateway_load(&explain);
		explain_print(&explain);
		warn_kernel(ctl, &e);
	}
	free(explain.answer);
	return ret;
}

const struct object explain_object = {
	.word = "explain",
	.about = "what would become of a packet, and why",
	.schema = &schema,
	.layout = OUT_BLOCK,
	.run = explain_run,
};
