// SPDX-License-Identifier: GPL-2.0
/* What the bare call says about what it lists: tools/report*.c, tools/quota.c */
#include <arpa/inet.h>
#include <unistd.h>

#include "capture.h"
#include "ktap.h"

#include "reason.h"
#include "report.h"

const struct object *const objects[] = { NULL };

static char printed[8192];
static int file;

/* What was printed since the last call */
static const char *output(void)
{
	return captured(file, printed, sizeof(printed));
}

static void begin(struct report *report, bool json)
{
	*report = (struct report){};
	out_begin(&report->out, json, false, OUT_BLOCK);
	out_row(&report->out);
	out_array(&report->out, "gateway");
}

/* The sentences, after lists that are not looked at */
static const char *sentences(struct report *report)
{
	out_array_end(&report->out);
	output();
	report_show(&report->out, report);
	out_row_end(&report->out);
	out_end(&report->out);
	report_free(report);
	return output();
}

static void gateway(struct request *req, const char *name, uint32_t allocation)
{
	request_init(req, NATGW_CMD_GATEWAY_GET);
	request_string(req, NATGW_A_GATEWAY_NAME, name);
	request_u32(req, NATGW_A_GATEWAY_OPERATIONAL, NATGW_OPERATIONAL_NO_SUBNET);
	request_u32(req, NATGW_A_GATEWAY_ALLOCATION, allocation);
	request_u32(req, NATGW_A_GATEWAY_SESSIONS, 3);
}

/* A gateway that refused flows */
static void refuser(struct request *req, uint64_t failed)
{
	struct nlattr *nest = request_nest(req, NATGW_A_GATEWAY_COUNTERS);

	request_bytes(req, NATGW_A_COUNTERS_FAILED, &failed, sizeof(failed));
	request_nest_end(req, nest);
}

static void quota_drops(struct report *report)
{
	const uint64_t packets = 8;
	struct request req;
	struct in_addr src;

	request_init(&req, NATGW_CMD_STATS_GET);
	request_u32(&req, NATGW_A_STATS_REASON, NATGW_DROP_QUOTA);
	request_bytes(&req, NATGW_A_STATS_PACKETS, &packets, sizeof(packets));
	inet_pton(AF_INET, "10.0.1.99", &src);
	request_bytes(&req, NATGW_A_STATS_LAST_SOURCE, &src, sizeof(src));
	request_u32(&req, NATGW_A_STATS_LAST_AGE, 3);
	EXPECT(report_drops(req.nlh, report));
}

#define REFUSED	"refused flows: quota (8 flows, last from 10.0.1.99 3s ago): natgwctl ports show by host, "

/* The keys of the gateway's own allocation, by the command that takes them */
static void refused_by_quota(void)
{
	struct report report;
	struct request req;

	begin(&report, false);
	gateway(&req, "gw1", NATGW_ALLOCATION_DYNAMIC);
	request_u32(&req, NATGW_A_GATEWAY_HOST_LIMIT, 20);
	refuser(&req, 8);
	EXPECT(report_gateway(req.nlh, &report));
	quota_drops(&report);
	EXPECT_STR(sentences(&report), "\nwarning: gateway gw1 " REFUSED
				       "natgwctl gateway set gw1 host-limit N\n");

	begin(&report, false);
	gateway(&req, "gw1", NATGW_ALLOCATION_PREALLOCATED);
	refuser(&req, 8);
	EXPECT(report_gateway(req.nlh, &report));
	quota_drops(&report);
	EXPECT_STR(sentences(&report), "\nwarning: gateway gw1 " REFUSED
				       "natgwctl gateway set gw1 ports-per-host N\n");

	begin(&report, false);
	gateway(&req, "aks1-lb", NATGW_ALLOCATION_PREALLOCATED);
	request_string(&req, NATGW_A_GATEWAY_OWNER, "aks1");
	refuser(&req, 8);
	EXPECT(report_gateway(req.nlh, &report));
	quota_drops(&report);
	EXPECT_STR(sentences(&report), "\nwarning: gateway aks1-lb " REFUSED
				       "natgwctl cluster set aks1 ports-per-host N\n");

	/* Whose it was is not known */
	begin(&report, false);
	gateway(&req, "gw1", NATGW_ALLOCATION_DYNAMIC);
	EXPECT(report_gateway(req.nlh, &report));
	quota_drops(&report);
	EXPECT_STR(sentences(&report), "\nwarning: gateways " REFUSED
				       "natgwctl stats explain quota\n");
}

