#include "sanitizers/pdf/document.h"

#include <stdio.h>

#include "base/banned.h"

static int read_error(struct pdf *pdf)
{
	qpdf_error error = qpdf_get_error(pdf->qpdf);
	const char *text;

	switch (qpdf_get_error_code(pdf->qpdf, error)) {
	case qpdf_e_password:
		return -ERR_ENCRYPTED;
	case qpdf_e_unsupported:
		return -ERR_ENCRYPTION_UNSUPPORTED;
	case qpdf_e_internal:
	case qpdf_e_system:
		text = qpdf_get_error_full_text(pdf->qpdf, error);
		if (text != NULL && strstr(text, "bad_alloc") != NULL)
			return -ERR_MEMORY;
		return -ERR_MALFORMED;
	default:
		return -ERR_MALFORMED;
	}
}

static int try_password(struct pdf *pdf, const char *password)
{
	struct view input = pdf->job->input;

	pdf->qpdf = qpdf_init();
	if (pdf->qpdf == NULL)
		return -ERR_MEMORY;
	qpdf_silence_errors(pdf->qpdf);
	qpdf_set_suppress_warnings(pdf->qpdf, QPDF_TRUE);
	if ((qpdf_read_memory(pdf->qpdf, "input", (const char *)input.data,
			      input.size, password) &
	     QPDF_ERRORS) == 0)
		return 0;
	return read_error(pdf);
}

int pdf_open(struct pdf *pdf)
{
	int error = try_password(pdf, NULL);

	for (size_t i = 0;
	     error == -ERR_ENCRYPTED && i < pdf->job->password_count; i++) {
		pdf_close(pdf);
		error = try_password(pdf, pdf->job->passwords[i]);
		if (error == 0)
			pdf->job->opened_with_password = true;
	}
	if (error == -ERR_ENCRYPTED && pdf->job->password_count > 0)
		error = -ERR_PASSWORD_WRONG;
	return error;
}

void pdf_close(struct pdf *pdf)
{
	if (pdf->qpdf == NULL)
		return;
	/* What nobody asked for it would print. */
	if (qpdf_has_error(pdf->qpdf))
		(void)qpdf_get_error(pdf->qpdf);
	qpdf_cleanup(&pdf->qpdf);
}

int pdf_check_warnings(struct pdf *pdf)
{
	while (qpdf_more_warnings(pdf->qpdf)) {
		qpdf_error warning = qpdf_next_warning(pdf->qpdf);
		const char *text = qpdf_get_error_full_text(pdf->qpdf, warning);

		pdf->damage++;
		if (text == NULL)
			continue;
		/* An object stream that was not read for lack of memory is an
		 * empty document with a warning. */
		if (strstr(text, "bad_alloc") != NULL ||
		    strstr(text, "length_error") != NULL)
			return -ERR_MEMORY;
		if (strstr(text, "excessively deep") != NULL)
			return -ERR_LIMIT_DEPTH;
	}
	if (qpdf_has_error(pdf->qpdf)) {
		int error = read_error(pdf);

		if (error == -ERR_MEMORY)
			return error;
		pdf->damage++;
	}
	return 0;
}

qpdf_oh pdf_dictionary(struct pdf *pdf, qpdf_oh object)
{
	if (qpdf_oh_is_stream(pdf->qpdf, object))
		return qpdf_oh_get_dict(pdf->qpdf, object);
	return object;
}

qpdf_oh pdf_key(struct pdf *pdf, qpdf_oh dictionary, const char *key)
{
	if (!qpdf_oh_is_dictionary(pdf->qpdf, dictionary))
		return qpdf_oh_new_null(pdf->qpdf);
	return qpdf_oh_get_key(pdf->qpdf, dictionary, key);
}

qpdf_oh pdf_element(struct pdf *pdf, qpdf_oh array, int at)
{
	/* qpdf warns of what is not there, and warnings are damage. */
	if (!qpdf_oh_is_array(pdf->qpdf, array) || at < 0 ||
	    at >= qpdf_oh_get_array_n_items(pdf->qpdf, array))
		return qpdf_oh_new_null(pdf->qpdf);
	return qpdf_oh_get_array_item(pdf->qpdf, array, at);
}

long long pdf_integer(struct pdf *pdf, qpdf_oh dictionary, const char *key,
		      long long fallback)
{
	qpdf_oh value = pdf_key(pdf, dictionary, key);
	long long number = fallback;
	double real;

	if (qpdf_oh_is_integer(pdf->qpdf, value))
		(void)qpdf_oh_get_value_as_longlong(pdf->qpdf, value, &number);
	else if (qpdf_oh_get_value_as_number(pdf->qpdf, value, &real) &&
		 real > -2e9 && real < 2e9)
		number = (long long)real;
	qpdf_oh_release(pdf->qpdf, value);
	return number;
}

bool pdf_has_name(struct pdf *pdf, qpdf_oh dictionary, const char *key,
		  const char *name)
{
	qpdf_oh value = pdf_key(pdf, dictionary, key);
	bool same =
	    qpdf_oh_is_name_and_equals(pdf->qpdf, value, name) == QPDF_TRUE;

	qpdf_oh_release(pdf->qpdf, value);
	return same;
}

void pdf_printable(struct pdf *pdf, qpdf_oh object, char *text, size_t size)
{
	const char *bytes = "";
	size_t length = 0;

	if (qpdf_oh_is_name(pdf->qpdf, object)) {
		bytes = qpdf_oh_get_name(pdf->qpdf, object);
		length = strlen(bytes);
	} else if (qpdf_oh_is_string(pdf->qpdf, object)) {
		bytes =
		    qpdf_oh_get_binary_utf8_value(pdf->qpdf, object, &length);
	}
	(void)snprintf(text, size, "%.*s", length > 400 ? 400 : (int)length,
		       bytes);
}
