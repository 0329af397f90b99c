/*
 * Checks: [MS-OFFCRYPTO] 2.3.5, RC4 by CryptoAPI with 128 bits and nothing
 * else.
 */
#include "gateway/verifier/compound_unlock.h"

#include "base/bytes.h"
#include "gateway/verifier/office_password.h"

#include <gsf/gsf.h>
#include <gsf/gsf-outfile-msole.h>
#include <gsf/gsf-output-memory.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>

#include "base/banned.h"

enum { KEY = 16, SALT = 16, STATE = 256, FIXED = 138 };

struct view *unlock_stream(struct unlock *unlock, const char *name)
{
	for (size_t i = 0; i < unlock->streams.count; i++)
		if (strcmp(unlock->streams.streams[i].name, name) == 0)
			return &unlock->streams.streams[i].content;
	return NULL;
}

void unlock_put(struct view bytes, size_t at, uint32_t value, size_t width)
{
	uint8_t *to = (uint8_t *)(uintptr_t)bytes.data;

	if (at > bytes.size || width > bytes.size - at)
		return;
	for (size_t i = 0; i < width; i++)
		to[at + i] = (uint8_t)(value >> 8 * i);
}

/* ---- primitives ---- */

struct rc4 {
	uint8_t state[STATE];
	uint8_t i;
	uint8_t j;
};

static void swap(uint8_t *a, uint8_t *b)
{
	uint8_t kept = *a;

	*a = *b;
	*b = kept;
}

static void rc4_begin(struct rc4 *rc4, const uint8_t key[KEY])
{
	uint8_t j = 0;

	for (size_t i = 0; i < STATE; i++)
		rc4->state[i] = (uint8_t)i;
	for (size_t i = 0; i < STATE; i++) {
		j = (uint8_t)(j + rc4->state[i] + key[i % KEY]);
		swap(&rc4->state[i], &rc4->state[j]);
	}
	rc4->i = 0;
	rc4->j = 0;
}

static uint8_t rc4_next(struct rc4 *rc4)
{
	rc4->i++;
	rc4->j = (uint8_t)(rc4->j + rc4->state[rc4->i]);
	swap(&rc4->state[rc4->i], &rc4->state[rc4->j]);
	return rc4->state[(uint8_t)(rc4->state[rc4->i] + rc4->state[rc4->j])];
}

static bool begin_block(const uint8_t base[UNLOCK_HASH], uint32_t number,
			struct rc4 *rc4)
{
	const uint8_t count[4] = {(uint8_t)number, (uint8_t)(number >> 8),
				  (uint8_t)(number >> 16),
				  (uint8_t)(number >> 24)};
	uint8_t key[UNLOCK_HASH];

	if (!office_hash(EVP_sha1(), view_of(base, UNLOCK_HASH),
			 view_of(count, 4), key))
		return false;
	rc4_begin(rc4, key);
	OPENSSL_cleanse(key, sizeof(key));
	return true;
}

int unlock_block(struct unlock *unlock, uint32_t number, struct view bytes,
		 size_t at, size_t size)
{
	uint8_t *to = (uint8_t *)(uintptr_t)bytes.data;
	struct rc4 rc4;

	if (at > bytes.size || size > bytes.size - at)
		return check_fail(unlock->check, -ERR_VERIFY_MALFORMED,
				  "what is encrypted ends at %zu", bytes.size);
	if (!begin_block(unlock->base, number, &rc4))
		return -ERR_INTERNAL;
	for (size_t i = 0; i < size; i++)
		to[at + i] ^= rc4_next(&rc4);
	return 0;
}

/* The first block is decrypted from within. */
int unlock_blocks(struct unlock *unlock, size_t block, struct view bytes,
		  size_t at)
{
	uint8_t *to = (uint8_t *)(uintptr_t)bytes.data;
	struct rc4 rc4;

	for (size_t i = 0; i < bytes.size; i++) {
		uint8_t mask;

		if (i % block == 0 &&
		    !begin_block(unlock->base, (uint32_t)(i / block), &rc4))
			return -ERR_INTERNAL;
		mask = rc4_next(&rc4);
		if (i >= at)
			to[i] ^= mask;
	}
	return 0;
}

/* ---- from the password to the key ---- */

