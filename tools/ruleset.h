/* SPDX-License-Identifier: GPL-2.0 */
/* What an nftables rule set, as JSON, does to the packets of a subnet. */
#ifndef NATGWCTL_RULESET_H
#define NATGWCTL_RULESET_H

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

/** enum chance - whether a rule applies to the packets that are asked about */
enum chance {
	CHANCE_NO,
	CHANCE_MAYBE,	/* to some of them, or there is something that is not understood */
	CHANCE_YES,	/* to all of them */
};

/**
 * struct rule_side - one end of the packets that are asked about
 * @internet:	any public address; else
 * @addr:	those of this prefix, host byte order
 * @mask:	bits that they share
 */
struct rule_side {
	bool internet;
	uint32_t addr;
	uint32_t mask;
};

/**
 * struct rule_flow - the packets that are asked about
 * @src, @dst:	their ends
 * @iif, @oif:	their devices, NULL: not known
 * @state:	of conntrack: "new", "established", "untracked"
 */
struct rule_flow {
	struct rule_side src;
	struct rule_side dst;
	const char *iif;
	const char *oif;
	const char *state;
};

/**
 * typedef rule_visit - is told of each statement that acts on the packets
 * @data:	of the caller
 * @rule:	it is in
 * @action:	"accept", "drop", "masquerade", "snat", "tproxy", "fwd", ...; of iptables the
 *		name of the target in lower case
 * @args:	its arguments
 * @chance:	whether it applies
 *
 * Return: go on.
 */
typedef bool (*rule_visit)(void *data, const json_t *rule, const char *action, const json_t *args,
			   enum chance chance);

/**
 * enum rule_end - how packets leave a chain
 */
enum rule_end {
	RULE_ON,	/* some reach its end */
	RULE_RETURNED,	/* all go back to where it was called */
	RULE_ENDED,	/* all were accepted or dropped, or the caller does not want more */
};

enum rule_end ruleset_walk(const json_t *rules, const json_t *chain, const struct rule_flow *flow,
			   rule_visit visit, void *data);
const json_t *ruleset_chain(const json_t *rules, size_t *at, const char *hook);
const char *ruleset_word(const json_t *object, const char *key);

#endif /* NATGWCTL_RULESET_H */
