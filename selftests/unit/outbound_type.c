// SPDX-License-Identifier: GPL-2.0
/*
 * kmod/config/outbound_type.c against the tables of Azure's documentation, as they are
 * printed there: rows from, columns to.
 */
#include "ktap.h"
#include "../../kmod/config/outbound_type.h"

#define LB	NATGW_OUTBOUND_TYPE_LOAD_BALANCER
#define MANAGED	NATGW_OUTBOUND_TYPE_MANAGED_NAT_GATEWAY
#define USER	NATGW_OUTBOUND_TYPE_USER_ASSIGNED_NAT_GATEWAY
#define UDR	NATGW_OUTBOUND_TYPE_USER_DEFINED_ROUTING
#define NONE	NATGW_OUTBOUND_TYPE_NONE
#define BLOCK	NATGW_OUTBOUND_TYPE_BLOCK

/* A page prints tables of a few types, a blank in between */
struct printed {
	const char *page;
	enum natgw_matrix matrix;
	enum natgw_vnet_mode mode;
	unsigned int n;
	int types[NATGW_OUTBOUND_TYPES];
	/* Y: supported, n: not supported, -: not applicable */
	const char *rows[NATGW_OUTBOUND_TYPES];
};

static const struct printed tables[] = {
	{
		"Managed VNet", NATGW_MATRIX_2024, NATGW_VNET_MODE_MANAGED,
		4, { LB, MANAGED, USER, UDR }, {
			"- Y n n",
			"Y - n n",
			"n n - n",
			"Y Y n -",
		},
	}, {
		"BYO VNet", NATGW_MATRIX_2024, NATGW_VNET_MODE_BYO,
		4, { LB, MANAGED, USER, UDR }, {
			"- n Y Y",
			"n - n n",
			"Y n - Y",
			"Y n Y -",
		},
	}, {
		"Managed VNet, of 2026-08", NATGW_MATRIX_2026_08, NATGW_VNET_MODE_MANAGED,
		4, { LB, MANAGED, NONE, BLOCK }, {
			"- Y Y Y",
			"n - Y Y",
			"Y Y - Y",
			"Y Y Y -",
		},
	}, {
		"BYO VNet, of 2026-08", NATGW_MATRIX_2026_08, NATGW_VNET_MODE_BYO,
		5, { LB, USER, UDR, NONE, BLOCK }, {
			"- Y Y Y n",
			"Y - Y Y n",
			"Y Y - Y n",
			"Y Y Y - n",
			"n n n n -",
		},
	}, {
		/* Of the page of 2024 nothing is known of these two */
		"Managed VNet, none and block", NATGW_MATRIX_2024, NATGW_VNET_MODE_MANAGED,
		2, { NONE, BLOCK }, {
			"- Y",
			"Y -",
		},
	}, {
		"BYO VNet, none and block", NATGW_MATRIX_2024, NATGW_VNET_MODE_BYO,
		2, { NONE, BLOCK }, {
			"- n",
			"n -",
		},
	},
};

/* Between the types of 2024 and the later ones: from 2026-08, where both pages have the type */
static const struct {
	enum natgw_vnet_mode mode;
	int type;
	char to_none, to_block, from_none, from_block;
} later[] = {
	{ NATGW_VNET_MODE_MANAGED, LB, 'Y', 'Y', 'Y', 'Y' },
	{ NATGW_VNET_MODE_MANAGED, MANAGED, 'Y', 'Y', 'Y', 'Y' },
	{ NATGW_VNET_MODE_MANAGED, USER, 'n', 'n', 'n', 'n' },
	{ NATGW_VNET_MODE_MANAGED, UDR, 'n', 'n', 'n', 'n' },
	{ NATGW_VNET_MODE_BYO, LB, 'Y', 'n', 'Y', 'n' },
	{ NATGW_VNET_MODE_BYO, MANAGED, 'n', 'n', 'n', 'n' },
	{ NATGW_VNET_MODE_BYO, USER, 'Y', 'n', 'Y', 'n' },
	{ NATGW_VNET_MODE_BYO, UDR, 'Y', 'n', 'Y', 'n' },
};

/* Cells looked at: [matrix][mode][from][to] */
static bool seen[NATGW_MATRICES][NATGW_VNET_MODES][NATGW_OUTBOUND_TYPES][NATGW_OUTBOUND_TYPES];

