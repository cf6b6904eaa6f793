// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/if_link.h>
#include <net/if.h>
#include <signal.h>
#include <time.h>
#include "actions.skel.h"
#include "frame.h"

/* --- Frames. --- */

#define PORT 4001

struct frame {
	unsigned char bytes[1600];
	size_t size;
};

/* From 02:02:02:02:02:02, whom nobody else is, with bytes behind the headers that count up from `what` on. */
static struct frame frame_new(int ether_type, size_t size, unsigned char what)
{
	struct frame frame = {.size = size};

	memset(frame.bytes, 0xff, 6);
	memset(frame.bytes + 6, 2, 6);
	frame.bytes[12] = ether_type >> 8;
	frame.bytes[13] = ether_type;
	for (size_t i = 14; i < size; i++)
		frame.bytes[i] = what + i;
	return frame;
}

static struct frame datagram(size_t size, int port, bool tagged)
{
	struct frame frame = frame_new(tagged ? 0x8100 : 0x0800, size, 7);
	unsigned char *ip = frame.bytes + 14, tag[4] = {0, 5, 8, 0};
	static const unsigned char head[24] = {0x45, 0, 0, 46, 0, 0, 0, 0, 64, 17, 0, 0, 192, 0, 2, 1, 192, 0, 2, 77, 5001 >> 8, 5001 & 255};

	if (tagged)
		memcpy(ip, tag, 4);
	ip += tagged ? 4 : 0;
	memcpy(ip, head, sizeof(head));
	ip[22] = port >> 8;
	ip[23] = port;
	return frame;
}

static bool is_ours(const unsigned char *bytes, size_t size)
{
	return size >= 12 && !memcmp(bytes + 6, "\2\2\2\2\2\2", 6);
}

/* --- A reader of pcapng that takes nothing for granted. --- */

struct seen {
	uint32_t interface, captured, length;
	uint64_t time, number, verdict;
	bool has_verdict;
	const unsigned char *bytes;
};

struct capture {
	uint32_t interfaces, packets, n_ours, statistics;
	struct seen ours[1000];
	char what[2][100];			/* descriptions of interfaces */
	uint64_t of[2][9];			/* their statistics, by option */
};

static uint32_t u32_at(const void *at)
{
	uint32_t n;

	memcpy(&n, at, sizeof(n));
	return n;
}

static uint64_t u64_at(const void *at)
{
	uint64_t n;

	memcpy(&n, at, sizeof(n));
	return n;
}

/* An option of this length, or -1 for text, in a list that ends as it should; NULL: it isn't there. */
static const unsigned char *option(const unsigned char *at, const unsigned char *end, unsigned int wanted, int want)
{
	const unsigned char *found = NULL;
	uint16_t code, size;

	for (;; at += 4 + (size + 3) / 4 * 4) {
		REQUIRE(end - at >= 4);
		memcpy(&code, at, 2);
		memcpy(&size, at + 2, 2);
		if (!code) {
			REQUIRE(!size && end - at == 4);
			return found;
		}
		REQUIRE(end - at >= 8 + size);
		if (code == wanted) {
			REQUIRE(!found && (want < 0 || want == size));
			found = at + 4;
		}
	}
}

static void read_packet(struct capture *c, const unsigned char *body, const unsigned char *end)
{
	struct seen seen = {u32_at(body), u32_at(body + 12), u32_at(body + 16)};
	const unsigned char *options = body + 20 + (seen.captured + 3) / 4 * 4, *found;

	seen.time = (uint64_t)u32_at(body + 4) << 32 | u32_at(body + 8);
	seen.bytes = body + 20;
	REQUIRE(seen.interface < c->interfaces && !c->statistics && seen.captured <= seen.length && options <= end);
	CHECK_EQ(u32_at(option(options, end, 2, 4)), 1);
	seen.number = u64_at(option(options, end, 5, 8));
	REQUIRE(option(options, end, 6, 4));
	found = option(options, end, 7, 9);
	if (found) {
		seen.has_verdict = true;
		CHECK_EQ(*found, 2);
		seen.verdict = u64_at(found + 1);
	}
	c->packets++;
	if (is_ours(seen.bytes, seen.captured) && c->n_ours < 1000)
		c->ours[c->n_ours++] = seen;
}

