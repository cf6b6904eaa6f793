// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fnmatch.h>
#include <glob.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "lib/expr.h"
#include "lib/lib.h"
#include "lib/query.h"
#include "lib/uprobe.h"

#define WORDS 16

const char *query_program;
bool query_mysql;

/* A way to see queries: by markers, else by a function of the server, whose arguments moved over the years. */
static const struct way {
	const char *server, *marker, *function;
	const char *wanted, *query;	/* expressions */
} ways[] = {
	{ "postgres", "postgresql", NULL, NULL, "arg0" },
	{ "mysql", "mysql", NULL, NULL, "arg0" },
	{ "mysql", NULL, "_Z*dispatch_command*THD*COM_DATA*", "(u32)arg2 == 3", "*(u64 *)arg1" },	/* MySQL since 5.7; 3: COM_QUERY */
	{ "mysql", NULL, "_Z*dispatch_command*enum_server_command*THD*", "(u32)arg0 == 3", "arg2" },	/* MariaDB, MySQL 5.6 */
};

static struct word {
	char *text;
	const struct way *way;
	bool ends;
} words[WORDS];

static int n_words;
static struct { struct expr *wanted, *query; } *asked;	/* by place */

/* --- Which servers there are --- */

struct search {
	const struct way *way;
	bool found;
};

static int is_marker(void *ctx, const struct uprobe_marker *m)
{
	struct search *search = ctx;

	search->found |= !strcmp(m->provider, search->way->marker) && !strcmp(m->name, "query__start");
	return search->found;
}

static int is_function(void *ctx, const char *name, __u64 offset)
{
	struct search *search = ctx;

	search->found |= !fnmatch(search->way->function, name, 0);
	return search->found;
}

static int add(const struct way *way, bool ends, const char *format, const char *file, const char *name)
{
	char text[4400];

	if (n_words == WORDS)
		return -E2BIG;
	snprintf(text, sizeof(text), format, file, name);
	for (int i = 0; i < n_words; i++)
		if (!strcmp(words[i].text, text))
			return 0;
	words[n_words] = (struct word){ strdup(text), way, ends };
	return words[n_words++].text ? 0 : -ENOMEM;
}

/* 1: it is one, with its words; 0: it isn't. */
static int add_server(struct run *run, const char *server, const char *file)
{
	struct search search = {};
	int ret;

	for (size_t i = 0; i < sizeof(ways) / sizeof(*ways) && !search.found; i++) {
		search.way = &ways[i];
		if (strcmp(server, ways[i].server))
			continue;
		ret = ways[i].marker ? uprobe_markers(file, is_marker, &search) : uprobe_functions(file, is_function, &search);
		if (ret < 0)
			return 0;
	}
	if (!search.found)
		return 0;
	if (run->verbose || run->explain)
		note("%s: %s, by %s", server, file, search.way->marker ? "its markers (USDT)" : "its function dispatch_command()");
	if (search.way->marker)
		ret = add(search.way, false, "u:%s:%s:query__start", file, search.way->marker) ?:
		      add(search.way, true, "u:%s:%s:query__done", file, search.way->marker);
	else
		ret = add(search.way, false, "p:%s:%s", file, search.way->function) ?:
		      add(search.way, true, "p:%s:%s%%return", file, search.way->function);
	return ret ?: 1;
}

static bool is_wanted(struct run *run, const char *server)
{
	if (query_mysql && strcmp(server, "mysql"))
		return false;
	for (int i = 0; i < run->n_args; i++)
		if (!strcmp(run->args[i], server))
			return true;
	return !run->n_args;
}

/* By the names that their processes have; in a container the file is seen through the process. */
static int add_running(struct run *run)
{
	static const struct { const char *comm, *server; } names[] = {
		{ "postgres", "postgres" }, { "mysqld", "mysql" }, { "mariadbd", "mysql" },
	};
	char path[64], comm[32], file[4096];
	struct dirent *entry;
	DIR *proc = opendir("/proc");
	int ret = 0;

	while (proc && ret >= 0 && (entry = readdir(proc))) {
		FILE *f;

		snprintf(path, sizeof(path), "/proc/%.20s/comm", entry->d_name);
		f = isdigit((unsigned char)*entry->d_name) ? fopen(path, "re") : NULL;
		if (!f || !fgets(comm, sizeof(comm), f))
			*comm = 0;
		if (f)
			fclose(f);
		comm[strcspn(comm, "\n")] = 0;
		for (size_t i = 0; i < sizeof(names) / sizeof(*names) && ret >= 0; i++) {
			ssize_t n;

			if (strcmp(comm, names[i].comm) || !is_wanted(run, names[i].server))
				continue;
			snprintf(path, sizeof(path), "/proc/%.20s/exe", entry->d_name);
			n = readlink(path, file, sizeof(file) - 1);
			file[n > 0 ? n : 0] = 0;
			if (n <= 0 || reach(file, R_OK))
				snprintf(file, sizeof(file), "%s", path);
			for (int j = 0; j < n_words; j++)	/* a server has many processes */
				if (strstr(words[j].text, file))
					*file = 0;
			if (*file)
				ret = add_server(run, names[i].server, file);
		}
	}
	if (proc)
		closedir(proc);
	return ret < 0 ? ret : 0;
}

