#include "quarantine/people/settings.h"

#include "base/bytes.h"
#include "base/program.h"

#include <stddef.h>

#include "base/banned.h"

enum { DAY_SECONDS = 86400, KEY_SIZE_MAX = 32 };

static const struct number {
	const char *key;
	size_t member;
	long initial;
	long least;
	long most;
} numbers[] = {
#define NUMBER(name, initial, least, most)                                     \
	{                                                                      \
#name, offsetof(struct people_settings, name), initial, least, \
		    most                                                       \
	}
    NUMBER(idle_seconds, 900, 1, DAY_SECONDS),
    NUMBER(session_seconds, 43200, 1, DAY_SECONDS),
    NUMBER(lock_failures, 5, 1, 100),
    NUMBER(lock_seconds, 1800, 1, DAY_SECONDS),
    NUMBER(password_length, 8, 8, 64),
    NUMBER(password_classes, 4, 3, 4),
    NUMBER(administrator_length, 12, 8, 64),
    NUMBER(password_history, 5, 0, 24),
    NUMBER(temporary_hours, 72, 1, 720),
    NUMBER(dormant_days, 90, 1, 3650),
    NUMBER(dormant_disable, 0, 0, 1),
    NUMBER(second_factor, SECOND_FACTOR_REQUIRED, SECOND_FACTOR_REQUIRED,
	   SECOND_FACTOR_OPTIONAL),
    NUMBER(directory_create, 0, 0, 1),
#undef NUMBER
};

static int64_t *member(struct people_settings *settings,
		       const struct number *number)
{
	return (int64_t *)(void *)((uint8_t *)settings + number->member);
}

void people_settings_default(struct people_settings *ret_settings)
{
	*ret_settings = (struct people_settings){0};
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		*member(ret_settings, &numbers[i]) = numbers[i].initial;
}

static int take_number(struct people_settings *settings, const char *key,
		       const char *value)
{
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		long number = 0;

		if (strcmp(key, numbers[i].key) != 0)
			continue;
		if (program_number(value, numbers[i].least, numbers[i].most,
				   &number) != 0)
			return -ERR_CONFIG;
		*member(settings, &numbers[i]) = number;
		return 0;
	}
	return -ERR_CONFIG;
}

int people_settings_take(struct people_settings *settings,
			 const char *assignment)
{
	char key[KEY_SIZE_MAX + 1];
	const char *equals = strchr(assignment, '=');
	size_t length;

	if (equals == NULL)
		return -ERR_CONFIG;
	length = (size_t)(equals - assignment);
	if (!bytes_copy(key, KEY_SIZE_MAX, view_of(assignment, length)))
		return -ERR_CONFIG;
	key[length] = '\0';
	if (strcmp(key, "banner") == 0)
		return text_copy(settings->banner, sizeof(settings->banner),
				 equals + 1)
			   ? 0
			   : -ERR_CONFIG;
	if (strcmp(key, "origin") == 0)
		return text_copy(settings->origin, sizeof(settings->origin),
				 equals + 1)
			   ? 0
			   : -ERR_CONFIG;
	return take_number(settings, key, equals + 1);
}
