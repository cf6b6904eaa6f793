// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "lib/tls_user.h"
#include "sec/ssllatency.h"
#include "sec/ssllatency.skel.h"

#define KEY struct ssllatency_key

static int setup(struct run *run)
{
	return tls_setup(run, TLS_KINDS);
}

static void show_result(struct out *out, const struct column *c, const void *row)
{
	out_str(out, ((const KEY *)row)->failed ? "failed" : "ok");
}

static const struct opt opts[] = {
	OPT_UNIT('m', "milliseconds", ssllatency, unit, MSEC, "in milliseconds; microseconds otherwise"),
	TLS_WITHOUT("no-crypto", TLS_CRYPTO, "leave out the operations with keys"),
	OPT_TLS,
	{}
};

static const struct column columns[] = {
	COL_OWN("library", tls_show_library, -7, "OpenSSL, GnuTLS or NSS", .offset = offsetof(KEY, function)),
	COL_OWN("function", tls_show_function, -18, "function that was called", .offset = offsetof(KEY, function)),
	COL_OWN("result", show_result, -6, "ok; failed: or it found the connection closed, or would have had to wait"),
	{}
};

static const struct example examples[] = {
	{ "-n nginx", "how long TLS takes in nginx, until Ctrl-C" },
	{ "-m 10", "in milliseconds, every ten seconds" },
	{ "--no-crypto --percentiles -d 60", "percentiles of handshakes, reads and writes, of a minute" },
	{}
};

TOOL(ssllatency,
	.summary  = "how long handshakes, reads and writes over TLS take, as histograms",
	.about    = "A histogram for each function that does a handshake, reads or writes, and for each operation with keys "
		    "(signing, verifying, deriving, RSA) of OpenSSL's libcrypto; what failed is counted apart. " TLS_ABOUT,
	.cost     = "Two uprobes for each call of these functions, about 1 to 2 microseconds each.",
	.caveats  = "A read's time is mostly that until the peer has sent something. A handshake without waiting takes several calls, "
		    "all but the last of which fail. What a program moves by OpenSSL's BIO_f_ssl calls none of the functions. " TLS_CAVEATS,
	.examples = examples, .opts = opts, .columns = columns, .setup = setup, .attach = tls_attach, .state = "tls_calls",
	.table    = HISTS("hists", KEY, "usecs", DIVIDE(ssllatency, unit), .keyed = true), .keep_caps = TLS_CAPS);
