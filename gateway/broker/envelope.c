/*
 * Where an attachment that waits for its password will have to go: the
 * envelope that the door told, and what the rebuilt message, which is ours,
 * says of itself.
 */
#include "gateway/broker/broker.h"

#include "base/bytes.h"
#include "base/handle.h"
#include "gateway/mail/promise.h"
#include "gateway/mail/split.h"

#include <stdlib.h>

#include "base/banned.h"

enum { LINE_MAX_BYTES = 2000 };

/* The value in one line, as it is coded; nothing when it is too long. */
static void add_line(struct buffer *text, const struct split *split,
		     const char *name)
{
	for (size_t i = 0; i < split->count; i++) {
		const struct split_field *field = &split->fields[i];
		bool begun = false;

		if (!view_equal(field->name, view_of_string(name)))
			continue;
		if (field->value.size > LINE_MAX_BYTES)
			break;
		for (size_t at = 0; at < field->value.size; at++) {
			uint8_t byte = field->value.data[at];

			if (byte == '\r' || byte == '\n' ||
			    (!begun && byte == ' '))
				continue;
			begun = true;
			buffer_u8(text, byte);
		}
		break;
	}
	buffer_u8(text, '\n');
}

static void add_fields(const struct item *item, struct buffer *text)
{
	struct split *split = calloc(1, sizeof(*split));
	struct view content = {NULL, 0};
	int output = item->original->output;

	if (split != NULL && output >= 0 &&
	    verdict_passes(item->original->verdict) &&
	    handle_map(output, &content) == 0 &&
	    split_message(content, split) != 0)
		split->count = 0;
	if (split != NULL) {
		add_line(text, split, "Message-ID");
		add_line(text, split, "Subject");
		add_line(text, split, "From");
	}
	handle_unmap(&content);
	free(split);
}

void envelope_write(const struct item *item, char text[DELIVERY_MAX + 1])
{
	BUFFER_CLEANUP struct buffer lines = buffer_make(DELIVERY_MAX);
	const struct submission *submission = &item->submission;

	text[0] = '\0';
	if (submission->channel != CHANNEL_MAIL ||
	    submission->delivery[0] == '\0')
		return;
	if (verdict_passes(item->verdict))
		add_fields(item, &lines);
	else
		buffer_text(&lines, PROMISE_WHOLE "\n\n\n");
	buffer_format(&lines, "%llu\n",
		      (unsigned long long)item->original->input_bytes);
	buffer_text(&lines, submission->delivery);
	/* With more recipients than fit it is not delivered by itself. */
	if (buffer_error(&lines) != 0 ||
	    !bytes_copy(text, DELIVERY_MAX, buffer_contents(&lines)))
		return;
	text[lines.size] = '\0';
}

/* A mailbox inside belongs to the department that mail to it alone would have;
 * what goes out is the sender's department's. */
static const char *department_of(const struct item *item, const char *address)
{
	const struct submission *submission = &item->submission;
	struct mail_facts facts = {
	    .sender = "", .recipients = &address, .recipient_count = 1};

	if (submission->direction == DIRECTION_OUTBOUND)
		return submission->department;
	config_mail_route(item->broker->config, &facts);
	return facts.department;
}

int envelope_recipients(const struct item *item, struct buffer *text)
{
	char address[NAME_MAX_BYTES];
	const char *at = item->submission.delivery;

	if (item->submission.channel != CHANNEL_MAIL)
		return 0;
	at += strcspn(at, "\n"); /* the sender */
	while (*at != '\0' && *++at != '\0') {
		size_t length = strcspn(at, "\n");

		if (!bytes_copy(address, sizeof(address) - 1,
				view_of(at, length)))
			return -ERR_LIMIT_BYTES;
		address[length] = '\0';
		if (length > 0 && strchr(address, '\t') == NULL)
			buffer_format(text, "address\t%s\t%s\n", address,
				      department_of(item, address));
		at += length;
	}
	return buffer_error(text);
}
