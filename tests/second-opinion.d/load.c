// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* What both are to see: calls, system calls and faults of known number, after a byte on stdin. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define SEEN __attribute__((noinline, noclone))

struct pair { long first; const char *text; };

static volatile long after;

SEEN long called(long n, const char *text, const struct pair *pair, int small)
{
	after += n + *text + pair->first + small;
	return n * 100;
}

SEEN long negative(long n)
{
	after++;
	return -n;
}

SEEN long deep(long n)
{
	long ret = n ? deep(n - 1) + 1 : 0;

	after++;
	return ret;
}

SEEN void one_way(long n)
{
	called(n, "way", &(struct pair){ n, "one" }, 1);
	after++;
}

SEEN void other_way(long n)
{
	called(n, "way", &(struct pair){ n, "other" }, 2);
	after++;
}

/* A marker as <sys/sdt.h> makes it, with a number and a text. */
SEEN void marks(long n, const char *text)
{
	__asm__ volatile("770: nop\n"
			 ".pushsection .note.stapsdt,\"\",\"note\"\n.balign 4\n.4byte 8, 773f-772f, 3\n.asciz \"stapsdt\"\n.balign 4\n"
			 "772: .8byte 770b, _.stapsdt.base, 0\n.asciz \"opinion\"\n.asciz \"passed\"\n.asciz \"-8@%0 8@%1\"\n"
			 "773: .balign 4\n.popsection\n"
			 ".pushsection .stapsdt.base,\"aG\",\"progbits\",.stapsdt.base,comdat\n.weak _.stapsdt.base\n"
			 ".hidden _.stapsdt.base\n_.stapsdt.base: .space 1\n.size _.stapsdt.base, 1\n.popsection\n" ::"r"(n), "r"(text));
	after++;
}

static void functions(void)
{
	char texts[20][16];

	for (int i = 0; i < 20; i++) {
		struct pair pair = { 1000 + i % 3, texts[i] };

		snprintf(texts[i], sizeof(texts[i]), "text %d", i % 4);
		called(i % 5, texts[i], &pair, -i);
		negative(i);
		marks(i % 6 - 3, texts[i]);
	}
	deep(9);
	for (int i = 0; i < 6; i++) {
		one_way(i);
		if (i % 2)
			other_way(i);
	}
}

static void system_calls(void)
{
	char path[64] = "/dev/null", data[4096] = "";
	int null = open(path, O_WRONLY);

	for (int i = 0; i < 30; i++)
		syscall(SYS_getppid);
	for (int i = 0; i < 7; i++)
		syscall(SYS_close, 1000 + i % 2);
	for (int i = 1; i <= 4096; i *= 2)
		syscall(SYS_write, null, data, i);
	for (int i = 0; i < 5; i++) {
		strcpy(path, i % 2 ? "/dev/zero" : "/dev/null/no");
		syscall(SYS_close, syscall(SYS_openat, AT_FDCWD, path, i ? O_RDONLY : O_WRONLY | O_CLOEXEC, 0));
	}
	for (int i = 0; i < 11; i++)
		syscall(SYS_lseek, -1, -5L * i, SEEK_SET);
	for (int i = 0; i < 4; i++)
		syscall(SYS_nanosleep, &(struct timespec){ 0, 1000000 }, NULL);
	for (int i = 0; i < 8; i++)
		syscall(SYS_kill, getpid(), SIGCONT);
	close(null);
}

static void processes(void)
{
	for (int i = 0; i < 3; i++) {
		pid_t pid = fork();

		if (!pid)
			_exit(i + 1);
		waitpid(pid, NULL, 0);
	}
}

static void faults(void)
{
	long page = sysconf(_SC_PAGESIZE);
	char *pages = mmap(NULL, 50 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	madvise(pages, 50 * page, MADV_NOHUGEPAGE);
	for (int i = 0; i < 50 && pages != MAP_FAILED; i++)
		pages[i * page] = 1;
}

static void spins(void)
{
	struct timespec now, end;

	clock_gettime(CLOCK_MONOTONIC, &end);
	do
		clock_gettime(CLOCK_MONOTONIC, &now);
	while (now.tv_sec * 1000 + now.tv_nsec / 1000000 < end.tv_sec * 1000 + end.tv_nsec / 1000000 + 300);
}

int main(void)
{
	char c;

	if (read(0, &c, 1) != 1)
		return 1;
	functions();
	system_calls();
	processes();
	faults();
	spins();
	puts("done");
	fflush(stdout);
	return read(0, &c, 1) != 1;	/* until the stacks have names */
}
