// SPDX-License-Identifier: GPL-2.0
/*
 * Is there a guard, and what does it say? Asked of the kernel in two messages, as apply and the
 * bare call ask each time. Called by cmd_guard.c, cmd_apply.c and cmd_status.c.
 */
#include <errno.h>
#include <endian.h>
#include <stdlib.h>
#include <string.h>

#include <linux/genetlink.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>

#include "guard.h"
#include "object.h"

/** NOTE_TYPE - of the comment in the user data of a table; libnftnl numbers it */
#define NOTE_TYPE	0

/*
 * A socket to nftables, to be used like one to the family: struct nfgenmsg has the size of
 * struct genlmsghdr, and its address family stands where the other one has the command.
 */
static bool nf_open(struct nl *nl, struct nl_error *e)
{
	memset(nl, 0, sizeof(*nl));
	nl->size = NL_BUFFER_SIZE;
	nl->buf = malloc(nl->size);
	nl->sock = mnl_socket_open2(NETLINK_NETFILTER, SOCK_CLOEXEC);
	if (nl->buf && nl->sock && mnl_socket_bind(nl->sock, 0, MNL_SOCKET_AUTOPID) == 0) {
		nl->port = mnl_socket_get_portid(nl->sock);
		return true;
	}
	*e = (struct nl_error){ .err = errno };
	nl_close(nl);
	return false;
}

static void nf_request(struct nl *nl, struct request *req, uint8_t msg)
{
	static_assert(sizeof(struct nfgenmsg) == sizeof(struct genlmsghdr), "other sizes");
	struct nfgenmsg *nfg;

	request_init(req, NFPROTO_IPV4);
	nfg = mnl_nlmsg_get_payload(req->nlh);
	nfg->version = NFNETLINK_V0;
	nl->family = NFNL_SUBSYS_NFTABLES << 8 | msg;
}

/* "2026-11-29T12:00:00Z subnets /etc/natgw/natgw.conf", see note_put() */
static void note_read(struct guard_state *state, const char *note)
{
	char what[GUARD_NOTE] = "";

	/* a table that others made has another note, or none */
	if (sscanf(note, "%127s %127s %127[^\n]", state->since, what, state->file) < 3)
		snprintf(state->file, sizeof(state->file), "an unknown file");
	state->private = !strcmp(what, "private");
}

/* User data is a list of: type, length, value */
static bool table_answer(const struct nlmsghdr *nlh, void *data)
{
	const struct nlattr *attr;
	const unsigned char *p;
	char note[256] = "";
	size_t len;

	mnl_attr_for_each(attr, nlh, sizeof(struct nfgenmsg)) {
		if (mnl_attr_get_type(attr) != NFTA_TABLE_USERDATA)
			continue;
		p = mnl_attr_get_payload(attr);
		len = mnl_attr_get_payload_len(attr);
		for (; len >= 2 && len >= 2u + p[1]; len -= 2 + p[1], p += 2 + p[1])
			if (p[0] == NOTE_TYPE)
				snprintf(note, sizeof(note), "%.*s", p[1], p + 2);
	}
	note_read(data, note);
	return true;
}

static void count(uint64_t *to, const struct nlattr *attr)
{
	if (mnl_attr_validate(attr, MNL_TYPE_U64) == 0)
		*to = be64toh(mnl_attr_get_u64(attr));
}

static bool counter_answer(const struct nlmsghdr *nlh, void *data)
{
	const struct nlattr *attr, *inner;
	struct guard_state *state = data;

	mnl_attr_for_each(attr, nlh, sizeof(struct nfgenmsg)) {
		if (mnl_attr_get_type(attr) != NFTA_OBJ_DATA)
			continue;
		mnl_attr_for_each_nested(inner, attr) {
			if (mnl_attr_get_type(inner) == NFTA_COUNTER_PACKETS)
				count(&state->packets, inner);
			if (mnl_attr_get_type(inner) == NFTA_COUNTER_BYTES)
				count(&state->bytes, inner);
		}
	}
	return true;
}

/**
 * guard_stands - is there a guard in this network namespace?
 * @state:	result, if there is
 * @e:		why that is not known; @e->err is 0 where there is none
 */
bool guard_stands(struct guard_state *state, struct nl_error *e)
{
	struct request req;
	bool stands;
	struct nl nl;

	memset(state, 0, sizeof(*state));
	if (!nf_open(&nl, e)) {
		/* a kernel without nftables */
		if (e->err == EPROTONOSUPPORT)
			e->err = 0;
		return false;
	}
	nf_request(&nl, &req, NFT_MSG_GETTABLE);
	request_string(&req, NFTA_TABLE_NAME, GUARD_TABLE);
	stands = !nl_request(&nl, &req, table_answer, state, e);
	if (!stands && (e->err == ENOENT || e->err == EINVAL || e->err == EOPNOTSUPP))
		e->err = 0;
	if (stands) {
		nf_request(&nl, &req, NFT_MSG_GETOBJ);
		request_string(&req, NFTA_OBJ_TABLE, GUARD_TABLE);
		request_string(&req, NFTA_OBJ_NAME, GUARD_COUNTER);
		request_u32(&req, NFTA_OBJ_TYPE, htobe32(NFT_OBJECT_COUNTER));
		/* without a counter it is a guard all the same */
		nl_request(&nl, &req, counter_answer, state, e);
	}
	nl_close(&nl);
	return stands;
}

/**
 * guard_sentence - if a guard stands, say what it does
 * @text:	result
 *
 * Return: false: none stands.
 */
bool guard_sentence(char text[GUARD_TEXT])
{
	struct guard_state state;
	struct nl_error e;

	if (!guard_stands(&state, &e))
		return false;
	snprintf(text, GUARD_TEXT,
		 "the guard of %s stands since %s and keeps %s from the Internet (%llu packet%s so far) until an apply succeeds, or natgwctl guard off",
		 state.file, state.since,
		 state.private ?
		 "each private source, as the file is wrong or names no subnet," : "its subnets",
		 (unsigned long long)state.packets, state.packets == 1 ? "" : "s");
	return true;
}

/**
 * guard_warn - say so if a guard stands
 * @ctl:	run
 */
void guard_warn(const struct ctl *ctl)
{
	char text[GUARD_TEXT];

	if (guard_sentence(text))
		warn(ctl, NULL, NULL, "%s", text);
}
