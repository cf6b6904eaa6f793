// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <linux/lwtunnel.h>
#include <net/if.h>
#include <sys/socket.h>
#include "frame.h"
#include "lwt.skel.h"

#define OPEN_PORT 4001
#define CLOSED_PORT 4002
#define TIMES 3

enum { TUNNEL_LOCAL = 2, TUNNEL_REMOTE };	/* IFLA_IPTUN_*: include/uapi/linux/if_tunnel.h, which <net/if.h> contradicts */

static int bound(int type, int port)
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(port)};
	int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);

	REQUIRE(fd >= 0 && bind(fd, (void *)&at, sizeof(at)) == 0);
	return fd;
}

static struct sockaddr_in there(const char *address, int port)
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(port)};

	REQUIRE(inet_pton(AF_INET, address, &at.sin_addr) == 1);
	return at;
}

static void send_to(int fd, const char *address, int port)
{
	struct sockaddr_in at = there(address, port);

	REQUIRE(sendto(fd, "eight !", 8, 0, (void *)&at, sizeof(at)) == 8 || errno == ECONNREFUSED);
}

/* A datagram of UDP in two tags, from 192.0.2.1, port 5003, to 192.0.2.2, port 4003. */
static void send_tagged(void)
{
	static const unsigned char frame[60] = {2, 0, 0, 0, 0, 9, 2, 0, 0, 0, 0, 1, 0x88, 0xa8, 0, 5, 0x81, 0, 0, 6, 8, 0, 0x45, 0, 0, 36,
						0, 7, 0x40, 0, 64, 17, 0, 0, 192, 0, 2, 1, 192, 0, 2, 2, 0x13, 0x8b, 0x0f, 0xa3, 0, 16};

	frame_send(frame_socket("pair"), frame, sizeof(frame), 1);
}

/* Those stops of a packet, in this order, with any others between them. */
static void check_way(struct job *job, long long packet, const char *const *stops)
{
	json_t *r;

	each_row(r, job, IS("packet", packet))
		if (*stops && !strcmp(string(r, "stop"), *stops))
			stops++;
	if (*stops)
		FAIL("packet %lld has no %s there", packet, *stops);
}

static bool has(struct job *job, const char *what)
{
	char *now = job_now(job);
	bool is_there = strstr(now, what);

	free(now);
	return is_there;
}

static bool has_drop(void *job)
{
	return has(job, "\"drop\"");
}

static bool has_tagged(void *job)
{
	return has(job, "5003");
}

#define FROM veth.number[0]
#define TO veth.number[1]
#define WHOLE(job) (!lost(job) || !missed_allowed(job))	/* else a packet's way may be in two parts */

