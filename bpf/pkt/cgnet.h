/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef CGNET_H
#define CGNET_H

#include "lib/shared.h"

struct cgnet_key {
	__u64 cgroup;
};

struct cgnet_value {
	__u64 rx, tx;			/* bytes, from IP's header on */
	__u64 rx_packets, tx_packets;
};

#endif
