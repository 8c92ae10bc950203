// SPDX-License-Identifier: GPL-2.0
/*
 * Events of sessions and blocks as the flow log takes them, and the way to a collector: watch.c,
 * flowlog_block.c, ipfix_send.c
 */
#include <arpa/inet.h>
#include <dlfcn.h>
#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <libmnl/libmnl.h>
#include <linux/genetlink.h>

#include "flow_event.h"
#include "flowlog.h"
#include "flowlog_block.h"
#include "ipfix.h"
#include "ktap.h"
#include "object.h"
/* for the answers of a dump */
#include "../../tools/watch.c"

const struct object *const objects[] = { NULL };

#define SECOND	FLOWLOG_SECOND

/* --- messages of the kernel ---------------------------------------------------------------- */

static unsigned int seen;

static void note(const struct watched *w, void *data)
{
	(void)data;
	seen++;
	EXPECT_STR(w->gateway, "gw1");
	EXPECT_INT(ntohs(w->event.port), 23817);
}

static struct nlmsghdr *message(char *buf, uint32_t version, uint64_t lost, size_t cut)
{
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);
	struct genlmsghdr *genl = mnl_nlmsg_put_extra_header(nlh, sizeof(*genl));
	struct natgw_session_event e[2];
	struct nlattr *nest;

	e[0] = event(NATGW_EVENT_OPENED, 101, "192.0.2.80", 0, 0);
	e[1] = event(NATGW_EVENT_CLOSED, 101, "192.0.2.80", 0, 1);
	genl->cmd = NATGW_CMD_SESSION_EVENT_NTF;
	mnl_attr_put_u32(nlh, NATGW_A_EVENT_VERSION, version);
	mnl_attr_put_u64(nlh, NATGW_A_EVENT_LOST, lost);
	nest = mnl_attr_nest_start(nlh, NATGW_A_EVENT_GROUP);
	mnl_attr_put_strz(nlh, NATGW_A_EVENT_GROUP_GATEWAY, "gw1");
	mnl_attr_put(nlh, NATGW_A_EVENT_GROUP_EVENTS, sizeof(e) - cut, e);
	mnl_attr_nest_end(nlh, nest);
	return nlh;
}

static void messages(void)
{
	struct watch watch = { .event = note };
	char buf[4096];
	size_t cut;

	EXPECT(watch_parse(&watch, message(buf, NATGW_EVENT_VERSION, 7, 0)));
	EXPECT_INT(seen, 2);
	EXPECT_INT(watch.lost, 7);
	EXPECT(!watch_parse(&watch, message(buf, NATGW_EVENT_VERSION + 1, 7, 0)));
	for (cut = 1; cut < sizeof(struct natgw_session_event); cut++)
		EXPECT(!watch_parse(&watch, message(buf, NATGW_EVENT_VERSION, 7, cut)));
	EXPECT_INT(seen, 2);
}

/* Any byte of a message may be wrong */
static void broken_messages(void)
{
	struct watch watch = { .event = note };
	struct nlmsghdr *nlh;
	char *buf;
	uint32_t len, i;

	for (i = sizeof(*nlh) + sizeof(struct genlmsghdr), len = i + 1; i < len; i++) {
		/* of its own size, so that what reads beyond it is seen */
		char whole[4096];

		nlh = message(whole, NATGW_EVENT_VERSION, 0, 0);
		len = nlh->nlmsg_len;
		/* names and events are any bytes there are */
		if (i >= len - 2 * sizeof(struct natgw_session_event) - 12)
			break;
		buf = malloc(len);
		memcpy(buf, whole, len);
		buf[i] ^= 0xff;
		watch_parse(&watch, (struct nlmsghdr *)buf);
		free(buf);
	}
	EXPECT(i > 40);
}

/* --- what runs ----------------------------------------------------------------------------- */

static struct natgw_session_event found;

static void keep(const struct watched *w, void *data)
{
	(void)data;
	found = w->event;
}

/* A session of @age seconds, as a dump has it */
static struct nlmsghdr *answer(char *buf, uint32_t age)
{
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);
	struct natgw_session_event e = event(WATCH_RUNNING, 101, "192.0.2.80", 0, 0);
	struct genlmsghdr *genl = mnl_nlmsg_put_extra_header(nlh, sizeof(*genl));

	genl->cmd = NATGW_CMD_SESSION_GET;
	mnl_attr_put_u32(nlh, NATGW_A_SESSION_PROTO, e.proto);
	mnl_attr_put(nlh, NATGW_A_SESSION_SRC, sizeof(e.src), &e.src);
	mnl_attr_put_u32(nlh, NATGW_A_SESSION_SRC_PORT, ntohs(e.src_port));
	mnl_attr_put(nlh, NATGW_A_SESSION_DST, sizeof(e.dst), &e.dst);
	mnl_attr_put_u32(nlh, NATGW_A_SESSION_DST_PORT, ntohs(e.dst_port));
	mnl_attr_put(nlh, NATGW_A_SESSION_ADDRESS, sizeof(e.address), &e.address);
	mnl_attr_put_u32(nlh, NATGW_A_SESSION_PORT, ntohs(e.port));
	mnl_attr_put_u32(nlh, NATGW_A_SESSION_AGE, age);
	return nlh;
}

