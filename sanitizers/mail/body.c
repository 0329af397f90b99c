/*
 * The text of the new message: every text that was shown, in order.
 */
#include "sanitizers/mail/body.h"

#include "sanitizers/html/html.h"
#include "sanitizers/mail/calendar.h"
#include "sanitizers/mail/charset.h"
#include "sanitizers/mail/encoded.h"
#include "sanitizers/mail/message.h"
#include "sanitizers/mail/parameters.h"
#include "sanitizers/mail/text.h"

#include "base/banned.h"

struct body {
	struct message *message;
	struct text_losses losses;
	size_t broken;
	size_t schemes;
	size_t markers;
};

/* What opens a program or another machine when a reader makes a link of it;
 * http, https, mailto and tel do not. */
static const char *const schemes[] = {
    "javascript:", "vbscript:",     "data:text/",   "data:application/",
    "data:image/", "file:/",        "file:\\",      "smb:/",
    "search-ms:",  "ms-word:",      "ms-excel:",    "ms-powerpoint:",
    "ms-msdt:",    "ms-officecmd:", "ms-settings:", "ms-appinstaller:",
    "ms-search:",  "ms-cxh:",       "shell:",       "jar:",
    "mhtml:",      "ldap:/",        "view-source:", "wscript:",
};

static bool is_word(uint8_t byte)
{
	return isalnum(byte) || byte == '-' || byte == '_' || byte >= 0x80;
}

/* Whether the colon at `colon` is that of a scheme, with something behind. */
static bool is_scheme(struct view text, size_t colon)
{
	for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++) {
		size_t name = strcspn(schemes[i], ":");
		size_t size = strlen(schemes[i]);
		size_t start = colon - name;

		if (colon < name || text.size - start <= size ||
		    (start > 0 && is_word(text.data[start - 1])))
			continue;
		if (strncasecmp((const char *)text.data + start, schemes[i],
				size) == 0 &&
		    text.data[start + size] > ' ')
			return true;
	}
	return false;
}

/* "\\server": two, and no third in front. */
static bool is_share(struct view text, size_t at)
{
	return at + 2 < text.size && text.data[at + 1] == '\\' &&
	       isalnum(text.data[at + 2]) &&
	       (at == 0 ||
		(text.data[at - 1] != '\\' && !is_word(text.data[at - 1])));
}

/* "javascript:x" becomes "javascript[:]x", "\\server" "[\\]server": it can
 * be read, and no reader makes a link of it. */
void body_disarm(struct buffer *out, struct view text, size_t *ret_count)
{
	size_t copied = 0;

	for (size_t i = 0; i < text.size; i++) {
		uint8_t byte = text.data[i];
		bool share = byte == '\\' && is_share(text, i);

		if (!share && (byte != ':' || !is_scheme(text, i)))
			continue;
		buffer_view(out, view_slice(text, copied, i - copied));
		buffer_text(out, share ? "[\\\\]" : "[:]");
		i += share;
		copied = i + 1;
		++*ret_count;
	}
	buffer_view(out, view_slice(text, copied, text.size));
}

/* format=flowed (RFC 3676): a blank at the end of a line says that the next
 * one goes on, a blank in front was put there. Quote marks stay as they are. */
static void unflow(struct buffer *out, struct view text, bool delete_blank)
{
	size_t at = 0;
	bool flowing = false;

	while (at < text.size) {
		size_t end = view_find(text, view_of("\n", 1), at);
		struct view line = view_slice(
		    text, at, (end == SIZE_MAX ? text.size : end) - at);
		bool soft;

		at = end == SIZE_MAX ? text.size : end + 1;
		if (line.size > 0 && line.data[line.size - 1] == '\r')
			line.size--;
		if (!flowing && line.size > 0 && line.data[0] == ' ')
			line = view_slice(line, 1, line.size);
		soft = line.size > 0 && line.data[line.size - 1] == ' ' &&
		       line.data[0] != '>' &&
		       !view_equal(line, view_of("-- ", 3));
		if (soft && delete_blank)
			line.size--;
		buffer_view(out, line);
		if (!soft)
			buffer_text(out, "\n");
		flowing = soft;
	}
}

static const char *parameter(struct message *message,
			     const struct mail_part *part, const char *name)
{
	const char *text = mail_parameter_text(message->job->arena,
					       part->type_parameters, name);

	return text == NULL ? "" : text;
}

static const char *path_of(struct message *message, const struct leaf *leaf)
{
	const char *path =
	    arena_format(message->job->arena, "part %zu", leaf->part->number);

	return path == NULL ? "part" : path;
}

