// SPDX-License-Identifier: GPL-2.0
/* Routes, explain; lists and nests in answers */
#include <errno.h>
#include <unistd.h>

#include "capture.h"
#include "ktap.h"
#include "object.h"
#include "tool_words.h"

/* What it does with one message is not for others */
#include "cmd_explain.c"

const struct object *const objects[] = { NULL };

static struct ctl ctl;
static char printed[16384];
static char said[1024];
static int file;
static int errors;

/* What was printed since the last call */
static const char *output(void)
{
	return captured(file, printed, sizeof(printed));
}

/* The same of errors */
static const char *error(void)
{
	return captured(errors, said, sizeof(said));
}

static void put_addr(struct request *req, uint16_t attr, const char *text)
{
	struct parse_error e;
	struct inet in;

	if (!parse_addr(text, &in, &e))
		abort();
	request_bytes(req, attr, in.addr, in.len);
}

static void destinations(void)
{
	static const struct {
		const char *text;
		bool ok;
		const char *tag;
	} list[] = {
		{ "10.0.0.0/8", true, NULL },
		{ "198.51.100.7", true, NULL },
		{ "Storage", true, "Storage" },
		{ "AzureCloud.westeurope", true, "AzureCloud.westeurope" },
		{ "10.0.0.300", false, NULL },
		{ "Storage/8", false, NULL },
		{ "2001:db8::/32", false, NULL },
		{ "none", false, NULL },
		{ "", false, NULL },
	};
	const struct field *f = &route_object.schema->fields[0];
	const struct nlattr *tb[FIELDS_ATTRS];
	struct parse_error e;
	struct request req;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(list); i++) {
		request_init(&req, NATGW_CMD_ROUTE_NEW);
		EXPECT(field_put(&req, route_object.schema, f, list[i].text, &e) == list[i].ok);
		EXPECT(fields_parse(route_object.schema, req.nlh, tb));
		EXPECT(!tb[NATGW_A_ROUTE_TAG] == !list[i].tag);
		if (list[i].tag)
			EXPECT_STR(field_string(tb[NATGW_A_ROUTE_TAG]), list[i].tag);
		else if (list[i].ok)
			EXPECT(tb[NATGW_A_ROUTE_PREFIX] && tb[NATGW_A_ROUTE_PREFIX_LENGTH]);
	}
}

/* Two routes are told apart by table and destination, which may be a tag */
static void route_names(void)
{
	unsigned int del = verb_keys(&route_object.verbs[1]);
	const struct nlattr *tb[FIELDS_ATTRS];
	struct request req;
	char buf[KEY_TEXT];

	request_init(&req, NATGW_CMD_ROUTE_NTF);
	EXPECT_INT(object_name(&ctl, &route_object, &req, "10.0.0.0/8"), 0);
	EXPECT_INT(keys(&ctl, &route_object, &req, FIELD_SET, "route-table", "rt1", "next-hop-type",
			"virtualappliance", "next-hop-ip", "10.0.2.4", NULL), 0);
	EXPECT(fields_parse(route_object.schema, req.nlh, tb));
	EXPECT_STR(object_key(buf, &route_object, tb), "10.0.0.0/8 route-table rt1");
	EXPECT_INT(field_u32(tb[NATGW_A_ROUTE_NEXT_HOP_TYPE]), NATGW_NEXT_HOP_VIRTUAL_APPLIANCE);

	request_init(&req, NATGW_CMD_ROUTE_DEL_NTF);
	EXPECT_INT(object_name(&ctl, &route_object, &req, "abcdefghijklmnopqrstuvwxyzabcde"), 0);
	EXPECT_INT(keys(&ctl, &route_object, &req, del, "route-table",
			"abcdefghijklmnopqrstuvwxyzabcde", NULL), 0);
	EXPECT(fields_parse(route_object.schema, req.nlh, tb));
	EXPECT_STR(object_key(buf, &route_object, tb),
		   joined("abcdefghijklmnopqrstuvwxyzabcde route-table ",
			  "abcdefghijklmnopqrstuvwxyzabcde", NULL));

	request_init(&req, NATGW_CMD_ROUTE_DEL_NTF);
	EXPECT(fields_parse(route_object.schema, req.nlh, tb));
	EXPECT(!object_key(buf, &route_object, tb));
	/* del has the key alone */
	EXPECT_INT(keys(&ctl, &route_object, &req, del, "next-hop-type", "none", NULL), 1);
	error();
}

