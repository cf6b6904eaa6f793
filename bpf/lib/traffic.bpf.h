/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Bytes by process and flow, for tools that show who talks with whom: traffic_user.h in user/lib has their columns. */
#ifndef TRAFFIC_BPF_H
#define TRAFFIC_BPF_H

#include "lib/transfer.bpf.h"
#include "lib/traffic.h"

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);
	__type(key, struct traffic_key);
	__type(value, struct traffic_value);
} flows SEC(".maps");

static __always_inline int traffic_add(const bool direct, const struct sock___own *sk, int bytes, bool sent)
{
	static const struct traffic_value zero;
	struct traffic_key key = {};
	struct traffic_value *value;

	if (!filter_current())
		return 0;
	flow_fill(direct, sk, &key.flow);
	if (!filter_flow(&key.flow))
		return 0;
	key.pid = current_ids() >> 32;
	value = map_get_or_init(&flows, &key, &zero);
	if (!value)
		return 0;
	add(sent ? &value->tx : &value->rx, bytes);
	add(sent ? &value->sends : &value->receives, 1);
	if (!value->comm[0])
		bpf_get_current_comm(value->comm, sizeof(value->comm));
	return 0;
}

#endif
