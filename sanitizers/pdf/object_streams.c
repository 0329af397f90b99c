/*
 * Object streams (ISO 32000-1, 7.5.7) and cross-reference streams are inflated
 * by qpdf while it reads, without a cap: a few hundred kilobytes become
 * gigabytes before anything of the document is seen. They are counted here,
 * in the raw file, before qpdf is shown it.
 */
#include "sanitizers/pdf/document.h"
#include "sanitizers/pdf/filter.h"

#include "base/hex.h"

#include "base/banned.h"

enum { DICTIONARY_MAX = 16 * 1024 };

/* No real document comes near it: the objects in it are text. */
static const uint64_t inflated_max = 128ULL * 1024 * 1024;

/* The dictionary with the #xx of names undone: /Obj#53tm is /ObjStm. */
static void undo_escapes(struct view raw, struct buffer *text)
{
	for (size_t i = 0; i < raw.size; i++) {
		int high = i + 2 < raw.size ? hex_digit(raw.data[i + 1]) : -1;
		int low = i + 2 < raw.size ? hex_digit(raw.data[i + 2]) : -1;

		if (raw.data[i] == '#' && high >= 0 && low >= 0) {
			buffer_u8(text, (uint8_t)(high * 16 + low));
			i += 2;
		} else {
			buffer_u8(text, raw.data[i]);
		}
	}
}

/* Whether qpdf would inflate the stream whose keyword is at `at`. */
static bool is_structural(struct view input, size_t at)
{
	BUFFER_CLEANUP struct buffer text = buffer_make(DICTIONARY_MAX);
	size_t start = at > DICTIONARY_MAX ? at - DICTIONARY_MAX : 0;
	struct view raw = view_slice(input, start, at - start);
	size_t object = view_find_last(raw, view_of_string("obj"));
	struct view names;

	if (object != SIZE_MAX)
		raw = view_slice(raw, object, raw.size);
	undo_escapes(raw, &text);
	names = buffer_contents(&text);
	return view_find(names, view_of_string("/ObjStm"), 0) != SIZE_MAX ||
	       view_find(names, view_of_string("/XRef"), 0) != SIZE_MAX;
}

static int count_stream(struct job *job, size_t at)
{
	struct view data = view_slice(job->input, at, SIZE_MAX);
	struct filter_result result;
	int error;

	error = filter_decode(job, FILTER_FLATE, false, data, inflated_max,
			      NULL, &result);
	/* What is no Flate data qpdf does not inflate either. */
	if (error == -ERR_LIMIT_RATIO || error == -ERR_LIMIT_BYTES)
		return error;
	return error != 0 ? 0
			  : job_check_ratio(job, result.consumed, result.size);
}

int pdf_check_object_streams(struct job *job)
{
	struct view keyword = view_of_string("stream");
	size_t at = view_find(job->input, keyword, 0);

	while (at != SIZE_MAX) {
		struct view head = view_slice(job->input, at, 8);
		size_t start = at + keyword.size;
		bool ends =
		    at >= 3 &&
		    view_starts_with(view_slice(job->input, at - 3, 3), "end");
		int error = 0;

		if (view_starts_with(head, "stream\r\n"))
			start += 2;
		else
			start += 1;
		if (!ends && is_structural(job->input, at))
			error = count_stream(job, start);
		if (error != 0)
			return error;
		at = view_find(job->input, keyword, at + keyword.size);
	}
	return 0;
}