static void put_route(struct request *req, const char *prefix, uint32_t plen, const char *tag,
		      uint32_t type, const char *ip, uint32_t source, uint32_t problem)
{
	put_addr(req, NATGW_A_ROUTE_PREFIX, prefix);
	request_u32(req, NATGW_A_ROUTE_PREFIX_LENGTH, plen);
	if (tag)
		request_string(req, NATGW_A_ROUTE_TAG, tag);
	request_u32(req, NATGW_A_ROUTE_NEXT_HOP_TYPE, type);
	if (ip)
		put_addr(req, NATGW_A_ROUTE_NEXT_HOP_IP, ip);
	if (source == NATGW_ROUTE_SOURCE_USER)
		request_string(req, NATGW_A_ROUTE_ROUTE_TABLE, "rt1");
	request_u32(req, NATGW_A_ROUTE_SOURCE, source);
	request_u32(req, NATGW_A_ROUTE_STATE, problem >= NATGW_ROUTE_PROBLEM_USER_ROUTE &&
		    problem <= NATGW_ROUTE_PROBLEM_OTHER_TAG);
	request_u32(req, NATGW_A_ROUTE_PROBLEM, problem);
}

static void effective_routes(void)
{
	struct request req;
	struct out out;
	int json;

	for (json = 0; json < 2; json++) {
		out_begin(&out, json, false, OUT_TABLE);
		request_init(&req, NATGW_CMD_ROUTE_EFFECTIVE_GET);
		put_route(&req, "0.0.0.0", 0, NULL, NATGW_NEXT_HOP_VIRTUAL_APPLIANCE, "10.0.2.4",
			  NATGW_ROUTE_SOURCE_USER, NATGW_ROUTE_PROBLEM_NEXT_HOP_DOWN);
		EXPECT(route_answer(req.nlh, &out));
		request_init(&req, NATGW_CMD_ROUTE_EFFECTIVE_GET);
		put_route(&req, "0.0.0.0", 0, NULL, NATGW_NEXT_HOP_INTERNET, NULL,
			  NATGW_ROUTE_SOURCE_SYSTEM, NATGW_ROUTE_PROBLEM_USER_ROUTE);
		EXPECT(route_answer(req.nlh, &out));
		request_init(&req, NATGW_CMD_ROUTE_EFFECTIVE_GET);
		put_route(&req, "10.0.0.0", 8, NULL, NATGW_NEXT_HOP_PASS, NULL,
			  NATGW_ROUTE_SOURCE_SYSTEM, NATGW_ROUTE_PROBLEM_NONE);
		EXPECT(route_answer(req.nlh, &out));
		out_end(&out);
		output();
		if (!json)
			EXPECT_STR(printed, joined("",
						   "source  state    prefix      tag  next-hop-type     next-hop-ip  route-table\n",
						   "User    Active   0.0.0.0/0   -    VirtualAppliance  10.0.2.4     rt1\n",
						   "    drops: the next hop does not answer ARP\n",
						   "System  Invalid  0.0.0.0/0   -    Internet\n",
						   "    a user route has the same prefix\n",
						   "System  Active   10.0.0.0/8  -    Pass\n",
						   NULL));
	}
	EXPECT(strstr(printed, joined("",
				      "{\"source\":\"System\",\"state\":\"Invalid\",\"prefix\":\"0.0.0.0/0\",\"tag\":null,",
				      "\"next-hop-type\":\"Internet\",\"next-hop-ip\":null,\"unreachable\":null,",
				      "\"route-table\":null,\"problem\":\"user-route\"}", NULL)));
}

