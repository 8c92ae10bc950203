// SPDX-License-Identifier: GPL-2.0
/*
 * Owns the number under which the kernel keeps the state of a namespace. Read by all
 * who go from a namespace to that state; main.c registers it.
 */
#include <linux/cache.h>
#include "snapshot/net.h"

unsigned int natgw_net_id __read_mostly;
