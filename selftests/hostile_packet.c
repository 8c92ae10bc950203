// SPDX-License-Identifier: GPL-2.0
/*
 * Packets that hostile.c sends: how they are made and kept right, and whom they spare. Random
 * numbers are here, too.
 */
#include <linux/icmp.h>
#include <net/ethernet.h>
#include <netinet/in.h>
#include <string.h>

#include "hostile.h"
#include "wire.h"

#define FIRST_SEQ	5000	/* of answer.c */

bool inside;
static uint64_t state;

uint64_t random64(void)
{
	uint64_t z = state += 0x9e3779b97f4a7c15ULL;	/* splitmix64 */

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ z >> 27) * 0x94d049bb133111ebULL;
	return z ^ z >> 31;
}

uint32_t pick(uint32_t n)
{
	return random64() % n;
}

void begin(bool is_inside, uint64_t seed)
{
	inside = is_inside;
	state = seed + inside;
}

/* --- a packet and its parts --- */

uint8_t *ip_of(struct frame *f)
{
	return f->data + ETH_HLEN;
}

unsigned int header_of(struct frame *f)
{
	return (ip_of(f)[0] & 15) * 4;
}

uint8_t *l4_of(struct frame *f, unsigned int need)
{
	unsigned int at = ETH_HLEN + header_of(f);

	return header_of(f) >= IP_HEADER && at + need <= f->len ? f->data + at : NULL;
}

unsigned int protocol_of(struct frame *f)
{
	return ip_of(f)[9];
}

unsigned int check_of(unsigned int protocol)
{
	return protocol == IPPROTO_TCP ? 16 : protocol == IPPROTO_UDP ? 6 : 2;
}

static void repair_l4(struct frame *f)
{
	uint8_t *ip = ip_of(f), *l4 = l4_of(f, 8);
	unsigned int check = check_of(protocol_of(f)), end = f->len - ETH_HLEN, len;
	uint32_t acc = 0;

	if (get16(ip + 2) < end)
		end = get16(ip + 2);
	/* a piece, or what is none of the three */
	if (!l4 || get16(ip + 6) & 0x3fff || end < header_of(f) + check + 2 ||
	    (protocol_of(f) != IPPROTO_TCP && protocol_of(f) != IPPROTO_UDP &&
	     protocol_of(f) != IPPROTO_ICMP))
		return;
	len = end - header_of(f);
	if (protocol_of(f) == IPPROTO_UDP && !(f->lies & LIE_UDP))
		put16(l4 + 4, len);
	if (f->lies & LIE_SUM)
		return;
	if (protocol_of(f) != IPPROTO_ICMP)
		acc = sum(ip + 12, 8, protocol_of(f) + len);
	put16(l4 + check, 0);
	if (f->offloaded && protocol_of(f) != IPPROTO_ICMP)
		put16(l4 + check, ~fold(acc) & 0xffff);
	else
		put16(l4 + check, fold(sum(l4, len, acc)));
}

void repair(struct frame *f)
{
	uint8_t *ip = ip_of(f);

	if (f->len < ETH_HLEN + IP_HEADER)
		return;
	if (!(f->lies & LIE_LENGTH))
		put16(ip + 2, f->len - ETH_HLEN);
	if (!(f->lies & LIE_HEADER)) {
		if (!l4_of(f, 0))
			ip[0] = 0x45;
		put16(ip + 10, 0);
		put16(ip + 10, fold(sum(ip, header_of(f), 0)));
	}
	repair_l4(f);
}

/* --- packets from nothing --- */

void make(struct frame *f, unsigned int protocol, uint32_t from, uint32_t to, unsigned int l4_len)
{
	static uint16_t id;
	uint8_t *ip = ip_of(f);

	memset(f->data, 0, ETH_HLEN + IP_HEADER + l4_len);
	f->len = ETH_HLEN + IP_HEADER + l4_len;
	f->lies = 0;
	f->offloaded = false;
	put16(f->data + 12, ETHERTYPE_IP);
	ip[0] = 0x45;
	put16(ip + 4, ++id);
	ip[8] = 64;
	ip[9] = protocol;
	put32(ip + 12, from);
	put32(ip + 16, to);
}

void make_ports(struct frame *f, unsigned int protocol, uint32_t from, unsigned int port,
		uint32_t to, unsigned int to_port)
{
	uint8_t *l4 = ip_of(f) + IP_HEADER;

	make(f, protocol, from, to, protocol == IPPROTO_TCP ? 20 : 20 + pick(80));
	put16(l4, port);
	put16(l4 + 2, to_port);
	if (protocol == IPPROTO_TCP) {
		put32(l4 + 4, 1000);
		l4[12] = 0x50;
		l4[13] = 0x02;
		put16(l4 + 14, 8192);
	}
}

void make_echo(struct frame *f, uint32_t from, uint32_t to, unsigned int id)
{
	make(f, IPPROTO_ICMP, from, to, 16 + pick(60));
	ip_of(f)[IP_HEADER] = inside ? ICMP_ECHO : ICMP_ECHOREPLY;
	put16(ip_of(f) + IP_HEADER + 4, id);
	put16(ip_of(f) + IP_HEADER + 6, pick(65536));
}

