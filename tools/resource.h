/* SPDX-License-Identifier: GPL-2.0 */
/* Properties of the cloud's resources, as az prints them. */
#ifndef NATGWCTL_RESOURCE_H
#define NATGWCTL_RESOURCE_H

#include <stddef.h>

#include <jansson.h>
#include <linux/natgw.h>

json_t *member(const json_t *object, const char *name);
json_t *property(const json_t *resource, const char *path);
const char *property_text(const json_t *resource, const char *path);
const char *ref_id(const json_t *ref);
const char *id_name(const char *id);
const char *name_cut(char buf[NATGW_NAME_MAX + 1], const char *name, size_t most);

#endif /* NATGWCTL_RESOURCE_H */
