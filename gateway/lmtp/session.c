#define _GNU_SOURCE
#include "gateway/lmtp/session.h"

#include "base/handle.h"
#include "base/killpoint.h"
#include "base/log.h"
#include "base/loop.h"
#include "gateway/mail/forward.h"

#include <stdarg.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/banned.h"

enum {
	INPUT_SIZE = 64 * 1024,
	COMMAND_MAX = 2048, /* a command line */
	IDLE_SECONDS = 300,
	FORWARD_SECONDS = 300,
	RECORD_SECONDS = 60,
	RECORD_AGAIN_NS = 50000000,
	COMMANDS_MAX = 100000,
};

struct session {
	struct lmtp *lmtp;
	int fd;
	struct mail_message message;
	int error; /* sticky: the message cannot be taken */
	uint8_t input[INPUT_SIZE];
	size_t begin; /* of what is not used yet */
	size_t end;
};

static void say(struct session *session, const char *format, ...)
    PRINTF_LIKE(2, 3);

static void say(struct session *session, const char *format, ...)
{
	char line[1024];
	va_list arguments;
	int length;

	va_start(arguments, format);
	length = vsnprintf(line, sizeof(line) - 2, format, arguments);
	va_end(arguments);
	if (length < 0)
		return;
	if ((size_t)length > sizeof(line) - 3)
		length = sizeof(line) - 3;
	line[length] = '\r';
	line[length + 1] = '\n';
	/* A client that is gone shows at the next read. */
	(void)!send(session->fd, line, (size_t)length + 2, MSG_NOSIGNAL);
}

/* False: the connection is at its end. */
static bool fill(struct session *session)
{
	ssize_t got;

	if (session->begin == session->end)
		session->begin = session->end = 0;
	if (session->end == INPUT_SIZE) {
		size_t left = session->end - session->begin;

		for (size_t i = 0; i < left; i++)
			session->input[i] = session->input[session->begin + i];
		session->begin = 0;
		session->end = left;
	}
	if (session->end == INPUT_SIZE)
		return false;
	got = recv(session->fd, session->input + session->end,
		   INPUT_SIZE - session->end, 0);
	if (got <= 0)
		return false;
	session->end += (size_t)got;
	return true;
}

/* The next line with its CRLF, or as many bytes as there is room for: only
 * CRLF ends a line, whatever else a server in front may have let through. */
static bool take_piece(struct session *session, size_t most,
		       struct view *ret_piece, bool *ret_whole)
{
	struct view rest;
	size_t found;

	for (;;) {
		rest = view_of(session->input + session->begin,
			       session->end - session->begin);
		found = view_find(rest, view_of_string("\r\n"), 0);
		if (found != SIZE_MAX && found + 2 <= most)
			break;
		if (rest.size >= most || found != SIZE_MAX) {
			found = most - 2;
			*ret_piece = view_slice(rest, 0, found);
			*ret_whole = false;
			session->begin += found;
			return true;
		}
		if (!fill(session))
			return false;
	}
	*ret_piece = view_slice(rest, 0, found + 2);
	*ret_whole = true;
	session->begin += found + 2;
	return true;
}

static void forget(struct session *session)
{
	const struct config *config = session->lmtp->door.config;

	mail_clear(&session->message);
	session->message =
	    mail_make(config->mail.message_bytes, &session->lmtp->door.budget);
	session->error = 0;
}

/* --- commands --- */

/* The address between < and >, which may hold no other of them: it goes on in
 * a command of ours. */
static bool read_path(const char *text, const char *keyword, char *address,
		      size_t size)
{
	size_t length = strlen(keyword);
	const char *end;

	if (strncasecmp(text, keyword, length) != 0)
		return false;
	text += length;
	text += strspn(text, " ");
	if (*text != '<')
		return false;
	end = strpbrk(text + 1, "<>");
	if (end == NULL || *end != '>' || (end[1] != '\0' && end[1] != ' '))
		return false;
	length = (size_t)(end - text - 1);
	if (length >= size)
		return false;
	for (size_t i = 0; i < length; i++)
		if (text[1 + i] <= 0x20 || text[1 + i] >= 0x7F)
			return false;
	(void)snprintf(address, size, "%.*s", (int)length, text + 1);
	return true;
}

