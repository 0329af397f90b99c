#include "gateway/verifier/odf.h"

#include "base/banned.h"

/* A power of two, more than twice as many as there are names. */
enum { SLOTS = 8192 };

enum family {
	FAMILY_NONE,
	FAMILY_FRAME, /* office, meta, config, Dublin Core, XML, XLink */
	FAMILY_TEXT,
	FAMILY_STYLE,
	FAMILY_DRAWING,
	FAMILY_SLIDE,
	FAMILY_TABLE,
	FAMILY_CHART,
	FAMILY_FORMULA,
	FAMILY_EXTRA, /* of LibreOffice */
	FAMILY_FUNCTION,
};

enum kind { KIND_ELEMENT, KIND_ATTRIBUTE };

static const struct {
	const char *uri;
	enum family family;
} spaces[] = {
#define SPACE(family, uri) {uri, FAMILY_##family},
#define NAMES(family, kind, names)
#include "gateway/verifier/odf_names.def"
#undef SPACE
#undef NAMES
};

static const struct {
	const char *names;
	enum family family;
	enum kind kind;
} blocks[] = {
#define SPACE(family, uri)
#define NAMES(family, kind, names) {names, FAMILY_##family, KIND_##kind},
#include "gateway/verifier/odf_names.def"
#undef SPACE
#undef NAMES
};

static struct {
	const char *name; /* up to a blank or the end; NULL: free */
	uint16_t size;
	uint8_t family;
	uint8_t kind;
} slots[SLOTS];

static size_t filled;

static size_t slot_of(enum family family, enum kind kind, const char *name,
		      size_t size)
{
	uint64_t hash =
	    14695981039346656037u ^ (unsigned)family ^ ((unsigned)kind << 8);

	for (size_t i = 0; i < size; i++)
		hash = (hash ^ (uint8_t)name[i]) * 1099511628211u;
	hash ^= hash >> 29;
	for (size_t at = hash % SLOTS;; at = (at + 1) % SLOTS)
		if (slots[at].name == NULL ||
		    (slots[at].family == family && slots[at].kind == kind &&
		     slots[at].size == size &&
		     memcmp(slots[at].name, name, size) == 0))
			return at;
}

void odf_lists_prepare(void)
{
	if (filled > 0)
		return;
	for (size_t i = 0; i < sizeof(blocks) / sizeof(blocks[0]); i++) {
		const char *at = blocks[i].names;

		while (*at != '\0') {
			size_t size = strcspn(at, " ");
			size_t slot =
			    slot_of(blocks[i].family, blocks[i].kind, at, size);

			if (slots[slot].name == NULL)
				filled++;
			slots[slot].name = at;
			slots[slot].size = (uint16_t)size;
			slots[slot].family = (uint8_t)blocks[i].family;
			slots[slot].kind = (uint8_t)blocks[i].kind;
			at += size + (at[size] == ' ');
		}
	}
}

static enum family family_of(const char *uri)
{
	for (size_t i = 0; i < sizeof(spaces) / sizeof(spaces[0]); i++)
		if (strcmp(uri, spaces[i].uri) == 0)
			return spaces[i].family;
	return FAMILY_NONE;
}

static bool knows(enum family family, enum kind kind, const char *name)
{
	return family != FAMILY_NONE &&
	       slots[slot_of(family, kind, name, strlen(name))].name != NULL;
}

bool odf_knows_element(const char *uri, const char *name)
{
	return knows(family_of(uri), KIND_ELEMENT, name);
}

/* Only formulas have attributes without a namespace. */
bool odf_knows_attribute(const char *owner, const char *uri, const char *name)
{
	enum family family = family_of(uri[0] == '\0' ? owner : uri);

	if (uri[0] == '\0' && family != FAMILY_FORMULA)
		return false;
	return knows(family, KIND_ATTRIBUTE, name);
}

bool odf_knows_function(const char *name)
{
	return knows(FAMILY_FUNCTION, KIND_ELEMENT, name) ||
	       knows(FAMILY_FUNCTION, KIND_ATTRIBUTE, name);
}

size_t odf_lists_count(void)
{
	return filled;
}
