/* SPDX-License-Identifier: GPL-2.0 */
/* Generic netlink before 6.8 */
#ifndef _NATGW_COMPAT_GENETLINK_H
#define _NATGW_COMPAT_GENETLINK_H

#include <linux/version.h>
#include <net/genetlink.h>

/* 5c670a010de4 ("genetlink: add genl_info_dump()") */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 6, 0)
#define genl_info_dump(cb)	genl_dumpit_info(cb)
#endif

/* cd7209628cda ("genetlink: Use internal flags for multicast groups"), in stable kernels too */
#ifndef GENL_MCAST_CAP_NET_ADMIN
#define GENL_MCAST_CAP_NET_ADMIN	GENL_UNS_ADMIN_PERM
#endif

#endif
