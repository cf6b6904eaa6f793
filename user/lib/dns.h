/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Messages of the domain name system (RFC 1035): read with care, since anybody may have made them. */
#ifndef DNS_H
#define DNS_H

#include <stdbool.h>
#include <stddef.h>
#include <linux/types.h>

#define DNS_NAME 1025	/* 255 bytes, each of which may need four to be written */

struct dns {
	const __u8 *message;
	size_t size;
	__u32 code;		/* 0: no error; with EDNS, 12 bits */
	__u32 type, class;	/* of the question */
	__u32 answers;		/* that it says it has */
	bool cut;		/* it says that it was too long to be sent */
	char question[DNS_NAME];
	size_t at;		/* where the answers begin */
};

/* One of the answers, as text: an address, a name, or what else it is. */
struct dns_answer {
	__u32 type, ttl;
	char text[DNS_NAME];
};

int dns_parse(struct dns *dns, const void *message, size_t size);	/* -EINVAL: there is no question in it */
/* The next one from *at, dns->at at first; false: there is none any more, or it isn't whole. */
bool dns_next(const struct dns *dns, size_t *at, struct dns_answer *answer);
const char *dns_type(__u32 type, char *buf, size_t size);	/* "AAAA", "TYPE65400" */
const char *dns_code(__u32 code, char *buf, size_t size);	/* "NXDOMAIN", "CODE17" */
int dns_type_number(const char *name);				/* -EINVAL */

#endif