/* A new flow that a gateway translates, or with @full cannot */
static void explained(struct request *req, bool full)
{
	struct nlattr *nest;

	request_init(req, NATGW_CMD_EXPLAIN);
	request_string(req, NATGW_A_EXPLAIN_VNET, "hub");
	request_string(req, NATGW_A_EXPLAIN_SUBNET, "web");
	nest = request_nest(req, NATGW_A_EXPLAIN_ROUTE);
	put_route(req, "198.51.100.7", 32, "Lab", NATGW_NEXT_HOP_INTERNET, NULL,
		  NATGW_ROUTE_SOURCE_USER, NATGW_ROUTE_PROBLEM_NONE);
	request_nest_end(req, nest);
	nest = request_nest(req, NATGW_A_EXPLAIN_LOSER);
	put_route(req, "0.0.0.0", 0, NULL, NATGW_NEXT_HOP_VIRTUAL_APPLIANCE, "10.0.2.4",
		  NATGW_ROUTE_SOURCE_USER, NATGW_ROUTE_PROBLEM_LONGER_PREFIX);
	request_nest_end(req, nest);
	nest = request_nest(req, NATGW_A_EXPLAIN_LOSER);
	put_route(req, "0.0.0.0", 0, NULL, NATGW_NEXT_HOP_INTERNET, NULL,
		  NATGW_ROUTE_SOURCE_SYSTEM, NATGW_ROUTE_PROBLEM_USER_ROUTE);
	request_nest_end(req, nest);
	request_u32(req, NATGW_A_EXPLAIN_METHOD, full ? NATGW_METHOD_DROP : NATGW_METHOD_NAT);
	if (full)
		request_u32(req, NATGW_A_EXPLAIN_REASON, NATGW_DROP_DESTINATION_FULL);
	request_string(req, NATGW_A_EXPLAIN_GATEWAY, "gw1");
	put_addr(req, NATGW_A_EXPLAIN_ADDRESS, "203.0.113.1");
	put_addr(req, NATGW_A_EXPLAIN_ADDRESS, "203.0.113.2");
	request_u32(req, NATGW_A_EXPLAIN_FREE, full ? 0 : 129020);
	request_string(req, NATGW_A_EXPLAIN_DEV, "up0");
	request_u32(req, NATGW_A_EXPLAIN_OBSTACLE,
		    full ? NATGW_OBSTACLE_FORWARDING_OFF : NATGW_OBSTACLE_NONE);
}

static struct explain ask(struct request *req, bool json)
{
	struct explain explain = { .ctl = &ctl };

	ctl.json = json;
	request_init(req, NATGW_CMD_EXPLAIN);
	EXPECT_INT(keys(&ctl, &explain_object, req, FIELD_FILTER, "dst", "198.51.100.7:443", "src",
			"10.0.1.4", NULL), 0);
	EXPECT_INT(explain_defaults(&ctl, req), 0);
	EXPECT(fields_parse(&schema, req->nlh, explain.asked));
	return explain;
}

/* One answer, printed if it is one */
static bool answered(struct explain *explain, const struct request *req)
{
	bool ok = explain_answer(req->nlh, explain);

	if (ok)
		explain_print(explain);
	free(explain->answer);
	explain->answer = NULL;
	return ok;
}

static void explain_new_flow(void)
{
	struct request asked, req;
	struct explain explain;

	explain = ask(&asked, false);
	explained(&req, false);
	EXPECT(answered(&explain, &req));
	EXPECT_STR(output(), joined("",
				    "tcp 10.0.1.4 -> 198.51.100.7:443\n",
				    "    vnet hub  subnet web  gateway gw1\n",
				    "    route 198.51.100.7/32 (tag Lab) Internet (user, rt1)\n",
				    "      not 0.0.0.0/0 VirtualAppliance 10.0.2.4 (user, rt1): ",
				    "the prefix of another one is longer\n",
				    "      not 0.0.0.0/0 Internet (system): a user route has the same prefix\n",
				    "    method nat: translated by gateway gw1 by up0\n",
				    "    address 203.0.113.1 203.0.113.2: 129020 ports free for this destination now\n",
				    NULL));
	explained(&req, true);
	EXPECT(answered(&explain, &req));
	output();
	EXPECT(strstr(printed, joined("",
				      "    method drop\n",
				      "    address 203.0.113.1 203.0.113.2: 0 ports free for this destination now\n",
				      "    dropped as destination-full: ", NULL)));
	EXPECT(strstr(printed, "\n    Linux would stop it: it does not forward "));
}

