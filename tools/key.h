/* SPDX-License-Identifier: GPL-2.0 */
/* The keys of objects on the command line, with their values. */
#ifndef NATGWCTL_KEY_H
#define NATGWCTL_KEY_H

#include "ctl.h"
#include "field.h"
#include "object.h"
#include "usage.h"

const struct field *key_lookup(const struct object *obj, unsigned int want, const char *word);
int object_keys(struct ctl *ctl, const struct object *obj, struct request *req,
		unsigned int want, struct extra *extra, int argc, char **argv);
int object_name(struct ctl *ctl, const struct object *obj, struct request *req,
		const char *name);
void extra_free(struct extra *extra);
int key_option_error(struct ctl *ctl, const struct object *obj, unsigned int want,
		     const char *word);

#endif /* NATGWCTL_KEY_H */
