// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/if_link.h>
#include <net/if.h>
#include <net/ethernet.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include "actions.skel.h"
#include "frame.h"

#define MANY_SENT 50
#define SIZE 100		/* of what is in a datagram */
#define NO_CHECK6_TX 101	/* UDP_NO_CHECK6_TX, include/uapi/linux/udp.h */
#define NO_CHECK6_RX 102
#define IN_PIECES (1U << 5)	/* BPF_F_XDP_HAS_FRAGS, since 5.18 */

/* client 192.0.2.1 - 192.0.2.2 "pair" router "other" 198.51.100.1 - 198.51.100.2 server; the same of IPv6. */
struct line {
	struct veth veth;	/* the client, the router */
	int server;
	unsigned char router_mac[6];
	int client_index;
	struct actions_bpf *skel;
};

static void put(const char *path, const char *value)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	REQUIRE(fd >= 0 && write(fd, value, strlen(value)) == (ssize_t)strlen(value));
	close(fd);
}

static void interface_ask(const char *name, int what, struct ifreq *request)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	snprintf(request->ifr_name, sizeof(request->ifr_name), "%s", name);
	REQUIRE(ioctl(fd, what, request) == 0);
	close(fd);
}

static void takes_frames(struct line *l, const char *interface, bool yes)
{
	int index = if_nametoindex(interface);

	REQUIRE(yes ? !bpf_xdp_attach(index, bpf_program__fd(l->skel->progs.pass), XDP_FLAGS_DRV_MODE, NULL) :
		      !bpf_xdp_detach(index, XDP_FLAGS_DRV_MODE, NULL));
}

static struct line line_new(bool pieces)
{
	struct line l = {.veth = veth_new(), .skel = actions_bpf__open()};
	struct ifreq request;
	unsigned long number;

	REQUIRE(l.skel);
	if (pieces)
		bpf_program__set_flags(l.skel->progs.pass, IN_PIECES);
	if (actions_bpf__load(l.skel)) {
		REQUIRE(pieces);
		SKIP("this kernel has no XDP programs for packets in several pieces");
	}
	REQUIRE(unshare(CLONE_NEWNET) == 0);
	l.server = netns_here(&number);
	link_pair("other", l.veth.ns[1], "other");
	link_up("other");
	link_address("other", AF_INET, "198.51.100.2", 24);
	link_address("other", AF_INET6, "2001:db8:1::2", 64);
	netns_enter(l.veth.ns[1]);
	link_up("other");
	link_address("other", AF_INET, "198.51.100.1", 24);
	link_address("other", AF_INET6, "2001:db8:1::1", 64);
	put("/proc/sys/net/ipv4/ip_forward", "1");
	put("/proc/sys/net/ipv6/conf/all/forwarding", "1");
	interface_ask("pair", SIOCGIFHWADDR, &request);
	memcpy(l.router_mac, request.ifr_hwaddr.sa_data, 6);
	netns_enter(l.server);
	route_add(AF_INET, "192.0.2.0", 24, "198.51.100.1");
	route_add(AF_INET6, "2001:db8::", 64, "2001:db8:1::1");
	takes_frames(&l, "other", true);
	netns_enter(l.veth.ns[0]);
	route_add(AF_INET, "198.51.100.0", 24, "192.0.2.2");
	route_add(AF_INET, "203.0.113.0", 24, "192.0.2.2");
	route_add(AF_INET6, "2001:db8:1::", 64, "2001:db8::2");
	route_add(AF_INET6, "2001:db8:bad::", 48, "2001:db8::2");
	takes_frames(&l, "pair", true);
	l.client_index = if_nametoindex("pair");
	return l;
}

static struct sockaddr_in6 address_of(int family, const char *address, int port)
{
	struct sockaddr_in6 six = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
	struct sockaddr_in four = {.sin_family = AF_INET, .sin_port = htons(port)};

	REQUIRE(inet_pton(family, address, family == AF_INET ? (void *)&four.sin_addr : (void *)&six.sin6_addr) == 1);
	if (family == AF_INET)
		memcpy(&six, &four, sizeof(four));
	return six;
}

