// SPDX-License-Identifier: GPL-2.0
/*
 * Properties of the port allocator: nothing twice, no miss while a port is
 * free, each free port as likely as another, bounded work.
 */
#include <math.h>
#include "ktap.h"
#include "portmap_model.h"

#define STEPS		1000000
/* standard deviations: a fair picker goes beyond once in three million seeds */
#define UNFAIR		5.0

unsigned long portmap_looks;

static struct natgw_portmap map;
static struct model model;

static void start(void)
{
	natgw_portmap_init(&map);
	model_init(&model);
}

static void take(u32 index)
{
	natgw_portmap_set(&map, index);
	model_set(&model, index);
}

static void give(u32 index)
{
	natgw_portmap_clear(&map, index);
	model_clear(&model, index);
}

/* Taken at random until so many are free */
static void fill(u32 free, u64 seed)
{
	start();
	while (model.free > free)
		take(random_below(&seed, NATGW_PORTS));
}

/* All, in an order of random's making, then none */
static void exhaust(u32 (*random)(u64 *state), u64 seed)
{
	u32 n;

	start();
	for (n = 0; n < NATGW_PORTS; n++) {
		if (!model_agrees_pick(&model, natgw_portmap_pick(&map, random(&seed))))
			break;
	}
	EXPECT_INT(n, NATGW_PORTS);
	EXPECT_INT(natgw_portmap_pick(&map, random(&seed)), -1);
	EXPECT(model_agrees(&model, &map));
}

/* A map whose words were set as a whole counts as one that was filled port by port */
static void recounts(void)
{
	struct natgw_portmap filled;
	u32 free;

	for (free = 0; free <= NATGW_PORTS; free += NATGW_PORTS / 8) {
		fill(free, free + 1);
		filled = map;
		memset(map.free, 0xff, sizeof(map.free));
		map.left = 7;
		natgw_portmap_recount(&map);
		EXPECT(!memcmp(&filled, &map, sizeof(map)));
		EXPECT_INT(natgw_portmap_free(&map), free);
	}
}

static u32 always_lowest(u64 *state)
{
	(void)state;
	return 0;
}

static u32 always_highest(u64 *state)
{
	(void)state;
	return ~0u;
}

static u32 either_end(u64 *state)
{
	return -(u32)(++*state & 1);
}

static void starts_empty(void)
{
	start();
	EXPECT(model_agrees(&model, &map));
	EXPECT_INT(natgw_portmap_free(&map), 64512);
}

static void exhausts_exactly(void)
{
	exhaust(random_next, 1);
	exhaust(random_next, 2);
	exhaust(always_lowest, 0);
	exhaust(always_highest, 0);
	exhaust(either_end, 0);
}

/* The last free port, wherever it is */
static void finds_each_last_port(void)
{
	u32 index, wrong = 0;
	u64 seed = 3;

	exhaust(random_next, 4);
	for (index = 0; index < NATGW_PORTS; index++) {
		give(index);
		wrong += natgw_portmap_pick(&map, random_next(&seed)) != (int)index;
		give(index);
		wrong += natgw_portmap_pick(&map, 0) != (int)index;
		give(index);
		wrong += natgw_portmap_pick(&map, ~0u) != (int)index;
		wrong += natgw_portmap_pick(&map, random_next(&seed)) != -1;
		model_set(&model, index);
	}
	EXPECT_INT(wrong, 0);
	EXPECT(model_agrees(&model, &map));
}

static void set_and_clear_notify(void)
{
	static const u32 edges[] = { 0, 1, 63, 64, 4031, 4032, 4033, NATGW_PORTS - 1 };
	unsigned int i;

	start();
	for (i = 0; i < sizeof(edges) / sizeof(edges[0]); i++) {
		EXPECT(!natgw_portmap_test(&map, edges[i]));
		EXPECT(!natgw_portmap_clear(&map, edges[i]));
		EXPECT(natgw_portmap_set(&map, edges[i]));
		EXPECT(natgw_portmap_test(&map, edges[i]));
		EXPECT(!natgw_portmap_set(&map, edges[i]));
		EXPECT_INT(natgw_portmap_free(&map), NATGW_PORTS - 1);
		EXPECT(natgw_portmap_clear(&map, edges[i]));
		EXPECT(!natgw_portmap_test(&map, edges[i]));
		EXPECT_INT(natgw_portmap_free(&map), NATGW_PORTS);
	}
	EXPECT(model_agrees(&model, &map));
}

/* One random operation; @eager of 256 take a port, the others give one back. */
static bool step(u64 *seed, u32 eager)
{
	u32 index = random_below(seed, NATGW_PORTS);
	u32 what = random_next(seed);

	if ((what & 255) >= eager)
		return natgw_portmap_clear(&map, index) == model_clear(&model, index);
	if (what & 256)
		return model_agrees_pick(&model, natgw_portmap_pick(&map, random_next(seed)));
	if (what & 512)
		return natgw_portmap_test(&map, index) == model.taken[index];
	return natgw_portmap_set(&map, index) == model_set(&model, index);
}

