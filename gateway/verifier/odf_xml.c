#include "gateway/verifier/odf.h"

#include "gateway/verifier/ooxml_names.h"
#include "gateway/verifier/picture.h"

#include "base/banned.h"

enum { DEPTH_MAX = 256 };

/* What of an attribute is to be looked at. */
enum concern {
	CONCERN_NONE,
	CONCERN_REFERENCE, /* xlink:href */
	CONCERN_LINK,
	CONCERN_FORMULA,
};

struct walk {
	struct odf_scan *scan;
	const char *names[DEPTH_MAX + 1]; /* of the open elements */
	size_t depth;
	bool gathers; /* the text of this element is wanted whole */
	struct buffer text;
};

static int residue(struct walk *walk, const char *what, const char *detail)
{
	return check_fail(walk->scan->opc->check, -ERR_VERIFY_RESIDUE,
			  "%s: %s %.200s", walk->scan->part->name, what,
			  detail);
}

static bool is_one_of(const char *name, const char *const *names, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(name, names[i]) == 0)
			return true;
	return false;
}

#define IS_ONE_OF(name, names)                                                 \
	is_one_of(name, names, sizeof(names) / sizeof((names)[0]))

static const char *const picture_owners[] = {
    "image", "fill-image", "background-image", "list-level-style-image",
    "symbol-image"};

/* ---- references ---- */

/* The file at the end of a relative path of plain segments and `../`. */
static const char *target_of(struct walk *walk, const char *target)
{
	const char *folder = walk->scan->folder;
	size_t length = strlen(folder);

	if (strncmp(target, "./", 2) == 0)
		target += 2;
	while (strncmp(target, "../", 3) == 0) {
		if (length == 0)
			return NULL;
		length--;
		while (length > 0 && folder[length - 1] != '/')
			length--;
		target += 3;
	}
	return arena_format(walk->scan->opc->check->arena, "%.*s%s",
			    (int)length, folder, target);
}

static int check_reference(struct walk *walk, const char *element,
			   const char *target)
{
	static const char *const links[] = {"a", "area-circle", "area-polygon",
					    "area-rectangle"};
	struct opc *opc = walk->scan->opc;
	struct opc_part *part = NULL;
	const char *name;

	if (IS_ONE_OF(element, links))
		return opc_link_is_safe(opc->check->policy, target)
			   ? 0
			   : residue(walk, "link", target);
	if (strcmp(element, "chart") == 0 &&
	    (strcmp(target, ".") == 0 || strcmp(target, "..") == 0))
		return 0;
	name = walk->scan->flat ? NULL : target_of(walk, target);
	if (IS_ONE_OF(element, picture_owners))
		part = opc_find(opc, name == NULL ? "" : name);
	else if (strcmp(element, "object") == 0 && name != NULL)
		part = opc_find(opc, arena_format(opc->check->arena,
						  "%s/content.xml", name));
	if (part == NULL)
		return residue(walk, "reference", target);
	part->reached = true;
	return 0;
}

/* ---- attributes ---- */

static bool ends_with(const char *text, const char *end)
{
	size_t size = strlen(text);
	size_t tail = strlen(end);

	return size >= tail && strcmp(text + size - tail, end) == 0;
}

static enum concern concern_of(const char *uri, const char *name)
{
	/* The formulas of drawings are arithmetic on points. */
	if (strstr(uri, "drawing:1.0") != NULL)
		return strcmp(name, "notify-on-update-of-ranges") == 0
			   ? CONCERN_FORMULA
			   : CONCERN_NONE;
	if (ends_with(uri, "/xlink"))
		return strcmp(name, "href") == 0 ? CONCERN_REFERENCE
						 : CONCERN_NONE;
	if (strcmp(name, "url") == 0)
		return CONCERN_LINK;
	if (strstr(uri, "calc:xmlns:calcext") != NULL &&
	    strcmp(name, "value") == 0)
		return CONCERN_FORMULA;
	if (strcmp(name, "formula") == 0 || strcmp(name, "condition") == 0 ||
	    strcmp(name, "expression") == 0 ||
	    (strstr(uri, "xmlns:text:") == NULL &&
	     (ends_with(name, "address") || ends_with(name, "addresses") ||
	      ends_with(name, "range") || ends_with(name, "ranges"))))
		return strstr(uri, "animation") != NULL ? CONCERN_NONE
							: CONCERN_FORMULA;
	return CONCERN_NONE;
}

