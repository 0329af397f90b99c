#define _GNU_SOURCE
#include "gateway/mail/seal.h"

#include "base/bytes.h"
#include "base/handle.h"

#include <fcntl.h>
#include <inttypes.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/banned.h"

enum { KEY_SIZE = crypto_auth_hmacsha256_KEYBYTES, TAGS_IN_LINE = 3 };

static const char domain[] = "sekisho-seal-1";

static int check_file(int fd)
{
	struct stat stat;

	if (fstat(fd, &stat) != 0 || !S_ISREG(stat.st_mode))
		return -ERR_CONFIG;
	if ((stat.st_mode & 077) != 0 ||
	    (stat.st_uid != geteuid() && stat.st_uid != 0))
		return -ERR_CONFIG;
	return 0;
}

int seal_key_load(const char *path, struct seal_key *ret_key)
{
	HANDLE_CLEANUP int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	char text[2 * KEY_SIZE + 2] = "";
	uint8_t *key;
	ssize_t size;
	size_t length = 0;
	int bad;

	if (fd < 0 || check_file(fd) != 0)
		return -ERR_CONFIG;
	key = sodium_malloc(KEY_SIZE);
	if (key == NULL)
		return -ERR_MEMORY;
	size = read(fd, text, sizeof(text) - 1);
	if (size == 2 * KEY_SIZE + 1 && text[size - 1] == '\n')
		size--;
	bad = size != 2 * KEY_SIZE ||
	      sodium_hex2bin(key, KEY_SIZE, text, (size_t)size, NULL, &length,
			     NULL) != 0 ||
	      length != KEY_SIZE || sodium_is_zero(key, KEY_SIZE);
	sodium_memzero(text, sizeof(text));
	if (bad) {
		sodium_free(key);
		return -ERR_CONFIG;
	}
	ret_key->bytes = key;
	return 0;
}

/* --- what is covered --- */

void seal_digest_begin(struct seal_digest *digest)
{
	*digest = (struct seal_digest){0};
	sha256_begin(&digest->state);
}

static void update(struct seal_digest *digest, const void *bytes, size_t size)
{
	sha256_add(&digest->state, view_of(bytes, size));
}

static bool is_added_on_the_way(struct view name)
{
	static const char *const names[] = {"received", "return-path",
					    "delivered-to", SEAL_FIELD};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (view_equal_nocase(name, names[i]))
			return true;
	return false;
}

static bool is_blank(uint8_t byte)
{
	return byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n';
}

void seal_digest_field(struct seal_digest *digest, struct view name,
		       struct view value)
{
	bool blank = false;
	bool begun = false;

	if (is_added_on_the_way(name))
		return;
	for (size_t i = 0; i < name.size; i++) {
		uint8_t lower = (uint8_t)tolower(name.data[i]);

		update(digest, &lower, 1);
	}
	update(digest, ":", 1);
	for (size_t i = 0; i < value.size; i++) {
		if (is_blank(value.data[i])) {
			blank = true;
			continue;
		}
		if (blank && begun)
			update(digest, " ", 1);
		blank = false;
		begun = true;
		update(digest, &value.data[i], 1);
	}
	update(digest, "\r\n", 2);
}

void seal_digest_headers_end(struct seal_digest *digest)
{
	update(digest, "\r\n", 2);
}

static void flush_line_ends(struct seal_digest *digest)
{
	for (; digest->line_ends > 0; digest->line_ends--)
		update(digest, "\r\n", 2);
	if (digest->half)
		update(digest, "\r", 1);
	digest->half = false;
}

/* Line ends are kept back until something follows them: relays add one to a
 * body without, and nobody means anything by several. */
void seal_digest_body(struct seal_digest *digest, struct view piece)
{
	size_t from = 0;

	for (size_t i = 0; i < piece.size; i++) {
		uint8_t byte = piece.data[i];

		if (byte != '\r' && byte != '\n' && !digest->half &&
		    digest->line_ends == 0)
			continue; /* within a line: hashed at once below */
		update(digest, piece.data + from, i - from);
		from = i + 1;
		if (byte == '\n' && digest->half) {
			digest->half = false;
			digest->line_ends++;
		} else if (byte == '\r' && !digest->half) {
			digest->half = true;
		} else {
			flush_line_ends(digest);
			from = i;
			if (byte == '\r') {
				digest->half = true;
				from = i + 1;
			}
		}
	}
	update(digest, piece.data + from, piece.size - from);
}

void seal_digest_end(struct seal_digest *digest, uint8_t ret_hash[32])
{
	if (digest->half)
		flush_line_ends(digest);
	sha256_end(&digest->state, ret_hash);
}

/* --- tags --- */

static void hmac_text(crypto_auth_hmacsha256_state *state, const char *text,
		      bool fold)
{
	for (; *text != '\0'; text++) {
		uint8_t byte = (uint8_t)*text;

		if (fold)
			byte = (uint8_t)tolower(byte);
		(void)crypto_auth_hmacsha256_update(state, &byte, 1);
	}
	(void)crypto_auth_hmacsha256_update(state, (const uint8_t *)"", 1);
}

