// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The life of every tool: parse, open, choose, set, load, attach, run, close. */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "lib/btf.h"
#include "lib/lib.h"
#include "lib/perf.h"
#include "lib/screen.h"

#define TRIES 32	/* each one rules a program out */

static struct run run = { .ready_fd = -1 };
static const char *command_name = "corekit";
static int minimal = -1;	/* a descriptor of the kernel's types that libbpf needs */
static bool said;	/* the cause stands on stderr already */

static void line(const char *fmt, va_list args)
{
	char text[1024];
	int n = snprintf(text, sizeof(text), "%s: ", run.tool ? run.tool->name : command_name);

	n += vsnprintf(text + n, sizeof(text) - n - 1, fmt, args);
	if (n > (int)sizeof(text) - 2)
		n = sizeof(text) - 2;
	strcpy(text + n, "\n");
	if (!screen_say(text))
		fputs(text, stderr);
	said = true;
}

void err(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	line(fmt, args);
	va_end(args);
}

void note(const char *fmt, ...)
{
	va_list args;

	if (run.quiet)
		return;
	va_start(args, fmt);
	line(fmt, args);
	va_end(args);
}

/* libbpf's log is shown with -v only; its last words on a program are kept as the reason. */
static int on_libbpf(enum libbpf_print_level level, const char *fmt, va_list args)
{
	char *text = NULL;
	va_list copy;

	va_copy(copy, args);
	if (level == LIBBPF_WARN && vasprintf(&text, fmt, copy) >= 0) {
		attach_log(text);
		free(text);
	}
	va_end(copy);
	return run.verbose ? vfprintf(stderr, fmt, args) : 0;
}

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* Installed with a prefix, the name still ends with it. */
static const struct alias *alias_find(const struct tool *tool, const char *path)
{
	const char *name = base_name(path), *dash = strrchr(name, '-');

	for (const struct alias *a = tool->aliases; a && a->name; a++)
		if (!strcmp(a->name, name) || (dash && !strcmp(a->name, dash + 1)))
			return a;
	return NULL;
}

const struct tool *tool_find(const char *name)
{
	for (const struct tool *const *t = __start_tools; t < __stop_tools; t++)
		if (!strcmp((*t)->name, base_name(name)) || alias_find(*t, name))
			return *t;
	return NULL;
}

/* Under another name an option may come first. */
static int run_named(const struct tool *tool, int argc, char **argv)
{
	const struct alias *alias = alias_find(tool, argv[0]);
	char **more;

	if (!alias || !alias->option)
		return tool_run(tool, argc, argv, false);
	more = calloc(argc + 2, sizeof(*more));
	if (!more)
		return EXIT_FAILED;
	more[0] = argv[0];
	more[1] = (char *)alias->option;
	memcpy(more + 2, argv + 1, (argc - 1) * sizeof(*more));
	return tool_run(tool, argc + 1, more, false);
}

/* From __FILE__, "user/file/opensnoop.c": the folder is the category. */
int tool_domain(const struct tool *tool, char *domain, size_t size)
{
	const char *end = strrchr(tool->file, '/'), *start = end;

	while (start > tool->file && start[-1] != '/')
		start--;
	return snprintf(domain, size, "%.*s", end ? (int)(end - start) : 0, start);
}

static void *memory_of(const char *suffix, size_t *size)
{
	size_t len = strlen(suffix);
	struct bpf_map *map;

	bpf_object__for_each_map(map, run.skel->obj) {
		size_t n = strlen(bpf_map__name(map));

		if (n >= len && !strcmp(bpf_map__name(map) + n - len, suffix))
			return (void *)bpf_map__initial_value(map, size);
	}
	return NULL;
}

/* libbpf gets only those of the kernel's types that this object's relocations need: reading all takes it 25 ms. */
static int open_object(void)
{
	LIBBPF_OPTS(bpf_object_open_opts, opts);
	struct btf_types *types;
	const void *elf;
	char path[32];
	size_t size;
	int fd;

	elf = run.tool->elf(&size);
	if (run.btf)
		btf_lend(run.btf);
	if (minimal < 0) {
		fd = run.btf ? btf_open(&types, run.btf) : 0;
		if (!fd)
			fd = minimal = btf_minimal(run.btf ? types : NULL, elf, size);
		else
			fd = -EINVAL;	/* whatever is wrong with it: a folder, no such file, garbage */
		if (fd == -ENOENT || (fd == -EINVAL && run.btf)) {
			if (run.btf)
				err("--btf: '%s' has no BTF", run.btf);
			else
				err("no BTF in this kernel: give a file that has it with --btf");
			return run.btf ? -EINVAL : -EOPNOTSUPP;
		}
	}
	if (minimal >= 0) {
		snprintf(path, sizeof(path), "/proc/self/fd/%d", minimal);
		opts.btf_custom_path = path;
	}
	run.skel = run.tool->open(&opts);
	return run.skel ? 0 : -errno;
}

static void close_object(void)
{
	if (!run.skel)
		return;
	bpf_object__destroy_skeleton(run.skel->skeleton);
	free(run.skel);
	run.skel = NULL;
}

static int set_buffer(void)
{
	struct bpf_map *events = bpf_object__find_map_by_name(run.skel->obj, "events");
	__u64 size = sysconf(_SC_PAGESIZE);

	if (!events)
		return 0;
	while (run.buffer && size < run.buffer)		/* a power of two of whole pages */
		size *= 2;
	if (!run.buffer)
		size = bpf_map__max_entries(events);
	run.common->wakeup = size / 8;
	return bpf_map__set_max_entries(events, size);
}

