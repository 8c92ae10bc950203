// SPDX-License-Identifier: GPL-2.0
/*
 * The gauges are kept one by one, by who makes and ends sessions. Here they are
 * compared with the sessions themselves, and each bit of the port maps with its
 * session. Nobody is stopped for it: packets that come meanwhile make gauges
 * differ, so what differs is looked at again before it is told.
 */
#include <linux/bitops.h>
#include <linux/in.h>
#include <linux/mm.h>
#include <linux/natgw.h>
#include <linux/percpu.h>
#include <linux/rhashtable.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/xarray.h>
#include "datapath/direct.h"
#include "lib/extack.h"
#include "lib/portmap.h"
#include "lib/prefix.h"
#include "lib/walk.h"
#include "netlink/check.h"
#include "session/destination.h"
#include "session/host.h"
#include "session/seat.h"
#include "session/session.h"
#include "snapshot/config.h"
#include "snapshot/counters.h"
#include "snapshot/lookup.h"
#include "snapshot/net.h"
#include "snapshot/object.h"
#include "snapshot/table.h"
#include "snapshot/tuple.h"
#include "snapshot/view.h"

#define ROWS_MAX	16384U	/* of one answer */
#define PASSES		3	/* until nothing differs */

/** struct seen - of a session, for after the RCU read side; never dereferenced */
struct seen {
	const void *gw;
	const void *address;
	const void *subnet;
	const void *destination;
	bool ready;
	bool cooling;
};

/**
 * struct pass - one comparison
 * @nn: namespace
 * @config: running snapshot
 * @check: where rows go
 * @extack: says why not
 * @known: gateways, addresses and subnets of @config by object_index(); what
 *	refers to others is not followed
 * @found: sessions by object_index()
 * @seen: sessions that are not in @found yet
 * @keys: destinations that have not been looked at
 * @n_seen: number of @seen
 * @n_keys: number of @keys
 * @mark: rows before those of destinations
 * @sessions: found
 * @directs: direct records found
 * @orphans: sessions and destinations that refer to what is not in @known
 * @used: sum over the destinations
 */
struct pass {
	struct natgw_net *nn;
	const struct natgw_config *config;
	struct natgw_check *check;
	struct netlink_ext_ack *extack;
	struct xarray known;
	struct xarray found;
	struct seen *seen;
	struct natgw_destination_key *keys;
	u32 n_seen;
	u32 n_keys;
	u32 mark;
	u64 sessions;
	u64 directs;
	u64 orphans;
	u64 used;
};

static int rows_room(struct pass *pass)
{
	struct natgw_check *check = pass->check;
	u32 max = max(check->max * 2, 64U);
	struct natgw_check_row *rows;

	if (check->n < check->max)
		return 0;
	if (check->n >= ROWS_MAX)
		return natgw_refuse(pass->extack, NULL, -EOVERFLOW, "more than %u gauges differ",
				    check->n);
	rows = kvmalloc_array(max, sizeof(*rows), GFP_KERNEL_ACCOUNT | __GFP_NOWARN);
	if (!rows)
		return -ENOMEM;
	if (check->n)
		memcpy(rows, check->rows, check->n * sizeof(*rows));
	kvfree(check->rows);
	check->rows = rows;
	check->max = max;
	return 0;
}

__printf(5, 6)
static int add_row(struct pass *pass, const char *gauge, u64 counted, u64 found,
		   const char *object, ...)
{
	struct natgw_check_row *row;
	va_list args;
	int err;

	err = rows_room(pass);
	if (err)
		return err;
	row = &pass->check->rows[pass->check->n++];
	memset(row, 0, sizeof(*row));
	va_start(args, object);
	vsnprintf(row->object, sizeof(row->object), object, args);
	va_end(args);
	row->gauge = gauge;
	row->counted = counted;
	row->found = found;
	return 0;
}

#define compare(_pass, _gauge, _counted, _found, ...) ({				\
	u64 __counted = (_counted), __found = (_found);					\
											\
	__counted == __found ? 0 :							\
	add_row(_pass, _gauge, __counted, __found, __VA_ARGS__);			\
})

/*
 * Gateways, addresses, subnets and destinations each take more than 32 bytes,
 * so no two of them have the same number. The lowest bit is for a second number:
 * of a destination's sessions that cool, of a subnet's direct records.
 */
