// SPDX-License-Identifier: GPL-2.0
/*
 * kmod/lib/buckets.c against an array, with changes and walks at each step of growing and
 * shrinking.
 */
#include <stdlib.h>
#include "ktap.h"
#include "lib/buckets.h"

#define MOST	6000U

/* an entry: its place in @entries is its key */
struct entry {
	struct natgw_node node;
	u32 hash;
	bool in;
	u32 shown;
	bool stays;
	bool gone;
};

static struct entry entries[MOST];
static struct natgw_buckets table;
static u32 count;

/* what buckets_step() does */
static u32 changes;
static bool walking;
static struct natgw_buckets_iter iter;

bool buckets_no_memory;

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
	return entry_of(node) - entries == *(const u32 *)key;
}

static const struct natgw_buckets_ops ops = {
	.hash = entry_hash,
	.is = entry_is,
};

static u32 any(void)
{
	return (u32)random() << 16 ^ (u32)random();
}

static struct natgw_node *find(u32 i)
{
	return natgw_buckets_find(&table, &ops, entries[i].hash, &i);
}

static void insert(u32 i)
{
	struct natgw_node *there;

	there = natgw_buckets_insert(&table, &entries[i].node, &ops, entries[i].hash, &i);
	EXPECT(there == (entries[i].in ? &entries[i].node : NULL));
	count += !entries[i].in;
	entries[i].in = true;
}

static void take_out(u32 i)
{
	EXPECT(natgw_buckets_remove(&table, &entries[i].node, entries[i].hash) == entries[i].in);
	count -= entries[i].in;
	entries[i].in = false;
	/* a grace period cannot end while a walk is at it */
	entries[i].gone = walking;
}

static void walk_on(u32 n)
{
	struct natgw_node *node;

	while (n-- && (node = natgw_buckets_next(&iter)))
		entry_of(node)->shown++;
	if (!(any() % 4) && natgw_buckets_may_pause(&iter))
		natgw_buckets_pause(&iter);
}

void buckets_step(void)
{
	u32 n, i;

	for (n = 0; n < changes; n++) {
		i = any() % MOST;
		EXPECT(find(i) == (entries[i].in ? &entries[i].node : NULL));
		if (any() % 2 && !entries[i].gone)
			insert(i);
		else if (!entries[i].stays)
			take_out(i);
	}
	if (walking)
		walk_on(any() % 3);
}

static void work(void)
{
	while (table.work.pending) {
		table.work.pending = false;
		table.work.run(&table.work.work);
	}
}

static void start(u32 hash_bits, u32 hint)
{
	u32 i;

	memset(entries, 0, sizeof(entries));
	for (i = 0; i < MOST; i++)
		entries[i].hash = any() & (u32)((1ULL << hash_bits) - 1);
	count = 0;
	EXPECT_INT(natgw_buckets_init(&table, &ops, NATGW_BUCKETS_FIRST, hint), 0);
	/* no more memory than its buckets take */
	for (i = 0; i < NATGW_BUCKETS_PIECES; i++)
		EXPECT_INT(!!table.memory[i], i <= (u32)fls(table.shape / NATGW_BUCKETS_FIRST));
}

static u32 ended;

static void end(struct natgw_node *node, void *data)
{
	EXPECT(data == &ended);
	EXPECT(entry_of(node)->in);
	ended++;
}

static void stop(void)
{
	changes = 0;
	walking = false;
	ended = 0;
	natgw_buckets_destroy(&table, end, &ended);
	EXPECT_INT(ended, count);
	/* nobody changes the size of what is gone */
	EXPECT(!table.work.pending);
}

