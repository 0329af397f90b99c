#include "sanitizers/ooxml/package.h"

#include "sanitizers/ooxml/part_list.h"
#include "sanitizers/ooxml/part_name.h"

#include "base/banned.h"

enum { DEFAULTS_MAX = 512, RELATIONS_MAX = 100000 };

static const char types_namespace[] =
    "http://schemas.openxmlformats.org/package/2006/content-types";
static const char relations_namespace[] =
    "http://schemas.openxmlformats.org/package/2006/relationships";

#define WORD "application/vnd.openxmlformats-officedocument.wordprocessingml."
#define SHEET "application/vnd.openxmlformats-officedocument.spreadsheetml."
#define SLIDE "application/vnd.openxmlformats-officedocument.presentationml."
#define MS "application/vnd.ms-"
#define VISIO(kind) MS "visio." kind ".main+xml"

static const struct main_type main_types[] = {
    {WORD "document.main+xml", "docx", WORD "document.main+xml", DOCUMENT_WORD,
     false, false},
    {MS "word.document.macroEnabled.main+xml", "docx", WORD "document.main+xml",
     DOCUMENT_WORD, true, false},
    {WORD "template.main+xml", "dotx", WORD "template.main+xml", DOCUMENT_WORD,
     false, false},
    {MS "word.template.macroEnabledTemplate.main+xml", "dotx",
     WORD "template.main+xml", DOCUMENT_WORD, true, false},
    {MS "word.template.macroEnabled.main+xml", "dotx", WORD "template.main+xml",
     DOCUMENT_WORD, true, false},
    {SHEET "sheet.main+xml", "xlsx", SHEET "sheet.main+xml", DOCUMENT_SHEET,
     false, false},
    {MS "excel.sheet.macroEnabled.main+xml", "xlsx", SHEET "sheet.main+xml",
     DOCUMENT_SHEET, true, false},
    {SHEET "template.main+xml", "xltx", SHEET "template.main+xml",
     DOCUMENT_SHEET, false, false},
    {MS "excel.template.macroEnabled.main+xml", "xltx",
     SHEET "template.main+xml", DOCUMENT_SHEET, true, false},
    {MS "excel.sheet.binary.macroEnabled.main", "xlsb",
     MS "excel.sheet.binary.macroEnabled.main", DOCUMENT_BINARY_SHEET, false,
     false},
    {MS "excel.addin.macroEnabled.main+xml", "xlam", "", DOCUMENT_SHEET, true,
     true},
    {SLIDE "presentation.main+xml", "pptx", SLIDE "presentation.main+xml",
     DOCUMENT_SLIDE, false, false},
    {MS "powerpoint.presentation.macroEnabled.main+xml", "pptx",
     SLIDE "presentation.main+xml", DOCUMENT_SLIDE, true, false},
    {SLIDE "template.main+xml", "potx", SLIDE "template.main+xml",
     DOCUMENT_SLIDE, false, false},
    {MS "powerpoint.template.macroEnabled.main+xml", "potx",
     SLIDE "template.main+xml", DOCUMENT_SLIDE, true, false},
    {SLIDE "slideshow.main+xml", "ppsx", SLIDE "slideshow.main+xml",
     DOCUMENT_SLIDE, false, false},
    {MS "powerpoint.slideshow.macroEnabled.main+xml", "ppsx",
     SLIDE "slideshow.main+xml", DOCUMENT_SLIDE, true, false},
    {MS "powerpoint.addin.macroEnabled.main+xml", "ppam", "", DOCUMENT_SLIDE,
     true, true},
    {VISIO("drawing"), "vsdx", VISIO("drawing"), DOCUMENT_DRAWING, false,
     false},
    {VISIO("drawing.macroEnabled"), "vsdx", VISIO("drawing"), DOCUMENT_DRAWING,
     true, false},
    {VISIO("stencil"), "vssx", VISIO("stencil"), DOCUMENT_DRAWING, false,
     false},
    {VISIO("stencil.macroEnabled"), "vssx", VISIO("stencil"), DOCUMENT_DRAWING,
     true, false},
    {VISIO("template"), "vstx", VISIO("template"), DOCUMENT_DRAWING, false,
     false},
    {VISIO("template.macroEnabled"), "vstx", VISIO("template"),
     DOCUMENT_DRAWING, true, false},
};

const struct main_type *main_type_of(const char *content_type)
{
	for (size_t i = 0; i < sizeof(main_types) / sizeof(main_types[0]); i++)
		if (strcasecmp(main_types[i].content_type, content_type) == 0)
			return &main_types[i];
	return NULL;
}

