// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* What this kernel and this user may do: asked by trial, once, and never by version. */
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/capability.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>
#include <bpf/btf.h>
#include "lib/btf.h"
#include "lib/lib.h"

enum answer { UNASKED, YES, NO };

static int read_line(const char *path, char *buf, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, buf, size - 1);

	if (fd >= 0)
		close(fd);
	if (n < 0)
		return -errno;
	buf[n] = 0;
	buf[strcspn(buf, "\n")] = 0;
	return 0;
}

int reach(const char *path, int mode)
{
	return faccessat(AT_FDCWD, path, mode, AT_EACCESS);
}

static const char *no_tracefs;	/* why */

static const char *tracefs(void)
{
	static const char *const places[] = { "/sys/kernel/tracing", "/sys/kernel/debug/tracing" };
	static const char *found;
	char events[64];

	for (int i = 0; i < 2 && !found; i++) {
		snprintf(events, sizeof(events), "%s/events", places[i]);
		if (!reach(events, F_OK))
			found = places[i];
		else if (errno == EACCES)
			no_tracefs = "tracefs can't be read: run it as root, or with CAP_DAC_READ_SEARCH";
		else if (!no_tracefs)
			no_tracefs = "tracefs is not mounted: mount -t tracefs none /sys/kernel/tracing";
	}
	return found;
}

FILE *kernel_tracefs_open(const char *path)
{
	char full[256];

	if (!tracefs())
		return NULL;
	snprintf(full, sizeof(full), "%s/%s", tracefs(), path);
	return fopen(full, "re");
}

int kernel_tracefs(const char *path, char *buf, size_t size)
{
	char full[256];

	if (!tracefs())
		return -ENOENT;
	snprintf(full, sizeof(full), "%s/%s", tracefs(), path);
	return read_line(full, buf, size);
}

static __u64 capabilities(void)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2] = {};

	if (syscall(SYS_capget, &header, data))
		return 0;
	return data[0].effective | (__u64)data[1].effective << 32;
}

#define CAP(n) (1ULL << (n))

/* CAP_BPF and CAP_PERFMON since 5.8; CAP_SYS_ADMIN stands for both. */
int kernel_caps_check(char *why, size_t size)
{
	__u64 have = capabilities(), need = CAP(CAP_BPF) | CAP(CAP_PERFMON);

	if (have & CAP(CAP_SYS_ADMIN) || (have & need) == need)
		return 0;
	snprintf(why, size, "not permitted: run it as root, or with %s%s%s",
		 have & CAP(CAP_BPF) ? "" : "CAP_BPF", have & need ? "" : " and ",
		 have & CAP(CAP_PERFMON) ? "" : "CAP_PERFMON");
	return -EPERM;
}

bool kernel_caps_all(void)
{
	return capabilities() & CAP(CAP_SYS_ADMIN);
}

/* Once attached, a tool needs only what reads its maps; before 5.19 that took CAP_BPF. */
int kernel_caps_drop(__u64 keep)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	__u64 left = capabilities() & (keep | CAP(CAP_BPF) | CAP(CAP_PERFMON));
	struct __user_cap_data_struct data[2] = {
		{ .effective = left, .permitted = left },
		{ .effective = left >> 32, .permitted = left >> 32 },
	};

	return syscall(SYS_capset, &header, data) ? -errno : 0;
}

/* "none", "integrity" or "confidentiality"; the mode in force stands in brackets. */
const char *kernel_lockdown(void)
{
	static char line[128], *mode;

	if (mode)
		return mode;
	mode = "none";
	if (!read_line("/sys/kernel/security/lockdown", line, sizeof(line)) && strchr(line, '[')) {
		mode = strchr(line, '[') + 1;
		mode[strcspn(mode, "]")] = 0;
	}
	return mode;
}

#define EXIT_INSN { .code = BPF_JMP | BPF_EXIT }
#define MOV_R0(n) { .code = BPF_ALU64 | BPF_MOV | BPF_K, .imm = n }

/* A trampoline can only be tried by attaching: this function is there for such trials (net/bpf/test_run.c). */
bool kernel_fentry(void)
{
	static enum answer answer;
	struct bpf_insn insns[] = { MOV_R0(0), EXIT_INSN };
	LIBBPF_OPTS(bpf_prog_load_opts, opts, .expected_attach_type = BPF_TRACE_FENTRY);
	struct btf_types *types;
	int id, prog, link;

	if (answer)
		return answer == YES;
	answer = NO;
	if (!btf_own() || btf_open(&types, NULL) || (id = btf_find(types, "bpf_fentry_test1", BTF_KIND_FUNC)) < 0)
		return false;
	opts.attach_btf_id = id;
	prog = bpf_prog_load(BPF_PROG_TYPE_TRACING, "trial", "GPL", insns, 2, &opts);
	link = prog < 0 ? -1 : bpf_raw_tracepoint_open(NULL, prog);
	if (link >= 0) {
		answer = YES;
		close(link);
	}
	if (prog >= 0)
		close(prog);
	return answer == YES;
}

