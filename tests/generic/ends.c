// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* What every tool does whatever the kernel: in VMs only those that can't run on the machine itself are looked at. */
#include <sched.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include "line.h"

TEST_EACH_TOOL("--duration ends it by itself, --strict as well when nothing is lost", .traces = true)
{
	uint64_t start;
	struct job *job;

	needs(the_tool->name);
	start = now_ns();
	job = job_run(NULL, LINE("--duration", "200ms"));
	ended_well(job);
	CHECK_BETWEEN(0.2e9, now_ns() - start, 10e9 * slow());
	job = job_run(NULL, LINE("--json", "--strict", "--duration", "0.2"));
	CHECK_EQ(job->status, lost(job) ? 4 : 0);
	tool_check_json(job);
}

static void make_noise(void *arg)
{
	(void)arg;
	for (;;) {
		struct tcp tcp = tcp_open(2);

		close(open(tmp("noise"), O_CREAT | O_RDWR, 0600));
		unlink(tmp("noise"));
		if (!fork()) {
			execl(corekit_path, corekit_path, "--version", NULL);
			_exit(0);
		}
		wait(NULL);
		tcp_close(&tcp);
		busy(1000000);
		nap(1000000);
	}
}

TEST_EACH_TOOL("killed outright, it leaves nothing loaded", .traces = true)
{
	char *before = bpf_ids();
	struct job *job = tool_start_argv(LINE(NULL) + 1);

	CHECK_EQ(job_end(job, SIGKILL), 128 + SIGKILL);
	CHECK(bpf_ids_gone(before, 10));
}

TEST_EACH_TOOL("a closed stdout ends it without a word", .traces = true)
{
	struct child noise;
	struct job *job;
	int out[2];

	needs(the_tool->name);
	noise = child_new("noise", 0, make_noise, NULL);
	REQUIRE(pipe(out) == 0);
	fcntl(out[0], F_SETFD, FD_CLOEXEC);
	fcntl(out[1], F_SETFD, FD_CLOEXEC);
	job = job_start(&(struct how){.out = out[1]}, LINE("--json", "--quiet", "--duration", "1"));	/* notes at the start are none of it */
	close(out[0]);
	close(out[1]);
	child_go(&noise);
	job_wait(job, 20);
	CHECK_EQ(job->status, 0);
	CHECK_STR(job->err, "");
	kill(noise.pid, SIGKILL);
}

TEST_EACH_TOOL("a reader that goes ends it, also while there is nothing to write", .traces = true)
{
	struct job *job;
	int out[2], ready[2];
	char byte;

	needs(the_tool->name);
	REQUIRE(pipe(out) == 0 && pipe(ready) == 0);
	fcntl(out[0], F_SETFD, FD_CLOEXEC);
	fcntl(out[1], F_SETFD, FD_CLOEXEC);
	fcntl(ready[0], F_SETFD, FD_CLOEXEC);
	job = job_start(&(struct how){.out = out[1]}, LINE("--quiet", "--duration", "600", "--ready-fd", text("%d", ready[1])));
	close(out[1]);
	close(ready[1]);
	REQUIRE(read(ready[0], &byte, 1) == 1);
	close(out[0]);
	CHECK_EQ(job_wait(job, 20), 0);
	CHECK_STR(job->err, "");
}

TEST_EACH_TOOL("--explain tells how it would attach", .traces = true)
{
	struct job *job;

	needs(the_tool->name);
	job = job_run(NULL, LINE("--explain"));
	ended_well(job);
	CHECK(job->out_length + strlen(job->err) > 0);
}

TEST_EACH_TOOL("without the rights, it names cause and remedy in one line", .traces = true)
{
	const char *name = the_tool->name;
	struct job *job = job_run(&(struct how){.uid = 65534}, LINE("--duration", "100ms"));

	if (strstr(run("corekit", name, "--help=man")->out, "no rights needed")) {
		ended_well(job);
		return;
	}
	CHECK_EQ(job->status, 3);
	CHECK_STR(job->out, "");
	CHECK_EQ(lines(job->err), 1);
	CHECK(!strncmp(job->err, text("%s: ", name), strlen(name) + 2));
	if (!strstr(job->err, "CAP_") && !strstr(job->err, "root") && !strstr(job->err, "sudo"))
		FAIL("it names no remedy: %s", job->err);
}

TEST_EACH_TOOL("without tracefs it runs, or names it as the cause, and nothing stays", .traces = true)
{
	const char *argv[16] = {"corekit", the_tool->name, "-q", "--duration", "200ms"};
	char *before = bpf_ids();
	struct job *job;

	needs(the_tool->name);
	for (int i = 0; the_tool->args[i] && i < 8; i++)
		argv[5 + i] = the_tool->args[i];
	REQUIRE(unshare(CLONE_NEWNS) == 0 && mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0);
	while (!umount2("/sys/kernel/debug/tracing", MNT_DETACH) || !umount2("/sys/kernel/debug", MNT_DETACH) ||
	       !umount2("/sys/kernel/tracing", MNT_DETACH))
		;
	if (access("/sys/kernel/tracing/events", F_OK) == 0)
		SKIP("tracefs can't be unmounted here");
	job = job_run(NULL, argv);
	if (job->status) {
		CHECK_EQ(job->status, 3);
		CHECK_EQ(lines(job->err), 1);
		CHECK_HAS(job->err, "tracefs");
		CHECK_HAS(job->err, "mount");
	}
	CHECK(bpf_ids_gone(before, 10));
}
