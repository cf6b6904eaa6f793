// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <sys/stat.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <time.h>
#include "test.h"

#define NOBODY 65534

/* The clock that ages are taken by. */
static uint64_t boot_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_BOOTTIME, &now);
	return now.tv_sec * 1000000000ull + now.tv_nsec;
}

/* Each file's age lies between what passed inside and outside of its making and its deletion. */
struct span {
	uint64_t before_open, after_open, before_unlink, after_unlink;
};

static void create(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0644);

	REQUIRE(fd >= 0 && close(fd) == 0);
}

static void check_age(json_t *row, const struct span *span)
{
	CHECK_BETWEEN(span->before_unlink - span->after_open, number(row, "age_ns"),
		      span->after_unlink - span->before_open);
}

static struct job *ours(void)
{
	return tool_start("filelife", "-p", text("%d", getpid()));
}

TEST(filelife, "each file that is made and deleted is shown once, with its age")
{
	struct span spans[20];
	struct job *job = ours();
	const char *name;

	for (int i = 0; i < 20; i++) {
		name = tmp(text("life-%d", i));
		spans[i].before_open = boot_ns();
		create(name);
		spans[i].after_open = boot_ns();
		nap(i * 3000000ull);
		spans[i].before_unlink = boot_ns();
		REQUIRE(unlink(name) == 0);
		spans[i].after_unlink = boot_ns();
	}
	tool_stop(job);
	CHECK_EQ(rows(job), 20);
	for (int i = 0; i < 20; i++)
		check_age(row(job, IS("file", text("life-%d", i)), IS("pid", getpid()),
			      IS("path", tmp(text("life-%d", i)))),
			  &spans[i]);
	CHECK_NO_LOSS(job);
}

TEST(filelife, "only files made while it runs are shown, and each deletion that failed is not")
{
	struct job *job;

	create(tmp("old"));
	create(tmp("opened-again"));
	REQUIRE(mkdir(tmp("folder"), 0755) == 0);
	job = ours();
	close(open(tmp("opened-again"), O_RDWR | O_CREAT | O_TRUNC, 0600));
	REQUIRE(unlink(tmp("old")) == 0 && unlink(tmp("opened-again")) == 0);
	REQUIRE(unlink(tmp("missing")) == -1 && unlink(tmp("folder")) == -1);
	create(tmp("folder/new"));
	REQUIRE(rmdir(tmp("folder")) == -1 && unlink(tmp("folder/new")) == 0);
	REQUIRE(unlink(tmp("folder/new")) == -1 && errno == ENOENT);
	tool_stop(job);
	CHECK_EQ(rows(job), 1);
	CHECK_EQ(rows(job, IS("file", "new"), IS("path", tmp("folder/new"))), 1);
}

static void unlink_immutable(void *arg)
{
	REQUIRE(unlink(arg) == -1 && (errno == EACCES || errno == EPERM));
}

TEST(filelife, "a deletion that was refused leaves the file to be shown when it is deleted")
{
	struct child child;
	struct job *job;
	struct span span;

	REQUIRE(mkdir(tmp("sticky"), 01777) == 0 && chmod(tmp("sticky"), 01777) == 0);
	child = child_new(NULL, NOBODY, unlink_immutable, (void *)tmp("sticky/file"));
	job = tool_start("filelife", "-p", text("%d,%d", getpid(), child.pid));
	span.before_open = boot_ns();
	create(tmp("sticky/file"));
	span.after_open = boot_ns();
	child_run(&child);
	nap(20000000);
	span.before_unlink = boot_ns();
	REQUIRE(unlink(tmp("sticky/file")) == 0);
	span.after_unlink = boot_ns();
	tool_stop(job);
	CHECK_EQ(rows(job), 1);
	check_age(row(job, IS("pid", getpid())), &span);
}

TEST(filelife, "a file that was renamed is shown by its last name, one with several names when the last goes")
{
	struct job *job = ours();

	create(tmp("first"));
	REQUIRE(rename(tmp("first"), tmp("second")) == 0 && mkdir(tmp("moved"), 0755) == 0);
	REQUIRE(rename(tmp("second"), tmp("moved/third")) == 0 && unlink(tmp("moved/third")) == 0);

	create(tmp("one"));
	REQUIRE(link(tmp("one"), tmp("two")) == 0 && unlink(tmp("one")) == 0);
	create(tmp("one"));
	REQUIRE(unlink(tmp("two")) == 0);
	tool_stop(job);
	CHECK_EQ(rows(job), 2);
	CHECK_EQ(rows(job, IS("file", "third"), IS("path", tmp("moved/third"))), 1);
	CHECK_EQ(rows(job, IS("file", "two")), 1);
}

