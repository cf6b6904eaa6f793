// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <sched.h>
#include <sys/socket.h>
#include "tls.h"

static long does(struct tls_session *session, void *to)
{
	if (session->methods)	/* as NSPR looks at them */
		seen_after += *session->methods;
	if (session->takes)
		nap(session->takes);
	if (session->inside)
		session->inside(session->arg);
	if (to && session->gives > 0)
		memcpy(to, session->data, session->gives);
	return session->gives;
}

/* As those do that encrypt it: the memory is there. */
static long takes(struct tls_session *session, const char *from)
{
	long ret = does(session, NULL);

	for (long i = 0; from && i < ret; i++)
		seen_after += from[i];
	return ret;
}

static int counts(long n, size_t *count)
{
	*count = n > 0 ? n : 0;
	return n > 0;
}

SEEN int SSL_read(void *session, void *buffer, int size)
{
	int ret = does(session, buffer);

	(void)size;
	seen_after++;
	return ret;
}

SEEN int SSL_read_ex(void *session, void *buffer, size_t size, size_t *count)
{
	int ret = counts(does(session, buffer), count);

	(void)size;
	seen_after++;
	return ret;
}

SEEN int SSL_write(void *session, const void *buffer, int size)
{
	int ret = takes(session, buffer);

	(void)size;
	seen_after++;
	return ret;
}

SEEN int SSL_write_ex(void *session, const void *buffer, size_t size, size_t *count)
{
	int ret = counts(takes(session, buffer), count);

	(void)size;
	seen_after++;
	return ret;
}

SEEN int SSL_do_handshake(void *session)
{
	int ret = does(session, NULL);

	seen_after++;
	return ret;
}

SEEN long gnutls_record_recv(void *session, void *buffer, size_t size)
{
	long ret = does(session, buffer);

	(void)size;
	seen_after++;
	return ret;
}

SEEN long gnutls_record_send(void *session, const void *buffer, size_t size)
{
	long ret = takes(session, buffer);

	(void)size;
	seen_after++;
	return ret;
}

SEEN int gnutls_handshake(void *session)
{
	int ret = does(session, NULL);

	seen_after++;
	return ret;
}

SEEN int PR_Read(void *session, void *buffer, int size)
{
	int ret = does(session, buffer);

	(void)size;
	seen_after++;
	return ret;
}

SEEN int PR_Recv(void *session, void *buffer, int size, int flags, unsigned int wait)
{
	int ret = does(session, buffer);

	(void)size, (void)flags, (void)wait;
	seen_after++;
	return ret;
}

SEEN int PR_Write(void *session, const void *buffer, int size)
{
	int ret = takes(session, buffer);

	(void)size;
	seen_after++;
	return ret;
}

SEEN int PR_Send(void *session, const void *buffer, int size, int flags, unsigned int wait)
{
	int ret = takes(session, buffer);

	(void)size, (void)flags, (void)wait;
	seen_after++;
	return ret;
}

SEEN int SSL_ForceHandshake(void *session)
{
	int ret = does(session, NULL);

	seen_after++;
	return ret;
}

SEEN int RSA_sign(void *session)
{
	int ret = does(session, NULL);

	seen_after++;
	return ret;
}

struct program {
	pid_t pid;
	int in;
};

static struct program begin(const char *const *argv)
{
	struct program program;
	int in[2], null = open("/dev/null", O_RDWR | O_CLOEXEC);

	REQUIRE(pipe2(in, O_CLOEXEC) == 0 && null >= 0);
	program.pid = fork();
	REQUIRE(program.pid >= 0);
	if (!program.pid) {
		dup2(in[0], 0);
		dup2(null, 1);
		dup2(null, 2);
		execvp(argv[0], (char *const *)argv);
		_exit(127);
	}
	close(in[0]);
	program.in = in[1];
	return program;
}

/* Somebody listens at this port of this network. */
static bool listens(void *port)
{
	const char *want = text(":%04X 0", *(int *)port);
	static const char *const tables[] = {"/proc/self/net/tcp", "/proc/self/net/tcp6"};

	for (int i = 0; i < 2; i++) {
		char *line = strtok(file_text(tables[i]), "\n");

		for (; line; line = strtok(NULL, "\n"))
			if (strstr(line, want) && strstr(line, " 0A "))
				return true;
	}
	return false;
}

struct tls_talk tls_talk(const char *line, bool (*shown)(void *arg), void *arg)
{
	const char *key = tmp("key.pem"), *cert = tmp("cert.pem");
	int openssl = 4433, gnutls = 4434;
	struct program of[4];

	if (run("sh", "-c", "command -v openssl && command -v gnutls-serv && command -v gnutls-cli")->status)
		SKIP("no openssl and gnutls-bin here");
	REQUIRE(run("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", key, "-out",
		    cert, "-days", "9", "-subj", "/CN=localhost")->status == 0);
	REQUIRE(unshare(CLONE_NEWNET) == 0);
	tcp_close(&(struct tcp[]){tcp_open(AF_INET)}[0]); /* lo is up after it */
	of[0] = begin(ARGV("openssl", "s_server", "-accept", "4433", "-key", key, "-cert", cert, "-rev", "-tls1_3"));
	of[1] = begin(ARGV("gnutls-serv", "--echo", "-q", "-p", "4434", "--x509keyfile", key, "--x509certfile", cert));
	REQUIRE(until(20, listens, &openssl) && until(20, listens, &gnutls));
	of[2] = begin(ARGV("openssl", "s_client", "-connect", "127.0.0.1:4433", "-quiet"));
	of[3] = begin(ARGV("gnutls-cli", "--insecure", "-p", "4434", "127.0.0.1"));
	for (int i = 2; i < 4; i++)
		REQUIRE(write(of[i].in, line, strlen(line)) == (ssize_t)strlen(line));
	until(20, shown, arg);
	for (int i = 0; i < 4; i++)
		kill(of[i].pid, SIGKILL);
	return (struct tls_talk){of[0].pid, of[2].pid, of[1].pid, of[3].pid};
}
