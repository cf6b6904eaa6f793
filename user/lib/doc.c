// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Everything that a tool says about itself comes from the tables that it runs on. */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "lib/doc.h"
#include "lib/lib.h"

#define EACH_OPT(o, tool)							\
	for (int pass = 0; pass < 2; pass++)					\
		for (const struct opt *o = pass ? opt_common(tool) : (tool)->opts; o && o->name; o++)

#define WIDTH 80

/* Words of a text, wrapped; the first line begins at column `at`, the others at `indent`. */
static void wrap(const char *text, int at, int indent)
{
	while (*text) {
		int len = strcspn(text, " \n");

		if (*text == '\n') {
			printf("\n%*s", indent, "");
			at = indent;
			text++;
			continue;
		}
		if (at > indent && at + len >= WIDTH) {
			printf("\n%*s", indent, "");
			at = indent;
		}
		printf("%.*s", len, text);
		at += len;
		text += len;
		if (*text == ' ') {
			text++;
			if (at + 1 + (int)strcspn(text, " \n") < WIDTH) {
				putchar(' ');
				at++;
			} else if (*text) {
				printf("\n%*s", indent, "");
				at = indent;
			}
		}
	}
	putchar('\n');
}

static bool optional_arg(const struct opt *o)
{
	return o->arg && *o->arg == '[';
}

/* "-d, --duration=TIME" */
static int spell(char *to, size_t size, const struct opt *o)
{
	char letter[8] = "    ", arg[64] = "";

	if (o->letter)
		snprintf(letter, sizeof(letter), "-%c, ", o->letter);
	if (optional_arg(o))
		snprintf(arg, sizeof(arg), "[=%s", o->arg + 1);
	else if (o->arg)
		snprintf(arg, sizeof(arg), "=%s", o->arg);
	return snprintf(to, size, "%s--%s%s", letter, o->name, arg);
}

static void text_columns(const struct column *c)
{
	for (; c && c->key; c++) {
		printf("  %c %-10s ", c->hidden ? ' ' : '*', c->key);
		wrap(c->help, 15, 15);
	}
}

/* Commands that show the same are named together. */
static void text_commands(const struct tool *t)
{
	printf("\ncommands:\n");
	for (const struct command *c = t->commands; c->name; c++) {
		int n = printf("  %s %s", c->name, c->args);

		if (n > 30)
			printf("\n%32s", "");
		else
			printf("%*s", 32 - n, "");
		wrap(c->help, 32, 32);
	}
	for (const struct command *c = t->commands; c->name; c++) {
		const struct command *before = t->commands;

		while (before->columns != c->columns)
			before++;
		if (!c->columns || before != c)
			continue;
		printf("\ncolumns of");
		for (const struct command *same = c; same->name; same++)
			if (same->columns == c->columns)
				printf("%s %s", same == c ? "" : ",", same->name);
		printf(":\n");
		text_columns(c->columns);
	}
}

static void text_opts(const struct opt *o)
{
	char name[96];

	for (; o && o->name; o++) {
		int n = spell(name, sizeof(name), o);

		printf("  %-24s", name);
		if (n > 23)
			printf("\n%27s", "");
		else
			putchar(' ');
		wrap(o->help, 27, 27);
	}
}

/* "killsnoop is sigsnoop --calls. ": nothing where there is no other name */
static void alias_line(const struct tool *t, void (*write)(const char *))
{
	char line[160];

	for (const struct alias *a = t->aliases; a && a->name; a++) {
		snprintf(line, sizeof(line), "%s is another name for %s%s%s.", a->name, t->name, a->option ? " " : "",
			 a->option ?: "");
		write(line);
	}
}

static void wrap_line(const char *line)
{
	putchar('\n');
	wrap(line, 0, 0);
}

