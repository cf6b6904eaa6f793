// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <string.h>
#include "lib/query.h"
#include "app/dbslower.h"
#include "app/dbslower.skel.h"

#define EVENT struct dbslower_event

static __u32 most;	/* bytes of a query that are kept */

static const struct opt opts[] = {
	OPT_TIME('m', "min", "TIME", dbslower, shortest, MSEC, "queries that took at least that long, 1ms unless told; a bare number is milliseconds"),
	OPT('Z', "string-size", "BYTES", dbslower, query_size, "how much of a query is shown; 256 bytes unless told", .min = 2, .max = QUERY_LEN),
	OPT_QUERY,
	{}
};

/* Of a text that was cut, without the beginning of a character (UTF-8) whose rest isn't there. */
static size_t whole_characters(const char *text, size_t len)
{
	for (size_t back = 1; back < 4 && back <= len; back++) {
		unsigned char c = text[len - back];

		if (c >= 0xc0)
			return back < (c < 0xe0 ? 2U : c < 0xf0 ? 3U : 4U) ? len - back : len;
	}
	return len;
}

static void show_query(struct out *out, const struct column *c, const void *row)
{
	const EVENT *e = row;

	if (e->length)
		out_bytes(out, e->query, e->length == most ? whole_characters(e->query, e->length - 1) : e->length - 1);
	else
		out_nothing(out);
}

static int setup(struct run *run)
{
	most = ((struct dbslower_bpf__rodata *)run->rodata)->query_size;
	return query_setup(run);
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
	.aliases  = aliases, .examples = examples, .opts = opts, .columns = columns, .setup = setup, .attach = query_attach,
	.caps     = POINTS_CAPS, .args = QUERY_ARGS, .state = "queries");
