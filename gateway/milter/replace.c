#define _GNU_SOURCE
#include "gateway/milter/replace.h"

#include "base/killpoint.h"
#include "gateway/mail/split.h"

#include "base/banned.h"

enum { CHUNK = 65535, TEXT_MAX = 64 * 1024 };

/* Which of the fields with this name it is, from 1: libmilter counts so. */
static int index_of(const char *const *names, size_t position)
{
	int index = 0;

	for (size_t i = 0; i <= position; i++)
		index += strcasecmp(names[i], names[position]) == 0;
	return index;
}

static int delete_all(SMFICTX *context, const struct came *came)
{
	const char **names = calloc(came->count + 1, sizeof(char *));
	const char *at = (const char *)came->names.data;
	int error = names == NULL ? -ERR_MEMORY : 0;

	for (size_t i = 0; error == 0 && i < came->count; i++) {
		names[i] = at;
		at += strlen(at) + 1;
	}
	/* Descending, so that no index moves under the ones still to come. */
	for (size_t i = came->count; error == 0 && i > 0; i--) {
		char *name = (char *)(uintptr_t)names[i - 1];

		if (smfi_chgheader(context, name, index_of(names, i - 1),
				   NULL) != MI_SUCCESS)
			error = -ERR_IO;
	}
	free(names);
	return error;
}

/* libmilter wants LF between the lines of a field. */
static int add_field(SMFICTX *context, const struct split_field *field)
{
	BUFFER_CLEANUP struct buffer name = buffer_make(TEXT_MAX);
	BUFFER_CLEANUP struct buffer value = buffer_make(TEXT_MAX);

	buffer_view(&name, field->name);
	buffer_u8(&name, 0);
	for (size_t i = 0; i < field->value.size; i++)
		if (field->value.data[i] != '\r')
			buffer_u8(&value, field->value.data[i]);
	buffer_u8(&value, 0);
	if (buffer_error(&name) != 0 || buffer_error(&value) != 0)
		return -ERR_LIMIT_OUTPUT;
	return smfi_addheader(context, (char *)name.data, (char *)value.data) ==
		       MI_SUCCESS
		   ? 0
		   : -ERR_IO;
}

/* Never no body at all: an MTA could take that for "unchanged". */
static int put_body(SMFICTX *context, struct view body)
{
	static uint8_t empty[] = {'\r', '\n'};

	if (body.size == 0)
		body = view_of(empty, sizeof(empty));
	for (size_t at = 0; at < body.size; at += CHUNK) {
		struct view piece = view_slice(body, at, CHUNK);

		if (smfi_replacebody(context,
				     (unsigned char *)(uintptr_t)piece.data,
				     (int)piece.size) != MI_SUCCESS)
			return -ERR_IO;
		kill_point("mail.replacing");
	}
	return 0;
}

int replace_message(SMFICTX *context, const struct came *came,
		    struct view message)
{
	struct split *split = calloc(1, sizeof(*split));
	int error = split == NULL ? -ERR_MEMORY : split_message(message, split);

	if (error == 0)
		error = delete_all(context, came);
	kill_point("mail.deleted");
	for (size_t i = 0; error == 0 && i < split->count; i++)
		error = add_field(context, &split->fields[i]);
	if (error == 0)
		error = put_body(context, split->body);
	free(split);
	return error;
}
