/* SPDX-License-Identifier: GPL-2.0 */
/* Chains of nftables as doctor names them, and the commands that change them. */
#ifndef NATGWCTL_DOCTOR_CHAIN_H
#define NATGWCTL_DOCTOR_CHAIN_H

#include "doctor.h"

/** CHAIN_TEXT - room for the family, table and name of a chain */
#define CHAIN_TEXT	544
/** CHAIN_RULES - most rules that one cure inserts */
#define CHAIN_RULES	2

/**
 * struct chain - what a chain is called
 * @family:	"ip"
 * @table:	name of its table
 * @name:	its own name
 */
struct chain {
	const char *family;
	const char *table;
	const char *name;
};

/**
 * struct chain_rule - a rule that lets packets of a subnet by
 * @field:	address that it looks at, "saddr" or "daddr"
 * @prefix:	that it has to be in, as it is typed
 * @state:	states of conntrack, with commas between them, or NULL: any
 * @verdict:	"accept" or "return"
 */
struct chain_rule {
	const char *field;
	const char *prefix;
	const char *state;
	const char *verdict;
};

struct chain chain_of(const json_t *object);
const char *chain_text(char buf[CHAIN_TEXT], const struct chain *c);
void chain_evidence(struct doctor *d, const struct chain *c, const char *what);
void chain_cure(struct doctor *d, const struct chain *c, const struct chain_rule *rules, size_t n);
void chain_cure_delete(struct doctor *d, const struct chain *c, json_int_t handle);

#endif /* NATGWCTL_DOCTOR_CHAIN_H */
