// SPDX-License-Identifier: GPL-2.0
#include <arpa/inet.h>
#include <ctype.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include <linux/natgw.h>

#include "parse.h"

/**
 * parse_fail - record why a text was not understood
 * @e:		where to
 * @fmt:	sentence
 *
 * Return: false, for the caller to hand on.
 */
bool parse_fail(struct parse_error *e, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(e->text, sizeof(e->text), fmt, ap);
	va_end(ap);
	return false;
}

/* Digits at *p, moved behind them; false when they do not fit 32 bits */
static bool digits(const char **p, uint32_t *value)
{
	uint64_t n = 0;

	while (isdigit((unsigned char)**p)) {
		n = n * 10 + (unsigned int)(**p - '0');
		if (n > UINT32_MAX)
			return false;
		(*p)++;
	}
	*value = n;
	return true;
}

/**
 * parse_number - a decimal number of at most 32 bits
 * @arg:	text
 * @value:	result
 * @e:		why not
 */
bool parse_number(const char *arg, uint32_t *value, struct parse_error *e)
{
	const char *p = arg;

	if (*p == '-' && isdigit((unsigned char)p[1]))
		return parse_fail(e, "a number cannot be negative");
	if (!isdigit((unsigned char)*p))
		return parse_fail(e, "not a number");
	if (!digits(&p, value))
		return parse_fail(e, "number too large");
	if (*p)
		return parse_fail(e, "not a number");
	return true;
}

/**
 * parse_percent - a part of a hundred: 80%, or 80
 * @arg:	text
 * @value:	result
 * @e:		why not
 */
bool parse_percent(const char *arg, uint32_t *value, struct parse_error *e)
{
	const char *p = arg;

	if (!isdigit((unsigned char)*p) || !digits(&p, value) || (*p && strcmp(p, "%")) ||
	    *value > 100)
		return parse_fail(e, "not a percentage, write it like 80%%");
	return true;
}

/**
 * parse_time - a time with units: 30s, 4m, 2h4m
 * @arg:	text
 * @minutes:	the value is usually given in minutes, for the suggestion
 * @secs:	result
 * @e:		why not
 *
 * A bare number is refused: the cloud's own tools count idle timeouts in
 * minutes, netfilter's in seconds.
 */
bool parse_time(const char *arg, bool minutes, uint32_t *secs, struct parse_error *e)
{
	static const struct {
		char unit;
		unsigned int secs;
	} units[] = { { 'h', 3600 }, { 'm', 60 }, { 's', 1 } };
	unsigned int next = 0;
	const char *p = arg;
	uint64_t sum = 0;
	unsigned int u;
	uint32_t n;

	if (!*p)
		return parse_fail(e, "time is empty");
	if (*p == '-' && isdigit((unsigned char)p[1]))
		return parse_fail(e, "a time cannot be negative");
	while (*p) {
		if (!isdigit((unsigned char)*p))
			return parse_fail(e, "not a time, write it like 30s, 4m or 1h30m");
		if (!digits(&p, &n))
			return parse_fail(e, "time too long");
		if (!*p && !sum && !next)
			return parse_fail(e, "time needs a unit, try %u%c", n,
					  minutes && n <= 120 ? 'm' : 's');
		for (u = next; u < 3; u++)
			if (tolower((unsigned char)*p) == units[u].unit)
				break;
		if (u == 3)
			return parse_fail(e, "not a time, write it like 30s, 4m or 1h30m");
		sum += (uint64_t)n * units[u].secs;
		if (sum > UINT32_MAX)
			return parse_fail(e, "time too long");
		next = u + 1;
		p++;
	}
	*secs = sum;
	return true;
}

/**
 * parse_name - the name of an object
 * @arg:	text
 * @e:		why not
 *
 * Only what cannot be sent or would be read as something else is refused here,
 * the kernel judges the rest.
 */
bool parse_name(const char *arg, struct parse_error *e)
{
	if (!*arg)
		return parse_fail(e, "name is empty");
	if (!strcasecmp(arg, "none"))
		return parse_fail(e, "the word none cannot be a name");
	return true;
}

/* The address in text[0..len) */
static bool addr_part(const char *text, size_t len, struct inet *in, struct parse_error *e)
{
	char buf[INET_ADDRSTRLEN];

	memset(in, 0, sizeof(*in));
	if (memchr(text, ':', len))
		return parse_fail(e, "IPv6 is not translated, give an IPv4 address");
	if (len < sizeof(buf)) {
		memcpy(buf, text, len);
		buf[len] = 0;
		if (inet_pton(AF_INET, buf, in->addr) == 1) {
			in->family = AF_INET;
			in->len = 4;
			in->plen = 32;
			return true;
		}
	}
	return parse_fail(e, "not an IPv4 address");
}

