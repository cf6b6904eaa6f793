// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <sys/ipc.h>
#include <sys/shm.h>
#include "lib/names.h"
#include "lib/tool.h"
#include "mem/shmsnoop.h"
#include "mem/shmsnoop.skel.h"

#define EVENT struct shmsnoop_event

static const struct names_flag get_flags[] = {
	{ IPC_CREAT, IPC_CREAT, "IPC_CREAT" }, { IPC_EXCL, IPC_EXCL, "IPC_EXCL" }, { SHM_HUGETLB, SHM_HUGETLB, "SHM_HUGETLB" },
	{ SHM_NORESERVE, SHM_NORESERVE, "SHM_NORESERVE" }, {}
}, at_flags[] = {
	{ SHM_RDONLY, SHM_RDONLY, "SHM_RDONLY" }, { SHM_RND, SHM_RND, "SHM_RND" }, { SHM_REMAP, SHM_REMAP, "SHM_REMAP" },
	{ SHM_EXEC, SHM_EXEC, "SHM_EXEC" }, {}
};

static bool failed(const EVENT *e)
{
	return e->ret < 0 && e->ret > -4096;
}

static void show_ret(struct out *out, const struct column *c, const void *row)
{
	const EVENT *e = row;

	if (failed(e))
		out_nothing(out);
	else
		out_printf(out, e->call == SHM_AT ? "0x%llx" : "%lld", e->ret);
}

static void show_error(struct out *out, const struct column *c, const void *row)
{
	const EVENT *e = row;

	if (failed(e))
		out_str(out, names_errno(-e->ret) ?: "?");
	else
		out_nothing(out);
}

static void command(struct out *out, int command)
{
	static const char *const names[] = {
		[IPC_RMID] = "IPC_RMID", [IPC_SET] = "IPC_SET", [IPC_STAT] = "IPC_STAT", [IPC_INFO] = "IPC_INFO",
		[SHM_LOCK] = "SHM_LOCK", [SHM_UNLOCK] = "SHM_UNLOCK", [SHM_STAT] = "SHM_STAT", [SHM_INFO] = "SHM_INFO",
		[SHM_STAT_ANY] = "SHM_STAT_ANY"
	};

	command &= ~0x100;	/* IPC_64 */
	if (command >= 0 && command < (int)(sizeof(names) / sizeof(*names)) && names[command])
		out_str(out, names[command]);
	else
		out_s64(out, command);
}

static void show_args(struct out *out, const struct column *c, const void *row)
{
	const EVENT *e = row;
	char text[256];

	switch (e->call) {
	case SHM_GET:
		names_flags(text, sizeof(text), get_flags, (unsigned int)e->arg[2] & ~0777u);
		out_printf(out, "key=0x%x size=%llu flags=0%o%s%s", (unsigned int)e->arg[0], e->arg[1],
			   (unsigned int)e->arg[2] & 0777, e->arg[2] & ~0777ull ? "|" : "", e->arg[2] & ~0777ull ? text : "");
		break;
	case SHM_AT:
		names_flags(text, sizeof(text), at_flags, (unsigned int)e->arg[2]);
		out_printf(out, "id=%d address=0x%llx flags=%s", (int)e->arg[0], e->arg[1], e->arg[2] ? text : "0");
		break;
	case SHM_DT:
		out_printf(out, "address=0x%llx", e->arg[0]);
		break;
	case SHM_CTL:
		out_printf(out, "id=%d command=", (int)e->arg[0]);
		command(out, e->arg[1]);
		out_printf(out, " buffer=0x%llx", e->arg[2]);
		break;
	}
}

static const struct opt opts[] = {
	OPT('x', "failed", NULL, shmsnoop, failed_only, "only calls that failed"),
	{}
};

static const struct column columns[] = {
	COL_ORIGIN(EVENT),
	COL_AS(L_SYSCALL, "call", EVENT, nr, -9, "system call; /32 where it is one of a 32-bit program"),
	COL_OWN("ret", show_ret, -14, "what it returned: an id, an address, or 0"),
	COL_OWN("error", show_error, -8, "why it failed"),
	COL_OWN("args", show_args, 0, "its arguments"),
	{}
};

static const struct example examples[] = {
	{ "", "who makes, attaches and removes shared memory segments" },
	{ "-T -n 'postgres*'", "those of a database, with the time" },
	{ "-x", "calls that failed" },
	{}
};

TOOL(shmsnoop,
	.summary  = "trace System V shared memory: shmget, shmat, shmdt, shmctl",
	.about    = "One line for each shmget(2), shmat(2), shmdt(2) or shmctl(2) that returned, of 64-bit and 32-bit "
		    "programs.",
	.cost     = "One raw tracepoint at the return of each system call, which reads its number, and for these calls "
		    "one record in the ring buffer.",
	.caveats  = "Calls by the old ipc(2) of 32-bit programs are not seen, nor are attachments that end with their "
		    "process.",
	.examples = examples, .opts = opts, .columns = columns);
