#include "sanitizers/ooxml/rebuild.h"

#include "sanitizers/ooxml/part_name.h"
#include "sanitizers/xlsb/xlsb.h"

#include "base/banned.h"

static const char blank_sheet[] =
    "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\r\n"
    "<worksheet xmlns=\"%s\"><sheetData/></worksheet>";
static const char blank_vml[] =
    "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\r\n"
    "<xml xmlns:v=\"urn:schemas-microsoft-com:vml\"/>";

bool relation_stays(const struct relation *relation)
{
	if (relation->decision == DECISION_DROP ||
	    (relation->explicit && !relation->used))
		return false;
	return relation->part == NULL || relation->part->state != PART_GONE;
}

static int enqueue(struct rebuilt *rebuilt, struct part *part)
{
	if (part->state != PART_UNSEEN)
		return 0;
	if (rebuilt->count == rebuilt->capacity) {
		size_t capacity =
		    rebuilt->capacity == 0 ? 64 : rebuilt->capacity * 2;
		struct part **parts =
		    arena_array(rebuilt->package.job->arena, capacity,
				sizeof(struct part *));

		if (parts == NULL)
			return -ERR_MEMORY;
		for (size_t i = 0; i < rebuilt->count; i++)
			parts[i] = rebuilt->parts[i];
		rebuilt->parts = parts;
		rebuilt->capacity = capacity;
	}
	part->state = PART_QUEUED;
	rebuilt->parts[rebuilt->count++] = part;
	return 0;
}

/* An empty sheet, of the kind that the package has. */
static int blank_content(const struct package *package, struct part *part)
{
	char *content;

	if (package->type->document == DOCUMENT_BINARY_SHEET) {
		part->name = "xl/worksheets/empty.bin";
		part->output_type = "application/vnd.ms-excel.worksheet";
		part->output = view_of(xlsb_blank_sheet, xlsb_blank_sheet_size);
		part->binary = true;
		return 0;
	}
	content = arena_format(
	    package->job->arena, blank_sheet,
	    package->strict
		? "http://purl.oclc.org/ooxml/spreadsheetml/main"
		: "http://schemas.openxmlformats.org/spreadsheetml/2006/main");
	if (content == NULL)
		return -ERR_MEMORY;
	part->name = "xl/worksheets/empty.xml";
	part->output_type = "application/vnd.openxmlformats-officedocument."
			    "spreadsheetml.worksheet+xml";
	part->output = view_of_string(content);
	return 0;
}

/* A part not of the input: an empty sheet for one that goes. */
static int blank_part(struct rebuilt *rebuilt, struct relation *relation)
{
	struct package *package = &rebuilt->package;
	struct arena *arena = package->job->arena;
	struct part *part = arena_alloc(arena, sizeof(*part));
	int error;

	if (part == NULL)
		return -ERR_MEMORY;
	*part = (struct part){
	    .decision = DECISION_PART,
	    .segment = "worksheet",
	};
	error = blank_content(package, part);
	if (error != 0)
		return error;
	relation->part = part;
	relation->explicit = true;
	/* The calculation chain knows the cells of the sheet that went. */
	rebuilt->document.formulas_dropped = true;
	relation->type =
	    package->strict
		? "http://purl.oclc.org/ooxml/officeDocument/relationships/"
		  "worksheet"
		: "http://schemas.openxmlformats.org/officeDocument/2006/"
		  "relationships/worksheet";
	return 0;
}

static int embedded_documents(struct rebuilt *rebuilt, struct part *part)
{
	for (size_t i = 0; i < part->relations.count; i++) {
		struct relation *relation = &part->relations.items[i];
		bool kept;
		int error;

		if (relation->decision == DECISION_BLANK) {
			error = blank_part(rebuilt, relation);
			if (error != 0)
				return error;
			continue;
		}
		if (relation->decision != DECISION_DOCUMENT ||
		    relation->part->state != PART_UNSEEN)
			continue;
		error = rebuilt->package.text
			    ? 0
			    : embedded_finish(rebuilt, relation->part, &kept);
		if (error != 0)
			return error;
		if (rebuilt->package.text || !kept)
			relation->decision = DECISION_DROP;
	}
	return 0;
}

/* Small parts without which a document is whole. */
static bool is_dispensable(const struct part *part)
{
	static const char *const segments[] = {
	    "core-properties",
	    "extended-properties",
	    "extendedproperties",
	    "custom-properties",
	    "customproperties",
	    "customxml",
	    "customxmlprops",
	    "calcchain",
	    "theme",
	    "websettings",
	    "fonttable",
	    "styleswitheffects",
	    "people",
	    "chartstyle",
	    "chartcolorstyle",
	    "revisioninfo",
	    "classificationlabels",
	    "namedsheetview",
	    "windows",
	    "validation",
	};

	for (size_t i = 0; i < sizeof(segments) / sizeof(segments[0]); i++)
		if (strcmp(part->segment, segments[i]) == 0)
			return true;
	return false;
}

