/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The terminal as top uses it, for tables with .screen: anew each interval, and keys. */
#ifndef SCREEN_H
#define SCREEN_H

#include "lib/tool.h"

int screen_start(struct run *run);	/* only where stdout is a terminal, and text was asked for */
void screen_end(void);			/* the terminal as it was; then what was said meanwhile */
bool screen_on(void);
bool screen_paused(void);
int screen_fd(void);			/* to poll for keys; -1 */
bool screen_keys(struct run *run);	/* true: show an interval now */
bool screen_quit(void);
void screen_draw(const char *text, size_t size);
bool screen_say(const char *line);	/* keeps it for the end; false: there is no screen */
const struct column *screen_sort(const struct run *run, const struct column *by, bool *reverse);

#endif
