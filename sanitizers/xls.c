/*
 * May carry: VBA projects, macro sheets and names, links to other workbooks,
 *   DDE and programs, embedded objects and controls, queries, real-time data,
 *   pivot caches with their sources, fonts and themes in containers, free
 *   sectors and what was left in them.
 * Keep: the records of biff/records.def, cells, formulas that stay within the
 *   workbook, names, strings, links by sanitizers/link.h, charts, shapes and
 *   pictures as objects of their own, summary information.
 * Drop: everything else; macro sheets stay as empty ones, formulas become their
 *   values, objects their pictures.
 * Specification: [MS-XLS]; [MS-CFB]; [MS-ODRAW]; for Excel 5 the records of
 *   OpenOffice.org's Documentation of the Microsoft Excel File Format.
 */
#include "sanitizers/biff/biff.h"
#include "sanitizers/detect/claims.h"
#include "sanitizers/detect/kind.h"
#include "sanitizers/ole/compound_writer.h"
#include "sanitizers/ole/properties.h"
#include "sanitizers/ole/relock.h"
#include "sanitizers/plain/encoding.h"

#include "base/banned.h"

static enum claim xls_claims(struct view input)
{
	return claim_compound(input, "xls");
}

/* ---- what is beside the workbook ---- */

static bool begins(const char *name, const char *with)
{
	return strncasecmp(name, with, strlen(with)) == 0;
}

/* What everybody expects to go, or says nothing, goes without a word. */
static bool is_expected(const char *name)
{
	static const char *const names[] = {
	    "Workbook",
	    "Book",
	    "\5SummaryInformation",
	    "\5DocumentSummaryInformation",
	    "\1CompObj",
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcasecmp(name, names[i]) == 0)
			return true;
	return false;
}

static enum removal_kind kind_of_entry(const char *name)
{
	if (begins(name, "_VBA_PROJECT") || begins(name, "Macros") ||
	    begins(name, "VBA") || begins(name, "PROJECT"))
		return REMOVAL_OLE_VBA_PROJECT;
	if (begins(name, "MBD") || begins(name, "LNK") ||
	    begins(name, "\1Ole") || begins(name, "Ctls") ||
	    begins(name, "\2OlePres"))
		return REMOVAL_OLE_OBJECT;
	if (begins(name, "_SX_DB_CUR"))
		return REMOVAL_XLS_PIVOT;
	if (begins(name, "_signatures") || begins(name, "_xmlsignatures") ||
	    begins(name, "\5DigitalSignature"))
		return REMOVAL_OLE_SIGNATURE;
	return REMOVAL_OLE_STORAGE;
}

static void report_entries(struct job *job, const struct compound_entry *root)
{
	for (size_t i = 0; i < root->child_count; i++) {
		const struct compound_entry *entry = root->children[i];

		if (!is_expected(entry->name))
			job_remove(job, kind_of_entry(entry->name), entry->name,
				   view_of(NULL, 0), "%zu bytes",
				   (size_t)entry->size);
	}
}

/* ---- the workbook ---- */

static int open_book(struct job *job, struct compound *compound,
		     struct book **ret_book)
{
	const struct compound_entry *root = compound_root(compound);
	const struct compound_entry *entry =
	    compound_find_stream(root, "Workbook");
	struct book *book = arena_alloc(job->arena, sizeof(*book));
	int error;

	if (book == NULL)
		return -ERR_MEMORY;
	book->job = job;
	book->biff8 = entry != NULL;
	if (entry == NULL)
		entry = compound_find_stream(root, "Book");
	if (entry == NULL)
		return -ERR_MALFORMED;
	error = job_charge(job, entry->size);
	if (error == 0)
		error = compound_read(compound, entry, &book->stream);
	if (error == 0)
		error = biff_read_records(book);
	if (error == 0)
		error = biff_unlock(book);
	if (error == 0)
		error = biff_read_globals(book);
	*ret_book = book;
	return error;
}

/* Sheets first: values of formulas are added to the strings, which stand in
 * the globals. */
static int rebuild_book(struct book *book, struct buffer *out)
{
	struct biff_item *sheets;
	size_t count;
	size_t moved;
	int error = 0;

	book->item_hint = book->count;
	for (size_t i = 0; i < book->sheet_count && error == 0; i++)
		error = biff_add_sheet(book, &book->sheets[i]);
	if (error != 0)
		return error;
	sheets = book->items;
	count = book->item_count;
	book->items = NULL;
	book->item_count = 0;
	book->item_room = 0;
	book->item_hint = count + book->globals_end;
	error = biff_add_globals(book);
	moved = book->item_count;
	for (size_t i = 0; i < count && error == 0; i++)
		error = biff_add(book, sheets[i].type, sheets[i].source,
				 sheets[i].body);
	for (size_t i = 0; i < book->sheet_count; i++)
		book->sheets[i].begin += moved;
	return error != 0 ? error : biff_write(book, out);
}

static int write_file(struct job *job, struct compound *compound,
		      const struct book *book, struct view stream)
{
	size_t maximum = job->policy->limits.output_bytes;
	BUFFER_CLEANUP struct buffer file = buffer_make(maximum);
	struct compound_writer *writer = compound_writer_new(
	    job->arena, book->biff8 ? compound_class_xls : compound_class_xls5);
	int error;

	if (writer == NULL)
		return -ERR_MEMORY;
	compound_writer_add(writer, NULL, book->biff8 ? "Workbook" : "Book",
			    stream);
	error = properties_rebuild(job, compound, writer);
	if (error == 0)
		error = compound_writer_write(writer, &file);
	if (error != 0)
		return error;
	return book->biff8 ? relock_emit(job, compound_class_xls,
					 buffer_contents(&file), biff_lock)
			   : job_emit(job, buffer_contents(&file));
}

static bool is_template(const struct job *job)
{
	char extension[EXTENSION_MAX + 1];

	name_extension(job->name, extension, sizeof(extension));
	return strcmp(extension, "xlt") == 0;
}

static int xls_rebuild(struct job *job)
{
	BUFFER_CLEANUP struct buffer stream =
	    buffer_make(job->policy->limits.output_bytes);
	struct compound *compound;
	struct book *book;
	int error;

	if (is_template(job))
		return -ERR_TEMPLATE;
	error = compound_open(job->arena, job->input, &compound);
	if (error == 0)
		error = open_book(job, compound, &book);
	if (error != 0)
		return error;
	report_entries(job, compound_root(compound));
	error = rebuild_book(book, &stream);
	return error != 0
		   ? error
		   : write_file(job, compound, book, buffer_contents(&stream));
}

static int xls_text(struct job *job)
{
	BUFFER_CLEANUP struct buffer out =
	    buffer_make(job->policy->limits.output_bytes);
	struct compound *compound;
	struct book *book;
	int error = is_template(job) ? -ERR_TEMPLATE : 0;

	if (error == 0)
		error = compound_open(job->arena, job->input, &compound);
	if (error == 0)
		error = open_book(job, compound, &book);
	if (error == 0)
		error = biff_write_text(book, &out);
	return error != 0 ? error : job_emit(job, buffer_contents(&out));
}

const struct sanitizer sanitizer_xls = {
    .name = "xls",
    .mime = "application/vnd.ms-excel",
    .extension = "xls",
    .extensions = "xls xlt",
    .claims = xls_claims,
    .rebuild = xls_rebuild,
    .text = xls_text,
    .prepare = encoding_prepare,
};