bool relation_is_main(const char *type, const char *segment)
{
	static const char visio[] =
	    "http://schemas.microsoft.com/visio/2010/relationships/document";

	return strcmp(segment, "officedocument") == 0 ||
	       strcasecmp(type, visio) == 0;
}

static int compare_parts(const void *a, const void *b)
{
	return part_name_compare(((const struct part *)a)->name,
				 ((const struct part *)b)->name);
}

struct part *package_find(const struct package *package, const char *name)
{
	struct part key = {.name = name};

	if (name == NULL || package->count == 0)
		return NULL;
	return bsearch(&key, package->parts, package->count, sizeof(key),
		       compare_parts);
}

static int list_parts(struct package *package)
{
	struct part_entry *entries;
	size_t count;
	int error = part_list(package->job, package->zip,
			      REMOVAL_OOXML_PART_UNKNOWN, &entries, &count);

	if (error < 0)
		return error;
	package->parts = arena_array(package->job->arena, count + 1,
				     sizeof(*package->parts));
	if (package->parts == NULL)
		return -ERR_MEMORY;
	for (size_t i = 0; i < count; i++)
		package->parts[i] = (struct part){.name = entries[i].name,
						  .entry = entries[i].entry,
						  .declared = ""};
	package->count = count;
	return 0;
}

struct types {
	struct package *package;
	struct {
		const char *extension;
		const char *type;
	} defaults[DEFAULTS_MAX];
	size_t count;
};

static int read_type(void *context, const struct scan_element *element)
{
	struct types *types = context;
	struct arena *arena = types->package->job->arena;
	const char *type = scan_attribute(arena, element, "ContentType");
	const char *key;
	struct part *part;

	if (element->depth != 1 || strcmp(element->uri, types_namespace) != 0 ||
	    type == NULL)
		return 0;
	if (strcmp(element->name, "Default") == 0) {
		key = scan_attribute(arena, element, "Extension");
		if (key == NULL || types->count == DEFAULTS_MAX)
			return 0;
		types->defaults[types->count].extension = key;
		types->defaults[types->count++].type = type;
		return 0;
	}
	key = scan_attribute(arena, element, "PartName");
	if (strcmp(element->name, "Override") != 0 || key == NULL)
		return 0;
	part = package_find(types->package, part_name_resolve(arena, "", key));
	if (part == NULL)
		return 0;
	/* Two readers could take different ones. */
	if (part->declared[0] != '\0' && strcasecmp(part->declared, type) != 0)
		return -ERR_TYPE_AMBIGUOUS;
	part->declared = type;
	return 0;
}

static const char *default_type(const struct types *types, const char *name)
{
	const char *dot = strrchr(name, '.');

	for (size_t i = 0; dot != NULL && i < types->count; i++)
		if (strcasecmp(types->defaults[i].extension, dot + 1) == 0)
			return types->defaults[i].type;
	return "";
}

static int read_types(struct package *package)
{
	struct types *types =
	    arena_alloc(package->job->arena, sizeof(struct types));
	struct part *part = package_find(package, "[Content_Types].xml");
	struct view content;
	int error;

	if (types == NULL)
		return -ERR_MEMORY;
	if (part == NULL)
		return -ERR_MALFORMED;
	types->package = package;
	part->reported = true;
	error = zip_reader_read(package->zip, part->entry,
				(struct view){NULL, 0}, &content);
	if (error == 0)
		error = part_scan(package->reader, content, read_type, types);
	if (error != 0)
		return error;
	for (size_t i = 0; i < package->count; i++)
		if (package->parts[i].declared[0] == '\0')
			package->parts[i].declared =
			    default_type(types, package->parts[i].name);
	return 0;
}

struct relation_scan {
	struct package *package;
	struct relations *relations;
	size_t capacity;
};

static struct relation *add_relation(struct relation_scan *scan)
{
	struct relations *relations = scan->relations;

	if (relations->count == RELATIONS_MAX)
		return NULL;
	if (relations->count == scan->capacity) {
		size_t capacity = scan->capacity == 0 ? 16 : scan->capacity * 2;
		struct relation *items = arena_array(scan->package->job->arena,
						     capacity, sizeof(*items));

		if (items == NULL)
			return NULL;
		for (size_t i = 0; i < relations->count; i++)
			items[i] = relations->items[i];
		relations->items = items;
		scan->capacity = capacity;
	}
	return &relations->items[relations->count++];
}

