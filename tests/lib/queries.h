/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A server of our own: it has the markers that PostgreSQL has, and a function by the name that MariaDB's has. */
#ifndef QUERIES_H
#define QUERIES_H

#define NAP 20000000ULL

/* Four queries, the second and the fourth of which take NAP; MariaDB's command of the third is the end of a connection. */
void serve(void *arg);

#endif
