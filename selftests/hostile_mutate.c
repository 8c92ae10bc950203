// SPDX-License-Identifier: GPL-2.0
/*
 * Makes packets that nobody should send out of real ones: see hostile.c. Each function m_*() is
 * one mutation. What a mutation does not touch is right in the end: repair() fills in lengths and
 * checksums, but those that a mutation has lied about.
 */
#include <linux/icmp.h>
#include <net/ethernet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "hostile.h"
#include "wire.h"

#define GSO_UDP_L4	5	/* VIRTIO_NET_HDR_GSO_UDP_L4, which older headers lack */

/* --- mutations of the IP header --- */

static void m_replay(struct frame *f)
{
}

static void m_version(struct frame *f)
{
	ip_of(f)[0] = pick(2) ? pick(256) : 0x40 | pick(16);
	f->lies |= LIE_HEADER;
	/* right but for this: the sum is over as many words as it says */
	if (!l4_of(f, 0))
		return;
	put16(ip_of(f) + 10, 0);
	put16(ip_of(f) + 10, fold(sum(ip_of(f), header_of(f), 0)));
}

static void m_options(struct frame *f)
{
	static const uint8_t kinds[] = { 131, 137, 7, 68, 148, 130, 134, 136, 1, 0 };
	unsigned int len = 4 + pick(10) * 4, space = f->len - ETH_HLEN - IP_HEADER;
	uint8_t *ip = ip_of(f), *opt = ip + IP_HEADER;

	if (header_of(f) != IP_HEADER || f->len + len > FRAME_MAX)
		return;
	memmove(opt + len, opt, space);
	memset(opt, 1, len);
	opt[0] = pick(4) ? kinds[pick(sizeof(kinds))] : pick(256);
	opt[1] = pick(3) ? len - pick(4) : pick(256);
	opt[2] = pick(3) ? 4 + pick(3) * 4 : pick(256);
	/* source routes: to where the packet goes, by the router */
	if ((opt[0] == 131 || opt[0] == 137) && len >= 8 && pick(4)) {
		memcpy(opt + 3, ip + 16, 4);
		put32(ip + 16, inside ? ADDR(10, 0, 1, 1) : ADDR(192, 0, 2, 1));
	}
	ip[0] = 0x40 | (IP_HEADER + len) / 4;
	f->len += len;
}

static void m_length(struct frame *f)
{
	static const uint16_t odd[] = { 0, 19, 20, 21, 27, 28, 65535 };
	unsigned int len = f->len - ETH_HLEN;

	switch (pick(3)) {
	case 0:
		len = odd[pick(7)];
		break;
	case 1:
		len = pick(len + 1);
		break;
	default:
		len += pick(64);
	}
	put16(ip_of(f) + 2, len);
	f->lies |= LIE_LENGTH;
}

static void m_cut(struct frame *f)
{
	f->len = ETH_HLEN + pick(f->len - ETH_HLEN + 1);
	if (!pick(3))
		f->lies |= LIE_LENGTH;	/* the header tells of more than there is */
}

static void m_padding(struct frame *f)
{
	unsigned int more = pick(60);

	f->lies |= LIE_LENGTH;
	put16(ip_of(f) + 2, f->len - ETH_HLEN);
	memset(f->data + f->len, pick(256), more);
	f->len += more;
}

static void m_fragment_bits(struct frame *f)
{
	put16(ip_of(f) + 6, pick(2) ? pick(65536) : pick(8) << 13);
}

static void m_ttl(struct frame *f)
{
	ip_of(f)[8] = pick(4) ? pick(3) : pick(256);
}

static void m_tos(struct frame *f)
{
	ip_of(f)[1] = pick(256);
}

static void m_ip_sum(struct frame *f)
{
	f->lies |= LIE_HEADER;
	ip_of(f)[10 + pick(2)] ^= 1 + pick(255);
}

static void m_protocol(struct frame *f)
{
	static const uint8_t known[] = { 1, 6, 17, 2, 4, 41, 47, 50, 51, 132, 136 };

	ip_of(f)[9] = pick(2) ? known[pick(sizeof(known))] : pick(256);
}

static uint32_t any_address(void)
{
	static const uint32_t some[] = {
		BAIT, LEGIT, BAIT_PEER, VICTIM, NOBODY, POOL, ADDR(203, 0, 113, 9),
		ADDR(203, 0, 113, 77), ADDR(10, 0, 1, 1), ADDR(10, 0, 1, 3), ADDR(10, 0, 1, 0),
		ADDR(10, 0, 1, 255), ADDR(10, 0, 2, 2), ADDR(192, 0, 2, 1), ADDR(192, 0, 2, 2),
		ADDR(192, 0, 2, 255), ADDR(127, 0, 0, 1), 0, 0xffffffff, ADDR(224, 0, 0, 251),
		ADDR(240, 0, 0, 1), ADDR(169, 254, 1, 1), ADDR(100, 64, 0, 1),
		ADDR(172, 16, 5, 5), ADDR(192, 168, 1, 1), ADDR(198, 18, 0, 1),
	};

	switch (pick(4)) {
	case 0:
		return random64();
	case 1:
		return ADDR(10, 64, 0, 0) + pick(1 << 21);
	default:
		return some[pick(sizeof(some) / sizeof(some[0]))];
	}
}

