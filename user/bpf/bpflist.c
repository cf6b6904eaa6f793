// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Who holds which BPF objects: processes, pins, cgroups. */
#include <linux/capability.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "lib/lib.h"
#include "lib/owner.h"

struct holding {
	__u32 pid, id, count, fd;	/* fd is one more, 0: none */
	char comm[16], type[8], name[256], container[16], holder[16];
	char path[256];
};

struct list {
	struct holding *rows;
	size_t n, room;
	bool each;
};

static bool each;
static const char *pids;

static int parse_pids(struct run *run, const char *arg, void *to)
{
	const struct opt pid = { .value = V_U32, .min = 1, .max = 1 << 22 };
	char *copy = strdup(arg), *rest = copy, *word;
	int ret = copy ? 0 : -ENOMEM;
	__u64 value;

	pids = arg;
	while (!ret && (word = strsep(&rest, ",")))
		ret = opt_number("--pid", word, &pid, &value);
	free(copy);
	return ret;
}

static bool wanted(pid_t pid)
{
	for (const char *at = pids; at; at = strchr(at, ',') ? strchr(at, ',') + 1 : NULL)
		if (atoi(at) == pid)
			return true;
	return !pids;
}

/* One row an object, or one a holder and type. */
static int add(void *ctx, const struct owner *owner)
{
	struct list *list = ctx;
	struct holding *row;

	if (!wanted(owner->pid))
		return 0;
	for (size_t i = list->n; !list->each && owner->pid && i--;) {
		row = &list->rows[i];
		if (row->pid != (__u32)owner->pid)
			break;
		if (!strcmp(row->type, object_names[owner->object])) {
			row->count++;
			return 0;
		}
	}
	if (list->n == list->room) {
		size_t room = list->room ? 2 * list->room : 64;

		row = realloc(list->rows, room * sizeof(*row));
		if (!row)
			return -ENOMEM;
		list->rows = row;
		list->room = room;
	}
	row = &list->rows[list->n++];
	*row = (struct holding){ .pid = owner->pid, .count = 1 };
	if (list->each || !owner->pid)
		row->id = owner->id;
	if (list->each && owner->pid)
		row->fd = owner->fd + 1;
	snprintf(row->comm, sizeof(row->comm), "%s", owner->comm);
	snprintf(row->type, sizeof(row->type), "%s", object_names[owner->object]);
	snprintf(row->holder, sizeof(row->holder), "%s", owner->pid ? "process" : owner->attached ?: "pin");
	snprintf(row->path, sizeof(row->path), "%s", owner->path ?: "");
	if (owner->pid)
		owner_container(owner->pid, row->container, sizeof(row->container));
	if (list->each && owner->probe)
		snprintf(row->name, sizeof(row->name), "%s", owner->probe);
	else if (list->each || !owner->pid)
		object_name(owner->object, owner->id, row->name, sizeof(row->name));
	return 0;
}

static int by_pid(const void *a, const void *b)
{
	const struct holding *x = a, *y = b;
	int path = strcmp(x->path, y->path), type = strcmp(x->type, y->type);

	if (!x->pid != !y->pid)
		return x->pid ? -1 : 1;
	return x->pid != y->pid ? (x->pid < y->pid ? -1 : 1) : path ?: type ?: (int)x->id - (int)y->id;
}

static void show_fd(struct out *out, const struct column *c, const void *row)
{
	const struct holding *holding = row;

	if (holding->fd)
		out_u64(out, holding->fd - 1);
	else
		out_nothing(out);
}

static int list(struct run *run)
{
	struct list list = { .each = each };
	int ret = 0;

	ret = owner_each_process(add, &list);
	if (!ret && !pids)
		ret = owner_each_pin(add, &list) ?: owner_each_cgroup(add, &list);
	if (ret) {
		err("%s", strerror(-ret));
		goto out;
	}
	if (owner_hidden)
		note("%u processes can't be looked into: run it as root", owner_hidden);
	qsort(list.rows, list.n, sizeof(*list.rows), by_pid);
	out_header(run);
	for (size_t i = 0; i < list.n; i++)
		out_row(run, &list.rows[i]);
	out_flush();
out:
	free(list.rows);
	return ret;
}

static const struct opt opts[] = {
	{ .letter = 'e', .name = "each", .value = V_BOOL, .here = &each, .shows = "id name", .hides = "count",
	  .help = "each object with its id and name, not how many" },
	{ .letter = 'p', .name = "pid", .arg = "PIDS", .value = V_CHARS, .parse = parse_pids, .complete = "pid",
	  .help = "only what these processes hold: 181,202" },
	{}
};

static const struct column columns[] = {
	COL("pid", struct holding, pid, 7, "process; none for pins and cgroups", BLANK),
	COL("comm", struct holding, comm, -16, "command name", BLANK),
	COL("container", struct holding, container, -13, "start of the id of the container that it runs in", HIDDEN, BLANK),
	COL("type", struct holding, type, -5, "prog, map, link, btf, or probe: a kprobe, uprobe or tracepoint event with a program"),
	COL("count", struct holding, count, 5, "how many; a descriptor that is held twice counts twice"),
	COL("id", struct holding, id, 6, "the kernel's id of the object; of a probe, of its program", HIDDEN, BLANK),
	COL_OWN("fd", show_fd, 4, "descriptor", HIDDEN, .bare_json = true),
	COL("name", struct holding, name, -16, "its name; of a link its type, of a probe where it is", BLANK, HIDDEN),
	COL("holder", struct holding, holder, -12, "process, pin, or how it is attached to a cgroup"),
	COL("path", struct holding, path, 0, "where it is pinned, or the cgroup", BLANK),
	{}
};

static const struct example examples[] = {
	{ "", "who holds how many BPF programs, maps and links" },
	{ "-e", "each of them, with id and name" },
	{ "-e -p 181 -o id,name,type", "what process 181 holds" },
	{ "-j -o +container", "as JSON lines, with containers" },
	{}
};

COMMAND(bpflist,
	.summary  = "list who holds BPF programs, maps and links",
	.about    = "Processes by their descriptors, those of probes among them, pins in every bpf file system that is mounted here, and programs that are "
		    "attached to cgroups. An object without any of these holders is kept by another object, or by a "
		    "network device.",
	.cost     = "None while it doesn't run; a look at each descriptor of each process when it does.",
	.caveats  = "Sees the processes of its own pid namespace, and pins of its own mount namespace.",
	.caps     = 1ULL << CAP_SYS_ADMIN | 1ULL << CAP_SYS_PTRACE | 1ULL << CAP_DAC_READ_SEARCH,
	.examples = examples, .opts = opts, .columns = columns, .command = list, .once = true);
