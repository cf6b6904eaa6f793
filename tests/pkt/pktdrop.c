// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <dirent.h>
#include <linux/filter.h>
#include <linux/if_link.h>
#include <linux/if_tun.h>
#include <linux/pkt_sched.h>
#include <linux/veth.h>
#include <net/if.h>
#include <pthread.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include "model.h"
#include "net.h"

/* The program that a tool has loaded, as a descriptor. */
static int program_of(struct job *job)
{
	const char *folder = text("/proc/%d/fdinfo", job->pid);
	DIR *dir = opendir(folder);
	struct dirent *entry;
	char *at;
	int id = 0;

	REQUIRE(dir);
	while (!id && (entry = readdir(dir)))
		if (*entry->d_name != '.' && (at = strstr(file_text(text("%s/%s", folder, entry->d_name)), "prog_type:")) &&
		    (at = strstr(at, "prog_id:")))
			id = atoi(at + 8);
	closedir(dir);
	REQUIRE(id);
	return bpf_prog_get_fd_by_id(id);
}

/* All of it at a time: a file that is being written would be read twice. */
static void put(const char *path, const char *what)
{
	const char *fresh = text("%s.new", path);
	int fd = open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	REQUIRE(fd >= 0 && write(fd, what, strlen(what)) == (ssize_t)strlen(what));
	close(fd);
	REQUIRE(rename(fresh, path) == 0);
}

struct hook_at {
	const char *name, *file;
	bool mac, xdp;
	int drop, pass;
	struct job *job;
	int program, n;
	struct model_rule rules[40];
	char text[8000];
	long long packets[64], bytes[64];
};

static int verdict(struct hook_at *h, uint8_t *data, size_t size, uint32_t mark)
{
	struct __sk_buff skb = {.mark = mark};
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = data, .data_size_in = size, .repeat = 1);

	if (!h->xdp) {
		opts.ctx_in = &skb;
		opts.ctx_size_in = sizeof(skb);
	}
	if (bpf_prog_test_run_opts(h->program, &opts))
		return -errno - 1000;
	return opts.retval;
}

static const char *dump(const uint8_t *data, size_t size)
{
	char *to = calloc(2, size + 1);

	for (size_t i = 0; i < size; i++)
		sprintf(to + 2 * i, "%02x", data[i]);
	return to;
}

static void compare(struct hook_at *h, struct model_random *r, bool otherwise, int packets)
{
	for (int i = 0; i < packets; i++) {
		uint32_t mark = h->xdp ? 0 : model_random(r, 3);
		uint8_t data[512];
		size_t size = model_packet(r, data), skip = h->mac ? 0 : 14;
		struct model_packet p = model_read(data + skip, size - skip, h->mac, model_16(data, size, 12), mark);
		int decides = model_decides(h->rules, h->n, &p), got = verdict(h, data, size, mark);
		bool drop = decides ? h->rules[decides - 1].drop : otherwise;

		if (got == -EINVAL - 1000 && size < 14 + 40)
			continue;	/* the kernel makes no packet of it */
		h->packets[decides]++;
		h->bytes[decides] += size - skip;
		if (got != (drop ? h->drop : h->pass)) {
			FAIL("%s: verdict %d where rule %d decides to %s; packet %s, mark %u; rules:\n%s", h->name, got, decides,
			     drop ? "drop" : "allow", dump(data, size), mark, h->text);
			return;
		}
	}
}

/* The first rule is for a protocol that no other packet has. */
static const char probe_head[] = {2, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 9, 0x08, 0, 0x45, 0, 0, 0, 0, 0, 0, 0, 0, (char)250};

static bool is_new(void *arg)
{
	struct hook_at *h = arg;
	uint8_t probe[64] = {};

	memcpy(probe, probe_head, sizeof(probe_head));
	h->packets[1]++;
	h->bytes[1] += h->mac ? 64 : 50;
	return verdict(h, probe, sizeof(probe), 0) == h->drop;
}

