/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef BLOCK_ORDER_H
#define BLOCK_ORDER_H

enum block_order { BLOCK_UNKNOWN, BLOCK_RANDOM, BLOCK_SEQUENTIAL };

#endif
