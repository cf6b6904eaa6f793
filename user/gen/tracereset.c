// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* What tracers that crashed have left in the kernel. */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <linux/capability.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "lib/lib.h"
#include "lib/netdev.h"
#include "lib/owner.h"

#define PINS "/sys/fs/bpf/corekit/"	/* user/lib/hook.c */

struct leftover {
	char kind[16], state[12], name[512], by[64];
};

static bool yes;
static const char *root;		/* where tracefs is */
static struct run *the_run;
static unsigned int left, unread;

/* --- Rows --- */

static void show(const char *kind, const char *name, const char *by, int error)
{
	struct leftover row = {};

	snprintf(row.kind, sizeof(row.kind), "%s", kind);
	snprintf(row.name, sizeof(row.name), "%s", name);
	snprintf(row.by, sizeof(row.by), "%s", by);
	if (error == -EBUSY && !*by)
		snprintf(row.by, sizeof(row.by), "the kernel: it is in use");
	else if (error)
		snprintf(row.by, sizeof(row.by), "%s", strerror(-error));
	snprintf(row.state, sizeof(row.state), "%s", *by || error == -EBUSY ? "held" : error ? "failed" : yes ? "removed" : "left");
	left += error && error != -EBUSY;
	out_row(the_run, &row);
}

/* Where patterns are given, one of them fits. */
static bool wanted(const char *name)
{
	for (int i = 0; i < the_run->n_args; i++)
		if (!fnmatch(the_run->args[i], name, 0))
			return true;
	return !the_run->n_args;
}

/* --- Who works with tracefs --- */

struct user {
	pid_t pid;
	char comm[16];
	char instance[256];		/* "": the top */
};

static struct user *users;
static size_t n_users;

static int add_user(pid_t pid, const char *path)
{
	const char *at = strstr(path, "/instances/");
	char file[64];
	FILE *f;

	if (!(n_users & (n_users - 1))) {
		void *more = realloc(users, (n_users ? n_users * 2 : 1) * sizeof(*users));

		if (!more)
			return -ENOMEM;
		users = more;
	}
	users[n_users] = (struct user){ .pid = pid };
	if (at)
		snprintf(users[n_users].instance, sizeof(users->instance), "%.*s", (int)strcspn(at + 11, "/"), at + 11);
	snprintf(file, sizeof(file), "/proc/%d/comm", pid);
	f = fopen(file, "re");
	if (f) {
		if (fscanf(f, "%15[^\n]", users[n_users].comm) != 1)
			*users[n_users].comm = 0;
		fclose(f);
	}
	n_users++;
	return 0;
}

/* A file that is open is known by its file system, wherever that is mounted. */
static int find_users(void)
{
	struct stat tracefs, st;
	struct dirent *process, *file;
	DIR *proc = opendir("/proc"), *files;
	char path[600], target[512];
	int ret = 0;

	if (!proc || stat(root, &tracefs)) {
		ret = -errno;
		goto out;
	}
	while (!ret && (process = readdir(proc))) {
		if (!isdigit((unsigned char)*process->d_name) || atoi(process->d_name) == getpid())
			continue;
		snprintf(path, sizeof(path), "/proc/%s/fd", process->d_name);
		files = opendir(path);
		while (!ret && files && (file = readdir(files))) {
			ssize_t n;

			snprintf(path, sizeof(path), "/proc/%s/fd/%s", process->d_name, file->d_name);
			n = *file->d_name == '.' ? -1 : readlink(path, target, sizeof(target) - 1);
			if (n <= 0 || *target != '/' || stat(path, &st) || st.st_dev != tracefs.st_dev)
				continue;
			target[n] = 0;
			ret = add_user(atoi(process->d_name), target);
		}
		if (files)
			closedir(files);
	}
out:
	if (proc)
		closedir(proc);
	return ret;
}

/* "181/trace-cmd", or "". */
static const char *held_by(const char *instance)
{
	static char text[64];

	*text = 0;
	for (size_t i = 0; i < n_users && !*text; i++)
		if (!strcmp(users[i].instance, instance))
			snprintf(text, sizeof(text), "%d/%s", users[i].pid, users[i].comm);
	return text;
}

