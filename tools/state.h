/* SPDX-License-Identifier: GPL-2.0 */
/* The verbs of sessions that have a file. */
#ifndef NATGWCTL_STATE_H
#define NATGWCTL_STATE_H

struct ctl;
struct object;
struct verb;

int state_save(struct ctl *ctl, const struct object *obj, const struct verb *verb, int argc,
	       char **argv);
int state_restore(struct ctl *ctl, const struct object *obj, const struct verb *verb, int argc,
		  char **argv);

#endif /* NATGWCTL_STATE_H */