static bool has_type(const char *pmu)
{
	char path[128];

	snprintf(path, sizeof(path), "/sys/bus/event_source/devices/%s/type", pmu);
	return !reach(path, F_OK);
}

/*
 * bpf_task_storage_get() for tracing: since 5.12, tried by making a value for ourselves.
 * 7.2 has it but can't allocate from a tracepoint on processors without cmpxchg16b.
 */
static bool try_task_storage(void)
{
	LIBBPF_OPTS(bpf_map_create_opts, map_opts, .map_flags = BPF_F_NO_PREALLOC);
	LIBBPF_OPTS(bpf_prog_load_opts, prog_opts);
	LIBBPF_OPTS(bpf_test_run_opts, run_opts);
	struct btf *btf = btf__new_empty();
	int map = -1, prog = -1, type = btf ? btf__add_int(btf, "int", 4, BTF_INT_SIGNED) : -ENOMEM;
	bool works = false;

	if (type > 0 && !btf__load_into_kernel(btf)) {
		map_opts.btf_fd = btf__fd(btf);
		map_opts.btf_key_type_id = map_opts.btf_value_type_id = type;
		map = bpf_map_create(BPF_MAP_TYPE_TASK_STORAGE, "trial", 4, 4, 0, &map_opts);
	}
	if (map >= 0) {
		struct bpf_insn insns[] = {
			{ .code = BPF_JMP | BPF_CALL, .imm = BPF_FUNC_get_current_task_btf },
			{ .code = BPF_ALU64 | BPF_MOV | BPF_X, .dst_reg = 2, .src_reg = 0 },
			{ .code = BPF_LD | BPF_IMM | BPF_DW, .dst_reg = 1, .src_reg = BPF_PSEUDO_MAP_FD, .imm = map },
			{},
			{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 3 },
			{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 4, .imm = BPF_LOCAL_STORAGE_GET_F_CREATE },
			{ .code = BPF_JMP | BPF_CALL, .imm = BPF_FUNC_task_storage_get },
			{ .code = BPF_JMP | BPF_JEQ | BPF_K, .off = 1 },
			MOV_R0(1),
			EXIT_INSN,
		};

		prog = bpf_prog_load(BPF_PROG_TYPE_RAW_TRACEPOINT, "trial", "GPL", insns,
				     sizeof(insns) / sizeof(*insns), &prog_opts);
	}
	if (prog >= 0)
		works = !bpf_prog_test_run_opts(prog, &run_opts) && run_opts.retval == 1;
	if (prog >= 0)
		close(prog);
	if (map >= 0)
		close(map);
	btf__free(btf);
	return works;
}

int kernel_read(__u64 address, void *to, size_t size)
{
	LIBBPF_OPTS(bpf_prog_load_opts, prog_opts);
	LIBBPF_OPTS(bpf_test_run_opts, run_opts);
	int map = bpf_map_create(BPF_MAP_TYPE_ARRAY, "copy", 4, size, 1, NULL), prog = -1, key = 0, ret;
	struct bpf_insn insns[] = {
		{ .code = BPF_LD | BPF_IMM | BPF_DW, .dst_reg = 1, .src_reg = BPF_PSEUDO_MAP_VALUE, .imm = map },
		{},
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 2, .imm = size },
		{ .code = BPF_LD | BPF_IMM | BPF_DW, .dst_reg = 3, .imm = address },
		{ .imm = address >> 32 },
		{ .code = BPF_JMP | BPF_CALL, .imm = BPF_FUNC_probe_read_kernel },
		EXIT_INSN,
	};

	if (map >= 0)
		prog = bpf_prog_load(BPF_PROG_TYPE_RAW_TRACEPOINT, "copy", "GPL", insns, sizeof(insns) / sizeof(*insns), &prog_opts);
	ret = prog < 0 ? -errno : bpf_prog_test_run_opts(prog, &run_opts) ? -errno : (int)run_opts.retval;
	if (!ret && bpf_map_lookup_elem(map, &key, to))
		ret = -errno;
	if (prog >= 0)
		close(prog);
	if (map >= 0)
		close(map);
	return ret;
}

bool kernel_task_storage(void)
{
	static enum answer answer;

	if (!answer)
		answer = try_task_storage() ? YES : NO;
	return answer == YES;
}