/* bcc and libbpf put the process into the names that they give. */
static const char *named_holder(const char *name)
{
	static const char *const words[] = { "bcc_", "libbpf_" };
	static char text[64];

	*text = 0;
	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
		const char *at = strstr(name, words[i]);
		pid_t pid = at ? atoi(at + strlen(words[i])) : 0;

		if (pid > 0 && (!kill(pid, 0) || errno == EPERM))
			snprintf(text, sizeof(text), "%d, by its name", pid);
	}
	return text;
}

/* --- Files of tracefs --- */

static int put(const char *file, const char *text, int how)
{
	char path[512];
	int fd, ret = 0;

	snprintf(path, sizeof(path), "%s/%s", root, file);
	fd = open(path, O_WRONLY | O_CLOEXEC | how);
	if (fd < 0)
		return -errno;
	if (*text && write(fd, text, strlen(text)) < 0)
		ret = -errno;
	close(fd);
	return ret;
}

/* The lines of a file that are no remarks, in one text with commas; "" if there are none, or no such file. */
static int lines_of(const char *file, char *text, size_t size)
{
	FILE *f = kernel_tracefs_open(file);
	char *line = NULL;
	size_t room = 0, len = 0;

	*text = 0;
	if (!f && errno != ENOENT)
		unread++;
	while (f && getline(&line, &room, f) > 0) {
		line[strcspn(line, "\n")] = 0;
		if (!*line || *line == '#' || !strcmp(line, "no pid") || len + 1 >= size)
			continue;
		len += snprintf(text + len, size - len, "%s%s", len ? "," : "", line);
	}
	free(line);
	if (f)
		fclose(f);
	return len != 0;
}

static void settings(void)
{
	static const struct { const char *file, *rest, *reset; } all[] = {
		{ "current_tracer", "nop", "nop" }, { "tracing_on", "1", "1" },
		{ "set_ftrace_filter", "", "" }, { "set_ftrace_notrace", "", "" }, { "set_graph_function", "", "" },
		{ "set_graph_notrace", "", "" }, { "set_ftrace_pid", "", "" }, { "set_ftrace_notrace_pid", "", "" },
		{ "set_event_pid", "", "" }, { "set_event_notrace_pid", "", "" },
	};
	char text[400], name[512];

	for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++) {
		const char *by = held_by("");

		if (!lines_of(all[i].file, text, sizeof(text)) || !strcmp(text, all[i].rest))
			continue;
		snprintf(name, sizeof(name), "%s: %s", all[i].file, text);
		if (wanted(name))
			show("setting", name, by, yes && !*by ? put(all[i].file, all[i].reset, O_TRUNC) : 0);
	}
}

/* One by one: the kernel itself keeps that of bpf_printk() on. */
static void enabled(void)
{
	char *line = NULL, word[300], name[320];
	size_t room = 0;
	FILE *f = kernel_tracefs_open("set_event");
	const char *by = held_by("");

	while (f && getline(&line, &room, f) > 0) {
		line[strcspn(line, "\n")] = 0;
		if (!*line || *line == '#' || !strncmp(line, "bpf_trace:", 10))
			continue;
		snprintf(word, sizeof(word), "!%.256s", line);
		snprintf(name, sizeof(name), "set_event: %.256s", line);
		if (wanted(name))
			show("setting", name, by, yes && !*by ? put("set_event", word, O_APPEND) : 0);
	}
	free(line);
	if (f)
		fclose(f);
}

static void instances(void)
{
	char path[512];
	struct dirent *entry;
	DIR *dir;

	snprintf(path, sizeof(path), "%s/instances", root);
	dir = opendir(path);
	while (dir && (entry = readdir(dir))) {
		const char *by = held_by(entry->d_name);

		if (*entry->d_name == '.' || !wanted(entry->d_name))
			continue;
		show("instance", entry->d_name, by, yes && !*by && unlinkat(dirfd(dir), entry->d_name, AT_REMOVEDIR) ? -errno : 0);
	}
	if (dir)
		closedir(dir);
}