void seal_tag(const struct seal_key *key, const struct seal_claim *claim,
	      const char *recipient, uint8_t ret_tag[SEAL_TAG_SIZE])
{
	crypto_auth_hmacsha256_state state;
	uint8_t whole[crypto_auth_hmacsha256_BYTES];
	uint8_t time[8];

	for (unsigned i = 0; i < 8; i++)
		time[i] = (uint8_t)(claim->seconds >> (8 * i));
	(void)crypto_auth_hmacsha256_init(&state, key->bytes, KEY_SIZE);
	hmac_text(&state, domain, false);
	(void)crypto_auth_hmacsha256_update(&state, time, sizeof(time));
	(void)crypto_auth_hmacsha256_update(&state, claim->nonce,
					    SEAL_NONCE_SIZE);
	hmac_text(&state, claim->sender, true);
	hmac_text(&state, recipient, true);
	(void)crypto_auth_hmacsha256_update(&state, claim->hash, 32);
	(void)crypto_auth_hmacsha256_final(&state, whole);
	(void)!bytes_copy(ret_tag, SEAL_TAG_SIZE,
			  view_of(whole, SEAL_TAG_SIZE));
}

void seal_write(const struct seal_key *key, const struct seal_claim *claim,
		char *const *recipients, size_t count, struct buffer *buffer)
{
	char nonce[2 * SEAL_NONCE_SIZE + 1];

	(void)sodium_bin2hex(nonce, sizeof(nonce), claim->nonce,
			     SEAL_NONCE_SIZE);
	buffer_format(
	    buffer, " v=1; t=%" PRIu64 "; n=%s;\r\n r=", claim->seconds, nonce);
	for (size_t i = 0; i < count; i++) {
		uint8_t tag[SEAL_TAG_SIZE];
		char text[32];

		seal_tag(key, claim, recipients[i], tag);
		(void)sodium_bin2base64(
		    text, sizeof(text), tag, SEAL_TAG_SIZE,
		    sodium_base64_VARIANT_ORIGINAL_NO_PADDING);
		if (i > 0)
			buffer_text(buffer,
				    i % TAGS_IN_LINE == 0 ? ",\r\n " : ",");
		buffer_text(buffer, text);
	}
}

/* --- reading --- */

static bool expect(struct cursor *cursor, const char *text)
{
	struct view found = cursor_take(cursor, strlen(text));

	return !cursor->failed && view_equal(found, view_of_string(text));
}

static bool read_seconds(struct cursor *cursor, uint64_t *ret_seconds)
{
	uint64_t value = 0;
	unsigned digits = 0;

	while (cursor_left(cursor) > 0 && digits < 12) {
		uint8_t byte = cursor->view.data[cursor->offset];

		if (byte < '0' || byte > '9')
			break;
		value = value * 10 + (uint64_t)(byte - '0');
		digits++;
		cursor_skip(cursor, 1);
	}
	*ret_seconds = value;
	return digits > 0;
}

static bool read_tag(struct cursor *cursor, uint8_t tag[SEAL_TAG_SIZE])
{
	enum { TEXT = 22 }; /* base64 of 16 bytes without padding */
	struct view text = cursor_take(cursor, TEXT);
	size_t length = 0;

	return text.size == TEXT &&
	       sodium_base642bin(tag, SEAL_TAG_SIZE, (const char *)text.data,
				 text.size, NULL, &length, NULL,
				 sodium_base64_VARIANT_ORIGINAL_NO_PADDING) ==
		   0 &&
	       length == SEAL_TAG_SIZE;
}

/* White space is where lines are folded, and nowhere inside of a value. */
static void remove_blanks(struct view value, struct buffer *ret)
{
	for (size_t i = 0; i < value.size; i++)
		if (!is_blank(value.data[i]))
			buffer_u8(ret, value.data[i]);
}

static int parse(struct cursor *cursor, struct seal *seal)
{
	struct view nonce;
	size_t length = 0;

	if (!expect(cursor, "v=1;t=") ||
	    !read_seconds(cursor, &seal->seconds) || !expect(cursor, ";n="))
		return -ERR_MALFORMED;
	nonce = cursor_take(cursor, (size_t)2 * SEAL_NONCE_SIZE);
	if (nonce.size == 0 ||
	    sodium_hex2bin(seal->nonce, SEAL_NONCE_SIZE,
			   (const char *)nonce.data, nonce.size, NULL, &length,
			   NULL) != 0 ||
	    length != SEAL_NONCE_SIZE || !expect(cursor, ";r="))
		return -ERR_MALFORMED;
	for (seal->count = 0; seal->count < SEAL_RECIPIENTS_MAX;) {
		if (!read_tag(cursor, seal->tags[seal->count]))
			return -ERR_MALFORMED;
		seal->count++;
		if (cursor_left(cursor) == 0)
			return 0;
		if (!expect(cursor, ","))
			return -ERR_MALFORMED;
	}
	return -ERR_MALFORMED;
}

int seal_read(struct view value, struct seal *ret_seal)
{
	BUFFER_CLEANUP struct buffer text = buffer_make(64 * 1024);
	struct cursor cursor;

	remove_blanks(value, &text);
	if (buffer_error(&text) != 0)
		return -ERR_MALFORMED;
	cursor = cursor_at(buffer_contents(&text), 0);
	return parse(&cursor, ret_seal);
}

bool seal_has_tag(const struct seal *seal, const uint8_t tag[SEAL_TAG_SIZE])
{
	bool found = false;

	for (size_t i = 0; i < seal->count; i++)
		found |= sodium_memcmp(seal->tags[i], tag, SEAL_TAG_SIZE) == 0;
	return found;
}