/* Those that may start later. */
static int add_installed(struct run *run)
{
	static const struct { const char *path, *server; } places[] = {
		{ "/usr/lib/postgresql/*/bin/postgres", "postgres" }, { "/usr/bin/postgres", "postgres" },
		{ "/usr/sbin/mysqld", "mysql" }, { "/usr/sbin/mariadbd", "mysql" }, { "/usr/libexec/mysqld", "mysql" },
	};
	glob_t found;
	int ret = 0;

	for (size_t i = 0; i < sizeof(places) / sizeof(*places) && ret >= 0; i++) {
		if (!is_wanted(run, places[i].server) || glob(places[i].path, 0, NULL, &found))
			continue;
		for (size_t j = 0; j < found.gl_pathc && ret >= 0; j++)
			ret = add_server(run, places[i].server, found.gl_pathv[j]);
		globfree(&found);
	}
	return ret < 0 ? ret : 0;
}

static int add_program(struct run *run)
{
	char file[4096];
	int ret = 0;

	if (query_program[strspn(query_program, "0123456789")])
		snprintf(file, sizeof(file), "%s", query_program);
	else
		snprintf(file, sizeof(file), "/proc/%s/exe", query_program);
	if (reach(file, R_OK)) {
		err("'%s': %s", query_program, strerror(errno));
		return -EINVAL;
	}
	if (is_wanted(run, "postgres"))
		ret = add_server(run, "postgres", file);
	if (!ret && is_wanted(run, "mysql"))
		ret = add_server(run, "mysql", file);
	return ret < 0 ? ret : 0;
}

/* --- What is asked there --- */

static const char *place_word(int i)
{
	return words[i].text;
}

static int ask(struct expr_scope *scope, const char *text, struct expr **expr)
{
	struct expr_error e;

	return text && expr_new(expr, scope, text, &e) ? expr_complain(text, &e) : 0;
}

int query_setup(struct run *run)
{
	static struct expr_scope scope;
	int ret = 0;

	for (int i = 0; i < run->n_args; i++)
		if (strcmp(run->args[i], "postgres") && strcmp(run->args[i], "mysql")) {
			err("'%s': which server? postgres or mysql", run->args[i]);
			return -EINVAL;
		}
	while (n_words)
		free(words[--n_words].text);
	ret = query_program ? add_program(run) : add_running(run) ?: n_words ? 0 : add_installed(run);
	if (!ret && !n_words) {
		err("can't run here: %s: name its program with --exe", query_program ? "nothing in it tells of queries" :
		    "no server runs, or is installed, that tells of queries");
		ret = -EOPNOTSUPP;
	}
	if (ret)
		return ret;
	run->n_args = n_words;
	points_words(place_word);
	ret = points_setup(run, false);
	free(asked);
	asked = calloc(points_places()->n + 1, sizeof(*asked));
	for (size_t i = 0; asked && !ret && i < points_places()->n; i++) {
		const struct word *w = &words[points_places()->all[i].of];

		if (w->ends)
			continue;
		ret = points_scope(&scope, i) ?: ask(&scope, w->way->wanted, &asked[i].wanted) ?: ask(&scope, w->way->query, &asked[i].query);
	}
	return ret ?: asked ? 0 : -ENOMEM;
}

/* 1: a query begins, 2: it ends, 0: neither; and its address. */
static int generate(struct code *c, const struct place *place, int which)
{
	size_t at = place - points_places()->all;
	int no = -1;

	if (which == 1) {
		if (asked[at].query)
			expr_gen(c, asked[at].query);
		else
			code_value(c, BPF_REG_0, 0);
		return 1;
	}
	if (asked[at].wanted) {
		expr_gen(c, asked[at].wanted);
		no = code_jump(c, BPF_JEQ | BPF_K, BPF_REG_0, 0, 0);
	}
	code_value(c, BPF_REG_0, words[place->of].ends ? 2 : 1);
	if (no >= 0)
		code_here(c, no);
	return 1;
}

int query_attach(struct run *run)
{
	points_generate(generate);
	return points_attach(run);
}
