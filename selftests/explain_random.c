// SPDX-License-Identifier: GPL-2.0
/*
 * Random configurations and packets: asks explain what would become of a
 * packet, sends it, and compares with what became of it.
 *
 *	explain_random SEED PAIRS BATCH GW CL FW VPN NET
 *
 * BATCH is a file for configurations, the others are the namespaces of
 * explain_random.sh.
 *
 * Prints each pair that differs, then the share of each method and reason. Exit
 * status 1 if one differs or a method has a share under 3 %.
 */
#include <arpa/inet.h>
#include <err.h>
#include <fcntl.h>
#include <linux/natgw.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "explain_ask.h"
#include "explain_config.h"
#include "explain_wire.h"

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))
#define ROUND		25		/* pairs of one configuration */
#define SHARE		3		/* percent */
#define DRAWS		20		/* for a packet of a method that is rare so far */
#define PATIENCE	300		/* ms that a packet may take */

static const char *gw, *batch_file;
static unsigned int wrong, pairs, by_method[NATGW_METHOD_DROP + 1];
static unsigned int by_reason[NATGW_DROP_MAX + 1], counted_as[NATGW_DROP_MAX + 1];
static unsigned int with_session, with_obstacle;

static const char *const methods[] = {
	"local", "pass", "direct", "nat", "appliance", "vpn", "drop",
};

#define WORD(_name, _word, ...)	[NATGW_DROP_##_name] = _word,
static const char *const reasons[NATGW_DROP_MAX + 1] = {
	NATGW_DROP_REASONS(WORD, WORD)
};

static const char *reason_name(int reason)
{
	static char number[16];

	if (reason < 0)
		return "none";
	if (reason <= NATGW_DROP_MAX)
		return reasons[reason];
	snprintf(number, sizeof(number), "%d", reason);
	return number;
}

/* --- comparison ------------------------------------------------------------ */

static const char *text(uint32_t addr)
{
	static char buf[4][INET_ADDRSTRLEN];
	static unsigned int n;

	addr = htonl(addr);
	return inet_ntop(AF_INET, &addr, buf[++n % 4], INET_ADDRSTRLEN);
}

static const char *place(unsigned int where)
{
	return where == LOCAL ? "local" : where == NOWHERE ? "nowhere" : taps[where].at;
}

/* The configuration is told with the first pair of it that differs */
static void show_config(void)
{
	static unsigned int told = ~0u;
	char line[512];
	FILE *file;

	if (told == pairs / ROUND)
		return;
	told = pairs / ROUND;
	file = fopen(batch_file, "r");
	while (file && fgets(line, sizeof(line), file))
		printf("#     %s", line);
	if (file)
		fclose(file);
}

static void differs(const struct flow *flow, const struct answer *answer,
		    const struct sighting *seen, const char *what)
{
	unsigned int i;

	wrong++;
	if (wrong > 20)
		return;
	show_config();
	printf("# pair %u: %u %s:%u -> %s:%u: %s\n", pairs, flow->proto, text(flow->src),
	       flow->src_port, text(flow->dst), flow->dst_port, what);
	printf("#   said: vnet %s method %s reason %s dev %s hop %s obstacle %u session %d port %u",
	       answer->vnet, methods[answer->method], reason_name(answer->reason), answer->dev,
	       text(answer->hop), answer->obstacle, answer->session, answer->port);
	for (i = 0; i < answer->n; i++)
		printf(" %s", text(answer->address[i]));
	printf("\n#   seen: %u times, %s, from %s:%u", seen->times, place(seen->where),
	       text(seen->src), seen->src_port);
	for (i = 0; i <= NATGW_DROP_MAX; i++)
		if (seen->count[i])
			printf(", %u %s", seen->count[i], reason_name(i));
	printf("\n");
}

static bool is_mac_of(const uint8_t *mac, uint32_t hop)
{
	return mac[0] == 2 && mac[4] == (hop >> 8 & 0xff) && mac[5] == (hop & 0xff);
}

static bool may_leave_by(const struct answer *answer, uint32_t addr)
{
	unsigned int i;

	for (i = 0; i < answer->n; i++)
		if (answer->address[i] == addr)
			return true;
	return false;
}

