/* SPDX-License-Identifier: GPL-2.0 */
/* Telling listeners of destinations that are nearly out of ports. */
#ifndef _NATGW_NETLINK_HEADROOM_NTF_H
#define _NATGW_NETLINK_HEADROOM_NTF_H

struct natgw_net;

void natgw_headroom_net_init(struct natgw_net *nn);
/* no packet is in the hooks any more */
void natgw_headroom_net_exit(struct natgw_net *nn);

#endif
