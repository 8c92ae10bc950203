/* SPDX-License-Identifier: GPL-2.0 */
/* Service tags: named lists of prefixes, as configuration. */
#ifndef _NATGW_TAG_H
#define _NATGW_TAG_H

#include "config.h"

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

#endif