/* The load balancer of a cluster where no gateway is bound, and what says so */
static void explain_cluster(void)
{
	struct request asked, req, subnet;
	struct explain explain;

	request_init(&subnet, NATGW_CMD_SUBNET_GET);
	request_string(&subnet, NATGW_A_SUBNET_CLUSTER, "aks1");
	request_string(&subnet, NATGW_A_SUBNET_LOAD_BALANCER, "gw1");
	explain = ask(&asked, false);
	EXPECT(subnet_answer(subnet.nlh, &explain));
	explained(&req, false);
	EXPECT(answered(&explain, &req));
	output();
	EXPECT(strstr(printed, "    vnet hub  subnet web  load balancer gw1\n"));
	EXPECT(strstr(printed, "    cluster aks1: its load balancer, as no gateway is bound\n"));
	EXPECT(strstr(printed, "    method nat: translated by load balancer gw1 by up0\n"));

	/* It is not the one that translates */
	snprintf(explain.balancer, sizeof(explain.balancer), "aks1-lb");
	EXPECT(answered(&explain, &req));
	output();
	EXPECT(strstr(printed, "  subnet web  gateway gw1\n"));
	EXPECT(strstr(printed, "cluster aks1: a gateway goes before its load balancer aks1-lb\n"));
	EXPECT(strstr(printed, "    method nat: translated by gateway gw1 by up0\n"));

	request_u32(&subnet, NATGW_A_SUBNET_BLOCK, NATGW_SWITCH_ON);
	EXPECT(subnet_answer(subnet.nlh, &explain));
	EXPECT(answered(&explain, &req));
	EXPECT(strstr(output(), "    cluster aks1: blocks what leads to the Internet\n"));
}

static void explain_json(void)
{
	struct request asked, req;
	struct explain explain;

	explain = ask(&asked, true);
	explained(&req, false);
	EXPECT(answered(&explain, &req));
	output();
	EXPECT(!strncmp(printed, "[{\"src\":\"10.0.1.4\",\"src-port\":null,\"dst\":", 41));
	EXPECT(strstr(printed, joined("",
				      "\"dst\":\"198.51.100.7\",\"dst-port\":443,\"proto\":\"tcp\",\"vnet\":\"hub\",",
				      "\"subnet\":\"web\",\"route\":{\"source\":\"User\",", NULL)));
	EXPECT(strstr(printed, "\"loser\":[{"));
	EXPECT(strstr(printed, "\"problem\":\"longer-prefix\"},{"));
	EXPECT(strstr(printed, joined("",
				      "\"method\":\"nat\",\"reason\":null,\"gateway\":\"gw1\",",
				      "\"address\":[\"203.0.113.1\",\"203.0.113.2\"],\"free\":129020,\"session\":null,",
				      "\"port\":null,\"next-hop-ip\":null,\"dev\":\"up0\",\"obstacle\":\"none\"}]\n",
				      NULL)));

	/* The same keys where there is next to nothing to tell */
	request_init(&req, NATGW_CMD_EXPLAIN);
	request_u32(&req, NATGW_A_EXPLAIN_METHOD, NATGW_METHOD_LOCAL);
	EXPECT(answered(&explain, &req));
	EXPECT(strstr(output(), joined("",
				       "\"subnet\":null,\"route\":null,\"loser\":[],\"method\":\"local\",\"reason\":null,",
				       "\"gateway\":null,\"address\":[],\"free\":null,", NULL)));
	request_init(&req, NATGW_CMD_EXPLAIN);
	EXPECT(!answered(&explain, &req));
	ctl.json = false;
}