static void new_rules(struct hook_at *h, struct model_random *r, enum model_set set, bool drop)
{
	char more[7000];

	h->rules[0] = (struct model_rule){.drop = drop, .src_bits = -1, .dst_bits = -1, .protocol = 250, .vlan = -1, .sport = {-1},
					  .dport = {-1}, .port = {-1}, .smac = -1, .dmac = -1, .mark = -1};
	h->n = 1 + model_rules(r, set, h->rules + 1, 20, h->mac, !h->xdp, more);
	snprintf(h->text, sizeof(h->text), "# at random\n%s proto 250\n\n%s", drop ? "drop" : "allow", more);
	put(h->file, h->text);
}

TEST(pktdrop, "what is dropped, and what each rule counts, is what a plain model says; rules that change are exchanged at once")
{
	struct hook_at hooks[] = {{"xdp", .mac = true, .xdp = true, .drop = 1, .pass = 2},
				  {"tc", .mac = true, .drop = 2, .pass = -1},
				  {"cgroup", .drop = 0, .pass = 1}};
	static const enum model_set first[] = {MODEL_ADDRESSES, MODEL_ANY, MODEL_PORTS};
	struct model_random r = {.state = 1};
	int before[3];

	REQUIRE(unshare(CLONE_NEWNET) == 0);
	for (int i = 0; i < 3; i++) {
		struct hook_at *h = &hooks[i];

		h->file = tmp(h->name);
		new_rules(h, &r, first[i], false);
		before[i] = h->n;
		h->job = tool_start("pktdrop", "--hook", h->name, "-R", h->file, i < 2 ? "-Ilo" : text("-c%s", cgroup_new("empty")),
				    i == 0 ? "-mgeneric" : i == 1 ? "--default=allow" : "--default=drop");
		h->program = program_of(h->job);
		REQUIRE(h->program >= 0);
		compare(h, &r, i == 2, 600);
	}
	for (int i = 0; i < 3; i++)
		new_rules(&hooks[i], &r, first[i] ? MODEL_ANY : MODEL_ADDRESSES, true);
	for (int i = 0; i < 3; i++) {
		struct hook_at *h = &hooks[i];

		CHECK(until(20, is_new, h));
		compare(h, &r, i == 2, 600);
		close(h->program);
		tool_stop(h->job);
		CHECK_EQ(rows(h->job), before[i] + 1 + h->n + 1);
		for (int j = 0; j <= h->n || j <= before[i]; j++) {
			CHECK_EQ(sum(h->job, "packets", IS("rule", j)), h->packets[j]);
			CHECK_EQ(sum(h->job, "bytes", IS("rule", j)), h->bytes[j]);
		}
		CHECK_NO_LOSS(h->job);
	}
}

/* Two intervals, of two rows each. */
static void shown(struct job *job)
{
	char *now = job_now(job);

	await_rows(job, lines(now) + 6);
	free(now);
}

TEST(pktdrop, "what rules count in an interval begins anew with them, and what those before them counted is told")
{
	struct hook_at h = {"cgroup", .file = tmp("again"), .drop = 0, .pass = 1};
	uint8_t probe[64] = {};

	memcpy(probe, probe_head, sizeof(probe_head));
	put(h.file, "drop proto 250");
	h.job = tool_start("pktdrop", "--hook", "cgroup", text("-c%s", cgroup_new("empty")), "-R", h.file, "-i", "0.1");
	h.program = program_of(h.job);
	REQUIRE(h.program >= 0);
	for (int i = 0; i < 9; i++)
		CHECK_EQ(verdict(&h, probe, sizeof(probe), 0), 0);
	shown(h.job);
	for (int i = 0; i < 2; i++) {
		put(h.file, i ? "drop proto 250" : "allow proto 250");
		h.drop = !i;
		CHECK(until(20, is_new, &h));
		shown(h.job);
	}
	close(h.program);
	tool_stop(h.job);
	CHECK(rows(h.job, IS("rule", 1), IS("action", "allow")) > 0);
	CHECK_EQ(sum(h.job, "packets", IS("rule", 0)), 0);
	CHECK_EQ(sum(h.job, "packets", IS("rule", 1)), 9 + h.packets[1]);
}

