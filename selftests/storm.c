// SPDX-License-Identifier: GPL-2.0
/*
 * New flows from several processors at once, and a watch on their ports.
 *
 *	storm send SRC DST PORT threads N rate N seconds N
 *	storm watch DEV PORT within MS enough N
 *
 * send: each thread, on a processor of its own, sends one UDP message of each
 * new flow, RATE a second of all together, until the seconds are over or SIGTERM.
 * Prints "sent 12345".
 *
 * watch: each message carries the number of its flow. A public (address, port)
 * that serves another flow less than MS after the one before was given twice.
 * Prints "ready", "enough" once N flows were seen, and after SIGTERM
 *
 *	flows 12345 ports 8192 twice 0 lost 0 shortest 5013
 *
 * lost: messages the capture missed; shortest: milliseconds from one flow of a
 * port to the next.
 */
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/ip.h>
#include <netinet/udp.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define THREADS		16
#define HOST_PORTS	50000	/* of each inside address, from 10000 on */
#define BURST_NS	2000000ULL

struct message {
	struct iphdr ip;
	struct udphdr udp;
	uint32_t flow[2];	/* two, or there would be a hole before it */
};

static struct {
	uint32_t src, dst;
	uint16_t port;
	unsigned int threads, rate, seconds;
} job;

static volatile sig_atomic_t ended;

static void end(int sig)
{
	ended = 1;
}

static uint64_t now_ns(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return ts.tv_sec * 1000000000ULL + ts.tv_nsec;
}

static unsigned long number(const char *s)
{
	char *rest;
	unsigned long n = strtoul(s, &rest, 0);

	if (!*s || *rest)
		errx(1, "'%s' is no number", s);
	return n;
}

static uint32_t address(const char *s)
{
	struct in_addr in;

	if (inet_pton(AF_INET, s, &in) != 1)
		errx(1, "'%s' is no address", s);
	return ntohl(in.s_addr);
}

/* --- sending --- */

static void send_one(int fd, unsigned int thread, uint64_t n)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(job.dst) };
	struct message m = {
		.ip = {
			.version = 4,
			.ihl = sizeof(m.ip) / 4,
			.ttl = 64,
			.protocol = IPPROTO_UDP,
			.tot_len = htons(sizeof(m)),
			/* each thread has 2^16 addresses of its own */
			.saddr = htonl(job.src + (thread << 16) + n / HOST_PORTS),
			.daddr = htonl(job.dst),
		},
		.udp = {
			.source = htons(10000 + n % HOST_PORTS),
			.dest = htons(job.port),
			.len = htons(sizeof(m) - sizeof(m.ip)),
		},
		.flow = { thread, n + 1 },
	};

	while (sendto(fd, &m, sizeof(m), 0, (struct sockaddr *)&to, sizeof(to)) < 0)
		if (errno != ENOBUFS && errno != EINTR)
			err(1, "sendto");
}

static void *sender(void *arg)
{
	unsigned int thread = (uintptr_t)arg;
	uint64_t start, now, due, sent = 0;
	cpu_set_t cpu;
	int fd;

	CPU_ZERO(&cpu);
	CPU_SET(thread % sysconf(_SC_NPROCESSORS_ONLN), &cpu);
	if (pthread_setaffinity_np(pthread_self(), sizeof(cpu), &cpu))
		errx(1, "no processor %u", thread);
	fd = socket(AF_INET, SOCK_RAW, IPPROTO_RAW);
	if (fd < 0)
		err(1, "socket");
	start = now_ns(CLOCK_MONOTONIC);
	while (!ended && (now = now_ns(CLOCK_MONOTONIC)) - start < job.seconds * 1000000000ULL) {
		due = (now - start) * job.rate / job.threads / 1000000000ULL;
		while (sent < due)
			send_one(fd, thread, sent++);
		nanosleep(&(struct timespec){ .tv_nsec = BURST_NS }, NULL);
	}
	close(fd);
	return (void *)(uintptr_t)sent;
}

static int run_senders(void)
{
	struct sigaction action = { .sa_handler = end };
	pthread_t threads[THREADS];
	uint64_t sent = 0;
	unsigned int i;
	void *n;

	sigaction(SIGTERM, &action, NULL);

	for (i = 0; i < job.threads; i++)
		if (pthread_create(&threads[i], NULL, sender, (void *)(uintptr_t)i))
			errx(1, "no thread");
	for (i = 0; i < job.threads; i++) {
		pthread_join(threads[i], &n);
		sent += (uintptr_t)n;
	}
	printf("sent %llu\n", (unsigned long long)sent);
	return 0;
}

