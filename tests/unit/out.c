// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* user/lib/out.c: numbers, bytes of any kind, and columns in text, JSON and CSV. */
#include <iconv.h>
#include "unit.h"

/* --- Numbers, against printf --- */

static const __u64 extremes[] = {0,	    1,	       9,	   10,	      99,	  100,
				 UINT32_MAX, INT32_MAX, INT64_MAX,  INT64_MIN, UINT64_MAX, UINT64_MAX - 1};

static __u64 nth_number(unsigned int i)
{
	return i < COUNT(extremes) ? extremes[i] : any_size();
}

TEST(out, "numbers are what printf makes of them")
{
	struct out *out = out_to(OUT_TEXT, NULL, NULL);

	for (int i = 0; i < 20000; i++) {
		__u64 n = nth_number(i);
		char want[64];

		out_u64(out, n);
		out_str(out, " ");
		out_s64(out, n);
		snprintf(want, sizeof(want), "%llu %lld", n, (long long)n);
		if (!CHECK_STR(written(), want))
			return;
	}
}

TEST(out, "fractions are rounded down, and have as many decimals as were asked for")
{
	struct out *out = out_to(OUT_TEXT, NULL, NULL);
	static const struct {
		__u32 divide, unit; /* unit: that the last decimal counts */
		int decimals;
	} kinds[] = {{1000, 1, 3},	     {1000, 100, 1},	       {1000000, 1000, 3},   {1000000000, 1000, 6},
		     {1000000000, 1, 9}, {1000000000, 100000000, 1}, {1, 1, 0}, {1000, 1000, 0}};

	for (int i = 0; i < 20000; i++) {
		__u64 n = nth_number(i);
		int k = any() % COUNT(kinds);
		char want[64];
		int at = sprintf(want, "%llu", n / kinds[k].divide);

		if (kinds[k].decimals)
			sprintf(want + at, ".%0*llu", kinds[k].decimals, n % kinds[k].divide / kinds[k].unit);
		out_fixed(out, n, kinds[k].divide, kinds[k].decimals);
		if (!CHECK_STR(written(), want))
			return;
	}
	out_fixed(out, 1999999999, 1000000000, 6);
	CHECK_STR(written(), "1.999999");
	out_fixed(out, 7, 10, 3);
	CHECK_STR(written(), "0.700");
	out_fixed(out, UINT64_MAX, 1000000000, 9);
	CHECK_STR(written(), "18446744073.709551615");
}

/* --- Bytes --- */

static struct {
	const char *bytes;
	size_t size;
} cell;

static void show_cell(struct out *out, const struct column *c, const void *row)
{
	(void)c, (void)row;
	out_bytes(out, cell.bytes, cell.size);
}

static const struct column one[] = {COL_OWN("cell", show_cell, 0, "bytes"), {}};

/* Independent of our own decoder: the C library's. */
static bool is_utf8(const char *s, size_t n)
{
	static iconv_t to = (iconv_t)-1;
	size_t room = 4 * n + 4, left = n;
	char *from = (char *)s, *wide = malloc(room), *at = wide;
	bool is;

	if (to == (iconv_t)-1)
		to = iconv_open("UCS-4", "UTF-8");
	REQUIRE(to != (iconv_t)-1);
	is = iconv(to, &from, &left, &at, &room) != (size_t)-1 && !left;
	iconv(to, NULL, NULL, NULL, NULL);
	free(wide);
	return is;
}

/* Nothing that moves a cursor, ends a line or turns the direction of what is read. */
static bool is_harmless(const char *s, size_t n)
{
	const unsigned char *u = (const unsigned char *)s;

	if (!is_utf8(s, n))
		return false;
	for (size_t i = 0; i < n; i++) {
		if (u[i] < 0x20 || u[i] == 0x7f || (u[i] == 0xc2 && u[i + 1] < 0xa0))
			return false;
		if (u[i] == 0xe2 && ((u[i + 1] == 0x80 && u[i + 2] >= 0xa8 && u[i + 2] <= 0xae) ||
				     (u[i + 1] == 0x81 && u[i + 2] >= 0xa6 && u[i + 2] <= 0xa9)))
			return false;
	}
	return true;
}

static int hex(char c)
{
	return c >= 'a' ? c - 'a' + 10 : c - '0';
}

