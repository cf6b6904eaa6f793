// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * /proc/kallsyms, read once, when the first address is asked for: of 200,000 lines only functions, 12 bytes and the name
 * for each. It is read again where an address is newer than what was read: a module or a BPF program that came since.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "lib/ksym.h"
#include "lib/lib.h"

#define FARTHEST (1 << 20)	/* no function is longer */
#define AGAIN 1			/* seconds until it may be read again */

struct ksym {
	__u64 address;
	__u32 name;		/* in `names`, the module's name with it: "name\0module" */
};

static struct ksym *syms;
static size_t n_syms, room;
static char *names;
static size_t names_size, names_room;
static int state;		/* 0: not read; 1: read; or -EACCES */
static time_t read_at;

static int keep(__u64 address, const char *name, const char *module)
{
	size_t name_size = strlen(name) + 1, module_size = strlen(module) + 1;
	void *more;

	if (names_size + name_size + module_size > names_room) {
		names_room = names_room ? names_room * 2 : 1 << 20;
		more = realloc(names, names_room);
		if (!more)
			return -ENOMEM;
		names = more;
	}
	if (n_syms == room) {
		room = room ? room * 2 : 1 << 15;
		more = realloc(syms, room * sizeof(*syms));
		if (!more)
			return -ENOMEM;
		syms = more;
	}
	syms[n_syms++] = (struct ksym){ address, names_size };
	memcpy(names + names_size, name, name_size);
	memcpy(names + names_size + name_size, module, module_size);
	names_size += name_size + module_size;
	return 0;
}

/* Of several names at one address the first in the file stays, as the names' order tells. */
static int by_address(const void *a, const void *b)
{
	const struct ksym *x = a, *y = b;

	if (x->address != y->address)
		return x->address < y->address ? -1 : 1;
	return (x->name > y->name) - (x->name < y->name);
}

static time_t seconds(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec;
}

static void read_all(void)
{
	char *line = NULL, name[512], module[64], type;
	unsigned long long address;
	size_t size = 0, kept = 0;
	bool any = false;
	FILE *f;
	int n;

	ksym_free();
	read_at = seconds();
	state = -EACCES;
	f = fopen("/proc/kallsyms", "re");
	while (f && getline(&line, &size, f) > 0) {
		char *p;

		/* by hand: sscanf would take half a second for all */
		address = strtoull(line, &p, 16);
		type = *p ? p[1] : 0;
		if (*p != ' ' || !type || p[2] != ' ')
			continue;
		any |= address != 0;
		if (!address || (type | 0x20) != 't')
			if ((type | 0x20) != 'w' || !address)
				continue;
		*module = 0;
		n = sscanf(p + 3, "%511s [%63[^]]]", name, module);
		/* the first are room before functions, the others mark code and data */
		if (n < 1 || !strncmp(name, "__pfx_", 6) || *name == '$' || !strncmp(name, ".L", 2))
			continue;
		if (keep(address, name, module))
			break;
	}
	if (f)
		fclose(f);
	free(line);
	if (!any || !n_syms)
		return;
	qsort(syms, n_syms, sizeof(*syms), by_address);
	for (size_t i = 0; i < n_syms; i++)
		if (!kept || syms[kept - 1].address != syms[i].address)
			syms[kept++] = syms[i];
	n_syms = room = kept;
	syms = realloc(syms, kept * sizeof(*syms)) ?: syms;
	names = realloc(names, names_size) ?: names;
	names_room = names_size;
	state = 1;
}

static const struct ksym *find(__u64 address)
{
	size_t low = 0, high = n_syms;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (syms[middle].address <= address)
			low = middle + 1;
		else
			high = middle;
	}
	return low && address - syms[low - 1].address < FARTHEST ? &syms[low - 1] : NULL;
}

/* What is in memory of its own ends with its page at the latest; another may have come behind it since. */
static bool is_near(const struct ksym *s, __u64 address)
{
	return s && (!names[s->name + strlen(names + s->name) + 1] || address - s->address < 1 << 16);
}

int ksym_find(__u64 address, const char **name, const char **module, __u64 *into)
{
	const struct ksym *s;

	if (!state)
		read_all();
	if (state < 0)
		return state;
	s = find(address);
	if (!is_near(s, address) && seconds() >= read_at + AGAIN) {
		read_all();
		s = find(address);
	}
	if (!s)
		return -ENOENT;
	*name = names + s->name;
	*module = *name + strlen(*name) + 1;
	*into = address - s->address;
	return 0;
}

__u64 ksym_address(const char *name)
{
	if (!state)
		read_all();
	for (size_t i = 0; i < n_syms; i++)
		if (!strcmp(names + syms[i].name, name))
			return syms[i].address;
	return 0;
}

int ksym_range(const char *name, __u64 *from, __u64 *to)
{
	*from = ksym_address(name);
	if (state < 0)
		return state;
	for (size_t i = 0; i + 1 < n_syms; i++)
		if (*from && syms[i].address == *from) {
			*to = syms[i + 1].address;
			return 0;
		}
	return -ENOENT;
}

__u64 ksym_data(const char *name)
{
	FILE *f = fopen("/proc/kallsyms", "re");
	char *line = NULL, have[512];
	__u64 address = 0;
	size_t size = 0;

	while (f && !address && getline(&line, &size, f) > 0)
		if (sscanf(line, "%*x %*c %511s", have) == 1 && !strcmp(have, name))
			address = strtoull(line, NULL, 16);
	free(line);
	if (f)
		fclose(f);
	return address;
}

void ksym_free(void)
{
	free(syms);
	free(names);
	syms = NULL;
	names = NULL;
	n_syms = room = names_size = names_room = 0;
	state = 0;
}

int ksym_hidden(void)
{
	err("/proc/kallsyms hides addresses: it needs CAP_SYSLOG, or kernel.kptr_restrict below 2");
	return -EPERM;
}
