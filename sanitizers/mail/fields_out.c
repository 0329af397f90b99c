#include "sanitizers/mail/fields_out.h"

#include "sanitizers/mail/address.h"
#include "sanitizers/mail/authentication.h"
#include "sanitizers/mail/compose.h"
#include "sanitizers/mail/date.h"
#include "sanitizers/mail/header.h"
#include "sanitizers/mail/text.h"

#include "base/banned.h"

enum { IDS_MAX = 200, ID_SIZE_MAX = 900, NAMES_SHOWN = 400, URIS_MAX = 16 };

enum sort {
	SORT_ADDRESSES,
	SORT_SUBJECT,
	SORT_DATE,
	SORT_ID,             /* one message id */
	SORT_IDS,            /* several */
	SORT_LIST,           /* List-Id: text and <id> */
	SORT_URIS,           /* List-Unsubscribe and the like */
	SORT_AUTO,           /* Auto-Submitted */
	SORT_RESULT,         /* ours */
	SORT_AUTHENTICATION, /* ours */
	SORT_OWN,            /* written anew elsewhere: not reported */
};

/* In the order in which they are written. */
static const struct {
	const char *name;
	enum sort sort;
} kept[] = {
    {AUTHENTICATION_FIELD, SORT_AUTHENTICATION},
    {"From", SORT_ADDRESSES},
    {"Sender", SORT_ADDRESSES},
    {"Reply-To", SORT_ADDRESSES},
    {"To", SORT_ADDRESSES},
    {"Cc", SORT_ADDRESSES},
    {"Subject", SORT_SUBJECT},
    {"Date", SORT_DATE},
    {"Message-ID", SORT_ID},
    {"In-Reply-To", SORT_IDS},
    {"References", SORT_IDS},
    {"List-Id", SORT_LIST},
    {"List-Post", SORT_URIS},
    {"List-Help", SORT_URIS},
    {"List-Unsubscribe", SORT_URIS},
    {"List-Subscribe", SORT_URIS},
    {"List-Owner", SORT_URIS},
    {"List-Archive", SORT_URIS},
    {"Auto-Submitted", SORT_AUTO},
    {MAIL_RESULT_FIELD, SORT_RESULT},
    {"MIME-Version", SORT_OWN},
    {"Content-Type", SORT_OWN},
    {"Content-Transfer-Encoding", SORT_OWN},
    {"Content-Disposition", SORT_OWN},
};

enum { KEPT = sizeof(kept) / sizeof(kept[0]) };

struct writer {
	struct job *job;
	struct buffer *out;
	const char *prefix;
	const char *const *prefixes;
	struct text_losses losses;
};

/* Such a field that came in is somebody else's. */
static bool is_ours(enum sort sort)
{
	return sort == SORT_RESULT || sort == SORT_AUTHENTICATION;
}

enum error mail_fields_check(const struct mail_field *fields)
{
	static const char *const names[] = {"From", "Subject", "Sender"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const struct mail_field *field =
		    mail_field_find(fields, names[i]);

		if (field != NULL && mail_field_again(field, names[i]) != NULL)
			return ERR_MAIL_DUPLICATE_IDENTITY;
	}
	return ERR_NONE;
}

/* The text behind every prefix that an earlier run put in front. */
static const char *skip_prefixes(const char *text, const char *const *prefixes)
{
	bool found = true;

	while (found) {
		found = false;
		for (size_t i = 0; prefixes[i] != NULL; i++) {
			size_t size = strlen(prefixes[i]);

			if (size == 0 || strncmp(text, prefixes[i], size) != 0)
				continue;
			text += size;
			text += strspn(text, " ");
			found = true;
		}
	}
	return text;
}

static int write_subject(struct writer *writer, struct view value)
{
	struct job *job = writer->job;
	const char *text = header_decode(job->arena, value, &writer->losses);

	if (text == NULL)
		return -ERR_MEMORY;
	if (!job->recheck)
		text = arena_format(job->arena, "%s%s", writer->prefix,
				    skip_prefixes(text, writer->prefixes));
	if (text == NULL)
		return -ERR_MEMORY;
	if (text[0] != '\0')
		compose_text_field(writer->out, "Subject", text);
	return 0;
}

/* The next "<id@host>" of a list: printable ASCII between angles. */
static bool next_id(struct view value, size_t *at, struct view *ret_id)
{
	while (*at < value.size) {
		size_t open = view_find(value, view_of("<", 1), *at);
		size_t end = open == SIZE_MAX ? SIZE_MAX : open + 1;

		if (open == SIZE_MAX)
			return false;
		while (end < value.size && value.data[end] > ' ' &&
		       value.data[end] < 0x7F && value.data[end] != '>' &&
		       value.data[end] != '<')
			end++;
		*at = end;
		if (end == value.size || value.data[end] != '>' ||
		    end - open < 2 || end - open > ID_SIZE_MAX)
			continue;
		*ret_id = view_slice(value, open, end + 1 - open);
		*at = end + 1;
		return true;
	}
	return false;
}