/* Packets that never cease, until the flag is set: how many it were. */
static void *keep_sending(void *arg)
{
	struct hook_at *h = arg;
	uint8_t probe[64] = {};

	memcpy(probe, probe_head, sizeof(probe_head));
	for (; !__atomic_load_n(&h->n, __ATOMIC_ACQUIRE); h->packets[0]++)
		CHECK(verdict(h, probe, sizeof(probe), 0) >= 0);
	return NULL;
}

static bool told_of(void *arg)
{
	char text[4000] = "", *at = text;
	struct hook_at *h = arg;
	int n = 0;

	for (pread(h->job->err_fd, text, sizeof(text) - 1, 0); (at = strstr(at, "counted anew")); at++)
		n++;
	return n >= h->drop;
}

TEST(pktdrop, "while packets pass, rules are exchanged twice before anything is shown: each packet is counted once")
{
	struct hook_at h = {"cgroup", .file = tmp("often")};
	pthread_t sender;

	put(h.file, "drop proto 250");
	h.job = tool_start("pktdrop", "--hook", "cgroup", text("-c%s", cgroup_new("empty")), "-R", h.file, "-i", "60");
	h.program = program_of(h.job);
	REQUIRE(h.program >= 0 && pthread_create(&sender, NULL, keep_sending, &h) == 0);
	while (h.drop++ < 2) {
		put(h.file, text("allow proto %d\nallow ipv4", 250 + h.drop));
		CHECK(until(20, told_of, &h));
	}
	__atomic_store_n(&h.n, 1, __ATOMIC_RELEASE);
	pthread_join(sender, NULL);
	close(h.program);
	tool_stop(h.job);
	CHECK_EQ(sum(h.job, "packets"), h.packets[0]);
}

#define PORTS 6

/* A socket at 192.0.2.2, which is the other end of the pair. */
static int udp_at(int port)
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr = {htonl(0xc0000202)}};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	REQUIRE(fd >= 0 && bind(fd, (struct sockaddr *)&at, sizeof(at)) == 0);
	return fd;
}

static void send_to(int from, int port, int n)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr = {htonl(0xc0000202)}};
	char bytes[100] = {};

	for (int i = 0; i < n; i++)
		REQUIRE(sendto(from, bytes, sizeof(bytes), 0, (struct sockaddr *)&to, sizeof(to)) == sizeof(bytes) || errno == EPERM);
}

/* How many have come: what is on its way is there once another, sent later, is. */
static int come(int fd)
{
	char bytes[200];
	int n = 0;

	while (recv(fd, bytes, sizeof(bytes), MSG_DONTWAIT) >= 0)
		n++;
	return n;
}

static void settled(int from, int fence)
{
	char bytes[200];

	send_to(from, 1000, 1);
	REQUIRE(recv(fence, bytes, sizeof(bytes), 0) == 100);
}

/* How many instructions the filter of a socket has; -EACCES: it is eBPF. */
static int filter_of(int fd)
{
	socklen_t n = 0;

	return getsockopt(fd, SOL_SOCKET, SO_GET_FILTER, NULL, &n) ? -errno : (int)n;
}

/* Two sockets that are to be left alone: one with a filter, one that listens. */
static void others(int fd[2])
{
	struct sock_filter all = {.code = BPF_RET | BPF_K, .k = -1U};
	struct sock_fprog filter = {1, &all};

	fd[0] = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	fd[1] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	REQUIRE(setsockopt(fd[0], SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof(filter)) == 0);
	REQUIRE(listen(fd[1], 1) == 0);
}

struct again {
	int from, to, port;
};

static bool passes(void *arg)
{
	struct again *a = arg;

	send_to(a->from, a->port, 1);
	nap(10000000);
	return come(a->to) > 0;
}