static void on_mail(struct session *session, const char *text)
{
	struct door *door = &session->lmtp->door;
	char address[MAIL_ADDRESS_MAX + 1];

	forget(session);
	if (!read_path(text, "FROM:", address, sizeof(address)) ||
	    mail_set_sender(&session->message, address) != 0) {
		forget(session);
		say(session, "553 5.1.7 The sender's address cannot be used");
	} else if (!rate_allows(door->rate, address, loop_now())) {
		forget(session);
		say(session, "451 4.7.1 Too many messages from this sender");
	} else {
		say(session, "250 2.1.0 Ok");
	}
}

static void on_rcpt(struct session *session, const char *text)
{
	struct mail_message *message = &session->message;
	char address[MAIL_ADDRESS_MAX + 1];

	if (message->sender == NULL)
		say(session, "503 5.5.1 MAIL first");
	else if (!read_path(text, "TO:", address, sizeof(address)) ||
		 address[0] == '\0')
		say(session, "553 5.1.3 The address cannot be used");
	else if (door_is_stopped(&session->lmtp->door, message->sender,
				 address))
		say(session, "451 4.3.2 Mail is stopped here for now");
	else if (mail_add_recipient(message, address) != 0)
		say(session, "452 4.5.3 Too many recipients");
	else
		say(session, "250 2.1.5 Ok");
}

/* --- the message --- */

/* False: the connection ended before the message did. */
static bool read_content(struct session *session)
{
	struct view piece;
	bool line_begins = true;
	bool whole;

	while (take_piece(session, INPUT_SIZE / 2, &piece, &whole)) {
		if (line_begins && view_starts_with(piece, ".")) {
			if (whole && piece.size == 3)
				return true;
			piece = view_slice(piece, 1, piece.size);
		}
		if (session->error == 0)
			session->error = mail_append(&session->message, piece);
		line_begins = whole;
	}
	return false;
}

static void say_all(struct session *session, const char *reply)
{
	for (size_t i = 0; i < session->message.recipient_count; i++)
		say(session, "%s", reply);
}

/* The next server has it: the vault is told until it says that it knows, over
 * a restart of it, too. */
static int record_delivery(struct door *door, const char *item_id)
{
	const struct timespec moment = {.tv_nsec = RECORD_AGAIN_NS};
	uint64_t until = loop_now() + RECORD_SECONDS * 1000ULL;
	int error;

	for (;;) {
		error =
		    mail_link_delivered(door->link, item_id, RECORD_SECONDS);
		if (error != -ERR_UNAVAILABLE || loop_now() >= until)
			return error;
		(void)nanosleep(&moment, NULL);
	}
}

/* Handed on; who said 250 has it, whether the vault hears of it or not. */
static void forward(struct session *session, const struct outcome *outcome)
{
	const struct mail_message *message = &session->message;
	struct forward_reply *replies =
	    calloc(message->recipient_count, sizeof(*replies));
	bool delivered = false;
	int error = 0;

	if (replies == NULL) {
		say_all(session, "451 4.3.0 No memory");
		return;
	}
	forward_message(
	    session->lmtp->next_hop, FORWARD_SECONDS,
	    outcome->decision == DECISION_NOTICE ? "" : message->sender,
	    (const char *const *)message->recipients, message->recipient_count,
	    buffer_contents(&outcome->message), replies);
	kill_point("lmtp.forwarded");
	for (size_t i = 0; i < message->recipient_count; i++)
		delivered |= replies[i].code == 250;
	if (delivered && verdict_passes(outcome->verdict))
		error = record_delivery(&session->lmtp->door, outcome->item_id);
	if (error != 0)
		log_line(LOG_LINE_WARNING,
			 "delivery-not-recorded item=%s reason=%s",
			 outcome->item_id, error_name(error));
	for (size_t i = 0; i < message->recipient_count; i++)
		if (replies[i].code == 0)
			say(session, "451 4.4.2 The next server did not say "
				     "whether it has it");
		else
			say(session, "%d %s", replies[i].code, replies[i].text);
	kill_point("lmtp.answered");
	free(replies);
}

