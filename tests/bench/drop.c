// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * What a dropped packet costs; used by tests/bench/pkt/drop.
 *	drop test INTERFACE N ADDRESS	ns for each of N runs of its XDP program on a packet from ADDRESS, and how often it dropped
 *	drop flood ADDRESS PORT N	ns for each of N packets that are sent there, and received in the same stroke
 *	drop sink PORT			a socket that nobody reads from
 *	drop fill MAP N			so many addresses, from 198.18.0.1 on, with the value of the first one that is there
 */
#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static unsigned long long now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000ULL + ts.tv_nsec;
}

static int fail(const char *what)
{
	fprintf(stderr, "drop: %s: %s\n", what, strerror(errno));
	return 1;
}

static int test(const char *interface, int n, const char *address)
{
	unsigned char packet[64] = { 2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0, 0x45, 0, 0, 50, [22] = 64, [23] = 17,
				     [30] = 192, 0, 2, 2, 0x30, 0x39, 0, 9, 0, 30 };
	LIBBPF_OPTS(bpf_xdp_query_opts, query);
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = packet, .data_size_in = sizeof(packet), .repeat = n);
	int fd;

	inet_pton(AF_INET, address, packet + 26);
	if (bpf_xdp_query(if_nametoindex(interface), 0, &query))
		return fail(interface);
	fd = bpf_prog_get_fd_by_id(query.prog_id);
	if (fd < 0 || bpf_prog_test_run_opts(fd, &opts))
		return fail("run");
	printf("%u %s\n", opts.duration, opts.retval == 1 ? "drop" : "pass");
	return 0;
}

static int flood(const char *address, int port, int n)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(port) };
	int fd = socket(AF_INET, SOCK_DGRAM, 0), done = 0, sent;
	struct mmsghdr many[64] = {};
	char bytes[22] = {};
	struct iovec part = { bytes, sizeof(bytes) };
	unsigned long long start;

	inet_pton(AF_INET, address, &to.sin_addr);
	if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof(to)))
		return fail(address);
	for (int i = 0; i < 64; i++) {
		many[i].msg_hdr.msg_iov = &part;
		many[i].msg_hdr.msg_iovlen = 1;
	}
	start = now();
	while (done < n) {
		sent = sendmmsg(fd, many, n - done < 64 ? n - done : 64, 0);
		if (sent < 0 && errno != ECONNREFUSED && errno != EPERM)
			return fail("send");
		done += sent > 0 ? sent : 0;
	}
	printf("%llu\n", (now() - start) / n);
	return 0;
}

static int sink(int port)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons(port) };
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *)&at, sizeof(at)))
		return fail("sink");
	puts("ready");
	fflush(stdout);
	for (;;)
		pause();
}

static int fill(const char *path, int n)
{
	int fd = bpf_obj_get(path), cpus = libbpf_num_possible_cpus();
	unsigned long long values[cpus];
	unsigned int key;

	if (fd < 0 || bpf_map_get_next_key(fd, NULL, &key) || bpf_map_lookup_elem(fd, &key, values))
		return fail(path);
	for (int i = 1; i <= n; i++) {
		key = htonl((198U << 24 | 18 << 16) + i);
		if (bpf_map_update_elem(fd, &key, values, BPF_ANY))
			return fail("fill");
	}
	return 0;
}

int main(int argc, char **argv)
{
	if (argc == 5 && !strcmp(argv[1], "test"))
		return test(argv[2], atoi(argv[3]), argv[4]);
	if (argc == 5 && !strcmp(argv[1], "flood"))
		return flood(argv[2], atoi(argv[3]), atoi(argv[4]));
	if (argc == 3 && !strcmp(argv[1], "sink"))
		return sink(atoi(argv[2]));
	if (argc == 4 && !strcmp(argv[1], "fill"))
		return fill(argv[2], atoi(argv[3]));
	fprintf(stderr, "usage: drop test|flood|sink|fill ...\n");
	return 2;
}
