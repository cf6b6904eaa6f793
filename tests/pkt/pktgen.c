// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <bpf/bpf.h>
#include <linux/if_link.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <sys/socket.h>
#include "actions.skel.h"
#include "net.h"

#define FRAMES 24
#define SIZE 101	/* odd, as checksums may be */

static uint32_t add_up(const unsigned char *at, int n)
{
	uint32_t sum = 0;

	for (int i = 0; i < n; i++)
		sum += i % 2 ? at[i] : at[i] << 8;
	return sum;
}

static bool is_whole(uint32_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return sum == 0xffff;
}

static int number_at(const unsigned char *at)
{
	return at[0] << 8 | at[1];
}

/* The tag that the kernel took off it, 0 without. */
static int receive(int fd, unsigned char *frame, size_t size, ssize_t *length)
{
	char control[200];
	struct iovec part = {frame, size};
	struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof(control)};
	struct tpacket_auxdata *aux;

	*length = recvmsg(fd, &message, 0);
	REQUIRE(*length > 0 && CMSG_FIRSTHDR(&message));
	aux = (void *)CMSG_DATA(CMSG_FIRSTHDR(&message));
	return aux->tp_status & TP_STATUS_VLAN_VALID ? aux->tp_vlan_tci : 0;
}

/* Of the next frames of UDP to ports 5 and 6 each must be whole, and another one: 3 source ports, 2 ports, 4 source addresses. */
static void await_all(int fd, bool six, int tag, const char *mac)
{
	bool seen[FRAMES] = {};
	int ip_size = six ? 40 : 20;

	for (int n = 0; n < FRAMES;) {
		unsigned char frame[2000], *ip = frame + 14, *udp = ip + ip_size, *from = ip + (six ? 8 : 12);
		ssize_t length;
		int got = receive(fd, frame, sizeof(frame), &length), at;
		int udp_size = SIZE - 14 - (tag ? 4 : 0) - ip_size;

		if (number_at(frame + 12) != (six ? 0x86dd : 0x0800) || ip[six ? 6 : 9] != IPPROTO_UDP || number_at(udp + 2) / 2 * 2 - 5 > 1 ||
		    number_at(udp + 2) < 5)
			continue;
		n++;
		CHECK_EQ(got, tag);
		CHECK_EQ(length, SIZE - (tag ? 4 : 0));
		CHECK(!memcmp(frame, mac, 6));
		CHECK_EQ(number_at(udp + 4), udp_size);
		CHECK(number_at(udp + 6) && is_whole(add_up(from, six ? 32 : 8) + IPPROTO_UDP + udp_size + add_up(udp, udp_size)));
		if (six)
			CHECK_EQ(number_at(ip + 4), udp_size);
		else
			CHECK(number_at(ip + 2) == 20 + udp_size && is_whole(add_up(ip, 20)));
		/* from …fffe to 1:0001: it goes beyond 16 bits */
		at = (number_at(from + (six ? 14 : 2)) + 2) % 65536 * 6 + (number_at(udp + 2) - 5) * 3 + number_at(udp) - 1000;
		REQUIRE(at >= 0 && at < FRAMES);
		CHECK_EQ(number_at(from + (six ? 12 : 0)), (six ? 0 : 0xc612) + (at >= 12));
		CHECK(!seen[at]);
		seen[at] = true;
	}
}

static bool kernel_lets_live(struct actions_bpf *skel)
{
	unsigned char frame[64] = {[12] = 0x88, [13] = 0xb5, [14] = 'd'};
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = frame, .data_size_in = sizeof(frame), .repeat = 1, .flags = 1 << 1);

	/* else 5.10 ignores the flag, and gives the program's verdict */
	return !bpf_prog_test_run_opts(bpf_program__fd(skel->progs.actions), &opts) && !opts.retval;
}

TEST(pktgen, "each combination of the ranges is sent once, whole, as a live frame and by a socket, at the rate, and counted")
{
	struct actions_bpf *skel = actions_bpf__open_and_load();
	struct veth veth = veth_new();
	const char *way = skel && kernel_lets_live(skel) ? "live" : "socket";
	struct sockaddr_ll at = {.sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL)};
	int fd, one = 1, threads = cpus() > 1 ? 2 : 1, there;
	struct job *job;
	uint64_t began;

	REQUIRE(skel);
	netns_enter(veth.ns[1]);
	there = at.sll_ifindex = if_nametoindex("pair");
	REQUIRE(!bpf_xdp_attach(there, bpf_program__fd(skel->progs.pass), XDP_FLAGS_DRV_MODE, NULL));
	fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	REQUIRE(fd >= 0 && !setsockopt(fd, SOL_PACKET, PACKET_AUXDATA, &one, sizeof(one)) && !bind(fd, (void *)&at, sizeof(at)));
	netns_enter(veth.ns[0]);

	job = tool_start("pktgen", "-I", "pair", "-n", text("%d", FRAMES), "-t", text("%d", threads), "-R", "0", "-s", text("%d", SIZE),
			 "--source", "198.18.255.254-198.19.0.1", "--source-port", "1000-1002", "--port", "5-6", "--mac", "02:00:00:00:00:05");
	tool_wait(job);
	CHECK_EQ(rows(job, IS("by", way), IS("failed", 0), IS("sent", FRAMES / threads), IS("bytes", FRAMES * SIZE / threads)), threads);
	CHECK_NO_LOSS(job);
	await_all(fd, false, 0, "\2\0\0\0\0\5");

	began = now_ns();
	job = tool_start("pktgen", "-I", "pair", "-n", text("%d", FRAMES), "-R", "100", "-i", "0.1", "-s", text("%d", SIZE), "--by", "socket",
			 "--source", "2001:2::fffe-2001:2::1:1", "--source-port", "1000-1002", "--port", "5-6", "--vlan", "7", "--mac",
			 "02:00:00:00:00:06");
	tool_wait(job);
	CHECK(now_ns() - began >= (FRAMES - 1) * 10000000ULL);
	CHECK_EQ(sum(job, "sent"), FRAMES);
	CHECK_EQ(sum(job, "failed"), 0);
	CHECK_EQ(rows(job, IS("by", "socket")), rows(job));
	CHECK(rows(job) >= 2);
	await_all(fd, true, 7, "\2\0\0\0\0\6");
	actions_bpf__destroy(skel);
}

TEST(pktgen, "what can't be sent is refused in one line that says why")
{
	static const struct {
		const char *args[8], *said;
		int status;
	} bad[] = {
		{{"-I", "nosuch"}, "there is no 'nosuch'", 2},
		{{"-I", "pair", "--source", "::1", "--destination", "1.2.3.4"}, "is no IPv6 address", 2},
		{{"-I", "pair", "--source", "1.2.3.4-1.2.3.3"}, "a range goes up", 2},
		{{"-I", "pair", "--source", "::1", "--vlan", "1", "-s65"}, "no room for headers of 66", 2},
		{{"-I", "pair", "--by", "live"}, "--by live: it needs", 3},
		{{"-I", "pair", "-s", "1600"}, "Message too long", 1},
	};

	veth_new();
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		const char *argv[12] = {"corekit", "pktgen", "-q"};
		struct job *job;

		for (int n = 0; n < 8 && bad[i].args[n]; n++)
			argv[3 + n] = bad[i].args[n];
		job = job_run(NULL, argv);
		CHECK_EQ(job->status, bad[i].status);
		CHECK_HAS(job->err, bad[i].said);
		CHECK_EQ(lines(job->err), 1);
	}
}
