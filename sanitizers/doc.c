/*
 * May carry: macros, embedded objects, fields that run or fetch, templates,
 *   mail merge sources, commands, linked pictures, form fields' macros,
 *   glossaries, comments' and former versions' text that fast saves left.
 * Keep: text with its properties, styles, lists, sections, notes, comments,
 *   bookmarks, revisions, drawings and pictures as objects of their own, the
 *   regions of doc/regions.def, the fields of sanitizers/field.c.
 * Drop: every other stream, region, and byte that nothing on the list claims.
 * Specification: [MS-DOC], [MS-CFB], [MS-ODRAW].
 */
#include "sanitizers/detect/claims.h"
#include "sanitizers/doc/document.h"
#include "sanitizers/ole/compound_writer.h"
#include "sanitizers/ole/properties.h"
#include "sanitizers/ole/relock.h"

#include "base/banned.h"

enum {
	FLAGS_AT = 10,
	FLAG_TABLE_1 = 0x0200,
	STREAM_LEAST = 4096, /* Word's own are never in the mini stream */
	NEXT_FIB = 8,
};

static const struct view nothing;

static enum claim doc_claims(struct view input)
{
	return claim_compound(input, "doc");
}

/* ---- reading ---- */

static int read_stream(struct doc *doc, const char *name, struct view *ret)
{
	const struct compound_entry *entry =
	    compound_find_stream(compound_root(doc->compound), name);

	*ret = nothing;
	if (entry == NULL)
		return 0;
	return compound_read(doc->compound, entry, ret);
}

static int read_streams(struct doc *doc)
{
	int error = read_stream(doc, "WordDocument", &doc->main);

	if (error == 0)
		error = doc_fib_probe(doc->main);
	if (error != 0)
		return error;
	doc->table_name =
	    (doc_u16(doc->main.data + FLAGS_AT) & FLAG_TABLE_1) != 0 ? "1Table"
								     : "0Table";
	error = read_stream(doc, doc->table_name, &doc->table);
	if (error == 0 && doc->table.data == NULL)
		error = -ERR_MALFORMED;
	if (error == 0)
		error = read_stream(doc, "Data", &doc->data);
	if (error == 0 &&
	    (doc->main.size > INT32_MAX || doc->table.size > INT32_MAX ||
	     doc->data.size > INT32_MAX))
		error = -ERR_LIMIT_BYTES;
	if (error == 0)
		error = doc_unlock(doc);
	return error != 0 ? error : doc_fib_read(doc->main, &doc->fib);
}

static int open_document(struct job *job, struct doc *doc)
{
	size_t room = job->policy->limits.output_bytes;
	int error;

	doc->job = job;
	doc->table_out = buffer_make(room);
	doc->data_out = buffer_make(room);
	doc->pictures_out = buffer_make(room);
	error = compound_open(job->arena, job->input, &doc->compound);
	if (error == 0)
		error = read_streams(doc);
	if (error != 0)
		return error;
	doc->out = arena_alloc(job->arena, doc->main.size);
	doc->owners = arena_alloc(job->arena, doc->main.size);
	doc->table_read = arena_alloc(job->arena, doc->table.size + 1);
	doc->data_read = arena_alloc(job->arena, doc->data.size + 1);
	if (doc->out == NULL || doc->owners == NULL ||
	    doc->table_read == NULL || doc->data_read == NULL)
		return -ERR_MEMORY;
	error = doc_claim(doc, 0, doc->fib.size, OWNER_FIB);
	return error != 0 ? error : doc_pieces_read(doc);
}

static void close_document(struct doc *doc)
{
	buffer_free(&doc->table_out);
	buffer_free(&doc->data_out);
	buffer_free(&doc->pictures_out);
}

/* ---- filtering ---- */

static void erase_comments(struct doc *doc)
{
	uint32_t start = doc->fib.starts[DOC_COMMENTS];

	if (doc->job->policy->comments != 0)
		return;
	doc->comments_gone = true;
	for (uint32_t i = 0; i < doc->fib.characters[DOC_COMMENTS]; i++)
		if (doc_character(doc, start + i) >= ' ')
			doc_character_put(doc, start + i, ' ');
}

static void report_unread(struct doc *doc, const char *path, struct view stream,
			  const uint8_t *read)
{
	size_t count = 0;

	for (size_t i = 0; i < stream.size; i++)
		count += read[i] == 0 && stream.data[i] != 0;
	if (count > 0)
		job_remove(doc->job, REMOVAL_DOC_LEFTOVER, path, nothing,
			   "%zu bytes", count);
}

/* What no table leads to: text of former versions, the glossary's FIB. */
static void report_leftover(struct doc *doc)
{
	if (doc_u16(doc->main.data + NEXT_FIB) != 0)
		job_remove(doc->job, REMOVAL_DOC_GLOSSARY, "WordDocument",
			   nothing, "%s", "");
	report_unread(doc, "WordDocument", doc->main, doc->owners);
	report_unread(doc, doc->table_name, doc->table, doc->table_read);
	report_unread(doc, "Data", doc->data, doc->data_read);
}