static void explain_refused(void)
{
	struct request req;

	ctl_command(&ctl, "explain", NULL, NULL);
	request_init(&req, NATGW_CMD_EXPLAIN);
	EXPECT_INT(keys(&ctl, &explain_object, &req, FIELD_FILTER, "src", "10.0.1.4", NULL), 0);
	EXPECT_INT(explain_defaults(&ctl, &req), 1);
	error();
	EXPECT_INT(keys(&ctl, &explain_object, &req, FIELD_FILTER, "dst", "192.0.2.1",
			"src-port", "1", NULL), 0);
	EXPECT_INT(explain_defaults(&ctl, &req), 0);
	request_init(&req, NATGW_CMD_EXPLAIN);
	EXPECT_INT(keys(&ctl, &explain_object, &req, FIELD_FILTER, "src", "10.0.1.4:1", "dst",
			"192.0.2.1", "src-port", "1", NULL), 0);
	EXPECT_INT(explain_defaults(&ctl, &req), 1);
	EXPECT_STR(error(), "natgwctl: explain: src-port: given twice\n");
}

static bool print(const struct schema *s, const struct nlmsghdr *nlh, bool json)
{
	const struct explain explain = { .cluster = "c", .balancer = "gw1" };
	const struct nlattr *tb[FIELDS_ATTRS];
	struct out out;

	if (!fields_parse(s, nlh, tb))
		return false;
	out_begin(&out, json, false, OUT_BLOCK);
	out_row(&out);
	if (json || s != &schema)
		fields_show(&out, s, FIELD_SHOW | FIELD_JSON, tb);
	else
		explain_text(&explain, &out, tb);
	out_row_end(&out);
	out_end(&out);
	return true;
}

/* Lists and nests with wrong bytes are refused or printed, and nothing else happens */
static void mutated(void)
{
	unsigned int round, i, changes, good = 0;
	struct request vnet, why, *req;
	const struct request *base;
	size_t len, at;

	request_init(&vnet, NATGW_CMD_VNET_GET);
	EXPECT_INT(keys(&ctl, &vnet_object, &vnet, FIELD_SET, "prefix", "10.0.0.0/16,10.1.0.0/16",
			"dev", "eth1,eth2", NULL), 0);
	explained(&why, true);
	for (round = 0; round < 60000; round++) {
		base = round & 1 ? &vnet : &why;
		len = base->nlh->nlmsg_len;
		/* On the heap and cut to length, so that ASan sees its end */
		req = malloc(len);
		if (!req)
			abort();
		memcpy(req, base, len);
		changes = random() % 4;
		for (i = 0; i < changes; i++) {
			at = sizeof(struct nlmsghdr) + random() % (len - sizeof(struct nlmsghdr));
			((char *)req)[at] = random() % 3 ? random() % 40 : random();
		}
		if (!(random() % 4))
			((struct nlmsghdr *)req)->nlmsg_len -= random() % (len - 20);
		good += print(round & 1 ? vnet_object.schema : &schema,
			      (struct nlmsghdr *)req, round & 2);
		free(req);
		if (!(round % 64))
			output();
	}
	output();
	EXPECT(good > 5000);
	EXPECT(good < 59000);
}

int main(void)
{
	static const struct ktap_test tests[] = {
		KTAP_TEST(destinations),
		KTAP_TEST(route_names),
		KTAP_TEST(effective_routes),
		KTAP_TEST(explain_new_flow),
		KTAP_TEST(explain_cluster),
		KTAP_TEST(explain_json),
		KTAP_TEST(explain_refused),
		KTAP_TEST(mutated),
	};

	srandom(1);
	ktap_out = fdopen(dup(STDOUT_FILENO), "w");
	file = capture(STDOUT_FILENO);
	errors = capture(STDERR_FILENO);
	if (!ktap_out || file < 0 || errors < 0)
		return 1;
	return ktap_run(tests, ARRAY_SIZE(tests));
}
