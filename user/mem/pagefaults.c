// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "lib/fault_user.h"
#include "lib/path_user.h"
#include "lib/tool.h"
#include "mem/pagefaults.h"
#include "mem/pagefaults.skel.h"

#define EVENT struct pagefaults_event

static void show_kind(struct out *out, const struct column *c, const void *row)
{
	out_str(out, ((const EVENT *)row)->is_major ? "major" : "minor");
}

static void show_file(struct out *out, const struct column *c, const void *row)
{
	const EVENT *e = row;

	if (e->has_file)
		path_write(out, e->names, e->names_len, e->cut);
	else
		out_nothing(out);
}

static void show_offset(struct out *out, const struct column *c, const void *row)
{
	const EVENT *e = row;

	if (e->has_file)
		out_u64(out, e->offset);
	else
		out_nothing(out);
}

static int setup(struct run *run)
{
	struct pagefaults_bpf__rodata *rodata = run->rodata;

	return path_setup(run, (struct path_offsets *)&rodata->path_offsets) ?: fault_setup(run, rodata->all_faults);
}

static int attach(struct run *run)
{
	return fault_attach(run, ((struct pagefaults_bpf *)run->skel)->rodata->all_faults);
}

static const struct opt opts[] = {
	OPT('a', "all", NULL, pagefaults, all_faults, "minor faults as well: there are many"),
	OPT_TIME('m', "min", "TIME", pagefaults, min, USEC, "only those that took so long (1: a microsecond)"),
	{}
};

static const struct column columns[] = {
	COL_ORIGIN(EVENT),
	COL_OWN("kind", show_kind, -5, "major: it had to wait for a disk; minor: it had not"),
	COL_NSEC("latency", "us", EVENT, latency, 11, "how long it took"),
	COL_AS(L_HEX, "address", EVENT, address, 18, "that was used", HIDDEN),
	COL_OWN("offset", show_offset, 12, "where in the file that is, in bytes", HIDDEN, .bare_json = true),
	COL_OWN("file", show_file, 0, "full path of the file that is mapped there; none: memory of its own"),
	{}
};

static const struct example examples[] = {
	{ "", "who waits for a disk since a page isn't in memory, and for which file" },
	{ "-m 10000 -T", "those that took 10 ms and more, with the time" },
	{ "-a -o +address,offset -p 181", "all page faults of a process, and where" },
	{}
};

TOOL(pagefaults,
	.summary  = "trace page faults, how long they take, and in which file",
	.about    = "One line for each page fault that the kernel has served by reading a page from a file or from swap (major); "
		    "with -a also for those for which everything was in memory (minor).",
	.cost     = "A tracepoint at the beginning of each page fault, which keeps the time, and a perf event for each that is "
		    "shown, in which the mapping is looked for.",
	.caveats  = "Faults that end with a signal are not shown, nor what the kernel does for get_user_pages(). At more than "
		    "kernel.perf_event_max_sample_rate faults a second on one CPU the kernel leaves out some: what was left out is "
		    "counted as lost. Where the processor's code has no tracepoints for page faults, there are no latencies. The file is "
		    "missing where the list of mappings was being changed in that moment, and on kernels from 6.1 on without "
		    "bpf_find_vma().",
	.optional = "user kernel",
	.examples = examples, .opts = opts, .columns = columns, .setup = setup, .attach = attach);
