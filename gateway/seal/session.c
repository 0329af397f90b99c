#define _GNU_SOURCE
#include "gateway/seal/session.h"

#include "base/killpoint.h"
#include "base/log.h"
#include "gateway/mail/message.h"

#include <time.h>

#include "base/banned.h"

enum { CLOCKS_APART_SECONDS = 300 };

struct session {
	struct mail_message envelope; /* its content is never used */
	atomic_ullong nothing;
	struct seal_digest digest;
	struct seal seal;
	unsigned seals; /* fields of that name that came */
	bool readable;
};

static struct gate *gate;

void session_use(struct gate *used)
{
	gate = used;
}

static sfsistat on_connect(SMFICTX *context, char *host, _SOCK_ADDR *address)
{
	struct session *session = calloc(1, sizeof(*session));

	(void)host;
	(void)address;
	if (session == NULL)
		return SMFIS_TEMPFAIL;
	session->envelope = mail_make(0, &session->nothing);
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
	mail_clear(&session->envelope);
	session->seals = 0;
	session->readable = false;
	seal_digest_begin(&session->digest);
	return mail_set_sender(&session->envelope, arguments[0]) == 0
		   ? SMFIS_CONTINUE
		   : SMFIS_TEMPFAIL;
}

static sfsistat on_recipient(SMFICTX *context, char **arguments)
{
	struct session *session = smfi_getpriv(context);

	if (session == NULL || arguments[0] == NULL)
		return SMFIS_TEMPFAIL;
	return mail_add_recipient(&session->envelope, arguments[0]) == 0
		   ? SMFIS_CONTINUE
		   : SMFIS_TEMPFAIL;
}

static sfsistat on_header(SMFICTX *context, char *name, char *value)
{
	struct session *session = smfi_getpriv(context);
	struct view text = view_of_string(value);

	if (session == NULL)
		return SMFIS_TEMPFAIL;
	seal_digest_field(&session->digest, view_of_string(name), text);
	if (strcasecmp(name, SEAL_FIELD) == 0) {
		session->seals++;
		session->readable = seal_read(text, &session->seal) == 0;
	}
	return SMFIS_CONTINUE;
}

static sfsistat on_headers_end(SMFICTX *context)
{
	struct session *session = smfi_getpriv(context);

	if (session == NULL)
		return SMFIS_TEMPFAIL;
	seal_digest_headers_end(&session->digest);
	return SMFIS_CONTINUE;
}

static sfsistat on_body(SMFICTX *context, unsigned char *bytes, size_t size)
{
	struct session *session = smfi_getpriv(context);

	if (session == NULL)
		return SMFIS_TEMPFAIL;
	seal_digest_body(&session->digest, view_of(bytes, size));
	return SMFIS_CONTINUE;
}

static const char *check_time(const struct seal *seal)
{
	uint64_t now = (uint64_t)time(NULL);
	uint64_t lifetime = (uint64_t)gate->config->mail.seal_hours * 3600;

	if (seal->seconds > now + CLOCKS_APART_SECONDS)
		return "seal-from-the-future";
	return seal->seconds + lifetime < now ? "seal-expired" : NULL;
}

/* The tags that the recipients should have, all of which the seal must. */
static const char *check_tags(struct session *session,
			      uint8_t (*ret_tags)[SEAL_TAG_SIZE])
{
	const struct mail_message *envelope = &session->envelope;
	uint8_t hash[32];
	struct seal_claim claim = {
	    .seconds = session->seal.seconds,
	    .sender = envelope->sender,
	    .hash = hash,
	};

	for (size_t i = 0; i < SEAL_NONCE_SIZE; i++)
		claim.nonce[i] = session->seal.nonce[i];
	seal_digest_end(&session->digest, hash);
	for (size_t i = 0; i < envelope->recipient_count; i++) {
		seal_tag(&gate->key, &claim, envelope->recipients[i],
			 ret_tags[i]);
		if (!seal_has_tag(&session->seal, ret_tags[i]))
			return "seal-wrong";
	}
	return NULL;
}

