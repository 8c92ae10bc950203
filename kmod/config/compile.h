/* SPDX-License-Identifier: GPL-2.0 */
/* The tables that packets search, built once for each snapshot. */
#ifndef _NATGW_CONFIG_COMPILE_H
#define _NATGW_CONFIG_COMPILE_H

struct natgw_config;
struct natgw_net;

/**
 * natgw_compile - build what the packet path searches
 * @nn: namespace, @nn->lock held
 * @config: snapshot not yet published, and perhaps never
 *
 * Writes into @config alone, and into entries that no other snapshot compiled
 * before: objects that packets and workers see are as they were.
 *
 * Return: 0 or -ENOMEM; natgw_config_free() is right in both cases.
 */
int natgw_compile(struct natgw_net *nn, struct natgw_config *config);

#endif
