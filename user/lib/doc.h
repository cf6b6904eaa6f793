/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the documents of a tool and those of all tools are written with; to stdout. */
#ifndef DOC_H
#define DOC_H

/* Text for roff: backslashes and hyphens escaped, no line that begins with a control character. */
void roff(const char *s);
void roff_section(const char *title, const char *s);	/* nothing for NULL */
void json_text(const char *s);

struct tool;
void rights_man(const struct tool *t);	/* the section of a manual page: user/lib/rights.c */

#endif
