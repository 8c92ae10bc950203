// SPDX-License-Identifier: GPL-2.0
/*
 * Many flows at once, each of which must get its own answers.
 *
 *	flows server ADDR PORT
 *	flows client udp|tcp SRC DST PORT [count N] [ports N] [from PORT]
 *	      [window N] [rounds N] [every MS] [hold]
 *
 * The server answers each 16-byte message over UDP or TCP with the same bytes
 * and the address and port that it saw. The client opens N flows, from PORT on
 * with N ports on each address from SRC on, and checks of each answer that it
 * came on the flow which asked, and that the flow is seen from the same public
 * address and port in every round. Last it prints
 *
 *	flows 3 answered 3 distinct 3 addresses 1 mixed 0 changed 0 again 0 last 203.0.113.1 4711
 *
 * distinct counts public (address, port) pairs, again UDP messages that had to
 * be sent once more. With hold it prints that line after the first rounds, does
 * one round more for each line it reads, and ends with its input. With rounds 0
 * it goes on until SIGTERM. Exit status 1 if a flow had no answer or a wrong one.
 */
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define EVENTS		256
#define TRIES		15
#define RETRY_MS	2000

struct question {
	uint64_t nonce;
	uint64_t flow;
};

struct answer {
	struct question question;
	uint32_t addr;
	uint16_t port;
	uint16_t pad;
};

enum phase { CLOSED, CONNECTING, ASKED, IDLE, FAILED };

struct flow {
	int fd;
	uint32_t addr;		/* as the server sees it, once answered */
	uint16_t port;
	uint8_t phase;
	uint8_t tries;
	uint64_t nonce;
	uint64_t earlier;	/* nonce of the round before */
	uint64_t asked;		/* ms */
};

static struct {
	bool tcp, hold;
	struct sockaddr_in src, dst;
	unsigned int count, ports, from, window, rounds, every;
} opt = { .count = 1, .ports = 1000, .window = 128, .rounds = 1 };

static struct flow *flows;
static unsigned int answered, mixed, changed, again, failed, busy;
static volatile sig_atomic_t ended;
static int epfd;

static void on_term(int sig)
{
	(void)sig;
	ended = 1;
}

static uint64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000ull + ts.tv_nsec / 1000000;
}

static uint64_t nonce(void)
{
	uint64_t n;

	if (getrandom(&n, sizeof(n), 0) != sizeof(n))
		err(1, "getrandom");
	return n;
}

static void watch(int fd, uint64_t data, uint32_t events, int op)
{
	struct epoll_event ev = { .events = events, .data.u64 = data };

	if (epoll_ctl(epfd, op, fd, &ev))
		err(1, "epoll_ctl");
}

static void allow_files(void)
{
	struct rlimit lim = { 1 << 20, 1 << 20 };

	if (!setrlimit(RLIMIT_NOFILE, &lim) || getrlimit(RLIMIT_NOFILE, &lim))
		return;
	lim.rlim_cur = lim.rlim_max;
	setrlimit(RLIMIT_NOFILE, &lim);
}

/* Server */

static int server_socket(int type, const struct sockaddr_in *at)
{
	int fd = socket(AF_INET, type | SOCK_NONBLOCK, 0), size = 8 << 20, on = 1;

	if (fd < 0)
		err(1, "socket");
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size));
	if (bind(fd, (const void *)at, sizeof(*at)))
		err(1, "bind");
	if (type == SOCK_STREAM && listen(fd, 4096))
		err(1, "listen");
	return fd;
}

static void serve_udp(int fd)
{
	struct answer a = {};
	struct sockaddr_in from;
	socklen_t len = sizeof(from);

	while (recvfrom(fd, &a.question, sizeof(a.question), 0, (void *)&from, &len) ==
	       sizeof(a.question)) {
		a.addr = from.sin_addr.s_addr;
		a.port = from.sin_port;
		sendto(fd, &a, sizeof(a), 0, (void *)&from, len);
	}
}

static void serve_tcp(int fd)
{
	struct answer a = {};
	struct sockaddr_in from;
	socklen_t len = sizeof(from);

	if (recv(fd, &a.question, sizeof(a.question), 0) != sizeof(a.question) ||
	    getpeername(fd, (void *)&from, &len)) {
		close(fd);
		return;
	}
	a.addr = from.sin_addr.s_addr;
	a.port = from.sin_port;
	if (send(fd, &a, sizeof(a), MSG_NOSIGNAL) != sizeof(a))
		close(fd);
}

