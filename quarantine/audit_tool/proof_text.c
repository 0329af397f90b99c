#include "quarantine/audit_tool/proof_text.h"

#include "base/bytes.h"
#include "quarantine/audit_tool/tool.h"

#include <jansson.h>
#include <sodium.h>

#include "base/banned.h"

enum { PROOF_BYTES_MAX = 1024 * 1024 };

int proof_text_make(struct proof_text *text, const uint8_t (*leaves)[HASH_SIZE],
		    uint64_t size)
{
	if (text->index >= 0) {
		if ((uint64_t)text->index >= size)
			return -ERR_NOT_FOUND;
		return merkle_proof_inclusion(
		    leaves, size, (uint64_t)text->index, &text->proof);
	}
	if (text->since == 0 || text->since > size)
		return -ERR_NOT_FOUND;
	merkle_proof_root(leaves, text->since, text->since_root);
	return merkle_proof_growth(leaves, size, text->since, &text->proof);
}

static json_t *hex_of(const uint8_t hash[HASH_SIZE])
{
	char hex[2 * HASH_SIZE + 1];

	hash_to_hex(hash, hex);
	return json_string(hex);
}

int proof_text_print(const struct proof_text *text, const char *line, FILE *out)
{
	json_t *root = json_object();
	json_t *hashes = json_array();
	int error = 0;

	for (size_t i = 0; i < text->proof.count; i++)
		error |= json_array_append_new(hashes,
					       hex_of(text->proof.hashes[i]));
	if (text->index >= 0) {
		error |= json_object_set_new(root, "record", json_string(line));
		error |= json_object_set_new(root, "index",
					     json_integer(text->index));
	} else {
		error |= json_object_set_new(
		    root, "since", json_integer((json_int_t)text->since));
		error |=
		    json_object_set_new(root, "root", hex_of(text->since_root));
	}
	error |= json_object_set_new(root, "hashes", hashes);
	error |=
	    json_object_set_new(root, "checkpoint", json_string(text->note));
	if (error == 0 && json_dumpf(root, out, JSON_INDENT(1)) != 0)
		error = -ERR_IO;
	json_decref(root);
	(void)fputc('\n', out);
	return error == 0 ? 0 : -ERR_IO;
}

static bool read_hash(const json_t *value, uint8_t ret_hash[HASH_SIZE])
{
	const char *hex = json_string_value(value);
	size_t length = 0;

	return hex != NULL &&
	       sodium_hex2bin(ret_hash, HASH_SIZE, hex, strlen(hex), NULL,
			      &length, NULL) == 0 &&
	       length == HASH_SIZE;
}

static bool read_fields(const json_t *root, struct proof_text *text)
{
	const char *note =
	    json_string_value(json_object_get(root, "checkpoint"));
	const char *line = json_string_value(json_object_get(root, "record"));
	const json_t *hashes = json_object_get(root, "hashes");
	json_int_t since = json_integer_value(json_object_get(root, "since"));

	text->index = -1;
	text->proof.count = json_array_size(hashes);
	if (note == NULL || text->proof.count > MERKLE_PROOF_MAX ||
	    !text_copy(text->note, sizeof(text->note), note))
		return false;
	for (size_t i = 0; i < text->proof.count; i++)
		if (!read_hash(json_array_get(hashes, i),
			       text->proof.hashes[i]))
			return false;
	if (line != NULL) {
		text->index =
		    json_integer_value(json_object_get(root, "index"));
		merkle_leaf_hash(view_of_string(line), text->leaf);
		return text->index >= 0;
	}
	text->since = since > 0 ? (uint64_t)since : 0;
	return since > 0 &&
	       read_hash(json_object_get(root, "root"), text->since_root);
}

int proof_text_read(const char *path, struct proof_text *ret_text)
{
	BUFFER_CLEANUP struct buffer file = buffer_make(PROOF_BYTES_MAX);
	int error = read_text(path, PROOF_BYTES_MAX, &file);
	json_t *root;

	if (error != 0)
		return error;
	root = json_loadb((const char *)file.data, file.size,
			  JSON_REJECT_DUPLICATES, NULL);
	*ret_text = (struct proof_text){0};
	if (!read_fields(root, ret_text))
		error = -ERR_MALFORMED;
	json_decref(root);
	return error;
}

int proof_text_check(struct proof_text *text, const struct signer *signer)
{
	struct cursor cursor = cursor_at(view_of_string(text->note), 0);
	struct checkpoint *checkpoint = &text->checkpoint;
	struct view note;
	int error = note_next(&cursor, signer, checkpoint, &note);
	bool holds;

	if (error != 0)
		return error;
	if (cursor_left(&cursor) != 0)
		return -ERR_MALFORMED;
	if (text->index >= 0)
		holds = merkle_proof_includes(&text->proof, checkpoint->size,
					      (uint64_t)text->index, text->leaf,
					      checkpoint->root);
	else
		holds = merkle_proof_continues(&text->proof, checkpoint->size,
					       text->since, text->since_root,
					       checkpoint->root);
	return holds ? 0 : -ERR_MALFORMED;
}
