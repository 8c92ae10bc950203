/* SPDX-License-Identifier: GPL-2.0 */
/* What the listeners are told once a snapshot is in force. */
#ifndef _NATGW_NETLINK_TELL_H
#define _NATGW_NETLINK_TELL_H

#include "control/publish.h"

extern const struct natgw_publish_ops natgw_notify_ops;

#endif
