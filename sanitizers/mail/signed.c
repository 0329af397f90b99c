/*
 * Signed mail: what is opened, what is checked, and what is said about it. The
 * signatures themselves go, because a message that is written anew breaks
 * them; so do claims that a reader could mistake for more than they are.
 */
#include "sanitizers/mail/address.h"
#include "sanitizers/mail/clear.h"
#include "sanitizers/mail/message.h"
#include "sanitizers/mail/parameters.h"
#include "sanitizers/mail/signature.h"
#include "sanitizers/mail/text.h"
#include "sanitizers/mail/transfer.h"

#include "base/banned.h"

enum { WRAPPED_MAX = 8, CMS_HEAD = 64 };

/* ---- what is said ---- */

static bool is_sender(struct message *message,
		      const struct signature *signature)
{
	const struct mail_field *from =
	    mail_field_find(message->tree.root->fields, "From");
	struct arena *arena = message->job->arena;
	const char *sender =
	    from == NULL
		? NULL
		: address_only(arena, mail_field_unfold(arena, from->value));

	for (size_t i = 0; sender != NULL && i < signature->address_count; i++)
		if (strcasecmp(sender, signature->addresses[i]) == 0)
			return true;
	return false;
}

/* The name as it can be shown: whoever has a key chose it. */
static const char *safe_signer(struct arena *arena, const char *signer)
{
	BUFFER_CLEANUP struct buffer line = buffer_make(4 * SIGNER_SIZE_MAX);
	struct text_losses losses = {0};

	text_write_line(&line, view_of_string(signer), &losses);
	return buffer_error(&line) != 0
		   ? NULL
		   : arena_string(arena, buffer_contents(&line));
}

static int note(struct message *message, const char *sort, const char *path,
		struct view bytes, bool whole, struct signature *signature)
{
	static const enum removal_kind kinds[SIGNATURE_STATES] = {
	    [SIGNATURE_NOT_CHECKED] = REMOVAL_MAIL_SIGNATURE,
	    [SIGNATURE_VALID] = REMOVAL_MAIL_SIGNATURE_VALID,
	    [SIGNATURE_OTHER] = REMOVAL_MAIL_SIGNATURE_OTHER,
	    [SIGNATURE_PART] = REMOVAL_MAIL_SIGNATURE_PART,
	    [SIGNATURE_UNKNOWN] = REMOVAL_MAIL_SIGNATURE_UNKNOWN,
	    [SIGNATURE_INVALID] = REMOVAL_MAIL_SIGNATURE_INVALID,
	};
	struct job *job = message->job;
	struct signed_note *made = arena_alloc(job->arena, sizeof(*made));

	if (made == NULL || path == NULL)
		return -ERR_MEMORY;
	/* Text of others around it would look as if it were signed. */
	if (signature->state == SIGNATURE_VALID && !whole)
		signature->state = SIGNATURE_PART;
	if (signature->state == SIGNATURE_VALID &&
	    !is_sender(message, signature))
		signature->state = SIGNATURE_OTHER;
	made->state = signature->state;
	made->signer = safe_signer(job->arena, signature->signer);
	if (made->signer == NULL)
		return -ERR_MEMORY;
	*message->last_signed = made;
	message->last_signed = &made->next;
	message->altered = true;
	job_remove(job, kinds[made->state], path, bytes, "%s%s%s%s%s", sort,
		   made->signer[0] == '\0' ? "" : ", ", made->signer,
		   signature->detail[0] == '\0' ? "" : ", ", signature->detail);
	return 0;
}

static const char *path_of(struct message *message,
			   const struct mail_part *part)
{
	return arena_format(message->job->arena, "part %zu", part->number);
}

/* ---- S/MIME that encloses its content ---- */

/* Signed data by what it says or by its content type, 1.2.840.113549.1.7.2. */
static bool is_enclosing(const struct message *message,
			 const struct mail_part *part)
{
	static const uint8_t signed_data[] = {0x2A, 0x86, 0x48, 0x86, 0xF7,
					      0x0D, 0x01, 0x07, 0x02};
	struct view head =
	    view_slice(message->contents[part->number], 0, CMS_HEAD);

	return strcmp(part->type, "application") == 0 &&
	       (strcmp(part->subtype, "pkcs7-mime") == 0 ||
		strcmp(part->subtype, "x-pkcs7-mime") == 0) &&
	       view_find(head, view_of(signed_data, sizeof(signed_data)), 0) !=
		   SIZE_MAX;
}

