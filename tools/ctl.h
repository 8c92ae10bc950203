/* SPDX-License-Identifier: GPL-2.0 */
/* What every command shares: options, socket, errors. */
#ifndef NATGWCTL_CTL_H
#define NATGWCTL_CTL_H

#include <stdbool.h>

#include "nl.h"
#include "parse.h"
#include "print.h"

struct guard;
struct object;

/** enum exit_status - of the tool, natgwctl(8) */
enum exit_status {
	EXIT_OK,
	EXIT_USAGE,	/* not understood, or not written */
	EXIT_REFUSED,	/* by the kernel */
	EXIT_NO_FAMILY,	/* module not loaded, or not permitted */
	EXIT_FOUND,	/* a check found something */
	EXIT_GAP,	/* flowlog find: the log does not tell of all of that time */
};

/**
 * struct ctl - one run of the tool
 * @json:	-j
 * @pretty:	-p
 * @stats:	-s
 * @unread:	who read the output went away, which is no error
 * @netns:	-n, or NULL
 * @argv:	the whole command line, to be repeated in advice
 * @nl:		socket, opened when first needed
 * @file:	batch file, or NULL
 * @line:	its line
 * @command:	"gateway add gw1", for errors
 * @batch:	what the batch staged so far, or NULL outside of one
 * @pipe:	where requests that are only acknowledged wait for others, or NULL
 * @items:	where commands put objects instead of the kernel, or NULL
 * @guard:	where lines "guard allow" go, or NULL
 * @salvage:	a file is known to be wrong, and read again for its lines "guard allow" alone:
 *		nothing else is run, errors are not reported; how many files may still be read
 */
struct ctl {
	bool json;
	bool pretty;
	bool stats;
	bool unread;
	const char *netns;
	char **argv;
	struct nl nl;
	const char *file;
	unsigned int line;
	char command[128];
	struct batch *batch;
	struct nl_pipe *pipe;
	struct items *items;
	struct guard *guard;
	unsigned int salvage;
};

void ctl_command(struct ctl *ctl, const char *object, const char *verb, const char *name);
int ctl_no_module(const struct ctl *ctl);
int ctl_open(struct ctl *ctl);

__printf(3, 4)
int usage_error(const struct ctl *ctl, const char *key, const char *fmt, ...);
int kernel_error(const struct ctl *ctl, const struct object *obj, const struct request *req,
		 const struct nl_error *e);
__printf(4, 5)
void warn(const struct ctl *ctl, const char *key, const char *value, const char *fmt, ...);
void warn_kernel(const struct ctl *ctl, const struct nl_error *e);
int list_end(const struct ctl *ctl, const struct object *obj, const struct request *req, int ret,
	     const struct nl_error *e);

int netns_enter(const struct ctl *ctl, const char *name);

int transaction_begin(struct ctl *ctl, const uint32_t *generation, struct nl_error *e);
int transaction_commit(struct ctl *ctl, struct nl_error *e);
int transaction_check(struct ctl *ctl, uint32_t *sessions, struct nl_error *e);
void transaction_abort(struct ctl *ctl);

#endif /* NATGWCTL_CTL_H */
