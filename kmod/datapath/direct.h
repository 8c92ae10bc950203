/* SPDX-License-Identifier: GPL-2.0 */
/* Direct records: flows that came to a bound subnet by another way and leave as they came. */
#ifndef _NATGW_DATAPATH_DIRECT_H
#define _NATGW_DATAPATH_DIRECT_H

#include <linux/list.h>
#include <linux/rcupdate.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include <linux/workqueue.h>
#include <net/netfilter/nf_conntrack.h>
#include "lib/buckets.h"
#include "snapshot/tables.h"
#include "snapshot/tuple.h"
#include "snapshot/view.h"

struct natgw_budget;
struct natgw_config;
struct natgw_net;
struct natgw_subnet;
struct net_device;
struct sk_buff;

/** enum natgw_direct_stage - how far a flow is; selects its timer */
enum natgw_direct_stage {
	NATGW_DIRECT_HALF_OPEN,		/* not yet answered from inside */
	NATGW_DIRECT_ESTABLISHED,
	NATGW_DIRECT_CLOSING,		/* FIN seen */
	NATGW_DIRECT_RESET,		/* RST seen */
};

/**
 * struct natgw_direct - one flow that is left alone
 * @node: in the table
 * @tuple: key, seen from inside: @host is the inside host
 * @subnet: of @host; valid as long as the record is in the table
 * @queue: among the namespace's unanswered, oldest first; under the lock
 * @share: the same for @subnet; under the lock
 * @rcu: used once @dead
 * @last: jiffies of the last packet that renewed it
 * @created: natgw_clock()
 * @timeout: jiffies it may be idle
 * @acked: TCP: what the inside host acknowledged last
 * @acks: @acked is known
 * @stage: enum natgw_direct_stage
 * @answered: by the inside host, past the handshake; once set it is in neither
 *	list and makes room for nobody. Written under the lock
 * @arrived: a packet of it has left for the inside host: until then the router may yet drop
 *	it, and the record says nothing about what the host sends. Written under the lock
 * @own: the inside host is the router itself, by an address in a bound subnet. Nobody else can
 *	send with it, as Linux drops such packets, so nothing has to arrive
 * @dead: out of table and lists; under the lock
 * @imported: it ran by Linux alone when its subnet was bound, blocked or led
 *	elsewhere, and goes on so
 * @outbound: it is @imported and started inside
 * @changed: conntrack changes the inside host's address for the outside: what
 *	would leave without that does not
 *
 * Freed by RCU.
 */
struct natgw_direct {
	struct natgw_node node;
	struct natgw_tuple tuple;
	struct natgw_subnet *subnet;
	struct list_head queue;
	union {
		struct list_head share;
		struct rcu_head rcu;
	};
	u32 last;
	u32 created;
	u32 timeout;
	u32 acked;
	u8 stage;
	bool acks;
	bool answered;
	bool arrived;
	bool own;
	bool dead;
	bool imported;
	bool outbound;
	bool changed;
};

/** natgw_direct_of_node - record of an entry of the table */
static inline struct natgw_direct *natgw_direct_of_node(const struct natgw_node *node)
{
	return container_of(node, struct natgw_direct, node);
}

int natgw_direct_module_init(void);
void natgw_direct_module_exit(void);
int natgw_direct_net_init(struct natgw_directs *directs, struct natgw_budget *budget);
/* a grace period after the last packet */
void natgw_direct_net_exit(struct natgw_directs *directs);

/** natgw_direct_count - records in the table, those whose time just ended included */
static inline u32 natgw_direct_count(const struct natgw_directs *directs)
{
	return READ_ONCE(directs->n);
}

/** natgw_direct_arriving - is there one of which no packet has left for its host yet? */
static inline bool natgw_direct_arriving(const struct natgw_directs *directs)
{
	return READ_ONCE(directs->arriving);
}

/** natgw_direct_max - most records of a namespace; a subnet may have a quarter of it */
u32 natgw_direct_max(void);

/** enum natgw_direct_source - of a packet from inside */
enum natgw_direct_source {
	NATGW_DIRECT_SOURCE_YET,	/* what its host gave it; may yet be changed */
	NATGW_DIRECT_SOURCE_FINAL,	/* what its host gave it; leaves so */
	NATGW_DIRECT_SOURCE_CHANGED,	/* another NAT's */
};

/* natgw_direct_find(), and natgw_direct_runs() if @imported, where there are records at all */
bool natgw_direct_answer(struct natgw_directs *directs, const struct natgw_subnet_range *range,
			 struct sk_buff *skb, enum natgw_direct_source source, bool imported);

/**
 * natgw_direct_find - is a packet from inside one of a direct flow? Renews the flow
 * @directs: records
 * @range: subnet of its source, or of what that was before another NAT changed it
 * @skb: IPv4 packet
 * @source: its source; only in POST_ROUTING, after nat, it is not
 *	NATGW_DIRECT_SOURCE_YET
 *
 * A SYN without ACK, or an echo request, opens a flow of its own and is none
 * (but of a ping that was running when its subnet was bound).
 * Context: softirq, RCU.
 */
static inline bool natgw_direct_find(struct natgw_directs *directs,
				     const struct natgw_subnet_range *range, struct sk_buff *skb,
				     enum natgw_direct_source source)
{
	return natgw_direct_count(directs) &&
	       natgw_direct_answer(directs, range, skb, source, false);
}

