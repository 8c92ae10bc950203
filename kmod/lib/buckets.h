/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A hash table that grows and shrinks without moving an entry.
 *
 * All entries are in one list, in the order of their hashes with the bits reversed; a bucket
 * is a place in that list (split-ordered lists, Shalev and Shavit). To double the table, a
 * worker puts a new bucket into the middle of each one that is there. Nothing else changes, so
 * that readers without a lock, insertions and walks go on meanwhile, and the memory of
 * buckets, which come in pieces of powers of two, is used to the last byte. The kernel's
 * rhashtable moves all entries into a new table: a walk then begins again, an insertion may be
 * refused, and what insertions cost is in Documentation/performance.rst.
 *
 * A link with its lowest bit set leads to a bucket, or is the end of the list.
 *
 * Also compiled in userspace, by selftests/unit.
 */
#ifndef _NATGW_LIB_BUCKETS_H
#define _NATGW_LIB_BUCKETS_H

#ifdef __KERNEL__
#include <linux/atomic.h>
#include <linux/bitops.h>
#include <linux/cache.h>
#include <linux/compiler.h>
#include <linux/err.h>
#include <linux/rcupdate.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include <linux/workqueue.h>
#else
#include "buckets_user.h"
#endif

/* buckets of the first piece; also the least that a table has */
#define NATGW_BUCKETS_FIRST	256U
/* pieces: each but the first is as large as all before it */
#define NATGW_BUCKETS_PIECES	20
/* locks of a table; not more than NATGW_BUCKETS_FIRST, so that a bucket and its half share one */
#define NATGW_BUCKETS_LOCKS	32U
/*
 * Entries of a bucket that an insertion passes by at the most. A table that has memory and a
 * worker that runs is far from it: with an entry a bucket on average, one in 10^10 buckets has
 * more than a dozen.
 */
#define NATGW_BUCKETS_CHAIN	128U
/* in @shape: buckets of the next doubling are being put in, or taken out */
#define NATGW_BUCKETS_MOVING	BIT(31)

/** struct natgw_node - an entry's place, or a bucket. @next: link; 0: a bucket not in the list */
struct natgw_node {
	unsigned long next;
};

/** struct natgw_buckets_lock - for the buckets whose numbers end alike */
struct natgw_buckets_lock {
	spinlock_t lock;	/* links of these buckets and of their entries */
} ____cacheline_aligned_in_smp;

/**
 * struct natgw_buckets_ops - of the entries of a table
 * @hash: of an entry. Context: any
 * @is: has the entry this key? RCU read side, or the lock of its bucket
 */
struct natgw_buckets_ops {
	u32 (*hash)(const struct natgw_node *node);
	bool (*is)(const struct natgw_node *node, const void *key);
};

/**
 * struct natgw_buckets - a hash table
 * @shape: number of buckets less 1, and NATGW_BUCKETS_MOVING
 * @piece: less the number of its first bucket, so that a bucket's number leads to it
 * @memory: the pieces themselves
 * @lock: NATGW_BUCKETS_LOCKS
 * @ops: of its entries
 * @least: as @shape, the smallest
 * @work: makes it larger or smaller
 * @n: entries; in a cache line of its own, for each insertion writes it, and each packet reads
 *	what is above
 */
struct natgw_buckets {
	u32 shape;
	struct natgw_node *piece[NATGW_BUCKETS_PIECES];
	struct natgw_node *memory[NATGW_BUCKETS_PIECES];
	struct natgw_buckets_lock *lock;
	const struct natgw_buckets_ops *ops;
	u32 least;
	struct delayed_work work;
	atomic_t n ____cacheline_aligned_in_smp;
};

/** NATGW_BUCKETS_COST - bytes of an empty table that has at least so many buckets */
#define NATGW_BUCKETS_COST(least)	(NATGW_BUCKETS_LOCKS * sizeof(struct natgw_buckets_lock) + \
					 (least) * sizeof(struct natgw_node))

/**
 * natgw_buckets_init - an empty table
 * @least: buckets that it has at the least, a power of two from NATGW_BUCKETS_FIRST on
 * @hint: entries that are expected; 0: none
 *
 * Return: 0 or -ENOMEM.
 */
int natgw_buckets_init(struct natgw_buckets *buckets, const struct natgw_buckets_ops *ops,
		       u32 least, u32 hint);

/**
 * natgw_buckets_destroy - nobody uses the table any more
 * @end: called for each entry that is left, may free it
 */
void natgw_buckets_destroy(struct natgw_buckets *buckets,
			   void (*end)(struct natgw_node *node, void *data), void *data);

