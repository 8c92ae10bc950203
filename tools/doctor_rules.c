// SPDX-License-Identifier: GPL-2.0
/*
 * Rules of nftables and iptables that do something to the packets of gateways; checks of
 * cmd_doctor.c. The rule set is read once, by doctor_read_rules().
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "doctor_chain.h"
#include "guard.h"
#include "nft.h"
#include "ruleset.h"

/** RULES_SUBNETS - most subnets whose packets are sent through the rules */
#define RULES_SUBNETS	32

/**
 * struct seen - what a walk through a chain looks for
 * @want:	actions, ends with NULL
 * @rule:	first rule with one of them that may apply, or NULL
 * @action:	of that rule
 * @args:	of that action
 */
struct seen {
	const char *const *want;
	const json_t *rule;
	char action[32];
	const json_t *args;
};

/* Does this kernel know nothing of nftables? */
static bool is_unsupported(const char *why)
{
	return strstr(why, strerror(EOPNOTSUPP)) || strstr(why, strerror(EPROTONOSUPPORT)) ||
		strstr(why, strerror(EAFNOSUPPORT));
}

/**
 * doctor_read_rules - read the rule set
 * @d:		run
 */
void doctor_read_rules(struct doctor *d)
{
	enum nft_result result;
	json_error_t why;
	json_t *root;
	char *text;

	result = nft_run("list ruleset", true, &text);
	if (result == NFT_DONE) {
		root = json_loads(text, 0, &why);
		d->rules = json_incref(json_object_get(root, "nftables"));
		json_decref(root);
		if (!d->rules && *text)
			snprintf(d->rules_why, sizeof(d->rules_why), "%.200s", why.text);
	} else if (result == NFT_MISSING) {
		snprintf(d->rules_why, sizeof(d->rules_why), "%.200s", text);
	} else if (!is_unsupported(text)) {
		snprintf(d->rules_why, sizeof(d->rules_why), "%.*s", (int)strcspn(text, "\n") % 200,
			 text);
	}
	free(text);
	/* no rules at all */
	if (!d->rules)
		d->rules = json_array();
}

/**
 * check_rules - could the rules be read?
 * @d:		run
 */
void check_rules(struct doctor *d)
{
	if (!d->rules_why[0])
		return;
	doctor_found(d, DOCTOR_WARNING,
		     "the rules of nftables cannot be read, and nothing is known of other NAT");
	doctor_evidence(d, "libnftables: %s", d->rules_why);
	doctor_cure(d, "apt-get install libnftables1");
}

static bool look(void *data, const json_t *rule, const char *action, const json_t *args,
		 enum chance chance)
{
	struct seen *seen = data;
	size_t i;

	(void)chance;
	for (i = 0; !seen->rule && seen->want[i]; i++) {
		if (strcmp(seen->want[i], action))
			continue;
		seen->rule = rule;
		seen->args = args;
		snprintf(seen->action, sizeof(seen->action), "%s", action);
	}
	return !seen->rule;
}

/* A device of hosts of the subnet, or NULL */
static const char *inside_of(const struct doctor *d, const struct doctor_subnet *s)
{
	const struct doctor_vnet *vnet = doctor_vnet(d, s->vnet);
	const struct doctor_link *link = doctor_link(d, s->hop.oif);

	if (vnet && vnet->n_dev == 1)
		return vnet->dev[0];
	return link && !s->in_vrf ? link->name : NULL;
}

/* The only device to the Internet, or NULL */
static const char *uplink_of(const struct doctor *d)
{
	const char *name = NULL;
	size_t i;

	for (i = 0; i < d->n_links; i++) {
		if (!(d->links[i].roles & ROLE_UPLINK))
			continue;
		if (name)
			return NULL;
		name = d->links[i].name;
	}
	return name;
}

/* What a subnet sends to the Internet */
static struct rule_flow outbound(const struct doctor *d, const struct doctor_subnet *s)
{
	return (struct rule_flow){
		.src = { .addr = s->addr, .mask = s->mask },
		.dst = { .internet = true },
		.iif = inside_of(d, s),
		.oif = uplink_of(d),
		.state = "new",
	};
}

