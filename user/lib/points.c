// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <dirent.h>
#include <errno.h>
#include <fnmatch.h>
#include <glob.h>
#include <regex.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "lib/btf.h"
#include "lib/ksym.h"
#include "lib/lib.h"
#include "lib/points.h"
#include "lib/uprobe.h"

#define MOST 5000		/* places that one pattern may mean, where each is a probe of its own */

enum kind { KERNEL, TRACEPOINT, FILE_FUNCTION, MARKER };

static bool with_regex;

struct point {
	enum kind kind;
	char where[4096];	/* category or file */
	char provider[256];	/* of a marker; "": any */
	char name[256];
};

struct matches {
	char **names;
	size_t n;
};

static int parse(const char *pattern, struct point *p)
{
	const char *rest = pattern, *colon, *provider;

	p->kind = KERNEL;
	*p->where = *p->provider = 0;
	if (!strncmp(rest, "t:", 2) || !strncmp(rest, "u:", 2))
		p->kind = *rest == 't' ? TRACEPOINT : MARKER;
	if (!strncmp(rest, "p:", 2) || p->kind != KERNEL)
		rest += 2;
	colon = strrchr(rest, ':');
	if (p->kind == KERNEL && colon && colon > rest)
		p->kind = FILE_FUNCTION;
	if (p->kind != KERNEL && !colon) {
		err("'%s': a %s", pattern, p->kind == MARKER ? "marker is u:FILE:[PROVIDER:]NAME" : "tracepoint is t:CATEGORY:EVENT");
		return -EINVAL;
	}
	provider = p->kind == MARKER ? strchr(strrchr(rest, '/') ?: rest, ':') : NULL;
	if (provider && provider < colon) {
		snprintf(p->provider, sizeof(p->provider), "%.*s", (int)(colon - provider - 1), provider + 1);
		snprintf(p->where, sizeof(p->where), "%.*s", (int)(provider - rest), rest);
		rest = colon + 1;
	}
	if (p->kind == KERNEL && *rest == ':')
		rest++;		/* p::FUNCTION */
	if (p->kind != KERNEL && !*p->provider) {
		snprintf(p->where, sizeof(p->where), "%.*s", (int)(colon - rest), rest);
		rest = colon + 1;
	}
	if (!*rest || strlen(rest) >= sizeof(p->name) || (p->kind == TRACEPOINT && strchr(p->where, '/'))) {
		err("'%s': which function? See --help", pattern);
		return -EINVAL;
	}
	strcpy(p->name, rest);
	return 0;
}

static bool is_pattern(const struct point *p)
{
	return with_regex || strpbrk(p->name, "*?[") || (p->kind == TRACEPOINT && strpbrk(p->where, "*?["));
}

/* --- Matching --- */

struct matcher {
	const char *pattern;
	bool is_regex;
	regex_t regex;
};

static int matcher_new(struct matcher *m, const char *pattern)
{
	char text[128];
	int ret;

	m->pattern = pattern;
	m->is_regex = with_regex;
	if (!with_regex)
		return 0;
	ret = regcomp(&m->regex, pattern, REG_EXTENDED | REG_NOSUB);
	if (!ret)
		return 0;
	regerror(ret, &m->regex, text, sizeof(text));
	err("'%s': no regular expression: %s", pattern, text);
	return -EINVAL;
}

static bool matches(const struct matcher *m, const char *name)
{
	return m->is_regex ? !regexec(&m->regex, name, 0, NULL, 0) : !fnmatch(m->pattern, name, 0);
}

static void matcher_free(struct matcher *m)
{
	if (m->is_regex)
		regfree(&m->regex);
}

static int keep(struct matches *found, const char *name)
{
	char **more;

	if (!(found->n & (found->n - 1))) {
		more = realloc(found->names, (found->n ? found->n * 2 : 1) * sizeof(*more));
		if (!more)
			return -ENOMEM;
		found->names = more;
	}
	found->names[found->n] = strdup(name);
	return found->names[found->n] ? (found->n++, 0) : -ENOMEM;
}