/* The leaf as UTF-8 that is not clean yet. */
static int read_leaf(struct body *body, const struct leaf *leaf,
		     struct buffer *out)
{
	struct message *message = body->message;
	struct view content = message->contents[leaf->part->number];
	size_t room = message->job->policy->limits.output_bytes;
	BUFFER_CLEANUP struct buffer text = buffer_make(room);
	struct html_options options = {
	    .path = path_of(message, leaf),
	    .picture = message->html ? message_picture : NULL,
	    .context = message,
	};
	int error = 0;

	charset_decode(&text, content,
		       parameter(message, leaf->part, "charset"),
		       &body->broken);
	if (buffer_error(&text) != 0)
		return buffer_error(&text);
	if (leaf->role == ROLE_HTML && message->html)
		error = html_clean(message->job, buffer_contents(&text),
				   &options, out);
	else if (leaf->role == ROLE_HTML)
		error = html_to_text(message->job, buffer_contents(&text),
				     &options, out);
	else if (leaf->role == ROLE_CALENDAR)
		calendar_write(out, buffer_contents(&text));
	else if (strcasecmp(parameter(message, leaf->part, "format"),
			    "flowed") == 0)
		unflow(out, buffer_contents(&text),
		       strcasecmp(parameter(message, leaf->part, "delsp"),
				  "yes") == 0);
	else
		buffer_view(out, buffer_contents(&text));
	return error != 0 ? error : buffer_error(out);
}

/* Lines that some reader takes for the beginning of an encoded file get a
 * blank in front: there they are text to everybody. */
static void write_unmarked(struct body *body, struct buffer *out,
			   struct view text)
{
	size_t at = 0;

	while (at < text.size) {
		size_t end = view_find(text, view_of("\n", 1), at);
		size_t next = end == SIZE_MAX ? text.size : end + 1;
		struct view line = view_slice(text, at, next - at);

		if (encoded_is_marker(line)) {
			buffer_u8(out, ' ');
			body->markers++;
		}
		buffer_view(out, line);
		at = next;
	}
}

/* One text behind those that are there, an empty line between. */
static int add_text(struct body *body, struct view raw)
{
	struct message *message = body->message;
	size_t room = message->job->policy->limits.output_bytes;
	BUFFER_CLEANUP struct buffer clean = buffer_make(room);
	BUFFER_CLEANUP struct buffer text = buffer_make(room);

	text_write_lines(&clean, raw, &body->losses);
	write_unmarked(body, &text, buffer_contents(&clean));
	if (buffer_error(&text) != 0)
		return buffer_error(&text);
	if (text.size > 0) {
		if (message->body.size > 0)
			buffer_text(&message->body, "\r\n");
		body_disarm(&message->body, buffer_contents(&text),
			    &body->schemes);
	}
	return buffer_error(&message->body);
}

static int add_leaf(struct body *body, const struct leaf *leaf)
{
	size_t room = body->message->job->policy->limits.output_bytes;
	BUFFER_CLEANUP struct buffer raw = buffer_make(room);
	int error = read_leaf(body, leaf, &raw);

	return error != 0 ? error : add_text(body, buffer_contents(&raw));
}

/* What Outlook's own form of the message says, where no other part does. */
static int add_late_body(struct body *body)
{
	struct message *message = body->message;

	if (message->late_body.size == 0 || message->body.size > 0)
		return 0;
	return add_text(body, message->late_body);
}

static void lose(struct message *message, enum removal_kind kind,
		 const char *path, size_t count)
{
	if (count == 0 || message->job->recheck)
		return;
	message->altered = true;
	job_remove(message->job, kind, path, view_of(NULL, 0), "%zu", count);
}

static void report_body(struct body *body)
{
	lose(body->message, REMOVAL_TEXT_CONTROL, "body", body->losses.control);
	lose(body->message, REMOVAL_TEXT_BIDI, "body", body->losses.bidi);
	lose(body->message, REMOVAL_TEXT_INVISIBLE, "body",
	     body->losses.invisible);
	lose(body->message, REMOVAL_TEXT_BROKEN, "body", body->broken);
	lose(body->message, REMOVAL_MAIL_SCHEME, "body", body->schemes);
	lose(body->message, REMOVAL_MAIL_ENCODED_MARKER, "body", body->markers);
}

