#include "sanitizers/plain/clean.h"

#include "base/bytes.h"
#include "sanitizers/detect.h"
#include "sanitizers/detect/kind.h"
#include "sanitizers/plain/invisible.h"

#include "base/banned.h"

enum { SORTS_SHOWN = 6, ESCAPE_MAX = 4096, MARK_VALUE = 0xFEFF };

/* What went, by sort: how often, where first, which characters. */
struct tally {
	enum removal_kind kind;
	size_t count;
	size_t line;
	uint32_t shown[SORTS_SHOWN];
	size_t shown_count;
};

enum sort { SORT_CONTROL, SORT_ESCAPE, SORT_BIDI, SORT_INVISIBLE, SORT_BROKEN };

struct cleaner {
	struct decoder decoder;
	struct buffer *out;
	bool utf8;         /* written as UTF-8, else copied */
	size_t copied;     /* input up to here is in `out` */
	uint32_t previous; /* the last character that stayed */
	size_t line;
	bool changed;
	struct tally tallies[SORT_BROKEN + 1];
};

/* Copies what stayed since the last call, up to `end`. */
static void flush(struct cleaner *cleaner, size_t end)
{
	if (!cleaner->utf8)
		buffer_view(cleaner->out,
			    view_slice(cleaner->decoder.input, cleaner->copied,
				       end - cleaner->copied));
	cleaner->copied = end;
}

static void drop(struct cleaner *cleaner, enum sort sort,
		 const struct character *what)
{
	struct tally *tally = &cleaner->tallies[sort];
	size_t i = 0;

	flush(cleaner, what->offset);
	cleaner->copied = cleaner->decoder.offset;
	cleaner->changed = true;
	if (tally->count++ == 0)
		tally->line = cleaner->line;
	while (i < tally->shown_count && tally->shown[i] != what->value)
		i++;
	if (i == tally->shown_count && i < SORTS_SHOWN)
		tally->shown[tally->shown_count++] = what->value;
}

/* Takes the rest of an escape sequence (ECMA-48 5.4, 5.6): the decoder stands
 * behind its introducer. Strings end with their line at the latest. */
static void take_sequence(struct decoder *decoder, uint32_t introducer)
{
	bool string = introducer == ']' || introducer == 'P' ||
		      introducer == 'X' || introducer == '^' ||
		      introducer == '_';
	bool control = introducer == '[';
	struct decoder ahead = *decoder;
	struct character next;

	for (int i = 0; i < ESCAPE_MAX && decoder_next(&ahead, &next); i++) {
		uint32_t value = next.value;

		if (string && (value == 0x07 || value == 0x9C)) {
			*decoder = ahead;
			return;
		}
		if (string && value == 0x1B) {
			if (decoder_next(&ahead, &next) && next.value == '\\')
				*decoder = ahead;
			return;
		}
		if (value >= CHARACTER_INVALID || value < 0x20 ||
		    (!string && value > 0x7E))
			return;
		*decoder = ahead;
		if ((control && value >= 0x40) ||
		    (!control && !string && value >= 0x30))
			return;
	}
}

static void drop_escape(struct cleaner *cleaner, const struct character *escape)
{
	struct decoder ahead = cleaner->decoder;
	struct character next;
	uint32_t introducer = 0;

	if (escape->value == 0x9B) {
		introducer = '[';
	} else if (decoder_next(&ahead, &next) && next.value >= 0x20 &&
		   next.value < 0x7F) {
		introducer = next.value;
		cleaner->decoder = ahead;
	}
	if (strchr("[]PX^_ !\"#$%&'()*+,-./", (int)introducer) != NULL &&
	    introducer != 0)
		take_sequence(&cleaner->decoder, introducer);
	drop(cleaner, SORT_ESCAPE, escape);
}

static void keep(struct cleaner *cleaner, const struct character *next)
{
	if (cleaner->utf8 && next->value < CHARACTER_INVALID)
		buffer_utf8(cleaner->out, next->value);
	if (next->value < CHARACTER_INVALID)
		cleaner->previous = next->value;
	cleaner->line += next->value == '\n';
}

