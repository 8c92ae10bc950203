// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "object.h"
#include "refusal.h"
#include "text.h"
#include "version.h"

#define NETNS_DIR	"/run/netns/"
/** ARG_TEXT - as much of a value as an error repeats */
#define ARG_TEXT	256
/** COMMAND_WORD, COMMAND_NAME - as much of a word, and of a name, as an error repeats */
#define COMMAND_WORD	32
#define COMMAND_NAME	64

/* Copies at most @most bytes of a text. Return: behind them */
static char *part_put(char *at, const char *end, const char *text, size_t most)
{
	size_t len = strnlen(text, most);

	if (len > (size_t)(end - at))
		len = end - at;
	memcpy(at, text, len);
	return at + len;
}

/**
 * ctl_command - note what is being done, for errors
 * @ctl:	run
 * @object:	"gateway"
 * @verb:	"add", or NULL
 * @name:	"gw1", or NULL
 */
void ctl_command(struct ctl *ctl, const char *object, const char *verb, const char *name)
{
	char *at = ctl->command, *end = at + sizeof(ctl->command) - 1;

	/* not printf(): files have thousands of commands */
	at = part_put(at, end, object, COMMAND_WORD);
	if (verb)
		at = part_put(part_put(at, end, " ", 1), end, verb, COMMAND_WORD);
	if (name)
		at = part_put(part_put(at, end, " ", 1), end, name, COMMAND_NAME);
	*at = 0;
}

/* "natgwctl: FILE:LINE: COMMAND: sentence" */
static void report_text(const struct ctl *ctl, int err, const char *text)
{
	fputs("natgwctl: ", stderr);
	if (ctl->file) {
		text_put(stderr, ctl->file);
		if (ctl->line)
			fprintf(stderr, ":%u", ctl->line);
		fputs(": ", stderr);
	}
	if (ctl->command[0]) {
		text_put(stderr, ctl->command);
		fputs(": ", stderr);
	}
	fputs(err ? "" : "warning: ", stderr);
	text_put(stderr, text);
	fputc('\n', stderr);
}

/* A line, or an object, that goes to stderr; @err 0: a warning, @hint: what to type, or NULL */
static void report_hint(const struct ctl *ctl, int err, const char *key, const char *value,
			const char *text, const char *hint)
{
	json_t *error;

	if (ctl->salvage)
		return;
	if (!ctl->json) {
		report_text(ctl, err, text);
		return;
	}
	error = json_object();
	if (err)
		json_object_set_new(error, "errno", json_integer(err));
	json_object_set_new(error, "message", out_json_text(text));
	if (key)
		json_object_set_new(error, "attribute", out_json_text(key));
	if (value)
		json_object_set_new(error, "value", out_json_text(value));
	if (hint)
		json_object_set_new(error, "hint", out_json_text(hint));
	if (ctl->command[0])
		json_object_set_new(error, "command", out_json_text(ctl->command));
	if (ctl->file) {
		json_object_set_new(error, "file", out_json_text(ctl->file));
		if (ctl->line)
			json_object_set_new(error, "line", json_integer(ctl->line));
	}
	error = json_pack("{s:o}", err ? "error" : "warning", error);
	json_dumpf(error, stderr, OUT_JSON_FLAGS |
		   (ctl->pretty ? JSON_INDENT(4) : JSON_COMPACT));
	fputc('\n', stderr);
	json_decref(error);
}

static void report(const struct ctl *ctl, int err, const char *key, const char *value,
		   const char *text)
{
	report_hint(ctl, err, key, value, text, NULL);
}

/**
 * usage_error - report a command that was not understood
 * @ctl:	run
 * @key:	keyword at fault, or NULL
 * @fmt:	sentence
 *
 * Return: EXIT_USAGE
 */
int usage_error(const struct ctl *ctl, const char *key, const char *fmt, ...)
{
	char text[768];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	report(ctl, EINVAL, key, NULL, text);
	return EXIT_USAGE;
}

/* The command as it was typed, behind sudo */
static void sudo_advice(const struct ctl *ctl, char *buf, size_t size)
{
	size_t n = 0;
	int i;

	for (i = 0; ctl->argv[i] && n < size; i++)
		n += snprintf(buf + n, size - n, " %s", i ? ctl->argv[i] : "natgwctl");
}

static int not_permitted(const struct ctl *ctl)
{
	char argv[256], text[512];

	sudo_advice(ctl, argv, sizeof(argv));
	if (geteuid())
		snprintf(text, sizeof(text), "not permitted, run it as root: sudo%s", argv);
	else
		snprintf(text, sizeof(text),
			 "not permitted, root lacks CAP_NET_ADMIN in this network namespace");
	report(ctl, EPERM, NULL, NULL, text);
	return EXIT_NO_FAMILY;
}

/**
 * ctl_no_module - report that the module is not loaded
 * @ctl:	run
 *
 * Return: the exit status.
 */
int ctl_no_module(const struct ctl *ctl)
{
	const char *sudo = geteuid() ? "sudo " : "";
	char text[256];

	snprintf(text, sizeof(text),
		 "the natgw module is not loaded: %smodprobe natgw, or in its source tree %smake load (insmod kmod/natgw.ko)",
		 sudo, sudo);
	report(ctl, ENOENT, NULL, NULL, text);
	return EXIT_NO_FAMILY;
}

/**
 * ctl_open - open the socket, if it is not
 * @ctl:	run
 *
 * Return: 0, or the exit status.
 */
