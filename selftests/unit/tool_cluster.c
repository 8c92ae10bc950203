// SPDX-License-Identifier: GPL-2.0
/* Clusters and plans as they are written, sent and printed: tools/cmd_cluster.c */
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <unistd.h>

#include <linux/genetlink.h>

#include "capture.h"
#include "key.h"
#include "ktap.h"

/* What it does with one message is not for others */
#include "cmd_cluster.c"

const struct object *const objects[] = { NULL };

static struct ctl ctl;
static char printed[8192];
static int files[2];

/* What was printed to stdout, or stderr, since the last call */
static const char *output(int file)
{
	return captured(file, printed, sizeof(printed));
}

/* The keywords that end with NULL */
static int keys(struct request *req, uint8_t cmd, ...)
{
	char *argv[32], *word;
	va_list ap;
	int argc;

	request_init(req, cmd);
	va_start(ap, cmd);
	for (argc = 0; (word = va_arg(ap, char *)); argc++)
		argv[argc] = word;
	va_end(ap);
	return object_keys(&ctl, &cluster_object, req, FIELD_SET, NULL, argc, argv);
}

static const struct nlattr *const *parse(const struct request *req)
{
	static const struct nlattr *tb[FIELDS_ATTRS];

	EXPECT(!req->full);
	EXPECT(fields_parse(&schema, req->nlh, tb));
	return tb;
}

static void put_prefix(struct request *req, uint16_t attr, const char *text)
{
	struct parse_error e;

	EXPECT(field_put_cidr(req, attr, text, true, &e));
}

static void put_plan(struct request *req, uint32_t type, const char *reason)
{
	struct nlattr *nest = request_nest(req, NATGW_A_CLUSTER_PLAN);

	request_u32(req, NATGW_A_PLAN_OUTBOUND_TYPE, type);
	request_u32(req, NATGW_A_PLAN_ALLOWED, !reason);
	if (reason)
		request_string(req, NATGW_A_PLAN_REASON, reason);
	request_nest_end(req, nest);
}

/* Words in any case, times with a unit, lists between commas or blanks */
static void written(void)
{
	const struct nlattr *const *tb, *attr;
	struct request req;
	unsigned int n = 0;
	char buf[ADDR_TEXT];

	EXPECT_INT(keys(&req, NATGW_CMD_CLUSTER_SET, "outbound-type", "USERASSIGNEDnatgateway",
			"VNET-MODE", "Byo", "matrix", "2026-08", "idle-timeout", "30m",
			"node-nat", "OFF",
			"ports-per-host", "4000", "drain", "0s", "node-count", "auto",
			"subnet", "a,b", "outbound-ips", "203.0.113.1,203.0.113.2", "203.0.113.3",
			"authorized-ip-ranges", "198.51.100.0/24,203.0.113.9", NULL), 0);
	tb = parse(&req);
	EXPECT_INT(field_u32(tb[NATGW_A_CLUSTER_OUTBOUND_TYPE]),
		   NATGW_OUTBOUND_TYPE_USER_ASSIGNED_NAT_GATEWAY);
	EXPECT_INT(field_u32(tb[NATGW_A_CLUSTER_VNET_MODE]), NATGW_VNET_MODE_BYO);
	EXPECT_INT(field_u32(tb[NATGW_A_CLUSTER_MATRIX]), NATGW_MATRIX_2026_08);
	EXPECT_INT(field_u32(tb[NATGW_A_CLUSTER_IDLE_TIMEOUT]), 1800);
	EXPECT(tb[NATGW_A_CLUSTER_NODE_NAT] && !field_u32(tb[NATGW_A_CLUSTER_NODE_NAT]));
	EXPECT(tb[NATGW_A_CLUSTER_NODE_COUNT] && !field_u32(tb[NATGW_A_CLUSTER_NODE_COUNT]));
	EXPECT_INT(field_u32(tb[NATGW_A_CLUSTER_PORTS_PER_HOST]), 4000);
	EXPECT(tb[NATGW_A_CLUSTER_DRAIN] && !field_u32(tb[NATGW_A_CLUSTER_DRAIN]));
	for (attr = tb[NATGW_A_CLUSTER_OUTBOUND_IPS]; attr; attr = field_next(attr, tb))
		n++;
	EXPECT_INT(n, 3);
	attr = tb[NATGW_A_CLUSTER_SUBNET];
	EXPECT_STR(mnl_attr_get_str(attr), "a");
	EXPECT_STR(mnl_attr_get_str(field_next(attr, tb)), "b");
	attr = tb[NATGW_A_CLUSTER_AUTHORIZED_IP_RANGES];
	EXPECT_STR(field_cidr(buf, attr, true), "198.51.100.0/24");
	EXPECT_STR(field_cidr(buf, field_next(attr, tb), true), "203.0.113.9");
	EXPECT_STR(field_cidr(buf, field_next(attr, tb), false), "203.0.113.9/32");
	output(files[1]);
}

