/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What kmod/lib/buckets.c takes from the kernel, for userspace. One thread: what others would do
 * meanwhile is done by buckets_step(), which the test defines, at each point where the module
 * holds no lock.
 */
#ifndef NATGW_UNIT_BUCKETS_USER_H
#define NATGW_UNIT_BUCKETS_USER_H

#ifdef BUCKETS_THREADS
#include "buckets_threads.h"
#else

#include <assert.h>
#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

typedef uint32_t u32;
typedef uint64_t u64;
typedef int gfp_t;

#define BIT(n)				(1U << (n))
#define READ_ONCE(x)			(*(volatile __typeof__(x) *)&(x))
#define WRITE_ONCE(x, value)		(*(volatile __typeof__(x) *)&(x) = (value))
#define smp_store_release(p, value)	WRITE_ONCE(*(p), value)
#define smp_load_acquire(p)		READ_ONCE(*(p))
#define smp_rmb()			((void)0)
#define likely(x)			(x)
#define unlikely(x)			(x)
#undef __always_inline
#define __always_inline			inline
#define ____cacheline_aligned_in_smp
#define GFP_KERNEL			0
#define GFP_KERNEL_ACCOUNT		0
#define __GFP_NOWARN			0
#define HZ				250
#define system_unbound_wq		0
#define max_t(type, a, b)		((type)(a) > (type)(b) ? (type)(a) : (type)(b))
#define ERR_PTR(error)			((void *)(intptr_t)(error))
#define IS_ERR(p)			((uintptr_t)(p) > (uintptr_t)-4096)
#define container_of(p, type, member)	((type *)((char *)(p) - offsetof(type, member)))

typedef struct {
	int n;
} atomic_t;

struct work_struct {
	int unused;
};

struct delayed_work {
	struct work_struct work;
	void (*run)(struct work_struct *work);
	bool pending;
};

typedef struct {
	bool held;
} spinlock_t;

/* others do something */
void buckets_step(void);

/* the next allocations fail */
extern bool buckets_no_memory;

static inline void *kvcalloc(size_t n, size_t size, gfp_t gfp)
{
	(void)gfp;
	return buckets_no_memory ? NULL : calloc(n, size);
}

static inline void kvfree(void *memory)
{
	free(memory);
}

static inline int atomic_read(const atomic_t *v)
{
	return v->n;
}

static inline int atomic_inc_return(atomic_t *v)
{
	return ++v->n;
}

static inline int atomic_dec_return(atomic_t *v)
{
	return --v->n;
}

static inline void spin_lock_init(spinlock_t *lock)
{
	lock->held = false;
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

#define spin_lock_bh	spin_lock
#define spin_unlock_bh	spin_unlock

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

static inline void cond_resched(void)
{
}

static inline struct delayed_work *to_delayed_work(struct work_struct *work)
{
	return container_of(work, struct delayed_work, work);
}

static inline void init_delayed_work(struct delayed_work *work,
				     void (*run)(struct work_struct *work))
{
	work->run = run;
	work->pending = false;
}

#define INIT_DELAYED_WORK(work, run)	init_delayed_work(work, run)

static inline bool queue_delayed_work(int queue, struct delayed_work *work, unsigned long delay)
{
	(void)queue;
	(void)delay;
	work->pending = true;
	return true;
}

static inline bool cancel_delayed_work_sync(struct delayed_work *work)
{
	work->pending = false;
	return true;
}

/* number of the highest bit from 1 on, 0 for none */
static inline int fls(u32 n)
{
	return n ? 32 - __builtin_clz(n) : 0;
}

static inline u32 roundup_pow_of_two(u32 n)
{
	return n > 1 ? 1U << fls(n - 1) : 1;
}

#endif /* BUCKETS_THREADS */
#endif /* NATGW_UNIT_BUCKETS_USER_H */
