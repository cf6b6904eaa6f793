/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Bytes that were moved, as columns: for tools with bpf/lib/data.bpf.h. */
#ifndef DATA_USER_H
#define DATA_USER_H

#include "lib/tool.h"
#include "lib/data.h"

extern bool data_hex;

/* Of columns, whose offset is that of a struct data. */
void data_show(struct out *out, const struct column *c, const void *row);
void data_show_cut(struct out *out, const struct column *c, const void *row);

#define OPT_HEX { .letter = 'x', .name = "hexdump", .value = V_BOOL, .here = &data_hex, .help = "data as hexadecimal numbers" }

#define OPT_DATA(l, n, skel)						\
	OPT(l, n, "SIZE", skel, data_most, "how much of one call's data is shown (8k, 256k at most; 0: lengths only)", \
	    .unit = UNIT_SIZE, .max = DATA_PIECE * DATA_PIECES, .shows = "offset")

#define COL_DATA(type, h)						\
	COL("length", type, data.length, 7, "bytes that the call moved"), \
	COL("offset", type, data.offset, 7, "in them, where the data of this row begins", HIDDEN), \
	COL_OWN("cut", data_show_cut, 7, "bytes that come behind it and are not shown", HIDDEN, .bare_json = true, \
		.offset = offsetof(type, data)), \
	COL_OWN("data", data_show, 0, h "; with --hexdump in hexadecimal numbers", .offset = offsetof(type, data))

#endif
