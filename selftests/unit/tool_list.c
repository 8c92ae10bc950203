// SPDX-License-Identifier: GPL-2.0
/* Lists in requests, and the files that tags are read from */
#include <errno.h>
#include <unistd.h>

#include "capture.h"
#include "ktap.h"
#include "key.h"
#include "object.h"
#include "tag_file.h"
#include "tool_words.h"

const struct object *const objects[] = { NULL };

static struct ctl ctl;
static char said[1024];
static int errors;

/* What was printed of errors since the last call */
static const char *error(void)
{
	return captured(errors, said, sizeof(said));
}

/* The prefixes of a list, with blanks behind each */
static const char *cidrs(const struct nlattr *const *tb, uint16_t attr)
{
	static char text[256];
	const struct nlattr *a;
	char buf[ADDR_TEXT];
	size_t n = 0;

	text[0] = 0;
	for (a = tb[attr]; a && n < sizeof(text); a = field_next(a, tb))
		n += snprintf(text + n, sizeof(text) - n, "%s ", field_cidr(buf, a, false));
	return text;
}

/* "A,B", "A B" and the key again are the same */
static void lists(void)
{
	const struct nlattr *tb[FIELDS_ATTRS], *a;
	struct request req;

	request_init(&req, NATGW_CMD_VNET_NEW);
	EXPECT_INT(keys(&ctl, &vnet_object, &req, FIELD_SET, "prefix", "10.0.0.0/16,10.1.0.0/16",
			"10.2.0.0/16", "dev", "eth1,eth2", "Prefix", "10.3.0.0/16", "dev", "eth3",
			"vpn-next-hop", "10.0.9.1", "private-space", "INTERNET", NULL), 0);
	EXPECT(fields_parse(vnet_object.schema, req.nlh, tb));
	EXPECT_STR(cidrs(tb, NATGW_A_VNET_PREFIX),
		   "10.0.0.0/16 10.1.0.0/16 10.2.0.0/16 10.3.0.0/16 ");
	a = tb[NATGW_A_VNET_DEV];
	EXPECT_STR(mnl_attr_get_str(a), "eth1");
	a = field_next(a, tb);
	EXPECT_STR(mnl_attr_get_str(a), "eth2");
	a = field_next(a, tb);
	EXPECT_STR(mnl_attr_get_str(a), "eth3");
	EXPECT(!field_next(a, tb));
	EXPECT_INT(field_u32(tb[NATGW_A_VNET_PRIVATE_SPACE]), NATGW_PRIVATE_SPACE_INTERNET);

	request_init(&req, NATGW_CMD_VNET_SET);
	EXPECT_INT(keys(&ctl, &vnet_object, &req, FIELD_SET, "dev", "none", "vpn-next-hop", "None",
			NULL), 0);
	EXPECT(fields_parse(vnet_object.schema, req.nlh, tb));
	EXPECT(tb[NATGW_A_VNET_DEV] && !field_string(tb[NATGW_A_VNET_DEV]));
	EXPECT(!memcmp(mnl_attr_get_payload(tb[NATGW_A_VNET_VPN_NEXT_HOP]), "\0\0\0\0", 4));
	EXPECT(!tb[NATGW_A_VNET_PREFIX]);
}

static void lists_refused(void)
{
	struct request req;

	ctl_command(&ctl, "vnet", "set", "hub");
	request_init(&req, NATGW_CMD_VNET_SET);
	EXPECT_INT(keys(&ctl, &vnet_object, &req, FIELD_SET, "prefix", "10.0.0.0/16,10.1.0.0",
			NULL), 1);
	EXPECT_STR(error(), joined("natgwctl: vnet set hub: prefix 10.0.0.0/16,10.1.0.0: ",
				   "10.1.0.0: prefix length is missing, ",
				   "write it like 10.0.1.0/24\n", NULL));
	EXPECT_INT(keys(&ctl, &vnet_object, &req, FIELD_SET, "dev", "a,,b", NULL), 1);
	EXPECT_STR(error(), "natgwctl: vnet set hub: dev a,,b: one of the values is empty\n");
	EXPECT_INT(keys(&ctl, &vnet_object, &req, FIELD_SET, "prefix", "10.0.0.0/8", "9x",
			NULL), 1);
	EXPECT_STR(error(), "natgwctl: vnet set hub: prefix 9x: not an IPv4 address\n");
	EXPECT_INT(keys(&ctl, &vnet_object, &req, FIELD_SET, "private-space", "pass",
			"private-space", "drop", NULL), 1);
	EXPECT_STR(error(), "natgwctl: vnet set hub: private-space: given twice\n");
}

