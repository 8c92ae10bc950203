// SPDX-License-Identifier: GPL-2.0
/*
 * Answers for an address that no socket has: many flows at little cost.
 *
 *	answer DEV ADDR
 *
 * What comes to ADDR on DEV is answered: SYN with SYN and ACK (sequence number
 * 5000), FIN with FIN and ACK, both without memory of the connection; UDP and
 * echo with the same bytes. All else is not. Prints "ready" first.
 */
#include <arpa/inet.h>
#include <err.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/ip.h>
#include <netinet/ip_icmp.h>
#include <netinet/tcp.h>
#include <netinet/udp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#define FIRST_SEQ 5000

static uint16_t checksum(const void *data, unsigned int len, uint32_t acc)
{
	const uint8_t *p = data;
	unsigned int i;

	for (i = 0; i + 1 < len; i += 2)
		acc += p[i] << 8 | p[i + 1];
	if (len & 1)
		acc += p[len - 1] << 8;
	while (acc >> 16)
		acc = (acc & 0xffff) + (acc >> 16);
	return htons(~acc);
}

/* with the pseudo header: checksum of addresses, protocol and length */
static uint16_t l4_checksum(const struct iphdr *ip, const void *l4, unsigned int len)
{
	uint16_t addresses = ~checksum(&ip->saddr, 8, 0);

	return checksum(l4, len, ntohs(addresses) + ip->protocol + len);
}

static void swap16(uint16_t *a, uint16_t *b)
{
	uint16_t was = *a;

	*a = *b;
	*b = was;
}

/* Return: length of the answer, 0 for none */
static unsigned int answer_tcp(struct iphdr *ip, struct tcphdr *th, unsigned int len)
{
	unsigned int payload = len - th->doff * 4;
	uint32_t seq = th->seq;

	if (th->rst || (!th->syn && !th->fin) || (th->syn && th->ack))
		return 0;
	swap16(&th->source, &th->dest);
	th->seq = th->syn ? htonl(FIRST_SEQ) : th->ack_seq;
	th->ack_seq = htonl(ntohl(seq) + payload + 1);
	th->ack = 1;
	th->psh = 0;
	th->doff = sizeof(*th) / 4;
	th->window = htons(8192);
	th->check = 0;
	th->check = l4_checksum(ip, th, sizeof(*th));
	return sizeof(*th);
}

static unsigned int answer_udp(struct udphdr *uh, unsigned int len)
{
	/* the checksum does not mind who is source and who destination */
	swap16(&uh->source, &uh->dest);
	return len;
}

static unsigned int answer_icmp(struct icmphdr *ih, unsigned int len)
{
	if (ih->type != ICMP_ECHO)
		return 0;
	ih->type = ICMP_ECHOREPLY;
	ih->checksum = 0;
	ih->checksum = checksum(ih, len, 0);
	return len;
}

/* Makes the answer out of the packet. Return: its length, 0 for none */
static unsigned int answer(uint8_t *packet, unsigned int len, in_addr_t to)
{
	struct iphdr *ip = (struct iphdr *)packet;
	unsigned int header = ip->ihl * 4;
	void *l4 = packet + header;
	in_addr_t from;

	if (len < sizeof(*ip) || ip->daddr != to || ip->frag_off & htons(0x3fff))
		return 0;
	if (ntohs(ip->tot_len) > len || ntohs(ip->tot_len) < header + sizeof(struct udphdr))
		return 0;
	len = ntohs(ip->tot_len) - header;
	from = ip->saddr;
	ip->saddr = ip->daddr;
	ip->daddr = from;
	if (ip->protocol == IPPROTO_TCP && len >= sizeof(struct tcphdr))
		len = answer_tcp(ip, l4, len);
	else if (ip->protocol == IPPROTO_UDP)
		len = answer_udp(l4, len);
	else if (ip->protocol == IPPROTO_ICMP)
		len = answer_icmp(l4, len);
	else
		len = 0;
	if (!len)
		return 0;
	ip->ttl = 64;
	ip->id = 0;
	ip->tot_len = htons(header + len);
	ip->check = 0;	/* the kernel fills it in */
	return header + len;
}

int main(int argc, char **argv)
{
	struct sockaddr_ll at = { .sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_IP) };
	struct sockaddr_in to = { .sin_family = AF_INET };
	int in, out, size = 256 << 20;
	static uint8_t packet[65536];
	struct in_addr addr;
	ssize_t len;

	if (argc != 3 || inet_pton(AF_INET, argv[2], &addr) != 1)
		errx(2, "usage: answer DEV ADDR");
	at.sll_ifindex = if_nametoindex(argv[1]);
	in = socket(AF_PACKET, SOCK_DGRAM, 0);
	out = socket(AF_INET, SOCK_RAW, IPPROTO_RAW);
	if (!at.sll_ifindex || in < 0 || out < 0)
		err(1, "%s", argv[1]);
	setsockopt(in, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size));
	if (bind(in, (void *)&at, sizeof(at)))
		err(1, "bind");
	puts("ready");
	fflush(stdout);
	while ((len = recv(in, packet, sizeof(packet), 0)) >= 0) {
		len = answer(packet, len, addr.s_addr);
		if (!len)
			continue;
		to.sin_addr.s_addr = ((struct iphdr *)packet)->daddr;
		if (sendto(out, packet, len, 0, (void *)&to, sizeof(to)) < 0)
			warn("sendto");
	}
	err(1, "recv");
}
