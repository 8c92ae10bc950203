/* SPDX-License-Identifier: GPL-2.0 */
/* Packets at the far ends of the router's devices, for explain_random.c. */
#ifndef EXPLAIN_WIRE_H
#define EXPLAIN_WIRE_H

#include <linux/natgw.h>
#include <net/ethernet.h>
#include <stdint.h>

#include "explain_config.h"

/**
 * struct tap - the far end of a device of the router
 * @at: the router's device
 * @dev: the device at the far end
 * @fd: packet socket at @dev
 * @mac: of @at
 */
struct tap {
	const char *at;
	const char *dev;
	int fd;
	uint8_t mac[ETH_ALEN];
};

/* Places of a packet: of taps[], behind the ingress devices; in the router; nowhere */
enum { UP0 = DEVS, UP1, AP0, VP0, TAPS, LOCAL = TAPS, NOWHERE };

extern struct tap taps[TAPS];

/**
 * struct flow - what a packet is of
 * @proto: IPPROTO_*
 * @src: host byte order
 * @dst: host byte order
 * @src_port: host byte order; of ICMP, the id
 * @dst_port: host byte order; of ICMP, 0
 */
struct flow {
	uint8_t proto;
	uint32_t src, dst;
	uint16_t src_port, dst_port;
};

/** enum kind - of packet: the first of its flow, an answer to it, a reset */
enum kind { BEGINS, ANSWERS, RESETS };

/**
 * struct sighting - what was seen of a packet
 * @times: how often
 * @where: the last place
 * @src: its source there, host byte order
 * @src_port: likewise; of ICMP, the id
 * @mac: its destination there
 * @count: by how much each drop reason has grown; look() leaves it alone
 */
struct sighting {
	unsigned int times, where;
	uint32_t src;
	uint16_t src_port;
	uint8_t mac[ETH_ALEN];
	unsigned int count[NATGW_DROP_MAX + 1];
};

/**
 * open_taps - open all taps, and enter the router's namespace
 * @netns: names of the router's, the clients', the firewall's, the VPN gateway's and the
 *	Internet's
 */
void open_taps(char **netns);

/** transmit - send a packet from the far end of a device */
void transmit(struct tap *tap, const struct flow *flow, enum kind kind);

/** transmitted - how many packets that were so far */
unsigned int transmitted(void);

/** look - note each place where the last packet sent, of @flow, has been seen since */
void look(struct sighting *seen, const struct flow *flow);

#endif