static int server(const struct sockaddr_in *at)
{
	int udp = server_socket(SOCK_DGRAM, at), tcp = server_socket(SOCK_STREAM, at);
	struct epoll_event ev[EVENTS];
	int i, n, fd;

	watch(udp, udp, EPOLLIN, EPOLL_CTL_ADD);
	watch(tcp, tcp, EPOLLIN, EPOLL_CTL_ADD);
	while (!ended) {
		n = epoll_wait(epfd, ev, EVENTS, -1);
		for (i = 0; i < n; i++) {
			if ((int)ev[i].data.u64 == udp) {
				serve_udp(udp);
			} else if ((int)ev[i].data.u64 != tcp) {
				serve_tcp(ev[i].data.u64);
			} else {
				while ((fd = accept4(tcp, NULL, NULL, SOCK_NONBLOCK)) >= 0)
					watch(fd, fd, EPOLLIN, EPOLL_CTL_ADD);
			}
		}
	}
	return 0;
}

/* Client */

static void give_up(struct flow *f, const char *why)
{
	if (failed++ < 5)
		fprintf(stderr, "flow %td: %s\n", f - flows, why);
	f->phase = FAILED;
	busy--;
	if (f->fd >= 0)
		close(f->fd);
	f->fd = -1;
}

static void ask(struct flow *f)
{
	struct question q = { .nonce = f->nonce, .flow = f - flows };

	f->phase = ASKED;
	f->asked = now_ms();
	f->tries++;
	if (send(f->fd, &q, sizeof(q), MSG_NOSIGNAL) == sizeof(q))
		return;
	/* an ICMP error may be reported here; the answer decides */
	if (opt.tcp || (errno != ECONNREFUSED && errno != EHOSTUNREACH && errno != EAGAIN))
		give_up(f, strerror(errno));
}

static void open_flow(struct flow *f)
{
	unsigned int n = f - flows;
	struct sockaddr_in src = opt.src;
	int on = 1;

	src.sin_addr.s_addr = htonl(ntohl(src.sin_addr.s_addr) + n / opt.ports);
	src.sin_port = opt.from ? htons(opt.from + n % opt.ports) : 0;
	f->fd = socket(AF_INET, (opt.tcp ? SOCK_STREAM : SOCK_DGRAM) | SOCK_NONBLOCK, 0);
	if (f->fd < 0)
		err(1, "socket");
	/* UDP sockets would be given the same port twice */
	if (opt.tcp)
		setsockopt(f->fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(f->fd, (void *)&src, sizeof(src)))
		err(1, "bind %s %u", inet_ntoa(src.sin_addr), ntohs(src.sin_port));
	f->nonce = nonce();
	f->asked = now_ms();
	if (!connect(f->fd, (void *)&opt.dst, sizeof(opt.dst))) {
		watch(f->fd, n, EPOLLIN, EPOLL_CTL_ADD);
		ask(f);
	} else if (errno == EINPROGRESS) {
		f->phase = CONNECTING;
		watch(f->fd, n, EPOLLOUT, EPOLL_CTL_ADD);
	} else {
		err(1, "connect");
	}
}

static void begin(struct flow *f)
{
	if (f->phase == FAILED)
		return;
	busy++;
	f->tries = 0;
	if (f->phase == CLOSED) {
		open_flow(f);
		return;
	}
	f->earlier = f->nonce;
	f->nonce = nonce();
	ask(f);
}

static void take_answer(struct flow *f)
{
	struct answer a;
	ssize_t len = recv(f->fd, &a, sizeof(a), 0);

	if (len < 0 && (errno == EAGAIN || (!opt.tcp && errno == ECONNREFUSED)))
		return;
	if (len != sizeof(a)) {
		give_up(f, len < 0 ? strerror(errno) :
			   len ? "short answer" : "closed by the server");
		return;
	}
	/* another client's flow may have the same number, but not the nonce */
	if (a.question.flow != (uint64_t)(f - flows) ||
	    (a.question.nonce != f->nonce && a.question.nonce != f->earlier)) {
		mixed++;
		return;
	}
	/* The answer to an earlier copy of the question */
	if (f->phase != ASKED || a.question.nonce != f->nonce)
		return;
	if (f->port && (f->addr != a.addr || f->port != a.port))
		changed++;
	if (!f->port)
		answered++;
	f->addr = a.addr;
	f->port = a.port;
	f->phase = IDLE;
	busy--;
}

static void event(struct flow *f, uint32_t events)
{
	socklen_t len = sizeof(int);
	int error;

	if (f->phase == FAILED)
		return;
	if (f->phase == CONNECTING) {
		getsockopt(f->fd, SOL_SOCKET, SO_ERROR, &error, &len);
		if (error) {
			give_up(f, strerror(error));
			return;
		}
		watch(f->fd, f - flows, EPOLLIN, EPOLL_CTL_MOD);
		ask(f);
	} else if (events & (EPOLLIN | EPOLLERR | EPOLLHUP)) {
		take_answer(f);
	}
}