static bool is_own(const json_t *chain)
{
	return !strcmp(ruleset_word(chain, "table"), GUARD_TABLE);
}

/* "nft -a list chain ip nat POSTROUTING: handle 4, masquerade" */
static void rule_evidence(struct doctor *d, const struct seen *seen)
{
	const struct chain c = chain_of(seen->rule);
	char what[64];

	snprintf(what, sizeof(what), "handle %lld, %s",
		 (long long)json_integer_value(json_object_get(seen->rule, "handle")),
		 seen->action);
	chain_evidence(d, &c, what);
}

/* Rules of iptables are left to iptables */
static bool is_iptables(const struct seen *seen)
{
	return !strcmp(ruleset_word(seen->args, "type"), "target");
}

/**
 * rule_found - a rule that takes flows of a subnet to the Internet away from natgw
 * @d:		run
 * @s:		subnet
 * @chain:	chain that they go through
 * @want:	actions of such a rule, ends with NULL
 * @severity:	enum doctor_severity
 * @what:	what it does: "changes packets of"
 * @so:		what comes of it
 *
 * Evidence and cure are the same for all: what is from the subnet passes the chain by.
 */
static void rule_found(struct doctor *d, const struct doctor_subnet *s, const json_t *chain,
		       const char *const *want, enum doctor_severity severity, const char *what,
		       const char *so)
{
	const struct rule_flow flow = outbound(d, s);
	const struct chain_rule by = { "saddr", s->prefix, NULL, "return" };
	char text[CHAIN_TEXT], table[DOCTOR_QUOTED], name[DOCTOR_QUOTED];
	const struct chain c = chain_of(chain);
	struct seen seen = { .want = want };

	ruleset_walk(d->rules, chain, &flow, look, &seen);
	if (!seen.rule)
		return;
	doctor_found(d, severity, "a %s rule in chain %s %s subnet %s%s", seen.action,
		     chain_text(text, &c), what, s->name, so);
	rule_evidence(d, &seen);
	if (is_iptables(&seen))
		doctor_cure(d, "iptables-nft -t %s -I %s -s %s -j RETURN",
			    text_quoted(table, sizeof(table), c.table),
			    text_quoted(name, sizeof(name), c.name), s->prefix);
	else
		chain_cure(d, &c, &by, 1);
}

static void nat_find(struct doctor *d, const struct doctor_subnet *s, const json_t *chain)
{
	static const char *const nat[] = { "masquerade", "snat", "netmap", NULL };

	rule_found(d, s, chain, nat, DOCTOR_ERROR, "changes packets of",
		   " first, and natgw drops what another NAT has changed");
}

/* Calls a function for each base chain at a hook and each bound subnet */
static void each_subnet(struct doctor *d, const char *hook,
			void (*find)(struct doctor *d, const struct doctor_subnet *s,
				     const json_t *chain))
{
	const json_t *chain;
	size_t at = 0, i;

	while ((chain = ruleset_chain(d->rules, &at, hook)))
		for (i = 0; !is_own(chain) && i < d->n_subnets && i < RULES_SUBNETS; i++)
			if (*d->subnets[i].gateway)
				find(d, &d->subnets[i], chain);
}

/**
 * check_foreign_nat - does another NAT rule change packets of bound subnets?
 * @d:		run
 */
void check_foreign_nat(struct doctor *d)
{
	each_subnet(d, "postrouting", nat_find);
}

static bool tracked(const struct doctor *d, const struct doctor_subnet *s)
{
	size_t i;

	for (i = 0; i < d->n_gateways; i++)
		if (!strcmp(d->gateways[i].name, s->gateway))
			return d->gateways[i].track && !s->in_vrf;
	return true;
}

/* Does the chain let none of these packets pass? */
static bool is_closed(const struct doctor *d, const json_t *chain, const struct rule_flow *flow)
{
	/* check_queues() asks whether a program takes them */
	static const char *const accept[] = { "accept", "queue", "nfqueue", NULL };
	struct seen seen = { .want = accept };
	enum rule_end end = ruleset_walk(d->rules, chain, flow, look, &seen);

	return !seen.rule &&
		(end == RULE_ENDED || !strcmp(ruleset_word(chain, "policy"), "drop"));
}

