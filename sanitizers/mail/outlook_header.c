#include "sanitizers/mail/outlook.h"

#include "sanitizers/mail/address.h"
#include "sanitizers/mail/compose.h"
#include "sanitizers/mail/outlook_date.h"
#include "sanitizers/mail/text.h"

#include "base/banned.h"

enum {
	RECIPIENT_TO = 1,
	RECIPIENT_CC = 2,
	RECIPIENT_BCC = 3,
	TEXT_MAX = 64 * 1024,
};

struct writer {
	struct arena *arena;
	struct buffer *out;
	const struct outlook_item *item;
};

/* ---- texts ---- */

/* On one line, without what does not show; NULL: out of memory. */
static const char *line_of(struct arena *arena, const struct outlook_item *item,
			   enum mapi_id id)
{
	BUFFER_CLEANUP struct buffer line = buffer_make(TEXT_MAX);
	const char *text = outlook_text(arena, item, id);
	struct text_losses losses = {0};

	if (text == NULL)
		return NULL;
	text_write_line(&line, view_of_string(text), &losses);
	if (buffer_error(&line) != 0)
		return "";
	return arena_string(arena, buffer_contents(&line));
}

static int write_text(struct writer *writer, const char *name, enum mapi_id id)
{
	const char *text = line_of(writer->arena, writer->item, id);

	if (text == NULL)
		return -ERR_MEMORY;
	if (text[0] != '\0')
		compose_text_field(writer->out, name, text);
	return 0;
}

static void write_date(struct writer *writer)
{
	static const enum mapi_id ids[] = {MAPI_SUBMIT_TIME,
					   MAPI_DELIVERY_TIME};
	char date[OUTLOOK_DATE_SIZE];

	for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
		const struct mapi_property *time =
		    mapi_find(&writer->item->list, ids[i]);

		if (time == NULL || time->type != MAPI_TYPE_TIME ||
		    !outlook_date(time->number, date))
			continue;
		buffer_format(writer->out, "Date: %s\r\n", date);
		return;
	}
}

/* ---- people ---- */

struct person {
	const char *name;
	const char *address; /* of mail; "" where only Exchange knows it */
};

/* The first of the properties that is an address of mail. */
static int read_person(struct arena *arena, const struct outlook_item *item,
		       enum mapi_id name, const enum mapi_id *ids, size_t count,
		       struct person *ret_person)
{
	*ret_person =
	    (struct person){.name = line_of(arena, item, name), .address = ""};
	if (ret_person->name == NULL)
		return -ERR_MEMORY;
	for (size_t i = 0; i < count && ret_person->address[0] == '\0'; i++) {
		const char *text = line_of(arena, item, ids[i]);
		const char *address;

		if (text == NULL)
			return -ERR_MEMORY;
		address = address_only(arena, view_of_string(text));
		if (address != NULL)
			ret_person->address = address;
		else if (ret_person->name[0] == '\0')
			ret_person->name = text;
	}
	return 0;
}

/* Who has no address is the name of an empty group: everybody can read it and
 * nobody answer to it. `first` opens the field. */
static void write_person(struct buffer *out, const char *field, bool first,
			 const struct person *person)
{
	if (first)
		buffer_format(out, "%s: ", field);
	else
		buffer_text(out, ",\r\n ");
	if (person->address[0] == '\0') {
		(void)compose_phrase(out, 1, person->name);
		buffer_text(out, ":;");
	} else if (person->name[0] == '\0' ||
		   strcmp(person->name, person->address) == 0) {
		buffer_text(out, person->address);
	} else {
		(void)compose_phrase(out, 1, person->name);
		buffer_format(out, "\r\n <%s>", person->address);
	}
}

static int write_sender(struct writer *writer)
{
	static const enum mapi_id of_other[] = {MAPI_REPRESENTING_SMTP,
						MAPI_REPRESENTING_ADDRESS};
	static const enum mapi_id of_sender[] = {MAPI_SENDER_SMTP,
						 MAPI_SENDER_ADDRESS};
	struct person other;
	struct person sender;
	int error = read_person(writer->arena, writer->item,
				MAPI_REPRESENTING_NAME, of_other, 2, &other);

	if (error == 0)
		error = read_person(writer->arena, writer->item,
				    MAPI_SENDER_NAME, of_sender, 2, &sender);
	if (error != 0)
		return error;
	if (other.name[0] == '\0' && other.address[0] == '\0')
		other = sender;
	if (other.name[0] == '\0' && other.address[0] == '\0')
		return 0;
	write_person(writer->out, "From", true, &other);
	buffer_text(writer->out, "\r\n");
	if (sender.address[0] != '\0' &&
	    strcasecmp(sender.address, other.address) != 0) {
		write_person(writer->out, "Sender", true, &sender);
		buffer_text(writer->out, "\r\n");
	}
	return 0;
}