/* A dump takes a while: a session that opens meanwhile was not there when it began */
static void opened_during_dump(void)
{
	const struct timespec while_ = { .tv_nsec = 5000000 };
	struct running r = { .event = keep };
	uint64_t opened;
	char buf[4096];

	EXPECT(running_answer(answer(buf, 100), &r));
	EXPECT_INT(found.time - found.opened, 100 * SECOND);
	nanosleep(&while_, NULL);
	opened = watch_now();
	EXPECT(running_answer(answer(buf, 0), &r));
	EXPECT(found.time >= opened && found.opened >= opened);
	EXPECT(found.time <= watch_now());
}

/* --- blocks of ports ----------------------------------------------------------------------- */

static unsigned int told[3];

static void note_block(const struct watched_block *b, void *data)
{
	(void)data;
	told[b->type]++;
}

/* All are told again to who did not hear of them; a list that broke off leaves nothing behind */
static void blocks_told_again(void)
{
	struct block_table table = { .tell = note_block };
	struct watched_block b = {
		.type = NATGW_BLOCK_EVENT_ALLOCATED, .gateway = "gw1", .vnet = "default",
		.src = 1, .address = 2, .first = 1024, .last = 1087,
	};

	block_allocated(&table, &b);
	b.src = 2;
	b.first = 1088;
	b.last = 1151;
	block_allocated(&table, &b);
	EXPECT_INT(told[NATGW_BLOCK_EVENT_ALLOCATED], 2);
	block_table_tell(&table, 7);
	EXPECT_INT(told[NATGW_BLOCK_EVENT_ALLOCATED], 4);
	EXPECT_INT(told[NATGW_BLOCK_EVENT_FREED], 0);
	block_sync_begin(&table);
	b.src = 3;
	block_sync(&table, &b);
	block_sync_begin(&table);
	b.src = 2;
	block_sync(&table, &b);
	block_sync_end(&table, 8);
	EXPECT_INT(told[NATGW_BLOCK_EVENT_ALLOCATED], 4);
	EXPECT_INT(told[NATGW_BLOCK_EVENT_FREED], 1);
	block_table_free(&table);
}

/* Each loss is told of, but all that runs not more often than each ten seconds */
static void after_losses(void)
{
	const uint64_t at = 1800000000 * FLOWLOG_SECOND;

	EXPECT_INT(flowlog_tells_again(at, 0), true);
	EXPECT_INT(flowlog_tells_again(at, at), false);
	EXPECT_INT(flowlog_tells_again(at + 10 * FLOWLOG_SECOND - 1, at), false);
	EXPECT_INT(flowlog_tells_again(at + 10 * FLOWLOG_SECOND, at), true);
	EXPECT_INT(flowlog_tells_again(at - 1, at), true);
}

/* --- the way to a collector ---------------------------------------------------------------- */

static void collectors(void)
{
	static const char *const bad[] = {
		"", ":4739", "[]", "[]:4739", "[::1", "::1", "192.0.2.9:", "192.0.2.9:0",
		"192.0.2.9:65536", "192.0.2.9:ipfix", "192.0.2.9:4739x", "192.0.2.9:-1",
		"[::1]4739",
	};
	struct ipfix_sender s;
	struct parse_error e;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(bad); i++)
		EXPECT(!ipfix_sender_parse(&s, bad[i], &e));
	EXPECT(ipfix_sender_parse(&s, "192.0.2.9", &e));
	EXPECT_STR(s.port, "4739");
	EXPECT(ipfix_sender_parse(&s, "[2001:db8::9]:65535", &e));
	EXPECT_STR(s.host, "2001:db8::9");
	EXPECT_STR(s.port, "65535");
}

