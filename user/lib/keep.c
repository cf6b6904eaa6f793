// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <stdlib.h>
#include <string.h>
#include "lib/lib.h"

const char *keep_text(const char *text)
{
	static struct word {
		struct word *next;
		char text[];
	} *words;
	struct word *word;

	for (word = words; word; word = word->next)
		if (!strcmp(word->text, text))
			return word->text;
	word = malloc(sizeof(*word) + strlen(text) + 1);
	if (!word)
		return NULL;
	strcpy(word->text, text);
	word->next = words;
	words = word;
	return word->text;
}
