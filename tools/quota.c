// SPDX-License-Identifier: GPL-2.0
/*
 * A flow is refused under the reason quota when its host has all ports or sessions that its
 * gateway lets one host have. With allocation preallocated or floor the key ports-per-host
 * sets that limit; with any allocation the key host-limit sets one.
 */
#include <stdio.h>
#include <string.h>

#include "quota.h"
#include "reason.h"

static bool by_host(const struct quota *q)
{
	return q->allocation != NATGW_ALLOCATION_DYNAMIC;
}

/* Is there a limit that can be named? */
static bool has_limit(const struct quota *q)
{
	return q->gateway[0] && (q->host_limit || by_host(q));
}

/**
 * quota_parse - what an answer says about the quota of a gateway
 * @q:		result
 * @tb:		attributes of the gateway
 */
void quota_parse(struct quota *q, const struct nlattr *const *tb)
{
	const char *name = field_string(tb[NATGW_A_GATEWAY_NAME]);
	const char *owner = field_string(tb[NATGW_A_GATEWAY_OWNER]);

	snprintf(q->gateway, sizeof(q->gateway), "%s", name ? name : "");
	snprintf(q->owner, sizeof(q->owner), "%s", owner ? owner : "");
	q->allocation = field_u32(tb[NATGW_A_GATEWAY_ALLOCATION]);
	q->host_limit = field_u32(tb[NATGW_A_GATEWAY_HOST_LIMIT]);
	q->ports = field_u32(tb[NATGW_A_GATEWAY_PORTS_PER_HOST]);
	q->block = field_u32(tb[NATGW_A_GATEWAY_BLOCK]);
	q->destination_limit = field_u32(tb[NATGW_A_GATEWAY_DESTINATION_LIMIT]);
}

static bool quota_answer(const struct nlmsghdr *nlh, void *data)
{
	const struct nlattr *tb[FIELDS_ATTRS];

	if (!fields_parse(gateway_object.schema, nlh, tb))
		return false;
	quota_parse(data, tb);
	return true;
}

/**
 * quota_load - ask for the quota of a gateway
 * @ctl:	run, its socket open
 * @gateway:	name, or NULL
 * @q:		result; without the gateway's name if it has gone meanwhile
 */
void quota_load(struct ctl *ctl, const char *gateway, struct quota *q)
{
	struct request req;
	struct nl_error e;

	memset(q, 0, sizeof(*q));
	if (!gateway)
		return;
	request_init(&req, NATGW_CMD_GATEWAY_GET);
	request_string(&req, NATGW_A_GATEWAY_NAME, gateway);
	nl_request(&ctl->nl, &req, quota_answer, q, &e);
}

static bool sessions_max_answer(const struct nlmsghdr *nlh, void *data)
{
	field_find_u32(nlh, NATGW_A_STATUS_SESSIONS_MAX, data);
	return true;
}

/**
 * quota_limit - the limit that flows have met, as it is now
 * @ctl:	run, its socket open
 * @reason:	that they were refused for: quota, destination-cap or memory
 * @gateway:	name, or NULL
 *
 * A host that has both a limit of sessions and one of ports is told the former. RFC 8158 has no
 * element for the sessions of a gateway to one destination: its maxSessionEntries is of the device.
 * Return: sessions or ports; 0: not known, or there is none by now.
 */
uint32_t quota_limit(struct ctl *ctl, uint32_t reason, const char *gateway)
{
	struct request req;
	struct nl_error e;
	struct quota q;
	uint32_t max = 0;

	if (reason == NATGW_DROP_MEMORY) {
		request_init(&req, NATGW_CMD_STATUS_GET);
		nl_request(&ctl->nl, &req, sessions_max_answer, &max, &e);
		return max;
	}
	if (reason == NATGW_DROP_DESTINATION_CAP)
		return 0;
	quota_load(ctl, gateway, &q);
	return q.host_limit || !by_host(&q) ? q.host_limit : q.block;
}

