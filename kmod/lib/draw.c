// SPDX-License-Identifier: GPL-2.0
/*
 * Owns the random numbers that ports are chosen by. Called by session/.
 */
#include <linux/cpumask.h>
#include <linux/percpu.h>
#include <linux/random.h>
#include <linux/siphash.h>
#include "lib/draw.h"

DEFINE_PER_CPU(struct natgw_draws, natgw_draws);
static siphash_key_t draw_key __ro_after_init;

u64 natgw_draw_bits(struct natgw_draws *draws)
{
	draws->used = 1;
	return siphash_1u64(draws->count++, &draw_key);
}

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
	for_each_possible_cpu(cpu) {
		per_cpu(natgw_draws.count, cpu) = (u64)cpu << 48;
		per_cpu(natgw_draws.used, cpu) = NATGW_DRAW_FLOWS;
	}
}