/* Asks once more where UDP lost a message; TCP does that by itself. */
static void chase(unsigned int first_n)
{
	uint64_t now = now_ms();
	struct flow *f;

	for (f = flows; f < flows + first_n; f++) {
		if (f->phase != ASKED && f->phase != CONNECTING)
			continue;
		if (now - f->asked < (opt.tcp ? RETRY_MS * TRIES : RETRY_MS))
			continue;
		if (opt.tcp || f->tries >= TRIES) {
			give_up(f, "no answer");
			continue;
		}
		again++;
		ask(f);
	}
}

static void one_round(void)
{
	struct epoll_event ev[EVENTS];
	uint64_t chased = now_ms();
	unsigned int next = 0;
	int i, n;

	while ((next < opt.count || busy) && !ended) {
		while (next < opt.count && busy < opt.window)
			begin(&flows[next++]);
		n = epoll_wait(epfd, ev, EVENTS, 200);
		for (i = 0; i < n; i++)
			event(&flows[ev[i].data.u64], ev[i].events);
		if (now_ms() - chased >= 500) {
			chase(next);
			chased = now_ms();
		}
	}
}

static int by_public(const void *a, const void *b)
{
	const struct flow *x = a, *y = b;

	if (x->addr != y->addr)
		return x->addr < y->addr ? -1 : 1;
	return (int)x->port - (int)y->port;
}

static void report(void)
{
	struct flow *sorted = malloc(opt.count * sizeof(*sorted));
	unsigned int i, distinct = 0, addresses = 0;
	struct in_addr last = {};

	if (!sorted)
		err(1, "malloc");
	memcpy(sorted, flows, opt.count * sizeof(*sorted));
	qsort(sorted, opt.count, sizeof(*sorted), by_public);
	for (i = 0; i < opt.count; i++) {
		if (!sorted[i].port)
			continue;
		if (!i || by_public(&sorted[i - 1], &sorted[i]))
			distinct++;
		if (!i || sorted[i - 1].addr != sorted[i].addr)
			addresses++;
	}
	free(sorted);
	last.s_addr = flows[opt.count - 1].addr;
	printf("flows %u answered %u distinct %u addresses %u mixed %u ",
	       opt.count, answered, distinct, addresses, mixed);
	printf("changed %u again %u last %s %u\n",
	       changed, again, inet_ntoa(last), ntohs(flows[opt.count - 1].port));
	fflush(stdout);
}

static int client(void)
{
	unsigned int round;
	char line[64];

	flows = calloc(opt.count, sizeof(*flows));
	if (!flows)
		err(1, "calloc");
	for (round = 0; (!opt.rounds || round < opt.rounds) && !ended; round++) {
		if (round && opt.every)
			usleep(opt.every * 1000);
		one_round();
	}
	report();
	while (opt.hold && !ended && fgets(line, sizeof(line), stdin)) {
		one_round();
		report();
	}
	return failed || mixed || changed || (!ended && answered != opt.count);
}

static struct sockaddr_in parse(const char *addr, const char *port)
{
	struct sockaddr_in sin = { .sin_family = AF_INET, .sin_port = htons(atoi(port)) };

	if (inet_pton(AF_INET, addr, &sin.sin_addr) != 1)
		errx(2, "'%s' is no address", addr);
	return sin;
}

static void option(const char *name, const char *value)
{
	static const struct {
		const char *name;
		unsigned int *value;
	} known[] = {
		{ "count", &opt.count }, { "ports", &opt.ports }, { "from", &opt.from },
		{ "window", &opt.window }, { "rounds", &opt.rounds }, { "every", &opt.every },
	};
	unsigned int i;

	for (i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (!strcmp(name, known[i].name) && value) {
			*known[i].value = atoi(value);
			return;
		}
	}
	errx(2, "option '%s' unknown or without a value", name);
}

int main(int argc, char **argv)
{
	struct sigaction term = { .sa_handler = on_term };
	struct sockaddr_in at;
	int i;

	sigaction(SIGTERM, &term, NULL);
	signal(SIGPIPE, SIG_IGN);
	epfd = epoll_create1(0);
	allow_files();
	if (argc == 4 && !strcmp(argv[1], "server")) {
		at = parse(argv[2], argv[3]);
		return server(&at);
	}
	if (argc < 6 || strcmp(argv[1], "client"))
		errx(2, "server ADDR PORT, or client udp|tcp SRC DST PORT [OPTION VALUE]...");
	opt.tcp = !strcmp(argv[2], "tcp");
	opt.src = parse(argv[3], "0");
	opt.dst = parse(argv[4], argv[5]);
	for (i = 6; i < argc; i += 2) {
		if (!strcmp(argv[i], "hold")) {
			opt.hold = true;
			i--;
		} else {
			option(argv[i], i + 1 < argc ? argv[i + 1] : NULL);
		}
	}
	if (!opt.count || !opt.ports || !opt.window)
		errx(2, "count, ports and window are at least 1");
	return client();
}