/* A kernel's refusal of what begins at an offset */
static const char *refusal(const struct object *obj, struct request *req, uint32_t offset,
			   const char *sentence)
{
	struct nlmsghdr buf[64], *nlh = mnl_nlmsg_put_header(buf);
	struct nlmsgerr *ack;
	struct nl_error e;

	nlh->nlmsg_type = NLMSG_ERROR;
	nlh->nlmsg_flags = NLM_F_ACK_TLVS | NLM_F_CAPPED;
	ack = mnl_nlmsg_put_extra_header(nlh, sizeof(*ack));
	ack->error = -EINVAL;
	ack->msg = *req->nlh;
	mnl_attr_put_strz(nlh, NLMSGERR_ATTR_MSG, sentence);
	mnl_attr_put_u32(nlh, NLMSGERR_ATTR_OFFS, offset);
	nl_error_parse(req, nlh, &e);
	EXPECT_INT(kernel_error(&ctl, obj, req, &e), 2);
	return error();
}

/* Of several values the one at fault is named, also if a part of its nest is */
static void refused_one_of_several(void)
{
	uint32_t second, third;
	struct request req;

	ctl_command(&ctl, "vnet", "add", "hub");
	request_init(&req, NATGW_CMD_VNET_NEW);
	EXPECT_INT(object_name(&ctl, &vnet_object, &req, "hub"), 0);
	EXPECT_INT(keys(&ctl, &vnet_object, &req, FIELD_SET, "prefix", "10.0.0.0/16", NULL), 0);
	second = req.nlh->nlmsg_len;
	EXPECT_INT(keys(&ctl, &vnet_object, &req, FIELD_SET, "prefix", "10.1.0.0/16,10.2.0.0/16",
			"dev", "eth1", NULL), 0);
	third = second + (req.args[2].end - req.args[2].start);
	EXPECT_STR(refusal(&vnet_object, &req, second, "overlaps"),
		   "natgwctl: vnet add hub: overlaps (prefix 10.1.0.0/16)\n");
	EXPECT_STR(refusal(&vnet_object, &req, second + 12, "overlaps"),
		   "natgwctl: vnet add hub: overlaps (prefix 10.1.0.0/16)\n");
	EXPECT_STR(refusal(&vnet_object, &req, third, "overlaps"),
		   "natgwctl: vnet add hub: overlaps (prefix 10.2.0.0/16)\n");
	EXPECT_STR(refusal(&vnet_object, &req, third + 24, "prefix 10.2.0.0/16 overlaps"),
		   "natgwctl: vnet add hub: prefix 10.2.0.0/16 overlaps\n");
	EXPECT_STR(refusal(&vnet_object, &req, req.args[4].start, "is taken"),
		   "natgwctl: vnet add hub: is taken (dev eth1)\n");
	EXPECT_STR(refusal(&vnet_object, &req, req.nlh->nlmsg_len, "is wrong"),
		   "natgwctl: vnet add hub: is wrong\n");
	ctl.json = true;
	refusal(&vnet_object, &req, third, "overlaps");
	ctl.json = false;
	EXPECT(strstr(said, "\"attribute\":\"prefix\",\"value\":\"10.2.0.0/16\""));
}

/* As much as a tag may hold fits into one request, and each prefix keeps its name */
static void longest_list(void)
{
	struct request req;
	char prefix[32];
	unsigned int i;

	request_init(&req, NATGW_CMD_TAG_NEW);
	EXPECT_INT(object_name(&ctl, &tag_object, &req, "abcdefghijklmnopqrstuvwxyzabcde"), 0);
	for (i = 0; i < NATGW_TAG_PREFIXES; i++) {
		snprintf(prefix, sizeof(prefix), "10.%u.%u.0/24", i / 256, i % 256);
		EXPECT_INT(keys(&ctl, &tag_object, &req, FIELD_SET, "prefix", prefix, NULL), 0);
	}
	EXPECT(!req.full);
	EXPECT_INT(req.n_args, NATGW_TAG_PREFIXES + 1);
	EXPECT_INT(req.args[NATGW_TAG_PREFIXES].end, req.nlh->nlmsg_len);
}