/* The sender is in the first namespace, the sockets and all programs but one are in the second. */
TEST(pktdrop, "in XDP, tc, a cgroup and a socket, what a rule drops doesn't arrive, all else does; killed, nothing is dropped any more")
{
	struct veth veth = veth_new();
	const char *cgroup = cgroup_new("receivers");
	int from = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), fd[PORTS + 1], other[2];
	struct again again = {from, 0, 1002};
	struct job *jobs[PORTS];

	cgroup_enter(cgroup, 0);	/* whose sockets these are */
	netns_enter(veth.ns[1]);
	for (int i = 0; i <= PORTS; i++)
		fd[i] = udp_at(1000 + i);
	others(other);
	jobs[1] = tool_start("pktdrop", "-I", "pair", "drop proto udp dport 1001 src 192.0.2.1", "drop src 192.0.2.0/25 dport 1006");
	jobs[2] = tool_start("pktdrop", "--hook", "tc", "-I", "pair", "drop proto udp dport 1002");
	jobs[3] = tool_start("pktdrop", "--hook", "cgroup", "-c", cgroup, "drop dst 192.0.2.2 dport 1003");
	jobs[4] = tool_start("pktdrop", "--hook", "socket", "-p", text("%d", getpid()), "drop dport 1004");
	jobs[0] = tool_start("pktdrop", "--hook", "tc", "--dry-run", "-I", "pair", "--default", "drop", "allow dport 1001-1004");
	netns_enter(veth.ns[0]);
	jobs[5] = tool_start("pktdrop", "--hook", "tc", "--egress", "-I", "pair", "drop dport 1005");
	pin(0);		/* so that what is sent comes in order */
	for (int i = 1; i <= PORTS; i++)
		send_to(from, 1000 + i, i);
	settled(from, fd[0]);
	for (int i = 1; i <= PORTS; i++)
		CHECK_EQ(come(fd[i]), 0);
	CHECK_EQ(filter_of(fd[4]), -EACCES);
	CHECK_EQ(filter_of(other[1]), 0);
	job_end(jobs[2], SIGKILL);
	again.to = fd[2];
	CHECK(until(20, passes, &again));
	job_end(jobs[4], SIGKILL);
	again.to = fd[4];
	again.port = 1004;
	CHECK(until(20, passes, &again));
	CHECK_EQ(filter_of(other[0]), 1);
	CHECK_HAS(jobs[4]->err, "a filter of their own (1), or listening (1)");
	send_to(from, 1001, 1);
	settled(from, fd[0]);
	CHECK_EQ(come(fd[1]), 0);	/* the others still hold */
	for (int i = 0; i < PORTS; i++)
		if (i != 2 && i != 4)
			tool_stop(jobs[i]);
	for (int i = 1; i <= PORTS; i++)
		send_to(from, 1000 + i, i);
	settled(from, fd[0]);
	for (int i = 1; i <= PORTS; i++)
		CHECK_BETWEEN(i, come(fd[i]), i + (i == 2 || i == 4 ? 100 : 0));
	CHECK_EQ(number(row(jobs[1], IS("rule", 1), IS("action", "drop")), "packets"), 2);
	CHECK_EQ(number(row(jobs[1], IS("rule", 1)), "bytes"), 2 * (14 + 20 + 8 + 100));
	CHECK_EQ(number(row(jobs[1], IS("rule", 2)), "packets"), 6);
	CHECK_EQ(number(row(jobs[3], IS("rule", 1)), "packets"), 3);
	CHECK_EQ(number(row(jobs[3], IS("rule", 1)), "bytes"), 3 * (20 + 8 + 100));
	CHECK_EQ(number(row(jobs[5], IS("rule", 1)), "packets"), 5);
	CHECK_EQ(number(row(jobs[5], IS("rule", 1)), "bytes"), 5 * (14 + 20 + 8 + 100));
	CHECK_BETWEEN(2, number(row(jobs[0], IS("rule", 0), IS("action", "drop")), "packets"), 1e6); /* settled() was let through */
}

static bool has_told(void *arg)
{
	char text[2000] = "";
	struct job *job = arg;

	return pread(job->err_fd, text, sizeof(text) - 1, 0) > 0 && strstr(text, "pair: the interface has gone");
}

static void refuses(const char *part, const char *const *argv, int status)
{
	struct job *job = job_run(NULL, argv);

	if (!CHECK_EQ(job->status, status) || !CHECK_EQ(lines(job->err), 1) || !CHECK_HAS(job->err, part))
		fprintf(stderr, "with %s %s: %s", argv[2], argv[3], job->err);
}