/* \n \r \t \\ and \xNN, as the manual of the text form has them. */
static size_t unescape(char *s, size_t n)
{
	size_t to = 0;

	for (size_t i = 0; i < n; i++) {
		if (s[i] != '\\') {
			s[to++] = s[i];
		} else if (s[i + 1] == 'x') {
			s[to++] = hex(s[i + 2]) << 4 | hex(s[i + 3]);
			i += 3;
		} else {
			i++;
			s[to++] = s[i] == 'n' ? '\n' : s[i] == 't' ? '\t' : s[i] == 'r' ? '\r' : s[i];
		}
	}
	return to;
}

/* One quoted or plain field up to the end of the line. */
static size_t csv_field(char *s, size_t n)
{
	size_t to = 0;

	if (!n || *s != '"') {
		if (memchr(s, ',', n) || memchr(s, '"', n))
			FAIL("a comma or quote outside of quotes: %s", s);
		return n;
	}
	for (size_t i = 1; i < n - 1; i++) {
		if (s[i] == '"' && s[++i] != '"')
			FAIL("a lone quote inside of quotes: %s", s);
		s[to++] = s[i];
	}
	return to;
}

static bool came_back(const char *got, size_t n, const char *form)
{
	if (n == cell.size && !memcmp(got, cell.bytes, n))
		return true;
	FAIL("%s: %zu bytes came back as %zu", form, cell.size, n);
	for (size_t i = 0; i < cell.size && i < 100; i++)
		fprintf(stderr, "%02x ", (unsigned char)cell.bytes[i]);
	fprintf(stderr, "\n");
	return false;
}

static bool round_trip(const char *bytes, size_t size)
{
	char *text, *all;
	struct job job = {.name = "unit", .json = true};
	size_t n, at = 0;
	json_t *row;
	bool good;

	cell.bytes = bytes;
	cell.size = size;

	out_to(OUT_JSON, one, NULL);
	out_row(&unit_run, NULL);
	job.out = written_size(&job.out_length);
	good = CHECK(is_utf8(job.out, job.out_length)) && CHECK_EQ(lines(job.out), 1);
	row = row_next(&job, &at, NULL);
	REQUIRE(row && json_is_string(json_object_get(row, "cell")));
	good &= came_back(json_string_value(json_object_get(row, "cell")),
			  json_string_length(json_object_get(row, "cell")), "JSON");
	json_decref(row);
	free(job.out);

	out_to(OUT_TEXT, one, NULL);
	out_row(&unit_run, NULL);
	all = text = written_size(&n);
	good &= CHECK(n && text[n - 1] == '\n') && CHECK(is_harmless(text, n - 1));
	good &= came_back(text, size ? unescape(text, n - 1) : 0, "text");
	if (!size)
		good &= CHECK_STR(text, "-\n");
	free(all);

	out_to(OUT_CSV, one, NULL);
	out_row(&unit_run, NULL);
	all = text = written_size(&n);
	good &= CHECK(n && text[n - 1] == '\n') && CHECK(is_harmless(text, n - 1));
	n = csv_field(text, n - 1);
	good &= came_back(*text == '"' && text[1] == '"' && n == 0 ? "" : text, unescape(text, n), "CSV");
	free(all);
	return good;
}

static const char *const hostile[] = {
	"",
	"plain",
	"a,b",
	"\"",
	"\"\"quoted\"\"",
	",\",",
	"new\nline\r\n",
	"tab\tbell\a\b\v\f\033[31m\x7f",
	"\\",
	"\\n\\x41\\udc80\\\\",
	"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\xf4\x8f\xbf\xbf", /* valid, up to U+10FFFF */
	"\xc2\x80\xc2\x85\xc2\x9b[31m\xc2\x9f\xc2\xa0",	      /* C1, and the first after it */
	"\xe2\x80\xa8\xe2\x80\xa9\xe2\x80\xaa\xe2\x80\xab\xe2\x80\xac\xe2\x80\xad\xe2\x80\xae\xe2\x80\xaf",
	"\xe2\x81\xa5\xe2\x81\xa6\xe2\x81\xa7\xe2\x81\xa8\xe2\x81\xa9\xe2\x81\xaa",
	"\x80",
	"\xbf\xbf",
	"\xc0\x80",
	"\xc1\xbf",
	"\xc3",
	"\xc3(",
	"\xe0\x80\x80",
	"\xe0\x9f\xbf",
	"\xe2\x82",
	"\xe2\x82(",
	"\xed\x9f\xbf",
	"\xed\xa0\x80",
	"\xed\xb2\x80",
	"\xed\xbf\xbf",
	"\xee\x80\x80",
	"\xf0\x80\x80\x80",
	"\xf0\x8f\xbf\xbf",
	"\xf0\x9f\x98",
	"\xf4\x90\x80\x80",
	"\xf5\x80\x80\x80",
	"\xf8\x88\x80\x80\x80",
	"\xfc\x84\x80\x80\x80\x80",
	"\xfe",
	"\xff\xff\xff",
	"a\xff,\"\n\xe2\x80\xae",
};