/**
 * parse_addr - one address
 * @arg:	text
 * @in:		result
 * @e:		why not
 */
bool parse_addr(const char *arg, struct inet *in, struct parse_error *e)
{
	if (strchr(arg, '/'))
		return parse_fail(e, "one address is wanted, not a prefix");
	return addr_part(arg, strlen(arg), in, e);
}

/**
 * parse_prefix - an address with or without prefix length
 * @arg:	text
 * @in:		result
 * @e:		why not
 *
 * Bits behind the length are left as they are, the kernel refuses them.
 */
bool parse_prefix(const char *arg, struct inet *in, struct parse_error *e)
{
	const char *slash = strchr(arg, '/');
	uint32_t plen;

	if (!slash)
		return addr_part(arg, strlen(arg), in, e);
	if (!addr_part(arg, slash - arg, in, e))
		return false;
	if (!parse_number(slash + 1, &plen, e) || plen > in->len * 8)
		return parse_fail(e, "the prefix length is not a number from 0 to %u", in->len * 8);
	in->plen = plen;
	in->has_plen = true;
	return true;
}

/**
 * parse_endpoint - IP or IP:PORT
 * @arg:	text
 * @in:		result
 * @e:		why not
 */
bool parse_endpoint(const char *arg, struct inet *in, struct parse_error *e)
{
	const char *colon = strchr(arg, ':');
	uint32_t port;

	if (!colon || strchr(colon + 1, ':'))
		return parse_addr(arg, in, e);
	if (!addr_part(arg, colon - arg, in, e))
		return false;
	if (!parse_number(colon + 1, &port, e) || port > 65535)
		return parse_fail(e, "the port is not a number from 0 to 65535");
	in->port = port;
	in->has_port = true;
	return true;
}

static const struct {
	const char *word;
	uint32_t proto;
} protos[] = {
	{ "tcp", IPPROTO_TCP },
	{ "udp", IPPROTO_UDP },
	{ "icmp", IPPROTO_ICMP },
};

static const char *proto_word(const void *data, unsigned int i)
{
	(void)data;
	return i < ARRAY_SIZE(protos) ? protos[i].word : NULL;
}

/**
 * parse_proto - tcp, udp, icmp or a protocol number
 * @arg:	text
 * @proto:	result
 * @e:		why not
 */
bool parse_proto(const char *arg, uint32_t *proto, struct parse_error *e)
{
	const struct words list = { .word = proto_word };
	int i = word_find(&list, arg);

	if (i >= 0) {
		*proto = protos[i].proto;
		return true;
	}
	if (isdigit((unsigned char)*arg)) {
		if (!parse_number(arg, proto, e) || *proto > 255)
			return parse_fail(e, "the protocol is not a number from 0 to 255");
		return true;
	}
	return word_fail(e, &list, "protocol", arg);
}

/**
 * proto_text - word of a protocol
 * @proto:	number
 *
 * Return: NULL when it has none.
 */
const char *proto_text(uint32_t proto)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(protos); i++)
		if (protos[i].proto == proto)
			return protos[i].word;
	return NULL;
}

/**
 * time_text - a time as parse_time() reads it
 * @buf:	result
 * @secs:	time
 */
const char *time_text(char buf[TIME_TEXT], uint32_t secs)
{
	unsigned int h = secs / 3600, m = secs / 60 % 60, s = secs % 60;
	int n = 0;

	if (h)
		n += snprintf(buf + n, TIME_TEXT - n, "%uh", h);
	if (m)
		n += snprintf(buf + n, TIME_TEXT - n, "%um", m);
	if (s || !n)
		snprintf(buf + n, TIME_TEXT - n, "%us", s);
	return buf;
}

/* Decimal, without a zero at its end. Return: behind it */
static char *number_put(char *at, unsigned int n)
{
	if (n >= 10)
		at = number_put(at, n / 10);
	*at = '0' + n % 10;
	return at + 1;
}

/**
 * plen_put - append a prefix length to an address
 * @buf:	address as text
 * @plen:	length
 */
void plen_put(char buf[ADDR_TEXT], unsigned int plen)
{
	char *at = buf + strlen(buf);

	if (at + sizeof("/4294967295") > buf + ADDR_TEXT)
		return;
	*at++ = '/';
	*number_put(at, plen) = 0;
}

