// SPDX-License-Identifier: GPL-2.0
/* What answers and events look like: tools/{print,table,drain,azure,cmd_*}.c */
#include <ctype.h>

#include "counters.h"
#include "capture.h"
#include "ktap.h"
#include "tag_file.h"
#include "tool_words.h"

/* What they do with one message is not for others */
#include "azure.c"
#include "cmd_monitor.c"
#include "cmd_stats.c"

const struct object *const objects[] = { NULL };

static struct ctl ctl;
static char printed[8192];
static int file;

/* What was printed since the last call */
static const char *output(void)
{
	return captured(file, printed, sizeof(printed));
}

static const struct nlattr *const *parse(const struct schema *s, const struct request *req)
{
	static const struct nlattr *tb[FIELDS_ATTRS];

	EXPECT(fields_parse(s, req->nlh, tb));
	return tb;
}

static void put_addr(struct request *req, uint16_t attr, const char *text)
{
	struct parse_error e;
	struct inet in;

	if (!parse_addr(text, &in, &e))
		abort();
	request_bytes(req, attr, in.addr, in.len);
}

static void put_counters(struct request *req, uint16_t attr)
{
	struct nlattr *nest = mnl_attr_nest_start(req->nlh, attr);
	unsigned int i;

	for (i = NATGW_A_COUNTERS_PACKETS_OUT; i <= NATGW_A_COUNTERS_MAX; i++)
		mnl_attr_put_u64(req->nlh, i, i);
	mnl_attr_nest_end(req->nlh, nest);
}

/* An object as show prints it */
static const char *show(const struct object *obj, const struct request *req, bool json)
{
	const struct nlattr *const *tb = parse(obj->schema, req);
	char drain[DRAIN_TEXT];
	struct out out;

	ctl.json = json;
	out_begin(&out, json, false, obj->layout);
	out_row(&out);
	object_print(&ctl, &out, obj, tb);
	if (drain_text(drain, &obj->drain, tb))
		out_note(&out, drain);
	out_row_end(&out);
	out_end(&out);
	return output();
}

static void subnet(struct request *req)
{
	request_init(req, NATGW_CMD_SUBNET_GET);
	request_string(req, NATGW_A_SUBNET_NAME, "web");
	request_string(req, NATGW_A_SUBNET_GATEWAY, "gw1");
	request_u32(req, NATGW_A_SUBNET_SESSIONS, 3);
}

static void drains(void)
{
	char text[DRAIN_TEXT];
	struct request req;

	subnet(&req);
	EXPECT(!drain_text(text, &subnet_object.drain, parse(subnet_object.schema, &req)));
	request_u32(&req, NATGW_A_SUBNET_DRAIN, 90);
	request_u32(&req, NATGW_A_SUBNET_DRAIN_OLDEST, 3700);
	EXPECT(drain_text(text, &subnet_object.drain, parse(subnet_object.schema, &req)));
	EXPECT_STR(text, "draining: 3 sessions, oldest 1h1m40s, ends in 1m30s");

	request_init(&req, NATGW_CMD_GATEWAY_GET);
	request_u32(&req, NATGW_A_GATEWAY_SESSIONS, 0);
	request_u32(&req, NATGW_A_GATEWAY_DRAIN, 0);
	request_u32(&req, NATGW_A_GATEWAY_DRAIN_OLDEST, 12);
	EXPECT(drain_text(text, &gateway_object.drain, parse(gateway_object.schema, &req)));
	EXPECT_STR(text, "draining: 0 sessions, ended");

	request_init(&req, NATGW_CMD_ADDRESS_GET);
	request_u32(&req, NATGW_A_ADDRESS_SESSIONS, 1);
	request_u32(&req, NATGW_A_ADDRESS_DRAIN, 1);
	EXPECT(drain_text(text, &address_object.drain, parse(address_object.schema, &req)));
	EXPECT_STR(text, "draining: 1 session, ends in 1s");

	/* What cannot be drained is not */
	EXPECT(!drain_text(text, &session_object.drain, parse(address_object.schema, &req)));
}

