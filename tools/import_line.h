/* SPDX-License-Identifier: GPL-2.0 */
/* A command on its way from a resource of the cloud. Private to import_*.c. */
#ifndef NATGWCTL_IMPORT_LINE_H
#define NATGWCTL_IMPORT_LINE_H

#include "import_azure.h"

#define LB_PROFILE	"networkProfile/loadBalancerProfile"
#define LB_EFFECTIVE	LB_PROFILE "/effectiveOutboundIPs"
#define NAT_PROFILE	"networkProfile/natGatewayProfile"
#define NAT_EFFECTIVE	NAT_PROFILE "/effectiveOutboundIPs"
#define CLUSTER_IPS	LB_PROFILE "/outboundIPs/publicIPs"
#define CLUSTER_PREFIXES LB_PROFILE "/outboundIPPrefixes/publicIPPrefixes"

/** IMPORT_LINE_TEXT - longest command that is made */
#define IMPORT_LINE_TEXT	32768

/**
 * struct import_line - a command on its way
 * @text:	it
 * @n:		bytes of it
 */
struct import_line {
	char text[IMPORT_LINE_TEXT];
	size_t n;
};

__printf(2, 3)
void import_add(struct import_line *line, const char *fmt, ...);
__printf(4, 5)
void import_left_out(struct import *in, const char *kind, const char *name, const char *fmt, ...);
void import_take(struct import *in, struct import_line *line);
const char *import_label(enum import_kind kind);
bool import_lists(const json_t *resource, const char *path, const char *id);
const json_t *import_find(const struct import *in, enum import_kind kind, const char *id);
const json_t *import_maker(const struct import *in, const char *id);
__printf(4, 5)
void import_missing(struct import *in, const char *kind, const char *id, const char *fmt, ...);
const json_t *import_find_subnet(const struct import *in, const char *id, const json_t **vnet);
const char *import_subnet_name(const struct import *in, char buf[NATGW_NAME_MAX + 1],
			       const json_t *vnet, const json_t *subnet);
const char *import_subnet_gateway(const struct import *in, const json_t *vnet,
				  const json_t *subnet);
void import_cluster(struct import *in, const json_t *resource);

#endif /* NATGWCTL_IMPORT_LINE_H */
