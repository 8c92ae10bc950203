// SPDX-License-Identifier: GPL-2.0
/*
 * A reader of events of sessions that is slow, and has little room:
 *
 *	watcher BYTES		socket buffer of so many bytes
 *	watcher heir		closes the socket when it is told of the first session that has
 *				ended; at once nobody's process, without any right, takes the
 *				number that the socket had
 *
 * Prints "ready" once it is told of sessions, and reads none until its standard input ends.
 * Then it reads until the kernel has been silent for a second, and prints
 * "blocks: allocated N freed N changed N" and "opened N closed N lost N". The heir reads until the
 * kernel has been silent for three seconds, and prints "messages N".
 */
#include <err.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/genetlink.h>
#include <linux/natgw.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* number of the socket that has an heir */
#define HEIRLOOM	0x4e470001
#define NOBODY		65534

static char buf[65536];
static uint64_t n[2], blocks[3], lost;

static uint16_t ask(struct mnl_socket *sock, uint16_t type, uint8_t cmd, const char *name)
{
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);
	struct genlmsghdr *genl;
	const struct nlattr *attr;
	uint16_t family = 0;
	ssize_t len;
	int *status;

	nlh->nlmsg_type = type;
	nlh->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
	nlh->nlmsg_seq = 1;
	genl = mnl_nlmsg_put_extra_header(nlh, sizeof(*genl));
	genl->cmd = cmd;
	genl->version = 1;
	if (name)
		mnl_attr_put_strz(nlh, CTRL_ATTR_FAMILY_NAME, name);
	if (mnl_socket_sendto(sock, nlh, nlh->nlmsg_len) < 0)
		err(1, "send");
	for (;;) {
		len = mnl_socket_recvfrom(sock, buf, sizeof(buf));
		if (len < 0)
			err(1, "recv");
		nlh = (struct nlmsghdr *)buf;
		if (nlh->nlmsg_type == NLMSG_ERROR) {
			status = mnl_nlmsg_get_payload(nlh);
			if (*status)
				errx(1, "refused: %s", strerror(-*status));
			return family;
		}
		mnl_attr_for_each(attr, nlh, sizeof(*genl))
			if (nlh->nlmsg_type == GENL_ID_CTRL &&
			    mnl_attr_get_type(attr) == CTRL_ATTR_FAMILY_ID)
				family = mnl_attr_get_u16(attr);
	}
}

static void count_group(const struct nlattr *group)
{
	struct natgw_session_event event;
	const struct nlattr *attr;
	const char *p;
	size_t left;

	mnl_attr_for_each_nested(attr, group) {
		if (mnl_attr_get_type(attr) != NATGW_A_EVENT_GROUP_EVENTS)
			continue;
		p = mnl_attr_get_payload(attr);
		left = mnl_attr_get_payload_len(attr);
		if (!left || left % sizeof(event))
			errx(1, "%zu bytes of events", left);
		for (; left; left -= sizeof(event), p += sizeof(event)) {
			memcpy(&event, p, sizeof(event));
			if (event.type > NATGW_EVENT_CLOSED)
				errx(1, "type %u", event.type);
			n[event.type]++;
		}
	}
}

static void count_block(const struct nlattr *block)
{
	const struct nlattr *attr;

	mnl_attr_for_each_nested(attr, block) {
		if (mnl_attr_get_type(attr) != NATGW_A_EVENT_BLOCK_TYPE)
			continue;
		if (mnl_attr_get_u32(attr) > NATGW_BLOCK_EVENT_CHANGED)
			errx(1, "block event %u", mnl_attr_get_u32(attr));
		blocks[mnl_attr_get_u32(attr)]++;
	}
}

static void count(const struct nlmsghdr *nlh)
{
	const struct nlattr *attr;

	mnl_attr_for_each(attr, nlh, sizeof(struct genlmsghdr)) {
		if (mnl_attr_get_type(attr) == NATGW_A_EVENT_LOST)
			lost = mnl_attr_get_u64(attr);
		if (mnl_attr_get_type(attr) == NATGW_A_EVENT_GROUP)
			count_group(attr);
		if (mnl_attr_get_type(attr) == NATGW_A_EVENT_BLOCK)
			count_block(attr);
	}
}