static void agrees_with_the_model(void)
{
	/* fills, stays around the top, empties, wanders */
	static const u32 eager[] = { 255, 250, 60, 128, 256, 240 };
	u32 phase, n, wrong = 0, full = 0;
	u64 seed = 5;

	start();
	for (phase = 0; phase < sizeof(eager) / sizeof(eager[0]); phase++) {
		for (n = 0; n < STEPS; n++) {
			wrong += !step(&seed, eager[phase]);
			full += !model.free;
			wrong += natgw_portmap_free(&map) != model.free;
		}
		EXPECT_INT(wrong, 0);
		EXPECT(model_agrees(&model, &map));
	}
	/* it must have been there, or this proved little */
	EXPECT(full > 1000);
}

/*
 * Fairness: how far the picks of a picker are from equal shares, in standard
 * deviations of the chi-square distribution. Each pick is given back at once.
 */
static double unfairness(int (*pick)(struct natgw_portmap *map, u32 random), u32 draws, u64 seed)
{
	static u32 count[NATGW_PORTS];
	double share = (double)draws / model.free, chi2 = 0, dof = model.free - 1.0;
	u32 n, index;

	memset(count, 0, sizeof(count));
	for (n = 0; n < draws; n++) {
		index = pick(&map, random_next(&seed));
		count[index]++;
		natgw_portmap_clear(&map, index);
	}
	for (index = 0; index < NATGW_PORTS; index++) {
		if (!model.taken[index])
			chi2 += (count[index] - share) * (count[index] - share) / share;
		else if (count[index])
			return INFINITY;
	}
	return (chi2 - dof) / sqrt(2 * dof);
}

static void fair_at(u32 free, u32 draws)
{
	double off;
	u64 seed;

	for (seed = 10; seed < 14; seed++) {
		fill(free, seed);
		off = unfairness(natgw_portmap_pick, draws, seed * 1000);
		fprintf(ktap_out, "#   %u free: %.2f standard deviations\n", free, off);
		/* too even is suspicious as well */
		EXPECT(fabs(off) < UNFAIR);
	}
}

static void fair_when_empty(void)
{
	fair_at(NATGW_PORTS, 20 * NATGW_PORTS);
}

static void fair_at_half(void)
{
	fair_at(NATGW_PORTS / 2, 20 * NATGW_PORTS / 2);
}

static void fair_at_99_percent(void)
{
	fair_at(NATGW_PORTS / 100, 1000 * NATGW_PORTS / 100);
}

/* Holes in clusters: a whole group, and one port here and there */
static void fair_between_clusters(void)
{
	u32 index;

	start();
	for (index = 0; index < NATGW_PORTS; index++)
		if (index / 4032 != 7 && index % 1000)
			take(index);
	EXPECT(fabs(unfairness(natgw_portmap_pick, 100 * model.free, 20)) < UNFAIR);
}

/* 16 random bits and a remainder: the lowest 1,024 ports come twice as often */
static int pick_by_remainder(struct natgw_portmap *map, u32 random)
{
	u32 index = (random >> 16) % NATGW_PORTS;

	natgw_portmap_set(map, index);
	return index;
}

/* The next free port from a random one on: the one after a long run gets it all */
static int pick_next_free(struct natgw_portmap *map, u32 random)
{
	u32 index = natgw_portmap_index(random);

	while (!natgw_portmap_set(map, index))
		index = (index + 1) % NATGW_PORTS;
	return index;
}

/* A group by lot, whatever is free in it: ports of a full group come more often */
static int pick_group_first(struct natgw_portmap *map, u32 random)
{
	u32 group = random >> 28, word, n;

	while (!map->free[group])
		group = (group + 1) % NATGW_PORTMAP_GROUPS;
	n = (u64)(random << 4) * map->free[group] >> 32;
	for (word = group * NATGW_PORTMAP_WORDS * 64; ; word++) {
		if (natgw_portmap_test(map, word))
			continue;
		if (!n--)
			break;
	}
	natgw_portmap_set(map, word);
	return word;
}

/* The measure used above tells unfair pickers from fair ones. */
static void unfair_pickers_are_caught(void)
{
	start();
	EXPECT(unfairness(pick_by_remainder, 20 * NATGW_PORTS, 30) > UNFAIR);
	EXPECT(fabs(unfairness(pick_next_free, 20 * NATGW_PORTS, 31)) < UNFAIR);
	fill(NATGW_PORTS / 2, 32);
	EXPECT(unfairness(pick_next_free, 20 * NATGW_PORTS / 2, 33) > UNFAIR);
	fill(NATGW_PORTS / 100, 35);
	EXPECT(unfairness(pick_next_free, 1000 * NATGW_PORTS / 100, 36) > UNFAIR);
	EXPECT(unfairness(pick_group_first, 100 * NATGW_PORTS / 100, 37) > UNFAIR);
}

