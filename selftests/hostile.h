/* SPDX-License-Identifier: GPL-2.0 */
/* Packets that hostile.c sends and hostile_mutate.c makes. */
#ifndef HOSTILE_H
#define HOSTILE_H

#include <linux/virtio_net.h>
#include <stdbool.h>
#include <stdint.h>

#define FRAME_MAX	9000
#define IP_HEADER	20

#define ADDR(a, b, c, d)	((uint32_t)(a) << 24 | (b) << 16 | (c) << 8 | (d))
#define BAIT			ADDR(10, 0, 1, 99)
#define BAIT_PEER		ADDR(198, 51, 100, 99)
#define LEGIT			ADDR(10, 0, 1, 2)
#define VICTIM			ADDR(198, 51, 100, 7)	/* peer of LEGIT */
#define NOBODY			ADDR(198, 51, 100, 66)
#define POOL			ADDR(203, 0, 113, 1)
#define PUBLIC			ADDR(80, 0, 0, 0)	/* /8: strangers that are sent to */
#define DIRECT			ADDR(45, 0, 0, 0)	/* /8: who sends past the gateway */

/* fields that are not what the packet is like, and stay so */
enum lie {
	LIE_LENGTH	= 1,	/* total length of the IP header */
	LIE_HEADER	= 2,	/* version, header length, checksum of the IP header */
	LIE_SUM		= 4,	/* checksum of TCP, UDP, ICMP */
	LIE_UDP		= 8,	/* length of UDP */
};

/**
 * struct frame - one Ethernet frame
 * @data: of @len bytes
 * @lies: enum lie
 * @offloaded: goes with @vnet
 * @vnet: checksum and segmentation that are left to who receives it
 */
struct frame {
	unsigned int len;
	unsigned int lies;
	bool offloaded;
	struct virtio_net_hdr vnet;
	uint8_t data[FRAME_MAX];
};

/* hostile.c: to the router, by the rules of spare() */
void emit(struct frame *f);

/* hostile_packet.c */
extern bool inside;			/* the side that it sends from */

void begin(bool is_inside, uint64_t seed);
uint64_t random64(void);
uint32_t pick(uint32_t n);		/* 0 .. n - 1 */
uint8_t *ip_of(struct frame *f);
unsigned int header_of(struct frame *f);
/* NULL: not all of the first @need bytes behind the IP header are there */
uint8_t *l4_of(struct frame *f, unsigned int need);
unsigned int protocol_of(struct frame *f);
/* where the checksum is */
unsigned int check_of(unsigned int protocol);
/* fills in lengths and checksums, but for lies */
void repair(struct frame *f);
void make(struct frame *f, unsigned int protocol, uint32_t from, uint32_t to, unsigned int l4_len);
void make_ports(struct frame *f, unsigned int protocol, uint32_t from, unsigned int port,
		uint32_t to, unsigned int to_port);
void make_echo(struct frame *f, uint32_t from, uint32_t to, unsigned int id);
/* the next packet of a flow that nobody needs */
void bait(struct frame *f);
/* what must not be hurt is not, see hostile.c */
void spare(struct frame *f);

/* hostile_mutate.c */
void mutate(struct frame *f);		/* one to three mutations; sends what came out */
void print_mutations(void);

#endif