/* What is on its way out is said not to be a defect */
static void retired(void)
{
	struct report report;
	struct request req;

	gateway(&req, "aks1-lb", NATGW_ALLOCATION_PREALLOCATED);
	request_string(&req, NATGW_A_GATEWAY_OWNER, "aks1");
	request_u32(&req, NATGW_A_GATEWAY_RETIRED, NATGW_SWITCH_ON);
	begin(&report, false);
	EXPECT(report_gateway(req.nlh, &report));
	EXPECT_STR(sentences(&report),
		   "\nnote: gateway aks1-lb is retired, of a former way out of cluster aks1, gone with its last session\n");

	request_u32(&req, NATGW_A_GATEWAY_DRAIN, 600);
	request_u32(&req, NATGW_A_GATEWAY_DRAIN_OLDEST, 60);
	begin(&report, true);
	EXPECT(report_gateway(req.nlh, &report));
	EXPECT_STR(strstr(sentences(&report), "\"notes\""),
		   "\"notes\":[\"gateway aks1-lb is retired, of a former way out of cluster aks1, gone with its last session; draining: 3 sessions, oldest 1m, ends in 10m\"],\"warnings\":[]}]\n");

	/* The same object in service is being drained by somebody */
	gateway(&req, "gw1", NATGW_ALLOCATION_DYNAMIC);
	request_u32(&req, NATGW_A_GATEWAY_DRAIN, 600);
	request_u32(&req, NATGW_A_GATEWAY_DRAIN_OLDEST, 60);
	begin(&report, false);
	EXPECT(report_gateway(req.nlh, &report));
	EXPECT_STR(sentences(&report),
		   "\nwarning: gateway gw1 is draining: 3 sessions, oldest 1m, ends in 10m; to take new flows again: natgwctl gateway set gw1 drain off\n");
}

static void subnet(struct request *req)
{
	struct in_addr in;

	request_init(req, NATGW_CMD_SUBNET_GET);
	request_string(req, NATGW_A_SUBNET_NAME, "web");
	inet_pton(AF_INET, "10.0.1.0", &in);
	request_bytes(req, NATGW_A_SUBNET_PREFIX, &in, sizeof(in));
	request_u32(req, NATGW_A_SUBNET_PREFIX_LENGTH, 24);
}

/* What drains as the cluster that made it was deleted is ended by the cluster's name */
static void drains_with_cluster(void)
{
	struct report report;
	struct request req;

	subnet(&req);
	request_u32(&req, NATGW_A_SUBNET_DRAIN, 60);
	request_string(&req, NATGW_A_SUBNET_OWNER, "aks1");
	begin(&report, false);
	EXPECT(report_subnet(req.nlh, &report));
	EXPECT_STR(sentences(&report),
		   "\nwarning: subnet web is draining: 0 sessions, ends in 1m; to end it at once: natgwctl cluster del aks1 drain 0s\n");
}

