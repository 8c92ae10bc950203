// SPDX-License-Identifier: GPL-2.0
/* Sessions that open and end, as monitor prints them. */
#include <arpa/inet.h>
#include <string.h>
#include <time.h>

#include "monitor.h"
#include "parse.h"
#include "text.h"

/* A protocol without ports has an id on the inside, and nothing at the destination */
static const char *endpoint(char buf[ADDR_TEXT], uint32_t addr, uint16_t port)
{
	size_t n;

	addr_text(buf, &addr, sizeof(addr));
	n = strlen(buf);
	if (port)
		snprintf(buf + n, ADDR_TEXT - n, ":%u", ntohs(port));
	return buf;
}

/* Text has the local time of the day */
static void time_of_day(uint64_t ns)
{
	time_t secs = ns / 1000000000;
	char text[16];
	struct tm tm;

	strftime(text, sizeof(text), "%H:%M:%S", localtime_r(&secs, &tm));
	printf("%s ", text);
}

static const char *proto_word(char buf[16], uint32_t proto)
{
	const char *word = proto_text(proto);

	if (word)
		return word;
	snprintf(buf, 16, "%u", proto);
	return buf;
}

static const char *reason_word(char buf[16], uint8_t reason)
{
	if (reason <= NATGW_CLOSE_TIER)
		return close_words[reason];
	snprintf(buf, 16, "%u", reason);
	return buf;
}

static uint64_t duration_ms(const struct natgw_session_event *event)
{
	return event->time > event->opened ? (event->time - event->opened) / 1000000 : 0;
}

static void event_text(const struct watched *w)
{
	char src[ADDR_TEXT], dst[ADDR_TEXT], public[ADDR_TEXT], proto[16], reason[16];
	const struct natgw_session_event *event = &w->event;

	time_of_day(event->time);
	printf("session %s ", watch_words[event->type]);
	text_put(stdout, w->gateway);
	printf(" %s %s -> %s as %s", proto_word(proto, event->proto),
	       endpoint(src, event->src, event->src_port),
	       endpoint(dst, event->dst, event->dst_port),
	       endpoint(public, event->address, event->port));
	if (event->type == WATCH_OPENED)
		return;
	if (event->type == WATCH_CLOSED)
		printf(" (%s)", reason_word(reason, event->reason));
	printf(" after %llu.%03llu s", (unsigned long long)duration_ms(event) / 1000,
	       (unsigned long long)duration_ms(event) % 1000);
	if (event->flags & NATGW_EVENT_FLAG_COUNTED)
		printf(", out %llu packets %llu bytes, in %llu packets %llu bytes",
		       (unsigned long long)event->packets_out,
		       (unsigned long long)event->bytes_out,
		       (unsigned long long)event->packets_in,
		       (unsigned long long)event->bytes_in);
	else
		printf(", not counted");
}

static void json_endpoint(struct out *o, const char *key, uint32_t addr, const char *port_key,
			  uint16_t port)
{
	uint32_t n = ntohs(port);
	char buf[ADDR_TEXT];

	out_endpoint(o, key, addr_text(buf, &addr, sizeof(addr)), port_key, &n);
}

static void json_counter(struct out *o, const char *key, bool known, uint64_t value)
{
	if (known)
		out_number(o, key, value);
	else
		out_missing(o, key);
}

static void event_json(struct out *o, const struct watched *w)
{
	const struct natgw_session_event *event = &w->event;
	bool counted = event->flags & NATGW_EVENT_FLAG_COUNTED;
	char text[WATCH_TIME_TEXT], buf[16], word[32];

	out_word(o, "time", watch_time_text(text, event->time));
	snprintf(word, sizeof(word), "session-%s", watch_words[event->type]);
	out_word(o, "event", word);
	out_word(o, "gateway", w->gateway);
	out_word(o, "subnet", w->subnet);
	out_word(o, "vnet", w->vnet);
	out_word(o, "proto", proto_word(buf, event->proto));
	json_endpoint(o, "src", event->src, "src-port", event->src_port);
	json_endpoint(o, "address", event->address, "port", event->port);
	json_endpoint(o, "dst", event->dst, "dst-port", event->dst_port);
	if (event->type == WATCH_OPENED)
		return;
	if (event->type == WATCH_CLOSED) {
		out_word(o, "reason", reason_word(buf, event->reason));
		out_number(o, "idle-ms", event->idle);
	}
	out_word(o, "opened", watch_time_text(text, event->opened));
	out_number(o, "duration-ms", duration_ms(event));
	json_counter(o, "packets-out", counted, event->packets_out);
	json_counter(o, "bytes-out", counted, event->bytes_out);
	json_counter(o, "packets-in", counted, event->packets_in);
	json_counter(o, "bytes-in", counted, event->bytes_in);
}

/**
 * monitor_session - print one event
 * @w:		event
 * @data:	struct out
 */
void monitor_session(const struct watched *w, void *data)
{
	struct out *o = data;

	out_row(o);
	if (o->json)
		event_json(o, w);
	else
		event_text(w);
	out_row_end(o);
}

/**
 * monitor_session_lost - say how many events were lost, and which sessions there are now
 * @ctl:	run; its own socket is used
 * @watch:	what is watched, with the output as its data
 * @n:		events lost
 *
 * Return: 0, or the exit status.
 */
int monitor_session_lost(struct ctl *ctl, const struct watch *watch, uint64_t n)
{
	struct out *o = watch->data;
	char text[WATCH_TIME_TEXT];

	warn(ctl, NULL, NULL, "%llu events of sessions were lost, they came too fast",
	     (unsigned long long)n);
	if (o->json) {
		out_row(o);
		out_word(o, "time", watch_time_text(text, watch_now()));
		out_word(o, "event", "session-lost");
		out_number(o, "count", n);
		out_row_end(o);
	}
	return watch_running(ctl, watch);
}
