/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What kmod/lib/buckets.c takes from the kernel, for one thread: what others would do meanwhile is
 * done by buckets_step(), which the test defines, at each point where the module holds no lock.
 * Included by buckets_user.h.
 */
#ifndef NATGW_UNIT_BUCKETS_STEPS_H
#define NATGW_UNIT_BUCKETS_STEPS_H

#include <assert.h>

#define READ_ONCE(x)			(*(volatile __typeof__(x) *)&(x))
#define WRITE_ONCE(x, value)		(*(volatile __typeof__(x) *)&(x) = (value))
#define smp_store_release(p, value)	WRITE_ONCE(*(p), value)
#define smp_load_acquire(p)		READ_ONCE(*(p))
#define smp_rmb()			((void)0)

/* others do something */
void buckets_step(void);

/* the next allocations fail */
extern bool buckets_no_memory;

static inline void *kvcalloc(size_t n, size_t size, gfp_t gfp)
{
	(void)gfp;
	return buckets_no_memory ? NULL : calloc(n, size);
}

static inline void spin_lock(spinlock_t *lock)
{
	assert(!lock->held);
	lock->held = true;
}

static inline void spin_unlock(spinlock_t *lock)
{
	assert(lock->held);
	lock->held = false;
}

static inline void rcu_read_lock(void)
{
}

static inline void rcu_read_unlock(void)
{
	buckets_step();
}

static inline void synchronize_rcu(void)
{
	buckets_step();
}

#endif /* NATGW_UNIT_BUCKETS_STEPS_H */
