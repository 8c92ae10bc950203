/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Random numbers for the choice of ports.
 *
 * Who sees ports must not be able to tell the next ones (RFC 6056). That is what a keyed
 * pseudo-random function of a counter gives: SipHash, whose 64 bits serve two flows. The
 * kernel's get_random_u32() costs more than twice as much in the mean, as it also guards
 * against somebody who reads the kernel's memory later: who can do that reads ports there, too.
 */
#ifndef _NATGW_LIB_DRAW_H
#define _NATGW_LIB_DRAW_H

#include <linux/types.h>

/** natgw_draw_module_init - draw the key, once */
void natgw_draw_module_init(void);

/** natgw_draw - 32 unpredictable bits. Context: BH off */
u32 natgw_draw(void);

#endif
