#include "sanitizers/ooxml/part_name.h"
#include "sanitizers/ooxml/rebuild.h"

#include "base/banned.h"

enum { PEEK_SIZE = 1024 * 1024, IDENTIFY_MEMORY = 4 * PEEK_SIZE };

/* What is looked for in the two small parts that say what a package is. */
struct identity {
	struct arena *arena;
	const char *main; /* the main part, from _rels/.rels */
	const char *type; /* its content type */
	const char *by_extension;
};

static int find_main(void *context, const struct scan_element *element)
{
	struct identity *identity = context;
	const char *type = scan_attribute(identity->arena, element, "Type");
	const char *target = scan_attribute(identity->arena, element, "Target");
	const char *segment;

	if (type == NULL || target == NULL || identity->main != NULL)
		return 0;
	segment = part_name_tail(identity->arena, type, '/');
	if (segment != NULL && relation_is_main(type, segment))
		identity->main = part_name_resolve(identity->arena, "", target);
	return 0;
}

static int find_type(void *context, const struct scan_element *element)
{
	struct identity *identity = context;
	struct arena *arena = identity->arena;
	const char *type = scan_attribute(arena, element, "ContentType");
	const char *name = scan_attribute(arena, element, "PartName");
	const char *extension = scan_attribute(arena, element, "Extension");
	const char *dot = strrchr(identity->main, '.');

	if (type == NULL)
		return 0;
	if (name != NULL)
		name = part_name_resolve(arena, "", name);
	if (name != NULL && strcasecmp(name, identity->main) == 0)
		identity->type = type;
	if (extension != NULL && dot != NULL &&
	    strcasecmp(extension, dot + 1) == 0)
		identity->by_extension = type;
	return 0;
}

static void identify(struct view input, struct xml_reader *reader,
		     struct identity *identity)
{
	uint8_t *data = arena_alloc(identity->arena, PEEK_SIZE);
	size_t size;

	if (data == NULL ||
	    zip_peek(input, "_rels/.rels", data, PEEK_SIZE, &size) != 0)
		return;
	/* What was read before an error counts: rebuilding reads all. */
	(void)!part_scan(reader, view_of(data, size), find_main, identity);
	if (identity->main == NULL ||
	    zip_peek(input, "[Content_Types].xml", data, PEEK_SIZE, &size) != 0)
		return;
	(void)!part_scan(reader, view_of(data, size), find_type, identity);
	if (identity->type == NULL)
		identity->type = identity->by_extension;
}

static const char *const usual_main[] = {
    [DOCUMENT_NONE] = "",
    [DOCUMENT_WORD] = "word/document.xml",
    [DOCUMENT_SHEET] = "xl/workbook.xml",
    [DOCUMENT_SLIDE] = "ppt/presentation.xml",
    [DOCUMENT_DRAWING] = "visio/document.xml",
    [DOCUMENT_BINARY_SHEET] = "xl/workbook.bin",
};

static enum claim claim_of(struct view input, const struct identity *identity,
			   enum document document)
{
	const struct main_type *type;

	/* Broken, or with a DTD: rebuilding says which. */
	if (identity->type == NULL)
		return zip_probe_member(input, usual_main[document])
			   ? CLAIM_EXACT
			   : CLAIM_NONE;
	type = main_type_of(identity->type);
	return type != NULL && type->document == document ? CLAIM_EXACT
							  : CLAIM_NONE;
}

enum claim ooxml_claims(struct view input, enum document document)
{
	struct identity identity = {0};
	struct xml_reader *reader = NULL;
	enum claim claim = CLAIM_NONE;

	if (!view_starts_with(view_slice(input, 0, 4), "PK") ||
	    !zip_probe_member(input, "[Content_Types].xml"))
		return CLAIM_NONE;
	identity.arena = arena_new(IDENTIFY_MEMORY);
	if (identity.arena != NULL)
		reader = xml_reader_new(identity.arena);
	if (reader != NULL) {
		identify(input, reader, &identity);
		claim = claim_of(input, &identity, document);
	}
	xml_reader_close(reader);
	arena_free(identity.arena);
	return claim;
}
