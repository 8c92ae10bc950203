// SPDX-License-Identifier: GPL-2.0
/*
 * Random requests to the family, made from its specification: objects that fit each other,
 * values at and beyond their limits, and messages that are spoiled afterwards. Several sockets
 * send them by turns, in and out of transactions, begin dumps, watch sessions and listen to
 * events, read their answers or not, and are closed in the middle of it.
 *
 *	fuzz_netlink admin|nobody REQUESTS SEED
 *
 * admin: the caller has the right. nobody: he has not; no request but those that need none may
 * succeed. Prints what became of the requests; exit status 1 if one succeeded that must not.
 */
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <linux/genetlink.h>
#include <linux/natgw.h>
#include <linux/netlink.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))
#define SOCKETS		6
#define LISTENER	SOCKETS		/* one more, of the administrator's, in all groups */
#define SEQS		65536
#define ROOM		60000

enum kind { KIND_U32, KIND_U64, KIND_STRING, KIND_BINARY, KIND_NEST, KIND_PAD };

struct fuzz_attr {
	const char *name;
	unsigned short type;
	enum kind kind;
	bool multi;
	int nest;
	unsigned int entries;
};

struct fuzz_set {
	const char *name;
	const struct fuzz_attr *attrs;
	unsigned int n;
};

struct fuzz_op {
	const char *name;
	unsigned char cmd;
	unsigned int set;
	const unsigned short *wanted;
	unsigned int n;
	bool has_do, has_dump, needs_right;
};

#include "fuzz_table.h"

/* A message on its way */
static struct {
	union {
		unsigned char data[ROOM + 4096];
		struct nlmsghdr nlh;
	};
	unsigned int len;
} msg;

/* Half of the requests are meant to succeed: names of the right kind, prefixes without host bits */
static bool careful;
static unsigned int length;	/* of the prefixes of this request */

static int sockets[SOCKETS + 1];
static unsigned int groups[8], n_groups;
static unsigned short family;
static uint64_t state;
static bool nobody;
static unsigned int seq;
/* command of a request by its number, for the answers; and whether it needs the right */
static bool forbidden[SEQS];
static unsigned long errors[256], answers, events, closed, violations;

static uint32_t draw(void)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state >> 16;
}

static uint32_t below(uint32_t n)
{
	return draw() % n;
}

/* one in @n times */
static bool once_in(unsigned int n)
{
	return !below(n);
}

static void put_bytes(const void *data, unsigned int len)
{
	if (msg.len + len > ROOM)
		return;
	memcpy(msg.data + msg.len, data, len);
	msg.len += len;
}

static void put_attr(unsigned short type, const void *data, unsigned int len)
{
	struct nlattr head = { .nla_len = sizeof(head) + len, .nla_type = type };
	static const char zeros[4];

	if (msg.len + sizeof(head) + len + 4 > ROOM)
		return;
	put_bytes(&head, sizeof(head));
	put_bytes(data, len);
	put_bytes(zeros, -len & 3);
}

/* Names of objects that other requests make, or NULL */
static const char *fitting(const char *set, const char *attr)
{
	static const struct {
		const char *word;
		const char *names[3];
	} known[] = {
		{ "gateway", { "gw0", "gw1", "" } }, { "vnet", { "default", "hub", "default" } },
		{ "subnet", { "web", "db", "jump" } }, { "route-table", { "rt0", "rt1", "" } },
		{ "tag", { "tag0", "tag1", "tag0" } }, { "cluster", { "aks0", "aks1", "aks0" } },
		{ "dev", { "in0", "up0", "" } }, { "uplink", { "up0", "", "" } },
	};
	const char *word = strcmp(attr, "name") ? attr : set;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(known); i++)
		if (!strcmp(known[i].word, word))
			return known[i].names[below(3)];
	return NULL;
}

