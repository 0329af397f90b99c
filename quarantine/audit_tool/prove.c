/*
 * Proofs for somebody who has not got the log. A proof is JSON: a checkpoint,
 * hashes, and either a record and its place or the size of an earlier tree.
 */
#include "quarantine/audit_tool/tool.h"

#include "base/bytes.h"
#include "base/handle.h"
#include "quarantine/audit_tool/proof_text.h"
#include "quarantine/merkle_proof.h"

#include <stdlib.h>

#include "base/banned.h"

/* The hashes of a year's first `size` records. */
static int read_leaves(const struct verify_year *year, uint64_t size,
		       uint8_t (**ret_leaves)[HASH_SIZE])
{
	uint8_t(*leaves)[HASH_SIZE];

	if (size == 0 || size > year->count)
		return -ERR_NOT_FOUND;
	leaves = calloc(size, sizeof(*leaves));
	if (leaves == NULL)
		return -ERR_MEMORY;
	for (uint64_t i = 0; i < size; i++)
		merkle_leaf_hash(verify_year_line(year, i), leaves[i]);
	*ret_leaves = leaves;
	return 0;
}

/* The last checkpoint of a year; unsigned here, who checks the proof has the
 * key. */
static int last_note(struct verify *verify, int year, struct buffer *note,
		     struct checkpoint *ret_checkpoint)
{
	char path[VERIFY_PATH_MAX];
	struct view file = {NULL, 0};
	struct cursor cursor;
	struct view text = {NULL, 0};
	int error = verify_notes_open(verify, year, path, &file);

	if (error != 0)
		return error;
	cursor = cursor_at(file, 0);
	while (cursor_left(&cursor) > 0 &&
	       note_read(&cursor, ret_checkpoint, &text) == 0)
		;
	buffer_view(note, text);
	buffer_u8(note, 0);
	handle_unmap(&file);
	if (text.size == 0)
		return -ERR_NOT_FOUND;
	return buffer_error(note);
}

static int make(const struct settings *settings, struct proof_text *proof,
		struct buffer *line)
{
	struct verify verify = {.folder = settings->arguments[0]};
	BUFFER_CLEANUP struct buffer note = buffer_make(NOTE_SIZE_MAX + 1);
	struct checkpoint checkpoint = {0};
	struct verify_year year;
	uint8_t(*leaves)[HASH_SIZE] = NULL;
	int error = verify_year_open(&verify, (int)settings->year, &year);

	if (error != 0)
		return error;
	error = last_note(&verify, year.year, &note, &checkpoint);
	if (error == 0)
		error = read_leaves(&year, checkpoint.size, &leaves);
	if (error == 0) {
		(void)text_copy(proof->note, sizeof(proof->note),
				(const char *)note.data);
		proof->index = settings->seq;
		proof->since = (uint64_t)settings->since;
		error =
		    proof_text_make(proof, (const uint8_t(*)[HASH_SIZE])leaves,
				    checkpoint.size);
	}
	if (error == 0 && settings->seq >= 0)
		buffer_view(line,
			    verify_year_line(&year, (uint64_t)settings->seq));
	free(leaves);
	verify_year_free(&year);
	return error != 0 ? error : buffer_error(line);
}

int command_prove(const struct settings *settings)
{
	BUFFER_CLEANUP struct buffer line = buffer_make(RECORD_LINE_MAX + 1);
	struct proof_text *proof = calloc(1, sizeof(*proof));
	int error = -ERR_MEMORY;

	if (proof != NULL && settings->year != 0 &&
	    (settings->seq >= 0) != (settings->since > 0))
		error = make(settings, proof, &line);
	else if (proof != NULL)
		error = -ERR_CONFIG;
	buffer_u8(&line, 0);
	if (error == 0)
		error =
		    proof_text_print(proof, (const char *)line.data, stdout);
	free(proof);
	if (error == -ERR_NOT_FOUND)
		return complain(settings, settings->arguments[0],
				SAY(settings, "署名されたその記録はありません",
				    "there is no such signed record"));
	return error == 0 ? EXIT_WHOLE
			  : complain(settings, settings->arguments[0],
				     error_sentence(error, settings->language));
}

int command_check(const struct settings *settings)
{
	struct proof_text *proof = calloc(1, sizeof(*proof));
	struct signer signer;
	int status = EXIT_ALTERED;

	if (proof == NULL || read_public_key(settings->key, &signer) != 0) {
		free(proof);
		return EXIT_USAGE;
	}
	if (proof_text_read(settings->arguments[0], proof) == 0 &&
	    proof_text_check(proof, &signer) == 0)
		status = EXIT_WHOLE;
	(void)puts(status == EXIT_WHOLE
		       ? SAY(settings, "証明のとおりです。", "proved")
		       : SAY(settings, "証明になっていません。", "not proved"));
	free(proof);
	return status;
}
