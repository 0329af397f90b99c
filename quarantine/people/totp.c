/* Codes of a telephone (RFC 6238) and codes on paper. */
#include "quarantine/people/credential.h"

#include "base/bytes.h"
#include "quarantine/people/secret.h"

#include <liboath/oath.h>
#include <sodium.h>

#include "base/banned.h"

enum { RECOVERY_BYTES = 10, SEALED_MAX = 128, STEPS_AROUND = 1 };

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/* RFC 4648; `size` is a multiple of five. */
static void to_base32(const uint8_t *bytes, size_t size, char *text)
{
	for (size_t i = 0; i < size; i += 5) {
		uint64_t group = 0;

		for (size_t j = 0; j < 5; j++)
			group = group << 8 | bytes[i + j];
		for (int j = 0; j < 8; j++)
			*text++ = alphabet[group >> (35 - 5 * j) & 31];
	}
	*text = '\0';
}

static int delete_of_kind(struct subject_change *change, const char *kind,
			  const char *state)
{
	QUERY_CLEANUP struct query query =
	    query_make(&change->store->database,
		       "DELETE FROM credential WHERE user = ? AND kind = ?"
		       " AND state = ?");

	query_integer(&query, change->number);
	query_text(&query, kind);
	query_text(&query, state);
	return query_run(&query);
}

static int insert(struct subject_change *change, const char *kind,
		  const char *state, struct view secret)
{
	QUERY_CLEANUP struct query query = query_make(
	    &change->store->database,
	    "INSERT INTO credential (tenant, user, kind, state, secret, handle,"
	    " counter, label, created_ms, expires_ms) VALUES ((SELECT tenant "
	    "FROM user"
	    " WHERE number = ?1), ?1, ?, ?, ?, x'', 0, '', ?, 0)");

	query_integer(&query, change->number);
	query_text(&query, kind);
	query_text(&query, state);
	query_bytes(&query, secret);
	query_integer(&query, change->record.time_ms);
	return query_run(&query);
}

int totp_begin(struct subject_change *change, char ret_text[TOTP_TEXT_SIZE + 1])
{
	BUFFER_CLEANUP struct buffer sealed = buffer_make(SEALED_MAX);
	uint8_t secret[TOTP_SECRET_SIZE];
	int error = delete_of_kind(change, "totp", "pending");

	if (error != 0)
		return error;
	randombytes_buf(secret, sizeof(secret));
	secret_write(change->store, "totp", change->number,
		     view_of(secret, sizeof(secret)), &sealed);
	to_base32(secret, sizeof(secret), ret_text);
	sodium_memzero(secret, sizeof(secret));
	if (buffer_error(&sealed) != 0)
		return buffer_error(&sealed);
	return insert(change, "totp", "pending", buffer_contents(&sealed));
}

/* The step whose code this is, 0 for none. Every step around now is looked at,
 * whichever fits. */
static int64_t find_step(const uint8_t secret[TOTP_SECRET_SIZE], int64_t now_ms,
			 const char *code)
{
	int64_t now = now_ms / 1000 / TOTP_STEP_SECONDS;
	int64_t found = 0;

	if (strlen(code) != TOTP_DIGITS ||
	    strspn(code, "0123456789") != TOTP_DIGITS)
		return 0;
	for (int64_t step = now - STEPS_AROUND; step <= now + STEPS_AROUND;
	     step++) {
		char wanted[TOTP_DIGITS + 1];

		if (oath_hotp_generate((const char *)secret, TOTP_SECRET_SIZE,
				       (uint64_t)step, TOTP_DIGITS, false,
				       OATH_HOTP_DYNAMIC_TRUNCATION,
				       wanted) == OATH_OK &&
		    sodium_memcmp(wanted, code, TOTP_DIGITS) == 0)
			found = step;
	}
	return found;
}

