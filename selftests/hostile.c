// SPDX-License-Identifier: GPL-2.0
/*
 * Sends packets that nobody should send, made from real ones.
 *
 *	hostile inside|outside DEV MAC SEED PACKETS
 *
 * Frames go to the router's MAC by the socket that also records what passes on DEV: real packets
 * of live flows, as they look on that side of the router. Each packet that is sent is one of
 * these (or of the bait flow, below) after one to three mutations; so most pass the first checks.
 * PACKETS 0: until SIGTERM. Last it prints
 *
 *	seed 7 side inside packets 20000 refused 12 recorded 3100 replay 512 version 498 ...
 *
 * refused: by this machine's own device; recorded: frames seen; then how often each mutation.
 *
 * The addresses are those of hostile.sh. Its inside is 10.0.1.0/24, where 10.0.1.99 is the bait:
 * a host without sockets, whose flows to 198.51.100.99 (answered by answer.c) this program opens
 * itself, from few ports, so that they are in any state. The flows of 10.0.1.2 to 198.51.100.7
 * are not bait: nobody outside sees their packets, so what is made of them has random sequence
 * numbers, and no UDP or echo message comes from their very peer: whoever forges that is taken for
 * the peer by each NAT. Nobody inside sends with the source 10.0.1.2: hosts of one segment are not
 * told apart. spare() is where these rules are.
 */
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <linux/virtio_net.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "hostile.h"
#include "wire.h"

#define RECORDS		256
#define RECORD_MAX	1514	/* longer ones (GSO) are cut */
#define DRAIN		8	/* frames read at a time, before every eighth packet */

static struct frame record[RECORDS];
static unsigned int recorded, seen;
static int sock, raw_sock;
static unsigned long packets, refused, limit;
static volatile sig_atomic_t ended;
static uint8_t router_mac[ETH_ALEN], own_mac[ETH_ALEN];

static void end(int sig)
{
	(void)sig;
	ended = 1;
}

/* --- recording --- */

static void drain(void)
{
	static uint8_t buf[65536];
	struct frame *f;
	unsigned int i;
	ssize_t len;

	for (i = 0; i < DRAIN; i++) {
		len = recv(sock, buf, sizeof(buf), MSG_DONTWAIT);
		if (len < (ssize_t)(ETH_HLEN + IP_HEADER))
			return;
		if (get16(buf + 12) != ETH_P_IP)
			continue;
		f = &record[recorded < RECORDS ? recorded++ : pick(RECORDS)];
		f->len = len > RECORD_MAX ? RECORD_MAX : len;
		memcpy(f->data, buf, f->len);
		seen++;
	}
}

/* --- sending --- */

static void send_frame(const struct frame *f)
{
	if (send(sock, f->data, f->len, 0) < 0) {
		if (errno != EMSGSIZE && errno != ENOBUFS && errno != ENETDOWN && errno != EINVAL)
			err(1, "send");
		refused++;
	}
	packets++;
}

/* as a virtual machine hands a packet over: checksum and segmentation are left to others */
static void send_offloaded(const struct frame *f, const struct virtio_net_hdr *vnet)
{
	struct iovec iov[] = {
		{ .iov_base = (void *)vnet, .iov_len = sizeof(*vnet) },
		{ .iov_base = (void *)f->data, .iov_len = f->len },
	};
	struct msghdr msg = { .msg_iov = iov, .msg_iovlen = 2 };

	if (sendmsg(raw_sock, &msg, 0) < 0)
		refused++;
	packets++;
}

void emit(struct frame *f)
{
	/* 1 of 64 by broadcast, which no router forwards */
	memcpy(f->data, router_mac, ETH_ALEN);
	if (!pick(64))
		memset(f->data, 0xff, ETH_ALEN);
	memcpy(f->data + ETH_ALEN, own_mac, ETH_ALEN);
	spare(f);
	if (f->offloaded && f->len > ETH_HLEN + IP_HEADER)
		send_offloaded(f, &f->vnet);
	else
		send_frame(f);
}

/* --- running --- */

static void start(struct frame *f)
{
	if (recorded && pick(3))
		*f = record[pick(recorded)];
	else
		bait(f);
	f->offloaded = false;
	f->lies = 0;
}

static int open_socket(const char *dev, uint16_t protocol)
{
	struct sockaddr_ll at = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(protocol),
		.sll_ifindex = if_nametoindex(dev),
	};
	int fd = socket(AF_PACKET, SOCK_RAW, 0);

	if (!at.sll_ifindex || fd < 0 || bind(fd, (void *)&at, sizeof(at)))
		err(1, "%s", dev);
	return fd;
}

static void find_mac(const char *dev)
{
	struct ifreq req = { 0 };

	snprintf(req.ifr_name, sizeof(req.ifr_name), "%s", dev);
	if (ioctl(sock, SIOCGIFHWADDR, &req))
		err(1, "%s", dev);
	memcpy(own_mac, req.ifr_hwaddr.sa_data, ETH_ALEN);
}

int main(int argc, char **argv)
{
	struct sigaction action = { .sa_handler = end };
	struct frame f;
	int yes = 1;

	if (argc != 6 || (strcmp(argv[1], "inside") && strcmp(argv[1], "outside")) ||
	    sscanf(argv[3], "%hhx:%hhx:%hhx:%hhx:%hhx:%hhx", &router_mac[0], &router_mac[1],
		   &router_mac[2], &router_mac[3], &router_mac[4], &router_mac[5]) != ETH_ALEN)
		errx(1, "usage: hostile inside|outside DEV MAC SEED PACKETS");
	begin(!strcmp(argv[1], "inside"), strtoull(argv[4], NULL, 0));
	limit = strtoul(argv[5], NULL, 0);
	sock = open_socket(argv[2], ETH_P_ALL);
	raw_sock = open_socket(argv[2], 0);
	if (setsockopt(raw_sock, SOL_PACKET, PACKET_VNET_HDR, &yes, sizeof(yes)))
		err(1, "PACKET_VNET_HDR");
	find_mac(argv[2]);
	sigaction(SIGTERM, &action, NULL);
	while (!ended && (!limit || packets < limit)) {
		if (!(packets % 8))
			drain();
		start(&f);
		mutate(&f);
	}
	printf("seed %s side %s packets %lu refused %lu recorded %u", argv[4], argv[1], packets,
	       refused, seen);
	print_mutations();
	return 0;
}
