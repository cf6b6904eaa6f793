// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <ctype.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include "lib/names.h"
#include "lib/tool.h"
#include "proc/sigsnoop.h"
#include "proc/sigsnoop.skel.h"

#define EVENT struct sigsnoop_event
#define RTMIN 34	/* as the C libraries count: SIGRTMIN */

/* "TERM", "SIGTERM", "SIGRTMIN+3" or "15". */
static int signal_id(const char *word, __u64 *id)
{
	char *end;

	if (isdigit((unsigned char)*word)) {
		*id = strtoull(word, &end, 10);
		return *end || *id > 64 ? -ENOENT : 0;
	}
	if (!strncasecmp(word, "SIG", 3))
		word += 3;
	for (int i = 1; i < RTMIN; i++)
		if (names_signal(i) && !strcasecmp(names_signal(i), word)) {
			*id = i;
			return 0;
		}
	if (strncasecmp(word, "RTMIN", 5) || (word[5] && word[5] != '+'))
		return -ENOENT;
	*id = RTMIN + (word[5] ? strtoull(word + 6, &end, 10) : 0);
	return (word[5] && (!isdigit((unsigned char)word[6]) || *end)) || *id > 64 ? -ENOENT : 0;
}

static const struct {
	int signal;	/* 0: any */
	int code;
	const char *name;
} codes[] = {
	{ 0, SI_USER, "SI_USER" }, { 0, SI_KERNEL, "SI_KERNEL" }, { 0, SI_QUEUE, "SI_QUEUE" }, { 0, SI_TIMER, "SI_TIMER" },
	{ 0, SI_MESGQ, "SI_MESGQ" }, { 0, SI_ASYNCIO, "SI_ASYNCIO" }, { 0, SI_SIGIO, "SI_SIGIO" }, { 0, SI_TKILL, "SI_TKILL" },
	{ SIGCHLD, CLD_EXITED, "CLD_EXITED" }, { SIGCHLD, CLD_KILLED, "CLD_KILLED" }, { SIGCHLD, CLD_DUMPED, "CLD_DUMPED" },
	{ SIGCHLD, CLD_TRAPPED, "CLD_TRAPPED" }, { SIGCHLD, CLD_STOPPED, "CLD_STOPPED" },
	{ SIGCHLD, CLD_CONTINUED, "CLD_CONTINUED" },
	{ SIGSEGV, SEGV_MAPERR, "SEGV_MAPERR" }, { SIGSEGV, SEGV_ACCERR, "SEGV_ACCERR" }, { SIGSEGV, 3, "SEGV_BNDERR" },
	{ SIGSEGV, 4, "SEGV_PKUERR" },
	{ SIGBUS, BUS_ADRALN, "BUS_ADRALN" }, { SIGBUS, BUS_ADRERR, "BUS_ADRERR" }, { SIGBUS, BUS_OBJERR, "BUS_OBJERR" },
	{ SIGBUS, 4, "BUS_MCEERR_AR" }, { SIGBUS, 5, "BUS_MCEERR_AO" },
	{ SIGFPE, FPE_INTDIV, "FPE_INTDIV" }, { SIGFPE, FPE_INTOVF, "FPE_INTOVF" }, { SIGFPE, FPE_FLTDIV, "FPE_FLTDIV" },
	{ SIGFPE, FPE_FLTOVF, "FPE_FLTOVF" }, { SIGFPE, FPE_FLTUND, "FPE_FLTUND" }, { SIGFPE, FPE_FLTRES, "FPE_FLTRES" },
	{ SIGFPE, FPE_FLTINV, "FPE_FLTINV" }, { SIGFPE, FPE_FLTSUB, "FPE_FLTSUB" },
	{ SIGILL, ILL_ILLOPC, "ILL_ILLOPC" }, { SIGILL, ILL_ILLOPN, "ILL_ILLOPN" }, { SIGILL, ILL_ILLADR, "ILL_ILLADR" },
	{ SIGILL, ILL_ILLTRP, "ILL_ILLTRP" }, { SIGILL, ILL_PRVOPC, "ILL_PRVOPC" }, { SIGILL, ILL_PRVREG, "ILL_PRVREG" },
	{ SIGTRAP, 1, "TRAP_BRKPT" }, { SIGTRAP, 2, "TRAP_TRACE" }, { SIGTRAP, 4, "TRAP_HWBKPT" },
	{ SIGPOLL, POLL_IN, "POLL_IN" }, { SIGPOLL, POLL_OUT, "POLL_OUT" }, { SIGPOLL, POLL_HUP, "POLL_HUP" },
	{ SIGSYS, 1, "SYS_SECCOMP" },
};

