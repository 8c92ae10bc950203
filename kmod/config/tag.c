// SPDX-License-Identifier: GPL-2.0
/*
 * Owns service tags as configuration: named lists of prefixes. Called by kind.c for
 * commands.
 */
#include <linux/natgw.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <net/genetlink.h>
#include "config/kind.h"
#include "config/route_table.h"
#include "config/tag.h"
#include "lib/extack.h"
#include "lib/nl_attr.h"
#include "lib/prefix.h"
#include "snapshot/conf.h"
#include "snapshot/config.h"
#include "snapshot/object.h"

static struct nla_policy tag_policy[NATGW_A_TAG_MAX + 1] __ro_after_init = {
	[NATGW_A_TAG_NAME]	= { .type = NLA_NUL_STRING },
	[NATGW_A_TAG_PREFIX]	= NLA_POLICY_NESTED(natgw_prefix_policy),
};

static const struct nla_policy tag_key_policy[NATGW_A_TAG_NAME + 1] = {
	[NATGW_A_TAG_NAME]	= { .type = NLA_NUL_STRING },
};

static int tag_parse_prefix(struct natgw_tag_conf *conf, const struct nlattr *attr,
			    struct netlink_ext_ack *extack)
{
	struct natgw_prefix prefix;
	char str[NATGW_PREFIX_STR];
	int err;
	u32 i;

	err = natgw_prefix_parse(attr, 0, &prefix, extack);
	if (!err)
		err = natgw_prefix_check_bits(prefix, attr, extack);
	if (err)
		return err;
	for (i = 0; i < conf->n; i++)
		if (natgw_prefix_equal(prefix, conf->prefix[i]))
			return natgw_refuse(extack, attr, -EEXIST, "prefix %s is given twice",
					    natgw_prefix_str(str, prefix));
	conf->prefix[conf->n++] = prefix;
	return 0;
}

/* Prefixes that a request names, and the last of them */
static u32 tag_count(struct genl_info *info, const struct nlattr **last)
{
	const struct nlattr *attr;
	u32 n = 0;
	int rem;

	nlmsg_for_each_attr(attr, info->nlhdr, GENL_HDRLEN, rem) {
		if (nla_type(attr) != NATGW_A_TAG_PREFIX)
			continue;
		n++;
		*last = attr;
	}
	return n;
}

/* An entry with room for the prefixes of the request, which replace all others */
static struct natgw_entry *tag_make(const struct natgw_request *req)
{
	struct genl_info *info = req->info;
	const struct nlattr *last = NULL;
	u32 n = tag_count(info, &last);

	if (!n && req->old)
		return (struct natgw_entry *)req->old;
	if (!n)
		return ERR_PTR(natgw_refuse_missing(info->extack, NATGW_A_TAG_PREFIX, "prefix"));
	if (n > NATGW_TAG_PREFIXES)
		return ERR_PTR(natgw_refuse(info->extack, last, -ENOSPC,
					    "%u prefixes are too many, a tag has at most %u", n,
					    NATGW_TAG_PREFIXES));
	return natgw_kind_make(&natgw_tag_kind, req, n);
}

static int tag_parse(const struct natgw_request *req, struct natgw_entry *entry)
{
	struct natgw_tag_conf *conf = container_of(entry, struct natgw_tag_conf, entry);
	const struct nlattr *attr;
	int rem, err;

	nlmsg_for_each_attr(attr, req->info->nlhdr, GENL_HDRLEN, rem) {
		err = nla_type(attr) != NATGW_A_TAG_PREFIX ? 0 :
		      tag_parse_prefix(conf, attr, req->info->extack);
		if (err)
			return err;
	}
	return req->old ? natgw_route_table_renew(req->config, conf->tag) : 0;
}

static struct natgw_object *tag_create(const struct natgw_request *req)
{
	struct natgw_tag *tag = kzalloc(sizeof(*tag), GFP_KERNEL_ACCOUNT);

	if (!tag)
		return NULL;
	strscpy(tag->name, req->key.name, sizeof(tag->name));
	return &tag->object;
}

static int tag_check_del(const struct natgw_request *req)
{
	const struct natgw_tag_conf *conf = container_of(req->old, struct natgw_tag_conf, entry);
	const struct natgw_route_table *table = NULL;
	u32 n;

	n = natgw_route_table_tag_uses(req->config, conf->tag, &table);
	if (!n)
		return 0;
	return natgw_refuse(req->info->extack, req->info->attrs[NATGW_A_TAG_NAME], -EBUSY,
			    "tag %s is the destination of %u route%s, among them one of route table %s",
			    conf->tag->name, n, n == 1 ? "" : "s", table->name);
}

static size_t tag_size(const struct natgw_config *config, u32 index)
{
	return nla_total_size(NATGW_NAME_MAX + 1) + nla_total_size(sizeof(u32)) +
	       config->tags[index]->n * NATGW_PREFIX_NEST;
}

static int tag_fill(struct sk_buff *skb, struct natgw_net *nn,
		    const struct natgw_config *config, u32 index)
{
	const struct natgw_tag_conf *conf = config->tags[index];
	u32 i;

	if (natgw_kind_fill_key(&natgw_tag_kind, skb, config, index))
		return -EMSGSIZE;
	for (i = 0; i < conf->n; i++)
		if (natgw_prefix_fill(skb, NATGW_A_TAG_PREFIX, conf->prefix[i]))
			return -EMSGSIZE;
	return nla_put_u32(skb, NATGW_A_TAG_ROUTES,
			   natgw_route_table_tag_uses(config, conf->tag, NULL));
}

const struct natgw_kind_ops natgw_tag_kind = {
	.kind = NATGW_OBJECT_TAG,
	.cmd = {
		NATGW_KIND_COMMANDS(TAG),
		[NATGW_VERB_SET] = NATGW_CMD_TAG_SET,
	},
	.label = "tag",
	.key_attr = NATGW_A_TAG_NAME,
	.max = NATGW_TAGS,
	.policy = tag_policy,
	.policy_max = NATGW_A_TAG_MAX,
	.key_policy = tag_key_policy,
	.key_max = NATGW_A_TAG_NAME,
	.make = tag_make,
	.create = tag_create,
	.edit = tag_make,
	.parse = tag_parse,
	.check_del = tag_check_del,
	.size = tag_size,
	.fill = tag_fill,
};
