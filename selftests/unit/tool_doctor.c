// SPDX-License-Identifier: GPL-2.0
/* doctor: devices that no guest has, and what a bundle leaves out */
#include <stdarg.h>
#include <stdlib.h>

#include "ktap.h"

/* What they read and find is made here */
static const char *loaded_from = "/nonexistent";
#define LOADED_SOURCE	loaded_from
#include "doctor_bundle.c"
#include "doctor_device.c"
#include "doctor_gateway.c"
#include "doctor_version.c"

static char said[3][512];
static unsigned int findings;

#define RECORD(_to, _fmt) do {					\
	va_list args;						\
								\
	va_start(args, _fmt);					\
	vsnprintf(_to, sizeof(_to), _fmt, args);		\
	va_end(args);						\
} while (0)

void doctor_found(struct doctor *d, enum doctor_severity severity, const char *fmt, ...)
{
	(void)d;
	(void)severity;
	findings++;
	RECORD(said[0], fmt);
}

void doctor_evidence(struct doctor *d, const char *fmt, ...)
{
	(void)d;
	RECORD(said[1], fmt);
}

void doctor_cure(struct doctor *d, const char *fmt, ...)
{
	(void)d;
	RECORD(said[2], fmt);
}

struct doctor_link *doctor_link(const struct doctor *d, uint32_t index)
{
	(void)d;
	(void)index;
	return NULL;
}

struct doctor_link *doctor_link_named(const struct doctor *d, const char *name)
{
	(void)d;
	(void)name;
	return NULL;
}

struct doctor_hop doctor_route_to(uint32_t ip, uint32_t oif)
{
	(void)ip;
	(void)oif;
	return (struct doctor_hop){};
}

const char *doctor_ip(char buf[ADDR_TEXT], uint32_t ip)
{
	snprintf(buf, ADDR_TEXT, "%u.%u.%u.%u", ip >> 24, ip >> 16 & 255, ip >> 8 & 255, ip & 255);
	return buf;
}

void *rtnl_begin(struct rtnl *r, uint16_t type, uint16_t flags, size_t head)
{
	(void)type;
	(void)flags;
	(void)head;
	return r->buf;
}

int rtnl_ask(struct rtnl *r, int bus, mnl_cb_t answer, void *data)
{
	(void)r;
	(void)bus;
	(void)answer;
	(void)data;
	return 0;
}

enum rule_end ruleset_walk(const json_t *rules, const json_t *chain, const struct rule_flow *flow,
			   rule_visit visit, void *data)
{
	(void)rules;
	(void)chain;
	(void)flow;
	(void)visit;
	(void)data;
	return RULE_ON;
}

const json_t *ruleset_chain(const json_t *rules, size_t *at, const char *hook)
{
	(void)rules;
	(void)at;
	(void)hook;
	return NULL;
}

const char *ruleset_word(const json_t *object, const char *key)
{
	(void)object;
	(void)key;
	return "";
}

void *out_checked(void *p)
{
	return p;
}

int usage_error(const struct ctl *ctl, const char *key, const char *fmt, ...)
{
	(void)ctl;
	(void)key;
	(void)fmt;
	return EXIT_USAGE;
}

/* One device in0 with hosts behind it, and one that has nothing to do with gateways */
static struct doctor_link links[] = {
	{ .index = 2, .roles = ROLE_INSIDE, .mtu = 1500, .name = "in0" },
	{ .index = 3, .mtu = 1500, .name = "mgmt0", .lro = true, .xdp = XDP_ATTACHED_DRV },
	{ .index = 4, .roles = ROLE_UPLINK, .mtu = 1500, .name = "up0" },
};

static struct doctor d = { .links = links, .n_links = ARRAY_SIZE(links) };

#define SET(_to, _text)	snprintf(_to, sizeof(_to), "%s", _text)

static void lro(void)
{
	findings = 0;
	check_lro(&d);
	EXPECT_INT(findings, 0);
	links[0].lro = true;
	check_lro(&d);
	EXPECT_INT(findings, 1);
	EXPECT_STR(said[0],
		   "in0 merges segments by LRO, and Linux does not forward what it makes of them");
	EXPECT_STR(said[1], "ethtool -k in0: large-receive-offload: on");
	EXPECT_STR(said[2], "ethtool -K in0 lro off");
}

static void xdp(void)
{
	findings = 0;
	check_xdp(&d);
	EXPECT_INT(findings, 0);
	links[0].xdp = XDP_ATTACHED_SKB;
	check_xdp(&d);
	EXPECT_INT(findings, 1);
	EXPECT_STR(said[1], "ip link show dev in0: xdpgeneric");
	EXPECT_STR(said[2], "ip link set dev in0 xdpgeneric off");
}

