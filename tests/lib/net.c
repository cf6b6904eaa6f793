// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Connections of which every byte, port and process is known. */
#include <poll.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <linux/filter.h>
#include <linux/if_addr.h>
#include <linux/pkt_sched.h>
#include <linux/veth.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <netdb.h>
#include "net.h"

struct talk talk_new(int family, const char *address)
{
	struct talk talk = {.family = family, .up = 1, .down = 1};
	struct sockaddr_in6 any = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_ANY_INIT};
	struct sockaddr_in *v4 = (struct sockaddr_in *)&any, *to = (struct sockaddr_in *)&talk.to;

	if (family == AF_INET)
		*v4 = (struct sockaddr_in){.sin_family = AF_INET};
	talk.length = family == AF_INET ? sizeof(*v4) : sizeof(any);
	tcp_close(&(struct tcp[]){tcp_open(AF_INET)}[0]);	/* lo is up after it */
	talk.listener = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (talk.listener < 0 || bind(talk.listener, (void *)&any, talk.length))
		SKIP("no address family %d here", family);
	REQUIRE(listen(talk.listener, 1000) == 0);
	REQUIRE(getsockname(talk.listener, (void *)&any, &talk.length) == 0);
	talk.port = ntohs(any.sin6_port);
	talk.to = any;
	if (family == AF_INET)
		REQUIRE(inet_pton(AF_INET, address, &to->sin_addr) == 1);
	else
		REQUIRE(inet_pton(AF_INET6, address, &talk.to.sin6_addr) == 1);
	talk.shared = mmap(NULL, sizeof(*talk.shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	REQUIRE(talk.shared != MAP_FAILED);
	return talk;
}

static void send_all(int fd, size_t bytes)
{
	static char block[10000];

	for (size_t part; bytes; bytes -= part) {
		part = bytes < sizeof(block) ? bytes : sizeof(block);
		REQUIRE(send(fd, block, part, MSG_NOSIGNAL) == (ssize_t)part);
	}
}

static void receive(int fd, size_t bytes)
{
	static char block[10000];
	ssize_t n;

	for (; bytes; bytes -= n) {
		n = recv(fd, block, bytes < sizeof(block) ? bytes : sizeof(block), 0);
		REQUIRE(n > 0);
	}
}

int connect_to(struct talk *talk)
{
	int fd = socket(talk->family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct sockaddr_in6 name;
	socklen_t length = sizeof(name);

	REQUIRE(connect(fd, (void *)&talk->to, talk->length) == 0);
	REQUIRE(getsockname(fd, (void *)&name, &length) == 0);
	talk->shared->port = ntohs(name.sin6_port);
	return fd;
}

static void client_side(void *arg)
{
	struct talk *talk = arg;
	int fd = connect_to(talk);
	char byte;

	send_all(fd, talk->up);
	receive(fd, talk->down);
	nap(talk->pause);
	if (talk->server_resets)
		REQUIRE(recv(fd, &byte, 1, 0) == -1 && errno == ECONNRESET);
	close(fd);
}

static void reset(int fd)
{
	struct linger linger = {1, 0};

	REQUIRE(setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger)) == 0);
	close(fd);
}

static void server_side(void *arg)
{
	struct talk *talk = arg;
	int fd = accept4(talk->listener, NULL, NULL, SOCK_CLOEXEC);
	char byte;

	REQUIRE(fd >= 0);
	receive(fd, talk->up);
	send_all(fd, talk->down);
	if (talk->server_resets) {
		nap(talk->pause + 50000000);	/* so that the client has read everything */
		reset(fd);
		return;
	}
	REQUIRE(recv(fd, &byte, 1, 0) == 0);
	close(fd);
}

struct ends ends_new(struct talk *talk)
{
	return (struct ends){child_new("connector", 0, client_side, talk), child_new("acceptor", 0, server_side, talk)};
}

static void connect_many(void *arg)
{
	struct talk *talk = arg;
	int fd[50];

	for (int i = 0; i < MANY; i += 50) {
		for (int j = 0; j < 50; j++)
			fd[j] = connect_to(talk);
		for (int j = 0; j < 50; j++)
			close(fd[j]);
	}
}

static void accept_many(void *arg)
{
	struct talk *talk = arg;
	char byte;

	for (int i = 0; i < MANY; i++) {
		int fd = accept4(talk->listener, NULL, NULL, SOCK_CLOEXEC);

		REQUIRE(fd >= 0 && recv(fd, &byte, 1, 0) == 0);
		close(fd);
	}
}

struct ends ends_many(struct talk *talk)
{
	return (struct ends){child_new("connector", 0, connect_many, talk), child_new("acceptor", 0, accept_many, talk)};
}

