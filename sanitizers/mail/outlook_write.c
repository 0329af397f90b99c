#include "sanitizers/mail/outlook.h"

#include "sanitizers/mail/charset.h"
#include "sanitizers/mail/compose.h"

#include "base/banned.h"

enum {
	METHOD_NONE = 0,
	METHOD_VALUE = 1,
	METHOD_MESSAGE = 5,
	METHOD_OLE = 6,
	PARTS_MAX = OUTLOOK_MEMBERS_MAX + 3,
};

static const struct view nothing;

struct outlook {
	struct job *job;
	struct compound *compound;
	struct outlook_names names;
};

/* One message, and the parts it will have. */
struct letter {
	struct outlook *outlook;
	struct outlook_item item;
	unsigned depth;
	struct compose_part *parts;
	size_t count;
};

/* ---- what has no place in mail ---- */

/* Properties that make Outlook do something ([MS-OXORMDR] 2.2.1.4,
 * [MS-OXOCFG]): a sound to be fetched, forms and their scripts. */
static void report_actions(const struct letter *letter)
{
	static const struct {
		enum outlook_set set;
		uint32_t number;
		enum removal_kind kind;
		const char *name;
	} actions[] = {
	    {OUTLOOK_SET_COMMON, 0x851F, REMOVAL_MSG_REMINDER,
	     "PidLidReminderFileParameter"},
	    {OUTLOOK_SET_COMMON, 0x850F, REMOVAL_MSG_FORM, "PidLidFormStorage"},
	    {OUTLOOK_SET_COMMON, 0x8513, REMOVAL_MSG_FORM,
	     "PidLidPageDirStream"},
	    {OUTLOOK_SET_COMMON, 0x851B, REMOVAL_MSG_FORM,
	     "PidLidFormPropStream"},
	    {OUTLOOK_SET_COMMON, 0x8540, REMOVAL_MSG_FORM,
	     "PidLidPropertyDefinitionStream"},
	    {OUTLOOK_SET_COMMON, 0x8541, REMOVAL_MSG_FORM,
	     "PidLidScriptStream"},
	};

	for (size_t i = 0; i < sizeof(actions) / sizeof(actions[0]); i++) {
		uint16_t id = outlook_named(&letter->outlook->names,
					    actions[i].set, actions[i].number);
		const struct mapi_property *property =
		    id == 0 ? NULL
			    : mapi_find(&letter->item.list, (enum mapi_id)id);
		const char *text = "";

		if (property == NULL)
			continue;
		if (actions[i].kind == REMOVAL_MSG_REMINDER)
			text = outlook_text(letter->outlook->job->arena,
					    &letter->item, (enum mapi_id)id);
		job_remove(letter->outlook->job, actions[i].kind,
			   actions[i].name, property->value, "%s",
			   text == NULL ? "" : text);
	}
}

/* ---- parts ---- */

static int add_part(struct letter *letter, const struct compose_part *part)
{
	int error = job_charge(letter->outlook->job, part->content.size);

	if (error == 0 && letter->count == PARTS_MAX)
		error = -ERR_LIMIT_MEMBERS;
	if (error == 0)
		letter->parts[letter->count++] = *part;
	return error;
}

static int add_html(struct letter *letter, const struct outlook_body *body)
{
	struct job *job = letter->outlook->job;
	BUFFER_CLEANUP struct buffer html =
	    buffer_make(job->policy->limits.unpacked_bytes);
	struct compose_part part = {
	    .type = "text/html", .charset = "utf-8", .name = ""};
	size_t broken = 0;

	charset_decode(&html, body->html, body->html_charset, &broken);
	if (buffer_error(&html) != 0)
		return buffer_error(&html);
	part.content = arena_copy(job->arena, buffer_contents(&html));
	if (part.content.data == NULL && html.size > 0)
		return -ERR_MEMORY;
	return add_part(letter, &part);
}

/* The RTF is a file where it is all there is. */
static int add_body(struct letter *letter)
{
	struct outlook *outlook = letter->outlook;
	struct outlook_body body;
	int error = outlook_read_body(outlook->job->arena, &letter->item,
				      &outlook->names, &body);

	if (error == 0 && body.text.size > 0)
		error = add_part(letter,
				 &(struct compose_part){.type = "text/plain",
							.charset = "utf-8",
							.name = "",
							.content = body.text});
	if (error == 0 && body.html.size > 0)
		error = add_html(letter, &body);
	if (error != 0 || body.rtf.size == 0)
		return error;
	if (letter->count == 0)
		return add_part(
		    letter, &(struct compose_part){.type = "application/rtf",
						   .charset = "",
						   .name = "message.rtf",
						   .content = body.rtf});
	job_remove(outlook->job, REMOVAL_MAIL_ALTERNATIVE, "RTF", body.rtf,
		   "RTF");
	return 0;
}