#ifdef __x86_64__
/*
 * "syscall" leaves the return address in rcx, which tells it from "int 0x80" in the saved
 * registers; with FRED the kernel need not.
 */
static bool syscall_clobbers(void)
{
	unsigned long ret = SYS_getpid, cx = 0x1234;

	__asm__ volatile("syscall" : "+a"(ret), "+c"(cx) : : "r11", "memory");
	return cx != 0x1234;
}
#endif

/* 0: no 32-bit programs here; 1: told by their code segment; 2: "int 0x80" from 64-bit code as well. */
__u8 kernel_compat(void)
{
#ifdef __x86_64__
	return reach("/proc/sys/abi/vsyscall32", F_OK) ? 0 : 1 + syscall_clobbers();
#else
	return sizeof(long) == 8;
#endif
}

/* What a program is attached by: the kernel's own BTF, for which a file can't stand. */
static bool kernel_btf(const char *name, __u32 kind, char *why, size_t size)
{
	int fd;

	if (btf_own() && btf_find_kernel(name, kind, &fd) >= 0)
		return true;
	snprintf(why, size, btf_own() ? "not in this kernel" : "this kernel has no BTF of its own");
	return false;
}

/* Can a program with this section name be attached?  If not, why, in a few words. */
bool kernel_has_program(const char *section, char *why, size_t size)
{
	const char *target = strchr(section, '/');
	char name[128], text[32];

	if (!target++)
		return true;
	if (!strncmp(section, "tp_btf/", 7)) {
		snprintf(name, sizeof(name), "btf_trace_%s", target);
		return kernel_btf(name, BTF_KIND_TYPEDEF, why, size);
	}
	if (!strncmp(section, "fentry/", 7) || !strncmp(section, "fexit/", 6) || !strncmp(section, "fmod_ret/", 9)) {
		if (!kernel_btf(target, BTF_KIND_FUNC, why, size))
			return false;
		if (!kernel_fentry())
			snprintf(why, size, "this kernel has no BPF trampolines");
		return kernel_fentry();
	}
	if (!strncmp(section, "kprobe/", 7) || !strncmp(section, "kretprobe/", 10)) {
		if (!has_type("kprobe"))
			snprintf(why, size, "this kernel is built without kprobes");
		return has_type("kprobe");
	}
	if (*section == 'u') {
		if (!has_type("uprobe"))
			snprintf(why, size, "this kernel is built without uprobes");
		return has_type("uprobe");
	}
	if (!strncmp(section, "tp/", 3)) {
		if (!tracefs()) {
			snprintf(why, size, "%s", no_tracefs);
			return false;
		}
		snprintf(name, sizeof(name), "events/%s/id", target);
		if (!kernel_tracefs(name, text, sizeof(text)))
			return true;
		snprintf(why, size, "not in this kernel");
		return false;
	}
	if (!strncmp(section, "iter/", 5)) {
		snprintf(name, sizeof(name), "bpf_iter_%s", target);
		return kernel_btf(name, BTF_KIND_FUNC, why, size);
	}
	return true;
}

/* --- corekit doctor --- */

static bool doctor_json;

static void say(const char *what, const char *state, const char *detail)
{
	if (doctor_json)
		printf("{\"check\":\"%s\",\"state\":\"%s\",\"detail\":\"%s\"}\n", what, state, detail);
	else
		printf("%-22s %-8s %s\n", what, state, detail);
}

static void ask(const char *what, bool yes, const char *no)
{
	say(what, yes ? "yes" : "no", yes ? "" : no);
}

