/* Which decisions are to be carried out now, and which have been tried often
 * and long enough: people have to look at them again. */
#include "quarantine/review/release.h"

#include "base/bytes.h"

#include "base/banned.h"

static const struct actor vault = {"sekisho-vault", "system"};

/* Reprocessed, passed, and not delivered. */
#define LEFT_READY                                                             \
	" item.state = 'ready' AND EXISTS (SELECT 1 FROM transition t"         \
	"  WHERE t.item = item.number AND t.from_state = 'reprocessing'"       \
	"  AND t.to_state = 'ready')"

#define TRIES                                                                  \
	" (SELECT count(*) FROM transition t WHERE t.item = item.number"       \
	"  AND t.reason = 'try' AND t.state_version > (SELECT max(r.version)"  \
	"   FROM request r WHERE r.item = item.number"                         \
	"   AND r.state IN ('approved', 'done')))"

/* Between two tries it waits longer each time: 30 s, 60 s ... an hour. */
static const char due_sql[] =
    "SELECT id FROM (SELECT * FROM item WHERE state IN ('approved',"
    "  'releasing', 'reprocessing') UNION ALL SELECT * FROM item"
    "  WHERE" LEFT_READY ") AS item WHERE"
    " (?1 OR updated_ms + 30000 * min(120," TRIES ") <= ?2)"
    " AND" TRIES " < ?4"
    " AND NOT EXISTS (SELECT 1 FROM traffic_stop s WHERE s.stopped = 1"
    "  AND s.direction = item.direction AND s.scope = 'release'"
    "  AND s.tenant IN (item.tenant, 'default'))"
    " ORDER BY updated_ms LIMIT ?3";

int release_due(struct store *store, int64_t now_ms, bool all,
		char (*ids)[ITEM_ID_SIZE + 1], int most)
{
	QUERY_CLEANUP struct query query =
	    query_make(&store->database, due_sql);
	int count = 0;
	int result;

	query_integer(&query, all);
	query_integer(&query, now_ms);
	query_integer(&query, most);
	query_integer(&query, RELEASE_TRIES_MAX);
	while ((result = query_step(&query)) == 1 && count < most)
		(void)text_copy(ids[count++], ITEM_ID_SIZE + 1,
				query_column_text(&query, 0));
	return result < 0 ? result : count;
}

int release_tries(struct store *store, const struct request *request,
		  int64_t *ret_count)
{
	QUERY_CLEANUP struct query query = query_make(
	    &store->database, "SELECT count(*) FROM transition t"
			      " JOIN request r ON r.number = ?"
			      " WHERE t.item = r.item AND t.reason = 'try'"
			      " AND t.state_version > r.version");
	int result;

	query_integer(&query, request->number);
	result = query_step(&query);
	if (result != 1)
		return result < 0 ? result : -ERR_INTERNAL;
	*ret_count = query_column_integer(&query, 0);
	return 0;
}

/* Stopped or not: what was approved long ago is to be looked at anew. */
static const char spent_sql[] =
    "SELECT id FROM (SELECT * FROM item WHERE state IN ('approved',"
    "  'releasing', 'reprocessing') UNION ALL SELECT * FROM item"
    "  WHERE" LEFT_READY ") AS item WHERE"
    " (" TRIES " >= ?1 AND updated_ms + ?2 <= ?3)"
    " OR (SELECT max(d.time_ms) FROM decision d"
    "  WHERE d.item = item.number) + ?4 <= ?3 LIMIT 1";

int release_spent(struct store *store, int64_t now_ms, size_t most,
		  size_t *ret_count)
{
	const int64_t minute_ms = 60000;
	const int64_t day_ms = INT64_C(24) * 60 * minute_ms;
	size_t count = 0;

	while (count < most) {
		struct query query = query_make(&store->database, spent_sql);
		char id[ITEM_ID_SIZE + 1] = "";
		int result;

		query_integer(&query, RELEASE_TRIES_MAX);
		/* The last try may be under way. */
		query_integer(&query, RELEASE_LAST_MINUTES * minute_ms);
		query_integer(&query, now_ms);
		query_integer(&query, RELEASE_DAYS_MAX * day_ms);
		result = query_step(&query);
		if (result == 1)
			(void)text_copy(id, sizeof(id),
					query_column_text(&query, 0));
		query_end(&query);
		if (result == 0)
			break;
		if (result > 0)
			result = release_failed(store, &vault, id,
						ERR_RELEASE_SPENT);
		if (result != 0)
			return result;
		count++;
	}
	*ret_count = count;
	return 0;
}
