// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <linux/genetlink.h>
#include <linux/netlink.h>

#include "nl.h"

/** DUMP_TRIES - how often an interrupted dump is begun again */
#define DUMP_TRIES	20
/** EVENT_BYTES - of events that wait: a transaction tells of each object that it changed */
#define EVENT_BYTES	(8 << 20)

/**
 * struct pile - copies of the messages of a dump, until it proves consistent
 * @data:	messages, one behind the other, aligned
 * @len:	bytes in use
 * @size:	bytes allocated
 */
struct pile {
	char *data;
	size_t len;
	size_t size;
};

static int local_error(struct nl_error *e, int err)
{
	memset(e, 0, sizeof(*e));
	e->err = err;
	return -1;
}

/* The type of the request's attribute that holds an offset; inside of a nest, the nest's type */
static uint16_t attr_at(const struct request *req, uint32_t offset)
{
	const struct nlattr *attr;

	mnl_attr_for_each(attr, req->nlh, sizeof(struct genlmsghdr))
		if (offset >= (size_t)((const char *)attr - req->buf) &&
		    offset < (size_t)((const char *)mnl_attr_next(attr) - req->buf))
			return mnl_attr_get_type(attr);
	return 0;
}

/*
 * The status of an acknowledgment, or of the end of a dump. Return: offset of the
 * attributes behind it in the payload, 0 if there are none.
 */
static size_t status_parse(const struct nlmsghdr *nlh, struct nl_error *e)
{
	size_t skip = MNL_ALIGN(sizeof(int)), len = mnl_nlmsg_get_payload_len(nlh);
	const void *payload = mnl_nlmsg_get_payload(nlh);
	struct nlmsgerr ack;
	int err;

	if (len < sizeof(err)) {
		/* Old kernels end a dump without a status */
		if (nlh->nlmsg_type != NLMSG_DONE)
			e->err = EBADMSG;
		return 0;
	}
	memcpy(&err, payload, sizeof(err));
	e->err = err < 0 ? -err : 0;

	if (nlh->nlmsg_type == NLMSG_ERROR) {
		if (len < sizeof(ack)) {
			e->err = EBADMSG;
			return 0;
		}
		memcpy(&ack, payload, sizeof(ack));
		skip = sizeof(ack);
		if (!(nlh->nlmsg_flags & NLM_F_CAPPED) && ack.msg.nlmsg_len > sizeof(ack.msg))
			skip += MNL_ALIGN(ack.msg.nlmsg_len - sizeof(ack.msg));
	}
	return nlh->nlmsg_flags & NLM_F_ACK_TLVS && skip < len ? skip : 0;
}

/* One attribute behind a status. @nest: offset of the nest that something lacks in */
static void status_attr(const struct request *req, const struct nlattr *attr, struct nl_error *e,
			uint32_t *nest)
{
	bool text = mnl_attr_get_type(attr) == NLMSGERR_ATTR_MSG;

	if (mnl_attr_validate(attr, text ? MNL_TYPE_NUL_STRING : MNL_TYPE_U32) < 0)
		return;
	switch (mnl_attr_get_type(attr)) {
	case NLMSGERR_ATTR_MSG:
		snprintf(e->text, sizeof(e->text), "%s", mnl_attr_get_str(attr));
		break;
	case NLMSGERR_ATTR_OFFS:
		if (e->missing)
			break;
		e->attr = attr_at(req, mnl_attr_get_u32(attr));
		e->offset = e->attr ? mnl_attr_get_u32(attr) : 0;
		break;
	case NLMSGERR_ATTR_MISS_NEST:
		*nest = mnl_attr_get_u32(attr);
		break;
	case NLMSGERR_ATTR_MISS_TYPE:
		e->attr = mnl_attr_get_u32(attr);
		e->offset = 0;
		e->missing = true;
		break;
	}
}

/**
 * nl_error_parse - read an acknowledgment, or the end of a dump
 * @req:	message that it answers
 * @nlh:	NLMSG_ERROR or NLMSG_DONE, its length checked by mnl_nlmsg_ok()
 * @e:		result; @e->err is 0 for success, @e->text may hold a warning then
 */
void nl_error_parse(const struct request *req, const struct nlmsghdr *nlh, struct nl_error *e)
{
	const char *p = mnl_nlmsg_get_payload(nlh);
	const struct nlattr *attr;
	uint32_t nest = 0;
	size_t skip;

	memset(e, 0, sizeof(*e));
	skip = status_parse(nlh, e);
	if (!skip)
		return;
	mnl_attr_for_each_payload((const void *)(p + skip), mnl_nlmsg_get_payload_len(nlh) - skip)
		status_attr(req, attr, e, &nest);
	/* An attribute is missing in a nest: the words that the nest was made of are at fault */
	if (e->missing && nest) {
		e->attr = attr_at(req, nest);
		e->offset = e->attr ? nest : 0;
		e->missing = false;
	}
}

