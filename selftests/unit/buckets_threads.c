// SPDX-License-Identifier: GPL-2.0
/*
 * kmod/lib/buckets.c under threads that run at once: three fill and empty the table, again and
 * again, so that a worker has it grow and shrink; two look for entries that stay; one walks.
 */
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <time.h>
#include "buckets_user.h"
#include "ktap.h"
#include "lib/buckets.h"

#define SECONDS		2
#define WRITERS		3
/* entries that stay, and entries of each writer */
#define STAY		1000U
#define OWN		10000U
/* entries that wait for a grace period */
#define GONE		1024U

struct entry {
	struct natgw_node node;
	u32 hash;
	u32 key;
	u32 shown;
};

struct reader readers[THREADS];
__thread unsigned int me;

static struct natgw_buckets table;
static struct entry stay[STAY];
static pthread_barrier_t writers;
static int writers_end, others_end, last_round;

/* what must be 0, and what must not */
static unsigned long lost, missed, twice;
static unsigned long resized, walks, looks;

static struct entry *entry_of(const struct natgw_node *node)
{
	return container_of(node, struct entry, node);
}

static u32 entry_hash(const struct natgw_node *node)
{
	return entry_of(node)->hash;
}

static bool entry_is(const struct natgw_node *node, const void *key)
{
	return entry_of(node)->key == *(const u32 *)key;
}

static const struct natgw_buckets_ops ops = {
	.hash = entry_hash,
	.is = entry_is,
};

static void entry_init(struct entry *entry, u32 key)
{
	entry->key = key;
	/* some share theirs */
	entry->hash = key / 2 * 2654435769U;
	entry->hash = (entry->hash ^ entry->hash >> 15) * 0x85ebca6bU;
}

static void count(unsigned long *counter)
{
	__atomic_add_fetch(counter, 1, __ATOMIC_RELAXED);
}

static bool over(const int *flag)
{
	return __atomic_load_n(flag, __ATOMIC_SEQ_CST);
}

static bool is_found(const struct entry *entry)
{
	return natgw_buckets_find(&table, &ops, entry->hash, &entry->key) == &entry->node;
}

/* On a busy machine the worker may be late. What is refused meanwhile is tried again. */
static struct entry *put_in(u32 key)
{
	struct entry *entry = malloc(sizeof(*entry));
	struct natgw_node *other;

	entry_init(entry, key);
	do {
		rcu_read_lock();
		other = natgw_buckets_insert(&table, &entry->node, &ops, entry->hash, &key);
		if (!other && !is_found(entry))
			count(&lost);
		rcu_read_unlock();
	} while (other == ERR_PTR(-EBUSY) && !sched_yield());
	if (other)
		count(&lost);
	return entry;
}

static void take_out(struct entry *entry)
{
	rcu_read_lock();
	if (!natgw_buckets_remove(&table, &entry->node, entry->hash))
		count(&lost);
	rcu_read_unlock();
}

static void free_gone(struct entry **gone, u32 *n)
{
	synchronize_rcu();
	while (*n)
		free(gone[--*n]);
}

static void *write_all(void *number)
{
	struct entry *own[OWN] = { NULL }, *gone[GONE];
	u32 i, n_gone = 0;

	me = (uintptr_t)number;
	do {
		for (i = 0; i < OWN; i++)
			own[i] = put_in(STAY + me * OWN + i);
		pthread_barrier_wait(&writers);
		for (i = 0; i < OWN; i++) {
			take_out(own[i]);
			gone[n_gone++] = own[i];
			if (n_gone == GONE)
				free_gone(gone, &n_gone);
		}
		/* one says for all */
		if (!me)
			last_round = over(&writers_end);
		pthread_barrier_wait(&writers);
	} while (!last_round);
	free_gone(gone, &n_gone);
	return NULL;
}

static void *look_all(void *number)
{
	unsigned int seed, i;

	me = (uintptr_t)number;
	seed = me;
	while (!over(&others_end)) {
		rcu_read_lock();
		for (i = 0; i < 100; i++)
			if (!is_found(&stay[(u32)rand_r(&seed) % STAY]))
				count(&lost);
		rcu_read_unlock();
		count(&looks);
	}
	return NULL;
}

static void walk_once(unsigned int *seed)
{
	struct natgw_buckets_iter iter;
	struct natgw_node *node;

	natgw_buckets_walk(&table, &iter);
	rcu_read_lock();
	while ((node = natgw_buckets_next(&iter))) {
		if (entry_of(node)->key < STAY)
			entry_of(node)->shown++;
		if (rand_r(seed) % 64 || !natgw_buckets_may_pause(&iter))
			continue;
		natgw_buckets_pause(&iter);
		rcu_read_unlock();
		rcu_read_lock();
	}
	rcu_read_unlock();
}

static void *walk_all(void *number)
{
	unsigned int seed = 1;
	u32 i;

	me = (uintptr_t)number;
	while (!over(&others_end)) {
		walk_once(&seed);
		for (i = 0; i < STAY; i++) {
			missed += !stay[i].shown;
			twice += stay[i].shown > 1;
			stay[i].shown = 0;
		}
		count(&walks);
	}
	return NULL;
}

static void *work_all(void *number)
{
	u32 shape;

	me = (uintptr_t)number;
	while (!over(&others_end)) {
		if (!cancel_delayed_work_sync(&table.work)) {
			sched_yield();
			continue;
		}
		shape = table.shape;
		table.work.run(&table.work.work);
		resized += table.shape != shape;
	}
	return NULL;
}

static void all_at_once(void)
{
	void *(*const others[])(void *number) = { work_all, walk_all, look_all, look_all };
	struct timespec pause = { .tv_sec = SECONDS };
	pthread_t thread[THREADS];
	uintptr_t i;

	EXPECT_INT(natgw_buckets_init(&table, &ops, NATGW_BUCKETS_FIRST, 0), 0);
	for (i = 0; i < STAY; i++) {
		entry_init(&stay[i], i);
		natgw_buckets_insert(&table, &stay[i].node, &ops, stay[i].hash, &stay[i].key);
	}
	pthread_barrier_init(&writers, NULL, WRITERS);
	/* the worker before the writers, whose first entries are refused without it */
	for (i = THREADS; i-- > 0;)
		pthread_create(&thread[i], NULL, i < WRITERS ? write_all : others[i - WRITERS],
			       (void *)i);
	nanosleep(&pause, NULL);
	__atomic_store_n(&writers_end, 1, __ATOMIC_SEQ_CST);
	for (i = 0; i < WRITERS; i++)
		pthread_join(thread[i], NULL);
	__atomic_store_n(&others_end, 1, __ATOMIC_SEQ_CST);
	for (; i < THREADS; i++)
		pthread_join(thread[i], NULL);
	printf("# resized %lu times, %lu walks, %lu looks\n", resized, walks, looks);
	EXPECT_INT(lost, 0);
	EXPECT_INT(missed, 0);
	EXPECT_INT(twice, 0);
	EXPECT(walks && looks);
	EXPECT(resized > 1);
	EXPECT_INT(natgw_buckets_count(&table), STAY);
	natgw_buckets_destroy(&table, NULL, NULL);
}

static const struct ktap_test tests[] = {
	KTAP_TEST(all_at_once),
};

int main(void)
{
	return ktap_run(tests, sizeof(tests) / sizeof(tests[0]));
}
