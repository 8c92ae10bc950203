// SPDX-License-Identifier: GPL-2.0
/*
 * The lines of the flow log. Columns that the cloud's flow logs of NAT gateways have bear their
 * names (table NatGatewayFlowlogsV1); the others are those that these logs lack: ports,
 * protocol, subnet, reason.
 */
#include <arpa/inet.h>
#include <string.h>

#include <jansson.h>

#include "field.h"
#include "flowlog.h"
#include "parse.h"
#include "reason.h"

#define LINE_FLAGS	(JSON_COMPACT | JSON_PRESERVE_ORDER | JSON_ENSURE_ASCII)

static json_t *json_time(uint64_t ns)
{
	char text[WATCH_TIME_TEXT];

	return json_string(watch_time_text(text, ns));
}

static json_t *json_addr(uint32_t addr)
{
	char text[ADDR_TEXT];

	return json_string(addr_text(text, &addr, sizeof(addr)));
}

static json_t *json_word(const char *word, uint32_t value)
{
	return word ? json_string(word) : json_integer(value);
}

static bool line_write(FILE *f, json_t *line)
{
	bool written = line && json_dumpf(line, f, LINE_FLAGS) == 0 && putc('\n', f) != EOF;

	json_decref(line);
	return written;
}

static json_t *line_new(uint64_t time, const char *type)
{
	return json_pack("{so ss}", "TimeGenerated", json_time(time), "EventType", type);
}

/**
 * flowlog_session - write the line of a session
 * @f:		file
 * @w:		event
 *
 * Return: false if it could not be written.
 */
bool flowlog_session(FILE *f, const struct watched *w)
{
	const struct natgw_session_event *event = &w->event;
	json_t *line = line_new(event->time, watch_words[event->type]);

	/* "find" knows a line by address and port, in this order */
	json_object_set_new(line, "NatGatewayIp", json_addr(event->address));
	json_object_set_new(line, "NatGatewayPort", json_integer(ntohs(event->port)));
	json_object_set_new(line, "Protocol", json_word(proto_text(event->proto), event->proto));
	json_object_set_new(line, "SourceIp", json_addr(event->src));
	json_object_set_new(line, "SourcePort", json_integer(ntohs(event->src_port)));
	json_object_set_new(line, "DestinationIp", json_addr(event->dst));
	json_object_set_new(line, "DestinationPort", json_integer(ntohs(event->dst_port)));
	json_object_set_new(line, "NatGateway", json_string(w->gateway));
	json_object_set_new(line, "Subnet", json_string(w->subnet));
	json_object_set_new(line, "VNet", json_string(w->vnet));
	if (event->type == WATCH_OPENED)
		return line_write(f, line);
	json_object_set_new(line, "StartTime", json_time(event->opened));
	if (event->type == WATCH_CLOSED)
		json_object_set_new(line, "Reason",
				    json_word(event->reason <= NATGW_CLOSE_TIER ?
					      close_words[event->reason] : NULL, event->reason));
	if (event->flags & NATGW_EVENT_FLAG_COUNTED) {
		json_object_set_new(line, "PacketsSent", json_integer(event->packets_out));
		json_object_set_new(line, "PacketsReceived", json_integer(event->packets_in));
		json_object_set_new(line, "BytesSent", json_integer(event->bytes_out));
		json_object_set_new(line, "BytesReceived", json_integer(event->bytes_in));
	}
	return line_write(f, line);
}

/**
 * flowlog_block - write the line of a block of ports that a host has got, or lost
 * @f:		file
 * @b:		block
 *
 * Return: false if it could not be written.
 */
bool flowlog_block(FILE *f, const struct watched_block *b)
{
	json_t *line = line_new(b->time, b->type == NATGW_BLOCK_EVENT_ALLOCATED ?
				"block-allocated" : "block-freed");

	json_object_set_new(line, "NatGatewayIp", json_addr(b->address));
	json_object_set_new(line, "PortRangeStart", json_integer(b->first));
	json_object_set_new(line, "PortRangeEnd", json_integer(b->last));
	json_object_set_new(line, "SourceIp", json_addr(b->src));
	json_object_set_new(line, "NatGateway", json_string(b->gateway));
	json_object_set_new(line, "VNet", json_string(b->vnet));
	return line_write(f, line);
}

static json_t *json_attr_addr(const struct nlattr *attr)
{
	char text[ADDR_TEXT];

	return json_string(field_addr(text, attr, NULL, true) ?: "");
}

static void put_destination(json_t *line, const struct nlattr *addr, const struct nlattr *port,
			    const struct nlattr *gateway)
{
	json_object_set_new(line, "DestinationIp", json_attr_addr(addr));
	json_object_set_new(line, "DestinationPort", json_integer(field_u32(port)));
	json_object_set_new(line, "NatGateway", json_string(field_string(gateway) ?: ""));
}

/**
 * flowlog_refused - write the line of new flows that a gateway refused
 * @f:		file
 * @time:	ns since 1970
 * @tb:		attributes of EXHAUSTION_NTF
 *
 * Return: false if it could not be written.
 */
