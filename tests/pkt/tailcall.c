// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "test.h"

TEST(tailcall, "each packet comes to its protocol's handler, by the switch, the function and the tail call")
{
	static const char *const protocols[] = {"TCP", "UDP", "ICMP", "other"};
	struct job *job = run("corekit", "tailcall", "-j", "--repeat", "1000", "--rounds", "5", "-o",
			      "+counted,switched,called,tail_called");
	json_t *r;

	CHECK_EQ(job->status, 0);
	job->json = true;
	CHECK_EQ(rows(job), 4);
	for (int i = 0; i < 4; i++)
		CHECK_EQ(rows(job, IS("protocol", protocols[i]), IS("counted", 5000), IS("switched", 5000), IS("called", 5000),
			      IS("tail_called", 5000)), 1);
	each_row(r, job) {
		static const char *const ways[] = {"none", "switch", "call", "tail_call"};

		for (int i = 0; i < 4; i++)
			CHECK(json_number_value(json_object_get(r, ways[i])) > 0);
	}
}

TEST(tailcall, "no packets and no rounds are refused")
{
	CHECK_EQ(run("corekit", "tailcall", "--repeat", "0")->status, 2);
	CHECK_EQ(run("corekit", "tailcall", "--rounds", "1001")->status, 2);
}
