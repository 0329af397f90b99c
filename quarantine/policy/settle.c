/* What sekishod says is in force, or was refused. */
#include "quarantine/policy/version.h"

#include "base/bytes.h"
#include "quarantine/policy/change.h"

#include "base/banned.h"

/* Who put it in force, by the file or by the console's version. */
static struct session session_of(const char *login)
{
	struct session session = {.tenant = "default"};

	(void)text_copy(session.login, sizeof(session.login), login);
	return session;
}

static int note(struct store *store, const struct settings_state *settings,
		const char *subject, const uint8_t after[HASH_SIZE],
		const char *policy, int64_t now_ms)
{
	struct settings_change change = {
	    .subject = subject,
	    .refused = settings->refused,
	    .reason = settings_reason_name(settings->reason),
	    .actor = settings->actor,
	    .policy = policy,
	    .detail = settings->detail,
	    .now_ms = now_ms,
	};

	(void)!bytes_copy(change.after, HASH_SIZE, view_of(after, HASH_SIZE));
	return change_note(store, &change);
}

static int refuse(struct store *store, const struct settings_state *settings,
		  const uint8_t hash[HASH_SIZE], int64_t now_ms)
{
	const struct session session = session_of("sekishod");
	const struct reviewer sekishod = {&session, "", now_ms};
	struct policy_version version;
	int error;

	if (settings->version[0] == '\0')
		return note(store, settings, "file", settings->file_sha256, "",
			    now_ms);
	error = policy_find(store, settings->version, &version);
	if (error == 0 && strcmp(version.state, "approved") != 0)
		return 0; /* told twice */
	if (error == 0)
		error = policy_move(store, &sekishod, &version, "refused",
				    "system", settings->detail, NULL);
	return error == 0
		   ? note(store, settings, "policies", hash, version.id, now_ms)
		   : error;
}

/* The version that was approved, when it is the one that came into force. */
static int find_approved(struct store *store,
			 const struct settings_state *settings,
			 const uint8_t hash[HASH_SIZE],
			 struct policy_version *ret_version)
{
	int error = policy_in_state(store, "approved", ret_version);

	if (error == 0 && (strcmp(ret_version->id, settings->version) != 0 ||
			   !view_equal(view_of(ret_version->sha256, HASH_SIZE),
				       view_of(hash, HASH_SIZE))))
		ret_version->number = 0;
	return error;
}

/* Another text than before: by an approved version, or by somebody's hand. */
static int replace(struct store *store, const struct settings_state *settings,
		   const struct policy_version *present, struct view text,
		   const uint8_t hash[HASH_SIZE], int64_t now_ms)
{
	const struct session itself = session_of("sekishod");
	const struct session hand = session_of(settings->actor);
	const struct reviewer sekishod = {&itself, "", now_ms};
	const struct reviewer operator= {&hand, "", now_ms};
	struct policy_row row = {.state = "in_force",
				 .origin = "file",
				 .text = text,
				 .base = present->number,
				 .role = "operator"};
	struct policy_version approved;
	char id[ITEM_ID_SIZE + 1];
	int error = find_approved(store, settings, hash, &approved);

	if (error == 0 && present->number != 0)
		error = policy_move(store, &sekishod, present, "replaced",
				    "system", NULL, NULL);
	if (error == 0 && approved.number != 0) {
		(void)text_copy(id, sizeof(id), approved.id);
		error = policy_move(store, &sekishod, &approved, "in_force",
				    "system", "", NULL);
	} else if (error == 0) {
		error = policy_insert(store, &operator, & row, id);
	}
	return error == 0 ? note(store, settings, "policies", hash, id, now_ms)
			  : error;
}

int policy_settle(struct store *store, const struct settings_state *settings,
		  struct view text)
{
	int64_t now_ms = clock_now_ms();
	struct policy_version present;
	uint8_t hash[HASH_SIZE];
	int error;

	hash_bytes(text, hash);
	if (settings->refused)
		return refuse(store, settings, hash, now_ms);
	error =
	    note(store, settings, "file", settings->file_sha256, "", now_ms);
	if (error == 0)
		error = policy_in_state(store, "in_force", &present);
	if (error != 0)
		return error;
	if (present.number != 0 &&
	    view_equal(view_of(present.sha256, HASH_SIZE),
		       view_of(hash, HASH_SIZE)))
		return 0;
	return replace(store, settings, &present, text, hash, now_ms);
}
