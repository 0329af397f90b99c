#define _GNU_SOURCE
#include "gateway/mail/forward.h"

#include "base/handle.h"
#include "gateway/mail/endpoint.h"

#include <libetpan/mailsmtp.h>
#include <libetpan/mailstream_socket.h>

#include "base/banned.h"

static mailsmtp *open_session(const char *place, unsigned seconds)
{
	HANDLE_CLEANUP int fd = -1;
	mailsmtp *session;
	mailstream *stream;

	if (endpoint_connect(place, seconds, &fd) != 0)
		return NULL;
	session = mailsmtp_new(0, NULL);
	stream = session == NULL ? NULL : mailstream_socket_open(fd);
	if (stream == NULL) {
		if (session != NULL)
			mailsmtp_free(session);
		return NULL;
	}
	(void)handle_take(&fd);
	mailsmtp_set_timeout(session, (time_t)seconds);
	if (mailsmtp_connect(session, stream) == MAILSMTP_NO_ERROR &&
	    mailesmtp_ehlo(session) == MAILSMTP_NO_ERROR)
		return session;
	mailsmtp_free(session);
	return NULL;
}

static void set_reply(struct forward_reply *reply, int code, const char *text)
{
	size_t length = 0;

	reply->code = code;
	for (; text != NULL && *text != '\0' && length < FORWARD_REPLY_MAX;
	     text++) {
		if (*text == '\r' || *text == '\n')
			break;
		reply->text[length++] =
		    *text >= 0x20 && *text < 0x7F ? *text : '?';
	}
	reply->text[length] = '\0';
}

/* The server's last words, or ours where it said nothing that refuses. */
static void set_refusal(const mailsmtp *session, struct forward_reply *reply)
{
	if (session->response_code >= 400 && session->response_code < 600)
		set_reply(reply, session->response_code, session->response);
	else
		set_reply(reply, 451, "4.4.2 The next server broke off");
}

static void set_all(struct forward_reply *replies, size_t count,
		    const struct forward_reply *reply)
{
	for (size_t i = 0; i < count; i++)
		if (replies[i].code == 250)
			replies[i] = *reply;
}

/* How many recipients are taken. */
static size_t offer(mailsmtp *session, const char *sender,
		    const char *const *recipients, size_t count,
		    struct forward_reply *replies)
{
	struct forward_reply refusal;
	size_t taken = 0;

	for (size_t i = 0; i < count; i++)
		set_reply(&replies[i], 250, "2.1.5 Ok");
	session->response_code = 0;
	if (mailsmtp_mail(session, sender) != MAILSMTP_NO_ERROR) {
		set_refusal(session, &refusal);
		set_all(replies, count, &refusal);
		return 0;
	}
	for (size_t i = 0; i < count; i++) {
		session->response_code = 0;
		if (mailsmtp_rcpt(session, recipients[i]) == MAILSMTP_NO_ERROR)
			taken++;
		else
			set_refusal(session, &replies[i]);
	}
	return taken;
}

static void send_content(mailsmtp *session, struct view message,
			 struct forward_reply *ret_reply)
{
	session->response_code = 0;
	if (mailsmtp_data(session) != MAILSMTP_NO_ERROR) {
		set_refusal(session, ret_reply);
		return;
	}
	session->response_code = 0;
	if (mailsmtp_data_message(session, (const char *)message.data,
				  message.size) == MAILSMTP_NO_ERROR)
		set_reply(ret_reply, 250, session->response);
	else if (session->response_code >= 400 && session->response_code < 600)
		set_refusal(session, ret_reply);
	else
		set_reply(ret_reply, 0, "");
}

void forward_message(const char *place, unsigned seconds, const char *sender,
		     const char *const *recipients, size_t count,
		     struct view message, struct forward_reply *ret_replies)
{
	mailsmtp *session = open_session(place, seconds);
	struct forward_reply reply;

	if (session == NULL) {
		for (size_t i = 0; i < count; i++)
			set_reply(&ret_replies[i], 451,
				  "4.4.1 The next server is not there");
		return;
	}
	if (offer(session, sender, recipients, count, ret_replies) > 0) {
		send_content(session, message, &reply);
		set_all(ret_replies, count, &reply);
	}
	(void)mailsmtp_quit(session);
	mailsmtp_free(session);
}

int forward_would_take(const char *place, unsigned seconds, const char *sender,
		       const char *recipient)
{
	mailsmtp *session = open_session(place, seconds);
	struct forward_reply reply = {0};

	if (session == NULL)
		return 0;
	(void)offer(session, sender, &recipient, 1, &reply);
	(void)mailsmtp_reset(session);
	(void)mailsmtp_quit(session);
	mailsmtp_free(session);
	return reply.code;
}
