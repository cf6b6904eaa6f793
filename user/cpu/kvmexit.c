// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "lib/tool.h"
#include "cpu/kvmexit.h"
#include "cpu/kvmexit.skel.h"

#define ROW struct kvmexit_row

/* What the kernel itself calls the reasons: from the event's format. */
static struct reason {
	__u32 isa, number;
	char name[32];
} *reasons;
static size_t n_reasons;

static int add_reason(__u32 isa, __u32 number, const char *name, size_t len)
{
	struct reason *more = realloc(reasons, (n_reasons + 1) * sizeof(*reasons));

	if (!more)
		return -ENOMEM;
	reasons = more;
	reasons[n_reasons] = (struct reason){ isa, number, "" };
	snprintf(reasons[n_reasons++].name, sizeof(reasons->name), "%.*s", (int)len, name);
	return 0;
}

/* `{ 0x040 + 3, "BP excp" }, { 12, "HLT" }` up to the closing parenthesis. */
static int read_names(const char *at, __u32 isa)
{
	int ret = 0;

	while (!ret && (at = strpbrk(at, "{)")) && *at == '{') {
		char *end;
		__u32 number = strtol(at + 1, &end, 0);

		while (*end == ' ' || *end == '+') {
			if (*end == '+')
				number += strtol(end + 1, &end, 0);
			else
				end++;
		}
		at = strchr(end, '"');
		end = at ? strchr(at + 1, '"') : NULL;
		if (!end)
			break;
		ret = add_reason(isa, number, at + 1, end - at - 1);
		at = end + 1;
	}
	return ret;
}

/* "(isa == 1) ? __print_symbolic(REASON & 0xffff, INTEL'S) : __print_symbolic(REASON, AMD'S)" */
static int read_format(struct run *run)
{
	FILE *f = kernel_tracefs_open("events/kvm/kvm_exit/format");
	struct kvmexit_bpf__rodata *rodata = run->rodata;
	static char line[64 << 10];
	unsigned int at;
	int ret = 0;

	while (!ret && f && fgets(line, sizeof(line), f)) {
		const char *tables = line;

		if (sscanf(line, " field:unsigned int exit_reason; offset:%u", &at) == 1)
			rodata->at_reason = at;
		else if (sscanf(line, " field:u32 isa; offset:%u", &at) == 1)
			rodata->at_isa = at;
		else if (sscanf(line, " field:unsigned int vcpu_id; offset:%u", &at) == 1)
			rodata->at_vcpu = at;
		if (strncmp(line, "print fmt:", 10) || n_reasons)
			continue;
		for (__u32 isa = 1; !ret && isa <= 2 && (tables = strstr(tables, "__print_symbolic(")); isa++)
			ret = read_names(++tables, isa);
	}
	if (!f)
		return 0;	/* no such event: what chooses the hooks says so */
	fclose(f);
	if (!ret && (!rodata->at_reason || !rodata->at_isa || !rodata->at_vcpu)) {
		err("can't run here: kvm:kvm_exit has other fields on this machine than on x86");
		return -EOPNOTSUPP;
	}
	return ret;
}

static const char *name_of(__u32 isa, __u32 number)
{
	for (size_t i = 0; i < n_reasons; i++)
		if (reasons[i].isa == isa && reasons[i].number == (isa == 1 ? number & 0xffff : number))
			return reasons[i].name;
	return NULL;
}

static void show_reason(struct out *out, const struct column *c, const void *row)
{
	const ROW *r = row;
	const char *name = name_of(r->key.isa, r->key.reason);

	if (name)
		out_bytes(out, name, strlen(name));
	else
		out_printf(out, "0x%x", r->key.reason);
	if (r->key.isa == 1 && r->key.reason >> 31)
		out_str(out, " failed");	/* the machine could not be entered at all */
}

static const struct opt opts[] = {
	OPT('P', "pids", NULL, kvmexit, by_process, "by process", .shows = "pid comm"),
	OPT('L', "tids", NULL, kvmexit, by_thread, "by thread", .shows = "tid comm"),
	OPT('C', "vcpus", NULL, kvmexit, by_vcpu, "by number of the virtual CPU", .shows = "vcpu"),
	OPT_SET(0, "vcpu", "NUMBERS", ONLY_VCPUS, "only these virtual CPUs: 0,1"),
	{}
};

static const struct column columns[] = {
	COL("pid", ROW, key.id, 7, "process id, with --pids", HIDDEN),
	COL("tid", ROW, key.id, 7, "thread id, with --tids", HIDDEN),
	COL("vcpu", ROW, key.id, 4, "number of the virtual CPU, with --vcpus", HIDDEN),
	COL("comm", ROW, value.comm, -16, "command name", HIDDEN),
	COL_OWN("reason", show_reason, -28, "why the guest was left, in the kernel's words"),
	COL("count", ROW, value.count, 12, "how often"),
	{}
};

static const struct example examples[] = {
	{ "-d 10", "why guests were left in ten seconds" },
	{ "-p 1234 -C 1", "of one machine, by virtual CPU, second by second" },
	{ "-L -r 20 5", "the busiest threads and reasons, every five seconds" },
	{}
};

TOOL(kvmexit,
	.summary  = "count why virtual machines are left, by reason",
	.about    = "Counts the exits of KVM's virtual CPUs to the host, by reason, and by process, thread or virtual CPU "
		    "as well. The names of the reasons are those of the running kernel.",
	.cost     = "One tracepoint and one hash look-up at each exit.",
	.caveats  = "x86 only. The tracepoint is there once the modules of KVM are: modprobe kvm_intel or kvm_amd.",
	.examples = examples, .opts = opts, .columns = columns, .setup = read_format,
	.table    = ROWS("exits", ROW, "count", .adds = sizeof(__u64)));
