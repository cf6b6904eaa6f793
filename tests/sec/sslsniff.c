// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <setjmp.h>
#include "tls.h"

#define LONG 20000

/* Is this row's data these bytes, whatever they are? */
static bool has(json_t *r, const char *bytes, size_t n)
{
	json_t *data = json_object_get(r, "data");

	return json_is_string(data) ? json_string_length(data) == n && !memcmp(json_string_value(data), bytes, n) : !n;
}

#define HAS(r, bytes) has(r, bytes, sizeof(bytes) - 1)

static const char odd[] = "a\0b\033[2J\\\"\r\n";
static char big[LONG];

static void speak(void *arg)
{
	static const int layer = 4, tcp = 2;
	struct tls_session s = {.methods = &layer, .gives = 5, .data = "heard"}, plain = {.methods = &tcp, .gives = 5, .data = "plain"};
	struct tls_session bad = {.methods = &layer, .gives = -1, .data = ""};
	char to[64];
	size_t n;

	(void)arg;
	s.takes = 2000000;
	SSL_read(&s, to, sizeof(to));
	s.takes = 0;
	SSL_read_ex(&s, to, sizeof(to), &n);
	gnutls_record_recv(&s, to, sizeof(to));
	PR_Read(&s, to, sizeof(to));
	PR_Recv(&s, to, sizeof(to), 0, 0);
	/* peeked at, not of TLS, failed, closed */
	PR_Recv(&s, to, sizeof(to), 2, 0);
	PR_Read(&plain, to, sizeof(to));
	PR_Write(&plain, "plain", 5);
	SSL_read(&bad, to, sizeof(to));
	SSL_write_ex(&bad, "never", 5, &n);
	gnutls_record_send(&bad, "never", 5);
	bad.gives = 0;
	gnutls_record_recv(&bad, to, sizeof(to));
	s.gives = 4;	/* of the five */
	SSL_write(&s, "said1", 5);
	SSL_write_ex(&s, "said2", 5, &n);
	gnutls_record_send(&s, "said3", 5);
	PR_Write(&s, "said4", 5);
	PR_Send(&s, "said5", 5, 0, 0);
	gnutls_record_send(&s, NULL, 0);	/* what it had before */
	s.gives = sizeof(odd) - 1;
	SSL_write(&s, odd, sizeof(odd) - 1);
	s.gives = LONG;
	SSL_write(&s, big, LONG);
	s.gives = 1;
	SSL_do_handshake(&s);
	bad.gives = -1;
	SSL_do_handshake(&bad);
	s.gives = 0;
	gnutls_handshake(&s);
	SSL_ForceHandshake(&s);
}

#define LENGTHS(job, kind, n) rows(job, IS("call", kind), IS("length", n))

