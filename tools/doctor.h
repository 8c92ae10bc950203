/* SPDX-License-Identifier: GPL-2.0 */
/*
 * doctor: what the router reads about itself once, and what each check finds in it.
 *
 * A check is one function that looks at the facts and calls doctor_found(), doctor_evidence()
 * and doctor_cure() for each fault. The table of checks is in cmd_doctor.c.
 */
#ifndef NATGWCTL_DOCTOR_H
#define NATGWCTL_DOCTOR_H

#include <net/if.h>

#include "object.h"
#include "report.h"
#include "text.h"

/** DOCTOR_KIND - room for the type of a link, "bridge" */
#define DOCTOR_KIND	16
/** DOCTOR_DEVS - most devices of a vnet */
#define DOCTOR_DEVS	64
/** DOCTOR_AGE - seconds after the last packet of a reason that doctor names it */
#define DOCTOR_AGE	60
/** DOCTOR_FULL - percent of a table in use that doctor warns of */
#define DOCTOR_FULL	80
/** DOCTOR_KEY - room for the name of a setting of a device */
#define DOCTOR_KEY	128
/** DOCTOR_QUOTED - room for it, or for the name of a device, as it is typed */
#define DOCTOR_QUOTED	TEXT_QUOTED(DOCTOR_KEY)
/** DOCTOR_INTERNET - addresses that stand for the Internet in a look-up of a route */
#define DOCTOR_INTERNET	{ 0x08080808, 0xc6336401 }

/** enum doctor_severity - of a finding */
enum doctor_severity {
	DOCTOR_WARNING,	/* something works less well, or will not in some case */
	DOCTOR_ERROR,	/* traffic of a gateway does not work, or is not seen by natgw */
};

/** enum doctor_role - what a link is to the gateways */
enum doctor_role {
	ROLE_INSIDE = 1,	/* hosts of a subnet are behind it */
	ROLE_UPLINK = 2,	/* the Internet is */
	ROLE_HOP = 4,		/* the next hop of a user route is */
	ROLE_PART = 8,		/* it is a port, or what is below, of one of these */
};

/** ROLE_ANY - a link of the gateways */
#define ROLE_ANY	(ROLE_INSIDE | ROLE_UPLINK | ROLE_HOP | ROLE_PART)

/**
 * struct finding - one fault
 * @id:		of the check
 * @severity:	enum doctor_severity
 * @text:	one sentence with the value at fault
 * @evidence:	what was read
 * @cure:	command that mends it
 */
struct finding {
	const char *id;
	enum doctor_severity severity;
	char *text;
	char *evidence;
	char *cure;
};

/**
 * struct doctor_link - a network device
 * @index:	its number
 * @master:	that of the device that it is enslaved to, or 0
 * @below:	that of the device that it stands on (VLAN, macvlan), or 0
 * @flags:	IFF_*
 * @mtu:	bytes
 * @roles:	enum doctor_role
 * @mac:	hardware address, of Ethernet
 * @lro:	it merges segments by LRO
 * @xdp:	mode of an XDP program (enum of IFLA_XDP_ATTACHED), 0: none
 * @name:	its name
 * @kind:	its type, empty for hardware
 */
struct doctor_link {
	uint32_t index;
	uint32_t master;
	uint32_t below;
	uint32_t flags;
	uint32_t mtu;
	unsigned int roles;
	unsigned char mac[6];
	bool lro;
	unsigned int xdp;
	char name[IFNAMSIZ];
	char kind[DOCTOR_KIND];
};

/**
 * struct doctor_route - a route to everywhere, or one that leads packets away from the hooks
 * @dst:	host byte order
 * @plen:	prefix length
 * @table:	routing table
 * @oif:	device, or 0
 * @gateway:	next hop, host byte order, or 0
 * @encap:	LWTUNNEL_ENCAP_*, 0: none
 * @mtu:	of the route, 0: of its device
 */
struct doctor_route {
	uint32_t dst;
	uint32_t plen;
	uint32_t table;
	uint32_t oif;
	uint32_t gateway;
	uint32_t encap;
	uint32_t mtu;
};

/**
 * struct doctor_hop - where Linux sends packets to an address
 * @err:	errno of the look-up, 0: there is a route
 * @type:	RTN_*
 * @oif:	device
 * @gateway:	next hop, host byte order; 0: directly connected
 * @source:	the router's own address for it, host byte order
 */
struct doctor_hop {
	int err;
	unsigned int type;
	uint32_t oif;
	uint32_t gateway;
	uint32_t source;
};

