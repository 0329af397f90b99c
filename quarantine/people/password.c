#define _GNU_SOURCE
#include "quarantine/people/password.h"

#include "base/utf8.h"
#include "base/view.h"

#include <sodium.h>

#include "base/banned.h"

enum {
	ARGON_PASSES = 2,
	ARGON_BYTES = 19 * 1024 * 1024,
	PERSONAL_LEAST = 3, /* shorter names are in everything */
};

_Static_assert((int)PASSWORD_HASH_SIZE == (int)crypto_pwhash_STRBYTES,
	       "libsodium's hashes have another size");

static int64_t count_characters(struct view text)
{
	struct cursor cursor = cursor_at(text, 0);
	int64_t count = 0;

	while (cursor_left(&cursor) > 0) {
		(void)utf8_next(&cursor);
		count++;
	}
	return count;
}

/* Of lower case, upper case, digits and everything else. */
static int64_t count_classes(const char *password)
{
	bool lower = false;
	bool upper = false;
	bool digit = false;
	bool other = false;

	for (const char *at = password; *at != '\0'; at++) {
		if (*at >= 'a' && *at <= 'z')
			lower = true;
		else if (*at >= 'A' && *at <= 'Z')
			upper = true;
		else if (*at >= '0' && *at <= '9')
			digit = true;
		else
			other = true;
	}
	return (int64_t)lower + upper + digit + other;
}

static bool has_controls(const char *password)
{
	for (const char *at = password; *at != '\0'; at++)
		if ((unsigned char)*at < 0x20 || *at == 0x7f)
			return true;
	return false;
}

/* Words of a name stand by themselves: "yamada" of "Yamada Taro". */
static bool holds_word_of(const char *password, const char *text)
{
	char word[128];
	size_t length = 0;

	for (;; text++) {
		bool ends = *text == '\0' || strchr(" \t.,@-_+", *text) != NULL;

		if (!ends && length + 1 < sizeof(word)) {
			word[length++] = *text;
			continue;
		}
		word[length] = '\0';
		if (length >= PERSONAL_LEAST &&
		    strcasestr(password, word) != NULL)
			return true;
		length = 0;
		if (*text == '\0')
			return false;
	}
}

int password_problems(const struct password_rules *rules, const char *password,
		      enum error ret_problems[PASSWORD_PROBLEMS_MAX])
{
	int64_t characters = count_characters(view_of_string(password));
	int count = 0;

	if (characters < rules->length)
		ret_problems[count++] = ERR_PASSWORD_SHORT;
	if (characters > PASSWORD_CHARACTERS_MAX)
		ret_problems[count++] = ERR_PASSWORD_LONG;
	if (count_classes(password) < rules->classes ||
	    has_controls(password) || !utf8_valid(view_of_string(password)))
		ret_problems[count++] = ERR_PASSWORD_CLASSES;
	if (password_is_common(password))
		ret_problems[count++] = ERR_PASSWORD_COMMON;
	if (holds_word_of(password, rules->login) ||
	    holds_word_of(password, rules->name))
		ret_problems[count++] = ERR_PASSWORD_PERSONAL;
	return count;
}

static bool has_classes(const char *password)
{
	return count_classes(password) == 4;
}

/* Without what looks alike; 16 of 59 characters are 94 bits. */
void password_make_temporary(char ret_password[PASSWORD_TEMPORARY_SIZE + 1])
{
	static const char alphabet[] = "abcdefghijkmnpqrstuvwxyz"
				       "ABCDEFGHJKLMNPQRSTUVWXYZ"
				       "23456789-+=";

	do {
		for (int i = 0; i < PASSWORD_TEMPORARY_SIZE; i++)
			ret_password[i] =
			    alphabet[randombytes_uniform(sizeof(alphabet) - 1)];
		ret_password[PASSWORD_TEMPORARY_SIZE] = '\0';
	} while (!has_classes(ret_password) ||
		 password_is_common(ret_password));
}

int password_hash(const char *password, char ret_hash[PASSWORD_HASH_SIZE])
{
	return crypto_pwhash_str_alg(ret_hash, password, strlen(password),
				     ARGON_PASSES, ARGON_BYTES,
				     crypto_pwhash_ALG_ARGON2ID13) == 0
		   ? 0
		   : -ERR_MEMORY;
}

/* Of a random password that nobody knows, made with the same costs. */
static const char nobody[] =
    "$argon2id$v=19$m=19456,t=2,p=1$G544uo9n7fa45rg5kpNDKA$"
    "n6LkvSr9zuo2riFzqzROGhRBwaNu5UXipIa5sCJ+DXA";

int password_verify(const char *password, const char *hash)
{
	int result = crypto_pwhash_str_verify(hash[0] == '\0' ? nobody : hash,
					      password, strlen(password));

	return result == 0 && hash[0] != '\0' ? 0 : -ERR_LOGIN_REFUSED;
}
