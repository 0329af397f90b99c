/*
 * A text without what does not show or what a terminal acts on.
 */
#ifndef SEKISHO_SANITIZERS_PLAIN_CLEAN_H
#define SEKISHO_SANITIZERS_PLAIN_CLEAN_H

#include "sanitizers/job.h"
#include "sanitizers/plain/encoding.h"

struct text {
	struct view bytes;      /* lies in the input, or in `buffer` */
	enum encoding encoding; /* of `bytes` */
	bool converted;         /* the input was in another encoding */
	size_t mark;            /* size of the byte order mark in front */
	struct buffer buffer;
};

/*
 * Decodes job->input, takes out control characters, escape sequences, bidi
 * controls and invisible characters, and reports each sort once with how many
 * there were. What stays keeps its bytes, or becomes UTF-8 where `utf8`. The
 * bytes are valid until text_free(), which the caller calls in any case.
 */
int text_clean(struct job *job, bool utf8, struct text *ret_text) MUST_CHECK;

static inline void text_free(struct text *text)
{
	buffer_free(&text->buffer);
}

#define TEXT_CLEANUP __attribute__((cleanup(text_free)))

/*
 * Emits `bytes` in `encoding`. Where they are not the input's, detection looks
 * at them first: what a control character broke up must not be whole now, a
 * script's first line or a magic number.
 */
int text_emit(struct job *job, struct view bytes,
	      enum encoding encoding) MUST_CHECK;

/* The extension of the name where it is one of the job's format, else the
 * format's own. */
void text_keep_extension(struct job *job);

#endif
