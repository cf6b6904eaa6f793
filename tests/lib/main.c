// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* truth [--list] [-v] [WORD…]: runs the tests that it is linked with. */
#include <libgen.h>
#include <limits.h>
#include "test.h"
#include "inside.h"

/* The library that unit tests link goes through this section; here it holds no tool but what they add. */
__asm__(".pushsection tools, \"aw\"\n.popsection\n");

extern const struct test *const __start_tests[], *const __stop_tests[];

static const char usage[] = "Usage: truth [--list] [-v] [WORD]...\n"
			    "\n"
			    "Runs tests, each in a process of its own. A WORD chooses: DOMAIN, DOMAIN/NAME (a file\n"
			    "of tests), NAME (all that concerns a tool), unit, generic, truth (neither of both), all.\n"
			    "Without one, all of them.\n"
			    "\n"
			    "  --list  print their names only\n"
			    "  -v      show what passed tests print, too\n"
			    "\n"
			    "COREKIT     the program under test, build/bin/corekit if unset\n"
			    "TEST_SLOW   multiplies every deadline, for emulated machines\n";

const struct listed *the_tool;
static char **words;

/* tests/DOMAIN/NAME.c, however the compiler was told its path */
static char *place(const struct test *test)
{
	char *path = strdup(test->file), *name = basename(path), *dot = strrchr(name, '.'), *domain;

	if (dot)
		*dot = 0;
	name = strdup(name);
	domain = basename(dirname(path));
	return (char *)text("%s/%s", domain, name);
}

static int by_place(const void *a, const void *b)
{
	const struct test *x = *(const struct test **)a, *y = *(const struct test **)b;
	const char *p = place(x), *q = place(y);
	int u = strncmp(p, "unit/", 5) != 0, v = strncmp(q, "unit/", 5) != 0;
	int g = strncmp(p, "generic/", 8) != 0, h = strncmp(q, "generic/", 8) != 0;

	if (u != v)
		return u - v;
	if (g != h)
		return g - h;
	return strcmp(p, q) ?: x->line - y->line;
}

static bool chosen(const struct test *test)
{
	char *where = place(test), *domain = strdup(where);
	const char *subject = test->each_tool ? the_tool->name : test->subject;
	bool yes = !*words;

	*strchr(domain, '/') = 0;
	for (char **word = words; *word; word++)
		yes |= !strcmp(*word, "all") || !strcmp(*word, where) || !strcmp(*word, domain) ||
		       !strcmp(*word, subject) ||
		       (!strcmp(*word, "truth") && strcmp(domain, "unit") && strcmp(domain, "generic"));
	free(domain);
	return yes;
}

/* Whether words like file/opensnoop and unit leave any need to ask corekit for its tools. */
static bool may_be_chosen(const struct test *test)
{
	const char *where = place(test);
	bool yes = !*words;

	for (char **word = words; *word; word++)
		yes |= !strcmp(*word, where) ||
		       (!strchr(*word, '/') && strcmp(*word, "unit") && strcmp(*word, "truth"));
	return yes;
}

static void indent(const char *output)
{
	int shown = 0;

	for (const char *end; *output; output = end) {
		/* Who fails in a loop has said enough. */
		if (shown++ == 60) {
			printf("     | …\n");
			return;
		}
		end = strchr(output, '\n');
		end = end ? end + 1 : output + strlen(output);
		printf("     | %.*s%s", (int)(end - output), output, end[-1] == '\n' ? "" : "\n");
	}
}

static enum result one(const struct test *test, bool verbose)
{
	static const char *const says[] = {"ok  ", "FAIL", "skip"};
	const char *subject = test->each_tool ? the_tool->name : test->subject;
	struct outcome outcome = test_run(test);

	if (verbose || outcome.result == FAILED || (outcome.result == SKIPPED && outcome.output[0]))
		indent(outcome.output);
	printf("%s %s: %s", says[outcome.result], subject, test->what);
	if (outcome.result == SKIPPED)
		printf("  # %s\n", outcome.reason);
	else
		printf("  (%.2f s)\n", outcome.seconds);
	fflush(stdout);
	free(outcome.output);
	free(outcome.reason);
	return outcome.result;
}

static struct listed *found;
static size_t found_count;

static void find_tools(void)
{
	found = tools_listed(&found_count);
}

static void tool_must_be_listed(void)
{
	REQUIRE(tools_listed(&found_count) && found_count > 0);
}

/* Nothing here is freed: a test ends with its process, and the runner lives no longer than its list. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
	return "detect_leaks=0";
}

int main(int argc, char **argv)
{
	static const struct test listing = {__FILE__, "corekit", "lists its tools", __LINE__, 0, tool_must_be_listed,
					    0};
	size_t count = __stop_tests - __start_tests, totals[3] = {0};
	const struct test **tests = malloc((count + 1) * sizeof(*tests));
	bool list = false, verbose = false, any = false, asked = false;
	char path[PATH_MAX];

	for (words = argv + 1; *words && **words == '-'; words++) {
		list |= !strcmp(*words, "--list");
		verbose |= !strcmp(*words, "-v");
		if (!strcmp(*words, "--help"))
			return fputs(usage, stdout) < 0;
		if (strcmp(*words, "--list") && strcmp(*words, "-v"))
			return fprintf(stderr, "truth: unknown option %s: see --help\n", *words), 2;
	}
	(void)argc;
	corekit_path = getenv("COREKIT") ?: "build/bin/corekit";
	if (realpath(corekit_path, path))
		corekit_path = path;
	needs_remember();
	memcpy(tests, __start_tests, count * sizeof(*tests));
	qsort(tests, count, sizeof(*tests), by_place);

	for (size_t i = 0; i < count; i++) {
		static struct listed none = {"", "", "", {0}, false};

		the_tool = &none;
		if (tests[i]->each_tool && !may_be_chosen(tests[i]))
			continue;
		if (tests[i]->each_tool && !asked) {
			asked = true;
			/* Asked in a test first: a corekit that hangs or fails must not take this program along. */
			if (test_run(&listing).result == PASSED)
				find_tools();
			else if (!list)
				any = true, totals[one(&listing, verbose)]++;
		}
		for (size_t t = 0; t < (tests[i]->each_tool ? found_count : 1); t++) {
			if (tests[i]->each_tool)
				the_tool = found + t;
			if (!chosen(tests[i]) || (tests[i]->traces && !the_tool->traces))
				continue;
			any = true;
			if (list)
				printf("%s %s: %s\n", place(tests[i]),
				       tests[i]->each_tool ? the_tool->name : tests[i]->subject, tests[i]->what);
			else
				totals[one(tests[i], verbose)]++;
		}
	}
	if (!any)
		return fprintf(stderr, "truth: no such test; see --list\n"), 2;
	if (!list)
		printf("%zu passed, %zu failed, %zu skipped\n", totals[PASSED], totals[FAILED], totals[SKIPPED]);
	return totals[FAILED] > 0;
}
