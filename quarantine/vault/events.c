/* The edge to sekishod, where programs are concerned that ended. */
#include "quarantine/vault/server.h"

#include "base/killpoint.h"
#include "base/log.h"
#include "quarantine/oversight/failure.h"

#include "base/banned.h"

/* What cannot be recorded has no answer, and is told again. */
int on_program_event(void *context, struct frame *frame)
{
	struct server *server = context;
	struct program_event event;
	int error = program_event_read(frame->payload, &event);

	if (error != 0)
		return error;
	server_commit(server);
	error = failure_note(server->store, &event);
	if (error != 0) {
		log_line(LOG_LINE_ERROR, "event-unrecorded reason=%s",
			 error_name(error));
		return 0;
	}
	kill_point("vault.event_noted");
	return frame_send(server->supervisor, MESSAGE_PROGRAM_NOTED, frame->id,
			  (struct view){NULL, 0}, -1);
}