static void text(const struct tool *t)
{
	printf("%s - ", t->name);
	wrap(t->summary, strlen(t->name) + 3, 4);
	printf("\nusage: %s%s [OPTION]...%s%s%s%s\n", t->name, t->commands ? " COMMAND [ARGUMENT]..." : "",
	       t->args ? " " : "", t->args ?: "", !t->args && (t->table.map || t->intervals) ? " [INTERVAL [COUNT]]" : "", t->open ? " [-- COMMAND...]" : "");
	if (t->about) {
		putchar('\n');
		wrap(t->about, 0, 0);
	}
	alias_line(t, wrap_line);
	printf("\nexamples:\n");
	for (const struct example *e = t->examples; e && e->args; e++) {
		int n = printf("  %s%s%s", t->name, *e->args ? " " : "", e->args);

		if (n > 38)
			printf("\n%40s", "");
		else
			printf("%*s", 40 - n, "");
		printf("# ");
		wrap(e->what, 42, 42);
	}
	if (t->commands)
		text_commands(t);
	if (t->opts && t->opts->name) {
		printf("\noptions of %s:\n", t->name);
		text_opts(t->opts);
	}
	printf("\noptions of every tool:\n");
	text_opts(opt_common(t));
	if (t->columns && t->columns->key)
		printf("\ncolumns (* shown unless -o says otherwise; all of them in JSON):\n");
	text_columns(t->columns);
	if (t->caveats) {
		printf("\n");
		wrap(t->caveats, 0, 0);
	}
}

void roff(const char *s)
{
	if (*s == '.' || *s == '\'')
		fputs("\\&", stdout);
	for (; *s; s++)
		if (*s == '\\')
			fputs("\\e", stdout);
		else if (*s == '-')
			fputs("\\-", stdout);
		else if (*s == '\n')
			fputs("\n.PP\n", stdout);
		else
			putchar(*s);
}

void roff_section(const char *title, const char *s)
{
	if (!s)
		return;
	printf(".SH %s\n", title);
	roff(s);
	putchar('\n');
}

static void roff_opt(const struct opt *o)
{
	printf(".TP\n");
	if (o->letter)
		printf("\\fB\\-%c\\fR, ", o->letter);
	printf("\\fB\\-\\-");
	roff(o->name);
	printf("\\fR");
	if (optional_arg(o))
		printf("[=\\fI%.*s\\fR]", (int)strlen(o->arg) - 2, o->arg + 1);
	else if (o->arg)
		printf("=\\fI%s\\fR", o->arg);
	putchar('\n');
	roff(o->help);
	printf(".\n");
}

static void roff_paragraph(const char *line)
{
	printf(".PP\n");
	roff(line);
	putchar('\n');
}

static void roff_columns(const struct column *c)
{
	for (; c && c->key; c++) {
		printf(".TP\n\\fB%s\\fR%s\n", c->key, c->hidden ? "" : " *");
		roff(c->help);
		printf(".\n");
	}
}

static void roff_commands(const struct tool *t)
{
	printf(".SH COMMANDS\n");
	for (const struct command *c = t->commands; c->name; c++) {
		printf(".TP\n\\fB%s\\fR ", c->name);
		roff(c->args);
		printf("\n");
		roff(c->help);
		printf(".\n");
	}
	printf(".SH COLUMNS\nThose marked with an asterisk are shown unless \\fB\\-o\\fR says otherwise.\n");
	for (const struct command *c = t->commands; c->name; c++) {
		const struct command *before = t->commands;

		while (before->columns != c->columns)
			before++;
		if (!c->columns || before != c)
			continue;
		printf(".SS");
		for (const struct command *same = c; same->name; same++)
			if (same->columns == c->columns)
				printf(" %s", same->name);
		printf("\n");
		roff_columns(c->columns);
	}
}

