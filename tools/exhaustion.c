// SPDX-License-Identifier: GPL-2.0
/* Events of exhaustion: what is in them, and a line about each, for monitor and top. */
#include <assert.h>
#include <string.h>

#include "exhaustion.h"
#include "reason.h"
#include "text.h"

static const struct field exhaustion_fields[] = {
	{
		.word = "gateway",
		.type = FIELD_NAME,
		.flags = FIELD_SHOW,
		.attr = NATGW_A_EXHAUSTION_GATEWAY,
	}, {
		.word = "reason",
		.type = FIELD_WORD,
		.flags = FIELD_SHOW,
		.attr = NATGW_A_EXHAUSTION_REASON,
		.words = reason_words,
	}, {
		.word = "count",
		.type = FIELD_NUMBER,
		.flags = FIELD_SHOW,
		.attr = NATGW_A_EXHAUSTION_COUNT,
	}, {
		.word = "proto",
		.type = FIELD_PROTO,
		.flags = FIELD_SHOW,
		.attr = NATGW_A_EXHAUSTION_PROTO,
	}, {
		.word = "src",
		.type = FIELD_ENDPOINT,
		.flags = FIELD_SHOW,
		.attr = NATGW_A_EXHAUSTION_SRC,
		.attr2 = NATGW_A_EXHAUSTION_SRC_PORT,
		.word2 = "src-port",
	}, {
		.word = "dst",
		.type = FIELD_ENDPOINT,
		.flags = FIELD_SHOW,
		.attr = NATGW_A_EXHAUSTION_DST,
		.attr2 = NATGW_A_EXHAUSTION_DST_PORT,
		.word2 = "dst-port",
	},
};

/** exhaustion_schema - of EXHAUSTION_NTF */
const struct schema exhaustion_schema = {
	.noun = "exhaustion",
	.fields = exhaustion_fields,
	.n_fields = ARRAY_SIZE(exhaustion_fields),
	.family = NATGW_A_EXHAUSTION_FAMILY,
	.max = NATGW_A_EXHAUSTION_MAX,
};

static_assert(NATGW_A_EXHAUSTION_MAX < FIELDS_ATTRS, "an attribute does not fit");

static const struct field headroom_fields[] = {
	{
		.word = "gateway",
		.type = FIELD_NAME,
		.flags = FIELD_SHOW,
		.attr = NATGW_A_HEADROOM_GATEWAY,
	}, {
		.word = "near",
		.type = FIELD_WORD,
		.flags = FIELD_SHOW,
		.attr = NATGW_A_HEADROOM_NEAR,
		.words = switch_words,
	}, {
		.word = "proto",
		.type = FIELD_PROTO,
		.flags = FIELD_SHOW,
		.attr = NATGW_A_HEADROOM_PROTO,
	}, {
		.word = "dst",
		.type = FIELD_ENDPOINT,
		.flags = FIELD_SHOW,
		.attr = NATGW_A_HEADROOM_DST,
		.attr2 = NATGW_A_HEADROOM_DST_PORT,
		.word2 = "dst-port",
	}, {
		.word = "used",
		.type = FIELD_NUMBER,
		.flags = FIELD_SHOW,
		.attr = NATGW_A_HEADROOM_USED,
	}, {
		.word = "ports",
		.type = FIELD_NUMBER,
		.flags = FIELD_SHOW,
		.attr = NATGW_A_HEADROOM_PORTS,
	}, {
		.word = "seconds",
		.type = FIELD_TIME,
		.flags = FIELD_SHOW,
		.attr = NATGW_A_HEADROOM_SECONDS,
	}, {
		.word = "places",
		.type = FIELD_NUMBER,
		.flags = FIELD_SHOW,
		.attr = NATGW_A_HEADROOM_PLACES,
	}, {
		.word = "address",
		.type = FIELD_ADDRESS,
		.flags = FIELD_SHOW,
		.attr = NATGW_A_HEADROOM_ADDRESS,
	}, {
		.word = "src",
		.type = FIELD_ADDRESS,
		.flags = FIELD_SHOW,
		.attr = NATGW_A_HEADROOM_SRC,
	}, {
		.word = "src-used",
		.type = FIELD_NUMBER,
		.flags = FIELD_SHOW,
		.attr = NATGW_A_HEADROOM_SRC_USED,
	},
};

/** headroom_schema - of HEADROOM_NTF */
const struct schema headroom_schema = {
	.noun = "headroom",
	.fields = headroom_fields,
	.n_fields = ARRAY_SIZE(headroom_fields),
	.family = NATGW_A_HEADROOM_FAMILY,
	.max = NATGW_A_HEADROOM_MAX,
};

static_assert(NATGW_A_HEADROOM_MAX < FIELDS_ATTRS, "an attribute does not fit");

