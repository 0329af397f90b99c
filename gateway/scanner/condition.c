#include "gateway/scanner/condition.h"

#include "base/bytes.h"

#include <stdio.h>

#include "base/banned.h"

/* Names and messages are meant to be ASCII; what is not is not worth a lapse
 * of escaping in the one place where the console shows it. */
static void append_json_text(struct buffer *buffer, const char *text)
{
	buffer_text(buffer, "\"");
	for (; *text != '\0'; text++) {
		unsigned char byte = (unsigned char)*text;

		if (byte == '"' || byte == '\\')
			buffer_u8(buffer, '\\');
		buffer_u8(buffer, byte >= ' ' && byte <= '~' ? byte : '?');
	}
	buffer_text(buffer, "\"");
}

void condition_set_files(struct condition *condition,
			 const struct definitions *definitions)
{
	enum { ONE_MORE = 2 * DEFINITION_NAME_MAX + sizeof("\"\",\"...\"]") };
	BUFFER_CLEANUP struct buffer list = buffer_make(CONDITION_FILES_MAX);

	buffer_text(&list, "[");
	for (size_t i = 0; i < definitions->count; i++) {
		if (i > 0)
			buffer_text(&list, ",");
		if (list.size > CONDITION_FILES_MAX - ONE_MORE) {
			buffer_text(&list, "\"...\"");
			break;
		}
		append_json_text(&list, definitions->files[i].name);
	}
	buffer_bytes(&list, "]", sizeof("]"));
	if (buffer_error(&list) != 0 ||
	    !bytes_copy(condition->files, sizeof(condition->files),
			buffer_contents(&list)))
		(void)text_copy(condition->files, sizeof(condition->files),
				"[]");
}

void condition_write(struct buffer *buffer, const struct condition *condition)
{
	buffer_format(buffer, "%d %lld %u\n", condition->error,
		      (long long)condition->time, condition->signatures);
	buffer_format(buffer, "%s\n%s\n%s\n", condition->detail.text,
		      condition->files, condition->sandbox);
}

/* Takes one line off the front of `text`. */
static int take_line(struct view *text, char *line, size_t size)
{
	size_t end = view_find(*text, view_of_string("\n"), 0);

	if (end == SIZE_MAX || end >= size ||
	    !bytes_copy(line, size, view_slice(*text, 0, end)))
		return -ERR_PROTOCOL;
	line[end] = '\0';
	*text = view_slice(*text, end + 1, SIZE_MAX);
	return 0;
}

int condition_read(struct view text, struct condition *ret_condition)
{
	struct condition *condition = ret_condition;
	char numbers[64];
	long long time;
	int error = take_line(&text, numbers, sizeof(numbers));

	if (error == 0)
		error = take_line(&text, condition->detail.text,
				  sizeof(condition->detail.text));
	if (error == 0)
		error = take_line(&text, condition->files,
				  sizeof(condition->files));
	if (error == 0)
		error = take_line(&text, condition->sandbox,
				  sizeof(condition->sandbox));
	if (error != 0 || sscanf(numbers, "%d %lld %u", &condition->error,
				 &time, &condition->signatures) != 3)
		return -ERR_PROTOCOL;
	condition->time = time;
	return 0;
}

const char *condition_state(const struct condition *condition, int64_t now,
			    uint32_t max_age_hours)
{
	if (condition->error == -ERR_SCANNER_NO_DEFINITIONS)
		return "none";
	if (condition->error != 0)
		return "failed";
	return definitions_are_stale(condition->time, now, max_age_hours)
		   ? "stale"
		   : "ok";
}

void condition_to_json(struct buffer *buffer, const struct condition *condition,
		       int64_t now, uint32_t max_age_hours,
		       const char *reload_failure)
{
	buffer_format(buffer, "{%s%s\"definitions\":{\"state\":\"%s\",",
		      condition->sandbox,
		      condition->sandbox[0] != '\0' ? "," : "",
		      condition_state(condition, now, max_age_hours));
	buffer_format(buffer,
		      "\"signatures\":%u,\"time\":%lld,\"age_hours\":%u,"
		      "\"max_age_hours\":%u,\"files\":%s,\"detail\":",
		      condition->signatures, (long long)condition->time,
		      definitions_age_hours(condition->time, now),
		      max_age_hours,
		      condition->files[0] != '\0' ? condition->files : "[]");
	append_json_text(buffer, condition->detail.text);
	buffer_format(buffer, ",\"reload\":\"%s\",\"reload_detail\":",
		      reload_failure == NULL ? "ok" : "failed");
	append_json_text(buffer, reload_failure == NULL ? "" : reload_failure);
	buffer_text(buffer, "}}");
}