static void cell(const char *page, enum natgw_matrix matrix, enum natgw_vnet_mode mode, int from,
		 int to, char want)
{
	bool got = natgw_outbound_allowed(matrix, mode, from, to);

	EXPECT((want == '-') == (from == to));
	if (got != (want != 'n'))
		fprintf(ktap_out, "#   %s, matrix %d: from %d to %d\n", page, matrix, from, to);
	EXPECT(got == (want != 'n'));
	seen[matrix][mode][from][to] = true;
}

static void printed(void)
{
	const struct printed *t;
	unsigned int i, from, to;

	for (i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
		t = &tables[i];
		for (from = 0; from < t->n; from++) {
			EXPECT_INT(strlen(t->rows[from]), 2 * t->n - 1);
			for (to = 0; to < t->n; to++)
				cell(t->page, t->matrix, t->mode, t->types[from], t->types[to],
				     t->rows[from][2 * to]);
		}
	}
	for (i = 0; i < sizeof(later) / sizeof(later[0]); i++) {
		cell("to none", NATGW_MATRIX_2024, later[i].mode, later[i].type, NONE,
		     later[i].to_none);
		cell("to block", NATGW_MATRIX_2024, later[i].mode, later[i].type, BLOCK,
		     later[i].to_block);
		cell("from none", NATGW_MATRIX_2024, later[i].mode, NONE, later[i].type,
		     later[i].from_none);
		cell("from block", NATGW_MATRIX_2024, later[i].mode, BLOCK, later[i].type,
		     later[i].from_block);
	}
}

/* What no table has is refused, and each cell of 2024 is in one */
static void others(void)
{
	unsigned int matrix, mode, from, to;

	for (matrix = 0; matrix < NATGW_MATRICES; matrix++)
		for (mode = 0; mode < NATGW_VNET_MODES; mode++)
			for (from = 0; from < NATGW_OUTBOUND_TYPES; from++)
				for (to = 0; to < NATGW_OUTBOUND_TYPES; to++) {
					if (seen[matrix][mode][from][to])
						continue;
					EXPECT(matrix == NATGW_MATRIX_2026_08);
					EXPECT(natgw_outbound_allowed(matrix, mode, from, to) ==
					       (from == to));
				}
}

static void types(void)
{
	static const char *const want[NATGW_VNET_MODES] = {
		/* LB, managed, user-assigned, UDR, none, block */
		[NATGW_VNET_MODE_MANAGED] = "YYnnYY",
		[NATGW_VNET_MODE_BYO] = "YnYYYn",
	};
	unsigned int mode, type;

	for (mode = 0; mode < NATGW_VNET_MODES; mode++)
		for (type = 0; type < NATGW_OUTBOUND_TYPES; type++)
			EXPECT(natgw_outbound_possible(mode, type) == (want[mode][type] == 'Y'));
}

/* Where a cluster can be, it can only move to what it can be, in both matrices */
static void closed(void)
{
	unsigned int matrix, mode, from, to;

	for (matrix = 0; matrix < NATGW_MATRICES; matrix++)
		for (mode = 0; mode < NATGW_VNET_MODES; mode++)
			for (from = 0; from < NATGW_OUTBOUND_TYPES; from++)
				for (to = 0; to < NATGW_OUTBOUND_TYPES; to++)
					if (natgw_outbound_possible(mode, from) &&
					    natgw_outbound_allowed(matrix, mode, from, to))
						EXPECT(natgw_outbound_possible(mode, to));
}

static void beyond(void)
{
	EXPECT(!natgw_outbound_allowed(NATGW_MATRICES, NATGW_VNET_MODE_BYO, LB, LB));
	EXPECT(!natgw_outbound_allowed(NATGW_MATRIX_2024, NATGW_VNET_MODES, LB, LB));
	EXPECT(!natgw_outbound_allowed(NATGW_MATRIX_2024, NATGW_VNET_MODE_BYO,
				       NATGW_OUTBOUND_TYPES, NATGW_OUTBOUND_TYPES));
	EXPECT(!natgw_outbound_allowed(NATGW_MATRIX_2024, NATGW_VNET_MODE_BYO, LB,
				       NATGW_OUTBOUND_TYPES));
	EXPECT(!natgw_outbound_possible(NATGW_VNET_MODES, LB));
	EXPECT(!natgw_outbound_possible(NATGW_VNET_MODE_BYO, NATGW_OUTBOUND_TYPES));
}

int main(void)
{
	static const struct ktap_test tests[] = {
		KTAP_TEST(printed),
		KTAP_TEST(others),
		KTAP_TEST(types),
		KTAP_TEST(closed),
		KTAP_TEST(beyond),
	};

	return ktap_run(tests, sizeof(tests) / sizeof(tests[0]));
}