/** natgw_buckets_bytes - memory of the buckets and of the entries, of so many bytes each */
u64 natgw_buckets_bytes(const struct natgw_buckets *buckets, size_t entry);

/* the number of entries asks for another number of buckets: has the worker look. Context: any */
void natgw_buckets_resize(struct natgw_buckets *buckets);

/** natgw_buckets_count - number of entries */
static inline u32 natgw_buckets_count(const struct natgw_buckets *buckets)
{
	return atomic_read(&buckets->n);
}

/** natgw_buckets_is_link - does a link lead to a bucket, or nowhere, rather than to an entry? */
static inline bool natgw_buckets_is_link(unsigned long link)
{
	return link & 1;
}

/* the bucket of a number */
static inline struct natgw_node *natgw_bucket(const struct natgw_buckets *buckets, u32 number)
{
	return READ_ONCE(buckets->piece[fls(number / NATGW_BUCKETS_FIRST)]) + number;
}

/* the bucket of a hash while buckets are put in or taken out */
struct natgw_node *natgw_buckets_moving(const struct natgw_buckets *buckets, u32 hash);

/* the bucket of a hash. Context: RCU read side */
static inline struct natgw_node *natgw_buckets_of(const struct natgw_buckets *buckets, u32 hash)
{
	/* pairs with the release in grow(): the piece is there. fls() orders nothing */
	u32 shape = smp_load_acquire(&buckets->shape);

	if (unlikely(shape & NATGW_BUCKETS_MOVING))
		return natgw_buckets_moving(buckets, hash);
	return natgw_bucket(buckets, hash & shape);
}

/* does the one hash come before the other? By the lowest bit in which they differ */
static inline bool natgw_buckets_before(u32 hash, u32 other)
{
	u32 differ = hash ^ other;

	return other & differ & -differ;
}

static inline spinlock_t *natgw_buckets_lock(const struct natgw_buckets *buckets, u32 hash)
{
	return &buckets->lock[hash % NATGW_BUCKETS_LOCKS].lock;
}

/**
 * natgw_buckets_find - entry of a key
 * @ops: of the table, here known to the compiler
 * @hash: of @key
 *
 * Context: RCU read side. Return: the entry or NULL.
 */
static __always_inline struct natgw_node *
natgw_buckets_find(const struct natgw_buckets *buckets, const struct natgw_buckets_ops *ops,
		   u32 hash, const void *key)
{
	struct natgw_node *bucket = natgw_buckets_of(buckets, hash), *start, *node;
	unsigned long link;

	do {
		start = bucket;
		/* 0: taken out of the list just now */
		link = READ_ONCE(start->next) ?: 1;
		for (; !natgw_buckets_is_link(link); link = READ_ONCE(node->next)) {
			node = (struct natgw_node *)link;
			if (ops->is(node, key))
				return node;
		}
		/*
		 * What ended this search may be a new bucket, which has the entry now. Pairs
		 * with the release that links it.
		 */
		smp_rmb();
		bucket = natgw_buckets_of(buckets, hash);
	} while (unlikely(bucket != start));
	return NULL;
}

/** enum natgw_buckets_tried - what natgw_buckets_try() says */
enum natgw_buckets_tried {
	NATGW_FOUND,
	NATGW_FOUND_NONE,
	NATGW_FOUND_UNKNOWN,	/* ask natgw_buckets_find(): the table is changing */
};

/**
 * natgw_buckets_try - natgw_buckets_find() without a call, as long as the table does not change
 * @is: as in struct natgw_buckets_ops, here known to the compiler
 * @hash: of @key
 * @node: result
 *
 * So its caller needs no registers that survive one.
 *
 * Context: RCU read side.
 */
static __always_inline enum natgw_buckets_tried
natgw_buckets_try(const struct natgw_buckets *buckets,
		  bool (*is)(const struct natgw_node *node, const void *key), u32 hash,
		  const void *key, struct natgw_node **node)
{
	u32 shape = smp_load_acquire(&buckets->shape);	/* as natgw_buckets_of() */
	unsigned long link;

	if (unlikely(shape & NATGW_BUCKETS_MOVING))
		return NATGW_FOUND_UNKNOWN;
	link = READ_ONCE(natgw_bucket(buckets, hash & shape)->next);
	while (likely(!natgw_buckets_is_link(link))) {
		*node = (struct natgw_node *)link;
		if (likely(is(*node, key)))
			return NATGW_FOUND;
		link = READ_ONCE((*node)->next);
	}
	/* as natgw_buckets_find(): what ended the search may be a new bucket */
	smp_rmb();
	return unlikely(READ_ONCE(buckets->shape) != shape) ? NATGW_FOUND_UNKNOWN :
							      NATGW_FOUND_NONE;
}

