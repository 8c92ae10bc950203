/* SPDX-License-Identifier: GPL-2.0 */
/* The header of get_unaligned() before 6.12 */
#ifndef _NATGW_COMPAT_UNALIGNED_H
#define _NATGW_COMPAT_UNALIGNED_H

#include <linux/version.h>

/* 5f60d5f6bbc1 ("move asm/unaligned.h to linux/unaligned.h") */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 12, 0)
#include <asm/unaligned.h>
#else
#include <linux/unaligned.h>
#endif

#endif
