/* What the vault does by itself: the self-check once a day, the destruction of
 * years of the log that are too old. */
#include "quarantine/vault/server.h"

#include "base/log.h"
#include "quarantine/oversight/destruction.h"
#include "quarantine/oversight/self_check.h"

#include "base/banned.h"

enum { FIRST_MS = 60 * 1000, LOOK_MS = 10 * 60 * 1000, MORE_MS = 1000 };

static void on_duties(void *context)
{
	struct server *server = context;
	bool run = false;
	size_t years = 0;
	bool more = false;
	int error;

	server_commit(server);
	error = self_check_daily(server->store, clock_now_ms(), &run);
	if (error != 0)
		log_line(LOG_LINE_ERROR, "self-check-failed reason=%s",
			 error_name(error));
	else if (run)
		log_line(LOG_LINE_INFO, "self-check-run");
	error = log_destroy_run(server->store, clock_now_ms(), &years, &more);
	if (error != 0)
		log_line(LOG_LINE_ERROR, "log-destruction-failed reason=%s",
			 error_name(error));
	loop_arm(server->loop, &server->duties,
		 error == 0 && more ? MORE_MS : LOOK_MS);
}

void duties_start(struct server *server)
{
	server->duties = (struct timer){.callback = on_duties};
	server->duties.context = server;
	loop_arm(server->loop, &server->duties, FIRST_MS);
}
