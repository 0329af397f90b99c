#include "quarantine/traffic.h"

#include "base/bytes.h"

#include "base/banned.h"

static int store_row(struct store *store, enum direction direction,
		     bool stopped, const char *reason, int64_t time_ms)
{
	QUERY_CLEANUP struct query query =
	    query_make(&store->database, "INSERT OR REPLACE INTO traffic VALUES"
					 " (?, 'default', ?, ?, ?)");

	query_text(&query, direction_name(direction));
	query_integer(&query, stopped);
	query_integer(&query, time_ms);
	query_text(&query, reason);
	return query_run(&query);
}

static int append(struct store *store, const struct actor *actor,
		  enum direction direction, bool stopped, const char *reason,
		  int64_t time_ms)
{
	struct record record = {.time_ms = time_ms};

	(void)text_copy(record.actor, sizeof(record.actor), actor->name);
	(void)text_copy(record.role, sizeof(record.role), actor->role);
	(void)text_copy(record.action, sizeof(record.action),
			stopped ? "mail.stop" : "mail.resume");
	(void)snprintf(record.object, sizeof(record.object), "mail:%s",
		       direction_name(direction));
	(void)text_copy(record.reason, sizeof(record.reason), reason);
	(void)text_copy(record.outcome, sizeof(record.outcome), "ok");
	return audit_append(&store->audit, &record, NULL);
}

int traffic_set(struct store *store, const struct actor *actor,
		enum direction direction, bool stopped, const char *reason)
{
	int64_t time_ms = clock_now_ms();
	struct audit_state saved;
	int error = store_change_begin(store, &saved);

	if (error != 0)
		return error;
	error = store_row(store, direction, stopped, reason, time_ms);
	if (error == 0)
		error =
		    append(store, actor, direction, stopped, reason, time_ms);
	return store_change_end(store, &saved, error);
}

int traffic_read(struct store *store, bool ret_stopped[DIRECTION_COUNT])
{
	QUERY_CLEANUP struct query query =
	    query_make(&store->database, "SELECT direction FROM traffic"
					 " WHERE stopped = 1");
	bool stopped[DIRECTION_COUNT] = {false, false};
	int result;

	while ((result = query_step(&query)) == 1)
		for (int i = 0; i < DIRECTION_COUNT; i++)
			if (strcmp(query_column_text(&query, 0),
				   direction_name((enum direction)i)) == 0)
				stopped[i] = true;
	for (int i = 0; result == 0 && i < DIRECTION_COUNT; i++)
		ret_stopped[i] = stopped[i];
	return result;
}
