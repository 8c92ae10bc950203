/* SPDX-License-Identifier: GPL-2.0 */
/* Refusals: an errno with a sentence that names the value at fault. */
#ifndef _NATGW_LIB_EXTACK_H
#define _NATGW_LIB_EXTACK_H

#include <linux/compiler_attributes.h>
#include <linux/types.h>

struct netlink_ext_ack;
struct nlattr;

/** NATGW_ERR_MAX - longest sentence, with NUL */
#define NATGW_ERR_MAX	224

/**
 * natgw_refuse - say why a request is refused
 * @extack: of the request, may be NULL
 * @attr: attribute at fault, or NULL
 * @err: negative errno
 * @fmt: sentence: lower case but for names, no full stop, no line end
 *
 * Return: @err.
 */
__printf(4, 5) __cold
int natgw_refuse(struct netlink_ext_ack *extack, const struct nlattr *attr, int err,
		 const char *fmt, ...);

/**
 * natgw_refuse_missing - refuse a request that lacks an attribute
 * @extack: of the request
 * @type: attribute
 * @label: its name in the specification
 *
 * Return: -EINVAL.
 */
__cold
int natgw_refuse_missing(struct netlink_ext_ack *extack, u16 type, const char *label);

#endif