/* What does not work is said with the command that mends it, that of Linux once */
static void mends(void)
{
	static const uint32_t why[] = {
		NATGW_OPERATIONAL_FORWARDING_OFF, NATGW_OPERATIONAL_FORWARDING_OFF,
		NATGW_OPERATIONAL_NO_ROUTE, NATGW_OPERATIONAL_NO_ROUTE,
		NATGW_OPERATIONAL_NO_ADDRESS, NATGW_OPERATIONAL_NO_SUBNET,
		NATGW_OPERATIONAL_YES,
	};
	const uint64_t packets = 7;
	struct report report;
	struct request req;
	struct in_addr in;
	unsigned int i;

	begin(&report, false);
	for (i = 0; i < ARRAY_SIZE(why); i++) {
		request_init(&req, NATGW_CMD_GATEWAY_GET);
		request_string(&req, NATGW_A_GATEWAY_NAME, "gw1");
		request_u32(&req, NATGW_A_GATEWAY_OPERATIONAL, why[i]);
		request_u32(&req, NATGW_A_GATEWAY_SUBNETS, 1);
		EXPECT(report_gateway(req.nlh, &report));
	}
	subnet(&req);
	request_bytes(&req, NATGW_A_SUBNET_UNTRANSLATED, &packets, sizeof(packets));
	inet_pton(AF_INET, "10.0.1.4", &in);
	request_bytes(&req, NATGW_A_SUBNET_LAST_SOURCE, &in, sizeof(in));
	EXPECT(report_subnet(req.nlh, &report));
	EXPECT_STR(sentences(&report),
		   "\nwarning: Linux does not forward: sysctl -w net.ipv4.ip_forward=1\n"
		   "warning: Linux has no route to the Internet: ip route add default via NEXT-HOP\n"
		   "warning: gateway gw1 has no address: natgwctl gateway set gw1 address IP\n"
		   "warning: 10.0.1.0/24 sends to the Internet and no gateway is bound to it (last source 10.0.1.4, 7 packets): natgwctl subnet set web gateway GATEWAY\n");

	/* Nothing is lost as long as no subnet is bound */
	begin(&report, false);
	request_init(&req, NATGW_CMD_GATEWAY_GET);
	request_string(&req, NATGW_A_GATEWAY_NAME, "gw1");
	request_u32(&req, NATGW_A_GATEWAY_OPERATIONAL, NATGW_OPERATIONAL_NO_ADDRESS);
	EXPECT(report_gateway(req.nlh, &report));
	EXPECT_STR(sentences(&report),
		   "\nnote: gateway gw1 has no address: natgwctl gateway set gw1 address IP\n");
}

static void stray(struct report *report, uint32_t age)
{
	const uint64_t packets = 7;
	struct request req;
	struct in_addr in;

	subnet(&req);
	request_bytes(&req, NATGW_A_SUBNET_UNTRANSLATED, &packets, sizeof(packets));
	inet_pton(AF_INET, "10.0.1.4", &in);
	request_bytes(&req, NATGW_A_SUBNET_LAST_SOURCE, &in, sizeof(in));
	request_u32(&req, NATGW_A_SUBNET_LAST_AGE, age);
	EXPECT(report_subnet(req.nlh, report));
	request_init(&req, NATGW_CMD_STATS_GET);
	request_u32(&req, NATGW_A_STATS_REASON, NATGW_DROP_NO_SUBNET);
	request_bytes(&req, NATGW_A_STATS_PACKETS, &packets, sizeof(packets));
	inet_pton(AF_INET, "10.0.9.9", &in);
	request_bytes(&req, NATGW_A_STATS_LAST_SOURCE, &in, sizeof(in));
	request_u32(&req, NATGW_A_STATS_LAST_AGE, age);
	EXPECT(report_drops(req.nlh, report));
}

/* Who sent past all gateways is named for a day, and not for ever after one packet */
static void strays(void)
{
	struct report report;

	begin(&report, false);
	stray(&report, 24 * 3600);
	EXPECT_STR(sentences(&report),
		   "\nwarning: 10.0.1.0/24 sends to the Internet and no gateway is bound to it (last source 10.0.1.4, 24h ago, 7 packets): natgwctl subnet set web gateway GATEWAY\n"
		   "warning: 10.0.9.9 sends to the Internet from no subnet (last of 7 packets, 24h ago): natgwctl subnet add SUBNET prefix CIDR gateway GATEWAY\n");
	begin(&report, false);
	stray(&report, 24 * 3600 + 1);
	EXPECT_STR(sentences(&report), "");
}