static const char *compare(const struct flow *flow, const struct answer *answer,
			   const struct sighting *seen)
{
	unsigned int i, counted = 0, wanted = answer->reason >= 0;

	/* a redirect is the router's own packet, and more than one of them has a pause */
	for (i = 0; i <= NATGW_DROP_MAX; i++)
		counted += i == NATGW_DROP_REDIRECT ? 0 : seen->count[i];
	if (answer->method == NATGW_METHOD_DROP) {
		if (seen->times)
			return "not dropped";
		/* what Linux stops comes only as far as PRE_ROUTING */
		if (answer->obstacle && answer->reason != NATGW_DROP_NEXT_HOP)
			return counted ? "Linux did not stop it" : NULL;
		return counted == 1 && seen->count[answer->reason] == 1 ? NULL : "other reason";
	}
	if (answer->obstacle)
		return seen->times || counted ? "Linux did not stop it" : NULL;
	if (counted != wanted || (wanted && !seen->count[answer->reason]))
		return "counted otherwise";
	if (seen->times != 1)
		return seen->times ? "seen twice" : "not seen";
	if (answer->method == NATGW_METHOD_LOCAL)
		return seen->where == LOCAL ? NULL : "not local";
	if (seen->where >= TAPS || strcmp(taps[seen->where].at, answer->dev))
		return "left by another device";
	if (answer->method == NATGW_METHOD_NAT) {
		if (!may_leave_by(answer, seen->src))
			return "left by another address";
		return answer->session && answer->port != seen->src_port ? "other port" : NULL;
	}
	if (seen->src != flow->src || seen->src_port != flow->src_port)
		return flow->proto == IPPROTO_SCTP && seen->src == flow->src ? NULL :
									      "translated";
	if ((answer->method == NATGW_METHOD_APPLIANCE || answer->method == NATGW_METHOD_VPN) &&
	    !is_mac_of(seen->mac, answer->hop))
		return "other next hop";
	return NULL;
}

/* --- pairs ----------------------------------------------------------------- */

static struct config config;
static struct flow kept[8];		/* flows that were translated */
static unsigned int n_kept;

/* Host byte order */
static uint32_t address(const char *text)
{
	struct in_addr in;

	if (inet_pton(AF_INET, text, &in) != 1)
		errx(2, "%s", text);
	return ntohl(in.s_addr);
}

static uint32_t inside(unsigned int third, unsigned int last)
{
	return 10 << 24 | third << 8 | last;
}

static uint32_t random_destination(void)
{
	static const char *const internet[] = {
		"198.51.100.7", "198.51.100.8", "198.51.100.9", "198.51.100.130", "192.88.99.1",
	};
	static const char *const private[] = {
		"10.200.0.5", "172.16.5.5", "192.168.9.9", "100.64.1.1",
	};
	static const char *const router[] = {
		"10.0.0.1", "10.0.2.1", "192.0.2.1", "10.0.1.255", "255.255.255.255", "224.0.0.1",
	};
	static const char *const pool[] = {
		"203.0.113.16", "203.0.113.32", "203.0.113.33", "203.0.113.99", "192.0.2.10",
	};
	unsigned int dice = below(100);

	if (dice < 58)
		return address(internet[below(ARRAY_SIZE(internet))]);
	if (dice < 72)
		return address(private[below(ARRAY_SIZE(private))]);
	if (dice < 83)
		return inside(below(DEVS), 10 + below(2));
	if (dice < 91)
		return address(router[below(ARRAY_SIZE(router))]);
	if (dice < 97)
		return address(pool[below(ARRAY_SIZE(pool))]);
	return address("198.18.0.1");		/* Linux has no route there */
}

/* Return: device that it comes by */
static struct tap *random_flow(struct flow *flow)
{
	static const uint8_t protos[] = {
		IPPROTO_TCP, IPPROTO_TCP, IPPROTO_TCP, IPPROTO_UDP, IPPROTO_UDP, IPPROTO_ICMP,
	};
	unsigned int k = below(DEVS), third = k;
	struct tap *tap = &taps[k];

