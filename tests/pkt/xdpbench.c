// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/if_link.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include "actions.skel.h"
#include "frame.h"

#define FRAMES 40
#define EVENT(name) "\"event\":\"" name "\""

/* An interface of its own sends of itself what would be counted as well: IPv6 looks for routers. */
static void quiet(void)
{
	int fd = open("/proc/sys/net/ipv6/conf/all/disable_ipv6", O_WRONLY | O_CLOEXEC);

	REQUIRE(fd < 0 || write(fd, "1", 1) == 1);
	close(fd);
}

/* With an end to each wait, and room for all that may come. */
static int listener(const char *interface)
{
	struct timeval most = {.tv_sec = 20 * slow()};
	int fd = frame_socket(interface), room = 1 << 22;

	REQUIRE(!setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &most, sizeof(most)));
	REQUIRE(!setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof(room)));
	return fd;
}

/* So many frames have come, from this address, and no more of them. */
static void came(int fd, int times, const unsigned char *from)
{
	unsigned char frame[200];

	for (int i = 0; i < times; i++) {
		if (!CHECK_EQ(recv(fd, frame, sizeof(frame), 0), 60))
			return;
		CHECK(!memcmp(frame + 6, from, 6));
	}
	CHECK_EQ(recv(fd, frame, sizeof(frame), MSG_DONTWAIT), -1);
}

static const unsigned char sender[6] = {2, 2, 2, 2, 2, 2}, nobody[6] = {255, 255, 255, 255, 255, 255};

#define BENCH(...) tool_start("xdpbench", "-I", "pair", "-i", "0.1", "-o", "+netns,index,pass,dropped,redirected", __VA_ARGS__)

/* Two ends of a pair that say nothing of themselves; the other end takes frames from XDP. */
struct stage {
	struct veth veth;
	struct actions_bpf *skel;
	int fd;	/* of the sending end */
};

static struct stage stage_new(void)
{
	struct stage s = {.skel = actions_bpf__open_and_load(), .veth = veth_new()};

	REQUIRE(s.skel);
	quiet();
	REQUIRE(!bpf_xdp_attach(if_nametoindex("pair"), bpf_program__fd(s.skel->progs.pass), XDP_FLAGS_DRV_MODE, NULL));
	s.fd = listener("pair");
	netns_enter(s.veth.ns[1]);
	quiet();
	nap(50000000 * slow());	/* what said goodbye has gone */
	return s;
}

TEST(xdpbench, "what is dropped, passed and sent back is counted exactly, in native and generic mode, by pointers and helpers")
{
	static const struct {
		const char *operation, *mode, *access, *more;
		const unsigned char *here, *back;	/* whose frames come to the stack here, or back to the sender */
	} runs[] = {
		{"drop", "native", "none", NULL, NULL, NULL},
		{"drop", "generic", "parse-ip", NULL, NULL, NULL},
		{"drop", "native", "read", "--load-bytes", NULL, NULL},
		{"pass", "native", "parse-ip", NULL, sender, NULL},
		{"pass", "generic", "swap-macs", NULL, nobody, NULL},
		{"pass", "native", "swap-macs", "--load-bytes", nobody, NULL},
		{"tx", "native", "swap-macs", NULL, NULL, nobody},
		{"tx", "native", "none", "--rx-queues", NULL, sender},
		{"tx", "generic", "read", "--per-cpu", NULL, sender},
	};
	struct stage s = stage_new();
	int here = listener("pair");

	for (size_t i = 0; i < sizeof(runs) / sizeof(*runs); i++) {
		bool helpers = runs[i].more && !strcmp(runs[i].more, "--load-bytes"), tx = *runs[i].operation == 't';
		int n = FRAMES + i;
		struct job *job;

		if (helpers && libbpf_probe_bpf_helper(BPF_PROG_TYPE_XDP, 189, NULL) != 1)
			continue;	/* the next test looks at what is said */
		job = BENCH(runs[i].operation, "-m", runs[i].mode, "--access", runs[i].access, runs[i].more);
		frame_own(s.fd, 'x', 60, n);
		await_told(job, EVENT("receive"), "packets", n);
		if (tx && *runs[i].mode == 'n')
			await_told(job, EVENT("bulk_tx"), "packets", n);
		tool_stop(job);
		if (!CHECK_EQ(sum(job, "packets", IS("event", "receive"), IS("interface", "pair"), IS("netns", s.veth.number[1])), n))
			fprintf(stderr, "%s %s %s\n", runs[i].operation, runs[i].mode, runs[i].access);
		CHECK_EQ(sum(job, "drops", IS("event", "receive")), *runs[i].operation == 'd' ? n : 0);
		CHECK_EQ(sum(job, "packets", IS("event", "bulk_tx"), IS("error", NOTHING)), tx && *runs[i].mode == 'n' ? n : 0);
		CHECK_EQ(sum(job, "drops", IS("event", "bulk_tx")), 0);
		CHECK_EQ(rows(job, IS("event", "exception")), 0);
		came(here, runs[i].here ? n : 0, runs[i].here);
		came(s.fd, runs[i].back ? n : 0, runs[i].back);
		if (runs[i].more && !strcmp(runs[i].more, "--rx-queues"))
			CHECK_EQ(sum(job, "packets", IS("event", "receive"), IS("to", "queue 0")), n);
		CHECK_NO_LOSS(job);
	}
	actions_bpf__destroy(s.skel);
}

