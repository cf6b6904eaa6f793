// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include "lib/tls_user.h"
#include "lib/uprobe.h"

#define EXTRA 16

static const struct {
	const char *name, *program;
	__u32 library, what;
} functions[TLS_FUNCTIONS] = {
#define TLS_FUNCTION(name, library, what) [TLS_##name] = { #name, "call_" #name, library, what },
	TLS_CALLS(TLS_FUNCTION)
};

static const char *const libraries[] = { "OpenSSL", "GnuTLS", "NSS", "OpenSSL" };

bool tls_without[TLS_CRYPTO + 1];
static const char *extra[EXTRA];
static int n_extra;
static struct uprobe probes[2 * TLS_FUNCTIONS];	/* the returns, then the calls */
static int n_probes;

int tls_extra(struct run *run, const char *arg, void *to)
{
	static const char *const kinds[] = { "openssl:", "gnutls:", "nss:" };

	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		if (!strncmp(arg, kinds[i], strlen(kinds[i])))
			arg += strlen(kinds[i]);
	if (*arg && n_extra < EXTRA) {
		extra[n_extra++] = arg;
		return 0;
	}
	err(*arg ? "--extra-lib: too many of them" : "--extra-lib: name a file");
	return -EINVAL;
}

static bool is_library(const char *path)
{
	static const char *const names[] = { "/libssl.so", "/libssl-", "/libssl3.so", "/libcrypto.so", "/libcrypto-", "/libgnutls.so",
					     "/libgnutls-", "/libnspr4.so", "/libboringssl" };
	const char *name = strrchr(path, '/');

	for (size_t i = 0; name && i < sizeof(names) / sizeof(*names); i++)
		if (!strncmp(name, names[i], strlen(names[i])))
			return true;
	return false;
}

static struct bpf_program *program(struct run *run, const char *name)
{
	return bpf_object__find_program_by_name(run->skel->obj, name);
}

int tls_setup(struct run *run, __u32 kinds)
{
	struct bpf_program *any = program(run, "any_called"), *returned = program(run, "returned"), *entry;
	bool many = uprobe_many((struct bpf_program *const[]){ any, returned, NULL });
	int wanted[TLS_FUNCTIONS], ret = bpf_program__set_autoload(any, many);

	n_probes = 0;
	for (int i = 0; i < TLS_FUNCTIONS; i++)
		if (functions[i].what & kinds && !tls_without[functions[i].library])
			wanted[n_probes++] = i;
	if (!n_probes) {
		err("every library is left out: take one of --no-openssl, --no-gnutls and --no-nss back");
		return -EINVAL;
	}
	for (int i = 0; i < n_probes && !ret; i++) {
		int which = wanted[i];

		entry = many ? any : program(run, functions[which].program);
		probes[i] = (struct uprobe){ .program = returned, .at_return = true, .functions = { functions[which].name },
					     .is_library = is_library };
		probes[n_probes + i] = probes[i];
		probes[n_probes + i].program = entry;
		probes[n_probes + i].at_return = false;
		probes[n_probes + i].cookie = TLS_COOKIE(which, functions[which].what);
		ret = bpf_program__set_autoload(entry, true);
	}
	return ret;
}

int tls_attach(struct run *run)
{
	static const char *const names[] = { "libssl.so.*", "libcrypto.so.*", "libgnutls.so.*", "libnspr4.so", "libssl3.so", NULL };

	for (int i = 0; i < n_extra; i++) {
		int ret = uprobe_files(probes, 2 * n_probes, extra[i]);

		if (ret > 0)
			continue;
		err("--extra-lib: '%s': %s", extra[i], ret ? strerror(-ret) : "has no function of TLS, or no symbols");
		return -EINVAL;
	}
	return uprobe_attach(run, probes, 2 * n_probes,
			     &(struct uprobe_where){ .installed = names, .option = "--extra-lib", .found = n_extra,
						     .what = "function of TLS, as SSL_read" });
}

const char *tls_kind(__u32 function)
{
	switch (functions[function % TLS_FUNCTIONS].what & TLS_KINDS) {
	case TLS_READ: return "read";
	case TLS_WRITE: return "write";
	case TLS_HANDSHAKE: return "handshake";
	default: return "operation";
	}
}

__u32 tls_library(__u32 function)
{
	return functions[function % TLS_FUNCTIONS].library;
}

static __u32 function_at(const struct column *c, const void *row)
{
	return *(const __u32 *)((const char *)row + c->offset) % TLS_FUNCTIONS;
}

void tls_show_function(struct out *out, const struct column *c, const void *row)
{
	out_str(out, functions[function_at(c, row)].name);
}

void tls_show_library(struct out *out, const struct column *c, const void *row)
{
	out_str(out, libraries[functions[function_at(c, row)].library]);
}