static int check_attribute(struct walk *walk, const struct opc_element *element,
			   const char **raw)
{
	struct opc *opc = walk->scan->opc;
	const char *uri = raw[2] == NULL ? "" : raw[2];
	enum concern concern;
	const char *value;

	if (!odf_knows_attribute(element->uri, uri, raw[0]))
		return residue(walk, "attribute", raw[0]);
	concern = concern_of(uri, raw[0]);
	if (concern == CONCERN_NONE)
		return 0;
	value = opc_attribute(opc, element, uri, raw[0]);
	if (value == NULL)
		return -ERR_MEMORY;
	switch (concern) {
	case CONCERN_REFERENCE:
		return check_reference(walk, element->name, value);
	case CONCERN_LINK:
		return opc_link_is_safe(opc->check->policy, value)
			   ? 0
			   : residue(walk, "link", value);
	case CONCERN_FORMULA:
		return odf_check_formula(walk->scan, value);
	case CONCERN_NONE:
		break;
	}
	return 0;
}

/* ---- elements ---- */

static int check_setting(struct walk *walk, const struct opc_element *element)
{
	static const char *const plain[] = {"boolean", "short", "int", "long",
					    "double"};
	static const char *const texts[] = {
	    "ActiveTable",   "ViewId",
	    "SelectedViews", "CursorPosition",
	    "BeginLine",     "EndLine",
	    "Language",      "Country",
	    "Variant",       "PrinterIndependentLayout"};
	static const char *const never[] = {"LinkUpdateMode", "LoadReadonly",
					    "UpdateFromTemplate"};
	struct opc *opc = walk->scan->opc;
	const char *name = opc_attribute(opc, element, NULL, "name");
	const char *type = opc_attribute(opc, element, NULL, "type");

	if (name == NULL || type == NULL || IS_ONE_OF(name, never) ||
	    (!IS_ONE_OF(type, plain) &&
	     (strcmp(type, "string") != 0 || !IS_ONE_OF(name, texts))))
		return residue(walk, "setting", name == NULL ? "" : name);
	walk->gathers = true;
	return 0;
}

static int check_field(struct walk *walk, const struct opc_element *element)
{
	static const char begins[] = "vnd.oasis.opendocument.field.FORM";
	const char *type =
	    opc_attribute(walk->scan->opc, element, NULL, "type");

	if (type == NULL || strncasecmp(type, begins, sizeof(begins) - 1) != 0)
		return residue(walk, "field", type == NULL ? "" : type);
	return 0;
}

static int check_root(struct walk *walk, const struct opc_element *element)
{
	static const char *const roots[] = {"document-content",
					    "document-styles", "document-meta",
					    "document-settings", "math"};
	struct opc *opc = walk->scan->opc;
	const char *type;

	if (element->depth == 0)
		return (walk->scan->flat
			    ? strcmp(element->name, "document") == 0
			    : IS_ONE_OF(element->name, roots))
			   ? 0
			   : residue(walk, "root", element->name);
	if (strcmp(element->name, "document") != 0)
		return 0;
	type = opc_attribute(opc, element, "xmlns:office", "mimetype");
	if (strcmp(walk->names[element->depth - 1], "object") != 0 ||
	    type == NULL || !odf_may_embed(opc->check->policy, type))
		return residue(walk, "document", type == NULL ? "" : type);
	return 0;
}

