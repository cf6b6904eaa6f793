// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include "lib/cpu.h"
#include "lib/lib.h"
#include "pkt/pktgen.h"
#include "pkt/pktgen.skel.h"

#define ROW	    struct pktgen_row
#define LIVE_FRAMES (1U << 1) /* BPF_F_TEST_XDP_LIVE_FRAMES, since 5.18 */
#define LIVE_MOST   3072      /* bytes: a frame, its head room and what the kernel needs are in one page */
#define AT_ONCE	    4096      /* frames of a BPF_PROG_TEST_RUN */
#define BURST	    64	      /* ... and of a sendmmsg(2) */
#define LARGEST	    9018

static const char *interface, *from_mac, *to_mac, *source, *destination, *source_port, *port, *by;
static __u32 vlan, size = 64, threads = 1;
static __u64 count, rate = 1000;

static struct pktgen_plan plan;
static bool live;

static struct sender {
	pthread_t thread;
	__u32 cpu;
	__u64 first, quota; /* number of its first frame, how many it sends */
	__u64 done;
	struct pktgen_value sum;
	int error, fd; /* fd: a packet socket */
	bool started;
} *senders;
static bool stop;
static __u32 ended;
static struct {
	int counts, senders, program;
} fds;

/* --- What is sent. --- */

static int parse_range(const char *option, const char *text, int family, __u32 *prefix, struct pktgen_range *range)
{
	char word[100], *dash;
	__u32 part[2][4] = {}, last[2];

	snprintf(word, sizeof(word), "%s", text);
	dash = strchr(word, '-');
	if (dash)
		*dash++ = 0;
	for (int i = 0; i < 2; i++) {
		const char *one = i && dash ? dash : word;
		char *end;

		if (family == AF_UNSPEC) {
			unsigned long number = strtoul(one, &end, 10);

			if (*end || end == one || number > 65535) {
				err("--%s: '%s' is no port, nor a range of them: 1000-1999", option, text);
				return -EINVAL;
			}
			last[i] = number;
		} else {
			if (inet_pton(family, one, part[i]) != 1) {
				err("--%s: '%s' is no IPv%c address, nor a range of them", option, text,
				    family == AF_INET ? '4' : '6');
				return -EINVAL;
			}
			last[i] = ntohl(part[i][family == AF_INET ? 0 : 3]);
		}
	}
	if (last[1] < last[0] || last[1] - last[0] == -1U || (family == AF_INET6 && memcmp(part[0], part[1], 12))) {
		err("--%s: '%s': a range goes up, and an address's only in its last 32 bits", option, text);
		return -EINVAL;
	}
	if (prefix)
		memcpy(prefix, part[0], 16);
	*range = (struct pktgen_range){ last[0], last[1] - last[0] + 1 };
	return 0;
}

static int parse_mac(const char *option, const char *text, __u8 *to)
{
	char after;

	if (!text || sscanf(text, "%2hhx:%2hhx:%2hhx:%2hhx:%2hhx:%2hhx%c", to, to + 1, to + 2, to + 3, to + 4, to + 5,
			    &after) == 6)
		return 0;
	err("--%s: '%s' is no address of Ethernet: 02:00:00:00:00:01", option, text);
	return -EINVAL;
}

static __u32 sum_of(const __u8 *data, int n)
{
	__u32 sum = 0;

	for (int i = 0; i < n; i += 2)
		sum += data[i] << 8 | data[i + 1];
	return sum;
}

static void put16(__u8 *to, __u32 value)
{
	to[0] = value >> 8;
	to[1] = value;
}

static void put_sum(__u8 *to, __u32 sum)
{
	sum = (sum & 0xffff) + (sum >> 16);
	sum += sum >> 16;
	put16(to, (__u16)~sum ?: 0xffff);
}

