// SPDX-License-Identifier: GPL-2.0
#include <arpa/inet.h>
#include <err.h>
#include <linux/genetlink.h>
#include <linux/natgw.h>
#include <linux/netlink.h>
#include <netlink/genl/genl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "nl_client.h"

static int from_hex(const char *hex, unsigned char *buf, int size)
{
	int n = 0, used;
	unsigned int byte;

	while (*hex && n < size && sscanf(hex, "%2x%n", &byte, &used) == 1 && used == 2) {
		buf[n++] = byte;
		hex += 2;
	}
	return *hex ? -1 : n;
}

/* 10.0.0.0/16 as a nest natgw_a_prefix */
int put_cidr(struct nl_msg *msg, int type, const char *value)
{
	struct nlattr *nest = nla_nest_start(msg, type);
	char addr[INET_ADDRSTRLEN] = "";
	unsigned int len = 32;
	struct in_addr in;

	if (!nest || sscanf(value, "%15[0-9.]/%u", addr, &len) < 1 ||
	    inet_pton(AF_INET, addr, &in) != 1 ||
	    nla_put_u32(msg, NATGW_A_PREFIX_FAMILY, AF_INET) ||
	    nla_put(msg, NATGW_A_PREFIX_PREFIX, sizeof(in), &in) ||
	    nla_put_u32(msg, NATGW_A_PREFIX_PREFIX_LENGTH, len))
		return -1;
	return nla_nest_end(msg, nest);
}

static int put_value(struct nl_msg *msg, const struct attr *attr, int type, const char *value)
{
	struct in_addr in;

	switch (attr->type) {
	case U32:
		return nla_put_u32(msg, type, strtoul(value, NULL, 0));
	case U64:
		return nla_put_u64(msg, type, strtoull(value, NULL, 0));
	case STR:
		return nla_put_string(msg, type, value);
	case ADDR:
		if (inet_pton(AF_INET, value, &in) != 1)
			return -1;
		return nla_put(msg, type, sizeof(in), &in);
	case CIDR:
		return put_cidr(msg, type, value);
	default:
		return -1;
	}
}

static int put_word(struct nl_msg *msg, const struct command *c, char *word)
{
	char *value = strchr(word, '='), *form;
	unsigned char buf[8192];
	int type, len, tail;
	void *p;

	if (!value)
		return -1;
	*value++ = '\0';
	if (!strcmp(word, "raw")) {
		len = from_hex(value, buf, sizeof(buf));
		p = len < 0 ? NULL : nlmsg_reserve(msg, len, 0);
		if (!p)
			return -1;
		memcpy(p, buf, len);
		return 0;
	}
	form = strchr(word, ':');
	if (form)
		*form++ = '\0';
	type = *word == '#' ? atoi(word + 1) : find_attr(c, word);
	if (type < 0)
		return -1;
	if (!form && *word != '#')
		return put_value(msg, &c->attrs[type], type, value);
	len = from_hex(value, buf, sizeof(buf));
	if (len < 0)
		return -1;
	if (form && !strcmp(form, "nest"))
		type |= NLA_F_NESTED;
	tail = nla_put(msg, type, len, buf);
	return tail;
}

struct nl_msg *build(const struct command *c, int family, char *words)
{
	struct nl_msg *msg = nlmsg_alloc_size(65536);
	struct genlmsghdr *hdr;
	char *word, *save;

	if (!msg)
		errx(3, "no memory");
	hdr = genlmsg_put(msg, NL_AUTO_PORT, NL_AUTO_SEQ, family, 0, NLM_F_REQUEST | NLM_F_ACK,
			  c->cmd, NATGW_GENL_VERSION);
	if (!hdr)
		errx(3, "no memory");
	for (word = strtok_r(words, " ", &save); word; word = strtok_r(NULL, " ", &save)) {
		if (!strcmp(word, "dump")) {
			nlmsg_hdr(msg)->nlmsg_flags |= NLM_F_DUMP;
		} else if (put_word(msg, c, word)) {
			nlmsg_free(msg);
			return NULL;
		}
	}
	return msg;
}

const char *errno_name(int error)
{
	const char *name = strerrorname_np(error);

	return name ? name : "?";
}

/* Which attribute of our own message begins at this offset */
static const char *attr_at(const struct command *c, struct nlmsghdr *sent, unsigned int offset)
{
	struct nlattr *nla;
	int rem;

	nlmsg_for_each_attr(nla, sent, GENL_HDRLEN, rem)
		if ((char *)nla - (char *)sent == (long)offset)
			return attr_name(c, nla_type(nla));
	return "?";
}

void print_error(const struct command *c, struct nlmsghdr *sent, struct nlmsghdr *nlh)
{
	struct nlmsgerr *e = nlmsg_data(nlh);
	unsigned int skip = sizeof(*e);
	const char *sentence = "";
	char where[64] = "";
	struct nlattr *nla;
	int rem;

	/* Behind the error lies our message, or with NLM_F_CAPPED its header. */
	if (!(nlh->nlmsg_flags & NLM_F_CAPPED))
		skip += nlmsg_datalen(&e->msg);
	if (nlh->nlmsg_flags & NLM_F_ACK_TLVS) {
		nla = (void *)((char *)e + NLMSG_ALIGN(skip));
		rem = nlmsg_datalen(nlh) - NLMSG_ALIGN(skip);
		for (; nla_ok(nla, rem); nla = nla_next(nla, &rem)) {
			if (nla_type(nla) == NLMSGERR_ATTR_MSG)
				sentence = nla_get_string(nla);
			else if (nla_type(nla) == NLMSGERR_ATTR_OFFS)
				snprintf(where, sizeof(where), " %s",
					 attr_at(c, sent, nla_get_u32(nla)));
			else if (nla_type(nla) == NLMSGERR_ATTR_MISS_TYPE)
				snprintf(where, sizeof(where), " missing %s",
					 attr_name(c, nla_get_u32(nla)));
		}
	}
	printf("error %s%s: %s", errno_name(-e->error), where, sentence);
}

static void print_cidr(struct nlattr *nest)
{
	char text[INET_ADDRSTRLEN] = "?";
	unsigned int len = 0;
	struct nlattr *nla;
	int rem;

	nla_for_each_nested(nla, nest, rem) {
		if (nla_type(nla) == NATGW_A_PREFIX_PREFIX)
			inet_ntop(AF_INET, nla_data(nla), text, sizeof(text));
		else if (nla_type(nla) == NATGW_A_PREFIX_PREFIX_LENGTH)
			len = nla_get_u32(nla);
	}
	printf("%s/%u", text, len);
}

void print_attrs(const struct command *c, struct nlmsghdr *nlh)
{
	char text[INET_ADDRSTRLEN];
	struct nlattr *nla;
	int rem;

	nlmsg_for_each_attr(nla, nlh, GENL_HDRLEN, rem) {
		unsigned int type = nla_type(nla);

		if (type >= c->n || !c->attrs[type].name)
			continue;
		printf(" %s=", c->attrs[type].name);
		switch (c->attrs[type].type) {
		case U32:
			printf("%u", nla_get_u32(nla));
			break;
		case U64:
			printf("%llu", (unsigned long long)nla_get_u64(nla));
			break;
		case STR:
			printf("%s", nla_get_string(nla));
			break;
		case ADDR:
			printf("%s", inet_ntop(AF_INET, nla_data(nla), text, sizeof(text)));
			break;
		case CIDR:
			print_cidr(nla);
			break;
		default:
			printf("...");
		}
	}
}