static int check_element(struct walk *walk, const struct opc_element *element)
{
	const char *name = element->name;

	if (!odf_knows_element(element->uri, name))
		return residue(walk, "element", name);
	if (strcmp(name, "config-item") == 0)
		return check_setting(walk, element);
	if (strcmp(name, "fieldmark") == 0 ||
	    strcmp(name, "fieldmark-start") == 0)
		return check_field(walk, element);
	if (strcmp(name, "annotation") == 0 &&
	    strstr(element->uri, "office") != NULL &&
	    walk->scan->opc->check->policy->comments == 0)
		return residue(walk, "comment", name);
	if (strcmp(name, "binary-data") == 0) {
		if (!IS_ONE_OF(walk->names[element->depth - 1], picture_owners))
			return residue(walk, "data in",
				       walk->names[element->depth - 1]);
		walk->gathers = true;
	}
	return check_root(walk, element);
}

static int on_start(void *context, const struct opc_element *element)
{
	struct walk *walk = context;
	int error;

	if (walk->gathers || element->depth >= DEPTH_MAX)
		return residue(walk, "element in", element->name);
	walk->names[element->depth] = element->name;
	walk->depth = element->depth;
	walk->text.size = 0;
	error = check_element(walk, element);
	for (size_t i = 0; error == 0 && i < element->attribute_count; i++)
		error =
		    check_attribute(walk, element, element->attributes + 5 * i);
	return error;
}

static void on_piece(void *context, const char *text, size_t size)
{
	struct walk *walk = context;

	if (walk->gathers)
		buffer_bytes(&walk->text, text, size);
}

static int digit_of(uint8_t byte)
{
	if (byte >= 'A' && byte <= 'Z')
		return byte - 'A';
	if (byte >= 'a' && byte <= 'z')
		return byte - 'a' + 26;
	if (byte >= '0' && byte <= '9')
		return byte - '0' + 52;
	if (byte == '+' || byte == '/')
		return byte == '+' ? 62 : 63;
	return -1;
}

/* Decodes in place: groups of four, padding at the end only. */
static bool decode(struct buffer *text)
{
	size_t size = text->size;
	size_t to = 0;
	uint32_t bits = 0;

	if (size % 4 != 0)
		return false;
	for (unsigned i = 0; i < 2 && size > 0; i++)
		size -= text->data[size - 1] == '=';
	for (size_t i = 0; i < size; i++) {
		int digit = digit_of(text->data[i]);

		if (digit < 0)
			return false;
		bits = bits << 6 | (uint32_t)digit;
		if (i % 4 > 0)
			text->data[to++] = (uint8_t)(bits >> (6 - i % 4 * 2));
	}
	text->size = to;
	return true;
}

static int end_gathered(struct walk *walk, const char *name)
{
	struct opc *opc = walk->scan->opc;

	if (buffer_error(&walk->text) != 0)
		return residue(walk, "text of", name);
	if (strcmp(name, "binary-data") == 0)
		return decode(&walk->text)
			   ? picture_verify_part(opc->check,
						 walk->scan->part->name,
						 buffer_contents(&walk->text))
			   : residue(walk, "text of", name);
	for (size_t i = 0; i < walk->text.size; i++)
		if (strchr("/\\:", walk->text.data[i]) != NULL)
			return residue(walk, "setting", "is a place");
	return 0;
}

static int on_end(void *context, const char *name, const char *text)
{
	struct walk *walk = context;
	int error = 0;

	(void)text;
	if (walk->gathers)
		error = end_gathered(walk, name);
	walk->gathers = false;
	return error;
}

int odf_check_xml(struct odf_scan *scan)
{
	const struct opc_handlers handlers = {
	    .start = on_start, .end = on_end, .piece = on_piece};
	struct walk *walk =
	    arena_alloc(scan->opc->check->arena, sizeof(struct walk));
	int error;

	if (walk == NULL)
		return -ERR_MEMORY;
	walk->scan = scan;
	walk->text = buffer_make(scan->opc->check->policy->limits.output_bytes);
	odf_lists_prepare();
	opc_names_prepare();
	error = opc_parse(scan->opc, scan->part, &handlers, walk);
	buffer_free(&walk->text);
	return error;
}
