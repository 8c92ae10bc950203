// SPDX-License-Identifier: GPL-2.0
/* Text to values and back: tools/parse.c */
#include <stdlib.h>

#include "ktap.h"
#include "parse.h"

static struct parse_error err;

static long long secs(const char *text)
{
	unsigned int n;

	return parse_time(text, true, &n, &err) ? (long long)n : -1;
}

static void time_good(void)
{
	EXPECT_INT(secs("30s"), 30);
	EXPECT_INT(secs("4m"), 240);
	EXPECT_INT(secs("2h"), 7200);
	EXPECT_INT(secs("2h4m"), 7440);
	EXPECT_INT(secs("1h0m1s"), 3601);
	EXPECT_INT(secs("1M30S"), 90);
	EXPECT_INT(secs("0s"), 0);
	EXPECT_INT(secs("240s"), 240);
	EXPECT_INT(secs("4294967295s"), 4294967295LL);
}

static void time_bad(void)
{
	static const char *const bad[] = {
		"", "m", "4x", "4 m", "-4m", "+4m", "4m2h", "4m4m", "4m30", "1.5m", "4294967296s",
		"4294967295h", "99999999999999999999s", "4ms", "0x4m", "four",
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		err.text[0] = 0;
		EXPECT_INT(secs(bad[i]), -1);
		EXPECT(err.text[0]);
	}
}

static void time_needs_unit(void)
{
	unsigned int n;

	EXPECT(!parse_time("4", true, &n, &err));
	EXPECT_STR(err.text, "time needs a unit, try 4m");
	EXPECT(!parse_time("240", true, &n, &err));
	EXPECT_STR(err.text, "time needs a unit, try 240s");
	EXPECT(!parse_time("30", false, &n, &err));
	EXPECT_STR(err.text, "time needs a unit, try 30s");
	EXPECT(!parse_time("0", true, &n, &err));
	EXPECT(strstr(err.text, "unit"));
}

static void time_round_trip(void)
{
	static const unsigned int some[] = {
		0, 1, 59, 60, 61, 240, 3599, 3600, 3601, 7440, 86400, 4294967295u,
	};
	char buf[TIME_TEXT];
	unsigned int i, n;

	for (i = 0; i < ARRAY_SIZE(some); i++)
		EXPECT_INT(secs(time_text(buf, some[i])), some[i]);
	for (i = 0; i < 100000; i++) {
		n = (unsigned int)random() * 2 + (unsigned int)(random() & 1);
		EXPECT_INT(secs(time_text(buf, n)), n);
	}
	EXPECT_STR(time_text(buf, 7440), "2h4m");
	EXPECT_STR(time_text(buf, 0), "0s");
}

static void numbers(void)
{
	unsigned int n;

	EXPECT(parse_number("0", &n, &err) && n == 0);
	EXPECT(parse_number("4294967295", &n, &err) && n == 4294967295u);
	EXPECT(!parse_number("4294967296", &n, &err));
	EXPECT(!parse_number("", &n, &err));
	EXPECT(!parse_number("-1", &n, &err));
	EXPECT(!parse_number(" 1", &n, &err));
	EXPECT(!parse_number("1 ", &n, &err));
	EXPECT(!parse_number("0x10", &n, &err));
}

static void prefixes(void)
{
	static const char *const bad[] = {
		"", "/", "/24", "10.0.1.0/", "10.0.1.0/33", "10.0.1.0/-1", "10.0.1.0/24/8",
		"10.0.1.0/a", "10.0.1/24", "10.0.1.256/24", "010.0.1.0/24", "10.0.1.0 /24",
		"2001:db8::/32", "10.0.1.0/4294967320", "1.1.1.1.1", "0x7f.1", "web",
		"10.0.1.0000000000000000000000000000000000000000",
	};
	struct inet in;
	unsigned int i;

	EXPECT(parse_prefix("10.0.1.0/24", &in, &err));
	EXPECT(in.has_plen && in.plen == 24 && in.len == 4);
	EXPECT(!memcmp(in.addr, "\x0a\x00\x01\x00", 4));
	EXPECT(parse_prefix("203.0.113.10", &in, &err));
	EXPECT(!in.has_plen && in.plen == 32);
	/* Bits behind the length are the kernel's to refuse */
	EXPECT(parse_prefix("10.0.1.4/24", &in, &err) && in.addr[3] == 4);
	EXPECT(parse_prefix("0.0.0.0/0", &in, &err) && in.plen == 0);

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		err.text[0] = 0;
		EXPECT(!parse_prefix(bad[i], &in, &err));
		EXPECT(err.text[0]);
	}
	EXPECT(!parse_addr("10.0.1.0/24", &in, &err));
}

