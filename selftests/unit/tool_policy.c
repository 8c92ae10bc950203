// SPDX-License-Identifier: GPL-2.0
/* What a module tells of its policies, so that the tool knows its version: tools/version.c */
#include <linux/genetlink.h>

#include "ktap.h"
#include "object.h"
#include "version.h"

const struct object *const objects[] = { NULL };

/* The policy of one command, as the kernel tells it in two messages */
struct policy_messages {
	union {
		char buf[1024];
		struct nlmsghdr align;
	} op, policy;
	struct nlmsghdr *op_nlh, *policy_nlh;
};

static struct nlmsghdr *policy_begin(char *buf)
{
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);
	struct genlmsghdr *genl = mnl_nlmsg_put_extra_header(nlh, sizeof(*genl));

	genl->cmd = CTRL_CMD_GETPOLICY;
	return nlh;
}

/* SESSION_GET: policy 3 for requests, policy 7 for dumps; 3 has the attributes 1 and 40, 7 has 2 */
static void policies(struct policy_messages *m)
{
	struct nlattr *ops, *op, *all, *one, *attr;
	static const uint16_t entry[][2] = { { 3, 1 }, { 7, 2 }, { 3, 40 } };
	unsigned int i;

	m->op_nlh = policy_begin(m->op.buf);
	ops = mnl_attr_nest_start(m->op_nlh, CTRL_ATTR_OP_POLICY);
	op = mnl_attr_nest_start(m->op_nlh, NATGW_CMD_SESSION_GET);
	mnl_attr_put_u32(m->op_nlh, CTRL_ATTR_POLICY_DO, 3);
	mnl_attr_put_u32(m->op_nlh, CTRL_ATTR_POLICY_DUMP, 7);
	mnl_attr_nest_end(m->op_nlh, op);
	mnl_attr_nest_end(m->op_nlh, ops);
	m->policy_nlh = policy_begin(m->policy.buf);
	for (i = 0; i < ARRAY_SIZE(entry); i++) {
		all = mnl_attr_nest_start(m->policy_nlh, CTRL_ATTR_POLICY);
		one = mnl_attr_nest_start(m->policy_nlh, entry[i][0]);
		attr = mnl_attr_nest_start(m->policy_nlh, entry[i][1]);
		mnl_attr_put_u32(m->policy_nlh, NL_POLICY_TYPE_ATTR_TYPE, NL_ATTR_TYPE_U32);
		mnl_attr_nest_end(m->policy_nlh, attr);
		mnl_attr_nest_end(m->policy_nlh, one);
		mnl_attr_nest_end(m->policy_nlh, all);
	}
}

static bool has_policy(uint16_t attr, bool dump)
{
	struct policy_look look = { .attr = attr, .dump = dump };
	struct policy_messages m;

	policies(&m);
	EXPECT(policy_answer(m.policy_nlh, &look));
	/* before it is known which policy counts, none does */
	EXPECT(!look.told && !look.found);
	EXPECT(policy_answer(m.op_nlh, &look));
	EXPECT(look.told && look.index == (dump ? 7u : 3u));
	EXPECT(policy_answer(m.policy_nlh, &look));
	return look.found;
}

/* A module of another version: what its policy lacks it does not know */
static void policy(void)
{
	EXPECT(has_policy(1, false));
	EXPECT(has_policy(40, false));
	EXPECT(!has_policy(2, false));
	EXPECT(!has_policy(41, false));
	EXPECT(has_policy(2, true));
	EXPECT(!has_policy(1, true));
}

int main(void)
{
	static const struct ktap_test tests[] = {
		KTAP_TEST(policy),
	};

	return ktap_run(tests, ARRAY_SIZE(tests));
}
