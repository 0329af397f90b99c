#include "base/error.h"

#include <errno.h>
#include <string.h>

static const struct {
	const char *name;
	const char *sentence[2];
} errors[ERR_COUNT] = {
    [ERR_NONE] = {"none", {"問題はありません。", "Nothing is wrong."}},
#define ERROR(symbol, name, ja, en) [ERR_##symbol] = {name, {ja, en}},
#include "base/error.def"
#undef ERROR
};

static enum error error_index(int error)
{
	if (error < 0 && error > -ERR_COUNT)
		return (enum error) - error;
	if (error >= 0 && error < ERR_COUNT)
		return (enum error)error;
	return ERR_INTERNAL;
}

const char *error_name(int error)
{
	return errors[error_index(error)].name;
}

const char *error_sentence(int error, enum language language)
{
	return errors[error_index(error)].sentence[language == LANGUAGE_EN];
}

bool error_is_fault(int error)
{
	switch (error < 0 ? -error : error) {
	case ERR_INTERNAL:
	case ERR_IO:
	case ERR_NO_SPACE:
	case ERR_PROTOCOL:
	case ERR_UNAVAILABLE:
	case ERR_CANCELLED:
	case ERR_SANDBOX_SETUP:
	case ERR_SCANNER_FAILED:
	case ERR_SCANNER_NO_DEFINITIONS:
	case ERR_SCANNER_STALE_DEFINITIONS:
		return true;
	default:
		return false;
	}
}

enum error error_by_name(const char *name)
{
	for (int i = 1; i < ERR_COUNT; i++)
		if (strcmp(errors[i].name, name) == 0)
			return (enum error)i;
	return ERR_NONE;
}

int error_from_errno(int number)
{
	switch (number) {
	case ENOSPC:
	case EDQUOT:
		return -ERR_NO_SPACE;
	case ENOMEM:
		return -ERR_MEMORY;
	default:
		return -ERR_IO;
	}
}
