/* SPDX-License-Identifier: GPL-2.0 */
/* The objects of the command line, and what most of their commands share. */
#ifndef NATGWCTL_OBJECT_H
#define NATGWCTL_OBJECT_H

#include <assert.h>
#include <stdio.h>

#include "ctl.h"
#include "field.h"
#include "schema.h"
#include "usage.h"

extern const struct object gateway_object;
extern const struct object address_object;
extern const struct object subnet_object;
extern const struct object vnet_object;
extern const struct object cluster_object;
extern const struct object managed_pool_object;
extern const struct object route_table_object;
extern const struct object route_object;
extern const struct object tag_object;
extern const struct object explain_object;
extern const struct object session_object;
extern const struct object ports_object;
extern const struct object stats_object;
extern const struct object monitor_object;
extern const struct object top_object;
extern const struct object metrics_object;
extern const struct object doctor_object;
extern const struct object flowlog_object;
extern const struct object reset_object;
extern const struct object export_object;
extern const struct object apply_object;
extern const struct object check_object;
extern const struct object diff_object;
extern const struct object import_object;
extern const struct object guard_object;
extern const struct object upgrade_object;
extern const struct object help_object;
extern const struct object version_object;

/* cmd_gateway.c */
extern const char *const gateway_operational[];

int object_run(struct ctl *ctl, const struct object *obj, int argc, char **argv);
const struct object *object_lookup(const char *word);
const struct verb *verb_lookup(const struct object *obj, const char *word);
const struct object *object_find(struct ctl *ctl, int argc, char **argv);

/* object.c */
const struct verb *verb_default(const struct object *obj);
unsigned int verb_keys(const struct verb *verb);
bool verb_one(const struct verb *verb, int argc);

int object_request(struct ctl *ctl, const struct object *obj, const struct verb *verb,
		   struct request *req, int argc, char **argv);
int object_change(struct ctl *ctl, const struct object *obj, const struct verb *verb, int argc,
		  char **argv);
int object_show(struct ctl *ctl, const struct object *obj, const struct verb *verb, int argc,
		char **argv);
int object_send(struct ctl *ctl, const struct object *obj, struct request *req);
void object_print(const struct ctl *ctl, struct out *o, const struct object *obj,
		  const struct nlattr *const *tb);
const char *object_key(char buf[KEY_TEXT], const struct object *obj,
		       const struct nlattr *const *tb);

/* drain.c */
bool drain_text(char buf[DRAIN_TEXT], const struct drain *drain, const struct nlattr *const *tb);

/* cmd_complete.c */
int complete_run(struct ctl *ctl, int argc, char **argv);

#endif /* NATGWCTL_OBJECT_H */
