// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "lib/tool.bpf.h"
#include "lib/transfer.bpf.h"
#include "tcptop.h"

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);
	__type(key, struct tcptop_key);
	__type(value, struct tcptop_value);
} flows SEC(".maps");

ON_TRANSFER
{
	static const struct tcptop_value zero;
	struct tcptop_key key = {};
	struct tcptop_value *value;

	if (READ(sk, sk_protocol) != IPPROTO_TCP || !filter_current())
		return 0;
	flow_fill(direct, sk, &key.flow);
	if (!filter_flow(&key.flow))
		return 0;
	key.pid = current_ids() >> 32;
	value = map_get_or_init(&flows, &key, &zero);
	if (!value)
		return 0;
	add(sent ? &value->tx : &value->rx, bytes);
	if (!value->comm[0])
		bpf_get_current_comm(value->comm, sizeof(value->comm));
	return 0;
}
