// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <arpa/inet.h>
#include <linux/capability.h>
#include <stdio.h>
#include <string.h>
#include "lib/tool.h"
#include "lib/uprobe.h"
#include "net/gethostlatency.h"
#include "net/gethostlatency.skel.h"

#define EVENT struct gethostlatency_event

static const char *library;	/* -l */

static const char *const calls[RESOLVER_CALLS] = {
	"getaddrinfo", "getnameinfo", "gethostbyname", "gethostbyname2", "gethostbyaddr", "gethostbyname_r", "gethostbyname2_r",
	"gethostbyaddr_r"
};

static bool many;

static void entries(struct run *run, struct bpf_program **of)
{
	struct gethostlatency_bpf *skel = (void *)run->skel;
	struct bpf_program *const each[RESOLVER_CALLS] = {
		skel->progs.call_getaddrinfo, skel->progs.call_getnameinfo, skel->progs.call_gethostbyname,
		skel->progs.call_gethostbyname2, skel->progs.call_gethostbyaddr, skel->progs.call_gethostbyname_r,
		skel->progs.call_gethostbyname2_r, skel->progs.call_gethostbyaddr_r,
	};

	memcpy(of, each, sizeof(each));
}

static int setup(struct run *run)
{
	struct gethostlatency_bpf *skel = (void *)run->skel;
	struct bpf_program *each[RESOLVER_CALLS];
	int ret = 0;

	many = uprobe_many((struct bpf_program *const[]){ skel->progs.any_called, skel->progs.returned, NULL });
	entries(run, each);
	for (int i = 0; many && !ret && i < RESOLVER_CALLS; i++)
		ret = bpf_program__set_autoload(each[i], false);
	return ret ?: bpf_program__set_autoload(skel->progs.any_called, many);
}

/* Returns first: a call of which only the beginning is seen would be waited for. */
static int attach(struct run *run)
{
	static const char *const names[] = { "libc.so.6", "ld-musl-*.so.1", NULL };
	static struct uprobe probes[2 * RESOLVER_CALLS];
	struct gethostlatency_bpf *skel = (void *)run->skel;
	struct bpf_program *each[RESOLVER_CALLS];

	entries(run, each);
	for (int i = 0; i < RESOLVER_CALLS; i++) {
		struct uprobe *leave = &probes[i], *enter = &probes[RESOLVER_CALLS + i];

		*leave = (struct uprobe){ .program = skel->progs.returned, .at_return = true };
		*enter = (struct uprobe){ .program = many ? skel->progs.any_called : each[i], .cookie = i };
		leave->functions[0] = enter->functions[0] = calls[i];
		leave->is_library = enter->is_library = uprobe_is_libc;
	}
	return uprobe_attach(run, probes, 2 * RESOLVER_CALLS,
			     &(struct uprobe_where){ .installed = names, .library = library,
						     .what = "function getaddrinfo or gethostbyname" });
}

/* The C library that was asked, by the file that has the function, while the process is there to be asked. */
static void show_libc(struct out *out, const struct column *c, const void *row)
{
	const EVENT *e = row;
	unsigned long long from, to;
	const char *found = NULL;
	char line[PATH_LEN + 256];
	FILE *f;

	snprintf(line, sizeof(line), "/proc/%u/maps", e->origin.pid);
	f = fopen(line, "re");
	while (!found && f && fgets(line, sizeof(line), f)) {
		const char *name = strchr(line, '/');

		if (sscanf(line, "%llx-%llx", &from, &to) != 2 || e->function < from || e->function >= to)
			continue;
		found = !name || !uprobe_is_libc(name) ? "static" : strstr(name, "musl") ? "musl" : "glibc";
	}
	if (f)
		fclose(f);
	if (found)
		out_str(out, found);
	else
		out_nothing(out);
}

static void show_call(struct out *out, const struct column *c, const void *row)
{
	out_str(out, calls[((const EVENT *)row)->call % RESOLVER_CALLS]);
}

