/* Passwords that everybody tries first. */
#include "quarantine/people/password.h"

#include "base/bytes.h"

#include "base/banned.h"

enum {
	COMMON_MAX = 128, /* nothing longer is common */
	EXTRA_MAX = 6,    /* characters around a common word: "2024!" */
};

static const char *const words[] = {
#include "quarantine/people/common_passwords.def"
};

static bool is_listed(const char *word)
{
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcmp(words[i], word) == 0)
			return true;
	return false;
}

static bool is_letter(char character)
{
	return character >= 'a' && character <= 'z';
}

/* Digits and signs that stand for letters; 1 and ! stand for `one`. */
static void decode(char *word, char one)
{
	static const char from[] = "0345678@$";
	static const char to[] = "oeasbtbas";

	for (; *word != '\0'; word++) {
		const char *at = strchr(from, *word);

		if (at != NULL)
			*word = to[at - from];
		else if (*word == '1' || *word == '!')
			*word = one;
	}
}

static bool is_listed_decoded(const char *word)
{
	static const char ones[] = "il";
	char copy[COMMON_MAX + 1];

	for (int i = 0; i < 2; i++) {
		if (!text_copy(copy, sizeof(copy), word))
			return false;
		decode(copy, ones[i]);
		if (is_listed(copy))
			return true;
	}
	return false;
}

/* The word between what was put around it. */
static bool is_dressed(const char *lower)
{
	char core[COMMON_MAX + 1];
	size_t first = 0;
	size_t length = strlen(lower);
	size_t last = length;

	while (first < length && !is_letter(lower[first]) &&
	       strchr("@$", lower[first]) == NULL)
		first++;
	while (last > first && !is_letter(lower[last - 1]))
		last--;
	if (last == first || length - (last - first) > EXTRA_MAX ||
	    !bytes_copy(core, COMMON_MAX, view_of(lower + first, last - first)))
		return false;
	core[last - first] = '\0';
	return is_listed(core) || is_listed_decoded(core);
}

static bool are_neighbours(char one, char other)
{
	static const char *const rows[] = {"qwertyuiop", "asdfghjkl", "zxcvbnm",
					   "1qaz2wsx3edc4rfv5tgb6yhn7ujm",
					   "!\"#$%&'()"};
	int step = other - one;

	if (step >= -1 && step <= 1)
		return true;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *a = strchr(rows[i], one);
		const char *b = strchr(rows[i], other);

		if (a != NULL && b != NULL && (b - a == 1 || a - b == 1))
			return true;
	}
	return false;
}

/* Three of four characters follow from the one before. */
static bool is_run(const char *lower)
{
	size_t length = strlen(lower);
	size_t pairs = 0;

	for (size_t i = 1; i < length; i++)
		pairs += are_neighbours(lower[i - 1], lower[i]);
	return length > 1 && pairs * 4 >= (length - 1) * 3;
}

static bool is_monotonous(const char *lower)
{
	bool seen[256] = {false};
	int distinct = 0;

	for (; *lower != '\0'; lower++) {
		distinct += !seen[(unsigned char)*lower];
		seen[(unsigned char)*lower] = true;
	}
	return distinct <= 3;
}

bool password_is_common(const char *password)
{
	char lower[COMMON_MAX + 1];

	if (!text_copy(lower, sizeof(lower), password))
		return false;
	for (char *at = lower; *at != '\0'; at++)
		if (*at >= 'A' && *at <= 'Z')
			*at = (char)(*at - 'A' + 'a');
	return is_listed(lower) || is_listed_decoded(lower) ||
	       is_dressed(lower) || is_run(lower) || is_monotonous(lower);
}