static bool is_structural(struct view name)
{
	return name.size > 8 &&
	       view_equal_nocase(view_slice(name, 0, 8), "content-");
}

/* One field with the line ends that the rest has. */
static void write_field(struct buffer *out, const struct mail_field *field,
			const char *line_end)
{
	buffer_view(out, field->name);
	buffer_u8(out, ':');
	for (size_t i = 0; i < field->value.size; i++) {
		uint8_t byte = field->value.data[i];

		if (byte == '\n')
			buffer_text(out, line_end);
		else if (byte != '\r')
			buffer_u8(out, byte);
	}
	buffer_text(out, line_end);
}

/* The message as it would be without the envelope: its header, and of what
 * was enclosed the fields that say what it is. */
static int unwrap(struct message *message, struct view enclosed)
{
	struct job *job = message->job;
	BUFFER_CLEANUP struct buffer out = buffer_make(
	    message->input.size + enclosed.size + (size_t)1024 * 1024);
	const char *line_end =
	    view_find(enclosed, view_of("\r\n", 2), 0) == SIZE_MAX ? "\n"
								   : "\r\n";
	struct mail_tree inner;
	int error = job_charge(job, enclosed.size);

	if (error == 0)
		error = mail_tree_read(job->arena, enclosed, &inner);
	if (error != 0)
		return error;
	for (const struct mail_field *field = message->tree.root->fields;
	     field != NULL; field = field->next)
		if (!is_structural(field->name))
			write_field(&out, field, line_end);
	for (const struct mail_field *field = inner.root->fields; field != NULL;
	     field = field->next)
		if (is_structural(field->name))
			write_field(&out, field, line_end);
	buffer_text(&out, line_end);
	buffer_view(&out, inner.root->body);
	if (buffer_error(&out) != 0)
		return buffer_error(&out);
	message->input = arena_copy(job->arena, buffer_contents(&out));
	return message->input.data == NULL ? -ERR_MEMORY : 0;
}

static int check_enclosing(struct message *message,
			   const struct mail_part *part, bool whole)
{
	static const struct view enclosed;
	struct view cms = message->contents[part->number];
	struct signature signature;
	int error =
	    signature_check_cms(message->job->arena, cms, enclosed, &signature);

	return error != 0 ? error
			  : note(message, "S/MIME", path_of(message, part), cms,
				 whole, &signature);
}

/* Everything that a mailer could show of the message is within: it becomes the
 * message, and is read like one. */
int message_open_signed(struct message *message)
{
	for (int i = 0; i <= WRAPPED_MAX; i++) {
		const struct mail_part *root = message->tree.root;
		struct view enclosed;
		int error;

		if (message->job->recheck || !is_enclosing(message, root))
			return 0;
		error = signature_open_cms(message->job->arena,
					   message->contents[root->number],
					   &enclosed);
		/* Held, like anything that nobody knows. */
		if (error == -ERR_MALFORMED)
			return 0;
		if (error == 0)
			error = check_enclosing(message, root, i == 0);
		if (error == 0)
			error = unwrap(message, enclosed);
		if (error == 0)
			error = message_read(message);
		if (error != 0)
			return error;
	}
	return -ERR_LIMIT_DEPTH;
}

/* Below other parts it becomes a message among the attachments. */
static int open_leaf(struct message *message, struct leaf *leaf)
{
	struct view enclosed;
	int error = signature_open_cms(message->job->arena,
				       message->contents[leaf->part->number],
				       &enclosed);

	if (error == -ERR_MALFORMED)
		return 0;
	if (error == 0)
		error = job_charge(message->job, enclosed.size);
	if (error == 0)
		error = check_enclosing(message, leaf->part, false);
	if (error != 0)
		return error;
	message->contents[leaf->part->number] = enclosed;
	leaf->role = ROLE_MESSAGE;
	return 0;
}

/* ---- signatures beside their content ---- */

/* The first part as it stands in the message, header and body: up to the line
 * end in front of the delimiter of the second one (RFC 1847 section 2.1). */
static struct view raw_part(const struct message *message,
			    const struct mail_part *part,
			    const struct mail_part *next)
{
	const uint8_t *data = message->input.data;
	size_t at = next->offset;

	if (at > 0 && data[at - 1] == '\n')
		at--;
	while (at > 0 && data[at - 1] != '\n')
		at--;
	if (at > 0)
		at--;
	if (at > 0 && data[at - 1] == '\r')
		at--;
	return view_slice(message->input, part->offset,
			  at > part->offset ? at - part->offset : 0);
}

