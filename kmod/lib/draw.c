// SPDX-License-Identifier: GPL-2.0
/*
 * Owns the random numbers that ports are chosen by. Called by session/.
 */
#include <linux/cpumask.h>
#include <linux/percpu.h>
#include <linux/random.h>
#include <linux/siphash.h>
#include "lib/draw.h"

/**
 * struct natgw_draws - of one CPU
 * @count: of calls of SipHash; no two CPUs come to the same one
 * @left: half of what the last call gave
 * @has_left: it is not used yet
 */
struct natgw_draws {
	u64 count;
	u32 left;
	bool has_left;
};

static DEFINE_PER_CPU(struct natgw_draws, natgw_draws);
static siphash_key_t draw_key __ro_after_init;

u32 natgw_draw(void)
{
	struct natgw_draws *draws = this_cpu_ptr(&natgw_draws);
	u64 both;

	draws->has_left = !draws->has_left;
	if (!draws->has_left)
		return draws->left;
	both = siphash_1u64(draws->count++, &draw_key);
	draws->left = both;
	return both >> 32;
}

void natgw_draw_module_init(void)
{
	int cpu;

	get_random_bytes(&draw_key, sizeof(draw_key));
	for_each_possible_cpu(cpu)
		per_cpu(natgw_draws.count, cpu) = (u64)cpu << 48;
}