static void show_code(struct out *out, const struct column *c, const void *row)
{
	const EVENT *e = row;

	if (e->result == SIGSNOOP_CALL) {
		out_nothing(out);
		return;
	}
	for (unsigned int i = 0; i < sizeof(codes) / sizeof(*codes); i++)
		if (codes[i].code == e->code && (!codes[i].signal || codes[i].signal == (int)e->signal)) {
			out_str(out, codes[i].name);
			return;
		}
	out_s64(out, e->code);
}

static void show_result(struct out *out, const struct column *c, const void *row)
{
	static const char *const words[] = { "delivered", "ignored", "pending", "overflow", "no-info", "" };
	const EVENT *e = row;

	if (e->result == SIGSNOOP_CALL && e->error)
		out_str(out, "failed");
	else if (e->result == SIGSNOOP_CALL)
		out_str(out, "called");
	else if (e->result < SIGSNOOP_CALL)
		out_str(out, words[e->result]);
	else
		out_u64(out, e->result);
}

static void show_call(struct out *out, const struct column *c, const void *row)
{
	const EVENT *e = row;
	const char *name = names_syscall(e->call & ~NAMES_32, e->call & NAMES_32);

	if (e->result == SIGSNOOP_CALL && name)
		out_str(out, name);
	else
		out_nothing(out);
}

static int setup(struct run *run)
{
	struct sigsnoop_bpf__rodata *rodata = run->rodata;

	if (rodata->calls)
		attach_skip("signal_generate");
	return 0;
}

static const struct opt opts[] = {
	OPT('x', "failed", NULL, sigsnoop, failed_only, "only what failed"),
	OPT('k', "calls", NULL, sigsnoop, calls, "only calls of the kill family, one line each, instead of signals",
	    .shows = "call", .hides = "tcomm"),
	OPT_SET('s', "signal", "SIGNALS", ONLY_SIGNALS, "only these, by name or number: TERM,KILL,RTMIN+1,9",
		.find = signal_id),
	OPT_SET(0, "target", "PIDS", ONLY_TARGETS, "only what is sent to these processes"),
	{}
};

static const struct column columns[] = {
	COL_ORIGIN(EVENT),
	COL_AS(L_SIGNAL, "signal", EVENT, signal, -11, "signal; 0 only asks whether the process is there"),
	COL("tpid", EVENT, tpid, 7, "process that it is for; of a call its argument: negative for a group, -1 for all", BLANK),
	COL("ttid", EVENT, ttid, 7, "thread that was chosen to take it; of a call its argument", HIDDEN, BLANK),
	COL("tcomm", EVENT, tcomm, -16, "command name of the process or thread that it is for", BLANK),
	COL_AS(L_BOOL, "group", EVENT, group, -5, "for the whole process, not for one of its threads", HIDDEN),
	COL_OWN("code", show_code, -11, "why: SI_USER from kill(2), SI_TKILL, SI_KERNEL, SI_TIMER, CLD_EXITED ...", HIDDEN),
	COL_OWN("call", show_call, -17, "system call", HIDDEN),
	COL_OWN("result", show_result, -9, "delivered, ignored, pending (it is already), overflow (the queue is full), "
		"no-info (delivered without its data), failed or called (a call)"),
	COL_AS(L_ERRNO, "error", EVENT, error, -6, "why it failed"),
	{}
};

static const struct alias aliases[] = {
	{ "killsnoop", "--calls" },
	{}
};

static const struct example examples[] = {
	{ "", "who sends which signal to whom, and what became of it" },
	{ "-x", "signals that could not be sent, and why" },
	{ "-s KILL,TERM -T", "who ends whom, with the time" },
	{ "--target 1234 -o +code", "what a process gets, and for what reason" },
	{ "-k", "calls of kill(2) and its kin as they were made" },
	{}
};

TOOL(sigsnoop,
	.summary  = "trace signals: who sends what to whom, and what becomes of it",
	.about    = "One line for each signal that is made for a process or thread, by a system call or by the kernel, "
		    "and one for each failed call of kill(2), tkill(2), tgkill(2), rt_sigqueueinfo(2), "
		    "rt_tgsigqueueinfo(2) and pidfd_send_signal(2). A signal to a process group is one line for each of "
		    "its processes. With --calls there is one line for each call instead, with its arguments as they are.",
	.cost     = "One tracepoint for each signal, and a raw tracepoint at the return of each system call.",
	.caveats  = "The sender is the task that runs when the signal is made: for timers and what else comes from an "
		    "interrupt (code SI_TIMER, SI_KERNEL) that is anybody. pidfd_send_signal(2) names its target by a "
		    "descriptor, so a failed one has none here.",
	.examples = examples, .opts = opts, .columns = columns, .aliases = aliases, .setup = setup);
