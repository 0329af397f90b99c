#include "quarantine/preview.h"

#include "base/bytes.h"
#include "base/handle.h"
#include "quarantine/evidence.h"

#include "base/banned.h"

static const int64_t hour_ms = INT64_C(3600) * 1000;

/* The row of an item; state "" where there is none. */
struct row {
	char state[16];
	uint8_t evidence[HASH_SIZE];
	int64_t asked;
	int64_t tries;
	int64_t asked_ms;
};

static int find_row(struct store *store, int64_t item, struct row *ret)
{
	QUERY_CLEANUP struct query query = query_make(
	    &store->database, "SELECT state, evidence, asked, tries, asked_ms"
			      " FROM preview WHERE item = ?");
	int result;

	*ret = (struct row){0};
	query_integer(&query, item);
	result = query_step(&query);
	if (result <= 0)
		return result;
	(void)text_copy(ret->state, sizeof(ret->state),
			query_column_text(&query, 0));
	(void)!bytes_copy(ret->evidence, HASH_SIZE,
			  query_column_bytes(&query, 1));
	ret->asked = query_column_integer(&query, 2);
	ret->tries = query_column_integer(&query, 3);
	ret->asked_ms = query_column_integer(&query, 4);
	return 0;
}

static int tenant_of(struct store *store, int64_t item,
		     char ret_tenant[TENANT_MAX + 1])
{
	QUERY_CLEANUP struct query query = query_make(
	    &store->database, "SELECT tenant FROM item WHERE number = ?");
	int result;

	query_integer(&query, item);
	result = query_step(&query);
	if (result != 1)
		return result < 0 ? result : -ERR_INTERNAL;
	(void)text_copy(ret_tenant, TENANT_MAX + 1,
			query_column_text(&query, 0));
	return 0;
}

static int append_record(struct store *store, const struct actor *actor,
			 const char *source, const struct present *item,
			 const char *item_id, const char *action,
			 const char *reason, struct record *record)
{
	int error;

	*record = (struct record){.version = (uint64_t)item->version};
	error = tenant_of(store, item->number, record->tenant);
	if (error != 0)
		return error;
	(void)text_copy(record->actor, sizeof(record->actor), actor->name);
	(void)text_copy(record->role, sizeof(record->role), actor->role);
	(void)text_copy(record->unit, sizeof(record->unit), item->department);
	(void)text_copy(record->source, sizeof(record->source), source);
	(void)text_copy(record->action, sizeof(record->action), action);
	(void)snprintf(record->object, sizeof(record->object), "preview:%s",
		       item_id);
	(void)text_copy(record->reason, sizeof(record->reason), reason);
	(void)text_copy(record->outcome, sizeof(record->outcome), "ok");
	return audit_append(&store->audit, record, NULL);
}

/* --- whether there can be one --- */

static bool is_shown_in(enum item_state state)
{
	switch (state) {
	case STATE_HELD:
	case STATE_REQUESTED:
	case STATE_REJECTED:
	case STATE_DELIVERED:
	case STATE_RELEASED_SANITIZED:
	case STATE_RELEASED_ORIGINAL:
		return true;
	default:
		return false;
	}
}

static int is_infected(struct store *store, int64_t item, bool *ret_infected)
{
	QUERY_CLEANUP struct query query =
	    query_make(&store->database, "SELECT 1 FROM item WHERE number = ?1"
					 " AND reason IN (?2, ?3) UNION ALL"
					 " SELECT 1 FROM part WHERE item = ?1"
					 " AND reason IN (?2, ?3) LIMIT 1");
	int result;

	query_integer(&query, item);
	query_text(&query, error_name(ERR_INFECTED));
	query_text(&query, error_name(ERR_OUTPUT_INFECTED));
	result = query_step(&query);
	*ret_infected = result == 1;
	return result < 0 ? result : 0;
}

static int has_original(struct store *store, int64_t item, bool *ret_there)
{
	QUERY_CLEANUP struct query query = query_make(
	    &store->database, "SELECT 1 FROM artifact JOIN blob"
			      " ON blob.id = artifact.blob"
			      " WHERE artifact.item = ? AND kind = 'original'"
			      " AND wrapped_key IS NOT NULL");
	int result;

	query_integer(&query, item);
	result = query_step(&query);
	*ret_there = result == 1;
	return result < 0 ? result : 0;
}

int preview_obstacle(struct store *store, const struct present *item,
		     enum error *ret_reason)
{
	bool infected = false;
	bool there = false;
	int error = is_infected(store, item->number, &infected);