static void misspelt(void)
{
	struct request req;

	EXPECT_INT(keys(&req, NATGW_CMD_CLUSTER_SET, "idle-timeout", "30", NULL), EXIT_USAGE);
	EXPECT_STR(output(files[1]),
		   "natgwctl: idle-timeout 30: time needs a unit, try 30m\n");
	EXPECT_INT(keys(&req, NATGW_CMD_CLUSTER_SET, "outbound-type", "managedNATGatewayV2", NULL),
		   EXIT_USAGE);
	EXPECT(strstr(output(files[1]), "managedNATGateway"));
	EXPECT_INT(keys(&req, NATGW_CMD_CLUSTER_SET, "outbound-ip-prefixes", "203.0.113.1", NULL),
		   EXIT_USAGE);
	EXPECT(strstr(output(files[1]), "prefix length is missing"));
	EXPECT_INT(keys(&req, NATGW_CMD_CLUSTER_SET, "prefix", "10.0.0.0/16", "prefix",
			"10.1.0.0/16", NULL), EXIT_USAGE);
	EXPECT_STR(output(files[1]), "natgwctl: prefix: given twice\n");
}

/* An empty element empties the list */
static void emptied(void)
{
	const struct nlattr *attr;
	struct request req;

	EXPECT_INT(keys(&req, NATGW_CMD_CLUSTER_SET, "authorized-ip-ranges", "None", NULL), 0);
	attr = mnl_nlmsg_get_payload_offset(req.nlh, sizeof(struct genlmsghdr));
	EXPECT_INT(mnl_attr_get_type(attr), NATGW_A_CLUSTER_AUTHORIZED_IP_RANGES);
	EXPECT_INT(mnl_attr_get_payload_len(attr), 0);
}

static void managed(struct request *req)
{
	request_init(req, NATGW_CMD_CLUSTER_GET);
	request_string(req, NATGW_A_CLUSTER_NAME, "aks1");
	request_u32(req, NATGW_A_CLUSTER_OUTBOUND_TYPE, NATGW_OUTBOUND_TYPE_MANAGED_NAT_GATEWAY);
	request_u32(req, NATGW_A_CLUSTER_VNET_MODE, NATGW_VNET_MODE_MANAGED);
	request_u32(req, NATGW_A_CLUSTER_MATRIX, NATGW_MATRIX_2024);
	request_u32(req, NATGW_A_CLUSTER_SESSIONS, 3);
	put_prefix(req, NATGW_A_CLUSTER_PREFIX, "10.224.0.0/16");
	request_string(req, NATGW_A_CLUSTER_SUBNET, "aks1");
	request_string(req, NATGW_A_CLUSTER_GATEWAY, "aks1-nat");
	request_u32(req, NATGW_A_CLUSTER_NODE_COUNT, 0);
	request_u32(req, NATGW_A_CLUSTER_NODE_NAT, NATGW_SWITCH_ON);
	request_u32(req, NATGW_A_CLUSTER_IDLE_TIMEOUT, 240);
	request_u32(req, NATGW_A_CLUSTER_MANAGED_OUTBOUND_IP_COUNT, 1);
	put_prefix(req, NATGW_A_CLUSTER_ADDRESS, "203.0.113.16");
}

static const char *show(const struct request *req, bool json)
{
	struct out out;

	ctl.json = json;
	out_begin(&out, json, false, cluster_object.layout);
	out_row(&out);
	object_print(&ctl, &out, &cluster_object, parse(req));
	out_row_end(&out);
	out_end(&out);
	ctl.json = false;
	return output(files[0]);
}

