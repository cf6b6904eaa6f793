// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include "lib/lines.h"

#ifdef HAVE_LIBDW
#include <dwarf.h>
#include <elfutils/libdw.h>
#include <linux/audit.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#ifdef __has_feature
#define SANITIZED __has_feature(address_sanitizer)
#elif defined(__SANITIZE_ADDRESS__)
#define SANITIZED 1
#else
#define SANITIZED 0
#endif

#define DEEP 64			/* dies in each other */
#define SPACE (1ULL << 30)	/* of addresses, with the file twice */

/* --- The process that reads --- */

/* Code from `low` to `high` is of a unit, or within one of a function: the die at this offset of the file. */
struct range {
	Dwarf_Addr low, high;
	Dwarf_Off die;
};

struct ranges {
	struct range *list;
	size_t n;
	bool sorted;
};

struct compiled {
	Dwarf_Off die;
	struct ranges functions;
};

static Dwarf *dwarf;
static struct ranges units;
static struct compiled *opened;	/* units whose functions were asked for */
static size_t n_opened;

static int by_low(const void *a, const void *b)
{
	const struct range *x = a, *y = b;

	return x->low != y->low ? (x->low < y->low ? -1 : 1) : (x->high > y->high) - (x->high < y->high);
}

static void add_ranges(struct ranges *r, Dwarf_Die *die)
{
	Dwarf_Addr base, low, high;
	struct range *more;
	ptrdiff_t at = 0;

	while ((at = dwarf_ranges(die, at, &base, &low, &high)) > 0) {
		if (low >= high)
			continue;
		if (!(r->n & (r->n - 1))) {
			more = realloc(r->list, (r->n ? r->n * 2 : 1) * sizeof(*more));
			if (!more)
				_exit(1);
			r->list = more;
		}
		r->list[r->n++] = (struct range){ low, high, dwarf_dieoffset(die) };
	}
}

static bool find_die(struct ranges *r, Dwarf_Addr address, Dwarf_Die *die)
{
	size_t low = 0, high = r->n;

	if (!r->sorted && r->n)
		qsort(r->list, r->n, sizeof(*r->list), by_low);
	r->sorted = true;
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (r->list[middle].low <= address)
			low = middle + 1;
		else
			high = middle;
	}
	for (int tries = 0; low-- && tries < DEEP; tries++)	/* where one begins within another */
		if (address < r->list[low].high)
			return dwarf_offdie(dwarf, r->list[low].die, die);
	return false;
}

/* Functions are within units, or within names' spaces and types of them. */
static void add_functions(struct ranges *r, Dwarf_Die *of, int deep)
{
	Dwarf_Die die;

	if (deep == DEEP || dwarf_child(of, &die))
		return;
	do {
		switch (dwarf_tag(&die)) {
		case DW_TAG_subprogram: add_ranges(r, &die); break;
		case DW_TAG_namespace:
		case DW_TAG_module:
		case DW_TAG_class_type:
		case DW_TAG_structure_type: add_functions(r, &die, deep + 1); break;
		default: break;
		}
	} while (!dwarf_siblingof(&die, &die));
}

static struct ranges *functions_of(Dwarf_Die *unit)
{
	Dwarf_Off offset = dwarf_dieoffset(unit);
	struct compiled *more;

	for (size_t i = n_opened; i--;)
		if (opened[i].die == offset)
			return &opened[i].functions;
	more = realloc(opened, (n_opened + 1) * sizeof(*more));
	if (!more)
		_exit(1);
	opened = more;
	opened[n_opened] = (struct compiled){ .die = offset };
	add_functions(&opened[n_opened].functions, unit, 0);
	return &opened[n_opened++].functions;
}

static void read_units(void)
{
	Dwarf_CU *unit = NULL;
	Dwarf_Die die;
	__u8 type;

	while (!dwarf_get_units(dwarf, unit, &unit, NULL, &type, &die, NULL))
		if (type != DW_UT_type && type != DW_UT_split_type)
			add_ranges(&units, &die);
}

