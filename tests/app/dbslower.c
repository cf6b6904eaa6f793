// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* A server of our own: it has the markers that PostgreSQL has, and a function by the name that MariaDB's has. */
#include "spin.h"

#define NAP 20000000ULL

/* A marker as <sys/sdt.h> makes it, with one argument. */
#define MARKER(name, a)                                                                                                \
	__asm__ volatile("990: nop\n"                                                                                  \
			 ".pushsection .note.stapsdt,\"\",\"note\"\n.balign 4\n"                                       \
			 ".4byte 992f-991f, 994f-993f, 3\n991: .asciz \"stapsdt\"\n992: .balign 4\n"                  \
			 "993: .8byte 990b, _.stapsdt.base, 0\n"                                                        \
			 ".asciz \"postgresql\"\n.asciz \"" #name "\"\n.asciz \"8@%0\"\n994: .balign 4\n.popsection\n" \
			 ".ifndef _.stapsdt.base\n"                                                                     \
			 ".pushsection .stapsdt.base,\"aG\",\"progbits\",.stapsdt.base,comdat\n"                        \
			 ".weak _.stapsdt.base\n.hidden _.stapsdt.base\n_.stapsdt.base: .space 1\n"                    \
			 ".size _.stapsdt.base, 1\n.popsection\n.endif\n" ::"r"(a))

enum { COM_QUIT = 1, COM_QUERY = 3 };

void query(int command, void *thread, char *packet, unsigned int length)
	__asm__("_Z16dispatch_command19enum_server_commandP3THDPcjb") SEEN;

/* As MariaDB does, it ends with another text than it began with. */
void query(int command, void *thread, char *packet, unsigned int length)
{
	MARKER(query__start, packet);
	if (length)
		seen_nap(length);
	MARKER(query__done, packet);
	memset(packet, 0, 4);
	seen_after++;
}

static void serve(void *arg)
{
	static const char *const texts[] = {"select 1", "select \"a long one\" from pg_class", "quit", "commit"};
	char packet[64];

	for (int i = 0; i < 4; i++) {
		strcpy(packet, texts[i]);
		query(i == 2 ? COM_QUIT : COM_QUERY, arg, packet, i % 2 ? NAP : 0);
	}
}

TEST(dbslower, "queries by markers and by a function, with their text as it was sent; only slow ones; histograms")
{
	struct seen *child = seen_new("server", serve, NULL);
	const char *pid = text("%d", child->child.pid), *self = text("%d", getpid());
	struct job *job = tool_start("dbslower", "-x", self, "-m", "0", "-v", "-p", pid, "postgres");
	struct job *slow_ones = tool_start("dbslower", "-x", self, "-m", "20", "-Z", "10", "-v", "-p", pid, "mysql");
	struct job *all = tool_start("dbstat", "-x", text("/proc/%d/exe", getpid()), "-p", pid, "--mysql");
	json_t *r;

	seen_run(child);
	tool_stop(job);
	tool_stop(slow_ones);
	tool_stop(all);
	seen_end(child);
	CHECK_HAS(job->err, "by its markers");
	CHECK_HAS(slow_ones->err, "by its function dispatch_command()");
	CHECK_ROWS(job, 1, IS("query", "select 1"));
	CHECK_ROWS(job, 1, IS("query", "select \"a long one\" from pg_class"));
	CHECK_ROWS(job, 4);
	each_row(r, job, IS("query", "commit"))
		CHECK_BETWEEN(NAP, number(r, "latency_ns"), 60e9 * slow());
	/* a busy machine may make any of them slow */
	CHECK_ROWS(slow_ones, 1, IS("query", "select \"a"));
	CHECK_ROWS(slow_ones, 1, IS("query", "commit"));
	CHECK_EQ(rows(slow_ones, IS("query", "quit")), 0);
	r = row(all);
	CHECK_BETWEEN(3 - missed_allowed(all), number(r, "count"), 3);
	CHECK_BETWEEN((2 - missed_allowed(all)) * (double)NAP, number(r, "sum_ns"), 120e9 * slow());
	CHECK_NO_LOSS(job);
}

TEST(dbslower, "programs that are no servers are refused")
{
	CHECK_EQ(run("corekit", "dbslower", "-x", "/nonexistent")->status, 2);
	CHECK_EQ(run("corekit", "dbslower", "oracle")->status, 2);
	CHECK_EQ(run("corekit", "dbslower", "-x", corekit_path)->status, 3);
}