	if (error == 0)
		error = has_original(store, item->number, &there);
	if (error != 0)
		return error;
	if (infected)
		*ret_reason = ERR_INFECTED;
	else if (!there)
		*ret_reason = ERR_NO_ORIGINAL;
	else if (item->state == STATE_AWAITING_PASSWORD)
		*ret_reason = ERR_ENCRYPTED;
	else
		*ret_reason = is_shown_in(item->state) ? ERR_NONE : ERR_STALE;
	return 0;
}

/* --- asking --- */

static int put_row(struct store *store, const struct present *item,
		   const uint8_t evidence[HASH_SIZE], int64_t asked,
		   const struct record *record)
{
	QUERY_CLEANUP struct query query = query_make(
	    &store->database,
	    "INSERT OR REPLACE INTO preview VALUES (?1, " TENANT_OF_ITEM
	    ", 'making', '', NULL, ?, 0, ?, 0, ?, NULL, ?, ?)");

	query_integer(&query, item->number);
	query_bytes(&query, view_of(evidence, HASH_SIZE));
	query_integer(&query, asked);
	query_integer(&query, record->time_ms);
	query_integer(&query, record->year);
	query_size(&query, record->seq);
	return query_run(&query);
}

/* How often, this time included; an hour without an asking is forgotten. */
static int count_asked(const struct row *row, int64_t now_ms,
		       int64_t *ret_asked)
{
	bool lately = row->state[0] != '\0' && row->asked_ms > now_ms - hour_ms;

	*ret_asked = lately ? row->asked + 1 : 1;
	return *ret_asked > PREVIEW_ASKED_MAX ? -ERR_TOO_MANY : 0;
}

static int ask_anew(struct store *store, const struct reviewer *reviewer,
		    const struct present *item, const char *item_id,
		    const struct row *row)
{
	const struct actor actor = {
	    .name = reviewer->session->login,
	    .role = review_role(reviewer->session, PREVIEW_READERS)};
	enum error obstacle = ERR_NONE;
	struct record record;
	uint8_t evidence[HASH_SIZE];
	int64_t asked = 0;
	int error = preview_obstacle(store, item, &obstacle);

	if (error == 0 && obstacle != ERR_NONE)
		error = -(int)obstacle;
	if (error == 0)
		error = count_asked(row, reviewer->now_ms, &asked);
	if (error == 0)
		error = evidence_of_request(&store->database, item->number,
					    evidence);
	if (error == 0)
		error = append_record(store, &actor, reviewer->source, item,
				      item_id, "preview.ask", "", &record);
	return error == 0 ? put_row(store, item, evidence, asked, &record)
			  : error;
}

int preview_ask(struct store *store, const struct reviewer *reviewer,
		const char *item_id, bool *ret_ready)
{
	struct present item;
	struct row row = {0};
	int error =
	    review_find(store, reviewer, PREVIEW_READERS, item_id, &item);

	if (error == 0)
		error = find_row(store, item.number, &row);
	if (error != 0)
		return error;
	*ret_ready = strcmp(row.state, "ready") == 0;
	if (*ret_ready || strcmp(row.state, "making") == 0)
		return 0;
	return ask_anew(store, reviewer, &item, item_id, &row);
}

/* --- making --- */

int preview_due(struct store *store, char (*ids)[ITEM_ID_SIZE + 1], int most)
{
	QUERY_CLEANUP struct query query =
	    query_make(&store->database, "SELECT id FROM preview JOIN item"
					 " ON item.number = preview.item"
					 " WHERE preview.state = 'making'"
					 " ORDER BY asked_ms LIMIT ?");
	int count = 0;
	int result;

	query_integer(&query, most);
	while ((result = query_step(&query)) == 1 && count < most)
		(void)text_copy(ids[count++], ITEM_ID_SIZE + 1,
				query_column_text(&query, 0));
	return result < 0 ? result : count;
}

static int fail(struct store *store, int64_t item, const char *reason,
		struct view policy)
{
	QUERY_CLEANUP struct query query = query_make(
	    &store->database, "UPDATE preview SET state = 'failed',"
			      " reason = ?, policy_sha256 = ?, made_ms = ?"
			      " WHERE item = ?");

	query_text(&query, reason);
	if (policy.size > 0)
		query_bytes(&query, policy);
	else
		query_null(&query);
	query_integer(&query, clock_now_ms());
	query_integer(&query, item);
	return query_run(&query);
}

static int count_try(struct store *store, int64_t item)
{
	QUERY_CLEANUP struct query query =
	    query_make(&store->database, "UPDATE preview SET tries = tries + 1"
					 " WHERE item = ?");

	query_integer(&query, item);
	return query_run(&query);
}

/* The item of a preview that is being made; -ERR_STALE else. */
static int find_making(struct store *store, const char *item_id,
		       struct present *ret_item, struct row *ret_row)
{
	int error = change_find(store, item_id, ret_item);

