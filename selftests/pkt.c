// SPDX-License-Identifier: GPL-2.0
/*
 * Sends IPv4 packets made by hand, or their fragments.
 *
 *	pkt [netns NAME] PACKET [and PACKET]...
 *
 *	PACKET	[ttl N] [tos N] [id N] [df] [options HEX] [badheader] [fragment BYTES [order O]]
 *		[repeat N [ports N] [every MS]] SRC DST PAYLOAD
 *
 *	PAYLOAD	udp SPORT DPORT [size N] [nosum | badsum]
 *		tcp SPORT DPORT FLAGS [seq N] [ack N] [window N] [stamp N] [scale N]
 *			[size N] [badsum]
 *		echo | reply ID SEQ [size N] [badsum]
 *		icmp TYPE CODE [mtu N] [quote N] [badsum] PACKET
 *		proto N [size N]
 *	FLAGS	of FSRPAU, "-" for none
 *	order	forward, reverse, overlap (the last one begins 8 bytes early),
 *		hole (all but the last)
 *	ports	each time from the next port (or echo id), after N of them from the
 *		first one of the next address
 *	window	the field, 8192 unless told
 *	stamp	the timestamp option
 *	scale	the window scale option
 *
 * badheader spoils the checksum of the IP header, if this is the packet that an error quotes.
 *
 * An ICMP error ends with the PACKET that it quotes; quote N cuts its payload to
 * N bytes (8 unless told).
 */
#include <arpa/inet.h>
#include <err.h>
#include <fcntl.h>
#include <netinet/ip.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "netns.h"
#include "wire.h"

#define PACKET_MAX 65535

struct packet {
	uint8_t data[PACKET_MAX + 1];
	unsigned int header, len;	/* of the IP header, of everything */
	unsigned int fragment, repeat, ports, every;
	const char *order;
};

static char **arg;

static const char *next(void)
{
	if (!*arg)
		errx(1, "argument missing");
	return *arg++;
}

static bool word(const char *what)
{
	if (!*arg || strcmp(*arg, what))
		return false;
	arg++;
	return true;
}

static unsigned long number(void)
{
	const char *s = next();
	unsigned long n;
	char *end;

	n = strtoul(s, &end, 0);
	if (!*s || *end)
		errx(1, "'%s' is no number", s);
	return n;
}

static uint32_t address(void)
{
	const char *s = next();
	struct in_addr in;

	if (inet_pton(AF_INET, s, &in) != 1)
		errx(1, "'%s' is no address", s);
	return in.s_addr;
}

/* Bytes that a receiver can tell from another packet's */
static void fill(uint8_t *p, unsigned int len)
{
	unsigned int i;

	for (i = 0; i < len; i++)
		p[i] = 'a' + i % 23;
}

static unsigned int l4_checksum(const struct packet *pkt, const uint8_t *l4)
{
	unsigned int len = pkt->len - pkt->header;
	const uint8_t *ip = pkt->data;
	uint32_t acc;

	acc = sum(ip + 12, 8, ip[9] + len);
	return fold(sum(l4, len, acc));
}

static void set_flags(uint8_t *p, const char *flags)
{
	static const char names[] = "FSRPAU";
	const char *bit;

	for (; *flags && strcmp(flags, "-"); flags++) {
		bit = strchr(names, *flags);
		if (!bit)
			errx(1, "flag '%c' unknown", *flags);
		*p |= 1 << (bit - names);
	}
}

static void make_udp(struct packet *pkt, uint8_t *l4)
{
	bool nosum = false, badsum = false;
	unsigned int size = 0, check;

	put16(l4, number());
	put16(l4 + 2, number());
	for (;;) {
		if (word("size"))
			size = number();
		else if (word("nosum"))
			nosum = true;
		else if (word("badsum"))
			badsum = true;
		else
			break;
	}
	if (pkt->header + 8 + size > PACKET_MAX)
		errx(1, "too long");
	fill(l4 + 8, size);
	put16(l4 + 4, 8 + size);
	pkt->len = pkt->header + 8 + size;
	pkt->data[9] = IPPROTO_UDP;
	check = l4_checksum(pkt, l4);
	if (!nosum)
		put16(l4 + 6, (check ? check : 0xffff) ^ (badsum ? 0x1234 : 0));
}

/* Return: bytes of options */
static unsigned int set_stamp(uint8_t *options, uint32_t stamp)
{
	static const uint8_t head[] = { 1, 1, 8, 10 };	/* NOP, NOP, timestamp */

	memcpy(options, head, sizeof(head));
	put32(options + 4, stamp);
	return 12;
}

static unsigned int set_scale(uint8_t *options, uint8_t scale)
{
	const uint8_t option[] = { 1, 3, 3, scale };	/* NOP, window scale */

	memcpy(options, option, sizeof(option));
	return sizeof(option);
}

