// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "lib/query.h"
#include "app/dbstat.h"
#include "app/dbstat.skel.h"

#define KEY struct dbstat_key

static const struct opt opts[] = {
	OPT_UNIT(0, "microseconds", dbstat, unit, USEC, "in microseconds; milliseconds otherwise"),
	OPT('P', "pids", NULL, dbstat, by_process, "a histogram for each process", KEYED("pid")),
	OPT_TIME('m', "min", "TIME", dbstat, shortest, MSEC, "only queries that took at least that long; a bare number is milliseconds"),
	OPT_QUERY,
	{}
};

static const struct column columns[] = {
	COL("pid", KEY, pid, 7, "process id", HIDDEN),
	{}
};

static const struct example examples[] = {
	{ "-d 10", "how long queries of all servers that run take, during ten seconds" },
	{ "-P --microseconds -i 1 postgres", "of PostgreSQL, each backend for itself, second by second" },
	{ "--percentiles mysql", "percentiles for MySQL or MariaDB" },
	{}
};

TOOL(dbstat,
	.summary  = "how long queries of PostgreSQL, MySQL and MariaDB take, as a histogram",
	.about    = "From where a query begins to where it ends, as dbslower sees it: by markers (USDT) of the server's program, else by its "
		    "function dispatch_command().",
	.cost     = "Two probes for each query.",
	.caveats  = QUERY_CAVEATS,
	.examples = examples, .opts = opts, .columns = columns, .setup = query_setup, .attach = query_attach, .state = "queries",
	.caps     = POINTS_CAPS, .args = QUERY_ARGS,
	.table    = HISTS("hists", KEY, "msecs", DIVIDE(dbstat, unit), .average = true));
