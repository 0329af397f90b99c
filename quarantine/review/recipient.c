#include "quarantine/review/review.h"

#include "base/bytes.h"

#include "base/banned.h"

enum { LINE_PARTS = 3 };

static int insert(struct store *store, int64_t item, int64_t number,
		  const char *kind, const char *name, const char *department)
{
	QUERY_CLEANUP struct query query = query_make(
	    &store->database, "INSERT INTO item_recipient VALUES"
			      " (?1, ?, " TENANT_OF_ITEM ", ?, ?, ?)");

	query_integer(&query, item);
	query_integer(&query, number);
	query_text(&query, kind);
	query_text(&query, name);
	query_text(&query, department);
	return query_run(&query);
}

/* The parts of a line up to a tab or its end, each of less than `size`. */
static int read_part(struct cursor *line, char *text, size_t size)
{
	size_t length = 0;

	while (cursor_left(line) > 0) {
		uint8_t byte = cursor_u8(line);

		if (byte == '\t')
			break;
		if (length + 1 >= size || byte < ' ')
			return -ERR_PROTOCOL;
		text[length++] = (char)byte;
	}
	text[length] = '\0';
	return 0;
}

static int store_line(struct store *store, struct view bytes, int64_t item,
		      int64_t number)
{
	char parts[LINE_PARTS][NAME_MAX_BYTES];
	struct cursor line = cursor_at(bytes, 0);
	int error = 0;

	for (int i = 0; error == 0 && i < LINE_PARTS; i++)
		error = read_part(&line, parts[i], sizeof(parts[i]));
	if (error == 0 && (cursor_left(&line) > 0 || parts[0][0] == '\0'))
		error = -ERR_PROTOCOL;
	return error == 0
		   ? insert(store, item, number, parts[0], parts[1], parts[2])
		   : error;
}

static int store_lines(struct store *store, struct view text, int64_t item)
{
	size_t start = 0;
	int64_t number = 0;
	int error = 0;

	for (size_t i = 0; error == 0 && i < text.size; i++) {
		if (text.data[i] != '\n')
			continue;
		if (++number > REVIEW_RECIPIENTS_MAX)
			return -ERR_PROTOCOL;
		error = store_line(store, view_slice(text, start, i - start),
				   item, number);
		start = i + 1;
	}
	return error == 0 && start != text.size ? -ERR_PROTOCOL : error;
}

static int has_recipients(struct store *store, int64_t item)
{
	QUERY_CLEANUP struct query query =
	    query_make(&store->database, "SELECT 1 FROM item_recipient"
					 " WHERE item = ? LIMIT 1");

	query_integer(&query, item);
	return query_step(&query);
}

/* A file that somebody handed in is for him: the vault knows who it was. 1:
 * it does not, or it was a program. */
static int store_uploader(struct store *store, const char *item_id,
			  int64_t item)
{
	QUERY_CLEANUP struct query query = query_make(
	    &store->database, "SELECT login, department FROM upload"
			      " JOIN user ON user.number = upload.user"
			      " WHERE upload.id = ?");
	int result;

	query_text(&query, item_id);
	result = query_step(&query);
	if (result != 1)
		return result < 0 ? result : 1;
	return insert(store, item, 1, "user", query_column_text(&query, 0),
		      query_column_text(&query, 1));
}

int recipients_store(struct store *store, const struct vault_record *record,
		     int64_t item)
{
	int result = 0;

	/* What passes needs nobody's release. */
	if (record->state == STATE_READY && record->recipients.size == 0)
		return 0;
	result = has_recipients(store, item);
	if (result != 0)
		return result < 0 ? result : 0;
	if (record->channel == CHANNEL_UPLOAD)
		result = store_uploader(store, record->item_id, item);
	if (record->channel == CHANNEL_UPLOAD && result <= 0)
		return result;
	if (record->recipients.size > 0)
		return store_lines(store, record->recipients, item);
	return insert(store, item, 1, "department", record->department,
		      record->department);
}
