// SPDX-License-Identifier: GPL-2.0
/*
 * Owns the dump of the effective routes of a subnet. Called by the netlink family, and by
 * explain_nl.c for a route.
 */
#include <linux/inetdevice.h>
#include <linux/mm.h>
#include <linux/natgw.h>
#include <linux/slab.h>
#include <linux/sort.h>
#include <net/genetlink.h>
#include <net/route.h>
#include <net/sock.h>
#include "compat/genetlink.h"
#include "config/find.h"
#include "lib/extack.h"
#include "lib/nl_attr.h"
#include "lib/prefix.h"
#include "netlink/effective.h"
#include "netlink/netlink.h"
#include "snapshot/conf.h"
#include "snapshot/config.h"
#include "snapshot/entry.h"
#include "snapshot/next_hop.h"
#include "snapshot/lookup.h"
#include "snapshot/net.h"
#include "snapshot/view.h"

const struct nla_policy natgw_effective_policy[NATGW_A_ROUTE_SUBNET + 1] = {
	[NATGW_A_ROUTE_SUBNET]	= { .type = NLA_NUL_STRING },
};

/* RFC 1918 and RFC 6598, see natgw_lookup_system_route() */
static const struct {
	u32 addr;
	u8 len;
} private_space[] = {
	{ 0x0a000000, 8 },
	{ 0xac100000, 12 },
	{ 0xc0a80000, 16 },
	{ 0x64400000, 10 },
};

/**
 * struct gather - rows in the making
 * @config: snapshot
 * @range: subnet
 * @daddr: only what matches it, or NULL
 * @rows: result; without memory for rows they are only counted
 */
struct gather {
	const struct natgw_config *config;
	const struct natgw_subnet_range *range;
	const __be32 *daddr;
	struct natgw_effective_rows *rows;
};

static void add(struct gather *g, struct natgw_prefix prefix, const struct natgw_route *route,
		u32 type)
{
	struct natgw_effective_rows *rows = g->rows;

	if (g->daddr && !natgw_prefix_holds(prefix, *g->daddr))
		return;
	if (rows->row)
		rows->row[rows->n] = (struct natgw_effective_row) {
			.prefix = prefix,
			.route = route,
			.type = type,
			.rank = route && route->tag ? natgw_tag_rank(route->tag) : 0,
			.number = route ? route - rows->table->route : 0,
		};
	rows->n++;
}

static void add_user(struct gather *g)
{
	const struct natgw_route_table_conf *table = g->range->steer->table;
	u32 i, k;

	for (i = 0; i < table->n; i++) {
		const struct natgw_route *route = &table->route[i];
		const struct natgw_tag_conf *tag;

		if (!route->tag) {
			add(g, route->prefix, route, route->type);
			continue;
		}
		tag = natgw_tag_find(g->config, route->tag);
		for (k = 0; k < tag->n; k++)
			add(g, tag->prefix[k], route, route->type);
	}
}

/* The i-th prefix of the vnet's space; "default" has its subnets as space. False: there is none */
static bool space_prefix(const struct natgw_vnet_view *vnet, u32 *i, struct natgw_prefix *prefix)
{
	const struct natgw_subnet_range *range;

	if (vnet->conf->n_prefixes) {
		if (*i == vnet->conf->n_prefixes)
			return false;
		*prefix = vnet->conf->prefix[*i];
		return true;
	}
	/* the ranges of a vnet include the subnets of vnets that have no devices */
	while (*i < vnet->n_ranges && vnet->ranges[*i].vnet != vnet)
		++*i;
	if (*i == vnet->n_ranges)
		return false;
	range = &vnet->ranges[*i];
	prefix->addr = htonl(range->first);
	prefix->len = 32 - fls(range->last - range->first);
	return true;
}

/* a block that the vnet's space covers has no route of its own */
static bool is_covered(const struct natgw_vnet_view *vnet, struct natgw_prefix block)
{
	struct natgw_prefix space;
	u32 i;

	for (i = 0; space_prefix(vnet, &i, &space); i++)
		if (space.len <= block.len && natgw_prefix_holds(space, block.addr))
			return true;
	return false;
}

static void add_system(struct gather *g)
{
	const struct natgw_vnet_view *vnet = g->range->vnet;
	struct natgw_prefix prefix;
	u32 i;

	for (i = 0; space_prefix(vnet, &i, &prefix); i++)
		add(g, prefix, NULL, NATGW_NEXT_HOP_VNET_LOCAL);
	for (i = 0; i < ARRAY_SIZE(private_space); i++) {
		prefix.addr = htonl(private_space[i].addr);
		prefix.len = private_space[i].len;
		if (!is_covered(vnet, prefix))
			add(g, prefix, NULL, natgw_lookup_private_type(vnet));
	}
	add(g, (struct natgw_prefix) {}, NULL, NATGW_NEXT_HOP_INTERNET);
}

static void add_all(struct gather *g)
{
	g->rows->n = 0;
	if (g->range->steer)
		add_user(g);
	add_system(g);
}