/**
 * struct doctor_gateway - a gateway
 * @name:	its name
 * @operational:	enum natgw_operational
 * @subnets:	bound to it
 * @sessions:	its sessions
 * @track:	conntrack sees its flows
 * @retired:	it goes with its last session
 * @pool:	its ports
 */
struct doctor_gateway {
	char name[NATGW_NAME_MAX + 1];
	uint32_t operational;
	uint32_t subnets;
	uint32_t sessions;
	bool track;
	bool retired;
	struct pool pool;
};

/**
 * struct doctor_address - a public IP or prefix
 * @text:	as it is typed
 * @ip:		first address, host byte order
 * @mask:	bits that its addresses share
 * @gateway:	it is attached to, or empty
 * @dev:	ARP is answered there, or empty
 * @uplink:	only for flows that leave by it, or empty
 * @own_dev:	the router has the address on this device and is not reached at it, or empty
 * @owned:	a cluster made it
 * @retired:	it goes with its last session
 * @shared:	the router's own too
 * @announce:	it is answered for and announced
 * @ports:	of each of its addresses, for flows
 * @sessions:	its sessions
 * @opened:	flows that it was given
 * @answered:	those of them that had an answer
 * @silent_dev:	it is in the network of this device and nobody answers ARP for it, or empty
 */
struct doctor_address {
	char text[ADDR_TEXT];
	uint32_t ip;
	uint32_t mask;
	char gateway[NATGW_NAME_MAX + 1];
	char dev[IFNAMSIZ];
	char uplink[IFNAMSIZ];
	char own_dev[IFNAMSIZ];
	bool owned;
	bool retired;
	bool shared;
	bool announce;
	uint32_t ports;
	uint32_t sessions;
	uint64_t opened;
	uint64_t answered;
	char silent_dev[IFNAMSIZ];
};

/**
 * struct doctor_subnet - a subnet
 * @name:	its name
 * @vnet:	it is in
 * @gateway:	it is bound to, or the load balancer of its cluster, or empty
 * @route_table:	its table, or empty
 * @prefix:	as it is typed
 * @addr:	host byte order
 * @mask:	bits that its addresses share
 * @ipv6_drop:	its IPv6 is refused
 * @untranslated:	packets that left for the Internet without a gateway
 * @last:	source of the last one
 * @age:	seconds since then; 0, too, if an older module does not say so
 * @hop:	where Linux sends packets to its first host; not asked in a VRF
 * @in_vrf:	its vnet is in a VRF
 */
struct doctor_subnet {
	char name[NATGW_NAME_MAX + 1];
	char vnet[NATGW_NAME_MAX + 1];
	char gateway[NATGW_NAME_MAX + 1];
	char route_table[NATGW_NAME_MAX + 1];
	char prefix[ADDR_TEXT];
	uint32_t addr;
	uint32_t mask;
	bool ipv6_drop;
	uint64_t untranslated;
	char last[ADDR_TEXT];
	uint32_t age;
	struct doctor_hop hop;
	bool in_vrf;
};

/**
 * struct doctor_vnet - a virtual network
 * @name:	its name
 * @vrf:	a device of it is in a VRF
 * @down:	a device is not in its VRF
 * @dev:	its devices
 * @n_dev:	their number
 */
struct doctor_vnet {
	char name[NATGW_NAME_MAX + 1];
	bool vrf;
	bool down;
	char dev[DOCTOR_DEVS][IFNAMSIZ];
	size_t n_dev;
};

/**
 * struct doctor_drop - a drop reason
 * @packets:	so far
 * @age:	seconds since the last one
 * @last:	its source, or empty
 */
struct doctor_drop {
	uint64_t packets;
	uint32_t age;
	char last[ADDR_TEXT];
};

/**
 * struct doctor_status - numbers of the namespace
 * @sessions, @sessions_max:	sessions, and how many there may be
 * @direct, @direct_max:	direct records, and how many there may be
 * @memory, @memory_max:	bytes of the budget
 * @generation:	number of changes so far
 * @version:	of the module
 */
struct doctor_status {
	uint32_t sessions;
	uint32_t sessions_max;
	uint32_t direct;
	uint32_t direct_max;
	uint64_t memory;
	uint64_t memory_max;
	uint32_t generation;
	char version[64];
};

