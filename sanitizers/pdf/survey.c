/*
 * What the report says of everything that stays behind. The rebuild itself
 * needs none of this: what is not on the list is never copied. The survey
 * walks through what was left, bounded, so that a script in it is called a
 * script.
 */
#include "sanitizers/pdf/survey.h"

#include "sanitizers/pdf/stream.h"

#include <stdio.h>

#include "base/banned.h"

enum {
	DROPPED_MAX = 20000, /* dropped objects that are looked through */
	SURVEY_STEPS_MAX = 200000,
	UNREFERENCED_MAX = 100000,
	NAMED_MAX = 200, /* actions and files reported one by one */
};

struct key_kind {
	const char *key;
	enum removal_kind kind;
};

static const struct key_kind key_kinds[] = {
    {"/AA", REMOVAL_PDF_ADDITIONAL_ACTIONS},
    {"/AF", REMOVAL_PDF_ASSOCIATED_FILES},
    {"/AcroForm", REMOVAL_PDF_FORM},
    {"/AlternatePresentations", REMOVAL_PDF_MEDIA},
    {"/Alternates", REMOVAL_PDF_ALTERNATE_IMAGES},
    {"/CO", REMOVAL_PDF_CALCULATION_ORDER},
    {"/Collection", REMOVAL_PDF_COLLECTION},
    {"/EmbeddedFiles", REMOVAL_PDF_EMBEDDED_FILES},
    {"/Extensions", REMOVAL_PDF_EXTENSIONS},
    {"/HT", REMOVAL_PDF_HALFTONE},
    {"/IDS", REMOVAL_PDF_WEB_CAPTURE},
    {"/JavaScript", REMOVAL_PDF_JAVASCRIPT},
    {"/LastModified", REMOVAL_METADATA},
    {"/Lock", REMOVAL_PDF_SIGNATURE},
    {"/Metadata", REMOVAL_METADATA},
    {"/OPI", REMOVAL_PDF_OPI},
    {"/PS", REMOVAL_PDF_POSTSCRIPT},
    {"/Perms", REMOVAL_PDF_SIGNATURE},
    {"/PieceInfo", REMOVAL_PDF_PIECE_INFO},
    {"/Ref", REMOVAL_PDF_REFERENCE_XOBJECT},
    {"/Renditions", REMOVAL_PDF_MEDIA},
    {"/Requirements", REMOVAL_PDF_REQUIREMENTS},
    {"/SV", REMOVAL_PDF_SIGNATURE},
    {"/SigFlags", REMOVAL_PDF_SIGNATURE},
    {"/SpiderInfo", REMOVAL_PDF_WEB_CAPTURE},
    {"/Subtype2", REMOVAL_PDF_POSTSCRIPT},
    {"/Thumb", REMOVAL_PDF_THUMBNAIL},
    {"/URI", REMOVAL_PDF_URI_BASE},
    {"/URLS", REMOVAL_PDF_WEB_CAPTURE},
    {"/XFA", REMOVAL_PDF_XFA},
};

static const struct key_kind action_kinds[] = {
    {"/GoTo3DView", REMOVAL_PDF_ACTION_MEDIA},
    {"/GoToDp", REMOVAL_PDF_ACTION_OTHER},
    {"/GoToE", REMOVAL_PDF_ACTION_GOTO_EMBEDDED},
    {"/GoToR", REMOVAL_PDF_ACTION_GOTO_REMOTE},
    {"/Hide", REMOVAL_PDF_ACTION_OTHER},
    {"/ImportData", REMOVAL_PDF_ACTION_IMPORT_DATA},
    {"/JavaScript", REMOVAL_PDF_ACTION_JAVASCRIPT},
    {"/Launch", REMOVAL_PDF_ACTION_LAUNCH},
    {"/Movie", REMOVAL_PDF_ACTION_MEDIA},
    {"/Rendition", REMOVAL_PDF_ACTION_MEDIA},
    {"/ResetForm", REMOVAL_PDF_ACTION_OTHER},
    {"/RichMediaExecute", REMOVAL_PDF_ACTION_MEDIA},
    {"/SetOCGState", REMOVAL_PDF_ACTION_OTHER},
    {"/Sound", REMOVAL_PDF_ACTION_MEDIA},
    {"/SubmitForm", REMOVAL_PDF_ACTION_SUBMIT_FORM},
    {"/Thread", REMOVAL_PDF_ACTION_OTHER},
    {"/Trans", REMOVAL_PDF_ACTION_OTHER},
};

