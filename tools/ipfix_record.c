// SPDX-License-Identifier: GPL-2.0
/*
 * Owns what an event of the gateway looks like as IPFIX. Called by flowlog_run.c; ipfix.c sends
 * the records.
 *
 * They are those of RFC 8158, section 5.6: sessions that open and end (natEvent 4 and 5),
 * addresses, ports and quotas that are exhausted (3, 12 and 13), and blocks of ports (16 and 17).
 * A gateway is named by natPoolName, a virtual network, within which private addresses mean
 * something, by internalAddressRealm. What was lost is told as RFC 7011 has it, section 4.3.
 */
#include <arpa/inet.h>
#include <string.h>
#include <unistd.h>

#include <zlib.h>

#include "field.h"
#include "ipfix.h"
#include "ipfix_record.h"
#include "quota.h"

/* IANA, natEvent (230) */
enum {
	EVENT_ADDRESSES_EXHAUSTED = 3,
	EVENT_SESSION_CREATE = 4,
	EVENT_SESSION_DELETE = 5,
	EVENT_PORTS_EXHAUSTED = 12,
	EVENT_QUOTA_EXCEEDED = 13,
	EVENT_BLOCK_ALLOCATED = 16,
	EVENT_BLOCK_FREED = 17,
};

/* IANA, natQuotaExceededEvent (466) */
enum {
	QUOTA_SESSIONS = 1,
	QUOTA_USER = 3,
};

/* IANA, flowEndReason (136) */
enum {
	END_IDLE = 1,
	END_OF_FLOW = 3,
	END_FORCED = 4,
};

/*
 * Records as they are handed to the library: the layouts are those of the lists below. Which of
 * their elements a template sends say the flags of both.
 */
enum {
	IN_MEMORY = 1,	/* not sent: what is between the members of a struct */
	OF_END = 2,
	OF_COUNTERS = 4,
	OF_SRC = 8,
	OF_DST = 16,
	OF_QUOTA = 32,
	OF_SESSIONS_MAX = 64,
	OF_USER_MAX = 128,
	OF_POOL = 256,
};

#define ELEMENT(name, size, flags)	{ (char *)(name), size, flags }

struct session {
	uint64_t time;
	uint32_t src, post_src, dst;
	uint16_t src_port, post_src_port, dst_port;
	uint8_t proto, event, end_reason;
	uint8_t padding[3];
	fbVarfield_t pool, realm;
	uint64_t start;
	uint64_t bytes_out, bytes_in, packets_out, packets_in;
};

static fbInfoElementSpec_t session_spec[] = {
	ELEMENT("observationTimeMilliseconds", 8, 0),
	ELEMENT("sourceIPv4Address", 4, 0),
	ELEMENT("postNATSourceIPv4Address", 4, 0),
	ELEMENT("destinationIPv4Address", 4, 0),
	ELEMENT("sourceTransportPort", 2, 0),
	ELEMENT("postNAPTSourceTransportPort", 2, 0),
	ELEMENT("destinationTransportPort", 2, 0),
	ELEMENT("protocolIdentifier", 1, 0),
	ELEMENT("natEvent", 1, 0),
	ELEMENT("flowEndReason", 1, OF_END),
	ELEMENT("paddingOctets", 3, IN_MEMORY),
	ELEMENT("natPoolName", 0, 0),
	ELEMENT("internalAddressRealm", 0, 0),
	ELEMENT("flowStartMilliseconds", 8, OF_END),
	ELEMENT("initiatorOctets", 8, OF_COUNTERS),
	ELEMENT("responderOctets", 8, OF_COUNTERS),
	ELEMENT("initiatorPackets", 8, OF_COUNTERS),
	ELEMENT("responderPackets", 8, OF_COUNTERS),
	FB_IESPEC_NULL
};

struct block {
	uint64_t time;
	uint32_t src, post_src;
	uint16_t first, last;
	uint8_t event;
	uint8_t padding[3];
	fbVarfield_t pool, realm;
};

static fbInfoElementSpec_t block_spec[] = {
	ELEMENT("observationTimeMilliseconds", 8, 0),
	ELEMENT("sourceIPv4Address", 4, 0),
	ELEMENT("postNATSourceIPv4Address", 4, 0),
	ELEMENT("portRangeStart", 2, 0),
	ELEMENT("portRangeEnd", 2, 0),
	ELEMENT("natEvent", 1, 0),
	ELEMENT("paddingOctets", 3, IN_MEMORY),
	ELEMENT("natPoolName", 0, 0),
	ELEMENT("internalAddressRealm", 0, 0),
	FB_IESPEC_NULL
};