/**
 * natgw_buckets_insert - put an entry in, unless there is one of its key
 * @node: the entry; one that was taken out may come again after a grace period only
 * @ops: of the table, here known to the compiler
 * @hash: of @node
 * @key: of @node
 *
 * Context: RCU read side, BH off. Return: NULL, the entry that is there, or an error pointer:
 * the table could not grow for long, and its buckets are too long for softirq.
 */
static __always_inline struct natgw_node *
natgw_buckets_insert(struct natgw_buckets *buckets, struct natgw_node *node,
		     const struct natgw_buckets_ops *ops, u32 hash, const void *key)
{
	spinlock_t *lock = natgw_buckets_lock(buckets, hash);
	struct natgw_node *before, *other;
	u32 theirs, n, passed = 0;
	unsigned long link;

	spin_lock(lock);
	before = natgw_buckets_of(buckets, hash);
	for (link = before->next; !natgw_buckets_is_link(link); link = before->next) {
		other = (struct natgw_node *)link;
		theirs = ops->hash(other);
		if (theirs == hash) {
			if (ops->is(other, key)) {
				spin_unlock(lock);
				return other;
			}
		} else if (!natgw_buckets_before(theirs, hash)) {
			break;
		}
		if (unlikely(++passed > NATGW_BUCKETS_CHAIN)) {
			spin_unlock(lock);
			natgw_buckets_resize(buckets);
			return ERR_PTR(-EBUSY);
		}
		before = other;
	}
	node->next = link;
	/* counted before it can be found: who finds an entry does not read that there is none */
	n = atomic_inc_return(&buckets->n);
	/* readers who find it find all of it */
	smp_store_release(&before->next, (unsigned long)node);
	spin_unlock(lock);
	/* never while they move: then the shape is larger than any number */
	if (unlikely(n > READ_ONCE(buckets->shape)))
		natgw_buckets_resize(buckets);
	return NULL;
}

/**
 * natgw_buckets_remove - take an entry out; readers may hold it for a grace period
 * @hash: of @node
 *
 * Context: RCU read side, any context. Return: it was there.
 */
bool natgw_buckets_remove(struct natgw_buckets *buckets, struct natgw_node *node, u32 hash);

/**
 * natgw_buckets_replace - another entry of the same key takes the place of one
 *
 * Context and return: as natgw_buckets_remove(), of @old.
 */
bool natgw_buckets_replace(struct natgw_buckets *buckets, struct natgw_node *old,
			   struct natgw_node *new, u32 hash);

/**
 * struct natgw_buckets_iter - a walk over a table
 * @buckets: table
 * @ahead: link to what comes; 0: is to be found by the hash
 * @hash: of the entry shown last
 * @shown: how many of that hash were shown
 * @skip: of them, those that are still to be passed by, after a pause
 * @begun: an entry was shown
 */
struct natgw_buckets_iter {
	struct natgw_buckets *buckets;
	unsigned long ahead;
	u32 hash;
	u32 shown;
	u32 skip;
	bool begun;
};

/** natgw_buckets_walk - begin a walk. Context: any */
void natgw_buckets_walk(struct natgw_buckets *buckets, struct natgw_buckets_iter *iter);

/**
 * natgw_buckets_next - the next entry of a walk
 *
 * Shows each entry that is there from begin to end once, whatever happens to the size of the
 * table. The one exception is in natgw_buckets_may_pause().
 *
 * Context: RCU read side. Return: the entry; NULL: that was all.
 */
struct natgw_node *natgw_buckets_next(struct natgw_buckets_iter *iter);

/** natgw_buckets_again - the entry that was shown last is to come once more */
void natgw_buckets_again(struct natgw_buckets_iter *iter);

/** natgw_buckets_pause - the RCU read side ends before the next entry. Context: any */
void natgw_buckets_pause(struct natgw_buckets_iter *iter);

/**
 * natgw_buckets_may_pause - has the entry that follows another hash than the last one?
 *
 * A walk that pauses counts the entries of a hash that it has shown. If one of them goes
 * meanwhile, the walk passes by one that it has not shown. So a walk that must miss none pauses
 * between two hashes. Context: RCU read side, before natgw_buckets_pause().
 */
bool natgw_buckets_may_pause(const struct natgw_buckets_iter *iter);

#endif
