// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* What corekit says of all its tools: lists, its manual page, completions of the words after "corekit". */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "lib/doc.h"
#include "lib/lib.h"

struct place {
	const struct tool *tool;
	char domain[64];
};

static struct place *places;
static size_t n_places;

static int by_domain(const void *a, const void *b)
{
	const struct place *x = a, *y = b;

	return strcmp(x->domain, y->domain) ?: strcmp(x->tool->name, y->tool->name);
}

static int find_places(void)
{
	size_t n = __stop_tools - __start_tools;

	places = malloc(n * sizeof(*places));
	if (!places)
		return -ENOMEM;
	for (n_places = 0; n_places < n; n_places++) {
		places[n_places].tool = __start_tools[n_places];
		tool_domain(__start_tools[n_places], places[n_places].domain, sizeof(places->domain));
	}
	qsort(places, n, sizeof(*places), by_domain);
	return 0;
}

/* Is it the first of its domain? */
static bool begins(const struct place *p)
{
	return p == places || strcmp(p->domain, p[-1].domain);
}

#define EACH_PLACE(p) for (const struct place *p = places; p < places + n_places; p++)
#define EACH_ALIAS(a, p) for (const struct alias *a = (p)->tool->aliases; a && a->name; a++)

static void trial_words(const char *trial)
{
	printf(",\"args\":[\"");
	for (; *trial; trial++)
		if (*trial == '\t')
			printf("\",\"");
		else
			putchar(*trial);
	printf("\"]");
}

static void json(void)
{
	EACH_PLACE(p) {
		printf("{\"domain\":\"%s\",\"name\":\"%s\",\"summary\":", p->domain, p->tool->name);
		json_text(p->tool->summary);
		if (p->tool->trial)
			trial_words(p->tool->trial);
		printf("}\n");
	}
}

static void markdown(void)
{
	printf("| domain | tool | what it shows |\n|---|---|---|\n");
	EACH_PLACE(p) {
		printf("| %s | `%s`", p->domain, p->tool->name);
		EACH_ALIAS(a, p)
			printf(", `%s`", a->name);
		printf(" | %s |\n", p->tool->summary);
	}
}

static void text(void)
{
	printf("usage: corekit TOOL [OPTION]...    (corekit TOOL --help)\n       corekit doctor [--json] [TOOL...]     "
	       "what works on this machine\n");
	EACH_PLACE(p) {
		if (begins(p))
			printf("\n%s\n", p->domain);
		printf("  %-16s %s\n", p->tool->name, p->tool->summary);
		EACH_ALIAS(a, p)
			printf("  %-16s %s %s\n", a->name, p->tool->name, a->option ?: "");
	}
}

static void man(void)
{
	printf(".\\\" SPDX-License-" "Identifier: GPL-2.0-only OR BSD-2-Clause\n"
	       ".TH COREKIT 8 \"%s\" \"corekit %s\" \"System Administration\"\n"
	       ".SH NAME\ncorekit \\- tools that tell what a Linux machine is doing, by eBPF\n.SH SYNOPSIS\n"
	       "\\fBcorekit\\fR [\\fB\\-\\-json\\fR]\n.br\n\\fBcorekit\\fR \\fITOOL\\fR [\\fIOPTION\\fR]...\n.br\n"
	       "\\fBcorekit doctor\\fR [\\fB\\-\\-json\\fR] [\\fITOOL\\fR]...\n", RELEASED, VERSION);
	roff_section("DESCRIPTION",
		     "One program with all the tools. The first word names one; under a tool's own name, as a link or a copy, it "
		     "is that tool. Without a word it lists them.\n"
		     "doctor tells of this kernel and of each tool, or those named, whether it runs here, and if not, which hook "
		     "is missing and why.");
	printf(".SH TOOLS\n");
	EACH_PLACE(p) {
		if (begins(p))
			printf(".SS %s\n", p->domain);
		printf(".TP\n.BR %s (8)", p->tool->name);
		EACH_ALIAS(a, p)
			printf(" , \" %s\"", a->name);
		printf("\n");
		roff(p->tool->summary);
		printf("\n");
	}
	printf(".SH EXIT STATUS\nThat of the tool. 0: fine. 1: it failed. 2: it was called wrongly. 3: this kernel or this user "
	       "can't.\n4: with \\fB\\-\\-strict\\fR, something was lost.\n");
}

/* A tool's own completion is asked of it when its name has been typed. */
static void bash(void)
{
	printf("# bash completion for corekit, made by corekit --help=bash\n_corekit() {\n"
	       "\tlocal tool=${COMP_WORDS[1]}\n\tif [[ $COMP_CWORD == 1 ]]; then\n"
	       "\t\tCOMPREPLY=($(compgen -W \"doctor");
	EACH_PLACE(p)
		printf(" %s", p->tool->name);
	printf("\" -- \"$tool\"))\n\t\treturn\n\tfi\n"
	       "\tdeclare -F \"_$tool\" >/dev/null || eval \"$(corekit \"$tool\" --help=bash 2>/dev/null)\"\n"
	       "\tif declare -F \"_$tool\" >/dev/null; then \"_$tool\"; fi\n}\ncomplete -F _corekit corekit\n");
}

static void zsh(void)
{
	printf("#compdef corekit\nlocal -a tools\ntools=(\n\t'doctor:what works on this machine'\n");
	EACH_PLACE(p) {
		printf("\t'%s:", p->tool->name);
		for (const char *s = p->tool->summary; *s; s++)
			printf(*s == '\'' ? "'\\''" : "%c", *s);
		printf("'\n");
	}
	printf(")\nif (( CURRENT == 2 )); then\n\t_describe tool tools\nelse\n"
	       "\tshift words\n\t(( CURRENT-- ))\n\teval \"$(corekit $words[1] --help=zsh 2>/dev/null)\"\nfi\n");
}

static void fish(void)
{
	printf("complete -c corekit -n __fish_use_subcommand -f -a doctor -d 'what works on this machine'\n");
	EACH_PLACE(p) {
		printf("complete -c corekit -n __fish_use_subcommand -f -a %s -d '", p->tool->name);
		for (const char *s = p->tool->summary; *s; s++)
			printf(*s == '\'' ? "\\'" : "%c", *s);
		printf("'\n");
	}
	EACH_PLACE(p)
		printf("complete -c corekit -n '__fish_seen_subcommand_from %s' -w %s\n", p->tool->name, p->tool->name);
}

int doc_list(const char *what)
{
	static const struct {
		const char *topic;
		void (*print)(void);
	} topics[] = { { "text", text }, { "json", json }, { "md", markdown }, { "man", man }, { "bash", bash }, { "zsh", zsh },
		       { "fish", fish } };
	int ret = find_places();

	if (ret)
		return ret;
	ret = -EINVAL;
	for (unsigned int i = 0; i < sizeof(topics) / sizeof(*topics); i++)
		if (!strcmp(what, topics[i].topic)) {
			topics[i].print();
			ret = 0;
		}
	if (ret)
		err("--help: '%s' is not man, json, md, bash, zsh or fish", what);
	free(places);
	return ret;
}