/* Flows that were refused */
struct refused {
	uint64_t time, dropped;
	uint32_t src, post_src, dst, quota, sessions_max, user_max, pool_id;
	uint16_t dst_port;
	uint8_t proto, event;
	fbVarfield_t pool;
};

static fbInfoElementSpec_t refused_spec[] = {
	ELEMENT("observationTimeMilliseconds", 8, 0),
	ELEMENT("droppedPacketDeltaCount", 8, 0),
	ELEMENT("sourceIPv4Address", 4, OF_SRC),
	ELEMENT("postNATSourceIPv4Address", 4, OF_DST),
	ELEMENT("destinationIPv4Address", 4, OF_DST),
	ELEMENT("natQuotaExceededEvent", 4, OF_QUOTA),
	ELEMENT("maxSessionEntries", 4, OF_SESSIONS_MAX),
	ELEMENT("maxEntriesPerUser", 4, OF_USER_MAX),
	ELEMENT("natPoolId", 4, OF_POOL),
	ELEMENT("destinationTransportPort", 2, OF_DST),
	ELEMENT("protocolIdentifier", 1, OF_DST),
	ELEMENT("natEvent", 1, 0),
	ELEMENT("natPoolName", 0, 0),
	FB_IESPEC_NULL
};

/* Events that nobody was told of. Of their packets and octets nothing is known */
struct lost {
	uint32_t process;
	uint8_t padding[4];
	uint64_t flows;
	uint64_t since, until;
};

static fbInfoElementSpec_t lost_spec[] = {
	ELEMENT("exportingProcessId", 4, 0),
	ELEMENT("paddingOctets", 4, IN_MEMORY),
	ELEMENT("notSentFlowTotalCount", 8, 0),
	ELEMENT("observationTimeMilliseconds", 8, 0),
	ELEMENT("observationTimeMilliseconds", 8, 0),
	FB_IESPEC_NULL
};

const struct ipfix_template ipfix_templates[IPFIX_KINDS] = {
	[IPFIX_OPENED] = { session_spec, sizeof(struct session), 0 },
	[IPFIX_CLOSED] = { session_spec, sizeof(struct session), OF_END },
	[IPFIX_COUNTED] = { session_spec, sizeof(struct session), OF_END | OF_COUNTERS },
	[IPFIX_BLOCK] = { block_spec, sizeof(struct block), 0 },
	[IPFIX_ADDRESSES] = { refused_spec, sizeof(struct refused), OF_POOL },
	[IPFIX_PORTS] = { refused_spec, sizeof(struct refused), OF_SRC | OF_DST },
	[IPFIX_QUOTA] = { refused_spec, sizeof(struct refused), OF_QUOTA | OF_SESSIONS_MAX },
	[IPFIX_USER] = { refused_spec, sizeof(struct refused), OF_QUOTA | OF_USER_MAX | OF_SRC },
	[IPFIX_LOST] = { lost_spec, sizeof(struct lost), 0, .scope = 1 },
};

static fbVarfield_t var(const char *text)
{
	return (fbVarfield_t){ .len = strlen(text), .buf = (uint8_t *)text };
}

static uint8_t end_reason(uint8_t why)
{
	switch (why) {
	case NATGW_CLOSE_IDLE:
	case NATGW_CLOSE_HALF_OPEN:
	case NATGW_CLOSE_CLOSING:
		return END_IDLE;
	case NATGW_CLOSE_FIN:
	case NATGW_CLOSE_RST:
		return END_OF_FLOW;
	default:
		return END_FORCED;
	}
}

/**
 * ipfix_session - a session has opened, or ended, or is there
 * @x:		where to
 * @w:		event
 *
 * To a collector a session that is there is one that has opened when it did.
 */
void ipfix_session(struct ipfix *x, const struct watched *w)
{
	const struct natgw_session_event *e = &w->event;
	bool closed = e->type == WATCH_CLOSED;
	int template = IPFIX_OPENED;
	const struct session record = {
		.time = (closed ? e->time : e->opened) / 1000000,
		.src = ntohl(e->src),
		.post_src = ntohl(e->address),
		.dst = ntohl(e->dst),
		.src_port = ntohs(e->src_port),
		.post_src_port = ntohs(e->port),
		.dst_port = ntohs(e->dst_port),
		.proto = e->proto,
		.event = closed ? EVENT_SESSION_DELETE : EVENT_SESSION_CREATE,
		.end_reason = end_reason(e->reason),
		.pool = var(w->gateway),
		.realm = var(w->vnet),
		.start = e->opened / 1000000,
		.bytes_out = e->bytes_out,
		.bytes_in = e->bytes_in,
		.packets_out = e->packets_out,
		.packets_in = e->packets_in,
	};

	if (closed)
		template = e->flags & NATGW_EVENT_FLAG_COUNTED ? IPFIX_COUNTED : IPFIX_CLOSED;
	ipfix_append(x, template, &record);
}

