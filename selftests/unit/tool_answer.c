// SPDX-License-Identifier: GPL-2.0
/* Requests as the tool writes them, answers as a kernel may: tools/{nl,field,print}.c */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include <linux/genetlink.h>

#include "ktap.h"
#include "object.h"
#include "ports_block.h"
#include "reason.h"
#include "refusal.h"
#include "route.h"

const struct object *const objects[] = { NULL };

static struct parse_error err;

static const struct field *find(const struct schema *s, const char *word)
{
	unsigned int i;

	for (i = 0; i < s->n_fields; i++)
		if (!strcmp(s->fields[i].word, word))
			return &s->fields[i];
	abort();
}

static bool put(struct request *req, const struct object *obj, const char *word, const char *value)
{
	return field_put(req, obj->schema, find(obj->schema, word), value, &err);
}

static void encode(void)
{
	const struct nlattr *tb[FIELDS_ATTRS], *attr;
	unsigned int n = 0, families = 0;
	struct request req;

	request_init(&req, NATGW_CMD_SESSION_GET);
	EXPECT(put(&req, &session_object, "src", "10.0.1.4"));
	EXPECT(put(&req, &session_object, "dst", "198.51.100.7:443"));
	EXPECT(put(&req, &session_object, "proto", "TCP"));
	EXPECT(put(&req, &session_object, "state", "Half-Open"));
	mnl_attr_for_each(attr, req.nlh, sizeof(struct genlmsghdr)) {
		n++;
		families += mnl_attr_get_type(attr) == NATGW_A_SESSION_FAMILY;
	}
	EXPECT_INT(n, 6);
	EXPECT_INT(families, 1);
	EXPECT(fields_parse(session_object.schema, req.nlh, tb));
	EXPECT_INT(field_u32(tb[NATGW_A_SESSION_DST_PORT]), 443);
	EXPECT_INT(field_u32(tb[NATGW_A_SESSION_PROTO]), 6);
	EXPECT_INT(field_u32(tb[NATGW_A_SESSION_STATE]), NATGW_STATE_HALF_OPEN);
	EXPECT(!tb[NATGW_A_SESSION_SRC_PORT]);
	EXPECT_INT(req.n_args, 4);
	EXPECT(!put(&req, &session_object, "state", "open"));
}

static void encode_none(void)
{
	const struct nlattr *tb[FIELDS_ATTRS];
	struct request req;

	request_init(&req, NATGW_CMD_ADDRESS_SET);
	EXPECT(put(&req, &address_object, "address", "198.51.100.16/28"));
	EXPECT(put(&req, &address_object, "gateway", "NONE"));
	EXPECT(put(&req, &address_object, "zone", "none"));
	EXPECT(!put(&req, &address_object, "dev", ""));
	EXPECT(fields_parse(address_object.schema, req.nlh, tb));
	EXPECT(tb[NATGW_A_ADDRESS_GATEWAY] && !field_string(tb[NATGW_A_ADDRESS_GATEWAY]));
	EXPECT(tb[NATGW_A_ADDRESS_ZONE] && !field_u32(tb[NATGW_A_ADDRESS_ZONE]));
	EXPECT_INT(field_u32(tb[NATGW_A_ADDRESS_PREFIX_LENGTH]), 28);
}

