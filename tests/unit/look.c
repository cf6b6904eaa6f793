// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* user/lib/look.c: how values look. */
#include <time.h>
#include "lib/names.h"
#include "unit.h"

struct row {
	__u64 u64;
	__s64 s64;
	__u32 u32;
	__s32 s32;
};

/* One cell of a kind, in a format. */
static const char *look_of(enum format format, enum look look, __s64 value)
{
	static struct column columns[2];
	struct row row = {value, value, value, value};
	char *text;

	switch (look) {
	case L_FD:
	case L_ERRNO: columns[0] = (struct column)COL_AS(L_NUM, "cell", struct row, s32, 0, ""); break;
	case L_SIZE:
	case L_TIME:
	case L_NSEC:
	case L_CGROUP: columns[0] = (struct column)COL_AS(L_NUM, "cell", struct row, u64, 0, ""); break;
	default: columns[0] = (struct column)COL_AS(L_NUM, "cell", struct row, u32, 0, "");
	}
	columns[0].look = look;
	columns[0].unit = "us";
	out_to(format, columns, "cell");
	out_row(&unit_run, &row);
	text = written();
	text[strcspn(text, "\n")] = 0;
	return text;
}

#define TEXT(look, value) look_of(OUT_TEXT, look, value)
#define JSON(look, value) look_of(OUT_JSON, look, value)

/* --- Time --- */

static __u64 wall_clock(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return now.tv_sec * SEC_ + now.tv_nsec;
}

static void zone(const char *name)
{
	setenv("TZ", name, 1);
	tzset();
}

/* A wall clock time in ns, told from its text by the C library's own parser. */
static __u64 parsed(const char *text, const char *format)
{
	const char *end, *point = strchr(text, '.');
	struct tm tm = {};
	__u64 ns = 0, unit = SEC_;
	long east = 0;
	char copy[64];

	snprintf(copy, sizeof(copy), "%.*s", (int)(point - text), text);
	REQUIRE(point && (end = strptime(copy, format, &tm)) && !*end);
	for (point++; *point >= '0' && *point <= '9'; point++)
		ns += (*point - '0') * (unit /= 10);
	if (*point == '+' || *point == '-')
		east = (strtol(point + 1, NULL, 10) * 60 + strtol(strchr(point, ':') + 1, NULL, 10)) * 60 *
		       (*point == '-' ? -1 : 1);
	return (timegm(&tm) - east) * SEC_ + ns;
}

static void iso_in(void *zone_name)
{
	const char *text;
	__u64 before, after, told;

	zone(zone_name);
	for (int json = 0; json < 2; json++) {
		CHECK_EQ(look_time_format(json ? "local" : "iso"), 0);
		before = wall_clock();
		text = json ? JSON(L_TIME, look_now()) : TEXT(L_TIME, look_now());
		after = wall_clock();
		text += json ? strlen("{\"cell\":\"") : 0;
		told = parsed(text, "%Y-%m-%dT%H:%M:%S");
		/* the two clocks are read one after the other */
		CHECK_BETWEEN(before / 1000 * 1e-6 - 0.005, told * 1e-9, after * 1e-9 + 0.005);
		CHECK_EQ(strspn(strchr(text, '.') + 1, "0123456789"), 6);
	}
}

TEST(look, "iso time, which JSON has as well, is the wall clock's, with its offset from UTC")
{
	static char zones[][32] = {"UTC0", "EAST-5:30", "WEST3:30", "FAR-14", "DST+5EDT,M3.2.0,M11.1.0"};

	for (size_t i = 0; i < COUNT(zones); i++) {
		struct child child = child_new(NULL, 0, iso_in, zones[i]);

		child_run(&child);
	}
}

TEST(look, "local time is that of the time zone, with milliseconds")
{
	const char *text;
	int hours, minutes, seconds, ms;
	long told, now;

	zone("EAST-5:30");
	CHECK_EQ(look_time_format("local"), 0);
	text = TEXT(L_TIME, look_now());
	CHECK_EQ(strlen(text), strlen("12:34:56.789"));
	REQUIRE(sscanf(text, "%2d:%2d:%2d.%3d", &hours, &minutes, &seconds, &ms) == 4);
	told = (hours * 60 + minutes) * 60 + seconds;
	now = (wall_clock() / SEC_ + 19800) % 86400;
	CHECK_BETWEEN(0, (now - told + 86400) % 86400, 1);
}

