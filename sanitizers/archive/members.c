#include "sanitizers/archive/members.h"

#include "base/banned.h"

static int drain_one(struct members *members)
{
	struct member *member = &members->queue[members->first];
	int error = 0;

	if (!member->settled)
		error = job_nested_wait(members->job, member->ticket,
					&member->result);
	if (error == 0)
		error = members->sink(members->context, member);
	members->bytes -= member->content.size;
	buffer_free(&member->content);
	members->first = (members->first + 1) % MEMBERS_WINDOW;
	members->count--;
	return error;
}

static bool has_room(const struct members *members, size_t size)
{
	return members->count == 0 ||
	       (members->count < MEMBERS_WINDOW && size <= MEMBERS_BYTES &&
		members->bytes <= MEMBERS_BYTES - size);
}

int members_push(struct members *members, struct member *member)
{
	struct nested_request request = {
	    .path = member->path,
	    .name = member_file_name(member->path),
	    .content = buffer_contents(&member->content),
	};
	int error = 0;

	while (error == 0 && !has_room(members, member->content.size))
		error = drain_one(members);
	if (error == 0 && !member->settled)
		error =
		    job_nested_begin(members->job, &request, &member->ticket);
	if (error != 0) {
		buffer_free(&member->content);
		return error;
	}
	members->bytes += member->content.size;
	members->queue[(members->first + members->count) % MEMBERS_WINDOW] =
	    *member;
	members->count++;
	return 0;
}

int members_finish(struct members *members)
{
	while (members->count > 0) {
		int error = drain_one(members);

		if (error != 0)
			return error;
	}
	return 0;
}

void members_abandon(struct members *members)
{
	for (; members->count > 0; members->count--) {
		buffer_free(&members->queue[members->first].content);
		members->first = (members->first + 1) % MEMBERS_WINDOW;
	}
}

const char *member_file_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash == NULL ? path : slash + 1;
}

bool member_reason_is_fatal(enum error reason)
{
	switch ((int)reason) {
	case ERR_LIMIT_BYTES:
	case ERR_LIMIT_RATIO:
	case ERR_LIMIT_DEPTH:
	case ERR_LIMIT_MEMBERS:
	case ERR_LIMIT_TIME:
	case ERR_LIMIT_REMOVALS:
	case ERR_ENCRYPTED:
	case ERR_PASSWORD_WRONG:
		return true;
	default:
		return error_is_fault((int)reason);
	}
}

bool member_name_is_system(const char *path)
{
	static const char *const names[] = {".DS_Store", "Thumbs.db",
					    "desktop.ini"};
	const char *name = member_file_name(path);

	if (strncmp(path, "__MACOSX/", 9) == 0 || strcmp(path, "__MACOSX") == 0)
		return true;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcasecmp(name, names[i]) == 0)
			return true;
	return false;
}

void member_note(struct buffer *buffer, const char *path, enum error reason)
{
	buffer_format(buffer,
		      "このファイルは無害化できないため、書庫から取り除かれ"
		      "ました。\r\n"
		      "名前: %s\r\n"
		      "理由: %s (%s)\r\n"
		      "\r\n"
		      "This file could not be made safe and was taken out of "
		      "the archive.\r\n"
		      "Name: %s\r\n"
		      "Reason: %s (%s)\r\n",
		      path, error_sentence((int)reason, LANGUAGE_JA),
		      error_name((int)reason), path,
		      error_sentence((int)reason, LANGUAGE_EN),
		      error_name((int)reason));
}
