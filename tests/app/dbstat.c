// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "spin.h"
#include "queries.h"

TEST(dbstat, "how long queries took, by markers and by a function; by process; only slow ones")
{
	struct seen *child = seen_new("server", serve, NULL);
	const char *pid = text("%d", child->child.pid), *self = text("/proc/%d/exe", getpid());
	struct job *mysql = tool_start("dbstat", "-x", self, "-p", pid, "--mysql");
	struct job *postgres = tool_start("dbstat", "-x", self, "-p", pid, "-P", "-m", "20", "postgres");
	json_t *r;

	seen_run(child);
	tool_stop(mysql);
	tool_stop(postgres);
	seen_end(child);
	r = row(mysql);
	CHECK_BETWEEN(3 - missed_allowed(mysql), number(r, "count"), 3);
	CHECK_BETWEEN((2 - missed_allowed(mysql)) * (double)NAP, number(r, "sum_ns"), 120e9 * slow());
	r = row(postgres, IS("pid", child->child.pid));
	/* a busy machine may make all four slow */
	CHECK_BETWEEN(2 - missed_allowed(postgres), number(r, "count"), 4);
	CHECK_EQ(rows(postgres), 1);
}
