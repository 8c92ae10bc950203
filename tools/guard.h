/* SPDX-License-Identifier: GPL-2.0 */
/* The guard: an nftables table that holds back what could leave untranslated. */
#ifndef NATGWCTL_GUARD_H
#define NATGWCTL_GUARD_H

#include <stdio.h>

#include "ctl.h"

struct items;

/** GUARD_TABLE, GUARD_COUNTER - their names in nftables */
#define GUARD_TABLE	"natgw_guard"
#define GUARD_COUNTER	"held"
/** GUARD_FILE - what it is made from, unless said otherwise */
#define GUARD_FILE	"/etc/natgw/natgw.conf"
/** GUARD_NOTE - longest comment that nftables keeps, with its end */
#define GUARD_NOTE	128
/** GUARD_TEXT - room for the sentence about a guard */
#define GUARD_TEXT	512
/** GUARD_PRIVATE - sources that are held where nothing better is known */
#define GUARD_PRIVATE	"10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16, 100.64.0.0/10"

/** enum guard_list - lists of prefixes */
enum guard_list {
	GUARD_SOURCE,	/* packets from these are held */
	GUARD_INSIDE,	/* unless they go to these */
	GUARD_ALLOWED,	/* or to or from these */
	GUARD_POOL,	/* the router refuses nothing in the name of these */
	GUARD_LISTS,
};

/**
 * struct guard - a guard to be put up
 * @file:	it is made from, for messages
 * @private:	the file is of no use, or names no subnet: all private sources are held
 * @to:		where prefixes are written to, see guard_add()
 * @text:	the prefixes, a comma behind each
 * @len:	bytes of @text
 */
struct guard {
	const char *file;
	bool private;
	FILE *to[GUARD_LISTS];
	char *text[GUARD_LISTS];
	size_t len[GUARD_LISTS];
};

/**
 * struct guard_state - a guard that stands
 * @since:	when it was put up
 * @private:	all private sources are held
 * @file:	it was made from, its end if it is long
 * @packets:	packets held
 * @bytes:	bytes of them
 */
struct guard_state {
	char since[GUARD_NOTE];
	bool private;
	char file[GUARD_NOTE];
	uint64_t packets;
	uint64_t bytes;
};

/* guard.c */
void guard_init(struct guard *guard, const char *file);
void guard_free(struct guard *guard);
bool guard_is_prefix(const char *text);
void guard_add(struct guard *guard, enum guard_list list, const char *prefixes);
bool guard_take(struct guard *guard, const struct items *items);
void guard_take_private(struct guard *guard, bool alone);
int guard_put_up(const struct ctl *ctl, struct guard *guard);
int guard_take_down(const struct ctl *ctl);

/* cmd_guard.c */
int guard_off(struct ctl *ctl, struct nl_error *e);

/* guard_state.c */
bool guard_stands(struct guard_state *state, struct nl_error *e);
bool guard_sentence(char text[GUARD_TEXT]);
void guard_warn(const struct ctl *ctl);

#endif /* NATGWCTL_GUARD_H */