static int read_relation(void *context, const struct scan_element *element)
{
	struct relation_scan *scan = context;
	struct arena *arena = scan->package->job->arena;
	const char *mode = scan_attribute(arena, element, "TargetMode");
	struct relation *relation;

	if (element->depth != 1 ||
	    strcmp(element->uri, relations_namespace) != 0 ||
	    strcmp(element->name, "Relationship") != 0)
		return 0;
	relation = add_relation(scan);
	if (relation == NULL)
		return -ERR_MEMORY;
	*relation = (struct relation){
	    .id = scan_attribute(arena, element, "Id"),
	    .type = scan_attribute(arena, element, "Type"),
	    .target = scan_attribute(arena, element, "Target"),
	    .external = mode != NULL && strcasecmp(mode, "External") == 0,
	};
	if (relation->id == NULL || relation->type == NULL ||
	    relation->target == NULL) {
		scan->relations->count--;
		return 0;
	}
	relation->segment = part_name_tail(arena, relation->type, '/');
	return relation->segment == NULL ? -ERR_MEMORY : 0;
}

static int compare_ids(const void *a, const void *b)
{
	return strcmp((*(struct relation *const *)a)->id,
		      (*(struct relation *const *)b)->id);
}

/* Readers differ in which of two with the same id they take. */
static int index_relations(struct package *package, struct relations *relations)
{
	relations->by_id =
	    arena_array(package->job->arena, relations->count + 1,
			sizeof(struct relation *));
	if (relations->by_id == NULL)
		return -ERR_MEMORY;
	for (size_t i = 0; i < relations->count; i++)
		relations->by_id[i] = &relations->items[i];
	if (relations->count > 1)
		qsort(relations->by_id, relations->count,
		      sizeof(struct relation *), compare_ids);
	for (size_t i = 1; i < relations->count; i++)
		if (compare_ids(&relations->by_id[i - 1],
				&relations->by_id[i]) == 0)
			return -ERR_MALFORMED;
	return 0;
}

int package_relations(struct package *package, const char *source,
		      struct relations *ret_relations)
{
	struct arena *arena = package->job->arena;
	const char *name = part_name_relations(arena, source);
	struct part *part = package_find(package, name);
	struct relation_scan scan = {package, ret_relations, 0};
	struct view content;
	int error;

	*ret_relations = (struct relations){0};
	if (name == NULL)
		return -ERR_MEMORY;
	if (part == NULL)
		return 0;
	part->reported = true;
	part->state = PART_DONE;
	error = zip_reader_read(package->zip, part->entry,
				(struct view){NULL, 0}, &content);
	if (error == 0 && content.size > 0)
		error =
		    part_scan(package->reader, content, read_relation, &scan);
	return error != 0 ? error : index_relations(package, ret_relations);
}

struct relation *relation_find(const struct relations *relations,
			       struct view id)
{
	size_t low = 0;
	size_t high = relations->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		struct relation *relation = relations->by_id[middle];
		size_t size = strlen(relation->id);
		size_t common = size < id.size ? size : id.size;
		int order = memcmp(relation->id, id.data, common);

		if (order == 0)
			order = (size > id.size) - (size < id.size);
		if (order == 0)
			return relation;
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

static int find_main(struct package *package)
{
	struct job *job = package->job;
	bool declared = package->relations.count == 0;

	for (size_t i = 0; i < package->relations.count; i++) {
		struct relation *relation = &package->relations.items[i];
		struct part *part;

		if (!relation_is_main(relation->type, relation->segment) ||
		    relation->external)
			continue;
		declared = true;
		part =
		    package_find(package, part_name_resolve(job->arena, "",
							    relation->target));
		if (part == NULL)
			continue;
		if (package->main != NULL && package->main != part)
			return -ERR_TYPE_AMBIGUOUS;
		package->main = part;
		package->strict =
		    strncmp(relation->type, "http://purl.oclc.org/", 21) == 0;
	}
	if (package->main == NULL)
		return declared ? -ERR_MALFORMED : -ERR_TYPE_UNSUPPORTED;
	package->type = main_type_of(package->main->declared);
	if (package->type == NULL) {
		(void)snprintf(job->detected, sizeof(job->detected), "%s",
			       package->main->declared);
		return -ERR_TYPE_UNSUPPORTED;
	}
	return package->type->refused ? -ERR_TYPE_FORBIDDEN : 0;
}

int package_open(struct job *job, struct package *ret_package)
{
	int error;

	*ret_package =
	    (struct package){.job = job, .reader = xml_reader_new(job->arena)};
	if (ret_package->reader == NULL)
		return -ERR_MEMORY;
	error =
	    zip_reader_open(job, job->input, ZIP_LENIENT, &ret_package->zip);
	if (error == 0)
		error = list_parts(ret_package);
	if (error == 0)
		error = read_types(ret_package);
	if (error == 0)
		error =
		    package_relations(ret_package, "", &ret_package->relations);
	if (error == 0)
		error = find_main(ret_package);
	return error;
}
