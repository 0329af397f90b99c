/*
 * A store with people in it, for tests of what they ask for and decide:
 *
 *   rin      reviewer of 税務課           (1)
 *   ann      approver of 税務課           (2)
 *   ben      approver of everything      (3)
 *   sam      staff of 税務課              (4)
 *   uma      reviewer of 福祉課           (5)
 *   ada      administrator               (6)
 *   aud      auditor                     (7)
 *
 * Functions abort the test when the set-up fails.
 */
#ifndef SEKISHO_TESTS_SUPPORT_REVIEW_WORLD_H
#define SEKISHO_TESTS_SUPPORT_REVIEW_WORLD_H

#include "quarantine/review/release.h"
#include "tests/support/vault_process.h"

enum person { NOBODY, RIN, ANN, BEN, SAM, UMA, ADA, AUD, PERSONS };

#define TAX "税務課"
#define WELFARE "福祉課"

extern const struct actor world_broker;

/* cmocka set-up and tear-down; the state is the store, the current folder its
 * state folder. The tear-down holds the log against the database. */
int review_set_up(void **state);
int review_tear_down(void **state);
struct store *review_reopen(struct store *store);

struct session review_session(enum person person);

/* Runs an operation inside a change and a group of its own: what the
 * dispatcher does for a handler. */
#define REVIEW_RUN(store, expression)                                          \
	__extension__({                                                        \
		struct audit_state run_saved;                                  \
		int run_error = store_begin(store);                            \
                                                                               \
		if (run_error == 0)                                            \
			run_error = store_change_begin(store, &run_saved);     \
		if (run_error == 0)                                            \
			run_error =                                            \
			    store_change_end(store, &run_saved, (expression)); \
		if (store_commit(store) != 0)                                  \
			run_error = -ERR_IO;                                   \
		run_error;                                                     \
	})

/* Records a held item of a department, with an original; its id. */
void review_hold_item(struct store *store, const char *department,
		      struct vault_record *record);
int review_record(struct store *store, struct vault_record *record,
		  const char *content);

/* Asks, approves, and so on, as this person. */
int review_asks(struct store *store, enum person person, const char *item_id,
		enum request_kind kind, char ret_id[ITEM_ID_SIZE + 1]);
int review_decides(struct store *store, enum person person,
		   const char *request_id, enum outcome outcome);

enum item_state review_state(struct store *store, const char *item_id);
/* The only value that SQL gives, as text (static); "" for none. */
const char *review_value(struct store *store, const char *sql);
/* Whether the database refuses this. */
bool review_refused(struct store *store, const char *sql);

#endif
