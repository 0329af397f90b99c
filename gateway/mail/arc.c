#define _GNU_SOURCE
#include "gateway/mail/arc.h"

#include "base/handle.h"
#include "gateway/mail/split.h"

#include <fcntl.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/banned.h"

enum { TEXT_MAX = 256 * 1024, SIGNATURE_MAX = 1024, KEY_BITS_MIN = 2048 };
enum { BASE64_MAX = 4 * SIGNATURE_MAX / 3 + 8, LINE_BASE64 = 70 };

struct arc_key {
	EVP_PKEY *key;
};

/* What is signed of the header, in this order; those that are there. */
static const char *const signed_fields[] = {
    "from",         "sender",       "reply-to",   "to",
    "cc",           "subject",      "date",       "message-id",
    "mime-version", "content-type", "references", "in-reply-to"};

enum { SIGNED_FIELDS = sizeof(signed_fields) / sizeof(signed_fields[0]) };

int arc_key_load(const char *path, struct arc_key **ret_key)
{
	HANDLE_CLEANUP int fd = -1;
	struct stat status;
	struct arc_key *made;
	FILE *file;

	*ret_key = NULL;
	if (path[0] == '\0')
		return 0;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &status) != 0 || (status.st_mode & 077) != 0)
		return -ERR_CONFIG;
	file = fdopen(fd, "r");
	if (file == NULL)
		return -ERR_MEMORY;
	(void)handle_take(&fd);
	made = calloc(1, sizeof(*made));
	if (made != NULL)
		made->key = PEM_read_PrivateKey(file, NULL, NULL, NULL);
	(void)fclose(file);
	if (made == NULL || made->key == NULL ||
	    EVP_PKEY_get_base_id(made->key) != EVP_PKEY_RSA ||
	    EVP_PKEY_get_bits(made->key) < KEY_BITS_MIN) {
		if (made != NULL)
			EVP_PKEY_free(made->key);
		free(made);
		return -ERR_CONFIG;
	}
	*ret_key = made;
	return 0;
}

/* ---- relaxed canonicalisation (RFC 6376 section 3.4) ---- */

static bool is_blank(uint8_t byte)
{
	return byte == ' ' || byte == '\t';
}

/* One field without its CR LF: name in lower case, folds and blanks as one. */
static void write_field(struct buffer *out, struct view name, struct view value)
{
	bool blank = false;
	size_t start;

	for (size_t i = 0; i < name.size; i++)
		buffer_u8(out, (uint8_t)tolower(name.data[i]));
	buffer_u8(out, ':');
	start = out->size;
	for (size_t i = 0; i < value.size; i++) {
		uint8_t byte = value.data[i];

		if (byte == '\r' || byte == '\n')
			continue;
		if (is_blank(byte)) {
			blank = true;
			continue;
		}
		if (blank && out->size > start)
			buffer_u8(out, ' ');
		blank = false;
		buffer_u8(out, byte);
	}
}

static void write_body(struct buffer *out, struct view body)
{
	size_t empty = 0;
	size_t at = 0;

	while (at < body.size) {
		size_t end = view_find(body, view_of("\r\n", 2), at);
		size_t size = (end == SIZE_MAX ? body.size : end) - at;
		struct view line = view_slice(body, at, size);
		bool blank = false;

		at = end == SIZE_MAX ? body.size : end + 2;
		while (line.size > 0 && is_blank(line.data[line.size - 1]))
			line.size--;
		if (line.size == 0) {
			empty++;
			continue;
		}
		for (; empty > 0; empty--)
			buffer_text(out, "\r\n");
		for (size_t i = 0; i < line.size; i++) {
			if (is_blank(line.data[i])) {
				blank = true;
				continue;
			}
			if (blank)
				buffer_u8(out, ' ');
			blank = false;
			buffer_u8(out, line.data[i]);
		}
		buffer_text(out, "\r\n");
	}
}

/* ---- one set ---- */

static int sign(const struct arc_key *key, struct view text,
		char ret_text[BASE64_MAX])
{
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	uint8_t signature[SIGNATURE_MAX];
	size_t size = sizeof(signature);
	bool made = context != NULL &&
		    EVP_DigestSignInit(context, NULL, EVP_sha256(), NULL,
				       key->key) == 1 &&
		    EVP_DigestSign(context, signature, &size, text.data,
				   text.size) == 1;

	EVP_MD_CTX_free(context);
	if (!made)
		return -ERR_INTERNAL;
	(void)sodium_bin2base64(ret_text, BASE64_MAX, signature, size,
				sodium_base64_VARIANT_ORIGINAL);
	return 0;
}

static const struct split_field *find(const struct split *split,
				      const char *name)
{
	for (size_t i = 0; i < split->count; i++)
		if (view_equal_nocase(split->fields[i].name, name))
			return &split->fields[i];
	return NULL;
}

/* "NAME: VALUE", with `b=` at its end filled by lines that fold. */
static void write_signed(struct buffer *out, const char *name,
			 const char *value, const char *signature)
{
	buffer_format(out, "%s: %s", name, value);
	for (size_t at = 0; signature[at] != '\0';) {
		size_t size = strnlen(signature + at, LINE_BASE64);

		buffer_text(out, "\r\n ");
		buffer_bytes(out, signature + at, size);
		at += size;
	}
	buffer_text(out, "\r\n");
}

