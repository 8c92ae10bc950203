// SPDX-License-Identifier: GPL-2.0
/*
 * Owns the comparison of the gauges with the table. Called by check_nl.c.
 *
 * The gauges are kept one by one, by who makes and ends sessions. Here they are
 * compared with the sessions themselves, and each bit of the port maps with its
 * session. Nobody is stopped for it: packets and changes of the configuration that
 * come meanwhile make gauges differ, so what differs is looked at again before it is
 * told. Each look holds the snapshot that runs when it begins.
 */
#include <linux/bitops.h>
#include <linux/in.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/natgw.h>
#include <linux/percpu.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/xarray.h>
#include "datapath/direct.h"
#include "lib/extack.h"
#include "lib/prefix.h"
#include "lib/walk.h"
#include "netlink/check.h"
#include "netlink/check_pass.h"
#include "session/destination.h"
#include "session/host.h"
#include "session/seat.h"
#include "session/session.h"
#include "session/table.h"
#include "snapshot/config.h"
#include "snapshot/counters.h"
#include "snapshot/net.h"
#include "snapshot/object.h"
#include "snapshot/tables.h"

#define ROWS_MAX	16384U	/* of one answer */
#define PASSES		3	/* until nothing differs */
#define PASSES_MOST	16	/* those while the configuration changed included */

static int rows_room(struct natgw_pass *pass)
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

