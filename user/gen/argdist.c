// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "lib/irq_user.h"
#include "lib/points.h"
#include "lib/probe_word.h"
#include "gen/argdist.h"
#include "gen/argdist.skel.h"

#define ROW struct argdist_row

ROW {
	struct argdist_key key;
	struct argdist_value value;
};

static struct probe_word *words;
static struct probe_asked *asked, **first;	/* by place; of each word the first, to know what its values are */
static __u32 text_size = 40;
static bool measures;		/* the last value is no part of the key: a histogram's, or added up */

static const struct opt opts[] = {
	OPT('H', "hist", NULL, argdist, hist, "a histogram of each probe's last value, a number; of each key, if there are values before it",
	    KEYED("probe value"), .hides = "count"),
	OPT('S', "sum", NULL, argdist, sums, "the last value, a number, is added up for each key, which is the values before it",
	    .shows = "total avg"),
	{ .letter = 'Z', .name = "string-size", .arg = "BYTES", .value = V_U32, .here = &text_size, .min = 2, .max = ARGDIST_ROOM,
	  .help = "how much of a text counts; 40 bytes unless told, 64 at most with the other values" },
	OPT('E', "regexp", NULL, argdist, with_regex, "names of functions are regular expressions"),
	OPT_CPUS,
	{}
};

/* A row begins with its key, and a histogram's is no more. */
static const char *word_text(const void *row)
{
	return words[((const struct argdist_key *)row)->probe].text;
}

static int n_keys(const struct probe_word *w)
{
	return w->n - measures;
}

static void show_probe(struct out *out, const struct column *c, const void *row)
{
	out_bytes(out, word_text(row), strlen(word_text(row)));
}

static void show_value(struct out *out, const struct column *c, const void *row)
{
	const struct argdist_key *key = row;
	const struct probe_asked *a = first[key->probe];
	char text[ARGDIST_ROOM * 4];

	if (!n_keys(&words[key->probe]))
		out_nothing(out);
	for (int i = 0; i < n_keys(&words[key->probe]); i++) {
		if (i)
			out_str(out, ", ");
		out_bytes(out, text, expr_show(a->values[i], key->values + a->at[i], expr_size(a->values[i], text_size), text, sizeof(text)));
	}
}

static void show_sum(struct out *out, const struct column *c, const void *row)
{
	out_s64(out, ((const ROW *)row)->value.sum);
}

static void show_average(struct out *out, const struct column *c, const void *row)
{
	const struct argdist_value *v = &((const ROW *)row)->value;

	out_s64(out, v->count ? (__s64)v->sum / (__s64)v->count : 0);
}

static const struct column columns[] = {
	COL_OWN("probe", show_probe, -40, "which of the probes"),
	COL("count", ROW, value.count, 10, "how often"),
	COL_OWN("total", show_sum, 16, "of the last value", HIDDEN, .bare_json = true),
	COL_OWN("avg", show_average, 12, "of the last value", HIDDEN, .bare_json = true),
	COL_OWN("value", show_value, 0, "the value, or values"),
	{}
};

/* --- Before the load --- */

static const char *place_word(int i)
{
	return words[i].place;
}

static int split(struct run *run)
{
	struct expr_error e = {};
	int ret = 0;

	free(words);
	words = calloc(run->n_args + 1, sizeof(*words));
	if (!words)
		return -ENOMEM;
	for (int i = 0; i < run->n_args && !ret; i++) {
		ret = probe_word_split(&words[i], run->args[i]);
		if (ret)
			break;
		e.at = strlen(words[i].text);
		if (words[i].format)
			snprintf(e.text, sizeof(e.text), "there is no format here: PLACE (CONDITION) VALUE");
		else if (!words[i].n)
			snprintf(e.text, sizeof(e.text), "which value?");
		ret = *e.text ? expr_complain(words[i].text, &e) : 0;
	}
	return ret;
}

static int ask(struct probe_asked *a, const struct probe_word *w, struct expr_scope *scope)
{
	size_t size = 0;
	int ret = probe_word_ask(w, scope, text_size, a, &size);
	struct expr_error e = {};

	for (int i = 0; i < w->n && !ret; i++) {
		e.at = w->at[i];
		if (i >= n_keys(w) && expr_is_bytes(a->values[i]))
			snprintf(e.text, sizeof(e.text), "text is no number: it goes before the last value");
		else if (i < n_keys(w) && (i + 1 < w->n ? a->at[i + 1] : size) > ARGDIST_ROOM)
			snprintf(e.text, sizeof(e.text), "more than %d bytes: try a smaller --string-size", ARGDIST_ROOM);
		ret = *e.text ? expr_complain(w->text, &e) : 0;
	}
	return ret;
}

