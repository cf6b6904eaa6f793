// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Command lines: words with a NUL between them. The files are included, so that what they remember can be forgotten. */
#include "../../user/lib/filter.c"
#include "../../user/lib/opt.c"
#include "fuzz.h"

struct fuzz_bpf__rodata {
	bool flag;
	__u32 number;
	__u64 size, time;
	char chars[8];
};

static const struct opt own[] = {
	OPT('A', "flag", NULL, fuzz, flag, "a switch"),
	OPT('B', "number", "N", fuzz, number, "a number", .min = 5, .max = 100),
	OPT('D', "size", "SIZE", fuzz, size, "a size", .unit = UNIT_SIZE, .min = 1, .max = 1 << 30),
	OPT_TIME('E', "lasts", "TIME", fuzz, time, MSEC, "a time", .min = 1, .max = -1ULL),
	OPT('G', "chars", "TEXT", fuzz, chars, "up to seven characters"),
	OPT_SHOW('K', "show", "comm", "a column"),
	{},
};

static void *no_object(const struct bpf_object_open_opts *opts)
{
	return NULL;
}

static void forget(void)
{
	char *none[] = {"fuzz", NULL};

	/* getopt(3) may still stand within a word that is gone */
	optind = 0;
	getopt(1, none, "");
	n_seen = 0;
	wants_help = wants_version = false;
	n_keys = 0;
	while (n_cgroups)
		close(cgroups[--n_cgroups]);
	filters = 0;
	glob = NULL;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct tool tool = {
		.name = "fuzz", .file = "user/trace/fuzz.c", .summary = "s", .about = "a", .opts = own, .open = no_object};
	struct fuzz_bpf__rodata rodata = {.number = 5, .size = 1, .time = 1};
	struct run run = {.tool = &tool, .table = &tool.table, .ready_fd = -1, .rodata = &rodata};
	char *words, *argv[34] = {"fuzz"};
	int argc = 1;

	if (!size || size > 1000)
		return 0;
	words = malloc(size + 1);
	memcpy(words, data, size);
	words[size] = 0;
	tool.table = *data & 1 ? (struct table){.map = "map", .sort = "comm"} : (struct table){};
	for (char *word = words + 1; word < words + size && argc < 33; word += strlen(word) + 1)
		argv[argc++] = word;
	/* containers and cgroups are looked for in the file system, which takes long and tells nothing here */
	for (int i = 1; i < argc; i++)
		if (strstr(argv[i], "-c") || strstr(argv[i], "cgr"))
			argc = i;
	argv[argc] = NULL;
	if (!opt_parse(&run, argc, argv) && !opt_apply(&run)) {
		MUST(rodata.number >= 5 && rodata.number <= 100);
		MUST(rodata.size >= 1 && rodata.size <= 1 << 30);
		MUST(rodata.time >= 1);
		MUST(strnlen(rodata.chars, 8) < 8);
		MUST(run.format <= OUT_CSV && run.buffer <= 1ULL << 30);
	}
	forget();
	free(words);
	return 0;
}
