// SPDX-License-Identifier: GPL-2.0
/* mark start|stop: tells profile.c, outside the guest, what to count */
#include <string.h>

#include "mark.h"

#define STRING(x)	#x
#define NOP(which)	asm volatile("nopl " STRING(which) "(%rax)")

int main(int argc, char **argv)
{
	if (argc == 2 && !strcmp(argv[1], "start"))
		NOP(MARK_START);
	else if (argc == 2 && !strcmp(argv[1], "stop"))
		NOP(MARK_STOP);
	else
		return 1;
	return 0;
}
