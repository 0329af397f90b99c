#define _GNU_SOURCE
#include "gateway/mail/keys.h"

#include "base/handle.h"
#include "base/loop.h"
#include "gateway/mail/endpoint.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>

#include "base/banned.h"

enum {
	HEADER_MAX = 2 * 1024 * 1024,
	FIELD_MAX = 16 * 1024,
	COLLECT_MS = 30000,
};

/* ---- names ---- */

static bool is_name_byte(uint8_t byte)
{
	return byte >= 0x21 && byte < 0x7F &&
	       strchr("abcdefghijklmnopqrstuvwxyz0123456789-._", byte) != NULL;
}

bool keys_is_name(const char *text)
{
	size_t size = strlen(text);

	if (size == 0 || size > KEY_NAME_MAX || text[0] == '.' ||
	    text[size - 1] == '.' || strstr(text, "..") != NULL)
		return false;
	for (size_t i = 0; i < size; i++)
		if (!is_name_byte((uint8_t)text[i]))
			return false;
	return true;
}

/* Without blanks and line ends, in lower case. */
static size_t squeeze(struct view value, char *text, size_t size)
{
	size_t length = 0;

	for (size_t i = 0; i < value.size && length + 1 < size; i++) {
		uint8_t byte = value.data[i];

		if (byte > ' ')
			text[length++] = byte >= 'A' && byte <= 'Z'
					     ? (char)(byte - 'A' + 'a')
					     : (char)byte;
	}
	text[length] = '\0';
	return length;
}

/* The value of one tag of a squeezed list; "" when it is not there or long. */
static void find_tag(const char *list, char tag,
		     char ret_value[KEY_NAME_MAX + 1])
{
	ret_value[0] = '\0';
	for (const char *at = list; *at != '\0';) {
		size_t size = strcspn(at, ";");

		if (at[0] == tag && at[1] == '=' && size - 2 <= KEY_NAME_MAX) {
			(void)snprintf(ret_value, KEY_NAME_MAX + 1, "%.*s",
				       (int)(size - 2), at + 2);
			return;
		}
		at += size;
		at += *at == ';';
	}
}

static size_t add_name(struct view value,
		       char names[KEYS_MAX][KEY_NAME_MAX + 1], size_t count)
{
	char list[FIELD_MAX];
	char domain[KEY_NAME_MAX + 1];
	char selector[KEY_NAME_MAX + 1];
	char name[2 * KEY_NAME_MAX + 16];

	(void)squeeze(value, list, sizeof(list));
	find_tag(list, 'd', domain);
	find_tag(list, 's', selector);
	(void)snprintf(name, sizeof(name), "%s._domainkey.%s", selector,
		       domain);
	if (!keys_is_name(selector) || !keys_is_name(domain) ||
	    !keys_is_name(name))
		return count;
	for (size_t i = 0; i < count; i++)
		if (strcmp(names[i], name) == 0)
			return count;
	(void)snprintf(names[count], KEY_NAME_MAX + 1, "%.*s", KEY_NAME_MAX,
		       name);
	return count + 1;
}

static bool is_signature(struct view line)
{
	static const char *const fields[] = {
	    "dkim-signature", "arc-message-signature", "arc-seal"};
	size_t colon = view_find(line, view_of(":", 1), 0);

	if (colon == SIZE_MAX)
		return false;
	while (colon > 0 && line.data[colon - 1] <= ' ')
		colon--;
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
		if (view_equal_nocase(view_slice(line, 0, colon), fields[i]))
			return true;
	return false;
}

/* Behind the line at `at`. */
static size_t line_end(struct view text, size_t at)
{
	size_t end = view_find(text, view_of("\n", 1), at);

	return end == SIZE_MAX ? text.size : end + 1;
}

