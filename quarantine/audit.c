#define _GNU_SOURCE
#include "quarantine/audit.h"

#include "base/bytes.h"

#include <sodium.h>
#include <time.h>

#include "base/banned.h"

int64_t clock_now_ms(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void audit_commitment(struct view salt, const char *payload,
		      uint8_t ret_hash[HASH_SIZE])
{
	crypto_hash_sha256_state state;

	crypto_hash_sha256_init(&state);
	crypto_hash_sha256_update(&state, salt.data, salt.size);
	crypto_hash_sha256_update(&state, (const uint8_t *)payload,
				  strlen(payload));
	crypto_hash_sha256_final(&state, ret_hash);
}

static int insert_entry(struct audit *audit, const char *line, uint64_t end,
			const uint8_t leaf[HASH_SIZE])
{
	QUERY_CLEANUP struct query query =
	    query_make(audit->database, "INSERT INTO audit_entry"
					" VALUES (?, ?, ?, ?, ?)");

	query_integer(&query, audit->state.year);
	query_size(&query, audit->state.tree.size);
	query_size(&query, end);
	query_text(&query, line);
	query_bytes(&query, view_of(leaf, HASH_SIZE));
	return query_run(&query);
}

static int insert_payload(struct audit *audit, const char *tenant,
			  struct view salt, const char *payload)
{
	QUERY_CLEANUP struct query query =
	    query_make(audit->database, "INSERT INTO audit_payload"
					" VALUES (?, ?, coalesce(nullif(?, ''),"
					" tenant()), ?, ?)");

	query_integer(&query, audit->state.year);
	query_size(&query, audit->state.tree.size);
	query_text(&query, tenant);
	query_bytes(&query, salt);
	query_text(&query, payload);
	return query_run(&query);
}

/* Whose record it is; those that say nothing are the default tenant's. */
static int insert_scope(struct audit *audit, const char *tenant)
{
	QUERY_CLEANUP struct query query =
	    query_make(audit->database,
		       "INSERT INTO audit_scope SELECT ?1, ?2,"
		       " coalesce(nullif(?3, ''), tenant()) WHERE"
		       " coalesce(nullif(?3, ''), tenant()) <> 'default'");

	query_integer(&query, audit->state.year);
	query_size(&query, audit->state.tree.size);
	query_text(&query, tenant);
	return query_run(&query);
}

/* Adds one record to the tree of the present year. */
static int add_record(struct audit *audit, struct record *record,
		      const char *payload)
{
	BUFFER_CLEANUP struct buffer line = buffer_make(RECORD_LINE_MAX);
	uint8_t leaf[HASH_SIZE];
	uint8_t salt[HASH_SIZE];
	struct view text;
	int error;

	randombytes_buf(salt, sizeof(salt));
	record->year = audit->state.year;
	record->seq = audit->state.tree.size;
	record->has_payload = payload != NULL;
	if (payload != NULL)
		audit_commitment(view_of(salt, sizeof(salt)), payload,
				 record->payload);
	(void)text_copy(record->node, sizeof(record->node),
			audit->signer->name);
	(void)!bytes_copy(record->previous, HASH_SIZE,
			  view_of(audit->state.previous, HASH_SIZE));
	record_write(&line, record);
	text = buffer_contents(&line);
	buffer_u8(&line, 0);
	if (buffer_error(&line) != 0)
		return buffer_error(&line);
	text.data = line.data;
	merkle_leaf_hash(text, leaf);
	error = insert_entry(audit, (const char *)line.data,
			     audit->state.end_offset + text.size + 1, leaf);
	if (error == 0 && payload != NULL)
		error = insert_payload(audit, record->tenant,
				       view_of(salt, sizeof(salt)), payload);
	if (error == 0)
		error = insert_scope(audit, record->tenant);
	if (error == 0)
		error = merkle_add(&audit->state.tree, leaf);
	if (error != 0)
		return error;
	hash_bytes(text, audit->state.previous);
	audit->state.end_offset += text.size + 1;
	audit->state.last_ms = record->time_ms;
	return 0;
}

/* Signs the old year's tree and begins the new one with a record that names
 * its root, so that the years cannot be taken apart. */
static int begin_year(struct audit *audit, int year, int64_t time_ms)
{
	struct record record = {.time_ms = time_ms};
	struct audit_state next = {.year = year};
	int error = audit_checkpoint(audit);

	if (error != 0)
		return error;
	record.has_before = audit->state.year != 0;
	merkle_root(&audit->state.tree, record.before);
	record.version = audit->state.tree.size;
	(void)!bytes_copy(next.previous, HASH_SIZE,
			  view_of(audit->state.previous, HASH_SIZE));
	(void)text_copy(record.actor, sizeof(record.actor), "sekisho-vault");
	(void)text_copy(record.role, sizeof(record.role), "system");
	(void)text_copy(record.action, sizeof(record.action), "log.open");
	(void)snprintf(record.object, sizeof(record.object), "log:%d", year);
	if (audit->state.year != 0)
		(void)snprintf(record.source, sizeof(record.source), "log:%d",
			       audit->state.year);
	(void)text_copy(record.outcome, sizeof(record.outcome), "ok");
	next.rows = audit->state.rows;
	audit->state = next;
	return add_record(audit, &record, NULL);
}

int audit_append(struct audit *audit, struct record *record,
		 const char *payload)
{
	int year;

	if (record->time_ms == 0)
		record->time_ms = clock_now_ms();
	/* A clock that went back stays in the tree it is in: trees only
	 * follow each other. */
	year = fiscal_year(record->time_ms);
	if (year > audit->state.year) {
		int error = begin_year(audit, year, record->time_ms);

		if (error != 0)
			return error;
	}
	return add_record(audit, record, payload);
}

static int insert_checkpoint(struct audit *audit, uint64_t number, uint64_t end,
			     const char *note)
{
	BUFFER_CLEANUP struct buffer tree = buffer_make(4096);
	QUERY_CLEANUP struct query query =
	    query_make(audit->database, "INSERT INTO audit_checkpoint"
					" VALUES (?, ?, ?, ?, ?, ?)");

	merkle_write(&tree, &audit->state.tree);
	if (buffer_error(&tree) != 0)
		return buffer_error(&tree);
	query_integer(&query, audit->state.year);
	query_size(&query, number);
	query_size(&query, audit->state.tree.size);
	query_size(&query, end);
	query_text(&query, note);
	query_bytes(&query, buffer_contents(&tree));
	return query_run(&query);
}

int audit_checkpoint(struct audit *audit)
{
	BUFFER_CLEANUP struct buffer note = buffer_make(NOTE_SIZE_MAX);
	struct checkpoint checkpoint = {
	    .year = audit->state.year,
	    .size = audit->state.tree.size,
	    .number = audit->state.checkpoint_number + 1,
	    .time_ms = clock_now_ms(),
	};
	uint64_t end;
	int error;

	if (audit->state.year == 0 ||
	    audit->state.tree.size == audit->state.checkpoint_size)
		return 0;
	(void)text_copy(checkpoint.node, sizeof(checkpoint.node),
			audit->signer->name);
	merkle_root(&audit->state.tree, checkpoint.root);
	note_sign(&note, &checkpoint, audit->signer);
	/* An empty line divides the notes of a file. */
	end = audit->state.checkpoint_end + note.size + 1;
	buffer_u8(&note, 0);
	if (buffer_error(&note) != 0)
		return buffer_error(&note);
	error = insert_checkpoint(audit, checkpoint.number, end,
				  (const char *)note.data);
	if (error != 0)
		return error;
	audit->state.checkpoint_number = checkpoint.number;
	audit->state.checkpoint_size = checkpoint.size;
	audit->state.checkpoint_end = end;
	return 0;
}