static void put_text(char *to, const char *text)
{
	snprintf(to, LINES_TEXT, "%s", text ?: "");
}

static void put_function(struct line_place *place, Dwarf_Die *die)
{
	Dwarf_Attribute attribute;
	const char *name = dwarf_formstring(dwarf_attr_integrate(die, DW_AT_linkage_name, &attribute)
						    ?: dwarf_attr_integrate(die, DW_AT_MIPS_linkage_name, &attribute));

	put_text(place->function, name ?: dwarf_diename(die));
}

/* Where it was put in: that line is the outer function's. */
static void put_call(struct line_place *place, Dwarf_Die *die, Dwarf_Die *unit)
{
	Dwarf_Attribute attribute;
	Dwarf_Word line = 0, file = 0;
	Dwarf_Files *files;
	size_t n;

	if (!dwarf_formudata(dwarf_attr(die, DW_AT_call_line, &attribute), &line))
		place->line = line;
	if (!dwarf_formudata(dwarf_attr(die, DW_AT_call_file, &attribute), &file) && !dwarf_getsrcfiles(unit, &files, &n) && file < n)
		put_text(place->file, dwarf_filesrc(files, file, NULL, NULL));
}

/* The one that was put in here, from the inside of `die`. */
static bool inner(Dwarf_Die *die, Dwarf_Addr address, int deep)
{
	Dwarf_Die child;

	if (deep == DEEP || dwarf_child(die, &child))
		return false;
	do {
		int tag = dwarf_tag(&child);

		if ((tag != DW_TAG_inlined_subroutine && tag != DW_TAG_lexical_block) || dwarf_haspc(&child, address) != 1)
			continue;
		*die = child;
		return tag == DW_TAG_inlined_subroutine || inner(die, address, deep + 1);
	} while (!dwarf_siblingof(&child, &child));
	return false;
}

static int places(Dwarf_Addr address, struct line_place *to)
{
	struct line_place *all[LINES_DEEP], *last;
	Dwarf_Die unit, die;
	Dwarf_Line *line;
	int number = 0, n = 0;

	memset(to, 0, LINES_DEEP * sizeof(*to));
	if (!find_die(&units, address, &unit))
		return 0;
	/* from the outermost, so they stand in the other direction at first; the code's own line is the last one's */
	for (int i = 0; i < LINES_DEEP; i++)
		all[i] = &to[LINES_DEEP - 1 - i];
	if (find_die(functions_of(&unit), address, &die)) {
		put_function(all[n++], &die);
		while (n < LINES_DEEP && inner(&die, address, 0)) {
			put_call(all[n - 1], &die, &unit);
			put_function(all[n++], &die);
		}
	}
	last = all[n ? n - 1 : 0];
	line = dwarf_getsrc_die(&unit, address);
	if (line && !dwarf_lineno(line, &number)) {
		last->line = number;
		put_text(last->file, dwarf_linesrc(line, NULL, NULL));
		n = n ?: 1;
	}
	memmove(to, to + LINES_DEEP - n, n * sizeof(*to));
	return n;
}

/* No file can be opened, nothing be sent, nobody be asked: where the kernel can see to that. */
static void lock_up(__u64 size, unsigned int seconds)
{
#define MAY(call) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_##call, 0, 1), BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)
	static struct sock_filter may[] = {
#ifdef __x86_64__
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AUDIT_ARCH_X86_64, 1, 0),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
#endif
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		MAY(read), MAY(write), MAY(pread64), MAY(brk), MAY(munmap), MAY(mremap), MAY(madvise), MAY(lseek), MAY(futex),
		MAY(exit_group), MAY(rt_sigreturn), MAY(fcntl),
#ifdef SYS_mmap
		MAY(mmap),
#endif
#ifdef SYS_mmap2
		MAY(mmap2),
#endif
#ifdef SYS_fstat
		MAY(fstat),
#endif
#ifdef SYS_newfstatat
		MAY(newfstatat),	/* by which the C library asks for the size of an open file */
#endif
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
	};
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct nothing[2] = {};
	struct sock_fprog program = { sizeof(may) / sizeof(*may), may };
	struct rlimit none = {}, cpu = { seconds, seconds }, space = { SPACE + 2 * size, SPACE + 2 * size };

	syscall(SYS_capset, &header, nothing);
	setrlimit(RLIMIT_CORE, &none);
	setrlimit(RLIMIT_CPU, &cpu);
	setrlimit(RLIMIT_FSIZE, &none);
	setrlimit(RLIMIT_NOFILE, &none);
	if (!SANITIZED)		/* that takes all addresses that there are */
		setrlimit(RLIMIT_AS, &space);
	if (!prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
}

