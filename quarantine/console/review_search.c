/* Finding items: filters, newest first, a page at a time. */
#include "quarantine/console/review_json.h"

#include "base/bytes.h"

#include "base/banned.h"

enum {
	PAGE_DEFAULT = 50,
	PAGE_MAX = 200,
	SPARSE_MAX = 20000,      /* items, where few of them may fit */
	SPARSE_PLAIN_MAX = 1000, /* where all of them do */
};

struct search {
	char state[32];
	char channel[32];
	char direction[32];
	char department[DEPARTMENT_MAX + 1];
	char verdict[32];
	char reason[64];
	char type[64];
	char name[256];
	char parent[ITEM_ID_SIZE + 1];
	char hold[8];
	int64_t since;
	int64_t until;
	int64_t before; /* the page's cursor: number of an item */
	int64_t limit;
	bool all;      /* no department is hidden */
	char *visible; /* JSON array of those that are not */
};

static int read_search(struct call *call, struct search *search)
{
	*search = (struct search){.since = INT64_MIN,
				  .until = INT64_MAX,
				  .before = INT64_MAX,
				  .limit = PAGE_DEFAULT};
	parameter_text(call, "state", OPTIONAL, search->state,
		       sizeof(search->state));
	parameter_text(call, "channel", OPTIONAL, search->channel,
		       sizeof(search->channel));
	parameter_text(call, "direction", OPTIONAL, search->direction,
		       sizeof(search->direction));
	parameter_text(call, "department", OPTIONAL, search->department,
		       sizeof(search->department));
	parameter_text(call, "verdict", OPTIONAL, search->verdict,
		       sizeof(search->verdict));
	parameter_text(call, "reason", OPTIONAL, search->reason,
		       sizeof(search->reason));
	parameter_text(call, "type", OPTIONAL, search->type,
		       sizeof(search->type));
	parameter_text(call, "name", OPTIONAL, search->name,
		       sizeof(search->name));
	parameter_text(call, "legal_hold", OPTIONAL, search->hold,
		       sizeof(search->hold));
	parameter_id(call, "parent", OPTIONAL, search->parent);
	parameter_time(call, "since", OPTIONAL, &search->since);
	parameter_time(call, "until", OPTIONAL, &search->until);
	parameter_integer(call, "cursor", OPTIONAL, 1, INT64_MAX,
			  &search->before);
	parameter_integer(call, "limit", OPTIONAL, 1, PAGE_MAX, &search->limit);
	if (search->state[0] != '\0' &&
	    item_state_by_name(search->state) == STATE_UNKNOWN)
		return parameter_refuse(call, "state");
	return parameters_end(call);
}

/*
 * What follows names the tables and the tenant itself: it is led along indexes
 * that begin with the tenant, as through the views (quarantine/tenant.h) it
 * could not be.
 *
 * Each department that there is, by steps along the indexes.
 */
static const char departments_sql[] =
    "WITH RECURSIVE a (x) AS (SELECT min(department) FROM main.item"
    "  WHERE tenant = ?1"
    "  UNION ALL SELECT (SELECT min(department) FROM main.item"
    "   WHERE tenant = ?1 AND department > x) FROM a WHERE x IS NOT NULL),"
    " b (x) AS (SELECT min(department) FROM main.item_recipient"
    "  WHERE tenant = ?1"
    "  UNION ALL SELECT (SELECT min(department) FROM main.item_recipient"
    "   WHERE tenant = ?1 AND department > x) FROM b WHERE x IS NOT NULL)"
    " SELECT x FROM a WHERE x IS NOT NULL"
    " UNION SELECT x FROM b WHERE x IS NOT NULL";

