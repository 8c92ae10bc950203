// SPDX-License-Identifier: GPL-2.0
#include <arpa/inet.h>
#include <err.h>
#include <linux/genetlink.h>
#include <netlink/genl/ctrl.h>
#include <netlink/genl/genl.h>
#include <netlink/netlink.h>
#include <string.h>

#include "explain_ask.h"

static struct nl_sock *sock;
static int family;

void ask_connect(void)
{
	sock = nl_socket_alloc();
	if (!sock || genl_connect(sock))
		errx(2, "no netlink");
	family = genl_ctrl_resolve(sock, NATGW_GENL_NAME);
	if (family < 0)
		errx(2, "no family");
	nl_socket_disable_seq_check(sock);
}

static int on_error(struct sockaddr_nl *who, struct nlmsgerr *e, void *arg)
{
	*(int *)arg = e->error;
	return NL_STOP;
}

static int on_end(struct nl_msg *msg, void *arg)
{
	*(int *)arg = 0;
	return NL_STOP;
}

/* Return: 0 or a negative errno */
static int talk(struct nl_msg *msg, int (*valid)(struct nl_msg *msg, void *arg), void *arg)
{
	struct nl_cb *cb = nl_cb_alloc(NL_CB_DEFAULT);
	int status = 1, ret;

	nl_cb_set(cb, NL_CB_VALID, NL_CB_CUSTOM, valid, arg);
	nl_cb_set(cb, NL_CB_ACK, NL_CB_CUSTOM, on_end, &status);
	nl_cb_set(cb, NL_CB_FINISH, NL_CB_CUSTOM, on_end, &status);
	nl_cb_err(cb, NL_CB_CUSTOM, on_error, &status);
	ret = nl_send_auto(sock, msg);
	if (ret < 0)
		errx(2, "netlink: %s", nl_geterror(ret));
	while (status > 0) {
		ret = nl_recvmsgs(sock, cb);
		if (ret < 0 && status > 0)
			errx(2, "netlink: %s", nl_geterror(ret));
	}
	nl_cb_put(cb);
	nlmsg_free(msg);
	return status;
}

static struct nl_msg *request(uint8_t cmd, int flags)
{
	struct nl_msg *msg = nlmsg_alloc();

	genlmsg_put(msg, NL_AUTO_PORT, NL_AUTO_SEQ, family, 0, flags, cmd, NATGW_GENL_VERSION);
	return msg;
}

static int on_stats(struct nl_msg *msg, void *arg)
{
	struct nlattr *tb[NATGW_A_STATS_MAX + 1];
	unsigned int *count = arg, reason;

	genlmsg_parse(nlmsg_hdr(msg), 0, tb, NATGW_A_STATS_MAX, NULL);
	reason = nla_get_u32(tb[NATGW_A_STATS_REASON]);
	if (reason <= NATGW_DROP_MAX)
		count[reason] = nla_get_u64(tb[NATGW_A_STATS_PACKETS]);
	return NL_OK;
}

void read_counters(unsigned int count[NATGW_DROP_MAX + 1])
{
	memset(count, 0, (NATGW_DROP_MAX + 1) * sizeof(*count));
	if (talk(request(NATGW_CMD_STATS_GET, NLM_F_DUMP), on_stats, count))
		errx(2, "no counters");
}

static uint32_t number(struct nlattr *attr)
{
	return attr ? nla_get_u32(attr) : 0;
}

static int on_answer(struct nl_msg *msg, void *arg)
{
	struct nlattr *tb[NATGW_A_EXPLAIN_MAX + 1], *attr;
	struct answer *answer = arg;
	int rest;

	genlmsg_parse(nlmsg_hdr(msg), 0, tb, NATGW_A_EXPLAIN_MAX, NULL);
	answer->method = number(tb[NATGW_A_EXPLAIN_METHOD]);
	answer->reason = tb[NATGW_A_EXPLAIN_REASON] ?
			 (int)number(tb[NATGW_A_EXPLAIN_REASON]) : -1;
	answer->left = number(tb[NATGW_A_EXPLAIN_FREE]);
	answer->session = number(tb[NATGW_A_EXPLAIN_SESSION]);
	answer->port = number(tb[NATGW_A_EXPLAIN_PORT]);
	answer->obstacle = number(tb[NATGW_A_EXPLAIN_OBSTACLE]);
	answer->hop = ntohl(number(tb[NATGW_A_EXPLAIN_NEXT_HOP_IP]));
	if (tb[NATGW_A_EXPLAIN_DEV])
		nla_strlcpy(answer->dev, tb[NATGW_A_EXPLAIN_DEV], IFNAMSIZ);
	if (tb[NATGW_A_EXPLAIN_VNET])
		nla_strlcpy(answer->vnet, tb[NATGW_A_EXPLAIN_VNET], sizeof(answer->vnet));
	nla_for_each_attr(attr, genlmsg_attrdata(nlmsg_data(nlmsg_hdr(msg)), 0),
			  genlmsg_attrlen(nlmsg_data(nlmsg_hdr(msg)), 0), rest)
		if (nla_type(attr) == NATGW_A_EXPLAIN_ADDRESS &&
		    answer->n < NATGW_GATEWAY_ADDRESSES)
			answer->address[answer->n++] = ntohl(nla_get_u32(attr));
	return NL_OK;
}

static void put_address(struct nl_msg *msg, int type, uint32_t addr)
{
	addr = htonl(addr);
	nla_put(msg, type, sizeof(addr), &addr);
}

void explain(const struct flow *flow, bool port, struct answer *answer)
{
	struct nl_msg *msg = request(NATGW_CMD_EXPLAIN, 0);

	memset(answer, 0, sizeof(*answer));
	put_address(msg, NATGW_A_EXPLAIN_SRC, flow->src);
	put_address(msg, NATGW_A_EXPLAIN_DST, flow->dst);
	nla_put_u32(msg, NATGW_A_EXPLAIN_DST_PORT, flow->dst_port);
	nla_put_u32(msg, NATGW_A_EXPLAIN_PROTO, flow->proto);
	if (port)
		nla_put_u32(msg, NATGW_A_EXPLAIN_SRC_PORT, flow->src_port);
	answer->refused = talk(msg, on_answer, answer);
}
