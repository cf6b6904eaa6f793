// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "lib/dns.h"

#define HEADER 12
#define JUMPS  32	/* more of them in one name make no sense, and might have no end */

static __u32 number(const struct dns *dns, size_t at, int bytes)
{
	__u32 n = 0;

	for (int i = 0; i < bytes; i++)
		n = n << 8 | dns->message[at + i];
	return n;
}

/* A byte of a label as zone files have it, so that a dot in it is none between two. */
static size_t put_byte(char *to, __u8 byte)
{
	if (byte == '.' || byte == '\\')
		return sprintf(to, "\\%c", byte);
	if (byte <= ' ' || byte >= 127)
		return sprintf(to, "\\%03u", byte);
	*to = byte;
	to[1] = 0;
	return 1;
}

/* Where the name ends that begins there; 0: it doesn't, in this message. */
static size_t read_name(const struct dns *dns, size_t at, char *name)
{
	size_t end = 0, n = 0, length = 0;
	int jumps = 0;

	*name = 0;
	for (;;) {
		__u8 label;

		if (at >= dns->size)
			return 0;
		label = dns->message[at++];
		if ((label & 0xc0) == 0xc0) {	/* the rest of it stands elsewhere */
			if (at >= dns->size || ++jumps > JUMPS)
				return 0;
			end = end ?: at + 1;
			at = (label & 0x3f) << 8 | dns->message[at];
			continue;
		}
		if (!label)
			break;
		length += label + 1;
		if (label > 63 || length > 254 || at + label > dns->size)
			return 0;
		if (n)
			name[n++] = '.';
		for (; label; label--)
			n += put_byte(name + n, dns->message[at++]);
	}
	if (!n)
		strcpy(name, ".");
	return end ?: at;
}

int dns_parse(struct dns *dns, const void *message, size_t size)
{
	size_t at;

	*dns = (struct dns){ .message = message, .size = size };
	if (size < HEADER || number(dns, 4, 2) != 1)
		return -EINVAL;
	dns->code = dns->message[3] & 15;
	dns->cut = dns->message[2] & 2;
	dns->answers = number(dns, 6, 2);
	at = read_name(dns, HEADER, dns->question);
	if (!at || at + 4 > size)
		return -EINVAL;
	dns->type = number(dns, at, 2);
	dns->class = number(dns, at + 2, 2);
	dns->at = at + 4;
	return 0;
}

/* The strings of a TXT record one after the other. */
static void read_text(const struct dns *dns, size_t at, size_t end, char *to)
{
	size_t n = 0;

	while (at < end) {
		size_t length = dns->message[at++];

		for (; length && at < end && n + 5 < DNS_NAME; length--)
			n += dns->message[at] == ' ' || dns->message[at] == '.' ? (size_t)sprintf(to + n, "%c", dns->message[at]) :
										 put_byte(to + n, dns->message[at]), at++;
		if (length)
			break;
	}
	to[n] = 0;
}

static void read_data(const struct dns *dns, __u32 type, size_t at, size_t length, char *to)
{
	char buf[16];

	*to = 0;
	if (type == 1 && length == 4)
		inet_ntop(AF_INET, dns->message + at, to, DNS_NAME);
	else if (type == 28 && length == 16)
		inet_ntop(AF_INET6, dns->message + at, to, DNS_NAME);
	else if (type == 2 || type == 5 || type == 12 || type == 39)	/* NS, CNAME, PTR, DNAME */
		read_name(dns, at, to);
	else if (type == 15 && length > 2)
		read_name(dns, at + 2, to);
	else if (type == 33 && length > 6)
		read_name(dns, at + 6, to);
	else if (type == 6)
		read_name(dns, at, to);		/* SOA: the first server */
	else if (type == 16)
		read_text(dns, at, at + length, to);
	if (!*to)
		snprintf(to, DNS_NAME, "%s(%zu bytes)", dns_type(type, buf, sizeof(buf)), length);
}

bool dns_next(const struct dns *dns, size_t *at, struct dns_answer *answer)
{
	char name[DNS_NAME];
	size_t here = read_name(dns, *at, name), length;

	if (!here || here + 10 > dns->size)
		return false;
	answer->type = number(dns, here, 2);
	answer->ttl = number(dns, here + 4, 4);
	length = number(dns, here + 8, 2);
	here += 10;
	if (here + length > dns->size)
		return false;
	read_data(dns, answer->type, here, length, answer->text);
	*at = here + length;
	return true;
}

static const struct {
	__u32 number;
	const char *name;
} types[] = { { 1, "A" }, { 2, "NS" }, { 5, "CNAME" }, { 6, "SOA" }, { 12, "PTR" }, { 13, "HINFO" }, { 15, "MX" }, { 16, "TXT" },
	      { 28, "AAAA" }, { 33, "SRV" }, { 35, "NAPTR" }, { 39, "DNAME" }, { 41, "OPT" }, { 43, "DS" }, { 46, "RRSIG" },
	      { 47, "NSEC" }, { 48, "DNSKEY" }, { 50, "NSEC3" }, { 52, "TLSA" }, { 64, "SVCB" }, { 65, "HTTPS" }, { 99, "SPF" },
	      { 251, "IXFR" }, { 252, "AXFR" }, { 255, "ANY" }, { 257, "CAA" } };

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

const char *dns_type(__u32 type, char *buf, size_t size)
{
	for (size_t i = 0; i < COUNT(types); i++)
		if (types[i].number == type)
			return types[i].name;
	snprintf(buf, size, "TYPE%u", type);
	return buf;
}

int dns_type_number(const char *name)
{
	char *end;
	long n;

	for (size_t i = 0; i < COUNT(types); i++)
		if (!strcasecmp(types[i].name, name))
			return types[i].number;
	if (strncasecmp(name, "TYPE", 4) || name[4] < '0' || name[4] > '9')
		return -EINVAL;
	n = strtol(name + 4, &end, 10);
	return *end || n > 65535 ? -EINVAL : (int)n;
}

const char *dns_code(__u32 code, char *buf, size_t size)
{
	static const char *const names[] = { "NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMP", "REFUSED", "YXDOMAIN", "YXRRSET",
					     "NXRRSET", "NOTAUTH", "NOTZONE" };

	if (code < COUNT(names))
		return names[code];
	snprintf(buf, size, "CODE%u", code);
	return buf;
}
