// SPDX-License-Identifier: GPL-2.0
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/string.h>
#include "tag.h"

void natgw_tag_put(struct natgw_tag *tag)
{
	if (tag && refcount_dec_and_test(&tag->ref))
		kfree(tag);
}

void natgw_tag_conf_put(struct natgw_tag_conf *conf)
{
	if (!refcount_dec_and_test(&conf->ref))
		return;
	natgw_tag_put(conf->tag);
	kvfree(conf);
}

const struct natgw_tag_conf *natgw_tag_find(const struct natgw_config *config,
					    const struct natgw_tag *tag)
{
	u32 i;

	for (i = 0; i < config->n_tags; i++)
		if (config->tags[i]->tag == tag)
			return config->tags[i];
	return NULL;
}

u16 natgw_tag_rank(const struct natgw_tag *tag)
{
	bool cloud = str_has_prefix(tag->name, "AzureCloud");
	const char *region = strchr(tag->name, '.');

	if (cloud && !tag->name[strlen("AzureCloud")])
		return 4;
	if (cloud && region == tag->name + strlen("AzureCloud"))
		return 3;
	return region ? 1 : 2;
}
