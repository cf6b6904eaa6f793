// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <ctype.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "lib/names.h"
#include "syscalls.h"

#define NAME(nr, name) [nr] = #name,
#define NAME32(nr, name) [nr] = #name,

static const char *const native[] = { SYSCALLS(NAME) };
static const char *const other[] = { SYSCALLS32(NAME32) };

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

const char *names_syscall(unsigned int nr, bool is_32)
{
	if (is_32)
		return nr < COUNT(other) ? other[nr] : NULL;
	return nr < COUNT(native) ? native[nr] : NULL;
}

int names_syscall_find(const char *name)
{
	for (unsigned int i = 0; i < COUNT(native); i++)
		if (native[i] && !strcmp(native[i], name))
			return i;
	return -1;
}

/* include/linux/errno.h: most of these leave the kernel only through probes */
static const char *const internal[] = {
	[0] = "ERESTARTSYS", [1] = "ERESTARTNOINTR", [2] = "ERESTARTNOHAND", [3] = "ENOIOCTLCMD",
	[4] = "ERESTART_RESTARTBLOCK", [5] = "EPROBE_DEFER", [6] = "EOPENSTALE", [7] = "ENOPARAM",
	[9] = "EBADHANDLE", [10] = "ENOTSYNC", [11] = "EBADCOOKIE", [12] = "ENOTSUPP", [13] = "ETOOSMALL",
	[14] = "ESERVERFAULT", [15] = "EBADTYPE", [16] = "EJUKEBOX", [17] = "EIOCBQUEUED", [18] = "ERECALLCONFLICT",
	[19] = "ENOGRACE",
};

#ifdef __GLIBC__
static const char *errno_name(int error)
{
	return error > 0 ? strerrorname_np(error) : NULL;
}

const char *names_signal(int signal)
{
	return sigabbrev_np(signal);
}
#else
#define E(name) [name] = #name
#define S(name) [SIG##name] = #name

static const char *const errors[] = {
	E(EPERM), E(ENOENT), E(ESRCH), E(EINTR), E(EIO), E(ENXIO), E(E2BIG), E(ENOEXEC), E(EBADF), E(ECHILD), E(EAGAIN), E(ENOMEM),
	E(EACCES), E(EFAULT), E(ENOTBLK), E(EBUSY), E(EEXIST), E(EXDEV), E(ENODEV), E(ENOTDIR), E(EISDIR), E(EINVAL), E(ENFILE),
	E(EMFILE), E(ENOTTY), E(ETXTBSY), E(EFBIG), E(ENOSPC), E(ESPIPE), E(EROFS), E(EMLINK), E(EPIPE), E(EDOM), E(ERANGE),
	E(EDEADLK), E(ENAMETOOLONG), E(ENOLCK), E(ENOSYS), E(ENOTEMPTY), E(ELOOP), E(ENOMSG), E(EIDRM), E(ECHRNG), E(EL2NSYNC),
	E(EL3HLT), E(EL3RST), E(ELNRNG), E(EUNATCH), E(ENOCSI), E(EL2HLT), E(EBADE), E(EBADR), E(EXFULL), E(ENOANO), E(EBADRQC),
	E(EBADSLT), E(EBFONT), E(ENOSTR), E(ENODATA), E(ETIME), E(ENOSR), E(ENONET), E(ENOPKG), E(EREMOTE), E(ENOLINK), E(EADV),
	E(ESRMNT), E(ECOMM), E(EPROTO), E(EMULTIHOP), E(EDOTDOT), E(EBADMSG), E(EOVERFLOW), E(ENOTUNIQ), E(EBADFD), E(EREMCHG),
	E(ELIBACC), E(ELIBBAD), E(ELIBSCN), E(ELIBMAX), E(ELIBEXEC), E(EILSEQ), E(ERESTART), E(ESTRPIPE), E(EUSERS), E(ENOTSOCK),
	E(EDESTADDRREQ), E(EMSGSIZE), E(EPROTOTYPE), E(ENOPROTOOPT), E(EPROTONOSUPPORT), E(ESOCKTNOSUPPORT), E(EOPNOTSUPP),
	E(EPFNOSUPPORT), E(EAFNOSUPPORT), E(EADDRINUSE), E(EADDRNOTAVAIL), E(ENETDOWN), E(ENETUNREACH), E(ENETRESET),
	E(ECONNABORTED), E(ECONNRESET), E(ENOBUFS), E(EISCONN), E(ENOTCONN), E(ESHUTDOWN), E(ETOOMANYREFS), E(ETIMEDOUT),
	E(ECONNREFUSED), E(EHOSTDOWN), E(EHOSTUNREACH), E(EALREADY), E(EINPROGRESS), E(ESTALE), E(EUCLEAN), E(ENOTNAM), E(ENAVAIL),
	E(EISNAM), E(EREMOTEIO), E(EDQUOT), E(ENOMEDIUM), E(EMEDIUMTYPE), E(ECANCELED), E(ENOKEY), E(EKEYEXPIRED), E(EKEYREVOKED),
	E(EKEYREJECTED), E(EOWNERDEAD), E(ENOTRECOVERABLE), E(ERFKILL), E(EHWPOISON),
};

static const char *const signals[] = {
	S(HUP), S(INT), S(QUIT), S(ILL), S(TRAP), S(ABRT), S(BUS), S(FPE), S(KILL), S(USR1), S(SEGV), S(USR2), S(PIPE), S(ALRM),
	S(TERM), S(STKFLT), S(CHLD), S(CONT), S(STOP), S(TSTP), S(TTIN), S(TTOU), S(URG), S(XCPU), S(XFSZ), S(VTALRM), S(PROF),
	S(WINCH), S(POLL), S(PWR), S(SYS),
};

static const char *errno_name(int error)
{
	return error > 0 && error < (int)COUNT(errors) ? errors[error] : NULL;
}

const char *names_signal(int signal)
{
	return signal > 0 && signal < (int)COUNT(signals) ? signals[signal] : NULL;
}
#endif

const char *names_errno(int error)
{
	return error >= 512 && error < 512 + (int)COUNT(internal) ? internal[error - 512] : errno_name(error);
}

int names_errno_find(const char *name)
{
	if (isdigit((unsigned char)*name)) {
		char *end;
		long n = strtol(name, &end, 10);

		return *end || n < 1 || n > 4095 ? -1 : n;
	}
	for (int i = 1; i < 512 + (int)COUNT(internal); i++)
		if (names_errno(i) && !strcmp(names_errno(i), name))
			return i;
	return -1;
}

int names_flags(char *to, size_t size, const struct names_flag *flags, unsigned long value)
{
	size_t at = 0;

	*to = 0;
	for (; flags->name; flags++)
		if ((value & flags->mask) == flags->value && at < size) {
			at += snprintf(to + at, size - at, "%s%s", at ? "|" : "", flags->name);
			value &= ~flags->mask;
		}
	if ((value || !at) && at < size)
		at += snprintf(to + at, size - at, "%s0x%lx", at ? "|" : "", value);
	return at;
}
