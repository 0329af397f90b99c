#define _GNU_SOURCE
#include "quarantine/note.h"

#include "base/bytes.h"

#include <errno.h>
#include <inttypes.h>
#include <sodium.h>
#include <time.h>

#include "base/banned.h"

enum {
	ALGORITHM_ED25519 = 0x01,
	KEY_ID_SIZE = 4,
	SIGNATURE_SIZE = crypto_sign_BYTES,
	SIGNED_SIZE = KEY_ID_SIZE + SIGNATURE_SIZE,
};

/* An em dash and a space begin a signature line. */
static const char signature_mark[] = "\xE2\x80\x94 ";

/* C2SP signed-note: the first 4 bytes of SHA-256(name, newline, algorithm,
 * key). */
static void set_key_id(struct note_signer *signer)
{
	static const uint8_t middle[2] = {'\n', ALGORITHM_ED25519};
	crypto_hash_sha256_state state;
	uint8_t hash[HASH_SIZE];

	crypto_hash_sha256_init(&state);
	crypto_hash_sha256_update(&state, (const uint8_t *)signer->name,
				  strlen(signer->name));
	crypto_hash_sha256_update(&state, middle, sizeof(middle));
	crypto_hash_sha256_update(&state, signer->public_key,
				  sizeof(signer->public_key));
	crypto_hash_sha256_final(&state, hash);
	(void)!bytes_copy(signer->id, KEY_ID_SIZE, view_of(hash, KEY_ID_SIZE));
}

void note_signer_make(const char *name, const uint8_t seed[KEY_SIZE],
		      struct note_signer *ret_signer)
{
	*ret_signer = (struct note_signer){0};
	(void)text_copy(ret_signer->name, sizeof(ret_signer->name), name);
	(void)crypto_sign_seed_keypair(ret_signer->public_key,
				       ret_signer->secret_key, seed);
	set_key_id(ret_signer);
}

bool node_name_valid(const char *name)
{
	size_t length = strlen(name);

	return length > 0 && length <= NODE_NAME_MAX &&
	       strspn(name,
		      "abcdefghijklmnopqrstuvwxyz"
		      "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") == length;
}

static void write_base64(struct buffer *buffer, const uint8_t *bytes,
			 size_t size)
{
	char text[256];

	(void)sodium_bin2base64(text, sizeof(text), bytes, size,
				sodium_base64_VARIANT_ORIGINAL);
	buffer_text(buffer, text);
}

static bool read_base64(struct view text, uint8_t *ret_bytes, size_t size)
{
	size_t length = 0;

	return sodium_base642bin(ret_bytes, size, (const char *)text.data,
				 text.size, NULL, &length, NULL,
				 sodium_base64_VARIANT_ORIGINAL) == 0 &&
	       length == size;
}

void note_key_write(struct buffer *buffer, const struct note_signer *signer)
{
	uint8_t key[1 + sizeof(signer->public_key)] = {ALGORITHM_ED25519};
	char id[2 * KEY_ID_SIZE + 1];

	(void)!bytes_copy(
	    key + 1, sizeof(key) - 1,
	    view_of(signer->public_key, sizeof(signer->public_key)));
	(void)sodium_bin2hex(id, sizeof(id), signer->id, KEY_ID_SIZE);
	buffer_format(buffer, "%s+%s+", signer->name, id);
	write_base64(buffer, key, sizeof(key));
	buffer_text(buffer, "\n");
}

int note_key_read(struct view text, struct note_signer *ret_signer)
{
	struct note_signer signer = {0};
	uint8_t key[1 + sizeof(signer.public_key)];
	uint8_t id[KEY_ID_SIZE];
	size_t length = 0;
	size_t plus;

	while (text.size > 0 && (text.data[text.size - 1] == '\n' ||
				 text.data[text.size - 1] == '\r'))
		text.size--;
	plus = view_find(text, view_of_string("+"), 0);
	if (plus > NODE_NAME_MAX || text.size < plus + 10 ||
	    text.data[plus + 9] != '+' ||
	    !bytes_copy(signer.name, NODE_NAME_MAX, view_of(text.data, plus)) ||
	    !node_name_valid(signer.name))
		return -ERR_MALFORMED;
	if (sodium_hex2bin(id, sizeof(id), (const char *)text.data + plus + 1,
			   8, NULL, &length, NULL) != 0 ||
	    length != KEY_ID_SIZE)
		return -ERR_MALFORMED;
	if (!read_base64(view_slice(text, plus + 10, SIZE_MAX), key,
			 sizeof(key)) ||
	    key[0] != ALGORITHM_ED25519 ||
	    !bytes_copy(signer.public_key, sizeof(signer.public_key),
			view_of(key + 1, sizeof(key) - 1)))
		return -ERR_MALFORMED;
	set_key_id(&signer);
	if (sodium_memcmp(signer.id, id, KEY_ID_SIZE) != 0)
		return -ERR_MALFORMED;
	*ret_signer = signer;
	return 0;
}

