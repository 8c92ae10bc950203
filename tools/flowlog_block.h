/* SPDX-License-Identifier: GPL-2.0 */
/* Which host has which ports, as a log has told of it so far. */
#ifndef NATGWCTL_FLOWLOG_BLOCK_H
#define NATGWCTL_FLOWLOG_BLOCK_H

#include <stdbool.h>
#include <stdint.h>

#include "watch.h"

/**
 * struct fresh_block - ports that the log has not told of yet
 * @block:	they, without their names
 * @gateway:	name
 * @vnet:	name
 */
struct fresh_block {
	struct watched_block block;
	char gateway[NATGW_NAME_MAX + 1];
	char vnet[NATGW_NAME_MAX + 1];
};

/**
 * struct block_table - hosts with blocks of ports
 * @tell:	takes what is new: a block of type ALLOCATED, or FREED with all that it was
 * @data:	for @tell
 * @root:	tree of tsearch(3)
 * @round:	of block_sync_begin()
 * @fresh:	what has been found since
 * @n_fresh:	number of them
 * @room:	for how many @fresh has room
 */
struct block_table {
	watch_block tell;
	void *data;
	void *root;
	unsigned int round;
	struct fresh_block *fresh;
	size_t n_fresh;
	size_t room;
};

void block_allocated(struct block_table *table, const struct watched_block *b);
void block_freed(struct block_table *table, const struct watched_block *b);
bool block_has(const struct block_table *table, const struct watched *w);

void block_sync_begin(struct block_table *table);
void block_sync(struct block_table *table, const struct watched_block *b);
void block_sync_end(struct block_table *table, uint64_t time);

void block_table_tell(const struct block_table *table, uint64_t time);
void block_table_free(struct block_table *table);

#endif /* NATGWCTL_FLOWLOG_BLOCK_H */