/* What the user wants, as constants of the programs, and the programs that this kernel can take. */
static int configure(void)
{
	struct bpf_map *map;
	size_t size;
	int ret;

	run.common = memory_of(".rodata.common", &size);
	run.rodata = memory_of(".rodata", &size);
	run.lost = memory_of(".data.lost", &size);
	if (!run.common || !run.lost)
		return -EINVAL;
	run.common->compat = kernel_compat();
	run.common->page_size = sysconf(_SC_PAGESIZE);
	bpf_object__for_each_map(map, run.skel->obj)
		if (bpf_map__type(map) == BPF_MAP_TYPE_TASK_STORAGE)
			run.common->task_storage = kernel_task_storage();
	ret = opt_apply(&run);
	if (!ret)
		ret = out_want(&run);
	if (!ret)
		ret = filter_apply(&run);
	if (!ret)
		ret = set_buffer();
	if (!ret && run.tool->setup)
		ret = run.tool->setup(&run);
	if (!ret)
		ret = table_prepare(&run);
	if (!ret)
		ret = attach_select(&run);
	return ret;
}

/* Once more for each program that turned out not to work here. */
static int load_and_attach(void)
{
	int ret = -EAGAIN;

	for (int i = 0; i < TRIES && ret; i++) {
		close_object();
		ret = open_object();
		if (ret)
			break;
		ret = configure();
		if (ret)
			break;
		ret = bpf_object__load_skeleton(run.skel->skeleton);
		if (!ret)
			run.lost = memory_of(".data.lost", &(size_t){ 0 });
		if (!ret)
			ret = filter_fill(&run);
		if (!ret)
			ret = attach_all(&run);
		if (!ret)
			break;
		attach_detach();
		if (said || !attach_failed(&run, ret))
			break;
	}
	return ret;
}

static int work(void)
{
	char why[256];
	int ret;

	if (run.tool->command) {
		ret = out_init(&run);
		ring_signals();
		ret = ret ? -EINVAL : run.tool->command(&run);
		out_flush();
		return ret;
	}
	ret = kernel_caps_check(why, sizeof(why));
	if (ret) {
		err("%s", why);
		return ret;
	}
	ret = out_init(&run);
	if (ret)
		return -EINVAL;
	if (run.tool->first) {
		ret = run.tool->first(&run);
		if (ret)
			return ret > 0 ? 0 : ret;
	}
	ring_signals();
	btf_handlers();
	ret = command_start(&run);
	if (!ret)
		ret = load_and_attach();
	if (!ret && run.explain) {
		attach_explain(&run);
	} else if (!ret && run.stays) {
		ret = ring_ready(&run);
	} else if (!ret) {
		btf_rest();
		kernel_caps_drop(run.tool->keep_caps | perf_caps());
		ret = run.tool->once ? run.tool->show(&run) : ring_run(&run);
		out_flush();
	}
	command_end(&run);
	attach_detach();
	return ret;
}

static int exit_code(int ret)
{
	bool may_not = ret == -EACCES && attach_why() && !kernel_caps_all();

	if (!ret)
		return run.strict && ring_lost(&run) ? EXIT_LOST : run.status;
	if (!said && ret == -EPERM)
		err("not permitted: the kernel refused%s%s", strcmp(kernel_lockdown(), "none") ? ": lockdown is on: " : "",
		    strcmp(kernel_lockdown(), "none") ? kernel_lockdown() : ": run it as root");
	else if (!said && may_not)
		err("not permitted: %s: run it as root, or with what the manual page names under RIGHTS", attach_why());
	else if (!said)
		err("%s", attach_why() ?: strerror(-ret));
	return ret == -EINVAL ? EXIT_USAGE : ret == -EPERM || may_not || ret == -EOPNOTSUPP || ret == -ESRCH ? EXIT_CANNOT : EXIT_FAILED;
}

int tool_run(const struct tool *tool, int argc, char **argv, bool doctor)
{
	int ret;

	run.tool = tool;
	run.table = &tool->table;
	said = false;
	ret = opt_parse(&run, argc, argv);
	if (ret)
		return ret > 0 ? EXIT_FINE : EXIT_USAGE;
	if (tool->table.screen && !run.interval)
		run.interval = SEC_;
	libbpf_set_print(on_libbpf);
	ret = exit_code(work());
	if (doctor && !ret && attach_lesser()) {
		attach_lesser_why();
		ret = DOCTOR_LESSER;
	}
	close_object();
	out_close();
	return ret;
}

static int usage(int argc, char **argv)
{
	bool json = argc > 1 && (!strcmp(argv[1], "-j") || !strcmp(argv[1], "--json"));

	if (argc == 1 || json || !strcmp(argv[1], "-h") || !strcmp(argv[1], "--help"))
		return doc_list(json ? "json" : "text") ? EXIT_FAILED : EXIT_FINE;
	if (!strncmp(argv[1], "--help=", 7))
		return doc_list(argv[1] + 7) ? EXIT_USAGE : EXIT_FINE;
	if (!strcmp(argv[1], "-V") || !strcmp(argv[1], "--version")) {
		printf("corekit %s\n", VERSION);
		return EXIT_FINE;
	}
	if (!strcmp(argv[1], "doctor")) {
		libbpf_set_print(on_libbpf);
		btf_handlers();
		return kernel_doctor(argc - 1, argv + 1);
	}
	err("no tool '%s': corekit alone lists them", argv[1]);
	return EXIT_USAGE;
}

int main(int argc, char **argv)
{
	bool many = !strcmp(base_name(argv[0]), "corekit");
	const struct tool *tool = __stop_tools - __start_tools == 1 && !many ? *__start_tools : tool_find(argv[0]);

	if (!tool && argc > 1 && (tool = tool_find(argv[1]))) {
		argc--;
		argv++;
	}
	return tool ? run_named(tool, argc, argv) : usage(argc, argv);
}