/* "r16:kprobes/name vfs_read+0": not while it is on, then somebody reads it, or perf has it open. */
static void events(void)
{
	FILE *f = kernel_tracefs_open("dynamic_events"), *copy;
	char *all = NULL, *line, *rest, name[256], path[300], state[16], word[300];
	size_t size;
	int c;

	/* what is read must not change meanwhile */
	copy = open_memstream(&all, &size);
	while (f && copy && (c = getc(f)) != EOF)
		putc(c, copy);
	unread += !f && errno != ENOENT;
	if (f)
		fclose(f);
	if (!copy || fclose(copy))
		return;
	for (rest = all; (line = strsep(&rest, "\n"));) {
		const char *colon = strchr(line, ':'), *by;
		int ret = 0;

		*state = 0;
		if (!colon || sscanf(colon + 1, "%255[^ \t]", name) != 1 || !wanted(line))
			continue;
		by = named_holder(name);
		snprintf(path, sizeof(path), "events/%s/enable", name);
		if (!*by && !kernel_tracefs(path, state, sizeof(state)) && *state == '1')
			by = held_by("");
		if (yes && !*by) {
			snprintf(word, sizeof(word), "-:%s", name);
			if (*state == '1')
				put(path, "0", 0);
			ret = put("dynamic_events", word, O_APPEND);
		}
		show("event", line, by, ret);
	}
	free(all);
}

/* --- Of corekit's own: pins of what is attached to nothing any more, filters of tc whose tool has gone --- */

static bool is_detached(__u32 id)
{
	struct bpf_link_info info = {};
	__u32 size = sizeof(info);
	int fd = bpf_link_get_fd_by_id(id), ret;

	if (fd < 0)
		return false;
	ret = bpf_obj_get_info_by_fd(fd, &info, &size);
	close(fd);
	return !ret && ((info.type == BPF_LINK_TYPE_XDP && !info.xdp.ifindex) ||
			(info.type == BPF_LINK_TYPE_CGROUP && !info.cgroup.cgroup_id));
}

static int remove_folder(const char *path)
{
	DIR *dir = opendir(path);
	struct dirent *entry;
	int ret = dir ? 0 : -errno;

	while (!ret && (entry = readdir(dir)))
		if (*entry->d_name != '.' && unlinkat(dirfd(dir), entry->d_name, 0))
			ret = -errno;
	if (dir)
		closedir(dir);
	return ret ?: rmdir(path) ? -errno : 0;
}

struct folders {
	char names[64][256];
	size_t n;
};

static int keep_pin(void *ctx, const struct owner *owner)
{
	struct folders *f = ctx;
	size_t len = strrchr(owner->path, '/') - owner->path;

	if (owner->object != OBJECT_LINK || strncmp(owner->path, PINS, strlen(PINS)) || len >= sizeof(f->names[0]) || !is_detached(owner->id))
		return 0;
	for (size_t i = 0; i < f->n; i++)
		if (strlen(f->names[i]) == len && !strncmp(f->names[i], owner->path, len))
			return 0;
	if (f->n < sizeof(f->names) / sizeof(*f->names))
		snprintf(f->names[f->n++], sizeof(f->names[0]), "%.*s", (int)len, owner->path);
	return 0;
}

static void pins(void)
{
	static struct folders f;

	owner_each_pin(keep_pin, &f);	/* first all, then they go */
	for (size_t i = 0; i < f.n; i++)
		if (wanted(f.names[i]))
			show("pin", f.names[i], "", yes ? remove_folder(f.names[i]) : 0);
}

struct holder {
	__u32 prog;
	char text[64];
};

static int is_holder(void *ctx, const struct owner *owner)
{
	struct holder *h = ctx;

	if (owner->object != OBJECT_PROG || owner->id != h->prog)
		return 0;
	if (owner->pid)
		snprintf(h->text, sizeof(h->text), "%d/%s", owner->pid, owner->comm);
	else
		snprintf(h->text, sizeof(h->text), "a pin");
	return 1;
}

static int detach_filter(const struct netdev *dev, const struct netdev_filter *filter)
{
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = dev->index, .attach_point = filter->egress ? BPF_TC_EGRESS : BPF_TC_INGRESS);
	LIBBPF_OPTS(bpf_tc_opts, opts, .handle = filter->handle, .priority = filter->priority);

	return bpf_tc_detach(&hook, &opts);
}

