// SPDX-License-Identifier: GPL-2.0
/*
 * Owns service tags as configuration: named lists of prefixes. Called by the commands of
 * netlink/.
 */
#include <linux/mm.h>
#include <linux/natgw.h>
#include <linux/overflow.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <net/genetlink.h>
#include "config/find.h"
#include "config/route_table.h"
#include "config/tag.h"
#include "lib/extack.h"
#include "lib/nl_attr.h"
#include "lib/prefix.h"
#include "snapshot/conf.h"
#include "snapshot/config.h"
#include "snapshot/entry.h"
#include "snapshot/net.h"
#include "snapshot/object.h"

const struct nla_policy natgw_tag_policy[NATGW_A_TAG_MAX + 1] = {
	[NATGW_A_TAG_NAME]	= { .type = NLA_NUL_STRING },
	[NATGW_A_TAG_PREFIX]	= NLA_POLICY_NESTED(natgw_prefix_policy),
};

const struct nla_policy natgw_tag_key_policy[NATGW_A_TAG_NAME + 1] = {
	[NATGW_A_TAG_NAME]	= { .type = NLA_NUL_STRING },
};

/* The name that is a request's key */
static int tag_name(struct genl_info *info, char name[NATGW_NAME_MAX + 1])
{
	const struct nlattr *attr = info->attrs[NATGW_A_TAG_NAME];

	if (!attr)
		return natgw_refuse_missing(info->extack, NATGW_A_TAG_NAME, "name");
	return natgw_nl_name(attr, "name", name, info->extack);
}

int natgw_tag_index(const struct natgw_config *config, struct genl_info *info)
{
	char name[NATGW_NAME_MAX + 1];
	int i, err;

	err = tag_name(info, name);
	if (err)
		return err;
	i = config ? natgw_tag_lookup(config, name) : -ENOENT;
	if (i < 0)
		return natgw_refuse(info->extack, info->attrs[NATGW_A_TAG_NAME], -ENOENT,
				    "tag %s does not exist", name);
	return i;
}

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

/* Makes an entry with the prefixes of the request, still without its tag. */
static int tag_parse(struct genl_info *info, struct natgw_tag_conf **made)
{
	const struct nlattr *attr, *last = NULL;
	struct natgw_tag_conf *conf;
	int rem, err;
	u32 n = 0;

	nlmsg_for_each_attr(attr, info->nlhdr, GENL_HDRLEN, rem) {
		if (nla_type(attr) != NATGW_A_TAG_PREFIX)
			continue;
		n++;
		last = attr;
	}
	if (!n)
		return natgw_refuse_missing(info->extack, NATGW_A_TAG_PREFIX, "prefix");
	if (n > NATGW_TAG_PREFIXES)
		return natgw_refuse(info->extack, last, -ENOSPC,
				    "%u prefixes are too many, a tag has at most %u", n,
				    NATGW_TAG_PREFIXES);
	conf = kvzalloc(struct_size(conf, prefix, n), GFP_KERNEL_ACCOUNT);
	if (!conf)
		return -ENOMEM;
	refcount_set(&conf->ref, 1);
	nlmsg_for_each_attr(attr, info->nlhdr, GENL_HDRLEN, rem) {
		err = nla_type(attr) != NATGW_A_TAG_PREFIX ? 0 :
		      tag_parse_prefix(conf, attr, info->extack);
		if (err) {
			natgw_tag_conf_put(conf);
			return err;
		}
	}
	*made = conf;
	return 0;
}

/* A tag deleted and made again in one transaction keeps its run-time part. */
static struct natgw_tag *tag_create(struct natgw_net *nn, const char *name)
{
	const struct natgw_config *running =
		rcu_dereference_protected(nn->config, lockdep_is_held(&nn->lock));
	int i = natgw_tag_lookup(running, name);
	struct natgw_tag *tag;

	if (i >= 0)
		return natgw_tag_get(running->tags[i]->tag);
	tag = kzalloc(sizeof(*tag), GFP_KERNEL_ACCOUNT);
	if (!tag)
		return NULL;
	refcount_set(&tag->ref, 1);
	strscpy(tag->name, name, sizeof(tag->name));
	return tag;
}

