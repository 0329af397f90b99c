#include "gateway/verifier/ooxml.h"

#include "gateway/verifier/ooxml_names.h"

#include "base/banned.h"

enum { FIELD_DEPTH = 64, KNOWN_NAMES = 1024 };

/* Elements that must not be there, by local name; "" fits any namespace. */
static const struct {
	const char *uri; /* part of the namespace */
	const char *name;
} forbidden[] = {
    {"", "altChunk"},
    {"", "subDoc"},
    {"", "frameset"},
    {"", "attachedTemplate"},
    {"", "mailMerge"},
    {"", "attachedSchema"},
    {"", "saveThroughXslt"},
    {"", "docVar"},
    {"", "docVars"},
    {"", "entryMacro"},
    {"", "exitMacro"},
    {"", "OLEObject"},
    {"", "oleObj"},
    {"", "oleObject"},
    {"", "oleObjects"},
    {"wordprocessingml", "control"},
    {"wordprocessingml", "object"},
    {"presentationml", "control"},
    {"spreadsheetml", "control"},
    {"spreadsheetml", "controls"},
    {"", "ddeLink"},
    {"", "oleLink"},
    {"", "externalReferences"},
    {"", "externalBook"},
    {"", "webPublishItems"},
    {"", "FmlaMacro"},
    {"", "ScriptText"},
    {"presentationml", "cmd"},
    {"", "custDataLst"},
    {"", "audioFile"},
    {"", "videoFile"},
    {"", "quickTimeFile"},
    {"", "wavAudioFile"},
    {"", "embeddedFontLst"},
    {"", "fldData"},
    {"", "binData"},
    {"", "smartTagType"},
    {"", "webVideoPr"},
    {"", "model3d"},
    {"", "HyperlinkBase"},
    {"", "schemaLibrary"},
    {"", "movie"},
    {"", "signatureline"},
    {"vml", "script"},
    {"", "webextension"},
    {"", "ocx"},
    {"", "DataMashup"},
    {"", "connection"},
    {"", "queryTable"},
    {"docPropsVTypes", "blob"},
    {"visio", "EventItem"},
    {"visio", "MasterShortcut"},
    {"visio", "SolutionXML"},
    {"visio", "RefreshableData"},
    {"visio", "AttachedToolbars"},
    {"visio", "DataConnection"},
    {"visio", "DataRecordSet"},
};

static const char *const bad_namespaces[] = {
    "activeX",           "/2006/wordml", "webextension",  "digsig",
    "digital-signature", "/xmlPackage",  "schemaLibrary",
};

/* What an element is, whatever its namespace. */
enum role {
	ROLE_PLAIN,
	ROLE_FORMULA,
	ROLE_INSTRUCTION,
	ROLE_FIELD_CHARACTER,
	ROLE_SIMPLE_FIELD,
	ROLE_CELL, /* of Visio */
	ROLE_FOREIGN,
	ROLE_RULE, /* of Visio: a formula */
};

/* What of an attribute is to be looked at. */
enum concern {
	CONCERN_NONE,
	CONCERN_REFERENCE,
	CONCERN_NEVER,
	CONCERN_MACRO,
	CONCERN_ACTION,
	CONCERN_ADDRESS,
	CONCERN_EVENT,
	CONCERN_FORMULA,
	CONCERN_PLACE,
};

struct walk {
	struct opc_scan *scan;
	struct buffer instructions[FIELD_DEPTH];
	bool in_result[FIELD_DEPTH];
	size_t depth;
	bool text_only; /* in a formula or an instruction */
	bool foreign;   /* custom XML that policy lets stay: any names */
	/* Names that are fine, by libxml2's own copies: it keeps one of each.
	 */
	struct known {
		const char *name;
		const char *uri;
		const char *owner; /* attributes: the element, and its URI */
		const char *owner_uri;
		enum concern concern;
	} known[KNOWN_NAMES], known_attributes[KNOWN_NAMES];
	struct {
		const char *name;
		enum role role;
	} roles[KNOWN_NAMES];
};

static size_t slot_of(const char *name, const char *uri, const char *owner,
		      const char *owner_uri)
{
	const uint64_t factor = 0x9e3779b97f4a7c15u;
	uint64_t key = (uintptr_t)name;

	key = key * factor + (uintptr_t)uri;
	key = key * factor + (uintptr_t)owner;
	key = key * factor + (uintptr_t)owner_uri;
	return (size_t)((key * factor) >> 40) % KNOWN_NAMES;
}

