/* SPDX-License-Identifier: GPL-2.0 */
/* The tables that packets search, built once for each snapshot. */
#ifndef _NATGW_COMPILE_H
#define _NATGW_COMPILE_H

struct natgw_config;
struct natgw_net;

/**
 * natgw_compile - build what the packet path searches
 * @nn: namespace, @nn->lock held
 * @config: snapshot not yet published
 *
 * Return: 0 or -ENOMEM; natgw_compile_free() is right in both cases.
 */
int natgw_compile(struct natgw_net *nn, struct natgw_config *config);

/**
 * natgw_compile_reindex - run-time parts' index as of the running snapshot
 *
 * For who compiled another one and gave it up. nn->lock held.
 */
void natgw_compile_reindex(const struct natgw_config *config);

/** natgw_compile_free - give it back, before the snapshot's entries */
void natgw_compile_free(struct natgw_config *config);

#endif
