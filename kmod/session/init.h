/* SPDX-License-Identifier: GPL-2.0 */
/* Start and end of the session room, for the module and for a namespace. */
#ifndef _NATGW_SESSION_INIT_H
#define _NATGW_SESSION_INIT_H

#include <linux/types.h>

struct natgw_net;

int natgw_session_module_init(void);
void natgw_session_module_exit(void);
int natgw_session_net_init(struct natgw_net *nn);
void natgw_session_net_exit(struct natgw_net *nn);

/** natgw_session_bytes - memory of sessions and hash tables */
u64 natgw_session_bytes(const struct natgw_net *nn);

#endif