/* In a table the sentence stands below its row */
static void drain_in_table(void)
{
	struct request req;

	subnet(&req);
	EXPECT_STR(show(&subnet_object, &req, false),
		   "name  prefix  vnet  gateway  route-table  ipv6  sessions  untranslated  last-source\n"
		   "web   -       -     gw1      -            -            3\n");
	request_u32(&req, NATGW_A_SUBNET_DRAIN, 60);
	request_u32(&req, NATGW_A_SUBNET_DRAIN_OLDEST, 5);
	EXPECT_STR(show(&subnet_object, &req, false),
		   "name  prefix  vnet  gateway  route-table  ipv6  sessions  untranslated  last-source\n"
		   "web   -       -     gw1      -            -            3\n"
		   "    draining: 3 sessions, oldest 5s, ends in 1m\n");
	EXPECT_STR(show(&subnet_object, &req, true),
		   joined("[{\"name\":\"web\",\"prefix\":null,\"vnet\":null,\"gateway\":\"gw1\",",
			  "\"route-table\":null,\"ipv6\":null,\"source-check\":null,\"sessions\":3,",
			  "\"drain\":60,\"drain-oldest\":5,",
			  "\"untranslated\":null,\"last-source\":null,\"last-age\":null,\"owner\":null,",
			  "\"cluster\":null,\"load-balancer\":null,\"block\":null}]\n", NULL));
}

/* 0 is a number for some, none or off for others */
static void limits(void)
{
	struct request req;

	request_init(&req, NATGW_CMD_GATEWAY_GET);
	request_string(&req, NATGW_A_GATEWAY_NAME, "gw1");
	request_u32(&req, NATGW_A_GATEWAY_ZONE, 0);
	request_u32(&req, NATGW_A_GATEWAY_SUBNETS, 0);
	request_u32(&req, NATGW_A_GATEWAY_DESTINATION_LIMIT, 0);
	request_u32(&req, NATGW_A_GATEWAY_HOST_LIMIT, 2000);
	show(&gateway_object, &req, false);
	EXPECT(strstr(printed, "  destination-limit off  host-limit 2000  "));
	EXPECT(strstr(printed, "  zone none"));
	EXPECT(strstr(printed, "  subnets 0"));
	EXPECT(!strstr(printed, "drain"));
	show(&gateway_object, &req, true);
	EXPECT(strstr(printed, "\"destination-limit\":null,\"host-limit\":2000,"));
	EXPECT(strstr(printed, "\"zone\":null"));
	EXPECT(strstr(printed, "\"drain\":null,\"drain-oldest\":null"));
}

static void pool(const char *gateway, const char *addr, uint32_t used, uint32_t cooling)
{
	struct request req;

	request_init(&req, NATGW_CMD_PORTS_GET);
	request_string(&req, NATGW_A_PORTS_GATEWAY, gateway);
	put_addr(&req, NATGW_A_PORTS_ADDRESS, addr);
	request_u32(&req, NATGW_A_PORTS_USED, used);
	request_u32(&req, NATGW_A_PORTS_COOLING, cooling);
	EXPECT(pool_answer(req.nlh, NULL));
}

/* Azure's names, and connections that only cool down are none */
static void azure(void)
{
	const struct nlattr *const *tb;
	struct request req;
	struct out out;
	int json;

	pool("gw1", "203.0.113.1", 10, 4);
	pool("gw1", "203.0.113.2", 5, 0);
	pool("gw2", "203.0.113.3", 7, 0);
	pools.known = true;
	for (json = 0; json < 2; json++) {
		request_init(&req, NATGW_CMD_GATEWAY_GET);
		request_string(&req, NATGW_A_GATEWAY_NAME, "gw1");
		put_counters(&req, NATGW_A_GATEWAY_COUNTERS);
		tb = parse(gateway_object.schema, &req);
		out_begin(&out, json, false, OUT_BLOCK);
		out_row(&out);
		azure_gateway(&out, tb);
		out_row_end(&out);
		out_end(&out);
		EXPECT_STR(output(), json ?
			   joined("[{\"azure-metrics\":{\"ByteCount\":8,\"PacketCount\":6,",
				  "\"PacketDropCount\":6,\"SNATConnectionCount\":{\"Attempted\":7,",
				  "\"Failed\":9},\"TotalConnectionCount\":11}}]\n", NULL) :
			   joined("    ByteCount 8, PacketCount 6, PacketDropCount 6, ",
				  "SNATConnectionCount 7 attempted 9 failed, ",
				  "TotalConnectionCount 11\n", NULL));
	}

	request_init(&req, NATGW_CMD_ADDRESS_GET);
	put_addr(&req, NATGW_A_ADDRESS_ADDRESS, "203.0.113.2");
	request_u32(&req, NATGW_A_ADDRESS_PREFIX_LENGTH, 31);
	put_counters(&req, NATGW_A_ADDRESS_COUNTERS);
	tb = parse(address_object.schema, &req);
	out_begin(&out, true, false, OUT_TABLE);
	out_row(&out);
	azure_address(&out, tb);
	out_row_end(&out);
	out_end(&out);
	EXPECT_STR(output(),
		   joined("[{\"azure-metrics\":{\"SNATConnectionCount\":{\"Attempted\":7},",
			  "\"TotalConnectionCount\":12}}]\n", NULL));
	azure_free();
}