static void closed_find(struct doctor *d, const struct doctor_subnet *s, const json_t *chain)
{
	bool track = tracked(d, s), out, back;
	struct rule_flow flow = outbound(d, s);
	const char *state = track ? "established,related" : "untracked";
	const struct chain_rule rules[CHAIN_RULES] = {
		{ "saddr", s->prefix, NULL, "accept" },
		{ "daddr", s->prefix, state, "accept" },
	};
	const struct chain c = chain_of(chain);
	char text[CHAIN_TEXT], what[96];

	flow.state = track ? "new" : "untracked";
	out = is_closed(d, chain, &flow);
	flow = (struct rule_flow){
		.src = flow.dst,
		.dst = flow.src,
		.iif = flow.oif,
		.oif = flow.iif,
		.state = track ? "established" : "untracked",
	};
	back = is_closed(d, chain, &flow);
	if (!out && !back)
		return;
	doctor_found(d, DOCTOR_ERROR, "chain %s lets pass nothing that %s subnet %s%s",
		     chain_text(text, &c), out ? "comes from" : "comes back to", s->name,
		     track ? "" : ", whose flows conntrack does not see");
	snprintf(what, sizeof(what), "hook forward, policy %s, no rule accepts it",
		 ruleset_word(chain, "policy"));
	chain_evidence(d, &c, what);
	/* at the front: what drops may stand behind */
	chain_cure(d, &c, out ? rules : rules + 1, out && back ? 2 : 1);
}

/**
 * check_filter - do the operator's rules let flows of bound subnets through?
 * @d:		run
 */
void check_filter(struct doctor *d)
{
	each_subnet(d, "forward", closed_find);
}

/** QUEUE_TEXT - room for "queue 65535" */
#define QUEUE_TEXT	24

/**
 * struct queued - what a walk for queues looks for
 * @listeners:	which queues have a program, a bit each
 * @any:	one of them does
 * @rule:	first rule whose queue has none, or NULL
 * @action:	of that rule
 * @chance:	whether it applies
 * @queue:	its queue, or -1: not known, see unheard()
 */
struct queued {
	uint64_t listeners[65536 / 64];
	bool any;
	const json_t *rule;
	char action[32];
	enum chance chance;
	int queue;
};

static void read_listeners(struct queued *q)
{
	/* of the namespace that doctor is in; without the module there is no such file */
	FILE *from = fopen("/proc/self/net/netfilter/nfnetlink_queue", "re");
	unsigned long number;
	char line[256];

	while (from && fgets(line, sizeof(line), from)) {
		number = strtoul(line, NULL, 10);
		if (number > UINT16_MAX)
			continue;
		q->listeners[number / 64] |= UINT64_C(1) << number % 64;
		q->any = true;
	}
	if (from)
		fclose(from);
}

static bool has_flag(const json_t *flags, const char *flag)
{
	const json_t *each;
	size_t i;

	if (json_is_string(flags))
		return !strcmp(json_string_value(flags), flag);
	json_array_foreach(flags, i, each)
		if (!strcmp(json_string_value(each) ?: "", flag))
			return true;
	return false;
}

/* Is there a queue of the rule that nobody listens to? Which one, or -1: by a map, or of iptables,
 * whose options are not told
 */
static bool unheard(const struct queued *q, const json_t *args, int *queue)
{
	const json_t *num = json_object_get(args, "num");
	const json_t *range = json_object_get(num, "range");
	json_int_t first = 0, last = 0;

	*queue = -1;
	if (has_flag(json_object_get(args, "flags"), "bypass"))
		return false;
	if (range) {
		first = json_integer_value(json_array_get(range, 0));
		last = json_integer_value(json_array_get(range, 1));
	} else if (json_is_integer(num)) {
		first = json_integer_value(num);
		last = first;
	} else if (num || !strcmp(ruleset_word(args, "type"), "target")) {
		return !q->any;
	}
	for (; first >= 0 && first <= last && first <= UINT16_MAX; first++) {
		*queue = first;
		if (!(q->listeners[first / 64] & UINT64_C(1) << first % 64))
			return true;
	}
	return false;
}

static bool look_queue(void *data, const json_t *rule, const char *action, const json_t *args,
		       enum chance chance)
{
	struct queued *q = data;

