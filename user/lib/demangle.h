/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef SYMBOL_DEMANGLE_H
#define SYMBOL_DEMANGLE_H

#include <stddef.h>

/* A C++ or Rust name as its source has it, without parameters; false: it is none, or one that takes too long. */
int demangle(const char *name, char *to, size_t size);

#endif
