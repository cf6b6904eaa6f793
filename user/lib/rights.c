// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* What a user who isn't root needs to run a tool, told by the kinds of its programs: kernel/bpf/syscall.c, kernel/events/core.c. */
#include <linux/capability.h>
#include <stdio.h>
#include <string.h>
#include "lib/capability.h"
#include "lib/doc.h"
#include "lib/lib.h"

#define CAP(n) (1ULL << (n))

static const struct right {
	int cap;
	const char *why;
} rights[] = {
	{ CAP_BPF, "to load programs and maps" },
	{ CAP_PERFMON, "to read the kernel's memory from them" },
	{ CAP_SYS_RESOURCE, "to lock as much memory as maps take, on kernels before 5.11 (or ulimit \\-l unlimited)" },
	{ CAP_NET_RAW, "to see packets on interfaces" },
	{ CAP_NET_ADMIN, "to attach them to the network" },
	{ CAP_DAC_READ_SEARCH, "to read what is root's: tracefs, and the files of other users" },
	{ CAP_SYS_PTRACE, "to see what other users' processes have open and loaded" },
	{ CAP_SYSLOG, "to see where the kernel's functions are" },
	{ CAP_CHECKPOINT_RESTORE, "to reach files as other processes see them" },
	{}
};

/* Reasons for CAP_SYS_ADMIN: what a kind of program is attached by. */
static const char one_by_one[] = "for probes in programs, where the kernel attaches them one by one: before 6.6, and with \\fB\\-p\\fR",
		  paranoid[] = "for kernels whose kernel.perf_event_paranoid is 3 or more, as Debian's is: kprobes, tracepoints and samples "
			       "are perf events there";
static const struct {
	const char *kind, *why;
} admin[] = {
	{ "u", one_by_one }, { "perf_event", paranoid }, { "kprobe", paranoid }, { "kretprobe", paranoid }, { "tp/", paranoid }, {}
};

static bool has_kind(struct bpf_object *obj, const char *kind)
{
	struct bpf_program *prog;

	bpf_object__for_each_program(prog, obj) {
		const char *section = bpf_program__section_name(prog);

		if (!strncmp(section + (*section == '?'), kind, strlen(kind)))
			return true;
	}
	return false;
}

static const char *const net_kinds[] = { "xdp", "tc", "tcx", "cgroup", "sk_", "sock", "lwt", "flow_dissector", NULL };

static __u64 caps_of(const struct tool *t, struct bpf_object *obj)
{
	__u64 caps = t->caps | t->keep_caps;

	if (!obj)
		return caps;
	caps |= CAP(CAP_BPF) | CAP(CAP_PERFMON) | CAP(CAP_SYS_RESOURCE);
	if (has_kind(obj, "tp/"))
		caps |= CAP(CAP_DAC_READ_SEARCH);
	for (int i = 0; admin[i].kind; i++)
		if (has_kind(obj, admin[i].kind))
			caps |= CAP(CAP_SYS_ADMIN);
	for (int i = 0; net_kinds[i]; i++)
		if (has_kind(obj, net_kinds[i]))
			caps |= CAP(CAP_NET_ADMIN);
	return caps;
}

void rights_man(const struct tool *t)
{
	struct bpf_object *obj = NULL;
	const char *said = NULL;
	const void *elf;
	size_t size;
	__u64 caps;

	if (t->elf) {
		elf = t->elf(&size);
		obj = bpf_object__open_mem(elf, size, NULL);
	}
	caps = caps_of(t, obj);
	printf(".SH RIGHTS\n");
	if (!caps)
		printf("None.\n");
	else
		printf("Root, or these capabilities, which it gives up as far as it can once it is attached:\n");
	for (const struct right *r = rights; r->why; r++)
		if (caps & CAP(r->cap))
			printf(".TP\n\\fBCAP_%s\\fR\n%s.\n", capability_name(r->cap), r->why);
	if (caps & CAP(CAP_SYS_ADMIN))
		printf(".TP\n\\fBCAP_SYS_ADMIN\\fR\n");
	if (t->caps & CAP(CAP_SYS_ADMIN))
		printf("to see what other users have given the kernel.\n");
	for (int i = 0; obj && admin[i].kind; i++)
		if (has_kind(obj, admin[i].kind) && admin[i].why != said) {
			said = admin[i].why;
			printf("%s.\n", said);
		}
	bpf_object__close(obj);
}
