// SPDX-License-Identifier: GPL-2.0
/*
 * Owns how a chain of nftables is named in what doctor says, and the commands that cure it. Called
 * by doctor_rules.c.
 *
 * The kernel takes any name for a chain, and programs make such names up. The language of nft
 * takes words that are no words of its own, and has no quotes for others: what it cannot say is
 * said in JSON, which nft takes too.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "doctor_chain.h"
#include "nft.h"
#include "ruleset.h"
#include "table.h"

/* CHAIN_COMMAND - room for a command of nft whose names are words */
#define CHAIN_COMMAND	2048

/**
 * chain_of - the name of a chain
 * @object:	in the JSON of nftables: the chain, or a rule of it
 *
 * Return: the name, as long as @object is there.
 */
struct chain chain_of(const json_t *object)
{
	const char *key = json_object_get(object, "chain") ? "chain" : "name";

	return (struct chain){
		.family = ruleset_word(object, "family"),
		.table = ruleset_word(object, "table"),
		.name = ruleset_word(object, key),
	};
}

/**
 * chain_text - the name of a chain for people
 * @buf:	result
 * @c:		chain
 *
 * Return: @buf.
 */
const char *chain_text(char buf[CHAIN_TEXT], const struct chain *c)
{
	snprintf(buf, CHAIN_TEXT, "%s %s %s", c->family, c->table, c->name);
	return buf;
}

static bool is_word(const char *name)
{
	if (!isalpha((unsigned char)*name) && *name != '_')
		return false;
	for (; isalnum((unsigned char)*name) || (*name && strchr("_-./", *name)); name++)
		;
	return !*name;
}

/*
 * Can the language of nft name the chain? Which words are its own, nft itself knows best; it is
 * asked once for each chain
 */
static bool is_typed(struct doctor *d, const struct chain *c)
{
	char command[CHAIN_TEXT + 16], name[CHAIN_TEXT], *text;
	const json_t *known;
	bool typed;

	if (!is_word(c->table) || !is_word(c->name))
		return false;
	known = json_object_get(d->typed_chains, chain_text(name, c));
	if (known)
		return json_is_true(known);
	snprintf(command, sizeof(command), "list chain %s", name);
	typed = nft_run(command, false, &text) != NFT_REFUSED;
	free(text);
	if (!d->typed_chains)
		d->typed_chains = out_checked(json_object());
	json_object_set_new(d->typed_chains, name, json_boolean(typed));
	return typed;
}

/**
 * chain_evidence - what was read of a chain, behind the command that shows it
 * @d:		run
 * @c:		chain
 * @what:	what was read
 */
void chain_evidence(struct doctor *d, const struct chain *c, const char *what)
{
	char text[CHAIN_TEXT];

	chain_text(text, c);
	if (is_typed(d, c))
		doctor_evidence(d, "nft -a list chain %s: %s", text, what);
	else
		doctor_evidence(d, "nft -a list ruleset: chain %s: %s", text, what);
}

/* nft COMMAND, as it is typed for a shell: one word, or as it is if that is no matter */
static void cure_text(struct doctor *d, const char *options, const char *command)
{
	size_t size = TEXT_QUOTED(strlen(command) + 1);
	char *quoted = out_checked(malloc(size));

	doctor_cure(d, "nft %s%s", options, text_quoted(quoted, size, command));
	free(quoted);
}

static void cure_json(struct doctor *d, json_t *commands)
{
	json_t *root = out_checked(json_pack("{s:o}", "nftables", commands));
	char *text = out_checked(json_dumps(root, JSON_COMPACT));

	cure_text(d, "-j ", text);
	free(text);
	json_decref(root);
}

/* "10.0.1.0/24" */
static json_t *prefix_json(const char *prefix)
{
	char addr[ADDR_TEXT];
	const char *slash = strchr(prefix, '/');

	if (!slash)
		return json_string(prefix);
	snprintf(addr, sizeof(addr), "%.*s", (int)(slash - prefix), prefix);
	return json_pack("{s:{s:s, s:i}}", "prefix", "addr", addr, "len", atoi(slash + 1));
}

/* "established,related" */
static json_t *states_json(const char *states)
{
	json_t *list = json_array();
	size_t len;

	for (; *states; states += len + !!states[len]) {
		len = strcspn(states, ",");
		json_array_append_new(list, json_stringn(states, len));
	}
	return list;
}

static json_t *rule_json(const struct chain *c, const struct chain_rule *rule)
{
	json_t *expr = json_array();

	json_array_append_new(expr,
			      json_pack("{s:{s:s, s:{s:{s:s, s:s}}, s:o}}",
					"match", "op", "==", "left", "payload", "protocol", "ip",
					"field", rule->field, "right", prefix_json(rule->prefix)));
	if (rule->state)
		json_array_append_new(expr, json_pack("{s:{s:s, s:{s:{s:s}}, s:o}}", "match",
						      "op", "in", "left", "ct", "key", "state",
						      "right", states_json(rule->state)));
	json_array_append_new(expr, json_pack("{s:n}", rule->verdict));
	return out_checked(json_pack("{s:{s:{s:s, s:s, s:s, s:o}}}", "insert", "rule",
				     "family", c->family, "table", c->table, "chain", c->name,
				     "expr", expr));
}

static size_t rule_text(char *buf, size_t size, const struct chain *c,
			const struct chain_rule *rule)
{
	char text[CHAIN_TEXT];

	return snprintf(buf, size, "insert rule %s ip %s %s %s%s%s%s", chain_text(text, c),
			rule->field, rule->prefix, rule->state ? "ct state " : "",
			rule->state ? rule->state : "", rule->state ? " " : "", rule->verdict);
}

/**
 * chain_cure - the command that puts rules before all others of a chain
 * @d:		run
 * @c:		chain
 * @rules:	rules; the first one is inserted first
 * @n:		their number, at most CHAIN_RULES
 */
void chain_cure(struct doctor *d, const struct chain *c, const struct chain_rule *rules, size_t n)
{
	char command[CHAIN_COMMAND];
	json_t *commands;
	size_t i, len = 0;

	if (!is_typed(d, c)) {
		commands = json_array();
		for (i = 0; i < n; i++)
			json_array_append_new(commands, rule_json(c, &rules[i]));
		cure_json(d, commands);
		return;
	}
	for (i = 0; i < n && len < sizeof(command); i++) {
		if (i)
			len += snprintf(command + len, sizeof(command) - len, "; ");
		len += rule_text(command + len, sizeof(command) - len, c, &rules[i]);
	}
	/* a shell takes one rule as it is */
	if (n == 1)
		doctor_cure(d, "nft %s", command);
	else
		cure_text(d, "", command);
}

/**
 * chain_cure_delete - the command that deletes a rule
 * @d:		run
 * @c:		chain that it is in
 * @handle:	its handle
 */
void chain_cure_delete(struct doctor *d, const struct chain *c, json_int_t handle)
{
	char text[CHAIN_TEXT];

	if (is_typed(d, c))
		doctor_cure(d, "nft delete rule %s handle %lld", chain_text(text, c),
			    (long long)handle);
	else
		cure_json(d, json_pack("[{s:{s:{s:s, s:s, s:s, s:I}}}]", "delete", "rule",
				       "family", c->family, "table", c->table, "chain", c->name,
				       "handle", handle));
}