static void man(const struct tool *t)
{
	char upper[64] = "";

	for (int i = 0; t->name[i] && i < 63; i++)
		upper[i] = toupper((unsigned char)t->name[i]);
	printf(".\\\" SPDX-License-" "Identifier: GPL-2.0-only OR BSD-2-Clause\n");
	printf(".TH %s 8 \"%s\" \"corekit %s\" \"System Administration\"\n.SH NAME\n%s", upper, RELEASED, VERSION, t->name);
	for (const struct alias *a = t->aliases; a && a->name; a++)
		printf(", %s", a->name);
	printf(" \\- ");
	roff(t->summary);
	printf("\n.SH SYNOPSIS\n\\fB%s\\fR %s[\\fIOPTION\\fR]...%s%s%s%s%s\n", t->name,
	       t->commands ? "\\fICOMMAND\\fR [\\fIARGUMENT\\fR]... " : "", t->args ? " \\fI" : "", t->args ?: "",
	       t->args ? "\\fR" : "", !t->args && (t->table.map || t->intervals) ? " [\\fIINTERVAL\\fR [\\fICOUNT\\fR]]" : "",
	       t->open ? " [\\-\\- \\fICOMMAND\\fR...]" : "");
	roff_section("DESCRIPTION", t->about ?: t->summary);
	alias_line(t, roff_paragraph);
	if (t->commands)
		roff_commands(t);
	printf(".SH OPTIONS\n");
	EACH_OPT(o, t)
		roff_opt(o);
	if (t->columns && t->columns->key)
		printf(".SH COLUMNS\nThose marked with an asterisk are shown unless \\fB\\-o\\fR says otherwise.\n");
	roff_columns(t->columns);
	printf(".SH EXAMPLES\n");
	for (const struct example *e = t->examples; e && e->args; e++) {
		printf(".TP\n\\fB%s%s", t->name, *e->args ? " " : "");
		roff(e->args);
		printf("\\fR\n");
		roff(e->what);
		printf(".\n");
	}
	rights_man(t);
	roff_section("OVERHEAD", t->cost);
	roff_section("CAVEATS", t->caveats);
	printf(".SH EXIT STATUS\n0: fine. 1: it failed. 2: it was called wrongly. 3: this kernel or this user can't.\n"
	       "4: with \\fB\\-\\-strict\\fR, something was lost.\n.SH SEE ALSO\n.BR corekit (8)\n");
}

/* For `make install`, which makes a link for each. */
static void aliases(const struct tool *t)
{
	for (const struct alias *a = t->aliases; a && a->name; a++)
		puts(a->name);
}

void json_text(const char *s)
{
	putchar('"');
	for (; *s; s++)
		if (*s == '"' || *s == '\\')
			printf("\\%c", *s);
		else if (*s == '\n')
			fputs("\\n", stdout);
		else
			putchar(*s);
	putchar('"');
}

static void schema_columns(const struct column *columns, const char *also)
{
	printf("{\"type\":\"object\",\"additionalProperties\":false,\"properties\":{");
	for (const struct column *c = columns; c && c->key; c++) {
		printf("\"%s%s\":{\"type\":[\"%s\",\"null\"],\"description\":", c->key, c->look == L_NSEC ? "_ns" : "",
		       c->bare_json ? "array\",\"object\",\"integer\",\"number\",\"boolean\",\"string" : look_types[c->look]);
		json_text(c->help);
		printf("}%s", c[1].key || *also ? "," : "");
	}
	printf("%s}}", also);
}

/* Of a tool with rows as well, "count" is one of its columns. */
static const char count_and_hist_schema[] =
	"\"count\":{\"type\":\"integer\"},"
	"\"unit\":{\"type\":\"string\"},\"sum\":{\"type\":\"integer\"},"
	"\"sum_ns\":{\"type\":\"integer\"},\"p50\":{\"type\":\"integer\"},\"p90\":{\"type\":\"integer\"},"
	"\"p95\":{\"type\":\"integer\"},\"p99\":{\"type\":\"integer\"},\"p99.9\":{\"type\":\"integer\"},"
	"\"max\":{\"type\":\"integer\"},\"hist\":{\"type\":\"array\",\"items\":{\"type\":\"object\","
	"\"required\":[\"from\",\"to\",\"count\"],\"properties\":{\"from\":{\"type\":\"integer\"},"
	"\"to\":{\"type\":\"integer\"},\"count\":{\"type\":\"integer\"}}}}";
