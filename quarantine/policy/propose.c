/* What people do with versions: propose, decide, withdraw. */
#include "quarantine/policy/version.h"

#include "base/banned.h"

/* Policies are everybody's: a role over one department is not enough. */
static bool rules_everything(const struct session *session, unsigned roles)
{
	return session_sees(session, roles, "");
}

static int can_be_decided(struct store *store, const struct session *session)
{
	QUERY_CLEANUP struct query query = query_make(
	    &store->database,
	    "SELECT 1 FROM user u JOIN role_grant g ON g.user = u.number"
	    " JOIN org_unit o ON o.number = g.unit"
	    " WHERE u.tenant = ?1 AND u.state = 'active' AND u.number <> ?2"
	    " AND u.login <> ?3 AND g.ended_ms IS NULL AND o.name = ''"
	    " AND g.role IN ('approver', 'administrator') LIMIT 1");
	int result;

	query_text(&query, session->tenant);
	query_integer(&query, session->user);
	query_text(&query, session->login);
	result = query_step(&query);
	if (result < 0)
		return result;
	return result == 1 ? 0 : -ERR_NO_APPROVER;
}

int policy_propose(struct store *store, const struct reviewer *reviewer,
		   const struct policy_asking *asking,
		   char ret_id[ITEM_ID_SIZE + 1])
{
	struct policy_row row = {
	    .state = "proposed",
	    .origin = "console",
	    .text = view_of_string(asking->text),
	    .role = review_role(reviewer->session, POLICY_AUTHORS),
	    .comment = asking->reason,
	};
	struct policy_version present;
	struct policy_version former = {0};
	uint8_t hash[HASH_SIZE];
	int error;

	if (!rules_everything(reviewer->session, POLICY_AUTHORS))
		return -ERR_FORBIDDEN;
	error = policy_in_state(store, "in_force", &present);
	if (error == 0 && asking->rolls_back[0] != '\0')
		error = policy_find(store, asking->rolls_back, &former);
	if (error != 0)
		return error;
	hash_bytes(row.text, hash);
	if (present.number == 0 || strcmp(present.id, asking->base) != 0)
		return -ERR_STALE;
	if (view_equal(view_of(hash, HASH_SIZE),
		       view_of(present.sha256, HASH_SIZE)))
		return -ERR_EXISTS;
	error = can_be_decided(store, reviewer->session);
	row.base = present.number;
	row.rolls_back = former.number;
	return error == 0 ? policy_insert(store, reviewer, &row, ret_id)
			  : error;
}

static bool is_author(const struct session *session,
		      const struct policy_version *version)
{
	return version->author == session->user ||
	       strcmp(version->author_login, session->login) == 0;
}

int policy_decide(struct store *store, const struct reviewer *reviewer,
		  const char *id, bool approve, const char *reason,
		  bool *ret_superseded)
{
	const struct session *session = reviewer->session;
	const char *role = review_role(session, POLICY_DECIDERS);
	struct policy_version version;
	struct policy_version present;
	struct policy_version under_way;
	int error;

	if (!rules_everything(session, POLICY_DECIDERS))
		return -ERR_FORBIDDEN;
	error = policy_find(store, id, &version);
	if (error == 0)
		error = policy_in_state(store, "in_force", &present);
	if (error == 0)
		error = policy_in_state(store, "approved", &under_way);
	if (error != 0)
		return error;
	if (strcmp(version.state, "proposed") != 0)
		return -ERR_STALE;
	if (is_author(session, &version))
		return -ERR_OWN_REQUEST;
	if (!approve)
		return policy_move(store, reviewer, &version, "denied", role,
				   NULL, reason);
	if (under_way.number != 0)
		return -ERR_STALE;
	/* The difference that was shown is to another one. */
	if (version.base != present.number) {
		error = policy_move(store, reviewer, &version, "superseded",
				    role, NULL, reason);
		*ret_superseded = error == 0;
		return error == 0 ? -ERR_STALE : error;
	}
	return policy_move(store, reviewer, &version, "approved", role, NULL,
			   reason);
}

int policy_withdraw(struct store *store, const struct reviewer *reviewer,
		    const char *id, const char *reason)
{
	struct policy_version version;
	int error = policy_find(store, id, &version);

	if (error != 0)
		return error;
	if (!is_author(reviewer->session, &version))
		return -ERR_FORBIDDEN;
	if (strcmp(version.state, "proposed") != 0)
		return -ERR_STALE;
	return policy_move(store, reviewer, &version, "withdrawn",
			   review_role(reviewer->session, POLICY_AUTHORS), NULL,
			   reason);
}