static void make_tcp(struct packet *pkt, uint8_t *l4)
{
	unsigned int size = 0, header = 20;
	bool badsum = false;

	put16(l4, number());
	put16(l4 + 2, number());
	set_flags(l4 + 13, next());
	put16(l4 + 14, 8192);
	for (;;) {
		if (word("seq"))
			put32(l4 + 4, number());
		else if (word("ack"))
			put32(l4 + 8, number());
		else if (word("window"))
			put16(l4 + 14, number());
		else if (word("stamp"))
			header += set_stamp(l4 + header, number());
		else if (word("scale"))
			header += set_scale(l4 + header, number());
		else if (word("size"))
			size = number();
		else if (word("badsum"))
			badsum = true;
		else
			break;
	}
	if (pkt->header + header + size > PACKET_MAX)
		errx(1, "too long");
	l4[12] = header / 4 << 4;
	fill(l4 + header, size);
	pkt->len = pkt->header + header + size;
	pkt->data[9] = IPPROTO_TCP;
	put16(l4 + 16, l4_checksum(pkt, l4) ^ (badsum ? 0x1234 : 0));
}

static void end_icmp(struct packet *pkt, uint8_t *l4, unsigned int len, bool badsum)
{
	pkt->len = pkt->header + len;
	pkt->data[9] = IPPROTO_ICMP;
	put16(l4 + 2, fold(sum(l4, len, 0)) ^ (badsum ? 0x1234 : 0));
}

static void make_echo(struct packet *pkt, uint8_t *l4, int type)
{
	unsigned int size = 0;
	bool badsum = false;

	l4[0] = type;
	put16(l4 + 4, number());
	put16(l4 + 6, number());
	for (;;) {
		if (word("size"))
			size = number();
		else if (word("badsum"))
			badsum = true;
		else
			break;
	}
	if (pkt->header + 8 + size > PACKET_MAX)
		errx(1, "too long");
	fill(l4 + 8, size);
	end_icmp(pkt, l4, 8 + size, badsum);
}

static void make(struct packet *pkt);

static void make_error(struct packet *pkt, uint8_t *l4)
{
	static struct packet quoted;
	unsigned int quote = 8;
	bool badsum = false;

	l4[0] = number();
	l4[1] = number();
	for (;;) {
		if (word("mtu"))
			put16(l4 + 6, number());
		else if (word("quote"))
			quote = number();
		else if (word("badsum"))
			badsum = true;
		else
			break;
	}
	make(&quoted);
	if (quoted.header + quote < quoted.len)
		quoted.len = quoted.header + quote;
	memcpy(l4 + 8, quoted.data, quoted.len);
	end_icmp(pkt, l4, 8 + quoted.len, badsum);
}

static void set_options(struct packet *pkt, const char *hex)
{
	unsigned int n = strlen(hex) / 2, i, byte;

	if (n > 40)
		errx(1, "at most 40 bytes of options");
	for (i = 0; i < n; i++) {
		if (sscanf(hex + 2 * i, "%2x", &byte) != 1)
			errx(1, "'%s' is not hex", hex);
		pkt->data[20 + i] = byte;
	}
	pkt->header = 20 + (n + 3) / 4 * 4;
}

static void make(struct packet *pkt)
{
	uint8_t *ip = pkt->data, *l4;
	bool badheader = false;
	unsigned int size;

	memset(pkt, 0, sizeof(*pkt));
	pkt->header = 20;
	pkt->repeat = 1;
	pkt->order = "forward";
	ip[8] = 64;
	for (;;) {
		if (word("ttl"))
			ip[8] = number();
		else if (word("tos"))
			ip[1] = number();
		else if (word("id"))
			put16(ip + 4, number());
		else if (word("df"))
			ip[6] |= 0x40;
		else if (word("badheader"))
			badheader = true;
		else if (word("options"))
			set_options(pkt, next());
		else if (word("fragment"))
			pkt->fragment = number() & ~7u;
		else if (word("order"))
			pkt->order = next();
		else if (word("repeat"))
			pkt->repeat = number();
		else if (word("ports"))
			pkt->ports = number();
		else if (word("every"))
			pkt->every = number();
		else
			break;
	}
	memcpy(ip + 12, &(uint32_t){ address() }, 4);
	memcpy(ip + 16, &(uint32_t){ address() }, 4);
	ip[0] = 4 << 4 | pkt->header / 4;
	l4 = ip + pkt->header;

	if (word("udp")) {
		make_udp(pkt, l4);
	} else if (word("tcp")) {
		make_tcp(pkt, l4);
	} else if (word("echo")) {
		make_echo(pkt, l4, 8);
	} else if (word("reply")) {
		make_echo(pkt, l4, 0);
	} else if (word("icmp")) {
		make_error(pkt, l4);
	} else if (word("proto")) {
		ip[9] = number();
		size = word("size") ? number() : 32;
		fill(l4, size);
		pkt->len = pkt->header + size;
	} else {
		errx(1, "udp, tcp, echo, reply, icmp or proto, not '%s'", next());
	}
	put16(ip + 2, pkt->len);
	put16(ip + 10, fold(sum(ip, pkt->header, 0)) ^ (badheader ? 0x1234 : 0));
}

