// SPDX-License-Identifier: GPL-2.0
/*
 * A second client of the family, written with libnl-3: says exactly what it is
 * told to, byte by byte, and prints the kernel's answer.
 *
 *	nl_client REQUEST		one request
 *	nl_client			requests from standard input, a line each,
 *					over one socket
 *	nl_client fuzz COUNT SEED	COUNT requests with random mistakes
 *	nl_client fail N REQUEST	one request, whose N-th allocation fails in the
 *					kernel; then "fault" or, if there were less, "none";
 *					"fail N REQUEST" may be a line of standard input too
 *	nl_client timed REQUEST		one request; then "ms N": milliseconds that it took; or a
 *					line of standard input
 *	again N REQUEST			line of standard input: the request N times, or until
 *					the kernel refuses it; the last answer, then "times N"
 *	clock				line of standard input: prints "clock N", microseconds
 *	nl_client interrupted REQUEST	one request, while a signal with a handler comes in each
 *					of its calls; or a line of standard input
 *
 *	REQUEST		COMMAND [dump] [ATTRIBUTE]...
 *	ATTRIBUTE	NAME=VALUE	of the type it should have
 *			NAME:hex=BYTES	any bytes; NAME:nest=BYTES the same, marked as a nest
 *			#N=BYTES	attribute number N
 *			raw=BYTES	bytes without a header, at the end
 *
 * NAME is without the object: "gateway-new name=gw1 idle-timeout=240".
 * Answers, one line per request:
 *
 *	ok [NAME=VALUE]...[; NAME=VALUE...]	messages divided by semicolons
 *	error EINVAL [NAME | missing NAME]: extack sentence
 */
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/genetlink.h>
#include <linux/natgw.h>
#include <linux/netlink.h>
#include <netlink/genl/ctrl.h>
#include <netlink/genl/genl.h>
#include <netlink/netlink.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "nl_client.h"

static struct nl_sock *sock;
static int family;
static unsigned long fail_at;
static unsigned long again;
static bool interrupted;
static bool timed;

static void check(int rc, const char *what)
{
	if (rc < 0)
		errx(3, "%s: %s", what, nl_geterror(rc));
}

static void connect_family(void)
{
	int on = 1;

	sock = nl_socket_alloc();
	if (!sock)
		errx(3, "no memory");
	check(genl_connect(sock), "genl_connect");
	family = genl_ctrl_resolve(sock, NATGW_GENL_NAME);
	check(family, "family " NATGW_GENL_NAME);
	nl_socket_disable_auto_ack(sock);
	check(nl_socket_set_buffer_size(sock, 1 << 20, 1 << 20), "buffer size");
	if (setsockopt(nl_socket_get_fd(sock), SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof(on)))
		err(3, "NETLINK_EXT_ACK");
}

static void on_alarm(int sig)
{
	(void)sig;
}

/*
 * Soon there is a signal, once, that is handled and lets system calls go on, as one
 * that the window has another size
 */
static void alarm_soon(void)
{
	const struct sigaction action = { .sa_handler = on_alarm, .sa_flags = SA_RESTART };
	const struct itimerval soon = { .it_value.tv_usec = 200 };

	if (interrupted &&
	    (sigaction(SIGALRM, &action, NULL) || setitimer(ITIMER_REAL, &soon, NULL)))
		err(3, "alarm");
}