static enum removal_kind find_kind(const struct key_kind *kinds, size_t count,
				   const char *key)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(kinds[i].key, key) == 0)
			return kinds[i].kind;
	return REMOVAL_NONE;
}

static enum removal_kind kind_of_key(const char *key)
{
	return find_kind(key_kinds, sizeof(key_kinds) / sizeof(key_kinds[0]),
			 key);
}

enum removal_kind pdf_action_kind(const char *name)
{
	return find_kind(action_kinds,
			 sizeof(action_kinds) / sizeof(action_kinds[0]), name);
}

const char *pdf_where(const struct pdf *pdf)
{
	static char text[80];

	if (pdf->at_object > 0)
		(void)snprintf(text, sizeof(text), "object %d (%s)",
			       pdf->at_object,
			       pdf_dictionary_name(pdf->at_kind));
	else
		(void)snprintf(text, sizeof(text), "%s",
			       pdf_dictionary_name(pdf->at_kind));
	return text;
}

void pdf_note(struct pdf *pdf, enum removal_kind kind, const char *where,
	      const char *what)
{
	struct pdf_note *note;

	for (size_t i = 0; i < pdf->note_count; i++) {
		note = &pdf->notes[i];
		if (note->kind == kind && note->where == where &&
		    strcmp(note->what, what) == 0) {
			note->count++;
			return;
		}
	}
	if (pdf->note_count == PDF_NOTES_MAX) {
		pdf->notes[PDF_NOTES_MAX - 1].count++;
		return;
	}
	note = &pdf->notes[pdf->note_count];
	note->kind = kind;
	note->where = where;
	note->count = 1;
	note->what = arena_string(pdf->job->arena, view_of_string(what));
	if (note->what == NULL)
		note->what = "";
	pdf->note_count++;
}

void pdf_report_notes(struct pdf *pdf)
{
	for (size_t i = 0; i < pdf->note_count; i++) {
		const struct pdf_note *note = &pdf->notes[i];

		if (note->count == 1)
			job_remove(pdf->job, note->kind, note->where,
				   view_of(NULL, 0), "%s", note->what);
		else
			job_remove(pdf->job, note->kind, note->where,
				   view_of(NULL, 0), "%s (%u)", note->what,
				   note->count);
	}
}

/* Takes the handle. */
static void remember(struct pdf *pdf, qpdf_oh object)
{
	if (pdf->dropped_count >= DROPPED_MAX ||
	    qpdf_oh_is_scalar(pdf->qpdf, object)) {
		qpdf_oh_release(pdf->qpdf, object);
		return;
	}
	if (pdf->dropped == NULL)
		pdf->dropped = arena_array(pdf->job->arena, DROPPED_MAX,
					   sizeof(*pdf->dropped));
	if (pdf->dropped == NULL)
		return;
	pdf->dropped[pdf->dropped_count++] =
	    (struct pdf_dropped){object, pdf->at_object, pdf->at_kind};
}

void pdf_drop_quietly(struct pdf *pdf, qpdf_oh object)
{
	remember(pdf, qpdf_oh_new_object(pdf->qpdf, object));
}

void pdf_drop_key(struct pdf *pdf, enum pdf_dictionary kind, const char *key,
		  qpdf_oh value)
{
	enum removal_kind removal = kind_of_key(key);
	char text[128];

	if (removal == REMOVAL_NONE &&
	    (strcmp(key, "/F") == 0 || strcmp(key, "/FFilter") == 0 ||
	     strcmp(key, "/FDecodeParms") == 0))
		removal = REMOVAL_PDF_EXTERNAL_STREAM;
	if (removal == REMOVAL_NONE)
		removal = REMOVAL_PDF_KEY_DROPPED;
	(void)snprintf(text, sizeof(text), "%.100s", key);
	pdf_note(pdf, removal, pdf_dictionary_name(kind), text);
	remember(pdf, value);
}