static uint64_t sort_of(const struct outlook_item *recipient)
{
	const struct mapi_property *sort =
	    mapi_find(&recipient->list, MAPI_RECIPIENT_TYPE);

	return sort == NULL ? RECIPIENT_TO : sort->number & 15;
}

/* Those of one sort, on one field. */
static int write_recipients(struct writer *writer, struct compound *compound,
			    const char *field, unsigned sort)
{
	static const enum mapi_id ids[] = {MAPI_SMTP_ADDRESS,
					   MAPI_EMAIL_ADDRESS};
	const struct compound_entry *storage = writer->item->storage;
	struct outlook_item recipient;
	struct person person;
	size_t count = 0;

	for (size_t i = 0; i < storage->child_count; i++) {
		const struct compound_entry *child = storage->children[i];
		int error;

		if (child->type != COMPOUND_STORAGE ||
		    strncasecmp(child->name, "__recip_version1.0_", 19) != 0)
			continue;
		error =
		    outlook_read(writer->arena, compound, child, OUTLOOK_MEMBER,
				 writer->item->charset, &recipient);
		if (error == 0 && sort_of(&recipient) != sort)
			continue;
		if (error == 0)
			error = read_person(writer->arena, &recipient,
					    MAPI_DISPLAY_NAME, ids, 2, &person);
		if (error == 0 && count >= ADDRESSES_MAX)
			error = -ERR_LIMIT_MEMBERS;
		if (error != 0)
			return error;
		if (person.name[0] == '\0' && person.address[0] == '\0')
			continue;
		write_person(writer->out, field, count++ == 0, &person);
	}
	if (count > 0)
		buffer_text(writer->out, "\r\n");
	return 0;
}

static bool has_recipients(const struct compound_entry *storage)
{
	for (size_t i = 0; i < storage->child_count; i++)
		if (strncasecmp(storage->children[i]->name,
				"__recip_version1.0_", 19) == 0)
			return true;
	return false;
}

/* Names that Outlook shows, where it has kept no list. */
static int write_shown(struct writer *writer, const char *field,
		       enum mapi_id id)
{
	const char *text = line_of(writer->arena, writer->item, id);
	size_t count = 0;

	if (text == NULL)
		return -ERR_MEMORY;
	while (*text != '\0' && count < ADDRESSES_MAX) {
		size_t size = strcspn(text, ";");
		const char *address;
		struct person person = {.address = ""};

		person.name = arena_string(writer->arena, view_of(text, size));
		if (person.name == NULL)
			return -ERR_MEMORY;
		person.name += strspn(person.name, " ");
		address =
		    address_only(writer->arena, view_of_string(person.name));
		if (address != NULL)
			person.address = address;
		if (person.name[0] != '\0')
			write_person(writer->out, field, count++ == 0, &person);
		text += size;
		text += *text == ';';
	}
	if (count > 0)
		buffer_text(writer->out, "\r\n");
	return 0;
}

static int write_people(struct writer *writer, struct compound *compound)
{
	int error = write_sender(writer);

	if (error == 0 && !has_recipients(writer->item->storage)) {
		error = write_shown(writer, "To", MAPI_DISPLAY_TO);
		return error != 0 ? error
				  : write_shown(writer, "Cc", MAPI_DISPLAY_CC);
	}
	if (error == 0)
		error = write_recipients(writer, compound, "To", RECIPIENT_TO);
	if (error == 0)
		error = write_recipients(writer, compound, "Cc", RECIPIENT_CC);
	if (error == 0)
		error =
		    write_recipients(writer, compound, "Bcc", RECIPIENT_BCC);
	return error;
}

int outlook_write_header(struct arena *arena, struct compound *compound,
			 const struct outlook_item *item, struct buffer *out)
{
	struct writer writer = {.arena = arena, .out = out, .item = item};
	int error = write_people(&writer, compound);

	if (error == 0)
		error = write_text(&writer, "Subject", MAPI_SUBJECT);
	if (error != 0)
		return error;
	write_date(&writer);
	error = write_text(&writer, "Message-ID", MAPI_MESSAGE_ID);
	if (error == 0)
		error = write_text(&writer, "In-Reply-To", MAPI_IN_REPLY_TO);
	if (error == 0)
		error = write_text(&writer, "References", MAPI_REFERENCES);
	return error != 0 ? error : buffer_error(out);
}
