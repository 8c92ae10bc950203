// SPDX-License-Identifier: GPL-2.0
/*
 * Owns the reading of NATGW_A_PORTS_BLOCK, where the ports of a host are. Called by "ports show by
 * host" (cmd_ports.c), and by the flow log, which begins with the blocks that there are (watch.c).
 */
#include <string.h>

#include <libmnl/libmnl.h>
#include <linux/genetlink.h>
#include <linux/natgw.h>

#include "ports_block.h"

static bool nest_parse(const struct nlattr *nest, struct ports_block *b)
{
	static const size_t sizes[NATGW_A_BLOCK_MAX + 1] = {
		[NATGW_A_BLOCK_ADDRESS] = sizeof(b->address),
		[NATGW_A_BLOCK_FIRST] = sizeof(b->first),
		[NATGW_A_BLOCK_LAST] = sizeof(b->last),
	};
	const struct nlattr *tb[NATGW_A_BLOCK_MAX + 1] = {}, *attr;
	unsigned int i;

	mnl_attr_for_each_nested(attr, nest)
		if (mnl_attr_get_type(attr) <= NATGW_A_BLOCK_MAX)
			tb[mnl_attr_get_type(attr)] = attr;
	for (i = 0; i <= NATGW_A_BLOCK_MAX; i++)
		if (sizes[i] && (!tb[i] || mnl_attr_get_payload_len(tb[i]) != sizes[i]))
			return false;
	memcpy(&b->address, mnl_attr_get_payload(tb[NATGW_A_BLOCK_ADDRESS]), sizeof(b->address));
	b->first = mnl_attr_get_u32(tb[NATGW_A_BLOCK_FIRST]);
	b->last = mnl_attr_get_u32(tb[NATGW_A_BLOCK_LAST]);
	return true;
}

/**
 * ports_blocks - hand on the blocks of a row by host
 * @nlh:	answer to PORTS_GET
 * @take:	called for each block
 * @data:	for @take
 *
 * Return: false if a block is malformed; those before it were handed on.
 */
bool ports_blocks(const struct nlmsghdr *nlh, ports_block_take take, void *data)
{
	const struct nlattr *attr;
	struct ports_block b;

	mnl_attr_for_each(attr, nlh, sizeof(struct genlmsghdr)) {
		if (mnl_attr_get_type(attr) != NATGW_A_PORTS_BLOCK)
			continue;
		if (!nest_parse(attr, &b))
			return false;
		take(&b, data);
	}
	return true;
}
