/* SPDX-License-Identifier: GPL-2.0 */
/* What the listeners are told once a snapshot is in force. */
#ifndef _NATGW_TELL_H
#define _NATGW_TELL_H

struct natgw_config;
struct natgw_net;

/**
 * natgw_tell - notify of each object that came, changed or went
 * @nn: namespace, @nn->lock held
 * @old: snapshot before, still valid
 * @config: compiled snapshot in force
 *
 * New addresses are announced. After this the run-time objects refer to their
 * entries in @config, so @old can go.
 */
void natgw_tell(struct natgw_net *nn, const struct natgw_config *old,
		const struct natgw_config *config);

#endif
