// SPDX-License-Identifier: GPL-2.0
/* Owns the making of a request to the natgw family, and the words that it was made from. */
#include <string.h>

#include <linux/genetlink.h>

#include "request.h"

/**
 * request_init - begin a message of the natgw family
 * @req:	message
 * @cmd:	enum natgw_cmd
 */
void request_init(struct request *req, uint8_t cmd)
{
	struct genlmsghdr *genl;

	/* what is put behind it is padded by libmnl */
	req->full = false;
	req->has_family = false;
	req->n_args = 0;
	req->nlh = mnl_nlmsg_put_header(req->buf);
	genl = mnl_nlmsg_put_extra_header(req->nlh, sizeof(*genl));
	genl->cmd = cmd;
	genl->version = NATGW_GENL_VERSION;
}

void request_u32(struct request *req, uint16_t attr, uint32_t value)
{
	if (!mnl_attr_put_u32_check(req->nlh, sizeof(req->buf), attr, value))
		req->full = true;
}

void request_string(struct request *req, uint16_t attr, const char *value)
{
	if (!mnl_attr_put_strz_check(req->nlh, sizeof(req->buf), attr, value))
		req->full = true;
}

void request_bytes(struct request *req, uint16_t attr, const void *data, size_t len)
{
	if (!mnl_attr_put_check(req->nlh, sizeof(req->buf), attr, len, data))
		req->full = true;
}

/**
 * request_nest - begin a nest
 * @req:	message
 * @attr:	attribute
 *
 * Return: it, for request_nest_end(), or NULL.
 */
struct nlattr *request_nest(struct request *req, uint16_t attr)
{
	struct nlattr *nest = mnl_attr_nest_start_check(req->nlh, sizeof(req->buf), attr);

	if (!nest)
		req->full = true;
	return nest;
}

void request_nest_end(struct request *req, struct nlattr *nest)
{
	if (nest)
		mnl_attr_nest_end(req->nlh, nest);
}

/**
 * request_arg - remember what the end of a message was made from
 * @req:	message
 * @start:	its length before
 * @word:	key of the command line
 * @value:	its value there
 * @len:	bytes of @value
 */
void request_arg(struct request *req, uint32_t start, const char *word, const char *value,
		 size_t len)
{
	if (req->n_args == NL_ARGS)
		return;
	req->args[req->n_args++] = (struct arg){
		.start = start,
		.end = req->nlh->nlmsg_len,
		.word = word,
		.value = value,
		.len = len,
	};
}