static unsigned long object_index(const void *object, bool second)
{
	return (unsigned long)object / 32 * 2 + second;
}

static int know(struct pass *pass, const void *object)
{
	return xa_err(xa_store(&pass->known, object_index(object, false), xa_mk_value(1),
			       GFP_KERNEL_ACCOUNT));
}

static int know_objects(struct pass *pass)
{
	const struct natgw_config *config = pass->config;
	int err = 0;
	u32 i;

	for (i = 0; !err && i < config->n_gateways; i++)
		err = know(pass, config->gateways[i]->gw);
	for (i = 0; !err && i < config->n_addresses; i++)
		err = know(pass, config->addresses[i]->address);
	for (i = 0; !err && i < config->n_subnets; i++)
		err = know(pass, config->subnets[i]->subnet);
	return err;
}

static bool is_known(struct pass *pass, const void *object)
{
	return xa_load(&pass->known, object_index(object, false));
}

static u64 found_of(struct pass *pass, const void *object, bool second)
{
	void *number = xa_load(&pass->found, object_index(object, second));

	return number ? xa_to_value(number) : 0;
}

static int found_add(struct pass *pass, const void *object, bool second)
{
	return xa_err(xa_store(&pass->found, object_index(object, second),
			       xa_mk_value(found_of(pass, object, second) + 1),
			       GFP_KERNEL_ACCOUNT));
}

static void sessions_restart(void *data)
{
	struct pass *pass = data;

	xa_destroy(&pass->found);
	pass->n_seen = 0;
	pass->sessions = 0;
	pass->orphans = 0;
}

static void sessions_each(void *entry, void *data)
{
	const struct natgw_session *session = entry;
	struct pass *pass = data;
	struct seen *seen = &pass->seen[pass->n_seen++];

	*seen = (struct seen) {
		.gw = session->gw,
		.address = session->address,
		.subnet = session->subnet,
		.destination = session->destination,
		.ready = test_bit(NATGW_SESSION_READY, &session->flags),
		.cooling = test_bit(NATGW_SESSION_COOLING, &session->flags),
	};
	pass->sessions++;
	if (seen->ready && (!is_known(pass, seen->gw) || !is_known(pass, seen->address) ||
			    !is_known(pass, seen->subnet)))
		pass->orphans++;
}

static int sessions_pause(void *data)
{
	struct pass *pass = data;
	const struct seen *seen;
	int err;

	for (; pass->n_seen; pass->n_seen--) {
		seen = &pass->seen[pass->n_seen - 1];
		err = found_add(pass, seen->destination, false);
		if (!err && seen->cooling)
			err = found_add(pass, seen->destination, true);
		/* the rest is counted when its maker is done with it */
		if (!err && seen->ready)
			err = found_add(pass, seen->gw, false) ?:
			      found_add(pass, seen->address, false) ?:
			      found_add(pass, seen->subnet, false);
		if (err)
			return err;
	}
	return 0;
}

static const struct natgw_walk sessions = {
	.restart = sessions_restart,
	.each = sessions_each,
	.pause = sessions_pause,
};

static void directs_restart(void *data)
{
	struct pass *pass = data;
	u32 i;

	for (i = 0; i < pass->config->n_subnets; i++)
		xa_erase(&pass->found, object_index(pass->config->subnets[i]->subnet, true));
	pass->n_seen = 0;
	pass->directs = 0;
}

static void directs_each(void *entry, void *data)
{
	const struct natgw_direct *direct = entry;
	struct pass *pass = data;

	pass->seen[pass->n_seen++] = (struct seen) { .subnet = direct->subnet };
	pass->directs++;
	if (!is_known(pass, direct->subnet))
		pass->orphans++;
}

static int directs_pause(void *data)
{
	struct pass *pass = data;
	int err;

	for (; pass->n_seen; pass->n_seen--) {
		err = found_add(pass, pass->seen[pass->n_seen - 1].subnet, true);
		if (err)
			return err;
	}
	return 0;
}

static const struct natgw_walk directs = {
	.restart = directs_restart,
	.each = directs_each,
	.pause = directs_pause,
};

/* Hosts that hold a seat, counted where the gateway's cooling sessions would be */
static void hosts_each(void *entry, void *data)
{
	struct natgw_host_info info;
	struct pass *pass = data;

	if (natgw_host_look(entry, &info) && info.seat != NATGW_NO_SEAT)
		pass->seen[pass->n_seen++].gw = info.gw;
}

