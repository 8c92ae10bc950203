// SPDX-License-Identifier: GPL-2.0
/*
 * Makes, sets up, watches and deletes network namespaces, several at once.
 *
 *	netns add NAME...		as "ip netns add", with what each test wants in them
 *	netns del NAME...		as "ip netns del"
 *	netns set FILE KEY=VALUE...	as sysctl -w, in the namespace of FILE
 *	netns quiet FILE...		whether the watch of lib_internet.sh has seen nothing there
 *
 * Each test makes two to eight namespaces. With ip and sysctl one takes five starts of a
 * program, which cost more than the namespaces themselves in a guest without KVM; linked
 * statically, this starts once.
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "netns.h"

#define RUN_DIR "/run/netns"

/* No source is refused for the device that it comes by, no error is held back, all may ping */
static const char * const wanted[] = {
	"net.ipv4.conf.all.rp_filter=0",
	"net.ipv4.conf.default.rp_filter=0",
	"net.ipv4.icmp_ratelimit=0",
	"net.ipv4.ping_group_range=0 2147483647",
};

/* Not there in a kernel without IPv6 */
static const char * const wanted_v6[] = {
	"net.ipv6.conf.all.disable_ipv6=1",
	"net.ipv6.conf.default.disable_ipv6=1",
};

static int set(const char *assignment, int may_miss)
{
	const char *value = strchr(assignment, '=');
	char path[512], line[512];
	size_t i, prefix;
	ssize_t len;
	int fd;

	if (!value)
		errx(2, "not KEY=VALUE: %s", assignment);
	prefix = strlen("/proc/sys/");
	snprintf(path, sizeof(path), "/proc/sys/%.*s", (int)(value - assignment), assignment);
	/* as sysctl: a device's name may have a dot, and stands there with a slash */
	for (i = prefix; path[i]; i++) {
		if (path[i] == '.')
			path[i] = '/';
		else if (path[i] == '/')
			path[i] = '.';
	}
	/* an empty value is a line, too */
	snprintf(line, sizeof(line), "%s\n", value + 1);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0) {
		if (may_miss)
			return 0;
		warn("%s", path);
		return 1;
	}
	len = write(fd, line, strlen(line));
	if (len < 0)
		warn("%s: %s", path, value + 1);
	close(fd);
	return len < 0;
}

static void lo_up(void)
{
	struct ifreq lo = { .ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || ioctl(fd, SIOCSIFFLAGS, &lo))
		err(1, "lo");
	close(fd);
}

/* A mount point that other mount namespaces see change, as ip makes it */
static void make_run_dir(void)
{
	if (mkdir(RUN_DIR, 0755) && errno != EEXIST)
		err(1, RUN_DIR);
	if (!mount("", RUN_DIR, "none", MS_SHARED | MS_REC, NULL))
		return;
	if (errno != EINVAL || mount(RUN_DIR, RUN_DIR, "none", MS_BIND | MS_REC, NULL) ||
	    mount("", RUN_DIR, "none", MS_SHARED | MS_REC, NULL))
		err(1, RUN_DIR);
}

static int add(const char *name)
{
	char path[256];
	size_t i;
	int fd;

	snprintf(path, sizeof(path), RUN_DIR "/%s", name);
	fd = open(path, O_RDONLY | O_CREAT | O_EXCL, 0);
	if (fd < 0)
		err(1, "%s", path);
	close(fd);
	if (unshare(CLONE_NEWNET) || mount("/proc/self/ns/net", path, "none", MS_BIND, NULL)) {
		warn("%s", path);
		unlink(path);
		return 1;
	}
	for (i = 0; i < sizeof(wanted) / sizeof(*wanted); i++)
		set(wanted[i], 0);
	for (i = 0; i < sizeof(wanted_v6) / sizeof(*wanted_v6); i++)
		set(wanted_v6[i], 1);
	lo_up();
	return 0;
}

static int del(const char *name)
{
	char path[256];

	snprintf(path, sizeof(path), RUN_DIR "/%s", name);
	umount2(path, MNT_DETACH);
	if (!unlink(path))
		return 0;
	warn("%s", path);
	return 1;
}

static void enter(const char *path)
{
	if (enter_netns_file(path))
		err(1, "%s", path);
}

/* Room for a request, and for an answer of nf_tables */
union message {
	struct nlmsghdr head;
	char data[16384];
};

static void put_text(struct nlmsghdr *head, int type, const char *text)
{
	struct nlattr *attr = (void *)head + NLMSG_ALIGN(head->nlmsg_len);

	attr->nla_type = type;
	attr->nla_len = NLA_HDRLEN + strlen(text) + 1;
	memcpy((char *)attr + NLA_HDRLEN, text, strlen(text) + 1);
	head->nlmsg_len = NLMSG_ALIGN(head->nlmsg_len) + NLA_ALIGN(attr->nla_len);
}

/* Whether a message of the dump has elements: the list is there, without any, in an empty set */
static int has_elements(const struct nlmsghdr *head)
{
	const char *end = (const char *)head + head->nlmsg_len;
	const char *at = (const char *)head + NLMSG_SPACE(sizeof(struct nfgenmsg));

	while (end - at >= NLA_HDRLEN) {
		const struct nlattr *attr = (const void *)at;

		if ((attr->nla_type & NLA_TYPE_MASK) == NFTA_SET_ELEM_LIST_ELEMENTS)
			return attr->nla_len > NLA_HDRLEN;
		if (attr->nla_len < NLA_HDRLEN)
			break;
		at += NLA_ALIGN(attr->nla_len);
	}
	return 0;
}

/* The set "leaked" of the namespace at hand. What nft takes a start to say, if it is empty. */
static int quiet(void)
{
	union message m = { .head = {
		.nlmsg_len = NLMSG_SPACE(sizeof(struct nfgenmsg)),
		.nlmsg_type = NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_GETSETELEM,
		.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP,
	} };
	struct nfgenmsg *gen = NLMSG_DATA(&m.head);
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_NETFILTER);
	int len, found = -1;

	gen->nfgen_family = NFPROTO_NETDEV;
	put_text(&m.head, NFTA_SET_ELEM_LIST_TABLE, "internet");
	put_text(&m.head, NFTA_SET_ELEM_LIST_SET, "leaked");
	if (fd < 0 || send(fd, &m, m.head.nlmsg_len, 0) < 0)
		return 0;
	while (found < 0) {
		struct nlmsghdr *head = &m.head;

		len = recv(fd, &m, sizeof(m), 0);
		if (len <= 0)
			found = 1;
		for (; found < 0 && NLMSG_OK(head, len); head = NLMSG_NEXT(head, len)) {
			if (head->nlmsg_type == NLMSG_DONE)
				found = 0;
			else if (head->nlmsg_type == NLMSG_ERROR || has_elements(head))
				found = 1;
		}
	}
	close(fd);
	return !found;
}

int main(int argc, char **argv)
{
	const char *what = argc > 2 ? argv[1] : "";
	int i = 2, bad = 0;

	if (!strcmp(what, "add")) {
		make_run_dir();
		while (i < argc)
			bad |= add(argv[i++]);
	} else if (!strcmp(what, "del")) {
		while (i < argc)
			bad |= del(argv[i++]);
	} else if (!strcmp(what, "set")) {
		enter(argv[i++]);
		while (i < argc)
			bad |= set(argv[i++], 0);
	} else if (!strcmp(what, "quiet")) {
		while (i < argc) {
			enter(argv[i++]);
			bad |= !quiet();
		}
	} else {
		errx(2, "usage: netns add|del NAME... | set FILE KEY=VALUE... | quiet FILE...");
	}
	return bad;
}
