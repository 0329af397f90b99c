#define _GNU_SOURCE
#include "gateway/milter/session.h"

#include "base/killpoint.h"
#include "base/log.h"
#include "base/loop.h"
#include "gateway/milter/replace.h"

#include "base/banned.h"

enum {
	HEADERS_MAX = 2 * 1024 * 1024, /* of one message */
	FIELDS_MAX = 4096,
};

struct session {
	struct mail_message message;
	struct buffer headers; /* raw, until the body begins */
	struct came came;
	int error; /* sticky: the message cannot be taken */
};

static struct door *door;

void session_use(struct door *used)
{
	door = used;
}

static void forget(struct session *session)
{
	mail_clear(&session->message);
	buffer_free(&session->headers);
	buffer_free(&session->came.names);
	session->message =
	    mail_make(door->config->mail.message_bytes, &door->budget);
	session->headers = buffer_make(HEADERS_MAX);
	session->came.names = buffer_make(HEADERS_MAX);
	session->came.count = 0;
	session->error = 0;
}

static sfsistat reply(SMFICTX *context, const char *code, const char *status,
		      const char *text)
{
	bool lasting = code[0] == '5';

	if (smfi_setreply(context, (char *)(uintptr_t)code,
			  (char *)(uintptr_t)status,
			  (char *)(uintptr_t)text) != MI_SUCCESS)
		return SMFIS_TEMPFAIL;
	return lasting ? SMFIS_REJECT : SMFIS_TEMPFAIL;
}

static sfsistat say_stopped(SMFICTX *context)
{
	return reply(context, "451", "4.3.2",
		     "Mail is stopped here for now; try again later");
}

static sfsistat on_connect(SMFICTX *context, char *host, _SOCK_ADDR *address)
{
	struct session *session = calloc(1, sizeof(*session));

	(void)host;
	(void)address;
	if (session == NULL)
		return SMFIS_TEMPFAIL;
	session->message =
	    mail_make(door->config->mail.message_bytes, &door->budget);
	forget(session);
	if (smfi_setpriv(context, session) == MI_SUCCESS)
		return SMFIS_CONTINUE;
	free(session);
	return SMFIS_TEMPFAIL;
}

static sfsistat on_sender(SMFICTX *context, char **arguments)
{
	struct session *session = smfi_getpriv(context);

	if (session == NULL || arguments[0] == NULL)
		return SMFIS_TEMPFAIL;
	forget(session);
	if (mail_set_sender(&session->message, arguments[0]) != 0)
		return reply(context, "553", "5.1.7",
			     "The sender's address cannot be used");
	if (!rate_allows(door->rate, session->message.sender, loop_now()))
		return reply(context, "451", "4.7.1",
			     "Too many messages from this sender; try again "
			     "later");
	return SMFIS_CONTINUE;
}

static sfsistat on_recipient(SMFICTX *context, char **arguments)
{
	struct session *session = smfi_getpriv(context);
	struct mail_message *message;
	int error;

	if (session == NULL || arguments[0] == NULL)
		return SMFIS_TEMPFAIL;
	message = &session->message;
	error = mail_add_recipient(message, arguments[0]);
	if (error == -ERR_PROTOCOL)
		return reply(context, "553", "5.1.3",
			     "The recipient's address cannot be used");
	if (error != 0)
		return reply(context, "452", "4.5.3", "Too many recipients");
	if (door_is_stopped(door, message->sender,
			    message->recipients[message->recipient_count - 1]))
		return say_stopped(context);
	return SMFIS_CONTINUE;
}

static void write_header(struct buffer *headers, const char *name,
			 const char *value)
{
	buffer_text(headers, name);
	buffer_u8(headers, ':');
	for (; *value != '\0'; value++) {
		if (*value == '\n')
			buffer_u8(headers, '\r');
		buffer_u8(headers, (uint8_t)*value);
	}
	buffer_text(headers, "\r\n");
}

static sfsistat on_header(SMFICTX *context, char *name, char *value)
{
	struct session *session = smfi_getpriv(context);
	struct came *came;

	if (session == NULL)
		return SMFIS_TEMPFAIL;
	came = &session->came;
	write_header(&session->headers, name, value);
	buffer_bytes(&came->names, name, strlen(name) + 1);
	if (++came->count > FIELDS_MAX && session->error == 0)
		session->error = -ERR_LIMIT_INPUT;
	if (session->error == 0)
		session->error = buffer_error(&session->headers);
	if (session->error == 0)
		session->error = buffer_error(&came->names);
	kill_point("mail.header");
	return SMFIS_CONTINUE;
}

static sfsistat on_headers_end(SMFICTX *context)
{
	struct session *session = smfi_getpriv(context);

	if (session == NULL)
		return SMFIS_TEMPFAIL;
	buffer_text(&session->headers, "\r\n");
	if (session->error == 0)
		session->error = buffer_error(&session->headers);
	if (session->error == 0)
		session->error = mail_append(
		    &session->message, buffer_contents(&session->headers));
	buffer_free(&session->headers);
	return SMFIS_CONTINUE;
}