/* In text without what the type does not have, in JSON the same keys for all */
static void shown(void)
{
	static const char *const only[] = {
		"plan", "address-after", "drain",
	};
	struct request req;
	unsigned int i;
	char key[64];

	managed(&req);
	EXPECT_STR(show(&req, false),
		   "cluster aks1  outbound-type managedNATGateway  vnet-mode managed  matrix 2024  sessions 3\n"
		   "    prefix 10.224.0.0/16\n"
		   "    subnet aks1  gateway aks1-nat\n"
		   "    node-count auto  node-nat on  idle-timeout 4m  managed-outbound-ip-count 1\n"
		   "    address 203.0.113.16\n");
	put_prefix(&req, NATGW_A_CLUSTER_RETIRED_ADDRESS, "198.51.100.1");
	put_prefix(&req, NATGW_A_CLUSTER_UNAUTHORIZED, "203.0.113.16");
	show(&req, false);
	EXPECT(strstr(printed, "\n    retired-address 198.51.100.1\n"));
	EXPECT(strstr(printed, "\n    unauthorized 203.0.113.16\n"));

	show(&req, true);
	for (i = 0; i < schema.n_fields; i++) {
		snprintf(key, sizeof(key), "\"%s\":", fields[i].word);
		EXPECT(!!strstr(printed, key) == (strcmp(fields[i].word, only[0]) &&
						  strcmp(fields[i].word, only[1]) &&
						  strcmp(fields[i].word, only[2])));
	}
	EXPECT(strstr(printed, "\"outbound-type\":\"managedNATGateway\""));
	EXPECT(strstr(printed, "\"prefix\":\"10.224.0.0/16\",\"dev\":[],\"subnet\":[\"aks1\"]"));
	EXPECT(strstr(printed, "\"outbound-ips\":[],"));
	EXPECT(strstr(printed, "\"ports-per-host\":null,"));
}

static void types(void)
{
	struct plan plan = { .ctl = &ctl, .now = "managedNATGateway" };
	struct request req;

	request_init(&req, NATGW_CMD_CLUSTER_PLAN);
	request_string(&req, NATGW_A_CLUSTER_NAME, "aks1");
	put_plan(&req, NATGW_OUTBOUND_TYPE_LOAD_BALANCER, NULL);
	put_plan(&req, NATGW_OUTBOUND_TYPE_MANAGED_NAT_GATEWAY, NULL);
	put_plan(&req, NATGW_OUTBOUND_TYPE_USER_DEFINED_ROUTING, "matrix 2024 says no");
	EXPECT(plan_answer(req.nlh, &plan));
	EXPECT_STR(output(files[0]),
		   "cluster aks1\n\n"
		   "  outbound-type       plan     reason\n"
		   "  loadBalancer        allowed\n"
		   "  managedNATGateway   now\n"
		   "  userDefinedRouting  refused  matrix 2024 says no\n");
	EXPECT_STR(output(files[1]), "");

	ctl.json = true;
	EXPECT(plan_answer(req.nlh, &plan));
	ctl.json = false;
	output(files[0]);
	EXPECT(strstr(printed, "{\"outbound-type\":\"loadBalancer\",\"allowed\":\"on\","));
	EXPECT(strstr(printed, "\"allowed\":\"off\",\"reason\":\"matrix 2024 says no\"}]"));
}

static void move(struct request *req, bool unauthorized)
{
	request_init(req, NATGW_CMD_CLUSTER_PLAN);
	request_string(req, NATGW_A_CLUSTER_NAME, "aks1");
	put_plan(req, NATGW_OUTBOUND_TYPE_MANAGED_NAT_GATEWAY, NULL);
	put_prefix(req, NATGW_A_CLUSTER_ADDRESS, "203.0.113.16");
	put_prefix(req, NATGW_A_CLUSTER_ADDRESS_AFTER, "203.0.113.17");
	put_prefix(req, NATGW_A_CLUSTER_ADDRESS_AFTER, "203.0.113.18");
	request_u32(req, NATGW_A_CLUSTER_SESSIONS, 12);
	if (!unauthorized)
		return;
	put_prefix(req, NATGW_A_CLUSTER_UNAUTHORIZED, "203.0.113.17");
	put_prefix(req, NATGW_A_CLUSTER_UNAUTHORIZED, "203.0.113.18");
}

