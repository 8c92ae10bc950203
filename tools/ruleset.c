// SPDX-License-Identifier: GPL-2.0
/*
 * Walks chains of an nftables rule set, given as JSON of libnftables, with the eyes of a packet:
 * which statements apply to it? What is not understood may apply. Pure functions, tested by
 * selftests/unit/tool_ruleset.c. Called by doctor_rules.c.
 */
#include <arpa/inet.h>
#include <fnmatch.h>
#include <string.h>
#include <strings.h>

#include "parse.h"
#include "ruleset.h"

/** DEPTH - most chains that call each other */
#define DEPTH	16

/**
 * struct walk - a chain on the way through
 * @rules:	rule set
 * @flow:	the packets
 * @visit:	is told of what applies
 * @data:	for @visit
 * @depth:	chains that called each other so far
 */
struct walk {
	const json_t *rules;
	const struct rule_flow *flow;
	rule_visit visit;
	void *data;
	unsigned int depth;
};

/* first and last address, host byte order */
struct range {
	uint32_t first;
	uint32_t last;
};

/* What nobody has in the Internet: RFC 1918, 6598, 3927, loopback */
static const struct range private[] = {
	{ 0x0a000000, 0x0affffff },
	{ 0xac100000, 0xac1fffff },
	{ 0xc0a80000, 0xc0a8ffff },
	{ 0x64400000, 0x647fffff },
	{ 0xa9fe0000, 0xa9feffff },
	{ 0x7f000000, 0x7fffffff },
};

/**
 * ruleset_word - a string of an object
 * @object:	object
 * @key:	its key
 *
 * Return: the string, empty if there is none.
 */
const char *ruleset_word(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : "";
}

static enum chance invert(enum chance c)
{
	return c == CHANCE_YES ? CHANCE_NO : c == CHANCE_NO ? CHANCE_YES : CHANCE_MAYBE;
}

static enum chance both(enum chance a, enum chance b)
{
	return a < b ? a : b;
}

static bool address_parse(const char *text, uint32_t *ip)
{
	struct in_addr in;

	if (!text || inet_pton(AF_INET, text, &in) != 1)
		return false;
	*ip = ntohl(in.s_addr);
	return true;
}

/* "10.0.0.1", {"prefix": ...}, {"range": [...]} */
static bool range_parse(const json_t *value, struct range *r)
{
	const json_t *prefix = json_object_get(value, "prefix");
	const json_t *range = json_object_get(value, "range");
	json_int_t len;

	/* an element of a set with a comment or a timer */
	if (json_object_get(value, "elem"))
		return range_parse(json_object_get(json_object_get(value, "elem"), "val"), r);
	if (json_is_string(value) && address_parse(json_string_value(value), &r->first)) {
		r->last = r->first;
		return true;
	}
	if (prefix && address_parse(ruleset_word(prefix, "addr"), &r->first)) {
		len = json_integer_value(json_object_get(prefix, "len"));
		if (len < 0 || len > 32)
			return false;
		r->last = r->first | (len ? (uint32_t)(UINT64_C(0xffffffff) >> len) : UINT32_MAX);
		return true;
	}
	return range && address_parse(json_string_value(json_array_get(range, 0)), &r->first) &&
		address_parse(json_string_value(json_array_get(range, 1)), &r->last);
}

static enum chance side_in(const struct rule_side *side, const json_t *value)
{
	uint32_t first = side->addr & side->mask, last = side->addr | ~side->mask;
	struct range r;
	size_t i;

	if (!range_parse(value, &r))
		return CHANCE_MAYBE;
	if (side->internet) {
		if (!r.first && r.last == UINT32_MAX)
			return CHANCE_YES;
		for (i = 0; i < ARRAY_SIZE(private); i++)
			if (r.first >= private[i].first && r.last <= private[i].last)
				return CHANCE_NO;
		return CHANCE_MAYBE;
	}
	if (r.first <= first && r.last >= last)
		return CHANCE_YES;
	return r.last < first || r.first > last ? CHANCE_NO : CHANCE_MAYBE;
}