static int cmp_row(const void *a, const void *b)
{
	const struct natgw_effective_row *x = a, *y = b;

	if (x->prefix.addr != y->prefix.addr)
		return ntohl(x->prefix.addr) < ntohl(y->prefix.addr) ? -1 : 1;
	if (x->prefix.len != y->prefix.len)
		return x->prefix.len - y->prefix.len;
	if (!x->route != !y->route)
		return x->route ? -1 : 1;
	if (x->rank != y->rank)
		return x->rank - y->rank;
	return x->number - y->number;
}

static u32 hop_problem(struct natgw_next_hop *hop)
{
	u32 problem = NATGW_ROUTE_PROBLEM_NEXT_HOP;
	struct rtable *rt;

	local_bh_disable();
	rcu_read_lock();
	rt = natgw_next_hop_route(hop);
	if (rt) {
		problem = natgw_next_hop_look(hop, rt, false) == NATGW_HOP_DOWN ?
			  NATGW_ROUTE_PROBLEM_NEXT_HOP_DOWN : NATGW_ROUTE_PROBLEM_NONE;
		ip_rt_put(rt);
	}
	rcu_read_unlock();
	local_bh_enable();
	return problem;
}

/* of a route that is chosen */
static u32 active_problem(const struct natgw_steer *steer, const struct natgw_effective_row *row)
{
	struct natgw_next_hop *hop;

	if (row->type == NATGW_NEXT_HOP_VIRTUAL_APPLIANCE)
		return hop_problem(steer->hop[row->route->hop]);
	if (row->type != NATGW_NEXT_HOP_VIRTUAL_NETWORK_GATEWAY)
		return NATGW_ROUTE_PROBLEM_NONE;
	hop = steer->hop[steer->table->n_hops];
	return hop ? hop_problem(hop) : NATGW_ROUTE_PROBLEM_NO_VPN_NEXT_HOP;
}

/* of a route that is never chosen, as @winner has its prefix too */
static u32 invalid_problem(const struct natgw_effective_row *row,
			   const struct natgw_effective_row *winner)
{
	if (!row->route)
		return NATGW_ROUTE_PROBLEM_USER_ROUTE;
	return winner->route->tag ? NATGW_ROUTE_PROBLEM_OTHER_TAG :
				    NATGW_ROUTE_PROBLEM_EXPLICIT_PREFIX;
}

static void judge(const struct gather *g)
{
	struct natgw_effective_row *row, *winner = NULL;
	u32 i;

	for (i = 0; i < g->rows->n; i++) {
		row = &g->rows->row[i];
		if (winner && winner->prefix.addr == row->prefix.addr &&
		    winner->prefix.len == row->prefix.len) {
			row->state = NATGW_ROUTE_STATE_INVALID;
			row->problem = invalid_problem(row, winner);
			continue;
		}
		winner = row;
		row->state = NATGW_ROUTE_STATE_ACTIVE;
		row->problem = active_problem(g->range->steer, row);
	}
}

int natgw_effective_gather(const struct natgw_config *config,
			   const struct natgw_subnet_range *range, const __be32 *daddr,
			   struct natgw_effective_rows *rows)
{
	struct gather g = {
		.config = config,
		.range = range,
		.daddr = daddr,
		.rows = rows,
	};

	memset(rows, 0, sizeof(*rows));
	add_all(&g);
	rows->row = kvmalloc_array(rows->n, sizeof(*rows->row), GFP_KERNEL_ACCOUNT);
	if (!rows->row) {
		rows->n = 0;
		return -ENOMEM;
	}
	if (range->steer) {
		rows->table = (struct natgw_route_table_conf *)range->steer->table;
		refcount_inc(&rows->table->ref);
	}
	add_all(&g);
	sort(rows->row, rows->n, sizeof(*rows->row), cmp_row, NULL);
	judge(&g);
	return 0;
}

void natgw_effective_free(struct natgw_effective_rows *rows)
{
	kvfree(rows->row);
	if (rows->table)
		natgw_entry_put(&rows->table->entry);
	memset(rows, 0, sizeof(*rows));
}

static int put_user_route(struct sk_buff *skb, const struct natgw_effective_rows *rows,
			  const struct natgw_route *route)
{
	if (nla_put_string(skb, NATGW_A_ROUTE_ROUTE_TABLE, rows->table->table->name) ||
	    (route->tag && nla_put_string(skb, NATGW_A_ROUTE_TAG, route->tag->name)) ||
	    (route->type == NATGW_NEXT_HOP_VIRTUAL_APPLIANCE &&
	     nla_put_in_addr(skb, NATGW_A_ROUTE_NEXT_HOP_IP, route->next_hop)) ||
	    (route->type == NATGW_NEXT_HOP_NONE &&
	     nla_put_u32(skb, NATGW_A_ROUTE_UNREACHABLE, route->unreachable)))
		return -EMSGSIZE;
	return 0;
}

