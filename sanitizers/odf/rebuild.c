#include "sanitizers/odf/rebuild.h"

#include "sanitizers/odf/lock.h"
#include "sanitizers/odf/rules.h"

#include "base/banned.h"

/* ---- the pictures, before anything is written ---- */

struct search {
	struct odf_package *package;
	struct odf_document *document;
	size_t pending;
};

static struct odf_document *owner_of(struct odf_package *package,
				     const struct odf_part *part)
{
	struct odf_document *owner = package->documents[0];

	for (size_t i = 0; i < package->document_count; i++) {
		struct odf_document *one = package->documents[i];

		if (strncmp(part->name, one->folder, strlen(one->folder)) ==
			0 &&
		    strlen(one->folder) > strlen(owner->folder))
			owner = one;
	}
	return owner;
}

static int finish_pictures(struct odf_package *package)
{
	for (size_t i = 0; i < package->count; i++) {
		struct odf_part *part = &package->parts[i];
		int error = 0;

		if (part->pending)
			error = odf_picture_finish(package, part,
						   owner_of(package, part));
		if (error != 0)
			return error;
	}
	return 0;
}

static int find_object(struct search *search, const char *name)
{
	struct odf_document *document;
	const char *folder =
	    arena_format(search->package->job->arena, "%s/", name);

	return folder == NULL
		   ? -ERR_MEMORY
		   : odf_package_document(search->package, folder,
					  search->document->depth + 1,
					  &document);
}

static int find_picture(struct search *search, const char *name)
{
	struct odf_part *part = odf_package_find(search->package, name);
	int error;

	if (part == NULL || part->asked || part->output_name != NULL)
		return 0;
	if (search->pending == NESTED_PENDING_MAX) {
		error = finish_pictures(search->package);
		if (error != 0)
			return error;
		search->pending = 0;
	}
	search->pending++;
	return odf_picture_begin(search->package, part);
}

static int find_references(void *context, const struct xml_element *element)
{
	struct search *search = context;
	enum odf_reference reference = ODF_REFERENCE_NONE;
	const char *name;

	for (size_t i = 0; i < element->attribute_count; i++) {
		const struct xml_attribute *one = &element->attributes[i];

		if (strcmp(one->name->local, "href") != 0 ||
		    odf_space_of(one->name->uri) != SPACE_XLINK)
			continue;
		reference = odf_reference_of(odf_space_of(element->name->uri),
					     element->name->local);
		if (reference != ODF_REFERENCE_PICTURE &&
		    reference != ODF_REFERENCE_OBJECT)
			continue;
		name = odf_package_resolve(search->package, search->document,
					   one->value);
		if (name == NULL)
			continue;
		return reference == ODF_REFERENCE_PICTURE
			   ? find_picture(search, name)
			   : find_object(search, name);
	}
	return 0;
}

/* Small files without which a document is whole: content.xml is not. */
static int give_up(struct odf_package *package, struct odf_document *document,
		   size_t file, int error)
{
	if (error != -ERR_MALFORMED || file == 0)
		return error;
	error = odf_part_remove(package, document->files[file],
				REMOVAL_ODF_PART_BROKEN, "");
	document->files[file]->output_name = NULL;
	document->files[file]->used = false;
	document->files[file] = NULL;
	return error;
}

/* An embedded document that cannot be read goes; its picture stays. */
static int give_up_document(struct odf_package *package,
			    struct odf_document *document, int error)
{
	if ((error != -ERR_MALFORMED && error != -ERR_DTD) ||
	    document->depth == 0)
		return error;
	job_remove(package->job, REMOVAL_ODF_PART_BROKEN, document->folder,
		   (struct view){NULL, 0}, "%s", error_name(error));
	document->broken = true;
	return 0;
}