static sfsistat on_body(SMFICTX *context, unsigned char *bytes, size_t size)
{
	struct session *session = smfi_getpriv(context);

	if (session == NULL)
		return SMFIS_TEMPFAIL;
	kill_point("mail.body");
	/* What is too large is read to its end and refused there: an answer
	 * in between would leave some MTAs with half a message. */
	if (session->error == 0)
		session->error =
		    mail_append(&session->message, view_of(bytes, size));
	return SMFIS_CONTINUE;
}

static int on_progress(void *context)
{
	return smfi_progress(context) == MI_SUCCESS ? 0 : -ERR_CANCELLED;
}

/* A notice is nobody's to answer. */
static int hide_sender(SMFICTX *context)
{
	return smfi_chgfrom(context, (char *)(uintptr_t) "<>", NULL) ==
		       MI_SUCCESS
		   ? 0
		   : -ERR_IO;
}

static sfsistat answer(SMFICTX *context, const struct session *session,
		       const struct outcome *outcome)
{
	struct view message = buffer_contents(&outcome->message);
	int error = 0;

	switch (outcome->decision) {
	case DECISION_STOPPED:
		return say_stopped(context);
	case DECISION_REFUSE:
	case DECISION_PUT_OFF:
		break;
	case DECISION_DISCARD:
		return SMFIS_DISCARD;
	case DECISION_NOTICE:
		error = hide_sender(context);
		__attribute__((fallthrough));
	case DECISION_REPLACE:
		if (error == 0)
			error =
			    replace_message(context, &session->came, message);
		if (error == 0)
			return SMFIS_CONTINUE;
		log_line(LOG_LINE_ERROR, "replace-failed item=%s reason=%s",
			 outcome->item_id, error_name(error));
		break;
	}
	return reply(context, "451", "4.7.1",
		     "The message could not be examined; try again later");
}

static sfsistat decide(SMFICTX *context, struct session *session)
{
	struct outcome outcome;
	sfsistat said;

	if (session->error == -ERR_LIMIT_INPUT ||
	    session->error == -ERR_LIMIT_OUTPUT)
		return reply(context, "552", "5.3.4",
			     "The message is larger than is taken here");
	if (session->error != 0)
		return reply(context, "452", "4.3.1",
			     "No room for this message now; try again later");
	door_decide(door, &session->message, on_progress, context, &outcome);
	said = answer(context, session, &outcome);
	buffer_free(&outcome.message);
	kill_point("mail.answering");
	return said;
}

static sfsistat on_message_end(SMFICTX *context)
{
	struct session *session = smfi_getpriv(context);
	sfsistat said;

	if (session == NULL)
		return SMFIS_TEMPFAIL;
	atomic_fetch_add(&door->busy, 1);
	said = decide(context, session);
	forget(session);
	atomic_fetch_sub(&door->busy, 1);
	return said;
}

static sfsistat on_abort(SMFICTX *context)
{
	struct session *session = smfi_getpriv(context);

	if (session != NULL)
		forget(session);
	return SMFIS_CONTINUE;
}

static sfsistat on_close(SMFICTX *context)
{
	struct session *session = smfi_getpriv(context);

	kill_point("mail.closing");
	if (session == NULL)
		return SMFIS_CONTINUE;
	(void)smfi_setpriv(context, NULL);
	mail_clear(&session->message);
	buffer_free(&session->headers);
	buffer_free(&session->came.names);
	free(session);
	return SMFIS_CONTINUE;
}

/* The spaces in front of a field's value are wanted as they came; everything
 * that is needed must be granted, or the connection is of no use. */
static sfsistat on_negotiate(SMFICTX *context, unsigned long actions,
			     unsigned long steps, unsigned long unused1,
			     unsigned long unused2, unsigned long *ret_actions,
			     unsigned long *ret_steps,
			     unsigned long *ret_unused1,
			     unsigned long *ret_unused2)
{
	const unsigned long needed =
	    SMFIF_ADDHDRS | SMFIF_CHGHDRS | SMFIF_CHGBODY | SMFIF_CHGFROM;

	(void)context;
	(void)unused1;
	(void)unused2;
	if ((actions & needed) != needed || (steps & SMFIP_HDR_LEADSPC) == 0) {
		log_line(LOG_LINE_ERROR, "mta-lacks actions=%lx steps=%lx",
			 actions, steps);
		return SMFIS_REJECT;
	}
	*ret_actions = needed;
	*ret_steps =
	    SMFIP_HDR_LEADSPC | SMFIP_NOHELO | SMFIP_NOUNKNOWN | SMFIP_NODATA;
	*ret_steps &= steps;
	*ret_unused1 = 0;
	*ret_unused2 = 0;
	return SMFIS_CONTINUE;
}

struct smfiDesc session_description(void)
{
	static char name[] = "sekisho";

	return (struct smfiDesc){
	    .xxfi_name = name,
	    .xxfi_version = SMFI_VERSION,
	    .xxfi_flags =
		SMFIF_ADDHDRS | SMFIF_CHGHDRS | SMFIF_CHGBODY | SMFIF_CHGFROM,
	    .xxfi_connect = on_connect,
	    .xxfi_envfrom = on_sender,
	    .xxfi_envrcpt = on_recipient,
	    .xxfi_header = on_header,
	    .xxfi_eoh = on_headers_end,
	    .xxfi_body = on_body,
	    .xxfi_eom = on_message_end,
	    .xxfi_abort = on_abort,
	    .xxfi_close = on_close,
	    .xxfi_negotiate = on_negotiate,
	};
}
