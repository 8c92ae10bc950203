// SPDX-License-Identifier: GPL-2.0
/*
 * Properties of blocks of ports: no port in two of them, capacity exact, halves
 * stay where they are, a new address moves nothing.
 */
#include "ktap.h"
#include "portmap_model.h"
#include "../../kmod/lib/portblock.h"

#define ADDRESSES	NATGW_GATEWAY_ADDRESSES

unsigned long portmap_looks;

static struct natgw_portblock_layout layout;

/* owner of each port, seat + 1 */
static u32 owner[ADDRESSES][NATGW_PORTS];

static void preallocated(u32 ports_per_host, u32 hosts, u32 addresses)
{
	natgw_portblock_lay_out(&layout, NATGW_ALLOCATION_PREALLOCATED, ports_per_host, hosts,
				addresses);
}

static void with_floor(u32 ports_per_host, u32 hosts, u32 addresses)
{
	natgw_portblock_lay_out(&layout, NATGW_ALLOCATION_FLOOR, ports_per_host, hosts, addresses);
}

/* Ports of a seat, all checked; -1 for one that is taken or beyond the end */
static long own(u32 seat)
{
	struct natgw_portblock block;
	u32 i, k, last = 0, n = 0;

	for (i = 0; natgw_portblock_get(&layout, seat, i, &block); i++) {
		/* one address after the other */
		if (block.place >= layout.addresses || (i && block.place != last + 1) ||
		    !block.range.n || block.range.first + block.range.n > layout.ports)
			return -1;
		last = block.place;
		for (k = block.range.first; k < block.range.first + block.range.n; k++) {
			if (owner[block.place][k])
				return -1;
			owner[block.place][k] = seat + 1;
		}
		n += block.range.n;
	}
	return n;
}

/* Hosts whose seats have exactly a block, none sharing a port; the next has none */
static u32 seated(u32 most)
{
	struct natgw_portblock block;
	u32 seat, good = 0;

	memset(owner, 0, sizeof(owner));
	for (seat = 0; seat < most; seat++)
		good += own(seat) == layout.block;
	EXPECT(!natgw_portblock_get(&layout, most, 0, &block));
	return good;
}

/* holds() says the same as what was given out */
static u32 held_wrong(u32 seat)
{
	u32 place, index, wrong = 0;

	for (place = 0; place < layout.addresses; place++)
		for (index = 0; index < NATGW_PORTS; index++)
			wrong += natgw_portblock_holds(&layout, seat, place, index) !=
				 (owner[place][index] == seat + 1);
	return wrong;
}

static const struct {
	u32 hosts;
	u32 share;
} table[] = {
	{ 0, 1024 }, { 1, 1024 }, { 50, 1024 }, { 51, 512 }, { 100, 512 }, { 101, 256 },
	{ 200, 256 }, { 201, 128 }, { 400, 128 }, { 401, 64 }, { 800, 64 }, { 801, 32 },
	{ 1000, 32 },
};

/* MIN(table x addresses, 1024) */
static void default_table(void)
{
	u32 i, addresses, block;

	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		for (addresses = 1; addresses <= ADDRESSES; addresses++) {
			preallocated(0, table[i].hosts, addresses);
			block = table[i].share * addresses;
			EXPECT_INT(layout.block, block < 1024 ? block : 1024);
			EXPECT_INT(layout.ports, 64000);
			EXPECT_INT(layout.seats, 1000);
		}
	}
}

/* All hosts of each tier, at each number of addresses */
static void table_never_overlaps(void)
{
	static const u32 tiers[] = { 50, 100, 200, 400, 800, 1000 };
	u32 i, addresses;

	for (i = 0; i < sizeof(tiers) / sizeof(tiers[0]); i++) {
		for (addresses = 1; addresses <= ADDRESSES; addresses++) {
			preallocated(0, tiers[i], addresses);
			EXPECT_INT(seated(tiers[i]), tiers[i]);
		}
		preallocated(0, tiers[i], 3);
		seated(tiers[i]);
		EXPECT_INT(held_wrong(0), 0);
		EXPECT_INT(held_wrong(tiers[i] - 1), 0);
		EXPECT_INT(held_wrong(tiers[i]), 0);
	}
}

/* With one address: the first half of what it was, at each tier */
static void halves_stay(void)
{
	struct natgw_portblock before, after;
	u32 hosts, seat, next;

	for (hosts = 50; hosts <= 400; hosts *= 2) {
		next = hosts < 800 ? 2 * hosts : 1000;
		for (seat = 0; seat < hosts; seat++) {
			preallocated(0, hosts, 1);
			EXPECT(natgw_portblock_get(&layout, seat, 0, &before));
			preallocated(0, next, 1);
			EXPECT(natgw_portblock_get(&layout, seat, 0, &after));
			EXPECT_INT(after.range.first, before.range.first);
			EXPECT_INT(2 * after.range.n, before.range.n);
		}
	}
}

