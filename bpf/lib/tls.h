/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Functions of libraries that speak TLS: X(its name, whose it is, what it does). */
#ifndef TLS_H
#define TLS_H

#include "lib/shared.h"

enum tls_library { TLS_OPENSSL, TLS_GNUTLS, TLS_NSS, TLS_CRYPTO };

enum tls_what {
	TLS_READ = 1 << 0,
	TLS_WRITE = 1 << 1,
	TLS_HANDSHAKE = 1 << 2,
	TLS_OPERATION = 1 << 3,	/* with keys: what handshakes are made of */
	TLS_KINDS = TLS_READ | TLS_WRITE | TLS_HANDSHAKE | TLS_OPERATION,
	TLS_COUNTED = 1 << 4,	/* how many bytes it were comes by the fourth argument, a size_t * */
	TLS_ZERO = 1 << 5,	/* 0 isn't a failure */
	TLS_LAYERED = 1 << 6,	/* its first argument may be a descriptor of anything */
	TLS_FLAGS = 1 << 7,	/* its fourth argument may say that nothing is taken out */
};

#define TLS_CALLS(X)							\
	X(SSL_read, TLS_OPENSSL, TLS_READ)				\
	X(SSL_read_ex, TLS_OPENSSL, TLS_READ | TLS_COUNTED)		\
	X(SSL_write, TLS_OPENSSL, TLS_WRITE)				\
	X(SSL_write_ex, TLS_OPENSSL, TLS_WRITE | TLS_COUNTED)		\
	X(SSL_do_handshake, TLS_OPENSSL, TLS_HANDSHAKE)			\
	X(gnutls_record_recv, TLS_GNUTLS, TLS_READ)			\
	X(gnutls_record_send, TLS_GNUTLS, TLS_WRITE)			\
	X(gnutls_handshake, TLS_GNUTLS, TLS_HANDSHAKE | TLS_ZERO)	\
	X(PR_Read, TLS_NSS, TLS_READ | TLS_LAYERED)			\
	X(PR_Recv, TLS_NSS, TLS_READ | TLS_LAYERED | TLS_FLAGS)		\
	X(PR_Write, TLS_NSS, TLS_WRITE | TLS_LAYERED)			\
	X(PR_Send, TLS_NSS, TLS_WRITE | TLS_LAYERED)			\
	X(SSL_ForceHandshake, TLS_NSS, TLS_HANDSHAKE | TLS_ZERO)	\
	X(EVP_DigestSign, TLS_CRYPTO, TLS_OPERATION)			\
	X(EVP_DigestVerify, TLS_CRYPTO, TLS_OPERATION)			\
	X(EVP_PKEY_derive, TLS_CRYPTO, TLS_OPERATION)			\
	X(RSA_sign, TLS_CRYPTO, TLS_OPERATION)				\
	X(RSA_verify, TLS_CRYPTO, TLS_OPERATION)			\
	X(RSA_private_encrypt, TLS_CRYPTO, TLS_OPERATION)		\
	X(RSA_private_decrypt, TLS_CRYPTO, TLS_OPERATION)		\
	X(RSA_public_encrypt, TLS_CRYPTO, TLS_OPERATION)		\
	X(RSA_public_decrypt, TLS_CRYPTO, TLS_OPERATION)		\
	X(ECDSA_sign, TLS_CRYPTO, TLS_OPERATION)			\
	X(ECDSA_verify, TLS_CRYPTO, TLS_OPERATION)			\
	X(ECDH_compute_key, TLS_CRYPTO, TLS_OPERATION)

#define TLS_ID(name, library, what) TLS_##name,
enum tls_function { TLS_CALLS(TLS_ID) TLS_FUNCTIONS };

/* As the cookie of a probe. */
#define TLS_COOKIE(function, what) ((__u64)(what) << 8 | (function))

#endif
