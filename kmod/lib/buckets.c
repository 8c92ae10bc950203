// SPDX-License-Identifier: GPL-2.0
/*
 * Owns hash tables that grow and shrink without moving an entry, also for the unit tests: their
 * size, and walks over them. Called by who has such a table; what packets do with one is in
 * buckets.h.
 *
 * The size changes in steps, one bucket after the other, while all else goes on. For a larger
 * table: set MOVING, put each new bucket into the list under its lock, then publish the new
 * shape. For a smaller one: publish the smaller shape with MOVING, wait for those who have seen
 * the larger one, take the buckets out, clear MOVING, wait again, and free them. While MOVING is
 * set, a hash belongs to the new bucket if that is in the list, and else to the one before it.
 */
#include "lib/buckets.h"
#ifdef __KERNEL__
#include <linux/log2.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/string.h>
#endif

/* link behind the last entry */
#define END		1UL
/* after a piece that there was no memory for */
#define RETRY		HZ
#define SHAPE_MOST	((NATGW_BUCKETS_FIRST << (NATGW_BUCKETS_PIECES - 1)) - 1)

static unsigned long link_to(struct natgw_node *bucket)
{
	return (unsigned long)bucket | 1;
}

static struct natgw_node *linked_bucket(unsigned long link)
{
	return (struct natgw_node *)(link & ~1UL);
}

struct natgw_node *natgw_buckets_moving(const struct natgw_buckets *buckets, u32 hash)
{
	u32 shape = smp_load_acquire(&buckets->shape);	/* as natgw_buckets_of() */
	struct natgw_node *half;

	if (shape & NATGW_BUCKETS_MOVING) {
		shape &= ~NATGW_BUCKETS_MOVING;
		half = natgw_bucket(buckets, hash & (2 * shape + 1));
		/* pairs with link_bucket() and unlink_bucket() */
		if (smp_load_acquire(&half->next))
			return half;
	}
	return natgw_bucket(buckets, hash & shape);
}

/* memory for as many buckets again, or for the first ones */
static bool add_piece(struct natgw_buckets *buckets, unsigned int piece, gfp_t gfp)
{
	u32 first = piece ? NATGW_BUCKETS_FIRST << (piece - 1) : 0;
	struct natgw_node *memory;

	memory = kvcalloc(first ?: NATGW_BUCKETS_FIRST, sizeof(*memory), gfp);
	if (!memory)
		return false;
	buckets->memory[piece] = memory;
	WRITE_ONCE(buckets->piece[piece], memory - first);
	return true;
}

/* The entries of its first half stay where they are; those of the other half are behind it */
static void link_bucket(struct natgw_buckets *buckets, u32 number, u32 size)
{
	struct natgw_node *before = natgw_bucket(buckets, number - size);
	struct natgw_node *bucket = natgw_bucket(buckets, number);
	unsigned long link;

	for (link = before->next; !natgw_buckets_is_link(link); link = before->next) {
		if (buckets->ops->hash((struct natgw_node *)link) & size)
			break;
		before = (struct natgw_node *)link;
	}
	WRITE_ONCE(bucket->next, link);
	/* who sees the bucket sees that a shape was published before it */
	smp_store_release(&before->next, link_to(bucket));
}

static void unlink_bucket(struct natgw_buckets *buckets, u32 number, u32 size)
{
	struct natgw_node *before = natgw_bucket(buckets, number - size);
	struct natgw_node *bucket = natgw_bucket(buckets, number);

	while (before->next != link_to(bucket))
		before = (struct natgw_node *)before->next;
	WRITE_ONCE(before->next, bucket->next);
	/* who sees that it is out sees where its entries are */
	smp_store_release(&bucket->next, 0);
}

static void each_half(struct natgw_buckets *buckets, u32 size,
		      void (*each)(struct natgw_buckets *buckets, u32 number, u32 size))
{
	u32 number;

	for (number = size; number < 2 * size; number++) {
		spinlock_t *lock = natgw_buckets_lock(buckets, number);

		rcu_read_lock();
		spin_lock_bh(lock);
		each(buckets, number, size);
		spin_unlock_bh(lock);
		rcu_read_unlock();
		if (!(number % 64))
			cond_resched();
	}
}