TEST(sslsniff, "what each library's functions read and write, to the byte, and how long they took; not what failed, or is no TLS")
{
	struct job *job, *more, *less;
	struct child child;
	json_t *r;

	for (int i = 0; i < LONG; i++)
		big[i] = 'a' + i / 100 % 26;
	child = child_new("speaker", 0, speak, NULL);
	job = tool_start("sslsniff", "-p", text("%d", child.pid), "--handshake");
	more = tool_start("sslsniff", "-p", text("%d", child.pid), "-x", "--max-buffer-size", "12k", "--no-gnutls", "--no-nss");
	less = tool_start("sslsniff", "-p", text("%d", child.pid), "--max-buffer-size", "0", "-f", "csv", "-o", "function,length,data");
	child_run(&child);
	tool_stop(job);
	tool_stop(more);
	job_end(less, SIGINT);
	CHECK_EQ(rows(job, IS("comm", "speaker"), IS("pid", child.pid), IS("tid", child.pid)), rows(job));
	CHECK_EQ(rows(job, IS("call", "read"), IS("data", "heard"), IS("length", 5)), 5);
	CHECK_EQ(rows(job, IS("call", "read")), 5);
	CHECK_EQ(rows(job, IS("function", "SSL_read_ex"), IS("library", "OpenSSL"), IS("data", "heard")), 1);
	CHECK_EQ(rows(job, IS("function", "gnutls_record_recv"), IS("library", "GnuTLS"), IS("data", "heard")), 1);
	CHECK_EQ(rows(job, IS("function", "PR_Read"), IS("library", "NSS"), IS("data", "heard")), 1);
	CHECK_EQ(rows(job, IS("function", "PR_Recv"), IS("library", "NSS"), IS("data", "heard")), 1);
	CHECK_EQ(rows(job, IS("call", "write"), IS("data", "said"), IS("length", 4)), 5);
	CHECK_EQ(rows(job, IS("call", "write"), IS("data", NOTHING), IS("length", 4), IS("function", "gnutls_record_send")), 1);
	CHECK_EQ(rows(job, IS("call", "write")), 8);
	CHECK_EQ(rows(job, IS("call", "handshake"), IS("length", 0), IS("data", NOTHING)), 3);
	CHECK_EQ(rows(job), 16);
	CHECK(number(row(job, IS("function", "SSL_read")), "latency_ns") >= 2000000);
	CHECK(HAS(row(job, IS("length", (int)sizeof(odd) - 1)), odd));
	r = row(job, IS("length", LONG));
	CHECK(has(r, big, 8192));
	CHECK_EQ(number(r, "cut"), LONG - 8192);
	CHECK_NO_LOSS(job);
	/* two records of one call, the second one with what is left of 12k */
	CHECK_EQ(rows(more, IS("library", "OpenSSL")), rows(more));
	CHECK_EQ(rows(more, IS("length", LONG)), 2);
	CHECK_EQ(rows(more, IS("length", LONG), IS("offset", 0), IS("cut", NOTHING)), 1);
	r = row(more, IS("length", LONG), IS("offset", 8192), IS("cut", LONG - 12288));
	CHECK_EQ(json_string_length(json_object_get(r, "data")), 2 * 4096);
	CHECK_HAS(string(r, "data"), text("%02x%02x", big[8192], big[8193]));
	CHECK_EQ(rows(more, IS("length", 4), IS("data", "73616964")), 2);
	CHECK_EQ(rows(more), 7);
	CHECK_HAS(less->out, text("SSL_write,%d,\n", LONG));
	CHECK(!strstr(less->out, "said") && !strstr(less->out, "heard"));
}

static sigjmp_buf left;

static void leave(void *arg)
{
	(void)arg;
	siglongjmp(left, 1);
}

static void listen_inside(void *arg)
{
	char to[64];

	SSL_read(arg, to, sizeof(to));
}

static void speak_through(void *arg)
{
	struct tls_session inner = {.gives = 5, .data = "inner"}, outer = {.gives = 5, .inside = listen_inside, .arg = &inner};
	struct tls_session never = {.gives = 5, .inside = leave};

	(void)arg;
	SSL_write(&outer, "outer", 5);
	for (volatile int i = 0; i < 20; i++)
		if (!sigsetjmp(left, 0))
			SSL_write(&never, "never", 5);
	SSL_write(&inner, "after", 5);
}

TEST(sslsniff, "TLS through TLS is shown as both; calls that were left by longjmp() don't hide the next; a hex dump, and what is bad")
{
	struct child child = child_new("speaker", 0, speak_through, NULL);
	const char *exe = text("/proc/%d/exe", child.pid);
	struct job *job = tool_start("sslsniff", "-n", "speaker", "--extra-lib", text("openssl:%s", exe));
	struct job *dump = tool_start("sslsniff", "-p", text("%d", child.pid), "-x", "-l", "-f", "text"), *bad;

	child_run(&child);
	tool_stop(job);
	job_end(dump, SIGINT);
	CHECK_EQ(rows(job, IS("pid", child.pid), IS("call", "read"), IS("data", "inner")), 1);
	CHECK_EQ(rows(job, IS("pid", child.pid), IS("call", "write"), IS("data", "outer")), 1);
	CHECK_EQ(rows(job, IS("pid", child.pid), IS("call", "write"), IS("data", "after")), 1);
	CHECK_EQ(rows(job, IS("pid", child.pid)), 3);
	CHECK_NO_LOSS(job);
	CHECK_HAS(dump->out, "LATENCY(us)");
	CHECK_HAS(dump->out, "\n         0   61 66 74 65 72                                    after\n");
	bad = run("corekit", "sslsniff", "-d", "10ms", "--extra-lib", "/proc/self/status");
	CHECK_EQ(bad->status, 2);
	CHECK_EQ(lines(bad->err), 1);
	CHECK_HAS(bad->err, "--extra-lib");
	bad = run("corekit", "sslsniff", "-d", "10ms", "--no-openssl", "--no-gnutls", "--no-nss");
	CHECK_EQ(bad->status, 2);
	CHECK_EQ(lines(bad->err), 1);
}

