// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * empty HOOK...: the least that BPF can do there.  A program of two instructions on each of
 * these hooks (tp/GROUP/NAME, raw_tp/NAME, tp_btf/NAME, kprobe/FUNCTION, uprobe/PATH+OFFSET, kretprobe/…,
 * uretprobe/…), until a signal comes.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <fcntl.h>
#include <linux/perf_event.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

static int load(enum bpf_prog_type type, int attach_type, const char *btf_name)
{
	struct bpf_insn insns[] = { { .code = BPF_ALU64 | BPF_MOV | BPF_K }, { .code = BPF_JMP | BPF_EXIT } };
	LIBBPF_OPTS(bpf_prog_load_opts, opts, .expected_attach_type = attach_type);

	if (btf_name)
		opts.attach_btf_id = libbpf_find_vmlinux_btf_id(btf_name, attach_type);
	return bpf_prog_load(type, "empty", "GPL", insns, 2, &opts);
}

/* An event of tracefs has a number; BPF hangs on one of perf's events with that number. */
static int attach_event(const char *event)
{
	static const char *const roots[] = { "/sys/kernel/tracing", "/sys/kernel/debug/tracing" };
	struct perf_event_attr attr = { .type = PERF_TYPE_TRACEPOINT, .size = sizeof(attr), .sample_period = 1 };
	int prog = load(BPF_PROG_TYPE_TRACEPOINT, 0, NULL), fd;
	char path[256];

	for (int i = 0; i < 2 && !attr.config; i++) {
		FILE *f;

		snprintf(path, sizeof(path), "%s/events/%s/id", roots[i], event);
		f = fopen(path, "r");
		if (f && fscanf(f, "%llu", &attr.config) != 1)
			attr.config = 0;
		if (f)
			fclose(f);
	}
	if (prog < 0 || !attr.config)
		return -1;
	fd = syscall(SYS_perf_event_open, &attr, -1, 0, -1, PERF_FLAG_FD_CLOEXEC);
	return fd < 0 || ioctl(fd, PERF_EVENT_IOC_SET_BPF, prog) ? -1 : ioctl(fd, PERF_EVENT_IOC_ENABLE, 0);
}

/* KIND is kprobe or uprobe: of a function of the kernel, or of PATH+OFFSET. */
static int attach_probe(const char *kind, const char *place, bool at_return)
{
	struct perf_event_attr attr = { .size = sizeof(attr), .config = at_return };
	const char *plus = strrchr(place, '+');
	int prog = load(BPF_PROG_TYPE_KPROBE, 0, NULL), fd;
	char path[256];
	FILE *f;

	snprintf(path, sizeof(path), "/sys/bus/event_source/devices/%s/type", kind);
	f = fopen(path, "r");
	if (prog < 0 || (!plus && *kind == 'u') || !f || fscanf(f, "%u", &attr.type) != 1)
		return -1;
	fclose(f);
	attr.config1 = (unsigned long)(plus ? strndup(place, plus - place) : strdup(place));
	attr.config2 = plus ? strtoul(plus + 1, NULL, 0) : 0;
	fd = syscall(SYS_perf_event_open, &attr, -1, 0, -1, PERF_FLAG_FD_CLOEXEC);
	return fd < 0 || ioctl(fd, PERF_EVENT_IOC_SET_BPF, prog) ? -1 : ioctl(fd, PERF_EVENT_IOC_ENABLE, 0);
}

static int attach(const char *hook)
{
	if (!strncmp(hook, "uprobe/", 7) || !strncmp(hook, "kprobe/", 7))
		return attach_probe(*hook == 'u' ? "uprobe" : "kprobe", hook + 7, false);
	if (!strncmp(hook, "uretprobe/", 10) || !strncmp(hook, "kretprobe/", 10))
		return attach_probe(*hook == 'u' ? "uprobe" : "kprobe", hook + 10, true);
	if (!strncmp(hook, "tp/", 3))
		return attach_event(hook + 3);
	if (!strncmp(hook, "raw_tp/", 7))
		return bpf_raw_tracepoint_open(hook + 7, load(BPF_PROG_TYPE_RAW_TRACEPOINT, 0, NULL));
	if (!strncmp(hook, "tp_btf/", 7))
		return bpf_raw_tracepoint_open(NULL, load(BPF_PROG_TYPE_TRACING, BPF_TRACE_RAW_TP, hook + 7));
	return -1;
}

int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		if (attach(argv[i]) < 0) {
			fprintf(stderr, "empty: %s: cannot be attached\n", argv[i]);
			return 1;
		}
	pause();
	return 0;
}
