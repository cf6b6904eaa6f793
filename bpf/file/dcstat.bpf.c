// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "lib/tool.bpf.h"
#include "lib/count.bpf.h"
#include "lib/dcache.bpf.h"
#include "dcstat.h"

COUNTERS(counts, struct dcstat_value);

ON_NAME_REFERENCE(nd)
{
	struct dcstat_value *value = filter_current() ? counter(counts, 1, 0) : NULL;

	if (value)
		add(&value->references, 1);
	return 0;
}

/* Not what paths are walked by: for names to be made, deleted or renamed, and by file systems themselves. */
ON_CALL(d_lookup, void *parent)
{
	struct dcstat_value *value = filter_current() ? counter(counts, 1, 0) : NULL;

	if (value)
		add(&value->slow, 1);
	return 0;
}

ON_NAME_MISS(parent, name)
{
	struct dcstat_value *value = filter_current() ? counter(counts, 1, 0) : NULL;

	if (value)
		add(&value->misses, 1);
	return 0;
}