/* Of a word with several places a value is shown as the first has it. */
static int alike(const struct probe_asked *a, const struct probe_asked *to, const struct probe_word *w)
{
	struct expr_error e = {};

	for (int i = 0; i < w->n; i++) {
		const struct expr_type *is = expr_type(a->values[i]), *was = expr_type(to->values[i]);
		bool text = expr_is_bytes(a->values[i]);

		if (text == expr_is_bytes(to->values[i]) &&
		    (text ? expr_size(a->values[i], text_size) == expr_size(to->values[i], text_size) :
			    is->kind == was->kind && is->is_signed == was->is_signed && is->look == was->look))
			continue;
		e.at = w->at[i];
		snprintf(e.text, sizeof(e.text), "the places have values of different types: cast them, or name each place");
		return expr_complain(w->text, &e);
	}
	return 0;
}

static const struct table hists = HISTS("hists", struct argdist_key, "value", .keyed = true, .average = true);

static int setup(struct run *run)
{
	struct argdist_bpf__rodata *rodata = run->rodata;
	const struct places *all = points_places();
	static struct expr_scope scope;
	int ret;

	if (rodata->hist && rodata->sums) {
		err("--hist and --sum are two: choose one");
		return -EINVAL;
	}
	measures = rodata->hist || rodata->sums;
	ret = split(run);
	points_words(place_word);
	if (!ret)
		ret = points_setup(run, rodata->with_regex);
	free(asked);
	free(first);
	asked = calloc(all->n + 1, sizeof(*asked));
	first = calloc(run->n_args + 1, sizeof(*first));
	for (size_t i = 0; i < all->n && !ret && asked && first; i++) {
		__u32 of = all->all[i].of;

		ret = points_scope(&scope, i) ?: ask(&asked[i], &words[of], &scope);
		if (!ret && first[of])
			ret = alike(&asked[i], first[of], &words[of]);
		first[of] = first[of] ?: &asked[i];
		if (!ret && asked[i].is_call)
			ret = points_call(run, i);
	}
	if (rodata->hist)
		run->table = &hists;
	return ret ?: !asked || !first ? -ENOMEM : 0;
}

/* --- After it: the programs --- */

static int generate(struct code *c, const struct place *place, int which)
{
	const struct probe_asked *a = &asked[place - points_places()->all];
	int no = -1;

	if (which == 0) {
		if (a->condition) {
			expr_gen(c, a->condition);
			no = code_jump(c, BPF_JEQ | BPF_K, BPF_REG_0, 0, 0);
		}
		code_value(c, BPF_REG_0, place->of + 1);
		if (no >= 0)
			code_here(c, no);
		return 1;
	}
	if (which == 2) {
		code_entries(c, a->entries, a->n_entries);
		return 1;
	}
	probe_asked_code(c, a, n_keys(&words[place->of]), text_size);
	if (measures)
		expr_gen(c, a->values[n_keys(&words[place->of])]);
	return 1;
}

static int attach(struct run *run)
{
	points_generate(generate);
	return points_attach(run);
}

static const struct example examples[] = {
	{ "-d 10 'sys:openat filename'", "which files are opened how often, during ten seconds" },
	{ "-H -i 1 'vfs_read count'", "how much is asked for at a time, second by second" },
	{ "-H 'vfs_write%return (retval > 0) retval'", "how much is written at a time" },
	{ "'t:sched:sched_switch prev_state, prev_comm'", "in which states tasks leave their CPU, by name" },
	{ "-H 'sys:read%return comm, latency'", "how long reads take, a histogram for each name" },
	{ "-S -i 1 'vfs_read%return (retval > 0) comm, retval'", "bytes read by each name, second by second" },
	{ "-p 181 -H 'c:malloc arg0' 'c:calloc arg0 * arg1'", "how much memory is asked for at a time, by two functions" },
	{}
};

TOOL(argdist,
	.summary  = "how often an argument has which value, or a histogram of it",
	.about    = "Each word is PLACE [(CONDITION)] VALUE,...: where the place is come by and the condition holds, the values are "
		    "counted: how often each of them, or all of them together, was there. With --hist or --sum the last value is what is "
		    "measured, for each of the values before it. Values and condition are expressions as trace has them. " POINTS_HELP,
	.cost     = "A probe at each place with a program that is made for it, and an addition in a map.",
	.caveats  = "A histogram takes a negative number for a very large one: leave it out by a condition. All arithmetic is in 64 "
		    "bits; what can't be read is 0, or no text. Functions in sets have arg0, arg1 ... only.",
	.examples = examples, .opts = opts, .columns = columns, .setup = setup, .attach = attach,
	.state = "threads", .caps = POINTS_CAPS, .args = "PROBE...", .trial = "t:sched:sched_switch prev_pid", .hists = &hists,
	.table    = ROWS("counts", ROW, "count"));
