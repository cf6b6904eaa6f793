// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "test.h"

#define PIPES 60
#define FILES 150

struct holder {
	int ready[2], end[2];
	bool lets_go;
};

/* Holds pipes and files, or has them and gives them back, and waits. */
static void hold(void *arg)
{
	struct holder *holder = arg;
	int pipes[PIPES][2], files[FILES];
	char c = 0;

	for (int i = 0; i < PIPES; i++)
		REQUIRE(pipe(pipes[i]) == 0);
	for (int i = 0; i < FILES; i++)
		REQUIRE((files[i] = open("/dev/null", O_RDONLY)) >= 0);
	for (int i = 0; i < PIPES && holder->lets_go; i++)
		REQUIRE(close(pipes[i][0]) == 0 && close(pipes[i][1]) == 0);
	for (int i = 0; i < FILES && holder->lets_go; i++)
		REQUIRE(close(files[i]) == 0);
	REQUIRE(write(holder->ready[1], &c, 1) == 1 && read(holder->end[0], &c, 1) == 1);
}

static void begin(struct holder *holder, struct child *child)
{
	char c;

	child_go(child);
	REQUIRE(read(holder->ready[0], &c, 1) == 1);
}

static struct child holder_new(struct holder *holder, const char *comm)
{
	REQUIRE(pipe(holder->ready) == 0 && pipe(holder->end) == 0);
	return child_new(comm, 0, hold, holder);
}

/* Of all of its rows with a site that begins so. */
static long long held(struct job *job, const char *site, const char *key)
{
	long long n = 0;
	json_t *r;

	each_row(r, job)
		n += strncmp(string(r, "site"), site, strlen(site)) ? 0 : number(r, key);
	return n;
}

TEST(slabage, "what a process has the kernel hold is there, by cache, site and age; what it gave back is not")
{
	struct holder keeps = {}, gives = {.lets_go = true};
	struct child keeper = holder_new(&keeps, "keeper"), giver = holder_new(&gives, "giver");
	struct job *kept = tool_start("slabage", "-p", text("%d", keeper.pid)), *given, *old, *caches;
	long long pipes, ages = 0;
	json_t *r;

	given = tool_start("slabage", "-p", text("%d", giver.pid));
	old = tool_start("slabage", "-p", text("%d", keeper.pid), "--older", "1h");
	caches = tool_start("slabage", "-p", text("%d", keeper.pid), "-C");
	begin(&keeps, &keeper);
	begin(&gives, &giver);
	nap(20000000);
	tool_stop(kept);
	tool_stop(given);
	tool_stop(old);
	tool_stop(caches);
	REQUIRE(write(keeps.end[1], "", 1) == 1 && write(gives.end[1], "", 1) == 1);
	CHECK_EQ(child_wait(&keeper), 0);
	CHECK_EQ(child_wait(&giver), 0);
	/* of a pipe: itself, and its buffers. What an interrupt allocates within another program is missed, and counted */
	pipes = held(kept, "alloc_pipe_info+", "count");
	CHECK_BETWEEN(2 * PIPES - lost(kept), pipes, 2 * PIPES);
	CHECK(held(kept, "alloc_pipe_info+", "bytes") >= (PIPES - lost(kept)) * 640);
	CHECK_BETWEEN(0, held(given, "alloc_pipe_info+", "count"), lost(given));
	CHECK_EQ(rows(old), 0);
	each_row(r, kept) {
		long long n = number(r, "1s") + number(r, "10s") + number(r, "1m") + number(r, "10m") + number(r, "more");

		CHECK_EQ(n, number(r, "count"));
		CHECK(number(r, "oldest_ns") >= 20000000 || strncmp(string(r, "site"), "alloc_pipe_info+", 16));
		CHECK(strncmp(string(r, "site"), "alloc_pipe_info+", 16) || !strncmp(string(r, "cache"), "kmalloc-", 8));
		ages += number(r, "10m") + number(r, "more");
	}
	CHECK_EQ(ages, 0);
	/* each pipe has two files, and each file that was opened is one; by the name of the cache where the kernel tells it */
	if (rows(kept, IS("cache", "filp")) > 0)
		CHECK_BETWEEN(FILES + 2 * PIPES - lost(kept), sum(kept, "count", IS("cache", "filp")), FILES + 2 * PIPES);
	else
		CHECK(sum(kept, "count") >= FILES + 4 * PIPES - lost(kept));
	CHECK(sum(caches, "count") >= FILES + 4 * PIPES - lost(caches));
	each_row(r, caches)
		CHECK(json_is_null(json_object_get(r, "site")));
}

TEST(slabage, "no more entries than there is room for: the others are counted; bad options")
{
	struct holder keeps = {};
	struct child keeper = holder_new(&keeps, "keeper");
	struct job *job = tool_start("slabage", "-p", text("%d", keeper.pid), "--max-entries", "50");

	begin(&keeps, &keeper);
	tool_stop(job);
	REQUIRE(write(keeps.end[1], "", 1) == 1);
	CHECK_EQ(child_wait(&keeper), 0);
	CHECK(sum(job, "count") <= 50);
	CHECK(lost(job) > 0);
	needs("slabage");
	CHECK_EQ(run("corekit", "slabage", "--older", "x", "-d", "100ms")->status, 2);
}
