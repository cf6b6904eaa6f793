/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Libraries that speak TLS: for tools with bpf/lib/tls.bpf.h. */
#ifndef TLS_USER_H
#define TLS_USER_H

#include <linux/capability.h>
#include "lib/tool.h"
#include "lib/tls.h"

/* In .setup: functions that do one of these (enum tls_what). */
int tls_setup(struct run *run, __u32 kinds);
int tls_attach(struct run *run);	/* .attach */

/* Of columns, whose offset is that of a __u32, enum tls_function. */
void tls_show_function(struct out *out, const struct column *c, const void *row);
void tls_show_library(struct out *out, const struct column *c, const void *row);
const char *tls_kind(__u32 function);	/* "read" */
__u32 tls_library(__u32 function);

extern bool tls_without[TLS_CRYPTO + 1];
int tls_extra(struct run *run, const char *arg, void *to);

#define TLS_WITHOUT(n, library, h) { .name = n, .value = V_BOOL, .here = &tls_without[library], .help = h }

#define OPT_TLS								\
	{ .name = "extra-lib", .arg = "FILE", .value = V_CHARS, .parse = tls_extra, .many = true, .complete = "file", \
	  .help = "a library or program to look into as well; bcc's openssl:FILE is taken, too" }, \
	TLS_WITHOUT("no-openssl", TLS_OPENSSL, "leave OpenSSL out"),	\
	TLS_WITHOUT("no-gnutls", TLS_GNUTLS, "leave GnuTLS out"),	\
	TLS_WITHOUT("no-nss", TLS_NSS, "leave NSS out")

/* To look into the files of other processes, also those that have no name any more. */
#define TLS_CAPS (1ULL << CAP_SYS_PTRACE | 1ULL << CAP_DAC_READ_SEARCH | 1ULL << CAP_CHECKPOINT_RESTORE)

#define TLS_ABOUT							\
	"The libraries are OpenSSL, with LibreSSL and BoringSSL where their functions have the same names, GnuTLS and NSS: as " \
	"installed, as running processes have them mapped, in containers as well, and linked into programs that run, where these " \
	"keep their symbols."

#define TLS_CAVEATS							\
	"Programs that speak TLS by other means, as Go's and Java's do, and those of Rust with rustls, are not seen, nor what the " \
	"kernel encrypts (SSL_sendfile). Of a library or static program that is started from another file later, name the file " \
	"with --extra-lib. With --pid, a process that has none of the functions is refused. Calls of 32-bit programs are not " \
	"understood. NSS: only descriptors that are layers on others, as those of TLS are."

#endif