/**
 * quota_limits - the keys that say what a host has, with their values
 * @buf:	result
 * @q:		quota
 *
 * Return: NULL where the gateway is not known, or has no limit by now.
 */
const char *quota_limits(char buf[QUOTA_TEXT], const struct quota *q)
{
	size_t n = 0;

	if (!has_limit(q))
		return NULL;
	buf[0] = 0;
	if (q->host_limit)
		n += snprintf(buf + n, QUOTA_TEXT - n, "host-limit %u", q->host_limit);
	if (by_host(q) && q->ports)
		snprintf(buf + n, QUOTA_TEXT - n, "%sports-per-host %u", n ? ", " : "", q->ports);
	else if (by_host(q))
		snprintf(buf + n, QUOTA_TEXT - n, "%sports-per-host auto, now %u", n ? ", " : "",
			 q->block);
	return buf;
}

/**
 * quota_meaning - what happened, told of one gateway
 * @buf:	room for it
 * @q:		quota
 */
const char *quota_meaning(char buf[QUOTA_TEXT], const struct quota *q)
{
	size_t n;

	if (!has_limit(q))
		return reasons[NATGW_DROP_QUOTA].meaning;
	n = snprintf(buf, QUOTA_TEXT, "a new flow of a host that has ");
	if (q->host_limit)
		n += snprintf(buf + n, QUOTA_TEXT - n, "as many sessions as host-limit allows (%u)",
			      q->host_limit);
	if (q->allocation == NATGW_ALLOCATION_PREALLOCATED)
		snprintf(buf + n, QUOTA_TEXT - n,
			 "%sused up its block of %u ports to this destination, or for which no block is left",
			 q->host_limit ? ", or " : "", q->block);
	else if (q->allocation == NATGW_ALLOCATION_FLOOR)
		snprintf(buf + n, QUOTA_TEXT - n,
			 "%sused up its %u ports to this destination and those that all hosts share",
			 q->host_limit ? ", or " : "", q->block);
	return buf;
}

/**
 * quota_command - the command that lets a host have more
 * @buf:	result
 * @q:		quota
 *
 * Return: that of the statistics, where the gateway is not known.
 */
const char *quota_command(char buf[QUOTA_TEXT], const struct quota *q)
{
	size_t n;

	if (!has_limit(q))
		return "natgwctl stats explain quota";
	if (q->owner[0])
		n = snprintf(buf, QUOTA_TEXT, "natgwctl cluster set %s", q->owner);
	else
		n = snprintf(buf, QUOTA_TEXT, "natgwctl gateway set %s", q->gateway);
	if (q->host_limit && !q->owner[0])
		n += snprintf(buf + n, QUOTA_TEXT - n, " host-limit N");
	if (by_host(q))
		snprintf(buf + n, QUOTA_TEXT - n, " ports-per-host N");
	return buf;
}

/**
 * quota_action - what to do, told of one gateway
 * @buf:	room for it
 * @q:		quota
 */
const char *quota_action(char buf[QUOTA_TEXT], const struct quota *q)
{
	char command[QUOTA_TEXT];
	size_t n;

	if (!has_limit(q))
		return reasons[NATGW_DROP_QUOTA].action;
	n = snprintf(buf, QUOTA_TEXT,
		     "find the host: natgwctl ports show by host gateway %s; let it reuse connections, or give each host more: %s",
		     q->gateway, quota_command(command, q));
	if (by_host(q) && q->owner[0])
		snprintf(buf + n, QUOTA_TEXT - n,
			 "; for more hosts attach addresses: natgwctl cluster set %s managed-outbound-ip-count N, or where they are your own outbound-ips IP,... with all that are to stay",
			 q->owner);
	else if (by_host(q))
		snprintf(buf + n, QUOTA_TEXT - n,
			 "; for more hosts attach addresses: natgwctl gateway set %s address IP",
			 q->gateway);
	return buf;
}
