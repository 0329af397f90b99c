#include "quarantine/manifest.h"

#include "base/bytes.h"

#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>

#include "base/banned.h"

static const char *const first_lines[] = {"sekisho backup 1",
					  "sekisho evidence 1"};
static const char signature_mark[] = "\n\xE2\x80\x94 ";

void manifest_begin(struct buffer *buffer, const struct manifest_head *head)
{
	char time[TIME_TEXT_SIZE + 1];

	time_write(head->time_ms, time);
	buffer_format(buffer, "%s\n%s %s %d %" PRIu64 "\n",
		      first_lines[head->evidence], head->node, time, head->year,
		      head->records);
}

void manifest_add(struct buffer *buffer, const struct manifest_entry *entry)
{
	char hex[2 * HASH_SIZE + 1];

	if (entry->missing) {
		buffer_format(buffer, "missing %s\n", entry->path);
		return;
	}
	hash_to_hex(entry->sha256, hex);
	buffer_format(buffer, "%s %" PRIu64 " %s\n", hex, entry->bytes,
		      entry->path);
}

void manifest_sign(struct buffer *buffer, const struct signer *signer)
{
	struct view body = buffer_contents(buffer);
	BUFFER_CLEANUP struct buffer sign = buffer_make(256);

	signer_sign(&sign, signer, body);
	buffer_format(buffer, "%s%s ", signature_mark, signer->name);
	buffer_view(buffer, buffer_contents(&sign));
	buffer_text(buffer, "\n");
}

/* The next line without its newline; false at the end. */
static bool next_line(struct cursor *cursor, char *line, size_t size)
{
	size_t end =
	    view_find(cursor->view, view_of_string("\n"), cursor->offset);
	struct view text;

	if (end == SIZE_MAX || end - cursor->offset >= size)
		return false;
	text = cursor_take(cursor, end - cursor->offset);
	cursor_skip(cursor, 1);
	if (memchr(text.data, 0, text.size) != NULL ||
	    !bytes_copy(line, size, text))
		return false;
	line[text.size] = '\0';
	return true;
}

static bool read_head(struct cursor *cursor, struct manifest_head *head)
{
	char line[256];
	char time[TIME_TEXT_SIZE + 1];

	return next_line(cursor, line, sizeof(line)) &&
	       strcmp(line, first_lines[head->evidence]) == 0 &&
	       next_line(cursor, line, sizeof(line)) &&
	       sscanf(line, "%63s %24s %4d %20" SCNu64, head->node, time,
		      &head->year, &head->records) == 4 &&
	       node_name_valid(head->node) &&
	       time_read(time, &head->time_ms) == 0;
}

static int open_kind(struct view text, const struct signer *signer,
		     bool evidence, struct manifest_head *ret_head,
		     struct cursor *ret_lines)
{
	size_t at = view_find_last(text, view_of_string(signature_mark));
	struct view body = view_slice(text, 0, at);
	char start[NODE_NAME_MAX + 8];
	struct view rest;
	int error;

	if (at == SIZE_MAX || at == 0 || text.data[text.size - 1] != '\n')
		return -ERR_MALFORMED;
	rest = view_slice(text, at, text.size - 1 - at);
	(void)snprintf(start, sizeof(start), "%s%s ", signature_mark,
		       signer->name);
	if (!view_starts_with(rest, start))
		return -ERR_NOT_FOUND;
	error = signer_check(signer, view_slice(rest, strlen(start), SIZE_MAX),
			     body);
	if (error != 0)
		return error;
	*ret_head = (struct manifest_head){.evidence = evidence};
	*ret_lines = cursor_at(body, 0);
	return read_head(ret_lines, ret_head) ? 0 : -ERR_MALFORMED;
}

int manifest_open(struct view text, const struct signer *signer,
		  struct manifest_head *ret_head, struct cursor *ret_lines)
{
	return open_kind(text, signer, false, ret_head, ret_lines);
}

int manifest_open_evidence(struct view text, const struct signer *signer,
			   struct manifest_head *ret_head,
			   struct cursor *ret_lines)
{
	return open_kind(text, signer, true, ret_head, ret_lines);
}

/* Signed, and still nothing leads out of the folder. */
static bool is_path(const char *path)
{
	return path[0] != '\0' && path[0] != '/' && strstr(path, "..") == NULL;
}

int manifest_next(struct cursor *lines, struct manifest_entry *ret_entry)
{
	static const char missing[] = "missing ";
	struct manifest_entry entry = {0};
	char line[MANIFEST_PATH_MAX + 128];
	char hex[2 * HASH_SIZE + 1];
	int start = 0;

	if (cursor_left(lines) == 0)
		return 0;
	if (!next_line(lines, line, sizeof(line)))
		return -ERR_MALFORMED;
	entry.missing = strncmp(line, missing, sizeof(missing) - 1) == 0;
	if (entry.missing)
		start = (int)sizeof(missing) - 1;
	else if (sscanf(line, "%64[0-9a-f] %20" SCNu64 " %n", hex, &entry.bytes,
			&start) != 2 ||
		 start == 0 ||
		 sodium_hex2bin(entry.sha256, HASH_SIZE, hex, strlen(hex), NULL,
				NULL, NULL) != 0)
		return -ERR_MALFORMED;
	if (!text_copy(entry.path, sizeof(entry.path), line + start) ||
	    !is_path(entry.path))
		return -ERR_MALFORMED;
	*ret_entry = entry;
	return 1;
}

bool manifest_node(struct view text, char ret_node[NODE_NAME_MAX + 1])
{
	struct cursor cursor = cursor_at(text, 0);
	struct manifest_head head = {0};

	return read_head(&cursor, &head) &&
	       text_copy(ret_node, NODE_NAME_MAX + 1, head.node);
}
