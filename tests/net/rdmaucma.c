// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "test.h"

/* No machine of the tests has a device for RDMA: what the tool shows of one is not looked at here. */
TEST(rdmaucma, "without its module it says which one is to be loaded; with it, it runs")
{
	struct job *job = run("corekit", "rdmaucma", "-d", "100ms");

	if (access("/sys/module/rdma_ucm", F_OK) == 0) {
		needs("rdmaucma");
		CHECK_EQ(job->status, 0);
		return;
	}
	CHECK_EQ(job->status, 3);
	CHECK_EQ(lines(job->err), 1);
	CHECK_HAS(job->err, "modprobe rdma_ucm");
}
