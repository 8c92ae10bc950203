// SPDX-License-Identifier: GPL-2.0
/*
 * The metrics of Azure NAT gateway, by Azure's names, as far as the kernel counts them: sums
 * since the object was made, where Azure gives sums of an interval.
 *
 *	ByteCount, PacketCount		both directions
 *	PacketDropCount
 *	SNATConnectionCount		Attempted and Failed; a flow that failed has no
 *					address, so addresses have the former alone
 *	TotalConnectionCount		connections now; those that only cool down
 *					are none, so it comes from the ports in use
 *
 * There is no DatapathAvailability: nothing is probed.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "counters.h"

/**
 * struct pool - live sessions of one public IP
 * @gateway:	name
 * @addr:	host byte order
 * @live:	their number
 */
struct pool {
	char gateway[NATGW_NAME_MAX + 1];
	uint32_t addr;
	uint32_t live;
};

/**
 * struct pools - all public IPs
 * @list:	pools
 * @n:		their number
 * @known:	they were asked for, and told
 */
static struct pools {
	struct pool *list;
	size_t n;
	bool known;
} pools;

static uint32_t host_order(const struct nlattr *addr)
{
	uint32_t n;

	memcpy(&n, mnl_attr_get_payload(addr), sizeof(n));
	return ntohl(n);
}

static bool pool_answer(const struct nlmsghdr *nlh, void *data)
{
	const struct nlattr *tb[FIELDS_ATTRS];
	uint32_t used, cooling;
	const char *gateway;
	struct pool *p;

	(void)data;
	if (!fields_parse(ports_object.schema, nlh, tb))
		return false;
	gateway = field_string(tb[NATGW_A_PORTS_GATEWAY]);
	if (!gateway || !tb[NATGW_A_PORTS_ADDRESS] ||
	    mnl_attr_get_payload_len(tb[NATGW_A_PORTS_ADDRESS]) != sizeof(p->addr))
		return true;
	p = realloc(pools.list, (pools.n + 1) * sizeof(*p));
	if (!p)
		abort();
	pools.list = p;
	p += pools.n++;
	snprintf(p->gateway, sizeof(p->gateway), "%s", gateway);
	p->addr = host_order(tb[NATGW_A_PORTS_ADDRESS]);
	used = field_u32(tb[NATGW_A_PORTS_USED]);
	cooling = field_u32(tb[NATGW_A_PORTS_COOLING]);
	p->live = used > cooling ? used - cooling : 0;
	return true;
}

/**
 * azure_load - with -s, ask for what the counters do not tell
 * @ctl:	run, its socket open
 *
 * Return: 0, or the exit status.
 */
int azure_load(struct ctl *ctl)
{
	struct request req;
	struct nl_error e;

	if (!ctl->stats)
		return 0;
	request_init(&req, NATGW_CMD_PORTS_GET);
	if (nl_dump(&ctl->nl, &req, NL_DUMP_WHOLE, pool_answer, NULL, &e) < 0) {
		/* An older module does not know the command */
		return e.err == EOPNOTSUPP ? 0 : kernel_error(ctl, &ports_object, &req, &e);
	}
	pools.known = true;
	return 0;
}

/**
 * azure_free - forget what azure_load() was told
 */
void azure_free(void)
{
	free(pools.list);
	pools = (struct pools){};
}

/**
 * struct metrics - the metrics of one object
 * @gateway:	it counts bytes, packets and refused flows too
 * @bytes:	ByteCount
 * @packets:	PacketCount
 * @dropped:	PacketDropCount
 * @attempted:	SNATConnectionCount, Attempted
 * @failed:	SNATConnectionCount, Failed
 * @connections: TotalConnectionCount
 */
struct metrics {
	bool gateway;
	uint64_t bytes;
	uint64_t packets;
	uint64_t dropped;
	uint64_t attempted;
	uint64_t failed;
	uint64_t connections;
};

