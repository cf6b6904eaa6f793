// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "spin.h"
#include "queries.h"

/* A marker as <sys/sdt.h> makes it, with one argument. */
#define MARKER(name, a)                                                                                                \
	__asm__ volatile("990: nop\n"                                                                                  \
			 ".pushsection .note.stapsdt,\"\",\"note\"\n.balign 4\n"                                       \
			 ".4byte 992f-991f, 994f-993f, 3\n991: .asciz \"stapsdt\"\n992: .balign 4\n"                  \
			 "993: .8byte 990b, _.stapsdt.base, 0\n"                                                        \
			 ".asciz \"postgresql\"\n.asciz \"" #name "\"\n.asciz \"8@%0\"\n994: .balign 4\n.popsection\n" \
			 ".ifndef _.stapsdt.base\n"                                                                     \
			 ".pushsection .stapsdt.base,\"aG\",\"progbits\",.stapsdt.base,comdat\n"                        \
			 ".weak _.stapsdt.base\n.hidden _.stapsdt.base\n_.stapsdt.base: .space 1\n"                    \
			 ".size _.stapsdt.base, 1\n.popsection\n.endif\n" ::"r"(a))

enum { COM_QUIT = 1, COM_QUERY = 3 };

void query(int command, void *thread, char *packet, unsigned int length)
	__asm__("_Z16dispatch_command19enum_server_commandP3THDPcjb") SEEN;

/* As MariaDB does, it ends with another text than it began with. */
void query(int command, void *thread, char *packet, unsigned int length)
{
	MARKER(query__start, packet);
	if (length)
		seen_nap(length);
	MARKER(query__done, packet);
	memset(packet, 0, 4);
	seen_after++;
}

void serve(void *arg)
{
	static const char *const texts[] = {"select 1", "select \"\303\244 long one\" from pg_class", "quit", "commit"};
	char packet[64];

	for (int i = 0; i < 4; i++) {
		strcpy(packet, texts[i]);
		query(i == 2 ? COM_QUIT : COM_QUERY, arg, packet, i % 2 ? NAP : 0);
	}
}
