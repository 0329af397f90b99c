/* Who sees what, and what every act of a user has in common. */
#include "quarantine/review/review.h"

#include "base/bytes.h"

#include "base/banned.h"

int review_sees(struct store *store, const struct session *session,
		unsigned roles, int64_t item, bool *ret_sees)
{
	QUERY_CLEANUP struct query query = query_make(
	    &store->database, "SELECT department, tenant FROM item"
			      " WHERE number = ?1 UNION"
			      " SELECT department, tenant FROM item_recipient"
			      " WHERE item = ?1");
	bool sees = false;
	int result;

	query_integer(&query, item);
	while ((result = query_step(&query)) == 1)
		sees |=
		    strcmp(query_column_text(&query, 1), session->tenant) ==
			0 &&
		    session_sees(session, roles, query_column_text(&query, 0));
	if (result < 0)
		return result;
	*ret_sees = sees;
	return 0;
}

int review_find(struct store *store, const struct reviewer *reviewer,
		unsigned roles, const char *item_id,
		struct present *ret_present)
{
	bool sees = false;
	int error = change_find(store, item_id, ret_present);

	if (error == 0 && ret_present->number == 0)
		return -ERR_NOT_FOUND;
	if (error == 0)
		error = review_sees(store, reviewer->session, roles,
				    ret_present->number, &sees);
	return error == 0 && !sees ? -ERR_NOT_FOUND : error;
}

int review_payload(struct buffer *payload, const char *comment)
{
	buffer_text(payload, "{\"comment\":");
	json_write_string(payload, comment);
	buffer_bytes(payload, "}", 2);
	return buffer_error(payload);
}

const char *review_role(const struct session *session, unsigned roles)
{
	static const struct {
		unsigned role;
		const char *name;
	} names[] = {
	    {ROLE_APPROVER, "approver"},
	    {ROLE_REVIEWER, "reviewer"},
	    {ROLE_ADMINISTRATOR, "administrator"},
	    {ROLE_STAFF, "staff"},
	    {ROLE_AUDITOR, "auditor"},
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if ((session->roles & roles & names[i].role) != 0)
			return names[i].name;
	return "nobody";
}

struct change review_change(const struct reviewer *reviewer,
			    struct actor *actor, const char *role,
			    const char *item_id, const char *action,
			    const struct present *before)
{
	*actor = (struct actor){.name = reviewer->session->login, .role = role};
	return (struct change){
	    .actor = actor,
	    .item_id = item_id,
	    .action = action,
	    .reason = "none",
	    .source = reviewer->source,
	    .state = before->state,
	    .time_ms = reviewer->now_ms,
	    .before = before,
	    .number = before->number,
	};
}
