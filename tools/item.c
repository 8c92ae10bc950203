// SPDX-License-Identifier: GPL-2.0
/*
 * Owns configurations as lists of objects. The commands of a file put objects into such a list
 * instead of the kernel: object_send() and attach.c call here. What the kernel has becomes the
 * same list, for cmd_export.c and plan.c.
 */
#include <stdlib.h>
#include <string.h>

#include <linux/genetlink.h>

#include "item.h"
#include "table.h"

/**
 * kind_next - the kind of objects that a file makes next
 * @obj:	the one before, or NULL
 *
 * Return: NULL behind the last one.
 */
const struct object *kind_next(const struct object *obj)
{
	const struct object *next = NULL;
	unsigned int i;

	for (i = 0; objects[i]; i++)
		if (objects[i]->rank > (obj ? obj->rank : 0) &&
		    (!next || objects[i]->rank < next->rank))
			next = objects[i];
	return next;
}

static unsigned int bucket_of(const struct object *obj, const char *key)
{
	uint32_t hash = 2166136261u ^ obj->rank;

	while (*key)
		hash = (hash ^ (unsigned char)*key++) * 16777619u;
	return (hash ^ hash >> 16) % ITEM_BUCKETS;
}

/**
 * items_find - an object of a list
 * @items:	list
 * @obj:	kind of object
 * @key:	its key
 *
 * Return: NULL if there is none.
 */
struct item *items_find(const struct items *items, const struct object *obj, const char *key)
{
	struct item *it = items->bucket[bucket_of(obj, key)];

	while (it && (it->obj != obj || strcmp(it->key, key)))
		it = it->next;
	return it;
}

static struct item *item_add(struct items *items, const struct object *obj, const char *key)
{
	struct item **bucket = &items->bucket[bucket_of(obj, key)];
	struct item *it = out_checked(calloc(1, sizeof(*it)));

	it->obj = obj;
	it->key = out_checked(strdup(key));
	it->value = out_checked(calloc(obj->schema->n_fields, sizeof(*it->value)));
	it->next = *bucket;
	*bucket = it;
	if (items->n == items->room) {
		items->room = items->room ? 2 * items->room : 64;
		items->list = out_checked(realloc(items->list,
						  items->room * sizeof(*items->list)));
	}
	items->list[items->n++] = it;
	return it;
}

static void item_free(struct item *it)
{
	unsigned int i;

	for (i = 0; i < it->obj->schema->n_fields; i++)
		free(it->value[i]);
	free(it->value);
	free(it->space);
	free(it->key);
	free(it);
}

static void item_remove(struct items *items, struct item *it)
{
	struct item **at = &items->bucket[bucket_of(it->obj, it->key)];
	size_t i;

	while (*at != it)
		at = &(*at)->next;
	*at = it->next;
	for (i = items->n - 1; items->list[i] != it; i--)
		;
	items->n--;
	memmove(&items->list[i], &items->list[i + 1], (items->n - i) * sizeof(*items->list));
	item_free(it);
}

/**
 * items_init - an empty configuration: vnet "default" alone
 * @items:	list
 */
void items_init(struct items *items)
{
	memset(items, 0, sizeof(*items));
	item_add(items, &vnet_object, NATGW_VNET_DEFAULT)->exists = true;
}

/**
 * items_free - forget a list
 * @items:	list
 */
void items_free(struct items *items)
{
	while (items->n)
		item_free(items->list[--items->n]);
	free(items->list);
	memset(items, 0, sizeof(*items));
}

/** item_keeps - is a field configuration, which a file may have? */
bool item_keeps(const struct field *f)
{
	return f->flags & FIELD_SET && !(f->flags & (FIELD_KEY | FIELD_ACT)) &&
		f->type != FIELD_EXTRA;
}

static char **value_at(const struct item *it, const char *word)
{
	const struct schema *s = it->obj->schema;
	unsigned int i;

	for (i = 0; i < s->n_fields; i++)
		if (!strcmp(s->fields[i].word, word))
			return &it->value[i];
	return NULL;
}

/**
 * item_word - what a key was set to
 * @it:		object
 * @word:	key
 *
 * Return: NULL if it has its default.
 */
const char *item_word(const struct item *it, const char *word)
{
	return *value_at(it, word);
}

/**
 * item_drop - forget what a key was set to
 * @it:		object
 * @word:	key
 */
void item_drop(struct item *it, const char *word)
{
	char **value = value_at(it, word);

	free(*value);
	*value = NULL;
}

/* What a key is where it was not given; NULL: there is no such thing */
static const char *initial(const struct item *it, const struct field *f)
{
	const char *value;

	if (it->obj->initial && it->obj->initial(it, f, &value))
		return value;
	if (f->initial)
		return f->initial;
	if (f->off)
		return f->off;
	if (f->type == FIELD_REF)
		return "none";
	return f->type == FIELD_WORD ? f->words[0] : NULL;
}

/**
 * item_value - value of a field, given or not
 * @it:		object
 * @f:		field of its kind
 *
 * Return: as it is typed; NULL: not given, and there is no default.
 */