/* A collector by TCP that does not read, then says something, reads, and goes */
static void slow_collector(void)
{
	struct sockaddr_in addr = { .sin_family = AF_INET };
	int sock = socket(AF_INET, SOCK_STREAM, 0), peer;
	static uint8_t message[IPFIX_MESSAGE], rest[1 << 20];
	socklen_t len = sizeof(addr);
	uint64_t waiting;
	struct ipfix_sender s;
	struct parse_error e;
	struct pollfd fd;
	char at[32];

	addr.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	EXPECT(!bind(sock, (struct sockaddr *)&addr, sizeof(addr)) && !listen(sock, 1));
	EXPECT(!getsockname(sock, (struct sockaddr *)&addr, &len));
	snprintf(at, sizeof(at), "127.0.0.1:%u", ntohs(addr.sin_port));
	EXPECT(ipfix_sender_parse(&s, at, &e));
	s.tcp = true;
	EXPECT(ipfix_sender_open(&s));
	peer = accept(sock, NULL, NULL);
	fd = (struct pollfd){ .fd = s.fd, .events = POLLOUT };
	EXPECT_INT(poll(&fd, 1, 10000), 1);
	EXPECT(ipfix_sender_ready(&s) && !s.connecting);
	while (ipfix_sender_put(&s, message, sizeof(message), 10))
		;
	EXPECT_INT(s.error, ENOBUFS);
	EXPECT_INT(s.unsent, 10);
	EXPECT_INT(send(peer, "hello", 5, 0), 5);
	fd.events = POLLIN;
	EXPECT_INT(poll(&fd, 1, 10000), 1);
	EXPECT(ipfix_sender_ready(&s));
	EXPECT_INT(poll(&fd, 1, 0), 0);
	/* nobody calls ipfix_sender_ready() while a table is sent */
	EXPECT(recv(peer, rest, sizeof(rest), MSG_WAITALL) == sizeof(rest));
	fd.events = POLLOUT;
	while (poll(&fd, 1, 100) <= 0)
		EXPECT(recv(peer, rest, sizeof(rest), MSG_WAITALL) == sizeof(rest));
	EXPECT(ipfix_sender_put(&s, message, sizeof(message), 10));
	EXPECT_INT(s.unsent, 10);
	waiting = s.n;
	EXPECT(waiting > 0);
	close(peer);
	fd.events = POLLIN;
	EXPECT_INT(poll(&fd, 1, 10000), 1);
	EXPECT(!ipfix_sender_ready(&s));
	EXPECT_INT(s.fd, -1);
	EXPECT_INT(s.unsent, 10 + 10 * waiting);
	/* nobody listens any more */
	close(sock);
	if (ipfix_sender_open(&s)) {
		fd = (struct pollfd){ .fd = s.fd, .events = POLLOUT };
		EXPECT_INT(poll(&fd, 1, 10000), 1);
		EXPECT(!ipfix_sender_ready(&s));
	}
	EXPECT_STR(ipfix_sender_error(&s), strerror(ECONNREFUSED));
	ipfix_sender_close(&s);
}

/* What send(2) says, unless it is 0; and at which address the collector with a name is */
static int send_error;
static const char *lives_at;
static int answer_error;

ssize_t send(int fd, const void *buf, size_t n, int flags)
{
	if (!send_error)
		return sendto(fd, buf, n, flags, NULL, 0);
	errno = send_error;
	return -1;
}

int getaddrinfo(const char *host, const char *port, const struct addrinfo *hints,
		struct addrinfo **list)
{
	typeof(getaddrinfo) *real = dlsym(RTLD_NEXT, "getaddrinfo");

	return real(strcmp(host, "collector.example") ? host : lives_at, port, hints, list);
}

int getaddrinfo_a(int mode, struct gaicb *requests[], int n, struct sigevent *event)
{
	EXPECT(mode == GAI_NOWAIT && n == 1 && !event);
	return getaddrinfo(requests[0]->ar_name, requests[0]->ar_service, requests[0]->ar_request,
			   &requests[0]->ar_result);
}

int gai_error(struct gaicb *request)
{
	(void)request;
	return answer_error;
}

static in_addr_t peer_of(const struct ipfix_sender *s)
{
	struct sockaddr_in addr = {};
	socklen_t len = sizeof(addr);

	EXPECT(!getpeername(s->fd, (struct sockaddr *)&addr, &len));
	return addr.sin_addr.s_addr;
}

/* By UDP: a socket that has no way any more is closed, so that another one may find it */
static void no_way_to_collector(void)
{
	uint8_t message[100] = {};
	struct ipfix_sender s;
	struct parse_error e;

	EXPECT(ipfix_sender_parse(&s, "127.0.0.1:9", &e) && ipfix_sender_open(&s));
	send_error = EAGAIN;
	EXPECT(!ipfix_sender_put(&s, message, sizeof(message), 3));
	EXPECT(s.fd >= 0);
	send_error = ECONNREFUSED;
	EXPECT(!ipfix_sender_put(&s, message, sizeof(message), 3));
	EXPECT(s.fd >= 0);
	/* its address was taken away */
	send_error = EINVAL;
	EXPECT(!ipfix_sender_put(&s, message, sizeof(message), 3));
	EXPECT_INT(s.fd, -1);
	EXPECT_INT(s.error, EINVAL);
	EXPECT_INT(s.unsent, 9);
	send_error = 0;
	EXPECT(ipfix_sender_open(&s));
	EXPECT(ipfix_sender_put(&s, message, sizeof(message), 3));
	ipfix_sender_close(&s);
}

