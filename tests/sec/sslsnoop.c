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
	struct tls_session s = {.methods = &layer, .gives = 5, .data = "heard"}, bad = {.methods = &layer, .gives = -1, .data = ""};
	struct tls_session slow = {.gives = 0, .takes = SLOW};
	char to[64];
	size_t n;

	(void)arg;
	SSL_do_handshake(&shake);
	SSL_do_handshake(&slow);
	SSL_write_ex(&s, "said1", 5, &n);
	PR_Recv(&s, to, sizeof(to), 0, 0);
	SSL_write(&bad, "never", 5);
	SSL_read_ex(&bad, to, sizeof(to), &n);
	SSL_ForceHandshake(&bad);
	bad.gives = -28;
	gnutls_record_recv(&bad, to, sizeof(to));
	bad.gives = -999;
	gnutls_handshake(&bad);
	bad.gives = 0;
	gnutls_record_recv(&bad, to, sizeof(to));
}

TEST(sslsnoop, "each call once: how long it took, what it gave, why it failed; an operation in its handshake")
{
	struct child child = child_new("speaker", 0, speak, NULL);
	const char *pid = text("%d", child.pid);
	struct job *job = tool_start("sslsnoop", "-p", pid), *some = tool_start("sslsnoop", "-p", pid, "-x", "-m", "30", "--no-crypto");
	json_t *r;

	child_run(&child);
	tool_stop(job);
	tool_stop(some);
	CHECK_EQ(rows(job, IS("pid", child.pid), IS("tid", child.pid), IS("comm", "speaker")), 11);
	CHECK_EQ(rows(job), 11);
	CHECK(number(row(job, IS("function", "RSA_sign"), IS("call", "operation"), IS("ret", 1), IS("error", NOTHING)), "latency_ns") >=
	      (long long)SLOW);
	CHECK(number(row(job, IS("function", "SSL_do_handshake"), IS("call", "handshake"), IS("error", NOTHING)), "latency_ns") >
	      number(row(job, IS("function", "RSA_sign"), IS("ret", 1)), "latency_ns"));
	CHECK_EQ(rows(job, IS("function", "SSL_write_ex"), IS("length", 5), IS("ret", 1), IS("error", NOTHING)), 1);
	CHECK_EQ(rows(job, IS("function", "PR_Recv"), IS("length", 5), IS("ret", 5), IS("error", NOTHING), IS("library", "NSS")), 1);
	CHECK_EQ(rows(job, IS("function", "SSL_write"), IS("length", 0), IS("ret", -1), IS("error", "failed")), 1);
	CHECK_EQ(rows(job, IS("function", "SSL_read_ex"), IS("length", 0), IS("ret", 0), IS("error", "failed")), 1);
	CHECK_EQ(rows(job, IS("function", "SSL_ForceHandshake"), IS("ret", -1), IS("error", "failed")), 1);
	CHECK_EQ(rows(job, IS("function", "gnutls_record_recv"), IS("ret", -28), IS("error", "E_AGAIN")), 1);
	CHECK_EQ(rows(job, IS("function", "gnutls_handshake"), IS("ret", -999), IS("error", "failed")), 1);
	CHECK_EQ(rows(job, IS("function", "gnutls_record_recv"), IS("ret", 0), IS("error", "closed")), 1);
	CHECK_NO_LOSS(job);
	/* of what took long, the operation and the handshake around it did not fail */
	CHECK_EQ(rows(some, IS("function", "SSL_do_handshake"), IS("ret", 0), IS("error", "failed")), 1);
	CHECK_EQ(rows(some, IS("error", NOTHING)), 0);
	each_row(r, some)
		CHECK(number(r, "latency_ns") >= (long long)SLOW);
}