/* An address more: each part of each block is where it was */
static void addresses_move_nothing(void)
{
	static const u32 sizes[] = { 0, 8, 1000, 24000, 64000, 100000 };
	struct natgw_portblock before, after;
	u32 s, addresses, seat, seats, i;

	for (s = 0; s < sizeof(sizes) / sizeof(sizes[0]); s++) {
		for (addresses = 1; addresses < 4; addresses++) {
			preallocated(sizes[s], 77, addresses);
			seats = sizes[s] ? layout.seats : 77;
			for (seat = 0; seat < seats; seat++) {
				for (i = 0; ; i++) {
					preallocated(sizes[s], 77, addresses);
					if (!natgw_portblock_get(&layout, seat, i, &before))
						break;
					preallocated(sizes[s], 77, addresses + 1);
					EXPECT(natgw_portblock_get(&layout, seat, i, &after));
					EXPECT(!memcmp(&before, &after, sizeof(before)));
				}
			}
		}
	}
}

/* ports-per-host: as many seats as there are ports for, to the last */
static void capacity_is_exact(void)
{
	static const u32 sizes[] = {
		8, 16, 24, 1000, 1024, 4000, 10000, 24000, 32000, 63992, 64000, 64008, 100000,
		128000, 999992, 1024000,
	};
	u32 s, addresses, seats;

	for (s = 0; s < sizeof(sizes) / sizeof(sizes[0]); s++) {
		for (addresses = 1; addresses <= ADDRESSES; addresses++) {
			preallocated(sizes[s], 0, addresses);
			seats = 64000 * addresses / sizes[s];
			EXPECT_INT(layout.seats, seats);
			EXPECT_INT(layout.block, sizes[s]);
			EXPECT_INT(seated(seats), seats);
		}
	}
	/* the cloud's own examples */
	preallocated(4000, 0, 7);
	EXPECT_INT(layout.seats, 112);
	preallocated(10000, 0, 1);
	EXPECT_INT(layout.seats, 6);
	preallocated(0, 1, 0);
	EXPECT_INT(layout.seats, 0);
	EXPECT_INT(layout.block, 0);
}

static void random_sizes(void)
{
	u32 n, size, addresses;
	u64 seed = 11;

	for (n = 0; n < 300; n++) {
		addresses = 1 + random_below(&seed, ADDRESSES);
		size = 8 + 8 * random_below(&seed, 64000 * addresses / 8);
		preallocated(size, 0, addresses);
		EXPECT_INT(seated(layout.seats), 64000 * addresses / size);
		EXPECT_INT(held_wrong(random_below(&seed, layout.seats + 1)), 0);
	}
}

/* Floors and what is shared are all ports, none twice */
static void floor_and_shared(void)
{
	struct natgw_portrange range;
	u32 n, size, addresses, hosts, seat, place, i, twice = 0, total;
	u64 seed = 12;

	for (n = 0; n < 300; n++) {
		addresses = 1 + random_below(&seed, ADDRESSES);
		size = 8 + 8 * random_below(&seed, 8000);
		with_floor(size, 0, addresses);
		EXPECT_INT(layout.seats, NATGW_PORTS * addresses / size);
		hosts = random_below(&seed, layout.seats + 1);
		with_floor(size, hosts, addresses);
		memset(owner, 0, sizeof(owner));
		total = 0;
		for (seat = 0; seat < hosts; seat++)
			total += own(seat);
		EXPECT_INT(total, hosts * size);
		for (place = 0; place < addresses; place++) {
			if (!natgw_portblock_shared(&layout, place, &range))
				continue;
			EXPECT(range.first + range.n <= NATGW_PORTS);
			for (i = range.first; i < range.first + range.n; i++)
				twice += owner[place][i]++ > 0;
			total += range.n;
		}
		EXPECT_INT(twice, 0);
		EXPECT_INT(total, NATGW_PORTS * addresses);
	}
	preallocated(8, 0, 1);
	EXPECT(!natgw_portblock_shared(&layout, 0, &range));
}

/* Has each seat that had a block the same one now? */
static bool kept(const struct natgw_portblock_layout *old)
{
	struct natgw_portblock a, b;
	u32 seat, i;
	bool had, has;

	for (seat = 0; seat < old->seats; seat++)
		for (i = 0;; i++) {
			had = natgw_portblock_get(old, seat, i, &a);
			has = natgw_portblock_get(&layout, seat, i, &b);
			if (!had && (!has || !i))
				break;
			if (had != has || a.place != b.place || a.range.first != b.range.first ||
			    a.range.n != b.range.n)
				return false;
		}
	return true;
}

