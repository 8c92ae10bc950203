/* SPDX-License-Identifier: GPL-2.0 */
/* Batch files and transactions. */
#ifndef NATGWCTL_BATCH_H
#define NATGWCTL_BATCH_H

#include "ctl.h"

/**
 * struct batch - what the lines so far did
 * @addresses:	a line made or changed an address
 * @clusters:	a line made or changed a cluster
 */
struct batch {
	bool addresses;
	bool clusters;
};

int batch_line(struct ctl *ctl, char *line);
int batch_file(struct ctl *ctl, const char *file);
void batch_done(struct ctl *ctl, const struct batch *batch);
int batch_run(struct ctl *ctl, const char *file);

#endif /* NATGWCTL_BATCH_H */