/* Import a file with this text. Return: exit status; the prefixes are in @list. */
static int import(const char *name, const char *text, const char **list)
{
	const struct nlattr *tb[FIELDS_ATTRS];
	char path[] = "/tmp/natgw-tag-XXXXXX";
	struct tag_file in = { .ctl = &ctl, .file = path };
	static char cut[1024];
	struct request req;
	const char *p;
	int fd, ret;

	fd = mkstemp(path);
	if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text))
		abort();
	close(fd);
	ctl_command(&ctl, "tag", "add", name);
	request_init(&req, NATGW_CMD_TAG_NEW);
	in.req = &req;
	ret = tag_file_read(&in, name);
	unlink(path);
	EXPECT(fields_parse(tag_object.schema, req.nlh, tb));
	*list = cidrs(tb, NATGW_A_TAG_PREFIX);
	if (in.n)
		EXPECT(!strncmp(in.texts[0], path, strlen(path)));
	tag_file_free(&in);
	/* The name of the file is another one each time */
	p = strstr(error(), path);
	snprintf(cut, sizeof(cut), "%s", p ? p + strlen(path) : said);
	memcpy(said, cut, sizeof(said));
	return ret;
}

static void files_of_lines(void)
{
	const char *list;

	EXPECT_INT(import("t", "# all of it\n10.0.0.0/8 # a comment\n\n\t192.0.2.0/24\r\n"
			  "198.51.100.7/32", &list), 0);
	EXPECT_STR(list, "10.0.0.0/8 192.0.2.0/24 198.51.100.7/32 ");
	EXPECT_STR(said, "");
	EXPECT_INT(import("t", "10.0.0.0/8\n\n10.0.0.0\n", &list), 1);
	EXPECT_STR(said, ":3: 10.0.0.0: prefix length is missing, write it like 10.0.1.0/24\n");
	EXPECT_INT(import("t", "\n# nothing\n", &list), 1);
	EXPECT_STR(said, ": no prefix in it\n");
}

static void files_of_azure(void)
{
	const char *tags = joined("{ \"cloud\": \"Public\", \"values\": [",
		"{ \"name\": \"Sql\", \"properties\": { \"addressPrefixes\": [",
		" \"192.0.2.0/24\" ] } },",
		"{ \"name\": \"Storage\", \"id\": \"Storage\", \"properties\": {",
		"  \"region\": \"\", \"addressPrefixes\": [ \"198.51.100.0/25\",",
		"  \"2001:db8::/32\", \"203.0.113.0/24\" ] } },",
		"{ \"name\": \"Odd\", \"properties\": { \"addressPrefixes\": [ 5 ] } },",
		"{ \"name\": \"Void\" } ] }", NULL);
	const char *list;

	EXPECT_INT(import("storage", tags, &list), 0);
	EXPECT_STR(list, "198.51.100.0/25 203.0.113.0/24 ");
	EXPECT_STR(said, "natgwctl: tag add storage: warning: 1 IPv6 prefix left out\n");
	EXPECT_INT(import("Storag", tags, &list), 1);
	EXPECT_STR(said, ": no tag Storag in it\n");
	EXPECT_INT(import("Odd", tags, &list), 1);
	EXPECT_STR(said, ": a prefix of Odd is no string\n");
	EXPECT_INT(import("Void", tags, &list), 1);
	EXPECT_STR(said, ": tag Void has no list properties.addressPrefixes\n");
	EXPECT_INT(import("Storage", "{ \"values\": 5 }", &list), 1);
	EXPECT_STR(said, ": no tag Storage in it\n");
	EXPECT_INT(import("Storage", "{ \"values\": [", &list), 1);
	EXPECT(*said);
}

static void file_too_long(void)
{
	char *text = malloc(1 << 16);
	const char *list;
	size_t n = 0;
	int i;

	if (!text)
		abort();
	for (i = 0; i <= NATGW_TAG_PREFIXES; i++)
		n += sprintf(text + n, "10.%d.%d.0/24\n", i / 256, i % 256);
	EXPECT_INT(import("t", text, &list), 1);
	EXPECT_STR(said, ": more than 1024 prefixes, a tag holds no more\n");
	free(text);
}

int main(void)
{
	static const struct ktap_test tests[] = {
		KTAP_TEST(lists),
		KTAP_TEST(lists_refused),
		KTAP_TEST(refused_one_of_several),
		KTAP_TEST(longest_list),
		KTAP_TEST(files_of_lines),
		KTAP_TEST(files_of_azure),
		KTAP_TEST(file_too_long),
	};

	errors = capture(STDERR_FILENO);
	if (errors < 0)
		return 1;
	return ktap_run(tests, ARRAY_SIZE(tests));
}
