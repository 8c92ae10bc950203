// SPDX-License-Identifier: GPL-2.0
#include "object.h"

/**
 * drain_text - how far the drain of an object is
 * @buf:	result
 * @drain:	attributes of its kind
 * @tb:		attributes from fields_parse()
 *
 * Return: false if the object is not being drained.
 */
bool drain_text(char buf[DRAIN_TEXT], const struct drain *drain, const struct nlattr *const *tb)
{
	uint32_t sessions, left;
	char time[TIME_TEXT];
	int n;

	if (!drain->left || !tb[drain->left])
		return false;
	sessions = field_u32(tb[drain->sessions]);
	left = field_u32(tb[drain->left]);
	n = snprintf(buf, DRAIN_TEXT, "draining: %u session%s", sessions, sessions == 1 ? "" : "s");
	if (sessions && tb[drain->oldest])
		n += snprintf(buf + n, DRAIN_TEXT - n, ", oldest %s",
			      time_text(time, field_u32(tb[drain->oldest])));
	if (left)
		snprintf(buf + n, DRAIN_TEXT - n, ", ends in %s", time_text(time, left));
	else
		snprintf(buf + n, DRAIN_TEXT - n, ", %s", sessions ? "ends now" : "ended");
	return true;
}