/* Addresses before and after, and what the allow-list lacks, on stderr too */
static void planned(void)
{
	struct plan plan = { .ctl = &ctl, .typed = true, .now = "loadBalancer" };
	struct request req;

	move(&req, false);
	EXPECT(plan_answer(req.nlh, &plan));
	EXPECT_STR(output(files[0]),
		   "cluster aks1\n"
		   "    loadBalancer to managedNATGateway: allowed\n"
		   "    leaves by 203.0.113.16\n"
		   "    would leave by 203.0.113.17 203.0.113.18\n"
		   "    12 sessions would go on as before until the end\n");
	EXPECT_STR(output(files[1]), "");

	move(&req, true);
	EXPECT(plan_answer(req.nlh, &plan));
	output(files[0]);
	EXPECT(strstr(printed, "to authorized-ip-ranges: 203.0.113.17/32,203.0.113.18/32\n"));
	EXPECT_STR(output(files[1]),
		   "natgwctl: warning: cluster aks1 would leave by 203.0.113.17, which authorized-ip-ranges does not admit; append 203.0.113.17/32\n"
		   "natgwctl: warning: cluster aks1 would leave by 203.0.113.18, which authorized-ip-ranges does not admit; append 203.0.113.18/32\n");

	ctl.json = true;
	EXPECT(plan_answer(req.nlh, &plan));
	output(files[0]);
	EXPECT(strstr(printed, "\"address\":[\"203.0.113.16\"],\"address-after\":["));
	EXPECT(strstr(printed, "\"unauthorized\":[\"203.0.113.17\",\"203.0.113.18\"]}]\n"));
	output(files[1]);
	EXPECT(strstr(printed, "{\"warning\":{\"message\":\"cluster aks1 would leave by "));
	EXPECT(strstr(printed, "\"attribute\":\"authorized-ip-ranges\","));
	EXPECT(strstr(printed, "\"value\":\"203.0.113.18/32\"}}\n"));
	ctl.json = false;
}

/* As set would do it with the same drain */
static void planned_drains(void)
{
	struct plan plan = { .ctl = &ctl, .typed = true, .drains = true };
	struct request req;

	move(&req, false);
	EXPECT(plan_answer(req.nlh, &plan));
	output(files[0]);
	EXPECT(strstr(printed, "    12 sessions would be ended at once\n"));
	plan.drain = 600;
	EXPECT(plan_answer(req.nlh, &plan));
	output(files[0]);
	EXPECT(strstr(printed, "    12 sessions would go on as before for 10m at most\n"));
}

static void warned(void)
{
	struct request req;

	managed(&req);
	EXPECT(warn_answer(req.nlh, &ctl));
	EXPECT_STR(output(files[1]), "");
	put_prefix(&req, NATGW_A_CLUSTER_UNAUTHORIZED, "203.0.113.16/28");
	EXPECT(warn_answer(req.nlh, &ctl));
	EXPECT_STR(output(files[1]),
		   "natgwctl: warning: cluster aks1 leaves by 203.0.113.16/28, which authorized-ip-ranges does not admit; append 203.0.113.16/28\n");
}

/* Wrong bytes are refused or printed, and nothing else happens */
static void mutated(void)
{
	struct plan plan = { .ctl = &ctl };
	struct request base, req;
	unsigned int round, i, good = 0;
	size_t at, head = mnl_nlmsg_size(sizeof(struct genlmsghdr));

	for (round = 0; round < 20000; round++) {
		move(&base, round % 2);
		memcpy(req.buf, base.buf, sizeof(req.buf));
		req.nlh = (struct nlmsghdr *)req.buf;
		for (i = 1 + random() % 4; i; i--) {
			at = head + random() % (req.nlh->nlmsg_len - head);
			req.buf[at] = random();
		}
		plan.typed = random() % 2;
		ctl.json = random() % 2;
		good += plan_answer(req.nlh, &plan);
		output(files[0]);
		output(files[1]);
	}
	ctl.json = false;
	EXPECT(good > 0 && good < round);
}

int main(void)
{
	static const struct ktap_test tests[] = {
		KTAP_TEST(written),
		KTAP_TEST(misspelt),
		KTAP_TEST(emptied),
		KTAP_TEST(shown),
		KTAP_TEST(types),
		KTAP_TEST(planned),
		KTAP_TEST(planned_drains),
		KTAP_TEST(warned),
		KTAP_TEST(mutated),
	};

	srandom(1);
	ktap_out = fdopen(dup(STDOUT_FILENO), "w");
	files[0] = capture(STDOUT_FILENO);
	files[1] = capture(STDERR_FILENO);
	if (!ktap_out || files[0] < 0 || files[1] < 0)
		return 1;
	return ktap_run(tests, ARRAY_SIZE(tests));
}
