#include "sanitizers/odf/rebuild.h"

#include "base/banned.h"

enum { HEAD_SIZE = 64 * 1024, HEAD_MEMORY = 16 * 1024 * 1024 };

static const char office_uri[] =
    "urn:oasis:names:tc:opendocument:xmlns:office:1.0";

struct head {
	const struct odf_type *type;
	bool root; /* was seen */
};

static int on_start(void *context, const struct xml_element *element)
{
	struct head *head = context;

	if (head->root)
		return -ERR_INTERNAL;
	head->root = true;
	if (element->name->uri == NULL ||
	    strcmp(element->name->uri, office_uri) != 0 ||
	    strcmp(element->name->local, "document") != 0)
		return -ERR_INTERNAL;
	for (size_t i = 0; i < element->attribute_count; i++) {
		const struct xml_attribute *one = &element->attributes[i];

		if (one->name->uri != NULL &&
		    strcmp(one->name->uri, office_uri) == 0 &&
		    strcmp(one->name->local, "mimetype") == 0)
			head->type = odf_type_of(one->value);
	}
	if (head->type != NULL && head->type->flat[0] == '\0')
		head->type = NULL;
	return -ERR_INTERNAL;
}

/* Behind a DTD nothing is read: rebuilding says that there is one. */
static const struct odf_type *type_behind_dtd(struct view text)
{
	static const char begins[] = "office:mimetype=\"";
	size_t at = view_find(text, view_of_string(begins), 0);
	size_t end;

	if (at == SIZE_MAX)
		return NULL;
	at += sizeof(begins) - 1;
	end = view_find(text, view_of_string("\""), at);
	return end == SIZE_MAX ? NULL
			       : odf_type_of(view_slice(text, at, end - at));
}

const struct odf_type *odf_flat_type(struct view input)
{
	static const struct xml_events events = {.start = on_start};
	struct head head = {0};
	struct view text = view_slice(input, 0, HEAD_SIZE);
	struct arena *arena;
	struct xml_reader *reader = NULL;

	if (view_find(text, view_of_string("opendocument"), 0) == SIZE_MAX)
		return NULL;
	arena = arena_new(HEAD_MEMORY);
	if (arena != NULL)
		reader = xml_reader_new(arena);
	/* It ends at the root, or where the text is cut off. */
	if (reader != NULL &&
	    xml_read(reader, text, &events, &head) == -ERR_DTD)
		head.type = type_behind_dtd(text);
	xml_reader_close(reader);
	arena_free(arena);
	return head.type;
}

int odf_filter_flat(struct job *job, enum odf_kind kind, bool text,
		    struct buffer *ret_output)
{
	struct odf_filter *filter = arena_alloc(job->arena, sizeof(*filter));
	struct xml_reader *reader = xml_reader_new(job->arena);
	const struct odf_type *type = odf_flat_type(job->input);
	char mime[MIME_MAX + 1];
	int error;

	if (filter == NULL || reader == NULL)
		return -ERR_MEMORY;
	if (type == NULL || type->kind != kind) {
		xml_reader_close(reader);
		return type == NULL ? -ERR_MALFORMED : -ERR_TYPE_AMBIGUOUS;
	}
	filter->job = job;
	filter->path = job->name;
	filter->kind = kind;
	filter->text = text;
	error = odf_filter_run(filter, reader, job->input, ret_output);
	xml_reader_close(reader);
	(void)snprintf(mime, sizeof(mime), "%s-flat-xml", type->output_type);
	job_set_output(job, type->flat, mime);
	return error;
}