void ends_run(struct ends *ends)
{
	child_go(&ends->server);
	child_run(&ends->client);
	CHECK_EQ(child_wait(&ends->server), 0);
}

struct shown {
	struct job *job;
	int lines;
};

static bool are_shown(void *arg)
{
	struct shown *shown = arg;
	char *now = job_now(shown->job);
	int n = lines(now);

	free(now);
	return n >= shown->lines;
}

void await_rows(struct job *job, int rows)
{
	until(10, are_shown, &(struct shown){job, rows});
}

struct told {
	struct job *job;
	const char *part, *key;
	long long most;
};

static bool are_told(void *arg)
{
	const struct told *t = arg;
	char *now = job_now(t->job), *save = NULL;
	const char *key = text("\"%s\":", t->key);
	long long n = 0;

	for (char *line = strtok_r(now, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		char *at = strstr(line, t->part) ? strstr(line, key) : NULL;

		if (at)
			n += strtoll(at + strlen(key), NULL, 10);
	}
	free(now);
	return n >= t->most;
}

void await_told(struct job *job, const char *part, const char *key, long long most)
{
	if (!until(20, are_told, &(struct told){job, part, key, most}))
		FAIL("%s of %s: not %lld of them came", key, part, most);
}

void stop_after(struct job *job, int rows)
{
	await_rows(job, rows);
	tool_stop(job);
}

int unanswered(struct sockaddr_in *to)
{
	socklen_t length = sizeof(*to);
	int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	tcp_close(&(struct tcp[]){tcp_open(AF_INET)}[0]);	/* lo is up after it */
	*to = (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	REQUIRE(bind(listener, (void *)to, length) == 0 && listen(listener, 0) == 0);
	REQUIRE(getsockname(listener, (void *)to, &length) == 0);
	REQUIRE(connect(fd, (void *)to, length) == 0);		/* all that its queue can hold */
	return listener;
}

struct nameserver {
	int udp, tcp;
	uint64_t delay;
};

/* Of a message of `n` bytes with room for an answer; its length, 0: there is none. */
static size_t name_answer(unsigned char *message, size_t n, bool by_tcp, uint64_t delay)
{
	static const unsigned char record[] = {0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 192, 0, 2, 1};
	const char *name = (const char *)message + 13;
	size_t end = 12;
	int type;

	while (end < n && message[end])
		end += 1 + message[end];
	end += 5;
	if (end > n)		/* no question */
		return 0;
	type = message[end - 3];
	message[2] = 0x81;	/* a response */
	message[3] = 0x80;
	memset(message + 6, 0, 6);
	if (!strncmp(name, "never", 5))
		return 0;
	if (!strncmp(name, "slow", 4))
		nap(delay);
	if (!strncmp(name, "cut", 3) && !by_tcp)
		message[2] |= 2;
	else if (strstr(name, "none") || type == 12)
		message[3] |= 3;
	else if (type == 1) {
		message[7] = 1;
		memcpy(message + end, record, sizeof(record));
		end += sizeof(record);
	}
	return end;
}

static void serve_names(void *arg)
{
	struct nameserver *server = arg;
	struct pollfd fds[] = {{server->udp, POLLIN, 0}, {server->tcp, POLLIN, 0}};
	unsigned char message[2 + 600];

	while (poll(fds, 2, -1) > 0) {
		struct sockaddr_storage from;
		socklen_t length = sizeof(from);
		size_t n;

		if (fds[0].revents) {
			n = recvfrom(server->udp, message, 512, 0, (void *)&from, &length);
			n = name_answer(message, n, false, server->delay);
			if (n)
				REQUIRE(sendto(server->udp, message, n, 0, (void *)&from, length) == (ssize_t)n);
		}
		if (fds[1].revents) {
			int fd = accept4(server->tcp, NULL, NULL, SOCK_CLOEXEC);

			REQUIRE(fd >= 0 && recv(fd, message, 2, MSG_WAITALL) == 2);
			n = message[0] << 8 | message[1];
			REQUIRE(n < 512 && recv(fd, message + 2, n, MSG_WAITALL) == (ssize_t)n);
			n = name_answer(message + 2, n, true, server->delay);
			message[0] = n >> 8;
			message[1] = n;
			if (n)
				REQUIRE(send(fd, message, n + 2, 0) == (ssize_t)n + 2);
			close(fd);
		}
	}
}

static void put_over(const char *path, const char *what)
{
	const char *mine = tmp(strrchr(path, '/') + 1);
	int fd = open(mine, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);

	REQUIRE(write(fd, what, strlen(what)) == (ssize_t)strlen(what));
	close(fd);
	if (access(path, F_OK))
		close(open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644));
	REQUIRE(mount(mine, path, NULL, MS_BIND, NULL) == 0);
}

struct child nameserver(uint64_t delay)
{
	static struct nameserver server;
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(53), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	struct child child;

	REQUIRE(unshare(CLONE_NEWNS | CLONE_NEWNET) == 0 && mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0);
	tcp_close(&(struct tcp[]){tcp_open(AF_INET)}[0]);	/* lo is up after it */
	put_over("/etc/resolv.conf", "nameserver 127.0.0.1\noptions timeout:30 attempts:1\n");
	put_over("/etc/nsswitch.conf", "hosts: files dns\n");
	put_over("/etc/hosts", "127.0.0.1 localhost\n");
	server.delay = delay;
	server.udp = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	server.tcp = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	REQUIRE(bind(server.udp, (void *)&at, sizeof(at)) == 0);
	REQUIRE(bind(server.tcp, (void *)&at, sizeof(at)) == 0 && listen(server.tcp, 5) == 0);
	child = child_new("nameserver", 0, serve_names, &server);
	child_go(&child);
	return child;
}

void *request_room(struct request *request, size_t size)
{
	char *at = (char *)request + NLMSG_ALIGN(request->head.nlmsg_len);

	REQUIRE(at + size <= (char *)(request + 1));
	request->head.nlmsg_len = at + size - (char *)request;
	return memset(at, 0, size);
}

struct rtattr *request_attribute(struct request *request, int type, const void *data, size_t size)
{
	struct rtattr *attr = request_room(request, RTA_LENGTH(size));

	attr->rta_type = type;
	attr->rta_len = RTA_LENGTH(size);
	if (size)
		memcpy(RTA_DATA(attr), data, size);
	return attr;
}

void request_end(struct request *request, struct rtattr *attr)
{
	attr->rta_len = (char *)request + request->head.nlmsg_len - (char *)attr;
}

int request_send(struct request *request)
{
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	char answer[4096];
	struct nlmsghdr *head = (struct nlmsghdr *)answer;

	request->head.nlmsg_flags |= NLM_F_REQUEST | NLM_F_ACK;
	REQUIRE(fd >= 0 && send(fd, request, request->head.nlmsg_len, 0) == (ssize_t)request->head.nlmsg_len);
	REQUIRE(recv(fd, answer, sizeof(answer), 0) > 0 && head->nlmsg_type == NLMSG_ERROR);
	close(fd);
	return ((struct nlmsgerr *)NLMSG_DATA(head))->error;
}

struct request request_of(int type, int flags)
{
	return (struct request){.head = {.nlmsg_len = NLMSG_HDRLEN, .nlmsg_type = type, .nlmsg_flags = flags}};
}

void netns_enter(int ns)
{
	REQUIRE(setns(ns, CLONE_NEWNET) == 0);
}

void bpffs(void)
{
	struct statfs fs;

	REQUIRE(statfs("/sys/fs/bpf", &fs) == 0);
	if ((uint32_t)fs.f_type == BPF_FS_MAGIC)
		return;
	REQUIRE(unshare(CLONE_NEWNS) == 0 && mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
		mount("bpf", "/sys/fs/bpf", "bpf", 0, NULL) == 0);
}

int netns_here(unsigned long *number)
{
	int fd = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
	struct stat st;

	REQUIRE(fd >= 0 && fstat(fd, &st) == 0);
	*number = st.st_ino;
	return fd;
}

void link_up(const char *name)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct ifreq request = {};

	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", name);
	REQUIRE(ioctl(fd, SIOCGIFFLAGS, &request) == 0);
	request.ifr_flags |= IFF_UP;
	REQUIRE(ioctl(fd, SIOCSIFFLAGS, &request) == 0);
	close(fd);
}

