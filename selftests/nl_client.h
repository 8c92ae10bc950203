/* SPDX-License-Identifier: GPL-2.0 */
/* What the files of nl_client share: its commands, requests made of words, answers printed. */
#ifndef NL_CLIENT_H
#define NL_CLIENT_H

#include <netlink/msg.h>

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

/** enum type - of an attribute's value: CIDR is a nest of address and length */
enum type { NONE, U32, U64, STR, ADDR, NEST, CIDR };

/**
 * struct attr - an attribute, at its number in the array of its command
 * @name: without the object; NULL: the client does not know it
 * @type: of its value
 */
struct attr {
	const char *name;
	enum type type;
};

/**
 * struct command - a command, as a line names it
 * @name: the word
 * @cmd: NATGW_CMD_*
 * @attrs: those of its requests and answers
 * @n: number of @attrs
 */
struct command {
	const char *name;
	int cmd;
	const struct attr *attrs;
	unsigned int n;
};

/* nl_commands.c */

extern const struct command commands[];
extern const unsigned int n_commands;

/** find_command - Return: the command of this name or NULL */
const struct command *find_command(const char *name);

/** find_attr - Return: number of the attribute of this name or -1 */
int find_attr(const struct command *c, const char *name);

/** attr_name - Return: name of an attribute; one without a name is "#N", until the next call */
const char *attr_name(const struct command *c, unsigned int type);

/* nl_message.c */

/** put_cidr - append 10.0.0.0/16 as a nest natgw_a_prefix. Return: 0 or negative */
int put_cidr(struct nl_msg *msg, int type, const char *value);

/**
 * build - make a request of words
 * @family: number of the family
 * @words: "dump" and attributes, divided by spaces; is written to
 *
 * Return: the message, or NULL if a word makes no sense
 */
struct nl_msg *build(const struct command *c, int family, char *words);

/** errno_name - Return: EINVAL of 22, "?" of a number that is none */
const char *errno_name(int error);

/**
 * print_error - print an error, where it is, and what the kernel says of it
 * @sent: the request
 * @nlh: its answer, an NLMSG_ERROR
 */
void print_error(const struct command *c, struct nlmsghdr *sent, struct nlmsghdr *nlh);

/** print_attrs - print those attributes of an answer that have a name */
void print_attrs(const struct command *c, struct nlmsghdr *nlh);

#endif