static void same_tells(void)
{
	static const u32 per_host[] = { 0, 8, 64, 1024 }, hosts[] = { 0, 50, 51, 1000 };
	struct natgw_portblock_layout old;
	u32 from, to, n[2];

	/* never of blocks that differ, and where the same rule divides of all others */
	for (from = 0; from < 32; from++)
		for (to = 0; to < 32; to++) {
			n[0] = from & 16 ? 2 : 1;
			n[1] = to & 16 ? 2 : 1;
			preallocated(per_host[from & 3], hosts[from >> 2 & 3], n[0]);
			old = layout;
			preallocated(per_host[to & 3], hosts[to >> 2 & 3], n[1]);
			EXPECT(!natgw_portblock_same(&old, &layout) || kept(&old));
			if ((from & 3) == (to & 3))
				EXPECT(natgw_portblock_same(&old, &layout) == kept(&old));
		}
	with_floor(64, 0, 1);
	old = layout;
	with_floor(64, 5, 1);
	EXPECT(natgw_portblock_same(&old, &layout));
	preallocated(64, 0, 1);
	EXPECT(!natgw_portblock_same(&old, &layout));
}

static void shrinks_tells(void)
{
	struct natgw_portblock_layout old;

	preallocated(0, 50, 1);
	old = layout;
	preallocated(0, 51, 1);
	EXPECT(natgw_portblock_shrinks(&old, &layout));
	EXPECT(!natgw_portblock_shrinks(&layout, &old));
	preallocated(0, 50, 2);
	EXPECT(!natgw_portblock_shrinks(&old, &layout));
	preallocated(512, 50, 1);
	EXPECT(natgw_portblock_shrinks(&old, &layout));
	old = layout;
	preallocated(512, 90, 3);
	EXPECT(!natgw_portblock_shrinks(&old, &layout));
	preallocated(520, 50, 1);
	EXPECT(natgw_portblock_shrinks(&old, &layout));
}

/* Seats below which so many hosts have the largest blocks that they can */
static void near_is_the_tier(void)
{
	preallocated(0, 900, 1);
	EXPECT_INT(natgw_portblock_near(&layout, 1), 50);
	EXPECT_INT(natgw_portblock_near(&layout, 50), 50);
	EXPECT_INT(natgw_portblock_near(&layout, 51), 100);
	EXPECT_INT(natgw_portblock_near(&layout, 1000), 1000);
	preallocated(6400, 0, 1);
	EXPECT_INT(natgw_portblock_near(&layout, 3), 10);
	with_floor(6400, 0, 1);
	EXPECT_INT(natgw_portblock_near(&layout, 3), 3);
	EXPECT_INT(natgw_portblock_near(&layout, 99), 10);
}

/* What the table leaves is no host's, however many there are */
static void spare_is_nobodys(void)
{
	static const u32 hosts[] = { 1, 51, 101, 201, 401, 801 };
	struct natgw_portrange range;
	u32 i, k, place, taken = 0;

	for (i = 0; i < sizeof(hosts) / sizeof(hosts[0]); i++) {
		preallocated(0, hosts[i], 3);
		seated(natgw_portblock_near(&layout, hosts[i]));
		for (place = 0; place < 3; place++) {
			EXPECT(natgw_portblock_spare(&layout, place, &range));
			EXPECT_INT(range.n, 12800);
			EXPECT_INT(range.first + range.n, layout.ports);
			for (k = range.first; k < range.first + range.n; k++)
				taken += owner[place][k] != 0;
		}
		EXPECT_INT(taken, 0);
		EXPECT(!natgw_portblock_spare(&layout, 3, &range));
	}
	preallocated(8, 0, 1);
	EXPECT(!natgw_portblock_spare(&layout, 0, &range));
	with_floor(8, 0, 1);
	EXPECT(!natgw_portblock_spare(&layout, 0, &range));
}

int main(void)
{
	const struct ktap_test tests[] = {
		KTAP_TEST(default_table),
		KTAP_TEST(table_never_overlaps),
		KTAP_TEST(halves_stay),
		KTAP_TEST(addresses_move_nothing),
		KTAP_TEST(capacity_is_exact),
		KTAP_TEST(random_sizes),
		KTAP_TEST(floor_and_shared),
		KTAP_TEST(same_tells),
		KTAP_TEST(shrinks_tells),
		KTAP_TEST(near_is_the_tier),
		KTAP_TEST(spare_is_nobodys),
	};

	return ktap_run(tests, sizeof(tests) / sizeof(tests[0]));
}
