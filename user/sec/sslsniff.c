// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "lib/data_user.h"
#include "lib/tls_user.h"
#include "sec/sslsniff.h"
#include "sec/sslsniff.skel.h"

#define EVENT struct sslsniff_event

static bool handshakes;

static int setup(struct run *run)
{
	return tls_setup(run, TLS_READ | TLS_WRITE | (handshakes ? TLS_HANDSHAKE : 0));
}

static void show_call(struct out *out, const struct column *c, const void *row)
{
	out_str(out, tls_kind(((const EVENT *)row)->function));
}

static const struct opt opts[] = {
	OPT_HEX,
	OPT_SHOW('l', "latency", "latency", "how long the functions take"),
	{ .name = "handshake", .value = V_BOOL, .here = &handshakes, .help = "handshakes that succeed as well", .shows = "latency" },
	OPT_DATA(0, "max-buffer-size", sslsniff),
	OPT_TLS,
	{}
};

static const struct column columns[] = {
	COL_ORIGIN(EVENT),
	COL_AS(L_HEX, "session", EVENT, session, 14, "address of the library's own record of the connection, to tell them apart",
	       HIDDEN),
	COL_OWN("library", tls_show_library, -7, "OpenSSL, GnuTLS or NSS", HIDDEN, .offset = offsetof(EVENT, function)),
	COL_OWN("function", tls_show_function, -18, "function that was called", HIDDEN, .offset = offsetof(EVENT, function)),
	COL_OWN("call", show_call, -9, "read, write or handshake"),
	COL_NSEC("latency", "us", EVENT, latency, 11, "how long the function took", HIDDEN),
	COL_DATA(EVENT, "plain text: what was read, or is written"),
	{}
};

static const struct example examples[] = {
	{ "-p 1234", "what a process says and hears over TLS" },
	{ "-n curl -x", "the same of curl, as a hex dump" },
	{ "--max-buffer-size 0 -l --handshake", "no data: how much it is, and how long it takes" },
	{ "--extra-lib /opt/app/bin/app -j", "of a program that has OpenSSL linked in, when it starts later as well" },
	{ "-- curl -s https://example.org", "of a command" },
	{}
};

TOOL(sslsniff,
	.summary  = "trace what programs send and receive over TLS, in plain text",
	.about    = "One line for each call that reads from a TLS connection or writes to it, with the data, taken from the functions "
		    "of TLS libraries as they return. " TLS_ABOUT " What is longer than 8 KiB comes in as many rows, as far as "
		    "--max-buffer-size allows; LENGTH is that of all of it.",
	.cost     = "Two uprobes for each call of these functions, about 1 to 2 microseconds each, and a copy of the data.",
	.caveats  = "This shows other people's secrets: passwords, cookies, letters. It takes all the privileges that tracing takes, and its "
		    "output is to be kept as carefully as what it shows; --max-buffer-size 0 shows lengths only. Calls that fail are "
		    "not shown: sslsnoop shows them. Data that GnuTLS is told to send on (gnutls_record_send() with no buffer) are told by "
		    "length only, and what was peeked at (SSL_peek) only once it is read. What a program moves by OpenSSL's "
		    "BIO_f_ssl calls none of the functions. A handshake without waiting takes several calls: LATENCY is that of the last "
		    "one. " TLS_CAVEATS,
	.examples = examples, .opts = opts, .columns = columns, .setup = setup, .attach = tls_attach, .state = "tls_calls",
	.keep_caps = TLS_CAPS);