/* everything is where it belongs, in order, once */
static void check(void)
{
	struct natgw_buckets_iter all;
	struct natgw_node *node;
	u32 i, n = 0, last = 0;

	natgw_buckets_walk(&table, &all);
	while ((node = natgw_buckets_next(&all))) {
		EXPECT(entry_of(node)->in);
		EXPECT(!n || !natgw_buckets_before(entry_of(node)->hash, last));
		last = entry_of(node)->hash;
		n++;
	}
	EXPECT_INT(n, count);
	EXPECT_INT(natgw_buckets_count(&table), count);
	for (i = 0; i < MOST; i++)
		EXPECT(find(i) == (entries[i].in ? &entries[i].node : NULL));
}

static void order_is_by_the_lowest_bit(void)
{
	EXPECT(natgw_buckets_before(0, 1));
	EXPECT(natgw_buckets_before(2, 1));
	EXPECT(natgw_buckets_before(0xfffffffe, 1));
	EXPECT(!natgw_buckets_before(1, 2));
	EXPECT(!natgw_buckets_before(5, 5));
	EXPECT(natgw_buckets_before(1, 5));
}

static void grows_and_shrinks(void)
{
	u32 i;

	start(32, 0);
	EXPECT_INT(table.shape, NATGW_BUCKETS_FIRST - 1);
	/* as many entries as buckets, and no fewer */
	for (i = 0; i < NATGW_BUCKETS_FIRST - 1; i++)
		insert(i);
	EXPECT(!table.work.pending);
	insert(i++);
	EXPECT(table.work.pending);
	for (; i < MOST; i++)
		insert(i);
	check();
	work();
	EXPECT_INT(table.shape, 8191);
	check();
	/* a quarter of that, and no more */
	for (i = 0; count > table.shape / 4; i++)
		take_out(i);
	EXPECT(!table.work.pending);
	take_out(i);
	EXPECT(table.work.pending);
	for (i++; i < MOST; i++)
		if (i % 100)
			take_out(i);
	work();
	EXPECT_INT(table.shape, NATGW_BUCKETS_FIRST - 1);
	check();
	stop();
}

/* hashes of 7 bits: many entries with the same one */
static void equal_hashes(void)
{
	u32 i;

	start(7, 0);
	for (i = 0; i < 2000; i++)
		insert(i);
	work();
	for (i = 0; i < 2000; i += 3)
		take_out(i);
	check();
	stop();
}

static void hint_makes_it_large(void)
{
	start(32, 5000);
	EXPECT_INT(table.shape, 8191);
	insert(1);
	check();
	stop();
}

static void without_memory_it_stays(void)
{
	u32 i;

	start(32, 0);
	for (i = 0; i < MOST; i++)
		insert(i);
	buckets_no_memory = true;
	table.work.pending = false;
	table.work.run(&table.work.work);
	EXPECT(table.work.pending);
	EXPECT_INT(table.shape, NATGW_BUCKETS_FIRST - 1);
	check();
	EXPECT_INT(natgw_buckets_init(&(struct natgw_buckets) { 0 }, &ops, 256, 0), -12);
	buckets_no_memory = false;
	work();
	EXPECT_INT(table.shape, 8191);
	check();
	stop();
}

/* all else goes on in each step of the worker */
static void changes_meanwhile(void)
{
	u32 i, round;

	start(32, 0);
	for (round = 0; round < 4; round++) {
		for (i = 0; i < MOST; i++)
			if (any() % 2)
				insert(i);
		changes = 2;
		work();
		changes = 0;
		check();
		for (i = 0; i < MOST; i++)
			if (any() % 50)
				take_out(i);
		changes = 2;
		work();
		changes = 0;
		work();
		check();
	}
	stop();
}

/* entries that stay are shown once by a walk that spans several sizes of the table */
static void walk_meanwhile(u32 hash_bits, u32 n)
{
	u32 i;

	start(hash_bits, 0);
	for (i = 0; i < n; i++)
		insert(i);
	for (i = 0; i < n; i++) {
		entries[i].stays = i % 3;
		entries[i].shown = 0;
	}
	natgw_buckets_walk(&table, &iter);
	walking = true;
	changes = 1;
	work();
	for (i = 0; i < n; i++)
		if (!entries[i].stays)
			take_out(i);
	work();
	changes = 0;
	walking = false;
	walk_on(MOST * 2);
	while (iter.ahead != 1)
		walk_on(MOST);
	for (i = 0; i < n; i++)
		if (entries[i].stays)
			EXPECT_INT(entries[i].shown, 1);
	check();
	stop();
}

