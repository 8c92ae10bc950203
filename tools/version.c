// SPDX-License-Identifier: GPL-2.0
/*
 * Owns what a module of another version than the tool's does not know. Called for the sentences
 * of refusals, and by the commands that print versions.
 *
 * Whether the family knows a command or an attribute is what its policy says; the version
 * is only told.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <linux/genetlink.h>

#include "version.h"

#ifndef NATGW_VERSION
#error "the Makefile names the version"
#endif

/**
 * version_module - the version of the module that is loaded
 * @text:	result: a version, or "of no version"
 */
void version_module(char text[VERSION_TEXT])
{
	FILE *file = fopen("/sys/module/natgw/version", "re");

	*text = '\0';
	if (file) {
		if (!fgets(text, VERSION_TEXT, file))
			*text = '\0';
		fclose(file);
	}
	text[strcspn(text, "\n")] = '\0';
	if (!*text)
		snprintf(text, VERSION_TEXT, "of no version");
}

/* Which policy is the command's? In CTRL_ATTR_OP_POLICY: command, in it do and dump */
static void index_read(const struct nlattr *ops, struct policy_look *look)
{
	uint16_t wanted = look->dump ? CTRL_ATTR_POLICY_DUMP : CTRL_ATTR_POLICY_DO;
	const struct nlattr *op, *attr;

	mnl_attr_for_each_nested(op, ops) {
		mnl_attr_for_each_nested(attr, op) {
			if (mnl_attr_get_type(attr) != wanted ||
			    mnl_attr_validate(attr, MNL_TYPE_U32) < 0)
				continue;
			look->index = mnl_attr_get_u32(attr);
			look->told = true;
		}
	}
}

bool policy_answer(const struct nlmsghdr *nlh, void *data)
{
	const struct nlattr *attr, *policy, *entry;
	struct policy_look *look = data;

	mnl_attr_for_each(attr, nlh, sizeof(struct genlmsghdr)) {
		if (mnl_attr_get_type(attr) == CTRL_ATTR_OP_POLICY)
			index_read(attr, look);
		if (mnl_attr_get_type(attr) != CTRL_ATTR_POLICY || !look->told)
			continue;
		mnl_attr_for_each_nested(policy, attr) {
			if (mnl_attr_get_type(policy) != look->index)
				continue;
			mnl_attr_for_each_nested(entry, policy)
				look->found |= mnl_attr_get_type(entry) == look->attr;
		}
	}
	return true;
}

/*
 * Does the family that runs lack a command, or @attr of it, unless that is 0? A kernel that
 * cannot tell has both.
 */
static bool policy_lacks(const struct request *req, uint16_t attr)
{
	const struct genlmsghdr *asked = mnl_nlmsg_get_payload(req->nlh);
	struct policy_look look = {
		.attr = attr,
		.dump = (req->nlh->nlmsg_flags & NLM_F_DUMP) == NLM_F_DUMP,
	};
	static struct request ask;
	struct genlmsghdr *genl;
	struct nl_error e;
	struct nl nl;
	int ret;

	/* a socket of its own: on the other one answers may still be under way */
	if (nl_open(&nl, &e))
		return false;
	request_init(&ask, CTRL_CMD_GETPOLICY);
	genl = mnl_nlmsg_get_payload(ask.nlh);
	genl->version = 1;
	request_bytes(&ask, CTRL_ATTR_FAMILY_ID, &nl.family, sizeof(nl.family));
	request_u32(&ask, CTRL_ATTR_OP, asked->cmd);
	nl.family = GENL_ID_CTRL;
	ret = nl_dump(&nl, &ask, NL_DUMP_STREAM, policy_answer, &look, &e);
	nl_close(&nl);
	if (ret < 0)
		return e.err == ENOENT || e.err == EOPNOTSUPP;
	return attr && look.told && !look.found;
}

/**
 * version_explains - does a request fail because the module is of another version?
 * @req:	request
 * @e:		why it failed
 * @text:	result: the sentence
 */
bool version_explains(const struct request *req, const struct nl_error *e,
		      char text[VERSION_TEXT])
{
	bool command = e->err == EOPNOTSUPP && !*e->text;
	char module[VERSION_TEXT];

	if (req->full || e->malformed || e->missing)
		return false;
	if (!command && !(e->err == EINVAL && e->attr))
		return false;
	if (!policy_lacks(req, command ? 0 : e->attr))
		return false;
	version_module(module);
	snprintf(text, VERSION_TEXT,
		 "the module that runs does not know this %s: it is natgw %.64s, natgwctl is %.64s",
		 command ? "command" : "key", module, NATGW_VERSION);
	return true;
}
