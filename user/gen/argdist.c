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
	__u64 value;
};

static struct probe_word *words;
static struct probe_asked *asked, **first;	/* by place; of each word the first, to know what its values are */
static __u32 text_size = 40;
static bool histograms;

static const struct opt opts[] = {
	OPT('H', "hist", NULL, argdist, hist, "a histogram of each probe's value, which is one number", KEYED("probe"), .hides = "count value"),
	{ .letter = 'Z', .name = "string-size", .arg = "BYTES", .value = V_U32, .here = &text_size, .min = 2, .max = ARGDIST_ROOM,
	  .help = "how much of a text counts; 40 bytes unless told, 64 at most with the other values" },
	OPT('E', "regexp", NULL, argdist, with_regex, "names of functions are regular expressions"),
	OPT_CPUS,
	{}
};

static const char *word_text(const void *row)
{
	return words[((const struct argdist_probe *)row)->probe].text;
}

static void show_probe(struct out *out, const struct column *c, const void *row)
{
	out_bytes(out, word_text(row), strlen(word_text(row)));
}

static void show_value(struct out *out, const struct column *c, const void *row)
{
	const ROW *r = row;
	const struct probe_asked *a = first[r->key.probe];

	for (int i = 0; i < words[r->key.probe].n; i++) {
		if (i)
			out_str(out, ", ");
		probe_value_show(out, a->values[i], r->key.values + a->at[i], expr_text_size(a->values[i], text_size));
	}
}

static const struct column columns[] = {
	COL_OWN("probe", show_probe, -40, "which of the probes"),
	COL("count", ROW, value, 10, "how often"),
	COL_OWN("value", show_value, 0, "the value, or values"),
	{}
};

/* --- Before the load --- */

static const char *place_word(int i)
{
	return words[i].place;
}

static int split(struct run *run, bool hist)
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
		else if (!words[i].n || (hist && words[i].n > 1))
			snprintf(e.text, sizeof(e.text), words[i].n ? "a histogram is of one value" : "which value?");
		ret = *e.text ? expr_complain(words[i].text, &e) : 0;
	}
	return ret;
}

static int ask(struct probe_asked *a, const struct probe_word *w, struct expr_scope *scope, bool hist)
{
	size_t size = 0;
	int ret = probe_word_ask(w, scope, text_size, a, &size);
	struct expr_error e = {};

	for (int i = 0; i < w->n && !ret; i++) {
		e.at = w->at[i];
		if (hist && expr_is_text(a->values[i]))
			snprintf(e.text, sizeof(e.text), "text has no histogram");
		else if ((i + 1 < w->n ? a->at[i + 1] : size) > ARGDIST_ROOM)
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
		bool text = expr_is_text(a->values[i]);

		if (text == expr_is_text(to->values[i]) &&
		    (text ? expr_text_size(a->values[i], text_size) == expr_text_size(to->values[i], text_size) :
			    is->kind == was->kind && is->is_signed == was->is_signed))
			continue;
		e.at = w->at[i];
		snprintf(e.text, sizeof(e.text), "the places have values of different types: cast them, or name each place");
		return expr_complain(w->text, &e);
	}
	return 0;
}

static const struct table hists = HISTS("hists", struct argdist_probe, "value", .keyed = true, .average = true);

static int setup(struct run *run)
{
	struct argdist_bpf__rodata *rodata = run->rodata;
	const struct places *all = points_places();
	static struct expr_scope scope;
	int ret = split(run, rodata->hist);

	points_words(place_word);
	if (!ret)
		ret = points_setup(run, rodata->with_regex);
	free(asked);
	free(first);
	asked = calloc(all->n + 1, sizeof(*asked));
	first = calloc(run->n_args + 1, sizeof(*first));
	for (size_t i = 0; i < all->n && !ret && asked && first; i++) {
		__u32 of = all->all[i].of;

		ret = points_scope(&scope, i) ?: ask(&asked[i], &words[of], &scope, rodata->hist);
		if (!ret && first[of])
			ret = alike(&asked[i], first[of], &words[of]);
		first[of] = first[of] ?: &asked[i];
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
	if (histograms)
		expr_gen(c, a->values[0]);
	else
		probe_asked_code(c, a, text_size);
	return 1;
}

static int attach(struct run *run)
{
	histograms = run->table == &hists;
	points_generate(generate);
	return points_attach(run);
}

static const struct example examples[] = {
	{ "-d 10 'sys:openat filename'", "which files are opened how often, during ten seconds" },
	{ "-H -i 1 'vfs_read count'", "how much is asked for at a time, second by second" },
	{ "-H 'vfs_write%return (retval > 0) retval'", "how much is written at a time" },
	{ "'t:sched:sched_switch prev_state, prev_comm'", "in which states tasks leave their CPU, by name" },
	{ "-p 181 -H 'c:malloc arg0' 'c:calloc arg0 * arg1'", "how much memory is asked for at a time, by two functions" },
	{}
};

TOOL(argdist,
	.summary  = "how often an argument has which value, or a histogram of it",
	.about    = "Each word is PLACE [(CONDITION)] VALUE,...: where the place is come by and the condition holds, the values are "
		    "counted. Values and condition are expressions as trace has them. " POINTS_HELP,
	.cost     = "A probe at each place with a program that is made for it, and an addition in a map.",
	.caveats  = "A histogram takes a negative number for a very large one: leave it out by a condition. All arithmetic is in 64 "
		    "bits; what can't be read is 0, or no text. Functions in sets have arg0, arg1 ... only.",
	.examples = examples, .opts = opts, .columns = columns, .setup = setup, .attach = attach,
	.caps = POINTS_CAPS, .args = "PROBE...", .trial = "t:sched:sched_switch prev_pid", .hists = &hists,
	.table    = ROWS("counts", ROW, "count"));
