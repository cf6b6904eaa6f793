/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Frames whose every byte a test knows, sent and received at an interface. */
#ifndef FRAME_H
#define FRAME_H

#include "net.h"

int frame_socket(const char *interface);				/* of the namespace that the caller is in */
void frame_send(int fd, const void *frame, size_t size, int times);

/* A frame of a test's own, of Ethernet type 0x88b5 and so many bytes, with this byte behind its header. */
void frame_own(int fd, char what, size_t size, int times);
void frame_await(int fd, int times); /* until so many of them have come in */

#endif
