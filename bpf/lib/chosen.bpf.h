/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The CPUs that packets go to; user space fills it in from struct cpu_list (user/lib/cpu.h). */
#ifndef CHOSEN_BPF_H
#define CHOSEN_BPF_H

const volatile __u32 cpus_chosen = 1;

/* Which CPU is the n-th of those that were chosen. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} chosen SEC(".maps");

/* Of any number. */
static __always_inline __u32 *chosen_cpu(__u32 n)
{
	n %= cpus_chosen;
	return bpf_map_lookup_elem(&chosen, &n);
}

#endif