/* False when the object was reported before. */
static bool first_sight(struct pdf *pdf, qpdf_oh object)
{
	struct pdf_item *item;
	bool new = true;

	if (!qpdf_oh_is_indirect(pdf->qpdf, object))
		return true;
	item = pdf_map_item(&pdf->surveyed, pdf->job->arena,
			    qpdf_oh_get_object_id(pdf->qpdf, object),
			    qpdf_oh_get_generation(pdf->qpdf, object), 1, &new);
	if (item == NULL)
		return false;
	item->number = 1;
	return new;
}

void pdf_drop(struct pdf *pdf, enum removal_kind kind, qpdf_oh object,
	      const char *detail)
{
	bool new = true;

	/* Rejected once for each place it is used at, reported once. */
	if (qpdf_oh_is_indirect(pdf->qpdf, object) &&
	    (pdf_map_item(&pdf->surveyed, pdf->job->arena,
			  qpdf_oh_get_object_id(pdf->qpdf, object),
			  qpdf_oh_get_generation(pdf->qpdf, object), 2,
			  &new) == NULL ||
	     !new))
		return;
	job_remove(pdf->job, kind, pdf_where(pdf), view_of(NULL, 0), "%s",
		   detail);
	remember(pdf, qpdf_oh_new_object(pdf->qpdf, object));
}

struct survey {
	struct pdf *pdf;
	qpdf_oh *stack;
	size_t used;
	unsigned steps;
	unsigned named;
};

static void push(struct survey *survey, qpdf_oh object)
{
	struct pdf *pdf = survey->pdf;

	if (survey->used < SURVEY_STEPS_MAX &&
	    !qpdf_oh_is_scalar(pdf->qpdf, object))
		survey->stack[survey->used++] = object;
	else
		qpdf_oh_release(pdf->qpdf, object);
}

static void report_file(struct survey *survey, qpdf_oh dictionary, qpdf_oh ef)
{
	struct pdf *pdf = survey->pdf;
	qpdf_oh name = pdf_key(pdf, dictionary, "/UF");
	qpdf_oh stream = pdf_key(pdf, ef, "/F");
	struct view content = view_of(NULL, 0);
	char text[256];

	if (!qpdf_oh_is_string(pdf->qpdf, name))
		name = pdf_key(pdf, dictionary, "/F");
	if (!qpdf_oh_is_stream(pdf->qpdf, stream))
		stream = pdf_key(pdf, ef, "/UF");
	pdf_printable(pdf, name, text, sizeof(text));
	if (qpdf_oh_is_stream(pdf->qpdf, stream) && first_sight(pdf, stream))
		content = pdf_stream_peek(pdf, stream);
	job_remove(pdf->job, REMOVAL_PDF_EMBEDDED_FILE, pdf_where(pdf), content,
		   "%s", text);
}

/* What an action does it to: a script, a file, an address. */
static void describe_action(struct pdf *pdf, qpdf_oh action, char *text,
			    size_t size)
{
	static const char *const keys[] = {"/JS", "/F", "/UF", "/URI", "/D"};

	text[0] = '\0';
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		qpdf_oh value = pdf_key(pdf, action, keys[i]);
		qpdf_oh inner = pdf_key(pdf, value, "/UF");

		if (!qpdf_oh_is_string(pdf->qpdf, inner))
			inner = pdf_key(pdf, value, "/F");
		pdf_printable(
		    pdf, qpdf_oh_is_string(pdf->qpdf, inner) ? inner : value,
		    text, size);
		if (qpdf_oh_is_stream(pdf->qpdf, value)) {
			struct view script = pdf_stream_peek(pdf, value);

			(void)snprintf(text, size, "%.*s",
				       script.size > 200 ? 200
							 : (int)script.size,
				       (const char *)script.data);
		}
		if (text[0] != '\0')
			return;
	}
}