/* --- watching --- */

struct port {
	uint64_t flow;
	uint64_t at;
};

static struct {
	struct port *ports;	/* by last byte of the address, and port */
	uint64_t flows, used, twice, shortest;
} watched;

static void saw(const struct message *m, uint64_t at, uint64_t within)
{
	struct port *p = &watched.ports[(ntohl(m->ip.saddr) & 0xff) << 16 | ntohs(m->udp.source)];
	uint64_t pause = at - p->at, flow = (uint64_t)m->flow[0] << 32 | m->flow[1];

	if (p->flow == flow)
		return;
	watched.flows++;
	if (!p->flow)
		watched.used++;
	else if (pause < watched.shortest)
		watched.shortest = pause;
	if (p->flow && pause < within)
		watched.twice++;
	p->flow = flow;
	p->at = at;
}

static uint64_t stamp_of(struct msghdr *msg)
{
	struct cmsghdr *c;
	struct timespec ts;

	for (c = CMSG_FIRSTHDR(msg); c; c = CMSG_NXTHDR(msg, c)) {
		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_TIMESTAMPNS)
			continue;
		memcpy(&ts, CMSG_DATA(c), sizeof(ts));
		return ts.tv_sec * 1000000000ULL + ts.tv_nsec;
	}
	errx(1, "a message without a time stamp");
}

static int watch(const char *dev, uint16_t port, uint64_t within, uint64_t enough)
{
	struct sockaddr_ll on = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(ETH_P_IP),
		.sll_ifindex = if_nametoindex(dev),
	};
	int fd = socket(AF_PACKET, SOCK_DGRAM, htons(ETH_P_IP)), size = 256 << 20, yes = 1;
	struct sigaction action = { .sa_handler = end };
	struct tpacket_stats stats;
	socklen_t len = sizeof(stats);
	struct message m;
	char control[256];
	struct iovec iov = { .iov_base = &m, .iov_len = sizeof(m) };
	ssize_t n;

	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)) ||
	    setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &yes, sizeof(yes)) ||
	    bind(fd, (struct sockaddr *)&on, sizeof(on)))
		err(1, "capture on %s", dev);
	watched.ports = calloc(256 << 16, sizeof(*watched.ports));
	watched.shortest = UINT64_MAX;
	if (!watched.ports)
		err(1, "calloc");
	sigaction(SIGTERM, &action, NULL);
	puts("ready");
	fflush(stdout);
	while (!ended) {
		struct msghdr msg = {
			.msg_iov = &iov,
			.msg_iovlen = 1,
			.msg_control = control,
			.msg_controllen = sizeof(control),
		};

		n = recvmsg(fd, &msg, 0);
		if (n == sizeof(m) && m.ip.protocol == IPPROTO_UDP && m.udp.dest == htons(port))
			saw(&m, stamp_of(&msg), within * 1000000);
		if (enough && watched.flows >= enough) {
			puts("enough");
			fflush(stdout);
			enough = 0;
		}
	}
	if (getsockopt(fd, SOL_PACKET, PACKET_STATISTICS, &stats, &len))
		err(1, "statistics");
	printf("flows %llu ports %llu twice %llu lost %u shortest %lld\n",
	       (unsigned long long)watched.flows, (unsigned long long)watched.used,
	       (unsigned long long)watched.twice, stats.tp_drops,
	       watched.shortest == UINT64_MAX ? -1LL : (long long)(watched.shortest / 1000000));
	return 0;
}

int main(int argc, char **argv)
{
	if (argc == 11 && !strcmp(argv[1], "send") && !strcmp(argv[5], "threads") &&
	    !strcmp(argv[7], "rate") && !strcmp(argv[9], "seconds")) {
		job.src = address(argv[2]);
		job.dst = address(argv[3]);
		job.port = number(argv[4]);
		job.threads = number(argv[6]);
		job.rate = number(argv[8]);
		job.seconds = number(argv[10]);
		if (!job.threads || job.threads > THREADS || !job.rate)
			errx(1, "1 to %d threads, a rate", THREADS);
		return run_senders();
	}
	if (argc == 8 && !strcmp(argv[1], "watch") && !strcmp(argv[4], "within") &&
	    !strcmp(argv[6], "enough"))
		return watch(argv[2], number(argv[3]), number(argv[5]), number(argv[7]));
	errx(1, "usage: storm send SRC DST PORT threads N rate N seconds N\n"
		"       storm watch DEV PORT within MS enough N");
}