/* The headers of the first frame; what is behind them is zeros. */
static void make_headers(const __u32 *from, const __u32 *to)
{
	__u8 *ether = plan.frame, *ip = ether + plan.ip, *udp = ip + (plan.six ? 40 : 20);
	__u32 length = size - plan.ip, udp_length = ether + size - udp, bytes = plan.six ? 16 : 4;
	__u8 *addresses = ip + (plan.six ? 8 : 12);

	if (vlan) {
		put16(ether + 12, 0x8100);
		put16(ether + 14, vlan);
	}
	put16(ip - 2, plan.six ? 0x86dd : 0x0800);
	memcpy(addresses, from, bytes);
	memcpy(addresses + bytes, to, bytes);
	if (plan.six) {
		ip[0] = 0x60;
		put16(ip + 4, length - 40);
		ip[6] = IPPROTO_UDP;
		ip[7] = 64;
	} else {
		ip[0] = 0x45;
		put16(ip + 2, length);
		ip[8] = 64;
		ip[9] = IPPROTO_UDP;
		put_sum(ip + 10, sum_of(ip, 20));
	}
	put16(udp, plan.range[PKTGEN_SPORT].first);
	put16(udp + 2, plan.range[PKTGEN_DPORT].first);
	put16(udp + 4, udp_length);
	put_sum(udp + 6, sum_of(addresses, 2 * bytes) + IPPROTO_UDP + udp_length + sum_of(udp, 6));
}

/* Its number and own address. */
static int ask_interface(void)
{
	struct ifreq request = {};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), ret = 0;

	plan.index = if_nametoindex(interface);
	strncpy(request.ifr_name, interface, IFNAMSIZ - 1);
	if (!plan.index || ioctl(fd, SIOCGIFFLAGS, &request)) {
		err("--interface: there is no '%s' in this network namespace: 'ip link' lists them", interface);
		ret = -EINVAL;
	} else if (!(request.ifr_flags & IFF_UP)) {
		err("%s is down: 'ip link set dev %s up'", interface, interface);
		ret = -ENETDOWN;
	} else if (ioctl(fd, SIOCGIFHWADDR, &request) ||
		   (request.ifr_hwaddr.sa_family != ARPHRD_ETHER && request.ifr_hwaddr.sa_family != ARPHRD_LOOPBACK)) {
		err("%s: it takes no frames of Ethernet", interface);
		ret = -EOPNOTSUPP;
	}
	close(fd);
	memcpy(plan.frame, request.ifr_hwaddr.sa_data, 6);
	memcpy(plan.frame + 6, request.ifr_hwaddr.sa_data, 6);
	return ret;
}

static int make_plan(void)
{
	const char *some = source ?: destination;
	int family = some && strchr(some, ':') ? AF_INET6 : AF_INET, ret;
	__u32 from[4], to[4];

	if (!interface) {
		err("on which interface? --interface eth0; 'ip link' lists them");
		return -EINVAL;
	}
	plan.six = family == AF_INET6;
	plan.ip = vlan ? 18 : 14;
	plan.head = plan.ip + (plan.six ? 48 : 28);
	if (by && strcmp(by, "live") && strcmp(by, "socket")) {
		err("--by: '%s' is neither live nor socket", by);
		return -EINVAL;
	}
	if (size < plan.head) {
		err("--size: %u bytes have no room for headers of %u", size, plan.head);
		return -EINVAL;
	}
	ret = parse_range("source",
			  source
				  ?: plan.six ? "2001:2::1"
					      : "198.18.0.1",
			  family, from, &plan.range[PKTGEN_SADDR]);
	ret = ret
		      ?: parse_range("destination",
				     destination
					     ?: plan.six ? "2001:2::2"
							 : "198.18.0.2",
				     family, to, &plan.range[PKTGEN_DADDR]);
	ret = ret ?: parse_range("source-port", source_port ?: "9", AF_UNSPEC, NULL, &plan.range[PKTGEN_SPORT]);
	ret = ret ?: parse_range("port", port ?: "9", AF_UNSPEC, NULL, &plan.range[PKTGEN_DPORT]);
	ret = ret ?: ask_interface();
	ret = ret ?: parse_mac("mac", to_mac, plan.frame);
	ret = ret ?: parse_mac("source-mac", from_mac, plan.frame + 6);
	if (!ret)
		make_headers(from, to);
	return ret;
}

/* --- How it is sent. --- */

static int send_live(struct sender *s, __u32 n)
{
	static const __u8 zeros[LIVE_MOST];
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = zeros, .data_size_in = size, .repeat = n, .flags = LIVE_FRAMES);
	int ret = bpf_prog_test_run_opts(fds.program, &opts) ? -errno : 0;
	struct pktgen_sender now;

	if (!ret && opts.retval)	/* kernels before 5.18 don't know that flag, and don't say so */
		ret = -EINVAL;
	if (bpf_map_lookup_elem(fds.senders, &s->cpu, &now))
		return -errno;
	s->done = now.next - s->first;
	s->sum = (struct pktgen_value){ now.sent, s->done - now.sent, now.sent * size };
	return ret;
}

