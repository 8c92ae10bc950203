// SPDX-License-Identifier: GPL-2.0
/*
 * Owns the socket to an IPFIX collector. Called by ipfix.c.
 *
 * It never waits: whoever is slow or away must not keep the log from reading what the kernel
 * says. By TCP some megabytes may wait for the collector; beyond that messages are left out, and
 * their sequence numbers tell the collector.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "ipfix.h"
#include "listen.h"

/** QUEUE - by TCP: messages that may wait for a collector, 8 MB, a second of 50,000 sessions */
#define QUEUE		5900
/** SEND_BYTES - of the socket: what a burst may have */
#define SEND_BYTES	(4 << 20)
/** READS - at a time of what a collector says, 4 KiB each */
#define READS		16
/**
 * LOOK_UP - seconds until a name is looked up again, where that was slow or known by then
 *
 * By UDP nobody says that the collector has gone: it is looked for at another address that often.
 */
#define LOOK_UP		60

/**
 * struct ipfix_message - one that waits
 * @len:	bytes
 * @records:	in it
 * @bytes:	message
 */
struct ipfix_message {
	uint16_t len;
	uint16_t records;
	uint8_t bytes[IPFIX_MESSAGE];
};

static time_t seconds(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec;
}

/**
 * ipfix_sender_parse - who the collector is
 * @s:		result
 * @at:		"HOST:PORT", "HOST" or "[HOST]:PORT"; for as long as @s is there
 * @e:		why not
 *
 * Return: false if it is none.
 */
bool ipfix_sender_parse(struct ipfix_sender *s, const char *at, struct parse_error *e)
{
	size_t len = listen_host_len(at);
	bool brackets = len && at[0] == '[' && at[len - 1] == ']';
	uint32_t port;

	*s = (struct ipfix_sender){ .at = at, .fd = -1 };
	if (len <= 2U * brackets || (at[0] == '[' && !brackets) || len >= sizeof(s->host) ||
	    (at[len] && at[len] != ':'))
		return parse_fail(e, "not a collector like 192.0.2.9:" IPFIX_PORT);
	memcpy(s->host, at + brackets, len - 2 * brackets);
	if (at[len] && (!parse_number(at + len + 1, &port, e) || !port || port > 65535))
		return parse_fail(e, "the port is not a number from 1 to 65535");
	if (at[len])
		snprintf(s->port, sizeof(s->port), "%u", port);
	else
		snprintf(s->port, sizeof(s->port), "%s", IPFIX_PORT);
	return true;
}

/**
 * ipfix_sender_error - what went wrong last
 * @s:		sender
 *
 * Return: a text, or NULL.
 */
const char *ipfix_sender_error(const struct ipfix_sender *s)
{
	return s->no_name ? gai_strerror(s->no_name) : s->error ? strerror(s->error) : NULL;
}

static int connect_to(struct ipfix_sender *s, const struct addrinfo *info)
{
	int bytes = SEND_BYTES, fd;

	fd = socket(info->ai_family, info->ai_socktype | SOCK_NONBLOCK | SOCK_CLOEXEC,
		    info->ai_protocol);
	if (fd < 0) {
		s->error = errno;
		return -1;
	}
	if (setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &bytes, sizeof(bytes)) < 0)
		setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof(bytes));
	memset(&s->to, 0, sizeof(s->to));
	memcpy(&s->to, info->ai_addr, info->ai_addrlen);
	if (!connect(fd, info->ai_addr, info->ai_addrlen))
		return fd;
	if (errno == EINPROGRESS) {
		s->connecting = true;
		return fd;
	}
	s->error = errno;
	close(fd);
	return -1;
}

static void list_take(struct ipfix_sender *s, struct addrinfo *list)
{
	if (s->list)
		freeaddrinfo(s->list);
	s->list = list;
	s->next = NULL;
}

static struct addrinfo hints_of(const struct ipfix_sender *s)
{
	return (struct addrinfo){
		.ai_socktype = s->tcp ? SOCK_STREAM : SOCK_DGRAM, .ai_flags = AI_ADDRCONFIG,
	};
}

/* The addresses of the collector, looked up anew if that is due. Return: there are some */
static bool look_up(struct ipfix_sender *s)
{
	const struct addrinfo hints = hints_of(s);
	struct addrinfo *list = NULL;
	time_t begin = seconds();

	if (begin < s->look_up)
		return s->list;
	s->no_name = getaddrinfo(s->host, s->port, &hints, &list);
	if (s->no_name == EAI_SYSTEM) {
		s->no_name = 0;
		s->error = errno;
	}
	/* what waits for a name server reads no events */
	s->look_up = seconds();
	if (list || s->look_up - begin > 1)
		s->look_up += LOOK_UP;
	if (list)
		list_take(s, list);
	return s->list;
}