static void write_ids(struct buffer *out, const char *name, struct view value,
		      size_t limit)
{
	struct view id;
	size_t count = 0;
	size_t at = 0;

	while (count < limit && next_id(value, &at, &id)) {
		if (count++ == 0)
			buffer_format(out, "%s:", name);
		else
			buffer_text(out, "\r\n");
		buffer_u8(out, ' ');
		buffer_view(out, id);
	}
	if (count > 0)
		buffer_text(out, "\r\n");
}

static bool is_shown_scheme(struct view uri)
{
	static const char *const schemes[] = {"<http://", "<https://",
					      "<mailto:"};

	for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++)
		if (uri.size >= strlen(schemes[i]) &&
		    strncasecmp((const char *)uri.data, schemes[i],
				strlen(schemes[i])) == 0)
			return true;
	return false;
}

static void write_uris(struct buffer *out, const char *name, struct view value)
{
	struct view uri;
	size_t count = 0;
	size_t at = 0;

	while (count < URIS_MAX && next_id(value, &at, &uri)) {
		if (!is_shown_scheme(uri))
			continue;
		if (count++ == 0)
			buffer_format(out, "%s: ", name);
		else
			buffer_text(out, ",\r\n ");
		buffer_view(out, uri);
	}
	if (count > 0)
		buffer_text(out, "\r\n");
}

static int write_list_id(struct writer *writer, struct view value)
{
	struct job *job = writer->job;
	struct buffer *out = writer->out;
	size_t at = 0;
	size_t open = view_find(value, view_of("<", 1), 0);
	struct view id;
	const char *text;
	size_t column;

	if (!next_id(value, &at, &id))
		return 0;
	text = header_decode(job->arena, view_slice(value, 0, open),
			     &writer->losses);
	if (text == NULL)
		return -ERR_MEMORY;
	/* Quotation marks around the text are not part of it. */
	if (text[0] == '"')
		text = arena_string(job->arena,
				    view_of(text + 1, strcspn(text + 1, "\"")));
	if (text == NULL)
		return -ERR_MEMORY;
	buffer_text(out, "List-Id: ");
	column = text[0] == '\0' ? 0 : compose_phrase(out, 9, text);
	buffer_text(out, column == 0             ? ""
			 : column + id.size > 76 ? "\r\n "
						 : " ");
	buffer_view(out, id);
	buffer_text(out, "\r\n");
	return 0;
}

static void write_auto(struct buffer *out, struct view value)
{
	static const char *const words[] = {"no", "auto-generated",
					    "auto-replied", "auto-notified"};
	size_t size = 0;

	while (size < value.size &&
	       (isalpha(value.data[size]) || value.data[size] == '-'))
		size++;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (view_equal_nocase(view_slice(value, 0, size), words[i]))
			buffer_format(out, "Auto-Submitted: %s\r\n", words[i]);
}

/* Only in a second run, and only what we could have written. */
static void write_result(struct job *job, struct buffer *out, struct view value)
{
	if (!job->recheck || value.size > 200)
		return;
	for (size_t i = 0; i < value.size; i++)
		if (strchr("abcdefghijklmnopqrstuvwxyz0123456789=; ",
			   value.data[i]) == NULL ||
		    value.data[i] == 0)
			return;
	buffer_format(out, "%s: %.*s\r\n", MAIL_RESULT_FIELD, (int)value.size,
		      (const char *)value.data);
}

static int write_addresses(struct writer *writer, const char *name,
			   struct view value)
{
	struct job *job = writer->job;
	size_t mended = 0;
	int error = address_write_field(job->arena, writer->out, name, value,
					&mended, &writer->losses);

	/* What a second run sees as a name without an address is one. */
	if (error == 0 && mended > 0 && !job->recheck)
		job_remove(job, REMOVAL_MAIL_HEADER_MENDED, name,
			   view_of(NULL, 0), "%zu", mended);
	return error;
}