	flow->proto = chance(3) ? IPPROTO_SCTP : protos[below(ARRAY_SIZE(protos))];
	flow->dst = random_destination();
	flow->src_port = 1024 + transmitted() % 60000;
	flow->dst_port = flow->proto == IPPROTO_ICMP ? 0 : 9000 + chance(20);
	/* Linux's way to these is not the device that they are said to be at */
	if (k != VRF_DEV && chance(6)) {
		third = 40 + k;
		tap = config.vnet[k] == DEFAULT ? &taps[UP0] : &taps[config.dev[config.vnet[k]]];
	}
	flow->src = inside(third, chance(8) ? 200 : 10 + below(2));
	return tap;
}

static void observe(struct tap *tap, const struct flow *flow, enum kind kind,
		    struct sighting *seen)
{
	unsigned int before[NATGW_DROP_MAX + 1], after[NATGW_DROP_MAX + 1], i, waited;
	bool counted = false;

	memset(seen, 0, sizeof(*seen));
	seen->where = NOWHERE;
	read_counters(before);
	transmit(tap, flow, kind);
	for (waited = 0; waited < PATIENCE; waited += 10) {
		look(seen, flow);
		read_counters(after);
		for (i = 0; i <= NATGW_DROP_MAX; i++) {
			seen->count[i] = after[i] - before[i];
			counted |= seen->count[i];
		}
		if (seen->times || counted)
			break;
		usleep(10000);
	}
	look(seen, flow);
}

/* Return: it was translated, as was said */
static bool judge(struct tap *tap, const struct flow *flow, enum kind kind,
		  const struct answer *answer)
{
	struct sighting seen;
	const char *what;

	observe(tap, flow, kind, &seen);
	what = compare(flow, answer, &seen);
	if (what)
		differs(flow, answer, &seen, what);
	pairs++;
	by_method[answer->method]++;
	with_session += answer->session;
	with_obstacle += answer->obstacle;
	if (answer->reason >= 0 && answer->method == NATGW_METHOD_DROP)
		by_reason[answer->reason]++;
	else if (answer->reason >= 0)
		counted_as[answer->reason]++;
	return !what && answer->method == NATGW_METHOD_NAT && !answer->obstacle;
}

static void refused(const struct flow *flow, const struct answer *answer)
{
	struct sighting none = { .where = NOWHERE };

	if (answer->refused)
		differs(flow, answer, &none, "refused");
}

static bool is_rare(unsigned int method)
{
	return by_method[method] * 100 < 2 * SHARE * pairs;
}

/* Does a method that new flows have need more of them? */
static bool any_rare(void)
{
	unsigned int method;

	for (method = 0; method < ARRAY_SIZE(methods); method++)
		if (method != NATGW_METHOD_DIRECT && is_rare(method))
			return true;
	return false;
}

/* A new flow; where one port was free, it is not any more */
static void new_flow(void)
{
	struct answer answer, then;
	struct sighting none = { .where = NOWHERE };
	unsigned int tries = any_rare() ? DRAWS : 1;
	struct flow flow;
	struct tap *tap;

	do {
		tap = random_flow(&flow);
		explain(&flow, chance(50), &answer);
	} while (--tries && !answer.refused && !is_rare(answer.method));
	refused(&flow, &answer);
	if (!judge(tap, &flow, BEGINS, &answer))
		return;
	explain(&flow, false, &then);
	if (then.method == NATGW_METHOD_NAT && then.left + 1 != answer.left) {
		printf("# %u ports free, then %u\n", answer.left, then.left);
		differs(&flow, &then, &none, "ports do not add up");
	}
	/* its port cools */
	if (flow.proto == IPPROTO_TCP && chance(20))
		transmit(tap, &flow, RESETS);
	else
		kept[n_kept++ % ARRAY_SIZE(kept)] = flow;
}

static struct tap *tap_of(const struct flow *flow)
{
	unsigned int third = flow->src >> 8 & 0xff;

	if (third < DEVS)
		return &taps[third];
	third -= 40;
	return config.vnet[third] == DEFAULT ? &taps[UP0] :
					       &taps[config.dev[config.vnet[third]]];
}

/* One more packet of a flow that has a session */
static void same_flow(void)
{
	const struct flow *flow;
	struct answer answer;

	if (!n_kept)
		return;
	flow = &kept[below(n_kept < ARRAY_SIZE(kept) ? n_kept : ARRAY_SIZE(kept))];
	explain(flow, true, &answer);
	refused(flow, &answer);
	judge(tap_of(flow), flow, BEGINS, &answer);
}

