// SPDX-License-Identifier: GPL-2.0
/*
 * Gets a page or a file from a web server that says its length.
 *
 *	fetch [-m SECONDS] [-s SOURCE] [-r BYTES_PER_SECOND] [-o FILE] URL
 *
 * What tests ask a web server hundreds of times is by which address it sees them, and whether
 * it can be reached at all. curl has forty libraries, and its start alone costs ten times as much
 * as this whole program. As curl it closes the connection first. Prints the body.
 * URL is http://ADDR[:PORT]/PATH. Exit status 0 if the server said 200 and the body came
 * whole, 1 otherwise, with the reason on standard error; 28, as curl's, if it was not done after
 * SECONDS.
 */
#include <arpa/inet.h>
#include <err.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#define MAX_HEADER	4096
#define CHUNK		16384

static char buf[CHUNK];

static void too_late(int sig)
{
	static const char text[] = "fetch: not done in time\n";

	if (write(2, text, sizeof(text) - 1) < 0)
		_exit(1);
	_exit(28);
}

static void parse_addr(const char *text, struct sockaddr_in *addr)
{
	addr->sin_family = AF_INET;
	if (inet_pton(AF_INET, text, &addr->sin_addr) != 1)
		errx(1, "no address: %s", text);
}

/* Reads up to the empty line; what follows it is the begin of the body, at *body */
static size_t read_header(int fd, char **body)
{
	size_t have = 0;
	ssize_t n;

	for (;;) {
		n = read(fd, buf + have, MAX_HEADER - have);
		if (n < 0)
			err(1, "read");
		have += n;
		buf[have] = '\0';
		*body = strstr(buf, "\r\n\r\n");
		if (*body)
			break;
		if (!n || have == MAX_HEADER)
			errx(1, "no answer, or not that of a web server: %zu bytes", have);
	}
	**body = '\0';
	*body += 4;
	return have - (*body - buf);
}

/* The length that the header says */
static size_t content_length(void)
{
	unsigned int status;
	char *line;

	if (sscanf(buf, "HTTP/%*u.%*u %u", &status) != 1)
		errx(1, "not the answer of a web server: %.60s", buf);
	if (status != 200)
		errx(1, "the server said %u", status);
	for (line = buf; line; line = strstr(line, "\r\n")) {
		line += strspn(line, "\r\n");
		if (!strncasecmp(line, "content-length:", 15))
			return strtoul(line + 15, NULL, 10);
	}
	errx(1, "no length in the answer: %.200s", buf);
}

static void put(const char *data, size_t len)
{
	ssize_t n;

	for (; len; data += n, len -= n) {
		n = write(1, data, len);
		if (n < 0)
			err(1, "write");
	}
}

/* What has come of the body, at this rate if there is one */
static void copy_body(int fd, size_t have, char *body, size_t length, size_t rate)
{
	size_t chunk = rate && rate < CHUNK ? rate : CHUNK;
	size_t done = have;
	ssize_t n;

	put(body, have);
	while (done < length) {
		n = read(fd, buf, length - done < chunk ? length - done : chunk);
		if (n < 0)
			err(1, "read");
		if (!n)
			break;
		put(buf, n);
		done += n;
		if (rate)
			poll(NULL, 0, n * 1000 / rate);
	}
	if (done != length)
		errx(1, "%zu of %zu bytes came", done, length);
}

int main(int argc, char **argv)
{
	struct sockaddr_in src = { 0 }, dst = { .sin_port = htons(80) };
	char *addr, *path, *port, *body;
	size_t rate = 0, have;
	int opt, fd, n;

	while ((opt = getopt(argc, argv, "m:s:r:o:")) != -1) {
		if (opt == 'm') {
			signal(SIGALRM, too_late);
			alarm(atoi(optarg));
		} else if (opt == 's') {
			parse_addr(optarg, &src);
		} else if (opt == 'r') {
			rate = atol(optarg);
		} else if (opt == 'o') {
			if (!freopen(optarg, "w", stdout))
				err(1, "%s", optarg);
		} else {
			return 125;
		}
	}
	if (optind != argc - 1 || strncmp(argv[optind], "http://", 7))
		errx(125, "usage: fetch [-m SECONDS] [-s SOURCE] [-r BYTES/S] [-o FILE] URL");
	addr = argv[optind] + 7;
	path = addr + strcspn(addr, "/");
	if (*path)
		*path++ = '\0';
	port = strchr(addr, ':');
	if (port) {
		*port++ = '\0';
		dst.sin_port = htons(atoi(port));
	}
	parse_addr(addr, &dst);

	fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		err(1, "socket");
	if (src.sin_family && bind(fd, (struct sockaddr *)&src, sizeof(src)))
		err(1, "bind");
	if (connect(fd, (struct sockaddr *)&dst, sizeof(dst)))
		err(1, "connect");
	n = snprintf(buf, sizeof(buf), "GET /%s HTTP/1.1\r\nHost: %s\r\n\r\n", path, addr);
	if (write(fd, buf, n) != n)
		err(1, "write");
	have = read_header(fd, &body);
	copy_body(fd, have, body, content_length(), rate);
	return 0;
}