static int filter(struct doc *doc)
{
	int error;

	erase_comments(doc);
	error = doc_fields_filter(doc);
	if (error == 0)
		error = doc_pages_filter(doc);
	if (error != 0)
		return error;
	doc->end += -doc->end % DOC_PAGE;
	if (doc->end < STREAM_LEAST)
		doc->end = STREAM_LEAST;
	error = doc_regions_write(doc);
	if (error != 0)
		return error;
	doc_drawing_claim(doc);
	report_leftover(doc);
	if (doc->objects > 0)
		job_remove(doc->job, REMOVAL_OLE_OBJECT, "WordDocument",
			   nothing, "%u", (unsigned)doc->objects);
	doc_fib_write(doc, doc->end + doc->pictures_out.size);
	return 0;
}

/* ---- what the compound file holds beside ---- */

static enum removal_kind kind_of_stream(const char *name)
{
	static const struct {
		const char *name;
		enum removal_kind kind;
	} kinds[] = {
	    {"Macros", REMOVAL_OLE_VBA_PROJECT},
	    {"_VBA_PROJECT_CUR", REMOVAL_OLE_VBA_PROJECT},
	    {"VBA", REMOVAL_OLE_VBA_PROJECT},
	    {"ObjectPool", REMOVAL_OLE_OBJECT},
	    {"_signatures", REMOVAL_OLE_SIGNATURE},
	    {"_xmlsignatures", REMOVAL_OLE_SIGNATURE},
	};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (strcasecmp(kinds[i].name, name) == 0)
			return kinds[i].kind;
	return REMOVAL_OLE_STORAGE;
}

static bool is_kept(const struct doc *doc, const struct compound_entry *entry)
{
	const char *const names[] = {"WordDocument", doc->table_name, "Data",
				     "\5SummaryInformation",
				     "\5DocumentSummaryInformation"};

	if (entry->type != COMPOUND_STREAM)
		return false;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcasecmp(entry->name, names[i]) == 0)
			return true;
	return false;
}

static int report_entry(struct doc *doc, const struct compound_entry *entry)
{
	struct view content = nothing;
	enum removal_kind kind = kind_of_stream(entry->name);
	int error = 0;

	if (entry->type == COMPOUND_STREAM)
		error = compound_read(doc->compound, entry, &content);
	if (error != 0)
		return error;
	if (strcasecmp(entry->name, "ObjectPool") != 0) {
		job_remove(doc->job, kind, entry->name, content, "%s", "");
		return 0;
	}
	for (size_t i = 0; i < entry->child_count; i++)
		job_remove(doc->job, kind,
			   arena_format(doc->job->arena, "ObjectPool/%s",
					entry->children[i]->name),
			   nothing, "%s", "");
	return 0;
}

static int report_entries(struct doc *doc)
{
	const struct compound_entry *root = compound_root(doc->compound);
	int error = 0;

	for (size_t i = 0; i < root->child_count && error == 0; i++)
		if (!is_kept(doc, root->children[i]))
			error = report_entry(doc, root->children[i]);
	return error;
}

/* ---- writing ---- */

static int write_main(struct doc *doc, struct buffer *out)
{
	size_t size = doc->end < doc->main.size ? doc->end : doc->main.size;

	buffer_bytes(out, doc->out, size);
	buffer_fill(out, 0, doc->end - size);
	buffer_view(out, buffer_contents(&doc->pictures_out));
	return buffer_error(out);
}

static int write_document(struct doc *doc, struct buffer *main,
			  struct buffer *out)
{
	struct compound_writer *writer =
	    compound_writer_new(doc->job->arena, compound_class_doc);
	int error;

	if (writer == NULL)
		return -ERR_MEMORY;
	error = write_main(doc, main);
	if (error == 0)
		error = report_entries(doc);
	if (error != 0)
		return error;
	compound_writer_add(writer, NULL, "WordDocument",
			    buffer_contents(main));
	compound_writer_add(writer, NULL, doc->table_name,
			    buffer_contents(&doc->table_out));
	if (doc->data_out.size > 0)
		compound_writer_add(writer, NULL, "Data",
				    buffer_contents(&doc->data_out));
	error = properties_rebuild(doc->job, doc->compound, writer);
	return error != 0 ? error : compound_writer_write(writer, out);
}

static int doc_rebuild(struct job *job)
{
	size_t room = job->policy->limits.output_bytes;
	BUFFER_CLEANUP struct buffer out = buffer_make(room);
	BUFFER_CLEANUP struct buffer main = buffer_make(room);
	struct doc *doc = arena_alloc(job->arena, sizeof(*doc));
	int error;

	if (doc == NULL)
		return -ERR_MEMORY;
	error = open_document(job, doc);
	if (error == 0)
		error = filter(doc);
	if (error == 0)
		error = write_document(doc, &main, &out);
	close_document(doc);
	return error != 0 ? error
			  : relock_emit(job, compound_class_doc,
					buffer_contents(&out), doc_lock);
}

static int doc_to_text(struct job *job)
{
	BUFFER_CLEANUP struct buffer out =
	    buffer_make(job->policy->limits.output_bytes);
	struct doc *doc = arena_alloc(job->arena, sizeof(*doc));
	int error;

	if (doc == NULL)
		return -ERR_MEMORY;
	error = open_document(job, doc);
	if (error == 0)
		error = doc_text(doc, &out);
	close_document(doc);
	return error != 0 ? error : job_emit(job, buffer_contents(&out));
}

const struct sanitizer sanitizer_doc = {
    .name = "doc",
    .mime = "application/msword",
    .extension = "doc",
    .extensions = "doc",
    .claims = doc_claims,
    .rebuild = doc_rebuild,
    .text = doc_to_text,
};
