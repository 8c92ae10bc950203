// SPDX-License-Identifier: GPL-2.0
/*
 * Faults of each kind that the checkers of a kernel are to find, made one at a time, to show
 * that they would be found in natgw. For guests of scripts/vm --planted alone: each of these
 * does what it says, and leaves the kernel as damaged as it then is.
 *
 *	echo FAULT > /sys/module/natgw_planted/parameters/plant
 */

#include <linux/delay.h>
#include <linux/kthread.h>
#include <linux/list.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/string.h>
#include <linux/timer.h>

/* Where the compiler cannot see what comes of it */
static void *volatile hidden;

static DEFINE_MUTEX(first);
static DEFINE_MUTEX(second);
static DEFINE_SPINLOCK(spin);

static unsigned long raced;
static unsigned long message;
static int posted;

/* How long two threads race: KCSAN looks at one access in some thousands */
#define RACE_MS		10000

static int racer(void *unused)
{
	while (!kthread_should_stop()) {
		raced++;
		cond_resched();
	}
	return 0;
}

/* Writes a message and says that it is there, without a barrier between the two */
static int poster(void *unused)
{
	while (!kthread_should_stop()) {
		if (!READ_ONCE(posted)) {
			message++;
			WRITE_ONCE(posted, 1);
		}
		cond_resched();
	}
	return 0;
}

static int reader(void *unused)
{
	unsigned long sum = 0;

	while (!kthread_should_stop()) {
		/* would pair with a release in poster(), which has none */
		if (smp_load_acquire(&posted)) {
			sum += message;
			/* pairs with the control dependency of poster() */
			smp_store_release(&posted, 0);
		}
		cond_resched();
	}
	return sum == 1;
}

/* Two threads, on two processors where there are two, until one of them has been caught */
static int plant_threads(int (*one)(void *), int (*other)(void *))
{
	struct task_struct *a, *b;

	a = kthread_create(one, NULL, "planted/a");
	if (IS_ERR(a))
		return PTR_ERR(a);
	b = kthread_create(other, NULL, "planted/b");
	if (IS_ERR(b)) {
		kthread_stop(a);
		return PTR_ERR(b);
	}
	kthread_bind(a, cpumask_first(cpu_online_mask));
	kthread_bind(b, cpumask_last(cpu_online_mask));
	wake_up_process(a);
	wake_up_process(b);
	msleep(RACE_MS);
	kthread_stop(a);
	kthread_stop(b);
	return 0;
}

static int plant_race(void)
{
	return plant_threads(racer, racer);
}

static int plant_barrier(void)
{
	return plant_threads(poster, reader);
}

static int plant_use_after_free(void)
{
	char *p = kmalloc(64, GFP_KERNEL);

	if (!p)
		return -ENOMEM;
	hidden = p;
	kfree(p);
	return READ_ONCE(*(char *)hidden) == 1;
}

static int plant_out_of_bounds(void)
{
	char *p = kmalloc(60, GFP_KERNEL);

	if (!p)
		return -ENOMEM;
	hidden = p;
	/* of the object's 64 bytes, but not of those that were asked for */
	WRITE_ONCE(((char *)hidden)[60], 1);
	kfree(p);
	return 0;
}

static int plant_lock_order(void)
{
	mutex_lock(&first);
	mutex_lock(&second);
	mutex_unlock(&second);
	mutex_unlock(&first);

	mutex_lock(&second);
	mutex_lock(&first);
	mutex_unlock(&first);
	mutex_unlock(&second);
	return 0;
}

/* An allocation, for a mutex under a spinlock is a fault for lockdep, too */
static int plant_atomic_sleep(void)
{
	void *p;

	spin_lock(&spin);
	p = kmalloc(64, GFP_KERNEL);
	spin_unlock(&spin);
	kfree(p);
	return 0;
}

static int plant_rcu(void)
{
	static int __rcu *pointer;

	return !!rcu_dereference(pointer);
}

/*
 * Many: kmemleak takes an address that is left on a stack, or in what the allocator keeps of a
 * processor's free objects, for a reference
 */
static int plant_leak(void)
{
	int i;

	for (i = 0; i < 200; i++)
		hidden = kmalloc(200, GFP_KERNEL);
	hidden = NULL;
	return 0;
}

static void no_timeout(struct timer_list *unused)
{
}

static int plant_timer(void)
{
	struct timer_list *timer = kmalloc(sizeof(*timer), GFP_KERNEL);

	if (!timer)
		return -ENOMEM;
	timer_setup(timer, no_timeout, 0);
	mod_timer(timer, jiffies + HZ * 3600);
	/* debug objects end it; no other kernel is to be asked for this */
	kfree(timer);
	return 0;
}

static int plant_shift(void)
{
	static volatile int bits = 40;

	raced += 1 << bits;
	return 0;
}

static int plant_list(void)
{
	struct list_head *list = kmalloc(sizeof(*list), GFP_KERNEL);

	if (!list)
		return -ENOMEM;
	INIT_LIST_HEAD(list);
	list->next = NULL;
	list_del(list);
	kfree(list);
	return 0;
}

static const struct {
	const char *name;
	int (*plant)(void);
} faults[] = {
	{ "race", plant_race },
	{ "barrier", plant_barrier },
	{ "use_after_free", plant_use_after_free },
	{ "out_of_bounds", plant_out_of_bounds },
	{ "lock_order", plant_lock_order },
	{ "atomic_sleep", plant_atomic_sleep },
	{ "rcu", plant_rcu },
	{ "leak", plant_leak },
	{ "timer", plant_timer },
	{ "shift", plant_shift },
	{ "list", plant_list },
};

static int plant_set(const char *value, const struct kernel_param *kp)
{
	int i, err;

	for (i = 0; i < ARRAY_SIZE(faults); i++) {
		if (!sysfs_streq(value, faults[i].name))
			continue;
		err = faults[i].plant();
		return err < 0 ? err : 0;
	}
	return -EINVAL;
}

static const struct kernel_param_ops plant_ops = { .set = plant_set };

module_param_cb(plant, &plant_ops, NULL, 0200);
MODULE_PARM_DESC(plant, "fault to make");

MODULE_DESCRIPTION("Faults on purpose: what checkers of the kernel find in natgw's tests");
MODULE_LICENSE("GPL");