static bool joiner_stays(const struct cleaner *cleaner,
			 const struct character *joiner)
{
	struct decoder ahead = cleaner->decoder;
	struct character after = {.value = 0};

	(void)decoder_next(&ahead, &after);
	return joins(joiner->value, cleaner->previous, after.value);
}

static void drop_separator(struct cleaner *cleaner,
			   const struct character *next)
{
	drop(cleaner, SORT_INVISIBLE, next);
	encoding_write_ascii(
	    cleaner->out,
	    cleaner->utf8 ? ENCODING_UTF8 : cleaner->decoder.encoding, ' ');
	cleaner->previous = ' ';
}

static void clean_character(struct cleaner *cleaner,
			    const struct character *next)
{
	if (next->value == 0x1B || next->value == 0x9B) {
		drop_escape(cleaner, next);
		return;
	}
	if (next->value >= CHARACTER_INVALID) {
		if (next->value == CHARACTER_SHIFT)
			keep(cleaner, next);
		else
			drop(cleaner, SORT_BROKEN, next);
		return;
	}
	switch (trait_of(next->value)) {
	case TRAIT_PLAIN:
		keep(cleaner, next);
		return;
	case TRAIT_CONTROL:
		drop(cleaner, SORT_CONTROL, next);
		return;
	case TRAIT_BIDI:
		drop(cleaner, SORT_BIDI, next);
		return;
	case TRAIT_INVISIBLE:
		drop(cleaner, SORT_INVISIBLE, next);
		return;
	case TRAIT_SEPARATOR:
		drop_separator(cleaner, next);
		return;
	case TRAIT_JOINER:
		if (joiner_stays(cleaner, next))
			keep(cleaner, next);
		else
			drop(cleaner, SORT_INVISIBLE, next);
		return;
	case TRAIT_SELECTOR:
		if (selects(next->value, cleaner->previous))
			keep(cleaner, next);
		else
			drop(cleaner, SORT_INVISIBLE, next);
		return;
	}
}

static void clean_all(struct cleaner *cleaner)
{
	struct decoder *decoder = &cleaner->decoder;
	struct character next;

	for (;;) {
		/* What becomes UTF-8 is looked at one by one. */
		uint32_t last = cleaner->utf8 ? 0 : decoder_skip_plain(decoder);

		if (last != 0)
			cleaner->previous = last;
		if (!decoder_next(decoder, &next))
			break;
		clean_character(cleaner, &next);
	}
	if (cleaner->changed)
		flush(cleaner, decoder->input.size);
}

static void report(struct job *job, const struct tally *tally)
{
	char where[32];
	char what[SORTS_SHOWN * 12 + 8] = "";
	size_t size = 0;

	if (tally->count == 0)
		return;
	(void)snprintf(where, sizeof(where), "line %zu", tally->line);
	for (size_t i = 0; i < tally->shown_count; i++) {
		int added;

		if (tally->shown[i] >= CHARACTER_INVALID)
			continue;
		added = snprintf(what + size, sizeof(what) - size, "%sU+%04X",
				 size == 0 ? ": " : ", ", tally->shown[i]);
		if (added > 0)
			size += (size_t)added;
	}
	job_remove(job, tally->kind, where, view_of(NULL, 0), "%zu%s",
		   tally->count, what);
}

static size_t mark_size(struct view input, enum encoding encoding)
{
	struct decoder decoder = decoder_make(input, encoding);
	struct character first;

	if (encoding != ENCODING_UTF8 && encoding != ENCODING_UTF16LE &&
	    encoding != ENCODING_UTF16BE)
		return 0;
	if (!decoder_next(&decoder, &first) || first.value != MARK_VALUE)
		return 0;
	return first.size;
}