static enum chance device_is(const char *dev, const json_t *value)
{
	const char *name = json_string_value(value);

	if (!dev || !name)
		return CHANCE_MAYBE;
	/* eth* */
	return fnmatch(name, dev, 0) ? CHANCE_NO : CHANCE_YES;
}

static enum chance word_is(const char *word, const json_t *value)
{
	const char *other = json_string_value(value);

	if (!word || !other)
		return CHANCE_MAYBE;
	return strcmp(word, other) ? CHANCE_NO : CHANCE_YES;
}

/* Packets have no mark, unless a rule that is not looked at gives them one */
static enum chance mark_is(const json_t *value)
{
	if (!json_is_integer(value))
		return CHANCE_MAYBE;
	return json_integer_value(value) ? CHANCE_NO : CHANCE_YES;
}

/* One value against what the left side reads of the packet */
static enum chance one(const struct walk *w, const json_t *left, const json_t *value)
{
	const json_t *payload = json_object_get(left, "payload");
	const json_t *meta = json_object_get(left, "meta");
	const json_t *ct = json_object_get(left, "ct");
	/* a mark of which some bits count */
	const json_t *masked = json_array_get(json_object_get(left, "&"), 0);
	const json_t *marked = json_object_get(masked, "meta");
	const char *key = ruleset_word(meta, "key");

	if (payload && !strcmp(ruleset_word(payload, "protocol"), "ip")) {
		if (!strcmp(ruleset_word(payload, "field"), "saddr"))
			return side_in(&w->flow->src, value);
		if (!strcmp(ruleset_word(payload, "field"), "daddr"))
			return side_in(&w->flow->dst, value);
	}
	if (payload && !strcmp(ruleset_word(payload, "protocol"), "ip6"))
		return CHANCE_NO;
	if (!strcmp(key, "iifname") || !strcmp(key, "iif"))
		return device_is(w->flow->iif, value);
	if (!strcmp(key, "oifname") || !strcmp(key, "oif"))
		return device_is(w->flow->oif, value);
	if (!strcmp(key, "nfproto"))
		return word_is("ipv4", value);
	if (!strcmp(key, "protocol"))
		return word_is("ip", value);
	if (!strcmp(key, "mark"))
		return mark_is(value);
	if (!strcmp(ruleset_word(ct, "key"), "state"))
		return word_is(w->flow->state, value);
	if (!strcmp(ruleset_word(marked, "key"), "mark"))
		return mark_is(value);
	return CHANCE_MAYBE;
}

static const json_t *set_elements(const json_t *rules, const char *name)
{
	const json_t *entry, *set;
	size_t i;

	/* names are of a table; of two sets of one name the first is as good a guess */
	json_array_foreach(rules, i, entry) {
		set = json_object_get(entry, "set");
		if (set && !strcmp(ruleset_word(set, "name"), name))
			return json_object_get(set, "elem");
	}
	return NULL;
}

/* Any of several values: a word, {"set": [...]}, [...], "@name" */
static enum chance any(const struct walk *w, const json_t *left, const json_t *right)
{
	const json_t *list = json_is_array(right) ? right : json_object_get(right, "set");
	const char *name = json_string_value(right);
	enum chance found = CHANCE_NO, c;
	const json_t *value;
	size_t i;

	if (name && name[0] == '@') {
		list = set_elements(w->rules, name + 1);
		/* a set without elements has no such key */
		if (!list)
			return CHANCE_NO;
	}
	if (list && !json_is_array(list))
		return any(w, left, list);
	if (!list)
		return one(w, left, right);
	json_array_foreach(list, i, value) {
		c = one(w, left, value);
		if (c > found)
			found = c;
	}
	return found;
}