static void m_source(struct frame *f)
{
	put32(ip_of(f) + 12, any_address());
}

static void m_destination(struct frame *f)
{
	put32(ip_of(f) + 16, any_address());
}

static void m_reverse(struct frame *f)
{
	uint32_t from = get32(ip_of(f) + 12);
	uint8_t *l4 = l4_of(f, 4);
	unsigned int port;

	put32(ip_of(f) + 12, get32(ip_of(f) + 16));
	put32(ip_of(f) + 16, from);
	if (!l4 || protocol_of(f) == IPPROTO_ICMP)
		return;
	port = get16(l4);
	put16(l4, get16(l4 + 2));
	put16(l4 + 2, port);
}

static void m_flip(struct frame *f)
{
	unsigned int n = 1 + pick(8);

	while (n--)
		f->data[ETH_HLEN + pick(f->len - ETH_HLEN)] ^= 1 << pick(8);
	f->lies |= pick(2) ? 0 : pick(16);
}

/* --- mutations of what is behind it --- */

static void m_sum(struct frame *f)
{
	f->lies |= LIE_SUM;
	if (l4_of(f, 20))
		l4_of(f, 20)[check_of(protocol_of(f)) + pick(2)] ^= 1 + pick(255);
}

static void m_no_sum(struct frame *f)
{
	f->lies |= LIE_SUM;
	if (l4_of(f, 20))
		put16(l4_of(f, 20) + check_of(protocol_of(f)), 0);
}

static void m_ports(struct frame *f)
{
	uint8_t *l4 = l4_of(f, 8);

	if (!l4)
		return;
	if (protocol_of(f) == IPPROTO_ICMP)
		put16(l4 + 4, pick(65536));
	else
		put16(l4 + pick(2) * 2, pick(4) ? pick(65536) : 0);
}

/* Each combination of flags in turn, in whatever state the flow is; data offsets, numbers near */
static void m_tcp(struct frame *f)
{
	static unsigned int flags;
	uint8_t *l4 = l4_of(f, 20);
	unsigned int i;

	if (!l4 || protocol_of(f) != IPPROTO_TCP)
		return;
	l4[13] = flags++;
	for (i = 4; i <= 8; i += 4)
		if (!pick(3))
			put32(l4 + i, get32(l4 + i) + (pick(2) ? pick(3) - 1 :
							       pick(200000) - 100000));
		else if (!pick(4))
			put32(l4 + i, random64());
	if (!pick(4))
		l4[12] = pick(256);
	if (!pick(4))
		put16(l4 + 14, pick(2) ? 0 : pick(65536));
	if (!pick(8))
		put16(l4 + 18, pick(65536));
}

static void m_tcp_options(struct frame *f)
{
	static const uint8_t kinds[] = { 2, 3, 4, 5, 8, 30, 34, 0, 1 };
	unsigned int len = 4 + pick(10) * 4, i = 0;
	uint8_t *l4 = l4_of(f, 20);

	if (!l4 || protocol_of(f) != IPPROTO_TCP || f->len + len > FRAME_MAX)
		return;
	memmove(l4 + 20 + len, l4 + 20, f->data + f->len - l4 - 20);
	while (i < len) {
		l4[20 + i++] = kinds[pick(sizeof(kinds))];
		if (i < len)
			l4[20 + i++] = pick(3) ? 2 + pick(9) : pick(256);
		if (i < len)
			l4[20 + i++] = pick(256);
	}
	l4[12] = (20 + len) / 4 << 4;
	f->len += len;
}

static void m_udp_length(struct frame *f)
{
	uint8_t *l4 = l4_of(f, 8);

	if (!l4)
		return;
	put16(l4 + 4, pick(2) ? pick(16) : pick(65536));
	f->lies |= LIE_UDP;
}

static void m_icmp_type(struct frame *f)
{
	uint8_t *l4 = l4_of(f, 8);

	if (!l4)
		return;
	ip_of(f)[9] = IPPROTO_ICMP;
	l4[0] = pick(3) ? pick(19) : pick(256);
	l4[1] = pick(3) ? pick(16) : pick(256);
}

static void mutate_quote(struct frame *f);

