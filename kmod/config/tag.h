/* SPDX-License-Identifier: GPL-2.0 */
/* Service tags: named lists of prefixes, as configuration. */
#ifndef _NATGW_CONFIG_TAG_H
#define _NATGW_CONFIG_TAG_H

struct natgw_kind_ops;

extern const struct natgw_kind_ops natgw_tag_kind;

#endif
