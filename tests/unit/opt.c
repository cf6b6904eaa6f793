// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* user/lib/opt.c: from words to values. What it took is kept for the whole of a run, so each case has a process. */
#include <sys/wait.h>
#include "unit.h"

/* What a skeleton would have. */
struct unit_bpf__rodata {
	bool flag;
	__u32 number;
	__u64 large, size, time, fine, unit;
	char chars[8];
};

static int parse_three(struct run *run, const char *arg, void *to)
{
	(void)run;
	if (strcmp(arg, "three"))
		return -EINVAL;
	*(__u32 *)to = 3;
	return 0;
}

#define UNIT struct unit_bpf__rodata

static const struct opt own[] = {
	OPT('A', "flag", NULL, unit, flag, "a switch"),
	OPT('B', "number", "N", unit, number, "a number", .min = 5, .max = 100),
	OPT('C', "large", "N", unit, large, "any number"),
	OPT('D', "size", "SIZE", unit, size, "a size", .unit = UNIT_SIZE),
	OPT_TIME('E', "lasts", "TIME", unit, time, MSEC, "a time, in ms"),
	OPT_TIME('F', "fine", "TIME", unit, fine, NSEC, "a time, in ns"),
	OPT('G', "chars", "TEXT", unit, chars, "up to seven characters"),
	OPT_UNIT('H', "micro", unit, unit, USEC, "a switch for a number"),
	OPT('I', "three", "THREE", unit, number, "parsed by the tool", .parse = parse_three),
	OPT(0, "longer-only", NULL, unit, flag, "without a letter"),
	OPT_SHOW('K', "show", "comm", "a column"),
	{},
};

static void *no_object(const struct bpf_object_open_opts *opts)
{
	(void)opts;
	return NULL;
}

static struct parsed {
	int ret;
	struct run run;
	UNIT rodata;
	bool shows_comm, shows_time;
	char err[1024], out[256];
} *result;

/* The tool's kind: nothing at all, events, or a table with rows. */
enum kind { EVENTS, TABLE, PLAIN };

static void parse_here(enum kind kind, char **argv)
{
	static struct tool tool = {.name = "unit", .opts = own};
	int argc = 0, err = memfd_create("stderr", 0), out = memfd_create("stdout", 0);

	REQUIRE(dup2(err, 2) == 2 && dup2(out, 1) == 1);
	while (argv[argc])
		argc++;
	tool.open = kind == PLAIN ? NULL : no_object;
	if (kind == TABLE)
		tool.table = (struct table){.map = "map", .sort = "comm"};
	result->run = (struct run){.tool = &tool, .table = &tool.table, .ready_fd = -1, .rodata = &result->rodata};
	result->ret = opt_parse(&result->run, argc, argv);
	if (!result->ret)
		result->ret = opt_apply(&result->run);
	result->shows_comm = opt_shows("comm");
	result->shows_time = opt_shows("time");
	fflush(stdout);
	REQUIRE(pread(err, result->err, sizeof(result->err) - 1, 0) >= 0);
	REQUIRE(pread(out, result->out, sizeof(result->out) - 1, 0) >= 0);
}

