// SPDX-License-Identifier: GPL-2.0
/* How old things are, and which is older: after months, and when the clock comes round. */
#include "../../kmod/lib/clock.h"
#include "ktap.h"

#define DAY	86400ULL
#define YEAR	(365 * DAY)

unsigned int hz;
u64 jiffies_64;

/* Seconds after boot; the kernel's jiffies begin five minutes before they come round */
static u32 at(u64 seconds)
{
	jiffies_64 = (u32)(-300 * (s32)hz) + seconds * hz;
	return natgw_clock();
}

/* A flush at @now ends what was made at @made, both in seconds after boot */
static bool flushed(u64 made, u64 now)
{
	u32 created = at(made);

	return !natgw_clock_after(created, at(now));
}

static u32 age(u64 made, u64 now)
{
	u32 created = at(made);

	return natgw_clock_seconds(created, at(now));
}

static const u64 ages[] = {
	0, 1, 59, 299, 300, 301, 3600, DAY, 24 * DAY, 25 * DAY, 49 * DAY, 50 * DAY, 99 * DAY,
	100 * DAY, 198 * DAY, 199 * DAY, 248 * DAY, 497 * DAY, YEAR, 2 * YEAR, 8 * YEAR,
};

#define N_AGES	(sizeof(ages) / sizeof(ages[0]))

static const unsigned int rates[] = { 100, 250, 300, 1000 };

#define N_RATES	(sizeof(rates) / sizeof(rates[0]))

/* Wherever the clock is when something is made, also just before it comes round */
static const u64 starts[] = { 0, 1, 299, 300, 25 * DAY, 49 * DAY, YEAR, 17 * YEAR, 18 * YEAR };

#define N_STARTS	(sizeof(starts) / sizeof(starts[0]))

/* Each age, from each start on, at each rate of jiffies */
static void each(void (*look)(u64 start, u64 age))
{
	unsigned int rate, i, k;

	for (rate = 0; rate < N_RATES; rate++) {
		hz = rates[rate];
		for (i = 0; i < N_STARTS; i++)
			for (k = 0; k < N_AGES; k++)
				look(starts[i], ages[k]);
	}
}

static void old_one(u64 start, u64 seconds)
{
	EXPECT(flushed(start, start + seconds));
}

static void old_ones_are_flushed(void)
{
	each(old_one);
}

static void young_one(u64 start, u64 seconds)
{
	EXPECT(!seconds || !flushed(start + seconds, start));
}

static void young_ones_are_not(void)
{
	each(young_one);
}

static void right_age(u64 start, u64 seconds)
{
	u32 got = age(start, start + seconds);

	/* less than a second too young: the parts of units are cut off */
	EXPECT(got == seconds || got + 1 == seconds);
}

static void ages_are_right(void)
{
	each(right_age);
}

/* Another CPU may be a unit ahead */
static void never_negative(void)
{
	EXPECT(natgw_clock_seconds(101, 100) == 0);
	EXPECT(natgw_clock_seconds(0, (u32)-1) == 0);
}

/* The 32 bits of jiffies, about where they come round and where their sign changes */
static const u32 moments[] = { 0, 1, 1000, INT32_MAX - 1, INT32_MAX, (u32)INT32_MAX + 1,
			       UINT32_MAX - 1, UINT32_MAX };

#define N_MOMENTS	(sizeof(moments) / sizeof(moments[0]))

static void idle_is_the_difference(void)
{
	static const u32 idle[] = { 0, 1, 250, 86400 * 1000, INT32_MAX };
	unsigned int i, k;

	for (i = 0; i < N_MOMENTS; i++)
		for (k = 0; k < sizeof(idle) / sizeof(idle[0]); k++)
			EXPECT(natgw_clock_since(moments[i], moments[i] + idle[k]) == idle[k]);
}

/* A packet on another CPU renews a session between the two readings: it is not idle at all */
static void what_is_renewed_meanwhile_is_not_idle(void)
{
	unsigned int i;

	for (i = 0; i < N_MOMENTS; i++) {
		EXPECT(natgw_clock_since(moments[i] + 1, moments[i]) == 0);
		EXPECT(natgw_clock_since(moments[i] + 1000, moments[i]) == 0);
		EXPECT(natgw_clock_within(moments[i] + 1, moments[i], 1));
		EXPECT(natgw_clock_within(moments[i] + 1000, moments[i], 250));
	}
}

static void a_span_ends_exactly(void)
{
	static const u32 spans[] = { 1, 250, 86400 * 1000 };
	unsigned int i, k;

	for (i = 0; i < N_MOMENTS; i++)
		for (k = 0; k < sizeof(spans) / sizeof(spans[0]); k++) {
			EXPECT(natgw_clock_within(moments[i], moments[i] + spans[k] - 1, spans[k]));
			EXPECT(!natgw_clock_within(moments[i], moments[i] + spans[k], spans[k]));
			EXPECT(!natgw_clock_within(moments[i], moments[i] + INT32_MAX, spans[k]));
		}
}

int main(void)
{
	static const struct ktap_test tests[] = {
		KTAP_TEST(old_ones_are_flushed),
		KTAP_TEST(young_ones_are_not),
		KTAP_TEST(ages_are_right),
		KTAP_TEST(never_negative),
		KTAP_TEST(idle_is_the_difference),
		KTAP_TEST(what_is_renewed_meanwhile_is_not_idle),
		KTAP_TEST(a_span_ends_exactly),
	};

	return ktap_run(tests, sizeof(tests) / sizeof(tests[0]));
}