TEST(filelife, "what makes no file is not shown: folders, links, sockets; a file of mknod is")
{
	struct job *job = ours();
	int fd;

	REQUIRE(mkdir(tmp("folder"), 0755) == 0 && rmdir(tmp("folder")) == 0);
	REQUIRE(symlink("x", tmp("link")) == 0 && unlink(tmp("link")) == 0);
	REQUIRE(mkfifo(tmp("fifo"), 0600) == 0 && unlink(tmp("fifo")) == 0);
	REQUIRE(mknod(tmp("node"), S_IFREG | 0600, 0) == 0 && unlink(tmp("node")) == 0);
	fd = open(tmp("kept-open"), O_CREAT | O_RDWR, 0600);
	REQUIRE(fd >= 0 && unlink(tmp("kept-open")) == 0 && write(fd, "x", 1) == 1 && close(fd) == 0);
	tool_stop(job);
	CHECK_EQ(rows(job, IS("file", "node")), 1);
	CHECK_EQ(rows(job, IS("file", "kept-open")), 1);
	CHECK_EQ(rows(job), 2);
}

static void delete_all(void *arg)
{
	for (int i = 0; i < 10; i++)
		REQUIRE(unlink(tmp(text("%s-%d", (char *)arg, i))) == 0);
}

TEST(filelife, "filters are for who deletes")
{
	struct child wanted, other;
	struct job *job;

	REQUIRE(chmod(tmp(NULL), 0777) == 0);
	wanted = child_new("wanted", NOBODY, delete_all, "a");
	other = child_new("other", NOBODY, delete_all, "b");
	job = tool_start("filelife", "-n", "wan*", "-u", text("%d", NOBODY));
	for (int i = 0; i < 10; i++) {
		create(tmp(text("a-%d", i)));
		create(tmp(text("b-%d", i)));
	}
	child_run(&wanted);
	child_run(&other);
	tool_stop(job);
	CHECK_EQ(rows(job), 10);
	CHECK_EQ(rows(job, IS("pid", wanted.pid), IS("comm", "wanted"), IS("uid", NOBODY)), 10);
}

static const char *const hostile[] = {"new\nline", "\033[31m", "a,b\"c", "\xff\xfe", "-", "utf-8 \xc3\xa9"};

TEST(filelife, "names of any bytes, and the longest, come through unchanged")
{
	char longest[256];
	struct job *job = ours();

	memset(longest, 'n', 255);
	longest[255] = 0;
	create(tmp(longest));
	REQUIRE(unlink(tmp(longest)) == 0);
	for (size_t i = 0; i < sizeof(hostile) / sizeof(*hostile); i++) {
		create(tmp(hostile[i]));
		REQUIRE(unlink(tmp(hostile[i])) == 0);
	}
	tool_stop(job);
	CHECK_EQ(rows(job, IS("file", longest), IS("path", tmp(longest))), 1);
	for (size_t i = 0; i < sizeof(hostile) / sizeof(*hostile); i++)
		CHECK_EQ(rows(job, IS("file", hostile[i]), IS("path", tmp(hostile[i]))), 1);
	CHECK_EQ(rows(job), 1 + sizeof(hostile) / sizeof(*hostile));
}

/* Its memory is another file's soon: one that was there before must not inherit an age. */
TEST(filelife, "a file that has gone by other ways than unlink leaves nothing behind")
{
	struct job *job;

	for (int i = 0; i < 200; i++)
		create(tmp(text("old-%d", i)));
	mount_tmpfs(tmp("mnt"));
	job = ours();
	for (int i = 0; i < 200; i++) {
		create(tmp(text("mnt/gone-%d", i)));
		create(tmp("replaced"));
		create(tmp("replacer"));
		REQUIRE(rename(tmp("replacer"), tmp("replaced")) == 0 &&
			rename(tmp("replaced"), tmp(text("kept-%d", i))) == 0);
	}
	REQUIRE(umount(tmp("mnt")) == 0);
	for (int i = 0; i < 200; i++)
		REQUIRE(unlink(tmp(text("old-%d", i))) == 0);
	tool_stop(job);
	CHECK_EQ(rows(job, IS("file", "replaced")), 200);
	CHECK_EQ(rows(job), 200);
	CHECK_NO_LOSS(job);
}