static void put_string(const struct fuzz_set *set, const struct fuzz_attr *a)
{
	static const char *const names[] = {
		"gw0", "gw1", "gw2", "web", "db", "jump", "hub", "red", "default", "rt0", "rt1",
		"tag0", "tag1", "aks0", "aks1", "aks1-nat", "none", "", "lo", "in0", "up0",
		"no such thing", "-", "a.b_c-d", "1024-65535", "2000,3000-3999", "0",
		"a-name-of-thirty-one-characters", "a-name-of-thirty-two-characters.",
	};
	const char *name = names[below(ARRAY_SIZE(names))];
	char bytes[300];
	unsigned int len = below(sizeof(bytes)), i;

	if (careful && fitting(set->name, a->name)) {
		name = fitting(set->name, a->name);
		put_attr(a->type, name, strlen(name) + 1);
		return;
	}
	if (!once_in(20)) {
		put_attr(a->type, name, strlen(name) + !once_in(20));
		return;
	}
	for (i = 0; i < len; i++)
		bytes[i] = draw();
	put_attr(a->type, bytes, len);
}

static void put_u32(const struct fuzz_attr *a)
{
	static const uint32_t numbers[] = {
		0, 1, 2, 3, 6, 8, 17, 28, 29, 31, 32, 33, 60, 64, 120, 240, 300, 1024, 7440, 64000,
		64512, 65535, 65536, 86400, 86401, 1u << 31, ~0u,
	};
	static const uint32_t usual[] = { 240, 300, 600, 7440 };
	uint32_t value = careful ? usual[below(4)] : numbers[below(ARRAY_SIZE(numbers))];

	if (!strcmp(a->name, "family") && !once_in(20))
		value = AF_INET;
	else if (!strcmp(a->name, "prefix-length") && (careful || !once_in(10)))
		value = careful ? length : 16 + 4 * below(5);
	else if (a->entries && (careful || !once_in(10)))
		value = below(a->entries + !careful);
	put_attr(a->type, &value, sizeof(value));
}

/* Few addresses, so that objects meet */
static void put_address(const struct fuzz_set *set, const struct fuzz_attr *a)
{
	static const uint32_t bases[] = {
		0xcb007100, 0xcb007110, 0xc6336400, 0x0a000100, 0x0a000200, 0x0a000000, 0x0a070000,
		0xc0a80000, 0x00000000, 0xc0000201, 0xe0000001, 0x7f000001, 0xffffffff,
	};
	uint32_t addr = bases[below(ARRAY_SIZE(bases))];

	if (once_in(4))
		addr += below(20);
	if (careful && !strcmp(set->name, "address"))
		addr = 0xcb007100 + below(32);
	else if (careful && !strcmp(set->name, "subnet"))
		addr = 0x0a000000 + (below(4) << 8);
	if (careful && strcmp(set->name, "explain") && strcmp(set->name, "session"))
		addr &= length ? ~0u << (32 - length) : 0;
	addr = htonl(addr);
	put_attr(a->type, &addr, once_in(30) && !careful ? below(4) : sizeof(addr));
}

static void put_binary(const struct fuzz_set *set, const struct fuzz_attr *a)
{
	static const unsigned int sizes[] = {
		sizeof(struct natgw_session_record), sizeof(struct natgw_direct_record),
	};
	static unsigned char bytes[16384];
	unsigned int len, i;

	if (!strstr(a->name, "sessions") && !strstr(a->name, "directs")) {
		put_address(set, a);
		return;
	}
	len = sizes[!strcmp(a->name, "directs")] * below(40) + (once_in(10) ? below(9) : 0);
	for (i = 0; i < len; i++)
		bytes[i] = once_in(3) ? draw() : 0;
	put_attr(a->type, bytes, len);
}

static void put_value(const struct fuzz_set *set, const struct fuzz_attr *a, unsigned int depth);

static void put_nest(const struct fuzz_attr *a, unsigned int depth)
{
	const struct fuzz_set *set = &sets[a->nest];
	unsigned int start = msg.len, i;
	struct nlattr head;

	if (msg.len + sizeof(head) > ROOM)
		return;
	msg.len += sizeof(head);
	for (i = 0; i < set->n; i++)
		if (careful || !once_in(8))
			put_value(set, &set->attrs[i], depth + 1);
	head.nla_len = msg.len - start;
	head.nla_type = a->type | (once_in(10) ? 0 : NLA_F_NESTED);
	memcpy(msg.data + start, &head, sizeof(head));
}