static void mac_of(const char *interface, unsigned char *mac)
{
	struct ifreq request = {};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", interface);
	REQUIRE(!ioctl(fd, SIOCGIFHWADDR, &request));
	memcpy(mac, request.ifr_hwaddr.sa_data, 6);
	close(fd);
}

TEST(xdpbench, "what is redirected by number, by a map, and to several interfaces arrives at each, and is counted; what can't is named")
{
	struct stage s = stage_new();
	unsigned char mac[6];
	int there[2];
	struct job *job;

	for (int i = 0; i < 2; i++) {
		const char *name = i ? "right" : "left";

		netns_enter(s.veth.ns[1]);
		link_pair(name, s.veth.ns[0], name);
		link_up(name);
		netns_enter(s.veth.ns[0]);
		link_up(name);
		REQUIRE(!bpf_xdp_attach(if_nametoindex(name), bpf_program__fd(s.skel->progs.pass), XDP_FLAGS_DRV_MODE, NULL));
		there[i] = listener(name);
	}
	netns_enter(s.veth.ns[1]);

	job = BENCH("redirect", "--to", "left", "-s");
	frame_own(s.fd, 'x', 60, FRAMES);
	await_told(job, EVENT("devmap_xmit"), "packets", FRAMES);
	tool_stop(job);
	CHECK_EQ(sum(job, "packets", IS("event", "receive")), FRAMES);
	CHECK_EQ(sum(job, "packets", IS("event", "redirect"), IS("to", text("interface %d", if_nametoindex("left")))), FRAMES);
	CHECK_EQ(sum(job, "packets", IS("event", "devmap_xmit"), IS("interface", "pair"), IS("to", "left"), IS("drops", 0)), FRAMES);
	came(there[0], FRAMES, sender);

	mac_of("right", mac);
	job = BENCH("redirect-map", "--to", "right", "--egress", "forward");
	frame_own(s.fd, 'x', 60, FRAMES + 1);
	await_told(job, EVENT("devmap_xmit"), "packets", FRAMES + 1);
	tool_stop(job);
	CHECK_EQ(sum(job, "packets", IS("event", "devmap_xmit"), IS("to", "right"), IS("drops", 0)), FRAMES + 1);
	CHECK_EQ(sum(job, "packets", IS("event", "egress"), IS("drops", 0)), FRAMES + 1);
	CHECK_EQ(rows(job, IS("event", "redirect")), 0);
	came(there[1], FRAMES + 1, mac);

	job = BENCH("redirect-map", "--to", "right", "--egress", "drop");
	frame_own(s.fd, 'x', 60, FRAMES);
	await_told(job, EVENT("egress"), "packets", FRAMES);
	tool_stop(job);
	CHECK_EQ(sum(job, "drops", IS("event", "egress")), FRAMES);
	if (rows(job, IS("event", "devmap_xmit")))	/* since 5.13 */
		CHECK_EQ(sum(job, "drops", IS("event", "devmap_xmit"), IS("to", "right")), FRAMES);
	came(there[1], 0, mac);

	job = BENCH("redirect", "--to", "lo");
	frame_own(s.fd, 'x', 60, FRAMES);
	await_told(job, EVENT("redirect_err"), "packets", FRAMES);
	tool_stop(job);
	CHECK_EQ(sum(job, "drops", IS("event", "redirect_err"), IS("error", "EOPNOTSUPP")), FRAMES);

	job = run("corekit", "xdpbench", "redirect-multi", "-I", "pair", "--to", "left,right,pair", "-d", "0.1");
	if (job->status == 3) {
		CHECK_HAS(job->err, "dev_map_enqueue_multi() is missing");
	} else {
		job = BENCH("redirect-multi", "--to", "left,right,pair");
		frame_own(s.fd, 'x', 60, FRAMES);
		await_told(job, EVENT("devmap_xmit"), "packets", 2 * FRAMES);
		tool_stop(job);
		CHECK_EQ(sum(job, "packets", IS("event", "receive")), FRAMES);
		CHECK_EQ(sum(job, "packets", IS("event", "devmap_xmit"), IS("to", "left"), IS("drops", 0)), FRAMES);
		CHECK_EQ(sum(job, "packets", IS("event", "devmap_xmit"), IS("to", "right"), IS("drops", 0)), FRAMES);
		came(there[0], FRAMES, sender);
		came(there[1], FRAMES, sender);
		came(s.fd, 0, sender);	/* where they came from they don't go */
	}
	actions_bpf__destroy(s.skel);
}

