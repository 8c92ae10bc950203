// SPDX-License-Identifier: GPL-2.0
#include <string.h>

#include "explain_config.h"

const char *const vnet_names[VNETS] = { "default", "hub", "tenant" };

static uint64_t state;

void seed_random(uint64_t seed)
{
	state = seed;
}

/* splitmix64 */
unsigned int below(unsigned int n)
{
	uint64_t z;

	state += 0x9e3779b97f4a7c15;
	z = state;
	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return (uint32_t)(z ^ z >> 31) % n;
}

bool chance(unsigned int percent)
{
	return below(100) < percent;
}

#define PICK(array) ((array)[below(sizeof(array) / sizeof((array)[0]))])

static const char *const destinations[] = {
	"0.0.0.0/0", "198.51.100.0/24", "198.51.100.0/25", "198.51.100.7/32",
	"198.51.100.128/25", "192.88.99.0/24", "198.18.0.0/15", "10.0.0.0/8", "10.0.0.0/16",
	"10.0.1.0/24", "10.0.2.10/32", "10.200.0.0/16", "172.16.0.0/12", "192.168.0.0/16",
	"100.64.0.0/10", "203.0.113.0/24", "192.0.2.0/24", "224.0.0.0/4",
};

/* A tag may share prefixes with others and with routes that have no tag */
static const char *const tags[] = { "Storage", "Storage.West", "AzureCloud", "AzureCloud.West" };

static void write_tags(FILE *batch)
{
	unsigned int i, k;

	for (i = 0; i < 4; i++) {
		bool used[18] = {};

		fprintf(batch, "tag add %s", tags[i]);
		for (k = 0; k < 4; k++) {
			unsigned int d = 1 + below(9);

			if (!used[d])
				fprintf(batch, " prefix %s", destinations[d]);
			used[d] = true;
		}
		fprintf(batch, "\n");
	}
}

static void write_next_hop(FILE *batch)
{
	/* up twice, not answering, not connected */
	static const char *const hops[] = {
		"10.9.1.4", "10.9.1.5", "10.9.1.4", "10.9.1.5", "10.9.1.66", "10.77.7.7",
	};
	static const char *const others[] = {
		"VirtualNetworkGateway", "VirtualNetworkGateway", "VirtualNetworkGateway",
		"VirtualNetworkGateway", "VirtualNetworkGateway", "VnetLocal", "Internet",
		"Internet", "None",
	};

	if (chance(40))
		fprintf(batch, " next-hop-type VirtualAppliance next-hop-ip %s\n", PICK(hops));
	else
		fprintf(batch, " next-hop-type %s\n", PICK(others));
}

static void write_table(FILE *batch, unsigned int number)
{
	bool used[18] = {}, tagged[4] = {};
	unsigned int n = 1 + below(7), i;

	fprintf(batch, "route-table add rt%u\n", number);
	for (i = 0; i < n; i++) {
		unsigned int d = below(18), t = below(4);

		if (chance(30)) {
			if (tagged[t])
				continue;
			tagged[t] = true;
			fprintf(batch, "route add %s route-table rt%u", tags[t], number);
		} else {
			if (used[d])
				continue;
			used[d] = true;
			fprintf(batch, "route add %s route-table rt%u", destinations[d], number);
		}
		write_next_hop(batch);
	}
}

static void write_vnet(FILE *batch, const struct config *config, enum vnet vnet)
{
	static const char *const privates[] = { "drop", "pass", "internet" };
	static const char *const hops[] = {
		"10.9.2.4", "10.9.2.4", "10.9.2.4", "10.9.2.4", "10.9.2.66",
	};
	int k;

	fprintf(batch, "vnet %s %s", vnet == DEFAULT ? "set" : "add", vnet_names[vnet]);
	for (k = 0; vnet != DEFAULT && k < DEVS; k++) {
		if (config->vnet[k] != vnet)
			continue;
		/* 10.0.40+k: Linux has no route to it by this device */
		fprintf(batch, " prefix 10.0.%d.0/24 prefix 10.0.%d.0/24 dev in%d", k, 40 + k, k);
	}
	if (vnet != DEFAULT && chance(30))
		fprintf(batch, " prefix %s", vnet == HUB ? "192.168.0.0/16" : "10.200.0.0/16");
	fprintf(batch, " private-space %s", PICK(privates));
	if (chance(90))
		fprintf(batch, " vpn-next-hop %s", PICK(hops));
	fprintf(batch, "\n");
}

static void write_gateway(FILE *batch, enum vnet vnet)
{
	static const char *const poolings[] = { "random", "paired", "paired-soft" };
	unsigned int i, n = chance(10) ? 0 : chance(50) ? 1 : 1 + below(3);
	bool few = chance(35);

	fprintf(batch, "gateway add gw%d pooling %s", vnet, PICK(poolings));
	if (chance(15))
		fprintf(batch, " host-limit %u", 1 + below(6));
	if (n && !few && chance(25))
		fprintf(batch, " allocation %s ports-per-host 8",
			chance(60) ? "preallocated" : "floor");
	if (chance(20))
		fprintf(batch, " destination-limit %u", 1 + below(3));
	fprintf(batch, "\n");
	for (i = 0; i < n; i++) {
		fprintf(batch, "address add 203.0.113.%u gateway gw%d", 16 * (vnet + 1) + i, vnet);
		if (chance(15))
			fprintf(batch, " uplink up%u", below(2));
		if (few)
			fprintf(batch, " reserve 1024-%u", 65534 - below(2));
		fprintf(batch, "\n");
		if (chance(8))
			fprintf(batch, "address set 203.0.113.%u drain 1h\n", 16 * (vnet + 1) + i);
	}
	if (vnet == DEFAULT && chance(40))
		fprintf(batch, "address add 192.0.2.10 gateway gw%d shared on\n", vnet);
	if (chance(3))
		fprintf(batch, "gateway set gw%d drain 1h\n", vnet);
}

static void write_subnet(FILE *batch, enum vnet vnet, int third)
{
	fprintf(batch, "subnet add s%d prefix 10.0.%d.0/%d vnet %s", third, third,
		chance(70) ? 24 : 25, vnet_names[vnet]);
	if (chance(80))
		fprintf(batch, " gateway gw%d", vnet);
	if (chance(70))
		fprintf(batch, " route-table rt%u", below(3));
	fprintf(batch, "\n");
	if (chance(4))
		fprintf(batch, "subnet set s%d drain 1h\n", third);
}

void random_config(FILE *batch, struct config *config)
{
	unsigned int i;
	int k, v;

	for (v = 0; v < VNETS; v++)
		config->dev[v] = -1;
	for (k = 0; k < DEVS; k++) {
		config->vnet[k] = k == VRF_DEV ? TENANT : k && chance(40) ? HUB : DEFAULT;
		if (config->dev[config->vnet[k]] < 0)
			config->dev[config->vnet[k]] = k;
	}
	config->no_forwarding = chance(10) ? (int)below(DEVS - 1) : -1;

	fprintf(batch, "reset\n");
	write_tags(batch);
	for (i = 0; i < 3; i++)
		write_table(batch, i);
	for (v = 0; v < VNETS; v++) {
		if (config->dev[v] < 0)
			continue;
		write_vnet(batch, config, v);
		write_gateway(batch, v);
	}
	for (k = 0; k < DEVS; k++) {
		if (chance(93))
			write_subnet(batch, config->vnet[k], k);
		if (chance(50))
			write_subnet(batch, config->vnet[k], 40 + k);
	}
	fprintf(batch, "address add 203.0.113.99\n");
}
