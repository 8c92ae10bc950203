/* SPDX-License-Identifier: GPL-2.0 */
/* A set of ports so simple that it must be right, and random numbers. */
#ifndef NATGW_UNIT_PORTMAP_MODEL_H
#define NATGW_UNIT_PORTMAP_MODEL_H

#include <stdio.h>
#include <stdlib.h>
#include "../../kmod/lib/portmap.h"

struct model {
	bool taken[NATGW_PORTS];
	u32 free;
};

static inline void model_init(struct model *model)
{
	memset(model, 0, sizeof(*model));
	model->free = NATGW_PORTS;
}

static inline bool model_set(struct model *model, u32 index)
{
	if (model->taken[index])
		return false;
	model->taken[index] = true;
	model->free--;
	return true;
}

static inline bool model_clear(struct model *model, u32 index)
{
	if (!model->taken[index])
		return false;
	model->taken[index] = false;
	model->free++;
	return true;
}

/* Does a pick fit? If so the model has taken it too. */
static inline bool model_agrees_pick(struct model *model, int index)
{
	if (index < 0)
		return index == -1 && !model->free;
	return index < NATGW_PORTS && model_set(model, index);
}

static inline u32 model_free_in(const struct model *model, const struct natgw_portrange *range)
{
	u32 i, n = 0;

	for (i = 0; i < range->n; i++)
		n += !model->taken[range->first + i];
	return n;
}

/* The same of a pick in a range */
static inline bool model_agrees_pick_in(struct model *model, const struct natgw_portrange *range,
					int index)
{
	if (index < 0)
		return index == -1 && !model_free_in(model, range);
	return (u32)index - range->first < range->n && model_set(model, index);
}

/* Each bit, and each group's count */
static inline bool model_agrees(const struct model *model, const struct natgw_portmap *map)
{
	u32 index, group, free[NATGW_PORTMAP_GROUPS] = {};

	for (index = 0; index < NATGW_PORTS; index++) {
		if (natgw_portmap_test(map, index) != model->taken[index])
			return false;
		if (!model->taken[index])
			free[index / (NATGW_PORTMAP_WORDS * 64)]++;
	}
	for (group = 0; group < NATGW_PORTMAP_GROUPS; group++)
		if (map->free[group] != free[group])
			return false;
	return natgw_portmap_free(map) == model->free;
}

/* splitmix64: the same numbers for the same seed, everywhere */
static inline u32 random_next(u64 *state)
{
	u64 z = *state += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return (z ^ z >> 31) >> 32;
}

static inline u32 random_below(u64 *state, u32 limit)
{
	return (u64)random_next(state) * limit >> 32;
}

#endif /* NATGW_UNIT_PORTMAP_MODEL_H */
