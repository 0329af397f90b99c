#include "gateway/verifier/odf.h"

#include "gateway/verifier/ooxml_names.h"
#include "gateway/verifier/picture.h"

#include <libxml/parser.h>

#include "base/banned.h"

#define ODF "application/vnd.oasis.opendocument."

static const struct {
	const char *format;
	const char *extension;
	const char *type;
	bool flat;
} types[] = {
    {"odt", "odt", ODF "text", false},
    {"odt", "ott", ODF "text-template", false},
    {"odt", "fodt", ODF "text", true},
    {"odt", "fodt", ODF "text-template", true},
    {"odt", "fodt", ODF "text-master", true},
    {"odt", "fodt", ODF "text-web", true},
    {"ods", "ods", ODF "spreadsheet", false},
    {"ods", "ots", ODF "spreadsheet-template", false},
    {"ods", "fods", ODF "spreadsheet", true},
    {"ods", "fods", ODF "spreadsheet-template", true},
    {"odp", "odp", ODF "presentation", false},
    {"odp", "otp", ODF "presentation-template", false},
    {"odp", "fodp", ODF "presentation", true},
    {"odp", "fodp", ODF "presentation-template", true},
    {"odg", "odg", ODF "graphics", false},
    {"odg", "otg", ODF "graphics-template", false},
    {"odg", "fodg", ODF "graphics", true},
    {"odg", "fodg", ODF "graphics-template", true},
};

static int residue(struct opc *opc, const char *where, const char *what)
{
	return check_fail(opc->check, -ERR_VERIFY_RESIDUE, "%s: %s", where,
			  what);
}

static bool is_type(const struct check *check, const char *type, bool flat)
{
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (types[i].flat == flat && strcmp(types[i].type, type) == 0 &&
		    strcmp(types[i].format, check->format) == 0 &&
		    strcmp(types[i].extension, check->extension) == 0)
			return true;
	return false;
}

bool odf_may_embed(const struct policy *policy, const char *media_type)
{
	if (strcmp(media_type, ODF "chart") == 0 ||
	    strcmp(media_type, ODF "formula") == 0)
		return true;
	if (policy->embedded != EMBEDDED_SANITIZE)
		return false;
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (strcmp(types[i].type, media_type) == 0)
			return true;
	return false;
}

/* ---- the manifest ---- */

struct manifest {
	struct opc *opc;
	const char **folders; /* of embedded documents, with their slashes */
	size_t folder_count;
	bool whole; /* the package itself was named */
};

static int on_folder(struct manifest *manifest, const char *path,
		     const char *type)
{
	struct opc *opc = manifest->opc;

	if (strcmp(path, "/") == 0) {
		manifest->whole = true;
		return is_type(opc->check, type, false)
			   ? 0
			   : check_fail(opc->check, -ERR_VERIFY_TYPE,
					"manifest: %s", type);
	}
	if (!odf_may_embed(opc->check->policy, type))
		return residue(opc, path, type);
	if (manifest->folder_count == OPC_PARTS_MAX)
		return residue(opc, path, "too many documents");
	manifest->folders[manifest->folder_count++] = path;
	return 0;
}

static int on_entry(void *context, const struct opc_element *element)
{
	struct manifest *manifest = context;
	struct opc *opc = manifest->opc;
	const char *path = opc_attribute(opc, element, NULL, "full-path");
	const char *type = opc_attribute(opc, element, NULL, "media-type");
	struct opc_part *part;
	size_t size;

	if (strstr(element->uri, "opendocument:xmlns:manifest") == NULL)
		return residue(opc, "manifest", element->name);
	if (element->depth == 0)
		return strcmp(element->name, "manifest") == 0
			   ? 0
			   : residue(opc, "manifest", element->name);
	/* Keys, algorithms and all the rest of encryption. */
	if (strcmp(element->name, "file-entry") != 0 || path == NULL ||
	    type == NULL)
		return residue(opc, "manifest", element->name);
	size = strlen(path);
	if (size > 0 && path[size - 1] == '/')
		return on_folder(manifest, path, type);
	part = opc_find(opc, path);
	if (part == NULL || part->type[0] != '\0')
		return residue(opc, "manifest", path);
	part->type = type;
	return 0;
}

static int read_manifest(struct opc *opc, struct manifest *ret_manifest)
{
	const struct opc_handlers handlers = {.start = on_entry};
	struct opc_part *part = opc_find(opc, "META-INF/manifest.xml");
	int error;

	*ret_manifest = (struct manifest){.opc = opc};
	if (part == NULL)
		return check_fail(opc->check, -ERR_VERIFY_TYPE, "no manifest");
	ret_manifest->folders = arena_array(opc->check->arena, OPC_PARTS_MAX,
					    sizeof(*ret_manifest->folders));
	if (ret_manifest->folders == NULL)
		return -ERR_MEMORY;
	error = opc_parse(opc, part, &handlers, ret_manifest);
	part->type = "text/xml";
	part->reached = true;
	if (error == 0 && !ret_manifest->whole)
		error = check_fail(opc->check, -ERR_VERIFY_TYPE,
				   "manifest: no type");
	return error;
}

/* "mimetype" is the first entry, stored, without an extra field (ODF 1.3 part
 * 2, 3.3). */
