// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "lib/tls_user.h"
#include "sec/sslsnoop.h"
#include "sec/sslsnoop.skel.h"

#define EVENT struct sslsnoop_event

static int setup(struct run *run)
{
	return tls_setup(run, TLS_KINDS);
}

/* gnutls/gnutls.h: what is negative there, and met in practice. */
static const struct {
	int number;
	const char *name;
} gnutls_errors[] = {
	{ 9, "E_UNEXPECTED_PACKET_LENGTH" }, { 10, "E_INVALID_SESSION" }, { 12, "E_FATAL_ALERT_RECEIVED" },
	{ 15, "E_UNEXPECTED_PACKET" }, { 16, "E_WARNING_ALERT_RECEIVED" }, { 24, "E_DECRYPTION_FAILED" }, { 28, "E_AGAIN" },
	{ 43, "E_CERTIFICATE_ERROR" }, { 52, "E_INTERRUPTED" }, { 53, "E_PUSH_ERROR" }, { 54, "E_PULL_ERROR" },
	{ 87, "E_NO_CIPHER_SUITES" }, { 110, "E_PREMATURE_TERMINATION" },
};

static void show_error(struct out *out, const struct column *c, const void *row)
{
	const EVENT *e = row;
	__u32 library = tls_library(e->function);

	if (!e->failed) {
		out_nothing(out);
		return;
	}
	for (size_t i = 0; library == TLS_GNUTLS && i < sizeof(gnutls_errors) / sizeof(*gnutls_errors); i++)
		if (e->ret == -gnutls_errors[i].number) {
			out_str(out, gnutls_errors[i].name);
			return;
		}
	out_str(out, !e->ret && (library == TLS_GNUTLS || library == TLS_NSS) ? "closed" : "failed");
}

static void show_call(struct out *out, const struct column *c, const void *row)
{
	out_str(out, tls_kind(((const EVENT *)row)->function));
}

static const struct opt opts[] = {
	OPT('x', "failed", NULL, sslsnoop, failed_only, "only calls that failed, or found the connection closed"),
	OPT_TIME('m', "min", "TIME", sslsnoop, min_latency, MSEC, "only calls that took as long: 10 (ms), 50us"),
	TLS_WITHOUT("no-crypto", TLS_CRYPTO, "leave out the operations with keys"),
	OPT_TLS,
	{}
};

static const struct column columns[] = {
	COL_ORIGIN(EVENT),
	COL_AS(L_HEX, "session", EVENT, session, 14, "address of the library's own record of the connection, to tell them apart",
	       HIDDEN),
	COL_OWN("library", tls_show_library, -7, "OpenSSL, GnuTLS or NSS", HIDDEN, .offset = offsetof(EVENT, function)),
	COL_OWN("call", show_call, -9, "read, write, handshake, or operation: with keys", HIDDEN),
	COL_NSEC("latency", "us", EVENT, latency, 11, "how long it took"),
	COL("length", EVENT, length, 6, "bytes that were read or written"),
	COL("ret", EVENT, ret, 6, "what it returned"),
	COL_OWN("error", show_error, -8, "why it failed: GnuTLS's E_*; closed, or failed, where the function doesn't tell"),
	COL_OWN("function", tls_show_function, 0, "function that was called", .offset = offsetof(EVENT, function)),
	{}
};

static const struct example examples[] = {
	{ "-n nginx", "each handshake, read and write of nginx, and the operations with keys that it is made of" },
	{ "-m 10 -T", "what takes 10 ms or more, with the time" },
	{ "-x --no-crypto -o +session", "calls that fail, and for which connection" },
	{}
};

TOOL(sslsnoop,
	.summary  = "trace calls that speak TLS, with latency, size and outcome",
	.about    = "One line for each handshake, read and write over TLS, and for each operation with keys (signing, verifying, "
		    "deriving, RSA) in OpenSSL's libcrypto, as it returns; no data. An operation is shown before the handshake that it "
		    "is part of, whose latency includes it. " TLS_ABOUT,
	.cost     = "Two uprobes for each call of these functions, about 1 to 2 microseconds each.",
	.caveats  = "OpenSSL tells why a call failed only if it is asked: \"failed\" is also said of one that would have had to "
		    "wait. A handshake without waiting takes several calls. Operations that OpenSSL does by functions that it "
		    "exports no names of are seen by those that call them: EVP_PKEY_derive() is the agreement on a key, by X25519 "
		    "for instance. They are seen in programs that sign something else, too. What a program moves by OpenSSL's BIO_f_ssl "
		    "calls none of the functions. " TLS_CAVEATS,
	.examples = examples, .opts = opts, .columns = columns, .setup = setup, .attach = tls_attach, .state = "tls_calls",
	.keep_caps = TLS_CAPS);
