/* SPDX-License-Identifier: GPL-2.0 */
/* Subnets and vnets whose addresses are in the way of others. */
#ifndef NATGWCTL_WAY_H
#define NATGWCTL_WAY_H

#include "item.h"

void way_clear(struct items *want);

#endif /* NATGWCTL_WAY_H */