/* 0 has a word of its own, and a drain of no time is at once */
static void encode_off(void)
{
	const struct nlattr *tb[FIELDS_ATTRS];
	struct request req;

	request_init(&req, NATGW_CMD_GATEWAY_SET);
	EXPECT(put(&req, &gateway_object, "host-limit", "OFF"));
	EXPECT(put(&req, &gateway_object, "destination-limit", "50000"));
	EXPECT(put(&req, &gateway_object, "drain", "off"));
	EXPECT(!put(&req, &gateway_object, "drain", "5"));
	EXPECT(!put(&req, &gateway_object, "idle-timeout", "off"));
	EXPECT(!put(&req, &gateway_object, "host-limit", "none"));
	EXPECT(fields_parse(gateway_object.schema, req.nlh, tb));
	EXPECT(tb[NATGW_A_GATEWAY_HOST_LIMIT] && !field_u32(tb[NATGW_A_GATEWAY_HOST_LIMIT]));
	EXPECT_INT(field_u32(tb[NATGW_A_GATEWAY_DESTINATION_LIMIT]), 50000);
	EXPECT(tb[NATGW_A_GATEWAY_DRAIN] && !field_u32(tb[NATGW_A_GATEWAY_DRAIN]));
	request_init(&req, NATGW_CMD_GATEWAY_SET);
	EXPECT(put(&req, &gateway_object, "drain", "0s"));
	EXPECT(fields_parse(gateway_object.schema, req.nlh, tb));
	EXPECT_INT(field_u32(tb[NATGW_A_GATEWAY_DRAIN]), NATGW_DRAIN_NOW);

	request_init(&req, NATGW_CMD_ADDRESS_SET);
	EXPECT(put(&req, &address_object, "drain", "1h"));
	EXPECT(put(&req, &address_object, "reserve", "80,443,8000-8099"));
	EXPECT(fields_parse(address_object.schema, req.nlh, tb));
	EXPECT_INT(field_u32(tb[NATGW_A_ADDRESS_DRAIN]), 3600);
	EXPECT_STR(field_string(tb[NATGW_A_ADDRESS_RESERVE]), "80,443,8000-8099");
	request_init(&req, NATGW_CMD_ADDRESS_SET);
	EXPECT(put(&req, &address_object, "reserve", "none"));
	EXPECT(fields_parse(address_object.schema, req.nlh, tb));
	EXPECT(tb[NATGW_A_ADDRESS_RESERVE] && !field_string(tb[NATGW_A_ADDRESS_RESERVE]));
}

static void encode_ports(void)
{
	const struct nlattr *tb[FIELDS_ATTRS];
	struct request req;

	request_init(&req, NATGW_CMD_PORTS_GET);
	EXPECT(put(&req, &ports_object, "by", "Destination"));
	EXPECT(put(&req, &ports_object, "dst", "192.0.2.2:53"));
	EXPECT(put(&req, &ports_object, "proto", "udp"));
	EXPECT(put(&req, &ports_object, "top", "all"));
	EXPECT(!put(&req, &ports_object, "by", "subnet"));
	EXPECT(fields_parse(ports_object.schema, req.nlh, tb));
	EXPECT_INT(field_u32(tb[NATGW_A_PORTS_BY]), NATGW_PORTS_BY_DESTINATION);
	EXPECT_INT(field_u32(tb[NATGW_A_PORTS_DST_PORT]), 53);
	EXPECT(tb[NATGW_A_PORTS_TOP] && !field_u32(tb[NATGW_A_PORTS_TOP]));
}

static void encode_too_much(void)
{
	char *name = malloc(NL_REQUEST_SIZE);
	struct request req;

	if (!name)
		abort();
	memset(name, 'a', NL_REQUEST_SIZE - 1);
	name[NL_REQUEST_SIZE - 1] = 0;
	request_init(&req, NATGW_CMD_GATEWAY_NEW);
	EXPECT(put(&req, &gateway_object, "name", name));
	EXPECT(req.full);
	EXPECT_INT(req.nlh->nlmsg_len, mnl_nlmsg_size(sizeof(struct genlmsghdr)));
	free(name);
}

/* An attribute with this payload must be refused, the same one well-formed must not */
static void refused(const struct object *obj, unsigned int attr, const void *data, size_t len)
{
	const struct nlattr *tb[FIELDS_ATTRS];
	struct request req;

	request_init(&req, 0);
	request_bytes(&req, attr, data, len);
	EXPECT(!fields_parse(obj->schema, req.nlh, tb));
}