static void show_error(struct out *out, const struct column *c, const void *row)
{
	static const char *const names[] = {	/* netdb.h: what is negative there, of glibc and musl */
		[1] = "EAI_BADFLAGS", [2] = "EAI_NONAME", [3] = "EAI_AGAIN", [4] = "EAI_FAIL", [5] = "EAI_NODATA",
		[6] = "EAI_FAMILY", [7] = "EAI_SOCKTYPE", [8] = "EAI_SERVICE", [9] = "EAI_ADDRFAMILY", [10] = "EAI_MEMORY",
		[11] = "EAI_SYSTEM", [12] = "EAI_OVERFLOW",
	};
	const EVENT *e = row;

	if (!e->error)
		out_nothing(out);
	else if (e->call > GETNAMEINFO)
		out_str(out, "failed");
	else if (e->error < 0 && e->error >= -12)
		out_str(out, names[-e->error]);
	else
		out_s64(out, e->error);
}

static void show_host(struct out *out, const struct column *c, const void *row)
{
	char text[INET6_ADDRSTRLEN];
	const EVENT *e = row;

	if (e->address_len)
		out_str(out, inet_ntop(e->address_len == 4 ? AF_INET : AF_INET6, e->address, text, sizeof(text)));
	else if (*e->host)
		out_bytes(out, e->host, strnlen(e->host, sizeof(e->host)));
	else
		out_nothing(out);
}

static const struct opt opts[] = {
	OPT('x', "failed", NULL, gethostlatency, failed_only, "only calls that failed"),
	OPT_TIME('m', "min", "TIME", gethostlatency, min_latency, MSEC, "only calls that took as long: 100 (ms), 2s"),
	{ .letter = 'l', .name = "library", .arg = "FILE", .value = V_CHARS, .here = &library, .complete = "file",
	  .help = "the C library, or static program, that is asked" },
	{}
};

static const struct column columns[] = {
	COL_ORIGIN(EVENT),
	COL_OWN("call", show_call, -16, "function that was called", HIDDEN),
	COL_OWN("libc", show_libc, -6, "whose it is: glibc, musl or static, linked into the program; nothing: the process is gone",
		HIDDEN),
	COL_NSEC("latency", "ms", EVENT, latency, 10, "how long it took"),
	COL_OWN("error", show_error, -14, "why it failed: EAI_*; \"failed\" of the functions that only say so"),
	COL_OWN("host", show_host, 0, "name that was asked for, or address; nothing: neither"),
	{}
};

static const struct example examples[] = {
	{ "", "each name or address that a program looks up, and how long it takes" },
	{ "-m 100 -T", "those that take 100 ms or more, with the time" },
	{ "-x -o +call,libc", "those that fail, by which function of which C library" },
	{ "-l /opt/app/bin/app", "those of a static program, also when it starts later" },
	{ "-- curl -s https://example.org", "what a command looks up" },
	{}
};

TOOL(gethostlatency,
	.summary  = "trace how long programs wait for host names to be resolved",
	.about    = "One line for each call of getaddrinfo(), getnameinfo(), gethostbyname(), gethostbyaddr() and "
		    "their variants as it returns: of the C libraries that are installed and of those that running "
		    "processes use, in containers as well, whether glibc or musl, and of programs that have one "
		    "linked in where they run already. Where one of these functions calls another, the outer one is "
		    "shown.",
	.cost     = "Two uprobes for each call, and as many for each of these functions that it calls itself; a raw "
		    "tracepoint at the end of each thread.",
	.caveats  = "Programs that resolve names by themselves, as Go's mostly do, browsers, and those that talk to "
		    "systemd-resolved over D-Bus, call none of these functions: dnssnoop sees what they ask for. "
		    "With --pid, a process that has none of them is refused. Of a static program that starts later "
		    "its file must be given with --library; C libraries of containers that start later are not seen "
		    "either. Names longer than 255 bytes are cut. That gethostbyname2_r() and gethostbyaddr_r() "
		    "found nothing isn't told apart where they return 0. Arguments of 32-bit programs are not read.",
	.examples = examples, .opts = opts, .columns = columns, .setup = setup, .attach = attach, .state = "asked",
	/* to look into the files of other processes, also those that have no name any more */
	.keep_caps = 1ULL << CAP_SYS_PTRACE | 1ULL << CAP_DAC_READ_SEARCH | 1ULL << CAP_CHECKPOINT_RESTORE);
