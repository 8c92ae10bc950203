/* SPDX-License-Identifier: GPL-2.0 */
/* Blocks of ports in the answer to PORTS_GET by host. */
#ifndef NATGWCTL_PORTS_BLOCK_H
#define NATGWCTL_PORTS_BLOCK_H

#include <stdbool.h>
#include <stdint.h>

struct nlmsghdr;

/**
 * struct ports_block - a host's ports at one public IP: enum natgw_a_block
 * @address:	public IP, network byte order
 * @first:	first port
 * @last:	last port
 */
struct ports_block {
	uint32_t address;
	uint32_t first;
	uint32_t last;
};

/**
 * typedef ports_block_take - takes one block
 */
typedef void (*ports_block_take)(const struct ports_block *b, void *data);

bool ports_blocks(const struct nlmsghdr *nlh, ports_block_take take, void *data);

#endif /* NATGWCTL_PORTS_BLOCK_H */
