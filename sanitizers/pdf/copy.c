#include "sanitizers/pdf/document.h"

#include <stdio.h>

#include "base/banned.h"

enum { NUMBER_LENGTH_MAX = 64 };

static int copy_any_array(struct pdf *pdf, struct buffer *out, qpdf_oh array,
			  enum pdf_type type, bool *ret_kept);

/* qpdf keeps reals as they were written; only their shape is let through. */
static void write_real(struct buffer *out, const char *text)
{
	size_t length = strspn(text, "+-.0123456789");

	if (length == 0 || text[length] != '\0' || length > NUMBER_LENGTH_MAX)
		buffer_text(out, "0");
	else
		buffer_text(out, text);
}

static bool copy_scalar(struct pdf *pdf, struct buffer *out, qpdf_oh value,
			unsigned accepts)
{
	const char *text;
	size_t length;

	switch (qpdf_oh_get_type_code(pdf->qpdf, value)) {
	case ot_boolean:
		if ((accepts & OF_BOOLEAN) == 0)
			return false;
		buffer_text(out, qpdf_oh_get_bool_value(pdf->qpdf, value)
				     ? " true"
				     : " false");
		return true;
	case ot_integer:
		if ((accepts & OF_NUMBER) == 0)
			return false;
		buffer_format(out, " %lld",
			      qpdf_oh_get_int_value(pdf->qpdf, value));
		return true;
	case ot_real:
		if ((accepts & OF_NUMBER) == 0)
			return false;
		buffer_u8(out, ' ');
		write_real(out, qpdf_oh_get_real_value(pdf->qpdf, value));
		return true;
	case ot_name:
		if ((accepts & OF_NAME) == 0)
			return false;
		pdf_write_name(out, qpdf_oh_get_name(pdf->qpdf, value));
		return true;
	case ot_string:
		if ((accepts & OF_STRING) == 0)
			return false;
		text =
		    qpdf_oh_get_binary_string_value(pdf->qpdf, value, &length);
		pdf_write_string(out, view_of(text, length));
		return true;
	default:
		return false;
	}
}

static int copy_elements(struct pdf *pdf, struct buffer *out, qpdf_oh array,
			 const struct pdf_type_rule *rule, bool *ret_kept)
{
	int count = qpdf_oh_get_array_n_items(pdf->qpdf, array);

	for (int i = 0; i < count; i++) {
		qpdf_oh item = pdf_element(pdf, array, i);
		bool kept;
		int error = pdf_copy(pdf, out, item,
				     (enum pdf_type)rule->element, &kept);

		if (error == 0)
			error = buffer_error(out);
		if (error != 0)
			return error;
		qpdf_oh_release(pdf->qpdf, item);
		if (kept)
			continue;
		if (rule->accepts & REJECT_WHOLE)
			return 0;
		if (rule->accepts & REJECT_NULL)
			buffer_text(out, " null");
	}
	*ret_kept = true;
	return 0;
}

static int copy_array(struct pdf *pdf, struct buffer *out, qpdf_oh array,
		      enum pdf_type type, bool *ret_kept)
{
	const struct pdf_type_rule *rule = pdf_type_rule(type);
	size_t start = out->size;
	int error;

	if (pdf->depth >= PDF_DIRECT_DEPTH_MAX)
		return -ERR_LIMIT_DEPTH;
	pdf->depth++;
	buffer_u8(out, '[');
	error = copy_elements(pdf, out, array, rule, ret_kept);
	buffer_u8(out, ']');
	pdf->depth--;
	if (error == 0 && !*ret_kept) {
		out->size = start;
		if (type == PDF_TYPE_FONT_MATRIX)
			pdf_drop(pdf, REMOVAL_PDF_FONT_MATRIX, array,
				 "FontMatrix");
	}
	return error;
}

static int write_reference(struct pdf *pdf, struct buffer *out, qpdf_oh object,
			   uint16_t kind)
{
	uint32_t number;
	int error = pdf_enqueue(pdf, object, kind, &number);

	if (error == 0)
		error = pdf_note_edge(pdf, number, kind);
	if (error == 0)
		buffer_format(out, " %u 0 R", number);
	return error;
}

