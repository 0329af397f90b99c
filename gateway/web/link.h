/*
 * The edges to vault and broker: calls with their answers, submissions with
 * their results. Everything in the loop's thread.
 */
#ifndef SEKISHO_GATEWAY_WEB_LINK_H
#define SEKISHO_GATEWAY_WEB_LINK_H

#include "base/message.h"
#include "base/outbox.h"
#include "base/program.h"

struct link;

/* `answer` is a descriptor with JSON or -1, `content` another or -1; both are
 * the callback's, which sets what it takes to -1. */
typedef void link_answer(void *context, int error, int *answer, int *content);

/* What became of a submission; `output` and `report` as above. `result` is
 * NULL where there is none: error says why. */
typedef void link_result(void *context, int error, const struct result *result,
			 int *output, int *report);

/* What became of a password. */
typedef void link_reprocessed(void *context, int error,
			      const struct reprocessed *answer, int *output);

/* Called when sekishod says stop or is gone. */
typedef void link_stop(void *context);

struct link_ticket;

struct link {
	struct loop *loop;
	struct edge {
		struct link *link;
		const char *name;
		int fd; /* -1: being restarted */
		struct watch *watch;
		struct outbox outbox;
	} vault, broker;
	int supervisor;
	struct watch *supervisor_watch;
	struct link_ticket *tickets;
	uint64_t last_id;
	struct timer deadline;
	link_stop *on_stop;
	void *stop_context;
	size_t count; /* tickets */
};

/* The edges become the link's. */
int link_open(struct link *link, struct loop *loop,
	      const struct program_edges *edges, link_stop *on_stop,
	      void *context) MUST_CHECK;
void link_close(struct link *link);

/*
 * Each of these returns the id of what is under way, 0 when it cannot be sent
 * (the callback is not called then). The callback comes once, from the loop:
 * with the answer, with -ERR_UNAVAILABLE when the peer has gone, or with
 * -ERR_LIMIT_TIME after `ms`.
 */
uint64_t link_call(struct link *link, const struct console_call *call,
		   struct view parameters, uint64_t ms, link_answer *callback,
		   void *context);
uint64_t link_submit(struct link *link, const struct submission *submission,
		     int content, uint64_t ms, link_result *callback,
		     void *context);
uint64_t link_reprocess(struct link *link, const struct reprocess *request,
			uint64_t ms, link_reprocessed *callback, void *context);

/* Tells the broker that the output of a REPROCESSED is kept. */
void link_taken(struct link *link, uint64_t id, int error);
uint64_t link_status(struct link *link, uint64_t ms, link_answer *callback,
		     void *context);

/* The callback is not called any more. 0 is fine. */
void link_forget(struct link *link, uint64_t id);

#endif
