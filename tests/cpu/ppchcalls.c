// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "test.h"

/* There is no POWER machine among those that tests run on: only what can be told without one. */
TEST(ppchcalls, "its list has the calls, by the numbers that the interface gives them")
{
	struct job *job = run("corekit", "ppchcalls", "--list");

	CHECK_EQ(job->status, 0);
	CHECK_HAS(job->out, "0x00e0 cede\n");
	CHECK_HAS(job->out, "0x00e4 confer\n");
	CHECK_HAS(job->out, "0x0008 enter\n");
	CHECK_HAS(job->out, "0xf07c get_24x7_data\n");
}

TEST(ppchcalls, "where there is no such tracepoint, it says so in one line; names and codes are checked before")
{
	static const char *const bad[][2] = {{"--hcall", "secede"},
					     {"--hcall", "0x12345"},
					     {"--hcall", "cede,"},
					     {"-e", "0"},
					     {"-e", "H_PARAMETER"}};
	struct job *job = run("corekit", "ppchcalls", "-d", "10ms", "--hcall", "cede,H_CONFER,0xe8");

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		CHECK_EQ(run("corekit", "ppchcalls", "-d", "10ms", bad[i][0], bad[i][1])->status, 2);
	if (!job->status)
		SKIP("this machine has a hypervisor that can be called");
	CHECK_EQ(job->status, 3);
	CHECK_EQ(lines(job->err), 1);
	CHECK_HAS(job->err, "hcall_exit");
	CHECK_HAS(job->err, "not in this kernel");
}
