/* SPDX-License-Identifier: GPL-2.0 */
/* Batch files and transactions. */
#ifndef NATGWCTL_BATCH_H
#define NATGWCTL_BATCH_H

#include "ctl.h"

/**
 * struct batch - what the lines so far did
 * @addresses:	a line made or changed an address
 * @clusters:	a line made or changed a cluster
 * @commands:	there was a command at all, or an array of JSON; "guard allow" is none
 */
struct batch {
	bool addresses;
	bool clusters;
	bool commands;
};

int batch_line(struct ctl *ctl, char *line);
int batch_file(struct ctl *ctl, const char *file);
void batch_done(struct ctl *ctl, const struct batch *batch);
int batch_run(struct ctl *ctl, const char *file);

#endif /* NATGWCTL_BATCH_H */