/**
 * struct doctor - one run
 * @ctl:	run, its socket open
 * @id:		of the check that runs
 * @findings:	so far
 * @n_findings:	their number
 * @status:	numbers
 * @gateways, @addresses, @subnets, @vnets:	objects
 * @n_gateways, @n_addresses, @n_subnets, @n_vnets:	their numbers
 * @hops:	next hops of user routes and VPN gateways, host byte order
 * @n_hops:	their number
 * @drops:	by reason
 * @links:	network devices
 * @n_links:	their number
 * @routes:	see struct doctor_route
 * @n_routes:	their number
 * @rules:	rule set of nftables, the array of its JSON
 * @rules_why:	why it could not be read, or empty
 * @typed_chains:	whether the language of nft can name a chain, by the chain's name, for
 *	those that nft was asked about; or NULL
 */
struct doctor {
	struct ctl *ctl;
	const char *id;
	struct finding *findings;
	size_t n_findings;
	struct doctor_status status;
	struct doctor_gateway *gateways;
	size_t n_gateways;
	struct doctor_address *addresses;
	size_t n_addresses;
	struct doctor_subnet *subnets;
	size_t n_subnets;
	struct doctor_vnet *vnets;
	size_t n_vnets;
	uint32_t *hops;
	size_t n_hops;
	struct doctor_drop drops[NATGW_DROP_MAX + 1];
	struct doctor_link *links;
	size_t n_links;
	struct doctor_route *routes;
	size_t n_routes;
	json_t *rules;
	char rules_why[256];
	json_t *typed_chains;
};

/* cmd_doctor.c */
__printf(3, 4)
void doctor_found(struct doctor *d, enum doctor_severity severity, const char *fmt, ...);
__printf(2, 3)
void doctor_evidence(struct doctor *d, const char *fmt, ...);
__printf(2, 3)
void doctor_cure(struct doctor *d, const char *fmt, ...);

/* doctor_facts.c */
void *doctor_add(void *list, size_t *n, size_t size);
int doctor_read_objects(struct doctor *d, struct nl_error *e);
void doctor_forget(struct doctor *d);
const struct doctor_vnet *doctor_vnet(const struct doctor *d, const char *name);
const char *doctor_ip(char buf[ADDR_TEXT], uint32_t ip);

/* doctor_net.c */
void doctor_read_net(struct doctor *d);
struct doctor_link *doctor_link(const struct doctor *d, uint32_t index);
struct doctor_link *doctor_link_named(const struct doctor *d, const char *name);
struct doctor_hop doctor_route_to(uint32_t ip, uint32_t oif);
bool doctor_sysctl(const char *key, long *value);
const char *doctor_key(char buf[DOCTOR_KEY], const char *family, const struct doctor_link *link,
		       const char *what);

/* doctor_kernel.c */
void check_forwarding(struct doctor *d);
void check_reverse_path(struct doctor *d);
void check_redirects(struct doctor *d);
void check_fragments(struct doctor *d);
void check_conntrack(struct doctor *d);
void check_bridge_filter(struct doctor *d);
void check_bridge_rules(struct doctor *d);
void check_local_ports(struct doctor *d);
void check_ipv6(struct doctor *d);
void check_clock(struct doctor *d);

/* doctor_rules.c */
void doctor_read_rules(struct doctor *d);
void check_rules(struct doctor *d);
void check_foreign_nat(struct doctor *d);
void check_filter(struct doctor *d);
void check_queues(struct doctor *d);
void check_tproxy(struct doctor *d);
void check_fwd(struct doctor *d);
void check_flowtables(struct doctor *d);

/* doctor_device.c */
bool doctor_lro(const char *name);
void check_tc(struct doctor *d);
void check_xdp(struct doctor *d);
void check_lro(struct doctor *d);
void check_encap(struct doctor *d);
void check_mtu(struct doctor *d);

/* doctor_arp.c */
void check_duplicates(struct doctor *d);

/* doctor_path.c */
void check_ipsec(struct doctor *d);
void check_ipvs(struct doctor *d);
void find_taken_flows(struct doctor *d);

/* doctor_bundle.c */
void doctor_blot(FILE *to, const char *line);
int doctor_bundle(const struct ctl *ctl, const char *file);

/* doctor_version.c */
void check_version(struct doctor *d);

/* doctor_gateway.c */
void check_gateways(struct doctor *d);
void check_addresses(struct doctor *d);
void check_answers(struct doctor *d);
void check_vnets(struct doctor *d);
void check_subnets(struct doctor *d);
void check_unbound(struct doctor *d);

/* doctor_state.c */
void check_room(struct doctor *d);
void check_headroom(struct doctor *d);
void check_guard(struct doctor *d);
void check_hold(struct doctor *d);
void check_next_hops(struct doctor *d);
void check_drops(struct doctor *d);

#endif /* NATGWCTL_DOCTOR_H */