/* A flow comes in by another way, and is answered */
static void answer_flow(void)
{
	struct flow in, flow;
	struct answer answer;
	struct tap *tap;

	do {
		tap = random_flow(&flow);
	} while (flow.proto == IPPROTO_SCTP || tap == &taps[UP0] || tap == &taps[VRF_DEV] ||
		 (flow.src >> 8 & 0xff) >= 40 || flow.dst >> 24 != 198);
	in = (struct flow) {
		.proto = flow.proto, .src = flow.dst, .dst = flow.src,
		.src_port = flow.proto == IPPROTO_ICMP ? flow.src_port : flow.dst_port,
		.dst_port = flow.proto == IPPROTO_ICMP ? 0 : flow.src_port,
	};
	transmit(&taps[UP0], &in, BEGINS);
	explain(&flow, true, &answer);
	refused(&flow, &answer);
	/* a session cannot begin with an answer, but one of UDP */
	if (answer.method == NATGW_METHOD_NAT && flow.proto != IPPROTO_UDP)
		return;
	judge(tap, &flow, ANSWERS, &answer);
}

/* --- rounds ---------------------------------------------------------------- */

static void set_forwarding(int k, bool on)
{
	char path[96];
	int fd;

	snprintf(path, sizeof(path), "/proc/sys/net/ipv4/conf/in%d/forwarding", k);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0 || write(fd, on ? "1" : "0", 1) != 1)
		err(2, "%s", path);
	close(fd);
}

static void configure(void)
{
	FILE *batch = fopen(batch_file, "w");
	char command[512];
	int k;

	if (!batch)
		err(2, "%s", batch_file);
	random_config(batch, &config);
	fclose(batch);
	snprintf(command, sizeof(command), "natgwctl -n %s -b %s", gw, batch_file);
	if (system(command)) {
		show_config();
		errx(2, "configuration refused");
	}
	for (k = 0; k < DEVS - 1; k++)
		set_forwarding(k, k != config.no_forwarding);
	n_kept = 0;
}

static void show_shares(void)
{
	unsigned int i;

	printf("# %u pairs, %u differ; %u of a session or record, %u stopped by Linux\n", pairs,
	       wrong, with_session, with_obstacle);
	for (i = 0; i < ARRAY_SIZE(methods); i++)
		printf("#   %-10s %5u  %4.1f %%\n", methods[i], by_method[i],
		       100.0 * by_method[i] / pairs);
	for (i = 0; i <= NATGW_DROP_MAX; i++)
		if (by_reason[i])
			printf("#     dropped as %-17s %5u  %4.1f %%\n", reason_name(i),
			       by_reason[i], 100.0 * by_reason[i] / pairs);
	for (i = 0; i <= NATGW_DROP_MAX; i++)
		if (counted_as[i])
			printf("#     counted as %-17s %5u  %4.1f %%\n", reason_name(i),
			       counted_as[i], 100.0 * counted_as[i] / pairs);
}

int main(int argc, char **argv)
{
	unsigned int wanted, i, dice;
	bool bad = false;

	if (argc != 9)
		errx(2, "usage: explain_random SEED PAIRS BATCH GW CL FW VPN NET");
	seed_random(strtoull(argv[1], NULL, 0));
	wanted = strtoul(argv[2], NULL, 0);
	batch_file = argv[3];
	gw = argv[4];
	setvbuf(stdout, NULL, _IOLBF, 0);
	open_taps(argv + 4);
	ask_connect();

	for (i = 0; pairs < wanted; i++) {
		if (i % ROUND == 0)
			configure();
		dice = below(100);
		if (dice >= 78 || (dice < 20 && pairs && is_rare(NATGW_METHOD_DIRECT)))
			answer_flow();
		else if (dice >= 70)
			same_flow();
		else
			new_flow();
	}
	show_shares();
	for (i = 0; i < ARRAY_SIZE(methods); i++) {
		if (by_method[i] * 100 >= SHARE * pairs)
			continue;
		printf("# %s: under %u %%\n", methods[i], SHARE);
		bad = true;
	}
	return wrong || bad;
}
