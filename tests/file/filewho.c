// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include "test.h"

static void make(const char *name)
{
	int fd = open(name, O_CREAT | O_WRONLY, 0600);

	REQUIRE(fd >= 0 && write(fd, "four", 4) == 4 && close(fd) == 0);
}

/* Each of these once, but for what is said. */
static void touch_all(void *folder)
{
	char text_read[8];
	int fd;

	REQUIRE(chdir(folder) == 0);
	fd = open("a", O_RDWR);
	REQUIRE(fd >= 0 && read(fd, text_read, 8) == 4 && pwrite(fd, "1234567", 7, 0) == 7);
	REQUIRE(mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0) != MAP_FAILED);
	REQUIRE(mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED);
	REQUIRE(ftruncate(fd, 2) == 0 && truncate("../in/a", 1) == 0);	/* two */
	REQUIRE(fchmod(fd, 0600) == 0 && chmod("link", 0640) == 0);	/* two */
	REQUIRE(fchown(fd, 0, 0) == 0 && lchown("./a", 0, 0) == 0);	/* two */
	REQUIRE(close(fd) == 0 && open("nothing", O_RDONLY) == -1 && chmod("nothing", 0600) == -1);
	REQUIRE(link("a", "other") == 0);
}

static void move_all(void *folder)
{
	REQUIRE(chdir(folder) == 0);
	REQUIRE(rename("a", "b") == 0 && rename("b", "a") == 0);	/* two */
	REQUIRE(unlink("a") == 0);
}

static const char *const hows[] = {"open",  "read", "write",	"mmap",	  "truncate", "chmod",
				   "chown", "link", "rename", "unlink", "setxattr", "list", "make"};
static const int counts[] = {1, 1, 1, 1, 2, 2, 2, 1, 2, 1, 0, 0, 0};

static void below(void *folder)
{
	int fd;

	REQUIRE(chdir(folder) == 0 && mkdir("sub", 0700) == 0);
	make("sub/x");
	fd = open("sub", O_RDONLY | O_DIRECTORY);
	REQUIRE(fd >= 0 && unlinkat(fd, "x", 0) == 0 && rmdir("sub") == 0);
	make(text("%s/../stray", (const char *)folder));
	REQUIRE(rename("../stray", "came") == 0 && rename("came", "../stray") == 0 && unlink("../stray") == 0);
}

/* The same words, but under another root they lead elsewhere; and the other way round. */
static void from_jail(void *words)
{
	REQUIRE(chroot(tmp("jail")) == 0 && chdir("/") == 0);
	REQUIRE(chmod(words, 0600) == 0);
	for (int i = 0; i < 3; i++) {
		REQUIRE(chmod("/in/deep", 0600) == 0);
		nap(20000000);
	}
	pause();
}

static bool has_chmods(void *job)
{
	int n = 0;

	for (const char *at = job_now(job); (at = strstr(at, "\"chmod\"")); at++)
		n++;
	return n >= 3;
}

static bool wrote(void *job)
{
	make(text("%s/kept", tmp("in")));
	return strstr(job_now(job), "\"write\"") != NULL;
}

static bool has_link(void *job)
{
	return strstr(job_now(job), "\"link\"") != NULL;
}

static void swap(void *folder)
{
	REQUIRE(chdir(folder) == 0);
	make("new");
	REQUIRE(rename("new", "kept") == 0);	/* in its place, as editors do */
}