TEST(look, "unix time counts seconds since 1970, relative time those since the start")
{
	__u64 start = look_now(), before = wall_clock();
	double told;

	/* One after the other, since arguments are evaluated in any order. */
	CHECK_EQ(look_time_format("unix"), 0);
	told = atof(TEXT(L_TIME, look_now()));
	CHECK_BETWEEN(before * 1e-9 - 0.005 * slow(), told, wall_clock() * 1e-9 + 0.005 * slow());
	CHECK_EQ(look_time_format("relative"), 0);
	told = atof(TEXT(L_TIME, look_now()));
	CHECK_BETWEEN(0, told, (look_now() - start) * 1e-9);
	told = atof(TEXT(L_TIME, look_now() + 10 * SEC_));
	CHECK_BETWEEN(9.9, told, 10 + (look_now() - start) * 1e-9);
	/* what came before the start, by a CPU's odd clock, is no huge number */
	CHECK_STR(TEXT(L_TIME, start - SEC_), "0.000000");
}

TEST(look, "other formats of time are refused, and none hides it")
{
	CHECK_EQ(look_time_format("nonsense"), -EINVAL);
	CHECK_EQ(look_time_format(""), -EINVAL);
	CHECK_EQ(look_time_format("isoo"), -EINVAL);
	CHECK(!look_time_hidden());
	CHECK_EQ(look_time_format("none"), 0);
	CHECK(look_time_hidden());
}

/* --- Quantities --- */

TEST(look, "durations: integers of ns in JSON, of the unit in text")
{
	struct column columns[] = {COL_NSEC("cell", "s", struct row, u64, 0, ""), {}};
	struct row row = {.u64 = 1234567890123};
	static const char *const units[][2] = {{"s", "1234.567890"}, {"ms", "1234567.890"}, {"us", "1234567890"}, {"ns", "1234567890123"}};

	for (size_t i = 0; i < COUNT(units); i++) {
		columns[0].unit = units[i][0];
		out_to(OUT_TEXT, columns, NULL);
		out_row(&unit_run, &row);
		CHECK_STR(written(), text("%s\n", units[i][1]));
		out_to(OUT_JSON, columns, NULL);
		out_row(&unit_run, &row);
		CHECK_STR(written(), "{\"cell_ns\":1234567890123}\n");
	}
}

TEST(look, "sizes have at most six characters, and are rounded down to a tenth")
{
	static const char units[] = "KMGTPE";

	CHECK_STR(TEXT(L_SIZE, 0), "0");
	CHECK_STR(TEXT(L_SIZE, 99999), "99999");
	CHECK_STR(TEXT(L_SIZE, 100000), "97.6K");
	CHECK_STR(TEXT(L_SIZE, 1 << 20), "1.0M");
	CHECK_STR(TEXT(L_SIZE, -1), "15.9E");
	CHECK_STR(JSON(L_SIZE, -1), "{\"cell\":18446744073709551615}");
	for (int i = 0; i < 5000; i++) {
		__u64 n = any_size();
		char *text = (char *)TEXT(L_SIZE, n), *end;
		double shown = strtod(text, &end);
		__u64 factor = 1;

		for (const char *unit = units; *end && *unit; unit++) {
			factor *= 1024;
			if (*unit == *end)
				break;
		}
		if (!CHECK(strlen(text) <= 7) || !CHECK_BETWEEN(n / (double)factor - 0.101, shown, n / (double)factor + 1e-9))
			fprintf(stderr, "  %llu is %s\n", n, text);
		free(text);
	}
}

TEST(look, "descriptors, octal, hexadecimal, truth")
{
	CHECK_STR(TEXT(L_FD, 0), "0");
	CHECK_STR(TEXT(L_FD, -2), "-");
	CHECK_STR(JSON(L_FD, -2), "{\"cell\":null}");
	CHECK_STR(TEXT(L_OCT, 0), "0000");
	CHECK_STR(TEXT(L_OCT, 0644), "0644");
	CHECK_STR(TEXT(L_OCT, 0100755), "100755");
	CHECK_STR(JSON(L_OCT, 0644), "{\"cell\":420}");
	CHECK_STR(TEXT(L_HEX, 0xdeadbeef), "0xdeadbeef");
	CHECK_STR(JSON(L_HEX, 255), "{\"cell\":\"0xff\"}");
	CHECK_STR(TEXT(L_BOOL, 1), "yes");
	CHECK_STR(TEXT(L_BOOL, 0), "no");
	CHECK_STR(JSON(L_BOOL, 1), "{\"cell\":true}");
	CHECK_STR(JSON(L_BOOL, 0), "{\"cell\":false}");
}

