#include "sanitizers/ole/xor_lock.h"

#include "base/bytes.h"
#include "sanitizers/archive/name_encoding.h"
#include "sanitizers/ole/lock.h"

#include "base/banned.h"

enum {
	POLYNOMIAL = 0x1020,
	HASH_START = 0xCE4B,
	HASH_BITS = 15,
};

/* What a short password is filled with. */
static const uint8_t filling[XOR_LOCK_PASSWORD] = {
    0xBB, 0xFF, 0xFF, 0xBA, 0xFF, 0xFF, 0xB9, 0x80,
    0x00, 0xBE, 0x0F, 0x00, 0xBF, 0x0F, 0x00};

struct attempt {
	struct job *job;
	const struct xor_lock *lock;
	struct xor_key *key;
};

static uint16_t turn_register(uint16_t value)
{
	value = (uint16_t)(value << 1 | value >> 15);
	return (value & 1) != 0 ? value ^ POLYNOMIAL : value;
}

/* CreateXorKey_Method1, as the shift register that its tables are made of. */
static uint16_t key_of(struct view password)
{
	uint16_t base = 0x8000;
	uint16_t end = 0xFFFF;
	uint16_t key = 0;

	for (size_t i = password.size; i-- > 0;) {
		uint8_t byte = password.data[i] & 0x7F;

		for (int bit = 0; bit < 8; bit++) {
			base = turn_register(base);
			if ((byte >> bit & 1) != 0)
				key ^= base;
			end = turn_register(end);
		}
	}
	return key ^ end;
}

/* CreatePasswordVerifier_Method1 */
static uint16_t hash_of(struct view password)
{
	uint16_t hash = (uint16_t)(password.size ^ HASH_START);

	for (size_t i = 0; i < password.size; i++) {
		uint32_t turned = (uint32_t)password.data[i]
				  << (i + 1) % HASH_BITS;

		hash ^= (uint16_t)((turned | turned >> HASH_BITS) & 0x7FFF);
	}
	return hash;
}

static void make_key(const struct xor_lock *lock, struct view password,
		     struct xor_key *key)
{
	for (size_t i = 0; i < XOR_LOCK_KEY; i++) {
		uint8_t byte = i < password.size ? password.data[i]
						 : filling[i - password.size];
		uint8_t half =
		    (uint8_t)(i % 2 == 0 ? lock->key & 0xFF : lock->key >> 8);

		key->bytes[i] = xor_lock_turned(byte ^ half, lock->turn);
	}
}

static bool try_bytes(const struct attempt *attempt, struct view password)
{
	if (password.size == 0 || password.size > XOR_LOCK_PASSWORD ||
	    key_of(password) != attempt->lock->key ||
	    hash_of(password) != attempt->lock->hash)
		return false;
	make_key(attempt->lock, password, attempt->key);
	return true;
}

/* The low bytes, or the high ones where those are zero (2.3.7.4). */
static bool try_low_bytes(const struct attempt *attempt, const char *text)
{
	struct lock_password wide;
	uint8_t bytes[LOCK_PASSWORD_UNITS_MAX];
	bool fits = lock_password_from(text, &wide);

	for (size_t i = 0; fits && i < wide.size / 2; i++)
		bytes[i] = wide.bytes[2 * i] != 0 ? wide.bytes[2 * i]
						  : wide.bytes[2 * i + 1];
	fits = fits && try_bytes(attempt, view_of(bytes, wide.size / 2));
	explicit_bzero(&wide, sizeof(wide));
	explicit_bzero(bytes, sizeof(bytes));
	return fits;
}

static bool try_password(void *context, const char *password)
{
	const struct attempt *attempt = context;

	return try_bytes(attempt,
			 name_encoding_cp932(attempt->job->arena,
					     view_of_string(password))) ||
	       try_low_bytes(attempt, password);
}

int xor_lock_open(struct job *job, const struct xor_lock *lock,
		  const char *usual, struct xor_key *ret_key)
{
	struct attempt attempt = {.job = job, .lock = lock, .key = ret_key};

	return job_find_password(job, usual, try_password, &attempt);
}
