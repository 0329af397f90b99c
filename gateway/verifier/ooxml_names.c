#include "gateway/verifier/ooxml_names.h"

#include <stdint.h>
#include <string.h>

#include "base/banned.h"

/* A power of two, more than twice as many as there are names. */
enum { SLOTS = 16384 };

enum family {
	FAMILY_NONE,
	FAMILY_HTML, /* without a namespace: in text boxes of VML */
	FAMILY_RELATIONSHIP,
	FAMILY_WORD,
	FAMILY_EXCEL,
	FAMILY_POWERPOINT,
	FAMILY_VISIO,
	FAMILY_CHART,
	FAMILY_DIAGRAM,
	FAMILY_DRAWING,
	FAMILY_VML,
	FAMILY_PROPERTIES,
	FAMILY_COMPATIBILITY,
	FAMILY_XML,
	FAMILY_INSTANCE,
	FAMILY_FUNCTION, /* of formulas, in capital letters */
	FAMILY_CELL_FUNCTION,
};

enum kind { KIND_ELEMENT, KIND_ATTRIBUTE };

static const struct {
	const char *uri;
	enum family family;
} spaces[] = {
#define SPACE(family, uri) {uri, FAMILY_##family},
#define NAMES(family, kind, names)
#include "gateway/verifier/ooxml_names.def"
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
#include "gateway/verifier/ooxml_names.def"
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

void opc_names_prepare(void)
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
	if (uri[0] == '\0')
		return FAMILY_HTML;
	for (size_t i = 0; i < sizeof(spaces) / sizeof(spaces[0]); i++) {
		size_t size = strcspn(spaces[i].uri, "*");

		if (strncmp(uri, spaces[i].uri, size) == 0 &&
		    (spaces[i].uri[size] == '*' || uri[size] == '\0'))
			return spaces[i].family;
	}
	return FAMILY_NONE;
}

static bool knows(enum family family, enum kind kind, const char *name)
{
	return family != FAMILY_NONE &&
	       slots[slot_of(family, kind, name, strlen(name))].name != NULL;
}

bool opc_knows_element(const char *uri, const char *name)
{
	return knows(family_of(uri), KIND_ELEMENT, name);
}

bool opc_knows_attribute(const char *owner, const char *uri, const char *name)
{
	return knows(family_of(uri[0] == '\0' ? owner : uri), KIND_ATTRIBUTE,
		     name);
}

bool opc_knows_function(const char *name)
{
	return knows(FAMILY_FUNCTION, KIND_ELEMENT, name);
}

bool opc_knows_cell_function(const char *name)
{
	return knows(FAMILY_CELL_FUNCTION, KIND_ELEMENT, name);
}

size_t opc_names_count(void)
{
	return filled;
}
