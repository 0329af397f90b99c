/*
 * Reading a message and saying what each of its leaves is for.
 */
#include "sanitizers/mail/clear.h"
#include "sanitizers/mail/fields_out.h"
#include "sanitizers/mail/message.h"
#include "sanitizers/mail/names.h"
#include "sanitizers/mail/parameters.h"
#include "sanitizers/mail/second.h"
#include "sanitizers/mail/transfer.h"

#include "base/banned.h"

enum { CMS_HEAD = 64 };

static int decode_leaves(struct message *message)
{
	struct mail_tree *tree = &message->tree;
	struct job *job = message->job;

	message->contents =
	    arena_array(job->arena, tree->part_count, sizeof(struct view));
	if (message->contents == NULL)
		return -ERR_MEMORY;
	for (const struct mail_part *part = tree->root; part != NULL;
	     part = mail_part_next(part)) {
		bool damaged = false;
		int error;

		if (part->first != NULL)
			continue;
		error = job_charge(job, part->body.size);
		if (error == 0)
			error = transfer_decode(
			    job->arena, part->body, part->encoding,
			    &message->contents[part->number], &damaged);
		if (error != 0)
			return error;
		if (damaged)
			mail_tree_note(tree, ERR_MAIL_ENCODED_CONTENT,
				       part->offset);
	}
	return 0;
}

/* Held whole, or by policy only its text goes on. */
static int judge_findings(struct message *message, const char *detail)
{
	const struct mail_tree *tree = &message->tree;
	struct job *job = message->job;
	enum error first = tree->findings[0].error;

	if (tree->finding_count == 0)
		return 0;
	if (job->policy->mail_ambiguous == MAIL_AMBIGUOUS_TEXT &&
	    !job->recheck) {
		message->text_only = first;
		message->altered = true;
		return 0;
	}
	(void)snprintf(job->detected, sizeof(job->detected),
		       "eml, byte %zu%s%.40s", tree->findings[0].offset,
		       detail[0] == '\0' ? "" : ", ", detail);
	return -(int)first;
}

int message_read(struct message *message)
{
	struct job *job = message->job;
	struct mail_tree *tree = &message->tree;
	char detail[128] = "";
	int error = mail_tree_read(job->arena, message->input, tree);

	if (error == 0)
		error = decode_leaves(message);
	if (error != 0)
		return error;
	if (mail_fields_check(tree->root->fields) != ERR_NONE)
		mail_tree_note(tree, mail_fields_check(tree->root->fields),
			       tree->root->offset);
	/* What the first reader already refuses needs no second one. */
	if (tree->finding_count == 0)
		error = second_compare(job->arena, message->input, tree,
				       message->contents, detail);
	return error != 0 ? error : judge_findings(message, detail);
}

static bool is_type(const struct mail_part *part, const char *type)
{
	return strcmp(part->type, type) == 0;
}

static bool is_one_of(const char *text, const char *const *list)
{
	for (size_t i = 0; list[i] != NULL; i++)
		if (strcmp(list[i], text) == 0)
			return true;
	return false;
}

/* The nearest multipart of this kind above a part; NULL. */
static const struct mail_part *above(const struct mail_part *part,
				     const char *subtype)
{
	const struct mail_part *parent = part->parent;

	while (parent != NULL && !mail_part_is(parent, "multipart", subtype))
		parent = parent->parent;
	return parent;
}

/* CMS that is enveloped (RFC 8551 section 3.2.2), by what it says or by its
 * content type, 1.2.840.113549.1.7.3. */
static bool is_enveloped(const struct message *message,
			 const struct mail_part *part)
{
	static const uint8_t enveloped[] = {0x2A, 0x86, 0x48, 0x86, 0xF7,
					    0x0D, 0x01, 0x07, 0x03};
	static const uint8_t authenticated[] = {
	    0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x09, 0x10, 0x01, 0x17};
	struct view head =
	    view_slice(message->contents[part->number], 0, CMS_HEAD);
	const struct mail_parameter *type =
	    mail_parameter_find(part->type_parameters, "smime-type");

	if (strcmp(part->subtype, "pkcs7-mime") != 0 &&
	    strcmp(part->subtype, "x-pkcs7-mime") != 0)
		return false;
	return (type != NULL &&
		(view_equal_nocase(type->value, "enveloped-data") ||
		 view_equal_nocase(type->value, "authEnveloped-data"))) ||
	       view_find(head, view_of(enveloped, sizeof(enveloped)), 0) !=
		   SIZE_MAX ||
	       view_find(head, view_of(authenticated, sizeof(authenticated)),
			 0) != SIZE_MAX;
}

/* What cannot be looked into, or is not all there. */
static enum error refuse(const struct message *message,
			 const struct mail_part *part)
{
	if (mail_part_is(part, "message", "partial"))
		return ERR_MAIL_PARTIAL;
	if (mail_part_is(part, "message", "external-body"))
		return ERR_MAIL_EXTERNAL_BODY;
	if (above(part, "encrypted") != NULL ||
	    (is_type(part, "application") &&
	     (strcmp(part->subtype, "pgp-encrypted") == 0 ||
	      is_enveloped(message, part))) ||
	    (mail_part_is(part, "text", "plain") &&
	     clear_is_encrypted(message->contents[part->number])))
		return ERR_MAIL_ENCRYPTED;
	return ERR_NONE;
}

