// SPDX-License-Identifier: GPL-2.0
/*
 * Operations on a port map as the input says, compared with the model.
 *
 * By libFuzzer where clang is (make fuzz). Built without it this is a test like
 * the others: random inputs for FUZZ_SECONDS (3); FUZZ_SEED repeats a run.
 */
#include <time.h>
#include "portmap_model.h"

unsigned long portmap_looks;

static struct natgw_portmap map;
static struct model model;

static void check(bool good, const char *what, size_t at)
{
	if (good)
		return;
	fprintf(stderr, "%s differs at byte %zu\n", what, at);
	abort();
}

/* The next 16 bits, 0 after the end */
static u32 take16(const u8 *data, size_t size, size_t *at)
{
	u32 low = *at < size ? data[*at] : 0, high = *at + 1 < size ? data[*at + 1] : 0;

	*at += 2;
	return low | high << 8;
}

static void many_set(u32 index, u32 n)
{
	for (; n && index < NATGW_PORTS; n--, index++)
		check(natgw_portmap_set(&map, index) == model_set(&model, index), "set", index);
}

static void many_clear(u32 index, u32 n)
{
	for (; n && index < NATGW_PORTS; n--, index++)
		check(natgw_portmap_clear(&map, index) == model_clear(&model, index),
		      "clear", index);
}

static void many_pick(u32 random, u32 n)
{
	while (n--) {
		check(model_agrees_pick(&model, natgw_portmap_pick(&map, random)), "pick", n);
		random = random * 1664525 + 1013904223;
	}
}

/* until there is none */
static void pick_in(u32 first, u32 n, u32 random)
{
	struct natgw_portrange range = { first, n < NATGW_PORTS - first ? n : NATGW_PORTS - first };

	check(natgw_portmap_free_in(&map, &range) == model_free_in(&model, &range), "range", first);
	check(model_agrees_pick_in(&model, &range, natgw_portmap_pick_in(&map, &range, random)),
	      "pick in range", first);
}

/* the name libFuzzer looks for */
int fuzz_one(const u8 *data, size_t size) __asm__("LLVMFuzzerTestOneInput");

int fuzz_one(const u8 *data, size_t size)
{
	size_t at = 0;
	u32 a, b, index;
	u8 what;

	natgw_portmap_init(&map);
	model_init(&model);
	while (at < size) {
		what = data[at++];
		a = take16(data, size, &at);
		index = a % NATGW_PORTS;
		switch (what % 9) {
		case 0:
			check(natgw_portmap_set(&map, index) == model_set(&model, index),
			      "set", at);
			break;
		case 1:
			check(natgw_portmap_clear(&map, index) == model_clear(&model, index),
			      "clear", at);
			break;
		case 2:
			check(natgw_portmap_test(&map, index) == model.taken[index], "test", at);
			break;
		case 3:
		case 4:
			b = take16(data, size, &at);
			check(model_agrees_pick(&model, natgw_portmap_pick(&map, a | b << 16)),
			      "pick", at);
			break;
		case 5:
			many_set(index, take16(data, size, &at) % 4096);
			break;
		case 6:
			many_clear(index, take16(data, size, &at) % 4096);
			break;
		case 7:
			many_pick(a << 16 | a, take16(data, size, &at) % 1024);
			break;
		case 8:
			b = take16(data, size, &at);
			pick_in(index, what & 16 ? b : b % 256, a * 0x9e3779b9 + b);
			break;
		}
		check(natgw_portmap_free(&map) == model.free, "free", at);
	}
	check(model_agrees(&model, &map), "map", at);
	return 0;
}

#ifndef LIBFUZZER
#define INPUT_MAX 4096

static u64 number(const char *name, u64 otherwise)
{
	const char *value = getenv(name);

	return value ? strtoull(value, NULL, 0) : otherwise;
}

int main(void)
{
	u64 seed = number("FUZZ_SEED", time(NULL)), state = seed;
	time_t end = time(NULL) + number("FUZZ_SECONDS", 3);
	unsigned long runs = 0;
	static u8 data[INPUT_MAX];
	u32 size, i;

	printf("KTAP version 1\n1..1\n# FUZZ_SEED=%llu\n", (unsigned long long)seed);
	fflush(stdout);
	do {
		size = random_below(&state, INPUT_MAX);
		for (i = 0; i < size; i++)
			data[i] = random_next(&state);
		fuzz_one(data, size);
		runs++;
	} while (time(NULL) < end);
	printf("# %lu inputs\nok 1 random_inputs\n", runs);
	return 0;
}
#endif
