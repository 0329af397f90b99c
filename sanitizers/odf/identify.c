#include "sanitizers/odf/rebuild.h"

#include "base/banned.h"

enum { TYPE_SIZE = 256, PEEK_SIZE = 256 * 1024 };

/* What the manifest says of the whole, where there is no "mimetype". */
static const struct odf_type *type_by_manifest(struct view input)
{
	static const char begins[] = "application/vnd.oasis.opendocument.";
	struct arena *arena = arena_new(2 * (size_t)PEEK_SIZE);
	uint8_t *data = arena == NULL ? NULL : arena_alloc(arena, PEEK_SIZE);
	const struct odf_type *type = NULL;
	size_t size;

	if (data != NULL && zip_peek(input, "META-INF/manifest.xml", data,
				     PEEK_SIZE, &size) == 0) {
		struct view text = view_of(data, size);
		size_t at = view_find(text, view_of_string(begins), 0);
		size_t end = at;

		while (end < size && data[end] != '"' && data[end] != '\'')
			end++;
		if (at != SIZE_MAX)
			type = odf_type_of(view_slice(text, at, end - at));
	}
	arena_free(arena);
	return type;
}

static const struct odf_type *type_of_package(struct view input)
{
	uint8_t text[TYPE_SIZE];
	size_t size;

	if (zip_probe_member(input, "mimetype") &&
	    zip_peek(input, "mimetype", text, sizeof(text), &size) == 0) {
		while (size > 0 && isspace(text[size - 1]))
			size--;
		if (size > 0)
			return odf_type_of(view_of(text, size));
	}
	return zip_probe_member(input, "META-INF/manifest.xml") &&
		       zip_probe_member(input, "content.xml")
		   ? type_by_manifest(input)
		   : NULL;
}

enum claim odf_claims(struct view input, enum odf_kind kind)
{
	const struct odf_type *type = NULL;

	if (view_starts_with(input, "PK"))
		type = type_of_package(input);
	else
		type = odf_flat_type(input);
	return type != NULL && type->kind == kind && type->flat[0] != '\0'
		   ? CLAIM_EXACT
		   : CLAIM_NONE;
}
