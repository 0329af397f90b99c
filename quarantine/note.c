#define _GNU_SOURCE
#include "quarantine/note.h"

#include "base/bytes.h"

#include <errno.h>
#include <inttypes.h>
#include <sodium.h>
#include <time.h>

#include "base/banned.h"

/* An em dash and a space begin a signature line. */
static const char signature_mark[] = "\xE2\x80\x94 ";

static void write_body(struct buffer *buffer,
		       const struct checkpoint *checkpoint)
{
	char time[TIME_TEXT_SIZE + 1];

	time_write(checkpoint->time_ms, time);
	buffer_format(buffer, "sekisho/%s/%d\n%" PRIu64 "\n", checkpoint->node,
		      checkpoint->year, checkpoint->size);
	base64_write(buffer, checkpoint->root, HASH_SIZE);
	buffer_format(buffer, "\ncheckpoint %" PRIu64 " %s\n",
		      checkpoint->number, time);
}

void note_sign(struct buffer *buffer, const struct checkpoint *checkpoint,
	       const struct signer *signer)
{
	BUFFER_CLEANUP struct buffer body = buffer_make(NOTE_SIZE_MAX);
	write_body(&body, checkpoint);
	if (buffer_error(&body) != 0) {
		buffer->error = buffer->error != 0 ? buffer->error : body.error;
		return;
	}
	buffer_view(buffer, buffer_contents(&body));
	buffer_format(buffer, "\n%s%s ", signature_mark, signer->name);
	signer_sign(buffer, signer, buffer_contents(&body));
	buffer_text(buffer, "\n");
}

/* The note's end: behind the signature lines that follow the first empty
 * line. 0: the file ends before. */
static size_t note_end(struct view rest, size_t *ret_body)
{
	size_t body = view_find(rest, view_of_string("\n\n"), 0);
	size_t end;

	if (body == SIZE_MAX)
		return 0;
	end = view_find(rest, view_of_string("\n\n"), body + 2);
	*ret_body = body + 1;
	if (end != SIZE_MAX)
		return end + 1;
	return rest.size > body + 2 && rest.data[rest.size - 1] == '\n'
		   ? rest.size
		   : 0;
}

/* Reads the body by its shape and writes it anew: what does not come out the
 * same is no checkpoint. */
static int read_body(struct view body, struct checkpoint *ret_checkpoint)
{
	struct checkpoint checkpoint = {0};
	BUFFER_CLEANUP struct buffer again = buffer_make(NOTE_SIZE_MAX);
	char text[NOTE_SIZE_MAX + 1] = {0};
	char root[64];
	char time[32];

	if (!bytes_copy(text, NOTE_SIZE_MAX, body) ||
	    sscanf(text,
		   "sekisho/%63[^/\n]/%4d\n%20" SCNu64 "\n%60[^\n]\ncheckpoint "
		   "%20" SCNu64 " %30[^\n]\n",
		   checkpoint.node, &checkpoint.year, &checkpoint.size, root,
		   &checkpoint.number, time) != 6 ||
	    !node_name_valid(checkpoint.node) ||
	    !base64_read(view_of_string(root), checkpoint.root, HASH_SIZE) ||
	    time_read(time, &checkpoint.time_ms) != 0)
		return -ERR_MALFORMED;
	write_body(&again, &checkpoint);
	if (buffer_error(&again) != 0 ||
	    !view_equal(buffer_contents(&again), body))
		return -ERR_MALFORMED;
	*ret_checkpoint = checkpoint;
	return 0;
}

/* Signature lines of others (witnesses) are passed over. */
static int check_signatures(struct view body, struct view lines,
			    const struct signer *signer)
{
	char start[NODE_NAME_MAX + 8];
	size_t offset = 0;

	(void)snprintf(start, sizeof(start), "%s%s ", signature_mark,
		       signer->name);
	while (offset < lines.size) {
		size_t end = view_find(lines, view_of_string("\n"), offset);
		struct view line = view_slice(lines, offset, end - offset);
		int error;

		if (end == SIZE_MAX || !view_starts_with(line, signature_mark))
			return -ERR_MALFORMED;
		offset = end + 1;
		if (!view_starts_with(line, start))
			continue;
		error = signer_check(
		    signer, view_slice(line, strlen(start), SIZE_MAX), body);
		if (error != -ERR_NOT_FOUND)
			return error;
	}
	return -ERR_NOT_FOUND;
}

