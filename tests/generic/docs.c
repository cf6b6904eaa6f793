// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* What every tool says of itself, whether it can run here or not. */
#include <ctype.h>
#include "test.h"

#define tool(...) run("corekit", the_tool->name, ##__VA_ARGS__)

static bool here(const char *command)
{
	return run("sh", "-c", text("command -v %s", command))->status == 0;
}

/* Columns that a terminal would use: UTF-8 continuation bytes take none. */
static int widest(const char *text)
{
	int width = 0, widest = 0;

	for (; *text; text++) {
		if (*text == '\n')
			width = 0;
		else if (*text == '\t')
			width += 8 - width % 8;
		else if ((*text & 0xc0) != 0x80)
			width++;
		widest = width > widest ? width : widest;
	}
	return widest;
}

static void says(struct job *job)
{
	if (!CHECK_EQ(job->status, 0) || !CHECK(job->out_length > 0))
		fprintf(stderr, "%s", job->err);
	CHECK_STR(job->err, "");
}

/* Bad usage: status 2, nothing on stdout, one line that begins with the tool's name. */
static void refuses(struct job *job)
{
	CHECK_EQ(job->status, 2);
	CHECK_STR(job->out, "");
	if (!CHECK_EQ(lines(job->err), 1) ||
	    !CHECK(!strncmp(job->err, text("%s: ", the_tool->name), strlen(the_tool->name) + 2)))
		fprintf(stderr, "%s", job->err);
}

TEST_EACH_TOOL("--help tells what it does, with examples, in 80 columns")
{
	struct job *job = tool("--help");

	says(job);
	CHECK_HAS(job->out, the_tool->summary);
	CHECK_HAS(job->out, "xamples");
	CHECK_BETWEEN(20, widest(job->out), 80);
	CHECK_STR(tool("-h")->out, job->out);
}

TEST_EACH_TOOL("--help=man is a manual page that mandoc finds no fault with")
{
	struct job *job = tool("--help=man"), *lint;
	FILE *page;

	says(job);
	CHECK_HAS(job->out, ".TH");
	if (!here("mandoc"))
		return;
	page = fopen(tmp("page.8"), "w");
	REQUIRE(page && fputs(job->out, page) >= 0 && !fclose(page));
	lint = run("mandoc", "-T", "lint", "-W", "warning", tmp("page.8"));
	CHECK_STR(lint->out, "");
	CHECK_EQ(lint->status, 0);
}

TEST_EACH_TOOL("--help=json is a JSON Schema")
{
	struct job *job = tool("--help=json");
	json_error_t error;
	json_t *schema;

	says(job);
	schema = json_loads(job->out, JSON_REJECT_DUPLICATES, &error);
	if (!schema)
		FAIL("line %d: %s", error.line, error.text);
	CHECK_HAS(string(schema, "$schema"), "json-schema.org");
}

TEST_EACH_TOOL("--help prints completions for bash, zsh and fish, and Markdown")
{
	static const char *const shells[] = {"bash", "zsh", "fish"};

	for (int i = 0; i < 3; i++) {
		struct job *job = tool(text("--help=%s", shells[i]));
		FILE *script = fopen(tmp(shells[i]), "w");

		says(job);
		CHECK_HAS(job->out, the_tool->name);
		REQUIRE(script && fputs(job->out, script) >= 0 && !fclose(script));
		if (here(shells[i]))
			CHECK_STR(run(shells[i], "-n", tmp(shells[i]))->err, "");
	}
	says(tool("--help=md"));
	refuses(tool("--help=nonsense"));
}

TEST_EACH_TOOL("--version names the version")
{
	struct job *job = tool("--version");

	says(job);
	CHECK_EQ(lines(job->out), 1);
	CHECK(strpbrk(job->out, "0123456789") != NULL);
	CHECK_STR(tool("-V")->out, job->out);
}

TEST_EACH_TOOL("bad options are refused with status 2 and one line")
{
	static const char *const bad[][4] = {
		{"--no-such-option"},
		{"-f", "nonsense"},
		{"--json=yes"},
		{"--duration"},
		{"--duration", "nonsense"},
		{"--duration", "-1"},
		{"--duration", "1parsec"},
		{"--duration", "99999999999999999999999"},
		{"--duration", "1", "--duration", "2"},
		{"-d", "1", "-d", "1"},
		{"-o", "no_such_column"},
		{"-T", "nonsense"},
		{"-b", "0"},
		{"-b", "1e9g"},
		{"--ready-fd", "-1"},
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		struct job *job =
			job_run(NULL, ARGV("corekit", the_tool->name, bad[i][0], bad[i][1], bad[i][2], bad[i][3]));

		if (job->status != 2 || lines(job->err) != 1)
			fprintf(stderr, "with %s %s:\n", bad[i][0], bad[i][1] ?: "");
		refuses(job);
	}
}

/* A line of --help that begins with this letter or name: only what a tool has can be misused. */
static bool has_option(const char *option)
{
	const char *help = tool("--help")->out, *at = help;
	size_t length = strlen(option);

	while ((at = strstr(at, option))) {
		if (at > help && isspace(at[-1]) && !isalnum(at[length]) && at[length] != '-')
			return true;
		at += length;
	}
	return false;
}

TEST_EACH_TOOL("filters that can match nothing are refused with one line")
{
	static const char *const bad[][2] = {
		{"--pid", "4194305"},
		{"--pid", "0x"},
		{"--pid", "1,,2"},
		{"--tid", "-5"},
		{"--uid", "nobody-here"},
		{"--cgroup", "/nowhere/at/all"},
		{"--container", "no-such-container"},
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		struct job *job;

		if (!has_option(bad[i][0]))
			continue;
		job = run("corekit", the_tool->name, bad[i][0], bad[i][1]);
		if (!CHECK_BETWEEN(1, job->status, 2) || !CHECK_EQ(lines(job->err), 1) || !CHECK_STR(job->out, ""))
			fprintf(stderr, "with %s %s: %s", bad[i][0], bad[i][1], job->err);
	}
}