static int residue(struct walk *walk, const char *what, const char *detail)
{
	return opc_residue(walk->scan, what, detail);
}

/* ---- fields ---- */

static int on_field_character(struct walk *walk,
			      const struct opc_element *element)
{
	const char *type =
	    opc_attribute(walk->scan->opc, element, NULL, "fldCharType");
	struct buffer *text;
	int error = 0;

	if (type == NULL)
		return residue(walk, "field", "without a type");
	if (strcmp(type, "begin") == 0) {
		if (walk->depth == FIELD_DEPTH)
			return residue(walk, "field", "too deep");
		if (walk->depth > 0 && !walk->in_result[walk->depth - 1])
			return residue(walk, "field", "in an instruction");
		walk->in_result[walk->depth] = false;
		walk->instructions[walk->depth++] = buffer_make(65536);
		return 0;
	}
	if (walk->depth == 0)
		return residue(walk, "field", "without a beginning");
	text = &walk->instructions[walk->depth - 1];
	if (strcmp(type, "separate") == 0) {
		walk->in_result[walk->depth - 1] = true;
		return 0;
	}
	buffer_u8(text, 0);
	if (buffer_error(text) != 0)
		return residue(walk, "field", "too long");
	error = opc_check_field(walk->scan, (const char *)text->data);
	buffer_free(text);
	walk->depth--;
	return error;
}

/* ---- formulas ---- */

static bool is_formula(const char *name)
{
	static const char *const names[] = {
	    "f",
	    "formula",
	    "formula1",
	    "formula2",
	    "definedName",
	    "calculatedColumnFormula",
	    "totalsRowFormula",
	    "FmlaLink",
	    "FmlaPict",
	    "FmlaRange",
	    "FmlaTxbx",
	    "FmlaGroup",
	    "nf",
	    "sqref",
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(name, names[i]) == 0)
			return true;
	return false;
}

static enum role find_role(const char *name)
{
	if (is_formula(name))
		return ROLE_FORMULA;
	if (strcmp(name, "instrText") == 0 || strcmp(name, "delInstrText") == 0)
		return ROLE_INSTRUCTION;
	if (strcmp(name, "fldChar") == 0)
		return ROLE_FIELD_CHARACTER;
	if (strcmp(name, "fldSimple") == 0)
		return ROLE_SIMPLE_FIELD;
	if (strcmp(name, "Cell") == 0)
		return ROLE_CELL;
	if (strcmp(name, "ForeignData") == 0)
		return ROLE_FOREIGN;
	if (strcmp(name, "RuleFilter") == 0 || strcmp(name, "RuleTest") == 0)
		return ROLE_RULE;
	return ROLE_PLAIN;
}

static enum role role_of(struct walk *walk, const char *name)
{
	size_t slot = slot_of(name, NULL, NULL, NULL);

	if (walk->roles[slot].name != name) {
		walk->roles[slot].name = name;
		walk->roles[slot].role = find_role(name);
	}
	return walk->roles[slot].role;
}

/* ---- elements and attributes ---- */

static int check_reference(struct walk *walk, const struct opc_element *element,
			   const char *id)
{
	const struct opc_scan *scan = walk->scan;

	if (id[0] == '\0')
		return 0;
	for (size_t i = 0; i < scan->link_count; i++) {
		if (strcmp(scan->links[i].id, id) != 0)
			continue;
		if (scan->links[i].external &&
		    strcmp(element->name, "hyperlink") != 0 &&
		    strncmp(element->name, "hlink", 5) != 0)
			return residue(walk, "fetch", element->name);
		return 0;
	}
	return residue(walk, "reference to nothing", id);
}

static bool action_is_safe(const char *action)
{
	static const char *const jumps[] = {
	    "ppaction://hlinkshowjump", "ppaction://hlinksldjump",
	    "ppaction://noaction", "ppaction://customshow", "ppaction://media"};

	if (action[0] == '\0')
		return true;
	for (size_t i = 0; i < sizeof(jumps) / sizeof(jumps[0]); i++)
		if (strncasecmp(action, jumps[i], strlen(jumps[i])) == 0)
			return true;
	return false;
}

