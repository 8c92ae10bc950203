// SPDX-License-Identifier: GPL-2.0
/*
 * Warns of public addresses in a directly connected network that nobody answers ARP for: such
 * an address cannot be reached. The router answers ARP only with the key dev. Called after
 * changes of addresses and by the bare call.
 */
#include <ifaddrs.h>
#include <netinet/in.h>
#include <string.h>

#include "onlink.h"

static uint32_t ipv4(const struct sockaddr *addr)
{
	struct sockaddr_in in;

	memcpy(&in, addr, sizeof(in));
	return ntohl(in.sin_addr.s_addr);
}

/* Is an IP in the network of an address of an interface where ARP is spoken? */
static bool is_in(const struct ifaddrs *i, uint32_t ip)
{
	uint32_t mask;

	if (!i->ifa_addr || !i->ifa_netmask || i->ifa_addr->sa_family != AF_INET ||
	    i->ifa_flags & (IFF_LOOPBACK | IFF_NOARP | IFF_POINTOPOINT))
		return false;
	mask = ipv4(i->ifa_netmask);
	return mask != UINT32_MAX && ip != ipv4(i->ifa_addr) && !((ip ^ ipv4(i->ifa_addr)) & mask);
}

/* The interface in whose network an IP is. Return: false if there is none. */
static bool onlink_device(char dev[IFNAMSIZ], uint32_t ip)
{
	/* The interfaces are read once: a command ends before they change much */
	static struct ifaddrs *all;
	const struct ifaddrs *i;

	if (!all && getifaddrs(&all))
		return false;
	for (i = all; i; i = i->ifa_next)
		if (is_in(i, ip))
			break;
	if (i)
		snprintf(dev, IFNAMSIZ, "%s", i->ifa_name);
	return i;
}

/* Does an address serve flows although, as far as natgw knows, nobody answers ARP for it? */
static bool is_silent(const struct nlattr *const *tb)
{
	const struct nlattr *announce = tb[NATGW_A_ADDRESS_ANNOUNCE];

	return field_string(tb[NATGW_A_ADDRESS_GATEWAY]) &&
		!field_string(tb[NATGW_A_ADDRESS_DEV]) &&
		!field_string(tb[NATGW_A_ADDRESS_OWNER]) &&
		!field_u32(tb[NATGW_A_ADDRESS_SHARED]) &&
		!(announce && field_u32(announce) == NATGW_SWITCH_OFF);
}

/**
 * onlink_silent - is an address in a connected network without the key dev, where it needs it?
 * @dev:	result, the device of that network; empty if it is not
 * @tb:		its attributes
 *
 * Return: it is.
 */
bool onlink_silent(char dev[IFNAMSIZ], const struct nlattr *const *tb)
{
	const struct nlattr *addr = tb[NATGW_A_ADDRESS_ADDRESS];
	uint32_t ip;

	dev[0] = 0;
	if (!addr || mnl_attr_get_payload_len(addr) != sizeof(ip) || !is_silent(tb))
		return false;
	memcpy(&ip, mnl_attr_get_payload(addr), sizeof(ip));
	return onlink_device(dev, ntohl(ip));
}

/**
 * onlink_text - say that an address is in a connected network and lacks the key dev
 * @buf:	result
 * @tb:		its attributes
 *
 * Return: false if there is nothing to say.
 */
bool onlink_text(char buf[ONLINK_TEXT], const struct nlattr *const *tb)
{
	char text[ADDR_TEXT], dev[IFNAMSIZ];

	if (!onlink_silent(dev, tb))
		return false;
	field_addr(text, tb[NATGW_A_ADDRESS_ADDRESS], tb[NATGW_A_ADDRESS_PREFIX_LENGTH], true);
	snprintf(buf, ONLINK_TEXT,
		 "address %s is in the network of %s, where nobody answers ARP for it: natgwctl address set %s dev %s",
		 text, dev, text, dev);
	return true;
}

static bool warn_answer(const struct nlmsghdr *nlh, void *data)
{
	const struct nlattr *tb[FIELDS_ATTRS];
	char text[ONLINK_TEXT];

	if (!fields_parse(address_object.schema, nlh, tb))
		return false;
	if (onlink_text(text, tb))
		warn(data, "dev", NULL, "%s", text);
	return true;
}

/**
 * onlink_warn - after a change, warn of addresses that nobody answers ARP for
 * @ctl:	run
 * @address:	as it was typed, or NULL for all
 *
 * Nothing is said if the kernel does not tell: the change itself was done.
 */
void onlink_warn(struct ctl *ctl, const char *address)
{
	const struct schema *s = address_object.schema;
	struct parse_error why;
	struct request req;
	struct nl_error e;

	request_init(&req, NATGW_CMD_ADDRESS_GET);
	if (!address)
		nl_dump(&ctl->nl, &req, NL_DUMP_WHOLE, warn_answer, ctl, &e);
	else if (field_put(&req, s, field_by_attr(s, NATGW_A_ADDRESS_ADDRESS), address, &why))
		nl_request(&ctl->nl, &req, warn_answer, ctl, &e);
}
