/* SPDX-License-Identifier: GPL-2.0 */
/* Fields of packets made by hand, in network byte order at any alignment. */
#ifndef WIRE_H
#define WIRE_H

#include <stdint.h>

static inline void put16(uint8_t *p, unsigned int v)
{
	p[0] = v >> 8;
	p[1] = v;
}

static inline void put32(uint8_t *p, uint32_t v)
{
	put16(p, v >> 16);
	put16(p + 2, v);
}

static inline unsigned int get16(const uint8_t *p)
{
	return p[0] << 8 | p[1];
}

static inline uint32_t get32(const uint8_t *p)
{
	return (uint32_t)get16(p) << 16 | get16(p + 2);
}

/* Part of an Internet checksum (RFC 1071), added to @acc */
static inline uint32_t sum(const uint8_t *p, unsigned int len, uint32_t acc)
{
	for (; len > 1; len -= 2, p += 2)
		acc += get16(p);
	return len ? acc + (p[0] << 8) : acc;
}

/* The checksum of such a sum */
static inline unsigned int fold(uint32_t acc)
{
	while (acc >> 16)
		acc = (acc & 0xffff) + (acc >> 16);
	return ~acc & 0xffff;
}

#endif
