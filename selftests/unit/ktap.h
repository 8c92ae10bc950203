/* SPDX-License-Identifier: GPL-2.0 */
/* KTAP for tests of one file: a test is a function that expects things. */
#ifndef NATGW_UNIT_KTAP_H
#define NATGW_UNIT_KTAP_H

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static bool ktap_failed;
/* Not stdout itself: what is tested may print there */
static FILE *ktap_out;

/* Go on after a failed expectation: the next ones tell more */
#define EXPECT(cond) do {							\
	if (!(cond)) {								\
		fprintf(ktap_out, "#   %s:%d: %s\n", __FILE__, __LINE__, #cond);	\
		ktap_failed = true;						\
	}									\
} while (0)

#define EXPECT_STR(got, want) do {						\
	const char *ktap_got = (got), *ktap_want = (want);			\
										\
	if (strcmp(ktap_got, ktap_want)) {					\
		fprintf(ktap_out, "#   %s:%d: got \"%s\", not \"%s\"\n",		\
			__FILE__, __LINE__, ktap_got, ktap_want);		\
		ktap_failed = true;						\
	}									\
} while (0)

#define EXPECT_INT(got, want) do {						\
	long long ktap_got = (got), ktap_want = (want);				\
										\
	if (ktap_got != ktap_want) {						\
		fprintf(ktap_out, "#   %s:%d: got %lld, not %lld\n",		\
			__FILE__, __LINE__, ktap_got, ktap_want);		\
		ktap_failed = true;						\
	}									\
} while (0)

struct ktap_test {
	const char *name;
	void (*run)(void);
};

#define KTAP_TEST(fn)	{ .name = #fn, .run = fn }

static inline int ktap_run(const struct ktap_test *tests, unsigned int n)
{
	unsigned int i, failures = 0;

	if (!ktap_out)
		ktap_out = stdout;
	fprintf(ktap_out, "KTAP version 1\n1..%u\n", n);
	for (i = 0; i < n; i++) {
		ktap_failed = false;
		tests[i].run();
		failures += ktap_failed;
		fprintf(ktap_out, "%sok %u %s\n", ktap_failed ? "not " : "", i + 1, tests[i].name);
		fflush(ktap_out);
	}
	return failures != 0;
}

#endif /* NATGW_UNIT_KTAP_H */
