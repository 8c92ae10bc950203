// SPDX-License-Identifier: GPL-2.0
/*
 * The lines of the flow log. Columns that the cloud's flow logs of NAT gateways have bear their
 * names (table NatGatewayFlowlogsV1); the others are those that these logs lack: ports,
 * protocol, subnet, reason.
 */
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "field.h"
#include "flowlog.h"
#include "parse.h"
#include "print.h"
#include "reason.h"
#include "table.h"

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
 * struct quoted - a name as JSON, kept for the next line, which often has the same
 * @name:	name
 * @json:	with what JSON puts around it
 */
struct quoted {
	char *name;
	char *json;
};

static const char *quoted(struct quoted *q, const char *name)
{
	json_t *value;

	if (q->name && !strcmp(q->name, name))
		return q->json;
	free(q->name);
	free(q->json);
	value = out_json_text(name);
	q->name = out_checked(strdup(name));
	q->json = out_checked(json_dumps(value, LINE_FLAGS | JSON_ENCODE_ANY));
	json_decref(value);
	return q->json;
}

static void put_number(FILE *f, const char *key, uint64_t value)
{
	fprintf(f, ",\"%s\":%llu", key, (unsigned long long)value);
}

/* @text: nothing in it needs to be quoted */
static void put_plain(FILE *f, const char *key, const char *text)
{
	fprintf(f, ",\"%s\":\"%s\"", key, text);
}

static void put_name(FILE *f, const char *key, struct quoted *q, const char *name)
{
	fprintf(f, ",\"%s\":%s", key, quoted(q, name));
}

static void put_word(FILE *f, const char *key, const char *word, uint32_t value)
{
	if (word)
		put_plain(f, key, word);
	else
		put_number(f, key, value);
}

static void put_endpoint(FILE *f, const char *addr_key, uint32_t addr, const char *port_key,
			 uint16_t port)
{
	char text[ADDR_TEXT];

	put_plain(f, addr_key, addr_text(text, &addr, sizeof(addr)));
	put_number(f, port_key, ntohs(port));
}

/**
 * flowlog_session - write the line of a session
 * @f:		file
 * @w:		event
 *
 * These are nearly all lines of a log, and jansson takes 9 to 13 us to make one: two for each of
 * 50,000 sessions a second are more than a processor has. So it makes the names alone; nothing
 * else here needs to be quoted.
 *
 * Return: false if it could not be written.
 */
bool flowlog_session(FILE *f, const struct watched *w)
{
	static struct quoted gateway, subnet, vnet;
	const struct natgw_session_event *event = &w->event;
	char time[WATCH_TIME_TEXT];

	fprintf(f, "{\"TimeGenerated\":\"%s\"", watch_time_text(time, event->time));
	put_plain(f, "EventType", watch_words[event->type]);
	/* "find" knows a line by address and port, in this order */
	put_endpoint(f, "NatGatewayIp", event->address, "NatGatewayPort", event->port);
	put_word(f, "Protocol", proto_text(event->proto), event->proto);
	put_endpoint(f, "SourceIp", event->src, "SourcePort", event->src_port);
	put_endpoint(f, "DestinationIp", event->dst, "DestinationPort", event->dst_port);
	put_name(f, "NatGateway", &gateway, w->gateway);
	put_name(f, "Subnet", &subnet, w->subnet);
	put_name(f, "VNet", &vnet, w->vnet);
	if (event->type != WATCH_OPENED)
		put_plain(f, "StartTime", watch_time_text(time, event->opened));
	if (event->type == WATCH_CLOSED)
		put_word(f, "Reason", event->reason <= NATGW_CLOSE_TIER ?
			 close_words[event->reason] : NULL, event->reason);
	if (event->type != WATCH_OPENED && event->flags & NATGW_EVENT_FLAG_COUNTED) {
		put_number(f, "PacketsSent", event->packets_out);
		put_number(f, "PacketsReceived", event->packets_in);
		put_number(f, "BytesSent", event->bytes_out);
		put_number(f, "BytesReceived", event->bytes_in);
	}
	fputs("}\n", f);
	return !ferror(f);
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
 * flowlog_filter_text - the filters, as they were given
 * @options:	what is asked for
 * @text:	result
 * @size:	of @text
 */
void flowlog_filter_text(const struct flowlog_options *options, char *text, size_t size)
{
	size_t n = 0;
	int i;

	text[0] = 0;
	for (i = 0; i < options->argc && n < size; i++)
		n += snprintf(text + n, size - n, "%s%s", i ? " " : "", options->argv[i]);
}

/** TELL_EVERY - ns from one telling of all that runs, because events were lost, to the next */
#define TELL_EVERY	(10 * FLOWLOG_SECOND)

/**
 * flowlog_tells_again - may a log in which events were lost tell of all that runs?
 * @now:	ns since 1970
 * @before:	when it did so last; or 0
 *
 * That is as long as the table of sessions. Done for each loss, it would cause the next one.
 */
bool flowlog_tells_again(uint64_t now, uint64_t before)
{
	/* the clock may have been set back */
	return now < before || now - before >= TELL_EVERY;
}

/**
 * flowlog_lost - write the line of events that nobody was told of
 * @f:		file
 * @time:	ns since 1970
 * @since:	time of the last event before them
 * @events:	their number
 * @reason:	why they could not be written; NULL: they came too fast
 *
 * Return: false if it could not be written.
 */
bool flowlog_lost(FILE *f, uint64_t time, uint64_t since, uint64_t events, const char *reason)
{
	json_t *line = line_new(time, "lost");

	json_object_set_new(line, "StartTime", json_time(since));
	json_object_set_new(line, "Events", json_integer(events));
	if (reason)
		json_object_set_new(line, "Reason", json_string(reason));
	return line_write(f, line);
}

static bool filter_line(FILE *f, uint64_t time, const char *type, const char *filter)
{
	json_t *line = line_new(time, type);

	if (*filter)
		json_object_set_new(line, "Filter", json_string(filter));
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
	return filter_line(f, time, "started", filter);
}

/**
 * flowlog_continued - write the first line of a file that goes on with another one
 * @f:		file
 * @time:	ns since 1970
 * @filter:	as flowlog_started() has it
 *
 * The other file may be deleted one day. Return: false if it could not be written.
 */
bool flowlog_continued(FILE *f, uint64_t time, const char *filter)
{
	return filter_line(f, time, "continued", filter);
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
 * flowlog_clock - write the line that the clock was set
 * @f:		file
 * @time:	to what, ns since 1970
 * @before:	what it would show else
 *
 * Return: false if it could not be written.
 */
bool flowlog_clock(FILE *f, uint64_t time, uint64_t before)
{
	json_t *line = line_new(time, "clock");

	json_object_set_new(line, "StartTime", json_time(before));
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
