/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The user side of bpf/lib/traffic.bpf.h. */
#ifndef TRAFFIC_USER_H
#define TRAFFIC_USER_H

#include "lib/sock_user.h"
#include "lib/traffic.h"

struct traffic_row {
	struct traffic_key key;
	struct traffic_value value;
	__u64 total;
};

bool traffic_row(struct run *run, void *row);

#define COL_TRAFFIC								\
	COL("pid", struct traffic_row, key.pid, 7, "process that wrote and read"), \
	COL("comm", struct traffic_row, value.comm, -12, "its command name"),	\
	COL_FLOW(struct traffic_row, key.flow),					\
	COL_AS(L_SIZE, "rx", struct traffic_row, value.rx, 6, "bytes that it read"), \
	COL_AS(L_SIZE, "tx", struct traffic_row, value.tx, 6, "bytes that it wrote"), \
	COL_AS(L_SIZE, "total", struct traffic_row, total, 6, "both", HIDDEN),	\
	COL("receives", struct traffic_row, value.receives, 8, "calls that read something", HIDDEN), \
	COL("sends", struct traffic_row, value.sends, 8, "calls that wrote something", HIDDEN)

/* For TOOL(). */
#define TRAFFIC									\
	.setup = sock_transfers, .optional = "send6 receive6 sendpage",		\
	.table = ROWS("flows", struct traffic_row, "total", .screen = true, .adds = offsetof(struct traffic_value, comm), \
		      .row = traffic_row)

#endif