static void put_value(const struct fuzz_set *set, const struct fuzz_attr *a, unsigned int depth)
{
	uint64_t number = (uint64_t)draw() << 32 | draw();

	switch (a->kind) {
	case KIND_U32:
		put_u32(a);
		break;
	case KIND_U64:
		put_attr(a->type, &number, sizeof(number));
		break;
	case KIND_STRING:
		put_string(set, a);
		break;
	case KIND_BINARY:
		put_binary(set, a);
		break;
	case KIND_NEST:
		if (depth < 4)
			put_nest(a, depth);
		break;
	case KIND_PAD:
		if (once_in(20))
			put_attr(a->type, NULL, 0);
		break;
	}
}

/* A request as the specification has it; the first attributes are its key */
static void build(const struct fuzz_op *op, bool dump)
{
	const struct fuzz_set *set = &sets[op->set];
	struct genlmsghdr genl = {
		.cmd = once_in(500) ? draw() : op->cmd,
		.version = once_in(100) ? draw() : NATGW_GENL_VERSION,
	};
	unsigned int i, repeat;
	bool given;
	const struct fuzz_attr *a;

	careful = once_in(2);
	length = once_in(4) ? 16 : 24 + 4 * below(3);
	memset(&msg.nlh, 0, sizeof(msg.nlh));
	msg.nlh.nlmsg_type = family;
	msg.nlh.nlmsg_flags = NLM_F_REQUEST | (once_in(10) ? 0 : NLM_F_ACK) |
			      (dump ? NLM_F_DUMP : 0) | (once_in(100) ? draw() : 0);
	msg.nlh.nlmsg_seq = ++seq;
	msg.len = NLMSG_HDRLEN;
	put_bytes(&genl, sizeof(genl));
	for (i = 0; i < op->n; i++) {
		/* the first ones name the object, and are mostly there */
		if (i < (careful ? 4 : 3))
			given = (careful && !i) || !once_in(6);
		else
			given = once_in(careful ? 10 : 4);
		if (!given)
			continue;
		a = &set->attrs[op->wanted[i]];
		if (a->multi)
			repeat = below(once_in(50) ? 70 : 4) + 1;
		else
			repeat = once_in(50) && !careful ? 2 : 1;
		while (repeat--)
			put_value(set, a, 0);
	}
	/* of an answer, of another set, of none */
	if (!careful && once_in(20))
		put_value(set, &set->attrs[below(set->n)], 0);
	if (!careful && once_in(100))
		put_value(set, &sets[below(ARRAY_SIZE(sets))].attrs[0], 0);
	msg.nlh.nlmsg_len = msg.len;
}

/* Bits, lengths, the end */
static void spoil(void)
{
	unsigned int head = NLMSG_HDRLEN + GENL_HDRLEN, at;
	unsigned short number;

	if (msg.len <= head)
		return;
	switch (below(5)) {
	case 0:
		msg.data[head + below(msg.len - head)] ^= 1 << below(8);
		break;
	case 1:
		msg.len -= below(msg.len - head);
		msg.nlh.nlmsg_len = msg.len;
		break;
	case 2:		/* a length, or a type, of an attribute */
		at = head + (below(msg.len - head) & ~3);
		number = once_in(2) ? below(32) : draw();
		memcpy(msg.data + at + 2 * below(2), &number, sizeof(number));
		break;
	case 3:
		msg.nlh.nlmsg_len += below(64) - 32;
		break;
	case 4:
		at = below(40);
		while (at--)
			msg.data[msg.len++] = draw();
		msg.nlh.nlmsg_len = msg.len;
		break;
	}
}

