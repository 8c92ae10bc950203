/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What requests, answers and notifications know of a kind of object.
 *
 * A kind is described once, in its own file. What all kinds do alike is done by the
 * functions of this file, and by the netlink room, from that description.
 */
#ifndef _NATGW_CONFIG_KIND_H
#define _NATGW_CONFIG_KIND_H

#include <linux/natgw.h>
#include <linux/types.h>
#include "lib/prefix.h"
#include "snapshot/kind.h"

struct genl_info;
struct natgw_config;
struct natgw_field;
struct natgw_net;
struct netlink_ext_ack;
struct nla_policy;
struct nlattr;
struct sk_buff;

/** enum natgw_verb - commands of a kind */
enum natgw_verb {
	NATGW_VERB_NEW,
	NATGW_VERB_SET,
	NATGW_VERB_DEL,
	NATGW_VERB_GET,
	NATGW_VERB_NTF,
	NATGW_VERB_DEL_NTF,
	NATGW_VERBS
};

/** NATGW_OBJECT_ROUTE - routes are in no set of their own, but in the entries of their tables */
#define NATGW_OBJECT_ROUTE	NATGW_OBJECT_KINDS

/* Commands of a kind that has no SET */
#define NATGW_KIND_COMMANDS(name)				\
	[NATGW_VERB_NEW] = NATGW_CMD_##name##_NEW,		\
	[NATGW_VERB_DEL] = NATGW_CMD_##name##_DEL,		\
	[NATGW_VERB_GET] = NATGW_CMD_##name##_GET,		\
	[NATGW_VERB_NTF] = NATGW_CMD_##name##_NTF,		\
	[NATGW_VERB_DEL_NTF] = NATGW_CMD_##name##_DEL_NTF

/**
 * struct natgw_key - what an object is known by
 * @name: its name, or the text of @prefix, for sentences
 * @prefix: of a kind without names
 */
struct natgw_key {
	char name[NATGW_NAME_MAX + 1];
	struct natgw_prefix prefix;
};

/**
 * struct natgw_request - a change of one object on its way
 * @nn: namespace, @nn->lock held
 * @config: snapshot to change
 * @info: request; NULL: a cluster makes the object
 * @key: of the object
 * @dev: device that comes with the key, or NULL
 * @old: its entry so far, NULL for a new one
 */
struct natgw_request {
	struct natgw_net *nn;
	struct natgw_config *config;
	struct genl_info *info;
	struct natgw_key key;
	const char *dev;
	const struct natgw_entry *old;
};

/**
 * struct natgw_kind_ops - a kind of object
 * @kind: enum natgw_object_kind
 * @cmd: its commands by enum natgw_verb, 0: it has none of the kind
 * @label: what it is called in sentences
 * @key_attr: attribute of the key, or of what the key begins with
 * @max: most objects of a namespace; 0: @check_new knows
 * @policy: of NEW and SET, up to attribute @policy_max; those of @fields are added
 * @key_policy: of GET and DEL, up to attribute @key_max
 * @del_policy: of DEL where it takes more, up to attribute @del_max
 * @fields: plain keys, for natgw_field_parse() and natgw_field_fill()
 * @n_fields: number of them
 *
 * Changes. Return: 0 or a negative errno with a sentence, and -ENOMEM maybe without.
 * @new, @set, @del: instead of what is done for all kinds, which calls the others
 * @key: the key of a request; NULL: @key_attr is a name
 * @new_key: of NEW alone; NULL: @key
 * @lookup: index by prefix, or -ENOENT; NULL: the kind has names
 * @missing: why no object has this key, where there is more to say; 0: there is not
 * @exists: as @missing, of a new object whose key is taken
 * @check_new: further checks before one is made; may be NULL
 * @make: entry with its run-time part, before @parse, or ERR_PTR();
 *	NULL: natgw_kind_make() with an array of @room
 * @room: length of the array at the end of an entry
 * @create: run-time part that no running entry of the key has; NULL: no memory
 * @defaults: of a new entry that natgw_kind_make() makes; may be NULL
 * @edit: copy of req->old to be changed, or that itself: nothing changes, or ERR_PTR();
 *	NULL: natgw_entry_dup()
 * @parse: puts the attributes of the request into the entry; may be NULL
 * @check_owner: refuses what a cluster made; may be NULL
 * @check_del: refuses to delete what is in use; may be NULL
 * @leave: unties others from an object that is deleted; may be NULL
 *
 * Answers, of a published snapshot, RCU read side.
 * @size: bytes that @fill puts at most; NULL: less than GENLMSG_DEFAULT_SIZE
 * @fill: puts all of it
 * @fill_key: puts its key; NULL: @key_attr is its name
 */