/* Returns the kernel's error number. */
static int receive(const struct command *c, struct nlmsghdr *sent, bool print)
{
	bool dump = (sent->nlmsg_flags & NLM_F_DUMP) == NLM_F_DUMP;
	int len, error = 0, messages = 0;
	struct sockaddr_nl from;
	struct nlmsghdr *nlh;
	unsigned char *buf;

	for (;;) {
		alarm_soon();
		len = nl_recv(sock, &from, &buf, NULL);
		if (len < 0 && fail_at) {
			/* it was the answer that there was no memory for */
			puts("no answer");
			return NLE_NOMEM;
		}
		check(len, "nl_recv");
		for (nlh = (void *)buf; nlmsg_ok(nlh, len); nlh = nlmsg_next(nlh, &len)) {
			if (nlh->nlmsg_seq != sent->nlmsg_seq)
				continue;
			if (nlh->nlmsg_type == NLMSG_ERROR) {
				error = -((struct nlmsgerr *)nlmsg_data(nlh))->error;
				if (print && error)
					print_error(c, sent, nlh);
				else if (print && !messages)
					printf("ok");
				if (error || !dump)
					goto out;
			} else if (nlh->nlmsg_type == NLMSG_DONE) {
				if (print && !messages)
					printf("ok");
				goto out;
			} else if (print) {
				printf("%s", messages++ ? ";" : "ok");
				print_attrs(c, nlh);
			}
		}
		free(buf);
	}
out:
	free(buf);
	if (print) {
		putchar('\n');
		fflush(stdout);
	}
	return error;
}

/* The @nth allocation from now on fails; 0: none. Return: the one before has happened. */
static bool fail_nth(unsigned long nth)
{
	char left[32] = "", now[32];
	static int fd = -1;

	/* open: it takes memory itself */
	if (fd < 0)
		fd = open("/proc/thread-self/fail-nth", O_RDWR);
	snprintf(now, sizeof(now), "%lu", nth);
	if (fd < 0 || pread(fd, left, sizeof(left) - 1, 0) < 1 ||
	    pwrite(fd, now, strlen(now), 0) < 0)
		err(3, "fail-nth");
	return !strtoul(left, NULL, 10);
}

static long long now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000LL + now.tv_nsec / 1000;
}

static int request(char *line)
{
	unsigned long times = 1;
	long long start;
	const struct command *c;
	struct nl_msg *msg;
	bool faulted;
	char *rest;
	int error;

	rest = strchr(line, ' ');
	if (rest)
		*rest++ = '\0';
	c = find_command(line);
	if (!c)
		errx(2, "command '%s' unknown", line);
	msg = build(c, family, rest ? rest : line + strlen(line));
	if (!msg)
		errx(2, "an attribute of this %s makes no sense", c->name);
	nl_complete_msg(sock, msg);
	/* the last one, or one more that is refused, is told */
	for (; times < again; times++)
		if (nl_send(sock, msg) < 0 || receive(c, nlmsg_hdr(msg), false))
			break;
	start = now_us();
	alarm_soon();
	if (fail_at)
		fail_nth(fail_at);
	error = nl_send(sock, msg);
	faulted = fail_at && fail_nth(0);
	/* what failed was the sending itself, or the kernel had no memory to answer */
	if (error < 0)
		printf("error ENOMEM: not sent: %s\n", nl_geterror(error));
	else
		error = receive(c, nlmsg_hdr(msg), true);
	nlmsg_free(msg);
	if (timed)
		printf("ms %lld\n", (now_us() - start) / 1000);
	if (again)
		printf("times %lu\n", times);
	if (fail_at)
		puts(faulted ? "fault" : "none");
	return error;
}

/* Fuzzing */

static void put_random(struct nl_msg *msg, const struct command *c)
{
	static const char * const names[] = { "a", "gw1", "web", "b-1", "", "-", "x y", "lo",
					      "default" };
	static const char * const cidrs[] = { "10.0.0.0/16", "10.0.0.16/28", "0.0.0.0/0",
					      "203.0.113.0/24", "10.0.0.1/8", "127.0.0.0/33" };
	static const uint32_t numbers[] = { 0, 1, 2, 3, 24, 28, 31, 32, 240, 65536, 1u << 31, ~0u };
	unsigned char bytes[64];
	int type = rand() % (c->n + 2), len, i;
	uint32_t addr;

	if (rand() % 8 && type < (int)c->n && c->attrs[type].type != NONE) {
		switch (c->attrs[type].type) {
		case U32:
			nla_put_u32(msg, type, numbers[rand() % ARRAY_SIZE(numbers)]);
			return;
		case STR:
			nla_put_string(msg, type, names[rand() % ARRAY_SIZE(names)]);
			return;
		case ADDR:
			addr = htonl((rand() % 2 ? 0xcb007100 : 0x0a000000) | rand() % 4 << 4);
			nla_put(msg, type, 4, &addr);
			return;
		case CIDR:
			put_cidr(msg, type, cidrs[rand() % ARRAY_SIZE(cidrs)]);
			return;
		default:
			break;
		}
	}
	len = rand() % sizeof(bytes);
	for (i = 0; i < len; i++)
		bytes[i] = rand();
	nla_put(msg, type | (rand() % 4 ? 0 : NLA_F_NESTED), len, bytes);
}