TEST(xdpbench, "what is redirected to CPUs is counted into their queues and out of them, by what a program there did with it")
{
	struct stage s = stage_new();
	int here = listener("pair"), n = cpus();
	struct job *job;

	job = BENCH("redirect-cpu", "--by", "round-robin");
	frame_own(s.fd, 'x', 60, FRAMES);
	await_told(job, EVENT("cpumap_kthread"), "packets", FRAMES);
	tool_stop(job);
	CHECK_EQ(sum(job, "packets", IS("event", "receive")), FRAMES);
	CHECK_EQ(sum(job, "packets", IS("event", "cpumap_enqueue"), IS("drops", 0)), FRAMES);
	CHECK_EQ(sum(job, "packets", IS("event", "cpumap_kthread")), FRAMES);
	if (n == 2) {
		CHECK_BETWEEN(1, sum(job, "packets", IS("event", "cpumap_enqueue"), IS("to", "cpu 0")), FRAMES - 1);
		CHECK_BETWEEN(1, sum(job, "packets", IS("event", "cpumap_enqueue"), IS("to", "cpu 1")), FRAMES - 1);
	}
	came(here, FRAMES, sender);

	job = BENCH("redirect-cpu", "--cpus", "0", "--remote", "drop");
	frame_own(s.fd, 'x', 60, FRAMES);
	await_told(job, EVENT("cpumap_kthread"), "packets", FRAMES);
	tool_stop(job);
	CHECK_EQ(sum(job, "packets", IS("event", "cpumap_enqueue"), IS("to", "cpu 0")), FRAMES);
	CHECK_EQ(sum(job, "dropped", IS("event", "cpumap_kthread"), IS("to", "cpu 0")), FRAMES);
	CHECK_EQ(sum(job, "pass", IS("event", "cpumap_kthread")), 0);
	came(here, 0, sender);

	job = BENCH("redirect-cpu", "--cpus", "0", "--remote", "redirect", "--to", "pair");
	frame_own(s.fd, 'x', 60, FRAMES);
	await_told(job, EVENT("devmap_xmit"), "packets", FRAMES);
	await_told(job, EVENT("cpumap_kthread"), "packets", FRAMES);
	tool_stop(job);
	CHECK_EQ(sum(job, "redirected", IS("event", "cpumap_kthread")), FRAMES);
	CHECK_EQ(sum(job, "packets", IS("event", "devmap_xmit"), IS("to", "pair"), IS("drops", 0)), FRAMES);
	came(s.fd, FRAMES, sender);

	job = BENCH("redirect-cpu", "--cpus", "0", "--stress", "-C");
	for (int i = 1; i <= 5; i++) {
		frame_own(s.fd, 'x', 60, FRAMES);
		await_told(job, EVENT("receive"), "packets", i * FRAMES);
	}
	tool_stop(job);
	CHECK_EQ(sum(job, "packets", IS("event", "receive")), 5 * FRAMES);
	CHECK_EQ(rows(job, IS("event", "redirect_err")), 0);
	actions_bpf__destroy(s.skel);
}

/* So many datagrams, ports of the sender from 1000 on and of the receiver from 9 on. */
static void datagrams(struct stage *s, int n, const char *from, const char *to)
{
	netns_enter(s->veth.ns[0]);
	CHECK_EQ(run("corekit", "pktgen", "-q", "-I", "pair", "--by", "socket", "-R", "0", "-n", text("%d", n), "--source-port", from, "--port",
		     to)->status, 0);
	netns_enter(s->veth.ns[1]);
}