/**
 * ipfix_sender_open - begin to connect
 * @s:		parsed, and closed
 *
 * A name is looked up, which may take its time, though once a minute at most then. Each call goes
 * on with the address behind the one that was tried last. Return: false, and
 * ipfix_sender_error() says why not.
 */
bool ipfix_sender_open(struct ipfix_sender *s)
{
	const struct addrinfo *info;

	if (!s->next) {
		if (!look_up(s))
			return false;
		s->next = s->list;
	}
	while (s->next && s->fd < 0) {
		info = s->next;
		s->next = info->ai_next;
		s->fd = connect_to(s, info);
	}
	if (s->fd < 0)
		return false;
	s->error = 0;
	s->no_name = 0;
	/* it is there: the first one comes first again */
	if (!s->connecting)
		s->next = NULL;
	if (s->tcp && !s->queue) {
		s->queue = malloc(QUEUE * sizeof(*s->queue));
		if (!s->queue)
			abort();
	}
	return true;
}

/* What waits is not sent any more */
static void forget(struct ipfix_sender *s)
{
	for (; s->n; s->n--) {
		s->unsent += s->queue[s->first].records;
		s->first = (s->first + 1) % QUEUE;
	}
	s->sent = 0;
}

/**
 * ipfix_sender_lose - give up the connection, or by UDP the socket
 * @s:		open
 * @err:	why, an errno
 *
 * What the socket had taken and the collector had not is not known to be lost. Return: false.
 */
bool ipfix_sender_lose(struct ipfix_sender *s, int err)
{
	s->error = err;
	close(s->fd);
	s->fd = -1;
	s->connecting = false;
	forget(s);
	return false;
}

/**
 * struct ipfix_question - where is a collector, to who may take long to answer
 * @request:	with the answer
 * @hints:	for it
 */
struct ipfix_question {
	struct gaicb request;
	struct addrinfo hints;
};

static void ask(struct ipfix_sender *s)
{
	struct ipfix_question *question = calloc(1, sizeof(*question));
	struct gaicb *requests[] = { &question->request };

	if (!question)
		abort();
	question->hints = hints_of(s);
	question->request.ar_name = s->host;
	question->request.ar_service = s->port;
	question->request.ar_request = &question->hints;
	if (getaddrinfo_a(GAI_NOWAIT, requests, 1, NULL))
		free(question);
	else
		s->question = question;
}

static bool is_address(const char *host)
{
	struct in6_addr addr;

	return inet_pton(AF_INET, host, &addr) == 1 || inet_pton(AF_INET6, host, &addr) == 1;
}

static bool is_in(const struct addrinfo *list, const struct sockaddr_storage *addr)
{
	for (; list; list = list->ai_next)
		if (!memcmp(list->ai_addr, addr, list->ai_addrlen))
			return true;
	return false;
}

/**
 * ipfix_sender_moved - by UDP: has the name of the collector another address by now?
 * @s:		sender; called each second, it asks now and then, and does not wait for the answer
 *
 * Return: it has, and the socket was closed.
 */
bool ipfix_sender_moved(struct ipfix_sender *s)
{
	struct addrinfo *list;
	int err;

	if (s->tcp || s->fd < 0 || is_address(s->host))
		return false;
	if (!s->question) {
		if (seconds() >= s->look_up)
			ask(s);
		return false;
	}
	err = gai_error(&s->question->request);
	if (err == EAI_INPROGRESS)
		return false;
	list = s->question->request.ar_result;
	free(s->question);
	s->question = NULL;
	s->look_up = seconds() + LOOK_UP;
	/* as long as nobody knows better it is where it was */
	if (err || !list)
		return false;
	list_take(s, list);
	if (is_in(list, &s->to))
		return false;
	ipfix_sender_lose(s, 0);
	return true;
}

/* A collector has nothing to say but that it goes. Return: 0, or the negative errno */
static int hear(struct ipfix_sender *s)
{
	char bytes[4096];
	ssize_t n;
	int i;

	for (i = 0; i < READS; i++) {
		n = recv(s->fd, bytes, sizeof(bytes), 0);
		if (!n)
			return -ECONNRESET;
		if (n < 0)
			return errno == EAGAIN ? 0 : -errno;
	}
	return 0;
}

/**
 * ipfix_sender_ready - the socket takes more, or has an error
 * @s:		open
 *
 * Return: false if the connection is lost.
 */