static enum chance match(const struct walk *w, const json_t *m)
{
	const char *op = ruleset_word(m, "op");
	const json_t *left = json_object_get(m, "left");
	enum chance c = any(w, left, json_object_get(m, "right"));

	if (!strcmp(op, "==") || !strcmp(op, "in"))
		return c;
	return !strcmp(op, "!=") ? invert(c) : CHANCE_MAYBE;
}

static enum rule_end chain_walk(struct walk *w, const json_t *chain, enum chance chance);

static enum rule_end call(struct walk *w, const json_t *rule, const char *name, enum chance chance)
{
	const json_t *entry, *chain;
	enum rule_end end = RULE_ON;
	size_t i;

	if (w->depth >= DEPTH)
		return RULE_ON;
	json_array_foreach(w->rules, i, entry) {
		chain = json_object_get(entry, "chain");
		if (!chain || strcmp(ruleset_word(chain, "name"), name) ||
		    strcmp(ruleset_word(chain, "table"), ruleset_word(rule, "table")) ||
		    strcmp(ruleset_word(chain, "family"), ruleset_word(rule, "family")))
			continue;
		w->depth++;
		end = chain_walk(w, chain, chance);
		w->depth--;
		break;
	}
	/* only those that went there were ended there */
	return end == RULE_ENDED && chance == CHANCE_YES ? RULE_ENDED : RULE_ON;
}

/* A verdict, or another statement that may act. Return: what becomes of the packets */
static enum rule_end act(struct walk *w, const json_t *rule, const char *action,
			 const json_t *args, enum chance chance)
{
	static const char *const ends[] = { "accept", "drop", "reject", "masquerade", "snat",
					    "netmap", "queue", "nfqueue" };
	enum rule_end end;
	size_t i;

	if (!strcmp(action, "jump") || !strcmp(action, "goto")) {
		end = call(w, rule, ruleset_word(args, "target"), chance);
		return end == RULE_ON && !strcmp(action, "goto") && chance == CHANCE_YES ?
			RULE_RETURNED : end;
	}
	if (!strcmp(action, "return"))
		return chance == CHANCE_YES ? RULE_RETURNED : RULE_ON;
	if (!strcmp(action, "continue"))
		return RULE_ON;
	if (!w->visit(w->data, rule, action, args, chance))
		return RULE_ENDED;
	for (i = 0; i < ARRAY_SIZE(ends); i++)
		if (!strcmp(action, ends[i]) && chance == CHANCE_YES)
			return RULE_ENDED;
	return RULE_ON;
}

/* { established : accept, invalid : drop }, each element like a rule of its own */
static enum rule_end verdict_map(struct walk *w, const json_t *rule, const json_t *vmap,
				 enum chance chance)
{
	const json_t *data = json_object_get(vmap, "data"), *pair, *verdict, *args;
	const json_t *list = json_object_get(data, "set");
	enum rule_end end = RULE_ON;
	const char *action;
	size_t i;
	enum chance c;

	if (!json_is_array(list))
		return w->visit(w->data, rule, "accept", NULL, CHANCE_MAYBE) ? RULE_ON : RULE_ENDED;
	json_array_foreach(list, i, pair) {
		c = both(chance, any(w, json_object_get(vmap, "key"), json_array_get(pair, 0)));
		verdict = json_array_get(pair, 1);
		json_object_foreach((json_t *)verdict, action, args)
			if (c != CHANCE_NO)
				end = act(w, rule, action, args, c);
		if (end != RULE_ON)
			return end;
	}
	return RULE_ON;
}

/* Of iptables: a match, or a target by its name */
static enum rule_end extension(struct walk *w, const json_t *rule, const json_t *xt,
			       enum chance *chance)
{
	const char *name = ruleset_word(xt, "name");
	char action[32];
	size_t i;

