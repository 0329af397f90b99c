#include "sanitizers/odf/package.h"

#include "sanitizers/odf/lock.h"
#include "sanitizers/odf/manifest.h"
#include "sanitizers/ooxml/part_list.h"
#include "sanitizers/ooxml/part_name.h"

#include "base/banned.h"

enum { DEPTH_OF_OBJECTS = 8, MEDIA_TYPE_MAX = 256 };

#define ODF "application/vnd.oasis.opendocument."

static const struct odf_type types[] = {
    {ODF "text", ODF_TEXT, "odt", ODF "text", "fodt"},
    {ODF "text-template", ODF_TEXT, "ott", ODF "text-template", "fodt"},
    /* Its parts are elsewhere: what is left is a text. */
    {ODF "text-master", ODF_TEXT, "odt", ODF "text", "fodt"},
    {ODF "text-master-template", ODF_TEXT, "ott", ODF "text-template", "fodt"},
    {ODF "text-web", ODF_TEXT, "odt", ODF "text", "fodt"},
    {ODF "spreadsheet", ODF_SHEET, "ods", ODF "spreadsheet", "fods"},
    {ODF "spreadsheet-template", ODF_SHEET, "ots", ODF "spreadsheet-template",
     "fods"},
    {ODF "presentation", ODF_SLIDE, "odp", ODF "presentation", "fodp"},
    {ODF "presentation-template", ODF_SLIDE, "otp", ODF "presentation-template",
     "fodp"},
    {ODF "graphics", ODF_DRAWING, "odg", ODF "graphics", "fodg"},
    {ODF "graphics-template", ODF_DRAWING, "otg", ODF "graphics-template",
     "fodg"},
    {ODF "chart", ODF_CHART, "odc", ODF "chart", ""},
    {ODF "formula", ODF_FORMULA, "odf", ODF "formula", ""},
};

const struct odf_type *odf_type_of(struct view media_type)
{
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (view_equal_nocase(media_type, types[i].media_type))
			return &types[i];
	return NULL;
}

static int compare_parts(const void *a, const void *b)
{
	return part_name_compare(((const struct odf_part *)a)->name,
				 ((const struct odf_part *)b)->name);
}

struct odf_part *odf_package_find(const struct odf_package *package,
				  const char *name)
{
	struct odf_part key = {.name = name};

	if (name == NULL || package->count == 0)
		return NULL;
	return bsearch(&key, package->parts, package->count, sizeof(key),
		       compare_parts);
}

static int list_parts(struct odf_package *package)
{
	struct part_entry *entries;
	size_t count;
	int error = part_list(package->job, package->zip,
			      REMOVAL_ODF_PART_UNKNOWN, &entries, &count);

	if (error < 0)
		return error;
	package->parts = arena_array(package->job->arena, count + 1,
				     sizeof(*package->parts));
	if (package->parts == NULL)
		return -ERR_MEMORY;
	for (size_t i = 0; i < count; i++)
		package->parts[i] = (struct odf_part){.name = entries[i].name,
						      .entry = entries[i].entry,
						      .type = ""};
	package->count = count;
	return 0;
}

/* "mimetype" and the manifest say the same, or one of them nothing. */
static int find_type(struct odf_package *package, const char *declared)
{
	struct odf_part *part = odf_package_find(package, "mimetype");
	const struct odf_type *other = odf_type_of(view_of_string(declared));
	struct view text = {NULL, 0};
	int error = 0;

	if (part != NULL) {
		part->reported = true;
		error = zip_reader_read(package->zip, part->entry,
					(struct view){NULL, 0}, &text);
	}
	if (error != 0)
		return error;
	while (text.size > 0 && isspace(text.data[text.size - 1]))
		text.size--;
	if (text.size == 0)
		text = view_of_string(declared);
	package->type = odf_type_of(text);
	(void)snprintf(package->job->detected, sizeof(package->job->detected),
		       "%.*s", text.size > 60 ? 60 : (int)text.size,
		       (const char *)text.data);
	if (package->type == NULL || package->type->flat[0] == '\0')
		return -ERR_TYPE_UNSUPPORTED;
	if (other != NULL && other->kind != package->type->kind)
		return -ERR_TYPE_AMBIGUOUS;
	return 0;
}

