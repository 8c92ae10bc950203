// SPDX-License-Identifier: GPL-2.0
/*
 * Owns the dump of port use. Called by the netlink family.
 */
#include <linux/natgw.h>
#include <linux/slab.h>
#include <net/genetlink.h>
#include <net/sock.h>
#include "compat/genetlink.h"
#include "config/find.h"
#include "lib/extack.h"
#include "lib/nl_attr.h"
#include "lib/portblock.h"
#include "netlink/netlink.h"
#include "netlink/ports.h"
#include "netlink/ports_nl.h"
#include "session/seat.h"
#include "snapshot/conf.h"
#include "snapshot/config.h"
#include "snapshot/l4.h"
#include "snapshot/net.h"
#include "snapshot/object.h"
#include "snapshot/place.h"
#include "snapshot/view.h"

const struct nla_policy natgw_ports_policy[NATGW_A_PORTS_WATCHED + 1] = {
	[NATGW_A_PORTS_BY]		= { .type = NLA_U32 },
	[NATGW_A_PORTS_TOP]		= { .type = NLA_U32 },
	[NATGW_A_PORTS_GATEWAY]		= { .type = NLA_NUL_STRING },
	[NATGW_A_PORTS_FAMILY]		= { .type = NLA_U32 },
	[NATGW_A_PORTS_PROTO]		= { .type = NLA_U32 },
	[NATGW_A_PORTS_DST]		= NATGW_NL_ADDRESS,
	[NATGW_A_PORTS_DST_PORT]	= { .type = NLA_U32 },
	[NATGW_A_PORTS_WATCHED]		= { .type = NLA_U32 },
};

static int ports_parse(struct natgw_ports_query *query, const struct natgw_config *config,
		       struct nlattr **attrs, struct netlink_ext_ack *extack)
{
	const struct natgw_gateway_conf *conf;
	const struct nlattr *family;
	int err = 0;
	u16 i;

	memset(query, 0, sizeof(*query));
	query->by = NATGW_PORTS_BY_ADDRESS;
	if (!attrs)
		return 0;
	for (i = 0; i <= NATGW_A_PORTS_WATCHED; i++)
		if (attrs[i])
			query->given |= BIT(i);
	if (attrs[NATGW_A_PORTS_BY])
		err = natgw_nl_range(attrs[NATGW_A_PORTS_BY], "by", 0, NATGW_PORTS_BY_HOST,
				     &query->by, extack);
	if (!err && attrs[NATGW_A_PORTS_PROTO])
		err = natgw_nl_range(attrs[NATGW_A_PORTS_PROTO], "proto", 0, U8_MAX,
				     &query->proto, extack);
	if (!err && attrs[NATGW_A_PORTS_DST_PORT])
		err = natgw_nl_range(attrs[NATGW_A_PORTS_DST_PORT], "dst-port", 0, U16_MAX,
				     &query->dst_port, extack);
	if (!err && attrs[NATGW_A_PORTS_WATCHED])
		err = natgw_nl_range(attrs[NATGW_A_PORTS_WATCHED], "watched", 0, NATGW_SWITCH_ON,
				     &query->watched, extack);
	if (err)
		return err;
	if (query->watched && query->by == NATGW_PORTS_BY_HOST)
		return natgw_refuse(extack, attrs[NATGW_A_PORTS_WATCHED], -EINVAL,
				    "watched on is by address or destination: hosts are counted by a walk over the sessions");
	if (attrs[NATGW_A_PORTS_TOP])
		query->top = nla_get_u32(attrs[NATGW_A_PORTS_TOP]);
	family = attrs[NATGW_A_PORTS_FAMILY];
	if (family && nla_get_u32(family) != AF_INET)
		return natgw_refuse(extack, family, -EAFNOSUPPORT,
				    "family %u is not supported, only %u (IPv4)",
				    nla_get_u32(family), AF_INET);
	if (attrs[NATGW_A_PORTS_DST])
		err = natgw_nl_ipv4(family, attrs[NATGW_A_PORTS_DST], "dst", &query->dst, extack);
	if (err || !attrs[NATGW_A_PORTS_GATEWAY])
		return err;
	conf = natgw_gateway_named(config, attrs[NATGW_A_PORTS_GATEWAY], extack);
	if (IS_ERR(conf))
		return PTR_ERR(conf);
	query->gw = conf->gw;
	return 0;
}

