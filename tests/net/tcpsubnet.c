// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <sys/socket.h>
#include "net.h"

static void pump(void *arg)
{
	struct tcp v4 = tcp_open(AF_INET), v6 = tcp_open(AF_INET6);

	(void)arg;
	tcp_send(&v4, 12345, 678);
	tcp_send(&v6, 1000, 70);
}

static struct job *counted(const char *option, const char *nets)
{
	struct child child = child_new("pump", 0, pump, NULL);
	const char *pid = text("%d", child.pid);
	struct job *job = tool_start("tcpsubnet", "-i", "30", "-p", pid, option, nets);

	child_run(&child);
	tool_stop(job);
	return job;
}

/* Both ends are the child's: what one sends the other receives. */
#define FOUR 13023
#define SIX 1070

TEST(tcpsubnet, "bytes by the first network that fits, of IPv4 and IPv6; loopback and all the rest unless told")
{
	struct job *job = counted(NULL, NULL);

	CHECK_EQ(rows(job), 2);
	CHECK_EQ(rows(job, IS("subnet", "127.0.0.0/8"), IS("tx", FOUR), IS("rx", FOUR)), 1);
	CHECK_EQ(rows(job, IS("subnet", "::1/128"), IS("tx", SIX), IS("rx", SIX)), 1);
	CHECK_NO_LOSS(job);
	job = counted("-s", "10.0.0.0/8,0.0.0.0/0,127.0.0.1");
	CHECK_EQ(rows(job), 1);
	CHECK_EQ(rows(job, IS("subnet", "0.0.0.0/0"), IS("tx", FOUR)), 1);
	job = counted("-s", "::/0");
	CHECK_EQ(rows(job), 1);
	CHECK_EQ(rows(job, IS("subnet", "::/0"), IS("tx", SIX)), 1);
}

TEST(tcpsubnet, "filters, and networks that are none")
{
	static const char *const bad[] = {"10.0.0.0/33", "10.0.0.0/8,,::/0", "", "1,2,3", "::1,::2,::3,::4,::5,::6,::7,::8,::9"};
	struct job *job = counted("-6", NULL);

	CHECK_EQ(rows(job), 1);
	CHECK_EQ(rows(job, IS("tx", SIX)), 1);
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		job = run("corekit", "tcpsubnet", "-s", bad[i]);
		CHECK_EQ(job->status, 2);
		CHECK_EQ(lines(job->err), 1);
	}
}