static void hosts_restart(void *data)
{
	struct pass *pass = data;
	u32 i;

	for (i = 0; i < pass->config->n_gateways; i++)
		xa_erase(&pass->found, object_index(pass->config->gateways[i]->gw, true));
	pass->n_seen = 0;
}

static int hosts_pause(void *data)
{
	struct pass *pass = data;
	int err;

	for (; pass->n_seen; pass->n_seen--) {
		err = found_add(pass, pass->seen[pass->n_seen - 1].gw, true);
		if (err)
			return err;
	}
	return 0;
}

static const struct natgw_walk hosts = {
	.restart = hosts_restart,
	.each = hosts_each,
	.pause = hosts_pause,
};

static u64 gateway_sessions(const struct natgw_gateway *gw)
{
	u64 n = 0;
	int cpu;

	for_each_possible_cpu(cpu) {
		const struct natgw_gateway_counters *counters = per_cpu_ptr(gw->counters, cpu);

		n += READ_ONCE(counters->opened) - READ_ONCE(counters->ended);
	}
	return n;
}

static int compare_objects(struct pass *pass)
{
	const struct natgw_config *config = pass->config;
	char str[NATGW_PREFIX_STR];
	int err = 0;
	u32 i;

	for (i = 0; !err && i < config->n_gateways; i++) {
		const struct natgw_gateway *gw = config->gateways[i]->gw;

		err = compare(pass, "sessions", gateway_sessions(gw), found_of(pass, gw, false),
			      "gateway %s", gw->name) ?:
		      compare(pass, "hosts", READ_ONCE(gw->seats.known), found_of(pass, gw, true),
			      "gateway %s", gw->name);
	}
	for (i = 0; !err && i < config->n_addresses; i++) {
		const struct natgw_address *address = config->addresses[i]->address;

		err = compare(pass, "sessions", natgw_counters_sessions(address->counters),
			      found_of(pass, address, false), "address %s",
			      natgw_prefix_str(str, natgw_address_prefix(address)));
	}
	for (i = 0; !err && i < config->n_subnets; i++) {
		const struct natgw_subnet *subnet = config->subnets[i]->subnet;

		err = compare(pass, "sessions", natgw_counters_sessions(subnet->counters),
			      found_of(pass, subnet, false), "subnet %s", subnet->name) ?:
		      compare(pass, "direct", READ_ONCE(subnet->directs),
			      found_of(pass, subnet, true), "subnet %s", subnet->name);
	}
	return err;
}

static const char *proto_word(u8 proto)
{
	return proto == IPPROTO_TCP ? "tcp" : proto == IPPROTO_UDP ? "udp" : "icmp";
}

/* RCU. Return: may be dead, or NULL */
static struct natgw_destination *find_destination(const struct pass *pass,
						  const struct natgw_destination_key *key)
{
	const struct natgw_tuple tuple = {
		.peer = key->peer,
		.peer_port = key->peer_port,
		.proto = key->proto,
	};

	return natgw_destination_find(&pass->nn->table, key->gw, &tuple);
}

/* Bits of a word of a map that are there for a reason; RCU, under its destination's lock */
static u32 word_held(const struct pass *pass, const struct natgw_destination *destination,
		     const struct natgw_public *public, const struct natgw_portmap *map, u32 word)
{
	const struct natgw_portmap *reserved = rcu_dereference(public->address->reserved);
	u64 left = map->word[word], bit;
	struct natgw_session *holder;
	__be16 port;
	u32 held = 0;

	if (reserved) {
		held = hweight64(left & reserved->word[word]);
		left &= ~reserved->word[word];
	}
	for (; left; left ^= bit) {
		bit = left & -left;
		port = htons(NATGW_PORT_MIN + word * 64 + __ffs64(left));
		holder = natgw_session_outer_holder(&pass->nn->table, destination,
						    htonl(public->addr), port);
		held += holder && holder->destination == destination;
	}
	return held;
}

/**
 * struct map_count - of one map
 * @taken: ports that it counts as taken
 * @held: ports with their bit set and a session or a reservation
 * @free: ports that it counts as free
 * @free_sum: the same, added up by group
 * @addr: public IP
 */
struct map_count {
	u32 taken;
	u32 held;
	u32 free;
	u32 free_sum;
	__be32 addr;
};