static int find_visible(struct call *call, struct search *search)
{
	QUERY_CLEANUP struct query query =
	    query_make(&call->store->database, departments_sql);
	json_t *list = json_array();
	int result;

	search->all = true;
	query_text(&query, call->session.tenant);
	while ((result = query_step(&query)) == 1) {
		const char *department = query_column_text(&query, 0);
		bool asked = search->department[0] == '\0' ||
			     strcmp(search->department, department) == 0;

		if (asked &&
		    session_sees(&call->session, REVIEW_READERS, department))
			(void)json_array_append_new(list,
						    json_string(department));
		else
			search->all = false;
	}
	search->visible = json_dumps(list, JSON_COMPACT);
	json_decref(list);
	if (result == 0 && search->visible == NULL)
		result = -ERR_MEMORY;
	return result;
}

#define OF_VISIBLE "(SELECT value FROM json_each(?1))"

/* Whether something besides state and department is asked for: then a page may
 * be the whole that there is, behind everything that is looked through. */
static bool is_narrow(const struct search *search)
{
	return search->name[0] != '\0' || search->reason[0] != '\0' ||
	       search->type[0] != '\0' || search->verdict[0] != '\0' ||
	       search->parent[0] != '\0' || search->hold[0] != '\0' ||
	       search->channel[0] != '\0' || search->direction[0] != '\0' ||
	       search->since != INT64_MIN || search->until != INT64_MAX;
}

/* Whether what may be seen is little: then it is found by department, and by
 * the order of items otherwise. */
static int is_sparse(struct call *call, const struct search *search,
		     bool *ret_sparse)
{
	QUERY_CLEANUP struct query query = query_make(
	    &call->store->database,
	    "SELECT count(*) FROM (SELECT 1 FROM main.item WHERE tenant = ?3"
	    " AND department IN " OF_VISIBLE
	    " UNION ALL SELECT 1 FROM main.item_recipient WHERE tenant = ?3"
	    " AND department IN " OF_VISIBLE " LIMIT ?2)");
	int64_t most = is_narrow(search) ? SPARSE_MAX : SPARSE_PLAIN_MAX;
	int result;

	*ret_sparse = false;
	if (search->all && call->store->options.tenant_count == 0)
		return 0;
	query_text(&query, search->visible);
	query_integer(&query, most + 1);
	query_text(&query, call->session.tenant);
	result = query_step(&query);
	if (result != 1)
		return result < 0 ? result : -ERR_INTERNAL;
	*ret_sparse = query_column_integer(&query, 0) <= most;
	return 0;
}

#define FILTERS                                                                \
	" item.tenant = ?4 AND (?5 = '' OR channel = ?5)"                      \
	" AND (?6 = '' OR direction = ?6) AND (?7 = '' OR verdict = ?7)"       \
	" AND (?8 = '' OR item.reason = ?8) AND (?9 = '' OR type = ?9)"        \
	" AND (?10 = '' OR instr(lower(name), lower(?10)) > 0)"                \
	" AND created_ms >= ?11 AND created_ms < ?12"                          \
	" AND (?13 = '' OR EXISTS (SELECT 1 FROM lineage l"                    \
	"  WHERE l.item = item.number AND l.parent = ?13))"                    \
	" AND (?14 = '' OR (?14 = 'true') = EXISTS (SELECT 1 FROM legal_hold"  \
	"  h WHERE h.item = item.number))"                                     \
	" AND item.number < ?3 AND (?15 = '' OR state = ?15)"                  \
	" AND (?16 OR department IN " OF_VISIBLE                               \
	"  OR EXISTS (SELECT 1 FROM main.item_recipient r"                     \
	"   WHERE r.item = item.number AND r.department IN " OF_VISIBLE "))"

#define COLUMNS                                                                \
	"SELECT item.id, created_ms, updated_ms, channel, direction,"          \
	" department, name, item.state, state_version, verdict, item.reason,"  \
	" type, coalesce(o.bytes, 0), coalesce(s.bytes, 0),"                   \
	" coalesce(parent, ''), h.item IS NOT NULL, coalesce(q.id, ''),"       \
	" coalesce(q.kind, ''), coalesce(q.state, ''),"                        \
	" coalesce(q.requester_login, ''), " CHANGE_FAILED_COLUMN              \
	", item.number"