TEST(out, "bytes of any kind are harmless text, and come back from text, JSON and CSV")
{
	for (size_t i = 0; i < COUNT(hostile); i++)
		if (!round_trip(hostile[i], strlen(hostile[i])))
			fprintf(stderr, "  string %zu\n", i);
	CHECK(round_trip("\0nul\0", 5));
	/* each sequence of two bytes, and the first three of each character that could be one */
	for (int a = 0; a < 256; a++)
		for (int b = slow() > 1 ? 120 : 0; b < 256; b += slow() > 1 ? 3 : 1)
			if (!round_trip((char[]){a, b}, 2))
				return;
}

TEST(out, "random bytes come back as well", .timeout = 120)
{
	/* bytes that begin and continue characters, and those with a meaning of their own */
	static const unsigned char likely[] = "\x80\x9f\xa0\xa8\xae\xbf\xc2\xe0\xe2\xed\xf0\xf4\xff\\\"\n,ax";
	char bytes[80];

	for (int i = 0; i < (slow() > 1 ? 2000 : 20000); i++) {
		size_t n = any() % sizeof(bytes);

		for (size_t j = 0; j < n; j++)
			bytes[j] = any() & 1 ? any() : likely[any() % (sizeof(likely) - 1)];
		/* U+EE80 to U+EEFF stand for single bytes in the test library's own reader */
		for (size_t j = 0; j < n; j++)
			bytes[j] = (unsigned char)bytes[j] == 0xee ? 0xef : bytes[j];
		if (!round_trip(bytes, n))
			return;
	}
}

TEST(out, "the longest cells come whole, between others, in valid JSON and CSV", .timeout = 120)
{
	const size_t size = 32 << 10;
	char *bytes = malloc(size);

	memset(bytes, 'x', size);
	round_trip(bytes, size);
	memset(bytes, '"', size);
	round_trip(bytes, size);
	memset(bytes, 0xff, size);
	round_trip(bytes, size);
}

struct wide {
	__u32 before, after;
};

static void show_big(struct out *out, const struct column *c, const void *row)
{
	static char bytes[32 << 10];

	(void)c, (void)row;
	memset(bytes, 0xff, sizeof(bytes));
	out_bytes(out, bytes, sizeof(bytes));
}

static const struct column big[] = {
	COL("before", struct wide, before, 5, "a number"),
	COL_OWN("big", show_big, 0, "32 KiB that are no UTF-8"),
	COL("after", struct wide, after, 5, "a number"),
	{},
};

TEST(out, "rows larger than the buffer stay whole, wherever they begin in it")
{
	struct wide row = {1, 2};

	/* rows of 13 bytes wait until there are 64 KiB */
	for (int waiting = (64 << 10) - 400; waiting < 64 << 10; waiting += 13) {
		struct job job = {.name = "unit", .json = true};

		out_to(OUT_JSON, big, "before");
		for (int i = 0; i < waiting; i += 13)
			out_row(&unit_run, &row);
		out_to(OUT_JSON, big, NULL);
		out_row(&unit_run, &row);
		job.out = written_size(&job.out_length);
		tool_check_json(&job);
		CHECK_EQ(rows(&job, IS("before", 1), IS("after", 2)), 1);
		free(job.out);
	}
}

/* --- Columns --- */

struct row {
	__u64 ns;
	__s32 number;
	char name[16];
	char path[64];
};

static const struct column columns[] = {
	COL_AS(L_NSEC, "hidden", struct row, ns, 10, "ns", HIDDEN, .unit = "ms"),
	COL("name", struct row, name, -8, "a name"),
	COL("number", struct row, number, 6, "a number"),
	COL("blank", struct row, number, 4, "a number, if there is one", BLANK),
	COL("path", struct row, path, 0, "a path"),
	{},
};

static const char *printed(enum format format, const char *list, const struct row *row)
{
	out_to(format, columns, list);
	out_header(&unit_run);
	out_row(&unit_run, row);
	return written();
}