TEST(xdpbench, "which CPU a packet is sent to is chosen as it was told: the first, by turns, protocol, addresses or ports")
{
	static const struct {
		const char *by, *from, *to;
		int first, second;	/* of the list: where half of them goes, and the other half; -1: wherever that is */
	} ways[] = {
		{"first", "1000-1001", "9", 0, 0},
		{"round-robin", "1000", "10", 0, 1},
		{"proto", "1000-1001", "9", 1, 1},
		{"filter", "1000", "9-10", 1, 1},
		{"sport", "1000-1001", "9", 1000, 1001},
		{"dport", "1000", "12-13", 12, 13},
		{"hash", "1000-1001", "9", -1, -1},
	};
	struct stage s = stage_new();
	int n = cpus();

	pin(0);	/* each CPU has its turns */
	for (size_t i = 0; i < sizeof(ways) / sizeof(*ways); i++) {
		bool filter = !strcmp(ways[i].by, "filter");
		int first = ways[i].first % n, second = ways[i].second % n, half = FRAMES / 2;
		struct job *job = BENCH("redirect-cpu", "--remote", "drop", "--by", ways[i].by);

		datagrams(&s, FRAMES, ways[i].from, ways[i].to);
		await_told(job, EVENT("cpumap_kthread"), "packets", filter ? half : FRAMES);
		tool_stop(job);
		CHECK_EQ(sum(job, "packets", IS("event", "receive")), FRAMES);
		CHECK_EQ(sum(job, "drops", IS("event", "receive")), filter ? half : 0);
		if (first < 0) {
			first = sum(job, "packets", IS("event", "cpumap_enqueue"), IS("to", "cpu 0"));
			CHECK(first == FRAMES || first == 0);	/* one pair of addresses, one CPU */
		} else if (filter) {
			CHECK_EQ(sum(job, "packets", IS("event", "cpumap_enqueue"), IS("to", text("cpu %d", first))), half);
		} else if (!CHECK_EQ(sum(job, "packets", IS("event", "cpumap_enqueue"), IS("to", text("cpu %d", first))),
				     first == second ? FRAMES : half)) {
			fprintf(stderr, "by %s\n", ways[i].by);
		}
		CHECK_EQ(sum(job, "dropped", IS("event", "cpumap_kthread")), filter ? half : FRAMES);
	}
	actions_bpf__destroy(s.skel);
}

TEST(xdpbench, "what can't be is refused in one line that says why, and nothing stays attached")
{
	static const struct {
		const char *args[8], *said;
	} bad[] = {
		{{"-I", "pair"}, "which operation?"},
		{{"-I", "pair", "swallow"}, "which operation?"},
		{{"drop"}, "on which interface?"},
		{{"drop", "-I", "pair,lo"}, "one at a time"},
		{{"drop", "-I", "pair", "--to", "lo"}, "drop sends to no interface"},
		{{"redirect", "-I", "pair"}, "to which interface?"},
		{{"redirect", "-I", "pair", "--to", "lo,pair"}, "redirect sends to one interface"},
		{{"redirect-map", "-I", "pair", "--to", "nosuch"}, "there is no 'nosuch'"},
		{{"redirect-map", "-I", "pair", "--to", "lo", "--egress", "pass"}, "is neither forward nor drop"},
		{{"redirect-cpu", "-I", "pair", "--cpus", "0,99999"}, "there is no CPU 99999"},
		{{"redirect-cpu", "-I", "pair", "--remote", "forward"}, "is none of drop, pass and redirect"},
		{{"pass", "-I", "pair", "--cpus", "0"}, "are for redirect-cpu"},
		{{"pass", "-I", "pair", "--access", "write"}, "is none of none"},
	};
	LIBBPF_OPTS(bpf_xdp_query_opts, query);
	struct job *job;
	struct veth veth = veth_new();

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		const char *argv[12] = {"corekit", "xdpbench", "-q"};

		for (int n = 0; n < 8 && bad[i].args[n]; n++)
			argv[3 + n] = bad[i].args[n];
		job = job_run(NULL, argv);
		if (!CHECK_EQ(job->status, 2) || !CHECK_HAS(job->err, bad[i].said) || !CHECK_EQ(lines(job->err), 1))
			fprintf(stderr, "%s\n", job->err);
	}
	if (libbpf_probe_bpf_helper(BPF_PROG_TYPE_XDP, 189, NULL) != 1) {
		job = run("corekit", "xdpbench", "drop", "-I", "pair", "--load-bytes");
		CHECK_EQ(job->status, 3);
		CHECK_HAS(job->err, "bpf_xdp_load_bytes() is missing");
	}
	netns_enter(veth.ns[1]);
	job = tool_start("xdpbench", "-I", "pair", "drop");
	REQUIRE(!bpf_xdp_query(if_nametoindex("pair"), 0, &query));
	CHECK(query.drv_prog_id || query.prog_id);
	job_end(job, SIGKILL);
	query = (struct bpf_xdp_query_opts){.sz = sizeof(query)};
	REQUIRE(!bpf_xdp_query(if_nametoindex("pair"), 0, &query));
	CHECK_EQ(query.prog_id, 0);
}
