// SPDX-License-Identifier: GPL-2.0
#include <err.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <netinet/ip.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "explain_wire.h"
#include "netns.h"
#include "wire.h"

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))
#define MAGIC		0x6e677778
#define PACKET_SIZE	64

struct tap taps[TAPS] = {
	{ .at = "in0", .dev = "c0" }, { .at = "in1", .dev = "c1" }, { .at = "in2", .dev = "c2" },
	{ .at = "in3", .dev = "c3" }, { .at = "in4", .dev = "c4" }, { .at = "in5", .dev = "c5" },
	{ .at = "up0", .dev = "n0" }, { .at = "up1", .dev = "n1" },
	{ .at = "ap0", .dev = "f0" }, { .at = "vp0", .dev = "v0" },
};

static const uint8_t protocols[] = { IPPROTO_TCP, IPPROTO_UDP, IPPROTO_ICMP, IPPROTO_SCTP };
static int local[ARRAY_SIZE(protocols)];	/* raw sockets of the router */
static uint32_t sequence;		/* of the last packet sent */

static void enter(const char *netns)
{
	if (enter_netns(netns))
		err(2, "netns %s", netns);
}

static void tap_open(struct tap *tap)
{
	struct sockaddr_ll to = { .sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_IP) };

	tap->fd = socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	to.sll_ifindex = if_nametoindex(tap->dev);
	if (tap->fd < 0 || !to.sll_ifindex || bind(tap->fd, (void *)&to, sizeof(to)))
		err(2, "%s", tap->dev);
}

void open_taps(char **netns)
{
	struct ifreq ifr;
	unsigned int i;

	for (i = 0; i < TAPS; i++) {
		enter(netns[i < DEVS ? 1 : i == AP0 ? 2 : i == VP0 ? 3 : 4]);
		tap_open(&taps[i]);
	}
	enter(netns[0]);
	for (i = 0; i < ARRAY_SIZE(protocols); i++) {
		local[i] = socket(AF_INET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, protocols[i]);
		if (local[i] < 0)
			err(2, "raw socket");
	}
	for (i = 0; i < TAPS; i++) {
		memset(&ifr, 0, sizeof(ifr));
		snprintf(ifr.ifr_name, IFNAMSIZ, "%s", taps[i].at);
		if (ioctl(local[0], SIOCGIFHWADDR, &ifr))
			err(2, "%s", taps[i].at);
		memcpy(taps[i].mac, ifr.ifr_hwaddr.sa_data, ETH_ALEN);
	}
}

static unsigned int header_size(uint8_t proto)
{
	return proto == IPPROTO_TCP ? 20 : 8;
}

static void put_transport(uint8_t *l4, const struct flow *flow, enum kind kind, unsigned int len)
{
	uint32_t pseudo = sum(l4 - 8, 8, flow->proto + len);

	switch (flow->proto) {
	case IPPROTO_ICMP:
		l4[0] = kind == ANSWERS ? 0 : 8;
		put16(l4 + 4, flow->src_port);
		put16(l4 + 2, fold(sum(l4, len, 0)));
		return;
	case IPPROTO_TCP:
		l4[12] = 5 << 4;
		l4[13] = kind == ANSWERS ? 0x12 : kind == RESETS ? 0x04 : 0x02;
		put32(l4 + 4, 1000 + (kind == RESETS) * 13);
		put16(l4 + 14, 8192);
		break;
	case IPPROTO_UDP:
		put16(l4 + 4, len);
		break;
	}
	put16(l4, flow->src_port);
	put16(l4 + 2, flow->dst_port);
	if (flow->proto == IPPROTO_TCP)
		put16(l4 + 16, fold(sum(l4, len, pseudo)));
	else if (flow->proto == IPPROTO_UDP)
		put16(l4 + 6, fold(sum(l4, len, pseudo)));
}

/* From the far end of a device; its number is in the payload */
void transmit(struct tap *tap, const struct flow *flow, enum kind kind)
{
	unsigned int header = header_size(flow->proto), len = 14 + 20 + header + 12;
	uint8_t frame[PACKET_SIZE + 32] = {}, *ip = frame + 14, *l4 = ip + 20;

	memcpy(frame, tap->mac, ETH_ALEN);
	memset(frame + 6, 2, ETH_ALEN);
	put16(frame + 12, ETH_P_IP);
	ip[0] = 0x45;
	put16(ip + 2, len - 14);
	put16(ip + 4, ++sequence);
	ip[8] = 64;
	ip[9] = flow->proto;
	put32(ip + 12, flow->src);
	put32(ip + 16, flow->dst);
	put16(ip + 10, fold(sum(ip, 20, 0)));
	put32(l4 + header, MAGIC);
	put32(l4 + header + 4, sequence);
	put_transport(l4, flow, kind, len - 34);
	if (send(tap->fd, frame, len, 0) != (ssize_t)len)
		err(2, "send by %s", tap->dev);
}

unsigned int transmitted(void)
{
	return sequence;
}

/* Is it the last packet sent? */
static bool is_it(const uint8_t *ip, ssize_t len, const struct flow *flow)
{
	unsigned int at = 20 + header_size(flow->proto);

	return len >= (ssize_t)at + 8 && ip[0] == 0x45 && ip[9] == flow->proto &&
	       get32(ip + 16) == flow->dst && get32(ip + at) == MAGIC &&
	       get32(ip + at + 4) == sequence;
}

static void note(struct sighting *seen, unsigned int where, const uint8_t *ip,
		 const struct flow *flow)
{
	seen->times++;
	seen->where = where;
	seen->src = get32(ip + 12);
	seen->src_port = get16(ip + 20 + (flow->proto == IPPROTO_ICMP ? 4 : 0));
}

void look(struct sighting *seen, const struct flow *flow)
{
	struct sockaddr_ll from;
	uint8_t frame[2048];
	socklen_t size;
	unsigned int i;
	ssize_t len;

	for (i = 0; i < TAPS; i++) {
		for (;;) {
			size = sizeof(from);
			len = recvfrom(taps[i].fd, frame, sizeof(frame), 0, (void *)&from, &size);
			if (len < 0)
				break;
			if (from.sll_pkttype == PACKET_OUTGOING ||
			    !is_it(frame + 14, len - 14, flow))
				continue;
			memcpy(seen->mac, frame, ETH_ALEN);
			note(seen, i, frame + 14, flow);
		}
	}
	for (i = 0; i < ARRAY_SIZE(protocols); i++)
		while ((len = recv(local[i], frame, sizeof(frame), 0)) >= 0)
			if (is_it(frame, len, flow))
				note(seen, LOCAL, frame, flow);
}