/* A colour space is an array with a meaning of its own. */
static int copy_any_array(struct pdf *pdf, struct buffer *out, qpdf_oh array,
			  enum pdf_type type, bool *ret_kept)
{
	if (type == PDF_TYPE_COLOUR_SPACE)
		return pdf_copy_colour_space(pdf, out, array, ret_kept);
	return copy_array(pdf, out, array, type, ret_kept);
}

static int copy_known(struct pdf *pdf, struct buffer *out, qpdf_oh object,
		      enum pdf_dictionary kind, bool *ret_kept)
{
	uint32_t number = 0;

	if (qpdf_oh_is_indirect(pdf->qpdf, object))
		number = pdf_map_find(&pdf->map,
				      qpdf_oh_get_object_id(pdf->qpdf, object),
				      qpdf_oh_get_generation(pdf->qpdf, object),
				      pdf_kind_of_dictionary(kind));
	if (number != 0) {
		buffer_format(out, " %u 0 R", number);
		*ret_kept = true;
	}
	return 0;
}

static int copy_dictionary(struct pdf *pdf, struct buffer *out, qpdf_oh object,
			   enum pdf_type type, bool *ret_kept)
{
	const struct pdf_type_rule *rule = pdf_type_rule(type);
	enum pdf_dictionary kind = (enum pdf_dictionary)rule->dictionary;
	int error;

	if (rule->accepts & BY_CONTENT)
		kind = pdf_classify(pdf, object, type);
	if (kind == PDF_NONE)
		return 0;
	if (rule->accepts & ONLY_KNOWN)
		return copy_known(pdf, out, object, kind, ret_kept);
	*ret_kept = true;
	if (qpdf_oh_is_indirect(pdf->qpdf, object))
		return write_reference(pdf, out, object,
				       pdf_kind_of_dictionary(kind));
	if (pdf->depth >= PDF_DIRECT_DEPTH_MAX)
		return -ERR_LIMIT_DEPTH;
	pdf->depth++;
	buffer_text(out, "<<");
	error = pdf_copy_keys(pdf, out, object, kind);
	buffer_text(out, ">>");
	pdf->depth--;
	return error;
}

/* What a structure element points to: kept only where it is kept anyway. */
static int copy_structure_object(struct pdf *pdf, struct buffer *out,
				 qpdf_oh object, bool *ret_kept)
{
	static const enum pdf_dictionary kinds[] = {
	    PDF_LINK, PDF_WIDGET, PDF_MARKUP, PDF_POPUP, PDF_FORM, PDF_IMAGE};
	int error = 0;

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (error == 0 && !*ret_kept)
			error =
			    copy_known(pdf, out, object, kinds[i], ret_kept);
	return error;
}

static int copy_special(struct pdf *pdf, struct buffer *out, qpdf_oh value,
			enum pdf_type type, bool *ret_kept)
{
	switch (type) {
	case PDF_TYPE_NAMED_DESTINATION:
		*ret_kept = copy_scalar(pdf, out, value, OF_STRING);
		if (*ret_kept)
			return 0;
		return pdf_copy_destination(pdf, out, value, ret_kept);
	case PDF_TYPE_DESTINATION:
		return pdf_copy_destination(pdf, out, value, ret_kept);
	case PDF_TYPE_ACTION:
		return pdf_copy_action(pdf, out, value, ret_kept);
	case PDF_TYPE_OPEN_ACTION:
		return pdf_copy_open_action(pdf, out, value, ret_kept);
	case PDF_TYPE_STRUCTURE_OBJECT:
		return copy_structure_object(pdf, out, value, ret_kept);
	default:
		return -ERR_INTERNAL;
	}
}

static int copy_value(struct pdf *pdf, struct buffer *out, qpdf_oh value,
		      enum pdf_type type, bool *ret_kept)
{
	const struct pdf_type_rule *rule = pdf_type_rule(type);