int natgw_effective_put(struct sk_buff *skb, const struct natgw_effective_rows *rows,
			const struct natgw_effective_row *row)
{
	u32 source = row->route ? NATGW_ROUTE_SOURCE_USER : NATGW_ROUTE_SOURCE_SYSTEM;

	if (nla_put_u32(skb, NATGW_A_ROUTE_FAMILY, AF_INET) ||
	    nla_put_in_addr(skb, NATGW_A_ROUTE_PREFIX, row->prefix.addr) ||
	    nla_put_u32(skb, NATGW_A_ROUTE_PREFIX_LENGTH, row->prefix.len) ||
	    nla_put_u32(skb, NATGW_A_ROUTE_NEXT_HOP_TYPE, row->type) ||
	    (row->route && put_user_route(skb, rows, row->route)) ||
	    nla_put_u32(skb, NATGW_A_ROUTE_SOURCE, source) ||
	    nla_put_u32(skb, NATGW_A_ROUTE_STATE, row->state) ||
	    nla_put_u32(skb, NATGW_A_ROUTE_PROBLEM, row->problem))
		return -EMSGSIZE;
	return 0;
}

/**
 * struct natgw_effective_dump - a dump under way
 * @rows: gathered before the first message
 * @next: row to go on with
 * @gathered: @rows is set
 */
struct natgw_effective_dump {
	struct natgw_effective_rows rows;
	u32 next;
	bool gathered;
};

static struct natgw_effective_dump **dump_ctx(struct netlink_callback *cb)
{
	return (struct natgw_effective_dump **)cb->ctx;
}

int natgw_nl_effective_start(struct netlink_callback *cb)
{
	struct natgw_effective_dump *dump;

	dump = kzalloc(sizeof(*dump), GFP_KERNEL_ACCOUNT);
	if (!dump)
		return -ENOMEM;
	*dump_ctx(cb) = dump;
	return 0;
}

static const struct natgw_subnet_range *asked_for(const struct natgw_config *config,
						  struct nlattr **attrs,
						  struct netlink_ext_ack *extack, int *err)
{
	const struct nlattr *attr = attrs ? attrs[NATGW_A_ROUTE_SUBNET] : NULL;
	const struct natgw_subnet_conf *conf;
	char name[NATGW_NAME_MAX + 1];
	u32 i;

	*err = attr ? natgw_nl_name(attr, "subnet", name, extack) :
		      natgw_refuse_missing(extack, NATGW_A_ROUTE_SUBNET, "subnet");
	if (*err)
		return NULL;
	conf = natgw_subnet_find(config, name);
	for (i = 0; conf && i < config->n_vnets; i++)
		if (config->views[i].vnet == conf->subnet->vnet)
			return natgw_lookup_subnet(&config->views[i], conf->prefix);
	*err = natgw_refuse(extack, attr, -ENOENT, "subnet %s does not exist", name);
	return NULL;
}

/* Not in start(): before 6.2 a refusal there cannot say why. */
static int dump_begin(struct natgw_net *nn, struct netlink_callback *cb,
		      struct natgw_effective_dump *dump)
{
	struct natgw_config *config = natgw_config_hold(nn);
	const struct natgw_subnet_range *range;
	int err;

	range = asked_for(config, genl_info_dump(cb)->attrs, cb->extack, &err);
	if (range)
		err = natgw_effective_gather(config, range, NULL, &dump->rows);
	cb->seq = config->generation;
	natgw_config_put(config);
	if (err == -ENOMEM)
		natgw_refuse(cb->extack, NULL, err, "no memory for the routes");
	dump->gathered = !err;
	return err;
}

int natgw_nl_effective_dump(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct natgw_net *nn = natgw_pernet(sock_net(skb->sk));
	struct natgw_effective_dump *dump = *dump_ctx(cb);
	const struct natgw_effective_rows *rows = &dump->rows;
	void *msg;
	int err;

	if (dump->gathered) {
		/* the rows are of one snapshot; if it changes, the reader is told */
		rcu_read_lock();
		cb->seq = rcu_dereference(nn->config)->generation;
		rcu_read_unlock();
	} else {
		err = dump_begin(nn, cb, dump);
		if (err)
			return err;
	}
	for (; dump->next < rows->n; dump->next++) {
		msg = genlmsg_put(skb, NETLINK_CB(cb->skb).portid, cb->nlh->nlmsg_seq,
				  &natgw_nl_family, NLM_F_MULTI, NATGW_CMD_ROUTE_EFFECTIVE_GET);
		if (!msg)
			break;
		genl_dump_check_consistent(cb, msg);
		if (natgw_effective_put(skb, rows, &rows->row[dump->next])) {
			genlmsg_cancel(skb, msg);
			break;
		}
		genlmsg_end(skb, msg);
	}
	return skb->len;
}

int natgw_nl_effective_done(struct netlink_callback *cb)
{
	struct natgw_effective_dump *dump = *dump_ctx(cb);

	natgw_effective_free(&dump->rows);
	kfree(dump);
	return 0;
}