static void spoil(struct nl_msg *msg)
{
	struct nlmsghdr *nlh = nlmsg_hdr(msg);
	unsigned char *payload = (unsigned char *)nlh + NLMSG_HDRLEN + GENL_HDRLEN;
	unsigned int len = nlh->nlmsg_len - NLMSG_HDRLEN - GENL_HDRLEN;

	switch (rand() % 4) {
	case 0:
		if (len)
			payload[rand() % len] ^= 1 << rand() % 8;
		break;
	case 1:
		if (len)
			nlh->nlmsg_len -= rand() % len;
		break;
	}
}

static int fuzz(unsigned long count, unsigned int seed)
{
	unsigned long errors[256] = {}, i;
	const struct command *c;
	struct nl_msg *msg;
	int n, error;

	srand(seed);
	for (i = 0; i < count; i++) {
		char nothing[] = "";

		c = &commands[rand() % n_commands];
		msg = build(c, family, nothing);
		for (n = rand() % 6; n; n--)
			put_random(msg, c);
		if (!(rand() % 8))
			nlmsg_hdr(msg)->nlmsg_flags |= NLM_F_DUMP;
		spoil(msg);
		check(nl_send_auto(sock, msg), "nl_send_auto");
		error = receive(c, nlmsg_hdr(msg), false);
		errors[error & 255]++;
		nlmsg_free(msg);
	}
	printf("requests %lu ok %lu", count, errors[0]);
	for (i = 1; i < ARRAY_SIZE(errors); i++)
		if (errors[i])
			printf(" %s %lu", errno_name(i), errors[i]);
	putchar('\n');
	return errors[0] == 0;
}

int main(int argc, char **argv)
{
	char line[32768] = "";
	int i;

	connect_family();
	if (argc == 4 && !strcmp(argv[1], "fuzz"))
		return fuzz(strtoul(argv[2], NULL, 0), strtoul(argv[3], NULL, 0));
	if (argc > 3 && !strcmp(argv[1], "fail")) {
		fail_at = strtoul(argv[2], NULL, 0);
		argc -= 2;
		argv += 2;
	} else if (argc > 2 && (!strcmp(argv[1], "interrupted") || !strcmp(argv[1], "timed"))) {
		interrupted = *argv[1] == 'i';
		timed = *argv[1] == 't';
		argc--;
		argv++;
	}
	if (argc > 1) {
		for (i = 1; i < argc; i++) {
			if (strlen(line) + strlen(argv[i]) + 2 > sizeof(line))
				errx(2, "too long");
			if (i > 1)
				strcat(line, " ");
			strcat(line, argv[i]);
		}
		return request(line) ? 1 : 0;
	}
	while (fgets(line, sizeof(line), stdin)) {
		char *rest = line;

		line[strcspn(line, "\n")] = '\0';
		if (!strcmp(line, "clock")) {
			printf("clock %lld\n", now_us());
			continue;
		}
		fail_at = 0;
		again = 0;
		interrupted = !strncmp(line, "interrupted ", 12);
		if (interrupted)
			rest += 12;
		timed = !strncmp(rest, "timed ", 6);
		if (timed)
			rest += 6;
		if (!strncmp(rest, "fail ", 5)) {
			fail_at = strtoul(rest + 5, &rest, 0);
			rest += strspn(rest, " ");
		}
		if (!strncmp(rest, "again ", 6)) {
			again = strtoul(rest + 6, &rest, 0);
			rest += strspn(rest, " ");
		}
		if (*rest)
			request(rest);
	}
	return 0;
}