static void report_dictionary(struct survey *survey, qpdf_oh dictionary)
{
	struct pdf *pdf = survey->pdf;
	qpdf_oh name = pdf_key(pdf, dictionary, "/S");
	qpdf_oh ef = pdf_key(pdf, dictionary, "/EF");
	enum removal_kind kind = REMOVAL_NONE;
	char text[256];

	if (survey->named >= NAMED_MAX)
		return;
	if (qpdf_oh_is_name(pdf->qpdf, name))
		kind = pdf_action_kind(qpdf_oh_get_name(pdf->qpdf, name));
	if (kind == REMOVAL_NONE &&
	    qpdf_oh_has_key(pdf->qpdf, dictionary, "/JS"))
		kind = REMOVAL_PDF_ACTION_JAVASCRIPT;
	if (kind != REMOVAL_NONE) {
		describe_action(pdf, dictionary, text, sizeof(text));
		job_remove(pdf->job, kind, pdf_where(pdf), view_of(NULL, 0),
			   "%s", text);
		survey->named++;
	}
	if (qpdf_oh_is_dictionary(pdf->qpdf, ef)) {
		report_file(survey, dictionary, ef);
		survey->named++;
	}
	qpdf_oh_release(pdf->qpdf, name);
	qpdf_oh_release(pdf->qpdf, ef);
}

static void push_children(struct survey *survey, qpdf_oh object)
{
	struct pdf *pdf = survey->pdf;
	BUFFER_CLEANUP struct buffer keys = buffer_make(1024 * 1024);
	int count;

	if (qpdf_oh_is_array(pdf->qpdf, object)) {
		count = qpdf_oh_get_array_n_items(pdf->qpdf, object);
		for (int i = 0; i < count && i < SURVEY_STEPS_MAX; i++)
			push(survey, pdf_element(pdf, object, i));
		return;
	}
	qpdf_oh_begin_dict_key_iter(pdf->qpdf, object);
	while (qpdf_oh_dict_more_keys(pdf->qpdf)) {
		const char *key = qpdf_oh_dict_next_key(pdf->qpdf);

		buffer_bytes(&keys, key, strlen(key) + 1);
	}
	for (size_t at = 0; at < keys.size;
	     at += strlen((const char *)keys.data + at) + 1)
		push(survey, qpdf_oh_get_key(pdf->qpdf, object,
					     (const char *)keys.data + at));
}

static void walk(struct survey *survey)
{
	struct pdf *pdf = survey->pdf;

	while (survey->used > 0 && survey->steps < SURVEY_STEPS_MAX) {
		qpdf_oh object = survey->stack[--survey->used];
		int id = qpdf_oh_get_object_id(pdf->qpdf, object);
		qpdf_oh dictionary;

		survey->steps++;
		if (id != 0 &&
		    (pdf_is_kept(pdf, id,
				 qpdf_oh_get_generation(pdf->qpdf, object)) ||
		     !first_sight(pdf, object))) {
			qpdf_oh_release(pdf->qpdf, object);
			continue;
		}
		dictionary = pdf_dictionary(pdf, object);
		if (qpdf_oh_is_dictionary(pdf->qpdf, dictionary))
			report_dictionary(survey, dictionary);
		push_children(survey, dictionary);
		if (dictionary != object)
			qpdf_oh_release(pdf->qpdf, dictionary);
		qpdf_oh_release(pdf->qpdf, object);
	}
}

/* Object streams, cross-reference streams and what linearization adds are
 * part of the structure. */
static bool is_structural(struct pdf *pdf, qpdf_oh object)
{
	qpdf_oh dictionary = pdf_dictionary(pdf, object);

	if (qpdf_oh_is_dictionary(pdf->qpdf, dictionary) &&
	    qpdf_oh_has_key(pdf->qpdf, dictionary, "/Linearized"))
		return true;
	if (!qpdf_oh_is_stream(pdf->qpdf, object))
		return false;
	/* The hints of a linearized file. */
	if (pdf_integer(pdf, dictionary, "/S", -1) >= 0)
		return true;
	return pdf_has_name(pdf, dictionary, "/Type", "/ObjStm") ||
	       pdf_has_name(pdf, dictionary, "/Type", "/XRef");
}

