/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What kmod/lib/buckets.c takes from the kernel, for userspace: what is the same for one thread
 * (buckets_steps.h) and, with BUCKETS_THREADS, for several (buckets_threads.h).
 */
#ifndef NATGW_UNIT_BUCKETS_USER_H
#define NATGW_UNIT_BUCKETS_USER_H

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
	int pending;
};

typedef struct {
	int held;
} spinlock_t;

#ifdef BUCKETS_THREADS
#include "buckets_threads.h"
#else
#include "buckets_steps.h"
#endif

static inline void kvfree(void *memory)
{
	free(memory);
}

static inline int atomic_read(const atomic_t *v)
{
	return __atomic_load_n(&v->n, __ATOMIC_RELAXED);
}

static inline int atomic_inc_return(atomic_t *v)
{
	return __atomic_add_fetch(&v->n, 1, __ATOMIC_SEQ_CST);
}

static inline int atomic_dec_return(atomic_t *v)
{
	return __atomic_sub_fetch(&v->n, 1, __ATOMIC_SEQ_CST);
}

static inline void spin_lock_init(spinlock_t *lock)
{
	lock->held = 0;
}

#define spin_lock_bh	spin_lock
#define spin_unlock_bh	spin_unlock

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
	work->pending = 0;
}

#define INIT_DELAYED_WORK(work, run)	init_delayed_work(work, run)

static inline bool queue_delayed_work(int queue, struct delayed_work *work, unsigned long delay)
{
	(void)queue;
	(void)delay;
	__atomic_store_n(&work->pending, 1, __ATOMIC_SEQ_CST);
	return true;
}

static inline bool cancel_delayed_work_sync(struct delayed_work *work)
{
	return __atomic_exchange_n(&work->pending, 0, __ATOMIC_SEQ_CST);
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

#endif /* NATGW_UNIT_BUCKETS_USER_H */
