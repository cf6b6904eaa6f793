/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Look-ups of names, component by component.  Which ones are not in the cache is told by what every path walk does then:
 * it makes an entry and asks the file system.
 *
 *	ON_NAME_REFERENCE(nd)	      { ... nd->last ... }
 *	ON_NAME_MISS(parent, name) { ... }
 */
#ifndef DCACHE_BPF_H
#define DCACHE_BPF_H

#include "lib/filter.bpf.h"
#include "lib/probe.bpf.h"

/* An enumerator since 6.15, which moved it */
#define IN_LOOKUP (bpf_core_enum_value_exists(enum dentry_flags, DCACHE_PAR_LOOKUP) ? \
		   bpf_core_enum_value(enum dentry_flags, DCACHE_PAR_LOOKUP) : 1ULL << 28)

/* The compiler gives it other names where it changes its arguments; the first stays. */
#define ON_NAME_REFERENCE(nd)						\
static __always_inline int name_reference(struct nameidata *nd);	\
ON_CALL_AS(refer__plain, lookup_fast, struct nameidata *nd)		\
{									\
	return name_reference(nd);					\
}									\
ON_CALL_AS(refer__constprop, lookup_fast.constprop.0, struct nameidata *nd) \
{									\
	return name_reference(nd);					\
}									\
ON_CALL_AS(refer__isra, lookup_fast.isra.0, struct nameidata *nd)	\
{									\
	return name_reference(nd);					\
}									\
static __always_inline int name_reference(struct nameidata *nd)

/* An error, or somebody else has just made the entry: no miss. */
static __always_inline bool name_is_new(long made)
{
	return (unsigned long)made < -4095UL && BPF_CORE_READ((struct dentry *)made, d_flags) & IN_LOOKUP;
}

/* Before 7.0 with a queue to wait in. */
#define ON_NAME_MISS(parent, name)					\
static __always_inline int name_miss(struct dentry *parent, const struct qstr *name); \
ON_RETURN_AS(miss__args3, d_alloc_parallel, struct dentry *parent, const struct qstr *name, void *queue) \
{									\
	return name_is_new(ret) ? name_miss(parent, name) : 0;		\
}									\
ON_RETURN_AS(miss__args2, d_alloc_parallel, struct dentry *parent, const struct qstr *name) \
{									\
	return name_is_new(ret) ? name_miss(parent, name) : 0;		\
}									\
static __always_inline int name_miss(struct dentry *parent, const struct qstr *name)

#endif