static int request_send(struct nl *nl, struct request *req, uint16_t flags, struct nl_error *e)
{
	if (req->full)
		return local_error(e, EMSGSIZE);
	req->nlh->nlmsg_type = nl->family;
	req->nlh->nlmsg_flags = NLM_F_REQUEST | flags;
	req->nlh->nlmsg_seq = ++nl->seq;
	req->nlh->nlmsg_pid = nl->port;
	if (mnl_socket_sendto(nl->sock, req->nlh, req->nlh->nlmsg_len) < 0)
		return local_error(e, errno);
	return 0;
}

/*
 * Receives the next datagram whole: one object may be longer than the buffer, and the rest
 * of the datagram would be lost. Return: its bytes, or -1 with errno.
 */
static ssize_t datagram_receive(struct nl *nl)
{
	ssize_t size = recv(mnl_socket_get_fd(nl->sock), NULL, 0, MSG_PEEK | MSG_TRUNC);
	char *bigger;

	if (size < 0)
		return size;
	if ((size_t)size > nl->size) {
		bigger = realloc(nl->buf, size);
		if (!bigger)
			abort();
		nl->buf = bigger;
		nl->size = size;
	}
	return mnl_socket_recvfrom(nl->sock, nl->buf, nl->size);
}

/*
 * Read up to the acknowledgment or the end of the dump. Not mnl_cb_run(): it
 * gives up at NLM_F_DUMP_INTR and drops the messages behind it.
 */
static int request_answer(struct nl *nl, const struct request *req, bool *changed,
			  nl_answer answer, void *data, struct nl_error *e)
{
	const struct nlmsghdr *nlh;
	bool malformed = false;
	ssize_t got;
	int len;

	for (;;) {
		got = datagram_receive(nl);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return local_error(e, errno);
		len = got;
		for (nlh = (struct nlmsghdr *)nl->buf; mnl_nlmsg_ok(nlh, len);
		     nlh = mnl_nlmsg_next(nlh, &len)) {
			if (nl->event && !nlh->nlmsg_seq && nlh->nlmsg_type == nl->family &&
			    nlh->nlmsg_len >= mnl_nlmsg_size(sizeof(struct genlmsghdr)))
				malformed |= !nl->event(nlh, nl->event_data);
			if (nlh->nlmsg_seq != req->nlh->nlmsg_seq ||
			    nlh->nlmsg_pid != nl->port)
				continue;
			if (nlh->nlmsg_flags & NLM_F_DUMP_INTR)
				*changed = true;
			switch (nlh->nlmsg_type) {
			case NLMSG_NOOP:
				break;
			case NLMSG_OVERRUN:
				return local_error(e, ENOBUFS);
			case NLMSG_ERROR:
			case NLMSG_DONE:
				nl_error_parse(req, nlh, e);
				if (!e->err && malformed) {
					e->err = EBADMSG;
					e->malformed = true;
				}
				return e->err ? -1 : 0;
			default:
				if (malformed || !answer)
					break;
				malformed = nlh->nlmsg_len <
					mnl_nlmsg_size(sizeof(struct genlmsghdr)) ||
					!answer(nlh, data);
			}
		}
	}
}

/**
 * nl_request - one request and its answer
 * @nl:		socket
 * @req:	message
 * @answer:	takes the messages of the answer, or NULL
 * @data:	for @answer
 * @e:		why it failed; a warning in @e->text if it did not
 *
 * Return: 0, or -1.
 */
int nl_request(struct nl *nl, struct request *req, nl_answer answer, void *data,
	       struct nl_error *e)
{
	bool changed = false;

	if (request_send(nl, req, NLM_F_ACK, e))
		return -1;
	return request_answer(nl, req, &changed, answer, data, e);
}

static bool pile_add(const struct nlmsghdr *nlh, void *data)
{
	size_t len = MNL_ALIGN(nlh->nlmsg_len);
	struct pile *pile = data;
	char *bigger;

	if (pile->len + len > pile->size) {
		pile->size = 2 * pile->size + len + 4096;
		bigger = realloc(pile->data, pile->size);
		if (!bigger)
			abort();
		pile->data = bigger;
	}
	memset(pile->data + pile->len, 0, len);
	memcpy(pile->data + pile->len, nlh, nlh->nlmsg_len);
	pile->len += len;
	return true;
}