static void decode_malformed(void)
{
	const struct nlattr *tb[FIELDS_ATTRS];
	struct nlattr *nest;
	struct request req;

	refused(&gateway_object, NATGW_A_GATEWAY_NAME, "gw1", 3);
	refused(&gateway_object, NATGW_A_GATEWAY_IDLE_TIMEOUT, "123", 3);
	refused(&gateway_object, NATGW_A_GATEWAY_IDLE_TIMEOUT, "12345678", 8);
	refused(&subnet_object, NATGW_A_SUBNET_PREFIX, "12345", 5);
	refused(&subnet_object, NATGW_A_SUBNET_PREFIX, "", 0);
	refused(&subnet_object, NATGW_A_SUBNET_PREFIX_LENGTH, "12", 2);
	refused(&stats_object, NATGW_A_STATS_PACKETS, "1234", 4);

	request_init(&req, 0);
	nest = mnl_attr_nest_start(req.nlh, NATGW_A_GATEWAY_COUNTERS);
	request_u32(&req, NATGW_A_COUNTERS_CLOSED, 1);
	mnl_attr_nest_end(req.nlh, nest);
	EXPECT(!fields_parse(gateway_object.schema, req.nlh, tb));
}

static void decode_unknown(void)
{
	const struct nlattr *tb[FIELDS_ATTRS];
	struct request req;

	request_init(&req, 0);
	request_u32(&req, NATGW_A_GATEWAY_MAX + 1, 1);
	request_u32(&req, FIELDS_ATTRS, 1);
	request_u32(&req, 0x3fff, 1);
	request_bytes(&req, 0, "", 0);
	request_u32(&req, NATGW_A_GATEWAY_ZONE, 3);
	EXPECT(fields_parse(gateway_object.schema, req.nlh, tb));
	EXPECT_INT(field_u32(tb[NATGW_A_GATEWAY_ZONE]), 3);
}

/* An acknowledgment of req, with or without the request in it */
static struct nlmsghdr *ack(void *buf, const struct request *req, int error, bool capped)
{
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);
	size_t payload = req->nlh->nlmsg_len - sizeof(*nlh);
	struct nlmsgerr *e;

	nlh->nlmsg_type = NLMSG_ERROR;
	nlh->nlmsg_flags = NLM_F_ACK_TLVS | (capped ? NLM_F_CAPPED : 0);
	e = mnl_nlmsg_put_extra_header(nlh, sizeof(*e));
	e->error = error;
	e->msg = *req->nlh;
	if (!capped)
		memcpy(mnl_nlmsg_put_extra_header(nlh, payload), req->buf + sizeof(*nlh), payload);
	return nlh;
}

static void errors(void)
{
	struct nlmsghdr buf[64], *nlh;
	struct request req;
	struct nl_error e;
	unsigned int offset;
	int capped;

	request_init(&req, NATGW_CMD_GATEWAY_NEW);
	put(&req, &gateway_object, "name", "gw1");
	offset = req.nlh->nlmsg_len;
	put(&req, &gateway_object, "idle-timeout", "121m");

	for (capped = 0; capped < 2; capped++) {
		nlh = ack(buf, &req, -ERANGE, capped);
		mnl_attr_put_strz(nlh, NLMSGERR_ATTR_MSG, "out of range");
		mnl_attr_put_u32(nlh, NLMSGERR_ATTR_OFFS, offset);
		nl_error_parse(&req, nlh, &e);
		EXPECT_INT(e.err, ERANGE);
		EXPECT_STR(e.text, "out of range");
		EXPECT_INT(e.attr, NATGW_A_GATEWAY_IDLE_TIMEOUT);
		EXPECT(!e.missing);
	}

	nlh = ack(buf, &req, -EINVAL, true);
	mnl_attr_put_u32(nlh, NLMSGERR_ATTR_MISS_TYPE, NATGW_A_GATEWAY_ZONE);
	nl_error_parse(&req, nlh, &e);
	EXPECT_INT(e.attr, NATGW_A_GATEWAY_ZONE);
	EXPECT(e.missing);

	/* Offsets that point at no attribute */
	for (offset = 0; offset < 300; offset++) {
		nlh = ack(buf, &req, -EINVAL, true);
		mnl_attr_put_u32(nlh, NLMSGERR_ATTR_OFFS, offset * 0x01010101u);
		nl_error_parse(&req, nlh, &e);
	}
	EXPECT_INT(e.attr, 0);

	nlh = ack(buf, &req, 0, true);
	nl_error_parse(&req, nlh, &e);
	EXPECT_INT(e.err, 0);

	nlh = ack(buf, &req, -EINVAL, true);
	nlh->nlmsg_len = sizeof(*nlh) + 8;
	nl_error_parse(&req, nlh, &e);
	EXPECT_INT(e.err, EBADMSG);
}

