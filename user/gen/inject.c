// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "lib/btf.h"
#include "lib/ksym.h"
#include "lib/lib.h"
#include "lib/names.h"
#include "lib/stack_user.h"
#include "gen/inject.h"
#include "gen/inject.skel.h"

#define EVENT	struct inject_event
#define LIST	"/sys/kernel/debug/error_injection/list"
#define TICKETS (1 << 20)

static const struct {
	const char *name, *function;
} ready[] = {
	{ "kmalloc", "should_failslab" },
	{ "bio", "should_fail_bio" },
	{ "alloc_page", "should_fail_alloc_page" },
};

static char function[128];
static const char *error_name, *chain;
static int error = ENOMEM;
static bool by_override;	/* by a kprobe; else by the trampoline */

static int parse_error(struct run *run, const char *arg, void *to)
{
	error = names_errno_find(*arg == '-' ? arg + 1 : arg);
	if (error > 0)
		return 0;
	err("--error: '%s' is no error: use a name as ENOMEM, or its number", arg);
	return -EINVAL;
}

static int parse_probability(struct run *run, const char *arg, void *to)
{
	char *end;
	double p = strtod(arg, &end);

	if (*end == '%') {
		p /= 100;
		end++;
	}
	if (end == arg || *end || !(p > 0 && p <= 1)) {
		err("--probability: '%s' is not above 0 and up to 1: use 0.01, or 1%%", arg);
		return -EINVAL;
	}
	*(__u64 *)to = p * (1ULL << 32) ?: 1;
	return 0;
}

static const struct opt opts[] = {
	{ .letter = 'E', .name = "error", .arg = "ERROR", .value = V_CHARS, .parse = parse_error, .here = &error_name,
	  .help = "what it fails with, by name or number: ENOMEM unless told" },
	OPT('P', "probability", "P", inject, chance, "how likely a call fails: 0.01, 5%", .parse = parse_probability),
	OPT('F', "failures", "N", inject, most, "let so many fail, then pass", .min = 1, .max = TICKETS),
	OPT('s', "skip", "N", inject, skip, "let the first N pass", .min = 1, .max = TICKETS),
	{ .letter = 'w', .name = "within", .arg = "FUNCTIONS", .value = V_CHARS, .here = &chain,
	  .help = "only where these are on the stack, the innermost first: vfs_write,ksys_write" },
	OPT(0, "all", NULL, inject, everyone, "of all processes: without it a filter or a command is needed"),
	OPT('S', "stacks", NULL, inject, stacks, "the stack of each failure too", .shows = "stack"),
	OPT_STACKS(inject),
	{}
};

static int cannot(const char *why)
{
	err("can't run here: %s: %s", function, why);
	return -EOPNOTSUPP;
}

/* sys:openat is __x64_sys_openat, or what this architecture has. */
static int name_function(const char *word)
{
	static const char *const prefixes[] = { "__x64_sys_", "__arm64_sys_", "__riscv_sys_", "__s390x_sys_", "sys_" };

	snprintf(function, sizeof(function), "%s", word);
	for (size_t i = 0; i < sizeof(ready) / sizeof(*ready); i++)
		if (!strcmp(word, ready[i].name))
			snprintf(function, sizeof(function), "%s", ready[i].function);
	if (strncmp(word, "sys:", 4))
		return 0;
	if (names_syscall_find(word + 4) < 0) {
		err("'%s' is no system call", word + 4);
		return -EINVAL;
	}
	for (size_t i = 0; i < sizeof(prefixes) / sizeof(*prefixes); i++) {
		snprintf(function, sizeof(function), "%s%s", prefixes[i], word + 4);
		if (ksym_address(function))
			break;
	}
	return 0;
}

/* Which kind of result the kernel's list has for it, "ERRNO", "NULL", "TRUE"; -ENOENT: it isn't there. */
static int listed(char *kind)
{
	FILE *f = fopen(LIST, "re");
	char line[256], name[128];
	int ret = f ? -ENOENT : -errno;

	while (ret == -ENOENT && f && fgets(line, sizeof(line), f))
		if (sscanf(line, "%127s %31s", name, kind) == 2 && !strcmp(name, function))
			ret = 0;
	if (f)
		fclose(f);
	return ret;
}

