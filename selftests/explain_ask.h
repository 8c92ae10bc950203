/* SPDX-License-Identifier: GPL-2.0 */
/* What the kernel says to explain_random.c: explain's answers, and counters. */
#ifndef EXPLAIN_ASK_H
#define EXPLAIN_ASK_H

#include <linux/natgw.h>
#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>

#include "explain_wire.h"

/**
 * struct answer - of explain
 * @refused: there was none
 * @method: enum natgw_method
 * @reason: enum natgw_drop_reason, or -1: it is neither dropped nor counted
 * @n: number of @address
 * @address: a new session's public IP is one of these, host byte order
 * @left: ports that were free for it
 * @session: the flow has one, or a record
 * @port: of this session
 * @obstacle: what of Linux stops the packet, enum natgw_obstacle; 0: nothing
 * @hop: next hop, host byte order
 * @dev: device that the packet leaves by
 * @vnet: of the source
 */
struct answer {
	bool refused;
	uint32_t method, n, left, port, obstacle;
	int reason;
	bool session;
	uint32_t address[NATGW_GATEWAY_ADDRESSES];
	uint32_t hop;
	char dev[IFNAMSIZ], vnet[NATGW_NAME_MAX + 1];
};

/** ask_connect - to the family, in the namespace that the process is in */
void ask_connect(void);

/** read_counters - packets of each drop reason so far */
void read_counters(unsigned int count[NATGW_DROP_MAX + 1]);

/**
 * explain - ask what would become of a packet that begins a flow
 * @port: whether to name the source port
 */
void explain(const struct flow *flow, bool port, struct answer *answer);

#endif