/* An error about this packet; errors about errors come from mutating one */
static void m_error(struct frame *f)
{
	static const uint8_t types[] = { 3, 3, 3, 11, 12, 4, 5 };
	unsigned int len = f->len - ETH_HLEN, most = pick(3) ? IP_HEADER + 8 + pick(64) : len;
	uint32_t from = get32(ip_of(f) + 12);
	uint8_t quote[FRAME_MAX];

	repair(f);
	/* as it was sent by the other side, mostly: an error is about what one has received */
	if (pick(4))
		m_reverse(f);
	repair(f);
	mutate_quote(f);
	len = len < most ? len : most;
	if (!pick(8))
		len = pick(len + 1);
	if (len + 8 + IP_HEADER + ETH_HLEN > 1514)
		len = 1514 - 8 - IP_HEADER - ETH_HLEN;
	memcpy(quote, ip_of(f), len);
	make(f, IPPROTO_ICMP, pick(3) ? from : any_address(),
	     len >= IP_HEADER && pick(8) ? get32(quote + 12) : any_address(), 8 + len);
	ip_of(f)[IP_HEADER] = types[pick(sizeof(types))];
	ip_of(f)[IP_HEADER + 1] = pick(16);
	put32(ip_of(f) + IP_HEADER + 4, pick(2) ? pick(1500) : random64());
	memcpy(ip_of(f) + IP_HEADER + 8, quote, len);
}

static void mutate_quote(struct frame *f)
{
	static void (*const some[])(struct frame *f) = {
		m_version, m_options, m_length, m_fragment_bits, m_protocol, m_source,
		m_destination, m_ports, m_flip, m_replay, m_replay, m_replay,
	};

	some[pick(sizeof(some) / sizeof(some[0]))](f);
}

/* What a virtual machine's device may hand over: a large packet, a checksum to be made */
static void m_offloaded(struct frame *f)
{
	unsigned int protocol = protocol_of(f), more = pick(6000);

	if (!l4_of(f, 20) || (protocol != IPPROTO_TCP && protocol != IPPROTO_UDP))
		return;
	if (f->len + more > FRAME_MAX)
		more = FRAME_MAX - f->len;
	memset(f->data + f->len, 'y', more);
	f->len += more;
	f->offloaded = true;
	f->vnet = (struct virtio_net_hdr) {
		.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM,
		.gso_type = protocol == IPPROTO_TCP ? VIRTIO_NET_HDR_GSO_TCPV4 :
						      GSO_UDP_L4,
		.hdr_len = ETH_HLEN + header_of(f) + (protocol == IPPROTO_TCP ? 20 : 8),
		.gso_size = 100 + pick(1300),
		.csum_start = ETH_HLEN + header_of(f),
		.csum_offset = check_of(protocol),
	};
	if (pick(3))
		return;
	switch (pick(4)) {
	case 0:
		f->vnet.gso_size = pick(65536);
		break;
	case 1:
		f->vnet.hdr_len = pick(200);
		break;
	case 2:
		f->vnet.csum_start = pick(100);
		break;
	default:
		f->vnet.gso_type = pick(6);
	}
}

/* --- several packets --- */

/* What remains of f is sent by who calls */
static void m_fragments(struct frame *f)
{
	unsigned int header = header_of(f), step = 8 * (1 + pick(pick(2) ? 2 : 100)), at, n = 0;
	struct frame whole = *f, piece;
	unsigned int len, odd = pick(8);

	if (!l4_of(f, 8) || get16(ip_of(f) + 6) & 0x3fff || f->offloaded)
		return;
	spare(&whole);		/* the sum is over the whole */
	whole.len += pick(2) ? 0 : pick(1000);
	len = whole.len - ETH_HLEN - header;
	for (at = 0; at < len && n < 24; at += step, n++) {
		unsigned int begin = at, size = len - at < step ? len - at : step;

		if (odd == 0 && at && pick(2))
			begin -= 8;			/* overlaps the one before */
		if (odd == 1 && !pick(4))
			continue;			/* a hole */
		piece = whole;
		memcpy(ip_of(&piece) + header, ip_of(&whole) + header + begin, size);
		piece.len = ETH_HLEN + header + size;
		put16(ip_of(&piece) + 6, begin / 8 | (at + step < len ? 0x2000 : 0));
		if (odd == 2)
			put16(ip_of(&piece) + 6, (begin / 8 + 0x1fff - pick(8)) & 0x3fff);
		if (odd == 3)
			m_options(&piece);
		emit(&piece);
		if (odd == 4)
			emit(&piece);
	}
	f->len = 0;
}

