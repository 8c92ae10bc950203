// SPDX-License-Identifier: GPL-2.0
/*
 * Configuration files and batches. A file that is understood is printed as export prints it,
 * which is understood again and says the same; the way from another configuration to it is
 * commands that the tool understands.
 */
#include <stdlib.h>
#include <string.h>

#include "batch.h"
#include "fuzz.h"
#include "guard.h"
#include "plan.h"

/* What runs when the file comes: something of each kind */
static char running[] =
	"vnet add hub prefix 10.7.0.0/16 dev eth2 private-space drop\n"
	"tag add partners prefix 192.0.2.0/25,198.18.0.0/15\n"
	"gateway add gw0 profile custom udp-timeout 30s\n"
	"gateway add gw1 pooling paired host-limit 500\n"
	"address add 203.0.113.0/30 gateway gw0\n"
	"address add 203.0.113.9 gateway gw1 reserve 2000-2999\n"
	"route-table add rt1\n"
	"route add 198.51.100.0/24 route-table rt1 next-hop-type None\n"
	"route add partners route-table rt1 next-hop-type Internet\n"
	"subnet add web prefix 10.0.1.0/24 gateway gw0 route-table rt1\n"
	"subnet add jump prefix 10.7.1.0/24 vnet hub gateway gw1\n"
	"managed-pool add 198.51.100.0/28\n"
	"cluster add aks1 prefix 10.9.0.0/16 outbound-type managedNATGateway\n";

static int load(struct items *items, const char *text, size_t len)
{
	struct batch batch = {};
	struct ctl ctl = { .items = items, .batch = &batch };

	items_init(items);
	fuzz_files((const uint8_t *)text, len);
	return batch_file(&ctl, FUZZ_FILE);
}

static void round_trip(const struct items *want)
{
	static struct items again;
	char *first = fuzz_config(want), *second;

	fuzz_expect(!load(&again, first, strlen(first)), "what export prints is understood", first);
	second = fuzz_config(&again);
	fuzz_expect(!strcmp(first, second), "a file that was exported says the same", first);
	items_free(&again);
	free(second);
	free(first);
}

/* The commands that make one of the other are understood, and make well-formed requests */
static void way_to(struct items *want)
{
	static struct items have;
	struct batch batch = {};
	struct ctl ctl = { .batch = &batch };
	struct plan plan;
	char *line;
	size_t i;

	load(&have, running, sizeof(running) - 1);
	if (!plan_make(&ctl, &plan, want, &have)) {
		for (i = 0; i < plan.n; i++) {
			line = strdup(plan.text + plan.line[i].at);
			fuzz_expect(line && batch_line(&ctl, line) != EXIT_USAGE,
				    "a command of a plan is understood",
				    plan.text + plan.line[i].at);
			free(line);
		}
		plan_free(&plan);
	}
	items_free(&have);
}

static void as_batch(const uint8_t *data, size_t len)
{
	struct ctl ctl = { };

	fuzz_files(data, len);
	fuzz_refuses = len & 1;
	batch_run(&ctl, FUZZ_FILE);
	fuzz_refuses = false;
}

/* A file that is wrong, of which "guard on" wants the lines "guard allow" alone */
static void as_salvage(const uint8_t *data, size_t len)
{
	static struct items items;
	struct batch batch = {};
	struct guard guard;
	struct ctl ctl = { .items = &items, .batch = &batch, .guard = &guard, .salvage = 8 };

	items_init(&items);
	guard_init(&guard, FUZZ_FILE);
	fuzz_files(data, len);
	batch_file(&ctl, FUZZ_FILE);
	guard_free(&guard);
	items_free(&items);
}

int fuzz_one(const uint8_t *data, size_t len)
{
	static struct items want;

	if (!load(&want, (const char *)data, len)) {
		round_trip(&want);
		way_to(&want);
	}
	items_free(&want);
	as_batch(data, len);
	as_salvage(data, len);
	return 0;
}
