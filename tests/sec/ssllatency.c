// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "tls.h"

#define SLOW 30000000ULL

static void sign(void *arg)
{
	RSA_sign(arg);
}

static void speak(void *arg)
{
	static const int layer = 4;
	struct tls_session key = {.gives = 1, .takes = SLOW}, shake = {.gives = 1, .inside = sign, .arg = &key};
	struct tls_session s = {.methods = &layer, .gives = 5, .data = "heard"}, slow = {.gives = 0, .takes = SLOW};
	struct tls_session again = {.gives = -28, .data = ""};
	char to[64];

	(void)arg;
	SSL_do_handshake(&shake);
	SSL_do_handshake(&slow);
	for (int i = 0; i < 3; i++)
		SSL_read(&s, to, sizeof(to));
	PR_Recv(&s, to, sizeof(to), 0, 0);
	gnutls_record_recv(&again, to, sizeof(to));
}

TEST(ssllatency, "a histogram for each function, what failed apart; libraries and operations that are left out are")
{
	struct child child = child_new("speaker", 0, speak, NULL);
	const char *pid = text("%d", child.pid);
	struct job *job = tool_start("ssllatency", "-p", pid, "-m", "--no-nss"),
		   *some = tool_start("ssllatency", "-p", pid, "--no-crypto", "--no-gnutls");

	child_run(&child);
	tool_stop(job);
	tool_stop(some);
	CHECK_EQ(rows(job, IS("unit", "msecs")), rows(job));
	CHECK_EQ(sum(job, "count"), 7);
	CHECK_EQ(sum(job, "count", IS("function", "RSA_sign"), IS("result", "ok")), 1);
	CHECK(sum(job, "sum_ns", IS("function", "RSA_sign")) >= (long long)SLOW);
	CHECK(sum(job, "sum_ns", IS("function", "SSL_do_handshake"), IS("result", "ok")) > sum(job, "sum_ns", IS("function", "RSA_sign")));
	CHECK_EQ(sum(job, "count", IS("library", "OpenSSL"), IS("function", "SSL_do_handshake"), IS("result", "ok")), 1);
	CHECK_EQ(sum(job, "count", IS("library", "OpenSSL"), IS("function", "SSL_do_handshake"), IS("result", "failed")), 1);
	CHECK_EQ(sum(job, "count", IS("function", "SSL_read"), IS("result", "ok")), 3);
	CHECK_EQ(sum(job, "count", IS("library", "GnuTLS"), IS("function", "gnutls_record_recv"), IS("result", "failed")), 1);
	CHECK_EQ(rows(job, IS("library", "NSS")), 0);
	CHECK_NO_LOSS(job);
	CHECK_EQ(rows(some, IS("unit", "usecs")), rows(some));
	CHECK_EQ(sum(some, "count"), 6);
	CHECK_EQ(sum(some, "count", IS("library", "NSS"), IS("function", "PR_Recv")), 1);
	CHECK_EQ(rows(some, IS("function", "RSA_sign")), 0);
	CHECK_EQ(rows(some, IS("library", "GnuTLS")), 0);
	CHECK_NO_LOSS(some);
}