/**
 * addr_text - an address as text
 * @buf:	result
 * @addr:	binary, network byte order
 * @len:	its bytes: 4 or 16
 */
const char *addr_text(char buf[ADDR_TEXT], const void *addr, unsigned int len)
{
	const unsigned char *byte = addr;
	char *at = buf;
	unsigned int i;

	/* as inet_ntop() writes it, which takes ten times as long: files have thousands */
	if (len == 4) {
		for (i = 0; i < len; i++) {
			if (i)
				*at++ = '.';
			at = number_put(at, byte[i]);
		}
		*at = 0;
		return buf;
	}
	if (!inet_ntop(len == 16 ? AF_INET6 : AF_INET, addr, buf, ADDR_TEXT))
		buf[0] = 0;
	return buf;
}

/**
 * word_find - look a word up, without regard to case
 * @list:	words
 * @arg:	word wanted
 *
 * Return: its index, or -1.
 */
int word_find(const struct words *list, const char *arg)
{
	const char *word;
	unsigned int i;

	for (i = 0; (word = list->word(list->data, i)); i++)
		/* most words differ in their first letter; case is one bit of it */
		if (!((word[0] ^ arg[0]) & ~('a' ^ 'A')) && !strcasecmp(word, arg))
			return i;
	return -1;
}

/* Edits from a to b: insert, delete, replace, swap neighbours; 99 if too long */
static unsigned int distance(const char *a, const char *b)
{
	unsigned int rows[3][32], *before = rows[0], *last = rows[1], *row = rows[2], *tmp;
	size_t la = strlen(a), lb = strlen(b), i, j;
	unsigned int best;

	if (la > 31 || lb > 31)
		return 99;
	for (j = 0; j <= lb; j++)
		last[j] = j;
	for (i = 1; i <= la; i++) {
		row[0] = i;
		for (j = 1; j <= lb; j++) {
			int ca = tolower((unsigned char)a[i - 1]);
			int cb = tolower((unsigned char)b[j - 1]);

			best = last[j - 1] + (ca != cb);
			if (last[j] + 1 < best)
				best = last[j] + 1;
			if (row[j - 1] + 1 < best)
				best = row[j - 1] + 1;
			if (i > 1 && j > 1 && ca == tolower((unsigned char)b[j - 2]) &&
			    cb == tolower((unsigned char)a[i - 2]) && before[j - 2] + 1 < best)
				best = before[j - 2] + 1;
			row[j] = best;
		}
		tmp = before;
		before = last;
		last = row;
		row = tmp;
	}
	return last[lb];
}

/**
 * word_nearest - the word that was probably meant
 * @list:	words
 * @arg:	what was typed
 *
 * Return: NULL if none is near.
 */
const char *word_nearest(const struct words *list, const char *arg)
{
	unsigned int limit = (strlen(arg) + 2) / 3, best = limit + 1, d, i;
	const char *nearest = NULL, *word;
	size_t len = strlen(arg);

	for (i = 0; (word = list->word(list->data, i)); i++) {
		d = distance(arg, word);
		if (d < best && d < strlen(word)) {
			best = d;
			nearest = word;
		}
	}
	if (nearest || len < 2)
		return nearest;
	/* An abbreviation: none is accepted, but all are understood */
	for (i = 0; (word = list->word(list->data, i)); i++)
		if (!strncasecmp(word, arg, len))
			return word;
	return NULL;
}

/**
 * word_fail - say that a word is not in a list
 * @e:		where to
 * @list:	the words that are
 * @what:	what the word should be, "key of gateway"
 * @arg:	what was typed
 */
bool word_fail(struct parse_error *e, const struct words *list, const char *what,
	       const char *arg)
{
	const char *word = word_nearest(list, arg);
	unsigned int i;
	int n;

	if (word)
		return parse_fail(e, "unknown %s, did you mean %s?", what, word);

	n = snprintf(e->text, sizeof(e->text), "unknown %s, use", what);
	for (i = 0; (word = list->word(list->data, i)) && n < (int)sizeof(e->text); i++)
		n += snprintf(e->text + n, sizeof(e->text) - n, "%s %s", i ? "," : "", word);
	return false;
}

static const char *array_word(const void *data, unsigned int i)
{
	return ((const char *const *)data)[i];
}

/**
 * word_array - a list of words from an array that ends with NULL
 * @array:	words
 */
struct words word_array(const char *const *array)
{
	return (struct words){ .word = array_word, .data = array };
}
