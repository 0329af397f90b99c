/*
 * The new message: header, body, attachments, notice.
 */
#include "sanitizers/mail/message.h"

#include "sanitizers/html/html.h"
#include "sanitizers/mail/authentication.h"
#include "sanitizers/mail/compose.h"
#include "sanitizers/mail/fields_out.h"
#include "sanitizers/mail/names.h"
#include "sanitizers/mail/parameters.h"
#include "sanitizers/mail/spam.h"
#include "sanitizers/plain/encoding.h"

#include "base/banned.h"

static const char text_type[] = "text/plain";

/* What the parts of the new message are. */
struct layout {
	struct compose_part *parts; /* the body is the first */
	size_t count;
	size_t shown; /* how many behind it are pictures that it shows */
	struct notice_numbers numbers;
	struct buffer notice;
	struct buffer body;
};

/* The name under which mail readers know an encoding of ours. */
static const char *charset_of(struct view content)
{
	static const char *const names[ENCODING_COUNT] = {
	    [ENCODING_NONE] = "",
	    [ENCODING_UTF8] = "UTF-8",
	    [ENCODING_UTF16LE] = "UTF-16",
	    [ENCODING_UTF16BE] = "UTF-16",
	    [ENCODING_CP932] = "Shift_JIS",
	    [ENCODING_EUC_JP] = "EUC-JP",
	    [ENCODING_ISO_2022_JP] = "ISO-2022-JP",
	    [ENCODING_CP1252] = "windows-1252",
	};

	return names[encoding_of(content)];
}

/* In a second run the part keeps what the first one wrote. */
static const char *kept_type(struct message *message,
			     const struct attachment *attachment)
{
	const struct mail_part *part = attachment->leaf->part;

	return arena_format(message->job->arena, "%s/%s", part->type,
			    part->subtype);
}

static int fill_attachment(struct message *message,
			   const struct attachment *attachment,
			   struct compose_part *part)
{
	const struct nested_result *result = &attachment->result;
	bool recheck = message->job->recheck;

	*part = (struct compose_part){
	    .type = "application/octet-stream",
	    .charset = "",
	    .name = attachment->out_name,
	    .content = result->output,
	    .cid = attachment->cid,
	};
	if (recheck)
		part->type = kept_type(message, attachment);
	else if (!attachment->settled && result->mime[0] != '\0')
		part->type =
		    arena_format(message->job->arena, "%s", result->mime);
	if (part->type == NULL)
		return -ERR_MEMORY;
	if (strcmp(part->type, "message/rfc822") == 0)
		part->raw = true;
	if (strncmp(part->type, "text/", 5) == 0)
		part->charset = charset_of(part->content);
	return 0;
}

static const char *id_of(const struct message *message,
			 const struct attachment *attachment)
{
	return attachment->result.part_id[0] != '\0'
		   ? arena_format(message->job->arena, "%s",
				  attachment->result.part_id)
		   : message->job->item_id;
}

static int write_notice(struct message *message, struct layout *layout)
{
	struct job *job = message->job;
	struct notice_item *items = arena_array(
	    job->arena, message->attachment_count + 1, sizeof(*items));
	size_t count = 0;

	if (items == NULL)
		return -ERR_MEMORY;
	for (size_t i = 0; i < message->attachment_count; i++) {
		const struct attachment *attachment = &message->attachments[i];
		const struct nested_result *result = &attachment->result;

		if (verdict_passes(result->verdict))
			continue;
		items[count++] = (struct notice_item){
		    .name = attachment->name,
		    .content = attachment->content,
		    .reason = result->reason,
		    .password = result->verdict == VERDICT_PASSWORD,
		    .id = id_of(message, attachment),
		    .link = result->link,
		};
	}
	notice_write(job, items, count, &layout->notice);
	return buffer_error(&layout->notice);
}

/* The notice stands where the first attachment that is held stood. */
static int add_notice(struct message *message, struct layout *layout)
{
	const char *name =
	    mail_text(message->job, MAIL_TEXT_NOTICE_NAME, LANGUAGE_JA);
	int error = write_notice(message, layout);

	name = name == NULL ? NULL : mail_name_safe(message->job->arena, name);
	if (error != 0 || name == NULL)
		return error != 0 ? error : -ERR_MEMORY;
	layout->parts[layout->count++] = (struct compose_part){
	    .type = text_type,
	    .charset = "UTF-8",
	    .name = name,
	    .content = buffer_contents(&layout->notice),
	};
	return 0;
}

/* The same picture twice is there once. */
static bool is_shown_already(const struct layout *layout, const char *cid)
{
	for (size_t i = 1; i < layout->count; i++)
		if (layout->parts[i].cid != NULL &&
		    strcmp(layout->parts[i].cid, cid) == 0)
			return true;
	return false;
}

