// SPDX-License-Identifier: GPL-2.0
/*
 * Owns the comparison of two configurations: the commands that make the second one of the
 * first. Called by cmd_apply.c.
 *
 * The kernel checks each command as it comes, though the states in between never run. So what
 * is in the way goes first (references that are exchanged, then objects that may overlap new
 * ones, last made first, then address space that vnets give up), then everything is made and set
 * in the order of reference, and what others may have referred to until then goes at the end.
 */
#include <stdlib.h>
#include <string.h>

#include "plan.h"
#include "table.h"
#include "way.h"

/** PORTS - that there are */
#define PORTS	65536

static void line_begin(struct plan *plan, const struct item *it)
{
	fflush(plan->to);
	if (plan->n == plan->room) {
		plan->room = plan->room ? 2 * plan->room : 64;
		plan->line = out_checked(realloc(plan->line, plan->room * sizeof(*plan->line)));
	}
	plan->line[plan->n++] = (struct plan_line){ .at = ftell(plan->to), .it = it };
}

static void line_end(struct plan *plan)
{
	fputc(0, plan->to);
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The values of a list, sorted; @text is cut into them */
static char **list_sorted(char *text, size_t *n)
{
	char **list = NULL, *save, *part;

	*n = 0;
	for (part = strtok_r(text, ",", &save); part; part = strtok_r(NULL, ",", &save)) {
		list = out_checked(realloc(list, (*n + 1) * sizeof(*list)));
		list[(*n)++] = part;
	}
	if (list)
		qsort(list, *n, sizeof(*list), by_text);
	return list;
}

/* Do two lists have the same values, in whatever order? */
static bool list_same(const char *a, const char *b)
{
	char *copy_a = out_checked(strdup(a)), *copy_b = out_checked(strdup(b));
	size_t n_a, n_b, i;
	char **list_a = list_sorted(copy_a, &n_a), **list_b = list_sorted(copy_b, &n_b);
	bool same = n_a == n_b;

	for (i = 0; same && i < n_a; i++)
		same = !strcmp(list_a[i], list_b[i]);
	free(list_a);
	free(list_b);
	free(copy_a);
	free(copy_b);
	return same;
}

/* Ports of "80,443,8000-8099". Return: false if the kernel is to judge what that is */
static bool ports_read(const char *text, bool ports[PORTS])
{
	unsigned long first, last;
	char *end;

	memset(ports, 0, PORTS * sizeof(*ports));
	for (;; text = end + 1) {
		first = strtoul(text, &end, 10);
		if (end == text)
			return false;
		last = first;
		if (*end == '-') {
			text = end + 1;
			last = strtoul(text, &end, 10);
		}
		if (end == text || (*end && *end != ',') || first > last || last >= PORTS)
			return false;
		memset(ports + first, true, last - first + 1);
		if (!*end)
			return true;
	}
}

/* The kernel puts ranges together: it says 80-81 where 81,80 was asked for */
static bool ports_same(const char *a, const char *b)
{
	static bool ports_a[PORTS], ports_b[PORTS];

	return ports_read(a, ports_a) && ports_read(b, ports_b) &&
	       !memcmp(ports_a, ports_b, sizeof(ports_a));
}

static bool is_ports(const struct item *it, const struct field *f)
{
	return it->obj == &address_object && f->attr == NATGW_A_ADDRESS_RESERVE;
}

/* The value that a field is to get, or NULL: it stays as it is */
static const char *change(const struct item *want, const struct item *have, const struct field *f)
{
	const char *to = item_value(want, f), *from = item_value(have, f);
	bool given = want->value[f - want->obj->schema->fields];

	if (want->detached && !strcmp(want->detached, f->word))
		from = "none";
	/* what nobody asked for its cluster may have set */
	if (want->clustered && !given && !strcmp(f->word, "gateway"))
		return NULL;
	if (!to || (from && !strcmp(from, to)))
		return NULL;
	if (from && f->flags & FIELD_REPEAT && list_same(from, to))
		return NULL;
	if (from && is_ports(want, f) && ports_same(from, to))
		return NULL;
	return to;
}

/* Does a key change that brings its own defaults for others? */
static bool leads(const struct item *want, const struct item *have)
{
	const struct schema *s = want->obj->schema;
	unsigned int i;

	for (i = 0; i < s->n_fields; i++)
		if (s->fields[i].flags & FIELD_LEAD && change(want, have, &s->fields[i]))
			return true;
	return false;
}

/* What a field is to be set to, or NULL. @led: its default comes by itself */
static const char *setting(const struct item *want, const struct field *f, bool led)
{
	if (!item_keeps(f))
		return NULL;
	if (led && f->flags & FIELD_LED)
		return want->value[f - want->obj->schema->fields];
	return want->peer ? change(want, want->peer, f) : NULL;
}

static bool changes(const struct item *want)
{
	const struct schema *s = want->obj->schema;
	unsigned int i;

	for (i = 0; i < s->n_fields; i++)
		if (item_keeps(&s->fields[i]) && change(want, want->peer, &s->fields[i]))
			return true;
	return false;
}

/* Is an object to be deleted and made again? */
static bool remade(const struct item *want)
{
	const struct schema *s = want->obj->schema;
	unsigned int i;

	if (!want->peer || want->exists)
		return false;
	if (want->remade)
		return true;
	if (!verb_lookup(want->obj, "set"))
		return changes(want);
	for (i = 0; i < s->n_fields; i++)
		if (s->fields[i].flags & FIELD_FIXED && setting(want, &s->fields[i], false))
			return true;
	return false;
}

/**
 * item_print - print the command that makes an object
 * @to:		stream
 * @it:		object
 */
void item_print(FILE *to, const struct item *it)
{
	const struct schema *s = it->obj->schema;
	unsigned int i;

	fprintf(to, "%s %s %s", it->obj->word, it->exists ? "set" : "add", it->key);
	for (i = 0; i < s->n_fields; i++)
		if (it->value[i])
			fprintf(to, " %s %s", s->fields[i].word, it->value[i]);
}

static void plan_add(struct plan *plan, const struct item *want)
{
	line_begin(plan, want);
	item_print(plan->to, want);
	line_end(plan);
}

static void plan_set(struct plan *plan, const struct item *want)
{
	const struct schema *s = want->obj->schema;
	bool led = leads(want, want->peer);
	const char *value;
	unsigned int i;

	line_begin(plan, want);
	fprintf(plan->to, "%s set %s", want->obj->word, want->key);
	for (i = 0; i < s->n_fields; i++) {
		value = setting(want, &s->fields[i], led);
		if (value)
			fprintf(plan->to, " %s %s", s->fields[i].word, value);
	}
	line_end(plan);
}

static void plan_detach(struct plan *plan, struct item *want, const char *word)
{
	line_begin(plan, want);
	fprintf(plan->to, "%s set %s %s none", want->obj->word, want->key, word);
	line_end(plan);
	want->detached = word;
}

static void plan_del(struct plan *plan, const struct item *have)
{
	line_begin(plan, have->peer);
	fprintf(plan->to, "%s del %s", have->obj->word, have->key);
	line_end(plan);
}

/* Has a key of an object another value than it had? Both may be NULL: not there */
static bool moves(const struct item *want, const char *word)
{
	const char *to, *from;

	if (!want || !want->peer)
		return true;
	to = item_word(want, word);
	from = item_word(want->peer, word);
	return to && from ? strcmp(to, from) : to != from;
}

static struct item *gateway_of(const struct items *items, const struct item *it)
{
	const char *name = item_word(it, "gateway");

	return name ? items_find(items, &gateway_object, name) : NULL;
}

static bool has_gateway(const struct item *it)
{
	return it->obj == &address_object || it->obj == &subnet_object;
}

/*
 * Two gateways may exchange what is attached to them: in between one of them would have too
 * many addresses, subnets of two vnets, or addresses of another zone.
 */
static void detach_gateways(struct plan *plan, struct items *want, struct items *have)
{
	struct item *it, *gateway;
	size_t i;

	for (i = 0; i < have->n; i++) {
		it = have->list[i];
		gateway = has_gateway(it) && !it->owned ? gateway_of(have, it) : NULL;
		if (gateway && (!it->peer || moves(it->peer, "gateway")))
			gateway->leaving++;
	}
	for (i = 0; i < want->n; i++) {
		it = want->list[i];
		if (!has_gateway(it) || !it->peer || !item_word(it->peer, "gateway"))
			continue;
		/* the one that it goes to as it is now */
		gateway = gateway_of(have, it);
		if (it->obj == &address_object &&
		    (moves(it, "zone") || (gateway && gateway->peer &&
					   moves(gateway->peer, "zone"))))
			plan_detach(plan, it, "gateway");
		else if (gateway && gateway->leaving && moves(it, "gateway"))
			plan_detach(plan, it, "gateway");
	}
}

/* Likewise vnets their devices */
static void detach_devices(struct plan *plan, struct items *want)
{
	unsigned int moving = 0;
	struct item *it;
	size_t i;

	for (i = 0; i < want->n; i++)
		if (want->list[i]->obj == &vnet_object)
			moving += moves(want->list[i], "dev");
	for (i = 0; moving > 1 && i < want->n; i++) {
		it = want->list[i];
		if (it->obj == &vnet_object && it->peer && moves(it, "dev") &&
		    item_word(it->peer, "dev"))
			plan_detach(plan, it, "dev");
	}
}

/* Vnets may exchange address space: each keeps at first what it has in both configurations */
static void plan_shrink(struct plan *plan, const struct items *want)
{
	const struct item *it;
	size_t i;

	for (i = 0; i < want->n; i++) {
		it = want->list[i];
		if (!it->space || !*it->space)
			continue;
		line_begin(plan, it);
		fprintf(plan->to, "%s set %s prefix %s", it->obj->word, it->key, it->space);
		line_end(plan);
	}
}

/* Nothing overlaps these, and others may refer to them until they are set */
static bool goes_late(const struct object *obj)
{
	return obj == &gateway_object || obj == &tag_object || obj == &route_table_object;
}

/* Does a route go with its table? */
static bool goes_with_table(const struct items *want, const struct item *it)
{
	return it->obj == &route_object &&
		!items_find(want, &route_table_object, strrchr(it->key, ' ') + 1);
}

static void delete_rank(struct plan *plan, const struct items *want, const struct items *have,
			unsigned int rank)
{
	const struct item *it;
	size_t i;

	for (i = have->n; i--;) {
		it = have->list[i];
		if (it->obj->rank != rank || it->owned || it->exists)
			continue;
		if (it->peer ? remade(it->peer) : !goes_with_table(want, it))
			plan_del(plan, it);
	}
}

static const struct object *kind_of_rank(unsigned int rank)
{
	const struct object *obj = kind_next(NULL);

	while (obj && obj->rank != rank)
		obj = kind_next(obj);
	return obj;
}

static void plan_delete(struct plan *plan, const struct items *want, const struct items *have,
			bool late)
{
	const struct object *obj;
	unsigned int rank = 0;

	for (obj = kind_next(NULL); obj; obj = kind_next(obj))
		rank = obj->rank;
	for (; rank; rank--) {
		obj = kind_of_rank(rank);
		if (obj && goes_late(obj) == late)
			delete_rank(plan, want, have, rank);
	}
}

static void plan_make_kind(struct plan *plan, const struct items *want, const struct object *obj)
{
	const struct item *it;
	size_t i;

	for (i = 0; i < want->n; i++) {
		it = want->list[i];
		if (it->obj != obj)
			continue;
		if (!it->peer || remade(it))
			plan_add(plan, it);
		else if (changes(it))
			plan_set(plan, it);
	}
}

/* The subnets that a cluster uses may be bound to a gateway by that */
static void cluster_subnets(const struct items *want, const struct item *cluster)
{
	const char *names = item_word(cluster, "subnet");
	char *text = out_checked(strdup(names ? names : "")), **list;
	struct item *subnet;
	size_t n, i;

	list = list_sorted(text, &n);
	for (i = 0; i < n; i++) {
		subnet = items_find(want, &subnet_object, list[i]);
		if (subnet)
			subnet->clustered = true;
	}
	free(list);
	free(text);
}

/* Finds each object of one list in the other */
static int pair(struct ctl *ctl, struct items *want, struct items *have)
{
	struct item *it;
	size_t i;

	for (i = 0; i < want->n; i++) {
		it = want->list[i];
		/* of the try before */
		it->detached = NULL;
		if (it->obj == &cluster_object)
			cluster_subnets(want, it);
		it->peer = items_find(have, it->obj, it->key);
		if (!it->peer)
			continue;
		if (it->peer->owned) {
			ctl->file = it->file;
			ctl->line = it->line;
			ctl_command(ctl, it->obj->word, "add", it->key);
			return usage_error(ctl, NULL,
					   "a cluster made it, leave it out: the cluster's line makes it");
		}
		it->peer->peer = it;
	}
	return 0;
}

/**
 * plan_make - compare two configurations
 * @ctl:	run
 * @plan:	result, for plan_free()
 * @want:	configuration wanted
 * @have:	configuration that runs
 *
 * Return: 0, or the exit status.
 */
int plan_make(struct ctl *ctl, struct plan *plan, struct items *want, struct items *have)
{
	const struct object *obj;
	int ret;

	memset(plan, 0, sizeof(*plan));
	ret = pair(ctl, want, have);
	if (ret)
		return ret;
	plan->to = out_checked(open_memstream(&plan->text, &plan->len));
	way_clear(want);
	detach_gateways(plan, want, have);
	detach_devices(plan, want);
	plan_delete(plan, want, have, false);
	plan_shrink(plan, want);
	for (obj = kind_next(NULL); obj; obj = kind_next(obj))
		plan_make_kind(plan, want, obj);
	plan_delete(plan, want, have, true);
	fclose(plan->to);
	plan->to = NULL;
	return 0;
}

/**
 * plan_free - forget a plan
 * @plan:	plan
 */
void plan_free(struct plan *plan)
{
	free(plan->text);
	free(plan->line);
	memset(plan, 0, sizeof(*plan));
}