/* What is wrong with the message; NULL: nothing. -1 in *ret_error: it cannot
 * be said now. */
static const char *check(struct session *session)
{
	size_t count = session->envelope.recipient_count;
	uint8_t(*tags)[SEAL_TAG_SIZE];
	const char *wrong = NULL;
	bool again = false;
	int error;

	if (session->seals != 1)
		return session->seals == 0 ? "no-seal" : "several-seals";
	if (!session->readable || session->envelope.sender == NULL ||
	    count == 0)
		return "seal-unreadable";
	wrong = check_time(&session->seal);
	if (wrong != NULL)
		return wrong;
	tags = calloc(count, SEAL_TAG_SIZE);
	if (tags == NULL)
		return "no-memory";
	wrong = check_tags(session, tags);
	if (wrong == NULL) {
		error =
		    used_add(gate->used, (const uint8_t(*)[SEAL_TAG_SIZE])tags,
			     count, gate->config->mail.seal_uses, &again);
		if (error != 0)
			wrong = error == -ERR_STALE ? "seal-used-up"
						    : "not-written-down";
		if (again)
			log_line(LOG_LINE_WARNING, "seal-used-again");
	}
	free(tags);
	return wrong;
}

/* Forged or missing is for the site to say; that something cannot be looked
 * up, or was used too often, is never final: the message may be a good one. */
static sfsistat refuse(SMFICTX *context, const char *wrong)
{
	bool final = gate->config->mail.seal_refusal == SEAL_REJECT &&
		     strcmp(wrong, "no-memory") != 0 &&
		     strcmp(wrong, "seal-used-up") != 0 &&
		     strcmp(wrong, "not-written-down") != 0;
	static char text[] = "The message does not carry the gateway's seal";
	static char codes[2][4] = {"451", "550"};
	static char states[2][6] = {"4.7.1", "5.7.1"};
	struct log_text quoted;

	log_line(
	    LOG_LINE_WARNING, "refused wrong=%s queue=%s", wrong,
	    log_quoted(&quoted, smfi_getsymval(context, (char[]){"i"})
				    ? smfi_getsymval(context, (char[]){"i"})
				    : ""));
	if (smfi_setreply(context, codes[final], states[final], text) !=
	    MI_SUCCESS)
		return SMFIS_TEMPFAIL;
	return final ? SMFIS_REJECT : SMFIS_TEMPFAIL;
}

static sfsistat on_message_end(SMFICTX *context)
{
	struct session *session = smfi_getpriv(context);
	static char name[] = SEAL_FIELD;
	const char *wrong;

	if (session == NULL)
		return SMFIS_TEMPFAIL;
	wrong = check(session);
	if (wrong != NULL)
		return refuse(context, wrong);
	kill_point("seal.used");
	/* It has done its work; nobody behind here needs it. */
	return smfi_chgheader(context, name, 1, NULL) == MI_SUCCESS
		   ? SMFIS_CONTINUE
		   : SMFIS_TEMPFAIL;
}

static sfsistat on_close(SMFICTX *context)
{
	struct session *session = smfi_getpriv(context);

	if (session == NULL)
		return SMFIS_CONTINUE;
	(void)smfi_setpriv(context, NULL);
	mail_clear(&session->envelope);
	free(session);
	return SMFIS_CONTINUE;
}

struct smfiDesc session_description(void)
{
	static char name[] = "sekisho-seal";

	return (struct smfiDesc){
	    .xxfi_name = name,
	    .xxfi_version = SMFI_VERSION,
	    .xxfi_flags = SMFIF_CHGHDRS,
	    .xxfi_connect = on_connect,
	    .xxfi_envfrom = on_sender,
	    .xxfi_envrcpt = on_recipient,
	    .xxfi_header = on_header,
	    .xxfi_eoh = on_headers_end,
	    .xxfi_body = on_body,
	    .xxfi_eom = on_message_end,
	    .xxfi_close = on_close,
	};
}