/* With room for all that may come, and an end to each wait; without checksums, which veth leaves to a card that isn't there. */
static int udp_at(int family, const char *address, int port)
{
	struct sockaddr_in6 at = address_of(family, address, port);
	int fd = socket(family, SOCK_DGRAM | SOCK_CLOEXEC, 0), room = 1 << 20, one = 1;
	struct timeval most = {.tv_sec = 20 * slow()};

	REQUIRE(fd >= 0 && bind(fd, (struct sockaddr *)&at, sizeof(at)) == 0);
	setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof(room));
	REQUIRE(!setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &most, sizeof(most)));
	if (family == AF_INET) {
		REQUIRE(!setsockopt(fd, SOL_SOCKET, SO_NO_CHECK, &one, sizeof(one)) && !setsockopt(fd, SOL_IP, IP_RECVTTL, &one, sizeof(one)));
	} else {
		REQUIRE(!setsockopt(fd, IPPROTO_UDP, NO_CHECK6_TX, &one, sizeof(one)) && !setsockopt(fd, IPPROTO_UDP, NO_CHECK6_RX, &one, sizeof(one)));
		REQUIRE(!setsockopt(fd, SOL_IPV6, IPV6_RECVHOPLIMIT, &one, sizeof(one)));
	}
	return fd;
}

static void send_some(int fd, const struct sockaddr_in6 *to, size_t size, int times)
{
	char bytes[1500] = {};

	for (int i = 0; i < times; i++) {
		bytes[0] = i;
		REQUIRE(sendto(fd, bytes, size, 0, (const void *)to, to->sin6_family == AF_INET ? sizeof(struct sockaddr_in) : sizeof(*to)) ==
				(ssize_t)size || errno == EHOSTUNREACH || errno == EPERM);
	}
}

/* In order, each with this TTL; then none is left. */
static void came(int fd, int times, int ttl)
{
	char bytes[1500], control[100];

	for (int i = 0; i <= times; i++) {
		struct iovec part = {bytes, sizeof(bytes)};
		struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof(control)};
		ssize_t n = recvmsg(fd, &message, i == times ? MSG_DONTWAIT : 0);
		int seen = -1;

		if (i == times) {
			CHECK_EQ(n, -1);
			return;
		}
		if (!CHECK_EQ(n, SIZE))
			return;
		CHECK_EQ(bytes[0], i);
		if (CMSG_FIRSTHDR(&message))
			memcpy(&seen, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof(seen));
		CHECK_EQ(seen, ttl);
	}
}

/* What the router's kernel itself has forwarded; the caller is in its namespace. */
static long long forwarded_by_kernel(int family)
{
	char *all = file_text(family == AF_INET ? "/proc/net/snmp" : "/proc/net/snmp6"), *at;
	long long n = -1;

	if (family == AF_INET6) {
		at = strstr(all, "Ip6OutForwDatagrams");
		REQUIRE(at && sscanf(at, "%*s %lld", &n) == 1);
	} else {	/* "Ip: Forwarding DefaultTTL InReceives InHdrErrors InAddrErrors ForwDatagrams" and then their values */
		at = strstr(all, "\nIp: ") ?: strstr(all + 3, "Ip: ");
		REQUIRE(at && sscanf(at, " Ip: %*d %*d %*d %*d %*d %lld", &n) == 1);
	}
	return n;
}

static __u32 xdp_of(const char *interface)
{
	LIBBPF_OPTS(bpf_xdp_query_opts, query);

	REQUIRE(!bpf_xdp_query(if_nametoindex(interface), 0, &query));
	return query.prog_id;
}

/* A packet without a payload, to the router; what else is wrong with it is up to the caller. */
static void packet_of(bool six, const unsigned char *mac, const char *from, const char *to, unsigned char *frame)
{
	unsigned char *ip = frame + 14;
	uint32_t sum = 0;

	memset(frame, 0, 100);
	memcpy(frame, mac, 6);
	frame[12] = six ? 0x86 : 0x08;
	frame[13] = six ? 0xdd : 0;
	ip[0] = six ? 0x60 : 0x45;
	ip[six ? 6 : 9] = 59;
	ip[six ? 7 : 8] = 64;
	if (!six)
		ip[3] = 20;
	REQUIRE(inet_pton(six ? AF_INET6 : AF_INET, from, ip + (six ? 8 : 12)) == 1);
	REQUIRE(inet_pton(six ? AF_INET6 : AF_INET, to, ip + (six ? 24 : 16)) == 1);
	for (int i = 0; i < 20 && !six; i += 2)
		sum += ip[i] << 8 | ip[i + 1];
	sum = ~((sum & 0xffff) + (sum >> 16));
	if (!six) {
		ip[10] = sum >> 8;
		ip[11] = sum;
	}
}