static int write_value(struct writer *writer, size_t index, struct view value)
{
	struct buffer *out = writer->out;
	char date[DATE_SIZE];

	switch (kept[index].sort) {
	case SORT_ADDRESSES:
		return write_addresses(writer, kept[index].name, value);
	case SORT_SUBJECT:
		return write_subject(writer, value);
	case SORT_DATE:
		if (date_normalise(value, date))
			buffer_format(out, "Date: %s\r\n", date);
		return 0;
	case SORT_ID:
		write_ids(out, kept[index].name, value, 1);
		return 0;
	case SORT_IDS:
		write_ids(out, kept[index].name, value, IDS_MAX);
		return 0;
	case SORT_LIST:
		return write_list_id(writer, value);
	case SORT_URIS:
		write_uris(out, kept[index].name, value);
		return 0;
	case SORT_AUTO:
		write_auto(out, value);
		return 0;
	case SORT_RESULT:
		write_result(writer->job, out, value);
		return 0;
	case SORT_AUTHENTICATION:
		if (writer->job->recheck)
			authentication_write(out, value);
		return 0;
	case SORT_OWN:
		return 0;
	}
	return -ERR_INTERNAL;
}

/* All fields of one name as one value: To and Cc may stand there twice. */
static int join(struct job *job, const struct mail_field *fields, size_t index,
		struct view *ret_value)
{
	const struct mail_field *field =
	    mail_field_find(fields, kept[index].name);
	struct view value = mail_field_unfold(job->arena, field->value);

	while ((field = mail_field_again(field, kept[index].name)) != NULL &&
	       kept[index].sort == SORT_ADDRESSES) {
		struct view more = mail_field_unfold(job->arena, field->value);
		BUFFER_CLEANUP struct buffer both =
		    buffer_make(value.size + more.size + 2);

		buffer_view(&both, value);
		buffer_text(&both, ", ");
		buffer_view(&both, more);
		value = arena_copy(job->arena, buffer_contents(&both));
	}
	*ret_value = value;
	return value.data == NULL && value.size > 0 ? -ERR_MEMORY : 0;
}

static bool is_kept(struct view name, bool recheck)
{
	for (size_t i = 0; i < KEPT; i++)
		if (view_equal_nocase(name, kept[i].name))
			return !is_ours(kept[i].sort) || recheck;
	return false;
}

/* One entry for all fields that go: their names, each once. */
static void report_dropped(struct job *job, const struct mail_field *fields)
{
	BUFFER_CLEANUP struct buffer names = buffer_make(NAMES_SHOWN);
	size_t count = 0;

	for (const struct mail_field *field = fields; field != NULL;
	     field = field->next) {
		if (is_kept(field->name, job->recheck))
			continue;
		count++;
		if (names.size > 0)
			buffer_u8(&names, ' ');
		buffer_view(&names, field->name);
	}
	if (count > 0)
		job_remove(job, REMOVAL_MAIL_HEADER, "header", view_of(NULL, 0),
			   "%zu: %.*s", count, (int)names.size,
			   (const char *)names.data);
}

static void report_losses(struct job *job, const struct text_losses *losses)
{
	if (losses->control > 0)
		job_remove(job, REMOVAL_TEXT_CONTROL, "header",
			   view_of(NULL, 0), "%zu", losses->control);
	if (losses->bidi > 0)
		job_remove(job, REMOVAL_TEXT_BIDI, "header", view_of(NULL, 0),
			   "%zu", losses->bidi);
	if (losses->invisible > 0)
		job_remove(job, REMOVAL_TEXT_INVISIBLE, "header",
			   view_of(NULL, 0), "%zu", losses->invisible);
}

int mail_fields_write(struct job *job, const struct mail_field *fields,
		      const char *prefix, const char *const *prefixes,
		      struct buffer *out)
{
	struct writer writer = {
	    .job = job, .out = out, .prefix = prefix, .prefixes = prefixes};
	int error = -(int)mail_fields_check(fields);

	if (error != 0)
		return error;
	for (size_t i = 0; i < KEPT && error == 0; i++) {
		const struct mail_field *field =
		    mail_field_find(fields, kept[i].name);
		struct view value = {NULL, 0};
		size_t before = out->size;

		if (field == NULL && kept[i].sort == SORT_SUBJECT &&
		    prefix[0] != '\0' && !job->recheck)
			compose_text_field(out, "Subject", prefix);
		if (field == NULL)
			continue;
		error = join(job, fields, i, &value);
		if (error == 0)
			error = write_value(&writer, i, value);
		if (error == 0 && out->size == before && !job->recheck &&
		    value.size > 0 && kept[i].sort != SORT_OWN &&
		    !is_ours(kept[i].sort))
			job_remove(job, REMOVAL_MAIL_HEADER_MENDED,
				   kept[i].name, value, "%s", "");
	}
	if (error == 0) {
		report_losses(job, &writer.losses);
		report_dropped(job, fields);
	}
	return error != 0 ? error : buffer_error(out);
}
