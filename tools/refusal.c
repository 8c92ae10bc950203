// SPDX-License-Identifier: GPL-2.0
/*
 * The kernel's refusals in the words of the command line: it knows neither the unit in
 * which a time was typed nor the verb. Called by kernel_error().
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <linux/genetlink.h>

#include "parse.h"
#include "refusal.h"

/**
 * refusal_times - write the times of a refusal in the units in which the user typed his
 * @buf:	result
 * @why:	the kernel's sentence, with seconds like 300s
 * @typed:	value at fault as the user typed it. It is repeated as typed; other times get
 *		minutes and hours unless @typed has seconds alone
 */
void refusal_times(char buf[REFUSAL_TEXT], const char *why, const char *typed)
{
	bool units = strpbrk(typed, "mMhH");
	struct parse_error e;
	char time[TIME_TEXT];
	unsigned long secs;
	uint32_t given;
	size_t n = 0;
	char *end;

	if (!units || !parse_time(typed, false, &given, &e)) {
		snprintf(buf, REFUSAL_TEXT, "%s", why);
		return;
	}
	while (*why && n + TIME_TEXT < REFUSAL_TEXT) {
		end = NULL;
		secs = isdigit((unsigned char)*why) ? strtoul(why, &end, 10) : 0;
		if (end && *end == 's' && !isalnum((unsigned char)end[1]) && secs <= UINT32_MAX) {
			n += snprintf(buf + n, TIME_TEXT, "%.*s", TIME_TEXT - 1,
				      secs == given ? typed : time_text(time, secs));
			why = end + 1;
			continue;
		}
		/* A word or number that is no time, whole */
		do {
			buf[n++] = *why++;
		} while (isalnum((unsigned char)why[-1]) && isalnum((unsigned char)*why) &&
			 n + TIME_TEXT < REFUSAL_TEXT);
	}
	buf[n] = 0;
}

/* The cluster of "..., use: natgwctl cluster set NAME"; or NULL */
static const char *set_cluster(const char *why)
{
	static const char advice[] = "use: natgwctl cluster set ";
	const char *at = strstr(why, advice);

	at = at ? at + strlen(advice) : NULL;
	return at && *at && !strchr(at, ' ') ? at : NULL;
}

/**
 * refusal_hint - what to type, where the kernel's advice does not fit the verb
 * @buf:	result
 * @req:	request that was refused
 * @why:	the kernel's sentence
 *
 * Return: false where there is nothing to add.
 */
bool refusal_hint(char buf[REFUSAL_TEXT], const struct request *req, const char *why)
{
	const struct genlmsghdr *genl = mnl_nlmsg_get_payload(req->nlh);
	const char *cluster = set_cluster(why);

	switch (genl->cmd) {
	case NATGW_CMD_GATEWAY_DEL:
	case NATGW_CMD_ADDRESS_DEL:
	case NATGW_CMD_SUBNET_DEL:
	case NATGW_CMD_VNET_DEL:
		break;
	default:
		return false;
	}
	if (!cluster)
		return false;
	/* Deleting the cluster does not delete the operator's addresses, but frees them */
	if (strstr(why, " is used by cluster "))
		snprintf(buf, REFUSAL_TEXT,
			 "to free it: natgwctl cluster set %s outbound-ips OTHER-IP", cluster);
	else
		snprintf(buf, REFUSAL_TEXT, "to delete it: natgwctl cluster del %s", cluster);
	return true;
}