/* By UDP: its name is looked up now and then, and it is where the name says */
static void collector_moves(void)
{
	struct ipfix_sender s;
	struct parse_error e;

	lives_at = "127.0.0.1";
	EXPECT(ipfix_sender_parse(&s, "collector.example:9", &e) && ipfix_sender_open(&s));
	EXPECT_INT(peer_of(&s), inet_addr("127.0.0.1"));
	/* not so soon */
	lives_at = "127.0.0.2";
	EXPECT(!ipfix_sender_moved(&s) && !s.question);
	s.look_up = 0;
	answer_error = EAI_INPROGRESS;
	EXPECT(!ipfix_sender_moved(&s) && s.question);
	EXPECT(!ipfix_sender_moved(&s));
	EXPECT_INT(peer_of(&s), inet_addr("127.0.0.1"));
	answer_error = 0;
	EXPECT(ipfix_sender_moved(&s));
	EXPECT_INT(s.fd, -1);
	EXPECT(ipfix_sender_open(&s));
	EXPECT_INT(peer_of(&s), inet_addr("127.0.0.2"));
	/* it is still there */
	s.look_up = 0;
	EXPECT(!ipfix_sender_moved(&s) && s.question);
	EXPECT(!ipfix_sender_moved(&s) && !s.question);
	EXPECT(s.fd >= 0);
	ipfix_sender_close(&s);
	/* an address does not move */
	EXPECT(ipfix_sender_parse(&s, "127.0.0.1:9", &e) && ipfix_sender_open(&s));
	s.look_up = 0;
	EXPECT(!ipfix_sender_moved(&s) && !s.question);
	ipfix_sender_close(&s);
}

/* A collector by UDP at 127.0.0.1:@port. Return: what it prints */
static FILE *collector_start(unsigned int port, pid_t *pid)
{
	char text[16];
	int fds[2];

	snprintf(text, sizeof(text), "%u", port);
	if (pipe(fds))
		abort();
	*pid = fork();
	if (!*pid) {
		/* whatever becomes of this test */
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		dup2(fds[1], STDOUT_FILENO);
		close(fds[0]);
		execlp("python3", "python3", SELFTESTS "/ipfix.py", "udp", "127.0.0.1", text, NULL);
		_exit(127);
	}
	close(fds[1]);
	return fdopen(fds[0], "r");
}

/* A port of 127.0.0.1 that nobody has */
static unsigned int free_port(void)
{
	struct sockaddr_in addr = { .sin_family = AF_INET };
	int sock = socket(AF_INET, SOCK_DGRAM, 0);
	socklen_t len = sizeof(addr);

	addr.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	EXPECT(!bind(sock, (struct sockaddr *)&addr, len));
	EXPECT(!getsockname(sock, (struct sockaddr *)&addr, &len));
	close(sock);
	return ntohs(addr.sin_port);
}

/* A collector learns that events were lost, and when */
static void told_of_losses(void)
{
	const unsigned int port = free_port();
	struct ctl ctl = {};
	struct ipfix *x;
	char line[512], at[32];
	FILE *said;
	pid_t pid;

	/* a collector that hears nothing prints nothing */
	alarm(60);
	said = collector_start(port, &pid);
	EXPECT_STR(fgets(line, sizeof(line), said), "ready\n");
	snprintf(at, sizeof(at), "127.0.0.1:%u", port);
	EXPECT_INT(ipfix_open(&ctl, &x, at, false), 0);
	if (!x)
		return;
	ipfix_lost(x, 1800000000 * SECOND, 1800000002 * SECOND, 12);
	ipfix_flush(x);
	EXPECT(!!fgets(line, sizeof(line), said));
	EXPECT(strstr(line, "\"scope\":1,\"exportingProcessId\":"));
	EXPECT(strstr(line, "\"notSentFlowTotalCount\":12,"));
	EXPECT(strstr(line, "\"observationTimeMilliseconds\":1800000000000,"));
	EXPECT(strstr(line, "\"observationTimeMilliseconds2\":1800000002000}"));
	ipfix_close(x);
	kill(pid, SIGTERM);
	waitpid(pid, NULL, 0);
	fclose(said);
	alarm(0);
}

int main(void)
{
	static const struct ktap_test tests[] = {
		KTAP_TEST(messages),
		KTAP_TEST(broken_messages),
		KTAP_TEST(opened_during_dump),
		KTAP_TEST(blocks_told_again),
		KTAP_TEST(after_losses),
		KTAP_TEST(collectors),
		KTAP_TEST(slow_collector),
		KTAP_TEST(no_way_to_collector),
		KTAP_TEST(collector_moves),
		KTAP_TEST(told_of_losses),
	};

	return ktap_run(tests, sizeof(tests) / sizeof(tests[0]));
}