static enum concern concern_of(const struct opc_element *element,
			       const char *name, const char *uri)
{
	if (strstr(uri, "officeDocument/2006/relationships") != NULL ||
	    strstr(uri, "officeDocument/relationships") != NULL ||
	    (strcmp(name, "relid") == 0 && uri[0] != '\0'))
		return CONCERN_REFERENCE;
	if (strcmp(name, "gfxdata") == 0 || strcmp(name, "ole") == 0 ||
	    strcmp(name, "schemaLocation") == 0)
		return CONCERN_NEVER;
	if (strcmp(name, "macro") == 0)
		return CONCERN_MACRO;
	if (strcmp(name, "action") == 0 &&
	    strncmp(element->name, "hlink", 5) == 0)
		return CONCERN_ACTION;
	if (strcmp(name, "href") == 0 || strcmp(name, "src") == 0)
		return CONCERN_ADDRESS;
	if (strcmp(name, "textlink") == 0 || strcmp(name, "cellRange") == 0)
		return CONCERN_FORMULA;
	if (strcmp(element->name, "hyperlink") == 0 &&
	    (strcmp(name, "location") == 0 || strcmp(name, "anchor") == 0 ||
	     strcmp(name, "docLocation") == 0))
		return CONCERN_PLACE;
	/* DrawingML has harmless names that begin so. */
	if (strncasecmp(name, "on", 2) == 0 && strlen(name) > 5 &&
	    uri[0] == '\0' &&
	    (element->uri[0] == '\0' ||
	     strncmp(element->uri, "urn:schemas-microsoft-com:", 26) == 0))
		return CONCERN_EVENT;
	return CONCERN_NONE;
}

static int check_address(struct walk *walk, const struct opc_element *element,
			 const char *name, const char *value)
{
	if (value[0] == '\0' ||
	    (strcmp(name, "href") == 0 &&
	     strcmp(element->name, "imagedata") != 0 &&
	     opc_link_is_safe(walk->scan->opc->check->policy, value)))
		return 0;
	return residue(walk, "address", value);
}

static int check_value(struct walk *walk, const struct opc_element *element,
		       const char **raw, enum concern concern)
{
	const char *value;

	if (concern == CONCERN_NONE)
		return 0;
	value = opc_attribute(walk->scan->opc, element, raw[2], raw[0]);
	if (value == NULL)
		return -ERR_MEMORY;
	switch (concern) {
	case CONCERN_REFERENCE:
		return check_reference(walk, element, value);
	case CONCERN_MACRO:
		return value[0] == '\0' ? 0 : residue(walk, "macro", value);
	case CONCERN_ACTION:
		return action_is_safe(value) ? 0
					     : residue(walk, "action", value);
	case CONCERN_ADDRESS:
		return check_address(walk, element, raw[0], value);
	case CONCERN_FORMULA:
		return opc_check_formula(walk->scan, value);
	case CONCERN_PLACE:
		return strchr(value, '\\') == NULL &&
			       strstr(value, "://") == NULL
			   ? 0
			   : residue(walk, "place", value);
	case CONCERN_NEVER:
	case CONCERN_EVENT:
	case CONCERN_NONE:
		break;
	}
	return residue(walk, "attribute", raw[0]);
}

static int check_name(struct walk *walk, const struct opc_element *element)
{
	struct opc *opc = walk->scan->opc;
	const char *name = opc_attribute(opc, element, NULL, "name");
	const char *flags[] = {
	    opc_attribute(opc, element, NULL, "xlm"),
	    opc_attribute(opc, element, NULL, "function"),
	    opc_attribute(opc, element, NULL, "vbProcedure"),
	};

	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++)
		if (flags[i] != NULL && strcmp(flags[i], "0") != 0 &&
		    strcmp(flags[i], "false") != 0)
			return residue(walk, "macro name", "");
	if (name != NULL && (strncasecmp(name, "Auto_", 5) == 0 ||
			     strncasecmp(name, "_xlnm.Auto_", 11) == 0))
		return residue(walk, "macro name", name);
	return 0;
}

/* Whether a list has the name, and nothing speaks against its namespace. */
static int check_listed(struct walk *walk, const struct opc_element *element)
{
	if (walk->foreign)
		return 0;
	for (size_t i = 0;
	     i < sizeof(bad_namespaces) / sizeof(bad_namespaces[0]); i++)
		if (strstr(element->uri, bad_namespaces[i]) != NULL)
			return residue(walk, "namespace", element->uri);
	return opc_knows_element(element->uri, element->name)
		   ? 0
		   : residue(walk, "element not on the list", element->name);
}