/* New flows that have something in common: what is alike about them may be where they are kept */
static void m_flood(struct frame *f)
{
	static const uint32_t steps[] = { 1, 256, 1024, 4096, 65536 };
	uint32_t step = steps[pick(5)], start = random64();
	unsigned int i, kind = pick(4), port = 9;
	unsigned int protocol = pick(2) ? IPPROTO_TCP : IPPROTO_UDP;

	for (i = 0; i < 64; i++) {
		uint32_t n = start + i * step;

		if (!inside && kind == 0)	/* past the gateway */
			make_ports(f, protocol, DIRECT | (n & 0xffffff), 9, BAIT, port);
		else if (!inside)
			make_ports(f, protocol, PUBLIC | (n & 0xffffff), 80, POOL, n >> 8);
		else if (kind == 0)		/* one host, one destination */
			make_ports(f, protocol, BAIT, n, BAIT_PEER, port);
		else if (kind == 1)		/* many hosts */
			make_ports(f, protocol, ADDR(10, 64, 0, 0) | (n & 0x1fffff), 4000,
				   BAIT_PEER, port);
		else if (kind == 2)		/* many destinations */
			make_ports(f, protocol, BAIT, 4000, PUBLIC | (n & 0xffffff), port);
		else
			make_echo(f, ADDR(10, 64, 0, 0) | (n & 0x1fffff), BAIT_PEER, n >> 3);
		emit(f);
	}
	f->len = 0;
}

/* Requests and answers; nobody says that he has the address of another one here */
static void m_arp(struct frame *f)
{
	static const uint32_t targets[] = {
		POOL, ADDR(203, 0, 113, 9), ADDR(203, 0, 113, 77), ADDR(10, 0, 1, 1),
		ADDR(192, 0, 2, 1), 0, 0xffffffff,
	};
	uint8_t *arp = f->data + ETH_HLEN;
	uint32_t sender = inside ? ADDR(10, 0, 1, 200 + pick(50)) : ADDR(192, 0, 2, 200 + pick(50));

	memset(f->data, 0, ETH_HLEN + 46);
	put16(f->data + 12, ETHERTYPE_ARP);
	f->len = ETH_HLEN + 46;
	put16(arp, pick(8) ? 1 : pick(65536));
	put16(arp + 2, pick(8) ? ETHERTYPE_IP : pick(65536));
	arp[4] = pick(8) ? ETH_ALEN : pick(256);
	arp[5] = pick(8) ? 4 : pick(256);
	put16(arp + 6, pick(2) ? 1 : pick(5));
	put32(arp + 8, random64());
	put32(arp + 14, pick(4) ? sender : pick(2) ? POOL : 0);
	put32(arp + 24, pick(4) ? targets[pick(7)] : (uint32_t)random64());
	if (!pick(8))
		f->len = ETH_HLEN + pick(28);
}

/* --- all of them --- */

static const struct {
	const char *name;
	void (*apply)(struct frame *f);
	unsigned int weight;
} mutations[] = {
	{ "replay", m_replay, 6 }, { "version", m_version, 2 }, { "options", m_options, 5 },
	{ "length", m_length, 4 }, { "cut", m_cut, 4 }, { "padding", m_padding, 2 },
	{ "fragment-bits", m_fragment_bits, 2 }, { "ttl", m_ttl, 3 }, { "tos", m_tos, 1 },
	{ "ip-sum", m_ip_sum, 1 }, { "protocol", m_protocol, 3 }, { "source", m_source, 6 },
	{ "destination", m_destination, 4 }, { "reverse", m_reverse, 4 }, { "flip", m_flip, 6 },
	{ "sum", m_sum, 2 }, { "no-sum", m_no_sum, 2 }, { "ports", m_ports, 4 },
	{ "tcp", m_tcp, 20 }, { "tcp-options", m_tcp_options, 4 },
	{ "udp-length", m_udp_length, 2 }, { "icmp-type", m_icmp_type, 3 },
	{ "error", m_error, 12 }, { "offloaded", m_offloaded, 4 },
	{ "fragments", m_fragments, 1 }, { "flood", m_flood, 1 }, { "arp", m_arp, 3 },
};

#define MUTATIONS (sizeof(mutations) / sizeof(mutations[0]))

static unsigned long counts[MUTATIONS];

static unsigned int pick_mutation(void)
{
	unsigned int i, all = 0, n;

	for (i = 0; i < MUTATIONS; i++)
		all += mutations[i].weight;
	n = pick(all);
	for (i = 0; n >= mutations[i].weight; i++)
		n -= mutations[i].weight;
	return i;
}

void mutate(struct frame *f)
{
	unsigned int n = 1 + pick(3), i;

	while (n--) {
		i = pick_mutation();
		mutations[i].apply(f);
		counts[i]++;
		/* sent, or not IPv4 any more */
		if (f->len < ETH_HLEN + IP_HEADER + 8 || get16(f->data + 12) != ETHERTYPE_IP)
			break;
	}
	if (f->len >= ETH_HLEN)
		emit(f);
}

void print_mutations(void)
{
	unsigned int i;

	for (i = 0; i < MUTATIONS; i++)
		printf(" %s %lu", mutations[i].name, counts[i]);
	putchar('\n');
}
