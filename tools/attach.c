// SPDX-License-Identifier: GPL-2.0
/*
 * "gateway add gw1 address IP": the gateway and its addresses, made if they do not exist,
 * as one transaction. To learn whether an address exists, the tool tries to make it: the
 * kernel's answer to NEW counts what the transaction, or the batch, has staged so far. Its
 * answer to GET does not.
 */
#include <errno.h>

#include <linux/genetlink.h>

#include "attach.h"
#include "batch.h"
#include "item.h"
#include "onlink.h"

/** ATTACH_TRIES - how often a transaction is begun anew when the configuration changed */
#define ATTACH_TRIES	10

static void address_request(struct request *req, uint8_t cmd, const char *text,
			    const char *gateway)
{
	struct parse_error e;

	request_init(req, cmd);
	field_put(req, address_object.schema,
		  field_by_attr(address_object.schema, NATGW_A_ADDRESS_ADDRESS), text, &e);
	request_string(req, NATGW_A_ADDRESS_GATEWAY, gateway);
}

/* Make an address, or take one that exists. @move: from another gateway too */
static int attach_one(struct ctl *ctl, const char *text, const char *gateway, bool move)
{
	struct request made, taken;
	struct nl_error e, why;

	if (ctl->items)
		return items_attach(ctl, text, gateway, move);
	address_request(&made, NATGW_CMD_ADDRESS_NEW, text, gateway);
	if (!nl_request(&ctl->nl, &made, NULL, NULL, &why)) {
		warn_kernel(ctl, &why);
		return 0;
	}
	if (why.err != EEXIST)
		return kernel_error(ctl, &address_object, &made, &why);
	address_request(&taken, NATGW_CMD_ADDRESS_SET, text, gateway);
	if (!move)
		request_u32(&taken, NATGW_A_ADDRESS_MOVE, NATGW_SWITCH_OFF);
	if (!nl_request(&ctl->nl, &taken, NULL, NULL, &e)) {
		warn_kernel(ctl, &e);
		return 0;
	}
	/* Another address that overlaps it exists, and the first answer says which */
	if (e.err == ENOENT && e.attr == NATGW_A_ADDRESS_ADDRESS)
		return kernel_error(ctl, &address_object, &made, &why);
	return kernel_error(ctl, &address_object, &taken, &e);
}

/*
 * Sends the gateway itself, unless no key of it is given, and the addresses. Making a gateway
 * takes no address from another gateway, because that would end the address's sessions.
 */
static int attach_send(struct ctl *ctl, struct request *gateway, const char *name,
		       const struct extra *addresses)
{
	const struct genlmsghdr *genl = mnl_nlmsg_get_payload(gateway->nlh);
	bool make = genl->cmd == NATGW_CMD_GATEWAY_NEW;
	unsigned int i;
	int ret = 0;

	/* The name alone is no change */
	if (make || gateway->n_args > 1)
		ret = object_send(ctl, &gateway_object, gateway);
	for (i = 0; !ret && i < addresses->n; i++)
		ret = attach_one(ctl, addresses->values[i], name, !make);
	return ret;
}

static int attach_check(const struct ctl *ctl, const struct extra *addresses)
{
	struct parse_error e;
	struct inet in;
	unsigned int i;

	for (i = 0; i < addresses->n; i++)
		if (!parse_prefix(addresses->values[i], &in, &e))
			return usage_error(ctl, "address", "address %s: %s", addresses->values[i],
					   e.text);
	return 0;
}

/**
 * attach_run - make or change a gateway and attach addresses to it
 * @ctl:	run
 * @gateway:	request of the gateway
 * @name:	its name
 * @addresses:	as they were typed
 *
 * Return: 0, or the exit status.
 */
int attach_run(struct ctl *ctl, struct request *gateway, const char *name,
	       const struct extra *addresses)
{
	struct nl_error e;
	unsigned int i;
	int ret, tries;

	ret = attach_check(ctl, addresses);
	if (!ret && !ctl->items)
		ret = ctl_open(ctl);
	if (ret)
		return ret;
	if (ctl->batch) {
		ctl->batch->addresses = true;
		return attach_send(ctl, gateway, name, addresses);
	}

	for (tries = 0; tries < ATTACH_TRIES; tries++) {
		if (transaction_begin(ctl, NULL, &e))
			break;
		ret = attach_send(ctl, gateway, name, addresses);
		if (ret) {
			transaction_abort(ctl);
			return ret;
		}
		if (!transaction_commit(ctl, &e)) {
			warn_kernel(ctl, &e);
			for (i = 0; i < addresses->n; i++)
				onlink_warn(ctl, addresses->values[i]);
			return 0;
		}
		if (e.err != ESTALE)
			break;
	}
	return kernel_error(ctl, NULL, NULL, &e);
}