static int add_pictures(struct message *message, struct layout *layout)
{
	int error = 0;

	for (size_t i = 0; i < message->attachment_count && error == 0; i++) {
		const struct attachment *attachment = &message->attachments[i];

		if (attachment->cid == NULL)
			continue;
		layout->numbers.clean++;
		if (!is_shown_already(layout, attachment->cid))
			error =
			    fill_attachment(message, attachment,
					    &layout->parts[layout->count++]);
	}
	layout->shown = layout->count - 1;
	return error;
}

static int add_attachments(struct message *message, struct layout *layout)
{
	int error = add_pictures(message, layout);

	layout->numbers.files = message->attachment_count;
	for (size_t i = 0; i < message->attachment_count && error == 0; i++) {
		const struct attachment *attachment = &message->attachments[i];

		if (attachment->cid != NULL)
			continue;
		if (verdict_passes(attachment->result.verdict)) {
			layout->numbers.clean++;
			error =
			    fill_attachment(message, attachment,
					    &layout->parts[layout->count++]);
		} else if (layout->numbers.held++ == 0) {
			error = add_notice(message, layout);
		}
	}
	return error;
}

/* Only the message that arrives is marked, not those within it. */
static bool is_marked(const struct job *job)
{
	return job->depth == 0 && !job->recheck;
}

/* Text as HTML writes it. */
static void write_escaped(struct buffer *out, struct view text)
{
	for (size_t i = 0; i < text.size; i++) {
		if (text.data[i] == '<')
			buffer_text(out, "&lt;");
		else if (text.data[i] == '&')
			buffer_text(out, "&amp;");
		else if (text.data[i] == '\n')
			buffer_text(out, "<br>");
		else if (text.data[i] != '\r')
			buffer_u8(out, text.data[i]);
	}
}

/* Puts the first line behind <body>, and has the whole cleaned again so that
 * it is what a second run writes. */
static int mark_html(struct message *message, struct view mark,
		     struct layout *layout)
{
	struct view body = buffer_contents(&message->body);
	struct html_options options = {
	    .path = "body", .picture = message_picture, .context = message};
	BUFFER_CLEANUP struct buffer marked = buffer_make(layout->body.maximum);
	BUFFER_CLEANUP struct buffer clean = buffer_make(layout->body.maximum);
	size_t at = view_find(body, view_of("<body", 5), 0);
	int error;

	if (at != SIZE_MAX)
		at = view_find(body, view_of(">", 1), at);
	at = at == SIZE_MAX ? 0 : at + 1;
	buffer_view(&marked, view_slice(body, 0, at));
	buffer_text(&marked, "<p>");
	write_escaped(&marked, mark);
	buffer_text(&marked, "</p>");
	buffer_view(&marked, view_slice(body, at, body.size));
	error = buffer_error(&marked);
	if (error == 0)
		error = html_clean(message->job, buffer_contents(&marked),
				   &options, &clean);
	for (size_t i = 0; i < clean.size && error == 0; i++) {
		if (clean.data[i] == '\r')
			continue;
		if (clean.data[i] == '\n')
			buffer_u8(&layout->body, '\r');
		buffer_u8(&layout->body, clean.data[i]);
	}
	return error;
}

static int write_body(struct message *message, struct layout *layout)
{
	struct job *job = message->job;
	BUFFER_CLEANUP struct buffer mark = buffer_make(64 * 1024);
	bool line = is_marked(job) && job->policy->mail_first_line != 0 &&
		    (message->altered || layout->numbers.held > 0);

	if (line)
		notice_first_line(job, &layout->numbers, &mark);
	if (line)
		notice_signature_lines(job, message->signatures, &mark);
	if (line && message->html)
		return mark_html(message, buffer_contents(&mark), layout);
	buffer_view(&layout->body, buffer_contents(&mark));
	if (line && message->body.size > 0)
		buffer_text(&layout->body, "\r\n");
	buffer_view(&layout->body, buffer_contents(&message->body));
	return 0;
}

static int add_body(struct message *message, struct layout *layout)
{
	int error = write_body(message, layout);

	layout->parts[0] = (struct compose_part){
	    .type = message->html ? "text/html" : text_type,
	    .charset = "UTF-8",
	    .name = "",
	    .content = buffer_contents(&layout->body),
	};
	return error != 0 ? error : buffer_error(&layout->body);
}

static int write_header(struct message *message, const struct layout *layout,
			struct buffer *out)
{
	struct job *job = message->job;
	const char *prefixes[] = {
	    mail_text(job, MAIL_TEXT_PREFIX_ALTERED, LANGUAGE_JA),
	    mail_text(job, MAIL_TEXT_PREFIX_HELD, LANGUAGE_JA),
	    mail_text(job, MAIL_TEXT_PREFIX_SPAM, LANGUAGE_JA),
	    mail_text(job, MAIL_TEXT_PREFIX_RELEASED, LANGUAGE_JA),
	    mail_text(job, MAIL_TEXT_PREFIX_ORIGINAL, LANGUAGE_JA),
	    NULL};
	const char *prefix = "";
	int error;