/* Takes the next note's text; `ret_body` is how much of it is signed. */
static int take_note(struct cursor *file, struct view *ret_note,
		     size_t *ret_body)
{
	struct view rest = view_slice(file->view, file->offset, SIZE_MAX);
	size_t end = note_end(rest, ret_body);

	if (end == 0)
		return -ERR_TRUNCATED;
	*ret_note = view_slice(rest, 0, end);
	cursor_skip(file, end < rest.size ? end + 1 : end);
	return 0;
}

int note_read(struct cursor *file, struct checkpoint *ret_checkpoint,
	      struct view *ret_note)
{
	size_t body = 0;
	int error = take_note(file, ret_note, &body);

	return error != 0
		   ? error
		   : read_body(view_slice(*ret_note, 0, body), ret_checkpoint);
}

int note_check(struct view note, const struct signer *signer)
{
	size_t body = 0;

	if (note_end(note, &body) == 0)
		return -ERR_MALFORMED;
	return check_signatures(view_slice(note, 0, body),
				view_slice(note, body + 1, SIZE_MAX), signer);
}

int note_next(struct cursor *file, const struct signer *signer,
	      struct checkpoint *ret_checkpoint, struct view *ret_note)
{
	int error = note_read(file, ret_checkpoint, ret_note);

	if (error == 0)
		error = note_check(*ret_note, signer);
	if (error == 0 && strcmp(ret_checkpoint->node, signer->name) != 0)
		error = -ERR_MALFORMED;
	return error;
}

int note_countersign(struct buffer *buffer, struct view note,
		     const struct signer *witness)
{
	size_t body = 0;

	if (note_end(note, &body) == 0)
		return -ERR_MALFORMED;
	buffer_view(buffer, note);
	buffer_format(buffer, "%s%s ", signature_mark, witness->name);
	signer_sign(buffer, witness, view_slice(note, 0, body));
	buffer_text(buffer, "\n");
	return buffer_error(buffer);
}

void time_write(int64_t time_ms, char ret_text[TIME_TEXT_SIZE + 1])
{
	time_t seconds = (time_t)(time_ms / 1000);
	struct tm parts = {0};
	char text[64];

	/* Years outside 0-9999 would change the width. */
	if (time_ms < 0 || time_ms > INT64_C(253402300799999))
		seconds = 0;
	(void)gmtime_r(&seconds, &parts);
	(void)snprintf(text, sizeof(text),
		       "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ",
		       parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday,
		       parts.tm_hour, parts.tm_min, parts.tm_sec,
		       (int)(time_ms < 0 ? 0 : time_ms % 1000));
	(void)text_copy(ret_text, TIME_TEXT_SIZE + 1, text);
}

int time_read(const char *text, int64_t *ret_time_ms)
{
	struct tm parts = {0};
	char again[TIME_TEXT_SIZE + 1];
	int millisecond = 0;
	int64_t value;

	if (sscanf(text, "%4d-%2d-%2dT%2d:%2d:%2d.%3dZ", &parts.tm_year,
		   &parts.tm_mon, &parts.tm_mday, &parts.tm_hour, &parts.tm_min,
		   &parts.tm_sec, &millisecond) != 7)
		return -ERR_MALFORMED;
	parts.tm_year -= 1900;
	parts.tm_mon -= 1;
	value = (int64_t)timegm(&parts) * 1000 + millisecond;
	time_write(value, again);
	if (strcmp(again, text) != 0)
		return -ERR_MALFORMED;
	*ret_time_ms = value;
	return 0;
}