static int check_attribute(struct walk *walk, const struct opc_element *element,
			   const char **raw)
{
	const char *name = raw[0];
	const char *uri = raw[2];
	struct known *known = &walk->known_attributes[slot_of(
	    name, uri, element->name, element->uri)];
	enum concern concern;
	int error;

	if (known->name == name && known->uri == uri &&
	    known->owner == element->name && known->owner_uri == element->uri)
		return check_value(walk, element, raw, known->concern);
	concern = concern_of(element, name, uri == NULL ? "" : uri);
	error = check_value(walk, element, raw, concern);
	if (error != 0)
		return error;
	if (!walk->foreign &&
	    !opc_knows_attribute(element->uri, uri == NULL ? "" : uri, name))
		return residue(walk, "attribute not on the list", name);
	*known =
	    (struct known){name, uri, element->name, element->uri, concern};
	return 0;
}

static int check_element(struct walk *walk, const struct opc_element *element)
{
	struct known *known =
	    &walk->known[slot_of(element->name, element->uri, NULL, NULL)];
	int error;

	if (known->name == element->name && known->uri == element->uri)
		return 0;
	for (size_t i = 0; i < sizeof(forbidden) / sizeof(forbidden[0]); i++)
		if (strcmp(element->name, forbidden[i].name) == 0 &&
		    strstr(element->uri, forbidden[i].uri) != NULL)
			return residue(walk, "element", element->name);
	error = check_listed(walk, element);
	if (error == 0)
		*known =
		    (struct known){.name = element->name, .uri = element->uri};
	return error;
}

static int on_start(void *context, const struct opc_element *element)
{
	struct walk *walk = context;
	struct opc *opc = walk->scan->opc;
	enum role role = role_of(walk, element->name);
	int error = check_element(walk, element);

	/* Markup compatibility would make it a part of the text; formulas of
	 * extensions have theirs in one element more. */
	if (walk->text_only && role != ROLE_FORMULA)
		return residue(walk, "element in a formula", element->name);
	walk->text_only = role == ROLE_FORMULA || role == ROLE_INSTRUCTION ||
			  role == ROLE_RULE;
	for (size_t i = 0; error == 0 && i < element->attribute_count; i++)
		error =
		    check_attribute(walk, element, element->attributes + 5 * i);
	if (error != 0 || role == ROLE_PLAIN)
		return error;
	if (role == ROLE_FIELD_CHARACTER)
		return on_field_character(walk, element);
	if (role == ROLE_CELL)
		return opc_check_cell(walk->scan, element);
	if (role == ROLE_FOREIGN)
		return opc_check_foreign(walk->scan, element);
	if (role == ROLE_SIMPLE_FIELD) {
		const char *text = opc_attribute(opc, element, NULL, "instr");

		return opc_check_field(walk->scan, text == NULL ? "" : text);
	}
	if (strcmp(element->name, "definedName") == 0)
		return check_name(walk, element);
	return 0;
}

static int on_end(void *context, const char *name, const char *text)
{
	struct walk *walk = context;

	enum role role = role_of(walk, name);

	walk->text_only = false;
	if (role == ROLE_FORMULA)
		return text == NULL ? residue(walk, "formula", "too long")
				    : opc_check_formula(walk->scan, text);
	if (role == ROLE_RULE)
		return text == NULL ? residue(walk, "formula", "too long")
				    : opc_check_cell_formula(walk->scan, text);
	if (role != ROLE_INSTRUCTION)
		return 0;
	if (walk->depth == 0 || walk->in_result[walk->depth - 1])
		return residue(walk, "instruction", "outside of a field");
	if (text == NULL)
		return residue(walk, "instruction", "too long");
	buffer_text(&walk->instructions[walk->depth - 1], text);
	return 0;
}

int opc_residue(const struct opc_scan *scan, const char *what,
		const char *detail)
{
	return check_fail(scan->opc->check, -ERR_VERIFY_RESIDUE,
			  "%s: %s %.200s", scan->part->name, what, detail);
}

int opc_check_xml(struct opc_scan *scan)
{
	const struct opc_handlers handlers = {.start = on_start, .end = on_end};
	struct walk *walk =
	    arena_alloc(scan->opc->check->arena, sizeof(struct walk));
	int error;

	if (walk == NULL)
		return -ERR_MEMORY;
	walk->scan = scan;
	walk->foreign = scan->opc->check->policy->custom_xml != 0 &&
			strcmp(scan->part->type, "application/xml") == 0;
	opc_names_prepare();
	error = opc_parse(scan->opc, scan->part, &handlers, walk);
	if (error == 0 && walk->depth > 0)
		error = residue(walk, "field", "without an end");
	return error;
}