static void read_block(struct capture *c, uint32_t type, const unsigned char *body, const unsigned char *end)
{
	const unsigned char *text;

	switch (type) {
	case 1:
		REQUIRE(c->interfaces < 2 && !c->packets && end - body >= 8 && *body == 1 && !body[1]);
		CHECK_EQ(*option(body + 8, end, 9, 1), 9);
		CHECK(!memcmp(option(body + 8, end, 2, 4), "pair", 4));
		text = option(body + 8, end, 3, -1);
		snprintf(c->what[c->interfaces++], sizeof(c->what[0]), "%.*s", *(const uint16_t *)(text - 2), text);
		break;
	case 5:
		REQUIRE(c->statistics < c->interfaces && u32_at(body) == c->statistics);
		for (int i = 2; i < 9; i++) {
			if (i == 5)
				continue;
			text = option(body + 12, end, i, 8);
			REQUIRE(text);
			c->of[c->statistics][i] = i < 4 ? (uint64_t)u32_at(text) << 32 | u32_at(text + 4) : u64_at(text);
		}
		c->statistics++;
		break;
	case 6:
		REQUIRE(end - body >= 20);
		read_packet(c, body, end);
		break;
	default:
		FAIL("a block of type %u", type);
	}
}

static struct capture *read_capture(const unsigned char *at, size_t size)
{
	struct capture *c = calloc(1, sizeof(*c));
	const unsigned char *end = at + size;

	REQUIRE(c && size > 28 && u32_at(at) == 0x0a0d0d0a && u32_at(at + 8) == 0x1a2b3c4d && u32_at(at + 12) == (BIG_ENDIAN_HERE ? 0x10000 : 1));
	REQUIRE(!memcmp(option(at + 24, at + u32_at(at + 4) - 4, 4, -1), "corekit xdpdump ", 16));
	for (bool first = true; at < end; at += u32_at(at + 4), first = false) {
		uint32_t length = end - at >= 12 ? u32_at(at + 4) : 0;

		REQUIRE(length >= 12 && !(length % 4) && length <= end - at && u32_at(at + length - 4) == length);
		if (!first)
			read_block(c, u32_at(at), at + 8, at + length - 4);
	}
	CHECK_EQ(c->statistics, c->interfaces);
	return c;
}

static unsigned char *read_file(const char *path, size_t *size)
{
	FILE *file = fopen(path, "r");
	unsigned char *bytes = malloc(1 << 20);

	REQUIRE(file && bytes);
	*size = fread(bytes, 1, 1 << 20, file);
	fclose(file);
	return bytes;
}

/* Where they are installed, others must read it too. */
static void check_others(const char *path, int packets)
{
	struct job *job = run("sh", "-c", text("command -v tcpdump >/dev/null || exit 99; tcpdump -Z root -n -r %s 2>&1 | grep -c '^[0-9]'", path));

	if (job->status != 99)
		CHECK_EQ(atoi(job->out), packets);
	job = run("sh", "-c", text("command -v tshark >/dev/null || exit 99; tshark -r %s 2>/dev/null | wc -l", path));
	if (job->status != 99)
		CHECK_EQ(atoi(job->out), packets);
}

/* --- Tests. --- */

/* More than fits into 64 KB, and at once no more than veth holds. */
#define CHUNKS 5
#define CHUNK 100

static uint64_t real_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return ts.tv_sec * 1000000000ULL + ts.tv_nsec;
}

static bool has_marker(void *path)
{
	size_t size;
	unsigned char *bytes = read_file(path, &size);
	bool has = memmem(bytes, size, "the marker", 10);

	free(bytes);
	return has;
}

static const char *hex(const struct frame *frame, size_t n)
{
	char *digits = calloc(1, 2 * n + 1);

	REQUIRE(digits);
	for (size_t i = 0; i < n; i++)
		sprintf(digits + 2 * i, "%02x", frame->bytes[i]);
	return digits;
}

static int file_lost(const struct job *job)
{
	const char *at = strstr(job->err, " lost in all");

	while (at && at > job->err && at[-1] >= '0' && at[-1] <= '9')
		at--;
	return at ? atoi(at) : 0;
}

