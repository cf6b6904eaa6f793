// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "lib/tool.h"
#include "cpu/numasched.h"
#include "cpu/numasched.skel.h"

#define EVENT struct numasched_event

static const struct column columns[] = {
	COL_ORIGIN(EVENT),
	COL("from", EVENT, from, 5, "NUMA node that it ran on before"),
	COL("to", EVENT, to, 5, "NUMA node that it runs on now"),
	{}
};

static const struct example examples[] = {
	{ "", "each move of a task from one NUMA node to another" },
	{ "-T -n 'postgres*' -o +tid,cpu", "those of a database, with time, thread and CPU" },
	{ "-p 1234", "those of a process" },
	{}
};

TOOL(numasched,
	.summary  = "trace tasks that move from one NUMA node to another",
	.about    = "One line for each time that a task gets a CPU of another node than that on which it ran before.",
	.cost     = "One scheduler tracepoint with a look into a hash at each switch; some 64 bytes for each thread.",
	.caveats  = "A task's first run after the tool has started tells where it is, not that it has moved. On a "
		    "machine with one node nothing can be shown.",
	.state    = "nodes",
	.examples = examples, .columns = columns);
