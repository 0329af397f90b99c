/*
 * Attachments on their way through processes of their own, several at once,
 * and what takes the place of those that are held.
 */
#include "sanitizers/mail/message.h"

#include "sanitizers/archive/name_set.h"
#include "sanitizers/detect/kind.h"
#include "sanitizers/mail/names.h"

#include "base/banned.h"

enum { ATTACHMENTS_PENDING = 32 };

static void settle(struct attachment *attachment, enum verdict verdict,
		   enum error reason)
{
	attachment->settled = true;
	attachment->result =
	    (struct nested_result){.verdict = verdict, .reason = reason};
}

/* What needs no process to be judged. */
static void judge(struct message *message, struct attachment *attachment,
		  const struct mail_names *names)
{
	if (message->text_only != ERR_NONE)
		settle(attachment, VERDICT_BLOCKED, message->text_only);
	else if (attachment->leaf->role == ROLE_CALENDAR)
		settle(attachment, VERDICT_BLOCKED, ERR_BLOCKED_BY_POLICY);
	else if (names->refusal != ERR_NONE)
		settle(attachment, VERDICT_BLOCKED, names->refusal);
	else if (attachment->content.size == 0)
		settle(attachment, VERDICT_UNCHANGED, ERR_NONE);
}

/* What the type says of an attachment without a name. */
static const char *name_by_type(const struct leaf *leaf)
{
	if (leaf->role == ROLE_MESSAGE)
		return ".eml";
	return strcmp(leaf->part->type, "text") == 0 ? ".txt" : "";
}

static int add(struct message *message, const struct leaf *leaf)
{
	struct job *job = message->job;
	struct attachment *attachment =
	    &message->attachments[message->attachment_count++];
	struct mail_names names;
	int error = mail_names_read(job->arena, leaf->part, &names);

	if (error != 0)
		return error;
	attachment->leaf = leaf;
	attachment->content = message->contents[leaf->part->number];
	attachment->name =
	    names.chosen[0] != '\0'
		? names.chosen
		: arena_format(job->arena, "attachment-%zu%s",
			       message->attachment_count, name_by_type(leaf));
	if (attachment->name == NULL)
		return -ERR_MEMORY;
	attachment->path = arena_format(job->arena, "part %zu/%s",
					leaf->part->number, attachment->name);
	if (attachment->path == NULL)
		return -ERR_MEMORY;
	if (names.changed && !job->recheck)
		job_remove(job, REMOVAL_MAIL_ATTACHMENT_RENAMED,
			   attachment->path, view_of(NULL, 0), "%s",
			   names.candidates[0]);
	if (names.conflict && !job->recheck)
		job_remove(job, REMOVAL_MAIL_NAME_CONFLICT, attachment->path,
			   view_of(NULL, 0), "%s", names.candidates[1]);
	judge(message, attachment, &names);
	return 0;
}

static int add_inner(struct message *message, const struct inner *inner)
{
	struct job *job = message->job;
	struct attachment *attachment =
	    &message->attachments[message->attachment_count++];
	const char *name = mail_name_safe(job->arena, inner->name);
	struct kind kind = kind_by_name(inner->name);

	if (name == NULL)
		return -ERR_MEMORY;
	attachment->leaf = inner->leaf;
	attachment->content = inner->content;
	attachment->name = name[0] != '\0'
			       ? name
			       : arena_format(job->arena, "attachment-%zu",
					      message->attachment_count);
	if (attachment->name == NULL)
		return -ERR_MEMORY;
	attachment->path = arena_format(
	    job->arena, "part %zu/%zu/%s", inner->leaf->part->number,
	    message->attachment_count, attachment->name);
	if (attachment->path == NULL)
		return -ERR_MEMORY;
	if (message->text_only != ERR_NONE)
		settle(attachment, VERDICT_BLOCKED, message->text_only);
	else if (inner->refused != ERR_NONE)
		settle(attachment, VERDICT_BLOCKED, inner->refused);
	else if (kind.refusal != ERR_NONE)
		settle(attachment, VERDICT_BLOCKED, kind.refusal);
	else if (inner->content.size == 0)
		settle(attachment, VERDICT_UNCHANGED, ERR_NONE);
	return 0;
}

static bool is_attachment(const struct message *message,
			  const struct leaf *leaf)
{
	return leaf->role == ROLE_ATTACHMENT || leaf->role == ROLE_MESSAGE ||
	       (leaf->role == ROLE_CALENDAR &&
		message->job->policy->mail_calendar == MAIL_CALENDAR_HOLD);
}

