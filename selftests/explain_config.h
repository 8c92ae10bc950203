/* SPDX-License-Identifier: GPL-2.0 */
/* Random configurations for explain_random.c, as a batch of natgwctl. */
#ifndef EXPLAIN_CONFIG_H
#define EXPLAIN_CONFIG_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/* Ingress devices in0... with 10.0.K.1/24; the last one is in VRF vrf1 */
#define DEVS	6
#define VRF_DEV	(DEVS - 1)

/** enum vnet - those of a configuration */
enum vnet { DEFAULT, HUB, TENANT, VNETS };

extern const char *const vnet_names[VNETS];

/**
 * struct config - what the test must know of a configuration
 * @vnet: of each device
 * @dev: first device of each vnet but default, -1: no such vnet
 * @no_forwarding: device that does not forward, or -1
 */
struct config {
	enum vnet vnet[DEVS];
	int dev[VNETS];
	int no_forwarding;
};

/* Pseudo-random, the same from the same seed everywhere */
void seed_random(uint64_t seed);
unsigned int below(unsigned int n);
bool chance(unsigned int percent);

/** random_config - write a configuration as lines of natgwctl */
void random_config(FILE *batch, struct config *config);

#endif