void link_address(const char *name, int family, const char *address, int bits)
{
	struct request request = request_of(RTM_NEWADDR, NLM_F_CREATE);
	struct ifaddrmsg *message = request_room(&request, sizeof(*message));
	char bytes[16];

	*message = (struct ifaddrmsg){.ifa_family = family, .ifa_prefixlen = bits, .ifa_flags = IFA_F_NODAD,
				      .ifa_index = if_nametoindex(name)};
	REQUIRE(inet_pton(family, address, bytes) == 1);
	request_attribute(&request, IFA_LOCAL, bytes, family == AF_INET ? 4 : 16);
	request_attribute(&request, IFA_ADDRESS, bytes, family == AF_INET ? 4 : 16);
	REQUIRE(request_send(&request) == 0);
}

int route_new(int family, const char *to, int bits, const char *gateway, void (*more)(struct request *request, void *arg), void *arg)
{
	struct request request = request_of(RTM_NEWROUTE, NLM_F_CREATE);
	struct rtmsg *message = request_room(&request, sizeof(*message));
	size_t size = family == AF_INET ? 4 : 16;
	char bytes[16];

	*message = (struct rtmsg){.rtm_family = family, .rtm_dst_len = bits, .rtm_table = RT_TABLE_MAIN, .rtm_protocol = RTPROT_STATIC,
				  .rtm_scope = RT_SCOPE_UNIVERSE, .rtm_type = gateway ? RTN_UNICAST : RTN_BLACKHOLE};
	REQUIRE(inet_pton(family, to, bytes) == 1);
	request_attribute(&request, RTA_DST, bytes, size);
	if (gateway) {
		REQUIRE(inet_pton(family, gateway, bytes) == 1);
		request_attribute(&request, RTA_GATEWAY, bytes, size);
	}
	if (more)
		more(&request, arg);
	return request_send(&request);
}