/* The kernel's refusals in the unit that was typed, and with the cure that fits the verb */
static void refusals(void)
{
	static const struct {
		const char *why, *typed, *want;
	} times[] = {
		{ "idle-timeout 180s is outside 4m..120m of profile azure", "3m",
		  "idle-timeout 3m is outside 4m..120m of profile azure" },
		{ "udp-timeout 300s: profile azure fixes it at 240s", "5M",
		  "udp-timeout 5M: profile azure fixes it at 4m" },
		{ "udp-timeout 300s: profile azure fixes it at 240s", "300s",
		  "udp-timeout 300s: profile azure fixes it at 240s" },
		{ "cooldown-udp 90000s is outside 1s..86400s of profile custom", "25h",
		  "cooldown-udp 25h is outside 1s..24h of profile custom" },
		{ "gateway gw60s: 100 hosts, 99999999999s, 60sec", "1m",
		  "gateway gw60s: 100 hosts, 99999999999s, 60sec" },
	};
	char text[REFUSAL_TEXT];
	struct request req;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(times); i++) {
		refusal_times(text, times[i].why, times[i].typed);
		EXPECT_STR(text, times[i].want);
	}
	request_init(&req, NATGW_CMD_SUBNET_DEL);
	EXPECT(refusal_hint(text, &req,
			    "subnet aks1 belongs to cluster aks1, use: natgwctl cluster set aks1"));
	EXPECT_STR(text, "to delete it: natgwctl cluster del aks1");
	request_init(&req, NATGW_CMD_ADDRESS_DEL);
	EXPECT(refusal_hint(text, &req,
			    "address 192.0.2.1 is used by cluster a, use: natgwctl cluster set a"));
	EXPECT_STR(text, "to free it: natgwctl cluster set a outbound-ips OTHER-IP");
	EXPECT(!refusal_hint(text, &req, "to end it use: natgwctl cluster set a drain TIME"));
	EXPECT(!refusal_hint(text, &req, "address 192.0.2.1 does not exist"));
	request_init(&req, NATGW_CMD_SUBNET_SET);
	EXPECT(!refusal_hint(text, &req,
			     "subnet a belongs to cluster a, use: natgwctl cluster set a"));
}

/* A gateway as the kernel describes one */
static void gateway_answer(struct request *req)
{
	struct nlattr *nest;
	unsigned int i;

	request_init(req, NATGW_CMD_GATEWAY_NEW);
	request_string(req, NATGW_A_GATEWAY_NAME, "gw1");
	for (i = NATGW_A_GATEWAY_PROFILE; i < NATGW_A_GATEWAY_COUNTERS; i++)
		request_u32(req, i, 1);
	nest = mnl_attr_nest_start(req->nlh, NATGW_A_GATEWAY_COUNTERS);
	for (i = NATGW_A_COUNTERS_PACKETS_OUT; i <= NATGW_A_COUNTERS_MAX; i++)
		mnl_attr_put_u64(req->nlh, i, 1ULL << 40);
	mnl_attr_nest_end(req->nlh, nest);
}

static bool print(const struct schema *s, const struct nlmsghdr *nlh, bool json,
		  enum out_layout layout)
{
	const struct nlattr *tb[FIELDS_ATTRS];
	struct out out;

	if (!fields_parse(s, nlh, tb))
		return false;
	out_begin(&out, json, json, layout);
	out_row(&out);
	fields_show(&out, s, FIELD_SHOW | FIELD_COUNT | FIELD_KEY, tb);
	out_row_end(&out);
	out_end(&out);
	return true;
}