static void doctor_kernel(void)
{
	struct rlimit limit = {};
	struct utsname un;
	char line[128], why[160];

	uname(&un);
	say("kernel", "", un.release);
	ask("permitted", !kernel_caps_check(why, sizeof(why)), why);
	ask("BTF", btf_own(), "no /sys/kernel/btf/vmlinux: tools need --btf FILE");
	ask("ring buffer", libbpf_probe_bpf_map_type(BPF_MAP_TYPE_RINGBUF, NULL) > 0, "needs 5.8");
	ask("task storage", kernel_task_storage(), "not for tracing: a hash is used in its place");
	ask("raw tracepoint", libbpf_probe_bpf_prog_type(BPF_PROG_TYPE_RAW_TRACEPOINT, NULL) > 0, "");
	ask("tp_btf", kernel_btf("btf_trace_sched_switch", BTF_KIND_TYPEDEF, why, sizeof(why)), why);
	ask("fentry, fexit", kernel_fentry(), btf_own() ? "this kernel has no BPF trampolines" : "this kernel has no BTF of its own");
	ask("kprobe", has_type("kprobe"), "this kernel is built without kprobes");
	ask("uprobe", has_type("uprobe"), "this kernel is built without uprobes");
	ask("perf event", libbpf_probe_bpf_prog_type(BPF_PROG_TYPE_PERF_EVENT, NULL) > 0, "");
	ask("LSM", !read_line("/sys/kernel/security/lsm", line, sizeof(line)) && strstr(line, "bpf"),
	    "bpf is not among the active LSMs");
	ask("iterator", kernel_btf("bpf_iter_task", BTF_KIND_FUNC, why, sizeof(why)), "needs 5.8");
	ask("XDP", libbpf_probe_bpf_prog_type(BPF_PROG_TYPE_XDP, NULL) > 0, "");
	ask("tc", libbpf_probe_bpf_prog_type(BPF_PROG_TYPE_SCHED_CLS, NULL) > 0, "");
	ask("cgroup", libbpf_probe_bpf_prog_type(BPF_PROG_TYPE_CGROUP_SKB, NULL) > 0, "");
	ask("tracefs", tracefs(), "not mounted: mount -t tracefs none /sys/kernel/tracing");
	ask("32-bit programs", kernel_compat(), "");
	say("lockdown", kernel_lockdown(), strcmp(kernel_lockdown(), "confidentiality") ? "" : "BPF may not read the kernel");
	getrlimit(RLIMIT_MEMLOCK, &limit);
	snprintf(line, sizeof(line), limit.rlim_cur == RLIM_INFINITY ? "unlimited" : "%llu KiB (counts only before 5.11)",
		 (unsigned long long)limit.rlim_cur / 1024);
	say("memlock", "", line);
}

/* Each tool in a process of its own: loaded and attached for a moment, as --explain does. */
static void doctor_tool(const struct tool *tool)
{
	static const char *const states[] = { "runs", "lesser", "cannot" };
	char why[512] = "", text[512] = "";
	int out[2], status, state = 0;
	size_t at = 0;
	ssize_t n;
	pid_t pid;

	fflush(stdout);
	if ((tool->once && !tool->open) || tool->commands) {	/* nothing is attached that could fail */
		if (doctor_json)
			printf("{\"tool\":\"%s\",\"status\":\"runs\",\"why\":\"\"}\n", tool->name);
		else
			printf("%-22s %-8s \n", tool->name, "runs");
		return;
	}
	if (pipe2(out, O_CLOEXEC) || (pid = fork()) < 0)
		return;
	if (!pid) {
		char *args[8] = { (char *)tool->name, "--explain" }, *words = strdupa(tool->trial ?: ""), *word;
		int n_args = 2;

		while ((word = strsep(&words, "\t")) && *word && n_args < 7)
			args[n_args++] = word;
		dup2(out[1], STDERR_FILENO);
		dup2(open("/dev/null", O_WRONLY), STDOUT_FILENO);
		_exit(tool_run(tool, n_args, args, true));
	}
	close(out[1]);
	while (at < sizeof(text) - 1 && (n = read(out[0], text + at, sizeof(text) - 1 - at)) > 0)
		at += n;
	close(out[0]);
	if (waitpid(pid, &status, 0) != pid)
		return;
	text[strcspn(text, "\n")] = 0;
	snprintf(why, sizeof(why), "%s", strchr(text, ' ') ? strchr(text, ' ') + 1 : text);
	if (WIFEXITED(status) && WEXITSTATUS(status) == DOCTOR_LESSER)
		state = 1;
	else if (!WIFEXITED(status) || WEXITSTATUS(status))
		state = 2;
	if (doctor_json)
		printf("{\"tool\":\"%s\",\"status\":\"%s\",\"why\":\"%s\"}\n", tool->name, states[state], why);
	else
		printf("%-22s %-8s %s\n", tool->name, states[state], why);
}

/* With names, only these tools. */
int kernel_doctor(int argc, char **argv)
{
	int named = 0;

	for (int i = 1; i < argc; i++) {
		if (!strcmp(argv[i], "-j") || !strcmp(argv[i], "--json")) {
			doctor_json = true;
		} else if (!tool_find(argv[i])) {
			err("'%s': no such tool, and no option but --json: see corekit --help", argv[i]);
			return EXIT_USAGE;
		} else {
			named++;
		}
	}
	if (!named)
		doctor_kernel();
	for (const struct tool *const *t = __start_tools; t < __stop_tools && !named; t++)
		doctor_tool(*t);
	for (int i = 1; i < argc && named; i++)
		if (*argv[i] != '-')
			doctor_tool(tool_find(argv[i]));
	return EXIT_FINE;
}
