// SPDX-License-Identifier: GPL-2.0
/* What a rule set of nftables does to packets of 10.0.1.0/24 from in0 to the Internet by up0 */
#include "ktap.h"
#include "ruleset.h"

#define CHAIN(name, more) \
	"{\"chain\":{\"family\":\"ip\",\"table\":\"t\",\"name\":\"" name "\"" more "}},"
#define BASE	CHAIN("c", ",\"type\":\"nat\",\"hook\":\"postrouting\",\"policy\":\"accept\"")
#define RULE(name, statements) \
	"{\"rule\":{\"family\":\"ip\",\"table\":\"t\",\"chain\":\"" name "\",\"handle\":1," \
	"\"expr\":[" statements "]}},"
#define MATCH(op, left, right) \
	"{\"match\":{\"op\":\"" op "\",\"left\":{" left "},\"right\":" right "}},"
#define IP(field)	"\"payload\":{\"protocol\":\"ip\",\"field\":\"" field "\"}"
#define FROM(right)	MATCH("==", IP("saddr"), right)
#define META(key)	"\"meta\":{\"key\":\"" key "\"}"
#define NET(addr, len)	"{\"prefix\":{\"addr\":\"" addr "\",\"len\":" #len "}}"
#define DO(word)	"{\"" word "\":null}"
#define JUMP(name)	"{\"jump\":{\"target\":\"" name "\"}}"
#define STATE		"\"ct\":{\"key\":\"state\"}"
#define MAP		"[\"established\"," DO("accept") "],[\"new\"," DO("drop") "]"
#define VMAP		"{\"vmap\":{\"key\":{" STATE "},\"data\":{\"set\":[" MAP "]}}}"
#define MASKED		"\"&\":[{" META("mark") "},16384]"
#define XT(type, name)	"{\"xt\":{\"type\":\"" type "\",\"name\":\"" name "\"}}"
#define RANGE		"{\"range\":[\"10.0.1.0\",\"10.0.1.255\"]}"
#define TO(op, right)	MATCH(op, IP("daddr"), right)
#define ELEM(value)	"{\"elem\":{\"val\":" value "}}"
#define END		"{\"metainfo\":{}}"

/**
 * struct told - what a walk told
 * @text:	"masquerade! accept?", ! for all packets, ? for some
 */
struct told {
	char text[256];
};

static bool tell(void *data, const json_t *rule, const char *action, const json_t *args,
		 enum chance chance)
{
	struct told *told = data;
	size_t n = strlen(told->text);

	(void)rule;
	(void)args;
	snprintf(told->text + n, sizeof(told->text) - n, "%s%s%s", n ? " " : "", action,
		 chance == CHANCE_YES ? "!" : "?");
	return true;
}

/* The walk through chain c */
static const char *walk(const char *body, enum rule_end wanted)
{
	static const struct rule_flow flow = {
		.src = { .addr = 0x0a000100, .mask = 0xffffff00 },
		.dst = { .internet = true },
		.iif = "in0",
		.oif = "up0",
		.state = "new",
	};
	static struct told told;
	char text[4096];
	const json_t *chain;
	json_error_t why;
	enum rule_end end;
	json_t *rules;
	size_t at = 0;

	snprintf(text, sizeof(text), "[%s%s]", body, END);
	rules = json_loads(text, 0, &why);
	EXPECT(rules);
	if (!rules) {
		printf("# %s at %d of %s\n", why.text, why.position, text);
		return "";
	}
	told.text[0] = 0;
	chain = ruleset_chain(rules, &at, "postrouting");
	EXPECT(chain);
	end = ruleset_walk(rules, chain, &flow, tell, &told);
	EXPECT_INT(end, wanted);
	EXPECT(!ruleset_chain(rules, &at, "postrouting"));
	json_decref(rules);
	return told.text;
}

static void everything(void)
{
	EXPECT_STR(walk(BASE RULE("c", DO("masquerade")), RULE_ENDED), "masquerade!");
	EXPECT_STR(walk(BASE, RULE_ON), "");
	EXPECT_STR(walk(BASE RULE("c", DO("counter")), RULE_ON), "");
}