static void open_socket(int i)
{
	struct sockaddr_nl addr = { .nl_family = AF_NETLINK };
	int on = 1, room = 65536 << below(4);

	sockets[i] = socket(AF_NETLINK, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, NETLINK_GENERIC);
	if (sockets[i] < 0 || bind(sockets[i], (struct sockaddr *)&addr, sizeof(addr)))
		err(3, "socket");
	setsockopt(sockets[i], SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof(on));
	on = once_in(2);
	setsockopt(sockets[i], SOL_NETLINK, NETLINK_CAP_ACK, &on, sizeof(on));
	setsockopt(sockets[i], SOL_NETLINK, NETLINK_GET_STRICT_CHK, &on, sizeof(on));
	setsockopt(sockets[i], SOL_SOCKET, SO_RCVBUF, &room, sizeof(room));
}

static void violation(const struct nlmsghdr *nlh)
{
	if (!violations++)
		printf("request %u was answered, by a message of type %u\n", nlh->nlmsg_seq,
		       nlh->nlmsg_type);
}

static void take(const struct nlmsghdr *nlh)
{
	const struct nlmsgerr *e = NLMSG_DATA(nlh);
	bool mine = nlh->nlmsg_seq && nlh->nlmsg_seq <= seq;
	/* it is not known any more what an answer that waited longer belongs to */
	bool refused = mine && seq - nlh->nlmsg_seq < SEQS && forbidden[nlh->nlmsg_seq % SEQS];

	if (nlh->nlmsg_type == NLMSG_ERROR) {
		errors[-e->error & 255]++;
		/*
		 * Behind a length that was spoiled the kernel reads what is left as messages of
		 * their own. Those with the type of no family do nothing and are acknowledged.
		 */
		if (nobody && !e->error && refused && e->msg.nlmsg_type == family)
			violation(nlh);
	} else if (nlh->nlmsg_type == family) {
		mine ? answers++ : events++;
		if (nobody && (!mine || refused))
			violation(nlh);
	}
}

/* Reads at most @times. Return: there was something */
static bool listen_to(int i, unsigned int times)
{
	static union {
		char data[65536];
		struct nlmsghdr nlh;
	} in;
	const struct nlmsghdr *nlh;
	bool any = false;
	ssize_t len;

	while (times--) {
		len = recv(sockets[i], &in, sizeof(in), MSG_DONTWAIT);
		if (len < 0 && errno == ENOBUFS)
			continue;
		if (len <= 0)
			break;
		any = true;
		for (nlh = &in.nlh; NLMSG_OK(nlh, len); nlh = NLMSG_NEXT(nlh, len))
			take(nlh);
	}
	return any;
}

/* A thing that programs do beside requests */
static void aside(int i)
{
	unsigned int group = groups[below(n_groups)];

	switch (below(4)) {
	case 0:		/* its transaction, dump, watch and answers are left as they are */
		close(sockets[i]);
		open_socket(i);
		closed++;
		break;
	case 1:
		setsockopt(sockets[i], SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &group, sizeof(group));
		break;
	case 2:
		setsockopt(sockets[i], SOL_NETLINK, NETLINK_DROP_MEMBERSHIP, &group, sizeof(group));
		break;
	case 3:
		listen_to(i, 100);
		break;
	}
}

/* Chance alone would have some seeds listen to hardly any event */
static void open_listener(void)
{
	unsigned int i;

	open_socket(LISTENER);
	for (i = 0; i < n_groups; i++)
		if (setsockopt(sockets[LISTENER], SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &groups[i],
			       sizeof(groups[i])))
			err(3, "membership");
}

static void one(void)
{
	const struct fuzz_op *op;
	int i = below(SOCKETS);
	bool dump;

	if (once_in(40))
		aside(i);
	/* all that there is goes with it */
	do {
		op = &ops[below(ARRAY_SIZE(ops))];
	} while (!strcmp(op->name, "reset") && !once_in(20));
	dump = op->has_dump && (!op->has_do || once_in(3));
	build(op, dump);
	/* spoiled ones may be of another command */
	forbidden[seq % SEQS] = op->needs_right;
	if (!careful && once_in(3)) {
		spoil();
		forbidden[seq % SEQS] = false;
	}
	if (msg.data[NLMSG_HDRLEN] != op->cmd || msg.nlh.nlmsg_type != family)
		forbidden[seq % SEQS] = false;
	send(sockets[i], msg.data, msg.len, MSG_DONTWAIT);
	/* most wait for their answer, some never read it */
	if (i && !once_in(8))
		listen_to(i, 4);
}