static void endpoints(void)
{
	struct inet in;

	EXPECT(parse_endpoint("198.51.100.7:443", &in, &err) && in.has_port && in.port == 443);
	EXPECT(parse_endpoint("198.51.100.7", &in, &err) && !in.has_port);
	EXPECT(parse_endpoint("198.51.100.7:0", &in, &err) && in.has_port && !in.port);
	EXPECT(!parse_endpoint("198.51.100.7:65536", &in, &err));
	EXPECT(!parse_endpoint("198.51.100.7:", &in, &err));
	EXPECT(!parse_endpoint(":443", &in, &err));
	EXPECT(!parse_endpoint("2001:db8::1", &in, &err));
}

static void protocols(void)
{
	unsigned int n;

	EXPECT(parse_proto("tcp", &n, &err) && n == 6);
	EXPECT(parse_proto("UDP", &n, &err) && n == 17);
	EXPECT(parse_proto("132", &n, &err) && n == 132);
	EXPECT(!parse_proto("256", &n, &err));
	EXPECT(!parse_proto("tpc", &n, &err));
	EXPECT(strstr(err.text, "did you mean tcp"));
	EXPECT_STR(proto_text(1), "icmp");
	EXPECT(!proto_text(132));
}

static void words(void)
{
	static const char *const list[] = {
		"idle-timeout", "udp-timeout", "pooling", "on-idle", "zone", NULL
	};
	const struct words w = word_array(list);

	EXPECT_INT(word_find(&w, "pooling"), 2);
	EXPECT_INT(word_find(&w, "POOLING"), 2);
	/* No abbreviations: they would freeze the names */
	EXPECT_INT(word_find(&w, "pool"), -1);
	EXPECT_STR(word_nearest(&w, "idle-timout"), "idle-timeout");
	EXPECT_STR(word_nearest(&w, "idle-tiemout"), "idle-timeout");
	EXPECT_STR(word_nearest(&w, "pool"), "pooling");
	EXPECT_STR(word_nearest(&w, "zon"), "zone");
	EXPECT(!word_nearest(&w, "x"));
	EXPECT(!word_nearest(&w, "prefix"));
	EXPECT(!word_nearest(&w, ""));
	EXPECT(!word_nearest(&w, "a-word-much-longer-than-any-that-could-be-meant-here"));
	EXPECT(!word_fail(&err, &w, "key", "prefix"));
	EXPECT_STR(err.text, "unknown key, use idle-timeout, udp-timeout, pooling, on-idle, zone");
}

static void names(void)
{
	EXPECT(parse_name("gw1", &err));
	EXPECT(!parse_name("", &err));
	EXPECT(!parse_name("None", &err));
}

/* Whatever is typed, nothing is read or written beyond its end */
static void garbage(void)
{
	static const char alphabet[] = "0123456789./:hmsHMS- xaf";
	struct parse_error e;
	unsigned int n, i;
	struct inet in;
	char *text;
	size_t len;

	for (i = 0; i < 200000; i++) {
		len = random() % 24;
		text = malloc(len + 1);
		if (!text)
			abort();
		text[len] = 0;
		while (len--)
			text[len] = alphabet[random() % (sizeof(alphabet) - 1)];
		parse_time(text, i & 1, &n, &e);
		parse_number(text, &n, &e);
		parse_endpoint(text, &in, &e);
		parse_proto(text, &n, &e);
		if (parse_prefix(text, &in, &e))
			EXPECT(in.plen <= 32 && in.len == 4);
		free(text);
	}
}

int main(void)
{
	static const struct ktap_test tests[] = {
		KTAP_TEST(time_good),
		KTAP_TEST(time_bad),
		KTAP_TEST(time_needs_unit),
		KTAP_TEST(time_round_trip),
		KTAP_TEST(numbers),
		KTAP_TEST(prefixes),
		KTAP_TEST(endpoints),
		KTAP_TEST(protocols),
		KTAP_TEST(words),
		KTAP_TEST(names),
		KTAP_TEST(garbage),
	};

	srandom(1);
	return ktap_run(tests, ARRAY_SIZE(tests));
}