TEST(pktpath, "every stop of datagrams and a connection from one namespace to another, in order, each packet with its own number")
{
	struct veth veth = veth_new();
	int server, listener, client, tcp, accepted, sender;
	struct sockaddr_in at = there("192.0.2.2", OPEN_PORT);
	struct job *all, *near;
	long long before = 0;
	char bytes[100];
	const char *end;
	json_t *r;

	netns_enter(veth.ns[1]);
	server = bound(SOCK_DGRAM, OPEN_PORT);
	listener = bound(SOCK_STREAM, OPEN_PORT);
	REQUIRE(listen(listener, 1) == 0);
	near = tool_start("pktpath", "-I", "pair", "-4", "--proto", "udp", "--src", "192.0.2.1", "--dport", "4001-4003", "-o",
			  "+netns,sport,proto");
	all = tool_start("pktpath", "-F", "--addr", "192.0.2.1", "-P", text("%d,%d", OPEN_PORT, CLOSED_PORT), "-o",
			 "+netns,src,sport,dst,dport,proto,reason,ttl,skb,length");
	netns_enter(veth.ns[0]);
	sender = bound(SOCK_DGRAM, 5001);
	for (int i = 0; i < TIMES; i++) {
		send_to(sender, "192.0.2.2", OPEN_PORT);
		REQUIRE(recv(server, bytes, sizeof(bytes), 0) == 8);
	}
	tcp = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	REQUIRE(connect(tcp, (void *)&at, sizeof(at)) == 0);
	accepted = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	REQUIRE(send(tcp, "twelve bytes", 12, 0) == 12 && recv(accepted, bytes, sizeof(bytes), 0) == 12);
	client = bound(SOCK_DGRAM, 5002);
	send_to(client, "192.0.2.2", CLOSED_PORT);
	CHECK(until(20, has_drop, all));
	CHECK(until(20, has_drop, near));
	send_tagged();
	CHECK(until(20, has_tagged, near));
	tool_stop(all);
	tool_stop(near);

	/* of a datagram, where functions of the kernel are traced */
	end = rows(all, IS("stop", "ip")) ? "read" : "ready";
	CHECK_ROWS(all, TIMES, IS("stop", end), IS("netns", TO), IS("proto", "UDP"), IS("sport", 5001));
	CHECK_ROWS(all, 1, IS("stop", "read"), IS("netns", TO), IS("proto", "TCP"), IS("verdict", "12 bytes"));
	CHECK_ROWS(all, 1, IS("stop", "drop"), IS("netns", TO), IS("sport", 5002), IS("dport", CLOSED_PORT), IS("src", "192.0.2.1"),
		   IS("dst", "192.0.2.2"), IS("reason", drop_tells("reason") ? "NO_SOCKET" : NOTHING), IS("ttl", 64));
	CHECK_EQ(rows(all, IS("stop", "xdp")), 0);
	CHECK_EQ(rows(all, IS("sport", 5001)) + rows(all, IS("proto", "TCP")) + rows(all, IS("sport", 5002)), rows(all));
	if (WHOLE(all)) {
		each_row(r, all, IS("stop", end), IS("netns", TO), IS("sport", 5001)) {
			long long packet = number(r, "packet");

			CHECK(packet > before);
			before = packet;
			check_way(all, packet, ARGV("queue", "xmit", "receive", end));
			CHECK_EQ(rows(all, IS("packet", packet), IS("stop", "xmit"), IS("netns", FROM), IS("interface", "pair")), 1);
			CHECK_EQ(rows(all, IS("packet", packet), IS("stop", "receive"), IS("netns", TO), IS("interface", "pair")), 1);
			CHECK_EQ(rows(all, IS("packet", packet), IS("stop", "queue"), IS("netns", FROM)), 1);
		}
		check_way(all, number(row(all, IS("stop", "read"), IS("proto", "TCP")), "packet"),
			  ARGV("queue", "xmit", "receive", "socket", "read"));
		check_way(all, number(row(all, IS("stop", "drop"), IS("sport", 5002)), "packet"),
			  ARGV("queue", "xmit", "receive", "route", "drop"));
	}
	CHECK_NO_LOSS(all);

	CHECK_ROWS(near, TIMES, IS("stop", "xdp"), IS("netns", TO), IS("sport", 5001), IS("verdict", "XDP_PASS"), IS("interface", "pair"));
	CHECK_ROWS(near, TIMES, IS("stop", "tc"), IS("netns", TO), IS("sport", 5001), IS("verdict", "TC_ACT_UNSPEC"));
	if (WHOLE(near)) {
		each_row(r, near, IS("stop", "xdp"), IS("sport", 5001))
			check_way(near, number(r, "packet"), ARGV("queue", "xmit", "xdp", "receive", "tap", "tc", "route"));
		check_way(near, number(row(near, IS("stop", "drop"), IS("sport", 5002)), "packet"), ARGV("xdp", "receive", "tap", "tc", "drop"));
	}
	CHECK_ROWS(near, 1, IS("stop", "xdp"), IS("netns", TO), IS("sport", 5003));
	CHECK_EQ(rows(near, IS("proto", "TCP")), 0);
	CHECK_NO_LOSS(near);
}

static void route_with(const char *gateway, void (*more)(struct request *request, void *arg), void *arg)
{
	int err = route_new(AF_INET, "198.51.100.0", 24, gateway, more, arg);

	if (err == -EOPNOTSUPP)
		SKIP("no programs in routes in this kernel");
	REQUIRE(err == 0);
}