/* The n-th flow of those that begin with this address and port */
static void set_flow(struct packet *pkt, unsigned int n, uint32_t addr, unsigned int port)
{
	uint8_t *ip = pkt->data, *l4 = ip + pkt->header, *at = l4, *check;

	addr += n / pkt->ports;
	port += n % pkt->ports;
	switch (ip[9]) {
	case IPPROTO_UDP:
		check = l4 + 6;
		break;
	case IPPROTO_TCP:
		check = l4 + 16;
		break;
	default:
		check = l4 + 2;
		at = l4 + 4;
	}
	if (port > 0xffff)
		errx(1, "port %u", port);
	put32(ip + 12, addr);
	put16(at, port);
	put16(check, 0);
	if (ip[9] == IPPROTO_ICMP)
		put16(check, fold(sum(l4, pkt->len - pkt->header, 0)));
	else
		put16(check, l4_checksum(pkt, l4));
	put16(ip + 10, 0);
	put16(ip + 10, fold(sum(ip, pkt->header, 0)));
}

static void transmit(int fd, const uint8_t *data, unsigned int len)
{
	struct sockaddr_in to = { .sin_family = AF_INET };

	memcpy(&to.sin_addr, data + 16, 4);
	if (sendto(fd, data, len, 0, (void *)&to, sizeof(to)) != (ssize_t)len)
		err(1, "sendto");
}

static void transmit_fragment(int fd, const struct packet *pkt, unsigned int from, unsigned int to)
{
	static uint8_t buf[PACKET_MAX + 1];
	unsigned int total = pkt->len - pkt->header;

	memcpy(buf, pkt->data, pkt->header);
	memcpy(buf + pkt->header, pkt->data + pkt->header + from, to - from);
	put16(buf + 6, from / 8 | (to < total ? 0x2000 : 0));
	put16(buf + 2, pkt->header + to - from);
	transmit(fd, buf, pkt->header + to - from);
}

static void transmit_fragments(int fd, struct packet *pkt)
{
	unsigned int total = pkt->len - pkt->header, n, i, k, from, to;
	bool overlap = !strcmp(pkt->order, "overlap");
	bool reverse = !strcmp(pkt->order, "reverse");
	bool hole = !strcmp(pkt->order, "hole");

	if (!overlap && !reverse && !hole && strcmp(pkt->order, "forward"))
		errx(1, "order '%s' unknown", pkt->order);
	/* the stack gives an id of its own to what has none, each time another */
	if (!pkt->data[4] && !pkt->data[5])
		put16(pkt->data + 4, getpid() | 1);
	n = (total + pkt->fragment - 1) / pkt->fragment;
	for (i = 0; i < n; i++) {
		k = reverse ? n - 1 - i : i;
		from = k * pkt->fragment;
		to = from + pkt->fragment < total ? from + pkt->fragment : total;
		if (k == n - 1 && hole)
			continue;
		if (k == n - 1 && overlap && from >= 8)
			from -= 8;
		transmit_fragment(fd, pkt, from, to);
	}
}

static void enter(const char *netns)
{
	if (enter_netns(netns))
		err(1, "netns %s", netns);
}

static void transmit_all(int fd, struct packet *pkt)
{
	uint32_t addr = get32(pkt->data + 12);
	unsigned int i, port;

	port = get32(pkt->data + pkt->header + (pkt->data[9] == IPPROTO_ICMP ? 2 : -2)) & 0xffff;
	for (i = 0; i < pkt->repeat; i++) {
		if (i && pkt->every)
			usleep(pkt->every * 1000);
		if (pkt->ports)
			set_flow(pkt, i, addr, port);
		if (pkt->fragment)
			transmit_fragments(fd, pkt);
		else
			transmit(fd, pkt->data, pkt->len);
	}
}

int main(int argc, char **argv)
{
	static struct packet pkt;
	int fd;

	(void)argc;
	arg = argv + 1;
	if (word("netns"))
		enter(next());
	fd = socket(AF_INET, SOCK_RAW, IPPROTO_RAW);
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_BROADCAST, &(int){ 1 }, sizeof(int)))
		err(1, "socket");
	do {
		make(&pkt);
		transmit_all(fd, &pkt);
	} while (word("and"));
	if (*arg)
		errx(1, "'%s' is one too many", *arg);
	return 0;
}