static const char *const hist_schema = count_and_hist_schema + sizeof("\"count\":{\"type\":\"integer\"},") - 1;

/* A line of output is a row, a histogram or a loss. */
static void schema(const struct tool *t)
{
	printf("{\"$schema\":\"https://json-schema.org/draft/2020-12/schema\",\"title\":\"%s\",\"version\":\"%s\","
	       "\"description\":", t->name, VERSION);
	json_text(t->summary);
	printf(",\"%s\":[{\"type\":\"object\",\"required\":[\"lost\",\"why\"],\"additionalProperties\":false,"
	       "\"properties\":{\"lost\":{\"type\":\"integer\"},\"why\":{\"type\":\"string\"}}},", t->commands ? "anyOf" : "oneOf");
	for (const struct command *c = t->commands; c && c->name; c++)
		if (c->columns) {
			schema_columns(c->columns, c->hist ? count_and_hist_schema : "");
			putchar(',');
		}
	schema_columns(t->columns, !t->table.unit && !t->hists ? "" : t->hists ? hist_schema : count_and_hist_schema);
	printf("]}\n");
}

static void markdown(const struct tool *t)
{
	printf("# %s\n\n%s.\n\n%s\n\n## Options\n\n", t->name, t->summary, t->about ?: "");
	EACH_OPT(o, t) {
		char name[96];

		spell(name, sizeof(name), o);
		printf("- `%s`: %s\n", name + strspn(name, " "), o->help);
	}
	if (t->commands)
		printf("\n## Commands\n\n");
	for (const struct command *c = t->commands; c && c->name; c++)
		printf("- `%s %s`: %s\n", c->name, c->args, c->help);
	if (t->columns && t->columns->key)
		printf("\n## Columns\n\n");
	for (const struct column *c = t->columns; c && c->key; c++)
		printf("- `%s`%s: %s\n", c->key, c->hidden ? "" : " (shown)", c->help);
	printf("\n## Examples\n\n");
	for (const struct example *e = t->examples; e && e->args; e++)
		printf("    %s %s   # %s\n", t->name, e->args, e->what);
	if (t->cost)
		printf("\n## Overhead\n\n%s\n", t->cost);
	if (t->caveats)
		printf("\n## Caveats\n\n%s\n", t->caveats);
}

static void columns_of(const struct tool *t)
{
	for (const struct column *c = t->columns; c && c->key; c++)
		printf("%s%s", c->key, c[1].key ? " " : "");
	for (const struct command *k = t->commands; k && k->name; k++)
		for (const struct column *c = k->columns; c && c->key; c++)
			printf("%s ", c->key);
}

/* What an argument can be, as words for compgen -W or as a command that prints them. */
static const char *words_of(const char *kind)
{
	if (!strcmp(kind, "pid"))
		return "$(cd /proc && printf '%s ' [0-9]*)";
	if (!strcmp(kind, "user"))
		return "$(cut -d: -f1 /etc/passwd)";
	if (!strcmp(kind, "cgroup"))
		return "$(cd /sys/fs/cgroup && find . -maxdepth 3 -type d 2>/dev/null | cut -c2-)";
	if (!strcmp(kind, "device"))
		return "$(ls /sys/class/block)";
	if (!strcmp(kind, "interface"))
		return "$(ls /sys/class/net)";
	return kind;
}

static void bash(const struct tool *t)
{
	printf("# bash completion for %s, made by %s --help=bash\n_%s() {\n"
	       "\tlocal cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} words=\n"
	       "\tif [[ $prev == = ]]; then prev=${COMP_WORDS[COMP_CWORD-2]}; fi\n"
	       "\tif [[ $cur == = ]]; then cur=; fi\n\tcase $prev in\n", t->name, t->name, t->name);
	EACH_OPT(o, t) {
		if (!o->complete)
			continue;
		if (o->letter)
			printf("\t-%c|--%s) ", o->letter, o->name);
		else
			printf("\t--%s) ", o->name);
		if (!strcmp(o->complete, "file")) {
			printf("COMPREPLY=($(compgen -f -- \"$cur\")); return;;\n");
		} else {
			printf("words=\"");
			if (!strcmp(o->complete, "column"))
				columns_of(t);
			else
				printf("%s", words_of(o->complete));
			printf("\";;\n");
		}
	}
	printf("\t*) words=\"");
	for (const struct command *c = t->commands; c && c->name; c++)
		printf("%s ", c->name);
	EACH_OPT(o, t)
		printf("--%s ", o->name);
	printf("\";;\n\tesac\n\tCOMPREPLY=($(compgen -W \"$words\" -- \"$cur\"))\n}\ncomplete -F _%s %s\n", t->name, t->name);
}