static void drops(struct report *report, uint32_t reason, const uint32_t *age)
{
	const uint64_t packets = 8;
	struct request req;
	struct in_addr src;

	request_init(&req, NATGW_CMD_STATS_GET);
	request_u32(&req, NATGW_A_STATS_REASON, reason);
	request_bytes(&req, NATGW_A_STATS_PACKETS, &packets, sizeof(packets));
	if (age) {
		inet_pton(AF_INET, "10.0.1.99", &src);
		request_bytes(&req, NATGW_A_STATS_LAST_SOURCE, &src, sizeof(src));
		request_u32(&req, NATGW_A_STATS_LAST_AGE, *age);
	}
	EXPECT(report_drops(req.nlh, report));
}

/* What was refused is warned of for ten minutes, the counter stays */
static void ages(void)
{
	static const uint32_t late = 600, old = 601;
	struct report report;
	struct request req;

	begin(&report, false);
	drops(&report, NATGW_DROP_POOL_EMPTY, &late);
	drops(&report, NATGW_DROP_FOREIGN_NAT, &late);
	EXPECT_STR(sentences(&report),
		   "\nwarning: gateways refused flows: pool-empty (8 flows, last from 10.0.1.99 10m ago): natgwctl address show\n"
		   "warning: another NAT rule changed the source of bound subnets first (8 packets dropped, last from 10.0.1.99 10m ago): exempt them from masquerade and SNAT, nft list ruleset\n");

	begin(&report, false);
	gateway(&req, "gw1", NATGW_ALLOCATION_DYNAMIC);
	refuser(&req, 8);
	EXPECT(report_gateway(req.nlh, &report));
	drops(&report, NATGW_DROP_POOL_EMPTY, &old);
	drops(&report, NATGW_DROP_FOREIGN_NAT, &old);
	report_refusers(&report);
	EXPECT_STR(sentences(&report), "");

	/* Who may not see the last packet is not told a wrong age */
	begin(&report, false);
	drops(&report, NATGW_DROP_POOL_EMPTY, NULL);
	EXPECT_STR(sentences(&report),
		   "\nwarning: gateways refused flows: pool-empty (8 flows): natgwctl address show\n");
}

/* In text the word stands where the verdict does, in JSON beside it */
static void retired_shown(void)
{
	const struct schema *s = gateway_object.schema;
	const struct nlattr *tb[FIELDS_ATTRS];
	struct request req;
	struct out out;
	int json;

	gateway(&req, "aks1-lb", NATGW_ALLOCATION_PREALLOCATED);
	request_u32(&req, NATGW_A_GATEWAY_RETIRED, NATGW_SWITCH_ON);
	EXPECT(fields_parse(s, req.nlh, tb));
	for (json = 0; json < 2; json++) {
		out_begin(&out, json, false, OUT_BLOCK);
		out_row(&out);
		out_title(&out, "gateway", "name", "aks1-lb");
		field_show(&out, field_by_attr(s, NATGW_A_GATEWAY_OPERATIONAL), tb);
		out_row_end(&out);
		out_end(&out);
		EXPECT_STR(output(), !json ? "gateway aks1-lb  operational: retired\n" :
			   "[{\"name\":\"aks1-lb\",\"operational\":\"no\",\"operational-reason\":\"no subnet\"}]\n");
	}
}

static void cluster(struct request *req, uint32_t type, const char *differs)
{
	request_init(req, NATGW_CMD_CLUSTER_GET);
	request_string(req, NATGW_A_CLUSTER_NAME, "aks1");
	request_u32(req, NATGW_A_CLUSTER_OUTBOUND_TYPE, type);
	request_string(req, NATGW_A_CLUSTER_DIFFERS, differs);
}

