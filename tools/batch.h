/* SPDX-License-Identifier: GPL-2.0 */
/* Batch files and transactions. */
#ifndef NATGWCTL_BATCH_H
#define NATGWCTL_BATCH_H

#include "ctl.h"

/** enum batch_known - what a batch knows about an address */
enum batch_known {
	BATCH_UNKNOWN,
	BATCH_PRESENT,
	BATCH_ABSENT,
};

/**
 * struct batch - addresses that the lines so far made or deleted
 *
 * The kernel answers GET from the running configuration, in which staged
 * changes do not show yet.
 * @all: what holds for addresses not in @list
 * @list: addresses
 * @n: their number
 * @clusters: a line made or changed a cluster
 */
struct batch {
	enum batch_known all;
	struct {
		struct inet in;
		enum batch_known known;
	} *list;
	unsigned int n;
	bool clusters;
};

int batch_run(struct ctl *ctl, const char *file);
void batch_note(struct batch *batch, const char *address, bool present);
void batch_reset(struct batch *batch);
enum batch_known batch_knows(const struct batch *batch, const struct inet *in);

#endif /* NATGWCTL_BATCH_H */