static void replace(struct span *span)
{
	REQUIRE(mkdir(tmp("folder"), 0755) == 0);
	span->before_open = boot_ns();
	create(tmp("folder/target"));
	span->after_open = boot_ns();
	create(tmp("other"));
	create(tmp("linked"));
	REQUIRE(link(tmp("linked"), tmp("second name")) == 0);
	/* neither of these ends a file's life */
	REQUIRE(syscall(SYS_renameat2, AT_FDCWD, tmp("other"), AT_FDCWD, tmp("folder/target"), 2 /* RENAME_EXCHANGE */) == 0);
	REQUIRE(syscall(SYS_renameat2, AT_FDCWD, tmp("other"), AT_FDCWD, tmp("folder/target"), 2) == 0);
	REQUIRE(rename(tmp("folder"), tmp("other")) == -1 && rename(tmp("absent"), tmp("other")) == -1);
	REQUIRE(rename(tmp("old"), tmp("linked")) == 0);
	nap(20000000);
	span->before_unlink = boot_ns();
	REQUIRE(rename(tmp("other"), tmp("folder/target")) == 0);
	span->after_unlink = boot_ns();
	create(tmp("last"));
	REQUIRE(rename(tmp("last"), tmp("older")) == 0);
}

TEST(filelife, "a file that is replaced by rename(2) ends its life there; not by an exchange, nor while it has another name")
{
	struct job *job;
	struct span span;

	create(tmp("old"));
	create(tmp("older"));
	job = ours();
	replace(&span);
	tool_stop(job);
	CHECK_EQ(rows(job), 1);
	check_age(row(job, IS("file", "target"), IS("path", tmp("folder/target")), IS("pid", getpid())), &span);
	CHECK_NO_LOSS(job);
}

TEST(filelife, "of 5,000 files none is missed", .timeout = 120)
{
	struct job *job = ours();

	for (int i = 0; i < 5000; i++) {
		create(tmp("again"));
		REQUIRE(unlink(tmp("again")) == 0);
	}
	tool_stop(job);
	CHECK_EQ(rows(job, IS("file", "again")), 5000);
	CHECK_NO_LOSS(job);
}

TEST(filelife, "text shows the age in seconds")
{
	struct job *job = tool_start("filelife", "-q", "-f", "text", "-o", "age,file", "-p", text("%d", getpid()));
	double age;
	char name[16];

	create(tmp("seconds"));
	nap(250000000);
	REQUIRE(unlink(tmp("seconds")) == 0);
	tool_stop(job);
	REQUIRE(sscanf(job->out, "%lf %15s", &age, name) == 2);
	CHECK_BETWEEN(0.25, age, 0.25 + slow());
	CHECK_STR(name, "seconds");
}

TEST(filelife, "kprobes do as well where there are no trampolines")
{
	struct job *job;

	REQUIRE(setenv("COREKIT_WITHOUT", "fentry fexit", 1) == 0);
	job = ours();
	for (int i = 0; i < 100; i++) {
		create(tmp("a"));
		REQUIRE(unlink(tmp("missing")) == -1 && rename(tmp("a"), tmp("b")) == 0 && unlink(tmp("b")) == 0);
	}
	REQUIRE(mknod(tmp("node"), S_IFREG | 0600, 0) == 0 && unlink(tmp("node")) == 0);
	create(tmp("one"));
	REQUIRE(link(tmp("one"), tmp("two")) == 0 && unlink(tmp("one")) == 0);
	create(tmp("three"));
	REQUIRE(rename(tmp("two"), tmp("three")) == 0);
	tool_stop(job);
	CHECK_EQ(rows(job, IS("file", "b"), IS("path", tmp("b"))), 100);
	CHECK_EQ(rows(job, IS("file", "node")), 1);
	CHECK_EQ(rows(job, IS("file", "three"), IS("path", tmp("three"))), 1);
	CHECK_EQ(rows(job), 102);
	CHECK_NO_LOSS(job);
}