static int pile_walk(const struct pile *pile, nl_answer answer, void *data, struct nl_error *e)
{
	const struct nlmsghdr *nlh;
	size_t at;

	for (at = 0; at < pile->len; at += MNL_ALIGN(nlh->nlmsg_len)) {
		nlh = (const struct nlmsghdr *)(pile->data + at);
		if (!answer(nlh, data)) {
			local_error(e, EBADMSG);
			e->malformed = true;
			return -1;
		}
	}
	return 0;
}

/**
 * nl_dump - ask for all objects, or all that match
 * @nl:		socket
 * @req:	message
 * @mode:	enum nl_dump_mode
 * @answer:	takes each message
 * @data:	for @answer
 * @e:		why it failed; a warning in @e->text if it did not
 *
 * Return: 0, 1 if what was handed on may be neither old nor new, or -1.
 */
int nl_dump(struct nl *nl, struct request *req, enum nl_dump_mode mode, nl_answer answer,
	    void *data, struct nl_error *e)
{
	struct pile pile = {};
	bool changed = false;
	int ret, tries;

	if (mode == NL_DUMP_STREAM) {
		if (request_send(nl, req, NLM_F_DUMP, e))
			return -1;
		ret = request_answer(nl, req, &changed, answer, data, e);
		return ret ? ret : changed;
	}

	for (tries = 0; tries < DUMP_TRIES; tries++) {
		pile.len = 0;
		changed = false;
		ret = request_send(nl, req, NLM_F_DUMP, e);
		if (!ret)
			ret = request_answer(nl, req, &changed, pile_add, &pile, e);
		if (ret || !changed)
			break;
	}
	if (!ret)
		ret = pile_walk(&pile, answer, data, e);
	free(pile.data);
	return ret ? ret : changed;
}

/* What does the kernel say about the family? */
static int family_request(struct nl *nl, nl_answer answer, void *data, struct nl_error *e)
{
	uint16_t family = nl->family;
	struct genlmsghdr *genl;
	struct request req;
	int ret;

	request_init(&req, CTRL_CMD_GETFAMILY);
	genl = mnl_nlmsg_get_payload(req.nlh);
	genl->version = 1;
	request_string(&req, CTRL_ATTR_FAMILY_NAME, NATGW_GENL_NAME);
	nl->family = GENL_ID_CTRL;
	ret = nl_request(nl, &req, answer, data, e);
	nl->family = family;
	return ret;
}

/**
 * struct group - a multicast group wanted
 * @name:	name
 * @id:		result, 0 while not found
 */
struct group {
	const char *name;
	uint32_t id;
};

static bool group_answer(const struct nlmsghdr *nlh, void *data)
{
	const struct nlattr *groups, *entry, *attr;
	struct group *group = data;
	const char *name;
	uint32_t id;

	mnl_attr_for_each(groups, nlh, sizeof(struct genlmsghdr)) {
		if (mnl_attr_get_type(groups) != CTRL_ATTR_MCAST_GROUPS)
			continue;
		mnl_attr_for_each_nested(entry, groups) {
			name = NULL;
			id = 0;
			mnl_attr_for_each_nested(attr, entry) {
				if (mnl_attr_get_type(attr) == CTRL_ATTR_MCAST_GRP_ID &&
				    mnl_attr_validate(attr, MNL_TYPE_U32) == 0)
					id = mnl_attr_get_u32(attr);
				if (mnl_attr_get_type(attr) == CTRL_ATTR_MCAST_GRP_NAME &&
				    mnl_attr_validate(attr, MNL_TYPE_NUL_STRING) == 0)
					name = mnl_attr_get_str(attr);
			}
			if (name && !strcmp(name, group->name))
				group->id = id;
		}
	}
	return true;
}

/**
 * nl_group - find a multicast group of the family
 * @nl:		socket
 * @name:	its name
 * @group:	its id
 * @e:		why not; ENOENT: the family has no such group
 *
 * Return: 0, or -1.
 */
int nl_group(struct nl *nl, const char *name, uint32_t *group, struct nl_error *e)
{
	struct group wanted = { .name = name };

	if (family_request(nl, group_answer, &wanted, e))
		return -1;
	if (!wanted.id)
		return local_error(e, ENOENT);
	*group = wanted.id;
	return 0;
}

/**
 * nl_join - hear the events of a multicast group
 * @nl:		socket; from now on for nl_receive() alone, requests would lose events
 * @group:	its id
 * @e:		why not
 *
 * Return: 0, or -1.
 */