static int write_letter(struct outlook *outlook,
			const struct compound_entry *storage,
			enum outlook_place place, const char *charset,
			unsigned depth, struct buffer *out);

/* A message within, whole: the sanitizer of mail goes into it. */
static int add_message(struct letter *letter, const struct outlook_item *item,
		       const struct compose_part *named)
{
	struct outlook *outlook = letter->outlook;
	struct compose_part part = *named;
	const struct compound_entry *storage =
	    compound_find_storage(item->storage, "__substg1.0_3701000D");
	BUFFER_CLEANUP struct buffer out =
	    buffer_make(outlook->job->policy->limits.unpacked_bytes);
	int error;

	if (storage == NULL)
		return -ERR_MALFORMED;
	error = write_letter(outlook, storage, OUTLOOK_EMBEDDED, item->charset,
			     letter->depth + 1, &out);
	if (error != 0)
		return error;
	part.type = "message/rfc822";
	part.raw = true;
	part.cid = NULL;
	part.name = arena_format(outlook->job->arena, "%s.eml",
				 part.name[0] == '\0' ? "message" : part.name);
	part.content = arena_copy(outlook->job->arena, buffer_contents(&out));
	if (part.name == NULL || part.content.data == NULL)
		return -ERR_MEMORY;
	return add_part(letter, &part);
}

static const char *name_of(struct arena *arena, const struct outlook_item *item)
{
	static const enum mapi_id ids[] = {MAPI_ATTACH_LONG_NAME,
					   MAPI_ATTACH_NAME, MAPI_DISPLAY_NAME};
	const char *name = "";

	for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]) && name != NULL &&
			   name[0] == '\0';
	     i++)
		name = outlook_text(arena, item, ids[i]);
	return name;
}

/* "image/png" and the like; what else stands there is not believed. */
static bool is_type(const char *text)
{
	size_t slashes = 0;

	for (const char *at = text; *at != '\0'; at++) {
		slashes += *at == '/';
		if (!isalnum((unsigned char)*at) && strchr("/.+-", *at) == NULL)
			return false;
	}
	return slashes == 1 && strlen(text) <= MIME_MAX &&
	       strncasecmp(text, "multipart/", 10) != 0 &&
	       strncasecmp(text, "message/", 8) != 0 &&
	       strncasecmp(text, "text/", 5) != 0;
}

static bool is_content_id(const char *text)
{
	for (const char *at = text; *at != '\0'; at++)
		if (!isalnum((unsigned char)*at) &&
		    strchr("@.-_$+%=", *at) == NULL)
			return false;
	return text[0] != '\0' && strlen(text) <= 200;
}

static int describe(struct arena *arena, const struct outlook_item *item,
		    struct compose_part *ret_part)
{
	const char *type = outlook_text(arena, item, MAPI_ATTACH_MIME_TYPE);
	const char *cid = outlook_text(arena, item, MAPI_ATTACH_CONTENT_ID);
	const char *name = name_of(arena, item);

	if (type == NULL || cid == NULL || name == NULL)
		return -ERR_MEMORY;
	*ret_part = (struct compose_part){
	    .type = is_type(type) ? type : "application/octet-stream",
	    .charset = "",
	    .name = name,
	    .cid = is_content_id(cid) ? cid : NULL,
	};
	return 0;
}

static int add_attachment(struct letter *letter,
			  const struct outlook_item *item)
{
	struct job *job = letter->outlook->job;
	const struct mapi_property *method =
	    mapi_find(&item->list, MAPI_ATTACH_METHOD);
	const struct mapi_property *data =
	    mapi_find(&item->list, MAPI_ATTACH_DATA);
	struct compose_part part;
	int error = describe(job->arena, item, &part);

	if (error != 0)
		return error;
	switch (method == NULL ? METHOD_VALUE : method->number) {
	case METHOD_VALUE:
		if (part.name[0] == '\0')
			part.name = "attachment";
		if (data != NULL && data->type == MAPI_TYPE_BINARY)
			part.content = data->value;
		return add_part(letter, &part);
	case METHOD_MESSAGE:
		return add_message(letter, item, &part);
	case METHOD_OLE:
		job_remove(job, REMOVAL_MSG_OLE, item->storage->name, nothing,
			   "%s", part.name);
		return 0;
	case METHOD_NONE: /* nothing was ever attached */
		return 0;
	default:
		job_remove(job, REMOVAL_MAIL_REFERENCE, item->storage->name,
			   nothing, "%s", part.name);
		return 0;
	}
}

static int add_attachments(struct letter *letter)
{
	const struct compound_entry *storage = letter->item.storage;
	struct outlook *outlook = letter->outlook;
	struct outlook_item item;
	int error = 0;

	for (size_t i = 0; i < storage->child_count && error == 0; i++) {
		const struct compound_entry *child = storage->children[i];

		if (child->type != COMPOUND_STORAGE ||
		    strncasecmp(child->name, "__attach_version1.0_", 20) != 0)
			continue;
		error =
		    outlook_read(outlook->job->arena, outlook->compound, child,
				 OUTLOOK_MEMBER, letter->item.charset, &item);
		if (error == 0)
			error = add_attachment(letter, &item);
	}
	return error;
}

