// SPDX-License-Identifier: GPL-2.0
/*
 * Owns the sums of what is counted per CPU. Called by who shows counters, resets
 * them, or asks for the number of sessions.
 */
#include <linux/cpumask.h>
#include <linux/percpu.h>
#include <linux/string.h>
#include <asm/barrier.h>
#include "snapshot/counters.h"
#include "snapshot/net.h"
#include "snapshot/stats.h"

/*
 * A session is opened before it ends, maybe on another CPU. So the ends are read first: what is
 * opened meanwhile makes the number of sessions a little too large, and it is never below 0.
 */

u32 natgw_counters_sessions(const struct natgw_session_counters __percpu *counters)
{
	u64 sum = 0;
	int cpu;

	for_each_possible_cpu(cpu)
		sum -= READ_ONCE(per_cpu_ptr(counters, cpu)->ended);
	/* pairs with the atomic operation by which natgw_session_kill() sets DEAD */
	smp_rmb();
	for_each_possible_cpu(cpu)
		sum += READ_ONCE(per_cpu_ptr(counters, cpu)->opened);
	return sum;
}

u32 natgw_counters_gateway(const struct natgw_gateway_counters __percpu *counters,
			   u32 by_proto[NATGW_L4_ROWS])
{
	u32 sum = 0, row;
	int cpu;

	memset(by_proto, 0, NATGW_L4_ROWS * sizeof(*by_proto));
	for_each_possible_cpu(cpu)
		for (row = 0; row < NATGW_L4_ROWS; row++)
			by_proto[row] -= READ_ONCE(per_cpu_ptr(counters, cpu)->ended[row]);
	/* as above */
	smp_rmb();
	for_each_possible_cpu(cpu)
		for (row = 0; row < NATGW_L4_ROWS; row++)
			by_proto[row] += READ_ONCE(per_cpu_ptr(counters, cpu)->opened[row]);
	for (row = 0; row < NATGW_L4_ROWS; row++)
		sum += by_proto[row];
	return sum;
}

/* All but @ended, which is there for the number of sessions */
static void counters_sum(const struct natgw_session_counters __percpu *counters,
			 struct natgw_session_counters *sum)
{
	int cpu;

	memset(sum, 0, sizeof(*sum));
	for_each_possible_cpu(cpu) {
		const struct natgw_session_counters *one = per_cpu_ptr(counters, cpu);

		sum->untranslated += READ_ONCE(one->untranslated);
		sum->opened += READ_ONCE(one->opened);
		sum->established += READ_ONCE(one->established);
		sum->timed_out += READ_ONCE(one->timed_out);
		sum->closed += READ_ONCE(one->closed);
	}
}

void natgw_counters_since(const struct natgw_session_counters __percpu *counters,
			  const struct natgw_session_counters *zero,
			  struct natgw_session_counters *since)
{
	counters_sum(counters, since);
	since->untranslated = natgw_since(since->untranslated, READ_ONCE(zero->untranslated));
	since->opened = natgw_since(since->opened, READ_ONCE(zero->opened));
	since->established = natgw_since(since->established, READ_ONCE(zero->established));
	since->timed_out = natgw_since(since->timed_out, READ_ONCE(zero->timed_out));
	since->closed = natgw_since(since->closed, READ_ONCE(zero->closed));
}

void natgw_counters_zero(const struct natgw_session_counters __percpu *counters,
			 struct natgw_session_counters *zero)
{
	struct natgw_session_counters sum;

	counters_sum(counters, &sum);
	WRITE_ONCE(zero->untranslated, sum.untranslated);
	WRITE_ONCE(zero->opened, sum.opened);
	WRITE_ONCE(zero->established, sum.established);
	WRITE_ONCE(zero->timed_out, sum.timed_out);
	WRITE_ONCE(zero->closed, sum.closed);
}

void natgw_stats_zero(struct natgw_net *nn)
{
	struct natgw_stats *stats;
	int cpu, i;

	lockdep_assert_held(&nn->lock);
	for_each_possible_cpu(cpu) {
		stats = per_cpu_ptr(nn->stats, cpu);
		for (i = 0; i < __NATGW_DROP_MAX; i++)
			WRITE_ONCE(stats->zero[i], READ_ONCE(stats->packets[i]));
	}
}
