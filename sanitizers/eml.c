/*
 * May carry: files of every kind, HTML that loads and runs, other messages,
 *   structures that every reader sees differently, headers that deceive.
 * Keep: who, when and what about; the text; attachments that pass on their
 *   own, and messages within it.
 * Drop: every other header field, HTML, second forms of a text, signatures,
 *   preambles; what is held leaves a notice. Ambiguous messages are held.
 * Specification: RFC 5322, 2045-2047, 2183, 2231, 3676, 5545, 6532, 8551.
 */
#include "sanitizers/mail/authentication.h"
#include "sanitizers/mail/charset.h"
#include "sanitizers/mail/fields_out.h"
#include "sanitizers/mail/header.h"
#include "sanitizers/mail/message.h"
#include "sanitizers/mail/second.h"
#include "sanitizers/mail/signature.h"
#include "sanitizers/mail/spam.h"
#include "sanitizers/mail/text.h"
#include "sanitizers/plain/encoding.h"

#include "base/banned.h"

enum { CLAIM_WINDOW = 64 * 1024 };

/* Whether it begins with fields of which one is a mail's. What else may look
 * like that is told apart by detection (detect/markup.c). */
static enum claim eml_claims(struct view input)
{
	static const char *const names[] = {
	    "From",         "To",           "Subject",
	    "Date",         "Received",     "Message-ID",
	    "MIME-Version", "Content-Type", "Return-Path"};
	struct view head = view_slice(input, 0, CLAIM_WINDOW);

	if (view_starts_with(head, "From "))
		head = view_slice(
		    head, view_find(head, view_of("\n", 1), 0) + 1, head.size);
	for (size_t i = 0; i < 64 && head.size > 0; i++) {
		size_t end = view_find(head, view_of("\n", 1), 0);
		size_t colon =
		    view_find(view_slice(head, 0, end), view_of(":", 1), 0);

		if (head.data[0] != ' ' && head.data[0] != '\t') {
			if (colon == SIZE_MAX || colon == 0)
				return CLAIM_NONE;
			for (size_t k = 0; k < sizeof(names) / sizeof(names[0]);
			     k++)
				if (view_equal_nocase(
					view_slice(head, 0, colon), names[k]))
					return CLAIM_LIKELY;
		}
		head = end == SIZE_MAX ? (struct view){NULL, 0}
				       : view_slice(head, end + 1, head.size);
	}
	return CLAIM_NONE;
}

static int read_all(struct message *message)
{
	int error;

	message->input = message->job->input;
	message->last_signed = &message->signatures;
	error = message_read(message);
	if (error == 0 && message->job->authentication.size > 0 &&
	    !message->job->recheck)
		error = authentication_check(
		    message->job->arena, message->tree.root->fields,
		    message->tree.root->body, message->job->authentication,
		    &message->authentication);
	if (error == 0)
		error = message_open_signed(message);
	if (error == 0)
		error = message_plan(message);
	if (error == 0)
		error = message_check_signed(message);
	if (error == 0)
		error = message_open_inner(message);
	/* First, because the text may show some of them. */
	if (error == 0)
		error = message_run_attachments(message);
	if (error == 0)
		error = message_write_body(message);
	return error;
}

static int eml_rebuild(struct job *job)
{
	struct message *message = arena_alloc(job->arena, sizeof(*message));
	int error;

	if (message == NULL)
		return -ERR_MEMORY;
	message->job = job;
	error = read_all(message);
	if (error == 0 && job->policy->mail_spam == MAIL_SPAM_HOLD &&
	    !job->recheck && spam_is_said(message->tree.root->fields))
		error = -ERR_MAIL_SPAM;
	if (error == 0)
		error = message_compose(message);
	buffer_free(&message->body);
	return error;
}

/* ---- text mode ---- */

static int emit_fields(struct message *message)
{
	static const char *const names[] = {"From", "To", "Cc", "Date",
					    "Subject"};
	struct job *job = message->job;
	struct text_losses losses = {0};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const struct mail_field *field =
		    mail_field_find(message->tree.root->fields, names[i]);
		struct view value;
		const char *text;

		if (field == NULL)
			continue;
		value = mail_field_unfold(job->arena, field->value);
		text = header_decode(job->arena, value, &losses);
		text = text == NULL ? NULL
				    : arena_format(job->arena, "%s: %s\r\n",
						   names[i], text);
		if (text == NULL)
			return -ERR_MEMORY;
		(void)job_emit(job, view_of_string(text));
	}
	return job_emit(job, view_of_string("\r\n"));
}

static int emit_attachment(struct job *job, const struct attachment *attachment)
{
	const struct nested_result *result = &attachment->result;
	bool passes = verdict_passes(result->verdict);
	bool text = passes && strcmp(result->mime, "text/plain") == 0;
	const char *line = arena_format(
	    job->arena, "\r\n===== %s =====\r\n%s%s%s", attachment->name,
	    text ? "" : "(",
	    text     ? ""
	    : passes ? result->mime
		     : error_sentence((int)result->reason, LANGUAGE_JA),
	    text ? "" : ")\r\n");

	if (line == NULL)
		return -ERR_MEMORY;
	(void)job_emit(job, view_of_string(line));
	return text ? job_emit(job, result->output) : job->failed;
}

static int eml_text(struct job *job)
{
	struct message *message = arena_alloc(job->arena, sizeof(*message));
	int error;

	if (message == NULL)
		return -ERR_MEMORY;
	message->job = job;
	error = read_all(message);
	if (error == 0)
		error = emit_fields(message);
	if (error == 0)
		error = job_emit(job, buffer_contents(&message->body));
	for (size_t i = 0; i < message->attachment_count && error == 0; i++)
		error = emit_attachment(job, &message->attachments[i]);
	buffer_free(&message->body);
	return error;
}

static int eml_prepare(void)
{
	int error = encoding_prepare();

	if (error == 0)
		error = charset_prepare();
	if (error == 0)
		error = second_prepare();
	if (error == 0)
		error = authentication_prepare();
	return error != 0 ? error : signature_prepare();
}

const struct sanitizer sanitizer_eml = {
    .name = "eml",
    .mime = "message/rfc822",
    .extension = "eml",
    .extensions = "eml",
    .decodes = HEAVY_MAIL,
    .claims = eml_claims,
    .rebuild = eml_rebuild,
    .text = eml_text,
    .prepare = eml_prepare,
};
