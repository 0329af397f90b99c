/*
 * sekisho-courier: carries the audit log to a collector of syslog over TLS
 *
 * usage: sekisho-courier --edge supervisor=FD [--config FILE] [--state FOLDER]
 *
 * Follows the log's files and keeps its position in courier/position below the
 * state folder. At least once: the position moves when the collector's host has
 * acknowledged the bytes, and after a lost connection it goes back by what such
 * a host may have held unread.
 */
#define _GNU_SOURCE
#include "gateway/courier/courier.h"

#include "base/handle.h"
#include "base/log.h"
#include "base/program.h"

#include <getopt.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "base/banned.h"

enum {
	WAIT_MS = 500, /* for new records */
	BACKOFF_FIRST_MS = 500,
	BACKOFF_MAX_MS = 60000,
	BATCH_BYTES = 256 * 1024,
	REWIND_BYTES = 4 * 1024 * 1024,
	LAST_TURNS = 50,
	LAST_WAIT_MS = 100,
};

struct courier {
	struct config *config;
	struct follower sent;  /* handed to the tunnel */
	struct follower saved; /* as it is on the disk */
	struct tunnel *tunnel;
	int supervisor;
	unsigned failures;
};

/* Any word of sekishod's, or its end, is the end: the position is on the disk,
 * and what is under way can be sent again. */
static bool told_to_stop(struct courier *courier, int fd, int wait_ms)
{
	struct pollfd list[2] = {{.fd = courier->supervisor, .events = POLLIN},
				 {.fd = fd, .events = POLLIN}};

	(void)poll(list, fd < 0 ? 1 : 2, wait_ms);
	return list[0].revents != 0;
}

static int gather(struct courier *courier, struct buffer *batch)
{
	while (batch->size < BATCH_BYTES) {
		BUFFER_CLEANUP struct buffer text = buffer_make(LINE_MAX_BYTES);
		enum piece piece;
		int error = follow_next(&courier->sent, &text, &piece);

		if (error != 0)
			return error;
		if (piece == PIECE_NONE)
			return 0;
		if (piece == PIECE_RECORD)
			error = syslog_record(batch, buffer_contents(&text));
		else
			error = syslog_note(batch, buffer_contents(&text));
		/* What is no record is left for sekisho-audit to find. */
		if (error == -ERR_MALFORMED)
			log_line(LOG_LINE_ERROR, "line-refused year=%d",
				 courier->sent.year);
		else if (error != 0)
			return error;
	}
	return 0;
}

/* The position follows what the other's host has. */
static int keep_position(struct courier *courier)
{
	if (!tunnel_is_flushed(courier->tunnel) ||
	    (courier->sent.year == courier->saved.year &&
	     courier->sent.records == courier->saved.records &&
	     courier->sent.notes == courier->saved.notes))
		return 0;
	courier->saved = courier->sent;
	return follow_save(&courier->saved);
}

static int send_all(struct courier *courier)
{
	for (;;) {
		BUFFER_CLEANUP struct buffer batch =
		    buffer_make(BATCH_BYTES + MESSAGE_MAX_BYTES);
		int error = gather(courier, &batch);

		if (error != 0)
			return error;
		if (!tunnel_is_alive(courier->tunnel))
			return -ERR_UNAVAILABLE;
		if (batch.size == 0)
			return keep_position(courier);
		error = tunnel_send(courier->tunnel, buffer_contents(&batch));
		if (error == 0)
			error = keep_position(courier);
		if (error != 0)
			return error;
	}
}

static void disconnect(struct courier *courier, int error)
{
	if (courier->tunnel != NULL)
		log_line(LOG_LINE_WARNING, "collector-gone reason=%s",
			 error_name(error));
	tunnel_free(courier->tunnel);
	courier->tunnel = NULL;
	courier->sent = courier->saved;
	follow_rewind(&courier->sent, REWIND_BYTES);
}

