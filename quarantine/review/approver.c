#include "quarantine/review/review.h"

#include "base/banned.h"

/*
 * A user who could decide: another one, active, an approver for each department
 * that the request is for, and for an original as it came neither uploader nor
 * recipient. A department that nobody has entered belongs to the root.
 */
static const char approver_sql[] =
    "WITH RECURSIVE wanted (department) AS ("
    " SELECT r.department FROM item_recipient r JOIN request_recipient q"
    "  ON q.item = r.item AND q.recipient = r.number WHERE q.request = ?1"
    " UNION SELECT department FROM item WHERE number = ?2 AND NOT EXISTS"
    "  (SELECT 1 FROM request_recipient WHERE request = ?1)),"
    " above (department, unit) AS ("
    " SELECT department, coalesce((SELECT number FROM org_unit o"
    "  WHERE o.tenant = ?3 AND o.name = department), (SELECT number"
    "  FROM org_unit o WHERE o.tenant = ?3 AND o.name = '')) FROM wanted"
    " UNION SELECT above.department, o.parent FROM above JOIN org_unit o"
    "  ON o.number = above.unit WHERE o.parent IS NOT NULL)"
    " SELECT 1 FROM user u WHERE u.tenant = ?3 AND u.state = 'active'"
    " AND u.number <> ?4 AND u.login <> ?5 AND NOT EXISTS ("
    "  SELECT 1 FROM wanted w WHERE NOT EXISTS ("
    "   SELECT 1 FROM role_grant g JOIN above ON above.unit = g.unit"
    "   WHERE g.user = u.number AND g.role = 'approver'"
    "   AND g.ended_ms IS NULL AND above.department = w.department))"
    " AND NOT EXISTS (SELECT 1 FROM item_recipient r JOIN request"
    "  ON request.number = ?1 AND request.kind = 'release_original'"
    "  WHERE r.item = ?2 AND r.kind = 'user' AND r.name = u.login)"
    " LIMIT 1";

int review_can_be_decided(struct store *store, const struct session *session,
			  int64_t item, int64_t request, bool *ret_can)
{
	QUERY_CLEANUP struct query query =
	    query_make(&store->database, approver_sql);
	int result;

	query_integer(&query, request);
	query_integer(&query, item);
	query_text(&query, session->tenant);
	query_integer(&query, session->user);
	query_text(&query, session->login);
	result = query_step(&query);
	if (result < 0)
		return result;
	*ret_can = result == 1;
	return 0;
}