/* RCU, under the destination's lock */
static void count_map(const struct pass *pass, const struct natgw_destination *destination,
		      const struct natgw_public *public, const struct natgw_portmap *map,
		      u32 group, struct map_count *count)
{
	u32 i;

	count->addr = htonl(public->addr);
	count->taken += NATGW_PORTMAP_WORDS * 64 - map->free[group];
	for (i = 0; i < NATGW_PORTMAP_WORDS; i++)
		count->held += word_held(pass, destination, public, map,
					 group * NATGW_PORTMAP_WORDS + i);
	count->free = natgw_portmap_free(map);
	count->free_sum = 0;
	for (i = 0; i < NATGW_PORTMAP_GROUPS; i++)
		count->free_sum += map->free[i];
}

/* Return: there is such a map. */
static bool count_group(const struct pass *pass, const struct natgw_destination_key *key,
			u32 slot, u32 group, struct map_count *count)
{
	const struct natgw_public *public;
	struct natgw_destination *destination;
	const struct natgw_portmap *map;
	bool there = false;

	rcu_read_lock();
	public = natgw_lookup_public(pass->config, key->gw->slot[slot]);
	destination = find_destination(pass, key);
	if (public && destination) {
		spin_lock_bh(&destination->lock);
		/* one that has died has no maps */
		map = destination->warm ? destination->warm->slot[slot].map : NULL;
		there = map;
		if (map)
			count_map(pass, destination, public, map, group, count);
		spin_unlock_bh(&destination->lock);
	}
	rcu_read_unlock();
	return there;
}

/* Group by group, so that no packet waits long for the destination's lock */
static int compare_map(struct pass *pass, const struct natgw_destination_key *key, u32 slot)
{
	struct map_count count = {};
	u32 group;
	int err;

	for (group = 0; group < NATGW_PORTMAP_GROUPS; group++) {
		if (!count_group(pass, key, slot, group, &count))
			return 0;
		cond_resched();
	}
	err = compare(pass, "ports", count.taken, count.held, "destination %s %pI4:%u at %pI4",
		      proto_word(key->proto), &key->peer, ntohs(key->peer_port), &count.addr);
	if (err)
		return err;
	return compare(pass, "free", count.free, count.free_sum, "destination %s %pI4:%u at %pI4",
		       proto_word(key->proto), &key->peer, ntohs(key->peer_port), &count.addr);
}

/**
 * struct destination_count - what a destination says of itself
 * @at: its address
 * @used: sessions
 * @cooling: sessions that cool
 * @slots: sum of @used by public IP
 * @slots_over: public IPs with more sessions that cool than sessions
 * @maps: public IPs that have a map
 */
struct destination_count {
	const void *at;
	u32 used;
	u32 cooling;
	u32 slots;
	u32 slots_over;
	u32 maps;
};

/* under its lock */
static void count_slots(const struct natgw_destination *destination,
			struct destination_count *count)
{
	const struct natgw_slot *slot;
	u32 i;

	BUILD_BUG_ON(NATGW_SLOTS > 32);
	count->at = destination;
	count->used = destination->used;
	count->cooling = destination->cooling;
	for (i = 0; i < NATGW_SLOTS; i++) {
		count->slots += natgw_destination_used(destination, i);
		if (!destination->warm)
			continue;
		slot = &destination->warm->slot[i];
		count->slots_over += slot->cooling > slot->used;
		count->maps |= slot->map ? BIT(i) : 0;
	}
}

/* Return: there is such a destination. */
static bool count_destination(const struct pass *pass, const struct natgw_destination_key *key,
			      struct destination_count *count)
{
	struct natgw_destination *destination;

	memset(count, 0, sizeof(*count));
	rcu_read_lock();
	destination = find_destination(pass, key);
	if (destination) {
		spin_lock_bh(&destination->lock);
		if (!destination->dead)
			count_slots(destination, count);
		spin_unlock_bh(&destination->lock);
	}
	rcu_read_unlock();
	return count->at;
}

