/*
 * sekisho-courier's parts:
 *   main.c      options, the loop: connect, send what there is, wait
 *   follow.c    the log's files from a durable position on
 *   syslog.c    one line as a message of RFC 5424 with ECS names in its body
 *   tunnel.c   TLS to the collector (RFC 5425)
 */
#ifndef SEKISHO_GATEWAY_COURIER_H
#define SEKISHO_GATEWAY_COURIER_H

#include "base/buffer.h"
#include "gateway/config/config.h"

enum {
	LINE_MAX_BYTES = 32 * 1024,    /* of the log */
	MESSAGE_MAX_BYTES = 96 * 1024, /* as it is sent */
};

/* --- follow.c --- */

/* The two files of a year, and how far each was sent. */
struct follower {
	const char *folder; /* of the log */
	const char *memory; /* folder of the position */
	int year;
	uint64_t records; /* bytes of log-YEAR.jsonl */
	uint64_t notes;   /* bytes of checkpoints-YEAR */
};

enum piece { PIECE_NONE, PIECE_RECORD, PIECE_NOTE };

/* Reads the position; without one it is the beginning of the oldest year. */
int follow_open(struct follower *follower) MUST_CHECK;

/* The next whole line or note behind the position, which moves behind it.
 * PIECE_NONE: there is none yet. */
int follow_next(struct follower *follower, struct buffer *text,
		enum piece *ret_piece) MUST_CHECK;

/* Makes the position durable. */
int follow_save(const struct follower *follower) MUST_CHECK;

/* Goes back by at most `bytes` of the log: what a collector that went away had
 * in its buffers is sent again. */
void follow_rewind(struct follower *follower, uint64_t bytes);

/* --- syslog.c --- */

/* Appends "LENGTH SP MESSAGE" of RFC 5425. -ERR_MALFORMED: the line is no
 * record. */
int syslog_record(struct buffer *buffer, struct view line) MUST_CHECK;
int syslog_note(struct buffer *buffer, struct view note) MUST_CHECK;

/* --- tunnel.c --- */

struct tunnel;

/* Connects and shakes hands; bounded in time. -ERR_UNAVAILABLE: nobody there;
 * -ERR_FORBIDDEN: the other's certificate is not good; -ERR_CONFIG: our own
 * files cannot be used. */
int tunnel_open(const struct config *config,
		struct tunnel **ret_tunnel) MUST_CHECK;
int tunnel_send(struct tunnel *tunnel, struct view bytes) MUST_CHECK;

/* Whether everything that was sent is acknowledged by the other's host. */
bool tunnel_is_flushed(const struct tunnel *tunnel);

/* Whether the other is still there. */
bool tunnel_is_alive(struct tunnel *tunnel);

/* For poll(2): readable when the other says something, or goes. */
int tunnel_socket(const struct tunnel *tunnel);
void tunnel_free(struct tunnel *tunnel);

#endif