static void write_body(struct buffer *buffer,
		       const struct checkpoint *checkpoint)
{
	char time[TIME_TEXT_SIZE + 1];

	time_write(checkpoint->time_ms, time);
	buffer_format(buffer, "sekisho/%s/%d\n%" PRIu64 "\n", checkpoint->node,
		      checkpoint->year, checkpoint->size);
	write_base64(buffer, checkpoint->root, HASH_SIZE);
	buffer_format(buffer, "\ncheckpoint %" PRIu64 " %s\n",
		      checkpoint->number, time);
}

void note_sign(struct buffer *buffer, const struct checkpoint *checkpoint,
	       const struct note_signer *signer)
{
	BUFFER_CLEANUP struct buffer body = buffer_make(NOTE_SIZE_MAX);
	uint8_t sign[SIGNED_SIZE];

	write_body(&body, checkpoint);
	if (buffer_error(&body) != 0) {
		buffer->error = buffer->error != 0 ? buffer->error : body.error;
		return;
	}
	(void)!bytes_copy(sign, KEY_ID_SIZE, view_of(signer->id, KEY_ID_SIZE));
	(void)crypto_sign_detached(sign + KEY_ID_SIZE, NULL, body.data,
				   body.size, signer->secret_key);
	buffer_view(buffer, buffer_contents(&body));
	buffer_format(buffer, "\n%s%s ", signature_mark, signer->name);
	write_base64(buffer, sign, sizeof(sign));
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
	    !read_base64(view_of_string(root), checkpoint.root, HASH_SIZE) ||
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
			    const struct note_signer *signer)
{
	char start[NODE_NAME_MAX + 8];
	size_t offset = 0;

	(void)snprintf(start, sizeof(start), "%s%s ", signature_mark,
		       signer->name);
	while (offset < lines.size) {
		size_t end = view_find(lines, view_of_string("\n"), offset);
		struct view line = view_slice(lines, offset, end - offset);
		uint8_t sign[SIGNED_SIZE];

		if (end == SIZE_MAX || !view_starts_with(line, signature_mark))
			return -ERR_MALFORMED;
		offset = end + 1;
		if (!view_starts_with(line, start) ||
		    !read_base64(view_slice(line, strlen(start), SIZE_MAX),
				 sign, sizeof(sign)) ||
		    sodium_memcmp(sign, signer->id, KEY_ID_SIZE) != 0)
			continue;
		return crypto_sign_verify_detached(sign + KEY_ID_SIZE,
						   body.data, body.size,
						   signer->public_key) == 0
			   ? 0
			   : -ERR_STALE;
	}
	return -ERR_NOT_FOUND;
}

int note_next(struct cursor *file, const struct note_signer *signer,
	      struct checkpoint *ret_checkpoint, struct view *ret_note)
{
	struct view rest = view_slice(file->view, file->offset, SIZE_MAX);
	size_t body = 0;
	size_t end = note_end(rest, &body);
	struct view note;
	int error;

	if (end == 0)
		return -ERR_TRUNCATED;
	note = view_slice(rest, 0, end);
	cursor_skip(file, end < rest.size ? end + 1 : end);
	error = read_body(view_slice(note, 0, body), ret_checkpoint);
	if (error == 0)
		error = check_signatures(view_slice(note, 0, body),
					 view_slice(note, body + 1, SIZE_MAX),
					 signer);
	if (error == 0 && strcmp(ret_checkpoint->node, signer->name) != 0)
		error = -ERR_MALFORMED;
	*ret_note = note;
	return error;
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