static bool grow(struct natgw_buckets *buckets)
{
	u32 size = buckets->shape + 1;

	if (!add_piece(buckets, fls(size / NATGW_BUCKETS_FIRST), GFP_KERNEL | __GFP_NOWARN))
		return false;
	/* who sees the shape sees the piece, whose buckets are not in the list yet */
	smp_store_release(&buckets->shape, (size - 1) | NATGW_BUCKETS_MOVING);
	each_half(buckets, size, link_bucket);
	/* and here, that they are */
	smp_store_release(&buckets->shape, 2 * size - 1);
	return true;
}

static void shrink(struct natgw_buckets *buckets)
{
	u32 size = (buckets->shape + 1) / 2;
	unsigned int piece = fls(size / NATGW_BUCKETS_FIRST);

	/* from here on a bucket that goes is asked whether it is still in the list */
	smp_store_release(&buckets->shape, (size - 1) | NATGW_BUCKETS_MOVING);
	synchronize_rcu();
	each_half(buckets, size, unlink_bucket);
	/* and here, that none is: nobody looks at them after a grace period */
	smp_store_release(&buckets->shape, size - 1);
	synchronize_rcu();
	kvfree(buckets->memory[piece]);
	buckets->memory[piece] = NULL;
}

/* one entry a bucket at the most, on average, and one of four buckets at the least */
static bool is_crowded(const struct natgw_buckets *buckets)
{
	return natgw_buckets_count(buckets) > buckets->shape && buckets->shape < SHAPE_MOST;
}

static bool is_empty(const struct natgw_buckets *buckets)
{
	return buckets->shape > buckets->least &&
	       natgw_buckets_count(buckets) < buckets->shape / 4;
}

static void resize_work(struct work_struct *work)
{
	struct natgw_buckets *buckets = container_of(to_delayed_work(work), struct natgw_buckets,
						     work);

	while (is_crowded(buckets)) {
		if (!grow(buckets)) {
			queue_delayed_work(system_unbound_wq, &buckets->work, RETRY);
			return;
		}
	}
	while (is_empty(buckets))
		shrink(buckets);
}

void natgw_buckets_resize(struct natgw_buckets *buckets)
{
	queue_delayed_work(system_unbound_wq, &buckets->work, 0);
}

static bool removed(struct natgw_buckets *buckets, struct natgw_node *node, u32 hash,
		    struct natgw_node *instead)
{
	spinlock_t *lock = natgw_buckets_lock(buckets, hash);
	struct natgw_node *before;
	bool found;

	spin_lock_bh(lock);
	before = natgw_buckets_of(buckets, hash);
	while (before->next != (unsigned long)node && !natgw_buckets_is_link(before->next))
		before = (struct natgw_node *)before->next;
	found = before->next == (unsigned long)node;
	if (found && instead) {
		instead->next = node->next;
		/* readers who find it find all of it */
		smp_store_release(&before->next, (unsigned long)instead);
	} else if (found) {
		WRITE_ONCE(before->next, node->next);
	}
	spin_unlock_bh(lock);
	return found;
}

bool natgw_buckets_replace(struct natgw_buckets *buckets, struct natgw_node *old,
			   struct natgw_node *new, u32 hash)
{
	return removed(buckets, old, hash, new);
}

bool natgw_buckets_remove(struct natgw_buckets *buckets, struct natgw_node *node, u32 hash)
{
	u32 shape = READ_ONCE(buckets->shape);

	if (!removed(buckets, node, hash, NULL))
		return false;
	if (unlikely(atomic_dec_return(&buckets->n) < (int)(shape / 4)) &&
	    shape > buckets->least && !(shape & NATGW_BUCKETS_MOVING))
		natgw_buckets_resize(buckets);
	return true;
}

u64 natgw_buckets_bytes(const struct natgw_buckets *buckets, size_t entry)
{
	u32 shape = READ_ONCE(buckets->shape) & ~NATGW_BUCKETS_MOVING;

	return NATGW_BUCKETS_LOCKS * sizeof(*buckets->lock) +
	       ((u64)shape + 1) * sizeof(struct natgw_node) +
	       (u64)natgw_buckets_count(buckets) * entry;
}

static void free_memory(struct natgw_buckets *buckets)
{
	unsigned int i;

	for (i = 0; i < NATGW_BUCKETS_PIECES; i++)
		kvfree(buckets->memory[i]);
	kvfree(buckets->lock);
}