	if (rule->accepts & IS_SPECIAL)
		return copy_special(pdf, out, value, type, ret_kept);
	switch (qpdf_oh_get_type_code(pdf->qpdf, value)) {
	case ot_array:
		if ((rule->accepts & OF_ARRAY) == 0)
			return 0;
		if ((rule->accepts & REJECT_WHOLE) != 0 ||
		    !qpdf_oh_is_indirect(pdf->qpdf, value))
			return copy_any_array(pdf, out, value, type, ret_kept);
		*ret_kept = true;
		return write_reference(pdf, out, value,
				       pdf_kind_of_array(type));
	case ot_dictionary:
		if ((rule->accepts & OF_DICTIONARY) == 0)
			return 0;
		return copy_dictionary(pdf, out, value, type, ret_kept);
	case ot_stream:
		if ((rule->accepts & OF_STREAM) == 0)
			return 0;
		return copy_dictionary(pdf, out, value, type, ret_kept);
	default:
		*ret_kept = copy_scalar(pdf, out, value, rule->accepts);
		return 0;
	}
}

int pdf_copy(struct pdf *pdf, struct buffer *out, qpdf_oh value,
	     enum pdf_type type, bool *ret_kept)
{
	int error;

	*ret_kept = false;
	error = copy_value(pdf, out, value, type, ret_kept);
	if (error == 0 && *ret_kept && qpdf_oh_is_indirect(pdf->qpdf, value))
		error = pdf_mark_kept(pdf, value);
	return error;
}

/* Names that say what a dictionary is must say what it is copied as. */
static bool name_fits(struct pdf *pdf, enum pdf_dictionary kind,
		      const char *key, qpdf_oh value)
{
	const char *wanted = NULL;

	if (strcmp(key, "/Subtype") == 0) {
		if (kind == PDF_WIDGET)
			wanted = "/Widget";
		else if (kind == PDF_FORM)
			wanted = "/Form";
		else if (kind == PDF_IMAGE)
			wanted = "/Image";
	} else if (strcmp(key, "/PageMode") == 0 &&
		   qpdf_oh_is_name_and_equals(pdf->qpdf, value,
					      "/UseAttachments")) {
		return false;
	} else if (kind == PDF_WIDGET && strcmp(key, "/V") == 0) {
		/* The value of a signature field is the signature. */
		return !qpdf_oh_is_dictionary(pdf->qpdf, value);
	}
	return wanted == NULL ||
	       qpdf_oh_is_name_and_equals(pdf->qpdf, value, wanted);
}

/* Takes the handle. */
static int copy_entry(struct pdf *pdf, struct buffer *out, qpdf_oh value,
		      const char *key, enum pdf_type type)
{
	size_t start = out->size;
	bool kept = false;
	int error;

	pdf_write_name(out, key);
	error = pdf_copy(pdf, out, value, type, &kept);
	if (error != 0)
		return error;
	if (!kept)
		out->size = start;
	if (!kept && type != PDF_TYPE_FONT_MATRIX &&
	    (pdf_type_rule(type)->accepts &
	     (IS_SPECIAL | BY_CONTENT | ONLY_KNOWN)) == 0)
		pdf_drop_key(pdf, pdf->at_kind, key, value);
	else
		qpdf_oh_release(pdf->qpdf, value);
	return buffer_error(out);
}

int pdf_copy_key(struct pdf *pdf, struct buffer *out, qpdf_oh dictionary,
		 const char *key, enum pdf_type type)
{
	return copy_entry(pdf, out, qpdf_oh_get_key(pdf->qpdf, dictionary, key),
			  key, type);
}

static bool tells_of_data(const char *key)
{
	static const char *const keys[] = {"/Length", "/Filter", "/DecodeParms",
					   "/DL"};

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (strcmp(keys[i], key) == 0)
			return true;
	return false;
}

static int copy_one(struct pdf *pdf, struct buffer *out, qpdf_oh dictionary,
		    enum pdf_dictionary kind, const char *key)
{
	enum pdf_type type = pdf_key_type(kind, key);
	enum pdf_dictionary outer = pdf->at_kind;
	qpdf_oh value;
	bool fits;
	int error = 0;

	if (type == PDF_TYPE_NONE) {
		pdf_drop_key(pdf, kind, key,
			     qpdf_oh_get_key(pdf->qpdf, dictionary, key));
		return 0;
	}
	value = qpdf_oh_get_key(pdf->qpdf, dictionary, key);
	fits = name_fits(pdf, kind, key, value);
	if (!fits) {
		pdf_drop_key(pdf, kind, key, value);
		return 0;
	}
	pdf->at_kind = kind;
	error = copy_entry(pdf, out, value, key, type);
	pdf->at_kind = outer;
	return error;
}

