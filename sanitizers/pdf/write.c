#include "sanitizers/pdf/document.h"

#include <sodium.h>
#include <stdio.h>

#include "base/banned.h"

static bool is_regular(uint8_t byte)
{
	return byte > 0x20 && byte < 0x7f &&
	       strchr("()<>[]{}/%#", byte) == NULL;
}

void pdf_write_name(struct buffer *out, const char *name)
{
	buffer_u8(out, '/');
	for (const char *at = name[0] == '/' ? name + 1 : name; *at != '\0';
	     at++) {
		uint8_t byte = (uint8_t)*at;

		if (is_regular(byte))
			buffer_u8(out, byte);
		else
			buffer_format(out, "#%02x", byte);
	}
}

void pdf_write_string(struct buffer *out, struct view text)
{
	static const char digits[] = "0123456789abcdef";
	bool printable = true;

	for (size_t i = 0; i < text.size && printable; i++)
		printable = text.data[i] >= 0x20 && text.data[i] < 0x7f;
	buffer_u8(out, printable ? '(' : '<');
	for (size_t i = 0; i < text.size; i++) {
		uint8_t byte = text.data[i];

		if (!printable) {
			buffer_u8(out, (uint8_t)digits[byte >> 4]);
			buffer_u8(out, (uint8_t)digits[byte & 15]);
			continue;
		}
		if (byte == '(' || byte == ')' || byte == '\\')
			buffer_u8(out, '\\');
		buffer_u8(out, byte);
	}
	buffer_u8(out, printable ? ')' : '>');
}

static int note_offset(struct pdf *pdf, uint32_t number)
{
	if (number >= pdf->offsets_size) {
		size_t size = pdf->offsets_size == 0 ? 1024 : pdf->offsets_size;
		uint64_t *offsets;

		while (size <= number)
			size *= 2;
		offsets = arena_array(pdf->job->arena, size, sizeof(*offsets));
		if (offsets == NULL)
			return -ERR_MEMORY;
		for (size_t i = 0; i < pdf->offsets_size; i++)
			offsets[i] = pdf->offsets[i];
		pdf->offsets = offsets;
		pdf->offsets_size = size;
	}
	pdf->offsets[number] = pdf->job->emitted;
	return 0;
}

static int emit_text(struct pdf *pdf, const char *text)
{
	return job_emit(pdf->job, view_of_string(text));
}

int pdf_write_header(struct pdf *pdf)
{
	return emit_text(pdf, "%PDF-1.7\n%\xe2\xe3\xcf\xd3\n");
}

static int begin_object(struct pdf *pdf, uint32_t number)
{
	char text[40];
	int error = note_offset(pdf, number);

	if (error != 0)
		return error;
	(void)snprintf(text, sizeof(text), "%u 0 obj\n", number);
	return emit_text(pdf, text);
}

int pdf_write_object(struct pdf *pdf, uint32_t number, struct view object)
{
	int error = begin_object(pdf, number);

	if (error == 0)
		error = job_emit(pdf->job, object);
	if (error == 0)
		error = emit_text(pdf, "\nendobj\n");
	return error;
}

int pdf_write_stream(struct pdf *pdf, uint32_t number, struct view keys,
		     struct view data)
{
	char text[64];
	int error = begin_object(pdf, number);

	if (error == 0)
		error = emit_text(pdf, "<<");
	if (error == 0)
		error = job_emit(pdf->job, keys);
	(void)snprintf(text, sizeof(text), "/Length %zu>>\nstream\n",
		       data.size);
	if (error == 0)
		error = emit_text(pdf, text);
	if (error == 0)
		error = job_emit(pdf->job, data);
	if (error == 0)
		error = emit_text(pdf, "\nendstream\nendobj\n");
	return error;
}

/*
 * One cross-reference table. The identifier of the file comes from where its
 * objects lie, so that the same input gives the same bytes.
 */
int pdf_write_trailer(struct pdf *pdf)
{
	BUFFER_CLEANUP struct buffer table =
	    buffer_make((size_t)PDF_OBJECTS_MAX * 21 + 4096);
	uint64_t start = pdf->job->emitted;
	uint8_t digest[16];
	int error;

	crypto_generichash(digest, sizeof(digest),
			   (const uint8_t *)pdf->offsets,
			   (pdf->numbers + 1) * sizeof(*pdf->offsets), NULL, 0);
	buffer_format(&table, "xref\n0 %u\n0000000000 65535 f \n",
		      pdf->numbers + 1);
	for (uint32_t i = 1; i <= pdf->numbers; i++) {
		if (i >= pdf->offsets_size || pdf->offsets[i] == 0)
			return -ERR_INTERNAL;
		buffer_format(&table, "%010llu 00000 n \n",
			      (unsigned long long)pdf->offsets[i]);
	}
	buffer_format(&table, "trailer\n<</ID[");
	for (int i = 0; i < 2; i++) {
		buffer_u8(&table, '<');
		for (size_t k = 0; k < sizeof(digest); k++)
			buffer_format(&table, "%02x", digest[k]);
		buffer_u8(&table, '>');
	}
	buffer_format(&table,
		      "]/Root 1 0 R/Size %u>>\nstartxref\n%llu\n%%%%EOF\n",
		      pdf->numbers + 1, (unsigned long long)start);
	error = buffer_error(&table);
	if (error == 0)
		error = job_emit(pdf->job, buffer_contents(&table));
	return error;
}
