// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <linux/if_packet.h>
#include <linux/membarrier.h>
#include <net/ethernet.h>
#include <sched.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include "test.h"

#define MS 1000000ULL

#define ROUNDS 100000
#define MOST 200

static int udp, filter, n_listeners;

/* A filter that takes a while: a loop, which the kernel's verifier walks through once. */
static int slow_filter(void)
{
	const struct bpf_insn insns[] = {
		{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 0, .imm = 0},
		{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 2, .imm = ROUNDS},
		{.code = BPF_ALU64 | BPF_SUB | BPF_K, .dst_reg = 2, .imm = 1},
		{.code = BPF_JMP | BPF_JNE | BPF_K, .dst_reg = 2, .off = -2, .imm = 0},
		{.code = BPF_JMP | BPF_EXIT},
	};

	return bpf_prog_load(BPF_PROG_TYPE_SOCKET_FILTER, "slow", "GPL", insns, sizeof(insns) / sizeof(*insns), NULL);
}

/*
 * Packets over lo take long here: each of some packet sockets runs the filter over them, in the soft interrupt that
 * receives them.  In a network namespace of this test's own.
 */
static void lo_made_slow(int sockets)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}, .sin_port = htons(9)};

	if (!filter) {
		REQUIRE(unshare(CLONE_NEWNET) == 0);
		tcp_open(AF_INET); /* which brings lo up */
		udp = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
		/* to itself, or the answer that nobody is there would be the result of the next */
		REQUIRE(bind(udp, (struct sockaddr *)&to, sizeof(to)) == 0 && connect(udp, (struct sockaddr *)&to, sizeof(to)) == 0);
		filter = slow_filter();
		REQUIRE(filter >= 0);
	}
	for (; n_listeners < sockets; n_listeners++) {
		struct sockaddr_ll any = {.sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_IP)};
		int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);

		REQUIRE(fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_ATTACH_BPF, &filter, sizeof(filter)) == 0);
		REQUIRE(bind(fd, (struct sockaddr *)&any, sizeof(any)) == 0);
	}
}

/* One packet; how long its sending took, of which receiving it is a part. */
static uint64_t packet(void)
{
	uint64_t start = now_ns();

	send(udp, "", 1, MSG_DONTWAIT);
	return now_ns() - start;
}

/* Makes them take twice this long at least, most of which is in the filter. */
static void lo_takes(uint64_t ns)
{
	for (int sockets = 5; sockets <= MOST; sockets += 5) {
		uint64_t least = -1ULL;

		lo_made_slow(sockets);
		for (int i = 0; i < 5; i++) {
			uint64_t took = packet();

			least = took < least ? took : least;
		}
		if (least > ns * 2)
			return;
	}
	FAIL("%d filters don't take %g ms", MOST, ns / 1e6);
	test_end();
}

TEST(softirqslower, "packets whose receiving takes long are shown, with how long, where and in whose time")
{
	uint64_t most = 0;
	struct job *job, *none, *other;
	long mine = 0;
	json_t *r;

	pin(1);
	lo_takes(MS / 2);
	job = tool_start("softirqslower", "-m", "500us", "-p", text("%d", getpid()));
	none = tool_start("softirqslower", "-m", "1h");
	other = tool_start("softirqslower", "-m", "500", "--cpu", "0", "-p", text("%d", getpid()));
	for (int i = 0; i < 20; i++) {
		uint64_t took = packet();

		most = took > most ? took : most;
	}
	tool_stop(other);
	tool_stop(none);
	tool_stop(job);
	each_row(r, job, IS("stage", "run"), IS("softirq", "NET_RX"))
	{
		mine++;
		CHECK_STR(string(r, "comm"), "truth");
		CHECK_EQ(number(r, "cpu"), 1);
		CHECK_EQ(number(r, "pid"), getpid());
		CHECK_BETWEEN(0.5 * MS, number(r, "latency_ns"), most);
	}
	/* on a busy machine ksoftirqd may take some of them over */
	CHECK_BETWEEN(10, mine, 22);
	CHECK_EQ(rows(none), 0);
	CHECK_EQ(rows(other), 0);
	CHECK_EQ(lost(job), 0);
}

static void grace_periods(void *arg)
{
	(void)arg;
	for (;;)
		syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0);
}

/* While packets are received, the clock's tick raises others, which have to wait. */
TEST(softirqslower, "what is raised while another runs is shown as waiting")
{
	struct child child;
	struct job *job;
	json_t *r;

	pin(1);
	lo_takes(2 * MS);
	pin(0);
	child = child_new("grace", 0, grace_periods, NULL);
	pin(1);
	job = tool_start("softirqslower", "-m", "200us", "--cpu", "1");
	child_go(&child);
	for (int i = 0; i < 150; i++)
		packet();
	tool_stop(job);
	CHECK(rows(job, IS("stage", "run"), IS("softirq", "NET_RX")) > 30);
	CHECK(rows(job, IS("stage", "wait")) - rows(job, IS("stage", "wait"), IS("softirq", "NET_RX")) > 0);
	each_row(r, job)
	{
		CHECK_EQ(number(r, "cpu"), 1);
		CHECK(number(r, "latency_ns") >= 200000);
	}
	kill(child.pid, SIGKILL);
}

TEST(softirqslower, "a bad --min is told")
{
	static const char *const bad[] = {"", "x", "-1", "1parsec"};

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		CHECK_EQ(run("corekit", "softirqslower", "-m", bad[i], "-d", "100ms")->status, 2);
}