static void matches_free(struct matches *found)
{
	for (size_t i = 0; i < found->n; i++)
		free(found->names[i]);
	free(found->names);
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Functions that can be probed, each once. */
static int kernel_functions(const struct matcher *m, struct matches *found)
{
	char *line = NULL, name[256], last[256] = "";
	size_t size = 0, kept = 0;
	FILE *f = kernel_tracefs_open("available_filter_functions");
	int ret = 0;

	if (!f)
		return -ENOENT;
	while (!ret && getline(&line, &size, f) > 0)
		if (sscanf(line, "%255s", name) == 1 && strcmp(name, last) && matches(m, name)) {
			ret = keep(found, name);
			strcpy(last, name);
		}
	free(line);
	fclose(f);
	if (found->n)
		qsort(found->names, found->n, sizeof(*found->names), by_name);
	for (size_t i = 0; i < found->n; i++)
		if (kept && !strcmp(found->names[i], found->names[kept - 1]))
			free(found->names[i]);
		else
			found->names[kept++] = found->names[i];
	found->n = kept;
	return ret;
}

/* --- Which programs are needed --- */

static struct bpf_program *program(struct run *run, const char *name)
{
	return bpf_object__find_program_by_name(run->skel->obj, name);
}

static bool has_multi(void)
{
	int fd;

	return btf_find_kernel("bpf_kprobe_multi_link_attach", BTF_KIND_FUNC, &fd) >= 0 &&
	       btf_find_kernel("register_fprobe_ips", BTF_KIND_FUNC, &fd) >= 0;
}

int points_setup(struct run *run, bool regex)
{
	static const struct { const char *program, *section; } ways[] = {
		[KERNEL] = { "kernel_function", "kprobe/" }, [TRACEPOINT] = { "tracepoint", "tp/sched/sched_switch" },
		[FILE_FUNCTION] = { "user_function", "uprobe/" }, [MARKER] = { "user_marker", "uprobe/" },
	};
	char why[160] = "";

	with_regex = regex;
	if (!run->n_args) {
		err("which FUNCTION? See --help");
		return -EINVAL;
	}
	for (int i = 0; i < run->n_args; i++) {
		bool several;
		struct point p;

		if (parse(run->args[i], &p))
			return -EINVAL;
		if (!kernel_has_program(ways[p.kind].section, why, sizeof(why))) {
			if (p.kind == KERNEL && !is_pattern(&p) && !ksym_address(p.name)) {
				err("'%s': there is no such place: see --help", run->args[i]);
				return -EINVAL;
			}
			err("can't run here: %s: %s", run->args[i], why);
			return -EOPNOTSUPP;
		}
		several = p.kind == KERNEL && is_pattern(&p) && has_multi();
		bpf_program__set_autoload(program(run, several ? "kernel_functions" : ways[p.kind].program), true);
	}
	return 0;
}

/* --- Attaching --- */

static int attach_kernel(struct run *run, const struct point *p, struct matches *found)
{
	struct bpf_program *one = program(run, "kernel_function"), *several = program(run, "kernel_functions");
	LIBBPF_OPTS(bpf_kprobe_multi_opts, opts);
	struct matcher m;
	int ret = 0, n = 0;

	if (!is_pattern(p))
		return keep(found, p->name) ?: attach_keep(bpf_program__attach_kprobe(one, false, p->name)) ?: 1;
	if (matcher_new(&m, p->name))
		return -EINVAL;
	ret = kernel_functions(&m, found);
	matcher_free(&m);
	if (ret || !found->n)
		return ret;
	if (bpf_program__autoload(several)) {
		opts.syms = (const char **)found->names;
		opts.cnt = found->n;
		return attach_keep(bpf_program__attach_kprobe_multi_opts(several, NULL, &opts)) ?: (int)found->n;
	}
	if (found->n > MOST) {
		err("'%s': %zu functions: this kernel can't do so many at once", p->name, found->n);
		return -EINVAL;
	}
	for (size_t i = 0; i < found->n; i++)	/* some can't be, for all that they are listed */
		n += !attach_keep(bpf_program__attach_kprobe(one, false, found->names[i]));
	return n;
}

static int attach_tracepoints(struct run *run, const struct point *p)
{
	struct bpf_program *tracepoint = program(run, "tracepoint");
	char path[512], root[] = "/sys/kernel/tracing";
	struct matcher category, name;
	int n = 0, ret = 0;
	glob_t found;

	if (!is_pattern(p))
		return attach_keep(bpf_program__attach_tracepoint(tracepoint, p->where, p->name)) ?: 1;
	if (matcher_new(&category, p->where))
		return -EINVAL;
	if (matcher_new(&name, p->name)) {
		matcher_free(&category);
		return -EINVAL;
	}
	snprintf(path, sizeof(path), "%s/events/*/*/id", reach("/sys/kernel/tracing/events", F_OK) ? "/sys/kernel/debug/tracing" : root);
	if (glob(path, 0, NULL, &found))
		found.gl_pathc = 0;
	for (size_t i = 0; i < found.gl_pathc && !ret; i++) {
		char of[128] = "", event[128] = "", *at = strstr(found.gl_pathv[i], "/events/");

		if (!at || sscanf(at, "/events/%127[^/]/%127[^/]/id", of, event) != 2 || !matches(&category, of) || !matches(&name, event))
			continue;
		if (n == MOST) {
			err("'%s:%s': more than %d tracepoints", p->where, p->name, MOST);
			ret = -EINVAL;
		} else {
			n += !attach_keep(bpf_program__attach_tracepoint(tracepoint, of, event));
		}
	}
	globfree(&found);
	matcher_free(&category);
	matcher_free(&name);
	return ret ?: n;
}

/* "c": the first of libc.so* where the loader looks. */
static int find_file(const char *name, char *path, size_t size)
{
	static const char *const folders[] = { "/lib/*-linux-*", "/usr/lib/*-linux-*", "/lib64", "/usr/lib64", "/lib", "/usr/lib",
					       "/usr/local/lib" };
	char pattern[4400];
	glob_t found;

	if (strchr(name, '/')) {
		snprintf(path, size, "%s", name);
		return reach(path, R_OK) ? -errno : 0;
	}
	for (unsigned int i = 0; i < 2 * sizeof(folders) / sizeof(*folders); i++) {
		snprintf(pattern, sizeof(pattern), i & 1 ? "%s/lib%s.so" : "%s/lib%s.so.*", folders[i / 2], name);
		if (glob(pattern, 0, NULL, &found))
			continue;
		snprintf(path, size, "%s", found.gl_pathv[0]);
		globfree(&found);
		return 0;
	}
	return -ENOENT;
}

struct probes {
	struct bpf_program *program;
	const struct matcher *matcher;
	const char *path, *provider;
	__u64 *at;		/* offsets that have a probe: a place may have several names */
	int n, error;
};

static int attach_place(struct probes *probes, const char *name, __u64 offset, __u64 counter)
{
	LIBBPF_OPTS(bpf_uprobe_opts, opts, .ref_ctr_offset = counter);

	if (!matches(probes->matcher, name))
		return 0;
	for (int i = 0; i < probes->n; i++)
		if (probes->at[i] == offset)
			return 0;
	if (probes->n == MOST)
		return probes->error = -E2BIG;
	probes->error = attach_keep(bpf_program__attach_uprobe_opts(probes->program, -1, probes->path, offset, &opts));
	if (!probes->error)
		probes->at[probes->n++] = offset;
	return 0;
}

static int attach_function(void *ctx, const char *name, __u64 offset)
{
	return attach_place(ctx, name, offset, 0);
}

static int attach_marker(void *ctx, const char *provider, const char *name, __u64 offset, __u64 counter)
{
	struct probes *probes = ctx;

	return *probes->provider && strcmp(probes->provider, provider) ? 0 : attach_place(probes, name, offset, counter);
}

static int attach_file(struct run *run, const struct point *p)
{
	char path[4096];
	struct matcher m;
	struct probes probes = { program(run, p->kind == MARKER ? "user_marker" : "user_function"), &m, path, p->provider,
				 calloc(MOST, sizeof(__u64)), 0, 0 };
	int ret = probes.at ? find_file(p->where, path, sizeof(path)) : -ENOMEM;

	if (ret)
		err("'%s': %s", p->where, strerror(-ret));
	if (ret || matcher_new(&m, p->name)) {
		free(probes.at);
		return -EINVAL;
	}
	ret = p->kind == MARKER ? uprobe_markers(path, attach_marker, &probes) : uprobe_functions(path, attach_function, &probes);
	matcher_free(&m);
	free(probes.at);
	if (ret < 0 && !probes.error) {
		err("'%s': no program or library", path);
		return -EINVAL;
	}
	if (probes.error == -E2BIG) {
		err("'%s': more than %d places", p->name, MOST);
		return -EINVAL;
	}
	return probes.n ?: probes.error;
}

int points_attach(struct run *run)
{
	for (int i = 0; i < run->n_args; i++) {
		struct matches found = {};
		struct point p;
		int ret = parse(run->args[i], &p);

		if (!ret)
			ret = p.kind == TRACEPOINT ? attach_tracepoints(run, &p) :
			      p.kind == KERNEL ? attach_kernel(run, &p, &found) : attach_file(run, &p);
		matches_free(&found);
		if (!ret || ret == -ENOENT || ret == -EADDRNOTAVAIL) {
			err("'%s': there is no such place: see --help", run->args[i]);
			return -EINVAL;
		}
		if (ret < 0)
			return ret;
	}
	return 0;
}