int ctl_open(struct ctl *ctl)
{
	struct nl_error e;
	char text[256];

	if (ctl->nl.sock || !nl_open(&ctl->nl, &e))
		return 0;
	if (e.err == ENOENT)
		return ctl_no_module(ctl);
	snprintf(text, sizeof(text), "cannot open netlink: %s", strerror(e.err));
	report(ctl, e.err, NULL, NULL, text);
	return EXIT_NO_FAMILY;
}

/* The key of the command line that an error is about, and its value; or NULL */
static const char *typed(const struct request *req, const struct nl_error *e,
			 char value[ARG_TEXT])
{
	const char *key = NULL;
	const struct arg *arg;
	unsigned int i;

	for (i = 0; req && e->offset && i < req->n_args; i++) {
		arg = &req->args[i];
		if (e->offset < arg->start || e->offset >= arg->end)
			continue;
		key = arg->word;
		snprintf(value, ARG_TEXT, "%.*s", (int)arg->len, arg->value);
	}
	return key;
}

/* The kernel's sentence, or one where it has none */
static const char *sentence(const struct request *req, const struct nl_error *e)
{
	if (e->malformed)
		return "the kernel's answer is malformed";
	if (req && req->full)
		return "too much for one command";
	if (*e->text)
		return e->text;
	return e->missing ? "something is missing" : strerror(e->err);
}

/**
 * kernel_error - report a request that failed
 * @ctl:	run
 * @obj:	object of the request, or NULL
 * @req:	request, or NULL
 * @e:		why
 *
 * Return: the exit status.
 */
int kernel_error(const struct ctl *ctl, const struct object *obj, const struct request *req,
		 const struct nl_error *e)
{
	char text[2 * REFUSAL_TEXT], times[REFUSAL_TEXT], hint[REFUSAL_TEXT];
	char version[VERSION_TEXT];
	const struct field *f = NULL;
	char value[ARG_TEXT] = "";
	bool said = false, hinted;
	const char *key, *why;
	int n;

	if (e->err == EPERM && !e->text[0])
		return not_permitted(ctl);

	key = typed(req, e, value);
	if (obj && obj->schema)
		f = field_by_attr(obj->schema, e->attr);
	if (!key && f)
		key = f->word;

	why = req && version_explains(req, e, version) ? version : sentence(req, e);
	if (f && f->type == FIELD_TIME && *value) {
		refusal_times(times, why, value);
		why = times;
	}
	hinted = req && refusal_hint(hint, req, why);

	/* What the sentence, or the name in front of it, says need not be said again */
	if (key)
		said = (strstr(why, key) || (f && f->flags & FIELD_KEY)) &&
			(!*value || strstr(why, value));
	if (!key || said)
		n = snprintf(text, sizeof(text), "%s", why);
	else if (*value)
		n = snprintf(text, sizeof(text), "%s (%s %s)", why, key, value);
	else
		n = snprintf(text, sizeof(text), "%s (%s%s)", why, key,
			     e->missing ? " is missing" : "");
	if (hinted && n < (int)sizeof(text))
		snprintf(text + n, sizeof(text) - n, "; %s", hint);
	report_hint(ctl, e->err, key, *value ? value : NULL, ctl->json ? why : text,
		    hinted ? hint : NULL);
	return EXIT_REFUSED;
}

/**
 * warn - say what should be looked at though the command was done
 * @ctl:	run
 * @key:	keyword that it is about, or NULL
 * @value:	its value, or NULL
 * @fmt:	sentence
 */
void warn(const struct ctl *ctl, const char *key, const char *value, const char *fmt, ...)
{
	char text[768];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	report(ctl, 0, key, value, text);
}

/**
 * warn_kernel - pass on what the kernel says about a request that succeeded
 * @ctl:	run
 * @e:		answer
 */
void warn_kernel(const struct ctl *ctl, const struct nl_error *e)
{
	if (e->text[0])
		report(ctl, 0, NULL, NULL, e->text);
}

/**
 * list_end - report how the dump of a list ended
 * @ctl:	run
 * @obj:	object of the request, or NULL
 * @req:	request, or NULL
 * @ret:	what nl_dump() returned
 * @e:		what the kernel said
 *
 * Return: the exit status.
 */
int list_end(const struct ctl *ctl, const struct object *obj, const struct request *req, int ret,
	     const struct nl_error *e)
{
	if (ret < 0)
		return kernel_error(ctl, obj, req, e);
	if (ret)
		report(ctl, 0, NULL, NULL,
		       "the list changed while it was read, entries may lack or stand twice");
	warn_kernel(ctl, e);
	return 0;
}

/**
 * netns_enter - go on in a named network namespace
 * @ctl:	run
 * @name:	as ip netns knows it, or a path
 *
 * Return: 0, or the exit status.
 */
int netns_enter(const struct ctl *ctl, const char *name)
{
	char path[PATH_MAX];
	int fd, ret;

	snprintf(path, sizeof(path), "%s%s", strchr(name, '/') ? "" : NETNS_DIR, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return usage_error(ctl, NULL, "network namespace %s: %s", name, strerror(errno));
	ret = setns(fd, CLONE_NEWNET);
	close(fd);
	if (ret < 0 && errno == EPERM)
		return not_permitted(ctl);
	if (ret < 0)
		return usage_error(ctl, NULL, "network namespace %s: %s", name, strerror(errno));
	return 0;
}
