/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Libraries that speak TLS, as far as a probe can see: functions of their names, which do what they are told. The tests are one
 * static program, so tools find them in it as they find OpenSSL in a program that has it linked in.
 */
#ifndef TEST_TLS_H
#define TEST_TLS_H

#include "spin.h"

/* In the place of an SSL or a gnutls_session_t; `methods` makes it a PRFileDesc. */
struct tls_session {
	const int *methods;	/* of what kind it is: 4, a layer, or 2, a socket */
	uint64_t takes;		/* ns */
	long gives;		/* what the function returns, or how many bytes it moves */
	const char *data;	/* for those that read */
	void (*inside)(void *arg);
	void *arg;
};

int SSL_read(void *session, void *buffer, int size);
int SSL_read_ex(void *session, void *buffer, size_t size, size_t *count);
int SSL_write(void *session, const void *buffer, int size);
int SSL_write_ex(void *session, const void *buffer, size_t size, size_t *count);
int SSL_do_handshake(void *session);
long gnutls_record_recv(void *session, void *buffer, size_t size);
long gnutls_record_send(void *session, const void *buffer, size_t size);
int gnutls_handshake(void *session);
int PR_Read(void *session, void *buffer, int size);
int PR_Recv(void *session, void *buffer, int size, int flags, unsigned int wait);
int PR_Write(void *session, const void *buffer, int size);
int PR_Send(void *session, const void *buffer, int size, int flags, unsigned int wait);
int SSL_ForceHandshake(void *session);
int RSA_sign(void *session);

/*
 * In a network of this test's own: an OpenSSL server and client and a GnuTLS server and client, each client of which says `line` and
 * hears an answer: the same bytes of GnuTLS, reversed of OpenSSL. shown() is asked until it says that all of it was seen.
 */
struct tls_talk {
	pid_t openssl_server, openssl_client, gnutls_server, gnutls_client;
};
struct tls_talk tls_talk(const char *line, bool (*shown)(void *arg), void *arg);

#endif