int natgw_tag_new(struct natgw_net *nn, struct natgw_config *config, struct genl_info *info)
{
	struct natgw_tag_conf *conf, **tags;
	char name[NATGW_NAME_MAX + 1];
	int err;

	err = tag_name(info, name);
	if (err)
		return err;
	if (natgw_tag_lookup(config, name) >= 0)
		return natgw_refuse(info->extack, info->attrs[NATGW_A_TAG_NAME], -EEXIST,
				    "tag %s exists", name);
	if (config->n_tags >= NATGW_TAGS)
		return natgw_refuse(info->extack, info->attrs[NATGW_A_TAG_NAME], -ENOSPC,
				    "tag %s is one too many, there are %u already", name,
				    config->n_tags);
	err = tag_parse(info, &conf);
	if (err)
		return err;
	conf->tag = tag_create(nn, name);
	if (!conf->tag)
		goto err_put;
	tags = natgw_array_grow(config->tags, config->n_tags);
	if (!tags)
		goto err_put;
	config->tags = tags;
	config->tags[config->n_tags++] = conf;
	config->staged += struct_size(conf, prefix, conf->n) + sizeof(*conf->tag);
	return 0;

err_put:
	natgw_tag_conf_put(conf);
	return -ENOMEM;
}

int natgw_tag_set(struct natgw_net *nn, struct natgw_config *config, struct genl_info *info)
{
	int i = natgw_tag_index(config, info), err;
	struct natgw_tag_conf *conf;

	if (i < 0)
		return i;
	if (!info->attrs[NATGW_A_TAG_PREFIX])
		return 0;
	err = tag_parse(info, &conf);
	if (err)
		return err;
	conf->tag = natgw_tag_get(config->tags[i]->tag);
	err = natgw_route_table_renew(config, conf->tag);
	if (!err) {
		swap(config->tags[i], conf);
		config->staged += struct_size(conf, prefix, config->tags[i]->n);
	}
	natgw_tag_conf_put(conf);
	return err;
}

int natgw_tag_del(struct natgw_net *nn, struct natgw_config *config, struct genl_info *info)
{
	const struct natgw_route_table *table = NULL;
	int i = natgw_tag_index(config, info);
	struct natgw_tag_conf *conf;
	u32 n;

	if (i < 0)
		return i;
	conf = config->tags[i];
	n = natgw_route_table_tag_uses(config, conf->tag, &table);
	if (n)
		return natgw_refuse(info->extack, info->attrs[NATGW_A_TAG_NAME], -EBUSY,
				    "tag %s is the destination of %u route%s, among them one of route table %s",
				    conf->tag->name, n, n == 1 ? "" : "s", table->name);
	config->n_tags--;
	memmove(&config->tags[i], &config->tags[i + 1],
		(config->n_tags - i) * sizeof(*config->tags));
	natgw_tag_conf_put(conf);
	return 0;
}

int natgw_tag_fill_key(struct sk_buff *skb, const struct natgw_config *config, u32 index)
{
	return nla_put_string(skb, NATGW_A_TAG_NAME, config->tags[index]->tag->name);
}

size_t natgw_tag_size(const struct natgw_config *config, u32 index)
{
	return nla_total_size(NATGW_NAME_MAX + 1) + nla_total_size(sizeof(u32)) +
	       config->tags[index]->n * NATGW_PREFIX_NEST;
}

int natgw_tag_fill(struct sk_buff *skb, struct natgw_net *nn, const struct natgw_config *config,
		   u32 index)
{
	const struct natgw_tag_conf *conf = config->tags[index];
	u32 i;

	if (natgw_tag_fill_key(skb, config, index))
		return -EMSGSIZE;
	for (i = 0; i < conf->n; i++)
		if (natgw_prefix_fill(skb, NATGW_A_TAG_PREFIX, conf->prefix[i]))
			return -EMSGSIZE;
	return nla_put_u32(skb, NATGW_A_TAG_ROUTES,
			   natgw_route_table_tag_uses(config, conf->tag, NULL));
}
