/* Between the link's own thread (link.c) and those that wait for it
 * (link_wait.c). */
#ifndef SEKISHO_GATEWAY_MAIL_LINK_INTERNAL_H
#define SEKISHO_GATEWAY_MAIL_LINK_INTERNAL_H

#include "base/loop.h"
#include "gateway/mail/link.h"

#include <pthread.h>

/* What a thread waits for; lies on its stack. */
struct ticket {
	uint64_t id;
	bool done;
	int error; /* when done: 0, or why nothing came */
	struct result result;
	int output;
	struct ticket *next;
};

struct mail_link {
	pthread_mutex_t lock; /* of everything below but loop and watches */
	pthread_cond_t changed;
	int broker; /* -1: being restarted */
	unsigned broker_number;
	int vault;
	struct ticket *tickets; /* at the broker */
	struct ticket *vault_tickets;
	uint64_t last_id;
	unsigned in_flight;
	unsigned in_flight_max;
	enum link_traffic traffic[DIRECTION_COUNT];
	bool stop_said; /* nothing new is taken */
	/* --- the thread's own --- */
	struct loop *loop;
	struct watch *broker_watch;
	struct watch *vault_watch;
	struct timer ask;
	int signals;
	int supervisor;
	struct link_calls calls;
	struct timer stop;
};

/* Neither fails, or the program ends. */
void link_lock(struct mail_link *link);
void link_unlock(struct mail_link *link);

#endif
