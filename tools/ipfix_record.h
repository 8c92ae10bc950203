/* SPDX-License-Identifier: GPL-2.0 */
/* Records of IPFIX, as libfixbuf takes them. */
#ifndef NATGWCTL_IPFIX_RECORD_H
#define NATGWCTL_IPFIX_RECORD_H

#include <fixbuf/public.h>

/** enum ipfix_kind - kinds of records: each has a template in memory, and one to send */
enum ipfix_kind {
	IPFIX_OPENED,
	IPFIX_CLOSED,
	IPFIX_COUNTED,
	IPFIX_BLOCK,
	IPFIX_ADDRESSES,
	IPFIX_PORTS,
	IPFIX_QUOTA,
	IPFIX_USER,
	IPFIX_LOST,
	IPFIX_KINDS
};

/**
 * struct ipfix_template - what a kind of records has
 * @spec:	elements
 * @size:	bytes in memory, where each of @spec is there
 * @flags:	elements of @spec that are sent have none but these
 * @scope:	so many of the first ones say what a record of options is about; 0: it is none
 */
struct ipfix_template {
	fbInfoElementSpec_t *spec;
	size_t size;
	uint32_t flags;
	uint16_t scope;
};

extern const struct ipfix_template ipfix_templates[IPFIX_KINDS];

struct ipfix;

void ipfix_append(struct ipfix *x, int template, const void *record);

#endif /* NATGWCTL_IPFIX_RECORD_H */