TEST(pktdrop, "what can't be is told in a line: rules, hooks, modes, interfaces; who holds XDP is named")
{
	struct veth veth;
	struct job *job, *both;

	refuses("contradicts", ARGV("corekit", "pktdrop", "--hook=cgroup", "drop src ::1", "allow src ::1"), 2);
	refuses("is no condition", ARGV("corekit", "pktdrop", "--hook=cgroup", "drop colour 3"), 2);
	refuses("only xdp and tc", ARGV("corekit", "pktdrop", "--hook=cgroup", "drop vlan 3"), 2);
	refuses("have none yet", ARGV("corekit", "pktdrop", "-Ilo", "drop mark 3"), 2);
	refuses("it is for xdp and tc", ARGV("corekit", "pktdrop", "--hook=cgroup", "-Ilo"), 2);
	refuses("no 'nowhere'", ARGV("corekit", "pktdrop", "-I", "nowhere"), 2);
	refuses("try --mode generic", ARGV("corekit", "pktdrop", "-I", "lo"), 3);
	refuses("/nowhere", ARGV("corekit", "pktdrop", "--hook=cgroup", "-R", "/nowhere"), 1);
	veth = veth_new();
	job = tool_start("pktdrop", "-I", "pair", "-m", "generic");
	both = tool_start("pktdrop", "--hook", "tc", "-I", "pair,lo");
	refuses(text("(pid %d)", job->pid), ARGV("corekit", "pktdrop", "-I", "pair"), 1);
	REQUIRE(unshare(CLONE_NEWNET) == 0);
	close(veth.ns[1]);	/* with its namespace, one end goes, and so the other */
	job_end(job, 0);
	CHECK_EQ(job->status, 1);
	CHECK_HAS(job->err, "pair: the interface has gone");
	CHECK(until(20, has_told, both));	/* and goes on at the other one */
	tool_stop(both);
	CHECK_EQ(both->status, 0);
}

/* Where nobody has made its file, this does; the kernel brings the module. */
static int tun_open(void)
{
	int tun = open("/dev/net/tun", O_RDWR | O_CLOEXEC);
	const char *own = tmp("tun");

	if (tun < 0 && !mknod(own, S_IFCHR | 0600, makedev(10, 200)))
		tun = open(own, O_RDWR | O_CLOEXEC);
	return tun;
}

/* A device whose packets begin with IP's header, up, as 192.0.2.2; what is written into it has come. */
static int tun_new(void)
{
	int tun = tun_open(), fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr = {htonl(0xc0000202)}};
	struct ifreq tune = {.ifr_name = "bare", .ifr_flags = IFF_TUN | IFF_NO_PI};
	struct ifreq up = {.ifr_name = "bare", .ifr_flags = IFF_UP}, address = {.ifr_name = "bare"};

	memcpy(&address.ifr_addr, &at, sizeof(at));
	REQUIRE(tun >= 0 && ioctl(tun, TUNSETIFF, &tune) == 0);
	REQUIRE(ioctl(fd, SIOCSIFADDR, &address) == 0 && ioctl(fd, SIOCSIFFLAGS, &up) == 0);
	close(fd);
	return tun;
}

/* UDP from 192.0.2.1, n times. */
static void write_to(int tun, int port, int n)
{
	uint8_t packet[28] = {0x45, 0, 0, 28, 0, 0, 0, 0, 64, 17, 0, 0, 192, 0, 2, 1, 192, 0, 2, 2, 0, 9, port >> 8, port, 0, 8};
	uint32_t sum = 0;

	for (int i = 0; i < 20; i += 2)
		sum += packet[i] << 8 | packet[i + 1];
	sum = ~((sum & 0xffff) + (sum >> 16));
	packet[10] = sum >> 8;
	packet[11] = sum;
	for (int i = 0; i < n; i++)
		REQUIRE(write(tun, packet, sizeof(packet)) == sizeof(packet));
}

static void add_ingress(const char *interface)
{
	struct request request = request_of(RTM_NEWQDISC, NLM_F_CREATE);
	struct tcmsg *message = request_room(&request, sizeof(*message));

	*message = (struct tcmsg){.tcm_ifindex = if_nametoindex(interface), .tcm_parent = TC_H_INGRESS, .tcm_handle = 0xffff0000};
	request_attribute(&request, TCA_KIND, "ingress", 8);
	REQUIRE(request_send(&request) == 0);
}