	if (strcmp(ruleset_word(xt, "type"), "target")) {
		if (strcmp(name, "comment"))
			*chance = both(*chance, CHANCE_MAYBE);
		return RULE_ON;
	}
	for (i = 0; name[i] && i + 1 < sizeof(action); i++)
		action[i] = name[i] >= 'A' && name[i] <= 'Z' ? name[i] + 'a' - 'A' : name[i];
	action[i] = 0;
	return act(w, rule, action, xt, *chance);
}

static enum rule_end rule_walk(struct walk *w, const json_t *rule, enum chance chance)
{
	static const char *const idle[] = { "counter", "log", "comment", "quota", "notrack",
					    "ct helper", "set", "last" };
	const json_t *statement, *args;
	enum rule_end end = RULE_ON;
	const char *word;
	size_t i, j;

	json_array_foreach(json_object_get(rule, "expr"), i, statement) {
		word = json_object_iter_key(json_object_iter((json_t *)statement));
		if (!word)
			continue;
		args = json_object_get(statement, word);
		for (j = 0; j < ARRAY_SIZE(idle) && strcmp(word, idle[j]); j++)
			;
		if (!strcmp(word, "mangle"))
			end = w->visit(w->data, rule, word, args, chance) ? RULE_ON : RULE_ENDED;
		else if (j < ARRAY_SIZE(idle))
			continue;
		else if (!strcmp(word, "match"))
			chance = both(chance, match(w, args));
		else if (!strcmp(word, "limit"))
			chance = both(chance, CHANCE_MAYBE);
		else if (!strcmp(word, "xt"))
			end = extension(w, rule, args, &chance);
		else if (!strcmp(word, "vmap"))
			end = verdict_map(w, rule, args, chance);
		else
			end = act(w, rule, word, args, chance);
		if (chance == CHANCE_NO || end != RULE_ON)
			break;
	}
	return chance == CHANCE_NO ? RULE_ON : end;
}

static enum rule_end chain_walk(struct walk *w, const json_t *chain, enum chance chance)
{
	const json_t *entry, *rule;
	enum rule_end end;
	size_t i;

	json_array_foreach(w->rules, i, entry) {
		rule = json_object_get(entry, "rule");
		if (!rule || strcmp(ruleset_word(rule, "chain"), ruleset_word(chain, "name")) ||
		    strcmp(ruleset_word(rule, "table"), ruleset_word(chain, "table")) ||
		    strcmp(ruleset_word(rule, "family"), ruleset_word(chain, "family")))
			continue;
		end = rule_walk(w, rule, chance);
		if (end != RULE_ON)
			return end;
	}
	return RULE_ON;
}

/**
 * ruleset_walk - send packets through a chain
 * @rules:	rule set, the array of its JSON
 * @chain:	one of ruleset_chain()
 * @flow:	the packets
 * @visit:	is told of what applies to them
 * @data:	for @visit
 *
 * Return: how they leave it; RULE_ON and RULE_RETURNED: by its policy.
 */
enum rule_end ruleset_walk(const json_t *rules, const json_t *chain, const struct rule_flow *flow,
			   rule_visit visit, void *data)
{
	struct walk w = { .rules = rules, .flow = flow, .visit = visit, .data = data };

	return chain_walk(&w, chain, CHANCE_YES);
}

/**
 * ruleset_chain - the next base chain at a hook that IPv4 comes by
 * @rules:	rule set
 * @at:		0 at first; where to go on
 * @hook:	"forward", "ingress"
 *
 * Return: NULL: no more.
 */
const json_t *ruleset_chain(const json_t *rules, size_t *at, const char *hook)
{
	const json_t *chain;
	const char *family;

	while (*at < json_array_size(rules)) {
		chain = json_object_get(json_array_get(rules, (*at)++), "chain");
		family = ruleset_word(chain, "family");
		if (chain && !strcmp(ruleset_word(chain, "hook"), hook) &&
		    (!strcmp(family, "ip") || !strcmp(family, "inet") || !strcmp(family, "netdev")))
			return chain;
	}
	return NULL;
}
