// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <linux/if_tun.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include "frame.h"

/* One of several queues of a device "queues"; what is written to it is received there by the one that it is. */
static int tun_queue(void)
{
	struct ifreq request = {.ifr_flags = IFF_TAP | IFF_NO_PI | IFF_MULTI_QUEUE};
	const char *node = "/dev/net/tun";
	int fd = open(node, O_RDWR | O_CLOEXEC);

	if (fd < 0) {
		node = tmp("tun");
		mknod(node, S_IFCHR | 0600, makedev(10, 200));
		fd = open(node, O_RDWR | O_CLOEXEC);
	}
	strcpy(request.ifr_name, "queues");
	if (fd >= 0 && ioctl(fd, TUNSETIFF, &request)) {
		close(fd);
		fd = -1;
	}
	return fd;
}

static void write_own(int fd, size_t size, int times)
{
	char frame[2000] = {2, 2, 2, 2, 2, 2, 4, 4, 4, 4, 4, 4, 0x88, 0xb5};

	while (times--)
		REQUIRE(write(fd, frame, size) == (ssize_t)size);
}

/* The kernel's own neighbour discovery and multicast reports are there too, and shorter than 512 bytes. */
TEST(netqtop, "frames of known length are counted by size, way, interface and queue")
{
	struct veth veth = veth_new();
	struct job *all, *one, *none;
	struct ifreq request = {.ifr_mtu = 9000};
	int fd, first, second, other;
	json_t *r;

	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	strcpy(request.ifr_name, "pair");
	REQUIRE(ioctl(fd, SIOCSIFMTU, &request) == 0);
	netns_enter(veth.ns[1]);
	close(fd);
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	REQUIRE(ioctl(fd, SIOCSIFMTU, &request) == 0);
	other = frame_socket("pair");
	netns_enter(veth.ns[0]);
	close(fd);
	first = tun_queue();
	second = tun_queue();
	if (second >= 0) {
		fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
		strcpy(request.ifr_name, "queues");
		request.ifr_flags = IFF_UP | IFF_NOARP;
		REQUIRE(ioctl(fd, SIOCSIFFLAGS, &request) == 0);
		close(fd);
	}
	all = tool_start("netqtop", "-i", "0.2", "-I", "[pq]*", "-o", "+netns,bytes", "--rates");
	one = tool_start("netqtop", "--total", "-i", "60", "-o", "+netns,bytes");
	none = tool_start("netqtop", "-I", "nosuch", "-i", "60");
	if (second >= 0) {
		write_own(first, 600, 3);
		write_own(second, 700, 4);
	}
	fd = frame_socket("pair");
	frame_own(fd, 'p', 600, 2);
	frame_own(fd, 'p', 2047, 1);
	frame_own(fd, 'p', 2048, 1);
	frame_own(fd, 'p', 9000, 2);
	frame_await(other, 6);
	tool_stop(all);
	tool_stop(one);
	tool_stop(none);

	for (int i = 0; i < 2; i++) {
#define HERE IS("netns", veth.number[i]), IS("dir", i ? "rx" : "tx")
		const struct where *here = WHERE(HERE, IS("interface", "pair"), IS("queue", 0));

		CHECK_EQ(rows_sum(all, "lt2k", here), 3);
		CHECK_EQ(rows_sum(all, "lt16k", here), 3);
		CHECK_EQ(rows_sum(all, "lt64k", here) + rows_sum(all, "more", here), 0);
		CHECK_EQ(rows(one, HERE, IS("interface", "pair"), IS("lt2k", 3), IS("lt16k", 3)), 1);
		r = row(one, HERE, IS("interface", "pair"));
		/* neighbour discovery has 14 bytes of Ethernet and at least 40 of IPv6 for each of its packets */
		CHECK_EQ(number(r, "packets"), 6 + number(r, "lt64") + number(r, "lt512"));
		if (number(r, "packets") == 6)
			CHECK_EQ(number(r, "bytes"), 2 * 600 + 2047 + 2048 + 2 * 9000);
		CHECK_BETWEEN(2 * 600 + 2047 + 2048 + 2 * 9000 + 42 * (number(r, "packets") - 6), number(r, "bytes"),
			      2 * 600 + 2047 + 2048 + 2 * 9000 + 511 * (number(r, "packets") - 6));
	}
	if (second >= 0) {
#define TUN IS("netns", veth.number[0]), IS("interface", "queues"), IS("dir", "rx")
		CHECK_EQ(sum(all, "packets", TUN, IS("queue", 0)), 3);
		CHECK_EQ(sum(all, "bytes", TUN, IS("queue", 0)), 3 * 600);
		CHECK_EQ(sum(all, "packets", TUN, IS("queue", 1)), 4);
		CHECK_EQ(sum(all, "bytes", TUN, IS("queue", 1)), 4 * 700);
		CHECK_EQ(rows(one, TUN, IS("packets", 7)), 1);
	}
	/* all rows: the first may have no more than a packet of the kernel's, in a long interval; the last may be short */
	CHECK_BETWEEN(1, sum(all, "packets_s", IS("interface", "pair"), IS("dir", "tx")), 1e9);
	CHECK_BETWEEN(1, sum(all, "bytes_s", IS("interface", "pair"), IS("dir", "tx")), 1e12);
	CHECK_EQ(rows(none), 0);
	CHECK_NO_LOSS(one);
}
