// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Ring buffer and perf buffer side by side: what an event costs who sends it, how many arrive, and how many don't. See usage(). */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <bpf/libbpf.h>
#include <getopt.h>
#include <linux/perf_event.h>
#include <pthread.h>
#include <sched.h>
#include <sys/resource.h>
#include <unistd.h>
#include "code.h"

#define MOST_ROUNDS 101
#define LARGEST	    400	/* a program's stack is 512 */

enum way { RING_OUTPUT, RING_QUIET, PERF_OUTPUT, PERF_BATCH, WAYS };

static const struct {
	const char *name, *what;
	bool perf;
} ways[WAYS] = {
	{"ringbuf", "ring buffer, the reader woken when it has read all", false},
	{"ringbuf_lazy", "ring buffer, the reader looks every millisecond", false},
	{"perfbuf", "perf buffer, the reader woken for each event", true},
	{"perfbuf_64", "perf buffer, the reader woken for each 64th", true},
};

static int rounds = 5, runs = 300, json, buffer = 1 << 20;
static volatile bool ended;
static uint64_t received;

static int take(void *ctx, void *data, size_t size)
{
	(void)ctx, (void)data, (void)size;
	received++;
	return 0;
}

static enum bpf_perf_event_ret take_perf(void *ctx, int cpu, struct perf_event_header *event)
{
	(void)ctx, (void)cpu;
	if (event->type == PERF_RECORD_SAMPLE)
		received++;
	return LIBBPF_PERF_EVENT_CONT;
}

/* OPS events of this size, of zeroes; in r6 how many were refused. */
static int sender(enum way way, int map, int size, int state)
{
	struct code *c = calloc(1, sizeof(*c));
	int fd, words = (size + 7) / 8;

	put_begin(c, state);
	for (int i = 0; i < words; i++)
		put(c, BPF_ST | BPF_MEM | BPF_DW, 10, 0, -8 * (i + 1), 0);
	for (int i = 0; i < OPS; i++) {
		int r = 1;

		if (ways[way].perf)
			put_copy(c, r++, 9);
		put_map(c, r++, BPF_PSEUDO_MAP_FD, map);
		if (ways[way].perf) {	/* BPF_F_CURRENT_CPU */
			put(c, BPF_ALU | BPF_MOV | BPF_K, r++, 0, 0, -1);
			put_stack(c, r++, -8 * words);
			put_value(c, r++, size);
			put_call(c, BPF_FUNC_perf_event_output);
		} else {
			put_stack(c, r++, -8 * words);
			put_value(c, r++, size);
			put_value(c, r++, way == RING_QUIET ? BPF_RB_NO_WAKEUP : 0);
			put_call(c, BPF_FUNC_ringbuf_output);
		}
		put(c, BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 1, 0);
		put(c, BPF_ALU64 | BPF_ADD | BPF_K, 6, 0, 0, 1);
	}
	put_end(c);
	fd = load(c, ways[way].name);
	free(c);
	return fd;
}

struct reader {
	pthread_t thread;
	enum way way;
	struct ring_buffer *ring;
	struct perf_buffer *perf;
	double cpu_ns;
	int cpu;
};

static void stay_on(int cpu)
{
	cpu_set_t cpus;

	CPU_ZERO(&cpus);
	CPU_SET(cpu, &cpus);
	sched_setaffinity(0, sizeof(cpus), &cpus);
}

static void *read_all(void *arg)
{
	struct reader *r = arg;
	struct rusage use;
	bool last;

	stay_on(r->cpu);
	do {
		last = ended;
		if (r->ring && r->way == RING_QUIET) {
			ring_buffer__consume(r->ring);
			usleep(1000);
		} else if (r->ring) {
			ring_buffer__poll(r->ring, 10);
		} else {
			perf_buffer__poll(r->perf, 10);
		}
	} while (!last);
	if (r->ring)
		ring_buffer__consume(r->ring);
	else
		perf_buffer__consume(r->perf);
	getrusage(RUSAGE_THREAD, &use);
	r->cpu_ns = (use.ru_utime.tv_sec + use.ru_stime.tv_sec) * 1e9 + (use.ru_utime.tv_usec + use.ru_stime.tv_usec) * 1e3;
	return NULL;
}

struct result {
	double send_ns, read_ns, per_second, lost;
};

