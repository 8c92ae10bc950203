// SPDX-License-Identifier: GPL-2.0
/*
 * Makes the kernel complain when loaded, each time in one way, to show that
 * scripts/vm sees it. For guests only.
 */
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/spinlock.h>

static char *what = "";
module_param(what, charp, 0444);
MODULE_PARM_DESC(what, "warn, panic, overrun, leak or locks");

static DEFINE_SPINLOCK(first);
static DEFINE_SPINLOCK(second);

static void overrun(void)
{
	size_t size = 20;
	char *p = kmalloc(size, GFP_KERNEL);

	OPTIMIZER_HIDE_VAR(size);
	if (p)
		p[size] = 1;
	kfree(p);
}

/*
 * Several: the address of one may stay in a register, on a stack or in memory that was freed,
 * where the next one's overwrites it.
 */
static noinline void leak(void)
{
	char *p;
	int i;

	for (i = 0; i < 32; i++) {
		p = kmalloc(1000, GFP_KERNEL);
		OPTIMIZER_HIDE_VAR(p);
	}
	p = NULL;
	OPTIMIZER_HIDE_VAR(p);
}

/* Never two at once here; lockdep knows that it could happen. */
static void locks(void)
{
	spin_lock(&first);
	spin_lock(&second);
	spin_unlock(&second);
	spin_unlock(&first);
	spin_lock(&second);
	spin_lock(&first);
	spin_unlock(&first);
	spin_unlock(&second);
}

static int __init provoke_init(void)
{
	if (!strcmp(what, "warn"))
		WARN_ON(1);
	else if (!strcmp(what, "panic"))
		panic("provoked");
	else if (!strcmp(what, "overrun"))
		overrun();
	else if (!strcmp(what, "leak"))
		leak();
	else if (!strcmp(what, "locks"))
		locks();
	else
		return -EINVAL;
	return 0;
}

static void __exit provoke_exit(void)
{
}

module_init(provoke_init);
module_exit(provoke_exit);

MODULE_DESCRIPTION("makes the kernel complain");
MODULE_LICENSE("GPL");