static int not_listed(int ret)
{
	if (!ksym_address("within_error_injection_list"))
		return cannot("this kernel is built without CONFIG_FUNCTION_ERROR_INJECTION: only security_* functions can be failed");
	if (ret == -EACCES)
		return cannot(LIST " can't be read: run it as root, or with CAP_DAC_READ_SEARCH");
	if (reach("/sys/kernel/debug/error_injection", F_OK))
		return cannot("debugfs is not mounted: mount -t debugfs none /sys/kernel/debug");
	return cannot("the kernel doesn't let it be failed: use one of " LIST " or a security_* function");
}

/* A security_* function that has no result, or a bool, can't be failed with an error. */
static int check_type(void)
{
	struct btf_types *types;
	int id = btf_find_any(&types, function, BTF_KIND_FUNC);
	int proto = id < 0 ? id : btf_func_proto(types, function);
	struct btf_look look = {};

	if (proto < 0)
		return cannot(btf_own() ? "there is no such function in this kernel" : "this kernel has no BTF of its own");
	if (btf_look(types, proto, &look) || btf_look(types, look.type, &look) || look.kind != BTF_KIND_INT || look.is_bool)
		return cannot("it returns no error");
	return 0;
}

/* The trampoline first, which every kernel has that has security_* functions to fail; what returns NULL needs the other. */
static int choose_way(struct inject_bpf__rodata *rodata)
{
	bool security = !strncmp(function, "security_", 9);
	char section[160], why[160], kind[32] = "ERRNO";
	int ret = listed(kind);

	if (ret && !security)
		return not_listed(ret);
	if (ret || !strncmp(kind, "ERRNO", 5))
		rodata->result = -error;
	else
		rodata->result = !strcmp(kind, "TRUE");
	if (ret) {
		ret = check_type();
		if (ret)
			return ret;
	}
	snprintf(section, sizeof(section), "fmod_ret/%s", function);
	by_override = !rodata->result || !kernel_has_program(section, why, sizeof(why));
	if (!by_override)
		return 0;
	if (security) {
		err("can't run here: fmod_ret: %s", why);
		return -EOPNOTSUPP;
	}
	if (!ksym_address("bpf_override_return"))
		return cannot("this kernel is built without CONFIG_BPF_KPROBE_OVERRIDE, and BPF trampolines can't fail it");
	return 0;
}

static int find_chain(struct inject_bpf__rodata *rodata)
{
	char *copy = chain ? strdup(chain) : NULL, *rest = copy, *word;
	int ret = chain && !copy ? -ENOMEM : 0;

	rodata->n_within = 0;
	while (!ret && (word = strsep(&rest, ","))) {
		struct inject_code *code = (void *)&rodata->within[rodata->n_within];

		if (rodata->n_within == INJECT_WITHIN) {
			err("--within: at most %d functions", INJECT_WITHIN);
			ret = -EINVAL;
			break;
		}
		ret = ksym_range(word, &code->from, &code->to);
		if (ret == -ENOENT) {
			err("--within: '%s' is no function of this kernel", word);
			ret = -EINVAL;
		} else if (ret == -EACCES) {
			ret = ksym_hidden();
		}
		rodata->n_within++;
	}
	free(copy);
	return ret;
}

static int make_tickets(struct bpf_map *map, __u64 n)
{
	return bpf_map__set_max_entries(map, n ?: 1);
}

static int setup(struct run *run)
{
	static const struct stack_view view = {
		.parts = {
			{ PART_COMM, "comm", offsetof(EVENT, origin.comm) },
			{ PART_USER, "user", offsetof(EVENT, user) },
			{ PART_KERNEL, "kernel", offsetof(EVENT, kernel) },
		},
		.value = offsetof(EVENT, one), .unit = "failures", .type = "failures",
	};
	struct inject_bpf *skel = (void *)run->skel;
	struct inject_bpf__rodata *rodata = run->rodata;
	struct bpf_program *p;
	int ret;

	if (run->n_args != 1) {
		err("say one function that is to fail");
		return -EINVAL;
	}
	if (!run->common->filters && !run->common->cgroups && !rodata->everyone) {
		err("it would fail all processes: say which (-p, -n, -c ... or -- COMMAND), or --all");
		return -EINVAL;
	}
	ret = name_function(run->args[0]) ?: choose_way(rodata) ?: find_chain(rodata);
	if (ret)
		return ret;
	p = by_override ? skel->progs.override : skel->progs.modify;
	ret = bpf_program__set_autoload(p, true);
	if (!ret && !by_override)
		ret = btf_target(p, function);
	return ret ?: make_tickets(skel->maps.to_skip, rodata->skip) ?: make_tickets(skel->maps.to_fail, rodata->most) ?:
	       stack_setup(run, &view, &rodata->stack_depth);
}