/* A word of an enum, or the number that a newer kernel has for it */
static const char *word_text(char buf[16], const char *word, uint32_t value)
{
	if (word)
		return word;
	snprintf(buf, 16, "%u", value);
	return buf;
}

/* Address and port; ICMP has no port there */
static const char *endpoint_text(char buf[ADDR_TEXT], const struct nlattr *addr,
				 const struct nlattr *port)
{
	size_t n;

	if (!field_addr(buf, addr, NULL, true))
		return "unknown";
	n = strlen(buf);
	if (field_u32(port))
		snprintf(buf + n, ADDR_TEXT - n, ":%u", field_u32(port));
	return buf;
}

/**
 * exhaustion_text - a line about flows that were refused
 * @to:		stream
 * @tb:		attributes of EXHAUSTION_NTF
 * @limits:	what the gateway lets one host have, or NULL
 */
void exhaustion_text(FILE *to, const struct nlattr *const *tb, const char *limits)
{
	uint32_t reason = field_u32(tb[NATGW_A_EXHAUSTION_REASON]);
	uint32_t proto = field_u32(tb[NATGW_A_EXHAUSTION_PROTO]);
	uint32_t count = field_u32(tb[NATGW_A_EXHAUSTION_COUNT]);
	const char *gateway = field_string(tb[NATGW_A_EXHAUSTION_GATEWAY]);
	char src[ADDR_TEXT], dst[ADDR_TEXT], buf[16], buf2[16];

	text_put(to, gateway ? gateway : "unknown");
	fprintf(to, " %s: %u flow%s refused, last %s %s -> %s%s%s%s",
		word_text(buf, reason <= NATGW_DROP_MAX ? reason_words[reason] : NULL, reason),
		count, count == 1 ? "" : "s", word_text(buf2, proto_text(proto), proto),
		endpoint_text(src, tb[NATGW_A_EXHAUSTION_SRC], tb[NATGW_A_EXHAUSTION_SRC_PORT]),
		endpoint_text(dst, tb[NATGW_A_EXHAUSTION_DST], tb[NATGW_A_EXHAUSTION_DST_PORT]),
		limits ? " (" : "", limits ? limits : "", limits ? ")" : "");
}

/**
 * headroom_text - a line about a destination that is near exhaustion, or no longer
 * @to:		stream
 * @tb:		attributes of HEADROOM_NTF
 *
 * "gw1 near exhaustion: tcp 198.51.100.7:443 uses 51700 of 64512 ports (80%), all in 12s at this
 * rate; host 10.0.1.4 has 40000"
 */
void headroom_text(FILE *to, const struct nlattr *const *tb)
{
	const char *gateway = field_string(tb[NATGW_A_HEADROOM_GATEWAY]);
	uint32_t proto = field_u32(tb[NATGW_A_HEADROOM_PROTO]);
	uint32_t used = field_u32(tb[NATGW_A_HEADROOM_USED]);
	uint32_t ports = field_u32(tb[NATGW_A_HEADROOM_PORTS]);
	char addr[ADDR_TEXT], buf[16], when[TIME_TEXT];

	text_put(to, gateway ? gateway : "unknown");
	fprintf(to, " %s exhaustion: %s %s uses %u of %u ports",
		field_u32(tb[NATGW_A_HEADROOM_NEAR]) ? "near" : "no longer near",
		word_text(buf, proto_text(proto), proto),
		endpoint_text(addr, tb[NATGW_A_HEADROOM_DST], tb[NATGW_A_HEADROOM_DST_PORT]), used,
		ports);
	if (tb[NATGW_A_HEADROOM_ADDRESS] &&
	    field_addr(addr, tb[NATGW_A_HEADROOM_ADDRESS], NULL, true))
		fprintf(to, " of %s", addr);
	if (ports)
		fprintf(to, " (%u%%)", (unsigned int)((uint64_t)used * 100 / ports));
	if (tb[NATGW_A_HEADROOM_SECONDS])
		fprintf(to, ", all in %s at this rate",
			time_text(when, field_u32(tb[NATGW_A_HEADROOM_SECONDS])));
	if (field_u32(tb[NATGW_A_HEADROOM_PLACES]) > 1)
		fprintf(to, ", so at %u %s", field_u32(tb[NATGW_A_HEADROOM_PLACES]),
			tb[NATGW_A_HEADROOM_ADDRESS] ? "addresses" : "hosts");
	if (tb[NATGW_A_HEADROOM_SRC] && field_addr(addr, tb[NATGW_A_HEADROOM_SRC], NULL, true))
		fprintf(to, "; host %s has %u", addr, field_u32(tb[NATGW_A_HEADROOM_SRC_USED]));
}