void route_add(int family, const char *to, int bits, const char *gateway)
{
	REQUIRE(route_new(family, to, bits, gateway, NULL, NULL) == 0);
}

void link_pair(const char *name, int ns, const char *there)
{
	struct request request = request_of(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL);
	struct rtattr *info, *data, *peer;
	int err;

	request_room(&request, sizeof(struct ifinfomsg));
	request_attribute(&request, IFLA_IFNAME, name, strlen(name) + 1);
	info = request_attribute(&request, IFLA_LINKINFO, NULL, 0);
	request_attribute(&request, IFLA_INFO_KIND, "veth", 5);
	data = request_attribute(&request, IFLA_INFO_DATA, NULL, 0);
	peer = request_attribute(&request, VETH_INFO_PEER, NULL, 0);
	request_room(&request, sizeof(struct ifinfomsg));
	request_attribute(&request, IFLA_IFNAME, there, strlen(there) + 1);
	request_attribute(&request, IFLA_NET_NS_FD, &ns, sizeof(ns));
	request_end(&request, peer);
	request_end(&request, data);
	request_end(&request, info);
	err = request_send(&request);
	if (err == -EOPNOTSUPP)
		SKIP("no veth in this kernel");
	REQUIRE(err == 0);
}

struct veth veth_new(void)
{
	struct veth veth;

	for (int i = 1; i >= 0; i--) {
		REQUIRE(unshare(CLONE_NEWNET) == 0);
		veth.ns[i] = netns_here(&veth.number[i]);
	}
	link_pair("pair", veth.ns[1], "pair");
	for (int i = 1; i >= 0; i--) {
		netns_enter(veth.ns[i]);
		link_up("lo");
		link_up("pair");
		link_address("pair", AF_INET, text("192.0.2.%d", i + 1), 24);
		link_address("pair", AF_INET6, text("2001:db8::%d", i + 1), 64);
	}
	return veth;
}

bool veth_delay(int ms)
{
	struct request request = request_of(RTM_NEWQDISC, NLM_F_CREATE | NLM_F_REPLACE);
	struct tcmsg *message = request_room(&request, sizeof(*message));
	/* in units of 64 ns: PSCHED_SHIFT, include/net/pkt_sched.h */
	struct tc_netem_qopt options = {.latency = ms * 1000000ULL / 64, .limit = 1000};
	int err;

	*message = (struct tcmsg){.tcm_family = AF_UNSPEC, .tcm_ifindex = if_nametoindex("pair"), .tcm_parent = TC_H_ROOT,
				  .tcm_handle = 0x10000};
	request_attribute(&request, TCA_KIND, "netem", 6);
	request_attribute(&request, TCA_OPTIONS, &options, sizeof(options));
	err = request_send(&request);
	REQUIRE(err == 0 || err == -ENOENT);
	return !err;
}

int look_up(const char *name)
{
	struct addrinfo hints = {.ai_family = AF_INET, .ai_socktype = SOCK_STREAM}, *found = NULL;
	int ret = getaddrinfo(name, "80", &hints, &found);

	if (!ret)
		freeaddrinfo(found);
	return ret;
}

void deaf(int fd, bool on)
{
	struct sock_filter nothing = BPF_STMT(BPF_RET | BPF_K, 0);
	struct sock_fprog filter = {1, &nothing};

	REQUIRE(setsockopt(fd, SOL_SOCKET, on ? SO_ATTACH_FILTER : SO_DETACH_FILTER, &filter, sizeof(filter)) == 0);
}

bool drop_tells(const char *what)
{
	const char *format = file_text("/sys/kernel/tracing/events/skb/kfree_skb/format");

	if (!*format)
		SKIP("tracefs is not mounted");
	return strstr(format, what);
}
