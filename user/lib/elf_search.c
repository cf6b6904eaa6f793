// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * What an archive of libelf needs and doesn't have: elfutils 0.192 as Debian 13 ships it (lib/eu-search.h declares these).
 * tools/check looks whether it is so; elsewhere this is empty. The first member of a tree is what tsearch(3) calls its root.
 */
#ifdef ELF_LACKS_SEARCH
#include <search.h>
#include <stddef.h>

struct search_tree {
	void *root;
};

typedef int compare(const void *, const void *);
void *eu_tsearch(const void *key, struct search_tree *tree, compare *by);
void *eu_tfind(const void *key, struct search_tree *tree, compare *by);
void *eu_tdelete(const void *key, struct search_tree *tree, compare *by);
void eu_tdestroy(struct search_tree *tree, void (*end)(void *));
void eu_search_tree_init(struct search_tree *tree);
void eu_search_tree_fini(struct search_tree *tree, void (*end)(void *));

void *eu_tsearch(const void *key, struct search_tree *tree, compare *by)
{
	return tsearch(key, &tree->root, by);
}

void *eu_tfind(const void *key, struct search_tree *tree, compare *by)
{
	return tfind(key, &tree->root, by);
}

void *eu_tdelete(const void *key, struct search_tree *tree, compare *by)
{
	return tdelete(key, &tree->root, by);
}

void eu_tdestroy(struct search_tree *tree, void (*end)(void *))
{
	tdestroy(tree->root, end);
	tree->root = NULL;
}

void eu_search_tree_init(struct search_tree *tree)
{
	tree->root = NULL;
}

void eu_search_tree_fini(struct search_tree *tree, void (*end)(void *))
{
	eu_tdestroy(tree, end);
}
#else
typedef int nothing;	/* a file may not be empty */
#endif
