/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "lib/sock.h"

struct tcpsubnet_value {
	__u64 tx, rx;
};