/* each bucket behind the half of itself, as grow() does; nobody else is there */
static bool first_buckets(struct natgw_buckets *buckets, u32 n)
{
	u32 piece, number, pieces = fls((n - 1) / NATGW_BUCKETS_FIRST) + 1;

	for (piece = 0; piece < pieces; piece++)
		if (!add_piece(buckets, piece, GFP_KERNEL_ACCOUNT))
			return false;
	natgw_bucket(buckets, 0)->next = END;
	for (number = 1; number < n; number++)
		link_bucket(buckets, number, BIT(fls(number) - 1));
	buckets->shape = n - 1;
	return true;
}

int natgw_buckets_init(struct natgw_buckets *buckets, const struct natgw_buckets_ops *ops,
		       u32 least, u32 hint)
{
	unsigned int i;

	memset(buckets, 0, sizeof(*buckets));
	buckets->ops = ops;
	buckets->least = least - 1;
	buckets->lock = kvcalloc(NATGW_BUCKETS_LOCKS, sizeof(*buckets->lock), GFP_KERNEL_ACCOUNT);
	if (!buckets->lock ||
	    !first_buckets(buckets, max_t(u32, least, hint ? roundup_pow_of_two(hint) : 0))) {
		free_memory(buckets);
		return -ENOMEM;
	}
	for (i = 0; i < NATGW_BUCKETS_LOCKS; i++)
		spin_lock_init(&buckets->lock[i].lock);
	INIT_DELAYED_WORK(&buckets->work, resize_work);
	return 0;
}

void natgw_buckets_destroy(struct natgw_buckets *buckets,
			   void (*end)(struct natgw_node *node, void *data), void *data)
{
	unsigned long link, next;
	u32 n = 0;

	cancel_delayed_work_sync(&buckets->work);
	link = end ? natgw_bucket(buckets, 0)->next : END;
	for (; link != END; link = next) {
		next = linked_bucket(link)->next;
		if (!natgw_buckets_is_link(link))
			end((struct natgw_node *)link, data);
		if (!(++n % 1024))
			cond_resched();
	}
	free_memory(buckets);
}

void natgw_buckets_walk(struct natgw_buckets *buckets, struct natgw_buckets_iter *iter)
{
	*iter = (struct natgw_buckets_iter) { .buckets = buckets };
}

/* where the walk goes on; what it has shown already may follow */
static unsigned long reenter(struct natgw_buckets_iter *iter)
{
	const struct natgw_buckets *buckets = iter->buckets;
	unsigned long link;

	iter->skip = iter->shown;
	do {
		/* 0: this bucket has been taken out since */
		link = READ_ONCE(natgw_buckets_of(buckets, iter->begun ? iter->hash : 0)->next);
	} while (!link);
	return link;
}

/* was an entry of this hash shown before? */
static bool was_shown(struct natgw_buckets_iter *iter, u32 hash)
{
	if (!iter->begun)
		return false;
	if (hash != iter->hash)
		return natgw_buckets_before(hash, iter->hash);
	if (!iter->skip)
		return false;
	iter->skip--;
	return true;
}

struct natgw_node *natgw_buckets_next(struct natgw_buckets_iter *iter)
{
	unsigned long link = iter->ahead ?: reenter(iter);
	struct natgw_node *node;
	u32 hash;

	for (; link != END; link = READ_ONCE(node->next) ?: reenter(iter)) {
		node = linked_bucket(link);
		if (natgw_buckets_is_link(link))
			continue;
		hash = iter->buckets->ops->hash(node);
		if (was_shown(iter, hash))
			continue;
		if (!iter->begun || hash != iter->hash) {
			iter->shown = 0;
			iter->skip = 0;
		}
		iter->shown++;
		iter->hash = hash;
		iter->begun = true;
		iter->ahead = READ_ONCE(node->next);
		return node;
	}
	iter->ahead = END;
	return NULL;
}

void natgw_buckets_again(struct natgw_buckets_iter *iter)
{
	iter->shown--;
	iter->ahead = 0;
}

void natgw_buckets_pause(struct natgw_buckets_iter *iter)
{
	if (iter->ahead != END)
		iter->ahead = 0;
}

bool natgw_buckets_may_pause(const struct natgw_buckets_iter *iter)
{
	if (!iter->begun || natgw_buckets_is_link(iter->ahead))
		return true;
	return iter->ahead &&
	       iter->buckets->ops->hash((struct natgw_node *)iter->ahead) != iter->hash;
}