int nl_join(struct nl *nl, uint32_t group, struct nl_error *e)
{
	int fd = mnl_socket_get_fd(nl->sock), id = group, bytes = EVENT_BYTES;

	/* Beyond net.core.rmem_max where that is permitted */
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof(bytes)) < 0)
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof(bytes));
	if (mnl_socket_setsockopt(nl->sock, NETLINK_ADD_MEMBERSHIP, &id, sizeof(id)) < 0)
		return local_error(e, errno);
	return 0;
}

/**
 * nl_receive - take the events of one datagram
 * @nl:		socket, readable
 * @event:	takes each message
 * @data:	for @event
 * @e:		why not; ENOBUFS: events were lost
 *
 * Return: 0, or -1.
 */
int nl_receive(struct nl *nl, nl_answer event, void *data, struct nl_error *e)
{
	const struct nlmsghdr *nlh;
	ssize_t got;
	int len;

	got = datagram_receive(nl);
	if (got < 0)
		return errno == EINTR ? 0 : local_error(e, errno);
	len = got;
	for (nlh = (struct nlmsghdr *)nl->buf; mnl_nlmsg_ok(nlh, len);
	     nlh = mnl_nlmsg_next(nlh, &len)) {
		if (nlh->nlmsg_type < NLMSG_MIN_TYPE)
			continue;
		if (nlh->nlmsg_len < mnl_nlmsg_size(sizeof(struct genlmsghdr)) ||
		    !event(nlh, data)) {
			local_error(e, EBADMSG);
			e->malformed = true;
			return -1;
		}
	}
	return 0;
}

/**
 * nl_family_gone - was the family taken away, with its module?
 * @nl:		socket
 * @nlh:	event of the kernel's family of families
 */
bool nl_family_gone(const struct nl *nl, const struct nlmsghdr *nlh)
{
	const struct genlmsghdr *genl = mnl_nlmsg_get_payload(nlh);
	const struct nlattr *attr;

	if (genl->cmd != CTRL_CMD_DELFAMILY)
		return false;
	mnl_attr_for_each(attr, nlh, sizeof(*genl))
		if (mnl_attr_get_type(attr) == CTRL_ATTR_FAMILY_ID &&
		    mnl_attr_validate(attr, MNL_TYPE_U16) == 0 &&
		    mnl_attr_get_u16(attr) == nl->family)
			return true;
	return false;
}

static bool family_answer(const struct nlmsghdr *nlh, void *data)
{
	const struct nlattr *attr;
	uint16_t *id = data;

	mnl_attr_for_each(attr, nlh, sizeof(struct genlmsghdr)) {
		if (mnl_attr_get_type(attr) != CTRL_ATTR_FAMILY_ID)
			continue;
		if (mnl_attr_validate(attr, MNL_TYPE_U16) < 0)
			return false;
		*id = mnl_attr_get_u16(attr);
	}
	return true;
}

/**
 * nl_open - open a socket and find the family
 * @nl:		socket
 * @e:		why not; ENOENT: the kernel has no such family
 *
 * The look-up makes the kernel load the module where modprobe knows it.
 *
 * Return: 0, or -1.
 */
int nl_open(struct nl *nl, struct nl_error *e)
{
	uint16_t family = 0;
	int one = 1;

	memset(nl, 0, sizeof(*nl));
	nl->size = NL_BUFFER_SIZE;
	nl->buf = malloc(nl->size);
	nl->sock = mnl_socket_open2(NETLINK_GENERIC, SOCK_CLOEXEC);
	if (!nl->buf || !nl->sock ||
	    mnl_socket_setsockopt(nl->sock, NETLINK_EXT_ACK, &one, sizeof(one)) < 0 ||
	    mnl_socket_setsockopt(nl->sock, NETLINK_CAP_ACK, &one, sizeof(one)) < 0 ||
	    mnl_socket_bind(nl->sock, 0, MNL_SOCKET_AUTOPID) < 0) {
		local_error(e, errno);
		goto fail;
	}
	nl->port = mnl_socket_get_portid(nl->sock);

	if (family_request(nl, family_answer, &family, e))
		goto fail;
	if (!family) {
		local_error(e, EBADMSG);
		goto fail;
	}
	nl->family = family;
	return 0;
fail:
	nl_close(nl);
	return -1;
}

/**
 * nl_close - close a socket; the kernel forgets a transaction open on it
 * @nl:		socket, may be closed
 */
void nl_close(struct nl *nl)
{
	if (nl->sock)
		mnl_socket_close(nl->sock);
	free(nl->buf);
	nl->sock = NULL;
	nl->buf = NULL;
}