/* The MTU of a route counts, and one of the device's that is larger does not matter */
static void mtu(void)
{
	struct doctor_route routes[] = { { .oif = 4, .mtu = 1492 } };

	findings = 0;
	check_mtu(&d);
	EXPECT_INT(findings, 0);
	d.routes = routes;
	d.n_routes = 1;
	check_mtu(&d);
	EXPECT_INT(findings, 1);
	EXPECT(strstr(said[0], "hosts behind in0 send packets of 1500 bytes, up0 takes 1492"));
	routes[0].plen = 24;
	check_mtu(&d);
	EXPECT_INT(findings, 1);
	d.n_routes = 0;
}

static void encap(void)
{
	struct doctor_route routes[] = {
		{ .dst = 0xc6336400, .plen = 24, .table = 254, .encap = LWTUNNEL_ENCAP_BPF },
		{ .dst = 0xc6336500, .plen = 24, .table = 254, .encap = LWTUNNEL_ENCAP_MPLS },
	};

	findings = 0;
	d.routes = routes;
	d.n_routes = 2;
	check_encap(&d);
	EXPECT_INT(findings, 1);
	EXPECT_STR(said[2], "ip route del 198.51.100.0/24 table 254");
	d.n_routes = 0;
}

/* Who sent past all gateways is named for a day, and not for ever after one packet */
static void unbound(void)
{
	struct doctor_subnet web = { .name = "web", .prefix = "10.0.1.0/24", .addr = 0x0a000100,
				     .mask = 0xffffff00, .untranslated = 7, .age = 24 * 3600,
				     .last = "10.0.1.4" };
	struct doctor own = { .subnets = &web, .n_subnets = 1 };
	struct doctor_drop *stray = &own.drops[NATGW_DROP_NO_SUBNET];

	findings = 0;
	check_unbound(&own);
	EXPECT_INT(findings, 1);
	EXPECT_STR(said[1],
		   "natgwctl subnet show web: untranslated 7, last source 10.0.1.4, 24h ago");
	web.age++;
	*stray = (struct doctor_drop){ .packets = 3, .age = 24 * 3600, .last = "10.0.9.9" };
	check_unbound(&own);
	EXPECT_INT(findings, 2);
	EXPECT_STR(said[1], "natgwctl stats show: no-subnet 3, last source 10.0.9.9, 24h ago");
	stray->age++;
	check_unbound(&own);
	EXPECT_INT(findings, 2);
}

/* The version of the tool is "test" here */
static void versions(void)
{
	findings = 0;
	SET(d.status.version, "0.9.0");
	check_version(&d);
	EXPECT_INT(findings, 1);
	EXPECT_STR(said[0], "the module that runs, 0.9.0, is older than natgwctl, test");
	EXPECT_STR(said[1], "natgwctl version: test, module 0.9.0");
	EXPECT_STR(said[2], "natgwctl upgrade");
	SET(d.status.version, "testing");
	check_version(&d);
	EXPECT_INT(findings, 2);
	EXPECT_STR(said[0], "the module that runs, testing, is newer than natgwctl, test");
	EXPECT_STR(said[2], "apt-get install --only-upgrade natgwctl");
	/* nothing that an upgrade could load, and modinfo is none of PATH */
	loaded_from = "/proc/sys/kernel/ostype";
	setenv("PATH", "/nonexistent", 1);
	check_version(&d);
	EXPECT_INT(findings, 3);
	EXPECT_STR(said[1], "modinfo natgw: nothing");
	EXPECT_INT(strncmp(said[2], "apt-get install linux-headers-", 30), 0);
	EXPECT_STR(strstr(said[2], " && "), " && dkms autoinstall");
}

/* The order of versions that scripts/version prints */
static void order(void)
{
	static const char *const sorted[] = {
		"0.9.0~9.gffffff0", "0.9.0~12.g1a2b3c4", "0.9.0", "0.9.0+1.g1a2b3c4",
		"0.9.0+12.g0000000", "0.9.1~1.gabcdef0", "0.9.1", "0.10.0~2.g0123456", "0.10.0",
	};
	size_t i, j;

	for (i = 0; i < ARRAY_SIZE(sorted); i++)
		for (j = 0; j < ARRAY_SIZE(sorted); j++) {
			int got = version_order(sorted[i], sorted[j]);

			EXPECT_INT((got > 0) - (got < 0), (i > j) - (i < j));
		}
}