/* What goes because of what it is. */
static void report_leaf(struct message *message, const struct leaf *leaf)
{
	static const enum removal_kind kinds[] = {
	    [ROLE_HTML] = REMOVAL_MAIL_HTML,
	    [ROLE_CALENDAR] = REMOVAL_MAIL_CALENDAR,
	    [ROLE_ALTERNATIVE] = REMOVAL_MAIL_ALTERNATIVE,
	    [ROLE_RESOURCE_FORK] = REMOVAL_MAIL_RESOURCE_FORK,
	    [ROLE_OPENED] = REMOVAL_MAIL_TNEF,
	};

	if (kinds[leaf->role] == REMOVAL_NONE ||
	    (leaf->role == ROLE_HTML && message->html))
		return;
	if (leaf->role != ROLE_ALTERNATIVE)
		message->altered = true;
	job_remove(message->job, kinds[leaf->role], path_of(message, leaf),
		   message->contents[leaf->part->number], "%s/%s",
		   leaf->part->type, leaf->part->subtype);
}

static bool is_blank(struct view text)
{
	for (size_t i = 0; i < text.size; i++)
		if (text.data[i] > ' ')
			return false;
	return true;
}

/* What stands in front of, behind and between parts. */
static void report_outside(struct message *message)
{
	for (const struct mail_part *part = message->tree.root; part != NULL;
	     part = mail_part_next(part)) {
		const char *path =
		    arena_format(message->job->arena, "part %zu", part->number);

		if (path == NULL)
			return;
		if (!is_blank(part->preamble))
			job_remove(message->job, REMOVAL_MAIL_OUTSIDE, path,
				   part->preamble, "%s", "preamble");
		if (!is_blank(part->epilogue))
			job_remove(message->job, REMOVAL_MAIL_OUTSIDE, path,
				   part->epilogue, "%s", "epilogue");
	}
}

/* In a first run the mark of an earlier one goes. */
static int drop_first_lines(struct message *message)
{
	bool found = false;
	struct view rest =
	    notice_skip_first_lines(buffer_contents(&message->body), &found);
	struct buffer kept = buffer_make(message->body.maximum);

	if (!found || message->job->recheck || message->html)
		return 0;
	job_remove(message->job, REMOVAL_MAIL_FIRST_LINE, "body",
		   view_of(NULL, 0), "%s", "");
	buffer_view(&kept, rest);
	buffer_free(&message->body);
	message->body = kept;
	return buffer_error(&kept);
}

/* Clean HTML takes the place of text where policy wants it and nothing else
 * is shown: two kinds of bodies cannot be put together. */
static bool is_html(const struct message *message)
{
	size_t count = 0;

	if (message->job->policy->mail_html != MAIL_HTML_CLEAN ||
	    message->job->mode == MODE_TEXT)
		return false;
	for (size_t i = 0; i < message->leaf_count; i++) {
		const struct leaf *leaf = &message->leaves[i];

		if (leaf->role == ROLE_HTML)
			count++;
		else if (leaf->role == ROLE_CALENDAR ||
			 (leaf->role == ROLE_TEXT &&
			  message_has_text(message, leaf)))
			return false;
	}
	return count == 1;
}

/* The document, with lines in CR LF. */
static int add_html(struct body *body, const struct leaf *leaf)
{
	struct message *message = body->message;
	size_t room = message->job->policy->limits.output_bytes;
	BUFFER_CLEANUP struct buffer raw = buffer_make(room);
	uint32_t before = message->job->removals;
	int error = read_leaf(body, leaf, &raw);

	message->altered |= message->job->removals > before;
	for (size_t i = 0; i < raw.size && error == 0; i++) {
		if (raw.data[i] == '\r')
			continue;
		if (raw.data[i] == '\n')
			buffer_u8(&message->body, '\r');
		buffer_u8(&message->body, raw.data[i]);
	}
	return error != 0 ? error : buffer_error(&message->body);
}

int message_write_body(struct message *message)
{
	struct body body = {.message = message};
	int error = 0;

	message->body = buffer_make(message->job->policy->limits.output_bytes);
	message->html = is_html(message);
	for (size_t i = 0; i < message->leaf_count && error == 0; i++) {
		const struct leaf *leaf = &message->leaves[i];

		if (leaf->role == ROLE_CALENDAR &&
		    message->job->policy->mail_calendar == MAIL_CALENDAR_HOLD)
			continue;
		report_leaf(message, leaf);
		if (message->html && leaf->role == ROLE_HTML)
			error = add_html(&body, leaf);
		else if (leaf->role == ROLE_TEXT || leaf->role == ROLE_HTML ||
			 leaf->role == ROLE_CALENDAR)
			error = add_leaf(&body, leaf);
	}
	if (error == 0)
		error = add_late_body(&body);
	if (error == 0)
		error = drop_first_lines(message);
	report_outside(message);
	report_body(&body);
	return error;
}
