/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What kmod/lib/buckets.c takes from the kernel, for threads that run at once: locks, barriers, and
 * grace periods that wait for the readers there are. Included by buckets_user.h.
 */
#ifndef NATGW_UNIT_BUCKETS_THREADS_H
#define NATGW_UNIT_BUCKETS_THREADS_H

#include <sched.h>

#define READ_ONCE(x)			__atomic_load_n(&(x), __ATOMIC_RELAXED)
#define WRITE_ONCE(x, value)		__atomic_store_n(&(x), value, __ATOMIC_RELAXED)
#define smp_store_release(p, value)	__atomic_store_n(p, value, __ATOMIC_RELEASE)
#define smp_load_acquire(p)		__atomic_load_n(p, __ATOMIC_ACQUIRE)
#define smp_rmb()			__atomic_thread_fence(__ATOMIC_ACQUIRE)

#define THREADS		7

/* odd while the thread is a reader; each on a cache line of its own */
struct reader {
	unsigned long count;
	char pad[120];
};

extern struct reader readers[THREADS];
extern __thread unsigned int me;

static inline void rcu_read_lock(void)
{
	__atomic_add_fetch(&readers[me].count, 1, __ATOMIC_SEQ_CST);
}

static inline void rcu_read_unlock(void)
{
	__atomic_add_fetch(&readers[me].count, 1, __ATOMIC_SEQ_CST);
}

static inline void synchronize_rcu(void)
{
	unsigned long count;
	unsigned int i;

	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	for (i = 0; i < THREADS; i++) {
		count = __atomic_load_n(&readers[i].count, __ATOMIC_SEQ_CST);
		while (count % 2 && __atomic_load_n(&readers[i].count, __ATOMIC_SEQ_CST) == count)
			sched_yield();
	}
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
}

static inline void *kvcalloc(size_t n, size_t size, gfp_t gfp)
{
	(void)gfp;
	return calloc(n, size);
}

static inline void spin_lock(spinlock_t *lock)
{
	while (__atomic_exchange_n(&lock->held, 1, __ATOMIC_ACQUIRE))
		sched_yield();
}

static inline void spin_unlock(spinlock_t *lock)
{
	__atomic_store_n(&lock->held, 0, __ATOMIC_RELEASE);
}

#endif /* NATGW_UNIT_BUCKETS_THREADS_H */
