// SPDX-License-Identifier: GPL-2.0
/*
 * Owns what requests of all kinds of objects have in common. Called by the netlink room
 * with the description of a kind, and by the files of the kinds.
 */
#include <linux/natgw.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <net/genetlink.h>
#include "config/kind.h"
#include "lib/extack.h"
#include "lib/nl_attr.h"
#include "snapshot/config.h"
#include "snapshot/entry.h"
#include "snapshot/net.h"
#include "snapshot/set.h"

static int lookup(const struct natgw_kind_ops *ops, const struct natgw_config *config,
		  const struct natgw_key *key)
{
	return ops->lookup ? ops->lookup(config, key->prefix) :
			     natgw_set_lookup(config, ops->kind, key->name);
}

int natgw_kind_name(const struct natgw_kind_ops *ops, struct genl_info *info,
		    struct natgw_key *key)
{
	const struct nlattr *attr = info->attrs[ops->key_attr];

	if (!attr)
		return natgw_refuse_missing(info->extack, ops->key_attr, "name");
	return natgw_nl_name(attr, "name", key->name, info->extack);
}

static int get_key(const struct natgw_kind_ops *ops, struct genl_info *info,
		   struct natgw_key *key)
{
	return ops->key ? ops->key(info, key) : natgw_kind_name(ops, info, key);
}

static int find(const struct natgw_kind_ops *ops, const struct natgw_config *config,
		struct genl_info *info, struct natgw_key *key)
{
	const struct nlattr *attr = info->attrs[ops->key_attr];
	int i, err;

	err = get_key(ops, info, key);
	if (err)
		return err;
	i = config ? lookup(ops, config, key) : -ENOENT;
	if (i >= 0)
		return i;
	err = config && ops->missing ? ops->missing(config, key, attr, info->extack) : 0;
	return err ?: natgw_refuse(info->extack, attr, -ENOENT, "%s %s does not exist",
				   ops->label, key->name);
}

int natgw_kind_index(const struct natgw_kind_ops *ops, const struct natgw_config *config,
		     struct genl_info *info)
{
	struct natgw_key key;

	return find(ops, config, info, &key);
}

int natgw_kind_check_new(const struct natgw_kind_ops *ops, const struct natgw_config *config,
			 const struct natgw_key *key, const struct nlattr *attr,
			 struct netlink_ext_ack *extack)
{
	const struct natgw_set *set = &config->set[ops->kind];
	int i = lookup(ops, config, key), err;

	if (i >= 0) {
		err = ops->exists ? ops->exists(set->entry[i], attr, extack) : 0;
		return err ?: natgw_refuse(extack, attr, -EEXIST, "%s %s exists", ops->label,
					   key->name);
	}
	if (ops->max && set->n >= ops->max)
		return natgw_refuse(extack, attr, -ENOSPC,
				    "%s %s is one too many, there are %u already", ops->label,
				    key->name, set->n);
	return 0;
}

struct natgw_object *natgw_kind_object(const struct natgw_kind_ops *ops,
				       const struct natgw_request *req)
{
	const struct natgw_config *running =
		rcu_dereference_protected(req->nn->config, lockdep_is_held(&req->nn->lock));
	int i = lookup(ops, running, &req->key);
	struct natgw_object *object = NULL;

	if (req->old)
		object = req->old->object;
	else if (i >= 0)
		object = running->set[ops->kind].entry[i]->object;
	if (object) {
		refcount_inc(&object->ref);
		return object;
	}
	object = ops->create(req);
	if (object)
		refcount_set(&object->ref, 1);
	return object;
}

struct natgw_entry *natgw_kind_make(const struct natgw_kind_ops *ops,
				    const struct natgw_request *req, u32 room)
{
	struct natgw_entry *entry = natgw_entry_alloc(ops->kind, room);

	if (!entry)
		return ERR_PTR(-ENOMEM);
	entry->object = natgw_kind_object(ops, req);
	if (!entry->object) {
		natgw_entry_put(entry);
		return ERR_PTR(-ENOMEM);
	}
	if (ops->defaults)
		ops->defaults(entry);
	return entry;
}