/* What a shell, or a terminal, would act on is typed between quotes */
static void odd_names(void)
{
	static const struct {
		const char *name;
		const char *typed;
	} words[] = {
		{ "eth0.5@x", "eth0.5@x" },
		{ "-x", "'-x'" },
		{ "a;reboot", "'a;reboot'" },
		{ "$(id)", "'$(id)'" },
		{ "a'b", "$'a\\'b'" },
		{ "\\'\x1b", "$'\\\\\\'\\x1b'" },
		{ "", "''" },
	};
	char typed[DOCTOR_QUOTED];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(words); i++)
		EXPECT_STR(text_quoted(typed, sizeof(typed), words[i].name), words[i].typed);
	SET(links[0].name, "in\"0;x");
	SET(links[2].name, "up'0");
	findings = 0;
	links[0].lro = true;
	check_lro(&d);
	EXPECT_STR(said[2], "ethtool -K 'in\"0;x' lro off");
	links[2].mtu = 1400;
	check_mtu(&d);
	EXPECT_INT(findings, 2);
	EXPECT(strstr(said[2], " natgw_mss forward oif 4 tcp flags"));
	links[2].mtu = 1500;
	SET(links[0].name, "in0");
	SET(links[2].name, "up0");
}

/* A line as the bundle has it */
static const char *blot(const char *line)
{
	static char text[512];
	FILE *to = fmemopen(text, sizeof(text), "w");

	doctor_blot(to, line);
	fclose(to);
	return text;
}

static void keys(void)
{
	EXPECT_STR(blot("private-key wL3fGm0hQ1m5q0b4Jr2mYb8nPq7uVtX9sZk6eR1oTGY= x\n"),
		   "private-key (left out)\n");
	EXPECT_STR(blot("peer wL3fGm0hQ1m5q0b4Jr2mYb8nPq7uVtX9sZk6eR1oTGY=\n"),
		   "peer (left out)\n");
	EXPECT_STR(blot("aead rfc4106(gcm(aes)) 0x0102030405060708090a0b0c0d0e0f10aabbccdd 128\n"),
		   "aead rfc4106(gcm(aes)) (left out) 128\n");
	EXPECT_STR(blot("comment \"password=hunter2\" accept\n"),
		   "comment \"password=(left out)\" accept\n");
	EXPECT_STR(blot("psk: secret\n"), "psk: (left out)\n");
}

/* The whole of a secret that has blanks, whatever its quotes, and by the end of its key's name */
static void secrets(void)
{
	static const struct {
		const char *line;
		const char *blotted;
	} lines[] = {
		{ "comment \"password: correct horse battery\" accept\n",
		  "comment \"password: (left out)\" accept\n" },
		{ "password \"correct horse\" accept\n", "password \"(left out)\" accept\n" },
		{ "password='correct horse' x\n", "password=(left out)\n" },
		{ "password: correct horse\n", "password: (left out)\n" },
		{ "{\"password\": \"correct horse\", \"a\": 1}\n",
		  "{\"password\": \"(left out)\", \"a\": 1}\n" },
		{ "comment \"password: a \\\"b c\\\" d\" accept\n",
		  "comment \"password: (left out)\" accept\n" },
		{ "password \"correct horse", "password \"(left out)" },
		{ "password: a\\\n", "password: (left out)\n" },
		{ "dbpassword=x\n", "dbpassword=(left out)\n" },
		{ "DB_PASSWD = x\n", "DB_PASSWD = (left out)\n" },
		{ "auth-token=x y\n", "auth-token=(left out)\n" },
		{ "snmp community public\n", "snmp community (left out)\n" },
		{ "api-key: x\n", "api-key: (left out)\n" },
		{ "my_api_key: x\n", "my_api_key: (left out)\n" },
		{ "apikey x\n", "apikey (left out)\n" },
		{ "passphrase\tx y\n", "passphrase\t(left out)\n" },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(lines); i++)
		EXPECT_STR(blot(lines[i].line), lines[i].blotted);
}

/* Addresses, checksums of sources, UUIDs and words are no keys */
static void no_keys(void)
{
	static const char *const lines[] = {
		"link/ether 02:fc:00:00:00:05 brd ff:ff:ff:ff:ff:ff\n",
		"inet6 2001:db8:1234:5678:9abc:def0:1234:5678/64 scope global\n",
		"srcversion: 9A1B2C3D4E5F60718293A4B\n",
		"subnet add web prefix 10.0.1.0/24 gateway gw1\n",
		"tokens passwords are not\n",
		"comment \"allow the token\" accept\n",
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(lines); i++)
		EXPECT_STR(blot(lines[i]), lines[i]);
}

int main(void)
{
	static const struct ktap_test tests[] = {
		KTAP_TEST(lro), KTAP_TEST(xdp), KTAP_TEST(mtu), KTAP_TEST(encap), KTAP_TEST(keys),
		KTAP_TEST(secrets), KTAP_TEST(no_keys), KTAP_TEST(odd_names), KTAP_TEST(versions),
		KTAP_TEST(unbound), KTAP_TEST(order),
	};

	return ktap_run(tests, sizeof(tests) / sizeof(tests[0]));
}
