// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "lib/tool.bpf.h"
#include "lib/traffic.bpf.h"

ON_TRANSFER
{
	return READ(sk, sk_protocol) == IPPROTO_UDP ? traffic_add(direct, sk, bytes, sent) : 0;
}