static int each_filter(void *ctx, const struct netdev_filter *filter)
{
	const struct netdev *dev = ctx;
	struct holder holder = { .prog = filter->prog };
	char name[64] = "", text[128];

	if (object_name(OBJECT_PROG, filter->prog, name, sizeof(name)) || strcmp(name, "on_tc"))
		return 0;	/* corekit's are all of this name */
	if (!owner_each_process(is_holder, &holder))
		owner_each_pin(is_holder, &holder);
	snprintf(text, sizeof(text), "%s %s, priority %u, handle %u, program %u", dev->name, filter->egress ? "egress" : "ingress", filter->priority,
		 filter->handle, filter->prog);
	if (wanted(text))
		show("tc filter", text, holder.text, yes && !*holder.text ? detach_filter(dev, filter) : 0);
	return 0;
}

static int each_dev(void *ctx, const struct netdev *dev)
{
	netdev_each_filter(dev->index, each_filter, (void *)dev);
	return 0;
}

static int reset(struct run *run)
{
	int ret;

	the_run = run;
	root = reach("/sys/kernel/tracing/events", F_OK) ? "/sys/kernel/debug/tracing" : "/sys/kernel/tracing";
	out_header(run);
	ret = reach(root, X_OK) ? -errno : find_users();
	if (!ret) {
		instances();
		enabled();
		settings();
		events();
	} else {
		note("tracefs can't be looked into: %s", strerror(-ret));
	}
	pins();
	netdev_each(each_dev, NULL);
	out_flush();
	if (unread)
		note("%u files of tracefs can't be read: what is in them is not shown", unread);
	free(users);
	users = NULL;
	n_users = 0;
	run->status = left ? EXIT_FAILED : EXIT_FINE;
	return 0;
}

static const struct opt opts[] = {
	{ .letter = 'y', .name = "yes", .value = V_BOOL, .here = &yes, .help = "remove what nobody holds; without it, it is only listed" },
	{}
};

static const struct column columns[] = {
	COL("kind", struct leftover, kind, -9, "instance, setting or event of tracefs, pin, tc filter"),
	COL("state", struct leftover, state, -8, "left, held (it stays), removed or failed"),
	COL("by", struct leftover, by, -24, "who holds it, or why it can't be removed", BLANK),
	COL("name", struct leftover, name, 0, "what it is"),
	{}
};

static const struct example examples[] = {
	{ "", "what crashed tracers have left, and what of it is held by somebody" },
	{ "--yes", "remove what nobody holds" },
	{ "--yes '*/p_do_sys_open*' 'set_ftrace_filter:*'", "only what has such a name" },
	{ "-j -o kind,name", "as JSON lines" },
	{}
};

static const struct alias aliases[] = { { "reset", NULL }, { "reset-trace", NULL }, {} };

COMMAND(tracereset,
	.summary  = "list and remove what crashed tracers have left in the kernel",
	.about    = "Instances, settings and probes (kprobe_events, uprobe_events and the like) of tracefs, of whatever tracer; pins of corekit's "
		    "whose interface or cgroup has gone, and filters of tc that its tools have left. What a living process holds stays: "
		    "one that has files of that instance open, one whose number is in a probe's name, or who the kernel says uses it. With "
		    "PATTERNs (* and ?) only that whose name fits one of them.",
	.cost     = "None while it doesn't run; a look at each descriptor of each process when it does.",
	.caveats  = "Settings that were made on purpose, by perf probe or by hand, look the same as what was left: look at the list before "
		    "--yes. Filters and triggers of single events are not looked at. Sees the processes of its own pid namespace, and "
		    "interfaces of its own network namespace.",
	.caps     = 1ULL << CAP_SYS_ADMIN | 1ULL << CAP_SYS_PTRACE | 1ULL << CAP_DAC_READ_SEARCH | 1ULL << CAP_NET_ADMIN,
	.aliases  = aliases, .examples = examples, .opts = opts, .columns = columns, .command = reset,
	.args = "[PATTERN...]", .once = true);