static void gauge(struct check *check, const char *object, const char *gauge, uint64_t counted,
		  uint64_t found)
{
	struct request req;

	request_init(&req, NATGW_CMD_STATS_CHECK);
	request_string(&req, NATGW_A_CHECK_OBJECT, object);
	request_string(&req, NATGW_A_CHECK_GAUGE, gauge);
	mnl_attr_put_u64(req.nlh, NATGW_A_CHECK_COUNTED, counted);
	mnl_attr_put_u64(req.nlh, NATGW_A_CHECK_FOUND, found);
	EXPECT(check_answer(req.nlh, check));
}

/* Differences, and only those, are a table and exit status 4 */
static void checks(void)
{
	struct check check = {};

	out_begin(&check.out, false, false, OUT_TABLE);
	gauge(&check, "table", "sessions", 1, 1);
	out_end(&check.out);
	EXPECT_INT(check_result(&check), 0);
	EXPECT_STR(output(), "1 session: all gauges agree\n");

	check = (struct check){};
	out_begin(&check.out, false, false, OUT_TABLE);
	gauge(&check, "table", "sessions", 30, 30);
	gauge(&check, "gateway gw1", "sessions", 31, 30);
	out_end(&check.out);
	EXPECT_INT(check_result(&check), 4);
	EXPECT_STR(output(),
		   "object       gauge     counted  found\n"
		   "gateway gw1  sessions       31     30\n");

	check = (struct check){};
	out_begin(&check.out, true, false, OUT_TABLE);
	gauge(&check, "table", "sessions", 29, 30);
	out_end(&check.out);
	EXPECT_INT(check_result(&check), 4);
	EXPECT_STR(output(), joined("[{\"object\":\"table\",\"gauge\":\"sessions\",",
				    "\"counted\":29,\"found\":30}]\n", NULL));
}

static struct monitor monitor(bool json)
{
	struct monitor m = { .ctl = &ctl };

	ctl.json = json;
	m.nl.family = 100;
	out_begin(&m.out, json, false, OUT_LINE);
	return m;
}

static bool event(struct monitor *m, struct request *req)
{
	req->nlh->nlmsg_type = m->nl.family;
	return monitor_event(req->nlh, m);
}

/* Behind the time, which is one: 10:02:03 or 2026-01-31T10:02:03Z */
static const char *event_output(bool json)
{
	const char *text = output(), *p;
	char want[] = "00:00:00 ";

	if (json) {
		p = strchr(text, ',');
		EXPECT(!strncmp(text, "{\"time\":\"20", 11) && p && p - text == 30);
		return p ? p : text;
	}
	for (p = want; *p; p++)
		EXPECT(*p == '0' ? isdigit(text[p - want]) : text[p - want] == *p);
	return strlen(text) > 9 ? text + 9 : text;
}