	if (error == 0)
		error = find_row(store, ret_item->number, ret_row);
	if (error == 0 && strcmp(ret_row->state, "making") != 0)
		error = -ERR_STALE;
	return error;
}

int preview_open(struct store *store, const struct actor *actor,
		 const char *item_id, struct vault_opened *ret)
{
	struct present item;
	struct row row;
	struct record record;
	enum error obstacle = ERR_NONE;
	int error = find_making(store, item_id, &item, &row);

	*ret = (struct vault_opened){.task = TASK_PREVIEW};
	if (error == 0)
		error = preview_obstacle(store, &item, &obstacle);
	if (error == 0 && obstacle == ERR_NONE &&
	    row.tries >= PREVIEW_TRIES_MAX)
		obstacle = ERR_UNAVAILABLE;
	if (error == 0 && obstacle != ERR_NONE)
		error = append_record(store, actor, item.channel, &item,
				      item_id, "preview.fail",
				      error_name((int)obstacle), &record);
	if (error == 0 && obstacle != ERR_NONE) {
		error = fail(store, item.number, error_name((int)obstacle),
			     (struct view){NULL, 0});
		/* An item id of nothing: there is nothing to be opened. */
		return error;
	}
	if (error == 0)
		error = item_describe(store, item.number, ret);
	if (error == 0)
		error = count_try(store, item.number);
	return error == 0 ? append_record(store, actor, item.channel, &item,
					  item_id, "preview.open", "", &record)
			  : error;
}

/* --- keeping --- */

/* No longer than the original. */
static int insert_blob(struct store *store, int64_t item,
		       const struct blob *blob)
{
	QUERY_CLEANUP struct query query = query_make(
	    &store->database,
	    "INSERT INTO blob SELECT ?1, o.tenant, ?2, ?3, ?4, o.expires_ms,"
	    " NULL FROM artifact JOIN blob o ON o.id = artifact.blob"
	    " WHERE artifact.item = ?2 AND kind = 'original'");
	int error;

	query_text(&query, blob->id);
	query_integer(&query, item);
	query_size(&query, blob->bytes);
	query_bytes(&query, view_of(blob->wrapped_key, BLOB_WRAPPED_SIZE));
	error = query_run(&query);
	if (error == 0 && sqlite3_changes(store->database.handle) != 1)
		error = -ERR_STALE;
	return error;
}

static int insert_artifact(struct store *store, int64_t item,
			   const struct blob *blob)
{
	QUERY_CLEANUP struct query query = query_make(
	    &store->database, "INSERT INTO artifact VALUES"
			      " (?1, 'preview', " TENANT_OF_ITEM ", ?, ?, ?,"
			      " NULL)");

	query_integer(&query, item);
	query_bytes(&query, view_of(blob->sha256, HASH_SIZE));
	query_size(&query, blob->bytes);
	query_text(&query, blob->id);
	return query_run(&query);
}

static int insert_part(struct store *store, int64_t item, int64_t number,
		       const struct preview_part *part, uint64_t place)
{
	QUERY_CLEANUP struct query query = query_make(
	    &store->database, "INSERT INTO preview_part VALUES"
			      " (?1, ?, " TENANT_OF_ITEM ", ?, ?, ?, ?)");

	query_integer(&query, item);
	query_integer(&query, number);
	query_text(&query, preview_kind_name(part->kind));
	query_text(&query, part->title);
	query_size(&query, place);
	query_size(&query, part->bytes);
	return query_run(&query);
}

static int insert_parts(struct store *store, int64_t item,
			const struct preview *preview, uint64_t bytes)
{
	uint64_t place = 0;
	int error = 0;

	for (size_t i = 0; i < preview->count && error == 0; i++) {
		error = insert_part(store, item, (int64_t)i + 1,
				    &preview->parts[i], place);
		place += preview->parts[i].bytes;
	}
	return error == 0 && place != bytes ? -ERR_PROTOCOL : error;
}

static int mark_ready(struct store *store, int64_t item,
		      const struct preview *preview, int64_t now_ms)
{
	QUERY_CLEANUP struct query query = query_make(
	    &store->database, "UPDATE preview SET state = 'ready',"
			      " policy_sha256 = ?, pages = ?, made_ms = ?"
			      " WHERE item = ?");

	query_bytes(&query, view_of(preview->policy_sha256, HASH_SIZE));
	query_integer(&query, preview->pages);
	query_integer(&query, now_ms);
	query_integer(&query, item);
	return query_run(&query);
}

