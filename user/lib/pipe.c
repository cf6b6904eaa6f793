// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "lib/lib.h"
#include "lib/pipe.h"

/* "      COMM-TID     [CPU] FLAGS  SECONDS: bpf_trace_printk: MESSAGE"; a COMM may hold anything but its end is known. */
static bool parse(char *text, struct pipe_line *line)
{
	char *message = strstr(text, ": bpf_trace_printk: "), *cpu, *dash, *comm = text;

	if (!message)
		return false;
	*message = 0;
	message += strlen(": bpf_trace_printk: ");
	for (cpu = NULL, dash = text; (dash = strstr(dash, " [")); dash++)
		cpu = dash;
	if (!cpu)
		return false;
	*cpu = 0;
	dash = strrchr(text, '-');
	if (!dash)
		return false;
	*dash = 0;
	comm += strspn(comm, " ");
	*line = (struct pipe_line){ .origin = { .time = look_now(), .tid = atoi(dash + 1), .cpu = atoi(cpu + 2) } };
	snprintf(line->origin.comm, sizeof(line->origin.comm), "%s", comm);
	snprintf(line->message, sizeof(line->message), "%s", message);
	return true;
}

static int open_traced(const char *name, int flags)
{
	static const char *const roots[] = { "/sys/kernel/tracing/", "/sys/kernel/debug/tracing/" };
	char path[128];
	int fd = -1;

	for (int i = 0; i < 2 && fd < 0 && (!i || errno == ENOENT); i++) {
		snprintf(path, sizeof(path), "%s%s", roots[i], name);
		fd = open(path, flags | O_CLOEXEC);
	}
	return fd;
}

/*
 * The kernel turns the event on when the first program that prints is loaded, newer ones a little later, from a work
 * queue (set_printk_work in kernel/trace/bpf_trace.c): what is printed until then is lost. Done here, nothing is.
 */
static void enable(void)
{
	int fd = open_traced("events/bpf_trace/bpf_trace_printk/enable", O_WRONLY);

	if (fd < 0 || write(fd, "1", 1) != 1)
		note("the kernel doesn't let bpf_printk() be turned on: what is printed first may be missing");
	if (fd >= 0)
		close(fd);
}

int pipe_open(void)
{
	int fd = open_traced("trace_pipe", O_RDONLY | O_NONBLOCK), error = errno;

	if (fd < 0) {
		err(error == ENOENT ? "tracefs is not mounted: mount -t tracefs none /sys/kernel/tracing" :
		    error == EBUSY ? "somebody else is reading the trace pipe: only one can" :
				     "not permitted: run it as root, to read the trace pipe");
		return -error;
	}
	enable();
	return fd;
}

void pipe_read(int fd, bool (*fn)(void *ctx, const struct pipe_line *line), void *ctx)
{
	static char buf[16 * PIPE_MESSAGE];
	static struct pipe_line line;
	static size_t have;
	bool more = true;
	ssize_t n;

	while (more && (n = read(fd, buf + have, sizeof(buf) - have)) > 0) {
		char *start = buf, *end;

		have += n;
		while (more && (end = memchr(start, '\n', buf + have - start))) {
			*end = 0;
			if (parse(start, &line))
				more = fn(ctx, &line);
			start = end + 1;
		}
		have -= start - buf;
		memmove(buf, start, have);
		if (have == sizeof(buf))
			have = 0;	/* no line is so long */
	}
}