static bool is_named(const struct mail_part *part)
{
	return mail_parameter_count(part->disposition_parameters, "filename") +
		   mail_parameter_count(part->type_parameters, "name") >
	       0;
}

static enum role role_of_text(const struct mail_part *part)
{
	static const char *const shown[] = {"plain", "enriched", "richtext",
					    "x-watch-html", NULL};

	if (strcmp(part->subtype, "calendar") == 0)
		return ROLE_CALENDAR;
	if (strcmp(part->subtype, "rfc822-headers") == 0)
		return ROLE_MESSAGE;
	if (strcmp(part->disposition, "attachment") == 0 ||
	    (is_named(part) && part->parent != NULL))
		return ROLE_ATTACHMENT;
	if (strcmp(part->subtype, "html") == 0)
		return ROLE_HTML;
	return is_one_of(part->subtype, shown) ? ROLE_TEXT : ROLE_ATTACHMENT;
}

static enum role role_of(const struct mail_part *part)
{
	static const char *const reports[] = {"delivery-status",
					      "disposition-notification",
					      "global-delivery-status",
					      "feedback-report",
					      "global-disposition-notification",
					      NULL};
	static const char *const messages[] = {"rfc822", "global", "news",
					       "global-headers", NULL};
	static const char *const signatures[] = {
	    "pgp-signature", "pkcs7-signature", "x-pkcs7-signature", NULL};

	if (is_type(part, "text"))
		return role_of_text(part);
	if (is_type(part, "message") && is_one_of(part->subtype, reports))
		return ROLE_TEXT;
	if (is_type(part, "message") && is_one_of(part->subtype, messages))
		return ROLE_MESSAGE;
	if (is_type(part, "application") &&
	    is_one_of(part->subtype, signatures) &&
	    above(part, "signed") != NULL)
		return ROLE_SIGNATURE;
	if (mail_part_is(part, "application", "applefile") &&
	    above(part, "appledouble") != NULL)
		return ROLE_RESOURCE_FORK;
	return ROLE_ATTACHMENT;
}

bool message_has_text(const struct message *message, const struct leaf *leaf)
{
	struct view content = message->contents[leaf->part->number];

	for (size_t i = 0; i < content.size; i++)
		if (content.data[i] > ' ')
			return true;
	return false;
}

/* The outermost alternative above a leaf; NULL. */
static const struct mail_part *alternative_of(const struct leaf *leaf)
{
	const struct mail_part *found = NULL;

	for (const struct mail_part *part = leaf->part->parent; part != NULL;
	     part = part->parent)
		if (mail_part_is(part, "multipart", "alternative"))
			found = part;
	return found;
}

/* Of the texts below one alternative the plain ones stay where they say
 * something, else the HTML. Files among the alternatives are never forms of a
 * text: they stay. */
static void choose(struct message *message, const struct mail_part *alternative)
{
	bool clean = message->job->policy->mail_html == MAIL_HTML_CLEAN;
	enum role wanted = clean ? ROLE_HTML : ROLE_TEXT;
	enum role other = clean ? ROLE_TEXT : ROLE_HTML;
	bool found = false;

	for (size_t i = 0; i < message->leaf_count; i++) {
		const struct leaf *leaf = &message->leaves[i];

		found |= leaf->role == wanted &&
			 alternative_of(leaf) == alternative &&
			 message_has_text(message, leaf);
	}
	for (size_t i = 0; i < message->leaf_count; i++) {
		struct leaf *leaf = &message->leaves[i];

		if (alternative_of(leaf) == alternative &&
		    leaf->role == (found ? other : wanted))
			leaf->role = ROLE_ALTERNATIVE;
	}
}

static int add_leaf(struct message *message, const struct mail_part *part)
{
	enum error refusal = refuse(message, part);
	struct leaf *leaf = &message->leaves[message->leaf_count++];

	leaf->part = part;
	leaf->role = role_of(part);
	if (refusal == ERR_NONE)
		return 0;
	(void)snprintf(message->job->detected, sizeof(message->job->detected),
		       "eml, %.24s/%.24s", part->type, part->subtype);
	return -(int)refusal;
}

int message_plan(struct message *message)
{
	const struct mail_tree *tree = &message->tree;

	message->leaves = arena_array(message->job->arena, tree->part_count,
				      sizeof(*message->leaves));
	if (message->leaves == NULL)
		return -ERR_MEMORY;
	for (const struct mail_part *part = tree->root; part != NULL;
	     part = mail_part_next(part)) {
		int error = part->first != NULL ? 0 : add_leaf(message, part);

		if (error != 0)
			return error;
	}
	for (const struct mail_part *part = tree->root; part != NULL;
	     part = mail_part_next(part))
		if (mail_part_is(part, "multipart", "alternative"))
			choose(message, part);
	return 0;
}
