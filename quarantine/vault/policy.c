/* The edge to sekishod, where policies are concerned: an approved version is
 * handed over, and what comes of it, like everything else that comes into
 * force, is put on record. */
#include "quarantine/vault/server.h"

#include "base/bytes.h"
#include "base/handle.h"
#include "base/killpoint.h"
#include "base/log.h"
#include "quarantine/policy/version.h"

#include "base/banned.h"

enum { AGAIN_MS = 60 * 1000, SOON_MS = 10, SETTINGS_TEXT_MAX = 1024 * 1024 };

/* --- to sekishod --- */

static int hand_over(const struct server *server,
		     const struct policy_version *version)
{
	BUFFER_CLEANUP struct buffer payload = buffer_make(1024);
	BUFFER_CLEANUP struct buffer text = buffer_make(POLICY_TEXT_MAX);
	HANDLE_CLEANUP int fd = -1;
	int error = policy_text(server->store, version->id, &text);

	pack_string(&payload, version->id);
	pack_string(&payload, version->approver_login);
	if (error == 0)
		error = buffer_error(&payload);
	if (error == 0)
		error =
		    memory_file_from("policies", buffer_contents(&text), &fd);
	return error == 0 ? frame_send(server->supervisor, MESSAGE_POLICY_APPLY,
				       0, buffer_contents(&payload), fd)
			  : error;
}

/* Once, and again when no answer came: sekishod may have been restarted. */
static void on_policy(void *context)
{
	struct server *server = context;
	struct policy_version version = {0};
	int error;

	if (server->supervisor < 0)
		return;
	server_commit(server);
	error = policy_in_state(server->store, "approved", &version);
	if (error == 0 && version.number == 0)
		return;
	kill_point("vault.policy_due");
	(void)text_copy(server->policy_told, sizeof(server->policy_told),
			version.id);
	if (error == 0)
		error = hand_over(server, &version);
	log_line(error == 0 ? LOG_LINE_INFO : LOG_LINE_ERROR,
		 "policy-handed-over version=%s reason=%s", version.id,
		 error_name(error));
	loop_arm(server->loop, &server->policy, AGAIN_MS);
}

void policy_start(struct server *server)
{
	server->policy = (struct timer){.callback = on_policy};
	server->policy.context = server;
	loop_arm(server->loop, &server->policy, SOON_MS);
}

/* Also while another was handed over: there is one at a time. */
void policy_soon(struct server *server)
{
	struct policy_version version = {0};

	if (policy_in_state(server->store, "approved", &version) != 0 ||
	    (version.number != 0 &&
	     strcmp(version.id, server->policy_told) != 0))
		loop_arm(server->loop, &server->policy, SOON_MS);
}

/* --- from sekishod --- */

static int settle(struct store *store, const struct settings_state *settings,
		  struct view text)
{
	struct audit_state before;
	int error = store_begin(store);

	if (error == 0)
		error = store_change_begin(store, &before);
	if (error == 0)
		error = store_change_end(store, &before,
					 policy_settle(store, settings, text));
	if (error == 0)
		return store_commit(store);
	store_rollback(store);
	return error;
}

int on_settings(void *context, struct frame *frame)
{
	static struct settings_state settings;
	struct server *server = context;
	struct view text = {NULL, 0};
	uint64_t size;
	int error = settings_read(frame->payload, &settings);

	if (error == 0)
		error = handle_size(frame->fd, &size);
	if (error == 0 &&
	    (size > SETTINGS_TEXT_MAX || !memory_file_is_sealed(frame->fd)))
		error = -ERR_PROTOCOL;
	if (error == 0)
		error = handle_map(frame->fd, &text);
	if (error != 0)
		return error;
	server_commit(server);
	kill_point("vault.policy_told");
	error = settle(server->store, &settings, text);
	handle_unmap(&text);
	if (error != 0)
		log_line(LOG_LINE_ERROR, "settings-unrecorded reason=%s",
			 error_name(error));
	return 0;
}
