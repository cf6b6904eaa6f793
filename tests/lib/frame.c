// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <sys/socket.h>
#include "frame.h"

#define OWN_TYPE 0x88b5

int frame_socket(const char *interface)
{
	struct sockaddr_ll at = {.sll_family = AF_PACKET, .sll_protocol = htons(OWN_TYPE), .sll_ifindex = if_nametoindex(interface)};
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);

	REQUIRE(fd >= 0 && at.sll_ifindex && bind(fd, (void *)&at, sizeof(at)) == 0);
	return fd;
}

void frame_send(int fd, const void *frame, size_t size, int times)
{
	struct sockaddr_ll at;
	socklen_t length = sizeof(at);

	REQUIRE(getsockname(fd, (void *)&at, &length) == 0);
	at.sll_protocol = ((const struct ether_header *)frame)->ether_type;	/* else the kernel takes the socket's for the frame's */
	while (times--)
		REQUIRE(sendto(fd, frame, size, 0, (void *)&at, sizeof(at)) == (ssize_t)size);
}

void frame_own(int fd, char what, size_t size, int times)
{
	char frame[9000] = {};
	struct ether_header *head = (void *)frame;

	REQUIRE(size <= sizeof(frame) && size > sizeof(*head));
	memset(head->ether_dhost, 0xff, sizeof(head->ether_dhost));
	memset(head->ether_shost, 2, sizeof(head->ether_shost));
	head->ether_type = htons(OWN_TYPE);
	frame[sizeof(*head)] = what;
	frame_send(fd, frame, size, times);
}

void frame_await(int fd, int times)
{
	char frame[9000];

	while (times--)
		REQUIRE(recv(fd, frame, sizeof(frame), 0) > 0);
}