/* All of the header in front of the salt: nothing can be hidden in it. */
static bool is_header(struct view header)
{
	static const uint32_t numbers[] = {0x20002, 12,  126, 12, 0, 0x6801,
					   0x8004,  128, 1,   0,  0};
	static const char name[] =
	    "Microsoft Enhanced Cryptographic Provider v1.0";
	size_t at = 0;

	if (header.size != UNLOCK_HEADER)
		return false;
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		if (check_number(header, at, 4) != numbers[i])
			return false;
		at += 4;
	}
	for (size_t i = 0; i < sizeof(name); i++) {
		if (check_number(header, at, 2) != (uint8_t)name[i])
			return false;
		at += 2;
	}
	return at == FIXED && check_number(header, at, 4) == SALT &&
	       check_number(header, at + 4 + SALT + SALT, 4) == UNLOCK_HASH;
}

static bool fits(struct unlock *unlock, struct view header, const char *text)
{
	struct view salt = view_slice(header, FIXED + 4, SALT);
	uint8_t units[OFFICE_PASSWORD_SIZE];
	uint8_t said[SALT + UNLOCK_HASH];
	uint8_t found[UNLOCK_HASH];
	size_t size = office_password_units(text, units);
	struct rc4 rc4;
	bool good =
	    size > 0 &&
	    office_hash(EVP_sha1(), salt, view_of(units, size), unlock->base) &&
	    begin_block(unlock->base, 0, &rc4);

	OPENSSL_cleanse(units, sizeof(units));
	for (size_t i = 0; good && i < sizeof(said); i++)
		said[i] =
		    header.data[FIXED + 4 + SALT + i + (i < SALT ? 0 : 4)] ^
		    rc4_next(&rc4);
	return good &&
	       office_hash(EVP_sha1(), view_of(said, SALT), view_of(NULL, 0),
			   found) &&
	       CRYPTO_memcmp(found, said + SALT, UNLOCK_HASH) == 0;
}

int unlock_key(struct unlock *unlock, struct view header)
{
	struct check *check = unlock->check;

	if (!is_header(header))
		return check_fail(check, -ERR_VERIFY_MALFORMED,
				  "header of the encryption");
	for (size_t i = 0; i < check->password_count; i++)
		if (fits(unlock, header, check->passwords[i]))
			return 0;
	return check_fail(check, -ERR_VERIFY_RESIDUE,
			  "none of the passwords opens it");
}

/* ---- the plain file ---- */

static bool add_stream(GsfOutfile *file, const struct compound_stream *stream)
{
	GsfOutput *child = gsf_outfile_new_child(file, stream->name, FALSE);
	bool done = child != NULL &&
		    gsf_output_write(child, stream->content.size,
				     stream->content.data) &&
		    gsf_output_close(child);

	if (child != NULL)
		g_object_unref(child);
	return done;
}

static int write_plain(struct unlock *unlock, struct view *ret_plain)
{
	GsfOutput *memory = gsf_output_memory_new();
	GsfOutfile *file =
	    memory == NULL ? NULL : gsf_outfile_msole_new(memory);
	bool done = file != NULL;

	for (size_t i = 0; i < unlock->streams.count && done; i++)
		done = add_stream(file, &unlock->streams.streams[i]);
	done = done && gsf_output_close(GSF_OUTPUT(file));
	if (file != NULL)
		g_object_unref(file);
	if (done) {
		size_t size = (size_t)gsf_output_size(memory);

		*ret_plain = arena_copy(unlock->check->arena,
					view_of(gsf_output_memory_get_bytes(
						    GSF_OUTPUT_MEMORY(memory)),
						size));
		done = ret_plain->data != NULL;
	}
	if (memory != NULL)
		g_object_unref(memory);
	return done ? 0 : -ERR_MEMORY;
}

static int decrypt(struct unlock *unlock, bool *ret_locked)
{
	int error = unlock_doc(unlock, ret_locked);

	if (error == 0 && !*ret_locked)
		error = unlock_xls(unlock, ret_locked);
	if (error == 0 && !*ret_locked)
		error = unlock_ppt(unlock, ret_locked);
	OPENSSL_cleanse(unlock->base, sizeof(unlock->base));
	return error;
}

int compound_unlock(struct check *check, struct view *ret_plain)
{
	static const char *const allowed[] = {"WordDocument",
					      "0Table",
					      "1Table",
					      "Data",
					      "Workbook",
					      "Book",
					      "Current User",
					      "PowerPoint Document",
					      "Pictures",
					      "\5SummaryInformation",
					      "\5DocumentSummaryInformation",
					      NULL};
	struct unlock unlock = {.check = check};
	bool locked = false;
	int error;

	*ret_plain = check->output;
	if (check->policy->reencrypt == REENCRYPT_NO ||
	    check->password_count == 0)
		return 0;
	error = compound_streams_open(check, allowed, &unlock.streams);
	if (error == 0)
		error = decrypt(&unlock, &locked);
	return error == 0 && locked ? write_plain(&unlock, ret_plain) : error;
}
