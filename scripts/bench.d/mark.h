/* SPDX-License-Identifier: GPL-2.0 */
/* Instructions that do nothing, and that profile.c knows when it sees them. */
#ifndef _MARK_H
#define _MARK_H

/* nopl DISPLACEMENT(%rax) */
#define MARK_OPCODE	{ 0x0f, 0x1f, 0x80 }
#define MARK_START	0x4e470001
#define MARK_STOP	0x4e470002

#endif