/* The steps of a connection that answer.c answers */
static void tcp_step(struct frame *f, unsigned int port)
{
	static const uint8_t flags[] = { 0x02, 0x10, 0x18, 0x18, 0x11, 0x04 };
	static const uint32_t next[] = { 1000, 1001, 1001, 1011, 1021, 1021 };
	unsigned int step = pick(6), data = flags[step] == 0x18 ? 10 : 0;
	uint8_t *l4 = ip_of(f) + IP_HEADER;

	make_ports(f, IPPROTO_TCP, BAIT, port, BAIT_PEER, 80);
	f->len += data;
	memset(l4 + 20, 'x', data);
	put32(l4 + 4, next[step]);
	if (step)
		put32(l4 + 8, FIRST_SEQ + 1 + (step > 3));
	l4[13] = flags[step];
}

void bait(struct frame *f)
{
	unsigned int port = 20000 + pick(32);

	if (!inside)
		make_ports(f, pick(2) ? IPPROTO_TCP : IPPROTO_UDP, BAIT_PEER, 80, POOL,
			   1024 + pick(64512));
	else if (!pick(5))
		make_echo(f, BAIT, BAIT_PEER, port);
	else if (!pick(3))
		make_ports(f, IPPROTO_UDP, BAIT, port, BAIT_PEER, 9000);
	else
		tcp_step(f, port);
	repair(f);
}

/* --- who must not be hurt, see hostile.c --- */

static bool is_private(uint32_t addr)
{
	return addr >> 24 == 10 || addr >> 20 == 0xac1 || addr >> 16 == 0xc0a8;
}

/* in a subnet that hostile.sh binds; of others Linux alone forwards the packets */
static bool is_bound(uint32_t addr)
{
	return addr >> 8 == ADDR(10, 0, 1, 0) >> 8 || addr >> 8 == ADDR(10, 0, 2, 0) >> 8 ||
	       addr >> 21 == ADDR(10, 64, 0, 0) >> 21 || addr >> 20 == 0xac1 ||
	       addr >> 16 == 0xc0a8;
}

static void spare_quote(struct frame *f)
{
	uint8_t *icmp = l4_of(f, 8 + IP_HEADER + 8), *quote, *l4;
	uint32_t from, to;

	if (!icmp)
		return;
	quote = icmp + 8;
	from = get32(quote + 12);
	to = get32(quote + 16);
	if (inside && from >> 24 == DIRECT >> 24)
		put32(quote + 12, PUBLIC | (from & 0xffffff));
	if (from != VICTIM && to != VICTIM && from != LEGIT && to != LEGIT)
		return;
	l4 = quote + (quote[0] & 15) * 4;
	if (quote[9] == IPPROTO_TCP && l4 + 8 <= f->data + f->len) {
		put32(l4 + 4, random64());
		return;
	}
	put32(quote + 12, from == VICTIM ? NOBODY : from == LEGIT ? BAIT : from);
	put32(quote + 16, to == VICTIM ? NOBODY : to == LEGIT ? BAIT : to);
}

/*
 * Where the packet goes behind the router: what a source route says that m_options() made, or one
 * whose kind m_flip() made of another one
 */
static uint8_t *last_hop(struct frame *f)
{
	uint8_t *ip = ip_of(f), *option = l4_of(f, 0);

	if (option && header_of(f) >= IP_HEADER + 8) {
		option = ip + IP_HEADER;
		if ((option[0] | 1) == 131 || (option[0] | 1) == 137)
			return option + 3;
	}
	return ip + 16;
}

/* Who sends past the gateway is in a network of its own, to which nobody inside sends */
static void spare_direct(struct frame *f, uint8_t *target)
{
	uint32_t from = get32(ip_of(f) + 12), to = get32(target);

	/* what came in past the gateway is answered past it, also if outside sends the answer */
	if ((inside || is_private(from)) && to >> 24 == DIRECT >> 24)
		put32(target, PUBLIC | (to & 0xffffff));
	if (!inside && is_private(to)) {
		put32(ip_of(f) + 12, DIRECT | (from & 0xffffff));
		put32(target, BAIT);
	}
}

void spare(struct frame *f)
{
	uint8_t *ip = ip_of(f), *l4;
	uint32_t from, to;

	if (f->len < ETH_HLEN + IP_HEADER || get16(f->data + 12) != ETHERTYPE_IP)
		return;
	from = get32(ip + 12);
	if (inside && from == LEGIT)
		put32(ip + 12, BAIT);
	else if (is_private(from) && !is_bound(from))
		put32(ip + 12, ADDR(10, 64, 0, 0) | (from & 0x1fffff));
	spare_direct(f, ip + 16);
	spare_direct(f, last_hop(f));
	from = get32(ip + 12);
	to = get32(ip + 16);
	l4 = l4_of(f, 12);
	if (l4 && protocol_of(f) == IPPROTO_TCP &&
	    (from == VICTIM || to == VICTIM || to == LEGIT)) {
		put32(l4 + 4, random64());
		put32(l4 + 8, random64());
	} else if (!inside && protocol_of(f) != IPPROTO_TCP) {
		if (from == VICTIM)
			put32(ip + 12, NOBODY);
		else if (to == VICTIM)
			put32(ip + 16, NOBODY);
	}
	if (protocol_of(f) == IPPROTO_ICMP)
		spare_quote(f);
	repair(f);
}