TEST(filewho, "each call that touches a file is shown once, by descriptor and by path, and none that touches another")
{
	const char *folder = tmp("in"), *inode;
	struct job *job, *changes, *hard, *tree, *bad;
	struct child child, mover, other, swapper;
	struct stat st;

	REQUIRE(mkdir(folder, 0755) == 0 && mkdir(tmp("beside"), 0755) == 0 && symlink("a", text("%s/link", folder)) == 0);
	make(text("%s/a", folder));
	make(tmp("beside/a"));
	make(text("%s/kept", folder));
	REQUIRE(stat(text("%s/a", folder), &st) == 0);
	inode = text("%llu", (unsigned long long)st.st_ino);
	child = child_new("toucher", 0, touch_all, (void *)folder);
	mover = child_new("mover", 0, move_all, (void *)folder);
	other = child_new("below", 0, below, (void *)folder);
	swapper = child_new("swapper", 0, swap, (void *)folder);
	job = tool_start("filewho", text("%s/link", folder), "-p", text("%d,%d", child.pid, mover.pid));	/* to a */
	hard = tool_start("filewho", "--inode", inode, folder, "-p", text("%d", child.pid));
	changes = tool_start("filewho", "-w", text("%s/kept", folder), "-p", text("%d,%d", swapper.pid, getpid()));
	tree = tool_start("filewho", "-s", folder, "-p", text("%d", other.pid));
	child_run(&child);
	CHECK(until(20, has_link, job) && until(20, has_link, hard));	/* what paths lead to is asked after the call */
	child_run(&mover);
	child_run(&other);
	child_run(&swapper);
	CHECK(until(20, wrote, changes));	/* the new file is known a little later */
	tool_stop(tree);
	tool_stop(changes);
	tool_stop(hard);
	tool_stop(job);
	for (size_t i = 0; i < sizeof(hows) / sizeof(*hows); i++) {
		if (!check_eq(__FILE__, __LINE__, hows[i], rows(job, IS("how", hows[i])), counts[i]))
			FAIL("of %s", hows[i]);
		/* Its name is not known there: what is deleted or renamed away is found by its new or other name only. */
		if (strcmp(hows[i], "unlink") && strcmp(hows[i], "rename"))
			CHECK_EQ(rows(hard, IS("how", hows[i])), counts[i]);
	}
	CHECK_EQ(rows(job, IS("pid", child.pid), IS("comm", "toucher")) + rows(job, IS("pid", mover.pid)), rows(job));
	CHECK_EQ(number(row(job, IS("how", "read")), "bytes"), 4);
	CHECK_EQ(number(row(job, IS("how", "write")), "bytes"), 7);
	CHECK_STR(string(row(job, IS("how", "write")), "file"), text("%s/a", folder));
	CHECK_STR(string(row(job, IS("how", "link")), "new_file"), text("%s/other", folder));
	CHECK_STR(string(row(job, IS("how", "unlink")), "file"), text("%s/a", folder));
	CHECK_NO_LOSS(job);

	CHECK_EQ(rows(changes, IS("how", "rename"), IS("pid", swapper.pid)), 1);
	CHECK(rows(changes, IS("how", "write"), IS("pid", getpid())) >= 1);
	CHECK_EQ(rows(changes, IS("how", "write")), rows(changes) - 1);

	CHECK_EQ(rows(tree, IS("how", "make")), 1);
	CHECK_EQ(rows(tree, IS("how", "write"), IS("file", text("%s/sub/x", folder))), 1);
	CHECK_EQ(rows(tree, IS("how", "open")), 2);
	CHECK_EQ(rows(tree, IS("how", "unlink")), 2);
	CHECK_EQ(rows(tree, IS("how", "rename")), 2);	/* into it, and out of it */
	CHECK_EQ(rows(tree), 8);

	bad = run("corekit", "filewho", tmp("nothing"));
	CHECK_EQ(bad->status, 2);
	CHECK_EQ(lines(bad->err), 1);
	bad = run("corekit", "filewho", "-s", text("%s/kept", folder));
	CHECK_EQ(bad->status, 2);
	CHECK_HAS(bad->err, "is for a folder");
	CHECK_EQ(run("corekit", "filewho")->status, 2);
}

TEST(filewho, "of a process with another root, paths are looked up under that")
{
	const char *words = tmp("jail/in/deep"), *at;
	struct child child;
	struct job *job;

	REQUIRE(mkdir(tmp("jail"), 0755) == 0 && mkdir(tmp("jail/in"), 0755) == 0);
	make(tmp("jail/in/deep"));
	/* Inside of the jail, the path of the file that is watched is another one's as well. */
	for (at = strchr(words + 1, '/'); at; at = strchr(at + 1, '/'))
		mkdir(text("%s%.*s", tmp("jail"), (int)(at - words), words), 0755);
	make(text("%s%s", tmp("jail"), words));
	child = child_new("jailed", 0, from_jail, (void *)words);
	job = tool_start("filewho", words, "-p", text("%d", child.pid));
	child_go(&child);
	until(2, has_chmods, job);	/* all but what the kernel skips */
	kill(child.pid, SIGKILL);
	tool_stop(job);
	CHECK_ROWS(job, 3, IS("how", "chmod"), IS("pid", child.pid), IS("file", "/in/deep"));
	CHECK_EQ(rows(job), rows(job, IS("file", "/in/deep")));
}