/* A router sends it back to where it came from, which takes no packets from itself. */
TEST(pktpath, "its own datagram through a router, which lowers its TTL, to where it is dropped; and one to a closed port")
{
	struct veth veth = veth_new();
	struct job *routed, *closed;
	int fd;

	netns_enter(veth.ns[1]);
	fd = open("/proc/sys/net/ipv4/ip_forward", O_WRONLY | O_CLOEXEC);
	REQUIRE(fd >= 0 && write(fd, "1", 1) == 1);
	close(fd);
	route_add(AF_INET, "198.51.100.0", 24, "192.0.2.1");
	netns_enter(veth.ns[0]);
	route_add(AF_INET, "198.51.100.0", 24, "192.0.2.2");
	/* also at this end, where a clone is there for the tap, which has nothing to say of the packet's end */
	routed = tool_start("pktpath", "--send", "198.51.100.7:9", "-I", "pair", "-m", "none", "-d", "60", "-o", "+netns,ttl,dst,dport");
	closed = tool_start("pktpath", "--send", "[2001:db8::2]:9", "-d", "60", "--packets", "1", "-o", "+netns,dst,reason");
	CHECK(until(20, has_drop, routed));
	CHECK(until(20, has_drop, closed));
	tool_stop(routed);
	tool_stop(closed);
	CHECK_EQ(rows(routed, IS("dst", "198.51.100.7"), IS("dport", 9)), rows(routed));
	CHECK_ROWS(routed, 1, IS("stop", "receive"), IS("netns", TO), IS("ttl", 64));
	CHECK_ROWS(routed, 1, IS("stop", "xmit"), IS("netns", TO), IS("ttl", 63));
	CHECK_ROWS(routed, 1, IS("stop", "receive"), IS("netns", FROM), IS("ttl", 63));
	CHECK_ROWS(routed, 1, IS("stop", "drop"), IS("netns", FROM), IS("ttl", 63));
	if (WHOLE(routed)) {
		CHECK_EQ(rows(routed, IS("packet", 1)), rows(routed));
		check_way(routed, 1, ARGV("queue", "tap", "xmit", "receive", "route", "queue", "xmit", "receive", "tap", "tc", "drop"));
	}
	CHECK_NO_LOSS(routed);
	CHECK_ROWS(closed, 1, IS("stop", "drop"), IS("netns", TO), IS("dst", "2001:db8::2"),
		   IS("reason", drop_tells("reason") ? "NO_SOCKET" : NOTHING));
	CHECK_EQ(rows(closed, IS("packet", 1)), rows(closed));
	if (WHOLE(closed))
		check_way(closed, 1, ARGV("queue", "xmit", "receive", "route", "drop"));
}

/* Programs of a route, by LWT_BPF_IN, _OUT and _XMIT. */
struct of_route {
	int fd[4];
};

static void add_programs(struct request *request, void *arg)
{
	const struct of_route *of = arg;
	__u16 kind = LWTUNNEL_ENCAP_BPF;
	struct rtattr *all, *one;

	request_attribute(request, RTA_ENCAP_TYPE, &kind, sizeof(kind));
	all = request_attribute(request, RTA_ENCAP, NULL, 0);
	for (int i = LWT_BPF_IN; i <= LWT_BPF_XMIT; i++) {
		if (!of->fd[i])
			continue;
		one = request_attribute(request, i, NULL, 0);
		request_attribute(request, LWT_BPF_PROG_FD, &of->fd[i], sizeof(of->fd[i]));
		request_attribute(request, LWT_BPF_PROG_NAME, "test", 5);
		request_end(request, one);
	}
	request_end(request, all);
}

static bool has_all_drops(void *job)
{
	char *now = job_now(job), *at = now;
	int n = 0;

	while ((at = strstr(at, "\"drop\""))) {
		at++;
		n++;
	}
	free(now);
	return n >= 4;
}