int natgw_check_add_row(struct natgw_pass *pass, const char *gauge, u64 counted, u64 found,
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

/*
 * Gateways, addresses, subnets and destinations each take more than 32 bytes,
 * so no two of them have the same number. The lowest bit is for a second number:
 * of a destination's sessions that cool, of a subnet's direct records.
 */
static unsigned long object_index(const void *object, bool second)
{
	return (unsigned long)object / 32 * 2 + second;
}

static int know(struct natgw_pass *pass, const void *object)
{
	return xa_err(xa_store(&pass->known, object_index(object, false), xa_mk_value(1),
			       GFP_KERNEL_ACCOUNT));
}

static int know_objects(struct natgw_pass *pass)
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

static bool is_known(struct natgw_pass *pass, const void *object)
{
	return xa_load(&pass->known, object_index(object, false));
}

u64 natgw_found(struct natgw_pass *pass, const void *object, bool second)
{
	void *number = xa_load(&pass->found, object_index(object, second));

	return number ? xa_to_value(number) : 0;
}

static int found_add(struct natgw_pass *pass, const void *object, bool second)
{
	return xa_err(xa_store(&pass->found, object_index(object, second),
			       xa_mk_value(natgw_found(pass, object, second) + 1),
			       GFP_KERNEL_ACCOUNT));
}

static void sessions_each(struct natgw_node *node, void *data)
{
	const struct natgw_session *session = natgw_session_of_node(node);
	struct natgw_pass *pass = data;
	struct natgw_seen *seen = &pass->seen[pass->n_seen++];
	/* first: what its maker writes until then is seen only behind it */
	const bool ready = natgw_session_ready(session);

	*seen = (struct natgw_seen) {
		.gw = session->gw,
		.address = session->address,
		.subnet = session->subnet,
		.destination = session->destination,
		.ready = ready,
		.cooling = test_bit(NATGW_SESSION_COOLING, &session->flags),
	};
	pass->sessions++;
	if (seen->ready && (!is_known(pass, seen->gw) || !is_known(pass, seen->address) ||
			    !is_known(pass, seen->subnet)))
		pass->orphans++;
}

static int sessions_pause(void *data)
{
	struct natgw_pass *pass = data;
	const struct natgw_seen *seen;
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
	.each = sessions_each,
	.pause = sessions_pause,
};

static void directs_each(struct natgw_node *node, void *data)
{
	const struct natgw_direct *direct = natgw_direct_of_node(node);
	struct natgw_pass *pass = data;

	pass->seen[pass->n_seen++] = (struct natgw_seen) { .subnet = direct->subnet };
	pass->directs++;
	if (!is_known(pass, direct->subnet))
		pass->orphans++;
}

static int directs_pause(void *data)
{
	struct natgw_pass *pass = data;
	int err;

	for (; pass->n_seen; pass->n_seen--) {
		err = found_add(pass, pass->seen[pass->n_seen - 1].subnet, true);
		if (err)
			return err;
	}
	return 0;
}

static const struct natgw_walk directs = {
	.each = directs_each,
	.pause = directs_pause,
};

/* Hosts that hold a seat, counted where the gateway's cooling sessions would be */
static void hosts_each(struct natgw_node *node, void *data)
{
	struct natgw_host_info info;
	struct natgw_pass *pass = data;

	if (natgw_host_look(node, &info) && info.seat != NATGW_NO_SEAT)
		pass->seen[pass->n_seen++].gw = info.gw;
}

static int hosts_pause(void *data)
{
	struct natgw_pass *pass = data;
	int err;

	for (; pass->n_seen; pass->n_seen--) {
		err = found_add(pass, pass->seen[pass->n_seen - 1].gw, true);
		if (err)
			return err;
	}
	return 0;
}

static const struct natgw_walk hosts = {
	.each = hosts_each,
	.pause = hosts_pause,
};

static int compare_objects(struct natgw_pass *pass)
{
	const struct natgw_config *config = pass->config;
	u32 i, by_proto[NATGW_L4_ROWS];
	char str[NATGW_PREFIX_STR];
	int err = 0;

	for (i = 0; !err && i < config->n_gateways; i++) {
		const struct natgw_gateway *gw = config->gateways[i]->gw;

		err = compare(pass, "sessions", natgw_counters_gateway(gw->counters, by_proto),
			      natgw_found(pass, gw, false), "gateway %s", gw->name) ?:
		      compare(pass, "hosts", READ_ONCE(gw->seats.known),
			      natgw_found(pass, gw, true), "gateway %s", gw->name);
	}
	for (i = 0; !err && i < config->n_addresses; i++) {
		const struct natgw_address *address = config->addresses[i]->address;

		err = compare(pass, "sessions", natgw_counters_sessions(address->counters),
			      natgw_found(pass, address, false), "address %s",
			      natgw_prefix_str(str, natgw_address_prefix(address)));
	}
	for (i = 0; !err && i < config->n_subnets; i++) {
		const struct natgw_subnet *subnet = config->subnets[i]->subnet;

		err = compare(pass, "sessions", natgw_counters_sessions(subnet->counters),
			      natgw_found(pass, subnet, false), "subnet %s", subnet->name) ?:
		      compare(pass, "direct", READ_ONCE(subnet->directs),
			      natgw_found(pass, subnet, true), "subnet %s", subnet->name);
	}
	return err;
}

static void destinations_each(struct natgw_node *node, void *data)
{
	struct natgw_destination *destination = natgw_destination_of_node(node);
	struct natgw_pass *pass = data;

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
	struct natgw_pass *pass = data;
	int err;

	for (; pass->n_keys; pass->n_keys--) {
		err = natgw_check_destination(pass, &pass->keys[pass->n_keys - 1]);
		if (err)
			return err;
	}
	return 0;
}

static const struct natgw_walk destinations = {
	.each = destinations_each,
	.pause = destinations_pause,
};

/* Return: 0, or a negative errno. The first row is of the table, the rest differ. */
static int one_pass(struct natgw_pass *pass)
{
	struct natgw_table *table = &pass->nn->table;
	u64 counted;
	int err;

	xa_destroy(&pass->found);
	pass->sessions = 0;
	pass->directs = 0;
	pass->orphans = 0;
	pass->used = 0;
	err = natgw_walk_table(&table->outer, &sessions, pass) ?:
	      natgw_walk_table(&pass->nn->directs.table, &directs, pass);
	if (err)
		return err;
	counted = natgw_session_count(table);
	err = natgw_walk_table(&table->hosts, &hosts, pass);
	if (err)
		return err;
	pass->check->n = 0;
	err = natgw_check_add_row(pass, "sessions", counted, pass->sessions, "table") ?:
	      compare(pass, "direct", natgw_direct_count(&pass->nn->directs), pass->directs,
		      "table") ?:
	      compare_objects(pass);
	if (err)
		return err;
	err = natgw_walk_table(&table->destinations, &destinations, pass);
	if (err)
		return err;
	return compare(pass, "used", pass->used, pass->sessions, "table") ?:
	       compare(pass, "orphans", 0, pass->orphans, "table");
}

static bool differs(const struct natgw_check *check)
{
	return check->n > 1 || check->rows[0].counted != check->rows[0].found;
}

/* A change that is on its way may be ending sessions of what is gone: let it come to its end. */
static void let_change_end(struct natgw_net *nn)
{
	mutex_lock(&nn->lock);
	mutex_unlock(&nn->lock);
}

/* A look at all. Return: 0, 1 when the configuration has changed meanwhile, or an errno */
static int look(struct natgw_pass *pass)
{
	struct natgw_config *config = natgw_config_hold(pass->nn);
	int err;

	pass->config = config;
	err = know_objects(pass) ?: one_pass(pass);
	if (!err && rcu_access_pointer(pass->nn->config) != config)
		err = 1;
	xa_destroy(&pass->known);
	natgw_config_put(config);
	pass->config = NULL;
	return err;
}

int natgw_check_run(struct natgw_net *nn, struct natgw_check *check,
		    struct netlink_ext_ack *extack)
{
	struct natgw_pass pass = {
		.nn = nn,
		.check = check,
		.extack = extack,
	};
	unsigned int passes = 0, steady = 0;
	int err = -ENOMEM;

	/* there is no table before the first object */
	if (!natgw_net_has_table(nn))
		return natgw_check_add_row(&pass, "sessions", 0, 0, "table");
	xa_init(&pass.known);
	xa_init(&pass.found);
	pass.seen = kvmalloc_array(NATGW_WALK_BATCH, sizeof(*pass.seen), GFP_KERNEL_ACCOUNT);
	pass.keys = kvmalloc_array(NATGW_WALK_BATCH, sizeof(*pass.keys), GFP_KERNEL_ACCOUNT);
	if (!pass.seen || !pass.keys)
		goto out;
	do {
		if (passes)
			let_change_end(nn);
		err = look(&pass);
		steady += !err;
	} while (err >= 0 && differs(check) && steady < PASSES && ++passes < PASSES_MOST);
	err = min(err, 0);
out:
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
