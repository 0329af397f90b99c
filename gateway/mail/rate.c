#include "gateway/mail/rate.h"

#include <pthread.h>
#include <sodium.h>

#include "base/banned.h"

enum { ENTRIES = 8192, NEIGHBOURS = 8, MINUTE_MS = 60000 };

/* A bucket that empties by one message every minute / per_minute. */
struct entry {
	uint64_t key;
	uint64_t full_ms; /* when it will be empty again */
};

struct rate {
	pthread_mutex_t lock;
	uint32_t per_minute;
	uint8_t secret[crypto_shorthash_KEYBYTES];
	struct entry entries[ENTRIES];
};

struct rate *rate_new(uint32_t per_minute)
{
	struct rate *rate = calloc(1, sizeof(*rate));

	if (rate == NULL || pthread_mutex_init(&rate->lock, NULL) != 0) {
		free(rate);
		return NULL;
	}
	rate->per_minute = per_minute;
	randombytes_buf(rate->secret, sizeof(rate->secret));
	return rate;
}

void rate_free(struct rate *rate)
{
	free(rate);
}

/* Keyed, so that nobody can choose senders that share an entry. */
static uint64_t key_of(const struct rate *rate, const char *sender)
{
	uint8_t bytes[crypto_shorthash_BYTES];
	uint8_t lower[1024];
	size_t length = strnlen(sender, sizeof(lower));
	uint64_t key = 0;

	for (size_t i = 0; i < length; i++)
		lower[i] = (uint8_t)tolower((unsigned char)sender[i]);
	(void)crypto_shorthash(bytes, lower, length, rate->secret);
	for (size_t i = 0; i < sizeof(bytes); i++)
		key = key << 8 | bytes[i];
	return key == 0 ? 1 : key;
}

/* Its entry, or the one among its neighbours that is empty first. */
static struct entry *find(struct rate *rate, uint64_t key)
{
	struct entry *oldest = NULL;

	for (unsigned i = 0; i < NEIGHBOURS; i++) {
		struct entry *entry = &rate->entries[(key + i) % ENTRIES];

		if (entry->key == key)
			return entry;
		if (oldest == NULL || entry->full_ms < oldest->full_ms)
			oldest = entry;
	}
	*oldest = (struct entry){.key = key};
	return oldest;
}

bool rate_allows(struct rate *rate, const char *sender, uint64_t now_ms)
{
	uint64_t step;
	struct entry *entry;
	bool allowed;

	if (rate->per_minute == 0 || sender[0] == '\0')
		return true;
	step = MINUTE_MS / rate->per_minute;
	if (pthread_mutex_lock(&rate->lock) != 0)
		abort();
	entry = find(rate, key_of(rate, sender));
	if (entry->full_ms < now_ms)
		entry->full_ms = now_ms;
	allowed = entry->full_ms + step <= now_ms + MINUTE_MS;
	if (allowed)
		entry->full_ms += step == 0 ? 1 : step;
	(void)pthread_mutex_unlock(&rate->lock);
	return allowed;
}
