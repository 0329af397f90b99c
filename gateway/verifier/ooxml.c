#include "gateway/verifier/ooxml.h"

#include "gateway/verifier/ooxml_names.h"
#include "gateway/verifier/picture.h"
#include "gateway/verifier/xlsb.h"

#include <libxml/parser.h>

#include "base/banned.h"

enum { EMBEDDED_DEPTH_MAX = 4 };

#define PACKAGE "application/vnd.openxmlformats-package."
#define OFFICE "application/vnd.openxmlformats-officedocument."
#define BINARY "application/vnd.ms-excel.sheet.binary.macroEnabled."

static int residue(struct opc *opc, const char *where, const char *what)
{
	return check_fail(opc->check, -ERR_VERIFY_RESIDUE, "%s: %s", where,
			  what);
}

static bool is_relations(const char *name)
{
	size_t size = strlen(name);

	return size > 5 && strcmp(name + size - 5, ".rels") == 0;
}

/* ---- content types ---- */

struct types {
	struct opc *opc;
	const char *extensions[64];
	const char *defaults[64];
	size_t count;
};

static int on_type(void *context, const struct opc_element *element)
{
	struct types *types = context;
	struct opc *opc = types->opc;
	const char *type = opc_attribute(opc, element, NULL, "ContentType");
	const char *name = opc_attribute(opc, element, NULL, "PartName");
	const char *extension = opc_attribute(opc, element, NULL, "Extension");
	struct opc_part *part;

	if (element->depth == 0)
		return 0;
	if (type == NULL)
		return residue(opc, "[Content_Types].xml", element->name);
	if (extension != NULL && types->count < 64) {
		types->extensions[types->count] = extension;
		types->defaults[types->count++] = type;
		return 0;
	}
	part = name == NULL || name[0] != '/' ? NULL : opc_find(opc, name + 1);
	if (part == NULL)
		return residue(opc, "[Content_Types].xml",
			       name == NULL ? "?" : name);
	part->type = type;
	return 0;
}

static int read_types(struct opc *opc)
{
	struct types types = {.opc = opc};
	const struct opc_handlers handlers = {.start = on_type};
	struct opc_part *part = opc_find(opc, "[Content_Types].xml");
	int error;

	if (part == NULL)
		return check_fail(opc->check, -ERR_VERIFY_TYPE,
				  "no content types");
	part->reached = true;
	error = opc_parse(opc, part, &handlers, &types);
	for (size_t i = 0; error == 0 && i < opc->count; i++) {
		const char *dot = strrchr(opc->parts[i].name, '.');

		for (size_t j = 0; j < types.count; j++)
			if (opc->parts[i].type[0] == '\0' && dot != NULL &&
			    strcasecmp(dot + 1, types.extensions[j]) == 0)
				opc->parts[i].type = types.defaults[j];
	}
	return error;
}

/* Words of content types that never belong into an output. */
static bool type_is_forbidden(const char *type)
{
	static const char *const words[] = {
	    "macro",
	    "vba",
	    "activex",
	    "oleobject",
	    "ms-office.a",
	    "externallink",
	    "connections",
	    "querytable",
	    "printersettings",
	    "customproperty",
	    "obfuscatedfont",
	    "digital-signature",
	    "webextension",
	    "ctrlprop",
	    "xlmacro",
	    "intlmacro",
	    "dialogsheet",
	    "attachedtoolbars",
	    "keymap",
	    "ui/",
	    "volatiledependencies",
	    "tablesinglecells",
	    "model",
	    "audio/",
	    "video/",
	    "octet-stream",
	    "msword",
	    "python",
	    "x-font",
	    "html",
	    "rfc822",
	    "mailmerge",
	    "tags+xml",
	};

	/* There is no such workbook without the word. */
	if (strcmp(type, BINARY "main") == 0 || strcmp(type, BINARY "12") == 0)
		return false;
	for (const char *at = type; *at != '\0'; at++)
		for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
			if (strncasecmp(at, words[i], strlen(words[i])) == 0)
				return true;
	return strncmp(type, "application/", 12) != 0 &&
	       strncmp(type, "image/", 6) != 0;
}

/* ---- relationships ---- */

bool opc_link_is_safe(const struct policy *policy, const char *target)
{
	static const char *const schemes[] = {"http://", "https://",
					      "mailto:", "tel:"};

	if (target[0] == '#')
		return true;
	for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++)
		if (strncasecmp(target, schemes[i], strlen(schemes[i])) == 0)
			return policy->links == LINKS_KEEP;
	return false;
}