static int send_by_socket(struct sender *s, __u32 n)
{
	static __thread __u8 *frames;
	struct mmsghdr messages[BURST] = {};
	struct iovec parts[BURST];
	int sent;

	if (!frames && !(frames = calloc(BURST, size)))
		return -ENOMEM;
	for (__u32 i = 0; i < n; i++) {
		__u8 *frame = frames + i * size;

		memcpy(frame, plan.frame, plan.head);
		if (plan.six)
			pktgen_vary(&plan, frame + plan.ip, true, s->first + s->done + i);
		else
			pktgen_vary(&plan, frame + plan.ip, false, s->first + s->done + i);
		parts[i] = (struct iovec){ frame, size };
		messages[i].msg_hdr.msg_iov = &parts[i];
		messages[i].msg_hdr.msg_iovlen = 1;
	}
	sent = sendmmsg(s->fd, messages, n, 0);
	if (sent < 0) { /* the first of them wasn't taken */
		s->done++;
		s->sum.failed++;
		return errno == ENOBUFS || errno == EAGAIN || errno == EINTR ? 0 : -errno;
	}
	s->done += sent;
	s->sum.sent += sent;
	s->sum.bytes += (__u64)sent * size;
	return 0;
}

static __u64 now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * SEC_ + t.tv_nsec;
}

/* How many it may send now; where that is none, it sleeps, but not so long that it doesn't see the end. */
static __u32 due(const struct sender *s, __u64 began)
{
	__u64 left = s->quota - s->done, most = live ? AT_ONCE : BURST, may;
	double step = rate ? 1e9 * threads / rate : 0; /* ns from one to the next */
	struct timespec nap = {};

	if (rate) {
		may = (now() - began) / step + 1;
		if (may <= s->done) {
			nap.tv_nsec = step < 5e7 ? step : 5e7;
			nanosleep(&nap, NULL);
			return 0;
		}
		most = may - s->done < most ? may - s->done : most;
	}
	return left < most ? left : most;
}

static void *work(void *arg)
{
	struct sender *s = arg;
	__u64 began = now();
	cpu_set_t cpus;
	__u32 n;

	CPU_ZERO(&cpus);
	CPU_SET(s->cpu, &cpus);
	if (sched_setaffinity(0, sizeof(cpus), &cpus))
		s->error = -errno;
	while (!s->error && !__atomic_load_n(&stop, __ATOMIC_RELAXED) && s->done < s->quota) {
		n = due(s, began);
		if (!n)
			continue;
		s->error = live ? send_live(s, n) : send_by_socket(s, n);
		if (bpf_map_update_elem(fds.counts, &s->cpu, &s->sum, BPF_ANY))
			s->error = -errno;
	}
	__atomic_fetch_add(&ended, 1, __ATOMIC_RELEASE);
	return NULL;
}

static int open_sockets(void)
{
	struct sockaddr_ll at = { .sll_family = AF_PACKET, .sll_ifindex = plan.index };
	int one = 1;

	for (__u32 i = 0; i < threads; i++) {
		int fd = senders[i].fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);

		if (fd < 0 || bind(fd, (void *)&at, sizeof(at)))
			return -errno;
		setsockopt(fd, SOL_PACKET, PACKET_QDISC_BYPASS, &one, sizeof(one));
	}
	return 0;
}