static int check_mimetype(struct opc *opc)
{
	struct cursor entry = cursor_at(opc->check->output, 8);
	struct opc_part *part = opc->count == 0 ? NULL : &opc->parts[0];
	const char *type;

	if (part == NULL || strcmp(part->name, "mimetype") != 0 ||
	    cursor_u16le(&entry) != 0)
		return check_fail(opc->check, -ERR_VERIFY_TYPE,
				  "mimetype is not first and stored");
	type = arena_string(opc->check->arena, part->content);
	if (type == NULL)
		return -ERR_MEMORY;
	part->type = "text/plain";
	part->reached = true;
	return is_type(opc->check, type, false)
		   ? 0
		   : check_fail(opc->check, -ERR_VERIFY_TYPE, "%s is no %s",
				type, opc->check->extension);
}

/* ---- the files ---- */

/* The longest folder of a document that the file lies in. */
static const char *folder_of(const struct manifest *manifest, const char *name)
{
	const char *folder = "";

	for (size_t i = 0; i < manifest->folder_count; i++) {
		size_t size = strlen(manifest->folders[i]);

		if (strncmp(manifest->folders[i], name, size) == 0 &&
		    size > strlen(folder))
			folder = manifest->folders[i];
	}
	return folder;
}

static bool is_xml_file(const char *name)
{
	static const char *const names[] = {"content.xml", "styles.xml",
					    "meta.xml", "settings.xml"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(name, names[i]) == 0)
			return true;
	return false;
}

static int check_part(struct opc *opc, const struct manifest *manifest,
		      struct opc_part *part)
{
	static const char cfb[] = "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1";
	struct odf_scan scan = {.opc = opc, .part = part};
	const char *rest;

	if (part == &opc->parts[0] ||
	    strcmp(part->name, "META-INF/manifest.xml") == 0)
		return 0;
	if (part->type[0] == '\0')
		return residue(opc, part->name, "not in the manifest");
	if (view_find(part->content, view_of_string(cfb), 0) != SIZE_MAX)
		return residue(opc, part->name, "compound file");
	scan.folder = folder_of(manifest, part->name);
	rest = part->name + strlen(scan.folder);
	if (is_xml_file(rest)) {
		if (strcmp(part->type, "text/xml") != 0)
			return residue(opc, part->name, part->type);
		if (scan.folder[0] == '\0')
			part->reached = true;
		return odf_check_xml(&scan);
	}
	if (strncmp(rest, "Pictures/", 9) != 0 ||
	    strchr(rest + 9, '/') != NULL ||
	    strncmp(part->type, "image/", 6) != 0)
		return residue(opc, part->name, part->type);
	return picture_verify_part(opc->check, part->name, part->content);
}

/* Each folder is one that an object refers to: odf_check_xml() marked its
 * content. */
static int check_reached(struct opc *opc, const struct manifest *manifest)
{
	for (size_t i = 0; i < opc->count; i++) {
		const struct opc_part *part = &opc->parts[i];
		const char *folder = folder_of(manifest, part->name);
		const struct opc_part *content;

		if (part->reached)
			continue;
		content =
		    is_xml_file(part->name + strlen(folder))
			? opc_find(opc, arena_format(opc->check->arena,
						     "%scontent.xml", folder))
			: NULL;
		if (content == NULL || !content->reached)
			return residue(opc, part->name, "nothing refers to it");
	}
	return opc_find(opc, "content.xml") != NULL
		   ? 0
		   : check_fail(opc->check, -ERR_VERIFY_TYPE, "no content");
}

static int verify_package(struct opc *opc)
{
	struct manifest manifest;
	int error = opc_read(opc);

	if (error == 0)
		error = check_mimetype(opc);
	if (error == 0)
		error = read_manifest(opc, &manifest);
	for (size_t i = 0; error == 0 && i < opc->count; i++)
		error = check_part(opc, &manifest, &opc->parts[i]);
	if (error == 0)
		error = check_reached(opc, &manifest);
	opc_release(opc);
	return error;
}

/* ---- flat ---- */

static int on_root(void *context, const struct opc_element *element)
{
	struct opc *opc = context;
	const char *type;

	if (element->depth > 0)
		return 0;
	type = opc_attribute(opc, element, "xmlns:office", "mimetype");
	if (strcmp(element->name, "document") != 0 || type == NULL ||
	    !is_type(opc->check, type, true))
		return check_fail(opc->check, -ERR_VERIFY_TYPE, "no %s",
				  opc->check->extension);
	return 0;
}

static int verify_flat(struct opc *opc)
{
	const struct opc_handlers handlers = {.start = on_root};
	struct opc_part part = {.name = "document",
				.content = opc->check->output,
				.type = "text/xml"};
	struct odf_scan scan = {
	    .opc = opc, .part = &part, .folder = "", .flat = true};
	int error = opc_parse(opc, &part, &handlers, opc);

	return error != 0 ? error : odf_check_xml(&scan);
}

static int verify_odf(struct check *check)
{
	struct opc opc = {.check = check};

	return check->extension[0] == 'f' ? verify_flat(&opc)
					  : verify_package(&opc);
}

static int prepare_odf(void)
{
	xmlInitParser();
	opc_names_prepare();
	odf_lists_prepare();
	return 0;
}

const struct verifier verifier_odf = {
    .family = "odf",
    .verify = verify_odf,
    .prepare = prepare_odf,
};