/* All of the CPU that sends: more than any reader takes. Or with pauses, so that all can be read. */
static int measure(enum way way, int size, bool flood, struct result *result)
{
	struct perf_event_attr attr = {
		.size = sizeof(attr), .type = PERF_TYPE_SOFTWARE, .config = PERF_COUNT_SW_BPF_OUTPUT, .sample_period = 1,
		.sample_type = PERF_SAMPLE_RAW, .wakeup_events = way == PERF_BATCH ? 64 : 1,
	};
	int cpus = libbpf_num_possible_cpus(), state = state_new(), program = -1, error = 0;
	int map = ways[way].perf ? bpf_map_create(BPF_MAP_TYPE_PERF_EVENT_ARRAY, "perf", 4, 4, cpus, NULL) :
				   bpf_map_create(BPF_MAP_TYPE_RINGBUF, "ring", 0, 0, buffer, NULL);
	struct reader reader = {.way = way, .cpu = cpus > 1 ? 1 : 0};
	uint64_t began, sent = (uint64_t)runs * OPS;
	struct state end;

	received = 0;
	ended = false;
	if (map < 0)
		return map;
	if (ways[way].perf)
		reader.perf = perf_buffer__new_raw(map, buffer / getpagesize(), &attr, take_perf, NULL, NULL);
	else
		reader.ring = ring_buffer__new(map, take, NULL, NULL);
	program = sender(way, map, size, state);
	if ((!reader.ring && !reader.perf) || program < 0)
		error = program < 0 ? program : -errno;
	if (error)
		goto out;
	pthread_create(&reader.thread, NULL, read_all, &reader);
	stay_on(0);
	began = now();
	for (int i = 0; i < runs && !error; i++) {
		error = run_once(program);
		if (!flood)
			usleep(2000);
	}
	began = now() - began;
	usleep(20000);
	ended = true;
	pthread_join(reader.thread, NULL);
	end = state_of(state);
	*result = (struct result){
		.send_ns = (double)end.took / sent,
		.read_ns = received ? reader.cpu_ns / received : 0,
		.per_second = received * 1e9 / began,
		.lost = 100.0 * end.number / sent,
	};
	if (received + end.number != sent)
		fprintf(stderr, "rings: %s: %llu sent, %llu received, %llu refused\n", ways[way].name, (unsigned long long)sent,
			(unsigned long long)received, (unsigned long long)end.number);
out:
	ring_buffer__free(reader.ring);
	perf_buffer__free(reader.perf);
	if (program >= 0)
		close(program);
	close(map);
	close(state);
	return error;
}

static double of(struct result *results, size_t offset)
{
	double values[MOST_ROUNDS];

	for (int i = 0; i < rounds; i++)
		values[i] = *(double *)((char *)&results[i] + offset);
	return median(values, rounds);
}

static void usage(void)
{
	printf("Usage: rings [--quick] [--json]\n"
	       "\n"
	       "Events from a BPF program on CPU 0 to a reader on CPU 1, in buffers of 1 MiB: what sending one costs the program, what\n"
	       "reading one costs the reader, how many arrive in a second, and of how many there was no room for. 'paced': 1,000 in a\n"
	       "row, every two milliseconds; 'flood': as fast as it can. Medians of 5 rounds (3).\n\n");
	for (int i = 0; i < WAYS; i++)
		printf("  %-13s %s\n", ways[i].name, ways[i].what);
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{"quick", no_argument, NULL, 'q'}, {"json", no_argument, NULL, 'j'}, {"help", no_argument, NULL, 'h'}, {}};
	static struct result results[2][WAYS][MOST_ROUNDS];
	static const int sizes[] = {16, 64, 256};
	int c, failed = 0;

	while ((c = getopt_long(argc, argv, "qjh", options, NULL)) != -1)
		switch (c) {
		case 'q': rounds = 3; runs = 100; break;
		case 'j': json = true; break;
		case 'h': return usage(), 0;
		default: return 2;
		}
	if (!json)
		printf("%-13s %5s  %-6s %9s %9s %11s %7s\n", "WAY", "BYTES", "LOAD", "SEND_NS", "READ_NS", "PER_SECOND", "LOST_%");
	for (size_t s = 0; s < sizeof(sizes) / sizeof(*sizes); s++) {
		for (int r = 0; r < rounds; r++)
			for (int way = 0; way < WAYS; way++)
				for (int flood = 0; flood < 2; flood++) {
					int error = measure(way, sizes[s], flood, &results[flood][way][r]);

					if (error)
						fprintf(stderr, "rings: %s: %s\n", ways[way].name, strerror(-error));
					failed |= !!error;
				}
		for (int flood = 0; flood < 2; flood++)
			for (int way = 0; way < WAYS; way++) {
				struct result *all = results[flood][way];
				double send = of(all, offsetof(struct result, send_ns)), take_ns = of(all, offsetof(struct result, read_ns)),
				       rate = of(all, offsetof(struct result, per_second)), gone = of(all, offsetof(struct result, lost));

				printf(json ? "{\"way\":\"%s\",\"bytes\":%d,\"load\":\"%s\",\"send_ns\":%.1f,\"read_ns\":%.1f,"
					      "\"per_second\":%.0f,\"lost_pct\":%.2f}\n" :
					      "%-13s %5d  %-6s %9.1f %9.1f %11.0f %7.2f\n",
				       ways[way].name, sizes[s], flood ? "flood" : "paced", send, take_ns, rate, gone);
				fflush(stdout);
			}
	}
	return failed;
}
