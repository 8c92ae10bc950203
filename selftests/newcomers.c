// SPDX-License-Identifier: GPL-2.0
/*
 * New connections one after the other, and how long each takes.
 *
 *	newcomers SRC DST PORT EVERY
 *
 * Connects to the server of flows.c every EVERY milliseconds, asks one question and reads the
 * answer, until SIGTERM. A connection without an answer after five seconds has failed. Last it
 * prints, times in microseconds from connect() to the answer:
 *
 *	connections 123 failed 0 median 840 worst 5210
 */
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define PATIENCE	5000	/* ms */
#define MOST		1000000
#define QUESTION	16	/* bytes, see flows.c */
#define ANSWER		24

static volatile sig_atomic_t ended;
static uint32_t times[MOST];

static void end(int sig)
{
	(void)sig;
	ended = 1;
}

static uint64_t now_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000ULL + ts.tv_nsec / 1000;
}

static struct sockaddr_in address(const char *addr, const char *port)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons(atoi(port)) };

	if (inet_pton(AF_INET, addr, &at.sin_addr) != 1)
		errx(1, "'%s' is no address", addr);
	return at;
}

/* Return: it is so before @until */
static bool wait_for(int fd, short events, uint64_t until)
{
	struct pollfd p = { .fd = fd, .events = events };
	uint64_t now;

	while ((now = now_us()) < until) {
		int n = poll(&p, 1, (until - now) / 1000 + 1);

		if (n > 0)
			return !(p.revents & POLLERR);
		if (n < 0 && errno != EINTR)
			err(1, "poll");
	}
	return false;
}

static bool exchange(int fd, const struct sockaddr_in *dst)
{
	uint64_t until = now_us() + PATIENCE * 1000;
	uint64_t question[2] = { until, 0 };
	uint8_t answer[ANSWER];
	ssize_t n, got = 0;

	if (connect(fd, (const void *)dst, sizeof(*dst)) && errno != EINPROGRESS)
		return false;
	if (!wait_for(fd, POLLOUT, until) || write(fd, question, QUESTION) != QUESTION)
		return false;
	while (got < ANSWER) {
		if (!wait_for(fd, POLLIN, until))
			return false;
		n = read(fd, answer + got, ANSWER - got);
		if (n <= 0)
			return false;
		got += n;
	}
	return true;
}

static int compare(const void *a, const void *b)
{
	const uint32_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

int main(int argc, char **argv)
{
	struct sigaction action = { .sa_handler = end };
	struct sockaddr_in src, dst;
	unsigned int done = 0, failed = 0;

	if (argc != 5)
		errx(1, "usage: newcomers SRC DST PORT EVERY");
	src = address(argv[1], "0");
	dst = address(argv[2], argv[3]);
	sigaction(SIGTERM, &action, NULL);
	while (!ended && done < MOST) {
		int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
		uint64_t start = now_us();

		if (fd < 0 || bind(fd, (void *)&src, sizeof(src)))
			err(1, "socket");
		if (exchange(fd, &dst))
			times[done++] = now_us() - start;
		else
			failed++;
		close(fd);
		usleep(atoi(argv[4]) * 1000);
	}
	qsort(times, done, sizeof(times[0]), compare);
	printf("connections %u failed %u median %u worst %u\n", done + failed, failed,
	       done ? times[done / 2] : 0, done ? times[done - 1] : 0);
	return 0;
}