int odf_package_open(struct job *job, struct odf_package *ret_package)
{
	struct odf_document *main = NULL;
	const char *declared = "";
	int error;

	*ret_package = (struct odf_package){
	    .job = job, .version = "", .reader = xml_reader_new(job->arena)};
	if (ret_package->reader == NULL)
		return -ERR_MEMORY;
	error =
	    zip_reader_open(job, job->input, ZIP_LENIENT, &ret_package->zip);
	if (error == 0)
		error = list_parts(ret_package);
	if (error == 0)
		error = odf_manifest_read(ret_package, &declared);
	if (error == 0)
		error = find_type(ret_package, declared);
	if (error == 0)
		error = odf_lock_open(ret_package);
	if (error == 0)
		error = odf_package_document(ret_package, "", 0, &main);
	if (error == 0 && main == NULL)
		error = -ERR_MALFORMED;
	return error;
}

/* ---- documents ---- */

static const char *const xml_files[ODF_XML_FILES] = {
    "content.xml", "styles.xml", "meta.xml", "settings.xml"};

static int name_folder(struct odf_package *package,
		       struct odf_document *document)
{
	struct arena *arena = package->job->arena;
	size_t size = strlen(document->folder);
	const char *stem;
	const char *name;

	document->output_folder = "";
	if (size == 0)
		return 0;
	stem = part_name_safe(
	    arena, arena_format(arena, "%.*s", (int)size - 1, document->folder),
	    "x");
	name = stem == NULL
		   ? NULL
		   : arena_format(arena, "%.*s/", (int)strlen(stem) - 2, stem);
	for (unsigned i = 2; name != NULL; i++) {
		bool taken = false;

		for (size_t k = 0; k < package->document_count; k++)
			taken |=
			    strcasecmp(package->documents[k]->output_folder,
				       name) == 0;
		if (!taken)
			break;
		name = arena_format(arena, "%.*s-%u/", (int)strlen(stem) - 2,
				    stem, i);
	}
	document->output_folder = name;
	return name == NULL ? -ERR_MEMORY : 0;
}

static int add_document(struct odf_package *package,
			struct odf_document *document)
{
	if (package->document_count == package->document_capacity) {
		size_t capacity = package->document_capacity * 2 + 16;
		struct odf_document **grown =
		    arena_array(package->job->arena, capacity,
				sizeof(struct odf_document *));

		if (grown == NULL)
			return -ERR_MEMORY;
		for (size_t i = 0; i < package->document_count; i++)
			grown[i] = package->documents[i];
		package->documents = grown;
		package->document_capacity = capacity;
	}
	package->documents[package->document_count++] = document;
	return 0;
}

int odf_package_document(struct odf_package *package, const char *folder,
			 unsigned depth, struct odf_document **ret_document)
{
	struct arena *arena = package->job->arena;
	struct odf_document *document;
	const struct odf_type *type = package->type;
	int error;

	*ret_document = NULL;
	for (size_t i = 0; i < package->document_count; i++)
		if (strcmp(package->documents[i]->folder, folder) == 0) {
			*ret_document = package->documents[i];
			return 0;
		}
	if (depth > DEPTH_OF_OBJECTS)
		return -ERR_LIMIT_DEPTH;
	if (depth > 0)
		type = odf_type_of(
		    view_of_string(odf_manifest_folder(package, folder)));
	document = arena_alloc(arena, sizeof(*document));
	if (document == NULL)
		return -ERR_MEMORY;
	*document = (struct odf_document){
	    .folder = folder, .type = type, .depth = depth};
	for (size_t i = 0; i < ODF_XML_FILES; i++)
		document->files[i] = odf_package_find(
		    package, arena_format(arena, "%s%s", folder, xml_files[i]));
	if (type == NULL || document->files[0] == NULL ||
	    document->files[0]->used)
		return 0;
	error = name_folder(package, document);
	if (error == 0)
		error = add_document(package, document);
	if (error != 0)
		return error;
	for (size_t i = 0; i < ODF_XML_FILES; i++)
		if (document->files[i] != NULL)
			document->files[i]->output_name =
			    arena_format(arena, "%s%s", document->output_folder,
					 xml_files[i]);
	*ret_document = document;
	return 0;
}

