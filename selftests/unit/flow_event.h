/* SPDX-License-Identifier: GPL-2.0 */
/* An event of one host's connection, for the tests of the flow log */
#ifndef FLOW_EVENT_H
#define FLOW_EVENT_H

#include <arpa/inet.h>
#include <linux/natgw.h>

static struct natgw_session_event event(uint8_t type, uint16_t src_port, const char *dst,
					uint64_t opened, uint64_t time)
{
	struct natgw_session_event e = {
		.time = time,
		.opened = opened,
		.src_port = htons(src_port),
		.dst_port = htons(443),
		.port = htons(23817),
		.proto = 6,
		.type = type,
		.reason = NATGW_CLOSE_FIN,
	};

	inet_pton(AF_INET, "10.0.1.4", &e.src);
	inet_pton(AF_INET, dst, &e.dst);
	inet_pton(AF_INET, "203.0.113.10", &e.address);
	return e;
}

#endif