static void decide(struct session *session)
{
	struct outcome outcome;

	if (session->error == -ERR_LIMIT_INPUT) {
		say_all(session, "552 5.3.4 The message is too large");
		return;
	}
	if (session->error != 0) {
		say_all(session, "452 4.3.1 No room for this message now");
		return;
	}
	door_decide(&session->lmtp->door, &session->message, NULL, NULL,
		    &outcome);
	switch (outcome.decision) {
	case DECISION_REPLACE:
	case DECISION_NOTICE:
		forward(session, &outcome);
		break;
	case DECISION_DISCARD:
		say_all(session, "250 2.0.0 Held");
		break;
	case DECISION_STOPPED:
		say_all(session, "451 4.3.2 Mail is stopped here for now");
		break;
	case DECISION_REFUSE:
	case DECISION_PUT_OFF:
		say_all(session, "451 4.7.1 The message could not be examined; "
				 "try again later");
		break;
	}
	buffer_free(&outcome.message);
}

static bool on_data(struct session *session)
{
	struct door *door = &session->lmtp->door;

	if (session->message.recipient_count == 0) {
		say(session, "503 5.5.1 RCPT first");
		return true;
	}
	say(session, "354 End with a line that has only a dot");
	if (!read_content(session))
		return false;
	atomic_fetch_add(&door->busy, 1);
	decide(session);
	forget(session);
	atomic_fetch_sub(&door->busy, 1);
	return true;
}

/* False: the session is over. */
static bool command(struct session *session, char *line)
{
	const char *text = line + strcspn(line, " ");
	size_t length = (size_t)(text - line);

	text += strspn(text, " ");
	line[length] = '\0';
	if (strcasecmp(line, "LHLO") == 0) {
		forget(session);
		say(session, "250-sekisho");
		say(session, "250-PIPELINING");
		say(session, "250-ENHANCEDSTATUSCODES");
		say(session, "250-SIZE %llu",
		    (unsigned long long)session->message.maximum);
		say(session, "250 8BITMIME");
	} else if (strcasecmp(line, "MAIL") == 0) {
		on_mail(session, text);
	} else if (strcasecmp(line, "RCPT") == 0) {
		on_rcpt(session, text);
	} else if (strcasecmp(line, "DATA") == 0) {
		return on_data(session);
	} else if (strcasecmp(line, "RSET") == 0) {
		forget(session);
		say(session, "250 2.0.0 Ok");
	} else if (strcasecmp(line, "NOOP") == 0) {
		say(session, "250 2.0.0 Ok");
	} else if (strcasecmp(line, "QUIT") == 0) {
		say(session, "221 2.0.0 Bye");
		return false;
	} else {
		say(session, "500 5.5.2 Not a command here");
	}
	return true;
}

static bool next_command(struct session *session)
{
	char line[COMMAND_MAX + 1];
	struct view piece;
	bool whole;

	if (!take_piece(session, COMMAND_MAX, &piece, &whole))
		return false;
	if (!whole) {
		say(session, "500 5.5.2 Too long");
		return false;
	}
	piece.size -= 2;
	if (view_find(piece, view_of("", 1), 0) != SIZE_MAX) {
		say(session, "500 5.5.2 Not a command here");
		return true;
	}
	(void)snprintf(line, sizeof(line), "%.*s", (int)piece.size,
		       (const char *)piece.data);
	return command(session, line);
}

void session_serve(struct lmtp *lmtp, int fd)
{
	const struct timeval idle = {.tv_sec = IDLE_SECONDS};
	struct session *session = calloc(1, sizeof(*session));

	if (session == NULL ||
	    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &idle, sizeof(idle)) != 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &idle, sizeof(idle)) != 0) {
		free(session);
		handle_close(&fd);
		return;
	}
	session->lmtp = lmtp;
	session->fd = fd;
	session->message = mail_make(0, &lmtp->door.budget);
	forget(session);
	say(session, "220 sekisho LMTP");
	for (int i = 0; i < COMMANDS_MAX && next_command(session); i++)
		;
	mail_clear(&session->message);
	handle_close(&session->fd);
	free(session);
}