const char *odf_package_resolve(const struct odf_package *package,
				const struct odf_document *document,
				struct view reference)
{
	struct arena *arena = package->job->arena;
	const char *source = arena_format(arena, "%sx", document->folder);
	const char *text = arena_string(arena, reference);

	if (source == NULL || text == NULL || text[0] == '#' ||
	    text[0] == '/' || strlen(text) != reference.size)
		return NULL;
	/* A scheme. */
	for (const char *at = text; *at != '\0' && *at != '/'; at++)
		if (*at == ':')
			return NULL;
	return part_name_resolve(arena, source, text);
}

/* ---- what goes ---- */

int odf_part_remove(struct odf_package *package, struct odf_part *part,
		    enum removal_kind kind, const char *detail)
{
	BUFFER_CLEANUP struct buffer unpacked = buffer_make(0);
	struct view content = {NULL, 0};
	int error;

	if (part->reported)
		return 0;
	part->reported = true;
	error = odf_part_read(package, part, &unpacked, &content);
	if (error != 0)
		return error;
	job_remove(package->job, kind, part->name, content, "%s", detail);
	return 0;
}

/* What a file was, by its name and media type. */
static enum removal_kind kind_of_rest(const struct odf_part *part)
{
	static const struct {
		const char *begins;
		enum removal_kind kind;
	} names[] = {
	    {"Basic/", REMOVAL_ODF_MACRO},
	    {"Scripts/", REMOVAL_ODF_MACRO},
	    {"Dialogs/", REMOVAL_ODF_DIALOG},
	    {"Configurations", REMOVAL_ODF_CONFIGURATION},
	    {"Thumbnails/", REMOVAL_ODF_THUMBNAIL},
	    {"META-INF/", REMOVAL_ODF_SIGNATURE},
	    {"Versions/", REMOVAL_ODF_VERSION},
	    {"VersionList.xml", REMOVAL_ODF_VERSION},
	    {"Media/", REMOVAL_ODF_MEDIA},
	    {"Fonts/", REMOVAL_ODF_EMBEDDED_FONT},
	    {"manifest.rdf", REMOVAL_ODF_METADATA},
	    {"layout-cache", REMOVAL_ODF_LAYOUT_CACHE},
	    {"Pictures/", REMOVAL_ODF_PART_UNREFERENCED},
	    {"ObjectReplacements/", REMOVAL_ODF_PART_UNREFERENCED},
	    {"Object", REMOVAL_ODF_EMBEDDED_DOCUMENT},
	    {"database/", REMOVAL_ODF_DATABASE},
	};

	if (part_name_contains(part->type, "oleobject") ||
	    part_name_contains(part->type, "sun-ole"))
		return REMOVAL_ODF_OLE_OBJECT;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strncasecmp(part->name, names[i].begins,
				strlen(names[i].begins)) == 0)
			return names[i].kind;
	return REMOVAL_ODF_PART_UNKNOWN;
}

int odf_package_report_rest(struct odf_package *package)
{
	for (size_t i = 0; i < package->count; i++) {
		struct odf_part *part = &package->parts[i];
		int error;

		if (part->used)
			continue;
		/* A picture that came through and that nothing shows. */
		if (part->passes)
			part->reported = false;
		error = odf_part_remove(package, part, kind_of_rest(part),
					part->type);
		if (error != 0)
			return error;
	}
	return 0;
}