/* The first frame tells whether the kernel lets it live and the driver takes it; it counts if so. */
static int choose(bool verbose)
{
	const char *why = NULL;
	struct sender *s = senders;
	cpu_set_t before, one;
	int ret = 0;

	if (by && !strcmp(by, "socket"))
		return open_sockets();
	CPU_ZERO(&one);
	CPU_SET(s->cpu, &one);
	if (sched_getaffinity(0, sizeof(before), &before) || sched_setaffinity(0, sizeof(one), &one))
		return -errno;
	if (size > LIVE_MOST)
		why = "frames that a page has room for, so at most 3072 bytes";
	else if ((ret = send_live(s, 1)))
		why = ret == -EINVAL ? "a kernel of 5.18 or newer" : strerror(-ret);
	else if (!s->sum.sent)
		why = "a driver that takes frames from XDP, and so does the other end of a veth";
	sched_setaffinity(0, sizeof(before), &before);
	live = !why;
	if (live || (by && *by == 'l')) {
		if (why)
			err("--by live: it needs %s: try --by socket", why);
		return why ? -EOPNOTSUPP : bpf_map_update_elem(fds.counts, &s->cpu, &s->sum, BPF_ANY) ? -errno : 0;
	}
	if (verbose)
		note("%s: by packet sockets; live frames need %s", interface, why);
	s->done = 0;
	s->sum = (struct pktgen_value){};
	return open_sockets();
}

/* --- The tool. --- */

static int setup(struct run *run)
{
	struct pktgen_bpf *skel = (void *)run->skel;
	int ret = make_plan();

	if (ret)
		return ret;
	memcpy((void *)&skel->rodata->plan, &plan, sizeof(plan));
	bpf_program__set_autoload(skel->progs.live, !by || strcmp(by, "socket"));
	return bpf_map__set_max_entries(skel->maps.senders, cpu_ids());
}

/* One sender for each of the first CPUs that this process may run on, each with its part of the frames. */
static int attach(struct run *run)
{
	struct pktgen_bpf *skel = (void *)run->skel;
	__u64 first = 0;
	cpu_set_t cpus;
	__u32 cpu = 0;
	int ret = 0;

	fds.counts = bpf_map__fd(skel->maps.counts);
	fds.senders = bpf_map__fd(skel->maps.senders);
	fds.program = bpf_program__fd(skel->progs.live);
	if (sched_getaffinity(0, sizeof(cpus), &cpus))
		return -errno;
	if (threads > (__u32)CPU_COUNT(&cpus)) {
		err("--threads: it may run on %d CPUs", CPU_COUNT(&cpus));
		return -EINVAL;
	}
	senders = calloc(threads, sizeof(*senders));
	for (__u32 i = 0; senders && !ret && i < threads; i++, cpu++) {
		struct pktgen_sender begin = { .next = first };

		while (!CPU_ISSET(cpu, &cpus))
			cpu++;
		senders[i] = (struct sender){ .cpu = cpu, .first = first, .fd = -1 };
		senders[i].quota = count ? count / threads + (i < count % threads) : -1ULL;
		first += count ? senders[i].quota : 1ULL << 40;
		ret = bpf_map_update_elem(fds.senders, &cpu, &begin, BPF_ANY) ? -errno : 0;
	}
	return !senders ? -ENOMEM : ret || run->explain ? ret : choose(run->verbose);
}

static void join(void)
{
	__atomic_store_n(&stop, true, __ATOMIC_RELAXED);
	for (__u32 i = 0; i < threads; i++)
		if (senders[i].started) {
			pthread_join(senders[i].thread, NULL);
			senders[i].started = false;	/* who is joined twice was never there */
		}
}

static int start(void)
{
	sigset_t all, before;
	int ret = 0;

	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, &before); /* signals are for the thread that waits for them */
	attach_at_end(join);
	for (__u32 i = 0; i < threads && !ret; i++) {
		ret = -pthread_create(&senders[i].thread, NULL, work, &senders[i]);
		senders[i].started = !ret;
	}
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return ret;
}

static int tick(struct run *run)
{
	if (!senders[0].started)
		return start();
	if (__atomic_load_n(&ended, __ATOMIC_ACQUIRE) < threads)
		return 0;
	for (__u32 i = 0; i < threads; i++)
		if (senders[i].error && !run->status) {
			err("%s: %s", interface, strerror(-senders[i].error));
			run->status = EXIT_FAILED;
		}
	run->over = true;
	return 0;
}

static void show_by(struct out *out, const struct column *c, const void *row)
{
	out_str(out, live ? "live" : "socket");
}

