/*
 * A door's edges to sekishod, broker and vault, for programs with a thread per
 * session: one thread of its own receives, any thread may submit and wait.
 */
#ifndef SEKISHO_GATEWAY_MAIL_LINK_H
#define SEKISHO_GATEWAY_MAIL_LINK_H

#include "base/message.h"
#include "base/program.h"
#include "gateway/config/config.h"

struct mail_link;

/* Called about every ten seconds while a submission is waited for; what is
 * negative ends the waiting with that error. */
typedef int link_progress(void *context);

/* Called again and again in the link's thread once sekishod says stop; ends
 * the program when nothing is under way any more, or it has waited enough. */
typedef void link_stop(void *context);

/* What the broker asks to have delivered; answered once by
 * mail_link_released(). */
struct link_request {
	struct mail_link *link;
	uint64_t id;
	unsigned broker; /* which one: they are restarted */
};

/* Called in the link's thread, which must not wait: an attachment that waited
 * for its password passes now. Takes the descriptor of the output. */
typedef void link_deliver(void *context, const struct link_request *request,
			  const struct handover *handover, int output);

struct link_calls {
	link_stop *on_stop;
	link_deliver *on_deliver; /* NULL: the broker may not ask */
	void *context;
};

/* Starts the thread. The edges become the link's. NULL when it cannot. */
struct mail_link *mail_link_new(const struct config *config,
				const struct program_edges *edges,
				const struct link_calls *calls);

/*
 * Submits the content and waits for what becomes of it, `seconds` at most.
 * `ret_output` is the output's descriptor, the caller's, or -1.
 * -ERR_UNAVAILABLE: nobody there to take it; -ERR_LIMIT_TIME; -ERR_CANCELLED:
 * the broker died while it worked on this. Nothing was promised to anybody in
 * any of these cases.
 */
int mail_link_submit(struct mail_link *link,
		     const struct submission *submission, int content,
		     unsigned seconds, link_progress *progress, void *context,
		     struct result *ret_result, int *ret_output) MUST_CHECK;

/* Tells the vault that an item is where it belongs; waits for its answer. */
int mail_link_delivered(struct mail_link *link, const char *item_id,
			unsigned seconds) MUST_CHECK;

/* Asks the vault whether this is the present try of an original's release; or,
 * where something is `wrong` with its token, puts that on record. */
int mail_link_token(struct mail_link *link, const char *item_id,
		    int64_t version, int wrong, unsigned seconds) MUST_CHECK;

/* What became of a delivery: 0 when the vault knows of it too. */
void mail_link_released(const struct link_request *request, int error);

/* Whether this direction may be served now: the vault is there and nobody
 * has stopped it. While the vault starts, its word is waited for, five seconds
 * at most; then it is LINK_UNKNOWN. */
enum link_traffic { LINK_RUNS, LINK_STOPPED, LINK_UNKNOWN };
enum link_traffic mail_link_traffic(struct mail_link *link,
				    enum direction direction);

#endif