/* What OpenSSL's client hears, and what GnuTLS's server and client do. */
static bool all_there(void *job)
{
	const char *out = job_now(job), *first = strstr(out, "\"gnutls_record_recv\"");

	return strstr(out, "deifirev ylluf") && first && strstr(first + 1, "\"gnutls_record_recv\"");
}

TEST(sslsniff, "OpenSSL's and GnuTLS's own programs: what they say and hear, the handshakes, and the operations with keys")
{
	struct job *job = tool_start("sslsniff", "--handshake"), *snoop = tool_start("sslsnoop"), *hists = tool_start("ssllatency");
	struct tls_talk talk = tls_talk("fully verified\n", all_there, job);

	tool_stop(job);
	tool_stop(snoop);
	tool_stop(hists);
	CHECK_EQ(rows(job, IS("pid", talk.openssl_client), IS("call", "write"), IS("data", "fully verified\n"), IS("length", 15)), 1);
	CHECK_EQ(rows(job, IS("pid", talk.openssl_client), IS("call", "read"), IS("data", "deifirev ylluf\n"), IS("library", "OpenSSL")), 1);
	CHECK_EQ(rows(job, IS("pid", talk.openssl_server), IS("call", "handshake"), IS("library", "OpenSSL")), 1);
	CHECK_EQ(rows(job, IS("pid", talk.gnutls_client), IS("call", "write"), IS("data", "fully verified\n"), IS("library", "GnuTLS")), 1);
	CHECK_EQ(rows(job, IS("pid", talk.gnutls_client), IS("call", "read"), IS("data", "fully verified\n")), 1);
	CHECK_EQ(rows(job, IS("pid", talk.gnutls_server), IS("call", "read"), IS("data", "fully verified\n")), 1);
	CHECK_EQ(rows(job, IS("pid", talk.gnutls_server), IS("call", "handshake")), 1);
	CHECK_EQ(rows(job, IS("pid", talk.gnutls_client), IS("call", "handshake")), 1);
	/* TLS 1.3: the server signs, both agree on a key */
	CHECK(rows(snoop, IS("pid", talk.openssl_server), IS("function", "EVP_DigestSign"), IS("error", NOTHING)) >= 1);
	CHECK(rows(snoop, IS("pid", talk.openssl_client), IS("function", "EVP_PKEY_derive"), IS("error", NOTHING)) >= 1);
	CHECK_EQ(rows(snoop, IS("pid", talk.gnutls_client), IS("function", "gnutls_record_send"), IS("length", 15), IS("ret", 15)), 1);
	CHECK(number(row(snoop, IS("pid", talk.openssl_server), IS("function", "SSL_do_handshake"), IS("error", NOTHING)), "latency_ns") >
	      number(row(snoop, IS("pid", talk.openssl_server), IS("function", "EVP_DigestSign")), "latency_ns"));
	CHECK(rows(hists, IS("library", "GnuTLS"), IS("function", "gnutls_handshake"), IS("result", "ok")) >= 1);
	CHECK(rows(hists, IS("library", "OpenSSL"), IS("function", "SSL_write"), IS("result", "ok")) >= 1);
}
