// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <sched.h>
#include <sys/ipc.h>
#include <sys/shm.h>
#include "test.h"

#define KEY 0x5eed

static int out[2];

/* In an IPC namespace of its own, where nobody else's keys are. */
static void calls(void *arg)
{
	struct shmid_ds ds;
	void *at;
	int id;

	REQUIRE(unshare(CLONE_NEWIPC) == 0);
	id = shmget(KEY, 12345, IPC_CREAT | IPC_EXCL | 0640);
	REQUIRE(id >= 0);
	REQUIRE(shmget(KEY, 12345, IPC_CREAT | IPC_EXCL | 0640) == -1 && errno == EEXIST);
	at = shmat(id, NULL, SHM_RDONLY);
	REQUIRE(at != (void *)-1);
	REQUIRE(dprintf(out[1], "%d %lx", id, (unsigned long)at) > 0);
	REQUIRE(shmctl(id, IPC_STAT, &ds) == 0 && ds.shm_segsz == 12345);
	REQUIRE(shmdt(at) == 0 && shmdt(at) == -1 && errno == EINVAL);
	REQUIRE(shmctl(id, IPC_RMID, NULL) == 0);
	REQUIRE(shmat(id, NULL, 0) == (void *)-1);
}

#define ONE(call, args, ...) CHECK_EQ(rows(job, IS("call", call), IS("args", (const char *)(args)), ##__VA_ARGS__), 1)

TEST(shmsnoop, "each call with its arguments and what it returned")
{
	struct child child;
	struct job *job, *failed;
	char said[64] = "";
	unsigned long at;
	int id;

	REQUIRE(pipe(out) == 0);
	child = child_new("sharer", 0, calls, NULL);
	job = tool_start("shmsnoop", "-p", text("%d", child.pid));
	failed = tool_start("shmsnoop", "-x", "-p", text("%d", child.pid));
	child_run(&child);
	tool_stop(failed);
	tool_stop(job);
	REQUIRE(read(out[0], said, sizeof(said) - 1) > 0 && sscanf(said, "%d %lx", &id, &at) == 2);
	CHECK_EQ(rows(job), 8);
	ONE("shmget", "key=0x5eed size=12345 flags=0640|IPC_CREAT|IPC_EXCL", IS("ret", text("%d", id)), IS("error", NOTHING));
	ONE("shmget", "key=0x5eed size=12345 flags=0640|IPC_CREAT|IPC_EXCL", IS("ret", NOTHING), IS("error", "EEXIST"));
	ONE("shmat", text("id=%d address=0x0 flags=SHM_RDONLY", id), IS("ret", text("0x%lx", at)), IS("comm", "sharer"));
	CHECK_EQ(rows(job, IS("call", "shmctl"), IS("ret", "0")), 2);
	ONE("shmctl", text("id=%d command=IPC_RMID buffer=0x0", id));
	CHECK_EQ(rows(job, IS("call", "shmdt"), IS("args", text("address=0x%lx", at))), 2);
	CHECK_EQ(rows(job, IS("call", "shmdt"), IS("error", "EINVAL")), 1);
	CHECK_EQ(rows(job, IS("call", "shmat"), IS("ret", NOTHING)), 1);
	CHECK_EQ(rows(failed), 3);
	CHECK_NO_LOSS(job);
}

TEST(shmsnoop, "a 32-bit program's calls are told apart")
{
	struct job *job;

	if (!int80_works())
		SKIP("no 32-bit programs here");
	job = tool_start("shmsnoop", "-p", text("%d", getpid()));
	int80(398, 0, 0, 0, 0);	/* shmdt */
	REQUIRE(int80(117, 23, 0x5eee, 4096, 0) == -ENOENT);	/* shmget by ipc(2); 64-bit 117 is setresuid */
	tool_stop(job);
	CHECK_EQ(rows(job, IS("call", "shmget/32"), IS("args", "key=0x5eee size=4096 flags=00"), IS("error", "ENOENT")), 1);
	CHECK_EQ(rows(job), 1 + rows(job, IS("call", "shmdt/32"), IS("error", "EINVAL")));
}
