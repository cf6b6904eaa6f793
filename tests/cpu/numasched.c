// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "test.h"

#define MS 1000000ULL

/* A CPU of another node than that of the first one; -1: there is none. */
static int far_cpu(int *node, int *far_node)
{
	for (int cpu = 0; cpu < cpus(); cpu++)
		for (int n = 0; n < 64; n++)
			if (!access(text("/sys/devices/system/node/node%d/cpu%d", n, cpu), F_OK)) {
				if (!cpu)
					*node = n;
				else if (n != *node) {
					*far_node = n;
					return cpu;
				}
			}
	return -1;
}

static void moves(void *arg)
{
	for (int i = 0; i < 6; i++) {
		pin(i % 2 ? *(int *)arg : 0);
		nap(5 * MS);
	}
}

TEST(numasched, "each move to another node is shown; moves within a node are not")
{
	int node = 0, far_node = 0, far = far_cpu(&node, &far_node), other = far < 0 ? cpus() - 1 : far;
	struct child child;
	struct job *job;

	pin(0);
	child = child_new("mover", 0, moves, &other);
	nap(20 * MS);
	job = tool_start("numasched", "-p", text("%d", child.pid));
	child_run(&child);
	tool_stop(job);
	CHECK_EQ(rows(job), far < 0 ? 0 : 5);
	if (far >= 0) {
		CHECK_EQ(rows(job, IS("from", node), IS("to", far_node), IS("cpu", far), IS("tid", child.pid)), 3);
		CHECK_EQ(rows(job, IS("from", far_node), IS("to", node), IS("cpu", 0), IS("comm", "mover")), 2);
	}
	CHECK_NO_LOSS(job);
}