/* 4001 comes back to where it came from, which takes no packets from itself. */
TEST(pktpath, "programs in routes (LWT): the stops before them, and what they drop, there and nowhere else")
{
	struct lwt_bpf *skel = lwt_bpf__open_and_load();
	struct veth veth = veth_new();
	struct job *job;
	int sender, fd;
	bool traced;
	json_t *r;

	REQUIRE(skel);
	netns_enter(veth.ns[1]);
	fd = open("/proc/sys/net/ipv4/ip_forward", O_WRONLY | O_CLOEXEC);
	REQUIRE(fd >= 0 && write(fd, "1", 1) == 1);
	close(fd);
	route_with("192.0.2.1", add_programs, &(struct of_route){{[LWT_BPF_IN] = bpf_program__fd(skel->progs.route_in)}});
	netns_enter(veth.ns[0]);
	route_with("192.0.2.2", add_programs,
		  &(struct of_route){{[LWT_BPF_OUT] = bpf_program__fd(skel->progs.route_out),
				      [LWT_BPF_XMIT] = bpf_program__fd(skel->progs.route_xmit)}});
	sender = bound(SOCK_DGRAM, 5001);
	send_to(sender, "192.0.2.2", 9);	/* that waits for the other's address */
	job = tool_start("pktpath", "-F", "--dst", "198.51.100.7", "--proto", "udp", "-o", "+netns,dport,location");
	for (int port = 4001; port <= 4004; port++) {
		struct sockaddr_in at = there("198.51.100.7", port);

		/* what is dropped on its way out is told to the sender: EPERM, or EINVAL */
		CHECK_EQ(sendto(sender, "eight !", 8, 0, (void *)&at, sizeof(at)) == 8, port == 4001 || port == 4003);
	}
	CHECK(until(20, has_all_drops, job));
	tool_stop(job);

	/* the programs themselves: in, out, xmit */
	for (int i = 0; i < 4; i++) {
		CHECK_EQ(skel->bss->seen[1][i], 1);
		CHECK_EQ(skel->bss->seen[2][i], i != 3);
		CHECK_EQ(skel->bss->seen[0][i], i == 0 || i == 2);
	}
	traced = rows(job, IS("stop", "lwt-out"));
	if (!traced)
		CHECK_HAS(job->err, "--functions: none can be traced here");
	CHECK_ROWS(job, 4, IS("stop", "drop"));
	CHECK_ROWS(job, 1, IS("stop", "drop"), IS("netns", FROM), IS("dport", 4001));
	CHECK_ROWS(job, 1, IS("stop", "drop"), IS("netns", FROM), IS("dport", 4002));
	CHECK_ROWS(job, 1, IS("stop", "drop"), IS("netns", TO), IS("dport", 4003));
	CHECK_ROWS(job, 1, IS("stop", "drop"), IS("dport", 4004));
	CHECK_EQ(rows(job, IS("stop", "xmit"), IS("dport", 4002)) + rows(job, IS("stop", "xmit"), IS("dport", 4004)), 0);
	CHECK_ROWS(job, 1, IS("stop", "xmit"), IS("dport", 4003));
	CHECK_ROWS(job, 2, IS("stop", "xmit"), IS("dport", 4001));
	if (traced) {
		CHECK_ROWS(job, 4, IS("stop", "lwt-out"), IS("netns", FROM));
		CHECK_ROWS(job, 3, IS("stop", "lwt-xmit"), IS("netns", FROM));
		CHECK_ROWS(job, 2, IS("stop", "lwt-in"), IS("netns", TO));
	}
	if (traced && WHOLE(job)) {
		each_row(r, job, IS("stop", "lwt-out")) {
			long long packet = number(r, "packet");

			switch (number(r, "dport")) {
			case 4001: check_way(job, packet, ARGV("lwt-out", "lwt-xmit", "queue", "xmit", "receive", "lwt-in", "forward", "xmit", "receive", "drop")); break;
			case 4002: check_way(job, packet, ARGV("lwt-out", "lwt-xmit", "drop")); break;
			case 4003: check_way(job, packet, ARGV("lwt-out", "lwt-xmit", "queue", "xmit", "receive", "lwt-in", "drop")); break;
			default: check_way(job, packet, ARGV("lwt-out", "drop"));
			}
		}
	}
	CHECK_NO_LOSS(job);
	lwt_bpf__destroy(skel);
}

/* "tunnel": IP in IP, from this namespace's end of the pair to the other; what is for 203.0.113.0/24 goes into it. */
static void tunnel_new(const char *from, const char *to, const char *address)
{
	struct request request = request_of(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL), up = request_of(RTM_NEWLINK, 0),
		       number = request_of(RTM_NEWADDR, NLM_F_CREATE);
	struct in_addr ends[2], own;
	struct ifaddrmsg *message;
	struct rtattr *info, *data;
	int err;

	REQUIRE(inet_pton(AF_INET, from, &ends[0]) == 1 && inet_pton(AF_INET, to, &ends[1]) == 1);
	REQUIRE(inet_pton(AF_INET, address, &own) == 1);
	request_room(&request, sizeof(struct ifinfomsg));
	request_attribute(&request, IFLA_IFNAME, "tunnel", 7);
	info = request_attribute(&request, IFLA_LINKINFO, NULL, 0);
	request_attribute(&request, IFLA_INFO_KIND, "ipip", 5);
	data = request_attribute(&request, IFLA_INFO_DATA, NULL, 0);
	request_attribute(&request, TUNNEL_LOCAL, &ends[0], sizeof(ends[0]));
	request_attribute(&request, TUNNEL_REMOTE, &ends[1], sizeof(ends[1]));
	request_end(&request, data);
	request_end(&request, info);
	err = request_send(&request);
	if (err == -EOPNOTSUPP)
		SKIP("no tunnels of IP in IP in this kernel");
	REQUIRE(err == 0);
	*(struct ifinfomsg *)request_room(&up, sizeof(struct ifinfomsg)) =
		(struct ifinfomsg){.ifi_index = if_nametoindex("tunnel"), .ifi_flags = IFF_UP, .ifi_change = IFF_UP};
	REQUIRE(request_send(&up) == 0);
	message = request_room(&number, sizeof(*message));
	*message = (struct ifaddrmsg){.ifa_family = AF_INET, .ifa_prefixlen = 24, .ifa_index = if_nametoindex("tunnel")};
	request_attribute(&number, IFA_LOCAL, &own, sizeof(own));
	REQUIRE(request_send(&number) == 0);
}

