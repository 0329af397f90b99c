#include "sanitizers/rtf/words.h"

#include <stdlib.h>

#include "base/banned.h"

enum { WORDS_MAX = 2048 };

static const struct {
	enum rtf_word_kind kind;
	const char *words;
} lines[] = {
#define WORDS(kind, words) {RTF_##kind, words},
#include "sanitizers/rtf/words.def"
#undef WORDS
};

struct entry {
	struct view name;
	unsigned kinds;
};

static struct entry entries[WORDS_MAX];
static size_t entry_count;

static int compare(const void *a, const void *b)
{
	const struct view *left = &((const struct entry *)a)->name;
	const struct view *right = &((const struct entry *)b)->name;
	size_t size = left->size < right->size ? left->size : right->size;
	int order = size == 0 ? 0 : memcmp(left->data, right->data, size);

	if (order != 0)
		return order;
	return (left->size > right->size) - (left->size < right->size);
}

static bool add_line(const char *words, unsigned kinds)
{
	while (*words != '\0') {
		size_t size = strcspn(words, " ");

		if (entry_count == WORDS_MAX)
			return false;
		entries[entry_count].name = view_of(words, size);
		entries[entry_count++].kinds = kinds;
		words += size;
		words += strspn(words, " ");
	}
	return true;
}

/* A word that stands on several lines is of all their kinds. */
static void unite(void)
{
	size_t kept = 0;

	qsort(entries, entry_count, sizeof(entries[0]), compare);
	for (size_t i = 0; i < entry_count; i++) {
		if (kept > 0 && compare(&entries[kept - 1], &entries[i]) == 0)
			entries[kept - 1].kinds |= entries[i].kinds;
		else
			entries[kept++] = entries[i];
	}
	entry_count = kept;
}

int rtf_words_prepare(void)
{
	entry_count = 0;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		if (!add_line(lines[i].words, lines[i].kind))
			return -ERR_INTERNAL;
	unite();
	return 0;
}

unsigned rtf_word_kinds(struct view name)
{
	struct entry wanted = {.name = name};
	const struct entry *found =
	    bsearch(&wanted, entries, entry_count, sizeof(entries[0]), compare);

	return found == NULL ? 0 : found->kinds;
}