struct natgw_kind_ops {
	enum natgw_object_kind kind;
	u8 cmd[NATGW_VERBS];
	const char *label;
	u16 key_attr;
	u32 max;
	struct nla_policy *policy;
	u16 policy_max;
	const struct nla_policy *key_policy;
	u16 key_max;
	const struct nla_policy *del_policy;
	u16 del_max;
	const struct natgw_field *fields;
	u32 n_fields;

	int (*new)(struct natgw_net *nn, struct natgw_config *config, struct genl_info *info);
	int (*set)(struct natgw_net *nn, struct natgw_config *config, struct genl_info *info);
	int (*del)(struct natgw_net *nn, struct natgw_config *config, struct genl_info *info);
	int (*key)(struct genl_info *info, struct natgw_key *key);
	int (*new_key)(struct natgw_request *req);
	int (*lookup)(const struct natgw_config *config, struct natgw_prefix prefix);
	int (*missing)(const struct natgw_config *config, const struct natgw_key *key,
		       const struct nlattr *attr, struct netlink_ext_ack *extack);
	int (*exists)(const struct natgw_entry *entry, const struct nlattr *attr,
		      struct netlink_ext_ack *extack);
	int (*check_new)(const struct natgw_request *req);
	struct natgw_entry *(*make)(const struct natgw_request *req);
	u32 room;
	struct natgw_object *(*create)(const struct natgw_request *req);
	void (*defaults)(struct natgw_entry *entry);
	struct natgw_entry *(*edit)(const struct natgw_request *req);
	int (*parse)(const struct natgw_request *req, struct natgw_entry *entry);
	int (*check_owner)(const struct natgw_config *config, const struct natgw_entry *entry,
			   const struct nlattr *attr, struct netlink_ext_ack *extack);
	int (*check_del)(const struct natgw_request *req);
	int (*leave)(struct natgw_config *config, const struct natgw_entry *entry);

	size_t (*size)(const struct natgw_config *config, u32 index);
	int (*fill)(struct sk_buff *skb, struct natgw_net *nn,
		    const struct natgw_config *config, u32 index);
	int (*fill_key)(struct sk_buff *skb, const struct natgw_config *config, u32 index);
};

/**
 * natgw_kind_change - make the change that a command asks for
 * @ops: kind of the command
 * @nn: namespace, @nn->lock held
 * @config: snapshot that is not yet published
 * @info: request, one of NEW, SET, DEL
 *
 * Either it is done in full or refused with nothing changed. Return: 0 or a negative errno.
 */
int natgw_kind_change(const struct natgw_kind_ops *ops, struct natgw_net *nn,
		      struct natgw_config *config, struct genl_info *info);

/**
 * natgw_kind_index - the object that a request names
 * @config: snapshot, or NULL: there is none
 *
 * Return: its index, or a negative errno with a sentence.
 */
int natgw_kind_index(const struct natgw_kind_ops *ops, const struct natgw_config *config,
		     struct genl_info *info);

/** natgw_kind_fill_key - put the key of an object */
int natgw_kind_fill_key(const struct natgw_kind_ops *ops, struct sk_buff *skb,
			const struct natgw_config *config, u32 index);

/** natgw_kind_name - the name that is a request's key; 0 or -EINVAL */
int natgw_kind_name(const struct natgw_kind_ops *ops, struct genl_info *info,
		    struct natgw_key *key);

/** natgw_kind_check_new - is the key free, and room for one more? 0, -EEXIST or -ENOSPC */
int natgw_kind_check_new(const struct natgw_kind_ops *ops, const struct natgw_config *config,
			 const struct natgw_key *key, const struct nlattr *attr,
			 struct netlink_ext_ack *extack);

/**
 * natgw_kind_object - run-time part of a new entry
 * @req: its key
 *
 * That of @req->old; or of the running entry of the key: an object deleted and made again
 * in one transaction keeps it.
 * Return: one reference, or NULL: no memory.
 */
struct natgw_object *natgw_kind_object(const struct natgw_kind_ops *ops,
				       const struct natgw_request *req);

/**
 * natgw_kind_make - a new entry with its defaults and run-time part, in no snapshot
 * @room: length of the array at its end
 *
 * Return: one reference, or ERR_PTR().
 */
struct natgw_entry *natgw_kind_make(const struct natgw_kind_ops *ops,
				    const struct natgw_request *req, u32 room);

/**
 * natgw_kind_add - make an entry that a cluster fills in, and append it
 * @req: nn, config and key
 *
 * Return: it, or NULL: no memory.
 */
struct natgw_entry *natgw_kind_add(const struct natgw_kind_ops *ops,
				   const struct natgw_request *req);

#endif