static int filter_content(struct rebuilt *rebuilt, struct part *part)
{
	int error = part->binary ? xlsb_filter_part(&rebuilt->document, part)
				 : filter_part(&rebuilt->document, part);

	if (error != -ERR_MALFORMED)
		return error;
	if (strcmp(part->segment, "vmldrawing") == 0) {
		/* Excel itself writes unclosed HTML there. */
		part->output = view_of_string(blank_vml);
		part->relations.count = 0;
	} else if (is_dispensable(part)) {
		part->output = (struct view){NULL, 0};
		part->state = PART_GONE;
	} else {
		return error;
	}
	return part_remove(&rebuilt->package, part,
			   part->mashup ? REMOVAL_OOXML_DATA_MASHUP
					: REMOVAL_OOXML_PART_BROKEN,
			   part->segment);
}

static int follow(struct rebuilt *rebuilt, struct relations *relations)
{
	for (size_t i = 0; i < relations->count; i++) {
		struct relation *relation = &relations->items[i];
		int error;

		if (!relation_stays(relation) || relation->part == NULL ||
		    strcmp(relation->segment, "calcchain") == 0)
			continue;
		if (rebuilt->package.text &&
		    relation->decision == DECISION_PICTURE)
			continue;
		error = enqueue(rebuilt, relation->part);
		if (error != 0)
			return error;
	}
	return 0;
}

/* Visio's XML says of which kind a picture is: it must be known before. */
static int pictures_first(struct rebuilt *rebuilt, struct relations *relations)
{
	for (size_t i = 0; i < relations->count; i++) {
		struct relation *relation = &relations->items[i];
		int error;

		if (relation->decision != DECISION_PICTURE ||
		    relation->part->state != PART_UNSEEN ||
		    relation->part->output_type != NULL ||
		    rebuilt->package.text)
			continue;
		error = picture_begin(rebuilt, relation->part);
		if (error == 0)
			error = picture_finish(rebuilt, relation->part);
		if (error != 0)
			return error;
		/* The XML may turn out not to show it. */
		relation->part->reported = false;
	}
	return 0;
}

/* A name is given when the part is one of the output. */
static int process_picture(struct rebuilt *rebuilt, struct part *part)
{
	const char *name = part->output_name;

	if (name == NULL)
		return picture_begin(rebuilt, part);
	part->output_name = NULL;
	return output_name(rebuilt, part, strrchr(name, '.') + 1);
}

static const char *extension_of(const struct part *part)
{
	if (part->binary)
		return "bin";
	return strcmp(part->segment, "vmldrawing") == 0 ? "vml" : "xml";
}

static int process_part(struct rebuilt *rebuilt, struct part *part)
{
	struct package *package = &rebuilt->package;
	int error = output_name(rebuilt, part, extension_of(part));

	if (error != 0 || part->output.data != NULL)
		return error;
	error = package_relations(package, part->name, &part->relations);
	if (error == 0)
		error = relations_decide(package, part->name, &part->relations);
	if (error == 0)
		error = embedded_documents(rebuilt, part);
	if (error == 0 && package->type->document == DOCUMENT_DRAWING)
		error = pictures_first(rebuilt, &part->relations);
	if (error == 0)
		error = filter_content(rebuilt, part);
	if (error == 0)
		error = follow(rebuilt, &part->relations);
	return error;
}

static int process(struct rebuilt *rebuilt, struct part *part)
{
	part->state = PART_DONE;
	part->reported = true;
	switch (part->decision) {
	case DECISION_PART:
		/* It may yet turn out broken, and be reported. */
		part->reported = false;
		return process_part(rebuilt, part);
	case DECISION_PICTURE:
		return process_picture(rebuilt, part);
	case DECISION_DOCUMENT:
		return 0;
	case DECISION_DROP:
	case DECISION_LINK:
	case DECISION_BLANK:
		break;
	}
	return -ERR_INTERNAL;
}

static int walk(struct rebuilt *rebuilt, size_t from)
{
	for (size_t i = from; i < rebuilt->count; i++) {
		int error = process(rebuilt, rebuilt->parts[i]);

		if (error != 0)
			return error;
	}
	return 0;
}

/* The chain names the cells that have formulas: it must not name one that has
 * none any more. Read when all sheets have been. */