static int compare_destination(struct pass *pass, const struct natgw_destination_key *key)
{
	struct destination_count count;
	char name[NATGW_CHECK_OBJECT];
	u32 maps;
	int err;

	if (!count_destination(pass, key, &count))
		return 0;
	pass->used += count.used;
	snprintf(name, sizeof(name), "destination %s %pI4:%u of gateway %s",
		 proto_word(key->proto), &key->peer, ntohs(key->peer_port), key->gw->name);
	err = compare(pass, "used", count.used, found_of(pass, count.at, false), "%s", name) ?:
	      compare(pass, "slots", count.slots, count.used, "%s", name) ?:
	      compare(pass, "cooling", count.cooling, found_of(pass, count.at, true), "%s", name) ?:
	      compare(pass, "slots-cooling", count.slots_over, 0, "%s", name);
	for (maps = count.maps; !err && maps; maps &= maps - 1)
		err = compare_map(pass, key, __ffs(maps));
	return err;
}

static void destinations_restart(void *data)
{
	struct pass *pass = data;

	pass->check->n = pass->mark;
	pass->n_keys = 0;
	pass->used = 0;
}

static void destinations_each(void *entry, void *data)
{
	struct natgw_destination *destination = entry;
	struct pass *pass = data;

	spin_lock_bh(&destination->lock);
	if (destination->dead) {
		/* nothing to compare */
	} else if (!is_known(pass, destination->gw)) {
		pass->orphans++;
	} else {
		pass->keys[pass->n_keys++] = (struct natgw_destination_key) {
			.gw = destination->gw,
			.peer = destination->peer,
			.peer_port = destination->peer_port,
			.proto = destination->proto,
		};
	}
	spin_unlock_bh(&destination->lock);
}

static int destinations_pause(void *data)
{
	struct pass *pass = data;
	int err;

	for (; pass->n_keys; pass->n_keys--) {
		err = compare_destination(pass, &pass->keys[pass->n_keys - 1]);
		if (err)
			return err;
	}
	return 0;
}

static const struct natgw_walk destinations = {
	.restart = destinations_restart,
	.each = destinations_each,
	.pause = destinations_pause,
};

/* Return: 0, or a negative errno. The first row is of the table, the rest differ. */
static int one_pass(struct pass *pass)
{
	struct natgw_table *table = &pass->nn->table;
	u64 counted;
	int err;

	err = natgw_walk(&table->outer, &sessions, pass) ?:
	      natgw_walk(&pass->nn->directs.table, &directs, pass);
	if (err)
		return err;
	counted = natgw_session_count(table);
	err = natgw_walk(&table->hosts, &hosts, pass);
	if (err)
		return err;
	pass->check->n = 0;
	err = add_row(pass, "sessions", counted, pass->sessions, "table") ?:
	      compare(pass, "direct", natgw_direct_count(&pass->nn->directs), pass->directs,
		      "table") ?:
	      compare_objects(pass);
	if (err)
		return err;
	pass->mark = pass->check->n;
	err = natgw_walk(&table->destinations, &destinations, pass);
	if (err)
		return err;
	return compare(pass, "used", pass->used, pass->sessions, "table") ?:
	       compare(pass, "orphans", 0, pass->orphans, "table");
}

static bool differs(const struct natgw_check *check)
{
	return check->n > 1 || check->rows[0].counted != check->rows[0].found;
}

int natgw_check_run(struct natgw_net *nn, const struct natgw_config *config,
		    struct natgw_check *check, struct netlink_ext_ack *extack)
{
	struct pass pass = {
		.nn = nn,
		.config = config,
		.check = check,
		.extack = extack,
	};
	unsigned int passes = 0;
	int err;

	lockdep_assert_held(&nn->lock);
	/* there is no table before the first object */
	if (!nn->active)
		return add_row(&pass, "sessions", 0, 0, "table");
	xa_init(&pass.known);
	xa_init(&pass.found);
	pass.seen = kvmalloc_array(NATGW_WALK_BATCH, sizeof(*pass.seen), GFP_KERNEL_ACCOUNT);
	pass.keys = kvmalloc_array(NATGW_WALK_BATCH, sizeof(*pass.keys), GFP_KERNEL_ACCOUNT);
	err = pass.seen && pass.keys ? know_objects(&pass) : -ENOMEM;
	while (!err && passes++ < PASSES) {
		err = one_pass(&pass);
		if (!err && !differs(check))
			break;
	}
	xa_destroy(&pass.known);
	xa_destroy(&pass.found);
	kvfree(pass.keys);
	kvfree(pass.seen);
	return err;
}

void natgw_check_free(struct natgw_check *check)
{
	kvfree(check->rows);
	memset(check, 0, sizeof(*check));
}
