// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <string.h>
#include "lib/query.h"
#include "app/dbslower.h"
#include "app/dbslower.skel.h"

#define EVENT struct dbslower_event

static const struct opt opts[] = {
	OPT_TIME('m', "min", "TIME", dbslower, shortest, MSEC, "queries that took at least that long, 1ms unless told; a bare number is milliseconds"),
	OPT('Z', "string-size", "BYTES", dbslower, query_size, "how much of a query is shown; 256 bytes unless told", .min = 2, .max = QUERY_LEN),
	OPT_QUERY,
	{}
};

static void show_query(struct out *out, const struct column *c, const void *row)
{
	const EVENT *e = row;

	if (e->length)
		out_bytes(out, e->query, e->length - 1);
	else
		out_nothing(out);
}

static const struct column columns[] = {
	COL_ORIGIN(EVENT),
	COL_NSEC("latency", "ms", EVENT, took, 11, "from its beginning to its end"),
	COL_OWN("query", show_query, 0, "its text, as the client sent it"),
	{}
};

static const struct example examples[] = {
	{ "", "queries that take a millisecond or more, of all servers that run" },
	{ "-m 0 -p 181", "all queries of one process" },
	{ "-m 100 -x /opt/mysql/bin/mysqld mysql", "slow ones of a server that is started later" },
	{}
};

static const struct alias aliases[] = { { "mysqld_qslower", "--mysql" }, {} };

TOOL(dbslower,
	.summary  = "trace slow queries of PostgreSQL, MySQL and MariaDB",
	.about    = "A row for each query as it ends. Where the server's program has markers (USDT) query__start and query__done they are "
		    "used, as in Debian's PostgreSQL; in MySQL and MariaDB without them the function dispatch_command(). Which of them "
		    "it is --explain and -v tell.",
	.cost     = "Two probes for each query.",
	.caveats  = QUERY_CAVEATS,
	.aliases  = aliases, .examples = examples, .opts = opts, .columns = columns, .setup = query_setup, .attach = query_attach,
	.caps     = POINTS_CAPS, .args = QUERY_ARGS, .state = "queries");