static int calculation_chain(struct rebuilt *rebuilt)
{
	struct package *package = &rebuilt->package;
	struct relations *relations = &package->main->relations;

	for (size_t i = 0; i < relations->count; i++) {
		struct relation *relation = &relations->items[i];
		size_t from = rebuilt->count;
		int error;

		if (strcmp(relation->segment, "calcchain") != 0 ||
		    !relation_stays(relation))
			continue;
		if (rebuilt->document.formulas_dropped) {
			relation->part->state = PART_GONE;
			error =
			    part_remove(package, relation->part,
					REMOVAL_OOXML_CALC_CHAIN, "calcChain");
		} else {
			error = enqueue(rebuilt, relation->part);
			if (error == 0)
				error = walk(rebuilt, from);
		}
		if (error != 0)
			return error;
	}
	return 0;
}

/* What an unreferenced part was, by its name and declared type. */
static enum removal_kind kind_of_unreferenced(const struct part *part)
{
	static const struct {
		const char *word;
		enum removal_kind kind;
	} words[] = {
	    {"vbaproject", REMOVAL_OOXML_VBA_PROJECT},
	    {"vbadata", REMOVAL_OOXML_VBA_PROJECT},
	    {"macrosheet", REMOVAL_OOXML_MACRO_SHEET},
	    {"activex", REMOVAL_OOXML_CONTROL},
	    {"ctrlprop", REMOVAL_OOXML_CONTROL},
	    {"oleobject", REMOVAL_OOXML_OLE_OBJECT},
	    {"embeddings/", REMOVAL_OOXML_EMBEDDED_DOCUMENT},
	    {"externallink", REMOVAL_OOXML_EXTERNAL_WORKBOOK},
	    {"printersettings", REMOVAL_OOXML_PRINTER_SETTINGS},
	    {"customxml", REMOVAL_OOXML_CUSTOM_XML},
	    {"webextension", REMOVAL_OOXML_WEB_EXTENSION},
	    {"xmlsignature", REMOVAL_OOXML_SIGNATURE},
	    {"thumbnail", REMOVAL_OOXML_THUMBNAIL},
	    {"visio/solutions", REMOVAL_OOXML_VISIO_SOLUTION},
	    {"visio/data", REMOVAL_OOXML_CONNECTION},
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (part_name_contains(part->name, words[i].word) ||
		    part_name_contains(part->declared, words[i].word))
			return words[i].kind;
	return REMOVAL_OOXML_PART_UNREFERENCED;
}

static int report_rest(struct package *package)
{
	for (size_t i = 0; i < package->count; i++) {
		struct part *part = &package->parts[i];
		size_t size = strlen(part->name);
		int error;

		if (part->state != PART_UNSEEN)
			continue;
		/* The relationships of a part go with it. */
		if (size > 5 && strcasecmp(part->name + size - 5, ".rels") == 0)
			continue;
		if (package->text && part->decision == DECISION_PICTURE)
			continue;
		error = part_remove(package, part, kind_of_unreferenced(part),
				    part->declared);
		if (error != 0)
			return error;
	}
	return 0;
}

static int finish_pictures(struct rebuilt *rebuilt)
{
	for (size_t i = 0; i < rebuilt->count; i++) {
		int error = 0;

		if (rebuilt->parts[i]->pending)
			error = picture_finish(rebuilt, rebuilt->parts[i]);
		if (error != 0)
			return error;
	}
	return 0;
}

int ooxml_filter(struct job *job, enum document document, bool text,
		 struct rebuilt *ret_rebuilt)
{
	struct package *package = &ret_rebuilt->package;
	int error;

	*ret_rebuilt = (struct rebuilt){0};
	error = package_open(job, package);
	if (error != 0)
		return error;
	if (package->type->document != document)
		return -ERR_TYPE_AMBIGUOUS;
	package->text = text;
	ret_rebuilt->document.package = package;
	if (package->type->macros)
		job_remove(job, REMOVAL_OOXML_MACRO_ENABLED,
			   package->main->name, (struct view){NULL, 0}, "%s",
			   package->main->declared);
	error = relations_decide(package, "", &package->relations);
	if (error == 0)
		error = follow(ret_rebuilt, &package->relations);
	if (error == 0)
		error = walk(ret_rebuilt, 0);
	if (error == 0)
		error = calculation_chain(ret_rebuilt);
	if (error == 0)
		error = finish_pictures(ret_rebuilt);
	if (error == 0)
		error = report_rest(package);
	return error;
}

int ooxml_rebuild(struct job *job, enum document document)
{
	struct rebuilt *rebuilt = arena_alloc(job->arena, sizeof(*rebuilt));
	int error;

	if (rebuilt == NULL)
		return -ERR_MEMORY;
	error = ooxml_filter(job, document, false, rebuilt);
	if (error == 0)
		error = package_write(rebuilt);
	for (size_t i = 0; i < rebuilt->count; i++)
		buffer_free(&rebuilt->parts[i]->content);
	xml_reader_close(rebuilt->package.reader);
	return error;
}
