#include "sanitizers/archive/zip_keys.h"

#include "sanitizers/archive/name_encoding.h"

#include "base/banned.h"

int zip_keys_collect(struct job *job, struct zip_keys *ret_keys)
{
	struct zip_keys keys = {0};

	keys.passwords = arena_array(job->arena, 2 * job->password_count,
				     sizeof(*keys.passwords));
	if (keys.passwords == NULL)
		return -ERR_MEMORY;
	for (size_t i = 0; i < job->password_count; i++) {
		struct view utf8 = view_of_string(job->passwords[i]);
		struct view cp932 = name_encoding_cp932(job->arena, utf8);

		if (utf8.size == 0)
			continue;
		keys.passwords[keys.count++] = utf8;
		if (cp932.data != NULL && !view_equal(cp932, utf8))
			keys.passwords[keys.count++] = cp932;
	}
	*ret_keys = keys;
	return 0;
}

static int append(void *context, struct view chunk)
{
	struct buffer *content = context;

	buffer_view(content, chunk);
	return buffer_error(content);
}

static int try_password(struct job *job, struct zip_reader *reader, size_t i,
			struct view password, struct buffer *content)
{
	uint64_t left = job->unpacked_left;
	int error = zip_reader_stream(reader, i, password, append, content);

	if (error != 0) {
		buffer_free(content);
		job->unpacked_left = left;
	}
	return error;
}

/* What a wrong password that the check byte lets through can end in; what is
 * really wrong with the data comes again with the right one. */
static bool may_be_wrong_password(const struct zip_entry *entry, int error)
{
	return error == -ERR_PASSWORD_WRONG ||
	       (entry->aes_strength == 0 &&
		(error == -ERR_MALFORMED ||
		 error == -ERR_ARCHIVE_INCONSISTENT ||
		 error == -ERR_ARCHIVE_JUNK));
}

int zip_keys_read(struct zip_keys *keys, struct job *job,
		  struct zip_reader *reader, size_t i, struct buffer *content,
		  struct view *ret_password)
{
	const struct zip_entry *entry = zip_reader_entry(reader, i);
	int error;

	*ret_password = (struct view){NULL, 0};
	if (!entry->encrypted)
		return zip_reader_stream(reader, i, *ret_password, append,
					 content);
	if (keys->count == 0)
		return -ERR_ENCRYPTED;
	for (size_t k = 0; k < keys->count; k++) {
		size_t at = (keys->last + k) % keys->count;

		error =
		    try_password(job, reader, i, keys->passwords[at], content);
		if (error == 0) {
			keys->last = at;
			*ret_password = keys->passwords[at];
			return 0;
		}
		if (!may_be_wrong_password(entry, error))
			return error;
	}
	return -ERR_PASSWORD_WRONG;
}