static void walk_while_it_grows(void)
{
	walk_meanwhile(32, 5000);
}

static void walk_while_few_hashes_grow(void)
{
	walk_meanwhile(12, 5000);
}

static void walk_while_it_shrinks(void)
{
	u32 i;

	start(32, 0);
	for (i = 0; i < MOST; i++)
		insert(i);
	work();
	for (i = 0; i < MOST; i++)
		if (i % 20)
			take_out(i);
		else
			entries[i].stays = true;
	natgw_buckets_walk(&table, &iter);
	walking = true;
	work();
	EXPECT_INT(table.shape, 1023);
	walking = false;
	while (iter.ahead != 1)
		walk_on(MOST);
	for (i = 0; i < MOST; i += 20)
		EXPECT_INT(entries[i].shown, 1);
	check();
	stop();
}

/* a message was full: its last entry comes again, whatever goes */
static void entry_comes_again(void)
{
	struct natgw_node *node;
	u32 i, n = 0;

	start(9, 0);
	for (i = 0; i < 1000; i++)
		insert(i);
	natgw_buckets_walk(&table, &iter);
	while ((node = natgw_buckets_next(&iter))) {
		if (++n % 2) {
			natgw_buckets_again(&iter);
			natgw_buckets_pause(&iter);
			EXPECT(natgw_buckets_next(&iter) == node);
		}
		natgw_buckets_pause(&iter);
		entry_of(node)->shown++;
	}
	for (i = 0; i < 1000; i++)
		EXPECT_INT(entries[i].shown, 1);
	stop();
}

/* a table that cannot grow refuses entries rather than have packets search for long */
static void chains_are_bounded(void)
{
	u32 i, refused = 0;

	start(0, 0);
	for (i = 0; i < 1000; i++) {
		if (IS_ERR(natgw_buckets_insert(&table, &entries[i].node, &ops, 0, &i))) {
			refused++;
			continue;
		}
		entries[i].in = true;
		count++;
	}
	EXPECT_INT(count, NATGW_BUCKETS_CHAIN + 1);
	EXPECT_INT(refused, 1000 - count);
	EXPECT(table.work.pending);
	check();
	take_out(3);
	insert(3);
	check();
	stop();
}

static void another_takes_its_place(void)
{
	struct entry other;
	u32 i = 7;

	start(5, 0);
	for (i = 0; i < 100; i++)
		insert(i);
	i = 7;
	other = entries[i];
	EXPECT(natgw_buckets_replace(&table, &entries[i].node, &other.node, other.hash));
	EXPECT(!natgw_buckets_replace(&table, &entries[i].node, &other.node, other.hash));
	EXPECT(natgw_buckets_replace(&table, &other.node, &entries[i].node, other.hash));
	check();
	stop();
}

static const struct ktap_test tests[] = {
	KTAP_TEST(order_is_by_the_lowest_bit),
	KTAP_TEST(grows_and_shrinks),
	KTAP_TEST(equal_hashes),
	KTAP_TEST(hint_makes_it_large),
	KTAP_TEST(without_memory_it_stays),
	KTAP_TEST(changes_meanwhile),
	KTAP_TEST(walk_while_it_grows),
	KTAP_TEST(walk_while_few_hashes_grow),
	KTAP_TEST(walk_while_it_shrinks),
	KTAP_TEST(entry_comes_again),
	KTAP_TEST(chains_are_bounded),
	KTAP_TEST(another_takes_its_place),
};

int main(void)
{
	srandom(20);
	return ktap_run(tests, sizeof(tests) / sizeof(tests[0]));
}
