/*
 * Files that stand in a leaf instead of being one.
 */
#include "sanitizers/html/html.h"
#include "sanitizers/mail/charset.h"
#include "sanitizers/mail/encoded.h"
#include "sanitizers/mail/message.h"
#include "sanitizers/mail/parameters.h"
#include "sanitizers/mail/tnef.h"

#include "base/banned.h"

enum { NESTED_MAX = 8 };

static int add_inner(struct message *message, const struct leaf *leaf,
		     const char *name, struct view content, enum error refused)
{
	struct inner *inner = arena_alloc(message->job->arena, sizeof(*inner));

	if (inner == NULL || name == NULL)
		return -ERR_MEMORY;
	*inner = (struct inner){leaf, name, content, refused, NULL};
	if (message->inner == NULL)
		message->inner = inner;
	else
		message->last_inner->next = inner;
	message->last_inner = inner;
	message->inner_count++;
	return 0;
}

/* ---- encoded in a text ---- */

/* A name is in no charset that anybody says: most likely the text's. */
static const char *name_of(struct message *message, const struct leaf *leaf,
			   struct view raw)
{
	struct arena *arena = message->job->arena;
	BUFFER_CLEANUP struct buffer name = buffer_make(raw.size * 4 + 16);
	const char *charset =
	    mail_parameter_text(arena, leaf->part->type_parameters, "charset");
	size_t broken = 0;

	if (raw.size > 0)
		charset_decode(&name, raw, charset == NULL ? "" : charset,
			       &broken);
	return buffer_error(&name) != 0
		   ? NULL
		   : arena_string(arena, buffer_contents(&name));
}

static int take_block(struct message *message, const struct leaf *leaf,
		      const struct encoded_block *block)
{
	struct view text = message->contents[leaf->part->number];
	int error = job_charge(message->job, block->content.size);

	if (error != 0)
		return error;
	message->altered = true;
	job_remove(message->job, REMOVAL_MAIL_ENCODED_FILE, "body",
		   view_slice(text, block->begin, block->end - block->begin),
		   "%s%s", block->sort, block->whole ? "" : ", damaged");
	return add_inner(message, leaf, name_of(message, leaf, block->name),
			 block->content,
			 block->whole ? ERR_NONE : ERR_MALFORMED);
}

/* The text without the blocks. */
static int cut_blocks(struct message *message, const struct leaf *leaf,
		      const struct encoded_block *blocks, size_t count)
{
	struct view *text = &message->contents[leaf->part->number];
	BUFFER_CLEANUP struct buffer rest = buffer_make(text->size);
	size_t at = 0;

	for (size_t i = 0; i < count; i++) {
		buffer_view(&rest, view_slice(*text, at, blocks[i].begin - at));
		at = blocks[i].end;
	}
	buffer_view(&rest, view_slice(*text, at, SIZE_MAX));
	if (buffer_error(&rest) != 0)
		return buffer_error(&rest);
	*text = arena_copy(message->job->arena, buffer_contents(&rest));
	return text->data == NULL && rest.size > 0 ? -ERR_MEMORY : 0;
}

static int open_text(struct message *message, const struct leaf *leaf)
{
	struct encoded_block *blocks = NULL;
	size_t count = 0;
	int error = encoded_find(message->job->arena,
				 message->contents[leaf->part->number], &blocks,
				 &count);

	if (error != 0 || count == 0)
		return error;
	if (message->job->recheck)
		return -ERR_VERIFY_UNSTABLE;
	for (size_t i = 0; i < count && error == 0; i++)
		error = take_block(message, leaf, &blocks[i]);
	return error != 0 ? error : cut_blocks(message, leaf, blocks, count);
}

/* ---- Outlook's form ---- */

/* The body as text; its data is NULL where there is none. */
static int text_of(struct message *message, const struct tnef *tnef,
		   struct view *ret_text)
{
	const struct html_options options = {.path = "winmail.dat"};
	struct job *job = message->job;
	size_t room = job->policy->limits.output_bytes;
	BUFFER_CLEANUP struct buffer html = buffer_make(room);
	BUFFER_CLEANUP struct buffer text = buffer_make(room);
	size_t broken = 0;
	int error;