static const struct opt opts[] = {
	{ .letter = 'I', .name = "interface", .arg = "NAME", .value = V_CHARS, .here = &interface, .complete = "interface",
	  .help = "where they are sent" },
	{ .letter = 'n', .name = "frames", .arg = "N", .value = V_U64, .here = &count, .help = "so many in all; 0: without end (0)" },
	{ .letter = 'R', .name = "rate", .arg = "N", .value = V_U64, .here = &rate, .max = 1000000000000,
	  .help = "so many in a second, by all threads together; 0: as many as it can (1000)" },
	{ .letter = 't', .name = "threads", .arg = "N", .value = V_U32, .min = 1, .max = CPU_SETSIZE, .here = &threads,
	  .help = "senders, each on a CPU of its own (1)" },
	{ .letter = 's', .name = "size", .arg = "BYTES", .value = V_U32, .min = 42, .max = LARGEST, .here = &size,
	  .help = "of a frame, without its checksum (64)" },
	{ .name = "source", .arg = "ADDRESSES", .value = V_CHARS, .here = &source,
	  .help = "of IPv4 or IPv6: one, or a range A-B (198.18.0.1 or 2001:2::1)" },
	{ .name = "destination", .arg = "ADDRESSES", .value = V_CHARS, .here = &destination,
	  .help = "the same (198.18.0.2 or 2001:2::2)" },
	{ .name = "source-port", .arg = "PORTS", .value = V_CHARS, .here = &source_port, .help = "of UDP: one, or a range (9)" },
	{ .name = "port", .arg = "PORTS", .value = V_CHARS, .here = &port, .help = "that they go to (9, which discards)" },
	{ .name = "source-mac", .arg = "ADDRESS", .value = V_CHARS, .here = &from_mac, .help = "the interface's own unless told" },
	{ .name = "mac", .arg = "ADDRESS", .value = V_CHARS, .here = &to_mac,
	  .help = "that they go to; unless told the interface's own, so that no other host takes them" },
	{ .name = "vlan", .arg = "ID", .value = V_U32, .min = 1, .max = 4094, .here = &vlan, .help = "with a tag of 802.1Q" },
	{ .name = "by", .arg = "WAY", .value = V_CHARS, .here = &by, .complete = "live socket",
	  .help = "live: by XDP, which takes a kernel of 5.18 and a driver; socket: by packet sockets; else the first of them that can" },
	{}
};

static const struct column columns[] = {
	COL("cpu", ROW, cpu, 4, "that sends"),
	COL_OWN("by", show_by, -6, "live: frames of BPF_PROG_TEST_RUN; or a packet socket"),
	COL("sent", ROW, value.sent, 12, "frames that the driver took"),
	COL("failed", ROW, value.failed, 10, "... and that it didn't"),
	COL_OWN("sent_s", out_rate, 10, "sent in a second", .bare_json = true, .offset = offsetof(ROW, value.sent)),
	COL_AS(L_SIZE, "bytes", ROW, value.bytes, 9, "sent, with headers of Ethernet"),
	{}
};

static const struct example examples[] = {
	{ "-I eth0 -n 10000", "10,000 frames in ten seconds" },
	{ "-I eth0 -R 0 -t 2 -i 1", "as many as two CPUs can, shown every second" },
	{ "-I eth0 --destination 10.0.0.2 --source-port 1000-1999", "1,000 flows to one host" },
	{ "-I eth0 --source 2001:db8::1-2001:db8::ff --vlan 5", "IPv6 in a VLAN, from 255 addresses" },
	{}
};

TOOL(pktgen,
	.summary  = "send frames of UDP, by XDP or by packet sockets",
	.about    = "Makes frames of UDP over IPv4 or IPv6 with valid checksums and sends them on an interface, past routing, netfilter "
		    "and qdiscs. Of ranges all combinations come in turn, the source port changing first; several threads share them. "
		    "How many were sent and not is told for each CPU.",
	.cost     = "A sender keeps its CPU busy when there is no rate. Frames by XDP need no socket buffers.",
	.caveats  = "Sent is what the driver took; a queue behind it may drop. A veth's other end takes frames from XDP only where it has "
		    "an XDP program, or GRO. Unless it is told otherwise it sends 1,000 frames in a second.",
	.packets  = true, .trial = "--interface=lo", .caps = 1ULL << 13 /* NET_RAW */,
	.examples = examples, .opts = opts, .columns = columns, .setup = setup, .attach = attach, .tick = tick,
	.table    = ROWS("counts", ROW, "sent", .per_cpu = 1, .apart = true));
