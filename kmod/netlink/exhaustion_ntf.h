/* SPDX-License-Identifier: GPL-2.0 */
/* Telling listeners of new flows that were refused. */
#ifndef _NATGW_NETLINK_EXHAUSTION_NTF_H
#define _NATGW_NETLINK_EXHAUSTION_NTF_H

struct natgw_net;

void natgw_exhaustion_net_init(struct natgw_net *nn);
/* no packet is in the hooks any more */
void natgw_exhaustion_net_exit(struct natgw_net *nn);

#endif