	*ret_text = tnef->text;
	if (tnef->text.size > 0 || tnef->html.size == 0)
		return 0;
	charset_decode(&html, tnef->html, tnef->html_charset, &broken);
	error = buffer_error(&html);
	if (error == 0)
		error =
		    html_to_text(job, buffer_contents(&html), &options, &text);
	if (error != 0)
		return error;
	*ret_text = arena_copy(job->arena, buffer_contents(&text));
	return ret_text->data == NULL && text.size > 0 ? -ERR_MEMORY : 0;
}

static int take_tnef(struct message *message, const struct leaf *leaf,
		     struct view content, const char *name, unsigned depth);

static int take_attachment(struct message *message, const struct leaf *leaf,
			   const struct tnef_attachment *attachment,
			   unsigned depth)
{
	static const struct view nothing;

	if (attachment->reference) {
		job_remove(message->job, REMOVAL_MAIL_REFERENCE, "winmail.dat",
			   nothing, "%s", attachment->name);
		return 0;
	}
	if (attachment->nested)
		return take_tnef(message, leaf, attachment->content,
				 attachment->name, depth + 1);
	return add_inner(message, leaf, attachment->name, attachment->content,
			 ERR_NONE);
}

/* The text of the message itself is its body where nothing else is; that of
 * one within it becomes a file beside what else was in it. */
static int take_texts(struct message *message, const struct leaf *leaf,
		      const struct tnef *tnef, const char *name, unsigned depth)
{
	struct arena *arena = message->job->arena;
	struct view text;
	int error = text_of(message, tnef, &text);

	if (error != 0)
		return error;
	if (text.size == 0 && tnef->rtf.size > 0)
		return add_inner(message, leaf,
				 arena_format(arena, "%s.rtf",
					      depth == 0 ? "message" : name),
				 tnef->rtf, ERR_NONE);
	if (depth == 0) {
		message->late_body = text;
		return 0;
	}
	if (text.size == 0)
		return 0;
	return add_inner(message, leaf, arena_format(arena, "%s.txt", name),
			 text, ERR_NONE);
}

/* What is no message of Outlook after all is held as it is. */
static int take_tnef(struct message *message, const struct leaf *leaf,
		     struct view content, const char *name, unsigned depth)
{
	struct job *job = message->job;
	struct tnef tnef = {.attachments = NULL};
	int error = depth > NESTED_MAX ? -ERR_LIMIT_DEPTH
				       : job_charge(job, content.size);

	if (error == 0)
		error = tnef_read(job->arena, content, &tnef);
	if (error == -ERR_MALFORMED)
		return add_inner(message, leaf, name, content, ERR_MALFORMED);
	if (error == 0)
		error = take_texts(message, leaf, &tnef,
				   name[0] == '\0' ? "message" : name, depth);
	for (const struct tnef_attachment *attachment = tnef.attachments;
	     error == 0 && attachment != NULL; attachment = attachment->next)
		error = take_attachment(message, leaf, attachment, depth);
	return error;
}

static int open_tnef(struct message *message, struct leaf *leaf)
{
	if (message->job->recheck)
		return -ERR_VERIFY_UNSTABLE;
	leaf->role = ROLE_OPENED;
	return take_tnef(message, leaf, message->contents[leaf->part->number],
			 "winmail.dat", 0);
}

int message_open_inner(struct message *message)
{
	int error = 0;

	for (size_t i = 0; i < message->leaf_count && error == 0; i++) {
		struct leaf *leaf = &message->leaves[i];

		if (leaf->role == ROLE_TEXT)
			error = open_text(message, leaf);
		else if (leaf->role == ROLE_ATTACHMENT &&
			 tnef_is(message->contents[leaf->part->number]))
			error = open_tnef(message, leaf);
	}
	return error;
}
