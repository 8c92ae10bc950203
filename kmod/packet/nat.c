// SPDX-License-Identifier: GPL-2.0
/*
 * Owns the rewriting of addresses, ports and checksums in place. Called by datapath/.
 */
#include <linux/icmp.h>
#include <linux/ip.h>
#include <net/checksum.h>
#include <net/ip.h>
#include "packet/nat.h"
#include "packet/packet.h"
#include "snapshot/l4.h"
#include "snapshot/tuple.h"

void natgw_nat_summed(struct sk_buff *skb, const struct natgw_l4 *l4,
		      struct natgw_l4_ports *ports, __be32 old_addr, __be32 addr,
		      __be16 old_port, __be16 port)
{
	__sum16 *check = (__sum16 *)((u8 *)ports + l4->check);

	/* there is none */
	if (l4->check_optional && !*check)
		return;
	inet_proto_csum_replace4(check, skb, old_addr, addr, true);
	inet_proto_csum_replace2(check, skb, old_port, port, false);
	if (l4->check_optional && !*check)
		*check = CSUM_MANGLED_0;
}

static void rewrite_icmp(struct sk_buff *skb, unsigned int offset, __be16 id)
{
	struct icmphdr *ih = (struct icmphdr *)(skb->data + offset);

	/* no pseudo header: only the id counts */
	inet_proto_csum_replace2(&ih->checksum, skb, ih->un.echo.id, id, false);
	ih->un.echo.id = id;
}

bool natgw_nat_rewrite(struct sk_buff *skb, const struct natgw_packet *packet, __be32 addr,
		       __be16 port)
{
	const struct natgw_l4 *l4 = natgw_l4(packet->tuple.proto);
	bool source = packet->direction == NATGW_OUT;
	unsigned int offset = packet->offset;
	struct natgw_l4_ports *ports;
	struct iphdr *iph;
	__be32 *field;

	if (!natgw_nat_writable(skb, offset + l4->header))
		return false;
	if (!l4->id) {
		ports = (struct natgw_l4_ports *)(skb->data + offset);
		natgw_nat_ports(skb, ip_hdr(skb), l4, ports, source, addr, port,
				natgw_nat_is_summed(skb));
		return true;
	}
	rewrite_icmp(skb, offset, port);
	iph = ip_hdr(skb);
	field = source ? &iph->saddr : &iph->daddr;
	csum_replace4(&iph->check, *field, addr);
	*field = addr;
	return true;
}
