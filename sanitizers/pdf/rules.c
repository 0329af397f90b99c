#include "sanitizers/pdf/rules.h"

#include <string.h>

#include "base/banned.h"

struct key_rule {
	uint8_t dictionary;
	uint8_t type;
	const char *key;
};

static const struct pdf_type_rule types[PDF_TYPES] = {
#define PDF_TYPE(symbol, accepted, kind, item)                                 \
	[PDF_TYPE_##symbol] = {accepted, PDF_##kind, PDF_TYPE_##item},
#include "sanitizers/pdf/rules.def"
};

static const struct key_rule keys[] = {
#define PDF_KEY(kind, key, value) {PDF_##kind, PDF_TYPE_##value, key},
#include "sanitizers/pdf/rules.def"
};

static const struct {
	const char *name;
	uint8_t parent;
} dictionaries[PDF_DICTIONARIES] = {
    [PDF_NONE] = {"object", PDF_NONE},
#define PDF_DICT(symbol, parent, name) [PDF_##symbol] = {name, PDF_##parent},
#include "sanitizers/pdf/rules.def"
};

const struct pdf_type_rule *pdf_type_rule(enum pdf_type type)
{
	return &types[(unsigned)type < PDF_TYPES ? type : PDF_TYPE_NONE];
}

const char *pdf_dictionary_name(enum pdf_dictionary dictionary)
{
	return dictionaries[(unsigned)dictionary < PDF_DICTIONARIES ? dictionary
								    : PDF_NONE]
	    .name;
}

/* Where the keys of each dictionary start in the table, which lists them
 * together; filled on first use. */
static struct {
	uint16_t first;
	uint16_t count;
} ranges[PDF_DICTIONARIES];

static void find_ranges(void)
{
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		unsigned kind = keys[i].dictionary;

		if (ranges[kind].count == 0)
			ranges[kind].first = (uint16_t)i;
		ranges[kind].count++;
	}
}

static enum pdf_type find_key(enum pdf_dictionary kind, const char *key)
{
	for (unsigned i = 0; i < ranges[kind].count; i++) {
		const struct key_rule *rule = &keys[ranges[kind].first + i];

		if (strcmp(rule->key, key) == 0 || rule->key[0] == '*')
			return (enum pdf_type)rule->type;
	}
	return PDF_TYPE_NONE;
}

enum pdf_type pdf_key_type(enum pdf_dictionary dictionary, const char *key)
{
	enum pdf_dictionary kind = dictionary;
	enum pdf_type type = PDF_TYPE_NONE;

	if (ranges[PDF_CATALOG].count == 0)
		find_ranges();
	while (kind != PDF_NONE && type == PDF_TYPE_NONE) {
		type = find_key(kind, key);
		kind = (enum pdf_dictionary)dictionaries[kind].parent;
	}
	return type;
}
