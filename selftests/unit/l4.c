// SPDX-License-Identifier: GPL-2.0
/*
 * kmod/snapshot/l4.h: which numbers have a row, and that each row fits what is done by it
 * without a look at the protocol.
 */
#include "ktap.h"
#include "snapshot/l4.h"

static void numbers(void)
{
	unsigned int proto, known = 0;

	EXPECT(natgw_l4_row(IPPROTO_TCP) == NATGW_L4_TCP);
	EXPECT(natgw_l4_row(IPPROTO_UDP) == NATGW_L4_UDP);
	EXPECT(natgw_l4_row(IPPROTO_ICMP) == NATGW_L4_ICMP);
	for (proto = 0; proto <= UINT16_MAX; proto++) {
		EXPECT(natgw_l4_known(proto) == (natgw_l4_row(proto) < NATGW_L4_ROWS));
		known += natgw_l4_known(proto);
	}
	EXPECT_INT(known, NATGW_L4_ROWS);
	EXPECT(natgw_l4_known(NATGW_L4_DEFAULT));
}

/* What is not translated has nothing that a packet could be changed by */
static void unknown(void)
{
	const struct natgw_l4 *l4 = natgw_l4(IPPROTO_RAW);

	EXPECT(!l4->header && !l4->id && !l4->connects && !l4->resets && !l4->by_address);
	EXPECT_INT(l4->unsolicited, NATGW_DROP_PROTOCOL);
}

static void headers(void)
{
	const struct natgw_l4 *l4;

	for (l4 = natgw_l4_rows; l4 < natgw_l4_rows + NATGW_L4_ROWS; l4++) {
		/* an ICMP error quotes 8 bytes; what is read fits the buffer */
		EXPECT(l4->header >= 8 && l4->header <= NATGW_L4_HEADER_MOST);
		EXPECT(l4->check % 2 == 0 && l4->check + 2 <= l4->header);
		/* ports are not overwritten by the checksum, nor is an id */
		EXPECT(l4->id ? l4->check == offsetof(struct icmphdr, checksum) :
				l4->check >= sizeof(struct natgw_l4_ports));
	}
}

static void traits(void)
{
	const struct natgw_l4 *l4;

	for (l4 = natgw_l4_rows; l4 < natgw_l4_rows + NATGW_L4_ROWS; l4++) {
		/* an id stands for both ends: no connection, and no port of the far end */
		EXPECT(!l4->id || (!l4->connects && !l4->by_address));
		EXPECT(!l4->resets || l4->connects);
		EXPECT(!(l4->opens & ~l4->opens_of));
		/* a connection begins half-open, and what has none has no such timer */
		EXPECT(l4->connects == (l4->timer == NATGW_TIMER_ESTABLISHED));
		EXPECT(!!l4->opens_of == l4->connects);
		EXPECT(l4->direct && l4->azure && l4->azure <= l4->direct);
	}
	EXPECT(natgw_l4(IPPROTO_TCP)->opens == 0x02 && natgw_l4(IPPROTO_TCP)->opens_of == 0x17);
	EXPECT(natgw_l4(IPPROTO_UDP)->check_optional && !natgw_l4(IPPROTO_TCP)->check_optional);
	EXPECT(natgw_l4(IPPROTO_UDP)->by_address && !natgw_l4(IPPROTO_TCP)->by_address);
}

/* Each is listed and counted under a name of its own */
static void names(void)
{
	unsigned int i, j;

	for (i = 0; i < NATGW_L4_ROWS; i++) {
		EXPECT(natgw_l4_rows[i].name && *natgw_l4_rows[i].name);
		for (j = 0; j < i; j++) {
			EXPECT(strcmp(natgw_l4_rows[i].name, natgw_l4_rows[j].name));
			EXPECT(natgw_l4_rows[i].ports_attr != natgw_l4_rows[j].ports_attr);
		}
	}
	EXPECT_INT(natgw_l4(IPPROTO_TCP)->ports_attr, NATGW_A_PORTS_TCP);
	EXPECT_INT(natgw_l4(IPPROTO_UDP)->ports_attr, NATGW_A_PORTS_UDP);
	EXPECT_INT(natgw_l4(IPPROTO_ICMP)->ports_attr, NATGW_A_PORTS_ICMP);
	EXPECT_INT(natgw_l4(IPPROTO_ICMP)->unsolicited, NATGW_DROP_ICMP_NO_SESSION);
	EXPECT_INT(natgw_l4(IPPROTO_TCP)->unsolicited, NATGW_DROP_UNSOLICITED);
	EXPECT_INT(natgw_l4(IPPROTO_UDP)->unsolicited, NATGW_DROP_UNSOLICITED);
}

int main(void)
{
	static const struct ktap_test tests[] = {
		KTAP_TEST(numbers),
		KTAP_TEST(unknown),
		KTAP_TEST(headers),
		KTAP_TEST(traits),
		KTAP_TEST(names),
	};

	return ktap_run(tests, sizeof(tests) / sizeof(*tests));
}
