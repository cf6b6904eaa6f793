// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <bpf/bpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "lib/lib.h"
#include "pkt/tailcall.h"
#include "pkt/tailcall.skel.h"

#define MOST_ROUNDS 1000

struct tailcall_row {
	const char *protocol;
	__u64 tenth[TAILCALL_WAYS];	/* of a ns, for each packet */
	__u64 counted[TAILCALL_WAYS];
};

static __u32 repeat = 10000, rounds = 3;
static struct tailcall_row rows[TAILCALL_KINDS];

static __u64 now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * SEC_ + t.tv_nsec;
}

static int in_order(const void *a, const void *b)
{
	__u64 x = *(const __u64 *)a, y = *(const __u64 *)b;

	return x < y ? -1 : x > y;
}

/* Ways take turns, so that what else the machine does hits them all; of their rounds the middle one counts. */
static int measure(int kind, __u8 protocol, struct bpf_program *const *ways)
{
	static __u64 took[TAILCALL_WAYS][MOST_ROUNDS];
	unsigned char packet[64] = { [12] = 8, [14] = 0x45, [23] = protocol };

	for (__u32 round = 0; round < rounds; round++)
		for (int way = 0; way < TAILCALL_WAYS; way++) {
			LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = packet, .data_size_in = sizeof(packet), .repeat = repeat);
			__u64 began = now();

			if (bpf_prog_test_run_opts(bpf_program__fd(ways[way]), &opts))
				return -errno;
			took[way][round] = (now() - began) * 10 / repeat;
		}
	for (int way = 0; way < TAILCALL_WAYS; way++) {
		qsort(took[way], rounds, sizeof(**took), in_order);
		rows[kind].tenth[way] = took[way][rounds / 2];
	}
	return 0;
}

static int attach(struct run *run)
{
	static const struct {
		const char *name;
		__u8 protocol;
	} kinds[TAILCALL_KINDS] = { { "TCP", 6 }, { "UDP", 17 }, { "ICMP", 1 }, { "other", 132 } };
	struct tailcall_bpf *skel = (void *)run->skel;
	struct bpf_program *const ways[TAILCALL_WAYS] = { skel->progs.by_none, skel->progs.by_switch, skel->progs.by_call,
							  skel->progs.by_tail };
	int ret = 0;

	for (int i = 0; !ret && i < TAILCALL_KINDS; i++) {
		rows[i].protocol = kinds[i].name;
		memset(skel->bss->counted[TAILCALL_NONE], 0, sizeof(skel->bss->counted[0]));
		ret = measure(i, kinds[i].protocol, ways);
		rows[i].counted[TAILCALL_NONE] = skel->bss->counted[TAILCALL_NONE][TAILCALL_OTHER];
		for (int way = TAILCALL_SWITCH; way < TAILCALL_WAYS; way++)
			rows[i].counted[way] = skel->bss->counted[way][i];
	}
	if (ret)
		err("BPF_PROG_TEST_RUN: %s", strerror(-ret));
	return ret;
}

static int show(struct run *run)
{
	out_header(run);
	for (int i = 0; i < TAILCALL_KINDS; i++)
		out_row(run, &rows[i]);
	return 0;
}

static void show_protocol(struct out *out, const struct column *c, const void *row)
{
	out_str(out, ((const struct tailcall_row *)row)->protocol);
}

static void show_ns(struct out *out, const struct column *c, const void *row)
{
	out_fixed(out, *(const __u64 *)((const char *)row + c->offset), 10, 1);
}

static const struct opt opts[] = {
	{ .name = "repeat", .arg = "N", .value = V_U32, .min = 1, .max = 100000000, .here = &repeat,
	  .help = "packets of a round (10,000)" },
	{ .name = "rounds", .arg = "N", .value = V_U32, .min = 1, .max = MOST_ROUNDS, .here = &rounds,
	  .help = "rounds, of which the middle one counts (3)" },
	{}
};

#define ROW struct tailcall_row
#define COL_WAY(key, way, help)						\
	COL_OWN(key, show_ns, 10, help, .bare_json = true, .offset = offsetof(ROW, tenth[way]))

static const struct column columns[] = {
	COL_OWN("protocol", show_protocol, -8, "of the packet; for 'other' there is no program to call"),
	COL_WAY("none", TAILCALL_NONE, "ns of a packet whose protocol is read, and not looked at"),
	COL_WAY("switch", TAILCALL_SWITCH, "ns where a switch leads to the handler, in one program"),
	COL_WAY("call", TAILCALL_CALL, "ns where a switch leads to a function of its own (BPF to BPF)"),
	COL_WAY("tail_call", TAILCALL_TAIL, "ns where the protocol leads to another program by a PROG_ARRAY"),
	COL("counted", ROW, counted[TAILCALL_NONE], 10, "packets of the first way", HIDDEN),
	COL("switched", ROW, counted[TAILCALL_SWITCH], 10, "packets that came to the right handler by the switch", HIDDEN),
	COL("called", ROW, counted[TAILCALL_CALL], 10, "... by the function", HIDDEN),
	COL("tail_called", ROW, counted[TAILCALL_TAIL], 11, "... by the tail call", HIDDEN),
	{}
};

static const struct example examples[] = {
	{ "", "what a packet costs by each way" },
	{ "--repeat 1000000 --rounds 11", "the same, more exactly" },
	{ "-j -o +switched,called,tail_called", "as JSON, with how many packets came to their handlers" },
	{}
};

TOOL(tailcall,
	.summary  = "what a tail call costs: packets dispatched in three ways",
	.about    = "Runs programs of tc on packets of its own (BPF_PROG_TEST_RUN) that count them by protocol, and are led to the "
		    "handler by a switch, by a function call, or by a tail call through a PROG_ARRAY. A tail call has what the "
		    "others haven't: handlers are programs, each verified for itself, that can be exchanged while packets flow; up "
		    "to 33 of them follow one another, and none returns.",
	.cost     = "It keeps a CPU busy for as long as it runs, a fraction of a second unless told; nothing is attached anywhere.",
	.caveats  = "The caches are warm and the branches known, so that this is the least that each way costs.",
	.packets  = true, .examples = examples, .opts = opts, .columns = columns, .attach = attach, .show = show, .once = true);