/* First tries: each index, none beyond */
static void index_is_fair(void)
{
	static u32 count[NATGW_PORTS];
	u32 n, index, beyond = 0;
	double chi2 = 0;
	u64 seed = 40;

	EXPECT_INT(natgw_portmap_index(0), 0);
	EXPECT_INT(natgw_portmap_index(~0u), NATGW_PORTS - 1);
	for (n = 0; n < 20 * NATGW_PORTS; n++) {
		index = natgw_portmap_index(random_next(&seed));
		if (index < NATGW_PORTS)
			count[index]++;
		else
			beyond++;
	}
	EXPECT_INT(beyond, 0);
	for (index = 0; index < NATGW_PORTS; index++)
		chi2 += (count[index] - 20.0) * (count[index] - 20.0) / 20;
	EXPECT(fabs(chi2 - NATGW_PORTS + 1) / sqrt(2.0 * NATGW_PORTS) < UNFAIR);
}

static void most_looks_at(u32 free, u32 picks)
{
	unsigned long before, most = 0;
	u64 seed = 50;
	u32 n;
	int index;

	fill(free, 51);
	for (n = 0; n < picks; n++) {
		before = portmap_looks;
		index = natgw_portmap_pick(&map, n ? random_next(&seed) : ~0u);
		if (portmap_looks - before > most)
			most = portmap_looks - before;
		if (index >= 0)
			natgw_portmap_clear(&map, index);
	}
	fprintf(ktap_out, "#   %u free: at most %lu words\n", free, most);
	EXPECT(most <= NATGW_PORTMAP_WORDS);
	EXPECT(most || !free);
}

/* A pick looks at the words of one group at most, whatever the fill; a full map at none */
static void work_is_bounded(void)
{
	most_looks_at(NATGW_PORTS, 100000);
	most_looks_at(NATGW_PORTS / 2, 100000);
	most_looks_at(NATGW_PORTS / 100, 100000);
	most_looks_at(64, 100000);
	most_looks_at(1, 1000);
	most_looks_at(0, 1000);
}

static bool pick_agrees(const struct natgw_portrange *range, u32 random)
{
	int index = natgw_portmap_pick_in(&map, range, random);

	return (u32)index - range->first < range->n && model_set(&model, index);
}

/* A range to its last port, whatever is taken around it, and nothing beyond */
static void ranges_exhaust_exactly(void)
{
	static const struct natgw_portrange ranges[] = {
		{ 0, 1 }, { 0, 64 }, { 0, NATGW_PORTS }, { 8, 8 }, { 60, 8 }, { 63, 2 },
		{ 4031, 2 }, { 4032, 4032 }, { 4000, 9000 }, { 63488, 512 }, { 63999, 1 },
		{ NATGW_PORTS - 1, 1 }, { 1, NATGW_PORTS - 2 }, { 24000, 24000 },
	};
	u32 i, free, n, wrong;
	u64 seed = 60;

	for (i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++) {
		for (free = NATGW_PORTS; free; free /= 7) {
			fill(free, seed);
			n = model_free_in(&model, &ranges[i]);
			EXPECT_INT(natgw_portmap_free_in(&map, &ranges[i]), n);
			for (wrong = 0; n; n--)
				wrong += !pick_agrees(&ranges[i], random_next(&seed));
			EXPECT_INT(wrong, 0);
			EXPECT_INT(natgw_portmap_pick_in(&map, &ranges[i], ~0u), -1);
			EXPECT(model_agrees(&model, &map));
		}
	}
}

static int pick_in_middle(struct natgw_portmap *map, u32 random)
{
	static const struct natgw_portrange range = { 10000, 1024 };

	return natgw_portmap_pick_in(map, &range, random);
}

/* Each free port of a range is as likely: the rest counts as taken here */
static void fair_in_a_range(void)
{
	u32 index;

	fill(NATGW_PORTS / 2, 70);
	for (index = 0; index < NATGW_PORTS; index++) {
		if (index - 10000 < 1024 || model.taken[index])
			continue;
		model.taken[index] = true;
		model.free--;
	}
	EXPECT(model.free > 400);
	EXPECT(fabs(unfairness(pick_in_middle, 1000 * model.free, 71)) < UNFAIR);
}

int main(void)
{
	static const struct ktap_test tests[] = {
		KTAP_TEST(starts_empty),
		KTAP_TEST(recounts),
		KTAP_TEST(exhausts_exactly),
		KTAP_TEST(finds_each_last_port),
		KTAP_TEST(set_and_clear_notify),
		KTAP_TEST(agrees_with_the_model),
		KTAP_TEST(fair_when_empty),
		KTAP_TEST(fair_at_half),
		KTAP_TEST(fair_at_99_percent),
		KTAP_TEST(fair_between_clusters),
		KTAP_TEST(unfair_pickers_are_caught),
		KTAP_TEST(index_is_fair),
		KTAP_TEST(work_is_bounded),
		KTAP_TEST(ranges_exhaust_exactly),
		KTAP_TEST(fair_in_a_range),
	};

	return ktap_run(tests, sizeof(tests) / sizeof(tests[0]));
}
