// SPDX-License-Identifier: GPL-2.0
/*
 * Asks the wire whether somebody else has a public address that this router answers ARP for, by
 * probes like those of RFC 5227. A check of cmd_doctor.c.
 */
#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if_arp.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "doctor.h"

/** PROBES - most addresses that are asked for */
#define PROBES		256
/** PROBE_WAIT - milliseconds to wait for answers to all probes */
#define PROBE_WAIT	300

/**
 * struct arp - an ARP packet of Ethernet and IPv4
 */
struct arp {
	struct arphdr head;
	unsigned char sender_mac[ETH_ALEN];
	unsigned char sender[4];
	unsigned char target_mac[ETH_ALEN];
	unsigned char target[4];
};

static void probe(int sock, const struct doctor_link *link, uint32_t ip)
{
	struct sockaddr_ll to = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(ETH_P_ARP),
		.sll_ifindex = link->index,
		.sll_halen = ETH_ALEN,
		.sll_addr = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff },
	};
	struct arp arp = {
		.head = {
			.ar_hrd = htons(ARPHRD_ETHER),
			.ar_pro = htons(ETH_P_IP),
			.ar_hln = ETH_ALEN,
			.ar_pln = 4,
			.ar_op = htons(ARPOP_REQUEST),
		},
	};

	memcpy(arp.sender_mac, link->mac, ETH_ALEN);
	ip = htonl(ip);
	memcpy(arp.target, &ip, sizeof(ip));
	/* what cannot be sent is not answered */
	if (sendto(sock, &arp, sizeof(arp), 0, (struct sockaddr *)&to, sizeof(to)) < 0)
		return;
}

static bool is_asked(const struct doctor_address *a)
{
	return *a->dev && a->announce && !a->shared && !a->retired;
}

static unsigned int probes_send(const struct doctor *d, int sock)
{
	const struct doctor_address *a;
	const struct doctor_link *link;
	unsigned int n = 0;
	uint32_t ip;
	size_t i;

	for (i = 0; i < d->n_addresses; i++) {
		a = &d->addresses[i];
		link = is_asked(a) ? doctor_link_named(d, a->dev) : NULL;
		if (!link || !(link->flags & IFF_UP))
			continue;
		for (ip = a->ip; n < PROBES && !((ip ^ a->ip) & a->mask); ip++, n++)
			probe(sock, link, ip);
	}
	return n;
}

static void answer_judge(struct doctor *d, const struct arp *arp, uint32_t index)
{
	const struct doctor_link *link = doctor_link(d, index);
	const unsigned char *mac = arp->sender_mac;
	const struct doctor_address *a;
	char text[ADDR_TEXT];
	uint32_t ip;
	size_t i;

	memcpy(&ip, arp->sender, sizeof(ip));
	ip = ntohl(ip);
	for (i = 0; link && i < d->n_addresses; i++) {
		a = &d->addresses[i];
		if (!is_asked(a) || (ip ^ a->ip) & a->mask || strcmp(a->dev, link->name) ||
		    !memcmp(mac, link->mac, ETH_ALEN))
			continue;
		doctor_found(d, DOCTOR_ERROR,
			     "another machine, %02x:%02x:%02x:%02x:%02x:%02x, has address %s too: take it away there, or let this router be silent",
			     mac[0], mac[1], mac[2], mac[3], mac[4], mac[5], doctor_ip(text, ip));
		doctor_evidence(d, "arping -D -I %s %s: answered", link->name, text);
		doctor_cure(d, "natgwctl address set %s announce off", a->text);
		return;
	}
}

static long milliseconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/**
 * check_duplicates - has another machine a public address of this router?
 * @d:		run
 */
void check_duplicates(struct doctor *d)
{
	int sock = socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC, htons(ETH_P_ARP));
	struct pollfd poll_fd = { .fd = sock, .events = POLLIN };
	long end = milliseconds() + PROBE_WAIT, left;
	struct sockaddr_ll from;
	struct arp arp;

	if (sock < 0)
		return;
	if (probes_send(d, sock)) {
		while ((left = end - milliseconds()) > 0 && poll(&poll_fd, 1, left) > 0) {
			if (recvfrom(sock, &arp, sizeof(arp), MSG_DONTWAIT, (void *)&from,
				     &(socklen_t){ sizeof(from) }) < (ssize_t)sizeof(arp) ||
			    arp.head.ar_op != htons(ARPOP_REPLY) ||
			    from.sll_pkttype == PACKET_OUTGOING)
				continue;
			answer_judge(d, &arp, from.sll_ifindex);
		}
	}
	close(sock);
}