static void exhaustion(struct request *req, uint32_t reason, uint32_t count, uint32_t proto,
		       uint32_t dst_port)
{
	request_init(req, NATGW_CMD_EXHAUSTION_NTF);
	request_string(req, NATGW_A_EXHAUSTION_GATEWAY, "gw1");
	request_u32(req, NATGW_A_EXHAUSTION_REASON, reason);
	request_u32(req, NATGW_A_EXHAUSTION_COUNT, count);
	request_u32(req, NATGW_A_EXHAUSTION_PROTO, proto);
	put_addr(req, NATGW_A_EXHAUSTION_SRC, "10.0.1.4");
	request_u32(req, NATGW_A_EXHAUSTION_SRC_PORT, 40000);
	put_addr(req, NATGW_A_EXHAUSTION_DST, "192.0.2.2");
	request_u32(req, NATGW_A_EXHAUSTION_DST_PORT, dst_port);
}

static void exhaustion_events(void)
{
	struct monitor m = monitor(false);
	struct request req;
	char want[128];

	exhaustion(&req, NATGW_DROP_DESTINATION_FULL, 12, 17, 53);
	EXPECT(event(&m, &req));
	EXPECT_STR(event_output(false),
		   joined("gw1 destination-full: 12 flows refused, ",
			  "last udp 10.0.1.4:40000 -> 192.0.2.2:53\n", NULL));
	exhaustion(&req, NATGW_DROP_QUOTA, 1, 1, 0);
	EXPECT(event(&m, &req));
	EXPECT_STR(event_output(false),
		   "gw1 quota: 1 flow refused, last icmp 10.0.1.4:40000 -> 192.0.2.2\n");
	/* Of a newer kernel */
	exhaustion(&req, NATGW_DROP_MAX + 1, 2, 47, 0);
	EXPECT(event(&m, &req));
	snprintf(want, sizeof(want),
		 "gw1 %u: 2 flows refused, last 47 10.0.1.4:40000 -> 192.0.2.2\n",
		 NATGW_DROP_MAX + 1);
	EXPECT_STR(event_output(false), want);

	m = monitor(true);
	exhaustion(&req, NATGW_DROP_ALL_COOLING, 3, 6, 443);
	EXPECT(event(&m, &req));
	EXPECT_STR(event_output(true),
		   joined(",\"event\":\"exhaustion\",\"gateway\":\"gw1\",",
			  "\"reason\":\"all-cooling\",\"count\":3,\"proto\":\"tcp\",",
			  "\"src\":\"10.0.1.4\",\"src-port\":40000,",
			  "\"dst\":\"192.0.2.2\",\"dst-port\":443}\n", NULL));
}

/* The first of a name is add, the next ones are set, and del forgets it */
static void object_events(void)
{
	static const char *const verbs[] = { "add", "set", "del", "add" };
	struct monitor m = monitor(false);
	struct request req;
	char want[128];
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(verbs); i++) {
		request_init(&req, i == 2 ? NATGW_CMD_GATEWAY_DEL_NTF : NATGW_CMD_GATEWAY_NTF);
		request_string(&req, NATGW_A_GATEWAY_NAME, "gw1");
		if (i != 2)
			request_u32(&req, NATGW_A_GATEWAY_OPERATIONAL,
				    NATGW_OPERATIONAL_NO_ADDRESS);
		EXPECT(event(&m, &req));
		snprintf(want, sizeof(want), "gateway %s gw1%s", verbs[i],
			 i == 2 ? "\n" : "  operational: no (no address)  profile ");
		EXPECT(!strncmp(event_output(false), want, strlen(want)));
		EXPECT(strchr(printed, '\n') == printed + strlen(printed) - 1);
	}
	free(m.known);

	m = monitor(true);
	request_init(&req, NATGW_CMD_ADDRESS_NTF);
	put_addr(&req, NATGW_A_ADDRESS_ADDRESS, "203.0.113.16");
	request_u32(&req, NATGW_A_ADDRESS_PREFIX_LENGTH, 28);
	EXPECT(event(&m, &req));
	event_output(true);
	EXPECT(strstr(printed, "\"event\":\"address-add\",\"address\":\"203.0.113.16/28\","));
	request_init(&req, NATGW_CMD_ADDRESS_DEL_NTF);
	put_addr(&req, NATGW_A_ADDRESS_ADDRESS, "203.0.113.16");
	request_u32(&req, NATGW_A_ADDRESS_PREFIX_LENGTH, 28);
	EXPECT(event(&m, &req));
	EXPECT_STR(event_output(true),
		   ",\"event\":\"address-del\",\"address\":\"203.0.113.16/28\"}\n");
	EXPECT_INT(m.n_known, 0);
	free(m.known);
}

