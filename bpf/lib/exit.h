/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* How a thread or process ended, as wait(2) tells it. */
#ifndef EXIT_H
#define EXIT_H

struct exit_status {
	__s32 code;		/* -1: by a signal */
	__u32 signal;		/* 0: by a code */
	__u32 core;		/* its core was dumped */
	__u32 pad;
};

#endif