bool ipfix_sender_ready(struct ipfix_sender *s)
{
	const struct ipfix_message *m;
	socklen_t len = sizeof(int);
	ssize_t n;
	int err;

	if (s->fd < 0)
		return false;
	if (!s->tcp)
		return true;
	if (s->connecting) {
		struct pollfd fd = { .fd = s->fd, .events = POLLOUT };

		if (getsockopt(s->fd, SOL_SOCKET, SO_ERROR, &err, &len))
			err = errno;
		if (err)
			return ipfix_sender_lose(s, err);
		if (poll(&fd, 1, 0) <= 0)
			return true;
		s->connecting = false;
		s->next = NULL;
	}
	err = hear(s);
	if (err)
		return ipfix_sender_lose(s, -err);
	while (s->n) {
		m = &s->queue[s->first];
		n = send(s->fd, m->bytes + s->sent, m->len - s->sent, MSG_NOSIGNAL);
		if (n < 0)
			return errno == EAGAIN ? true : ipfix_sender_lose(s, errno);
		s->sent += n;
		if (s->sent < m->len)
			continue;
		s->sent = 0;
		s->first = (s->first + 1) % QUEUE;
		s->n--;
	}
	return true;
}

static bool leave_out(struct ipfix_sender *s, unsigned int records, int err)
{
	s->unsent += records;
	s->error = err;
	return false;
}

static bool put_datagram(struct ipfix_sender *s, const uint8_t *message, size_t len,
			 unsigned int records)
{
	ssize_t n = send(s->fd, message, len, MSG_NOSIGNAL);
	int err;

	/* what an earlier one has met: nobody listens, or a firewall on the way */
	if (n < 0 && errno != EAGAIN) {
		s->error = errno;
		n = send(s->fd, message, len, MSG_NOSIGNAL);
	}
	if (n >= 0)
		return true;
	err = errno;
	leave_out(s, records, err);
	/*
	 * It goes on, also where a firewall of this machine lets only some through; but not from an
	 * address that is no longer there, or without a route.
	 */
	if (err != EAGAIN && err != ENOBUFS && err != ECONNREFUSED && err != EPERM)
		ipfix_sender_lose(s, err);
	return false;
}

/**
 * ipfix_sender_put - send a message
 * @s:		sender
 * @message:	message
 * @len:	bytes, %IPFIX_MESSAGE at most
 * @records:	in it
 *
 * Return: false if it was left out, and is counted as that.
 */
bool ipfix_sender_put(struct ipfix_sender *s, const uint8_t *message, size_t len,
		      unsigned int records)
{
	struct ipfix_message *m;
	ssize_t n = 0;

	if (s->fd < 0)
		return leave_out(s, records, s->error);
	if (!s->tcp)
		return put_datagram(s, message, len, records);
	/* who has much to say does not come to poll() meanwhile */
	if (s->n == QUEUE && !s->connecting && !ipfix_sender_ready(s))
		return leave_out(s, records, s->error);
	if (s->n == QUEUE)
		return leave_out(s, records, ENOBUFS);
	if (!s->n && !s->connecting) {
		n = send(s->fd, message, len, MSG_NOSIGNAL);
		if (n < 0 && errno != EAGAIN) {
			s->unsent += records;
			return ipfix_sender_lose(s, errno);
		}
		if (n == (ssize_t)len)
			return true;
	}
	m = &s->queue[(s->first + s->n) % QUEUE];
	m->len = len;
	m->records = records;
	memcpy(m->bytes, message, len);
	/* a part of a message may not be left out */
	if (!s->n++)
		s->sent = n > 0 ? n : 0;
	return true;
}

/**
 * ipfix_sender_drain - give a collector some time to take what waits
 * @s:		sender
 * @ms:		that long; what waits then is not sent
 */
void ipfix_sender_drain(struct ipfix_sender *s, int ms)
{
	struct timespec ts;
	long long until, now;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	until = ts.tv_sec * 1000LL + ts.tv_nsec / 1000000 + ms;
	while (s->fd >= 0 && (s->n || s->connecting)) {
		struct pollfd fd = { .fd = s->fd, .events = POLLOUT };

		clock_gettime(CLOCK_MONOTONIC, &ts);
		now = ts.tv_sec * 1000LL + ts.tv_nsec / 1000000;
		if (now >= until || poll(&fd, 1, until - now) <= 0 || !ipfix_sender_ready(s))
			break;
	}
	forget(s);
}

void ipfix_sender_close(struct ipfix_sender *s)
{
	if (s->fd >= 0)
		close(s->fd);
	list_take(s, NULL);
	/* who is still looking for the answer writes to it */
	if (s->question && gai_cancel(&s->question->request) != EAI_NOTCANCELED) {
		if (s->question->request.ar_result)
			freeaddrinfo(s->question->request.ar_result);
		free(s->question);
	}
	s->question = NULL;
	free(s->queue);
	s->queue = NULL;
	s->fd = -1;
	s->n = 0;
}