/* Words of relationship types that never belong into an output. */
static const char *const forbidden_relations[] = {
    "vba",         "macrosheet",     "dialogsheet",      "oleobject",
    "control",     "externallink",   "attachedtemplate", "afchunk",
    "subdocument", "frame",          "mailmerge",        "recipientdata",
    "audio",       "video",          "/media",           "slideupdate",
    "transform",   "webimage",       "connections",      "querytable",
    "xmlmaps",     "volatile",       "printersettings",  "/font",
    "thumbnail",   "customproperty", "signature",        "activex",
    "ctrlprop",    "webextension",   "extensibility",    "customization",
    "toolbars",    "model3d",        "python",           "pathmissing",
    "startup",     "/tags",          "hdphoto",          "solution",
    "recordset",
};

static bool relation_is_forbidden(const char *type)
{
	const char *tail = strrchr(type, '/');

	if (tail == NULL)
		return true;
	for (const char *at = tail; *at != '\0'; at++)
		for (size_t i = 0; i < sizeof(forbidden_relations) /
					   sizeof(forbidden_relations[0]);
		     i++)
			if (strncasecmp(at, forbidden_relations[i],
					strlen(forbidden_relations[i])) == 0 &&
			    strcasecmp(tail, "/fontTable") != 0)
				return true;
	return false;
}

struct reading {
	struct opc *opc;
	const char *folder; /* of the source, with its slash */
	struct opc_link *links;
	size_t count;
};

/* The part at the end of a relative path of plain segments and `../`. */
static struct opc_part *target_part(struct opc *opc, const char *folder,
				    const char *target)
{
	size_t length = strlen(folder);

	while (strncmp(target, "../", 3) == 0) {
		if (length == 0)
			return NULL;
		length--;
		while (length > 0 && folder[length - 1] != '/')
			length--;
		target += 3;
	}
	return opc_find(opc, arena_format(opc->check->arena, "%.*s%s",
					  (int)length, folder, target));
}

static int on_relation(void *context, const struct opc_element *element)
{
	struct reading *reading = context;
	struct opc *opc = reading->opc;
	const char *id = opc_attribute(opc, element, NULL, "Id");
	const char *type = opc_attribute(opc, element, NULL, "Type");
	const char *target = opc_attribute(opc, element, NULL, "Target");
	const char *mode = opc_attribute(opc, element, NULL, "TargetMode");
	struct opc_part *part;

	if (element->depth == 0)
		return 0;
	if (id == NULL || type == NULL || target == NULL ||
	    reading->count == OPC_LINKS_MAX)
		return residue(opc, reading->folder, "relationship");
	if (relation_is_forbidden(type))
		return residue(opc, reading->folder, type);
	reading->links[reading->count++] = (struct opc_link){id, mode != NULL};
	if (mode != NULL || target[0] == '#') {
		const char *tail = strrchr(type, '/');

		if (strcmp(tail, "/hyperlink") != 0 ||
		    !opc_link_is_safe(opc->check->policy, target))
			return residue(opc, reading->folder, target);
		return 0;
	}
	part = target_part(opc, reading->folder, target);
	if (part == NULL || is_relations(part->name))
		return residue(opc, reading->folder, target);
	part->reached = true;
	return 0;
}

/* ---- parts ---- */

static int read_relations(struct opc_scan *scan, const char *source)
{
	struct opc *opc = scan->opc;
	struct arena *arena = opc->check->arena;
	const struct opc_handlers handlers = {.start = on_relation};
	const char *slash = strrchr(source, '/');
	int folder = slash == NULL ? 0 : (int)(slash - source + 1);
	struct opc_part *part =
	    opc_find(opc, arena_format(arena, "%.*s_rels/%s.rels", folder,
				       source, source + folder));
	struct reading reading = {.opc = opc};
	int error;

	if (part == NULL)
		return 0;
	part->reached = true;
	reading.folder = arena_format(arena, "%.*s", folder, source);
	/* No relationship is shorter than this. */
	reading.links = arena_array(arena, part->content.size / 16 + 1,
				    sizeof(*reading.links));
	if (reading.folder == NULL || reading.links == NULL)
		return -ERR_MEMORY;
	error = opc_parse(opc, part, &handlers, &reading);
	scan->links = reading.links;
	scan->link_count = reading.count;
	return error;
}

static int verify_document(struct check *check, unsigned depth);

static int check_embedded(struct opc *opc, const struct opc_part *part)
{
	const char *dot = strrchr(part->name, '.');
	struct check inner = *opc->check;
	int error;

	if (opc->check->policy->embedded != EMBEDDED_SANITIZE || dot == NULL ||
	    opc->depth >= EMBEDDED_DEPTH_MAX)
		return residue(opc, part->name, "embedded document");
	inner.output = part->content;
	inner.extension = dot + 1;
	inner.format = dot + 1;
	error = verify_document(&inner, opc->depth + 1);
	return error == 0 ? 0
			  : check_fail(opc->check, error, "%s: %s", part->name,
				       inner.detail);
}