const char *item_value(const struct item *it, const struct field *f)
{
	const char *value = it->value[f - it->obj->schema->fields];

	return value ? value : initial(it, f);
}

/* A value that is the default is as good as none */
static void item_normalize(struct item *it)
{
	const struct schema *s = it->obj->schema;
	const char *value;
	unsigned int i;

	for (i = 0; i < s->n_fields; i++) {
		if (!it->value[i])
			continue;
		value = initial(it, &s->fields[i]);
		if (value && !strcmp(value, it->value[i])) {
			free(it->value[i]);
			it->value[i] = NULL;
		}
	}
}

/* Puts what a message says of an object into it. @all: what it does not say is the default */
static void item_fill(struct item *it, const struct nlattr *const *tb, bool all)
{
	const struct schema *s = it->obj->schema;
	const struct field *f;
	unsigned int i;

	for (i = 0; i < s->n_fields; i++) {
		f = &s->fields[i];
		if (!item_keeps(f) || !(all || tb[f->attr]))
			continue;
		free(it->value[i]);
		it->value[i] = field_text(f, tb);
	}
}

/* Another profile, or outbound type, brings its own defaults */
static void item_lead(struct item *it, const struct nlattr *const *tb)
{
	const struct schema *s = it->obj->schema;
	bool led = false;
	unsigned int i;

	for (i = 0; i < s->n_fields; i++)
		led |= s->fields[i].flags & FIELD_LEAD && tb[s->fields[i].attr];
	for (i = 0; led && i < s->n_fields; i++)
		if (s->fields[i].flags & FIELD_LED) {
			free(it->value[i]);
			it->value[i] = NULL;
		}
}

static int items_clear(struct items *items)
{
	items_free(items);
	items_init(items);
	return 0;
}

static int refuse_act(const struct ctl *ctl, const struct object *obj,
		      const struct nlattr *const *tb)
{
	const struct field *f;

	for (f = obj->schema->fields; f < obj->schema->fields + obj->schema->n_fields; f++)
		if (f->flags & FIELD_ACT && tb[f->attr])
			return usage_error(ctl, f->word,
					   "%s: is an act and no configuration, give it by hand: natgwctl %s set",
					   f->word, obj->word);
	return 0;
}

static bool is_verb(const struct object *obj, const char *word, uint8_t cmd)
{
	const struct verb *verb = verb_lookup(obj, word);

	return verb && verb->cmd == cmd;
}

/* A key that the kernel wants of each new object of the kind, and that is not given; or NULL */
static const char *lacking(const struct item *it)
{
	const char *type;

	if (it->obj == &subnet_object || it->obj == &vnet_object || it->obj == &tag_object)
		return item_word(it, "prefix") ? NULL : "prefix";
	if (it->obj == &cluster_object)
		return item_word(it, "prefix") || item_word(it, "subnet") ? NULL : "prefix";
	if (it->obj != &route_object)
		return NULL;
	type = item_word(it, "next-hop-type");
	if (!type)
		return "next-hop-type";
	return strcmp(type, "VirtualAppliance") || item_word(it, "next-hop-ip") ? NULL :
										  "next-hop-ip";
}

/* Where an object was made, for errors */
static const char *made_at(char buf[128], const struct item *it)
{
	if (it->file)
		snprintf(buf, 128, ", at %s:%u", it->file, it->line);
	else
		buf[0] = 0;
	return buf;
}

/**
 * items_request - put an object into @ctl->items, as a request asks the kernel to
 * @ctl:	run
 * @obj:	kind of object
 * @req:	NEW, SET or DEL of it, or RESET
 *
 * Return: 0, or the exit status.
 */
int items_request(struct ctl *ctl, const struct object *obj, const struct request *req)
{
	const struct genlmsghdr *genl = mnl_nlmsg_get_payload(req->nlh);
	const struct nlattr *tb[FIELDS_ATTRS];
	char buf[KEY_TEXT], at[128];
	const char *key, *lacks;
	struct item *it;
	int ret;

	if (genl->cmd == NATGW_CMD_RESET)
		return items_clear(ctl->items);
	if (req->full)
		return usage_error(ctl, NULL, "too much for one command");
	fields_parse(obj->schema, req->nlh, tb);
	key = object_key(buf, obj, tb);
	ret = refuse_act(ctl, obj, tb);
	if (ret)
		return ret;
	if (!key || (obj == &route_object && !strchr(key, ' ')))
		return usage_error(ctl, "route-table", "route-table is missing");
	it = items_find(ctl->items, obj, key);
	if (is_verb(obj, "del", genl->cmd)) {
		if (!it || it->exists)
			return usage_error(ctl, NULL, "no line before this one makes it");
		item_remove(ctl->items, it);
		return 0;
	}
	if (is_verb(obj, "add", genl->cmd)) {
		if (it && it->exists)
			return usage_error(ctl, NULL, "it exists always, use: %s set %s", obj->word,
					   key);
		if (it)
			return usage_error(ctl, NULL, "given twice%s", made_at(at, it));
		it = item_add(ctl->items, obj, key);
	} else if (!it) {
		return usage_error(ctl, NULL, "no line before this one makes it");
	}
	it->file = ctl->file;
	it->line = ctl->line;
	item_lead(it, tb);
	item_fill(it, tb, false);
	item_normalize(it);
	/* the kernel is not asked where the object runs already, nor by the guard */
	lacks = it->exists ? NULL : lacking(it);
	return lacks ? usage_error(ctl, lacks, "%s is missing", lacks) : 0;
}