	bool queue = !strcmp(action, "queue") || !strcmp(action, "nfqueue");

	if (queue && unheard(q, args, &q->queue)) {
		q->rule = rule;
		q->chance = chance;
		snprintf(q->action, sizeof(q->action), "%s", action);
	}
	return !q->rule;
}

/* Return: it was one */
static bool queue_found(struct doctor *d, const struct doctor_subnet *s, const json_t *chain,
			const struct rule_flow *flow, const char *way)
{
	const struct chain c = chain_of(chain);
	struct chain in;
	char text[CHAIN_TEXT], what[128], name[QUEUE_TEXT] = "a queue";
	struct queued q = {};
	bool surely;

	read_listeners(&q);
	ruleset_walk(d->rules, chain, flow, look_queue, &q);
	if (!q.rule)
		return false;
	if (q.queue >= 0)
		snprintf(name, sizeof(name), "queue %d", q.queue);
	/* iptables does not tell of --queue-bypass */
	surely = q.chance == CHANCE_YES && !strcmp(q.action, "queue");
	doctor_found(d, surely ? DOCTOR_ERROR : DOCTOR_WARNING,
		     "a %s rule in chain %s gives %spackets that %s subnet %s to %s, which no program listens to: they are dropped%s",
		     q.action, chain_text(text, &c), q.chance == CHANCE_YES ? "" : "some ", way,
		     s->name, name,
		     strcmp(q.action, "queue") ? " unless it has --queue-bypass" : "");
	snprintf(what, sizeof(what), "handle %lld, %s, /proc/net/netfilter/nfnetlink_queue: no %s",
		 (long long)json_integer_value(json_object_get(q.rule, "handle")), q.action,
		 q.queue >= 0 ? name : "queue");
	/* it may be in a chain that this one jumps to */
	in = chain_of(q.rule);
	chain_evidence(d, &in, what);
	doctor_cure(d, "systemctl start PROGRAM");
	return true;
}

static void queue_find(struct doctor *d, const struct doctor_subnet *s, const json_t *chain)
{
	const struct rule_flow out = outbound(d, s);
	const struct rule_flow back = {
		.src = out.dst,
		.dst = out.src,
		.iif = out.oif,
		.oif = out.iif,
		.state = tracked(d, s) ? "established" : "untracked",
	};

	if (!queue_found(d, s, chain, &out, "come from"))
		queue_found(d, s, chain, &back, "come back to");
}

/**
 * check_queues - do programs take the packets that rules give to queues?
 * @d:		run
 */
void check_queues(struct doctor *d)
{
	each_subnet(d, "prerouting", queue_find);
	each_subnet(d, "forward", queue_find);
	each_subnet(d, "postrouting", queue_find);
}

static void proxy_find(struct doctor *d, const struct doctor_subnet *s, const json_t *chain)
{
	static const char *const tproxy[] = { "tproxy", NULL };

	rule_found(d, s, chain, tproxy, DOCTOR_WARNING, "gives flows of",
		   " to a proxy: unless it keeps the client's address, they leave from the router's own address and not from the gateway's");
}

/**
 * check_tproxy - do transparent proxies take flows of bound subnets?
 * @d:		run
 */
void check_tproxy(struct doctor *d)
{
	each_subnet(d, "prerouting", proxy_find);
}

/* A device of a chain or a flowtable, of the gateways; or NULL */
static const struct doctor_link *device_of(const struct doctor *d, const json_t *object,
					   unsigned int roles)
{
	const json_t *dev = json_object_get(object, "dev");
	const struct doctor_link *link;
	size_t i, n = json_is_array(dev) ? json_array_size(dev) : 1;
	const char *name;

	for (i = 0; i < n; i++) {
		name = json_string_value(json_is_array(dev) ? json_array_get(dev, i) : dev);
		link = name ? doctor_link_named(d, name) : NULL;
		if (link && link->roles & roles)
			return link;
	}
	return NULL;
}

/**
 * check_fwd - do rules send packets on before any other hook sees them?
 * @d:		run
 */
