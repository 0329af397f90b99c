#include "quarantine/oversight/event.h"

#include "base/banned.h"

/* So far back an event is looked for: its first record was the last but a few
 * when who told it, or the vault, was ended. */
enum { LOOK_BACK = 65536 };

static int is_known(struct store *store, const struct record *record,
		    bool *ret_known)
{
	QUERY_CLEANUP struct query query = query_make(
	    &store->database,
	    "SELECT 1 FROM audit_entry WHERE year = ?1 AND seq > ?2"
	    " AND instr(line, ?4) > 0"
	    " AND json_extract(nullif(line, ''), '$.action') = ?3"
	    " AND json_extract(nullif(line, ''), '$.object') = ?4"
	    " AND json_extract(nullif(line, ''), '$.version') = ?5 LIMIT 1");
	int result;

	query_integer(&query, store->audit.state.year);
	query_integer(&query,
		      (int64_t)store->audit.state.tree.size - LOOK_BACK);
	query_text(&query, record->action);
	query_text(&query, record->object);
	query_integer(&query, (int64_t)record->version);
	result = query_step(&query);
	*ret_known = result == 1;
	return result < 0 ? result : 0;
}

static int append(struct store *store, struct record *record)
{
	struct audit_state before;
	int error = store_begin(store);

	if (error == 0)
		error = store_change_begin(store, &before);
	if (error == 0)
		error = store_change_end(
		    store, &before, audit_append(&store->audit, record, NULL));
	if (error == 0)
		return store_commit(store);
	store_rollback(store);
	return error;
}

int event_note(struct store *store, struct record *record)
{
	bool known;
	int error = is_known(store, record, &known);

	return error != 0 || known ? error : append(store, record);
}
