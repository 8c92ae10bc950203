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

/* Is a device yet to compute this header's checksum? Not that of a header in a tunnel */
static bool is_partial(const struct sk_buff *skb, unsigned int offset)
{
	return skb->ip_summed == CHECKSUM_PARTIAL &&
	       skb_checksum_start_offset(skb) == (int)offset;
}

/* L4 checksums: the address is in the pseudo header, the port is not */
static void fix_l4(struct sk_buff *skb, bool partial, __sum16 *check, __be32 old_addr,
		   __be32 addr, __be16 old_port, __be16 port)
{
	__wsum diff = csum_sub((__force __wsum)addr, (__force __wsum)old_addr);

	if (partial) {
		/* the field holds the pseudo header's sum, a device adds the rest */
		*check = ~csum_fold(csum_add(csum_unfold(*check), diff));
	} else if (skb->ip_summed == CHECKSUM_COMPLETE) {
		inet_proto_csum_replace4(check, skb, old_addr, addr, true);
		inet_proto_csum_replace2(check, skb, old_port, port, false);
	} else {
		diff = csum_add(diff, csum_sub((__force __wsum)port, (__force __wsum)old_port));
		csum_replace_by_diff(check, diff);
	}
}

static void rewrite_ports(struct sk_buff *skb, unsigned int offset, const struct natgw_l4 *l4,
			  bool source, __be32 old_addr, __be32 addr, __be16 port)
{
	struct natgw_l4_ports *ports = (struct natgw_l4_ports *)(skb->data + offset);
	__sum16 *check = (__sum16 *)(skb->data + offset + l4->check);
	__be16 *field = source ? &ports->source : &ports->dest;
	bool partial = is_partial(skb, offset);

	/* zero may mean no checksum, unless the device is yet to compute it */
	if (!l4->check_optional || *check || partial) {
		fix_l4(skb, partial, check, old_addr, addr, *field, port);
		if (l4->check_optional && !*check)
			*check = CSUM_MANGLED_0;
	}
	*field = port;
}

static void rewrite_icmp(struct sk_buff *skb, unsigned int offset, __be16 id)
{
	struct icmphdr *ih = (struct icmphdr *)(skb->data + offset);

	/* no pseudo header: only the id counts */
	inet_proto_csum_replace2(&ih->checksum, skb, ih->un.echo.id, id, false);
	ih->un.echo.id = id;
}

static bool is_writable(struct sk_buff *skb, unsigned int need)
{
	return (skb_headlen(skb) >= need && !skb_cloned(skb)) || !skb_ensure_writable(skb, need);
}

bool natgw_nat_rewrite(struct sk_buff *skb, const struct natgw_packet *packet, __be32 addr,
		       __be16 port)
{
	const struct natgw_l4 *l4 = natgw_l4(packet->tuple.proto);
	bool source = packet->direction == NATGW_OUT;
	unsigned int offset = packet->offset;
	struct iphdr *iph;
	__be32 *field;
	__be32 old;

	if (!is_writable(skb, offset + l4->header))
		return false;
	iph = ip_hdr(skb);
	field = source ? &iph->saddr : &iph->daddr;
	old = *field;
	if (l4->id)
		rewrite_icmp(skb, offset, port);
	else
		rewrite_ports(skb, offset, l4, source, old, addr, port);
	csum_replace4(&iph->check, old, addr);
	*field = addr;
	return true;
}