#define REASON(word) "\"reason\":\"" word "\""
#define FORWARDED    "\"fate\":\"forwarded\""

/* Back and forth until each knows the other's address; what the kernel forwards meanwhile is none of the count. */
static void meet(struct line *l, int client, int server, const struct sockaddr_in6 *to_server, const struct sockaddr_in6 *to_client)
{
	for (int i = 0; i < 3; i++) {
		netns_enter(l->veth.ns[0]);
		send_some(client, to_server, SIZE, 1);
		came(server, 1, 63);
		netns_enter(l->server);
		send_some(server, to_client, SIZE, 1);
		came(client, 1, 63);
	}
}

static void forward(int family)
{
	bool six = family == AF_INET6;
	const char *client_address = six ? "2001:db8::1" : "192.0.2.1", *server_address = six ? "2001:db8:1::2" : "198.51.100.2";
	struct sockaddr_in6 to_server = address_of(family, server_address, 2000), to_client = address_of(family, client_address, 1000);
	struct sockaddr_in6 to_hole = address_of(family, six ? "2001:db8:bad::1" : "203.0.113.1", 2000);
	struct sockaddr_in6 to_nobody = address_of(family, six ? "2001:db8:1::99" : "198.51.100.99", 2000);
	unsigned char frame[100] = {[12] = 0x81, [15] = 5, [16] = 0x08};
	int client, server, raw, one = 1, all = 64, head = 14 + (six ? 40 : 20) + 8;
	struct ifreq request = {.ifr_mtu = 1300};
	struct line l = line_new(false);
	struct job *job;
	long long before;

	netns_enter(l.server);
	server = udp_at(family, server_address, 2000);
	netns_enter(l.veth.ns[0]);
	client = udp_at(family, client_address, 1000);
	raw = frame_socket("pair");
	netns_enter(l.veth.ns[1]);
	route_add(family, six ? "2001:db8:bad::" : "203.0.113.0", six ? 48 : 24, NULL);
	job = tool_start("xdpforward", "-I", "pair,other", "-i", "0.1");
	meet(&l, client, server, &to_server, &to_client);
	await_told(job, REASON("no_neigh"), "packets", 1);	/* of the server: the stack asked for its address */
	tool_stop(job);
	CHECK_EQ(sum(job, "packets", IS("interface", "pair"), IS("reason", "no_neigh")), 1);

	netns_enter(l.veth.ns[1]);
	before = forwarded_by_kernel(family);
	job = tool_start("xdpforward", "-I", "pair,other", "-i", "0.1", "--fib", six ? "direct" : "full");
	netns_enter(l.veth.ns[0]);
	send_some(client, &to_server, SIZE, MANY_SENT);
	came(server, MANY_SENT, 63);
	netns_enter(l.server);
	send_some(server, &to_client, SIZE, MANY_SENT / 2);
	came(client, MANY_SENT / 2, 63);
	netns_enter(l.veth.ns[1]);
	CHECK_EQ(forwarded_by_kernel(family), before);
	interface_ask("other", SIOCSIFMTU, &request);
	netns_enter(l.veth.ns[0]);

	REQUIRE(!setsockopt(client, six ? SOL_IPV6 : SOL_IP, six ? IPV6_UNICAST_HOPS : IP_TTL, &one, sizeof(one)));
	send_some(client, &to_server, SIZE, 3);
	REQUIRE(!setsockopt(client, six ? SOL_IPV6 : SOL_IP, six ? IPV6_UNICAST_HOPS : IP_TTL, &all, sizeof(all)));
	send_some(client, &to_hole, SIZE, 4);
	send_some(client, &to_nobody, SIZE, 2);
	send_some(client, &to_server, 1300, 1);
	memset(frame, 0xff, 6);
	frame_send(raw, frame, sizeof(frame), 5);
	frame[12] = six ? 0x86 : 0x08;
	frame[13] = six ? 0xdd : 0;
	frame_send(raw, frame, sizeof(frame), 6);
	memcpy(frame, l.router_mac, 6);
	frame_send(raw, frame, sizeof(frame), 7);
	packet_of(six, l.router_mac, six ? "fe80::1" : "127.0.0.1", server_address, frame);
	frame_send(raw, frame, 60, 10);
	packet_of(six, l.router_mac, client_address, six ? "ff05::1" : "224.0.0.9", frame);
	frame_send(raw, frame, 60, 1);
	packet_of(six, l.router_mac, client_address, server_address, frame);
	frame[14 + (six ? 6 : 0)] = six ? 0 : 0x46;	/* options */
	frame_send(raw, frame, 60, 12);
	packet_of(six, l.router_mac, client_address, server_address, frame);
	frame[14 + (six ? 4 : 10)] ^= 1;		/* longer than it is; with another checksum */
	frame_send(raw, frame, 60, 13);
	frame_own(raw, 'x', 60, 8);
	await_told(job, REASON("not_ip"), "packets", 8);
	await_told(job, REASON("malformed"), "packets", 7 + 13);
	netns_enter(l.server);
	takes_frames(&l, "other", false);
	netns_enter(l.veth.ns[0]);
	send_some(client, &to_server, SIZE, 9);
	await_told(job, "\"fate\":\"lost\"", "packets", 9);
	tool_stop(job);

#define OF(reason) sum(job, "packets", IS("interface", "pair"), IS("fate", "stack"), IS("reason", reason))
	CHECK_EQ(sum(job, "packets", IS("interface", "pair"), IS("fate", "forwarded")), MANY_SENT + 9);
	CHECK_EQ(sum(job, "bytes", IS("interface", "pair"), IS("fate", "forwarded")), (MANY_SENT + 9) * (SIZE + head));
	CHECK_EQ(sum(job, "packets", IS("interface", "other"), IS("fate", "forwarded")), MANY_SENT / 2);
	CHECK_EQ(sum(job, "packets", IS("interface", "pair"), IS("fate", "lost")), 9);
	CHECK_EQ(OF("ttl"), 3);
	CHECK_EQ(OF("blackhole"), 4);
	CHECK_EQ(OF("no_neigh"), 2);
	CHECK_EQ(OF("frag_needed"), 1);
	CHECK_EQ(OF("vlan"), 5);
	CHECK_EQ(OF("malformed"), 7 + 13);
	CHECK_EQ(OF("options"), 12);
	CHECK_BETWEEN(10 + 1, OF("scope"), 10 + 1 + 20);
	CHECK_BETWEEN(6, OF("not_ours"), 6 + 20);	/* and what hosts send to all of their own accord */
	CHECK_BETWEEN(8, OF("not_ip"), 8 + 20);
	CHECK_NO_LOSS(job);
	actions_bpf__destroy(l.skel);
}

