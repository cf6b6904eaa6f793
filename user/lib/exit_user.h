/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Columns of a struct exit_status, which is `m` of the row. */
#ifndef EXIT_USER_H
#define EXIT_USER_H

#define COL_EXIT(type, m)							\
	COL_AS(L_FD, "code", type, m.code, 4, "exit code; nothing where a signal ended it"), \
	COL_AS(L_SIGNAL, "signal", type, m.signal, -11, "signal that ended it", BLANK), \
	COL_AS(L_BOOL, "core", type, m.core, -4, "whether its core was dumped")

#endif