static void addresses(void)
{
	/* all, none and some of the subnet */
	EXPECT_STR(walk(BASE RULE("c", FROM(NET("10.0.0.0", 8)) DO("snat")),
			RULE_ENDED), "snat!");
	EXPECT_STR(walk(BASE RULE("c", FROM(NET("10.0.2.0", 24)) DO("snat")),
			RULE_ON), "");
	EXPECT_STR(walk(BASE RULE("c", FROM(NET("10.0.1.128", 25)) DO("snat")),
			RULE_ON), "snat?");
	EXPECT_STR(walk(BASE RULE("c", FROM("\"10.0.1.7\"") DO("snat")),
			RULE_ON), "snat?");
	EXPECT_STR(walk(BASE RULE("c", FROM(NET("0.0.0.0", 0)) DO("snat")),
			RULE_ENDED), "snat!");
	EXPECT_STR(walk(BASE RULE("c", MATCH("!=", IP("saddr"), NET("10.0.0.0", 8)) DO("snat")),
			RULE_ON), "");
	EXPECT_STR(walk(BASE RULE("c", MATCH("==", IP("saddr"),
					     "{\"set\":[\"192.168.0.1\"," NET("10.0.1.0", 24) "]}")
				  DO("snat")), RULE_ENDED), "snat!");
	EXPECT_STR(walk(BASE RULE("c", MATCH("==", IP("saddr"),
					     RANGE) DO("snat")), RULE_ENDED), "snat!");
	/* the Internet is nobody's private network */
	EXPECT_STR(walk(BASE RULE("c", TO("!=", NET("10.0.0.0", 8)) DO("snat")),
			RULE_ENDED), "snat!");
	EXPECT_STR(walk(BASE RULE("c", TO("==", NET("198.51.100.0", 24)) DO("snat")),
			RULE_ON), "snat?");
}

static void sets(void)
{
	static const char set[] =
		"{\"set\":{\"name\":\"s\",\"elem\":[" ELEM(NET("10.0.0.0", 16)) "]}},";
	char text[2048];

	snprintf(text, sizeof(text), "%s%s", set,
		 BASE RULE("c", FROM("\"@s\"") DO("masquerade")));
	EXPECT_STR(walk(text, RULE_ENDED), "masquerade!");
	/* one that is empty, or is not there */
	EXPECT_STR(walk(BASE RULE("c", FROM("\"@none\"") DO("masquerade")),
			RULE_ON), "");
}

static void devices(void)
{
	EXPECT_STR(walk(BASE RULE("c", MATCH("==", META("oifname"), "\"up*\"") DO("masquerade")),
			RULE_ENDED), "masquerade!");
	EXPECT_STR(walk(BASE RULE("c", MATCH("==", META("oifname"), "\"br0\"") DO("masquerade")),
			RULE_ON), "");
	EXPECT_STR(walk(BASE RULE("c", MATCH("!=", META("iifname"), "\"lo\"") DO("masquerade")),
			RULE_ENDED), "masquerade!");
}

/* As kube-proxy has them: what it did not mark returns */
static void marks(void)
{
	EXPECT_STR(walk(BASE RULE("c", JUMP("post")) CHAIN("post", "")
			RULE("post", MATCH("!=", MASKED, "16384")
			     DO("return"))
			RULE("post", DO("masquerade")), RULE_ON), "");
}

static void chains(void)
{
	EXPECT_STR(walk(BASE RULE("c", FROM(NET("10.0.1.0", 24)) DO("return"))
			RULE("c", DO("masquerade")), RULE_RETURNED), "");
	EXPECT_STR(walk(BASE RULE("c", FROM(NET("10.0.1.0", 25)) DO("return"))
			RULE("c", DO("masquerade")), RULE_ENDED), "masquerade!");
	EXPECT_STR(walk(BASE RULE("c", JUMP("x")) RULE("c", DO("drop")) CHAIN("x", "")
			RULE("x", MATCH("==", META("l4proto"), "\"tcp\"") DO("accept")),
			RULE_ENDED), "accept? drop!");
	/* a chain that calls itself comes to an end */
	EXPECT_STR(walk(BASE RULE("c", JUMP("x")) CHAIN("x", "") RULE("x", JUMP("x")),
			RULE_ON), "");
}

static void states(void)
{
	EXPECT_STR(walk(BASE RULE("c", VMAP), RULE_ENDED), "drop!");
	EXPECT_STR(walk(BASE RULE("c", MATCH("in", STATE, "[\"established\"]") DO("accept")),
			RULE_ON), "");
}

/* Targets and matches of iptables */
static void extensions(void)
{
	EXPECT_STR(walk(BASE RULE("c", XT("match", "comment") "," XT("target", "MASQUERADE")),
			RULE_ENDED), "masquerade!");
	EXPECT_STR(walk(BASE RULE("c", XT("match", "addrtype") "," XT("target", "SNAT")), RULE_ON),
		   "snat?");
}

int main(void)
{
	static const struct ktap_test tests[] = {
		KTAP_TEST(everything), KTAP_TEST(addresses), KTAP_TEST(sets), KTAP_TEST(devices),
		KTAP_TEST(marks), KTAP_TEST(chains), KTAP_TEST(states), KTAP_TEST(extensions),
	};

	return ktap_run(tests, sizeof(tests) / sizeof(tests[0]));
}