/* --- Names --- */

TEST(look, "errors by name, or by number where there is none; success is nothing")
{
	for (int e = 1; e < 600; e++)
		CHECK_STR(TEXT(L_ERRNO, -e), names_errno(e) ?: text("%d", -e));
	CHECK_STR(TEXT(L_ERRNO, -ENOENT), "ENOENT");
	CHECK_STR(JSON(L_ERRNO, -EPERM), "{\"cell\":\"EPERM\"}");
	CHECK_STR(TEXT(L_ERRNO, -4095), "-4095");
	CHECK_STR(JSON(L_ERRNO, -4095), "{\"cell\":\"-4095\"}");
	CHECK_STR(TEXT(L_ERRNO, 0), "-");
	CHECK_STR(JSON(L_ERRNO, 3), "{\"cell\":null}");
}

TEST(look, "signals by name, real-time ones too")
{
	for (int s = 1; s < 32; s++)
		CHECK_STR(TEXT(L_SIGNAL, s), text("SIG%s", sigabbrev_np(s)));
	CHECK_STR(TEXT(L_SIGNAL, SIGKILL), "SIGKILL");
	CHECK_STR(JSON(L_SIGNAL, SIGSEGV), "{\"cell\":\"SIGSEGV\"}");
	/* 32 and 33 are the C library's own */
	CHECK_STR(TEXT(L_SIGNAL, 32), "32");
	CHECK_STR(TEXT(L_SIGNAL, 34), "SIGRTMIN+0");
	CHECK_STR(TEXT(L_SIGNAL, 64), "SIGRTMIN+30");
	CHECK_STR(TEXT(L_SIGNAL, 65), "65");
	CHECK_STR(TEXT(L_SIGNAL, 0), "0");
}

TEST(look, "system calls by name, 32-bit ones marked")
{
	CHECK_STR(TEXT(L_SYSCALL, names_syscall_find("execve")), "execve");
	CHECK_STR(TEXT(L_SYSCALL, 9999), "9999");
	CHECK_STR(JSON(L_SYSCALL, 9999), "{\"cell\":\"9999\"}");
	CHECK_STR(TEXT(L_SYSCALL, 9999 | NAMES_32), "9999/32");
}

TEST(look, "disks by name, other devices by number")
{
	FILE *list = fopen("/proc/diskstats", "r");
	unsigned int major, minor;
	char name[64];
	int n = 0;

	while (list && fscanf(list, "%u %u %63s %*[^\n]", &major, &minor, name) == 3 && n++ < 100)
		CHECK_STR(TEXT(L_DEV, major << 20 | minor), name);
	CHECK_STR(TEXT(L_DEV, 4095U << 20 | 77), "4095:77");
	CHECK_STR(TEXT(L_DEV, 0), "-");
	CHECK_STR(JSON(L_DEV, 0), "{\"cell\":null}");
}

TEST(look, "users by name, or by number where there is none")
{
	const char *passwd = file_text("/etc/passwd");

	/* the first, before any other was asked for */
	CHECK_STR(TEXT(L_USER, -1), "4294967295");
	if (!strncmp(passwd, "root:", 5))
		CHECK_STR(TEXT(L_USER, 0), "root");
	CHECK_STR(TEXT(L_USER, 3999999999), "3999999999");
	CHECK_STR(JSON(L_USER, 3999999998), "{\"cell\":\"3999999998\"}");
}

TEST(look, "cgroups by path, or by number once they are gone")
{
	const char *path = cgroup_new("look");
	__u64 id = cgroup_id(path);

	CHECK_STR(TEXT(L_CGROUP, id), strrchr(path, '/'));
	REQUIRE(rmdir(path) == 0);
	CHECK_STR(TEXT(L_CGROUP, 1ULL << 62), "4611686018427387904");
	CHECK_STR(TEXT(L_CGROUP, 0), "-");
}
