/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A program with the markers that runtimes of languages have, and interpreters that this machine has. */
#ifndef RUNTIMES_H
#define RUNTIMES_H

#include "test.h"

#define CALLS 1000	/* of the method hello, in one of outer, which takes a NAP more */
#define NAP   20000000ULL

/* In each of the languages; arg: a language's name, or NULL for all. */
void runtime_calls(void *arg);
/* Java: three pools and one collection around all, which takes a NAP; Python: generation 2, 35 objects; Ruby: mark in sweep. */
void runtime_collects(void *arg);
/* Java: CALLS objects of 24 bytes; Ruby: 5 strings of 10 bytes, 3 objects, 2 hashes; Tcl: 4; C: 100 times malloc(777). */
void runtime_makes(void *arg);
/* Java's threads "worker-1" ... "worker-3", one after the other, each of which takes a NAP; two classes, three exceptions in PHP. */
void runtime_threads(void *arg);

/*
 * This machine's own interpreter with this program, which is to write a line, wait for one on its input, do what is seen,
 * write another, and wait for another. `tool` is started with the process, then `columns`. Skips where there is no such
 * interpreter, or none that tells of it.
 */
struct job *interpreter_seen(const char *interpreter, const char *program, const char *tool, const char *columns);
const char *program_text(const char *name, const char *text);	/* a file of the test's own with it */

#endif