int text_clean(struct job *job, bool utf8, struct text *ret_text)
{
	enum encoding encoding = encoding_of_again(job->input);
	struct cleaner cleaner = {
	    .decoder = decoder_make(job->input, encoding),
	    .out = &ret_text->buffer,
	    .utf8 = utf8 && encoding != ENCODING_UTF8,
	    .line = 1,
	    .tallies = {[SORT_CONTROL] = {.kind = REMOVAL_TEXT_CONTROL},
			[SORT_ESCAPE] = {.kind = REMOVAL_TEXT_ESCAPE},
			[SORT_BIDI] = {.kind = REMOVAL_TEXT_BIDI},
			[SORT_INVISIBLE] = {.kind = REMOVAL_TEXT_INVISIBLE},
			[SORT_BROKEN] = {.kind = REMOVAL_TEXT_BROKEN}},
	};

	*ret_text = (struct text){.encoding = encoding};
	if (encoding == ENCODING_NONE)
		return -ERR_TYPE_UNKNOWN;
	/* Half-width katakana grow from one byte to three. */
	ret_text->buffer = buffer_make(job->input.size * 3 + 16);
	ret_text->mark = mark_size(job->input, encoding);
	cleaner.decoder.offset = ret_text->mark;
	cleaner.copied = cleaner.utf8 ? ret_text->mark : 0;
	clean_all(&cleaner);
	for (size_t i = 0; i <= SORT_BROKEN; i++)
		report(job, &cleaner.tallies[i]);
	if (buffer_error(&ret_text->buffer) != 0)
		return buffer_error(&ret_text->buffer);
	ret_text->bytes = cleaner.changed || cleaner.utf8
			      ? buffer_contents(&ret_text->buffer)
			      : job->input;
	if (cleaner.utf8) {
		job_remove(job, REMOVAL_TEXT_CHARSET, job->name,
			   view_of(NULL, 0), "%s -> UTF-8",
			   encoding_name(encoding));
		ret_text->encoding = ENCODING_UTF8;
		ret_text->converted = true;
		ret_text->mark = 0;
	}
	return 0;
}

/* Whether nothing would go the second time: what was apart before something
 * was taken out from between may have become an escape sequence. */
static bool stays_clean(struct view bytes, enum encoding encoding)
{
	struct buffer nowhere = buffer_make(0);
	struct cleaner cleaner = {
	    .decoder = decoder_make(bytes, encoding),
	    .out = &nowhere,
	};

	cleaner.decoder.offset = mark_size(bytes, encoding);
	clean_all(&cleaner);
	return !cleaner.changed;
}

/* Whether what is left is still in this encoding: else it would be read as
 * something that nobody looked at. What is all ASCII reads the same. */
static bool still_reads_as(struct view bytes, enum encoding encoding)
{
	if (encoding_of_again(bytes) == encoding)
		return true;
	for (size_t i = 0; i < bytes.size; i++)
		if (bytes.data[i] >= 0x80 || bytes.data[i] == 0)
			return false;
	return encoding_of_again(bytes) == ENCODING_UTF8;
}

int text_emit(struct job *job, struct view bytes, enum encoding encoding)
{
	struct job again = {.input = bytes,
			    .name = job->name,
			    .declared = "",
			    .policy = job->policy,
			    .recheck = true};
	int error;

	if (bytes.data == job->input.data && bytes.size == job->input.size)
		return job_emit(job, bytes);
	error = detect_format(&again);
	if (error != 0) {
		(void)text_copy(job->detected, sizeof(job->detected),
				again.detected);
		return error;
	}
	if ((again.format != FORMAT_TEXT && again.format != FORMAT_CSV) ||
	    !still_reads_as(bytes, encoding) ||
	    !stays_clean(bytes, encoding_of_again(bytes)))
		return -ERR_TYPE_AMBIGUOUS;
	return job_emit(job, bytes);
}

void text_keep_extension(struct job *job)
{
	char extension[EXTENSION_MAX + 1];

	name_extension(job->name, extension, sizeof(extension));
	if (format_has_extension(job->format, extension))
		job_set_output(job, extension,
			       sanitizer_for(job->format)->mime);
}