static int copy_listed(struct pdf *pdf, struct buffer *out, qpdf_oh dictionary,
		       enum pdf_dictionary kind, const struct buffer *keys)
{
	const struct pdf_page *page = kind == PDF_PAGE ? pdf->page : NULL;
	const char *previous = "";
	int error = 0;

	for (size_t at = 0; error == 0 && at < keys->size;
	     at += strlen((const char *)keys->data + at) + 1) {
		const char *key = (const char *)keys->data + at;

		if (page != NULL)
			error =
			    pdf_copy_inherited(pdf, out, page, previous, key);
		if (error == 0)
			error = copy_one(pdf, out, dictionary, kind, key);
		previous = key;
	}
	if (error == 0 && page != NULL)
		error = pdf_copy_inherited(pdf, out, page, previous, NULL);
	return error;
}

int pdf_copy_keys(struct pdf *pdf, struct buffer *out, qpdf_oh object,
		  enum pdf_dictionary kind)
{
	BUFFER_CLEANUP struct buffer keys = buffer_make(64 * 1024 * 1024);
	bool is_stream = qpdf_oh_is_stream(pdf->qpdf, object);
	qpdf_oh dictionary = pdf_dictionary(pdf, object);
	int error;

	/* There is one iterator for the whole document. */
	qpdf_oh_begin_dict_key_iter(pdf->qpdf, dictionary);
	while (qpdf_oh_dict_more_keys(pdf->qpdf)) {
		const char *key = qpdf_oh_dict_next_key(pdf->qpdf);

		if (!is_stream || !tells_of_data(key))
			buffer_bytes(&keys, key, strlen(key) + 1);
	}
	error = buffer_error(&keys);
	if (error == 0)
		error = copy_listed(pdf, out, dictionary, kind, &keys);
	if (is_stream)
		qpdf_oh_release(pdf->qpdf, dictionary);
	return error;
}

static int write_item(struct pdf *pdf, struct buffer *out,
		      const struct pdf_item *item)
{
	qpdf_oh object =
	    qpdf_get_object_by_id(pdf->qpdf, item->object, item->generation);
	enum pdf_dictionary kind = PDF_NONE;
	bool kept = false;
	int error;

	pdf->at_object = item->object;
	pdf->at_number = item->number;
	out->size = 0;
	if (item->kind == PDF_KIND_INHERITED) {
		object = pdf_key(pdf, object, "/Resources");
		buffer_text(out, "<<");
		error = pdf_copy_keys(pdf, out, object, PDF_RESOURCES);
		buffer_text(out, ">>");
	} else if (item->kind >= 0x100) {
		error =
		    copy_any_array(pdf, out, object,
				   (enum pdf_type)(item->kind - 0x100), &kept);
		if (error == 0 && !kept)
			buffer_text(out, "[]");
	} else {
		kind = (enum pdf_dictionary)(item->kind - 1);
		pdf->at_kind = kind;
		if (qpdf_oh_is_stream(pdf->qpdf, object)) {
			error = pdf_write_stream_item(pdf, object, kind,
						      item->number);
			qpdf_oh_release(pdf->qpdf, object);
			return error;
		}
		buffer_text(out, "<<");
		error = pdf_copy_keys(pdf, out, object, kind);
		buffer_text(out, ">>");
	}
	qpdf_oh_release(pdf->qpdf, object);
	if (error == 0)
		error = buffer_error(out);
	if (error != 0)
		return error;
	return pdf_write_object(pdf, item->number, buffer_contents(out));
}

int pdf_drain(struct pdf *pdf)
{
	BUFFER_CLEANUP struct buffer out =
	    buffer_make(pdf->job->policy->limits.output_bytes);
	int error = 0;

	while (error == 0 && pdf->queue_next < pdf->queue_used) {
		struct pdf_item item = pdf->queue[pdf->queue_next++];

		error = write_item(pdf, &out, &item);
		if (error == 0)
			error = pdf_check_warnings(pdf);
	}
	return error;
}
