// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* What any BPF program says with bpf_printk(): the kernel's trace pipe, as rows. */
#include <linux/capability.h>
#include <errno.h>
#include <poll.h>
#include <unistd.h>
#include "lib/lib.h"
#include "lib/pipe.h"

static const struct column columns[] = {
	COL_AS(L_TIME, "time", struct pipe_line, origin.time, -12, "when it was read", HIDDEN),
	COL("cpu", struct pipe_line, origin.cpu, 3, "processor"),
	COL("tid", struct pipe_line, origin.tid, 7, "thread that ran the program"),
	COL("comm", struct pipe_line, origin.comm, -16, "command name; <...> where the kernel has forgotten it"),
	COL("message", struct pipe_line, message, 0, "what the program printed"),
	{}
};

static __u64 deadline;

static bool show(void *ctx, const struct pipe_line *line)
{
	struct run *run = ctx;

	out_row(run, line);
	run->shown++;
	return !ring_over(run, deadline);
}

static int follow(struct run *run)
{
	struct pollfd pfd = { .events = POLLIN };
	int ret = 0;

	pfd.fd = pipe_open();
	if (pfd.fd < 0)
		return -EOPNOTSUPP;
	if (run->explain) {
		out_str(out_open(run), run->format == OUT_JSON ? "{\"hook\":\"trace_pipe\",\"used\":true,\"why\":\"\"}\n" :
								"used    trace_pipe\n");
		goto out;
	}
	deadline = run->duration ? look_now() + run->duration : 0;
	out_header(run);
	out_flush();
	ret = ring_ready(run);
	while (!ret && !ring_over(run, deadline)) {
		poll(&pfd, 1, 100);
		out_look();
		pipe_read(pfd.fd, show, run);
		out_flush();
	}
out:
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
	.caps     = 1ULL << CAP_DAC_READ_SEARCH,
	.examples = examples, .columns = columns, .command = follow);
