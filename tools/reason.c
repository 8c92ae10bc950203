// SPDX-License-Identifier: GPL-2.0
/* The tables of drop reasons, for stats, explain, monitor and the bare call. */
#include <assert.h>
#include <stddef.h>

#include "reason.h"

/* A reason with two rows is declared twice, one without a row is missing in the count */
#define SUGGEST(_name, ...)	ROW_##_name,
enum {
#include "reason_list.h"
	n_rows
};

#undef SUGGEST

static_assert(n_rows == NATGW_DROP_MAX + 1, "reason_list.h lacks the row of a drop reason");

#define WORD(_name, _word, ...)	[NATGW_DROP_##_name] = _word,
const char *const reason_words[NATGW_DROP_MAX + 2] = {
	NATGW_DROP_REASONS(WORD, WORD)
};

#define MEANING(_name, _word, _meaning)					\
	[NATGW_DROP_##_name].word = _word,				\
	[NATGW_DROP_##_name].meaning = _meaning,
#define SUGGEST(_name, _action)						\
	[NATGW_DROP_##_name].action = _action,
const struct reason reasons[NATGW_DROP_MAX + 1] = {
	NATGW_DROP_REASONS(MEANING, MEANING)
#include "reason_list.h"
};