/* A gateway before the load balancer is precedence, a missing one is a defect */
static void differs(void)
{
	struct report report;
	struct request req;

	begin(&report, false);
	cluster(&req, NATGW_OUTBOUND_TYPE_LOAD_BALANCER,
		"subnet web is bound to gateway gw1, which goes before aks1-lb");
	EXPECT(report_cluster(req.nlh, &report));
	EXPECT_STR(sentences(&report),
		   "\nnote: cluster aks1: subnet web is bound to gateway gw1, which goes before aks1-lb\n");

	begin(&report, false);
	cluster(&req, NATGW_OUTBOUND_TYPE_USER_ASSIGNED_NAT_GATEWAY,
		"subnet web is bound to no gateway, not to gw1");
	EXPECT(report_cluster(req.nlh, &report));
	EXPECT_STR(sentences(&report),
		   "\nwarning: cluster aks1: subnet web is bound to no gateway, not to gw1\n");
}

/* What explain and monitor say of a quota */
static void quota_words(void)
{
	struct quota q = { .gateway = "gw1", .host_limit = 20 };
	char buf[QUOTA_TEXT];

	EXPECT_STR(quota_limits(buf, &q), "host-limit 20");
	EXPECT_STR(quota_meaning(buf, &q),
		   "a new flow of a host that has as many sessions as host-limit allows (20)");
	EXPECT_STR(quota_action(buf, &q),
		   "find the host: natgwctl ports show by host gateway gw1; let it reuse connections, or give each host more: natgwctl gateway set gw1 host-limit N");

	q = (struct quota){ .gateway = "gw1", .allocation = NATGW_ALLOCATION_PREALLOCATED,
			    .block = 1024 };
	EXPECT_STR(quota_limits(buf, &q), "ports-per-host auto, now 1024");
	EXPECT_STR(quota_meaning(buf, &q),
		   "a new flow of a host that has used up its block of 1024 ports to this destination, or for which no block is left");
	EXPECT_STR(quota_action(buf, &q),
		   "find the host: natgwctl ports show by host gateway gw1; let it reuse connections, or give each host more: natgwctl gateway set gw1 ports-per-host N; for more hosts attach addresses: natgwctl gateway set gw1 address IP");

	q = (struct quota){ .gateway = "aks1-lb", .owner = "aks1", .block = 128, .ports = 128,
			    .allocation = NATGW_ALLOCATION_PREALLOCATED };
	EXPECT_STR(quota_limits(buf, &q), "ports-per-host 128");
	EXPECT_STR(quota_action(buf, &q),
		   "find the host: natgwctl ports show by host gateway aks1-lb; let it reuse connections, or give each host more: natgwctl cluster set aks1 ports-per-host N; for more hosts attach addresses: natgwctl cluster set aks1 managed-outbound-ip-count N, or where they are your own outbound-ips IP,... with all that are to stay");

	q = (struct quota){ .gateway = "gw1", .allocation = NATGW_ALLOCATION_FLOOR, .ports = 64,
			    .block = 64, .host_limit = 9 };
	EXPECT_STR(quota_limits(buf, &q), "host-limit 9, ports-per-host 64");
	EXPECT_STR(quota_meaning(buf, &q),
		   "a new flow of a host that has as many sessions as host-limit allows (9), or used up its 64 ports to this destination and those that all hosts share");
	EXPECT_STR(quota_command(buf, &q),
		   "natgwctl gateway set gw1 host-limit N ports-per-host N");

	/* Gone meanwhile, or without a limit by now: the words of stats explain */
	q = (struct quota){};
	EXPECT(!quota_limits(buf, &q));
	EXPECT_STR(quota_meaning(buf, &q), reasons[NATGW_DROP_QUOTA].meaning);
	EXPECT_STR(quota_action(buf, &q), reasons[NATGW_DROP_QUOTA].action);
	q = (struct quota){ .gateway = "gw1" };
	EXPECT(!quota_limits(buf, &q));
	EXPECT_STR(quota_command(buf, &q), "natgwctl stats explain quota");
	EXPECT(strstr(reasons[NATGW_DROP_QUOTA].action, "ports-per-host N (preallocated, floor)"));
	EXPECT(strstr(reasons[NATGW_DROP_QUOTA].action, "host-limit N (dynamic)"));
}