/* @begin: can be read once the number is to be taken */
static int heir(int begin)
{
	struct pollfd fd = { .events = POLLIN };
	unsigned long messages = 0;
	struct mnl_socket *sock;

	if (read(begin, buf, 1) != 1 || setgid(NOBODY) || setuid(NOBODY))
		err(1, "nobody");
	sock = mnl_socket_open(NETLINK_GENERIC);
	if (!sock)
		err(1, "socket");
	while (mnl_socket_bind(sock, 0, HEIRLOOM) < 0)
		if (errno != EADDRINUSE)
			err(1, "bind");
	fd.fd = mnl_socket_get_fd(sock);
	for (; poll(&fd, 1, 3000) > 0; messages++)
		if (mnl_socket_recvfrom(sock, buf, sizeof(buf)) < 0)
			err(1, "recv");
	printf("messages %lu\n", messages);
	return 0;
}

/* Return: what is to be written to when the number is free; the process that waits for it: @pid */
static int make_heir(pid_t *pid)
{
	int begin[2];

	if (pipe(begin))
		err(1, "pipe");
	*pid = fork();
	if (*pid < 0)
		err(1, "fork");
	if (!*pid)
		exit(heir(begin[0]));
	return begin[1];
}

static int leave(struct mnl_socket *sock, int begin, pid_t pid)
{
	int status;

	while (!n[NATGW_EVENT_CLOSED]) {
		if (mnl_socket_recvfrom(sock, buf, sizeof(buf)) < 0)
			err(1, "recv");
		count((struct nlmsghdr *)buf);
	}
	if (write(begin, "", 1) != 1)
		err(1, "pipe");
	mnl_socket_close(sock);
	return waitpid(pid, &status, 0) != pid || status;
}

int main(int argc, char **argv)
{
	bool has_heir = argc > 1 && !strcmp(argv[1], "heir");
	int bytes = has_heir ? 1000000 : argc > 1 ? atoi(argv[1]) : 0, one = 1;
	struct pollfd fd = { .events = POLLIN };
	struct mnl_socket *sock;
	uint16_t family;
	pid_t pid = 0;
	int begin = 0;
	ssize_t len;

	if (has_heir)
		begin = make_heir(&pid);
	sock = mnl_socket_open(NETLINK_GENERIC);
	if (!sock || mnl_socket_bind(sock, 0, has_heir ? HEIRLOOM : MNL_SOCKET_AUTOPID) < 0)
		err(1, "socket");
	fd.fd = mnl_socket_get_fd(sock);
	if (setsockopt(fd.fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof(bytes)) < 0)
		err(1, "SO_RCVBUF");
	mnl_socket_setsockopt(sock, NETLINK_NO_ENOBUFS, &one, sizeof(one));
	family = ask(sock, GENL_ID_CTRL, CTRL_CMD_GETFAMILY, NATGW_GENL_NAME);
	ask(sock, family, NATGW_CMD_SESSION_WATCH, NULL);
	puts("ready");
	fflush(stdout);
	if (has_heir)
		return leave(sock, begin, pid);
	while (read(STDIN_FILENO, buf, sizeof(buf)) > 0)
		;
	while (poll(&fd, 1, 1000) > 0) {
		len = mnl_socket_recvfrom(sock, buf, sizeof(buf));
		if (len < 0)
			err(1, "recv");
		count((struct nlmsghdr *)buf);
	}
	printf("blocks: allocated %llu freed %llu changed %llu\n",
	       (unsigned long long)blocks[NATGW_BLOCK_EVENT_ALLOCATED],
	       (unsigned long long)blocks[NATGW_BLOCK_EVENT_FREED],
	       (unsigned long long)blocks[NATGW_BLOCK_EVENT_CHANGED]);
	printf("opened %llu closed %llu lost %llu\n", (unsigned long long)n[0],
	       (unsigned long long)n[1], (unsigned long long)lost);
	return 0;
}
