// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <linux/capability.h>
#include <string.h>
#include "lib/language_user.h"
#include "lib/uprobe.h"
#include "app/uthreads.h"
#include "app/uthreads.skel.h"

#define EVENT struct uthreads_event

static const struct opt opts[] = {
	OPT_LANGUAGE('l'),
	{}
};

/* Of the event that is shown now. */
static const char *name, *file;

/* Threads mostly come in numbers, with one function: what was found is good for a second, as a process may become another. */
static void look_up(const EVENT *e)
{
	static struct { __u64 start, time; __u32 pid; char name[256], file[PATH_LEN]; } last;

	if (last.pid != e->origin.pid || last.start != e->start || e->origin.time - last.time > SEC_) {
		uprobe_where_is(e->origin.pid, e->start, last.name, sizeof(last.name), last.file, sizeof(last.file));
		last.pid = e->origin.pid;
		last.start = e->start;
		last.time = e->origin.time;
	}
	name = last.name;
	file = last.file;
}

static bool event(struct run *run, void *event, size_t size)
{
	const EVENT *e = event;

	file = "";
	name = e->name;		/* with its NUL */
	if (!*e->name && e->start)
		look_up(e);
	return true;
}

static void show_what(struct out *out, const struct column *c, const void *row)
{
	out_str(out, ((const EVENT *)row)->stops ? "stop" : "start");
}

static void show_language(struct out *out, const struct column *c, const void *row)
{
	out_str(out, language_way(((const EVENT *)row)->way)->language);
}

static void show_text(struct out *out, const char *text)
{
	if (*text)
		out_bytes(out, text, strlen(text));
	else
		out_nothing(out);
}

static void show_file(struct out *out, const struct column *c, const void *row)
{
	show_text(out, file);
}

static void show_name(struct out *out, const struct column *c, const void *row)
{
	show_text(out, name);
}

static const struct column columns[] = {
	COL_AS(L_TIME, "time", EVENT, origin.time, -12, "when it happened", HIDDEN),
	COL_AS(L_USER, "user", EVENT, origin.uid, -8, "user name", HIDDEN, WANTS(want_uid)),
	COL("uid", EVENT, origin.uid, 6, "user id", HIDDEN, WANTS(want_uid)),
	COL_AS(L_CGROUP, "cgroup", EVENT, origin.cgroup, -24, "cgroup v2 path", HIDDEN, WANTS(want_cgroup)),
	COL("cpu", EVENT, origin.cpu, 3, "processor that it happened on", HIDDEN),
	COL("comm", EVENT, origin.comm, -16, "command name", HIDDEN, WANTS(want_comm)),
	COL("pid", EVENT, origin.pid, 7, "process id"),
	COL("tid", EVENT, origin.tid, 7, "thread id"),
	COL_OWN("what", show_what, -5, "it starts, or stops"),
	COL_OWN("language", show_language, -8, "whose thread it is; c: of the C library"),
	COL_NSEC("age", "ms", EVENT, age, 12, "how long it was there, as it stops", BLANK),
	COL_OWN("file", show_file, -32, "file that the function is in", HIDDEN),
	COL_OWN("name", show_name, 0, "its name, or the function that it begins with"),
	{}
};

static int setup(struct run *run)
{
	return language_setup(run, LANGUAGE_MASK(LANGUAGE_START) | LANGUAGE_MASK(LANGUAGE_STOP) | LANGUAGE_MASK(LANGUAGE_CREATE));
}

static const struct alias aliases[] = { { "javathreads", "--language=java" }, { "cthreads", "--language=c" }, {} };

static const struct example examples[] = {
	{ "", "threads of all programs, as they start and stop" },
	{ "-T 181", "those of one process, with the time" },
	{ "-l java", "Java's, by the names that they have there" },
	{}
};

TOOL(uthreads,
	.summary  = "trace threads of Java and C as they start and stop, with their names",
	.about    = "A row as a thread starts and one as it stops: Java's by the markers (USDT) of its runtime, with the names that they have "
		    "there; those of the C library by its marker pthread_start, or where it has none, as Debian's, by the function "
		    "pthread_create() and the kernel's tracepoint of the thread that it makes, with the function that they begin with. "
		    "A thread of Java is one of the C library as well, and shown as both.",
	.cost     = "A probe for each thread, and the kernel's tracepoints of forks and exits.",
	.caveats  = "Who makes threads by clone(2) itself, as Go does, is not shown. Threads that were there before are not shown as they "
		    "stop. Of a process that is gone when its event is read only the function's address is known.",
	.aliases  = aliases, .examples = examples, .opts = opts, .columns = columns, .first = language_first, .setup = setup, .event = event,
	.attach   = language_attach, .caps = POINTS_CAPS, .args = LANGUAGE_ARGS, .state = "language_threads",
	.keep_caps = 1ULL << CAP_SYS_PTRACE | 1ULL << CAP_DAC_READ_SEARCH | 1ULL << CAP_CHECKPOINT_RESTORE);
