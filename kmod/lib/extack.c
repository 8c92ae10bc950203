// SPDX-License-Identifier: GPL-2.0
/*
 * Owns the sentences of extended acknowledgements. Called by all who refuse a request.
 *
 * Kernels before 6.3 take only a pointer to a message, and later ones format
 * no more than 80 characters, so the text is kept here until netlink_ack() has
 * copied it. That happens before the request's sendmsg() returns, and under
 * genl's cb_lock, which unregistering the family takes for writing: the text
 * cannot go away with the module.
 *
 * It can only be overwritten, by NATGW_ERR_SLOTS other refusals between the
 * formatting and the copy. netlink_ack() measures the text before it copies
 * it, so a slot serves only texts that need the same room as an attribute:
 * then the worst is a wrong sentence, not a wrong size.
 */
#include <linux/atomic.h>
#include <linux/kernel.h>
#include <linux/minmax.h>
#include <linux/netlink.h>
#include <linux/string.h>
#include <net/netlink.h>
#include "lib/extack.h"

#define NATGW_ERR_SLOTS	8	/* of each size */
#define NATGW_ERR_SIZES	(NATGW_ERR_MAX / NLA_ALIGNTO)

/* Slots of sizes 4, 8, 12...: those smaller than size n take 4 * n * (n - 1) / 2 * SLOTS */
static char natgw_err_text[NATGW_ERR_SLOTS * NLA_ALIGNTO *
			   NATGW_ERR_SIZES * (NATGW_ERR_SIZES + 1) / 2];
static atomic_t natgw_err_next;

static const char *err_keep(const char *text, u32 len)
{
	u32 size = NLA_ALIGN(len + 1), n = size / NLA_ALIGNTO;
	u32 slot = (u32)atomic_inc_return(&natgw_err_next) % NATGW_ERR_SLOTS;
	char *kept = natgw_err_text + NATGW_ERR_SLOTS * NLA_ALIGNTO * n * (n - 1) / 2 + slot * size;

	/* The last byte is NUL from the start and stays so */
	memcpy(kept, text, len + 1);
	return kept;
}

__printf(2, 0)
static void err_set(struct netlink_ext_ack *extack, const char *fmt, va_list args)
{
	char text[NATGW_ERR_MAX];

	extack->_msg = err_keep(text, vscnprintf(text, sizeof(text), fmt, args));
}

int natgw_refuse(struct netlink_ext_ack *extack, const struct nlattr *attr, int err,
		 const char *fmt, ...)
{
	va_list args;

	if (!extack)
		return err;
	va_start(args, fmt);
	err_set(extack, fmt, args);
	va_end(args);
	if (attr)
		NL_SET_BAD_ATTR(extack, attr);
	return err;
}

int natgw_refuse_missing(struct netlink_ext_ack *extack, u16 type, const char *label)
{
	NL_SET_ERR_ATTR_MISS(extack, NULL, type);
	return natgw_refuse(extack, NULL, -EINVAL, "%s is missing", label);
}