/**
 * items_attach - put an address of a gateway into @ctl->items: "gateway add gw1 address A"
 * @ctl:	run
 * @address:	as it was typed, checked
 * @gateway:	name
 * @move:	from another gateway too
 *
 * Return: 0, or the exit status.
 */
int items_attach(struct ctl *ctl, const char *address, const char *gateway, bool move)
{
	const struct object *obj = &address_object;
	const struct nlattr *tb[FIELDS_ATTRS];
	char buf[KEY_TEXT], at[128];
	struct parse_error e;
	struct request req;
	char **value;
	struct item *it;

	request_init(&req, NATGW_CMD_ADDRESS_NEW);
	field_put(&req, obj->schema, &obj->schema->fields[0], address, &e);
	fields_parse(obj->schema, req.nlh, tb);
	object_key(buf, obj, tb);
	it = items_find(ctl->items, obj, buf);
	if (!it)
		it = item_add(ctl->items, obj, buf);
	value = value_at(it, "gateway");
	if (*value && !move && strcmp(*value, gateway))
		return usage_error(ctl, "address", "address %s serves gateway %s%s", buf, *value,
				   made_at(at, it));
	free(*value);
	*value = out_checked(strdup(gateway));
	it->file = ctl->file;
	it->line = ctl->line;
	return 0;
}

/**
 * struct dump - answers on their way into a list
 * @items:	list
 * @obj:	their kind
 */
struct dump {
	struct items *items;
	const struct object *obj;
};

static const struct nlattr *attr_of(const struct schema *s, const char *word,
				    const struct nlattr *const *tb)
{
	unsigned int i;

	for (i = 0; i < s->n_fields; i++)
		if (!strcmp(s->fields[i].word, word))
			return tb[s->fields[i].attr];
	return NULL;
}

static bool running_answer(const struct nlmsghdr *nlh, void *data)
{
	const struct nlattr *tb[FIELDS_ATTRS];
	struct dump *dump = data;
	char buf[KEY_TEXT];
	const char *key;
	struct item *it;

	if (!fields_parse(dump->obj->schema, nlh, tb))
		return false;
	key = object_key(buf, dump->obj, tb);
	if (!key)
		return false;
	it = items_find(dump->items, dump->obj, key);
	if (!it)
		it = item_add(dump->items, dump->obj, key);
	it->owned = field_string(attr_of(dump->obj->schema, "owner", tb));
	item_fill(it, tb, true);
	if (dump->obj->tidy)
		dump->obj->tidy(it);
	item_normalize(it);
	return true;
}

static bool generation_answer(const struct nlmsghdr *nlh, void *data)
{
	field_find_u32(nlh, NATGW_A_STATUS_GENERATION, data);
	return true;
}

/**
 * items_generation - ask for the generation of the configuration that runs
 * @ctl:	run, its socket open
 * @generation:	result
 *
 * Return: 0, or the exit status.
 */
int items_generation(struct ctl *ctl, uint32_t *generation)
{
	struct request req;
	struct nl_error e;

	request_init(&req, NATGW_CMD_STATUS_GET);
	if (nl_request(&ctl->nl, &req, generation_answer, generation, &e))
		return kernel_error(ctl, NULL, &req, &e);
	return 0;
}

/* An address of the operator's that a cluster uses is attached by the cluster */
static void drop_cluster_gateways(struct items *items)
{
	const struct item *gateway;
	const char *name;
	size_t i;

	for (i = 0; i < items->n; i++) {
		if (items->list[i]->obj != &address_object)
			continue;
		name = item_word(items->list[i], "gateway");
		gateway = name ? items_find(items, &gateway_object, name) : NULL;
		if (gateway && gateway->owned)
			item_drop(items->list[i], "gateway");
	}
}

/**
 * items_running - the configuration that runs
 * @ctl:	run, its socket open
 * @items:	result
 * @generation:	of it: if it is the kernel's still, the list is true
 *
 * Return: 0, or the exit status.
 */
int items_running(struct ctl *ctl, struct items *items, uint32_t *generation)
{
	struct dump dump = { .items = items };
	struct request req;
	struct nl_error e;
	int ret;

	items_init(items);
	ret = items_generation(ctl, generation);
	if (ret)
		return ret;
	for (dump.obj = kind_next(NULL); dump.obj; dump.obj = kind_next(dump.obj)) {
		request_init(&req, verb_lookup(dump.obj, "show")->cmd);
		if (nl_dump(&ctl->nl, &req, NL_DUMP_WHOLE, running_answer, &dump, &e) < 0)
			return kernel_error(ctl, dump.obj, &req, &e);
	}
	drop_cluster_gateways(items);
	return 0;
}
