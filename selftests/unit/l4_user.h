/* SPDX-License-Identifier: GPL-2.0 */
/* What kmod/snapshot/l4.h takes from the kernel, for userspace. */
#ifndef NATGW_UNIT_L4_USER_H
#define NATGW_UNIT_L4_USER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef uint8_t u8;
typedef uint16_t u16;

#endif /* NATGW_UNIT_L4_USER_H */