/**
 * natgw_direct_runs - the same, for a flow that its subnet's routes have not led anywhere yet
 * @directs: records
 * @range: subnet of its source
 * @skb: IPv4 packet
 * @source: its source
 *
 * Routes act on new flows. Of those that came in by another way only what was
 * running before the route goes on, as their answers may go another way than
 * they came (asymmetric).
 * Context: softirq, RCU.
 */
static inline bool natgw_direct_runs(struct natgw_directs *directs,
				     const struct natgw_subnet_range *range, struct sk_buff *skb,
				     enum natgw_direct_source source)
{
	return natgw_direct_count(directs) &&
	       natgw_direct_answer(directs, range, skb, source, true);
}

/**
 * natgw_direct_tuple_outbound - tuple that an imported flow from inside has
 * @skb: packet of it
 * @tuple: result, without the vnet
 *
 * Return: conntrack knows the packet.
 */
bool natgw_direct_tuple_outbound(const struct sk_buff *skb, struct natgw_tuple *tuple);

/**
 * natgw_direct_note - a packet from outside goes to a host of a bound subnet
 * @nn: namespace
 * @range: subnet of its destination
 * @skb: IPv4 packet that already has its inside destination
 * @in: device it came by, or its VRF; NULL: in POST_ROUTING, on its way to the host
 *
 * To be called for each, in the hooks where it is so: what may open a flow (TCP
 * SYN without ACK, UDP, echo request) makes a record, unless the inside tuple
 * has a session; others renew theirs, FIN and RST shorten its timer. Twice for
 * one packet does no harm.
 * Context: softirq, RCU.
 */
void natgw_direct_note(struct natgw_net *nn, const struct natgw_subnet_range *range,
		       struct sk_buff *skb, const struct net_device *in);

/**
 * natgw_direct_arrived - a packet leaves for a host of a bound subnet: its record holds from now
 * @nn: namespace
 * @config: snapshot
 * @skb: IPv4 packet
 * @out: device it leaves by, or its VRF
 *
 * Where natgw_direct_arriving(). Filters of the router had their say before. Context: softirq, RCU.
 */
void natgw_direct_arrived(struct natgw_net *nn, const struct natgw_config *config,
			  struct sk_buff *skb, const struct net_device *out);

/** natgw_direct_known - has a tuple, seen from inside, a record? Renews nothing. Context: RCU */
bool natgw_direct_known(struct natgw_directs *directs, const struct natgw_tuple *tuple);

/**
 * natgw_direct_quoted - does a tuple's record let its host answer?
 * @directs: records
 * @tuple: seen from inside, @vnet set
 * @source: NATGW_DIRECT_SOURCE_FINAL: with the address that it has; else it may yet be changed
 *
 * For ICMP errors about the flow, and questions; renews nothing. Context: RCU.
 */
bool natgw_direct_quoted(struct natgw_directs *directs, const struct natgw_tuple *tuple,
			 enum natgw_direct_source source);

/**
 * natgw_direct_import - records for flows that a new snapshot takes from Linux
 * @nn: namespace, @nn->lock held
 * @old: snapshot in force until now
 * @config: compiled, about to be published or just published
 *
 * Those of subnets that get a gateway, a block or a route elsewhere, as far as
 * conntrack knows them. Does nothing where that is not loaded.
 * Context: process. Sleeps.
 */
void natgw_direct_import(struct natgw_net *nn, const struct natgw_config *old,
			 const struct natgw_config *config);

/** natgw_direct_disowned - does a conntrack entry bear the mark of natgw_direct_disown()? */
static inline bool natgw_direct_disowned(const struct nf_conn *ct)
{
	return READ_ONCE(ct->status) & IPS_NAT_CLASH;
}

/**
 * natgw_direct_disown - mark conntrack's entry of a flow that is translated
 * @skb: a packet of it
 *
 * Conntrack knows nothing of the translation. So a flowtable must not take the
 * flow, which it would send with its private source, nor may the entry be
 * imported as that of a flow that left untranslated. The kernel's own mark for
 * entries that no flowtable takes does both. For each packet, because conntrack
 * may have lost the entry and made another.
 * Context: after conntrack.
 */
static inline void natgw_direct_disown(const struct sk_buff *skb)
{
	enum ip_conntrack_info ctinfo;
	struct nf_conn *ct = nf_ct_get(skb, &ctinfo);

	if (ct && unlikely(!natgw_direct_disowned(ct)))
		set_bit(IPS_NAT_CLASH_BIT, &ct->status);
}

/**
 * natgw_direct_add - record of a flow that runs already
 * @nn: namespace
 * @range: subnet of its inside host
 * @proto: what it is made from: @tuple, @created, @stage, @acked, @acks, @imported, @outbound,
 *	@changed, @arrived
 * @left: jiffies it has left at most, until its next packet
 *
 * Context: BH off, RCU. Return: false: no room, or there is one.
 */
bool natgw_direct_add(struct natgw_net *nn, const struct natgw_subnet_range *range,
		      const struct natgw_direct *proto, u32 left);

/** natgw_direct_end - take a record out; others get false. Any context, RCU */
bool natgw_direct_end(struct natgw_directs *directs, struct natgw_direct *direct);

/**
 * natgw_direct_state - state now
 * @direct: record
 * @left: jiffies until it ends by the clock
 *
 * Return: enum natgw_state, or -1 when its time is over.
 */
int natgw_direct_state(const struct natgw_direct *direct, u32 *left);

/**
 * natgw_direct_purge - end the records whose subnet @config no longer carries
 *
 * Context: as natgw_session_purge().
 */
void natgw_direct_purge(struct natgw_net *nn, const struct natgw_config *config);

#endif