/* ---- the mail ---- */

/* A signed message is one attachment that holds the signed part as it was
 * sent, with its own header ([MS-OXOSMIME] 2.1.3). It may have no fields but
 * those of its content: no second sender, nothing that ends the header. */
static bool is_signed_entity(const struct letter *letter)
{
	static const char class[] = "IPM.Note.SMIME.MultipartSigned";
	const char *own = outlook_text(letter->outlook->job->arena,
				       &letter->item, MAPI_MESSAGE_CLASS);
	struct view rest;

	if (own == NULL || strcasecmp(own, class) != 0 || letter->count == 0)
		return false;
	rest = letter->parts[letter->count - 1].content;
	while (rest.size > 0 && !view_starts_with(rest, "\r\n")) {
		size_t end = view_find(rest, view_of("\r\n", 2), 0);

		if (end == SIZE_MAX)
			return false;
		if (!view_starts_with_nocase(rest, "Content-") &&
		    rest.data[0] != ' ' && rest.data[0] != '\t')
			return false;
		rest = view_slice(rest, end + 2, rest.size);
	}
	return rest.size > 0;
}

static void write_many(const struct letter *letter, const char *sort,
		       size_t first, size_t count, struct buffer *out)
{
	char boundary[64];

	if (count == 1) {
		compose_leaf(out, &letter->parts[first]);
		return;
	}
	compose_boundary(letter->parts + first, count, boundary);
	buffer_format(out,
		      "Content-Type: multipart/%s; boundary=\"%s%s\"\r\n\r\n",
		      sort, boundary, sort);
	for (size_t i = first; i < first + count; i++) {
		buffer_format(out, "\r\n--%s%s\r\n", boundary, sort);
		compose_leaf(out, &letter->parts[i]);
	}
	buffer_format(out, "\r\n--%s%s--\r\n", boundary, sort);
}

/* The text and its HTML are two forms of one thing; files stand beside. */
static void write_parts(const struct letter *letter, size_t bodies,
			struct buffer *out)
{
	char boundary[64];

	if (letter->count == 0) {
		buffer_text(out, "Content-Type: text/plain; "
				 "charset=us-ascii\r\n\r\n");
		return;
	}
	if (bodies == letter->count) {
		write_many(letter, "alternative", 0, bodies, out);
		return;
	}
	if (bodies < 2) {
		write_many(letter, "mixed", 0, letter->count, out);
		return;
	}
	compose_boundary(letter->parts, letter->count, boundary);
	buffer_format(out,
		      "Content-Type: multipart/mixed; "
		      "boundary=\"%s\"\r\n\r\n--%s\r\n",
		      boundary, boundary);
	write_many(letter, "alternative", 0, bodies, out);
	for (size_t i = bodies; i < letter->count; i++) {
		buffer_format(out, "\r\n--%s\r\n", boundary);
		compose_leaf(out, &letter->parts[i]);
	}
	buffer_format(out, "\r\n--%s--\r\n", boundary);
}

static int write_letter(struct outlook *outlook,
			const struct compound_entry *storage,
			enum outlook_place place, const char *charset,
			unsigned depth, struct buffer *out)
{
	struct letter letter = {.outlook = outlook, .depth = depth};
	struct arena *arena = outlook->job->arena;
	size_t bodies;
	int error;

	if (depth > OUTLOOK_DEPTH_MAX)
		return -ERR_LIMIT_DEPTH;
	letter.parts = arena_array(arena, PARTS_MAX, sizeof(*letter.parts));
	if (letter.parts == NULL)
		return -ERR_MEMORY;
	error = outlook_read(arena, outlook->compound, storage, place, charset,
			     &letter.item);
	if (error == 0)
		error = add_body(&letter);
	bodies = letter.count;
	if (error == 0)
		error = add_attachments(&letter);
	if (error == 0)
		error = outlook_write_header(arena, outlook->compound,
					     &letter.item, out);
	if (error != 0)
		return error;
	report_actions(&letter);
	buffer_text(out, "MIME-Version: 1.0\r\n");
	if (is_signed_entity(&letter))
		buffer_view(out, letter.parts[letter.count - 1].content);
	else
		write_parts(&letter, bodies, out);
	return buffer_error(out);
}

int outlook_write(struct job *job, struct compound *compound,
		  struct buffer *out)
{
	struct outlook outlook = {.job = job, .compound = compound};
	int error = outlook_read_names(compound, &outlook.names);

	if (error != 0)
		return error;
	return write_letter(&outlook, compound_root(compound), OUTLOOK_TOP,
			    "cp932", 0, out);
}