/* Events of others and unknown ones are left alone, the end of the family is noticed */
static void other_events(void)
{
	struct monitor m = monitor(false);
	struct request req;

	request_init(&req, NATGW_CMD_MAX + 1);
	EXPECT(event(&m, &req));
	req.nlh->nlmsg_type = m.nl.family + 1;
	EXPECT(monitor_event(req.nlh, &m));

	request_init(&req, CTRL_CMD_DELFAMILY);
	mnl_attr_put_u16(req.nlh, CTRL_ATTR_FAMILY_ID, m.nl.family + 1);
	req.nlh->nlmsg_type = GENL_ID_CTRL;
	EXPECT(monitor_event(req.nlh, &m));
	EXPECT(!m.gone);
	mnl_attr_put_u16(req.nlh, CTRL_ATTR_FAMILY_ID, m.nl.family);
	EXPECT(monitor_event(req.nlh, &m));
	EXPECT(m.gone);

	/* Malformed: a reason of three bytes, an object without its name */
	request_init(&req, NATGW_CMD_EXHAUSTION_NTF);
	request_bytes(&req, NATGW_A_EXHAUSTION_REASON, "123", 3);
	EXPECT(!event(&m, &req));
	request_init(&req, NATGW_CMD_SUBNET_NTF);
	EXPECT(!event(&m, &req));
	EXPECT_STR(output(), "");
}

/* The name of a device may have any bytes; a terminal gets none that it acts on */
static void escapes(void)
{
	static const char name[] = "e\033[31m\x9b\xc2\x9b\t\xc3\xa4";
	static const char safe[] = "e\\x1b[31m\\x9b\\xc2\\x9b\\x09\xc3\xa4";
	struct monitor m = monitor(false);
	struct request req;
	struct out out;

	/* A cell is as wide as what stands in it */
	request_init(&req, NATGW_CMD_ADDRESS_GET);
	put_addr(&req, NATGW_A_ADDRESS_ADDRESS, "203.0.113.1");
	request_string(&req, NATGW_A_ADDRESS_DEV, name);
	EXPECT(strstr(show(&address_object, &req, false), joined("  -        ", safe, "\n", NULL)));
	EXPECT(strstr(show(&address_object, &req, true),
		      "\"dev\":\"e\\u001B[31m??\?\\t??\","));

	ctl.json = false;
	request_init(&req, NATGW_CMD_VNET_NTF);
	request_string(&req, NATGW_A_VNET_NAME, "a");
	request_string(&req, NATGW_A_VNET_DEV, name);
	EXPECT(event(&m, &req));
	EXPECT(strstr(event_output(false), joined("  dev ", safe, NULL)));
	EXPECT(strstr(show(&vnet_object, &req, false), joined("    dev ", safe, "\n", NULL)));
	free(m.known);

	out_begin(&out, false, false, OUT_BLOCK);
	out_row(&out);
	out_title(&out, "vnet", "name", name);
	out_note(&out, name);
	out_row_end(&out);
	EXPECT_STR(output(), joined("vnet ", safe, "\n    ", safe, "\n", NULL));

	out_begin(&out, false, false, OUT_TABLE);
	out_row(&out);
	out_word(&out, "name", "a");
	out_note(&out, name);
	out_note(&out, "two");
	out_row_end(&out);
	out_end(&out);
	EXPECT_STR(output(), joined("name\na\n    ", safe, "\n    two\n", NULL));

	ctl.json = false;
	usage_error(&ctl, "dev", "dev %s: does not exist", name);
	EXPECT_STR(output(), joined("natgwctl: dev ", safe, ": does not exist\n", NULL));
	ctl.json = true;
	usage_error(&ctl, "dev", "dev %s", "\xc2\x9b");
	EXPECT_STR(output(),
		   "{\"error\":{\"errno\":22,\"message\":\"dev \\u009B\",\"attribute\":\"dev\"}}\n");
}