/* The row of the user's secret in this state, and the step that fits. */
static int match(struct subject_change *change, const char *state,
		 const char *code, int64_t *ret_number, int64_t *ret_step)
{
	QUERY_CLEANUP struct query query =
	    query_make(&change->store->database,
		       "SELECT number, secret, counter FROM credential"
		       " WHERE user = ? AND kind = 'totp' AND state = ?");
	uint8_t secret[TOTP_SECRET_SIZE];
	size_t size = 0;
	int result;

	query_integer(&query, change->number);
	query_text(&query, state);
	result = query_step(&query);
	if (result != 1)
		return result == 0 ? -ERR_NOT_FOUND : result;
	result = secret_read(change->store, "totp", change->number,
			     query_column_bytes(&query, 1), secret,
			     sizeof(secret), &size);
	if (result != 0)
		return result;
	*ret_number = query_column_integer(&query, 0);
	*ret_step = find_step(secret, change->record.time_ms, code);
	sodium_memzero(secret, sizeof(secret));
	/* A code is good once: also one that somebody looked at. */
	return *ret_step > query_column_integer(&query, 2) ? 0
							   : -ERR_CODE_WRONG;
}

static int count_step(struct subject_change *change, int64_t number,
		      int64_t step)
{
	QUERY_CLEANUP struct query query =
	    query_make(&change->store->database,
		       "UPDATE credential SET state = 'active', counter = ?"
		       " WHERE number = ?");

	query_integer(&query, step);
	query_integer(&query, number);
	return query_run(&query);
}

int totp_confirm(struct subject_change *change, const char *code)
{
	int64_t number = 0;
	int64_t step = 0;
	int error = match(change, "pending", code, &number, &step);

	if (error == 0)
		error = delete_of_kind(change, "totp", "active");
	return error != 0 ? error : count_step(change, number, step);
}

int totp_use(struct subject_change *change, const char *code)
{
	int64_t number = 0;
	int64_t step = 0;
	int error = match(change, "active", code, &number, &step);

	if (error == -ERR_NOT_FOUND)
		return -ERR_CODE_WRONG;
	return error != 0 ? error : count_step(change, number, step);
}

/* Without dashes and spaces, in upper case; false: no such code. */
static bool normalize(const char *code, char text[RECOVERY_TEXT_SIZE + 1])
{
	size_t length = 0;

	for (; *code != '\0'; code++) {
		char one = *code;

		if (one == '-' || one == ' ')
			continue;
		if (one >= 'a' && one <= 'z')
			one = (char)(one - 'a' + 'A');
		if (length == RECOVERY_TEXT_SIZE ||
		    strchr(alphabet, one) == NULL)
			return false;
		text[length++] = one;
	}
	text[length] = '\0';
	return length == (size_t)RECOVERY_BYTES * 8 / 5;
}

int recovery_make(struct subject_change *change,
		  char ret_codes[RECOVERY_CODES][RECOVERY_TEXT_SIZE + 1])
{
	int error = delete_of_kind(change, "recovery", "active");

	for (int i = 0; error == 0 && i < RECOVERY_CODES; i++) {
		uint8_t bytes[RECOVERY_BYTES];
		uint8_t hash[HASH_SIZE];
		char text[RECOVERY_TEXT_SIZE + 1];

		randombytes_buf(bytes, sizeof(bytes));
		to_base32(bytes, sizeof(bytes), text);
		secret_hash(change->store, "recovery", change->number,
			    view_of_string(text), hash);
		(void)snprintf(ret_codes[i], RECOVERY_TEXT_SIZE + 1,
			       "%.4s-%.4s-%.4s-%.4s", text, text + 4, text + 8,
			       text + 12);
		error = insert(change, "recovery", "active",
			       view_of(hash, sizeof(hash)));
		sodium_memzero(bytes, sizeof(bytes));
		sodium_memzero(text, sizeof(text));
	}
	return error;
}

int recovery_use(struct subject_change *change, const char *code)
{
	QUERY_CLEANUP struct query query = query_make(
	    &change->store->database,
	    "DELETE FROM credential WHERE user = ? AND kind = 'recovery'"
	    " AND state = 'active' AND secret = ?");
	char text[RECOVERY_TEXT_SIZE + 1];
	uint8_t hash[HASH_SIZE];
	int error;

	if (!normalize(code, text))
		return -ERR_CODE_WRONG;
	secret_hash(change->store, "recovery", change->number,
		    view_of_string(text), hash);
	query_integer(&query, change->number);
	query_bytes(&query, view_of(hash, sizeof(hash)));
	error = query_run(&query);
	if (error == 0 && sqlite3_changes(change->store->database.handle) != 1)
		error = -ERR_CODE_WRONG;
	return error;
}