TEST(pktdrop, "of a device without Ethernet's header packets are read from IP's on; an ingress qdisc gets no filter of what is sent")
{
	struct job *xdp, *tc, *other;
	char bytes[10];
	int tun, fence;

	REQUIRE(unshare(CLONE_NEWNET) == 0);
	tun = tun_open();
	if (tun < 0)
		SKIP("no /dev/net/tun: %m");
	close(tun);
	tun = tun_new();
	add_ingress("bare");
	fence = udp_at(1000);
	xdp = tool_start("pktdrop", "-I", "bare", "-m", "generic", "drop src 192.0.2.1 proto udp dport 1001", "drop malformed");
	tc = tool_start("pktdrop", "--hook", "tc", "-I", "bare", "drop src 192.0.2.1 proto udp dport 1002", "drop malformed");
	other = job_start(NULL, ARGV("corekit", "pktdrop", "--hook", "tc", "--egress", "-I", "bare", "-d0.1"));
	pin(0);
	write_to(tun, 1001, 3);
	write_to(tun, 1002, 5);
	write_to(tun, 1000, 1);
	REQUIRE(recv(fence, bytes, sizeof(bytes), 0) == 0);
	tool_stop(xdp);
	tool_stop(tc);
	job_end(other, 0);
	CHECK_EQ(number(row(xdp, IS("rule", 1)), "packets"), 3);
	CHECK_EQ(number(row(xdp, IS("rule", 1)), "bytes"), 3 * 28);
	CHECK_EQ(number(row(xdp, IS("rule", 2)), "packets"), 0);
	CHECK_EQ(number(row(tc, IS("rule", 1)), "packets"), 5);
	CHECK_EQ(number(row(tc, IS("rule", 2)), "packets"), 0);
	if (other->status)
		CHECK_HAS(other->err, "an ingress qdisc is in the way");	/* before 6.6 */
	refuses("start it for each kind", ARGV("corekit", "pktdrop", "--hook=tc", "-I", "lo,bare"), 2);
}

TEST(pktdrop, "--pin outlives the tool, is found in the way, and --detach takes it away")
{
	struct veth veth = veth_new();
	int from = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), fd, fence;
	struct job *job;

	bpffs();
	if (access("/sys/fs/bpf/corekit/pktdrop", F_OK) == 0)
		SKIP("somebody has a pktdrop pinned");
	netns_enter(veth.ns[1]);
	fd = udp_at(1001);
	fence = udp_at(1000);
	pin(0);
	job = run("corekit", "pktdrop", "--pin", "-q", "-I", "pair", "drop dport 1001");
	CHECK_EQ(job->status, 0);
	CHECK_STR(job->err, "");
	job = run("corekit", "pktdrop", "--pin", "--hook", "tc", "-I", "pair", "drop dport 1001");
	CHECK_EQ(job->status, 0);
	CHECK_HAS(job->err, "--detach");
	netns_enter(veth.ns[0]);
	send_to(from, 1001, 3);
	settled(from, fence);
	CHECK_EQ(come(fd), 0);
	netns_enter(veth.ns[1]);
	refuses("pinned at /sys/fs/bpf/corekit/pktdrop/", ARGV("corekit", "pktdrop", "-I", "pair"), 1);
	job = run("corekit", "pktdrop", "--detach", "-I", "pair");
	CHECK_EQ(job->status, 0);
	CHECK_EQ(lines(job->err), 2);
	netns_enter(veth.ns[0]);
	send_to(from, 1001, 3);
	settled(from, fence);
	CHECK_EQ(come(fd), 3);
	netns_enter(veth.ns[1]);
	CHECK_EQ(run("corekit", "pktdrop", "--pin", "-q", "--hook", "tc", "-I", "pair")->status, 0);
	netns_enter(veth.ns[0]);
	close(veth.ns[1]);	/* nobody is in it any more */
	close(fd);
	close(fence);
	CHECK_EQ(run("corekit", "pktdrop", "--detach")->status, 0);
	CHECK(access("/sys/fs/bpf/corekit/pktdrop", F_OK) != 0);
	refuses("nothing of it is pinned", ARGV("corekit", "pktdrop", "--detach"), 1);
}
