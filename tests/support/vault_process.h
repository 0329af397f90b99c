/*
 * A real sekisho-vault in a folder of its own, and the ends of its edges, for
 * tests. Functions abort the test program when the set-up fails.
 */
#ifndef SEKISHO_TESTS_SUPPORT_VAULT_PROCESS_H
#define SEKISHO_TESTS_SUPPORT_VAULT_PROCESS_H

#include "base/frame.h"
#include "base/message.h"

#include <sys/types.h>

struct vault_process {
	char folder[64]; /* state folder, below TMPDIR */
	pid_t pid;
	int broker;
	int folder_edge;
	int supervisor;
};

/* A fresh state folder; removed by vault_folder_remove(). */
void vault_folder_make(char ret_folder[64]);
void vault_folder_remove(const char *folder);

/* Starts the vault; `options` are more arguments, NULL at the end, or NULL.
 * `file_limit` is its RLIMIT_FSIZE, 0 for none. */
void vault_start(struct vault_process *vault, const char *const *options,
		 unsigned long file_limit);

/* Ends it by MESSAGE_STOP or by a signal; returns its wait status. */
int vault_stop(struct vault_process *vault);
int vault_kill(struct vault_process *vault, int number);

/* A connection to its command socket. */
int vault_connect_command(const struct vault_process *vault);

/* A record that makes sense: HELD for `reason`, READY for ERR_NONE. */
void vault_sample(struct vault_record *record, enum error reason,
		  const char *name);

/* Sends a record with a small report and, where `content` is not NULL, an
 * original; sets the record's hash and size of the input. */
int vault_send_record(int edge, uint64_t id, struct vault_record *record,
		      const char *content);
int vault_send_transition(int edge, uint64_t id, const char *item_id,
			  enum item_state state, const char *detail);

/* The next acknowledgement: its error (positive), -1 when the edge is gone. */
int vault_wait_ack(int edge, uint64_t *ret_id);

/* Record and wait: the error. */
int vault_record_now(struct vault_process *vault, struct vault_record *record,
		     const char *content);

/* The state it answers, STATE_COUNT when it does not. */
enum item_state vault_ask_state(int edge, const char *item_id);

/* The JSON text it answers (to be freed), NULL with `*ret_error` set. */
char *vault_ask_text(int edge, enum message type, struct view payload,
		     int *ret_error);

#endif
