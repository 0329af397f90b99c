#include "gateway/scanner/repeats.h"

#include <sodium.h>

#include "base/banned.h"

_Static_assert(REPEATS_TAG_SIZE == crypto_onetimeauth_BYTES, "tag");
_Static_assert(REPEATS_KEY_SIZE == crypto_onetimeauth_KEYBYTES, "key");

void repeats_begin(struct repeats *repeats)
{
	repeats->office = false;
	repeats->member_count = 0;
	repeats->pending_count = 0;
}

static bool is_office(const char *type)
{
	static const char office[] = "CL_TYPE_OOXML_";

	return strncmp(type, office, sizeof(office) - 1) == 0;
}

/* Files that the library takes for this because of what they begin with or
 * hold, wherever it meets them: by themselves they would be scanned as the
 * same. Of what it calls text, for one, that cannot be said. */
static bool is_same_anywhere(const char *type)
{
	static const char *const types[] = {
	    "CL_TYPE_PDF", "CL_TYPE_JPEG", "CL_TYPE_PNG",
	    "CL_TYPE_GIF", "CL_TYPE_TIFF",
	};

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (strcmp(type, types[i]) == 0)
			return true;
	return is_office(type);
}

/* Poly1305 under a key that is drawn after the object was made and never
 * leaves the process: nobody can make two contents with one tag. It takes half
 * the time of SHA-256 where the processor has instructions for that, a tenth
 * where it has none. */
static struct repeats_content describe(const struct repeats *repeats,
				       struct view content)
{
	struct repeats_content described = {.size = content.size};

	(void)crypto_onetimeauth(described.tag, content.data, content.size,
				 repeats->key);
	return described;
}

static void draw_key(struct repeats *repeats)
{
	if (!repeats->keyed)
		randombytes_buf(repeats->key, sizeof(repeats->key));
	repeats->keyed = true;
}

static bool has(const struct repeats_content *list, size_t count,
		const struct repeats_content *content)
{
	for (size_t i = 0; i < count; i++)
		if (list[i].size == content->size &&
		    memcmp(list[i].tag, content->tag, sizeof(content->tag)) ==
			0)
			return true;
	return false;
}

static void add_pending(struct repeats *repeats,
			const struct repeats_content *content)
{
	size_t at = repeats->clean_count + repeats->pending_count;

	if (at == REPEATS_CLEAN_MAX)
		return;
	repeats->clean[at] = *content;
	repeats->pending_count++;
}

/* A document begins, or something beside the last one. */
static void enter(struct repeats *repeats, unsigned depth, const char *type)
{
	repeats->office = is_office(type);
	repeats->depth = depth;
	repeats->member_count = 0;
}

bool repeats_knows(struct repeats *repeats, unsigned depth, const char *type,
		   struct view content)
{
	struct repeats_content described;
	unsigned below;

	if (!repeats->office || depth <= repeats->depth)
		enter(repeats, depth, type);
	if (depth == 0 || content.data == NULL || content.size == 0)
		return false;
	below = depth - repeats->depth;
	if (repeats_is_clean(repeats, content))
		return true;
	if (!is_same_anywhere(type) &&
	    (!repeats->office || below == 0 || below > 2))
		return false;
	draw_key(repeats);
	described = describe(repeats, content);
	if (repeats->office && below == 2 &&
	    has(repeats->members, repeats->member_count, &described))
		return true;
	if (repeats->office && below == 1 &&
	    repeats->member_count < REPEATS_MAX)
		repeats->members[repeats->member_count++] = described;
	if (is_same_anywhere(type))
		add_pending(repeats, &described);
	return false;
}

bool repeats_is_clean(const struct repeats *repeats, struct view content)
{
	struct repeats_content described;
	bool same_size = false;

	for (size_t i = 0; i < repeats->clean_count; i++)
		same_size |= repeats->clean[i].size == content.size;
	if (!same_size)
		return false;
	described = describe(repeats, content);
	return has(repeats->clean, repeats->clean_count, &described);
}

void repeats_end_clean(struct repeats *repeats, struct view object)
{
	struct repeats_content described;

	if (object.size > 0) {
		draw_key(repeats);
		described = describe(repeats, object);
		add_pending(repeats, &described);
	}
	repeats->clean_count += repeats->pending_count;
	repeats->pending_count = 0;
}
