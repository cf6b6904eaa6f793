// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <errno.h>
#include <linux/capability.h>
#include <stdlib.h>
#include <string.h>
#include "lib/btf.h"
#include "lib/ksym.h"
#include "lib/tool.h"
#include "file/vfscount.h"
#include "file/vfscount.skel.h"

#define ROW struct vfscount_row

static struct function {
	__u64 address;
	char *name;
} *functions;
static size_t n_functions;
static char *list;

static void show_name(struct out *out, const struct column *c, const void *row)
{
	out_str(out, functions[((const ROW *)row)->name].name);
}

/* The function that a probe's address is in: the last one that begins before. */
static bool row(struct run *run, void *row)
{
	ROW *r = row;
	bool found = false;

	for (size_t i = 0; i < n_functions; i++)
		if (functions[i].address <= r->address &&
		    (!found || functions[i].address > functions[r->name].address)) {
			r->name = i;
			found = true;
		}
	if (found)
		r->address = functions[r->name].address;
	return found;
}

static int add(__u64 address, const char *name)
{
	struct function *more;

	if (!(n_functions & (n_functions - 1))) {
		more = realloc(functions, (n_functions ? n_functions * 2 : 1) * sizeof(*functions));
		if (!more)
			return -ENOMEM;
		functions = more;
	}
	functions[n_functions].address = address;
	functions[n_functions].name = strdup(name);
	return functions[n_functions++].name ? 0 : -ENOMEM;
}

/* The functions that one link may have: all in `list`, one on a line, perhaps with its module behind. */
static bool traceable(const char *name)
{
	size_t len = strlen(name);

	for (const char *at = list; at && (at = strstr(at, name)); at += len)
		if ((at == list || at[-1] == '\n') && (at[len] == '\n' || at[len] == ' '))
			return true;
	return false;
}

static int read_traceable(void)
{
	FILE *f = kernel_tracefs_open("available_filter_functions"), *to;
	char line[256];
	size_t size;

	if (!f) {
		err("its list of functions is in tracefs, which is not mounted: mount -t tracefs none /sys/kernel/tracing");
		return -EOPNOTSUPP;
	}
	to = open_memstream(&list, &size);
	while (to && fgets(line, sizeof(line), f))
		if (!strncmp(line, "vfs_", 4))
			fputs(line, to);
	fclose(f);
	return to && !fclose(to) ? 0 : -ENOMEM;
}

/* Since 5.18, where functions can be traced: all with one link. */
static int setup(struct run *run)
{
	struct vfscount_bpf *skel = (struct vfscount_bpf *)run->skel;
	struct btf_types *types;

	if (btf_open(&types, run->btf) || btf_find(types, "bpf_kprobe_multi_link", BTF_KIND_STRUCT) < 0)
		return 0;
	attach_skip("functions");
	return read_traceable() ?: bpf_program__set_autoload(skel->progs.off__functions, true);
}

static int attach_at_once(struct bpf_program *program)
{
	LIBBPF_OPTS(bpf_kprobe_multi_opts, opts);
	unsigned long *addresses = calloc(n_functions ?: 1, sizeof(*addresses));
	int ret;

	if (!addresses)
		return -ENOMEM;
	for (size_t i = 0; i < n_functions; i++)
		addresses[i] = functions[i].address;
	opts.addrs = addresses;
	opts.cnt = n_functions;
	ret = attach_keep(bpf_program__attach_kprobe_multi_opts(program, NULL, &opts));
	free(addresses);
	return ret;
}

/* All that are called vfs_*; what the kernel lets nobody probe is left out. */
static int attach(struct run *run)
{
	struct vfscount_bpf *skel = (struct vfscount_bpf *)run->skel;
	bool at_once = bpf_program__autoload(skel->progs.off__functions);
	FILE *f = fopen("/proc/kallsyms", "re");
	unsigned long long address;
	char type, name[128], line[256];
	struct bpf_link *link;
	int ret = 0, left_out = 0;

	if (!f) {
		err("/proc/kallsyms: %s", strerror(errno));
		return -errno;
	}
	while (!ret && fgets(line, sizeof(line), f)) {
		if (!strstr(line, " vfs_") || strstr(line, ".cold") ||
		    sscanf(line, "%llx %c %127s", &address, &type, name) != 3 || (type | 32) != 't' ||
		    (at_once && !traceable(name)))
			continue;
		if (!address) {
			ret = ksym_hidden();
			break;
		}
		ret = add(address, name);
		if (ret || at_once || !strcmp(name, "vfs_open"))	/* the library has attached that one */
			continue;
		link = bpf_program__attach_kprobe(skel->progs.kprobe__functions, false, name);
		if (link)
			ret = attach_keep(link);
		else
			left_out++;
	}
	fclose(f);
	if (left_out && run->verbose)
		note("%d functions can't be probed", left_out);
	if (!ret && at_once)
		ret = attach_at_once(skel->progs.off__functions);
	return ret;
}

static const struct column columns[] = {
	COL_OWN("function", show_name, -32, "function of the kernel"),
	COL("count", ROW, value.count, 12, "how often it was called"),
	COL_AS(L_HEX, "address", ROW, address, 18, "where it is", HIDDEN),
	{}
};

static const struct example examples[] = {
	{ "-d 10", "which functions of the file system layer are called, during ten seconds" },
	{ "-p 181 1", "by one process, second by second" },
	{}
};

TOOL(vfscount,
	.summary  = "count the calls of each of the kernel's vfs_* functions",
	.about    = "All functions of this kernel and its modules whose name begins with vfs_.",
	.cost     = "One kprobe and one look-up for each call. Before 5.18 the functions are attached one by one, which takes a second "
		    "or two.",
	.caveats  = "Calls of functions that the compiler has put into their caller are not seen; of some there is a part, "
		    "as vfs_rmdir.part.0.",
	.examples = examples, .columns = columns, .setup = setup, .attach = attach, .caps = 1ULL << CAP_SYSLOG | 1ULL << CAP_DAC_READ_SEARCH,
	.table    = ROWS("functions", ROW, "count", .row = row));