/* Reads the answer of the controller: number of the family, and its groups */
static void controller_take(const struct nlattr *at, int len, unsigned int depth)
{
	for (; len >= (int)sizeof(*at) && at->nla_len >= sizeof(*at) && at->nla_len <= len;
	     len -= NLA_ALIGN(at->nla_len),
	     at = (const void *)((const char *)at + NLA_ALIGN(at->nla_len))) {
		unsigned short type = at->nla_type & NLA_TYPE_MASK;

		if (!depth && type == CTRL_ATTR_FAMILY_ID)
			family = *(const unsigned short *)(at + 1);
		else if (depth == 2 && type == CTRL_ATTR_MCAST_GRP_ID)
			groups[n_groups++ % ARRAY_SIZE(groups)] = *(const unsigned int *)(at + 1);
		else if (depth || type == CTRL_ATTR_MCAST_GROUPS)
			if (depth < 2)
				controller_take(at + 1, at->nla_len - sizeof(*at), depth + 1);
	}
}

static void find_family(void)
{
	struct genlmsghdr genl = { .cmd = CTRL_CMD_GETFAMILY, .version = 1 };
	struct {
		struct nlmsghdr nlh;
		char data[8192];
	} in;
	ssize_t len;

	memset(&msg.nlh, 0, sizeof(msg.nlh));
	msg.nlh.nlmsg_type = GENL_ID_CTRL;
	msg.nlh.nlmsg_flags = NLM_F_REQUEST;
	msg.len = NLMSG_HDRLEN;
	put_bytes(&genl, sizeof(genl));
	put_attr(CTRL_ATTR_FAMILY_NAME, NATGW_GENL_NAME, sizeof(NATGW_GENL_NAME));
	msg.nlh.nlmsg_len = msg.len;
	if (send(sockets[0], msg.data, msg.len, 0) < 0)
		err(3, "controller");
	len = recv(sockets[0], &in, sizeof(in), 0);
	if (len < (ssize_t)(NLMSG_HDRLEN + GENL_HDRLEN) || in.nlh.nlmsg_type != GENL_ID_CTRL)
		errx(3, "no family " NATGW_GENL_NAME);
	controller_take((const void *)((const char *)&in + NLMSG_HDRLEN + GENL_HDRLEN),
			len - NLMSG_HDRLEN - GENL_HDRLEN, 0);
	if (!family || !n_groups)
		errx(3, "no family " NATGW_GENL_NAME);
	if (n_groups > ARRAY_SIZE(groups))
		n_groups = ARRAY_SIZE(groups);
}

static double seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec + now.tv_nsec / 1e9;
}

int main(int argc, char **argv)
{
	unsigned long requests, n;
	unsigned int i;
	double start;

	if (argc != 4 || (strcmp(argv[1], "admin") && strcmp(argv[1], "nobody")))
		errx(2, "usage: fuzz_netlink admin|nobody REQUESTS SEED");
	nobody = argv[1][0] == 'n';
	requests = strtoul(argv[2], NULL, 0);
	state = strtoul(argv[3], NULL, 0) * 0x9e3779b97f4a7c15 | 1;
	for (i = 0; i < SOCKETS; i++)
		open_socket(i);
	find_family();
	if (!nobody)
		open_listener();
	start = seconds();
	for (n = 0; n < requests; n++) {
		one();
		if (!nobody)
			listen_to(LISTENER, 4);
	}
	start = seconds() - start;
	for (i = 0; i < (nobody ? SOCKETS : SOCKETS + 1); i++) {
		while (listen_to(i, 1000))
			;
		close(sockets[i]);
	}
	printf("requests %lu per-second %.0f done %lu answers %lu events %lu closed %lu", requests,
	       requests / start, errors[0], answers, events, closed);
	for (i = 1; i < ARRAY_SIZE(errors); i++)
		if (errors[i])
			printf(" %s %lu", strerrorname_np(i) ?: "?", errors[i]);
	printf("\n");
	return violations != 0;
}
