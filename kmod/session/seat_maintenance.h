/* SPDX-License-Identifier: GPL-2.0 */
/* What becomes of hosts and flows when blocks of ports change. */
#ifndef _NATGW_SESSION_SEAT_MAINTENANCE_H
#define _NATGW_SESSION_SEAT_MAINTENANCE_H

struct natgw_config;
struct natgw_net;

/** natgw_seat_ends - does a gateway of @old have seats, and in @config none any more? */
bool natgw_seat_ends(const struct natgw_config *old, const struct natgw_config *config);

/** natgw_seat_forget - drop the seats of those gateways; a grace period after @config */
void natgw_seat_forget(struct natgw_net *nn, const struct natgw_config *old,
		       const struct natgw_config *config);

/**
 * natgw_seat_run - the maintenance's part: end flows, take back seats, move hosts down
 *
 * Context: process, nn->lock held. Return: jiffies until the next look, 0 if no
 * gateway allocates by host.
 */
unsigned long natgw_seat_run(struct natgw_net *nn);

#endif