/* Answers with wrong bytes are refused or printed, and nothing else happens */
static void mutated(void)
{
	static const struct object *const kinds[] = {
		&gateway_object, &address_object, &subnet_object, &session_object, &ports_object,
		&stats_object, &vnet_object, &route_table_object, &route_object, &tag_object,
		&explain_object,
	};
	unsigned int round, i, changes, good = 0;
	struct request base, *req;
	const struct schema *s;
	size_t len, at;

	gateway_answer(&base);
	len = base.nlh->nlmsg_len;
	for (round = 0; round < 60000; round++) {
		/* On the heap and cut to length, so that ASan sees its end */
		req = malloc(len);
		if (!req)
			abort();
		memcpy(req, &base, len);
		changes = random() % 6;
		for (i = 0; i < changes; i++) {
			at = sizeof(struct nlmsghdr) + random() % (len - sizeof(struct nlmsghdr));
			((char *)req)[at] = random() % 3 ? random() % 40 : random();
		}
		if (!(random() % 4))
			((struct nlmsghdr *)req)->nlmsg_len -= random() % (len - 20);
		s = kinds[random() % ARRAY_SIZE(kinds)]->schema;
		if (changes < 2)
			s = gateway_object.schema;
		good += print(s, (struct nlmsghdr *)req, round & 1,
			      round & 2 ? OUT_TABLE : OUT_BLOCK);
		free(req);
	}
	EXPECT(good > 1000);
	EXPECT(good < 59000);
}

static void mutated_errors(void)
{
	struct nlmsghdr buf[32], *nlh, *copy;
	unsigned int round, i;
	struct request req;
	struct nl_error e;
	size_t len;

	request_init(&req, NATGW_CMD_GATEWAY_NEW);
	put(&req, &gateway_object, "name", "gw1");
	for (round = 0; round < 100000; round++) {
		nlh = ack(buf, &req, -EINVAL, round & 1);
		mnl_attr_put_strz(nlh, NLMSGERR_ATTR_MSG, "sentence");
		mnl_attr_put_u32(nlh, NLMSGERR_ATTR_OFFS, 20);
		mnl_attr_put_u32(nlh, NLMSGERR_ATTR_MISS_TYPE, 20);
		len = nlh->nlmsg_len;
		for (i = 0; i < random() % 5u; i++)
			((char *)buf)[16 + random() % (len - 16)] = random();
		if (round & 2)
			len = 16 + random() % (len - 16);
		nlh->nlmsg_len = len;
		nlh->nlmsg_type = round & 4 ? NLMSG_ERROR : NLMSG_DONE;
		copy = malloc(len);
		if (!copy)
			abort();
		memcpy(copy, nlh, len);
		nl_error_parse(&req, copy, &e);
		free(copy);
	}
}

static void reasons_complete(void)
{
	unsigned int i, j;

	for (i = 0; i <= NATGW_DROP_MAX; i++) {
		EXPECT(reason_words[i] && *reason_words[i]);
		EXPECT(reasons[i].meaning && *reasons[i].meaning);
		EXPECT(reasons[i].action && *reasons[i].action);
		for (j = 0; j < i; j++)
			EXPECT(strcmp(reason_words[i], reason_words[j]));
	}
	EXPECT(!reason_words[NATGW_DROP_MAX + 1]);
}

/* Each settable field can be described and found, no two have one word */
static void tables(void)
{
	static const struct object *const kinds[] = {
		&gateway_object, &address_object, &subnet_object, &session_object, &ports_object,
		&stats_object, &vnet_object, &route_table_object, &route_object, &tag_object,
		&explain_object, &cluster_object, &managed_pool_object,
	};
	const struct schema *s;
	unsigned int k, i, j;

	for (k = 0; k < ARRAY_SIZE(kinds); k++) {
		s = kinds[k]->schema;
		EXPECT(s->max < FIELDS_ATTRS);
		EXPECT(s->fields[0].flags & FIELD_KEY || kinds[k] == &session_object ||
		       kinds[k] == &ports_object || kinds[k] == &explain_object);
		for (i = 0; i < s->n_fields; i++) {
			EXPECT(s->fields[i].attr <= s->max);
			EXPECT(s->fields[i].attr || s->fields[i].type == FIELD_EXTRA);
			EXPECT(!(s->fields[i].flags & (FIELD_SET | FIELD_FILTER)) ||
			       s->fields[i].about);
			for (j = 0; j < i; j++)
				EXPECT(strcmp(s->fields[i].word, s->fields[j].word));
		}
		/* What the kernel says is shown, all of it; blocks of ports by ports_answer() */
		for (i = 2; i <= s->max; i++)
			EXPECT(field_by_attr(s, i) || i == s->family ||
			       (kinds[k] == &ports_object && i == NATGW_A_PORTS_BLOCK) ||
			       (kinds[k] == &route_object && field_by_attr(&effective_schema, i)));
	}
}