	for (size_t i = 0; i + 1 < sizeof(prefixes) / sizeof(prefixes[0]); i++)
		if (prefixes[i] == NULL)
			return -ERR_MEMORY;
	if (is_marked(job) && job->policy->mail_prefix != 0) {
		if (layout->numbers.held > 0)
			prefix = prefixes[1];
		else if (message->altered)
			prefix = prefixes[0];
	}
	if (is_marked(job) && job->policy->mail_spam == MAIL_SPAM_TAG &&
	    spam_is_said(message->tree.root->fields))
		prefix = prefixes[2];
	if (message->authentication != NULL)
		authentication_write(out,
				     view_of_string(message->authentication));
	error = mail_fields_write(job, message->tree.root->fields, prefix,
				  prefixes, out);
	if (error == 0 && is_marked(job))
		buffer_format(out,
			      MAIL_RESULT_FIELD ": v=1; id=%s; text=%d; "
						"clean=%zu; held=%zu\r\n",
			      job->item_id, message->body.size > 0,
			      layout->numbers.clean, layout->numbers.held);
	buffer_text(out, "MIME-Version: 1.0\r\n");
	return error != 0 ? error : buffer_error(out);
}

static int emit(struct job *job, struct buffer *out)
{
	int error = buffer_error(out);

	if (error == 0)
		error = job_emit(job, buffer_contents(out));
	out->size = 0;
	return error;
}

/* Parts `from` to before `to`, each behind a delimiter. */
static int write_list(struct job *job, const struct layout *layout, size_t from,
		      size_t to, const char *boundary, struct buffer *out)
{
	int error = 0;

	for (size_t i = from; i < to && error == 0; i++) {
		buffer_format(out, "%s--%s\r\n", i == 0 ? "" : "\r\n",
			      boundary);
		compose_leaf(out, &layout->parts[i]);
		error = emit(job, out);
	}
	return error;
}

/* The body with the pictures that it shows (RFC 2387), as the message or as
 * its first part. */
static int write_related(struct job *job, const struct layout *layout,
			 struct buffer *out)
{
	size_t count = layout->shown + 1;
	char boundary[64];
	int error;

	compose_boundary(layout->parts, count, boundary);
	buffer_format(out,
		      "Content-Type: multipart/related; type=\"text/html\";\r\n"
		      " boundary=\"%s\"\r\n\r\n",
		      boundary);
	error = write_list(job, layout, 0, count, boundary, out);
	buffer_format(out, "\r\n--%s--\r\n", boundary);
	return error;
}

static int write_mixed(struct job *job, const struct layout *layout,
		       struct buffer *out)
{
	char boundary[64];
	int error = 0;

	compose_boundary(layout->parts, layout->count, boundary);
	buffer_format(out,
		      "Content-Type: multipart/mixed;\r\n boundary=\"%s\"\r\n"
		      "\r\n",
		      boundary);
	if (layout->shown > 0) {
		buffer_format(out, "--%s\r\n", boundary);
		error = write_related(job, layout, out);
	}
	if (error == 0)
		error = write_list(job, layout,
				   layout->shown > 0 ? layout->shown + 1 : 0,
				   layout->count, boundary, out);
	buffer_format(out, "\r\n--%s--\r\n", boundary);
	return error;
}

static int write_parts(struct job *job, const struct layout *layout,
		       struct buffer *out)
{
	int error = 0;

	if (layout->count == 1)
		compose_leaf(out, &layout->parts[0]);
	else if (layout->shown + 1 == layout->count)
		error = write_related(job, layout, out);
	else
		error = write_mixed(job, layout, out);
	return error != 0 ? error : emit(job, out);
}

int message_compose(struct message *message)
{
	struct job *job = message->job;
	size_t room = job->policy->limits.output_bytes;
	BUFFER_CLEANUP struct buffer out = buffer_make(room);
	struct layout layout = {
	    .count = 1, /* the body */
	    .notice = buffer_make(room),
	    .body = buffer_make(room),
	};
	int error;

	layout.parts = arena_array(job->arena, message->attachment_count + 2,
				   sizeof(*layout.parts));
	error = layout.parts == NULL ? -ERR_MEMORY : 0;
	if (error == 0)
		error = add_attachments(message, &layout);
	if (error == 0)
		error = add_body(message, &layout);
	if (error == 0)
		error = write_header(message, &layout, &out);
	if (error == 0)
		error = write_parts(job, &layout, &out);
	buffer_free(&layout.notice);
	buffer_free(&layout.body);
	return error;
}
