/* What becomes of accounts by time alone. */
#include "quarantine/vault/server.h"

#include "base/log.h"
#include "quarantine/people/login.h"

#include "base/banned.h"

enum { SWEEP_MS = 20 * 1000, SWEEP_SHORT_MS = 1000, DORMANT_TURNS = 180 };

static int sweep(struct store *store, int64_t now_ms, bool dormant)
{
	size_t ended = 0;
	size_t disabled = 0;
	int error = store_begin(store);

	if (error == 0)
		error = logins_sweep(store, now_ms, &ended);
	if (error == 0 && dormant)
		error = users_disable_dormant(store, now_ms, &disabled);
	if (error != 0) {
		store_rollback(store);
		return error;
	}
	log_line(LOG_LINE_INFO, "accounts sessions=%zu disabled=%zu", ended,
		 disabled);
	return store_commit(store);
}

static void on_accounts(void *context)
{
	struct server *server = context;
	struct store *store = server->store;
	bool is_short = store->options.people.idle_seconds < 60;
	int64_t now_ms = clock_now_ms();
	bool over = false;
	bool dormant = false;
	int error;

	server_commit(server);
	error = logins_due(store, now_ms, &over);
	if (error == 0 && server->account_turns++ % DORMANT_TURNS == 0)
		error = users_dormant_due(store, now_ms, &dormant);
	if (error == 0 && (over || dormant))
		error = sweep(store, now_ms, dormant);
	if (error != 0)
		log_line(LOG_LINE_ERROR, "accounts-failed reason=%s",
			 error_name(error));
	loop_arm(server->loop, &server->accounts,
		 is_short ? SWEEP_SHORT_MS : SWEEP_MS);
}

void accounts_start(struct server *server)
{
	server->accounts = (struct timer){.callback = on_accounts};
	server->accounts.context = server;
	loop_arm(server->loop, &server->accounts, SWEEP_SHORT_MS);
}
