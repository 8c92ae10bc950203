/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Random numbers for the choice of ports.
 *
 * Who sees ports must not be able to tell the next ones (RFC 6056). That is what a keyed
 * pseudo-random function of a counter gives: SipHash, whose 64 bits serve three flows. The
 * kernel's get_random_u32() costs three times as much in the mean, as it also guards
 * against somebody who reads the kernel's memory later: who can do that reads ports there, too.
 *
 * A number of 64 bits, times n, has a random number below n above its 64 lowest bits, and in
 * them what is left to draw from: less by the bits of n. A port and one of 16 addresses take 20 of
 * them. So three flows take 60 at the most, and who knows the address and port of the first two
 * is right about the third with a chance of 1 in 1,018,000 instead of 1 in 1,032,192.
 */
#ifndef _NATGW_LIB_DRAW_H
#define _NATGW_LIB_DRAW_H

#include <linux/math64.h>
#include <linux/percpu.h>
#include <linux/types.h>

/** NATGW_DRAW_FLOWS - ports with an address of 16 that 64 bits serve */
#define NATGW_DRAW_FLOWS	3

/**
 * struct natgw_draws - of one CPU
 * @count: of calls of SipHash; no two CPUs come to the same one
 * @bits: what the last call for natgw_draw_port() gave, less what was drawn
 * @used: flows that it has served
 * @left: half of what the last call for natgw_draw() gave
 * @has_left: it is not used yet
 */
struct natgw_draws {
	u64 count;
	u64 bits;
	u32 used;
	u32 left;
	bool has_left;
};

DECLARE_PER_CPU(struct natgw_draws, natgw_draws);

/** natgw_draw_module_init - draw the key, once */
void natgw_draw_module_init(void);

/** natgw_draw - 32 unpredictable bits. Context: BH off */
u32 natgw_draw(void);

/* 64 more */
u64 natgw_draw_bits(struct natgw_draws *draws);

/**
 * natgw_draw_port - draw a port, and an address to go with it
 * @ports: how many there are, 65536 at the most
 * @addresses: how many there are, 16 at the most
 * @address: result: less than @addresses
 *
 * Context: BH off. Return: the port: less than @ports.
 */
static inline u32 natgw_draw_port(u32 ports, u32 addresses, u32 *address)
{
	struct natgw_draws *draws = this_cpu_ptr(&natgw_draws);
	u64 bits = draws->bits;
	u32 port;

	if (++draws->used > NATGW_DRAW_FLOWS)
		bits = natgw_draw_bits(draws);
	port = mul_u64_u64_shr(bits, ports, 64);
	bits *= ports;
	*address = mul_u64_u64_shr(bits, addresses, 64);
	draws->bits = bits * addresses;
	return port;
}

#endif