/**
 * ipfix_block - a host has got ports, or lost them
 * @x:		where to
 * @b:		what
 */
void ipfix_block(struct ipfix *x, const struct watched_block *b)
{
	const struct block record = {
		.time = b->time / 1000000,
		.src = ntohl(b->src),
		.post_src = ntohl(b->address),
		.first = b->first,
		.last = b->last,
		.event = b->type == NATGW_BLOCK_EVENT_ALLOCATED ? EVENT_BLOCK_ALLOCATED :
								  EVENT_BLOCK_FREED,
		.pool = var(b->gateway),
		.realm = var(b->vnet),
	};

	ipfix_append(x, IPFIX_BLOCK, &record);
}

/*
 * RFC 8158 wants a number of the pool where it is exhausted, and gateways have none: it is made of
 * the name, and the same each time.
 */
static uint32_t pool_id(const char *gateway)
{
	return crc32(0, (const Bytef *)gateway, strlen(gateway));
}

static uint32_t addr_of(const struct nlattr *attr)
{
	uint32_t addr = 0;

	if (attr && mnl_attr_get_payload_len(attr) == sizeof(addr))
		memcpy(&addr, mnl_attr_get_payload(attr), sizeof(addr));
	return ntohl(addr);
}

/**
 * ipfix_refused - new flows were refused
 * @x:		where to
 * @time:	ns since 1970
 * @tb:		attributes of EXHAUSTION_NTF
 * @ctl:	run, which is asked for the limit of a quota
 */
void ipfix_refused(struct ipfix *x, uint64_t time, const struct nlattr *const *tb, struct ctl *ctl)
{
	const char *gateway = field_string(tb[NATGW_A_EXHAUSTION_GATEWAY]);
	uint32_t reason = field_u32(tb[NATGW_A_EXHAUSTION_REASON]);
	struct refused record = {
		.time = time / 1000000,
		.dropped = field_u32(tb[NATGW_A_EXHAUSTION_COUNT]),
		.src = addr_of(tb[NATGW_A_EXHAUSTION_SRC]),
		.dst = addr_of(tb[NATGW_A_EXHAUSTION_DST]),
		.dst_port = field_u32(tb[NATGW_A_EXHAUSTION_DST_PORT]),
		.proto = field_u32(tb[NATGW_A_EXHAUSTION_PROTO]),
		.pool = var(gateway ?: ""),
	};

	switch (reason) {
	case NATGW_DROP_QUOTA:
		record.event = EVENT_QUOTA_EXCEEDED;
		record.quota = QUOTA_USER;
		record.user_max = quota_limit(ctl, reason, gateway);
		ipfix_append(x, IPFIX_USER, &record);
		break;
	case NATGW_DROP_DESTINATION_CAP:
	case NATGW_DROP_MEMORY:
		record.event = EVENT_QUOTA_EXCEEDED;
		record.quota = QUOTA_SESSIONS;
		record.sessions_max = quota_limit(ctl, reason, gateway);
		ipfix_append(x, IPFIX_QUOTA, &record);
		break;
	case NATGW_DROP_DESTINATION_FULL:
	case NATGW_DROP_ALL_COOLING:
		record.event = EVENT_PORTS_EXHAUSTED;
		ipfix_append(x, IPFIX_PORTS, &record);
		break;
	default:
		record.event = EVENT_ADDRESSES_EXHAUSTED;
		record.pool_id = pool_id(gateway ?: "");
		ipfix_append(x, IPFIX_ADDRESSES, &record);
	}
}

/**
 * ipfix_lost - events were lost
 * @x:		where to
 * @since:	between this time, ns since 1970,
 * @until:	and this one
 * @total:	events lost since the log began
 */
void ipfix_lost(struct ipfix *x, uint64_t since, uint64_t until, uint64_t total)
{
	const struct lost record = {
		.process = getpid(),
		.flows = total,
		.since = since / 1000000,
		.until = until / 1000000,
	};

	ipfix_append(x, IPFIX_LOST, &record);
}