static void ipv6_left_out(struct request *req)
{
	const char *json = joined("{\"values\":[{\"name\":\"Lab\",\"properties\":",
				  "{\"addressPrefixes\":[\"10.0.0.0/8\",\"2001:db8::/32\"]}}]}",
				  NULL);
	char path[] = "/tmp/natgw-tag-XXXXXX";
	struct tag_file in = { .ctl = &ctl, .req = req, .file = path };
	int fd = mkstemp(path);

	if (fd < 0 || write(fd, json, strlen(json)) != (ssize_t)strlen(json))
		abort();
	close(fd);
	request_init(req, NATGW_CMD_TAG_NEW);
	EXPECT_INT(tag_file_read(&in, "Lab"), 0);
	unlink(path);
	tag_file_free(&in);
}

/* With -j each warning is an object too, as an error is */
static void warnings(void)
{
	struct nl_error e = { .text = "look at it" }, none = {};
	struct monitor m = monitor(true);
	struct request req;

	ctl_command(&ctl, "gateway", "set", "gw1");
	warn_kernel(&ctl, &e);
	EXPECT_STR(output(),
		   "{\"warning\":{\"message\":\"look at it\",\"command\":\"gateway set gw1\"}}\n");
	EXPECT_INT(list_end(&ctl, NULL, NULL, 1, &none), 0);
	EXPECT_STR(output(),
		   joined("{\"warning\":{\"message\":\"the list changed while it was read, ",
			  "entries may lack or stand twice\",",
			  "\"command\":\"gateway set gw1\"}}\n", NULL));
	EXPECT_INT(monitor_lost(&m), 0);
	EXPECT(!strncmp(output(),
			"{\"warning\":{\"message\":\"events were lost, they came too fast\"", 60));
	EXPECT(strstr(printed, ",\"event\":\"lost\"}\n"));
	ipv6_left_out(&req);
	EXPECT(!strncmp(output(), "{\"warning\":{\"message\":\"1 IPv6 prefix left out\"", 46));

	ctl.json = false;
	warn_kernel(&ctl, &e);
	EXPECT_STR(output(), "natgwctl: gateway set gw1: warning: look at it\n");
	ipv6_left_out(&req);
	EXPECT_STR(output(), "natgwctl: gateway set gw1: warning: 1 IPv6 prefix left out\n");
	ctl.command[0] = 0;
}

/* Losses in quick succession are told of together, and are told of if nothing more comes */
static void session_losses(void)
{
	const uint64_t at = 1800000000 * FLOWLOG_SECOND;
	struct monitor m = {};

	EXPECT_INT(monitor_resync_due(&m, at), 0);
	EXPECT_INT(monitor_wait(&m), -1);
	m.watch.lost = 5;
	EXPECT_INT(monitor_resync_due(&m, at), 5);
	m.resynced = at;
	EXPECT_INT(monitor_wait(&m), -1);
	m.watch.lost = 7;
	EXPECT_INT(monitor_resync_due(&m, at + FLOWLOG_SECOND), 0);
	EXPECT_INT(monitor_wait(&m), 1000);
	m.watch.lost = 12;
	EXPECT_INT(monitor_resync_due(&m, at + 9 * FLOWLOG_SECOND), 0);
	EXPECT_INT(monitor_resync_due(&m, at + 10 * FLOWLOG_SECOND), 7);
	m.lost = true;
	EXPECT_INT(monitor_wait(&m), 0);
}

int main(void)
{
	static const struct ktap_test tests[] = {
		KTAP_TEST(drains),
		KTAP_TEST(drain_in_table),
		KTAP_TEST(limits),
		KTAP_TEST(azure),
		KTAP_TEST(checks),
		KTAP_TEST(exhaustion_events),
		KTAP_TEST(object_events),
		KTAP_TEST(other_events),
		KTAP_TEST(escapes),
		KTAP_TEST(warnings),
		KTAP_TEST(session_losses),
	};

	ktap_out = fdopen(dup(STDOUT_FILENO), "w");
	file = capture(STDOUT_FILENO);
	if (!ktap_out || file < 0 || dup2(file, STDERR_FILENO) < 0)
		return 1;
	return ktap_run(tests, ARRAY_SIZE(tests));
}