bool flowlog_refused(FILE *f, uint64_t time, const struct nlattr *const *tb)
{
	uint32_t reason = field_u32(tb[NATGW_A_EXHAUSTION_REASON]);
	uint32_t proto = field_u32(tb[NATGW_A_EXHAUSTION_PROTO]);
	json_t *line = line_new(time, "refused");

	json_object_set_new(line, "Protocol", json_word(proto_text(proto), proto));
	json_object_set_new(line, "SourceIp", json_attr_addr(tb[NATGW_A_EXHAUSTION_SRC]));
	json_object_set_new(line, "SourcePort",
			    json_integer(field_u32(tb[NATGW_A_EXHAUSTION_SRC_PORT])));
	put_destination(line, tb[NATGW_A_EXHAUSTION_DST], tb[NATGW_A_EXHAUSTION_DST_PORT],
			tb[NATGW_A_EXHAUSTION_GATEWAY]);
	json_object_set_new(line, "Reason",
			    json_word(reason <= NATGW_DROP_MAX ? reason_words[reason] : NULL,
				      reason));
	json_object_set_new(line, "FlowsRefused",
			    json_integer(field_u32(tb[NATGW_A_EXHAUSTION_COUNT])));
	return line_write(f, line);
}

/**
 * flowlog_near - write the line of a destination that is near exhaustion, or no longer
 * @f:		file
 * @time:	ns since 1970
 * @tb:		attributes of HEADROOM_NTF
 *
 * Return: false if it could not be written.
 */
bool flowlog_near(FILE *f, uint64_t time, const struct nlattr *const *tb)
{
	bool near = field_u32(tb[NATGW_A_HEADROOM_NEAR]);
	json_t *line = line_new(time, near ? "near-exhaustion" : "no-longer-near");
	uint32_t proto = field_u32(tb[NATGW_A_HEADROOM_PROTO]);

	json_object_set_new(line, "Protocol", json_word(proto_text(proto), proto));
	/* of all that have ports of it the one that has most */
	if (tb[NATGW_A_HEADROOM_SRC]) {
		json_object_set_new(line, "SourceIp", json_attr_addr(tb[NATGW_A_HEADROOM_SRC]));
		json_object_set_new(line, "SourcePortsUsed",
				    json_integer(field_u32(tb[NATGW_A_HEADROOM_SRC_USED])));
	}
	put_destination(line, tb[NATGW_A_HEADROOM_DST], tb[NATGW_A_HEADROOM_DST_PORT],
			tb[NATGW_A_HEADROOM_GATEWAY]);
	json_object_set_new(line, "PortsUsed",
			    json_integer(field_u32(tb[NATGW_A_HEADROOM_USED])));
	json_object_set_new(line, "Ports", json_integer(field_u32(tb[NATGW_A_HEADROOM_PORTS])));
	if (tb[NATGW_A_HEADROOM_SECONDS])
		json_object_set_new(line, "SecondsLeft",
				    json_integer(field_u32(tb[NATGW_A_HEADROOM_SECONDS])));
	return line_write(f, line);
}

/**
 * flowlog_dropped - write the line of packets dropped for a reason since the last such line
 * @f:		file
 * @time:	ns since 1970
 * @reason:	reason
 * @packets:	their number
 *
 * Return: false if it could not be written.
 */
bool flowlog_dropped(FILE *f, uint64_t time, const char *reason, uint64_t packets)
{
	json_t *line = line_new(time, "dropped");

	json_object_set_new(line, "Reason", json_string(reason));
	json_object_set_new(line, "PacketsDropped", json_integer(packets));
	return line_write(f, line);
}

/**
 * flowlog_lost - write the line of events that nobody was told of
 * @f:		file
 * @time:	ns since 1970
 * @since:	time of the last event before them
 * @events:	their number
 *
 * Return: false if it could not be written.
 */
bool flowlog_lost(FILE *f, uint64_t time, uint64_t since, uint64_t events)
{
	json_t *line = line_new(time, "lost");

	json_object_set_new(line, "StartTime", json_time(since));
	json_object_set_new(line, "Events", json_integer(events));
	return line_write(f, line);
}

/**
 * flowlog_started - write the line that the log has from now on
 * @f:		file
 * @time:	ns since 1970
 * @filter:	what it is limited to, as it was given; empty: nothing
 *
 * Return: false if it could not be written.
 */
bool flowlog_started(FILE *f, uint64_t time, const char *filter)
{
	json_t *line = line_new(time, "started");

	if (*filter)
		json_object_set_new(line, "Filter", json_string(filter));
	return line_write(f, line);
}

/**
 * flowlog_stopped - write the line that the log does not go on
 * @f:		file
 * @time:	ns since 1970: what happened by then is in it
 * @reason:	word
 *
 * Return: false if it could not be written.
 */
bool flowlog_stopped(FILE *f, uint64_t time, const char *reason)
{
	json_t *line = line_new(time, "stopped");

	json_object_set_new(line, "Reason", json_string(reason));
	return line_write(f, line);
}

/**
 * flowlog_alive - write the line that there was nothing else to write
 * @f:		file
 * @time:	ns since 1970
 *
 * Return: false if it could not be written.
 */
bool flowlog_alive(FILE *f, uint64_t time)
{
	return line_write(f, line_new(time, "alive"));
}
