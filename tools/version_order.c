// SPDX-License-Identifier: GPL-2.0
/* Owns the order of versions. Called by doctor (doctor_version.c). */
#include <stdio.h>
#include <string.h>

#include "version.h"

/**
 * version_order - which of two versions is the older one
 * @a:	version
 * @b:	version
 *
 * As Debian orders them: ~ stands before the end, so 0.9.0~12.g1a2b3c4 comes before 0.9.0, and
 * 0.9.0+1.g1a2b3c4 behind it.
 *
 * Return: less than 0 if @a is older, 0 if both are the same.
 */
int version_order(const char *a, const char *b)
{
	char text[2][VERSION_TEXT], *c;
	const char *from[2] = { a, b };
	unsigned int i;

	for (i = 0; i < 2; i++) {
		/* an end that is more than ~ and less than all else */
		snprintf(text[i], VERSION_TEXT, "%.200s\2", from[i]);
		for (c = text[i]; (c = strchr(c, '~')); )
			*c = '\1';
	}
	return strverscmp(text[0], text[1]);
}
