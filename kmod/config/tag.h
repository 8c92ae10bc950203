/* SPDX-License-Identifier: GPL-2.0 */
/* Service tags: named lists of prefixes, as configuration. */
#ifndef _NATGW_TAG_H
#define _NATGW_TAG_H

#include <net/netlink.h>
#include "snapshot/config.h"

struct genl_info;
struct sk_buff;

extern const struct nla_policy natgw_tag_policy[NATGW_A_TAG_MAX + 1];
extern const struct nla_policy natgw_tag_key_policy[NATGW_A_TAG_NAME + 1];

/** natgw_tag_get - one more reference to the run-time part; NULL is fine */
static inline struct natgw_tag *natgw_tag_get(struct natgw_tag *tag)
{
	if (tag)
		refcount_inc(&tag->ref);
	return tag;
}

/** natgw_tag_put - the last one frees it; NULL is fine */
void natgw_tag_put(struct natgw_tag *tag);

/** natgw_tag_conf_put - the last one frees the entry at once */
void natgw_tag_conf_put(struct natgw_tag_conf *conf);

/** natgw_tag_find - entry of a tag, or NULL */
const struct natgw_tag_conf *natgw_tag_find(const struct natgw_config *config,
					    const struct natgw_tag *tag);

/**
 * natgw_tag_rank - place among equal prefixes, the lowest wins
 *
 * Azure: regional tags, then top-level ones, AzureCloud.REGION, AzureCloud; an
 * explicit prefix, rank 0, beats them all (AZV/virtual-networks-udr-overview).
 */
u16 natgw_tag_rank(const struct natgw_tag *tag);

/**
 * natgw_tag_refer - tag named by an attribute of another object
 * @config: snapshot that must hold it
 * @attr: name
 * @tag: set to it
 * @extack: says why not
 *
 * Return: 0, -EINVAL, -ENOENT.
 */
int natgw_tag_refer(const struct natgw_config *config, const struct nlattr *attr,
		    struct natgw_tag **tag, struct netlink_ext_ack *extack);

/* As in gateway.h */
int natgw_tag_new(struct natgw_net *nn, struct natgw_config *config, struct genl_info *info);
int natgw_tag_set(struct natgw_net *nn, struct natgw_config *config, struct genl_info *info);
int natgw_tag_del(struct natgw_net *nn, struct natgw_config *config, struct genl_info *info);
int natgw_tag_index(const struct natgw_config *config, struct genl_info *info);
size_t natgw_tag_size(const struct natgw_config *config, u32 index);
int natgw_tag_fill(struct sk_buff *skb, struct natgw_net *nn, const struct natgw_config *config,
		   u32 index);
int natgw_tag_fill_key(struct sk_buff *skb, const struct natgw_config *config, u32 index);

#endif