TEST(xdpforward, "IPv4: what can be forwarded arrives with one hop less, past the kernel's own counters; all else goes to the stack, by reason")
{
	forward(AF_INET);
}

TEST(xdpforward, "IPv6: the same")
{
	forward(AF_INET6);
}

TEST(xdpforward, "killed, nothing stays attached; pinned, it goes on until --detach; generic mode forwards as well; what isn't named gets nothing")
{
	struct sockaddr_in6 to_server = address_of(AF_INET, "198.51.100.2", 2000), to_client = address_of(AF_INET, "192.0.2.1", 1000);
	struct line l = line_new(false);
	int client, server;
	struct job *job;
	long long before;

	if (access("/sys/fs/bpf/corekit/xdpforward", F_OK) == 0)
		SKIP("somebody has an xdpforward pinned");
	netns_enter(l.server);
	server = udp_at(AF_INET, "198.51.100.2", 2000);
	netns_enter(l.veth.ns[0]);
	client = udp_at(AF_INET, "192.0.2.1", 1000);
	meet(&l, client, server, &to_server, &to_client);

	netns_enter(l.veth.ns[1]);
	job = tool_start("xdpforward", "-I", "pair", "-i", "0.1");
	netns_enter(l.veth.ns[0]);
	send_some(client, &to_server, SIZE, 5);
	came(server, 5, 63);
	tool_stop(job);
	CHECK_EQ(sum(job, "packets", IS("reason", "elsewhere")), 5);
	CHECK_EQ(sum(job, "packets", IS("fate", "forwarded")), 0);

	netns_enter(l.veth.ns[1]);
	job = tool_start("xdpforward", "-I", "other,pair", "-m", "generic", "-i", "0.1");
	before = forwarded_by_kernel(AF_INET);
	netns_enter(l.veth.ns[0]);
	send_some(client, &to_server, SIZE, MANY_SENT);
	came(server, MANY_SENT, 63);
	netns_enter(l.veth.ns[1]);
	CHECK_EQ(forwarded_by_kernel(AF_INET), before);
	tool_stop(job);
	CHECK_EQ(sum(job, "packets", IS("interface", "pair"), IS("fate", "forwarded")), MANY_SENT);

	job = tool_start("xdpforward", "-I", "pair,other");
	CHECK(xdp_of("pair") && xdp_of("other"));
	job_end(job, SIGKILL);
	CHECK_EQ(xdp_of("pair") + xdp_of("other"), 0);

	bpffs();
	job = run("corekit", "xdpforward", "-I", "pair,other", "--pin");
	CHECK_EQ(job->status, 0);
	CHECK(xdp_of("pair") && xdp_of("other"));
	netns_enter(l.veth.ns[0]);
	send_some(client, &to_server, SIZE, MANY_SENT);
	came(server, MANY_SENT, 63);
	netns_enter(l.veth.ns[1]);
	CHECK_EQ(forwarded_by_kernel(AF_INET), before);
	job = run("corekit", "xdpforward", "--detach");
	CHECK_EQ(job->status, 0);
	CHECK_EQ(lines(job->err), 2);
	CHECK_EQ(xdp_of("pair") + xdp_of("other"), 0);
	actions_bpf__destroy(l.skel);
}