#define TABLES                                                                 \
	" LEFT JOIN artifact o ON o.item = item.number"                        \
	"  AND o.kind = 'original'"                                            \
	" LEFT JOIN artifact s ON s.item = item.number"                        \
	"  AND s.kind = 'sanitized'"                                           \
	" LEFT JOIN lineage ON lineage.item = item.number"                     \
	" LEFT JOIN legal_hold h ON h.item = item.number"                      \
	" LEFT JOIN request q ON q.item = item.number"                         \
	"  AND q.state IN ('open', 'approved')"                                \
	" ORDER BY item.number DESC"

#define SEARCH(from)                                                           \
	COLUMNS " FROM (SELECT number AS found FROM main.item " from           \
		" ORDER BY number DESC LIMIT ?2) JOIN main.item"               \
		" ON item.number = found" TABLES

static const char by_order_sql[] = SEARCH("NOT INDEXED WHERE" FILTERS);
static const char by_state_sql[] =
    SEARCH("INDEXED BY item_by_state WHERE state = ?15 AND" FILTERS);
static const char by_department_sql[] =
    SEARCH("WHERE number IN (SELECT number FROM main.item i"
	   " WHERE i.tenant = ?4 AND i.department IN " OF_VISIBLE
	   " UNION SELECT item FROM main.item_recipient WHERE tenant = ?4"
	   " AND department IN " OF_VISIBLE ") AND" FILTERS);

static const struct json_field fields[] = {
    {"id", JSON_TEXT},
    {"time", JSON_TIME},
    {"updated", JSON_TIME},
    {"channel", JSON_TEXT},
    {"direction", JSON_TEXT},
    {"department", JSON_TEXT},
    {"name", JSON_TEXT},
    {"state", JSON_TEXT},
    {"version", JSON_NUMBER},
    {"verdict", JSON_TEXT},
    {"reason", JSON_NAME},
    {"type", JSON_TEXT},
    {"input_bytes", JSON_NUMBER},
    {"output_bytes", JSON_NUMBER},
    {"parent", JSON_NAME},
    {"legal_hold", JSON_FLAG},
    {"request", JSON_NAME},
    {"request_kind", JSON_NAME},
    {"request_state", JSON_NAME},
    {"requester", JSON_NAME},
    {"failed", JSON_NAME},
    {"cursor", JSON_NUMBER},
};
enum { FIELDS = sizeof(fields) / sizeof(fields[0]) };

static int run_search(struct call *call, const struct search *search)
{
	bool sparse = false;
	bool more = false;
	int error = is_sparse(call, search, &sparse);
	const char *sql = sparse                     ? by_department_sql
			  : search->state[0] != '\0' ? by_state_sql
						     : by_order_sql;
	QUERY_CLEANUP struct query query =
	    query_make(&call->store->database, sql);

	if (error != 0)
		return error;
	query_text(&query, search->visible);
	query_integer(&query, search->limit + 1);
	query_integer(&query, search->before);
	query_text(&query, call->session.tenant);
	query_text(&query, search->channel);
	query_text(&query, search->direction);
	query_text(&query, search->verdict);
	query_text(&query, search->reason);
	query_text(&query, search->type);
	query_text(&query, search->name);
	query_integer(&query, search->since);
	query_integer(&query, search->until);
	query_text(&query, search->parent);
	query_text(&query, search->hold);
	query_text(&query, search->state);
	query_integer(&query, search->all);
	error = json_rows(&query, fields, FIELDS, call->answer, "items",
			  search->limit, &more);
	if (error == 0 && more) {
		json_t *items = json_object_get(call->answer, "items");
		json_t *last =
		    json_array_get(items, json_array_size(items) - 1);

		error = json_error(json_object_set(
		    call->answer, "next", json_object_get(last, "cursor")));
	}
	return error;
}

int items_search(struct call *call)
{
	struct search search;
	int error = read_search(call, &search);

	if (error == 0)
		error = find_visible(call, &search);
	if (error == 0)
		error = run_search(call, &search);
	free(search.visible);
	return error;
}