static void check_file(struct job *job, const char *path, const struct frame *frames, int n, uint64_t before, uint64_t after)
{
	size_t size;
	const unsigned char *bytes = read_file(path, &size);
	struct capture *c = read_capture(bytes, size);
	struct seen *s = c->ours;

	CHECK_EQ(c->interfaces, 1);
	CHECK_STR(c->what[0], "entry, by a program of xdpdump's own");
	REQUIRE(c->n_ours >= (uint32_t)n);
	for (int i = 0; i < n; i++, s++) {
		CHECK_EQ(s->length, frames[i].size);
		CHECK_EQ(s->captured, frames[i].size < 64 ? frames[i].size : 64);
		CHECK(!memcmp(s->bytes, frames[i].bytes, s->captured));
		CHECK(!s->has_verdict);
		CHECK_BETWEEN(before - 1e8, s->time, after + 1e8);
		CHECK(!i || (s->time >= s[-1].time && s->number != s[-1].number));
	}
	/* each packet is written or counted */
	CHECK_EQ(c->of[0][8], c->packets);
	CHECK_EQ(c->of[0][6], c->of[0][7] + c->of[0][8]);
	CHECK_EQ(c->of[0][4], c->of[0][6]);
	CHECK_BETWEEN(n + 200, c->of[0][4], n + CHUNKS * CHUNK + 200);	/* veth may drop some, and the kernel sends its own */
	CHECK(c->of[0][7] > 0);
	CHECK_EQ(file_lost(job), c->of[0][7]);
	CHECK(c->of[0][2] < before && c->of[0][3] >= s[-1].time - 100000000 && c->of[0][3] <= after);
	check_others(path, c->packets);
}

TEST(xdpdump, "frames to rows and to pcapng: bytes, lengths, order, times, filter, snap length, and what found no room")
{
	struct veth veth = veth_new();
	struct frame frames[] = {datagram(60, PORT, false), frame_new(0x88b5, 1514, 3), datagram(200, PORT, true), datagram(1000, PORT + 1, false),
				 frame_new(0x88b5, 64, 0)};
	int here = frame_socket("pair"), there, n = sizeof(frames) / sizeof(*frames);
	const char *path = tmp("packets.pcapng");
	struct job *file, *only;
	uint64_t before;
	json_t *r;

	memcpy(frames[n - 1].bytes + 20, "the marker", 10);
	pin(0);
	only = tool_start("xdpdump", "-I", "pair", "-x", "--proto", "udp", "--src", "192.0.2.0/24", "--dport", text("%d", PORT), "-s", "46",
			  "-o", "+type,vlan,captured");
	netns_enter(veth.ns[1]);
	there = frame_socket("pair");
	file = tool_start("xdpdump", "-I", "pair", "-f", "text", "-w", path, "-s", "64", "-b", "64k");
	before = real_ns();
	for (int i = 0; i < n; i++) {
		frame_send(here, frames[i].bytes, frames[i].size, 1);
		frame_send(there, frames[i].bytes, frames[i].size, 1);
	}
	CHECK(until(20, has_marker, (void *)path));
	await_rows(only, 2);
	REQUIRE(kill(file->pid, SIGSTOP) == 0);
	for (int i = 0; i < CHUNKS; i++) {
		frame_send(here, frames[1].bytes, 1000, CHUNK);
		nap(4000000 * slow());
	}
	REQUIRE(kill(file->pid, SIGCONT) == 0);
	tool_stop(file);
	tool_stop(only);
	CHECK_HAS(file->err, "pair: no XDP program is attached there: packets are seen by one of its own, native");
	CHECK_EQ(file->out_length, 0);
	check_file(file, path, frames, n, before, real_ns());

	CHECK_EQ(rows(only), 2);
	r = row(only, IS("length", 60));
	CHECK_STR(string(r, "bytes"), hex(&frames[0], 46));
	CHECK_EQ(rows(only, IS("length", 60), IS("captured", 46), IS("at", "entry"), IS("verdict", NOTHING), IS("proto", "UDP"), IS("src", "192.0.2.1"),
		      IS("sport", 5001), IS("dst", "192.0.2.77"), IS("dport", PORT), IS("type", "0x800"), IS("vlan", NOTHING)), 1);
	CHECK_EQ(rows(only, IS("length", 200), IS("captured", 46), IS("bytes", hex(&frames[2], 46)), IS("vlan", 5), IS("dport", PORT)), 1);
	CHECK_NO_LOSS(only);
}

static void is_refused(int status, const char *says, const char *const *argv)
{
	struct job *job = job_run(NULL, argv);

	CHECK_EQ(job->status, status);
	CHECK_HAS(job->err, says);
	CHECK_EQ(lines(job->err), 1);
}

#define REFUSED(status, says, ...) is_refused(status, says, ARGV("corekit", "xdpdump", __VA_ARGS__))