static bool transfer(int fd, void *data, size_t size, bool put)
{
	for (size_t done = 0; done < size;) {
		ssize_t n = put ? write(fd, (char *)data + done, size - done) : read(fd, (char *)data + done, size - done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		done += n;
	}
	return true;
}

/* Asked for an address, answers with how many places, and them. The file becomes 0, the socket 1. */
static void serve(int fd, int socket, unsigned int seconds)
{
	static struct line_place found[LINES_DEEP];
	int copy = fcntl(fd, F_DUPFD, 3);
	struct stat st;
	__u64 address;
	__u32 n;

	for (int i = 1; i < NSIG; i++)
		signal(i, i == SIGINT || i == SIGTERM || i == SIGHUP ? SIG_IGN : SIG_DFL);	/* the tool tells when it is over */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (copy < 0 || dup2(socket, 1) < 0 || dup2(copy, 0) < 0 || fstat(0, &st))
		_exit(1);
	if (syscall(SYS_close_range, 2, ~0U, 0))
		for (int i = 2; i < 1024; i++)
			close(i);
	lock_up(st.st_size, seconds);
	dwarf = dwarf_begin(0, DWARF_C_READ);
	if (!dwarf)
		_exit(1);
	read_units();
	while (transfer(1, &address, sizeof(address), false)) {
		n = places(address, found);
		if (!transfer(1, &n, sizeof(n), true) || !transfer(1, found, n * sizeof(*found), true))
			break;
	}
	_exit(0);
}

/* --- The process that asks --- */

int lines_open(struct lines *lines, int fd, unsigned int seconds)
{
	int pair[2];

	*lines = (struct lines){ .fd = -1 };
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair))
		return -errno;
	lines->pid = fork();
	if (!lines->pid)
		serve(fd, pair[1], seconds);
	close(pair[1]);
	lines->fd = pair[0];
	if (lines->pid > 0)
		return 0;
	lines->pid = 0;
	close(pair[0]);
	return -EAGAIN;
}

int lines_find(struct lines *lines, __u64 address, struct line_place to[LINES_DEEP])
{
	__u32 n;

	if (!lines->pid)
		return 0;
	if (send(lines->fd, &address, sizeof(address), MSG_NOSIGNAL) != sizeof(address) ||
	    !transfer(lines->fd, &n, sizeof(n), false) || n > LINES_DEEP || !transfer(lines->fd, to, n * sizeof(*to), false)) {
		lines_close(lines);
		return 0;
	}
	for (__u32 i = 0; i < n; i++)
		to[i].function[LINES_TEXT - 1] = to[i].file[LINES_TEXT - 1] = 0;
	return n;
}

void lines_close(struct lines *lines)
{
	if (!lines->pid)
		return;
	close(lines->fd);
	kill(lines->pid, SIGKILL);
	while (waitpid(lines->pid, NULL, 0) < 0 && errno == EINTR)
		;
	lines->pid = 0;
}

#else

int lines_open(struct lines *lines, int fd, unsigned int seconds)
{
	lines->pid = 0;
	return -ENOTSUP;
}

int lines_find(struct lines *lines, __u64 address, struct line_place to[LINES_DEEP])
{
	return 0;
}

void lines_close(struct lines *lines)
{
}
#endif
