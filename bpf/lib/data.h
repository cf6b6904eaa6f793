/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What a call moved, or a piece of it: the last member of an event. */
#ifndef DATA_H
#define DATA_H

#include "lib/shared.h"

#define DATA_PIECE  8192	/* in one record */
#define DATA_PIECES 32		/* of one call */
#define DATA_PARTS  64		/* of a call's iovecs, or pieces of them */

struct data {
	__u64 length;		/* that the call moved */
	__u32 offset;		/* of what is here, in it */
	__u32 size;		/* of what is here */
	__u32 last;		/* no more of the call comes */
	__u32 pad;
	char bytes[];
};

#endif