static struct {
	char what;
	int times, verdict;
	const char *name;
} sent[] = {{'d', 3, 1, "XDP_DROP"}, {'a', 2, 0, "XDP_ABORTED"}, {'t', 4, 3, "XDP_TX"}, {'p', 1, 2, "XDP_PASS"}};

static bool are_seen(void *seen)
{
	return ((volatile __u64 *)seen)['q'];
}

static void check_exits(struct job *job, const char *id)
{
	struct capture *c = read_capture((const unsigned char *)job->out, job->out_length);
	uint32_t n = 0;

	CHECK_EQ(c->interfaces, 1);
	CHECK_HAS(c->what[0], text("exit of XDP program %s actions", id));
	for (size_t i = 0; i < sizeof(sent) / sizeof(*sent); i++)
		for (int j = 0; j < sent[i].times && n < c->n_ours; j++, n++) {
			CHECK_EQ(c->ours[n].bytes[14], sent[i].what);
			CHECK(c->ours[n].has_verdict);
			CHECK_EQ(c->ours[n].verdict, sent[i].verdict);
		}
	CHECK_BETWEEN(10, c->n_ours, 11);
	CHECK_EQ(c->of[0][8], c->packets);
}

TEST(xdpdump, "with an XDP program there, packets before and after it with its verdict, or who holds it; what can't be is told")
{
	struct actions_bpf *skel = actions_bpf__open_and_load();
	struct veth veth = veth_new();
	struct job *probe, *both, *file;
	int fd = frame_socket("pair");
	struct bpf_prog_info info = {};
	__u32 size = sizeof(info);
	const char *id;
	json_t *r;

	REQUIRE(skel && !bpf_obj_get_info_by_fd(bpf_program__fd(skel->progs.actions), &info, &size));
	id = text("%u", info.id);
	REFUSED(2, "there is no 'nowhere'", "-I", "nowhere");
	REFUSED(2, "--at: 'middle' is neither", "-I", "pair", "--at", "entry,middle");
	REFUSED(2, "leave --json", "-I", "pair", "-j", "-w", "x");
	REFUSED(3, "no XDP program is attached to pair", "-I", "pair", "--at", "exit");
	netns_enter(veth.ns[1]);
	REQUIRE(!bpf_xdp_attach(if_nametoindex("pair"), bpf_program__fd(skel->progs.actions), XDP_FLAGS_DRV_MODE, NULL));
	probe = run("corekit", "xdpdump", "-I", "pair", "-d", "1ms");
	if (probe->status) {	/* this kernel has no trampolines */
		CHECK_EQ(probe->status, 3);
		CHECK_HAS(probe->err, text("pair: XDP is taken: program %s 'actions', held by", id));
		CHECK_HAS(probe->err, "it can't be traced");
		CHECK_EQ(lines(probe->err), 1);
		return;
	}
	both = tool_start("xdpdump", "-I", "pair", "-o", "+packet,bytes,type,queue");
	file = tool_start("xdpdump", "--program", id, "-I", "pair", "--at", "exit", "-f", "text", "-w", "-");
	netns_enter(veth.ns[0]);
	pin(0);
	for (size_t i = 0; i < sizeof(sent) / sizeof(*sent); i++)
		frame_own(fd, sent[i].what, 60, sent[i].times);
	frame_own(fd, 'q', 60, 1);	/* once it is there, all is over that others led to; it may be in or not */
	CHECK(until(20, are_seen, skel->bss->seen));
	tool_stop(both);
	tool_stop(file);
#define OURS IS("type", "0x88b5")
	for (size_t i = 0; i < sizeof(sent) / sizeof(*sent); i++) {
		const char *bytes = text("ffffffffffff02020202020288b5%02x%090d", sent[i].what, 0);

		CHECK_ROWS(both, sent[i].times, OURS, IS("at", "entry"), IS("verdict", NOTHING), IS("length", 60), IS("queue", 0), IS("bytes", bytes));
		CHECK_ROWS(both, sent[i].times, OURS, IS("at", "exit"), IS("verdict", sent[i].name), IS("length", 60), IS("bytes", bytes));
	}
	each_row(r, both, OURS, IS("at", "entry")) {
		if (strncmp(string(r, "bytes") + 28, "71", 2))
			CHECK_ROWS(both, 2, OURS, IS("packet", string(r, "packet")), IS("bytes", string(r, "bytes")));
	}
	CHECK_NO_LOSS(both);
	check_exits(file, id);
	actions_bpf__destroy(skel);
}