TEST(out, "the usual columns, those of -o in its order, and those of -o + in their place")
{
	const struct row row = {1234567, -5, "name", "/a path"};

	CHECK_STR(printed(OUT_TEXT, NULL, &row), "NAME     NUMBER BLANK PATH\nname         -5   -5 /a path\n");
	CHECK_STR(printed(OUT_TEXT, "number,name", &row), "NUMBER NAME\n    -5 name\n");
	CHECK_STR(printed(OUT_TEXT, "path", &row), "PATH\n/a path\n");
	CHECK_STR(printed(OUT_TEXT, "number,number,path,number", &row), "NUMBER PATH\n    -5 /a path\n");
	CHECK_STR(printed(OUT_TEXT, "+hidden", &row), "HIDDEN(ms) NAME     NUMBER BLANK PATH\n"
						    "     1.234 name         -5   -5 /a path\n");
	CHECK_STR(printed(OUT_TEXT, "+name", &row), printed(OUT_TEXT, NULL, &row));
	CHECK_STR(printed(OUT_CSV, "hidden,path", &row), "hidden_ns,path\n1.234,/a path\n");
	CHECK_STR(printed(OUT_JSON, "path,hidden", &row), "{\"path\":\"/a path\",\"hidden_ns\":1234567}\n");
	/* of an event, JSON has all columns; of a table, those that are shown */
	CHECK_STR(printed(OUT_JSON, NULL, &row),
		  "{\"hidden_ns\":1234567,\"name\":\"name\",\"number\":-5,\"blank\":-5,\"path\":\"/a path\"}\n");
	unit_tool.table.map = "map";
	CHECK_STR(printed(OUT_JSON, NULL, &row),
		  "{\"name\":\"name\",\"number\":-5,\"blank\":-5,\"path\":\"/a path\"}\n");
}

TEST(out, "what has no value is - in text, null in JSON and nothing in CSV")
{
	const struct row row = {0, 0, "", ""};

	CHECK_STR(printed(OUT_TEXT, NULL, &row), "NAME     NUMBER BLANK PATH\n-             0    - -\n");
	CHECK_STR(printed(OUT_JSON, "blank,path", &row), "{\"blank\":null,\"path\":\"\"}\n");
	CHECK_STR(printed(OUT_CSV, "number,blank,path", &row), "number,blank,path\n0,,\n");
}

TEST(out, "nothing is cut, and what isn't ASCII stays in its column")
{
	struct row row = {0, INT32_MIN, "longer than 8!", "p"};

	CHECK_STR(printed(OUT_TEXT, NULL, &row),
		  "NAME     NUMBER BLANK PATH\nlonger than 8! -2147483648 -2147483648 p\n");
	row = (struct row){0, 1, "\xc3\xa9t\xc3\xa9", "p"};
	CHECK_STR(printed(OUT_TEXT, "name,number", &row), "NAME     NUMBER\n\xc3\xa9t\xc3\xa9           1\n");
	/* a string that fills its member has no end of its own */
	memset(row.name, 'x', sizeof(row.name));
	CHECK_STR(printed(OUT_CSV, "name", &row), "name\nxxxxxxxxxxxxxxxx\n");
}

static int init(const char *list, const char *sort)
{
	unit_tool.columns = columns;
	unit_run = (struct run){.tool = &unit_tool, .table = &unit_tool.table, .columns = list, .sort = sort};
	return out_init(&unit_run);
}

TEST(out, "columns that aren't there are refused")
{
	CHECK_EQ(init("nonsense", NULL), -EINVAL);
	CHECK_EQ(init("name,nonsense", NULL), -EINVAL);
	CHECK_EQ(init("nam", NULL), -EINVAL);
	CHECK_EQ(init("names", NULL), -EINVAL);
	CHECK_EQ(init("name,,path", NULL), -EINVAL);
	CHECK_EQ(init(",name", NULL), -EINVAL);
	CHECK_EQ(init("", NULL), -EINVAL);
	CHECK_EQ(init("name,+path", NULL), -EINVAL);
	CHECK_EQ(init("+name,nonsense", NULL), -EINVAL);
	CHECK_EQ(init(NULL, "nonsense"), -EINVAL);
	CHECK_EQ(init("+hidden", "hidden"), 0);
}

TEST(out, "a reader that has gone is noticed, once, and nothing is written after")
{
	struct row row = {};
	int ends[2];

	out_to(OUT_TEXT, columns, NULL);
	CHECK(!out_closed());
	signal(SIGPIPE, SIG_IGN);
	REQUIRE(pipe(ends) == 0 && close(ends[0]) == 0 && dup2(ends[1], 1) == 1);
	for (int i = 0; i < 100000; i++)
		out_row(&unit_run, &row);
	out_flush();
	CHECK(out_closed());
	out_close();
	CHECK(!out_closed());
}
