/* SPDX-License-Identifier: GPL-2.0 */
/* Resources of the cloud as commands of natgwctl. */
#ifndef NATGWCTL_IMPORT_AZURE_H
#define NATGWCTL_IMPORT_AZURE_H

#include <jansson.h>

#include "ctl.h"

/** enum import_kind - of resources */
enum import_kind {
	IMPORT_GATEWAY,
	IMPORT_ADDRESS,
	IMPORT_PREFIX,
	IMPORT_VNET,
	IMPORT_ROUTES,
	IMPORT_CLUSTER,
	IMPORT_KINDS
};

/**
 * struct import - what was read
 * @ctl:	run; its @items take the objects
 * @resources:	arrays, by enum import_kind
 * @failed:	a resource was refused
 */
struct import {
	struct ctl *ctl;
	json_t *resources[IMPORT_KINDS];
	bool failed;
};

enum import_kind import_kind(const json_t *resource);
void import_azure(struct import *in);

#endif /* NATGWCTL_IMPORT_AZURE_H */
