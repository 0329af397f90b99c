/*
 * The data of streams: loaded once, decoded through their general filters,
 * looked through by kind, and written with Flate or as what their picture
 * filter made anew.
 */
#ifndef SEKISHO_SANITIZERS_PDF_STREAM_H
#define SEKISHO_SANITIZERS_PDF_STREAM_H

#include "sanitizers/pdf/document.h"
#include "sanitizers/pdf/filter.h"

enum { STREAM_FILTERS_MAX = 3 };

struct pdf_stream {
	struct pdf *pdf;
	int object;
	int generation;
	qpdf_oh dictionary;
	qpdf_oh parameters; /* of the last filter; qpdf's null: none */
	struct buffer raw;  /* as in the file, decrypted */
	struct buffer data; /* what the general filters gave */
	enum pdf_filter filters[STREAM_FILTERS_MAX];
	struct filter_parameters predictors[STREAM_FILTERS_MAX];
	unsigned count;        /* of filters */
	enum pdf_filter final; /* picture filter, 0: none */
	bool keep_raw;         /* raw is one clean Flate stream: may stay */
	bool mended;           /* data was damaged, what was there stays */
	uint64_t size;         /* decoded, where it was only counted */
};

void pdf_stream_free(struct pdf_stream *stream);
#define STREAM_CLEANUP __attribute__((cleanup(pdf_stream_free)))

/* Loads the raw bytes and what they are packed with. -ERR_LIMIT_RATIO for
 * too many or repeated filters, -ERR_MALFORMED for unknown ones. */
int pdf_stream_load(struct pdf *pdf, qpdf_oh object,
		    struct pdf_stream *ret_stream) MUST_CHECK;

/* Decodes the general filters into stream->data, at most `cap` bytes. */
int pdf_stream_decode(struct pdf_stream *stream, uint64_t cap) MUST_CHECK;

/* The same without keeping anything where the raw bytes can stay. */
int pdf_stream_count(struct pdf_stream *stream, uint64_t cap) MUST_CHECK;

/* The decoded content of a stream that is dropped, for its digest; empty when
 * it cannot be had cheaply. Valid as long as the job. */
struct view pdf_stream_peek(struct pdf *pdf, qpdf_oh object);

/* Writes the stream: raw where that may stay, else data with Flate.
 * `keys` are those of its dictionary. */
int pdf_stream_write(struct pdf_stream *stream, struct buffer *keys,
		     uint32_t number) MUST_CHECK;

/* Writes these bytes with Flate where that makes them smaller. */
int pdf_stream_write_data(struct pdf *pdf, struct buffer *keys,
			  struct view data, uint32_t number) MUST_CHECK;

#endif
