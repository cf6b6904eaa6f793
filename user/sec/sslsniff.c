// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "lib/tls_user.h"
#include "sec/sslsniff.h"
#include "sec/sslsniff.skel.h"

#define EVENT struct sslsniff_event
#define LINE  16

static bool hex, handshakes;
static __u32 most;

static int setup(struct run *run)
{
	most = ((struct sslsniff_bpf__rodata *)run->rodata)->max_size;
	return tls_setup(run, TLS_READ | TLS_WRITE | (handshakes ? TLS_HANDSHAKE : 0));
}

static void show_call(struct out *out, const struct column *c, const void *row)
{
	out_str(out, tls_kind(((const EVENT *)row)->function));
}

/* Of the last record of a call: what comes behind it and was not taken. */
static __u64 rest(const EVENT *e)
{
	__u64 to = (__u64)e->offset + e->size;

	return to >= most && e->length > to ? e->length - to : 0;
}

static void show_cut(struct out *out, const struct column *c, const void *row)
{
	if (rest(row))
		out_u64(out, rest(row));
	else
		out_nothing(out);
}

static void show_hex(struct out *out, const EVENT *e)
{
	const __u8 *data = (const void *)e->data;

	for (__u32 at = 0; at < e->size; at += LINE) {
		out_printf(out, "\n%10x ", e->offset + at);
		for (__u32 i = at; i < at + LINE; i++)
			if (i < e->size)
				out_printf(out, "%s%02x", i % 8 ? " " : "  ", data[i]);
			else
				out_str(out, i % 8 ? "   " : "    ");
		out_str(out, "  ");
		for (__u32 i = at; i < at + LINE && i < e->size; i++)
			out_printf(out, "%c", data[i] >= ' ' && data[i] < 0x7f ? data[i] : '.');
	}
}

static void show_data(struct out *out, const struct column *c, const void *row)
{
	const EVENT *e = row;

	if (!e->size)
		out_nothing(out);
	else if (!hex)
		out_bytes(out, e->data, e->size);
	else if (out_is_text(out))
		show_hex(out, e);
	else
		for (__u32 i = 0; i < e->size; i++)
			out_printf(out, "%02x", (__u8)e->data[i]);
	if (out_is_text(out) && rest(e) && e->size)
		out_printf(out, "%s... and %llu bytes more", hex ? "\n" : " ", rest(e));
}

static const struct opt opts[] = {
	{ .letter = 'x', .name = "hexdump", .value = V_BOOL, .here = &hex, .help = "data as hexadecimal numbers" },
	OPT_SHOW('l', "latency", "latency", "how long the functions take"),
	{ .name = "handshake", .value = V_BOOL, .here = &handshakes, .help = "handshakes that succeed as well", .shows = "latency" },
	OPT(0, "max-buffer-size", "SIZE", sslsniff, max_size, "how much of one call's data is shown (8k, 256k at most; 0: lengths only)",
	    .unit = UNIT_SIZE, .max = SSLSNIFF_PIECE * SSLSNIFF_PIECES, .shows = "offset"),
	OPT_TLS,
	{}
};

static const struct column columns[] = {
	COL_ORIGIN(EVENT),
	COL_AS(L_HEX, "session", EVENT, session, 14, "address of the library's own record of the connection, to tell one from another", HIDDEN),
	COL_OWN("library", tls_show_library, -7, "OpenSSL, GnuTLS or NSS", HIDDEN, .offset = offsetof(EVENT, function)),
	COL_OWN("function", tls_show_function, -18, "function that was called", HIDDEN, .offset = offsetof(EVENT, function)),
	COL_OWN("call", show_call, -9, "read, write or handshake"),
	COL_NSEC("latency", "us", EVENT, latency, 11, "how long the function took", HIDDEN),
	COL("length", EVENT, length, 7, "bytes that it read or wrote"),
	COL("offset", EVENT, offset, 7, "in them, where the data of this row begins", HIDDEN),
	COL_OWN("cut", show_cut, 7, "bytes that come behind it and are not shown", HIDDEN, .bare_json = true),
	COL_OWN("data", show_data, 0, "plain text: what was read, or is written; with --hexdump in hexadecimal numbers"),
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
