/* SPDX-License-Identifier: GPL-2.0 */
/* All kinds of objects, by their descriptions. */
#ifndef _NATGW_CONFIG_KINDS_H
#define _NATGW_CONFIG_KINDS_H

#include "config/kind.h"

/* By enum natgw_object_kind, and NATGW_OBJECT_ROUTE */
extern const struct natgw_kind_ops *const natgw_kinds[NATGW_OBJECT_KINDS + 1];

/** natgw_kind_of - kind that a command or notification is of, or NULL: of none */
const struct natgw_kind_ops *natgw_kind_of(u8 cmd);

#endif