void check_fwd(struct doctor *d)
{
	static const char *const fwd[] = { "fwd", "dup", NULL };
	/* anybody to anybody */
	const struct rule_flow flow = {};
	const struct doctor_link *link;
	const json_t *chain;
	struct seen seen;
	char text[CHAIN_TEXT];
	struct chain c;
	size_t at = 0;

	while ((chain = ruleset_chain(d->rules, &at, "ingress"))) {
		/* not every libnftables says which devices a chain is for */
		link = device_of(d, chain, ROLE_ANY);
		if (!link && json_object_get(chain, "dev"))
			continue;
		seen = (struct seen){ .want = fwd };
		ruleset_walk(d->rules, chain, &flow, look, &seen);
		if (!seen.rule)
			continue;
		c = chain_of(chain);
		doctor_found(d, DOCTOR_WARNING,
			     "a %s rule in chain %s sends packets%s%s past IP: those of bound subnets are dropped, untranslated",
			     seen.action, chain_text(text, &c), link ? " of " : "",
			     link ? link->name : "");
		rule_evidence(d, &seen);
		/* the rule may be in a chain that this one jumps to */
		c = chain_of(seen.rule);
		chain_cure_delete(d, &c,
				  json_integer_value(json_object_get(seen.rule, "handle")));
	}
}

/* Does a rule, or a part of one, ask conntrack? */
static bool asks_conntrack(const json_t *part)
{
	const json_t *each;
	const char *key;
	size_t i;

	json_array_foreach(part, i, each)
		if (asks_conntrack(each))
			return true;
	json_object_foreach((json_t *)part, key, each)
		if (!strcmp(key, "ct") || asks_conntrack(each))
			return true;
	return false;
}

/**
 * check_bridge_rules - does conntrack see frames that bridges of hosts only switch?
 * @d:		run
 *
 * The module does not see them then, unlike those of br_netfilter, and so cannot tell forged ones.
 */
void check_bridge_rules(struct doctor *d)
{
	const struct doctor_link *bridge = NULL;
	struct seen seen = { .action = "ct" };
	const json_t *entry;
	struct chain c;
	size_t i;

	for (i = 0; !bridge && i < d->n_links; i++)
		if (!strcmp(d->links[i].kind, "bridge") && d->links[i].roles & ROLE_INSIDE)
			bridge = &d->links[i];
	json_array_foreach(d->rules, i, entry) {
		seen.rule = json_object_get(entry, "rule");
		c = chain_of(seen.rule);
		if (!bridge || strcmp(c.family, "bridge") ||
		    !asks_conntrack(json_object_get(seen.rule, "expr")))
			continue;
		doctor_found(d, DOCTOR_WARNING,
			     "a rule of table bridge %s has conntrack see frames that bridge %s only switches: a host that forges one can have another host's answer leave untranslated",
			     c.table, bridge->name);
		rule_evidence(d, &seen);
		chain_cure_delete(d, &c,
				  json_integer_value(json_object_get(seen.rule, "handle")));
		return;
	}
}

/**
 * check_flowtables - does somebody hope for a flowtable to speed a gateway up?
 * @d:		run
 */
void check_flowtables(struct doctor *d)
{
	const struct doctor_gateway *g = NULL;
	const struct doctor_link *link;
	const json_t *entry, *table;
	size_t i;

	for (i = 0; i < d->n_gateways && !g; i++)
		if (d->gateways[i].track && d->gateways[i].subnets)
			g = &d->gateways[i];
	json_array_foreach(d->rules, i, entry) {
		table = json_object_get(entry, "flowtable");
		link = table && g ? device_of(d, table, ROLE_INSIDE) : NULL;
		if (!link)
			continue;
		doctor_found(d, DOCTOR_WARNING,
			     "flowtable %s has %s, but takes no flow of gateway %s: natgw keeps translated flows out of it and has an offload of its own (FORWARD rules then need ct state untracked accept)",
			     ruleset_word(table, "name"), link->name, g->name);
		doctor_evidence(d,
				"nft list flowtables: %s %s %s, natgwctl gateway show %s: track on",
				ruleset_word(table, "family"), ruleset_word(table, "table"),
				ruleset_word(table, "name"), g->name);
		doctor_cure(d, "natgwctl gateway set %s track off offload on", g->name);
	}
	find_taken_flows(d);
}
