// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "lib/tool.bpf.h"
#include "lib/count.bpf.h"
#include "lib/filter.bpf.h"
#include "cpuwalk.h"

const volatile __u64 frequency = 99;	/* for user space */
const volatile bool with_idle;

COUNTERS(cpus, struct cpuwalk_value);

SEC("perf_event")
int sample(void *ctx)
{
	struct cpuwalk_value *value;

	if ((!with_idle && !(__u32)bpf_get_current_pid_tgid()) || !filter_current())
		return 0;
	value = counter(cpus, 1, 0);
	if (value)
		value->count++;
	return 0;
}