static struct ports_block block_seen[2];
static unsigned int blocks_seen;

static void block_note(const struct ports_block *b, void *data)
{
	(void)data;
	if (blocks_seen < ARRAY_SIZE(block_seen))
		block_seen[blocks_seen] = *b;
	blocks_seen++;
}

/* block_row ADDRESS-BYTES FIRST-BYTES LAST: a row with one block; 0: without that attribute */
static bool block_row(size_t address, size_t first, bool last)
{
	static const char bytes[8] = { 10, 0, 0, 1 };
	const uint32_t port = 1024;
	struct request req;
	struct nlattr *nest;

	request_init(&req, NATGW_CMD_PORTS_GET);
	nest = mnl_attr_nest_start(req.nlh, NATGW_A_PORTS_BLOCK);
	if (address)
		mnl_attr_put(req.nlh, NATGW_A_BLOCK_ADDRESS, address, bytes);
	if (first)
		mnl_attr_put(req.nlh, NATGW_A_BLOCK_FIRST, first, &port);
	if (last)
		mnl_attr_put_u32(req.nlh, NATGW_A_BLOCK_LAST, 1087);
	/* of a newer module */
	mnl_attr_put_u32(req.nlh, NATGW_A_BLOCK_MAX + 1, 7);
	mnl_attr_nest_end(req.nlh, nest);
	blocks_seen = 0;
	return ports_blocks(req.nlh, block_note, NULL);
}

/* Blocks of ports: all of a row are handed on, and one that lacks something is malformed */
static void blocks(void)
{
	struct request req;

	EXPECT(block_row(4, 4, true));
	EXPECT_INT(blocks_seen, 1);
	EXPECT_INT(block_seen[0].address, htonl(0x0a000001));
	EXPECT_INT(block_seen[0].first, 1024);
	EXPECT_INT(block_seen[0].last, 1087);
	EXPECT(!block_row(0, 4, true));
	EXPECT(!block_row(3, 4, true));
	EXPECT(!block_row(8, 4, true));
	EXPECT(!block_row(4, 0, true));
	EXPECT(!block_row(4, 2, true));
	EXPECT(!block_row(4, 4, false));
	EXPECT_INT(blocks_seen, 0);
	/* no nest at all */
	request_init(&req, NATGW_CMD_PORTS_GET);
	mnl_attr_put(req.nlh, NATGW_A_PORTS_BLOCK, 2, "x");
	EXPECT(!ports_blocks(req.nlh, block_note, NULL));
	request_init(&req, NATGW_CMD_PORTS_GET);
	EXPECT(ports_blocks(req.nlh, block_note, NULL));
	EXPECT_INT(blocks_seen, 0);
}

int main(void)
{
	static const struct ktap_test tests[] = {
		KTAP_TEST(encode),
		KTAP_TEST(blocks),
		KTAP_TEST(encode_none),
		KTAP_TEST(encode_off),
		KTAP_TEST(encode_ports),
		KTAP_TEST(encode_too_much),
		KTAP_TEST(decode_malformed),
		KTAP_TEST(decode_unknown),
		KTAP_TEST(errors),
		KTAP_TEST(refusals),
		KTAP_TEST(mutated),
		KTAP_TEST(mutated_errors),
		KTAP_TEST(reasons_complete),
		KTAP_TEST(tables),
	};

	srandom(1);
	ktap_out = fdopen(dup(STDOUT_FILENO), "w");
	if (!ktap_out || !freopen("/dev/null", "w", stdout))
		return 1;
	return ktap_run(tests, ARRAY_SIZE(tests));
}
