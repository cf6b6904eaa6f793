// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* How a value looks. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "lib/filter.h"
#include "lib/lib.h"
#include "lib/names.h"

static enum { TIME_LOCAL, TIME_RELATIVE, TIME_ISO, TIME_UNIX, TIME_NONE } time_format = TIME_LOCAL;
static __u64 started;

const char *const look_types[L_KINDS] = {
	[L_NUM] = "integer",   [L_STR] = "string",    [L_TIME] = "string",  [L_NSEC] = "integer", [L_SIZE] = "integer",
	[L_FD] = "integer",    [L_ERRNO] = "string",  [L_OCT] = "integer",  [L_HEX] = "string",	  [L_USER] = "string",
	[L_CGROUP] = "string", [L_DEV] = "string",    [L_SYSCALL] = "string", [L_SIGNAL] = "string",
	[L_BOOL] = "boolean",  [L_OWN] = "string",
};

bool look_quoted(const struct column *c)
{
	return *look_types[c->look] == 's' && !c->bare_json;
}

__u64 look_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_BOOTTIME, &t);
	return t.tv_sec * SEC_ + t.tv_nsec;
}

int look_time_format(const char *name)
{
	static const char *const names[] = { "local", "relative", "iso", "unix", "none" };

	started = look_now();
	for (unsigned int i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (!strcmp(name, names[i])) {
			time_format = i;
			return 0;
		}
	return -EINVAL;
}

bool look_time_hidden(void)
{
	return time_format == TIME_NONE;
}

static void two(struct out *o, int v, char before)
{
	char text[3] = { before, '0' + v / 10, '0' + v % 10 };

	if (before)
		out_bytes(o, text, 3);
	else
		out_bytes(o, text + 1, 2);
}

/* The difference between wall and boot clock is taken anew each second: NTP may slew it. */
static __u64 wall(__u64 boot_ns)
{
	static __s64 shift;
	static __u64 asked;
	struct timespec real;
	__u64 now;

	if (!shift || boot_ns - asked > SEC_) {
		clock_gettime(CLOCK_REALTIME, &real);
		now = look_now();
		shift = real.tv_sec * SEC_ + real.tv_nsec - now;
		asked = boot_ns;
	}
	return boot_ns + shift;
}

/* Text shows milliseconds (microseconds in iso and unix, which are for machines). */
void look_time(struct out *o, __u64 boot_ns)
{
	static time_t last;
	static struct tm tm;
	__u64 ns = wall(boot_ns);
	time_t t = ns / SEC_;

	if (time_format == TIME_RELATIVE) {
		out_fixed(o, boot_ns > started ? boot_ns - started : 0, SEC_, 6);
		return;
	}
	if (time_format == TIME_UNIX) {
		out_fixed(o, ns, SEC_, 6);
		return;
	}
	if (t != last) {	/* the time zone is read and the date worked out once a second at most */
		localtime_r(&t, &tm);
		last = t;
	}
	if (out_is_json(o) || time_format == TIME_ISO) {
		out_s64(o, tm.tm_year + 1900);
		two(o, tm.tm_mon + 1, '-');
		two(o, tm.tm_mday, '-');
		two(o, tm.tm_hour, 'T');
	} else {
		two(o, tm.tm_hour, 0);
	}
	two(o, tm.tm_min, ':');
	two(o, tm.tm_sec, ':');
	out_str(o, ".");
	if (out_is_json(o) || time_format == TIME_ISO) {
		int minutes = tm.tm_gmtoff / 60;

		out_printf(o, "%06llu", ns % SEC_ / 1000);
		two(o, abs(minutes) / 60, minutes < 0 ? '-' : '+');
		two(o, abs(minutes) % 60, ':');
	} else {
		out_printf(o, "%03llu", ns % SEC_ / 1000000);
	}
}

static void user(struct out *o, __u32 uid)
{
	static __u32 last;
	static char name[64];

	if (!*name || uid != last) {
		if (filter_user(NULL, &uid, name, sizeof(name)))
			snprintf(name, sizeof(name), "%u", uid);
		last = uid;
	}
	out_bytes(o, name, strlen(name));
}

/* The paths of the last cgroups seen; the walk for a new one reads directories only. */
static void cgroup(struct out *o, __u64 id)
{
	static struct {
		__u64 id;
		char *path;
	} cache[64];
	unsigned int at = id % 64;
	const char *path;

	if (cache[at].id != id) {
		path = filter_cgroup_path(id);
		free(cache[at].path);
		cache[at].path = path ? strdup(path) : NULL;
		cache[at].id = id;
	}
	if (cache[at].path)
		out_bytes(o, cache[at].path, strlen(cache[at].path));
	else
		out_u64(o, id);
}

/* Device numbers to names, from the kernel's own list. */
static void device(struct out *o, __u32 dev)
{
	static struct {
		__u32 dev;
		char name[40];
	} *list;
	static int n;
	unsigned int major, minor;
	char line[160], name[40];

	for (int pass = 0; pass < 2; pass++) {
		FILE *f;

		for (int i = 0; i < n; i++)
			if (list[i].dev == dev) {
				out_bytes(o, list[i].name, strlen(list[i].name));
				return;
			}
		f = pass ? NULL : fopen("/proc/diskstats", "re");	/* a disk may have come since */
		n = f ? 0 : n;
		while (f && fgets(line, sizeof(line), f))
			if (sscanf(line, "%u %u %39s", &major, &minor, name) == 3) {
				void *more = realloc(list, (n + 1) * sizeof(*list));

				if (!more)
					break;
				list = more;
				list[n].dev = major << 20 | minor;
				strcpy(list[n++].name, name);
			}
		if (f)
			fclose(f);
	}
	out_printf(o, "%u:%u", dev >> 20, dev & 0xfffff);
}

static void size(struct out *o, __u64 bytes)
{
	static const char units[] = "KMGTPE";
	int unit = -1;
	__u64 v = bytes, rest = 0;

	if (out_is_json(o) || bytes < 100000) {
		out_u64(o, bytes);
		return;
	}
	while (v >= 1024 && unit < 5) {
		rest = v % 1024;
		v /= 1024;
		unit++;
	}
	out_u64(o, v);
	out_printf(o, ".%llu%c", rest * 10 / 1024, units[unit]);
}

static void name_or_number(struct out *o, const char *name, __s64 n)
{
	if (name)
		out_str(o, name);
	else
		out_s64(o, n);
}

bool look_write(struct out *o, const struct column *c, const void *row)
{
	const char *p = (const char *)row + c->offset;
	__s64 n = c->look == L_STR || c->look == L_OWN ? 0 : out_number(c, row);

	if (c->blank && !(c->look == L_STR ? *p : n))
		return false;
	switch (c->look) {
	case L_NUM:
		if (c->is_signed)
			out_s64(o, n);
		else
			out_u64(o, n);
		return true;
	case L_STR:
		out_bytes(o, p, strnlen(p, c->size));
		return true;
	case L_OWN:
		c->show(o, c, row);
		return out_has(o);
	case L_TIME:
		look_time(o, n);
		return true;
	case L_NSEC:
		if (out_is_json(o) || !strcmp(c->unit, "ns"))
			out_u64(o, n);
		else if (!strcmp(c->unit, "us"))
			out_u64(o, n / USEC);
		else
			out_fixed(o, n, *c->unit == 'm' ? MSEC : SEC_, *c->unit == 'm' ? 3 : 6);
		return true;
	case L_SIZE:
		size(o, n);
		return true;
	case L_FD:
		if (n < 0)
			return false;
		out_u64(o, n);
		return true;
	case L_ERRNO:
		if (n >= 0)
			return false;
		name_or_number(o, names_errno(-n), n);
		return true;
	case L_OCT:
		if (out_is_json(o))
			out_u64(o, n);
		else
			out_printf(o, "%04llo", n);
		return true;
	case L_HEX:
		out_printf(o, "0x%llx", n);
		return true;
	case L_BOOL:
		out_str(o, out_is_json(o) ? n ? "true" : "false" : n ? "yes" : "no");
		return true;
	case L_USER:
		user(o, n);
		return true;
	case L_CGROUP:
		if (!n)
			return false;
		cgroup(o, n);
		return true;
	case L_DEV:
		if (!n)
			return false;
		device(o, n);
		return true;
	case L_SYSCALL:
		name_or_number(o, names_syscall(n & ~NAMES_32, n & NAMES_32), n & ~NAMES_32);
		if (n & NAMES_32)
			out_str(o, "/32");
		return true;
	case L_SIGNAL:
		if (n >= 34 && n <= 64)
			out_printf(o, "SIGRTMIN+%lld", n - 34);
		else if (names_signal(n))
			out_printf(o, "SIG%s", names_signal(n));
		else
			out_s64(o, n);
		return true;
	case L_KINDS:
		break;
	}
	return false;
}