static void metrics_show(struct out *o, const struct metrics *m)
{
	char text[256];
	int n = 0;

	if (!o->json) {
		if (m->gateway)
			n = snprintf(text, sizeof(text),
				     "ByteCount %llu, PacketCount %llu, PacketDropCount %llu, ",
				     (unsigned long long)m->bytes, (unsigned long long)m->packets,
				     (unsigned long long)m->dropped);
		n += snprintf(text + n, sizeof(text) - n, "SNATConnectionCount %llu attempted",
			      (unsigned long long)m->attempted);
		if (m->gateway)
			n += snprintf(text + n, sizeof(text) - n, " %llu failed",
				      (unsigned long long)m->failed);
		snprintf(text + n, sizeof(text) - n, ", TotalConnectionCount %llu",
			 (unsigned long long)m->connections);
		out_sentence(o, NULL, text);
		return;
	}
	out_object(o, "azure-metrics");
	if (m->gateway) {
		out_number(o, "ByteCount", m->bytes);
		out_number(o, "PacketCount", m->packets);
		out_number(o, "PacketDropCount", m->dropped);
	}
	out_object(o, "SNATConnectionCount");
	out_number(o, "Attempted", m->attempted);
	if (m->gateway)
		out_number(o, "Failed", m->failed);
	out_object_end(o);
	out_number(o, "TotalConnectionCount", m->connections);
	out_object_end(o);
}

/**
 * azure_gateway - print the metrics of a gateway
 * @o:		output
 * @tb:		its attributes
 */
void azure_gateway(struct out *o, const struct nlattr *const *tb)
{
	const char *name = field_string(tb[NATGW_A_GATEWAY_NAME]);
	const struct nlattr *counters[FIELDS_ATTRS];
	struct metrics m = { .gateway = true };
	size_t i;

	if (!pools.known || !name || !tb[NATGW_A_GATEWAY_COUNTERS] ||
	    !nest_parse(&counters_schema, tb[NATGW_A_GATEWAY_COUNTERS], counters))
		return;
	m.bytes = field_u64(counters[NATGW_A_COUNTERS_BYTES_OUT]) +
		field_u64(counters[NATGW_A_COUNTERS_BYTES_IN]);
	m.packets = field_u64(counters[NATGW_A_COUNTERS_PACKETS_OUT]) +
		field_u64(counters[NATGW_A_COUNTERS_PACKETS_IN]);
	m.dropped = field_u64(counters[NATGW_A_COUNTERS_DROPPED]);
	m.attempted = field_u64(counters[NATGW_A_COUNTERS_ATTEMPTED]);
	m.failed = field_u64(counters[NATGW_A_COUNTERS_FAILED]);
	for (i = 0; i < pools.n; i++)
		if (!strcmp(pools.list[i].gateway, name))
			m.connections += pools.list[i].live;
	metrics_show(o, &m);
}

/**
 * azure_address - print the metrics of an address or prefix
 * @o:		output
 * @tb:		its attributes
 */
void azure_address(struct out *o, const struct nlattr *const *tb)
{
	const struct nlattr *addr = tb[NATGW_A_ADDRESS_ADDRESS];
	uint32_t plen = field_u32(tb[NATGW_A_ADDRESS_PREFIX_LENGTH]), mask;
	const struct nlattr *counters[FIELDS_ATTRS];
	struct metrics m = {};
	size_t i;

	if (!pools.known || !addr || mnl_attr_get_payload_len(addr) != sizeof(mask) ||
	    !plen || plen > 32 || !tb[NATGW_A_ADDRESS_COUNTERS] ||
	    !nest_parse(&flow_counters_schema, tb[NATGW_A_ADDRESS_COUNTERS], counters))
		return;
	mask = UINT32_MAX << (32 - plen);
	m.attempted = field_u64(counters[NATGW_A_COUNTERS_ATTEMPTED]);
	for (i = 0; i < pools.n; i++)
		if (!((pools.list[i].addr ^ host_order(addr)) & mask))
			m.connections += pools.list[i].live;
	metrics_show(o, &m);
}