static int fill(struct bpf_map *map, __u64 n)
{
	__u32 ticket = 0;
	int ret = 0;

	while (n-- && !ret)
		ret = bpf_map_update_elem(bpf_map__fd(map), NULL, &ticket, BPF_ANY) ? -errno : 0;
	return ret;
}

static int attach(struct run *run)
{
	struct inject_bpf *skel = (void *)run->skel;
	const struct inject_bpf__rodata *rodata = run->rodata;
	int ret = fill(skel->maps.to_skip, rodata->skip) ?: fill(skel->maps.to_fail, rodata->most);

	if (ret)
		return ret;
	return attach_keep(by_override ? bpf_program__attach_kprobe(skel->progs.override, false, function) :
					 btf_attach(skel->progs.modify));
}

static bool event(struct run *run, void *event, size_t size)
{
	const struct inject_bpf__rodata *rodata = run->rodata;

	return !rodata->stacks || stack_event(run, event, size);
}

static int end(struct run *run)
{
	const struct inject_bpf *skel = (void *)run->skel;

	note("%llu calls of %s, %llu of them failed", (unsigned long long)skel->bss->calls, function,
	     (unsigned long long)skel->bss->failed);
	return stack_end(run);
}

static void show_function(struct out *out, const struct column *c, const void *row)
{
	out_str(out, function);
}

static void show_error(struct out *out, const struct column *c, const void *row)
{
	const char *name = names_errno(error);

	if (name)
		out_str(out, name);
	else
		out_printf(out, "%d", error);
}

static const struct column columns[] = {
	COL_ORIGIN(EVENT),
	COL_OWN("error", show_error, -12, "what it failed with; a function without errors fails in its own way"),
	COL_OWN("function", show_function, -24, "function that failed"),
	COL_OWN("stack", stack_show, 0, "the stack, innermost first: of the kernel, then of the program", HIDDEN, .bare_json = true),
	{}
};

static const struct example examples[] = {
	{ "security_file_open -E EMFILE -w do_sys_openat2 -- ls /etc", "a command that can open no file" },
	{ "security_inode_mkdir -E ENOSPC -P 10% -n tar", "one folder of ten can't be made" },
	{ "security_file_permission -E EIO -w vfs_write -p 181 -s 100", "writes fail after the first hundred; reads don't" },
	{ "security_socket_create -P 0.5 -S -c /test.slice", "sockets that are not to be had, with the stacks of who wanted them" },
	{}
};

TOOL(inject,
	.summary  = "make a function of the kernel fail for some processes",
	.about    = "While it runs, a function of the kernel that may be failed returns an error in place of doing its work, for the "
		    "processes that pass the filters. A row for each failure. FUNCTION is a security_* function, which asks whether "
		    "something is allowed and which each kernel with BPF trampolines can fail: security_file_open, "
		    "security_inode_mkdir, security_socket_connect ...; one of " LIST ", where the kernel is built with "
		    "CONFIG_FUNCTION_ERROR_INJECTION; there also sys:NAME, a system call, and kmalloc, bio, alloc_page, which fail "
		    "should_failslab(), should_fail_bio(), should_fail_alloc_page(). --skip counts calls that pass the filters and "
		    "--within; then --probability decides, then --failures. At the end it says how many calls there were and how "
		    "many failed.",
	.cost     = "A program at each call of the function, by anyone; with --within a stack for each call that passes the filters.",
	.caveats  = "It acts, where other tools watch: programs that don't expect an error may lose data, and with --all the machine "
		    "may become unusable. The program itself is spared. --within looks at the 40 innermost frames, and doesn't find "
		    "a function that the compiler has put into its caller. Functions that return no error give NULL or true, as "
		    "the list says. Most distributions' kernels are built without CONFIG_FUNCTION_ERROR_INJECTION.",
	.examples = examples, .opts = opts, .columns = columns, .setup = setup, .attach = attach, .early = stack_early,
	.event    = event, .end = end, .keep_caps = SYMBOL_CAPS,
	.caps	  = 1ULL << 2 /* DAC_READ_SEARCH */ | 1ULL << 34 /* SYSLOG */, .args = "FUNCTION",
	.trial    = "--all\tsecurity_quotactl");
