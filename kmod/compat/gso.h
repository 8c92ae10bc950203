/* SPDX-License-Identifier: GPL-2.0 */
/* Segmentation offload before 6.5 */
#ifndef _NATGW_COMPAT_GSO_H
#define _NATGW_COMPAT_GSO_H

#include <linux/skbuff.h>
#include <linux/version.h>

/* d457a0e329b0 ("net: move gso declarations and functions to their own files") */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 5, 0)
#include <net/gso.h>
#endif

#endif
