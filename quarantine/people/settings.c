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

static bool take_text(char *text, size_t size, const char *key,
		      const char *assignment, int *ret_error)
{
	size_t length = strlen(key);

	if (strncmp(assignment, key, length) != 0)
		return false;
	*ret_error =
	    text_copy(text, size, assignment + length) ? 0 : -ERR_CONFIG;
	return true;
}

static int take_one(struct people_settings *settings, struct view assignment)
{
	char text[2 * KEY_SIZE_MAX + 1];
	char *equals;

	if (!bytes_copy(text, sizeof(text) - 1, assignment))
		return -ERR_CONFIG;
	text[assignment.size] = '\0';
	equals = strchr(text, '=');
	if (equals == NULL)
		return -ERR_CONFIG;
	*equals = '\0';
	return take_number(settings, text, equals + 1);
}

int people_settings_take(struct people_settings *settings,
			 const char *assignment)
{
	int error = 0;

	if (take_text(settings->banner, sizeof(settings->banner),
		      "banner=", assignment, &error) ||
	    take_text(settings->origin, sizeof(settings->origin),
		      "origin=", assignment, &error))
		return error;
	while (error == 0) {
		size_t length = strcspn(assignment, ",");

		error = take_one(settings, view_of(assignment, length));
		if (assignment[length] == '\0')
			break;
		assignment += length + 1;
	}
	return error;
}
