// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <bpf/libbpf.h>
#include <linux/if_link.h>
#include <net/if.h>
#include "actions.skel.h"
#include "frame.h"

#define FRAMES 100
#define FEW 40	/* a socket has room for them, with a page each */
#define NOISE 60	/* packets that the kernel sends of itself: neighbour discovery and multicast reports of IPv6 */

static long long so_far(struct job *job, const char *key)
{
	char *now = job_now(job);
	const char *word = text("\"%s\":", key);
	long long sum = 0;

	for (char *at = now; (at = strstr(at, word)); at++)
		sum += atoll(at + strlen(word));
	free(now);
	return sum;
}

struct count {
	struct job *job;
	const char *key;
	long long n;
};

static bool is_reached(void *arg)
{
	struct count *count = arg;

	return so_far(count->job, count->key) >= count->n;
}

static void await(struct job *job, const char *key, long long n)
{
	CHECK(until(20, is_reached, &(struct count){job, key, n}));
}

TEST(xdpbench, "frames that are dropped, sent on by a map, refused there, and handed to a CPU are counted, and go there")
{
	struct actions_bpf *skel = actions_bpf__open_and_load();
	struct veth veth = veth_new();
	struct job *drop, *redirect, *cpu;
	int out = frame_socket("pair"), in, first;

	REQUIRE(skel);
	first = if_nametoindex("pair");
	netns_enter(veth.ns[1]);
	in = frame_socket("pair");

	drop = tool_start("xdpbench", "-I", "pair", "-i", "0.1", "-a", "drop", "--data", "read");
	frame_own(out, 'd', 200, FRAMES);
	await(drop, "packets", FRAMES);
	tool_stop(drop);
	CHECK_BETWEEN(FRAMES, sum(drop, "packets"), FRAMES + NOISE);
	CHECK_BETWEEN(FRAMES * 200, sum(drop, "bytes"), FRAMES * 200 + NOISE * 200);
	CHECK_EQ(rows(drop, IS("verdict", "drop"), IS("taken", 0), IS("dropped", 0)), rows(drop));

	/* Back through the same interface, which takes them only while the other end has a program. */
	netns_enter(veth.ns[0]);
	REQUIRE(!bpf_xdp_attach(first, bpf_program__fd(skel->progs.actions), XDP_FLAGS_DRV_MODE, NULL));
	netns_enter(veth.ns[1]);
	redirect = tool_start("xdpbench", "-I", "pair", "-i", "0.1", "-a", "redirect", "--to", "pair", "--data", "swap");
	frame_own(out, 'd', 60, FRAMES);
	await(redirect, "taken", FRAMES);
	CHECK_EQ(so_far(redirect, "dropped"), 0);
	netns_enter(veth.ns[0]);
	REQUIRE(!bpf_xdp_detach(first, XDP_FLAGS_DRV_MODE, NULL));
	frame_own(out, 'd', 60, FRAMES);
	await(redirect, "dropped", FRAMES);
	tool_stop(redirect);
	CHECK_BETWEEN(2 * FRAMES, sum(redirect, "packets"), 2 * FRAMES + NOISE);
	CHECK_BETWEEN(FRAMES, sum(redirect, "taken"), FRAMES + NOISE);
	CHECK_BETWEEN(FRAMES, sum(redirect, "dropped"), FRAMES + NOISE);
	CHECK_BETWEEN(FRAMES, skel->bss->seen['d'], FRAMES);

	netns_enter(veth.ns[1]);
	cpu = tool_start("xdpbench", "-I", "pair", "-i", "0.1", "-a", "cpu", "--to", "0");
	frame_own(out, 'c', 300, FEW);
	await(cpu, "taken", FEW);
	frame_await(in, FEW);	/* none of the others came so far */
	tool_stop(cpu);
	CHECK_BETWEEN(FEW, sum(cpu, "taken"), FEW + NOISE);
	CHECK_EQ(sum(cpu, "dropped"), 0);
	CHECK_BETWEEN(FEW, sum(cpu, "packets"), FEW + NOISE);
	CHECK_NO_LOSS(redirect);
	actions_bpf__destroy(skel);
}

TEST(xdpbench, "contradictions are refused in one line")
{
	static const struct {
		const char *args[8], *said;
	} bad[] = {
		{{"-a", "eat"}, "'eat' is none of"},
		{{"-I", "lo,lo"}, "one at a time"},
		{{"-I", "lo", "-a", "redirect"}, "where to?"},
		{{"-I", "lo", "--to", "lo"}, "only with --action"},
		{{"-I", "lo", "-a", "cpu", "--to", "100000"}, "is no CPU"},
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		const char *argv[12] = {"corekit", "xdpbench"};
		struct job *job;

		for (int n = 0; n < 8 && bad[i].args[n]; n++)
			argv[2 + n] = bad[i].args[n];
		job = job_run(NULL, argv);
		CHECK_EQ(job->status, 2);
		CHECK_HAS(job->err, bad[i].said);
		CHECK_EQ(lines(job->err), 1);
	}
}