TEST(pktpath, "a datagram is one packet also in a tunnel")
{
	struct veth veth = veth_new();
	struct job *inside;

	netns_enter(veth.ns[1]);
	tunnel_new("192.0.2.2", "192.0.2.1", "203.0.113.2");
	netns_enter(veth.ns[0]);
	tunnel_new("192.0.2.1", "192.0.2.2", "203.0.113.1");
	inside = tool_start("pktpath", "--send", "203.0.113.2:9", "--tunnels", "-I", "tunnel", "-m", "none", "-d", "60", "-o", "+netns,dst");
	CHECK(until(20, has_drop, inside));
	tool_stop(inside);
	CHECK_ROWS(inside, 1, IS("stop", "xmit"), IS("interface", "tunnel"), IS("netns", FROM));
	CHECK_ROWS(inside, 1, IS("stop", "xmit"), IS("interface", "pair"), IS("netns", FROM));
	CHECK_ROWS(inside, 1, IS("stop", "drop"), IS("netns", TO), IS("dst", "203.0.113.2"));
	CHECK_NO_LOSS(inside);
	if (WHOLE(inside))
		check_way(inside, 1, ARGV("queue", "tap", "xmit", "queue", "xmit", "receive", "receive", "drop"));
	CHECK_ROWS(inside, 1, IS("stop", "tap"), IS("interface", "tunnel"));	/* whose packets have no header of Ethernet */
}

static bool both_came(void *job)
{
	char *now = job_now(job), *at = now;
	int n = 0;

	while ((at = strstr(at, "\"receive\""))) {
		at++;
		n++;
	}
	free(now);
	return n == 2;
}

TEST(pktpath, "two datagrams that nothing tells apart, both on their way at a time, remain two")
{
	struct veth veth = veth_new();
	int sender = bound(SOCK_DGRAM, 5001), whole = IP_PMTUDISC_DO;	/* so that neither has a number */
	struct job *job;
	json_t *r;

	if (!veth_delay(20))
		SKIP("no netem in this kernel");
	REQUIRE(setsockopt(sender, IPPROTO_IP, IP_MTU_DISCOVER, &whole, sizeof(whole)) == 0);
	send_to(sender, "192.0.2.2", 9);	/* that waits for the other's address */
	job = tool_start("pktpath", "--src", "192.0.2.1", "--dport", text("%d", OPEN_PORT), "-o", "+netns,skb");
	send_to(sender, "192.0.2.2", OPEN_PORT);
	send_to(sender, "192.0.2.2", OPEN_PORT);
	CHECK(until(20, both_came, job));
	tool_stop(job);
	close(veth.ns[1]);
	CHECK_ROWS(job, 2, IS("stop", "xmit"));
	CHECK_ROWS(job, 2, IS("stop", "receive"));
	if (!WHOLE(job))
		return;
	each_row(r, job, IS("stop", "receive"))
		CHECK_EQ(rows(job, IS("stop", "xmit"), IS("packet", number(r, "packet")), IS("skb", string(r, "skb"))), 1);
}

TEST(pktpath, "what contradicts itself is refused in one line")
{
	static const char *const bad[][4] = {
		{"--send", "nowhere", "a port"}, {"--send", "nowhere:9", "no address"}, {"--proto", "carrots", "no protocol"},
		{"--mode", "native", "--interface"}, {"-I", "nowhere0", "there is no"},
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		struct job *job = run("corekit", "pktpath", bad[i][0], bad[i][1]);

		CHECK_EQ(job->status, 2);
		CHECK_EQ(lines(job->err), 1);
		CHECK_HAS(job->err, bad[i][2]);
	}
}