static int check_detached(struct message *message, const struct leaf *leaf)
{
	static const struct signature broken = {
	    SIGNATURE_INVALID, "", {NULL}, 0, "not of two parts"};
	const struct mail_part *part = leaf->part;
	const struct mail_part *parent = part->parent;
	struct arena *arena = message->job->arena;
	struct view bytes = message->contents[part->number];
	bool openpgp = strcmp(part->subtype, "pgp-signature") == 0;
	struct signature signature = broken;
	struct view content;
	int error = 0;

	if (mail_part_is(parent, "multipart", "signed") &&
	    parent->first->next == part && part->next == NULL) {
		content = transfer_canonical(
		    arena, raw_part(message, parent->first, part));
		if (content.data == NULL)
			return -ERR_MEMORY;
		error = openpgp ? signature_check_pgp(arena, bytes, content,
						      &signature)
				: signature_check_cms(arena, bytes, content,
						      &signature);
	}
	return error != 0 ? error
			  : note(message, openpgp ? "OpenPGP" : "S/MIME",
				 path_of(message, part), bytes,
				 parent == message->tree.root, &signature);
}

/* ---- signatures in a text ---- */

/* What the library read must be what is shown. */
static bool same_text(struct view one, struct view other)
{
	size_t i = 0;
	size_t k = 0;

	for (;;) {
		while (i < one.size && one.data[i] <= ' ')
			i++;
		while (k < other.size && other.data[k] <= ' ')
			k++;
		if (i == one.size || k == other.size)
			return i == one.size && k == other.size;
		if (one.data[i++] != other.data[k++])
			return false;
	}
}

static bool is_blank(struct view text)
{
	for (size_t i = 0; i < text.size; i++)
		if (text.data[i] > ' ')
			return false;
	return true;
}

static int open_clear(struct message *message, const struct leaf *leaf,
		      const struct clear_block *block)
{
	struct arena *arena = message->job->arena;
	struct view *text = &message->contents[leaf->part->number];
	struct view before = view_slice(*text, 0, block->begin);
	struct view after = view_slice(*text, block->end, SIZE_MAX);
	struct view bytes =
	    view_slice(*text, block->begin, block->end - block->begin);
	bool whole = leaf->part == message->tree.root && is_blank(before) &&
		     is_blank(after);
	BUFFER_CLEANUP struct buffer rest = buffer_make(text->size + 8);
	struct signature signature;
	struct view read;
	int error = signature_check_clear(arena, bytes, &read, &signature);

	if (error != 0)
		return error;
	if (signature.state == SIGNATURE_VALID &&
	    !same_text(read, block->text)) {
		signature.state = SIGNATURE_INVALID;
		signature.detail = "read in two ways";
	}
	buffer_view(&rest, before);
	buffer_view(&rest, block->text);
	buffer_view(&rest, after);
	error = buffer_error(&rest);
	if (error == 0)
		error = note(message, "OpenPGP", path_of(message, leaf->part),
			     bytes, whole, &signature);
	if (error != 0)
		return error;
	*text = arena_copy(arena, buffer_contents(&rest));
	return text->data == NULL && rest.size > 0 ? -ERR_MEMORY : 0;
}

/* What is within may be signed again. */
static int open_text(struct message *message, const struct leaf *leaf)
{
	struct clear_block block;

	for (int i = 0; i <= WRAPPED_MAX; i++) {
		int error =
		    clear_find(message->job->arena,
			       message->contents[leaf->part->number], &block);

		if (error != 0 || block.end == 0)
			return error;
		error = open_clear(message, leaf, &block);
		if (error != 0)
			return error;
	}
	return -ERR_LIMIT_DEPTH;
}

int message_check_signed(struct message *message)
{
	int error = 0;

	/* What we wrote is signed by nobody. */
	if (message->job->recheck)
		return 0;
	for (size_t i = 0; i < message->leaf_count && error == 0; i++) {
		struct leaf *leaf = &message->leaves[i];

		if (leaf->role == ROLE_SIGNATURE)
			error = check_detached(message, leaf);
		else if (leaf->role == ROLE_TEXT)
			error = open_text(message, leaf);
		else if (leaf->role == ROLE_ATTACHMENT &&
			 is_enclosing(message, leaf->part))
			error = open_leaf(message, leaf);
	}
	return error;
}