/* The file is on the disk before any row speaks of it. */
static int keep_content(struct store *store, const struct preview *preview,
			int64_t item, int content)
{
	struct blob blob;
	uint64_t bytes;
	int error = handle_size(content, &bytes);

	if (error == 0 && bytes > PREVIEW_BYTES_MAX)
		error = -ERR_PROTOCOL;
	if (error == 0)
		error = blob_write(STORE_BLOBS, store->vault_key,
				   preview->item_id, content, &blob);
	if (error != 0)
		return error;
	error = store_blob_written(store, blob.id);
	if (error != 0) {
		(void)!blob_remove(STORE_BLOBS, blob.id);
		return error;
	}
	error = insert_blob(store, item, &blob);
	if (error == 0)
		error = insert_artifact(store, item, &blob);
	return error == 0 ? insert_parts(store, item, preview, blob.bytes)
			  : error;
}

static int keep(struct store *store, const struct actor *actor,
		const struct preview *preview, const struct present *item,
		int content)
{
	struct change change = {
	    .actor = actor,
	    .item_id = preview->item_id,
	    .action = "item.preview",
	    .reason = "preview",
	    .state = item->state,
	    .time_ms = clock_now_ms(),
	    .before = item,
	    .number = item->number,
	};
	int error = change_start(store, &change);

	if (error == 0)
		error = keep_content(store, preview, item->number, content);
	if (error == 0)
		error =
		    mark_ready(store, item->number, preview, change.time_ms);
	return error == 0 ? change_apply(store, &change, false, NULL) : error;
}

int preview_store(struct store *store, const struct actor *actor,
		  const struct preview *preview, int content)
{
	struct present item;
	struct row row;
	struct record record;
	uint8_t evidence[HASH_SIZE];
	int error = find_making(store, preview->item_id, &item, &row);

	if ((content >= 0) != (preview->reason == ERR_NONE))
		return -ERR_PROTOCOL;
	if (error == 0)
		error = evidence_of_request(&store->database, item.number,
					    evidence);
	if (error == 0 && !view_equal(view_of(evidence, HASH_SIZE),
				      view_of(row.evidence, HASH_SIZE)))
		error = -ERR_STALE;
	if (error != 0)
		return error;
	if (preview->reason == ERR_NONE)
		return keep(store, actor, preview, &item, content);
	error = append_record(store, actor, item.channel, &item,
			      preview->item_id, "preview.fail",
			      error_name((int)preview->reason), &record);
	return error == 0
		   ? fail(store, item.number, error_name((int)preview->reason),
			  view_of(preview->policy_sha256, HASH_SIZE))
		   : error;
}

/* --- looking --- */

static enum preview_kind kind_by_name(const char *name)
{
	for (int i = 0; i < PREVIEW_KINDS; i++)
		if (strcmp(preview_kind_name((enum preview_kind)i), name) == 0)
			return (enum preview_kind)i;
	return PREVIEW_TEXT;
}

/* Decrypts all of it; whatever was altered ends here. */
static int decrypt(struct store *store, const char *item_id,
		   const struct query *query, int output)
{
	uint8_t digest[HASH_SIZE];
	int error = blob_read(STORE_BLOBS, store->vault_key, item_id,
			      query_column_text(query, 0),
			      query_column_bytes(query, 1), output);

	if (error == 0)
		error = handle_sha256(output, digest);
	if (error == 0 && !view_equal(view_of(digest, HASH_SIZE),
				      query_column_bytes(query, 2)))
		error = -ERR_MALFORMED;
	return error;
}

static int cut(int whole, uint64_t place, uint64_t bytes, int *ret_fd)
{
	struct view content;
	int error = handle_map(whole, &content);

	if (error != 0)
		return error;
	error = memory_file_from("preview", view_slice(content, place, bytes),
				 ret_fd);
	handle_unmap(&content);
	return error;
}

int preview_read(struct store *store, const char *item_id, int64_t number,
		 enum preview_kind *ret_kind, int *ret_fd)
{
	QUERY_CLEANUP struct query query = query_make(
	    &store->database,
	    "SELECT blob.id, wrapped_key, sha256, p.kind, place, p.bytes"
	    " FROM item JOIN preview_part p ON p.item = item.number"
	    " JOIN artifact a ON a.item = item.number AND a.kind = 'preview'"
	    " JOIN blob ON blob.id = a.blob"
	    " WHERE item.id = ? AND p.number = ? AND wrapped_key IS NOT NULL");
	HANDLE_CLEANUP int whole = -1;
	int result;

	query_text(&query, item_id);
	query_integer(&query, number);
	result = query_step(&query);
	if (result != 1)
		return result < 0 ? result : -ERR_NOT_FOUND;
	result = memory_file_new("preview", &whole);
	if (result == 0)
		result = decrypt(store, item_id, &query, whole);
	if (result == 0)
		result = cut(whole, (uint64_t)query_column_integer(&query, 4),
			     (uint64_t)query_column_integer(&query, 5), ret_fd);
	if (result == 0)
		*ret_kind = kind_by_name(query_column_text(&query, 3));
	return result;
}