/* The command that makes room, of a gateway that can have 100 ports of each address */
static void cure_is(const struct pool *pool, const struct headroom_own *own, uint32_t peak,
		    const char *want)
{
	char *cure = headroom_cure(pool, own, 100 * pool->addresses, peak);

	EXPECT_STR(cure, want);
	free(cure);
}

/* doctor's command does what the sentence of the status says, and is not refused */
static void cures(void)
{
	struct headroom_own none = {};
	struct headroom_own own = { .ips = "203.0.113.1,203.0.113.2" };
	struct headroom_own prefix = { .prefixes = "203.0.113.16/30" };
	struct pool pool = { .name = "gw1", .addresses = 1, .warn = 80 };
	struct pool aks = { .name = "aks-nat", .owner = "aks", .addresses = 2, .warn = 80 };

	cure_is(&pool, &none, 80, "natgwctl address add IP gateway gw1");
	cure_is(&pool, &none, 300, "natgwctl gateway set gw1 address IP1,IP2,IP3");
	pool.addresses = 16;
	cure_is(&pool, &none, 1500, "natgwctl subnet set SUBNET gateway ANOTHER");
	/* there are enough, and the fullest host has no others */
	pool.pooling = NATGW_POOLING_PAIRED;
	cure_is(&pool, &none, 300, "natgwctl gateway set gw1 pooling paired-soft");
	pool.addresses = 2;
	cure_is(&pool, &none, 90, "natgwctl gateway set gw1 pooling paired-soft");
	cure_is(&pool, &none, 180, "natgwctl address add IP gateway gw1");

	cure_is(&aks, &none, 180, "natgwctl cluster set aks managed-outbound-ip-count 3");
	cure_is(&aks, &own, 180,
		"natgwctl address add IP && natgwctl cluster set aks outbound-ips 203.0.113.1,203.0.113.2,IP");
	cure_is(&aks, &own, 300,
		"natgwctl address add IP1 && natgwctl address add IP2 && natgwctl cluster set aks outbound-ips 203.0.113.1,203.0.113.2,IP1,IP2");
	aks.addresses = 4;
	cure_is(&aks, &prefix, 360,
		"natgwctl address add IP && natgwctl cluster set aks outbound-ips IP outbound-ip-prefixes 203.0.113.16/30");
	aks.addresses = 16;
	cure_is(&aks, &own, 1500, "natgwctl ports show by host gateway aks-nat");

	aks.allocation = NATGW_ALLOCATION_PREALLOCATED;
	aks.addresses = 2;
	aks.block = 1024;
	aks.hosts = 10;
	cure_is(&aks, &own, 80, "natgwctl cluster set aks ports-per-host 2048");
	aks.hosts = 200;
	cure_is(&aks, &own, 80,
		"natgwctl address add IP && natgwctl cluster set aks outbound-ips 203.0.113.1,203.0.113.2,IP");
}

int main(void)
{
	static const struct ktap_test tests[] = {
		KTAP_TEST(refused_by_quota),
		KTAP_TEST(retired),
		KTAP_TEST(retired_shown),
		KTAP_TEST(drains_with_cluster),
		KTAP_TEST(mends),
		KTAP_TEST(strays),
		KTAP_TEST(ages),
		KTAP_TEST(differs),
		KTAP_TEST(quota_words),
		KTAP_TEST(cures),
	};

	ktap_out = fdopen(dup(STDOUT_FILENO), "w");
	file = capture(STDOUT_FILENO);
	if (!ktap_out || file < 0)
		return 1;
	return ktap_run(tests, ARRAY_SIZE(tests));
}