size_t keys_names(struct view message,
		  char ret_names[KEYS_MAX][KEY_NAME_MAX + 1])
{
	struct view header = view_slice(message, 0, HEADER_MAX);
	size_t count = 0;
	size_t at = 0;

	while (at < header.size && count < KEYS_MAX) {
		size_t end = line_end(header, at);
		struct view field;

		if (header.data[at] == '\n' || header.data[at] == '\r')
			break;
		while (end < header.size &&
		       (header.data[end] == ' ' || header.data[end] == '\t'))
			end = line_end(header, end);
		field = view_slice(header, at, end - at);
		at = end;
		if (is_signature(field))
			count = add_name(
			    view_slice(field,
				       view_find(field, view_of(":", 1), 0) + 1,
				       field.size),
			    ret_names, count);
	}
	return count;
}

/* ---- keys ---- */

static int find_in_file(struct view file, const char *name,
			char ret_text[KEY_TEXT_MAX + 1])
{
	size_t size = strlen(name);

	for (size_t at = 0; at < file.size; at = line_end(file, at)) {
		struct view line =
		    view_slice(file, at, line_end(file, at) - at);
		size_t skip = size;

		while (line.size > 0 && line.data[line.size - 1] <= ' ')
			line.size--;
		if (!view_equal_nocase(view_slice(line, 0, size), name) ||
		    line.size <= size || line.data[size] > ' ')
			continue;
		while (skip < line.size && line.data[skip] <= ' ')
			skip++;
		line = view_slice(line, skip, line.size);
		if (line.size > KEY_TEXT_MAX)
			return -ERR_NOT_FOUND;
		(void)snprintf(ret_text, KEY_TEXT_MAX + 1, "%.*s",
			       (int)line.size, (const char *)line.data);
		return 0;
	}
	return -ERR_NOT_FOUND;
}

static int find_key(const struct keys *keys, const char *name,
		    uint64_t until_ms, char ret_text[KEY_TEXT_MAX + 1])
{
	if (keys->file.size > 0)
		return find_in_file(keys->file, name, ret_text);
	if (loop_now() > until_ms)
		return -ERR_UNAVAILABLE;
	return resolve_text(keys->resolver, name, ret_text);
}

void keys_collect(const struct keys *keys, struct view message,
		  char ret_text[AUTHENTICATION_MAX + 1])
{
	char names[KEYS_MAX][KEY_NAME_MAX + 1];
	uint64_t until_ms = loop_now() + COLLECT_MS;
	BUFFER_CLEANUP struct buffer text = buffer_make(AUTHENTICATION_MAX);
	size_t count;

	ret_text[0] = '\0';
	if (keys->authserv_id[0] == '\0')
		return;
	count = keys_names(message, names);
	buffer_format(&text, "%s\n", keys->authserv_id);
	for (size_t i = 0; i < count; i++) {
		char key[KEY_TEXT_MAX + 1];
		int error = find_key(keys, names[i], until_ms, key);
		size_t before = text.size;

		if (error == 0)
			buffer_format(&text, "%s %s\n", names[i], key);
		else if (error != -ERR_NOT_FOUND)
			buffer_format(&text, "%s\n", names[i]);
		if (buffer_error(&text) != 0) {
			/* What has no room is as if nobody had answered. */
			text.error = 0;
			text.size = before;
			break;
		}
	}
	(void)snprintf(ret_text, AUTHENTICATION_MAX + 1, "%.*s", (int)text.size,
		       (const char *)text.data);
}

int keys_open(const char *authserv_id, const char *file, const char *resolver,
	      struct keys *ret_keys)
{
	struct sockaddr_in server;
	HANDLE_CLEANUP int fd = -1;

	*ret_keys = (struct keys){.resolver = resolver};
	if (authserv_id[0] == '\0')
		return 0;
	if (squeeze(view_of_string(authserv_id), ret_keys->authserv_id,
		    sizeof(ret_keys->authserv_id)) != strlen(authserv_id) ||
	    !keys_is_name(ret_keys->authserv_id))
		return -ERR_CONFIG;
	if (file[0] == '\0')
		return endpoint_address(resolver, &server);
	fd = open(file, O_RDONLY | O_CLOEXEC);
	return fd < 0 ? -ERR_CONFIG : handle_map(fd, &ret_keys->file);
}