/* Documents are found while this goes on. */
static int search_all(struct odf_package *package)
{
	static const struct xml_events events = {.start = find_references};
	struct search search = {.package = package};

	for (size_t i = 0; i < package->document_count; i++) {
		int error = 0;

		search.document = package->documents[i];
		/* content.xml and styles.xml. */
		for (size_t k = 0; k < 2 && error == 0; k++) {
			BUFFER_CLEANUP struct buffer unpacked = buffer_make(0);
			struct odf_part *part = search.document->files[k];
			struct view content;

			if (part == NULL)
				continue;
			error =
			    odf_part_read(package, part, &unpacked, &content);
			if (error == 0)
				error = xml_read(package->reader, content,
						 &events, &search);
			if (error != 0)
				error =
				    give_up(package, search.document, k, error);
		}
		if (error != 0)
			error =
			    give_up_document(package, search.document, error);
		if (error != 0)
			return error;
	}
	return finish_pictures(package);
}

/* ---- the files ---- */

static int filter_file(struct odf_filter *filter, struct odf_package *package,
		       struct odf_document *document, size_t file)
{
	BUFFER_CLEANUP struct buffer unpacked = buffer_make(0);
	struct odf_part *part = document->files[file];
	struct view content;
	int error = odf_part_read(package, part, &unpacked, &content);

	if (error != 0)
		return error;
	filter->document = document;
	filter->path = part->name;
	filter->kind = document->type->kind;
	error =
	    odf_filter_run(filter, package->reader, content, &part->content);
	if (error != 0)
		return give_up(package, document, file, error);
	part->output = buffer_contents(&part->content);
	part->output_type = "text/xml";
	part->used = true;
	part->reported = true;
	return 0;
}

static int filter_documents(struct odf_filter *filter,
			    struct odf_package *package)
{
	bool again = true;

	/* One refers to the next, wherever that stands in the list. */
	while (again) {
		again = false;
		for (size_t i = 0; i < package->document_count; i++) {
			struct odf_document *document = package->documents[i];

			if (!document->used || document->filtered)
				continue;
			document->filtered = again = true;
			for (size_t k = 0; k < ODF_XML_FILES; k++) {
				int error = 0;

				if (document->files[k] != NULL)
					error = filter_file(filter, package,
							    document, k);
				if (error != 0)
					return error;
			}
		}
	}
	return 0;
}

int odf_filter_package(struct job *job, enum odf_kind kind, bool text,
		       struct odf_package *ret_package)
{
	struct odf_filter *filter = arena_alloc(job->arena, sizeof(*filter));
	int error;

	if (filter == NULL)
		return -ERR_MEMORY;
	error = odf_package_open(job, ret_package);
	if (error != 0)
		return error;
	if (ret_package->type->kind != kind)
		return -ERR_TYPE_AMBIGUOUS;
	filter->job = job;
	filter->package = ret_package;
	filter->text = text;
	ret_package->text = text;
	ret_package->documents[0]->used = true;
	if (!text)
		error = search_all(ret_package);
	if (error == 0)
		error = filter_documents(filter, ret_package);
	if (error == 0)
		error = odf_package_report_rest(ret_package);
	return error;
}

void odf_release(struct odf_package *package)
{
	for (size_t i = 0; i < package->count; i++) {
		buffer_free(&package->parts[i].content);
		buffer_free(&package->parts[i].opened);
	}
	xml_reader_close(package->reader);
}

static int rebuild_flat(struct job *job, enum odf_kind kind)
{
	struct buffer output = buffer_make(0);
	int error = odf_filter_flat(job, kind, false, &output);

	if (error == 0)
		error = job_emit(job, buffer_contents(&output));
	buffer_free(&output);
	return error;
}

int odf_rebuild(struct job *job, enum odf_kind kind)
{
	struct odf_package *package = arena_alloc(job->arena, sizeof(*package));
	int error;

	if (package == NULL)
		return -ERR_MEMORY;
	if (!view_starts_with(job->input, "PK"))
		return rebuild_flat(job, kind);
	error = odf_filter_package(job, kind, false, package);
	if (error == 0)
		error = odf_package_write(package);
	odf_release(package);
	return error;
}
