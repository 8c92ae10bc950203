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
 * Until then other tasks may be refused, also of other network namespaces. So a slot belongs to
 * the task whose request was refused last in it, and another task takes the one that has been
 * left alone for longest. Root of a user namespace of its own may be anybody, and refuse himself
 * as often as he likes: such tasks have slots of their own, and none of them loses it soon.
 *
 * netlink_ack() measures the text before it copies it, so a slot serves only texts that need the
 * same room as an attribute: then the worst is a wrong sentence, not a wrong size.
 */
#include <linux/cred.h>
#include <linux/jiffies.h>
#include <linux/kernel.h>
#include <linux/minmax.h>
#include <linux/netlink.h>
#include <linux/sched.h>
#include <linux/spinlock.h>
#include <linux/string.h>
#include <linux/user_namespace.h>
#include <net/netlink.h>
#include "lib/extack.h"

#define NATGW_ERR_SLOTS	4	/* of each size, for each of both kinds of tasks */
#define NATGW_ERR_SIZES	(NATGW_ERR_MAX / NLA_ALIGNTO)
/* a text is copied long before */
#define NATGW_ERR_KEEP	(HZ / 10)

/**
 * struct err_slot - who has a slot
 * @task: only compared; NULL: nobody
 * @when: jiffies of its last refusal
 */
struct err_slot {
	const struct task_struct *task;
	unsigned long when;
};

/**
 * struct err_texts - of one kind of tasks
 * @slot: by size
 * @text: sizes 4, 8, 12...: those smaller than size n take 4 * n * (n - 1) / 2 * SLOTS
 */
struct err_texts {
	struct err_slot slot[NATGW_ERR_SIZES][NATGW_ERR_SLOTS];
	char text[NATGW_ERR_SLOTS * NLA_ALIGNTO * NATGW_ERR_SIZES * (NATGW_ERR_SIZES + 1) / 2];
};

static DEFINE_SPINLOCK(err_lock);
/* of the initial user namespace, and of all others */
static struct err_texts err_texts[2];

/* The own slot, or the one that has been left alone for longest */
static u32 err_slot(const struct err_slot *slots)
{
	u32 i, oldest = 0;

	for (i = 0; i < NATGW_ERR_SLOTS; i++) {
		if (slots[i].task == current)
			return i;
		if (slots[oldest].task && (!slots[i].task ||
					   time_before(slots[i].when, slots[oldest].when)))
			oldest = i;
	}
	return oldest;
}

static const char *err_keep(const char *text, u32 len)
{
	bool guest = current_user_ns() != &init_user_ns;
	u32 size = NLA_ALIGN(len + 1), n = size / NLA_ALIGNTO, i;
	struct err_texts *texts = &err_texts[guest];
	struct err_slot *slot;
	char *kept;

	spin_lock(&err_lock);
	i = err_slot(texts->slot[n - 1]);
	slot = &texts->slot[n - 1][i];
	if (guest && slot->task && slot->task != current &&
	    time_before(jiffies, slot->when + NATGW_ERR_KEEP)) {
		spin_unlock(&err_lock);
		return "too many requests are refused at once to say why";
	}
	slot->task = current;
	slot->when = jiffies;
	kept = texts->text + NATGW_ERR_SLOTS * NLA_ALIGNTO * n * (n - 1) / 2 + i * size;
	/* The last byte is NUL from the start and stays so */
	memcpy(kept, text, len + 1);
	spin_unlock(&err_lock);
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