static int parse_argv(enum kind kind, const char *const *words)
{
	char *argv[256] = {"unit"};
	int argc = 1, status;
	pid_t pid;

	if (!result)
		result = mmap(NULL, sizeof(*result), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	REQUIRE(result != MAP_FAILED);
	memset(result, 0, sizeof(*result));
	while (*words && argc < 255)
		argv[argc++] = strdup(*words++);
	fflush(NULL);
	pid = fork();
	if (!pid) {
		parse_here(kind, argv);
		_exit(0);
	}
	REQUIRE(waitpid(pid, &status, 0) == pid);
	if (status)
		FAIL("parsing died: status %d: %s", status, result->err);
	return result->ret;
}

#define parse(kind, ...) parse_argv(kind, ARGV(__VA_ARGS__))

/* Refused: with one line that begins with the option or has it. */
static bool refused_argv(enum kind kind, const char *const *words)
{
	bool good = CHECK_EQ(parse_argv(kind, words), -EINVAL) && CHECK_EQ(lines(result->err), 1) &&
		    CHECK_STR(result->out, "");

	if (!good)
		for (fprintf(stderr, "  with"); *words; words++)
			fprintf(stderr, " '%s'%s", *words, words[1] ? "" : ":\n  ");
	return good;
}

#define refused(kind, ...) refused_argv(kind, ARGV(__VA_ARGS__))

static bool taken(const char *option, const char *value)
{
	if (!parse(EVENTS, option, value) && !*result->err)
		return true;
	FAIL("%s %s: %d, %s", option, value, result->ret, result->err);
	return false;
}

TEST(opt, "numbers: decimal or 0x, whole, without a sign, within the option's range")
{
	static const struct {
		const char *option, *value;
		__u64 want;
	} good[] = {
		{"-B", "5", 5},	      {"-B", "100", 100},	   {"-B", "0x10", 16},	{"-B", "0X1f", 31},
		{"-B", "0064", 64},   {"-C", "0", 0},		   {"-C", "010", 10},	{"-C", "18446744073709551615", UINT64_MAX},
		{"-C", "0xffffffffffffffff", UINT64_MAX},	   {"-C", "9007199254740993", 9007199254740993},
	};
	static const char *const bad[][2] = {
		{"-B", "4"},	 {"-B", "101"},	     {"-B", "0"},	{"-B", "4294967301"}, {"-B", ""},
		{"-B", " 7"},	 {"-B", "7 "},	     {"-B", "+7"},	{"-B", "-7"},	      {"-B", "7x"},
		{"-B", "0x"},	 {"-B", "x7"},	     {"-B", "0x10x"},	{"-B", "7.5"},	      {"-B", "7.0"},
		{"-B", "1e1"},	 {"-B", "0x1p4"},    {"-B", "7k"},	{"-B", "7s"},	      {"-B", "inf"},
		{"-B", "nan"},	 {"-B", "infinity"}, {"-C", "-1"},	{"-C", "0xg"},
		{"-C", "18446744073709551616"},	     {"-C", "99999999999999999999999999999"},
		{"-C", "0x10000000000000000"},	     {"-C", "1 2"},	{"-C", "1,2"},	      {"-C", "one"},
		{"-C", "\xd9\xa1"},
	};

	for (size_t i = 0; i < COUNT(good); i++)
		if (taken(good[i].option, good[i].value) &&
		    (good[i].option[1] == 'B' ? result->rodata.number : result->rodata.large) != good[i].want)
			FAIL("%s is %u, %llu", good[i].value, result->rodata.number, result->rodata.large);
	for (size_t i = 0; i < COUNT(bad); i++)
		refused(EVENTS, bad[i][0], bad[i][1]);
}

TEST(opt, "times: ns, us, ms, s, m and h, with fractions; a bare number is in the option's unit")
{
	static const struct {
		const char *value;
		__u64 ns;
	} good[] = {
		{"10ms", 10 * MSEC}, {"10", 10 * MSEC},	  {"1.5s", 1500 * MSEC}, {"0.5", USEC * 500},   {"1us", USEC},
		{"7ns", 7},	     {"2m", 120 * SEC_},  {"1h", 3600 * SEC_},   {"0.001s", MSEC},	{"1e3ms", SEC_},
		{"010ms", 10 * MSEC}, {"0", 0},		  {"0s", 0},		 {"100000h", 360000000 * SEC_},
	};
	static const char *const bad[] = {"",	  "s",	 "ms",	 "10x",	 "10 ms", "10msx", "-1ms", "+1ms", "1d",  "1parsec", "1MS",
					  "1S",	  "1k",	 "1.5.5s", ".5s", "inf",  "infs",  "nan",	 "1e",	 "1e400s", "99999999999999999999999",
					  "1e30", "18446744073709551616ns", "6000000h"};

	for (size_t i = 0; i < COUNT(good); i++)
		if (taken("-E", good[i].value))
			CHECK_EQ(result->rodata.time, good[i].ns);
	for (size_t i = 0; i < COUNT(bad); i++)
		refused(EVENTS, "-E", bad[i]);
	/* a bare number in ns is exact, where a double is not */
	if (taken("-F", "9007199254740993"))
		CHECK_EQ(result->rodata.fine, 9007199254740993);
	if (taken("-F", "1.5ms"))
		CHECK_EQ(result->rodata.fine, 1500000);
	/* the shared ones are in seconds */
	if (taken("-d", "10"))
		CHECK_EQ(result->run.duration, 10 * SEC_);
	if (taken("-d", "500ms"))
		CHECK_EQ(result->run.duration, 500 * MSEC);
}

TEST(opt, "sizes: k, m and g in powers of 1024")
{
	static const struct {
		const char *value;
		__u64 bytes;
	} good[] = {{"4k", 4096}, {"4K", 4096}, {"1m", 1 << 20}, {"1M", 1 << 20}, {"3g", 3ULL << 30}, {"1.5k", 1536},
		    {"17", 17},	  {"0x1000", 4096}, {"0", 0}, {"0x10k", 16384}, {"010k", 10240}};
	static const char *const bad[] = {"", "k", "4kb", "4 k", "-4k", "4x", "4ms", "4s", "17179869185g", "1e30", "99999999999999999999k"};

	for (size_t i = 0; i < COUNT(good); i++)
		if (taken("-D", good[i].value))
			CHECK_EQ(result->rodata.size, good[i].bytes);
	for (size_t i = 0; i < COUNT(bad); i++)
		refused(EVENTS, "-D", bad[i]);
	/* the shared one has a range */
	CHECK(taken("-b", "4k"));
	CHECK(taken("-b", "1g"));
	refused(EVENTS, "-b", "4095");
	refused(EVENTS, "-b", "2g");
	refused(EVENTS, "-b", "0");
}

TEST(opt, "every kind of value reaches its place, and no other")
{
	UNIT none = {};

	CHECK_EQ(parse(EVENTS, NULL), 0);
	CHECK(!memcmp(&result->rodata, &none, sizeof(none)));
	CHECK(taken("-A", "-q") && result->rodata.flag && result->run.quiet);
	CHECK(taken("-G", "1234567") && !strcmp(result->rodata.chars, "1234567"));
	CHECK(taken("-G", "") && !*result->rodata.chars);
	refused(EVENTS, "-G", "12345678");
	CHECK(taken("-H", "-q") && result->rodata.unit == USEC);
	CHECK(taken("-I", "three") && result->rodata.number == 3);
	CHECK_EQ(parse(EVENTS, "-I", "four"), -EINVAL);
	CHECK(taken("--longer-only", "-v") && result->rodata.flag && result->run.verbose);
	CHECK(taken("-K", "-q") && result->shows_comm && !result->shows_time);
	CHECK(taken("--large=7", "--number=8") && result->rodata.large == 7 && result->rodata.number == 8);
	CHECK_EQ(parse(EVENTS, "-AqB9"), 0);
	CHECK(result->rodata.flag && result->run.quiet && result->rodata.number == 9);
}

TEST(opt, "the shared options have their values")
{
	CHECK(taken("-j", "-q") && result->run.format == OUT_JSON);
	CHECK(taken("-f", "csv") && result->run.format == OUT_CSV);
	CHECK(taken("-f", "text") && result->run.format == OUT_TEXT);
	refused(EVENTS, "-f", "xml");
	refused(EVENTS, "-f", "");
	refused(EVENTS, "-f", "JSON");
	CHECK(taken("-T", "-q") && result->shows_time);
	CHECK(taken("-Tiso", "-q") && result->shows_time);
	CHECK(taken("-Tnone", "-q") && !result->shows_time);
	refused(EVENTS, "-Tnonsense");
	refused(EVENTS, "--time=");
	CHECK(taken("--ready-fd", "0") && result->run.ready_fd == 0);
	refused(EVENTS, "--ready-fd", "-1");
	refused(EVENTS, "--ready-fd", "1048577");
	CHECK(taken("-N", "1") && result->run.count == 1);
	refused(EVENTS, "-N", "0");
	refused(EVENTS, "-d", "0");
	refused(EVENTS, "-d", "0ms");
	refused(EVENTS, "-d", "0.0000000001");
	CHECK(taken("--explain", "--strict") && result->run.explain && result->run.strict);
	CHECK(taken("-o", "pid") && !strcmp(result->run.columns, "pid"));
	CHECK_EQ(parse(TABLE, "-i", "2", "-r", "3", "--sort", "comm", "--max-entries", "9"), 0);
	CHECK_EQ(result->run.interval, 2 * SEC_);
	CHECK_EQ(result->run.rows, 3);
	CHECK_EQ(result->run.max_entries, 9);
	refused(TABLE, "-i", "0");
	refused(TABLE, "-i", "100us");
	refused(TABLE, "-r", "0");
	refused(TABLE, "--max-entries", "16777217");
	/* what makes no sense for a tool isn't there */
	refused(EVENTS, "-i", "1");
	refused(EVENTS, "--sort", "comm");
	refused(TABLE, "-b", "4k");
	refused(PLAIN, "-p", "1");
	refused(PLAIN, "--btf", "x");
}

TEST(opt, "an option is given once, by whatever name; unknown and ambiguous ones are named")
{
	refused(EVENTS, "-A", "-A");
	refused(EVENTS, "-A", "--flag");
	refused(EVENTS, "-AA");
	refused(EVENTS, "-B", "7", "--number=7");
	refused(EVENTS, "-d", "1", "-A", "-d", "1");
	refused(EVENTS, "-n", "a", "-n", "b");
	refused(EVENTS, "-p", "1", "--pid", "1");
	CHECK(refused(EVENTS, "--nonsense") && CHECK_HAS(result->err, "--nonsense: no such option"));
	CHECK(refused(EVENTS, "-q", "-Z") && CHECK_HAS(result->err, "-Z: no such option"));
	CHECK(refused(EVENTS, "--quiet", "-AZq") && CHECK_HAS(result->err, "-Z: no such option"));
	CHECK(refused(EVENTS, "--l") && CHECK_HAS(result->err, "--l:"));
	CHECK(refused(EVENTS, "--flag=yes") && CHECK_HAS(result->err, "--flag=yes: takes no value"));
	CHECK(refused(EVENTS, "--number") && CHECK_HAS(result->err, "--number: needs a value"));
	CHECK(refused(EVENTS, "-q", "-AB") && CHECK_HAS(result->err, "-B: needs a value"));
	CHECK(refused(EVENTS, "-\xff") && CHECK_HAS(result->err, "no such option"));
	CHECK(refused(EVENTS, "-:") && CHECK_HAS(result->err, "-:: no such option"));
	refused(EVENTS, "-");
	/* enough of a name will do */
	CHECK_EQ(parse(EVENTS, "--numb", "7"), 0);
	CHECK_EQ(result->rodata.number, 7);
	CHECK_EQ(parse(EVENTS, "--lon"), 0);
	CHECK(result->rodata.flag);
}

TEST(opt, "INTERVAL and COUNT stand anywhere, for tools that have an interval")
{
	CHECK_EQ(parse(TABLE, "5"), 0);
	CHECK_EQ(result->run.interval, 5 * SEC_);
	CHECK_EQ(result->run.count, 0);
	CHECK_EQ(parse(TABLE, "500ms", "3"), 0);
	CHECK_EQ(result->run.interval, 500 * MSEC);
	CHECK_EQ(result->run.count, 3);
	CHECK_EQ(parse(TABLE, "2", "-A", "4", "-q"), 0);
	CHECK_EQ(result->run.interval, 2 * SEC_);
	CHECK_EQ(result->run.count, 4);
	CHECK(result->rodata.flag && result->run.quiet);
	refused(TABLE, "1", "2", "3");
	refused(TABLE, "x");
	refused(TABLE, "");
	refused(TABLE, "0");
	refused(TABLE, "1", "0");
	refused(TABLE, "1", "x");
	refused(TABLE, "-i", "1", "1");
	refused(TABLE, "1", "1", "-N", "1");
	CHECK(refused(EVENTS, "5") && CHECK_HAS(result->err, "'5'"));
	refused(PLAIN, "5");
}

TEST(opt, "a hundred arguments are refused as one is")
{
	const char *words[101] = {NULL};

	for (int i = 0; i < 100; i++)
		words[i] = "7";
	refused_argv(EVENTS, words);
	CHECK_HAS(result->err, "'7': an argument that means nothing here");
	refused_argv(TABLE, words);
	CHECK_HAS(result->err, "'7': an argument that means nothing here");
}

TEST(opt, "what stands after -- is the command, whatever it looks like")
{
	CHECK_EQ(parse(EVENTS, "-A", "--", "ls", "-d", "--nonsense", "--", "x"), 0);
	CHECK(result->rodata.flag);
	CHECK_EQ(result->run.duration, 0);
	CHECK(result->run.command != NULL);
	CHECK_EQ(parse(TABLE, "3", "--", "5"), 0);
	CHECK_EQ(result->run.interval, 3 * SEC_);
	CHECK_EQ(parse(EVENTS, "-A"), 0);
	CHECK(result->run.command == NULL);
	CHECK(refused(EVENTS, "--") && CHECK_HAS(result->err, "--: "));
	refused(EVENTS, "-A", "--");
	/* a tool without programs attaches nothing that a command could wait for */
	refused(PLAIN, "--", "ls");
}

TEST(opt, "help and version are printed, and end it")
{
	CHECK_EQ(parse(EVENTS, "--version"), 1);
	CHECK_STR(result->out, "unit (corekit) " VERSION "\n");
	CHECK_EQ(parse(EVENTS, "-V", "-A"), 1);
	refused(EVENTS, "--version", "--nonsense");
	refused(EVENTS, "--help=nonsense");
}

TEST(opt, "lists of ids: each is checked, none may be empty")
{
	const char *me = text("%d", getpid());

	CHECK_EQ(parse(EVENTS, "-p", me), 0);
	CHECK_EQ(parse(EVENTS, "-p", text("1,%s", me)), 0);
	CHECK_EQ(parse(EVENTS, "-t", me), 0);
	CHECK_EQ(parse(EVENTS, "-u", "0,12345,4294967294"), 0);
	CHECK_EQ(parse(EVENTS, "--follow", me), 0);
	refused(EVENTS, "-p", "");
	refused(EVENTS, "-p", ",");
	refused(EVENTS, "-p", "1,");
	refused(EVENTS, "-p", ",1");
	refused(EVENTS, "-p", "1,,1");
	refused(EVENTS, "-p", "0");
	refused(EVENTS, "-p", "-1");
	refused(EVENTS, "-p", "1.5");
	refused(EVENTS, "-p", "1e0");
	refused(EVENTS, "-p", "4194305");
	refused(EVENTS, "-p", "self");
	refused(EVENTS, "-u", "");
	refused(EVENTS, "-u", "4294967296");
	refused(EVENTS, "-u", "1x");
	refused(EVENTS, "-u", "no-such-user");
	refused(EVENTS, "--follow", "0");
	refused(EVENTS, "--follow", "4194304");
	refused(EVENTS, "-n", "");
	refused(EVENTS, "--container", "");
	refused(EVENTS, "-c", "");
	for (int i = 0; i < 3; i++) {
		const char *name = ((const char *[]){"--mntns", "--netns", "--pidns"})[i];

		CHECK_EQ(parse(EVENTS, name, me), 0);
		refused(EVENTS, name, "");
		refused(EVENTS, name, "x");
		refused(EVENTS, name, "-1");
		refused(EVENTS, name, "4194305");
		refused(EVENTS, name, "99999999999999999999");
		/* as lsns prints it, the first namespaces' too */
		CHECK_EQ(parse(EVENTS, name, "4026531836"), 0);
		CHECK_EQ(parse(EVENTS, name, "4026531832"), 0);
	}
}