TEST(xdpforward, "packets in several pieces are forwarded whole, by the stack where XDP can't")
{
	struct sockaddr_in6 to_server = address_of(AF_INET, "198.51.100.2", 2000), to_client = address_of(AF_INET, "192.0.2.1", 1000);
	struct line l = line_new(true);
	struct ifreq request = {.ifr_mtu = 9000};
	int client, server;
	struct where by;
	char bytes[9000];
	struct job *job;

	netns_enter(l.server);
	server = udp_at(AF_INET, "198.51.100.2", 2000);
	interface_ask("other", SIOCSIFMTU, &request);
	netns_enter(l.veth.ns[0]);
	client = udp_at(AF_INET, "192.0.2.1", 1000);
	interface_ask("pair", SIOCSIFMTU, &request);
	meet(&l, client, server, &to_server, &to_client);
	netns_enter(l.veth.ns[1]);
	interface_ask("other", SIOCSIFMTU, &request);
	interface_ask("pair", SIOCSIFMTU, &request);
	job = tool_start("xdpforward", "-I", "pair,other", "-i", "0.1");
	netns_enter(l.veth.ns[0]);
	for (int i = 0; i < 10; i++) {
		memset(bytes, i, 8000);
		REQUIRE(sendto(client, bytes, 8000, 0, (void *)&to_server, sizeof(struct sockaddr_in)) == 8000);
	}
	for (int i = 0; i < 10; i++) {
		REQUIRE(recv(server, bytes, sizeof(bytes), 0) == 8000);
		CHECK(bytes[0] == i && !memcmp(bytes, bytes + 1, 7999));
	}
	tool_stop(job);
	by = rows(job, IS("reason", "pieces")) ? IS("reason", "pieces") : IS("fate", "forwarded");	/* since 6.3 */
	CHECK_EQ(sum(job, "packets", IS("interface", "pair"), by), 10);
	CHECK_EQ(sum(job, "bytes", IS("interface", "pair"), by), 10 * (8000 + 42));
	CHECK_EQ(sum(job, "packets", IS("fate", "lost")), 0);
	actions_bpf__destroy(l.skel);
}

TEST(xdpforward, "what can't be is refused in one line: no interface, an unknown one, one without Ethernet's header, an unknown way")
{
	static const struct {
		const char *args[4], *said;
	} bad[] = {
		{{}, "on which interface?"},
		{{"-I", "nosuch"}, "there is no 'nosuch'"},
		{{"-I", "lo,lo"}, "named twice"},
		{{"-I", "lo", "--fib", "flow"}, "neither full nor direct"},
		{{"-I", "lo", "-m", "quick"}, "none of native, generic and offload"},
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		struct job *job = job_run(NULL, ARGV("corekit", "xdpforward", "-q", bad[i].args[0], bad[i].args[1], bad[i].args[2], bad[i].args[3]));

		CHECK_EQ(job->status, 2);
		CHECK_HAS(job->err, bad[i].said);
		CHECK_EQ(lines(job->err), 1);
	}
}
