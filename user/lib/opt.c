// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Option tables to getopt_long, and text to typed values. */
#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "lib/lib.h"

#define MAX_SEEN 128

static const char *help_topic;
static bool wants_help, wants_version;

/* What was given, to be written into BPF globals once they exist. */
static struct {
	const struct opt *opt;
	const char *arg;
} seen[MAX_SEEN];
static int n_seen;

/* The common options are stored by their offset in struct run. */
#define RUN(l, n, a, m, h, ...)							\
	{ .letter = l, .name = n, .arg = a, .help = h, .value = VALUE_OF(MEMBER(struct run, m)), \
	  .offset = offsetof(struct run, m), .size = sizeof(MEMBER(struct run, m)), ##__VA_ARGS__ }

static int parse_text(struct run *run, const char *arg, void *to)
{
	*(const char **)to = arg;
	return 0;
}

static int parse_format(struct run *run, const char *arg, void *to)
{
	static const char *const names[] = { [OUT_TEXT] = "text", [OUT_JSON] = "json", [OUT_CSV] = "csv" };

	for (unsigned int i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (!strcmp(arg, names[i])) {
			*(enum format *)to = i;
			return 0;
		}
	err("--format: '%s' is not text, json or csv", arg);
	return -EINVAL;
}

static int parse_json(struct run *run, const char *arg, void *to)
{
	run->format = OUT_JSON;
	return 0;
}

static int parse_time(struct run *run, const char *arg, void *to)
{
	if (!look_time_format(arg ?: "local"))
		return 0;
	err("--time: '%s' is not none, relative, local, iso or unix", arg);
	return -EINVAL;
}

static int parse_help(struct run *run, const char *arg, void *to)
{
	wants_help = true;
	help_topic = arg;
	return 0;
}

static int parse_version(struct run *run, const char *arg, void *to)
{
	wants_version = true;
	return 0;
}

/* For what runs on until it is told to end. */
static const struct opt run_opts[] = {
	RUN('d', "duration", "TIME", duration, "stop after this long (10, 500ms, 2m)", .unit = UNIT_NSEC, .bare = SEC_,
	    .min = 1, .max = -1ULL),
	RUN('N', "count", "COUNT", count, "stop after this many rows, or intervals", .min = 1, .max = -1ULL),
	{ .letter = 'T', .name = "time", .arg = "[FORMAT]", .value = V_CHARS, .parse = parse_time, .shows = "time",
	  .help = "show the time: local (the default), relative, iso, unix or none",
	  .complete = "local relative iso unix none" },
	RUN(0, "btf", "FILE", btf, "the kernel's BTF, where the kernel doesn't give it", .parse = parse_text,
	    .complete = "file"),
	RUN(0, "explain", NULL, explain, "say which hooks are used, and why not others; then end"),
	RUN(0, "strict", NULL, strict, "exit with 4 if anything was lost"),
	{ .name = "ready-fd", .arg = "FD", .help = "write a line to this descriptor once everything is attached",
	  .value = V_U32, .offset = offsetof(struct run, ready_fd), .size = 4, .max = 1 << 20 },
	{}
};

static const struct opt common[] = {
	RUN('o', "columns", "LIST", columns, "columns to show; +LIST adds to the usual ones", .parse = parse_text,
	    .complete = "column"),
	RUN('f', "format", "FORMAT", format, "text, json (one object a line) or csv", .parse = parse_format,
	    .complete = "text json csv"),
	{ .letter = 'j', .name = "json", .help = "the same as --format=json", .value = V_BOOL, .parse = parse_json },
	RUN('q', "quiet", NULL, quiet, "no heading and no notes"),
	RUN('v', "verbose", NULL, verbose, "libbpf's and the verifier's log on stderr"),
	{ .letter = 'h', .name = "help", .arg = "[TOPIC]", .value = V_CHARS, .parse = parse_help,
	  .help = "this help; man, json (a schema), md, bash, zsh or fish",
	  .complete = "man json md bash zsh fish" },
	{ .letter = 'V', .name = "version", .help = "version", .value = V_BOOL, .parse = parse_version },
	{}
};

static const struct opt event_opts[] = {
	RUN('b', "buffer", "SIZE", buffer, "size of the ring buffer: 64k, 16m", .unit = UNIT_SIZE, .min = 4096,
	    .max = 1ULL << 30),
	{}
};

static const struct opt table_opts[] = {
	RUN('i', "interval", "TIME", interval, "show and start anew this often", .unit = UNIT_NSEC, .bare = SEC_,
	    .min = MSEC, .max = -1ULL),
	RUN(0, "max-entries", "COUNT", max_entries, "keys that can be told apart; more are counted as lost", .min = 1,
	    .max = 1 << 24),
	{}
};

/* For subcommands, of those that run on. */
static const struct opt live_opts[] = {
	RUN('i', "interval", "TIME", interval, "look this often (1)", .unit = UNIT_NSEC, .bare = SEC_, .min = MSEC, .max = -1ULL),
	RUN('r', "rows", "ROWS", rows, "show only so many rows", .min = 1, .max = -1ULL),
	{}
};

static const struct opt rows_opts[] = {
	RUN('r', "rows", "ROWS", rows, "show only so many rows", .min = 1, .max = -1ULL),
	RUN(0, "sort", "COLUMN", sort, "sort by this column, largest first", .parse = parse_text, .complete = "column"),
	{}
};

static const struct opt hist_opts[] = {
	RUN(0, "percentiles", NULL, percentiles, "percentiles, at most 6.25 % too high, instead of buckets"),
	{}
};

static bool makes_sense(const struct tool *tool, const struct opt *o)
{
	bool loads = !strcmp(o->name, "btf") || !strcmp(o->name, "explain"), runs = false;

	for (const struct opt *r = run_opts; r->name; r++)
		runs |= !strcmp(r->name, o->name);
	if (tool->once && runs && !loads)
		return false;
	return tool->open || (strcmp(o->name, "btf") && strcmp(o->name, "max-entries"));
}

/* The shared options that make sense for a tool, in the order of its help. */
const struct opt *opt_common(const struct tool *tool)
{
	static struct opt list[64];
	const struct opt *parts[] = {
		tool->open && !tool->packets ? filter_opts : NULL,
		tool->table.map || tool->intervals ? table_opts : tool->open && tool->state ? &table_opts[1] : NULL,
		tool->open && tool->table.sort ? rows_opts : NULL,
		tool->open && (tool->table.unit || tool->hists) ? hist_opts : NULL,
		tool->open && !tool->table.map && !tool->once ? event_opts : NULL,
		tool->commands ? live_opts : NULL,
		tool->once && !tool->open ? NULL : run_opts,
		common,
	};
	int n = 0;

	for (unsigned int i = 0; i < sizeof(parts) / sizeof(*parts); i++)
		for (const struct opt *o = parts[i]; o && o->name; o++)
			if (makes_sense(tool, o))
				list[n++] = *o;
	list[n] = (struct opt){};
	return list;
}

static int parse_unit(const char *suffix, const struct opt *o, double *factor)
{
	static const struct {
		const char *name;
		double factor;
	} times[] = { { "ns", 1 }, { "us", 1e3 }, { "ms", 1e6 }, { "s", 1e9 }, { "m", 60e9 }, { "h", 3600e9 } },
	  sizes[] = { { "k", 1024 }, { "m", 1 << 20 }, { "g", 1 << 30 }, { "K", 1024 }, { "M", 1 << 20 }, { "G", 1 << 30 } };

	*factor = o->unit == UNIT_NSEC ? o->bare : 1;
	if (!*suffix)
		return 0;
	for (int i = 0; i < 6 && o->unit != UNIT_NONE; i++)
		if (!strcmp(suffix, o->unit == UNIT_NSEC ? times[i].name : sizes[i].name)) {
			*factor = o->unit == UNIT_NSEC ? times[i].factor : sizes[i].factor;
			return 0;
		}
	return -EINVAL;
}

/* A number with the option's units and range, decimal or 0x; one line on stderr when it isn't. */
int opt_number(const char *name, const char *arg, const struct opt *o, __u64 *value)
{
	__u64 max = o->max ?: o->value == V_U32 ? UINT32_MAX : UINT64_MAX;
	__u64 whole;
	double factor, number;
	char *end;

	errno = 0;
	whole = strtoull(arg, &end, *arg == '0' && (arg[1] == 'x' || arg[1] == 'X') ? 16 : 10);
	if (!isdigit((unsigned char)*arg) || errno == ERANGE)
		goto bad;
	if (!*end && (o->unit != UNIT_NSEC || o->bare == 1)) {
		*value = whole;		/* exact, where a double is not */
	} else if (o->unit == UNIT_NONE) {
		goto bad;
	} else {
		number = strtod(arg, &end);
		if (parse_unit(end, o, &factor) || !(number * factor < 1.8e19))
			goto bad;
		*value = number * factor;
	}
	if (*value < o->min || *value > max)
		goto range;
	return 0;
bad:
	err("%s: '%s' is not %s", name, arg,
	    o->unit == UNIT_NSEC ? "a time: use a number with ns, us, ms, s, m or h" :
	    o->unit == UNIT_SIZE ? "a size: use a number with k, m or g" : "a number");
	return -EINVAL;
range:
	if (o->unit == UNIT_NSEC)
		err("%s: '%s' is too %s", name, arg, *value < o->min ? "short" : "long");
	else
		err("%s: '%s' is out of range: %llu to %llu", name, arg, o->min, max);
	return -EINVAL;
}

static int store(struct run *run, const struct opt *o, const char *arg, void *to)
{
	char name[64];
	__u64 value;

	snprintf(name, sizeof(name), "--%s", o->name);
	to = o->here ?: to;
	if (o->parse)
		return o->parse(run, arg, to);
	if (o->set_to) {
		*(__u64 *)to = o->set_to;
		return 0;
	}
	switch (o->value) {
	case V_BOOL:
		*(bool *)to = true;
		return 0;
	case V_CHARS:
		if (o->here) {
			*(const char **)to = arg;
			return 0;
		}
		if (strlen(arg) >= o->size) {
			err("%s: '%s' is longer than %zu characters", name, arg, o->size - 1);
			return -EINVAL;
		}
		strcpy(to, arg);
		return 0;
	default:
		if (opt_number(name, arg, o, &value))
			return -EINVAL;
		if (o->value == V_U32)
			*(__u32 *)to = value;
		else
			*(__u64 *)to = value;
		return 0;
	}
}

int opt_show(struct run *run, const char *arg, void *to)
{
	return 0;
}

/* Does a tool's table hold this option, as opposed to the shared ones? */
static bool is_own(const struct run *run, const struct opt *o)
{
	const struct opt *end = run->tool->opts;

	while (end && end->name)
		end++;
	return run->tool->opts && o >= run->tool->opts && o < end;
}

static bool is_filter(const struct opt *o)
{
	for (const struct opt *f = filter_opts; f->name; f++)
		if (f->name == o->name && !o->parse && !o->here)	/* a tool's own --pid may be the same string */
			return true;
	return false;
}

static int take(struct run *run, const struct opt *o, const char *arg)
{
	__u64 scratch[512];

	for (int i = 0; i < n_seen; i++)
		if (seen[i].opt->name == o->name && !o->many) {
			err("--%s: given twice: give it once", o->name);
			return -EINVAL;
		}
	if (n_seen == MAX_SEEN) {
		err("--%s: too many options", o->name);
		return -EINVAL;
	}
	seen[n_seen].opt = o;
	seen[n_seen++].arg = arg;
	if (o->set || (!is_own(run, o) && is_filter(o)))
		return filter_option(run, o, arg);
	return store(run, o, arg, is_own(run, o) ? (void *)scratch : (char *)run + o->offset);
}

static bool listed(const struct opt *list, const struct opt *o)
{
	for (; list->name; list++)
		if (list->name == o->name)
			return true;
	return false;
}

/* The first argument says which; from then on the tool is what it needs. */
static int subcommand(struct run *run, int argc, char **argv)
{
	static struct tool chosen;
	const struct command *c = run->tool->commands;

	if (!argc) {
		err("a command is missing: see --help");
		return -EINVAL;
	}
	while (c->name && strcmp(c->name, argv[0]))
		c++;
	if (!c->name) {
		err("'%s': no such command: see --help", argv[0]);
		return -EINVAL;
	}
	if (argc - 1 < c->min || (c->max >= 0 && argc - 1 > c->max)) {
		err("%s: %s: usage: %s %s %s", c->name, argc - 1 < c->min ? "an argument is missing" : "too many arguments",
		    run->tool->name, c->name, c->args);
		return -EINVAL;
	}
	for (int i = 0; i < n_seen; i++) {
		const struct opt *o = seen[i].opt;

		bool known = is_own(run, o) || (!c->live && (listed(live_opts, o) || listed(run_opts, o)));

		if (known && !opt_has_word(c->takes, o->name)) {
			err("--%s: '%s' doesn't take it: see --help", o->name, c->name);
			return -EINVAL;
		}
	}
	chosen = *run->tool;
	chosen.columns = c->columns;
	chosen.command = c->run;
	run->tool = &chosen;
	run->args = argv + 1;
	run->n_args = argc - 1;
	return 0;
}

/* bcc's tools take [INTERVAL [COUNT]]; so do ours that have an interval. */
static int positional(struct run *run, int argc, char **argv)
{
	int n = 0;

	if (run->tool->commands)
		return subcommand(run, argc, argv);
	run->args = argv;
	run->n_args = argc;
	if (run->tool->args)
		return 0;
	if ((run->tool->table.map || run->tool->intervals) && n < argc && take(run, &table_opts[0], argv[n++]))
		return -EINVAL;
	if ((run->tool->table.map || run->tool->intervals) && n < argc && take(run, &run_opts[1], argv[n++]))
		return -EINVAL;
	if (n < argc) {
		err("'%s': an argument that means nothing here: see --help", argv[n]);
		return -EINVAL;
	}
	return 0;
}

/* `at` is the word that getopt was looking at: it may hold several letters. */
static int complain(int c, const char *at)
{
	bool is_long = !strncmp(at, "--", 2);

	if (c == ':' && !is_long)
		err("-%c: needs a value", optopt);
	else if (c == ':')
		err("%s: needs a value", at);
	else if (is_long && !optopt)
		err("%s: no such option, or not enough of its name: see --help", at);
	else if (is_long)
		err("%s: takes no value", at);
	else
		err("-%c: no such option: see --help", optopt);
	return -EINVAL;
}

/* 0, -EINVAL after a line on stderr, or 1 when all was said (help, version). */
int opt_parse(struct run *run, int argc, char **argv)
{
	const struct opt *by_id[512] = {}, *parts[] = { run->tool->opts, opt_common(run->tool) };
	struct option longs[160] = {};
	char shorts[512] = "+:", *s = shorts + 2;
	int c, n = 0, ret = 0;

	for (int i = 0; i < argc; i++)
		if (!strcmp(argv[i], "--") && !run->tool->commands) {
			if (!argv[i + 1] || !run->tool->open) {
				err(argv[i + 1] ? "--: this tool traces no command" : "--: a command must follow");
				return -EINVAL;
			}
			run->command = argv + i + 1;
			argc = i;
			break;
		}
	for (unsigned int i = 0; i < 2; i++)
		for (const struct opt *o = parts[i]; o && o->name; o++) {
			int id = o->letter ?: 256 + n;
			bool maybe = o->arg && *o->arg == '[';

			by_id[id] = o;
			longs[n++] = (struct option){ o->name, maybe ? optional_argument : o->arg ? required_argument : no_argument,
						      NULL, id };
			if (o->letter)
				s += sprintf(s, "%c%s", o->letter, maybe ? "::" : o->arg ? ":" : "");
		}
	shorts[0] = '-';	/* arguments in any place: collected below */
	opterr = 0;
	optind = 1;
	static char **rest;	/* kept for run->args, until the next time */
	int n_rest = 0, at = optind;

	free(rest);
	rest = calloc(argc + 1, sizeof(*rest));

	if (!rest)
		return -ENOMEM;

	while (!ret && (c = getopt_long(argc, argv, shorts, longs, NULL)) != -1) {
		if (c == '?' || c == ':' || (c != 1 && !by_id[c]))
			ret = complain(c, argv[at]);
		else if (c != 1)
			ret = take(run, by_id[c], optarg);
		else
			rest[n_rest++] = optarg;
		at = optind;
	}
	while (optind < argc)	/* after "--" */
		rest[n_rest++] = argv[optind++];
	if (!ret && wants_version)
		printf("%s (corekit) %s\n", run->tool->name, VERSION);
	else if (!ret && wants_help)
		ret = doc_print(run->tool, help_topic);
	else if (!ret)
		return positional(run, n_rest, rest);	/* a subcommand keeps them */
	return ret ?: 1;
}

/* Between open and load: the user's choices become BPF constants. */
int opt_apply(struct run *run)
{
	int ret = 0;

	for (int i = 0; i < n_seen && !ret; i++)
		if (is_own(run, seen[i].opt) && !seen[i].opt->set)
			ret = store(run, seen[i].opt, seen[i].arg, (char *)run->rodata + seen[i].opt->offset);
	return ret;
}

bool opt_has_word(const char *list, const char *word)
{
	size_t len = strlen(word);

	for (const char *p = list; p && (p = strstr(p, word)); p += len)
		if ((p == list || p[-1] == ' ') && (!p[len] || p[len] == ' '))
			return true;
	return false;
}

/* Columns that options ask for, or do away with. */
bool opt_shows(const char *column)
{
	for (int i = 0; i < n_seen; i++)
		if (opt_has_word(seen[i].opt->shows, column))
			return strcmp(column, "time") || !look_time_hidden();
	return false;
}

bool opt_hides(const char *column)
{
	for (int i = 0; i < n_seen; i++)
		if (opt_has_word(seen[i].opt->hides, column))
			return true;
	return false;
}

/* Is a histogram wanted for each value of some column? */
bool opt_keyed(void)
{
	for (int i = 0; i < n_seen; i++)
		if (seen[i].opt->keyed)
			return true;
	return false;
}