struct natgw_entry *natgw_kind_add(const struct natgw_kind_ops *ops,
				   const struct natgw_request *req)
{
	struct natgw_entry *entry = natgw_kind_make(ops, req, ops->room);

	if (IS_ERR(entry))
		return NULL;
	if (!natgw_set_append(req->config, entry))
		return entry;
	natgw_entry_put(entry);
	return NULL;
}

static int make_new(const struct natgw_kind_ops *ops, struct natgw_request *req)
{
	const struct nlattr *attr = req->info->attrs[ops->key_attr];
	struct natgw_entry *entry;
	int err;

	err = ops->new_key ? ops->new_key(req) : get_key(ops, req->info, &req->key);
	if (!err)
		err = natgw_kind_check_new(ops, req->config, &req->key, attr, req->info->extack);
	if (!err && ops->check_new)
		err = ops->check_new(req);
	if (err)
		return err;
	entry = ops->make ? ops->make(req) : natgw_kind_make(ops, req, ops->room);
	if (IS_ERR(entry))
		return PTR_ERR(entry);
	err = ops->parse ? ops->parse(req, entry) : 0;
	if (!err)
		err = natgw_set_append(req->config, entry);
	if (err)
		natgw_entry_put(entry);
	return err;
}

/* The object that a request to change or delete it names, if its owner lets it */
static int find_own(const struct natgw_kind_ops *ops, struct natgw_request *req)
{
	struct genl_info *info = req->info;
	int i = find(ops, req->config, info, &req->key), err = 0;

	if (i < 0)
		return i;
	req->old = req->config->set[ops->kind].entry[i];
	if (ops->check_owner)
		err = ops->check_owner(req->config, req->old, info->attrs[ops->key_attr],
				       info->extack);
	return err ?: i;
}

static int set_old(const struct natgw_kind_ops *ops, struct natgw_request *req)
{
	int i = find_own(ops, req), err;
	struct natgw_entry *entry;

	if (i < 0)
		return i;
	entry = ops->edit ? ops->edit(req) : natgw_entry_dup(req->old);
	if (!entry)
		return -ENOMEM;
	if (IS_ERR(entry))
		return PTR_ERR(entry);
	if (entry == req->old)
		return 0;
	err = ops->parse(req, entry);
	if (err)
		natgw_entry_put(entry);
	else
		natgw_set_replace(req->config, i, entry);
	return err;
}

static int delete(const struct natgw_kind_ops *ops, struct natgw_request *req)
{
	int i = find_own(ops, req), err = 0;

	if (i < 0)
		return i;
	if (ops->check_del)
		err = ops->check_del(req);
	if (!err && ops->leave)
		err = ops->leave(req->config, req->old);
	if (!err)
		natgw_set_remove(req->config, ops->kind, i);
	return err;
}

int natgw_kind_change(const struct natgw_kind_ops *ops, struct natgw_net *nn,
		      struct natgw_config *config, struct genl_info *info)
{
	struct natgw_request req = { .nn = nn, .config = config, .info = info };
	u8 cmd = info->genlhdr->cmd;

	if (cmd == ops->cmd[NATGW_VERB_NEW])
		return ops->new ? ops->new(nn, config, info) : make_new(ops, &req);
	if (cmd == ops->cmd[NATGW_VERB_SET])
		return ops->set ? ops->set(nn, config, info) : set_old(ops, &req);
	return ops->del ? ops->del(nn, config, info) : delete(ops, &req);
}

int natgw_kind_fill_key(const struct natgw_kind_ops *ops, struct sk_buff *skb,
			const struct natgw_config *config, u32 index)
{
	if (ops->fill_key)
		return ops->fill_key(skb, config, index);
	return nla_put_string(skb, ops->key_attr,
			      natgw_entry_name(config->set[ops->kind].entry[index]));
}
