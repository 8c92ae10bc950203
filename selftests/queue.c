// SPDX-License-Identifier: GPL-2.0
/*
 * What an operator's NFQUEUE program does: holds packets and lets them go on, here
 * at once and unchanged. Ends when it is killed.
 *
 *	queue NUMBER
 */
#include <arpa/inet.h>
#include <err.h>
#include <stdio.h>
#include <stdlib.h>

#include <libmnl/libmnl.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_queue.h>

static struct mnl_socket *nl;
static unsigned int number;

static struct nlmsghdr *put_header(char *buf, unsigned int type)
{
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);
	struct nfgenmsg *nfg;

	nlh->nlmsg_type = NFNL_SUBSYS_QUEUE << 8 | type;
	nlh->nlmsg_flags = NLM_F_REQUEST;
	nfg = mnl_nlmsg_put_extra_header(nlh, sizeof(*nfg));
	nfg->nfgen_family = AF_UNSPEC;
	nfg->version = NFNETLINK_V0;
	nfg->res_id = htons(number);
	return nlh;
}

static void send_message(const struct nlmsghdr *nlh)
{
	if (mnl_socket_sendto(nl, nlh, nlh->nlmsg_len) < 0)
		err(1, "send");
}

static int accept_packet(const struct nlmsghdr *nlh, void *data)
{
	char buf[MNL_NLMSG_HDRLEN + 64];
	struct nfqnl_msg_verdict_hdr verdict = { .verdict = htonl(NF_ACCEPT) };
	struct nlmsghdr *answer;
	const struct nlattr *attr;

	mnl_attr_for_each(attr, nlh, sizeof(struct nfgenmsg)) {
		const struct nfqnl_msg_packet_hdr *packet = mnl_attr_get_payload(attr);

		if (mnl_attr_get_type(attr) != NFQA_PACKET_HDR)
			continue;
		verdict.id = packet->packet_id;
		answer = put_header(buf, NFQNL_MSG_VERDICT);
		mnl_attr_put(answer, NFQA_VERDICT_HDR, sizeof(verdict), &verdict);
		send_message(answer);
	}
	return MNL_CB_OK;
}

/* Binds to the queue; what is asked of the kernel is its headers. */
static void bind_queue(void)
{
	const struct nfqnl_msg_config_cmd cmd = { .command = NFQNL_CFG_CMD_BIND };
	const struct nfqnl_msg_config_params params = { .copy_mode = NFQNL_COPY_META };
	char buf[MNL_SOCKET_BUFFER_SIZE];
	struct nlmsghdr *nlh;
	ssize_t got;

	nlh = put_header(buf, NFQNL_MSG_CONFIG);
	nlh->nlmsg_flags |= NLM_F_ACK;
	mnl_attr_put(nlh, NFQA_CFG_CMD, sizeof(cmd), &cmd);
	mnl_attr_put(nlh, NFQA_CFG_PARAMS, sizeof(params), &params);
	send_message(nlh);
	got = mnl_socket_recvfrom(nl, buf, sizeof(buf));
	if (got < 0 || mnl_cb_run(buf, got, 0, mnl_socket_get_portid(nl), NULL, NULL) < 0)
		err(1, "queue %u", number);
}

int main(int argc, char **argv)
{
	char buf[MNL_SOCKET_BUFFER_SIZE];
	ssize_t got;

	if (argc != 2)
		errx(1, "usage: queue NUMBER");
	number = strtoul(argv[1], NULL, 10);
	nl = mnl_socket_open(NETLINK_NETFILTER);
	if (!nl || mnl_socket_bind(nl, 0, MNL_SOCKET_AUTOPID) < 0)
		err(1, "netlink");
	bind_queue();
	puts("ready");
	fflush(stdout);
	for (;;) {
		got = mnl_socket_recvfrom(nl, buf, sizeof(buf));
		if (got < 0)
			err(1, "receive");
		if (mnl_cb_run(buf, got, 0, 0, accept_packet, NULL) < 0)
			err(1, "message");
	}
}
