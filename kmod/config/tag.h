/* SPDX-License-Identifier: GPL-2.0 */
/* Service tags: named lists of prefixes, as configuration. */
#ifndef _NATGW_CONFIG_TAG_H
#define _NATGW_CONFIG_TAG_H

#include <linux/natgw.h>
#include <net/netlink.h>

struct genl_info;
struct natgw_config;
struct natgw_net;
struct sk_buff;

extern const struct nla_policy natgw_tag_policy[NATGW_A_TAG_MAX + 1];
extern const struct nla_policy natgw_tag_key_policy[NATGW_A_TAG_NAME + 1];

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