static int backoff(const struct courier *courier)
{
	int wait = BACKOFF_FIRST_MS;

	for (unsigned i = 1; i < courier->failures && wait < BACKOFF_MAX_MS;
	     i++)
		wait *= 2;
	return wait < BACKOFF_MAX_MS ? wait : BACKOFF_MAX_MS;
}

static void run(struct courier *courier)
{
	int wait = 0;

	while (!told_to_stop(
	    courier,
	    courier->tunnel == NULL ? -1 : tunnel_socket(courier->tunnel),
	    wait)) {
		int error = 0;

		if (courier->tunnel == NULL) {
			error = tunnel_open(courier->config, &courier->tunnel);
			if (error == 0)
				log_line(LOG_LINE_INFO,
					 "collector-reached address=%s",
					 courier->config->syslog_address);
		}
		if (error == 0)
			error = send_all(courier);
		if (error == 0) {
			courier->failures = 0;
			wait = WAIT_MS;
			continue;
		}
		if (courier->failures == 0 || courier->tunnel != NULL)
			log_line(LOG_LINE_ERROR, "not-carried reason=%s",
				 error_name(error));
		courier->failures++;
		disconnect(courier, error);
		wait = backoff(courier);
	}
}

/* The vault has stopped before: its last records are there. */
static void finish(struct courier *courier)
{
	if (courier->tunnel == NULL || send_all(courier) != 0)
		return;
	for (int i = 0; i < LAST_TURNS && !tunnel_is_flushed(courier->tunnel);
	     i++)
		(void)poll(NULL, 0, LAST_WAIT_MS);
	(void)!keep_position(courier);
}

static int prepare(struct courier *courier, const char *config,
		   const char *state)
{
	static struct config_problems problems;
	static char log[PATH_MAX];
	static char memory[PATH_MAX];
	int error = program_harden();

	if (error == 0)
		error = config_load(config, &problems, &courier->config);
	if (error == 0 && state != NULL)
		error = config_set_state(courier->config, state);
	if (error != 0)
		return error;
	if ((size_t)snprintf(log, sizeof(log), "%s/audit",
			     courier->config->state) >= sizeof(log) ||
	    (size_t)snprintf(memory, sizeof(memory), "%s/courier",
			     courier->config->state) >= sizeof(memory))
		return -ERR_CONFIG;
	courier->saved = (struct follower){.folder = log, .memory = memory};
	error = follow_open(&courier->saved);
	courier->sent = courier->saved;
	return error;
}

static int read_arguments(int argc, char **argv, struct courier *courier,
			  const char **ret_config, const char **ret_state)
{
	static const struct option options[] = {
	    {"edge", required_argument, NULL, 'e'},
	    {"config", required_argument, NULL, 'c'},
	    {"state", required_argument, NULL, 's'},
	    {NULL, 0, NULL, 0},
	};
	struct program_edges edges = {0};
	int option;
	int error = 0;

	while (error == 0 &&
	       (option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (option == 'e')
			error = program_edge_add(&edges, optarg);
		else if (option == 'c')
			*ret_config = optarg;
		else if (option == 's')
			*ret_state = optarg;
		else
			error = -ERR_CONFIG;
	}
	courier->supervisor = program_edge_find(&edges, "supervisor");
	return error == 0 && optind == argc && courier->supervisor >= 0
		   ? 0
		   : -ERR_CONFIG;
}

int main(int argc, char **argv)
{
	static struct courier courier;
	const char *config = NULL;
	const char *state = NULL;
	int error;

	log_open("sekisho-courier");
	if (read_arguments(argc, argv, &courier, &config, &state) != 0)
		return 64;
	(void)signal(SIGPIPE, SIG_IGN);
	error = prepare(&courier, config, state);
	if (error != 0) {
		log_line(LOG_LINE_ERROR, "ended reason=%s", error_name(error));
		return 1;
	}
	run(&courier);
	finish(&courier);
	tunnel_free(courier.tunnel);
	config_free(courier.config);
	return 0;
}