static void survey_unreferenced(struct survey *survey)
{
	struct pdf *pdf = survey->pdf;
	qpdf_oh trailer = qpdf_get_trailer(pdf->qpdf);
	long long count = pdf_integer(pdf, trailer, "/Size", 0);
	unsigned found = 0;
	int first = 0;

	if (count > UNREFERENCED_MAX)
		count = UNREFERENCED_MAX;
	for (int id = 1; id < count; id++) {
		qpdf_oh object;

		if (pdf_is_kept(pdf, id, 0) ||
		    pdf_map_find(&pdf->surveyed, id, 0, 1) != 0)
			continue;
		object = qpdf_get_object_by_id(pdf->qpdf, id, 0);
		if (!qpdf_oh_is_scalar(pdf->qpdf, object) &&
		    !is_structural(pdf, object) && first_sight(pdf, object)) {
			first = found++ == 0 ? id : first;
			pdf->at_object = id;
			pdf->at_kind = PDF_NONE;
			/* first_sight() marked it: its children only. */
			qpdf_oh dictionary = pdf_dictionary(pdf, object);

			if (qpdf_oh_is_dictionary(pdf->qpdf, dictionary))
				report_dictionary(survey, dictionary);
			push_children(survey, dictionary);
			walk(survey);
		}
		qpdf_oh_release(pdf->qpdf, object);
	}
	if (found > 0)
		job_remove(pdf->job, REMOVAL_PDF_UNREFERENCED, "",
			   view_of(NULL, 0), "%u (object %d...)", found, first);
}

int pdf_survey(struct pdf *pdf)
{
	struct survey survey = {.pdf = pdf};
	int error;

	survey.stack = arena_array(pdf->job->arena, SURVEY_STEPS_MAX,
				   sizeof(*survey.stack));
	if (survey.stack == NULL)
		return -ERR_MEMORY;
	for (size_t i = 0; i < pdf->dropped_count; i++) {
		pdf->at_object = pdf->dropped[i].at_object;
		pdf->at_kind = pdf->dropped[i].at_kind;
		push(&survey, pdf->dropped[i].object);
		walk(&survey);
	}
	survey_unreferenced(&survey);
	error = pdf_check_warnings(pdf);
	return error == 0 ? pdf->job->failed : error;
}

static bool only_blanks(struct view view)
{
	for (size_t i = 0; i < view.size; i++)
		if (view.data[i] != 0 &&
		    strchr("\t\n\f\r ", view.data[i]) == NULL)
			return false;
	return true;
}

void pdf_survey_file(struct pdf *pdf)
{
	static const char mark[] = "%%EOF";
	struct view input = pdf->job->input;
	struct view needle = view_of_string(mark);
	size_t header = view_find(input, view_of_string("%PDF-"), 0);
	qpdf_oh trailer = qpdf_get_trailer(pdf->qpdf);
	size_t last = SIZE_MAX;

	if (header != SIZE_MAX && header > 0)
		job_remove(pdf->job, REMOVAL_PDF_OUTSIDE, "",
			   view_slice(input, 0, header), "before the header");
	for (size_t at = view_find(input, needle, 0); at != SIZE_MAX;
	     at = view_find(input, needle, at + 1))
		last = at + needle.size;
	if (last != SIZE_MAX && !only_blanks(view_slice(input, last, SIZE_MAX)))
		job_remove(pdf->job, REMOVAL_PDF_OUTSIDE, "",
			   view_slice(input, last, SIZE_MAX), "after the end");
	if (qpdf_oh_has_key(pdf->qpdf, trailer, "/Prev") &&
	    !qpdf_is_linearized(pdf->qpdf))
		job_remove(pdf->job, REMOVAL_PDF_REVISIONS, "",
			   view_of(NULL, 0), "/Prev");
	if (qpdf_is_encrypted(pdf->qpdf))
		job_remove(pdf->job, REMOVAL_PDF_ENCRYPTION, "",
			   view_of(NULL, 0), "%s",
			   pdf->job->opened_with_password ? "password" : "");
	if (pdf->damage > 0)
		job_remove(pdf->job, REMOVAL_PDF_MENDED, "", view_of(NULL, 0),
			   "%u", pdf->damage);
}