static int fill_headroom(struct sk_buff *skb, const struct natgw_ports_row *row)
{
	if (nla_put_u32(skb, NATGW_A_PORTS_FREE, row->free) ||
	    nla_put_u32(skb, NATGW_A_PORTS_FILLED, row->filled) ||
	    (row->seconds && nla_put_u32(skb, NATGW_A_PORTS_HEADROOM, row->seconds)) ||
	    nla_put_u32(skb, NATGW_A_PORTS_NEAR, row->near ? NATGW_SWITCH_ON : NATGW_SWITCH_OFF))
		return -EMSGSIZE;
	return 0;
}

static int fill_block(struct sk_buff *skb, __be32 addr, const struct natgw_portrange *range)
{
	struct nlattr *nest = nla_nest_start(skb, NATGW_A_PORTS_BLOCK);

	if (!nest || nla_put_in_addr(skb, NATGW_A_BLOCK_ADDRESS, addr) ||
	    nla_put_u32(skb, NATGW_A_BLOCK_FIRST, NATGW_PORT_MIN + range->first) ||
	    nla_put_u32(skb, NATGW_A_BLOCK_LAST, NATGW_PORT_MIN + range->first + range->n - 1))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

/* Where the host's ports are now; nowhere if its gateway has gone since the rows were made */
static int fill_blocks(struct sk_buff *skb, struct natgw_net *nn, const struct natgw_ports_row *row)
{
	struct natgw_portblock_layout layout;
	const struct natgw_config *config;
	const struct natgw_pool *pool;
	struct natgw_portblock block;
	int err = 0;
	u32 i;

	rcu_read_lock();
	config = rcu_dereference(nn->config);
	pool = config ? natgw_place_pool(config, row->gw) : NULL;
	if (!pool || pool->allocation == NATGW_ALLOCATION_DYNAMIC)
		goto out;
	natgw_seat_layout(pool, &layout);
	for (i = 0; !err && natgw_portblock_get(&layout, row->seat, i, &block); i++)
		err = fill_block(skb, pool->entry[pool->place[block.place]].addr, &block.range);
out:
	rcu_read_unlock();
	return err;
}

static int ports_fill(struct sk_buff *skb, struct natgw_net *nn, const struct natgw_ports *ports,
		      const struct natgw_ports_row *row)
{
	u32 i;

	if (nla_put_string(skb, NATGW_A_PORTS_GATEWAY, row->gw->name) ||
	    nla_put_u32(skb, NATGW_A_PORTS_FAMILY, AF_INET) ||
	    nla_put_u32(skb, NATGW_A_PORTS_USED, row->used) ||
	    (!(ports->watched && ports->by == NATGW_PORTS_BY_ADDRESS) &&
	     nla_put_u32(skb, NATGW_A_PORTS_COOLING, row->cooling)))
		return -EMSGSIZE;
	if (ports->by == NATGW_PORTS_BY_DESTINATION) {
		if (nla_put_u32(skb, NATGW_A_PORTS_PROTO, row->proto) ||
		    nla_put_in_addr(skb, NATGW_A_PORTS_DST, row->addr) ||
		    nla_put_u32(skb, NATGW_A_PORTS_DST_PORT, ntohs(row->port)) ||
		    nla_put_u32(skb, NATGW_A_PORTS_HIGH_WATER, row->high) ||
		    (!ports->watched && nla_put_u32(skb, NATGW_A_PORTS_HOSTS, row->others)) ||
		    (row->host &&
		     (nla_put_in_addr(skb, NATGW_A_PORTS_SRC, row->host) ||
		      nla_put_u32(skb, NATGW_A_PORTS_SRC_USED, row->host_used))))
			return -EMSGSIZE;
		return fill_headroom(skb, row);
	}
	for (i = 0; !ports->watched && i < NATGW_L4_ROWS; i++)
		if (nla_put_u32(skb, natgw_l4_rows[i].ports_attr, row->by_proto[i]))
			return -EMSGSIZE;
	if (nla_put_u32(skb, NATGW_A_PORTS_DESTINATIONS, row->others))
		return -EMSGSIZE;
	if (ports->by == NATGW_PORTS_BY_ADDRESS) {
		if (nla_put_in_addr(skb, NATGW_A_PORTS_ADDRESS, row->addr))
			return -EMSGSIZE;
		return fill_headroom(skb, row);
	}
	if (nla_put_in_addr(skb, NATGW_A_PORTS_SRC, row->addr) ||
	    nla_put_string(skb, NATGW_A_PORTS_SUBNET, row->subnet->name) ||
	    nla_put_u32(skb, NATGW_A_PORTS_LIMIT, row->limit) ||
	    nla_put_string(skb, NATGW_A_PORTS_VNET, row->subnet->vnet->name))
		return -EMSGSIZE;
	if (!row->has_block)
		return 0;
	if (nla_put_u32(skb, NATGW_A_PORTS_FREE, row->free))
		return -EMSGSIZE;
	return fill_blocks(skb, nn, row);
}

/**
 * struct natgw_ports_dump - a dump under way
 * @ports: the rows, added up before the first message
 * @next: row to go on with
 * @flags: of each message
 * @gathered: @ports is set
 */
struct natgw_ports_dump {
	struct natgw_ports ports;
	u32 next;
	int flags;
	bool gathered;
};

static struct natgw_ports_dump **ports_dump_ctx(struct netlink_callback *cb)
{
	return (struct natgw_ports_dump **)cb->ctx;
}

int natgw_nl_ports_start(struct netlink_callback *cb)
{
	struct natgw_ports_dump *dump;

	dump = kzalloc(sizeof(*dump), GFP_KERNEL_ACCOUNT);
	if (!dump)
		return -ENOMEM;
	*ports_dump_ctx(cb) = dump;
	return 0;
}

/* Not in start(): before 6.2 a refusal there cannot say why. */
static int ports_dump_begin(struct natgw_net *nn, struct netlink_callback *cb,
			    struct natgw_ports_dump *dump)
{
	const u32 options = BIT(NATGW_A_PORTS_BY) | BIT(NATGW_A_PORTS_TOP) |
			    BIT(NATGW_A_PORTS_WATCHED);
	struct natgw_config *config = natgw_config_hold(nn);
	struct natgw_ports_query query;
	int err;

	err = ports_parse(&query, config, genl_info_dump(cb)->attrs, cb->extack);
	/* there is no table before the first object */
	if (!err && natgw_net_has_table(nn))
		err = natgw_ports_gather(nn, config, &query, &dump->ports, cb->extack);
	natgw_config_put(config);
	if (err == -ENOMEM)
		natgw_refuse(cb->extack, NULL, err, "no memory to add up the ports");
	dump->flags = NLM_F_MULTI | (query.given & ~options ? NLM_F_DUMP_FILTERED : 0);
	dump->gathered = !err;
	return err;
}

int natgw_nl_ports_dump(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct natgw_ports_dump *dump = *ports_dump_ctx(cb);
	struct natgw_net *nn = natgw_pernet(sock_net(skb->sk));
	const struct natgw_ports *ports = &dump->ports;
	void *msg;
	int err;

	if (!dump->gathered) {
		err = ports_dump_begin(nn, cb, dump);
		if (err)
			return err;
	}
	for (; dump->next < ports->n; dump->next++) {
		msg = genlmsg_put(skb, NETLINK_CB(cb->skb).portid, cb->nlh->nlmsg_seq,
				  &natgw_nl_family, dump->flags, NATGW_CMD_PORTS_GET);
		if (!msg)
			break;
		if (ports_fill(skb, nn, ports, &ports->rows[dump->next])) {
			genlmsg_cancel(skb, msg);
			break;
		}
		genlmsg_end(skb, msg);
	}
	return skb->len;
}

int natgw_nl_ports_done(struct netlink_callback *cb)
{
	struct natgw_ports_dump *dump = *ports_dump_ctx(cb);

	natgw_ports_free(&dump->ports);
	kfree(dump);
	return 0;
}