static void write_message_value(const struct arc_signer *signer,
				const struct split *split, struct buffer *out)
{
	BUFFER_CLEANUP struct buffer body = buffer_make((size_t)1 << 30);
	uint8_t digest[crypto_hash_sha256_BYTES];
	char hash[64];
	bool first = true;

	write_body(&body, split->body);
	if (buffer_error(&body) != 0)
		out->error = -ERR_MEMORY;
	(void)crypto_hash_sha256(digest, body.data, body.size);
	(void)sodium_bin2base64(hash, sizeof(hash), digest, sizeof(digest),
				sodium_base64_VARIANT_ORIGINAL);
	buffer_format(out,
		      "i=1; a=rsa-sha256; c=relaxed/relaxed; d=%s;\r\n s=%s; "
		      "t=%llu;\r\n h=",
		      signer->domain, signer->selector,
		      (unsigned long long)signer->seconds);
	for (size_t i = 0; i < SIGNED_FIELDS; i++) {
		if (find(split, signed_fields[i]) == NULL)
			continue;
		buffer_format(out, "%s%s", first ? "" : ":", signed_fields[i]);
		first = false;
	}
	buffer_format(out, ";\r\n bh=%s;\r\n b=", hash);
	buffer_u8(out, 0);
}

static int seal_message(const struct arc_signer *signer,
			const struct split *split, const char *value,
			char ret_signature[BASE64_MAX])
{
	BUFFER_CLEANUP struct buffer text = buffer_make(TEXT_MAX);

	for (size_t i = 0; i < SIGNED_FIELDS; i++) {
		const struct split_field *field = find(split, signed_fields[i]);

		if (field == NULL)
			continue;
		write_field(&text, field->name, field->value);
		buffer_text(&text, "\r\n");
	}
	write_field(&text, view_of_string("ARC-Message-Signature"),
		    view_of_string(value));
	return buffer_error(&text) != 0
		   ? buffer_error(&text)
		   : sign(signer->key, buffer_contents(&text), ret_signature);
}

/* Over the set so far and itself without its signature (section 5.1.1). */
static int seal_set(const struct arc_signer *signer, const char *results,
		    const char *message, const char *message_signature,
		    const char *value, char ret_signature[BASE64_MAX])
{
	BUFFER_CLEANUP struct buffer text = buffer_make(TEXT_MAX);
	BUFFER_CLEANUP struct buffer whole = buffer_make(TEXT_MAX);

	write_signed(&whole, "", message, message_signature);
	write_field(&text, view_of_string("ARC-Authentication-Results"),
		    view_of_string(results));
	buffer_text(&text, "\r\n");
	write_field(&text, view_of_string("ARC-Message-Signature"),
		    view_slice(buffer_contents(&whole), 1, whole.size));
	buffer_text(&text, "\r\n");
	write_field(&text, view_of_string("ARC-Seal"), view_of_string(value));
	if (buffer_error(&text) != 0 || buffer_error(&whole) != 0)
		return -ERR_MEMORY;
	return sign(signer->key, buffer_contents(&text), ret_signature);
}

static int write_set(const struct arc_signer *signer, const struct split *split,
		     const struct split_field *found, struct buffer *out)
{
	BUFFER_CLEANUP struct buffer results = buffer_make(TEXT_MAX);
	BUFFER_CLEANUP struct buffer message = buffer_make(TEXT_MAX);
	char first[BASE64_MAX];
	char second[BASE64_MAX];
	char seal[1024];
	int error;

	buffer_format(&results, "i=1;%.*s", (int)found->value.size,
		      (const char *)found->value.data);
	buffer_u8(&results, 0);
	write_message_value(signer, split, &message);
	(void)snprintf(seal, sizeof(seal),
		       "i=1; a=rsa-sha256; d=%s;\r\n s=%s; t=%llu; cv=none;"
		       "\r\n b=",
		       signer->domain, signer->selector,
		       (unsigned long long)signer->seconds);
	error = buffer_error(&results);
	if (error == 0)
		error = buffer_error(&message);
	if (error == 0)
		error = seal_message(signer, split, (const char *)message.data,
				     first);
	if (error == 0)
		error =
		    seal_set(signer, (const char *)results.data,
			     (const char *)message.data, first, seal, second);
	if (error != 0)
		return error;
	write_signed(out, "ARC-Seal", seal, second);
	write_signed(out, "ARC-Message-Signature", (const char *)message.data,
		     first);
	buffer_format(out, "ARC-Authentication-Results: %s\r\n",
		      (const char *)results.data);
	return buffer_error(out);
}

int arc_seal(const struct arc_signer *signer, struct view message,
	     struct buffer *out)
{
	const struct split_field *found;
	struct split *split = calloc(1, sizeof(*split));
	int error = split == NULL ? -ERR_MEMORY : split_message(message, split);

	if (error == 0) {
		found = find(split, "Authentication-Results");
		if (found != NULL)
			error = write_set(signer, split, found, out);
	}
	free(split);
	return error;
}