static bool is_xml(const char *type)
{
	size_t size = strlen(type);

	return (size > 4 && strcmp(type + size - 4, "+xml") == 0) ||
	       strcmp(type, "application/xml") == 0 ||
	       strcmp(type, OFFICE "vmlDrawing") == 0;
}

static int check_part(struct opc *opc, struct opc_part *part)
{
	static const char cfb[] = "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1";
	struct opc_scan scan = {.opc = opc, .part = part};
	int error;

	if (part->type[0] == '\0' || type_is_forbidden(part->type))
		return residue(opc, part->name, part->type);
	if (view_find(part->content, view_of_string(cfb), 0) != SIZE_MAX)
		return residue(opc, part->name, "compound file");
	if (strncmp(part->type, "image/", 6) == 0)
		return picture_verify_part(opc->check, part->name,
					   part->content);
	if (!is_xml(part->type) && !xlsb_is_type(part->type))
		return check_embedded(opc, part);
	error = read_relations(&scan, part->name);
	if (error != 0)
		return error;
	if (!is_xml(part->type))
		return opc->numbers == NULL
			   ? residue(opc, part->name, "records")
			   : xlsb_check_part(&scan);
	return opc_check_xml(&scan);
}

static int check_parts(struct opc *opc)
{
	for (size_t i = 0; i < opc->count; i++) {
		struct opc_part *part = &opc->parts[i];
		int error;

		if (strcmp(part->name, "[Content_Types].xml") == 0 ||
		    is_relations(part->name))
			continue;
		error = check_part(opc, part);
		if (error != 0)
			return error;
	}
	for (size_t i = 0; i < opc->count; i++)
		if (!opc->parts[i].reached)
			return residue(opc, opc->parts[i].name,
				       "nothing refers to it");
	return 0;
}

/* Exactly one main part, of the type that the extension promises. */
static int check_type(struct opc *opc)
{
	static const struct {
		const char *format;
		const char *extension;
		const char *type;
	} types[] = {
	    {"docx", "docx", OFFICE "wordprocessingml.document.main+xml"},
	    {"docx", "dotx", OFFICE "wordprocessingml.template.main+xml"},
	    {"xlsx", "xlsx", OFFICE "spreadsheetml.sheet.main+xml"},
	    {"xlsx", "xltx", OFFICE "spreadsheetml.template.main+xml"},
	    {"xlsb", "xlsb", BINARY "main"},
	    {"pptx", "pptx", OFFICE "presentationml.presentation.main+xml"},
	    {"pptx", "potx", OFFICE "presentationml.template.main+xml"},
	    {"pptx", "ppsx", OFFICE "presentationml.slideshow.main+xml"},
	    {"vsdx", "vsdx", "application/vnd.ms-visio.drawing.main+xml"},
	    {"vsdx", "vssx", "application/vnd.ms-visio.stencil.main+xml"},
	    {"vsdx", "vstx", "application/vnd.ms-visio.template.main+xml"},
	};
	size_t mains = 0;
	bool fits = false;

	for (size_t i = 0; i < opc->count; i++) {
		const char *type = opc->parts[i].type;

		if (strstr(type, ".main") == NULL)
			continue;
		mains++;
		for (size_t j = 0; j < sizeof(types) / sizeof(types[0]); j++)
			fits |=
			    strcmp(type, types[j].type) == 0 &&
			    strcmp(opc->check->format, types[j].format) == 0 &&
			    strcmp(opc->check->extension, types[j].extension) ==
				0;
	}
	if (mains != 1 || !fits)
		return check_fail(opc->check, -ERR_VERIFY_TYPE,
				  "%zu main parts, not of a %s", mains,
				  opc->check->extension);
	return 0;
}

static int verify_document(struct check *check, unsigned depth)
{
	struct opc opc = {.check = check, .depth = depth};
	struct opc_scan package = {.opc = &opc};
	int error = opc_read(&opc);

	if (error == 0)
		error = read_types(&opc);
	if (error == 0)
		error = check_type(&opc);
	if (error == 0)
		error = read_relations(&package, "");
	if (error == 0)
		error = opc_read_lambdas(&opc);
	if (error == 0)
		error = xlsb_read_numbers(&opc);
	if (error == 0)
		error = check_parts(&opc);
	opc_release(&opc);
	return error;
}

int opc_verify(struct check *check)
{
	return verify_document(check, 0);
}

int opc_prepare(void)
{
	xmlInitParser();
	opc_names_prepare();
	return 0;
}

const struct verifier verifier_ooxml = {
    .family = "ooxml",
    .verify = opc_verify,
    .prepare = opc_prepare,
};
