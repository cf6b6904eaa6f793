// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* What any BPF program says with bpf_printk(): the kernel's trace pipe, as rows. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "lib/lib.h"

#define LINE 2048	/* a message has at most 1,024 bytes: MAX_BPRINTF_BUF in kernel/bpf/helpers.c */

struct line {
	struct origin origin;
	char message[LINE];
};

static const struct column columns[] = {
	COL_AS(L_TIME, "time", struct line, origin.time, -12, "when it was read", HIDDEN),
	COL("cpu", struct line, origin.cpu, 3, "processor"),
	COL("tid", struct line, origin.tid, 7, "thread that ran the program"),
	COL("comm", struct line, origin.comm, -16, "command name; <...> where the kernel has forgotten it"),
	COL("message", struct line, message, 0, "what the program printed"),
	{}
};

/* "      COMM-TID     [CPU] FLAGS  SECONDS: bpf_trace_printk: MESSAGE"; a COMM may hold anything but its end is known. */
static bool parse(char *text, struct line *line)
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
	*line = (struct line){ .origin = { .time = look_now(), .tid = atoi(dash + 1), .cpu = atoi(cpu + 2) } };
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

static int open_pipe(void)
{
	int fd = open_traced("trace_pipe", O_RDONLY | O_NONBLOCK);

	if (fd < 0)
		err(errno == ENOENT ? "tracefs is not mounted: mount -t tracefs none /sys/kernel/tracing" :
		    errno == EBUSY ? "somebody else is reading the trace pipe: only one can" :
				     "not permitted: run it as root, to read the trace pipe");
	return fd;
}

/* Whole lines of what has been read; returns what is left over. */
static size_t lines(struct run *run, char *buf, size_t n)
{
	char *start = buf, *end;
	struct line line;

	while ((end = memchr(start, '\n', buf + n - start)) && !(run->count && run->shown >= run->count)) {
		*end = 0;
		if (parse(start, &line)) {
			out_row(run, &line);
			run->shown++;
		}
		start = end + 1;
	}
	n -= start - buf;
	memmove(buf, start, n);
	return n < LINE ? n : 0;
}

static int follow(struct run *run)
{
	__u64 deadline = run->duration ? look_now() + run->duration : 0;
	struct pollfd pfd = { .fd = open_pipe(), .events = POLLIN };
	static char buf[16 * LINE];
	size_t have = 0;
	int ret = 0;

	if (pfd.fd < 0)
		return -EOPNOTSUPP;
	if (run->explain) {
		out_str(out_open(run), run->format == OUT_JSON ? "{\"hook\":\"trace_pipe\",\"used\":true,\"why\":\"\"}\n" :
								"used    trace_pipe\n");
		close(pfd.fd);
		return 0;
	}
	enable();
	out_header(run);
	out_flush();
	ret = ring_ready(run);
	while (!ret && !ring_over(run, deadline)) {
		ssize_t n;

		poll(&pfd, 1, 100);
		while (!ret && (n = read(pfd.fd, buf + have, sizeof(buf) - have - 1)) > 0) {
			have = lines(run, buf, have + n);
			if (ring_over(run, deadline))
				break;
		}
		out_flush();
	}
	close(pfd.fd);
	return ret;
}

static const struct example examples[] = {
	{ "", "what BPF programs print, until Ctrl-C" },
	{ "-j -d 10", "ten seconds of it, as JSON lines" },
	{}
};

COMMAND(printk,
	.summary  = "follow what BPF programs print with bpf_printk()",
	.about    = "One line for each bpf_printk() of any program on this machine. The kernel hands each line to one "
		    "reader only, and keeps at most what fits into the trace buffer while nobody reads.",
	.cost     = "None beyond that of bpf_printk() itself.",
	.examples = examples, .columns = columns, .command = follow);