/* Quoted for a shell's single quotes, without what zsh's _arguments reads as its own. */
static void quoted(const char *s)
{
	for (; *s; s++)
		if (*s == '\'')
			fputs("'\\''", stdout);
		else if (strchr("[]:", *s))
			printf("\\%c", *s);
		else
			putchar(*s);
}

static void zsh(const struct tool *t)
{
	printf("#compdef %s\n_arguments \\\n", t->name);
	EACH_OPT(o, t) {
		printf("\t'--%s%s[", o->name, o->arg ? optional_arg(o) ? "=-" : "=" : "");
		quoted(o->help);
		printf("]");
		if (o->arg && o->complete && strcmp(o->complete, "file")) {
			printf("%s:%s:(", optional_arg(o) ? ":" : "", o->name);
			if (!strcmp(o->complete, "column"))
				columns_of(t);
			else if (!strchr(words_of(o->complete), '$'))
				printf("%s", o->complete);
			printf(")");
		} else if (o->arg) {
			printf("%s:%s:%s", optional_arg(o) ? ":" : "", o->name, o->complete ? "_files" : " ");
		}
		printf("' \\\n");
	}
	if (t->commands) {
		printf("\t'1:command:(");
		for (const struct command *c = t->commands; c->name; c++)
			printf("%s%s", c == t->commands ? "" : " ", c->name);
		printf(")' \\\n\t'*:argument:_files'\n");
		return;
	}
	printf("\t'*::command:_normal'\n");
}

static void fish(const struct tool *t)
{
	for (const struct command *c = t->commands; c && c->name; c++) {
		printf("complete -c %s -n __fish_use_subcommand -f -a %s -d '", t->name, c->name);
		for (const char *s = c->help; *s; s++)
			printf(*s == '\'' ? "\\'" : "%c", *s);
		printf("'\n");
	}
	EACH_OPT(o, t) {
		printf("complete -c %s -l %s", t->name, o->name);
		if (o->letter)
			printf(" -s %c", o->letter);
		if (o->arg && !optional_arg(o))
			printf(" -r");
		if (o->complete && strcmp(o->complete, "file")) {
			printf(" -f -a '");
			if (!strcmp(o->complete, "column"))
				columns_of(t);
			else if (!strchr(words_of(o->complete), '$'))
				printf("%s", o->complete);
			else if (!strcmp(o->complete, "pid"))
				printf("(__fish_complete_pids)");
			else if (!strcmp(o->complete, "user"))
				printf("(__fish_complete_users)");
			printf("'");
		}
		printf(" -d '");
		for (const char *s = o->help; *s; s++)
			printf(*s == '\'' ? "\\'" : "%c", *s);
		printf("'\n");
	}
}

int doc_print(const struct tool *tool, const char *what)
{
	static const struct {
		const char *topic;
		void (*print)(const struct tool *tool);
	} topics[] = { { "text", text }, { "man", man }, { "json", schema }, { "md", markdown },
		       { "bash", bash }, { "zsh", zsh }, { "fish", fish }, { "aliases", aliases } };

	for (unsigned int i = 0; i < sizeof(topics) / sizeof(*topics); i++)
		if (!strcmp(what ?: "text", topics[i].topic)) {
			topics[i].print(tool);
			return 0;
		}
	err("--help: '%s' is not man, json, md, bash, zsh or fish", what);
	return -EINVAL;
}
