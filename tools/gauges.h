/* SPDX-License-Identifier: GPL-2.0 */
/* What the kernel counts as it happens, at one instant: a reading looks at no session. */
#ifndef NATGWCTL_GAUGES_H
#define NATGWCTL_GAUGES_H

#include <net/if.h>

#include "ctl.h"

/** GAUGES_DESTINATIONS - most destinations of one reading, see there */
#define GAUGES_DESTINATIONS	10

/**
 * struct gauges_gateway - a gateway
 * @name:	name
 * @operational:	enum natgw_operational
 * @draining:	it takes no new flows
 * @retired:	its cluster left it behind: it serves no subnet and goes with its last session
 * @addresses:	public IPs, those of prefixes counted in full
 * @subnets:	subnets bound to it
 * @sessions:	in the table, those that only cool included
 * @by_proto:	of @sessions, by enum natgw_a_by_proto
 * @has_by_proto:	the module says them; an older one does not
 * @counters:	by enum natgw_a_counters, since the gateway was made or natgw was reset
 * @refused:	flows by enum natgw_a_refused, likewise
 * @has_refused:	the module says them
 * @filled:	per cent of the ports that count in use, of the fullest destination that is watched
 * @near:	destinations near exhaustion
 * @headroom:	seconds until the first of them is full; 0: none will be
 */
struct gauges_gateway {
	char name[NATGW_NAME_MAX + 1];
	uint32_t operational;
	bool draining;
	bool retired;
	uint32_t addresses;
	uint32_t subnets;
	uint32_t sessions;
	uint64_t by_proto[NATGW_A_BY_PROTO_MAX + 1];
	bool has_by_proto;
	uint64_t counters[NATGW_A_COUNTERS_MAX + 1];
	uint64_t refused[NATGW_A_REFUSED_MAX + 1];
	bool has_refused;
	uint32_t filled;
	uint32_t near;
	uint32_t headroom;
};

/**
 * struct gauges_address - a public address or prefix
 * @text:	"203.0.113.10" or "203.0.113.16/28"
 * @gateway:	name, or empty
 * @own_dev:	device where the router has it too though it should not, or empty
 * @ips:	public IPs: 1 to 16
 * @ports:	pool of each IP and protocol
 * @draining:	it takes no new flows
 * @sessions:	in the table, those that only cool included
 * @counters:	by enum natgw_a_counters; flows only
 */
struct gauges_address {
	char text[ADDR_TEXT];
	char gateway[NATGW_NAME_MAX + 1];
	char own_dev[IFNAMSIZ];
	uint32_t ips;
	uint32_t ports;
	bool draining;
	uint32_t sessions;
	uint64_t counters[NATGW_A_COUNTERS_MAX + 1];
};

/**
 * struct gauges_subnet - a subnet
 * @name:	name
 * @gateway:	name, or empty
 * @sessions:	in the table
 * @untranslated:	packets to the Internet left alone, as no gateway is bound to it
 */
struct gauges_subnet {
	char name[NATGW_NAME_MAX + 1];
	char gateway[NATGW_NAME_MAX + 1];
	uint32_t sessions;
	uint64_t untranslated;
};

/**
 * struct gauges_destination - a destination that is watched, see NATGW_PORTS_WATCHED
 * @gateway:	name
 * @proto:	IP protocol
 * @text:	"198.51.100.7:443"; without a port for ICMP, and for UDP of preallocated ports
 * @used:	ports in use, cooling ones included
 * @cooling:	of these, those that only cool
 * @filled:	per cent of the ports that count in use
 * @headroom:	seconds until it is full; 0: it will not be
 * @near:	near exhaustion
 * @host:	that had most of its ports when it came near, or empty
 * @host_used:	ports that it had
 */
struct gauges_destination {
	char gateway[NATGW_NAME_MAX + 1];
	uint32_t proto;
	char text[ADDR_TEXT];
	uint32_t used;
	uint32_t cooling;
	uint32_t filled;
	uint32_t headroom;
	bool near;
	char host[ADDR_TEXT];
	uint32_t host_used;
};

/**
 * struct gauges - one reading
 * @up:		the module answered
 * @hidden:	objects are not shown to this user: only numbers are here
 * @version:	of the module
 * @status:	by enum natgw_a_status
 * @has_memory:	the user may see the budget of all namespaces
 * @packets:	by enum natgw_drop_reason
 * @gateways:	@n_gateways of them; likewise below
 * @destinations:	of those that are watched: what is near exhaustion first, then the fullest
 * @watched:	how many are watched
 */
struct gauges {
	bool up;
	bool hidden;
	char version[64];
	uint64_t status[NATGW_A_STATUS_MAX + 1];
	bool has_memory;
	uint64_t packets[NATGW_DROP_MAX + 1];
	struct gauges_gateway *gateways;
	size_t n_gateways;
	struct gauges_address *addresses;
	size_t n_addresses;
	struct gauges_subnet *subnets;
	size_t n_subnets;
	struct gauges_destination destinations[GAUGES_DESTINATIONS];
	size_t n_destinations;
	size_t watched;
};

int gauges_read(struct nl *nl, struct gauges *g, struct nl_error *e);
void gauges_free(struct gauges *g);
bool gauges_module_is_away(void);

bool gauges_passes(unsigned int reason);

#endif /* NATGWCTL_GAUGES_H */