/* What is held without a look is handed over too, to be kept. */
static bool is_handed_over(const struct message *message,
			   const struct attachment *attachment)
{
	return !attachment->settled ||
	       (!verdict_passes(attachment->result.verdict) &&
		attachment->content.size > 0 && !message->job->recheck);
}

static int begin(struct message *message, struct attachment *attachment)
{
	struct nested_request request = {
	    .path = attachment->path,
	    .name = attachment->name,
	    .content = attachment->content,
	    .format = attachment->leaf->role == ROLE_MESSAGE ? FORMAT_EML
							     : FORMAT_NONE,
	    .refused =
		attachment->settled ? attachment->result.reason : ERR_NONE,
	};

	return is_handed_over(message, attachment)
		   ? job_nested_begin(message->job, &request,
				      &attachment->ticket)
		   : 0;
}

static int wait(struct message *message, struct attachment *attachment)
{
	return is_handed_over(message, attachment)
		   ? job_nested_wait(message->job, attachment->ticket,
				     &attachment->result)
		   : 0;
}

/* A part of the gateway did not work, or the item's budget is spent: then the
 * message is not what it says. A password may still come, for that part. */
static bool is_fatal(enum error reason)
{
	switch ((int)reason) {
	case ERR_LIMIT_BYTES:
	case ERR_LIMIT_RATIO:
	case ERR_LIMIT_MEMBERS:
	case ERR_LIMIT_TIME:
	case ERR_LIMIT_REMOVALS:
		return true;
	default:
		return error_is_fault((int)reason);
	}
}

/* Whether the extension goes with what came out. */
static bool fits(const char *extension, const struct nested_result *result)
{
	return strcasecmp(extension, result->extension) == 0 ||
	       format_has_alias(result->format, extension);
}

/* The name with the extension of what came out, and no other attachment's. */
static int name_output(struct message *message, struct attachment *attachment,
		       struct name_set *taken)
{
	struct job *job = message->job;
	const struct nested_result *result = &attachment->result;
	const char *name = attachment->name;
	size_t dot = name_dot(name);
	const char *suffix = name + dot;

	if (!attachment->settled && result->extension[0] != '\0' &&
	    (*suffix == '\0' || !fits(suffix + 1, result)))
		suffix = arena_format(job->arena, ".%s", result->extension);
	if (suffix == NULL)
		return -ERR_MEMORY;
	attachment->out_name = name_set_take(taken, name, dot, suffix);
	if (attachment->out_name == NULL)
		return -ERR_MEMORY;
	if (strcmp(attachment->out_name, name) != 0 && !job->recheck &&
	    name_dot(name) != strlen(name))
		job_remove(job, REMOVAL_MAIL_ATTACHMENT_RENAMED,
			   attachment->path, view_of(NULL, 0), "%s",
			   attachment->out_name);
	return 0;
}

static int finish(struct message *message, struct attachment *attachment,
		  struct name_set *taken)
{
	struct job *job = message->job;
	const struct nested_result *result = &attachment->result;

	if (verdict_passes(result->verdict)) {
		if (result->verdict != VERDICT_UNCHANGED)
			message->altered = true;
		return name_output(message, attachment, taken);
	}
	if (is_fatal(result->reason))
		return -(int)result->reason;
	/* What had its run and is not what it was is no output of ours. */
	if (job->recheck)
		return -ERR_VERIFY_UNSTABLE;
	job_remove(job, REMOVAL_MAIL_ATTACHMENT_HELD, attachment->path,
		   attachment->content, "%s", error_name((int)result->reason));
	return 0;
}

static int collect(struct message *message)
{
	int error = 0;

	message->attachments = arena_array(
	    message->job->arena, message->leaf_count + message->inner_count,
	    sizeof(*message->attachments));
	if (message->attachments == NULL)
		return -ERR_MEMORY;
	for (size_t i = 0; i < message->leaf_count && error == 0; i++)
		if (is_attachment(message, &message->leaves[i]))
			error = add(message, &message->leaves[i]);
	for (const struct inner *inner = message->inner;
	     inner != NULL && error == 0; inner = inner->next)
		error = add_inner(message, inner);
	return error;
}

int message_run_attachments(struct message *message)
{
	struct name_set *taken;
	size_t begun = 0;
	int error = collect(message);

	if (error == 0)
		error = name_set_new(message->job->arena,
				     message->attachment_count + 2, &taken);
	for (size_t i = 0; i < message->attachment_count && error == 0; i++) {
		while (error == 0 && begun < message->attachment_count &&
		       begun < i + ATTACHMENTS_PENDING)
			error = begin(message, &message->attachments[begun++]);
		if (error == 0)
			error = wait(message, &message->attachments[i]);
		if (error == 0)
			error =
			    finish(message, &message->attachments[i], taken);
	}
	return error;
}
